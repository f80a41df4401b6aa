/* Notifications: bits are OR-ed, taken once, by those who wait for them. */
#include "tests/kernel/unit/kernel_program.h"

#include "kernel/notification.h"

static void bits_are_gathered_and_taken_once(void **unused)
{
	uint32_t n = program_notification();

	(void)unused;
	assert_int_equal(ABI_STATUS(program_system_call(ABI_SIGNAL, n, 5, 0, 0, 0)), 0);
	assert_int_equal(ABI_STATUS(program_system_call(ABI_SIGNAL, n, 0x18, 0, 0, 0)), 0);
	OK(Notification, peek, n, 0);
	assert_int_equal(Notification_peek.bits, 0x1d);
	OK(Notification, clear, n, 0x0c);
	assert_int_equal(Notification_clear.bits, 0x0c);
	assert_int_equal(ABI_STATUS(program_system_call(ABI_WAIT, n, UINT64_MAX, 0, 0, 0)), 0);
	assert_int_equal(frame_target(&program_thread->frame), 0x11);
	assert_int_equal(program_bits(n), 0);
}

static void polling_does_not_wait(void **unused)
{
	uint64_t words[ABI_WORDS] = { 1 };
	uint32_t n = program_notification();
	uint64_t head = host_call(program_thread, ABI_BASE | ABI_WAIT | ABI_TIMED, n, words,
		0, ABI_POLL);

	(void)unused;
	assert_int_equal(ABI_STATUS(head), SK_WOULD_BLOCK);
	assert_int_equal(ABI_STATUS(program_system_call(ABI_WAIT, n, 0, 0, 0, 0)), SK_INVALID);
}

static void who_waits_is_woken_by_its_bits_only(void **unused)
{
	uint32_t n = program_notification();
	struct notification *notification = program_object(n);

	(void)unused;
	program_system_call(ABI_WAIT, n, 6, 0, 0, 0);
	assert_int_equal(program_thread->state, kernel_ThreadState_WAITING);
	notification_signal(notification, 9);
	assert_int_equal(program_thread->state, kernel_ThreadState_WAITING);
	notification_signal(notification, 2);
	assert_int_not_equal(program_thread->state, kernel_ThreadState_WAITING);
	assert_int_equal(ABI_STATUS(frame_head(&program_thread->frame)), 0);
	assert_int_equal(frame_target(&program_thread->frame), 2);
	assert_int_equal(notification->bits, 9);
}

static void waiting_ends_with_its_deadline(void **unused)
{
	uint32_t n = program_notification();

	(void)unused;
	program_system_call(ABI_WAIT, n, 1, 0, 0, 0);
	host_advance(UINT64_C(1100000000));
	assert_true(host_run(program_thread));
	assert_int_equal(ABI_STATUS(frame_head(&program_thread->frame)), SK_TIMED_OUT);
	notification_signal(program_object(n), 1);
	assert_int_equal(program_bits(n), 1);
}

static void waiting_ends_with_the_last_who_could_signal(void **unused)
{
	kernel_error error;
	struct notification *n = notification_new(program_thread->object.quota, &error);

	(void)unused;
	assert_true(host_run(program_thread));
	notification_wait(n, program_thread, 1, ABI_FOREVER);
	assert_int_equal(program_thread->state, kernel_ThreadState_WAITING);
	object_drop(&n->object);
	assert_true(object_reap(OBJECT_STEPS));
	assert_int_equal(ABI_STATUS(frame_head(&program_thread->frame)), SK_PEER_CLOSED);
}

static void rights_are_needed(void **unused)
{
	uint32_t n = program_notification(), m = program_weaker(n, kernel_Rights_INSPECT);

	(void)unused;
	assert_int_equal(TRY(Notification, peek, m, 0), 0);
	assert_int_equal(TRY(Notification, clear, m, 1), SK_BAD_HANDLE);
	assert_int_equal(ABI_STATUS(program_system_call(ABI_SIGNAL, m, 1, 0, 0, 0)),
		SK_BAD_HANDLE);
	assert_int_equal(ABI_STATUS(program_system_call(ABI_WAIT, m, 1, 0, 0, 0)),
		SK_BAD_HANDLE);
	assert_int_equal(program_bits(n), 0);
}

static const struct CMUnitTest cases[] = {
	CASE(bits_are_gathered_and_taken_once),
	CASE(polling_does_not_wait),
	CASE(who_waits_is_woken_by_its_bits_only),
	CASE(waiting_ends_with_its_deadline),
	CASE(waiting_ends_with_the_last_who_could_signal),
	CASE(rights_are_needed),
};
FIXTURE_MAIN(cases)
