/*
 * The serial line under a terminal: the console's, set to pass bytes as they are. What it
 * has read is typed here, what the discipline has made is written to it; both by calls that
 * do not wait for it.
 */
#include "servers/posix/terminal.h"

/* Milliseconds that the console may take to do as it is told. */
#define PATIENCE 500

struct line {
	struct sk_kernel_channel channel;	/* tty.Terminal */
	bool is_there;
	bool is_reading, is_writing, is_draining, is_listening;
	bool has_drained;			/* since something was written last */
	uint8_t coming[512], going[512];
	uint32_t come, come_done, go, go_done;
	struct sk_pending read, write, drain, event;
};

struct terminal *serial;
static struct line the_line;

#define CALL(method, reply, ...) \
	tty_Terminal_##method(&the_line.channel.channel, \
		&(struct tty_Terminal_##method##_request){__VA_ARGS__}, reply, \
		&(struct sk_call){.deadline = sk_os_after(posix.os, PATIENCE)})
#define DO(method, ...) \
	CALL(method, &(struct tty_Terminal_##method##_reply){0}, __VA_ARGS__)
#define BEGIN(interface, method, pending, ...) \
	(interface##_##method##_begin(&posix.os->ring.ring, &the_line.channel.channel, \
		&(struct interface##_##method##_request){__VA_ARGS__}, \
		sk_pending(pending), NULL) == SK_OK)

static bool is_idle(const struct line *line)
{
	return !line->is_reading && !line->is_writing && !line->is_draining &&
		!line->is_listening;
}

/* The console has gone, or has hung up. */
static void lost(struct line *line)
{
	if (line->is_there) {
		line->is_there = false;
		job_hang_up_later(serial);
	}
	line->go = line->go_done = line->come = line->come_done = 0;
}

/* ---- what comes ---- */

static void read_came(void *self, struct sk_completion *done)
{
	struct line *line = self;
	struct fs_File_read_reply reply;
	int status = fs_File_read_end(done, &reply);

	line->is_reading = false;
	if (status != SK_OK || reply.count == 0) {
		lost(line);
		return;
	}
	line->come = reply.count <= sizeof(line->coming) ? (uint32_t)reply.count : 0;
	line->come_done = 0;
	terminal_go_on(serial);
}

void line_type(struct terminal *t)
{
	struct line *line = t->line;

	if (!line->is_there)
		return;
	while (line->come_done < line->come) {
		uint32_t taken = ldisc_type(&t->ld, line->coming + line->come_done,
			line->come - line->come_done);

		if (taken == 0)
			break;
		line->come_done += taken;
	}
	ldisc_throttle(&t->ld);
	if (line->is_reading || line->come_done < line->come)
		return;
	line->is_reading = BEGIN(fs_File, read, &line->read,
		.data = sk_lend_out(line->coming, sizeof(line->coming)));
	if (!line->is_reading)
		lost(line);
}

/* ---- what goes ---- */

static void begin_write(struct line *line)
{
	line->is_writing = BEGIN(fs_File, write, &line->write,
		.data = sk_lend(line->going + line->go_done, line->go - line->go_done));
	if (!line->is_writing)
		lost(line);
}

static void write_came(void *self, struct sk_completion *done)
{
	struct line *line = self;
	struct fs_File_write_reply reply;
	int status = fs_File_write_end(done, &reply);

	line->is_writing = false;
	if (status != SK_OK)
		lost(line);
	else
		line->go_done += reply.count <= line->go - line->go_done ?
			(uint32_t)reply.count : 0;
	terminal_go_on(serial);
}

static void fill(struct terminal *t)
{
	struct line *line = t->line;
	const uint8_t *bytes;
	uint32_t count;

	line->go = line->go_done = 0;
	if (t->ld.urgent)
		line->going[line->go++] = t->ld.urgent;
	t->ld.urgent = 0;
	while (line->go < sizeof(line->going) && (count = ldisc_output(&t->ld, &bytes)) > 0) {
		if (count > sizeof(line->going) - line->go)
			count = (uint32_t)sizeof(line->going) - line->go;
		memcpy(line->going + line->go, bytes, count);
		line->go += count;
		ldisc_sent(&t->ld, count);
		ldisc_echo(&t->ld);
	}
}

void line_send(struct terminal *t)
{
	struct line *line = t->line;

	if (!line->is_there || line->is_writing)
		return;
	if (line->go_done == line->go)
		fill(t);
	if (line->go_done < line->go) {
		line->has_drained = false;
		begin_write(line);
	}
}

static void drain_came(void *self, struct sk_completion *done)
{
	struct line *line = self;
	struct tty_Terminal_drain_reply reply;

	line->is_draining = false;
	/* A console that has gone has nothing left to be sent. */
	line->has_drained = tty_Terminal_drain_end(done, &reply) != SK_CANCELED;
	terminal_go_on(serial);
}

bool line_is_drained(const struct terminal *t)
{
	struct line *line = t->line;

	if (ldisc_unsent(&t->ld) > 0 || line->go_done < line->go || line->is_writing)
		return !line->is_there;
	if (!line->is_there || line->has_drained)
		return true;
	if (!line->is_draining)
		line->is_draining = BEGIN(tty_Terminal, drain, &line->drain, 0);
	return !line->is_draining;
}

uint32_t line_unsent(const struct terminal *t)
{
	return ldisc_unsent(&t->ld) + t->line->go - t->line->go_done;
}

void line_flush(struct terminal *t, tty_Queue queues)
{
	struct line *line = t->line;

	if (queues & tty_Queue_INPUT)
		line->come = line->come_done = 0;
	if ((queues & tty_Queue_OUTPUT) && !line->is_writing)
		line->go = line->go_done = 0;
	if (line->is_there)
		DO(flush_queues, .queues = queues);
}

/* ---- settings ---- */

/* All bytes as they are, both ways; what the device has to do with stays. */
static void make_raw(struct tty_Settings *settings)
{
	settings->input = settings->output = settings->local = 0;
	memset(settings->characters, 0, sizeof(settings->characters));
	settings->characters[tty_Character_MINIMUM] = 1;
}

void line_apply(struct terminal *t)
{
	struct tty_Settings *ours = &t->ld.settings, raw = *ours;
	struct tty_Terminal_settings_reply now;

	if (!t->line->is_there)
		return;
	make_raw(&raw);
	DO(set_settings, .when = tty_When_NOW, .settings = raw);
	if (CALL(settings, &now, 0) != SK_OK)
		return;
	ours->control = now.settings.control;
	ours->input_speed = now.settings.input_speed;
	ours->output_speed = now.settings.output_speed;
}

void line_set_break(struct terminal *t, bool on)
{
	if (t->line->is_there)
		DO(set_break, .on = on);
}

int line_modem(const struct terminal *t, tty_Modem *lines)
{
	struct tty_Terminal_modem_reply reply = {0};
	int status = t->line->is_there ? CALL(modem, &reply, 0) : posix_Error_EIO;

	*lines = reply.lines;
	return status < 0 ? posix_Error_EIO : status;
}

int line_set_modem(struct terminal *t, tty_Modem lines, tty_Modem mask)
{
	int status = t->line->is_there ? DO(set_modem, lines, mask) : posix_Error_EIO;

	return status < 0 ? posix_Error_EIO : status;
}

/* ---- a new one ---- */

static void listen(struct line *line);

static void event_came(void *self, struct sk_completion *done)
{
	struct line *line = self;
	struct tty_Terminal_event event;
	int status = tty_Terminal_next_event_end(done, &event);

	line->is_listening = false;
	if (status != SK_OK || event.which == tty_Terminal_event_hung_up) {
		lost(line);
		return;
	}
	listen(line);
}

static void listen(struct line *line)
{
	line->is_listening = tty_Terminal_next_event_begin(&posix.os->ring.ring,
		&line->channel.channel, sk_pending(&line->event), NULL) == SK_OK;
}

static int open_line(struct line *line, struct sk_handle handle)
{
	if (!is_idle(line))
		return posix_Error_EBUSY;
	sk_os_channel_close(posix.os, &line->channel);
	if (sk_os_channel_apart(posix.os, &line->channel, handle) != SK_OK)
		return posix_Error_ENOMEM;
	line->read = (struct sk_pending){read_came, line};
	line->write = (struct sk_pending){write_came, line};
	line->drain = (struct sk_pending){drain_came, line};
	line->event = (struct sk_pending){event_came, line};
	/* Lent memory has to be there. */
	memset(line->coming, 0, sizeof(line->coming));
	memset(line->going, 0, sizeof(line->going));
	line->come = line->come_done = line->go = line->go_done = 0;
	line->has_drained = true;
	line->is_there = true;
	listen(line);
	return 0;
}

/* The first one is with whoever started the first program. */
static int make_serial(void)
{
	if (serial)
		return 0;
	serial = terminal_new();
	if (!serial)
		return posix_Error_ENOMEM;
	serial->line = &the_line;
	serial->major = TTY_MAJOR;
	serial->minor = SERIAL_MINOR;
	return 0;
}

/* Whoever starts a program gives it more than once. */
static bool is_open(const struct terminal *t)
{
	const struct opening *opening = t->openings;

	while (opening && opening->is_hung_up)
		opening = opening->next;
	return opening != NULL;
}

void terminal_vacate(void)
{
	if (serial && is_open(serial))
		terminal_hang_up(serial, false);
}

/* As whoever gives it has set it up. */
static void begin(struct terminal *t)
{
	struct tty_Terminal_settings_reply settings;
	struct tty_Terminal_window_size_reply window;

	if (CALL(settings, &settings, 0) == SK_OK)
		ldisc_set(&t->ld, &settings.settings);
	if (CALL(window_size, &window, 0) == SK_OK)
		t->size = window.size;
}

int line_give(struct sk_handle handle)
{
	int error = make_serial();

	if (!error && the_line.is_there)
		drop(&handle);
	else if (!error)
		error = open_line(&the_line, handle);
	if (error) {
		drop(&handle);
		return error;
	}
	if (is_open(serial))
		return 0;
	begin(serial);
	line_apply(serial);
	terminal_go_on(serial);
	return 0;
}
