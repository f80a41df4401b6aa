/*
 * The first program: found in the archive that came with the kernel (ustar),
 * loaded from its ELF file, started with handles of all there is. Everything
 * else is loaded by programs.
 */
#include "kernel/log.h"
#include "kernel/memory.h"
#include "kernel/quota.h"
#include "kernel/space.h"
#include "kernel/system.h"
#include "kernel/thread.h"
#include "kernel/call.h"
#include "kernel.skald.h"

#define NAME "init"
#define PRIORITY 128
#define STACK_SIZE (UINT64_C(64) * PAGE_SIZE)

struct bytes {
	const uint8_t *at;
	uint64_t size;
};

/* ---- the archive: headers of 512 bytes, each file filled up to a multiple ---- */

#define TAR_BLOCK 512
#define TAR_SIZE 124
#define TAR_SIZE_DIGITS 11
#define TAR_MAGIC 257

static bool has_text(const uint8_t *at, const char *text, bool whole)
{
	while (*text && *at == (uint8_t)*text) {
		at++;
		text++;
	}
	return *text == 0 && (!whole || *at == 0);
}

static uint64_t octal(const uint8_t *at, unsigned digits)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < digits && at[i] >= '0' && at[i] <= '7'; i++)
		value = value << 3 | (at[i] & 7);
	return value;
}

/* The file of this name; or, of no archive, all of it. */
static struct bytes find(struct bytes archive, const char *name)
{
	struct bytes file = { NULL, 0 };
	bool is_archive = false;

	while (archive.size >= TAR_BLOCK && has_text(archive.at + TAR_MAGIC, "ustar", false)) {
		uint64_t size = octal(archive.at + TAR_SIZE, TAR_SIZE_DIGITS);
		uint64_t skip = TAR_BLOCK + (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;

		is_archive = true;
		if (size > archive.size - TAR_BLOCK)
			break;
		file = (struct bytes){ archive.at + TAR_BLOCK, size };
		if (has_text(archive.at, name, true) || (has_text(archive.at, "./", false) &&
				has_text(archive.at + 2, name, true)))
			return file;
		archive.at += skip < archive.size ? skip : archive.size;
		archive.size -= skip < archive.size ? skip : archive.size;
	}
	return is_archive ? (struct bytes){ NULL, 0 } : archive;
}

/* ---- the ELF file ---- */

#define ELF_HEADER 64
#define ELF_PART 56
#define PART_LOAD 1

/* One part of the file, as it says itself. */
struct part {
	uint32_t type;
	uint32_t flags;			/* 1 execute, 2 write, 4 read */
	uint64_t offset;
	uint64_t address;
	uint64_t file_size;
	uint64_t size;
};

static struct part read_part(const uint8_t *at)
{
	return (struct part){ sk_get_uint32(at), sk_get_uint32(at + 4),
		sk_get_uint64(at + 8), sk_get_uint64(at + 16), sk_get_uint64(at + 32),
		sk_get_uint64(at + 40) };
}

static uint32_t protection_of(const struct part *part)
{
	return (part->flags & 4 ? kernel_Protection_READ : 0) |
		(part->flags & 2 ? kernel_Protection_WRITE : 0) |
		(part->flags & 1 ? kernel_Protection_EXECUTE : 0);
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
			kernel_Inherit_COPY, kernel_Caching_DEFAULT, 0);
	object_drop(&memory->object);
	return error;
}

static kernel_error load_part(struct space *space, struct bytes file,
	const struct part *part)
{
	uint64_t start = part->address & ~PAGE_MASK;
	uint64_t end = (part->address + part->size + PAGE_MASK) & ~PAGE_MASK;

	if (part->offset > file.size || part->file_size > file.size - part->offset)
		return kernel_Error_OUT_OF_RANGE;
	return map_new(space, &start, end - start, protection_of(part),
		kernel_MapFlags_FIXED,
		(struct bytes){ file.at + part->offset, part->file_size },
		part->address & PAGE_MASK);
}

/* Loads it and says where it begins. */
static kernel_error load(struct space *space, struct bytes file, uint64_t *entry)
{
	uint64_t parts, count;
	kernel_error error = 0;

	/* 64 bits, little-endian, executable. */
	if (file.size < ELF_HEADER || !has_text(file.at, "\177ELF\2\1", false) ||
			sk_get_uint16(file.at + 16) != 2)
		return kernel_Error_INVALID;
	*entry = sk_get_uint64(file.at + 24);
	parts = sk_get_uint64(file.at + 32);
	count = sk_get_uint16(file.at + 56);
	if (sk_get_uint16(file.at + 54) != ELF_PART || parts > file.size ||
			count > (file.size - parts) / ELF_PART)
		return kernel_Error_INVALID;
	for (uint64_t i = 0; i < count && !error; i++) {
		struct part part = read_part(file.at + parts + i * ELF_PART);

		if (part.type == PART_LOAD && part.size > 0)
			error = load_part(space, file, &part);
	}
	return error;
}

/* ---- starting ---- */

static kernel_error give_handles(struct space *space, struct thread *thread,
	struct quota *quota)
{
	struct object *objects[] = { &space->object, &thread->object, &quota->object,
		system_object() };

	if (!handle_reserve(&space->handles, 4))
		return kernel_Error_QUOTA_EXCEEDED;
	for (unsigned i = 0; i < 4; i++)
		CHECK(handle_add(&space->handles, objects[i], RIGHTS_ALL, 0, 0) ==
			ABI_FIRST(i + 1));
	return 0;
}

static kernel_error start(struct space *space, struct bytes file,
	struct thread **thread)
{
	const struct bytes nothing = { NULL, 0 };
	uint64_t entry, stack = 0;
	kernel_error error = load(space, file, &entry);

	if (!error)
		error = map_new(space, &stack, STACK_SIZE, kernel_Protection_READ |
			kernel_Protection_WRITE, kernel_MapFlags_GUARDED, nothing, 0);
	if (!error)
		*thread = thread_new(space->object.quota, space, PRIORITY, &error);
	if (!error)
		error = give_handles(space, *thread, space->object.quota);
	if (!error)
		arch_thread_start(*thread, entry, stack + STACK_SIZE, 0);
	return error;
}

struct thread *system_first_program(struct quota *root)
{
	struct bytes archive = { NULL, system_boot.initrd_size }, file;
	struct thread *thread = NULL;
	struct space *space;
	kernel_error error;

	if (archive.size > 0)
		archive.at = arch_physical(system_boot.initrd);
	file = find(archive, NAME);
	space = space_new(root, &error);
	if (space)
		error = file.size > 0 ? start(space, file, &thread) : kernel_Error_NOT_FOUND;
	if (error) {
		log_print("the first program cannot be started: error %d\n", error);
		return NULL;
	}
	memcpy(space->object.name, NAME, sizeof NAME);
	thread_start(thread);
	object_drop(&thread->object);
	object_drop(&space->object);
	return thread;
}
