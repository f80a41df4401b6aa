/*
 * The codec that skald generates from messages.skald.
 */
#include "messages.skald.h"
#include "tests/bench/codec/codec.h"
#include "tests/bench/codec/sum.h"
#include "tests/bench/codec/values.h"

static struct bench_Read read_value;
static struct bench_Data data_value;
static struct bench_Open open_value;
static struct bench_Stat stat_value;
static struct bench_Directory directory_value;
static struct bench_Trace trace_value;

static struct bench_Entry entries[VALUE_ENTRIES];

static void prepare(void)
{
	const struct value_read *read = &values.read;
	const struct value_stat *stat = &values.stat;
	const struct value_trace *trace = &values.trace;

	read_value = (struct bench_Read){
		.id = read->id, .fd = read->fd, .size = read->size,
		.offset = read->offset, .flags = read->flags,
		.timeout = read->timeout };
	stat_value = (struct bench_Stat){
		.error = stat->error, .mode = stat->mode,
		.device = stat->device, .inode = stat->inode,
		.links = stat->links, .uid = stat->uid, .gid = stat->gid,
		.block_size = stat->block_size, .rdev = stat->rdev,
		.size = stat->size, .blocks = stat->blocks,
		.accessed = stat->accessed, .modified = stat->modified,
		.generation = stat->generation };
	data_value = (struct bench_Data){ .error = values.data.error,
		.data = { values.data.data, VALUE_DATA } };
	open_value = (struct bench_Open){ .id = values.open.id,
		.flags = values.open.flags, .mode = values.open.mode,
		.path = { values.open.path, VALUE_PATH } };
	for (uint32_t i = 0; i < VALUE_ENTRIES; i++) {
		const struct value_entry *entry = &values.directory.entries[i];

		entries[i] = (struct bench_Entry){ .inode = entry->inode,
			.type = entry->type,
			.name = { entry->name, entry->name_size } };
	}
	directory_value = (struct bench_Directory){ .error = values.directory.error,
		.entries = { .items = entries, .count = VALUE_ENTRIES } };
	trace_value = (struct bench_Trace){
		.has_time = true, .time = trace->time,
		.has_cpu = true, .cpu = trace->cpu,
		.has_thread = true, .thread = trace->thread,
		.has_address = true, .address = trace->address,
		.has_result = true, .result = trace->result,
		.has_name = true, .name = { trace->name, 8 } };
}

static int encode_read(uint8_t *to, size_t capacity)
{
	return bench_Read_encode(&read_value, to, capacity);
}

static int encode_data(uint8_t *to, size_t capacity)
{
	return bench_Data_encode(&data_value, to, capacity);
}

static int encode_open(uint8_t *to, size_t capacity)
{
	return bench_Open_encode(&open_value, to, capacity);
}

static int encode_stat(uint8_t *to, size_t capacity)
{
	return bench_Stat_encode(&stat_value, to, capacity);
}

static int encode_directory(uint8_t *to, size_t capacity)
{
	return bench_Directory_encode(&directory_value, to, capacity);
}

static int encode_trace(uint8_t *to, size_t capacity)
{
	return bench_Trace_encode(&trace_value, to, capacity);
}

static uint64_t decode_read(const uint8_t *from, size_t size)
{
	struct bench_Read got;

	return bench_Read_decode(&got, from, size) == 0 ? SUM_READ(&got) : 0;
}

static uint64_t decode_data(const uint8_t *from, size_t size)
{
	struct bench_Data got;

	if (bench_Data_decode(&got, from, size) != 0)
		return 0;
	return got.error + take(got.data.data, got.data.size);
}

static uint64_t decode_open(const uint8_t *from, size_t size)
{
	struct bench_Open got;

	if (bench_Open_decode(&got, from, size) != 0)
		return 0;
	return SUM_OPEN(&got) + take(got.path.data, got.path.size);
}

static uint64_t decode_stat(const uint8_t *from, size_t size)
{
	struct bench_Stat got;

	return bench_Stat_decode(&got, from, size) == 0 ? SUM_STAT(&got) : 0;
}

#ifdef BY_ITERATOR
/* Checked first, then taken one by one from the message: two passes. */
static uint64_t decode_directory(const uint8_t *from, size_t size)
{
	struct bench_Directory got;
	struct bench_Entry entry;
	uint64_t sum;

	if (bench_Directory_decode(&got, from, size) != 0)
		return 0;
	sum = got.error;
	while (bench_Entry_next(&got.entries, &entry))
		sum += entry.inode + entry.type +
			take(entry.name.data, entry.name.size);
	return sum;
}
#else
/* Into an array of the caller's, as the hand-written codec does: one pass. */
static uint64_t decode_directory(const uint8_t *from, size_t size)
{
	static struct bench_Entry array[VALUE_ENTRIES];
	struct sk_room room = { (uint8_t *)array, (uint8_t *)(array + VALUE_ENTRIES), false };
	struct bench_Directory got;
	uint64_t sum;

	if (bench_Directory_decode_into(&got, from, size, &room) != 0)
		return 0;
	sum = got.error;
	for (uint32_t i = 0; i < got.entries.count; i++) {
		const struct bench_Entry *entry = &got.entries.items[i];

		sum += entry->inode + entry->type +
			take(entry->name.data, entry->name.size);
	}
	return sum;
}

#endif

static uint64_t decode_trace(const uint8_t *from, size_t size)
{
	struct bench_Trace got;

	if (bench_Trace_decode(&got, from, size) != 0)
		return 0;
	return SUM_TRACE(&got) +
		(got.has_name ? take(got.name.data, got.name.size) : 0);
}

const struct codec codec = {
	.name = "skald",
	.prepare = prepare,
	.encode = { encode_read, encode_data, encode_open, encode_stat,
		encode_directory, encode_trace },
	.decode = { decode_read, decode_data, decode_open, decode_stat,
		decode_directory, decode_trace },
};
