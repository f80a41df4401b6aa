/*
 * The hand-written codec as one of the benchmark's.
 */
#include "tests/bench/codec/codec.h"
#include "tests/bench/codec/hand.h"
#include "tests/bench/codec/sum.h"
#include "tests/bench/codec/values.h"

static struct hand_read read_value;
static struct hand_data data_value;
static struct hand_open open_value;
static struct hand_stat stat_value;
static struct hand_directory directory_value;
static struct hand_trace trace_value;

static struct hand_entry entries[VALUE_ENTRIES];

static void prepare(void)
{
	const struct value_read *read = &values.read;
	const struct value_stat *stat = &values.stat;
	const struct value_trace *trace = &values.trace;

	read_value = (struct hand_read){
		.id = read->id, .fd = read->fd, .size = read->size,
		.offset = read->offset, .flags = read->flags,
		.timeout = read->timeout };
	stat_value = (struct hand_stat){
		.error = stat->error, .mode = stat->mode,
		.device = stat->device, .inode = stat->inode,
		.links = stat->links, .uid = stat->uid, .gid = stat->gid,
		.block_size = stat->block_size, .rdev = stat->rdev,
		.size = stat->size, .blocks = stat->blocks,
		.accessed = stat->accessed, .modified = stat->modified,
		.generation = stat->generation };
	data_value = (struct hand_data){ values.data.error, VALUE_DATA,
		values.data.data };
	open_value = (struct hand_open){ values.open.id, values.open.flags,
		values.open.mode, { values.open.path, VALUE_PATH } };
	for (uint32_t i = 0; i < VALUE_ENTRIES; i++) {
		const struct value_entry *entry = &values.directory.entries[i];

		entries[i] = (struct hand_entry){ entry->inode, entry->type,
			{ entry->name, entry->name_size } };
	}
	directory_value = (struct hand_directory){ values.directory.error,
		VALUE_ENTRIES, entries };
	trace_value = (struct hand_trace){
		.has_time = true, .time = trace->time,
		.has_cpu = true, .cpu = trace->cpu,
		.has_thread = true, .thread = trace->thread,
		.has_address = true, .address = trace->address,
		.has_result = true, .result = trace->result,
		.has_name = true, .name = { trace->name, 8 } };
}

static int encode_read(uint8_t *to, size_t capacity)
{
	return hand_read_encode(&read_value, to, capacity);
}

static int encode_data(uint8_t *to, size_t capacity)
{
	return hand_data_encode(&data_value, to, capacity);
}

static int encode_open(uint8_t *to, size_t capacity)
{
	return hand_open_encode(&open_value, to, capacity);
}

static int encode_stat(uint8_t *to, size_t capacity)
{
	return hand_stat_encode(&stat_value, to, capacity);
}

static int encode_directory(uint8_t *to, size_t capacity)
{
	return hand_directory_encode(&directory_value, to, capacity);
}

static int encode_trace(uint8_t *to, size_t capacity)
{
	return hand_trace_encode(&trace_value, to, capacity);
}

static uint64_t decode_read(const uint8_t *from, size_t size)
{
	struct hand_read got;

	return hand_read_decode(&got, from, size) == 0 ? SUM_READ(&got) : 0;
}

static uint64_t decode_data(const uint8_t *from, size_t size)
{
	struct hand_data got;

	if (hand_data_decode(&got, from, size) != 0)
		return 0;
	return got.error + take(got.data, got.size);
}

static uint64_t decode_open(const uint8_t *from, size_t size)
{
	struct hand_open got;

	if (hand_open_decode(&got, from, size) != 0)
		return 0;
	return SUM_OPEN(&got) + take(got.path.data, got.path.size);
}

static uint64_t decode_stat(const uint8_t *from, size_t size)
{
	struct hand_stat got;

	return hand_stat_decode(&got, from, size) == 0 ? SUM_STAT(&got) : 0;
}

static uint64_t decode_directory(const uint8_t *from, size_t size)
{
	struct hand_entry room[VALUE_ENTRIES];
	struct hand_directory got = { .entries = room };
	uint64_t sum;

	if (hand_directory_decode(&got, VALUE_ENTRIES, from, size) != 0)
		return 0;
	sum = got.error;
	for (uint32_t i = 0; i < got.count; i++)
		sum += room[i].inode + room[i].type +
			take(room[i].name.data, room[i].name.size);
	return sum;
}

static uint64_t decode_trace(const uint8_t *from, size_t size)
{
	struct hand_trace got;

	if (hand_trace_decode(&got, from, size) != 0)
		return 0;
	return SUM_TRACE(&got) +
		(got.has_name ? take(got.name.data, got.name.size) : 0);
}

const struct codec codec = {
	.name = "hand-written",
	.prepare = prepare,
	.encode = { encode_read, encode_data, encode_open, encode_stat,
		encode_directory, encode_trace },
	.decode = { decode_read, decode_data, decode_open, decode_stat,
		decode_directory, decode_trace },
};
