/*
 * The changes that the mutator knows. Each is made by a function that changes
 * the packet of an edit, or answers false where there is nothing of its kind;
 * then the packet may be half changed only if it would have grown too large.
 */
#ifndef FUZZ_MUTATE_H
#define FUZZ_MUTATE_H

#include "fuzz/trace.h"

/* X(name, weight): made by fuzz_change_name(). */
#define FUZZ_CHANGES(X) \
	/* Anew, from the tree. */ \
	X(fresh, 2) \
	/* One stretch, so that the rest still fits or no longer does. */ \
	X(id, 1) \
	X(tail_size, 1) \
	X(pointer, 4) \
	X(count, 6) \
	X(size, 6) \
	X(presence, 4) \
	X(tag, 4) \
	X(arm, 4) \
	X(value, 14) \
	X(content, 6) \
	X(padding, 3) \
	X(long_varint, 3) \
	X(entries, 5) \
	X(repair, 3) \
	/* The value, encoded again. */ \
	X(list_grow, 5) \
	X(list_shrink, 4) \
	X(list_bound, 4) \
	X(list_order, 2) \
	X(string, 4) \
	X(string_bound, 3) \
	X(optional, 6) \
	X(other_arm, 5) \
	X(deepen, 4) \
	X(scalar, 8) \
	X(replace, 4) \
	/* What goes beside it. */ \
	X(beside_count, 3) \
	X(beside_rights, 3) \
	X(beside_lease, 3) \
	X(beside_right, 2) \
	/* Bytes, whatever they are. */ \
	X(bytes, 8) \
	X(word, 3) \
	X(cut, 2) \
	X(extend, 2) \
	X(move, 3)

struct fuzz_change {
	const char *name;
	unsigned weight;
	bool (*make)(struct fuzz_edit *edit);
};

#define X(name, weight) bool fuzz_change_##name(struct fuzz_edit *edit);
FUZZ_CHANGES(X)
#undef X

extern const struct fuzz_change fuzz_changes[];
extern const unsigned fuzz_changes_known;

/* Makes a value the packet's message, with what has to go beside it. */
bool fuzz_edit_encode(struct fuzz_edit *edit, struct value *value, bool unbounded);
/* The begin and end of both of fuzz.h's functions for packets. */
void fuzz_edit_open(struct fuzz_edit *edit, struct fuzz *fuzz,
	const struct declaration *message, const uint8_t *data, size_t size,
	size_t max, uint64_t seed);
size_t fuzz_edit_close(struct fuzz_edit *edit, uint8_t *to, size_t max);

#endif
