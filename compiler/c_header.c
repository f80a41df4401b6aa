/*
 * Generated headers: types in an order that C can take, then functions.
 */
#include "compiler/c_code.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* ---- comments ---- */

static void print_doc(struct c_code *c, const char *doc, const struct span *span)
{
	struct printer *out = &c->out;
	const char *place = c_place(c, span);

	if (doc == NULL) {
		print_line(out, "/* %s */", place);
		return;
	}
	const char *end = strchr(doc, '\n');
	if (end == NULL) {
		print_line(out, "/** %s %s */", doc, place);
		return;
	}
	print_line(out, "/**");
	for (; end != NULL; doc = end + 1, end = strchr(doc, '\n'))
		print_line(out, doc == end ? " *%.*s" : " * %.*s", (int)(end - doc), doc);
	print_line(out, " * %s %s", doc, place);
	print_line(out, " */");
}

/* A doc comment behind or above a member; none if there is no text. */
static void print_member_doc(struct c_code *c, const char *doc)
{
	const char *end;

	if (doc == NULL)
		return;
	if (strchr(doc, '\n') == NULL) {
		print_line(&c->out, "/** %s */", doc);
		return;
	}
	print_line(&c->out, "/**");
	for (; (end = strchr(doc, '\n')) != NULL; doc = end + 1)
		print_line(&c->out, doc == end ? " *%.*s" : " * %.*s", (int)(end - doc), doc);
	print_line(&c->out, " * %s", doc);
	print_line(&c->out, " */");
}

/* ---- numbers ---- */

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

/* ---- enums, constants, newtypes ---- */

static void print_enum(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	const struct type *base = d->as.enumeration.base;
	const struct enumerator *e = d->as.enumeration.first;
	bool all_int = true;

	for (; e != NULL; e = e->next)
		all_int = all_int && is_int(e->value);
	print_doc(c, d->doc, &d->span);
	print_line(out, "typedef %s_t %s;", c_integer(c, base), d->c_name);
	if (all_int)
		print_line(out, "enum {");
	for (e = d->as.enumeration.first; e != NULL; e = e->next) {
		out->indent += all_int;
		print_member_doc(c, e->doc);
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
}

static void print_text_constant(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;

	print(out, "#define %s \"", d->c_name);
	for (size_t i = 0; i < d->as.constant.value.size; i++) {
		unsigned char byte = (unsigned char)d->as.constant.value.text[i];
		bool is_plain = byte >= ' ' && byte < 0x7f && strchr("\"\\?", byte) == NULL;
		print(out, is_plain ? "%c" : "\\%03o", byte);
	}
	print(out, "\"\n\n");
}

static void print_constant(struct c_code *c, const struct declaration *d)
{
	const struct type *type = d->as.constant.type;

	print_doc(c, d->doc, &d->span);
	if (type->kind == TYPE_STRING) {
		print_text_constant(c, d);
		return;
	}
	if (type->kind == TYPE_BOOL)
		print_line(&c->out, "#define %s %s", d->c_name,
			d->as.constant.value.number.low != 0 ? "true" : "false");
	else
		print_line(&c->out, "#define %s %s", d->c_name,
			number(c, d->as.constant.value.number, type));
	print(&c->out, "\n");
}

/* ---- lists ---- */

static void print_list_type(struct c_code *c, const struct type *item, const char *name,
	const char *path)
{
	struct printer *out = &c->out;

	print_line(out, "struct %s_list {", name);
	print_line(out, "\tconst %s;", c_declare_pointer(c, item, "items", path));
	print_line(out, "\tuint32_t count;");
	print_line(out, "\tstruct sk_range wire;");
	print_line(out, "};");
	if (!c_is_flat(item))
		print_wrapped(out, "bool %s_next(struct %s_list *list, %s);", name, name,
			c_declare_pointer(c, item, "item", path));
}

static void print_list_functions(struct c_code *c, const char *name)
{
	print_wrapped(&c->out, "bool %s_read_list(struct sk_reader *in, struct %s_list *list);",
		name, name);
	print_wrapped(&c->out, "bool %s_write_list(struct sk_writer *out, "
		"const struct %s_list *list);", name, name);
}

static void print_own_list(struct c_code *c, const struct type *list, const char *path)
{
	const char *name = c_list_name(c, list, path);

	print_list_type(c, list->element, name, c_item_path(c, list, path));
	print_list_functions(c, name);
	print(&c->out, "\n");
}

static void print_newtype(struct c_code *c, const struct declaration *d)
{
	struct type plain = *d->as.newtype;
	const char *bound = "";

	if (plain.newtype == d)
		plain.newtype = NULL;
	c_each_own_list(c, &plain, d->c_name, print_own_list);
	if (plain.newtype == NULL && plain.kind == TYPE_STRING && plain.bound != UNBOUNDED)
		bound = arena_printf(c->arena, " /* at most %" PRIu64 " bytes */", plain.bound);
	print_doc(c, d->doc, &d->span);
	print_line(&c->out, "typedef %s;%s", c_declare(c, &plain, d->c_name, d->c_name), bound);
	print(&c->out, "\n");
}

/* ---- structs and messages ---- */

static void print_member(struct c_code *c, const struct member *m, const char *path)
{
	struct printer *out = &c->out;
	const char *member_path = arena_printf(c->arena, "%s_%s", path, m->name);

	print_member_doc(c, m->doc);
	if (m->tag != 0)
		print_wrapped(out, "bool has_%s;", m->name);
	if (m->is_recursive)
		print_line(out, "struct %s_list %s; /* of one */",
			m->type->declaration->c_name, m->name);
	else
		print_line(out, "%s;", c_declare(c, m->type, m->name, member_path));
}

static void print_members(struct c_code *c, const struct body *body, const char *path)
{
	const struct member *m = body->first;

	for (; m != NULL; m = m->next) {
		if (!m->is_tags)
			print_member(c, m, path);
		for (const struct member *t = m->tags; t != NULL; t = t->next)
			print_member(c, t, path);
	}
}

static void print_init(struct c_code *c, const char *name)
{
	print_wrapped(&c->out, "static inline void %s_init(struct %s *value)", name, name);
	print_line(&c->out, "{");
	print_line(&c->out, "\tmemset(value, 0, sizeof *value);");
	print_line(&c->out, "}");
	print(&c->out, "\n");
}

static void print_struct_head(struct c_code *c, const struct declaration *d)
{
	print_line(&c->out, "struct %s {", d->c_name);
	c->out.indent++;
}

static void print_struct_end(struct c_code *c, bool is_empty)
{
	if (is_empty)
		print_line(&c->out, "uint8_t empty; /* C wants a member */");
	c->out.indent--;
	print_line(&c->out, "};");
}

static void print_struct(struct c_code *c, const struct declaration *d)
{
	const struct body *body = &d->as.structure.body;
	struct printer *out = &c->out;

	c_each_list_in(c, body, d->c_name, print_own_list);
	print_doc(c, d->doc, &d->span);
	print_struct_head(c, d);
	print_members(c, body, d->c_name);
	print_struct_end(c, body->first == NULL);
	print(out, "\n");
	print_init(c, d->c_name);
	if (!c_print_struct_inline(c, d))
		print_wrapped(out, "bool %s_read(struct sk_reader *in, struct %s *value);",
			d->c_name, d->c_name);
	print_wrapped(out, "bool %s_write(struct sk_writer *out, const struct %s *value);",
		d->c_name, d->c_name);
	if (c_is_held_as_one(c->file, d)) {
		print_wrapped(out, "bool %s_read_one(struct sk_reader *in, struct %s_list *list);",
			d->c_name, d->c_name);
		print_wrapped(out, "bool %s_write_one(struct sk_writer *out, "
			"const struct %s_list *list);", d->c_name, d->c_name);
	}
	print_list_functions(c, d->c_name);
	print(out, "\n");
}

static void print_sizes(struct c_code *c, const struct declaration *d)
{
	const struct section *head = &d->as.message.head;
	const struct section *tail = &d->as.message.tail;

	print_line(&c->out, d->as.message.id < 65536 ? "#define %s_ID UINT32_C(%" PRIu32 ")"
		: "#define %s_ID UINT32_C(0x%08" PRIx32 ")", d->c_name, d->as.message.id);
	if (head->max_size != UNBOUNDED
	    && (tail->body.first == NULL || tail->max_size != UNBOUNDED))
		print_line(&c->out, "#define %s_MAXSIZE %" PRIu64, d->c_name,
			head->max_size + (tail->body.first != NULL ? tail->max_size : 0));
}

/* A message with arrays: they are left encoded, or put where there is room. */
static void print_decode_into(struct c_code *c, const char *name)
{
	struct printer *out = &c->out;

	print_wrapped(out, "int %s_decode_into(struct %s *value, const void *from, size_t size, "
		"struct sk_room *room);", name, name);
	print_wrapped(out, "static inline int %s_decode(struct %s *value, const void *from, "
		"size_t size)", name, name);
	print_line(out, "{");
	print_line(out, "\treturn %s_decode_into(value, from, size, NULL);", name);
	print_line(out, "}");
}

static void print_message(struct c_code *c, const struct declaration *d)
{
	const struct body *head = &d->as.message.head.body;
	const struct body *tail = &d->as.message.tail.body;
	struct printer *out = &c->out;

	if (!d->as.message.has_id)
		return;
	c_each_list_in(c, head, d->c_name, print_own_list);
	c_each_list_in(c, tail, d->c_name, print_own_list);
	print_doc(c, d->doc, &d->span);
	print_sizes(c, d);
	print_struct_head(c, d);
	print_members(c, head, d->c_name);
	print_members(c, tail, d->c_name);
	print_struct_end(c, head->first == NULL && tail->first == NULL);
	print(out, "\n");
	print_init(c, d->c_name);
	print_wrapped(out, "int %s_encode(const struct %s *value, void *to, size_t capacity);",
		d->c_name, d->c_name);
	if (c_has_lists(d))
		print_decode_into(c, d->c_name);
	else
		print_wrapped(out, "int %s_decode(struct %s *value, const void *from, size_t size);",
			d->c_name, d->c_name);
	print(out, "\n");
}

/* ---- the order of types ---- */

/* Declarations whose type is printed, so that each is printed once. */
struct seen {
	const struct declaration *declaration;
	struct seen *next;
};

struct order {
	struct c_code *c;
	struct seen *seen;
};

static void order_declaration(struct order *order, const struct declaration *d);

/* What must be complete before a value of the type can be declared. */
static void order_type(struct order *order, const struct type *type, bool by_value)
{
	if (type->newtype != NULL && type->newtype->file == order->c->file)
		order_declaration(order, type->newtype);
	if (type->kind == TYPE_ARRAY)
		order_type(order, type->element, true);
	else if (type->kind == TYPE_LIST)
		order_type(order, type->element, false);
	else if (type->kind == TYPE_ENUM || (type->kind == TYPE_STRUCT && by_value))
		order_declaration(order, type->declaration);
}

static void order_body(struct order *order, const struct body *body)
{
	for (const struct member *m = body->first; m != NULL; m = m->next) {
		if (!m->is_tags)
			order_type(order, m->type, true);
		for (const struct member *t = m->tags; t != NULL; t = t->next)
			order_type(order, t->type, !t->is_recursive);
	}
}

static void order_declaration(struct order *order, const struct declaration *d)
{
	struct c_code *c = order->c;

	if (d->file != c->file)
		return;
	for (struct seen *s = order->seen; s != NULL; s = s->next)
		if (s->declaration == d)
			return;
	struct seen *seen = ARENA_NEW(c->arena, struct seen);
	*seen = (struct seen){ d, order->seen };
	order->seen = seen;

	switch (d->kind) {
	case DECLARATION_ENUM:
	case DECLARATION_CONSTS:
		print_enum(c, d);
		break;
	case DECLARATION_NEWTYPE:
		order_type(order, d->as.newtype, true);
		print_newtype(c, d);
		break;
	case DECLARATION_STRUCT:
		order_body(order, &d->as.structure.body);
		print_struct(c, d);
		break;
	case DECLARATION_MESSAGE:
		order_body(order, &d->as.message.head.body);
		order_body(order, &d->as.message.tail.body);
		print_message(c, d);
		break;
	default:
		break;
	}
}

static void order_each(void *context, const struct declaration *d)
{
	order_declaration((struct order *)context, d);
}

/* ---- the header ---- */

static const char *guard(struct c_code *c)
{
	char *name = arena_printf(c->arena, "%s_SKALD_H", c->file->stem);

	for (char *p = name; *p != '\0'; p++)
		*p = isalnum((unsigned char)*p) ? (char)toupper((unsigned char)*p) : '_';
	return isdigit((unsigned char)*name) ? arena_printf(c->arena, "SKALD_%s", name) : name;
}

static void print_struct_lists(struct c_code *c)
{
	const struct declaration *d = c->file->first;
	bool any = false;

	for (; d != NULL; d = d->next) {
		if (d->kind != DECLARATION_STRUCT)
			continue;
		struct type self = { .kind = TYPE_STRUCT,
			.declaration = (struct declaration *)d };
		if (!any)
			print_line(&c->out, "/* Arrays. To send: items and count. Received: items"
				" is NULL, and the\n * elements come by _next, which takes one"
				" off the front. */");
		any = true;
		print_line(&c->out, "struct %s;", d->c_name);
		print_list_type(c, &self, d->c_name, d->c_name);
		print(&c->out, "\n");
	}
}

static void print_types(struct c_code *c)
{
	struct order order = { c, NULL };
	const struct declaration *d;

	for (d = c->file->first; d != NULL; d = d->next)
		if (d->kind == DECLARATION_CONST)
			print_constant(c, d);
	print_struct_lists(c);
	for (d = c->file->first; d != NULL; d = d->next)
		if (d->kind != DECLARATION_MESSAGE)
			order_declaration(&order, d);
	c_each_body(c, &order, order_each);
}

void c_print_header(struct c_code *c)
{
	struct printer *out = &c->out;
	const char *name = guard(c);

	print_line(out, "/* Made by skald from %s; edit that, not this. */", c->file->name);
	if (c->file->doc != NULL)
		print_member_doc(c, c->file->doc);
	print_line(out, "#ifndef %s", name);
	print_line(out, "#define %s", name);
	print(out, "\n");
	print_line(out, "#include \"runtime/skald.h\"");
	for (const struct import *i = c->file->imports; i != NULL; i = i->next)
		print_line(out, "#include \"%s.skald.h\"", i->file->stem);
	print(out, "\n");
	print_line(out, "#ifdef __cplusplus");
	print_line(out, "extern \"C\" {");
	print_line(out, "#endif");
	print(out, "\n");
	print_types(c);
	for (const struct declaration *d = c->file->first; d != NULL; d = d->next)
		if (d->kind == DECLARATION_INTERFACE)
			c_declare_interface(c, d);
	print_line(out, "#ifdef __cplusplus");
	print_line(out, "}");
	print_line(out, "#endif");
	print(out, "\n");
	print_line(out, "#endif");
}
