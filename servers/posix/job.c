/* Job control: sessions and their terminals, groups in the foreground, orphans. */
#include "servers/posix/terminal.h"

/* ---- groups ---- */

const struct process *job_member(int32_t group)
{
	const struct process *p = posix.processes;

	while (p && (p->group != group || p->state == PROCESS_ZOMBIE))
		p = p->next;
	return p;
}

/* By number, since some may end meanwhile. */
void job_signal(int32_t group, posix_Signal signal)
{
	const struct posix_SignalInfo info = signal_plainly(signal);
	int32_t list[FEW];
	uint32_t count = 0;

	for (const struct process *p = posix.processes; p; p = p->next) {
		if (p->group != group || p->state != PROCESS_ALIVE)
			continue;
		if (count == FEW) {
			many_job(group, &info);
			return;
		}
		list[count++] = p->pid;
	}
	for (uint32_t i = 0; i < count; i++) {
		struct process *p = process_find(list[i]);

		if (p && p->group == group)
			signal_process(p, &info);
	}
}

/* Whether its parent cares for it: of the same session, in another group. The first process
 * does so for those that it has made, for it can be a shell. */
static bool has_guard(const struct process *p)
{
	const struct process *parent = p->parent;

	return parent && parent->state == PROCESS_ALIVE && parent->group != p->group &&
		parent->session == p->session && !(parent->pid == 1 && p->is_adopted);
}

bool job_is_orphaned(int32_t group)
{
	for (const struct process *p = posix.processes; p; p = p->next)
		if (p->group == group && p->state == PROCESS_ALIVE && has_guard(p))
			return false;
	return true;
}

static bool has_stopped(int32_t group)
{
	for (const struct process *p = posix.processes; p; p = p->next)
		if (p->group == group && p->state == PROCESS_ALIVE && p->is_stopped)
			return true;
	return false;
}

/* ---- what is done once all else is ---- */

struct later {
	struct later *next;
	int32_t group;				/* 0: a terminal is hung up */
	posix_Signal signal;			/* 0: if it is an orphan now */
	struct terminal *terminal;
};

static struct later *first, **end = &first;

static void do_one(const struct later *later)
{
	if (later->terminal) {
		terminal_hang_up(later->terminal, later->signal != 0);
		terminal_drop(later->terminal);
	} else if (later->signal) {
		job_signal(later->group, later->signal);
	} else if (job_is_orphaned(later->group) && has_stopped(later->group)) {
		job_signal(later->group, posix_Signal_HUP);
		job_signal(later->group, posix_Signal_CONT);
	}
}

static void do_all(void *self)
{
	UNUSED(self);
	while (first) {
		struct later *later = first;

		first = later->next;
		if (!first)
			end = &first;
		do_one(later);
		release(later);
	}
}

static struct sk_alarm alarm = {.ring = do_all};

/* Signals end processes, which is not to happen in the middle of another one's end. */
static void do_later(int32_t group, posix_Signal signal, struct terminal *t)
{
	struct later *later = allocate(sizeof(*later));

	if (!later)
		return;
	*later = (struct later){NULL, group, signal, t ? terminal_take(t) : NULL};
	*end = later;
	end = &later->next;
	sk_alarm_set(posix.os, &alarm, 1);
}

void job_hang_up_later(struct terminal *t)
{
	do_later(0, 0, t);
}

/* ---- the controlling terminal ---- */

void job_lose_terminal(int32_t session, const struct terminal *t)
{
	struct terminal *mine = NULL;

	for (struct process *p = posix.processes; p; p = p->next) {
		if (p->session != session || !p->terminal || (t && p->terminal != t))
			continue;
		mine = p->terminal;
		p->terminal = NULL;
	}
	if (mine && mine->session == session)
		mine->session = mine->foreground = 0;
}

void job_take_terminal(struct process *process, struct terminal *t)
{
	t->session = process->session;
	t->foreground = process->group;
	process->terminal = t;
}

void job_opened(struct thread *thread, struct terminal *t, fs_Open flags)
{
	struct process *process = thread->process;

	if (!(flags & fs_Open_NO_TERMINAL) && (flags & fs_Open_READ) && !process->terminal &&
			process->session == process->pid && t->session == 0)
		job_take_terminal(process, t);
}

/* A session's leader gives up its terminal, or ends. */
static void leave_terminal(struct process *leader, bool ends)
{
	struct terminal *t = leader->terminal;
	const int32_t foreground = t ? t->foreground : leader->old_foreground;

	if (t && ends && !is_pty(t)) {
		do_later(0, posix_Signal_HUP, t);
		return;
	}
	if (!t && !ends)
		return;
	if (foreground) {
		do_later(foreground, posix_Signal_HUP, NULL);
		if (!t || !ends)
			do_later(foreground, posix_Signal_CONT, NULL);
	}
	job_lose_terminal(leader->session, NULL);
}

void job_process_ends(struct process *process)
{
	const struct process *parent = process->parent;

	if (process->pid == process->session)
		leave_terminal(process, true);
	process->terminal = NULL;
	if (parent && parent->group != process->group && parent->session == process->session)
		do_later(process->group, 0, NULL);
	for (const struct process *child = process->children; child; child = child->sibling)
		if (child->group != process->group && child->session == process->session &&
				child->state == PROCESS_ALIVE)
			do_later(child->group, 0, NULL);
}

/* ---- who may ---- */

static bool is_shut(const struct process *process, posix_Signal signal)
{
	return process->actions->action[signal].handler == 1 ||
		(process->threads && (process->threads->page->blocked & BIT(signal)));
}

int job_check(const struct process *process, const struct terminal *t, posix_Signal signal)
{
	if (process->terminal != t || t->foreground == 0 || t->foreground == process->group ||
			process->state != PROCESS_ALIVE)
		return 0;
	if (is_shut(process, signal))
		return signal == posix_Signal_TTIN ? posix_Error_EIO : 0;
	if (job_is_orphaned(process->group))
		return posix_Error_EIO;
	job_signal(process->group, signal);
	return posix_Error_EINTR;
}

/* ---- what programs ask ---- */

static struct opening *find_terminal(struct thread *thread, posix_Descriptor number, int *error)
{
	struct file *file = files_find(thread->process->files, number);

	*error = !file ? posix_Error_EBADF : file->kind != posix_ObjectKind_TERMINAL ||
		!file->ops ? posix_Error_ENOTTY : opening_of(file)->is_hung_up ?
		posix_Error_EIO : 0;
	return *error ? NULL : opening_of(file);
}

static int take(struct thread *thread, struct opening *opening, bool steal)
{
	const bool is_admin = credentials_can(thread->credentials, CAP_SYS_ADMIN);
	struct process *process = thread->process;
	struct terminal *t = opening->terminal;

	if (process->pid == process->session && t->session == process->session)
		return 0;
	if (process->pid != process->session || process->terminal)
		return posix_Error_EPERM;
	if (t->session && (!steal || !is_admin))
		return posix_Error_EPERM;
	if (!(opening->file->flags & fs_Open_READ) && !is_admin)
		return posix_Error_EPERM;
	if (t->session)
		job_lose_terminal(t->session, t);
	job_take_terminal(process, t);
	return 0;
}

void op_set_controlling_terminal(void *self,
	const struct posix_Descriptors_set_controlling_terminal_request *request,
	struct sk_reply *to)
{
	const struct posix_Descriptors_set_controlling_terminal_reply reply = {0};
	struct opening *opening;
	int error;

	opening = find_terminal(self, request->terminal, &error);
	if (!error)
		error = take(self, opening, request->steal);
	posix_Descriptors_set_controlling_terminal_answer(to, error, &reply);
}

void op_release_controlling_terminal(void *self,
	const struct posix_Descriptors_release_controlling_terminal_request *request,
	struct sk_reply *to)
{
	const struct posix_Descriptors_release_controlling_terminal_reply reply = {0};
	struct process *process = ((struct thread *)self)->process;
	struct opening *opening;
	int error;

	opening = find_terminal(self, request->terminal, &error);
	if (!error && opening->terminal != process->terminal)
		error = posix_Error_ENOTTY;
	if (!error && process->pid == process->session)
		leave_terminal(process, false);
	process->terminal = error ? process->terminal : NULL;
	posix_Descriptors_release_controlling_terminal_answer(to, error, &reply);
}

void op_hang_up_terminal(void *self,
	const struct posix_Descriptors_hang_up_terminal_request *request, struct sk_reply *to)
{
	const struct posix_Descriptors_hang_up_terminal_reply reply = {0};
	const struct thread *thread = self;
	const bool may = credentials_can(thread->credentials, CAP_SYS_TTY_CONFIG);

	UNUSED(request);
	if (may && thread->process->terminal)
		job_hang_up_later(thread->process->terminal);
	posix_Descriptors_hang_up_terminal_answer(to, may ? 0 : posix_Error_EPERM, &reply);
}
