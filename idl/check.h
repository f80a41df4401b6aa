/*
 * The checks: from syntax trees to the tree that back ends read.
 *
 *	declare.c	names: namespaces, symbols, reserved names, aliases
 *	evaluate.c	expressions; literals.c: constants and defaults
 *	types.c		the types of members, newtypes
 *	handles.c	handle<...> and lease<...>; places.c: where they stand
 *	words.c		which word is the type, and which the name
 *	enums.c		enum, consts and bits
 *	members.c	the members of structs, messages and parameter lists
 *	variants.c	arms; records.c: records, without holes
 *	bases.c		what is inherited
 *	messages.c	structs, messages, groups
 *	interfaces.c	what is in one; methods.c: one method or event
 *	states.c	the states of an interface
 *	inherit.c	the bases of interfaces; ids.c: all their ids
 *	layout.c	sizes and offsets; graph.c, recursion.c: what contains
 *			what; least.c: least sizes, and what has none
 *	limits.c	what can be said only when the sizes are known
 *	cost.c		what a message costs at most; promises.c: what methods state
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
	struct ast_word *type_word;	/* CONST, NEWTYPE, CONSTS, BITS */
	struct reserved *reserved;	/* MESSAGE: of its id space; INTERFACE */
	/* Of a struct, record or message, and those of its bases: names, and
	 * the tags of all blocks. */
	struct reserved *names_reserved;
	struct reserved *tags_reserved;
	/* CONST: its value; NEWTYPE, CONSTS, BITS: base; STRUCT, RECORD,
	 * MESSAGE: its members. */
	enum progress progress;
	enum progress values;		/* ENUM, CONSTS, BITS: the enumerators */
	struct map enumerators;
	struct enumerator *enumerator;	/* the last one so far */
	struct method *used_by;		/* message without id */
	uint64_t pinned_head;		/* of a method's message, or 0 */
	uint64_t head_needs;		/* its greatest size, if it had room */
	unsigned node;			/* STRUCT, VARIANT: its number in the graphs */
	bool has_no_max;		/* it contains itself, and nothing bounds it */
	unsigned bases;			/* in a row above it */
	struct rights *rights;		/* BITS: of handles; handles.c */
	bool moves_handles;		/* some handle in it is not copied */
	unsigned depth;			/* STRUCT, VARIANT: as struct cost has */
	uint64_t steps;			/* it in dynamic position */
	unsigned records;		/* RECORD: within each other, itself too */
	uint64_t alignment;		/* RECORD: the greatest of its members */
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
	unsigned inherited;		/* members and methods, from bases */
	struct symbol **structs;	/* and variants, by node */
	unsigned struct_count;
	/* In this order their greatest sizes can be decided. */
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
	enum { VALUE_NUMBER, VALUE_BOOL, VALUE_REAL, VALUE_TEXT } kind;
	struct number number;		/* NUMBER; BOOL: 0 or 1 */
	double real;
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
/* Whether the text could be a name in a schema. */
bool is_name(const char *text, size_t size);
/* Adds a symbol to its unit and to the names; reports one that is taken. */
struct symbol *symbol_new(struct check *check, struct unit *unit,
	struct ast_declaration *ast, const char *name, struct span span);
void symbol_add(struct check *check, struct symbol *symbol);
/* Finds what a path names as seen from the unit, or NULL. */
struct symbol *symbol_find(struct check *check, struct unit *unit,
	const char *path);
/* "a struct", "an interface" */
const char *symbol_kind(const struct symbol *symbol);
/* Adds help to the report of an unknown name: the nearest known one of those
 * that can stand there. */
enum suggest {
	SUGGEST_VALUE, SUGGEST_TYPE, SUGGEST_INTERFACE, SUGGEST_MESSAGE,
	SUGGEST_ENUM
};
void suggest_symbol(struct check *check, struct unit *unit,
	struct diagnostic *report, const char *name, enum suggest what);
/* The same with an enumerator of that enum; false if none is near. */
bool suggest_enumerator(struct check *check, struct diagnostic *report,
	const char *name, const struct symbol *symbol);
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
/* ---- literals.c ---- */

bool const_value(struct check *check, struct symbol *symbol);
/* "-128 to 127": what an integer of so many bytes holds. */
const char *integer_range(struct arena *arena, unsigned width, bool is_signed);
/* The value of a default for a type; false if it is none (reported). */
bool default_value(struct check *check, struct unit *unit,
	const struct type *type, const struct ast_expr *expr,
	struct literal *literal);

/* ---- types.c ---- */

/* The type that a word names, or NULL (reported). */
struct type *type_of_word(struct check *check, struct unit *unit,
	const struct ast_word *word);
struct type *newtype_base(struct check *check, struct symbol *symbol);
bool is_type_name(const char *name);

/* ---- handles.c ---- */

/* The type that a word with its `< >` names; its other brackets are not
 * looked at. NULL: reported. */
struct type *type_handle(struct check *check, struct unit *unit,
	const struct ast_word *word);
struct type *type_lease(struct check *check, struct unit *unit,
	const struct ast_word *word);

/* ---- places.c ---- */

/* How many handles a value of the type can hold, lists aside; once
 * handles_check() has been there. */
unsigned type_handles(const struct type *type);
/* Reports handles and leases where none can stand, or too many; counts those
 * of structs and messages. Behind recursion_check(). */
void handles_check(struct check *check);

/* ---- words.c ---- */

/* Splits words into type and name; false if they are not that (reported).
 * The separator stands between two such: its absence is guessed. If
 * `is_optional` is NULL, that modifier has no place here. */
bool words_roles(struct check *check, const struct ast_words *words,
	char separator, struct ast_word **type, struct ast_name **name,
	bool *is_optional);
/* A word that stands alone as a name; false if it cannot (reported). */
bool words_name(struct check *check, const struct ast_words *words,
	struct ast_name **name);
/* The same for words that are a type without a name. */
bool words_type(struct check *check, const struct ast_words *words,
	struct ast_word **type);

/* ---- enums.c ---- */

/* The integer type below an enum, consts or bits, or NULL (reported). */
struct type *enum_base(struct check *check, struct symbol *symbol);
/* Its enumerators with their values. */
bool enum_values(struct check *check, struct symbol *symbol);

/* Whether the value can stand in it: that is refused for strict ones only. */
bool enum_lists(const struct declaration *enumeration, struct number value);

/* ---- members.c ---- */

/* What the members of one struct, message or parameter list share. */
struct members {
	struct check *check;
	struct unit *unit;
	struct symbol *symbol;		/* NULL: parameters */
	struct map names;
	struct reserved *reserved;	/* names only */
	bool parameters;
	bool is_table;			/* its block of tags is a table */
	struct map inherited;		/* members, by name */
	/* Of the bases' blocks: tags, and reserved ones. */
	struct map tags;
	const struct reserved *tags_reserved;
};

/* Finds the reserved names and tags; before the first member is added, behind
 * members_inherit() if there is a base. */
void members_reserve(struct members *members, const struct ast_members *list);
/* Adds a member, tags block or reserved entry to a body, whose last member
 * it keeps. */
void members_add(struct members *members, struct body *body,
	struct member **last, const struct ast_member *ast);
/* A member that is neither tagged nor a tags block, or NULL (reported). */
struct member *member_new(struct members *members,
	const struct ast_member *ast);
/* Its name is free: not reserved, and of no other member. */
bool member_name_is_free(struct members *members, struct member *member);
/* Format, bound and name in C: what attributes say. */
void member_attributes(struct members *members, struct member *member,
	const struct ast_member *ast);
void body_append(struct body *body, struct member **last,
	struct member *member);
/* The tag is in range, not reserved, and the first of its kind. */
bool tag_is_good(struct members *members, struct map *tags,
	const struct reserved *reserved, const struct ast_number *tag,
	uint64_t greatest, struct member *member);
/* The block of tags that a table's declaration is. */
struct member *members_table(struct members *members,
	const struct ast_declaration *ast);
/* Adds copies of all reserved names and numbers, those of blocks too. */
void members_reserved(struct members *members,
	const struct ast_members *list, struct ast_reserveds *all);
/* A `reserved` entry where there are no numbers to reserve. */
void reserved_without_numbers(struct members *members,
	const struct ast_member *ast);

/* ---- bases.c ---- */

/* The base that a struct, record or message names, with its members; NULL if
 * it has none or that is wrong (reported). */
struct symbol *base_of(struct check *check, struct symbol *symbol);
/* Copies a base's members to the front of a body that has none yet. */
void members_inherit(struct members *members, const struct body *from,
	struct body *body, struct member **last);

/* ---- variants.c, records.c ---- */

void variant_fill(struct check *check, struct symbol *symbol);
/* Its members and their places; false if it has no size (reported). */
bool record_fill(struct check *check, struct symbol *symbol);

/* ---- messages.c, interfaces.c, methods.c, ids.c ---- */

void struct_fill(struct check *check, struct symbol *symbol);
void message_fill(struct check *check, struct symbol *symbol);
/* Ids of the unit's messages: each once. */
void message_ids(struct check *check, struct unit *unit);
/* Makes the messages of its methods, declared before the interface. */
void interface_declare(struct check *check, struct symbol *symbol);
void interface_fill(struct check *check, struct symbol *symbol);
void interface_ids(struct check *check, struct symbol *symbol);

/* Whether it is a method or an event. */
bool item_is_method(const struct ast_item *item);
/* A method or event with its messages, or NULL (reported). */
struct method *method_new(struct check *check, struct symbol *interface,
	const struct ast_item *item, struct declaration *error);
/* The enum that a path names as one of errors, or NULL (reported). */
struct declaration *error_enum(struct check *check,
	struct symbol *interface, const struct ast_path *path);

/* ---- states.c ---- */

/* The states of an interface whose methods are known. */
void interface_states(struct check *check, struct symbol *symbol);

/* ---- inherit.c ---- */

/* The interface that a path names, or NULL (reported). */
struct symbol *interface_find(struct check *check, struct unit *unit,
	const struct ast_path *path);
/* Decides an interface's base and its rights; false: not to be used. */
bool interface_bases(struct check *check, struct symbol *symbol);
/* Begins the lists of methods and events with the base's, and makes room for
 * so many more in each. */
void interface_inherit(struct check *check, struct symbol *symbol,
	unsigned own);

/* ---- layout.c, least.c, recursion.c, limits.c ---- */

/* Decides min_size of all structs and variants and of what leads to them; true
 * in `without`, by node, for those that hold themselves without end. */
void least_sizes(struct check *check, bool *without);
/* The least size of a member in dynamic position, of an arm without its tag;
 * what is within it is decided. */
uint64_t member_min(struct member *member);
uint64_t varint_size(uint64_t value);
/* Sums and products stop at UNBOUNDED, from wherever they come. */
uint64_t size_sum(uint64_t a, uint64_t b);
uint64_t size_product(uint64_t a, uint64_t b);
void recursion_check(struct check *check);
void layout_all(struct check *check);
void limits_check(struct check *check, struct symbol *symbol);

/* ---- cost.c, promises.c ---- */

/* A depth that nothing limits but the readers (DEPTH_MAX). */
#define DEPTH_UNLIMITED UINT32_MAX

/* Fills what messages cost, and which methods are fast; behind layout. */
void cost_all(struct check *check);
/* Structs and variants within each other in a type, or DEPTH_UNLIMITED; and in
 * a member, by its @depth. */
unsigned type_nesting(const struct type *type);
unsigned member_depth(const struct member *member);
/* What an interface's own methods state holds. */
void promises_check(struct check *check, const struct declaration *interface);

/* ---- attributes.c ---- */

enum place {
	PLACE_NAMESPACE = 1, PLACE_ENUM = 2, PLACE_CONSTS = 4,
	PLACE_MEMBER = 8, PLACE_METHOD = 16, PLACE_INTERFACE = 32,
	PLACE_OTHER = 64, PLACE_PARAMETER = 128, PLACE_ONEWAY = 256,
	PLACE_EVENT = 512
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
/* The same without a report. */
struct reserved *reserved_good(struct check *check,
	const struct ast_reserved *first);
/* What a base reserves holds too. */
void reserved_inherit(struct reserved *reserved,
	const struct reserved *base);
/* What the entries reserve, as the tree has it: in order and joined. A range that
 * runs backwards reserves nothing. */
struct reserve *reserves_new(struct check *check,
	const struct ast_reserved *first);
/* These report a name or number that is reserved; true if it is. */
bool reserved_name_used(struct check *check, const struct reserved *reserved,
	const char *name, struct span span);
bool reserved_number_used(struct check *check,
	const struct reserved *reserved, struct number number,
	struct span span, const char *what);

#endif
