/* The line under a terminal: what comes and goes, and a driver that is started again. */
#include "servers/console/terminal.h"

/* Milliseconds: until a driver that is gone is looked for again, and that it may take
 * to do as it is told. */
#define AGAIN 50
#define PATIENCE 500
/* After so long without any driver there is only the screen. */
#define ALONE 3000

static struct sk_channel *line(struct terminal *t)
{
	return &t->line.kernel.channel;
}

static void lost(struct terminal *t)
{
	t->is_connected = false;
	if (t->again.time == 0)
		sk_alarm_set(t->os, &t->again, sk_os_after(t->os, AGAIN));
}

/* ---- input ---- */

static void read_came(void *self, struct sk_completion *done)
{
	struct terminal *t = self;
	struct tty_Line_read_reply reply;
	int status = tty_Line_read_end(done, &reply);

	t->is_reading = false;
	if (status != SK_OK) {
		lost(t);
		return;
	}
	t->come = reply.size <= sizeof(t->coming) ? reply.size : 0;
	t->come_done = t->mark_count = 0;
	while (t->mark_count < 32 && tty_Mark_next(&reply.marks, &t->marks[t->mark_count]))
		t->mark_count++;
	terminal_go_on(t);
}

static void begin_read(struct terminal *t)
{
	const struct tty_Line_read_request request = {
		.wait = true, .data = sk_lend_out(t->coming, sizeof(t->coming)),
	};

	t->is_reading = tty_Line_read_begin(&t->os->ring.ring, line(t), &request,
		sk_pending(&t->read), NULL) == SK_OK;
	if (!t->is_reading)
		lost(t);
}

/* Up to the next byte that came with a mishap, or that one. False: there is no room. */
static bool type_some(struct terminal *t)
{
	uint32_t end = t->come, taken;

	for (uint32_t i = 0; i < t->mark_count; i++) {
		if (t->marks[i].offset < t->come_done || t->marks[i].offset >= end)
			continue;
		if (t->marks[i].offset == t->come_done) {
			if (!ldisc_mishap(&t->ld, t->coming[t->come_done], t->marks[i].mishap))
				return false;
			t->come_done++;
			return true;
		}
		end = t->marks[i].offset;
		break;
	}
	taken = ldisc_type(&t->ld, t->coming + t->come_done, end - t->come_done);
	t->come_done += taken;
	return taken > 0;
}

/* ---- output ---- */

static void begin_write(struct terminal *t);

static void write_came(void *self, struct sk_completion *done)
{
	struct terminal *t = self;
	struct tty_Line_write_reply reply;
	int status = tty_Line_write_end(done, &reply);

	t->is_writing = false;
	if (status != SK_OK) {
		lost(t);
		return;
	}
	t->go_done += reply.size;
	if (t->go_done < t->go)
		begin_write(t);
	terminal_go_on(t);
}

static void begin_write(struct terminal *t)
{
	const struct tty_Line_write_request request = {
		.wait = true, .data = sk_lend(t->going + t->go_done, t->go - t->go_done),
	};

	t->is_writing = tty_Line_write_begin(&t->os->ring.ring, line(t), &request,
		sk_pending(&t->write), NULL) == SK_OK;
	if (!t->is_writing)
		lost(t);
}

static void fill(struct terminal *t)
{
	const uint8_t *bytes;
	uint32_t count;

	t->go = t->go_done = 0;
	while (t->go < sizeof(t->going) && (count = ldisc_output(&t->ld, &bytes)) > 0) {
		if (count > sizeof(t->going) - t->go)
			count = (uint32_t)sizeof(t->going) - t->go;
		memcpy(t->going + t->go, bytes, count);
		t->go += count;
		ldisc_sent(&t->ld, count);
		ldisc_echo(&t->ld);
	}
}

bool terminal_is_drained(const struct terminal *t)
{
	return ldisc_unsent(&t->ld) == 0 && !t->is_writing;
}

/* ---- what else it is asked ---- */

/* A call that does not take long; its `reply` is there. */
#define CALL(method, ...) \
	(!t->is_connected ? tty_Error_EIO : is_error(tty_Line_##method(line(t), \
		&(struct tty_Line_##method##_request){__VA_ARGS__}, &reply, \
		&(struct sk_call){.deadline = sk_os_after(t->os, PATIENCE)})))

static int32_t is_error(int status)
{
	return status < 0 ? tty_Error_EIO : status;
}

int32_t line_modem(struct terminal *t, tty_Modem *lines)
{
	struct tty_Line_modem_reply reply = {0};
	int32_t error = CALL(modem, 0);

	*lines = reply.lines;
	return error;
}

int32_t line_set_modem(struct terminal *t, tty_Modem lines, tty_Modem mask)
{
	struct tty_Line_set_modem_reply reply;

	return CALL(set_modem, lines, mask);
}

int32_t line_set_break(struct terminal *t, bool on)
{
	struct tty_Line_set_break_reply reply;

	return CALL(set_break, on);
}

int32_t line_counts(struct terminal *t, struct tty_Counts *counts)
{
	struct tty_Line_counts_reply reply = {0};
	int32_t error = CALL(counts, 0);

	*counts = reply.counts;
	return error;
}

static void drain_came(void *self, struct sk_completion *done)
{
	struct terminal *t = self;
	struct tty_Line_drain_reply reply;
	int status = tty_Line_drain_end(done, &reply);

	t->is_draining = false;
	if (status != SK_OK)
		lost(t);
	wait_drained(t, status == SK_OK);
	terminal_go_on(t);
}

bool terminal_drain(struct terminal *t)
{
	if (!t->is_connected || t->is_draining)
		return false;
	t->is_draining = tty_Line_drain_begin(&t->os->ring.ring, line(t),
		&(struct tty_Line_drain_request){0}, sk_pending(&t->drain), NULL) == SK_OK;
	return t->is_draining;
}

static void listen(struct terminal *t)
{
	t->is_listening = tty_Line_next_event_begin(&t->os->ring.ring, line(t),
		sk_pending(&t->event), NULL) == SK_OK;
}

/* Of modem lines; the others are seen as they come. */
static void event_came(void *self, struct sk_completion *done)
{
	struct terminal *t = self;
	struct tty_Line_event event;
	int status = tty_Line_next_event_end(done, &event);

	t->is_listening = false;
	if (status != SK_OK) {
		lost(t);
		return;
	}
	if (event.which == tty_Line_event_modem_changed)
		terminal_modem_changed(t, event.as.modem_changed.lines,
			event.as.modem_changed.changed);
	listen(t);
}

/* ---- both ---- */

static void send_urgent(struct terminal *t)
{
	struct tty_Line_send_urgent_reply reply;

	CALL(send_urgent, t->ld.urgent);
	t->ld.urgent = 0;
}

static void flush_line(struct terminal *t)
{
	struct tty_Line_flush_reply reply;

	t->ld.has_flushed = false;
	CALL(flush, tty_Queue_OUTPUT);
}

/* There was never a line, but there is a screen. */
static bool is_alone(const struct terminal *t)
{
	return t->line.connections == 0 && t->mirror.is_connected &&
		sk_os_now(t->os) > t->opened + ALONE * UINT64_C(1000000);
}

/* To the line and to the screen. */
static void send(struct terminal *t)
{
	if (t->is_writing || !mirror_is_ready(&t->mirror))
		return;
	/* What the line has not taken yet, as its driver went, was shown already. */
	if (t->go_done == t->go) {
		fill(t);
		mirror_show(&t->mirror, t->going, t->go);
	}
	if (t->go_done < t->go && t->is_connected)
		begin_write(t);
	else if (!t->is_connected)
		t->go_done = t->go;
}

void terminal_pump(struct terminal *t)
{
	while (t->come_done < t->come && type_some(t))
		;
	mirror_type(&t->mirror);
	ldisc_throttle(&t->ld);
	if (is_alone(t))
		send(t);
	if (!t->is_connected)
		return;
	if (t->ld.has_flushed)
		flush_line(t);
	if (t->ld.urgent)
		send_urgent(t);
	if (!t->is_reading && t->come_done == t->come)
		begin_read(t);
	send(t);
}

/* ---- the driver ---- */

void terminal_apply(struct terminal *t)
{
	struct tty_Settings *set = &t->ld.settings;
	const struct tty_Line_set_settings_request request = {.settings = {
		.input_speed = set->input_speed, .output_speed = set->output_speed,
		/* Flow by characters is the discipline's. */
		.control = set->control,
		.start = set->characters[tty_Character_START],
		.stop = set->characters[tty_Character_STOP],
	}};
	struct tty_Line_set_settings_reply reply;
	const struct sk_call call = {.deadline = sk_os_after(t->os, PATIENCE)};

	if (!t->is_connected || tty_Line_set_settings(line(t), &request, &reply, &call) != SK_OK)
		return;
	set->input_speed = reply.now.input_speed;
	set->output_speed = reply.now.output_speed;
	set->control = reply.now.control;
}

static void connect(void *self)
{
	struct terminal *t = self;

	if (t->is_connected)
		return;
	if (t->is_reading || t->is_writing || t->is_draining || t->is_listening ||
			sk_client_connect(&t->line, false, NULL) != SK_OK) {
		lost(t);
		terminal_pump(t);
		return;
	}
	t->is_connected = true;
	listen(t);
	terminal_apply(t);
	terminal_go_on(t);
}

void terminal_open_line(struct terminal *t, struct sk_os *os, const char *name,
	const char *service)
{
	t->os = os;
	t->name = name;
	t->opened = sk_os_now(os);
	ldisc_init(&t->ld);
	t->ld.settings.input_speed = t->ld.settings.output_speed = 115200;
	t->read = (struct sk_pending){read_came, t};
	t->write = (struct sk_pending){write_came, t};
	t->drain = (struct sk_pending){drain_came, t};
	t->event = (struct sk_pending){event_came, t};
	t->again = (struct sk_alarm){.ring = connect, .self = t};
	sk_client_open(&t->line, os, service, "tty.Line");
	sk_alarm_set(os, &t->again, sk_os_now(os));
}
