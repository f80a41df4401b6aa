/* The machine as programs see it: what firmware told, the log, randomness,
 * hardware that one driver has; and how the first program came to be. */
#include "tests/kernel/unit/kernel_program.h"

#include "kernel/log.h"
#include "kernel/memory.h"
#include "kernel/quota.h"
#include "kernel/random.h"
#include "kernel/sched.h"
#include "kernel/system.h"

/* ---- the first program ---- */

static void it_is_loaded_with_handles_and_a_stack(void **unused)
{
	uint8_t bytes[32];
	uint8_t zero = 1;
	static const uint32_t kinds[] = { kernel_Kind_SPACE, kernel_Kind_THREAD,
		kernel_Kind_QUOTA, kernel_Kind_SYSTEM };

	(void)unused;
	assert_int_equal(frame_instruction(&program_thread->frame) & ~UINT64_C(0xff), 0x400000);
	assert_int_equal(host_user_read(program_thread, PROGRAM_ENTRY, bytes, 16), 16);
	assert_memory_equal(bytes, "what it begins w", 16);
	assert_int_equal(host_user_read(program_thread, 0x401fff, &zero, 1), 1);
	assert_int_equal(zero, 0);
	assert_int_equal(host_user_write(program_thread, program_thread->frame.stack - 32,
		bytes, 32), 32);
	for (uint32_t i = 0; i < 4; i++) {
		struct kernel_Object_info_request request = { 0 };
		struct kernel_Object_info_reply info;

		assert_int_equal(kernel_Object_info(program_to_number(ABI_FIRST(i + 1)),
			&request, &info, PATIENT), 0);
		assert_int_equal(info.kind, kinds[i]);
		assert_int_equal(info.rights, 0x3fff);
	}
	assert_string_equal(program_thread->space->object.name, "init");
}

/* Starts with an archive that has something wrong with it: no program, and the
 * kernel says so and goes on. */
static void start_damaged(unsigned at, uint8_t value)
{
	program_make_archive();
	program_archive[at] = value;
	host_machine(UINT64_C(8) << 20, 1);
	host_initrd(program_archive, sizeof program_archive);
	host_kernel();
	assert_null(host_cpus[0].current);
	fixture_logged("the first program cannot be started");
	host_stop();
}

static void without_one_the_kernel_says_so(void **unused)
{
	const unsigned elf = 512 + 1024 + 512;

	(void)unused;
	start_damaged(512 + 1024 + 2, 'x');	/* its name */
	start_damaged(elf, 0);			/* no ELF file */
	start_damaged(elf + 4, 1);		/* of 32 bits */
	start_damaged(elf + 16, 3);		/* not fixed in its place */
	start_damaged(elf + 39, 0x80);		/* parts beyond its end */
	start_damaged(elf + 57, 0x80);		/* too many parts */
	start_damaged(elf + 79, 0xff);		/* a part beyond its end */
	start_damaged(elf + 87, 0xff);		/* out of programs' reach */
	start_damaged(elf + 111, 0xff);		/* too large */
	start_damaged(elf + 97, 1);		/* more of the file than there is */
}

/* All that can be cut off or turned: never more than a log line. */
static void no_archive_harms_the_kernel(void **unused)
{
	(void)unused;
	fixture_seed("no_archive_harms_the_kernel");
	for (unsigned round = 0; round < 300; round++) {
		program_make_archive();
		for (unsigned i = 0; i < 3; i++)
			program_archive[1536 + fixture_random(700)] =
				(uint8_t)fixture_random(256);
		host_machine(UINT64_C(8) << 20, 1);
		host_initrd(program_archive, 1 + fixture_random(sizeof program_archive));
		host_kernel();
		if (space_next(0))
			space_kill(space_next(0), 0);
		host_look();
		host_look();
		host_stop();
	}
}

/* ---- what is told ---- */

static void the_machine_is_described(void **unused)
{
	uint64_t total;

	(void)unused;
	OK(System, boot_info, ABI_FIRST_SYSTEM, 0);
	assert_int_equal(System_boot_info.cpus, 2);
	assert_int_equal(System_boot_info.initrd_size, sizeof program_archive);
	OK(System, memory_map, ABI_FIRST_SYSTEM, 0);
	struct kernel_PhysicalRange range;
	bool found = false;
	while (kernel_PhysicalRange_next(&System_memory_map.list, &range))
		found |= range.use == kernel_MemoryUse_USABLE && range.address == HOST_PHYSICAL;
	assert_true(found);
	OK(System, memory, ABI_FIRST_SYSTEM, 0);
	total = System_memory.total;
	assert_in_range(total, 30 << 20, 32 << 20);
	assert_in_range(System_memory.free, 1, total - 1);
	assert_in_range(System_memory.kernel, 1, total);
	OK(System, cpu_info, ABI_FIRST_SYSTEM, 1);
	assert_int_equal(System_cpu_info.core, 1);
	assert_int_equal(System_cpu_info.vectors_size, HOST_VECTORS);
	assert_int_equal(TRY(System, cpu_info, ABI_FIRST_SYSTEM, 2), kernel_Error_NOT_FOUND);
	assert_int_equal(TRY(System, cpu_time, ABI_FIRST_SYSTEM, 1), 0);
	assert_int_equal(TRY(System, cpu_time, ABI_FIRST_SYSTEM, 2), kernel_Error_NOT_FOUND);
	assert_int_equal(TRY(System, framebuffer, ABI_FIRST_SYSTEM, 0), kernel_Error_NOT_FOUND);
	assert_int_equal(TRY(System, boot_memory, ABI_FIRST_SYSTEM,
		kernel_BootMemory_DEVICE_TREE), kernel_Error_NOT_FOUND);
}

static void the_archive_can_be_mapped_and_not_written(void **unused)
{
	static uint8_t seen[sizeof program_archive];

	(void)unused;
	OK(System, boot_memory, ABI_FIRST_SYSTEM, kernel_BootMemory_INITRD);
	uint32_t memory = NUMBER(System_boot_memory.memory);
	uint64_t address = program_map(memory, sizeof seen, kernel_Protection_READ);

	assert_int_equal(host_user_read(program_thread, address, seen, sizeof seen),
		sizeof seen);
	assert_memory_equal(seen, program_archive, sizeof seen);
	assert_int_equal(TRY(Memory, decommit, memory, 0, 4096), SK_BAD_HANDLE);
}

static void power_is_the_machines(void **unused)
{
	(void)unused;
	assert_int_equal(TRY(System, power, ABI_FIRST_SYSTEM, 9, 0), kernel_Error_INVALID);
	assert_int_equal(TRY(System, power, ABI_FIRST_SYSTEM, kernel_PowerAction_OFF, 7),
		kernel_Error_NOT_SUPPORTED);
	assert_int_equal(host_power_action, kernel_PowerAction_OFF);
	assert_int_equal(host_power_code, 7);
	assert_int_equal(TRY(System, power, program_weaker(ABI_FIRST_SYSTEM,
		kernel_Rights_INSPECT), kernel_PowerAction_OFF, 0), SK_BAD_HANDLE);
}

static void the_log_is_written_read_and_watched(void **unused)
{
	uint32_t n = program_notification();
	uint64_t from = log_end();
	char longer[1000];

	(void)unused;
	OK(System, watch_log, ABI_FIRST_SYSTEM, COPY(Notification, n), 2);
	memset(longer, 'x', sizeof longer);
	struct sk_string words = { longer, sizeof longer };
	OK(System, log, ABI_FIRST_SYSTEM, words);
	assert_int_equal(program_bits(n), 2);
	OK(System, read_log, ABI_FIRST_SYSTEM, from);
	assert_int_equal(System_read_log.text.size, sizeof longer);
	assert_memory_equal(System_read_log.text.data, longer, sizeof longer);
	assert_int_equal(System_read_log.next, from + sizeof longer);
	assert_int_equal(System_read_log.lost, 0);
	log_print("the kernel says something itself\n");
	host_look();
	assert_int_equal(program_bits(n), 2);
	host_look();
	assert_int_equal(program_bits(n), 0);
}

/* ---- randomness ---- */

static void chacha_is_chacha(void **unused)
{
	/* RFC 8439, 2.3.2 */
	static const uint32_t from[16] = {
		0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, 0x03020100, 0x07060504,
		0x0b0a0908, 0x0f0e0d0c, 0x13121110, 0x17161514, 0x1b1a1918, 0x1f1e1d1c,
		0x00000001, 0x09000000, 0x4a000000, 0x00000000 };
	static const uint32_t expected[16] = {
		0xe4e7f110, 0x15593bd1, 0x1fdd0f50, 0xc47120a3, 0xc7f4d1c7, 0x0368c033,
		0x9aaa2204, 0x4e6cd4c3, 0x466482d2, 0x09aa9f07, 0x05d7c214, 0xa2028bd9,
		0xd19c12b5, 0xb94e16de, 0xe883d0cb, 0x4e3c50a2 };
	uint32_t to[16];

	(void)unused;
	random_block(from, to);
	assert_memory_equal(to, expected, sizeof to);
}

static void random_bytes_are_random(void **unused)
{
	uint8_t bytes[16][256];
	unsigned ones = 0;

	(void)unused;
	for (unsigned i = 0; i < 16; i++) {
		OK(System, random, ABI_FIRST_SYSTEM, 256);
		assert_int_equal(System_random.bytes.size, 256);
		memcpy(bytes[i], System_random.bytes.data, 256);
	}
	assert_memory_not_equal(bytes[0], bytes[1], 64);
	assert_memory_not_equal(bytes[0], bytes[0] + 64, 64);
	for (unsigned i = 0; i < 4096 * 8; i++)
		ones += bytes[i / 2048][i / 8 % 256] >> i % 8 & 1;
	assert_in_range(ones, 15884, 16884);	/* half, within 5 and a half sigma */
	OK(System, random, ABI_FIRST_SYSTEM, 3);
	assert_int_equal(System_random.bytes.size, 3);
	assert_int_equal(TRY(System, random, ABI_FIRST_SYSTEM, 257), kernel_Error_INVALID);
}

/* ---- hardware ---- */

#define DEVICE UINT64_C(0xfee00000)

static int try_physical(uint64_t address, uint64_t length)
{
	return TRY(System, physical, ABI_FIRST_SYSTEM, HANDLE(Quota, ABI_FIRST_QUOTA), address,
		length, kernel_Caching_UNCACHED);
}

static void a_device_is_one_drivers(void **unused)
{
	(void)unused;
	OK(System, physical, ABI_FIRST_SYSTEM, HANDLE(Quota, ABI_FIRST_QUOTA), DEVICE, 8192,
		kernel_Caching_UNCACHED);
	assert_int_equal(try_physical(DEVICE + 4096, 8192), kernel_Error_TAKEN);
	assert_int_equal(try_physical(DEVICE - 4096, 4096), 0);
	assert_int_equal(TRY(System, physical, ABI_FIRST_SYSTEM,
		HANDLE(Quota, ABI_FIRST_QUOTA), DEVICE + 8192, 4096, 99), kernel_Error_INVALID);
	program_close(&program, System_physical.memory.raw);
	assert_int_equal(try_physical(DEVICE, 8192), 0);
}

static void memory_that_is_in_use_is_no_device(void **unused)
{
	(void)unused;
	assert_int_equal(try_physical(HOST_PHYSICAL, 4096), kernel_Error_TAKEN);
	assert_int_equal(try_physical(HOST_PHYSICAL - 4096, 8192), kernel_Error_TAKEN);
	assert_int_equal(try_physical(DEVICE + 1, 4096), kernel_Error_INVALID);
	assert_int_equal(try_physical(DEVICE, 0), kernel_Error_INVALID);
	assert_int_equal(try_physical(DEVICE, UINT64_MAX & ~UINT64_C(4095)),
		kernel_Error_INVALID);
}

static void spaces_are_listed_and_opened(void **unused)
{
	struct space *other;
	uint64_t first;

	(void)unused;
	OK(Quota, create_space, ABI_FIRST_QUOTA, 0);
	other = program_object(NUMBER(Quota_create_space.space));
	first = program_thread->space->object.id;
	{
		OK(System, open_space, ABI_FIRST_SYSTEM, 0);
		assert_int_equal(System_open_space.id, first);
	}
	OK(System, open_space, ABI_FIRST_SYSTEM, first + 1);
	assert_ptr_equal(program_object(NUMBER(System_open_space.space)), other);
	assert_int_equal(System_open_space.id, other->object.id);
	assert_int_equal(TRY(System, open_space, ABI_FIRST_SYSTEM, other->object.id + 1),
		kernel_Error_NOT_FOUND);
}

static bool is_slow(const char *command_line)
{
	bool is;

	program_make_archive();
	host_machine(UINT64_C(8) << 20, 1);
	host_initrd(program_archive, sizeof program_archive);
	host_boot.command_line = command_line;
	host_kernel();
	is = sched_is_slow;
	host_stop();
	return is;
}

static void slow_is_a_word_of_its_own(void **unused)
{
	(void)unused;
	assert_false(is_slow(""));
	assert_false(is_slow("case=slow"));
	assert_false(is_slow("case=+slower slower"));
	/* A machine that was told so stays slow, the hosted ones too. */
	assert_true(is_slow("case=slower slow"));
}

static const struct CMUnitTest cases[] = {
	CASE(it_is_loaded_with_handles_and_a_stack),
	cmocka_unit_test(without_one_the_kernel_says_so),
	cmocka_unit_test(no_archive_harms_the_kernel),
	CASE(the_machine_is_described),
	CASE(the_archive_can_be_mapped_and_not_written),
	CASE(power_is_the_machines),
	CASE(the_log_is_written_read_and_watched),
	cmocka_unit_test(chacha_is_chacha),
	CASE(random_bytes_are_random),
	CASE(a_device_is_one_drivers),
	CASE(memory_that_is_in_use_is_no_device),
	CASE(spaces_are_listed_and_opened),
	cmocka_unit_test(slow_is_a_word_of_its_own),
};
FIXTURE_MAIN(cases)
