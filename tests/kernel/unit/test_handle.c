/* Tables of handles: numbers, places, what is charged, what objects are told. */
#include "tests/kernel/unit/kernel_base.h"

#include "kernel/handle.h"

static struct {
	int handles;
	int rights;		/* sums of those that are in tables */
	int flags;
	unsigned unused;
} told;

static void told_of(struct object *object, uint16_t rights, uint16_t flags, int by)
{
	(void)object;
	told.handles += by;
	told.rights += by * rights;
	told.flags += by * flags;
}

static void told_unused(struct object *object)
{
	assert_int_equal(object->handles, 0);
	assert_true(object->references > 0);
	told.unused++;
}

static const struct object_type telling_type = {.kind = kernel_Kind_SESSION,
	.size = sizeof(struct object), .destroy = base_destroy,
	.count_handle = told_of, .unused = told_unused};

static const struct object_type owning_type = {.kind = kernel_Kind_SPACE,
	.size = sizeof(struct object), .destroy = base_destroy};

static struct handle_table table;
static struct object *thing;
static struct object *owner;

static int start(void **unused)
{
	kernel_error error;

	base_start(unused);
	memset(&told, 0, sizeof told);
	thing = object_new(&telling_type, quota_root(), &error);
	owner = object_new(&owning_type, quota_root(), &error);
	return handle_table_init(&table, owner) ? 0 : -1;
}

static void end_table(void)
{
	unsigned steps;

	do
		steps = OBJECT_STEPS;
	while (!handle_table_end(&table, &steps));
}

static int stop(void **unused)
{
	struct object *last = thing;

	end_table();
	if (last)
		object_drop(last);
	object_drop(owner);
	while (!object_reap(OBJECT_STEPS))
		;
	assert_int_equal(quota_root()->used[QUOTA_BYTES], 0);
	assert_int_equal(quota_root()->used[QUOTA_HANDLES], 0);
	assert_int_equal(quota_root()->object.references, 1);
	assert_int_equal(told.handles, 0);
	assert_int_equal(told.rights, 0);
	assert_int_equal(told.flags, 0);
	return base_stop(unused);
}

static uint32_t add(uint16_t rights)
{
	assert_true(handle_reserve(&table, 1));
	return handle_add(&table, thing, rights, 3, HANDLE_CLIENT);
}

static void the_first_numbers_are_those_of_the_abi(void **unused)
{
	(void)unused;
	assert_int_equal(add(1), ABI_FIRST_SPACE);
	assert_int_equal(add(1), ABI_FIRST_THREAD);
	assert_int_equal(add(1), ABI_FIRST_QUOTA);
	assert_int_equal(add(1), ABI_FIRST_SYSTEM);
}

static void an_entry_says_what_it_may(void **unused)
{
	uint32_t number = add(0x55);
	struct handle *handle = handle_find(&table, number);

	(void)unused;
	assert_ptr_equal(handle->object, thing);
	assert_int_equal(handle->rights, 0x55);
	assert_int_equal(handle->protocol_rights, 3);
	assert_true(handle->flags & HANDLE_CLIENT);
	assert_int_equal(thing->references, 2);
	assert_int_equal(thing->handles, 1);
	assert_int_equal(told.rights, 0x55);
	assert_int_equal(told.flags, HANDLE_CLIENT);
	assert_int_equal(handle_number(&table, ABI_INDEX(number)), number);
	handle_remove(&table, number);
	assert_int_equal(thing->references, 1);
	assert_int_equal(told.unused, 1);
	assert_int_equal(told.handles, 0);
}

static void what_is_no_number_finds_nothing(void **unused)
{
	uint32_t number = add(1);

	(void)unused;
	assert_null(handle_find(&table, 0));
	assert_null(handle_find(&table, number + 1));
	assert_null(handle_find(&table, number - 1));
	assert_null(handle_find(&table, number + (1 << 20)));
	assert_null(handle_find(&table, number & 0xfffff));
	assert_null(handle_find(&table, UINT32_MAX));
	for (uint32_t i = 1; i < 4096; i++)
		assert_null(handle_find(&table, i << 20));
	assert_panics(handle_remove(&table, number + 1), "panic: ");
}

static void a_place_changes_its_number(void **unused)
{
	uint32_t first = add(1), number = first;

	(void)unused;
	for (unsigned i = 1; i < 4095; i++) {
		uint32_t before = number;

		handle_remove(&table, number);
		number = add(1);
		assert_int_equal(ABI_INDEX(number), ABI_INDEX(before));
		assert_int_not_equal(ABI_GENERATION(number), 0);
		assert_int_not_equal(number, first);
		assert_null(handle_find(&table, before));
		assert_null(handle_find(&table, first));
	}
	assert_int_equal(ABI_GENERATION(number), 4095);
	handle_remove(&table, number);
	assert_int_equal(add(1), first);	/* 0 is left out */
}

static void taking_out_moves_the_reference(void **unused)
{
	uint32_t number = add(9), second;
	struct handle handle;

	(void)unused;
	second = add(1);
	handle = handle_take_out(&table, number);
	assert_ptr_equal(handle.object, thing);
	assert_int_equal(handle.rights, 9);
	assert_int_equal(thing->references, 3);
	assert_int_equal(thing->handles, 1);
	assert_int_equal(told.unused, 0);
	assert_null(handle_find(&table, number));
	object_drop(handle.object);
	handle_remove(&table, second);
	assert_int_equal(told.unused, 1);
}

static void reserved_places_are_kept(void **unused)
{
	(void)unused;
	assert_panics(handle_add(&table, thing, 1, 0, 0), "panic: ");
	assert_true(handle_reserve(&table, 200));
	assert_int_equal(quota_root()->used[QUOTA_HANDLES], 200);
	assert_int_equal(table.page_count, 1);
	assert_true(handle_reserve(&table, 55));
	assert_int_equal(table.page_count, 1);	/* 255: index 0 is none */
	assert_true(handle_reserve(&table, 1));
	assert_int_equal(table.page_count, 2);
	handle_unreserve(&table, 250);
	assert_int_equal(quota_root()->used[QUOTA_HANDLES], 6);
	for (unsigned i = 0; i < 6; i++)
		handle_add(&table, thing, 1, 0, 0);
	assert_int_equal(quota_root()->used[QUOTA_HANDLES], 6);
	assert_panics(handle_add(&table, thing, 1, 0, 0), "panic: ");
	assert_panics(handle_unreserve(&table, 1), "panic: ");
}

static void refusal_changes_nothing(void **unused)
{
	struct quota *root = quota_root();
	uint64_t frame, last = FRAME_NONE;

	(void)unused;
	root->limit[QUOTA_HANDLES] = 3;
	assert_false(handle_reserve(&table, 4));
	assert_true(handle_reserve(&table, 3));
	assert_false(handle_reserve(&table, 1));
	handle_unreserve(&table, 3);
	root->limit[QUOTA_HANDLES] = 1000;
	root->limit[QUOTA_BYTES] = root->used[QUOTA_BYTES];
	assert_true(handle_reserve(&table, 255));
	assert_false(handle_reserve(&table, 1));
	assert_int_equal(root->used[QUOTA_HANDLES], 255);
	root->limit[QUOTA_BYTES] = frame_total();
	while ((frame = frame_take()) != FRAME_NONE)
		last = frame;
	assert_false(handle_reserve(&table, 1));
	assert_int_equal(root->used[QUOTA_HANDLES], 255);
	assert_int_equal(root->used[QUOTA_BYTES],
		2 * PAGE_SIZE + 2 * pool_cost(sizeof(struct object)));
	frame_drop(last);
	assert_true(handle_reserve(&table, 1));
	handle_unreserve(&table, 256);
}

static void a_table_has_an_end(void **unused)
{
	(void)unused;
	assert_false(handle_reserve(&table, HANDLE_MAX));
	assert_false(handle_reserve(&table, UINT32_MAX));
	assert_int_equal(quota_root()->used[QUOTA_HANDLES], 0);
	for (unsigned i = 0; i < HANDLE_MAX - 1; i++)
		add(1);
	assert_false(handle_reserve(&table, 1));
	assert_int_equal(thing->handles, HANDLE_MAX - 1);
	handle_remove(&table, ABI_FIRST(70000));
	assert_int_equal(add(1), 2 << 20 | 70000);
	assert_false(handle_reserve(&table, 1));
}

static void next_walks_what_is_used(void **unused)
{
	uint32_t found = 0, index = 0;

	(void)unused;
	assert_int_equal(handle_next(&table, 0), 0);
	for (unsigned i = 1; i <= 600; i++)
		add(1);
	for (unsigned i = 1; i <= 600; i++)
		if (i % 100)
			handle_remove(&table, ABI_FIRST(i));
	while ((index = handle_next(&table, index)) != 0) {
		found++;
		assert_int_equal(index, found * 100);
		assert_int_equal(handle_number(&table, index++), ABI_FIRST(found * 100));
	}
	assert_int_equal(found, 6);
	assert_int_equal(handle_next(&table, UINT32_MAX), 0);
}

static void an_end_is_in_steps(void **unused)
{
	unsigned steps = 0, calls = 0;
	uint32_t last = 0;

	(void)unused;
	for (unsigned i = 0; i < 300; i++)
		last = add(1);
	assert_false(handle_table_end(&table, &steps));
	assert_int_equal(thing->handles, 300);
	assert_false(handle_reserve(&table, 1));
	assert_non_null(handle_find(&table, last));
	for (bool done = false; !done; calls++) {
		unsigned before = thing->handles;

		steps = 10;
		done = handle_table_end(&table, &steps);
		assert_true(before - thing->handles <= 10);
	}
	assert_int_equal(calls, 31);		/* 300, and 2 pages */
	assert_int_equal(told.unused, 1);
	assert_null(handle_find(&table, ABI_FIRST_SPACE));
	assert_int_equal(handle_next(&table, 0), 0);
	assert_false(handle_reserve(&table, 1));
	steps = 0;
	assert_true(handle_table_end(&table, &steps));	/* again */
}

static void no_table_without_memory(void **unused)
{
	struct handle_table other;
	unsigned steps = 1;

	(void)unused;
	quota_root()->limit[QUOTA_BYTES] = quota_root()->used[QUOTA_BYTES] + PAGE_SIZE - 1;
	assert_false(handle_table_init(&other, owner));
	quota_root()->limit[QUOTA_BYTES] = frame_total();
	while (frame_take() != FRAME_NONE)
		;
	assert_false(handle_table_init(&other, owner));
	assert_true(handle_table_end(&other, &steps));
	assert_int_equal(steps, 1);
}

/* Against a table that only counts. */
static void random_use_is_as_expected(void **unused)
{
	static uint32_t numbers[2000];
	static uint16_t rights[2000];
	unsigned used = 0, reserved = 0;

	(void)unused;
	fixture_seed(__func__);
	for (unsigned round = 0; round < 100000; round++) {
		unsigned count = fixture_random(9), which;

		switch (fixture_random(5)) {
		case 0:
			if (used + reserved + count < 2000 && handle_reserve(&table, count))
				reserved += count;
			break;
		case 1:
			if (count > reserved)
				break;
			handle_unreserve(&table, count);
			reserved -= count;
			break;
		case 2:
		case 3:
			if (reserved == 0)
				break;
			rights[used] = (uint16_t)(1 + fixture_random(65535));
			numbers[used] = handle_add(&table, thing, rights[used], 0, 0);
			used++;
			reserved--;
			break;
		default:
			if (used == 0)
				break;
			which = fixture_random(used);
			assert_int_equal(handle_find(&table, numbers[which])->rights,
				rights[which]);
			handle_remove(&table, numbers[which]);
			assert_null(handle_find(&table, numbers[which]));
			numbers[which] = numbers[--used];
			rights[which] = rights[used];
		}
		assert_int_equal(table.used, used);
		assert_int_equal(thing->handles, used);
		assert_int_equal(quota_root()->used[QUOTA_HANDLES], used + reserved);
	}
	for (unsigned i = 0; i < used; i++)
		assert_int_equal(handle_find(&table, numbers[i])->rights, rights[i]);
	handle_unreserve(&table, reserved);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

static const struct CMUnitTest cases[] = {
	CASE(the_first_numbers_are_those_of_the_abi),
	CASE(an_entry_says_what_it_may),
	CASE(what_is_no_number_finds_nothing),
	CASE(a_place_changes_its_number),
	CASE(taking_out_moves_the_reference),
	CASE(reserved_places_are_kept),
	CASE(refusal_changes_nothing),
	CASE(a_table_has_an_end),
	CASE(next_walks_what_is_used),
	CASE(an_end_is_in_steps),
	CASE(no_table_without_memory),
	CASE(random_use_is_as_expected),
};

FIXTURE_MAIN(cases)
