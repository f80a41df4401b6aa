/* Files of several schemas. See file_set.h. */
#include "compiler/file_set.h"

#include <string.h>

/* Files are the same if they were opened by the same path. */
static bool has_file(const struct file_set *set, const struct file *file)
{
	for (size_t i = 0; i < set->count; i++) {
		if (strcmp(set->items[i]->source->path, file->source->path) == 0)
			return true;
	}
	return false;
}

const struct declaration *file_set_find(const struct file_set *set, const char *qualified)
{
	for (size_t i = 0; i < set->count; i++) {
		for (const struct declaration *d = set->items[i]->first; d; d = d->next) {
			if (strcmp(d->qualified, qualified) == 0)
				return d;
		}
	}
	return NULL;
}

/* That the file has no name that another file has. */
static bool is_apart(const struct file_set *set, const struct file *file)
{
	for (const struct declaration *d = file->first; d; d = d->next) {
		const struct declaration *other = file_set_find(set, d->qualified);

		if (other == NULL)
			continue;
		command_say("%s is declared in %s and in %s: these cannot go together",
			d->qualified, other->file->source->path, file->source->path);
		return false;
	}
	return true;
}

static const struct file **more(struct arena *arena, const struct file **items, size_t count,
	size_t add)
{
	const struct file **moved = arena_alloc(arena, (count + add) * sizeof(*moved));

	if (count != 0)
		memcpy(moved, items, count * sizeof(*moved));
	return moved;
}

static bool add_schema(struct run *run, struct file_set *set, const struct schema *schema)
{
	size_t count = 0;

	for (const struct file *file = schema->files; file; file = file->next)
		count++;
	set->items = more(run->arena, set->items, set->count, count);
	for (const struct file *file = schema->files; file; file = file->next) {
		if (has_file(set, file))
			continue;
		if (!is_apart(set, file))
			return false;
		set->items[set->count++] = file;
	}
	set->roots[set->root_count++] = schema->root;
	return true;
}

bool file_set_load(struct run *run, struct file_set *set, int *status)
{
	size_t count = (size_t)run->argument_count;

	*set = (struct file_set){.roots = arena_alloc(run->arena, count * sizeof(*set->roots))};
	for (size_t i = 0; i < count; i++) {
		const struct schema *schema = command_schema(run, run->arguments[i], status);

		if (schema == NULL)
			return false;
		if (!add_schema(run, set, schema)) {
			*status = STATUS_BAD;
			return false;
		}
	}
	return true;
}
