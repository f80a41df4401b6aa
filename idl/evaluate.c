/*
 * Expressions: C's precedence, exact up to 128 bits, nothing wraps.
 */
#include <string.h>

#include "idl/check.h"
#include "idl/real.h"

/* Expressions within each other, through constants too. */
#define DEPTH_LIMIT 1000

static bool wrong_kind(struct check *check, struct span span, const char *wanted)
{
	diag_report(check->diags, E0306, span, "%s is wanted here", wanted);
	return false;
}

static bool whole_number(struct check *check, const struct ast_expr *expr,
	const struct value *value)
{
	if (value->kind == VALUE_NUMBER)
		return true;
	return wrong_kind(check, expr->span, value->kind == VALUE_REAL
		? "a whole number" : "a number");
}

static bool evaluate_number(struct check *check, const struct scope *scope,
	const struct ast_expr *expr, struct number *number)
{
	struct value value;

	if (!evaluate(check, scope, expr, &value)
		|| !whole_number(check, expr, &value))
		return false;
	*number = value.number;
	return true;
}

/* Of either kind. */
static bool evaluate_operand(struct check *check, const struct scope *scope,
	const struct ast_expr *expr, struct value *value)
{
	return evaluate(check, scope, expr, value) && (value->kind == VALUE_REAL
		|| whole_number(check, expr, value));
}

static bool overflow(struct check *check, struct span span)
{
	diag_report(check->diags, E0301, span,
		"the value has more than 128 bits");
	return false;
}

/* All bits of the target, turned over: so the target must hold the value. */
static bool evaluate_not(struct check *check, const struct scope *scope,
	const struct ast_expr *expr, struct number *number)
{
	struct number all = number_of(UINT64_MAX >> (64 - 8 * scope->width));
	char text[NUMBER_TEXT_SIZE];

	if (!number_fits(*number, scope->width, scope->is_signed)) {
		diag_report(check->diags, E0303, expr->left->span,
			"%s does not fit the %u bits that `~` works on",
			number_print(text, *number), 8 * scope->width);
		return false;
	}
	if (scope->is_signed)
		return number_subtract(number, number_negate(*number),
			number_of(1));
	return number_xor(number, *number, all);
}

static bool evaluate_unary(struct check *check, const struct scope *scope,
	const struct ast_expr *expr, struct value *value)
{
	if (!evaluate_operand(check, scope, expr->left, value))
		return false;
	if (expr->operator == '-') {
		value->number = number_negate(value->number);
		value->real = -value->real;
	} else if (expr->operator == '~') {
		return whole_number(check, expr->left, value)
			&& evaluate_not(check, scope, expr, &value->number);
	}
	return true;
}

static bool evaluate_shift(struct check *check, const struct ast_expr *expr,
	struct number left, struct number right, struct number *result)
{
	uint64_t by;

	if (!number_to_unsigned(&by, right) || by > 127) {
		diag_report(check->diags, E0309, expr->right->span,
			"a value is shifted by 0 to 127 places");
		return false;
	}
	if (expr->operator == AST_SHIFT_LEFT)
		return number_shift_left(result, left, (unsigned)by)
			|| overflow(check, expr->span);
	*result = number_shift_right(left, (unsigned)by);
	return true;
}

static bool evaluate_division(struct check *check, const struct ast_expr *expr,
	struct number left, struct number right, struct number *result)
{
	if (number_is_zero(right)) {
		diag_report(check->diags, E0302, expr->right->span,
			"division by zero");
		return false;
	}
	*result = expr->operator == '/' ? number_divide(left, right)
		: number_remainder(left, right);
	return true;
}

static bool evaluate_whole(struct check *check, const struct ast_expr *expr,
	struct number left, struct number right, struct number *result)
{
	bool fits = true;

	switch (expr->operator) {
	case '+':
		fits = number_add(result, left, right);
		break;
	case '-':
		fits = number_subtract(result, left, right);
		break;
	case '*':
		fits = number_multiply(result, left, right);
		break;
	case '&':
		fits = number_and(result, left, right);
		break;
	case '|':
		fits = number_or(result, left, right);
		break;
	case '^':
		fits = number_xor(result, left, right);
		break;
	case AST_SHIFT_LEFT:
	case AST_SHIFT_RIGHT:
		return evaluate_shift(check, expr, left, right, result);
	default:
		return evaluate_division(check, expr, left, right, result);
	}
	return fits || overflow(check, expr->span);
}

/* ---- floating-point numbers ---- */

static bool too_large(struct check *check, struct span span)
{
	diag_report(check->diags, E0303, span,
		"the value is too large for `float64`");
	return false;
}

static bool to_real(struct check *check, const struct ast_expr *expr,
	struct value *value)
{
	if (value->kind == VALUE_REAL)
		return true;
	value->kind = VALUE_REAL;
	return real_of_number(check->arena, value->number, 8, &value->real)
		|| too_large(check, expr->span);
}

/* docs/language.md, "Constants": if one of both is no whole number, neither
 * is the result. */
static bool evaluate_real(struct check *check, const struct ast_expr *expr,
	struct value *left, struct value *right, struct value *result)
{
	double value;

	if (!to_real(check, expr->left, left)
		|| !to_real(check, expr->right, right))
		return false;
	switch (expr->operator) {
	case '+':
		value = left->real + right->real;
		break;
	case '-':
		value = left->real - right->real;
		break;
	case '*':
		value = left->real * right->real;
		break;
	default:
		if (right->real == 0) {
			diag_report(check->diags, E0302, expr->right->span,
				"division by zero");
			return false;
		}
		value = left->real / right->real;
		break;
	}
	result->kind = VALUE_REAL;
	return real_round(value, 8, &result->real)
		|| too_large(check, expr->span);
}

static bool evaluate_float(struct check *check, const struct ast_expr *expr,
	struct value *value)
{
	value->kind = VALUE_REAL;
	return real_parse(check->arena, expr->string.text, expr->string.size,
		8, &value->real) || too_large(check, expr->span);
}

static bool evaluate_binary(struct check *check, const struct scope *scope,
	const struct ast_expr *expr, struct value *result)
{
	struct value left, right;

	if (!evaluate_operand(check, scope, expr->left, &left)
		|| !evaluate_operand(check, scope, expr->right, &right))
		return false;
	if (left.kind == VALUE_NUMBER && right.kind == VALUE_NUMBER)
		return evaluate_whole(check, expr, left.number, right.number,
			&result->number);
	if (strchr("+-*/", expr->operator) == NULL)
		return whole_number(check, expr->left, &left)
			&& whole_number(check, expr->right, &right);
	return evaluate_real(check, expr, &left, &right, result);
}

/* ---- names ---- */

static bool value_of_const(struct check *check, struct symbol *symbol,
	struct value *value)
{
	const struct declaration *constant = &symbol->declaration;

	if (!const_value(check, symbol))
		return false;
	switch (constant->as.constant.type->kind) {
	case TYPE_BOOL:
		value->kind = VALUE_BOOL;
		break;
	case TYPE_FLOAT:
		value->kind = VALUE_REAL;
		break;
	case TYPE_STRING:
		value->kind = VALUE_TEXT;
		break;
	default:
		value->kind = VALUE_NUMBER;
		break;
	}
	value->number = constant->as.constant.value.number;
	value->real = constant->as.constant.value.real;
	value->text = constant->as.constant.value.text;
	value->size = constant->as.constant.value.size;
	return true;
}

static bool value_of_enumerator(struct symbol *symbol, const char *name,
	struct value *value)
{
	struct enumerator *enumerator = map_get(&symbol->enumerators, name);

	if (enumerator == NULL)
		return false;
	value->kind = VALUE_NUMBER;
	value->number = enumerator->value;
	return true;
}

/* "Kind.FILE": what stands before the last dot is an enum. */
static struct symbol *qualifying_enum(struct check *check,
	const struct scope *scope, const struct ast_path *path)
{
	struct ast_path front = { 0 };
	struct ast_name *name, *copy;
	struct symbol *symbol;

	if (path->first == path->last)
		return NULL;
	for (name = path->first; name != path->last; name = name->next) {
		copy = ARENA_NEW(check->arena, struct ast_name);
		*copy = *name;
		copy->next = NULL;
		AST_APPEND(front, copy);
	}
	symbol = symbol_find(check, scope->unit,
		ast_path_text(check->arena, &front));
	if (symbol == NULL || !symbol->is_built
		|| (symbol->declaration.kind != DECLARATION_ENUM
			&& symbol->declaration.kind != DECLARATION_CONSTS
			&& symbol->declaration.kind != DECLARATION_BITS))
		return NULL;
	return symbol;
}

static bool unknown_name(struct check *check, const struct scope *scope,
	const struct ast_expr *expr, const char *name)
{
	struct diagnostic *report = diag_report(check->diags, E0207,
		expr->span, "nothing of the name `%s` has a value here", name);
	struct symbol *named = qualifying_enum(check, scope, &expr->path);

	if (named == NULL)
		named = scope->enumeration;
	if (named == NULL || !suggest_enumerator(check, report,
		expr->path.last->text, named))
		suggest_symbol(check, scope->unit, report, name, SUGGEST_VALUE);
	return false;
}

static bool evaluate_path(struct check *check, const struct scope *scope,
	const struct ast_expr *expr, struct value *value)
{
	const char *name = ast_path_text(check->arena, &expr->path);
	struct symbol *symbol;

	if (scope->enumeration != NULL
		&& value_of_enumerator(scope->enumeration, name, value))
		return true;
	symbol = symbol_find(check, scope->unit, name);
	if (symbol != NULL && symbol->declaration.kind == DECLARATION_CONST)
		return value_of_const(check, symbol, value);
	if (symbol != NULL && !symbol->is_built)
		return false;
	symbol = qualifying_enum(check, scope, &expr->path);
	if (symbol != NULL) {
		if (symbol != scope->enumeration
			&& !enum_values(check, symbol))
			return false;
		if (value_of_enumerator(symbol, expr->path.last->text, value))
			return true;
	}
	if (strcmp(name, "true") == 0 || strcmp(name, "false") == 0) {
		value->kind = VALUE_BOOL;
		value->number = number_of(name[0] == 't');
		return true;
	}
	return unknown_name(check, scope, expr, name);
}

bool evaluate(struct check *check, const struct scope *scope,
	const struct ast_expr *expr, struct value *value)
{
	bool good = false;

	*value = (struct value){ .kind = VALUE_NUMBER };
	if (check->depth >= DEPTH_LIMIT) {
		diag_report(check->diags, E0107, expr->span,
			"this value depends on too many others");
		return false;
	}
	check->depth++;
	switch (expr->kind) {
	case AST_NUMBER:
		value->number = expr->number;
		good = true;
		break;
	case AST_FLOAT:
		good = evaluate_float(check, expr, value);
		break;
	case AST_STRING:
		value->kind = VALUE_TEXT;
		value->text = expr->string.text;
		value->size = expr->string.size;
		good = true;
		break;
	case AST_PATH:
		good = evaluate_path(check, scope, expr, value);
		break;
	case AST_UNARY:
		good = evaluate_unary(check, scope, expr, value);
		break;
	case AST_BINARY:
		good = evaluate_binary(check, scope, expr, value);
		break;
	}
	check->depth--;
	return good;
}

bool evaluate_size(struct check *check, struct unit *unit,
	const struct ast_expr *expr, uint64_t least, uint64_t greatest,
	enum diag_code code, const char *what, uint64_t *result)
{
	struct scope scope = { .unit = unit, .width = 8 };
	char text[NUMBER_TEXT_SIZE];
	struct number number;

	if (!evaluate_number(check, &scope, expr, &number))
		return false;
	if (number_to_unsigned(result, number) && *result >= least
		&& *result <= greatest)
		return true;
	number_print(text, number);
	if (greatest > UINT32_MAX)
		diag_report(check->diags, code, expr->span,
			"%s is at least %llu, not %s", what,
			(unsigned long long)least, text);
	else
		diag_report(check->diags, code, expr->span,
			"%s is %llu to %llu, not %s", what,
			(unsigned long long)least, (unsigned long long)greatest,
			text);
	return false;
}
