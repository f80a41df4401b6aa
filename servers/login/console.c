/* The program at the terminal, which is started again whenever it has ended. */
#include "runtime/terminal/discipline.h"
#include "servers/login/login.h"
#include "tty.skald.h"

#define TERMINAL "ttyS0"
#define PATIENCE 5
/* Milliseconds before it is started again; doubled while it does not live as long as
 * LIVELY. */
#define PAUSE 100
#define PAUSE_MAX 10000
#define LIVELY 5000

static char arguments[LOGIN_TEXT];
static struct program program;
static struct words words;
static uint64_t started_at;
static uint32_t pause = PAUSE;

static void again(void *self);
static struct sk_alarm alarm = {.ring = again};

/* To whoever watches, and for the log. */
static void say(const char *format, ...)
{
	char text[200];
	va_list list;
	size_t size;

	va_start(list, format);
	size = sk_format(text, sizeof(text) - 1, format, list);
	va_end(list);
	text[size] = 0;
	sk_log(login.os, log_Level_WARNING, "%s", text);
	text[size++] = '\n';
	tty_Console_print(&login.console.kernel.channel, &(struct tty_Console_print_request){
		.text = {(const uint8_t *)text, (uint32_t)size}}, NULL);
}

static void start_later(void)
{
	if (sk_os_now(login.os) - started_at > LIVELY * UINT64_C(1000000))
		pause = PAUSE;
	sk_alarm_set(login.os, &alarm, sk_os_after(login.os, pause));
	pause = pause < PAUSE_MAX / 2 ? 2 * pause : PAUSE_MAX;
}

static void ended(enum how how, int32_t value)
{
	switch (how) {
	case ENDED:
		say("%s has ended with status %d", program.path, value);
		break;
	case NOT_STARTED:
		say("%s cannot be started: error %d", program.path, value);
		break;
	case POSIX_DIED:
		say("posix has died; all programs with it");
		break;
	}
	start_later();
}

/* As it was said to be; else it keeps what somebody has found out. */
static int set_size(struct sk_channel *terminal)
{
	const struct tty_Terminal_set_window_size_request request = {
		.size = {.rows = words.rows, .columns = words.columns}};
	struct tty_Terminal_set_window_size_reply reply;

	return words.rows == 0 ? SK_OK :
		tty_Terminal_set_window_size(terminal, &request, &reply, within(PATIENCE));
}

/* What the device is stays; all else is as of a new terminal, since whoever had it may have
 * left it in any state, even before this login. */
static void refresh(struct tty_Settings *settings)
{
	static struct ldisc fresh;
	const struct tty_Settings now = *settings;

	ldisc_init(&fresh);
	*settings = fresh.settings;
	/* Programs have a locale of UTF-8, and so has whatever shows it: a key that erases
	 * erases a whole character. */
	settings->input |= tty_InputFlags_UTF8;
	settings->control = now.control;
	settings->input_speed = now.input_speed;
	settings->output_speed = now.output_speed;
}

static int set_up(struct sk_handle handle)
{
	struct sk_kernel_channel terminal;
	struct tty_Terminal_settings_reply reply;
	struct tty_Terminal_set_settings_request request = {.when = tty_When_NOW};
	struct tty_Terminal_set_settings_reply set;
	int status;

	sk_os_channel(login.os, &terminal, handle);
	status = tty_Terminal_settings(&terminal.channel,
		&(struct tty_Terminal_settings_request){.empty = 0}, &reply, within(PATIENCE));
	if (status != SK_OK)
		return status;
	request.settings = reply.settings;
	refresh(&request.settings);
	status = tty_Terminal_set_settings(&terminal.channel, &request, &set, within(PATIENCE));
	return status == SK_OK ? set_size(&terminal.channel) : status;
}

static int open_terminal(void)
{
	const struct tty_Console_open_request request = {
		.name = {TERMINAL, sizeof(TERMINAL) - 1}, .flags = fs_Open_READ | fs_Open_WRITE,
	};
	struct tty_Console_open_reply reply;
	int status = tty_Console_open(&login.console.kernel.channel, &request, &reply,
		within(PATIENCE));

	if (status != SK_OK)
		return status;
	status = set_up(reply.terminal.raw);
	program.files[0] = reply.terminal.raw;
	program.files[1] = sk_os_copy(login.os, reply.terminal.raw, UINT16_MAX);
	program.files[2] = sk_os_copy(login.os, reply.terminal.raw, UINT16_MAX);
	return status;
}

static void again(void *self)
{
	int status = start_connect();

	(void)self;
	started_at = sk_os_now(login.os);
	if (status == SK_OK)
		status = open_terminal();
	if (status == SK_OK) {
		start_program(&program);
		return;
	}
	say("no posix, or no terminal: %d", status);
	start_later();
}

void console_begin(void)
{
	int size = sk_os_arguments(login.os, false, arguments, LOGIN_TEXT);
	uint32_t path = (uint32_t)strlen(arguments) + 1;

	if (size <= (int)path) {
		sk_os_give_up(login.os, 1, "its manifest has no program in its arguments");
		return;
	}
	program = (struct program){
		.path = arguments, .folder = "/root", .arguments = arguments + path,
		.arguments_size = (uint32_t)size - path, .has_terminal = true, .ended = ended,
	};
	words = words_take();
	again(NULL);
}
