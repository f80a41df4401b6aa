/* Finding nodes, and what is known of them without opening. */
#include "servers/ramfs/ramfs.h"

/* What walk and stat have in common. */
static int look(struct session *session, const struct fs_Place *place, bool is_kept,
	struct fs_Progress *progress, struct fs_Status *status)
{
	struct walked *walked = session->ram->walked;
	int error = walk_place(session, place, false, walked);

	if (error == 0)
		error = operations_progress(session, walked, is_kept, progress);
	if (error == 0 && walked->stop == fs_Stop_DONE)
		*status = inode_status(walked->where.inode);
	return error;
}

void op_walk(void *self, const struct fs_FileSystem_walk_request *request,
	struct sk_reply *to)
{
	struct fs_FileSystem_walk_reply reply;
	int error;

	fs_FileSystem_walk_reply_init(&reply);
	error = look(self, &request->place, true, &reply.progress, &reply.status);
	fs_FileSystem_walk_answer(to, error, &reply);
}

void op_stat(void *self, const struct fs_FileSystem_stat_request *request,
	struct sk_reply *to)
{
	struct fs_FileSystem_stat_reply reply;
	int error;

	fs_FileSystem_stat_reply_init(&reply);
	error = look(self, &request->place, false, &reply.progress, &reply.status);
	fs_FileSystem_stat_answer(to, error, &reply);
}

void op_forget(void *self, const struct fs_FileSystem_forget_request *request)
{
	node_forget(self, request->node, request->references);
}

static int check_access(const struct session *session, const struct inode *inode,
	const struct fs_FileSystem_access_request *request)
{
	uint32_t want = request->want;

	if (want & ~(uint32_t)(fs_Access_READ | fs_Access_WRITE | fs_Access_EXECUTE))
		return fs_Error_EINVAL;
	if (want & fs_Access_WRITE && session_flags(session) & fs_MountFlags_READ_ONLY)
		return fs_Error_EROFS;
	if (want & fs_Access_EXECUTE && inode->kind == fs_Kind_FILE &&
			session_flags(session) & fs_MountFlags_NO_EXECUTE)
		return fs_Error_EACCES;
	return access_check(session_subject(session, request->place.subject), inode, want);
}

void op_access(void *self, const struct fs_FileSystem_access_request *request,
	struct sk_reply *to)
{
	struct session *session = self;
	struct walked *walked = session->ram->walked;
	struct fs_FileSystem_access_reply reply;
	int error = walk_place(session, &request->place, false, walked);

	fs_FileSystem_access_reply_init(&reply);
	if (error == 0 && walked->stop == fs_Stop_DONE)
		error = check_access(session, walked->where.inode, request);
	if (error == 0)
		error = operations_progress(session, walked, false, &reply.progress);
	fs_FileSystem_access_answer(to, error, &reply);
}

void op_read_link(void *self, const struct fs_FileSystem_read_link_request *request,
	struct sk_reply *to)
{
	struct session *session = self;
	struct walked *walked = session->ram->walked;
	struct fs_FileSystem_read_link_reply reply;
	struct fs_Place place = request->place;
	struct inode *link;
	int error;

	fs_FileSystem_read_link_reply_init(&reply);
	place.resolve &= ~(uint32_t)fs_Resolve_FOLLOW;
	error = walk_place(session, &place, false, walked);
	link = walked->where.inode;
	if (error == 0 && walked->stop == fs_Stop_DONE) {
		error = link->kind == fs_Kind_LINK ? 0 : fs_Error_EINVAL;
		if (error == 0) {
			inode_accessed(link, session_flags(session));
			reply.size = (uint32_t)(link->size < request->text.size ?
				link->size : request->text.size);
			error = operations_give(to, &request->text, link->as.text,
				reply.size);
		}
	}
	if (error == 0)
		error = operations_progress(session, walked, false, &reply.progress);
	fs_FileSystem_read_link_answer(to, error, &reply);
}

/* ---- where it lies ---- */

/* Puts names before what is there, up to the top or the session's root: how
 * much of the text is free still, or a negative error. */
static int32_t path_up(const struct session *session, const struct where *where,
	const struct inode *top, char text[RAM_TEXT_SIZE])
{
	const struct inode *inode = where->inode;
	const struct entry *entry = where->entry;
	uint32_t at = RAM_TEXT_SIZE;

	while (inode != top && inode != node_root(session)) {
		if (inode->kind == fs_Kind_DIRECTORY)
			entry = inode->as.directory.name;
		if (!entry || !entry->parent)
			return inode == session->ram->root ? -fs_Error_ESTALE :
				-fs_Error_ENOENT;
		if (at < entry->size + 1)
			return -fs_Error_ENAMETOOLONG;
		at -= entry->size;
		memcpy(text + at, entry->text, entry->size);
		text[--at] = '/';
		inode = entry->parent;
	}
	return (int32_t)at;
}

static int path_of(const struct session *session,
	const struct fs_FileSystem_path_of_request *request, const struct sk_reply *to,
	uint32_t *size)
{
	char *text = (char *)session->ram->buffer;
	struct where where, barrier;
	int32_t at;
	int error = node_find(session, request->node, &where);

	if (error == 0)
		error = node_find(session, request->barrier ? request->barrier : fs_ROOT,
			&barrier);
	if (error != 0)
		return error;
	at = path_up(session, &where, barrier.inode, text);
	if (at < 0)
		return -at;
	if (at == RAM_TEXT_SIZE)
		text[--at] = '/';
	*size = RAM_TEXT_SIZE - (uint32_t)at;
	if (*size > request->path.size)
		return fs_Error_ERANGE;
	return operations_give(to, &request->path, text + at, *size);
}

void op_path_of(void *self, const struct fs_FileSystem_path_of_request *request,
	struct sk_reply *to)
{
	struct fs_FileSystem_path_of_reply reply = {0};
	int error = path_of(self, request, to, &reply.size);

	fs_FileSystem_path_of_answer(to, error, &reply);
}

_Static_assert(RAM_TEXT_SIZE <= fs_XATTR_MAX, "the buffer is large enough for a path");

void op_find(void *self, const struct fs_FileSystem_find_request *request,
	struct sk_reply *to)
{
	struct session *session = self;
	struct inode *inode = inode_find(session->ram, request->inode);
	struct fs_FileSystem_find_reply reply = {0};
	int error = session->ram->is_ended ? fs_Error_EIO : 0;

	if (session->is_confined || !(session->rights & fs_Rights_MANAGE))
		error = fs_Error_EPERM;
	if (error == 0 && (!inode || request->generation != 0))
		error = fs_Error_ESTALE;
	if (error == 0)
		error = node_add(session, &(struct where){inode,
			inode->kind == fs_Kind_DIRECTORY ? inode->as.directory.name : NULL},
			&reply.node);
	if (error == 0)
		reply.status = inode_status(inode);
	fs_FileSystem_find_answer(to, error, &reply);
}
