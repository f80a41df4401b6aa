/*
 * How good the diagnostics are: single mistakes are made in good schemas, and
 * the first report is judged (docs/diagnostics.md).
 *
 *	score [--edits N] [--seed S] [--show CLASS] FILES...
 *
 * Prints a table: for each class of mistakes how many were judged, and of how
 * many the report's line is right, it names the token, it tells the fix.
 * --show prints what is not so, with the report.
 */
#define _GNU_SOURCE

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/compiler/change.h"
#include "fuzz/compiler/score_edit.h"

#define FILES_MAX 64

struct result {
	unsigned edits;
	unsigned good;			/* the schema stayed one */
	unsigned line;
	unsigned token;
	unsigned fix;
};

static struct {
	struct source_text texts[FILES_MAX + 1];
	size_t count;
	unsigned edits;			/* of each class in each file */
	uint64_t seed;
	const char *show;
	struct result results[32];
} score = { .edits = 10, .seed = 1 };

/* ---- judging ---- */

static bool is_word(char byte)
{
	return isalnum((unsigned char)byte) || byte == '_';
}

/* Whether the text has the word, not as a part of another one. */
static bool has_word(const char *text, const char *word)
{
	size_t size = strlen(word);

	for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
		if (!is_word(word[0]) || ((at == text || !is_word(at[-1]))
			&& !is_word(at[size])))
			return true;
	return false;
}

/* A mark has to stand in quotes: `;` and not a comma of the sentence. */
static bool says(const char *text, const char *token)
{
	char quoted[SCORE_WORD_MAX + 2];

	if (is_word(token[0]) || token[0] == '@' || token[0] == '"')
		return has_word(text, token);
	snprintf(quoted, sizeof quoted, "`%s`", token);
	return strstr(text, quoted) != NULL;
}

/* All that a report says in words. */
static const char *words_of(struct arena *arena, const struct diag_view *view)
{
	return arena_printf(arena, "%s\n%s\n%s", view->message,
		view->label ? view->label : "", view->help ? view->help : "");
}

static const char *underlined(struct arena *arena, const struct diag_view *view)
{
	return view->span.source == NULL ? "" : arena_copy(arena,
		view->span.source->text + view->span.offset, view->span.size);
}

/* What goes where a name or number is gone. */
static bool names_kind(const char *words, const struct edit *edit)
{
	if (edit->class->role == ROLE_NUMBER)
		return has_word(words, "number") || has_word(words, "value")
			|| has_word(words, "expression");
	if (edit->role == ROLE_KEYWORD && (has_word(words, "declaration")
		|| has_word(words, "item")))
		return true;
	return has_word(words, "name") || has_word(words, "type")
		|| has_word(words, "value") || says(words, edit->right);
}

static bool names_token(struct arena *arena, const struct edit *edit,
	const struct diag_view *view, const char *words)
{
	if (edit->class->kind == EDIT_DELETE)
		return edit->class->mark != NULL ? says(words, edit->right)
			: names_kind(words, edit);
	return says(words, edit->wrong)
		|| strstr(underlined(arena, view), edit->wrong) != NULL
		|| (edit->class->kind == EDIT_BRACKET && says(words, edit->right));
}

/* A number other than the one that is too large. */
static bool tells_limit(const char *words, const char *wrong)
{
	for (const char *at = words; *at != '\0'; at++) {
		if (strncmp(at, wrong, strlen(wrong)) == 0)
			at += strlen(wrong) - 1;
		else if (isdigit((unsigned char)*at) && (at == words
			|| !is_word(at[-1])))
			return true;
	}
	return false;
}

static bool tells_fix(const struct edit *edit, const char *words)
{
	switch (edit->class->kind) {
	case EDIT_DELETE:
		return edit->class->mark != NULL ? says(words, edit->right)
			: names_kind(words, edit);
	case EDIT_DOUBLE:
		return has_word(words, "twice") || has_word(words, "remove");
	case EDIT_INSERT:
		return says(words, edit->right) || has_word(words, "remove");
	case EDIT_NUMBER:
		return tells_limit(words, edit->wrong);
	case EDIT_KIND:
		return has_word(words, "not a type")
			|| has_word(words, "did you mean");
	case EDIT_MISSPELL:
	case EDIT_BRACKET:
		break;
	}
	return says(words, edit->right);
}

static void show(const struct edit *edit, struct diagnostics *diags, bool line,
	bool token, bool fix)
{
	if (score.show == NULL || strcmp(score.show, edit->class->name) != 0
		|| (line && token && fix))
		return;
	printf("---- line %u: %s became %s:%s%s%s\n", edit->line, edit->right,
		*edit->wrong ? edit->wrong : "nothing", line ? "" : " line",
		token ? "" : " token", fix ? "" : " fix");
	diag_print_text(diags, stdout, false);
}

static void judge(struct arena *arena, const struct edit *edit,
	struct diagnostics *diags, struct result *result)
{
	unsigned count;
	const struct diag_view *view = diag_views(diags, &count);
	const char *words;
	bool line, token, fix;

	if (diag_errors(diags) == 0) {
		result->good++;
		return;
	}
	words = words_of(arena, view);
	line = view->span.line == edit->line
		|| (edit->class->kind == EDIT_DELETE
			&& (view->span.line == edit->next_line
			|| (edit->next_line == UINT32_MAX
				&& view->span.line > edit->line)));
	token = names_token(arena, edit, view, words);
	fix = tells_fix(edit, words);
	result->edits++;
	result->line += line;
	result->token += token;
	result->fix += fix;
	show(edit, diags, line, token, fix);
}

/* ---- the edits ---- */

/* The file with the edit, and all others as they are. */
static void load(const struct edit *edit, struct arena *arena, size_t file,
	struct result *result)
{
	static struct source_text texts[FILES_MAX + 1];
	struct schema_options options = { .texts = texts };
	struct diagnostics *diags = diag_new(arena);

	memcpy(texts, score.texts, sizeof texts);
	texts[file].text = edit->text;
	texts[file].size = edit->size;
	schema_load(arena, diags, texts[file].path, &options);
	judge(arena, edit, diags, result);
}

static void try_class(const struct edit_class *class, const struct sample *sample,
	const struct names *names, size_t file, struct result *result)
{
	static size_t places[SCORE_TOKENS_MAX];
	uint64_t state = score.seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	size_t count = 0, at;

	for (at = 0; at < sample->count; at++)
		if (edit_fits(class, sample, at))
			places[count++] = at;
	random_next(&state);
	for (unsigned i = 0; i < score.edits && count > 0; i++) {
		struct arena *arena = arena_new();
		struct edit edit;

		at = random_below(&state, count);
		if (edit_make(arena, class, sample, places[at], names, &state,
			&edit))
			load(&edit, arena, file, result);
		places[at] = places[--count];
		arena_free(arena);
	}
}

static void must_be_good(size_t file)
{
	struct schema_options options = { .texts = score.texts };
	struct arena *arena = arena_new();
	struct diagnostics *diags = diag_new(arena);

	if (schema_load(arena, diags, score.texts[file].path, &options) == NULL) {
		diag_print_text(diags, stderr, false);
		exit(2);
	}
	arena_free(arena);
}

static void try_file(const struct names *names, size_t file)
{
	static struct sample sample;

	must_be_good(file);
	sample_read(&sample, &score.texts[file], names);
	for (size_t i = 0; i < edit_class_count; i++)
		try_class(&edit_classes[i], &sample, names, file,
			&score.results[i]);
}

/* ---- the table ---- */

static double share(unsigned part, unsigned whole)
{
	return whole == 0 ? 100 : 100.0 * part / whole;
}

static void print_row(const char *name, const struct result *result)
{
	printf("| %-23s | %5u | %5.1f | %5.1f | %5.1f |\n", name, result->edits,
		share(result->line, result->edits),
		share(result->token, result->edits),
		share(result->fix, result->edits));
}

static void print_table(void)
{
	struct result all = { 0 };

	printf("| mistake                 | edits |  line | token |   fix |\n");
	printf("|---|---:|---:|---:|---:|\n");
	for (size_t i = 0; i < edit_class_count; i++) {
		const struct result *result = &score.results[i];

		print_row(edit_classes[i].name, result);
		all.edits += result->edits;
		all.good += result->good;
		all.line += result->line;
		all.token += result->token;
		all.fix += result->fix;
	}
	print_row("all", &all);
	printf("\n%u edits more left a schema that is good.\n", all.good);
}

/* ---- files ---- */

static void add_file(struct arena *arena, const char *path)
{
	static char text[1 << 20];
	FILE *from = fopen(path, "rb");
	size_t size;

	if (from == NULL || score.count == FILES_MAX) {
		perror(path);
		exit(2);
	}
	size = fread(text, 1, sizeof text, from);
	fclose(from);
	score.texts[score.count++] = (struct source_text){ path,
		arena_copy(arena, text, size), size };
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct names *names;

	for (int i = 1; i < argc; i++) {
		bool has_value = i + 1 < argc;

		if (has_value && strcmp(argv[i], "--edits") == 0)
			score.edits = (unsigned)strtoul(argv[++i], NULL, 0);
		else if (has_value && strcmp(argv[i], "--seed") == 0)
			score.seed = strtoull(argv[++i], NULL, 0);
		else if (has_value && strcmp(argv[i], "--show") == 0)
			score.show = argv[++i];
		else
			add_file(arena, argv[i]);
	}
	names = names_of(arena, score.texts);
	for (size_t i = 0; i < score.count; i++)
		try_file(names, i);
	if (score.show == NULL)
		print_table();
	arena_free(arena);
	return 0;
}
