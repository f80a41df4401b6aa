/*
 * Values: what a message says, apart from any encoding.
 *
 * YAML and JSON are read into values and written from them; the codec of
 * compiler/wire.h turns them into bytes and back. A value knows where it
 * stood in its text, so that a mistake can be shown there. There is no null:
 * what is absent is not in its object. All of it lives in an arena.
 */
#ifndef COMPILER_VALUE_H
#define COMPILER_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "idl/arena.h"
#include "idl/tree.h"

enum value_kind {
	VALUE_INTEGER,
	VALUE_BOOL,
	VALUE_STRING,
	VALUE_LIST,
	VALUE_OBJECT
};

struct value {
	enum value_kind kind;
	/* Where it stood in its text, both from 1; 0 if it was in none. */
	uint32_t line;
	uint32_t column;
	union {
		struct number integer;
		bool truth;
		/* Any bytes; not terminated. */
		struct {
			const char *data;
			size_t size;
		} string;
		struct {
			const struct value *items;
			size_t count;
			/* All `count` elements are alike, and are items[0]. */
			bool repeats;
		} list;
		struct {
			const struct value_member *members;
			size_t count;
		} object;
	} as;
};

struct value_member {
	const char *name;		/* not terminated */
	size_t name_size;
	struct value value;
};

/* Deepest that lists and objects stand within each other in a text. */
#define TEXT_DEPTH_MAX 500

/* What is wrong with a text, and where. */
struct text_fault {
	const char *message;
	uint32_t line;
	uint32_t column;
};

/* How the bytes of a string stand in a text. */
enum value_text {
	/* As UTF-8; those that are not valid UTF-8 as lists of their bytes. */
	VALUE_TEXT_UTF8,
	/* One code point, U+0000 to U+00FF, for each byte. */
	VALUE_TEXT_BYTES
};

/* "an integer", "a string": for messages. */
const char *value_kind_name(enum value_kind kind);

const struct value *value_item(const struct value *list, size_t index);

/* The member of that name, or NULL. */
const struct value *value_member(const struct value *object, const char *name);

/* The two's complement pattern of the low 64 bits of an integer. */
uint64_t value_integer_bits(const struct number *number);
/* From such a pattern. */
struct number value_integer(uint64_t bits, bool is_signed);
/* True if the integer fits `width` bytes (1, 2, 4, 8) with that sign. */
bool value_integer_fits(const struct number *number, unsigned width,
	bool is_signed);
/* In decimal. */
const char *value_integer_text(struct arena *arena, const struct number *number);
/*
 * Reads decimal digits, or hexadecimal ones behind 0x, with or without a
 * sign. False if it is anything else. Those beyond 128 bits become the
 * greatest of 128 bits.
 */
bool value_integer_parse(const char *text, size_t size, struct number *to);

/* A member name that stands twice in an object, as its index, or the count. */
size_t value_duplicate(struct arena *arena, const struct value_member *members,
	size_t count);

/*
 * Text from outside for a message: on one line, what is not printable ASCII
 * escaped, the end of a long one cut off.
 */
const char *value_show(struct arena *arena, const char *data, size_t size);

/* True if the bytes are valid UTF-8. */
bool value_is_utf8(const char *data, size_t size);
/*
 * Decodes one code point of at most `size` bytes; returns how many bytes it
 * took, 0 if they are not valid UTF-8.
 */
size_t value_utf8_read(const char *data, size_t size, uint32_t *code_point);
/* Writes one code point, at most 4 bytes; returns how many. */
size_t value_utf8_write(uint32_t code_point, char *to);

/* Growing arrays in an arena. */
struct value_list_builder {
	struct value *items;
	size_t count;
	size_t capacity;
};
struct value_object_builder {
	struct value_member *members;
	size_t count;
	size_t capacity;
};
/* A new, zeroed entry. It moves when the next one is added. */
struct value *value_list_add(struct arena *arena, struct value_list_builder *to);
struct value_member *value_object_add(struct arena *arena,
	struct value_object_builder *to);

#endif
