/* The machine: System, trace, I/O ports, interrupts. */
#include "test.h"

static void boot_info(struct test *t)
{
	struct kernel_System_boot_info_reply info;

	REQUIRE_OK(t, K(t, t->system, System_boot_info, &info, 0));
	EXPECT_TRUE(t, info.cpus >= 1 && info.cpus <= 64);
	EXPECT_TRUE(t, info.initrd_size > 0);
	EXPECT_TRUE(t, info.version.size > 0);
}

static void initrd(struct test *t)
{
	struct kernel_System_boot_memory_reply reply;
	const char *archive;

	REQUIRE_OK(t, K(t, t->system, System_boot_memory, &reply,
		.what = kernel_BootMemory_INITRD));
	archive = (const char *)map_as(t, reply.memory.raw, 0, SK_PAGE,
		kernel_Protection_READ, 0);
	REQUIRE(t, archive);
	EXPECT(t, memcmp(archive + 257, "ustar", 5), 0);
	EXPECT_TRUE(t, K(t, t->space, Space_map, &(struct kernel_Space_map_reply){0},
		.memory = {reply.memory.raw}, .length = SK_PAGE, .protection =
		kernel_Protection_READ | kernel_Protection_WRITE) != 0);
}

static void memory_counts(struct test *t)
{
	struct kernel_System_memory_reply reply;

	REQUIRE_OK(t, K(t, t->system, System_memory, &reply, 0));
	EXPECT_TRUE(t, reply.total > (UINT64_C(16) << 20));
	EXPECT_TRUE(t, reply.free < reply.total);
	EXPECT_TRUE(t, reply.kernel > 0);
}

static void memory_map(struct test *t)
{
	struct kernel_System_memory_map_reply reply;
	struct kernel_PhysicalRange range;
	uint64_t last = 0, usable = 0;

	REQUIRE_OK(t, K(t, t->system, System_memory_map, &reply, .from = 0));
	while (kernel_PhysicalRange_next(&reply.list, &range)) {
		EXPECT_TRUE(t, range.address >= last);
		last = range.address + range.length;
		if (range.use == kernel_MemoryUse_USABLE)
			usable += range.length;
	}
	EXPECT_TRUE(t, usable > (UINT64_C(16) << 20));
}

static void cpu_info(struct test *t)
{
	struct kernel_System_cpu_info_reply info;

	for (unsigned i = 0; i < t->cpus; i++) {
		REQUIRE_OK(t, K(t, t->system, System_cpu_info, &info, .cpu = i));
		EXPECT_TRUE(t, info.vendor.size > 0);
	}
	EXPECT_TRUE(t, K(t, t->system, System_cpu_info, &info, .cpu = t->cpus) > 0);
}

static void cpu_time(struct test *t)
{
	struct kernel_System_cpu_time_reply a, b;

	REQUIRE_OK(t, K(t, t->system, System_cpu_time, &a, .cpu = 0));
	pause_for(t, 20 * MS);
	REQUIRE_OK(t, K(t, t->system, System_cpu_time, &b, .cpu = 0));
	EXPECT_TRUE(t, b.user + b.kernel + b.idle > a.user + a.kernel + a.idle);
	EXPECT_TRUE(t, K(t, t->system, System_cpu_time, &a, .cpu = 1000) > 0);
}

static void log_is_read(struct test *t)
{
	struct kernel_System_read_log_reply reply;
	uint64_t from = 0;
	bool found = false;

	sk_print(t->thread, "# a word that stands nowhere else: xyzzy%d\n", 42);
	do {
		REQUIRE_OK(t, K(t, t->system, System_read_log, &reply, .from = from));
		from = reply.next;
		found = found || sk_find((const char *)reply.text.data,
			reply.text.size, "xyzzy42", 7);
	} while (reply.text.size != 0 && !found);
	EXPECT_TRUE(t, found);
}

static void log_is_watched(struct test *t)
{
	struct sk_handle grown = new_notification(t);

	REQUIRE_OK(t, K0(t, t->system, System_watch_log, .notify = {COPY(t, grown)},
		.bits = 1));
	sk_print(t->thread, "# grows\n");
	EXPECT(t, await(grown, 1, t), 1);
}

static void random_bytes(struct test *t)
{
	struct kernel_System_random_reply reply;
	uint8_t a[64];

	REQUIRE_OK(t, K(t, t->system, System_random, &reply, .count = 64));
	REQUIRE(t, reply.bytes.size == 64);
	memcpy(a, reply.bytes.data, 64);
	REQUIRE_OK(t, K(t, t->system, System_random, &reply, .count = 64));
	EXPECT_TRUE(t, memcmp(a, reply.bytes.data, 64) != 0);
}

static void spaces(struct test *t)
{
	struct kernel_Object_info_reply info;
	struct kernel_System_open_space_reply opened;
	uint64_t from = 0;

	REQUIRE_OK(t, K(t, new_space(t), Object_info, &info, 0));
	do {
		REQUIRE_OK(t, K(t, t->system, System_open_space, &opened, .from = from));
		sk_sys_close(NUMBER(opened.space.raw));
		EXPECT_TRUE(t, opened.id >= from);
		from = opened.id + 1;
	} while (opened.id < info.id);
	EXPECT(t, opened.id, info.id);
	EXPECT_STATUS(t, K(t, t->system, System_open_space, &opened, .from = 1 << 30),
		kernel_Error_NOT_FOUND);
}

static void usable_is_not_given(struct test *t)
{
	struct kernel_System_physical_reply reply;

	EXPECT_TRUE(t, K(t, t->system, System_physical, &reply, .charge = {t->quota},
		.address = 16 << 20, .length = SK_PAGE) > 0);
	EXPECT_TRUE(t, K(t, t->system, System_physical, &reply, .charge = {t->quota},
		.address = 5, .length = SK_PAGE) > 0);
	EXPECT_TRUE(t, K(t, t->system, System_physical, &reply, .charge = {t->quota},
		.address = UINT64_MAX - 4095, .length = SK_PAGE) > 0);
}

static void system_rights(struct test *t)
{
	struct sk_handle weak = copy(t, t->system, kernel_Rights_INSPECT);
	struct kernel_System_io_ports_reply ports;
	struct kernel_System_clock_reply clock;
	struct kernel_System_open_space_reply opened;

	EXPECT_STATUS(t, K0(t, weak, System_power, .action = kernel_PowerAction_OFF),
		SK_BAD_HANDLE);
	EXPECT_STATUS(t, K0(t, weak, System_log, .text = {"x", 1}), SK_BAD_HANDLE);
	EXPECT_STATUS(t, K(t, weak, System_io_ports, &ports, .charge = {t->quota},
		.first = 0x80, .count = 1), SK_BAD_HANDLE);
	EXPECT_STATUS(t, K(t, weak, System_clock, &clock, 0), SK_BAD_HANDLE);
	EXPECT_STATUS(t, K(t, weak, System_open_space, &opened, .from = 1), SK_BAD_HANDLE);
}

/* ---- ports ---- */

static struct sk_handle ports(struct test *t, uint16_t first, uint32_t count)
{
	struct kernel_System_io_ports_reply reply;

	return K(t, t->system, System_io_ports, &reply, .charge = {t->quota},
		.first = first, .count = count) == SK_OK ? reply.ports.raw : sk_no_handle();
}

static void ports_are_reached(struct test *t)
{
	struct sk_handle cmos = ports(t, 0x70, 2);
	struct kernel_IoPorts_read_reply got;
	struct kernel_IoPorts_range_reply range;

	REQUIRE(t, cmos.raw >= 0);
	REQUIRE_OK(t, K0(t, cmos, IoPorts_write, .port = 0, .width = 1, .value = 0x0f));
	REQUIRE_OK(t, K(t, cmos, IoPorts_read, &got, .port = 1, .width = 1));
	EXPECT_TRUE(t, got.value < 0x100);
	REQUIRE_OK(t, K(t, cmos, IoPorts_range, &range, 0));
	EXPECT(t, range.first, 0x70);
	EXPECT(t, range.count, 2);
}

static void ports_are_checked(struct test *t)
{
	struct sk_handle cmos = ports(t, 0x70, 2);
	struct kernel_IoPorts_read_reply got;

	REQUIRE(t, cmos.raw >= 0);
	EXPECT_TRUE(t, K(t, cmos, IoPorts_read, &got, .port = 2, .width = 1) > 0);
	EXPECT_TRUE(t, K(t, cmos, IoPorts_read, &got, .port = 1, .width = 2) > 0);
	EXPECT_TRUE(t, K(t, cmos, IoPorts_read, &got, .port = 0, .width = 3) > 0);
	EXPECT_TRUE(t, K(t, cmos, IoPorts_read, &got, .port = 65535, .width = 4) > 0);
}

static void ports_are_one_owners(struct test *t)
{
	struct kernel_System_io_ports_reply reply;
	struct sk_handle cmos = ports(t, 0x70, 2);

	REQUIRE(t, cmos.raw >= 0);
	EXPECT_STATUS(t, K(t, t->system, System_io_ports, &reply, .charge = {t->quota},
		.first = 0x71, .count = 4), kernel_Error_TAKEN);
	close(cmos);
	pause_for(t, 2 * MS);
	EXPECT_TRUE(t, ports(t, 0x70, 2).raw >= 0);
	EXPECT_TRUE(t, K(t, t->system, System_io_ports, &reply, .charge = {t->quota},
		.first = 0xfff0, .count = 17) > 0);
	EXPECT_TRUE(t, K(t, t->system, System_io_ports, &reply, .charge = {t->quota},
		.first = 0x80, .count = 0) > 0);
}

/* ---- interrupts ---- */

static void interrupt_comes(struct test *t)
{
	struct kernel_System_interrupt_reply line;
	struct kernel_Interrupt_status_reply status;
	struct sk_handle n = new_notification(t), rtc = ports(t, 0x70, 2);
	struct kernel_IoPorts_read_reply got = {0};

	/* The clock chip's periodic interrupt, 8 Hz and more. */
	REQUIRE(t, rtc.raw >= 0);
	REQUIRE_OK(t, K(t, t->system, System_interrupt, &line, .charge = {t->quota},
		.line = 8, .trigger = kernel_Trigger_EDGE_RISING));
	REQUIRE_OK(t, K0(t, line.interrupt.raw, Interrupt_bind, .has_notify = true,
		.notify = {COPY(t, n)}, .bits = 2));
	K0(t, rtc, IoPorts_write, .port = 0, .width = 1, .value = 0x8a);
	K0(t, rtc, IoPorts_write, .port = 1, .width = 1, .value = 0x29);
	K0(t, rtc, IoPorts_write, .port = 0, .width = 1, .value = 0x8b);
	K(t, rtc, IoPorts_read, &got, .port = 1, .width = 1);
	K0(t, rtc, IoPorts_write, .port = 0, .width = 1, .value = 0x8b);
	K0(t, rtc, IoPorts_write, .port = 1, .width = 1, .value = got.value | 0x40);
	for (unsigned i = 0; i < 3; i++) {
		EXPECT(t, await(n, 2, t), 2);
		K0(t, rtc, IoPorts_write, .port = 0, .width = 1, .value = 0x0c);
		K(t, rtc, IoPorts_read, &got, .port = 1, .width = 1);
		EXPECT_OK(t, K0(t, line.interrupt.raw, Interrupt_acknowledge, 0));
	}
	REQUIRE_OK(t, K(t, line.interrupt.raw, Interrupt_status, &status, 0));
	EXPECT(t, status.line, 8);
	EXPECT_TRUE(t, status.count >= 3);
	K0(t, rtc, IoPorts_write, .port = 0, .width = 1, .value = 0x8b);
	K0(t, rtc, IoPorts_write, .port = 1, .width = 1, .value = 2);
}

static void lines_are_one_owners(struct test *t)
{
	struct kernel_System_interrupt_reply line, again;

	REQUIRE_OK(t, K(t, t->system, System_interrupt, &line, .charge = {t->quota},
		.line = 8));
	EXPECT_STATUS(t, K(t, t->system, System_interrupt, &again, .charge = {t->quota},
		.line = 8), kernel_Error_TAKEN);
	EXPECT_TRUE(t, K(t, t->system, System_interrupt, &again, .charge = {t->quota},
		.line = 100000) > 0);
}

static void messages_have_addresses(struct test *t)
{
	struct kernel_System_message_interrupt_reply made;
	struct kernel_Interrupt_status_reply message = {0};
	int status;

	REQUIRE_OK(t, K(t, t->system, System_message_interrupt, &made,
		.charge = {t->quota}));
	status = K(t, made.interrupt.raw, Interrupt_status, &message, 0);
	EXPECT_OK(t, status);
	EXPECT(t, message.address >> 20, 0xfee);
}

/* ---- tracing ---- */

static void trace_records(struct test *t)
{
	struct kernel_System_trace_reply trace;
	struct kernel_Trace_cpu_ring_reply ring;

	REQUIRE_OK(t, K(t, t->system, System_trace, &trace, 0));
	REQUIRE_OK(t, K0(t, trace.trace.raw, Trace_set_mask,
		.mask = kernel_TraceMask_SCHEDULING | kernel_TraceMask_DELIVERIES));
	pause_for(t, 5 * MS);
	REQUIRE_OK(t, K(t, trace.trace.raw, Trace_cpu_ring, &ring, .cpu = 0));
	EXPECT_TRUE(t, map_as(t, ring.ring.raw, 0, SK_PAGE, kernel_Protection_READ,
		0) != 0);
	EXPECT_OK(t, K0(t, trace.trace.raw, Trace_set_mask, .mask = 0));
	EXPECT_TRUE(t, K(t, trace.trace.raw, Trace_cpu_ring, &ring, .cpu = 999) > 0);
}

const struct test_case machine_cases[] = {
	{"system: says how it was started", boot_info, 0},
	{"system: the archive can be read and not written", initrd, 0},
	{"system: counts its memory", memory_counts, 0},
	{"system: has a map of memory, in order", memory_map, 0},
	{"system: tells of each CPU", cpu_info, 0},
	{"system: counts the time of CPUs", cpu_time, 0},
	{"system: its log can be read", log_is_read, 0},
	{"system: its log can be watched", log_is_watched, 0},
	{"system: has random bytes", random_bytes, 0},
	{"system: lists spaces, and opens them", spaces, 0},
	{"system: usable memory is not given out as physical", usable_is_not_given, 0},
	{"system: rights are asked for", system_rights, 0},
	{"ports: are reached", ports_are_reached, 0},
	{"ports: offsets and widths are checked", ports_are_checked, 0},
	{"ports: have one owner", ports_are_one_owners, 0},
	{"interrupt: comes, and again when acknowledged", interrupt_comes, 0},
	{"interrupt: a line has one owner", lines_are_one_owners, 0},
	{"interrupt: messages have an address", messages_have_addresses, 0},
	{"trace: records, and can be mapped", trace_records, 0},
	{0}
};
