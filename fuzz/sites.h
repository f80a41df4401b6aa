/*
 * The places of a message's value where something can be changed: each value
 * with its type, and the object that it is a member of.
 */
#ifndef FUZZ_SITES_H
#define FUZZ_SITES_H

#include "fuzz/parts.h"

struct fuzz_site {
	const struct type *type;	/* NULL: the message itself */
	struct value *value;
	unsigned depth;			/* structs and variants around it */
	unsigned limit;			/* as many may be, by @depth or at all */
	size_t up;			/* the site that it is within */
};

/* Sites beyond so many are left out. */
#define FUZZ_SITES_MAX 4096

struct fuzz_sites {
	const struct declaration *message;
	struct fuzz_site *items;	/* the message itself is the first */
	size_t count;
};

/* Of a value that the decoder made; it is written to through the sites. */
void fuzz_sites_find(struct arena *arena, const struct declaration *message,
	struct value *value, struct fuzz_sites *to);
/* The same of a value of a type: the first site is the value. */
void fuzz_sites_find_below(struct arena *arena, const struct type *type,
	struct value *value, struct fuzz_sites *to);

/* What a site has as members: one body, or head and tail. */
const struct body *fuzz_site_body(const struct fuzz_sites *sites,
	const struct fuzz_site *site, unsigned index);
/* The same kind of value: it may stand there instead. */
bool fuzz_same_type(const struct type *a, const struct type *b);
/* A value that shares nothing with the first but the bytes of strings. */
struct value fuzz_copy_value(struct arena *arena, const struct value *value);

#endif
