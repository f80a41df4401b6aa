/*
 * A codec of messages.skald written by hand, as the standard to measure the
 * generated one by: the same bytes, the same checks, no allocation.
 *
 * Encoding writes to the caller's buffer, at most `capacity` bytes, and returns
 * the total size, SK_TOO_BIG if the buffer or the head is too small. Decoding
 * returns 0 or SK_MALFORMED; strings and byte arrays then point into `from`.
 */
#ifndef TESTS_BENCH_CODEC_HAND_H
#define TESTS_BENCH_CODEC_HAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hand_text {
	const char *data;
	uint32_t size;
};

struct hand_read {
	uint32_t id;
	int32_t fd;
	uint64_t size;
	uint64_t offset;
	uint32_t flags;
	uint32_t timeout;
};

struct hand_data {
	uint32_t error;
	uint32_t size;
	const uint8_t *data;
};

struct hand_open {
	uint32_t id;
	uint32_t flags;
	uint32_t mode;
	struct hand_text path;
};

struct hand_stat {
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

struct hand_entry {
	uint64_t inode;
	uint32_t type;
	struct hand_text name;
};

struct hand_directory {
	uint32_t error;
	uint32_t count;
	struct hand_entry *entries;
};

struct hand_trace {
	bool has_time, has_cpu, has_thread, has_badge, has_object, has_address;
	bool has_length, has_result, has_method, has_flags, has_name, has_cookie;
	uint32_t cpu;
	uint32_t thread;
	uint32_t object;
	int32_t result;
	uint32_t method;
	uint32_t flags;
	uint64_t time;
	uint64_t badge;
	uint64_t address;
	uint64_t length;
	uint64_t cookie;
	struct hand_text name;
};

int hand_read_encode(const struct hand_read *value, void *to, size_t capacity);
int hand_read_decode(struct hand_read *value, const void *from, size_t size);
int hand_data_encode(const struct hand_data *value, void *to, size_t capacity);
int hand_data_decode(struct hand_data *value, const void *from, size_t size);
int hand_open_encode(const struct hand_open *value, void *to, size_t capacity);
int hand_open_decode(struct hand_open *value, const void *from, size_t size);
int hand_stat_encode(const struct hand_stat *value, void *to, size_t capacity);
int hand_stat_decode(struct hand_stat *value, const void *from, size_t size);
int hand_directory_encode(const struct hand_directory *value, void *to,
	size_t capacity);
/* value->entries has room for `room` entries; SK_TOO_BIG if more came. */
int hand_directory_decode(struct hand_directory *value, uint32_t room,
	const void *from, size_t size);
int hand_trace_encode(const struct hand_trace *value, void *to, size_t capacity);
int hand_trace_decode(struct hand_trace *value, const void *from, size_t size);

#endif
