/*
 * stat: the certificate of a schema, what its messages and methods cost at
 * most. The figures are the front end's (idl/cost.h) and C's (c_sizes.h).
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/c_sizes.h"
#include "compiler/command.h"
#include "compiler/contract.h"
#include "compiler/states.h"
#include "compiler/nearest.h"
#include "compiler/print.h"
#include "idl/cost.h"

/* What is asked for: all of the root file, or one of these. */
struct wish {
	const struct declaration *message;
	const struct declaration *interface;
};

struct stats {
	struct arena *arena;
	struct c_sizes *sizes;
	const struct file *file;
	struct wish wish;
	struct printer out;
	const char *separator;		/* JSON: before the next object */
};

/* ---- what is asked for ---- */

static void each_named(const struct schema *schema, struct nearest *nearest,
	const struct declaration **found)
{
	for (const struct file *file = schema->files; file; file = file->next) {
		for (const struct declaration *d = file->first; d; d = d->next) {
			if (d->kind != DECLARATION_INTERFACE &&
			    (d->kind != DECLARATION_MESSAGE ||
			     !d->as.message.has_id))
				continue;
			if (strcmp(d->name, nearest->wanted) == 0 ||
			    strcmp(d->qualified, nearest->wanted) == 0) {
				/* The root file comes last, and goes first. */
				*found = d;
			}
			nearest_offer(nearest, d->name);
			nearest_offer(nearest, d->qualified);
		}
	}
}

static bool find_wish(struct run *run, const struct schema *schema, struct wish *wish)
{
	const struct declaration *found = NULL;
	struct nearest nearest;

	if (run->argument_count < 2)
		return true;
	nearest = nearest_start(run->arguments[1]);
	each_named(schema, &nearest, &found);
	if (found == NULL) {
		command_say("%s: no message or interface `%s`%s",
			run->arguments[0], run->arguments[1],
			nearest_hint(run->arena, &nearest, "; without it all are shown"));
		return false;
	}
	if (found->kind == DECLARATION_MESSAGE)
		wish->message = found;
	else
		wish->interface = found;
	return true;
}

static bool is_of(const struct declaration *message, struct method *const *methods,
	unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (methods[i]->request == message || methods[i]->reply == message)
			return true;
	}
	return false;
}

static bool is_wanted_message(const struct stats *stats, const struct declaration *d)
{
	const struct declaration *interface = stats->wish.interface;

	if (d->kind != DECLARATION_MESSAGE || !d->as.message.has_id)
		return false;
	if (interface != NULL)
		return is_of(d, interface->as.interface.methods,
			interface->as.interface.method_count) ||
			is_of(d, interface->as.interface.events,
			interface->as.interface.event_count);
	return stats->wish.message == NULL || stats->wish.message == d;
}

/* ---- tables ---- */

#define COLUMNS_MAX 8

/* Cells by rows; columns as wide as their widest. */
struct table {
	struct arena *arena;
	unsigned columns;
	unsigned rows;
	unsigned capacity;
	const char *(*cells)[COLUMNS_MAX];
};

static void table_row(struct table *table, const char *const *cells)
{
	if (table->rows == table->capacity) {
		const char *(*old)[COLUMNS_MAX] = table->cells;

		table->capacity = 2 * table->capacity + 16;
		table->cells = arena_alloc(table->arena,
			table->capacity * sizeof(*table->cells));
		if (table->rows != 0)
			memcpy(table->cells, old, table->rows * sizeof(*old));
	}
	for (unsigned i = 0; i < table->columns; i++)
		table->cells[table->rows][i] = cells[i];
	table->rows++;
}

static size_t table_width(const struct table *table, unsigned column)
{
	size_t width = 0;

	for (unsigned row = 0; row < table->rows; row++) {
		size_t size = strlen(table->cells[row][column]);

		width = size > width ? size : width;
	}
	return width;
}

/* The first and the last column are text, the others numbers. */
static void table_print(struct printer *out, const struct table *table)
{
	size_t widths[COLUMNS_MAX];
	unsigned last = table->columns - 1;

	for (unsigned i = 0; i < table->columns; i++)
		widths[i] = table_width(table, i);
	for (unsigned row = 0; row < table->rows; row++) {
		const char *const *cells = table->cells[row];

		print(out, "%-*s", (int)widths[0], cells[0]);
		for (unsigned i = 1; i < last; i++)
			print(out, "  %*s", (int)widths[i], cells[i]);
		print(out, *cells[last] == '\0' ? "\n" : "  %s\n", cells[last]);
	}
}

static const char *figure(struct stats *stats, uint64_t value)
{
	return value == UNBOUNDED ? "-"
		: arena_printf(stats->arena, "%" PRIu64, value);
}

/* ---- text ---- */

static void message_row(struct stats *stats, struct table *table, const struct declaration *d)
{
	const struct cost *cost = &d->as.message.cost;

	table_row(table, (const char *const[]){
		d->qualified, figure(stats, cost->bytes),
		figure(stats, cost->handles), figure(stats, cost->leases),
		figure(stats, cost->depth), figure(stats, cost->steps),
		figure(stats, c_size_of(stats->sizes, d)), "",
	});
}

static void wanted_messages(struct stats *stats, const struct schema *schema,
	void (*each)(struct stats *stats, struct table *table, const struct declaration *d),
	struct table *table)
{
	bool any_file = stats->wish.message || stats->wish.interface;

	for (const struct file *file = schema->files; file; file = file->next) {
		if (!any_file && file != stats->file)
			continue;
		for (const struct declaration *d = file->first; d; d = d->next) {
			if (is_wanted_message(stats, d))
				each(stats, table, d);
		}
	}
}

static void print_messages(struct stats *stats, const struct schema *schema)
{
	struct table table = {.arena = stats->arena, .columns = 8};

	table_row(&table, (const char *const[]){
		"message", "bytes", "handles", "leases", "depth", "steps",
		"struct", "",
	});
	wanted_messages(stats, schema, message_row, &table);
	if (table.rows > 1)
		table_print(&stats->out, &table);
}

static const char *message_bytes(struct stats *stats, const struct declaration *message)
{
	return message == NULL ? ""
		: figure(stats, message->as.message.cost.bytes);
}

static const char *method_qualified(struct stats *stats, const struct method *method)
{
	return arena_printf(stats->arena, "%s.%s", method->owner->qualified,
		method->name);
}

static void method_row(struct stats *stats, struct table *table, const struct method *method)
{
	const char *reason = method_slow_reason(stats->arena, method);

	table_row(table, (const char *const[]){
		method_qualified(stats, method),
		message_bytes(stats, method->request),
		message_bytes(stats, method->reply),
		figure(stats, c_stack_of(stats->sizes, method)),
		reason == NULL ? "yes" : "no",
		reason == NULL ? "" : reason,
	});
}

static bool is_own(const struct stats *stats, const struct declaration *interface,
	const struct method *method)
{
	return stats->wish.interface != NULL || method->owner == interface;
}

static void interface_each(struct stats *stats, const struct declaration *interface,
	void (*each)(struct stats *stats, struct table *table, const struct method *method),
	struct table *table)
{
	struct method *const *methods = interface->as.interface.methods;
	struct method *const *events = interface->as.interface.events;

	for (unsigned i = 0; i < interface->as.interface.method_count; i++) {
		if (is_own(stats, interface, methods[i]))
			each(stats, table, methods[i]);
	}
	for (unsigned i = 0; i < interface->as.interface.event_count; i++) {
		if (is_own(stats, interface, events[i]))
			each(stats, table, events[i]);
	}
}

static void wanted_methods(struct stats *stats,
	void (*each)(struct stats *stats, struct table *table, const struct method *method),
	struct table *table)
{
	if (stats->wish.interface != NULL) {
		interface_each(stats, stats->wish.interface, each, table);
		return;
	}
	for (const struct declaration *d = stats->file->first;
	     d && stats->wish.message == NULL; d = d->next) {
		if (d->kind == DECLARATION_INTERFACE)
			interface_each(stats, d, each, table);
	}
}

static void print_methods(struct stats *stats)
{
	struct table table = {.arena = stats->arena, .columns = 6};

	table_row(&table, (const char *const[]){
		"method", "request", "reply", "stack", "fast", "",
	});
	wanted_methods(stats, method_row, &table);
	if (table.rows == 1)
		return;
	if (stats->out.size != 0)
		print(&stats->out, "\n");
	table_print(&stats->out, &table);
}

/* ---- states ---- */

static void states_rows(struct stats *stats, struct table *table, const struct declaration *d)
{
	for (const struct state *s = d->as.interface.states; s != NULL; s = s->next)
		table_row(table, (const char *const[]){
			arena_printf(stats->arena, "%s.%s", d->name, s->name),
			states_transitions(stats->arena, s),
		});
}

/* Of the interface that is wished for, or of all if nothing else is. */
static void wanted_interfaces(struct stats *stats, struct table *table,
	void (*rows)(struct stats *, struct table *, const struct declaration *))
{
	if (stats->wish.interface != NULL)
		rows(stats, table, stats->wish.interface);
	for (const struct declaration *d = stats->file->first;
	     d && !stats->wish.message && !stats->wish.interface; d = d->next) {
		if (d->kind == DECLARATION_INTERFACE)
			rows(stats, table, d);
	}
}

static void print_states(struct stats *stats)
{
	struct table table = {.arena = stats->arena, .columns = 2};

	table_row(&table, (const char *const[]){"state", "allows"});
	wanted_interfaces(stats, &table, states_rows);
	if (table.rows == 1)
		return;
	print(&stats->out, "\n");
	table_print(&stats->out, &table);
}

/* ---- JSON ---- */

static const char *json_figure(struct stats *stats, uint64_t value)
{
	return value == UNBOUNDED ? "null" : figure(stats, value);
}

static void message_json(struct stats *stats, struct table *table, const struct declaration *d)
{
	const struct cost *cost = &d->as.message.cost;

	(void)table;
	print(&stats->out, "%s{\"name\":\"%s\",\"id\":%" PRIu32 ",\"bytes\":%s,"
		"\"handles\":%u,\"leases\":%u,\"depth\":%u,\"steps\":%s,"
		"\"struct\":%" PRIu64 "}", stats->separator, d->qualified,
		d->as.message.id, json_figure(stats, cost->bytes), cost->handles,
		cost->leases, cost->depth, json_figure(stats, cost->steps),
		c_size_of(stats->sizes, d));
	stats->separator = ",";
}

static const char *json_name(struct stats *stats, const struct declaration *message)
{
	return message == NULL ? "null"
		: arena_printf(stats->arena, "\"%s\"", message->qualified);
}

static void method_json(struct stats *stats, struct table *table, const struct method *method)
{
	const char *reason = method_slow_reason(stats->arena, method);

	(void)table;
	print(&stats->out, "%s{\"name\":\"%s\",\"kind\":\"%s\",\"number\":%" PRIu32
		",\"request\":%s,\"reply\":%s,\"stack\":%" PRIu64 ",\"fast\":%s",
		stats->separator, method_qualified(stats, method),
		method->is_event ? "event" : method->is_oneway ? "oneway" : "method",
		method->number, json_name(stats, method->request),
		json_name(stats, method->reply), c_stack_of(stats->sizes, method),
		reason == NULL ? "true" : "false");
	if (reason != NULL)
		print(&stats->out, ",\"why\":\"%s\"", reason);
	print(&stats->out, "}");
	stats->separator = ",";
}

/* Each with what it allows, and where that leads: the state itself if it stays. */
static void states_json(struct stats *stats, struct table *table, const struct declaration *d)
{
	const char *separator;

	(void)table;
	for (const struct state *s = d->as.interface.states; s != NULL; s = s->next) {
		print(&stats->out, "%s{\"interface\":\"%s\",\"name\":\"%s\",\"allows\":[",
			stats->separator, d->qualified, s->name);
		separator = "";
		for (const struct transition *t = s->first; t != NULL; t = t->next) {
			print(&stats->out, "%s{\"method\":\"%s\",\"to\":\"%s\"}", separator,
				t->method->name, t->to->name);
			separator = ",";
		}
		print(&stats->out, "]}");
		stats->separator = ",";
	}
}

/* The fingerprint is that of `skald c --contract`. */
static void interface_json(struct stats *stats, struct table *table, const struct declaration *d)
{
	struct contract contract = contract_of(stats->arena, d);

	(void)table;
	print(&stats->out, "%s{\"name\":\"%s\",\"fingerprint\":\"%016" PRIx64 "\"}",
		stats->separator, d->qualified, contract.fingerprint);
	stats->separator = ",";
}

static void print_json(struct stats *stats, const struct schema *schema)
{
	print(&stats->out, "{\"messages\":[");
	stats->separator = "";
	wanted_messages(stats, schema, message_json, NULL);
	print(&stats->out, "],\"methods\":[");
	stats->separator = "";
	wanted_methods(stats, method_json, NULL);
	print(&stats->out, "],\"states\":[");
	stats->separator = "";
	wanted_interfaces(stats, NULL, states_json);
	print(&stats->out, "],\"interfaces\":[");
	stats->separator = "";
	wanted_interfaces(stats, NULL, interface_json);
	print(&stats->out, "]}\n");
}

static struct printer print_stats(struct arena *arena, const struct schema *schema,
	const struct wish *wish, bool json)
{
	struct stats stats = {
		.arena = arena, .sizes = c_sizes_new(arena),
		.file = schema->root, .wish = *wish,
		/* There may be nothing to say. */
		.out = {.arena = arena, .text = arena_alloc(arena, 1)},
	};

	if (json) {
		print_json(&stats, schema);
	} else {
		print_messages(&stats, schema);
		print_methods(&stats);
		print_states(&stats);
	}
	return stats.out;
}

struct printer stat_print(struct arena *arena, const struct schema *schema, bool json)
{
	return print_stats(arena, schema, &(struct wish){0}, json);
}

int command_stat(struct run *run)
{
	struct wish wish = {0};
	struct printer text;
	struct schema *schema;
	int status;

	schema = command_schema(run, run->arguments[0], &status);
	if (schema == NULL)
		return status;
	if (!find_wish(run, schema, &wish))
		return STATUS_BAD;
	text = print_stats(run->arena, schema, &wish, run->json);
	return command_write(run, text.text, text.size);
}
