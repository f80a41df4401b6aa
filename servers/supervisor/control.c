/* svrctl.Supervisor: who runs, why not, and otherwise. */
#include "servers/supervisor/supervisor.h"

#include "servers/supervisor/grants.h"

#define LIST_BYTES 3600
#define LIST_MAX 48
#define MANIFEST_MAX 65536
#define THREADS_SHOWN 16

/* ---- sessions ---- */

struct sk_handle control_connect(struct server *client, uint16_t rights)
{
	unsigned own = 0;

	for (uint32_t i = 0; i < CONTROLLERS_MAX; i++)
		own += supervisor.controllers[i].owner == client;
	for (uint32_t i = 0; own < 4 && i < CONTROLLERS_MAX; i++) {
		struct controller *controller = &supervisor.controllers[i];
		struct sk_handle session;

		if (controller->owner)
			continue;
		session = mint(supervisor.endpoint, BADGE(BADGE_CONTROL, i, 0),
			SESSION_CREDIT, rights, client->now.quota);
		if (session.raw < 0)
			return session;
		controller->owner = client;
		controller->number = client->number;
		sk_events_init(&controller->events);
		return session;
	}
	return sk_no_handle();
}

void control_gone(struct controller *controller)
{
	sk_events_close(&controller->events);
	controller->owner = NULL;
}

void control_changed(struct server *server)
{
	const struct svrctl_Supervisor_changed_event event = {
		.name = server->manifest.head.name,
		.state = server->state,
		.reason = server->last_end,
		.code = server->last_code,
	};

	for (uint32_t i = 0; i < CONTROLLERS_MAX; i++)
		if (supervisor.controllers[i].owner)
			svrctl_Supervisor_changed_send(&supervisor.controllers[i].events,
				&event);
}

/* The server of this name, if the client may do this with it; else *error. */
static struct server *allowed(const struct sk_reply *to, uint16_t rights, svrctl_Name name,
	svrctl_Error *error)
{
	struct server *server = find_server(name);

	*error = !sk_allows(to, rights) ? svrctl_Error_NOT_PERMITTED :
		!server ? svrctl_Error_NOT_FOUND : 0;
	return *error ? NULL : server;
}

/* ---- looking ---- */

static const struct server *next_server(struct sk_string after)
{
	const struct server *found = NULL;

	for (uint32_t i = 0; i < SERVERS_MAX; i++) {
		const struct server *server = &supervisor.servers[i];

		if (server->is_known && is_before(after, server->manifest.head.name) &&
				(!found || is_before(server->manifest.head.name,
				found->manifest.head.name)))
			found = server;
	}
	return found;
}

static void list(void *self, const struct svrctl_Supervisor_list_request *request,
	struct sk_reply *to)
{
	struct svrctl_Listed listed[LIST_MAX];
	struct svrctl_Supervisor_list_reply reply = {.servers = {.items = listed}};
	const struct server *server = next_server(request->after);
	uint32_t bytes = 0;

	(void)self;
	if (!sk_allows(to, svrctl_Rights_INSPECT)) {
		svrctl_Supervisor_list_answer(to, svrctl_Error_NOT_PERMITTED, NULL);
		return;
	}
	for (; server && bytes < LIST_BYTES && reply.servers.count < LIST_MAX;
			server = next_server(server->manifest.head.name)) {
		listed[reply.servers.count++] = (struct svrctl_Listed){
			server->manifest.head.name, server->state, server->restarts};
		bytes += server->manifest.head.name.size + 12;
	}
	reply.more = server != NULL;
	svrctl_Supervisor_list_answer(to, 0, &reply);
}

/* Nanoseconds that its threads have used. */
static uint64_t cpu_time(const struct server *server)
{
	struct kernel_Space_open_thread_reply opened = {.id = 0};
	struct kernel_Thread_state_reply state;
	uint64_t time = 0;

	for (unsigned i = 0; i < THREADS_SHOWN; i++) {
		if (K(server->now.space, Space_open_thread, &opened, .from = opened.id + 1)
				!= SK_OK)
			break;
		if (K(opened.thread.raw, Thread_state, &state, 0) == SK_OK)
			time += state.user_time + state.kernel_time;
		drop(&opened.thread.raw);
	}
	return time;
}

static void add_live(const struct server *server, struct svrctl_Condition *condition)
{
	struct kernel_Quota_usage_reply usage;
	struct kernel_Object_info_reply info;
	struct kernel_Endpoint_status_reply endpoint;

	if (K(server->now.space, Object_info, &info, 0) == SK_OK)
		condition->space = info.id;
	if (K(server->now.quota, Quota_usage, &usage, 0) == SK_OK) {
		condition->bytes_used = usage.used.bytes;
		condition->bytes_limit = usage.limit.bytes;
	}
	if (K(server->now.endpoint, Endpoint_status, &endpoint, 0) == SK_OK)
		condition->clients = endpoint.sessions -
			(server->now.health.number != 0);
	condition->cpu_time = cpu_time(server);
}

static void status(void *self, const struct svrctl_Supervisor_status_request *request,
	struct sk_reply *to)
{
	svrctl_Error error;
	const struct server *server = allowed(to, svrctl_Rights_INSPECT, request->name, &error);
	struct svrctl_Supervisor_status_reply reply;

	(void)self;
	if (!server) {
		svrctl_Supervisor_status_answer(to, error, NULL);
		return;
	}
	reply.condition = (struct svrctl_Condition){
		.state = server->state,
		.last_end = server->last_end,
		.last_code = server->last_code,
		.last_address = server->last_address,
		.restarts = server->restarts,
		.started_at = server->started_at,
		.ended_at = server->ended_at,
		.restart_time = server->restart_time,
	};
	if (is_alive(server))
		add_live(server, &reply.condition);
	svrctl_Supervisor_status_answer(to, 0, &reply);
}

static void grants(void *self, const struct svrctl_Supervisor_grants_request *request,
	struct sk_reply *to)
{
	svrctl_Error error;
	struct server *server = allowed(to, svrctl_Rights_INSPECT, request->name, &error);
	struct svrctl_Supervisor_grants_reply reply;
	struct grants_page page;

	(void)self;
	if (server && !is_alive(server))
		error = svrctl_Error_UNAVAILABLE;
	if (error) {
		svrctl_Supervisor_grants_answer(to, error, NULL);
		return;
	}
	grants_list(server, request->from, &page);
	reply.list.items = page.items;
	reply.list.count = page.count;
	reply.next = page.next;
	svrctl_Supervisor_grants_answer(to, 0, &reply);
}

static void manifest(void *self, const struct svrctl_Supervisor_manifest_request *request,
	struct sk_reply *to)
{
	svrctl_Error error;
	const struct server *server = allowed(to, svrctl_Rights_INSPECT, request->name, &error);
	struct svrctl_Supervisor_manifest_reply reply;
	int result;

	(void)self;
	if (!server) {
		svrctl_Supervisor_manifest_answer(to, error, NULL);
		return;
	}
	reply.size = (uint32_t)server->wire.size;
	result = sk_lease_write(to, &request->bytes, 0, server->wire.at,
		reply.size < request->bytes.size ? reply.size : request->bytes.size, NULL);
	if (result != SK_OK)
		sk_answer_error(to, result);
	else
		svrctl_Supervisor_manifest_answer(to, 0, &reply);
}

/* ---- starting and stopping ---- */

/* The answer waits for its state. */
static void wait_for(struct sk_reply *to, enum waiting what, struct server *server,
	bool is_restart)
{
	struct waiter *waiter = wait_add(to, what, server);

	if (!waiter) {
		sk_answer_error(to, svrctl_Error_QUOTA_EXCEEDED);
		return;
	}
	waiter->is_restart = is_restart;
	wait_settle(server);
}

static void start(void *self, const struct svrctl_Supervisor_start_request *request,
	struct sk_reply *to)
{
	svrctl_Error error;
	struct server *server = allowed(to, svrctl_Rights_CONTROL, request->name, &error);

	(void)self;
	if (!server) {
		svrctl_Supervisor_start_answer(to, error, NULL);
		return;
	}
	if (server->state == svrctl_State_STOPPING) {
		server->is_held = false;
		server->starts_again = true;
	}
	life_start(server, true);
	wait_for(to, WAIT_START, server, false);
}

static void stop(void *self, const struct svrctl_Supervisor_stop_request *request,
	struct sk_reply *to)
{
	svrctl_Error error;
	struct server *server = allowed(to, svrctl_Rights_CONTROL, request->name, &error);

	(void)self;
	if (!server) {
		svrctl_Supervisor_stop_answer(to, error, NULL);
		return;
	}
	server->is_held = true;
	server->starts_again = false;
	life_stop(server, request->grace);
	wait_for(to, WAIT_STOP, server, false);
}

static void restart(void *self, const struct svrctl_Supervisor_restart_request *request,
	struct sk_reply *to)
{
	svrctl_Error error;
	struct server *server = allowed(to, svrctl_Rights_CONTROL, request->name, &error);

	(void)self;
	if (!server) {
		svrctl_Supervisor_restart_answer(to, error, NULL);
		return;
	}
	if (is_alive(server)) {
		server->is_held = false;
		server->starts_again = true;
		life_stop(server, request->grace);
	} else {
		life_start(server, true);
	}
	wait_for(to, WAIT_START, server, true);
}

static void kill(void *self, const struct svrctl_Supervisor_kill_request *request,
	struct sk_reply *to)
{
	const struct svrctl_Supervisor_kill_reply reply = {0};
	svrctl_Error error;
	struct server *server = allowed(to, svrctl_Rights_CONTROL, request->name, &error);

	(void)self;
	if (server && !is_alive(server))
		error = svrctl_Error_BAD_STATE;
	svrctl_Supervisor_kill_answer(to, error, &reply);
	if (!error)
		life_kill(server, svrctl_End_KILLED, 0, 0);
}

static void end_all(void *self, const struct svrctl_Supervisor_shut_down_request *request,
	struct sk_reply *to)
{
	const struct svrctl_Supervisor_shut_down_reply reply = {0};

	(void)self;
	if (!sk_allows(to, svrctl_Rights_MANAGE)) {
		svrctl_Supervisor_shut_down_answer(to, svrctl_Error_NOT_PERMITTED, NULL);
		return;
	}
	/* There will be nobody to answer, nor to be answered. */
	svrctl_Supervisor_shut_down_answer(to, 0, &reply);
	shut_down(request->action);
}

/* ---- adding and removing ---- */

static uint64_t pages_of(uint64_t bytes)
{
	return (bytes + SK_PAGE - 1) / SK_PAGE * SK_PAGE;
}

/* Reads all of a lease. */
static int read_lease(const struct sk_reply *to, const struct sk_lease *lease, uint8_t *at)
{
	return sk_lease_read(to, lease, 0, at, lease->size, NULL);
}

struct server *server_place(void)
{
	for (uint32_t i = 0; i < SERVERS_MAX; i++)
		if (!supervisor.servers[i].is_known)
			return &supervisor.servers[i];
	return NULL;
}

void server_forget(struct server *server)
{
	uint32_t number = server->number;

	image_drop(server);
	if (server->pages)
		sk_pages_free(supervisor.thread, server->pages, server->pages_size);
	memset(server, 0, sizeof(*server));
	server->number = number;
}

svrctl_Error server_adopt(struct server *server, struct bytes wire, struct bytes program)
{
	uint32_t number;

	server->wire = wire;
	server->program = program;
	if (!program.at)
		server->program = archive_find(supervisor.archive,
			server->manifest.head.program.data, server->manifest.head.program.size);
	for (uint32_t i = 0; i < server->manifest.served_count; i++)
		if (find_service(server->manifest.served[i].service, &number))
			return svrctl_Error_EXISTS;
	server->is_known = true;
	if (!has_cycle(server))
		return 0;
	server->is_known = false;
	return svrctl_Error_CYCLE;
}

/* In place of one that does not run, if there is one. */
static svrctl_Error replace(struct server *old, struct server *server, struct bytes wire,
	struct bytes program)
{
	svrctl_Error error;

	if (!old)
		return server_adopt(server, wire, program);
	if (!is_over(old))
		return svrctl_Error_BAD_STATE;
	old->is_known = false;
	error = server_adopt(server, wire, program);
	if (error)
		old->is_known = true;
	else
		server_forget(old);
	return error;
}

/* Into new pages, and from there to a server. */
static svrctl_Error add_copied(const struct controller *controller, struct server *server,
	const struct svrctl_Supervisor_add_request *request, struct sk_reply *to)
{
	uint64_t start = pages_of(request->manifest.size);
	struct bytes wire = {server->pages, request->manifest.size}, program = {NULL, 0};
	struct objection objection;

	if (read_lease(to, &request->manifest, server->pages) != SK_OK)
		return svrctl_Error_BAD_MANIFEST;
	if (request->program.size > 0) {
		program = (struct bytes){(uint8_t *)server->pages + start,
			request->program.size};
		if (read_lease(to, &request->program, (uint8_t *)server->pages + start) !=
				SK_OK)
			return svrctl_Error_BAD_PROGRAM;
		if (!elf_read(program, &server->image.elf))
			return svrctl_Error_BAD_PROGRAM;
	}
	if (!manifest_read(wire, &server->manifest, &objection))
		return svrctl_Error_BAD_MANIFEST;
	if (!manifest_is_within(&server->manifest, &controller->owner->manifest))
		return svrctl_Error_NOT_PERMITTED;
	return replace(find_server(server->manifest.head.name), server, wire, program);
}

static void add(void *self, const struct svrctl_Supervisor_add_request *request,
	struct sk_reply *to)
{
	const struct controller *controller = self;
	uint64_t size = pages_of(request->manifest.size) + pages_of(request->program.size);
	struct svrctl_Supervisor_add_reply reply;
	struct server *server = server_place();
	svrctl_Error error = svrctl_Error_QUOTA_EXCEEDED;

	if (!sk_allows(to, svrctl_Rights_MANAGE)) {
		svrctl_Supervisor_add_answer(to, svrctl_Error_NOT_PERMITTED, NULL);
		return;
	}
	if (request->manifest.size == 0) {
		error = svrctl_Error_BAD_MANIFEST;
	} else if (server) {
		server->pages = sk_pages(supervisor.thread, size, NULL);
		server->pages_size = size;
		if (server->pages)
			error = add_copied(controller, server, request, to);
		if (error)
			server_forget(server);
	}
	if (!error)
		reply.name = server->manifest.head.name;
	svrctl_Supervisor_add_answer(to, error, &reply);
}

static void remove_server(void *self, const struct svrctl_Supervisor_remove_request *request,
	struct sk_reply *to)
{
	const struct svrctl_Supervisor_remove_reply reply = {0};
	svrctl_Error error;
	struct server *server = allowed(to, svrctl_Rights_MANAGE, request->name, &error);

	(void)self;
	if (server && !is_over(server))
		error = svrctl_Error_BAD_STATE;
	if (!error)
		server_forget(server);
	svrctl_Supervisor_remove_answer(to, error, &reply);
}

/* ---- all of it ---- */

static struct sk_events *events(void *self)
{
	struct controller *controller = self;

	return &controller->events;
}

int control_dispatch(struct controller *controller, struct sk_incoming *incoming)
{
	static const struct svrctl_Supervisor_ops ops = {
		.list = list,
		.status = status,
		.grants = grants,
		.manifest = manifest,
		.start = start,
		.stop = stop,
		.restart = restart,
		.kill = kill,
		.add = add,
		.remove = remove_server,
		.shut_down = end_all,
		.events = events,
	};

	return svrctl_Supervisor_dispatch(&ops, controller, incoming);
}
