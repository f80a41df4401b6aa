/* Instructions and addresses that are not its own: each ends an instance. */
#include "tests/servers/intruder/intruder.h"

static void in_keyboard(void)
{
	__asm__ volatile("inb $0x60, %%al" : : : "rax");
}

static void in_beside(void)
{
	__asm__ volatile("inb %%dx, %%al" : : "d"(0x2e7) : "rax");
}

static void in_of_other(void)
{
	__asm__ volatile("inl %%dx, %%eax" : : "d"(0x2f0) : "rax");
}

static void out_reset(void)
{
	__asm__ volatile("outb %%al, %%dx" : : "a"(6), "d"(0xcf9));
}

static void disable(void)
{
	__asm__ volatile("cli");
}

static void halt(void)
{
	__asm__ volatile("hlt");
}

static void read_register(void)
{
	__asm__ volatile("rdmsr" : : "c"(0xc0000082) : "rax", "rdx");
}

static void read_tables(void)
{
	__asm__ volatile("mov %%cr3, %%rax" : : : "rax");
}

static void load_tables(void)
{
	static const uint8_t table[16];

	__asm__ volatile("lidt %0" : : "m"(table));
}

static void touch(uint64_t address, bool write)
{
	volatile uint8_t *at = (volatile uint8_t *)(uintptr_t)address;

	if (write)
		*at = 1;
	else
		(void)*at;
}

static void read_kernel(void)
{
	touch(UINT64_C(0xffffffff80100000), false);
}

static void write_direct_map(void)
{
	touch(UINT64_C(0xffff800000100000), true);
}

static void write_text(void)
{
	touch((uintptr_t)write_text, true);
}

static void run_data(void)
{
	static uint8_t code[16] = {0xc3};

	((void (*)(void))(uintptr_t)code)();
}

static const struct {
	const char *what;
	void (*body)(void);
	int32_t code;
} faults[] = {
	{"in of the keyboard's port", in_keyboard, fault_Exception_PROTECTION},
	{"in of the port before its own", in_beside, fault_Exception_PROTECTION},
	{"in of another driver's port", in_of_other, fault_Exception_PROTECTION},
	{"out to the reset port", out_reset, fault_Exception_PROTECTION},
	{"cli", disable, fault_Exception_PROTECTION},
	{"hlt", halt, fault_Exception_PROTECTION},
	{"rdmsr", read_register, fault_Exception_PROTECTION},
	{"reading cr3", read_tables, fault_Exception_PROTECTION},
	{"lidt", load_tables, fault_Exception_PROTECTION},
	{"reading the kernel", read_kernel, fault_Reason_BAD_ADDRESS},
	{"writing physical memory", write_direct_map, fault_Reason_BAD_ADDRESS},
	{"writing its own text", write_text, fault_Reason_PROTECTION},
	{"running data", run_data, fault_Reason_PROTECTION},
};
#define FAULTS (sizeof(faults) / sizeof(faults[0]))

static void ended_by_fault(void)
{
	struct svrctl_Supervisor_status_reply reply = {{0}};
	uint32_t last = tap.os->instance - 1;

	EXPECT(CALL(svrctl_Supervisor, status, &intruder.control.kernel.channel, &reply,
		.name = {"intruder", 8}), 0);
	EXPECT(reply.condition.last_end, svrctl_End_FAULTED);
	EXPECT(reply.condition.last_code, faults[last].code);
}

void try_faults(void)
{
	uint32_t instance = tap.os->instance;
	static char name[80] = "a driver ends by ";

	if (instance > 0 && instance <= FAULTS) {
		memcpy(name + 17, faults[instance - 1].what,
			strlen(faults[instance - 1].what) + 1);
		tap_run(name, ended_by_fault);
	}
	if (instance < FAULTS)
		faults[instance].body();
	if (instance < FAULTS) {
		sk_log(tap.os, log_Level_ERROR, "not ok - %s does no harm",
			faults[instance].what);
		sk_os_exit(tap.os, 1);
	}
}
