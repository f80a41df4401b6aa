/*
 * Generated _init functions: all zero, then defaults, and no handle.
 */
#include "compiler/c_code.h"

#include <inttypes.h>

static bool body_has_init(const struct body *body);

/* Zero bytes are not what it begins with. */
static bool has_init(const struct type *type)
{
	switch (type->kind) {
	case TYPE_HANDLE:
		return true;
	case TYPE_ARRAY:
		return has_init(type->element);
	case TYPE_STRUCT:
	case TYPE_RECORD:
		return body_has_init(&type->declaration->as.structure.body);
	default:
		return false;
	}
}

static bool is_zero(const struct literal *value)
{
	switch (value->kind) {
	case LITERAL_INTEGER:
	case LITERAL_BOOL:
		return value->number.low == 0;
	case LITERAL_TEXT:
		return value->size == 0;
	case LITERAL_FLOAT:
		return value->real == 0 && 1 / value->real > 0;
	default:
		return true;
	}
}

static bool member_has_init(const struct member *m)
{
	return !is_zero(&m->value) || (!m->is_recursive && has_init(m->type));
}

static bool body_has_init(const struct body *body)
{
	for (const struct member *m = body->first; m != NULL; m = m->next) {
		if (!m->is_tags && member_has_init(m))
			return true;
		for (const struct member *t = m->tags; t != NULL; t = t->next)
			if (member_has_init(t))
				return true;
	}
	return false;
}

/* "fs_Kind_FILE" if there is a name for it. */
static const char *enumerator(struct c_code *c, const struct declaration *d,
	struct number value)
{
	const struct enumerator *e = d->as.enumeration.first;

	for (; e != NULL; e = e->next)
		if (e->value.low == value.low && e->value.negative == value.negative)
			return arena_printf(c->arena, "%s_%s", d->c_name, e->name);
	return NULL;
}

static const char *literal(struct c_code *c, const struct type *type,
	const struct literal *value)
{
	const char *name = NULL;

	if (value->kind == LITERAL_BOOL)
		return value->number.low != 0 ? "true" : "false";
	if (value->kind == LITERAL_FLOAT)
		return c_real(c, value->real, type);
	if (type->kind == TYPE_ENUM)
		name = enumerator(c, type->declaration, value->number);
	return name != NULL ? name : c_number(c, value->number, type);
}

static void init_value(struct c_block *block, const struct type *type, const char *value)
{
	struct c_code *c = block->c;

	if (type->kind == TYPE_ARRAY) {
		const char *index = c_loop(block, type->count);
		init_value(block, type->element, arena_printf(c->arena, "%s[%s]", value, index));
		c_end_loop(block);
	} else if (type->kind == TYPE_HANDLE) {
		print_line(&c->out, "%s.raw = sk_no_handle();", value);
	} else {
		print_line(&c->out, "%s_init(&%s);", type->declaration->c_name, value);
	}
}

static void init_member(struct c_block *block, const struct member *m)
{
	struct c_code *c = block->c;
	const char *value = arena_printf(c->arena, "value->%s", m->c_name);

	if (m->value.kind == LITERAL_TEXT && m->value.size != 0) {
		print_line(&c->out, "%s.data = %s;", value, c_text(c, &m->value));
		print_line(&c->out, "%s.size = %zu;", value, m->value.size);
	} else if (!is_zero(&m->value)) {
		print_line(&c->out, "%s = %s;", value, literal(c, m->type, &m->value));
	} else if (!m->is_recursive && has_init(m->type)) {
		init_value(block, m->type, value);
	}
}

static void init_body(struct c_block *block, const struct body *body)
{
	for (const struct member *m = body->first; m != NULL; m = m->next) {
		if (!m->is_tags)
			init_member(block, m);
		for (const struct member *t = m->tags; t != NULL; t = t->next)
			init_member(block, t);
	}
}

void c_print_init(struct c_code *c, const struct declaration *d)
{
	struct c_block block = { .c = c };

	print_wrapped(&c->out, "static inline void %s_init(struct %s *value)", d->c_name,
		d->c_name);
	print_line(&c->out, "{");
	c->out.indent++;
	print_line(&c->out, "memset(value, 0, sizeof *value);");
	if (d->kind == DECLARATION_MESSAGE) {
		init_body(&block, &d->as.message.head.body);
		init_body(&block, &d->as.message.tail.body);
	} else if (d->kind != DECLARATION_VARIANT) {
		init_body(&block, &d->as.structure.body);
	}
	c->out.indent--;
	print_line(&c->out, "}");
	print(&c->out, "\n");
}
