/*
 * The tables of generated reflection: entries, found by their text, printed.
 */
#include "compiler/c_reflect.h"

#include <string.h>

unsigned c_table_append(struct c_reflect *r, struct c_table *table, const char *text)
{
	if (table->count == table->capacity) {
		unsigned capacity = 2 * table->capacity + 16;
		const char **entries = arena_alloc(r->c->arena, capacity * sizeof *entries);
		if (table->count != 0)
			memcpy(entries, table->entries, table->count * sizeof *entries);
		table->entries = entries;
		table->capacity = capacity;
	}
	table->entries[table->count] = text;
	return table->count++;
}

unsigned c_table_add(struct c_reflect *r, struct c_table *table, const char *text)
{
	struct c_described *found = map_get(&table->found, text);

	if (found != NULL)
		return found->index;
	found = ARENA_NEW(r->c->arena, struct c_described);
	found->index = c_table_append(r, table, text);
	map_add(&table->found, r->c->arena, text, found);
	return found->index;
}

void c_table_print(struct c_reflect *r, const struct c_table *table, const char *before,
	const char *name, const char *behind)
{
	struct printer *out = &r->c->out;

	if (table->count == 0)
		return;
	print_line(out, "static %s%s_%s[]%s = {", before, r->schema, name, behind);
	for (unsigned i = 0; i < table->count; i++)
		print_line(out, "\t%s,", table->entries[i]);
	print_line(out, "};");
	print(out, "\n");
}

const char *c_table_name(struct c_reflect *r, const struct c_table *table,
	const char *name)
{
	return table->count == 0 ? "NULL"
		: arena_printf(r->c->arena, "%s_%s", r->schema, name);
}
