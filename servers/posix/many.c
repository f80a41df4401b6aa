/*
 * Signals to many processes by one call. What a signal does may take long (the end of a
 * process), and hundreds may send to hundreds, so this is work in steps: between two of them
 * posix serves others. Users take turns, and the caller has its answer when all is done; it goes on
 * if the caller ends.
 *
 * Processes are sent to by age. One that is made meanwhile by one that has not been sent to yet
 * is sent to as well, so that none gets away by fork; and whom the signal would end does not fork.
 */
#include "servers/posix/posix.h"

/* Of a step, whichever comes first. */
#define STEP_TIME UINT64_C(500000)
#define STEP_COUNT 32

struct many {
	struct wait wait;			/* of the caller, first: it is cast */
	bool is_awaited;
	struct many *next;
	struct sender sender;
	int32_t whom;
	struct posix_SignalInfo info;
	uint64_t done, last;			/* serial numbers of processes */
	struct sent_to sent;
};

static struct many *first, **end = &first;
static void step(void *unused);
static struct sk_alarm alarm = {.ring = step};

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
	const uint64_t until = now() + STEP_TIME;
	int32_t list[STEP_COUNT];
	uint64_t last;
	const uint32_t count = collect(many, list, &last);

	for (uint32_t i = 0; i < count && (i == 0 || now() < until); i++) {
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

/* Of another user than the last, if there is one. */
static struct many **next_turn(void)
{
	/* Only to be compared: it may be gone. */
	static const struct user *last;
	struct many **link = &first;

	while (*link && (*link)->sender.credentials->user == last)
		link = &(*link)->next;
	link = *link ? link : &first;
	last = (*link)->sender.credentials->user;
	return link;
}

static void step(void *unused)
{
	struct many **link = next_turn(), *many = *link;

	UNUSED(unused);
	if (!go_on(many)) {
		*link = many->next;
		if (!many->next)
			end = link;
		finish(many);
	}
	if (first)
		sk_alarm_set(posix.os, &alarm, now());
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
	if (!first)
		sk_alarm_set(posix.os, &alarm, now());
	*end = many;
	end = &many->next;
	return true;
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
