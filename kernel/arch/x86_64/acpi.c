/*
 * As much of ACPI as a kernel needs: CPUs, interrupt controllers, the HPET, how
 * to switch off. All else is for a server that reads the tables
 * itself. A machine without ACPI has one CPU for us.
 */
#include "kernel/arch/x86_64/local.h"
#include "kernel/log.h"

#define TABLE_HEADER 36
#define MADT_ENTRIES 44
#define HPET_ADDRESS 44
/* Offsets in the FADT. */
enum {
	FADT_DSDT = 40, FADT_SMI = 48, FADT_ENABLE = 52, FADT_CONTROL = 64,
	FADT_CENTURY = 108, FADT_FLAGS = 112, FADT_X_DSDT = 140, FADT_SLEEP_CONTROL = 244
};
#define FLAG_REDUCED (1u << 20)
#define CONTROL_ENABLED 1
#define CONTROL_SLEEP (1 << 13)

struct acpi acpi;
static const uint8_t *fadt;

/* Numbers stand at any address there. */
static uint32_t word(const void *at)
{
	uint32_t value;

	__builtin_memcpy(&value, at, sizeof value);
	return value;
}

static uint64_t double_word(const uint8_t *at)
{
	return word(at) | (uint64_t)word(at + 4) << 32;
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
	if (word(at) == word("APIC")) {
		read_madt(at, word(at + 4));
	} else if (word(at) == word("HPET")) {
		acpi.hpet = double_word(at + HPET_ADDRESS);
	} else if (word(at) == word("FACP")) {
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

/* What to write for S5: the first number in the package \_S5 of the DSDT. */
static bool find_sleep(uint8_t *kind)
{
	uint32_t near = word(fadt + FADT_DSDT);
	const uint8_t *at = arch_physical(near ? near : double_word(fadt + FADT_X_DSDT));
	const uint8_t *end = at + word(at + 4) - 12;

	while (at <= end && (word(at) != word("_S5_") || at[4] != 0x12))
		at++;
	if (at > end)
		return false;
	at += 5;
	at += 2 + (*at >> 6);
	*kind = at[*at == 0x0a];	/* behind a prefix, unless it is 0 or 1 */
	return true;
}

void acpi_power_off(void)
{
	uint16_t control, smi;
	uint64_t reduced;
	uint8_t kind;

	if (!fadt || !find_sleep(&kind))
		return;
	if (word(fadt + FADT_FLAGS) & FLAG_REDUCED) {	/* registers in memory */
		reduced = double_word(fadt + FADT_SLEEP_CONTROL + 4);
		*(volatile uint8_t *)page_device(reduced) = (uint8_t)(kind << 2 | 0x20);
		return;
	}
	control = (uint16_t)word(fadt + FADT_CONTROL);
	smi = (uint16_t)word(fadt + FADT_SMI);
	if (smi && fadt[FADT_ENABLE] && !(inw(control) & CONTROL_ENABLED)) {
		outb(smi, fadt[FADT_ENABLE]);
		time_wait(10000000);
	}
	outw(control, (uint16_t)((inw(control) & 0x203) | kind << 10 | CONTROL_SLEEP));
}
