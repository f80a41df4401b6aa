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
	uint32_t memory_count, reserved;
};

struct pvh_module {
	uint64_t address, size, command_line, reserved;
};

struct pvh_memory {
	uint64_t address, size;
	uint32_t type, reserved;
};

struct tag {
	uint32_t type, size;
};

struct tag_module {
	struct tag tag;
	uint32_t start, end;
};

struct tag_memory {
	struct tag tag;
	uint32_t entry_size, version;
};

struct tag_screen {
	struct tag tag;
	uint64_t address;
	uint32_t pitch, width, height;
	uint8_t bits, kind;
	uint16_t reserved;
	uint8_t channels[6];
};

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

static void range_insert(uint32_t at, struct arch_range range)
{
	if (range.start >= range.end || boot.range_count == RANGES_MAX)
		return;
	for (uint32_t i = boot.range_count++; i > at; i--)
		ranges[i] = ranges[i - 1];
	ranges[at] = range;
}

/* From now on it is this, whatever was there. */
static void range_set(uint64_t start, uint64_t end, uint32_t use)
{
	uint32_t i = 0;

	if (start >= end)
		return;
	while (i < boot.range_count && ranges[i].end <= start)
		i++;
	if (i < boot.range_count && ranges[i].start < start) {
		struct arch_range behind = ranges[i];

		ranges[i].end = start;
		behind.start = start;
		range_insert(++i, behind);
	}
	while (i < boot.range_count && ranges[i].end <= end) {
		boot.range_count--;
		for (uint32_t j = i; j < boot.range_count; j++)
			ranges[j] = ranges[j + 1];
	}
	if (i < boot.range_count && ranges[i].start < end)
		ranges[i].start = end;
	range_insert(i, (struct arch_range){ start, end, use });
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
	if (usable) {
		start = (start + PAGE_MASK) & ~PAGE_MASK;
		end = (end < MEMORY_END ? end : MEMORY_END) & ~PAGE_MASK;
	} else {
		start &= ~PAGE_MASK;
		end = (end + PAGE_MASK) & ~PAGE_MASK;
	}
	range_set(start, end, use);
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
	for (uint64_t i = 0; i < size / 8; i++)
		((uint64_t *)arch_physical(at))[i] = 0;
	return at;
}

/* ---- PVH ---- */

static void set_command(const char *from)
{
	uint32_t i = 0;

	for (; from[i] && i < COMMAND_MAX - 1; i++)
		command_line[i] = from[i];
	command_line[i] = 0;
}

static void read_pvh(const struct pvh_start *start)
{
	const struct pvh_module *module = arch_physical(start->modules);
	const struct pvh_memory *memory = arch_physical(start->memory);

	CHECK(start->magic == PVH_MAGIC && start->version >= 1);
	for (uint32_t i = 0; i < 2 * start->memory_count; i++) {
		const struct pvh_memory *each = &memory[i % start->memory_count];

		range_add(each->address, each->size, each->type, i < start->memory_count);
	}
	if (start->module_count) {
		boot.initrd = module->address;
		boot.initrd_size = module->size;
	}
	if (start->command_line)
		set_command(arch_physical(start->command_line));
	boot.acpi_root = start->acpi_root;
}

/* ---- multiboot2 ---- */

static void read_memory(const struct tag_memory *tag)
{
	uint32_t count = (tag->tag.size - (uint32_t)sizeof *tag) / tag->entry_size;
	const char *entries = (const char *)(tag + 1);

	for (uint32_t i = 0; i < 2 * count; i++) {
		const struct pvh_memory *each =
			(const void *)(entries + i % count * tag->entry_size);

		range_add(each->address, each->size, each->type, i < count);
	}
}

static void read_screen(const struct tag_screen *tag)
{
	if (tag->kind != 1)			/* text, or a palette */
		return;
	boot.framebuffer = tag->address;
	boot.framebuffer_width = tag->width;
	boot.framebuffer_height = tag->height;
	boot.framebuffer_pitch = tag->pitch;
	boot.framebuffer_bits = tag->bits;
	for (unsigned i = 0; i < 6; i++)
		boot.framebuffer_channels[i] = tag->channels[i];
}

static void read_tag(const struct tag *tag)
{
	const struct tag_module *module = (const void *)tag;
	const uint8_t *bytes = (const uint8_t *)(tag + 1);

	switch (tag->type) {
	case TAG_COMMAND:
		set_command((const char *)bytes);
		break;
	case TAG_MODULE:
		if (boot.initrd)
			break;
		boot.initrd = module->start;
		boot.initrd_size = module->end - module->start;
		break;
	case TAG_MEMORY:
		read_memory((const void *)tag);
		break;
	case TAG_SCREEN:
		read_screen((const void *)tag);
		break;
	case TAG_ACPI_OLD:
	case TAG_ACPI_NEW:
		if (tag->type == TAG_ACPI_OLD && boot.acpi_root)
			break;
		for (uint32_t i = 0; i < tag->size - sizeof *tag && i < PAGE_SIZE; i++)
			acpi_root[i] = bytes[i];
		boot.acpi_root = image_physical(acpi_root);
		break;
	default:
		break;
	}
}

static void read_multiboot2(const uint32_t *info)
{
	const char *at = (const char *)(info + 2), *end = (const char *)info + info[0];

	while (at < end && ((const struct tag *)(const void *)at)->type != TAG_END) {
		read_tag((const void *)at);
		at += (((const struct tag *)(const void *)at)->size + 7) & ~7u;
	}
}

/* ---- all of it ---- */

/* What we, and what came with us, have. The first page is the BIOS's. */
static void set_own(void)
{
	uint64_t size = (uint64_t)boot.framebuffer_pitch * boot.framebuffer_height;

	range_set(boot.framebuffer & ~PAGE_MASK,
		boot.framebuffer ? (boot.framebuffer + size + PAGE_MASK) & ~PAGE_MASK : 0,
		kernel_MemoryUse_FRAMEBUFFER);
	range_set(0, PAGE_SIZE, kernel_MemoryUse_RESERVED);
	range_set(TRAMPOLINE, TRAMPOLINE + PAGE_SIZE, kernel_MemoryUse_KERNEL);
	boot.kernel = image_physical(image_start);
	boot.kernel_size = image_physical(image_end) - boot.kernel;
	range_set(boot.kernel, boot.kernel + boot.kernel_size, kernel_MemoryUse_KERNEL);
	range_set(boot.initrd & ~PAGE_MASK,
		(boot.initrd + boot.initrd_size + PAGE_MASK) & ~PAGE_MASK,
		kernel_MemoryUse_INITRD);
	if (boot.acpi_root == image_physical(acpi_root))
		range_set(boot.acpi_root, boot.acpi_root + PAGE_SIZE,
			kernel_MemoryUse_ACPI_TABLES);
}

static uint64_t memory_end(void)
{
	uint64_t end = 0;

	for (uint32_t i = 0; i < boot.range_count; i++)
		if (ranges[i].end <= MEMORY_END)
			end = ranges[i].end;
	return end;
}

_Noreturn void boot_main(uint32_t protocol, uint64_t info)
{
	struct thread *thread;

	console_start();
	traps_start();
	cpu_start(local_count++, boot_stacks);
	boot.protocol = protocol;
	if (protocol == kernel_BootProtocol_PVH)
		read_pvh(arch_physical(info));
	else
		read_multiboot2(arch_physical(info));
	set_own();
	page_start(memory_end());
	vectors_start();
	acpi_start(boot.acpi_root);
	time_start();
	apic_start();
	thread = kernel_start(&boot);
	arch_start_cpus();
	entry_leave(thread);
}
