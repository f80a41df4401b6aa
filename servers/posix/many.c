/*
 * Signals to many processes by one call. What a signal does may take long (the end of a
 * process), and hundreds may send to hundreds, so this is work in steps. Users take turns, and
 * the caller has its answer when all is done; it goes on if the caller ends. posix's own, of a
 * terminal for example, take turns as another user's.
 *
 * Processes are sent to by age. One that is made meanwhile by one that has not been sent to yet
 * is sent to as well, so that none gets away by fork; and whom the signal would end does not fork.
 */
#include "servers/posix/posix.h"

/* Of a step, at most. */
#define STEP_COUNT 32

struct many {
	struct wait wait;			/* of the caller, first: it is cast */
	bool is_awaited;
	bool again;				/* the same was sent once more meanwhile */
	struct many *next;
	struct sender sender;
	int32_t whom;
	struct posix_SignalInfo info;
	uint64_t done, last;			/* serial numbers of processes */
	struct sent_to sent;
};

static struct many *first, **end = &first;
static bool step(void);
static struct work work = {.step = step};

static bool is_due(const struct many *many, const struct process *process)
{
	return process->serial > many->done && process->serial <= many->last &&
		process->pid != many->sender.pid &&
		sender_means(&many->sender, process, many->whom);
}

static void send_to(struct many *many, struct process *process)
{
	if (process)
		sender_count(&many->sent, sender_send(&many->sender, process, &many->info),
			many->whom);
}

/* The oldest that are due; how many. */
static uint32_t collect(const struct many *many, int32_t *list, uint64_t *last)
{
	uint32_t count = 0;

	for (const struct process *p = posix.processes; p && count < STEP_COUNT; p = p->next)
		if (is_due(many, p)) {
			list[count++] = p->pid;
			*last = p->serial;
		}
	return count;
}

/* False: there are no more. */
static bool go_on(struct many *many)
{
	int32_t list[STEP_COUNT];
	uint64_t last;
	const uint32_t count = collect(many, list, &last);

	for (uint32_t i = 0; i < count && (i == 0 || !work_is_over()); i++) {
		struct process *process = process_find(list[i]);

		/* By number, since some may have ended by what others were sent. */
		if (process && is_due(many, process)) {
			many->done = process->serial;
			send_to(many, process);
		}
	}
	return count > 0;
}

/* The caller is sent to last, and then has its answer, if it is still there. */
static void finish(struct many *many)
{
	const struct posix_Signals_kill_reply reply = {0};
	struct process *own = process_find(many->sender.pid);

	if (own && own->serial <= many->last &&
			sender_means(&many->sender, own, many->whom))
		send_to(many, own);
	if (many->is_awaited) {
		wait_end(&many->wait);
		posix_Signals_kill_answer(&many->wait.reply, many->sent.any ? 0 : many->sent.error,
			&reply);
	}
	credentials_drop(many->sender.credentials);
	release(many);
}

static const struct user *user_of(const struct many *many)
{
	return many->sender.credentials ? many->sender.credentials->user : NULL;
}

/* Of another user than the last, if there is one. */
static struct many **next_turn(void)
{
	/* Only to be compared: it may be gone. */
	static const struct user *last;
	struct many **link = &first;

	while (*link && user_of(*link) == last)
		link = &(*link)->next;
	link = *link ? link : &first;
	last = user_of(*link);
	return link;
}

static bool step(void)
{
	struct many **link = next_turn(), *many = *link;

	if (go_on(many))
		return true;
	if (many->again) {
		many->again = false;
		many->done = 0;
		many->last = posix.last_serial;
		return true;
	}
	*link = many->next;
	if (!many->next)
		end = link;
	finish(many);
	return first != NULL;
}

static void add(struct many *many)
{
	*end = many;
	end = &many->next;
	work_add(&work);
}

static void caller_gone(struct wait *wait)
{
	((struct many *)(void *)wait)->is_awaited = false;
}

bool many_begin(struct thread *thread, const struct sender *sender, int32_t whom,
	const struct posix_SignalInfo *info, struct sk_reply *to)
{
	static struct wait *waits;
	struct many *many = allocate(sizeof(*many));

	if (!many)
		return false;
	*many = (struct many){.wait.canceled = caller_gone, .is_awaited = true,
		.sender = *sender, .whom = whom, .info = *info, .last = posix.last_serial,
		.sent.error = posix_Error_ESRCH};
	credentials_take(sender->credentials);
	wait_begin(&many->wait, &waits, thread, to);
	add(many);
	return true;
}

void many_job(int32_t group, const struct posix_SignalInfo *info)
{
	struct many *many = first;

	while (many && (many->sender.credentials || many->whom != -group ||
			many->info.signal != info->signal))
		many = many->next;
	if (many) {
		many->again = true;
		return;
	}
	many = allocate(sizeof(*many));
	if (!many)
		return;
	*many = (struct many){.whom = -group, .info = *info, .last = posix.last_serial};
	add(many);
}

/* Or crowds that fork could grow as fast as they are ended. */
bool many_end(struct process *process)
{
	for (struct many *many = first; many; many = many->next)
		if (is_due(many, process) && signal_ends(process, many->info.signal) &&
				sender_send(&many->sender, process, &many->info) == 0) {
			many->sent.any = true;
			return true;
		}
	return false;
}

void many_forked(const struct process *parent, const struct process *child)
{
	for (struct many *many = first; many; many = many->next)
		if (is_due(many, parent))
			many->last = child->serial;
}
