/* Signals: queues, whom they reach, what they do by default, and what the shim gets. */
#include "servers/posix/posix.h"

#define STOPS (BIT(posix_Signal_STOP) | BIT(posix_Signal_TSTP) | BIT(posix_Signal_TTIN) | \
	BIT(posix_Signal_TTOU))
#define IGNORED (BIT(posix_Signal_CHLD) | BIT(posix_Signal_CONT) | BIT(posix_Signal_URG) | \
	BIT(posix_Signal_WINCH))
#define DUMPS (BIT(posix_Signal_QUIT) | BIT(posix_Signal_ILL) | BIT(posix_Signal_TRAP) | \
	BIT(posix_Signal_ABRT) | BIT(posix_Signal_BUS) | BIT(posix_Signal_FPE) | \
	BIT(posix_Signal_SEGV) | BIT(posix_Signal_XCPU) | BIT(posix_Signal_XFSZ) | \
	BIT(posix_Signal_SYS))
#define NEVER_BLOCKED (BIT(posix_Signal_KILL) | BIT(posix_Signal_STOP))

/* ---- actions ---- */

struct actions *actions_new(void)
{
	struct actions *actions = allocate(sizeof(*actions));

	if (actions)
		actions->references = 1;
	return actions;
}

struct actions *actions_copy(const struct actions *from)
{
	struct actions *actions = actions_new();

	if (actions)
		memcpy(actions->action, from->action, sizeof(actions->action));
	return actions;
}

void actions_drop(struct actions *actions)
{
	if (actions && --actions->references == 0)
		release(actions);
}

void actions_reset(struct actions *actions)
{
	for (unsigned i = 1; i <= SIGNALS; i++)
		if (actions->action[i].handler != 1)
			actions->action[i] = (struct posix_Action){0};
		else
			actions->action[i] = (struct posix_Action){.handler = 1};
}

static bool is_ignored(const struct process *process, posix_Signal signal)
{
	const uint64_t handler = process->actions->action[signal].handler;

	return handler == 1 || (handler == 0 && (IGNORED & BIT(signal)));
}

/* ---- threads and their masks ---- */

static posix_SignalSet blocked(const struct thread *thread)
{
	return thread->page->blocked & ~NEVER_BLOCKED;
}

static void show_pending(struct thread *thread)
{
	__atomic_store_n(&thread->page->pending, thread->pending.set |
		thread->process->pending.set, __ATOMIC_SEQ_CST);
}

static void show_all(struct process *process)
{
	for (struct thread *t = process->threads; t; t = t->next)
		show_pending(t);
}

static bool is_pending(const struct thread *thread, posix_SignalSet set)
{
	return ((thread->pending.set | thread->process->pending.set) & set) != 0;
}

bool signal_waits(const struct thread *thread)
{
	return is_pending(thread, ~blocked(thread));
}

static void wake(struct thread *thread)
{
	show_pending(thread);
	thread_interrupt(thread);
}

/* ---- stopping ---- */

static void stop(struct process *process, posix_Signal signal)
{
	if (process->is_stopped)
		return;
	process->is_stopped = true;
	for (struct thread *t = process->threads; t; t = t->next)
		K0(t->handle, Thread_suspend, 0);
	terminal_cut(process);
	process->child_state = posix_ChildState_STOPPED;
	process->status = signal;
	process->is_told = false;
	process_tell_parent(process);
}

static void go_on(struct process *process)
{
	if (!process->is_stopped)
		return;
	process->is_stopped = false;
	for (struct thread *t = process->threads; t; t = t->next)
		K0(t->handle, Thread_proceed, 0);
	process->child_state = posix_ChildState_CONTINUED;
	process->status = posix_Signal_CONT;
	process->is_told = false;
	process_tell_parent(process);
}

/* ---- sending ---- */

struct await {
	struct wait wait;
	posix_SignalSet set;
};

/* A thread that waits for just this one gets it, if it still waits. */
static bool give_to_waiter(struct thread *thread, const struct posix_SignalInfo *info)
{
	const struct posix_Signals_await_signal_reply reply = {*info};
	struct await *await = (struct await *)(void *)thread->suspended;
	bool is_given;

	if (!await || !(await->set & BIT(info->signal)))
		return false;
	wait_end(&await->wait);
	is_given = posix_Signals_await_signal_answer(&await->wait.reply, 0, &reply) == SK_OK;
	release(await);
	return is_given;
}

/* What a default action does, or nothing. True: it is done with. */
static bool by_default(struct process *process, posix_Signal signal)
{
	const uint64_t bit = BIT(signal);

	if (signal != posix_Signal_KILL && signal != posix_Signal_STOP &&
			process->actions->action[signal].handler != 0)
		return process->actions->action[signal].handler == 1;
	if (IGNORED & bit)
		return true;
	if ((STOPS & bit) && (signal == posix_Signal_STOP || !job_is_orphaned(process->group)))
		stop(process, signal);
	else if (STOPS & bit)
		return true;
	else
		process_end(process, posix_ChildState_KILLED, signal);
	return true;
}

/* A signal that has been sent undoes others. */
static void undo(struct process *process, posix_Signal signal)
{
	const posix_SignalSet set = signal == posix_Signal_CONT ? STOPS :
		STOPS & BIT(signal) ? BIT(posix_Signal_CONT) : 0;

	if (set != 0) {
		queue_clear(&process->pending, set);
		for (struct thread *t = process->threads; t; t = t->next)
			queue_clear(&t->pending, set);
	}
	if (signal == posix_Signal_CONT || signal == posix_Signal_KILL)
		go_on(process);
}

static struct thread *who_takes(struct process *process, posix_Signal signal)
{
	for (struct thread *t = process->threads; t; t = t->next)
		if (!(blocked(t) & BIT(signal)))
			return t;
	return NULL;
}

bool signal_ends(struct process *process, posix_Signal signal)
{
	return process->state == PROCESS_ALIVE && (signal == posix_Signal_KILL ||
		(signal > 0 && signal <= SIGNALS && !((IGNORED | STOPS) & BIT(signal)) &&
		process->actions->action[signal].handler == 0 && who_takes(process, signal)));
}

bool signal_process(struct process *process, const struct posix_SignalInfo *info)
{
	struct thread *thread;

	if (process->state != PROCESS_ALIVE || info->signal <= 0 || info->signal > SIGNALS)
		return true;
	undo(process, info->signal);
	for (struct thread *t = process->threads; t; t = t->next)
		if (give_to_waiter(t, info))
			return true;
	thread = who_takes(process, info->signal);
	if (thread && by_default(process, info->signal))
		return true;
	if (!queue_put(&process->pending, info, process))
		return false;
	show_all(process);
	signals_came(process, info->signal);
	if (thread)
		wake(thread);
	return true;
}

bool signal_thread(struct thread *thread, const struct posix_SignalInfo *info)
{
	struct process *process = thread->process;
	bool is_blocked;

	if (!process || process->state != PROCESS_ALIVE)
		return true;
	undo(process, info->signal);
	if (give_to_waiter(thread, info))
		return true;
	is_blocked = blocked(thread) & BIT(info->signal);
	if (!is_blocked && by_default(process, info->signal))
		return true;
	if (!queue_put(&thread->pending, info, process))
		return false;
	show_pending(thread);
	signals_came(process, info->signal);
	if (!is_blocked)
		wake(thread);
	return true;
}

struct posix_SignalInfo signal_plainly(posix_Signal signal)
{
	return (struct posix_SignalInfo){
		.signal = signal, .code = 0x80, .cause = {.which = posix_SignalCause_plain},
	};
}

void signal_plain(struct process *process, posix_Signal signal)
{
	const struct posix_SignalInfo info = signal_plainly(signal);

	signal_process(process, &info);
}

/* ---- taking ---- */

/* The next of a set: those that the thread itself caused first. */
static posix_Signal first_of(posix_SignalSet set)
{
	const posix_SignalSet own = set & (BIT(posix_Signal_SEGV) | BIT(posix_Signal_BUS) |
		BIT(posix_Signal_ILL) | BIT(posix_Signal_TRAP) | BIT(posix_Signal_FPE) |
		BIT(posix_Signal_SYS));

	return __builtin_ctzll(own ? own : set) + 1;
}

bool signal_take(struct thread *thread, posix_SignalSet set, struct posix_SignalInfo *info)
{
	posix_SignalSet mine = thread->pending.set & set;
	posix_SignalSet all = thread->process->pending.set & set;

	if (mine != 0)
		queue_take(&thread->pending, first_of(mine), info);
	else if (all != 0)
		queue_take(&thread->process->pending, first_of(all), info);
	else
		return false;
	show_all(thread->process);
	return true;
}

static bool is_on(const struct posix_AlternateStack *stack, uint64_t pointer)
{
	return !(stack->flags & posix_StackFlags_DISABLED) && pointer > stack->base &&
		pointer - stack->base <= stack->size;
}

static void deliver(struct thread *thread, const struct posix_SignalInfo *info,
	const struct posix_Signals_take_signal_request *request,
	struct posix_Delivery *delivery)
{
	struct posix_Action *action = &thread->process->actions->action[info->signal];
	posix_SignalSet mask = thread->page->blocked;

	*delivery = (struct posix_Delivery){
		.info = *info, .action = *action,
		.old_mask = thread->has_old_mask ? thread->old_mask : mask,
		.alternate = thread->stack,
		.restart = request->interrupted == posix_Interrupted_RESTARTABLE &&
			(action->flags & posix_ActionFlags_RESTART),
	};
	thread->has_old_mask = false;
	if (is_on(&thread->stack, request->stack_pointer))
		delivery->alternate.flags |= posix_StackFlags_ON_STACK;
	else if ((action->flags & posix_ActionFlags_ON_STACK) &&
			!(thread->stack.flags & posix_StackFlags_DISABLED))
		delivery->stack_top = thread->stack.base + thread->stack.size;
	if (delivery->stack_top && (thread->stack.flags & posix_StackFlags_AUTO_DISARM))
		thread->stack = (struct posix_AlternateStack){
			.flags = posix_StackFlags_DISABLED};
	mask |= action->mask | (action->flags & posix_ActionFlags_NO_DEFER ? 0 :
		BIT(info->signal));
	thread->page->blocked = mask & ~NEVER_BLOCKED;
	if (action->flags & posix_ActionFlags_RESET_HANDLER)
		action->handler = 0;
}

void op_take_signal(void *self, const struct posix_Signals_take_signal_request *request,
	struct sk_reply *to)
{
	struct posix_Signals_take_signal_reply reply = {0};
	struct thread *thread = self;
	struct posix_SignalInfo info;

	while (signal_take(thread, ~blocked(thread), &info)) {
		if (thread->process->actions->action[info.signal].handler > 1) {
			reply.has_delivery = true;
			deliver(thread, &info, request, &reply.delivery);
			posix_Signals_take_signal_answer(to, 0, &reply);
			return;
		}
		by_default(thread->process, info.signal);
		if (!thread->process)
			return;
	}
	if (thread->has_old_mask) {
		thread->has_old_mask = false;
		thread->page->blocked = thread->old_mask;
	}
	reply.restart = request->interrupted == posix_Interrupted_RESTARTABLE ||
		request->interrupted == posix_Interrupted_NEVER_AFTER_HANDLER;
	posix_Signals_take_signal_answer(to, 0, &reply);
}

void op_end_handler(void *self, const struct posix_Signals_end_handler_request *request,
	struct sk_reply *to)
{
	const struct posix_Signals_end_handler_reply reply = {0};
	struct thread *thread = self;

	thread->page->blocked = request->mask & ~NEVER_BLOCKED;
	thread->stack = request->alternate;
	thread->stack.flags &= ~(uint32_t)posix_StackFlags_ON_STACK;
	show_pending(thread);
	posix_Signals_end_handler_answer(to, 0, &reply);
}

/* ---- waiting ---- */

/* A mask that holds until a handler returns. */
static void set_for_wait(struct thread *thread, posix_SignalSet mask)
{
	if (!thread->has_old_mask)
		thread->old_mask = thread->page->blocked;
	thread->has_old_mask = true;
	thread->page->blocked = mask & ~NEVER_BLOCKED;
}

void signal_set_for_wait(struct thread *thread, bool has_mask, posix_SignalSet mask)
{
	if (has_mask)
		set_for_wait(thread, mask);
}

void signal_wait_over(struct thread *thread)
{
	/* It may have ended while it waited. */
	if (!thread->process || !thread->has_old_mask || signal_waits(thread))
		return;
	thread->has_old_mask = false;
	thread->page->blocked = thread->old_mask;
}

static void over(struct wait *wait)
{
	release(wait);
}

static bool wait_for_signal(struct thread *thread, posix_SignalSet set, struct sk_reply *to)
{
	struct await *await = allocate(sizeof(*await));

	if (!await)
		return false;
	await->set = set;
	await->wait.canceled = over;
	return wait_begin(&await->wait, &thread->suspended, thread, to);
}

void op_suspend(void *self, const struct posix_Signals_suspend_request *request,
	struct sk_reply *to)
{
	struct thread *thread = self;

	set_for_wait(thread, request->mask);
	if (signal_waits(thread) || !wait_for_signal(thread, 0, to))
		posix_Signals_suspend_answer(to, posix_Error_EINTR, NULL);
}

void op_await_signal(void *self, const struct posix_Signals_await_signal_request *request,
	struct sk_reply *to)
{
	struct posix_Signals_await_signal_reply reply = {0};
	struct thread *thread = self;
	const posix_SignalSet set = request->set & ~NEVER_BLOCKED;
	const bool has_time = to->deadline != SK_FOREVER;

	/* What is taken from the queue for a call whose time ends on the way would be lost. */
	if (!has_time && signal_take(thread, set, &reply.info))
		posix_Signals_await_signal_answer(to, 0, &reply);
	else if (!request->wait || (has_time && is_pending(thread, set)))
		posix_Signals_await_signal_answer(to, posix_Error_EAGAIN, NULL);
	else if (signal_waits(thread) || !wait_for_signal(thread, set, to))
		posix_Signals_await_signal_answer(to, posix_Error_EINTR, NULL);
}

/* ---- actions, masks ---- */

void op_action(void *self, const struct posix_Signals_action_request *request,
	struct sk_reply *to)
{
	const struct thread *thread = self;
	const bool is_good = request->signal > 0 && request->signal <= SIGNALS;
	struct posix_Signals_action_reply reply = {{0}};

	if (is_good)
		reply.action = thread->process->actions->action[request->signal];
	posix_Signals_action_answer(to, is_good ? 0 : posix_Error_EINVAL, &reply);
}

void op_set_action(void *self, const struct posix_Signals_set_action_request *request,
	struct sk_reply *to)
{
	struct process *process = ((struct thread *)self)->process;
	const posix_Signal signal = request->signal;
	struct posix_Signals_set_action_reply reply;
	struct posix_Action *action;

	if (signal <= 0 || signal > SIGNALS || (NEVER_BLOCKED & BIT(signal))) {
		posix_Signals_set_action_answer(to, posix_Error_EINVAL, NULL);
		return;
	}
	action = &process->actions->action[signal];
	reply.previous = *action;
	*action = request->action;
	action->mask &= ~NEVER_BLOCKED;
	if (is_ignored(process, signal)) {
		queue_clear(&process->pending, BIT(signal));
		for (struct thread *t = process->threads; t; t = t->next)
			queue_clear(&t->pending, BIT(signal));
		show_all(process);
	}
	posix_Signals_set_action_answer(to, 0, &reply);
}

void op_set_mask(void *self, const struct posix_Signals_set_mask_request *request,
	struct sk_reply *to)
{
	struct thread *thread = self;
	const struct posix_Signals_set_mask_reply reply = {thread->page->blocked};
	posix_SignalSet set = request->set;

	if (request->change == posix_MaskChange_BLOCK)
		set |= reply.previous;
	else if (request->change == posix_MaskChange_UNBLOCK)
		set = reply.previous & ~set;
	thread->page->blocked = set & ~NEVER_BLOCKED;
	posix_Signals_set_mask_answer(to, 0, &reply);
	if (signal_waits(thread))
		wake(thread);
}

void op_pending_signals(void *self, const struct posix_Signals_pending_signals_request *request,
	struct sk_reply *to)
{
	const struct thread *thread = self;
	const struct posix_Signals_pending_signals_reply reply = {
		(thread->pending.set | thread->process->pending.set) & blocked(thread)};

	UNUSED(request);
	posix_Signals_pending_signals_answer(to, 0, &reply);
}

void op_alternate_stack(void *self, const struct posix_Signals_alternate_stack_request *request,
	struct sk_reply *to)
{
	struct thread *thread = self;
	struct posix_Signals_alternate_stack_reply reply = {thread->stack};
	const bool is_inside = is_on(&thread->stack, request->stack_pointer);
	int error = 0;

	if (is_inside)
		reply.previous.flags |= posix_StackFlags_ON_STACK;
	if (request->has_stack && is_inside)
		error = posix_Error_EPERM;
	else if (request->has_stack && (request->stack.flags & posix_StackFlags_DISABLED))
		thread->stack = (struct posix_AlternateStack){
			.flags = posix_StackFlags_DISABLED};
	else if (request->has_stack && (request->stack.flags &
			~(uint32_t)(posix_StackFlags_AUTO_DISARM | posix_StackFlags_ON_STACK)))
		error = posix_Error_EINVAL;
	else if (request->has_stack && request->stack.size < 2048)
		error = posix_Error_ENOMEM;
	else if (request->has_stack)
		thread->stack = request->stack;
	posix_Signals_alternate_stack_answer(to, error, &reply);
}
