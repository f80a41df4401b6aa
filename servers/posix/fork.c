/* fork, vfork and clone. */
#include "servers/posix/posix.h"

#define PROCESS(self) (((struct thread *)(self))->process)
#define THREADLIKE (posix_CloneFlags_MEMORY | posix_CloneFlags_HANDLERS)

static int check(const struct posix_CloneRequest *r)
{
	const posix_CloneFlags flags = r->flags;

	if ((flags & posix_CloneFlags_THREAD) && (flags & THREADLIKE) != THREADLIKE)
		return posix_Error_EINVAL;
	if ((flags & posix_CloneFlags_HANDLERS) && !(flags & posix_CloneFlags_MEMORY))
		return posix_Error_EINVAL;
	/* As Linux 6.1; later ones have descriptors of threads. */
	if ((flags & posix_CloneFlags_PIDFD) &&
			(flags & (posix_CloneFlags_THREAD | posix_CloneFlags_DETACHED)))
		return posix_Error_EINVAL;
	return 0;
}

/* Files, places and actions: shared or copied. */
static int share(struct process *child, struct process *parent, posix_CloneFlags flags)
{
	child->files = flags & posix_CloneFlags_FILES ? parent->files :
		files_copy(parent->files);
	if (flags & posix_CloneFlags_FILES)
		child->files->references++;
	child->places = flags & posix_CloneFlags_DIRECTORIES ? parent->places :
		places_copy(parent->places);
	if (flags & posix_CloneFlags_DIRECTORIES)
		child->places->references++;
	child->actions = flags & posix_CloneFlags_HANDLERS ? parent->actions :
		actions_copy(parent->actions);
	if (flags & posix_CloneFlags_HANDLERS)
		child->actions->references++;
	if (flags & posix_CloneFlags_MEMORY) {
		child->space = parent->space;
		child->space->references++;
	} else {
		child->space = space_fork(parent->space, child->quota);
	}
	return child->files && child->places && child->actions && child->space ? 0 :
		posix_Error_ENOMEM;
}

/* Its thread: a copy of the caller's, as far as that is posix's to know. */
static int add_thread(struct process *process, struct thread *caller, int32_t tid,
	const struct posix_CloneRequest *r, struct sk_port *port)
{
	int error;
	struct thread *thread = thread_new(process, tid, process->space, caller, port, &error);

	if (!thread)
		return error;
	thread_become(thread, credentials_take(caller->credentials));
	thread->page->blocked = caller->page->blocked;
	thread->scheduling = caller->scheduling;
	if (thread->scheduling.reset_on_fork && !(r->flags & posix_CloneFlags_THREAD))
		memset(&thread->scheduling, 0, sizeof(thread->scheduling));
	thread->processors = caller->processors;
	thread->timer_slack = caller->timer_slack;
	thread->secure_bits = caller->secure_bits;
	thread->no_new_privileges = caller->no_new_privileges;
	if (!(r->flags & posix_CloneFlags_MEMORY) || (r->flags & posix_CloneFlags_VFORK))
		thread->stack = caller->stack;
	thread->argument = r->start.argument;
	if (r->flags & posix_CloneFlags_CHILD_CLEAR_TID)
		thread->clear_word = r->child_tid;
	if (r->flags & posix_CloneFlags_SET_TLS)
		K0(thread->handle, Thread_set_tls, .base = r->tls);
	if (r->flags & posix_CloneFlags_CHILD_SET_TID)
		K0(process->space->handle, Space_write, .to = r->child_tid,
			.data = sk_lend(&tid, sizeof(tid)));
	if (r->flags & posix_CloneFlags_PARENT_SET_TID)
		K0(caller->process->space->handle, Space_write, .to = r->parent_tid,
			.data = sk_lend(&tid, sizeof(tid)));
	error = thread_start(thread, process->space, r->start.entry, r->start.stack, port);
	if (!error)
		thread_schedule_new(thread);
	if (error)
		thread_end(thread, process->space);
	return error;
}

/* User 0 has no limit of its own, but there is one of all. */
static bool is_over_limit(const struct thread *caller)
{
	struct user *user = caller->credentials->user;

	return !user_may(user, USER_TASKS, 1) || (caller->credentials->ids.user != 0 &&
		!credentials_can(caller->credentials, CAP_SYS_RESOURCE) &&
		user_count(user, USER_TASKS) >=
		caller->process->limits[posix_Resource_PROCESSES].soft);
}

static int new_thread(struct thread *caller, const struct posix_CloneRequest *r,
	struct sk_port *port, int32_t *tid)
{
	*tid = is_over_limit(caller) ? 0 : pid_new();
	if (*tid == 0)
		return posix_Error_EAGAIN;
	return add_thread(caller->process, caller, *tid, r, port);
}

static int new_process(struct thread *caller, const struct posix_CloneRequest *r,
	struct sk_port *port, struct process **made)
{
	struct process *parent = caller->process, *child;
	int error = posix_Error_EAGAIN;

	if (is_over_limit(caller))
		return error;
	if (!user_has_memory(parent->user))
		return posix_Error_ENOMEM;
	if (r->flags & posix_CloneFlags_PARENT)
		parent = parent->parent;
	child = process_new(parent, caller->credentials->user, &error);
	if (!child)
		return error;
	child->exit_signal = r->exit_signal;
	child->maker_pidfd = -1;
	error = share(child, caller->process, r->flags);
	if (!error && (r->flags & posix_CloneFlags_CLEAR_HANDLERS))
		actions_reset(child->actions);
	/* Behind the copy of the table, and before the child can run. */
	if (!error && (r->flags & posix_CloneFlags_PIDFD))
		error = pidfd_add(caller, child, &child->maker_pidfd);
	if (!error)
		error = add_thread(child, caller, child->pid, r, port);
	if (!error && !timer_limit(child))
		error = posix_Error_ENOMEM;
	*made = child;
	many_forked(caller->process, child);
	if (!error)
		return 0;
	/* As if it had never been. */
	if (child->maker_pidfd >= 0)
		files_close(caller, child->maker_pidfd);
	child->exit_signal = posix_Signal_NONE;
	child->parent = NULL;
	if (parent)
		parent->children = child->sibling;
	process_end(child, posix_ChildState_EXITED, 0);
	return error;
}

/* It is answered when the child has called exec, or ended. */
static void keep_maker(struct process *child, struct sk_reply *to, bool by_clone)
{
	child->vforked = sk_reply_keep(to);
	child->has_vforked = true;
	child->vforked_by_clone = by_clone;
}

void op_fork(void *self, const struct posix_Thread_fork_request *request,
	struct sk_reply *to)
{
	const struct posix_CloneRequest r = {
		.exit_signal = posix_Signal_CHLD, .start = request->start,
	};
	struct posix_Thread_fork_reply reply = {0};
	struct process *child = NULL;
	int error;

	if (many_end(PROCESS(self)))
		return;
	error = new_process(self, &r, to->port, &child);
	reply.process = error ? 0 : child->pid;
	posix_Thread_fork_answer(to, error, &reply);
}

void op_vfork(void *self, const struct posix_Thread_vfork_request *request,
	struct sk_reply *to)
{
	const struct posix_CloneRequest r = {
		.flags = posix_CloneFlags_MEMORY | posix_CloneFlags_VFORK,
		.exit_signal = posix_Signal_CHLD, .start = request->start,
	};
	struct process *child = NULL;
	int error;

	if (many_end(PROCESS(self)))
		return;
	error = new_process(self, &r, to->port, &child);
	if (error) {
		posix_Thread_vfork_answer(to, error, NULL);
		return;
	}
	keep_maker(child, to, false);
}

void op_clone(void *self, const struct posix_Thread_clone_request *request,
	struct sk_reply *to)
{
	const struct posix_CloneRequest *r = &request->request;
	struct posix_Thread_clone_reply reply = {.pidfd = -1};
	struct process *child = NULL;
	int error = check(r);

	if (many_end(PROCESS(self)))
		return;
	if (!error && (r->flags & posix_CloneFlags_THREAD)) {
		error = new_thread(self, r, to->port, &reply.thread);
	} else if (!error) {
		error = new_process(self, r, to->port, &child);
		reply.thread = error ? 0 : child->pid;
		reply.pidfd = error ? -1 : child->maker_pidfd;
	}
	if (!error && child && (r->flags & posix_CloneFlags_VFORK)) {
		keep_maker(child, to, true);
		return;
	}
	posix_Thread_clone_answer(to, error, &reply);
}

void op_unshare(void *self, const struct posix_Thread_unshare_request *request,
	struct sk_reply *to)
{
	const struct posix_Thread_unshare_reply reply = {0};
	struct process *process = ((struct thread *)self)->process;
	int error = 0;

	if ((request->flags & posix_CloneFlags_FILES) && process->files->references > 1) {
		struct files *files = files_copy(process->files);

		error = files ? 0 : posix_Error_ENOMEM;
		if (files) {
			files_drop(process->files);
			process->files = files;
		}
	}
	if ((request->flags & posix_CloneFlags_DIRECTORIES) &&
			process->places->references > 1) {
		struct places *places = places_copy(process->places);

		error = places ? error : posix_Error_ENOMEM;
		if (places) {
			places_drop(process->places);
			process->places = places;
		}
	}
	posix_Thread_unshare_answer(to, error, &reply);
}
