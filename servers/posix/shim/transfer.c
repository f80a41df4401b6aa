/* From descriptor to descriptor: through a buffer here, for the servers of both differ. */
#include "servers/posix/shim/bound.h"
#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/with_file.h"

#define PIECE 8192

/* One side: at an offset of the program's, or at the file's position. */
struct side {
	uint64_t descriptor;
	uint64_t offset_at;		/* 0: the position */
	uint64_t offset;
	struct shim_file file;
};

static int64_t take_side(struct side *side, uint64_t descriptor, uint64_t offset_at)
{
	*side = (struct side){ .descriptor = descriptor, .offset_at = offset_at };
	if (offset_at && !copy_from(&side->offset, offset_at, 8))
		return -LINUX_EFAULT;
	return (int64_t)side->offset < 0 ? -LINUX_EINVAL : 0;
}

static int64_t read_some(struct shim *shim, struct side *from, void *data, uint64_t size)
{
	struct sk_lease lease = sk_lend_out(data, size);
	struct fs_File_read_at_reply at;
	struct fs_File_read_reply here;
	int64_t result = cache_open(shim, from->descriptor, &from->file);

	if (result < 0)
		return result;
	if (from->offset_at) {
		result = FILE_CALL(shim, &at, read_at, .offset = from->offset, .data = lease);
		result = result < 0 ? result : (int64_t)at.count;
	} else {
		result = FILE_CALL(shim, &here, read, .data = lease);
		result = result < 0 ? result : (int64_t)here.count;
	}
	cache_done(shim, from->descriptor, &from->file);
	return result;
}

static int64_t write_some(struct shim *shim, struct side *to, const void *data, uint64_t size)
{
	const struct bound_place place = { to->offset_at != 0, to->offset, false };
	struct sk_lease lease;
	struct fs_File_write_at_reply at;
	struct fs_File_write_reply here;
	int64_t result = cache_open(shim, to->descriptor, &to->file);

	if (result < 0)
		return result;
	result = bound_write(shim, to->file.kind, &place, &size);
	lease = sk_lend(data, size);
	if (result < 0) {
		cache_done(shim, to->descriptor, &to->file);
		return result;
	}
	if (to->offset_at) {
		result = FILE_CALL(shim, &at, write_at, .offset = to->offset, .data = lease);
		result = result < 0 ? result : (int64_t)at.count;
	} else {
		result = FILE_CALL(shim, &here, write, .data = lease);
		result = result < 0 ? result : (int64_t)here.count;
	}
	cache_done(shim, to->descriptor, &to->file);
	return result;
}

/* What was read and not written is to be read again. */
static void go_back(struct shim *shim, struct side *from, int64_t bytes)
{
	if (from->offset_at || bytes == 0 || cache_open(shim, from->descriptor, &from->file) < 0)
		return;
	FILE_CALL(shim, &(struct fs_File_seek_reply){0}, seek, .offset = -bytes,
		.whence = fs_Whence_CURRENT);
	cache_done(shim, from->descriptor, &from->file);
}

/* 0: the end; else how much, or -errno. */
static int64_t move_piece(struct shim *shim, struct side *from, struct side *to, uint64_t size)
{
	uint8_t piece[PIECE];
	int64_t got = read_some(shim, from, piece, size < PIECE ? size : PIECE);
	int64_t put;

	if (got <= 0)
		return got;
	put = write_some(shim, to, piece, (uint64_t)got);
	go_back(shim, from, put < 0 ? got : got - put);
	if (put > 0) {
		from->offset += (uint64_t)put;
		to->offset += (uint64_t)put;
	}
	return put;
}

static int64_t move_all(struct shim *shim, struct side *from, struct side *to, uint64_t size)
{
	uint64_t done = 0;
	int64_t moved = 1;

	if (size > LINUX_RW_MAX)
		size = LINUX_RW_MAX;
	while (done < size && moved > 0) {
		moved = move_piece(shim, from, to, size - done);
		if (moved < 0 && done == 0)
			return moved;
		done += moved > 0 ? (uint64_t)moved : 0;
		if (*SHIM_PENDING(shim))
			break;
	}
	if ((from->offset_at && !copy_to(from->offset_at, &from->offset, 8)) ||
			(to->offset_at && !copy_to(to->offset_at, &to->offset, 8)))
		return -LINUX_EFAULT;
	return (int64_t)done;
}

static bool is_file(struct shim *shim, uint64_t descriptor, int64_t *result)
{
	struct shim_file file;

	*result = cache_open(shim, descriptor, &file);
	if (*result < 0)
		return false;
	cache_done(shim, descriptor, &file);
	*result = file.kind == posix_ObjectKind_DIRECTORY ? -LINUX_EISDIR : -LINUX_EINVAL;
	return file.kind == posix_ObjectKind_FILE || file.kind == posix_ObjectKind_BLOCK_DEVICE;
}

/* Whether it is open for writing. */
static int64_t may_write(struct shim *shim, uint64_t descriptor, struct shim_file *file)
{
	int64_t result = cache_open(shim, descriptor, file);

	if (result < 0)
		return result;
	cache_done(shim, descriptor, file);
	return file->flags & fs_Open_WRITE ? 0 : -LINUX_EBADF;
}

shim_function transfer_sendfile, transfer_copy_range, transfer_splice, transfer_tee,
	transfer_vmsplice;

int64_t transfer_sendfile(struct shim *shim, const uint64_t a[6])
{
	struct side from, to;
	int64_t result;

	if (!is_file(shim, a[1], &result))
		return result;
	result = may_write(shim, a[0], &to.file);
	if (result == 0)
		result = take_side(&from, a[1], a[2]);
	if (result == 0)
		result = take_side(&to, a[0], 0);
	result = result < 0 ? result : move_all(shim, &from, &to, a[3]);
	if (result == -LINUX_EPIPE)
		POSIX_DO(shim, Signals, kill_thread, .process = shim->page->ids.process,
			.thread = shim->page->ids.thread, .signal = posix_Signal_PIPE);
	return result;
}

/* Where a side begins, and of which file: by the server's own handle. False: not known. */
static bool place_of(struct shim *shim, struct side *side, uint64_t *at, fs_Inode *node)
{
	struct fs_File_seek_reply position = { side->offset };
	struct fs_File_status_reply status;
	int64_t result = cache_open(shim, side->descriptor, &side->file);

	if (result < 0)
		return false;
	result = FILE_CALL(shim, &status, status, 0);
	if (result == 0 && !side->offset_at)
		result = FILE_CALL(shim, &position, seek, .whence = fs_Whence_CURRENT);
	cache_done(shim, side->descriptor, &side->file);
	*at = position.position;
	*node = status.status.inode;
	return result == 0;
}

/* A file over itself. Of two servers two nodes with one number may differ: those do not
 * overlap, but a program that copies between them with both ranges equal is told to go
 * the other way, as cp does. */
static bool overlap(struct shim *shim, struct side *from, struct side *to, uint64_t size)
{
	uint64_t first, second;
	fs_Inode one, other;

	return place_of(shim, from, &first, &one) && place_of(shim, to, &second, &other) &&
		one == other && first < second + size && second < first + size;
}

int64_t transfer_copy_range(struct shim *shim, const uint64_t a[6])
{
	struct side from, to;
	int64_t result;

	if (a[5] != 0)
		return -LINUX_EINVAL;
	if (!is_file(shim, a[0], &result) || !is_file(shim, a[2], &result))
		return result;
	result = may_write(shim, a[2], &to.file);
	if (result == 0 && to.file.flags & fs_Open_APPEND)
		result = -LINUX_EBADF;
	if (result == 0)
		result = take_side(&from, a[0], a[1]);
	if (result == 0)
		result = take_side(&to, a[2], a[3]);
	if (result == 0 && overlap(shim, &from, &to, a[4]))
		result = -LINUX_EINVAL;
	return result < 0 ? result : move_all(shim, &from, &to, a[4]);
}

/* ---- pipes ---- */

#define SPLICE_KNOWN UINT64_C(15)

static int64_t broken(struct shim *shim, int64_t result)
{
	if (result == -LINUX_EPIPE)
		POSIX_DO(shim, Signals, kill_thread, .process = shim->page->ids.process,
			.thread = shim->page->ids.thread, .signal = posix_Signal_PIPE);
	return result;
}

int64_t transfer_splice(struct shim *shim, const uint64_t a[6])
{
	struct posix_Descriptors_transfer_reply reply;
	uint64_t offsets[2] = { 0, 0 }, size = a[4];
	struct shim_file file;
	int64_t result = 0;

	if (a[4] == 0)
		return 0;
	if (a[5] & ~SPLICE_KNOWN)
		return -LINUX_EINVAL;
	for (int i = 0; i < 2; i++)
		if (a[1 + 2 * i] && !copy_from(&offsets[i], a[1 + 2 * i], 8))
			return -LINUX_EFAULT;
	if (bound_is_set(shim))
		WITH_FILE(shim, a[2], file, result, bound_write(shim, file.kind,
			&(struct bound_place){ a[3] != 0, offsets[1], false }, &size));
	if (result < 0)
		return result;
	result = POSIX(shim, &reply, Descriptors, transfer, .from = (int32_t)a[0],
		.has_from_offset = a[1] != 0, .from_offset = offsets[0], .to = (int32_t)a[2],
		.has_to_offset = a[3] != 0, .to_offset = offsets[1], .size = size,
		.flags = (posix_TransferFlags)a[5]);
	if (result < 0)
		return broken(shim, result);
	for (int i = 0; i < 2; i++) {
		offsets[i] += reply.count;
		if (a[1 + 2 * i] && !copy_to(a[1 + 2 * i], &offsets[i], 8))
			return -LINUX_EFAULT;
	}
	return (int64_t)reply.count;
}

int64_t transfer_tee(struct shim *shim, const uint64_t a[6])
{
	struct posix_Descriptors_tee_reply reply;
	int64_t result;

	if (a[3] & ~SPLICE_KNOWN)
		return -LINUX_EINVAL;
	if (a[2] == 0)
		return 0;
	result = POSIX(shim, &reply, Descriptors, tee, .from = (int32_t)a[0],
		.to = (int32_t)a[1], .size = a[2], .flags = (posix_TransferFlags)a[3]);
	return result < 0 ? broken(shim, result) : (int64_t)reply.count;
}

/* Pages of the program are copied, so that it may go on with them. */
int64_t transfer_vmsplice(struct shim *shim, const uint64_t a[6])
{
	struct shim_file file;
	int64_t result;

	if (a[3] & ~SPLICE_KNOWN)
		return -LINUX_EINVAL;
	result = cache_open(shim, a[0], &file);
	if (result < 0)
		return result;
	cache_done(shim, a[0], &file);
	if (file.kind != posix_ObjectKind_PIPE)
		return -LINUX_EBADF;
	return file_vmsplice(shim, a, (file.flags & fs_Open_WRITE) != 0,
		(a[3] & posix_TransferFlags_NON_BLOCK) != 0);
}
