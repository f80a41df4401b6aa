/*
 * protobuf-c, with its own allocator.
 */
#include <string.h>

#include "messages.pb-c.h"
#include "tests/bench/codec/codec.h"
#include "tests/bench/codec/sum.h"
#include "tests/bench/codec/values.h"

static Bench__Read read_value = BENCH__READ__INIT;
static Bench__Data data_value = BENCH__DATA__INIT;
static Bench__Open open_value = BENCH__OPEN__INIT;
static Bench__Stat stat_value = BENCH__STAT__INIT;
static Bench__Directory directory_value = BENCH__DIRECTORY__INIT;
static Bench__Trace trace_value = BENCH__TRACE__INIT;

static Bench__Entry entries[VALUE_ENTRIES];
static Bench__Entry *pointers[VALUE_ENTRIES];

static void prepare_fixed(void)
{
	read_value.id = values.read.id;
	read_value.fd = values.read.fd;
	read_value.size = values.read.size;
	read_value.offset = values.read.offset;
	read_value.flags = values.read.flags;
	read_value.timeout = values.read.timeout;
	stat_value.error = values.stat.error;
	stat_value.mode = values.stat.mode;
	stat_value.device = values.stat.device;
	stat_value.inode = values.stat.inode;
	stat_value.links = values.stat.links;
	stat_value.uid = values.stat.uid;
	stat_value.gid = values.stat.gid;
	stat_value.block_size = values.stat.block_size;
	stat_value.rdev = values.stat.rdev;
	stat_value.size = values.stat.size;
	stat_value.blocks = values.stat.blocks;
	stat_value.accessed = values.stat.accessed;
	stat_value.modified = values.stat.modified;
	stat_value.generation = values.stat.generation;
}

static void prepare_directory(void)
{
	directory_value.error = values.directory.error;
	directory_value.n_entries = VALUE_ENTRIES;
	directory_value.entries = pointers;
	for (uint32_t i = 0; i < VALUE_ENTRIES; i++) {
		struct value_entry *entry = &values.directory.entries[i];

		bench__entry__init(&entries[i]);
		entries[i].inode = entry->inode;
		entries[i].type = entry->type;
		entries[i].name = entry->name;
		pointers[i] = &entries[i];
	}
}

static void prepare_trace(struct value_trace *trace)
{
	trace_value.has_time = true;
	trace_value.time = trace->time;
	trace_value.has_cpu = true;
	trace_value.cpu = trace->cpu;
	trace_value.has_thread = true;
	trace_value.thread = trace->thread;
	trace_value.has_address = true;
	trace_value.address = trace->address;
	trace_value.has_result = true;
	trace_value.result = trace->result;
	trace_value.name = trace->name;
}

static void prepare(void)
{
	prepare_fixed();
	prepare_directory();
	prepare_trace(&values.trace);
	data_value.error = values.data.error;
	data_value.data.len = VALUE_DATA;
	data_value.data.data = values.data.data;
	open_value.id = values.open.id;
	open_value.flags = values.open.flags;
	open_value.mode = values.open.mode;
	open_value.path = values.open.path;
}

/* Packing does not look where the buffer ends: its user has to, before. */
static int encode(const ProtobufCMessage *value, uint8_t *to, size_t capacity)
{
	if (protobuf_c_message_get_packed_size(value) > capacity)
		return 0;
	return (int)protobuf_c_message_pack(value, to);
}

static int encode_read(uint8_t *to, size_t capacity)
{
	return encode(&read_value.base, to, capacity);
}

static int encode_data(uint8_t *to, size_t capacity)
{
	return encode(&data_value.base, to, capacity);
}

static int encode_open(uint8_t *to, size_t capacity)
{
	return encode(&open_value.base, to, capacity);
}

static int encode_stat(uint8_t *to, size_t capacity)
{
	return encode(&stat_value.base, to, capacity);
}

static int encode_directory(uint8_t *to, size_t capacity)
{
	return encode(&directory_value.base, to, capacity);
}

static int encode_trace(uint8_t *to, size_t capacity)
{
	return encode(&trace_value.base, to, capacity);
}

static uint64_t decode_read(const uint8_t *from, size_t size)
{
	Bench__Read *got = bench__read__unpack(NULL, size, from);
	uint64_t sum;

	if (!got)
		return 0;
	sum = SUM_READ(got);
	bench__read__free_unpacked(got, NULL);
	return sum;
}

static uint64_t decode_data(const uint8_t *from, size_t size)
{
	Bench__Data *got = bench__data__unpack(NULL, size, from);
	uint64_t sum;

	if (!got)
		return 0;
	sum = got->error + taken(got->data.data, got->data.len);
	bench__data__free_unpacked(got, NULL);
	return sum;
}

static uint64_t decode_open(const uint8_t *from, size_t size)
{
	Bench__Open *got = bench__open__unpack(NULL, size, from);
	uint64_t sum;

	if (!got)
		return 0;
	sum = SUM_OPEN(got) + taken(got->path, strlen(got->path));
	bench__open__free_unpacked(got, NULL);
	return sum;
}

static uint64_t decode_stat(const uint8_t *from, size_t size)
{
	Bench__Stat *got = bench__stat__unpack(NULL, size, from);
	uint64_t sum;

	if (!got)
		return 0;
	sum = SUM_STAT(got);
	bench__stat__free_unpacked(got, NULL);
	return sum;
}

static uint64_t decode_directory(const uint8_t *from, size_t size)
{
	Bench__Directory *got = bench__directory__unpack(NULL, size, from);
	uint64_t sum;

	if (!got)
		return 0;
	sum = got->error;
	for (size_t i = 0; i < got->n_entries; i++) {
		const Bench__Entry *entry = got->entries[i];

		sum += entry->inode + entry->type +
			taken(entry->name, strlen(entry->name));
	}
	bench__directory__free_unpacked(got, NULL);
	return sum;
}

static uint64_t decode_trace(const uint8_t *from, size_t size)
{
	Bench__Trace *got = bench__trace__unpack(NULL, size, from);
	uint64_t sum;

	if (!got)
		return 0;
	sum = SUM_TRACE(got) + (got->name ? taken(got->name, strlen(got->name)) : 0);
	bench__trace__free_unpacked(got, NULL);
	return sum;
}

const struct codec codec = {
	.name = "protobuf-c",
	.prepare = prepare,
	.encode = { encode_read, encode_data, encode_open, encode_stat,
		encode_directory, encode_trace },
	.decode = { decode_read, decode_data, decode_open, decode_stat,
		decode_directory, decode_trace },
};
