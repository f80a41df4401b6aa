/*
 * From JSON to generated structs and back, by reflection tables. The texts are
 * those of the interpreter (compiler/wire.h).
 */
#ifndef FUZZ_REFLECT_JSON_H
#define FUZZ_REFLECT_JSON_H

#include "compiler/value.h"
#include "runtime/reflect.h"
#include "runtime/skald.h"

struct reflect_json {
	struct arena *arena;
	const struct sk_schema *schema;
	const char *problem;		/* the first, or NULL */
	const char *where;		/* the member at fault */
};

/*
 * Initialises a struct and fills it with what the value says. Handles and
 * leases get the numbers that they have in it: 0 and those left out are none.
 * False: see `problem`.
 */
bool reflect_fill(struct reflect_json *json, uint16_t type, const struct value *value,
	void *to);
/* What a struct says. Problems are lists that do not yield what they count. */
struct value reflect_show(struct reflect_json *json, uint16_t type, const void *from);

#endif
