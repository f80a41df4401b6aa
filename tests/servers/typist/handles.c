/* Commands about several handles of the terminal. */
#include "tests/servers/typist/typist.h"

static void close_others(void)
{
	while (t.other_count > 0)
		sk_os_channel_close(t.os, &t.others[--t.other_count]);
}

int open_others(void)
{
	int status = SK_OK;

	while (t.other_count < HANDLES_MAX && status == SK_OK) {
		status = open_one(&t.others[t.other_count], false);
		t.other_count += status == SK_OK;
	}
	return status;
}

void run_open(const char *words)
{
	int status = open_others();

	(void)words;
	say("opened %u, then %d", t.other_count, status);
	close_others();
}

/* One session of the console after the other. */
void run_sessions(const char *words)
{
	static struct sk_client more[6];
	struct tty_Console_list_reply reply;
	uint32_t count = 0;
	int status = SK_OK;

	(void)words;
	for (unsigned i = 0; i < 6 && status == SK_OK; i++) {
		sk_client_open(&more[i], t.os, "console", "tty.Console");
		status = tty_Console_list(&more[i].kernel.channel,
			&(struct tty_Console_list_request){0}, &reply, NULL);
		count += status == SK_OK;
	}
	for (unsigned i = 0; i < 6 && more[i].os; i++)
		sk_client_end(&more[i]);
	say("sessions %u, then %d", count, status);
}

/* Through another handle it is the same terminal. */
void run_second(const char *words)
{
	struct sk_kernel_channel *other = &t.others[0];
	struct tty_Settings now;
	char line[20];
	int size;

	(void)words;
	if (open_one(other, true) != SK_OK)
		return;
	t.other_count = 1;
	now = settings();
	now.local &= ~(tty_LocalFlags)tty_LocalFlags_ECHO;
	set_settings(&now);
	write_to(other, "second?\n", 8, 0);
	size = read_from(other, line, sizeof(line) - 1, 0);
	now.local |= tty_LocalFlags_ECHO;
	set_settings(&now);
	line[size > 0 ? size : 0] = '\0';
	say("second got %s", line);
	close_others();
}

void run_hangup(const char *words)
{
	struct tty_Terminal_event events[3] = {{.which = 0}};
	int got, put;
	char line[10];

	(void)words;
	TELL(hang_up, 0);
	got = read_from(&t.terminal, line, sizeof(line), 0);
	put = write_to(&t.terminal, line, 1, 0);
	for (unsigned i = 0; i < 3; i++)
		next_event(&events[i]);
	sk_os_channel_close(t.os, &t.terminal);
	open_one(&t.terminal, true);
	say("hung up: read %d, write %d, signals %d %d, %s", got, put,
		events[0].as.signal.signal, events[1].as.signal.signal,
		events[2].which == tty_Terminal_event_hung_up ? "the end" : "no end");
}

void run_alone(const char *words)
{
	int status;

	(void)words;
	TELL(set_exclusive, true);
	status = open_one(&t.others[0], false);
	TELL(set_exclusive, false);
	say("alone: %d", status);
}

void run_lock(const char *words)
{
	struct tty_Settings old = settings(), locked = {.local = tty_LocalFlags_ECHO}, now = old;

	(void)words;
	TELL(lock_settings, locked);
	now.local &= ~(tty_LocalFlags)(tty_LocalFlags_ECHO | tty_LocalFlags_ECHO_KILL);
	set_settings(&now);
	now = settings();
	locked.local = 0;
	TELL(lock_settings, locked);
	set_settings(&old);
	say("locked: echo %d, kill %d", (now.local & tty_LocalFlags_ECHO) != 0,
		(now.local & tty_LocalFlags_ECHO_KILL) != 0);
}

void run_list(const char *words)
{
	const struct tty_Console_print_request print = {.text = {(const uint8_t *)"printed\n", 8}};
	struct tty_Console_list_request request = {0};
	struct tty_Console_list_reply reply;
	struct sk_string name = {"", 0};
	char text[20];

	(void)words;
	tty_Console_list(&t.console.kernel.channel, &request, &reply, NULL);
	tty_Console_list_reply_names_next(&reply.names, &name);
	memcpy(text, name.data, name.size);
	text[name.size] = '\0';
	tty_Console_print(&t.console.kernel.channel, &print, NULL);
	say("list: %s, next %u", text, reply.next);
}
