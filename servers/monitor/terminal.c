/*
 * The terminal. Its line discipline only says when ^C is typed; the line is edited here.
 * What is typed while a command runs is there for the next one. When the console has died,
 * all is opened again.
 */
#include "kernel.skald.h"
#include "servers/monitor/monitor.h"
#include "tty.skald.h"

#define NAME "ttyS0"
#define PATIENCE 5			/* seconds that a call may take */
#define OUTPUT 4096u
#define INPUT 256u

static struct {
	struct sk_client console;
	struct sk_kernel_channel channel;	/* tty.Terminal */
	bool is_open, is_interrupted, has_log_grown;
	bool is_reading, is_listening;
	struct sk_pending read, event, write, answer;
	uint8_t typed[INPUT];
	uint32_t typed_size, typed_done;
	char output[OUTPUT];
	uint32_t size, sent;
	char last;				/* that was put */
	bool is_writing;
	bool is_answered;
	int status;
} t;

/* ---- what comes by itself ---- */

static void lost(void)
{
	t.is_open = false;
	t.is_interrupted = true;
}

static void read_came(void *self, struct sk_completion *done)
{
	struct fs_File_read_reply reply;

	(void)self;
	t.is_reading = false;
	if (fs_File_read_end(done, &reply) != SK_OK || reply.count == 0) {
		lost();
		return;
	}
	t.typed_size = reply.count < INPUT ? (uint32_t)reply.count : INPUT;
	t.typed_done = 0;
}

static void begin_read(void)
{
	const struct fs_File_read_request request = {.data = sk_lend_out(t.typed, INPUT)};

	if (t.is_reading || !t.is_open || t.typed_done < t.typed_size)
		return;
	t.is_reading = fs_File_read_begin(&monitor.os->ring.ring, &t.channel.channel, &request,
		sk_pending(&t.read), NULL) == SK_OK;
	if (!t.is_reading)
		lost();
}

static void listen(void)
{
	if (t.is_listening || !t.is_open)
		return;
	t.is_listening = tty_Terminal_next_event_begin(&monitor.os->ring.ring,
		&t.channel.channel, sk_pending(&t.event), NULL) == SK_OK;
	if (!t.is_listening)
		lost();
}

static void event_came(void *self, struct sk_completion *done)
{
	struct tty_Terminal_event event;
	int status = tty_Terminal_next_event_end(done, &event);

	(void)self;
	t.is_listening = false;
	if (status != SK_OK || event.which == tty_Terminal_event_hung_up) {
		lost();
		return;
	}
	if (event.which == tty_Terminal_event_signal &&
			event.as.signal.signal == tty_Signal_INTERRUPT) {
		t.is_interrupted = true;
		t.typed_done = t.typed_size;
	}
	listen();
}

static void log_grew(void *self)
{
	(void)self;
	t.has_log_grown = true;
}

/* ---- waiting ---- */

const struct sk_call *within(uint32_t seconds)
{
	static struct sk_call call;

	call.deadline = sk_os_after(monitor.os, seconds * 1000);
	return &call;
}

static void answered(void *self, struct sk_completion *done)
{
	(void)self;
	t.status = sk_ring_result(done);
	t.is_answered = true;
}

uint64_t wait_cookie(void)
{
	t.answer.done = answered;
	t.is_answered = false;
	return sk_pending(&t.answer);
}

int wait_for_answer(int begun)
{
	bool is_canceled = false;

	if (begun != SK_OK)
		return begun;
	flush();
	while (!t.is_answered) {
		if (t.is_interrupted && !is_canceled) {
			sk_ring_cancel(&monitor.os->ring.ring, sk_pending(&t.answer));
			is_canceled = true;
			/* It may have completed by that, of which nobody tells. */
			sk_os_step(monitor.os, SK_POLL);
			continue;
		}
		sk_os_step(monitor.os, SK_FOREVER);
	}
	return t.status;
}

bool wait_for(uint32_t milliseconds)
{
	uint64_t until = sk_os_after(monitor.os, milliseconds);

	flush();
	while (!t.is_interrupted && sk_os_now(monitor.os) < until)
		sk_os_step(monitor.os, until);
	return !t.is_interrupted;
}

bool is_interrupted(void)
{
	if (!t.is_interrupted)
		sk_os_step(monitor.os, SK_POLL);
	return t.is_interrupted;
}

void terminal_begin(void)
{
	t.is_interrupted = !t.is_open;
}

void terminal_prompt(void)
{
	sk_os_step(monitor.os, SK_POLL);
	t.has_log_grown = false;
	if (t.last != '\n')
		put_text("\n");
}

bool terminal_is_open(void)
{
	return t.is_open;
}

bool terminal_key(uint8_t *key, bool *has_log_grown)
{
	*has_log_grown = false;
	if (t.typed_done == t.typed_size) {
		begin_read();
		flush();
	}
	while (t.typed_done == t.typed_size && !t.is_interrupted && !t.has_log_grown)
		sk_os_step(monitor.os, SK_FOREVER);
	if (t.typed_done < t.typed_size && !t.is_interrupted) {
		*key = t.typed[t.typed_done++];
		return true;
	}
	*has_log_grown = t.has_log_grown;
	t.has_log_grown = false;
	return false;
}

/* ---- output ---- */

static void wrote(void *self, struct sk_completion *done)
{
	struct fs_File_write_reply reply;

	(void)self;
	t.is_writing = false;
	if (fs_File_write_end(done, &reply) != SK_OK || reply.count == 0)
		t.sent = t.size;
	else
		t.sent += reply.count < t.size - t.sent ? (uint32_t)reply.count :
			t.size - t.sent;
}

/* As much as the terminal takes; all of it, unless interrupted. */
static void write_more(void)
{
	const struct fs_File_write_request request = {
		.data = sk_lend(t.output + t.sent, t.size - t.sent),
	};

	t.is_writing = fs_File_write_begin(&monitor.os->ring.ring, &t.channel.channel,
		&request, sk_pending(&t.write), NULL) == SK_OK;
	if (!t.is_writing)
		lost();
	while (t.is_writing) {
		if (t.is_interrupted) {
			sk_ring_cancel(&monitor.os->ring.ring, sk_pending(&t.write));
			sk_os_step(monitor.os, SK_POLL);
			t.sent = t.size;
		}
		if (t.is_writing)
			sk_os_step(monitor.os, SK_FOREVER);
	}
}

void flush(void)
{
	t.sent = 0;
	while (t.is_open && !t.is_interrupted && t.sent < t.size)
		write_more();
	t.size = t.sent = 0;
}

void put(const char *text, size_t size)
{
	for (size_t i = 0; i < size && !t.is_interrupted; i++) {
		if (t.size == OUTPUT)
			flush();
		t.output[t.size++] = t.last = text[i];
	}
}

void put_text(const char *text)
{
	put(text, strlen(text));
}

void put_right(const char *text, uint32_t width)
{
	for (size_t size = strlen(text); size < width; size++)
		put(" ", 1);
	put_text(text);
}

void put_plain(const char *text, size_t size, bool has_lines)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c >= ' ' && c != 0x7f) || (has_lines && (c == '\n' || c == '\t')))
			put(text + i, 1);
		else
			put((const char[]){'^', (char)(c ^ 0x40)}, 2);
	}
}

void say(const char *format, ...)
{
	char text[400];
	va_list list;

	va_start(list, format);
	put(text, sk_format(text, sizeof(text), format, list));
	va_end(list);
}

void paint(enum colour colour)
{
	static const char *const sequences[] = {"\x1b[m", "\x1b[32m", "\x1b[33m", "\x1b[31m",
		"\x1b[34;1m", "\x1b[2m", "\x1b[1m"};

	if (!monitor.is_plain)
		put_text(sequences[colour]);
}

void complain(const char *about, const char *what)
{
	paint(RED);
	put_text(monitor.command);
	put_text(": ");
	if (about) {
		put_plain(about, strlen(about), false);
		put_text(": ");
	}
	put_text(what);
	paint(NONE);
	put_text("\n");
}

/* ---- opening ---- */

static int ask_terminal(struct tty_Terminal_settings_reply *settings)
{
	const struct tty_Console_open_request request = {
		.name = {NAME, sizeof(NAME) - 1}, .flags = fs_Open_READ | fs_Open_WRITE,
	};
	struct tty_Console_open_reply opened;
	int status;

	status = tty_Console_open(&t.console.kernel.channel, &request, &opened,
		within(PATIENCE));
	if (status != SK_OK)
		return status;
	status = sk_os_channel_apart(monitor.os, &t.channel, opened.terminal.raw);
	if (status != SK_OK)
		return status;
	return tty_Terminal_settings(&t.channel.channel,
		&(struct tty_Terminal_settings_request){.empty = 0}, settings, within(PATIENCE));
}

/* Each byte as it is typed, and ^C as an event; no other character means anything. */
static int set_raw(struct tty_Settings settings)
{
	struct tty_Terminal_set_settings_request request = {.when = tty_When_NOW};
	struct tty_Terminal_set_settings_reply reply;

	settings.local = tty_LocalFlags_SIGNALS;
	settings.input = tty_InputFlags_OUTPUT_FLOW | tty_InputFlags_ANY_STARTS;
	settings.output = tty_OutputFlags_PROCESS | tty_OutputFlags_NL_TO_CRNL;
	settings.characters[tty_Character_QUIT] = tty_DISABLED;
	settings.characters[tty_Character_SUSPEND] = tty_DISABLED;
	settings.characters[tty_Character_MINIMUM] = 1;
	settings.characters[tty_Character_TIME] = 0;
	request.settings = settings;
	return tty_Terminal_set_settings(&t.channel.channel, &request, &reply,
		within(PATIENCE));
}

static void set_columns(void)
{
	struct tty_Terminal_window_size_reply size = {0};

	monitor.edit.columns = EDIT_COLUMNS;
	if (tty_Terminal_window_size(&t.channel.channel,
			&(struct tty_Terminal_window_size_request){.empty = 0}, &size,
			within(PATIENCE)) == SK_OK && size.size.columns > 0)
		monitor.edit.columns = size.size.columns;
}

static void watch_log(void)
{
	struct kernel_System_watch_log_reply reply;
	struct kernel_System_watch_log_request request = {
		.notify = {sk_os_notify(monitor.os)},
		.bits = sk_os_signal(monitor.os, log_grew, NULL),
	};

	kernel_System_watch_log(&monitor.system.channel, &request, &reply, NULL);
}

static void begin(void)
{
	t.read.done = read_came;
	t.event.done = event_came;
	t.write.done = wrote;
	/* Lent memory has to be there. */
	memset(t.typed, 0, sizeof(t.typed));
	memset(t.output, 0, sizeof(t.output));
	sk_client_open(&t.console, monitor.os, "console", "tty.Console");
	watch_log();
}

void terminal_open(void)
{
	struct tty_Terminal_settings_reply settings;

	if (!t.read.done)
		begin();
	/* What was under way has ended with the other one. */
	while (t.is_reading || t.is_listening)
		sk_os_step(monitor.os, SK_FOREVER);
	sk_os_channel_close(monitor.os, &t.channel);
	while (ask_terminal(&settings) != SK_OK || set_raw(settings.settings) != SK_OK) {
		sk_os_channel_close(monitor.os, &t.channel);
		sk_os_sleep(monitor.os, 100);
	}
	t.is_open = true;
	t.is_interrupted = false;
	t.last = '\n';
	t.typed_size = t.typed_done = t.size = t.sent = 0;
	set_columns();
	listen();
	begin_read();
}
