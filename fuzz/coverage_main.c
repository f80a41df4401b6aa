/*
 * How much of the decoders a corpus reaches: replays it in a program whose
 * generated C counts (-fsanitize-coverage=inline-8bit-counters,pc-table), and
 * says how many of the edges in functions that decode were taken.
 */
#define _GNU_SOURCE

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/files.h"
#include "fuzz/ready.h"
#include "fuzz/symbols.h"

static const char help[] =
	"Usage: TARGET [--missing] FILE|FOLDER...\n"
	"           runs the cases, and prints `edges COVERED of TOTAL in decoders`;\n"
	"           --missing: and which were not taken, by function\n";

/* ---- what the compiler put into the program ---- */

struct edge {
	uintptr_t address;
	uintptr_t flags;
};

/* One for each object that counts, or for all that were linked together. */
#define MODULES_MAX 64

static struct module {
	const uint8_t *counters;
	const struct edge *edges;
	size_t count;
} modules[MODULES_MAX];
static size_t counter_modules;
static size_t edge_modules;

void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop);
void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *stop);

void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop)
{
	for (size_t i = 0; i < counter_modules; i++)
		if (modules[i].counters == start)
			return;
	if (start != stop && counter_modules < MODULES_MAX)
		modules[counter_modules++].counters = start;
}

void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *stop)
{
	const struct edge *edges = (const struct edge *)start;

	for (size_t i = 0; i < edge_modules; i++)
		if (modules[i].edges == edges)
			return;
	if (start == stop || edge_modules == MODULES_MAX)
		return;
	modules[edge_modules].edges = edges;
	modules[edge_modules++].count = (size_t)(stop - start) / 2;
}

/* ---- which of it decodes ---- */

static bool ends_in(const char *name, size_t size, const char *end)
{
	size_t length = strlen(end);

	return size >= length && memcmp(name + size - length, end, length) == 0;
}

/* The client's function of a method may be named as if it read a record. */
static bool is_client(const char *name, size_t size)
{
	const struct sk_schema *tables = fuzz_target.schema->tables;
	char method[256];

	for (uint32_t i = 0; i < tables->method_count; i++) {
		snprintf(method, sizeof(method), "_%s", tables->methods[i].name);
		for (char *at = method; *at; at++)
			if (*at == '.')
				*at = '_';
		if (ends_in(name, size, method) ||
		    (size == strlen(method + 1) && ends_in(name, size, method + 1)))
			return true;
	}
	return false;
}

/* Of generated C, and of the codec below it. */
static bool decodes(const char *name)
{
	static const char *const begins[] = {
		"sk_read", "sk_get", "sk_take_b", "sk_take_r", "sk_take_h", "sk_take_l",
		"sk_take_end", "sk_take_all", "sk_make_", "sk_next", "sk_list_stop",
		"sk_range_open", "sk_range_begin", "sk_range_end", "sk_range_advance",
		"sk_varint_read", "sk_varint_of_word", "sk_is_", "sk_open_",
		"sk_close_", "sk_descend", "sk_ascend", "sk_limit_", "sk_refusal",
		"read_varint", "are_bools", "fits", "store",
	};
	static const char *const ends[] = {
		"_read", "_read_list", "_read_one", "_next", "_decode",
		"_decode_into", "_check",
	};
	/* What the compiler made of it has a suffix. */
	size_t size = strcspn(name, ".");

	for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++)
		if (strncmp(name, begins[i], strlen(begins[i])) == 0)
			return true;
	if (strncmp(name, "sk_", 3) == 0 || is_client(name, size))
		return false;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (ends_in(name, size, ends[i]))
			return true;
	return false;
}

struct missing {
	const char *function;
	uintptr_t address;
};

struct sum {
	size_t covered;
	size_t total;
	struct missing *missing;
	size_t missing_count;
};

static void add_edge(struct sum *sum, const struct edge *edge, bool is_covered)
{
	const char *function = fuzz_symbol(edge->address);

	if (function == NULL || !decodes(function))
		return;
	sum->total++;
	sum->covered += is_covered;
	if (!is_covered)
		sum->missing[sum->missing_count++] = (struct missing){
			function, fuzz_symbol_offset(edge->address),
		};
}

static struct sum sum_up(void)
{
	struct sum sum = {0};
	size_t all = 1;

	for (size_t i = 0; i < edge_modules; i++)
		all += modules[i].count;
	sum.missing = calloc(all, sizeof(*sum.missing));
	if (sum.missing == NULL)
		abort();
	for (size_t i = 0; i < edge_modules && i < counter_modules; i++)
		for (size_t j = 0; j < modules[i].count; j++)
			add_edge(&sum, &modules[i].edges[j],
				modules[i].counters[j] != 0);
	return sum;
}

/* ---- */

static int by_function(const void *a, const void *b)
{
	const struct missing *one = a;
	const struct missing *two = b;
	int order = strcmp(one->function, two->function);

	return order ? order : (one->address > two->address) -
		(one->address < two->address);
}

/* Lines by addr2line; without it, or without them, the address says where. */
static void print_missing(struct sum *sum)
{
	char line[512];

	qsort(sum->missing, sum->missing_count, sizeof(*sum->missing), by_function);
	for (size_t i = 0; i < sum->missing_count; i++) {
		char command[128];
		FILE *in;

		snprintf(command, sizeof(command),
			"addr2line -s -e /proc/%ld/exe 0x%zx 2>/dev/null",
			(long)getpid(), (size_t)sum->missing[i].address);
		in = popen(command, "r");
		if (in == NULL || fgets(line, sizeof(line), in) == NULL)
			snprintf(line, sizeof(line), "0x%zx\n",
				(size_t)sum->missing[i].address);
		if (in)
			pclose(in);
		printf("%s: %s", sum->missing[i].function, line);
	}
}

int main(int argc, char **argv)
{
	struct fuzz_files files = {0};
	bool wants_missing = false;
	struct sum sum;

	for (char **at = argv + 1; *at; at++) {
		if (strcmp(*at, "--missing") == 0)
			wants_missing = true;
		else if (strncmp(*at, "--", 2) == 0)
			return fputs(help, strcmp(*at, "--help") ? stderr : stdout),
				strcmp(*at, "--help") ? 2 : 0;
		else if (!fuzz_files_add(&files, *at))
			return 2;
	}
	if (argc == 1)
		return fputs(help, stderr), 2;
	for (size_t i = 0; i < files.count; i++)
		fuzz_run(fuzz_ready(), files.items[i].data, files.items[i].size);
	fuzz_files_free(&files);
	sum = sum_up();
	if (wants_missing)
		print_missing(&sum);
	printf("edges %zu of %zu in decoders\n", sum.covered, sum.total);
	free(sum.missing);
	return 0;
}
