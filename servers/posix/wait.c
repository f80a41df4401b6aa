/* Requests that are answered later: found by their token's index when nobody waits any
 * more. */
#include "servers/posix/posix.h"

static struct wait *by_token[65536];

bool wait_begin(struct wait *wait, struct wait **list, struct thread *thread,
	struct sk_reply *to)
{
	wait->thread = thread;
	while (*list)
		list = &(*list)->next;
	wait->next = NULL;
	wait->link = list;
	*list = wait;
	wait->reply = sk_reply_keep(to);
	by_token[ABI_TOKEN_INDEX(wait->reply.token)] = wait;
	return true;
}

static void unlink(struct wait *wait)
{
	*wait->link = wait->next;
	if (wait->next)
		wait->next->link = wait->link;
}

void wait_move(struct wait *wait, struct wait **list)
{
	unlink(wait);
	while (*list)
		list = &(*list)->next;
	wait->next = NULL;
	wait->link = list;
	*list = wait;
}

void wait_end(struct wait *wait)
{
	struct wait **place = &by_token[ABI_TOKEN_INDEX(wait->reply.token)];

	if (*place == wait)
		*place = NULL;
	unlink(wait);
}

bool wait_is_awaited(const struct wait *wait)
{
	const struct sk_lease none = {.number = UINT32_MAX, .direction = SK_LEASE_IN};

	return sk_lease_read(&wait->reply, &none, 0, NULL, 0, NULL) == SK_BAD_LEASE;
}

bool wait_answered(const struct sk_reply *to, int status)
{
	/* Its time may end on the way, if it has one. */
	if (status == SK_OK && to->deadline != SK_FOREVER)
		status = sk_serve_send(posix.os, to);
	return status == SK_OK;
}

void wait_canceled(void *self, uint64_t token)
{
	struct wait *wait = by_token[ABI_TOKEN_INDEX(token)];

	UNUSED(self);
	if (!wait || wait->reply.token != token)
		return;
	wait_end(wait);
	if (!wait->answers)
		sk_reply_drop(&wait->reply);
	wait->canceled(wait);
}
