/* Children: what has become of them, and who waits for that. */
#include "servers/posix/posix.h"

struct child_wait {
	struct wait wait;
	struct posix_Thread_wait_request request;
};

static bool is_asked_for(const struct process *child, const struct process *parent,
	const struct posix_Thread_wait_request *request)
{
	bool is_clone = child->exit_signal != posix_Signal_CHLD;

	if (!(request->options & posix_WaitOptions_ALL) &&
			is_clone != ((request->options & posix_WaitOptions_CLONES) != 0))
		return false;
	switch (request->who) {
	case posix_WaitFor_PROCESS:
		return child->pid == request->id;
	case posix_WaitFor_PROCESS_GROUP:
		return child->group == (request->id ? request->id : parent->group);
	default:
		return true;
	}
}

static bool has_changed(const struct process *child, posix_WaitOptions options)
{
	if (child->state == PROCESS_ZOMBIE)
		return (options & posix_WaitOptions_EXITED) != 0;
	if (child->is_told)
		return false;
	return (child->child_state == posix_ChildState_STOPPED &&
			(options & posix_WaitOptions_STOPPED)) ||
		(child->child_state == posix_ChildState_CONTINUED &&
			(options & posix_WaitOptions_CONTINUED));
}

static void describe(const struct process *child, struct posix_WaitResult *result)
{
	*result = (struct posix_WaitResult){
		.process = child->pid, .state = child->child_state, .status = child->status,
		.usage = child->used,
	};
	usage_add(&result->usage, &child->children_used);
}

/* Its parent has been told. */
static void take_child(struct process *child, posix_WaitOptions options)
{
	if (options & posix_WaitOptions_KEEP)
		return;
	child->is_told = true;
	if (child->state == PROCESS_ZOMBIE)
		process_reap(child);
}

/* 0, an error, or -1: there is none yet. */
static int look(struct process *process, const struct posix_Thread_wait_request *request,
	struct posix_WaitResult *result, struct process **found)
{
	bool any = false;

	for (struct process *child = process->children; child; child = child->sibling) {
		if (!is_asked_for(child, process, request))
			continue;
		any = true;
		if (!has_changed(child, request->options))
			continue;
		describe(child, result);
		*found = child;
		return 0;
	}
	return any ? -1 : posix_Error_ECHILD;
}

static void child_wait_canceled(struct wait *wait)
{
	release(wait);
}

/* By a descriptor is by the number that it stands for. */
static int by_number(const struct thread *thread, struct posix_Thread_wait_request *request,
	bool *waits)
{
	struct process *process = NULL;
	int error;

	*waits = true;
	if (request->who != posix_WaitFor_PIDFD)
		return 0;
	if (request->id < 0)
		return posix_Error_EINVAL;
	error = pidfd_find(thread, request->id, &process, waits);
	if (error)
		return error == posix_Error_ESRCH ? posix_Error_ECHILD : error;
	request->who = posix_WaitFor_PROCESS;
	request->id = process->pid;
	return 0;
}

void op_wait(void *self, const struct posix_Thread_wait_request *asked,
	struct sk_reply *to)
{
	struct posix_Thread_wait_request copied = *asked, *request = &copied;
	struct posix_Thread_wait_reply reply = {0};
	struct thread *thread = self;
	struct process *child = NULL;
	struct child_wait *waits;
	bool may_wait;
	int error = by_number(thread, request, &may_wait);

	if (!error)
		error = look(thread->process, request, &reply.result, &child);
	if (error < 0 && (request->options & posix_WaitOptions_NO_HANG))
		error = 0;
	if (error < 0 && !may_wait)
		error = posix_Error_EAGAIN;
	if (error < 0 && signal_waits(thread))
		error = posix_Error_EINTR;
	if (error >= 0) {
		posix_Thread_wait_answer(to, error, &reply);
		if (child)
			take_child(child, request->options);
		return;
	}
	waits = allocate(sizeof(*waits));
	if (!waits) {
		posix_Thread_wait_answer(to, posix_Error_ENOMEM, &reply);
		return;
	}
	waits->request = *request;
	waits->wait.canceled = child_wait_canceled;
	wait_begin(&waits->wait, &thread->process->waits, thread, to);
}

/* Answers the first that waits for what a child of this process has become. */
static void answer_waits(struct process *process)
{
	struct wait *wait = process->waits;

	while (wait) {
		struct child_wait *waits = (struct child_wait *)(void *)wait;
		struct posix_Thread_wait_reply reply = {0};
		struct process *child = NULL;
		int error = look(process, &waits->request, &reply.result, &child);

		wait = wait->next;
		if (error < 0)
			continue;
		wait_end(&waits->wait);
		/* Who was cancelled just now has not heard of it. */
		if (posix_Thread_wait_answer(&waits->wait.reply, error, &reply) == SK_OK &&
				child)
			take_child(child, waits->request.options);
		release(waits);
	}
}

static int32_t signal_code(const struct process *process)
{
	return (int32_t)process->child_state;
}

void process_tell_parent(struct process *process)
{
	struct process *parent = process->parent;
	const bool is_zombie = process->state == PROCESS_ZOMBIE;
	struct posix_SignalInfo info = {
		.signal = is_zombie ? process->exit_signal :
			posix_Signal_CHLD,
		.code = signal_code(process),
		.cause = {.which = posix_SignalCause_child, .as.child = {
			.process = process->pid, .status = process->status,
			.user_time = process->used.user_time,
			.system_time = process->used.system_time,
		}},
	};

	if (!parent || parent->state != PROCESS_ALIVE)
		return;
	/* Before the signal, which would end those waits. */
	answer_waits(parent);
	if (info.signal != posix_Signal_NONE && (is_zombie ||
			!(parent->actions->action[posix_Signal_CHLD].flags &
			posix_ActionFlags_NO_CHILD_STOP)))
		signal_process(parent, &info);
}
