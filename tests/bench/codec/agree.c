/*
 * That the comparison is fair: the generated codec of messages.skald and the
 * hand-written one make the same bytes of random values, read them back, and
 * accept and refuse the same damaged messages. TAP; run by test.sh with
 * [PATTERN [SEED [ROUNDS]]], where only cases with PATTERN in their name run.
 */
#include "tests/bench/codec/agree.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROOM = 8192 };

static unsigned rounds = 5000;
static bool failed;

static void show(const char *what, const uint8_t *bytes, int size)
{
	printf("# %s (%d):", what, size);
	for (int i = 0; i < size && i < 200; i++)
		printf(" %02x", bytes[i]);
	printf("\n");
}

static bool disagree(const struct message *message, const char *what,
	const uint8_t *bytes, int size)
{
	printf("# %s: %s\n", message->name, what);
	show("bytes", bytes, size);
	return false;
}

/* Decodes `size` bytes with both, from a buffer that ends where they end. */
static bool decode_both(const struct message *message, const uint8_t *bytes,
	int size, bool *good)
{
	uint8_t *exact = malloc(size > 0 ? (size_t)size : 1);
	union hand hand;
	union generated generated;
	int by_hand, by_generated;
	bool same = true;

	memcpy(exact, bytes, (size_t)size);
	memset(&hand, 0, sizeof hand);
	memset(&generated, 0, sizeof generated);
	by_hand = message->hand_decode(&hand, exact, (size_t)size);
	by_generated = message->decode(&generated, exact, (size_t)size);
	*good = by_hand == 0;
	if (by_hand != by_generated) {
		printf("# by hand %d, generated %d\n", by_hand, by_generated);
		same = disagree(message, "verdicts differ", bytes, size);
	} else if (by_hand == 0 && !message->same(&hand, &generated)) {
		same = disagree(message, "values differ", bytes, size);
	}
	free(exact);
	return same;
}

/* Encodes a random value with both, with all the room, just enough, too little. */
static bool encode_both(const struct message *message, uint8_t *bytes, int *size)
{
	static uint8_t other[ROOM];
	union hand hand;
	union generated generated;
	int got, less = 0;

	message->make(&hand);
	message->convert(&generated, &hand);
	*size = message->hand_encode(&hand, bytes, ROOM);
	got = message->encode(&generated, other, ROOM);
	if (*size != got || (got > 0 && memcmp(bytes, other, (size_t)got) != 0)) {
		show("generated", other, got);
		return disagree(message, "bytes differ", bytes, *size);
	}
	for (; less < 3 && less < got; less++) {
		uint8_t *exact = malloc((size_t)(got - less));
		int by_hand = message->hand_encode(&hand, exact, (size_t)(got - less));
		bool same = (by_hand == got) == (less == 0) &&
			by_hand == message->encode(&generated, exact,
				(size_t)(got - less));

		if (less == 0 && memcmp(exact, bytes, (size_t)got) != 0)
			same = false;
		free(exact);
		if (!same)
			return disagree(message, "a tight buffer differs", bytes, got);
	}
	return true;
}

static bool same_values(const struct message *message)
{
	uint8_t bytes[ROOM];
	unsigned fitting = 0;

	for (unsigned i = 0; i < rounds; i++) {
		bool good = true;
		int size;

		if (!encode_both(message, bytes, &size))
			return false;
		if (size < 0)
			continue;
		if (!decode_both(message, bytes, size, &good))
			return false;
		if (!good)
			return disagree(message, "own bytes refused", bytes, size);
		fitting++;
	}
	return fitting > rounds / 10;
}

static void damage(uint8_t *bytes, int *size)
{
	int at = *size > 0 ? (int)agree_below((uint32_t)*size) : 0;
	int low = (int)agree_below((uint32_t)(*size < 40 ? *size + 1 : 40));

	switch (agree_below(8)) {
	case 0:
		*size = at;
		break;
	case 1:
		*size += (int)agree_below(8);		/* what stood there */
		break;
	case 2:
		memset(bytes + *size, 0, 64);		/* padding */
		*size += (int)agree_below(64);
		break;
	case 3:
		memmove(bytes + at + 1, bytes + at, (size_t)(*size - at));
		*size += 1;
		break;
	case 4:
		memmove(bytes + at, bytes + at + 1, (size_t)(*size - at));
		*size -= *size > 0;
		break;
	case 5:
		bytes[at] ^= (uint8_t)(1 << agree_below(8));
		break;
	case 6:
		bytes[low] = (uint8_t)agree_random64();
		break;
	default:
		bytes[at] = (uint8_t)(2 * agree_below(14) + 1);	/* tags */
		break;
	}
}

/* Moves the tail size along with the message's, where that is what is at 4. */
static void mend_tail(uint8_t *bytes, int size)
{
	uint32_t tail = (uint32_t)size - 12;

	if (size >= 12)
		memcpy(bytes + 4, &tail, sizeof tail);
}

static bool same_damage(const struct message *message)
{
	static uint8_t bytes[ROOM];
	unsigned accepted = 0, refused = 0;

	for (unsigned i = 0; i < rounds; i++) {
		bool good = false, has_tail;
		int size;

		if (!encode_both(message, bytes, &size))
			return false;
		if (size < 0)
			continue;
		has_tail = bytes[4] || bytes[5];
		for (uint32_t k = 1 + agree_below(3); k > 0; k--)
			damage(bytes, &size);
		if (has_tail && agree_below(2))
			mend_tail(bytes, size);
		if (!decode_both(message, bytes, size, &good))
			return false;
		accepted += good;
		refused += !good;
	}
	printf("# %s: %u accepted, %u refused\n", message->name, accepted, refused);
	return accepted > rounds / 200 && refused > rounds / 10;
}

static void run(const char *pattern, const struct message *message,
	const char *what, bool (*test)(const struct message *))
{
	uint64_t seed = agree_state();
	char name[120];

	snprintf(name, sizeof name, "codec benchmark: %s: %s", message->name, what);
	if (!strstr(name, pattern))
		return;
	if (test(message)) {
		printf("ok - %s\n", name);
	} else {
		printf("not ok - %s\n", name);
		printf("# again: tests/bench/codec/test.sh '%s' 0x%" PRIx64 " %u\n",
			name, seed, rounds);
		failed = true;
	}
}

int main(int argc, char **argv)
{
	const char *pattern = argc > 1 ? argv[1] : "";
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : (uint64_t)time(NULL);

	if (argc > 3)
		rounds = (unsigned)strtoul(argv[3], NULL, 0);
	agree_seed(seed);
	printf("# seed 0x%" PRIx64 "\n", agree_state());
	for (size_t i = 0; i < 6; i++) {
		run(pattern, &agree_messages[i],
			"the generated and the hand-written make the same bytes",
			same_values);
		run(pattern, &agree_messages[i],
			"both refuse the same damaged messages", same_damage);
	}
	return failed;
}
