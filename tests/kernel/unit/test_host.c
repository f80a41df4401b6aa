/* The fake machine: that it is as strict as a real one. */
#include "tests/kernel/unit/kernel_fixture.h"

#include "kernel/quota.h"
#include "kernel/space.h"
#include "kernel/thread.h"
#include "fault.skald.h"
#include "kernel.skald.h"

static struct space *space;
static struct thread *threads[2];
static uint64_t address;

#define READ_WRITE (kernel_Protection_READ | kernel_Protection_WRITE)

/* A space of 4 MiB of memory and two threads. */
static int start(void **unused)
{
	kernel_error error;
	struct memory *memory;

	(void)unused;
	host_start(0, 2);
	arch_lock();
	space = space_new(quota_root(), &error);
	memory = memory_new(quota_root(), 4 << 20, &error);
	address = 0;
	error = space_map(space, memory, 0, 4 << 20, &address, READ_WRITE, 0,
		kernel_Inherit_COPY, 0);
	for (unsigned i = 0; i < 2; i++) {
		kernel_error of_thread;

		threads[i] = thread_new(quota_root(), space, 10, &of_thread);
		arch_thread_start(threads[i], address, address + 4096, 5);
		thread_start(threads[i]);
	}
	arch_unlock();
	return error;
}

static int stop(void **unused)
{
	(void)unused;
	host_stop();
	return 0;
}

static void programs_see_what_they_write(void **unused)
{
	static char text[10000] = "of one page, and another", seen[10000];

	(void)unused;
	text[9999] = 'x';
	assert_true(host_run(threads[0]));
	assert_int_equal(threads[0]->frame.target, 5);
	assert_int_equal(host_user_write(threads[0], address + 4000, text, 10000), 10000);
	assert_int_equal(host_user_read(threads[1], address + 4000, seen, 10000), 10000);
	assert_memory_equal(text, seen, 10000);
}

/* What changes in page tables is what programs have from then on. */
static void translations_go_with_their_pages(void **unused)
{
	uint64_t page = (address + (2 << 20)) & ~(uint64_t)4095, physical, first, end;
	unsigned steps = 1;

	(void)unused;
	end = page + 8192;
	assert_int_equal(host_user_write(threads[0], page, "a", 1), 1);
	assert_int_equal(host_user_write(threads[0], page + 4096, "b", 1), 1);
	assert_true(host_translate(space, page, fault_Access_WRITE, &first));
	assert_false(arch_unmap(space, page, end, &steps));
	assert_false(host_translate(space, page, fault_Access_READ, &physical));
	assert_true(host_translate(space, page + 4096, fault_Access_WRITE, &physical));
	assert_int_equal(space->resident, 1);
	assert_true(arch_map(space, page, first, READ_WRITE));
	assert_true(host_translate(space, page + 5, fault_Access_WRITE, &physical));
	assert_int_equal(physical, first + 5);
	arch_protect(space, page, end);
	assert_true(host_translate(space, page, fault_Access_READ, &physical));
	assert_false(host_translate(space, page, fault_Access_WRITE, &physical));
	steps = 2;
	assert_true(arch_unmap(space, USER_BASE, USER_END, &steps));
	assert_int_equal(space->resident, 0);
}

static void calls_end_behind_their_instruction(void **unused)
{
	uint64_t at;

	(void)unused;
	assert_true(host_run(threads[1]));
	at = threads[1]->frame.instruction;
	assert_int_equal(ABI_STATUS(host_call(threads[1], ABI_BASE + ABI_CLOSE, 12345, NULL,
		0, 0)), -14);
	assert_int_equal(threads[1]->frame.instruction, at + HOST_CALL_BYTES);
	assert_false(host_locked);
}

static const struct CMUnitTest cases[] = {
	cmocka_unit_test_setup_teardown(programs_see_what_they_write, start, stop),
	cmocka_unit_test_setup_teardown(translations_go_with_their_pages, start, stop),
	cmocka_unit_test_setup_teardown(calls_end_behind_their_instruction, start, stop),
};

FIXTURE_MAIN(cases)
