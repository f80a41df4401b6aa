/*
 * The commands between text and bytes: encode and decode.
 */
#define _GNU_SOURCE

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/command.h"
#include "compiler/hex.h"
#include "compiler/json.h"
#include "compiler/yaml.h"

/* Output is made in memory first, so that a fault leaves nothing behind. NULL, and says so:
 * there is none. */
static FILE *begin(char **text, size_t *size)
{
	FILE *stream = open_memstream(text, size);

	if (stream == NULL)
		command_say("out of memory");
	return stream;
}

static int finish(struct run *run, FILE *stream, char **text, size_t *size)
{
	int status = STATUS_USAGE;

	if (fclose(stream) == 0)
		status = command_write(run, *text, *size);
	else
		command_say("out of memory");
	free(*text);
	return status;
}

static int write_message(struct run *run, const struct wire_bytes *head,
	const struct wire_bytes *tail)
{
	char *text;
	size_t size;
	FILE *to = begin(&text, &size);

	if (to == NULL)
		return STATUS_USAGE;
	if (run->hex) {
		hex_write(to, head->data, head->size);
		hex_write(to, tail->data, tail->size);
		putc('\n', to);
	} else {
		fwrite(head->data, 1, head->size, to);
		if (tail->size)
			fwrite(tail->data, 1, tail->size, to);
	}
	return finish(run, to, &text, &size);
}

static int encode_input(struct run *run, const struct declaration *message)
{
	struct wire_encode_options options = {0};
	struct wire_bytes head;
	struct wire_bytes tail;
	struct wire_view input;
	struct value value;
	struct text_fault text_fault;
	struct wire_fault fault;

	if (!command_read(run, &input))
		return STATUS_USAGE;
	if (!yaml_or_json_read(run->arena, (const char *)input.data, input.size,
	    &value, &text_fault)) {
		command_say("<stdin>:%u:%u: %s", text_fault.line,
			text_fault.column, text_fault.message);
		return STATUS_BAD;
	}
	if (!wire_encode(run->arena, message, &value, &options, &head, &tail,
	    &fault)) {
		command_say("<stdin>:%u:%u: %s", fault.line, fault.column,
			wire_fault_text(run->arena, &fault));
		return STATUS_BAD;
	}
	return write_message(run, &head, &tail);
}

int command_encode(struct run *run)
{
	const struct declaration *message;
	struct schema *schema;
	int status;

	if (!run->hex && !run->output && isatty(STDOUT_FILENO)) {
		command_say("not writing bytes to a terminal; "
			"use --hex or -o FILE");
		return STATUS_USAGE;
	}
	schema = command_schema(run, run->arguments[0], &status);
	if (schema == NULL)
		return status;
	message = command_message(run, schema, run->arguments[1]);
	if (message == NULL)
		return STATUS_USAGE;
	return encode_input(run, message);
}

static int write_value(struct run *run, const struct value *value)
{
	char *text;
	size_t size;
	FILE *to = begin(&text, &size);

	if (to == NULL)
		return STATUS_USAGE;
	if (run->json) {
		json_write(to, value, VALUE_TEXT_UTF8);
		putc('\n', to);
	} else if (!yaml_write(to, value, YAML_FACT_A_LINE)) {
		command_say("libyaml cannot write the value");
		fclose(to);
		free(text);
		return STATUS_USAGE;
	}
	return finish(run, to, &text, &size);
}

int command_decode(struct run *run)
{
	struct wire_decode_options options = {
		.lenient = run->lenient, .names = !run->numbers,
	};
	const struct declaration *message;
	struct schema *schema;
	struct wire_view input;
	struct wire_view head;
	struct wire_view tail;
	struct wire_fault fault;
	struct value value;
	int status;

	schema = command_schema(run, run->arguments[0], &status);
	if (schema == NULL || !command_read_bytes(run, &input, &status))
		return status;
	message = command_message_of(run, schema, input);
	if (message == NULL)
		return run->argument_count > 1 ? STATUS_USAGE : STATUS_BAD;
	if (!wire_split(input, &head, &tail, &fault) ||
	    !wire_decode(run->arena, message, head, tail, &options, &value,
		&fault)) {
		command_say_fault(run, &fault);
		return STATUS_BAD;
	}
	return write_value(run, &value);
}
