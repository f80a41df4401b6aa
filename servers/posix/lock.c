/*
 * Record locks of processes: they are the file's server's, so that those of open files
 * (F_OFD_SETLK), which programs set there themselves, stand in their way. Their owner is a
 * table of descriptors, as with Linux: who shares it shares them.
 */
#include "servers/posix/posix.h"

struct lock_wait {
	struct wait wait;
	struct asked asked;
	uint64_t owner;
};

static struct wait *waits;

/* Its number at servers, unique for good; whose it is stands in its low bits. */
static uint64_t owner_of(struct process *process)
{
	static uint64_t last;
	struct files *files = process->files;

	if (files->lock_owner == 0)
		files->lock_owner = ++last << LAYOUT_LOCK_PID_BITS | (uint64_t)process->pid;
	return files->lock_owner;
}

static int check(const struct file *file, const struct fs_Lock *lock)
{
	if (!file || file->flags & fs_Open_PATH_ONLY)
		return posix_Error_EBADF;
	if ((lock->kind == fs_LockKind_SHARED && !(file->flags & fs_Open_READ)) ||
			(lock->kind == fs_LockKind_EXCLUSIVE && !(file->flags & fs_Open_WRITE)))
		return posix_Error_EBADF;
	return file->node && !file->ops ? 0 : posix_Error_EINVAL;
}

/* ---- waiting ---- */

static void answer(struct sk_reply *to, int error)
{
	posix_Descriptors_set_lock_answer(to, error,
		&(struct posix_Descriptors_set_lock_reply){0});
}

static void answered(struct asked *asked, struct sk_completion *done)
{
	struct lock_wait *w = (struct lock_wait *)(void *)((uint8_t *)asked -
		offsetof(struct lock_wait, asked));
	struct fs_FileSystem_lock_reply reply;

	wait_end(&w->wait);
	answer(&w->wait.reply, server_errno(fs_FileSystem_lock_end(done, &reply)));
	release(w);
}

static void canceled(struct wait *wait)
{
	struct lock_wait *w = (struct lock_wait *)(void *)wait;

	ask_give_up(&w->asked);
	release(w);
}

/* The server answers when it has the lock, or says that it never will. */
static int begin(struct thread *thread, const struct file *file,
	const struct fs_FileSystem_lock_request *request, struct sk_reply *to)
{
	struct user *user = thread->process->user;
	struct sk_ring *ring = ask_ring(user);
	struct lock_wait *w = ring ? allocate(sizeof(*w)) : NULL;
	uint64_t number = ask_number();

	if (!w || fs_FileSystem_lock_begin(ring, file->node->mount->server, request,
			number, NULL) != SK_OK) {
		release(w);
		return posix_Error_ENOLCK;
	}
	w->owner = request->owner;
	w->asked.answered = answered;
	w->wait.canceled = canceled;
	wait_begin(&w->wait, &waits, NULL, to);
	ask_begun(&w->asked, number, user);
	return 0;
}

/* ---- letting go ---- */

static void unlock(struct mount *mount, fs_Node node, uint64_t owner)
{
	fs_FileSystem_unlock_all(mount->server, &(struct fs_FileSystem_unlock_all_request){
		node, owner}, &(struct fs_FileSystem_unlock_all_reply){0}, NULL);
}

void lock_file_closed(const struct files *files, const struct file *file)
{
	if (files->lock_owner != 0 && file->node && !file->ops)
		unlock(file->node->mount, file->node->number, files->lock_owner);
}

void lock_files_gone(const struct files *files)
{
	if (files->lock_owner == 0)
		return;
	/* Nothing may be given to it after this. */
	for (struct wait *wait = waits; wait; wait = wait->next) {
		struct lock_wait *w = (struct lock_wait *)(void *)wait;

		if (w->owner == files->lock_owner)
			ask_give_up(&w->asked);
	}
	for (struct mount *mount = mounts; mount; mount = mount->next)
		unlock(mount, 0, files->lock_owner);
}

/* ---- operations ---- */

void op_set_lock(void *self, const struct posix_Descriptors_set_lock_request *request,
	struct sk_reply *to)
{
	struct thread *thread = self;
	struct process *process = thread->process;
	const struct file *file = files_find(process->files, request->descriptor);
	struct fs_FileSystem_lock_request ask = {.range = request->lock};
	int error = check(file, &request->lock);

	if (!error) {
		ask.node = file->node->number;
		ask.owner = owner_of(process);
		error = server_errno(fs_FileSystem_lock(file->node->mount->server,
			&ask, &(struct fs_FileSystem_lock_reply){0}, NULL));
	}
	if (error == posix_Error_EAGAIN && request->wait) {
		ask.wait = true;
		error = signal_waits(thread) ? (int)posix_Error_EINTR :
			begin(thread, file, &ask, to);
		if (!error)
			return;
	}
	answer(to, error);
}

void op_find_lock(void *self, const struct posix_Descriptors_find_lock_request *request,
	struct sk_reply *to)
{
	struct posix_Descriptors_find_lock_reply reply = {0};
	struct process *process = ((struct thread *)self)->process;
	const struct file *file = files_find(process->files, request->descriptor);
	struct fs_FileSystem_test_lock_reply found = {0};
	const struct fs_Lock none = {0};
	int error = check(file, &none);

	if (!error)
		error = server_errno(fs_FileSystem_test_lock(file->node->mount->server,
			&(struct fs_FileSystem_test_lock_request){file->node->number,
			owner_of(process), request->lock}, &found, NULL));
	reply.found = found.found;
	reply.holder = layout_lock_holder(found.holder);
	posix_Descriptors_find_lock_answer(to, error, &reply);
}
