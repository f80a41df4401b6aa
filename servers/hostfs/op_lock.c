/* Locks of open files, and waiting for locks. The host's locks belong to
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

static int lock_to_host(struct flock *to, const struct fs_Lock *from)
{
	static const short types[] = {
		[fs_LockKind_NONE] = F_UNLCK,
		[fs_LockKind_SHARED] = F_RDLCK,
		[fs_LockKind_EXCLUSIVE] = F_WRLCK,
	};

	if (files_lock_check(from) != 0)
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

static int try(const struct files_want *want)
{
	const struct open_file *file;

	if (want->kind == FILES_RECORD)
		return record_lock(want->self, want->node, want->owner, &want->lock);
	file = ((struct open_handle *)want->self)->file;
	return want->kind == FILES_FLOCK ? lock_whole(file, want->lock.kind) :
		lock_range(file->fd, &want->lock);
}

int files_try(const struct files_want *want)
{
	return operations_error(try(want));
}

int files_wait(const struct files_want *want, struct sk_reply *to)
{
	struct waiter waiter = {
		.kind = want->kind, .lock = want->lock, .node = want->node,
		.owner = want->owner,
	};

	if (want->kind == FILES_RECORD) {
		waiter.session = want->self;
		waiter.account = waiter.session->account;
		if (record_is_deadly(want->self, want->node, want->owner, &want->lock))
			return fs_Error_EDEADLK;
	} else {
		waiter.file = ((struct open_handle *)want->self)->file;
		waiter.account = waiter.file->account;
	}
	return operations_error(wait_add(waiter.account->host, &waiter, to));
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
