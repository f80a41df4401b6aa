/* What is known of files by paths, and changing that. */
#include "servers/posix/socket.h"

#define CREDENTIALS(self) (((struct thread *)(self))->credentials)
#define SERVER(node) ((node)->mount->server)

static fs_Resolve resolve_of(posix_AtFlags flags)
{
	return flags & posix_AtFlags_NO_FOLLOW ? 0 : fs_Resolve_FOLLOW;
}

static bool may_be_empty(posix_AtFlags flags)
{
	return (flags & posix_AtFlags_EMPTY_PATH) != 0;
}

/* ---- looking ---- */

static struct walk walk;

void op_read_link(void *self, const struct posix_Paths_read_link_request *request,
	struct sk_reply *to)
{
	static char text[posix_LINK_MAX];
	struct posix_Paths_read_link_reply reply = {0};
	struct fs_FileSystem_read_link_reply found;
	int error = walk_open(&walk, self, request->directory, request->path, 0, true);

	if (!error) {
		do {
			walk_place(&walk);
			error = server_errno(fs_FileSystem_read_link(walk_server(&walk),
				&(struct fs_FileSystem_read_link_request){walk.place,
				sk_lend_out(text, sizeof(text))}, &found, NULL));
		} while (!error && walk_goes_on(&walk, &found.progress, &error));
	}
	walk_close(&walk);
	if (!error) {
		reply.size = found.size < request->text.size ? found.size :
			(uint32_t)request->text.size;
		if (sk_lease_write(to, &request->text, 0, text, reply.size, NULL) != SK_OK)
			error = posix_Error_EFAULT;
	}
	posix_Paths_read_link_answer(to, error, &reply);
}

/* A descriptor itself: its own server knows. */
static bool is_descriptor(struct thread *thread, posix_Descriptor directory,
	struct sk_string path, posix_AtFlags flags, struct file **file)
{
	*file = NULL;
	if (path.size > 0 || !may_be_empty(flags) || directory == posix_CURRENT_DIRECTORY)
		return false;
	*file = files_find(thread->process->files, directory);
	return true;
}

int file_status(struct file *file, struct fs_Status *status)
{
	struct fs_File_status_reply reply = {0};
	int error = 0;

	if (file->kind == posix_ObjectKind_SOCKET)
		socket_status(file, &reply.status);
	else if (file->ops)
		reply.status = (struct fs_Status){
			.inode = file->number, .links = 1, .block_size = 4096, .mode = 0600,
			.kind = file->kind == posix_ObjectKind_PIPE ? fs_Kind_FIFO :
				file->kind == posix_ObjectKind_CHARACTER_DEVICE ?
				fs_Kind_CHARACTER_DEVICE : fs_Kind_ANONYMOUS,
		};
	else
		error = server_errno(fs_File_status(on(file->handle),
			&(struct fs_File_status_request){0}, &reply, NULL));
	*status = reply.status;
	return error;
}

static int stat_path(struct thread *thread, const struct posix_Paths_path_status_request *r,
	struct posix_Paths_path_status_reply *reply)
{
	struct fs_FileSystem_stat_reply found;
	int error = walk_open(&walk, thread, r->directory, r->path, resolve_of(r->flags),
		may_be_empty(r->flags));

	if (!error) {
		do {
			walk_place(&walk);
			error = server_errno(fs_FileSystem_stat(walk_server(&walk),
				&(struct fs_FileSystem_stat_request){walk.place}, &found, NULL));
		} while (!error && walk_goes_on(&walk, &found.progress, &error));
	}
	if (!error) {
		reply->status = found.status;
		reply->device = walk.start->mount->device;
		reply->mount = walk.start->mount->id;
	}
	walk_close(&walk);
	return error;
}

void op_path_status(void *self, const struct posix_Paths_path_status_request *request,
	struct sk_reply *to)
{
	struct posix_Paths_path_status_reply reply = {0};
	struct file *file;
	int error;

	if (!is_descriptor(self, request->directory, request->path, request->flags, &file))
		error = stat_path(self, request, &reply);
	else if (!file)
		error = posix_Error_EBADF;
	else if (!file->node)
		error = file_status(file, &reply.status);
	else
		error = stat_path(self, request, &reply);
	posix_Paths_path_status_answer(to, error, &reply);
}

/* The real users judge, unless they are the effective ones. */
static struct credentials *judge(struct thread *thread, posix_AtFlags flags)
{
	const struct credentials *c = thread->credentials;
	struct posix_Credentials ids = c->ids;
	struct posix_Capabilities caps = c->capabilities;

	if ((flags & posix_AtFlags_REMOVE_DIRECTORY) ||
			(ids.user == ids.file_user && ids.group_id == ids.file_group))
		return credentials_take(thread->credentials);
	ids.file_user = ids.user;
	ids.file_group = ids.group_id;
	caps.effective = ids.user == 0 ? caps.permitted : 0;
	return credentials_new(&ids, &caps, c->groups, c->group_count);
}

void op_access(void *self, const struct posix_Paths_access_request *request,
	struct sk_reply *to)
{
	const struct posix_Paths_access_reply reply = {0};
	struct fs_FileSystem_access_reply found;
	struct credentials *who = judge(self, request->flags);
	int error = who ? walk_open(&walk, self, request->directory, request->path,
		resolve_of(request->flags), may_be_empty(request->flags)) : posix_Error_ENOMEM;

	if (!error) {
		walk.who = who;
		do {
			walk_place(&walk);
			error = server_errno(fs_FileSystem_access(walk_server(&walk),
				&(struct fs_FileSystem_access_request){walk.place,
				request->want}, &found, NULL));
		} while (!error && walk_goes_on(&walk, &found.progress, &error));
		walk_close(&walk);
	}
	credentials_drop(who);
	posix_Paths_access_answer(to, error, &reply);
}

/* ---- changing status ---- */

int node_of(struct thread *thread, posix_Descriptor directory, struct sk_string path,
	posix_AtFlags flags, struct node **node)
{
	struct file *file;

	*node = NULL;
	if (is_descriptor(thread, directory, path, flags, &file)) {
		if (file && file->node)
			*node = node_take(file->node);
		return !file ? posix_Error_EBADF : *node ? 0 : posix_Error_EINVAL;
	}
	return walk_all(thread, directory, path, resolve_of(flags), may_be_empty(flags), node,
		NULL);
}

void op_change_mode(void *self, const struct posix_Paths_change_mode_request *request,
	struct sk_reply *to)
{
	const struct posix_Paths_change_mode_reply reply = {0};
	struct fs_FileSystem_set_mode_reply set;
	struct node *node;
	int error = node_of(self, request->directory, request->path, request->flags, &node);

	if (!error)
		error = server_errno(fs_FileSystem_set_mode(SERVER(node),
			&(struct fs_FileSystem_set_mode_request){node->number,
			CREDENTIALS(self)->subject, request->mode & 07777}, &set, NULL));
	node_drop(node);
	posix_Paths_change_mode_answer(to, error, &reply);
}

void op_change_owner(void *self, const struct posix_Paths_change_owner_request *request,
	struct sk_reply *to)
{
	const struct posix_Paths_change_owner_reply reply = {0};
	struct fs_FileSystem_set_owner_request ask = {
		.subject = CREDENTIALS(self)->subject,
		.has_owner = request->user != posix_KEEP, .owner = request->user,
		.has_owner_group = request->group_id != posix_KEEP,
		.owner_group = request->group_id,
	};
	struct fs_FileSystem_set_owner_reply set;
	struct node *node;
	int error = node_of(self, request->directory, request->path, request->flags, &node);

	if (!error) {
		ask.node = node->number;
		error = server_errno(fs_FileSystem_set_owner(SERVER(node), &ask, &set, NULL));
	}
	node_drop(node);
	posix_Paths_change_owner_answer(to, error, &reply);
}

void op_set_times(void *self, const struct posix_Paths_set_times_request *request,
	struct sk_reply *to)
{
	const struct posix_Paths_set_times_reply reply = {0};
	struct fs_FileSystem_set_times_reply set;
	struct node *node;
	int error = node_of(self, request->directory, request->path, request->flags, &node);

	if (!error)
		error = server_errno(fs_FileSystem_set_times(SERVER(node),
			&(struct fs_FileSystem_set_times_request){node->number,
			CREDENTIALS(self)->subject, request->accessed, request->modified}, &set,
			NULL));
	node_drop(node);
	posix_Paths_set_times_answer(to, error, &reply);
}

/* RLIMIT_FSIZE: a file that would grow beyond it. */
static int check_growth(struct thread *thread, const struct node *node, uint64_t size)
{
	const struct posix_SignalInfo info = {.signal = posix_Signal_XFSZ,
		.cause.which = posix_SignalCause_plain};
	struct fs_FileSystem_stat_reply is;
	int error;

	if (size <= thread->process->limits[posix_Resource_FILE_SIZE].soft)
		return 0;
	error = server_errno(fs_FileSystem_stat(SERVER(node), &(struct fs_FileSystem_stat_request){
		{.start = node->number, .subject = thread->credentials->subject}}, &is, NULL));
	if (error || is.status.kind != fs_Kind_FILE || size <= is.status.size)
		return error;
	signal_thread(thread, &info);
	return posix_Error_EFBIG;
}

void op_truncate_path(void *self, const struct posix_Paths_truncate_path_request *request,
	struct sk_reply *to)
{
	const struct posix_Paths_truncate_path_reply reply = {0};
	struct fs_FileSystem_truncate_reply set;
	struct node *node;
	int error = node_of(self, request->directory, request->path, 0, &node);

	if (!error)
		error = check_growth(self, node, request->size);
	if (!error)
		error = server_errno(fs_FileSystem_truncate(SERVER(node),
			&(struct fs_FileSystem_truncate_request){node->number,
			CREDENTIALS(self)->subject, request->size}, &set, NULL));
	node_drop(node);
	posix_Paths_truncate_path_answer(to, error, &reply);
}

void op_file_system_status(void *self,
	const struct posix_Paths_file_system_status_request *request, struct sk_reply *to)
{
	struct posix_Paths_file_system_status_reply reply = {0};
	struct fs_FileSystem_statfs_reply space;
	struct node *node;
	int error = node_of(self, request->directory, request->path, request->flags, &node);

	if (!error)
		error = server_errno(fs_FileSystem_statfs(SERVER(node),
			&(struct fs_FileSystem_statfs_request){0}, &space, NULL));
	if (!error)
		reply.space = space.space;
	node_drop(node);
	posix_Paths_file_system_status_answer(to, error, &reply);
}
