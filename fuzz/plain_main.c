/*
 * A fuzzer without an engine: replays cases, or changes them by our own mutator
 * with nobody to say which changes lead somewhere. It also shows cases.
 */
#define _GNU_SOURCE

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fuzz/files.h"
#include "fuzz/parts.h"
#include "fuzz/ready.h"
#include "fuzz/show.h"

/* The greatest case that is made, unless a message of the target needs a greater
 * one; then never more than that. And how many are kept to make others of. */
#define CASE_SOME 8192
#define CASE_MAX ((size_t)1 << 20)
#define KEPT_MAX 4096
#define SAVED "fuzz-finding"
/* A thousand runs that take longer do not end: that is a finding, too. */
#define RUN_SECONDS_MAX 300

static const char help[] =
	"Usage: TARGET FILE|FOLDER...\n"
	"           runs each case through all oracles\n"
	"       TARGET --runs N [--seed S] [FILE|FOLDER]...\n"
	"           changes the cases N times and runs what comes; the case that\n"
	"           is a finding is written to " SAVED "-SEED-RUN\n"
	"       TARGET --decode FILE    shows a case\n"
	"       TARGET --row FILE       shows a message as a row of test vectors\n"
	"Exit status: 0 no finding, 2 wrong usage; a finding aborts.\n";

struct options {
	uint64_t runs;
	uint64_t seed;
	bool has_runs;
	bool has_seed;
	const char *decode;
	const char *row;
};

static _Noreturn void usage(const char *what)
{
	fprintf(stderr, "fuzz: %s (--help says more)\n", what);
	exit(2);
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t value;

	if (text == NULL)
		usage("a number is missing");
	value = strtoull(text, &end, 0);
	if (*text == '\0' || *end != '\0')
		usage("that is no number");
	return value;
}

static int parse(char **argv, struct options *options, struct fuzz_files *files)
{
	int status = 0;

	for (char **at = argv + 1; *at; at++) {
		if (strcmp(*at, "--help") == 0) {
			fputs(help, stdout);
			exit(0);
		} else if (strcmp(*at, "--runs") == 0) {
			options->runs = number(*++at);
			options->has_runs = true;
		} else if (strcmp(*at, "--seed") == 0) {
			options->seed = number(*++at);
			options->has_seed = true;
		} else if (strcmp(*at, "--decode") == 0 && at[1]) {
			options->decode = *++at;
		} else if (strcmp(*at, "--row") == 0 && at[1]) {
			options->row = *++at;
		} else if (strncmp(*at, "--", 2) == 0) {
			usage("no such option");
		} else if (!fuzz_files_add(files, *at)) {
			status = 2;
		}
		if (*at == NULL)
			break;
	}
	return status;
}

static int replay(struct fuzz *fuzz, const struct fuzz_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		/* If it ends here, this is which one it was. */
		fprintf(stderr, "%s\n", files->items[i].path);
		fuzz_run(fuzz, files->items[i].data, files->items[i].size);
	}
	printf("%zu cases, no finding\n", files->count);
	return 0;
}

/* ---- changes without feedback ---- */

/* Cases to make others of: those given first, then some that were made. */
struct pool {
	uint8_t *data[KEPT_MAX];
	size_t size[KEPT_MAX];
	size_t count;
};

static void keep(struct pool *pool, const uint8_t *data, size_t size, size_t at)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (copy == NULL)
		abort();
	if (size)
		memcpy(copy, data, size);
	if (at < pool->count)
		free(pool->data[at]);
	else
		pool->count = at + 1;
	pool->data[at] = copy;
	pool->size[at] = size;
}

/* A message that nothing limits is made up to its head, and some. */
static size_t case_max(const struct fuzz *fuzz)
{
	uint64_t most = CASE_SOME;

	for (unsigned i = 0; i < fuzz->message_count; i++) {
		const struct declaration *tree = fuzz->messages[i].tree;
		uint64_t bytes = tree->as.message.cost.bytes;

		if (fuzz->only && fuzz->only != &fuzz->messages[i])
			continue;
		if (bytes > CASE_MAX)
			bytes = tree->as.message.head.declared_size;
		/* What comes beside it, and some bytes too many. */
		bytes += 256;
		most = bytes > most && bytes <= CASE_MAX ? bytes : most;
	}
	return (size_t)most;
}

static size_t make(struct fuzz *fuzz, struct fuzz_random *random,
	const struct pool *pool, uint8_t *to, size_t max)
{
	size_t one = fuzz_below(random, pool->count);
	size_t two = fuzz_below(random, pool->count);
	size_t size = 0;

	if (pool->count && fuzz_one_in(random, 10))
		return fuzz_cross(fuzz, pool->data[one], pool->size[one],
			pool->data[two], pool->size[two], to, max,
			fuzz_next(random));
	if (pool->count)
		size = pool->size[one] < max ? pool->size[one] : max;
	if (size)
		memcpy(to, pool->data[one], size);
	return fuzz_mutate(fuzz, to, size, max, fuzz_next(random));
}

/* So that it is there when a finding ends the process. */
static struct {
	char name[64];
	const uint8_t *data;
	size_t size;
} saved;

static void save(void)
{
	FILE *out = fopen(saved.name, "wb");

	if (out) {
		fwrite(saved.data, 1, saved.size, out);
		fclose(out);
		fprintf(stderr, "fuzz: the case is in %s\n", saved.name);
	}
}

static void save_on_signal(int number)
{
	save();
	signal(number, SIG_DFL);
	raise(number);
}

/* What a sanitizer finds does not end by a signal. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void save_at_end(void)
{
	signal(SIGABRT, save_on_signal);
	signal(SIGALRM, save_on_signal);
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(save);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int run(struct fuzz *fuzz, const struct options *options,
	const struct fuzz_files *files)
{
	static struct pool pool;
	size_t max = case_max(fuzz);
	uint8_t *data = malloc(max);
	struct fuzz_random random = {options->seed};
	size_t given = 0;
	double start = now();

	if (data == NULL)
		abort();
	save_at_end();
	for (; given < files->count && given < KEPT_MAX / 2; given++)
		keep(&pool, files->items[given].data, files->items[given].size, given);
	for (uint64_t i = 0; i < options->runs; i++) {
		saved.size = make(fuzz, &random, &pool, data, max);
		saved.data = data;
		snprintf(saved.name, sizeof(saved.name), SAVED "-%llu-%llu",
			(unsigned long long)options->seed, (unsigned long long)i);
		if (i % 1024 == 0)
			alarm(RUN_SECONDS_MAX);
		fuzz_run(fuzz, data, saved.size);
		if (fuzz_one_in(&random, 8))
			keep(&pool, data, saved.size, pool.count < KEPT_MAX ? pool.count :
				given + fuzz_below(&random, KEPT_MAX - given));
	}
	printf("seed %llu: %llu runs, %.0f per second, no finding\n",
		(unsigned long long)options->seed, (unsigned long long)options->runs,
		(double)options->runs / (now() - start));
	for (size_t i = 0; i < pool.count; i++)
		free(pool.data[i]);
	free(data);
	return 0;
}

/* ---- */

static int show(struct fuzz *fuzz, const struct options *options)
{
	struct fuzz_files files = {0};

	if (!fuzz_files_add(&files, options->decode ? options->decode : options->row))
		return 2;
	for (size_t i = 0; i < files.count; i++)
		(options->decode ? fuzz_show_case : fuzz_show_row)(fuzz, stdout,
			files.items[i].data, files.items[i].size);
	fuzz_files_free(&files);
	return 0;
}

int main(int argc, char **argv)
{
	struct options options = {.seed = (uint64_t)time(NULL)};
	struct fuzz_files files = {0};
	int status = parse(argv, &options, &files);

	if (status)
		return status;
	if (options.decode || options.row)
		return show(fuzz_ready(), &options);
	if (argc == 1)
		usage("nothing to run");
	status = options.has_runs ? run(fuzz_ready(), &options, &files) :
		replay(fuzz_ready(), &files);
	fuzz_files_free(&files);
	return status;
}
