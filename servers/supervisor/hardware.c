/*
 * Devices, which are the platform server's to give: it is asked by the ring, what is there
 * and then for the one, and whoever wants it waits meanwhile as others do. When it comes
 * up it is asked too how many devices match manifests that have a server for each.
 */
#include "servers/supervisor/supervisor.h"

#define CALL_MS 10000
#define CREDIT 8

/* Bits 48 and up of what completes; 0 is of health. Below: the waiter, and its number; of
 * ASK_COUNT the server, and how many match so far. */
enum { ASK_LIST = 1, ASK_CLAIM, ASK_COUNT };

static struct {
	struct sk_kernel_channel channel;	/* hw.Bus */
	struct server *server;
	uint32_t number;		/* of its instance */
} platform;

static uint32_t asked;

struct server *hardware_provider(const struct server *server)
{
	uint32_t service;

	for (uint32_t i = 0; i < server->manifest.wanted_count; i++)
		if (server->manifest.wanted[i].which == svrctl_Want_device)
			return find_service((struct sk_string){PLATFORM, sizeof(PLATFORM) - 1},
				&service);
	return NULL;
}

bool has_device(const struct server *server)
{
	for (uint32_t i = 0; i < server->manifest.wanted_count; i++)
		if (server->manifest.wanted[i].which == svrctl_Want_device &&
				server->now.given_hardware & 1u << i)
			return true;
	return false;
}

/* NULL: it does not run. */
static struct sk_channel *bus(void)
{
	uint32_t service = 0;
	struct server *server = find_service(
		(struct sk_string){PLATFORM, sizeof(PLATFORM) - 1}, &service);
	struct sk_handle session;

	if (!server || server->state != svrctl_State_RUNNING)
		return NULL;
	if (platform.server == server && platform.number == server->number)
		return &platform.channel.channel;
	session = mint(server->now.endpoint, BADGE(service, UINT16_MAX,
		++server->now.clients), CREDIT, UINT16_MAX, sk_no_handle());
	if (session.raw < 0)
		return NULL;
	sk_kernel_channel_close(&platform.channel);
	sk_kernel_channel_open(&platform.channel, NULL, 0, 0, session);
	platform.channel.clock = &supervisor.clock.channel;
	platform.server = server;
	platform.number = server->number;
	return &platform.channel.channel;
}

static void answer(struct waiter *waiter, svrctl_Error error, struct sk_handle device)
{
	const struct svrctl_Server_device_reply reply = {{device}};

	waiter->what = WAIT_NONE;
	if (!error)
		waiter->server->now.given_hardware |= 1u << waiter->service;
	svrctl_Server_device_answer(&waiter->reply, error, &reply);
}

static uint64_t cookie_of(const struct waiter *waiter, unsigned ask)
{
	return BADGE(ask, waiter - supervisor.waiters, waiter->number);
}

static svrctl_Error list(const struct svrctl_Want *want, hw_DeviceId from, uint64_t cookie)
{
	const struct sk_call call = {.deadline = now() + CALL_MS * MS};
	const struct hw_Bus_list_request request = {.match = want->as.device, .from = from};
	struct sk_channel *channel = bus();

	if (!channel)
		return svrctl_Error_UNAVAILABLE;
	return hw_Bus_list_begin(&supervisor.ring.ring, channel, &request, cookie, &call) ==
		SK_OK ? 0 : svrctl_Error_NO_HARDWARE;
}

static svrctl_Error ask_list(const struct waiter *waiter, hw_DeviceId from)
{
	return list(&waiter->server->manifest.wanted[waiter->service], from,
		cookie_of(waiter, ASK_LIST));
}

static svrctl_Error ask_claim(const struct waiter *waiter, hw_DeviceId id)
{
	const struct sk_call call = {.deadline = now() + CALL_MS * MS};
	const struct hw_Bus_claim_request request = {.id = id};
	struct sk_channel *channel = bus();

	if (!channel)
		return svrctl_Error_UNAVAILABLE;
	return hw_Bus_claim_begin(&supervisor.ring.ring, channel, &request,
		cookie_of(waiter, ASK_CLAIM), &call) == SK_OK ? 0 : svrctl_Error_NO_HARDWARE;
}

/* The platform server may take long, so nobody asks it for more than a part of what there
 * can be under way. */
static bool may_ask(const struct server *server)
{
	uint32_t all = 0, own = 0;

	for (uint32_t i = 0; i < WAITERS_MAX; i++) {
		const struct waiter *waiter = &supervisor.waiters[i];

		all += waiter->what == WAIT_DEVICE;
		own += waiter->what == WAIT_DEVICE && waiter->server == server;
	}
	return all < ASKS_MAX && own < SESSION_CREDIT;
}

void hardware_device(struct server *server, uint32_t number, uint32_t index,
	struct sk_reply *to)
{
	struct waiter *waiter = may_ask(server) ? wait_add(to, WAIT_DEVICE, server) : NULL;
	svrctl_Error error;

	if (!waiter) {
		svrctl_Server_device_answer(to, svrctl_Error_QUOTA_EXCEEDED, NULL);
		return;
	}
	waiter->number = ++asked;
	waiter->service = number;
	waiter->index = index + server->device;
	/* Of several it has one. */
	error = server->manifest.head.per_device && index > 0 ? svrctl_Error_NO_HARDWARE :
		ask_list(waiter, 0);
	if (error)
		answer(waiter, error, sk_no_handle());
}

static svrctl_Error error_of(int status)
{
	return status == hw_Error_TAKEN ? svrctl_Error_TAKEN :
		status == hw_Error_QUOTA_EXCEEDED ? svrctl_Error_QUOTA_EXCEEDED :
		status < 0 ? svrctl_Error_UNAVAILABLE : svrctl_Error_NO_HARDWARE;
}

/* The index-th of those that match, perhaps of a later page. */
static svrctl_Error listed(struct waiter *waiter, const struct sk_completion *done)
{
	struct hw_Bus_list_reply reply;
	struct hw_Found found;
	int status = hw_Bus_list_end(done, &reply);

	if (status != SK_OK)
		return error_of(status);
	while (hw_Found_next(&reply.devices, &found))
		if (waiter->index-- == 0)
			return ask_claim(waiter, found.id);
	return reply.next ? ask_list(waiter, reply.next) : svrctl_Error_NO_HARDWARE;
}

/* ---- a server for each ---- */

static void ask_count(struct server *server, hw_DeviceId from, uint32_t so_far)
{
	const struct svrctl_Want *want =
		&server->manifest.wanted[manifest_device(&server->manifest)];

	if (list(want, from, BADGE(ASK_COUNT, server - supervisor.servers, so_far)) != 0)
		say(server->manifest.name, "its devices cannot be counted");
}

void hardware_up(const struct server *provider)
{
	for (uint32_t i = 0; i < SERVERS_MAX; i++) {
		struct server *server = &supervisor.servers[i];

		if (server->is_known && server->manifest.head.per_device &&
				server->device == 0 && hardware_provider(server) == provider)
			ask_count(server, 0, 0);
	}
}

/* What it begins with is its own: the first may be forgotten before it. */
static bool copy_pages(struct server *server, const struct server *first)
{
	const uint8_t *from = first->pages;
	uint8_t *to;

	server->wire = first->wire;
	server->program = first->program;
	if (!from)
		return true;
	to = sk_pages(supervisor.thread, first->pages_size, NULL);
	if (!to)
		return false;
	memcpy(to, from, first->pages_size);
	server->pages = to;
	server->pages_size = first->pages_size;
	server->wire.at = to;
	if (first->program.at >= from && first->program.at < from + first->pages_size)
		server->program.at = to + (first->program.at - from);
	return true;
}

static void add_for(const struct server *first, uint32_t device)
{
	struct server *server = server_place();
	struct objection objection;
	svrctl_Error error = svrctl_Error_QUOTA_EXCEEDED;

	if (server && copy_pages(server, first))
		error = manifest_read(server->wire, &server->manifest, &objection) &&
			manifest_number(&server->manifest, device) ? 0 :
			svrctl_Error_BAD_MANIFEST;
	if (!error && find_server(server->manifest.head.name))
		error = svrctl_Error_EXISTS;
	if (!error)
		error = server_adopt(server, server->wire, server->program);
	if (!error) {
		server->device = device;
		if (server->manifest.head.at_boot)
			life_start(server, false);
		return;
	}
	if (server)
		server_forget(server);
	if (error != svrctl_Error_EXISTS)
		say(first->manifest.name, "none for device %u: error %d", device, error);
}

static void counted(const struct sk_completion *done)
{
	struct server *server = &supervisor.servers[(done->cookie >> 32 & 0xffff) % SERVERS_MAX];
	uint32_t count = (uint32_t)done->cookie;
	struct hw_Bus_list_reply reply;
	struct hw_Found found;

	if (hw_Bus_list_end(done, &reply) != SK_OK || !server->is_known ||
			!server->manifest.head.per_device || server->device != 0)
		return;
	while (hw_Found_next(&reply.devices, &found))
		count++;
	if (reply.next)
		ask_count(server, reply.next, count);
	for (uint32_t device = 1; !reply.next && device < count; device++)
		add_for(server, device);
}

void hardware_came(const struct sk_completion *done)
{
	uint32_t place = (uint32_t)(done->cookie >> 32) & 0xffff;
	struct waiter *waiter = &supervisor.waiters[place % WAITERS_MAX];
	struct hw_Bus_claim_reply reply = {.device = {sk_no_handle()}};
	svrctl_Error error;
	int status;

	if (done->cookie >> 48 == ASK_COUNT) {
		counted(done);
		return;
	}
	if (waiter->what != WAIT_DEVICE || waiter->number != (uint32_t)done->cookie)
		return;
	/* Nobody waits any more: the device goes back with the completion. */
	if (!waiter->reply.port) {
		waiter->what = WAIT_NONE;
		return;
	}
	if (done->cookie >> 48 == ASK_LIST) {
		error = listed(waiter, done);
	} else {
		status = hw_Bus_claim_end(done, &reply);
		error = status == SK_OK ? 0 : error_of(status);
		answer(waiter, error, reply.device.raw);
		return;
	}
	if (error)
		answer(waiter, error, sk_no_handle());
}
