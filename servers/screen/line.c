/* tty.Line: what is written is shown, what is pressed is read. */
#include "servers/screen/screen.h"

/* Bytes that one copy moves. */
#define PIECE 512

#define LINE_OP(name) \
	static void op_##name(void *self, const struct tty_Line_##name##_request *request, \
		struct sk_reply *to)

static bool may(struct sk_reply *to, tty_Rights rights)
{
	if (sk_allows(to, rights))
		return true;
	sk_answer_error(to, tty_Error_EPERM);
	return false;
}

/* ---- reading ---- */

static bool has_input(const struct screen *screen)
{
	return screen->in_head != screen->in_tail;
}

static uint32_t copy_input(const struct screen *screen, uint8_t *to, uint64_t room)
{
	uint32_t count = 0;

	while (count < room && screen->in_tail + count != screen->in_head) {
		to[count] = screen->input[(screen->in_tail + count) % SCREEN_INPUT];
		count++;
	}
	return count;
}

static void read_to_lease(struct screen *screen, struct sk_reply *to,
	const struct sk_lease *lease)
{
	uint8_t bytes[SCREEN_INPUT];
	const struct tty_Line_read_reply reply = {
		.size = copy_input(screen, bytes, lease->size < SCREEN_INPUT ? lease->size :
			SCREEN_INPUT),
	};
	int status = sk_lease_write(to, lease, 0, bytes, reply.size, NULL);

	if (status != SK_OK)
		sk_answer_error(to, status);
	else if (tty_Line_read_answer(to, 0, &reply) == SK_OK)
		screen->in_tail += reply.size;
}

static void read_as_reply(struct screen *screen, struct sk_reply *to)
{
	uint8_t bytes[24];
	const struct tty_Line_read_few_reply reply = {
		.data = {bytes, copy_input(screen, bytes, sizeof(bytes))},
	};

	if (tty_Line_read_few_answer(to, 0, &reply) == SK_OK)
		screen->in_tail += reply.data.size;
}

static void begin_wait(struct screen *screen, struct sk_reply *to, struct sk_lease lease,
	bool few)
{
	if (screen->reader.port) {
		sk_answer_error(to, tty_Error_EBUSY);
		return;
	}
	screen->reader = sk_reply_keep(to);
	screen->reader_lease = lease;
	screen->reads_few = few;
}

LINE_OP(read)
{
	struct screen *screen = self;

	if (!may(to, tty_Rights_READ))
		return;
	if (has_input(screen) || request->data.size == 0)
		read_to_lease(screen, to, &request->data);
	else if (request->wait)
		begin_wait(screen, to, request->data, false);
	else
		sk_answer_error(to, tty_Error_EAGAIN);
}

LINE_OP(read_few)
{
	struct screen *screen = self;

	if (!may(to, tty_Rights_READ))
		return;
	if (has_input(screen) || !request->wait)
		read_as_reply(screen, to);
	else
		begin_wait(screen, to, (struct sk_lease){0}, true);
}

void line_typed(struct screen *screen)
{
	if (screen->reader.port && has_input(screen)) {
		if (screen->reads_few)
			read_as_reply(screen, &screen->reader);
		else
			read_to_lease(screen, &screen->reader, &screen->reader_lease);
	}
	if (has_input(screen) && !screen->was_readable)
		tty_Line_readable_send(&screen->events, &(struct tty_Line_readable_event){0});
	screen->was_readable = has_input(screen);
}

/* ---- writing: it is shown at once ---- */

static void show(struct screen *screen, const uint8_t *bytes, uint32_t count)
{
	emulator_show(&screen->emulator, bytes, count);
	screen->counts.sent += count;
}

LINE_OP(write)
{
	struct screen *screen = self;
	struct tty_Line_write_reply reply = {0};
	uint8_t bytes[PIECE];
	int status = SK_OK;

	if (!may(to, tty_Rights_WRITE))
		return;
	while (status == SK_OK && reply.size < request->data.size) {
		uint64_t count = request->data.size - reply.size;

		count = count < PIECE ? count : PIECE;
		status = sk_lease_read(to, &request->data, reply.size, bytes, count, NULL);
		if (status != SK_OK)
			break;
		show(screen, bytes, (uint32_t)count);
		reply.size += (uint32_t)count;
	}
	hardware_show(screen);
	if (status != SK_OK && reply.size == 0)
		sk_answer_error(to, status);
	else
		tty_Line_write_answer(to, 0, &reply);
}

LINE_OP(write_few)
{
	struct screen *screen = self;

	if (!may(to, tty_Rights_WRITE))
		return;
	show(screen, request->data.data, request->data.size);
	hardware_show(screen);
	tty_Line_write_few_answer(to, 0,
		&(struct tty_Line_write_few_reply){.size = request->data.size});
}

/* ---- settings, which change nothing; and what a screen has none of ---- */

LINE_OP(describe)
{
	static const char name[] = "screen";
	const struct tty_Line_describe_reply reply = {
		.name = {name, sizeof(name) - 1}, .buffer = SCREEN_INPUT,
	};

	(void)self;
	(void)request;
	tty_Line_describe_answer(to, 0, &reply);
}

LINE_OP(settings)
{
	const struct screen *screen = self;

	(void)request;
	tty_Line_settings_answer(to, 0, &(struct tty_Line_settings_reply){screen->settings});
}

LINE_OP(set_settings)
{
	struct screen *screen = self;

	if (!may(to, tty_Rights_CONTROL))
		return;
	screen->settings = request->settings;
	tty_Line_set_settings_answer(to, 0,
		&(struct tty_Line_set_settings_reply){screen->settings});
}

/* A method that may do one thing and answers nothing, or an error. */
#define COMMAND(name, right, error, body) \
	LINE_OP(name) \
	{ \
		struct screen *screen = self; \
		(void)screen; \
		(void)request; \
		if (!may(to, tty_Rights_##right)) \
			return; \
		body; \
		tty_Line_##name##_answer(to, error, &(struct tty_Line_##name##_reply){0}); \
	}

COMMAND(modem, READ, tty_Error_ENOTTY, )
COMMAND(set_modem, CONTROL, tty_Error_ENOTTY, )
COMMAND(set_break, CONTROL, 0, )
COMMAND(drain, WRITE, 0, )
COMMAND(set_stopped, CONTROL, 0, )
COMMAND(send_urgent, WRITE, 0, )
COMMAND(flush, CONTROL, 0, if (request->queues & tty_Queue_INPUT)
	screen->in_tail = screen->in_head)

LINE_OP(queued)
{
	const struct screen *screen = self;

	(void)request;
	tty_Line_queued_answer(to, 0, &(struct tty_Line_queued_reply){
		.input = screen->in_head - screen->in_tail});
}

LINE_OP(counts)
{
	const struct screen *screen = self;

	(void)request;
	tty_Line_counts_answer(to, 0, &(struct tty_Line_counts_reply){screen->counts});
}

static struct sk_events *events(void *self)
{
	struct screen *screen = self;

	return &screen->events;
}

/* ---- its client ---- */

int line_dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct tty_Line_ops ops = {
		.describe = op_describe, .read = op_read, .read_few = op_read_few,
		.write = op_write, .write_few = op_write_few, .settings = op_settings,
		.set_settings = op_set_settings, .modem = op_modem,
		.set_modem = op_set_modem, .set_break = op_set_break, .flush = op_flush,
		.drain = op_drain, .set_stopped = op_set_stopped,
		.send_urgent = op_send_urgent, .queued = op_queued, .counts = op_counts,
		.events = events,
	};

	return tty_Line_dispatch(&ops, self, incoming);
}

void *line_connected(void *self, uint64_t badge)
{
	struct screen *screen = self;

	(void)badge;
	if (screen->has_client)
		return NULL;
	screen->has_client = true;
	return screen;
}

void line_gone(void *self)
{
	struct screen *screen = self;

	screen->has_client = false;
	if (screen->reader.port)
		sk_answer_error(&screen->reader, SK_PEER_CLOSED);
	sk_events_close(&screen->events);
}

void line_canceled(void *self, uint64_t token)
{
	struct screen *screen = self;

	if (screen->reader.port && screen->reader.token == token)
		sk_reply_drop(&screen->reader);
	sk_events_canceled(&screen->events, token);
}
