/*
 * For tests of objects as programs see them: the first program on a fresh
 * machine, which calls the kernel by generated client functions. `program` is
 * the channel; program_to() says which handle the next call is on.
 *
 *	kernel_Timer_set(program_to(timer), &request, &reply, NULL)
 */
#ifndef TESTS_KERNEL_PROGRAM_H
#define TESTS_KERNEL_PROGRAM_H

#include "tests/kernel/unit/kernel_fixture.h"

#include "kernel/object.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/thread.h"
#include "runtime/channel.h"
#include "kernel.skald.h"

#define PROGRAM_ENTRY UINT64_C(0x400040)
#define PROGRAM_SLOTS 4

static struct thread *program_thread;
static uint32_t program_target;
static uint64_t program_head;		/* of the last call, as it came back */
static uint8_t program_request[SK_MESSAGE_MAX];
static uint8_t program_reply[SK_MESSAGE_MAX];

/* ---- an archive with a program in it ---- */

static uint8_t program_archive[4096];

static void program_put(uint8_t *at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* An ELF file with one part: 16 bytes of file, two pages of memory. */
static unsigned program_elf(uint8_t *file)
{
	memset(file, 0, 256);
	memcpy(file, "\177ELF\2\1\1", 7);
	program_put(file + 16, 2, 2);
	program_put(file + 18, 62, 2);
	program_put(file + 24, PROGRAM_ENTRY, 8);
	program_put(file + 32, 64, 8);
	program_put(file + 54, 56, 2);
	program_put(file + 56, 1, 2);
	program_put(file + 64, 1, 4);
	program_put(file + 68, 5, 4);
	program_put(file + 72, 128, 8);
	program_put(file + 80, PROGRAM_ENTRY, 8);
	program_put(file + 96, 16, 8);
	program_put(file + 104, 8192 - 64, 8);
	memcpy(file + 128, "what it begins w", 16);
	return 144;
}

static void program_tar_header(uint8_t *at, const char *name, unsigned size)
{
	memset(at, 0, 512);
	strcpy((char *)at, name);
	snprintf((char *)at + 124, 12, "%011o", size);
	memcpy(at + 257, "ustar", 5);
}

static void program_make_archive(void)
{
	uint8_t *at = program_archive;
	unsigned size;

	memset(at, 0, sizeof program_archive);
	program_tar_header(at, "other", 600);
	at += 512 + 1024;
	size = program_elf(at + 512);
	program_tar_header(at, "./init", size);
}

/* ---- calls ---- */

static void program_send(struct sk_message *from, struct slot *slot)
{
	struct sk_attached *attached = &from->attached;

	if (slot && from->size > ABI_WORD_BYTES)
		memcpy(slot->page + ABI_WORD_BYTES, from->bytes + ABI_WORD_BYTES,
			from->size - ABI_WORD_BYTES);
	for (unsigned i = 0; i < attached->handle_count; i++)
		slot->beside->handles[i] = (struct abi_handle){
			.number = (uint32_t)attached->handles[i].handle.raw,
			.rights = attached->handles[i].rights,
			.copies = attached->handles[i].copy, .kernel_rights = 0xffff };
	for (unsigned i = 0; i < attached->lease_count; i++)
		slot->beside->leases[i] = (struct abi_lease){
			.address = (uint64_t)(uintptr_t)attached->leases[i].data,
			.size = attached->leases[i].size,
			.direction = attached->leases[i].direction };
}

static void program_receive(struct sk_message *to, uint64_t head, struct slot *slot)
{
	uint32_t size = ABI_BYTES(head);

	memcpy(to->bytes, program_thread->frame.words, ABI_WORD_BYTES);
	if (size > ABI_WORD_BYTES)
		memcpy(to->bytes + ABI_WORD_BYTES, slot->page + ABI_WORD_BYTES,
			size - ABI_WORD_BYTES);
	to->size = size;
	to->attached.handle_count = ABI_HANDLES(head);
	for (unsigned i = 0; i < ABI_HANDLES(head); i++)
		to->attached.handles[i] = (struct sk_passed){
			{ (int32_t)slot->beside->handles[i].number },
			slot->beside->handles[i].rights, false };
}

static int program_call(struct sk_channel *channel, const struct sk_call *call)
{
	struct slot *slots = program_thread->slots;
	struct sk_message *request = &channel->request;
	uint64_t words[ABI_WORDS], head;

	(void)call;
	memset(request->bytes + request->size, 0, request->size < ABI_WORD_BYTES ?
		ABI_WORD_BYTES - request->size : 0);
	memcpy(words, request->bytes, sizeof words);
	program_send(request, slots);
	head = host_call(program_thread, ABI_BASE | ABI_CALL |
		(uint64_t)request->size << ABI_BYTES_SHIFT |
		(uint64_t)request->attached.handle_count << ABI_HANDLES_SHIFT |
		(uint64_t)request->attached.lease_count << ABI_LEASES_SHIFT |
		(slots ? UINT64_C(2) << ABI_EXPECTED_SHIFT : 0),
		program_target | UINT64_C(1) << ABI_RECEIVE_SLOT_SHIFT, words, 0, 0);
	program_head = head;
	if (ABI_STATUS(head) < 0)
		return ABI_STATUS(head);
	program_receive(&channel->reply, head, slots ? slots + 1 : NULL);
	return SK_OK;
}

static uint64_t program_system_call(uint32_t number, uint64_t target, uint64_t a,
	uint64_t b, uint64_t c, uint64_t d)
{
	uint64_t words[ABI_WORDS] = { a, b, c, d, 0 };

	return host_call(program_thread, ABI_BASE | number | ABI_TIMED, target, words, 0,
		host_time + UINT64_C(1000000000));
}

static void program_close(struct sk_channel *channel, struct sk_handle handle)
{
	(void)channel;
	program_system_call(ABI_CLOSE, (uint64_t)handle.raw, 0, 0, 0, 0);
}

static const struct sk_channel_ops program_ops = {
	.call = program_call, .close_handle = program_close
};

static struct sk_channel program = {
	.ops = &program_ops,
	.request = { .bytes = program_request, .capacity = SK_MESSAGE_MAX },
	.reply = { .bytes = program_reply, .capacity = SK_MESSAGE_MAX }
};

static struct sk_channel *program_to_number(uint32_t number)
{
	program_target = number;
	return &program;
}
#define program_to(handle) program_to_number((uint32_t)(handle).raw.raw)

static const struct sk_call program_patience = { .deadline = SK_FOREVER };
#define PATIENT (&program_patience)

/* A call that succeeds; `reply` is its reply. */
#define OK(interface, method, handle_number, ...) \
	struct kernel_##interface##_##method##_reply interface##_##method = { 0 }; \
	do { \
		struct kernel_##interface##_##method##_request ok_request = { __VA_ARGS__ }; \
		assert_int_equal(kernel_##interface##_##method( \
			program_to_number(handle_number), &ok_request, \
			&interface##_##method, PATIENT), 0); \
	} while (0)

/* What a call answers. */
#define TRY(interface, method, handle_number, ...) __extension__ ({ \
	struct kernel_##interface##_##method##_request try_request = { __VA_ARGS__ }; \
	struct kernel_##interface##_##method##_reply try_reply; \
	kernel_##interface##_##method(program_to_number(handle_number), &try_request, \
		&try_reply, PATIENT); \
})

#define NUMBER(handle) ((uint32_t)(handle).raw.raw)
#define HANDLE(kind, number) (struct kernel_##kind##_handle){ { (int32_t)(number) } }

/* ---- shorthands ---- */

__attribute__((unused))
static uint32_t program_notification(void)
{
	OK(Quota, create_notification, ABI_FIRST_QUOTA, 0);
	return NUMBER(Quota_create_notification.notification);
}

/* The bits that are set now; they are cleared. */
__attribute__((unused))
static uint64_t program_bits(uint32_t notification)
{
	OK(Notification, clear, notification, UINT64_MAX);
	return Notification_clear.bits;
}

__attribute__((unused))
static uint64_t program_map(uint32_t memory, uint64_t length, uint32_t protection)
{
	struct kernel_Space_map_request request;

	kernel_Space_map_request_init(&request);
	request.memory = HANDLE(Memory, memory);
	request.length = length;
	request.protection = protection;
	struct kernel_Space_map_reply reply;
	assert_int_equal(kernel_Space_map(program_to_number(ABI_FIRST_SPACE), &request,
		&reply, PATIENT), 0);
	return reply.address;
}

__attribute__((unused))
static uint64_t program_pages(uint64_t length)
{
	OK(Quota, create_memory, ABI_FIRST_QUOTA, length);
	return program_map(NUMBER(Quota_create_memory.memory), length,
		kernel_Protection_READ | kernel_Protection_WRITE);
}

/* An endpoint, and a session of one client; it has tokens. */
struct program_server {
	uint32_t endpoint;
	uint32_t session;
};

__attribute__((unused))
static struct program_server program_server(void)
{
	struct program_server server;
	struct kernel_Endpoint_mint_request request;
	struct kernel_Endpoint_mint_reply reply;

	OK(Quota, create_endpoint, ABI_FIRST_QUOTA, 0);
	server.endpoint = NUMBER(Quota_create_endpoint.endpoint);
	OK(Endpoint, set_tokens, server.endpoint, 8);
	kernel_Endpoint_mint_request_init(&request);
	request.badge = 77;
	request.has_charge = false;
	assert_int_equal(kernel_Endpoint_mint(program_to_number(server.endpoint), &request,
		&reply, PATIENT), 0);
	server.session = NUMBER(reply.client);
	return server;
}

/* The next event at an endpoint, without waiting; words and token are in the
 * thread's frame. */
__attribute__((unused))
static uint64_t program_next(uint32_t endpoint)
{
	return host_call(program_thread, ABI_BASE | ABI_RECEIVE | ABI_TIMED,
		endpoint | UINT64_C(2) << ABI_RECEIVE_SLOT_SHIFT, NULL, 0, ABI_POLL);
}

/* Answers with words. */
__attribute__((unused))
static int program_answer(uint64_t token, const uint64_t words[ABI_WORDS], uint32_t bytes)
{
	return ABI_STATUS(host_call(program_thread, ABI_BASE | ABI_REPLY |
		(uint64_t)bytes << ABI_BYTES_SHIFT, 0, words, token, 0));
}

/* Another handle of an object of the kernel's, with these rights. */
__attribute__((unused))
static uint32_t program_handle(struct object *object, uint16_t rights)
{
	struct handle_table *table = &program_thread->space->handles;

	assert_true(handle_reserve(table, 1));
	return handle_add(table, object, rights, 0, 0);
}

/* The same with other rights. */
__attribute__((unused))
static uint32_t program_weaker(uint32_t number, uint16_t rights)
{
	OK(Space, duplicate, ABI_FIRST_SPACE, number, rights, 0);
	return Space_duplicate.number;
}

/* To be moved with a request: the program keeps its own. */
#define COPY(kind, number) HANDLE(kind, program_weaker(number, 0xffff))

/* The object of a handle, as the kernel sees it. */
__attribute__((unused))
static void *program_object(uint32_t number)
{
	struct handle *handle = handle_find(&program_thread->space->handles, number);

	assert_non_null(handle);
	return object_self(handle->object);
}

/* ---- start and end ---- */

static int program_start(void **unused)
{
	(void)unused;
	program_make_archive();
	host_machine(UINT64_C(32) << 20, 2);
	host_initrd(program_archive, sizeof program_archive);
	host_kernel();
	program_thread = LIST_OF(space_next(0)->threads.next, struct thread, in_space);
	if (!host_run(program_thread))
		return -1;
	OK(Thread, set_slots, ABI_FIRST_THREAD, PROGRAM_SLOTS, 0);
	return 0;
}

/* With the program all ends that it has. */
static int program_stop(void **unused)
{
	(void)unused;
	space_kill(program_thread->space, 0);
	for (unsigned i = 0; i < 2 * host_cpu_count; i++) {
		host_cpu = i % host_cpu_count;
		host_look();
	}
	host_settle();
	assert_null(space_next(0));
	host_stop();
	return 0;
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, program_start, program_stop)

#endif
