/*
 * skald lint: what is right in schemas and likely to be regretted.
 */
#include <string.h>

#include "compiler/command.h"
#include "compiler/lint.h"
#include "compiler/nearest.h"

static bool is_lint(int code)
{
	return diag_code_name((enum diag_code)code)[0] == 'L';
}

/* Chooses all of a class; false if there is none of that name. */
static bool choose_class(bool *chosen, const char *name, size_t size)
{
	enum lint_class class = 0;
	int code;

	while (class < LINT_CLASSES && (strlen(lint_class_name(class)) != size
		|| memcmp(lint_class_name(class), name, size) != 0))
		class++;
	for (code = 0; class < LINT_CLASSES && code < DIAG_CODE_COUNT; code++)
		if (is_lint(code) && lint_class_of((enum diag_code)code) == class)
			chosen[code] = true;
	return class < LINT_CLASSES;
}

static bool choose_code(bool *chosen, const char *name, size_t size)
{
	enum diag_code code = lint_code(name, size);

	if (code < DIAG_CODE_COUNT)
		chosen[code] = true;
	return code < DIAG_CODE_COUNT;
}

/* A list with commas, of names that `choose` knows. */
static bool choose_list(struct run *run, bool *chosen, const char *list,
	bool (*choose)(bool *chosen, const char *name, size_t size), const char *what)
{
	size_t size;

	for (;; list += size + 1) {
		size = strcspn(list, ",");
		if (!choose(chosen, list, size)) {
			command_say("there is no %s `%s`; see `skald lint --help`",
				what, arena_copy(run->arena, list, size));
			return false;
		}
		if (list[size] == '\0')
			return true;
	}
}

static bool choose(struct run *run, bool chosen[DIAG_CODE_COUNT])
{
	int code;

	if (run->lint_class != NULL && !choose_list(run, chosen, run->lint_class,
			choose_class, "class"))
		return false;
	if (run->only != NULL && !choose_list(run, chosen, run->only, choose_code,
			"lint"))
		return false;
	for (code = 0; code < DIAG_CODE_COUNT; code++)
		if (run->lint_class == NULL && run->only == NULL && is_lint(code))
			chosen[code] = true;
	return true;
}

int command_lint(struct run *run)
{
	struct diagnostics *diags = diag_new(run->arena);
	struct schema_options options = {
		.import_folders = run->import_folders,
		.import_folder_count = run->import_folder_count,
	};
	bool chosen[DIAG_CODE_COUNT] = { false };
	int status;

	if (!choose(run, chosen))
		return STATUS_USAGE;
	for (int i = 0; i < run->argument_count; i++) {
		const struct schema *schema = schema_load(run->arena, diags,
			run->arguments[i], &options);

		if (schema != NULL)
			lint_file(run->arena, diags, schema, chosen);
	}
	status = diag_failed_to_read(diags) ? STATUS_USAGE
		: diag_errors(diags) + diag_warnings(diags) > 0 ? STATUS_BAD
		: STATUS_GOOD;
	if (run->json)
		diag_print_json(diags, stdout);
	else
		diag_print_text(diags, stderr, run->color);
	return status;
}
