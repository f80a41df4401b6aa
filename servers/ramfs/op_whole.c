/* What concerns the whole tree: what it is, who is who, how full, parts of it
 * as sessions, mount points, copies within it, its end. */
#include "servers/ramfs/ramfs.h"

/* Of one call: others wait meanwhile. */
#define COPY_MAX (UINT64_C(16) << 20)
#define MOUNT_FLAGS (fs_MountFlags_READ_ONLY | fs_MountFlags_NO_SET_ID | \
	fs_MountFlags_NO_DEVICES | fs_MountFlags_NO_EXECUTE | fs_MountFlags_SYNC | \
	fs_MountFlags_SYNC_DIRECTORIES | fs_MountFlags_NO_ACCESS_TIME | \
	fs_MountFlags_NO_DIRECTORY_ACCESS_TIME | fs_MountFlags_RELATIVE_ACCESS_TIME)

void op_describe(void *self, const struct fs_FileSystem_describe_request *request,
	struct sk_reply *to)
{
	const struct session *session = self;
	struct fs_FileSystem_describe_reply reply = {
		.features = fs_Features_DEVICE_NODES | fs_Features_HARD_LINKS |
			fs_Features_XATTRS | fs_Features_LOCKS | fs_Features_WATCHES |
			fs_Features_SPARSE | fs_Features_FIND | fs_Features_ACCESS_LISTS |
			(session->ram->world.memories ? fs_Features_MEMORY : 0U) |
			(session->rights & fs_Rights_IMPERSONATE ? fs_Features_SUBJECTS : 0U),
		.type = {"ramfs", 5},
		.root = inode_status(node_root(session)),
	};

	(void)request;
	fs_FileSystem_describe_answer(to, session->ram->is_ended ? fs_Error_EIO : 0, &reply);
}

/* ---- subjects ---- */

static int set_subject(struct session *session,
	const struct fs_FileSystem_set_subject_request *request, const struct sk_reply *to)
{
	struct subject *subject;

	if (!(session->rights & fs_Rights_IMPERSONATE) || request->subject == fs_SELF)
		return fs_Error_EPERM;
	if (request->groups.size % sizeof(uint32_t) != 0)
		return fs_Error_EINVAL;
	subject = session_new_subject(session,
		(uint32_t)(request->groups.size / sizeof(uint32_t)));
	if (!subject)
		return fs_Error_EMFILE;
	subject->number = request->subject;
	subject->uid = request->uid;
	subject->gid = request->gid;
	subject->capabilities = request->capabilities;
	if (request->groups.size > 0 && sk_lease_read(to, &request->groups, 0,
			subject->groups, request->groups.size, NULL) != SK_OK) {
		session_free_subject(session, subject);
		return fs_Error_EFAULT;
	}
	for (uint32_t i = 0; i < subject->group_count; i++)
		subject->groups[i] = sk_get_uint32((const uint8_t *)&subject->groups[i]);
	session_set_subject(session, subject);
	return 0;
}

void op_set_subject(void *self, const struct fs_FileSystem_set_subject_request *request,
	struct sk_reply *to)
{
	const struct fs_FileSystem_set_subject_reply reply = {0};

	fs_FileSystem_set_subject_answer(to, set_subject(self, request, to), &reply);
}

void op_drop_subject(void *self, const struct fs_FileSystem_drop_subject_request *request)
{
	if (request->subject != fs_SELF)
		session_drop_subject(self, request->subject);
}

/* ---- confining ---- */

static void confined_gone(void *self)
{
	struct session *session = self;
	struct account *account = session->account;

	account_hold(account);
	session_close(session);
	session_discharge_handle(account);
	account_release(account);
}

static void confined_canceled(void *self, uint64_t token)
{
	session_canceled(self, token);
}

static int confine(struct session *session,
	const struct fs_FileSystem_confine_request *request, struct session **confined)
{
	const struct subject *who = session_subject(session, request->subject);
	struct where root;
	int error = who && session->rights & fs_Rights_MANAGE ?
		node_directory(session, request->root, &root) : fs_Error_EPERM;

	if (error == 0 && request->flags & ~(uint32_t)MOUNT_FLAGS)
		error = fs_Error_EOPNOTSUPP;
	if (error == 0)
		error = session_charge_handle(session->account);
	if (error != 0)
		return error;
	*confined = session_confine(session, &root, who, request->flags);
	if (*confined)
		return 0;
	session_discharge_handle(session->account);
	return fs_Error_ENFILE;
}

void op_confine(void *self, const struct fs_FileSystem_confine_request *request,
	struct sk_reply *to)
{
	static const struct sk_object object = {
		.dispatch = files_dispatch, .gone = confined_gone,
		.canceled = confined_canceled,
	};
	struct fs_FileSystem_confine_reply reply;
	struct session *confined;
	int error = confine(self, request, &confined);

	fs_FileSystem_confine_reply_init(&reply);
	if (error == 0 && sk_mint(to->port, &object, confined,
			&reply.confined.raw) != SK_OK) {
		confined_gone(confined);
		error = fs_Error_ENFILE;
	}
	fs_FileSystem_confine_answer(to, error, &reply);
}

/* ---- mount points ---- */

void op_cover(void *self, const struct fs_FileSystem_cover_request *request,
	struct sk_reply *to)
{
	const struct fs_FileSystem_cover_reply reply = {0};
	struct session *session = self;
	int error = session->rights & fs_Rights_MANAGE ?
		node_cover(session, request->node, request->covered) : fs_Error_EPERM;

	fs_FileSystem_cover_answer(to, error, &reply);
}

/* ---- copies ---- */

static int find_file(const struct session *session, fs_Node node, struct where *where)
{
	int error = node_find(session, node, where);

	if (error == 0 && where->inode->kind != fs_Kind_FILE)
		error = where->inode->kind == fs_Kind_DIRECTORY ? fs_Error_EISDIR :
			fs_Error_EINVAL;
	return error;
}

/* How much there is to copy: 0 or an error. */
static int check_copy(const struct where *from, const struct where *to,
	const struct fs_FileSystem_copy_range_request *request, uint64_t *length)
{
	uint64_t size = from->inode->size, start = request->from_offset;

	*length = request->length < COPY_MAX ? request->length : COPY_MAX;
	if (to->inode->flags & fs_NodeFlags_IMMUTABLE)
		return fs_Error_EPERM;
	if (request->to_offset >= RAM_SIZE_MAX)
		return fs_Error_EFBIG;
	if (start >= size)
		*length = 0;
	else if (*length > size - start)
		*length = size - start;
	if (*length > RAM_SIZE_MAX - request->to_offset)
		*length = RAM_SIZE_MAX - request->to_offset;
	if (from->inode == to->inode && request->to_offset + *length > start &&
			request->to_offset < start + *length)
		return fs_Error_EINVAL;
	return 0;
}

/* Piece by piece: how much was copied; all that was there, but for room. */
static uint64_t copy(struct ram *ram, const struct where *from, const struct where *to,
	const struct fs_FileSystem_copy_range_request *request, uint64_t length)
{
	uint64_t done = 0;

	while (done < length) {
		uint64_t at = request->from_offset + done, target = request->to_offset + done;
		uint64_t piece = length - done, moved;

		piece = piece < RAM_PAGE ? piece : RAM_PAGE;
		inode_read(from->inode, at, ram->buffer, piece);
		moved = inode_write(to->inode, target, ram->buffer, piece);
		done += moved;
		if (moved < piece)
			break;
	}
	return done;
}

static int copy_range(struct session *session,
	const struct fs_FileSystem_copy_range_request *request, uint64_t *done)
{
	const struct subject *who;
	struct where from, to;
	uint64_t length;
	int error = operations_may_write(session);

	if (error == 0 && (request->from_offset > INT64_MAX ||
			request->to_offset > INT64_MAX))
		error = fs_Error_EINVAL;
	if (error == 0)
		error = find_file(session, request->from, &from);
	if (error == 0)
		error = find_file(session, request->to, &to);
	if (error == 0 && request->clone)
		error = fs_Error_EOPNOTSUPP;
	if (error == 0)
		error = check_copy(&from, &to, request, &length);
	if (error == 0 && length > 0)
		error = inode_check_write(to.inode, request->to_offset, &length);
	if (error != 0 || length == 0)
		return error;
	*done = copy(session->ram, &from, &to, request, length);
	if (*done == 0)
		return fs_Error_ENOSPC;
	inode_accessed(from.inode, session_flags(session));
	watch_tell(&from, fs_Change_ACCESSED);
	who = session_subject(session, fs_SELF);
	inode_written(&to, access_is_capable(who, CAPABILITY_FSETID),
		access_keeps_group(who, to.inode->group));
	return 0;
}

void op_copy_range(void *self, const struct fs_FileSystem_copy_range_request *request,
	struct sk_reply *to)
{
	struct fs_FileSystem_copy_range_reply reply = {0};
	int error = copy_range(self, request, &reply.done);

	fs_FileSystem_copy_range_answer(to, error, &reply);
}

/* ---- the whole ---- */

void op_statfs(void *self, const struct fs_FileSystem_statfs_request *request,
	struct sk_reply *to)
{
	const struct session *session = self;
	const struct fs_FileSystem_statfs_reply reply = {
		.space = ram_space(session->ram, session_flags(session)),
	};

	(void)request;
	fs_FileSystem_statfs_answer(to, session->ram->is_ended ? fs_Error_EIO : 0, &reply);
}

void op_sync(void *self, const struct fs_FileSystem_sync_request *request,
	struct sk_reply *to)
{
	const struct session *session = self;
	const struct fs_FileSystem_sync_reply reply = {0};

	(void)request;
	fs_FileSystem_sync_answer(to, session->ram->is_ended ? fs_Error_EIO : 0, &reply);
}

/* Only who has the whole changes or ends it. */
static int may_manage(const struct session *session)
{
	return session->rights & fs_Rights_MANAGE && !session->is_confined ? 0 :
		fs_Error_EPERM;
}

/* "size=N", with k, m or g behind it. */
static int size_of(struct sk_string options, uint64_t *size)
{
	static const char key[] = "size=";
	uint32_t at = sizeof(key) - 1;
	unsigned shift = 0;

	if (options.size <= at || memcmp(options.data, key, at) != 0)
		return fs_Error_EINVAL;
	for (*size = 0; at < options.size && options.data[at] >= '0' &&
			options.data[at] <= '9' && *size < UINT64_C(1) << 50; at++)
		*size = *size * 10 + (uint64_t)(options.data[at] - '0');
	if (at < options.size) {
		char unit = options.data[at++] | 0x20;

		shift = unit == 'k' ? 10 : unit == 'm' ? 20 : unit == 'g' ? 30 : 0;
		if (shift == 0)
			return fs_Error_EINVAL;
	}
	if (at < options.size || *size == 0 || *size > UINT64_MAX >> shift >> 1)
		return fs_Error_EINVAL;
	*size <<= shift;
	return 0;
}

void op_remount(void *self, const struct fs_FileSystem_remount_request *request,
	struct sk_reply *to)
{
	const struct fs_FileSystem_remount_reply reply = {0};
	const struct session *session = self;
	struct ram *ram = session->ram;
	uint64_t size = ram->budget;
	int error = may_manage(session);

	if (error == 0 && request->flags & ~(uint32_t)MOUNT_FLAGS)
		error = fs_Error_EINVAL;
	if (error == 0 && request->options.size > 0)
		error = size_of(request->options, &size);
	if (error == 0 && request->flags & fs_MountFlags_READ_ONLY && ram->writers > 0)
		error = fs_Error_EBUSY;
	if (error == 0 && !ram_set_budget(ram, size))
		error = fs_Error_EINVAL;
	if (error == 0)
		ram->flags = request->flags;
	if (error == 0)
		window_tell_all(ram);
	fs_FileSystem_remount_answer(to, error, &reply);
}

void op_unmount(void *self, const struct fs_FileSystem_unmount_request *request,
	struct sk_reply *to)
{
	const struct fs_FileSystem_unmount_reply reply = {0};
	const struct session *session = self;
	struct ram *ram = session->ram;
	int error = may_manage(session);

	if (error == 0 && !ram->is_ended && !request->force &&
			(ram->open_files > 0 || ram->sessions > 1))
		error = fs_Error_EBUSY;
	if (error == 0) {
		watch_unmounted(ram);
		ram->is_ended = true;
		window_tell_all(ram);
	}
	fs_FileSystem_unmount_answer(to, error, &reply);
}
