/*
 * The values of constants and defaults: of the kind, and within the range, of
 * their types.
 */
#include <math.h>

#include "idl/check.h"
#include "idl/real.h"

static bool not_that(struct check *check, struct span span, const char *wanted)
{
	diag_report(check->diags, E0306, span, "%s is wanted here", wanted);
	return false;
}

const char *integer_range(struct arena *arena, unsigned width, bool is_signed)
{
	uint64_t greatest = UINT64_MAX >> (64 - 8 * width + is_signed);

	return is_signed ? arena_printf(arena, "-%llu to %llu",
		(unsigned long long)greatest + 1, (unsigned long long)greatest)
		: arena_printf(arena, "0 to %llu", (unsigned long long)greatest);
}

static bool fits_not(struct check *check, struct span span,
	const struct type *type, const char *text)
{
	bool counts = type->kind == TYPE_INTEGER || type->kind == TYPE_ENUM;

	diag_report(check->diags, E0303, span, "%s does not fit `%s`%s%s", text,
		type->name, counts ? ", which holds " : "", counts
			? integer_range(check->arena, type->width,
				type->is_signed) : "");
	return false;
}

static const char *source_text(struct check *check, struct span span)
{
	return arena_printf(check->arena, "%.*s", (int)span.size,
		span.source->text + span.offset);
}

/* Bits that no enumerator has. */
static bool bits_list(const struct declaration *bits, struct number value)
{
	const struct enumerator *at = bits->as.enumeration.first;
	uint64_t known = 0;

	for (; at != NULL; at = at->next)
		known |= at->value.low;
	return (value.low & ~known) == 0;
}

bool enum_lists(const struct declaration *enumeration, struct number value)
{
	const struct enumerator *at = enumeration->as.enumeration.first;

	if (!enumeration->as.enumeration.is_strict)
		return true;
	if (enumeration->kind == DECLARATION_BITS)
		return bits_list(enumeration, value);
	while (at != NULL && number_compare(at->value, value) != 0)
		at = at->next;
	return at != NULL;
}

static bool number_literal(struct check *check, const struct type *type,
	const struct value *value, struct span span, struct literal *literal)
{
	char text[NUMBER_TEXT_SIZE];

	if (value->kind != VALUE_NUMBER)
		return not_that(check, span, value->kind == VALUE_REAL
			? "a whole number" : "a number");
	literal->kind = LITERAL_INTEGER;
	literal->number = value->number;
	if (!number_fits(value->number, type->width, type->is_signed))
		return fits_not(check, span, type,
			number_print(text, value->number));
	if (type->kind != TYPE_ENUM
		|| enum_lists(type->declaration, value->number))
		return true;
	diag_second(diag_report(check->diags, E0303, span,
		"%s is not among the values of `%s`, which is strict",
		number_print(text, value->number), type->name),
		type->declaration->span, "declared here");
	return false;
}

/* A number as it is written is rounded once, to the width that it is for. */
static bool real_literal(struct check *check, const struct type *type,
	const struct value *value, const struct ast_expr *expr,
	struct literal *literal)
{
	const struct ast_expr *bare = expr;
	bool fits;

	if (value->kind != VALUE_NUMBER && value->kind != VALUE_REAL)
		return not_that(check, expr->span, "a number");
	literal->kind = LITERAL_FLOAT;
	while (bare->kind == AST_UNARY)
		bare = bare->left;
	if (value->kind == VALUE_NUMBER) {
		fits = real_of_number(check->arena, value->number, type->width,
			&literal->real);
	} else if (bare->kind == AST_FLOAT) {
		fits = real_parse(check->arena, bare->string.text,
			bare->string.size, type->width, &literal->real);
		if (signbit(value->real))
			literal->real = -literal->real;
	} else {
		fits = real_round(value->real, type->width, &literal->real);
	}
	return fits || fits_not(check, expr->span, type,
		source_text(check, expr->span));
}

static bool text_literal(struct check *check, const struct type *type,
	const struct value *value, struct span span, struct literal *literal)
{
	if (value->kind != VALUE_TEXT)
		return not_that(check, span, "a string");
	literal->kind = LITERAL_TEXT;
	literal->text = value->text;
	literal->size = value->size;
	if (value->size <= type->bound)
		return true;
	diag_report(check->diags, E0303, span, "a `%s` has at most %llu bytes, "
		"this has %zu", type->name, (unsigned long long)type->bound,
		value->size);
	return false;
}

/* docs/language.md, "Constants": the value fits the type. */
static bool literal_of(struct check *check, struct unit *unit,
	const struct type *type, const struct ast_expr *expr,
	struct literal *literal)
{
	struct scope scope = { .unit = unit, .is_signed = type->is_signed };
	struct value value;

	scope.width = type->kind == TYPE_INTEGER || type->kind == TYPE_ENUM
		? type->width : 8;
	if (type->kind == TYPE_ENUM) {
		scope.enumeration = symbol_of(type->declaration);
		if (!enum_values(check, scope.enumeration))
			return false;
	}
	if (!evaluate(check, &scope, expr, &value))
		return false;
	switch (type->kind) {
	case TYPE_BOOL:
		literal->kind = LITERAL_BOOL;
		literal->number = value.number;
		return value.kind == VALUE_BOOL
			|| not_that(check, expr->span, "`true` or `false`");
	case TYPE_FLOAT:
		return real_literal(check, type, &value, expr, literal);
	case TYPE_STRING:
		return text_literal(check, type, &value, expr->span, literal);
	default:
		return number_literal(check, type, &value, expr->span, literal);
	}
}

static bool const_evaluate(struct check *check, struct symbol *symbol)
{
	struct declaration *constant = &symbol->declaration;
	struct type *type;

	type = type_of_word(check, symbol->unit, symbol->type_word);
	if (type == NULL)
		return false;
	constant->as.constant.type = type;
	if (type->kind != TYPE_INTEGER && type->kind != TYPE_BOOL
		&& type->kind != TYPE_FLOAT && type->kind != TYPE_STRING) {
		diag_report(check->diags, E0310, symbol->type_word->span,
			"a constant is an integer, a bool, a float or a string");
		return false;
	}
	return literal_of(check, symbol->unit, type, symbol->ast->value,
		&constant->as.constant.value);
}

bool const_value(struct check *check, struct symbol *symbol)
{
	if (symbol->progress == PROGRESS_RUNNING) {
		diag_report(check->diags, E0305, symbol->declaration.span,
			"the value of `%s` depends on itself",
			symbol->declaration.name);
		symbol->is_built = false;
		return false;
	}
	if (symbol->progress == PROGRESS_NONE) {
		symbol->progress = PROGRESS_RUNNING;
		if (!const_evaluate(check, symbol))
			symbol->is_built = false;
		symbol->progress = PROGRESS_DONE;
	}
	return symbol->is_built;
}

/* docs/language.md, "Defaults": of what has a single value. */
bool default_value(struct check *check, struct unit *unit,
	const struct type *type, const struct ast_expr *expr,
	struct literal *literal)
{
	switch (type->kind) {
	case TYPE_INTEGER:
	case TYPE_BOOL:
	case TYPE_FLOAT:
	case TYPE_ENUM:
	case TYPE_STRING:
		break;
	default:
		diag_help(diag_report(check->diags, E0313, expr->span,
			"a `%s` has no default", type->name),
			"numbers, bools, enumerators and strings have");
		return false;
	}
	if (literal_of(check, unit, type, expr, literal))
		return true;
	*literal = (struct literal){ 0 };
	return false;
}
