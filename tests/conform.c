/*
 * The conformance protocol on generated C: a line in, a line out.
 *
 * The reflection tables of the schema (SCHEMA, by the build) lead from JSON to
 * the generated structs and back. Beyond what the protocol asks, it checks:
 * encoding needs exactly the room that it says; what was decoded encodes to
 * the same bytes again; an array yields as many elements as it counts; arrays
 * that are decoded into room of the caller's say the same as encoded ones;
 * handles and leases that were decoded are no longer beside the message.
 * Where that fails, the line out is `BROKEN reason`, which is no answer at all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/hex.h"
#include "compiler/json.h"
#include "fuzz/reflect_json.h"

extern const struct sk_schema SCHEMA;

struct line {
	struct reflect_json json;
	const struct sk_message_type *message;
	const char *rest;
	size_t size;
	/* What came beside the bytes; else as many as they number. */
	bool is_counted;
	uint32_t handles;
	uint32_t leases;
};

static size_t struct_size(const struct line *line)
{
	return SCHEMA.types[line->message->type].size;
}

/* ---- lines ---- */

static const char *status_name(int status)
{
	switch (status) {
#define X(name, number, text) case number: return #name;
	SK_STATUS_LIST(X)
#undef X
	default: return "?";
	}
}

/* Encodes with ever more room; *bytes is the caller's to free. */
static int encode(const struct sk_message_type *message, const void *value,
	unsigned char **bytes, struct sk_attached *attached)
{
	int size = SK_TOO_BIG;

	for (size_t room = 4096; size == SK_TOO_BIG && room <= (size_t)1 << 28; room *= 16) {
		*bytes = malloc(room);
		sk_attach_none(attached);
		size = message->encode(value, *bytes, room, attached);
		if (size < 0)
			free(*bytes);
	}
	return size;
}

/* Encoding fits into the room that it took, and into no less. */
static bool takes_what_it_says(const struct sk_message_type *message, const void *value,
	const unsigned char *bytes, int size)
{
	struct sk_attached attached;
	unsigned char *exact = malloc((size_t)size);

	sk_attach_none(&attached);
	bool same = message->encode(value, exact, (size_t)size, &attached) == size
		&& memcmp(exact, bytes, (size_t)size) == 0;
	free(exact);
	unsigned char *less = malloc((size_t)size - 1);
	sk_attach_none(&attached);
	bool refused = message->encode(value, less, (size_t)size - 1, &attached)
		== SK_TOO_BIG;
	free(less);
	return same && refused;
}

/* Numbers are given in the order of the bytes: 1, 2, ... */
static bool is_in_order(const struct sk_attached *attached)
{
	for (uint32_t i = 0; i < attached->handle_count; i++)
		if (attached->handles[i].handle.raw != (int32_t)i + 1)
			return false;
	for (uint32_t i = 0; i < attached->lease_count; i++)
		if (attached->leases[i].number != i + 1)
			return false;
	return true;
}

/* So many handles, with all rights, and leases, for every direction. */
static void attach(struct sk_attached *attached, uint32_t handles, uint32_t leases)
{
	struct sk_lease lease = { NULL, 0, 0, SK_LEASE_INOUT };

	sk_attach_none(attached);
	for (uint32_t i = 0; i < handles; i++) {
		struct sk_handle handle = { (int32_t)i + 1 };
		sk_attach_handle(attached, handle, SK_RIGHTS_ALL, false);
	}
	for (uint32_t i = 0; i < leases; i++)
		sk_attach_lease(attached, &lease, SK_LEASE_INOUT, 0);
}

/* Decodes with what came beside the bytes. */
static int decode_with(const struct line *line, void *value, const void *bytes,
	size_t size, struct sk_room *room, uint32_t handles, uint32_t leases)
{
	struct sk_attached attached;

	attach(&attached, handles, leases);
	memset(value, 0xa5, struct_size(line));
	int status = line->message->decode(value, bytes, size, room, &attached);
	if (status == 0 && attached.handle_count + attached.lease_count != 0)
		return SK_BAD_HANDLE;
	return status;
}

/* With as many as the bytes number, if that is not said. */
static int decode(const struct line *line, void *value, const void *bytes, size_t size,
	struct sk_room *room)
{
	int status = SK_MALFORMED;

	if (line->is_counted)
		return decode_with(line, value, bytes, size, room, line->handles,
			line->leases);
	for (uint32_t handles = 0; handles <= line->message->handles; handles++) {
		for (uint32_t leases = 0; leases <= line->message->leases; leases++) {
			status = decode_with(line, value, bytes, size, room, handles,
				leases);
			if (status == 0 || status == SK_TOO_BIG)
				return status;
		}
	}
	return status;
}

static void print_hex(const unsigned char *bytes, size_t size)
{
	putchar(' ');
	if (size == 0)
		putchar('-');
	hex_write(stdout, bytes, size);
}

static void answer_encode(struct line *line)
{
	struct reflect_json *json = &line->json;
	struct sk_attached attached;
	struct text_fault fault;
	struct value value;
	unsigned char *bytes;
	void *data = arena_alloc(json->arena, struct_size(line));

	if (!json_read(json->arena, line->rest, line->size, VALUE_TEXT_BYTES, &value, &fault)) {
		printf("FAIL JSON, column %u: %s\n", fault.column, fault.message);
		return;
	}
	if (!reflect_fill(json, line->message->type, &value, data)) {
		printf("FAIL %s: %s\n", json->where, json->problem);
		return;
	}
	int size = encode(line->message, data, &bytes, &attached);
	if (size < 0) {
		printf("FAIL %s\n", status_name(size));
		return;
	}
	size_t tail = sk_get_uint32(bytes + 4);
	if (!is_in_order(&attached)) {
		puts("FAIL handles and leases are numbered 1, 2, ... in their order");
	} else if (takes_what_it_says(line->message, data, bytes, size)) {
		fputs("OK", stdout);
		print_hex(bytes, (size_t)size - tail);
		print_hex(bytes + size - tail, tail);
		putchar('\n');
	} else {
		puts("BROKEN encoding takes more or less room than it says");
	}
	free(bytes);
}

/* What was decoded, encoded again: the same, but for the head's padding. */
static bool comes_back(const struct line *line, const void *value,
	const unsigned char *head, size_t head_size,
	const unsigned char *tail, size_t tail_size)
{
	struct sk_attached attached;
	unsigned char *bytes;
	int size = encode(line->message, value, &bytes, &attached);

	if (size < 0)
		return false;
	size_t again = (size_t)size - tail_size;
	bool same = (size_t)size >= tail_size && again <= head_size
		&& memcmp(bytes, head, again) == 0
		&& memcmp(bytes + again, tail, tail_size) == 0;
	free(bytes);
	return same && is_in_order(&attached);
}

static char *json_of(const struct value *value)
{
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);

	json_write(memory, value, VALUE_TEXT_BYTES);
	fclose(memory);
	return text;
}

/*
 * Decodes once more, with room for the arrays: the same must come; and with
 * too little of it, which must be told. Room is doubled until it suffices.
 */
static bool comes_into_room(struct line *line, const unsigned char *bytes, size_t size,
	const struct value *wanted)
{
	void *value = malloc(struct_size(line));
	char *one = json_of(wanted);
	bool same = false;

	for (size_t space = 0; space <= (size_t)1 << 30; space = 2 * space + 16) {
		unsigned char *memory = malloc(space + (space == 0));
		struct sk_room room = { memory, memory + space, false };
		int status = decode(line, value, bytes, size, &room);
		if (status == 0) {
			struct value shown = reflect_show(&line->json, line->message->type,
				value);
			char *two = json_of(&shown);
			same = strcmp(one, two) == 0;
			free(two);
		}
		free(memory);
		if (status != SK_TOO_BIG)
			break;
	}
	free(one);
	free(value);
	return same;
}

/* The bytes in memory of exactly their size, so that ASan sees a byte too far. */
static void decode_parts(struct line *line, const unsigned char *bytes, size_t head_size,
	size_t tail_size)
{
	struct reflect_json *json = &line->json;
	size_t size = head_size + tail_size;
	unsigned char *exact = malloc(size + (size == 0));
	void *value = malloc(struct_size(line));

	memcpy(exact, bytes, size);
	int status = decode(line, value, exact, size, NULL);
	if (status == 0 && (head_size < 8 || sk_get_uint32(exact + 4) != tail_size))
		status = SK_MALFORMED;	/* head and tail came apart: they must agree */
	if (status != 0) {
		printf("FAIL %s\n", status_name(status));
	} else {
		struct value shown = reflect_show(json, line->message->type, value);
		if (!SK_LENIENT && !comes_back(line, value, exact, head_size,
				exact + head_size, tail_size))
			json->problem = "decoded and encoded again, other bytes came";
		if (!comes_into_room(line, exact, size, &shown))
			json->problem = "decoded into room, another value came";
		if (json->problem != NULL) {
			printf("BROKEN %s\n", json->problem);
		} else {
			fputs("OK ", stdout);
			json_write(stdout, &shown, VALUE_TEXT_BYTES);
			putchar('\n');
		}
	}
	free(value);
	free(exact);
}

static bool read_hex(const char *text, size_t size, unsigned char *to, size_t *count)
{
	*count = 0;
	if (size == 1 && *text == '-')
		return true;
	return size != 0 && hex_read(text, size, false, to, count);
}

/* The next word of the rest of the line; false at its end. */
static bool next_word(struct line *line, const char **word, size_t *size)
{
	const char *space = memchr(line->rest, ' ', line->size);

	*word = line->rest;
	*size = space != NULL ? (size_t)(space - line->rest) : line->size;
	line->rest += *size + (space != NULL);
	line->size -= *size + (space != NULL);
	return *size != 0;
}

/* " HANDLES LEASES", or nothing. */
static bool read_counts(struct line *line)
{
	uint32_t counts[2];

	if (line->size == 0)
		return true;
	for (unsigned i = 0; i < 2; i++) {
		const char *word;
		size_t size;
		if (!next_word(line, &word, &size) || size != 1 || *word < '0' || *word > '9')
			return false;
		counts[i] = (uint32_t)(*word - '0');
	}
	line->is_counted = true;
	line->handles = counts[0];
	line->leases = counts[1];
	return line->size == 0;
}

static void answer_decode(struct line *line)
{
	unsigned char *bytes = arena_alloc(line->json.arena, line->size + 1);
	const char *head;
	const char *tail;
	size_t head_size;
	size_t tail_size;

	if (!next_word(line, &head, &head_size) || !next_word(line, &tail, &tail_size)
	    || !read_counts(line))
		puts("FAIL wanted: D MESSAGE HEADHEX TAILHEX [HANDLES LEASES]");
	else if (!read_hex(head, head_size, bytes, &head_size)
		 || !read_hex(tail, tail_size, bytes + head_size, &tail_size))
		puts("FAIL bytes are pairs of hexadecimal digits, or `-`");
	else if (line->handles > SK_HANDLES_MAX || line->leases > SK_LEASES_MAX)
		puts("FAIL more handles or leases than a message can carry");
	else
		decode_parts(line, bytes, head_size, tail_size);
}

static const struct sk_message_type *message_named(const char *name, size_t size)
{
	for (size_t i = 0; i < SCHEMA.message_count; i++)
		if (strlen(SCHEMA.messages[i].name) == size
		    && memcmp(SCHEMA.messages[i].name, name, size) == 0)
			return &SCHEMA.messages[i];
	return NULL;
}

static void answer(struct arena *arena, const char *text, size_t size)
{
	struct line line = { .json = { .arena = arena, .schema = &SCHEMA, .where = "" } };
	const char *space = size < 2 ? NULL : memchr(text + 2, ' ', size - 2);

	if (space == NULL || (text[0] != 'E' && text[0] != 'D') || text[1] != ' ') {
		puts("FAIL a line is `E MESSAGE {json}` or `D MESSAGE HEADHEX TAILHEX`");
		return;
	}
	line.message = message_named(text + 2, (size_t)(space - text) - 2);
	line.rest = space + 1;
	line.size = size - (size_t)(line.rest - text);
	if (line.message == NULL)
		puts("FAIL no such message");
	else if (text[0] == 'E')
		answer_encode(&line);
	else
		answer_decode(&line);
}

int main(void)
{
	char *text = NULL;
	size_t capacity = 0;
	ssize_t size;

	while ((size = getline(&text, &capacity, stdin)) > 0) {
		struct arena *arena = arena_new();
		while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r'))
			size--;
		answer(arena, text, (size_t)size);
		arena_free(arena);
		fflush(stdout);
	}
	free(text);
	return 0;
}
