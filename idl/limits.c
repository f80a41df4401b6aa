/*
 * What can be said only when the sizes are known.
 */
#include "idl/check.h"

static const char *size_text(struct check *check, uint64_t size)
{
	return arena_printf(check->arena, "%llu", (unsigned long long)size);
}

/* docs/language.md, "Heads": the fixed part fits, and so can the rest. */
static void limit_head(struct check *check, const struct declaration *message)
{
	const struct section *head = &message->as.message.head;
	const char *declared = size_text(check, head->declared_size);

	if (head->fixed_size > head->declared_size)
		diag_help(diag_report(check->diags, E0412, head->span,
			"the fixed part of the head of `%s` needs %s bytes, "
			"and %s are declared", message->name,
			size_text(check, head->fixed_size), declared),
			"8 of them are the message's id and the tail's size; "
			"a pointer takes %u", head->pointer_width);
	else if (head->min_size > head->declared_size)
		diag_report(check->diags, E0413, head->span,
			"the head of `%s` needs at least %s bytes, and %s are "
			"declared", message->name,
			size_text(check, head->min_size), declared);
}

/* docs/language.md, "Sizes": lengths on the wire are uint32. */
static void limit_size(struct check *check, const struct declaration *message)
{
	const struct section *sections[2] = { &message->as.message.head,
		&message->as.message.tail };
	unsigned i;

	for (i = 0; i < 2; i++)
		if (sections[i]->min_size > UINT32_MAX)
			diag_report(check->diags, E0417, sections[i]->span,
				"`%s` has at least %s bytes: more than 2^32 "
				"cannot be sent", message->name,
				size_text(check, sections[i]->min_size));
}

/* Counts the structs in a struct that takes no bytes; false beyond the limit. */
static bool count_empty(const struct declaration *declaration, unsigned *count)
{
	const struct member *member = declaration->as.structure.body.first;

	for (; member != NULL; member = member->next)
		if (++*count > EMPTY_ELEMENTS_MAX
			|| !count_empty(member->type->declaration, count))
			return false;
	return true;
}

/* docs/language.md, "Arrays": elements of no bytes. */
static void limit_type(struct check *check, const struct member *member)
{
	const struct type *type;

	for (type = member->type; type != NULL; type = type->element) {
		unsigned count = 0;

		if (type->kind == TYPE_STRUCT && type->max_size == 0
			&& !count_empty(type->declaration, &count)) {
			diag_report(check->diags, E0418, member->span,
				"`%s` holds more than %d structs, and takes no "
				"bytes: nothing bounds the work on it",
				type->name, EMPTY_ELEMENTS_MAX);
			return;
		}
		if (type->kind == TYPE_ARRAY && type->element->max_size == 0
			&& type->count > EMPTY_ELEMENTS_MAX) {
			diag_report(check->diags, E0418, member->span,
				"%llu elements that take no bytes are refused "
				"by every reader: at most %d",
				(unsigned long long)type->count,
				EMPTY_ELEMENTS_MAX);
			return;
		}
	}
}

static void limit_body(struct check *check, const struct body *body)
{
	const struct member *member, *tagged;

	for (member = body->first; member != NULL; member = member->next) {
		limit_type(check, member);
		for (tagged = member->tags; tagged != NULL;
			tagged = tagged->next)
			limit_type(check, tagged);
	}
}

/* ---- methods ---- */

static bool limit_unbounded_member(struct check *check,
	const struct member *member, const struct method *method, bool own)
{
	struct diagnostic *report;

	if (member->type == NULL || member->type->max_size != UNBOUNDED)
		return false;
	report = diag_report(check->diags, E0501,
		own ? member->span : method->span,
		"`%s` has no greatest size: `%s` is unbounded", member->name,
		member->type->name);
	if (!own)
		diag_second(report, member->span, "in this message");
	if (member->type->kind == TYPE_STRING)
		diag_help(report, "write `string<255>` for at most 255 bytes");
	else if (member->type->kind == TYPE_LIST)
		diag_help(report, "write `%s[<=16]` for at most 16 elements, "
			"and bounds for what is in them",
			member->type->element->name);
	else
		diag_help(report, "give every string and list in it a bound");
	return true;
}

/* docs/language.md, "Bounds": a method's messages have a greatest size. */
static bool limit_unbounded(struct check *check, const struct body *body,
	const struct method *method, bool own)
{
	const struct member *member, *tagged;
	bool found = false;

	for (member = body->first; member != NULL; member = member->next) {
		found |= limit_unbounded_member(check, member, method, own);
		for (tagged = member->tags; tagged != NULL;
			tagged = tagged->next)
			found |= limit_unbounded_member(check, tagged, method,
				own);
	}
	return found;
}

struct largest {
	const struct member *members[3];
	uint64_t sizes[3];
};

static void largest_add(struct largest *largest, const struct member *member,
	uint64_t size)
{
	unsigned i, j;

	for (i = 0; i < 3 && largest->sizes[i] >= size; i++)
		;
	for (j = 2; j > i && i < 3; j--) {
		largest->members[j] = largest->members[j - 1];
		largest->sizes[j] = largest->sizes[j - 1];
	}
	if (i < 3) {
		largest->members[i] = member;
		largest->sizes[i] = size;
	}
}

static void largest_find(struct largest *largest, const struct body *body)
{
	const struct member *member, *tagged;

	for (member = body->first; member != NULL; member = member->next) {
		if (!member->is_tags)
			largest_add(largest, member, member->is_pointer
				? member->type->max_size
				: member->type->fixed_size);
		for (tagged = member->tags; tagged != NULL;
			tagged = tagged->next)
			largest_add(largest, tagged, tagged->type->max_size);
	}
}

static void limit_report(struct check *check, const struct declaration *message,
	const struct method *method, uint64_t size)
{
	struct largest largest = { 0 };
	struct diagnostic *report;
	const char *text = "";
	unsigned i;

	report = diag_report(check->diags, E0502, method->span,
		"`%s` can have %s bytes: a method's message has at most %d",
		message->name, size_text(check, size), MESSAGE_SIZE_MAX);
	if (message->as.message.method == NULL)
		diag_second(report, message->span, "declared here");
	largest_find(&largest, &message->as.message.head.body);
	largest_find(&largest, &message->as.message.tail.body);
	for (i = 0; i < 3 && largest.sizes[i] > 0; i++)
		text = arena_printf(check->arena, "%s%s`%s` up to %llu", text,
			i > 0 ? ", " : "", largest.members[i]->name,
			(unsigned long long)largest.sizes[i]);
	diag_help(report, "the largest in it: %s", text);
}

/* docs/language.md, "Sizes": what a method sends fits the transport. */
static void limit_method_message(struct check *check,
	struct declaration *message, const struct method *method)
{
	const struct section *head = &message->as.message.head;
	const struct section *tail = &message->as.message.tail;
	bool own = message->as.message.method == method;
	bool unbounded;

	if (symbol_of(message)->head_needs == UNBOUNDED
		|| tail->max_size == UNBOUNDED) {
		/* A sum of bounds can be too much to count, too. */
		unbounded = limit_unbounded(check, &head->body, method, own);
		unbounded |= limit_unbounded(check, &tail->body, method, own);
		if (unbounded)
			return;
	}
	if (head->max_size > MESSAGE_SIZE_MAX
		|| tail->max_size > MESSAGE_SIZE_MAX - head->max_size)
		limit_report(check, message, method,
			head->max_size > UNBOUNDED - tail->max_size ? UNBOUNDED
			: head->max_size + tail->max_size);
}

static void limit_methods(struct check *check,
	const struct declaration *interface)
{
	const struct method *method;
	unsigned i;

	for (i = 0; i < interface->as.interface.method_count; i++) {
		method = interface->as.interface.methods[i];
		limit_method_message(check, method->request, method);
		if (method->reply != NULL)
			limit_method_message(check, method->reply, method);
	}
}

void limits_check(struct check *check, struct symbol *symbol)
{
	struct declaration *declaration = &symbol->declaration;

	switch (declaration->kind) {
	case DECLARATION_STRUCT:
		limit_body(check, &declaration->as.structure.body);
		break;
	case DECLARATION_MESSAGE:
		limit_body(check, &declaration->as.message.head.body);
		limit_body(check, &declaration->as.message.tail.body);
		/* Methods' own heads are as large as they must be, unless
		 * pinned; unbounded ones are reported with the method. */
		if (symbol->ast != NULL || symbol->pinned_head != 0)
			limit_head(check, declaration);
		limit_size(check, declaration);
		break;
	case DECLARATION_INTERFACE:
		limit_methods(check, declaration);
		break;
	default:
		break;
	}
}
