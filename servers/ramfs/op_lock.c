/* Locks of open files and of owners. */
#include "servers/ramfs/ramfs.h"

static struct lock_owner owner_of(const struct open_file *file)
{
	return (struct lock_owner){.file = file, .session = file->opener};
}

/* As with Linux, who locks must be able to do what he keeps others from. */
static int check_range(const struct open_file *file, const struct fs_Lock *lock)
{
	if (lock->kind == fs_LockKind_SHARED && !(file->flags & fs_Open_READ))
		return fs_Error_EBADF;
	return lock->kind == fs_LockKind_EXCLUSIVE && !(file->flags & fs_Open_WRITE) ?
		fs_Error_EBADF : 0;
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

static int try_record(const struct files_want *want)
{
	const struct lock_owner owner = {.session = want->self, .number = want->owner};
	struct where where;
	int error = want->lock.kind == fs_LockKind_NONE ?
		node_find(want->self, want->node, &where) :
		file_of(want->self, want->node, &where);

	return error != 0 ? error : lock_range(where.inode, &owner, &want->lock);
}

int files_try(const struct files_want *want)
{
	struct open_file *file;
	struct lock_owner owner;
	int error;

	if (want->kind == FILES_RECORD)
		return try_record(want);
	file = ((struct open_handle *)want->self)->file;
	if (want->kind == FILES_FLOCK)
		return lock_whole(file, want->lock.kind);
	owner = owner_of(file);
	error = check_range(file, &want->lock);
	return error != 0 ? error : lock_range(file->where.inode, &owner, &want->lock);
}

static int wait_for_record(const struct files_want *want, struct waiter *waiter)
{
	struct session *session = want->self;
	int error = node_find(session, want->node, &waiter->where);

	waiter->account = session->account;
	waiter->owner = (struct lock_owner){.session = session, .number = want->owner};
	if (error == 0 && lock_is_deadly(waiter->where.inode, &waiter->owner, &waiter->lock))
		error = fs_Error_EDEADLK;
	return error;
}

int files_wait(const struct files_want *want, struct sk_reply *to)
{
	struct waiter waiter = {.kind = want->kind, .lock = want->lock};
	int error = 0;

	if (want->kind == FILES_RECORD) {
		error = wait_for_record(want, &waiter);
	} else {
		waiter.file = ((struct open_handle *)want->self)->file;
		waiter.account = waiter.file->opener->account;
		waiter.owner = owner_of(waiter.file);
	}
	return error != 0 ? error : wait_add(&waiter, to);
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
