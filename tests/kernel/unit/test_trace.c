/* Traces: what is recorded decodes by the generated code of ostrace.skald, as a
 * reader does it that maps the ring. */
#include "tests/kernel/unit/kernel_program.h"

#include "kernel/trace.h"
#include "ostrace.skald.h"

#define HEADER 64

static uint32_t trace_number;
static uint64_t ring;			/* where the program has it */

static void set_mask(uint32_t mask)
{
	OK(Trace, set_mask, trace_number, mask);
}

static void begin(uint32_t mask)
{
	OK(System, trace, ABI_FIRST_SYSTEM, 0);
	trace_number = NUMBER(System_trace.trace);
	set_mask(mask);
	OK(Trace, cpu_ring, trace_number, host_cpu);
	ring = program_map(NUMBER(Trace_cpu_ring.ring), 4096 + 65536, kernel_Protection_READ);
}

static void get(uint64_t offset, void *to, uint64_t size)
{
	assert_int_equal(host_user_read(program_thread, ring + offset, to, size), size);
}

static uint64_t written(void)
{
	uint64_t count;

	get(8, &count, 8);
	return count;
}

static void get_slot(uint64_t index, uint8_t *slot)
{
	get(HEADER + index % 1024 * ostrace_SLOT_SIZE, slot, ostrace_SLOT_SIZE);
}

static void a_ring_says_what_it_is(void **unused)
{
	uint8_t header[HEADER];

	(void)unused;
	begin(kernel_TraceMask_OBJECTS);
	get(0, header, sizeof header);
	assert_int_equal(sk_get_uint64(header), ostrace_RING_MAGIC);
	assert_int_equal(sk_get_uint32(header + 16), 1024);
	assert_int_equal(sk_get_uint32(header + 20), ostrace_SLOT_SIZE);
	assert_int_equal(sk_get_uint64(header + 24), 0);
	assert_int_equal(sk_get_uint32(header + 32), host_cpu);
	assert_int_equal(sizeof header, sizeof(struct ostrace_RingHeader));
	assert_int_equal(host_user_write(program_thread, ring, header, 8), 0);
}

static void records_decode(void **unused)
{
	struct ostrace_Signal signal;
	uint8_t slot[ostrace_SLOT_SIZE];
	uint32_t n = program_notification();
	uint64_t before;

	(void)unused;
	begin(kernel_TraceMask_OBJECTS);
	before = written();
	program_system_call(ABI_SIGNAL, n, 0x55, 0, 0, 0);
	assert_int_equal(written(), before + 1);
	get_slot(before, slot);
	assert_int_equal(ostrace_Signal_decode(&signal, slot, sizeof slot), 0);
	assert_int_equal(signal.set_bits, 0x55);
	assert_int_equal(signal.notification, ((struct object *)program_object(n))->id);
	assert_int_equal(signal.by, program_thread->object.id);
	assert_int_equal(signal.time, host_time);
}

#define RECORDED(name, a, b, c) \
	struct ostrace_##name name; \
	do { \
		uint8_t recorded_slot[ostrace_SLOT_SIZE]; \
		uint64_t recorded_at = written(); \
		trace_record(ostrace_##name##_ID, program_thread, a, b, c); \
		assert_int_equal(written(), recorded_at + 1); \
		get_slot(recorded_at, recorded_slot); \
		assert_int_equal(ostrace_##name##_decode(&name, recorded_slot, \
			sizeof recorded_slot), 0); \
		assert_int_equal(name.time, host_time); \
	} while (0)

static void each_kind_has_what_was_given(void **unused)
{
	uint64_t id;

	(void)unused;
	begin(kernel_TraceMask_OBJECTS);
	id = program_thread->object.id;
	program_thread->correlation = 4711;
	RECORDED(Deliver, 5, 6, TRACE_MESSAGE(0xabcdef01, 4096, 8, 4) | TRACE_REPLY);
	assert_int_equal(Deliver.correlation, 4711);
	assert_int_equal(Deliver.from, id);
	assert_int_equal(Deliver.to, 5);
	assert_int_equal(Deliver.session, 6);
	assert_int_equal(Deliver.message_id, 0xabcdef01);
	assert_int_equal(Deliver.size, 4096);
	assert_int_equal(Deliver.handles, 8);
	assert_int_equal(Deliver.leases, 4);
	assert_false(Deliver.fast);
	assert_true(Deliver.is_reply);
	RECORDED(Cancel, 7, (uint64_t)SK_CANCELED, 1);
	assert_int_equal(Cancel.status, SK_CANCELED);
	assert_true(Cancel.delivered);
	RECORDED(Switch, 8, ostrace_SwitchReason_PREEMPTED, 200);
	assert_int_equal(Switch.to, 8);
	assert_int_equal(Switch.reason, ostrace_SwitchReason_PREEMPTED);
	assert_int_equal(Switch.priority, 200);
	RECORDED(Wake, 9, 3, 100);
	assert_int_equal(Wake.thread, 9);
	assert_int_equal(Wake.by, id);
	assert_int_equal(Wake.cpu, 3);
	RECORDED(Fault, 0x1000, 2, 5);
	assert_int_equal(Fault.address, 0x1000);
	assert_int_equal(Fault.reason, 2);
	assert_int_equal(Fault.access, 5);
	RECORDED(PageFilled, 0x2000, 10, 1);
	assert_int_equal(PageFilled.memory, 10);
	assert_true(PageFilled.copied);
	RECORDED(Interrupt, 11, 12, 0);
	assert_int_equal(Interrupt.line, 11);
	RECORDED(LeaseCopy, 13, 14, ostrace_CopyEnd_FAULT | 2 << 8 | 1 << 16);
	assert_int_equal(LeaseCopy.done, 14);
	assert_int_equal(LeaseCopy.end, ostrace_CopyEnd_FAULT);
	assert_int_equal(LeaseCopy.lease, 2);
	assert_true(LeaseCopy.write);
	RECORDED(Mapped, 15, 0x3000, UINT64_C(0x5000) | UINT64_C(3) << 48 | UINT64_C(4) << 56);
	assert_int_equal(Mapped.length, 0x5000);
	assert_int_equal(Mapped.protection, 3);
	assert_int_equal(Mapped.flags, 4);
	RECORDED(Made, 16, 17, 3 | UINT64_C(100) << 32);
	assert_int_equal(Made.bytes, 100);
	RECORDED(Ended, 18, 3, (uint64_t)-5);
	assert_int_equal(Ended.code, -5);
	RECORDED(TimerFired, 19, 20, 0);
	assert_int_equal(TimerFired.late, 20);
}

static void what_is_off_is_not_recorded(void **unused)
{
	uint64_t before;
	uint32_t n = program_notification();

	(void)unused;
	begin(kernel_TraceMask_FAULTS);
	before = written();
	program_system_call(ABI_SIGNAL, n, 1, 0, 0, 0);
	assert_int_equal(written(), before);
	set_mask(kernel_TraceMask_OBJECTS);
	program_system_call(ABI_SIGNAL, n, 1, 0, 0, 0);
	assert_int_equal(written(), before + 1);
	set_mask(0);
	program_system_call(ABI_SIGNAL, n, 1, 0, 0, 0);
	assert_int_equal(written(), before + 1);
	assert_int_equal(TRY(Trace, set_mask, trace_number, 1), kernel_Error_INVALID);
}

static void other_spaces_are_left_out(void **unused)
{
	uint64_t before;

	(void)unused;
	OK(Quota, create_space, ABI_FIRST_QUOTA, 0);
	begin(kernel_TraceMask_OBJECTS);
	OK(Trace, add_space, trace_number, Quota_create_space.space);
	before = written();
	trace_record(ostrace_Signal_ID, program_thread, 1, 2, 3);
	assert_int_equal(written(), before);
	{
		OK(Trace, clear_spaces, trace_number, 0);
	}
	trace_record(ostrace_Signal_ID, program_thread, 1, 2, 3);
	assert_int_equal(written(), before + 1);
}

static void the_oldest_are_overwritten_and_the_reader_is_woken(void **unused)
{
	struct ostrace_Signal signal;
	uint8_t slot[ostrace_SLOT_SIZE];
	uint32_t n = program_notification();

	(void)unused;
	begin(kernel_TraceMask_FAULTS);
	OK(Trace, watch, trace_number, COPY(Notification, n), 32);
	for (uint64_t i = 0; i < 1500; i++)
		trace_record(ostrace_Signal_ID, program_thread, i, 0, 0);
	assert_int_equal(written(), 1500);
	get_slot(1499, slot);
	assert_int_equal(ostrace_Signal_decode(&signal, slot, sizeof slot), 0);
	assert_int_equal(signal.notification, 1499);
	get_slot(480, slot);
	assert_int_equal(ostrace_Signal_decode(&signal, slot, sizeof slot), 0);
	assert_int_equal(signal.notification, 480);
	assert_int_equal(program_bits(n), 0);
	host_advance(10000000);
	assert_int_equal(program_bits(n), 32);
}

static void sizes_are_chosen(void **unused)
{
	uint8_t header[HEADER];

	(void)unused;
	begin(kernel_TraceMask_FAULTS);
	assert_int_equal(TRY(Trace, set_ring_size, trace_number, 2048), kernel_Error_INVALID);
	assert_int_equal(TRY(Trace, set_ring_size, trace_number, 5000), kernel_Error_INVALID);
	assert_int_equal(TRY(Trace, set_ring_size, trace_number, 1u << 31), kernel_Error_INVALID);
	OK(Trace, set_ring_size, trace_number, 1 << 20);
	OK(Trace, cpu_ring, trace_number, host_cpu);
	ring = program_map(NUMBER(Trace_cpu_ring.ring), 8192, kernel_Protection_READ);
	get(0, header, sizeof header);
	assert_int_equal(sk_get_uint32(header + 16), (1 << 20) / 64);
	trace_record(ostrace_Signal_ID, program_thread, 1, 0, 0);
	assert_int_equal(written(), 1);
	assert_int_equal(TRY(Trace, cpu_ring, trace_number, 9), kernel_Error_NOT_FOUND);
}

static void rings_of_threads_are_found_by_number(void **unused)
{
	uint32_t n = program_notification();

	(void)unused;
	begin(0);
	OK(Trace, watch, trace_number, COPY(Notification, n), 1);
	OK(Quota, create_memory, ABI_FIRST_QUOTA, 4096);
	OK(Trace, add_ring, trace_number, program_thread->object.id,
		COPY(Memory, NUMBER(Quota_create_memory.memory)));
	assert_int_equal(program_bits(n), 1);
	OK(Trace, thread_ring, trace_number, 0);
	assert_true(Trace_thread_ring.has_ring);
	assert_int_equal(Trace_thread_ring.thread, program_thread->object.id);
	assert_int_equal(Trace_thread_ring.space, program_thread->space->object.id);
	assert_int_equal(Trace_thread_ring.next, 0);
	assert_ptr_equal(program_object(NUMBER(Trace_thread_ring.ring)),
		program_object(NUMBER(Quota_create_memory.memory)));
	struct kernel_Trace_thread_ring_request request = { 2 };
	struct kernel_Trace_thread_ring_reply reply;
	assert_int_equal(kernel_Trace_thread_ring(program_to_number(trace_number), &request,
		&reply, PATIENT), 0);
	assert_false(reply.has_ring);
}

static const struct CMUnitTest cases[] = {
	CASE(a_ring_says_what_it_is),
	CASE(records_decode),
	CASE(each_kind_has_what_was_given),
	CASE(what_is_off_is_not_recorded),
	CASE(other_spaces_are_left_out),
	CASE(the_oldest_are_overwritten_and_the_reader_is_woken),
	CASE(sizes_are_chosen),
	CASE(rings_of_threads_are_found_by_number),
};
FIXTURE_MAIN(cases)
