/*
 * In posix' place, for servers/login: `start` takes a program, and its files, as posix would,
 * and acts as it by the last of its arguments, which is in words:
 *
 *	out N, err N	writes N bytes, which count upwards, 256 values in turn
 *	both N		the same to each in turn, in pieces of odd sizes
 *	exit N, signal N	it ends
 *	die		this server does
 *	poweroff	it asks for that
 *	forever		it does nothing any more
 *	-bash		it says that it is there, and takes these words from its input
 */
#include "kernel.skald.h"
#include "posix.skald.h"
#include "runtime/server/serve.h"

#define PIECE 100000u
#define TEXT 1024

static struct {
	struct sk_os *os;
	struct sk_events events;	/* of the Personality */
	struct sk_kernel_channel files[3];
	char script[TEXT];
	const char *at;
	bool has_ended;
	struct posix_WaitResult result;
	struct sk_reply waits;
	uint8_t bytes[PIECE];
} standin;

/* ---- its program ---- */

static bool write_all(unsigned file, uint64_t *value, uint64_t size)
{
	while (size > 0) {
		uint64_t now = size < PIECE ? size : PIECE, half = now / 2;
		struct fs_File_write_request request = {0};
		struct fs_File_write_reply reply;

		for (uint64_t i = 0; i < now; i++)
			standin.bytes[i] = (uint8_t)(*value)++;
		request.data = sk_lend(standin.bytes, half);
		request.has_second = true;
		request.second = sk_lend(standin.bytes + half, now - half);
		if (fs_File_write(&standin.files[file].channel, &request, &reply, NULL) != SK_OK ||
				reply.count != now)
			return false;
		size -= now;
	}
	return true;
}

static bool write_both(uint64_t size)
{
	uint64_t values[2] = {0, 0};

	for (uint64_t piece = 1; values[1] < size; piece = piece * 3 % 9973) {
		uint64_t left = size - values[0];

		if (!write_all(1, &values[0], piece < left ? piece : left))
			return false;
		left = size - values[1];
		if (!write_all(2, &values[1], piece < left ? piece : left))
			return false;
	}
	return true;
}

static void end(posix_ChildState state, int32_t status)
{
	standin.has_ended = true;
	standin.result.state = state;
	standin.result.status = status;
	for (unsigned i = 0; i < 3; i++)
		sk_os_channel_close(standin.os, &standin.files[i]);
	if (standin.waits.port)
		posix_Program_wait_answer(&standin.waits, 0,
			&(struct posix_Program_wait_reply){standin.result});
}

static bool is_word(const char *word)
{
	size_t size = strlen(word);

	if (memcmp(standin.at, word, size) != 0)
		return false;
	standin.at += size;
	while (*standin.at == ' ')
		standin.at++;
	return true;
}

static uint64_t number(void)
{
	uint64_t value = 0;

	for (; *standin.at >= '0' && *standin.at <= '9'; standin.at++)
		value = 10 * value + (uint64_t)(*standin.at - '0');
	while (*standin.at == ' ')
		standin.at++;
	return value;
}

/* What there is of its input, at most `size`; an error is nothing too. */
static uint64_t read_some(char *to, uint64_t size)
{
	const struct fs_File_read_request request = {.data = sk_lend_out(to, size)};
	struct fs_File_read_reply reply;

	if (fs_File_read(&standin.files[0].channel, &request, &reply, NULL) != SK_OK)
		return 0;
	return reply.count;
}

/* At a terminal: a line. */
static void take_line(void)
{
	static const char there[] = "standin: at your service\n";
	const struct fs_File_write_request request = {.data = sk_lend(there, sizeof(there) - 1)};
	struct fs_File_write_reply reply;

	fs_File_write(&standin.files[1].channel, &request, &reply, NULL);
	memset(standin.script, 0, TEXT);
	read_some(standin.script, TEXT - 1);
	standin.at = standin.script;
}

static void run(void *self)
{
	uint64_t value = 0;

	(void)self;
	if (is_word("-bash"))
		take_line();
	else if (read_some((char *)standin.bytes, 1) != 0)
		end(posix_ChildState_EXITED, 99);
	while (!standin.has_ended) {
		bool is_good = true;

		if (is_word("out"))
			is_good = write_all(1, &value, number());
		else if (is_word("err"))
			is_good = write_all(2, &value, number());
		else if (is_word("both"))
			is_good = write_both(number());
		else if (is_word("exit"))
			end(posix_ChildState_EXITED, (int32_t)number());
		else if (is_word("signal"))
			end(posix_ChildState_KILLED, (int32_t)number());
		else if (is_word("die"))
			sk_os_exit(standin.os, 1);
		else if (is_word("forever"))
			return;
		else if (is_word("poweroff")) {
			posix_Personality_reboot_wanted_send(&standin.events,
				&(struct posix_Personality_reboot_wanted_event){
				posix_RebootAction_POWER_OFF});
			return;
		} else
			end(posix_ChildState_EXITED, 98);
		if (!is_good)
			end(posix_ChildState_EXITED, 97);
	}
}

/* ---- posix.Program ---- */

static void op_wait(void *self, const struct posix_Program_wait_request *request,
	struct sk_reply *to)
{
	(void)self;
	(void)request;
	if (standin.has_ended)
		posix_Program_wait_answer(to, 0,
			&(struct posix_Program_wait_reply){standin.result});
	else
		standin.waits = sk_reply_keep(to);
}

static int program(void *self, struct sk_incoming *incoming)
{
	static const struct posix_Program_ops ops = {.wait = op_wait};

	return posix_Program_dispatch(&ops, self, incoming);
}

static void canceled(void *self, uint64_t token)
{
	(void)self;
	if (standin.waits.port && standin.waits.token == token)
		sk_reply_drop(&standin.waits);
	sk_events_canceled(&standin.events, token);
}

/* ---- posix.Personality ---- */

/* The script is the last argument; they have a NUL behind each. */
static bool take_script(struct sk_reply *to, const struct sk_lease *lease)
{
	char text[TEXT];
	uint64_t last;

	if (lease->size < 2 || lease->size > TEXT ||
			sk_lease_read(to, lease, 0, text, lease->size, NULL) != SK_OK)
		return false;
	for (last = lease->size - 1; last > 0 && text[last - 1] != 0; last--)
		;
	memcpy(standin.script, text + last, lease->size - last);
	standin.at = standin.script;
	return true;
}

static void op_start(void *self, const struct posix_Personality_start_request *request,
	struct sk_reply *to)
{
	static const struct sk_object object = {.dispatch = program, .canceled = canceled};
	static struct sk_alarm alarm = {.ring = run};
	struct posix_Personality_start_reply reply;
	int status = SK_INVALID;

	(void)self;
	if (request->has_input && request->has_output && request->has_errors &&
			take_script(to, &request->arguments))
		status = sk_mint(to->port, &object, &standin, &reply.program.raw);
	if (status != SK_OK) {
		posix_Personality_start_answer(to, posix_Error_EINVAL, NULL);
		return;
	}
	sk_os_channel(standin.os, &standin.files[0], request->input.raw);
	sk_os_channel(standin.os, &standin.files[1], request->output.raw);
	sk_os_channel(standin.os, &standin.files[2], request->errors.raw);
	standin.has_ended = false;
	posix_Personality_start_answer(to, 0, &reply);
	sk_alarm_set(standin.os, &alarm, 1);
}

static struct sk_events *events(void *self)
{
	(void)self;
	return &standin.events;
}

static int personality(void *self, struct sk_incoming *incoming)
{
	static const struct posix_Personality_ops ops = {.start = op_start, .events = events};

	return posix_Personality_dispatch(&ops, self, incoming);
}

int sk_os_main(struct sk_os *os)
{
	static const struct sk_service services[] = {
		{.dispatch = personality, .canceled = canceled},
	};

	standin.os = os;
	return sk_serve(os, &(struct sk_serve){
		.services = services, .service_count = 1, .max_objects = 16,
	});
}
