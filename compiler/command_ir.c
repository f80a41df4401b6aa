/*
 * ir: the tree that back ends read, for those that are programs of their own.
 */
#define _GNU_SOURCE
#include <stdlib.h>

#include "compiler/command.h"
#include "compiler/ir.h"
#include "compiler/json.h"
#include "compiler/yaml.h"

static bool write_ir(FILE *to, const struct value *ir, bool json)
{
	if (!json)
		return yaml_write(to, ir, YAML_FACT_A_LINE);
	json_write(to, ir, VALUE_TEXT_UTF8);
	return fputc('\n', to) != EOF;
}

int command_ir(struct run *run)
{
	struct schema *schema;
	struct value ir;
	char *text = NULL;
	size_t size;
	FILE *to;
	int status;

	schema = command_schema(run, run->arguments[0], &status);
	if (schema == NULL)
		return status;
	ir = ir_of(run->arena, schema);
	to = open_memstream(&text, &size);
	if (to == NULL || !write_ir(to, &ir, run->json) || fclose(to) != 0) {
		command_say("out of memory");
		return STATUS_USAGE;
	}
	status = command_write(run, text, size);
	free(text);
	return status;
}
