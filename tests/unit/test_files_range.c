/*
 * Locked ranges of servers of files, against a table that says of each byte how it is
 * locked: random locks, with a source of ranges that runs dry.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "runtime/files/files.h"

#define BYTES 48
#define ROUNDS 200000

struct source {
	struct files_range ranges[8], *unused;
	unsigned out, limit;
};

static struct files_range *take(void *context)
{
	struct source *source = context;
	struct files_range *range = source->out < source->limit ? source->unused : NULL;

	if (range) {
		source->unused = range->next;
		source->out++;
	}
	return range;
}

static void give(void *context, struct files_range *range)
{
	struct source *source = context;

	range->next = source->unused;
	source->unused = range;
	source->out--;
}

/* Bytes up to the end of all are one place more. */
static uint64_t end_of(const struct fs_Lock *lock)
{
	return lock->length == 0 ? BYTES : lock->start + lock->length - 1;
}

static void set(uint8_t *table, const struct fs_Lock *lock)
{
	for (uint64_t at = lock->start; at <= end_of(lock); at++)
		table[at] = (uint8_t)lock->kind;
}

/* How many ranges it takes to say what a table says. */
static unsigned runs_of(const uint8_t *table)
{
	unsigned count = 0;

	for (unsigned at = 0; at <= BYTES; at++)
		count += table[at] != 0 && (at == 0 || table[at - 1] != table[at]);
	return count;
}

/* The list says what the table does, with as few ranges as can be. */
static void check_same(const struct files_range *list, const uint8_t *table)
{
	unsigned at = 0, count = 0;

	for (; list; list = list->next, count++) {
		uint64_t end = list->end == INT64_MAX ? BYTES : list->end;

		assert_true(list->start <= end && end <= BYTES);
		for (; at < list->start; at++)
			assert_int_equal(table[at], fs_LockKind_NONE);
		for (; at <= end; at++)
			assert_int_equal(table[at], list->kind);
	}
	for (; at <= BYTES; at++)
		assert_int_equal(table[at], fs_LockKind_NONE);
	assert_int_equal(count, runs_of(table));
}

static bool is_blocked(const uint8_t *table, const struct fs_Lock *lock)
{
	for (uint64_t at = lock->start; at <= end_of(lock); at++)
		if (table[at] == fs_LockKind_EXCLUSIVE ||
				(table[at] != 0 && lock->kind == fs_LockKind_EXCLUSIVE))
			return true;
	return false;
}

static struct fs_Lock any_lock(void)
{
	uint64_t start = (uint64_t)rand() % BYTES;

	return (struct fs_Lock){
		.kind = rand() % 3, .start = start,
		.length = rand() % 8 == 0 ? 0 :
			1 + (uint64_t)rand() % (BYTES - start < 12 ? BYTES - start : 12),
	};
}

/* It is set unless there is no room, and then all is as it was. */
static void round_of(struct source *source, struct files_range **list, uint8_t *table)
{
	const struct files_ranges from = {take, give, source};
	struct fs_Lock lock = any_lock();
	uint8_t wanted[BYTES + 1];
	unsigned before = source->out, needed = files_ranges_needed(*list, &lock);
	bool fits;

	for (unsigned at = 0; at <= BYTES; at++)
		wanted[at] = table[at];
	set(wanted, &lock);
	if (lock.kind != fs_LockKind_NONE)
		assert_int_equal(files_ranges_block(*list, &lock) != NULL,
			is_blocked(table, &lock));
	fits = files_ranges_set(list, &lock, &from);
	assert_int_equal(fits, runs_of(wanted) <= source->limit);
	if (fits) {
		set(table, &lock);
		assert_true(source->out <= before + needed);
	}
	assert_int_equal(source->out, runs_of(table));
	check_same(*list, table);
}

static void test_random(void **state)
{
	struct source source = {.limit = 6};
	const struct files_ranges from = {take, give, &source};
	struct files_range *list = NULL;
	uint8_t table[BYTES + 1] = {0};

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		source.out++;
		give(&source, &source.ranges[i]);
	}
	srand(1);
	for (unsigned i = 0; i < ROUNDS; i++)
		round_of(&source, &list, table);
	files_ranges_free(&list, &from);
	assert_int_equal(source.out, 0);
	assert_null(list);
}

static void test_limits(void **state)
{
	static const struct fs_Lock bad[] = {
		{3, 0, 0}, {-1, 0, 0}, {1, (uint64_t)INT64_MAX + 1, 0},
		{1, 0, (uint64_t)INT64_MAX + 1}, {1, 2, INT64_MAX},
	}, good[] = {{0, 0, 0}, {2, INT64_MAX, 1}, {1, 1, INT64_MAX}};

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(files_lock_check(&bad[i]), fs_Error_EINVAL);
	for (unsigned i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_int_equal(files_lock_check(&good[i]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests_name("files_range", tests, NULL, NULL);
}
