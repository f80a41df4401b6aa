/* The commands. */
#include "tests/servers/typist/typist.h"

static uint8_t bytes[8192];

/* ---- settings ---- */

struct tty_Settings settings(void)
{
	struct tty_Terminal_settings_reply reply = {0};

	T(settings, &reply, 0);
	return reply.settings;
}

int set_settings(const struct tty_Settings *to)
{
	return TELL(set_settings, .settings = *to);
}

/* Nothing is done with what comes, or goes. */
struct tty_Settings make_raw(uint8_t minimum, uint8_t time)
{
	const struct tty_Settings old = settings();
	struct tty_Settings raw = old;

	raw.input = 0;
	raw.local = 0;
	raw.output = 0;
	raw.characters[tty_Character_MINIMUM] = minimum;
	raw.characters[tty_Character_TIME] = time;
	set_settings(&raw);
	return old;
}

static void change(tty_LocalFlags clear, tty_LocalFlags add)
{
	struct tty_Settings now = settings();
	int status;

	now.local = (now.local & ~clear) | add;
	status = TELL(set_settings, .when = tty_When_DRAINED, .settings = now);
	say("settings %d", status);
}

static void run_quiet(const char *words)
{
	(void)words;
	change((tty_LocalFlags)tty_LocalFlags_ECHO, 0);
}

static void run_loud(const char *words)
{
	(void)words;
	change(0, tty_LocalFlags_ECHO);
}

/* ---- reading ---- */

/* raw MINIMUM TIME: one read. */
static void run_raw(const char *words)
{
	uint8_t minimum = (uint8_t)number(&words), time = (uint8_t)number(&words);
	struct tty_Settings old = make_raw(minimum, time);
	int size;

	write_to(&t.terminal, "reads\n", 6, 0);
	size = read_from(&t.terminal, bytes, 100, 0);
	set_settings(&old);
	bytes[size > 0 ? size : 0] = '\0';
	say("read %d: %s", size, (const char *)bytes);
}

void say_sum(uint32_t wanted)
{
	uint32_t sum = 0, done = 0;
	int size;

	while (done < wanted && (size = read_from(&t.terminal, bytes, sizeof(bytes), 0)) > 0) {
		sum = sum_more(sum, bytes, (size_t)size);
		done += (uint32_t)size;
	}
	say("sum %u %u", sum_end(sum, done), done);
}

/* paste BYTES: in raw mode. */
static void run_paste(const char *words)
{
	struct tty_Settings old = make_raw(1, 0);

	say("paste");
	say_sum(number(&words));
	set_settings(&old);
}

/* lines BYTES: in canonical mode, without echo. */
static void run_lines(const char *words)
{
	struct tty_Settings old = settings(), now = old;

	now.local &= ~(tty_LocalFlags)tty_LocalFlags_ECHO;
	set_settings(&now);
	say("lines");
	say_sum(number(&words));
	set_settings(&old);
}

static void run_nowait(const char *words)
{
	(void)words;
	say("nowait %d", read_from(&t.terminal, bytes, 10, fs_Io_NO_WAIT));
}

/* ---- writing ---- */

/* flood BYTES: lines of 50, as they are. */
static void run_flood(const char *words)
{
	uint32_t left = number(&words), all = left, done = 0;
	struct tty_Settings old = make_raw(1, 0);

	write_to(&t.terminal, "flood<", 6, 0);
	for (uint32_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i % 50 == 49 ? '\n' : 'a' + i * 7 / 50 % 26);
	while (left > 0) {
		int size = write_to(&t.terminal, bytes, left < 8000 ? left : 8000, 0);

		if (size <= 0)
			break;
		left -= (uint32_t)size;
		done += (uint32_t)size;
	}
	set_settings(&old);
	say(">wrote %u of %u", done, all);
}

/* ---- events ---- */

int next_event(struct tty_Terminal_event *event)
{
	const struct sk_call call = {.deadline = sk_os_after(t.os, 10000)};
	int status;

	do
		status = tty_Terminal_next_event(&t.terminal.channel, event, &call);
	while (status == SK_OK && (event->which == 0 ||
		event->which == tty_Terminal_event_settings_changed));
	return status;
}

static void run_event(const char *words)
{
	struct tty_Terminal_event event;
	int status;

	(void)words;
	say("waits");
	status = next_event(&event);
	if (status != SK_OK)
		say("event: %d", status);
	else if (event.which == tty_Terminal_event_signal)
		say("event: signal %d", event.as.signal.signal);
	else if (event.which == tty_Terminal_event_break_received)
		say("event: break");
	else
		say("event: number %d", (int)event.which);
}

/* ---- others ---- */

/* start NAME: a program. */
static void run_start(const char *words)
{
	const struct svrctl_Supervisor_start_request request = {
		.name = {words + 1, (uint32_t)strlen(words + 1)},
	};
	struct svrctl_Supervisor_start_reply reply;

	say("start %d", svrctl_Supervisor_start(&t.control.kernel.channel, &request, &reply,
		NULL));
}

/* restart NAME: ends it, and starts it again. */
static void run_restart(const char *words)
{
	const struct svrctl_Supervisor_restart_request request = {
		.name = {words + 1, (uint32_t)strlen(words + 1)}, .grace = 0,
	};
	struct svrctl_Supervisor_restart_reply reply;

	say("restart %d", svrctl_Supervisor_restart(&t.control.kernel.channel, &request,
		&reply, NULL));
}

static void run_off(const char *words)
{
	const struct svrctl_Supervisor_shut_down_request off = {
		.action = kernel_PowerAction_OFF,
	};
	struct svrctl_Supervisor_shut_down_reply reply;

	(void)words;
	svrctl_Supervisor_shut_down(&t.control.kernel.channel, &off, &reply, NULL);
	sk_os_sleep(t.os, 5000);
}

const struct command commands[] = {
	{"quiet", run_quiet}, {"loud", run_loud}, {"raw", run_raw}, {"paste", run_paste},
	{"lines", run_lines}, {"nowait", run_nowait}, {"flood", run_flood},
	{"event", run_event}, {"modem", run_modem}, {"break", run_break},
	{"drain", run_drain}, {"flow", run_flow}, {"open", run_open},
	{"second", run_second}, {"hangup", run_hangup}, {"alone", run_alone},
	{"lock", run_lock}, {"list", run_list}, {"sessions", run_sessions},
	{"start", run_start},
	{"restart", run_restart}, {"off", run_off},
	{NULL, NULL},
};
