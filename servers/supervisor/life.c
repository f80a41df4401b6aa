/*
 * Lives of servers: what state follows which, when something is due, and why one is
 * not started any more.
 */
#include "servers/supervisor/supervisor.h"

#define SHUT_DOWN_GRACE 2000

/* ---- who is who ---- */

struct server *find_server(struct sk_string name)
{
	for (uint32_t i = 0; i < SERVERS_MAX; i++)
		if (supervisor.servers[i].is_known &&
				same_text(supervisor.servers[i].manifest.head.name, name))
			return &supervisor.servers[i];
	return NULL;
}

struct server *server_of(uint64_t badge)
{
	uint32_t place = (uint32_t)(badge >> 32) & 0xffff;
	struct server *server = place < SERVERS_MAX ? &supervisor.servers[place] : NULL;

	return server && server->is_known && server->number == (uint32_t)badge &&
		is_alive(server) ? server : NULL;
}

struct server *find_service(struct sk_string service, uint32_t *number)
{
	for (uint32_t i = 0; i < SERVERS_MAX; i++) {
		struct server *server = &supervisor.servers[i];

		for (uint32_t k = 0; server->is_known && k < server->manifest.served_count;
				k++)
			if (same_text(server->manifest.served[k].service, service)) {
				*number = k;
				return server;
			}
	}
	return NULL;
}

/* Who serves the i-th service that it uses; NULL: nobody, or the supervisor. */
static struct server *provider(const struct server *server, uint32_t i)
{
	uint32_t number;

	return find_service(server->manifest.used[i].service, &number);
}

/* `seen` has a bit for each that needs no other look. */
static bool leads_to(const struct server *from, const struct server *to, uint64_t *seen)
{
	const struct server *next = hardware_provider(from);
	uint64_t bit = UINT64_C(1) << (from - supervisor.servers);

	if (*seen & bit)
		return false;
	*seen |= bit;
	if (next && (next == to || leads_to(next, to, seen)))
		return true;
	for (uint32_t i = 0; i < from->manifest.used_count; i++) {
		next = provider(from, i);
		if (next && (next == to || leads_to(next, to, seen)))
			return true;
	}
	return false;
}

bool has_cycle(struct server *server)
{
	uint64_t seen = 0;

	return leads_to(server, server, &seen);
}

bool is_own(struct sk_string service)
{
	return is_text(service, OWN_SERVICE);
}

/* ---- states ---- */

bool is_alive(const struct server *server)
{
	return server->state == svrctl_State_STARTING || server->state ==
		svrctl_State_RUNNING || server->state == svrctl_State_STOPPING;
}

bool is_over(const struct server *server)
{
	return server->state == svrctl_State_STOPPED || server->state == svrctl_State_GIVEN_UP;
}

static void begin(struct server *server);

static void set_state(struct server *server, svrctl_State state, uint64_t due)
{
	bool was_up = server->state == svrctl_State_RUNNING;
	bool is_up = state == svrctl_State_RUNNING;

	server->state = state;
	server->due = due;
	control_changed(server);
	if (was_up != is_up)
		names_changed(server);
	wait_settle(server);
	for (uint32_t i = 0; is_up && i < SERVERS_MAX; i++)
		if (supervisor.servers[i].is_known &&
				supervisor.servers[i].state == svrctl_State_BLOCKED)
			begin(&supervisor.servers[i]);
	if (is_up)
		hardware_up(server);
}

static uint64_t after(uint32_t milliseconds)
{
	return now() + milliseconds * MS;
}

/* ---- starting ---- */

/* Whether all that it cannot do without is there; else that is started. */
static bool has_needs(struct server *server)
{
	struct server *platform = hardware_provider(server);
	bool has_all = !platform || platform->state == svrctl_State_RUNNING;

	if (!has_all)
		life_start(platform, false);
	for (uint32_t i = 0; i < server->manifest.used_count; i++) {
		struct server *needed = provider(server, i);

		if (server->manifest.used[i].may_lack || is_own(server->manifest.used[i].service))
			continue;
		if (needed && needed->state == svrctl_State_RUNNING)
			continue;
		has_all = false;
		if (needed)
			life_start(needed, false);
	}
	return has_all;
}

static void begin(struct server *server)
{
	const struct svrctl_HealthCheck *health = &server->manifest.head.health;
	svrctl_Error error;

	/* Before others, which may not start this one again meanwhile. */
	server->state = svrctl_State_BLOCKED;
	server->due = 0;
	if (!has_needs(server)) {
		set_state(server, svrctl_State_BLOCKED, 0);
		return;
	}
	server->ending = svrctl_End_NONE;
	server->gives_up = server->starts_again = false;
	server->started_at = now();
	error = instance_start(server);
	if (!error) {
		set_state(server, svrctl_State_STARTING,
			health->start_deadline ? after(health->start_deadline) : 0);
		return;
	}
	server->last_end = svrctl_End_NOT_STARTED;
	server->last_code = error;
	say(server->manifest.name, "given up: it cannot be started, error %d", error);
	set_state(server, svrctl_State_GIVEN_UP, 0);
}

void life_start(struct server *server, bool again)
{
	if (supervisor.shuts_down || is_alive(server))
		return;
	if (again) {
		server->is_held = false;
		server->recent = 0;
		server->back_off = 0;
	} else if (server->is_held || server->state != svrctl_State_STOPPED) {
		/* It waits for something already, or is not to start. */
		return;
	}
	begin(server);
}

/* Devices are of the instance that gave them; its successor has made them quiet. Who
 * drives one is to take it anew, and cannot but by its own start. */
static void drop_drivers(const struct server *platform)
{
	for (uint32_t i = 0; i < SERVERS_MAX; i++) {
		struct server *driver = &supervisor.servers[i];

		if (driver->is_known && is_alive(driver) && has_device(driver) &&
				hardware_provider(driver) == platform)
			life_kill(driver, svrctl_End_DEVICE_LOST, 0, 0);
	}
}

void life_ready(struct server *server)
{
	uint32_t interval = server->manifest.head.health.interval;

	if (server->state != svrctl_State_STARTING)
		return;
	if (server->ended_at != 0) {
		server->restart_time = now() - server->ended_at;
		say(server->manifest.name, "ready again after %lu us",
			server->restart_time / 1000);
		drop_drivers(server);
	} else {
		say(server->manifest.name, "ready");
	}
	set_state(server, svrctl_State_RUNNING, interval ? after(interval) : 0);
}

/* ---- ending ---- */

void life_kill(struct server *server, svrctl_End end, int32_t code, uint64_t address)
{
	if (!is_alive(server) || server->ending != svrctl_End_NONE)
		return;
	server->ending = end;
	server->last_code = code;
	server->last_address = address;
	K0(server->now.space, Space_kill, .code = code);
	/* It is looked at when it has ended, and not before. */
	server->due = 0;
}

void life_stop(struct server *server, uint32_t grace)
{
	const struct svrctl_Server_stop_event event = {.grace = grace};

	if (!is_alive(server)) {
		if (!is_over(server))
			set_state(server, svrctl_State_STOPPED, 0);
		return;
	}
	if (server->state != svrctl_State_STOPPING)
		set_state(server, svrctl_State_STOPPING, after(grace));
	/* Nobody listens: it would not end by itself. */
	if (grace == 0 || svrctl_Server_stop_send(&server->events, &event) != SK_OK)
		life_kill(server, svrctl_End_STOPPED, 0, 0);
}

/* Whether it has been restarted too often; if not, this one counts. */
static bool is_too_often(struct server *server)
{
	const struct svrctl_Restart *restart = &server->manifest.head.restart;
	uint64_t window = restart->window * MS;

	if (server->recent == 0 || server->ended_at - server->recent_since > window) {
		server->recent = 0;
		server->recent_since = server->ended_at;
	}
	return server->recent++ >= restart->limit;
}

/* Milliseconds; more each time, unless it ran for long. */
static uint32_t next_back_off(struct server *server)
{
	const struct svrctl_Restart *restart = &server->manifest.head.restart;
	uint32_t wait = server->back_off;

	if (wait == 0 || server->ended_at - server->started_at > restart->window * MS)
		wait = restart->back_off;
	if (wait > restart->back_off_max)
		wait = restart->back_off_max;
	server->back_off = wait > UINT32_MAX / 2 ? UINT32_MAX : wait * 2;
	return wait;
}

static bool wants_restart(const struct server *server)
{
	svrctl_RestartPolicy policy = server->manifest.head.restart.policy;

	if (policy == svrctl_RestartPolicy_ON_FAILURE)
		return server->last_end != svrctl_End_EXITED || server->last_code != 0;
	return policy == svrctl_RestartPolicy_ALWAYS;
}

static void give_up(struct server *server, const char *why)
{
	say(server->manifest.name, "given up: %s", why);
	set_state(server, svrctl_State_GIVEN_UP, 0);
}

/* What becomes of one that has died. */
static void follow(struct server *server)
{
	if (server->starts_again && !supervisor.shuts_down) {
		server->restarts++;
		begin(server);
	} else if (supervisor.shuts_down || server->is_held ||
			server->state == svrctl_State_STOPPING) {
		set_state(server, svrctl_State_STOPPED, 0);
	} else if (server->gives_up) {
		give_up(server, "it says so itself");
	} else if (!wants_restart(server)) {
		set_state(server, svrctl_State_STOPPED, 0);
	} else if (is_too_often(server)) {
		give_up(server, "it has died too often");
	} else {
		server->restarts++;
		set_state(server, svrctl_State_WAITING, after(next_back_off(server)));
	}
}

static void died(struct server *server, int32_t code)
{
	static const char *const ends[] = {"", "it ended by itself", "it faulted",
		"it does not answer", "it was not ready in time", "it was stopped",
		"it could not be started", "its device was lost with the platform server",
		"it was killed"};

	server->last_end = server->ending;
	if (server->ending == svrctl_End_NONE) {
		server->last_end = svrctl_End_EXITED;
		server->last_code = code;
		server->last_address = 0;
	}
	if (server->state == svrctl_State_STOPPING)
		server->last_end = svrctl_End_STOPPED;
	server->ended_at = now();
	instance_end(server);
	say(server->manifest.name, "%s, code %d", ends[server->last_end], server->last_code);
	follow(server);
}

void life_look(void)
{
	for (uint32_t i = 0; i < SERVERS_MAX; i++) {
		struct server *server = &supervisor.servers[i];
		struct kernel_Space_state_reply reply;

		if (!server->is_known || !is_alive(server))
			continue;
		if (K(server->now.space, Space_state, &reply, 0) == SK_OK &&
				reply.state == kernel_SpaceState_ENDED)
			died(server, reply.code);
	}
	if (supervisor.shuts_down)
		shut_down(supervisor.action);
}

/* ---- health ---- */

/* It will be looked at: that it does not answer is no wonder. */
static bool is_ending(const struct server *server)
{
	struct kernel_Space_state_reply reply;

	return K(server->now.space, Space_state, &reply, 0) == SK_OK &&
		reply.state != kernel_SpaceState_RUNNING;
}

static void check(struct server *server)
{
	const struct svrctl_HealthCheck *health = &server->manifest.head.health;
	const struct svrctl_Health_check_request request = {.value = server->number};
	const struct sk_call call = {.deadline = after(health->deadline)};
	uint64_t cookie = BADGE(0, server - supervisor.servers, server->number);

	server->due = after(health->interval);
	if (server->now.health.number == 0 || server->now.is_checked)
		return;
	if (svrctl_Health_check_begin(&supervisor.ring.ring, &server->now.health.channel,
			&request, cookie, &call) == SK_OK)
		server->now.is_checked = true;
}

void life_health(void)
{
	struct sk_completion done;

	while (sk_ring_next(&supervisor.ring.ring, SK_POLL, &done) == SK_OK) {
		struct svrctl_Health_check_reply reply;
		struct server *server;
		int status;

		if (done.cookie >> 48 != 0) {
			hardware_came(&done);
			sk_ring_release(&done);
			continue;
		}
		status = svrctl_Health_check_end(&done, &reply);
		server = server_of(done.cookie);
		sk_ring_release(&done);
		if (!server)
			continue;
		server->now.is_checked = false;
		if (status == SK_PEER_CLOSED && is_ending(server))
			continue;
		if (status != SK_OK || reply.value != server->number)
			life_kill(server, svrctl_End_UNHEALTHY, status, 0);
	}
}

/* ---- time ---- */

static void do_due(struct server *server)
{
	server->due = 0;
	switch (server->state) {
	case svrctl_State_STARTING:
		life_kill(server, svrctl_End_NOT_READY, 0, 0);
		break;
	case svrctl_State_RUNNING:
		check(server);
		break;
	case svrctl_State_STOPPING:
		life_kill(server, svrctl_End_STOPPED, 0, 0);
		break;
	case svrctl_State_WAITING:
		begin(server);
		break;
	default:
		break;
	}
}

uint64_t life_due(void)
{
	uint64_t time = 0, next = SK_FOREVER;

	for (uint32_t i = 0; i < SERVERS_MAX; i++) {
		struct server *server = &supervisor.servers[i];

		if (!server->is_known || server->due == 0)
			continue;
		if (time == 0)
			time = now();
		if (server->due <= time)
			do_due(server);
		if (server->due != 0 && server->due < next)
			next = server->due;
	}
	return next;
}

/* ---- the end of all ---- */

static bool is_needed(const struct server *server)
{
	for (uint32_t i = 0; i < SERVERS_MAX; i++) {
		const struct server *other = &supervisor.servers[i];

		if (!other->is_known || !is_alive(other))
			continue;
		if (hardware_provider(other) == server)
			return true;
		for (uint32_t k = 0; k < other->manifest.used_count; k++)
			if (provider(other, k) == server)
				return true;
	}
	return false;
}

void shut_down(kernel_PowerAction action)
{
	bool any = false;

	supervisor.shuts_down = true;
	supervisor.action = action;
	for (uint32_t i = 0; i < SERVERS_MAX; i++) {
		struct server *server = &supervisor.servers[i];

		if (!server->is_known || is_over(server))
			continue;
		any = any || is_alive(server);
		if (server->state != svrctl_State_STOPPING && !is_needed(server))
			life_stop(server, SHUT_DOWN_GRACE);
	}
	if (any)
		return;
	say(NULL, "supervisor: all has ended");
	K0(sk_kernel_channel_handle(&supervisor.thread->system), System_power,
		.action = action);
}
