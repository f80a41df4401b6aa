/*
 * nanopb, with arrays in place (messages.options): no allocation.
 */
#include <string.h>

#include <pb_decode.h>
#include <pb_encode.h>

#include "messages.pb.h"
#include "tests/bench/codec/codec.h"
#include "tests/bench/codec/sum.h"
#include "tests/bench/codec/values.h"

static bench_Read read_value;
static bench_Data data_value;
static bench_Open open_value;
static bench_Stat stat_value;
static bench_Directory directory_value;
static bench_Trace trace_value;

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
	directory_value.entries_count = VALUE_ENTRIES;
	for (uint32_t i = 0; i < VALUE_ENTRIES; i++) {
		const struct value_entry *entry = &values.directory.entries[i];

		directory_value.entries[i].inode = entry->inode;
		directory_value.entries[i].type = entry->type;
		memcpy(directory_value.entries[i].name, entry->name,
			sizeof entry->name);
	}
}

static void prepare(void)
{
	const struct value_trace *trace = &values.trace;

	prepare_fixed();
	prepare_directory();
	data_value.error = values.data.error;
	data_value.data.size = VALUE_DATA;
	memcpy(data_value.data.bytes, values.data.data, VALUE_DATA);
	open_value.id = values.open.id;
	open_value.flags = values.open.flags;
	open_value.mode = values.open.mode;
	memcpy(open_value.path, values.open.path, sizeof values.open.path);
	trace_value = (bench_Trace){
		.has_time = true, .time = trace->time,
		.has_cpu = true, .cpu = trace->cpu,
		.has_thread = true, .thread = trace->thread,
		.has_address = true, .address = trace->address,
		.has_result = true, .result = trace->result,
		.has_name = true };
	memcpy(trace_value.name, trace->name, sizeof trace->name);
}

static int encode(const pb_msgdesc_t *fields, const void *value, uint8_t *to,
	size_t capacity)
{
	pb_ostream_t stream = pb_ostream_from_buffer(to, capacity);

	return pb_encode(&stream, fields, value) ? (int)stream.bytes_written : 0;
}

static bool decode(const pb_msgdesc_t *fields, void *value, const uint8_t *from,
	size_t size)
{
	pb_istream_t stream = pb_istream_from_buffer(from, size);

	return pb_decode(&stream, fields, value);
}

static int encode_read(uint8_t *to, size_t capacity)
{
	return encode(bench_Read_fields, &read_value, to, capacity);
}

static int encode_data(uint8_t *to, size_t capacity)
{
	return encode(bench_Data_fields, &data_value, to, capacity);
}

static int encode_open(uint8_t *to, size_t capacity)
{
	return encode(bench_Open_fields, &open_value, to, capacity);
}

static int encode_stat(uint8_t *to, size_t capacity)
{
	return encode(bench_Stat_fields, &stat_value, to, capacity);
}

static int encode_directory(uint8_t *to, size_t capacity)
{
	return encode(bench_Directory_fields, &directory_value, to, capacity);
}

static int encode_trace(uint8_t *to, size_t capacity)
{
	return encode(bench_Trace_fields, &trace_value, to, capacity);
}

static uint64_t decode_read(const uint8_t *from, size_t size)
{
	bench_Read got;

	if (!decode(bench_Read_fields, &got, from, size))
		return 0;
	return SUM_READ(&got);
}

static uint64_t decode_data(const uint8_t *from, size_t size)
{
	bench_Data got;

	if (!decode(bench_Data_fields, &got, from, size))
		return 0;
	return got.error + taken(got.data.bytes, got.data.size);
}

static uint64_t decode_open(const uint8_t *from, size_t size)
{
	bench_Open got;

	if (!decode(bench_Open_fields, &got, from, size))
		return 0;
	return SUM_OPEN(&got) + taken(got.path, strlen(got.path));
}

static uint64_t decode_stat(const uint8_t *from, size_t size)
{
	bench_Stat got;

	if (!decode(bench_Stat_fields, &got, from, size))
		return 0;
	return SUM_STAT(&got);
}

static uint64_t decode_directory(const uint8_t *from, size_t size)
{
	bench_Directory got;
	uint64_t sum;

	if (!decode(bench_Directory_fields, &got, from, size))
		return 0;
	sum = got.error;
	for (pb_size_t i = 0; i < got.entries_count; i++) {
		const bench_Entry *entry = &got.entries[i];

		sum += entry->inode + entry->type +
			taken(entry->name, strlen(entry->name));
	}
	return sum;
}

static uint64_t decode_trace(const uint8_t *from, size_t size)
{
	bench_Trace got;

	if (!decode(bench_Trace_fields, &got, from, size))
		return 0;
	return SUM_TRACE(&got) +
		(got.has_name ? taken(got.name, strlen(got.name)) : 0);
}

const struct codec codec = {
	.name = "nanopb",
	.prepare = prepare,
	.encode = { encode_read, encode_data, encode_open, encode_stat,
		encode_directory, encode_trace },
	.decode = { decode_read, decode_data, decode_open, decode_stat,
		decode_directory, decode_trace },
};
