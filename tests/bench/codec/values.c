/*
 * The values of the six messages: what a system under ordinary load sends.
 */
#include "tests/bench/codec/values.h"

#include <string.h>

struct values values;

static void fill_fixed(void)
{
	values.read = (struct value_read){ .id = 7031, .fd = 5, .size = 65536,
		.offset = UINT64_C(0x2f00001000), .flags = 3, .timeout = 250 };
	values.stat = (struct value_stat){ .error = 0, .mode = 0100644,
		.device = 0x801, .inode = 6293412, .links = 1, .uid = 1000,
		.gid = 100, .block_size = 4096, .rdev = 0, .size = 73481,
		.blocks = 144, .accessed = INT64_C(1700000123456789012),
		.modified = INT64_C(1699990000123456789), .generation = 12 };
}

static void fill_directory(void)
{
	values.directory.error = 0;
	for (uint32_t i = 0; i < VALUE_ENTRIES; i++) {
		struct value_entry *entry = &values.directory.entries[i];

		entry->inode = 6293400 + i * 37;
		entry->type = i % 5 == 0 ? 4 : 8;
		entry->name_size = 8 + i % 9;
		for (uint32_t k = 0; k < entry->name_size; k++)
			entry->name[k] = (char)('a' + (i + k * 7) % 26);
		entry->name[entry->name_size] = '\0';
	}
}

void values_fill(void)
{
	fill_fixed();
	fill_directory();
	values.data.error = 0;
	for (uint32_t i = 0; i < VALUE_DATA; i++)
		values.data.data[i] = (uint8_t)(i * 31 + i / 256);
	values.open = (struct value_open){ .id = 7032, .flags = 0x241, .mode = 0644 };
	memcpy(values.open.path, "/usr/share/locale/de/LC_MESSAGES/tool.mo",
		VALUE_PATH + 1);
	values.trace = (struct value_trace){ .time = UINT64_C(83512457309221),
		.cpu = 1, .thread = 417, .address = UINT64_C(0x7f12345678),
		.result = 12 };
	memcpy(values.trace.name, "vfs_read", 9);
}
