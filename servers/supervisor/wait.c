/* Requests that are answered when a server's state says how. */
#include "servers/supervisor/supervisor.h"

struct waiter *wait_add(struct sk_reply *to, enum waiting what, struct server *server)
{
	for (uint32_t i = 0; i < WAITERS_MAX; i++) {
		struct waiter *waiter = &supervisor.waiters[i];

		if (waiter->what != WAIT_NONE)
			continue;
		*waiter = (struct waiter){.what = what, .server = server};
		waiter->reply = sk_reply_keep(to);
		return waiter;
	}
	return NULL;
}

void wait_canceled(uint64_t token)
{
	for (uint32_t i = 0; i < WAITERS_MAX; i++) {
		struct waiter *waiter = &supervisor.waiters[i];

		if (waiter->what == WAIT_NONE || !waiter->reply.port ||
				waiter->reply.token != token)
			continue;
		/* What the platform server is asked goes on, and counts until it
		 * answers. */
		if (waiter->what != WAIT_DEVICE)
			waiter->what = WAIT_NONE;
		sk_reply_drop(&waiter->reply);
	}
}

/* ---- answers ---- */

/* Why it does not run, and will not. */
static svrctl_Error why_over(const struct server *server)
{
	return server->last_end == svrctl_End_NOT_STARTED ? server->last_code :
		svrctl_Error_UNAVAILABLE;
}

static void answer_start(struct waiter *waiter, svrctl_Error error)
{
	const struct svrctl_Supervisor_start_reply started = {0};
	const struct svrctl_Supervisor_restart_reply restarted = {0};

	if (waiter->is_restart)
		svrctl_Supervisor_restart_answer(&waiter->reply, error, &restarted);
	else
		svrctl_Supervisor_start_answer(&waiter->reply, error, &started);
}

static void answer_connect(struct waiter *waiter, svrctl_Error error)
{
	struct svrctl_Names_connect_reply reply = {.rights = waiter->rights};
	struct server *client = waiter->client;

	/* Its client has died meanwhile, and another one begun. */
	if (client->number != waiter->number || !is_alive(client)) {
		sk_reply_drop(&waiter->reply);
		return;
	}
	if (!error) {
		reply.session.raw = instance_connect(waiter->server, waiter->service,
			waiter->rights, client);
		if (reply.session.raw.raw < 0)
			error = svrctl_Error_QUOTA_EXCEEDED;
	}
	svrctl_Names_connect_answer(&waiter->reply, error, &reply);
}

static void settle(struct waiter *waiter)
{
	const struct svrctl_Supervisor_stop_reply stopped = {0};
	const struct server *server = waiter->server;
	bool runs = server->state == svrctl_State_RUNNING;
	enum waiting what = waiter->what;

	if (what == WAIT_STOP ? is_alive(server) : !runs && !is_over(server))
		return;
	waiter->what = WAIT_NONE;
	if (what == WAIT_STOP)
		svrctl_Supervisor_stop_answer(&waiter->reply, 0, &stopped);
	else if (what == WAIT_START)
		answer_start(waiter, runs ? 0 : why_over(server));
	else
		answer_connect(waiter, runs ? 0 : svrctl_Error_UNAVAILABLE);
}

void wait_settle(struct server *server)
{
	for (uint32_t i = 0; i < WAITERS_MAX; i++) {
		struct waiter *waiter = &supervisor.waiters[i];

		if (waiter->what != WAIT_NONE && waiter->what != WAIT_SHUT_DOWN &&
				waiter->what != WAIT_DEVICE && waiter->server == server)
			settle(waiter);
	}
}
