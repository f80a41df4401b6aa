/*
 * Generated reflection tables: see runtime/reflect.h.
 */
#include "compiler/c_code.h"

#include <ctype.h>
#include <inttypes.h>

/* One run: numbers its tables as it prints them. */
struct reflect {
	struct c_code *c;
	const char *schema;		/* its name in C, before all names */
	unsigned count;
};

static const char *symbol(struct reflect *r)
{
	return arena_printf(r->c->arena, "%s_type%u", r->schema, r->count++);
}

static const char *print_type(struct reflect *r, const struct type *type, const char *path);

static const char *print_scalar(struct reflect *r, const struct type *type,
	const char *kind, const char *size, const char *element)
{
	const char *name = symbol(r);

	print_line(&r->c->out, "static const struct sk_type %s = {", name);
	print_line(&r->c->out, "\t.kind = SK_KIND_%s, .is_signed = %s, .size = %s,", kind,
		type->is_signed ? "true" : "false", size);
	if (element != NULL)
		print_line(&r->c->out, "\t.element = &%s,", element);
	print_line(&r->c->out, "};");
	return name;
}

/* A list, and its next function without types. */
static const char *print_list(struct reflect *r, const struct type *item, const char *list,
	const char *item_path, const char *kind)
{
	struct printer *out = &r->c->out;
	const char *element = print_type(r, item, item_path);
	const char *name = symbol(r);

	print_wrapped(out, "static bool %s_next(void *list, void *item)", name);
	print_line(out, "{");
	print_line(out, "\treturn %s_next((struct %s_list *)list, (%s)item);", list, list,
		c_declare_pointer(r->c, item, "", item_path));
	print_line(out, "}");
	print_line(out, "static const struct sk_type %s = {", name);
	print_line(out, "\t.kind = SK_KIND_%s, .size = sizeof(struct %s_list),", kind, list);
	print_line(out, "\t.element = &%s, .next = %s_next,", element, name);
	print_line(out, "};");
	return name;
}

static const char *print_array(struct reflect *r, const struct type *type, const char *path)
{
	struct printer *out = &r->c->out;
	const char *element = print_type(r, type->element, path);
	const char *name = symbol(r);

	print_line(out, "static const struct sk_type %s = {", name);
	print_line(out, "\t.kind = SK_KIND_ARRAY, .size = sizeof(%s),",
		c_declare(r->c, type, "", path));
	print_line(out, "\t.count = %" PRIu64 ", .element = &%s,", type->count, element);
	print_line(out, "};");
	return name;
}

static const char *print_type(struct reflect *r, const struct type *type, const char *path)
{
	struct c_code *c = r->c;

	path = c_path(c, type, path);
	switch (type->kind) {
	case TYPE_INTEGER:
	case TYPE_ENUM:
		return print_scalar(r, type, "INTEGER", arena_printf(c->arena, "%u",
			type->width), NULL);
	case TYPE_BOOL:
		return print_scalar(r, type, "BOOL", "sizeof(bool)", NULL);
	case TYPE_STRING:
		return print_scalar(r, type, "STRING", "sizeof(struct sk_string)", NULL);
	case TYPE_STRUCT:
		return arena_printf(c->arena, "%s_type", type->declaration->c_name);
	case TYPE_ARRAY:
		return print_array(r, type, path);
	default:
		break;
	}
	if (c_list_of(type) == C_LIST_BYTES)
		return print_scalar(r, type, "BYTES", "sizeof(struct sk_bytes)",
			print_type(r, type->element, path));
	return print_list(r, type->element, c_list_name(c, type, path),
		c_item_path(c, type, path), "LIST");
}

/* ---- fields ---- */

struct fields {
	const char *text;
	unsigned count;
};

static void add_field(struct reflect *r, struct fields *fields, const struct member *m,
	const char *owner)
{
	struct c_code *c = r->c;
	const char *path = arena_printf(c->arena, "%s_%s", owner, m->name);
	const char *type = m->is_recursive
		? print_list(r, m->type, m->type->declaration->c_name, path, "ONE")
		: print_type(r, m->type, path);
	const char *has = m->tag == 0 ? "SK_NO_FLAG"
		: arena_printf(c->arena, "offsetof(struct %s, has_%s)", owner, m->name);

	fields->text = arena_printf(c->arena,
		"%s\t{ \"%s\", &%s,\n\t  offsetof(struct %s, %s), %s },\n",
		fields->text, m->name, type, owner, m->name, has);
	fields->count++;
}

static void add_fields(struct reflect *r, struct fields *fields, const struct body *body,
	const char *owner)
{
	for (const struct member *m = body->first; m != NULL; m = m->next) {
		if (!m->is_tags)
			add_field(r, fields, m, owner);
		for (const struct member *t = m->tags; t != NULL; t = t->next)
			add_field(r, fields, t, owner);
	}
}

static void print_fields(struct reflect *r, const struct declaration *d)
{
	struct printer *out = &r->c->out;
	struct fields fields = { "", 0 };

	if (d->kind == DECLARATION_STRUCT) {
		add_fields(r, &fields, &d->as.structure.body, d->c_name);
	} else {
		add_fields(r, &fields, &d->as.message.head.body, d->c_name);
		add_fields(r, &fields, &d->as.message.tail.body, d->c_name);
	}
	if (fields.count != 0)
		print(out, "static const struct sk_field %s_fields[] = {\n%s};\n", d->c_name,
			fields.text);
	print_line(out, "const struct sk_type %s_type = {", d->c_name);
	print_line(out, "\t.kind = SK_KIND_STRUCT, .size = sizeof(struct %s),", d->c_name);
	if (fields.count != 0)
		print_line(out, "\t.count = %u, .fields = %s_fields,", fields.count, d->c_name);
	print_line(out, "};");
	print(out, "\n");
}

/* ---- messages ---- */

static void print_functions(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	const char *name = d->c_name;

	print_wrapped(out, "static int %s_encode_any(const void *value, void *to, size_t capacity)",
		name);
	print_line(out, "{");
	print_line(out, "\treturn %s_encode((const struct %s *)value, to, capacity);", name, name);
	print_line(out, "}");
	print_wrapped(out, "static int %s_decode_any(void *value, const void *from, size_t size, "
		"struct sk_room *room)", name);
	print_line(out, "{");
	if (c_has_lists(d)) {
		print_line(out, "\treturn %s_decode_into((struct %s *)value, from, size, room);",
			name, name);
	} else {
		print_line(out, "\t(void)room;");
		print_line(out, "\treturn %s_decode((struct %s *)value, from, size);", name, name);
	}
	print_line(out, "}");
	print(out, "\n");
}

struct messages {
	struct reflect *reflect;
	struct printer text;
};

static void print_one(void *context, const struct declaration *d)
{
	struct messages *all = context;
	struct reflect *r = all->reflect;

	if (d->kind == DECLARATION_MESSAGE && !d->as.message.has_id)
		return;
	print_fields(r, d);
	if (d->kind == DECLARATION_STRUCT)
		return;
	print_functions(r->c, d);
	print(&all->text, "\t{ \"%s\", %s_ID, &%s_type,\n"
		"\t  %s_encode_any, %s_decode_any },\n", d->name, d->c_name, d->c_name, d->c_name, d->c_name);
}

static void declare_struct_types(struct c_code *c, const struct schema *schema)
{
	for (const struct file *f = schema->files; f != NULL; f = f->next)
		for (const struct declaration *d = f->first; d != NULL; d = d->next)
			if (d->kind == DECLARATION_STRUCT)
				print_line(&c->out, "extern const struct sk_type %s_type;",
					d->c_name);
	print(&c->out, "\n");
}

static const char *schema_name(struct c_code *c)
{
	char *name = arena_printf(c->arena, "%s_schema", c->file->stem);

	for (char *p = name; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p))
			*p = '_';
	return name;
}

void c_print_reflection(struct c_code *c, const struct schema *schema)
{
	struct printer *out = &c->out;
		const char *name = schema_name(c);
	struct reflect reflect = { c, name, 0 };
	struct messages messages = { &reflect, { .arena = c->arena } };

	print_line(out, "/* Made by skald from %s; edit that, not this. */", c->file->name);
	print_line(out, "#include \"%s.skald.h\"", c->file->stem);
	print_line(out, "#include \"runtime/reflect.h\"");
	print(out, "\n");
	declare_struct_types(c, schema);
	c_each_body(c, &messages, print_one);
	print_line(out, "extern const struct sk_schema %s;", name);
	if (messages.text.size == 0) {
		print_line(out, "const struct sk_schema %s = { NULL, 0 };", name);
		return;
	}
	print(out, "static const struct sk_message_type %s_messages[] = {\n%.*s};\n", name,
		(int)messages.text.size, messages.text.text);
	print_line(out, "const struct sk_schema %s = {", name);
	print_line(out, "\t%s_messages, sizeof %s_messages / sizeof %s_messages[0]", name, name,
		name);
	print_line(out, "};");
}
