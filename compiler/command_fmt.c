/*
 * skald fmt: schemas in one layout.
 */
#define _GNU_SOURCE

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/command.h"
#include "compiler/fmt.h"

/* A file, or stdin for `-`. NULL: it is reported. */
static const struct source *read_source(struct run *run, struct diagnostics *diags,
	const char *path, int *status)
{
	const struct source *source;
	struct wire_view input;

	*status = STATUS_USAGE;
	if (strcmp(path, "-") != 0) {
		source = source_load(run->arena, diags, path, (struct span){ 0 });
	} else {
		if (!command_read(run, &input))
			return NULL;
		source = source_from_text(run->arena, diags, "<stdin>",
			arena_copy(run->arena, (const char *)input.data,
				input.size), input.size, (struct span){ 0 });
	}
	if (source == NULL && !diag_failed_to_read(diags))
		*status = STATUS_BAD;
	return source;
}

/* Whole or not at all; behind a link it is the file that changes. */
static int replace(const struct printer *whole, const char *path)
{
	char *real = realpath(path, NULL);
	struct print_file file = { whole, real != NULL ? real : path };
	int status = print_to_files(&file, 1) == 0 ? STATUS_GOOD : STATUS_USAGE;

	free(real);
	return status;
}

static int put_result(struct run *run, const struct source *source, const char *path,
	const struct fmt_result *result)
{
	struct printer whole = { .arena = run->arena, .size = result->size,
		.text = arena_copy(run->arena, result->text, result->size) };
	bool same = result->size == source->size
		&& memcmp(result->text, source->text, source->size) == 0;

	if (run->check) {
		if (!same)
			printf("%s\n", source->path);
		return same ? STATUS_GOOD : STATUS_BAD;
	}
	if (!run->in_place || strcmp(path, "-") == 0)
		return command_write(run, whole.text, whole.size);
	return same ? STATUS_GOOD : replace(&whole, path);
}

static int format_one(struct run *run, const char *path, struct fmt_lines lines)
{
	struct diagnostics *diags = diag_new(run->arena);
	const struct source *source;
	struct fmt_result result = { 0 };
	int status;

	source = read_source(run, diags, path, &status);
	if (source != NULL) {
		status = STATUS_BAD;
		result = fmt_source(run->arena, diags, source, lines);
	}
	if (result.text != NULL)
		return put_result(run, source, path, &result);
	if (result.mistake != NULL)
		command_say("%s: not laid out, since a mistake of skald's would "
			"change %s", path, result.mistake);
	diag_print_text(diags, stderr, run->color);
	return status;
}

/* A:B, from 1. */
static bool read_range(const char *text, struct fmt_lines *lines)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	lines->first = (unsigned)strtoul(text, &end, 10);
	if (*end != ':' || !isdigit((unsigned char)end[1]))
		return false;
	lines->last = (unsigned)strtoul(end + 1, &end, 10);
	return *end == '\0' && lines->first > 0 && lines->first <= lines->last;
}

int command_fmt(struct run *run)
{
	struct fmt_lines lines = { 0, 0 };
	int status = STATUS_GOOD, one;

	if (run->range != NULL && !read_range(run->range, &lines)) {
		command_say("--range is FIRST:LAST, lines from 1, not `%s`",
			run->range);
		return STATUS_USAGE;
	}
	if (run->argument_count > 1 && !run->check && !run->in_place) {
		command_say("several files need -w or --check");
		return STATUS_USAGE;
	}
	for (int i = 0; i < run->argument_count; i++) {
		if (run->in_place && strcmp(run->arguments[i], "-") == 0) {
			command_say("-w writes back to files, and stdin is none: leave it out");
			return STATUS_USAGE;
		}
	}
	for (int i = 0; i < run->argument_count; i++) {
		one = format_one(run, run->arguments[i], lines);
		status = one > status ? one : status;
	}
	return status;
}
