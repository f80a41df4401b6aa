/*
 * The checked, laid-out tree: what every back end reads.
 *
 * A schema is a file and the files that it imports. The front end
 * (idl/schema.h) parses them, resolves every name, checks every rule of
 * docs/language.md and then decides every size and offset. After that the
 * tree is never changed, and a back end never has to decide anything again.
 * All of it lives in the arena of the compilation and dies with it.
 *
 * "In place" is the fixed part of a section, where a member stands at an
 * offset known here. "Dynamic" is everywhere else: the area behind the fixed
 * part, elements of arrays, members of structs, values of tags.
 * The bytes are described in docs/wire-format.md.
 */
#ifndef IDL_TREE_H
#define IDL_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "idl/source.h"

/* A size or a bound that nothing limits. */
#define UNBOUNDED UINT64_MAX

/* An integer of up to 128 bits with its sign: values and constants. */
struct number {
	bool negative;
	uint64_t high;			/* the magnitude's upper half */
	uint64_t low;
};

/* Doc comment: the text of the `///` lines, without the marks, lines
 * separated by '\n'; NULL if there is none. */

enum type_kind {
	TYPE_INTEGER,			/* int8..int64, uint8..uint64, char, byte */
	TYPE_BOOL,
	TYPE_FLOAT,			/* float32, float64 */
	TYPE_ENUM,			/* enum, consts or bits: an integer with names */
	TYPE_STRING,
	TYPE_STRUCT,
	TYPE_RECORD,			/* of fixed size, the same bytes everywhere */
	TYPE_VARIANT,			/* exactly one of its arms */
	TYPE_LIST,			/* T[] or T[<=N] */
	TYPE_ARRAY,			/* T[N] */
	TYPE_HANDLE,			/* handle<...>: its number, 1 byte */
	TYPE_LEASE			/* lease<...>: its number, 1 byte */
};

enum lease_direction {
	LEASE_IN = 1,			/* the server reads it */
	LEASE_OUT = 2,			/* the server writes it */
	LEASE_INOUT = 3
};

struct type {
	enum type_kind kind;
	/* As written: "uint32", "fs.Name", "byte[3][]"; for messages to people. */
	const char *name;
	/* The newtype through which it was named, or NULL. Everything else in
	 * here describes the type behind it, newtypes of newtypes resolved. */
	struct declaration *newtype;

	/* INTEGER, BOOL, FLOAT, ENUM: bytes in place (1, 2, 4 or 8) and sign.
	 * HANDLE, LEASE: 1. */
	unsigned width;
	bool is_signed;
	/* ENUM, STRUCT, RECORD, VARIANT: what it names. HANDLE: the interface. */
	struct declaration *declaration;
	/* HANDLE: what the receiver may do; all that the sender may if no
	 * rights are named. */
	bool has_rights;
	uint16_t rights;
	bool is_copy;			/* HANDLE: the sender keeps its own */
	enum lease_direction direction;	/* LEASE */
	/* LIST, ARRAY: what it holds. */
	struct type *element;
	/* ARRAY: how many elements, at least 1. */
	uint64_t count;
	/* STRING, LEASE: greatest number of bytes; LIST: of elements; or
	 * UNBOUNDED. */
	uint64_t bound;

	/* Layout. A static type stands in place with `fixed_size` bytes; any
	 * other is represented there by a pointer. */
	bool is_static;
	uint64_t fixed_size;
	/* Least and greatest size in dynamic position. */
	uint64_t min_size;
	uint64_t max_size;		/* or UNBOUNDED */
};

/* One raw byte in dynamic position, so that an array of it is raw bytes.
 * (Integers, bools and enums of width 1, and handles.) */
bool type_is_raw_byte(const struct type *type);
/*
 * A record, or an array of records (of arrays of records ...): in dynamic
 * position a varint of its size, then its bytes as they stand in place. A list
 * of records is a varint of the size of them all, then their bytes; a list of
 * arrays of records has a count and each array's size.
 */
bool type_is_blob(const struct type *type);

enum format { FORMAT_NONE, FORMAT_HEX, FORMAT_BITFIELD };

/* What stands behind `=` of a member or constant. */
struct literal {
	enum {
		LITERAL_NONE, LITERAL_INTEGER, LITERAL_BOOL, LITERAL_FLOAT,
		LITERAL_TEXT
	} kind;
	struct number number;		/* INTEGER (enums too); BOOL: 0 or 1 */
	double real;			/* FLOAT: rounded to the type's width */
	const char *text;		/* TEXT: any bytes */
	size_t size;
};

/* What `reserved` keeps from being used again. In one list ranges come first,
 * from low to high, and do not touch each other; then names, by strcmp(). */
struct reserve {
	struct reserve *next;
	const char *name;		/* NULL: the numbers low to high */
	struct number low;
	struct number high;
	unsigned group;			/* of a file's: as a message's group */
};

/* A member of a struct, record or section, an arm of a variant, a parameter
 * of a method, or a whole `tags` block. */
struct member {
	struct member *next;
	const char *name;		/* NULL for a tags block */
	const char *c_name;		/* as back ends spell it: @name, or name */
	const char *doc;
	struct span span;		/* of the name, or of the word `tags` */
	struct type *type;		/* NULL: a tags block, or an arm without value */
	bool is_tags;
	struct member *tags;		/* tags block: its members, by order of schema */
	struct reserve *reserves;	/* tags block: its tags; names are its owner's */
	/* A tags block that is all of a table: each value has its length before it,
	 * and tags that are not known are skipped. Its tags ascend. */
	bool is_sized;
	uint64_t tag;			/* in a tags block, or an arm: its tag, not 0 */
	/*
	 * It may be absent. On the wire as a list of none or one (a handle or
	 * lease: the byte 0), so that all but those have a pointer in place.
	 */
	bool is_optional;
	struct literal value;		/* default: if left out or absent */
	enum format format;
	/*
	 * A tagged or optional member, or an arm, whose struct or variant
	 * contains itself through it cannot be held by value: back ends hold a
	 * list of at most one instead.
	 */
	bool is_recursive;
	/* @bytes(n): its greatest size where it stands, checked both ways;
	 * else UNBOUNDED. */
	uint64_t bytes_bound;
	/* @depth(n): structs and variants within each other in it, checked
	 * both ways; 0 if none is stated. */
	unsigned depth_bound;
	bool is_unbounded;		/* @unbounded: a parameter without limit */
	/* Greatest size in dynamic position, optional or not, the above
	 * counted; 0 for an arm without value; or UNBOUNDED. */
	uint64_t max_size;

	/* In a section: where its value, or its pointer, stands, counted from
	 * the start of the section's buffer (so 8 for the first in a head). */
	uint64_t offset;
	bool is_pointer;
};

/* The members of one section, struct or record, or the arms of a variant. */
struct body {
	struct member *first;
	unsigned count;
};

struct section {
	struct body body;
	bool present;			/* a head always is */
	struct span span;
	uint64_t declared_size;		/* head only: what stands in head(...) */
	unsigned pointer_width;		/* 1, 2, 4 or 8 */
	uint64_t fixed_size;		/* end of the fixed part (a head's counts from 8) */
	uint64_t min_size;
	uint64_t max_size;		/* or UNBOUNDED; a head's is at most declared_size */
};

struct enumerator {
	struct enumerator *next;
	const char *name;
	const char *doc;
	struct span span;
	struct number value;
};

enum declaration_kind {
	DECLARATION_CONST,
	DECLARATION_NEWTYPE,
	DECLARATION_ENUM,
	DECLARATION_CONSTS,
	DECLARATION_BITS,
	DECLARATION_STRUCT,
	DECLARATION_RECORD,
	DECLARATION_VARIANT,
	DECLARATION_MESSAGE,
	DECLARATION_INTERFACE
};

struct method {
	const char *name;
	const char *doc;
	struct span span;
	struct declaration *owner;	/* the interface that declares it */
	bool is_oneway;
	bool is_event;			/* from the server; `request` is NULL */
	uint32_t number;		/* m; ids: request 4m, reply 4m+1, error 4m+2, event 4m+3 */
	/* Messages, also found by name as "Interface_method_request", "_reply"
	 * and "_event" if they were written as parameters. */
	struct declaration *request;	/* NULL for an event */
	struct declaration *reply;	/* NULL for a one-way method; an event's message */
	struct declaration *error;	/* the enum of its errors, or NULL */
	bool is_idempotent;
	bool is_cancellable;
	bool must_be_fast;		/* @fast; then is_fast too */
	bool is_fast;			/* request and reply go in registers */
	bool is_unbounded;		/* some part of a message is @unbounded */
	uint32_t deadline_ms;		/* 0: none stated */
};

/* A method that is allowed in a state, and where a good answer leads. */
struct transition {
	struct transition *next;
	const struct method *method;
	const struct state *to;
	struct span span;		/* of the method's name */
	struct span target;		/* of the state's; no source: it is not written */
};

/* What the server of an interface allows at a time; docs/language.md, "States". */
struct state {
	struct state *next;		/* in the order of the schema; the first is initial */
	const char *name;
	const char *doc;
	struct span span;
	unsigned index;			/* from 0: what the server's byte holds */
	struct transition *first;
};

/* Where a good answer of the method leads from a state; NULL: it is not allowed there. */
static inline const struct state *state_target(const struct state *state,
	const struct method *method)
{
	const struct transition *t = state->first;

	while (t != NULL && t->method != method)
		t = t->next;
	return t != NULL ? t->to : NULL;
}

/* What a message can cost at most: the certificate. */
struct cost {
	uint64_t bytes;			/* head and tail, or UNBOUNDED */
	unsigned handles;
	unsigned leases;
	unsigned depth;			/* structs and variants within each other */
	/* Values, counts, lengths and tags that a decoder looks at: one each.
	 * (Raw bytes, strings and records in one go.) Or UNBOUNDED. */
	uint64_t steps;
};

struct declaration {
	struct declaration *next;	/* in the order of the file */
	enum declaration_kind kind;
	const char *name;		/* "Entry", "File_read_request" */
	const char *qualified;		/* "fs.Entry" */
	const char *c_name;		/* "fs_Entry", namespace and name by one '_' */
	const char *doc;
	struct file *file;
	struct span span;		/* of the name */
	enum format format;
	/* What it reserves itself: its bases have their own. */
	struct reserve *reserves;

	union {
		/* CONST: an integer, bool, float or string. */
		struct {
			struct type *type;
			struct literal value;
		} constant;
		/* NEWTYPE */
		struct type *newtype;
		/* ENUM, CONSTS, BITS: of an integer type (an enum's is int32). */
		struct {
			struct type *base;
			struct enumerator *first;
			unsigned count;
			/* Other values (bits: others than those of all
			 * enumerators together) are refused, both ways. */
			bool is_strict;
		} enumeration;
		/* STRUCT, RECORD, VARIANT. */
		struct {
			/* STRUCT: a table. All of its body is a tags block
			 * that `is_sized`. */
			bool is_table;
			struct declaration *base;	/* `: A`, or NULL; its
				members are the first of the body */
			struct body body;
			uint64_t min_size;	/* in dynamic position */
			uint64_t max_size;
			/* It contains itself, through an array, an optional
			 * member, a tag or an arm. */
			bool is_recursive;
			/*
			 * Its readers count depth: it is recursive, or leads to
			 * a recursive one, or is found below one that does.
			 */
			bool counts_depth;
			/* RECORD: bytes in place, and whether every pattern of
			 * them is a value (no bool, nothing strict). */
			uint64_t fixed_size;
			bool is_raw;
			/* VARIANT: a tag that is not known decodes as its raw
			 * bytes; every value has its length before it. */
			bool is_flexible;
			/* STRUCT, VARIANT: handles in it at most. */
			unsigned handles;
		} structure;
		struct {
			struct declaration *base;	/* or NULL */
			bool has_id;	/* a base has none */
			uint32_t id;
			unsigned group;	/* 0: not in a group; else 1, 2, ... */
			struct section head;
			struct section tail;
			/* Parameters of this method, or NULL if declared. */
			struct method *method;
			struct cost cost;
		} message;
		struct {
			struct declaration *base;	/* or NULL */
			/* All methods, then all events, each with the base's
			 * before its own: methods[i]->owner says whose. */
			struct method **methods;
			unsigned method_count;
			struct method **events;
			unsigned event_count;
			/* @rights: the bits type, or NULL; of the base if it
			 * names none. */
			struct declaration *rights;
			bool is_unbounded;	/* some method is */
			struct state *states;	/* NULL: everything at any time */
		} interface;
	} as;
};

/* `using "a::X" = "Y";`: X is another name of Y in this schema. */
struct alias {
	struct alias *next;
	const char *name;		/* as written: "elsewhere::Bare2" */
	struct span span;
	struct declaration *target;	/* NULL if it names nothing of this schema */
};

struct import {
	struct import *next;
	struct file *file;
	const char *path;		/* as written */
	struct span span;
};

struct file {
	struct file *next;		/* in schema.files */
	struct source *source;
	const char *name;		/* without folders: "fs.skald" */
	const char *stem;		/* without suffix too: "fs" */
	const char *namespace;		/* "managarm.fs", or "" */
	const char *prefix;		/* "managarm_fs", or "" */
	const char *doc;		/* of the namespace declaration */
	struct import *imports;
	/* All that is declared, in its order. The messages that are made of a
	 * method's parameters are among them, before their interface. */
	struct declaration *first;
	struct alias *aliases;
	struct reserve *reserves;	/* ids and names, of groups too */
};

struct schema {
	struct file *root;		/* the file that was asked for */
	struct file *files;		/* all of them; imports before importers */
};

/*
 * Finds a message of the root file, or of its imports, by its name ("Open",
 * "File_read_request") or its qualified name ("fs.Open"). NULL if none.
 */
struct declaration *schema_message(const struct schema *schema, const char *name);

/* The tags block that a table is made of; NULL of anything else. */
static inline const struct member *table_block(const struct declaration *declaration)
{
	return declaration->kind == DECLARATION_STRUCT
		&& declaration->as.structure.is_table
		? declaration->as.structure.body.first : NULL;
}

/* The keyword that it is declared with: "struct", "table". */
const char *declaration_kind_name(const struct declaration *declaration);

/* Deepest that structs stand within each other in a message. */
#define DEPTH_MAX 64
/* Greatest tag of a variant or a table: C has it as an enumerator. */
#define ARM_TAG_MAX INT32_MAX
/* Elements of no bytes that an array may have on the wire. */
#define EMPTY_ELEMENTS_MAX 1024
/* Head and tail together of a message that a method sends: the transport's,
 * and what goes beside it. */
#define MESSAGE_SIZE_MAX 4096
#define MESSAGE_HANDLES_MAX 8
#define MESSAGE_LEASES_MAX 4
/* States of an interface, so that a set of them is a word. */
#define STATES_MAX 32
/* A request and reply of at most so many bytes travel in registers. */
#define MESSAGE_FAST_MAX 40
/* The runtime's own method, "next event". */
#define METHOD_NEXT_EVENT 1

#endif
