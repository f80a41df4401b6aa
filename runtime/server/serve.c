/*
 * The loop: each request goes to the service, and the client of it, that its badge
 * names; so does what becomes of those that were kept.
 */
#include "runtime/server/serve.h"

#include "kernel.skald.h"
#include "runtime/server/loop.h"

#define DEFAULT_KEPT 64
#define DEFAULT_CLIENTS 64
#define SERVICE_SHIFT 48
#define TOKENS_BESIDE 64

/* ---- clients ---- */

static uint32_t place_of(const struct sk_loop *loop, uint64_t badge)
{
	return (uint32_t)((badge * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & loop->client_mask;
}

/* Where it is, or could be. */
static struct sk_loop_client *find_client(struct sk_loop *loop, uint64_t badge)
{
	uint32_t place = place_of(loop, badge);

	while (loop->clients[place].service && loop->clients[place].badge != badge)
		place = (place + 1) & loop->client_mask;
	return &loop->clients[place];
}

/* What follows moves up, or it would not be found any more. */
static void remove_client(struct sk_loop *loop, struct sk_loop_client *client)
{
	uint32_t hole = (uint32_t)(client - loop->clients), place = hole;

	loop->client_count--;
	for (;;) {
		uint32_t wanted;

		place = (place + 1) & loop->client_mask;
		if (!loop->clients[place].service)
			break;
		wanted = place_of(loop, loop->clients[place].badge);
		if (((place - wanted) & loop->client_mask) <
				((place - hole) & loop->client_mask))
			continue;
		loop->clients[hole] = loop->clients[place];
		hole = place;
	}
	loop->clients[hole].service = NULL;
}

static void gone(void *self, uint64_t badge)
{
	struct sk_loop *loop = self;
	struct sk_loop_client *client = find_client(loop, badge), was = *client;

	if (!was.service)
		return;
	remove_client(loop, client);
	if (was.service->gone)
		was.service->gone(was.self);
}

static uint32_t count_clients(const struct sk_loop *loop, uint32_t program)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i <= loop->client_mask; i++)
		count += loop->clients[i].service &&
			sk_loop_program(loop->clients[i].badge) == program;
	return count;
}

/* NULL: the service does not want it. */
static void *client_self(struct sk_loop *loop, const struct sk_service *service,
	uint64_t badge)
{
	struct sk_loop_client *client;

	if (!service->connected)
		return service->context;
	client = find_client(loop, badge);
	if (client->service)
		return client->self;
	if (!sk_loop_may_have(loop, loop->what.max_clients, loop->client_count,
			sk_loop_program(badge), count_clients))
		return NULL;
	client->self = service->connected(service->context, badge);
	if (!client->self)
		return NULL;
	client->badge = badge;
	client->service = service;
	loop->client_count++;
	return client->self;
}

/* ---- health ---- */

static void check(void *self, const struct svrctl_Health_check_request *request,
	struct sk_reply *to)
{
	struct sk_loop *loop = self;
	const struct svrctl_Health_check_reply reply = {
		.value = request->value,
		.answered = loop->answered,
		.pending = loop->port.kept_now,
	};

	svrctl_Health_check_answer(to, 0, &reply);
}

static void dump(void *self, const struct svrctl_Health_dump_request *request)
{
	struct sk_loop *loop = self;

	(void)request;
	sk_log(loop->os, log_Level_INFO, "%lu requests, %u unanswered, %u clients, "
		"heap %lu of %lu bytes", loop->answered, loop->port.kept_now,
		loop->client_count, loop->os->heap.used, loop->os->heap.committed);
}

static int health(void *self, struct sk_incoming *incoming)
{
	static const struct svrctl_Health_ops ops = {.check = check, .dump = dump};

	return svrctl_Health_dispatch(&ops, self, incoming);
}

/* ---- requests ---- */

static int serve(struct sk_loop *loop, const struct sk_service *service,
	struct sk_incoming *incoming)
{
	struct sk_loop_asked asked = {service, NULL, sk_loop_program(incoming->badge)};

	asked.self = client_self(loop, service, incoming->badge);
	if ((!asked.self && service->connected) ||
			!sk_loop_admit(loop, incoming->reply.token, &asked))
		return sk_refuse(incoming, SK_EXHAUSTED);
	return service->dispatch(asked.self, incoming);
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	struct sk_loop *loop = self;
	uint64_t number = incoming->badge >> SERVICE_SHIFT;

	if (number < loop->what.service_count)
		return serve(loop, &loop->what.services[number], incoming);
	if (number == svrctl_HEALTH_SERVICE)
		return health(loop, incoming);
	return sk_refuse(incoming, SK_UNKNOWN_METHOD);
}

static void canceled(void *self, uint64_t token)
{
	struct sk_loop *loop = self;
	const struct sk_loop_asked *asked;

	if (ABI_TOKEN_INDEX(token) >= loop->token_count)
		return;
	asked = &loop->asked[ABI_TOKEN_INDEX(token)];
	if (asked->service && asked->service->canceled)
		asked->service->canceled(asked->self, token);
}

static const struct sk_object root = {.dispatch = dispatch, .canceled = canceled};

/* ---- signals ---- */

bool sk_loop_reap(struct sk_os *os, uint64_t deadline)
{
	struct sk_completion done;
	struct sk_pending *pending;

	if (sk_ring_next(&os->ring.ring, deadline, &done) != SK_OK)
		return false;
	pending = (struct sk_pending *)(uintptr_t)done.cookie;
	pending->done(pending->self, &done);
	sk_ring_release(&done);
	return true;
}

/* False: there was nothing. */
static bool reap(struct sk_os *os)
{
	bool any = false;

	while (sk_loop_reap(os, SK_POLL))
		any = true;
	return any;
}

static void take_bits(struct sk_os *os, uint64_t bits)
{
	if (bits & SK_LOOP_RING)
		reap(os);
	if (bits & SK_LOOP_TIMER)
		os->loop->timer_time = SK_FOREVER;
	for (uint32_t i = 0; i < os->signal_count; i++)
		if (bits & UINT64_C(1) << i)
			os->signals[i].came(os->signals[i].self);
}

static void notified(void *self, uint64_t bits)
{
	struct sk_loop *loop = self;

	take_bits(loop->os, bits);
}

int sk_os_step(struct sk_os *os, uint64_t deadline)
{
	uint64_t bits;
	int status;

	sk_loop_ring_alarms(os);
	if (reap(os))
		return SK_OK;
	if (os->alarms && os->alarms->time < deadline)
		deadline = os->alarms->time;
	status = sk_sys_wait(sk_kernel_number(os->notification), UINT64_MAX, deadline, &bits);
	if (status == SK_OK)
		take_bits(os, bits);
	return status == SK_WOULD_BLOCK ? SK_TIMED_OUT : status;
}

/* ---- what the supervisor says ---- */

static void await_event(struct sk_os *os)
{
	svrctl_Server_next_event_begin(&os->ring.ring, &os->supervisor.channel,
		sk_pending(&os->event), NULL);
}

static void event_came(void *self, struct sk_completion *done)
{
	struct sk_os *os = self;
	struct svrctl_Server_event event;
	int status = svrctl_Server_next_event_end(done, &event);

	if (status == SK_OK && event.which == svrctl_Server_event_stop) {
		if (os->stop)
			os->stop(os, event.as.stop.grace);
		else
			sk_serve_stop(os);
	}
	if (status == SK_OK)
		await_event(os);
}

/* ---- the loop ---- */

static bool open_tables(struct sk_loop *loop, struct sk_kernel_port_config *config)
{
	struct sk_heap *heap = &loop->os->heap;
	uint32_t places = 8;

	while (places < 2 * loop->what.max_clients)
		places *= 2;
	loop->client_mask = places - 1;
	loop->clients = sk_alloc_zeroed(heap, places * sizeof(struct sk_loop_client));
	/* One is more than can be kept; the kernel makes some more, and uses them in any
	 * order. */
	config->kept_count = loop->token_count = loop->what.max_kept + 1 + TOKENS_BESIDE;
	loop->asked = sk_alloc_zeroed(heap, loop->token_count * sizeof(struct sk_loop_asked));
	config->kept = sk_alloc_zeroed(heap, config->kept_count * sizeof(*config->kept));
	config->session_count = loop->what.max_objects;
	config->sessions = sk_alloc_zeroed(heap,
		config->session_count * sizeof(*config->sessions));
	loop->objects = sk_alloc_zeroed(heap,
		config->session_count * sizeof(*loop->objects));
	return loop->clients && loop->asked && config->kept && config->sessions &&
		loop->objects;
}

/* 0, a status, or an error of the kernel's. */
static int prepare_endpoint(struct sk_os *os, const struct sk_loop *loop,
	struct sk_handle handle)
{
	const struct kernel_Endpoint_bind_request bind = {
		.has_notification = true,
		.notification = {sk_os_copy(os, os->notification,
			kernel_Rights_WAIT | kernel_Rights_TRANSFER)},
	};
	/* One more: there is always a token for the health check. */
	const struct kernel_Endpoint_set_tokens_request tokens = {
		.count = loop->what.max_kept + 1,
	};
	struct kernel_Endpoint_bind_reply bound;
	struct kernel_Endpoint_set_tokens_reply set;
	struct sk_kernel_channel endpoint;
	int status;

	sk_os_channel(os, &endpoint, handle);
	status = kernel_Endpoint_bind(&endpoint.channel, &bind, &bound, NULL);
	return status != SK_OK ? status :
		kernel_Endpoint_set_tokens(&endpoint.channel, &tokens, &set, NULL);
}

static int open_loop(struct sk_os *os, struct sk_loop *loop)
{
	const struct svrctl_Server_endpoint_request request = {0};
	struct svrctl_Server_endpoint_reply reply;
	struct sk_kernel_port_config config = {
		.root = &root, .self = loop, .gone = gone, .notified = notified,
	};
	int status;

	if (!open_tables(loop, &config))
		return SK_EXHAUSTED;
	status = svrctl_Server_endpoint(&os->supervisor.channel, &request, &reply, NULL);
	if (status != SK_OK)
		return status;
	config.endpoint = reply.endpoint.raw;
	status = prepare_endpoint(os, loop, config.endpoint);
	if (status == SK_OK)
		status = sk_kernel_port_open(&loop->port, &os->thread->slots, SK_LOOP_SLOT,
			&config);
	if (status == SK_OK)
		sk_loop_mints(loop);
	return status;
}

static int step(struct sk_loop *loop)
{
	struct sk_os *os = loop->os;
	uint64_t deadline = SK_FOREVER;
	int status;

	if (!sk_loop_is_seen_to(loop)) {
		sk_loop_ring_alarms(os);
		deadline = sk_loop_deadline(loop);
	}
	if (loop->stopping)
		return SK_OK;
	status = sk_kernel_port_step(&loop->port, deadline);
	return status == SK_TIMED_OUT ? SK_OK : status;
}

int sk_serve(struct sk_os *os, const struct sk_serve *what)
{
	static struct sk_loop loop;
	int status;

	loop.os = os;
	loop.timer_time = SK_FOREVER;
	loop.what = *what;
	loop.what.max_kept = what->max_kept ? what->max_kept : DEFAULT_KEPT;
	loop.what.max_clients = what->max_clients ? what->max_clients : DEFAULT_CLIENTS;
	os->loop = &loop;
	os->event = (struct sk_pending){event_came, os};
	status = open_loop(os, &loop);
	if (status == SK_OK)
		await_event(os);
	if (status == SK_OK)
		status = sk_os_ready(os);
	if (status == SK_OK && os->trace) {
		sk_trace_port(&loop.port.port, os->trace);
		sk_loop_trace_on(os);
	}
	while (status == SK_OK && !loop.stopping)
		status = step(&loop);
	sk_kernel_port_flush(&loop.port);
	return status;
}

struct sk_port *sk_serve_port(struct sk_os *os)
{
	return &os->loop->port.port;
}

int sk_serve_send(struct sk_os *os, const struct sk_reply *answered)
{
	struct sk_kernel_port *port = &os->loop->port;

	return port->pending_token == answered->token ? sk_kernel_port_flush(port) : SK_OK;
}

void sk_serve_stop(struct sk_os *os)
{
	if (os->loop)
		os->loop->stopping = true;
}
