/*
 * Usage: search SCHEMA FOLDER NAME PREFIX OLD NEW EXEMPT < SEEDS
 *
 * Looks for the vectors of all checks of a schema's decoders that have none in
 * the file OLD, starting from good messages (seeds.c), and writes all to NEW.
 * Always finds the same. FOLDER is where the schema's imports are.
 */
#define _GNU_SOURCE

#include "tests/checkkill/exempt.h"
#include "tests/checkkill/implied.h"
#include "tests/checkkill/search.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/hex.h"
#include "idl/schema.h"

#define SEEDS_MOST 2048
#define TRIES_MANY 4			/* seeds that a site is looked at in */
#define TRIES_FEW 250			/* where few have no vector */
#define FEW 40

/* ---- what was found ---- */

/* What is accepted without the check comes first, then what is smaller. */
static bool is_better(const struct ck_check *check, const struct ck_case *c, int without)
{
	const struct ck_case *old = check->vector;

	if (old == NULL || without != check->without)
		return old == NULL || without < check->without;
	if (c->size != old->size)
		return c->size < old->size;
	if (run_is_plain(c) != run_is_plain(old))
		return run_is_plain(c);
	if (c->handles + c->leases != old->handles + old->leases)
		return c->handles + c->leases < old->handles + old->leases;
	return memcmp(c->bytes, old->bytes, c->size) < 0;
}

/* The case is refused with `status`, first by this check. */
static bool keep(struct search *search, const struct ck_case *c, struct ck_check *check,
	int status)
{
	if (check->is_exempt || check->is_old || !is_better(check, c, 0))
		return false;
	int without = run_case(c, check->site, check->inner);
	search->runs++;
	if ((without != 0 && without != RUN_OUTSIDE) || !is_better(check, c, without))
		return false;
	if (check->vector == NULL) {
		check->vector = malloc(sizeof *check->vector);
		search->found++;
	}
	run_copy(check->vector, c);
	check->status = status;
	check->without = without;
	return true;
}

static struct ck_check *refuser(struct search *search, const struct ck_case *c, int *status)
{
	*status = run_case(c, NULL, 0);
	search->runs++;
	if (*status == 0 || ck.failed_site == NULL)
		return NULL;
	return names_find(&search->checks, ck.failed_site, ck.failed_inner);
}

struct ck_check *search_try(struct search *search, const struct ck_case *c)
{
	int status;
	struct ck_check *check = refuser(search, c, &status);

	if (check != NULL)
		keep(search, c, check, status);
	return check;
}

bool search_kills(struct search *search, const struct ck_case *c, const struct ck_check *check)
{
	int status;
	struct ck_check *found = refuser(search, c, &status);

	return found == check && keep(search, c, found, status);
}

/* ---- where readers begin ---- */

static struct search *tracing;

static void on_site(const struct ck_site *site)
{
	struct search *search = tracing;

	if (search->event_count == EVENTS_MAX)
		return;
	size_t last = search->event_count != 0 ? search->events[search->event_count - 1].at : 0;
	search->events[search->event_count++] = (struct search_event){ site, last, true };
}

static void on_reader(const uint8_t *at)
{
	struct search *search = tracing;
	struct search_event event = { ck.site, (size_t)(at - ck.begin), false };
	struct search_event *last = &search->events[search->event_count];

	if (search->event_count == EVENTS_MAX || search->event_count == 0)
		return;
	if (last[-1].site == event.site && last[-1].at == event.at && !last[-1].is_fresh)
		return;
	if (last[-1].site == event.site && last[-1].is_fresh)
		search->event_count--;
	search->events[search->event_count++] = event;
}

void search_trace(struct search *search, const struct ck_case *c)
{
	tracing = search;
	search->event_count = 0;
	ck.trace_site = on_site;
	ck.trace_reader = on_reader;
	run_case(c, NULL, 0);
	ck.trace_site = NULL;
	ck.trace_reader = NULL;
	search->layout.sized_count = 0;
	for (size_t e = 0; e < search->event_count; e++)
		if (strstr(search->events[e].site->text, "sk_read_sized(") != NULL
		    && search->layout.sized_count < SIZED_MAX)
			search->layout.sized[search->layout.sized_count++] = search->events[e].at;
}

/* ---- from one seed ---- */

/* The site has checks without vector: the first, or NULL. */
static struct ck_check *wanted(struct search *search, const struct ck_site *site)
{
	struct ck_check *end = search->checks.items + search->checks.count;
	struct ck_check *check = names_find(&search->checks, site,
		site->inners != NULL ? site->inners[0] : 0);

	for (; check != NULL && check < end && check->site == site; check++)
		if (check->vector == NULL && !check->is_exempt)
			return check;
	return NULL;
}

/* The bound in "value->name.size > 63", or 0. */
static uint64_t bound_of(const struct ck_site *site)
{
	const char *at = strstr(site->text, " > ");

	if (at == NULL)
		at = strstr(site->text, " <= ");
	return at != NULL ? strtoull(strpbrk(at, "0123456789") != NULL
		? strpbrk(at, "0123456789") : "0", NULL, 10) : 0;
}

static void grow(struct search *search, const struct ck_case *seed, size_t event)
{
	const struct ck_site *site = search->events[event].site;
	uint64_t bound = bound_of(site);
	size_t first = event > 24 ? event - 24 : 0;

	for (size_t e = event + 1; e-- > first;) {
		size_t at = search->events[e].at;
		if (e != event && at == search->events[e + 1].at)
			continue;
		if (wanted(search, site) == NULL)
			return;
		mutate_grow(search, seed, at, bound + 1);
	}
}

static bool is_descent(const struct ck_site *site)
{
	return strstr(site->text, "sk_descend(") != NULL;
}

static void nest(struct search *search, const struct ck_case *seed, size_t event)
{
	const struct search_event *events = search->events;

	for (size_t outer = 0; outer < search->event_count; outer++) {
		if (!is_descent(events[outer].site))
			continue;
		for (size_t e = outer + 1; e < search->event_count; e++) {
			if (wanted(search, events[event].site) == NULL)
				return;
			if (events[e].site != events[outer].site
			    || events[e].at <= events[outer].at)
				continue;
			mutate_nest(search, seed, events[outer].at, events[e].at, 66);
			if (search->layout.sized_count != 0)
				mutate_wrap(search, seed, events[outer].at, events[e].at, 66);
		}
	}
}

/* It stands too deep where something shallow stood. */
static void splice(struct search *search, const struct ck_case *seed, size_t event)
{
	for (size_t e = 0; e < search->event_count; e++)
		if (wanted(search, search->events[event].site) != NULL)
			mutate_splice(search, seed, search->events[e].at);
}

/* The tag of a variant is read. */
static bool is_tag(const struct ck_site *site)
{
	return strstr(site->text, "sk_read_varint(in, &tag)") != NULL && site->nth == 1;
}

/* What the variant lacks has no vector: the site is never passed by good messages. */
static bool wants_tag(struct search *search, const struct ck_site *site)
{
	const struct ck_site *other = site;

	for (; other->function != NULL && strcmp(other->function, site->function) == 0; other++)
		if (strcmp(other->text, "no such value") == 0 && wanted(search, other) != NULL)
			return true;
	return false;
}

static void look_at(struct search *search, const struct ck_case *seed, size_t event)
{
	const struct ck_site *site = search->events[event].site;
	size_t at = search->events[event].at;

	if (is_tag(site) && wants_tag(search, site))
		mutate_tag(search, seed, at);
	if (wanted(search, site) == NULL)
		return;
	mutate_at(search, seed, at);
	if (site->inners == NULL && bound_of(site) != 0)
		grow(search, seed, event);
	if (is_descent(site)) {
		nest(search, seed, event);
		splice(search, seed, event);
	}
}

static bool wants_room(struct search *search)
{
	for (size_t e = 0; e < search->event_count; e++)
		if (strstr(search->events[e].site->text, "list") != NULL
		    || strstr(search->events[e].site->text, "sk_take_room") != NULL)
			if (wanted(search, search->events[e].site) != NULL)
				return true;
	return false;
}

/* The first seeds of a message are the smallest. */
static void from_seed(struct search *search, const struct ck_case *seed, unsigned tried)
{
	search_trace(search, seed);
	mutate_bytes(search, seed);
	if (tried < 3)
		mutate_frame(search, seed);
	if (tried < 60)
		mutate_beside(search, seed);
	if (wants_room(search))
		mutate_room(search, seed);
	for (size_t e = 0; e < search->event_count; e++)
		look_at(search, seed, e);
}

/* ---- the seeds of a message ---- */

static int compare_sizes(const void *a, const void *b)
{
	const struct ck_case *const *one = a;
	const struct ck_case *const *two = b;

	if ((*one)->size != (*two)->size)
		return (*one)->size < (*two)->size ? -1 : 1;
	return memcmp((*one)->bytes, (*two)->bytes, (*one)->size);
}

/* How many seeds led to the site with a count like this one there; NULL if it is
 * an import's. */
static unsigned char *tries_of(struct search *search, const struct ck_case *seed,
	const struct search_event *event)
{
	uint64_t value = 0;
	size_t number = (size_t)(event->site - ck_tables.sites);

	if (event->site < ck_tables.sites || number >= search->site_count)
		return NULL;
	const char *place = strstr(event->site->text, "head[");

	if (event->is_fresh && place != NULL)
		value = seed->bytes[strtoul(place + 5, NULL, 10) % CASE_MAX];
	else
		change_varint(seed, event->at, &value);
	return &search->tries[4 * number + (value < 3 ? value : 3)];
}

/* It leads to something that few smaller ones have led to. */
static bool is_worth_it(struct search *search, const struct ck_case *seed)
{
	bool is_worth_it = false;

	search_trace(search, seed);
	for (size_t e = 0; e < search->event_count; e++) {
		unsigned char *tries = tries_of(search, seed, &search->events[e]);
		if (tries == NULL || *tries >= search->tries_each)
			continue;
		if (wanted(search, search->events[e].site) != NULL
		    || (is_tag(search->events[e].site)
			&& wants_tag(search, search->events[e].site))
		    || (e + 1 < search->event_count
		    && wanted(search, search->events[e + 1].site) != NULL))
			is_worth_it = true;
		++*tries;
	}
	return is_worth_it;
}

static void search_message(struct search *search, struct ck_case **seeds, size_t count)
{
	unsigned tried = 0;

	qsort(seeds, count, sizeof *seeds, compare_sizes);
	memset(search->tries, 0, 4 * search->site_count);
	for (size_t i = 0; i < count; i++) {
		if (run_case(seeds[i], NULL, 0) != 0) {
			fprintf(stderr, "search: %s: a seed is refused\n",
				seeds[i]->message->name);
			exit(2);
		}
		if (is_worth_it(search, seeds[i]) || i == 0)
			from_seed(search, seeds[i], tried++);
	}
	for (size_t i = 0; i < search->checks.count; i++) {
		struct ck_check *check = &search->checks.items[i];
		if (check->vector != NULL && check->vector->message == seeds[0]->message
		    && !check->is_old)
			smallest(search, check);
	}
}

static void add_pointers(struct search_layout *layout, const struct section *section,
	bool is_tail)
{
	for (const struct member *m = section->body.first; m != NULL; m = m->next)
		if (m->is_pointer && layout->count < POINTERS_MAX)
			layout->pointers[layout->count++] = (struct search_pointer){ is_tail,
				(size_t)m->offset, section->pointer_width };
}

static void set_layout(struct search *search, const struct schema *schema, const char *name)
{
	const struct declaration *d = schema_message(schema, name);
	struct search_layout *layout = &search->layout;

	if (d == NULL) {
		fprintf(stderr, "search: no message %s\n", name);
		exit(2);
	}
	memset(layout, 0, sizeof *layout);
	layout->has_tail = d->as.message.tail.body.first != NULL;
	layout->head_declared = (size_t)d->as.message.head.declared_size;
	layout->tail_fixed = layout->has_tail ? (size_t)d->as.message.tail.fixed_size : 0;
	add_pointers(layout, &d->as.message.head, false);
	if (layout->has_tail)
		add_pointers(layout, &d->as.message.tail, true);
}

/* ---- reading seeds ---- */

static struct ck_case *read_seed(const struct search *search, char *line, char **name)
{
	struct ck_case *c = malloc(sizeof *c);
	char *rest = NULL;

	*name = strtok_r(line, " \n", &rest);
	run_clear(c);
	c->message = *name != NULL ? names_message(search->checks.prefix, *name) : NULL;
	const char *handles = strtok_r(NULL, " \n", &rest);
	const char *leases = strtok_r(NULL, " \n", &rest);
	const char *hex = strtok_r(NULL, " \n", &rest);
	if (hex == NULL || strlen(hex) / 2 > CASE_MAX
	    || !hex_read(hex, strlen(hex), false, c->bytes, &c->size)) {
		fprintf(stderr, "search: not a seed: %s\n", line);
		exit(2);
	}
	run_attach(c, (unsigned)strtoul(handles, NULL, 10), (unsigned)strtoul(leases, NULL, 10));
	return c;
}

static void search_all(struct search *search, const struct schema *schema)
{
	static struct ck_case *seeds[SEEDS_MOST];
	size_t count = 0;
	char *line = NULL;
	size_t capacity = 0;

	while (getline(&line, &capacity, stdin) > 0) {
		char *name;
		struct ck_case *c = read_seed(search, line, &name);
		if (c->message == NULL) {	/* of an import */
			free(c);
			continue;
		}
		if (count != 0 && seeds[0]->message != c->message) {
			search_message(search, seeds, count);
			while (count != 0)
				free(seeds[--count]);
		}
		if (count == 0)
			set_layout(search, schema, name);
		if (count < SEEDS_MOST)
			seeds[count++] = c;
	}
	if (count != 0)
		search_message(search, seeds, count);
	free(line);
}

/* It still shows what it says. */
static bool is_proved(const struct ck_check *check)
{
	return run_case(check->vector, NULL, 0) == check->status
		&& ck.failed_site == check->site && ck.failed_inner == check->inner
		&& run_case(check->vector, check->site, check->inner) == check->without;
}

static void set_state(const struct schema *schema, const struct ck_checks *checks, struct ck_check *check,
	struct exempt *exempt)
{
	check->is_old = check->vector != NULL;
	if (check->is_old && !is_proved(check)) {
		free(check->vector);
		check->vector = NULL;
		check->is_old = false;
	}
	check->is_exempt = exempt_has(exempt, checks, check)
		|| implied_by_head(schema, checks, check);
}

static size_t count_wanted(const struct ck_checks *checks)
{
	size_t count = 0;

	for (size_t i = 0; i < checks->count; i++)
		count += checks->items[i].vector == NULL && !checks->items[i].is_exempt;
	return count;
}

int main(int argc, char **argv)
{
	static struct search search;
	static struct exempt exempt;
	struct arena *arena = arena_new();
	struct schema_options options = { .import_folder_count = 1 };

	if (argc != 8) {
		fputs("usage: search SCHEMA FOLDER NAME PREFIX OLD NEW EXEMPT < SEEDS\n", stderr);
		return 2;
	}
	options.import_folders = (const char *const *)&argv[2];
	struct schema *schema = schema_load(arena, diag_new(arena), argv[1], &options);
	FILE *to = fopen(argv[6], "w");
	if (schema == NULL || to == NULL) {
		fprintf(stderr, "search: %s or %s: cannot be used\n", argv[1], argv[6]);
		return 2;
	}
	exempt_read(&exempt, argv[7]);
	search.checks = names_all(argv[3], argv[4]);
	names_read(&search.checks, argv[5]);
	for (size_t i = 0; i < search.checks.count; i++)
		set_state(schema, &search.checks, &search.checks.items[i], &exempt);
	while (ck_tables.sites[search.site_count].function != NULL)
		search.site_count++;
	search.tries_each = count_wanted(&search.checks) > FEW ? TRIES_MANY : TRIES_FEW;
	search.tries = calloc(search.site_count + 1, 4);
	search_all(&search, schema);
	names_write(&search.checks, to);
	fclose(to);
	printf("%s: found %zu, %lu runs\n", argv[3], search.found, search.runs);
	arena_free(arena);
	return 0;
}
