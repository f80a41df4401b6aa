/*
 * The first program: found in the archive that came with the kernel (ustar),
 * loaded from its ELF file, started with handles of all there is. Everything
 * else is loaded by programs.
 */
#include "kernel/call.h"
#include "kernel/log.h"
#include "kernel/memory.h"
#include "kernel/quota.h"
#include "kernel/space.h"
#include "kernel/system.h"
#include "kernel/thread.h"
#include "kernel.skald.h"
#include "runtime/image/elf.h"

#include <string.h>

#define NAME "init"
#define PRIORITY 128
#define STACK_SIZE (UINT64_C(64) * PAGE_SIZE)

/* Its program; of no archive, all of it. */
static struct bytes find(struct bytes archive)
{
	struct archive_file file;
	uint64_t at = 0;

	return archive_next(archive, &at, &file) ?
		archive_find(archive, NAME, sizeof NAME - 1) : archive;
}

/* Maps zeros; what they are to hold is written into the memory. */
static kernel_error map_new(struct space *space, uint64_t *address, uint64_t size,
	uint32_t protection, uint32_t flags, struct bytes content, uint64_t offset)
{
	kernel_error error;
	struct memory *memory = memory_new(space->object.quota, size, &error);

	if (!memory)
		return error;
	if (memory_write(memory, offset, content.at, content.size) != content.size)
		error = kernel_Error_QUOTA_EXCEEDED;
	else
		error = space_map(space, memory, 0, size, address, protection, flags,
			kernel_Inherit_COPY, 0);
	object_drop(&memory->object);
	return error;
}

/* Loads it and says where it begins. */
static kernel_error load(struct space *space, struct bytes file, uint64_t *entry)
{
	struct elf elf;
	kernel_error error = elf_read(file, &elf) ? 0 : kernel_Error_INVALID;

	for (unsigned i = 0; i < elf.count && !error; i++)
		error = map_new(space, &elf.parts[i].address, elf.parts[i].size,
			kernel_Protection_READ |
			(elf.parts[i].writable ? kernel_Protection_WRITE : 0) |
			(elf.parts[i].executable ? kernel_Protection_EXECUTE : 0),
			kernel_MapFlags_FIXED, elf.parts[i].content, elf.parts[i].offset);
	*entry = elf.entry;
	return error;
}

/* ---- starting ---- */

static kernel_error give_handles(struct space *space, struct thread *thread)
{
	struct object *objects[] = { &space->object, &thread->object,
		&space->object.quota->object, system_object };

	if (!handle_reserve(&space->handles, 4))
		return kernel_Error_QUOTA_EXCEEDED;
	for (unsigned i = 0; i < 4; i++)
		CHECK(handle_add(&space->handles, objects[i], RIGHTS_ALL, 0, 0) ==
			ABI_FIRST(i + 1));
	return 0;
}

static kernel_error start(struct space *space, struct thread **thread)
{
	struct bytes archive = { NULL, system_boot.initrd_size };
	uint64_t entry, stack = 0;
	kernel_error error;

	if (archive.size > 0)
		archive.at = arch_physical(system_boot.initrd);
	error = load(space, find(archive), &entry);
	if (!error)
		error = map_new(space, &stack, STACK_SIZE, kernel_Protection_READ |
			kernel_Protection_WRITE, 0, (struct bytes){ NULL, 0 }, 0);
	if (!error)
		*thread = thread_new(space->object.quota, space, PRIORITY, &error);
	if (!error)
		error = give_handles(space, *thread);
	if (!error)
		arch_thread_start(*thread, entry, stack + STACK_SIZE, 0);
	return error;
}

struct thread *system_first_program(struct quota *root)
{
	struct thread *thread = NULL;
	kernel_error error;
	struct space *space = space_new(root, &error);

	if (space)
		error = start(space, &thread);
	if (error) {
		log_print("the first program cannot be started: error %u\n", (unsigned)error);
		return NULL;
	}
	memcpy(space->object.name, NAME, sizeof NAME);
	thread_start(thread);
	object_drop(&thread->object);
	object_drop(&space->object);
	return thread;
}
