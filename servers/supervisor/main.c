/*
 * The supervisor begins: it takes what the kernel gives its first program, reads the
 * archive's manifests, starts what is to be started, and from then on answers and
 * watches in one loop.
 */
#include "servers/supervisor/supervisor.h"

/* Slots: two of kernel.c's behind the thread's, then the port's. */
#define PORT_SLOT 4
/* More than all sessions together can have under way, with those that faults are told by
 * and calls of instances that have just ended. */
#define TOKENS (WAITERS_MAX + 2 * SERVERS_MAX + 128)
/* For a check of each one's health, and besides for devices. */
#define RING_SLOTS (SERVERS_MAX + ASKS_MAX)
#define RING_BIT (UINT64_C(1) << 61)
/* Above all that it looks after. */
#define PRIORITY 200

struct supervisor supervisor;

static struct sk_slot ring_slots[RING_SLOTS];
static struct sk_kernel_kept kept[TOKENS];

/* ---- what arrives ---- */

static int dispatch(void *self, struct sk_incoming *incoming)
{
	uint32_t kind = (uint32_t)(incoming->badge >> 48);
	struct server *server;

	(void)self;
	if (kind == BADGE_CONTROL) {
		uint32_t place = (uint32_t)(incoming->badge >> 32) & 0xffff;

		return control_dispatch(&supervisor.controllers[place % CONTROLLERS_MAX],
			incoming);
	}
	server = server_of(incoming->badge);
	if (!server)
		return sk_refuse(incoming, SK_PEER_CLOSED);
	switch (kind) {
	case BADGE_SERVER:
		return server_dispatch(server, incoming);
	case BADGE_NAMES:
		return names_dispatch(server, incoming);
	case BADGE_FAULT:
		return fault_dispatch(server, incoming);
	default:
		return sk_refuse(incoming, SK_UNKNOWN_METHOD);
	}
}

static void canceled(void *self, uint64_t token)
{
	(void)self;
	wait_canceled(token);
	for (uint32_t i = 0; i < SERVERS_MAX; i++) {
		sk_events_canceled(&supervisor.servers[i].events, token);
		sk_events_canceled(&supervisor.servers[i].names_events, token);
	}
	for (uint32_t i = 0; i < CONTROLLERS_MAX; i++)
		sk_events_canceled(&supervisor.controllers[i].events, token);
}

static void gone(void *self, uint64_t badge)
{
	(void)self;
	if (badge >> 48 == BADGE_CONTROL)
		control_gone(&supervisor.controllers[(badge >> 32) % CONTROLLERS_MAX]);
}

static void notified(void *self, uint64_t bits)
{
	(void)self;
	if (bits & RING_BIT)
		life_health();
	if (bits & ~RING_BIT)
		life_look();
}

static const struct sk_object root = {.dispatch = dispatch, .canceled = canceled};

/* ---- beginning ---- */

static struct sk_handle own(const struct sk_kernel_channel *channel)
{
	return sk_kernel_channel_handle(channel);
}

static bool open_clock(void)
{
	struct kernel_System_clock_reply reply;

	return K(own(&supervisor.thread->system), System_clock, &reply, 0) == SK_OK &&
		sk_kernel_channel_open(&supervisor.clock, NULL, 0, 0, reply.clock.raw) == SK_OK;
}

static bool open_port(void)
{
	struct sk_kernel_port_config config = {
		.root = &root, .gone = gone, .notified = notified, .kept = kept,
		.kept_count = TOKENS,
	};
	struct sk_handle quota = own(&supervisor.thread->quota);
	struct kernel_Quota_create_endpoint_reply endpoint;
	struct kernel_Quota_create_notification_reply notification;

	if (K(quota, Quota_create_endpoint, &endpoint, 0) != SK_OK ||
			K(quota, Quota_create_notification, &notification, 0) != SK_OK)
		return false;
	supervisor.endpoint = config.endpoint = endpoint.endpoint.raw;
	supervisor.notification = notification.notification.raw;
	return K0(supervisor.endpoint, Endpoint_set_tokens, .count = TOKENS) == SK_OK &&
		K0(supervisor.endpoint, Endpoint_bind, .has_notification = true,
			.notification = {copy(supervisor.notification, UINT16_MAX)}) == SK_OK &&
		sk_kernel_port_open(&supervisor.port, &supervisor.thread->slots, PORT_SLOT,
			&config) == SK_OK;
}

static void *map(struct sk_handle memory, uint64_t size, uint32_t protection)
{
	struct kernel_Space_map_request request;
	struct kernel_Space_map_reply reply;

	kernel_Space_map_request_init(&request);
	request.memory.raw = memory;
	request.length = (size + SK_PAGE - 1) / SK_PAGE * SK_PAGE;
	request.protection = protection;
	if (kernel_Space_map(&supervisor.thread->space.channel, &request, &reply, NULL) !=
			SK_OK)
		return NULL;
	return (void *)(uintptr_t)reply.address;
}

static bool open_ring(void)
{
	struct kernel_Quota_create_ring_reply ring;
	struct kernel_Ring_memory_reply memory;
	void *pages;

	if (K(own(&supervisor.thread->quota), Quota_create_ring, &ring,
			.slots = RING_SLOTS + 1) != SK_OK ||
			K(ring.ring.raw, Ring_memory, &memory, 0) != SK_OK)
		return false;
	pages = map(memory.memory.raw, ABI_RING_SIZE(RING_SLOTS + 1),
		kernel_Protection_READ | kernel_Protection_WRITE);
	if (!pages || K0(ring.ring.raw, Ring_bind, .has_notify = true,
			.notify = {copy(supervisor.notification, UINT16_MAX)},
			.bits = RING_BIT) != SK_OK)
		return false;
	sk_kernel_ring_open(&supervisor.ring, ring.ring.raw, pages, supervisor.notification,
		RING_BIT, ring_slots, RING_SLOTS);
	return true;
}

static bool open_archive(void)
{
	struct kernel_System_boot_info_reply info;
	struct kernel_System_boot_memory_reply initrd;
	uint64_t size;

	if (K(own(&supervisor.thread->system), System_boot_info, &info, 0) != SK_OK)
		return false;
	size = info.initrd_size;
	if (K(own(&supervisor.thread->system), System_boot_memory, &initrd,
			.what = kernel_BootMemory_INITRD) != SK_OK)
		return false;
	supervisor.archive = (struct bytes){map(initrd.memory.raw, size,
		kernel_Protection_READ), size};
	return supervisor.archive.at != NULL;
}

/* ---- manifests ---- */

static void know(const struct archive_file *file)
{
	struct objection objection = {0};
	svrctl_Error error = svrctl_Error_QUOTA_EXCEEDED;
	struct server *server = server_place();

	if (server)
		error = svrctl_Error_BAD_MANIFEST;
	if (server && manifest_read(file->content, &server->manifest, &objection))
		error = find_server(server->manifest.head.name) ? svrctl_Error_EXISTS :
			server_adopt(server, file->content, (struct bytes){NULL, 0});
	if (error)
		say("supervisor", "%s is left out: error %d%s%s", file->name, error,
			objection.why ? ", " : "", objection.why ? objection.why : "");
}

static void read_manifests(void)
{
	static const char folder[] = "manifests/";
	struct archive_file file;

	for (uint64_t at = 0; archive_next(supervisor.archive, &at, &file);)
		if (file.is_plain && memcmp(file.name, folder, sizeof(folder) - 1) == 0)
			know(&file);
}

static void start_all(void)
{
	unsigned known = 0;

	for (uint32_t i = 0; i < SERVERS_MAX; i++)
		known += supervisor.servers[i].is_known;
	say("supervisor", "knows %u servers", known);
	for (uint32_t i = 0; i < SERVERS_MAX; i++)
		if (supervisor.servers[i].is_known &&
				supervisor.servers[i].manifest.head.at_boot)
			life_start(&supervisor.servers[i], false);
}

int sk_main(struct sk_thread *thread, uint64_t argument)
{
	int status = SK_OK;

	(void)argument;
	supervisor.thread = thread;
	if (!open_clock() || !open_port() || !open_ring() || !open_archive() ||
			!instance_share_memory()) {
		say("supervisor", "it cannot begin");
		return 1;
	}
	K0(thread->handle, Thread_set_priority, .priority = PRIORITY);
	read_manifests();
	start_all();
	while (status == SK_OK || status == SK_TIMED_OUT)
		status = sk_kernel_port_step(&supervisor.port, life_due());
	say("supervisor", "it cannot go on: %s", sk_status_name(status));
	return 1;
}
