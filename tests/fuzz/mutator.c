/*
 * What the mutator makes of the seeds of a schema: the same of the same seed,
 * never more than it may, and of each kind of change both messages that are
 * taken and messages that are refused. Usage: mutator ROUNDS SEED SEEDS...
 * Or only how deep they get: mutator --depth LIMIT ROUNDS SEED SEEDS...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/files.h"
#include "fuzz/message_wire.h"
#include "fuzz/mutate.h"
#include "fuzz/ready.h"

static struct fuzz *fuzz;
static struct fuzz_files seeds;
static struct fuzz_random dice;
static unsigned long runs;
static unsigned failures;

/* By kind of change, of mutations that made only this one. */
static unsigned long taken[64];
static unsigned long refused[64];
static unsigned long altered[64];	/* other bytes than before */
static unsigned long too_deep;
static unsigned long deepest;

static void report(bool good, const char *name)
{
	printf("%sok - %s\n", good ? "" : "not ", name);
	failures += !good;
}

static const struct fuzz_file *any_seed(void)
{
	return &seeds.items[fuzz_below(&dice, seeds.count)];
}

/* A mutation in a block of exactly its greatest size. */
static uint8_t *mutate(const struct fuzz_file *from, size_t max, uint64_t seed,
	size_t *size)
{
	uint8_t *data = malloc(max ? max : 1);

	*size = from->size < max ? from->size : max;
	if (*size)
		memcpy(data, from->data, *size);
	*size = fuzz_mutate(fuzz, data, *size, max, seed);
	return data;
}

static void same_seed(void)
{
	bool good = true;
	unsigned long changed = 0;
	unsigned long differ = 0;

	for (unsigned long i = 0; i < runs / 10; i++) {
		const struct fuzz_file *seed = any_seed();
		uint64_t number = fuzz_next(&dice);
		size_t one;
		size_t two;
		uint8_t *first = mutate(seed, 4096, number, &one);
		uint8_t *other = mutate(any_seed(), 4096, number, &two);

		free(other);
		other = mutate(seed, 4096, number, &two);
		good = good && one == two && memcmp(first, other, one) == 0;
		changed += one != seed->size || memcmp(first, seed->data, one) != 0;
		free(other);
		other = mutate(seed, 4096, number + 1, &two);
		differ += one != two || memcmp(first, other, one) != 0;
		free(first);
		free(other);
	}
	report(good, "the same seed makes the same change");
	report(differ > runs / 10 * 9 / 10, "another seed makes another change");
	report(changed > runs / 10 * 9 / 10, "a mutation is hardly ever none");
}

static void no_more_than_max(void)
{
	bool good = true;

	for (unsigned long i = 0; i < runs / 4; i++) {
		const struct fuzz_file *seed = any_seed();
		const struct fuzz_file *other = any_seed();
		size_t max = fuzz_below(&dice, fuzz_one_in(&dice, 2) ? 40 : 400);
		size_t size;
		uint8_t *data = mutate(seed, max, fuzz_next(&dice), &size);

		good = good && size <= max && (size > 0) == (max > 0);
		size = fuzz_cross(fuzz, seed->data, seed->size, other->data,
			other->size, data, max, fuzz_next(&dice));
		good = good && size <= max && (size > 0) == (max > 0);
		free(data);
	}
	report(good, "a mutation has no more bytes than it may, and some");
}

/* Whether interpreter and all oracles take it; a finding ends the process. */
static bool judge(const uint8_t *data, size_t size)
{
	const struct fuzz_message *message;
	struct fuzz_packet packet;
	struct fuzz_wire wire = {0};

	fuzz_run(fuzz, data, size);
	arena_reset(fuzz->scratch);
	fuzz_packet_read(&packet, data, size);
	message = fuzz_message_of(fuzz, &packet);
	if (message == NULL)
		return false;
	fuzz_wire_decode(fuzz->scratch, message, &packet, &wire);
	if (!wire.good)
		too_deep += strstr(wire.fault.message, "more than 64") != NULL;
	return wire.good && wire.beside == NULL;
}

/* Some are rare, as of what only few messages have. */
static bool is_rare(void)
{
	for (unsigned kind = 0; kind < fuzz_changes_known; kind++)
		if (taken[kind] + refused[kind] < 100)
			return true;
	return false;
}

static void count_changes(void)
{
	for (unsigned long i = 0; i < runs || (i < 4 * runs && is_rare()); i++) {
		size_t size;
		const struct fuzz_file *seed = any_seed();
		uint8_t *data = mutate(seed, 1 << 17, fuzz_next(&dice), &size);
		bool is_same = size == seed->size && memcmp(data, seed->data, size) == 0;
		uint64_t changes = fuzz->changes;
		bool good = judge(data, size);

		for (unsigned kind = 0; kind < fuzz_changes_known; kind++) {
			if (changes != UINT64_C(1) << kind)
				continue;
			(good ? taken : refused)[kind]++;
			altered[kind] += !is_same;
			if (good && strcmp(fuzz_changes[kind].name, "deepen") == 0)
				deepest = size > deepest ? size : deepest;
		}
		free(data);
	}
}

/* What mostly follows every rule, and what mostly breaks one. */
static bool is_in(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

static void all_kinds(void)
{
	static const char *const harmless[] = {
		"fresh", "list_order", "list_shrink", "scalar", "replace",
		"other_arm", "optional", "beside_right", NULL,
	};
	static const char *const harmful[] = {
		"tail_size", "long_varint", "pointer", "repair", "cut",
		"beside_count", NULL,
	};
	char name[100];

	for (unsigned kind = 0; kind < fuzz_changes_known; kind++) {
		const char *of = fuzz_changes[kind].name;
		unsigned long all = taken[kind] + refused[kind];
		bool good = all > 0 && altered[kind] > all / 4;

		if (!is_in(harmless, of))
			good = good && refused[kind] > 0;
		if (!is_in(harmful, of))
			good = good && taken[kind] > 0;
		snprintf(name, sizeof(name), "changes of `%s` are %s", of,
			is_in(harmless, of) ? "taken" : is_in(harmful, of) ?
			"refused" : "taken and refused");
		report(good, name);
		printf("# %lu taken, %lu refused, %lu of them altered\n", taken[kind],
			refused[kind], altered[kind]);
	}
}

static void crossing(void)
{
	unsigned long good = 0;
	unsigned long bad = 0;
	unsigned long other = 0;
	uint8_t *data = malloc(8192);

	for (unsigned long i = 0; i < runs / 4; i++) {
		const struct fuzz_file *one = any_seed();
		const struct fuzz_file *two = any_seed();
		size_t size = fuzz_cross(fuzz, one->data, one->size, two->data,
			two->size, data, 8192, fuzz_next(&dice));
		bool is_good = judge(data, size);

		*(is_good ? &good : &bad) += 1;
		other += is_good && (size != one->size ||
			memcmp(data, one->data, size) != 0);
	}
	free(data);
	report(other > 0 && bad > 0, "of two messages comes a third, or none");
	printf("# %lu taken (%lu new), %lu refused\n", good, other, bad);
}

/* What is refused for its depth goes beyond LIMIT; and what is just as deep is
 * taken, of messages whose certificate allows no more. */
static void just_as_deep(const char *limit)
{
	unsigned most = (unsigned)strtoul(limit, NULL, 0);
	unsigned long just = 0;
	char why[40];

	too_deep = 0;
	snprintf(why, sizeof(why), "more than %u", most);
	for (unsigned long i = 0; i < runs; i++) {
		struct fuzz_packet packet;
		struct fuzz_wire wire;
		size_t size;
		uint8_t *data = mutate(any_seed(), 1 << 13, fuzz_next(&dice), &size);
		const struct fuzz_message *message;

		fuzz_run(fuzz, data, size);
		arena_reset(fuzz->scratch);
		fuzz_packet_read(&packet, data, size);
		message = fuzz_message_of(fuzz, &packet);
		if (message) {
			fuzz_wire_decode(fuzz->scratch, message, &packet, &wire);
			just += wire.good && wire.depth == most;
			too_deep += !wire.good && strstr(wire.fault.message, why);
		}
		free(data);
	}
	report(just > 0 && too_deep > 0, "depth is tried up to @depth and beyond");
	printf("# %lu just as deep, %lu deeper\n", just, too_deep);
}

int main(int argc, char **argv)
{
	const char *depth = NULL;

	if (argc > 3 && strcmp(argv[1], "--depth") == 0) {
		depth = argv[2];
		argv += 2;
		argc -= 2;
	}
	if (argc < 4)
		return 2;
	runs = strtoul(argv[1], NULL, 0);
	dice.state = strtoull(argv[2], NULL, 0);
	fuzz = fuzz_ready();
	for (int i = 3; i < argc; i++)
		if (!fuzz_files_add(&seeds, argv[i]))
			return 2;
	if (depth) {
		just_as_deep(depth);
		fuzz_files_free(&seeds);
		return failures != 0;
	}
	same_seed();
	no_more_than_max();
	count_changes();
	all_kinds();
	report(too_deep > 0 && deepest > 0, "what contains itself gets deeper than it may");
	crossing();
	fuzz_files_free(&seeds);
	return failures != 0;
}
