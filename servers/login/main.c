/* Which mode: a command in the archive is run, else the terminal has a program. */
#include "runtime/server/archive.h"
#include "servers/login/login.h"

#define COMMAND "run/command"

struct login login;

static struct bytes command;

const struct sk_call *within(uint32_t seconds)
{
	static struct sk_call call;

	call.deadline = sk_os_after(login.os, seconds * 1000);
	return &call;
}

static void begin(void *self)
{
	(void)self;
	if (command.at)
		run_begin((const char *)command.at, (uint32_t)command.size);
	else
		console_begin();
}

static void find_command(void)
{
	struct bytes archive = sk_os_archive(login.os);

	command = archive_find(archive, COMMAND, sizeof(COMMAND) - 1);
	if (!command.at)
		sk_os_archive_end(login.os, archive);
}

int sk_os_main(struct sk_os *os)
{
	static struct sk_alarm beginning = {.ring = begin};
	int size;

	login.os = os;
	sk_client_open(&login.posix, os, "posix", "posix.Personality");
	sk_client_open(&login.supervisor, os, "supervisor", "svrctl.Supervisor");
	sk_client_open(&login.console, os, "console", "tty.Console");
	sk_client_open(&login.line, os, "com2", "tty.Line");
	size = sk_os_arguments(os, true, login.environment, LOGIN_TEXT);
	login.environment_size = size < 0 ? 0 : (uint32_t)size;
	find_command();
	sk_alarm_set(os, &beginning, 1);
	/* Half of each is one program's: posix, for which they were minted. */
	return sk_serve(os, &(struct sk_serve){.max_kept = 512, .max_objects = 16});
}
