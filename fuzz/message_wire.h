/*
 * What the interpreter says of a packet: the value, and what the message costs
 * to decode, held against the certificate of its schema.
 */
#ifndef FUZZ_MESSAGE_WIRE_H
#define FUZZ_MESSAGE_WIRE_H

#include "fuzz/parts.h"

struct fuzz_wire {
	bool good;			/* the bytes, and how many came beside them */
	struct wire_fault fault;	/* if not */
	struct value value;
	size_t head_size;		/* with its padding */
	size_t padding;
	uint64_t steps;
	unsigned depth;			/* of a good one */
	/* Why handles or leases have to be refused though their number is
	 * right: their rights, direction or size. NULL if they need not. */
	const char *beside;
};

/* The value borrows from the packet. */
void fuzz_wire_decode(struct arena *arena, const struct fuzz_message *message,
	const struct fuzz_packet *packet, struct fuzz_wire *to);
/* Ends in a finding if the message costs more than its certificate says. */
void fuzz_wire_check(const struct fuzz_message *message,
	const struct fuzz_packet *packet, const struct fuzz_wire *wire);

#endif
