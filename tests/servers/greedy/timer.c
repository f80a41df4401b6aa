/* The machine's timer (HPET): registers at an address that everybody knows, and a line, of
 * the manifest's list. */
#include "tests/servers/greedy/greedy.h"

enum { VENDOR = 0, CONFIGURATION = 0x10, STATUS = 0x20, COUNTER = 0xf0, FIRST = 0x100,
	FIRST_AT = 0x108 };
#define VENDOR_INTEL 0x8086
#define RUNS 1u
#define TIMER_INTERRUPTS 4u
#define TIMER_HAS_32_BITS 0x100u
#define LINE 20
#define LINE_SHIFT 9
#define FEMTOSECONDS_IN_MS UINT64_C(1000000000000)

static volatile uint8_t *registers;

static uint32_t get(uint32_t offset)
{
	return *(volatile uint32_t *)(uintptr_t)(registers + offset);
}

static void put(uint32_t offset, uint32_t value)
{
	*(volatile uint32_t *)(uintptr_t)(registers + offset) = value;
}

static struct sk_channel *on(struct sk_handle handle)
{
	static struct sk_kernel_channel channel;

	sk_os_channel(tap.os, &channel, handle);
	return &channel.channel;
}

static void map_registers(void)
{
	struct svrctl_Server_memory_reply memory = {.memory = {sk_no_handle()}};
	struct kernel_Space_map_reply mapped = {0};
	struct kernel_Space_map_request map;

	EXPECT(CALL(1000, svrctl_Server, memory, &tap.os->supervisor.channel, &memory,
		.number = 1), svrctl_Error_NOT_FOUND);
	EXPECT(CALL(1000, svrctl_Server, memory, &tap.os->supervisor.channel, &memory,
		.number = 0), 0);
	kernel_Space_map_request_init(&map);
	map.memory = memory.memory;
	map.length = SK_PAGE;
	map.protection = kernel_Protection_READ | kernel_Protection_WRITE;
	EXPECT(kernel_Space_map(&tap.os->thread->space.channel, &map, &mapped, NULL), 0);
	registers = (volatile uint8_t *)(uintptr_t)mapped.address;
}

static void memory(void)
{
	struct svrctl_Server_memory_reply again;
	uint32_t before;

	map_registers();
	if (!registers)
		return;
	EXPECT(get(VENDOR) >> 16, VENDOR_INTEL);
	put(CONFIGURATION, RUNS);
	before = get(COUNTER);
	sk_os_sleep(tap.os, 2);
	EXPECT_TRUE(get(COUNTER) != before);
	/* It is given once. */
	EXPECT(CALL(1000, svrctl_Server, memory, &tap.os->supervisor.channel, &again,
		.number = 0), svrctl_Error_TAKEN);
}

/* Sets it to interrupt in so many milliseconds. */
static void set_timer(uint32_t milliseconds)
{
	put(FIRST, LINE << LINE_SHIFT | TIMER_INTERRUPTS | TIMER_HAS_32_BITS);
	put(FIRST_AT, get(COUNTER) + (uint32_t)(milliseconds * FEMTOSECONDS_IN_MS /
		get(VENDOR + 4)));
}

static bool comes(uint64_t bit, uint32_t milliseconds)
{
	uint64_t bits = 0;

	return sk_sys_wait(sk_kernel_number(tap.os->notification), bit,
		sk_os_after(tap.os, milliseconds), &bits) == SK_OK && bits == bit;
}

static void interrupt(void)
{
	const uint64_t bit = sk_os_signal(tap.os, NULL, NULL);
	struct svrctl_Server_interrupt_reply given = {.interrupt = {sk_no_handle()}};
	struct kernel_Interrupt_status_reply status = {0};

	if (!registers)
		return;
	EXPECT(CALL(1000, svrctl_Server, interrupt, &tap.os->supervisor.channel, &given,
		.number = 1), 0);
	EXPECT(CALL0(1000, kernel_Interrupt, bind, on(given.interrupt.raw),
		.has_notify = true, .notify = {sk_os_notify(tap.os)}, .bits = bit), 0);
	for (unsigned i = 0; i < 2; i++) {
		set_timer(5);
		EXPECT_TRUE(comes(bit, 1000));
		EXPECT(CALL0(1000, kernel_Interrupt, acknowledge, on(given.interrupt.raw), 0),
			0);
	}
	EXPECT(CALL(1000, kernel_Interrupt, status, on(given.interrupt.raw), &status, 0), 0);
	EXPECT(status.line, LINE);
	EXPECT(status.count, 2);
	put(FIRST, 0);
}

void timer_cases(void)
{
	tap_run("memory that a manifest wants is the device's, and given once", memory);
	tap_run("an interrupt line that a manifest wants interrupts", interrupt);
}
