/* Programs that have sessions, by name: what they have is counted, so that none has all. */
#include "servers/console/terminal.h"

static struct client clients[CLIENTS];

/* Where it is, or could be; NULL: there are too many. */
static struct client *find(struct sk_string name)
{
	struct client *is_free = NULL;

	for (unsigned i = 0; i < CLIENTS; i++) {
		struct client *client = &clients[i];

		if (client->sessions == 0 && client->files == 0)
			is_free = client;
		else if (client->name_size == name.size &&
				memcmp(client->name, name.data, name.size) == 0)
			return client;
	}
	if (!is_free)
		return NULL;
	memcpy(is_free->name, name.data, name.size);
	is_free->name_size = name.size;
	return is_free;
}

void *client_connected(void *context, uint64_t badge)
{
	struct sk_os *os = context;
	const struct svrctl_Server_client_request request = {.badge = badge};
	struct svrctl_Server_client_reply reply;
	struct client *client;

	if (svrctl_Server_client(&os->supervisor.channel, &request, &reply, NULL) != SK_OK)
		return NULL;
	client = find(reply.server);
	if (!client || client->sessions == CLIENT_SESSIONS)
		return NULL;
	client->sessions++;
	return client;
}

void client_gone(void *self)
{
	struct client *client = self;

	client->sessions--;
}
