/*
 * Sits at the terminal: each line that is typed is a command, and what came of it is
 * written there. tests/servers/console.sh types.
 */
#include "tests/servers/typist/typist.h"

struct typist t;

/* ---- the terminal ---- */

int write_to(struct sk_kernel_channel *file, const void *bytes, size_t size, fs_Io flags)
{
	const struct fs_File_write_request request = {
		.flags = flags, .data = sk_lend(bytes, size),
	};
	struct fs_File_write_reply reply;
	int status = fs_File_write(&file->channel, &request, &reply, NULL);

	return status == SK_OK ? (int)reply.count : status < 0 ? status : -status;
}

int read_from(struct sk_kernel_channel *file, void *bytes, size_t size, fs_Io flags)
{
	const struct fs_File_read_request request = {
		.flags = flags, .data = sk_lend_out(bytes, size),
	};
	struct fs_File_read_reply reply;
	int status = fs_File_read(&file->channel, &request, &reply, NULL);

	return status == SK_OK ? (int)reply.count : status < 0 ? status : -status;
}

void say(const char *format, ...)
{
	char line[200];
	va_list arguments;
	size_t size;

	va_start(arguments, format);
	size = sk_format(line, sizeof(line) - 1, format, arguments);
	va_end(arguments);
	line[size++] = '\n';
	write_to(&t.terminal, line, size, 0);
}

int open_one(struct sk_kernel_channel *file, bool apart)
{
	const struct tty_Console_open_request request = {
		.name = {"ttyS0", 5}, .flags = fs_Open_READ | fs_Open_WRITE,
	};
	struct tty_Console_open_reply opened;
	int status = tty_Console_open(&t.console.kernel.channel, &request, &opened, NULL);

	if (status != SK_OK)
		return status;
	if (apart)
		return sk_os_channel_apart(t.os, file, opened.terminal.raw);
	sk_os_channel(t.os, file, opened.terminal.raw);
	return SK_OK;
}

/* ---- what is typed ---- */

uint32_t number(const char **text)
{
	uint32_t value = 0;

	while (**text == ' ')
		(*text)++;
	while (**text >= '0' && **text <= '9')
		value = value * 10 + (uint32_t)(*(*text)++ - '0');
	return value;
}

static void obey(char *line, size_t size)
{
	for (const struct command *at = commands; at->name; at++) {
		size_t length = strlen(at->name);

		if (size < length || memcmp(line, at->name, length) != 0 ||
				(line[length] != ' ' && line[length] != '\0'))
			continue;
		at->run(line + length);
		return;
	}
	say("got %s", line);
}

int sk_os_main(struct sk_os *os)
{
	char line[4096];
	int size;

	t.os = os;
	sk_os_ready(os);
	sk_client_open(&t.console, os, "console", "tty.Console");
	sk_client_open(&t.control, os, "supervisor", "svrctl.Supervisor");
	sk_os_arguments(os, false, line, sizeof(line));
	if (memcmp(line, "rogue", 6) == 0)
		return be_a_rogue();
	size = open_one(&t.terminal, true);
	if (size != SK_OK) {
		sk_log(os, log_Level_ERROR, "no terminal: %d", size);
		return 1;
	}
	say("typist is here");
	while ((size = read_from(&t.terminal, line, sizeof(line) - 1, 0)) >= 0) {
		if (size == 0) {
			say("end of file");
			continue;
		}
		if (line[size - 1] == '\n')
			size--;
		line[size] = '\0';
		obey(line, (size_t)size);
	}
	sk_log(os, log_Level_INFO, "reading ends: %d", size);
	return 0;
}
