/*
 * Tokens: the right and the duty to answer one request. They stand in a table
 * of the server's space, made beforehand, so receiving allocates nothing. Any
 * thread of the space may use one; it cannot leave the space.
 */
#ifndef KERNEL_TOKEN_H
#define KERNEL_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/abi.h"
#include "kernel/list.h"

struct caller;
struct endpoint;
struct message_place;
struct session;
struct space;
struct thread;

enum token_state {
	TOKEN_FREE,
	TOKEN_HELD,			/* somebody waits for the answer */
	TOKEN_CANCELED,			/* nobody does, and the server is to be told */
	TOKEN_ORPHAN			/* nobody does, and it was told */
};

/* A lease as the kernel keeps it: good as long as the lender is in the call that
 * has this number. */
struct token_lease {
	struct space *space;		/* whose memory */
	struct caller *lender;		/* passed on: what it is a part of is */
	uint64_t number;		/* referenced */
	uint64_t address;
	uint64_t size;
	uint32_t direction;
};

struct token {
	/* FREE: `next`, of the free ones. HELD: in the session, unless it is solo
	 * there. CANCELED: at the endpoint. */
	struct list link;
	uint8_t state;
	uint8_t lease_count;
	uint32_t number;		/* index and generation */
	struct caller *caller;		/* HELD */
	struct session *session;	/* referenced but when FREE: its credit */
	struct space *space;		/* that has it */
	struct thread *server;		/* whose `serves` it is, or NULL */
	struct token_lease leases[ABI_LEASES_MAX];
} __attribute__((aligned(64)));

#define TOKENS_MAX 65535
#define TOKEN_PAGE 16			/* tokens made at a time */

/* One of zeros is empty. */
struct token_table {
	struct token **pages;		/* of TOKEN_PAGE tokens each */
	struct list *free;		/* struct token.link.next; NULL: none */
	/* struct endpoint.starved: where callers wait for one. Zeros: none. */
	struct list starved;
	uint32_t count;
	uint32_t capacity;		/* of `pages` */
};

/* At least so many, in whole pages, which stay until the space ends; false:
 * QUOTA_EXCEEDED. At most TOKEN_STEP more at a time: count says. */
#define TOKEN_STEP (64 * TOKEN_PAGE)
bool token_table_grow(struct space *space, uint32_t count);
/* The space ends: who waits for its answers gets SK_PEER_CLOSED. In steps;
 * false: there is more to do. Its threads have to have ended before. */
bool token_table_end(struct space *space, unsigned *steps);

/* NULL: SK_BAD_TOKEN. Not those that are FREE. */
static inline struct token *token_find(const struct token_table *table, uint64_t number)
{
	uint32_t index = ABI_TOKEN_INDEX((uint32_t)number);
	struct token *token;

	if (__builtin_expect(index >= table->count, 0))
		return NULL;
	token = &table->pages[index / TOKEN_PAGE][index % TOKEN_PAGE];
	return __builtin_expect(token->number == (uint32_t)number, 1) &&
		token->state != TOKEN_FREE ? token : NULL;
}

/* The first of the free ones, which there is. */
static inline struct token *token_first(const struct token_table *table)
{
	return LIST_OF(table->free, struct token, link);
}

/* Takes it, for a caller that is delivered by it; the reference of the caller's
 * session is the token's now. */
static inline struct token *token_take(struct token_table *table)
{
	struct token *token = token_first(table);

	table->free = table->free->next;
	return token;
}

/* Another number from now on, and free. */
static inline void token_put(struct token_table *table, struct token *token)
{
	token->state = TOKEN_FREE;
	token->number += UINT32_C(1) << 16;
	if (__builtin_expect(token->number >> 16 == 0, 0))
		token->number += UINT32_C(1) << 16;
	token->link.next = table->free;
	table->free = &token->link;
}

/* An endpoint's callers wait for a token; it is served with the next that is free. */
void token_wait(struct token_table *table, struct endpoint *endpoint);
/* Its server no longer has its caller's priority. */
void token_defer(struct token *token);
/* Nobody waits any more: leases end, and the server is to be told. */
void token_cancel(struct token *token);
/* It is free, and its session has its credit again. */
void token_free(struct token *token);

/* Answers it: a message of `from`, or a status in place of one. Then it is free.
 * SK_CANCELED: nobody waits; handles stay with the sender. */
int token_reply(struct token *token, uint64_t head, const struct message_place *from);
int token_reply_status(struct token *token, int status);
/* The short way, of one that is session->solo_other: its caller has the message, and
 * no lease, place or deadline any more. False: nothing has happened, and
 * token_reply() says why. */
bool token_reply_other(struct token *token, uint64_t head,
	const struct message_place *from);

#endif
