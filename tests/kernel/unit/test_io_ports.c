/* I/O ports: ranges are one owner's, and nothing beyond them can be reached. */
#include "tests/kernel/unit/kernel_program.h"

static uint32_t get_ports(uint16_t first, uint32_t count)
{
	OK(System, io_ports, ABI_FIRST_SYSTEM, HANDLE(Quota, ABI_FIRST_QUOTA), first, count);
	return NUMBER(System_io_ports.ports);
}

static int try_ports(uint16_t first, uint32_t count)
{
	return TRY(System, io_ports, ABI_FIRST_SYSTEM, HANDLE(Quota, ABI_FIRST_QUOTA), first,
		count);
}

static void widths_are_read_and_written(void **unused)
{
	uint32_t ports = get_ports(0x3f8, 8);

	(void)unused;
	OK(IoPorts, write, ports, 2, 4, 0x11223344);
	assert_int_equal(host_ports[0x3fa], 0x44);
	assert_int_equal(host_ports[0x3fd], 0x11);
	OK(IoPorts, read, ports, 3, 2);
	assert_int_equal(IoPorts_read.value, 0x2233);
	OK(IoPorts, range, ports, 0);
	assert_int_equal(IoPorts_range.first, 0x3f8);
	assert_int_equal(IoPorts_range.count, 8);
}

static void nothing_beyond_is_reached(void **unused)
{
	uint32_t ports = get_ports(0x100, 8), last = get_ports(0xfffe, 2);

	(void)unused;
	host_ports[0x108] = 0xaa;
	assert_int_equal(TRY(IoPorts, read, ports, 8, 1), kernel_Error_OUT_OF_RANGE);
	assert_int_equal(TRY(IoPorts, read, ports, 7, 2), kernel_Error_OUT_OF_RANGE);
	assert_int_equal(TRY(IoPorts, write, ports, 5, 4, 1), kernel_Error_OUT_OF_RANGE);
	assert_int_equal(TRY(IoPorts, read, ports, 65535, 4), kernel_Error_OUT_OF_RANGE);
	assert_int_equal(TRY(IoPorts, read, ports, 0, 3), kernel_Error_INVALID);
	assert_int_equal(TRY(IoPorts, read, ports, 0, 0), kernel_Error_INVALID);
	assert_int_equal(TRY(IoPorts, read, last, 1, 2), kernel_Error_OUT_OF_RANGE);
	assert_int_equal(host_ports[0x108], 0xaa);
}

static void ranges_do_not_overlap(void **unused)
{
	uint32_t ports = get_ports(0x60, 5);

	(void)unused;
	assert_int_equal(try_ports(0x64, 1), kernel_Error_TAKEN);
	assert_int_equal(try_ports(0x5f, 2), kernel_Error_TAKEN);
	assert_int_equal(try_ports(0, 65536), kernel_Error_TAKEN);
	get_ports(0x65, 1);
	get_ports(0x5f, 1);
	assert_int_equal(try_ports(0, 0), kernel_Error_INVALID);
	assert_int_equal(try_ports(0xffff, 2), kernel_Error_INVALID);
	assert_int_equal(try_ports(1, UINT32_MAX), kernel_Error_INVALID);
	program_system_call(ABI_CLOSE, ports, 0, 0, 0, 0);
	get_ports(0x60, 5);
}

static void a_slice_keeps_the_whole(void **unused)
{
	uint32_t ports = get_ports(0x200, 16), slice;

	(void)unused;
	OK(IoPorts, slice, ports, 4, 4);
	slice = NUMBER(IoPorts_slice.ports);
	OK(IoPorts, write, slice, 3, 1, 0x5a);
	assert_int_equal(host_ports[0x207], 0x5a);
	assert_int_equal(TRY(IoPorts, write, slice, 4, 1, 1), kernel_Error_OUT_OF_RANGE);
	assert_int_equal(TRY(IoPorts, slice, ports, 13, 4), kernel_Error_OUT_OF_RANGE);
	assert_int_equal(TRY(IoPorts, slice, ports, 16, 1), kernel_Error_OUT_OF_RANGE);
	assert_int_equal(TRY(IoPorts, slice, ports, 0, 0), kernel_Error_OUT_OF_RANGE);
	program_system_call(ABI_CLOSE, ports, 0, 0, 0, 0);
	assert_int_equal(try_ports(0x200, 1), kernel_Error_TAKEN);
	program_system_call(ABI_CLOSE, slice, 0, 0, 0, 0);
	get_ports(0x200, 16);
}

static void many_are_read_into_a_lease(void **unused)
{
	uint32_t ports = get_ports(0x1f0, 8);
	uint64_t base = program_pages(3 * 4096);
	static uint8_t seen[6000];

	(void)unused;
	host_ports[0x1f0] = 0x34;
	host_ports[0x1f1] = 0x12;
	OK(IoPorts, read_many, ports, 0, 2,
		sk_lend_out((void *)(uintptr_t)(base + 100), sizeof seen));
	assert_int_equal(host_user_read(program_thread, base + 100, seen, sizeof seen),
		sizeof seen);
	for (unsigned i = 0; i < sizeof seen; i++)
		assert_int_equal(seen[i], i % 2 ? 0x12 : 0x34);
	assert_int_equal(TRY(IoPorts, read_many, ports, 0, 4,
		sk_lend_out((void *)(uintptr_t)base, 6)), kernel_Error_INVALID);
	assert_int_equal(TRY(IoPorts, read_many, ports, 0, 2,
		sk_lend_out((void *)(uintptr_t)UINT64_C(0x6000000000), 6)), SK_LEASE_FAULT);
}

static void many_are_written_from_a_lease(void **unused)
{
	uint32_t ports = get_ports(0x1f0, 8);
	uint64_t base = program_pages(2 * 4096);
	uint8_t last[4] = { 1, 2, 3, 4 };

	(void)unused;
	host_user_write(program_thread, base + 5000 - 4, last, 4);
	OK(IoPorts, write_many, ports, 4, 4, sk_lend((void *)(uintptr_t)base, 5000));
	assert_memory_equal(host_ports + 0x1f4, last, 4);
}

static void rights_are_needed(void **unused)
{
	uint32_t ports = program_weaker(get_ports(0x70, 2), kernel_Rights_READ);

	(void)unused;
	assert_int_equal(TRY(IoPorts, read, ports, 0, 1), 0);
	assert_int_equal(TRY(IoPorts, write, ports, 0, 1, 1), SK_BAD_HANDLE);
	assert_int_equal(TRY(IoPorts, slice, ports, 0, 1), SK_BAD_HANDLE);
}

static const struct CMUnitTest cases[] = {
	CASE(widths_are_read_and_written),
	CASE(nothing_beyond_is_reached),
	CASE(ranges_do_not_overlap),
	CASE(a_slice_keeps_the_whole),
	CASE(many_are_read_into_a_lease),
	CASE(many_are_written_from_a_lease),
	CASE(rights_are_needed),
};
FIXTURE_MAIN(cases)
