/*
 * Types: words to struct type, newtypes resolved.
 */
#include <string.h>

#include "idl/check.h"

/* Arrays of arrays, through newtypes too. */
#define TYPE_DEPTH_MAX 64

/* The built-in types: bragi's, whose names cannot be taken, then ours. */
static const struct builtin {
	const char *name;
	enum type_kind kind;
	unsigned width;
	bool is_signed;
} builtins[] = {
	{ "int8", TYPE_INTEGER, 1, true }, { "int16", TYPE_INTEGER, 2, true },
	{ "int32", TYPE_INTEGER, 4, true }, { "int64", TYPE_INTEGER, 8, true },
	{ "uint8", TYPE_INTEGER, 1, false },
	{ "uint16", TYPE_INTEGER, 2, false },
	{ "uint32", TYPE_INTEGER, 4, false },
	{ "uint64", TYPE_INTEGER, 8, false },
	{ "char", TYPE_INTEGER, 1, false }, { "byte", TYPE_INTEGER, 1, false },
	{ "string", TYPE_STRING, 0, false },
	{ "bool", TYPE_BOOL, 1, false },
	{ "float32", TYPE_FLOAT, 4, false },
	{ "float64", TYPE_FLOAT, 8, false },
};

#define COUNT(table) (sizeof (table) / sizeof (table)[0])

static const struct builtin *builtin_find(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT(builtins); i++)
		if (strcmp(builtins[i].name, name) == 0)
			return &builtins[i];
	return NULL;
}

bool is_type_name(const char *name)
{
	const struct builtin *builtin = builtin_find(name);

	return builtin != NULL && builtin->kind != TYPE_BOOL
		&& builtin->kind != TYPE_FLOAT;
}

static struct type *type_new(struct check *check, enum type_kind kind,
	const char *name)
{
	struct type *type = ARENA_NEW(check->arena, struct type);

	type->kind = kind;
	type->name = name;
	type->bound = UNBOUNDED;
	return type;
}

static struct type *type_builtin(struct check *check,
	const struct builtin *builtin)
{
	struct type *type = type_new(check, builtin->kind, builtin->name);

	type->width = builtin->width;
	type->is_signed = builtin->is_signed;
	type->is_static = builtin->kind != TYPE_STRING;
	type->fixed_size = builtin->width;
	return type;
}

static struct type *type_of_enum(struct check *check, struct symbol *symbol,
	const char *name)
{
	struct type *base = enum_base(check, symbol), *type;

	if (base == NULL)
		return NULL;
	type = type_new(check, TYPE_ENUM, name);
	type->declaration = &symbol->declaration;
	type->width = base->width;
	type->is_signed = base->is_signed;
	type->is_static = true;
	type->fixed_size = base->width;
	return type;
}

static struct type *type_of_record(struct check *check, struct symbol *symbol,
	const char *name)
{
	struct type *type;

	if (!record_fill(check, symbol))
		return NULL;
	type = type_new(check, TYPE_RECORD, name);
	type->declaration = &symbol->declaration;
	type->is_static = true;
	type->fixed_size = symbol->declaration.as.structure.fixed_size;
	return type;
}

static struct type *type_of_newtype(struct check *check, struct symbol *symbol,
	const char *name)
{
	struct type *base = newtype_base(check, symbol), *type;

	if (base == NULL)
		return NULL;
	type = ARENA_NEW(check->arena, struct type);
	*type = *base;
	type->name = name;
	type->newtype = &symbol->declaration;
	return type;
}

/* docs/language.md, "Types": what names a type. */
static struct type *type_of_symbol(struct check *check, struct symbol *symbol,
	const struct ast_word *word, const char *name)
{
	bool is_variant = symbol->declaration.kind == DECLARATION_VARIANT;
	struct type *type;

	if (!symbol->is_built)
		return NULL;
	switch (symbol->declaration.kind) {
	case DECLARATION_ENUM:
	case DECLARATION_CONSTS:
	case DECLARATION_BITS:
		return type_of_enum(check, symbol, name);
	case DECLARATION_NEWTYPE:
		return type_of_newtype(check, symbol, name);
	case DECLARATION_RECORD:
		return type_of_record(check, symbol, name);
	case DECLARATION_STRUCT:
	case DECLARATION_VARIANT:
		type = type_new(check, is_variant ? TYPE_VARIANT : TYPE_STRUCT,
			name);
		type->declaration = &symbol->declaration;
		return type;
	default:
		diag_second(diag_report(check->diags, E0206, word->path.span,
			"`%s` is %s, not a type", name, symbol_kind(symbol)),
			symbol->declaration.span, "declared here");
		return NULL;
	}
}

static struct type *type_unknown(struct check *check, struct unit *unit,
	const struct ast_word *word, const char *name)
{
	struct diagnostic *report;

	report = diag_report(check->diags, E0201, word->path.span,
		"unknown type `%s`", name);
	suggest_symbol(check, unit, report, name, SUGGEST_TYPE);
	return NULL;
}

static struct type *type_of_path(struct check *check, struct unit *unit,
	const struct ast_word *word)
{
	const char *name = ast_path_text(check->arena, &word->path);
	const struct builtin *builtin = builtin_find(name);
	struct symbol *symbol;

	if (builtin != NULL && is_type_name(name))
		return type_builtin(check, builtin);
	symbol = symbol_find(check, unit, name);
	if (symbol != NULL)
		return type_of_symbol(check, symbol, word, name);
	if (builtin != NULL)
		return type_builtin(check, builtin);
	if (strcmp(name, "handle") == 0)
		return type_handle(check, unit, word);
	if (strcmp(name, "lease") == 0)
		return type_lease(check, unit, word);
	return type_unknown(check, unit, word, name);
}

/* docs/language.md, "Bounds": string<N>. */
static struct type *type_angle(struct check *check, struct unit *unit,
	struct type *type, const struct ast_suffix *suffix)
{
	const struct ast_argument *argument = suffix->arguments.first;

	if (type->kind != TYPE_STRING || type->newtype != NULL
		|| type->bound != UNBOUNDED) {
		diag_report(check->diags, E0217, suffix->span,
			"`%s` takes no argument", type->name);
		return NULL;
	}
	if (argument->next != NULL || argument->name != NULL) {
		diag_report(check->diags, E0217, suffix->span,
			"a bounded string is written `string<bytes>`");
		return NULL;
	}
	if (!evaluate_size(check, unit, argument->value, 1, UINT32_MAX, E0308,
		"a bound", &type->bound))
		return NULL;
	type->name = arena_printf(check->arena, "%s<%llu>", type->name,
		(unsigned long long)type->bound);
	return type;
}

static bool type_array_size(struct check *check, struct unit *unit,
	const struct ast_suffix *suffix, struct type *type)
{
	const struct type *element = type->element;

	if (!evaluate_size(check, unit, suffix->size, 1, UINT32_MAX, E0307,
		"the size of an array", &type->count))
		return false;
	type->is_static = element->is_static;
	if (!type->is_static)
		return true;
	/* Both are below 2^32: no overflow. */
	type->fixed_size = type->count * element->fixed_size;
	if (type->fixed_size <= UINT32_MAX)
		return true;
	diag_report(check->diags, E0417, suffix->span,
		"an array of %llu bytes is more than a message can have",
		(unsigned long long)type->fixed_size);
	return false;
}

static struct type *type_array(struct check *check, struct unit *unit,
	struct type *element, const struct ast_suffix *suffix)
{
	bool is_list = suffix->kind != AST_ARRAY;
	struct type *type = type_new(check, is_list ? TYPE_LIST : TYPE_ARRAY,
		NULL);

	type->element = element;
	if (suffix->kind == AST_BOUND && !evaluate_size(check, unit,
		suffix->size, 1, UINT32_MAX, E0308, "a bound", &type->bound))
		return NULL;
	if (!is_list && !type_array_size(check, unit, suffix, type))
		return NULL;
	if (suffix->kind == AST_LIST)
		type->name = arena_printf(check->arena, "%s[]", element->name);
	else
		type->name = arena_printf(check->arena, "%s[%s%llu]",
			element->name, is_list ? "<=" : "",
			(unsigned long long)(is_list ? type->bound
				: type->count));
	return type;
}

static unsigned type_depth(const struct type *type)
{
	unsigned depth = 0;

	for (; type->element != NULL; type = type->element)
		depth++;
	return depth;
}

struct type *type_of_word(struct check *check, struct unit *unit,
	const struct ast_word *word)
{
	struct type *type = type_of_path(check, unit, word);
	const struct ast_suffix *suffix = word->suffixes.first;

	/* Its argument is a part of it. */
	if (type != NULL && type->newtype == NULL && suffix != NULL
		&& (type->kind == TYPE_HANDLE || type->kind == TYPE_LEASE))
		suffix = suffix->next;
	for (; type != NULL && suffix != NULL; suffix = suffix->next) {
		if (type_depth(type) == TYPE_DEPTH_MAX) {
			diag_report(check->diags, E0107, suffix->span,
				"arrays within arrays, more than %d deep",
				TYPE_DEPTH_MAX);
			return NULL;
		}
		type = suffix->kind == AST_ANGLE
			? type_angle(check, unit, type, suffix)
			: type_array(check, unit, type, suffix);
	}
	return type;
}

/* docs/language.md, "Newtypes": not of themselves. */
struct type *newtype_base(struct check *check, struct symbol *symbol)
{
	struct declaration *newtype = &symbol->declaration;

	if (symbol->progress == PROGRESS_RUNNING || check->depth > 200) {
		diag_report(check->diags, symbol->progress == PROGRESS_RUNNING
			? E0305 : E0107, newtype->span,
			"the type `%s` depends on %s", newtype->name,
			symbol->progress == PROGRESS_RUNNING ? "itself"
			: "too many others");
		symbol->is_built = false;
		return NULL;
	}
	if (symbol->progress == PROGRESS_NONE) {
		symbol->progress = PROGRESS_RUNNING;
		check->depth++;
		newtype->as.newtype = type_of_word(check, symbol->unit,
			symbol->type_word);
		check->depth--;
		symbol->progress = PROGRESS_DONE;
		if (newtype->as.newtype == NULL)
			symbol->is_built = false;
	}
	return newtype->as.newtype;
}
