/* Interrupts: masked from when they come until they are acknowledged; nothing is
 * lost, and whoever shares a line is told. */
#include "tests/kernel/unit/kernel_program.h"

#include "kernel/device.h"

static uint32_t get_line(uint32_t line, int trigger, bool shared)
{
	OK(System, interrupt, ABI_FIRST_SYSTEM, HANDLE(Quota, ABI_FIRST_QUOTA), line,
		(kernel_Trigger)trigger, shared);
	return NUMBER(System_interrupt.interrupt);
}

static int try_line(uint32_t line, int trigger, bool shared)
{
	return TRY(System, interrupt, ABI_FIRST_SYSTEM, HANDLE(Quota, ABI_FIRST_QUOTA), line,
		(kernel_Trigger)trigger, shared);
}

static uint32_t bind(uint32_t interrupt, uint64_t bits)
{
	uint32_t n = program_notification();

	OK(Interrupt, bind, interrupt, true, COPY(Notification, n), bits);
	return n;
}

static void acknowledge(uint32_t interrupt)
{
	OK(Interrupt, acknowledge, interrupt, 0);
}

static void it_is_masked_until_it_is_acknowledged(void **unused)
{
	uint32_t i = get_line(5, kernel_Trigger_LEVEL_LOW, false), n;

	(void)unused;
	assert_true(host_lines[5].open);
	assert_false(host_raise(5));	/* nobody wants it */
	n = bind(i, 16);
	assert_true(host_raise(5));
	assert_int_equal(host_lines[5].done, 1);
	assert_int_equal(program_bits(n), 16);
	assert_false(host_raise(5));
	acknowledge(i);
	assert_int_equal(program_bits(n), 0);
	assert_true(host_raise(5));
	OK(Interrupt, status, i, 0);
	assert_int_equal(Interrupt_status.count, 2);
	assert_int_equal(Interrupt_status.line, 5);
	assert_true(Interrupt_status.masked);
}

static void an_edge_that_comes_meanwhile_is_not_lost(void **unused)
{
	uint32_t i = get_line(6, kernel_Trigger_EDGE_RISING, false), n = bind(i, 1);

	(void)unused;
	assert_true(host_raise(6));
	assert_int_equal(program_bits(n), 1);
	assert_true(host_raise(6));
	assert_int_equal(program_bits(n), 0);
	assert_false(host_raise(6));
	acknowledge(i);
	assert_int_equal(program_bits(n), 1);
	acknowledge(i);
	assert_int_equal(program_bits(n), 0);
	assert_true(host_raise(6));
}

static void a_line_is_one_owners_unless_shared(void **unused)
{
	(void)unused;
	get_line(7, kernel_Trigger_LEVEL_LOW, false);
	assert_int_equal(try_line(7, kernel_Trigger_LEVEL_LOW, false), kernel_Error_TAKEN);
	assert_int_equal(try_line(7, kernel_Trigger_LEVEL_LOW, true), kernel_Error_TAKEN);
	get_line(8, kernel_Trigger_LEVEL_LOW, true);
	assert_int_equal(try_line(8, kernel_Trigger_LEVEL_LOW, false), kernel_Error_TAKEN);
	assert_int_equal(try_line(8, kernel_Trigger_EDGE_RISING, true), kernel_Error_TAKEN);
	get_line(8, kernel_Trigger_LEVEL_LOW, true);
	assert_int_equal(try_line(256, kernel_Trigger_LEVEL_LOW, true), kernel_Error_INVALID);
	assert_int_equal(try_line(9, kernel_Trigger_MESSAGE, true), kernel_Error_INVALID);
	assert_int_equal(try_line(9, -1, true), kernel_Error_INVALID);
}

static void all_who_share_must_acknowledge(void **unused)
{
	uint32_t a = get_line(9, kernel_Trigger_LEVEL_HIGH, true);
	uint32_t b = get_line(9, kernel_Trigger_LEVEL_HIGH, true);
	uint32_t n = bind(a, 1), m = bind(b, 2);

	(void)unused;
	assert_true(host_raise(9));
	assert_int_equal(program_bits(n), 1);
	assert_int_equal(program_bits(m), 2);
	acknowledge(a);
	assert_false(host_raise(9));
	acknowledge(b);
	assert_true(host_raise(9));
	program_system_call(ABI_CLOSE, b, 0, 0, 0, 0);
	acknowledge(a);
	assert_true(host_raise(9));
	program_system_call(ABI_CLOSE, a, 0, 0, 0, 0);
	assert_false(host_lines[9].open);
}

static void who_unbinds_it_masks_it(void **unused)
{
	uint32_t i = get_line(10, kernel_Trigger_LEVEL_HIGH, false), n = bind(i, 1);

	(void)unused;
	assert_true(host_raise(10));
	assert_int_equal(program_bits(n), 1);
	OK(Interrupt, bind, i, false, HANDLE(Notification, 0), 0);
	assert_false(host_raise(10));
}

static void messages_have_an_address(void **unused)
{
	struct interrupt *interrupt;

	(void)unused;
	OK(System, message_interrupt, ABI_FIRST_SYSTEM, HANDLE(Quota, ABI_FIRST_QUOTA));
	uint32_t i = NUMBER(System_message_interrupt.interrupt), n = bind(i, 4);

	OK(Interrupt, status, i, 0);
	interrupt = program_object(i);
	assert_int_equal(Interrupt_status.address, interrupt->message_address);
	assert_int_equal(Interrupt_status.value, interrupt->message_value);
	assert_true(interrupt->line >= ARCH_LINES);
	assert_true(host_raise(interrupt->line));
	assert_int_equal(program_bits(n), 4);
}

static void affinity_is_the_machines_to_refuse(void **unused)
{
	uint32_t i = get_line(11, kernel_Trigger_LEVEL_HIGH, false);

	(void)unused;
	OK(Interrupt, set_affinity, i, 2);
	assert_int_equal(host_lines[11].cpus, 2);
	assert_int_equal(TRY(Interrupt, set_affinity, i, 0), kernel_Error_INVALID);
}

static const struct CMUnitTest cases[] = {
	CASE(it_is_masked_until_it_is_acknowledged),
	CASE(an_edge_that_comes_meanwhile_is_not_lost),
	CASE(a_line_is_one_owners_unless_shared),
	CASE(all_who_share_must_acknowledge),
	CASE(who_unbinds_it_masks_it),
	CASE(messages_have_an_address),
	CASE(affinity_is_the_machines_to_refuse),
};
FIXTURE_MAIN(cases)
