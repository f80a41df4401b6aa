/*
 * The load of the terminal: what is written to it goes out over the serial line, at
 * whose other end the host sends everything back, and is to be read from it again. What
 * was under way is lost with a driver, as on any line, so it is sent until it
 * comes; but once it has come nothing may be missing any more, changed, or too much.
 */
#include "tests/servers/inject/load.h"

#include "tty.skald.h"

#define FRAME_MAX 128
#define WAIT_MS 60			/* for the first try; then twice as long */
#define WAIT_MAX_MS 1000
#define EXACT 3

static struct sk_client console;
static struct sk_kernel_channel terminal;
static bool is_open;
static uint64_t version;

/* What is sent, and the end of what has come. */
static uint8_t frame[FRAME_MAX], come[2 * FRAME_MAX];
static uint32_t size, come_size;
static uint64_t come_all;

static void close_terminal(void)
{
	if (is_open)
		sk_kernel_channel_close(&terminal);
	is_open = false;
}

/* Bytes as they are. */
static int make_raw(const struct sk_call *call)
{
	struct tty_Terminal_settings_reply now;
	struct tty_Terminal_set_settings_request request;
	struct tty_Terminal_set_settings_reply reply;
	int status = tty_Terminal_settings(&terminal.channel,
		&(struct tty_Terminal_settings_request){0}, &now, call);

	if (status != SK_OK)
		return status;
	request = (struct tty_Terminal_set_settings_request){.settings = now.settings};
	request.settings.input = 0;
	request.settings.output = 0;
	request.settings.local = 0;
	request.settings.characters[tty_Character_MINIMUM] = 1;
	request.settings.characters[tty_Character_TIME] = 0;
	return tty_Terminal_set_settings(&terminal.channel, &request, &reply, call);
}

static int open_terminal(const struct sk_call *call)
{
	const struct tty_Console_open_request request = {
		.name = {"ttyS0", 5}, .flags = fs_Open_READ | fs_Open_WRITE,
	};
	struct tty_Console_open_reply opened;
	int status = tty_Console_open(&console.kernel.channel, &request, &opened, call);

	if (status != SK_OK)
		return status;
	sk_os_channel(load.os, &terminal, opened.terminal.raw);
	is_open = true;
	return make_raw(call);
}

static int write_frame(const struct sk_call *call)
{
	struct fs_File_write_reply reply = {0};
	uint32_t done = 0;
	int status = SK_OK;

	while (status == SK_OK && done < size) {
		const struct fs_File_write_request request = {
			.data = sk_lend(frame + done, size - done),
		};

		status = fs_File_write(&terminal.channel, &request, &reply, call);
		if (status == SK_OK && (reply.count == 0 || reply.count > size - done))
			return SK_TRANSPORT;
		done += (uint32_t)reply.count;
	}
	return status;
}

static int read_some(const struct sk_call *call)
{
	const struct fs_File_read_request request = {
		.data = sk_lend_out(come + come_size, FRAME_MAX),
	};
	struct fs_File_read_reply reply = {0};
	int status = fs_File_read(&terminal.channel, &request, &reply, call);

	if (status != SK_OK)
		return status;
	if (reply.count == 0 || reply.count > FRAME_MAX)
		return SK_TRANSPORT;
	come_all += reply.count;
	come_size += (uint32_t)reply.count;
	if (come_size > FRAME_MAX) {
		memmove(come, come + come_size - FRAME_MAX, FRAME_MAX);
		come_size = FRAME_MAX;
	}
	return SK_OK;
}

static bool has_come(void)
{
	return come_size >= size && memcmp(come + come_size - size, frame, size) == 0;
}

/* A new frame, there and back. */
static int exchange_once(uint32_t milliseconds)
{
	const struct sk_call call = {.deadline = sk_os_after(load.os, milliseconds)};
	int status = is_open ? SK_OK : open_terminal(&call);

	size = 8 + 8 * load_random(FRAME_MAX / 8);
	load_fill(frame, size, 1, ++version);
	come_size = 0;
	come_all = 0;
	if (status == SK_OK)
		status = write_frame(&call);
	while (status == SK_OK && !has_come())
		status = read_some(&call);
	if (status != SK_OK && status != SK_TIMED_OUT)
		close_terminal();
	return status;
}

static void work(void)
{
	uint64_t begun = sk_os_now(load.os);
	uint32_t milliseconds = WAIT_MS;
	int status;

	do {
		status = exchange_once(milliseconds);
		if (milliseconds < WAIT_MAX_MS)
			milliseconds *= 2;
	} while (load_again(status, begun));
}

/* Nothing is under way any more, so what is sent now comes, and nothing else. */
static void verify(void)
{
	uint64_t hung = load.figures.hung;

	work();
	for (unsigned i = 0; i < EXACT && load.figures.hung == hung; i++) {
		int status = exchange_once(HUNG_MS);

		if (status == SK_OK ? come_all == size : status != SK_TIMED_OUT)
			continue;
		load.figures.wrong++;
		sk_log(load.os, log_Level_ERROR, "of %u bytes %lu came: %d", size, come_all,
			status);
		work();
	}
}

int echo_main(void)
{
	load.work = work;
	load.verify = verify;
	sk_client_open(&console, load.os, "console", "tty.Console");
	return load_serve();
}
