/*
 * Generated enums, constants, and what says whether a value is one of a
 * strict enum's.
 */
#include "compiler/c_code.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers ---- */

/* In C, of the type's width. */
static const char *number(struct c_code *c, struct number value, const struct type *type)
{
	const char *kind = arena_printf(c->arena, "%sINT%u_C", type->is_signed ? "" : "U",
		8 * type->width);
	uint64_t least = UINT64_C(1) << (8 * type->width - 1);

	if (!value.negative)
		return arena_printf(c->arena, "%s(%" PRIu64 ")", kind, value.low);
	if (value.low == least)		/* there is no literal of the least one */
		return arena_printf(c->arena, "(-%s(%" PRIu64 ") - 1)", kind, value.low - 1);
	return arena_printf(c->arena, "(-%s(%" PRIu64 "))", kind, value.low);
}

static bool is_int(struct number value)
{
	return value.low <= (uint64_t)INT32_MAX + (value.negative ? 1 : 0);
}

static const char *plain_int(struct c_code *c, struct number value)
{
	if (value.negative && value.low > INT32_MAX)
		return "-2147483647 - 1";
	return arena_printf(c->arena, "%s%" PRIu64, value.negative ? "-" : "", value.low);
}

const char *c_number(struct c_code *c, struct number value, const struct type *type)
{
	return is_int(value) ? plain_int(c, value) : number(c, value, type);
}

/* The shortest decimal that reads back as the same. */
const char *c_real(struct c_code *c, double value, const struct type *type)
{
	bool is_float = type->width == 4;
	char text[40];

	for (int digits = 1; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, value);
		if (is_float ? strtof(text, NULL) == (float)value
		    : strtod(text, NULL) == value)
			break;
	}
	return arena_printf(c->arena, "%s%s%s", text,
		strpbrk(text, ".e") == NULL ? ".0" : "", is_float ? "f" : "");
}

const char *c_text(struct c_code *c, const struct literal *literal)
{
	struct printer out = { .arena = c->arena };

	print(&out, "\"");
	for (size_t i = 0; i < literal->size; i++) {
		unsigned char byte = (unsigned char)literal->text[i];
		bool is_plain = byte >= ' ' && byte < 0x7f && strchr("\"\\?", byte) == NULL;
		print(&out, is_plain ? "%c" : "\\%03o", byte);
	}
	print(&out, "\"");
	return arena_printf(c->arena, "%.*s", (int)out.size, out.text);
}

/* ---- strict enums ---- */

static bool stands_before(const struct declaration *d, const struct enumerator *e)
{
	const struct enumerator *other = d->as.enumeration.first;

	for (; other != e; other = other->next)
		if (other->value.low == e->value.low
		    && other->value.negative == e->value.negative)
			return true;
	return false;
}

static void print_listed(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	const struct enumerator *e = d->as.enumeration.first;

	print_line(out, "switch (value) {");
	for (; e != NULL; e = e->next)
		if (!stands_before(d, e))
			print_line(out, "case %s_%s:", d->c_name, e->name);
	print_line(out, "\treturn true;");
	print_line(out, "default:");
	print_line(out, "\treturn false;");
	print_line(out, "}");
}

static void print_bits(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	const struct enumerator *e = d->as.enumeration.first;

	print_line(out, "const %s all = %s_%s%s", d->c_name, d->c_name, e->name,
		e->next == NULL ? ";" : "");
	for (e = e->next; e != NULL; e = e->next)
		print_line(out, "\t| %s_%s%s", d->c_name, e->name, e->next == NULL ? ";" : "");
	print(out, "\n");
	print_line(out, "return (value & ~all) == 0;");
}

static void print_is_valid(struct c_code *c, const struct declaration *d)
{
	print_line(&c->out, "/* Strict: other values are refused, sent or received. */");
	print_wrapped(&c->out, "static inline bool %s_is_valid(%s value)", d->c_name, d->c_name);
	print_line(&c->out, "{");
	c->out.indent++;
	if (d->kind == DECLARATION_BITS)
		print_bits(c, d);
	else
		print_listed(c, d);
	c->out.indent--;
	print_line(&c->out, "}");
	print(&c->out, "\n");
}

/* ---- declarations ---- */

void c_print_enum(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	const struct type *base = d->as.enumeration.base;
	const struct enumerator *e = d->as.enumeration.first;
	bool all_int = true;

	for (; e != NULL; e = e->next)
		all_int = all_int && is_int(e->value);
	c_print_doc(c, d->doc, &d->span);
	print_line(out, "typedef %s_t %s;", c_integer(c, base), d->c_name);
	if (all_int)
		print_line(out, "enum {");
	for (e = d->as.enumeration.first; e != NULL; e = e->next) {
		out->indent += all_int;
		c_print_member_doc(c, e->doc);
		out->indent -= all_int;
		if (all_int)
			print_line(out, "\t%s_%s = %s%s", d->c_name, e->name,
				plain_int(c, e->value), e->next != NULL ? "," : "");
		else
			print_line(out, "#define %s_%s %s", d->c_name, e->name,
				number(c, e->value, base));
	}
	if (all_int)
		print_line(out, "};");
	print(out, "\n");
	if (d->as.enumeration.is_strict)
		print_is_valid(c, d);
}

void c_print_constant(struct c_code *c, const struct declaration *d)
{
	const struct type *type = d->as.constant.type;
	const struct literal *value = &d->as.constant.value;
	const char *text;

	switch (type->kind) {
	case TYPE_STRING:
		text = c_text(c, value);
		break;
	case TYPE_BOOL:
		text = value->number.low != 0 ? "true" : "false";
		break;
	case TYPE_FLOAT:
		text = c_real(c, value->real, type);
		if (*text == '-')
			text = arena_printf(c->arena, "(%s)", text);
		break;
	default:
		text = number(c, value->number, type);
	}
	c_print_doc(c, d->doc, &d->span);
	print_line(&c->out, "#define %s %s", d->c_name, text);
	print(&c->out, "\n");
}
