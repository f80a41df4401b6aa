/*
 * Bounds that heads imply. See implied.h.
 */
#define _GNU_SOURCE

#include "tests/checkkill/implied.h"

#include <stdlib.h>
#include <string.h>

/* The message whose decoder the function is, or NULL. */
static const struct declaration *message_of(const struct schema *schema,
	const struct ck_checks *checks, const char *function)
{
	size_t prefix = strlen(checks->prefix);
	const char *end = strstr(function, "_decode");
	char *name;

	if (strncmp(function, checks->prefix, prefix) != 0 || end == NULL)
		return NULL;
	while (strstr(end + 1, "_decode") != NULL)
		end = strstr(end + 1, "_decode");
	name = strndup(function + prefix, (size_t)(end - function) - prefix);
	const struct declaration *d = schema_message(schema, name);
	free(name);
	return d;
}

static uint64_t varint_size(uint64_t value)
{
	uint64_t size = 1;

	while (size < 9 && value >> (7 * size) != 0)
		size++;
	return size;
}

/* What so many elements of it take at least. */
static uint64_t size_of(const struct type *type, uint64_t count)
{
	uint64_t each = type->kind == TYPE_STRING ? 1
		: type->element->kind == TYPE_RECORD ? type->element->fixed_size
		: type->element->min_size;

	return varint_size(count) + count * each;
}

/* The member of "value->name.size > 63": "name". */
static bool is_named(const struct member *m, const char *text)
{
	size_t size = strlen(m->c_name);

	return strncmp(text, "value->", 7) == 0 && strncmp(text + 7, m->c_name, size) == 0
		&& text[7 + size] == '.';
}

static bool is_too_much(const struct section *head, uint64_t least, uint64_t size)
{
	return head->min_size - least + size > head->declared_size;
}

bool implied_by_head(const struct schema *schema, const struct ck_checks *checks,
	const struct ck_check *check)
{
	const struct declaration *d = message_of(schema, checks, check->site->function);
	const char *text = check->site->text;
	const char *at = strstr(text, " > ");

	if (d == NULL || check->inner != 0 || at == NULL)
		return false;
	const struct section *head = &d->as.message.head;
	uint64_t bound = strtoull(at + 3, NULL, 10);
	for (const struct member *m = head->body.first; m != NULL; m = m->next) {
		if (m->is_tags || !m->is_pointer)
			continue;
		if (is_named(m, text)
		    && (m->type->kind == TYPE_STRING || m->type->kind == TYPE_LIST))
			return is_too_much(head, 1, m->is_optional + size_of(m->type, bound + 1));

	}
	return false;
}
