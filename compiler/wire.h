/*
 * The codec by tables: values to bytes and back, as docs/wire-format.md says,
 * interpreting the laid-out tree. No code is generated for it.
 *
 * Bytes that come in are never trusted: nothing is read outside of them, and
 * what is allocated is bounded by how many there are.
 */
#ifndef COMPILER_WIRE_H
#define COMPILER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/value.h"
#include "idl/arena.h"
#include "idl/tree.h"

/* Id and size of the tail, in front of every head. */
#define WIRE_PREAMBLE 8

/* Greatest head and greatest tail that the encoder makes. */
#define WIRE_SIZE_MAX (UINT64_C(1) << 30)

enum wire_part { WIRE_HEAD, WIRE_TAIL };

struct wire_bytes {
	unsigned char *data;
	size_t size;
	size_t capacity;
};

struct wire_view {
	const unsigned char *data;	/* may be NULL if `size` is 0 */
	size_t size;
};

/* Where in a message: "entries[3].name". Lives on the stack of the codec. */
struct wire_path {
	const struct wire_path *up;
	const char *name;		/* NULL: an element */
	uint64_t index;
};

/* "" for the message itself. */
const char *wire_path_text(struct arena *arena, const struct wire_path *path);

/* Why a message was refused. */
struct wire_fault {
	const char *message;
	const char *path;		/* "" for the message itself */
	/* Decoding: the byte at fault. */
	enum wire_part part;
	size_t offset;
	/* Encoding: the value at fault, in its text; 0 if it was not given. */
	uint32_t line;
	uint32_t column;
};

/* "entries[3].name: a string was expected", or without the path. */
const char *wire_fault_text(struct arena *arena, const struct wire_fault *fault);

/* Writes at most 9 bytes, returns how many. */
#define WIRE_VARINT_MAX 9
size_t wire_varint_write(uint64_t value, unsigned char *to);
/*
 * Returns how many bytes it took, 0 if they are cut short. *minimal is false
 * if fewer would have done.
 */
size_t wire_varint_read(const unsigned char *from, size_t size, uint64_t *value,
	bool *minimal);

struct wire_encode_options {
	/*
	 * Only what the conformance protocol knows: enumerators by number,
	 * strings as strings. Else enumerators also by name ("RED",
	 * "Colour.RED"), strings also as lists of their bytes.
	 */
	bool exact;
	/*
	 * Bounds, lengths of arrays, depths, the head's declared size and
	 * what is strict are not looked at: bytes that are wrong in nothing
	 * else.
	 */
	bool unbounded;
};

/*
 * Members that the value leaves out get their defaults; tagged ones stay
 * away. A message without tail has an empty one. False: see *fault.
 */
bool wire_encode(struct arena *arena, const struct declaration *message,
	const struct value *value, const struct wire_encode_options *options,
	struct wire_bytes *head, struct wire_bytes *tail,
	struct wire_fault *fault);

/* What one stretch of bytes in a message is. */
enum wire_role {
	WIRE_ID,
	WIRE_TAIL_SIZE,
	WIRE_POINTER,			/* number: the offset it holds */
	WIRE_COUNT,			/* number: of elements */
	WIRE_SIZE,			/* number: of bytes that follow */
	WIRE_PRESENCE,			/* number: 0 absent, 1 present */
	WIRE_TAG,			/* number: the tag; 0 ends block or variant */
	WIRE_ARM,			/* number: its tag; type: NULL if unknown */
	WIRE_VALUE,			/* one scalar */
	WIRE_CONTENT,			/* a string's bytes, or elements of one byte */
	WIRE_PADDING			/* zeros behind a head */
};

struct wire_field {
	enum wire_role role;
	enum wire_part part;
	size_t offset;
	size_t size;
	uint64_t number;
	const struct wire_path *path;
	const struct type *type;	/* NULL where none applies */
	const struct value *value;	/* VALUE and CONTENT */
};

struct wire_decode_options {
	/* Pointers in any order, gaps, overlaps and bytes left over. */
	bool lenient;
	/* Enumerators that the schema lists become their names, and bits a
	 * list of them. */
	bool names;
	/* So many handles and leases came beside the bytes; else as many as
	 * the bytes number. */
	bool counted;
	unsigned handles;
	unsigned leases;
	/*
	 * Told of every stretch in the order of reading, which is the order of
	 * the bytes unless lenient. May be NULL.
	 */
	void (*field)(void *context, const struct wire_field *field);
	void *context;
};

/* False: see *fault. Strings in the value borrow from head and tail. */
bool wire_decode(struct arena *arena, const struct declaration *message,
	struct wire_view head, struct wire_view tail,
	const struct wire_decode_options *options, struct value *to,
	struct wire_fault *fault);

/* Divides head and tail that stand behind each other as one byte string. */
bool wire_split(struct wire_view whole, struct wire_view *head,
	struct wire_view *tail, struct wire_fault *fault);

#endif
