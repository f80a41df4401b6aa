/* What moves with messages: long ones, handles, leases. */
#include "tests/kernel/unit/kernel_ipc.h"

/* An object of some kind in the client's table. */
static uint32_t something(uint16_t rights, struct object **object)
{
	kernel_error error;
	struct notification *made = notification_new(quota_root(), &error);
	uint32_t number = ipc_give(client.space, &made->object, rights, 0, 0);

	*object = &made->object;
	object_drop(&made->object);
	return number;
}

static struct abi_handle sent(uint32_t number, bool copies)
{
	return (struct abi_handle){.number = number, .rights = 0xffff, .copies = copies,
		.kernel_rights = 0xffff};
}

static void long_message_arrives(void **state)
{
	(void)state;
	for (unsigned i = 40; i < 4096; i++)
		SLOT(client, 2).page[i] = (uint8_t)(i * 7);
	ipc_receive(server, 0, server_endpoint | INTO_SLOT(3), 0);
	ipc_call(client, BYTES(4001) | FROM_SLOT(2), client_session, 0);
	assert_int_equal(ABI_BYTES(HEAD(server)), 4001);
	assert_memory_equal(SLOT(server, 3).page + 40, SLOT(client, 2).page + 40, 3961);
	assert_int_equal(SLOT(server, 3).page[4001], 0);
	assert_int_equal(SLOT(server, 3).page[39], 0);
	memset(SLOT(server, 1).page + 40, 9, 4056);
	ipc_reply(server, BYTES(4096) | FROM_SLOT(1), 0, TOKEN(server));
	assert_int_equal(HEAD(client), BYTES(4096));
	assert_memory_equal(SLOT(client, 0).page + 40, SLOT(server, 1).page + 40, 4056);
}

static void handle_moves(void **state)
{
	struct object *object;
	uint32_t number = something(IPC_RIGHTS, &object);

	(void)state;
	SLOT(client, 0).beside->handles[0] = sent(number, false);
	ipc_deliver(BYTES(8) | HANDLES(1));
	struct abi_handle *got = &SLOT(server, 0).beside->handles[0];
	assert_null(handle_find(&client.space->handles, number));
	assert_ptr_equal(handle_find(&server.space->handles, got->number)->object, object);
	assert_int_equal(got->kind, kernel_Kind_NOTIFICATION);
	assert_int_equal(got->rights, IPC_RIGHTS);
	assert_int_equal(object->references, 1);
	assert_int_equal(object->handles, 1);
}

static void copies_lose_rights(void **state)
{
	struct object *object;
	uint32_t number = something(IPC_RIGHTS, &object);

	(void)state;
	SLOT(client, 0).beside->handles[0] = sent(number, true);
	SLOT(client, 0).beside->handles[0].rights = kernel_Rights_SIGNAL | kernel_Rights_WAIT;
	SLOT(client, 0).beside->handles[0].kernel_rights = (uint16_t)~kernel_Rights_WAIT;
	SLOT(client, 0).beside->handles[1] = sent(client_session, true);
	SLOT(client, 0).beside->handles[1].rights = 0x12;
	ipc_deliver(BYTES(8) | HANDLES(2));
	struct abi_handle *got = SLOT(server, 0).beside->handles;
	assert_non_null(handle_find(&client.space->handles, number));
	assert_int_equal(handle_find(&server.space->handles, got[0].number)->rights,
		kernel_Rights_SIGNAL);
	assert_int_equal(got[1].rights, 0x12);
	assert_int_equal(got[1].kernel_rights, IPC_RIGHTS);
	assert_int_equal(session->clients, 2);
}

/* All or nothing: each of these leaves both sides as they were. */
static void refused(struct abi_handle first, struct abi_handle second, int status)
{
	uint32_t used = server.space->handles.used;
	uint32_t own = client.space->handles.used;

	SLOT(client, 0).beside->handles[0] = first;
	SLOT(client, 0).beside->handles[1] = second;
	assert_int_equal((int32_t)ipc_call(client, BYTES(8) | HANDLES(2) | EXPECTED(2),
		client_session, 0), status);
	assert_false(HEAD(client) & ABI_DELIVERED);
	assert_waits(server, RECEIVING);
	assert_int_equal(server.space->handles.used, used);
	assert_int_equal(client.space->handles.used, own);
	assert_int_equal(server.space->handles.reserved, 0);
	assert_int_equal(client.space->handles.reserved, 0);
	assert_int_equal(session_under_way(session), 0);
	assert_int_equal(session->object.references, 1);
}

static void bad_handles_leave_all_as_it_was(void **state)
{
	struct object *object;
	uint32_t good = something(IPC_RIGHTS, &object);
	uint32_t stays = something(kernel_Rights_DUPLICATE, &object);
	uint32_t single = something(kernel_Rights_TRANSFER, &object);

	(void)state;
	ipc_receive(server, 0, server_endpoint, 0);
	refused(sent(good, false), sent(12345, false), SK_BAD_HANDLE);
	refused(sent(good, false), sent(stays, false), SK_BAD_HANDLE);
	refused(sent(good, false), sent(single, true), SK_BAD_HANDLE);
	refused(sent(good, false), sent(good, false), SK_BAD_HANDLE);
	refused(sent(good, true), sent(good, false), SK_BAD_HANDLE);
	server.space->handles.ending = true;	/* nothing can be reserved */
	refused(sent(good, false), sent(stays, true), SK_EXHAUSTED);
	server.space->handles.ending = false;
	/* Nor do tokens get lost. */
	for (unsigned i = 0; i < 2 * TOKEN_PAGE; i++)
		refused(sent(good, false), sent(12345, false), SK_BAD_HANDLE);
	ipc_call(client, BYTES(8), client_session, 0);
	assert_event(server, REQUEST);
}

static void handles_are_looked_up_when_received(void **state)
{
	struct object *object;
	uint32_t number = something(IPC_RIGHTS, &object);

	(void)state;
	SLOT(client, 0).beside->handles[0] = sent(number, false);
	ipc_call(client, BYTES(8) | HANDLES(1), client_session, 0);
	assert_waits(client, CALLING);
	handle_remove(&client.space->handles, number);
	ipc_receive(server, 0, server_endpoint, 0);
	assert_waits(server, RECEIVING);
	assert_int_equal(STATUS(client), SK_BAD_HANDLE);
}

static void replies_bring_what_was_expected(void **state)
{
	uint32_t used = client.space->handles.used;

	(void)state;
	ipc_deliver(BYTES(8) | EXPECTED(3));
	assert_int_equal(client.space->handles.reserved, 3);
	SLOT(server, 0).beside->handles[0] = sent(server_endpoint, true);
	assert_int_equal(ipc_reply(server, BYTES(8) | HANDLES(1), 0, TOKEN(server)), 0);
	assert_int_equal(ABI_HANDLES(HEAD(client)), 1);
	assert_int_equal(client.space->handles.used, used + 1);
	assert_int_equal(client.space->handles.reserved, 0);
	ipc_deliver(BYTES(8));
	assert_int_equal((int32_t)ipc_reply(server, BYTES(8) | HANDLES(1), 0,
		TOKEN(server)), SK_EXHAUSTED);
	assert_int_equal(STATUS(client), SK_EXHAUSTED);
	assert_true(HEAD(client) & ABI_DELIVERED);
}

static void places_are_given_back_on_every_path(void **state)
{
	(void)state;
	ipc_deliver(BYTES(8) | EXPECTED(8));
	caller_give_up(&client.thread->caller, SK_CANCELED);
	assert_int_equal(client.space->handles.reserved, 0);
	ipc_reply(server, BYTES(8), 0, TOKEN(server));
	ipc_deliver(BYTES(8) | EXPECTED(8));
	ipc_reply(server, 0, ABI_DROP, TOKEN(server));
	assert_int_equal(client.space->handles.reserved, 0);
	ipc_call(client, BYTES(8) | EXPECTED(8), client_session, 0);
	caller_give_up(&client.thread->caller, SK_CANCELED);
	assert_int_equal(client.space->handles.reserved, 0);
}

/* Handles of a late reply stay. */
static void late_reply_keeps_its_handles(void **state)
{
	(void)state;
	ipc_deliver(BYTES(8) | EXPECTED(1));
	caller_give_up(&client.thread->caller, SK_CANCELED);
	SLOT(server, 0).beside->handles[0] = sent(server_endpoint, false);
	assert_int_equal((int32_t)ipc_reply(server, BYTES(8) | HANDLES(1), 0,
		TOKEN(server)), SK_CANCELED);
	assert_non_null(handle_find(&server.space->handles, server_endpoint));
}

/* ---- leases ---- */

static uint64_t copy(struct program who, uint64_t token, uint64_t lease, uint64_t offset,
	uint64_t address, uint64_t size)
{
	uint64_t words[ABI_WORDS] = {lease, offset, address, size, 0};

	return host_call(who.thread, ABI_BASE | ABI_LEASE_COPY, 0, words, token, 0);
}

/* The last of its slots' pages as memory that it lends, or copies to. */
static uint64_t own_page(struct program who)
{
	return who.thread->slot_address + 3 * ABI_SLOT_PAGE;
}

static void lend(struct program who, unsigned index, struct abi_lease lease)
{
	SLOT(who, 0).beside->leases[index] = lease;
}

static void lease_is_read_and_written(void **state)
{
	(void)state;
	lend(client, 0, (struct abi_lease){.address = own_page(client) + 100, .size = 1000,
		.direction = SK_LEASE_INOUT});
	memset(SLOT(client, 3).page, 5, 4096);
	ipc_deliver(BYTES(8) | LEASES(1));
	assert_int_equal(ABI_LEASES(HEAD(server)), 1);
	assert_int_equal(SLOT(server, 0).beside->leases[0].size, 1000);
	assert_int_equal(SLOT(server, 0).beside->leases[0].address, 0);
	uint64_t token = TOKEN(server);
	assert_int_equal(copy(server, token, 1, 200, own_page(server), 800), 0);
	assert_int_equal(TARGET(server), 800);
	assert_int_equal(SLOT(server, 3).page[799], 5);
	assert_int_equal(SLOT(server, 3).page[800], 0);
	memset(SLOT(server, 3).page, 6, 100);
	assert_int_equal(copy(server, token, 1 | ABI_LEASE_WRITE, 900, own_page(server),
		100), 0);
	assert_int_equal(SLOT(client, 3).page[999], 5);
	assert_int_equal(SLOT(client, 3).page[1000], 6);
	assert_int_equal(SLOT(client, 3).page[1099], 6);
	assert_int_equal(SLOT(client, 3).page[1100], 5);
	assert_int_equal((int32_t)copy(server, token, 1, 900, own_page(server), 101),
		SK_BAD_LEASE);
	assert_int_equal((int32_t)copy(server, token, 1, 1001, own_page(server), 0),
		SK_BAD_LEASE);
	assert_int_equal((int32_t)copy(server, token, 2, 0, own_page(server), 1),
		SK_BAD_LEASE);
	assert_int_equal((int32_t)copy(server, token, 0, 0, own_page(server), 1),
		SK_BAD_LEASE);
	ipc_reply(server, BYTES(8), 0, token);
	assert_int_equal((int32_t)copy(server, token, 1, 0, own_page(server), 1),
		SK_BAD_TOKEN);
}

static void lease_has_a_direction(void **state)
{
	(void)state;
	lend(client, 0, (struct abi_lease){.address = own_page(client), .size = 8,
		.direction = SK_LEASE_IN});
	ipc_deliver(BYTES(8) | LEASES(1));
	assert_int_equal((int32_t)copy(server, TOKEN(server), 1 | ABI_LEASE_WRITE, 0,
		own_page(server), 8), SK_BAD_LEASE);
	assert_int_equal(copy(server, TOKEN(server), 1, 0, own_page(server), 8), 0);
}

static void lease_of_nothing_faults(void **state)
{
	(void)state;
	lend(client, 0, (struct abi_lease){.address = 0x7000000, .size = 100000,
		.direction = SK_LEASE_IN});
	lend(client, 1, (struct abi_lease){.address = own_page(client), .size = 8,
		.direction = SK_LEASE_IN});
	ipc_deliver(BYTES(8) | LEASES(2));
	assert_int_equal((int32_t)copy(server, TOKEN(server), 1, 0, own_page(server), 8),
		SK_LEASE_FAULT);
	assert_int_equal(TARGET(server), 0);
	assert_int_equal((int32_t)copy(server, TOKEN(server), 2, 0, 0x7000000, 8),
		SK_INVALID);
}

static void lease_ends_with_its_call(void **state)
{
	(void)state;
	lend(client, 0, (struct abi_lease){.address = own_page(client), .size = 8,
		.direction = SK_LEASE_IN});
	ipc_deliver(BYTES(8) | LEASES(1));
	caller_give_up(&client.thread->caller, SK_CANCELED);
	assert_int_equal((int32_t)copy(server, TOKEN(server), 1, 0, own_page(server), 8),
		SK_CANCELED);
}

static void leases_that_make_no_sense(void **state)
{
	(void)state;
	ipc_receive(server, 0, server_endpoint, 0);
	lend(client, 0, (struct abi_lease){.address = USER_END - 8, .size = 9,
		.direction = SK_LEASE_IN});
	assert_int_equal((int32_t)ipc_call(client, BYTES(8) | LEASES(1), client_session, 0),
		SK_BAD_LEASE);
	lend(client, 0, (struct abi_lease){.address = own_page(client), .size = UINT64_MAX,
		.direction = SK_LEASE_IN});
	assert_int_equal((int32_t)ipc_call(client, BYTES(8) | LEASES(1), client_session, 0),
		SK_BAD_LEASE);
	lend(client, 0, (struct abi_lease){.address = own_page(client), .size = 8});
	assert_int_equal((int32_t)ipc_call(client, BYTES(8) | LEASES(1), client_session, 0),
		SK_BAD_LEASE);
	assert_int_equal((int32_t)ipc_send(client, BYTES(8) | LEASES(1), client_session, 0),
		SK_BAD_LEASE);
	assert_waits(server, RECEIVING);
}

/* The server passes a part of it on to a third, which reaches the client. */
static struct program third;
static uint64_t third_token, server_token;

static void pass_on(uint64_t offset, uint64_t size, uint32_t direction, int status)
{
	static uint32_t third_endpoint, to_third;
	struct endpoint *other;

	third = ipc_program(10);
	other = ipc_endpoint(third.space, &third_endpoint);
	to_third = ipc_session(server.space, other, 5, 0, NULL);
	lend(client, 0, (struct abi_lease){.address = own_page(client) + 100, .size = 1000,
		.direction = SK_LEASE_IN});
	memset(SLOT(client, 3).page, 5, 4096);
	SLOT(client, 3).page[1099] = 8;
	ipc_deliver(BYTES(8) | LEASES(1));
	server_token = TOKEN(server);
	ipc_receive(third, 0, third_endpoint, 0);
	lend(server, 0, (struct abi_lease){.address = offset, .size = size, .passed = 1,
		.direction = direction, .token = (uint32_t)server_token});
	ipc_call(server, BYTES(8) | LEASES(1), to_third, 0);
	if (status != SK_OK) {
		assert_int_equal(STATUS(server), status);
		return;
	}
	assert_waits(server, CALLING);
	assert_event(third, REQUEST);
	third_token = TOKEN(third);
}

static void lease_is_passed_on(void **state)
{
	(void)state;
	pass_on(900, 100, SK_LEASE_IN, SK_OK);
	assert_int_equal(copy(third, third_token, 1, 90, own_page(third), 10), 0);
	assert_int_equal(SLOT(third, 3).page[8], 5);
	assert_int_equal(SLOT(third, 3).page[9], 8);
	assert_int_equal((int32_t)copy(third, third_token, 1, 90, own_page(third), 11),
		SK_BAD_LEASE);
}

static void lease_is_only_narrowed(void **state)
{
	(void)state;
	pass_on(900, 101, SK_LEASE_IN, SK_BAD_LEASE);
	ipc_reply(server, BYTES(8), 0, server_token);
	pass_on(0, 8, SK_LEASE_OUT, SK_BAD_LEASE);
}

static void passed_lease_ends_with_the_first_call(void **state)
{
	(void)state;
	pass_on(0, 1000, SK_LEASE_IN, SK_OK);
	caller_give_up(&client.thread->caller, SK_CANCELED);
	assert_int_equal((int32_t)copy(third, third_token, 1, 0, own_page(third), 1),
		SK_CANCELED);
	/* Nor does the client's next call revive it. */
	struct program fourth = ipc_program(10);
	uint32_t number, to_fourth;
	struct endpoint *other = ipc_endpoint(fourth.space, &number);
	to_fourth = ipc_session(client.space, other, 5, 0, NULL);
	ipc_receive(fourth, 0, number, 0);
	ipc_call(client, BYTES(8), to_fourth, 0);
	assert_waits(client, CALLING);
	assert_int_equal((int32_t)copy(third, third_token, 1, 0, own_page(third), 1),
		SK_CANCELED);
}

static void passed_lease_outlives_no_lender(void **state)
{
	(void)state;
	pass_on(0, 1000, SK_LEASE_IN, SK_OK);
	ipc_forget(client.thread);
	space_kill(client.space, 0);
	for (unsigned i = 0; i < 20; i++)
		host_look();
	assert_waits(client, ENDED);
	assert_int_equal((int32_t)copy(third, third_token, 1, 0, own_page(third), 1),
		SK_CANCELED);
	assert_int_equal(ipc_reply(third, BYTES(8), 0, third_token), 0);
}

static void long_copies_go_in_steps(void **state)
{
	kernel_error error;
	uint64_t size = 200000, pages = (size + 8191) & ~UINT64_C(4095);
	struct memory *memory = memory_new(quota_root(), pages, &error);
	uint64_t there = 0, here = 0;
	uint8_t *bytes = malloc(size), *back = malloc(size);

	(void)state;
	for (uint64_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(i * 31 >> 3);
	assert_int_equal(space_map(client.space, memory, 0, pages, &there, 3 | 3 << 8, 4,
		kernel_Inherit_COPY, 0), 0);
	assert_int_equal(space_map(server.space, memory, 0, pages, &here, 3 | 3 << 8, 4,
		kernel_Inherit_COPY, 0), 0);
	assert_int_equal(space_write(client.space, there + 7, bytes, size), size);
	lend(client, 0, (struct abi_lease){.address = there + 7, .size = size,
		.direction = SK_LEASE_IN});
	ipc_deliver(BYTES(8) | LEASES(1));
	assert_int_equal(copy(server, TOKEN(server), 1, 0, here + 100, size), 0);
	assert_int_equal(TARGET(server), size);
	assert_int_equal(space_read(server.space, here + 100, back, size), size);
	assert_memory_equal(bytes, back, size);
	object_drop(&memory->object);
	free(bytes);
	free(back);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		CASE(long_message_arrives),
		CASE(handle_moves),
		CASE(copies_lose_rights),
		CASE(bad_handles_leave_all_as_it_was),
		CASE(handles_are_looked_up_when_received),
		CASE(replies_bring_what_was_expected),
		CASE(places_are_given_back_on_every_path),
		CASE(late_reply_keeps_its_handles),
		CASE(lease_is_read_and_written),
		CASE(lease_has_a_direction),
		CASE(lease_of_nothing_faults),
		CASE(lease_ends_with_its_call),
		CASE(leases_that_make_no_sense),
		CASE(lease_is_passed_on),
		CASE(lease_is_only_narrowed),
		CASE(passed_lease_ends_with_the_first_call),
		CASE(passed_lease_outlives_no_lender),
		CASE(long_copies_go_in_steps),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(cases, NULL, NULL);
}
