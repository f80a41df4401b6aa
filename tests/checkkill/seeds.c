/*
 * Usage: seeds COUNT
 *
 * Prints values of every message of a schema (SCHEMA, by the build) at random,
 * encoded, each on a line: its name, how many handles and leases are beside it,
 * the bytes. Always the same ones.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/hex.h"
#include "fuzz/values.h"

#define SIZE_MOST 4096

extern const struct sk_schema SCHEMA;

static uint64_t hash(const char *text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return hash | 1;
}

/* Returns the size, or 0 if there was nothing to print. */
static int print_one(const struct sk_message_type *message, unsigned long turn)
{
	static uint8_t bytes[SIZE_MOST];
	struct sk_attached attached;
	struct values values = { .schema = &SCHEMA, .state = hash(message->name) + 2 * turn,
		.amount = (unsigned)(turn % 9), .depth = (int)(turn % 7) };
	void *value = calloc(1, SCHEMA.types[message->type].size);

	values_fill(&values, message->type, value);
	sk_attach_none(&attached);
	int size = message->encode(value, bytes, sizeof bytes, &attached);
	if (size > 0) {
		printf("%s %u %u ", message->name, attached.handle_count,
			attached.lease_count);
		hex_write(stdout, bytes, (size_t)size);
		putchar('\n');
	}
	values_free(&values);
	free(value);
	return size;
}

int main(int argc, char **argv)
{
	unsigned long count = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;

	for (uint32_t i = 0; i < SCHEMA.message_count; i++) {
		int first = print_one(&SCHEMA.messages[i], 0);
		bool is_fixed = true;
		for (unsigned long turn = 1; turn < (is_fixed ? 80 : count); turn++)
			if (print_one(&SCHEMA.messages[i], turn) != first)
				is_fixed = false;
	}
	return 0;
}
