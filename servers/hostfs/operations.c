/* The tables of operations, and what several of them need. */
#define _GNU_SOURCE
#include "servers/hostfs/hostfs.h"

#include <errno.h>
#include <string.h>

_Static_assert(fs_Error_EDEADLK == EDEADLK && fs_Error_ENAMETOOLONG == ENAMETOOLONG &&
	fs_Error_ENOTEMPTY == ENOTEMPTY && fs_Error_ELOOP == ELOOP &&
	fs_Error_EOPNOTSUPP == EOPNOTSUPP && fs_Error_ESTALE == ESTALE &&
	fs_Error_EDQUOT == EDQUOT, "the host has the protocol's error numbers");

fs_Error operations_error(int error)
{
	if (error == ENOTTY || error == ENOSYS)
		return fs_Error_EOPNOTSUPP;
	return error <= fs_Error_EHWPOISON ? (fs_Error)error : fs_Error_EIO;
}

int operations_may_write(const struct session *session, fs_Subject subject)
{
	if (subject != fs_SELF)
		return EPERM;
	return session->read_only ? EROFS : 0;
}

uint32_t operations_mode(const struct session *session, uint32_t mode)
{
	return mode & (session->host->allows_set_id ? 07777 : 01777);
}

int operations_name(char to[HOSTFS_NAME_SIZE], fs_Name from)
{
	if (from.size == 0 || memchr(from.data, '\0', from.size))
		return EINVAL;
	memcpy(to, from.data, from.size);
	to[from.size] = '\0';
	return 0;
}

fs_Kind operations_kind(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return fs_Kind_FILE;
	case S_IFDIR:
		return fs_Kind_DIRECTORY;
	case S_IFLNK:
		return fs_Kind_LINK;
	case S_IFIFO:
		return fs_Kind_FIFO;
	case S_IFSOCK:
		return fs_Kind_SOCKET;
	case S_IFCHR:
		return fs_Kind_CHARACTER_DEVICE;
	case S_IFBLK:
		return fs_Kind_BLOCK_DEVICE;
	default:
		return fs_Kind_UNKNOWN;
	}
}

int operations_progress(struct session *session, struct walked *walked, bool node,
	struct fs_Progress *progress)
{
	int error = 0;

	*progress = (struct fs_Progress){
		.stop = walked->stop,
		.consumed = walked->consumed,
		.links = walked->links,
	};
	if (walked->stop != fs_Stop_DONE)
		progress->rest = (struct sk_string){walked->rest, walked->rest_size};
	if (walked->stop != fs_Stop_DONE || node) {
		error = node_add(session, walked->fd, &progress->node);
		walked->fd = -1;
	}
	resolve_leave(walked);
	return error;
}

/* ---- what is not served ---- */

#define REFUSED(interface, name, function, error) \
	static void function(void *self, \
		const struct fs_##interface##_##name##_request *request, \
		struct sk_reply *to) \
	{ \
		(void)self; \
		(void)request; \
		fs_##interface##_##name##_answer(to, error, NULL); \
	}
REFUSED(FileSystem, set_subject, refuse_set_subject, fs_Error_EPERM)
REFUSED(FileSystem, find, refuse_find, fs_Error_EOPNOTSUPP)
REFUSED(FileSystem, remount, refuse_remount, fs_Error_EOPNOTSUPP)
REFUSED(FileSystem, unmount, refuse_unmount, fs_Error_EOPNOTSUPP)
REFUSED(FileSystem, freeze, refuse_freeze, fs_Error_EOPNOTSUPP)
REFUSED(FileSystem, thaw, refuse_thaw, fs_Error_EOPNOTSUPP)
REFUSED(File, memory, refuse_memory, fs_Error_EOPNOTSUPP)

static void drop_no_subject(void *self,
	const struct fs_FileSystem_drop_subject_request *request)
{
	(void)self;
	(void)request;
}

/* ---- the tables ---- */

int operations_dispatch(void *session, struct sk_incoming *incoming)
{
	static const struct fs_FileSystem_ops table = {
		.describe = op_describe,
		.set_subject = refuse_set_subject,
		.drop_subject = drop_no_subject,
		.confine = op_confine,
		.walk = op_walk,
		.forget = op_forget,
		.stat = op_stat,
		.access = op_access,
		.read_link = op_read_link,
		.path_of = op_path_of,
		.find = refuse_find,
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
		.remount = refuse_remount,
		.unmount = refuse_unmount,
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
	.advise = op_file_advise, \
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
