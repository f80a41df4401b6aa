/* Open files besides their bytes: position, size, storage, flags, seals. */
#define _GNU_SOURCE
#include "servers/hostfs/hostfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define EXTENTS_MAX 100
#define FLAGS_SET (fs_Open_APPEND | fs_Open_NON_BLOCKING | fs_Open_DIRECT | \
	fs_Open_NO_ACCESS_TIME | fs_Open_ASYNC)
#define SEALS_SET (fs_Seals_SEAL | fs_Seals_SHRINK | fs_Seals_GROW | fs_Seals_WRITE | \
	fs_Seals_FUTURE_WRITE | fs_Seals_EXECUTE_MODE)

static int may(const struct open_handle *handle, fs_Rights right)
{
	return handle->rights & right ? 0 : EPERM;
}

static bool is_range(uint64_t offset, uint64_t length)
{
	return offset <= INT64_MAX && length <= INT64_MAX - offset;
}

void op_file_seek(void *self, const struct fs_File_seek_request *request,
	struct sk_reply *to)
{
	static const int whences[] = {
		[fs_Whence_START] = SEEK_SET,
		[fs_Whence_CURRENT] = SEEK_CUR,
		[fs_Whence_END] = SEEK_END,
		[fs_Whence_DATA] = SEEK_DATA,
		[fs_Whence_HOLE] = SEEK_HOLE,
	};
	const struct open_handle *handle = self;
	struct fs_File_seek_reply reply = {0};
	off_t position;
	int error = EINVAL;

	if (request->whence >= 0 && request->whence <= fs_Whence_HOLE) {
		position = lseek(handle->file->fd, request->offset,
			whences[request->whence]);
		error = position < 0 ? errno : 0;
		reply.position = (uint64_t)position;
	}
	fs_File_seek_answer(to, operations_error(error), &reply);
}

void op_file_truncate(void *self, const struct fs_File_truncate_request *request,
	struct sk_reply *to)
{
	const struct open_handle *handle = self;
	const struct fs_File_truncate_reply reply = {0};
	int error = may(handle, fs_Rights_WRITE);

	if (error == 0 && request->size > INT64_MAX)
		error = EFBIG;
	if (error == 0 && ftruncate(handle->file->fd, (off_t)request->size) < 0)
		error = errno;
	fs_File_truncate_answer(to, operations_error(error), &reply);
}

void op_file_allocate(void *self, const struct fs_File_allocate_request *request,
	struct sk_reply *to)
{
	static const int modes[] = {
		[fs_Allocate_RESERVE] = 0,
		[fs_Allocate_RESERVE_KEEPING_SIZE] = FALLOC_FL_KEEP_SIZE,
		[fs_Allocate_PUNCH] = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		[fs_Allocate_ZERO] = FALLOC_FL_ZERO_RANGE,
		[fs_Allocate_ZERO_KEEPING_SIZE] = FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
		[fs_Allocate_COLLAPSE] = FALLOC_FL_COLLAPSE_RANGE,
		[fs_Allocate_INSERT] = FALLOC_FL_INSERT_RANGE,
		[fs_Allocate_UNSHARE] = FALLOC_FL_UNSHARE_RANGE,
	};
	const struct open_handle *handle = self;
	const struct fs_File_allocate_reply reply = {0};
	int error = may(handle, fs_Rights_WRITE);

	if (error == 0 && (request->how < 0 || request->how > fs_Allocate_UNSHARE))
		error = EINVAL;
	if (error == 0 && !is_range(request->offset, request->length))
		error = EFBIG;
	if (error == 0 && fallocate(handle->file->fd, modes[request->how],
			(off_t)request->offset, (off_t)request->length) < 0)
		error = errno;
	fs_File_allocate_answer(to, operations_error(error), &reply);
}

/* ---- the storage ---- */

void op_file_sync(void *self, const struct fs_File_sync_request *request,
	struct sk_reply *to)
{
	const struct open_handle *handle = self;
	const struct fs_File_sync_reply reply = {0};
	int fd = handle->file->fd;
	int error = (request->data_only ? fdatasync(fd) : fsync(fd)) < 0 ? errno : 0;

	fs_File_sync_answer(to, operations_error(error), &reply);
}

void op_file_sync_range(void *self, const struct fs_File_sync_range_request *request,
	struct sk_reply *to)
{
	const struct open_handle *handle = self;
	const struct fs_File_sync_range_reply reply = {0};
	unsigned flags = SYNC_FILE_RANGE_WRITE;
	int error = is_range(request->offset, request->length) ? 0 : EINVAL;

	if (request->wait)
		flags |= SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WAIT_AFTER;
	if (error == 0 && sync_file_range(handle->file->fd, (off_t)request->offset,
			(off_t)request->length, flags) < 0)
		error = errno;
	fs_File_sync_range_answer(to, operations_error(error), &reply);
}

void op_file_advise(void *self, const struct fs_File_advise_request *request)
{
	static const int advices[] = {
		[fs_Advice_NORMAL] = POSIX_FADV_NORMAL,
		[fs_Advice_RANDOM] = POSIX_FADV_RANDOM,
		[fs_Advice_SEQUENTIAL] = POSIX_FADV_SEQUENTIAL,
		[fs_Advice_WILL_NEED] = POSIX_FADV_WILLNEED,
		[fs_Advice_DONT_NEED] = POSIX_FADV_DONTNEED,
		[fs_Advice_NO_REUSE] = POSIX_FADV_NOREUSE,
	};
	const struct open_handle *handle = self;

	if (request->advice < 0 || request->advice > fs_Advice_NO_REUSE ||
			!is_range(request->offset, request->length))
		return;
	(void)posix_fadvise(handle->file->fd, (off_t)request->offset,
		(off_t)request->length, advices[request->advice]);
}

static struct fs_Extent extent_of(const struct fiemap_extent *from)
{
	return (struct fs_Extent){
		.offset = from->fe_logical,
		.length = from->fe_length,
		.physical = from->fe_flags & FIEMAP_EXTENT_UNKNOWN ? 0 : from->fe_physical,
		.flags = from->fe_flags & (fs_ExtentFlags_LAST | fs_ExtentFlags_UNKNOWN |
			fs_ExtentFlags_DELAYED | fs_ExtentFlags_ENCODED |
			fs_ExtentFlags_INLINE | fs_ExtentFlags_UNWRITTEN |
			fs_ExtentFlags_SHARED),
	};
}

void op_file_extents(void *self, const struct fs_File_extents_request *request,
	struct sk_reply *to)
{
	union {
		struct fiemap map;
		uint8_t bytes[sizeof(struct fiemap) +
			EXTENTS_MAX * sizeof(struct fiemap_extent)];
	} room = {.map = {
		.fm_start = request->from, .fm_length = FIEMAP_MAX_OFFSET - request->from,
		.fm_extent_count = EXTENTS_MAX,
	}};
	const struct fiemap_extent *found = (const void *)(room.bytes + sizeof(room.map));
	const struct open_handle *handle = self;
	struct fs_Extent extents[EXTENTS_MAX];
	struct fs_File_extents_reply reply = {.list = {.items = extents}};
	int error = may(handle, fs_Rights_READ);

	if (error == 0 && ioctl(handle->file->fd, FS_IOC_FIEMAP, &room.map) < 0)
		error = errno;
	reply.list.count = error == 0 ? room.map.fm_mapped_extents : 0;
	for (uint32_t i = 0; i < reply.list.count; i++)
		extents[i] = extent_of(&found[i]);
	fs_File_extents_answer(to, operations_error(error), &reply);
}

/* ---- what it is ---- */

void op_file_status(void *self, const struct fs_File_status_request *request,
	struct sk_reply *to)
{
	const struct open_handle *handle = self;
	struct fs_File_status_reply reply;
	int error = node_status(handle->file->fd, &reply.status, NULL);

	(void)request;
	fs_File_status_answer(to, operations_error(error), &reply);
}

void op_file_describe(void *self, const struct fs_File_describe_request *request,
	struct sk_reply *to)
{
	const struct open_handle *handle = self;
	const struct fs_File_describe_reply reply = {
		.kind = handle->file->kind,
		.flags = handle->file->flags,
		.node = file_node(handle->file),
	};

	(void)request;
	fs_File_describe_answer(to, SK_OK, &reply);
}

void op_file_set_flags(void *self, const struct fs_File_set_flags_request *request,
	struct sk_reply *to)
{
	const struct fs_File_set_flags_reply reply = {0};
	const struct open_handle *handle = self;
	uint32_t flags = request->flags & FLAGS_SET;
	/* The server itself never waits. */
	int host = O_NONBLOCK | (flags & fs_Open_APPEND ? O_APPEND : 0) |
		(flags & fs_Open_DIRECT ? O_DIRECT : 0) |
		(flags & fs_Open_NO_ACCESS_TIME ? O_NOATIME : 0);
	int error = fcntl(handle->file->fd, F_SETFL, host) < 0 ? errno : 0;

	if (error == 0)
		handle->file->flags = (handle->file->flags & ~(uint32_t)FLAGS_SET) | flags;
	fs_File_set_flags_answer(to, operations_error(error), &reply);
}

void op_file_share(void *self, const struct fs_File_share_request *request,
	struct sk_reply *to)
{
	struct fs_File_share_reply reply;
	int error;

	fs_File_share_reply_init(&reply);
	error = file_share(self, to->port, request->rights, &reply.file);
	fs_File_share_answer(to, operations_error(error), &reply);
}

void op_file_flush(void *self, const struct fs_File_flush_request *request,
	struct sk_reply *to)
{
	const struct fs_File_flush_reply reply = {0};

	/* The host takes what is written as it comes; storage that fails is
	 * told by `sync`. */
	(void)self;
	(void)request;
	fs_File_flush_answer(to, SK_OK, &reply);
}

void op_file_available(void *self, const struct fs_File_available_request *request,
	struct sk_reply *to)
{
	const struct open_handle *handle = self;
	struct fs_File_available_reply reply = {0};
	struct fs_Status status;
	off_t position = lseek(handle->file->fd, 0, SEEK_CUR);
	int error = handle->file->kind != fs_Kind_FILE ? EINVAL :
		position < 0 ? errno : node_status(handle->file->fd, &status, NULL);

	(void)request;
	if (error == 0 && status.size > (uint64_t)position)
		reply.bytes = status.size - (uint64_t)position;
	fs_File_available_answer(to, operations_error(error), &reply);
}

/* ---- seals: the host has the protocol's numbers ---- */

void op_file_seals(void *self, const struct fs_File_seals_request *request,
	struct sk_reply *to)
{
	const struct open_handle *handle = self;
	int seals = fcntl(handle->file->fd, F_GET_SEALS);
	const struct fs_File_seals_reply reply = {
		.seals = seals < 0 ? 0 : (uint32_t)seals & SEALS_SET,
	};

	(void)request;
	fs_File_seals_answer(to, operations_error(seals < 0 ? errno : 0), &reply);
}

void op_file_add_seals(void *self, const struct fs_File_add_seals_request *request,
	struct sk_reply *to)
{
	const struct open_handle *handle = self;
	const struct fs_File_add_seals_reply reply = {0};
	int error = may(handle, fs_Rights_WRITE);

	if (error == 0 && request->seals & ~(uint32_t)SEALS_SET)
		error = EINVAL;
	if (error == 0 && fcntl(handle->file->fd, F_ADD_SEALS, (int)request->seals) < 0)
		error = errno;
	fs_File_add_seals_answer(to, operations_error(error), &reply);
}
