/*
 * diff: what changed between two schemas, or locks of them.
 */
#include <string.h>

#include "compiler/command.h"
#include "compiler/diff.h"
#include "compiler/json.h"
#include "compiler/lock.h"

/* Who reads what in the directions that break. */
static const char *breaks_text(unsigned breaks)
{
	static const char *const texts[] = {
		"", "breaks old readers of what is newly written",
		"breaks new readers of what was written before",
		"breaks both directions",
	};

	return texts[breaks & 3];
}

static void print_change(struct printer *out, const struct diff_change *change)
{
	print(out, "%-6s %s %s: %s: %s\n", diff_class_name(change->rule->class),
		change->rule->code, change->where, change->rule->title, change->what);
	if (change->byte)
		print(out, "             first byte that moved: %s\n", change->byte);
	if (change->rule->breaks)
		print(out, "             %s\n", breaks_text(change->rule->breaks));
}

static void print_result(struct printer *out, const struct diff_result *result)
{
	for (const struct diff_change *c = result->first; c; c = c->next)
		print_change(out, c);
	if (result->first == NULL)
		print(out, "no change that anybody sees\n");
	else
		print(out, "%s%s%s\n", result->class == DIFF_NONE ? "compatible"
			: diff_class_name(result->class),
			result->breaks ? ": " : "", breaks_text(result->breaks));
}

/* ---- JSON ---- */

static struct value breaks_value(struct arena *arena, unsigned breaks)
{
	struct value_list_builder list = {0};

	if (breaks & DIFF_OLD_READER)
		*value_list_add(arena, &list) = value_text("old reader");
	if (breaks & DIFF_NEW_READER)
		*value_list_add(arena, &list) = value_text("new reader");
	return value_list(&list);
}

static struct value change_value(struct arena *arena, const struct diff_change *change)
{
	struct value_object_builder to = {0};

	value_put(arena, &to, "code", value_text(change->rule->code));
	value_put(arena, &to, "class", value_text(diff_class_name(change->rule->class)));
	value_put(arena, &to, "breaks", breaks_value(arena, change->rule->breaks));
	value_put(arena, &to, "where", value_text(change->where));
	value_put(arena, &to, "title", value_text(change->rule->title));
	value_put(arena, &to, "what", value_text(change->what));
	if (change->byte)
		value_put(arena, &to, "byte", value_text(change->byte));
	return value_object(&to);
}

static void print_json(struct arena *arena, const struct diff_result *result)
{
	struct value_object_builder to = {0};
	struct value_list_builder changes = {0};
	struct value all;

	for (const struct diff_change *c = result->first; c; c = c->next)
		*value_list_add(arena, &changes) = change_value(arena, c);
	value_put(arena, &to, "class", value_text(diff_class_name(result->class)));
	value_put(arena, &to, "breaks", breaks_value(arena, result->breaks));
	value_put(arena, &to, "changes", value_list(&changes));
	all = value_object(&to);
	json_write(stdout, &all, VALUE_TEXT_UTF8);
	putchar('\n');
}

/* ---- the two sides ---- */

static bool load(struct run *run, const char *path, struct value *to, int *status)
{
	struct schema *schema;

	if (lock_is_lock(path))
		return lock_read(run, path, to, status);
	schema = command_schema(run, path, status);
	if (schema == NULL)
		return false;
	*to = facts_of(run->arena, schema);
	return true;
}

static enum diff_class limit_of(const struct run *run)
{
	if (run->fail_on == NULL || strcmp(run->fail_on, "wire") == 0)
		return DIFF_WIRE;
	return strcmp(run->fail_on, "abi") == 0 ? DIFF_ABI : DIFF_SOURCE;
}

int command_diff(struct run *run)
{
	struct value sides[2];
	struct diff_result result;
	struct printer out = {.arena = run->arena};
	int status;

	for (unsigned i = 0; i < 2; i++) {
		if (!load(run, run->arguments[i], &sides[i], &status))
			return status;
	}
	result = diff_facts(run->arena, &sides[0], &sides[1]);
	if (run->json) {
		print_json(run->arena, &result);
	} else {
		print_result(&out, &result);
		fwrite(out.text, 1, out.size, stdout);
	}
	return result.class >= limit_of(run) ? STATUS_BAD : STATUS_GOOD;
}
