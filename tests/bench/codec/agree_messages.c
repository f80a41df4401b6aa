/*
 * Random values of the six messages, from the hand-written codec's structs to
 * the generated one's, and comparing them.
 */
#include "tests/bench/codec/agree.h"

#include <string.h>

enum { TEXT = 300 };

static uint64_t random_state;
static uint8_t text[64 + TEXT];
static struct hand_entry entries[AGREE_ENTRIES], more_entries[AGREE_ENTRIES];
static struct bench_Entry items[AGREE_ENTRIES];

void agree_seed(uint64_t seed)
{
	random_state = seed | 1;
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (uint8_t)(i * 37);
}

uint64_t agree_state(void)
{
	return random_state;
}

uint64_t agree_random64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state * UINT64_C(0x2545f4914f6cdd1d);
}

uint32_t agree_below(uint32_t limit)
{
	return (uint32_t)((agree_random64() >> 32) % limit);
}

/* Of any length from 0 to 64 bits, each as likely as the others. */
static uint64_t random_wide(void)
{
	uint32_t bits = agree_below(65);

	return bits == 0 ? 0 : agree_random64() >> (64 - bits);
}

static uint32_t random_word(void)
{
	return (uint32_t)(random_wide() & UINT32_MAX);
}

static struct hand_text random_text(uint32_t limit)
{
	return (struct hand_text){ (const char *)text + agree_below(64),
		agree_below(2) ? agree_below(limit) : agree_below(20) };
}

static void make_read(union hand *hand)
{
	hand->read = (struct hand_read){
		.id = random_word(), .fd = (int32_t)random_word(),
		.size = random_wide(), .offset = random_wide(),
		.flags = random_word(), .timeout = random_word() };
}

static void convert_read(union generated *to, const union hand *from)
{
	const struct hand_read *read = &from->read;

	to->read = (struct bench_Read){
		.id = read->id, .fd = read->fd, .size = read->size,
		.offset = read->offset, .flags = read->flags,
		.timeout = read->timeout };
}

static bool same_read(const union hand *hand, union generated *generated)
{
	const struct hand_read *a = &hand->read;
	const struct bench_Read *b = &generated->read;

	return a->id == b->id && a->fd == b->fd &&
		a->size == b->size && a->offset == b->offset &&
		a->flags == b->flags && a->timeout == b->timeout;
}

static void make_stat(union hand *hand)
{
	hand->stat = (struct hand_stat){
		.error = random_word(), .mode = random_word(),
		.device = random_wide(), .inode = random_wide(),
		.links = random_word(), .uid = random_word(),
		.gid = random_word(), .block_size = random_word(),
		.rdev = random_wide(), .size = (int64_t)random_wide(),
		.blocks = random_wide(), .accessed = (int64_t)random_wide(),
		.modified = (int64_t)random_wide(), .generation = random_word() };
}

static void convert_stat(union generated *to, const union hand *from)
{
	const struct hand_stat *stat = &from->stat;

	to->stat = (struct bench_Stat){
		.error = stat->error, .mode = stat->mode,
		.device = stat->device, .inode = stat->inode,
		.links = stat->links, .uid = stat->uid, .gid = stat->gid,
		.block_size = stat->block_size, .rdev = stat->rdev,
		.size = stat->size, .blocks = stat->blocks,
		.accessed = stat->accessed, .modified = stat->modified,
		.generation = stat->generation };
}

static bool same_stat(const union hand *hand, union generated *generated)
{
	const struct hand_stat *a = &hand->stat;
	const struct bench_Stat *b = &generated->stat;

	return a->error == b->error && a->mode == b->mode &&
		a->device == b->device && a->inode == b->inode &&
		a->links == b->links && a->uid == b->uid &&
		a->gid == b->gid && a->block_size == b->block_size &&
		a->rdev == b->rdev && a->size == b->size &&
		a->blocks == b->blocks && a->accessed == b->accessed &&
		a->modified == b->modified && a->generation == b->generation;
}

static void make_data(union hand *hand)
{
	struct hand_text data = random_text(TEXT);

	hand->data = (struct hand_data){ random_word(), data.size,
		(const uint8_t *)data.data };
}

static void convert_data(union generated *to, const union hand *from)
{
	to->data = (struct bench_Data){ .error = from->data.error,
		.data = { from->data.data, from->data.size } };
}

static bool same_bytes(const void *a, uint32_t a_size, const void *b, uint32_t b_size)
{
	return a_size == b_size && (a_size == 0 || memcmp(a, b, a_size) == 0);
}

static bool same_data(const union hand *hand, union generated *generated)
{
	const struct hand_data *a = &hand->data;
	const struct bench_Data *b = &generated->data;

	return a->error == b->error &&
		same_bytes(a->data, a->size, b->data.data, b->data.size);
}

static void make_open(union hand *hand)
{
	hand->open = (struct hand_open){ random_word(), random_word(), random_word(),
		random_text(TEXT) };
}

static void convert_open(union generated *to, const union hand *from)
{
	const struct hand_open *open = &from->open;

	to->open = (struct bench_Open){ .id = open->id, .flags = open->flags,
		.mode = open->mode, .path = { open->path.data, open->path.size } };
}

static bool same_open(const union hand *hand, union generated *generated)
{
	const struct hand_open *a = &hand->open;
	const struct bench_Open *b = &generated->open;

	return a->id == b->id && a->flags == b->flags && a->mode == b->mode &&
		same_bytes(a->path.data, a->path.size, b->path.data, b->path.size);
}

static void make_directory(union hand *hand)
{
	uint32_t count = agree_below(10);

	hand->directory = (struct hand_directory){ random_word(), count, entries };
	for (uint32_t i = 0; i < count; i++)
		entries[i] = (struct hand_entry){ random_wide(), random_word(),
			random_text(TEXT) };
}

static void convert_directory(union generated *to, const union hand *from)
{
	const struct hand_directory *directory = &from->directory;

	for (uint32_t i = 0; i < directory->count; i++) {
		const struct hand_entry *entry = &directory->entries[i];

		items[i] = (struct bench_Entry){ .inode = entry->inode,
			.type = entry->type,
			.name = { entry->name.data, entry->name.size } };
	}
	to->directory = (struct bench_Directory){ .error = directory->error,
		.entries = { .items = items, .count = directory->count } };
}

static bool same_directory(const union hand *hand, union generated *generated)
{
	const struct hand_directory *a = &hand->directory;
	struct bench_Directory *b = &generated->directory;
	struct bench_Entry got;
	uint32_t count = 0;

	if (a->error != b->error || a->count != b->entries.count)
		return false;
	while (bench_Entry_next(&b->entries, &got)) {
		const struct hand_entry *entry = &a->entries[count++];

		if (count > a->count || entry->inode != got.inode ||
		    entry->type != got.type ||
		    !same_bytes(entry->name.data, entry->name.size,
				got.name.data, got.name.size))
			return false;
	}
	return count == a->count;
}

static bool random_bit(void)
{
	return agree_below(2) == 1;
}

static void make_trace(union hand *hand)
{
	hand->trace = (struct hand_trace){
		.has_time = random_bit(), .time = random_wide(),
		.has_cpu = random_bit(), .cpu = random_word(),
		.has_thread = random_bit(), .thread = random_word(),
		.has_badge = random_bit(), .badge = random_wide(),
		.has_object = random_bit(), .object = random_word(),
		.has_address = random_bit(), .address = random_wide(),
		.has_length = random_bit(), .length = random_wide(),
		.has_result = random_bit(), .result = (int32_t)random_word(),
		.has_method = random_bit(), .method = random_word(),
		.has_flags = random_bit(), .flags = random_word(),
		.has_name = random_bit(), .name = random_text(90),
		.has_cookie = random_bit(), .cookie = random_wide() };
}

static void convert_trace(union generated *to, const union hand *from)
{
	const struct hand_trace *trace = &from->trace;

	to->trace = (struct bench_Trace){
		.has_time = trace->has_time, .time = trace->time,
		.has_cpu = trace->has_cpu, .cpu = trace->cpu,
		.has_thread = trace->has_thread, .thread = trace->thread,
		.has_badge = trace->has_badge, .badge = trace->badge,
		.has_object = trace->has_object, .object = trace->object,
		.has_address = trace->has_address, .address = trace->address,
		.has_length = trace->has_length, .length = trace->length,
		.has_result = trace->has_result, .result = trace->result,
		.has_method = trace->has_method, .method = trace->method,
		.has_flags = trace->has_flags, .flags = trace->flags,
		.has_name = trace->has_name,
		.name = { trace->name.data, trace->name.size },
		.has_cookie = trace->has_cookie, .cookie = trace->cookie };
}

#define SAME(member) \
	(a->has_##member == b->has_##member && \
	 (!a->has_##member || a->member == b->member))

static bool same_trace(const union hand *hand, union generated *generated)
{
	const struct hand_trace *a = &hand->trace;
	const struct bench_Trace *b = &generated->trace;

	return SAME(time) && SAME(cpu) && SAME(thread) &&
		SAME(badge) && SAME(object) && SAME(address) &&
		SAME(length) && SAME(result) && SAME(method) &&
		SAME(flags) && SAME(cookie) &&
		a->has_name == b->has_name && (!a->has_name ||
			same_bytes(a->name.data, a->name.size, b->name.data,
				b->name.size));
}

static int hand_encode_read(const union hand *value, void *to, size_t capacity)
{
	return hand_read_encode(&value->read, to, capacity);
}

static int hand_decode_read(union hand *value, const void *from, size_t size)
{
	return hand_read_decode(&value->read, from, size);
}

static int encode_read(const union generated *value, void *to, size_t capacity)
{
	return bench_Read_encode(&value->read, to, capacity);
}

static int decode_read(union generated *value, const void *from, size_t size)
{
	return bench_Read_decode(&value->read, from, size);
}

static int hand_encode_data(const union hand *value, void *to, size_t capacity)
{
	return hand_data_encode(&value->data, to, capacity);
}

static int hand_decode_data(union hand *value, const void *from, size_t size)
{
	return hand_data_decode(&value->data, from, size);
}

static int encode_data(const union generated *value, void *to, size_t capacity)
{
	return bench_Data_encode(&value->data, to, capacity);
}

static int decode_data(union generated *value, const void *from, size_t size)
{
	return bench_Data_decode(&value->data, from, size);
}

static int hand_encode_open(const union hand *value, void *to, size_t capacity)
{
	return hand_open_encode(&value->open, to, capacity);
}

static int hand_decode_open(union hand *value, const void *from, size_t size)
{
	return hand_open_decode(&value->open, from, size);
}

static int encode_open(const union generated *value, void *to, size_t capacity)
{
	return bench_Open_encode(&value->open, to, capacity);
}

static int decode_open(union generated *value, const void *from, size_t size)
{
	return bench_Open_decode(&value->open, from, size);
}

static int hand_encode_stat(const union hand *value, void *to, size_t capacity)
{
	return hand_stat_encode(&value->stat, to, capacity);
}

static int hand_decode_stat(union hand *value, const void *from, size_t size)
{
	return hand_stat_decode(&value->stat, from, size);
}

static int encode_stat(const union generated *value, void *to, size_t capacity)
{
	return bench_Stat_encode(&value->stat, to, capacity);
}

static int decode_stat(union generated *value, const void *from, size_t size)
{
	return bench_Stat_decode(&value->stat, from, size);
}

static int hand_encode_directory(const union hand *value, void *to, size_t capacity)
{
	return hand_directory_encode(&value->directory, to, capacity);
}

static int hand_decode_directory(union hand *value, const void *from, size_t size)
{
	value->directory.entries = more_entries;
	return hand_directory_decode(&value->directory, AGREE_ENTRIES, from, size);
}

static int encode_directory(const union generated *value, void *to, size_t capacity)
{
	return bench_Directory_encode(&value->directory, to, capacity);
}

static int decode_directory(union generated *value, const void *from, size_t size)
{
	return bench_Directory_decode(&value->directory, from, size);
}

static int hand_encode_trace(const union hand *value, void *to, size_t capacity)
{
	return hand_trace_encode(&value->trace, to, capacity);
}

static int hand_decode_trace(union hand *value, const void *from, size_t size)
{
	return hand_trace_decode(&value->trace, from, size);
}

static int encode_trace(const union generated *value, void *to, size_t capacity)
{
	return bench_Trace_encode(&value->trace, to, capacity);
}

static int decode_trace(union generated *value, const void *from, size_t size)
{
	return bench_Trace_decode(&value->trace, from, size);
}

const struct message agree_messages[] = {
	{ "read", make_read, convert_read, same_read,
		hand_encode_read, hand_decode_read, encode_read, decode_read },
	{ "data", make_data, convert_data, same_data,
		hand_encode_data, hand_decode_data, encode_data, decode_data },
	{ "open", make_open, convert_open, same_open,
		hand_encode_open, hand_decode_open, encode_open, decode_open },
	{ "stat", make_stat, convert_stat, same_stat,
		hand_encode_stat, hand_decode_stat, encode_stat, decode_stat },
	{ "directory", make_directory, convert_directory, same_directory,
		hand_encode_directory, hand_decode_directory, encode_directory, decode_directory },
	{ "trace", make_trace, convert_trace, same_trace,
		hand_encode_trace, hand_decode_trace, encode_trace, decode_trace },
};
