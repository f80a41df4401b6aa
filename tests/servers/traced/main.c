/* Which of the programs it is; and the relay, a server that asks another one. */
#include "tests/servers/traced/traced.h"

#include "fs.skald.h"

static struct {
	struct sk_os *os;
	struct sk_client root;
} relay;

/* What it is asked it finds out elsewhere first; how, is the instance it says. */
static void op_echo(void *self, const struct test_Target_echo_request *request,
	struct sk_reply *to)
{
	const struct fs_FileSystem_statfs_request ask = {0};
	struct fs_FileSystem_statfs_reply status;
	struct test_Target_echo_reply reply = {.value = request->value};

	(void)self;
	reply.instance = (uint32_t)fs_FileSystem_statfs(&relay.root.kernel.channel, &ask,
		&status, NULL);
	test_Target_echo_answer(to, 0, &reply);
}

static void op_crash(void *self, const struct test_Target_crash_request *request,
	struct sk_reply *to)
{
	(void)self;
	(void)request;
	(void)to;
	__builtin_trap();
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct test_Target_ops ops = {.echo = op_echo, .crash = op_crash};

	return test_Target_dispatch(&ops, self, incoming);
}

int run_relay(struct sk_os *os)
{
	static const struct sk_service services[] = {{.dispatch = dispatch}};

	relay.os = os;
	sk_client_open(&relay.root, os, "root", "fs.FileSystem");
	return sk_serve(os, &(struct sk_serve){.services = services, .service_count = 1});
}

int sk_os_main(struct sk_os *os)
{
	char arguments[16] = "";

	sk_os_arguments(os, false, arguments, sizeof(arguments));
	switch (arguments[0]) {
	case 'r':
		return run_relay(os);
	case 'l':
		return run_liar(os);
	default:
		return run_cases(os);
	}
}
