/*
 * The tables of runtime/reflect.h, being made: c_reflect.c describes values and
 * messages, c_reflect_calls.c methods and interfaces, in what c_reflect_table.c
 * holds and prints.
 */
#ifndef COMPILER_C_REFLECT_H
#define COMPILER_C_REFLECT_H

#include "compiler/c_code.h"
#include "idl/map.h"

/* An array in C, of which each entry is a text. Equal ones stand there once. */
struct c_table {
	struct map found;		/* text -> entry */
	const char **entries;
	unsigned count;
	unsigned capacity;
};

/* Where a text, or a declaration, stands in its table. */
struct c_described {
	unsigned index;
};

struct c_reflect {
	struct c_code *c;
	const char *schema;		/* its name in C, before all names */
	struct c_table types;
	struct c_table fields;
	struct c_table values;
	struct c_table nexts;
	struct c_table inits;
	struct c_table messages;
	struct c_table methods;
	struct c_table interfaces;
	struct c_table indexes;		/* of each interface's methods: a whole line */
	struct map methods_found;	/* qualified name -> index */
	struct map declarations;	/* C name, and what of it -> struct c_described */
};

/* Adds an entry, or a block of them, always at the end. Returns its index. */
unsigned c_table_append(struct c_reflect *r, struct c_table *table, const char *text);
/* The index of an entry with this text, added if there was none. */
unsigned c_table_add(struct c_reflect *r, struct c_table *table, const char *text);
/* Prints the table: static BEFORE SCHEMA_NAME[] BEHIND = {...}; none if empty. */
void c_table_print(struct c_reflect *r, const struct c_table *table, const char *before,
	const char *name, const char *behind);
/* "SCHEMA_NAME", or "NULL" if the table is empty. */
const char *c_table_name(struct c_reflect *r, const struct c_table *table,
	const char *name);

/* The index of the message, described if it was not yet. */
unsigned c_reflect_message(struct c_reflect *r, const struct declaration *message);
/* The index of the first of the numbers of the enum that are above 0. */
unsigned c_reflect_errors(struct c_reflect *r, const struct declaration *enumeration,
	unsigned *count);

/* Methods and interfaces, with their tables, which stand before what uses them. */
void c_reflect_interfaces(struct c_reflect *r);

#endif
