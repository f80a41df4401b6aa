/*
 * The output: a stream of its own, that goes out over a tty.Line. One piece is under way
 * at a time, without waiting.
 */
#include "servers/trace/trace.h"

#include "tty.skald.h"

#define PIECE 32768
#define FLUSHES 8
/* Milliseconds until a line that was lost is asked for again. */
#define TRY_AGAIN 200

enum state { OFF, CONNECTING, UP, DOWN };

struct flush {
	struct sk_reply reply;
	uint64_t targets[SOURCES_MAX];
};

static void try_again(void *self);
static void connected(void *self, struct sk_completion *done);
static void written(void *self, struct sk_completion *done);

static struct {
	enum state state;
	bool is_busy;			/* a piece, or a connection, is under way */
	char service[NAME_SIZE + 1];
	struct sk_reply to;		/* who set it */
	struct sk_kernel_channel line;
	struct stream *stream;
	uint8_t *buffer;
	uint32_t size, sent;
	struct sk_pending connecting, writing;
	struct sk_alarm retry;
	struct flush flushes[FLUSHES];
} output = {
	.connecting = {connected, NULL}, .writing = {written, NULL},
	.retry = {.ring = try_again},
};

static void answer_setter(ostrace_Error error)
{
	if (output.to.port)
		ostrace_Collector_set_output_answer(&output.to, error,
			&(struct ostrace_Collector_set_output_reply){0});
}

/* ---- flushing ---- */

static void answer_flush(struct flush *flush, ostrace_Error error)
{
	if (flush->reply.port)
		ostrace_Collector_flush_answer(&flush->reply, error,
			&(struct ostrace_Collector_flush_reply){0});
}

/* All that was taken is sent. */
static void end_flushes(bool all, ostrace_Error error)
{
	for (uint32_t i = 0; i < FLUSHES; i++)
		if (output.flushes[i].reply.port && (all || stream_has_read(output.stream,
				output.flushes[i].targets)))
			answer_flush(&output.flushes[i], error);
}

void output_flush(struct sk_reply *to)
{
	kernel_take();
	if (output.state == OFF) {
		ostrace_Collector_flush_answer(to, 0,
			&(struct ostrace_Collector_flush_reply){0});
		return;
	}
	for (uint32_t i = 0; i < FLUSHES; i++) {
		if (output.flushes[i].reply.port)
			continue;
		output.flushes[i].reply = sk_reply_keep(to);
		stream_mark(output.flushes[i].targets);
		look();
		return;
	}
	ostrace_Collector_flush_answer(to, ostrace_Error_QUOTA_EXCEEDED, NULL);
}

void output_canceled(uint64_t token)
{
	for (uint32_t i = 0; i < FLUSHES; i++)
		if (output.flushes[i].reply.port && output.flushes[i].reply.token == token)
			sk_reply_drop(&output.flushes[i].reply);
	if (output.to.port && output.to.token == token)
		sk_reply_drop(&output.to);
}

/* ---- sending ---- */

static void close_line(void)
{
	if (output.state == UP)
		sk_os_channel_close(trace.os, &output.line);
}

static void lose_line(void)
{
	close_line();
	output.state = DOWN;
	sk_alarm_set(trace.os, &output.retry, sk_os_after(trace.os, TRY_AGAIN));
}

static void turn_off(ostrace_Error error)
{
	end_flushes(true, error);
	close_line();
	output.state = OFF;
	sk_alarm_cancel(trace.os, &output.retry);
	answer_setter(error);
}

static void send(void)
{
	if (output.sent == output.size) {
		output.sent = 0;
		output.size = stream_take(output.stream, output.buffer, PIECE);
	}
	if (output.size == 0 && output.stream->has_ended) {
		turn_off(0);
		return;
	}
	if (output.size == 0) {
		end_flushes(false, 0);
		return;
	}
	output.is_busy = tty_Line_write_begin(&trace.os->ring.ring, &output.line.channel,
		&(struct tty_Line_write_request){.wait = true, .data = sk_lend(
			output.buffer + output.sent, output.size - output.sent)},
		sk_pending(&output.writing), NULL) == SK_OK;
}

static void written(void *self, struct sk_completion *done)
{
	struct tty_Line_write_reply reply;
	int status = tty_Line_write_end(done, &reply);

	(void)self;
	output.is_busy = false;
	if (output.state != UP)
		return;
	if (status != SK_OK) {
		lose_line();
		return;
	}
	output.sent += reply.size < output.size - output.sent ? reply.size :
		output.size - output.sent;
	if (output.sent == output.size)
		end_flushes(false, 0);
	kernel_take();
	send();
}

bool output_serve(void)
{
	if (output.state == UP && !output.is_busy)
		send();
	return output.state != OFF;
}

/* ---- connecting ---- */

static void begin_connect(void)
{
	const struct svrctl_Names_connect_request request = {
		.service = {output.service, (uint32_t)strlen(output.service)},
		.interface_name = {"tty.Line", 8},
		.rights = UINT16_MAX,
		.wait = true,
	};

	output.state = CONNECTING;
	output.is_busy = svrctl_Names_connect_begin(&trace.os->ring.ring,
		&trace.os->names.channel, &request, sk_pending(&output.connecting), NULL) ==
		SK_OK;
	if (!output.is_busy)
		lose_line();
}

static void try_again(void *self)
{
	(void)self;
	if (output.state == DOWN && output.is_busy)
		lose_line();
	else if (output.state == DOWN)
		begin_connect();
}

static void connected(void *self, struct sk_completion *done)
{
	struct svrctl_Names_connect_reply reply;
	int status = svrctl_Names_connect_end(done, &reply);

	(void)self;
	output.is_busy = false;
	if (status == SK_OK && output.state == OFF)
		sk_sys_close(sk_kernel_number(reply.session.raw));
	if (output.state == OFF)
		return;
	if (status != SK_OK && output.to.port) {
		output.state = OFF;
		answer_setter(ostrace_Error_OUTPUT_FAILED);
		return;
	}
	if (status != SK_OK) {
		lose_line();
		return;
	}
	sk_os_channel(trace.os, &output.line, reply.session.raw);
	output.state = UP;
	output.size = output.sent = 0;
	stream_open(output.stream, false);
	answer_setter(0);
	look();
}

static bool has_memory(void)
{
	struct sk_heap *heap = &trace.os->heap;

	if (!output.buffer)
		output.buffer = sk_alloc(heap, PIECE);
	if (!output.stream)
		output.stream = sk_alloc(heap, sizeof(struct stream));
	return output.buffer && output.stream;
}

/* What was recorded before still goes out, and the stream's end. */
static void end_output(void)
{
	if (output.state == UP) {
		kernel_take();
		stream_stop(output.stream);
		look();
	} else {
		turn_off(0);
	}
}

void output_set(const struct ostrace_Output *wanted, struct sk_reply *to)
{
	bool is_none = wanted->which == ostrace_Output_none;

	/* One that is on its way, or at its end, is first: the caller may ask again. */
	if (output.to.port || (!is_none && (output.is_busy || !has_memory()))) {
		ostrace_Collector_set_output_answer(to, ostrace_Error_QUOTA_EXCEEDED, NULL);
		return;
	}
	if (!is_none)
		turn_off(ostrace_Error_OUTPUT_FAILED);
	output.to = sk_reply_keep(to);
	if (is_none) {
		end_output();
		return;
	}
	memcpy(output.service, wanted->as.service.data, wanted->as.service.size);
	output.service[wanted->as.service.size] = 0;
	begin_connect();
}
