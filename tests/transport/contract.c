/*
 * A client and a server of kv.Store over a socket, made from some version of it: what
 * they say of each other when they connect.
 *
 * Usage: contract serve PATH | contract check PATH. `check` prints the status, and
 * what differs here and there, if anything does.
 */
#include <stdio.h>
#include <string.h>

#include "kv.skald.h"
#include "runtime/contract.h"
#include "runtime/socket.h"

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct kv_Store_ops ops = {0};

	return kv_Store_dispatch(&ops, self, incoming);
}

static struct sk_server server;

static int serve(const char *path)
{
	const struct sk_server_config config = {
		.path = path, .max_clients = 8, .max_kept = 8, .context = &server,
		.dispatch = dispatch,
	};

	if (sk_server_open(&server, &config) != SK_OK)
		return 1;
	puts("ready");
	fflush(stdout);
	return sk_server_run(&server);
}

#ifndef WITHOUT
static int check(const char *path)
{
	struct sk_contract_difference difference;
	static struct sk_socket client;
	const struct sk_call call = {sk_socket_after(60000), NULL};
	int status = sk_socket_connect(&client, path, call.deadline);

	if (status == SK_OK)
		status = sk_contract_check(&client.channel, &kv_Store_contract, &difference, &call);
	printf("%s", sk_status_name(status));
	if (status == SK_MISMATCH)
		printf(" | %s | %s", difference.here, difference.there);
	putchar('\n');
	sk_socket_close(&client);
	return 0;
}
#endif

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		return serve(argv[2]);
#ifndef WITHOUT
	if (argc == 3 && strcmp(argv[1], "check") == 0)
		return check(argv[2]);
#endif
	return 2;
}
