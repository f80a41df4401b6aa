/* Locks of open files and of owners, and whether files are ready. */
#include "servers/ramfs/ramfs.h"

static struct lock_owner owner_of(const struct open_file *file)
{
	return (struct lock_owner){.file = file, .session = file->opener};
}

/* Waits for a lock that is not to be had now. */
static int wait_for(struct open_handle *handle, enum wait_kind kind,
	const struct fs_Lock *lock, struct sk_reply *to)
{
	const struct waiter waiter = {
		.kind = kind, .account = handle->file->opener->account,
		.file = handle->file, .owner = owner_of(handle->file), .lock = *lock,
	};

	return wait_add(&waiter, to);
}

void op_file_flock(void *self, const struct fs_File_flock_request *request,
	struct sk_reply *to)
{
	const struct fs_File_flock_reply reply = {0};
	const struct fs_Lock lock = {.kind = request->kind};
	struct open_handle *handle = self;
	int error = lock_whole(handle->file, request->kind);

	if (error == fs_Error_EAGAIN && request->wait) {
		error = wait_for(handle, WAIT_FLOCK, &lock, to);
		if (error == 0)
			return;
	}
	fs_File_flock_answer(to, error, &reply);
}

/* As with Linux, who locks must be able to do what he keeps others from. */
static int check_range(const struct open_file *file, const struct fs_Lock *lock)
{
	if (lock->kind == fs_LockKind_SHARED && !(file->flags & fs_Open_READ))
		return fs_Error_EBADF;
	return lock->kind == fs_LockKind_EXCLUSIVE && !(file->flags & fs_Open_WRITE) ?
		fs_Error_EBADF : 0;
}

void op_file_lock(void *self, const struct fs_File_lock_request *request,
	struct sk_reply *to)
{
	const struct fs_File_lock_reply reply = {0};
	struct open_handle *handle = self;
	const struct lock_owner owner = owner_of(handle->file);
	int error = check_range(handle->file, &request->range);

	if (error == 0)
		error = lock_range(handle->file->where.inode, &owner, &request->range);
	if (error == fs_Error_EAGAIN && request->wait) {
		error = wait_for(handle, WAIT_FILE_LOCK, &request->range, to);
		if (error == 0)
			return;
	}
	fs_File_lock_answer(to, error, &reply);
}

void op_file_test_lock(void *self, const struct fs_File_test_lock_request *request,
	struct sk_reply *to)
{
	const struct open_handle *handle = self;
	const struct lock_owner owner = owner_of(handle->file);
	struct fs_File_test_lock_reply reply = {0};
	struct lock_owner holder;
	int error = lock_test(handle->file->where.inode, &owner, &request->range,
		&reply.found, &holder);

	/* Another session's numbers mean nothing to the opener. */
	if (error == 0 && !holder.file && holder.session == owner.session)
		reply.holder = holder.number;
	fs_File_test_lock_answer(to, error, &reply);
}

/* ---- records of owners ---- */

static int file_of(const struct session *session, fs_Node node, struct where *where)
{
	int error = node_find(session, node, where);

	return error == 0 && where->inode->kind != fs_Kind_FILE ? fs_Error_EINVAL : error;
}

static int wait_for_record(struct session *session, const struct where *where,
	const struct fs_FileSystem_lock_request *request, struct sk_reply *to)
{
	const struct waiter waiter = {
		.kind = WAIT_RECORD, .account = session->account, .where = *where,
		.owner = {.session = session, .number = request->owner},
		.lock = request->range,
	};

	if (lock_is_deadly(where->inode, &waiter.owner, &waiter.lock))
		return fs_Error_EDEADLK;
	return wait_add(&waiter, to);
}

void op_lock(void *self, const struct fs_FileSystem_lock_request *request,
	struct sk_reply *to)
{
	const struct fs_FileSystem_lock_reply reply = {0};
	const struct lock_owner owner = {.session = self, .number = request->owner};
	struct where where;
	int error = request->range.kind == fs_LockKind_NONE ?
		node_find(self, request->node, &where) :
		file_of(self, request->node, &where);

	if (error == 0)
		error = lock_range(where.inode, &owner, &request->range);
	if (error == fs_Error_EAGAIN && request->wait) {
		error = wait_for_record(self, &where, request, to);
		if (error == 0)
			return;
	}
	fs_FileSystem_lock_answer(to, error, &reply);
}

void op_test_lock(void *self, const struct fs_FileSystem_test_lock_request *request,
	struct sk_reply *to)
{
	const struct lock_owner owner = {.session = self, .number = request->owner};
	struct fs_FileSystem_test_lock_reply reply = {0};
	struct lock_owner holder;
	struct where where;
	int error = file_of(self, request->node, &where);

	if (error == 0)
		error = lock_test(where.inode, &owner, &request->range, &reply.found,
			&holder);
	if (error == 0 && !holder.file && holder.session == owner.session)
		reply.holder = holder.number;
	fs_FileSystem_test_lock_answer(to, error, &reply);
}

void op_unlock_all(void *self, const struct fs_FileSystem_unlock_all_request *request,
	struct sk_reply *to)
{
	const struct lock_owner owner = {.session = self, .number = request->owner};
	const struct fs_FileSystem_unlock_all_reply reply = {0};
	struct where where;
	int error = request->node == 0 ? 0 : node_find(self, request->node, &where);

	if (error == 0 && request->node == 0)
		lock_release_all(self, &request->owner);
	else if (error == 0)
		lock_release(where.inode, &owner);
	fs_FileSystem_unlock_all_answer(to, error, &reply);
}

/* ---- readiness: files and directories are always ready, so nothing ever
 * changes ---- */

#define READY (fs_Ready_READABLE | fs_Ready_WRITABLE)
#define SEQUENCE 1

void op_file_ready(void *self, const struct fs_File_ready_request *request,
	struct sk_reply *to)
{
	const struct fs_File_ready_reply reply = {
		.now = request->mask & (uint32_t)READY, .sequence = SEQUENCE,
	};

	(void)self;
	fs_File_ready_answer(to, SK_OK, &reply);
}

void op_file_wait_ready(void *self, const struct fs_File_wait_ready_request *request,
	struct sk_reply *to)
{
	const struct fs_File_wait_ready_reply reply = {
		.now = request->mask & (uint32_t)READY,
		.edges = request->mask & (uint32_t)READY,
		.sequence = SEQUENCE,
	};
	int error = 0;

	if (request->sequence >= SEQUENCE || reply.now == 0) {
		error = wait_for(self, WAIT_NEVER, &(struct fs_Lock){0}, to);
		if (error == 0)
			return;
	}
	fs_File_wait_ready_answer(to, error, &reply);
}
