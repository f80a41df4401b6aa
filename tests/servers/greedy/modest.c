/* The other client: a little of each server, from a session of its own on, and a call
 * that is to be kept. */
#include "tests/servers/greedy/greedy.h"

#define ENOUGH 3000
#define SHORT 30

/* In which line it went wrong. */
#define MUST(what) \
	do { \
		if (!(what)) \
			return __LINE__; \
	} while (0)

static uint64_t use_files(struct sk_client *root)
{
	struct sk_kernel_channel one, other;
	struct sk_handle first, second;
	int status;

	MUST(open_file(root, "modest", &first) == SK_OK);
	sk_os_channel(tap.os, &one, first);
	MUST(CALL0(ENOUGH, fs_File, flock, &one.channel, .kind = fs_LockKind_EXCLUSIVE) ==
		SK_OK);
	MUST(open_file(root, "modest", &second) == SK_OK);
	sk_os_channel(tap.os, &other, second);
	/* It waits, and so was kept. */
	status = CALL0(SHORT, fs_File, flock, &other.channel,
		.kind = fs_LockKind_EXCLUSIVE, .wait = true);
	sk_os_channel_close(tap.os, &one);
	sk_os_channel_close(tap.os, &other);
	MUST(status == SK_TIMED_OUT);
	return 0;
}

static uint64_t use_terminal(struct sk_client *console)
{
	static const char line[] = "modest was here\n";
	struct fs_File_write_reply wrote = {0};
	struct fs_File_read_reply got;
	struct sk_kernel_channel terminal;
	struct sk_handle handle;
	uint8_t bytes[8];
	int status;

	MUST(open_terminal(console, &handle) == SK_OK);
	sk_os_channel(tap.os, &terminal, handle);
	MUST(CALL(ENOUGH, fs_File, write, &terminal.channel, &wrote,
		.data = sk_lend(line, sizeof(line) - 1)) == SK_OK);
	MUST(wrote.count == sizeof(line) - 1);
	status = CALL(SHORT, fs_File, read, &terminal.channel, &got,
		.data = sk_lend_out(bytes, sizeof(bytes)));
	sk_os_channel_close(tap.os, &terminal);
	MUST(status == SK_TIMED_OUT);
	return 0;
}

static uint64_t use_names(void)
{
	struct svrctl_Names_services_reply services;
	struct svrctl_Names_connect_reply connected;

	MUST(CALL(ENOUGH, svrctl_Names, services, &tap.os->names.channel, &services,
		.after = NAME("")) == SK_OK);
	MUST(CALL(SHORT, svrctl_Names, connect, &tap.os->names.channel, &connected,
		.service = NAME("late"), .interface_name = NAME("test.Target"), .rights = 1,
		.wait = true) == SK_TIMED_OUT);
	MUST(CALL(ENOUGH, svrctl_Names, connect, &tap.os->names.channel, &connected,
		.service = NAME("root"), .interface_name = NAME("fs.FileSystem"),
		.rights = UINT16_MAX) == SK_OK);
	sk_sys_close(sk_kernel_number(connected.session.raw));
	return 0;
}

static uint64_t with(const char *service, const char *interface_name,
	uint64_t (*use)(struct sk_client *client))
{
	const struct sk_call call = {.deadline = sk_os_after(tap.os, ENOUGH)};
	struct sk_client client;
	uint64_t failed = __LINE__;

	sk_client_open(&client, tap.os, service, interface_name);
	if (sk_client_connect(&client, true, &call) == SK_OK)
		failed = use(&client);
	sk_client_end(&client);
	return failed;
}

static void echo(void *self, const struct test_Target_echo_request *request,
	struct sk_reply *to)
{
	struct test_Target_echo_reply reply = {0};

	(void)self;
	switch ((enum attempt)request->value) {
	case TRY_FILES:
		reply.value = with("root", "fs.FileSystem", use_files);
		break;
	case TRY_TERMINAL:
		reply.value = with("console", "tty.Console", use_terminal);
		break;
	case TRY_NAMES:
		reply.value = use_names();
		break;
	}
	test_Target_echo_answer(to, 0, &reply);
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct test_Target_ops ops = {.echo = echo};

	return test_Target_dispatch(&ops, self, incoming);
}

int be_modest(struct sk_os *os)
{
	static const struct sk_service services[] = {{.dispatch = dispatch}};

	return sk_serve(os, &(struct sk_serve){.services = services, .service_count = 1});
}
