/*
 * Names of checks, and files of vectors. See names.h.
 */
#define _GNU_SOURCE

#include "tests/checkkill/names.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/hex.h"
#include "compiler/json.h"

/* ---- checks ---- */

/* "Entry_read: value->name.size > 63", or of the runtime "Entry_read:
 * sk_read_string(in, &value->name): sk_read_bytes: size > ..." */
static char *name_of(const struct ck_checks *checks, const struct ck_site *site,
	unsigned inner)
{
	const char *function = site->function;
	size_t size = strlen(checks->prefix);
	char nth[16] = "";
	char *name;
	int done;

	if (strncmp(function, checks->prefix, size) == 0)
		function += size;
	if (site->nth > 1)
		snprintf(nth, sizeof nth, " (%u)", site->nth);
	if (inner == 0)
		done = asprintf(&name, "%s: %s%s", function, site->text, nth);
	else
		done = asprintf(&name, "%s: %s%s: %s: %s", function, site->text, nth,
			ck_inners[inner].function, ck_inners[inner].text);
	if (done < 0)
		exit(2);
	return name;
}

static void add_check(struct ck_checks *checks, const struct ck_site *site, unsigned inner)
{
	if (!site->is_reached) {
		checks->unreached++;
		return;
	}
	if (checks->count % 1024 == 0)
		checks->items = realloc(checks->items,
			(checks->count + 1024) * sizeof *checks->items);
	checks->items[checks->count++] = (struct ck_check){ .site = site, .inner = inner,
		.name = name_of(checks, site, inner) };
}

struct ck_checks names_all(const char *schema, const char *prefix)
{
	struct ck_checks checks = { .schema = schema, .prefix = prefix };
	const struct ck_site *site = ck_tables.sites;

	for (; site != NULL && site->function != NULL; site++) {
		const unsigned short *inner = site->inners;
		if (inner == NULL)
			add_check(&checks, site, 0);
		for (; inner != NULL && *inner != 0; inner++)
			add_check(&checks, site, *inner);
	}
	return checks;
}

static int compare_places(const void *a, const void *b)
{
	const struct ck_check *one = a;
	const struct ck_check *two = b;

	if (one->site != two->site)
		return one->site < two->site ? -1 : 1;
	return 0;
}

struct ck_check *names_find(const struct ck_checks *checks, const struct ck_site *site,
	unsigned inner)
{
	struct ck_check wanted = { .site = site };
	struct ck_check *end = checks->items + checks->count;
	struct ck_check *found = bsearch(&wanted, checks->items, checks->count,
		sizeof wanted, compare_places);

	while (found != NULL && found > checks->items && found[-1].site == site)
		found--;
	for (; found != NULL && found < end && found->site == site; found++)
		if (found->inner == inner)
			return found;
	return NULL;
}

const struct ck_message *names_message(const char *prefix, const char *name)
{
	size_t size = strlen(prefix);

	for (const struct ck_message *m = ck_tables.messages; m->name != NULL; m++)
		if (strncmp(m->name, prefix, size) == 0 && strcmp(m->name + size, name) == 0)
			return m;
	return NULL;
}

/* ---- reading ---- */

static char *text_of(const struct value *row, const char *name)
{
	const struct value *value = value_member(row, name);

	if (value == NULL || value->kind != VALUE_STRING)
		return NULL;
	return strndup(value->as.string.data, value->as.string.size);
}

static uint64_t number_of(const struct value *value)
{
	return value != NULL && value->kind == VALUE_INTEGER
		? value_integer_bits(&value->as.integer) : 0;
}

static uint64_t number_in(const struct value *row, const char *name, size_t i)
{
	const struct value *list = value_member(row, name);

	return list != NULL && list->kind == VALUE_LIST && i < list->as.list.count
		? number_of(value_item(list, i)) : 0;
}

static bool read_hex(struct ck_case *c, const char *text)
{
	size_t count = 0;

	if (text == NULL || strlen(text) / 2 + c->size > CASE_MAX)
		return false;
	if (!hex_read(text, strlen(text), false, c->bytes + c->size, &count)
	    && *text != '\0')
		return false;
	c->size += count;
	return true;
}

static void read_beside(struct ck_case *c, const struct value *row)
{
	run_attach(c, (unsigned)number_of(value_member(row, "handles")),
		(unsigned)number_of(value_member(row, "leases")));
	for (unsigned i = 0; i < c->handles && value_member(row, "rights") != NULL; i++)
		c->rights[i] = (uint16_t)number_in(row, "rights", i);
	for (unsigned i = 0; i < c->leases && value_member(row, "lent") != NULL; i++) {
		c->direction[i] = (uint32_t)number_in(row, "directions", i);
		c->lent[i] = number_in(row, "lent", i);
	}
	if (value_member(row, "room") != NULL) {
		c->room = (int)number_of(value_member(row, "room"));
		c->room_gap = (int)number_of(value_member(row, "room_gap"));
	}
}

static int status_named(const char *name)
{
	for (int status = 0; name != NULL && status > -64; status--)
		if (strcmp(run_status(status), name) == 0)
			return status;
	return 0;
}

static bool read_row(const char *prefix, const struct value *value, struct names_row *row)
{
	struct ck_case *c = malloc(sizeof *c);
	char *status = text_of(value, "status");
	char *without = text_of(value, "without");

	run_clear(c);
	row->check = text_of(value, "check");
	row->message = text_of(value, "message");
	if (row->check == NULL || row->message == NULL || status == NULL || without == NULL
	    || !read_hex(c, text_of(value, "head_hex"))
	    || !read_hex(c, text_of(value, "tail_hex")))
		return false;
	c->message = names_message(prefix, row->message);
	read_beside(c, value);
	row->vector = c->message != NULL ? c : NULL;
	row->status = status_named(status);
	row->without = strcmp(without, "outside") == 0 ? RUN_OUTSIDE : 0;
	return true;
}

size_t names_each(const char *prefix, const char *path,
	void (*each)(void *context, struct names_row *row), void *context)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t capacity = 0;
	size_t strangers = 0;
	ssize_t size;

	while (file != NULL && (size = getline(&line, &capacity, file)) > 0) {
		struct arena *arena = arena_new();
		struct names_row row = { 0 };
		struct value value;
		struct text_fault fault;
		if (json_read(arena, line, (size_t)size, VALUE_TEXT_BYTES, &value, &fault)
		    && value.kind == VALUE_OBJECT && read_row(prefix, &value, &row)) {
			each(context, &row);
		} else {
			fprintf(stderr, "%s: not a vector: %s", path, line);
			strangers++;
		}
		arena_free(arena);
	}
	free(line);
	if (file != NULL)
		fclose(file);
	return strangers;
}

struct reading {
	struct ck_checks *checks;
	size_t strangers;
};

static void take_row(void *context, struct names_row *row)
{
	struct reading *reading = context;
	struct ck_check *check = NULL;

	for (size_t i = 0; check == NULL && i < reading->checks->count; i++)
		if (strcmp(reading->checks->items[i].name, row->check) == 0)
			check = &reading->checks->items[i];
	if (check == NULL || check->vector != NULL || row->vector == NULL) {
		fprintf(stderr, "%s: %s: no such check\n", row->message, row->check);
		reading->strangers++;
		return;
	}
	check->vector = row->vector;
	check->status = row->status;
	check->without = row->without;
}

size_t names_read(struct ck_checks *checks, const char *path)
{
	struct reading reading = { checks, 0 };
	size_t bad = names_each(checks->prefix, path, take_row, &reading);

	return bad + reading.strangers;
}

/* ---- writing ---- */

static int compare_names(const void *a, const void *b)
{
	const struct ck_check *const *one = a;
	const struct ck_check *const *two = b;

	return strcmp((*one)->name, (*two)->name);
}

static void write_text(FILE *to, const char *text)
{
	for (; *text != '\0'; text++)
		fprintf(to, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
}

static void write_beside(FILE *to, const struct ck_case *c)
{
	bool is_plain = run_is_plain(c);

	if (c->handles != 0 || c->leases != 0)
		fprintf(to, ",\"handles\":%u,\"leases\":%u", c->handles, c->leases);
	if (is_plain)
		return;
	if (c->handles != 0)
		fputs(",\"rights\":[", to);
	for (unsigned i = 0; i < c->handles; i++)
		fprintf(to, "%s%u%s", i == 0 ? "" : ",", c->rights[i],
			i + 1 == c->handles ? "]" : "");
	if (c->leases != 0)
		fputs(",\"directions\":[", to);
	for (unsigned i = 0; i < c->leases; i++)
		fprintf(to, "%s%u", i == 0 ? "" : ",", c->direction[i]);
	if (c->leases != 0)
		fputs("],\"lent\":[", to);
	for (unsigned i = 0; i < c->leases; i++)
		fprintf(to, "%s%llu%s", i == 0 ? "" : ",", (unsigned long long)c->lent[i],
			i + 1 == c->leases ? "]" : "");
	if (c->room >= 0)
		fprintf(to, ",\"room\":%d,\"room_gap\":%d", c->room, c->room_gap);
}

size_t names_head_size(const struct ck_case *c)
{
	uint32_t tail = c->size >= 8 ? sk_get_uint32(c->bytes + 4) : 0;

	return tail <= c->size - (c->size >= 8 ? 8 : 0) ? c->size - tail : c->size;
}

static void write_row(const struct ck_checks *checks, const struct ck_check *check, FILE *to)
{
	const struct ck_case *c = check->vector;
	size_t head = names_head_size(c);

	fprintf(to, "{\"schema\":\"%s\",\"message\":\"%s\",\"check\":\"", checks->schema,
		c->message->name + strlen(checks->prefix));
	write_text(to, check->name);
	fputs("\",\"head_hex\":\"", to);
	hex_write(to, c->bytes, head);
	fputs("\",\"tail_hex\":\"", to);
	hex_write(to, c->bytes + head, c->size - head);
	fputs("\"", to);
	write_beside(to, c);
	fprintf(to, "%s,\"status\":\"%s\",\"without\":\"%s\"}\n",
		c->room < 0 ? ",\"decode\":\"FAIL\"" : "", run_status(check->status),
		run_status(check->without));
}

void names_write(const struct ck_checks *checks, FILE *to)
{
	const struct ck_check **order = malloc((checks->count + 1) * sizeof *order);

	for (size_t i = 0; i < checks->count; i++)
		order[i] = &checks->items[i];
	qsort(order, checks->count, sizeof *order, compare_names);
	for (size_t i = 0; i < checks->count; i++)
		if (order[i]->vector != NULL)
			write_row(checks, order[i], to);
	free(order);
}
