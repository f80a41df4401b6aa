/* What several operations need, and those that are not served. */
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

FILES_REFUSE_OF(op_, FileSystem, freeze, fs_Error_EOPNOTSUPP)
FILES_REFUSE_OF(op_, FileSystem, thaw, fs_Error_EOPNOTSUPP)

void op_file_advise(void *self, const struct fs_File_advise_request *request)
{
	(void)self;
	(void)request;
}
