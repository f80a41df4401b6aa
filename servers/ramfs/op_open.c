/* Opening, and making what is opened. */
#include "servers/ramfs/ramfs.h"

#define ALL_FLAGS ((fs_Open_SEALABLE << 1) - 1)
#define NAMELESS (fs_Open_TEMPORARY | fs_Open_EXCLUSIVE)
#define DATA (fs_Open_READ | fs_Open_WRITE | fs_Open_EXECUTE)
#define WRITERS (fs_Open_WRITE | fs_Open_CREATE | fs_Open_TRUNCATE | fs_Open_TEMPORARY)

struct opening {
	struct session *session;
	const struct subject *who;
	const struct fs_FileSystem_open_request *request;
	uint32_t flags;
	struct walked *walked;
	struct where where;		/* what is opened; held */
	bool has_file;
	struct fs_FileSystem_open_reply reply;
};

static int check_flags(const struct session *session, uint32_t flags)
{
	if (flags & ~(uint32_t)ALL_FLAGS)
		return fs_Error_EINVAL;
	if (!(flags & (DATA | fs_Open_PATH_ONLY)))
		return fs_Error_EINVAL;
	if (flags & (fs_Open_TRUNCATE | fs_Open_TEMPORARY) && !(flags & fs_Open_WRITE))
		return fs_Error_EINVAL;
	if (flags & fs_Open_EXCLUSIVE && !(flags & (fs_Open_CREATE | fs_Open_TEMPORARY)))
		return fs_Error_EINVAL;
	if (flags & fs_Open_DIRECTORY && flags & fs_Open_CREATE)
		return fs_Error_EINVAL;
	if (flags & fs_Open_SEALABLE && (flags & NAMELESS) != NAMELESS)
		return fs_Error_EINVAL;
	return flags & WRITERS ? operations_may_write(session) : 0;
}

static void take(struct opening *opening, struct inode *inode, struct entry *entry)
{
	opening->where = (struct where){inode, entry};
	where_hold(&opening->where);
}

static int open_missing(struct opening *opening)
{
	const struct spot spot = {
		opening->session, opening->who, opening->walked->directory,
		opening->walked->name, opening->walked->name_size,
	};
	struct inode *inode = NULL;
	struct entry *entry = NULL;
	int error = names_check(&spot);

	if (error == 0) {
		inode = names_new(opening->who, spot.directory, fs_Kind_FILE,
			opening->request->mode & 07777);
		error = inode ? names_add(&spot, inode, &entry) : fs_Error_ENOSPC;
	}
	if (error == 0)
		take(opening, inode, entry);
	inode_release(inode);
	opening->reply.created = opening->has_file = error == 0;
	return error;
}

static int open_temporary(struct opening *opening)
{
	struct inode *directory = opening->walked->where.inode, *inode = NULL;
	int error = directory->kind == fs_Kind_DIRECTORY ?
		access_make(opening->who, directory) : fs_Error_ENOTDIR;

	if (error == 0) {
		inode = names_new(opening->who, directory, fs_Kind_FILE,
			opening->request->mode & 07777);
		error = inode ? 0 : fs_Error_ENOSPC;
	}
	if (error == 0) {
		inode->is_unnamed = !(opening->flags & fs_Open_EXCLUSIVE);
		if (opening->flags & fs_Open_SEALABLE)
			inode->seals = 0;
		take(opening, inode, NULL);
	}
	inode_release(inode);
	opening->reply.created = opening->has_file = error == 0;
	return error;
}

/* What the kinds can be opened for. */
static int check_kind(const struct opening *opening, fs_Kind kind)
{
	uint32_t flags = opening->flags;
	fs_MountFlags mount = session_flags(opening->session);

	if (kind == fs_Kind_LINK)
		return fs_Error_ELOOP;
	if (kind == fs_Kind_DIRECTORY && flags & (WRITERS | fs_Open_EXECUTE))
		return flags & fs_Open_EXECUTE ? fs_Error_EACCES : fs_Error_EISDIR;
	if (flags & fs_Open_EXECUTE && (kind != fs_Kind_FILE ||
			mount & fs_MountFlags_NO_EXECUTE))
		return fs_Error_EACCES;
	if ((kind == fs_Kind_CHARACTER_DEVICE || kind == fs_Kind_BLOCK_DEVICE) &&
			mount & fs_MountFlags_NO_DEVICES)
		return fs_Error_EACCES;
	return 0;
}

static int check_rights(const struct opening *opening, const struct inode *inode)
{
	uint32_t flags = opening->flags;
	int error = access_check(opening->who, inode,
		(flags & fs_Open_READ ? fs_Access_READ : 0U) |
		(flags & fs_Open_WRITE ? fs_Access_WRITE : 0U) |
		(flags & fs_Open_EXECUTE ? fs_Access_EXECUTE : 0U));

	if (error == 0 && inode->flags & fs_NodeFlags_APPEND_ONLY &&
			(flags & fs_Open_TRUNCATE ||
			(flags & fs_Open_WRITE && !(flags & fs_Open_APPEND))))
		error = fs_Error_EPERM;
	if (error == 0 && flags & fs_Open_NO_ACCESS_TIME &&
			!access_is_owner(opening->who, inode))
		error = fs_Error_EPERM;
	return error;
}

static int open_existing(struct opening *opening)
{
	struct inode *inode = opening->walked->where.inode;
	uint32_t flags = opening->flags;
	int error = 0;

	if (flags & fs_Open_CREATE && flags & fs_Open_EXCLUSIVE)
		return fs_Error_EEXIST;
	if (flags & fs_Open_DIRECTORY && inode->kind != fs_Kind_DIRECTORY)
		return fs_Error_ENOTDIR;
	opening->has_file = !(flags & fs_Open_PATH_ONLY) &&
		(inode->kind == fs_Kind_FILE || inode->kind == fs_Kind_DIRECTORY);
	if (!(flags & fs_Open_PATH_ONLY)) {
		error = check_kind(opening, inode->kind);
		if (error == 0)
			error = check_rights(opening, inode);
	}
	if (error == 0 && opening->has_file)
		error = file_check(opening->session, inode, flags);
	if (error == 0)
		take(opening, inode, opening->walked->where.entry);
	return error;
}

static int open_place(struct opening *opening)
{
	struct fs_Place place = opening->request->place;
	struct walked *walked = opening->walked;
	uint32_t flags = opening->flags;
	int error;

	if (flags & fs_Open_CREATE && flags & fs_Open_EXCLUSIVE)
		place.resolve &= ~(uint32_t)fs_Resolve_FOLLOW;
	error = walk_place(opening->session, &place,
		flags & fs_Open_CREATE && !(flags & fs_Open_PATH_ONLY), walked);
	if (error != 0 || walked->stop != fs_Stop_DONE)
		return error;
	error = node_has_room(opening->session);
	if (walked->where.inode && node_number(opening->session, walked->where.inode) != 0)
		error = 0;
	if (error != 0)
		return error;
	if (!walked->where.inode)
		return open_missing(opening);
	return flags & fs_Open_TEMPORARY ? open_temporary(opening) : open_existing(opening);
}

/* From here on only places can lack. */
static int finish(struct opening *opening, struct sk_port *port)
{
	struct session *session = opening->session;
	struct fs_FileSystem_open_reply *reply = &opening->reply;
	const struct where *where = &opening->where;
	int error = 0;

	if (where->inode)
		opening->walked->where = *where;
	error = operations_progress(session, opening->walked, true, &reply->progress);
	if (error != 0 || !where->inode)
		return error;
	if (opening->has_file)
		error = file_open(session, opening->who, port, where, opening->flags,
			reply->progress.node, &reply->file);
	reply->has_file = error == 0 && opening->has_file;
	if (error == 0 && opening->flags & fs_Open_TRUNCATE && opening->has_file &&
			!reply->created)
		error = inode_truncate(where, 0,
			access_is_capable(opening->who, CAPABILITY_FSETID),
			access_keeps_group(opening->who, where->inode->group));
	reply->status = inode_status(where->inode);
	if (error != 0)
		node_forget(session, reply->progress.node, 1);
	return error;
}

void op_open(void *self, const struct fs_FileSystem_open_request *request,
	struct sk_reply *to)
{
	struct session *session = self;
	struct opening opening = {
		.session = session, .request = request, .flags = request->flags,
		.who = session_subject(session, request->place.subject),
		.walked = session->ram->walked,
	};
	int error = opening.who ? check_flags(session, request->flags) : fs_Error_EPERM;

	fs_FileSystem_open_reply_init(&opening.reply);
	if (error == 0 && !(request->flags & fs_Open_PATH_ONLY))
		error = file_check(session, NULL, request->flags);
	if (error == 0)
		error = open_place(&opening);
	if (error == 0)
		error = finish(&opening, to->port);
	where_release(&opening.where);
	fs_FileSystem_open_answer(to, error, &opening.reply);
}
