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
};

static const struct {
	const char *name;
	enum unbuilt unbuilt;
} unbuilt_types[] = {
	{ "float32", UNBUILT_FLOAT }, { "float64", UNBUILT_FLOAT },
	{ "handle", UNBUILT_HANDLE }, { "lease", UNBUILT_LEASE },
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

	return builtin != NULL && builtin->kind != TYPE_BOOL;
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
	struct type *type;

	switch (symbol->declaration.kind) {
	case DECLARATION_ENUM:
	case DECLARATION_CONSTS:
		return symbol->is_built ? type_of_enum(check, symbol, name)
			: NULL;
	case DECLARATION_NEWTYPE:
		return symbol->is_built ? type_of_newtype(check, symbol, name)
			: NULL;
	case DECLARATION_STRUCT:
		if (!symbol->is_built)
			return NULL;
		type = type_new(check, TYPE_STRUCT, name);
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
	size_t i;

	for (i = 0; i < COUNT(unbuilt_types); i++)
		if (strcmp(unbuilt_types[i].name, name) == 0) {
			unbuilt_report(check, unbuilt_types[i].unbuilt,
				word->path.span);
			return NULL;
		}
	report = diag_report(check->diags, E0201, word->path.span,
		"unknown type `%s`", name);
	suggest_symbol(check, unit, report, name, true);
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
	const struct ast_suffix *suffix;

	for (suffix = word->suffixes.first; type != NULL && suffix != NULL;
		suffix = suffix->next) {
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

static struct span behind(struct span span)
{
	span.offset += span.size;
	span.column += span.size;
	span.size = 0;
	return span;
}

/*
 * `uint32 a` on a line and `uint32 b;` on the next are four words. The break
 * tells where the separator is missing.
 */
static bool words_broken(struct check *check, const struct ast_words *words,
	char separator)
{
	const struct ast_word *word, *before = words->first;
	unsigned i = 1;

	for (word = before->next; word != NULL; word = word->next, i++) {
		if (i >= 2 && word->span.line != before->span.line) {
			diag_second(diag_report(check->diags, E0108,
				behind(before->span), "a `%c` is missing here",
				separator), word->span,
				"this belongs to the next");
			return true;
		}
		before = word;
	}
	return false;
}

/* What stands before the type. */
static bool words_modifiers(struct check *check, const struct ast_words *words,
	const struct ast_word *end)
{
	const struct ast_word *word;
	struct diagnostic *report;
	const char *text;

	for (word = words->first; word != end; word = word->next) {
		text = ast_path_text(check->arena, &word->path);
		if (strcmp(text, "optional") == 0
			&& word->suffixes.first == NULL) {
			unbuilt_report(check, UNBUILT_OPTIONAL, word->span);
			return false;
		}
		report = diag_report(check->diags, E0110, word->span,
			"`%s` is no modifier", text);
		if (edit_is_near("optional", edit_distance(text, "optional")))
			diag_help(report, "did you mean `optional`?");
		else
			diag_help(report, "a type and a name are wanted: is "
				"something missing between two of these?");
		return false;
	}
	return true;
}

bool words_roles(struct check *check, const struct ast_words *words,
	char separator, struct ast_word **type, struct ast_name **name)
{
	struct ast_word *last = words->last;

	if (words->count == 1) {
		diag_help(diag_report(check->diags, E0111, last->span,
			"a type or a name is missing"),
			"it is written `type name`");
		return false;
	}
	if (words_broken(check, words, separator))
		return false;
	for (*type = words->first; (*type)->next != last;)
		*type = (*type)->next;
	if (last->path.first != last->path.last) {
		diag_report(check->diags, E0112, last->path.span,
			"a name has no dots where it is declared");
		return false;
	}
	if (last->suffixes.first != NULL) {
		diag_help(diag_report(check->diags, E0112,
			last->suffixes.first->span,
			"brackets belong to the type, not to the name"),
			"write `%s[...] %s`",
			ast_path_text(check->arena, &(*type)->path),
			last->path.first->text);
		return false;
	}
	*name = last->path.first;
	return words_modifiers(check, words, *type);
}

bool words_type(struct check *check, const struct ast_words *words,
	struct ast_word **type)
{
	*type = words->last;
	return !words_broken(check, words, ';')
		&& words_modifiers(check, words, words->last);
}
