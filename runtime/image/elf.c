/* ELF files, which anybody may have written. */
#include "runtime/image/elf.h"

#include "runtime/start/string.h"

#define PAGE UINT64_C(4096)
#define PART_LOAD 1
#if defined(__aarch64__)
#define MACHINE 183
#elif defined(__riscv)
#define MACHINE 243
#else
#define MACHINE 62			/* x86_64 */
#endif
/* Addresses that programs can have, of which the kernel keeps the ends. */
#define LOWEST UINT64_C(0x10000)
#define HIGHEST (UINT64_C(1) << 47)
/* Of one part; what a program may have is its quota's to say. */
#define SIZE_MAX_OF_PART (UINT64_C(1) << 30)

struct header {
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

struct part {
	uint32_t type;
	uint32_t flags;			/* 1 execute, 2 write, 4 read */
	uint64_t offset;
	uint64_t address;
	uint64_t physical;
	uint64_t file_size;
	uint64_t size;
	uint64_t alignment;
};

static bool is_good(const struct part *part, uint64_t file_size)
{
	return part->offset <= file_size && part->file_size <= file_size - part->offset &&
		part->file_size <= part->size && part->size <= SIZE_MAX_OF_PART &&
		part->address >= LOWEST && part->address < HIGHEST &&
		(part->flags & 4) && (part->flags & 3) != 3;
}

static bool add(struct elf *elf, struct bytes file, const struct part *part)
{
	struct elf_part *to = &elf->parts[elf->count];
	uint64_t end = part->address + part->size;

	if (part->type != PART_LOAD || part->size == 0)
		return true;
	if (elf->count == ELF_PARTS || !is_good(part, file.size))
		return false;
	to->address = part->address & ~(PAGE - 1);
	to->size = ((end + PAGE - 1) & ~(PAGE - 1)) - to->address;
	to->offset = part->address - to->address;
	to->content = (struct bytes){file.at + part->offset, part->file_size};
	to->writable = part->flags & 2;
	to->executable = part->flags & 1;
	elf->count++;
	return elf->count == 1 || to[-1].address + to[-1].size <= to->address;
}

static bool has_entry(const struct elf *elf)
{
	for (uint32_t i = 0; i < elf->count; i++) {
		const struct elf_part *part = &elf->parts[i];

		if (part->executable && elf->entry >= part->address &&
				elf->entry < part->address + part->size)
			return true;
	}
	return false;
}

bool elf_read(struct bytes file, struct elf *elf)
{
	struct header header;
	struct part part;

	memset(elf, 0, sizeof(*elf));
	if (file.size < sizeof(header))
		return false;
	memcpy(&header, file.at, sizeof(header));
	if (memcmp(header.magic, "\177ELF\2\1", 6) != 0 || header.type != 2 ||
			header.machine != MACHINE || header.part_size != sizeof(part) ||
			header.parts > file.size ||
			header.part_count > (file.size - header.parts) / sizeof(part))
		return false;
	elf->entry = header.entry;
	for (unsigned i = 0; i < header.part_count; i++) {
		memcpy(&part, file.at + header.parts + i * sizeof(part), sizeof(part));
		if (!add(elf, file, &part))
			return false;
	}
	return has_entry(elf);
}
