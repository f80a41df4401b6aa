/*
 * Reflection: tables that describe generated structs, messages and methods, so
 * that one piece of code can fill, print, change, send and serve any of them.
 * `skald c --reflect` writes the tables of a schema into NAME.skald.reflect.c,
 * with all that it uses of its imports; who does not ask for them does not pay
 * for them.
 *
 * Tables refer to each other by index. All of it is constant.
 */
#ifndef RUNTIME_REFLECT_H
#define RUNTIME_REFLECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/channel.h"
#include "runtime/events.h"
#include "runtime/ring.h"

struct sk_room;

/* No type, no message. */
#define SK_NO_INDEX UINT16_MAX

enum sk_kind {
	SK_KIND_INTEGER,
	SK_KIND_BOOL,
	SK_KIND_FLOAT,			/* float, double */
	SK_KIND_STRING,			/* struct sk_string */
	SK_KIND_BYTES,			/* struct sk_bytes, of one-byte elements */
	SK_KIND_LIST,			/* a ..._list: items, count, wire */
	SK_KIND_ONE,			/* such a list of exactly one struct */
	SK_KIND_ARRAY,			/* element[count] */
	SK_KIND_STRUCT,			/* also a message's */
	SK_KIND_RECORD,			/* as a struct */
	SK_KIND_VARIANT,		/* uint32_t which, then its arms */
	SK_KIND_HANDLE,			/* struct sk_handle, in a struct of its own */
	SK_KIND_LEASE			/* struct sk_lease */
};

/* Flags of types. */
enum {
	SK_TYPE_SIGNED = 1,		/* INTEGER */
	SK_TYPE_LISTED = 2,		/* INTEGER: one of its values, nothing else */
	SK_TYPE_MASKED = 4,		/* INTEGER: no bit but those of its value */
	SK_TYPE_FLEXIBLE = 8,		/* VARIANT; STRUCT, a table: has `unknown` */
	SK_TYPE_COPY = 16		/* HANDLE: the sender keeps its own */
};

struct sk_type {
	uint8_t kind;
	uint8_t flags;
	/*
	 * BYTES, LIST, ONE, ARRAY: the type of the elements. STRUCT, RECORD,
	 * VARIANT: the first of the fields or arms. INTEGER: the first of
	 * `values`. LEASE: among the values, how many bytes it is at most.
	 */
	uint16_t item;
	uint32_t size;			/* sizeof in C */
	/*
	 * ARRAY: elements. STRUCT, RECORD, VARIANT: fields or arms. INTEGER:
	 * values, 0 if any will do. LIST, ONE: among `nexts`. HANDLE: rights.
	 * LEASE: direction.
	 */
	uint32_t count;
	/* STRING, BYTES, LIST: elements at most, or UINT32_MAX. STRUCT, RECORD,
	 * VARIANT: among `inits`. */
	uint32_t bound;
};

/*
 * A member, or an arm of a variant. Behind the arms of a flexible variant, and the
 * members of a table, stands one more, nameless, for its struct sk_bytes `unknown`.
 */
struct sk_field {
	const char *name;		/* as in the schema */
	uint32_t offset;		/* of an arm: of the union */
	uint32_t tag;			/* of an arm: what `which` is; of a table's */
	uint32_t bytes;			/* @bytes: encoded at most, or UINT32_MAX */
	uint16_t type;			/* SK_NO_INDEX: an arm without value */
	uint16_t has;			/* so far before it stands its bool; 0: none */
};

struct sk_message_type {
	const char *name;		/* without namespace */
	uint32_t id;
	uint16_t type;
	uint8_t handles;		/* at most */
	uint8_t leases;
	/* `attached` may be NULL where there are neither. */
	int (*encode)(const void *value, void *to, size_t capacity,
		struct sk_attached *attached);
	/* Arrays stay encoded (room NULL), or go where there is room. */
	int (*decode)(void *value, const void *from, size_t size,
		struct sk_room *room, struct sk_attached *attached);
};

/* A method or an event. Values are of the structs that their messages name. */
struct sk_method_type {
	const char *name;		/* with its interface: "File.read" */
	const struct sk_method *method;	/* NULL: an event */
	uint16_t request;		/* among messages; SK_NO_INDEX: an event */
	uint16_t reply;			/* SK_NO_INDEX: one-way */
	uint16_t errors;		/* among values: what is above 0 */
	uint16_t error_count;
	int (*call)(struct sk_channel *channel, const void *request, void *reply,
		const struct sk_call *call);
	/* The rest but for `send`: NULL if one-way. */
	int (*begin)(struct sk_ring *ring, struct sk_channel *channel,
		const void *request, uint64_t cookie, const struct sk_call *call);
	int (*end)(const struct sk_completion *done, void *reply);
	int (*answer)(struct sk_reply *to, int32_t error, const void *reply);
	int (*send)(struct sk_events *to, const void *event);	/* an event's */
};

/* A server of any interface: one function for all methods. */
struct sk_reflect_server {
	/* `to` is NULL for a one-way method. */
	void (*request)(struct sk_reflect_server *server,
		const struct sk_method_type *method, const void *request,
		struct sk_reply *to);
	/* Called only for interfaces with events. */
	struct sk_events *(*events)(struct sk_reflect_server *server);
	/* The byte of the client that is served: for interfaces with states. */
	uint8_t *state;
};

struct sk_interface_type {
	const char *name;
	/* Among the schema's methods: methods, then events, inherited first. */
	const uint16_t *methods;
	uint16_t method_count;
	uint16_t event_count;
	/* struct I_event: which, lost, and the union of events. */
	uint32_t event_size;
	uint32_t event_offset;
	int (*dispatch)(struct sk_reflect_server *server, struct sk_incoming *incoming);
	/* NULL without events. */
	int (*next_event)(struct sk_channel *channel, void *event,
		const struct sk_call *call);
	int (*next_event_begin)(struct sk_ring *ring, struct sk_channel *channel,
		uint64_t cookie, const struct sk_call *call);
	int (*next_event_end)(const struct sk_completion *done, void *event);
};

/* All of a schema; its name in C is the file's, as in `fs_schema`. */
struct sk_schema {
	const struct sk_type *types;
	const struct sk_field *fields;
	const uint64_t *values;
	/* Take an element off the front of a list (see runtime/codec.h). */
	bool (*const *nexts)(void *list, void *item);
	void (*const *inits)(void *value);
	const struct sk_message_type *messages;
	const struct sk_method_type *methods;
	const struct sk_interface_type *interfaces;
	uint32_t type_count;
	uint32_t field_count;
	uint32_t message_count;
	uint32_t method_count;
	uint32_t interface_count;
};

/* What every ..._list begins with. */
struct sk_list {
	const void *items;
	uint32_t count;
};

static inline const struct sk_type *sk_item_type(const struct sk_schema *schema,
	const struct sk_type *type)
{
	return &schema->types[type->item];
}

/* The value is there: it is not optional, or its bool says so. */
static inline bool sk_has_field(const struct sk_field *field, const void *value)
{
	return field->has == 0
		|| *((const bool *)value + field->offset - field->has);
}

/* The arm that `which` says, or NULL. */
static inline const struct sk_field *sk_arm(const struct sk_schema *schema,
	const struct sk_type *variant, uint32_t which)
{
	const struct sk_field *arms = &schema->fields[variant->item];

	for (uint32_t i = 0; i < variant->count; i++)
		if (arms[i].tag == which)
			return &arms[i];
	return NULL;
}

#endif
