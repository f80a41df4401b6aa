/* Locks of open files, and whether they are ready. The host's locks belong to
 * open files as well, so they are the protocol's. */
#define _GNU_SOURCE
#include "servers/hostfs/hostfs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

int lock_whole(const struct open_file *file, fs_LockKind kind)
{
	int operation = kind == fs_LockKind_NONE ? LOCK_UN :
		kind == fs_LockKind_SHARED ? LOCK_SH : LOCK_EX;

	if (kind < 0 || kind > fs_LockKind_EXCLUSIVE)
		return EINVAL;
	return flock(file->fd, operation | LOCK_NB) < 0 ? errno : 0;
}

int lock_to_host(struct flock *to, const struct fs_Lock *from)
{
	static const short types[] = {
		[fs_LockKind_NONE] = F_UNLCK,
		[fs_LockKind_SHARED] = F_RDLCK,
		[fs_LockKind_EXCLUSIVE] = F_WRLCK,
	};

	if (from->kind < 0 || from->kind > fs_LockKind_EXCLUSIVE ||
			from->start > INT64_MAX || from->length > INT64_MAX ||
			(from->length > 0 && from->length - 1 > INT64_MAX - from->start))
		return EINVAL;
	*to = (struct flock){
		.l_type = types[from->kind],
		.l_whence = SEEK_SET,
		.l_start = (off_t)from->start,
		.l_len = (off_t)from->length,
	};
	return 0;
}

int lock_range(int fd, const struct fs_Lock *lock)
{
	struct flock range;
	int error = lock_to_host(&range, lock);

	if (error == 0 && fcntl(fd, F_OFD_SETLK, &range) < 0)
		error = errno == EACCES ? EAGAIN : errno;
	return error;
}

int lock_test(int fd, const struct fs_Lock *lock, struct fs_Lock *found)
{
	struct flock range;
	int error = lock_to_host(&range, lock);

	*found = (struct fs_Lock){.kind = fs_LockKind_NONE};
	if (error == 0 && lock->kind == fs_LockKind_NONE)
		error = EINVAL;
	if (error == 0 && fcntl(fd, F_OFD_GETLK, &range) < 0)
		error = errno;
	if (error != 0 || range.l_type == F_UNLCK)
		return error;
	*found = (struct fs_Lock){
		.kind = range.l_type == F_RDLCK ? fs_LockKind_SHARED :
			fs_LockKind_EXCLUSIVE,
		.start = (uint64_t)range.l_start,
		.length = (uint64_t)range.l_len,
	};
	return 0;
}

/* ---- operations ---- */

/* Waits for a lock that is not to be had now, if the client will. */
static int or_wait(struct open_handle *handle, enum wait_kind kind,
	const struct fs_Lock *lock, struct sk_reply *to)
{
	const struct waiter waiter = {
		.kind = kind, .account = handle->file->account, .file = handle->file,
		.lock = *lock,
	};

	return wait_add(handle->file->account->host, &waiter, to);
}

void op_file_flock(void *self, const struct fs_File_flock_request *request,
	struct sk_reply *to)
{
	const struct fs_File_flock_reply reply = {0};
	const struct fs_Lock lock = {.kind = request->kind};
	struct open_handle *handle = self;
	int error = lock_whole(handle->file, request->kind);

	if (error == EAGAIN && request->wait) {
		error = or_wait(handle, WAIT_FLOCK, &lock, to);
		if (error == 0)
			return;
	}
	fs_File_flock_answer(to, operations_error(error), &reply);
}

void op_file_lock(void *self, const struct fs_File_lock_request *request,
	struct sk_reply *to)
{
	const struct fs_File_lock_reply reply = {0};
	struct open_handle *handle = self;
	int error = lock_range(handle->file->fd, &request->range);

	if (error == EAGAIN && request->wait) {
		error = or_wait(handle, WAIT_LOCK, &request->range, to);
		if (error == 0)
			return;
	}
	fs_File_lock_answer(to, operations_error(error), &reply);
}

void op_file_test_lock(void *self, const struct fs_File_test_lock_request *request,
	struct sk_reply *to)
{
	const struct open_handle *handle = self;
	const struct session *opener = file_opener(handle->file);
	struct fs_File_test_lock_reply reply = {0};
	int error = lock_test(handle->file->fd, &request->range, &reply.found);

	if (error == 0 && opener)
		reply.holder = record_holder(opener, handle->file->fd, &reply.found);
	fs_File_test_lock_answer(to, operations_error(error), &reply);
}

/* Files and directories are always ready, so nothing ever changes. */
#define READY (fs_Ready_READABLE | fs_Ready_WRITABLE)
#define SEQUENCE 1

void op_file_ready(void *self, const struct fs_File_ready_request *request,
	struct sk_reply *to)
{
	const struct fs_File_ready_reply reply = {
		.now = request->mask & READY, .sequence = SEQUENCE,
	};

	(void)self;
	fs_File_ready_answer(to, SK_OK, &reply);
}

void op_file_wait_ready(void *self, const struct fs_File_wait_ready_request *request,
	struct sk_reply *to)
{
	const struct fs_File_wait_ready_reply reply = {
		.now = request->mask & READY, .edges = request->mask & READY,
		.sequence = SEQUENCE,
	};
	int error = 0;

	if (request->sequence >= SEQUENCE || reply.now == 0) {
		error = or_wait(self, WAIT_NEVER, &(struct fs_Lock){0}, to);
		if (error == 0)
			return;
	}
	fs_File_wait_ready_answer(to, operations_error(error), &reply);
}
