/*
 * Lints of performance: what costs bytes or steps and need not.
 */
#include <string.h>

#include "compiler/lint.h"

/* A message of so few bytes too many could take the fast path. */
#define NEARLY_FAST 2
/* A message of so few bytes too many could have pointers of one byte. */
#define NEARLY_NARROW 8
/* Where a decoder's steps are worth a thought. */
#define STEPS_MANY 4096
/* From here on copying twice costs more than a lease. */
#define LEASE_WORTH 2048

static bool goes_in_registers(const struct declaration *message, uint64_t bytes)
{
	const struct cost *cost = &message->as.message.cost;

	return cost->handles == 0 && cost->leases == 0
		&& !message->as.message.tail.present && cost->bytes <= bytes;
}

static void nearly_fast(struct lint *lint, const struct declaration *interface,
	const struct method *method)
{
	uint64_t bytes = MESSAGE_FAST_MAX + NEARLY_FAST, most;

	(void)interface;
	if (method->is_event || method->is_fast || method->request == NULL
		|| !goes_in_registers(method->request, bytes)
		|| (method->reply != NULL
			&& !goes_in_registers(method->reply, bytes)))
		return;
	most = method->request->as.message.cost.bytes;
	if (method->reply != NULL && method->reply->as.message.cost.bytes > most)
		most = method->reply->as.message.cost.bytes;
	diag_help(lint_report(lint, L0401, method->span,
		"`%s` misses the fast path by %ju bytes", method->name,
		(uintmax_t)most - MESSAGE_FAST_MAX),
		"of at most %d bytes a message goes in registers", MESSAGE_FAST_MAX);
}

static void fast_unsaid(struct lint *lint, const struct declaration *interface,
	const struct method *method)
{
	(void)interface;
	if (method->is_fast && !method->must_be_fast && !method->is_event)
		diag_help(lint_report(lint, L0402, method->span,
			"`%s` is fast, and nothing keeps it so", method->name),
			"@fast makes it an error to lose that by a change");
}

/* ---- records ---- */

static uint64_t alignment_of(const struct type *type)
{
	const struct member *member;
	uint64_t most = 1, one;

	if (type->kind == TYPE_ARRAY)
		return alignment_of(type->element);
	if (type->kind != TYPE_RECORD)
		return type->width == 0 ? 1 : type->width;
	member = type->declaration->as.structure.body.first;
	for (; member != NULL; member = member->next) {
		one = alignment_of(member->type);
		most = one > most ? one : most;
	}
	return most;
}

static bool is_padding(const struct member *member)
{
	const struct type *type = member->type;

	if (strncmp(member->name, "pad", 3) != 0)
		return false;
	while (type->kind == TYPE_ARRAY)
		type = type->element;
	return type_is_raw_byte(type);
}

/* Large ones first, there is padding at the end only, where it may be meant. */
static void padding(struct lint *lint, const struct declaration *declaration)
{
	const struct member *member;
	uint64_t data = 0, align = 1, one, least;
	bool within = false;

	if (declaration->kind != DECLARATION_RECORD)
		return;
	member = declaration->as.structure.body.first;
	for (; member != NULL; member = member->next) {
		if (is_padding(member)) {
			within = within || member->next != NULL;
			continue;
		}
		one = alignment_of(member->type);
		align = one > align ? one : align;
		data += member->type->fixed_size;
	}
	least = (data + align - 1) / align * align;
	if (within && least < declaration->as.structure.fixed_size)
		diag_help(lint_report(lint, L0403, declaration->span,
			"`%s` has %ju bytes and could have %ju", declaration->name,
			(uintmax_t)declaration->as.structure.fixed_size,
			(uintmax_t)least), "put larger members before smaller ones");
}

static void large_tag(struct lint *lint, const struct declaration *owner,
	const struct member *member, const struct member *before)
{
	(void)owner;
	(void)before;
	if (member->tag > 127)
		diag_help(lint_report(lint, L0404, member->span,
			"tag %ju takes more than a byte", (uintmax_t)member->tag),
			"tags up to 127 take one");
}

/* ---- lists of structs ---- */

static bool could_be_record(const struct declaration *declaration)
{
	const struct member *member = declaration->as.structure.body.first;

	if (declaration->kind != DECLARATION_STRUCT || member == NULL
		|| declaration->as.structure.base != NULL)
		return false;
	for (; member != NULL; member = member->next)
		if (member->is_tags || member->is_optional
			|| !member->type->is_static
			|| member->type->kind == TYPE_HANDLE)
			return false;
	return true;
}

static void list_of_structs(struct lint *lint, const struct declaration *owner,
	const struct member *member, const struct member *before)
{
	const struct type *type = member->type;

	(void)owner;
	(void)before;
	if (type == NULL || type->kind != TYPE_LIST
		|| type->element->kind != TYPE_STRUCT
		|| !could_be_record(type->element->declaration))
		return;
	diag_second(lint_report(lint, L0405, member->span,
		"each `%s` of `%s` is decoded by itself", type->element->name,
		member->name), type->element->declaration->span,
		"all of this has a fixed size: a `record` is read in place");
}

static void many_steps(struct lint *lint, const struct declaration *declaration)
{
	uint64_t steps;

	if (declaration->kind != DECLARATION_MESSAGE)
		return;
	steps = declaration->as.message.cost.steps;
	if (steps == UNBOUNDED || steps <= STEPS_MANY)
		return;
	diag_help(lint_report(lint, L0406, declaration->as.message.method != NULL
		? declaration->as.message.method->span : declaration->span,
		"to decode `%s` can take %ju steps", declaration->name,
		(uintmax_t)steps), "bound its lists lower, or make their elements "
		"records");
}

static void lease_instead(struct lint *lint, const struct declaration *owner,
	const struct member *member, const struct member *before)
{
	const struct type *type = member->type;

	(void)before;
	if (owner->kind != DECLARATION_MESSAGE || owner->as.message.method == NULL
		|| owner->as.message.method->is_event || type == NULL
		|| type->kind != TYPE_LIST || !type_is_raw_byte(type->element)
		|| type->bound == UNBOUNDED || type->bound < LEASE_WORTH)
		return;
	diag_help(lint_report(lint, L0407, member->span,
		"up to %ju bytes of `%s` are copied into a message and out again",
		(uintmax_t)type->bound, member->name),
		"a lease is copied once: lease<%s, max = %ju>",
		owner == owner->as.message.method->request ? "in" : "out",
		(uintmax_t)type->bound);
}

static void no_answer(struct lint *lint, const struct declaration *interface,
	const struct method *method)
{
	(void)interface;
	if (method->is_oneway || method->is_event || method->error != NULL
		|| method->reply == NULL || method->reply->as.message.method != method
		|| method->reply->as.message.head.body.count > 0)
		return;
	diag_help(lint_report(lint, L0408, method->span,
		"the caller of `%s` waits for an answer that says nothing",
		method->name), "`oneway` does not wait; or give it errors");
}

static void wide_pointers(struct lint *lint, const struct method *method,
	const struct declaration *message)
{
	const struct section *head = &message->as.message.head;
	const struct member *member = head->body.first;
	uint64_t pointers = 0, surplus;

	for (; member != NULL; member = member->next)
		pointers += member->is_pointer;
	if (pointers == 0 || head->declared_size < 256
		|| head->max_size != head->declared_size)
		return;
	surplus = head->declared_size - pointers - 255;
	if (surplus > NEARLY_NARROW)
		return;
	diag_help(lint_report(lint, L0409, method->span,
		"a message of `%s` has %ju bytes: its pointers take two bytes each",
		method->name, (uintmax_t)head->declared_size),
		"if what it carries had %ju bytes less they would take one",
		(uintmax_t)surplus);
}

const struct lint_rule lint_performance[] = {
	{ L0401, .method = nearly_fast },
	{ L0402, .method = fast_unsaid },
	{ L0403, .declaration = padding },
	{ L0404, .member = large_tag },
	{ L0405, .member = list_of_structs },
	{ L0406, .declaration = many_steps },
	{ L0407, .member = lease_instead },
	{ L0408, .method = no_answer },
	{ L0409, .parameters = wide_pointers },
	{ .code = DIAG_CODE_COUNT },
};
