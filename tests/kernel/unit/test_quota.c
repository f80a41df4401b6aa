/* Quotas: what is taken counts in all above; limits, ends. */
#include "tests/kernel/unit/kernel_base.h"

static const uint64_t unlimited[QUOTA_UNITS] = {UINT64_MAX, UINT64_MAX, UINT64_MAX,
	UINT64_MAX};

static struct quota *below(struct quota *parent, uint64_t bytes)
{
	uint64_t limit[QUOTA_UNITS] = {bytes, 10, 10, 10};
	int error = -1;
	struct quota *quota = quota_new(parent, limit, 300, &error);

	assert_non_null(quota);
	assert_int_equal(error, 0);
	return quota;
}

static void *charged(const struct object_type *type, struct quota *quota)
{
	kernel_error error;
	void *made = object_new(type, quota, &error);

	assert_non_null(made);
	return made;
}

static struct object *charged_object(struct quota *quota)
{
	return &((struct space *)charged(&space_type, quota))->object;
}

static void drop(struct object *object)
{
	object_drop(object);
	assert_true(object_reap(OBJECT_STEPS));
}

static void the_root_has_all_frames(void **unused)
{
	struct quota *root = quota_root();

	(void)unused;
	assert_int_equal(root->limit[QUOTA_BYTES], frame_free());
	assert_int_equal(root->limit[QUOTA_THREADS], UINT32_MAX);
	assert_int_equal(root->used[QUOTA_BYTES], 0);
	assert_int_equal(root->priority, kernel_PRIORITY_MAX);
	assert_true(quota_take(root, QUOTA_BYTES, frame_free()));
	assert_false(quota_take(root, QUOTA_BYTES, 1));
	quota_give(root, QUOTA_BYTES, frame_free());
}

static void taking_counts_in_all_above(void **unused)
{
	struct quota *a = below(quota_root(), 100000), *b = below(a, 50000);

	(void)unused;
	for (enum quota_unit unit = QUOTA_BYTES; unit < QUOTA_UNITS; unit++) {
		uint64_t before = a->used[unit], all = quota_root()->used[unit];

		assert_true(quota_take(b, unit, 10));
		assert_int_equal(b->used[unit], 10);
		assert_int_equal(a->used[unit], before + 10);
		assert_int_equal(quota_root()->used[unit], all + 10);
		quota_give(b, unit, 10);
		assert_int_equal(b->used[unit], 0);
		assert_int_equal(a->used[unit], before);
	}
	drop(&b->object);
	drop(&a->object);
	assert_int_equal(quota_root()->used[QUOTA_BYTES], 0);
	assert_int_equal(quota_root()->object.references, 1);
}

static void any_level_refuses(void **unused)
{
	struct quota *a = below(quota_root(), 100000), *b = below(a, UINT64_MAX);
	uint64_t room = 100000 - a->used[QUOTA_BYTES];

	(void)unused;
	assert_false(quota_take(b, QUOTA_BYTES, room + 1));
	assert_int_equal(b->used[QUOTA_BYTES], 0);
	assert_int_equal(a->used[QUOTA_BYTES], 100000 - room);
	assert_true(quota_take(b, QUOTA_BYTES, room));
	assert_false(quota_take(b, QUOTA_BYTES, UINT64_MAX));
	assert_false(quota_take(a, QUOTA_BYTES, 1));
	/* Below what is used: nothing more, but nothing still is possible. */
	a->limit[QUOTA_BYTES] = 10;
	assert_false(quota_take(b, QUOTA_BYTES, 1));
	assert_true(quota_take(b, QUOTA_BYTES, 0));
	quota_give(b, QUOTA_BYTES, room);
	assert_panics(quota_give(b, QUOTA_BYTES, 1), "panic: ");
	drop(&b->object);
	drop(&a->object);
}

static void depth_and_priority_are_limited(void **unused)
{
	struct quota *levels[QUOTA_DEPTH_MAX + 1] = {quota_root()};
	int error = 0;

	(void)unused;
	for (unsigned i = 1; i <= QUOTA_DEPTH_MAX; i++)
		levels[i] = quota_new(levels[i - 1], unlimited, 250 - i, &error);
	assert_null(quota_new(levels[QUOTA_DEPTH_MAX], unlimited, 0, &error));
	assert_int_equal(error, kernel_Error_QUOTA_EXCEEDED);
	assert_int_equal(levels[QUOTA_DEPTH_MAX]->depth, QUOTA_DEPTH_MAX);
	assert_int_equal(levels[1]->priority, 249);
	assert_int_equal(levels[2]->priority, 248);
	levels[1]->priority = 3;
	for (unsigned i = QUOTA_DEPTH_MAX; i > 1; i--)
		drop(&levels[i]->object);
	levels[2] = quota_new(levels[1], unlimited, 248, &error);
	assert_int_equal(levels[2]->priority, 3);
	levels[1]->limit[QUOTA_BYTES] = 0;
	assert_null(quota_new(levels[1], unlimited, 0, &error));
	assert_int_equal(error, kernel_Error_QUOTA_EXCEEDED);
	drop(&levels[2]->object);
	drop(&levels[1]->object);
}

static void a_parent_outlives_its_children(void **unused)
{
	struct quota *a = below(quota_root(), 100000), *b = below(a, 100000);

	(void)unused;
	drop(&a->object);
	assert_int_equal(b->parent->object.references, 2);
	assert_true(quota_take(b, QUOTA_BYTES, 5));
	quota_give(b, QUOTA_BYTES, 5);
	drop(&b->object);
	assert_int_equal(quota_root()->used[QUOTA_BYTES], 0);
	assert_true(list_is_empty(&quota_root()->children));
	assert_true(list_is_empty(&quota_root()->members));
}

static void destroying_kills_what_runs(void **unused)
{
	struct quota *a = below(quota_root(), 1 << 20), *b = below(a, 1 << 20);
	struct space *space = charged(&space_type, a), *deep = charged(&space_type, b);
	struct thread *thread = charged(&thread_type, b);
	struct space *other = charged(&space_type, quota_root());
	struct notification *kept = charged(&notification_type, b);
	unsigned steps = 100;

	(void)unused;
	object_drop(charged_object(a));		/* going already: nothing to kill */
	assert_true(quota_destroy(a, &steps));
	assert_int_equal(base_killed, 3);
	assert_int_equal(space->state, kernel_SpaceState_ENDED);
	assert_int_equal(deep->state, kernel_SpaceState_ENDED);
	assert_true(thread->is_ended);
	assert_int_not_equal(other->state, kernel_SpaceState_ENDED);
	steps = 100;
	assert_true(quota_destroy(a, &steps));	/* again */
	assert_int_equal(steps, 100);
	assert_int_equal(base_killed, 3);
	/* The rest lives on, though its quotas' last handles go. */
	object_drop(&space->object);
	object_drop(&deep->object);
	object_drop(&thread->object);
	object_drop(&b->object);
	drop(&a->object);
	assert_true(object_charge(&kept->object, 5000));
	drop(&kept->object);
	drop(&other->object);
	assert_int_equal(quota_root()->used[QUOTA_BYTES], 0);
	assert_int_equal(quota_root()->object.references, 1);
}

static void a_destroyed_one_makes_nothing(void **unused)
{
	struct quota *a = below(quota_root(), 1 << 20), *b = below(a, 1 << 20);
	struct notification *kept = charged(&notification_type, b);
	unsigned steps = 100;
	kernel_error error = 0;

	(void)unused;
	assert_false(quota_is_destroyed(b));
	assert_true(quota_destroy(a, &steps));
	assert_true(quota_is_destroyed(b));
	assert_false(quota_is_destroyed(quota_root()));
	assert_null(object_new(&notification_type, a, &error));
	assert_int_equal(error, kernel_Error_ENDED);
	assert_null(object_new(&notification_type, b, &error));
	assert_null(quota_new(b, unlimited, 0, &error));
	assert_int_equal(error, kernel_Error_ENDED);
	/* Its own limit is no more; its parent answers for what is left. */
	a->limit[QUOTA_BYTES] = b->limit[QUOTA_BYTES] = 0;
	assert_true(object_charge(&kept->object, 5000));
	assert_false(object_charge(&kept->object, frame_total()));
	drop(&kept->object);
	drop(&b->object);
	drop(&a->object);
	assert_int_equal(quota_root()->used[QUOTA_BYTES], 0);
}

/* However few steps there are at a time, and whatever goes meanwhile. */
static void destroying_is_in_steps(void **unused)
{
	struct quota *a = below(quota_root(), 1 << 20), *b = below(a, 1 << 20);
	struct space *spaces[8];
	unsigned steps = 0, calls = 0;

	(void)unused;
	for (unsigned i = 0; i < 8; i++)
		spaces[i] = charged(&space_type, i % 2 ? a : b);
	assert_false(quota_destroy(a, &steps));
	assert_true(quota_is_destroyed(a));
	assert_int_equal(base_killed, 0);
	for (bool done = false; !done; calls++) {
		steps = 2;
		done = quota_destroy(a, &steps);
		if (calls == 1) {
			drop(&spaces[0]->object);
			drop(&spaces[7]->object);
		}
	}
	/* 8 spaces less the last one, b in a's members, and b's end. */
	assert_int_equal(base_killed, 7);
	assert_int_equal(calls, 5);
	for (unsigned i = 1; i < 7; i++)
		drop(&spaces[i]->object);
	drop(&b->object);
	drop(&a->object);
	assert_int_equal(quota_root()->used[QUOTA_BYTES], 0);
}

/* A tree in which much is made, dropped and destroyed: what each says is used is
 * what is in it and below it. */
#define NODES 12
#define THINGS 60
static struct {
	struct quota *nodes[NODES];
	struct object *things[THINGS];
} tree;

static uint64_t sum_of(const struct quota *quota)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < THINGS + NODES; i++) {
		struct object *object = i < THINGS ? tree.things[i] :
			tree.nodes[i - THINGS] ? &tree.nodes[i - THINGS]->object : NULL;
		struct quota *each = object ? object->quota : NULL;

		for (; each; each = each->parent)
			if (each == quota)
				sum += object->charged;
	}
	return sum;
}

static void random_step(void)
{
	unsigned node = fixture_random(NODES), thing = fixture_random(THINGS);
	unsigned steps = fixture_random(4);
	struct quota *parent = tree.nodes[fixture_random(NODES)];
	struct object **at = &tree.things[thing];
	int error;

	if (!parent)
		parent = quota_root();
	if (fixture_random(50) == 0 && tree.nodes[node]) {
		quota_destroy(tree.nodes[node], &steps);
	} else if (fixture_random(10) == 0 && !tree.nodes[node]) {
		tree.nodes[node] = quota_new(parent, unlimited, 1, &error);
	} else if (*at && fixture_random(2)) {
		object_drop(*at);
		*at = NULL;
	} else if (*at && fixture_random(2)) {
		object_charge(*at, fixture_random(3000));
	} else if (!*at) {
		const struct object_type *type = fixture_random(2) ? &space_type :
			&notification_type;
		char *made = object_new(type, parent, &error);

		*at = made ? (void *)made : NULL;
		assert_true(made || quota_is_destroyed(parent) ||
			error == kernel_Error_NO_MEMORY || error == kernel_Error_QUOTA_EXCEEDED);
	}
}

static void random_use_adds_up(void **unused)
{
	(void)unused;
	fixture_seed(__func__);
	memset(&tree, 0, sizeof tree);
	for (unsigned round = 0; round < 20000; round++) {
		random_step();
		if (round % 10)
			continue;
		while (!object_reap(OBJECT_STEPS))
			;
		assert_int_equal(quota_root()->used[QUOTA_BYTES], sum_of(quota_root()));
		for (unsigned i = 0; i < NODES; i++)
			if (tree.nodes[i])
				assert_int_equal(tree.nodes[i]->used[QUOTA_BYTES],
					sum_of(tree.nodes[i]));
	}
	for (unsigned i = 0; i < THINGS; i++)
		if (tree.things[i])
			object_drop(tree.things[i]);
	for (unsigned i = 0; i < NODES; i++)
		if (tree.nodes[i])
			object_drop(&tree.nodes[i]->object);
	while (!object_reap(OBJECT_STEPS))
		;
	assert_int_equal(quota_root()->used[QUOTA_BYTES], 0);
	assert_int_equal(frame_free(), frame_total());
}

static const struct CMUnitTest cases[] = {
	BASE_CASE(the_root_has_all_frames),
	BASE_CASE(taking_counts_in_all_above),
	BASE_CASE(any_level_refuses),
	BASE_CASE(depth_and_priority_are_limited),
	BASE_CASE(a_parent_outlives_its_children),
	BASE_CASE(destroying_kills_what_runs),
	BASE_CASE(a_destroyed_one_makes_nothing),
	BASE_CASE(destroying_is_in_steps),
	BASE_CASE(random_use_adds_up),
};

FIXTURE_MAIN(cases)
