/*
 * Contracts of interfaces: what both sides of a connection must have alike, as rows.
 * runtime/contract.h says what they are for and how they are compared; what a row is
 * made of follows what `skald diff` says a change breaks (docs/evolution.md).
 */
#ifndef COMPILER_CONTRACT_H
#define COMPILER_CONTRACT_H

#include "idl/tree.h"

/* As SK_CONTRACT_REQUEST and so on. */
#define CONTRACT_FLAGS(X) X(REQUEST, 1) X(REPLY, 2) X(FREE, 4) X(TAGGED, 8) X(DEMAND, 16)

enum {
#define X(name, bit) CONTRACT_##name = bit,
	CONTRACT_FLAGS(X)
#undef X
};

/* As struct sk_contract_row. */
struct contract_row {
	uint64_t key;
	uint64_t parent;
	uint32_t shape;
	uint32_t limit;
	uint32_t flags;
	const char *text;
};

struct contract {
	uint64_t fingerprint;
	const struct contract_row *rows;
	uint32_t count;
};

struct contract contract_of(struct arena *arena, const struct declaration *interface);

#endif
