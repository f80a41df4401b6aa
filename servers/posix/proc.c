/* The server of /proc, as an fs.FileSystem, and its mount. */
#include "servers/posix/proc.h"

#include "runtime/files/refuse.h"
#include "runtime/loopback.h"

#define PROC_MAGIC 0x9fa0
#define DEVICE 21

static struct sk_loopback loopback;
static struct mount proc_mount;

bool is_proc(const struct mount *mount)
{
	return mount == &proc_mount;
}

/* ---- magic links ---- */

struct node *proc_node_of(struct file *file)
{
	const struct proc_key key = {.kind = PROC_OBJECT, .object = file};
	fs_Node number;

	if (file->node)
		return node_take(file->node);
	number = proc_node_new(&key);
	return number ? node_new(&proc_mount, number) : NULL;
}

static int jump(const struct proc_key *key, struct node **to)
{
	struct process *process = proc_process(key);
	const struct proc_entry *entry = proc_entry_of(key);
	struct file *file = key->kind == PROC_DESCRIPTOR ? proc_descriptor(key) : NULL;
	struct node *node = NULL;

	*to = NULL;
	if (file) {
		*to = proc_node_of(file);
		return *to ? 0 : posix_Error_ENOMEM;
	}
	if (!process || !entry)
		return posix_Error_ENOENT;
	if (entry->name[0] == 'e')
		node = process->executable;
	else if (process->places)
		node = entry->name[0] == 'c' ? process->places->directory :
			process->places->root;
	*to = node ? node_take(node) : NULL;
	return node ? 0 : posix_Error_ENOENT;
}

int proc_jump(fs_Node number, struct node **to)
{
	const struct proc_key *key = proc_node_find(number);

	*to = NULL;
	return key ? jump(key, to) : posix_Error_EBADF;
}

static bool follows_last(const struct fs_Place *place)
{
	return (place->resolve & fs_Resolve_FOLLOW) != 0;
}

/* ---- operations: finding ---- */

static void do_walk(void *self, const struct fs_FileSystem_walk_request *request,
	struct sk_reply *to)
{
	struct fs_FileSystem_walk_reply reply = {0};
	struct proc_step step;
	int error = proc_walk(&step, &request->place, follows_last(&request->place), true);

	UNUSED(self);
	if (!error)
		error = proc_look(&step, &reply.status);
	reply.progress = step.progress;
	if (error)
		proc_node_drop(step.progress.node);
	fs_FileSystem_walk_answer(to, error, &reply);
}

static void do_stat(void *self, const struct fs_FileSystem_stat_request *request,
	struct sk_reply *to)
{
	struct fs_FileSystem_stat_reply reply = {0};
	struct proc_step step;
	int error = proc_walk(&step, &request->place, follows_last(&request->place), false);

	UNUSED(self);
	if (!error)
		error = proc_look(&step, &reply.status);
	reply.progress = step.progress;
	fs_FileSystem_stat_answer(to, error, &reply);
}

static void do_access(void *self, const struct fs_FileSystem_access_request *request,
	struct sk_reply *to)
{
	struct fs_FileSystem_access_reply reply = {0};
	struct proc_step step;
	int error = proc_walk(&step, &request->place, follows_last(&request->place), false);

	UNUSED(self);
	if (!error && step.progress.stop == fs_Stop_DONE && step.key.kind != PROC_OBJECT)
		error = proc_check(step.who, &step.key, request->want);
	reply.progress = step.progress;
	fs_FileSystem_access_answer(to, error, &reply);
}

static int link_text(const struct proc_step *s, char *to, uint32_t capacity)
{
	const struct proc_entry *entry = proc_entry_of(&s->key);
	struct proc_text text = {to, 0, capacity};
	struct node *node = NULL;
	struct proc_key target;
	int size;

	if (!proc_is_magic(&s->key)) {
		if (!entry || !entry->follow)
			return -posix_Error_EINVAL;
		if (!entry->follow(&s->key, &target))
			return -posix_Error_ENOENT;
		if (target.kind != PROC_PROCESS)
			proc_put(&text, "self/mounts");
		else if (target.tid)
			proc_put(&text, "%d/task/%d", target.pid, target.tid);
		else
			proc_put(&text, "%d", target.pid);
		return (int)text.size;
	}
	if (!proc_may_look(s->who, &s->key))
		return -posix_Error_EACCES;
	if (s->key.kind == PROC_DESCRIPTOR)
		return file_path(proc_descriptor(&s->key), posix.walker->process->places->root,
			to, capacity);
	size = jump(&s->key, &node);
	if (size)
		return -size;
	size = shown_path(node, posix.walker->process->places->root, to, capacity);
	node_drop(node);
	return size;
}

static void do_read_link(void *self, const struct fs_FileSystem_read_link_request *request,
	struct sk_reply *to)
{
	static char text[fs_LINK_MAX];
	struct fs_FileSystem_read_link_reply reply = {0};
	struct proc_step step;
	int error = proc_walk(&step, &request->place, false, false), size = 0;

	UNUSED(self);
	if (!error && step.progress.stop == fs_Stop_DONE) {
		size = link_text(&step, text, sizeof(text));
		error = size < 0 ? -size : 0;
	}
	if (!error) {
		reply.size = (uint64_t)size < request->text.size ? (uint32_t)size :
			(uint32_t)request->text.size;
		if (sk_lease_write(to, &request->text, 0, text, reply.size, NULL) != SK_OK)
			error = posix_Error_EFAULT;
	}
	reply.progress = step.progress;
	fs_FileSystem_read_link_answer(to, error, &reply);
}

/* ---- operations: opening ---- */

static int may_open(const struct proc_step *s, fs_Open flags)
{
	const struct fs_Status status = proc_status(&s->key);
	const struct proc_entry *entry = proc_entry_of(&s->key);
	fs_Access want = (flags & fs_Open_READ ? (uint32_t)fs_Access_READ : 0) |
		(flags & fs_Open_WRITE ? (uint32_t)fs_Access_WRITE : 0) |
		(flags & fs_Open_EXECUTE ? (uint32_t)fs_Access_EXECUTE : 0);

	if (s->key.pid && !proc_process(&s->key))
		return posix_Error_ENOENT;
	if (flags & fs_Open_TEMPORARY)
		return posix_Error_EOPNOTSUPP;
	if ((flags & (fs_Open_CREATE | fs_Open_EXCLUSIVE)) ==
			(fs_Open_CREATE | fs_Open_EXCLUSIVE))
		return posix_Error_EEXIST;
	if (status.kind == fs_Kind_DIRECTORY && flags & (fs_Open_WRITE | fs_Open_CREATE))
		return posix_Error_EISDIR;
	if (status.kind != fs_Kind_DIRECTORY && flags & fs_Open_DIRECTORY)
		return posix_Error_ENOTDIR;
	if (flags & fs_Open_PATH_ONLY)
		return 0;
	if (status.kind == fs_Kind_LINK)
		return posix_Error_ELOOP;
	if (flags & fs_Open_WRITE && entry && !entry->write &&
			s->who->ids.file_user != status.owner &&
			!credentials_can(s->who, CAP_DAC_OVERRIDE))
		return posix_Error_EACCES;
	return proc_check(s->who, &s->key, want);
}

static void do_open(void *self, const struct fs_FileSystem_open_request *request,
	struct sk_reply *to)
{
	struct fs_FileSystem_open_reply reply = {0};
	struct proc_step step;
	int error = proc_walk(&step, &request->place, follows_last(&request->place) &&
		!(request->flags & fs_Open_EXCLUSIVE), true);

	UNUSED(self);
	/* Nothing is made here, but for what is there. */
	if (!error)
		error = proc_look(&step, &reply.status);
	if (!error && step.progress.stop == fs_Stop_DONE && step.key.kind != PROC_OBJECT)
		error = may_open(&step, request->flags);
	if (error)
		proc_node_drop(step.progress.node);
	reply.progress = step.progress;
	fs_FileSystem_open_answer(to, error, &reply);
}

/* ---- operations: the rest ---- */

static void do_forget(void *self, const struct fs_FileSystem_forget_request *request)
{
	UNUSED(self);
	for (uint32_t i = 0; i < request->references; i++)
		proc_node_drop(request->node);
}

static void do_drop_subject(void *self, const struct fs_FileSystem_drop_subject_request *r)
{
	UNUSED(self);
	UNUSED(r);
}

/* They are posix's own. */
static void do_set_subject(void *self, const struct fs_FileSystem_set_subject_request *r,
	struct sk_reply *to)
{
	const struct fs_FileSystem_set_subject_reply reply = {0};

	UNUSED(self);
	UNUSED(r);
	fs_FileSystem_set_subject_answer(to, 0, &reply);
}

static void do_describe(void *self, const struct fs_FileSystem_describe_request *request,
	struct sk_reply *to)
{
	const struct proc_key root = {.kind = PROC_ROOT};
	const struct fs_FileSystem_describe_reply reply = {
		.type = {"proc", 4}, .source = {"proc", 4}, .root = proc_status(&root)};

	UNUSED(self);
	UNUSED(request);
	fs_FileSystem_describe_answer(to, 0, &reply);
}

static void do_statfs(void *self, const struct fs_FileSystem_statfs_request *request,
	struct sk_reply *to)
{
	const struct fs_FileSystem_statfs_reply reply = {{
		.block_size = LAYOUT_PAGE, .name_max = 255, .type_magic = PROC_MAGIC,
		.id = DEVICE, .flags = fs_MountFlags_NO_SET_ID | fs_MountFlags_NO_DEVICES |
			fs_MountFlags_NO_EXECUTE | fs_MountFlags_RELATIVE_ACCESS_TIME,
	}};

	UNUSED(self);
	UNUSED(request);
	fs_FileSystem_statfs_answer(to, 0, &reply);
}

#define REFUSE(name, error) static FILES_REFUSE_OF(do_, FileSystem, name, fs_Error_##error)
REFUSE(make_directory, ENOENT)
REFUSE(make_node, ENOENT)
REFUSE(make_link, ENOENT)
REFUSE(link, EPERM)
REFUSE(unlink, EPERM)
REFUSE(remove_directory, EPERM)
REFUSE(rename, ENOENT)
REFUSE(set_mode, EPERM)
REFUSE(set_owner, EPERM)
REFUSE(set_times, EPERM)
REFUSE(get_xattr, EOPNOTSUPP)
REFUSE(set_xattr, EOPNOTSUPP)
REFUSE(remove_xattr, EOPNOTSUPP)
REFUSE(lock, EINVAL)
REFUSE(test_lock, EINVAL)

static void do_list_xattrs(void *self, const struct fs_FileSystem_list_xattrs_request *r,
	struct sk_reply *to)
{
	const struct fs_FileSystem_list_xattrs_reply reply = {0};

	UNUSED(self);
	UNUSED(r);
	fs_FileSystem_list_xattrs_answer(to, 0, &reply);
}

/* Nothing, as O_TRUNC. */
static void do_truncate(void *self, const struct fs_FileSystem_truncate_request *r,
	struct sk_reply *to)
{
	const struct fs_FileSystem_truncate_reply reply = {{0}};

	UNUSED(self);
	UNUSED(r);
	fs_FileSystem_truncate_answer(to, 0, &reply);
}

static void do_unlock_all(void *self, const struct fs_FileSystem_unlock_all_request *r,
	struct sk_reply *to)
{
	const struct fs_FileSystem_unlock_all_reply reply = {0};

	UNUSED(self);
	UNUSED(r);
	fs_FileSystem_unlock_all_answer(to, 0, &reply);
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct fs_FileSystem_ops ops = {
		.describe = do_describe, .set_subject = do_set_subject,
		.drop_subject = do_drop_subject, .walk = do_walk, .forget = do_forget,
		.stat = do_stat, .access = do_access, .read_link = do_read_link,
		.open = do_open, .statfs = do_statfs, .make_directory = do_make_directory,
		.make_node = do_make_node, .make_link = do_make_link, .link = do_link,
		.unlink = do_unlink, .remove_directory = do_remove_directory,
		.rename = do_rename, .set_mode = do_set_mode, .set_owner = do_set_owner,
		.set_times = do_set_times, .truncate = do_truncate,
		.get_xattr = do_get_xattr, .set_xattr = do_set_xattr,
		.remove_xattr = do_remove_xattr, .list_xattrs = do_list_xattrs,
		.lock = do_lock, .test_lock = do_test_lock, .unlock_all = do_unlock_all,
	};

	return fs_FileSystem_dispatch(&ops, self, incoming);
}

/* ---- the mount ---- */

int proc_path(fs_Node number, char *to, uint32_t capacity)
{
	const struct proc_key *at = proc_node_find(number);
	char name[PROC_NAME_MAX];
	struct proc_key key;
	uint32_t start = capacity, size;

	if (!at)
		return -posix_Error_EBADF;
	if (at->kind == PROC_OBJECT)
		return file_path(at->object, NULL, to, capacity);
	for (key = *at; key.kind != PROC_ROOT; key = proc_parent(&key)) {
		proc_name(&key, name);
		size = (uint32_t)strlen(name);
		if (size + 1 > start)
			return -posix_Error_ERANGE;
		start -= size;
		memcpy(to + start, name, size);
		to[--start] = '/';
	}
	if (start == capacity)
		to[--start] = '/';
	memmove(to, to + start, capacity - start);
	return (int)(capacity - start);
}

int proc_opened(struct thread *thread, struct file *file)
{
	const struct proc_key *key = proc_node_find(file->node->number);

	return key ? proc_open(thread, file, key) : posix_Error_EBADF;
}

static struct node *cover(struct mount *root)
{
	struct fs_FileSystem_walk_request request;
	struct fs_FileSystem_walk_reply reply;
	struct fs_FileSystem_make_directory_reply made;

	fs_FileSystem_make_directory(root->server,
		&(struct fs_FileSystem_make_directory_request){
			.at = {.directory = fs_ROOT, .name = {"proc", 4}}, .mode = 0555}, &made,
		NULL);
	fs_FileSystem_walk_request_init(&request);
	fs_Place_init(&request.place);
	request.place.path = (struct sk_string){"proc", 4};
	if (fs_FileSystem_walk(root->server, &request, &reply, NULL) != 0 ||
			fs_FileSystem_cover(root->server, &(struct fs_FileSystem_cover_request){
			reply.progress.node, true}, &(struct fs_FileSystem_cover_reply){0},
			NULL) != 0)
		return NULL;
	return node_new(root, reply.progress.node);
}

int mount_proc(void)
{
	sk_loopback_init(&loopback);
	loopback.dispatch = dispatch;
	proc_mount = (struct mount){.id = 2, .server = &loopback.channel, .device = DEVICE};
	proc_mount.root = node_new(&proc_mount, fs_ROOT);
	proc_mount.covers = cover(mounts);
	if (!proc_mount.root || !proc_mount.covers)
		return posix_Error_ENOMEM;
	mounts->next = &proc_mount;
	return 0;
}
