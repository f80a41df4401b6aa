/*
 * As much of ACPI as a kernel needs: CPUs, interrupt controllers, the HPET, how
 * to switch off and to reset. All else is for a server that reads the tables
 * itself. A machine without ACPI has one CPU for us.
 */
#include "kernel/arch/x86_64/local.h"
#include "kernel/log.h"

#define TABLE_HEADER 36
#define MADT_ENTRIES 44
#define HPET_ADDRESS 44
/* Offsets in the FADT. */
enum {
	FADT_DSDT = 40, FADT_SMI = 48, FADT_ENABLE = 52, FADT_CONTROL_A = 64,
	FADT_CONTROL_B = 68, FADT_CENTURY = 108, FADT_FLAGS = 112, FADT_RESET = 116,
	FADT_RESET_VALUE = 128, FADT_X_DSDT = 140, FADT_SLEEP_CONTROL = 244
};
#define FLAG_RESET (1u << 10)
#define FLAG_REDUCED (1u << 20)
#define CONTROL_ENABLED 1
#define CONTROL_SLEEP (1 << 13)

struct acpi acpi;
static const uint8_t *fadt;

/* Numbers stand at any address there. */
static uint32_t word(const uint8_t *at)
{
	uint32_t value;

	__builtin_memcpy(&value, at, sizeof value);
	return value;
}

static uint64_t double_word(const uint8_t *at)
{
	return word(at) | (uint64_t)word(at + 4) << 32;
}

static bool starts_with(const uint8_t *at, const char *text)
{
	while (*text)
		if (*at++ != (uint8_t)*text++)
			return false;
	return true;
}

static void read_madt(const uint8_t *madt, uint32_t size)
{
	for (uint32_t at = MADT_ENTRIES; at + 2 <= size && madt[at + 1]; at += madt[at + 1]) {
		const uint8_t *entry = madt + at;

		if (entry[0] == 0 && entry[4] & 1 && acpi.cpu_count < CPUS_MAX) {
			acpi.apic_ids[acpi.cpu_count++] = entry[3];
		} else if (entry[0] == 1 && acpi.controller_count < CONTROLLERS_MAX) {
			acpi.controllers[acpi.controller_count++] = (struct controller){
				.address = word(entry + 4), .first = word(entry + 8) };
		}
	}
}

static void read_table(const uint8_t *at)
{
	if (starts_with(at, "APIC")) {
		read_madt(at, word(at + 4));
	} else if (starts_with(at, "HPET")) {
		acpi.hpet = double_word(at + HPET_ADDRESS);
	} else if (starts_with(at, "FACP")) {
		fadt = at;
		acpi.century = at[FADT_CENTURY];
	}
}

void acpi_start(uint64_t address)
{
	const uint8_t *root = address ? arch_physical(address) : NULL;
	uint32_t step = root && root[15] >= 2 ? 8 : 4;
	const uint8_t *list = !root ? NULL
		: arch_physical(step == 8 ? double_word(root + 24) : word(root + 16));

	for (uint32_t at = TABLE_HEADER; root && at + step <= word(list + 4); at += step)
		read_table(arch_physical(step == 8 ? double_word(list + at) : word(list + at)));
	if (!acpi.cpu_count)
		acpi.apic_ids[acpi.cpu_count++] = locals[0].apic_id;
	log_print("machine: %u CPUs and %u interrupt controllers%s\n", acpi.cpu_count,
		acpi.controller_count, root ? "" : ", for there is no ACPI");
}

/* ---- switching off ---- */

/* A number of a package: itself, or behind the prefix of a byte. */
static uint8_t element(const uint8_t **at)
{
	if (**at == 0x0a)
		++*at;
	return *(*at)++;
}

/* What to write for S5, by the package \_S5 of the DSDT. */
static bool find_sleep(uint8_t kinds[2])
{
	uint32_t near = word(fadt + FADT_DSDT);
	const uint8_t *at = arch_physical(near ? near : double_word(fadt + FADT_X_DSDT));
	const uint8_t *end = at + word(at + 4) - 12;

	while (at <= end && !starts_with(at, "_S5_\x12"))
		at++;
	if (at > end)
		return false;
	at += 5;
	at += 2 + (*at >> 6);
	kinds[0] = element(&at);
	kinds[1] = element(&at);
	return true;
}

/* To a register in memory or among the ports. */
static void write_generic(const uint8_t *at, uint8_t value)
{
	uint64_t address = double_word(at + 4);

	if (at[0] == 1)
		outb((uint16_t)address, value);
	else if (at[0] == 0 && address)
		*(volatile uint8_t *)page_device(address) = value;
}

static void sleep_by(uint16_t port, uint8_t kind)
{
	if (port)
		outw(port, (uint16_t)((inw(port) & 0x203) | kind << 10 | CONTROL_SLEEP));
}

void acpi_power_off(void)
{
	uint16_t control, smi;
	uint8_t kinds[2];

	if (!fadt || !find_sleep(kinds))
		return;
	if (word(fadt + FADT_FLAGS) & FLAG_REDUCED) {
		write_generic(fadt + FADT_SLEEP_CONTROL, (uint8_t)(kinds[0] << 2 | 0x20));
		return;
	}
	control = (uint16_t)word(fadt + FADT_CONTROL_A);
	smi = (uint16_t)word(fadt + FADT_SMI);
	if (smi && fadt[FADT_ENABLE] && !(inw(control) & CONTROL_ENABLED)) {
		outb(smi, fadt[FADT_ENABLE]);
		time_wait(10000000);
	}
	sleep_by(control, kinds[0]);
	sleep_by((uint16_t)word(fadt + FADT_CONTROL_B), kinds[1]);
}

void acpi_reset(void)
{
	if (fadt && word(fadt + FADT_FLAGS) & FLAG_RESET)
		write_generic(fadt + FADT_RESET, fadt[FADT_RESET_VALUE]);
}
