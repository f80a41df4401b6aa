/*
 * The list of diagnostics. What they look like is in diag_print.c.
 */
#include "idl/diag.h"

#include <stdlib.h>
#include <string.h>

#include "idl/diag_list.h"

/* Kept to be printed in order; those beyond are only counted. */
#define KEPT_MAX 1000

enum severity { SEVERITY_WARNING, SEVERITY_ERROR };

static const struct {
	const char *name;
	enum severity severity;
	const char *title;
} codes[] = {
#define DIAG(code, severity, title) { #code, SEVERITY_##severity, title },
#include "idl/diag_codes.h"
#undef DIAG
};

struct diagnostics *diag_new(struct arena *arena)
{
	struct diagnostics *diags = ARENA_NEW(arena, struct diagnostics);

	diags->arena = arena;
	return diags;
}

const char *diag_code_name(enum diag_code code)
{
	return codes[code].name;
}

const char *diag_code_title(enum diag_code code)
{
	return codes[code].title;
}

bool diag_is_error(const struct diagnostic *diagnostic)
{
	return codes[diagnostic->code].severity == SEVERITY_ERROR;
}

struct diagnostic *diag_report(struct diagnostics *diags, enum diag_code code,
	struct span span, const char *format, ...)
{
	struct diagnostic *report = &diags->surplus;
	va_list arguments;

	if (diags->count < KEPT_MAX)
		report = ARENA_NEW(diags->arena, struct diagnostic);
	*report = (struct diagnostic){ .diags = diags, .code = code };
	if (codes[code].severity == SEVERITY_ERROR)
		diags->errors++;
	else
		diags->warnings++;
	if (code == E0001 && span.source == NULL)
		diags->failed_to_read = true;
	if (report == &diags->surplus)
		return report;
	report->span = span;
	report->order = diags->count++;
	va_start(arguments, format);
	report->message = arena_vprintf(diags->arena, format, arguments);
	va_end(arguments);
	report->next = diags->last;
	diags->last = report;
	return report;
}

void diag_second(struct diagnostic *diagnostic, struct span span,
	const char *format, ...)
{
	va_list arguments;

	if (diagnostic == &diagnostic->diags->surplus)
		return;
	diagnostic->second = span;
	va_start(arguments, format);
	diagnostic->label = arena_vprintf(diagnostic->diags->arena, format,
		arguments);
	va_end(arguments);
}

void diag_help(struct diagnostic *diagnostic, const char *format, ...)
{
	va_list arguments;

	if (diagnostic == &diagnostic->diags->surplus)
		return;
	va_start(arguments, format);
	diagnostic->help = arena_vprintf(diagnostic->diags->arena, format,
		arguments);
	va_end(arguments);
}

unsigned diag_errors(const struct diagnostics *diags)
{
	return diags->errors;
}

unsigned diag_warnings(const struct diagnostics *diags)
{
	return diags->warnings;
}

bool diag_failed_to_read(const struct diagnostics *diags)
{
	return diags->failed_to_read;
}

/* Without a place first, then file by file as they were first met, then by
 * offset, then as reported. */
static int diag_compare(const void *left, const void *right)
{
	const struct diagnostic *a = *(struct diagnostic *const *)left;
	const struct diagnostic *b = *(struct diagnostic *const *)right;
	const struct source *x = a->span.source, *y = b->span.source;

	if (x != y) {
		int order = x == NULL ? -1 : y == NULL ? 1
			: strcmp(x->path, y->path);
		if (order != 0)
			return order;
	}
	if (a->span.offset != b->span.offset)
		return a->span.offset < b->span.offset ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static struct diagnostic **diag_sorted(const struct diagnostics *diags, unsigned *count)
{
	struct diagnostic **sorted = arena_alloc(diags->arena,
		(diags->count + 1) * sizeof(struct diagnostic *));
	struct diagnostic *report;
	unsigned i = 0;

	for (report = diags->last; report != NULL; report = report->next)
		sorted[i++] = report;
	qsort(sorted, i, sizeof sorted[0], diag_compare);
	*count = i;
	return sorted;
}

struct diagnostic **diag_take_sorted(struct diagnostics *diags, unsigned *count)
{
	struct diagnostic **sorted = diag_sorted(diags, count);

	diags->last = NULL;
	diags->count = 0;
	return sorted;
}

struct diag_view *diag_views(const struct diagnostics *diags, unsigned *count)
{
	struct diagnostic **sorted = diag_sorted(diags, count);
	struct diag_view *views = arena_alloc(diags->arena,
		(*count + 1) * sizeof views[0]);
	unsigned i;

	for (i = 0; i < *count; i++)
		views[i] = (struct diag_view){ sorted[i]->code, sorted[i]->span,
			sorted[i]->message, sorted[i]->second,
			sorted[i]->label, sorted[i]->help };
	return views;
}
