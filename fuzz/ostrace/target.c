/*
 * The ostrace tool: any bytes, in pieces of any size, shown in all ways. Nothing
 * but memory that is misused, or time that is lost, is a finding; and that two
 * ways of cutting the same bytes give different text.
 */
#define _GNU_SOURCE

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/compiler/target.h"
#include "tools/ostrace/trace.h"

/* What `view` makes of it, pushed so many bytes at a time. */
static char *show(const struct view_ops *view, const struct filter *filter,
	const uint8_t *data, size_t size, size_t piece, size_t *length)
{
	static struct trace trace;
	char *text = NULL;

	trace = (struct trace){
		.file = "input", .filter = *filter, .window = 1000,
		.view = {.ops = view, .out = open_memstream(&text, length), .kernel = true},
		.errors = fopen("/dev/null", "w"),
	};
	if (!trace.view.out || !trace.errors)
		abort();
	trace_begin(&trace);
	for (size_t at = 0; at < size; at += piece)
		trace_push(&trace, data + at, size - at < piece ? size - at : piece);
	trace_end(&trace);
	fclose(trace.view.out);
	fclose(trace.errors);
	return text;
}

static void run(const uint8_t *data, size_t size)
{
	static const struct view_ops *const views[] = {
		&view_text, &view_stats, &view_json, &view_pcapng,
	};
	struct filter filters[] = {{.longer = 0}, {.programs = {"s*"}, .program_count = 1,
		.methods = {"fs.*"}, .method_count = 1, .longer = 10, .failed = true}};
	size_t first_size, second_size;
	char *first, *second;

	for (unsigned i = 0; i < 4; i++) {
		first = show(views[i], &filters[0], data, size, size + 1, &first_size);
		second = show(views[i], &filters[0], data, size, 1 + i * 7, &second_size);
		if (first_size != second_size || memcmp(first, second, first_size) != 0)
			compiler_found("pieces of %u bytes give another view %u", 1 + i * 7, i);
		free(first);
		free(second);
		free(show(views[i], &filters[1], data, size, 100, &first_size));
	}
}

const struct compiler_target compiler_target = {"ostrace", run, false, NULL};
