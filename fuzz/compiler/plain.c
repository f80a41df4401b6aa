/*
 * A target without libFuzzer: replays files, or changes them at random.
 *
 *	TARGET [--runs N] [--seed S] [--keep DIR] FILES|FOLDERS...
 *	TARGET --dictionary
 *
 * Without --runs every file is run once. A run that fails leaves its input
 * in DIR (else the current folder) and says how to run it again.
 */
#define _GNU_SOURCE

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "fuzz/compiler/change.h"
#include "fuzz/compiler/target.h"

/* Greatest input: of files that are replayed, of those that are changed. */
#define FILE_MAX ((size_t)8 << 20)
#define INPUT_MAX ((size_t)24 << 10)
/* Seconds of processor time that an input may take, and for each 4 KiB. */
#define SECONDS_BASE 5
#define SECONDS_PER_4K 1

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

/* So that a failure comes to on_failure(). */
const char *__asan_default_options(void)
{
	return "abort_on_error=1:handle_abort=0:max_allocation_size_mb=2000";
}

const char *__ubsan_default_options(void)
{
	return "abort_on_error=1:print_stacktrace=1";
}

struct input {
	const char *path;
	uint8_t *data;
	size_t size;
};

static struct {
	struct input *inputs;
	size_t count;
	size_t capacity;
	uint64_t runs;
	uint64_t seed;
	const char *keep;
	const char *program;
	/* What runs now. */
	const uint8_t *data;
	size_t size;
	const char *path;		/* NULL: it was changed */
} plain = { .keep = "." };

static void fail(const char *what, const char *path)
{
	fprintf(stderr, "%s: %s: %s\n", plain.program, path, what);
	exit(2);
}

/* ---- a run ---- */

static uint32_t hash(const uint8_t *data, size_t size)
{
	uint32_t hash = 2166136261;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ data[i]) * 16777619;
	return hash;
}

/* Keeps the input; the process ends anyway, so what is not safe in a handler
 * does not matter. */
static void on_failure(int number)
{
	char path[4096];
	FILE *to;

	signal(SIGABRT, SIG_DFL);
	if (number == SIGVTALRM)
		fprintf(stderr, "fuzz: FINDING %s: too long for %zu bytes\n",
			compiler_target.name, plain.size);
	snprintf(path, sizeof path, "%s/crash-%s-%08" PRIx32, plain.keep,
		compiler_target.name, hash(plain.data, plain.size));
	if (plain.path == NULL && (to = fopen(path, "wb")) != NULL) {
		fwrite(plain.data, 1, plain.size, to);
		fclose(to);
	}
	fprintf(stderr, "fuzz: again: %s %s\n", plain.program,
		plain.path == NULL ? path : plain.path);
	abort();
}

static void run(const uint8_t *data, size_t size, const char *path)
{
	struct itimerval limit = { .it_value = {
		(time_t)(SECONDS_BASE + SECONDS_PER_4K * (size >> 12)), 0 } };

	plain.data = data;
	plain.size = size;
	plain.path = path;
	setitimer(ITIMER_VIRTUAL, &limit, NULL);
	compiler_target.run(data, size);
}

static void replay_all(void)
{
	for (size_t i = 0; i < plain.count; i++)
		run(plain.inputs[i].data, plain.inputs[i].size,
			plain.inputs[i].path);
	printf("%s: %zu files, none found anything\n", compiler_target.name,
		plain.count);
}

static size_t change(uint8_t *data, size_t size, uint64_t *state)
{
	const struct input *other = &plain.inputs[random_below(state,
		plain.count)];
	bool cross = random_next(state) % 8 == 0;

	if (cross && compiler_target.is_text)
		return cross_text((char *)data, size, INPUT_MAX,
			(const char *)other->data, other->size, state);
	if (cross)
		return cross_bytes(data, size, INPUT_MAX, other->data,
			other->size, state);
	if (compiler_target.is_text)
		return change_text((char *)data, size, INPUT_MAX,
			compiler_target.words, state);
	return change_bytes(data, size, INPUT_MAX, state);
}

static void run_changed(void)
{
	static uint8_t data[INPUT_MAX];
	uint64_t state = plain.seed * UINT64_C(0x9e3779b97f4a7c15) + 1;

	for (uint64_t i = 0; i < plain.runs; i++) {
		const struct input *from = &plain.inputs[random_below(&state,
			plain.count)];
		size_t size = from->size < INPUT_MAX ? from->size : INPUT_MAX;
		/* Exponential in number: one change most often. */
		unsigned changes = 1;

		while (changes < 32 && random_next(&state) % 2)
			changes++;
		memcpy(data, from->data, size);
		for (; changes > 0; changes--)
			size = change(data, size, &state);
		run(data, size, NULL);
	}
	printf("%s: %" PRIu64 " runs, seed %" PRIu64 ", none found anything\n",
		compiler_target.name, plain.runs, plain.seed);
}

/* ---- inputs ---- */

static void add_file(const char *path)
{
	uint8_t *data = malloc(FILE_MAX);
	FILE *from = fopen(path, "rb");
	struct input *input;

	if (data == NULL || from == NULL)
		fail(strerror(errno), path);
	if (plain.count == plain.capacity) {
		plain.capacity = 2 * plain.capacity + 64;
		plain.inputs = realloc(plain.inputs,
			plain.capacity * sizeof plain.inputs[0]);
		if (plain.inputs == NULL)
			fail("out of memory", path);
	}
	input = &plain.inputs[plain.count++];
	input->path = strdup(path);
	input->size = fread(data, 1, FILE_MAX, from);
	input->data = realloc(data, input->size + 1);
	fclose(from);
}

static int is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* In the order of names, so that a seed means the same everywhere. */
static void add(const char *path)
{
	struct dirent **entries;
	struct stat status;
	int count;

	if (stat(path, &status) != 0)
		fail(strerror(errno), path);
	if (!S_ISDIR(status.st_mode)) {
		add_file(path);
		return;
	}
	count = scandir(path, &entries, is_shown, alphasort);
	for (int i = 0; i < count; i++) {
		char *inner;

		if (asprintf(&inner, "%s/%s", path, entries[i]->d_name) < 0)
			fail("out of memory", path);
		add(inner);
		free(inner);
		free(entries[i]);
	}
	free(entries);
}

/* As libFuzzer and AFL want it. */
static void print_dictionary(void)
{
	const char *const *word = compiler_target.words;

	for (; word != NULL && *word != NULL; word++) {
		putchar('"');
		for (const char *at = *word; *at != '\0'; at++) {
			if (*at == '"' || *at == '\\')
				printf("\\%c", *at);
			else if (*at < ' ' || *at > '~')
				printf("\\x%02x", (unsigned)(unsigned char)*at);
			else
				putchar(*at);
		}
		puts("\"");
	}
}

int main(int argc, char **argv)
{
	plain.program = argv[0];
	for (int i = 1; i < argc; i++) {
		bool has_value = i + 1 < argc;

		if (strcmp(argv[i], "--dictionary") == 0) {
			print_dictionary();
			return 0;
		}
		if (has_value && strcmp(argv[i], "--runs") == 0)
			plain.runs = strtoull(argv[++i], NULL, 0);
		else if (has_value && strcmp(argv[i], "--seed") == 0)
			plain.seed = strtoull(argv[++i], NULL, 0);
		else if (has_value && strcmp(argv[i], "--keep") == 0)
			plain.keep = argv[++i];
		else
			add(argv[i]);
	}
	if (plain.count == 0)
		fail("no files to run", "FILES|FOLDERS...");
	signal(SIGABRT, on_failure);
	signal(SIGVTALRM, on_failure);
	if (plain.runs == 0)
		replay_all();
	else
		run_changed();
	return 0;
}
