/*
 * The checks: from syntax trees to the tree that back ends read.
 *
 *	declare.c	names: namespaces, symbols, reserved names, aliases
 *	evaluate.c	expressions and constants
 *	types.c		the types of members, newtypes
 *	enums.c		enum and consts
 *	members.c	the members of structs, messages and parameter lists
 *	messages.c	structs, messages, groups
 *	interfaces.c	methods and their messages
 *	layout.c	sizes and offsets; graph.c, recursion.c: what contains what
 *	limits.c	what can be said only when the sizes are known
 *
 * Each stage runs over all files. What names mean is checked to the end, errors
 * or not; layout, and what comes behind it, may rely on a tree without error.
 */
#ifndef IDL_CHECK_H
#define IDL_CHECK_H

#include "idl/ast.h"
#include "idl/diag.h"
#include "idl/map.h"
#include "idl/number.h"
#include "idl/tree.h"

/* A file with its syntax tree. */
struct unit {
	struct unit *next;
	struct file *file;
	struct ast_declarations ast;
	const char *real_path;		/* tells files apart */
	struct span from;		/* the import that asked for it first */
	struct unit *importer;
	struct symbol *first;
	struct symbol *last;
	struct span namespace_span;
	struct reserved *reserved;	/* of the file */
	struct map imported;		/* files, by their real paths */
};

/* Where something that can depend on itself stands. */
enum progress { PROGRESS_NONE, PROGRESS_RUNNING, PROGRESS_DONE };

/* A declared name. The tree points at `declaration`, which comes first so
 * that symbol_of() finds the rest. */
struct symbol {
	struct declaration declaration;
	struct symbol *next;		/* in its unit */
	struct unit *unit;
	struct ast_declaration *ast;	/* NULL: made from a method */
	bool is_built;			/* else nothing in it is looked at */
	struct ast_word *type_word;	/* CONST, NEWTYPE, CONSTS */
	struct reserved *reserved;	/* MESSAGE: of its id space; INTERFACE */
	enum progress progress;		/* CONST: its value; NEWTYPE, CONSTS: base */
	enum progress values;		/* ENUM, CONSTS: the enumerators */
	struct map enumerators;
	struct enumerator *enumerator;	/* the last one so far */
	struct method *used_by;		/* message without id */
	uint64_t pinned_head;		/* of a method's message, or 0 */
	uint64_t head_needs;		/* its greatest size, if it had room */
	unsigned node;			/* STRUCT: its number in the graphs */
};

struct check {
	struct arena *arena;
	struct diagnostics *diags;
	struct schema *schema;
	struct unit *units;		/* as schema->files */
	struct map symbols;		/* by qualified name */
	unsigned errors_before;		/* of other schemas in the same run */
	unsigned depth;			/* of evaluation */
	unsigned compared;		/* names, for suggestions: it costs time */
	unsigned groups;		/* in the file */
	struct symbol **structs;	/* by node */
	unsigned struct_count;
	/* In these orders their sizes can be decided: least, greatest. */
	struct symbol **structs_for_min;
	struct symbol **structs_for_max;
};

/* Whether this schema has errors so far. */
static inline bool
check_failed(const struct check *check)
{
	return diag_errors(check->diags) > check->errors_before;
}

static inline struct symbol *
symbol_of(struct declaration *declaration)
{
	return (struct symbol *)declaration;
}

/* A value, and what the place it stands in wants. */
struct value {
	enum { VALUE_NUMBER, VALUE_BOOL, VALUE_TEXT } kind;
	struct number number;		/* NUMBER; BOOL: 0 or 1 */
	const char *text;
	size_t size;
};

struct scope {
	struct unit *unit;
	struct symbol *enumeration;	/* whose enumerators are known, or NULL */
	unsigned width;			/* of the target, for `~` */
	bool is_signed;
};

/* ---- declare.c, symbols.c ---- */

void declare_unit(struct check *check, struct unit *unit);
void declare_aliases(struct check *check, struct unit *unit);
/* Adds a symbol to its unit and to the names; reports one that is taken. */
struct symbol *symbol_new(struct check *check, struct unit *unit,
	struct ast_declaration *ast, const char *name, struct span span);
void symbol_add(struct check *check, struct symbol *symbol);
/* Finds what a path names as seen from the unit, or NULL. */
struct symbol *symbol_find(struct check *check, struct unit *unit,
	const char *path);
/* "a struct", "an interface" */
const char *symbol_kind(const struct symbol *symbol);
/* Adds help to the report of an unknown name: the nearest known one. */
void suggest_symbol(struct check *check, struct unit *unit,
	struct diagnostic *report, const char *name, bool types);
/* How many letters differ; more than 64 letters are not compared. */
unsigned edit_distance(const char *a, const char *b);
/* Whether a suggestion that far off still helps. */
bool edit_is_near(const char *name, unsigned distance);

/* ---- evaluate.c ---- */

bool evaluate(struct check *check, const struct scope *scope,
	const struct ast_expr *expr, struct value *value);
/* A number from least to greatest; reports the code and false if not. */
bool evaluate_size(struct check *check, struct unit *unit,
	const struct ast_expr *expr, uint64_t least, uint64_t greatest,
	enum diag_code code, const char *what, uint64_t *result);
bool const_value(struct check *check, struct symbol *symbol);

/* ---- types.c ---- */

/* The type that a word names, or NULL (reported). */
struct type *type_of_word(struct check *check, struct unit *unit,
	const struct ast_word *word);
struct type *newtype_base(struct check *check, struct symbol *symbol);
bool is_type_name(const char *name);
/* Splits words into type and name; false if they are not that (reported).
 * The separator stands between two such: its absence is guessed. */
bool words_roles(struct check *check, const struct ast_words *words,
	char separator, struct ast_word **type, struct ast_name **name);
/* The same for words that are a type without a name. */
bool words_type(struct check *check, const struct ast_words *words,
	struct ast_word **type);

/* ---- enums.c ---- */

/* The integer type below an enum or consts, or NULL (reported). */
struct type *enum_base(struct check *check, struct symbol *symbol);
/* Its enumerators with their values. */
bool enum_values(struct check *check, struct symbol *symbol);

/* ---- members.c ---- */

/* What the members of one struct, message or parameter list share. */
struct members {
	struct check *check;
	struct unit *unit;
	struct map names;
	struct reserved *reserved;	/* names only */
	bool parameters;
};

/* Finds the reserved names; before the first member is added. */
void members_reserve(struct members *members, const struct ast_members *list);
/* Adds a member, tags block or reserved entry to a body, whose last member
 * it keeps. */
void members_add(struct members *members, struct body *body,
	struct member **last, const struct ast_member *ast);

/* ---- messages.c, interfaces.c ---- */

void struct_fill(struct check *check, struct symbol *symbol);
void message_fill(struct check *check, struct symbol *symbol);
/* Ids of the unit's messages: each once. */
void message_ids(struct check *check, struct unit *unit);
/* Makes the messages of its methods, declared before the interface. */
void interface_declare(struct check *check, struct symbol *symbol);
void interface_fill(struct check *check, struct symbol *symbol);
void interface_ids(struct check *check, struct symbol *symbol);

/* ---- layout.c, recursion.c, limits.c ---- */

void recursion_check(struct check *check);
void layout_all(struct check *check);
void limits_check(struct check *check, struct symbol *symbol);

/* ---- attributes.c ---- */

enum place {
	PLACE_NAMESPACE = 1, PLACE_ENUM = 2, PLACE_CONSTS = 4,
	PLACE_MEMBER = 8, PLACE_METHOD = 16, PLACE_INTERFACE = 32,
	PLACE_OTHER = 64
};

/* Reports attributes that are unknown or do not belong here. */
void attributes_check(struct check *check,
	const struct ast_attributes *attributes, enum place place);
enum format attributes_format(const struct ast_attributes *attributes);
const struct ast_attribute *attribute_find(
	const struct ast_attributes *attributes, const char *name);
/* The text of @name("..."), or NULL. */
const struct ast_text *attribute_text(const struct ast_attributes *attributes,
	const char *name);

/* ---- reserved.c ---- */

/* All that one space of names and numbers reserves. */
struct reserved;

/* Reports ranges that run backwards. */
struct reserved *reserved_new(struct check *check,
	const struct ast_reserved *first);
/* These report a name or number that is reserved; true if it is. */
bool reserved_name_used(struct check *check, const struct reserved *reserved,
	const char *name, struct span span);
bool reserved_number_used(struct check *check,
	const struct reserved *reserved, struct number number,
	struct span span, const char *what);

/* ---- unbuilt.c ---- */

enum unbuilt {
#define UNBUILT(id, what) UNBUILT_##id,
#include "idl/unbuilt.h"
#undef UNBUILT
	UNBUILT_COUNT
};

void unbuilt_report(struct check *check, enum unbuilt what, struct span span);

#endif
