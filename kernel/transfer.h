/* What moves with a message, and the leases that it makes. */
#ifndef KERNEL_TRANSFER_H
#define KERNEL_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/abi.h"
#include "kernel/caller.h"
#include "kernel/handle.h"
#include "kernel/token.h"

/* Read once: what users may be writing to. */
void transfer_read(void *to, const void *from, size_t size);
/* The counts are possible, and there is a place for what they count: 0,
 * SK_INVALID, SK_TOO_BIG. */
int transfer_check(uint64_t head, const struct message_place *from);

/*
 * Moves a message: bytes, handles, leases. All or nothing: a status, and then
 * both sides have what they had. SK_EXHAUSTED: the receiver's table is full.
 * SK_TOO_BIG: it has no slot for it.
 * Leases are put into the token, which is NULL for what is one-way.
 */
int transfer_request(struct caller *caller, struct thread *receiver, struct token *token);
/* A reply, from a space to a caller, who has places reserved for its handles. */
int transfer_reply(uint64_t head, const struct message_place *from,
	struct space *sender, struct caller *caller);

/* Handles on their way: what was sent, and what of each arrives. */
struct cargo {
	unsigned count;
	struct abi_handle sent[ABI_HANDLES_MAX];
	struct handle handles[ABI_HANDLES_MAX];
};

/* Looks them up. `leaves`: they go to another table, which their rights have to
 * allow. False: one is not there, or twice. */
bool cargo_load(struct cargo *cargo, unsigned count, const struct message_place *from,
	const struct space *sender, bool leaves);
/* As the receiver finds it, having been added to its table. */
struct abi_handle cargo_arrive(const struct handle *handle, struct space *receiver);

/* One that a caller has in its message, as the kernel keeps it. 0, SK_BAD_LEASE,
 * SK_CANCELED: what is passed on has ended. */
int lease_make(struct caller *caller, const struct abi_lease *from,
	struct token_lease *lease);
/* A lease of a token, from 1 on; a part of it can be reached now, in a direction:
 * 0, SK_BAD_LEASE, SK_CANCELED. */
int lease_check(const struct token *token, uint32_t number, uint32_t direction,
	uint64_t offset, uint64_t size, const struct token_lease **lease);

#endif
