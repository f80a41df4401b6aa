/* Spaces: mappings, protections, tables of handles, ends. */
#include "test.h"

#define PAGES(n) ((uint64_t)(n) * SK_PAGE)
#define RW (kernel_Protection_READ | kernel_Protection_WRITE)
#define FIXED_PLACE UINT64_C(0x200000000)

static int map_at(struct test *t, struct sk_handle space, struct sk_handle memory,
	uint64_t address, uint64_t length, uint32_t flags)
{
	struct kernel_Space_map_reply reply;

	return K(t, space, Space_map, &reply, .memory = {memory}, .length = length,
		.address = address, .protection = RW, .flags = flags);
}

/* The mapping that an address is in. */
static bool find(struct test *t, struct sk_handle space, uint64_t address,
	struct kernel_Mapping *mapping)
{
	struct kernel_Space_mappings_reply reply;

	return K(t, space, Space_mappings, &reply, .from = address) == SK_OK &&
		kernel_Mapping_next(&reply.list, mapping) && mapping->address <= address;
}

static void maps_share_pages(struct test *t)
{
	struct sk_handle memory = new_memory(t, PAGES(2));
	volatile uint64_t *a = (volatile uint64_t *)map(t, memory, PAGES(2));
	volatile uint64_t *b = (volatile uint64_t *)map_as(t, memory, PAGES(1), PAGES(1),
		RW, 0);

	REQUIRE(t, a && b);
	a[512] = 3;
	EXPECT(t, b[0], 3);
	b[1] = 4;
	EXPECT(t, a[513], 4);
}

static void fixed_place(struct test *t)
{
	struct sk_handle memory = new_memory(t, PAGES(1));

	REQUIRE_OK(t, map_at(t, t->space, memory, FIXED_PLACE, PAGES(1),
		kernel_MapFlags_FIXED));
	*(volatile uint64_t *)FIXED_PLACE = 8;
	EXPECT(t, *(volatile uint64_t *)FIXED_PLACE, 8);
	EXPECT_STATUS(t, map_at(t, t->space, memory, FIXED_PLACE, PAGES(1),
		kernel_MapFlags_FIXED), kernel_Error_OVERLAP);
	EXPECT_OK(t, K0(t, t->space, Space_unmap, .address = FIXED_PLACE,
		.length = PAGES(1)));
}

static void replaces(struct test *t)
{
	struct sk_handle a = new_memory(t, PAGES(4)), b = new_memory(t, PAGES(1));
	volatile uint64_t *at = (volatile uint64_t *)map(t, a, PAGES(4));

	REQUIRE(t, at);
	for (unsigned i = 0; i < 4; i++)
		at[512 * i] = i + 1;
	REQUIRE_OK(t, map_at(t, t->space, b, (uintptr_t)at + PAGES(1), PAGES(1),
		kernel_MapFlags_FIXED | kernel_MapFlags_REPLACE));
	EXPECT(t, at[0], 1);
	EXPECT(t, at[512], 0);
	EXPECT(t, at[1024], 3);
}

static void map_is_checked(struct test *t)
{
	struct sk_handle memory = new_memory(t, PAGES(1));
	const uint32_t fixed = kernel_MapFlags_FIXED;

	EXPECT_STATUS(t, map_at(t, t->space, memory, 0, 100, 0), kernel_Error_INVALID);
	EXPECT_STATUS(t, map_at(t, t->space, memory, FIXED_PLACE + 1, PAGES(1), fixed),
		kernel_Error_INVALID);
	EXPECT_TRUE(t, map_at(t, t->space, memory, UINT64_C(0xffff800000000000), PAGES(1),
		fixed) > 0);
	EXPECT_TRUE(t, map_at(t, t->space, memory, UINT64_C(0x7ffffffff000), PAGES(1),
		fixed) > 0);
	EXPECT_TRUE(t, map_at(t, t->space, memory, UINT64_MAX - 4095, PAGES(1), fixed) > 0);
	EXPECT_TRUE(t, map_at(t, t->space, memory, 0, PAGES(1), fixed) > 0);
	EXPECT_TRUE(t, map_at(t, t->space, memory, FIXED_PLACE, UINT64_MAX - 4095,
		fixed) > 0);
}

static void map_asks_rights(struct test *t)
{
	struct sk_handle memory = new_memory(t, PAGES(1));
	struct kernel_Space_map_reply reply;
	struct sk_handle reads = copy(t, memory, kernel_Rights_READ | kernel_Rights_MAP |
		kernel_Rights_DUPLICATE);

	EXPECT_TRUE(t, K(t, t->space, Space_map, &reply, .memory = {reads},
		.length = PAGES(1), .protection = RW) != 0);
	EXPECT_OK(t, K(t, t->space, Space_map, &reply, .memory = {reads},
		.length = PAGES(1), .protection = kernel_Protection_READ));
	EXPECT_OK(t, K(t, t->space, Space_map, &reply, .memory = {reads},
		.length = PAGES(1), .protection = RW, .flags = kernel_MapFlags_PRIVATE));
}

static void private_pages(struct test *t)
{
	struct sk_handle memory = new_memory(t, PAGES(2));
	volatile uint64_t *shared = (volatile uint64_t *)map(t, memory, PAGES(2));
	volatile uint64_t *own;

	REQUIRE(t, shared);
	shared[0] = 1;
	own = (volatile uint64_t *)map_as(t, memory, 0, PAGES(2), RW,
		kernel_MapFlags_PRIVATE);
	REQUIRE(t, own);
	EXPECT(t, own[0], 1);
	own[0] = 2;
	EXPECT(t, shared[0], 1);
	shared[512] = 5;
	EXPECT(t, own[512], 5);
}

static void unmap_middle(struct test *t)
{
	struct sk_handle memory = new_memory(t, PAGES(3));
	volatile uint64_t *at = (volatile uint64_t *)map(t, memory, PAGES(3));
	struct kernel_Mapping found;

	REQUIRE(t, at);
	at[0] = 1;
	at[1024] = 3;
	REQUIRE_OK(t, K0(t, t->space, Space_unmap, .address = (uintptr_t)at + PAGES(1),
		.length = PAGES(1)));
	EXPECT(t, at[0], 1);
	EXPECT(t, at[1024], 3);
	EXPECT_TRUE(t, !find(t, t->space, (uintptr_t)at + PAGES(1), &found));
	REQUIRE(t, find(t, t->space, (uintptr_t)at + PAGES(2) + 5, &found));
	EXPECT(t, found.offset, PAGES(2));
	EXPECT(t, found.length, PAGES(1));
}

static void unmap_nothing(struct test *t)
{
	EXPECT_OK(t, K0(t, t->space, Space_unmap, .address = FIXED_PLACE,
		.length = PAGES(16)));
	EXPECT_STATUS(t, K0(t, t->space, Space_unmap, .address = FIXED_PLACE + 1,
		.length = PAGES(1)), kernel_Error_INVALID);
}

static void unmap_large(struct test *t)
{
	struct sk_handle memory = new_memory(t, PAGES(1024));
	volatile uint8_t *at = (volatile uint8_t *)map(t, memory, PAGES(1024));
	struct kernel_Space_state_reply before, after;

	REQUIRE(t, at);
	for (unsigned i = 0; i < 1024; i++)
		at[PAGES(i)] = 1;
	REQUIRE_OK(t, K(t, t->space, Space_state, &before, 0));
	REQUIRE_OK(t, K0(t, t->space, Space_unmap, .address = (uintptr_t)at,
		.length = PAGES(1024)));
	REQUIRE_OK(t, K(t, t->space, Space_state, &after, 0));
	EXPECT(t, before.mapped - after.mapped, PAGES(1024));
	EXPECT_TRUE(t, before.resident - after.resident >= PAGES(1024));
}

static bool skip_write(struct test *t, uint64_t address, uint64_t instruction,
	uint32_t access, uint32_t reason, struct fault_Handler_page_fault_reply *reply)
{
	t->value = reason;
	(void)instruction;
	(void)access;
	/* Makes it writable, and tries again. */
	if (K0(t, t->space, Space_protect, .address = address & ~UINT64_C(4095),
			.length = PAGES(1), .protection = RW) != SK_OK)
		return false;
	reply->action = fault_Action_RETRY;
	return true;
}

static void protect_takes_effect(struct test *t)
{
	volatile uint64_t *at = (volatile uint64_t *)map(t, new_memory(t, PAGES(1)),
		PAGES(1));

	REQUIRE(t, at);
	at[0] = 1;
	REQUIRE_OK(t, K0(t, t->space, Space_protect, .address = (uintptr_t)at,
		.length = PAGES(1), .protection = kernel_Protection_READ));
	t->on_fault = skip_write;
	EXPECT(t, at[0], 1);
	EXPECT(t, t->faults, 0);
	at[0] = 2;
	EXPECT(t, t->faults, 1);
	EXPECT(t, t->value, fault_Reason_PROTECTION);
	EXPECT(t, at[0], 2);
}

static void protect_is_checked(struct test *t)
{
	uint64_t at = map(t, new_memory(t, PAGES(1)), PAGES(1));

	EXPECT_STATUS(t, K0(t, t->space, Space_protect, .address = FIXED_PLACE,
		.length = PAGES(1), .protection = RW), kernel_Error_NOT_MAPPED);
	EXPECT_STATUS(t, K0(t, t->space, Space_protect, .address = at, .length = 5,
		.protection = RW), kernel_Error_INVALID);
}

static void protect_never_gains(struct test *t)
{
	struct sk_handle memory = copy(t, new_memory(t, PAGES(1)), kernel_Rights_READ |
		kernel_Rights_MAP | kernel_Rights_DUPLICATE);
	uint64_t at = map_as(t, memory, 0, PAGES(1), kernel_Protection_READ, 0);

	REQUIRE(t, at);
	EXPECT_TRUE(t, K0(t, t->space, Space_protect, .address = at, .length = PAGES(1),
		.protection = RW) != 0);
}

static void remap_grows(struct test *t)
{
	struct sk_handle memory = new_memory(t, PAGES(8));
	volatile uint64_t *at = (volatile uint64_t *)map(t, memory, PAGES(2));
	struct kernel_Space_remap_reply reply;

	REQUIRE(t, at);
	at[0] = 21;
	REQUIRE_OK(t, K(t, t->space, Space_remap, &reply, .from = (uintptr_t)at,
		.old_length = PAGES(2), .new_length = PAGES(8), .may_move = true));
	at = (volatile uint64_t *)reply.address;
	EXPECT(t, at[0], 21);
	at[512 * 7] = 1;
	EXPECT(t, at[512 * 7], 1);
}

static void remap_moves(struct test *t)
{
	volatile uint64_t *at = (volatile uint64_t *)map(t, new_memory(t, PAGES(2)),
		PAGES(2));
	struct kernel_Space_remap_reply reply;
	struct kernel_Mapping found;

	REQUIRE(t, at);
	at[512] = 22;
	REQUIRE_OK(t, K(t, t->space, Space_remap, &reply, .from = (uintptr_t)at,
		.old_length = PAGES(2), .new_length = PAGES(2), .to = FIXED_PLACE,
		.may_move = true));
	EXPECT(t, reply.address, FIXED_PLACE);
	EXPECT(t, ((volatile uint64_t *)FIXED_PLACE)[512], 22);
	EXPECT_TRUE(t, !find(t, t->space, (uintptr_t)at, &found));
	EXPECT_OK(t, K0(t, t->space, Space_unmap, .address = FIXED_PLACE,
		.length = PAGES(2)));
}

static void populate_makes_present(struct test *t)
{
	uint64_t at = map(t, new_memory(t, PAGES(8)), PAGES(8));
	struct kernel_Space_populate_reply reply;
	struct kernel_Space_state_reply before, after;
	struct kernel_Space_resident_reply resident;

	REQUIRE(t, at);
	REQUIRE_OK(t, K(t, t->space, Space_state, &before, 0));
	REQUIRE_OK(t, K(t, t->space, Space_populate, &reply, .address = at,
		.length = PAGES(4), .write = true));
	EXPECT(t, reply.done, PAGES(4));
	REQUIRE_OK(t, K(t, t->space, Space_state, &after, 0));
	/* Other threads of the space touch pages too. */
	EXPECT_TRUE(t, after.resident - before.resident >= PAGES(4));
	REQUIRE_OK(t, K(t, t->space, Space_resident, &resident, .address = at, .pages = 8));
	REQUIRE(t, resident.present.size >= 1);
	EXPECT(t, resident.present.data[0], 0x0f);
}

static void discard_forgets(struct test *t)
{
	volatile uint64_t *at = (volatile uint64_t *)map(t, new_memory(t, PAGES(2)),
		PAGES(2));

	REQUIRE(t, at);
	at[0] = 1;
	at[512] = 2;
	REQUIRE_OK(t, K0(t, t->space, Space_discard, .address = (uintptr_t)at,
		.length = PAGES(1)));
	EXPECT(t, at[512], 2);
	EXPECT_TRUE(t, at[0] == 0 || at[0] == 1);
}

static void lists_mappings(struct test *t)
{
	struct kernel_Space_mappings_reply reply;
	struct kernel_Mapping mapping;
	uint64_t at = map(t, new_memory(t, PAGES(3)), PAGES(3)), last = 0, from = 0;
	bool found = false;

	do {
		REQUIRE_OK(t, K(t, t->space, Space_mappings, &reply, .from = from));
		from = reply.next;
		while (kernel_Mapping_next(&reply.list, &mapping)) {
			EXPECT_TRUE(t, mapping.address >= last);
			last = mapping.address + mapping.length;
			found = found || (mapping.address == at &&
				mapping.length == PAGES(3));
		}
	} while (from != 0);
	EXPECT_TRUE(t, found);
}

static void tag_comes_back(struct test *t)
{
	struct kernel_Space_map_reply mapped;
	struct kernel_Mapping found;

	REQUIRE_OK(t, K(t, t->space, Space_map, &mapped,
		.memory = {new_memory(t, PAGES(1))}, .length = PAGES(1), .protection = RW,
		.inherit = kernel_Inherit_NONE, .tag_value = 0x1234));
	REQUIRE(t, find(t, t->space, mapped.address, &found));
	EXPECT(t, found.tag_value, 0x1234);
	EXPECT(t, found.inherit, kernel_Inherit_NONE);
	EXPECT(t, found.protection, RW);
}

static void reads_and_writes_another(struct test *t)
{
	struct sk_handle space = new_space(t), memory = new_memory(t, PAGES(2));
	struct kernel_Space_read_reply got;
	struct kernel_Space_write_reply put;
	uint64_t word = 0x5555;

	REQUIRE_OK(t, map_at(t, space, memory, FIXED_PLACE, PAGES(2),
		kernel_MapFlags_FIXED));
	REQUIRE_OK(t, K(t, space, Space_write, &put, .to = FIXED_PLACE + PAGES(1) - 4,
		.data = sk_lend(&word, 8)));
	EXPECT(t, put.done, 8);
	word = 0;
	REQUIRE_OK(t, K(t, space, Space_read, &got, .from = FIXED_PLACE + PAGES(1) - 4,
		.data = sk_lend_out(&word, 8)));
	EXPECT(t, got.done, 8);
	EXPECT(t, word, 0x5555);
}

static void read_stops_at_a_hole(struct test *t)
{
	struct sk_handle space = new_space(t), memory = new_memory(t, PAGES(1));
	struct kernel_Space_read_reply got = {0};
	static uint8_t bytes[64];
	int status;

	REQUIRE_OK(t, map_at(t, space, memory, FIXED_PLACE, PAGES(1),
		kernel_MapFlags_FIXED));
	status = K(t, space, Space_read, &got, .from = FIXED_PLACE + PAGES(1) - 16,
		.data = sk_lend_out(bytes, 64));
	EXPECT_TRUE(t, (status == SK_OK && got.done == 16) || status > 0);
}

static void spaces_are_apart(struct test *t)
{
	struct sk_handle one = new_space(t), other = new_space(t);
	struct sk_handle memory = new_memory(t, PAGES(1));
	struct kernel_Mapping found;

	REQUIRE_OK(t, map_at(t, one, memory, FIXED_PLACE, PAGES(1),
		kernel_MapFlags_FIXED));
	EXPECT_TRUE(t, !find(t, other, FIXED_PLACE, &found));
}

static void insert_and_remove(struct test *t)
{
	struct sk_handle space = new_space(t);
	struct kernel_Space_insert_reply inserted;
	struct kernel_Space_handles_reply list;
	struct kernel_HandleEntry entry;

	REQUIRE_OK(t, K(t, space, Space_insert, &inserted, .what = {new_memory(t, PAGES(1))}));
	REQUIRE_OK(t, K(t, space, Space_handles, &list, .from = 0));
	REQUIRE(t, kernel_HandleEntry_next(&list.list, &entry));
	EXPECT(t, entry.number, inserted.number);
	EXPECT(t, entry.kind, kernel_Kind_MEMORY);
	REQUIRE_OK(t, K0(t, space, Space_remove, .number = inserted.number));
	EXPECT_STATUS(t, K0(t, space, Space_remove, .number = inserted.number),
		kernel_Error_NO_HANDLE);
}

static void state_of_new(struct test *t)
{
	struct kernel_Space_state_reply state;

	REQUIRE_OK(t, K(t, new_space(t), Space_state, &state, 0));
	EXPECT(t, state.state, kernel_SpaceState_EMPTY);
	EXPECT(t, state.threads, 0);
}

static void child_answer(struct child_start *self)
{
	*(volatile uint64_t *)FIXED_PLACE = self->argument + 1;
}

static void child_runs(struct test *t)
{
	struct sk_handle shared = new_memory(t, PAGES(1)), ended = new_notification(t);
	struct kernel_Space_state_reply state;
	struct child child;
	uint64_t word = 0;
	struct kernel_Memory_read_reply got;

	REQUIRE(t, new_child(t, &child, child_answer, 41, NULL, 0));
	REQUIRE_OK(t, map_at(t, child.space, shared, FIXED_PLACE, PAGES(1),
		kernel_MapFlags_FIXED));
	REQUIRE_OK(t, K0(t, child.space, Space_watch, .notify = {COPY(t, ended)},
		.bits = 4));
	start_child(t, &child);
	EXPECT(t, await(ended, 4, t), 4);
	REQUIRE_OK(t, K(t, shared, Memory_read, &got, .data = sk_lend_out(&word, 8)));
	EXPECT(t, word, 42);
	REQUIRE_OK(t, K(t, child.space, Space_state, &state, 0));
	EXPECT(t, state.state, kernel_SpaceState_ENDED);
}

static void child_spins(struct child_start *self)
{
	(void)self;
	for (;;)
		__asm__ volatile("pause");
}

static void kill_ends_it(struct test *t)
{
	struct sk_handle ended = new_notification(t);
	struct kernel_Space_state_reply state;
	struct child child;

	REQUIRE(t, new_child(t, &child, child_spins, 0, NULL, 0));
	start_child(t, &child);
	REQUIRE_OK(t, K0(t, child.space, Space_kill, .code = -3));
	REQUIRE_OK(t, K0(t, child.space, Space_watch, .notify = {COPY(t, ended)},
		.bits = 1));
	EXPECT(t, await(ended, 1, t), 1);
	REQUIRE_OK(t, K(t, child.space, Space_state, &state, 0));
	EXPECT(t, state.code, (uint64_t)-3);
	EXPECT(t, state.threads, 0);
}

static void forks(struct test *t)
{
	struct sk_handle space = new_space(t), memory = new_memory(t, PAGES(4));
	struct kernel_Quota_fork_space_reply forked;
	struct kernel_Space_write_reply put;
	struct kernel_Space_read_reply got;
	uint64_t word = 1;

	REQUIRE_OK(t, map_at(t, space, memory, FIXED_PLACE, PAGES(4),
		kernel_MapFlags_FIXED));
	REQUIRE_OK(t, K(t, space, Space_write, &put, .to = FIXED_PLACE,
		.data = sk_lend(&word, 8)));
	REQUIRE_OK(t, K(t, t->quota, Quota_fork_space, &forked, .from = {space}));
	word = 2;
	REQUIRE_OK(t, K(t, space, Space_write, &put, .to = FIXED_PLACE,
		.data = sk_lend(&word, 8)));
	REQUIRE_OK(t, K(t, forked.space.raw, Space_read, &got, .from = FIXED_PLACE,
		.data = sk_lend_out(&word, 8)));
	EXPECT(t, word, 1);
}

static void fork_inherits(struct test *t)
{
	struct sk_handle space = new_space(t), memory = new_memory(t, PAGES(4));
	struct kernel_Quota_fork_space_reply forked;
	struct kernel_Mapping found;
	struct kernel_Space_write_reply put;
	struct kernel_Space_read_reply got;
	uint64_t word = 9;

	REQUIRE_OK(t, map_at(t, space, memory, FIXED_PLACE, PAGES(4),
		kernel_MapFlags_FIXED));
	REQUIRE_OK(t, K0(t, space, Space_set_inherit, .address = FIXED_PLACE,
		.length = PAGES(1), .inherit = kernel_Inherit_SHARE));
	REQUIRE_OK(t, K0(t, space, Space_set_inherit, .address = FIXED_PLACE + PAGES(1),
		.length = PAGES(1), .inherit = kernel_Inherit_NONE));
	REQUIRE_OK(t, K(t, t->quota, Quota_fork_space, &forked, .from = {space}));
	REQUIRE_OK(t, K(t, space, Space_write, &put, .to = FIXED_PLACE,
		.data = sk_lend(&word, 8)));
	word = 0;
	REQUIRE_OK(t, K(t, forked.space.raw, Space_read, &got, .from = FIXED_PLACE,
		.data = sk_lend_out(&word, 8)));
	EXPECT(t, word, 9);
	EXPECT_TRUE(t, !find(t, forked.space.raw, FIXED_PLACE + PAGES(1), &found));
}

static void rights_are_asked(struct test *t)
{
	struct sk_handle weak = copy(t, new_space(t), kernel_Rights_INSPECT);
	struct kernel_Space_map_reply mapped;

	EXPECT_STATUS(t, K(t, weak, Space_map, &mapped, .memory = {new_memory(t, PAGES(1))},
		.length = PAGES(1), .protection = RW), SK_BAD_HANDLE);
	EXPECT_STATUS(t, K0(t, weak, Space_kill, .code = 1), SK_BAD_HANDLE);
	EXPECT_STATUS(t, K0(t, weak, Space_unmap, .address = FIXED_PLACE,
		.length = PAGES(1)), SK_BAD_HANDLE);
}

const struct test_case space_cases[] = {
	{"space: mappings of one memory share its pages", maps_share_pages, 0},
	{"space: FIXED maps where it says, OVERLAP if that is taken", fixed_place, 0},
	{"space: REPLACE takes away what was there", replaces, 0},
	{"space: map checks addresses and lengths", map_is_checked, 0},
	{"space: map asks for the memory's rights", map_asks_rights, 0},
	{"space: PRIVATE pages part when written", private_pages, 0},
	{"space: unmap of the middle leaves both ends", unmap_middle, 0},
	{"space: unmap of nothing is no error", unmap_nothing, 0},
	{"space: unmap of 1024 pages", unmap_large, 0},
	{"space: protect takes effect at once", protect_takes_effect, 0},
	{"space: protect checks its range", protect_is_checked, 0},
	{"space: protect cannot gain what the handle had not", protect_never_gains, 0},
	{"space: remap grows with its contents", remap_grows, 0},
	{"space: remap moves", remap_moves, 0},
	{"space: populate makes present, resident says so", populate_makes_present, 0},
	{"space: discard forgets no more than it is told", discard_forgets, 0},
	{"space: mappings are listed in order", lists_mappings, 0},
	{"space: a mapping tells what map was told", tag_comes_back, 0},
	{"space: read and write reach another space", reads_and_writes_another, 0},
	{"space: read stops at a hole", read_stops_at_a_hole, 0},
	{"space: spaces are apart", spaces_are_apart, 0},
	{"space: insert, handles and remove", insert_and_remove, 0},
	{"space: a new one is empty", state_of_new, 0},
	{"space: a program runs in it and ends it", child_runs, 0},
	{"space: kill ends it with its code", kill_ends_it, 0},
	{"space: a fork has a copy", forks, 0},
	{"space: a fork inherits as it is told", fork_inherits, 0},
	{"space: rights are asked for", rights_are_asked, 0},
	{0}
};
