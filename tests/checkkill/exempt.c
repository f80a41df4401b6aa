/*
 * Patterns of checks that need no vector. See exempt.h.
 */
#define _GNU_SOURCE

#include "tests/checkkill/exempt.h"

#include <stdlib.h>
#include <string.h>

static void compile(regex_t *pattern, const char *path, const char *text)
{
	if (regcomp(pattern, text, REG_EXTENDED) == 0)
		return;
	fprintf(stderr, "%s: not a pattern: %s\n", path, text);
	exit(2);
}

static void add(struct exempt *exempt, const char *path, char *line)
{
	size_t i = exempt->count++;
	char *but = strstr(line, " BUT ");

	if (i == PATTERNS_MOST) {
		fprintf(stderr, "%s: too many patterns\n", path);
		exit(2);
	}
	exempt->text[i] = strdup(line);
	if (but != NULL) {
		*but = '\0';
		exempt->but[i] = malloc(sizeof(regex_t));
		compile(exempt->but[i], path, but + 5);
	}
	compile(&exempt->pattern[i], path, line);
}

void exempt_read(struct exempt *exempt, const char *path)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t capacity = 0;
	ssize_t size;

	if (file == NULL) {
		perror(path);
		exit(2);
	}
	while ((size = getline(&line, &capacity, file)) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (*line == '#' || *line == '\0')
			continue;
		add(exempt, path, line);
	}
	free(line);
	fclose(file);
}

bool exempt_has(struct exempt *exempt, const struct ck_checks *checks,
	const struct ck_check *check)
{
	bool is_exempt = false;
	char *name;

	if (asprintf(&name, "%s: %s", checks->schema, check->name) < 0)
		exit(2);
	for (size_t i = 0; i < exempt->count; i++) {
		if (regexec(&exempt->pattern[i], name, 0, NULL, 0) == 0
		    && (exempt->but[i] == NULL || regexec(exempt->but[i], name, 0, NULL, 0) != 0)) {
			exempt->matches[i]++;
			is_exempt = true;
		}
	}
	free(name);
	return is_exempt;
}

