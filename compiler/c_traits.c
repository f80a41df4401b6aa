/*
 * What the printers ask of types, members and bodies.
 */
#include "compiler/c_code.h"

#include <inttypes.h>

struct type c_type_of(const struct declaration *d)
{
	enum type_kind kind = d->kind == DECLARATION_STRUCT ? TYPE_STRUCT
		: d->kind == DECLARATION_RECORD ? TYPE_RECORD : TYPE_VARIANT;

	return (struct type){ .kind = kind, .declaration = (struct declaration *)d };
}

/* ---- types ---- */

bool c_is_strict(const struct type *type)
{
	return type->kind == TYPE_ENUM
		&& type->declaration->as.enumeration.is_strict;
}

bool c_is_raw(const struct type *type)
{
	if (type->kind == TYPE_ARRAY)
		return c_is_raw(type->element);
	return type_is_raw_byte(type) && type->kind != TYPE_BOOL && !c_is_strict(type)
		&& type->kind != TYPE_HANDLE;
}

/* Read and written by one call that the compiler puts in line. */
static bool is_simple(const struct member *m)
{
	if (m->is_tags || m->is_optional || m->bytes_bound != UNBOUNDED)
		return false;
	switch (m->type->kind) {
	case TYPE_INTEGER:
	case TYPE_BOOL:
	case TYPE_FLOAT:
	case TYPE_ENUM:
	case TYPE_STRING:
		return true;
	case TYPE_LIST:
		return c_list_of(m->type) == C_LIST_BYTES;
	default:
		return false;
	}
}

bool c_is_flat(const struct type *type)
{
	const struct member *m;

	if (type->kind != TYPE_STRUCT)
		return false;
	const struct body *body = &type->declaration->as.structure.body;
	for (m = body->first; m != NULL; m = m->next)
		if (!is_simple(m))
			return false;
	return body->first != NULL && body->count <= 8
		&& !type->declaration->as.structure.counts_depth;
}

uint64_t c_size_of_one(const struct type *type)
{
	return type->kind == TYPE_RECORD ? type->fixed_size : 1;
}

struct c_record_array c_records(struct c_code *c, const struct type *type, const char *value)
{
	struct c_record_array all = { NULL, value, 1 };

	if (type->kind == TYPE_RECORD)
		all.first = c_address(c, value);
	for (; type->kind == TYPE_ARRAY; type = type->element) {
		all.count *= type->count;
		if (type->element->kind == TYPE_ARRAY)
			all.first = arena_printf(c->arena, "%s[0]", all.first);
	}
	all.record = type->declaration;
	return all;
}

/* ---- bodies ---- */

/* Whether the question has a yes for some member, tagged ones too. */
static bool some_member(const struct body *body, bool (*asked)(const struct member *m))
{
	for (const struct member *m = body->first; m != NULL; m = m->next) {
		if (!m->is_tags && asked(m))
			return true;
		for (const struct member *t = m->tags; t != NULL; t = t->next)
			if (asked(t))
				return true;
	}
	return false;
}

bool c_has_tags(const struct body *body)
{
	for (const struct member *m = body->first; m != NULL; m = m->next)
		if (m->is_tags)
			return true;
	return false;
}

static bool is_any(const struct member *m)
{
	return m->type != NULL;
}

bool c_has_members(const struct body *body)
{
	return some_member(body, is_any);
}

static bool is_looked_at(const struct member *m)
{
	const struct type *type = m->type;

	while (type->kind == TYPE_ARRAY)
		type = type->element;
	return m->tag != 0 || m->is_optional || type->kind != TYPE_HANDLE;
}

bool c_writes_values(const struct body *body)
{
	return some_member(body, is_looked_at);
}

const char *c_tag(struct c_code *c, const struct member *member)
{
	return arena_printf(c->arena, "%" PRIu64 "%s", member->tag,
		member->tag > INT64_MAX ? "u" : "");
}

static bool may_be_absent(const struct member *m)
{
	return m->tag != 0 || (m->is_optional && m->type->kind != TYPE_HANDLE
		&& m->type->kind != TYPE_LEASE);
}

bool c_has_absent(const struct body *body)
{
	return some_member(body, may_be_absent);
}

bool c_is_bounded(const struct member *member)
{
	return member->type != NULL && member->bytes_bound != UNBOUNDED;
}

static bool counts_depth(const struct type *type)
{
	if (type->kind == TYPE_LIST || type->kind == TYPE_ARRAY)
		return counts_depth(type->element);
	return (type->kind == TYPE_STRUCT || type->kind == TYPE_VARIANT)
		&& type->declaration->as.structure.counts_depth;
}

bool c_limits_depth(const struct member *member)
{
	return member->type != NULL && member->depth_bound != 0
		&& counts_depth(member->type);
}

static bool is_bounded_by_pointer(const struct member *m)
{
	return (m->is_pointer || m->tag != 0) && c_is_bounded(m);
}

bool c_has_bytes(const struct body *body, bool is_section)
{
	return some_member(body, is_section ? is_bounded_by_pointer : c_is_bounded);
}

bool c_has_depth(const struct body *body)
{
	return some_member(body, c_limits_depth);
}

bool c_is_held_as_one(const struct file *file, const struct declaration *declaration)
{
	for (const struct declaration *d = file->first; d != NULL; d = d->next) {
		if (d->kind != DECLARATION_STRUCT && d->kind != DECLARATION_VARIANT)
			continue;
		for (const struct member *m = d->as.structure.body.first; m != NULL; m = m->next) {
			if (m->is_recursive && m->type->declaration == declaration)
				return true;
			for (const struct member *t = m->tags; t != NULL; t = t->next)
				if (t->is_recursive && t->type->declaration == declaration)
					return true;
		}
	}
	return false;
}

/* ---- lists ---- */

static bool type_has_lists(const struct type *type);

static bool member_has_lists(const struct member *m)
{
	return m->is_recursive || (m->type != NULL && type_has_lists(m->type));
}

/* Ends: a struct in itself is held in a list, at the latest. */
static bool type_has_lists(const struct type *type)
{
	if (type->kind == TYPE_LIST)
		return c_list_of(type) != C_LIST_BYTES;
	if (type->kind == TYPE_ARRAY)
		return type_has_lists(type->element);
	return (type->kind == TYPE_STRUCT || type->kind == TYPE_VARIANT)
		&& some_member(&type->declaration->as.structure.body, member_has_lists);
}

bool c_has_lists(const struct declaration *message)
{
	return some_member(&message->as.message.head.body, member_has_lists)
		|| some_member(&message->as.message.tail.body, member_has_lists);
}

/* ---- what goes beside the bytes ---- */

bool c_type_carries(const struct type *type)
{
	switch (type->kind) {
	case TYPE_HANDLE:
	case TYPE_LEASE:
		return true;
	case TYPE_STRUCT:
	case TYPE_VARIANT:
		return type->declaration->as.structure.handles != 0;
	case TYPE_ARRAY:
		return c_type_carries(type->element);
	default:
		return false;
	}
}

static bool member_carries(const struct member *m)
{
	return m->type != NULL && c_type_carries(m->type);
}

bool c_body_carries(const struct body *body)
{
	return some_member(body, member_carries);
}

bool c_carries(const struct declaration *message)
{
	return c_body_carries(&message->as.message.head.body)
		|| c_body_carries(&message->as.message.tail.body);
}

const char *c_with(const struct type *type)
{
	return c_type_carries(type) ? ", attached" : "";
}

const char *c_attached(const struct declaration *d)
{
	bool carries = d->kind == DECLARATION_MESSAGE ? c_carries(d)
		: d->as.structure.handles != 0;

	return carries ? ", struct sk_attached *attached" : "";
}

const char *c_handle(struct c_code *c, const struct declaration *interface)
{
	return arena_printf(c->arena, "struct %s_handle", interface->c_name);
}

const char *c_rights_wanted(struct c_code *c, const struct type *handle)
{
	return handle->has_rights ? arena_printf(c->arena, "0x%x", (unsigned)handle->rights)
		: "0";
}

const char *c_direction(const struct type *lease)
{
	switch (lease->direction) {
	case LEASE_IN:
		return "SK_LEASE_IN";
	case LEASE_OUT:
		return "SK_LEASE_OUT";
	default:
		return "SK_LEASE_INOUT";
	}
}

const char *c_lease_max(struct c_code *c, const struct type *lease)
{
	return lease->bound == UNBOUNDED ? "UINT64_MAX"
		: arena_printf(c->arena, "%" PRIu64, lease->bound);
}
