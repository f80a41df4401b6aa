/* Begins with the hardware's time, and serves both interfaces. */
#include "servers/clock/clock.h"

struct clock clock_server;

/* ---- clients ---- */

static struct client *add_client(bool is_hardware)
{
	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		struct client *client = &clock_server.clients[i];

		if (client->is_used)
			continue;
		*client = (struct client){.is_used = true, .is_hardware = is_hardware};
		return client;
	}
	return NULL;
}

static void *connected(void *context, uint64_t badge)
{
	(void)context;
	(void)badge;
	return add_client(false);
}

static void *hardware_connected(void *context, uint64_t badge)
{
	(void)context;
	(void)badge;
	return add_client(true);
}

static void gone(void *self)
{
	struct client *client = self;

	sk_events_close(&client->events);
	client->is_used = false;
	hardware_rate();
}

static void canceled(void *self, uint64_t token)
{
	struct client *client = self;

	sk_events_canceled(&client->events, token);
	hardware_canceled(token);
}

/* ---- beginning ---- */

static void begin(void)
{
	int64_t seconds;
	clock_Error error = cmos_read(&seconds);

	if (error) {
		sk_log(clock_server.os, log_Level_WARNING, "the hardware's clock %s: the time of "
			"day is not set", error == clock_Error_NOT_SET ? "has no time" :
			"does not answer");
		return;
	}
	system_begin(seconds);
	hardware_await_tick();
}

int sk_os_main(struct sk_os *os)
{
	static const struct sk_service services[] = {
		{.dispatch = system_dispatch, .connected = connected, .gone = gone,
			.canceled = canceled},
		{.dispatch = hardware_dispatch, .connected = hardware_connected, .gone = gone,
			.canceled = canceled},
	};
	const char *why;

	clock_server.os = os;
	why = system_open() ? hardware_open() : "it may not set the kernel's clock";
	if (why)
		sk_os_give_up(os, 1, why);
	begin();
	return sk_serve(os, &(struct sk_serve){
		.services = services, .service_count = 2, .max_clients = 2 * CLIENTS_MAX,
		.max_kept = 2 * CLIENTS_MAX + 32,
	});
}
