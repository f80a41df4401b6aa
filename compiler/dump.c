/*
 * skald dump: a message's bytes with what each of them is.
 *
 * The decoder tells of every stretch that it has read; a stretch becomes a
 * row, or several of eight bytes. What it refuses is shown as plain bytes
 * behind the reason. Offsets are decimal, as in all messages.
 */
#define _GNU_SOURCE

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/command.h"
#include "compiler/states.h"

#define ROW_BYTES 8

struct dump {
	struct arena *arena;
	FILE *to;
	const struct declaration *message;
	struct wire_view parts[2];	/* by enum wire_part */
	size_t shown[2];		/* how far they were told of */
};

static void print_row(FILE *to, const unsigned char *data, size_t offset,
	size_t size)
{
	char text[3 * ROW_BYTES + 1] = "";

	for (size_t i = 0; i < size; i++)
		snprintf(text + 3 * i, 4, "%02x ", data[offset + i]);
	fprintf(to, "%8zu  %-24s", offset, text);
}

/* The bytes of a row as text, dots for what is not printable. */
static void print_text(FILE *to, const unsigned char *data, size_t size)
{
	putc('|', to);
	for (size_t i = 0; i < size; i++)
		putc(data[i] >= 0x20 && data[i] < 0x7f ? data[i] : '.', to);
	putc('|', to);
}

static size_t row_size(size_t at, size_t end)
{
	return end - at < ROW_BYTES ? end - at : ROW_BYTES;
}

/* Bytes that nobody has read. */
static void print_plain(FILE *to, struct wire_view part, size_t start)
{
	for (size_t at = start; at < part.size; at += ROW_BYTES) {
		size_t size = row_size(at, part.size);

		print_row(to, part.data, at, size);
		print_text(to, part.data + at, size);
		putc('\n', to);
	}
}

/* " (RED)", or of bits " (READ | WRITE)", as far as they have names. */
static void print_names(FILE *to, const struct declaration *declaration,
	const struct number *number)
{
	bool is_bits = declaration->kind == DECLARATION_BITS;
	uint64_t wanted = value_integer_bits(number);
	const char *mark = " (";

	for (const struct enumerator *each = declaration->as.enumeration.first;
	     each; each = each->next) {
		uint64_t bits = value_integer_bits(&each->value);

		if (is_bits && wanted ? bits == 0 || (bits & ~wanted) :
		    bits != wanted)
			continue;
		fprintf(to, "%s%s", mark, each->name);
		mark = " | ";
		if (!is_bits)
			break;
	}
	if (mark[1] == '|')
		putc(')', to);
}

static void print_beside(FILE *to, const struct type *type)
{
	static const char *const directions[] = {"", "in", "out", "inout"};

	if (type->kind == TYPE_LEASE)
		fprintf(to, " (%s)", directions[type->direction & 3]);
	else
		fprintf(to, " (%s, %s)", type->declaration->qualified,
			type->is_copy ? "copy" : "move");
}

static void print_scalar(FILE *to, const struct type *type,
	const struct value *value)
{
	const struct number *number = &value->as.integer;

	switch (value->kind) {
	case VALUE_BOOL:
		fputs(value->as.truth ? "true" : "false", to);
		return;
	case VALUE_FLOAT:
	case VALUE_STRING:
		fwrite(value->as.string.data, 1, value->as.string.size, to);
		return;
	default:
		break;
	}
	fprintf(to, "%s%" PRIu64, number->negative ? "-" : "", number->low);
	if (type->kind == TYPE_ENUM)
		print_names(to, type->declaration, number);
	else if (type->kind == TYPE_HANDLE || type->kind == TYPE_LEASE)
		print_beside(to, type);
}

/* A tag, or the arm of a variant, which ends the path; or their end. */
static void print_tag(FILE *to, const struct wire_field *field,
	const char *path)
{
	if (field->number == 0)
		fprintf(to, "%s%send of tags", path, *path ? ": " : "");
	else if (field->role == WIRE_TAG)
		fprintf(to, "%s: tag %" PRIu64, path, field->number);
	else if (field->type == NULL)
		fprintf(to, "%s: unknown arm %" PRIu64, path, field->number);
	else
		fprintf(to, "%s: %s, arm %" PRIu64, path, field->type->name,
			field->number);
}

static void print_meaning(struct dump *dump, const struct wire_field *field,
	const char *path)
{
	FILE *to = dump->to;
	const char *type = field->type ? field->type->name : "";
	uint64_t number = field->number;

	switch (field->role) {
	case WIRE_ID:
		fprintf(to, "id: %" PRIu64 " (%s)", number,
			dump->message->qualified);
		break;
	case WIRE_TAIL_SIZE:
		fprintf(to, "size of the tail: %" PRIu64, number);
		break;
	case WIRE_POINTER:
		fprintf(to, "%s: pointer to %" PRIu64, path, number);
		break;
	case WIRE_COUNT:
	case WIRE_SIZE:
		fprintf(to, "%s: %s%s%" PRIu64 " %s", path, type,
			*type ? ", " : "", number,
			field->role == WIRE_SIZE ? "bytes" : "elements");
		break;
	case WIRE_PRESENCE:
		fprintf(to, "%s: %s, %s", path, type,
			number ? "present" : "absent");
		break;
	case WIRE_TAG:
	case WIRE_ARM:
		print_tag(to, field, path);
		break;
	case WIRE_VALUE:
		fprintf(to, "%s: %s = ", path, type);
		print_scalar(to, field->type, field->value);
		break;
	case WIRE_CONTENT:
		fprintf(to, "%s: ", path);
		break;
	case WIRE_PADDING:
		fprintf(to, "padding, %zu zeros", field->size);
		break;
	}
}

/* One stretch; of padding only the first row is shown. */
static void show_field(void *context, const struct wire_field *field)
{
	struct dump *dump = context;
	const unsigned char *data = dump->parts[field->part].data;
	size_t end = field->offset + field->size;
	struct arena *arena = arena_new();

	dump->shown[field->part] = end;
	for (size_t at = field->offset; at < end; at += ROW_BYTES) {
		size_t size = row_size(at, end);

		print_row(dump->to, data, at, size);
		if (at == field->offset)
			print_meaning(dump, field,
				wire_path_text(arena, field->path));
		if (field->role == WIRE_CONTENT)
			print_text(dump->to, data + at, size);
		putc('\n', dump->to);
		if (field->role == WIRE_PADDING)
			break;
	}
	arena_free(arena);
}

/* A decoder's observer: a title in front of each part, then its fields. */
static void show(void *context, const struct wire_field *field)
{
	struct dump *dump = context;

	if (field->part == WIRE_TAIL && dump->shown[WIRE_TAIL] == 0)
		fprintf(dump->to, "tail, %zu bytes\n",
			dump->parts[WIRE_TAIL].size);
	show_field(context, field);
}

static void show_rest(struct dump *dump, const struct wire_fault *fault)
{
	const struct wire_view *tail = &dump->parts[WIRE_TAIL];

	fprintf(dump->to, "%s, byte %zu: %s\n",
		fault->part == WIRE_HEAD ? "head" : "tail", fault->offset,
		wire_fault_text(dump->arena, fault));
	if (fault->part == WIRE_HEAD)
		print_plain(dump->to, dump->parts[WIRE_HEAD],
			dump->shown[WIRE_HEAD]);
	if (tail->size && dump->shown[WIRE_TAIL] == 0)
		fprintf(dump->to, "tail, %zu bytes\n", tail->size);
	print_plain(dump->to, *tail, dump->shown[WIRE_TAIL]);
}

static bool dump_decoded(struct dump *dump, struct wire_view input,
	struct wire_fault *fault)
{
	struct wire_decode_options options = {.field = show, .context = dump};
	struct wire_view *head = &dump->parts[WIRE_HEAD];
	struct wire_view *tail = &dump->parts[WIRE_TAIL];
	struct value value;

	if (!wire_split(input, head, tail, fault)) {
		*head = input;
		fprintf(dump->to, "%zu bytes\n", input.size);
		return false;
	}
	fprintf(dump->to, "head, %zu bytes\n", head->size);
	return wire_decode(dump->arena, dump->message, *head, *tail, &options,
		&value, fault);
}

bool dump_message(struct arena *arena, FILE *to, const struct declaration *message,
	struct wire_view input, struct wire_fault *fault)
{
	struct dump dump = {.arena = arena, .to = to, .message = message};
	bool good = dump_decoded(&dump, input, fault);

	if (!good)
		show_rest(&dump, fault);
	return good;
}

/* When a server allows it, if that is not at any time. */
static void show_states(struct run *run, FILE *to, const struct schema *schema,
	const struct declaration *message)
{
	const char *text = states_allowing(run->arena, schema, message);

	if (text != NULL)
		fprintf(to, "states of %s\n", text);
}

static int dump_input(struct run *run, const struct schema *schema,
	const struct declaration *message, struct wire_view input)
{
	char *text;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	struct wire_fault fault = {0};
	bool good = false;
	int status;

	if (to == NULL) {
		command_say("out of memory");
		return STATUS_USAGE;
	}
	if (message == NULL) {
		print_plain(to, input, 0);
	} else {
		good = dump_message(run->arena, to, message, input, &fault);
		show_states(run, to, schema, message);
		if (!good)
			command_say_fault(run, &fault);
	}
	fclose(to);
	status = command_write(run, text, size);
	free(text);
	return status ? status : good ? STATUS_GOOD : STATUS_BAD;
}

int command_dump(struct run *run)
{
	const struct declaration *message;
	struct schema *schema;
	struct wire_view input;
	int status;

	schema = command_schema(run, run->arguments[0], &status);
	if (schema == NULL || !command_read_bytes(run, &input, &status))
		return status;
	message = command_message_of(run, schema, input);
	if (message == NULL && run->argument_count > 1)
		return STATUS_USAGE;
	return dump_input(run, schema, message, input);
}
