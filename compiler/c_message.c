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
	bool carries;			/* the message: handles or leases */
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

/* "head + 8 + 4 * i" */
static const char *element_at(struct c_code *c, const char *place, const struct type *element,
	const char *index)
{
	if (element->fixed_size == 1)
		return arena_printf(c->arena, "%s + %s", place, index);
	return arena_printf(c->arena, "%s + %" PRIu64 " * %s", place, element->fixed_size, index);
}

/*
 * Where something goes beside the bytes, it is numbered in the order of the
 * bytes: what stands in place comes before what is pointed at.
 */
static bool is_turn(const struct member *m, bool carries, int turn)
{
	return !carries ? turn == 0 : m->is_pointer == (turn == 1);
}

static void each_in_turn(struct place *place,
	void (*each)(struct place *, const struct member *))
{
	for (int turn = 0; turn < 2; turn++) {
		for (const struct member *m = place->section->body.first; m != NULL; m = m->next) {
			if (is_turn(m, place->carries, turn))
				each(place, m);
		}
	}
}

/* An array of numbers, of which nothing is checked: copied as one. */
static bool are_numbers(const struct type *type)
{
	return type->kind == TYPE_ARRAY && (type->element->kind == TYPE_INTEGER
		|| type->element->kind == TYPE_FLOAT);
}

static void copy_numbers(struct c_block *block, const struct type *type, const char *to,
	const char *from)
{
	print_line(&block->c->out, "sk_copy_numbers(%s, %s, %" PRIu64 ", %u);", to, from,
		type->count, type->element->width);
}

/* ---- encode ---- */

static void put_scalar(struct c_block *block, const struct type *type, const char *to,
	const char *value)
{
	struct c_code *c = block->c;
	struct printer *out = &c->out;

	if (c_is_strict(type)) {
		print_line(out, "if (!%s_is_valid(%s))", type->declaration->c_name, value);
		print_line(out, "\treturn SK_INVALID;");
	}
	if (type->kind == TYPE_FLOAT)
		print_line(out, "sk_put_%s(%s, &%s);", c_float(type), to, value);
	else if (type->width == 1)
		print_line(out, "%s = %s%s;", byte_at(c, to),
			type->is_signed ? "(uint8_t)" : "", value);
	else
		print_line(out, "sk_put_uint%u(%s, %s%s);", 8 * type->width, to,
			type->is_signed ? arena_printf(c->arena, "(uint%u_t)",
				8 * type->width) : "", value);
}

/* One record, or an array of any dimensions. */
static void put_records(struct c_block *block, const struct type *type, const char *to,
	const char *value)
{
	struct c_record_array all = c_records(block->c, type, value);
	bool is_raw = all.record->as.structure.is_raw;

	print_line(&block->c->out, "%s%s_put(%s, %s, %" PRIu64 ")%s", is_raw ? "" : "if (!",
		all.record->c_name, to, all.first, all.count, is_raw ? ";" : ")");
	if (!is_raw)
		print_line(&block->c->out, "\treturn SK_INVALID;");
}

static void put_static(struct c_block *block, const struct type *type, const char *to,
	const char *value)
{
	struct c_code *c = block->c;
	struct printer *out = &c->out;

	c_flush(block);
	if (type_is_blob(type)) {
		put_records(block, type, to, value);
	} else if (type->kind == TYPE_ARRAY && c_is_raw(type)) {
		print_line(out, "memcpy(%s, %s, %" PRIu64 ");", to, value, type->fixed_size);
	} else if (are_numbers(type)) {
		copy_numbers(block, type, to, value);
	} else if (type->kind == TYPE_ARRAY) {
		const char *index = c_loop(block, type->count);
		put_static(block, type->element, element_at(c, to, type->element, index),
			arena_printf(c->arena, "%s[%s]", value, index));
		c_end_loop(block);
	} else if (type->kind == TYPE_HANDLE) {
		print_line(out, "%s = sk_number_handle(attached);", byte_at(c, to));
	} else if (type->kind == TYPE_LEASE) {
		print_line(out, "%s = sk_number_lease(attached);", byte_at(c, to));
	} else {
		put_scalar(block, type, to, value);
	}
}

static void put_in_place(struct place *place, const struct member *m)
{
	struct c_code *c = place->block->c;
	const char *to = at(place, m->offset);

	if (!m->is_optional) {
		put_static(place->block, m->type, to, arena_printf(c->arena, "value->%s",
			m->c_name));
		return;
	}
	c_flush(place->block);		/* what else can be absent is pointed at */
	print_line(&c->out, "%s = value->has_%s ? sk_number_%s(attached) : 0;", byte_at(c, to),
		m->c_name, m->type->kind == TYPE_HANDLE ? "handle" : "lease");
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

static void put_member(struct place *place, const struct member *m)
{
	if (m->is_pointer) {
		put_pointer(place, m);
		c_write_member(place->block, m, place->path);
	} else {
		put_in_place(place, m);
	}
}

static void put_section(struct place *place)
{
	each_in_turn(place, put_member);
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

bool c_is_plain(const struct declaration *d)
{
	const struct section *head = &d->as.message.head;

	return is_fixed(d) && !c_carries(d) && head->fixed_size == head->declared_size;
}

bool c_is_in_words(const struct declaration *d)
{
	return c_is_plain(d) && d->as.message.head.declared_size <= MESSAGE_FAST_MAX;
}

/* Of what stands in the header. */
static const char *linkage(const struct declaration *d)
{
	return c_is_in_words(d) ? "SK_INLINE " : "";
}

/* What @bytes and @depth want to know of members in the dynamic area. */
static void print_bounds(struct c_code *c, const struct declaration *d, const char *bytes)
{
	const struct body *head = &d->as.message.head.body;
	const struct body *tail = &d->as.message.tail.body;

	if (c_has_bytes(head, true) || c_has_bytes(tail, true))
		print_line(&c->out, "const uint8_t *%s;", bytes);
	if (c_has_depth(head) || c_has_depth(tail))
		print_line(&c->out, "uint32_t depth;");
}

static void print_begin(struct c_code *c, const struct declaration *d)
{
	const struct section *head = &d->as.message.head;
	struct printer *out = &c->out;

	if (!c_has_members(&head->body) && !c_has_members(&d->as.message.tail.body))
		print_line(out, "(void)value;");
	if (c_carries(d))
		c_attach_message(c, d);
	if (is_fixed(d))
		print_line(out, "if (capacity < %" PRIu64 ")", head->fixed_size);
	else
		print_line(out, "if (!sk_begin_head(&out, to, capacity, %" PRIu64 ", %" PRIu64 "))",
			head->fixed_size, head->declared_size);
	print_line(out, "\treturn SK_TOO_BIG;");
	print_line(out, "sk_put_uint64(head, %s_ID);", d->c_name);
}

static void print_encode(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	const struct section *head = &d->as.message.head;
	const struct section *tail = &d->as.message.tail;
	struct c_block block = { .c = c, .stream = "&out", .fail = "return out.status;" };
	struct place place = { &block, head, "head", d->c_name, c_carries(d) };

	print_wrapped(out, "%sint %s_encode(const struct %s *value, void *to, "
		"size_t capacity%s)", linkage(d), d->c_name, d->c_name, c_attached(d));
	print_line(out, "{");
	out->indent++;
	print_line(out, "uint8_t *head = (uint8_t *)to;");
	if (!is_fixed(d))
		print_line(out, "struct sk_writer out;");
	print_bounds(c, d, "start");
	if (c_carries(d))
		print_line(out, "int status = 0;");
	print(out, "\n");
	print_begin(c, d);
	put_section(&place);
	if (has_tail(d)) {
		place.section = tail;
		place.start = "tail";
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

static void get_scalar(struct c_block *block, const struct type *type, const char *from,
	const char *value)
{
	struct c_code *c = block->c;
	struct printer *out = &c->out;

	c_flush(block);
	if (type->kind == TYPE_FLOAT)
		print_line(out, "sk_get_%s(%s, &%s);", c_float(type), from, value);
	else if (type->width == 1)
		print_line(out, "%s = %s%s;", value,
			type->is_signed ? "(int8_t)" : "", byte_at(c, from));
	else
		print_line(out, "%s = %ssk_get_uint%u(%s);", value,
			type->is_signed ? arena_printf(c->arena, "(int%u_t)",
				8 * type->width) : "", 8 * type->width, from);
	if (!c_is_strict(type))
		return;
	print_line(out, "SK_ONCE(%s);", value);
	c_require(block, "%s_is_valid(%s)", type->declaration->c_name, value);
}

static void get_records(struct c_block *block, const struct type *type, const char *from,
	const char *value)
{
	struct c_record_array all = c_records(block->c, type, value);
	const char *call = arena_printf(block->c->arena, "%s_get(%s, %s, %" PRIu64 ")",
		all.record->c_name, from, all.first, all.count);

	if (!all.record->as.structure.is_raw) {
		c_require(block, "%s", call);
		return;
	}
	c_flush(block);
	print_line(&block->c->out, "%s;", call);
}

static void get_static(struct c_block *block, const struct type *type, const char *from,
	const char *value)
{
	struct c_code *c = block->c;

	if (type_is_blob(type)) {
		get_records(block, type, from, value);
	} else if (type->kind == TYPE_ARRAY && c_is_raw(type)) {
		c_flush(block);
		print_line(&c->out, "memcpy(%s, %s, %" PRIu64 ");", value, from,
			type->fixed_size);
	} else if (are_numbers(type)) {
		c_flush(block);
		copy_numbers(block, type, value, from);
	} else if (type->kind == TYPE_ARRAY) {
		const char *index = c_loop(block, type->count);
		get_static(block, type->element, element_at(c, from, type->element, index),
			arena_printf(c->arena, "%s[%s]", value, index));
		c_end_loop(block);
	} else if (type->kind == TYPE_BOOL) {
		c_require(block, "sk_get_bool(%s, &%s)", from, value);
	} else if (type->kind == TYPE_HANDLE) {
		c_require(block, "sk_get_handle(%s, attached, %s, &%s.raw)", byte_at(c, from),
			c_rights_wanted(c, type), value);
	} else if (type->kind == TYPE_LEASE) {
		c_require(block, "sk_get_lease(%s, attached, %s, %s, &%s)", byte_at(c, from),
			c_direction(type), c_lease_max(c, type), value);
	} else {
		get_scalar(block, type, from, value);
	}
}

static void get_in_place(struct place *place, const struct member *m)
{
	struct c_block *block = place->block;
	struct c_code *c = block->c;
	const char *from = at(place, m->offset);

	if (!m->is_optional)
		get_static(block, m->type, from, arena_printf(c->arena, "value->%s", m->c_name));
	else if (m->type->kind == TYPE_HANDLE)
		c_require(block, "sk_get_optional_handle(%s, attached, %s, "
			"&value->has_%s, &value->%s.raw)", byte_at(c, from),
			c_rights_wanted(c, m->type), m->c_name, m->c_name);
	else
		c_require(block, "sk_get_optional_lease(%s, attached, %s, %s, "
			"&value->has_%s, &value->%s)", byte_at(c, from),
			c_direction(m->type), c_lease_max(c, m->type), m->c_name, m->c_name);
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

static void get_member(struct place *place, const struct member *m)
{
	if (m->is_pointer) {
		get_pointer(place, m);
		c_read_member(place->block, m, place->path);
	} else {
		get_in_place(place, m);
	}
}

static void get_section(struct place *place)
{
	each_in_turn(place, get_member);
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

/* What a decoder without success answers. */
static const char *refusal(struct c_code *c, const struct declaration *d)
{
	bool lists = c_has_lists(d);

	if (c_carries(d))
		return arena_printf(c->arena, "return sk_refusal_beside(%s, attached);",
			lists ? "room" : "NULL");
	return lists ? "return sk_refusal(room);" : "return SK_MALFORMED;";
}

static void print_decode_begin(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	const struct body *head = &d->as.message.head.body;
	const struct body *tail = &d->as.message.tail.body;
	bool has_members = c_has_members(head) || c_has_members(tail);

	if (head->first != NULL)
		print_line(out, "const uint8_t *head = (const uint8_t *)from;");
	if (!is_fixed(d))
		print_line(out, "struct sk_reader in;");
	if (c_has_tags(head) || c_has_tags(tail))
		print_line(out, "uint64_t tag;");
	print_bounds(c, d, "end");
	if (head->first != NULL || tail->first != NULL)
		print(out, "\n");
	if (!has_members || c_has_absent(head) || c_has_absent(tail))
		print_line(out, "%s_init(value);", d->c_name);
	if (c_carries(d))
		print_line(out, "sk_take_begin(attached);");
	print_open(c, d, c_has_lists(d) ? "room" : "NULL");
}

/* Else opening it has said where it ends. */
static bool may_be_padded(const struct section *head)
{
	return has_pointers(head) || head->fixed_size != head->declared_size;
}

static void print_decode(struct c_code *c, const struct declaration *d)
{
	struct printer *out = &c->out;
	const struct section *tail = &d->as.message.tail;
	bool lists = c_has_lists(d);
	struct c_block block = { .c = c, .stream = "&in", .fail = refusal(c, d) };
	struct place place = { &block, &d->as.message.head, "head", d->c_name, c_carries(d) };

	print_wrapped(out, "%sint %s_decode%s(struct %s *value, const void *from, "
		"size_t size%s%s)", linkage(d), d->c_name, lists ? "_into" : "", d->c_name,
		lists ? ", struct sk_room *room" : "", c_attached(d));
	print_line(out, "{");
	out->indent++;
	print_decode_begin(c, d);
	get_section(&place);
	if (!is_fixed(d) && may_be_padded(&d->as.message.head))
		c_require(&block, "sk_close_head(&in)");
	c_flush(&block);
	if (has_tail(d)) {
		place.section = tail;
		place.start = "tail";
		print(out, "\n");
		print_line(out, "const uint8_t *tail = in.end;");
		print_line(out, "sk_open_tail(&in, from, size, %" PRIu64 ");", tail->fixed_size);
		get_section(&place);
		c_require(&block, "sk_close_tail(&in)");
		c_flush(&block);
	}
	print_line(out, c_carries(d) ? "return sk_take_all(attached);" : "return 0;");
	out->indent--;
	print_line(out, "}");
	print(out, "\n");
}

void c_print_message(struct c_code *c, const struct declaration *declaration)
{
	print_encode(c, declaration);
	print_decode(c, declaration);
}
