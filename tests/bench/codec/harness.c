/*
 * Measures the one codec that it is linked with. By default it checks that
 * every field comes back, then prints one line per message and direction:
 *
 *	MESSAGE DIRECTION BYTES ALLOCATIONS NANOSECONDS
 *
 * With `count` it does so few rounds that callgrind can follow, and asks it to
 * write a profile for each loop: with the name ITERATIONS MESSAGE DIRECTION.
 * The loop with its two calls but no codec is the message "none": what it
 * costs is not the codec's.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <valgrind/callgrind.h>

#include "tests/bench/codec/codec.h"
#include "tests/bench/codec/values.h"

enum { ENCODE, DECODE };
enum { COUNT_ROUNDS = 20 };

struct task {
	const char *message;
	int direction;
	int (*encode)(uint8_t *to, size_t capacity);
	uint64_t (*decode)(const uint8_t *from, size_t size);
	const uint8_t *from;
	size_t size;
};

uint8_t sink[CODEC_BUFFER];
/* Stands in allocations.c where allocations are counted. */
extern uint64_t allocations __attribute__((weak));

static _Alignas(16) uint8_t wires[CODEC_MESSAGES][CODEC_BUFFER];
static _Alignas(16) uint8_t work[CODEC_BUFFER];
static volatile uint64_t result;

static const char *const messages[CODEC_MESSAGES] = {
	"read", "data", "open", "stat", "directory", "trace"
};

/* What decode has to return: written out, not by the macros of sum.h. */
static uint64_t sum_stat(const struct value_stat *stat)
{
	uint32_t narrow = stat->error + stat->mode + stat->links + stat->uid +
		stat->gid + stat->block_size + stat->generation;

	return stat->device + stat->inode + stat->rdev + (uint64_t)stat->size +
		stat->blocks + (uint64_t)stat->accessed +
		(uint64_t)stat->modified + narrow;
}

static uint64_t sum_directory(const struct value_directory *directory)
{
	uint64_t sum = directory->error;

	for (uint32_t i = 0; i < VALUE_ENTRIES; i++) {
		const struct value_entry *entry = &directory->entries[i];

		sum += entry->inode + entry->type +
			taken(entry->name, entry->name_size);
	}
	return sum;
}

static uint64_t expected(int message)
{
	const struct values *v = &values;

	switch (message) {
	case 0:
		return v->read.id + (uint64_t)v->read.fd + v->read.size +
			v->read.offset + v->read.flags + v->read.timeout;
	case 1:
		return v->data.error + taken(v->data.data, VALUE_DATA);
	case 2:
		return (uint64_t)v->open.id + v->open.flags + v->open.mode +
			taken(v->open.path, VALUE_PATH);
	case 3:
		return sum_stat(&v->stat);
	case 4:
		return sum_directory(&v->directory);
	default:
		return v->trace.time + v->trace.cpu + v->trace.thread +
			v->trace.address + (uint64_t)v->trace.result +
			taken(v->trace.name, 8);
	}
}

static void fail(const char *message, const char *what)
{
	fprintf(stderr, "%s: %s %s\n", codec.name, message, what);
	exit(1);
}

/* Encodes a message once, keeps the bytes and checks what decode makes of it. */
static size_t check(int message)
{
	int size = codec.encode[message](work, sizeof work);

	if (size <= 0 || (size_t)size > sizeof work)
		fail(messages[message], "cannot be encoded");
	memcpy(wires[message], codec.wire ? codec.wire() : work, (size_t)size);
	if (!codec.opaque && codec.decode[message](wires[message], (size_t)size) !=
	    expected(message))
		fail(messages[message], "does not come back");
	return (size_t)size;
}

static void run(const struct task *task, unsigned rounds)
{
	uint64_t sum = 0;

	if (task->direction == ENCODE)
		for (unsigned i = 0; i < rounds; i++)
			sum += (uint64_t)task->encode(work, sizeof work);
	else
		for (unsigned i = 0; i < rounds; i++)
			sum += task->decode(task->from, task->size);
	result = sum;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* Nanoseconds per round, the least of several runs. */
static double measure(const struct task *task)
{
	unsigned rounds = 100;
	double best = 1e18;

	for (int i = 0; i < 25; i++) {
		double begin = now(), each;

		run(task, rounds);
		each = (now() - begin) / rounds;
		if (i == 0)
			rounds = (unsigned)(1e6 / each) + 1;
		else if (each < best)
			best = each;
	}
	return best;
}

static void profile(const struct task *task, unsigned rounds)
{
	char name[64];

	snprintf(name, sizeof name, "%u %s %s", rounds, task->message,
		task->direction == ENCODE ? "encode" : "decode");
	CALLGRIND_ZERO_STATS;
	run(task, rounds);
	CALLGRIND_DUMP_STATS_AT(name);
}

/* Allocations in one round, -1 if they are not counted. */
static long count_allocations(const struct task *task)
{
	uint64_t before;

	if (!&allocations)
		return -1;
	before = allocations;
	run(task, 1);
	return (long)(allocations - before);
}

static void report(const struct task *task, bool count)
{
	run(task, 2);
	if (count) {
		profile(task, COUNT_ROUNDS);
		profile(task, 2 * COUNT_ROUNDS);
		return;
	}
	printf("%s %s %zu %ld %.2f\n", task->message,
		task->direction == ENCODE ? "encode" : "decode", task->size,
		count_allocations(task), &allocations ? 0.0 : measure(task));
}

/* Weak, so that the compiler has to call it, as it calls the codecs. */
__attribute__((weak)) int nothing(void *value, const void *to, size_t size);

int nothing(void *value, const void *to, size_t size)
{
	(void)value;
	(void)to;
	(void)size;
	return 0;
}

static int encode_none(uint8_t *to, size_t capacity)
{
	return nothing(&values, to, capacity);
}

/* With a struct to decode into, and a look at the result. */
static uint64_t decode_none(const uint8_t *from, size_t size)
{
	uint64_t got[2] = { 0, 0 };

	return nothing(got, from, size) == 0 ? got[0] : 0;
}

static uint64_t decode_opaque(const uint8_t *from, size_t size)
{
	return (uint64_t)nothing(sink, from, size);
}

int main(int argc, char **argv)
{
	bool count = argc > 1 && strcmp(argv[1], "count") == 0;
	struct task task = { .message = "none", .encode = encode_none,
		.decode = codec.opaque ? decode_opaque : decode_none, .from = work };

	values_fill();
	codec.prepare();
	for (int i = -1; i < CODEC_MESSAGES; i++) {
		if (i >= 0) {
			task = (struct task){ messages[i], ENCODE, codec.encode[i],
				codec.decode[i], wires[i], check(i) };
		}
		task.direction = ENCODE;
		report(&task, count);
		task.direction = DECODE;
		report(&task, count);
	}
	return 0;
}
