/*
 * ELF files of programs (System V ABI, chapters 4 and 5): what of one is mapped where,
 * looked at before anything is done with it.
 */
#ifndef RUNTIME_IMAGE_ELF_H
#define RUNTIME_IMAGE_ELF_H

#include "runtime/image/archive.h"

#define ELF_PARTS 8

/* Addresses and sizes are of pages but for `content` and where it begins. */
struct elf_part {
	uint64_t address;
	uint64_t size;
	uint64_t offset;		/* of the content, from `address` on */
	struct bytes content;		/* the rest is zeros */
	bool writable;
	bool executable;
};

struct elf {
	uint64_t entry;
	uint32_t count;
	struct elf_part parts[ELF_PARTS];	/* ascending, none in another's pages */
};

/*
 * False: it is none of 64 bits for this machine; or too large, or a part lies outside
 * of the file, of what programs can have, or within another, or may be written and
 * executed; or there is nothing to execute where it begins.
 */
bool elf_read(struct bytes file, struct elf *elf);

#endif
