/*
 * A message that is changed while it is decoded, read and encoded again. One
 * thread writes random bytes into it without pause, the other goes through it;
 * memory stands alone in a block of exactly its size, so that ASan sees every
 * access outside. Usage: race ROUNDS SEED.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/values.h"

extern const struct sk_schema SCHEMA;

static struct values values = { .schema = &SCHEMA, .amount = 8, .depth = 5 };
static unsigned long sum;

/* ---- the race ---- */

struct race {
	volatile uint8_t *bytes;
	const uint8_t *good;
	size_t size;
	atomic_bool stop;
};

/* Bytes become others and then good again, so that both ways are walked. */
static void *disturb(void *context)
{
	struct race *race = context;
	uint64_t random = values.state | 1;

	while (!atomic_load_explicit(&race->stop, memory_order_relaxed)) {
		random = random * UINT64_C(6364136223846793005) + 1;
		size_t at = (size_t)(random >> 33) % race->size;
		race->bytes[at] = (uint8_t)(random >> 24);
		for (volatile int pause = 0; pause < (int)(random >> 58); pause++)
			;
		race->bytes[at] = race->good[at];
	}
	return NULL;
}

/* A message that encodes, in `bytes`, and what goes beside it. */
static size_t make(const struct sk_message_type *message, uint8_t *bytes, size_t room,
	struct sk_attached *attached)
{
	void *value = values_alloc(&values, SCHEMA.types[message->type].size);
	int size;

	do {
		values.depth = values.depth > -1 ? values.depth - 1 : 5;
		memset(value, 0, SCHEMA.types[message->type].size);
		values_fill(&values, message->type, value);
		sk_attach_none(attached);
		size = message->encode(value, bytes, room, attached);
	} while (size < 0);
	return (size_t)size;
}

/* Goes once through the message; false if it was refused. */
static bool look(const struct sk_message_type *message, const uint8_t *bytes, size_t size,
	struct sk_attached attached, struct sk_room *room)
{
	struct values scratch = { .schema = &SCHEMA };
	void *decoded = values_alloc(&scratch, SCHEMA.types[message->type].size);
	uint8_t *again = values_alloc(&scratch, size);
	bool good = message->decode(decoded, bytes, size, room, &attached) == 0;

	if (good) {
		sum += values_touch(&scratch, message->type, decoded);
		sk_attach_none(&attached);
		message->encode(decoded, again, size, &attached);
	}
	values_free(&scratch);
	return good;
}

static void run(const struct sk_message_type *message, unsigned rounds,
	unsigned long *good, unsigned long *bad)
{
	static uint8_t bytes[1 << 16];
	static _Alignas(8) uint8_t memory[1 << 16];
	struct sk_attached attached;
	size_t size = make(message, bytes, sizeof bytes, &attached);
	struct race race = { malloc(size), bytes, size, false };
	pthread_t thread;

	memcpy((void *)race.bytes, bytes, size);
	if (pthread_create(&thread, NULL, disturb, &race) != 0)
		abort();
	for (unsigned i = 0; i < rounds; i++) {
		struct sk_room room = { memory, memory + sizeof memory, false };
		if (look(message, (const uint8_t *)race.bytes, size, attached,
			    i % 2 == 0 ? NULL : &room))
			++*good;
		else
			++*bad;
	}
	atomic_store(&race.stop, true);
	pthread_join(thread, NULL);
	free((void *)race.bytes);
	values_free(&values);
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : 1000;
	unsigned long good = 0;
	unsigned long bad = 0;

	values.state = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	values.state = values.state * UINT64_C(0x9e3779b97f4a7c15) | 1;
	for (unsigned repeat = 0; repeat < 10; repeat++)
		for (size_t i = 0; i < SCHEMA.message_count; i++)
			run(&SCHEMA.messages[i], rounds, &good, &bad);
	printf("%lu decoded, %lu refused\n", good, bad);
	/* Both must have happened, or there was no race. */
	return good == 0 || bad == 0;
}
