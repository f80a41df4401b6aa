/*
 * lock: the facts of a schema as a file that people review, and whether such
 * a file is still true.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "compiler/command.h"
#include "compiler/lock.h"
#include "compiler/yaml.h"

struct printer lock_print(struct arena *arena, const struct schema *schema)
{
	struct printer out = {.arena = arena};
	struct value facts = facts_of(arena, schema);
	struct value lock = facts_for_lock(arena, &facts);
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (to == NULL || !yaml_write(to, &lock, YAML_THING_A_LINE) || fclose(to) != 0) {
		command_say("out of memory");
		exit(STATUS_USAGE);
	}
	print(&out, "# Made by skald lock from %s. A change in here is one that peers "
		"see.\n", schema->root->name);
	print(&out, "%s", text);
	free(text);
	return out;
}

/* ---- what differs first ---- */

static const char *shown(struct arena *arena, const struct value *value)
{
	switch (value->kind) {
	case VALUE_INTEGER:
		return value_integer_text(arena, &value->as.integer);
	case VALUE_BOOL:
		return value->as.truth ? "true" : "false";
	case VALUE_OBJECT:
		return "{...}";
	case VALUE_LIST:
		return "[...]";
	default:
		return value_show(arena, value->as.string.data, value->as.string.size);
	}
}

static const char *member_path(struct arena *arena, const char *path,
	const struct value_member *member)
{
	return arena_printf(arena, "%s%s%.*s", path, *path == '\0' ? "" : " / ",
		(int)member->name_size, member->name);
}

static bool is_same_name(const struct value_member *a, const struct value_member *b)
{
	return a->name_size == b->name_size && memcmp(a->name, b->name, a->name_size) == 0;
}

/* Below two objects. */
static const char *first_in(struct arena *arena, const char *path, const struct value *lock,
	const struct value *now)
{
	size_t i;

	for (i = 0; i < lock->as.object.count && i < now->as.object.count; i++) {
		const struct value_member *a = &lock->as.object.members[i];
		const struct value_member *b = &now->as.object.members[i];
		const char *found;

		if (!is_same_name(a, b))
			return arena_printf(arena, "%s: `%.*s` in the lock, `%.*s` in the schema",
				*path == '\0' ? "the file" : path, (int)a->name_size,
				a->name, (int)b->name_size, b->name);
		found = lock_difference(arena, member_path(arena, path, a), &a->value,
			&b->value);
		if (found != NULL)
			return found;
	}
	if (i < lock->as.object.count)
		return arena_printf(arena, "%s: only in the lock",
			member_path(arena, path, &lock->as.object.members[i]));
	if (i < now->as.object.count)
		return arena_printf(arena, "%s: only in the schema",
			member_path(arena, path, &now->as.object.members[i]));
	return NULL;
}

const char *lock_difference(struct arena *arena, const char *path, const struct value *lock,
	const struct value *now)
{
	if (lock->kind == VALUE_OBJECT && now->kind == VALUE_OBJECT)
		return first_in(arena, path, lock, now);
	if (value_same(lock, now))
		return NULL;
	return arena_printf(arena, "%s: %s in the lock, %s in the schema", path,
		shown(arena, lock), shown(arena, now));
}

/* ---- files ---- */

const char *lock_default_path(struct arena *arena, const char *schema)
{
	const char *slash = strrchr(schema, '/');
	const char *dot = strrchr(slash ? slash : schema, '.');
	size_t stem = dot ? (size_t)(dot - schema) : strlen(schema);

	return arena_printf(arena, "%.*s.lock", (int)stem, schema);
}

bool lock_is_lock(const char *path)
{
	size_t size = strlen(path);

	return size > 5 && strcmp(path + size - 5, ".lock") == 0;
}

/* What a lock has to have: else it is none, or of another version. */
static const char *why_no_lock(const struct value *value)
{
	static const char *const parts[] = {"imports", "declarations"};
	const struct value *version;

	if (value->kind != VALUE_OBJECT || !value_member(value, "lock"))
		return "not a lock of skald";
	version = value_member(value, "lock");
	if (version->kind != VALUE_INTEGER || version->as.integer.low != FACTS_VERSION)
		return "a lock of another version: write it anew by `skald lock`";
	for (size_t i = 0; i < 2; i++) {
		const struct value *part = value_member(value, parts[i]);

		if (part == NULL || part->kind != VALUE_OBJECT)
			return "a lock without imports or declarations";
	}
	return NULL;
}

bool lock_read(struct run *run, const char *path, struct value *to, int *status)
{
	struct text_fault fault;
	struct wire_view text;
	const char *why;

	*status = STATUS_USAGE;
	if (!command_read_file(run, path, &text))
		return false;
	*status = STATUS_BAD;
	if (!yaml_read(run->arena, (const char *)text.data, text.size, to, &fault)) {
		command_say("%s:%u:%u: %s", path, (unsigned)fault.line,
			(unsigned)fault.column, fault.message);
		return false;
	}
	why = why_no_lock(to);
	if (why != NULL)
		command_say("%s: %s", path, why);
	return why == NULL;
}

static int check_lock(struct run *run, const struct schema *schema, const char *path)
{
	struct value facts = facts_of(run->arena, schema);
	struct value now = facts_for_lock(run->arena, &facts);
	struct value lock;
	const char *found;
	int status;

	if (!lock_read(run, path, &lock, &status))
		return status;
	found = lock_difference(run->arena, "", &lock, &now);
	if (found == NULL)
		return STATUS_GOOD;
	command_say("%s: %s", path, found);
	command_say("see what it breaks by `skald diff %s %s`, then renew it by "
		"`skald lock %s -o %s`", path, run->arguments[0], run->arguments[0], path);
	return STATUS_BAD;
}

int command_lock(struct run *run)
{
	const char *schema_path = run->arguments[0];
	struct schema *schema;
	struct printer text;
	int status;

	schema = command_schema(run, schema_path, &status);
	if (schema == NULL)
		return status;
	if (run->check)
		return check_lock(run, schema, run->output ? run->output
			: lock_default_path(run->arena, schema_path));
	text = lock_print(run->arena, schema);
	return command_write(run, text.text, text.size);
}
