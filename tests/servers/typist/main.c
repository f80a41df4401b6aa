/* Reads lines from the first terminal, and says each. */
#include "fs.skald.h"
#include "runtime/server/client.h"
#include "tty.skald.h"

static struct sk_kernel_channel terminal;

static int say(const char *text, size_t size)
{
	const struct fs_File_write_request request = {.data = sk_lend(text, size)};
	struct fs_File_write_reply reply;

	return fs_File_write(&terminal.channel, &request, &reply, NULL);
}

static int hear(char *text, size_t size)
{
	const struct fs_File_read_request request = {.data = sk_lend_out(text, size)};
	struct fs_File_read_reply reply;
	int status = fs_File_read(&terminal.channel, &request, &reply, NULL);

	return status == SK_OK ? (int)reply.count : -1;
}

int sk_os_main(struct sk_os *os)
{
	static struct sk_client console;
	const struct tty_Console_open_request request = {
		.name = {"ttyS0", 5}, .flags = fs_Open_READ | fs_Open_WRITE,
	};
	struct tty_Console_open_reply opened;
	char line[200] = "got ";
	int size;

	sk_os_ready(os);
	sk_client_open(&console, os, "console", "tty.Console");
	size = tty_Console_open(&console.kernel.channel, &request, &opened, NULL);
	if (size != SK_OK) {
		sk_log(os, log_Level_ERROR, "no terminal: %d", size);
		return 1;
	}
	sk_os_channel_apart(os, &terminal, opened.terminal.raw);
	say("typist is here\n", 15);
	while ((size = hear(line + 4, sizeof(line) - 4)) > 0)
		say(line, 4 + (size_t)size);
	say("bye\n", 4);
	return size;
}
