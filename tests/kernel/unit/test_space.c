/*
 * Spaces: page faults, copy on write, forks, quotas; and all of it at random,
 * against a model that knows of each page which value it has and who else sees it.
 */
#include "tests/kernel/unit/kernel_space.h"

static void zeros_are_read_and_then_written(void **unused)
{
	struct space *space = new_space();
	struct memory *memory = new_memory(8);
	uint64_t frame, before;
	uint32_t flags;

	(void)unused;
	assert_int_equal(map_at(space, memory, 0, PLACE, 8, 0), 0);
	before = memory->object.charged;
	for (unsigned i = 0; i < 8; i++)
		assert_reads(space, PLACE + PAGES(i), 0);
	assert_int_equal(memory->present, 0);
	assert_int_equal(memory->object.charged, before);
	assert_true(arch_look(space, PLACE, &frame, &flags));
	assert_int_equal(flags & kernel_Protection_WRITE, 0);
	assert_true(space_put(space, PLACE, 5));
	assert_reads(space, PLACE, 5);
	assert_reads(space, PLACE + PAGES(1), 0);
	assert_int_equal(memory->present, 1);
	check_tables(space);
	drop(memory);
	drop(space);
}

static void shared_memory_is_seen_by_both(void **unused)
{
	struct space *a = new_space(), *b = new_space();
	struct memory *memory = new_memory(4);

	(void)unused;
	assert_int_equal(map_at(a, memory, 0, PLACE, 4, 0), 0);
	assert_int_equal(map_at(b, memory, PAGES(1), PLACE, 2, 0), 0);
	assert_reads(b, PLACE, 0);	/* has the frame of zeros now */
	assert_true(space_put(a, PLACE + PAGES(1), 7));
	assert_reads(b, PLACE, 7);
	assert_true(space_put(b, PLACE + PAGES(1), 8));
	assert_reads(a, PLACE + PAGES(2), 8);
	drop(memory);
	drop(a);
	assert_reads(b, PLACE, 7);
	drop(b);
}

static void private_writes_stay_private(void **unused)
{
	struct space *a = new_space(), *b = new_space();
	struct memory *memory = new_memory(2);
	uint64_t value = 3;

	(void)unused;
	memory_write(memory, 0, &value, 8);
	assert_int_equal(map_at(a, memory, 0, PLACE, 2, kernel_MapFlags_PRIVATE), 0);
	assert_int_equal(map_at(b, memory, 0, PLACE, 2, 0), 0);
	assert_reads(a, PLACE, 3);
	assert_true(space_put(b, PLACE, 4));
	assert_reads(a, PLACE, 4);	/* not written: as the memory */
	assert_true(space_put(a, PLACE, 5));
	assert_reads(b, PLACE, 4);
	assert_true(space_put(b, PLACE, 6));
	assert_reads(a, PLACE, 5);
	check_tables(a);
	check_tables(b);
	drop(memory);
	drop(a);
	drop(b);
}

static void a_fork_copies_as_either_writes(void **unused)
{
	struct space *a = new_space(), *b;
	struct memory *memory = new_memory(100);
	uint64_t free_before;

	(void)unused;
	assert_int_equal(map_at(a, memory, 0, PLACE, 100, 0), 0);
	for (unsigned i = 0; i < 100; i += 3)
		assert_true(space_put(a, PLACE + PAGES(i), i + 1));
	free_before = frame_free();
	b = fork_space(a);
	assert_true(free_before - frame_free() < PAGES(16));	/* no page was copied */
	check_tables(a);
	assert_true(space_put(a, PLACE, 1000));
	assert_true(space_put(b, PLACE + PAGES(3), 2000));
	assert_reads(b, PLACE, 1);
	assert_reads(a, PLACE + PAGES(3), 4);
	assert_true(space_put(a, PLACE + PAGES(1), 3000));	/* nobody's before */
	assert_reads(b, PLACE + PAGES(1), 0);
	check_tables(a);
	check_tables(b);
	drop(memory);
	drop(a);
	for (unsigned i = 6; i < 100; i += 3) {
		assert_reads(b, PLACE + PAGES(i), i + 1);
		assert_true(space_put(b, PLACE + PAGES(i), i));
	}
	drop(b);
}

static void inheritance_is_as_it_says(void **unused)
{
	struct space *a = new_space(), *b;
	struct memory *memory = new_memory(8);
	const uint8_t how[] = { kernel_Inherit_COPY, kernel_Inherit_SHARE,
		kernel_Inherit_NONE, kernel_Inherit_ZERO };
	uint64_t at, value;

	(void)unused;
	for (unsigned i = 0; i < 4; i++) {
		at = PLACE + PAGES(2 * i);
		assert_int_equal(space_map(a, memory, PAGES(i), PAGE_SIZE, &at, READ_WRITE,
			kernel_MapFlags_FIXED, how[i], 0), 0);
		assert_true(space_put(a, at, 10 + i));
	}
	b = fork_space(a);
	for (unsigned i = 0; i < 4; i++)
		assert_true(space_put(a, PLACE + PAGES(2 * i), 20 + i));
	assert_reads(b, PLACE, 10);
	assert_reads(b, PLACE + PAGES(2), 21);
	assert_false(space_get(b, PLACE + PAGES(4), &value));
	assert_int_equal(space_reason, fault_Reason_NOT_MAPPED);
	assert_reads(b, PLACE + PAGES(6), 0);
	drop(memory);
	drop(a);
	drop(b);
}

static void faults_say_why(void **unused)
{
	struct space *space = new_space();
	struct memory *memory = new_memory(2);
	uint64_t value, at = PLACE;

	(void)unused;
	assert_int_equal(space_map(space, memory, 0, PAGES(3), &at, kernel_Protection_READ,
		kernel_MapFlags_FIXED, 0, 0), 0);
	assert_false(space_put(space, PLACE, 1));
	assert_int_equal(space_reason, fault_Reason_PROTECTION);
	assert_false(space_get(space, PLACE + PAGES(2), &value));
	assert_int_equal(space_reason, fault_Reason_OUT_OF_RANGE);
	assert_false(space_get(space, PLACE + PAGES(3), &value));
	assert_int_equal(space_reason, fault_Reason_NOT_MAPPED);
	assert_false(space_get(space, PLACE - 8, &value));
	assert_int_equal(space_reason, fault_Reason_NOT_MAPPED);
	assert_false(space_get(space, 8, &value));
	assert_int_equal(space_reason, fault_Reason_NOT_MAPPED);
	assert_false(space_get(space, UINT64_C(1) << 63, &value));
	assert_int_equal(space_reason, fault_Reason_BAD_ADDRESS);
	drop(memory);
	drop(space);
}

static void a_used_up_quota_is_a_fault(void **unused)
{
	struct space *space = new_space();
	struct memory *memory = new_memory(64);
	uint64_t limit = quota->limit[QUOTA_BYTES];
	unsigned written = 0;

	(void)unused;
	assert_int_equal(map_at(space, memory, 0, PLACE, 64, 0), 0);
	quota->limit[QUOTA_BYTES] = quota->used[QUOTA_BYTES] + PAGES(20);
	while (written < 64 && space_put(space, PLACE + PAGES(written), written))
		written++;
	assert_in_range(written, 8, 20);
	assert_int_equal(space_reason, fault_Reason_QUOTA);
	for (unsigned i = 0; i < written; i++)
		assert_reads(space, PLACE + PAGES(i), i);
	quota->limit[QUOTA_BYTES] = limit;
	assert_true(space_put(space, PLACE + PAGES(written), 1));
	drop(memory);
	drop(space);
}

/* However little there is: a fork is made or refused, and nothing is lost. */
static void forks_fail_whole(void **unused)
{
	struct space *a = new_space(), *made, *b;
	struct memory *memory = new_memory(40);
	uint64_t limit = quota->limit[QUOTA_BYTES], used;
	kernel_error error;
	unsigned failures = 0;

	(void)unused;
	for (unsigned i = 0; i < 40; i += 4)
		assert_int_equal(map_at(a, memory, PAGES(i), PLACE + PAGES(i * 2), 4,
			i % 8 ? 0 : kernel_MapFlags_PRIVATE), 0);
	for (unsigned i = 0; i < 40; i++)
		assert_true(space_put(a, PLACE + PAGES(i / 4 * 8 + i % 4), i));
	used = quota->used[QUOTA_BYTES];
	for (unsigned pages = 0;; pages++) {
		quota->limit[QUOTA_BYTES] = used + PAGES(pages);
		made = NULL;
		do
			b = space_fork(quota, a, &made, &error);
		while (!b && !error);
		if (b)
			break;
		assert_int_equal(error, kernel_Error_QUOTA_EXCEEDED);
		assert_null(made);
		failures++;
		reap();
		assert_int_equal(quota->used[QUOTA_BYTES], used);
	}
	assert_true(failures > 40);
	quota->limit[QUOTA_BYTES] = limit;
	for (unsigned i = 0; i < 40; i++)
		assert_reads(b, PLACE + PAGES(i / 4 * 8 + i % 4), i);
	drop(b);
	drop(a);
	drop(memory);
}

static void a_killed_one_gives_all_back_at_once(void **unused)
{
	struct space *space = new_space();
	struct memory *memory = new_memory(300);
	uint64_t value;

	(void)unused;
	for (unsigned i = 0; i < 150; i++)
		assert_int_equal(map_at(space, memory, PAGES(2 * i), PLACE + PAGES(3 * i), 1,
			kernel_MapFlags_PRIVATE), 0);
	for (unsigned i = 0; i < 150; i++)
		assert_true(space_put(space, PLACE + PAGES(3 * i), i));
	space_kill(space, 9);
	assert_int_equal(space->state, kernel_SpaceState_ENDING);
	assert_int_equal(map_at(space, memory, 0, PLACE, 1, 0), kernel_Error_ENDED);
	reap();
	assert_int_equal(space->state, kernel_SpaceState_ENDED);
	assert_int_equal(space->code, 9);
	assert_int_equal(memory->mapping_count, 0);
	assert_false(space_get(space, PLACE, &value));
	space_kill(space, 10);
	assert_int_equal(space->code, 9);
	drop(memory);
	drop(space);
}

/* ---- at random ---- */

enum { SPACES = 5, MEMORIES = 4, COUNT = 24 };

struct cell {				/* a page's value, and how many see it */
	uint64_t value;
	unsigned users;
};

struct page {				/* of a space */
	struct cell *cell;		/* NULL: nothing is mapped */
	struct cell *own;		/* of PRIVATE ones, once written */
	uint32_t protection;
	bool is_private;
	uint8_t inherit;
};

static struct {
	struct space *space;
	struct page pages[COUNT];
} spaces[SPACES];

static struct {
	struct memory *memory;
	struct cell *cells[COUNT];
} memories[MEMORIES];

static struct cell *new_cell(uint64_t value)
{
	struct cell *cell = calloc(1, sizeof *cell);

	cell->value = value;
	cell->users = 1;
	return cell;
}

static struct cell *share(struct cell *cell)
{
	if (cell)
		cell->users++;
	return cell;
}

static void leave(struct cell *cell)
{
	if (cell && --cell->users == 0)
		free(cell);
}

static void clear_page(struct page *page)
{
	leave(page->cell);
	leave(page->own);
	memset(page, 0, sizeof *page);
}

static uint64_t address_of(unsigned page)
{
	return PLACE + PAGES(page);
}

static uint64_t model_value(const struct page *page)
{
	return page->own ? page->own->value : page->cell->value;
}

static void check_space(unsigned s)
{
	for (unsigned i = 0; i < COUNT; i++) {
		const struct page *page = &spaces[s].pages[i];
		uint64_t value, at = address_of(i);

		if (page->cell && page->protection & kernel_Protection_READ)
			assert_reads(spaces[s].space, at, model_value(page));
		else
			assert_false(space_get(spaces[s].space, at, &value));
	}
	check_tables(spaces[s].space);
}

static void random_map(unsigned s, unsigned first, unsigned count)
{
	unsigned m = fixture_random(MEMORIES), from = fixture_random(COUNT - count + 1);
	bool is_private = fixture_random(2);
	uint8_t inherit = (uint8_t)fixture_random(4);
	uint32_t protection = fixture_random(4) ? READ_WRITE : kernel_Protection_READ;
	uint64_t at = address_of(first);

	if (is_private && inherit == kernel_Inherit_SHARE)
		inherit = kernel_Inherit_COPY;
	assert_int_equal(unmap(spaces[s].space, at, count), 0);
	assert_int_equal(space_map(spaces[s].space, memories[m].memory, PAGES(from),
		PAGES(count), &at, protection | SPACE_ALLOWED(READ_WRITE),
		(is_private ? kernel_MapFlags_PRIVATE : 0u) | kernel_MapFlags_FIXED,
		inherit, 0), 0);
	for (unsigned i = 0; i < count; i++) {
		struct page *page = &spaces[s].pages[first + i];

		clear_page(page);
		*page = (struct page){ .cell = share(memories[m].cells[from + i]),
			.protection = protection, .is_private = is_private,
			.inherit = inherit };
	}
}

static void random_protect(unsigned s, unsigned first, unsigned count)
{
	const uint32_t choice[] = { 0, kernel_Protection_READ, READ_WRITE };
	uint32_t protection = choice[fixture_random(3)];
	unsigned mapped = 0;
	kernel_error error;

	while (mapped < count && spaces[s].pages[first + mapped].cell)
		mapped++;
	error = protect(spaces[s].space, address_of(first), count, protection);
	assert_int_equal(error, mapped == count ? 0 : kernel_Error_NOT_MAPPED);
	for (unsigned i = 0; i < mapped; i++)
		spaces[s].pages[first + i].protection = protection;
}

static void random_write(unsigned s, unsigned i, bool by_kernel)
{
	struct page *page = &spaces[s].pages[i];
	uint64_t value = fixture_random(UINT32_MAX);
	bool may = page->cell && page->protection & kernel_Protection_WRITE, did;

	did = by_kernel ? space_write(spaces[s].space, address_of(i), &value, 8) == 8 :
		space_put(spaces[s].space, address_of(i), value);
	assert_int_equal(did, may);
	if (may && page->is_private && !page->own)
		page->own = new_cell(0);
	if (may)
		(page->own ? page->own : page->cell)->value = value;
}

static void random_copy(unsigned s, unsigned i)
{
	unsigned t = fixture_random(SPACES), j = fixture_random(COUNT);
	struct page *to = &spaces[s].pages[i], *from = &spaces[t].pages[j];
	bool fault_in_from, may;

	if (!spaces[t].space || !from->cell || !(from->protection & 1))
		return;
	may = to->cell && to->protection & kernel_Protection_WRITE;
	assert_int_equal(space_copy(spaces[s].space, address_of(i), spaces[t].space,
		address_of(j), PAGE_SIZE, &fault_in_from), may ? PAGE_SIZE : 0);
	if (!may)
		return;
	uint64_t value = model_value(from);
	if (to->is_private && !to->own)
		to->own = new_cell(0);
	(to->own ? to->own : to->cell)->value = value;
}

static void fork_page(struct page *to, const struct page *from)
{
	clear_page(to);
	if (!from->cell || from->inherit == kernel_Inherit_NONE)
		return;
	*to = *from;
	to->own = NULL;
	if (from->inherit == kernel_Inherit_ZERO) {
		to->cell = new_cell(0);
	} else if (from->inherit == kernel_Inherit_COPY && !from->is_private) {
		to->cell = new_cell(from->cell->value);
	} else {
		share(to->cell);
		if (from->own)
			to->own = new_cell(from->own->value);
	}
}

static void random_fork(unsigned s, unsigned t)
{
	if (s == t || spaces[t].space)
		return;
	spaces[t].space = fork_space(spaces[s].space);
	for (unsigned i = 0; i < COUNT; i++)
		fork_page(&spaces[t].pages[i], &spaces[s].pages[i]);
	check_tables(spaces[s].space);
	check_tables(spaces[t].space);
}

static void end_space(unsigned s)
{
	if (fixture_random(2))
		space_kill(spaces[s].space, 0);
	drop(spaces[s].space);
	spaces[s].space = NULL;
	for (unsigned i = 0; i < COUNT; i++)
		clear_page(&spaces[s].pages[i]);
}

static void random_unmap(unsigned s, unsigned first, unsigned count)
{
	assert_int_equal(unmap(spaces[s].space, address_of(first), count), 0);
	for (unsigned i = 0; i < count; i++)
		clear_page(&spaces[s].pages[first + i]);
}

/* A memory is written or read by itself, loses a page, or becomes another's child. */
static void random_memory(unsigned m, unsigned i)
{
	struct memory *memory = memories[m].memory;
	uint64_t value = fixture_random(UINT32_MAX), at = PAGES(i);
	unsigned steps = 2;
	bool by_from;
	kernel_error error;

	switch (fixture_random(4)) {
	case 0:
		assert_int_equal(memory_write(memory, at, &value, 8), 8);
		memories[m].cells[i]->value = value;
		break;
	case 1:
		assert_int_equal(content_copy((struct content){.own = &value},
			(struct content){.memory = memory, .at = at}, 8, &by_from), 8);
		assert_int_equal(value, memories[m].cells[i]->value);
		break;
	case 2:
		memory_take_away(memory, &at, at + PAGE_SIZE, 0, &steps);
		memories[m].cells[i]->value = 0;
		break;
	default:
		if (fixture_random(8))
			break;
		unsigned n = (m + 1) % MEMORIES;
		struct memory *child = memory_new_child(quota, memory, 0, PAGES(COUNT),
			&error);
		assert_non_null(child);
		do
			steps = 7;
		while (!memory_fill(child, &steps, &error) && !error);
		assert_int_equal(error, 0);
		drop(memories[n].memory);
		memories[n].memory = child;
		for (unsigned j = 0; j < COUNT; j++) {
			leave(memories[n].cells[j]);
			memories[n].cells[j] = new_cell(memories[m].cells[j]->value);
		}
	}
}

static void random_step(void)
{
	unsigned s = fixture_random(SPACES), first = fixture_random(COUNT);
	unsigned count = 1 + fixture_random(COUNT - first), what = fixture_random(100);

	if (!spaces[s].space)
		spaces[s].space = new_space();
	if (what < 12)
		random_map(s, first, count);
	else if (what < 18)
		random_unmap(s, first, count);
	else if (what < 26)
		random_protect(s, first, count);
	else if (what < 60)
		random_write(s, first, what % 3 == 0);
	else if (what < 68)
		random_copy(s, first);
	else if (what < 80)
		random_memory(fixture_random(MEMORIES), first);
	else if (what < 88)
		random_fork(s, fixture_random(SPACES));
	else if (what < 91)
		end_space(s);
	else
		check_space(s);
}

static void anything_at_random(void **unused)
{
	const char *steps = getenv("STEPS");
	unsigned count = steps ? (unsigned)atoi(steps) : 20000;

	(void)unused;
	fixture_seed("anything_at_random");
	for (unsigned m = 0; m < MEMORIES; m++) {
		memories[m].memory = new_memory(COUNT);
		for (unsigned i = 0; i < COUNT; i++)
			memories[m].cells[i] = new_cell(0);
	}
	for (unsigned i = 0; i < count; i++)
		random_step();
	for (unsigned s = 0; s < SPACES; s++) {
		if (!spaces[s].space)
			continue;
		check_space(s);
		end_space(s);
	}
	for (unsigned m = 0; m < MEMORIES; m++) {
		drop(memories[m].memory);
		for (unsigned i = 0; i < COUNT; i++)
			leave(memories[m].cells[i]);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		SPACE_CASE(zeros_are_read_and_then_written),
		SPACE_CASE(shared_memory_is_seen_by_both),
		SPACE_CASE(private_writes_stay_private),
		SPACE_CASE(a_fork_copies_as_either_writes),
		SPACE_CASE(inheritance_is_as_it_says),
		SPACE_CASE(faults_say_why),
		SPACE_CASE(a_used_up_quota_is_a_fault),
		SPACE_CASE(forks_fail_whole),
		SPACE_CASE(a_killed_one_gives_all_back_at_once),
		SPACE_CASE(anything_at_random),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(cases, NULL, NULL);
}
