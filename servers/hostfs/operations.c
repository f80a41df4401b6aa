/* The table of operations, and what several of them need. */
#define _GNU_SOURCE
#include "servers/hostfs/hostfs.h"

int operations_dispatch(void *session, struct sk_incoming *incoming)
{
	static const struct fs_Files_ops table = {
		.open = op_open,
		.close = op_close,
		.read = op_read,
		.write = op_write,
		.stat = op_stat,
		.fstat = op_fstat,
		.readdir = op_readdir,
		.mkdir = op_mkdir,
		.rmdir = op_rmdir,
		.unlink = op_unlink,
		.rename = op_rename,
		.link = op_link,
		.symlink = op_symlink,
		.readlink = op_readlink,
		.truncate = op_truncate,
		.chmod = op_chmod,
		.utimes = op_utimes,
		.sync = op_sync,
		.statfs = op_statfs,
		.advise = op_advise,
	};

	return fs_Files_dispatch(&table, session, incoming);
}

fs_Error operations_may_write(const struct session *session)
{
	return session->host->read_only ? fs_Error_READ_ONLY : SK_OK;
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
	default:
		return fs_Kind_OTHER;
	}
}

static struct fs_Time time_of(struct timespec from)
{
	return (struct fs_Time){
		.seconds = from.tv_sec,
		.nanos = (uint32_t)from.tv_nsec,
	};
}

void operations_status(struct fs_Status *to, const struct stat *from)
{
	*to = (struct fs_Status){
		.inode = from->st_ino,
		.kind = operations_kind(from->st_mode),
		.mode = from->st_mode & 07777,
		.links = (uint32_t)from->st_nlink,
		.owner = from->st_uid,
		.group_id = from->st_gid,
		.size = (uint64_t)from->st_size,
		.blocks = (uint64_t)from->st_blocks,
		.accessed = time_of(from->st_atim),
		.modified = time_of(from->st_mtim),
		.changed = time_of(from->st_ctim),
	};
}
