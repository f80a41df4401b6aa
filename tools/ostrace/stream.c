/* A stream, cut into entries. */
#include "tools/ostrace/stream.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/codec.h"
#include "tools/ostrace/map.h"

/* Of what stands at a place. */
enum found { FOUND, NOT_FOUND, TOO_SHORT };

void stream_begin(struct stream *stream, const struct stream_ops *ops, void *self)
{
	*stream = (struct stream){.ops = ops, .self = self};
}

static enum found look(const struct stream *stream, size_t at, struct entry *entry)
{
	size_t left = stream->size - at;
	uint32_t size;

	if (left < 4)
		return TOO_SHORT;
	size = sk_get_uint32(stream->bytes + at);
	if (size < 8 || size > ENTRY_MAX)
		return NOT_FOUND;
	if (left - 4 < size)
		return TOO_SHORT;
	return entry_decode(entry, stream->bytes + at + 4, size) ? FOUND : NOT_FOUND;
}

/* Two entries, or the last one. */
static enum found look_for_two(const struct stream *stream, size_t at, bool is_end)
{
	struct entry entry;
	enum found first = look(stream, at, &entry), second;

	if (first != FOUND)
		return first == TOO_SHORT && is_end ? NOT_FOUND : first;
	at += 4 + entry.size;
	second = look(stream, at, &entry);
	return second == TOO_SHORT && is_end ? FOUND : second;
}

static void end_of_damage(struct stream *stream, uint64_t offset)
{
	stream->is_lost = false;
	stream->ops->damaged(stream->self, stream->lost_since,
		offset - stream->lost_since);
}

/* How far it is seen through, from `at` on. */
static size_t search(struct stream *stream, size_t at, bool is_end)
{
	enum found found = NOT_FOUND;

	for (; at < stream->size; at++) {
		found = look_for_two(stream, at, is_end);
		if (found != NOT_FOUND)
			break;
	}
	if (found == FOUND)
		end_of_damage(stream, stream->offset + at);
	return at;
}

static size_t take(struct stream *stream, size_t at)
{
	struct entry entry;
	enum found found;

	while ((found = look(stream, at, &entry)) == FOUND) {
		stream->ops->entry(stream->self, &entry, stream->bytes + at + 4);
		at += 4 + entry.size;
	}
	if (found == NOT_FOUND) {
		stream->is_lost = true;
		stream->lost_since = stream->offset + at;
		at++;
	}
	return at;
}

static void go_on(struct stream *stream, size_t at, bool is_end)
{
	bool was_lost;

	do {
		was_lost = stream->is_lost;
		at = was_lost ? search(stream, at, is_end) : take(stream, at);
	} while (stream->is_lost != was_lost);
	memmove(stream->bytes, stream->bytes + at, stream->size - at);
	stream->size -= at;
	stream->offset += at;
}

void stream_push(struct stream *stream, const void *bytes, size_t size)
{
	if (size == 0)
		return;
	if (stream->size + size > stream->room) {
		stream->room = 2 * (stream->size + size);
		stream->bytes = must_resize(stream->bytes, stream->room, 1);
	}
	memcpy(stream->bytes + stream->size, bytes, size);
	stream->size += size;
	go_on(stream, 0, false);
}

/* What is left is too short for its size: which may be what is wrong. */
static void end_short(struct stream *stream)
{
	uint64_t offset = stream->offset, size = stream->size;

	stream->is_lost = true;
	stream->lost_since = offset;
	go_on(stream, 1, true);
	if (!stream->is_lost)
		return;
	stream->is_lost = false;
	stream->ops->cut(stream->self, offset, size);
}

void stream_end(struct stream *stream)
{
	if (stream->size != 0)
		go_on(stream, 0, true);
	while (!stream->is_lost && stream->size != 0)
		end_short(stream);
	if (stream->is_lost)
		end_of_damage(stream, stream->offset + stream->size);
	free(stream->bytes);
	stream->bytes = NULL;
}
