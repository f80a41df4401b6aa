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

/* docs/language.md, "Bounds": only what contains itself is as deep as a
 * message makes it. */
static void limit_depth(struct check *check, const struct member *member)
{
	unsigned depth = type_nesting(member->type);

	if (member->depth_bound != 0 && depth != DEPTH_UNLIMITED)
		diag_report(check->diags, E0520, member->span,
			"`%s` is never more than %u deep: its type does not "
			"contain itself", member->name, depth);
}

/* docs/language.md, "Bounds": @bytes(n) is enough for the least value. */
static void limit_bytes(struct check *check, struct member *member)
{
	uint64_t least = member_min(member);

	if (least > member->bytes_bound)
		diag_report(check->diags, E0308, member->span,
			"`%s` has at least %s bytes, and `@bytes(%s)` allows "
			"less", member->name, size_text(check, least),
			size_text(check, member->bytes_bound));
}

static void limit_member(struct check *check, struct member *member)
{
	limit_type(check, member);
	limit_bytes(check, member);
	limit_depth(check, member);
}

/* Its own members: what is wrong with the base's is said there. */
static void limit_body(struct check *check, const struct body *body,
	const struct body *inherited)
{
	struct member *member, *tagged;
	unsigned from = inherited == NULL ? 0 : inherited->count;

	for (member = body->first; member != NULL; member = member->next) {
		if (from > 0) {
			from--;
			continue;
		}
		limit_member(check, member);
		for (tagged = member->tags; tagged != NULL;
			tagged = tagged->next)
			limit_member(check, tagged);
	}
}

/* ---- methods ---- */

/* A method, or event, and one of its messages. */
struct sent {
	struct check *check;
	const struct method *method;
	struct declaration *message;
};

/* At the member, if the method is where it is declared. */
static struct diagnostic *sent_report(const struct sent *sent,
	enum diag_code code, const struct member *member, const char *text)
{
	const struct method *method = sent->method;
	bool own = sent->message->as.message.method == method;
	struct diagnostic *report = diag_report(sent->check->diags, code,
		own ? member->span : method->span, "%s", text);

	if (!own)
		diag_second(report, member->span, "in this message");
	return report;
}

/* docs/language.md, "Bounds": what contains itself has two limits. */
static bool limit_recursive(const struct sent *sent,
	const struct member *member)
{
	if (member_depth(member) != DEPTH_UNLIMITED
		|| member->is_unbounded)
		return false;
	diag_help(sent_report(sent, E0519, member, arena_printf(
		sent->check->arena, "`%s` is of a type that contains itself: "
		"nothing limits its %s", member->name,
		member->max_size == UNBOUNDED ? "depth and size" : "depth")),
		"`@depth(8) @bytes(1000)` before it limits both");
	return true;
}

static bool limit_unbounded_member(const struct sent *sent,
	const struct member *member)
{
	struct diagnostic *report;

	if (member->max_size != UNBOUNDED) {
		if (member->is_unbounded)
			sent_report(sent, E0518, member, arena_printf(
				sent->check->arena, "`%s` has at most %s "
				"bytes: it is not unbounded", member->name,
				size_text(sent->check, member->max_size)));
		return limit_recursive(sent, member);
	}
	if (member->is_unbounded || limit_recursive(sent, member))
		return true;
	report = sent_report(sent, E0501, member, arena_printf(
		sent->check->arena, "`%s` has no greatest size: `%s` is "
		"unbounded", member->name, member->type->name));
	if (member->type->kind == TYPE_STRING)
		diag_help(report, "write `string<255>` for at most 255 bytes");
	else if (member->type->kind == TYPE_LIST)
		diag_help(report, "write `%s[<=16]` for at most 16 elements, "
			"and bounds for what is in them",
			member->type->element->name);
	else if (member->type->kind == TYPE_STRUCT
		&& table_block(member->type->declaration) != NULL)
		diag_help(report, "write `@bytes(200)` before it: what later "
			"versions add has to fit in that");
	else
		diag_help(report, "give every string and list in it a bound, "
			"or `@bytes(1000)` to it all");
	return true;
}

/* docs/language.md, "Bounds": a method's messages have a greatest size.
 * True if a member has none, or is wrong. */
static bool limit_unbounded(const struct sent *sent, const struct body *body)
{
	const struct member *member, *tagged;
	bool found = false;

	for (member = body->first; member != NULL; member = member->next) {
		if (!member->is_tags)
			found |= limit_unbounded_member(sent, member);
		for (tagged = member->tags; tagged != NULL;
			tagged = tagged->next)
			found |= limit_unbounded_member(sent, tagged);
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
				? member->max_size : member->type->fixed_size);
		for (tagged = member->tags; tagged != NULL;
			tagged = tagged->next)
			largest_add(largest, tagged, tagged->max_size);
	}
}

static void limit_report(const struct sent *sent, uint64_t size)
{
	const struct declaration *message = sent->message;
	struct largest largest = { 0 };
	struct diagnostic *report;
	const char *text = "";
	unsigned i;

	report = diag_report(sent->check->diags, E0502, sent->method->span,
		"`%s` can have %s bytes: a method's message has at most %d",
		message->name, size_text(sent->check, size), MESSAGE_SIZE_MAX);
	if (message->as.message.method == NULL)
		diag_second(report, message->span, "declared here");
	largest_find(&largest, &message->as.message.head.body);
	largest_find(&largest, &message->as.message.tail.body);
	for (i = 0; i < 3 && largest.sizes[i] > 0; i++)
		text = arena_printf(sent->check->arena, "%s%s`%s` up to %s",
			text, i > 0 ? ", " : "", largest.members[i]->name,
			size_text(sent->check, largest.sizes[i]));
	diag_help(report, "the largest in it: %s; `@bytes(1000)` limits one "
		"as a whole", text);
}

/* docs/language.md, "Sizes": what a method sends fits the transport. */
static void limit_sent(struct check *check, const struct method *method,
	struct declaration *message)
{
	struct sent sent = { check, method, message };
	const struct section *head, *tail;
	uint64_t needs;
	bool found;

	if (message == NULL)
		return;
	head = &message->as.message.head;
	tail = &message->as.message.tail;
	found = limit_unbounded(&sent, &head->body);
	found |= limit_unbounded(&sent, &tail->body);
	/* A sum of bounds can be too much to count, too. */
	needs = size_sum(head->max_size, tail->max_size);
	if (!found && needs > MESSAGE_SIZE_MAX)
		limit_report(&sent, needs);
}

static void limit_method(struct check *check,
	const struct declaration *interface, const struct method *method)
{
	if (method->owner != interface)
		return;
	limit_sent(check, method, method->request);
	limit_sent(check, method, method->reply);
}

static void limit_methods(struct check *check,
	const struct declaration *interface)
{
	unsigned i;

	for (i = 0; i < interface->as.interface.method_count; i++)
		limit_method(check, interface,
			interface->as.interface.methods[i]);
	for (i = 0; i < interface->as.interface.event_count; i++)
		limit_method(check, interface,
			interface->as.interface.events[i]);
}

static void limit_structure(struct check *check,
	const struct declaration *structure)
{
	const struct declaration *base = structure->as.structure.base;

	limit_body(check, &structure->as.structure.body,
		base == NULL ? NULL : &base->as.structure.body);
}

static void limit_message(struct check *check, const struct declaration *message)
{
	const struct declaration *base = message->as.message.base;

	limit_body(check, &message->as.message.head.body,
		base == NULL ? NULL : &base->as.message.head.body);
	limit_body(check, &message->as.message.tail.body,
		base == NULL ? NULL : &base->as.message.tail.body);
	limit_size(check, message);
}

void limits_check(struct check *check, struct symbol *symbol)
{
	struct declaration *declaration = &symbol->declaration;

	switch (declaration->kind) {
	case DECLARATION_STRUCT:
	case DECLARATION_VARIANT:
		limit_structure(check, declaration);
		break;
	case DECLARATION_MESSAGE:
		limit_message(check, declaration);
		/* Methods' own heads are as large as they must be, unless
		 * pinned; unbounded ones are reported with the method. */
		if (symbol->ast != NULL || symbol->pinned_head != 0)
			limit_head(check, declaration);
		break;
	case DECLARATION_INTERFACE:
		limit_methods(check, declaration);
		promises_check(check, declaration);
		break;
	default:
		break;
	}
}
