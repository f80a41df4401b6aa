/* The tables of operations, and what several of them need. */
#include "servers/ramfs/ramfs.h"

int operations_may_write(const struct session *session)
{
	if (!(session->rights & fs_Rights_WRITE))
		return fs_Error_EPERM;
	return session_flags(session) & fs_MountFlags_READ_ONLY ? fs_Error_EROFS : 0;
}

int operations_name(fs_Name name)
{
	bool is_dots = name.size > 0 && name.size < 3;

	for (uint32_t i = 0; i < name.size; i++) {
		if (name.data[i] == '\0' || name.data[i] == '/')
			return fs_Error_EINVAL;
		is_dots = is_dots && name.data[i] == '.';
	}
	return name.size == 0 || is_dots ? fs_Error_EINVAL : 0;
}

int operations_spot(const struct session *session, const struct fs_At *at,
	struct spot *spot)
{
	struct where where;
	int error = session_subject(session, at->subject) ?
		operations_may_write(session) : fs_Error_EPERM;

	if (error == 0)
		error = node_directory(session, at->directory, &where);
	if (error == 0)
		error = operations_name(at->name);
	if (error != 0)
		return error;
	*spot = (struct spot){
		session, session_subject(session, at->subject), where.inode,
		at->name.data, at->name.size,
	};
	return 0;
}

int operations_progress(struct session *session, const struct walked *walked,
	bool is_kept, struct fs_Progress *progress)
{
	*progress = (struct fs_Progress){
		.stop = walked->stop,
		.consumed = walked->consumed,
		.links = walked->links,
	};
	if (walked->stop != fs_Stop_DONE)
		progress->rest = (struct sk_string){walked->rest, walked->rest_size};
	if (walked->stop == fs_Stop_DONE && !is_kept)
		return 0;
	return node_add(session, &walked->where, &progress->node);
}

int operations_give(const struct sk_reply *to, const struct sk_lease *lease,
	const void *bytes, uint64_t size)
{
	return sk_lease_write(to, lease, 0, bytes, size, NULL) == SK_OK ? 0 :
		fs_Error_EFAULT;
}

/* ---- what is not served: there is no storage that could be whole ---- */

static void refuse_freeze(void *self, const struct fs_FileSystem_freeze_request *request,
	struct sk_reply *to)
{
	(void)self;
	(void)request;
	fs_FileSystem_freeze_answer(to, fs_Error_EOPNOTSUPP, NULL);
}

static void refuse_thaw(void *self, const struct fs_FileSystem_thaw_request *request,
	struct sk_reply *to)
{
	(void)self;
	(void)request;
	fs_FileSystem_thaw_answer(to, fs_Error_EOPNOTSUPP, NULL);
}

static void refuse_memory(void *self, const struct fs_File_memory_request *request,
	struct sk_reply *to)
{
	(void)self;
	(void)request;
	fs_File_memory_answer(to, fs_Error_EOPNOTSUPP, NULL);
}

static void take_advice(void *self, const struct fs_File_advise_request *request)
{
	(void)self;
	(void)request;
}

/* ---- the tables ---- */

int operations_dispatch(void *session, struct sk_incoming *incoming)
{
	static const struct fs_FileSystem_ops table = {
		.describe = op_describe,
		.set_subject = op_set_subject,
		.drop_subject = op_drop_subject,
		.confine = op_confine,
		.walk = op_walk,
		.forget = op_forget,
		.stat = op_stat,
		.access = op_access,
		.read_link = op_read_link,
		.path_of = op_path_of,
		.find = op_find,
		.open = op_open,
		.make_directory = op_make_directory,
		.make_node = op_make_node,
		.make_link = op_make_link,
		.link = op_link,
		.unlink = op_unlink,
		.remove_directory = op_remove_directory,
		.rename = op_rename,
		.set_mode = op_set_mode,
		.set_owner = op_set_owner,
		.set_times = op_set_times,
		.truncate = op_truncate,
		.set_node_flags = op_set_node_flags,
		.get_xattr = op_get_xattr,
		.set_xattr = op_set_xattr,
		.remove_xattr = op_remove_xattr,
		.list_xattrs = op_list_xattrs,
		.lock = op_lock,
		.test_lock = op_test_lock,
		.unlock_all = op_unlock_all,
		.copy_range = op_copy_range,
		.statfs = op_statfs,
		.sync = op_sync,
		.cover = op_cover,
		.remount = op_remount,
		.unmount = op_unmount,
		.freeze = refuse_freeze,
		.thaw = refuse_thaw,
		.create_watcher = op_create_watcher,
	};

	return fs_FileSystem_dispatch(&table, session, incoming);
}

#define FILE_OPERATIONS \
	.read = op_file_read, \
	.read_at = op_file_read_at, \
	.write = op_file_write, \
	.write_at = op_file_write_at, \
	.seek = op_file_seek, \
	.truncate = op_file_truncate, \
	.allocate = op_file_allocate, \
	.sync = op_file_sync, \
	.sync_range = op_file_sync_range, \
	.advise = take_advice, \
	.extents = op_file_extents, \
	.memory = refuse_memory, \
	.status = op_file_status, \
	.describe = op_file_describe, \
	.set_flags = op_file_set_flags, \
	.share = op_file_share, \
	.flush = op_file_flush, \
	.available = op_file_available, \
	.ready = op_file_ready, \
	.wait_ready = op_file_wait_ready, \
	.flock = op_file_flock, \
	.lock = op_file_lock, \
	.test_lock = op_file_test_lock, \
	.seals = op_file_seals, \
	.add_seals = op_file_add_seals

int operations_dispatch_file(void *handle, struct sk_incoming *incoming)
{
	static const struct fs_File_ops table = {FILE_OPERATIONS};

	return fs_File_dispatch(&table, handle, incoming);
}

int operations_dispatch_directory(void *handle, struct sk_incoming *incoming)
{
	static const struct fs_Directory_ops table = {
		FILE_OPERATIONS,
		.read_entries = op_read_entries,
		.entries_at = op_entries_at,
	};

	return fs_Directory_dispatch(&table, handle, incoming);
}
