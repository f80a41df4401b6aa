/*
 * The search for vectors: its state, and what its parts do.
 */
#ifndef TESTS_CHECKKILL_SEARCH_H
#define TESTS_CHECKKILL_SEARCH_H

#include "tests/checkkill/names.h"

/* A pointer in a section: its offset there, and its width. */
struct search_pointer {
	bool is_tail;
	size_t offset;
	unsigned width;
};

#define POINTERS_MAX 128
#define SIZED_MAX 32

struct search_layout {
	struct search_pointer pointers[POINTERS_MAX];
	unsigned count;
	size_t head_declared;
	/* Where lengths stand that what is in them has to fill (flexible variants). */
	size_t sized[SIZED_MAX];
	unsigned sized_count;
	size_t tail_fixed;
	bool has_tail;
};

/* A site, and where its reader began. */
struct search_event {
	const struct ck_site *site;
	size_t at;
	bool is_fresh;			/* its reader has not begun */
};

#define EVENTS_MAX 4096

struct search {
	struct ck_checks checks;
	struct search_layout layout;	/* of the message at hand */
	struct search_event events[EVENTS_MAX];
	size_t event_count;
	size_t site_count;
	unsigned tries_each;
	unsigned char *tries;		/* seeds that led to a site, by what stands there */
	unsigned long runs;
	size_t found;
};

/*
 * Decodes the case; keeps it if the check that refuses it has no vector yet, or
 * a larger one, and it is right with that check off. Says which refused.
 */
struct ck_check *search_try(struct search *search, const struct ck_case *c);
/* The same case is one more vector of this check. */
bool search_kills(struct search *search, const struct ck_case *c,
	const struct ck_check *check);
/* Goes through the case and fills in the events, and the lengths of the layout. */
void search_trace(struct search *search, const struct ck_case *c);

/* ---- change.c: changes that keep pointers and the tail's size true ---- */

/* Replaces `old` bytes at `at`. False: it would be too large. */
bool change_replace(const struct search_layout *layout, struct ck_case *c, size_t at,
	size_t old, const uint8_t *by, size_t size);
/* Where the tail begins; the size if there is none. */
size_t change_tail(const struct search_layout *layout, const struct ck_case *c);
/* Its value and size; 0 if there is none. */
unsigned change_varint(const struct ck_case *c, size_t at, uint64_t *value);
unsigned change_put_varint(uint8_t *to, uint64_t value);

/* ---- mutate.c ---- */

/* Small changes everywhere; of the sizes of head and tail; of what is beside; and
 * rooms of many sizes. */
void mutate_bytes(struct search *search, const struct ck_case *seed);
void mutate_frame(struct search *search, const struct ck_case *seed);
void mutate_beside(struct search *search, const struct ck_case *seed);
void mutate_room(struct search *search, const struct ck_case *seed);
/* What a reader that begins there may refuse. */
void mutate_at(struct search *search, const struct ck_case *seed, size_t at);
/* For lists, strings and bounds: more of what begins there, to `count` of it. */
void mutate_grow(struct search *search, const struct ck_case *seed, size_t at,
	uint64_t count);
/* Another tag, and no value. */
void mutate_tag(struct search *search, const struct ck_case *seed, size_t at);
/* More of what stands within itself, from `outer` to `inner`. */
void mutate_nest(struct search *search, const struct ck_case *seed, size_t outer,
	size_t inner, unsigned most);

/* What stands elsewhere in the message, here. */
void mutate_splice(struct search *search, const struct ck_case *seed, size_t at);

/* As mutate_nest(), of flexible variants, in which each has a length. */
void mutate_wrap(struct search *search, const struct ck_case *seed, size_t outer,
	size_t inner, unsigned most);

/* ---- smallest.c ---- */

/* Makes the check's vector as small as it gets by small steps. */
void smallest(struct search *search, struct ck_check *check);

#endif
