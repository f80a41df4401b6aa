/* Rings: entries are read once, completions come in `done`, nothing that stands
 * in the ring's memory is believed. */
#include "tests/kernel/unit/kernel_program.h"

#include "kernel/pool.h"
#include "kernel/quota.h"
#include "kernel/ring.h"

static uint32_t number;			/* of the ring */
static uint32_t slots;
static struct ring *ring;
static uint64_t base;			/* where the program has it */
static uint32_t queued;

static void make_ring(uint32_t count)
{
	slots = count;
	queued = 0;
	OK(Quota, create_ring, ABI_FIRST_QUOTA, count);
	number = NUMBER(Quota_create_ring.ring);
	ring = program_object(number);
	OK(Ring, memory, number, 0);
	base = program_map(NUMBER(Ring_memory.memory), (ABI_RING_SIZE(count)),
		kernel_Protection_READ | kernel_Protection_WRITE);
}

static uint64_t place(uint32_t index)
{
	return base + ABI_RING_ENTRIES + index * sizeof(struct abi_entry);
}

static void put(uint64_t address, const void *from, uint64_t size)
{
	assert_int_equal(host_user_write(program_thread, address, from, size), size);
}

static void queue(uint32_t index)
{
	put(base + ABI_RING_QUEUE(slots) + queued++ % slots * 4, &index, 4);
}

/* Asks for a message of words alone. */
static void fill(uint32_t index, uint64_t operation, uint32_t target,
	const uint64_t *words, uint32_t bytes, uint64_t cookie)
{
	struct abi_entry entry = { .head = operation | (uint64_t)bytes << ABI_BYTES_SHIFT,
		.target = target, .deadline = ABI_FOREVER, .cookie = cookie };

	if (words)
		memcpy(entry.words, words, sizeof entry.words);
	put(place(index), &entry, sizeof entry);
	queue(index);
}

static uint32_t submit(uint32_t count, int status)
{
	uint64_t head = program_system_call(ABI_SUBMIT, number, count, 0, 0, 0);

	assert_int_equal(ABI_STATUS(head), status);
	return (uint32_t)frame_target(&program_thread->frame);
}

static struct abi_entry result(uint32_t index)
{
	struct abi_entry entry;

	assert_int_equal(host_user_read(program_thread, place(index), &entry,
		sizeof entry), sizeof entry);
	return entry;
}

static uint32_t done(uint32_t at)
{
	uint32_t index = UINT32_MAX;

	host_user_read(program_thread, base + ABI_RING_DONE(slots) + at % slots * 4, &index, 4);
	return index;
}

static const uint64_t peek[ABI_WORDS] = { kernel_Notification_peek_request_ID };

static void a_call_on_an_object_completes_at_once(void **unused)
{
	uint32_t n = program_notification(), watch = program_notification();
	struct abi_entry entry;

	(void)unused;
	make_ring(4);
	OK(Ring, bind, number, true, COPY(Notification, watch), 2);
	program_system_call(ABI_SIGNAL, n, 0x1234, 0, 0, 0);
	fill(2, ABI_RING_CALL, n, peek, 8, 99);
	assert_int_equal(submit(1, 0), 1);
	entry = result(2);
	assert_int_equal(entry.state, ABI_ENTRY_DONE);
	assert_int_equal(ABI_STATUS(entry.result_head), 0);
	assert_int_equal(ABI_BYTES(entry.result_head), 16);
	assert_int_equal(entry.result_words[0], kernel_Notification_peek_reply_ID);
	assert_int_equal(entry.result_words[1], 0x1234);
	assert_int_equal(entry.cookie, 99);
	assert_int_equal(done(0), 2);
	assert_int_equal(program_bits(watch), 2);
	OK(Ring, status, number, 0);
	assert_int_equal(Ring_status.slots, 4);
	assert_int_equal(Ring_status.under_way, 0);
	assert_int_equal(Ring_status.completed, 1);
}

static void a_call_on_a_session_is_answered_later(void **unused)
{
	struct program_server server = program_server();
	const uint64_t request[ABI_WORDS] = { 10, 11, 12, 13, 14 };
	const uint64_t reply[ABI_WORDS] = { 20, 21, 22, 23, 24 };
	struct abi_entry entry;
	uint64_t head, token;

	(void)unused;
	make_ring(3);
	fill(1, ABI_RING_CALL, server.session, request, 40, 1);
	assert_int_equal(submit(1, 0), 1);
	assert_int_equal(result(1).state, ABI_ENTRY_BUSY);
	head = program_next(server.endpoint);
	assert_int_equal(ABI_EVENT(head), ABI_REQUEST);
	assert_int_equal(frame_target(&program_thread->frame), 77);
	assert_memory_equal(program_thread->frame.words, request, sizeof request);
	token = frame_token(&program_thread->frame);
	assert_int_equal(program_answer(token, reply, 40), 0);
	entry = result(1);
	assert_int_equal(entry.state, ABI_ENTRY_DONE);
	assert_int_equal(ABI_BYTES(entry.result_head), 40);
	assert_memory_equal(entry.result_words, reply, sizeof reply);
	assert_int_equal(done(0), 1);
}

static void a_slot_in_use_is_refused(void **unused)
{
	struct program_server server = program_server();

	(void)unused;
	make_ring(2);
	fill(0, ABI_RING_CALL, server.session, peek, 8, 1);
	fill(0, ABI_RING_CALL, server.session, peek, 8, 1);
	assert_int_equal(submit(2, SK_WRONG_STATE), 1);
	assert_int_equal(ring->under_way, 1);
}

static void what_is_wrong_is_not_accepted(void **unused)
{
	uint32_t index = 7;

	(void)unused;
	make_ring(2);
	put(base + ABI_RING_QUEUE(slots), &index, 4);
	assert_int_equal(submit(1, SK_INVALID), 0);
	fill(0, 9, 1, peek, 8, 1);
	assert_int_equal(submit(1, SK_INVALID), 0);
	queued = 0;
	fill(0, ABI_RING_CALL, 0x12345, peek, 8, 1);
	assert_int_equal(submit(1, 0), 1);
	assert_int_equal(ABI_STATUS(result(0).result_head), SK_BAD_HANDLE);
	fill(1, ABI_RING_SEND, ABI_FIRST_QUOTA, peek, 8, 1);
	assert_int_equal(submit(1, 0), 1);
	assert_int_equal(ABI_STATUS(result(1).result_head), SK_BAD_HANDLE);
}

/* A program that writes nonsense over all of it harms its own calls only. */
static void the_shared_memory_is_not_believed(void **unused)
{
	static uint8_t nonsense[64 + 4 * 192 + 32];
	uint64_t before = quota_root()->used[QUOTA_BYTES];

	(void)unused;
	fixture_seed("the_shared_memory_is_not_believed");
	make_ring(4);
	for (unsigned round = 0; round < 2000; round++) {
		for (unsigned i = 0; i < sizeof nonsense; i++)
			nonsense[i] = (uint8_t)fixture_random(fixture_random(2) ? 4 : 256);
		put(base, nonsense, sizeof nonsense);
		program_system_call(ABI_SUBMIT, number, fixture_random(6), 0, 0, 0);
		assert_true(ring->under_way <= 4);
	}
	OK(Ring, cancel_all, number, 0);
	assert_int_equal(ring->under_way, 0);
	assert_true(quota_root()->used[QUOTA_BYTES] > before);
}

static void one_is_canceled_by_its_cookie(void **unused)
{
	struct program_server server = program_server();

	(void)unused;
	make_ring(4);
	for (uint32_t i = 0; i < 3; i++)
		fill(i, ABI_RING_CALL, server.session, peek, 8, 100 + i);
	assert_int_equal(submit(3, 0), 3);
	fill(3, ABI_RING_CANCEL, 0, NULL, 0, 101);
	assert_int_equal(submit(1, 0), 1);
	assert_int_equal(ABI_STATUS(result(1).result_head), SK_CANCELED);
	assert_int_equal(ABI_STATUS(result(3).result_head), SK_OK);
	assert_int_equal(done(0), 1);
	assert_int_equal(ring->under_way, 2);
	fill(3, ABI_RING_CANCEL, 0, NULL, 0, 101);
	assert_int_equal(submit(1, 0), 1);
	assert_int_equal(ABI_STATUS(result(3).result_head), SK_INVALID);
}

static void all_are_canceled(void **unused)
{
	struct program_server server = program_server();

	(void)unused;
	make_ring(300);
	for (uint32_t i = 0; i < 200; i++)
		fill(i, ABI_RING_CALL, server.session, peek, 8, i);
	for (uint32_t all = 0, some; all < 200; all += some) {
		some = submit(200 - all, 0);
		assert_int_not_equal(some, 0);
	}
	OK(Ring, cancel_all, number, 0);
	assert_int_equal(ring->under_way, 0);
	assert_int_equal(ring->completed, 200);
	assert_int_equal(ABI_STATUS(result(199).result_head), SK_CANCELED);
}

static void a_deadline_gives_a_call_up(void **unused)
{
	struct program_server server = program_server();
	uint64_t deadline = host_time + 5000000;

	(void)unused;
	make_ring(1);
	fill(0, ABI_RING_CALL, server.session, peek, 8, 1);
	put(place(0) + offsetof(struct abi_entry, deadline), &deadline, 8);
	assert_int_equal(submit(1, 0), 1);
	host_advance(20000000);
	assert_int_equal(ABI_STATUS(result(0).result_head), SK_TIMED_OUT);
}

static void the_server_hears_of_the_rings_end(void **unused)
{
	struct program_server server = program_server();

	(void)unused;
	make_ring(2);
	fill(0, ABI_RING_CALL, server.session, peek, 8, 1);
	assert_int_equal(submit(1, 0), 1);
	assert_int_equal(ABI_EVENT(program_next(server.endpoint)), ABI_REQUEST);
	program_system_call(ABI_CLOSE, number, 0, 0, 0, 0);
	assert_int_equal(ABI_EVENT(program_next(server.endpoint)), ABI_CANCEL);
}

/* With calls under way, for whose answers places are kept in its table; the
 * server answers in the midst of it. */
static void the_end_of_a_space_ends_its_calls(void **unused)
{
	struct program_server server = program_server();
	uint64_t words[ABI_WORDS] = { 1 }, before = quota_root()->used[QUOTA_BYTES], tokens[2];
	kernel_error error;
	struct space *space = space_new(quota_root(), &error);
	struct thread *thread = thread_new(quota_root(), space, 100, &error);
	unsigned steps = 10000;
	int status;
	bool again;

	(void)unused;
	slots = 3;
	ring = ring_new(quota_root(), space, slots, &error);
	assert_int_equal(ring_fill(ring, &steps), 0);
	assert_true(ring->ready);
	assert_true(handle_reserve(&space->handles, 2));
	handle_add(&space->handles, &ring->object, 0x3fff, 0, 0);
	object_drop(&ring->object);
	for (uint32_t i = 0; i < slots; i++) {
		struct abi_entry entry = { .deadline = ABI_FOREVER,
			.head = ABI_RING_CALL | UINT64_C(3) << ABI_EXPECTED_SHIFT,
			.target = handle_add(&space->handles,
				handle_find(&program_thread->space->handles,
				server.session)->object, 0x3fff, 0, HANDLE_CLIENT) };

		assert_true(handle_reserve(&space->handles, 1));
		memcpy(ring->pages[0] + ABI_RING_ENTRIES + i * sizeof entry, &entry, sizeof entry);
		memcpy(ring->pages[0] + ABI_RING_QUEUE(slots) + 4 * i, &i, 4);
	}
	handle_unreserve(&space->handles, 1);
	assert_int_equal(ring_submit(ring, thread, slots, &status, &again), slots);
	assert_int_equal(space->handles.reserved, 3 * slots);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(ABI_EVENT(program_next(server.endpoint)), ABI_REQUEST);
		tokens[i] = frame_token(&program_thread->frame);
	}
	space_kill(space, 0);
	assert_int_equal(program_answer(tokens[0], words, 8), SK_OK);
	while (!object_reap(1))
		continue;
	assert_int_equal(space->state, kernel_SpaceState_ENDED);
	assert_int_equal(program_answer(tokens[1], words, 8), SK_CANCELED);
	object_drop(&thread->object);
	object_drop(&space->object);
	while (!object_reap(OBJECT_STEPS))
		continue;
	assert_int_equal(quota_root()->used[QUOTA_BYTES], before);
}

static void a_large_ring_is_made_in_steps_and_freed(void **unused)
{
	uint64_t before, frames = 0;

	(void)unused;
	for (unsigned i = 0; i < 3; i++) {	/* the pool keeps some of the first */
		frames = frame_free();
		{
			OK(Quota, create_ring, ABI_FIRST_QUOTA, 1000);
			program_close(&program, Quota_create_ring.ring.raw);
		}
		while (!object_reap(OBJECT_STEPS))
			continue;
	}
	assert_int_equal(frame_free(), frames);
	before = quota_root()->used[QUOTA_BYTES];
	OK(Quota, create_ring, ABI_FIRST_QUOTA, 1000);
	assert_true(quota_root()->used[QUOTA_BYTES] > before + 1000 * 4096);
	assert_true(ring_slot(program_object(NUMBER(Quota_create_ring.ring)), 999)->index == 999);
	program_close(&program, Quota_create_ring.ring.raw);
	while (!object_reap(OBJECT_STEPS))
		continue;
	assert_int_equal(quota_root()->used[QUOTA_BYTES], before);
	assert_int_equal(TRY(Quota, create_ring, ABI_FIRST_QUOTA, 0), kernel_Error_INVALID);
	assert_int_equal(TRY(Quota, create_ring, ABI_FIRST_QUOTA, 4097), kernel_Error_INVALID);
}

static const struct CMUnitTest cases[] = {
	CASE(a_call_on_an_object_completes_at_once),
	CASE(a_call_on_a_session_is_answered_later),
	CASE(a_slot_in_use_is_refused),
	CASE(what_is_wrong_is_not_accepted),
	CASE(the_shared_memory_is_not_believed),
	CASE(one_is_canceled_by_its_cookie),
	CASE(all_are_canceled),
	CASE(a_deadline_gives_a_call_up),
	CASE(the_server_hears_of_the_rings_end),
	CASE(the_end_of_a_space_ends_its_calls),
	CASE(a_large_ring_is_made_in_steps_and_freed),
};
FIXTURE_MAIN(cases)
