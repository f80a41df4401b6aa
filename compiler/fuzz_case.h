/*
 * Cases: what a fuzzer's input says. Any bytes are a case, so that an engine
 * which knows nothing of it can change them as it likes.
 *
 * A packet is a message with what goes beside it:
 *
 *	1 byte		handles (low 4 bits), leases (high 4 bits)
 *	2 bytes		for each handle: its rights
 *	5 bytes		for each lease: its direction (1 byte), its size (4 bytes)
 *	the rest	head and tail of the message, as on the wire
 *
 * A case of a message is one packet. A case of an interface is a row of steps:
 *
 *	1 byte		what is done (fuzz/session.h)
 *	2 bytes		how, as the kind of step has it
 *	2 bytes		size of the packet, or all that is left if that is less
 *	the packet
 *
 * Numbers are little-endian. Counts beyond the greatest are taken modulo that
 * and one; what is cut short is as if zeros followed.
 */
#ifndef COMPILER_FUZZ_CASE_H
#define COMPILER_FUZZ_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Beside one message at most (docs/wire-format.md, "Handles and leases"). */
#define FUZZ_HANDLES_MAX 8
#define FUZZ_LEASES_MAX 4

/* Greatest packet of a step. */
#define FUZZ_PACKET_MAX UINT16_MAX
/* What stands in front of a step's packet. */
#define FUZZ_STEP_HEAD 5

struct fuzz_lease {
	uint8_t direction;		/* 0 to 3: bits, 1 in and 2 out */
	uint32_t size;			/* bytes lent */
};

struct fuzz_packet {
	unsigned handles;
	unsigned leases;
	uint16_t rights[FUZZ_HANDLES_MAX];
	struct fuzz_lease lease[FUZZ_LEASES_MAX];
	const uint8_t *bytes;		/* borrowed; may be NULL if size is 0 */
	size_t size;
};

struct fuzz_step {
	uint8_t what;
	uint8_t how[2];
	struct fuzz_packet packet;
};

/* Takes all bytes there are. */
void fuzz_packet_read(struct fuzz_packet *packet, const uint8_t *from, size_t size);
/* Returns how many bytes it took; 0, and nothing is written, if they do not
 * fit into `room`. `to` may hold the packet's own bytes. */
size_t fuzz_packet_write(const struct fuzz_packet *packet, uint8_t *to, size_t room);

/* Takes the first step; returns how many bytes it took, 0 if none is left. */
size_t fuzz_step_read(struct fuzz_step *step, const uint8_t *from, size_t size);
/* As fuzz_packet_write(); 0 also if the packet is larger than FUZZ_PACKET_MAX. */
size_t fuzz_step_write(const struct fuzz_step *step, uint8_t *to, size_t room);

#endif
