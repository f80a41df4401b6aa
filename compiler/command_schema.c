/*
 * The commands that only read schemas: check and c.
 */
#include "compiler/c_backend.h"
#include "compiler/command.h"

int command_check(struct run *run)
{
	struct diagnostics *diags = diag_new(run->arena);
	struct schema_options options = {
		.import_folders = run->import_folders,
		.import_folder_count = run->import_folder_count,
	};
	int status = STATUS_GOOD;

	for (int i = 0; i < run->argument_count; i++) {
		if (!schema_load(run->arena, diags, run->arguments[i],
		    &options))
			status = STATUS_BAD;
	}
	if (diag_failed_to_read(diags))
		status = STATUS_USAGE;
	if (run->json)
		diag_print_json(diags, stdout);
	else
		diag_print_text(diags, stderr, run->color);
	return status;
}

int command_c(struct run *run)
{
	struct c_options options = {
		.folder = run->output, .depfile = run->depfile,
		.reflect = run->reflect, .note = run->note,
		.contract = run->contract,
	};
	struct diagnostics *diags = diag_new(run->arena);
	struct schema *schema;
	int status;

	if (options.folder == NULL) {
		command_say("`skald c` needs -o DIR");
		return STATUS_USAGE;
	}
	schema = command_schema(run, run->arguments[0], &status);
	if (schema == NULL)
		return status;
	status = c_generate(run->arena, diags, schema, &options);
	diag_print_text(diags, stderr, run->color);
	return status;
}
