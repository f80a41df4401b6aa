/* Objects: charged, counted, taken apart in steps; watches. */
#include "tests/kernel/unit/kernel_base.h"

static uint64_t used(void)
{
	return quota_root()->used[QUOTA_BYTES];
}

static void a_new_one_is_charged(void **unused)
{
	kernel_error error = -1;
	struct notification *one = object_new(&notification_type, quota_root(), &error);

	(void)unused;
	assert_non_null(one);
	assert_int_equal(error, 0);
	assert_int_equal(one->object.references, 1);
	assert_int_equal(one->object.handles, 0);
	assert_ptr_equal(one->object.type, &notification_type);
	assert_int_equal(one->object.charged, pool_cost(sizeof *one));
	assert_int_equal(used(), pool_cost(sizeof *one));
	assert_true(object_charge(&one->object, 1000));
	assert_int_equal(used(), pool_cost(sizeof *one) + 1000);
	assert_int_equal(one->object.charged, used());
	object_discharge(&one->object, 600);
	assert_int_equal(one->object.charged, pool_cost(sizeof *one) + 400);
	object_drop(&one->object);
	assert_true(object_reap(OBJECT_STEPS));
	assert_int_equal(used(), 0);	/* what was charged besides, too */
	assert_int_equal(base_destroyed, 1);
}

static void ids_are_never_used_again(void **unused)
{
	kernel_error error;
	uint64_t last = 0;

	(void)unused;
	for (unsigned i = 0; i < 100; i++) {
		struct notification *one = object_new(&notification_type, quota_root(), &error);

		assert_true(one->object.id > last);
		last = one->object.id;
		object_drop(&one->object);
		object_reap(OBJECT_STEPS);
	}
}

/* A thread's object is not the first in it. */
static void the_struct_is_found_again(void **unused)
{
	kernel_error error;
	struct thread *thread = object_new(&thread_type, quota_root(), &error);
	uint64_t free = frame_free();

	(void)unused;
	assert_ptr_not_equal(thread, &thread->object);
	assert_ptr_equal(object_self(&thread->object), thread);
	assert_int_equal(thread->object.references, 1);
	object_drop(&thread->object);
	assert_true(object_reap(OBJECT_STEPS));
	assert_true(frame_free() > free);
}

static void what_is_dropped_lives_until_reaped(void **unused)
{
	kernel_error error;
	struct notification *one = object_new(&notification_type, quota_root(), &error);

	(void)unused;
	one->bits = 7;
	object_take(&one->object);
	object_drop(&one->object);
	assert_true(object_reap(OBJECT_STEPS));
	assert_int_equal(base_destroyed, 0);
	object_drop(&one->object);
	assert_int_equal(base_destroyed, 0);
	assert_int_equal(one->bits, 7);
	assert_panics(object_drop(&one->object), "panic: ");
	assert_true(object_reap(OBJECT_STEPS));
	assert_int_equal(base_destroyed, 1);
}

static void reaping_is_in_steps(void **unused)
{
	kernel_error error;
	struct notification *ones[10];
	uint64_t late;

	(void)unused;
	for (unsigned i = 0; i < 10; i++)
		ones[i] = object_new(&notification_type, quota_root(), &error);
	for (unsigned i = 0; i < 10; i++)
		object_drop(&ones[i]->object);
	assert_false(object_reap(0));
	assert_int_equal(base_destroyed, 0);
	assert_false(object_reap(4));
	assert_int_equal(base_destroyed, 4);
	/* One that is not done yet lets the others first. */
	base_refusals = 1;
	assert_false(object_reap(100));
	assert_int_equal(base_destroyed, 4);
	late = base_last + 1;
	assert_false(object_reap(1));
	assert_int_equal(base_last, late + 1);
	assert_false(object_reap(4));
	assert_int_equal(base_destroyed, 9);
	assert_true(object_reap(1));
	assert_int_equal(base_destroyed, 10);
	assert_int_equal(base_last, late);
	assert_true(object_reap(0));
}

static void refusal_changes_nothing(void **unused)
{
	kernel_error error = 0;
	struct quota *root = quota_root();
	uint64_t limit = root->limit[QUOTA_BYTES], frame;

	(void)unused;
	root->limit[QUOTA_BYTES] = pool_cost(sizeof(struct notification)) - 1;
	assert_null(object_new(&notification_type, root, &error));
	assert_int_equal(error, kernel_Error_QUOTA_EXCEEDED);
	assert_int_equal(used(), 0);
	root->limit[QUOTA_BYTES] = limit;
	while ((frame = frame_take()) != FRAME_NONE)
		;
	assert_null(object_new(&notification_type, root, &error));
	assert_int_equal(error, kernel_Error_NO_MEMORY);
	assert_int_equal(used(), 0);
	assert_int_equal(root->object.references, 1);
	assert_true(list_is_empty(&root->members));
}

static void charges_end_at_the_limit(void **unused)
{
	kernel_error error;
	struct notification *one = object_new(&notification_type, quota_root(), &error);
	uint64_t rest = quota_root()->limit[QUOTA_BYTES] - used();

	(void)unused;
	assert_false(object_charge(&one->object, rest + 1));
	assert_false(object_charge(&one->object, UINT64_MAX));
	assert_int_equal(one->object.charged, used());
	assert_true(object_charge(&one->object, rest));
	assert_false(object_charge(&one->object, 1));
	assert_panics(object_discharge(&one->object, used() + 1), "panic: ");
	object_drop(&one->object);
}

static void watches_hold_what_they_notify(void **unused)
{
	kernel_error error;
	struct watch watch = {0};
	struct notification *a = object_new(&notification_type, quota_root(), &error);
	struct notification *b = object_new(&notification_type, quota_root(), &error);

	(void)unused;
	watch_fire(&watch);
	assert_int_equal(base_signals, 0);
	watch_set(&watch, a, 5);
	object_drop(&a->object);
	object_reap(OBJECT_STEPS);
	assert_int_equal(base_destroyed, 0);
	watch_fire(&watch);
	assert_int_equal(base_signals, 1);
	assert_int_equal(base_signaled, 5);
	watch_set(&watch, b, 8);
	object_reap(OBJECT_STEPS);
	assert_int_equal(base_destroyed, 1);
	watch_set(&watch, b, 16);		/* the same again */
	assert_int_equal(b->object.references, 2);
	watch_fire(&watch);
	assert_int_equal(base_signaled, 5 | 16);
	watch_set(&watch, NULL, 0);
	watch_fire(&watch);
	assert_int_equal(base_signals, 2);
	assert_int_equal(b->object.references, 1);
	object_drop(&b->object);
}

static const struct CMUnitTest cases[] = {
	BASE_CASE(a_new_one_is_charged),
	BASE_CASE(ids_are_never_used_again),
	BASE_CASE(the_struct_is_found_again),
	BASE_CASE(what_is_dropped_lives_until_reaped),
	BASE_CASE(reaping_is_in_steps),
	BASE_CASE(refusal_changes_nothing),
	BASE_CASE(charges_end_at_the_limit),
	BASE_CASE(watches_hold_what_they_notify),
};

FIXTURE_MAIN(cases)
