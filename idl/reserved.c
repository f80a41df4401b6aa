/*
 * Reserved numbers and names: of tags, ids, methods, enumerators, members.
 */
#include <string.h>

#include "idl/check.h"

const struct ast_reserved *reserved_number(const struct ast_reserved *first,
	struct number number)
{
	for (; first != NULL; first = first->next)
		if (!first->is_name && number_compare(first->low, number) <= 0
			&& number_compare(number, first->high) <= 0)
			return first;
	return NULL;
}

const struct ast_reserved *reserved_name(const struct ast_reserved *first,
	const char *name)
{
	for (; first != NULL; first = first->next)
		if (first->is_name && strcmp(first->name.text, name) == 0)
			return first;
	return NULL;
}

/* docs/language.md, "Reserved": a reserved name is not declared again. */
bool reserved_name_used(struct check *check, const struct ast_reserved *first,
	const char *name, struct span span)
{
	const struct ast_reserved *reserved = reserved_name(first, name);

	if (reserved == NULL)
		return false;
	diag_second(diag_report(check->diags, E0208, span,
		"the name `%s` is reserved", name), reserved->span,
		"reserved here");
	return true;
}

bool reserved_number_used(struct check *check, const struct ast_reserved *first,
	struct number number, struct span span, const char *what)
{
	const struct ast_reserved *reserved = reserved_number(first, number);
	char text[NUMBER_TEXT_SIZE];

	if (reserved == NULL)
		return false;
	diag_second(diag_report(check->diags, E0312, span,
		"the %s %s is reserved", what, number_print(text, number)),
		reserved->span, "reserved here");
	return true;
}

void reserved_check(struct check *check, const struct ast_reserved *first)
{
	for (; first != NULL; first = first->next)
		if (!first->is_name
			&& number_compare(first->low, first->high) > 0)
			diag_report(check->diags, E0311, first->span,
				"this range runs backwards: "
				"the lower number comes first");
}
