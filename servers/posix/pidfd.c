/* Processes as files (pidfd): readable when they have ended, and never about another process
 * that has got the number since. */
#include "servers/posix/event.h"
#include "servers/posix/proc.h"

struct pidfd {
	struct pidfd *next, **link;		/* of the process */
	const struct process *process;		/* NULL: it has been reaped */
};

static uint32_t ready_of(struct file *file)
{
	const struct pidfd *pidfd = file->self;

	return !pidfd->process || pidfd->process->state == PROCESS_ZOMBIE ?
		fs_Ready_READABLE : 0;
}

void pidfd_ended(const struct process *process)
{
	for (struct pidfd *pidfd = process->pidfds; pidfd; pidfd = pidfd->next)
		poll_look(pidfd);
}

static void unlink_one(struct pidfd *pidfd)
{
	*pidfd->link = pidfd->next;
	if (pidfd->next)
		pidfd->next->link = pidfd->link;
	pidfd->process = NULL;
}

void pidfd_reaped(struct process *process)
{
	while (process->pidfds) {
		struct pidfd *pidfd = process->pidfds;

		unlink_one(pidfd);
		poll_look(pidfd);
	}
}

static void closed(struct file *file)
{
	struct pidfd *pidfd = file->self;

	if (pidfd->process)
		unlink_one(pidfd);
	release(pidfd);
}

static void op_process(void *self, const struct posix_Pidfd_process_request *request,
	struct sk_reply *to)
{
	const struct pidfd *pidfd = ((struct access *)self)->file->self;

	UNUSED(request);
	posix_Pidfd_process_answer(to, 0, &(struct posix_Pidfd_process_reply){
		pidfd->process ? pidfd->process->pid : -1});
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct posix_Pidfd_ops ops = {EVENT_FILE_OPS, .process = op_process};

	return access_is_closed(self) ? sk_refuse(incoming, SK_BAD_HANDLE) :
		posix_Pidfd_dispatch(&ops, self, incoming);
}

static const struct sk_object pidfd_object = {.dispatch = dispatch, .gone = access_gone};
static const struct file_ops pidfd_ops = {&pidfd_object, closed, ready_of, NULL};

int pidfd_find(const struct thread *thread, posix_Descriptor number, struct process **process,
	bool *waits)
{
	const struct file *file = files_find(thread->process->files, number);
	const struct pidfd *pidfd = file ? file->self : NULL;

	if (!file || file->ops != &pidfd_ops)
		return posix_Error_EBADF;
	*waits = !(file->flags & fs_Open_NON_BLOCKING);
	*process = pidfd->process ? process_find(pidfd->process->pid) : NULL;
	return *process ? 0 : posix_Error_ESRCH;
}

int pidfd_find_any(const struct thread *thread, posix_Descriptor number,
	struct process **process)
{
	const struct file *file = files_find(thread->process->files, number);
	const struct proc_key *key = file && file->node && is_proc(file->node->mount) &&
		!(file->flags & fs_Open_PATH_ONLY) ? proc_node_find(file->node->number) : NULL;
	bool waits;

	if (!key || key->kind != PROC_PROCESS || key->tid != 0)
		return pidfd_find(thread, number, process, &waits);
	*process = proc_process(key);
	return *process ? 0 : posix_Error_ESRCH;
}

bool pidfd_number(const struct file *file, int32_t *pid)
{
	const struct pidfd *pidfd = file->self;

	if (file->ops != &pidfd_ops)
		return false;
	*pid = pidfd->process ? pidfd->process->pid : -1;
	return true;
}

/* ---- making ---- */

/* NULL: the user has too many files, or there is no memory. */
static struct file *make(struct process *process, posix_NewFlags flags)
{
	struct file *file = event_file(posix_ObjectKind_PIDFD, flags);
	struct pidfd *pidfd = file ? allocate(sizeof(*pidfd)) : NULL;

	if (!pidfd) {
		file_drop(file);
		return NULL;
	}
	*pidfd = (struct pidfd){process->pidfds, &process->pidfds, process};
	if (pidfd->next)
		pidfd->next->link = &pidfd->next;
	process->pidfds = pidfd;
	file->ops = &pidfd_ops;
	file->self = pidfd;
	return file;
}

int pidfd_add(const struct thread *thread, struct process *process, posix_Descriptor *number)
{
	struct file *file = make(process, 0);
	int32_t added;

	if (!file)
		return posix_Error_ENFILE;
	added = files_add(thread->process->files, file, 0, posix_DescriptorFlags_CLOSE_ON_EXEC,
		thread->process->limits[posix_Resource_FILES].soft);
	if (added < 0)
		return -added;
	*number = added;
	return 0;
}

void op_open_pidfd(void *self, const struct posix_Descriptors_open_pidfd_request *request,
	struct sk_reply *to)
{
	const posix_NewFlags flags = request->flags | posix_NewFlags_CLOSE_ON_EXEC;
	struct posix_Descriptors_open_pidfd_reply reply = {0};
	const bool is_number = request->process > 0 && request->process < PID_LIMIT;
	struct process *process = is_number ? process_find(request->process) : NULL;
	struct file *file = process ? make(process, flags) : NULL;
	int error = process ? posix_Error_ENFILE : is_number &&
		posix.threads[request->process] ? posix_Error_EINVAL : posix_Error_ESRCH;

	if (file)
		error = event_install(self, file, flags, to->port, &reply.opened,
			&reply.file.raw);
	posix_Descriptors_open_pidfd_answer(to, error, &reply);
}

/* ---- descriptors of others ---- */

void op_take_from_process(void *self,
	const struct posix_Descriptors_take_from_process_request *request, struct sk_reply *to)
{
	struct posix_Descriptors_take_from_process_reply reply = {0};
	const struct thread *thread = self;
	struct process *process = NULL;
	struct file *file = NULL;
	bool waits;
	int error = pidfd_find(thread, request->pidfd, &process, &waits);

	if (!error && !proc_may_attach(thread, process))
		error = posix_Error_EPERM;
	/* A zombie has none. */
	if (!error && !process->files)
		error = posix_Error_ESRCH;
	if (!error)
		file = files_find(process->files, request->descriptor);
	/* A path alone has no handle, which the answer needs. */
	if (!error && (!file || (file->flags & fs_Open_PATH_ONLY)))
		error = posix_Error_EBADF;
	if (!error) {
		file->references++;
		error = event_install(self, file, posix_NewFlags_CLOSE_ON_EXEC, to->port,
			&reply.opened, &reply.file.raw);
	}
	posix_Descriptors_take_from_process_answer(to, error, &reply);
}
