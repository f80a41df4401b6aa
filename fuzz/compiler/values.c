/*
 * Comparing values, and the schemas.
 */
#define _GNU_SOURCE

#include "fuzz/compiler/values.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/json.h"
#include "compiler/yaml.h"
#include "fuzz/compiler/target.h"

/* ---- the same value ---- */

static bool same_integer(const struct number *a, const struct number *b)
{
	return a->negative == b->negative && a->low == b->low
		&& a->high == b->high;
}

static bool same_text(const char *a, size_t a_size, const char *b, size_t b_size)
{
	return a_size == b_size && (a_size == 0 || memcmp(a, b, a_size) == 0);
}

static bool same_float(struct arena *arena, const struct value *a,
	const struct value *b)
{
	uint64_t x, y;
	const char *no = value_float_bits(arena, a, 8, &x);
	const char *neither = value_float_bits(arena, b, 8, &y);

	return (no == NULL) == (neither == NULL) && (no != NULL || x == y);
}

static bool same_list(struct arena *arena, const struct value *a,
	const struct value *b)
{
	if (a->as.list.count != b->as.list.count)
		return false;
	for (size_t i = 0; i < a->as.list.count; i++) {
		if (!values_same(arena, value_item(a, i), value_item(b, i)))
			return false;
		if (a->as.list.repeats && b->as.list.repeats)
			return true;
	}
	return true;
}

static bool same_object(struct arena *arena, const struct value *a,
	const struct value *b)
{
	if (a->as.object.count != b->as.object.count)
		return false;
	for (size_t i = 0; i < a->as.object.count; i++) {
		const struct value_member *x = &a->as.object.members[i];
		const struct value_member *y = &b->as.object.members[i];

		if (!same_text(x->name, x->name_size, y->name, y->name_size)
			|| !values_same(arena, &x->value, &y->value))
			return false;
	}
	return true;
}

bool values_same(struct arena *arena, const struct value *a, const struct value *b)
{
	/* JSON has no other form for what is not finite. */
	if (a->kind == VALUE_FLOAT && b->kind == VALUE_STRING)
		return same_text(a->as.string.data, a->as.string.size,
			b->as.string.data, b->as.string.size);
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case VALUE_INTEGER:
		return same_integer(&a->as.integer, &b->as.integer);
	case VALUE_BOOL:
		return a->as.truth == b->as.truth;
	case VALUE_FLOAT:
		return same_float(arena, a, b);
	case VALUE_STRING:
		return same_text(a->as.string.data, a->as.string.size,
			b->as.string.data, b->as.string.size);
	case VALUE_LIST:
		return same_list(arena, a, b);
	case VALUE_OBJECT:
		return same_object(arena, a, b);
	}
	return false;
}

/* ---- texts ---- */

struct values_text values_yaml(const struct value *value)
{
	struct values_text text;
	FILE *to = open_memstream(&text.text, &text.size);

	if (to == NULL)
		abort();
	if (!yaml_write(to, value, YAML_FACT_A_LINE))
		compiler_found("a value cannot be written as YAML");
	fclose(to);
	return text;
}

struct values_text values_json(const struct value *value, enum value_text mode)
{
	struct values_text text;
	FILE *to = open_memstream(&text.text, &text.size);

	if (to == NULL)
		abort();
	json_write(to, value, mode);
	fclose(to);
	return text;
}

/* ---- schemas ---- */

const struct schema *const *values_schemas(void)
{
	static const char *const paths[] = { "tests/golden/constructs.skald",
		"tests/vectors/language.skald", "tests/golden-wire/g_tags.bragi",
		"tests/golden-wire/g_structs.bragi",
		"tests/golden-wire/g_arrays.bragi" };
	enum { COUNT = sizeof paths / sizeof paths[0] };
	static const struct schema *schemas[COUNT + 1];
	static struct arena *arena;

	if (schemas[0] != NULL)
		return schemas;
	arena = arena_new();
	for (size_t i = 0; i < COUNT; i++) {
		struct diagnostics *diags = diag_new(arena);

		schemas[i] = schema_load(arena, diags, paths[i], NULL);
		if (schemas[i] != NULL)
			continue;
		diag_print_text(diags, stderr, false);
		exit(2);
	}
	return schemas;
}

void values_messages(void (*each)(void *context, const struct declaration *message),
	void *context)
{
	const struct schema *const *schema = values_schemas();

	for (; *schema != NULL; schema++)
		for (const struct declaration *d = (*schema)->root->first;
			d != NULL; d = d->next)
			if (d->kind == DECLARATION_MESSAGE
				&& d->as.message.has_id)
				each(context, d);
}

/* The decoder takes a head padded with zeros; the encoder makes it so long. */
void values_check_bytes(struct arena *arena, const struct declaration *message,
	const struct value *value, bool exact, struct wire_view head,
	struct wire_view tail, const char *what)
{
	struct wire_encode_options options = { .exact = exact };
	struct wire_bytes new_head, new_tail;
	struct wire_fault fault;

	if (!wire_encode(arena, message, value, &options, &new_head, &new_tail,
		&fault))
		compiler_found("%s: %s is not encoded again: %s", what,
			message->qualified, wire_fault_text(arena, &fault));
	while (head.size > new_head.size && head.data[head.size - 1] == 0)
		head.size--;
	if (!same_text((const char *)new_head.data, new_head.size,
		(const char *)head.data, head.size)
		|| !same_text((const char *)new_tail.data, new_tail.size,
		(const char *)tail.data, tail.size))
		compiler_found("%s: %s becomes other bytes", what,
			message->qualified);
}
