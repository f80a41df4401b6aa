/*
 * Reflection: tables that describe generated structs, so that one piece of
 * code can fill, print or change any of them. `skald c --reflect` writes the
 * tables of a schema into NAME.skald.reflect.c; who does not ask for them
 * does not pay for them.
 */
#ifndef RUNTIME_REFLECT_H
#define RUNTIME_REFLECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sk_kind {
	SK_KIND_INTEGER,
	SK_KIND_BOOL,
	SK_KIND_STRING,			/* struct sk_string */
	SK_KIND_BYTES,			/* struct sk_bytes, of one-byte elements */
	SK_KIND_LIST,			/* a ..._list: items, count, wire */
	SK_KIND_ONE,			/* such a list of exactly one struct */
	SK_KIND_ARRAY,			/* element[count] */
	SK_KIND_STRUCT
};

struct sk_type {
	enum sk_kind kind;
	bool is_signed;			/* INTEGER */
	uint32_t size;			/* sizeof in C */
	uint64_t count;			/* ARRAY: elements; STRUCT: fields */
	const struct sk_type *element;	/* BYTES, LIST, ONE, ARRAY */
	const struct sk_field *fields;	/* STRUCT */
	/* LIST, ONE: takes an element off the front (see runtime/codec.h). */
	bool (*next)(void *list, void *item);
};

struct sk_room;

#define SK_NO_FLAG UINT32_MAX

struct sk_field {
	const char *name;
	const struct sk_type *type;
	uint32_t offset;
	uint32_t has_offset;		/* of its bool, or SK_NO_FLAG */
};

struct sk_message_type {
	const char *name;		/* without namespace */
	uint32_t id;
	const struct sk_type *type;
	int (*encode)(const void *value, void *to, size_t capacity);
	/* Arrays stay encoded (room NULL), or go where there is room. */
	int (*decode)(void *value, const void *from, size_t size,
		struct sk_room *room);
};

/* All of a schema; its name in C is the file's, as in `fs_schema`. */
struct sk_schema {
	const struct sk_message_type *messages;
	size_t message_count;
};

/* What every ..._list begins with. */
struct sk_list {
	const void *items;
	uint32_t count;
};

#endif
