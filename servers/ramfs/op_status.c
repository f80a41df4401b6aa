/* Changing what is known of a node: mode, owner, times, size, flags. */
#include "servers/ramfs/ramfs.h"

#define NANOS_PER_S 1000000000U
#define SET_USER 04000U
#define SET_GROUP 02000U
#define GROUP_EXECUTE 0010U
#define STAYS UINT32_MAX
#define FIXED (fs_NodeFlags_IMMUTABLE | fs_NodeFlags_APPEND_ONLY)
#define FLAGS_SET (FIXED | fs_NodeFlags_NO_DUMP | fs_NodeFlags_NO_ACCESS_TIME)

/* A node that may be changed, and by whom: 0 or an error. */
static int node_to_change(const struct session *session, fs_Node number,
	fs_Subject subject, struct where *where, const struct subject **who)
{
	int error = operations_may_write(session);

	*who = session_subject(session, subject);
	if (!*who)
		return fs_Error_EPERM;
	return error == 0 ? node_find(session, number, where) : error;
}

/* Who may set what only its owner may. */
static int check_owner(const struct subject *who, const struct inode *inode)
{
	return inode->flags & FIXED || !access_is_owner(who, inode) ? fs_Error_EPERM : 0;
}

void op_set_mode(void *self, const struct fs_FileSystem_set_mode_request *request,
	struct sk_reply *to)
{
	struct fs_FileSystem_set_mode_reply reply = {0};
	const struct subject *who;
	struct where where;
	int error = node_to_change(self, request->node, request->subject, &where, &who);

	/* A link's own mode means nothing, and Linux refuses to set it. */
	if (error == 0 && where.inode->kind == fs_Kind_LINK)
		error = fs_Error_EOPNOTSUPP;
	if (error == 0)
		error = check_owner(who, where.inode);
	if (error == 0 && where.inode->seals & fs_Seals_EXECUTE_MODE &&
			(where.inode->mode ^ request->mode) & 0111)
		error = fs_Error_EPERM;
	if (error == 0) {
		where.inode->mode = request->mode & 07777;
		if (!access_keeps_group(who, where.inode->group))
			where.inode->mode &= ~SET_GROUP;
		acl_mode_set(where.inode);
		inode_changed(where.inode);
		watch_tell(&where, fs_Change_STATUS);
		reply.status = inode_status(where.inode);
	}
	fs_FileSystem_set_mode_answer(to, error, &reply);
}

/* ---- owners ---- */

static bool may_give(const struct subject *who, const struct inode *inode, uint32_t owner,
	uint32_t group)
{
	bool is_owner = who->uid == inode->owner;

	if (access_is_capable(who, CAPABILITY_CHOWN))
		return true;
	if (owner != STAYS && !(is_owner && owner == inode->owner))
		return false;
	return group == STAYS || (is_owner &&
		(group == inode->group || access_is_in_group(who, group)));
}

/* The mode that it has then. */
static uint32_t given_mode(const struct subject *who, const struct inode *inode,
	uint32_t group)
{
	uint32_t mode = inode->mode;

	if (inode->kind == fs_Kind_DIRECTORY)
		return mode;
	if (mode & GROUP_EXECUTE || !access_keeps_group(who, inode->group))
		mode &= ~SET_GROUP;
	if (mode & SET_USER || mode != inode->mode)
		if (!access_keeps_group(who, group != STAYS ? group : inode->group))
			mode &= ~SET_GROUP;
	return mode & ~SET_USER;
}

static int give(const struct subject *who, const struct where *where, uint32_t owner,
	uint32_t group)
{
	struct inode *inode = where->inode;
	uint32_t mode = given_mode(who, inode, group);
	bool is_told = owner != STAYS || group != STAYS || mode != inode->mode;

	if ((is_told && inode->flags & FIXED) || !may_give(who, inode, owner, group) ||
			(mode != inode->mode && !access_is_owner(who, inode)))
		return fs_Error_EPERM;
	inode->mode = mode;
	if (owner != STAYS)
		inode_set_owner(inode, owner);
	inode->group = group != STAYS ? group : inode->group;
	inode_changed(inode);
	if (is_told)
		watch_tell(where, fs_Change_STATUS);
	return 0;
}

void op_set_owner(void *self, const struct fs_FileSystem_set_owner_request *request,
	struct sk_reply *to)
{
	struct fs_FileSystem_set_owner_reply reply = {0};
	const struct subject *who;
	struct where where;
	int error = node_to_change(self, request->node, request->subject, &where, &who);

	if (error == 0)
		error = give(who, &where, request->has_owner ? request->owner : STAYS,
			request->has_owner_group ? request->owner_group : STAYS);
	if (error == 0)
		reply.status = inode_status(where.inode);
	fs_FileSystem_set_owner_answer(to, error, &reply);
}

/* ---- times ---- */

static bool is_time(const struct fs_SetTime *time)
{
	return time->which != fs_SetTime_at || time->as.at.nanos < NANOS_PER_S;
}

static int may_set_times(const struct subject *who, const struct inode *inode,
	const struct fs_FileSystem_set_times_request *request)
{
	if (request->accessed.which != fs_SetTime_now ||
			request->modified.which != fs_SetTime_now)
		return check_owner(who, inode);
	if (inode->flags & fs_NodeFlags_IMMUTABLE)
		return fs_Error_EPERM;
	return access_is_owner(who, inode) ? 0 : access_check(who, inode, fs_Access_WRITE);
}

static void set_time(struct fs_Time *to, const struct fs_SetTime *from, struct fs_Time now)
{
	if (from->which == fs_SetTime_now)
		*to = now;
	else if (from->which == fs_SetTime_at)
		*to = (struct fs_Time){.seconds = from->as.at.seconds,
			.nanos = from->as.at.nanos};
}

static int set_times(const struct subject *who, const struct where *where,
	const struct fs_FileSystem_set_times_request *request)
{
	bool accessed = request->accessed.which != fs_SetTime_leave;
	bool modified = request->modified.which != fs_SetTime_leave;
	struct inode *inode = where->inode;
	int error;

	if (!is_time(&request->accessed) || !is_time(&request->modified))
		return fs_Error_EINVAL;
	if (!accessed && !modified)
		return 0;
	error = may_set_times(who, inode, request);
	if (error != 0)
		return error;
	inode_changed(inode);
	set_time(&inode->accessed, &request->accessed, inode->changed);
	set_time(&inode->modified, &request->modified, inode->changed);
	watch_tell(where, accessed && modified ? fs_Change_STATUS :
		accessed ? fs_Change_ACCESSED : fs_Change_MODIFIED);
	return 0;
}

void op_set_times(void *self, const struct fs_FileSystem_set_times_request *request,
	struct sk_reply *to)
{
	struct fs_FileSystem_set_times_reply reply = {0};
	const struct subject *who;
	struct where where;
	int error = node_to_change(self, request->node, request->subject, &where, &who);

	if (error == 0)
		error = set_times(who, &where, request);
	if (error == 0)
		reply.status = inode_status(where.inode);
	fs_FileSystem_set_times_answer(to, error, &reply);
}

/* ---- size ---- */

static int check_size(const struct subject *who, const struct inode *inode)
{
	int error;

	if (inode->kind != fs_Kind_FILE)
		return inode->kind == fs_Kind_DIRECTORY ? fs_Error_EISDIR : fs_Error_EINVAL;
	error = access_check(who, inode, fs_Access_WRITE);
	if (error == 0 && inode->flags & fs_NodeFlags_APPEND_ONLY)
		error = fs_Error_EPERM;
	return error == 0 && inode->executors > 0 ? fs_Error_ETXTBSY : error;
}

void op_truncate(void *self, const struct fs_FileSystem_truncate_request *request,
	struct sk_reply *to)
{
	struct fs_FileSystem_truncate_reply reply = {0};
	const struct subject *who;
	struct where where;
	int error = node_to_change(self, request->node, request->subject, &where, &who);

	if (error == 0 && request->size > RAM_SIZE_MAX)
		error = fs_Error_EFBIG;
	if (error == 0)
		error = check_size(who, where.inode);
	if (error == 0 && where.inode->executors > 0)
		error = fs_Error_ETXTBSY;
	if (error == 0)
		error = inode_truncate(&where, request->size,
			access_is_capable(who, CAPABILITY_FSETID),
			access_keeps_group(who, where.inode->group));
	if (error == 0)
		reply.status = inode_status(where.inode);
	fs_FileSystem_truncate_answer(to, error, &reply);
}

/* ---- flags ---- */

static int set_flags(const struct subject *who, struct inode *inode, uint32_t flags,
	uint32_t mask)
{
	uint32_t now = (inode->flags & ~mask) | (flags & mask);

	if (inode->kind != fs_Kind_FILE && inode->kind != fs_Kind_DIRECTORY)
		return fs_Error_EINVAL;
	/* On Linux one has to open it. */
	if (access_check(who, inode, fs_Access_READ) != 0)
		return fs_Error_EACCES;
	if (!access_is_owner(who, inode) || ((inode->flags ^ now) & (uint32_t)FIXED &&
			!access_is_capable(who, CAPABILITY_LINUX_IMMUTABLE)))
		return fs_Error_EPERM;
	if (now & ~(uint32_t)FLAGS_SET)
		return fs_Error_EOPNOTSUPP;
	inode->flags = now;
	inode_changed(inode);
	return 0;
}

void op_set_node_flags(void *self,
	const struct fs_FileSystem_set_node_flags_request *request, struct sk_reply *to)
{
	struct fs_FileSystem_set_node_flags_reply reply = {0};
	const struct subject *who;
	struct where where;
	int error = node_to_change(self, request->node, request->subject, &where, &who);

	if (error == 0)
		error = set_flags(who, where.inode, request->flags, request->mask);
	if (error == 0)
		reply.status = inode_status(where.inode);
	fs_FileSystem_set_node_flags_answer(to, error, &reply);
}
