/*
 * The syntax tree: what stands in a file, in its order, with its places.
 *
 * It knows words, not meaning: whether `uint32` is a type, a size fits or a
 * name is free is for the checks. Lists are singly linked, in the order of the
 * file. All of it lives in the arena of the compilation.
 */
#ifndef IDL_AST_H
#define IDL_AST_H

#include <stdbool.h>
#include <stddef.h>

#include "idl/tree.h"

struct parse;

struct ast_name {
	struct ast_name *next;		/* within a path */
	const char *text;
	struct span span;
};

struct ast_path {
	struct ast_name *first;		/* NULL: no path stands here */
	struct ast_name *last;
	struct span span;
};

struct ast_text {			/* a string, its escapes undone */
	const char *text;
	size_t size;
	struct span span;
};

struct ast_number {			/* a number that must be a literal */
	bool present;
	struct number value;
	struct span span;
};

enum ast_expr_kind {
	AST_NUMBER, AST_FLOAT, AST_STRING, AST_PATH, AST_UNARY, AST_BINARY
};

/* Operators are their character; these two have two. */
enum { AST_SHIFT_LEFT = 'L', AST_SHIFT_RIGHT = 'R' };

struct ast_expr {
	enum ast_expr_kind kind;
	char operator;			/* UNARY, BINARY */
	unsigned height;		/* of the tree below */
	struct span span;
	struct number number;
	struct ast_text string;		/* FLOAT: as it is written */
	struct ast_path path;
	struct ast_expr *left;		/* UNARY: the operand */
	struct ast_expr *right;
};

struct ast_argument {
	struct ast_argument *next;
	struct ast_name *name;		/* NULL: by position */
	struct ast_expr *value;
	struct span span;
};
struct ast_arguments { struct ast_argument *first, *last; };

struct ast_attribute {
	struct ast_attribute *next;
	const char *name;		/* without the @ */
	struct span span;		/* of the @name */
	struct ast_arguments arguments;
};
struct ast_attributes { struct ast_attribute *first, *last; };

enum ast_suffix_kind {
	AST_LIST,			/* [] */
	AST_ARRAY,			/* [size] */
	AST_BOUND,			/* [<= size] */
	AST_ANGLE			/* <arguments> */
};

struct ast_suffix {
	struct ast_suffix *next;
	enum ast_suffix_kind kind;
	struct ast_expr *size;
	struct ast_arguments arguments;
	struct span span;
};
struct ast_suffixes { struct ast_suffix *first, *last; };

struct ast_word {
	struct ast_word *next;
	struct ast_path path;
	struct ast_suffixes suffixes;
	struct span span;
};
/* Modifiers, type and name of a member, by place from the right. */
struct ast_words { struct ast_word *first, *last; unsigned count; };

struct ast_reserved {
	struct ast_reserved *next;
	bool is_name;
	struct ast_text name;
	struct number low;
	struct number high;
	struct span span;
};
struct ast_reserveds { struct ast_reserved *first, *last; };

enum ast_member_kind {
	AST_FIELD, AST_TAGS, AST_RESERVED, AST_HEAD, AST_TAIL
};

struct ast_members { struct ast_member *first, *last; };

struct ast_member {
	struct ast_member *next;
	enum ast_member_kind kind;
	const char *doc;
	struct span span;		/* TAGS, HEAD, TAIL: of that word */
	struct ast_attributes attributes;
	struct ast_attributes tag_attributes;	/* those behind tag(n) */
	struct ast_number tag;
	struct ast_words words;
	struct ast_expr *value;		/* default; HEAD: its size */
	struct ast_members members;	/* TAGS */
	struct ast_reserveds reserved;
};

struct ast_enumerator {
	struct ast_enumerator *next;
	const char *doc;
	struct ast_attributes attributes;
	struct ast_name *name;		/* NULL: reserved */
	struct ast_expr *value;
	struct ast_reserved *reserved;
};
struct ast_enumerators { struct ast_enumerator *first, *last; };

/* `close -> Closed`; without a target it stays where it is. */
struct ast_transition {
	struct ast_transition *next;
	struct ast_name *method;
	struct ast_name *target;	/* or NULL */
};
struct ast_transitions { struct ast_transition *first, *last; };

enum ast_item_kind {
	AST_METHOD, AST_ONEWAY, AST_EVENT, AST_ERROR, AST_ITEM_RESERVED,
	AST_STATE
};

struct ast_item {
	struct ast_item *next;
	enum ast_item_kind kind;
	const char *doc;
	struct ast_attributes attributes;
	struct span span;
	struct ast_name *name;
	struct ast_number number;
	/* Either parameters, or the paths of declared messages. */
	struct ast_members request;
	struct ast_members reply;
	struct ast_path request_path;
	struct ast_path reply_path;
	struct ast_path error;
	struct ast_reserveds reserved;
	struct ast_transitions transitions;	/* of a STATE */
};
struct ast_items { struct ast_item *first, *last; };

enum ast_kind {
	AST_NAMESPACE, AST_IMPORT, AST_USING, AST_FILE_RESERVED, AST_CONST,
	AST_NEWTYPE, AST_GROUP, AST_MESSAGE, AST_ENUM, AST_CONSTS, AST_BITS,
	AST_STRUCT, AST_RECORD, AST_TABLE, AST_VARIANT, AST_INTERFACE
};

struct ast_declarations { struct ast_declaration *first, *last; };

struct ast_declaration {
	struct ast_declaration *next;
	enum ast_kind kind;
	const char *doc;
	struct ast_attributes attributes;
	struct span span;		/* of the keyword */
	struct ast_name *openness;	/* "strict", "flexible", or NULL */
	struct ast_name *name;		/* CONST: in words */
	struct ast_path path;		/* NAMESPACE as a path; a base */
	struct ast_text text;		/* NAMESPACE, IMPORT, left of USING */
	struct ast_text target;		/* right of USING */
	struct ast_number number;	/* of a MESSAGE */
	struct ast_words words;		/* CONST; NEWTYPE, CONSTS, BITS: type */
	struct ast_expr *value;		/* CONST */
	struct ast_members members;
	struct ast_enumerators enumerators;
	struct ast_items items;
	struct ast_declarations declarations;	/* of a GROUP */
	struct ast_reserveds reserved;
};

/* Adds an item at the end of a list. */
#define AST_APPEND(list, item)				\
	do {						\
		if ((list).last != NULL)		\
			(list).last->next = (item);	\
		else					\
			(list).first = (item);		\
		(list).last = (item);			\
	} while (0)

/* "a.b.c" */
const char *ast_path_text(struct arena *arena, const struct ast_path *path);

/*
 * What the grammar's actions call. Spans are those of the whole rule; the
 * parse gives the arena, takes reports and hands out doc comments.
 */
struct span ast_join(const struct span *parts, int count);
struct ast_name *ast_name(struct parse *parse, struct span span);
struct ast_path ast_path(struct ast_path path, struct ast_name *name);
struct ast_text ast_text(struct parse *parse, struct span span);
struct ast_number ast_number(struct number value, struct span span);

struct ast_expr *ast_number_expr(struct parse *parse, struct span span,
	struct number value);
struct ast_expr *ast_float_expr(struct parse *parse, struct span span);
struct ast_expr *ast_string_expr(struct parse *parse, struct ast_text text);
struct ast_expr *ast_path_expr(struct parse *parse, struct ast_path path);
struct ast_expr *ast_unary(struct parse *parse, struct span span,
	char operator, struct ast_expr *operand);
struct ast_expr *ast_binary(struct parse *parse, struct span span,
	struct ast_expr *left, char operator, struct ast_expr *right);

struct ast_argument *ast_argument(struct parse *parse, struct span span,
	struct ast_name *name, struct ast_expr *value);
struct ast_attribute *ast_attribute(struct parse *parse, struct span span,
	struct ast_arguments arguments);
struct ast_suffix *ast_suffix(struct parse *parse, struct span span,
	enum ast_suffix_kind kind, struct ast_expr *size);
struct ast_suffix *ast_angle(struct parse *parse, struct span span,
	struct ast_arguments arguments);
struct ast_word *ast_word(struct parse *parse, struct span span,
	struct ast_path path, struct ast_suffixes suffixes);
struct ast_words ast_words(struct ast_words words, struct ast_word *word);
struct ast_reserved *ast_reserved_name(struct parse *parse,
	struct ast_text name);
struct ast_reserved *ast_reserved_range(struct parse *parse, struct span span,
	struct number low, struct number high);

struct ast_member *ast_field(struct parse *parse, struct span span,
	struct ast_attributes attributes, struct ast_words words,
	struct ast_expr *value);
struct ast_member *ast_tagged(struct parse *parse, struct span span,
	struct ast_attributes attributes, struct ast_number tag,
	struct ast_member *field);
struct ast_member *ast_tags(struct parse *parse, struct span whole,
	struct span word, struct ast_attributes attributes,
	struct ast_members members);
struct ast_member *ast_section(struct parse *parse, struct span word,
	enum ast_member_kind kind, struct ast_attributes attributes,
	struct ast_expr *size);
struct ast_member *ast_reserved_member(struct parse *parse, struct span span,
	struct ast_attributes attributes, struct ast_reserveds reserved);

struct ast_enumerator *ast_enumerator(struct parse *parse, struct span span,
	struct ast_attributes attributes, struct ast_name *name,
	struct ast_expr *value);
struct ast_enumerator *ast_reserved_enumerator(struct parse *parse,
	struct ast_attributes attributes, struct ast_reserved *reserved);

struct ast_item *ast_item(struct parse *parse, struct span span,
	enum ast_item_kind kind);
struct ast_item *ast_method(struct parse *parse, struct span span,
	enum ast_item_kind kind, struct ast_name *name,
	struct ast_number number, struct ast_members request,
	struct ast_members reply, struct ast_path error);
struct ast_item *ast_declared_method(struct parse *parse, struct span span,
	enum ast_item_kind kind, struct ast_name *name,
	struct ast_path request, struct ast_path reply, struct ast_path error);
struct ast_transition *ast_transition(struct parse *parse,
	struct ast_name *method, struct ast_name *target);
struct ast_item *ast_item_in(struct parse *parse, struct span span,
	struct ast_item *item, struct ast_attributes attributes);

struct ast_declaration *ast_declaration(struct parse *parse,
	struct span keyword, enum ast_kind kind, struct ast_name *name);
struct ast_declaration *ast_declaration_in(struct parse *parse,
	struct span span, struct ast_declaration *declaration,
	struct ast_attributes attributes);

#endif
