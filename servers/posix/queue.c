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
		release(queued);
	}
	queue->end = link;
	queue->set &= ~set;
}

bool queue_put(struct queue *queue, const struct posix_SignalInfo *info)
{
	struct queued *queued;

	if (info->signal < posix_Signal_RTMIN && (queue->set & BIT(info->signal)))
		return true;
	queued = allocate(sizeof(*queued));
	if (!queued)
		return false;
	queued->info = *info;
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
	release(queued);
	for (link = &queue->first; *link; link = &(*link)->next)
		more = more || (*link)->info.signal == signal;
	queue->end = link;
	if (!more)
		queue->set &= ~BIT(signal);
}
