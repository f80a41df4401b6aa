/*
 * The machine as an object: what firmware told, the log, randomness, and the
 * hardware that drivers are given.
 */
#include "kernel/system.h"

#include "kernel/device.h"
#include "kernel/log.h"
#include "kernel/memory.h"
#include "kernel/operation.h"
#include "kernel/quota.h"
#include "kernel/random.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/timer.h"
#include "kernel/trace.h"

#include <string.h>

#define VERSION "Skald 0.1"
#define RANGES 256
#define COMMAND_LINE 2048
#define LOG_PART 3072			/* bytes of read_log */
#define RANDOM_MAX 256
#define LIST_MAX 160			/* of memory_map */

struct system {
	struct object object;
	struct watch log_watch;
	uint64_t log_told;		/* its end, when that was told last */
	struct memory *initrd;		/* made when first asked for; referenced */
	struct memory *device_tree;
};

struct arch_boot system_boot;
static struct arch_range ranges[RANGES];
static char command_line[COMMAND_LINE + 1];
static struct system *the_system;
struct object *system_object;
static struct list physical;		/* what drivers have; struct memory.claim */

static bool has_word(const char *line, const char *word)
{
	size_t size = strlen(word);

	for (const char *at = line; (at = strstr(at, word)) != NULL; at += size)
		if ((at == line || at[-1] == ' ') && (at[size] == ' ' || at[size] == 0))
			return true;
	return false;
}

void system_init(struct quota *root, const struct arch_boot *boot)
{
	size_t size = strlen(boot->command_line);
	kernel_error error;

	list_init(&physical);
	system_boot = *boot;
	if (boot->range_count > RANGES)
		system_boot.range_count = RANGES;
	memcpy(ranges, boot->ranges, system_boot.range_count * sizeof *ranges);
	system_boot.ranges = ranges;
	size = size < COMMAND_LINE ? size : COMMAND_LINE;
	memcpy(command_line, boot->command_line, size);
	command_line[size] = 0;
	system_boot.command_line = command_line;
	sched_set_slow(has_word(command_line, "slow"));
	the_system = object_new(&system_type, root, &error);
	CHECK(the_system);
	system_object = &the_system->object;
}

void system_tell_log(void)
{
	if (the_system->log_told == log_end())
		return;
	the_system->log_told = log_end();
	watch_fire(&the_system->log_watch);
}

/* ---- operations: the machine ---- */

COMMAND(System, system, power, DESTROY)
{
	if (request->action < kernel_PowerAction_OFF ||
			request->action > kernel_PowerAction_SUSPEND_TO_RAM)
		return kernel_Error_INVALID;
	arch_power((uint32_t)request->action, request->code);
	return kernel_Error_NOT_SUPPORTED;
}

OPERATION(System, system, boot_info, INSPECT)
{
	return ANSWER(System, boot_info,
		.protocol = (kernel_BootProtocol)system_boot.protocol,
		.command_line = { command_line, (uint32_t)strlen(command_line) },
		.version = { VERSION, sizeof VERSION - 1 },
		.initrd_size = system_boot.initrd_size,
		.acpi_root = system_boot.acpi_root,
		.device_tree_size = system_boot.device_tree_size, .cpus = cpu_count);
}

/* The same each time. */
OPERATION(System, system, boot_memory, READ)
{
	bool is_initrd = request->what == kernel_BootMemory_INITRD;
	struct memory **memory = is_initrd ? &system->initrd : &system->device_tree;
	uint64_t address = is_initrd ? system_boot.initrd : system_boot.device_tree;
	uint64_t size = is_initrd ? system_boot.initrd_size : system_boot.device_tree_size;
	uint64_t start = address & ~PAGE_MASK;
	kernel_error error = 0;

	if (size == 0)
		return kernel_Error_NOT_FOUND;
	if (!*memory)
		*memory = memory_new_physical(system->object.quota, start,
			(address + size - start + PAGE_MASK) & ~PAGE_MASK,
			kernel_Caching_WRITE_BACK, &error);
	return error ? error : ANSWER(System, boot_memory, .memory.raw = call_result_of(
		call, &(*memory)->object, kernel_Rights_READ | kernel_Rights_EXECUTE |
		kernel_Rights_MAP | kernel_Rights_DUPLICATE | kernel_Rights_TRANSFER));
}

OPERATION(System, system, framebuffer, INSPECT)
{
	const uint8_t *channels = system_boot.framebuffer_channels;

	if (!system_boot.framebuffer)
		return kernel_Error_NOT_FOUND;
	return ANSWER(System, framebuffer, .address = system_boot.framebuffer,
		.width = system_boot.framebuffer_width,
		.height = system_boot.framebuffer_height,
		.pitch = system_boot.framebuffer_pitch,
		.bits_per_pixel = system_boot.framebuffer_bits,
		.red = { channels[0], channels[1] },
		.green = { channels[2], channels[3] },
		.blue = { channels[4], channels[5] });
}

OPERATION(System, system, memory_map, INSPECT)
{
	struct kernel_PhysicalRange list[LIST_MAX];
	uint32_t from = request->from, count = 0;

	for (; count < LIST_MAX && from < system_boot.range_count; from++)
		list[count++] = (struct kernel_PhysicalRange){ ranges[from].start,
			ranges[from].end - ranges[from].start,
			(kernel_MemoryUse)ranges[from].use, { 0 } };
	return ANSWER(System, memory_map, .list = { .items = list, .count = count },
		.next = from < system_boot.range_count ? from : 0);
}

OPERATION(System, system, memory, INSPECT)
{
	uint64_t total = frame_total(), free = frame_free();
	uint64_t taken = quota_root()->used[QUOTA_BYTES];

	return ANSWER(System, memory, .total = total, .free = free,
		.kernel = system_boot.kernel_size +
			(total - free > taken ? total - free - taken : 0));
}

OPERATION(System, system, cpu_info, INSPECT)
{
	struct kernel_System_cpu_info_reply info = { 0 };

	if (request->cpu >= cpu_count)
		return kernel_Error_NOT_FOUND;
	arch_cpu_info(request->cpu, &info);
	info.vectors_size = arch_vectors_size();
	kernel_System_cpu_info_answer(to, 0, &info);
	return 0;
}

OPERATION(System, system, cpu_time, INSPECT)
{
	struct cpu *cpu;

	if (request->cpu >= cpu_count)
		return kernel_Error_NOT_FOUND;
	cpu = &cpus[request->cpu];
	sched_account(cpu, false);
	return ANSWER(System, cpu_time, .user = cpu->user_time,
		.kernel = cpu->kernel_time, .idle = cpu->idle_time);
}

/* ---- operations: log, randomness ---- */

COMMAND(System, system, log, WRITE)
{
	log_text(request->text.data, request->text.size);
	system_tell_log();
	return 0;
}

OPERATION(System, system, read_log, READ)
{
	uint8_t text[LOG_PART];
	uint64_t from = request->from, lost;
	uint32_t size = log_read(&from, (char *)text, sizeof text, &lost);

	return ANSWER(System, read_log, .text = { text, size }, .next = from, .lost = lost);
}

COMMAND(System, system, watch_log, READ)
{
	return call_watch(call, request->notify, request->bits, &system->log_watch, false);
}

OPERATION(System, system, random, READ)
{
	uint8_t bytes[RANDOM_MAX];

	if (request->count > RANDOM_MAX)
		return kernel_Error_INVALID;
	random_fill(bytes, request->count);
	return ANSWER(System, random, .bytes = { bytes, request->count });
}

/* ---- operations: hardware ---- */

/* It is what frames are made of, or holds the kernel. */
static bool is_the_kernels(uint64_t start, uint64_t end)
{
	for (uint32_t i = 0; i < system_boot.range_count; i++)
		if (start < ranges[i].end && ranges[i].start < end &&
				(ranges[i].use == kernel_MemoryUse_USABLE ||
				ranges[i].use == kernel_MemoryUse_KERNEL))
			return true;
	return start < system_boot.kernel + system_boot.kernel_size &&
		system_boot.kernel < end;
}

OPERATION(System, system, physical, CONTROL)
{
	struct quota *charge = ARGUMENT(quota, charge);
	uint64_t start = request->address, end = start + request->length;
	struct memory *memory;
	kernel_error error;

	if (!charge)
		return SK_BAD_HANDLE;
	if ((start | end) & PAGE_MASK || end <= start || request->caching < 0 ||
			request->caching > kernel_Caching_UNCACHED)
		return kernel_Error_INVALID;
	if (is_the_kernels(start, end))
		return kernel_Error_TAKEN;
	memory = memory_new_physical(charge, start, end - start,
		(uint32_t)request->caching, &error);
	if (memory && !claim_make(&physical, &memory->claim, start, end)) {
		object_drop(&memory->object);
		return kernel_Error_TAKEN;
	}
	return ANSWER_NEW(System, physical, memory, memory, error);
}

MAKE_OF(System, system, interrupt, CONTROL, interrupt, interrupt, charge, quota,
	interrupt_new(quota, request->line, (uint32_t)request->trigger, request->shared,
	&error))
MAKE_OF(System, system, message_interrupt, CONTROL, interrupt, interrupt, charge, quota,
	interrupt_new_message(quota, &error))
MAKE_OF(System, system, io_ports, CONTROL, io_ports, ports, charge, quota,
	io_ports_new(quota, request->first, request->count, &error))

OPERATION(System, system, clock, CONTROL)
{
	return ANSWER(System, clock,
		.clock.raw = call_result_of(call, clock_object, RIGHTS_ALL));
}

OPERATION(System, system, trace, CONTROL)
{
	return ANSWER(System, trace,
		.trace.raw = call_result_of(call, trace_object, RIGHTS_ALL));
}

OPERATION(System, system, open_space, CONTROL)
{
	struct space *space = space_next(request->from);

	return !space ? kernel_Error_NOT_FOUND : ANSWER(System, open_space,
		.space.raw = call_result_of(call, &space->object, RIGHTS_ALL),
		.id = space->object.id);
}

OBJECT_TYPE(System, system, SYSTEM, .destroy = NULL)
