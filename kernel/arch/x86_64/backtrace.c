/*
 * Who called whom, by frame pointers. The names of functions are in a table that
 * is linked in behind all else (symbols.awk): ascending addresses, each with
 * where its name begins; the first time it is linked, it is empty.
 */
#include "kernel/arch/x86_64/local.h"
#include "kernel/log.h"

#define DEPTH 24

struct symbol {
	uint32_t address;		/* above IMAGE_BASE */
	uint32_t name;			/* in symbol_names */
};

extern const struct symbol symbol_table[];
extern const uint32_t symbol_count;
extern const char symbol_names[];

const char *symbol_name(uint64_t address, uint64_t *offset)
{
	uint32_t behind = 0;
	uint64_t wanted = address - IMAGE_BASE;

	while (behind < symbol_count && symbol_table[behind].address <= wanted)
		behind++;
	*offset = 0;
	if (!behind || wanted >= IMAGE_DATA)
		return "?";
	*offset = wanted - symbol_table[behind - 1].address;
	return symbol_names + symbol_table[behind - 1].name;
}

/* Frames are on the stack of this CPU, or one of its others. */
void arch_backtrace(void)
{
	uint64_t at = (uintptr_t)__builtin_frame_address(0), top = local_here()->stack;
	uint64_t below = top - STACKS_SIZE, offset;

	for (unsigned i = 0; i < DEPTH && at % 8 == 0 && at >= below && at < top - 16; i++) {
		const uint64_t *frame = (const uint64_t *)at;
		/* The call itself: what it returns to may be another function. */
		const char *name = symbol_name(frame[1] - 1, &offset);

		log_print("  %016lx %s+0x%lx\n", (unsigned long)frame[1], name,
			(unsigned long)offset + 1);
		below = at + 16;
		at = frame[0];
	}
}
