/* What several operations need, and those that are not served. */
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

FILES_REFUSE_OF(op_, FileSystem, set_subject, fs_Error_EPERM)
/* Linux is asked by system calls, beside which a lease is nothing. */
FILES_REFUSE_OF(op_file_, File, read_few, fs_Error_EOPNOTSUPP)
FILES_REFUSE_OF(op_file_, File, write_few, fs_Error_EOPNOTSUPP)
FILES_REFUSE_OF(op_, FileSystem, find, fs_Error_EOPNOTSUPP)
FILES_REFUSE_OF(op_, FileSystem, remount, fs_Error_EOPNOTSUPP)
FILES_REFUSE_OF(op_, FileSystem, unmount, fs_Error_EOPNOTSUPP)
FILES_REFUSE_OF(op_, FileSystem, freeze, fs_Error_EOPNOTSUPP)
FILES_REFUSE_OF(op_, FileSystem, thaw, fs_Error_EOPNOTSUPP)
FILES_REFUSE_OF(op_file_, File, memory, fs_Error_ENODEV)
FILES_REFUSE_OF(op_file_, File, window, fs_Error_ENODEV)
FILES_REFUSE_OF(op_file_, File, advance, fs_Error_EOPNOTSUPP)

void op_drop_subject(void *self, const struct fs_FileSystem_drop_subject_request *request)
{
	(void)self;
	(void)request;
}
