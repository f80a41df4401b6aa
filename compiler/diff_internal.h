/*
 * What the files of diff share with each other and nobody else.
 *
 *	diff.c			all of it: files, declarations, what came and went
 *	diff_facts.c		how facts are asked for; changes are noted
 *	diff_type.c		two types
 *	diff_body.c		members, one after the other; messages
 *	diff_tags.c		blocks of tags, variants
 *	diff_enum.c		enumerations, constants
 *	diff_interface.c	interfaces
 *	diff_states.c		what they allow when
 *	diff_reserved.c		what must not be used again
 */
#ifndef COMPILER_DIFF_INTERNAL_H
#define COMPILER_DIFF_INTERNAL_H

#include "compiler/diff.h"
#include "idl/map.h"

/* One of the two schemas. */
struct diff_side {
	const char *prefix;		/* "fs.", which its own names begin with */
	struct map declarations;	/* facts, by local name; imported ones too */
	/* Messages that are made of a method's parameters or named by one: the
	 * method's facts. */
	struct map of_methods;
};

struct diff {
	struct arena *arena;
	struct diff_side sides[2];	/* old, new */
	struct diff_result result;
	/* While two declarations of unlike names are compared nothing is noted but
	 * how grave it is; `compared` ends circles. */
	unsigned quiet;
	struct map compared;
};

/* Where a member stands: for what is said of its first byte. */
struct diff_place {
	const char *where;		/* "fs.Entry.name" */
	const char *byte;		/* or NULL */
	bool is_dynamic;		/* values are varints, lists have counts */
};

/* ---- facts: what is missing or of another kind is empty ---- */

const struct value *fact(const struct value *facts, const char *name);
const char *fact_text(const struct value *facts, const char *name);
uint64_t fact_number(const struct value *facts, const char *name, uint64_t otherwise);
bool fact_is(const struct value *facts, const char *name);
/* An object, perhaps an empty one. */
const struct value *fact_object(const struct value *facts, const char *name);
size_t fact_count(const struct value *object);
const char *fact_name(struct diff *diff, const struct value *object, size_t index);
const struct value *fact_at(const struct value *object, size_t index);
/* True if both have it and it is the same, or none has it. */
bool fact_same(const struct value *a, const struct value *b, const char *name);
/* As text: "4096", "true", "shop". */
const char *fact_shown(struct diff *diff, const struct value *value);
/* The least of a range, "3..9". */
uint64_t fact_least(const struct value *facts, const char *name);

/* ---- noting ---- */

void diff_note(struct diff *diff, enum diff_code code, const struct diff_place *place,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same of what has no first byte. */
void diff_note_at(struct diff *diff, enum diff_code code, const char *where,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The name without the side's own namespace. */
const char *diff_local(const struct diff *diff, unsigned side, const char *qualified);
/* A declaration's facts; NULL if there are none, or only a fingerprint. */
const struct value *diff_find(const struct diff *diff, unsigned side, const char *qualified);

/* ---- what is reserved ---- */

/* Notes what the new side reserves no longer, or newly. */
void diff_reserves(struct diff *diff, const char *where, const struct value *a,
	const struct value *b);
/* Notes a number, or a name, that the new side uses and the old one reserves. */
void diff_used_number(struct diff *diff, const char *where, const struct value *a,
	const struct value *number);
void diff_used_name(struct diff *diff, const char *where, const struct value *a,
	const char *name, enum diff_code code);
/* The same of all members of an object, and of blocks of tags in it. */
void diff_used_names(struct diff *diff, const char *where, const struct value *a,
	const struct value *members);

/* ---- comparisons, old and new ---- */

void diff_type(struct diff *diff, const struct diff_place *place, const char *a,
	const char *b);
/* True if types of unlike names are the same bytes with the same meaning. */
bool diff_is_same_type(struct diff *diff, const char *a, const char *b, bool is_dynamic);
void diff_bound(struct diff *diff, const struct diff_place *place, uint64_t a, uint64_t b,
	enum diff_code higher, enum diff_code lower, const char *unit);

/* The declarations of one name. */
void diff_declaration(struct diff *diff, const char *where, const struct value *a,
	const struct value *b);
void diff_message(struct diff *diff, const char *where, const struct value *a,
	const struct value *b);
void diff_structure(struct diff *diff, const char *where, const struct value *a,
	const struct value *b);
void diff_variant(struct diff *diff, const char *where, const struct value *a,
	const struct value *b);
void diff_table(struct diff *diff, const char *where, const struct value *a,
	const struct value *b);
void diff_enumeration(struct diff *diff, const char *where, const struct value *a,
	const struct value *b);
void diff_constant(struct diff *diff, const char *where, const struct value *a,
	const struct value *b);
void diff_interface(struct diff *diff, const char *where, const struct value *a,
	const struct value *b);

/* The states of interfaces. */
void diff_states(struct diff *diff, const char *where, const struct value *a,
	const struct value *b);
/* A block of tags; the place is that of the block. */
void diff_tags(struct diff *diff, const struct diff_place *place, const struct value *a,
	const struct value *b);
/* One member of the same place, tag or arm. */
void diff_member(struct diff *diff, const struct diff_place *place, const struct value *a,
	const struct value *b);
/* The struct in C. */
void diff_c_struct(struct diff *diff, const char *where, const struct value *a,
	const struct value *b);

#endif
