/*
 * Frames over the second serial line. One piece is under way at a time; what comes
 * meanwhile is put behind it.
 */
#include "servers/login/login.h"
#include "tty.skald.h"

#define BUFFER 65536u
/* Kept for the last frame. */
#define LAST (SK_FRAME_HEAD + 128 + SK_FRAME_TAIL)
#define PATIENCE 30

static struct {
	uint8_t buffer[BUFFER];
	uint32_t size, sent, begun;
	uint32_t sum;
	bool is_busy, has_ended, is_lost;
} output = {.sum = SK_FRAME_SUM};

static void send(void);

static void drained(void)
{
	const struct tty_Line_drain_request request = {.empty = 0};
	struct tty_Line_drain_reply reply;

	tty_Line_drain(&login.line.kernel.channel, &request, &reply, within(PATIENCE));
	power_end(kernel_PowerAction_OFF);
}

static void written(void *self, struct sk_completion *done)
{
	struct tty_Line_write_reply reply;
	int status = tty_Line_write_end(done, &reply);

	(void)self;
	output.is_busy = false;
	if (status != SK_OK) {
		/* Where it broke off nobody knows: the host sees that the end lacks. */
		sk_log(login.os, log_Level_ERROR, "the second serial line is lost: %d", status);
		output.is_lost = true;
		power_end(kernel_PowerAction_OFF);
		return;
	}
	output.sent += reply.size < output.begun ? reply.size : output.begun;
	if (output.sent == output.size)
		output.size = output.sent = 0;
	pipe_go_on();
	send();
	if (output.has_ended && output.size == 0)
		drained();
}

static void send(void)
{
	static const struct sk_pending pending = {.done = written};

	if (output.is_busy || output.is_lost || output.sent == output.size)
		return;
	output.begun = output.size - output.sent;
	output.is_busy = tty_Line_write_begin(&login.os->ring.ring,
		&login.line.kernel.channel, &(struct tty_Line_write_request){.wait = true,
		.data = sk_lend(output.buffer + output.sent, output.begun)},
		sk_pending(&pending), NULL) == SK_OK;
	output.is_lost |= !output.is_busy;
}

int output_open(void)
{
	int status = sk_client_connect(&login.line, true, within(PATIENCE));

	/* Lent memory has to be there. */
	memset(output.buffer, 0, sizeof(output.buffer));
	if (status == SK_OK)
		output_put(SK_FRAME_BEGIN, 0);
	return status;
}

uint32_t output_room(void)
{
	uint32_t used = output.size + SK_FRAME_HEAD + SK_FRAME_TAIL + LAST;

	if (used >= BUFFER || output.has_ended)
		return 0;
	return BUFFER - used < SK_FRAME_DATA_MAX ? BUFFER - used : SK_FRAME_DATA_MAX;
}

uint8_t *output_data(void)
{
	return output.buffer + output.size + SK_FRAME_HEAD;
}

void output_put(char kind, uint32_t size)
{
	output.size += (uint32_t)sk_frame_close(output.buffer + output.size, kind, size,
		&output.sum);
	send();
}

void output_end(char kind, const void *data, uint32_t size)
{
	if (output.has_ended)
		return;
	memcpy(output_data(), data, size);
	output.has_ended = true;
	output_put(kind, size);
}
