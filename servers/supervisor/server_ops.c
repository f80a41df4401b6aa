/* svrctl.Server: what programs ask for, and get if their manifest says so. */
#include "servers/supervisor/supervisor.h"

#define HEALTH_BADGE ((uint64_t)svrctl_HEALTH_SERVICE << 48)
#define LOG_WINDOW (1000 * MS)
#define ALL (UINT16_MAX)

static struct sk_handle system_handle(void)
{
	return sk_kernel_channel_handle(&supervisor.thread->system);
}

/* ---- its own ---- */

static struct sk_handle own_quota(const struct server *server)
{
	bool has_all = server->manifest.head.grants & svrctl_Grants_SYSTEM;

	/* With CONTROL it could raise its limit; frames for devices need it. */
	return copy(server->now.quota, kernel_Rights_CREATE | kernel_Rights_INSPECT |
		kernel_Rights_DUPLICATE | kernel_Rights_TRANSFER |
		(has_all ? kernel_Rights_CONTROL : 0));
}

static void startup(void *self, const struct svrctl_Server_startup_request *request,
	struct sk_reply *to)
{
	struct server *server = self;
	struct svrctl_Server_startup_reply reply;

	(void)request;
	svrctl_Server_startup_reply_init(&reply);
	reply.space.raw = copy(server->now.space, ALL);
	reply.quota.raw = own_quota(server);
	reply.thread.raw = copy(server->now.thread, ALL);
	reply.clock.raw = copy(sk_kernel_channel_handle(&supervisor.clock),
		kernel_Rights_READ | kernel_Rights_DUPLICATE | kernel_Rights_TRANSFER);
	reply.faults.raw = instance_faults(server, server->now.quota);
	reply.has_names = server->manifest.used_count > 0;
	if (reply.has_names)
		reply.names.raw = mint(supervisor.endpoint, BADGE(BADGE_NAMES,
			server - supervisor.servers, server->number), SESSION_CREDIT, ALL,
			server->now.quota);
	reply.name = server->manifest.head.name;
	reply.instance = server->number - 1;
	svrctl_Server_startup_answer(to, 0, &reply);
}

/* Texts, each with a NUL behind it. */
struct out {
	struct sk_reply *to;
	const struct sk_lease *lease;
	uint64_t size;
	int status;
};

static void put(struct out *out, struct sk_string text)
{
	uint64_t room = out->lease->size;

	if (out->status != SK_OK || out->size + text.size + 1 > room) {
		out->status = out->status != SK_OK ? out->status : SK_TOO_BIG;
		return;
	}
	out->status = sk_lease_write(out->to, out->lease, out->size, text.data, text.size,
		NULL);
	if (out->status == SK_OK)
		out->status = sk_lease_write(out->to, out->lease, out->size + text.size, "",
			1, NULL);
	out->size += text.size + 1;
}

static void arguments(void *self, const struct svrctl_Server_arguments_request *request,
	struct sk_reply *to)
{
	struct server *server = self;
	struct svrctl_Manifest_arguments_list arguments = server->manifest.head.arguments;
	struct svrctl_Manifest_environment_list environment =
		server->manifest.head.environment;
	struct out out = {.to = to, .lease = &request->text};
	struct svrctl_Server_arguments_reply reply;
	struct sk_string text;

	if (request->environment)
		while (svrctl_Manifest_environment_next(&environment, &text))
			put(&out, text);
	else
		while (svrctl_Manifest_arguments_next(&arguments, &text))
			put(&out, text);
	reply.size = (uint32_t)out.size;
	if (out.status != SK_OK)
		sk_answer_error(to, out.status);
	else
		svrctl_Server_arguments_answer(to, 0, &reply);
}

static void endpoint(void *self, const struct svrctl_Server_endpoint_request *request,
	struct sk_reply *to)
{
	struct server *server = self;
	struct svrctl_Server_endpoint_reply reply = {{server->now.receive}};
	struct sk_handle health;

	(void)request;
	if (server->now.receive.raw < 0) {
		svrctl_Server_endpoint_answer(to, svrctl_Error_BAD_STATE, NULL);
		return;
	}
	health = mint(server->now.endpoint, HEALTH_BADGE, 2, ALL, sk_no_handle());
	if (health.raw < 0) {
		svrctl_Server_endpoint_answer(to, svrctl_Error_QUOTA_EXCEEDED, NULL);
		return;
	}
	sk_kernel_channel_open(&server->now.health, NULL, 0, 0, health);
	server->now.health.clock = &supervisor.clock.channel;
	server->now.receive = sk_no_handle();
	svrctl_Server_endpoint_answer(to, 0, &reply);
}

static void who_is(void *self, const struct svrctl_Server_client_request *request,
	struct sk_reply *to)
{
	const struct server *server = self, *client;
	uint32_t service = (uint32_t)(request->badge >> 48);
	uint32_t place = (uint32_t)(request->badge >> 32) & 0xffff;
	struct svrctl_Server_client_reply reply = {0};
	struct kernel_Object_info_reply info;

	if (service >= server->manifest.served_count || place >= SERVERS_MAX ||
			!supervisor.servers[place].is_known) {
		svrctl_Server_client_answer(to, svrctl_Error_NOT_FOUND, NULL);
		return;
	}
	client = &supervisor.servers[place];
	if (is_alive(client) && K(client->now.space, Object_info, &info, 0) == SK_OK)
		reply.space = info.id;
	reply.server = client->manifest.head.name;
	reply.service = server->manifest.served[service].service;
	for (uint32_t i = 0; i < client->manifest.used_count; i++)
		if (same_text(client->manifest.used[i].service, reply.service))
			manifest_rights(&server->manifest.served[service],
				&client->manifest.used[i], &reply.rights);
	svrctl_Server_client_answer(to, 0, &reply);
}

static void ready(void *self, const struct svrctl_Server_ready_request *request,
	struct sk_reply *to)
{
	const struct svrctl_Server_ready_reply reply = {0};

	(void)request;
	svrctl_Server_ready_answer(to, 0, &reply);
	life_ready(self);
}

static void give_up(void *self, const struct svrctl_Server_give_up_request *request,
	struct sk_reply *to)
{
	const struct svrctl_Server_give_up_reply reply = {0};
	struct server *server = self;
	char text[256];

	say(server->manifest.name, "it gives up: %s", plain(request->text, text,
		sizeof(text)));
	server->gives_up = true;
	svrctl_Server_give_up_answer(to, 0, &reply);
	life_kill(server, svrctl_End_EXITED, request->code, 0);
}

/* A hundred lines in a second; those beyond are counted. */
static bool may_log(struct server *server)
{
	struct instance *instance = &server->now;
	uint64_t time = now();

	if (time - instance->log_since >= LOG_WINDOW) {
		if (instance->log_lost > 0)
			say(server->manifest.name, "%u lines were left out",
				instance->log_lost);
		instance->log_lost = 0;
		instance->log_since = time;
		instance->log_left = LOG_LINES;
	}
	if (instance->log_left == 0) {
		instance->log_lost++;
		return false;
	}
	instance->log_left--;
	return true;
}

static void log_line(void *self, const struct svrctl_Server_log_request *request)
{
	struct server *server = self;
	char line[801];

	if (may_log(server))
		say(server->manifest.name, "%s", plain(request->text, line, sizeof(line)));
}

/* ---- hardware ---- */

/* NULL: there is none of this number and kind; else it counts as given. */
static const struct svrctl_Want *wanted(struct server *server, uint32_t number,
	uint32_t which)
{
	if (number >= server->manifest.wanted_count ||
			server->manifest.wanted[number].which != which)
		return NULL;
	return &server->manifest.wanted[number];
}

static struct sk_handle charge(const struct server *server)
{
	return copy(server->now.quota, kernel_Rights_CREATE | kernel_Rights_DUPLICATE);
}

static void ports(void *self, const struct svrctl_Server_ports_request *request,
	struct sk_reply *to)
{
	struct server *server = self;
	const struct svrctl_Want *want = wanted(server, request->number, svrctl_Want_ports);
	struct kernel_System_io_ports_reply made;
	struct svrctl_Server_ports_reply reply;
	struct sk_handle quota;
	int status;

	if (!want) {
		svrctl_Server_ports_answer(to, svrctl_Error_NOT_FOUND, NULL);
		return;
	}
	quota = charge(server);
	status = K(system_handle(), System_io_ports, &made, .charge = {quota},
		.first = want->as.ports.first, .count = want->as.ports.count);
	drop(&quota);
	if (status == SK_OK)
		server->now.given_hardware |= 1u << request->number;
	reply.ports.raw = status == SK_OK ? made.ports.raw : sk_no_handle();
	svrctl_Server_ports_answer(to, as_error(status), &reply);
}

static void memory(void *self, const struct svrctl_Server_memory_request *request,
	struct sk_reply *to)
{
	struct server *server = self;
	const struct svrctl_Want *want = wanted(server, request->number, svrctl_Want_memory);
	struct kernel_System_physical_reply made;
	struct svrctl_Server_memory_reply reply;
	struct sk_handle quota;
	int status;

	if (!want) {
		svrctl_Server_memory_answer(to, svrctl_Error_NOT_FOUND, NULL);
		return;
	}
	quota = charge(server);
	status = K(system_handle(), System_physical, &made, .charge = {quota},
		.address = want->as.memory.address, .length = want->as.memory.length,
		.caching = want->as.memory.caching);
	drop(&quota);
	if (status == SK_OK)
		server->now.given_hardware |= 1u << request->number;
	reply.memory.raw = status == SK_OK ? made.memory.raw : sk_no_handle();
	svrctl_Server_memory_answer(to, as_error(status), &reply);
}

static void interrupt(void *self, const struct svrctl_Server_interrupt_request *request,
	struct sk_reply *to)
{
	struct server *server = self;
	const struct svrctl_Want *want = wanted(server, request->number,
		svrctl_Want_interrupt);
	struct kernel_System_interrupt_reply made;
	struct svrctl_Server_interrupt_reply reply;
	struct sk_handle quota;
	int status;

	if (!want) {
		svrctl_Server_interrupt_answer(to, svrctl_Error_NOT_FOUND, NULL);
		return;
	}
	quota = charge(server);
	status = K(system_handle(), System_interrupt, &made, .charge = {quota},
		.line = want->as.interrupt.line, .trigger = want->as.interrupt.trigger,
		.shared = want->as.interrupt.shared);
	drop(&quota);
	if (status == SK_OK)
		server->now.given_hardware |= 1u << request->number;
	reply.interrupt.raw = status == SK_OK ? made.interrupt.raw : sk_no_handle();
	svrctl_Server_interrupt_answer(to, as_error(status), &reply);
}

static void device(void *self, const struct svrctl_Server_device_request *request,
	struct sk_reply *to)
{
	struct server *server = self;

	if (wanted(server, request->number, svrctl_Want_device))
		hardware_device(server, request->number, request->index, to);
	else
		svrctl_Server_device_answer(to, svrctl_Error_NOT_FOUND, NULL);
}

static void framebuffer(void *self,
	const struct svrctl_Server_framebuffer_request *request, struct sk_reply *to)
{
	const struct svrctl_Want *want = wanted(self, request->number,
		svrctl_Want_framebuffer);

	svrctl_Server_framebuffer_answer(to, want ? svrctl_Error_NO_HARDWARE :
		svrctl_Error_NOT_FOUND, NULL);
}

/* ---- what of the kernel it is granted ---- */

/* Whether it is, of which a note is made. */
static bool is_granted(struct server *server, svrctl_Grants grants)
{
	grants &= server->manifest.head.grants;
	server->now.given_grants |= grants;
	return grants != 0;
}

static void clock_to_set(void *self, const struct svrctl_Server_clock_request *request,
	struct sk_reply *to)
{
	bool is_good = is_granted(self, svrctl_Grants_SET_CLOCK);
	struct svrctl_Server_clock_reply reply = {{sk_no_handle()}};

	(void)request;
	if (is_good)
		reply.clock.raw = copy(sk_kernel_channel_handle(&supervisor.clock), ALL);
	svrctl_Server_clock_answer(to, is_good ? 0 : svrctl_Error_NOT_PERMITTED, &reply);
}

static void trace(void *self, const struct svrctl_Server_trace_request *request,
	struct sk_reply *to)
{
	struct svrctl_Server_trace_reply reply = {{sk_no_handle()}};
	struct kernel_System_trace_reply made;

	(void)request;
	if (!is_granted(self, svrctl_Grants_TRACE)) {
		svrctl_Server_trace_answer(to, svrctl_Error_NOT_PERMITTED, NULL);
		return;
	}
	if (K(system_handle(), System_trace, &made, 0) == SK_OK)
		reply.trace = made.trace;
	svrctl_Server_trace_answer(to, 0, &reply);
}

static void system_object(void *self, const struct svrctl_Server_system_request *request,
	struct sk_reply *to)
{
	struct server *server = self;
	bool has_all = is_granted(server, svrctl_Grants_SYSTEM);
	bool is_good = is_granted(server, svrctl_Grants_SYSTEM_INFO) || has_all;
	struct svrctl_Server_system_reply reply = {{sk_no_handle()}};

	(void)request;
	if (is_good)
		reply.system.raw = copy(system_handle(), has_all ? ALL :
			kernel_Rights_READ | kernel_Rights_WRITE | kernel_Rights_INSPECT |
			kernel_Rights_DUPLICATE | kernel_Rights_TRANSFER);
	svrctl_Server_system_answer(to, is_good ? 0 : svrctl_Error_NOT_PERMITTED, &reply);
}

static void initrd(void *self, const struct svrctl_Server_initrd_request *request,
	struct sk_reply *to)
{
	struct svrctl_Server_initrd_reply reply = {{sk_no_handle()},
		supervisor.archive.size};
	struct kernel_System_boot_memory_reply made;

	(void)request;
	if (!is_granted(self, svrctl_Grants_INITRD)) {
		svrctl_Server_initrd_answer(to, svrctl_Error_NOT_PERMITTED, NULL);
		return;
	}
	if (K(system_handle(), System_boot_memory, &made,
			.what = kernel_BootMemory_INITRD) == SK_OK)
		reply.initrd = made.memory;
	svrctl_Server_initrd_answer(to, 0, &reply);
}

/* ---- all of it ---- */

static struct sk_events *events(void *self)
{
	struct server *server = self;

	return &server->events;
}

int server_dispatch(struct server *server, struct sk_incoming *incoming)
{
	static const struct svrctl_Server_ops ops = {
		.startup = startup,
		.arguments = arguments,
		.endpoint = endpoint,
		.client = who_is,
		.ports = ports,
		.memory = memory,
		.interrupt = interrupt,
		.device = device,
		.framebuffer = framebuffer,
		.clock = clock_to_set,
		.trace = trace,
		.system = system_object,
		.initrd = initrd,
		.ready = ready,
		.log = log_line,
		.give_up = give_up,
		.events = events,
	};

	return svrctl_Server_dispatch(&ops, server, &server->now.state, incoming);
}
