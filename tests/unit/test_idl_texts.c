/*
 * Schemas from texts that are at hand: no file is read.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/idl_fixture.h"

#define TEXT(path, text) { path, text, sizeof text - 1 }

static struct fixture load(const char *path, const struct source_text *texts)
{
	struct schema_options options = {.texts = texts};
	struct fixture fixture = {arena_new(), NULL, NULL};

	fixture.diags = diag_new(fixture.arena);
	fixture.schema = schema_load(fixture.arena, fixture.diags, path, &options);
	return fixture;
}

static void imports_are_found_among_texts(void **state)
{
	const struct source_text texts[] = {
		TEXT("main.skald", "import \"sub/other.skald\";\n"
			"namespace main;\nmessage M 7 { head(128): other.S s; }\n"),
		TEXT("other.skald", "namespace other;\nstruct S { uint8 a; }\n"),
		{NULL, NULL, 0},
	};
	struct fixture fixture = load("main.skald", texts);

	(void)state;
	assert_non_null(fixture.schema);
	assert_string_equal("M", fixture_find(&fixture, "M")->name);
	assert_string_equal("other.skald", fixture.schema->files->source->path);
	fixture_free(&fixture);
}

static void refuses(const char *path, const struct source_text *texts,
	const char *wanted)
{
	struct fixture fixture = load(path, texts);
	char *printed = fixture_printed(&fixture);

	assert_null(fixture.schema);
	if (strstr(printed, wanted) == NULL)
		fail_msg("expected %s, got %s", wanted, printed);
	free(printed);
	fixture_free(&fixture);
}

static void what_is_no_text_or_not_there_is_refused(void **state)
{
	const struct source_text texts[] = {
		TEXT("lonely.skald", "import \"/etc/passwd\";\n"),
		TEXT("nul.skald", "namespace a\0;\n"),
		{NULL, NULL, 0},
	};

	(void)state;
	refuses("lonely.skald", texts, "E0004");
	refuses("nul.skald", texts, "E0002");
	refuses("/etc/passwd", texts, "E0001");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(imports_are_found_among_texts),
		cmocka_unit_test(what_is_no_text_or_not_there_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
