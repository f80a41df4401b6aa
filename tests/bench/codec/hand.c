/*
 * The hand-written codec. One-byte varints are predicted, bounds are checked
 * once for a run of members, arrays are encoded and decoded in one pass.
 */
#include "tests/bench/codec/hand.h"

#include <string.h>

#include "runtime/status.h"
#include "tests/bench/codec/hand_wire.h"

enum {
	READ_ID = 1, DATA_ID, OPEN_ID, STAT_ID, DIRECTORY_ID, TRACE_ID,
	PREAMBLE = 8,			/* id and tail size */
	OPEN_HEAD = 255,		/* declared sizes */
	TRACE_HEAD = 128,
	TRACE_TAGS = PREAMBLE + 1,	/* where the block begins */
	/* Greatest trace but for the characters of the name, and a spare store. */
	TRACE_MOST = TRACE_TAGS + 12 + 5 * 9 + 9 + 5 * 5 + 5 + 1 + 8,
	ENTRY_LEAST = 3,
	ENTRY_MOST = 3 * VARINT_MAX	/* the same without the name */
};

static inline void put_preamble(uint8_t *at, uint32_t id, uint32_t tail_size)
{
	put64(at, id | (uint64_t)tail_size << 32);
}

/* What follows the head's data may only be padding. */
static inline int end_head(const uint8_t *at, const uint8_t *end)
{
	while (UNLIKELY(at < end))
		if (*at++ != 0)
			return SK_MALFORMED;
	return SK_OK;
}

/* ---- read and stat: fixed members only ---- */

int hand_read_encode(const struct hand_read *value, void *to, size_t capacity)
{
	uint8_t *at = to;

	if (UNLIKELY(capacity < 40))
		return SK_TOO_BIG;
	put_preamble(at, READ_ID, 0);
	put32(at + 8, value->id);
	put32(at + 12, (uint32_t)value->fd);
	put64(at + 16, value->size);
	put64(at + 24, value->offset);
	put32(at + 32, value->flags);
	put32(at + 36, value->timeout);
	return 40;
}

int hand_read_decode(struct hand_read *value, const void *from, size_t size)
{
	const uint8_t *at = from;

	if (UNLIKELY(size != 40 || get64(at) != READ_ID))
		return SK_MALFORMED;
	value->id = get32(at + 8);
	value->fd = (int32_t)get32(at + 12);
	value->size = get64(at + 16);
	value->offset = get64(at + 24);
	value->flags = get32(at + 32);
	value->timeout = get32(at + 36);
	return SK_OK;
}

int hand_stat_encode(const struct hand_stat *value, void *to, size_t capacity)
{
	uint8_t *at = to;

	if (UNLIKELY(capacity < 92))
		return SK_TOO_BIG;
	put_preamble(at, STAT_ID, 0);
	put32(at + 8, value->error);
	put32(at + 12, value->mode);
	put64(at + 16, value->device);
	put64(at + 24, value->inode);
	put32(at + 32, value->links);
	put32(at + 36, value->uid);
	put32(at + 40, value->gid);
	put32(at + 44, value->block_size);
	put64(at + 48, value->rdev);
	put64(at + 56, (uint64_t)value->size);
	put64(at + 64, value->blocks);
	put64(at + 72, (uint64_t)value->accessed);
	put64(at + 80, (uint64_t)value->modified);
	put32(at + 88, value->generation);
	return 92;
}

int hand_stat_decode(struct hand_stat *value, const void *from, size_t size)
{
	const uint8_t *at = from;

	if (UNLIKELY(size != 92 || get64(at) != STAT_ID))
		return SK_MALFORMED;
	value->error = get32(at + 8);
	value->mode = get32(at + 12);
	value->device = get64(at + 16);
	value->inode = get64(at + 24);
	value->links = get32(at + 32);
	value->uid = get32(at + 36);
	value->gid = get32(at + 40);
	value->block_size = get32(at + 44);
	value->rdev = get64(at + 48);
	value->size = (int64_t)get64(at + 56);
	value->blocks = get64(at + 64);
	value->accessed = (int64_t)get64(at + 72);
	value->modified = (int64_t)get64(at + 80);
	value->generation = get32(at + 88);
	return SK_OK;
}

/* ---- data: a byte array in the tail ---- */

int hand_data_encode(const struct hand_data *value, void *to, size_t capacity)
{
	uint8_t *at = to;
	size_t size = value->size;
	size_t begin = 20 + varint_size32(value->size);

	if (UNLIKELY(begin + size > capacity || size > INT32_MAX - 32))
		return SK_TOO_BIG;
	put_preamble(at, DATA_ID, (uint32_t)(begin + size - 12));
	put32(at + 8, value->error);
	put64(at + 12, 8);
	put_varint(at + 20, size);
	memcpy(at + begin, value->data, size);
	return (int)(begin + size);
}

int hand_data_decode(struct hand_data *value, const void *from, size_t size)
{
	const uint8_t *at = from, *end = at + size;

	if (UNLIKELY(size < 21 || get32(at) != DATA_ID ||
		     get32(at + 4) != size - 12 || get64(at + 12) != 8))
		return SK_MALFORMED;
	value->error = get32(at + 8);
	at = get_size(at + 20, end, &value->size);
	if (UNLIKELY(!at || at + value->size != end))
		return SK_MALFORMED;
	value->data = at;
	return SK_OK;
}

/* ---- open: a string in the head ---- */

int hand_open_encode(const struct hand_open *value, void *to, size_t capacity)
{
	uint8_t *at = to;
	size_t size = value->path.size;
	size_t begin = size < 128 ? 22 : 23;

	if (UNLIKELY(begin + size > capacity || begin + size > OPEN_HEAD))
		return SK_TOO_BIG;
	put_preamble(at, OPEN_ID, 0);
	put32(at + 8, value->id);
	put32(at + 12, value->flags);
	put32(at + 16, value->mode);
	at[20] = 21;
	put_varint(at + 21, size);
	memcpy(at + begin, value->path.data, size);
	return (int)(begin + size);
}

int hand_open_decode(struct hand_open *value, const void *from, size_t size)
{
	const uint8_t *at = from, *end = at + size;

	if (UNLIKELY(size < 22 || size > OPEN_HEAD || get64(at) != OPEN_ID ||
		     at[20] != 21))
		return SK_MALFORMED;
	value->id = get32(at + 8);
	value->flags = get32(at + 12);
	value->mode = get32(at + 16);
	at = get_size(at + 21, end, &value->path.size);
	if (UNLIKELY(!at))
		return SK_MALFORMED;
	value->path.data = (const char *)at;
	return end_head(at + value->path.size, end);
}

/* ---- directory: an array of structs in the tail ---- */

/* An entry when the buffer may end within it; NULL if it does. */
static __attribute__((noinline)) uint8_t *put_last_entry(uint8_t *at,
	const uint8_t *end, const struct hand_entry *entry)
{
	uint8_t integers[ENTRY_MOST];
	uint8_t *stop = put_varint(integers, entry->inode);
	size_t size;

	stop = put_varint(stop, entry->type);
	stop = put_varint(stop, entry->name.size);
	size = (size_t)(stop - integers);
	if ((size_t)(end - at) < size + entry->name.size)
		return NULL;
	memcpy(at, integers, size);
	memcpy(at + size, entry->name.data, entry->name.size);
	return at + size + entry->name.size;
}

static inline uint8_t *put_entry(uint8_t *at, const uint8_t *end,
	const struct hand_entry *entry)
{
	size_t size = entry->name.size;

	if (UNLIKELY((size_t)(end - at) < ENTRY_MOST + size))
		return put_last_entry(at, end, entry);
	at = put_varint(at, entry->inode);
	at = put_varint(at, entry->type);
	at = put_varint(at, size);
	memcpy(at, entry->name.data, size);
	return at + size;
}

int hand_directory_encode(const struct hand_directory *value, void *to,
	size_t capacity)
{
	uint8_t *start = to, *at = start + 20, *end = start + capacity;
	const struct hand_entry *stop;

	if (UNLIKELY(capacity < 20 + VARINT_MAX && (capacity < 21 || value->count > 127)))
		return SK_TOO_BIG;
	put32(start + 8, value->error);
	put64(start + 12, 8);
	at = put_varint(at, value->count);
	stop = value->entries + value->count;
	for (const struct hand_entry *entry = value->entries; entry < stop; entry++) {
		at = put_entry(at, end, entry);
		if (UNLIKELY(!at))
			return SK_TOO_BIG;
	}
	if (UNLIKELY(at - start > INT32_MAX))
		return SK_TOO_BIG;
	put_preamble(start, DIRECTORY_ID, (uint32_t)(at - start - 12));
	return (int)(at - start);
}

/* An entry when less than ENTRY_MOST bytes are left. */
static __attribute__((noinline)) const uint8_t *get_last_entry(const uint8_t *at,
	const uint8_t *end, struct hand_entry *entry)
{
	uint64_t type;

	at = get_varint(at, end, &entry->inode);
	if (!at)
		return NULL;
	at = get_varint(at, end, &type);
	if (!at || type > UINT32_MAX)
		return NULL;
	entry->type = (uint32_t)type;
	at = get_size(at, end, &entry->name.size);
	if (!at)
		return NULL;
	entry->name.data = (const char *)at;
	return at + entry->name.size;
}

static inline const uint8_t *get_entry(const uint8_t *at, const uint8_t *end,
	struct hand_entry *entry)
{
	uint64_t type, size;

	if (UNLIKELY(end - at < ENTRY_MOST))
		return get_last_entry(at, end, entry);
	at = get_whole(at, &entry->inode);
	if (UNLIKELY(!at))
		return NULL;
	at = get_whole(at, &type);
	if (UNLIKELY(!at || type > UINT32_MAX))
		return NULL;
	entry->type = (uint32_t)type;
	at = get_whole(at, &size);
	if (UNLIKELY(!at || size > (uint64_t)(end - at)))
		return NULL;
	entry->name = (struct hand_text){ (const char *)at, (uint32_t)size };
	return at + size;
}

int hand_directory_decode(struct hand_directory *value, uint32_t room,
	const void *from, size_t size)
{
	const uint8_t *at = from, *end = at + size;
	const struct hand_entry *stop;
	uint64_t count;

	if (UNLIKELY(size < 21 || get32(at) != DIRECTORY_ID ||
		     get32(at + 4) != size - 12 || get64(at + 12) != 8))
		return SK_MALFORMED;
	value->error = get32(at + 8);
	at = get_varint(at + 20, end, &count);
	if (UNLIKELY(!at || count > (uint64_t)(end - at) / ENTRY_LEAST))
		return SK_MALFORMED;
	if (UNLIKELY(count > room))
		return SK_TOO_BIG;
	value->count = (uint32_t)count;
	stop = value->entries + count;
	for (struct hand_entry *entry = value->entries; entry < stop; entry++) {
		at = get_entry(at, end, entry);
		if (UNLIKELY(!at))
			return SK_MALFORMED;
	}
	return at == end ? SK_OK : SK_MALFORMED;
}

/* ---- trace: tagged members ---- */

static inline uint8_t *put_tagged(uint8_t *at, bool has, unsigned tag,
	uint64_t value)
{
	if (!has)
		return at;
	*at = (uint8_t)(2 * tag + 1);
	return put_varint(at + 1, value);
}

/* Into a buffer of TRACE_MOST bytes and those of the name. */
static inline uint8_t *put_trace(const struct hand_trace *value, uint8_t *start)
{
	uint8_t *at = start + TRACE_TAGS;

	put_preamble(start, TRACE_ID, 0);
	start[PREAMBLE] = TRACE_TAGS;
	at = put_tagged(at, value->has_time, 1, value->time);
	at = put_tagged(at, value->has_cpu, 2, value->cpu);
	at = put_tagged(at, value->has_thread, 3, value->thread);
	at = put_tagged(at, value->has_badge, 4, value->badge);
	at = put_tagged(at, value->has_object, 5, value->object);
	at = put_tagged(at, value->has_address, 6, value->address);
	at = put_tagged(at, value->has_length, 7, value->length);
	at = put_tagged(at, value->has_result, 8, (uint64_t)(int64_t)value->result);
	at = put_tagged(at, value->has_method, 9, value->method);
	at = put_tagged(at, value->has_flags, 10, value->flags);
	if (value->has_name) {
		at = put_tagged(at, true, 11, value->name.size);
		memcpy(at, value->name.data, value->name.size);
		at += value->name.size;
	}
	at = put_tagged(at, value->has_cookie, 12, value->cookie);
	*at = 1;
	return at + 1;
}

int hand_trace_encode(const struct hand_trace *value, void *to, size_t capacity)
{
	uint8_t spare[TRACE_MOST + TRACE_HEAD];
	uint8_t *start = to;
	size_t name_size = value->has_name ? value->name.size : 0;
	size_t size;

	if (UNLIKELY(name_size > TRACE_HEAD))
		return SK_TOO_BIG;
	if (UNLIKELY(capacity < TRACE_MOST + name_size))
		start = spare;
	size = (size_t)(put_trace(value, start) - start);
	if (UNLIKELY(size > TRACE_HEAD || size > capacity))
		return SK_TOO_BIG;
	if (UNLIKELY(start == spare))
		memcpy(to, spare, size);
	return (int)size;
}

/* Reads the tags in order; `tag` is the next as on the wire, 0 after an error. */
struct tags {
	const uint8_t *at;
	const uint8_t *end;
	unsigned tag;
};

static inline void tags_next(struct tags *tags, const uint8_t *at)
{
	bool good = at && at < tags->end;

	tags->tag = LIKELY(good) ? *at : 0;
	tags->at = at + good;
}

static inline void get_tagged(struct tags *tags, unsigned tag, bool *has,
	uint64_t *value)
{
	if (tags->tag != 2 * tag + 1)
		return;
	*has = true;
	tags_next(tags, get_varint(tags->at, tags->end, value));
}

static inline void get_tagged32(struct tags *tags, unsigned tag, bool *has,
	uint32_t *value)
{
	const uint8_t *at;
	uint64_t wide = 0;

	if (tags->tag != 2 * tag + 1)
		return;
	*has = true;
	at = get_varint(tags->at, tags->end, &wide);
	*value = (uint32_t)wide;
	tags_next(tags, UNLIKELY(wide > UINT32_MAX) ? NULL : at);
}

static inline void get_result(struct tags *tags, struct hand_trace *value)
{
	const uint8_t *at;
	uint64_t wide = 0;

	if (tags->tag != 2 * 8 + 1)
		return;
	value->has_result = true;
	at = get_varint(tags->at, tags->end, &wide);
	value->result = (int32_t)(uint32_t)wide;
	tags_next(tags, UNLIKELY((uint64_t)value->result != wide) ? NULL : at);
}

static inline void get_name(struct tags *tags, struct hand_trace *value)
{
	const uint8_t *at;

	if (tags->tag != 2 * 11 + 1)
		return;
	value->has_name = true;
	at = get_size(tags->at, tags->end, &value->name.size);
	value->name.data = (const char *)at;
	tags_next(tags, at ? at + value->name.size : NULL);
}

int hand_trace_decode(struct hand_trace *value, const void *from, size_t size)
{
	const uint8_t *at = from;
	struct tags tags = { .at = at, .end = at + size };

	if (UNLIKELY(size <= TRACE_TAGS || size > TRACE_HEAD ||
		     get64(at) != TRACE_ID || at[PREAMBLE] != TRACE_TAGS))
		return SK_MALFORMED;
	*value = (struct hand_trace){ 0 };
	tags_next(&tags, at + TRACE_TAGS);
	get_tagged(&tags, 1, &value->has_time, &value->time);
	get_tagged32(&tags, 2, &value->has_cpu, &value->cpu);
	get_tagged32(&tags, 3, &value->has_thread, &value->thread);
	get_tagged(&tags, 4, &value->has_badge, &value->badge);
	get_tagged32(&tags, 5, &value->has_object, &value->object);
	get_tagged(&tags, 6, &value->has_address, &value->address);
	get_tagged(&tags, 7, &value->has_length, &value->length);
	get_result(&tags, value);
	get_tagged32(&tags, 9, &value->has_method, &value->method);
	get_tagged32(&tags, 10, &value->has_flags, &value->flags);
	get_name(&tags, value);
	get_tagged(&tags, 12, &value->has_cookie, &value->cookie);
	return LIKELY(tags.tag == 1) ? end_head(tags.at, tags.end) : SK_MALFORMED;
}
