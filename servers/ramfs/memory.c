/*
 * Contents in a memory object, which clients map: what they see there, and what read and
 * write move, are the same bytes. A file's contents go there when its memory is first
 * asked for, and stay until the file ends. Its size is the file's, in pages, so that
 * who touches a mapping behind them faults.
 *
 * Clients that may write can also take pages away at any time. So the server does not
 * touch those itself: the kernel copies, which finds zeros where there is no page. As long
 * as there has been no such client, and every page is there, it maps the memory and moves
 * bytes straight (memory_see).
 */
#include "servers/ramfs/ramfs.h"

/* What a memory object can have. */
#define SIZE_MAX_MEMORY (UINT64_C(1) << 47)

static const struct ram_memories *memories_of(const struct inode *inode)
{
	return inode->ram->world.memories;
}

static void *context_of(const struct inode *inode)
{
	return inode->ram->world.context;
}

static uint64_t round_up(uint64_t size)
{
	return (size + RAM_PAGE - 1) / RAM_PAGE * RAM_PAGE;
}

/* ---- what is mapped here ---- */

static void unsee(struct inode *inode)
{
	struct data *data = &inode->as.data;

	if (data->at)
		memories_of(inode)->unmap(context_of(inode), data->at, data->mapped);
	data->at = NULL;
	data->mapped = data->seen = 0;
}

/* From here on pages are not there, or will not be. */
static void see_less(struct inode *inode, uint64_t end)
{
	if (inode->as.data.seen > end)
		inode->as.data.seen = end;
}

void memory_see(struct inode *inode)
{
	struct data *data = &inode->as.data;
	uint64_t size = round_up(inode->size);

	if (data->is_others || data->seen == size || memory_present(inode) < size)
		return;
	unsee(inode);
	data->at = memories_of(inode)->map(context_of(inode), data->memory, size);
	if (data->at)
		data->mapped = data->seen = size;
}

static bool is_seen(const struct inode *inode, uint64_t offset, uint64_t size)
{
	const struct data *data = &inode->as.data;

	return offset <= data->seen && size <= data->seen - offset;
}

/* ---- beginning and end ---- */

/* False: there is no room. */
static bool copy_pages(struct inode *inode, struct sk_handle memory)
{
	const struct data *data = &inode->as.data;
	uint64_t end = round_up(inode->size) / RAM_PAGE;
	uint64_t page = data_next(data, 0, false);

	for (; page < end; page = data_next(data, page + 1, false))
		if (memories_of(inode)->write(context_of(inode), memory, page * RAM_PAGE,
				data_find(data, page, NULL), RAM_PAGE) != RAM_PAGE)
			return false;
	return true;
}

static int begin(struct inode *inode, struct sk_handle *memory)
{
	if (!memories_of(inode)->make(context_of(inode), inode->size, memory))
		return fs_Error_ENFILE;
	if (copy_pages(inode, *memory))
		return 0;
	memories_of(inode)->end(context_of(inode), *memory);
	return fs_Error_ENOSPC;
}

int memory_begin(struct inode *inode)
{
	struct ram *ram = inode->ram;
	struct data *data = &inode->as.data;
	const uint64_t size = round_up(inode->size), pages = data->pages * RAM_PAGE;
	struct sk_handle memory;
	int error;

	if (inode->kind != fs_Kind_FILE || !ram->world.memories)
		return fs_Error_ENODEV;
	if (data->is_memory)
		return 0;
	if (inode->size > SIZE_MAX_MEMORY)
		return fs_Error_EFBIG;
	if (ram->memories == MEMORY_MAX_COUNT)
		return fs_Error_ENFILE;
	if (size > pages && !share_take(ram, data->charge, size - pages))
		return fs_Error_ENOSPC;
	error = begin(inode, &memory);
	if (error != 0) {
		share_return(ram, data->charge, size > pages ? size - pages : 0);
		return error;
	}
	data_cut(ram, data, 0, UINT64_MAX);
	share_put(data->charge, size > pages ? pages : size);
	data->memory = memory;
	data->is_memory = true;
	ram->memories++;
	return 0;
}

void memory_end(struct inode *inode)
{
	const struct ram_memories *memories = memories_of(inode);
	struct sk_handle memory = inode->as.data.memory;

	unsee(inode);
	/* So there is room at once, and not when the kernel has come to it. */
	if (memories->is_idle(context_of(inode), memory))
		(void)memories->resize(context_of(inode), memory, 0);
	memories->end(context_of(inode), memory);
	share_return(inode->ram, &inode->charge, round_up(inode->size));
	inode->as.data.is_memory = false;
	inode->ram->memories--;
}

int memory_hand_out(struct inode *inode, uint32_t rights, struct sk_handle *memory)
{
	if (rights & fs_Rights_WRITE) {
		unsee(inode);
		inode->as.data.is_others = true;
	}
	*memory = memories_of(inode)->copy(context_of(inode), inode->as.data.memory, rights);
	return memory->raw >= 0 ? 0 : fs_Error_ENFILE;
}

/* All of it goes to a memory that nobody else has. */
static int move_away(struct inode *inode)
{
	const struct ram_memories *memories = memories_of(inode);
	struct data *data = &inode->as.data;
	uint8_t *buffer = inode->ram->buffer;
	struct sk_handle memory;
	uint64_t done = 0, step = 0;

	if (!memories->make(context_of(inode), inode->size, &memory))
		return fs_Error_ENOMEM;
	for (; done < inode->size; done += step) {
		step = inode->size - done < fs_XATTR_MAX ? inode->size - done : fs_XATTR_MAX;
		if (!memories->read(context_of(inode), data->memory, done, buffer, step) ||
				memories->write(context_of(inode), memory, done, buffer, step)
				!= step) {
			memories->end(context_of(inode), memory);
			return fs_Error_ENOMEM;
		}
	}
	memories->end(context_of(inode), data->memory);
	data->memory = memory;
	return 0;
}

int memory_seal(struct inode *inode)
{
	const struct ram_memories *memories = memories_of(inode);
	struct data *data = &inode->as.data;
	int error = 0;

	if (!data->is_others)
		return 0;
	if (memories->writable(context_of(inode), data->memory) > 0)
		return fs_Error_EBUSY;
	if (!memories->is_idle(context_of(inode), data->memory))
		error = move_away(inode);
	data->is_others = error != 0;
	return error;
}

/* ---- size ---- */

uint64_t memory_present(const struct inode *inode)
{
	const struct data *data = &inode->as.data;

	/* Nobody else could have taken pages of it away. */
	if (data->at && data->seen == round_up(inode->size))
		return data->seen;
	return memories_of(inode)->present(context_of(inode), inode->as.data.memory);
}

int memory_resize(struct inode *inode, uint64_t size)
{
	const struct ram_memories *memories = memories_of(inode);
	struct sk_handle memory = inode->as.data.memory;
	const uint64_t before = round_up(inode->size), after = round_up(size);

	if (size > SIZE_MAX_MEMORY)
		return fs_Error_EFBIG;
	if (after > before && !share_take(inode->ram, &inode->charge, after - before))
		return fs_Error_ENOSPC;
	if (size < inode->size) {
		see_less(inode, round_up(size));
		window_tell_size(inode, size);
	}
	/* What somebody wrote behind the end, in its page, is not to come into it. */
	if (size > inode->size && inode->size % RAM_PAGE != 0)
		(void)memories->resize(context_of(inode), memory, inode->size);
	if (!memories->resize(context_of(inode), memory, size)) {
		window_tell_size(inode, inode->size);
		share_return(inode->ram, &inode->charge, after > before ? after - before : 0);
		return fs_Error_ENOSPC;
	}
	share_return(inode->ram, &inode->charge, after < before ? before - after : 0);
	inode->size = size;
	return 0;
}

int memory_reserve(struct inode *inode, uint64_t offset, uint64_t length, bool keeps_size)
{
	uint64_t end = offset + length, before = inode->size;
	uint64_t first = offset / RAM_PAGE * RAM_PAGE;
	int error = 0;

	if (end > inode->size)
		error = keeps_size ? fs_Error_EOPNOTSUPP : memory_resize(inode, end);
	if (error == 0 && !memories_of(inode)->commit(context_of(inode),
			inode->as.data.memory, first, round_up(end) - first)) {
		error = fs_Error_ENOSPC;
		(void)memory_resize(inode, before);
	}
	return error;
}

/* ---- bytes ---- */

void memory_read(const struct inode *inode, uint64_t offset, void *to, uint64_t size)
{
	if (is_seen(inode, offset, size))
		memcpy(to, inode->as.data.at + offset, size);
	else if (!memories_of(inode)->read(context_of(inode), inode->as.data.memory, offset, to,
			size))
		memset(to, 0, size);
}

uint64_t memory_write(struct inode *inode, uint64_t offset, const void *from, uint64_t size)
{
	uint64_t before = inode->size, done;

	if (is_seen(inode, offset, size) && offset + size <= before) {
		memcpy(inode->as.data.at + offset, from, size);
		return size;
	}
	if (size == 0 || (offset + size > before && memory_resize(inode, offset + size) != 0))
		return 0;
	done = memories_of(inode)->write(context_of(inode), inode->as.data.memory, offset,
		from, size);
	if (done < size && inode->size > before)
		(void)memory_resize(inode, done > 0 && offset + done > before ?
			offset + done : before);
	return done;
}

/* Where there is no room to write zeros, there are none but zeros. */
static void clear(struct inode *inode, uint64_t offset, uint64_t end)
{
	static const uint8_t zeros[RAM_PAGE];

	if (offset < end)
		(void)memories_of(inode)->write(context_of(inode), inode->as.data.memory,
			offset, zeros, end - offset);
}

void memory_punch(struct inode *inode, uint64_t offset, uint64_t length)
{
	uint64_t size = round_up(inode->size), end = offset + length;
	uint64_t first = round_up(offset), last;

	end = end < size ? end : size;
	last = end / RAM_PAGE * RAM_PAGE;
	if (offset >= end)
		return;
	if (first > last) {
		clear(inode, offset, end);
		return;
	}
	clear(inode, offset, first);
	clear(inode, last, end);
	if (first < last)
		see_less(inode, first);
	if (first < last)
		memories_of(inode)->decommit(context_of(inode), inode->as.data.memory,
			first, last - first);
}
