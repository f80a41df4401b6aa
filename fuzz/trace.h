/*
 * What stands where in a message: the stretches that the interpreter met, as
 * far as it came; and replacing some of them so that the rest still fits.
 */
#ifndef FUZZ_TRACE_H
#define FUZZ_TRACE_H

#include "fuzz/parts.h"

struct fuzz_stretch {
	enum wire_role role;
	enum wire_part part;
	bool is_varint;			/* else of fixed width, or raw */
	size_t at;			/* in head and tail as one */
	size_t size;
	uint64_t number;		/* VALUE: its bits; else as in wire_field */
	const struct type *type;
	/* The same for all of the same path; 0 is the message itself. */
	uint64_t path;
	uint64_t up;			/* the path that this one is within */
};

struct fuzz_trace {
	struct fuzz_stretch *items;
	size_t count;
	size_t capacity;
	size_t head_size;
	bool good;			/* then `value` is what it says */
	struct value value;
};

/* Stretches beyond so many are not recorded. */
#define FUZZ_STRETCHES_MAX 16384

/* A packet that is being changed. */
struct fuzz_edit {
	struct fuzz *fuzz;
	struct arena *arena;
	struct fuzz_random random;
	const struct fuzz_message *message;	/* NULL: of none that is known */
	struct fuzz_packet packet;	/* what is beside; its bytes are not used */
	uint8_t *data;			/* head and tail */
	size_t size;
	size_t capacity;
	size_t max;			/* it may grow so far */
	struct fuzz_trace *trace;	/* NULL: has to be made again */
};

/* Of the bytes as they are now; kept until they change. */
const struct fuzz_trace *fuzz_edit_trace(struct fuzz_edit *edit);
/* A random stretch of a role, or NULL. */
const struct fuzz_stretch *fuzz_edit_pick(struct fuzz_edit *edit, enum wire_role role);

/* Replaces bytes, and nothing else. False: it would grow too large. `with` may
 * be NULL for bytes that are not written. */
bool fuzz_edit_replace(struct fuzz_edit *edit, size_t at, size_t size,
	const void *with, size_t with_size);
/*
 * The same where the bytes are within `part`, and then what counts them is put
 * right: lengths of arms around them, pointers behind them, the tail's size.
 */
bool fuzz_edit_replace_fixed(struct fuzz_edit *edit, enum wire_part part, size_t at,
	size_t size, const void *with, size_t with_size);
/* A number in place of a stretch; with everything put right, or just so. */
bool fuzz_edit_number(struct fuzz_edit *edit, const struct fuzz_stretch *stretch,
	uint64_t number, bool fixed);
/* All of it anew. */
bool fuzz_edit_set(struct fuzz_edit *edit, const void *head, size_t head_size,
	const void *tail, size_t tail_size);

#endif
