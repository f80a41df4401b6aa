#include "servers/posix/shim/bound.h"

#include "servers/posix/shim/with_file.h"

static int64_t too_large(struct shim *shim)
{
	POSIX_DO(shim, Signals, kill_thread, .process = shim->page->ids.process,
		.thread = shim->page->ids.thread, .signal = posix_Signal_XFSZ);
	return -LINUX_EFBIG;
}

static int64_t size_of(struct shim *shim, uint64_t *size)
{
	struct fs_File_status_reply reply = {0};
	int64_t result = FILE_CALL(shim, &reply, status, 0);

	*size = reply.status.size;
	return result;
}

static int64_t begin_of(struct shim *shim, const struct bound_place *place, uint64_t *at)
{
	struct fs_File_describe_reply file = {0};
	struct fs_File_seek_reply here = {0};
	int64_t result = FILE_CALL(shim, &file, describe, 0);

	*at = place->offset;
	if (result < 0)
		return result;
	if (place->appends || file.flags & fs_Open_APPEND)
		return size_of(shim, at);
	if (place->has_offset)
		return 0;
	result = FILE_CALL(shim, &here, seek, .whence = fs_Whence_CURRENT);
	*at = here.position;
	return result;
}

int64_t bound_write(struct shim *shim, uint8_t kind, const struct bound_place *place,
	uint64_t *size)
{
	const uint64_t most = shim->page->file_size;
	uint64_t at;
	int64_t result;

	if (!bound_is_set(shim) || kind != posix_ObjectKind_FILE || *size == 0)
		return 0;
	result = begin_of(shim, place, &at);
	if (result < 0)
		return result;
	if (at >= most)
		return too_large(shim);
	if (*size > most - at)
		*size = most - at;
	return 0;
}

int64_t bound_grow_from(struct shim *shim, uint64_t old, uint64_t size)
{
	return size > old && size > shim->page->file_size ? too_large(shim) : 0;
}

int64_t bound_grow(struct shim *shim, uint8_t kind, uint64_t size)
{
	uint64_t old;
	int64_t result;

	if (!bound_is_set(shim) || kind != posix_ObjectKind_FILE)
		return 0;
	result = size_of(shim, &old);
	return result < 0 ? result : bound_grow_from(shim, old, size);
}
