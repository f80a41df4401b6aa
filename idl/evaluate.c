/*
 * Expressions: C's precedence, exact up to 128 bits, nothing wraps.
 */
#include <string.h>

#include "idl/check.h"

/* Expressions within each other, through constants too. */
#define DEPTH_LIMIT 1000

static bool wrong_kind(struct check *check, struct span span, const char *wanted)
{
	diag_report(check->diags, E0306, span, "%s is wanted here", wanted);
	return false;
}

static bool evaluate_number(struct check *check, const struct scope *scope,
	const struct ast_expr *expr, struct number *number)
{
	struct value value;

	if (!evaluate(check, scope, expr, &value))
		return false;
	if (value.kind != VALUE_NUMBER)
		return wrong_kind(check, expr->span, "a number");
	*number = value.number;
	return true;
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
	const struct ast_expr *expr, struct number *number)
{
	if (!evaluate_number(check, scope, expr->left, number))
		return false;
	if (expr->operator == '-')
		*number = number_negate(*number);
	else if (expr->operator == '~')
		return evaluate_not(check, scope, expr, number);
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

static bool evaluate_binary(struct check *check, const struct scope *scope,
	const struct ast_expr *expr, struct number *result)
{
	struct number left, right;
	bool fits = true;

	if (!evaluate_number(check, scope, expr->left, &left)
		|| !evaluate_number(check, scope, expr->right, &right))
		return false;
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
	case TYPE_STRING:
		value->kind = VALUE_TEXT;
		break;
	default:
		value->kind = VALUE_NUMBER;
		break;
	}
	value->number = constant->as.constant.value.number;
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
			&& symbol->declaration.kind != DECLARATION_CONSTS))
		return NULL;
	return symbol;
}

static bool unknown_name(struct check *check, const struct scope *scope,
	const struct ast_expr *expr, const char *name)
{
	struct diagnostic *report = diag_report(check->diags, E0207,
		expr->span, "nothing of the name `%s` has a value here", name);

	suggest_symbol(check, scope->unit, report, name, false);
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
		unbuilt_report(check, UNBUILT_FLOAT, expr->span);
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
		good = evaluate_unary(check, scope, expr, &value->number);
		break;
	case AST_BINARY:
		good = evaluate_binary(check, scope, expr, &value->number);
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

/* docs/language.md, "Constants": integers, bool, strings, within range. */
static bool const_fits(struct check *check, struct symbol *symbol,
	const struct value *value)
{
	const struct type *type = symbol->declaration.as.constant.type;
	struct span span = symbol->ast->value->span;
	char text[NUMBER_TEXT_SIZE];

	if (type->kind == TYPE_STRING && value->kind != VALUE_TEXT)
		return wrong_kind(check, span, "a string");
	if (type->kind == TYPE_BOOL && value->kind != VALUE_BOOL)
		return wrong_kind(check, span, "`true` or `false`");
	if (type->kind == TYPE_INTEGER && value->kind != VALUE_NUMBER)
		return wrong_kind(check, span, "a number");
	if (type->kind == TYPE_STRING && value->size > type->bound) {
		diag_report(check->diags, E0303, span, "a `%s` has at most "
			"%llu bytes, this has %zu", type->name,
			(unsigned long long)type->bound, value->size);
		return false;
	}
	if (type->kind != TYPE_INTEGER
		|| number_fits(value->number, type->width, type->is_signed))
		return true;
	diag_report(check->diags, E0303, span, "%s does not fit `%s`",
		number_print(text, value->number), type->name);
	return false;
}

static bool const_evaluate(struct check *check, struct symbol *symbol)
{
	struct declaration *constant = &symbol->declaration;
	struct scope scope = { .unit = symbol->unit };
	struct type *type;
	struct value value;

	type = type_of_word(check, symbol->unit, symbol->type_word);
	if (type == NULL)
		return false;
	constant->as.constant.type = type;
	if (type->kind != TYPE_INTEGER && type->kind != TYPE_BOOL
		&& type->kind != TYPE_STRING) {
		diag_report(check->diags, E0310, symbol->type_word->span,
			"a constant is an integer, a bool or a string");
		return false;
	}
	scope.width = type->kind == TYPE_INTEGER ? type->width : 8;
	scope.is_signed = type->is_signed;
	if (!evaluate(check, &scope, symbol->ast->value, &value)
		|| !const_fits(check, symbol, &value))
		return false;
	constant->as.constant.value.number = value.number;
	constant->as.constant.value.text = value.text;
	constant->as.constant.value.size = value.size;
	return true;
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
