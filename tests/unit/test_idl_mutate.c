/*
 * Damaged schemas: whatever is done to a good one, loading it ends, and gives
 * either a schema or at least one error. A run with sanitizers watches the
 * rest. SKALD_SEED and SKALD_ROUNDS choose other mutations and more of them.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "idl/check_c_names.h"
#include "tests/unit/idl_fixture.h"

#define ROOM 32768

static const char *const words[] = { "message", "struct", "tags", "tag(1)",
	"head(8):", "tail:", "enum", "interface", "method", "error", "group",
	"reserved", "..", "->", "{", "}", "(", ")", "[", "]", "<", ">", "<=",
	";", ",", "=", "@head(9)", "@format(hex)", "\"", "/*", "*/", "///",
	"uint8", "string", "Tree", "Tree[2]", "0", "1 << 99", "- 1", "~0",
	"99999999999999999999999999999999999999999", "\xff", "\r", "Error",
	"newtype", "const", "import", "using", "variant", "optional",
	"record", "bits", "strict", "flexible", ": Node", ": Time", ": Object",
	"tag(1)", "1.5", "1.5e99", "handle<Folder>", "lease<in, max = 3>",
	"@bytes(3)", "@depth(2)", "@unbounded", "@fast", "@name(\"a\")",
	"event", "oneway", "Value", "Change", "Time", "Node", "Span[2]" };

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);

	return text == NULL ? otherwise : strtoull(text, NULL, 0);
}

static size_t read_sample(char *text)
{
	FILE *in = fopen("tests/bad/good-sample.skald", "r");
	size_t size;

	assert_non_null(in);
	size = fread(text, 1, ROOM / 2, in);
	fclose(in);
	assert_true(size > 500);
	return size;
}

/* Replaces `cut` bytes by others. */
static size_t splice(char *text, size_t size, size_t at, size_t cut,
	const char *with, size_t with_size)
{
	if (cut > size - at)
		cut = size - at;
	if (size - cut + with_size >= ROOM)
		return size;
	memmove(text + at + with_size, text + at + cut, size - at - cut);
	memcpy(text + at, with, with_size);
	return size - cut + with_size;
}

static size_t mutate(char *text, size_t size, uint64_t *seed)
{
	size_t at = next_random(seed) % (size + 1);
	size_t cut = next_random(seed) % 12;
	size_t from = next_random(seed) % (size + 1);
	size_t length = next_random(seed) % 60;
	const char *word = words[next_random(seed)
		% (sizeof words / sizeof words[0])];
	char piece[64];

	switch (next_random(seed) % 4) {
	case 0:
		return splice(text, size, at, cut, "", 0);
	case 1:
		snprintf(piece, sizeof piece, " %s ", word);
		return splice(text, size, at, cut & 1, piece, strlen(piece));
	case 2:
		if (length > size - from)
			length = size - from;
		memcpy(piece, text + from, length);
		return splice(text, size, at, 0, piece, length);
	default:
		piece[0] = (char)(1 + next_random(seed) % 255);
		return splice(text, size, at, 1, piece, 1);
	}
}

static void a_damaged_schema_is_a_schema_or_an_error(void **state)
{
	uint64_t seed = number_from("SKALD_SEED", 20260101);
	uint64_t rounds = number_from("SKALD_ROUNDS", 3000), i, good = 0;
	static char sample[ROOM], text[ROOM];
	size_t size = read_sample(sample), now;

	(void)state;
	printf("# seed %llu, %llu rounds\n", (unsigned long long)seed,
		(unsigned long long)rounds);
	for (i = 0; i < rounds; i++) {
		uint64_t changes = 1 + next_random(&seed) % 4;
		struct fixture f;
		char *report;

		memcpy(text, sample, size);
		for (now = size; changes > 0; changes--)
			now = mutate(text, now, &seed);
		text[now] = '\0';
		f = fixture_load(text);
		assert_int_equal(f.schema == NULL, diag_errors(f.diags) > 0);
		good += f.schema != NULL;
		if (f.schema != NULL)
			check_c_names(f.arena, f.diags, f.schema->root);
		report = fixture_printed(&f);
		assert_int_equal(report[0] == '\0', diag_errors(f.diags)
			+ diag_warnings(f.diags) == 0);
		free(report);
		fixture_free(&f);
	}
	/* Both happen, or the mutations are not worth much. */
	assert_true(good > rounds / 100);
	assert_true(good < rounds - rounds / 100);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_damaged_schema_is_a_schema_or_an_error),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
