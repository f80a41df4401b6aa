/*
 * Lints of evolution: what makes the next change of a schema harder.
 */
#include <string.h>

#include "compiler/lint.h"
#include "idl/number.h"

/* Sets with more tags are not looked at: each is compared with each. */
#define TAGS_MAX 1000
/* A message of so few bytes less than the limit has no room for a member. */
#define ROOM_MIN 16

static bool is_tag(const struct ast_member *member, uint64_t tag)
{
	return member->kind == AST_FIELD && member->tag.present
		&& member->tag.value.low == tag;
}

static bool is_reserved(const struct ast_member *member, uint64_t tag)
{
	const struct ast_reserved *reserved = member->reserved.first;
	struct number value = number_of(tag);

	for (; member->kind == AST_RESERVED && reserved != NULL;
		reserved = reserved->next)
		if (!reserved->is_name && number_compare(reserved->low, value) <= 0
			&& number_compare(reserved->high, value) >= 0)
			return true;
	return false;
}

static bool is_accounted(const struct ast_members *members, uint64_t tag)
{
	const struct ast_member *member = members->first;

	for (; member != NULL; member = member->next)
		if (is_tag(member, tag) || is_reserved(member, tag))
			return true;
	return false;
}

/* What is between a tag and the next lower one that is used or reserved. */
static void tag_gap(struct lint *lint, const struct ast_members *members,
	const struct ast_member *member)
{
	uint64_t tag = member->tag.value.low, low = tag;

	while (low > 1 && tag - low < TAGS_MAX && !is_accounted(members, low - 1))
		low--;
	if (low == tag)
		return;
	diag_help(lint_report(lint, L0301, member->tag.span,
		low == tag - 1 ? "tag %ju is neither used nor reserved"
		: "tags up to %ju are neither used nor reserved",
		(uintmax_t)tag - 1), "if they were used once: `reserved %ju .. %ju;`, "
		"so that nobody gives them another meaning", (uintmax_t)low,
		(uintmax_t)tag - 1);
}

static void tag_gaps(struct lint *lint, const struct ast_members *members)
{
	const struct ast_member *member = members->first;
	unsigned count = 0;

	for (; member != NULL; member = member->next)
		count++;
	if (count > TAGS_MAX)
		return;
	for (member = members->first; member != NULL; member = member->next) {
		if (member->kind == AST_TAGS)
			tag_gaps(lint, &member->members);
		else if (member->kind == AST_FIELD && member->tag.present)
			tag_gap(lint, members, member);
	}
}

static void tags_in(struct lint *lint, const struct ast_declaration *ast)
{
	for (; ast != NULL; ast = ast->next) {
		tag_gaps(lint, &ast->members);
		tags_in(lint, ast->declarations.first);
	}
}

static void gaps(struct lint *lint)
{
	tags_in(lint, lint->ast.first);
}

static void openness(struct lint *lint, const struct declaration *declaration)
{
	const struct ast_declaration *ast;

	if (declaration->kind != DECLARATION_VARIANT)
		return;
	ast = lint_ast(lint, declaration);
	if (ast != NULL && ast->openness == NULL)
		diag_help(lint_report(lint, L0302, declaration->span,
			"nothing says whether `%s` may get more arms",
			declaration->name), "`strict`: a reader refuses an arm "
			"that it does not know (as now); `flexible`: it passes it on");
}

static void numbers_mixed(struct lint *lint, const struct declaration *declaration)
{
	const struct ast_declaration *ast;
	const struct ast_item *item, *written = NULL, *derived = NULL;

	if (declaration->kind != DECLARATION_INTERFACE)
		return;
	ast = lint_ast(lint, declaration);
	for (item = ast == NULL ? NULL : ast->items.first; item != NULL;
		item = item->next) {
		if (item->name == NULL || item->kind == AST_STATE
			|| item->request_path.first != NULL)
			continue;
		if (item->number.present)
			written = written == NULL ? item : written;
		else
			derived = derived == NULL ? item : derived;
	}
	if (written != NULL && derived != NULL)
		diag_second(lint_report(lint, L0303, written->number.span,
			"`%s` has a written number, others of `%s` have not",
			written->name->text, declaration->name),
			derived->name->span, "this one's comes from its name");
}

static void no_namespace(struct lint *lint, const struct declaration *declaration)
{
	if (declaration->kind == DECLARATION_INTERFACE
		&& lint->file->namespace[0] == '\0')
		diag_help(lint_report(lint, L0304, declaration->span,
			"`%s` is in no namespace", declaration->name),
			"ids come from qualified names: another `%s` would have "
			"the same, and a namespace later changes them",
			declaration->name);
}

static void nearly_full(struct lint *lint, const struct method *method,
	const struct declaration *message)
{
	uint64_t bytes = message->as.message.cost.bytes;

	if (bytes == UNBOUNDED || bytes > MESSAGE_SIZE_MAX
		|| MESSAGE_SIZE_MAX - bytes >= ROOM_MIN)
		return;
	diag_help(lint_report(lint, L0305, method->span,
		"the %s of `%s` can have %ju bytes of %d",
		message == method->request ? "request" : message == method->reply
		&& !method->is_event ? "reply" : "event", method->name,
		(uintmax_t)bytes, MESSAGE_SIZE_MAX),
		"another member would not compile; bound something lower");
}

static bool has_pointers(const struct member *member)
{
	for (; member != NULL; member = member->next)
		if (member->is_pointer)
			return true;
	return false;
}

/* The head's size is its greatest, so a member more can make it 256. */
static void pointer_step(struct lint *lint, const struct method *method,
	const struct declaration *message)
{
	const struct section *head = &message->as.message.head;

	if (head->declared_size >= 256 || head->declared_size < 256 - ROOM_MIN
		|| head->max_size != head->declared_size
		|| !has_pointers(head->body.first))
		return;
	diag_help(lint_report(lint, L0306, method->span,
		"a message of `%s` has %ju bytes: from 256 on its pointers take "
		"two", method->name, (uintmax_t)head->declared_size),
		"a member more moves all the others; @head(256) does that now");
}

static void head_full(struct lint *lint, const struct declaration *declaration)
{
	const struct section *head = &declaration->as.message.head;

	if (declaration->kind != DECLARATION_MESSAGE
		|| declaration->as.message.method != NULL || head->body.count == 0
		|| head->fixed_size != head->declared_size)
		return;
	diag_help(lint_report(lint, L0307, declaration->span,
		"the head of `%s` is full", declaration->name),
		"a member more makes it larger than old readers expect; "
		"declare some room: head(%ju)",
		(uintmax_t)(head->declared_size + 16) / 16 * 16);
}

static void id_name(struct lint *lint, const struct declaration *interface,
	const struct method *method)
{
	const struct ast_item *item = lint_ast_item(lint, interface, method);
	const struct ast_attribute *attribute = item == NULL ? NULL
		: item->attributes.first;
	const struct ast_expr *value;

	for (; attribute != NULL; attribute = attribute->next) {
		value = attribute->arguments.first == NULL ? NULL
			: attribute->arguments.first->value;
		if (strcmp(attribute->name, "id_name") != 0 || value == NULL
			|| value->kind != AST_STRING
			|| strcmp(value->string.text, arena_printf(lint->arena,
				"%s.%s", interface->qualified, method->name)) != 0)
			continue;
		diag_help(lint_report(lint, L0308, attribute->span,
			"`%s` is called that", method->name),
			"@id_name keeps the id of an old name; it goes stale "
			"unseen where it says nothing");
	}
}

const struct lint_rule lint_evolution[] = {
	{ L0301, .file = gaps },
	{ L0302, .declaration = openness },
	{ L0303, .declaration = numbers_mixed },
	{ L0304, .declaration = no_namespace },
	{ L0305, .parameters = nearly_full },
	{ L0306, .parameters = pointer_step },
	{ L0307, .declaration = head_full },
	{ L0308, .method = id_name },
	{ .code = DIAG_CODE_COUNT },
};
