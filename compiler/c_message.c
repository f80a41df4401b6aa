/*
 * Generated encode and decode functions of messages: the fixed parts, where
 * members stand in place or are pointed at, and the order of it all.
 */
#include "compiler/c_code.h"

#include <inttypes.h>
#include <string.h>

/* A section being printed. */
struct place {
	struct c_block *block;
	const struct section *section;
	const char *start;		/* "head" or "tail" */
	const char *path;
};

static const char *at(struct place *place, uint64_t offset)
{
	return arena_printf(place->block->c->arena, "%s + %" PRIu64, place->start, offset);
}

/* The byte there: "head[8]" for "head + 8". */
static const char *byte_at(struct c_code *c, const char *place)
{
	const char *plus = strstr(place, " + ");

	return arena_printf(c->arena, "%.*s[%s]", (int)(plus - place), place, plus + 3);
}

/* All bytes are values of the type, so that it can be copied whole. */
static bool is_raw(const struct type *type)
{
	if (type->kind == TYPE_ARRAY)
		return is_raw(type->element);
	return type_is_raw_byte(type) && type->kind != TYPE_BOOL;
}

/* ---- encode ---- */

static void put_static(struct c_block *block, const struct type *type, const char *to,
	const char *value)
{
	struct c_code *c = block->c;
	struct printer *out = &c->out;

	if (type->kind == TYPE_ARRAY && is_raw(type)) {
		c_flush(block);
		print_line(out, "memcpy(%s, %s, %" PRIu64 ");", to, value, type->fixed_size);
	} else if (type->kind == TYPE_ARRAY) {
		const char *index = c_loop(block, type->count);
		put_static(block, type->element, arena_printf(c->arena,
			"%s + %" PRIu64 " * %s", to, type->element->fixed_size, index),
			arena_printf(c->arena, "%s[%s]", value, index));
		c_end_loop(block);
	} else if (type->width == 1) {
		c_flush(block);
		print_line(out, "%s = %s%s;", byte_at(c, to),
			type->is_signed ? "(uint8_t)" : "", value);
	} else {
		c_flush(block);
		print_line(out, "sk_put_uint%u(%s, %s%s);", 8 * type->width, to,
			type->is_signed ? arena_printf(c->arena, "(uint%u_t)",
				8 * type->width) : "", value);
	}
}

static void put_pointer(struct place *place, const struct member *member)
{
	struct c_code *c = place->block->c;
	unsigned bits = 8 * place->section->pointer_width;

	c_flush(place->block);
	if (bits == 8)
		print_line(&c->out, "%s[%" PRIu64 "] = (uint8_t)(out.at - %s);",
			place->start, member->offset, place->start);
	else
		print_line(&c->out, "sk_put_uint%u(%s, (uint%u_t)(out.at - %s));", bits,
			at(place, member->offset), bits, place->start);
}

static void put_section(struct place *place)
{
	struct c_code *c = place->block->c;
	const struct member *m = place->section->body.first;

	for (; m != NULL; m = m->next) {
		if (m->is_pointer) {
			put_pointer(place, m);
			c_write_member(place->block, m, place->path);
		} else {
			put_static(place->block, m->type, at(place, m->offset),
				arena_printf(c->arena, "value->%s", m->name));
		}
	}
	c_flush(place->block);
}

static bool has_pointers(const struct section *section)
{
	for (const struct member *m = section->body.first; m != NULL; m = m->next)
		if (m->is_pointer)
			return true;
	return false;
}

static bool has_tail(const struct declaration *d)
{
	return d->as.message.tail.body.first != NULL;
}

/* Neither a tail nor a pointer: one size, plain stores and loads. */
static bool is_fixed(const struct declaration *d)
{
	return !has_tail(d) && !has_pointers(&d->as.message.head);
}

static void print_encode(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	const struct section *head = &d->as.message.head;
	const struct section *tail = &d->as.message.tail;
	struct c_block block = { .c = c, .stream = "&out", .fail = "return out.status;" };
	struct place place = { &block, head, "head", d->c_name };

	print_wrapped(out, "int %s_encode(const struct %s *value, void *to, size_t capacity)",
		d->c_name, d->c_name);
	print_line(out, "{");
	out->indent++;
	print_line(out, "uint8_t *head = (uint8_t *)to;");
	if (!is_fixed(d))
		print_line(out, "struct sk_writer out;");
	print(out, "\n");
	if (head->body.first == NULL && tail->body.first == NULL)
		print_line(out, "(void)value;");
	if (is_fixed(d))
		print_line(out, "if (capacity < %" PRIu64 ")", head->fixed_size);
	else
		print_line(out, "if (!sk_begin_head(&out, to, capacity, %" PRIu64 ", %" PRIu64 "))",
			head->fixed_size, head->declared_size);
	print_line(out, "\treturn SK_TOO_BIG;");
	print_line(out, "sk_put_uint64(head, %s_ID);", d->c_name);
	put_section(&place);
	if (has_tail(d)) {
		place = (struct place){ &block, tail, "tail", d->c_name };
		print(out, "\n");
		print_line(out, "uint8_t *tail = out.at;");
		print_line(out, "if (!sk_begin_tail(&out, to, capacity, %" PRIu64 "))",
			tail->fixed_size);
		print_line(out, "\treturn SK_TOO_BIG;");
		put_section(&place);
		print_line(out, "sk_put_uint32(head + 4, (uint32_t)(out.at - tail));");
	}
	if (is_fixed(d))
		print_line(out, "return %" PRIu64 ";", head->fixed_size);
	else
		print_line(out, "return (int)(out.at - head);");
	out->indent--;
	print_line(out, "}");
	print(out, "\n");
}

/* ---- decode ---- */

static void get_static(struct c_block *block, const struct type *type, const char *from,
	const char *value)
{
	struct c_code *c = block->c;
	struct printer *out = &c->out;

	if (type->kind == TYPE_ARRAY && is_raw(type)) {
		c_flush(block);
		print_line(out, "memcpy(%s, %s, %" PRIu64 ");", value, from, type->fixed_size);
	} else if (type->kind == TYPE_ARRAY) {
		const char *index = c_loop(block, type->count);
		get_static(block, type->element, arena_printf(c->arena,
			"%s + %" PRIu64 " * %s", from, type->element->fixed_size, index),
			arena_printf(c->arena, "%s[%s]", value, index));
		c_end_loop(block);
	} else if (type->kind == TYPE_BOOL) {
		c_require(block, "sk_get_bool(%s, &%s)", from, value);
	} else if (type->width == 1) {
		c_flush(block);
		print_line(out, "%s = %s%s;", value,
			type->is_signed ? "(int8_t)" : "", byte_at(c, from));
	} else {
		c_flush(block);
		print_line(out, "%s = %ssk_get_uint%u(%s);", value,
			type->is_signed ? arena_printf(c->arena, "(int%u_t)",
				8 * type->width) : "", 8 * type->width, from);
	}
}

static void get_pointer(struct place *place, const struct member *member)
{
	struct c_code *c = place->block->c;
	unsigned bits = 8 * place->section->pointer_width;
	const char *offset = bits == 8
		? arena_printf(c->arena, "%s[%" PRIu64 "]", place->start, member->offset)
		: arena_printf(c->arena, "sk_get_uint%u(%s)", bits, at(place, member->offset));

	c_require(place->block, "sk_read_pointer(&in, %s, %s)", place->start, offset);
}

static void get_section(struct place *place)
{
	struct c_code *c = place->block->c;
	const struct member *m = place->section->body.first;

	for (; m != NULL; m = m->next) {
		if (m->is_pointer) {
			get_pointer(place, m);
			c_read_member(place->block, m, place->path);
		} else {
			get_static(place->block, m->type, at(place, m->offset),
				arena_printf(c->arena, "value->%s", m->name));
		}
	}
}

static bool type_has_lists(const struct type *type);

static bool body_has_lists(const struct body *body)
{
	for (const struct member *m = body->first; m != NULL; m = m->next) {
		if (!m->is_tags && type_has_lists(m->type))
			return true;
		for (const struct member *t = m->tags; t != NULL; t = t->next)
			if (t->is_recursive || type_has_lists(t->type))
				return true;
	}
	return false;
}

/* Ends: a struct in itself is held in a list, at the latest. */
static bool type_has_lists(const struct type *type)
{
	if (type->kind == TYPE_LIST)
		return c_list_of(type) != C_LIST_BYTES;
	if (type->kind == TYPE_ARRAY)
		return type_has_lists(type->element);
	return type->kind == TYPE_STRUCT
		&& body_has_lists(&type->declaration->as.structure.body);
}

bool c_has_lists(const struct declaration *message)
{
	return body_has_lists(&message->as.message.head.body)
		|| body_has_lists(&message->as.message.tail.body);
}

static void print_open(struct c_code *c, const struct declaration *d, const char *room)
{
	struct printer *out = &c->out;
	const struct section *head = &d->as.message.head;

	if (is_fixed(d))
		print_line(out, "if (!sk_is_fixed(from, size, %s_ID, %" PRIu64 ", %" PRIu64 "))",
			d->c_name, head->fixed_size, head->declared_size);
	else if (!has_tail(d))
		print_line(out, "if (!sk_open_head(&in, from, size, %s, %s_ID, %" PRIu64
			", %" PRIu64 "))", room, d->c_name, head->fixed_size, head->declared_size);
	else
		print_line(out, "if (!sk_open_head_of_two(&in, from, size, %s, %s_ID, %" PRIu64
			", %" PRIu64 ", %" PRIu64 "))", room, d->c_name, head->fixed_size,
			head->declared_size, d->as.message.tail.fixed_size);
	print_line(out, "\treturn SK_MALFORMED;");
}

static void print_decode(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	const struct section *head = &d->as.message.head;
	const struct section *tail = &d->as.message.tail;
	bool lists = c_has_lists(d);
	struct c_block block = { .c = c, .stream = "&in",
		.fail = lists ? "return sk_refusal(room);" : "return SK_MALFORMED;" };
	struct place place = { &block, head, "head", d->c_name };
	bool tags = c_has_tags(&head->body) || c_has_tags(&tail->body);
	bool is_empty = head->body.first == NULL && tail->body.first == NULL;

	print_wrapped(out, "int %s_decode%s(struct %s *value, const void *from, size_t size%s)",
		d->c_name, lists ? "_into" : "", d->c_name,
		lists ? ", struct sk_room *room" : "");
	print_line(out, "{");
	out->indent++;
	if (head->body.first != NULL)
		print_line(out, "const uint8_t *head = (const uint8_t *)from;");
	if (!is_fixed(d))
		print_line(out, "struct sk_reader in;");
	if (tags)
		print_line(out, "uint64_t tag;");
	if (!is_empty)
		print(out, "\n");
	if (tags || is_empty)
		print_line(out, "%s_init(value);", d->c_name);
	print_open(c, d, lists ? "room" : "NULL");
	get_section(&place);
	if (!is_fixed(d))
		c_require(&block, "sk_close_head(&in)");
	c_flush(&block);
	if (has_tail(d)) {
		place = (struct place){ &block, tail, "tail", d->c_name };
		print(out, "\n");
		print_line(out, "const uint8_t *tail = in.end;");
		print_line(out, "sk_open_tail(&in, from, size, %" PRIu64 ");", tail->fixed_size);
		get_section(&place);
		c_require(&block, "sk_close_tail(&in)");
		c_flush(&block);
	}
	print_line(out, "return 0;");
	out->indent--;
	print_line(out, "}");
	print(out, "\n");
}

void c_print_message(struct c_code *c, const struct declaration *declaration)
{
	print_encode(c, declaration);
	print_decode(c, declaration);
}
