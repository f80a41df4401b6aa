/* ostrace.Stream: who reads by calls. */
#include "servers/trace/trace.h"

#define PIECE 65536
/* The greatest entry, and what can stand before it. */
#define LEAST 512

struct reader {
	bool is_used;
	uint32_t *count;		/* of its client's; NULL: that has gone */
	struct stream *stream;
	struct sk_reply waits;
	struct sk_lease lease;
};

static struct reader readers[STREAMS_MAX];
static uint8_t *buffer;

/* False: there was nothing to answer with. */
static bool answer(struct reader *reader, struct sk_reply *to, const struct sk_lease *lease,
	bool must)
{
	struct stream *stream = reader->stream;
	struct ostrace_Stream_read_reply reply = {0};
	int status;

	reply.size = stream_take(stream, buffer, lease->size < PIECE ?
		(uint32_t)lease->size : PIECE);
	if (reply.size == 0 && !stream->has_ended && !must)
		return false;
	status = sk_lease_write(to, lease, 0, buffer, reply.size, NULL);
	if (status != SK_OK) {
		sk_answer_error(to, status);
		return true;
	}
	reply.lost = stream->lost - stream->lost_told;
	reply.ended = stream->has_ended;
	stream->lost_told = stream->lost;
	ostrace_Stream_read_answer(to, 0, &reply);
	return true;
}

static void read(void *self, const struct ostrace_Stream_read_request *request,
	struct sk_reply *to)
{
	struct reader *reader = self;

	if (!sk_allows(to, ostrace_Rights_READ)) {
		ostrace_Stream_read_answer(to, ostrace_Error_NOT_PERMITTED, NULL);
		return;
	}
	if (request->data.size < LEAST) {
		ostrace_Stream_read_answer(to, ostrace_Error_INVALID, NULL);
		return;
	}
	kernel_take();
	if (answer(reader, to, &request->data, !request->wait))
		return;
	if (reader->waits.port)
		sk_answer_error(&reader->waits, SK_CANCELED);
	reader->waits = sk_reply_keep(to);
	reader->lease = request->data;
	look();
}

static void stop(void *self, const struct ostrace_Stream_stop_request *request,
	struct sk_reply *to)
{
	struct reader *reader = self;

	(void)request;
	stream_stop(reader->stream);
	ostrace_Stream_stop_answer(to, 0, &(struct ostrace_Stream_stop_reply){0});
	look();
}

bool readers_serve(void)
{
	bool any = false;

	for (uint32_t i = 0; i < STREAMS_MAX; i++) {
		struct reader *reader = &readers[i];

		if (!reader->is_used || !reader->waits.port)
			continue;
		any |= !answer(reader, &reader->waits, &reader->lease, false);
	}
	return any;
}

/* ---- beginning and end ---- */

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct ostrace_Stream_ops ops = {.read = read, .stop = stop};

	return ostrace_Stream_dispatch(&ops, self, incoming);
}

static void gone(void *self)
{
	struct reader *reader = self;

	if (reader->waits.port)
		sk_reply_drop(&reader->waits);
	if (reader->count)
		--*reader->count;
	sk_free(&trace.os->heap, reader->stream);
	reader->is_used = false;
}

static void canceled(void *self, uint64_t token)
{
	struct reader *reader = self;

	if (reader->waits.port && reader->waits.token == token)
		sk_reply_drop(&reader->waits);
}

static const struct sk_object object = {
	.dispatch = dispatch, .gone = gone, .canceled = canceled,
};

/* NULL: there are too many, or there is no memory. */
static struct reader *new_reader(uint32_t *count)
{
	struct reader *reader = readers;

	while (reader < readers + STREAMS_MAX && reader->is_used)
		reader++;
	if (reader == readers + STREAMS_MAX || *count == STREAMS_OF_ONE)
		return NULL;
	if (!buffer)
		buffer = sk_alloc(&trace.os->heap, PIECE);
	*reader = (struct reader){
		.count = count, .stream = sk_alloc(&trace.os->heap, sizeof(struct stream)),
	};
	if (!buffer || !reader->stream) {
		sk_free(&trace.os->heap, reader->stream);
		return NULL;
	}
	reader->is_used = true;
	++*count;
	return reader;
}

void reader_open(struct sk_reply *to, bool past, uint32_t *count)
{
	struct reader *reader = new_reader(count);
	struct ostrace_Collector_open_stream_reply reply;

	if (!reader || sk_mint(to->port, &object, reader, &reply.stream.raw) != SK_OK) {
		if (reader)
			gone(reader);
		ostrace_Collector_open_stream_answer(to, ostrace_Error_QUOTA_EXCEEDED, NULL);
		return;
	}
	stream_open(reader->stream, past);
	ostrace_Collector_open_stream_answer(to, 0, &reply);
}

void reader_forget(const uint32_t *count)
{
	for (uint32_t i = 0; i < STREAMS_MAX; i++)
		if (readers[i].count == count)
			readers[i].count = NULL;
}
