/* Signals that are read (signalfd): those of whoever reads, so a descriptor that a child has
 * too gives the child its own. */
#include "servers/posix/event.h"

#define MOST 30

struct signals {
	struct signals *next, **link;		/* of all */
	posix_SignalSet set;
	struct wait *taking;
};

struct signals_wait {
	struct wait wait;
	uint32_t most;
};

static struct signals *all;

static uint32_t ready_of(struct file *file)
{
	const struct thread *thread = posix.looker;
	const struct signals *s = file->self;

	return thread && thread->process && (thread->pending.set |
		thread->process->pending.set) & s->set ? fs_Ready_READABLE : 0;
}

/* Those that there are; false: none. */
static bool take(const struct signals *s, struct thread *thread, uint32_t most,
	struct sk_reply *to)
{
	static struct posix_SignalInfo infos[MOST];
	struct posix_Signalfd_take_reply reply = {.signals = {.items = infos}};
	uint32_t count = 0;

	while (count < most && count < MOST && signal_take(thread, s->set, &infos[count]))
		count++;
	reply.signals.count = count;
	if (count > 0)
		posix_Signalfd_take_answer(to, 0, &reply);
	return count > 0;
}

static void forget(struct wait *wait)
{
	thread_drop(wait->thread);
	release(wait);
}

void signals_came(const struct process *process, posix_Signal signal)
{
	for (struct signals *s = all; s; s = s->next)
		for (struct wait *wait = s->taking, *next; wait; wait = next) {
			struct signals_wait *w = (struct signals_wait *)(void *)wait;

			next = wait->next;
			if (wait->thread->process != process || !wait_is_awaited(wait) ||
					!take(s, wait->thread, w->most, &wait->reply))
				continue;
			wait_end(wait);
			forget(wait);
		}
	for (struct signals *s = all; s; s = s->next)
		if (s->set & BIT(signal))
			poll_look(s);
}

static void op_set_signals(void *self, const struct posix_Signalfd_set_signals_request *request,
	struct sk_reply *to)
{
	struct signals *s = ((struct access *)self)->file->self;

	s->set = request->set;
	posix_Signalfd_set_signals_answer(to, 0, &(struct posix_Signalfd_set_signals_reply){0});
	poll_look(s);
}

static int keep(struct signals *s, struct thread *thread, uint32_t most, struct sk_reply *to)
{
	struct signals_wait *w = allocate(sizeof(*w));

	if (!w)
		return posix_Error_ENOMEM;
	w->most = most;
	w->wait.canceled = forget;
	thread->references++;
	wait_begin(&w->wait, &s->taking, thread, to);
	return 0;
}

static void op_take(void *self, const struct posix_Signalfd_take_request *request,
	struct sk_reply *to)
{
	const struct access *access = self;
	struct signals *s = access->file->self;
	struct thread *thread = request->thread > 0 && request->thread < PID_LIMIT ?
		posix.threads[request->thread] : NULL;
	int error = posix_Error_EAGAIN;

	if (!thread || !thread->process || thread->process->pid != access->process)
		error = posix_Error_ESRCH;
	else if (take(s, thread, request->most, to))
		return;
	else if (event_may_wait(access, request->wait))
		error = signal_waits(thread) ? (int)posix_Error_EINTR :
			keep(s, thread, request->most, to);
	if (error)
		posix_Signalfd_take_answer(to, error, NULL);
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct posix_Signalfd_ops ops = {EVENT_FILE_OPS,
		.set_signals = op_set_signals, .take = op_take};

	return access_is_closed(self) ? sk_refuse(incoming, SK_BAD_HANDLE) :
		posix_Signalfd_dispatch(&ops, self, incoming);
}

static void closed(struct file *file)
{
	struct signals *s = file->self;

	event_end_waits(&s->taking);
	*s->link = s->next;
	if (s->next)
		s->next->link = s->link;
	release(s);
}

static const struct sk_object signals_object = {
	.dispatch = dispatch, .gone = access_gone, .canceled = wait_canceled,
};
static const struct file_ops signals_ops = {&signals_object, closed, ready_of, NULL};

static void make(struct file *file, struct signals *s, posix_SignalSet set)
{
	*s = (struct signals){.next = all, .link = &all, .set = set};
	if (all)
		all->link = &s->next;
	all = s;
	file->ops = &signals_ops;
	file->self = s;
}

void op_create_signalfd(void *self,
	const struct posix_Descriptors_create_signalfd_request *request, struct sk_reply *to)
{
	struct posix_Descriptors_create_signalfd_reply reply = {0};
	struct file *file = event_file(posix_ObjectKind_SIGNALFD, request->flags);
	struct signals *s = file ? allocate(sizeof(*s)) : NULL;
	int error = posix_Error_ENFILE;

	if (s) {
		make(file, s, request->set);
		error = event_install(self, file, request->flags, to->port, &reply.opened,
			&reply.file.raw);
	} else {
		file_drop(file);
	}
	posix_Descriptors_create_signalfd_answer(to, error, &reply);
}
