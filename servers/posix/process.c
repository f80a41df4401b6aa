/* Processes: their numbers, their end, and who is told of it. */
#include "servers/posix/posix.h"

/* ---- numbers ---- */

/* As numbers are given upwards, the tables by number would be had page by page, and what is
 * used would grow with each process that there was. */
void process_begin(void)
{
	memset(posix.by_pid, 0, sizeof(posix.by_pid));
	memset(posix.threads, 0, sizeof(posix.threads));
}

static bool is_taken(int32_t number)
{
	if (posix.threads[number])
		return true;
	for (const struct process *p = posix.processes; p; p = p->next)
		if (p->pid == number || p->group == number || p->session == number)
			return true;
	return false;
}

int32_t pid_new(void)
{
	for (int32_t tries = 0; tries < PID_LIMIT; tries++) {
		posix.last_pid = posix.last_pid + 1 < PID_LIMIT ? posix.last_pid + 1 : 2;
		if (!is_taken(posix.last_pid))
			return posix.last_pid;
	}
	return 0;
}

struct process *process_find(int32_t pid)
{
	return pid > 0 && pid < PID_LIMIT ? posix.by_pid[pid] : NULL;
}

/* ---- making ---- */

static struct sk_handle make_quota(const struct user *user)
{
	const struct sk_handle from = user_quota(user);
	struct kernel_Quota_create_quota_reply made;
	struct kernel_Quota_usage_reply usage;

	return K(from, Quota_usage, &usage, 0) == SK_OK &&
		K(from, Quota_create_quota, &made, .limit = usage.limit) == SK_OK ?
		made.quota.raw : sk_no_handle();
}

bool process_move(struct process *process, struct user *user, struct left *left)
{
	struct sk_handle quota = user == process->user ? sk_no_handle() : make_quota(user);

	if (quota.raw < 0)
		return false;
	*left = (struct left){process->user, process->quota};
	process->user = user_take(user);
	process->quota = quota;
	return true;
}

void process_leave(struct left *left)
{
	thread_quota_end(&left->quota, left->user);
	user_drop(left->user);
	*left = (struct left){NULL, sk_no_handle()};
}

void process_follow(struct process *process, struct user *user)
{
	const struct left here = {process->user, process->quota};

	/* A space that others share stays where it is; and who goes on and on to others
	 * is not to leave a quota behind with each. */
	if (user == process->user || process->space->references > 1 ||
			(process->left.user && process->left.user != user))
		return;
	if (!process->left.user) {
		process_move(process, user, &process->left);
		return;
	}
	process->user = process->left.user;
	process->quota = process->left.quota;
	process->left = here;
}

void process_move_back(struct process *process, struct left *left)
{
	struct left here = {process->user, process->quota};

	process->user = left->user;
	process->quota = left->quota;
	process_leave(&here);
}

static void inherit(struct process *process, const struct process *parent)
{
	process->group = parent->group;
	process->session = parent->session;
	process->terminal = parent->terminal;
	memcpy(process->limits, parent->limits, sizeof(process->limits));
	memcpy(process->name, parent->name, sizeof(process->name));
	process->oom_adjust = parent->oom_adjust;
	process->is_private = parent->is_private;
	process->persona = parent->persona;
	process->executable = parent->executable ? node_take(parent->executable) : NULL;
	trace_inherit(process, parent);
}

static void default_limits(struct process *process)
{
	for (unsigned i = 0; i < LIMITS; i++)
		process->limits[i] = (struct posix_Limit){posix_UNLIMITED, posix_UNLIMITED};
	process->limits[posix_Resource_STACK].soft = LAYOUT_STACK_BYTES;
	process->limits[posix_Resource_CORE].soft = 0;
	process->limits[posix_Resource_FILES] = (struct posix_Limit){1024, 4096};
	process->limits[posix_Resource_PROCESSES] = (struct posix_Limit){
		user_most(USER_TASKS), user_most(USER_TASKS)};
	process->limits[posix_Resource_PENDING_SIGNALS] = (struct posix_Limit){1000, 1000};
	process->limits[posix_Resource_NICE] = (struct posix_Limit){0, 0};
	process->limits[posix_Resource_REALTIME_PRIORITY] = (struct posix_Limit){0, 0};
}

static void adopt(struct process *process, struct process *parent)
{
	process->parent = parent;
	if (!parent)
		return;
	process->sibling = parent->children;
	parent->children = process;
}

struct process *process_new(struct process *parent, struct user *user, int *error)
{
	struct process *process = allocate(sizeof(*process));

	*error = posix_Error_ENOMEM;
	if (!process)
		return NULL;
	process->pid = process_find(1) ? pid_new() : 1;
	process->quota = process->pid == 0 ? sk_no_handle() : make_quota(user);
	if (process->quota.raw < 0) {
		*error = posix_Error_EAGAIN;
		release(process);
		return NULL;
	}
	process->user = user_take(user);
	process->left.quota = sk_no_handle();
	posix.by_pid[process->pid] = process;
	queue_init(&process->pending);
	process->exit_signal = posix_Signal_CHLD;
	process->start_time = now();
	if (parent) {
		inherit(process, parent);
	} else {
		default_limits(process);
		process->group = process->session = process->pid;
	}
	adopt(process, parent);
	process->serial = ++posix.last_serial;
	process->link = posix.processes_end;
	*posix.processes_end = process;
	posix.processes_end = &process->next;
	posix.process_count++;
	return process;
}

/* ---- ending ---- */

static void drop_waits(struct wait **list)
{
	while (*list) {
		struct wait *wait = *list;

		wait_end(wait);
		sk_reply_drop(&wait->reply);
		wait->canceled(wait);
	}
}

void process_let_maker_go(struct process *process)
{
	const struct posix_Thread_vfork_reply reply = {process->pid};
	const struct posix_Thread_clone_reply cloned = {process->pid, process->maker_pidfd};

	if (!process->has_vforked)
		return;
	process->has_vforked = false;
	if (process->vforked_by_clone)
		posix_Thread_clone_answer(&process->vforked, 0, &cloned);
	else
		posix_Thread_vfork_answer(&process->vforked, 0, &reply);
}

/* Who gets the children of one that ends. */
static struct process *reaper_of(const struct process *process)
{
	struct process *p = process->parent;

	while (p && !(p->is_subreaper && p->state == PROCESS_ALIVE))
		p = p->parent;
	p = p ? p : process_find(1);
	return p != process && p && p->state == PROCESS_ALIVE ? p : NULL;
}

static void leave_children(struct process *process)
{
	struct process *to = reaper_of(process), *child;

	while ((child = process->children) != NULL) {
		process->children = child->sibling;
		child->sibling = NULL;
		child->is_adopted = true;
		child->exit_signal = posix_Signal_CHLD;
		orphan_tell(child);
		adopt(child, to);
		for (struct thread *t = child->threads; t; t = t->next)
			thread_show_ids(t);
		if (child->state != PROCESS_ZOMBIE)
			continue;
		if (to)
			process_tell_parent(child);
		else
			process_reap(child);
	}
}

/* All that a zombie does not need. */
static void let_go(struct process *process)
{
	struct space *space = process->space;

	timers_end(process, false);
	robust_end_all(process, NULL);
	process->space = NULL;
	thread_end_all(process, NULL, space && space->references > 1 ? space : NULL);
	space_drop(space);
	process_let_maker_go(process);
	trace_set(process, NULL, false);
	files_drop(process->files);
	process->files = NULL;
	places_drop(process->places);
	process->places = NULL;
	actions_drop(process->actions);
	process->actions = NULL;
	node_drop(process->executable);
	process->executable = NULL;
	queue_clear(&process->pending, UINT64_MAX);
	thread_quota_end(&process->quota, process->user);
	process_leave(&process->left);
}

void program_changed(struct program *program, struct process *process);

/* One after the other from the beginning, since each may take others with it. */
static void end_all(void)
{
	struct process *p = posix.processes;

	while (p) {
		const bool is_alive = p->state == PROCESS_ALIVE;

		if (is_alive)
			process_end(p, posix_ChildState_KILLED, posix_Signal_KILL);
		p = is_alive ? posix.processes : p->next;
	}
}

void process_end(struct process *process, posix_ChildState how, int32_t status)
{
	bool is_ignored;
	int32_t pid;

	if (process->state != PROCESS_ALIVE)
		return;
	process->state = PROCESS_ENDING;
	process->child_state = how;
	process->status = status;
	process->is_told = false;
	drop_waits(&process->waits);
	let_go(process);
	job_process_ends(process);
	leave_children(process);
	process->state = PROCESS_ZOMBIE;
	pidfd_ended(process);
	user_charge(process->user, USER_TASKS, 1);
	if (process->pid == 1)
		end_all();
	if (process->program)
		program_changed(process->program, process);
	if (!process->parent) {
		process_reap(process);
		return;
	}
	is_ignored = process->exit_signal == posix_Signal_CHLD &&
		process->parent->actions &&
		(process->parent->actions->action[posix_Signal_CHLD].handler == 1 ||
		(process->parent->actions->action[posix_Signal_CHLD].flags &
		posix_ActionFlags_NO_CHILD_WAIT));
	pid = process->pid;
	process_tell_parent(process);
	if (is_ignored && process_find(pid) == process)
		process_reap(process);
}

void usage_add(struct posix_Usage *to, const struct posix_Usage *from)
{
	to->user_time += from->user_time;
	to->system_time += from->system_time;
	to->minor_faults += from->minor_faults;
	to->voluntary_switches += from->voluntary_switches;
	to->involuntary_switches += from->involuntary_switches;
	if (from->resident_max > to->resident_max)
		to->resident_max = from->resident_max;
}

void process_reap(struct process *process)
{
	struct process *parent = process->parent;

	if (parent) {
		struct process **link = &parent->children;

		while (*link != process)
			link = &(*link)->sibling;
		*link = process->sibling;
		usage_add(&parent->children_used, &process->used);
		usage_add(&parent->children_used, &process->children_used);
	}
	user_return(process->user, USER_TASKS, 1);
	user_drop(process->user);
	posix.by_pid[process->pid] = NULL;
	pidfd_reaped(process);
	*process->link = process->next;
	if (process->next)
		process->next->link = process->link;
	else
		posix.processes_end = process->link;
	posix.process_count--;
	release(process);
}

/* ---- exit ---- */

void op_exit(void *self, const struct posix_Thread_exit_request *request,
	struct sk_reply *to)
{
	struct thread *thread = self;

	UNUSED(to);
	process_end(thread->process, posix_ChildState_EXITED, request->code & 0xff);
}

/*
 * The word that says that a thread is there: cleared, and who waits for that looks again.
 * (Words of another space cannot be woken, but whoever waits for one can be interrupted.)
 */
static void clear_word(struct thread *thread)
{
	static const uint32_t zero;
	struct process *process = thread->process;

	if (thread->clear_word == 0 || thread->clear_word >= LAYOUT_PROGRAM_END ||
			K0(process->space->handle, Space_write, .to = thread->clear_word,
			.data = sk_lend(&zero, sizeof(zero))) != SK_OK)
		return;
	for (struct thread *t = process->threads; t; t = t->next)
		if (t != thread)
			thread_interrupt(t);
}

void op_exit_thread(void *self, const struct posix_Thread_exit_thread_request *request,
	struct sk_reply *to)
{
	struct thread *thread = self;
	struct process *process = thread->process;

	UNUSED(to);
	if (process->thread_count == 1) {
		process_end(process, posix_ChildState_EXITED, request->code & 0xff);
	} else {
		robust_end(thread);
		clear_word(thread);
		thread_end(thread, process->space);
	}
}

/* ---- groups and sessions ---- */

static struct process *of_caller(struct thread *thread, int32_t pid)
{
	return pid == 0 ? thread->process : process_find(pid);
}

void op_process_group(void *self, const struct posix_Identity_process_group_request *request,
	struct sk_reply *to)
{
	const struct process *process = of_caller(self, request->process);
	const struct posix_Identity_process_group_reply reply = {process ? process->group : 0};

	posix_Identity_process_group_answer(to, process ? 0 : posix_Error_ESRCH, &reply);
}

void op_session(void *self, const struct posix_Identity_session_request *request,
	struct sk_reply *to)
{
	const struct process *process = of_caller(self, request->process);
	const struct posix_Identity_session_reply reply = {process ? process->session : 0};

	posix_Identity_session_answer(to, process ? 0 : posix_Error_ESRCH, &reply);
}

static void show_all(struct process *process)
{
	for (struct thread *t = process->threads; t; t = t->next)
		thread_show_ids(t);
}

static int may_move(const struct process *caller, const struct process *process,
	int32_t group)
{
	if (group < 0)
		return posix_Error_EINVAL;
	if (!process || (process != caller && process->parent != caller))
		return posix_Error_ESRCH;
	if (process != caller && process->has_executed)
		return posix_Error_EACCES;
	if (process->session != caller->session || process->session == process->pid)
		return posix_Error_EPERM;
	if (group == process->pid)
		return 0;
	for (const struct process *p = posix.processes; p; p = p->next)
		if (p->group == group && p->session == caller->session)
			return 0;
	return posix_Error_EPERM;
}

void op_set_process_group(void *self,
	const struct posix_Identity_set_process_group_request *request, struct sk_reply *to)
{
	const struct posix_Identity_set_process_group_reply reply = {0};
	const struct thread *thread = self;
	struct process *process = of_caller(self, request->process);
	int32_t group = request->process_group ? request->process_group :
		process ? process->pid : 0;
	int error = may_move(thread->process, process, group);

	if (!error) {
		process->group = group;
		show_all(process);
	}
	posix_Identity_set_process_group_answer(to, error, &reply);
}

void op_start_session(void *self, const struct posix_Identity_start_session_request *request,
	struct sk_reply *to)
{
	struct thread *thread = self;
	struct process *process = thread->process;
	const struct posix_Identity_start_session_reply reply = {process->pid};

	UNUSED(request);
	for (const struct process *p = posix.processes; p; p = p->next)
		if (p->group == process->pid) {
			posix_Identity_start_session_answer(to, posix_Error_EPERM, NULL);
			return;
		}
	process->session = process->group = process->pid;
	process->terminal = NULL;
	process->old_foreground = 0;
	show_all(process);
	posix_Identity_start_session_answer(to, 0, &reply);
}
