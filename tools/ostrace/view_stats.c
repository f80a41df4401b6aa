/* A table: what each method cost, the dearest first. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/ostrace/view.h"

struct method_row {
	char name[MESSAGE_NAME_ROOM];
	uint64_t *times;		/* of those that ended */
	size_t count, room;
	uint64_t errors, open;
	uint64_t total, self;
};

/* Of all streams. */
struct table {
	struct map rows;		/* by a hash of the name */
	uint64_t lost;
};

static struct table *table_of(struct view *view)
{
	if (!view->state)
		view->state = must_allocate(1, sizeof(struct table));
	return view->state;
}

static struct method_row *row_of(struct table *table, const char *name)
{
	uint64_t key = UINT64_C(0xcbf29ce484222325);
	struct method_row *row;

	for (const char *at = name; *at; at++)
		key = (key ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
	row = map_get(&table->rows, key);
	if (!row) {
		row = must_allocate(1, sizeof(*row));
		snprintf(row->name, sizeof(row->name), "%s", name);
		map_put(&table->rows, key, row);
	}
	return row;
}

static void add_time(struct method_row *row, uint64_t time)
{
	if (row->count == row->room) {
		row->room = row->room ? 2 * row->room : 16;
		row->times = must_resize(row->times, row->room, sizeof(row->times[0]));
	}
	row->times[row->count++] = time;
	row->total += time;
}

static void stats_call(struct view *view, const struct call *call)
{
	char room[MESSAGE_NAME_ROOM];
	struct method_row *row;

	if (!filter_call(view->filter, view->world, call))
		return;
	row = row_of(table_of(view), call_name(view->world, call, room));
	if (!call_is_whole(call)) {
		row->open++;
		return;
	}
	row->errors += call->status != 0;
	row->self += call_self(call);
	add_time(row, call_end(call) - call_begin(call));
}

static void stats_record(struct view *view, const struct record *record, bool of_call)
{
	(void)view;
	(void)record;
	(void)of_call;
}

static void stats_lost(struct view *view, const struct thread *thread, uint64_t count)
{
	(void)thread;
	table_of(view)->lost += count;
}

static void stats_end(struct view *view)
{
	(void)view;
}

/* ---- the table ---- */

static int by_time(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

static int by_total(const void *a, const void *b)
{
	const struct method_row *left = *(struct method_row *const *)a;
	const struct method_row *right = *(struct method_row *const *)b;

	if (left->total != right->total)
		return left->total > right->total ? -1 : 1;
	return strcmp(left->name, right->name);
}

/* The least time that so many of a hundred do not exceed. */
static uint64_t percentile(const struct method_row *row, unsigned percent)
{
	size_t rank = (row->count * percent + 99) / 100;

	return row->count == 0 ? 0 : row->times[rank == 0 ? 0 : rank - 1];
}

static void print_row(FILE *out, struct method_row *row, int width)
{
	uint64_t times[5];
	char room[TIME_ROOM];

	if (row->count != 0)
		qsort(row->times, row->count, sizeof(row->times[0]), by_time);
	times[0] = percentile(row, 50);
	times[1] = percentile(row, 99);
	times[2] = percentile(row, 100);
	times[3] = row->total;
	times[4] = row->self;
	fprintf(out, "%-*s %8zu %7" PRIu64 " %5" PRIu64, width, row->name, row->count,
		row->errors, row->open);
	for (unsigned i = 0; i < 5; i++)
		fprintf(out, " %11s", view_duration(times[i], room));
	fputc('\n', out);
}

/* The rows, the dearest first; to be freed. */
static struct method_row **sorted_rows(const struct map *rows)
{
	struct method_row **sorted = must_allocate(rows->count + 1, sizeof(*sorted));
	size_t count = 0;

	for (size_t i = 0; i < rows->size; i++)
		if (rows->slots[i].value)
			sorted[count++] = rows->slots[i].value;
	qsort(sorted, count, sizeof(*sorted), by_total);
	return sorted;
}

static void free_row(void *row)
{
	free(((struct method_row *)row)->times);
	free(row);
}

static void stats_close(struct view *view)
{
	struct table *table = table_of(view);
	struct method_row **rows = sorted_rows(&table->rows);
	int width = 6;

	for (size_t i = 0; rows[i]; i++)
		if ((int)strlen(rows[i]->name) > width)
			width = (int)strlen(rows[i]->name);
	fprintf(view->out, "%-*s %8s %7s %5s %11s %11s %11s %11s %11s\n", width, "method",
		"calls", "errors", "open", "p50", "p99", "max", "total", "self");
	for (size_t i = 0; rows[i]; i++)
		print_row(view->out, rows[i], width);
	if (table->lost != 0)
		fprintf(view->out, "%" PRIu64 " records are lost\n", table->lost);
	free(rows);
	map_free(&table->rows, free_row);
	free(table);
	view->state = NULL;
}

const struct view_ops view_stats = {
	.record = stats_record,
	.call = stats_call,
	.lost = stats_lost,
	.end = stats_end,
	.close = stats_close,
};
