/*
 * Attributes: a table of where each may stand and what it takes.
 */
#include <string.h>

#include "idl/check.h"

enum takes {
	TAKES_NOTHING, TAKES_FORMAT, TAKES_NUMBERS, TAKES_TEXT, TAKES_PATH
};

#define ANY_MEMBER (PLACE_MEMBER | PLACE_PARAMETER)
#define ANY_CALL (PLACE_METHOD | PLACE_ONEWAY)

static const struct attribute {
	const char *name;
	unsigned places;
	enum takes takes;
	unsigned most;			/* arguments */
	const char *usage;
} attributes[] = {
	{ "format", ANY_MEMBER | PLACE_ENUM | PLACE_CONSTS, TAKES_FORMAT, 1,
		"@format(hex) or @format(bitfield)" },
	{ "name", ANY_MEMBER, TAKES_TEXT, 1, "@name(\"klass\")" },
	{ "bytes", ANY_MEMBER, TAKES_NUMBERS, 1, "@bytes(greatest size)" },
	{ "depth", ANY_MEMBER, TAKES_NUMBERS, 1, "@depth(greatest depth)" },
	{ "unbounded", PLACE_PARAMETER, TAKES_NOTHING, 0, "@unbounded" },
	{ "fast", ANY_CALL, TAKES_NOTHING, 0, "@fast" },
	{ "idempotent", ANY_CALL, TAKES_NOTHING, 0, "@idempotent" },
	{ "cancellable", PLACE_METHOD, TAKES_NOTHING, 0, "@cancellable" },
	{ "deadline", ANY_CALL, TAKES_NUMBERS, 1, "@deadline(milliseconds)" },
	{ "head", ANY_CALL | PLACE_EVENT, TAKES_NUMBERS, 2,
		"@head(bytes), or @head(bytes of the request, of the reply)" },
	{ "id_name", ANY_CALL | PLACE_EVENT, TAKES_TEXT, 1,
		"@id_name(\"fs.File.read\")" },
	{ "rights", PLACE_INTERFACE, TAKES_PATH, 1, "@rights(Bits)" },
	{ "prefix", PLACE_NAMESPACE, TAKES_TEXT, 1, "@prefix(\"fs\")" },
};

#define COUNT(table) (sizeof (table) / sizeof (table)[0])

static const struct attribute *attribute_known(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT(attributes); i++)
		if (strcmp(attributes[i].name, name) == 0)
			return &attributes[i];
	return NULL;
}

static void attribute_unknown(struct check *check,
	const struct ast_attribute *attribute)
{
	struct diagnostic *report = diag_report(check->diags, E0209,
		attribute->span, "there is no attribute `@%s`",
		attribute->name);
	const char *nearest = NULL;
	unsigned best = UINT32_MAX, distance;
	size_t i;

	for (i = 0; i < COUNT(attributes); i++) {
		distance = edit_distance(attribute->name, attributes[i].name);
		if (distance < best) {
			best = distance;
			nearest = attributes[i].name;
		}
	}
	if (edit_is_near(attribute->name, best))
		diag_help(report, "did you mean `@%s`?", nearest);
}

static bool attribute_name_is(const struct ast_expr *expr, const char *name)
{
	return expr->kind == AST_PATH && expr->path.first->next == NULL
		&& strcmp(expr->path.first->text, name) == 0;
}

static bool attribute_takes(const struct attribute *known,
	const struct ast_argument *argument)
{
	const struct ast_expr *value = argument->value;

	if (argument->name != NULL)
		return false;
	switch (known->takes) {
	case TAKES_NOTHING:
		return false;
	case TAKES_FORMAT:
		return attribute_name_is(value, "hex")
			|| attribute_name_is(value, "bitfield");
	case TAKES_NUMBERS:
		return value->kind != AST_STRING && value->kind != AST_FLOAT;
	case TAKES_TEXT:
		return value->kind == AST_STRING && value->string.size > 0;
	case TAKES_PATH:
		return value->kind == AST_PATH;
	}
	return false;
}

/* docs/language.md, "Attributes": their arguments. */
static void attribute_arguments(struct check *check,
	const struct attribute *known, const struct ast_attribute *attribute)
{
	const struct ast_argument *argument;
	unsigned count = 0;
	bool good = true;

	for (argument = attribute->arguments.first; argument != NULL;
		argument = argument->next) {
		good = good && attribute_takes(known, argument);
		count++;
	}
	if (good && count <= known->most && (count > 0 || known->most == 0))
		return;
	diag_help(diag_report(check->diags, E0211, attribute->span,
		"wrong arguments of `@%s`", attribute->name),
		"it is written %s", known->usage);
}

static void attribute_twice(struct check *check,
	const struct ast_attributes *list,
	const struct ast_attribute *attribute)
{
	const struct ast_attribute *other = attribute_find(list,
		attribute->name);

	if (other != attribute)
		diag_second(diag_report(check->diags, E0212, attribute->span,
			"`@%s` is given twice", attribute->name),
			other->span, "first given here");
}

/* docs/language.md, "Attributes": which there are, and where. */
void attributes_check(struct check *check, const struct ast_attributes *list,
	enum place place)
{
	const struct ast_attribute *attribute;
	const struct attribute *known;
	unsigned count = 0;

	for (attribute = list->first; attribute != NULL;
		attribute = attribute->next) {
		/* Each looks through the list: many are not meant. */
		if (++count > 64)
			return;
		known = attribute_known(attribute->name);
		attribute_twice(check, list, attribute);
		if (known != NULL && (known->places & place))
			attribute_arguments(check, known, attribute);
		else if (known != NULL)
			diag_report(check->diags, E0210, attribute->span,
				"`@%s` has no meaning here", attribute->name);
		else
			attribute_unknown(check, attribute);
	}
}

const struct ast_attribute *attribute_find(const struct ast_attributes *list,
	const char *name)
{
	const struct ast_attribute *attribute;

	for (attribute = list->first; attribute != NULL;
		attribute = attribute->next)
		if (strcmp(attribute->name, name) == 0)
			return attribute;
	return NULL;
}

const struct ast_text *attribute_text(const struct ast_attributes *list,
	const char *name)
{
	const struct ast_attribute *attribute = attribute_find(list, name);
	const struct ast_argument *argument;

	if (attribute == NULL)
		return NULL;
	argument = attribute->arguments.first;
	if (argument == NULL || argument->value->kind != AST_STRING)
		return NULL;
	return &argument->value->string;
}

enum format attributes_format(const struct ast_attributes *list)
{
	const struct ast_attribute *attribute = attribute_find(list, "format");
	const struct ast_argument *argument;

	if (attribute == NULL)
		return FORMAT_NONE;
	argument = attribute->arguments.first;
	if (argument == NULL)
		return FORMAT_NONE;
	if (attribute_name_is(argument->value, "hex"))
		return FORMAT_HEX;
	return attribute_name_is(argument->value, "bitfield") ? FORMAT_BITFIELD
		: FORMAT_NONE;
}
