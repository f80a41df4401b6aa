/*
 * What the files of facts share with each other and nobody else.
 */
#ifndef COMPILER_FACTS_INTERNAL_H
#define COMPILER_FACTS_INTERNAL_H

#include "compiler/c_code.h"
#include "compiler/c_sizes.h"
#include "compiler/facts.h"
#include "idl/map.h"

struct facts {
	struct arena *arena;
	struct c_sizes *sizes;
	struct c_code c;		/* prints one declaration of C at a time */
	bool skips_reserves;		/* they are no part of a fingerprint */
	struct map imported;		/* what is listed of each imported file */
	struct value_object_builder imports;	/* those files, by name */
};

/* Adds a member. Names and texts are borrowed. */
void facts_put_text(struct facts *facts, struct value_object_builder *to,
	const char *name, const char *text);
void facts_put_number(struct facts *facts, struct value_object_builder *to,
	const char *name, uint64_t number);

/* What is reserved, of a file's that of one group: the numbers as "3, 5..9", the
 * names as "a, b". Nothing if there is none. */
void facts_put_reserves(struct facts *facts, struct value_object_builder *to,
	const struct reserve *reserves, unsigned group);

/* All that is said of one declaration. */
struct value facts_declaration(struct facts *facts, const struct declaration *d);

#endif
