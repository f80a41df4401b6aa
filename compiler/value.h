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
	VALUE_FLOAT,
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
		/* Any bytes; not terminated. Of a FLOAT its decimal text,
		 * since only the type says how it is rounded. */
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
	VALUE_TEXT_BYTES,
	/* As UTF-8; a member that is null is left out (JSON only). */
	VALUE_TEXT_NULLS
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

/*
 * The value of a decimal number: an INTEGER, or a FLOAT if it is said to be a
 * fraction or has more than 128 bits. The text is copied.
 */
void value_number(struct arena *arena, const char *text, size_t size,
	bool is_fraction, struct value *to);

/* Room for what value_float_print writes, with its NUL. */
#define VALUE_FLOAT_TEXT_SIZE 40
/*
 * True if the text is a decimal number: an optional sign, digits with at most
 * one point in front of, among or behind them, and perhaps an exponent. So
 * integers are, too.
 */
bool value_float_parse(const char *text, size_t size);
/*
 * The IEEE bits of `width` bytes, 4 or 8, that a value stands for, rounded to
 * nearest: an integer, a float, or one of the strings below. NULL, or why it
 * stands for none: "expected a number", "too large for 4 bytes".
 */
const char *value_float_bits(struct arena *arena, const struct value *value,
	unsigned width, uint64_t *bits);
/*
 * The value of such bits: a FLOAT, the shortest decimal that reads back the
 * same, always with a point or an exponent. What is not finite is a STRING:
 * "Infinity", "-Infinity", "NaN", and "NaN:0x7f800001" with its bits where
 * they are not those of the usual quiet one. The locale has no part in it.
 */
struct value value_float(struct arena *arena, uint64_t bits, unsigned width);
/* The same as text; returns the buffer. */
const char *value_float_print(char to[VALUE_FLOAT_TEXT_SIZE], uint64_t bits,
	unsigned width);

/* True if both say the same; members of objects in any order. */
bool value_same(const struct value *a, const struct value *b);

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

/* Values from C's. Texts and names are borrowed. */
struct value value_text(const char *text);
struct value value_unsigned(uint64_t number);
struct value value_truth(bool is_true);
struct value value_list(const struct value_list_builder *from);
struct value value_object(const struct value_object_builder *from);
/* Adds a member. */
void value_put(struct arena *arena, struct value_object_builder *to, const char *name,
	struct value value);

#endif
