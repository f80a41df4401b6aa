/* Queues of signals. */
#include "servers/posix/posix.h"

void queue_init(struct queue *queue)
{
	*queue = (struct queue){0};
	queue->end = &queue->first;
}

void queue_clear(struct queue *queue, posix_SignalSet set)
{
	struct queued **link = &queue->first;

	while (*link) {
		struct queued *queued = *link;

		if (!(set & BIT(queued->info.signal))) {
			link = &queued->next;
			continue;
		}
		*link = queued->next;
		if (queued->timer)
			timer_taken(queued->timer, NULL);
		user_return(queued->user, USER_SIGNALS, 1);
		release(queued);
	}
	queue->end = link;
	queue->set &= ~set;
}

/* A standard one is there once at most, so it needs no limit. */
static bool has_place(const struct process *process, const struct user *user,
	posix_Signal signal)
{
	return signal < posix_Signal_RTMIN || (user_may(user, USER_SIGNALS, 1) &&
		user_count(user, USER_SIGNALS) <
		process->limits[posix_Resource_PENDING_SIGNALS].soft);
}

bool queue_put(struct queue *queue, const struct posix_SignalInfo *info,
	const struct process *process)
{
	struct user *user = process->user;
	struct queued *queued;

	if (info->signal < posix_Signal_RTMIN && (queue->set & BIT(info->signal)))
		return true;
	if (!has_place(process, user, info->signal))
		return false;
	queued = allocate(sizeof(*queued));
	if (!queued)
		return false;
	queued->user = user;
	user_charge(user, USER_SIGNALS, 1);
	queued->info = *info;
	queued->timer = timer_queued(queued, process);
	*queue->end = queued;
	queue->end = &queued->next;
	queue->set |= BIT(info->signal);
	return true;
}

void queue_take(struct queue *queue, posix_Signal signal,
	struct posix_SignalInfo *info)
{
	struct queued **link = &queue->first, *queued;
	bool more = false;

	while ((*link)->info.signal != signal)
		link = &(*link)->next;
	queued = *link;
	*info = queued->info;
	*link = queued->next;
	if (queued->timer)
		timer_taken(queued->timer, info);
	user_return(queued->user, USER_SIGNALS, 1);
	release(queued);
	for (link = &queue->first; *link; link = &(*link)->next)
		more = more || (*link)->info.signal == signal;
	queue->end = link;
	if (!more)
		queue->set &= ~BIT(signal);
}
