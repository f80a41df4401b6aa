/* Streams: entries of all sources, by turns, with what is to be said of them. */
#include "servers/trace/trace.h"

/* Of one source, before another has its turn. */
#define TURN 256
/* Bytes of an entry at most, and of what stands before a record. */
#define SIZE_BYTES 4
#define PREAMBLE (2 * SIZE_BYTES + ostrace_Source_MAXSIZE + ostrace_SpaceNamed_MAXSIZE)
#define RECORD (SIZE_BYTES + SK_TRACE_SLOT)

struct out {
	uint8_t *to;
	uint32_t room;
	uint32_t size;
};

/* Encodes an entry with its size before it; false: it does not fit. */
#define PUT(out, entry, value) \
	put_size(out, (out)->room - (out)->size < SIZE_BYTES + ostrace_##entry##_MAXSIZE ? -1 : \
		ostrace_##entry##_encode(value, (out)->to + (out)->size + SIZE_BYTES, \
			(out)->room - (out)->size - SIZE_BYTES))

static bool put_size(struct out *out, int size)
{
	if (size < 0)
		return false;
	sk_put_uint32(out->to + out->size, (uint32_t)size);
	out->size += SIZE_BYTES + (uint32_t)size;
	return true;
}

static struct sk_string text_of(const char *text)
{
	return (struct sk_string){text, (uint32_t)strlen(text)};
}

/* ---- what is said besides ---- */

static bool put_begin(struct stream *stream, struct out *out)
{
	const struct kernel_Clock_now_request request = {0};
	struct kernel_Clock_now_reply now = {0};
	struct ostrace_StreamBegin begin;

	if (stream->has_begun)
		return true;
	kernel_Clock_now(&trace.os->clock.channel, &request, &now, NULL);
	ostrace_StreamBegin_init(&begin);
	begin.magic = ostrace_RING_MAGIC;
	begin.version = 1;
	begin.cpus = trace.cpus;
	begin.time = now.monotonic;
	begin.wall = (int64_t)now.monotonic + now.realtime_offset;
	begin.kinds = trace.kinds;
	begin.machine = text_of("skald");
	stream->has_begun = PUT(out, StreamBegin, &begin);
	return stream->has_begun;
}

static bool put_names(struct stream *stream, struct out *out)
{
	for (; stream->names < trace.name_count; stream->names++) {
		const struct name *name = &trace.names[stream->names];
		const struct ostrace_NameAnnounced entry = {
			.id = stream->names + 1, .kind = name->kind,
			.name = {name->text, name->size},
		};

		if (!PUT(out, NameAnnounced, &entry))
			return false;
	}
	for (; stream->messages < trace.message_count; stream->messages++) {
		const struct message_name *name = &trace.messages[stream->messages];
		const struct ostrace_MessageAnnounced entry = {
			.message_id = name->id, .name = {name->text, name->size},
		};

		if (!PUT(out, MessageAnnounced, &entry))
			return false;
	}
	return true;
}

/* Whose the records are that follow. There is room. */
static void put_source(struct stream *stream, struct source *source,
	struct cursor *cursor, struct out *out)
{
	uint64_t lost = cursor->reader.lost + source->lost - cursor->before;
	const struct ostrace_Source entry = {
		.ring = source->number,
		.cpu = source->cpu,
		.thread = source->thread,
		.space = source->space,
		.lost = lost,
		.thread_name = text_of(source->name),
	};
	const struct ostrace_SpaceNamed named = {
		.space = source->space, .name = text_of(source->program_name),
	};

	if (stream->current == source->number && cursor->told == lost)
		return;
	if (!cursor->is_named && source->space)
		PUT(out, SpaceNamed, &named);
	cursor->is_named = true;
	PUT(out, Source, &entry);
	stream->current = source->number;
	stream->lost += lost - cursor->told;
	source->lost_to_streams += lost - cursor->told;
	cursor->told = lost;
}

/* ---- records ---- */

static struct cursor *cursor_of(struct stream *stream, uint32_t place)
{
	const struct source *source = &trace.sources[place];
	struct cursor *cursor = &stream->cursors[place];

	if (cursor->number != source->number)
		*cursor = (struct cursor){
			.number = source->number,
			.before = source->lost,
			.reader = {.ring = source->ring, .slots = source->slots},
		};
	return cursor;
}

/* Until it has no more, or its turn is over, or there is no room. */
static void take_source(struct stream *stream, uint32_t place, struct out *out)
{
	struct source *source = &trace.sources[place];
	struct cursor *cursor = cursor_of(stream, place);
	uint8_t slot[SK_TRACE_SLOT];

	for (unsigned n = 0; n < TURN && out->room - out->size >= PREAMBLE + RECORD; n++) {
		uint32_t size;

		if (stream->is_stopping && cursor->reader.read >= stream->targets[place])
			break;
		if (!source_next(source, &cursor->reader, slot))
			break;
		size = source_check(source, slot, sk_os_now(trace.os));
		if (size == 0) {
			cursor->reader.lost += source->cpu == UINT32_MAX;
			continue;
		}
		put_source(stream, source, cursor, out);
		memcpy(out->to + out->size + SIZE_BYTES, slot, size);
		put_size(out, (int)size);
		stream->records++;
	}
	if (cursor->told != cursor->reader.lost + source->lost - cursor->before &&
			out->room - out->size >= PREAMBLE)
		put_source(stream, source, cursor, out);
}

static void put_end(struct stream *stream, struct out *out)
{
	const struct ostrace_StreamEnd entry = {
		.time = sk_os_now(trace.os), .records = stream->records,
		.lost = stream->lost,
	};

	if (stream_has_read(stream, stream->targets))
		stream->has_ended = PUT(out, StreamEnd, &entry);
}

uint32_t stream_take(struct stream *stream, uint8_t *to, uint32_t room)
{
	struct out out = {to, room, 0};
	uint32_t before;

	if (stream->has_ended || !put_begin(stream, &out) || !put_names(stream, &out))
		return out.size;
	do {
		before = out.size;
		for (uint32_t n = 0; n < SOURCES_MAX; n++) {
			uint32_t place = (stream->next + n) % SOURCES_MAX;

			if (trace.sources[place].is_used)
				take_source(stream, place, &out);
			if (room - out.size < PREAMBLE + RECORD) {
				stream->next = place + 1;
				return out.size;
			}
		}
	} while (out.size != before);
	if (stream->is_stopping)
		put_end(stream, &out);
	return out.size;
}

/* ---- beginning and end ---- */

void stream_open(struct stream *stream, bool past)
{
	memset(stream, 0, sizeof(*stream));
	kernel_take();
	for (uint32_t i = 0; i < SOURCES_MAX && !past; i++) {
		struct source *source = &trace.sources[i];

		if (source->is_used)
			cursor_of(stream, i)->reader.read = source_written(source);
	}
}

void stream_mark(uint64_t targets[SOURCES_MAX])
{
	for (uint32_t i = 0; i < SOURCES_MAX; i++)
		targets[i] = trace.sources[i].is_used ? source_written(&trace.sources[i]) : 0;
}

bool stream_has_read(const struct stream *stream, const uint64_t targets[SOURCES_MAX])
{
	for (uint32_t i = 0; i < SOURCES_MAX; i++) {
		struct source *source = &trace.sources[i];
		const struct cursor *cursor = &stream->cursors[i];
		uint64_t target = targets[i];

		if (!source->is_used)
			continue;
		if (target > source_written(source))
			target = source_written(source);
		if (target > 0 && (cursor->number != source->number ||
				cursor->reader.read < target))
			return false;
	}
	return true;
}

void stream_stop(struct stream *stream)
{
	if (stream->is_stopping)
		return;
	stream->is_stopping = true;
	kernel_take();
	stream_mark(stream->targets);
}
