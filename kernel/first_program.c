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

#include <string.h>

#define NAME "init"
#define PRIORITY 128
#define STACK_SIZE (UINT64_C(64) * PAGE_SIZE)

struct bytes {
	const uint8_t *at;
	uint64_t size;
};

/* ---- the archive: headers of 512 bytes, each file filled up to a multiple ---- */

struct tar_header {
	char name[100];
	char other[24];
	char size[12];			/* octal */
	char more[121];
	char magic[5];
	char rest[250];
};

static uint64_t size_of(const struct tar_header *header)
{
	uint64_t size = 0;

	for (const char *at = header->size; *at >= '0' && *at <= '7'; at++)
		size = size << 3 | (*at & 7);
	return size;
}

/* Its program; of no archive, all of it. */
static struct bytes find(struct bytes archive)
{
	const struct tar_header *header = (const void *)archive.at;
	uint64_t left = archive.size, size, whole;

	if (left < sizeof *header || memcmp(header->magic, "ustar", 5) != 0)
		return archive;
	for (; left > sizeof *header; left -= whole, header += whole / sizeof *header) {
		const char *name = header->name[0] == '.' ? header->name + 2 : header->name;

		size = size_of(header);
		whole = (size / sizeof *header + 1 + (size % sizeof *header > 0)) *
			sizeof *header;
		if (size > left - sizeof *header)
			break;
		if (memcmp(name, NAME, sizeof NAME) == 0)
			return (struct bytes){ (const void *)(header + 1), size };
		if (whole > left)
			break;
	}
	return (struct bytes){ NULL, 0 };
}

/* ---- the ELF file: 64 bits, little-endian, executable ---- */

struct elf_header {
	uint8_t magic[16];
	uint16_t type;
	uint16_t machine;
	uint32_t version;
	uint64_t entry;
	uint64_t parts;
	uint64_t sections;
	uint32_t flags;
	uint16_t size;
	uint16_t part_size;
	uint16_t part_count;
	uint16_t rest[3];
};

struct elf_part {
	uint32_t type;
	uint32_t flags;			/* 1 execute, 2 write, 4 read */
	uint64_t offset;
	uint64_t address;
	uint64_t physical;
	uint64_t file_size;
	uint64_t size;
	uint64_t alignment;
};
#define PART_LOAD 1

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

static kernel_error load_part(struct space *space, struct bytes file,
	const struct elf_part *part)
{
	uint64_t start = part->address & ~PAGE_MASK;
	uint64_t end = (part->address + part->size + PAGE_MASK) & ~PAGE_MASK;
	uint32_t protection = (part->flags & 4 ? kernel_Protection_READ : 0) |
		(part->flags & 2 ? kernel_Protection_WRITE : 0) |
		(part->flags & 1 ? kernel_Protection_EXECUTE : 0);

	if (part->type != PART_LOAD || part->size == 0)
		return 0;
	if (part->offset > file.size || part->file_size > file.size - part->offset)
		return kernel_Error_OUT_OF_RANGE;
	return map_new(space, &start, end - start, protection, kernel_MapFlags_FIXED,
		(struct bytes){ file.at + part->offset, part->file_size },
		part->address & PAGE_MASK);
}

/* Loads it and says where it begins. */
static kernel_error load(struct space *space, struct bytes file, uint64_t *entry)
{
	struct elf_header header;
	struct elf_part part;
	kernel_error error = 0;

	if (file.size < sizeof header)
		return kernel_Error_INVALID;
	memcpy(&header, file.at, sizeof header);
	if (memcmp(header.magic, "\177ELF\2\1", 6) != 0 || header.type != 2 ||
	    header.part_size != sizeof part || header.parts > file.size ||
	    header.part_count > (file.size - header.parts) / sizeof part)
		return kernel_Error_INVALID;
	*entry = header.entry;
	for (unsigned i = 0; i < header.part_count && !error; i++) {
		memcpy(&part, file.at + header.parts + i * sizeof part, sizeof part);
		error = load_part(space, file, &part);
	}
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
