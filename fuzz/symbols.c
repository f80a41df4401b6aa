/* Function names from the symbol table of the program's own file. */
#define _GNU_SOURCE

#include "fuzz/symbols.h"

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/files.h"

struct symbol {
	uintptr_t start;
	uintptr_t size;
	const char *name;
};

static struct {
	bool read;
	uintptr_t base;			/* where the program was loaded to */
	struct symbol *items;
	size_t count;
} table;

/* The first object is the program itself. */
static int take_base(struct dl_phdr_info *info, size_t size, void *context)
{
	(void)size;
	(void)context;
	table.base = info->dlpi_addr;
	return 1;
}

static int by_start(const void *a, const void *b)
{
	const struct symbol *one = a;
	const struct symbol *two = b;

	return (one->start > two->start) - (one->start < two->start);
}

static void take_symbols(const uint8_t *file, const ElfW(Shdr) *section,
	const ElfW(Shdr) *names)
{
	size_t count = section->sh_size / sizeof(ElfW(Sym));

	table.items = malloc((count + 1) * sizeof(*table.items));
	for (size_t i = 0; table.items && i < count; i++) {
		ElfW(Sym) symbol;

		memcpy(&symbol, file + section->sh_offset + i * sizeof(symbol),
			sizeof(symbol));
		if ((symbol.st_info & 15) != STT_FUNC || symbol.st_size == 0)
			continue;
		table.items[table.count++] = (struct symbol){
			symbol.st_value, symbol.st_size, (const char *)file +
				names->sh_offset + symbol.st_name,
		};
	}
	qsort(table.items, table.count, sizeof(*table.items), by_start);
}

/* The file stays in memory: names point into it. */
static void read_table(void)
{
	static struct fuzz_files files;
	ElfW(Ehdr) header;
	ElfW(Shdr) sections[2];

	table.read = true;
	dl_iterate_phdr(take_base, NULL);
	if (!fuzz_files_add(&files, "/proc/self/exe") ||
	    files.items[0].size < sizeof(header))
		return;
	memcpy(&header, files.items[0].data, sizeof(header));
	for (size_t i = 0; i < header.e_shnum; i++) {
		const uint8_t *at = files.items[0].data + header.e_shoff;

		memcpy(&sections[0], at + i * sizeof(*sections), sizeof(*sections));
		if (sections[0].sh_type != SHT_SYMTAB)
			continue;
		memcpy(&sections[1], at + sections[0].sh_link * sizeof(*sections),
			sizeof(*sections));
		take_symbols(files.items[0].data, &sections[0], &sections[1]);
		return;
	}
}

const char *fuzz_symbol(uintptr_t address)
{
	size_t low = 0;
	size_t high;

	if (!table.read)
		read_table();
	address -= table.base;
	for (high = table.count; low < high;) {
		size_t middle = (low + high) / 2;

		if (table.items[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || address - table.items[low - 1].start >=
	    table.items[low - 1].size)
		return NULL;
	return table.items[low - 1].name;
}

uintptr_t fuzz_symbol_offset(uintptr_t address)
{
	if (!table.read)
		read_table();
	return address - table.base;
}
