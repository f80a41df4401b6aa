/* Interrupts and ports of the fake machine: what tests see in arrays. */
#include <string.h>

#include "kernel/arch/host/host.h"

struct host_line host_lines[ARCH_LINES + HOST_MESSAGES];
uint8_t host_ports[65536];

void host_devices_reset(void)
{
	memset(host_lines, 0, sizeof host_lines);
	memset(host_ports, 0, sizeof host_ports);
}

static struct host_line *open_line(unsigned line)
{
	if (line >= ARCH_LINES + HOST_MESSAGES || !host_lines[line].open)
		host_fail("this interrupt is not open", line);
	return &host_lines[line];
}

bool arch_interrupt_open(unsigned line, uint32_t trigger)
{
	if (line >= ARCH_LINES)
		return false;
	host_lines[line] = (struct host_line){.open = true, .masked = true,
		.trigger = trigger};
	return true;
}

bool arch_message_open(unsigned *line, uint64_t *address, uint32_t *value)
{
	for (unsigned i = ARCH_LINES; i < ARCH_LINES + HOST_MESSAGES; i++) {
		if (host_lines[i].open)
			continue;
		host_lines[i] = (struct host_line){.open = true, .masked = true};
		*line = i;
		*address = UINT64_C(0xfee00000);
		*value = i;
		return true;
	}
	return false;
}

void arch_interrupt_mask(unsigned line, bool masked)
{
	open_line(line)->masked = masked;
}

void arch_interrupt_done(unsigned line)
{
	open_line(line)->done++;
}

bool arch_interrupt_affinity(unsigned line, uint64_t cpus_wanted)
{
	if (!(cpus_wanted & ((UINT64_C(1) << host_cpu_count) - 1)))
		return false;
	open_line(line)->cpus = cpus_wanted;
	return true;
}

void arch_interrupt_close(unsigned line)
{
	open_line(line)->open = false;
}

/* ---- ports ---- */

bool arch_port_read(uint16_t port, unsigned width, uint32_t *value)
{
	*value = 0;
	for (unsigned i = 0; i < width; i++)
		*value |= (uint32_t)host_ports[(port + i) & 0xffff] << 8 * i;
	return true;
}

bool arch_port_write(uint16_t port, unsigned width, uint32_t value)
{
	for (unsigned i = 0; i < width; i++)
		host_ports[(port + i) & 0xffff] = (uint8_t)(value >> 8 * i);
	return true;
}
