/*
 * From head.S: what the boot protocol says of the machine, as struct arch_boot;
 * then the column of calls that starts it.
 */
#include "kernel.skald.h"
#include "kernel/arch/x86_64/local.h"
#include "kernel/frame.h"
#include "kernel/log.h"

#define RANGES_MAX 256
#define COMMAND_MAX 2048
#define PVH_MAGIC 0x336ec578
/* What the direct map can show (page.c). */
#define MEMORY_END (UINT64_C(512) << 30)

struct pvh_start {
	uint32_t magic, version, flags, module_count;
	uint64_t modules, command_line, acpi_root, memory;
	uint32_t memory_count;
};

/* In multiboot2 as well. */
struct memory {
	uint64_t address, size;
	uint32_t type, reserved;
};

/* A tag: its kind, its size; what follows is told where it is read. */
enum { TAG_END, TAG_COMMAND = 1, TAG_MODULE = 3, TAG_MEMORY = 6, TAG_SCREEN = 8,
	TAG_ACPI_OLD = 14, TAG_ACPI_NEW = 15 };

_Noreturn void boot_main(uint32_t protocol, uint64_t info);

extern char boot_stacks[];

static struct arch_range ranges[RANGES_MAX];
static char command_line[COMMAND_MAX];
static struct arch_boot boot = { .ranges = ranges, .command_line = command_line };
/* The loader gives a copy of the ACPI root, in memory that will be used. */
static uint8_t acpi_root[PAGE_SIZE] __attribute__((aligned(4096)));

/* ---- the map of memory ---- */

static void range_append(uint64_t start, uint64_t end, uint32_t use)
{
	if (start < end && boot.range_count < RANGES_MAX)
		ranges[boot.range_count++] = (struct arch_range){ start, end, use };
}

/* From now on it is this, whatever was there. */
static void range_set(uint64_t start, uint64_t end, uint32_t use)
{
	static struct arch_range old[RANGES_MAX];
	uint32_t count = boot.range_count;

	if (start >= end)
		return;
	__builtin_memcpy(old, ranges, sizeof old);
	boot.range_count = 0;
	for (uint32_t i = 0; i < count; i++)
		range_append(old[i].start, old[i].end < start ? old[i].end : start, old[i].use);
	range_append(start, end, use);
	for (uint32_t i = 0; i < count; i++)
		range_append(old[i].start > end ? old[i].start : end, old[i].end, old[i].use);
}

/* Likewise, of all pages in part. */
static void range_own(uint64_t start, uint64_t size, uint32_t use)
{
	range_set(start & ~PAGE_MASK, (start + size + PAGE_MASK) & ~PAGE_MASK, use);
}

/* As firmware numbers them. What is not usable counts more, and in whole pages. */
static void range_add(uint64_t start, uint64_t size, uint32_t type, bool usable)
{
	static const uint8_t uses[6] = { kernel_MemoryUse_RESERVED,
		kernel_MemoryUse_USABLE, kernel_MemoryUse_RESERVED,
		kernel_MemoryUse_ACPI_TABLES, kernel_MemoryUse_ACPI_STORAGE,
		kernel_MemoryUse_BAD };
	uint32_t use = uses[type < 6 ? type : 0];
	uint64_t end = start + size;

	if (usable != (use == kernel_MemoryUse_USABLE) || end < start)
		return;
	if (!usable)
		range_own(start, size, use);
	else
		range_set((start + PAGE_MASK) & ~PAGE_MASK,
			(end < MEMORY_END ? end : MEMORY_END) & ~PAGE_MASK, use);
}

uint64_t boot_take(uint64_t size)
{
	uint64_t at = 0;

	for (uint32_t i = 0; i < boot.range_count; i++)
		if (ranges[i].use == kernel_MemoryUse_USABLE
				&& ranges[i].end <= UINT64_C(1) << 32
				&& ranges[i].end - ranges[i].start >= size)
			at = ranges[i].end - size;
	CHECK(at);
	range_set(at, at + size, kernel_MemoryUse_KERNEL);
	arch_zero_words(arch_physical(at), size / 8);
	return at;
}

/* ---- PVH ---- */

static void set_command(const char *from)
{
	for (uint32_t i = 0; from[i] && i < COMMAND_MAX - 1; i++)
		command_line[i] = from[i];
}

/* Usable memory first: what is not counts more. */
static void read_memory(const void *entries, uint32_t count, uint32_t step)
{
	for (uint32_t i = 0; i < 2 * count; i++) {
		const struct memory *each = (const void *)
			((const char *)entries + i % count * step);

		range_add(each->address, each->size, each->type, i < count);
	}
}

static void read_pvh(const struct pvh_start *start)
{
	const uint64_t *module = arch_physical(start->modules);

	CHECK(start->magic == PVH_MAGIC && start->version >= 1);
	read_memory(arch_physical(start->memory), start->memory_count,
		sizeof(struct memory));
	if (start->module_count) {
		boot.initrd = module[0];
		boot.initrd_size = module[1];
	}
	if (start->command_line)
		set_command(arch_physical(start->command_line));
	boot.acpi_root = start->acpi_root;
}

/* ---- multiboot2 ---- */

/* Address (8 bytes), pitch, width, height, bits and kind (a byte each), two bytes,
 * channels. Kind 1: pixels that are made up of channels. */
static void read_screen(const uint32_t *tag)
{
	const uint8_t *bytes = (const uint8_t *)tag;

	if (bytes[29] != 1)
		return;
	boot.framebuffer = tag[2] | (uint64_t)tag[3] << 32;
	boot.framebuffer_pitch = tag[4];
	boot.framebuffer_width = tag[5];
	boot.framebuffer_height = tag[6];
	boot.framebuffer_bits = bytes[28];
	__builtin_memcpy(boot.framebuffer_channels, bytes + 32, 6);
}

static void read_tag(const uint32_t *tag)
{
	switch (tag[0]) {
	case TAG_COMMAND:
		set_command((const char *)(tag + 2));
		break;
	case TAG_MODULE:		/* start, end; the first one counts */
		if (!boot.initrd)
			boot.initrd_size = tag[3] - tag[2];
		boot.initrd = boot.initrd ? boot.initrd : tag[2];
		break;
	case TAG_MEMORY:		/* size of an entry, version, entries */
		read_memory(tag + 4, (tag[1] - 16) / tag[2], tag[2]);
		break;
	case TAG_SCREEN:
		read_screen(tag);
		break;
	case TAG_ACPI_OLD:
	case TAG_ACPI_NEW:		/* the greater one counts */
		if (tag[1] > PAGE_SIZE || (boot.acpi_root && tag[0] == TAG_ACPI_OLD))
			break;
		__builtin_memcpy(acpi_root, tag + 2, tag[1] - 8);
		boot.acpi_root = image_physical(acpi_root);
		break;
	}
}

static void read_multiboot2(const uint32_t *info)
{
	for (uint32_t at = 8; at < info[0] && info[at / 4] != TAG_END;
			at += (info[at / 4 + 1] + 7) & ~7u)
		read_tag(&info[at / 4]);
}

/* ---- all of it ---- */

/* What we, and what came with us, have. The first page is the BIOS's. */
static void set_own(void)
{
	range_own(boot.framebuffer, (uint64_t)boot.framebuffer_pitch
		* boot.framebuffer_height, kernel_MemoryUse_FRAMEBUFFER);
	range_own(0, PAGE_SIZE, kernel_MemoryUse_RESERVED);
	range_own(TRAMPOLINE, PAGE_SIZE, kernel_MemoryUse_KERNEL);
	boot.kernel = image_physical(image_start);
	boot.kernel_size = image_physical(image_end) - boot.kernel;
	range_own(boot.kernel, boot.kernel_size, kernel_MemoryUse_KERNEL);
	range_own(boot.initrd, boot.initrd_size, kernel_MemoryUse_INITRD);
	if (boot.acpi_root == image_physical(acpi_root))
		range_own(boot.acpi_root, PAGE_SIZE, kernel_MemoryUse_ACPI_TABLES);
}

_Noreturn void boot_main(uint32_t protocol, uint64_t info)
{
	struct thread *thread;
	uint64_t end = 0;

	console_start();
	traps_start();
	cpu_start(0, boot_stacks);
	boot.protocol = protocol;
	if (protocol == kernel_BootProtocol_PVH)
		read_pvh(arch_physical(info));
	else
		read_multiboot2(arch_physical(info));
	set_own();
	for (uint32_t i = 0; i < boot.range_count && ranges[i].end <= MEMORY_END; i++)
		end = ranges[i].end;
	page_start(end);
	acpi_start(boot.acpi_root);
	time_start();
	apic_start();
	thread = kernel_start(&boot);
	arch_start_cpus();
	entry_leave(thread);
}
