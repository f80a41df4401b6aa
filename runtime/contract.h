/*
 * Contracts: what a client and a server of an interface have to have alike, as
 * `skald c --contract` writes it into the generated code of each, so that two
 * that were made from different versions of a schema find out when they connect,
 * and say which member it is. Freestanding; docs/evolution.md, "At connection".
 *
 * A contract is rows, one for each method, message, member and arm: by which key the
 * other side has it, what must be the same there, and how much of it there may be.
 * All of them have one fingerprint. If that is the same on both sides nothing else is
 * asked for; else the client fetches the server's rows and compares them with its own.
 */
#ifndef RUNTIME_CONTRACT_H
#define RUNTIME_CONTRACT_H

#include "runtime/channel.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Of rows. */
enum {
	SK_CONTRACT_REQUEST = 1,	/* clients write it, and servers read it */
	SK_CONTRACT_REPLY = 2,		/* the reverse; without either nobody does */
	SK_CONTRACT_FREE = 4,		/* either side may lack it */
	SK_CONTRACT_TAGGED = 8,		/* a reader may have it alone */
	SK_CONTRACT_DEMAND = 16		/* a writer may have it alone */
};

struct sk_contract_row {
	uint64_t key;
	uint64_t parent;		/* the key of the row that it is within; 0: none */
	uint32_t shape;			/* of what has to be the same */
	uint32_t limit;			/* a writer's is at most the reader's */
	uint32_t flags;
	const char *text;		/* for people: "put: request: value: byte[<=512]" */
};

struct sk_contract {
	const char *name;		/* "kv.Store" */
	uint64_t fingerprint;
	const struct sk_contract_row *rows;
	uint32_t count;
};

/* More are not compared: the other side is hostile. */
#define SK_CONTRACT_ROWS_MAX 16384
#define SK_CONTRACT_TEXT 160

/* The first thing that differs, as each side has it; "" where it has none. Longer
 * texts are cut. */
struct sk_contract_difference {
	char here[SK_CONTRACT_TEXT];
	char there[SK_CONTRACT_TEXT];
};

/*
 * Asks the server at the other end which contract it keeps. 0: one that this client
 * can work with, the same or a compatible one; or it does not say, being generated
 * without. SK_MISMATCH: it cannot, see *difference (never NULL). Other statuses are
 * those of a call. `call` as for calls: may be NULL.
 */
int sk_contract_check(struct sk_channel *channel, const struct sk_contract *mine,
	struct sk_contract_difference *difference, const struct sk_call *call);

/* For generated dispatch: answers such a question. */
int sk_contract_serve(const struct sk_contract *contract, struct sk_incoming *incoming);

#ifdef __cplusplus
}
#endif

#endif
