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

static void many_are_read_at_once(void **unused)
{
	uint32_t ports = get_ports(0x1f0, 8);

	(void)unused;
	host_ports[0x1f0] = 0x34;
	host_ports[0x1f1] = 0x12;
	OK(IoPorts, read_many, ports, 0, 2, 512);
	assert_int_equal(IoPorts_read_many.data.size, 1024);
	for (unsigned i = 0; i < 1024; i++)
		assert_int_equal(IoPorts_read_many.data.data[i], i % 2 ? 0x12 : 0x34);
	assert_int_equal(TRY(IoPorts, read_many, ports, 0, 2, 513), kernel_Error_INVALID);
	assert_int_equal(TRY(IoPorts, read_many, ports, 0, 4, 65535), kernel_Error_INVALID);
	assert_int_equal(TRY(IoPorts, read_many, ports, 7, 2, 1), kernel_Error_OUT_OF_RANGE);
}

static void many_are_written_at_once(void **unused)
{
	uint32_t ports = get_ports(0x1f0, 8);
	uint8_t bytes[1024] = { 0 };

	(void)unused;
	memcpy(bytes + 1020, "\1\2\3\4", 4);
	OK(IoPorts, write_many, ports, 4, 4, (struct sk_bytes){ bytes, sizeof bytes });
	assert_memory_equal(host_ports + 0x1f4, bytes + 1020, 4);
	assert_int_equal(TRY(IoPorts, write_many, ports, 4, 4,
		(struct sk_bytes){ bytes, 6 }), kernel_Error_INVALID);
	assert_int_equal(TRY(IoPorts, write_many, ports, 0, 3,
		(struct sk_bytes){ bytes, 6 }), kernel_Error_INVALID);
}

static void rights_are_needed(void **unused)
{
	uint32_t ports = program_weaker(get_ports(0x70, 2), kernel_Rights_READ);

	(void)unused;
	assert_int_equal(TRY(IoPorts, read, ports, 0, 1), 0);
	assert_int_equal(TRY(IoPorts, write, ports, 0, 1, 1), SK_BAD_HANDLE);
	assert_int_equal(TRY(IoPorts, write_many, ports, 0, 1, (struct sk_bytes){ NULL, 0 }),
		SK_BAD_HANDLE);
}

static const struct CMUnitTest cases[] = {
	CASE(widths_are_read_and_written),
	CASE(nothing_beyond_is_reached),
	CASE(ranges_do_not_overlap),
	CASE(many_are_read_at_once),
	CASE(many_are_written_at_once),
	CASE(rights_are_needed),
};
FIXTURE_MAIN(cases)
