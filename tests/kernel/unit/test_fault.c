/* Faults: the handler gets what its schema says, and how the thread goes on is
 * what it answered. Upcalls, and the thread that nobody answers for. */
#include "tests/kernel/unit/kernel_program.h"

#include "kernel/quota.h"
#include "kernel/sched.h"
#include "kernel/upcall.h"
#include "fault.skald.h"

#define NOWHERE UINT64_C(0x500000000)

static struct thread *faulter;
static struct program_server handler;
static uint64_t token;

/* A second thread, whose faults arrive at an endpoint of the first. */
static int start(void **unused)
{
	int status = program_start(unused);
	kernel_error error;

	handler = program_server();
	faulter = thread_new(program_thread->object.quota, program_thread->space, 100, &error);
	if (status || !faulter)
		return -1;
	memcpy(faulter->object.name, "faulter", 8);
	OK(Thread, set_fault_handler, program_handle(&faulter->object, 0x3fff), true,
		HANDLE(Session, handler.session));
	arch_thread_start(faulter, PROGRAM_ENTRY, UINT64_C(0x12340), 0);
	thread_start(faulter);
	object_drop(&faulter->object);
	return 0;
}

/* The next call of the handler, of this kind: its bytes are in `message`. */
static void expect(uint8_t message[128], uint32_t id)
{
	uint64_t head = program_next(handler.endpoint);

	assert_int_equal(faulter->state, kernel_ThreadState_FAULTED);
	assert_int_equal(ABI_EVENT(head), ABI_REQUEST);
	token = frame_token(&program_thread->frame);
	memcpy(message, program_thread->frame.words, ABI_WORD_BYTES);
	memcpy(message + ABI_WORD_BYTES, program_thread->slots[2].page + ABI_WORD_BYTES,
		128 - ABI_WORD_BYTES);
	assert_int_equal(sk_get_uint32(message), id);
}

#define ANSWER_FAULT(method, ...) do { \
	uint64_t words[ABI_WORDS] = { 0 }; \
	int size = fault_Handler_##method##_reply_encode( \
		&(struct fault_Handler_##method##_reply) { __VA_ARGS__ }, words, sizeof words); \
	assert_true(size > 0); \
	assert_int_equal(program_answer(token, words, (uint32_t)size), 0); \
} while (0)

static void fault_at(uint64_t address)
{
	uint8_t byte;

	assert_int_equal(host_user_read(faulter, address, &byte, 1), 0);
}

static void expect_stopped(const char *text)
{
	host_advance(50000000);
	assert_int_equal(faulter->state, kernel_ThreadState_STOPPED);
	fixture_logged("(faulter)");
	fixture_logged("(init)");
	fixture_logged(text);
}

static void a_page_fault_is_a_call(void **unused)
{
	struct fault_Handler_page_fault_request request;
	uint8_t message[128];
	uint64_t rax;

	(void)unused;
	assert_true(host_run(faulter));
	rax = faulter->frame.head = 0x1122334455667788;
	fault_at(NOWHERE);
	expect(message, fault_Handler_page_fault_request_ID);
	assert_int_equal(fault_Handler_page_fault_request_decode(&request, message, 32), 0);
	assert_int_equal(request.address, NOWHERE);
	assert_int_equal(request.instruction, PROGRAM_ENTRY);
	assert_int_equal(request.access, fault_Access_READ);
	assert_int_equal(request.reason, fault_Reason_NOT_MAPPED);
	ANSWER_FAULT(page_fault, .action = fault_Action_RETRY);
	assert_true(host_run(faulter));
	assert_int_equal(faulter->frame.head, rax);
	assert_int_equal(frame_instruction(&faulter->frame), PROGRAM_ENTRY);
}

static void it_goes_on_elsewhere(void **unused)
{
	uint8_t message[128];

	(void)unused;
	fault_at(NOWHERE);
	expect(message, fault_Handler_page_fault_request_ID);
	ANSWER_FAULT(page_fault, .action = fault_Action_RESUME_AT, .at = 0x401000);
	assert_true(host_run(faulter));
	assert_int_equal(frame_instruction(&faulter->frame), 0x401000);
}

/* ---- the answer maps ---- */

#define RW (kernel_Protection_READ | kernel_Protection_WRITE)

/* A memory of two pages, with a word in its second. */
static uint32_t two_pages(void)
{
	OK(Quota, create_memory, ABI_FIRST_QUOTA, 8192);
	struct memory *memory = program_object(NUMBER(Quota_create_memory.memory));
	uint64_t word = 4242;

	assert_int_equal(memory_write(memory, 4096, &word, 8), 8);
	return NUMBER(Quota_create_memory.memory);
}

static void the_answer_maps(void **unused)
{
	uint8_t message[128];
	uint64_t word = 0;
	uint32_t memory = two_pages();

	(void)unused;
	fault_at(NOWHERE + 8);
	expect(message, fault_Handler_page_fault_request_ID);
	ANSWER_FAULT(page_fault, .action = fault_Action_MAP, .at = NOWHERE,
		.memory = memory, .protection = RW, .offset = 4096, .pages = 1);
	assert_true(host_run(faulter));
	assert_int_equal(frame_instruction(&faulter->frame), PROGRAM_ENTRY);
	assert_int_equal(host_user_read(faulter, NOWHERE, &word, 8), 8);
	assert_int_equal(word, 4242);
	assert_non_null(program_object(memory));
	/* It may become what the handle allows. */
	OK(Space, protect, ABI_FIRST_SPACE, NOWHERE, 4096, 7);
	OK(Space, unmap, ABI_FIRST_SPACE, NOWHERE, 4096);
	assert_int_equal(TRY(Space, map, ABI_FIRST_SPACE, HANDLE(Memory, memory), 0, 4096,
		NOWHERE, RW, kernel_MapFlags_FIXED, 0, 0), 0);
}

/* Who was first has mapped it: the thread finds that. */
static void what_is_mapped_already_is_left(void **unused)
{
	uint8_t message[128];
	uint64_t word = 1;
	uint32_t memory = two_pages();

	(void)unused;
	fault_at(NOWHERE);
	expect(message, fault_Handler_page_fault_request_ID);
	assert_int_equal(TRY(Space, map, ABI_FIRST_SPACE, HANDLE(Memory, memory), 0, 4096,
		NOWHERE, RW, kernel_MapFlags_FIXED, 0, 0), 0);
	ANSWER_FAULT(page_fault, .action = fault_Action_MAP, .at = NOWHERE,
		.memory = memory, .protection = RW, .offset = 4096, .pages = 1);
	assert_true(host_run(faulter));
	assert_int_equal(host_user_read(faulter, NOWHERE, &word, 8), 8);
	assert_int_equal(word, 0);
}

/* Nothing is mapped then, and the handler is told, as often as it tries. */
#define REFUSED(...) do { \
	struct fault_Handler_page_fault_request again_; \
	uint64_t mapped_ = faulter->space->mapped; \
\
	ANSWER_FAULT(page_fault, .action = fault_Action_MAP, __VA_ARGS__); \
	expect(message, fault_Handler_page_fault_request_ID); \
	assert_int_equal(fault_Handler_page_fault_request_decode(&again_, message, 32), 0); \
	assert_int_equal(again_.reason, fault_Reason_REFUSED); \
	assert_int_equal(again_.address, NOWHERE + 8); \
	assert_int_equal(again_.access, fault_Access_READ); \
	assert_int_equal(faulter->space->mapped, mapped_); \
} while (0)

static void what_cannot_be_mapped_is_refused(void **unused)
{
	uint8_t message[128];
	uint32_t memory = two_pages(), unmapped, read_only, closed;

	(void)unused;
	unmapped = program_weaker(memory, (uint16_t)~kernel_Rights_MAP);
	read_only = program_weaker(memory, kernel_Rights_MAP | kernel_Rights_READ);
	closed = program_weaker(memory, 0xffff);
	program_system_call(ABI_CLOSE, closed, 0, 0, 0, 0);
	fault_at(NOWHERE + 8);
	expect(message, fault_Handler_page_fault_request_ID);
	REFUSED(.at = NOWHERE, .memory = unmapped, .protection = 1, .pages = 1);
	REFUSED(.at = NOWHERE, .memory = read_only, .protection = RW, .pages = 1);
	REFUSED(.at = NOWHERE, .memory = closed, .protection = 1, .pages = 1);
	REFUSED(.at = NOWHERE, .memory = 0, .protection = 1, .pages = 1);
	REFUSED(.at = NOWHERE, .memory = handler.endpoint, .protection = 1, .pages = 1);
	REFUSED(.at = NOWHERE, .memory = memory, .protection = 8, .pages = 1);
	REFUSED(.at = NOWHERE, .memory = memory, .protection = 1, .pages = 0);
	REFUSED(.at = NOWHERE, .memory = memory, .protection = 1, .offset = 1, .pages = 1);
	REFUSED(.at = NOWHERE + 8, .memory = memory, .protection = 1, .pages = 1);
	REFUSED(.at = USER_END, .memory = memory, .protection = 1, .pages = 1);
	REFUSED(.at = USER_END - 4096, .memory = memory, .protection = 1, .pages = 2);
	ANSWER_FAULT(page_fault, .action = fault_Action_MAP, .at = NOWHERE,
		.memory = read_only, .protection = 1, .pages = 1);
	assert_true(host_run(faulter));
	/* It may not become more than the handle allows. */
	assert_int_equal(TRY(Space, protect, ABI_FIRST_SPACE, NOWHERE, 4096, RW),
		kernel_Error_NO_ACCESS);
}

static void a_mapping_is_charged_to_its_space(void **unused)
{
	struct quota *quota = program_thread->space->object.quota;
	uint64_t limit = quota->limit[QUOTA_BYTES];
	uint32_t memory = two_pages();
	uint8_t message[128];

	(void)unused;
	fault_at(NOWHERE + 8);
	expect(message, fault_Handler_page_fault_request_ID);
	quota->limit[QUOTA_BYTES] = quota->used[QUOTA_BYTES];
	REFUSED(.at = NOWHERE, .memory = memory, .protection = 1, .pages = 1);
	quota->limit[QUOTA_BYTES] = limit;
	ANSWER_FAULT(page_fault, .action = fault_Action_MAP, .at = NOWHERE,
		.memory = memory, .protection = 1, .pages = 1);
	assert_true(host_run(faulter));
}

/* What is beyond the end of the memory is mapped, as by `map`: it is no page yet. */
static void beyond_the_memory_it_faults_again(void **unused)
{
	struct fault_Handler_page_fault_request request;
	uint32_t memory = two_pages();
	uint8_t message[128];

	(void)unused;
	fault_at(NOWHERE);
	expect(message, fault_Handler_page_fault_request_ID);
	ANSWER_FAULT(page_fault, .action = fault_Action_MAP, .at = NOWHERE,
		.memory = memory, .protection = 1, .offset = 8192, .pages = 1);
	assert_true(host_run(faulter));
	fault_at(NOWHERE);
	expect(message, fault_Handler_page_fault_request_ID);
	assert_int_equal(fault_Handler_page_fault_request_decode(&request, message, 32), 0);
	assert_int_equal(request.reason, fault_Reason_OUT_OF_RANGE);
}

static void only_page_faults_are_answered_by_mapping(void **unused)
{
	uint8_t message[128];

	(void)unused;
	host_exception(faulter, fault_Exception_ILLEGAL, 0, 0);
	expect(message, fault_Handler_exception_request_ID);
	ANSWER_FAULT(exception, .action = fault_Action_MAP, .at = NOWHERE);
	expect_stopped("exception");
}

static void a_breakpoint_goes_on_behind_it(void **unused)
{
	struct fault_Handler_exception_request request;
	uint8_t message[128];

	(void)unused;
	host_exception(faulter, fault_Exception_BREAKPOINT, 3, 0);
	expect(message, fault_Handler_exception_request_ID);
	assert_int_equal(fault_Handler_exception_request_decode(&request, message, 32), 0);
	assert_int_equal(request.what, fault_Exception_BREAKPOINT);
	assert_int_equal(request.code, 3);
	ANSWER_FAULT(exception, .action = fault_Action_RESUME);
	assert_true(host_run(faulter));
	assert_int_equal(frame_instruction(&faulter->frame), PROGRAM_ENTRY + 1);
}

static void call_foreign(uint64_t number)
{
	uint64_t words[ABI_WORDS] = { 2, 3, 5, 6, 4 };

	host_call(faulter, number, 1, words, 0, 0);
}

static void a_foreign_call_is_a_call(void **unused)
{
	struct fault_Handler_foreign_call_request request;
	uint8_t message[128];
	uint64_t before;

	(void)unused;
	assert_true(host_run(faulter));
	before = frame_instruction(&faulter->frame);
	call_foreign(39);
	expect(message, fault_Handler_foreign_call_request_ID);
	assert_int_equal(fault_Handler_foreign_call_request_decode(&request, message,
		fault_Handler_foreign_call_request_MAXSIZE), 0);
	assert_int_equal(request.number, 39);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(request.arguments[i], i + 1);
	ANSWER_FAULT(foreign_call, .action = fault_Action_RESUME, .result = 4242);
	assert_true(host_run(faulter));
	assert_int_equal(frame_head(&faulter->frame), 4242);
	assert_int_equal(frame_instruction(&faulter->frame), before + HOST_CALL_BYTES);
}

static void a_traced_call_is_told_twice(void **unused)
{
	struct fault_Handler_foreign_result_request request;
	uint8_t message[128];

	(void)unused;
	faulter->tracing = kernel_Tracing_FOREIGN_CALL;
	call_foreign(60);
	expect(message, fault_Handler_foreign_call_request_ID);
	ANSWER_FAULT(foreign_call, .action = fault_Action_RESUME, .result = 7);
	expect(message, fault_Handler_foreign_result_request_ID);
	assert_int_equal(fault_Handler_foreign_result_request_decode(&request, message, 24), 0);
	assert_int_equal(request.number, 60);
	assert_int_equal(request.result, 7);
	ANSWER_FAULT(foreign_result, .action = fault_Action_RESUME, .result = 8);
	assert_true(host_run(faulter));
	assert_int_equal(frame_head(&faulter->frame), 8);
}

static void the_handler_ends_it(void **unused)
{
	uint8_t message[128];

	(void)unused;
	object_take(&faulter->object);
	fault_at(NOWHERE);
	expect(message, fault_Handler_page_fault_request_ID);
	ANSWER_FAULT(page_fault, .action = fault_Action_KILL, .at = (uint64_t)-9);
	assert_true(faulter->is_ended);
	assert_int_equal(faulter->code, -9);
	object_drop(&faulter->object);
}

static void the_handler_suspends_it(void **unused)
{
	uint8_t message[128];

	(void)unused;
	fault_at(NOWHERE);
	expect(message, fault_Handler_page_fault_request_ID);
	ANSWER_FAULT(page_fault, .action = fault_Action_STOP);
	host_advance(50000000);
	assert_int_equal(faulter->state, kernel_ThreadState_SUSPENDED);
	thread_proceed(faulter);
	assert_true(host_run(faulter));
}

/* Errors, statuses, nonsense, and no answer at all. */
static void a_bad_answer_stops_it(void **unused)
{
	uint64_t words[ABI_WORDS] = { fault_Handler_page_fault_reply_ID + 1, 1 };
	uint8_t message[128];

	(void)unused;
	fault_at(NOWHERE);
	expect(message, fault_Handler_page_fault_request_ID);
	assert_int_equal(program_answer(token, words, 12), 0);
	expect_stopped("page fault (500000000");
}

static void an_unknown_action_stops_it(void **unused)
{
	uint8_t message[128];

	(void)unused;
	fault_at(NOWHERE);
	expect(message, fault_Handler_page_fault_request_ID);
	ANSWER_FAULT(page_fault, .action = 77);
	expect_stopped("page fault");
}

static void beyond_programs_it_does_not_go_on(void **unused)
{
	uint8_t message[128];

	(void)unused;
	fault_at(NOWHERE);
	expect(message, fault_Handler_page_fault_request_ID);
	ANSWER_FAULT(page_fault, .action = fault_Action_RESUME_AT, .at = USER_END);
	expect_stopped("page fault");
}

static void a_dead_handler_stops_it(void **unused)
{
	uint8_t message[128];

	(void)unused;
	host_exception(faulter, fault_Exception_ILLEGAL, 0, 0);
	expect(message, fault_Handler_exception_request_ID);
	program_system_call(ABI_CLOSE, handler.endpoint, 0, 0, 0, 0);
	program_system_call(ABI_REPLY, ABI_DROP, 0, 0, 0, 0);
	host_call(program_thread, ABI_BASE | ABI_REPLY, ABI_DROP, NULL, token, 0);
	expect_stopped("exception");
}

static void without_a_handler_it_stops(void **unused)
{
	(void)unused;
	OK(Thread, set_fault_handler, program_handle(&faulter->object, 0x3fff), false,
		HANDLE(Session, 0));
	fault_at(NOWHERE);
	expect_stopped("page fault");
	thread_kill(faulter, 0);
}

static void killing_it_cancels_the_call(void **unused)
{
	uint8_t message[128];

	(void)unused;
	fault_at(NOWHERE);
	expect(message, fault_Handler_page_fault_request_ID);
	thread_kill(faulter, 0);
	assert_int_equal(ABI_EVENT(program_next(handler.endpoint)), ABI_CANCEL);
}

/* ---- upcalls ---- */

static uint64_t frame_page;

static uint32_t flag(uint32_t which)
{
	uint32_t value = UINT32_MAX;

	host_user_read(faulter, frame_page + which, &value, 4);
	return value;
}

static void set_upcall(void)
{
	frame_page = program_pages(4096);
	OK(Thread, set_upcall, program_handle(&faulter->object, 0x3fff), frame_page, 0x700000,
		0x800000, 0x700100, 0x700120);
}

static void a_foreign_call_enters_the_shim_and_resume_leaves_it(void **unused)
{
	uint64_t words[ABI_WORDS] = { 0 };

	(void)unused;
	set_upcall();
	call_foreign(1);
	assert_true(host_run(faulter));
	assert_int_equal(frame_instruction(&faulter->frame), 0x700000);
	assert_int_equal(faulter->frame.stack, 0x800000);
	assert_int_equal(flag(ABI_FRAME_INSIDE), 1);
	words[0] = frame_page;
	host_call(faulter, ABI_BASE | ABI_RESUME, 0, words, 0, 0);
	assert_int_equal(frame_head(&faulter->frame), 1);
	assert_int_equal(faulter->frame.words[2], 5);
	assert_int_equal(flag(ABI_FRAME_INSIDE), 0);
}

static void a_foreign_call_in_the_shim_is_an_exception(void **unused)
{
	struct fault_Handler_exception_request request;
	uint8_t message[128];

	(void)unused;
	set_upcall();
	call_foreign(1);
	call_foreign(2);
	expect(message, fault_Handler_exception_request_ID);
	assert_int_equal(fault_Handler_exception_request_decode(&request, message, 32), 0);
	assert_int_equal(request.what, fault_Exception_NESTED_CALL);
}

static void an_interrupt_enters_or_is_pending(void **unused)
{
	(void)unused;
	set_upcall();
	assert_true(host_run(faulter));
	thread_interrupt(faulter);
	host_advance(20000000);
	assert_true(host_run(faulter));
	assert_int_equal(frame_instruction(&faulter->frame), 0x700000);
	assert_int_equal(faulter->frame.words[0], ABI_UPCALL_SIGNAL);
	assert_int_equal(flag(ABI_FRAME_PENDING), 0);
	arch_set_instruction(faulter, 0x700110);
	thread_interrupt(faulter);
	host_advance(20000000);
	assert_true(host_run(faulter));
	assert_int_equal(flag(ABI_FRAME_PENDING), 1);
	assert_int_equal(frame_instruction(&faulter->frame), 0x700100);
	arch_set_instruction(faulter, 0x700120);
	thread_interrupt(faulter);
	host_advance(20000000);
	assert_true(host_run(faulter));
	assert_int_equal(frame_instruction(&faulter->frame), 0x700120);
}

static void lose_the_cpu(void)
{
	assert_true(host_run(program_thread));
	assert_true(host_run(faulter));
}

static void who_lost_its_cpu_is_told_if_it_asks(void **unused)
{
	const uint32_t one = 1, none = 0;

	(void)unused;
	set_upcall();
	OK(Thread, set_priority, ABI_FIRST_THREAD, faulter->priority);
	assert_true(sched_set_affinity(faulter, 1) && sched_set_affinity(program_thread, 1));
	assert_true(host_run(faulter));
	lose_the_cpu();
	assert_int_equal(frame_instruction(&faulter->frame), PROGRAM_ENTRY);
	assert_int_equal(flag(ABI_FRAME_MOVED), 0);
	host_user_write(faulter, frame_page + ABI_FRAME_TELL, &one, 4);
	lose_the_cpu();
	assert_int_equal(frame_instruction(&faulter->frame), 0x700000);
	assert_int_equal(faulter->frame.words[0], ABI_UPCALL_MOVED);
	assert_int_equal(flag(ABI_FRAME_INSIDE), 1);
	assert_int_equal(flag(ABI_FRAME_MOVED), 1);
	assert_int_equal(flag(ABI_FRAME_PENDING), 0);
	/* In the shim, on its way out. */
	host_user_write(faulter, frame_page + ABI_FRAME_MOVED, &none, 4);
	arch_set_instruction(faulter, 0x700110);
	lose_the_cpu();
	assert_int_equal(flag(ABI_FRAME_MOVED), 1);
	assert_int_equal(flag(ABI_FRAME_PENDING), 0);
	assert_int_equal(frame_instruction(&faulter->frame), 0x700100);
}

static void a_frame_that_is_not_there_is_a_fault(void **unused)
{
	struct fault_Handler_page_fault_request request;
	uint8_t message[128];

	(void)unused;
	set_upcall();
	OK(Space, unmap, ABI_FIRST_SPACE, frame_page, 4096);
	call_foreign(1);
	expect(message, fault_Handler_page_fault_request_ID);
	assert_int_equal(fault_Handler_page_fault_request_decode(&request, message, 32), 0);
	assert_int_equal(request.address, frame_page);
	assert_int_equal(request.access, fault_Access_WRITE | fault_Access_KERNEL);
}

/* Once it has been seen, and is remembered. */
static void enter_and_leave(void)
{
	uint64_t words[ABI_WORDS] = { frame_page };

	set_upcall();
	call_foreign(1);
	assert_true(host_run(faulter));
	assert_int_equal(flag(ABI_FRAME_INSIDE), 1);
	host_call(faulter, ABI_BASE | ABI_RESUME, 0, words, 0, 0);
	assert_int_equal(flag(ABI_FRAME_INSIDE), 0);
}

static void expect_no_frame(fault_Reason reason)
{
	struct fault_Handler_page_fault_request request;
	uint8_t message[128];

	call_foreign(1);
	expect(message, fault_Handler_page_fault_request_ID);
	assert_int_equal(fault_Handler_page_fault_request_decode(&request, message, 32), 0);
	assert_int_equal(request.address, frame_page);
	assert_int_equal(request.reason, reason);
}

static void a_frame_that_has_gone_is_a_fault(void **unused)
{
	(void)unused;
	enter_and_leave();
	OK(Space, unmap, ABI_FIRST_SPACE, frame_page, 4096);
	expect_no_frame(fault_Reason_NOT_MAPPED);
}

static void a_frame_that_is_only_read_now_is_a_fault(void **unused)
{
	(void)unused;
	enter_and_leave();
	OK(Space, protect, ABI_FIRST_SPACE, frame_page, 4096, kernel_Protection_READ);
	expect_no_frame(fault_Reason_PROTECTION);
}

static void a_frame_whose_page_is_another_is_that_one(void **unused)
{
	struct mapping *mapping;
	uint64_t offset, end;
	unsigned steps = UINT32_MAX;

	(void)unused;
	enter_and_leave();
	mapping = space_find(faulter->space, frame_page);
	offset = mapping->offset + frame_page - mapping->start;
	end = offset + 4096;
	assert_int_equal(memory_take_away(mapping->memory, &offset, end, 0, &steps), 1);
	assert_int_equal(flag(ABI_FRAME_INSIDE), 0);
	call_foreign(1);
	assert_true(host_run(faulter));
	assert_int_equal(frame_instruction(&faulter->frame), 0x700000);
	assert_int_equal(flag(ABI_FRAME_INSIDE), 1);
}

static void a_bad_upcall_is_refused(void **unused)
{
	(void)unused;
	set_upcall();
	assert_int_equal(upcall_set(faulter, frame_page + 8, 0x700000, 0, 0, 0),
		kernel_Error_INVALID);
	assert_int_equal(upcall_set(faulter, frame_page, 0x700000, 0, 2, 1),
		kernel_Error_INVALID);
	assert_int_equal(upcall_set(faulter, NOWHERE, 0x700000, 0, 0, 0),
		kernel_Error_NOT_MAPPED);
	assert_int_equal(upcall_set(faulter, frame_page, USER_END, 0, 0, 0),
		kernel_Error_BAD_ADDRESS);
	assert_int_equal(faulter->upcall_entry, 0x700000);
	assert_int_equal(upcall_resume(faulter, frame_page + 8), SK_INVALID);
	assert_int_equal(upcall_resume(faulter, NOWHERE), SK_INVALID);
}

#define FAULTS(function) cmocka_unit_test_setup_teardown(function, start, program_stop)
static const struct CMUnitTest cases[] = {
	FAULTS(a_page_fault_is_a_call),
	FAULTS(it_goes_on_elsewhere),
	FAULTS(the_answer_maps),
	FAULTS(what_is_mapped_already_is_left),
	FAULTS(what_cannot_be_mapped_is_refused),
	FAULTS(a_mapping_is_charged_to_its_space),
	FAULTS(beyond_the_memory_it_faults_again),
	FAULTS(only_page_faults_are_answered_by_mapping),
	FAULTS(a_breakpoint_goes_on_behind_it),
	FAULTS(a_foreign_call_is_a_call),
	FAULTS(a_traced_call_is_told_twice),
	FAULTS(the_handler_ends_it),
	FAULTS(the_handler_suspends_it),
	FAULTS(a_bad_answer_stops_it),
	FAULTS(an_unknown_action_stops_it),
	FAULTS(beyond_programs_it_does_not_go_on),
	FAULTS(a_dead_handler_stops_it),
	FAULTS(without_a_handler_it_stops),
	FAULTS(killing_it_cancels_the_call),
	FAULTS(a_foreign_call_enters_the_shim_and_resume_leaves_it),
	FAULTS(a_foreign_call_in_the_shim_is_an_exception),
	FAULTS(an_interrupt_enters_or_is_pending),
	FAULTS(who_lost_its_cpu_is_told_if_it_asks),
	FAULTS(a_frame_that_is_not_there_is_a_fault),
	FAULTS(a_frame_that_has_gone_is_a_fault),
	FAULTS(a_frame_that_is_only_read_now_is_a_fault),
	FAULTS(a_frame_whose_page_is_another_is_that_one),
	FAULTS(a_bad_upcall_is_refused),
};
FIXTURE_MAIN(cases)
