/*
 * Memory behind a pager: threads wait for pages, calls are made once, answers
 * and refusals reach those who wait, dirty pages are known.
 */
#include "tests/kernel/unit/kernel_ipc.h"

#include "kernel/memory.h"
#include "kernel/page_table.h"
#include "fault.skald.h"

#define PAGES(count) ((uint64_t)(count) << PAGE_SHIFT)
#define READ_WRITE ((uint32_t)(kernel_Protection_READ | kernel_Protection_WRITE))
#define PLACE UINT64_C(0x20000000)

static struct memory *paged, *filled;	/* references are the tests' */
static uint32_t paged_number, filled_number;

static int pager_start(void **state)
{
	kernel_error error;
	uint64_t at = PLACE;

	ipc_start(state);
	paged = memory_new_paged(quota_root(), PAGES(64), session, &error);
	filled = memory_new(quota_root(), PAGES(64), &error);
	paged_number = ipc_give(server.space, &paged->object, IPC_RIGHTS, 0, 0);
	filled_number = ipc_give(server.space, &filled->object, IPC_RIGHTS, 0, 0);
	assert_int_equal(space_map(client.space, paged, 0, PAGES(64), &at, READ_WRITE,
		kernel_MapFlags_FIXED, kernel_Inherit_COPY, 0), 0);
	for (uint64_t i = 0; i < 64; i++) {
		uint64_t value = i + 1;

		assert_int_equal(memory_write(filled, PAGES(i), &value, 8), 8);
	}
	return 0;
}

static int pager_stop(void **state)
{
	object_drop(&paged->object);
	object_drop(&filled->object);
	return ipc_stop(state);
}

#define PAGER_CASE(name) cmocka_unit_test_setup_teardown(name, pager_start, pager_stop)

/* The server calls one of its memories, with `filled` if the method wants it. */
static uint64_t memory_call(uint32_t number, const uint8_t *bytes, int size, bool handle)
{
	uint64_t words[ABI_WORDS];

	assert_in_range(size, 8, sizeof words);
	memcpy(words, bytes, sizeof words);
	if (handle)
		SLOT(server, 0).beside->handles[0] = (struct abi_handle){
			.number = filled_number, .rights = 0xffff, .copies = 1,
			.kernel_rights = 0xffff };
	return host_call(server.thread, ABI_BASE | ABI_CALL | BYTES(size) |
		HANDLES(handle), number | INTO_SLOT(1), words, 0, 0);
}

/* 0, or the error that is answered. */
static int answered(uint64_t head, uint32_t reply)
{
	assert_int_equal(ABI_STATUS(head), 0);
	return (uint32_t)WORDS(server)[0] == reply ? 0 : (int)WORDS(server)[1];
}

static int supply(unsigned first, unsigned count, bool protected)
{
	struct kernel_Memory_supply_request request = { .from.raw = { 0 },
		.from_offset = PAGES(first), .offset = PAGES(first),
		.length = PAGES(count), .write_protected = protected };
	uint8_t bytes[ABI_WORD_BYTES] = {0};
	struct sk_attached attached;

	sk_attach_none(&attached);
	return answered(memory_call(paged_number, bytes,
		kernel_Memory_supply_request_encode(&request, bytes, sizeof bytes, &attached),
		true), kernel_Memory_supply_reply_ID);
}

#define MEMORY_CALL(method, ...) __extension__ ({ \
	struct kernel_Memory_##method##_request request = { __VA_ARGS__ }; \
	uint8_t bytes[ABI_WORD_BYTES] = {0}; \
	answered(memory_call(paged_number, bytes, kernel_Memory_##method##_request_encode( \
		&request, bytes, sizeof bytes), false), kernel_Memory_##method##_reply_ID); \
})

/* A program's access; true: it goes on, having read or written. */
static bool touch(struct program who, unsigned page, bool write, uint64_t *value)
{
	uint64_t at = PLACE + PAGES(page);

	return (write ? host_user_write(who.thread, at, value, 8) :
		host_user_read(who.thread, at, value, 8)) == 8;
}

/* The server has got a call to supply, or that a page is written. */
static struct fault_Pager_supply_request get_supply(void)
{
	struct fault_Pager_supply_request request;

	ipc_receive(server, 0, server_endpoint, 0);
	assert_event(server, REQUEST);
	assert_int_equal(fault_Pager_supply_request_decode(&request, WORDS(server),
		ABI_BYTES(HEAD(server))), 0);
	return request;
}

static void reply_with(uint32_t id, uint64_t token)
{
	uint64_t words[ABI_WORDS] = { id, 0 };

	host_call(server.thread, ABI_BASE | ABI_REPLY |
		BYTES(id == fault_Pager_supply_reply_ID + 1 ? 12 : 8), 0, words, token, 0);
}

static void a_missing_page_is_asked_for(void **state)
{
	struct fault_Pager_supply_request request;
	uint64_t value = 0, token;

	(void)state;
	assert_false(touch(client, 5, false, &value));
	assert_waits(client, FAULTED);
	request = get_supply();
	token = TOKEN(server);
	assert_int_equal(request.offset, PAGES(5));
	assert_true(request.length >= PAGE_SIZE && request.length <= PAGES(16));
	assert_int_equal(request.access, fault_Access_READ);
	assert_int_equal(supply(5, 3, false), 0);
	assert_goes_on(client);
	reply_with(fault_Pager_supply_reply_ID, token);
	assert_true(touch(client, 5, false, &value));
	assert_int_equal(value, 6);
	assert_true(touch(client, 7, false, &value));
	assert_int_equal(value, 8);
	assert_int_equal(filled->present, 61);
	assert_false(memory_has(filled, PAGES(6)));
}

static void one_call_for_all_who_wait(void **state)
{
	struct program second = ipc_program(10);
	uint64_t value = 0, at = PLACE;

	(void)state;
	assert_int_equal(space_map(second.space, paged, 0, PAGES(64), &at, READ_WRITE,
		kernel_MapFlags_FIXED, 0, 0), 0);
	assert_false(touch(client, 16, false, &value));
	assert_false(touch(second, 16, true, &value));
	get_supply();
	assert_int_equal(endpoint->caller_count, 0);
	assert_int_equal(supply(16, 1, false), 0);
	assert_goes_on(client);
	assert_goes_on(second);
	assert_true(touch(second, 16, false, &value));
	assert_int_equal(value, 17);
}

/* An error, a refusal, or nobody there: a fault, for which nobody is. */
static void refusals_are_faults(void **state)
{
	uint64_t value = 0;

	(void)state;
	assert_false(touch(client, 5, false, &value));
	get_supply();
	reply_with(fault_Pager_supply_reply_ID + 1, TOKEN(server));
	assert_waits(client, STOPPED);
	assert_int_equal(client.thread->waits_for == NULL, true);
}

static void refuse_wakes_those_in_the_range(void **state)
{
	struct program second = ipc_program(10);
	uint64_t value = 0, at = PLACE;

	(void)state;
	assert_int_equal(space_map(second.space, paged, 0, PAGES(64), &at, READ_WRITE,
		kernel_MapFlags_FIXED, 0, 0), 0);
	assert_false(touch(client, 5, false, &value));
	assert_false(touch(second, 40, false, &value));
	assert_int_equal(MEMORY_CALL(refuse, PAGES(0), PAGES(20)), 0);
	assert_waits(client, STOPPED);
	assert_waits(second, FAULTED);
}

static void a_pager_that_dies_is_a_fault(void **state)
{
	uint64_t value = 0;

	(void)state;
	assert_false(touch(client, 5, false, &value));
	space_kill(server.space, 0);
	for (unsigned i = 0; i < 20; i++)
		host_look();
	assert_waits(client, STOPPED);
}

static void its_own_pages_are_no_wait(void **state)
{
	uint64_t at = PLACE, value = 0;
	uint32_t reason = 0;

	(void)state;
	assert_false(touch(client, 5, false, &value));	/* somebody else's may wait */
	get_supply();
	assert_int_equal(space_map(server.space, paged, 0, PAGES(64), &at, READ_WRITE,
		kernel_MapFlags_FIXED, 0, 0), 0);
	assert_int_equal(space_touch(server.space, PLACE, fault_Access_READ, server.thread,
		&reason), TOUCH_FAULT);
	assert_int_equal(reason, fault_Reason_OWN_PAGER);
}

static bool is_dirty(unsigned page)
{
	const uint64_t *entry = page_find(paged, page);

	return entry && *entry & PAGE_DIRTY;
}

static void what_is_written_is_dirty(void **state)
{
	uint64_t value = 0;

	(void)state;
	assert_int_equal(supply(0, 10, false), 0);
	assert_true(touch(client, 2, false, &value));
	assert_false(is_dirty(2));
	value = 77;
	assert_true(touch(client, 2, true, &value));
	assert_true(touch(client, 3, true, &value));
	assert_true(is_dirty(2) && is_dirty(3) && !is_dirty(4));
	assert_int_equal(MEMORY_CALL(write_protect, 0, PAGES(64), false), 0);
	assert_false(is_dirty(2));
	assert_true(touch(client, 2, true, &value));
	assert_true(is_dirty(2) && !is_dirty(3));
	assert_int_equal(MEMORY_CALL(evict, 0, PAGES(64), false), 0);
	assert_int_equal(paged->present, 1);
	assert_true(touch(client, 2, false, &value));
	assert_int_equal(value, 77);
	assert_int_equal(MEMORY_CALL(evict, 0, PAGES(64), true), 0);
	assert_int_equal(paged->present, 0);
	assert_false(touch(client, 2, false, &value));
	assert_waits(client, FAULTED);
}

static void a_write_can_be_asked_for(void **state)
{
	struct fault_Pager_will_write_request request;
	uint64_t value = 0;

	(void)state;
	assert_int_equal(supply(0, 10, true), 0);
	assert_true(touch(client, 2, false, &value));
	assert_int_equal(value, 3);
	value = 9;
	assert_false(touch(client, 2, true, &value));
	assert_waits(client, FAULTED);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_event(server, REQUEST);
	assert_int_equal(fault_Pager_will_write_request_decode(&request, WORDS(server),
		ABI_BYTES(HEAD(server))), 0);
	assert_int_equal(request.offset, PAGES(2));
	assert_false(is_dirty(2));
	reply_with(fault_Pager_will_write_reply_ID, TOKEN(server));
	assert_goes_on(client);
	assert_true(touch(client, 2, true, &value));
	assert_true(is_dirty(2) && !is_dirty(3));
}

/* A private copy, and a fork, have the pages that they had, and ask for others. */
/* A PRIVATE mapping's pages are the space's own, and a fork's; the rest is the
 * pager's for both. */
static void private_pages_of_paged_memory(void **state)
{
	kernel_error error = 0;
	struct space *made = NULL, *child = NULL;
	uint32_t reason;
	uint64_t value = 50, frame, at = PLACE + PAGES(100);

	(void)state;
	assert_int_equal(supply(0, 4, false), 0);
	assert_int_equal(space_map(client.space, paged, 0, PAGES(64), &at, READ_WRITE,
		kernel_MapFlags_FIXED | kernel_MapFlags_PRIVATE, kernel_Inherit_COPY, 0), 0);
	assert_int_equal(space_write(client.space, at + PAGES(1), &value, 8), 8);
	while (!child && !error)
		child = space_fork(quota_root(), client.space, &made, &error);
	assert_non_null(child);
	value = 51;
	assert_int_equal(space_write(client.space, at + PAGES(1), &value, 8), 8);
	assert_int_equal(space_read(child, at + PAGES(1), &value, 8), 8);
	assert_int_equal(value, 50);
	assert_true(touch(client, 1, true, &value));
	assert_int_equal(space_read(child, PLACE + PAGES(1), &value, 8), 8);
	assert_int_equal(value, 50);	/* shared: what touch() wrote */
	value = 60;
	assert_int_equal(space_write(child, at + PAGES(2), &value, 8), 8);
	assert_false(is_dirty(2));
	assert_true(is_dirty(1));
	assert_int_equal(space_frame(child, at + PAGES(9), fault_Access_READ, &frame,
		&reason), TOUCH_PAGER);
	assert_int_equal(supply(9, 1, false), 0);
	assert_int_equal(space_read(child, at + PAGES(9), &value, 8), 8);
	assert_int_equal(value, 10);
	assert_null(memory_new_child(quota_root(), paged, 0, PAGES(1), &error));
	assert_int_equal(error, kernel_Error_NOT_SUPPORTED);
	object_drop(&child->object);
}

static void a_thread_that_waits_can_be_killed(void **state)
{
	uint64_t value = 0;

	(void)state;
	assert_false(touch(client, 5, false, &value));
	assert_false(list_is_empty(&paged->waiting));
	thread_kill(client.thread, 3);
	assert_true(list_is_empty(&paged->waiting));
	assert_int_equal(supply(5, 1, false), 0);
}

/* Those who find no call free ask as soon as one is. */
static void more_wait_than_there_are_calls(void **state)
{
	struct thread *threads[6];
	uint64_t value = 0;

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		struct program who = { client.space, ipc_thread(client.space, 10) };

		threads[i] = who.thread;
		object_take(&threads[i]->object);
		assert_false(touch(who, 10 * i, false, &value));
		assert_waits(who, FAULTED);
	}
	for (unsigned i = 0; i < 12; i++) {
		struct fault_Pager_supply_request request;
		uint64_t token;

		if (i >= 4 && endpoint->caller_count == 0)
			break;
		request = get_supply();
		token = TOKEN(server);
		assert_int_equal(supply((unsigned)(request.offset >> PAGE_SHIFT), 1, false), 0);
		reply_with(fault_Pager_supply_reply_ID, token);
		host_settle();
		for (unsigned j = 0; j < 6; j++)
			if (threads[j]->state != kernel_ThreadState_FAULTED)
				touch((struct program){ client.space, threads[j] }, 10 * j, false,
					&value);
	}
	for (unsigned i = 0; i < 6; i++) {
		assert_true(memory_has(paged, PAGES(10 * i)));
		assert_int_not_equal(threads[i]->state, kernel_ThreadState_FAULTED);
		object_drop(&threads[i]->object);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		PAGER_CASE(a_missing_page_is_asked_for),
		PAGER_CASE(one_call_for_all_who_wait),
		PAGER_CASE(refusals_are_faults),
		PAGER_CASE(refuse_wakes_those_in_the_range),
		PAGER_CASE(a_pager_that_dies_is_a_fault),
		PAGER_CASE(its_own_pages_are_no_wait),
		PAGER_CASE(what_is_written_is_dirty),
		PAGER_CASE(a_write_can_be_asked_for),
		PAGER_CASE(private_pages_of_paged_memory),
		PAGER_CASE(a_thread_that_waits_can_be_killed),
		PAGER_CASE(more_wait_than_there_are_calls),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(cases, NULL, NULL);
}
