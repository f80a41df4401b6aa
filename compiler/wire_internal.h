/*
 * What the files of the codec by tables share with each other and nobody else:
 * the state of both directions, and how single values are put and taken.
 */
#ifndef COMPILER_WIRE_INTERNAL_H
#define COMPILER_WIRE_INTERNAL_H

#include "compiler/wire.h"

/* A handle or a lease: in the bytes there is only its number. */
bool wire_is_beside(const struct type *type);
/* That a strict type lists the value; true of all that are not strict. */
bool wire_is_listed(const struct type *type, const struct number *number);

/* How deep it goes within a member, where so far it is `depth` of `limit`. */
unsigned wire_depth_limit(unsigned limit, unsigned depth,
	const struct member *member);

/* ---- values to bytes ---- */

struct wire_encoder {
	struct arena *arena;
	const struct wire_encode_options *options;
	struct wire_fault *fault;
	struct wire_bytes *to;
	const struct wire_path *path;
	const struct value *near;	/* the last value that was given */
	unsigned depth;
	unsigned depth_limit;
	unsigned handles;		/* numbered so far */
	unsigned leases;
};

/* Both return false. */
bool wire_put_fail(struct wire_encoder *encoder, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
bool wire_put_fail_kind(struct wire_encoder *encoder, const char *wanted,
	const struct value *value);
/* Faults are from now on at this value; a default stands nowhere. */
void wire_put_near(struct wire_encoder *encoder, const struct value *value);

bool wire_put(struct wire_encoder *encoder, const void *data, size_t size);
bool wire_put_fixed(struct wire_encoder *encoder, uint64_t value, unsigned width);
bool wire_put_varint(struct wire_encoder *encoder, uint64_t value);
/* A list of integers from 0 to 255; `what` is "a string as a list". */
bool wire_put_bytes(struct wire_encoder *encoder, const struct value *value,
	const char *what);
/* Into bytes that are there already. */
void wire_store(unsigned char *to, uint64_t value, unsigned width);
/*
 * The bits of whatever has a width, as wide as it stands in place. The value
 * NULL is 0; a handle or a lease has to be there, and takes the next number.
 */
bool wire_scalar_bits(struct wire_encoder *encoder, const struct type *type,
	const struct value *value, uint64_t *bits);

bool wire_is_name(const struct value_member *given, const char *name);
/* "no member `x`; did you mean `best`?", which may be NULL. Returns false. */
bool wire_fail_name(struct wire_encoder *encoder,
	const struct value_member *given, const char *what, const char *best);
/* That it is an object, or NULL. */
bool wire_check_object(struct wire_encoder *encoder, const struct value *value);
/* That an object has no member which none of the two bodies, of which the
 * second may be NULL, has. */
bool wire_check_names(struct wire_encoder *encoder, const struct value *object,
	const struct body *first, const struct body *second);
/*
 * The value that an object, or NULL, gives for a member; else the default of
 * one that cannot be absent. NULL if there is neither.
 */
const struct value *wire_given(struct wire_encoder *encoder,
	const struct value *object, const struct member *member);

/* What a member holds, within its bounds; the caller has set the path. */
bool wire_put_held(struct wire_encoder *encoder, const struct member *member,
	const struct value *value);
/* One struct or variant deeper; false, and it says so, if that is too deep. */
bool wire_put_enter(struct wire_encoder *encoder);
bool wire_put_variant(struct wire_encoder *encoder, const struct type *type,
	const struct value *value);
/* All that an object has for a table. */
bool wire_put_table(struct wire_encoder *encoder, const struct member *table,
	const struct value *object);

/* ---- bytes to values ---- */

/* A member that its @bytes lets go on less far than what it stands in. */
struct wire_limit {
	const struct wire_path *path;
	size_t start;
	uint64_t bytes;
};

struct wire_decoder {
	struct arena *arena;
	const struct wire_decode_options *options;
	struct wire_fault *fault;
	enum wire_part part;
	const unsigned char *data;
	size_t size;			/* of the part, or where a value has to end */
	const struct wire_limit *limit;	/* if @bytes says that, else NULL */
	size_t at;
	const struct wire_path *path;
	unsigned depth;
	unsigned depth_limit;
	unsigned handles;		/* met so far */
	unsigned leases;
};

/* Both return false. The second: more bytes are needed than are left, which is
 * the fault of the member whose @bytes leaves no more, if there is one. */
bool wire_take_fail(struct wire_decoder *decoder, size_t offset,
	const char *format, ...) __attribute__((format(printf, 3, 4)));
bool wire_take_short(struct wire_decoder *decoder, size_t offset,
	const char *format, ...) __attribute__((format(printf, 3, 4)));
size_t wire_left(const struct wire_decoder *decoder);
/* Tells the observer what the bytes from `start` up to here are. */
void wire_tell(struct wire_decoder *decoder, enum wire_role role, size_t start,
	const struct type *type, uint64_t number, const struct value *value);

/* The caller has made sure that the bytes are there. */
uint64_t wire_take_fixed(struct wire_decoder *decoder, unsigned width);
bool wire_take_varint(struct wire_decoder *decoder, uint64_t *value);
/* One scalar as it stands in place, where the bytes are there. */
bool wire_take_scalar(struct wire_decoder *decoder, const struct type *type,
	struct value *to);
/* One scalar in dynamic position. */
bool wire_take_dynamic(struct wire_decoder *decoder, const struct type *type,
	struct value *to);

/* Any value in dynamic position. */
bool wire_decode_dynamic(struct wire_decoder *decoder, const struct type *type,
	struct value *to);
/* A value of static type as it stands in place, where the bytes are there. */
bool wire_decode_static(struct wire_decoder *decoder, const struct type *type,
	struct value *to);
/* `count` elements as they stand in place. */
bool wire_decode_items(struct wire_decoder *decoder, const struct type *type,
	size_t count, struct value *to);
/* A list or array behind its count. */
bool wire_decode_list(struct wire_decoder *decoder, const struct type *type,
	struct value *to);
/* A record, or an array of them, behind its size. */
bool wire_decode_blob(struct wire_decoder *decoder, const struct type *type,
	struct value *to);
/* A list of records behind the size of them all. */
bool wire_decode_blobs(struct wire_decoder *decoder, const struct type *type,
	struct value *to);
/* A member in dynamic position, a tags block being as many as it has; added to
 * the object if it is there. */
bool wire_decode_member(struct wire_decoder *decoder,
	const struct member *member, struct value_object_builder *object);
/* True if an optional handle or lease is absent; then it was taken. */
bool wire_take_absence(struct wire_decoder *decoder, const struct member *member);
struct value *wire_add_member(struct arena *arena,
	struct value_object_builder *object, const struct member *member);
void wire_set_object(struct value *to, const struct value_object_builder *object);

#endif
