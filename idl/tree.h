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
	TYPE_ENUM,			/* enum or consts: an integer with names */
	TYPE_STRING,
	TYPE_STRUCT,
	TYPE_LIST,			/* T[] or T[<=N] */
	TYPE_ARRAY			/* T[N] */
};

struct type {
	enum type_kind kind;
	/* As written: "uint32", "fs.Name", "byte[3][]"; for messages to people. */
	const char *name;
	/* The newtype through which it was named, or NULL. Everything else in
	 * here describes the type behind it, newtypes of newtypes resolved. */
	struct declaration *newtype;

	/* INTEGER, BOOL, ENUM: bytes in place (1, 2, 4 or 8) and sign. */
	unsigned width;
	bool is_signed;
	/* ENUM, STRUCT: what it names. */
	struct declaration *declaration;
	/* LIST, ARRAY: what it holds. */
	struct type *element;
	/* ARRAY: how many elements, at least 1. */
	uint64_t count;
	/* STRING: greatest number of bytes; LIST: of elements; or UNBOUNDED. */
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
 * (Integers, bools and enums of width 1.) */
bool type_is_raw_byte(const struct type *type);

enum format { FORMAT_NONE, FORMAT_HEX, FORMAT_BITFIELD };

/* A member of a struct or section, a parameter of a method, or a whole
 * `tags` block. */
struct member {
	struct member *next;
	const char *name;		/* NULL for a tags block */
	const char *doc;
	struct span span;		/* of the name, or of the word `tags` */
	struct type *type;		/* NULL for a tags block */
	bool is_tags;
	struct member *tags;		/* tags block: its members, by order of schema */
	uint64_t tag;			/* member of a tags block: its tag, not 0 */
	enum format format;
	/*
	 * A tagged member whose struct contains itself through it cannot be
	 * held by value: back ends hold a list of at most one instead.
	 */
	bool is_recursive;

	/* In a section: where its value, or its pointer, stands, counted from
	 * the start of the section's buffer (so 8 for the first in a head). */
	uint64_t offset;
	bool is_pointer;
};

/* The members of one section or of one struct. */
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
	DECLARATION_STRUCT,
	DECLARATION_MESSAGE,
	DECLARATION_INTERFACE
};

struct method {
	struct method *next;
	const char *name;
	const char *doc;
	struct span span;
	bool is_oneway;
	uint32_t number;		/* m; message ids are 4m, 4m+1, 4m+2 */
	/* Messages, also found by name as "Interface_method_request" and
	 * "_reply" if they were written as parameters. */
	struct declaration *request;
	struct declaration *reply;	/* NULL for a one-way method */
	struct declaration *error;	/* the enum of its errors, or NULL */
	bool is_idempotent;
	uint32_t deadline_ms;		/* 0: none stated */
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

	union {
		/* CONST: an integer, bool (0, 1), or string. */
		struct {
			struct type *type;
			struct number number;
			const char *text;
			size_t text_size;
		} constant;
		/* NEWTYPE */
		struct type *newtype;
		/* ENUM, CONSTS: of an integer type (an enum's is int32). */
		struct {
			struct type *base;
			struct enumerator *first;
			unsigned count;
		} enumeration;
		struct {
			struct body body;
			uint64_t min_size;	/* in dynamic position */
			uint64_t max_size;
			/* It contains itself, through an array or a tag. */
			bool is_recursive;
			/*
			 * Its readers count depth: it is recursive, or leads to
			 * a recursive struct, or is found within one.
			 */
			bool counts_depth;
		} structure;
		struct {
			bool has_id;	/* a base has none */
			uint32_t id;
			unsigned group;	/* 0: not in a group; else 1, 2, ... */
			struct section head;
			struct section tail;
			/* Parameters of this method, or NULL if declared. */
			struct method *method;
		} message;
		struct {
			struct method *first;
			unsigned count;
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

/* Deepest that structs stand within each other in a message. */
#define DEPTH_MAX 64
/* Elements of no bytes that an array may have on the wire. */
#define EMPTY_ELEMENTS_MAX 1024
/* Head and tail together of a message that a method sends: the transport's. */
#define MESSAGE_SIZE_MAX 4096

#endif
