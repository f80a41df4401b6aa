/*
 * The serial line (16550, COM1), I/O ports for drivers, and how the machine is
 * left.
 */
#include "kernel.skald.h"
#include "kernel/arch/x86_64/local.h"

#define COM1 0x3f8
#define SERIAL_READY 0x20
/* QEMU's isa-debug-exit: it ends with twice the value, and 1. */
#define EXIT_PORT 0xf4

void console_start(void)
{
	static const uint8_t steps[][2] = { { 1, 0 }, { 3, 0x80 }, { 0, 1 }, { 1, 0 },
		{ 3, 3 }, { 2, 0xc7 }, { 4, 3 } };

	for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++)
		outb((uint16_t)(COM1 + steps[i][0]), steps[i][1]);
}

/* Where there is none, all bits are read as set: ready. */
void arch_put(char c)
{
	if (c == '\n')
		arch_put('\r');
	for (unsigned i = 0; i < 100000 && !(inb(COM1 + 5) & SERIAL_READY); i++)
		cpu_relax();
	outb(COM1, (uint8_t)c);
}

/* Width 0 asks whether there are such ports. */
bool arch_port_read(uint16_t port, unsigned width, uint32_t *value)
{
	*value = width == 1 ? inb(port) : width == 2 ? inw(port)
		: width == 4 ? inl(port) : 0;
	return true;
}

bool arch_port_write(uint16_t port, unsigned width, uint32_t value)
{
	if (width == 1)
		outb(port, (uint8_t)value);
	else if (width == 2)
		outw(port, (uint16_t)value);
	else
		outl(port, value);
	return true;
}

/* By the chipset; where that does not: an exception that cannot come. */
static void reset(void)
{
	static const struct descriptors none = { 0, 0 };

	outb(0xcf9, 6);
	time_wait(10000000);
	__asm__ volatile("lidt %0; int3" : : "m"(none));
}

/* What an emulator ends with, if this is one that has been told to. */
void console_exit(uint32_t code)
{
	if (cpuid(1, 0).ecx >> 31)
		outl(EXIT_PORT, code);
}

void arch_power(uint32_t action, uint32_t code)
{
	if (action == kernel_PowerAction_OFF) {
		console_exit(code);
		acpi_power_off();
		time_wait(1000000000);
	} else if (action == kernel_PowerAction_REBOOT) {
		reset();
	} else if (action == kernel_PowerAction_HALT) {
		arch_halt();
	}
}
