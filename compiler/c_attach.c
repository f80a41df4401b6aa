/*
 * Generated attaching: all handles and leases of a value, in the order of
 * their bytes, before any byte is written. A missing one does not keep the
 * others from being attached, so that what moves is given away all the same.
 */
#include "compiler/c_code.h"

#include <inttypes.h>

static const char *rights_given(struct c_code *c, const struct type *handle)
{
	return handle->has_rights ? c_rights_wanted(c, handle) : "SK_RIGHTS_ALL";
}

/* "if (present && !attach(...)) fail" */
static void print_one(struct c_code *c, const char *present, const char *call,
	const char *fail)
{
	if (*present != '\0')
		print_line(&c->out, "if (%s", present);
	print_wrapped(&c->out, *present != '\0' ? "    && !%s)" : "if (!%s)", call);
	print_line(&c->out, "\t%s", fail);
}

/* What to do about a missing handle; a message says it by its status. */
struct failure {
	const char *handle;
	const char *lease;
};

static void attach_value(struct c_block *block, const struct type *type, const char *value,
	const char *present, const struct failure *fail)
{
	struct c_code *c = block->c;

	switch (type->kind) {
	case TYPE_HANDLE:
		print_one(c, present, arena_printf(c->arena,
			"sk_attach_handle(attached, %s.raw, %s, %s)", value,
			rights_given(c, type), type->is_copy ? "true" : "false"), fail->handle);
		break;
	case TYPE_LEASE:
		print_one(c, present, arena_printf(c->arena,
			"sk_attach_lease(attached, &%s, %s, %s)", value,
			c_direction(type), c_lease_max(c, type)), fail->lease);
		break;
	case TYPE_ARRAY:
		if (*present != '\0') {
			print_line(&c->out, "if (%s) {", present);
			c->out.indent++;
		}
		const char *index = c_loop(block, type->count);
		attach_value(block, type->element, arena_printf(c->arena, "%s[%s]", value, index),
			"", fail);
		c_end_loop(block);
		if (*present != '\0') {
			c->out.indent--;
			print_line(&c->out, "}");
		}
		break;
	default:
		print_one(c, present, arena_printf(c->arena, "%s_attach(&%s, attached)",
			type->declaration->c_name, value), fail->handle);
		break;
	}
}

static void attach_member(struct c_block *block, const struct member *m,
	const struct failure *fail)
{
	struct arena *arena = block->c->arena;
	const char *present = m->is_optional || m->tag != 0
		? arena_printf(arena, "value->has_%s", m->c_name) : "";

	if (c_type_carries(m->type))
		attach_value(block, m->type, arena_printf(arena, "value->%s", m->c_name),
			present, fail);
}

static void attach_dynamic(struct c_block *block, const struct member *m,
	const struct failure *fail)
{
	if (!m->is_tags)
		attach_member(block, m, fail);
	for (const struct member *t = m->tags; t != NULL; t = t->next)
		attach_member(block, t, fail);
}

/* ---- structs and variants ---- */

static void attach_arm(struct c_block *block, const struct declaration *d,
	const struct member *arm, const struct failure *fail)
{
	struct c_code *c = block->c;

	if (arm->type == NULL || !c_type_carries(arm->type))
		return;
	print_line(&c->out, "case %s_%s:", d->c_name, arm->c_name);
	c->out.indent++;
	attach_value(block, arm->type, arena_printf(c->arena, "value->as.%s", arm->c_name), "",
		fail);
	print_line(&c->out, "break;");
	c->out.indent--;
}

static void attach_arms(struct c_block *block, const struct declaration *d,
	const struct failure *fail)
{
	struct printer *out = &block->c->out;

	print_line(out, "switch (value->which) {");
	for (const struct member *m = d->as.structure.body.first; m != NULL; m = m->next)
		attach_arm(block, d, m, fail);
	print_line(out, "default:");
	print_line(out, "\tbreak;");
	print_line(out, "}");
}

void c_print_attach(struct c_code *c, const struct declaration *d)
{
	static const struct failure fail = { "good = false;", "good = false;" };
	struct c_block block = { .c = c };
	const struct member *m = d->as.structure.body.first;

	if (d->as.structure.handles == 0)
		return;
	print_wrapped(&c->out, "bool %s_attach(const struct %s *value, "
		"struct sk_attached *attached)", d->c_name, d->c_name);
	print_line(&c->out, "{");
	c->out.indent++;
	print_line(&c->out, "bool good = true;");
	print(&c->out, "\n");
	if (d->kind == DECLARATION_VARIANT)
		attach_arms(&block, d, &fail);
	else
		for (; m != NULL; m = m->next)
			attach_dynamic(&block, m, &fail);
	print_line(&c->out, "return good;");
	c->out.indent--;
	print_line(&c->out, "}");
	print(&c->out, "\n");
}

/* ---- messages ---- */

/* What stands in place comes before what is pointed at. */
static void attach_section(struct c_block *block, const struct section *section,
	const struct failure *fail)
{
	for (const struct member *m = section->body.first; m != NULL; m = m->next)
		if (!m->is_pointer)
			attach_member(block, m, fail);
	for (const struct member *m = section->body.first; m != NULL; m = m->next)
		if (m->is_pointer)
			attach_dynamic(block, m, fail);
}

void c_attach_message(struct c_code *c, const struct declaration *d)
{
	static const struct failure fail = { "status = SK_BAD_HANDLE;", "status = SK_BAD_LEASE;" };
	struct c_block block = { .c = c };

	print_line(&c->out, "sk_attach_none(attached);");
	attach_section(&block, &d->as.message.head, &fail);
	attach_section(&block, &d->as.message.tail, &fail);
	print_line(&c->out, "if (status != 0)");
	print_line(&c->out, "\treturn status;");
}
