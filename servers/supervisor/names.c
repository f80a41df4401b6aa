/* svrctl.Names: services by name, as far as a manifest goes. */
#include "servers/supervisor/supervisor.h"

/* Bytes of a list, in a reply that may have 3,900. */
#define LIST_BYTES 3600

/* What its manifest says of a service; NULL: nothing. */
static const struct svrctl_Used *find_used(const struct server *client,
	struct sk_string service)
{
	for (uint32_t i = 0; i < client->manifest.used_count; i++)
		if (same_text(client->manifest.used[i].service, service))
			return &client->manifest.used[i];
	return NULL;
}

static void note(struct server *client, const struct svrctl_Used *used)
{
	client->now.connected |= 1u << (used - client->manifest.used);
}

/* ---- connecting ---- */

static void refuse(struct sk_reply *to, svrctl_Error error)
{
	svrctl_Names_connect_answer(to, error, NULL);
}

static void connect_here(struct server *client, const struct svrctl_Used *used,
	const struct svrctl_Names_connect_request *request, struct sk_reply *to)
{
	struct svrctl_Names_connect_reply reply;

	if (!manifest_own_rights(used, &reply.rights)) {
		refuse(to, svrctl_Error_NOT_PERMITTED);
		return;
	}
	reply.rights &= request->rights;
	reply.session.raw = control_connect(client, reply.rights);
	if (reply.session.raw.raw < 0) {
		refuse(to, svrctl_Error_QUOTA_EXCEEDED);
		return;
	}
	note(client, used);
	svrctl_Names_connect_answer(to, 0, &reply);
}

static void connect_now(struct server *client, struct server *server, uint32_t service,
	uint16_t rights, struct sk_reply *to)
{
	struct svrctl_Names_connect_reply reply = {.rights = rights};

	reply.session.raw = instance_connect(server, service, rights, client);
	if (reply.session.raw.raw < 0)
		refuse(to, svrctl_Error_QUOTA_EXCEEDED);
	else
		svrctl_Names_connect_answer(to, 0, &reply);
}

static void connect_later(struct server *client, struct server *server, uint32_t service,
	uint16_t rights, struct sk_reply *to)
{
	struct waiter *waiter;

	life_start(server, false);
	if (is_over(server)) {
		refuse(to, svrctl_Error_UNAVAILABLE);
		return;
	}
	waiter = wait_add(to, WAIT_CONNECT, server);
	if (!waiter) {
		refuse(to, svrctl_Error_QUOTA_EXCEEDED);
		return;
	}
	waiter->client = client;
	waiter->number = client->number;
	waiter->service = service;
	waiter->rights = rights;
}

static void connect(void *self, const struct svrctl_Names_connect_request *request,
	struct sk_reply *to)
{
	struct server *client = self, *server;
	const struct svrctl_Used *used = find_used(client, request->service);
	uint32_t service;
	uint16_t rights;

	if (!used || !same_text(used->interface_name, request->interface_name)) {
		refuse(to, svrctl_Error_NOT_PERMITTED);
		return;
	}
	if (is_own(used->service) && is_text(used->interface_name, OWN_INTERFACE)) {
		connect_here(client, used, request, to);
		return;
	}
	server = find_service(used->service, &service);
	if (!server || !same_text(server->manifest.served[service].interface_name,
			used->interface_name)) {
		refuse(to, svrctl_Error_NOT_FOUND);
		return;
	}
	if (!manifest_rights(&server->manifest.served[service], used, &rights)) {
		refuse(to, svrctl_Error_NOT_PERMITTED);
		return;
	}
	note(client, used);
	rights &= request->rights;
	if (server->state == svrctl_State_RUNNING)
		connect_now(client, server, service, rights, to);
	else if (request->wait)
		connect_later(client, server, service, rights, to);
	else
		refuse(to, svrctl_Error_UNAVAILABLE);
}

/* ---- lists ---- */

/* The next one behind a name; NULL: there is none. */
static const struct svrctl_Used *next_used(const struct server *client,
	struct sk_string after)
{
	const struct svrctl_Used *found = NULL;

	for (uint32_t i = 0; i < client->manifest.used_count; i++) {
		const struct svrctl_Used *used = &client->manifest.used[i];

		if (is_before(after, used->service) && (!found ||
				is_before(used->service, found->service)))
			found = used;
	}
	return found;
}

static void services(void *self, const struct svrctl_Names_services_request *request,
	struct sk_reply *to)
{
	const struct server *client = self;
	struct svrctl_Service list[USED_MAX];
	struct svrctl_Names_services_reply reply = {.list = {.items = list}};
	const struct svrctl_Used *used = next_used(client, request->after);
	uint32_t bytes = 0, number;

	for (; used && bytes < LIST_BYTES; used = next_used(client, used->service)) {
		const struct server *server = find_service(used->service, &number);
		struct svrctl_Service *one = &list[reply.list.count++];

		svrctl_Service_init(one);
		one->service = used->service;
		one->interface_name = used->interface_name;
		if (server)
			one->server = server->manifest.head.name;
		one->up = server && server->state == svrctl_State_RUNNING;
		if (is_own(used->service)) {
			one->server = used->service;
			one->up = true;
		}
		bytes += one->service.size + one->interface_name.size + one->server.size + 8;
	}
	reply.more = used != NULL;
	svrctl_Names_services_answer(to, 0, &reply);
}

void names_changed(struct server *server)
{
	for (uint32_t i = 0; i < SERVERS_MAX; i++) {
		struct server *client = &supervisor.servers[i];

		for (uint32_t k = 0; client->is_known && is_alive(client) &&
				k < server->manifest.served_count; k++) {
			const struct svrctl_Names_changed_event event = {
				.service = server->manifest.served[k].service,
				.up = server->state == svrctl_State_RUNNING,
			};

			if (find_used(client, event.service))
				svrctl_Names_changed_send(&client->names_events, &event);
		}
	}
}

static struct sk_events *events(void *self)
{
	struct server *client = self;

	return &client->names_events;
}

int names_dispatch(struct server *server, struct sk_incoming *incoming)
{
	static const struct svrctl_Names_ops ops = {
		.connect = connect,
		.services = services,
		.events = events,
	};

	return svrctl_Names_dispatch(&ops, server, incoming);
}
