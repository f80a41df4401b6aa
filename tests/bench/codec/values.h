/*
 * The values of the six messages that every codec carries. Sizes on the
 * bragi wire: read 40, data 4118, open 62, stat 92, directory 1169, trace 42.
 */
#ifndef TESTS_BENCH_CODEC_VALUES_H
#define TESTS_BENCH_CODEC_VALUES_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { VALUE_DATA = 4096, VALUE_PATH = 40, VALUE_ENTRIES = 64 };

struct value_read {
	uint32_t id;
	int32_t fd;
	uint64_t size;
	uint64_t offset;
	uint32_t flags;
	uint32_t timeout;
};

struct value_data {
	uint32_t error;
	uint8_t data[VALUE_DATA];
};

struct value_open {
	uint32_t id;
	uint32_t flags;
	uint32_t mode;
	char path[VALUE_PATH + 1];
};

struct value_stat {
	uint32_t error;
	uint32_t mode;
	uint64_t device;
	uint64_t inode;
	uint32_t links;
	uint32_t uid;
	uint32_t gid;
	uint32_t block_size;
	uint64_t rdev;
	int64_t size;
	uint64_t blocks;
	int64_t accessed;
	int64_t modified;
	uint32_t generation;
};

struct value_entry {
	uint64_t inode;
	uint32_t type;
	uint32_t name_size;
	char name[17];
};

struct value_directory {
	uint32_t error;
	struct value_entry entries[VALUE_ENTRIES];
};

/* The six members that are present; the other six are absent. */
struct value_trace {
	uint64_t time;
	uint32_t cpu;
	uint32_t thread;
	uint64_t address;
	int32_t result;
	char name[9];
};

struct values {
	struct value_read read;
	struct value_data data;
	struct value_open open;
	struct value_stat stat;
	struct value_directory directory;
	struct value_trace trace;
};

extern struct values values;

/* Sets `values`; the same at every run. */
void values_fill(void);

#ifdef __cplusplus
}
#endif

#endif
