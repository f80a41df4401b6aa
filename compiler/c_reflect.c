/*
 * Generated reflection tables: values and messages. See runtime/reflect.h.
 *
 * Small functions without types stand between the tables and the generated
 * ones. Their names begin with `sk_any_`, which no schema's can.
 */
#include "compiler/c_reflect.h"

#include <ctype.h>
#include <inttypes.h>

/* ---- functions without types ---- */

/* Takes an element off a list of this type in C. */
static unsigned add_next(struct c_reflect *r, const char *list, const struct type *item,
	const char *item_path)
{
	struct printer *out = &r->c->out;
	const char *name = arena_printf(r->c->arena, "sk_any_%s_next", list);
	unsigned before = r->nexts.count;
	unsigned index = c_table_add(r, &r->nexts, name);

	if (index < before)
		return index;
	print_line(out, "static bool %s(void *list, void *item)", name);
	print_line(out, "{");
	print_wrapped(out, "\treturn %s_next((struct %s_list *)list, (%s)item);", list, list,
		c_declare_pointer(r->c, item, "", item_path));
	print_line(out, "}");
	print(out, "\n");
	return index;
}

static unsigned add_init(struct c_reflect *r, const char *name)
{
	struct printer *out = &r->c->out;

	print_line(out, "static void sk_any_%s_init(void *value)", name);
	print_line(out, "{");
	print_line(out, "\t%s_init((struct %s *)value);", name, name);
	print_line(out, "}");
	print(out, "\n");
	return c_table_add(r, &r->inits, arena_printf(r->c->arena, "sk_any_%s_init", name));
}

/* ---- types ---- */

struct description {
	const char *kind;
	const char *flags;
	unsigned item;
	const char *size;
	uint64_t count;
	uint64_t bound;
};

static const char *describe(struct c_reflect *r, const struct description *d)
{
	uint64_t bound = d->bound < UINT32_MAX ? d->bound : UINT32_MAX;

	return arena_printf(r->c->arena, "{ SK_KIND_%s, %s, %u, %s, %" PRIu64 ", %s }",
		d->kind, d->flags != NULL ? d->flags : "0", d->item, d->size, d->count,
		bound == UINT32_MAX ? "UINT32_MAX"
		: arena_printf(r->c->arena, "%" PRIu64, bound));
}

static unsigned add_type(struct c_reflect *r, const struct description *d)
{
	return c_table_add(r, &r->types, describe(r, d));
}

static unsigned add_value(struct c_reflect *r, uint64_t value)
{
	return c_table_append(r, &r->values, arena_printf(r->c->arena,
		"UINT64_C(0x%" PRIx64 ")", value));
}

static uint64_t bits(struct number value)
{
	return value.negative ? 0 - value.low : value.low;
}

/* The index of the first value that a strict enum lists, or of its mask. */
static unsigned add_values(struct c_reflect *r, const struct declaration *d)
{
	const struct enumerator *e = d->as.enumeration.first;
	struct c_described *found = map_get(&r->declarations, d->c_name);
	uint64_t mask = 0;

	if (found != NULL)
		return found->index;
	found = ARENA_NEW(r->c->arena, struct c_described);
	found->index = r->values.count;
	map_add(&r->declarations, r->c->arena, d->c_name, found);
	for (; e != NULL; e = e->next) {
		mask |= bits(e->value);
		if (d->kind != DECLARATION_BITS)
			add_value(r, bits(e->value));
	}
	if (d->kind == DECLARATION_BITS)
		add_value(r, mask);
	return found->index;
}

unsigned c_reflect_errors(struct c_reflect *r, const struct declaration *enumeration,
	unsigned *count)
{
	const char *name = arena_printf(r->c->arena, "%s errors", enumeration->c_name);
	struct c_described *found = map_get(&r->declarations, name);
	unsigned index = found != NULL ? found->index : r->values.count;

	*count = 0;
	for (const struct enumerator *e = enumeration->as.enumeration.first; e != NULL;
	     e = e->next) {
		if (e->value.negative || e->value.low == 0)
			continue;
		++*count;
		if (found == NULL)
			add_value(r, e->value.low);
	}
	if (found == NULL) {
		found = ARENA_NEW(r->c->arena, struct c_described);
		found->index = index;
		map_add(&r->declarations, r->c->arena, name, found);
	}
	return index;
}

static unsigned type_index(struct c_reflect *r, const struct type *type, const char *path);
static unsigned struct_index(struct c_reflect *r, const struct declaration *d);

static unsigned integer_index(struct c_reflect *r, const struct type *type)
{
	const struct declaration *d = type->kind == TYPE_ENUM ? type->declaration : NULL;
	struct description self = { .kind = "INTEGER", .bound = UNBOUNDED,
		.size = arena_printf(r->c->arena, "%u", type->width) };
	bool is_mask = d != NULL && d->kind == DECLARATION_BITS;
	const char *sign = type->is_signed ? "SK_TYPE_SIGNED" : "0";

	self.flags = sign;
	if (d != NULL && d->as.enumeration.is_strict) {
		self.item = add_values(r, d);
		self.count = is_mask ? 1 : d->as.enumeration.count;
		self.flags = arena_printf(r->c->arena, "%s%s",
			type->is_signed ? "SK_TYPE_SIGNED | " : "",
			is_mask ? "SK_TYPE_MASKED" : "SK_TYPE_LISTED");
	}
	return add_type(r, &self);
}

static const char *size_of(struct c_reflect *r, const struct type *type, const char *path)
{
	return arena_printf(r->c->arena, "sizeof(%s)", c_declare(r->c, type, "", path));
}

/* A list of these structs, or of exactly one. */
static unsigned list_index(struct c_reflect *r, const char *kind, const struct type *item,
	const char *list, const char *item_path, uint64_t bound)
{
	struct description self = { .kind = kind, .bound = bound,
		.size = arena_printf(r->c->arena, "sizeof(struct %s_list)", list) };

	self.item = type_index(r, item, item_path);
	self.count = add_next(r, list, item, item_path);
	return add_type(r, &self);
}

static unsigned array_of_any_index(struct c_reflect *r, const struct type *type,
	const char *path)
{
	struct description self = { .kind = "BYTES", .bound = type->bound,
		.size = "sizeof(struct sk_bytes)" };

	if (type->kind == TYPE_LIST && c_list_of(type) != C_LIST_BYTES)
		return list_index(r, "LIST", type->element, c_list_name(r->c, type, path),
			c_item_path(r->c, type, path), type->bound);
	if (type->kind == TYPE_ARRAY)
		self = (struct description){ .kind = "ARRAY", .count = type->count,
			.size = size_of(r, type, path), .bound = UNBOUNDED };
	self.item = type_index(r, type->element, path);
	return add_type(r, &self);
}

static unsigned lease_index(struct c_reflect *r, const struct type *type)
{
	struct description self = { .kind = "LEASE", .size = "sizeof(struct sk_lease)",
		.count = type->direction, .bound = UNBOUNDED };
	const char *name = arena_printf(r->c->arena, "%" PRIu64 " bytes", type->bound);
	struct c_described *found = map_get(&r->declarations, name);

	if (found == NULL) {
		found = ARENA_NEW(r->c->arena, struct c_described);
		found->index = add_value(r, type->bound);
		map_add(&r->declarations, r->c->arena, name, found);
	}
	self.item = found->index;
	return add_type(r, &self);
}

static unsigned type_index(struct c_reflect *r, const struct type *type, const char *path)
{
	struct description self = { .bound = UNBOUNDED, .size = "0" };

	path = c_path(r->c, type, path);
	switch (type->kind) {
	case TYPE_INTEGER:
	case TYPE_ENUM:
		return integer_index(r, type);
	case TYPE_BOOL:
		self.kind = "BOOL";
		self.size = "sizeof(bool)";
		break;
	case TYPE_FLOAT:
		self.kind = "FLOAT";
		self.size = type->width == 4 ? "4" : "8";
		break;
	case TYPE_STRING:
		self.kind = "STRING";
		self.size = "sizeof(struct sk_string)";
		self.bound = type->bound;
		break;
	case TYPE_HANDLE:
		self.kind = "HANDLE";
		self.size = "sizeof(struct sk_handle)";
		self.flags = type->is_copy ? "SK_TYPE_COPY" : "0";
		self.count = type->has_rights ? type->rights : UINT16_MAX;
		break;
	case TYPE_LEASE:
		return lease_index(r, type);
	case TYPE_STRUCT:
	case TYPE_RECORD:
	case TYPE_VARIANT:
		return struct_index(r, type->declaration);
	default:
		return array_of_any_index(r, type, path);
	}
	return add_type(r, &self);
}

/* ---- fields ---- */

static void add_field(struct c_reflect *r, struct c_table *fields, const struct member *m,
	const char *owner, uint64_t tag)
{
	struct c_code *c = r->c;
	const char *path = arena_printf(c->arena, "%s_%s", owner, m->c_name);
	bool has_flag = m->tag != 0 || m->is_optional;
	const char *has = !has_flag ? "0" : arena_printf(c->arena,
		"offsetof(struct %s, %s) - offsetof(struct %s, has_%s)", owner, m->c_name,
		owner, m->c_name);
	unsigned type = m->is_recursive
		? list_index(r, "ONE", m->type, m->type->declaration->c_name, path, UNBOUNDED)
		: type_index(r, m->type, path);

	c_table_append(r, fields, arena_printf(c->arena,
		"{ \"%s\", offsetof(struct %s, %s), %" PRIu64 ", %s, %u,\n\t  %s }",
		m->name, owner, m->c_name, tag, m->bytes_bound >= UINT32_MAX ? "UINT32_MAX"
		: arena_printf(c->arena, "%" PRIu64, m->bytes_bound), type, has));
}

static void add_fields(struct c_reflect *r, struct c_table *fields, const struct body *body,
	const char *owner)
{
	for (const struct member *m = body->first; m != NULL; m = m->next) {
		if (!m->is_tags)
			add_field(r, fields, m, owner, 0);
		for (const struct member *t = m->tags; t != NULL; t = t->next)
			add_field(r, fields, t, owner, m->is_sized ? t->tag : 0);
	}
}

static void add_arms(struct c_reflect *r, struct c_table *fields, const struct declaration *d)
{
	struct c_code *c = r->c;

	for (const struct member *m = d->as.structure.body.first; m != NULL; m = m->next) {
		const char *path = arena_printf(c->arena, "%s_%s", d->c_name, m->c_name);
		const char *type = "SK_NO_INDEX";

		if (m->is_recursive)
			type = arena_printf(c->arena, "%u", list_index(r, "ONE", m->type,
				m->type->declaration->c_name, path, UNBOUNDED));
		else if (m->type != NULL)
			type = arena_printf(c->arena, "%u", type_index(r, m->type, path));
		c_table_append(r, fields, arena_printf(c->arena,
			"{ \"%s\", %s, %" PRIu64 ", UINT32_MAX, %s, 0 }", m->name,
			m->type == NULL ? "0" : arena_printf(c->arena,
				"offsetof(struct %s, as)", d->c_name), m->tag, type));
	}
}

/* Flexible variants and tables have what the schema does not know. */
static void add_unknown(struct c_reflect *r, struct c_table *fields, const struct declaration *d)
{
	c_table_append(r, fields, arena_printf(r->c->arena,
		"{ \"\", offsetof(struct %s, unknown), 0, UINT32_MAX, SK_NO_INDEX, 0 }",
		d->c_name));
}

static bool has_unknown(const struct declaration *d)
{
	return table_block(d) != NULL || (d->kind == DECLARATION_VARIANT &&
		d->as.structure.is_flexible);
}

/* Appends the block, so that it stands together; returns where it begins. */
static unsigned add_block(struct c_reflect *r, const struct c_table *fields)
{
	unsigned first = r->fields.count;

	for (unsigned i = 0; i < fields->count; i++)
		c_table_append(r, &r->fields, fields->entries[i]);
	return first;
}

/* Finds a struct or message, or begins it, so that it can contain itself. */
static bool begin(struct c_reflect *r, const struct declaration *d, unsigned *index)
{
	struct c_described *found = map_get(&r->declarations, d->c_name);

	if (found == NULL) {
		found = ARENA_NEW(r->c->arena, struct c_described);
		found->index = c_table_append(r, &r->types, "");
		map_add(&r->declarations, r->c->arena, d->c_name, found);
		*index = found->index;
		return true;
	}
	*index = found->index;
	return false;
}

static void finish(struct c_reflect *r, unsigned index, const struct declaration *d,
	const char *kind, const char *flags, const struct c_table *fields)
{
	struct description self = { .kind = kind, .flags = flags,
		.size = arena_printf(r->c->arena, "sizeof(struct %s)", d->c_name) };

	self.item = add_block(r, fields);
	self.count = fields->count;
	if (has_unknown(d))
		self.count--;
	self.bound = add_init(r, d->c_name);
	r->types.entries[index] = describe(r, &self);
}

static unsigned struct_index(struct c_reflect *r, const struct declaration *d)
{
	struct c_table fields = { 0 };
	const char *kind = d->kind == DECLARATION_RECORD ? "RECORD" : "STRUCT";
	const char *flags = "0";
	unsigned index;

	if (!begin(r, d, &index))
		return index;
	if (d->kind == DECLARATION_VARIANT) {
		kind = "VARIANT";
		add_arms(r, &fields, d);
	} else {
		add_fields(r, &fields, &d->as.structure.body, d->c_name);
	}
	if (has_unknown(d)) {
		flags = "SK_TYPE_FLEXIBLE";
		add_unknown(r, &fields, d);
	}
	finish(r, index, d, kind, flags, &fields);
	return index;
}

/* ---- messages ---- */

static void print_functions(struct c_reflect *r, const struct declaration *d)
{
	struct printer *out = &r->c->out;
	const char *name = d->c_name;
	bool lists = c_has_lists(d);
	bool carries = c_carries(d);

	print_wrapped(out, "static int sk_any_%s_encode(const void *value, void *to, "
		"size_t capacity, struct sk_attached *attached)", name);
	print_line(out, "{");
	if (!carries)
		print_line(out, "\t(void)attached;");
	print_wrapped(out, "\treturn %s_encode((const struct %s *)value, to, capacity%s);", name,
		name, carries ? ", attached" : "");
	print_line(out, "}");
	print(out, "\n");
	print_wrapped(out, "static int sk_any_%s_decode(void *value, const void *from, "
		"size_t size, struct sk_room *room, struct sk_attached *attached)", name);
	print_line(out, "{");
	if (!lists)
		print_line(out, "\t(void)room;");
	if (!carries)
		print_line(out, "\tint none = attached != NULL ? sk_take_none(attached) : 0;");
	print_wrapped(out, "\tint status = %s_decode%s((struct %s *)value, from, size%s%s);",
		name, lists ? "_into" : "", name, lists ? ", room" : "",
		carries ? ", attached" : "");
	print_line(out, carries ? "\treturn status;" : "\treturn status != 0 ? status : none;");
	print_line(out, "}");
	print(out, "\n");
}

unsigned c_reflect_message(struct c_reflect *r, const struct declaration *d)
{
	const struct cost *cost = &d->as.message.cost;
	const char *name = d->c_name;
	const char *key = arena_printf(r->c->arena, "%s message", name);
	struct c_described *found = map_get(&r->declarations, key);
	struct c_table fields = { 0 };
	unsigned index;

	if (found != NULL)
		return found->index;
	begin(r, d, &index);
	add_fields(r, &fields, &d->as.message.head.body, name);
	add_fields(r, &fields, &d->as.message.tail.body, name);
	finish(r, index, d, "STRUCT", "0", &fields);
	print_functions(r, d);
	found = ARENA_NEW(r->c->arena, struct c_described);
	found->index = c_table_append(r, &r->messages, arena_printf(r->c->arena,
		"{ \"%s\", %s_ID, %u, %u, %u,\n\t  sk_any_%s_encode, sk_any_%s_decode }",
		d->name, name, index, cost->handles, cost->leases, name, name));
	map_add(&r->declarations, r->c->arena, key, found);
	return found->index;
}

static void add_body(void *context, const struct declaration *d)
{
	if (d->kind == DECLARATION_MESSAGE && d->as.message.has_id)
		c_reflect_message(context, d);
}

/* ---- all of it ---- */

static const char *schema_name(struct c_code *c)
{
	char *name = arena_printf(c->arena, "%s_schema", c->file->stem);

	for (char *p = name; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p))
			*p = '_';
	return isdigit((unsigned char)*name) ? arena_printf(c->arena, "skald_%s", name)
		: name;
}

static void print_schema(struct c_reflect *r)
{
	struct printer *out = &r->c->out;

	print_line(out, "extern const struct sk_schema %s;", r->schema);
	print_line(out, "const struct sk_schema %s = {", r->schema);
	print_line(out, "\t%s,", c_table_name(r, &r->types, "types"));
	print_line(out, "\t%s,", c_table_name(r, &r->fields, "fields"));
	print_line(out, "\t%s,", c_table_name(r, &r->values, "values"));
	print_line(out, "\t%s,", c_table_name(r, &r->nexts, "nexts"));
	print_line(out, "\t%s,", c_table_name(r, &r->inits, "inits"));
	print_line(out, "\t%s,", c_table_name(r, &r->messages, "messages"));
	print_line(out, "\t%s,", c_table_name(r, &r->methods, "methods"));
	print_line(out, "\t%s,", c_table_name(r, &r->interfaces, "interfaces"));
	print_line(out, "\t%u, %u, %u, %u, %u", r->types.count, r->fields.count,
		r->messages.count, r->methods.count, r->interfaces.count);
	print_line(out, "};");
}

void c_print_reflection(struct c_code *c, const struct schema *schema)
{
	struct printer *out = &c->out;
	struct c_reflect *r = ARENA_NEW(c->arena, struct c_reflect);

	(void)schema;
	r->c = c;
	r->schema = schema_name(c);
	print_line(out, "/* Made by skald from %s; edit that, not this. */", c->file->name);
	print_line(out, "#include \"%s.skald.h\"", c->file->stem);
	print_line(out, "#include \"runtime/reflect.h\"");
	print(out, "\n");
	c_each_body(c, r, add_body);
	c_reflect_interfaces(r);
	c_table_print(r, &r->types, "const struct sk_type ", "types", "");
	c_table_print(r, &r->fields, "const struct sk_field ", "fields", "");
	c_table_print(r, &r->values, "const uint64_t ", "values", "");
	c_table_print(r, &r->nexts, "bool (*const ", "nexts", ")(void *list, void *item)");
	c_table_print(r, &r->inits, "void (*const ", "inits", ")(void *value)");
	c_table_print(r, &r->messages, "const struct sk_message_type ", "messages", "");
	print_schema(r);
}
