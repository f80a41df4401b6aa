/*
 * Pairs of contracts, of a schema before and after a change: what comes of a client
 * of the one with a server of the other. Prints "CODE OLD NEW" for each, where OLD is
 * 1 if a new client is refused by an old server's contract, NEW the reverse.
 */
#include <stdio.h>

#include "runtime/contract.h"
#include "runtime/loopback.h"

struct pair {
	const char *code;
	const struct sk_contract *before, *after;
};

#include "pairs.h"

static int dispatch(void *self, struct sk_incoming *incoming)
{
	return sk_contract_serve(self, incoming);
}

static int meet(const struct sk_contract *client, const struct sk_contract *server)
{
	static struct sk_loopback loop;
	struct sk_contract_difference difference;
	int status;

	sk_loopback_init(&loop);
	loop.self = (void *)(uintptr_t)server;
	loop.dispatch = dispatch;
	status = sk_contract_check(&loop.channel, client, &difference, NULL);
	sk_loopback_close(&loop);
	return status;
}

int main(void)
{
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		printf("%s %d %d\n", pairs[i].code,
			meet(pairs[i].after, pairs[i].before) == SK_MISMATCH,
			meet(pairs[i].before, pairs[i].after) == SK_MISMATCH);
	return 0;
}
