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
/* Ranges that drivers have. */
#define PHYSICAL 256
/* Bytes of the log at a time, and between two copies. */
#define LOG_MAX 16384
#define PART 512
#define LIST_MAX 160			/* of memory_map */
#define SPACES_MAX 64			/* ids at a time */

struct system {
	struct object object;
	struct watch log_watch;
	uint64_t log_told;		/* its end, when that was told last */
	struct memory *initrd;		/* made when first asked for; referenced */
	struct memory *device_tree;
	struct memory *physical[PHYSICAL];	/* referenced: free if nobody else does */
};

struct arch_boot system_boot;
static struct arch_range ranges[RANGES];
static char command_line[COMMAND_LINE + 1];
static struct system *the_system;

static struct sk_string text_of(const char *text, uint32_t most)
{
	uint32_t size = 0;

	while (size < most && text[size])
		size++;
	return (struct sk_string){ text, size };
}

/* Between blanks, or the line's ends. */
static bool has_word(const char *line, const char *word)
{
	size_t size = strlen(word);

	for (; *line; line += *line != 0) {
		if (strlen(line) >= size && memcmp(line, word, size) == 0 &&
		    (line[size] == 0 || line[size] == ' '))
			return true;
		while (*line && *line != ' ')
			line++;
	}
	return false;
}

void system_init(struct quota *root, const struct arch_boot *boot)
{
	struct sk_string line = text_of(boot->command_line, COMMAND_LINE);
	kernel_error error;

	system_boot = *boot;
	if (boot->range_count > RANGES)
		system_boot.range_count = RANGES;
	memcpy(ranges, boot->ranges, system_boot.range_count * sizeof *ranges);
	system_boot.ranges = ranges;
	memcpy(command_line, line.data, line.size);
	command_line[line.size] = 0;
	system_boot.command_line = command_line;
	sched_set_slow(has_word(command_line, "slow"));
	the_system = object_new(&system_type, root, &error);
	CHECK(the_system);
}

struct object *system_object(void)
{
	return &the_system->object;
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
		.command_line = text_of(command_line, COMMAND_LINE),
		.version = text_of(VERSION, 64),
		.initrd_size = system_boot.initrd_size,
		.acpi_root = system_boot.acpi_root,
		.device_tree_size = system_boot.device_tree_size, .cpus = cpu_count);
}

/* What firmware or a loader left, as a memory: the same each time. */
static kernel_error make_once(struct memory **memory, uint64_t address, uint64_t size)
{
	uint64_t start = address & ~PAGE_MASK;
	kernel_error error = 0;

	if (size == 0)
		return kernel_Error_NOT_FOUND;
	if (!*memory)
		*memory = memory_new_physical(the_system->object.quota, start,
			(address + size - start + PAGE_MASK) & ~PAGE_MASK,
			kernel_Caching_WRITE_BACK, &error);
	return error;
}

OPERATION(System, system, initrd, READ)
{
	kernel_error error = make_once(&system->initrd, system_boot.initrd,
		system_boot.initrd_size);

	return error ? error : ANSWER(System, initrd, .memory.raw = call_result_of(call,
		&system->initrd->object, kernel_Rights_READ | kernel_Rights_EXECUTE |
		kernel_Rights_MAP | kernel_Rights_DUPLICATE | kernel_Rights_TRANSFER));
}

OPERATION(System, system, device_tree, READ)
{
	kernel_error error = make_once(&system->device_tree, system_boot.device_tree,
		system_boot.device_tree_size);

	return error ? error : ANSWER(System, device_tree, .memory.raw = call_result_of(
		call, &system->device_tree->object,
		kernel_Rights_READ | kernel_Rights_MAP | kernel_Rights_DUPLICATE));
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
	info.online = cpus[request->cpu].online;
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
	uint64_t size = request->text.size < LOG_MAX ? request->text.size : LOG_MAX;
	uint64_t from = request->from, lost = 0, more;
	uint32_t done = 0, part;
	char text[PART];
	int status = SK_OK;

	while (status == SK_OK && done < size) {
		part = log_read(&from, text, size - done < PART ? (uint32_t)(size - done) :
			PART, &more);
		lost += more;
		if (part == 0)
			break;
		status = sk_lease_write(to, &request->text, done, text, part, NULL);
		done += part;
	}
	return status ? status : ANSWER(System, read_log, .size = done, .next = from,
		.lost = lost);
}

COMMAND(System, system, watch_log, READ)
{
	return call_watch(call, request->notify, request->bits, &system->log_watch);
}

COMMAND(System, system, random, READ)
{
	uint64_t size = request->bytes.size;
	uint8_t bytes[PART];
	int status = SK_OK;

	for (uint64_t done = 0, part; status == SK_OK && done < size; done += part) {
		part = size - done < PART ? size - done : PART;
		random_fill(bytes, part);
		status = sk_lease_write(to, &request->bytes, done, bytes, part, NULL);
	}
	return status;
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

/* A free place, having let go of what nobody refers to any more. NULL: *error. */
static struct memory **place_for(struct system *system, uint64_t start, uint64_t end,
	kernel_error *error)
{
	struct memory **place = NULL, **each = system->physical;

	for (*error = 0; each < system->physical + PHYSICAL; each++) {
		if (*each && (*each)->object.references == 1) {
			object_drop(&(*each)->object);
			*each = NULL;
		}
		if (!*each)
			place = each;
		else if (start < (*each)->physical + (*each)->size &&
				(*each)->physical < end)
			*error = kernel_Error_TAKEN;
	}
	if (!place)
		*error = kernel_Error_TABLE_FULL;
	return *error ? NULL : place;
}

OPERATION(System, system, physical, CONTROL)
{
	struct quota *charge = ARGUMENT(quota, charge);
	uint64_t start = request->address, end = start + request->length;
	struct memory **place;
	kernel_error error;

	if (!charge)
		return SK_BAD_HANDLE;
	if ((start | end) & PAGE_MASK || end <= start || request->caching < 0 ||
			request->caching > kernel_Caching_UNCACHED)
		return kernel_Error_INVALID;
	if (is_the_kernels(start, end))
		return kernel_Error_TAKEN;
	place = place_for(system, start, end, &error);
	if (!place)
		return error;
	*place = memory_new_physical(charge, start, end - start,
		(uint32_t)request->caching, &error);
	if (!*place)
		return error;
	return ANSWER(System, physical, .memory.raw = call_result_of(call,
		&(*place)->object, RIGHTS_ALL));
}

/* An operation whose reply has a new object, charged as the request says. */
#define MAKE(method, type, member, constructor) \
OPERATION(System, system, method, CONTROL) \
{ \
	struct quota *charge = ARGUMENT(quota, charge); \
	kernel_error error = SK_BAD_HANDLE; \
	struct type *new = charge ? constructor : NULL; \
\
	return ANSWER_NEW(System, method, member, new, error); \
}

MAKE(interrupt, interrupt, interrupt, interrupt_new(charge, request->line,
	(uint32_t)request->trigger, request->shared, &error))
MAKE(message_interrupt, interrupt, interrupt, interrupt_new_message(charge, &error))
MAKE(io_ports, io_ports, ports, io_ports_new(charge, request->first, request->count,
	&error))

OPERATION(System, system, clock, CONTROL)
{
	return ANSWER(System, clock,
		.clock.raw = call_result_of(call, clock_object(), RIGHTS_ALL));
}

OPERATION(System, system, trace, CONTROL)
{
	return ANSWER(System, trace,
		.trace.raw = call_result_of(call, trace_object(), RIGHTS_ALL));
}

OPERATION(System, system, spaces, INSPECT)
{
	uint64_t list[SPACES_MAX];
	uint32_t count = 0;
	struct space *space = space_next(request->from);

	for (; space && count < SPACES_MAX; space = space_next(space->object.id + 1))
		list[count++] = space->object.id;
	return ANSWER(System, spaces, .list = { .items = list, .count = count },
		.next = space ? space->object.id : 0);
}

OPERATION(System, system, open_space, CONTROL)
{
	struct space *space = space_next(request->id);

	return !space || space->object.id != request->id ? kernel_Error_NOT_FOUND :
		ANSWER(System, open_space,
			.space.raw = call_result_of(call, &space->object, RIGHTS_ALL));
}

OBJECT_TYPE(System, system, SYSTEM, .destroy = NULL)
