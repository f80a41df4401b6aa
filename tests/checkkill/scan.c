/*
 * Text of C: functions, brackets, conditions. See instrument.h.
 *
 * It knows C only in the form that is written here: a function begins with "{"
 * and ends with "}" in the first column, strings have no brackets.
 */
#define _GNU_SOURCE

#include "tests/checkkill/instrument.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void scan_die(const struct unit *unit, const char *at, const char *what)
{
	unsigned line = 1;

	for (const char *c = unit->text; c < at; c++)
		line += *c == '\n';
	fprintf(stderr, "instrument: %s:%u: %s: %.60s\n", unit->path, line, what,
		scan_squeeze(at, at + strnlen(at, 80)));
	exit(2);
}

char *scan_squeeze(const char *from, const char *end)
{
	char *copy = malloc((size_t)(end - from) + 1);
	char *to = copy;

	for (; from < end; from++) {
		if (!isspace((unsigned char)*from))
			*to++ = *from;
		else if (to != copy && to[-1] != ' ')
			*to++ = ' ';
	}
	while (to != copy && to[-1] == ' ')
		to--;
	*to = '\0';
	return copy;
}

const char *scan_blanks(const char *at)
{
	while (isspace((unsigned char)*at))
		at++;
	return at;
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

bool scan_is_word(const char *start, const char *at, const char *word)
{
	size_t size = strlen(word);

	return (at == start || !is_name(at[-1])) && strncmp(at, word, size) == 0
		&& !is_name(at[size]);
}

const char *scan_bracket(const struct unit *unit, const char *from)
{
	int depth = 0;

	for (const char *at = from; *at != '\0'; at++) {
		if (strchr("([{", *at) != NULL)
			depth++;
		else if (strchr(")]}", *at) != NULL && --depth == 0)
			return at + 1;
	}
	scan_die(unit, from, "a bracket without end");
}

const char *scan_divide(const char *from, const char *end, const char *by)
{
	int depth = 0;

	for (; from < end; from++) {
		if (strchr("([{", *from) != NULL)
			depth++;
		else if (strchr(")]}", *from) != NULL)
			depth--;
		else if (depth == 0 && strncmp(from, by, strlen(by)) == 0)
			return from;
	}
	return end;
}

void scan_strip(const char **from, const char **end)
{
	static const char *const around[] = { "SK_LIKELY(", "SK_UNLIKELY(" };
	const struct unit nowhere = { .path = "a condition", .text = (char *)"" };

	*from = scan_blanks(*from);
	while (*end > *from && isspace((unsigned char)(*end)[-1]))
		--*end;
	for (size_t i = 0; i < 2; i++) {
		size_t size = strlen(around[i]);
		if (strncmp(*from, around[i], size) == 0
		    && scan_bracket(&nowhere, *from + size - 1) == *end) {
			*from += size;
			--*end;
		}
	}
}

bool scan_is_one_of(const char *text, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, list[i]) == 0)
			return true;
	return false;
}

bool scan_starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

bool scan_ends(const char *text, const char *with)
{
	size_t size = strlen(text);
	size_t end = strlen(with);

	return size >= end && strcmp(text + size - end, with) == 0;
}

void scan_print_quoted(FILE *to, const char *text)
{
	fputc('"', to);
	for (; *text != '\0'; text++)
		fprintf(to, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
	fputc('"', to);
}

/* ---- functions ---- */

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	size_t size = 0;
	size_t room = 1 << 16;
	char *text = malloc(room);

	if (file == NULL) {
		perror(path);
		exit(2);
	}
	for (size_t more; (more = fread(text + size, 1, room - size - 1, file)) != 0;) {
		size += more;
		if (size + 1 == room)
			text = realloc(text, room *= 2);
	}
	text[size] = '\0';
	fclose(file);
	return text;
}

/* Back to behind the blank line, or the end of a comment, before it. */
static const char *header_of(const char *text, const char *body)
{
	const char *at = body;

	while (at > text && strncmp(at - 1, "\n\n", 2) != 0
	       && !(at - text > 3 && strncmp(at - 3, "*/\n", 3) == 0))
		at--;
	return at;
}

static char *name_of(const char *header, const char *body)
{
	const char *attribute = strstr(header, "__attribute__((");
	const char *from = header;

	if (attribute != NULL && attribute < body)
		from = strstr(attribute, "))") + 2;
	const char *end = strchr(from, '(');
	const char *at = end;
	while (at > from && is_name(at[-1]))
		at--;
	return strndup(at, (size_t)(end - at));
}

static void add_function(struct unit *unit, const char *open)
{
	struct function *f;
	const char *end = strstr(open, "\n}");

	if (unit->count % 256 == 0)
		unit->functions = realloc(unit->functions,
			(unit->count + 256) * sizeof *unit->functions);
	f = &unit->functions[unit->count++];
	memset(f, 0, sizeof *f);
	if (end == NULL)
		scan_die(unit, open, "a function without end");
	f->header = header_of(unit->text, open);
	f->body = open + 1;
	f->end = end + 1;
	f->name = name_of(f->header, open);
	f->is_runtime = unit->is_runtime;
	const char *is_bool = strstr(f->header, "bool ");
	f->is_bool = is_bool != NULL && is_bool < strstr(f->header, f->name);
}

void scan_unit(struct unit *unit, const char *path, bool is_runtime)
{
	unit->path = path;
	unit->text = read_file(path);
	unit->is_runtime = is_runtime;
	unit->functions = NULL;
	unit->count = 0;
	for (const char *at = unit->text; (at = strstr(at, "\n{\n")) != NULL; at += 2)
		add_function(unit, at + 1);
}
