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
	uint32_t low = 0, high = symbol_count;
	uint64_t wanted = address - IMAGE_BASE;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (symbol_table[middle].address <= wanted)
			low = middle + 1;
		else
			high = middle;
	}
	*offset = 0;
	if (!low || wanted >= IMAGE_DATA)
		return "?";
	*offset = wanted - symbol_table[low - 1].address;
	return symbol_names + symbol_table[low - 1].name;
}

/* What a frame pointer can be: on the stack of this CPU, or one of its others. */
static bool is_frame(uint64_t at)
{
	uint64_t top = local_here()->stack;

	return at % 8 == 0 && at < top - 16 && at >= top - STACKS_SIZE;
}

void arch_backtrace(void)
{
	uint64_t at = (uintptr_t)__builtin_frame_address(0);

	for (unsigned i = 0; i < DEPTH && is_frame(at); i++) {
		const uint64_t *frame = (const uint64_t *)at;
		uint64_t offset;
		/* The call itself: what it returns to may be another function. */
		const char *name = symbol_name(frame[1] - 1, &offset);

		log_print("  %016lx %s+0x%lx\n", frame[1], name, offset + 1);
		if (frame[0] <= at)
			break;
		at = frame[0];
	}
}
