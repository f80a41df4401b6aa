/*
 * Facts that are asked for, and changes that are noted.
 */
#include "compiler/diff_internal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/lock.h"

const struct diff_rule diff_rules[DIFF_CODE_COUNT] = {
#define NOBODY DIFF_NOBODY
#define OLD DIFF_OLD_READER
#define NEW DIFF_NEW_READER
#define BOTH (DIFF_OLD_READER | DIFF_NEW_READER)
#define CHANGE(code, class, breaks, title) {#code, DIFF_##class, breaks, title},
#include "compiler/diff_rules.h"
#undef CHANGE
#undef BOTH
#undef NEW
#undef OLD
#undef NOBODY
};

const char *diff_class_name(enum diff_class class)
{
	static const char *const names[] = {"none", "source", "abi", "wire"};

	return names[class];
}

/* ---- facts ---- */

const struct value *fact(const struct value *facts, const char *name)
{
	return facts && facts->kind == VALUE_OBJECT ? value_member(facts, name) : NULL;
}

static const struct value *member(const struct value *facts, const char *name,
	enum value_kind kind)
{
	const struct value *found = fact(facts, name);

	return found && found->kind == kind ? found : NULL;
}

/* The texts of facts that were read are not terminated: those of locks end where
 * libyaml's copy does, which has a NUL behind it. */
const char *fact_text(const struct value *facts, const char *name)
{
	const struct value *text = member(facts, name, VALUE_STRING);

	return text ? text->as.string.data : "";
}

uint64_t fact_number(const struct value *facts, const char *name, uint64_t otherwise)
{
	const struct value *number = member(facts, name, VALUE_INTEGER);

	return number ? value_integer_bits(&number->as.integer) : otherwise;
}

bool fact_is(const struct value *facts, const char *name)
{
	const struct value *truth = member(facts, name, VALUE_BOOL);

	return truth && truth->as.truth;
}

const struct value *fact_object(const struct value *facts, const char *name)
{
	static const struct value empty = {.kind = VALUE_OBJECT};
	const struct value *object = member(facts, name, VALUE_OBJECT);

	return object ? object : &empty;
}

size_t fact_count(const struct value *object)
{
	return object->kind == VALUE_OBJECT ? object->as.object.count : 0;
}

const char *fact_name(struct diff *diff, const struct value *object, size_t index)
{
	const struct value_member *m = &object->as.object.members[index];

	return arena_copy(diff->arena, m->name, m->name_size);
}

const struct value *fact_at(const struct value *object, size_t index)
{
	return &object->as.object.members[index].value;
}

bool fact_same(const struct value *a, const struct value *b, const char *name)
{
	const struct value *x = fact(a, name);
	const struct value *y = fact(b, name);

	return x == NULL || y == NULL ? x == y : value_same(x, y);
}

const char *fact_shown(struct diff *diff, const struct value *value)
{
	if (value == NULL)
		return "nothing";
	switch (value->kind) {
	case VALUE_INTEGER:
		return value_integer_text(diff->arena, &value->as.integer);
	case VALUE_BOOL:
		return value->as.truth ? "true" : "false";
	case VALUE_FLOAT:
	case VALUE_STRING:
		return value_show(diff->arena, value->as.string.data, value->as.string.size);
	default:
		return value_kind_name(value->kind);
	}
}

uint64_t fact_least(const struct value *facts, const char *name)
{
	return strtoull(fact_text(facts, name), NULL, 10);
}

/* ---- noting ---- */

static void note(struct diff *diff, enum diff_code code, const char *where,
	const char *byte, const char *what)
{
	struct diff_change *change;
	const struct diff_rule *rule = &diff_rules[code];

	if (rule->class > diff->result.class)
		diff->result.class = rule->class;
	diff->result.breaks |= rule->breaks;
	if (diff->quiet)
		return;
	change = ARENA_NEW(diff->arena, struct diff_change);
	*change = (struct diff_change){
		.rule = rule, .where = where, .what = what,
		.byte = rule->class == DIFF_WIRE ? byte : NULL,
	};
	if (diff->result.last)
		diff->result.last->next = change;
	else
		diff->result.first = change;
	diff->result.last = change;
}

void diff_note(struct diff *diff, enum diff_code code, const struct diff_place *place,
	const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	note(diff, code, place->where, place->byte,
		arena_vprintf(diff->arena, format, arguments));
	va_end(arguments);
}

void diff_note_at(struct diff *diff, enum diff_code code, const char *where,
	const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	note(diff, code, where, NULL, arena_vprintf(diff->arena, format, arguments));
	va_end(arguments);
}

/* ---- names ---- */

const char *diff_local(const struct diff *diff, unsigned side, const char *qualified)
{
	size_t size = strlen(diff->sides[side].prefix);

	return strncmp(qualified, diff->sides[side].prefix, size) == 0 ? qualified + size
		: qualified;
}

const struct value *diff_find(const struct diff *diff, unsigned side, const char *qualified)
{
	const struct value *found = map_get(&diff->sides[side].declarations,
		diff_local(diff, side, qualified));

	return found && found->kind == VALUE_OBJECT ? found : NULL;
}
