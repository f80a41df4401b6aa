/*
 * Two schemas, or locks of them, compared: what changed, and whom it breaks.
 *
 * "Old reader" is a program compiled with the old schema that receives what a
 * program compiled with the new one sends; "new reader" the reverse. If nothing
 * is said to break a direction, each message that both schemas have is read in
 * it, with the same values. (docs/evolution.md)
 */
#ifndef COMPILER_DIFF_H
#define COMPILER_DIFF_H

#include "compiler/value.h"

enum diff_class { DIFF_NONE, DIFF_SOURCE, DIFF_ABI, DIFF_WIRE };

/* Who breaks, or'ed. */
enum { DIFF_NOBODY = 0, DIFF_OLD_READER = 1, DIFF_NEW_READER = 2 };

enum diff_code {
#define CHANGE(code, class, breaks, title) DIFF_##code,
#include "compiler/diff_rules.h"
#undef CHANGE
	DIFF_CODE_COUNT
};

struct diff_rule {
	const char *code;		/* "D0301" */
	enum diff_class class;
	unsigned breaks;
	const char *title;
};
extern const struct diff_rule diff_rules[DIFF_CODE_COUNT];

struct diff_change {
	struct diff_change *next;
	const struct diff_rule *rule;
	const char *where;		/* "fs.Entry.name" */
	const char *what;		/* "uint32 became uint64" */
	const char *byte;		/* the first that moved: "head byte 12"; or NULL */
};

struct diff_result {
	struct diff_change *first;
	struct diff_change *last;
	enum diff_class class;		/* the gravest */
	unsigned breaks;
};

/* "none", "source", "abi", "wire" */
const char *diff_class_name(enum diff_class class);

/*
 * Compares facts (compiler/facts.h) as they were built or as a lock has them. A
 * lock that people edited may have anything in it: what is missing or of another
 * kind is taken as empty.
 */
struct diff_result diff_facts(struct arena *arena, const struct value *old_facts,
	const struct value *new_facts);

#endif
