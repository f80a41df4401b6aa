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

#include "runtime/reflect.h"
#include "runtime/skald.h"

extern const struct sk_schema SCHEMA;

static uint64_t state;

static uint32_t chance(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 33) % below;
}

/* ---- values at random; memory is given back when the process ends ---- */

static void fill(const struct sk_type *type, void *to, unsigned depth)
{
	static const char text[] = "0123456789abcdef";
	struct sk_list *list = to;

	switch (type->kind) {
	case SK_KIND_INTEGER:
		for (uint32_t i = 0; i < type->size; i++)
			((uint8_t *)to)[i] = chance(3) ? 0 : (uint8_t)chance(256);
		break;
	case SK_KIND_BOOL:
		*(bool *)to = chance(2) != 0;
		break;
	case SK_KIND_STRING:
		((struct sk_string *)to)->data = text;
		((struct sk_string *)to)->size = chance(9);
		break;
	case SK_KIND_BYTES:
		((struct sk_bytes *)to)->data = (const uint8_t *)"\0\1\0\1\1\0\1\1";
		((struct sk_bytes *)to)->size = chance(5);
		break;
	case SK_KIND_LIST:
	case SK_KIND_ONE:
		list->count = type->kind == SK_KIND_ONE ? 1 : depth > 6 ? 0 : chance(4);
		char *items = calloc(list->count + 1, type->element->size);
		for (uint32_t i = 0; i < list->count; i++)
			fill(type->element, items + i * type->element->size, depth + 1);
		list->items = items;
		break;
	case SK_KIND_ARRAY:
		for (uint64_t i = 0; i < type->count; i++)
			fill(type->element, (char *)to + i * type->element->size, depth + 1);
		break;
	case SK_KIND_STRUCT:
		for (uint64_t i = 0; i < type->count; i++) {
			const struct sk_field *f = &type->fields[i];
			bool has = depth < 6 && chance(2) != 0;
			if (f->has_offset != SK_NO_FLAG)
				*(bool *)((char *)to + f->has_offset) = has;
			if (f->has_offset == SK_NO_FLAG || has)
				fill(f->type, (char *)to + f->offset, depth + 1);
		}
		break;
	}
}

/* ---- reading all of a value ---- */

static unsigned long sum;

static void touch_bytes(const void *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		sum += ((const volatile uint8_t *)data)[i];
}

static void touch(const struct sk_type *type, const void *from)
{
	union { max_align_t align; char bytes[1024]; } list, item;

	switch (type->kind) {
	case SK_KIND_INTEGER:
	case SK_KIND_BOOL:
		touch_bytes(from, type->size);
		break;
	case SK_KIND_STRING:
		touch_bytes(((const struct sk_string *)from)->data,
			((const struct sk_string *)from)->size);
		break;
	case SK_KIND_BYTES:
		touch_bytes(((const struct sk_bytes *)from)->data,
			((const struct sk_bytes *)from)->size);
		break;
	case SK_KIND_LIST:
	case SK_KIND_ONE:
		if (type->element->size > sizeof item || type->size > sizeof list)
			abort();
		memcpy(list.bytes, from, type->size);
		while (type->next(list.bytes, item.bytes))
			touch(type->element, item.bytes);
		break;
	case SK_KIND_ARRAY:
		for (uint64_t i = 0; i < type->count; i++)
			touch(type->element, (const char *)from + i * type->element->size);
		break;
	case SK_KIND_STRUCT:
		for (uint64_t i = 0; i < type->count; i++) {
			const struct sk_field *f = &type->fields[i];
			if (f->has_offset == SK_NO_FLAG
			    || *(const bool *)((const char *)from + f->has_offset))
				touch(f->type, (const char *)from + f->offset);
		}
		break;
	}
}

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
	uint64_t random = state | 1;

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

static void run(const struct sk_message_type *message, unsigned rounds,
	unsigned long *good, unsigned long *bad)
{
	static uint8_t bytes[1 << 16];
	static _Alignas(8) uint8_t memory[1 << 16];
	void *value = calloc(1, message->type->size);
	void *decoded = calloc(1, message->type->size);
	int size;

	do {
		memset(value, 0, message->type->size);
		fill(message->type, value, 0);
		size = message->encode(value, bytes, sizeof bytes);
	} while (size < 0);

	struct race race = { malloc((size_t)size), bytes, (size_t)size, false };
	uint8_t *again = malloc((size_t)size);
	pthread_t thread;
	memcpy((void *)race.bytes, bytes, (size_t)size);
	if (pthread_create(&thread, NULL, disturb, &race) != 0)
		abort();
	for (unsigned i = 0; i < rounds; i++) {
		struct sk_room room = { memory, memory + sizeof memory, false };
		if (message->decode(decoded, (const void *)race.bytes, (size_t)size,
			    i % 2 == 0 ? NULL : &room) != 0) {
			++*bad;
			continue;
		}
		++*good;
		touch(message->type, decoded);
		message->encode(decoded, again, (size_t)size);
	}
	atomic_store(&race.stop, true);
	pthread_join(thread, NULL);
	free((void *)race.bytes);
	free(again);
	free(value);
	free(decoded);
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : 1000;
	unsigned long good = 0;
	unsigned long bad = 0;

	state = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	state = state * UINT64_C(0x9e3779b97f4a7c15) | 1;
	for (unsigned repeat = 0; repeat < 10; repeat++)
		for (size_t i = 0; i < SCHEMA.message_count; i++)
			run(&SCHEMA.messages[i], rounds, &good, &bad);
	printf("%lu decoded, %lu refused\n", good, bad);
	/* Both must have happened, or there was no race. */
	return good == 0 || bad == 0;
}
