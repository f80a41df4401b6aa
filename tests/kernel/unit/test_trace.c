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
	assert_int_equal(TRY(Trace, cpu_ring, trace_number, 9), kernel_Error_NOT_FOUND);
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

/* The last record of a kind that stands in the ring, decoded. */
#define LAST_IF(name, record, condition) \
	struct ostrace_##name record; \
	do { \
		uint8_t last_slot[ostrace_SLOT_SIZE]; \
		uint64_t last_at = written(); \
		do { \
			assert_true(last_at > 0 && written() - last_at < 1024); \
			get_slot(--last_at, last_slot); \
		} while (ostrace_##name##_decode(&record, last_slot, sizeof last_slot) != 0 || \
			!(condition)); \
	} while (0)
#define LAST(name) LAST_IF(name, name, true)

#define ALL UINT32_C(0xff00)

static void objects_and_memory_are_told_of(void **unused)
{
	uint64_t address, space = program_thread->space->object.id, id;
	uint32_t n;

	(void)unused;
	begin(ALL);
	n = program_notification();
	id = ((struct object *)program_object(n))->id;
	LAST(Made);
	assert_int_equal(Made.object, id);
	assert_int_equal(Made.kind, kernel_Kind_NOTIFICATION);
	assert_true(Made.quota != 0 && Made.bytes != 0);
	program_system_call(ABI_CLOSE, n, 0, 0, 0, 0);
	LAST(Ended);
	assert_int_equal(Ended.object, id);
	assert_int_equal(Ended.kind, kernel_Kind_NOTIFICATION);
	address = program_pages(8192);
	LAST(Mapped);
	assert_int_equal(Mapped.space, space);
	assert_int_equal(Mapped.address, address);
	assert_int_equal(Mapped.length, 8192);
	assert_int_equal(Mapped.protection, 3);
	assert_int_equal(host_user_write(program_thread, address + 4100, "x", 1), 1);
	LAST(PageFilled);
	assert_int_equal(PageFilled.thread, program_thread->object.id);
	assert_int_equal(PageFilled.address, address + 4100);
	assert_int_equal(PageFilled.memory, Mapped.memory);
	OK(Space, unmap, ABI_FIRST_SPACE, address, 4096);
	LAST_IF(Mapped, unmapped, true);
	assert_int_equal(unmapped.memory, 0);
	assert_int_equal(unmapped.length, 4096);
}

static void time_and_interrupts_are_told_of(void **unused)
{
	uint32_t n = program_notification();

	(void)unused;
	begin(ALL);
	OK(Quota, create_timer, ABI_FIRST_QUOTA, COPY(Notification, n), 1);
	OK(Timer, set, NUMBER(Quota_create_timer.timer), host_time + 1000, 0);
	host_advance(10000000);
	LAST(TimerFired);
	assert_int_equal(TimerFired.timer,
		((struct object *)program_object(NUMBER(Quota_create_timer.timer)))->id);
	OK(System, interrupt, ABI_FIRST_SYSTEM, HANDLE(Quota, ABI_FIRST_QUOTA), 5,
		kernel_Trigger_EDGE_RISING, false);
	OK(Interrupt, bind, NUMBER(System_interrupt.interrupt), true,
		COPY(Notification, n), 2);
	assert_true(host_raise(5));
	LAST(Interrupt);
	assert_int_equal(Interrupt.line, 5);
}

static void waiting_and_giving_up_are_told_of(void **unused)
{
	struct program_server server = program_server();

	(void)unused;
	begin(ALL);
	host_call(program_thread, ABI_BASE | ABI_CALL | ABI_TIMED, server.session, NULL, 0,
		host_time + 1000);
	host_advance(10000000);
	LAST_IF(Switch, gone, gone.from == program_thread->object.id);
	assert_int_equal(gone.state, kernel_ThreadState_CALLING);
	assert_int_equal(gone.to, 0);
	LAST(Cancel);
	assert_int_equal(Cancel.from, program_thread->object.id);
	assert_int_equal(Cancel.session, ((struct object *)program_object(server.session))->id);
	assert_int_equal(Cancel.status, SK_TIMED_OUT);
	assert_false(Cancel.delivered);
	LAST(Wake);
	assert_int_equal(Wake.thread, program_thread->object.id);
}

/* It calls itself, by a ring. */
static void messages_are_told_of_with_one_number(void **unused)
{
	const uint64_t words[ABI_WORDS] = { 0xabcdef02 };
	struct program_server server = program_server();
	struct abi_entry entry = { .head = ABI_RING_CALL | UINT64_C(40) << ABI_BYTES_SHIFT,
		.target = server.session, .words = { 0xabcdef01 }, .deadline = ABI_FOREVER };
	uint64_t at, correlation, ring_id;

	(void)unused;
	OK(Quota, create_ring, ABI_FIRST_QUOTA, 1);
	ring_id = ((struct object *)program_object(NUMBER(Quota_create_ring.ring)))->id;
	OK(Ring, memory, NUMBER(Quota_create_ring.ring), 0);
	at = program_map(NUMBER(Ring_memory.memory), ABI_RING_SIZE(1), 3);
	host_user_write(program_thread, at + ABI_RING_ENTRIES, &entry, sizeof entry);
	begin(ALL);
	program_system_call(ABI_SUBMIT, NUMBER(Quota_create_ring.ring), 1, 0, 0, 0);
	program_next(server.endpoint);
	LAST(Deliver);
	correlation = Deliver.correlation;
	assert_int_not_equal(correlation, 0);
	assert_int_equal(Deliver.from, ring_id);
	assert_int_equal(Deliver.to, program_thread->object.id);
	assert_int_equal(Deliver.message_id, 0xabcdef01);
	assert_int_equal(Deliver.size, 40);
	assert_false(Deliver.is_reply);
	assert_int_equal(program_answer(frame_token(&program_thread->frame), words, 24), 0);
	LAST_IF(Deliver, reply, true);
	assert_int_equal(reply.correlation, correlation);
	assert_int_equal(reply.to, ring_id);
	assert_int_equal(reply.message_id, 0xabcdef02);
	assert_int_equal(reply.size, 24);
	assert_true(reply.is_reply);
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


static void the_oldest_are_overwritten_and_the_reader_is_woken(void **unused)
{
	struct ostrace_Signal signal;
	uint8_t slot[ostrace_SLOT_SIZE];
	uint32_t n = program_notification();

	(void)unused;
	begin(kernel_TraceMask_FAULTS);
	OK(Trace, watch, trace_number, COPY(Notification, n), 32);
	for (uint64_t i = 0; i < 1500; i++)
		TRACE(FAULTS, Signal, .notification = i);
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

static const struct CMUnitTest cases[] = {
	CASE(a_ring_says_what_it_is),
	CASE(records_decode),
	CASE(objects_and_memory_are_told_of),
	CASE(time_and_interrupts_are_told_of),
	CASE(waiting_and_giving_up_are_told_of),
	CASE(messages_are_told_of_with_one_number),
	CASE(what_is_off_is_not_recorded),
	CASE(the_oldest_are_overwritten_and_the_reader_is_woken),
};
FIXTURE_MAIN(cases)
