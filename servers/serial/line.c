/* What a line is asked, and who waits. */
#include "servers/serial/line.h"

/* Milliseconds between looks whether the device has sent its last byte. */
#define LOOK_AGAIN 1
#define MARKS 32
/* Bytes that one copy moves. */
#define PIECE 512

static bool may(struct sk_reply *to, tty_Rights rights)
{
	if (sk_allows(to, rights))
		return true;
	sk_answer_error(to, tty_Error_EPERM);
	return false;
}

static void end_wait(struct awaiting *who, int32_t error)
{
	if (who->reply.port)
		sk_answer_error(&who->reply, error);
}

/* False: somebody waits already, which was said. */
static bool begin_wait(struct awaiting *who, struct sk_reply *to, struct sk_lease lease,
	bool is_few)
{
	if (who->reply.port) {
		sk_answer_error(to, tty_Error_EBUSY);
		return false;
	}
	*who = (struct awaiting){sk_reply_keep(to), lease, is_few};
	return true;
}

/* ---- reading ---- */

/* How much of what came the next copy moves. */
static uint32_t take(struct uart *uart, uint32_t done, uint8_t *bytes, uint32_t room,
	struct tty_Mark *marks, uint32_t *mark_count)
{
	uint32_t count = 0, from = uart->in_tail + done;

	for (; count < room && from + count != uart->in_head; count++) {
		uint32_t at = (from + count) % UART_QUEUE;

		if (uart->mishaps[at] && marks) {
			if (*mark_count == MARKS)
				break;
			marks[(*mark_count)++] = (struct tty_Mark){
				.offset = done + count, .mishap = uart->mishaps[at],
			};
		}
		bytes[count] = uart->input[at];
	}
	return count;
}

static void read_to_lease(struct line *line, struct sk_reply *to, const struct sk_lease *lease)
{
	struct tty_Mark marks[MARKS];
	uint8_t bytes[PIECE];
	uint32_t done = 0, mark_count = 0, count;
	struct tty_Line_read_reply reply = {0};
	int status = SK_OK;

	while (status == SK_OK && done < lease->size) {
		uint32_t room = lease->size - done < PIECE ? (uint32_t)lease->size - done : PIECE;

		count = take(&line->uart, done, bytes, room, marks, &mark_count);
		if (count == 0)
			break;
		status = sk_lease_write(to, lease, done, bytes, count, NULL);
		done += status == SK_OK ? count : 0;
	}
	if (status != SK_OK && done == 0) {
		sk_answer_error(to, status);
		return;
	}
	reply.size = done;
	reply.marks.items = marks;
	reply.marks.count = mark_count;
	if (tty_Line_read_answer(to, 0, &reply) == SK_OK)
		line->uart.in_tail += done;
	uart_taken(&line->uart);
}

static void read_as_reply(struct line *line, struct sk_reply *to)
{
	uint8_t bytes[24];
	const struct tty_Line_read_few_reply reply = {
		.data = {bytes, take(&line->uart, 0, bytes, 24, NULL, NULL)},
	};

	if (tty_Line_read_few_answer(to, 0, &reply) == SK_OK)
		line->uart.in_tail += reply.data.size;
	uart_taken(&line->uart);
}

static bool has_input(const struct line *line)
{
	return line->uart.in_head != line->uart.in_tail;
}

static void op_read(void *self, const struct tty_Line_read_request *request,
	struct sk_reply *to)
{
	struct line *line = self;

	if (!may(to, tty_Rights_READ))
		return;
	if (has_input(line) || request->data.size == 0)
		read_to_lease(line, to, &request->data);
	else if (request->wait)
		begin_wait(&line->reader, to, request->data, false);
	else
		tty_Line_read_answer(to, tty_Error_EAGAIN, NULL);
}

static void op_read_few(void *self, const struct tty_Line_read_few_request *request,
	struct sk_reply *to)
{
	struct line *line = self;

	if (!may(to, tty_Rights_READ))
		return;
	if (has_input(line) || !request->wait)
		read_as_reply(line, to);
	else
		begin_wait(&line->reader, to, (struct sk_lease){0}, true);
}

/* ---- writing ---- */

static uint32_t room(const struct line *line)
{
	return UART_QUEUE - (line->uart.out_head - line->uart.out_tail);
}

static void append(struct line *line, const uint8_t *bytes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		line->uart.output[line->uart.out_head++ % UART_QUEUE] = bytes[i];
}

static void write_from_lease(struct line *line, struct sk_reply *to,
	const struct sk_lease *lease)
{
	struct tty_Line_write_reply reply = {0};
	uint8_t bytes[PIECE];
	int status = SK_OK;

	while (status == SK_OK && reply.size < lease->size && room(line) > 0) {
		uint64_t count = lease->size - reply.size;

		count = count < PIECE ? count : PIECE;
		count = count < room(line) ? count : room(line);
		status = sk_lease_read(to, lease, reply.size, bytes, count, NULL);
		if (status != SK_OK)
			break;
		append(line, bytes, (uint32_t)count);
		reply.size += (uint32_t)count;
	}
	if (status != SK_OK && reply.size == 0)
		sk_answer_error(to, status);
	else
		tty_Line_write_answer(to, 0, &reply);
	uart_send(&line->uart);
}

static void op_write(void *self, const struct tty_Line_write_request *request,
	struct sk_reply *to)
{
	struct line *line = self;

	if (!may(to, tty_Rights_WRITE))
		return;
	if (room(line) > 0 || request->data.size == 0)
		write_from_lease(line, to, &request->data);
	else if (request->wait)
		begin_wait(&line->writer, to, request->data, false);
	else
		tty_Line_write_answer(to, tty_Error_EAGAIN, NULL);
}

static void op_write_few(void *self, const struct tty_Line_write_few_request *request,
	struct sk_reply *to)
{
	struct line *line = self;
	struct tty_Line_write_few_reply reply = {.size = request->data.size};

	if (!may(to, tty_Rights_WRITE))
		return;
	if (reply.size > room(line))
		reply.size = room(line);
	append(line, request->data.data, reply.size);
	tty_Line_write_few_answer(to, 0, &reply);
	uart_send(&line->uart);
}

/* ---- what has changed ---- */

static void tell(struct line *line)
{
	struct uart *uart = &line->uart;
	bool readable = has_input(line), writable = room(line) > 0;

	if (readable && !line->was_readable)
		tty_Line_readable_send(&line->events, &(struct tty_Line_readable_event){0});
	if (writable && !line->was_writable)
		tty_Line_writable_send(&line->events, &(struct tty_Line_writable_event){0});
	if (uart->has_break)
		tty_Line_break_received_send(&line->events,
			&(struct tty_Line_break_received_event){0});
	if (uart->modem_changed)
		tty_Line_modem_changed_send(&line->events,
			&(struct tty_Line_modem_changed_event){
			.lines = uart_modem_bits(uart->modem_state),
			.changed = uart_modem_bits(uart->modem_changed)});
	uart->has_break = false;
	uart->modem_changed = 0;
	line->was_readable = readable;
	line->was_writable = writable;
}

static void look_whether_idle(void *self)
{
	struct line *line = self;

	if (!line->drainer.reply.port)
		return;
	if (uart_is_idle(&line->uart))
		tty_Line_drain_answer(&line->drainer.reply, 0,
			&(struct tty_Line_drain_reply){0});
	else
		sk_alarm_set(line->uart.os, &line->idle, sk_os_after(line->uart.os, LOOK_AGAIN));
}

/* Who waited gets what there is; the rest is told. */
static void serve_waiting(void *self)
{
	struct line *line = self;

	if (line->reader.reply.port && has_input(line)) {
		if (line->reader.is_few)
			read_as_reply(line, &line->reader.reply);
		else
			read_to_lease(line, &line->reader.reply, &line->reader.lease);
	}
	if (line->writer.reply.port && room(line) > 0)
		write_from_lease(line, &line->writer.reply, &line->writer.lease);
	tell(line);
}

static void op_drain(void *self, const struct tty_Line_drain_request *request,
	struct sk_reply *to)
{
	struct line *line = self;

	(void)request;
	if (may(to, tty_Rights_WRITE) &&
			begin_wait(&line->drainer, to, (struct sk_lease){0}, false))
		look_whether_idle(line);
}

/* ---- settings ---- */

static void op_describe(void *self, const struct tty_Line_describe_request *request,
	struct sk_reply *to)
{
	const struct line *line = self;
	const struct tty_Line_describe_reply reply = {
		.name = {line->name, (uint32_t)strlen(line->name)},
		.modem_lines = true, .speeds = true, .buffer = UART_QUEUE,
	};

	(void)request;
	tty_Line_describe_answer(to, 0, &reply);
}

static void op_settings(void *self, const struct tty_Line_settings_request *request,
	struct sk_reply *to)
{
	const struct line *line = self;

	(void)request;
	tty_Line_settings_answer(to, 0,
		&(struct tty_Line_settings_reply){line->uart.settings});
}

static void op_set_settings(void *self, const struct tty_Line_set_settings_request *request,
	struct sk_reply *to)
{
	struct line *line = self;

	if (!may(to, tty_Rights_CONTROL))
		return;
	if (!uart_set(&line->uart, &request->settings))
		tty_Line_set_settings_answer(to, tty_Error_EINVAL, NULL);
	else
		tty_Line_set_settings_answer(to, 0,
			&(struct tty_Line_set_settings_reply){line->uart.settings});
}

static void op_modem(void *self, const struct tty_Line_modem_request *request,
	struct sk_reply *to)
{
	struct line *line = self;

	(void)request;
	tty_Line_modem_answer(to, 0,
		&(struct tty_Line_modem_reply){uart_modem(&line->uart)});
	tell(line);
}

/* A method that does one thing and answers nothing. */
#define COMMAND(name, right, body) \
	static void op_##name(void *self, const struct tty_Line_##name##_request *request, \
		struct sk_reply *to) \
	{ \
		struct line *line = self; \
		if (!may(to, tty_Rights_##right)) \
			return; \
		body; \
		tty_Line_##name##_answer(to, 0, &(struct tty_Line_##name##_reply){0}); \
		serve_waiting(line); \
	}

COMMAND(set_modem, CONTROL, uart_set_modem(&line->uart, request->lines, request->mask))
COMMAND(set_break, CONTROL, uart_break(&line->uart, request->on))
COMMAND(flush, CONTROL, uart_flush(&line->uart, request->queues))
COMMAND(set_stopped, CONTROL, line->uart.is_stopped = request->stopped;
	uart_send(&line->uart))
COMMAND(send_urgent, WRITE, line->uart.urgent = (uint16_t)(256u | request->character);
	uart_send(&line->uart))

static void op_queued(void *self, const struct tty_Line_queued_request *request,
	struct sk_reply *to)
{
	const struct line *line = self;

	(void)request;
	tty_Line_queued_answer(to, 0, &(struct tty_Line_queued_reply){
		.input = line->uart.in_head - line->uart.in_tail,
		.output = UART_QUEUE - room(line)});
}

static void op_counts(void *self, const struct tty_Line_counts_request *request,
	struct sk_reply *to)
{
	const struct line *line = self;

	(void)request;
	tty_Line_counts_answer(to, 0, &(struct tty_Line_counts_reply){line->uart.counts});
}

static struct sk_events *events(void *self)
{
	struct line *line = self;

	return &line->events;
}

/* ---- its client ---- */

int line_dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct tty_Line_ops ops = {
		.describe = op_describe,
		.read = op_read,
		.read_few = op_read_few,
		.write = op_write,
		.write_few = op_write_few,
		.settings = op_settings,
		.set_settings = op_set_settings,
		.modem = op_modem,
		.set_modem = op_set_modem,
		.set_break = op_set_break,
		.flush = op_flush,
		.drain = op_drain,
		.set_stopped = op_set_stopped,
		.send_urgent = op_send_urgent,
		.queued = op_queued,
		.counts = op_counts,
		.events = events,
	};

	return tty_Line_dispatch(&ops, self, incoming);
}

void *line_connected(void *self, uint64_t badge)
{
	struct line *line = self;

	(void)badge;
	if (line->has_client)
		return NULL;
	line->has_client = true;
	return line;
}

void line_gone(void *self)
{
	struct line *line = self;

	line->has_client = false;
	end_wait(&line->reader, SK_PEER_CLOSED);
	end_wait(&line->writer, SK_PEER_CLOSED);
	end_wait(&line->drainer, SK_PEER_CLOSED);
	sk_events_close(&line->events);
	line->uart.is_stopped = false;
	uart_send(&line->uart);
}

void line_canceled(void *self, uint64_t token)
{
	struct line *line = self;
	struct awaiting *all[] = {&line->reader, &line->writer, &line->drainer};

	for (unsigned i = 0; i < 3; i++)
		if (all[i]->reply.port && all[i]->reply.token == token)
			sk_reply_drop(&all[i]->reply);
	sk_events_canceled(&line->events, token);
}

bool line_open(struct line *line, struct sk_os *os, const char *name, uint32_t number)
{
	line->name = name;
	line->was_writable = true;
	line->idle = (struct sk_alarm){.ring = look_whether_idle, .self = line};
	line->uart.changed = serve_waiting;
	line->uart.self = line;
	return uart_open(&line->uart, os, 2 * number, 2 * number + 1);
}
