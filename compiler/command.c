/*
 * What the commands share: schemas, messages, input and output.
 */
#define _GNU_SOURCE

#include "compiler/command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "compiler/hex.h"
#include "compiler/nearest.h"
#include "compiler/note.h"
#include "compiler/print.h"

void command_say(const char *format, ...)
{
	va_list arguments;

	fputs("skald: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

/* The files of the program of --from. NULL, and says so, if it has none. */
static const struct source_text *texts_of_program(struct run *run, int *status)
{
	const struct source_text *texts;
	struct wire_view program;
	const char *why;

	*status = STATUS_USAGE;
	if (!command_read_file(run, run->from, &program))
		return NULL;
	*status = STATUS_BAD;
	texts = note_read(run->arena, run->from, program.data, program.size, &why);
	if (texts == NULL)
		command_say("%s: %s", run->from, why);
	return texts;
}

struct schema *command_schema(struct run *run, const char *path, int *status)
{
	struct diagnostics *diags = diag_new(run->arena);
	struct schema_options options = {
		.import_folders = run->import_folders,
		.import_folder_count = run->import_folder_count,
	};
	struct schema *schema;

	if (run->from != NULL) {
		options.texts = texts_of_program(run, status);
		if (options.texts == NULL)
			return NULL;
	}
	schema = schema_load(run->arena, diags, path, &options);
	*status = schema ? STATUS_GOOD : diag_failed_to_read(diags) ?
		STATUS_USAGE : STATUS_BAD;
	diag_print_text(diags, stderr, run->color);
	return schema;
}

/* Calls `each` with the messages that are sent, of the file and its imports. */
static void each_message(const struct schema *schema,
	void (*each)(void *context, const struct declaration *message),
	void *context)
{
	for (const struct file *file = schema->files; file; file = file->next) {
		for (const struct declaration *declaration = file->first;
		     declaration; declaration = declaration->next) {
			if (declaration->kind == DECLARATION_MESSAGE &&
			    declaration->as.message.has_id)
				each(context, declaration);
		}
	}
}

static void offer_message(void *context, const struct declaration *message)
{
	nearest_offer(context, message->name);
	nearest_offer(context, message->qualified);
}

const struct declaration *command_message(struct run *run,
	const struct schema *schema, const char *name)
{
	const struct declaration *message = schema_message(schema, name);
	struct nearest nearest = nearest_start(name);

	if (message)
		return message;
	each_message(schema, offer_message, &nearest);
	command_say("%s: no message `%s`%s", run->arguments[0], name,
		nearest_hint(run->arena, &nearest, "; `skald stat` lists all"));
	return NULL;
}

struct id_search {
	uint32_t id;
	const struct declaration *first;
	const struct declaration *second;
};

static void match_id(void *context, const struct declaration *message)
{
	struct id_search *search = context;

	if (message->as.message.id != search->id)
		return;
	if (search->first == NULL)
		search->first = message;
	else if (search->second == NULL)
		search->second = message;
}

const struct declaration *command_message_of(struct run *run,
	const struct schema *schema, struct wire_view bytes)
{
	struct id_search search = {0};

	if (run->argument_count > 1)
		return command_message(run, schema, run->arguments[1]);
	if (bytes.size < 4) {
		command_say("<stdin>: %zu bytes are no message", bytes.size);
		return NULL;
	}
	for (size_t i = 0; i < 4; i++)
		search.id |= (uint32_t)bytes.data[i] << (8 * i);
	each_message(schema, match_id, &search);
	if (search.second) {
		command_say("<stdin>: id %" PRIu32 " is that of %s and of %s: "
			"say which", search.id, search.first->name,
			search.second->name);
		return NULL;
	}
	if (search.first == NULL)
		command_say("<stdin>: no message of %s has the id %" PRIu32,
			run->arguments[0], search.id);
	return search.first;
}

/* All of a stream; `name` is for messages. */
static bool read_all(struct run *run, FILE *from, const char *name, struct wire_view *to)
{
	size_t capacity = 1 << 16;
	size_t size = 0;
	unsigned char *data = arena_alloc(run->arena, capacity);

	for (;;) {
		unsigned char *moved;

		size += fread(data + size, 1, capacity - size, from);
		if (size < capacity || capacity > INPUT_SIZE_MAX)
			break;
		capacity *= 2;
		moved = arena_alloc(run->arena, capacity);
		memcpy(moved, data, size);
		data = moved;
	}
	if (ferror(from)) {
		command_say("%s: %s", name, strerror(errno));
		return false;
	}
	if (size > INPUT_SIZE_MAX) {
		command_say("%s: more than %zu bytes", name, INPUT_SIZE_MAX);
		return false;
	}
	*to = (struct wire_view){data, size};
	return true;
}

bool command_read(struct run *run, struct wire_view *to)
{
	return read_all(run, stdin, "<stdin>", to);
}

bool command_read_file(struct run *run, const char *path, struct wire_view *to)
{
	FILE *from = fopen(path, "r");
	bool good;

	if (from == NULL) {
		command_say("%s: %s", path, strerror(errno));
		return false;
	}
	good = read_all(run, from, path, to);
	fclose(from);
	return good;
}

bool command_read_bytes(struct run *run, struct wire_view *to, int *status)
{
	unsigned char *data;
	size_t count;

	*status = STATUS_USAGE;
	if (!command_read(run, to))
		return false;
	if (!run->hex)
		return true;
	*status = STATUS_BAD;
	data = arena_alloc(run->arena, to->size / 2 + 1);
	if (!hex_read((const char *)to->data, to->size, true, data, &count)) {
		command_say("<stdin>: byte %zu: pairs of hexadecimal digits "
			"were expected", count);
		return false;
	}
	*to = (struct wire_view){data, count};
	return true;
}

/* A device or pipe is written to; a file is replaced once it is whole. */
static bool is_replaced(const char *path)
{
	struct stat status;

	return lstat(path, &status) != 0 || S_ISREG(status.st_mode);
}

static int write_through(const char *path, const char *data, size_t size)
{
	FILE *to = fopen(path, "w");
	bool good = to && fwrite(data, 1, size, to) == size;

	if (to)
		good &= fclose(to) == 0;
	if (good)
		return STATUS_GOOD;
	command_say("cannot write %s: %s", path, strerror(errno));
	return STATUS_USAGE;
}

int command_write(struct run *run, char *data, size_t size)
{
	struct printer whole = {
		.arena = run->arena, .text = data, .size = size,
	};

	if (run->output && is_replaced(run->output))
		return print_to_files(&(struct print_file){ &whole, run->output }, 1) == 0 ? STATUS_GOOD :
			STATUS_USAGE;
	if (run->output)
		return write_through(run->output, data, size);
	/* What fails here is reported when stdout is flushed. */
	fwrite(data, 1, size, stdout);
	return STATUS_GOOD;
}

void command_say_fault(struct run *run, const struct wire_fault *fault)
{
	command_say("<stdin>: %s, byte %zu: %s",
		fault->part == WIRE_HEAD ? "head" : "tail", fault->offset,
		wire_fault_text(run->arena, fault));
}
