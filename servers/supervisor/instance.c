/*
 * Instances: a quota, a space and a thread of their own, and nothing in the space's
 * table but a session to the supervisor, by which they ask for what is theirs.
 */
#include "servers/supervisor/supervisor.h"

#define THREAD_SLOTS 32

#define TRY(call) \
	do { \
		int status_ = (call); \
		if (status_ != SK_OK) \
			return status_; \
	} while (0)

static uint32_t place_of(const struct server *server)
{
	return (uint32_t)(server - supervisor.servers);
}

/* ---- its space ---- */

/* What there is in all; 0 bytes: it cannot be known. */
static struct kernel_Amount whole(void)
{
	struct kernel_Quota_usage_reply reply = {0};

	K(sk_kernel_channel_handle(&supervisor.thread->quota), Quota_usage, &reply, 0);
	return reply.limit;
}

bool instance_share_memory(void)
{
	struct kernel_Quota_create_quota_reply reply;
	struct kernel_Amount limit = whole();

	limit.bytes = limit.bytes / 8 * 7;
	if (limit.bytes == 0 || K(sk_kernel_channel_handle(&supervisor.thread->quota),
			Quota_create_quota, &reply, .limit = limit) != SK_OK)
		return false;
	supervisor.large = reply.quota.raw;
	return true;
}

static bool makes_spaces(const struct server *server)
{
	return server->manifest.head.grants & svrctl_Grants_MAKE_SPACES;
}

uint64_t instance_bytes(const struct server *server)
{
	const uint64_t bytes = server->manifest.head.budget.bytes;
	const uint64_t most = whole().bytes / 8 * (makes_spaces(server) ? 6 : 3);

	return bytes < most ? bytes : most;
}

static int make_quota(struct server *server)
{
	const struct svrctl_Manifest *head = &server->manifest.head;
	const uint64_t bytes = instance_bytes(server);
	const struct sk_handle from = bytes > whole().bytes / 4 ? supervisor.large :
		sk_kernel_channel_handle(&supervisor.thread->quota);
	struct kernel_Quota_create_quota_reply reply;

	TRY(K(from, Quota_create_quota, &reply, .limit = {
		.bytes = bytes,
		.threads = head->budget.threads,
		.spaces = 1 + (makes_spaces(server) ? head->budget.spaces : 0),
		.handles = head->budget.handles,
		.priority = head->priority,
	}));
	server->now.quota = reply.quota.raw;
	return SK_OK;
}

static int make_space(struct server *server)
{
	struct kernel_Quota_create_space_reply reply;
	struct sk_string name = server->manifest.head.name;

	TRY(K(server->now.quota, Quota_create_space, &reply, 0));
	server->now.space = reply.space.raw;
	if (name.size > kernel_NAME_MAX)
		name.size = kernel_NAME_MAX;
	return K0(server->now.space, Object_set_name, .name = name);
}

/* At `address`, or 0: where the kernel likes, between pages that are not mapped. */
static int map(const struct server *server, struct sk_handle memory, uint64_t *address,
	uint64_t length, uint32_t protection, uint32_t flags)
{
	struct kernel_Space_map_request request;
	struct kernel_Space_map_reply reply;
	int status;

	kernel_Space_map_request_init(&request);
	request.memory.raw = memory;
	request.length = length;
	request.address = *address;
	request.protection = kernel_Protection_READ | protection;
	request.flags = flags | (*address ? kernel_MapFlags_FIXED : 0);
	status = kernel_Space_map(on(server->now.space), &request, &reply, NULL);
	*address = reply.address;
	return status;
}

/* Zeros of its own, to be written. */
static int map_zeros(const struct server *server, uint64_t *address, uint64_t length)
{
	struct kernel_Quota_create_memory_reply memory;
	int status;

	TRY(K(server->now.quota, Quota_create_memory, &memory, .size = length));
	status = map(server, memory.memory.raw, address, length, kernel_Protection_WRITE, 0);
	drop(&memory.memory.raw);
	return status;
}

static int map_part(const struct server *server, uint32_t number)
{
	const struct elf_part *part = &server->image.elf.parts[number];
	uint64_t content = image_content(part), address = part->address;
	uint64_t behind = address + content;

	if (content > 0)
		TRY(map(server, server->image.parts[number], &address, content,
			(part->writable ? kernel_Protection_WRITE : 0) |
			(part->executable ? kernel_Protection_EXECUTE : 0),
			part->writable ? kernel_MapFlags_PRIVATE : 0));
	return content < part->size ? map_zeros(server, &behind, part->size - content) :
		SK_OK;
}

/* ---- its thread ---- */

static int give_session(struct server *server)
{
	struct kernel_Space_insert_reply reply;
	struct sk_handle session = mint(supervisor.endpoint,
		BADGE(BADGE_SERVER, place_of(server), server->number), SESSION_CREDIT, UINT16_MAX,
		sk_no_handle());

	if (session.raw < 0)
		return kernel_Error_QUOTA_EXCEEDED;
	return K(server->now.space, Space_insert, &reply, .what = {session});
}

struct sk_handle instance_faults(struct server *server, struct sk_handle charge)
{
	return mint(supervisor.endpoint, BADGE(BADGE_FAULT, place_of(server),
		server->number), 1, UINT16_MAX, charge);
}

static int watch_faults(struct server *server)
{
	struct sk_handle session = instance_faults(server, sk_no_handle());

	if (session.raw < 0)
		return kernel_Error_QUOTA_EXCEEDED;
	return K0(server->now.thread, Thread_set_fault_handler, .has_handler = true,
		.handler = {session});
}

static int make_thread(struct server *server, uint64_t *slots)
{
	struct kernel_Quota_create_thread_reply reply;
	struct kernel_Thread_set_slots_reply set;
	struct sk_handle space = server->now.space;

	TRY(K(server->now.quota, Quota_create_thread, &reply, .space = {space},
		.priority = server->manifest.head.priority));
	server->now.thread = reply.thread.raw;
	TRY(K(server->now.thread, Thread_set_slots, &set, .count = THREAD_SLOTS));
	*slots = set.address | THREAD_SLOTS;
	return watch_faults(server);
}

static int make_endpoint(struct server *server)
{
	struct kernel_Quota_create_endpoint_reply reply;

	TRY(K(server->now.quota, Quota_create_endpoint, &reply, 0));
	server->now.receive = reply.endpoint.raw;
	server->now.endpoint = copy(reply.endpoint.raw,
		kernel_Rights_CONTROL | kernel_Rights_INSPECT);
	return server->now.endpoint.raw < 0 ? kernel_Error_TABLE_FULL : SK_OK;
}

/* When the space has ended, one of these bits says so; several can share one. */
static int watch_end(struct server *server)
{
	struct sk_handle notify = copy(supervisor.notification,
		kernel_Rights_SIGNAL | kernel_Rights_TRANSFER);

	return K0(server->now.space, Space_watch, .notify = {notify},
		.bits = UINT64_C(1) << place_of(server) % 60);
}

/* ---- all of it ---- */

static int start(struct server *server)
{
	uint64_t stack = 0, slots;

	TRY(make_quota(server));
	TRY(make_space(server));
	TRY(give_session(server));
	for (uint32_t i = 0; i < server->image.elf.count; i++)
		TRY(map_part(server, i));
	TRY(map_zeros(server, &stack, STACK_BYTES));
	TRY(make_endpoint(server));
	TRY(make_thread(server, &slots));
	TRY(watch_end(server));
	/* As if it had been called: the return address is 0. */
	return K0(server->now.thread, Thread_start, .entry = server->image.elf.entry,
		.stack = stack + STACK_BYTES - 8, .argument = slots);
}

static void clear(struct instance *instance)
{
	memset(instance, 0, sizeof(*instance));
	instance->quota = instance->space = instance->thread = instance->endpoint =
		instance->receive = sk_no_handle();
	instance->log_left = LOG_LINES;
}

svrctl_Error instance_start(struct server *server)
{
	svrctl_Error error = image_load(server);
	int status;

	clear(&server->now);
	if (error)
		return error;
	server->number++;
	status = start(server);
	if (status == SK_OK)
		return 0;
	say(server->manifest.name, "it cannot be started: %s %d",
		status < 0 ? sk_status_name(status) : "error", status);
	instance_end(server);
	return svrctl_Error_QUOTA_EXCEEDED;
}

void instance_end(struct server *server)
{
	struct instance *instance = &server->now;

	sk_kernel_channel_close(&instance->health);
	sk_events_close(&server->events);
	sk_events_close(&server->names_events);
	drop(&instance->receive);
	drop(&instance->endpoint);
	drop(&instance->thread);
	drop(&instance->space);
	if (instance->quota.raw >= 0)
		K0(instance->quota, Quota_destroy, 0);
	drop(&instance->quota);
	clear(instance);
}

struct sk_handle instance_connect(struct server *server, uint32_t service,
	uint16_t rights, struct server *client)
{
	/* Who it is stands in it too. */
	uint64_t badge = BADGE(service, place_of(client), ++server->now.clients);

	return mint(server->now.endpoint, badge, server->manifest.served[service].credit,
		rights, client->now.quota);
}
