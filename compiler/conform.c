/*
 * skald conform: the conformance protocol, a line in, a line out.
 *
 * Every line has an arena of its own and is answered whatever it holds. A
 * line is answered before the next one is read.
 */
#define _GNU_SOURCE

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "compiler/command.h"
#include "compiler/hex.h"
#include "compiler/json.h"

struct request {
	struct arena *arena;
	const struct declaration *message;
	const char *rest;		/* behind the message's name */
	size_t size;
	bool lenient;
};

static void answer_fault(struct arena *arena, const struct wire_fault *fault)
{
	printf("FAIL %s\n", wire_fault_text(arena, fault));
}

static void print_bytes(const struct wire_bytes *bytes)
{
	putchar(' ');
	if (bytes->size == 0)
		putchar('-');
	hex_write(stdout, bytes->data, bytes->size);
}

static void answer_encode(const struct request *request)
{
	struct wire_encode_options options = {.exact = true};
	struct text_fault text_fault;
	struct wire_fault fault;
	struct wire_bytes head;
	struct wire_bytes tail;
	struct value value;

	if (!json_read(request->arena, request->rest, request->size,
	    VALUE_TEXT_BYTES, &value, &text_fault)) {
		printf("FAIL JSON, column %u: %s\n", text_fault.column,
			text_fault.message);
		return;
	}
	if (!wire_encode(request->arena, request->message, &value, &options,
	    &head, &tail, &fault)) {
		answer_fault(request->arena, &fault);
		return;
	}
	fputs("OK", stdout);
	print_bytes(&head);
	print_bytes(&tail);
	putchar('\n');
}

static bool read_bytes(const struct request *request, const char *text,
	size_t size, struct wire_view *to)
{
	unsigned char *data = arena_alloc(request->arena, size / 2 + 1);

	*to = (struct wire_view){data, 0};
	if (size == 1 && *text == '-')
		return true;
	return size && hex_read(text, size, false, data, &to->size);
}

/* The next word of a request's rest, which it is taken from; "" if none. */
static void take_word(struct request *request, const char **word, size_t *size)
{
	const char *space = memchr(request->rest, ' ', request->size);

	*word = request->rest;
	*size = space ? (size_t)(space - request->rest) : request->size;
	request->rest += *size + (space != NULL);
	request->size -= *size + (space != NULL);
}

static bool read_count(struct request *request, unsigned *to)
{
	struct number number;
	const char *word;
	size_t size;

	take_word(request, &word, &size);
	if (!value_integer_parse(word, size, &number) || number.negative ||
	    number.high || number.low > UINT8_MAX)
		return false;
	*to = (unsigned)number.low;
	return true;
}

/* "HEADHEX TAILHEX", and perhaps " HANDLES LEASES". NULL, or what is wrong. */
static const char *read_message(struct request *request, struct wire_view *head,
	struct wire_view *tail, struct wire_decode_options *options)
{
	const char *parts[2];
	size_t sizes[2];

	take_word(request, &parts[0], &sizes[0]);
	if (request->size == 0)
		return "wanted: D MESSAGE HEADHEX TAILHEX [HANDLES LEASES]";
	take_word(request, &parts[1], &sizes[1]);
	if (!read_bytes(request, parts[0], sizes[0], head) ||
	    !read_bytes(request, parts[1], sizes[1], tail))
		return "bytes are pairs of hexadecimal digits, or `-`";
	options->counted = request->size != 0;
	if (options->counted && (!read_count(request, &options->handles) ||
	    !read_count(request, &options->leases) || request->size))
		return "behind the bytes: how many handles, how many leases";
	return NULL;
}

static void answer_decode(struct request *request)
{
	struct wire_decode_options options = {.lenient = request->lenient};
	struct wire_fault fault;
	struct wire_view head;
	struct wire_view tail;
	struct value value;
	const char *problem = read_message(request, &head, &tail, &options);

	if (problem) {
		printf("FAIL %s\n", problem);
		return;
	}
	if (!wire_decode(request->arena, request->message, head, tail, &options,
	    &value, &fault)) {
		answer_fault(request->arena, &fault);
		return;
	}
	fputs("OK ", stdout);
	json_write(stdout, &value, VALUE_TEXT_BYTES);
	putchar('\n');
}

/* Both verbs are "V MESSAGE REST". */
static void answer(const struct run *run, struct arena *arena,
	const struct schema *schema, const char *line, size_t size)
{
	struct request request = {.arena = arena, .lenient = run->lenient};
	const char *space;
	const char *name;

	if (size < 2 || (line[0] != 'E' && line[0] != 'D') || line[1] != ' ') {
		puts("FAIL a line begins with `E ` or `D `");
		return;
	}
	space = memchr(line + 2, ' ', size - 2);
	if (space == NULL || memchr(line, '\0', (size_t)(space - line))) {
		puts("FAIL wanted: the name of a message, and what it holds");
		return;
	}
	name = arena_copy(arena, line + 2, (size_t)(space - line) - 2);
	request.message = schema_message(schema, name);
	request.rest = space + 1;
	request.size = size - (size_t)(request.rest - line);
	if (request.message == NULL)
		puts("FAIL no such message");
	else if (line[0] == 'E')
		answer_encode(&request);
	else
		answer_decode(&request);
}

int command_conform(struct run *run)
{
	char *line = NULL;
	size_t capacity = 0;
	ssize_t size;
	int status;
	struct schema *schema = command_schema(run, run->arguments[0], &status);

	if (schema == NULL)
		return status;
	while ((size = getline(&line, &capacity, stdin)) > 0) {
		struct arena *arena = arena_new();

		while (size > 0 && (line[size - 1] == '\n' ||
		       line[size - 1] == '\r'))
			size--;
		answer(run, arena, schema, line, (size_t)size);
		arena_free(arena);
		/* main() reports it. */
		if (fflush(stdout) != 0)
			break;
	}
	free(line);
	return STATUS_GOOD;
}
