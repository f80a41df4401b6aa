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
struct quota;
struct session;
struct space;

enum token_state {
	TOKEN_FREE,
	TOKEN_HELD,			/* somebody waits for the answer */
	TOKEN_CANCELED,			/* nobody does, and the server is to be told */
	TOKEN_ORPHAN			/* nobody does, and it was told */
};

/* A lease as the kernel keeps it, by the number of the call that it is of. */
struct token_lease {
	struct space *space;		/* whose memory; valid while the call is */
	struct caller *lender;		/* whose call it is of, and its number */
	uint64_t number;
	uint64_t address;
	uint64_t size;
	uint32_t direction;
};

struct token {
	uint8_t state;
	uint8_t lease_count;
	uint8_t handles_expected;	/* reserved in the caller's table */
	uint16_t generation;
	struct caller *caller;		/* HELD */
	struct session *session;	/* referenced but when FREE: its credit */
	struct endpoint *endpoint;	/* that it came by */
	struct space *space;		/* that has it */
	struct list link;		/* free ones; CANCELED: at the endpoint */
	struct token_lease leases[ABI_LEASES_MAX];
};

#define TOKENS_MAX 65535
#define TOKEN_PAGE 16			/* tokens made at a time */

struct token_table {
	struct token **pages;
	uint32_t count;
	struct list free;
};

/* More of them, or fewer, as far as they are free; false: QUOTA_EXCEEDED. */
bool token_table_resize(struct space *space, uint32_t count);
/* NULL: SK_BAD_TOKEN. Not those that are FREE. */
struct token *token_find(const struct space *space, uint32_t number);
uint32_t token_number(const struct token *token);
/* NULL: none is free. */
struct token *token_take(struct space *space);
/* It is free, and its session has its credit again. */
void token_free(struct token *token);

/* Answers it: a message of `from`, or a status in place of one. Then it is free.
 * SK_CANCELED: nobody waits; handles stay with the sender. */
int token_reply(struct token *token, uint64_t head, const struct message_place *from);
int token_reply_status(struct token *token, int status);

#endif
