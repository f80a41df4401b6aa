/*
 * For tests of messages: programs with a space, a thread and slots each, on a
 * machine on which nothing else runs. They are made by the objects' own
 * constructors, and call the kernel as any program does.
 */
#ifndef TESTS_KERNEL_IPC_H
#define TESTS_KERNEL_IPC_H

#include "tests/kernel/unit/kernel_fixture.h"

#include "kernel/endpoint.h"
#include "kernel/notification.h"
#include "kernel/quota.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/thread.h"
#include "kernel/token.h"
#include "kernel/trace.h"
#include "runtime/attached.h"
#include "runtime/status.h"
#include "kernel.skald.h"

#define IPC_SLOTS 4
#define IPC_RIGHTS UINT16_C(0x3fff)
#define BYTES(count) ((uint64_t)(count) << ABI_BYTES_SHIFT)
#define HANDLES(count) ((uint64_t)(count) << ABI_HANDLES_SHIFT)
#define LEASES(count) ((uint64_t)(count) << ABI_LEASES_SHIFT)
#define EXPECTED(count) ((uint64_t)(count) << ABI_EXPECTED_SHIFT)
#define FROM_SLOT(slot) ((uint64_t)(slot) << ABI_SLOT_SHIFT)
#define INTO_SLOT(slot) ((uint64_t)(slot) << ABI_RECEIVE_SLOT_SHIFT)

struct program {
	struct space *space;
	struct thread *thread;
};

static struct space *ipc_spaces[32];
static unsigned ipc_space_count;
static struct thread *ipc_threads[512];	/* referenced, so that cases can look at them */
static unsigned ipc_thread_count;
static uint64_t ipc_used[QUOTA_UNITS];	/* before anything is made */

__attribute__((unused))
/* All at once. */
static kernel_error ipc_set_slots(struct thread *thread, uint32_t count, uint64_t *address)
{
	struct memory *made = NULL;
	unsigned steps = UINT32_MAX;

	return thread_set_slots(thread, count, address, &made, &steps);
}

static struct thread *ipc_thread(struct space *space, uint32_t priority)
{
	kernel_error error;
	uint64_t address = 0;
	struct thread *thread = thread_new(quota_root(), space, priority, &error);

	assert_non_null(thread);
	assert_int_equal(ipc_set_slots(thread, IPC_SLOTS, &address), 0);
	arch_thread_start(thread, 0x400000, 0x500000, 0);
	thread_start(thread);
	assert_true(ipc_thread_count < 512);
	ipc_threads[ipc_thread_count++] = thread;
	return thread;
}

/* The case does not look at it any more: it may be freed. */
__attribute__((unused))
static void ipc_forget(struct thread *thread)
{
	for (unsigned i = 0; i < ipc_thread_count; i++) {
		if (ipc_threads[i] != thread)
			continue;
		ipc_threads[i] = ipc_threads[--ipc_thread_count];
		object_drop(&thread->object);
		return;
	}
}

__attribute__((unused))
static struct program ipc_program(uint32_t priority)
{
	kernel_error error;
	struct program program = {.space = space_new(quota_root(), &error)};

	assert_non_null(program.space);
	assert_true(ipc_space_count < 32);
	ipc_spaces[ipc_space_count++] = program.space;
	program.thread = ipc_thread(program.space, priority);
	return program;
}

__attribute__((unused))
static uint32_t ipc_give(struct space *space, struct object *object, uint16_t rights,
	uint16_t protocol_rights, uint16_t flags)
{
	assert_true(handle_reserve(&space->handles, 1));
	return handle_add(&space->handles, object, rights, protocol_rights, flags);
}

/* An endpoint of this space, with the only handle that receives. */
__attribute__((unused))
static struct endpoint *ipc_endpoint(struct space *space, uint32_t *number)
{
	kernel_error error;
	struct endpoint *endpoint = endpoint_new(quota_root(), &error);

	assert_non_null(endpoint);
	*number = ipc_give(space, &endpoint->object, IPC_RIGHTS, 0, 0);
	object_drop(&endpoint->object);
	return endpoint;
}

/* A client's handle of a new session. */
__attribute__((unused))
static uint32_t ipc_session(struct space *space, struct endpoint *endpoint,
	uint64_t badge, uint32_t credit, struct session **made)
{
	kernel_error error;
	struct session *session = session_new(quota_root(), endpoint, badge, credit,
		0xffff, &error);
	uint32_t number;

	assert_non_null(session);
	number = ipc_give(space, &session->object, IPC_RIGHTS, 0x5a, HANDLE_CLIENT);
	object_drop(&session->object);
	if (made)
		*made = session;
	return number;
}

/* The machine, one server, one client with a session of badge 77, no credit. */
static struct program server, client;
static struct endpoint *endpoint;
static struct session *session;
static uint32_t server_endpoint, client_session;

static void ipc_start_with(unsigned cpus_wanted, uint32_t server_priority)
{
	host_start(0, cpus_wanted);
	memcpy(ipc_used, quota_root()->used, sizeof ipc_used);
	ipc_space_count = 0;
	ipc_thread_count = 0;
	server = ipc_program(server_priority);
	client = ipc_program(10);
	endpoint = ipc_endpoint(server.space, &server_endpoint);
	client_session = ipc_session(client.space, endpoint, 77, 0, &session);
	host_look();
}

static int ipc_start(void **state)
{
	(void)state;
	ipc_start_with(1, 10);
	return 0;
}

/* All spaces are killed, as they are; then nothing is left of what was charged. */
static int ipc_stop(void **state)
{
	(void)state;
	trace_mask = 0;
	sched_set_slow(false);
	host_cpu = 0;
	for (unsigned i = 0; i < ipc_space_count; i++) {
		space_kill(ipc_spaces[i], 0);
		object_drop(&ipc_spaces[i]->object);
	}
	while (ipc_thread_count > 0)
		ipc_forget(ipc_threads[0]);
	for (unsigned i = 0; i < 200; i++) {
		host_look();
		host_settle();
		host_advance(SCHED_SLICE);
	}
	for (unsigned i = 0; i < QUOTA_UNITS; i++)
		assert_int_equal(quota_root()->used[i], ipc_used[i]);
	host_stop();
	return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, ipc_start, ipc_stop)

/* ---- calls; those with `words` NULL send 1, 2, 3, 4, 5 ---- */

static const uint64_t ipc_words[ABI_WORDS] = {1, 2, 3, 4, 5};

__attribute__((unused))
static uint64_t ipc_call(struct program who, uint64_t flags, uint64_t target, uint64_t time)
{
	return host_call(who.thread, ABI_BASE | ABI_CALL | flags, target, ipc_words, 0, time);
}

__attribute__((unused))
static uint64_t ipc_send(struct program who, uint64_t flags, uint64_t target, uint64_t time)
{
	return host_call(who.thread, ABI_BASE | ABI_SEND | flags, target, ipc_words, 0, time);
}

__attribute__((unused))
static uint64_t ipc_receive(struct program who, uint64_t flags, uint64_t target,
	uint64_t time)
{
	return host_call(who.thread, ABI_BASE | ABI_RECEIVE | flags, target, NULL, 0, time);
}

__attribute__((unused))
static uint64_t ipc_reply(struct program who, uint64_t flags, uint64_t target,
	uint64_t token)
{
	static const uint64_t words[ABI_WORDS] = {11, 12, 13, 14, 15};

	return host_call(who.thread, ABI_BASE | ABI_REPLY | flags, target, words, token, 0);
}

__attribute__((unused))
static uint64_t ipc_reply_receive(struct program who, uint64_t flags, uint64_t target,
	uint64_t token)
{
	static const uint64_t words[ABI_WORDS] = {21, 22, 23, 24, 25};

	return host_call(who.thread, ABI_BASE | ABI_REPLY_RECEIVE | flags, target, words,
		token, 0);
}

/* What a thread has in its registers. */
#define HEAD(who) ((who).thread->frame.head)
#define STATUS(who) ABI_STATUS(HEAD(who))
#define TOKEN(who) ((who).thread->frame.token)
#define TARGET(who) ((who).thread->frame.target)
#define WORDS(who) ((who).thread->frame.words)
#define STATE(who) ((who).thread->state)
#define SLOT(who, index) ((who).thread->slots[index])

#define assert_waits(who, what) \
	assert_int_equal(STATE(who), kernel_ThreadState_##what)
#define assert_goes_on(who) \
	assert_true(STATE(who) == kernel_ThreadState_READY || \
		STATE(who) == kernel_ThreadState_RUNNING)
#define assert_event(who, event) \
	assert_int_equal(ABI_EVENT(HEAD(who)), ABI_##event)

/* The server waits, the client calls, and the server has got it. */
__attribute__((unused))
static void ipc_deliver(uint64_t flags)
{
	ipc_receive(server, 0, server_endpoint, 0);
	assert_waits(server, RECEIVING);
	ipc_call(client, flags, client_session, 0);
	assert_waits(client, CALLING);
	assert_goes_on(server);
	assert_event(server, REQUEST);
}

#endif
