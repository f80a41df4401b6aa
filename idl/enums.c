/*
 * enum, consts and bits: the integer type below, and the enumerators' values.
 */
#include "idl/check.h"

static struct type *enum_int32(struct check *check)
{
	struct type *type = ARENA_NEW(check->arena, struct type);

	*type = (struct type){ .kind = TYPE_INTEGER, .name = "int32",
		.width = 4, .is_signed = true, .bound = UNBOUNDED,
		.is_static = true, .fixed_size = 4 };
	return type;
}

/* docs/language.md, "Consts": their base is an integer type, and that of bits
 * has no sign. */
static struct type *consts_base(struct check *check, struct symbol *symbol)
{
	const struct ast_word *word = symbol->type_word;
	struct type *type = type_of_word(check, symbol->unit, word);
	bool is_bits = symbol->declaration.kind == DECLARATION_BITS;

	if (type == NULL)
		return NULL;
	if (type->kind == TYPE_INTEGER && is_bits && type->is_signed) {
		diag_help(diag_report(check->diags, E0218, word->span,
			"`%s` has a sign, and bits have none", type->name),
			"write `u%s`", type->newtype == NULL ? type->name
			: "int32");
		return NULL;
	}
	if (type->kind == TYPE_INTEGER)
		return type;
	diag_report(check->diags, E0218, word->span,
		"`%s` is no integer type: each of these is one value",
		type->name);
	return NULL;
}

struct type *enum_base(struct check *check, struct symbol *symbol)
{
	struct declaration *declaration = &symbol->declaration;

	if (symbol->progress == PROGRESS_RUNNING) {
		diag_report(check->diags, E0305, symbol->type_word->span,
			"the type below `%s` depends on itself",
			declaration->name);
		return NULL;
	}
	if (symbol->progress == PROGRESS_NONE) {
		symbol->progress = PROGRESS_RUNNING;
		declaration->as.enumeration.base =
			declaration->kind == DECLARATION_ENUM
			? enum_int32(check) : consts_base(check, symbol);
		symbol->progress = PROGRESS_DONE;
		if (declaration->as.enumeration.base == NULL)
			symbol->is_built = false;
	}
	return declaration->as.enumeration.base;
}

/* What an enumeration is filled with, one enumerator after the other. */
struct filling {
	struct check *check;
	struct symbol *symbol;
	const struct type *base;
	struct reserved *reserved;
	struct number next;		/* value of one that states none */
	bool next_known;
};

static void enum_reserve(struct filling *filling)
{
	const struct ast_declaration *ast = filling->symbol->ast;
	struct ast_enumerator *enumerator;
	struct ast_reserveds all = { 0 };

	for (enumerator = ast->enumerators.first; enumerator != NULL;
		enumerator = enumerator->next)
		if (enumerator->reserved != NULL) {
			AST_APPEND(all, enumerator->reserved);
		}
	filling->reserved = reserved_new(filling->check, all.first);
	filling->symbol->declaration.reserves = reserves_new(filling->check,
		all.first);
}

/* docs/language.md, "Enums": every value fits the type below. */
static bool enum_in_range(struct filling *filling, struct number value,
	struct span span, bool counted)
{
	const struct type *base = filling->base;
	struct diagnostic *report;
	char text[NUMBER_TEXT_SIZE];

	if (number_fits(value, base->width, base->is_signed))
		return true;
	report = diag_report(filling->check->diags, E0304, span,
		"%s does not fit `%s`, which holds %s", number_print(text, value),
		base->name, integer_range(filling->check->arena, base->width,
			base->is_signed));
	if (counted)
		diag_help(report, "it counts on from the one before it; "
			"give it a value");
	return false;
}

static bool enum_value(struct filling *filling, const struct ast_enumerator *ast,
	struct number *number)
{
	struct scope scope = { filling->symbol->unit, filling->symbol,
		filling->base->width, filling->base->is_signed };
	struct value value;

	if (ast->value == NULL && filling->symbol->declaration.kind
		== DECLARATION_BITS) {
		diag_help(diag_report(filling->check->diags, E0314,
			ast->name->span, "`%s` has no value: bits do not count "
			"on", ast->name->text), "write it as `%s = 1 << n`",
			ast->name->text);
		return false;
	}
	if (ast->value == NULL) {
		*number = filling->next;
		return filling->next_known && enum_in_range(filling, *number,
			ast->name->span, true);
	}
	if (!evaluate(filling->check, &scope, ast->value, &value))
		return false;
	if (value.kind != VALUE_NUMBER) {
		diag_report(filling->check->diags, E0306, ast->value->span,
			value.kind == VALUE_REAL ? "a whole number is wanted "
			"here" : "a number is wanted here");
		return false;
	}
	*number = value.number;
	return enum_in_range(filling, *number, ast->value->span, false);
}

static void enum_count_on(struct filling *filling, struct number from)
{
	filling->next_known = number_add(&filling->next, from, number_of(1));
}

static void enum_append(struct filling *filling, const struct ast_enumerator *ast,
	struct number value)
{
	struct symbol *symbol = filling->symbol;
	struct enumerator *enumerator = ARENA_NEW(filling->check->arena,
		struct enumerator), *other;

	enumerator->name = ast->name->text;
	enumerator->doc = ast->doc;
	enumerator->span = ast->name->span;
	enumerator->value = value;
	other = map_add(&symbol->enumerators, filling->check->arena,
		enumerator->name, enumerator);
	if (other != NULL) {
		diag_second(diag_report(filling->check->diags, E0204,
			enumerator->span, "`%s` is declared twice",
			enumerator->name), other->span, "first declared here");
		return;
	}
	if (symbol->enumerator != NULL)
		symbol->enumerator->next = enumerator;
	else
		symbol->declaration.as.enumeration.first = enumerator;
	symbol->enumerator = enumerator;
	symbol->declaration.as.enumeration.count++;
}

static void enum_one(struct filling *filling, const struct ast_enumerator *ast)
{
	struct number value;

	attributes_check(filling->check, &ast->attributes, PLACE_OTHER);
	if (ast->reserved != NULL) {
		if (!ast->reserved->is_name)
			enum_count_on(filling, ast->reserved->high);
		return;
	}
	if (!enum_value(filling, ast, &value)) {
		/* Those behind it would only repeat the trouble. */
		filling->next_known = false;
		filling->symbol->is_built = false;
		return;
	}
	enum_count_on(filling, value);
	if (!reserved_name_used(filling->check, filling->reserved,
			ast->name->text, ast->name->span))
		reserved_number_used(filling->check, filling->reserved,
			value, ast->name->span, "value");
	enum_append(filling, ast, value);
}

bool enum_values(struct check *check, struct symbol *symbol)
{
	struct filling filling = { check, symbol, NULL, NULL,
		number_of(0), true };
	const struct ast_enumerator *ast;

	if (symbol->values == PROGRESS_RUNNING) {
		diag_report(check->diags, E0305, symbol->declaration.span,
			"the values of `%s` depend on themselves",
			symbol->declaration.name);
		symbol->is_built = false;
	}
	if (symbol->values != PROGRESS_NONE)
		return symbol->is_built;
	symbol->values = PROGRESS_RUNNING;
	filling.base = enum_base(check, symbol);
	if (filling.base != NULL) {
		enum_reserve(&filling);
		for (ast = symbol->ast->enumerators.first; ast != NULL;
			ast = ast->next)
			enum_one(&filling, ast);
	}
	if (symbol->is_built && symbol->enumerator == NULL
		&& symbol->declaration.kind != DECLARATION_BITS
		&& symbol->declaration.as.enumeration.is_strict)
		diag_report(check->diags, E0422, symbol->declaration.span,
			"`%s` is strict and lists nothing, so it has no value",
			symbol->declaration.name);
	symbol->values = PROGRESS_DONE;
	return symbol->is_built;
}
