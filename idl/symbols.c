/*
 * Declared names: finding them, and the nearest one to a name that is not.
 */
#include <stdlib.h>
#include <string.h>

#include "idl/check.h"

/* A suggestion looks at every name: after so many there are no more of them. */
#define COMPARED_MAX 200000
#define EDIT_MAX 64

struct symbol *symbol_new(struct check *check, struct unit *unit,
	struct ast_declaration *ast, const char *name, struct span span)
{
	struct symbol *symbol = ARENA_NEW(check->arena, struct symbol);
	struct declaration *declaration = &symbol->declaration;
	struct file *file = unit->file;

	symbol->unit = unit;
	symbol->ast = ast;
	declaration->name = name;
	declaration->span = span;
	declaration->file = file;
	declaration->qualified = file->namespace[0] == '\0' ? name
		: arena_printf(check->arena, "%s.%s", file->namespace, name);
	declaration->c_name = file->prefix[0] == '\0' ? name
		: arena_printf(check->arena, "%s_%s", file->prefix, name);
	return symbol;
}

/* docs/language.md, "Names": a name is declared once. */
void symbol_add(struct check *check, struct symbol *symbol)
{
	struct symbol *other = map_add(&check->symbols, check->arena,
		symbol->declaration.qualified, symbol);
	struct unit *unit = symbol->unit;
	struct diagnostic *report;

	if (other != NULL) {
		report = diag_report(check->diags, E0202,
			symbol->declaration.span, "`%s` is declared twice",
			symbol->declaration.qualified);
		diag_second(report, other->declaration.span,
			"first declared here");
		if (symbol->ast == NULL || other->ast == NULL)
			diag_help(report, "the messages of a method are named "
				"Interface_method_request and _reply, of an "
				"event _event");
		return;
	}
	if (unit->last != NULL)
		unit->last->next = symbol;
	else
		unit->first = symbol;
	unit->last = symbol;
}

static bool symbol_visible(const struct unit *unit, const struct symbol *symbol)
{
	return symbol->unit == unit
		|| map_get(&unit->imported, symbol->unit->real_path) != NULL;
}

/* From the innermost namespace outwards. */
struct symbol *symbol_find(struct check *check, struct unit *unit,
	const char *path)
{
	const char *namespace = unit->file->namespace;
	size_t size = strlen(namespace);
	struct symbol *symbol;
	char *name;

	for (;;) {
		name = size == 0 ? arena_printf(check->arena, "%s", path)
			: arena_printf(check->arena, "%.*s.%s", (int)size,
				namespace, path);
		symbol = map_get(&check->symbols, name);
		if (symbol != NULL && symbol_visible(unit, symbol))
			return symbol;
		if (size == 0)
			return NULL;
		while (size > 0 && namespace[size - 1] != '.')
			size--;
		if (size > 0)
			size--;
	}
}

const char *symbol_kind(const struct symbol *symbol)
{
	if (symbol->ast == NULL)
		return "a message";
	switch (symbol->ast->kind) {
	case AST_CONST: return "a constant";
	case AST_NEWTYPE: return "a newtype";
	case AST_MESSAGE: return "a message";
	case AST_ENUM: return "an enum";
	case AST_CONSTS: return "a consts";
	case AST_BITS: return "a bits";
	case AST_STRUCT: return "a struct";
	case AST_RECORD: return "a record";
	case AST_TABLE: return "a table";
	case AST_VARIANT: return "a variant";
	case AST_INTERFACE: return "an interface";
	default: return "a declaration";
	}
}

const char *declaration_kind_name(const struct declaration *declaration)
{
	static const char *const names[] = {
		[DECLARATION_CONST] = "const", [DECLARATION_NEWTYPE] = "newtype",
		[DECLARATION_ENUM] = "enum", [DECLARATION_CONSTS] = "consts",
		[DECLARATION_BITS] = "bits", [DECLARATION_STRUCT] = "struct",
		[DECLARATION_RECORD] = "record", [DECLARATION_VARIANT] = "variant",
		[DECLARATION_MESSAGE] = "message",
		[DECLARATION_INTERFACE] = "interface",
	};

	return table_block(declaration) != NULL ? "table"
		: names[declaration->kind];
}

/* The cost of turning a's first i letters into b's first j, from the costs
 * before; two letters that changed places cost one. */
static unsigned edit_cost(unsigned rows[3][EDIT_MAX + 1], const char *a,
	const char *b, size_t i, size_t j)
{
	const unsigned *before = rows[(i + 1) % 3], *above = rows[(i + 2) % 3];
	unsigned best = above[j - 1] + (a[i - 1] != b[j - 1]);

	if (above[j] + 1 < best)
		best = above[j] + 1;
	if (rows[i % 3][j - 1] + 1 < best)
		best = rows[i % 3][j - 1] + 1;
	if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]
		&& before[j - 2] + 1 < best)
		best = before[j - 2] + 1;
	return best;
}

unsigned edit_distance(const char *a, const char *b)
{
	unsigned rows[3][EDIT_MAX + 1];
	size_t m = strlen(a), n = strlen(b), i, j;

	if (m > EDIT_MAX || n > EDIT_MAX)
		return UINT32_MAX;
	for (j = 0; j <= n; j++)
		rows[0][j] = (unsigned)j;
	for (i = 1; i <= m; i++) {
		rows[i % 3][0] = (unsigned)i;
		for (j = 1; j <= n; j++)
			rows[i % 3][j] = edit_cost(rows, a, b, i, j);
	}
	return rows[m % 3][n];
}

bool edit_is_near(const char *name, unsigned distance)
{
	size_t limit = strlen(name) / 3;

	return distance <= (limit < 1 ? 1 : limit > 4 ? 4 : limit);
}

/* What people write who come from somewhere else. */
static const char *foreign_type(const char *name)
{
	static const struct { const char *theirs, *ours; } table[] = {
		{ "u8", "uint8" }, { "u16", "uint16" }, { "u32", "uint32" },
		{ "u64", "uint64" }, { "i8", "int8" }, { "i16", "int16" },
		{ "i32", "int32" }, { "i64", "int64" }, { "int", "int32" },
		{ "uint", "uint32" }, { "unsigned", "uint32" },
		{ "long", "int64" }, { "short", "int16" },
		{ "size_t", "uint64" }, { "usize", "uint64" },
		{ "str", "string" }, { "text", "string" },
		{ "bytes", "byte[]" }, { "boolean", "bool" },
		{ "float", "float32" }, { "double", "float64" },
		{ "f32", "float32" }, { "f64", "float64" },
	};
	size_t i;

	for (i = 0; i < sizeof table / sizeof table[0]; i++)
		if (strcmp(table[i].theirs, name) == 0)
			return table[i].ours;
	return NULL;
}

struct nearest {
	const char *wanted;
	const char *name;
	unsigned distance;
};

static void nearest_try(struct nearest *nearest, const char *name)
{
	unsigned distance = edit_distance(nearest->wanted, name);

	if (distance < nearest->distance) {
		nearest->distance = distance;
		nearest->name = name;
	}
}

static bool symbol_fits(const struct symbol *symbol, enum suggest what)
{
	switch (symbol->declaration.kind) {
	case DECLARATION_CONST:
		return what == SUGGEST_VALUE;
	case DECLARATION_MESSAGE:
		return what == SUGGEST_MESSAGE && symbol->ast != NULL;
	case DECLARATION_INTERFACE:
		return what == SUGGEST_INTERFACE;
	case DECLARATION_ENUM:
		return what == SUGGEST_TYPE || what == SUGGEST_ENUM;
	default:
		return what == SUGGEST_TYPE;
	}
}

/* It exists, but in a file that is not imported by this one. */
static bool suggest_import(struct check *check, struct unit *unit,
	struct diagnostic *report, const char *name)
{
	struct symbol *symbol = map_get(&check->symbols, name);

	if (symbol == NULL || symbol_visible(unit, symbol))
		return false;
	diag_help(report, "it is declared in `%s`: import that file here",
		symbol->unit->file->name);
	return true;
}

/* It is a name made by using, which is no type here. */
static bool suggest_target(struct check *check, const struct unit *unit,
	struct diagnostic *report, const char *name)
{
	const struct alias *alias = unit->file->aliases;

	for (; alias != NULL && check->compared <= COMPARED_MAX;
		alias = alias->next) {
		check->compared++;
		if (alias->target == NULL || strcmp(alias->name, name) != 0)
			continue;
		diag_help(report, "`using` makes names for other code; here "
			"it is `%s`", alias->target->name);
		return true;
	}
	return false;
}

bool suggest_enumerator(struct check *check, struct diagnostic *report,
	const char *name, const struct symbol *symbol)
{
	struct nearest nearest = { name, NULL, UINT32_MAX };
	const struct enumerator *at =
		symbol->declaration.as.enumeration.first;

	for (; at != NULL && check->compared <= COMPARED_MAX; at = at->next) {
		check->compared++;
		nearest_try(&nearest, at->name);
	}
	if (nearest.name == NULL || !edit_is_near(name, nearest.distance))
		return false;
	diag_help(report, "did you mean `%s`?", nearest.name);
	return true;
}

void suggest_symbol(struct check *check, struct unit *unit,
	struct diagnostic *report, const char *name, enum suggest what)
{
	static const char *const builtin[] = { "int8", "int16", "int32",
		"int64", "uint8", "uint16", "uint32", "uint64", "char",
		"byte", "string", "bool", "float32", "float64",
		"handle", "lease" };
	bool types = what == SUGGEST_TYPE;
	struct nearest nearest = { name, NULL, UINT32_MAX };
	struct symbol *symbol;
	struct unit *other;
	size_t i;

	if (check->compared > COMPARED_MAX
		|| suggest_import(check, unit, report, name)
		|| suggest_target(check, unit, report, name))
		return;
	if (types && foreign_type(name) != NULL) {
		diag_help(report, "did you mean `%s`?", foreign_type(name));
		return;
	}
	for (i = 0; types && i < sizeof builtin / sizeof builtin[0]; i++)
		nearest_try(&nearest, builtin[i]);
	for (other = check->units; other != NULL; other = other->next)
		for (symbol = other->first; symbol != NULL;
			symbol = symbol->next) {
			if (!symbol_fits(symbol, what)
				|| !symbol_visible(unit, symbol))
				continue;
			check->compared += 2;
			nearest_try(&nearest, symbol->declaration.qualified);
			nearest_try(&nearest, symbol->declaration.name);
		}
	if (nearest.name != NULL && edit_is_near(name, nearest.distance))
		diag_help(report, "did you mean `%s`?", nearest.name);
}
