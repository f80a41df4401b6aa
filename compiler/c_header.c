/*
 * Generated headers: types in an order that C can take, then functions.
 */
#include "compiler/c_code.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "idl/map.h"

/* ---- comments ---- */

void c_print_doc(struct c_code *c, const char *doc, const struct span *span)
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
void c_print_member_doc(struct c_code *c, const char *doc)
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
	if (!c_is_flat(item) && item->kind != TYPE_RECORD)
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
	c_print_doc(c, d->doc, &d->span);
	print_line(&c->out, "typedef %s;%s", c_declare(c, &plain, d->c_name, d->c_name), bound);
	print(&c->out, "\n");
}

/* ---- structs and messages ---- */

void c_print_held(struct c_code *c, const struct member *m, const char *path)
{
	const struct type *type = m->type;

	/* Of an array, which C cannot hold (E0603), there are facts all the same. */
	while (m->is_recursive && type->kind == TYPE_ARRAY)
		type = type->element;
	if (m->is_recursive)
		print_line(&c->out, "struct %s_list %s; /* of one */",
			type->declaration->c_name, m->c_name);
	else
		print_line(&c->out, "%s;", c_declare(c, m->type, m->c_name,
			c_member_path(c, path, m)));
}

static void print_member(struct c_code *c, const struct member *m, const char *path)
{
	c_print_member_doc(c, m->doc);
	if (m->tag != 0 || m->is_optional)
		print_line(&c->out, "bool has_%s;", m->c_name);
	c_print_held(c, m, path);
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

/* What structs and variants are read and written by, where not in line. */
static void print_functions(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	const char *name = d->c_name;

	if (d->kind == DECLARATION_VARIANT || !c_print_struct_inline(c, d))
		print_wrapped(out, "bool %s_read(struct sk_reader *in, struct %s *value%s);",
			name, name, c_attached(d));
	print_wrapped(out, "bool %s_write(struct sk_writer *out, const struct %s *value%s);",
		name, name, c_attached(d));
	if (d->as.structure.handles != 0) {
		print_wrapped(out, "bool %s_attach(const struct %s *value, "
			"struct sk_attached *attached);", name, name);
		return;
	}
	if (c_is_held_as_one(c->file, d)) {
		print_wrapped(out, "bool %s_read_one(struct sk_reader *in, struct %s_list *list);",
			name, name);
		print_wrapped(out, "bool %s_write_one(struct sk_writer *out, "
			"const struct %s_list *list);", name, name);
	}
	print_list_functions(c, name);
}

static void print_struct(struct c_code *c, const struct declaration *d)
{
	const struct body *body = &d->as.structure.body;

	c_each_list_in(c, body, d->c_name, print_own_list);
	c_print_doc(c, d->doc, &d->span);
	if (d->kind == DECLARATION_VARIANT) {
		c_print_variant_type(c, d);
	} else {
		print_struct_head(c, d);
		print_members(c, body, d->c_name);
		if (table_block(d) != NULL)
			print_line(&c->out, "struct sk_bytes unknown; "
				"/* entries of other tags, passed on */");
		print_struct_end(c, !c_has_members(body) && table_block(d) == NULL);
	}
	if (d->kind == DECLARATION_RECORD) {
		c_print_record_functions(c, d);
		print_list_functions(c, d->c_name);
	} else {
		print(&c->out, "\n");
		c_print_init(c, d);
		print_functions(c, d);
	}
	print(&c->out, "\n");
}

static bool has_greatest(const struct declaration *d)
{
	const struct section *tail = &d->as.message.tail;

	return d->as.message.head.max_size != UNBOUNDED
		&& (tail->body.first == NULL || tail->max_size != UNBOUNDED);
}

static void print_sizes(struct c_code *c, const struct declaration *d)
{
	const struct section *head = &d->as.message.head;
	const struct section *tail = &d->as.message.tail;

	print_line(&c->out, d->as.message.id < 65536 ? "#define %s_ID UINT32_C(%" PRIu32 ")"
		: "#define %s_ID UINT32_C(0x%08" PRIx32 ")", d->c_name, d->as.message.id);
	if (has_greatest(d))
		print_line(&c->out, "#define %s_MAXSIZE %" PRIu64, d->c_name,
			head->max_size + (tail->body.first != NULL ? tail->max_size : 0));
}

/* A method of the file sends it. */
static bool is_sent(struct c_code *c, const struct declaration *d)
{
	const struct declaration *i = c->file->first;

	if (d->as.message.method != NULL)
		return true;
	for (; i != NULL; i = i->next) {
		if (i->kind != DECLARATION_INTERFACE)
			continue;
		for (unsigned m = 0; m < i->as.interface.method_count; m++)
			if (i->as.interface.methods[m]->request == d
			    || i->as.interface.methods[m]->reply == d)
				return true;
		for (unsigned e = 0; e < i->as.interface.event_count; e++)
			if (i->as.interface.events[e]->reply == d)
				return true;
	}
	return false;
}

/* What the front end has promised of it holds for this runtime. */
static void print_certificate(struct c_code *c, const struct declaration *d)
{
	const struct cost *cost = &d->as.message.cost;

	if (!is_sent(c, d))
		return;
	if (has_greatest(d))
		print_line(&c->out, "SK_CHECK(%s_MAXSIZE <= SK_MESSAGE_MAX,\n"
			"\t\"%s fits into a message\");", d->c_name, d->qualified);
	if (cost->handles != 0)
		print_line(&c->out, "SK_CHECK(%u <= SK_HANDLES_MAX, "
			"\"handles beside %s\");", cost->handles, d->qualified);
	if (cost->leases != 0)
		print_line(&c->out, "SK_CHECK(%u <= SK_LEASES_MAX, "
			"\"leases beside %s\");", cost->leases, d->qualified);
}

/* A message with arrays: they are left encoded, or put where there is room. */
static void print_decode_into(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	const char *name = d->c_name;

	print_wrapped(out, "int %s_decode_into(struct %s *value, const void *from, size_t size, "
		"struct sk_room *room%s);", name, name, c_attached(d));
	print_wrapped(out, "static inline int %s_decode(struct %s *value, const void *from, "
		"size_t size%s)", name, name, c_attached(d));
	print_line(out, "{");
	print_line(out, "\treturn %s_decode_into(value, from, size, NULL%s);", name,
		c_carries(d) ? ", attached" : "");
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
	c_print_doc(c, d->doc, &d->span);
	print_sizes(c, d);
	print_struct_head(c, d);
	print_members(c, head, d->c_name);
	print_members(c, tail, d->c_name);
	print_struct_end(c, !c_has_members(head) && !c_has_members(tail));
	print_certificate(c, d);
	print(out, "\n");
	c_print_init(c, d);
	if (c_is_in_words(d)) {
		c_print_message(c, d);
		return;
	}
	print_wrapped(out, "int %s_encode(const struct %s *value, void *to, size_t capacity%s);",
		d->c_name, d->c_name, c_attached(d));
	if (c_has_lists(d))
		print_decode_into(c, d);
	else
		print_wrapped(out, "int %s_decode(struct %s *value, const void *from, "
			"size_t size%s);", d->c_name, d->c_name, c_attached(d));
	print(out, "\n");
}

/* ---- the order of types ---- */

struct order {
	struct c_code *c;
	struct map printed;		/* declarations by name: each once */
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
	else if (type->kind == TYPE_ENUM || type->kind == TYPE_RECORD
		 || ((type->kind == TYPE_STRUCT || type->kind == TYPE_VARIANT) && by_value))
		order_declaration(order, type->declaration);
}

static void order_body(struct order *order, const struct body *body)
{
	for (const struct member *m = body->first; m != NULL; m = m->next) {
		if (m->type != NULL)
			order_type(order, m->type, !m->is_recursive);
		for (const struct member *t = m->tags; t != NULL; t = t->next)
			order_type(order, t->type, !t->is_recursive);
	}
}

static void order_declaration(struct order *order, const struct declaration *d)
{
	struct c_code *c = order->c;

	if (d->file != c->file
	    || map_add(&order->printed, c->arena, d->c_name, order) != NULL)
		return;
	switch (d->kind) {
	case DECLARATION_ENUM:
	case DECLARATION_CONSTS:
	case DECLARATION_BITS:
		c_print_enum(c, d);
		break;
	case DECLARATION_NEWTYPE:
		order_type(order, d->as.newtype, true);
		print_newtype(c, d);
		break;
	case DECLARATION_STRUCT:
	case DECLARATION_RECORD:
	case DECLARATION_VARIANT:
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

static bool has_list(const struct declaration *d)
{
	return (d->kind == DECLARATION_STRUCT || d->kind == DECLARATION_RECORD
		|| d->kind == DECLARATION_VARIANT) && d->as.structure.handles == 0;
}

static void print_struct_lists(struct c_code *c)
{
	const struct declaration *d = c->file->first;
	bool any = false;

	for (; d != NULL; d = d->next) {
		if (!has_list(d))
			continue;
		struct type self = c_type_of(d);
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

static void print_handles(struct c_code *c)
{
	const struct declaration *d = c->file->first;
	bool any = false;

	for (; d != NULL; d = d->next) {
		if (d->kind != DECLARATION_INTERFACE)
			continue;
		if (!any)
			print_line(&c->out, "/* Handles, of a type each: another where one is"
				" meant does not compile. */");
		any = true;
		print_line(&c->out, "%s {", c_handle(c, d));
		print_line(&c->out, "\tstruct sk_handle raw;");
		print_line(&c->out, "};");
	}
	if (any)
		print(&c->out, "\n");
}

static void print_types(struct c_code *c)
{
	struct order order = { .c = c };
	const struct declaration *d;

	for (d = c->file->first; d != NULL; d = d->next)
		if (d->kind == DECLARATION_CONST)
			c_print_constant(c, d);
	print_handles(c);
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
		c_print_member_doc(c, c->file->doc);
	print_line(out, "#ifndef %s", name);
	print_line(out, "#define %s", name);
	print(out, "\n");
	print_line(out, "#include \"runtime/skald.h\"");
	if (c->contracts)
		print_line(out, "#include \"runtime/contract.h\"");
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
