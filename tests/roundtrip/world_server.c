/* The server of a world, and what the transport calls. See world.h. */
#include "tests/roundtrip/world_parts.h"

#include <string.h>

#include "runtime/codec.h"

/* ---- the server ---- */

/* The answer is what nobody waits for, or what its sender could not know. */
static bool may_fail(const struct world *world, int status)
{
	return status == SK_CANCELED || status == SK_PEER_CLOSED || world->is_deadly
		|| world->damage >= DAMAGE_REPLY || (world->is_tight && status == SK_TOO_BIG);
}

static void answer(struct world *world, struct deal *deal, struct sk_reply *to)
{
	uint16_t message = deal->method->reply;
	struct sk_reply again = *to;
	int status;

	world_open_handles(world, message, deal->answer, SK_LOOPBACK_SERVER);
	deal->answer_count = world_order(world, message, deal->answer, deal->answer_handles);
	status = deal->method->answer(to, 0, deal->answer);
	deal->is_answered = status == 0;
	world_check(world, status == 0 ? !deal->is_over : may_fail(world, status),
		"%s: answering gave %s", deal->method->name, sk_status_name(status));
	world_close_handles(world, message, deal->answer, SK_LOOPBACK_SERVER, false);
	/* Once more: by the right that was used up, and by a copy of it. */
	if (world->is_deadly || world->is_tight || values_random(&world->values, 4) != 0)
		return;
	void *more = world_value(world, message);
	bool is_copy = values_random(&world->values, 2) != 0;
	world_open_handles(world, message, more, SK_LOOPBACK_SERVER);
	status = deal->method->answer(is_copy ? &again : to, 0, more);
	world_check(world, status == SK_BAD_TOKEN, "%s: a second answer gave %s",
		deal->method->name, sk_status_name(status));
	world_close_handles(world, message, more, SK_LOOPBACK_SERVER, !is_copy);
}

static void check_access(struct world *world, const struct deal *deal, int status,
	int wanted, const char *what)
{
	world_check(world, status == wanted || (world->is_deadly && (status == SK_PEER_CLOSED
		|| status == SK_CANCELED)), "%s: %s a lease gave %s", deal->method->name,
		what, sk_status_name(status));
}

/* Reads and writes what was lent, in two pieces, and beyond it in vain. */
static void use_lease(struct world *world, struct deal *deal, struct lent *lent,
	const struct sk_reply *to)
{
	uint64_t first = values_random(&world->values, (uint32_t)lent->size + 1);
	uint8_t bytes[LEASE_ROOM];
	int one;
	int two;

	if (lent->direction & SK_LEASE_IN) {
		one = sk_lease_read(to, &lent->taken, 0, bytes, first, NULL);
		two = sk_lease_read(to, &lent->taken, first, bytes + first,
			lent->size - first, NULL);
		check_access(world, deal, one != 0 ? one : two, 0, "reading");
		world_check(world, one != 0 || two != 0
			|| memcmp(bytes, lent->memory, (size_t)lent->size) == 0,
			"%s: other bytes were read than lent", deal->method->name);
	} else {
		check_access(world, deal, sk_lease_read(to, &lent->taken, 0, bytes, 0, NULL),
			SK_BAD_LEASE, "reading what may only be written of");
	}
	for (unsigned i = 0; i < LEASE_ROOM; i++)
		bytes[i] = (uint8_t)values_random(&world->values, 256);
	if (lent->direction & SK_LEASE_OUT) {
		one = sk_lease_write(to, &lent->taken, first, bytes, lent->size - first, NULL);
		check_access(world, deal, one, 0, "writing");
		if (one == 0)
			memcpy(lent->wanted + first, bytes, (size_t)(lent->size - first));
	} else {
		check_access(world, deal, sk_lease_write(to, &lent->taken, 0, bytes, 0, NULL),
			SK_BAD_LEASE, "writing what may only be read of");
	}
	one = sk_lease_write(to, &lent->taken, first, bytes, lent->size - first + 1, NULL);
	check_access(world, deal, one, SK_BAD_LEASE, "writing beyond");
}

static void use_leases(struct world *world, struct deal *deal, const struct sk_reply *to)
{
	for (unsigned i = 0; i < deal->lease_count; i++)
		use_lease(world, deal, &deal->leases[i], to);
}

/* Does what the plan says with the request that `to` answers. */
static void carry_out(struct world *world, struct deal *deal, struct sk_reply *to)
{
	struct sk_reply ended = *to;
	int status;

	if (!deal->is_over)
		use_leases(world, deal, to);
	switch (deal->plan) {
	case PLAN_ERROR:
	case PLAN_ERROR_LATER:
		status = deal->method->answer(to, deal->error, NULL);
		deal->is_answered = status == 0;
		world_check(world, status == 0 ? !deal->is_over : may_fail(world, status),
			"%s: an error gave %s", deal->method->name, sk_status_name(status));
		break;
	case PLAN_DROP:
	case PLAN_DROP_LATER:
		sk_reply_drop(to);
		break;
	default:
		answer(world, deal, to);
	}
	for (unsigned i = 0; i < deal->lease_count && !world->is_deadly; i++) {
		uint64_t done;
		status = sk_lease_write(&ended, &deal->leases[i].taken, 0, "", 0, &done);
		world_check(world, status == SK_BAD_TOKEN
			|| (status == SK_BAD_LEASE && deal->leases[i].direction == SK_LEASE_IN),
			"%s: a lease lasted longer than its call: %s", deal->method->name,
			sk_status_name(status));
	}
}

static void keep(struct deal *deal, struct sk_reply *to)
{
	deal->is_kept = true;
	deal->kept = sk_reply_keep(to);
}

void world_finish_kept(struct world *world, struct deal *deal)
{
	deal->is_kept = false;
	carry_out(world, deal, &deal->kept);
}

struct taking {
	struct deal *deal;
	unsigned count;
};

static void take_lease(void *context, const struct sk_type *type, struct sk_lease *lease)
{
	struct taking *taking = context;

	(void)type;
	if (taking->count < taking->deal->lease_count)
		taking->deal->leases[taking->count++].taken = *lease;
}

/* What arrived is what was sent, with every handle in its place. */
static void check_request(struct world *world, struct deal *deal, void *request)
{
	uint16_t message = deal->method->request;

	world_check(world, values_same(&world->values, world_message(world, message)->type,
		deal->request, request), "%s: another request arrived", deal->method->name);
	world_check(world, world->arrived_count == deal->handle_count
		&& world_in_place(world, message, deal->request, request, deal->handles,
			world->arrived, deal->handle_count),
		"%s: handles of the request changed places", deal->method->name);
}

static void serve(struct sk_reflect_server *server, const struct sk_method_type *method,
	const void *request, struct sk_reply *to)
{
	struct world *world = (struct world *)(void *)server;
	struct deal *deal = world->current;
	struct taking taking = { deal, 0 };
	void *copy = values_alloc(&world->values, world_size_of(world, method->request));

	memcpy(copy, request, world_size_of(world, method->request));
	if (deal == NULL || deal->method != method || world_request_is_damaged(world)) {
		/* Damage can make another request of it. */
		world_check(world, world_request_is_damaged(world),
			"%s: called, but nobody did", method->name);
		world->strangers++;
		values_touch(&world->values, world_message(world, method->request)->type, copy);
		world_close_handles(world, method->request, copy, SK_LOOPBACK_SERVER, true);
		return;
	}
	deal->requests++;
	check_request(world, deal, copy);
	world_visit(world, method->request, copy, (struct values_visitor){ NULL, take_lease, &taking });
	world_close_handles(world, method->request, copy, SK_LOOPBACK_SERVER, true);
	deal->is_checked = true;
	if (to == NULL)
		return;
	deal->deadline = to->deadline;
	if (deal->plan >= PLAN_LATER)
		keep(deal, to);
	else if (deal->plan == PLAN_DROP && values_random(&world->values, 2) != 0)
		use_leases(world, deal, to);	/* and forgets it */
	else
		carry_out(world, deal, to);
}

static struct sk_events *events_of(struct sk_reflect_server *server)
{
	return &((struct world *)(void *)server)->events;
}

/* ---- states ---- */

static int swallow(struct sk_port *port, const struct sk_reply *reply)
{
	(void)port, (void)reply;
	return SK_OK;
}

/* Dispatch says so of its id, before it finds that nothing else is right. */
bool world_refuses(const struct world *world, const struct sk_method_type *method,
	uint8_t state)
{
	static const struct sk_port_ops ops = { .answer = swallow };
	uint8_t bytes[8] = { 0, 0, 0, 0, 255, 255, 255, 255 }, answer[64];
	struct sk_message message = { .bytes = bytes, .size = sizeof bytes,
		.capacity = sizeof bytes };
	struct sk_reflect_server server = { .state = &state };
	struct sk_port port = world->loop.port;
	struct sk_incoming incoming = { .port = &port, .message = &message,
		.reply = { .port = &port, .token = 1 } };

	sk_put_uint32(bytes, world_message(world, method->request)->id);
	port.ops = &ops;
	port.answer = (struct sk_message){ .bytes = answer, .capacity = sizeof answer };
	return world->interface->dispatch(&server, &incoming) == SK_WRONG_STATE;
}

/* The order of calls is not what is tried here (fuzz/session_state.c does that): the
 * server is in some state in which it allows what comes. */
static void choose_state(struct world *world, const struct sk_method_type *method)
{
	unsigned some = values_random(&world->values, WORLD_STATES);

	for (unsigned i = 0; i < WORLD_STATES; i++) {
		world->state = (uint8_t)((some + i) % WORLD_STATES);
		if (!world_refuses(world, method, world->state))
			return;
	}
}

/* ---- what the transport calls ---- */

static int dispatch(void *self, struct sk_incoming *incoming)
{
	struct world *world = self;
	struct sk_attached *attached = &incoming->message->attached;

	if (world_request_is_damaged(world))
		world_damage(world, incoming->message);
	world->arrived_count = attached->handle_count;
	for (uint32_t i = 0; i < attached->handle_count; i++)
		world->arrived[i] = attached->handles[i].handle.raw;
	if (world->current != NULL && !world->is_pinned)
		choose_state(world, world->current->method);
	world->server.state = &world->state;
	return world->interface->dispatch(&world->server, incoming);
}

static int send_answer(struct sk_port *port, const struct sk_reply *reply)
{
	struct sk_loopback *loop = (struct sk_loopback *)(void *)((uint8_t *)port
		- offsetof(struct sk_loopback, port));
	struct world *world = loop->self;

	world_check(world, sk_message_id(&port->answer) != SK_STATUS_ID
		|| port->answer.attached.handle_count == 0, "handles travel with a status");
	if (world->damage >= DAMAGE_REPLY)
		world_damage(world, &port->answer);
	return world->loopback_ops->answer(port, reply);
}

/* One of those that are kept, in any order; NULL: none can be answered. */
static struct deal *choose_kept(struct world *world)
{
	uint32_t start = values_random(&world->values, WORLD_DEALS);

	for (uint32_t i = 0; i < world->deal_count; i++) {
		struct deal *deal = world->deals[(start + i) % world->deal_count];
		if (deal->is_kept && deal->plan != PLAN_NEVER)
			return deal;
	}
	return NULL;
}

static bool step(void *self)
{
	struct world *world = self;
	struct deal *deal = choose_kept(world);
	const struct sk_method_type *event = world->event;
	int status;

	if (world->cancels)
		world->cancel = 1;
	if (event != NULL) {
		world->event = NULL;
		world_send(world, event, &status);
		return true;
	}
	if (deal == NULL)
		return world->cancels;
	world_finish_kept(world, deal);
	return true;
}

static void canceled(void *self, uint64_t token)
{
	struct world *world = self;

	/* A server that does not care finds out when it sends. */
	if (values_random(&world->values, 2) != 0)
		sk_events_canceled(&world->events, token);
	for (unsigned i = 0; i < world->deal_count; i++) {
		struct deal *deal = world->deals[i];
		if (!deal->is_kept || deal->kept.token != token)
			continue;
		deal->is_over = true;
		if (values_random(&world->values, 2) != 0)
			world_finish_kept(world, deal);
	}
}

static void gone(void *self)
{
	sk_events_close(&((struct world *)self)->events);
}

/* A new server, which knows nothing of what the old one had kept. */
static int reconnect(void *self, uint64_t deadline)
{
	struct world *world = self;

	(void)deadline;
	if (world->reconnects == 0)
		return SK_PEER_CLOSED;
	world->reconnects--;
	for (unsigned i = 0; i < world->deal_count; i++)
		world->deals[i]->is_kept = false;
	sk_events_init(&world->events);
	return 0;
}

void world_open(struct world *world, const struct sk_schema *schema,
	const struct sk_interface_type *interface, uint64_t seed)
{
	memset(world, 0, sizeof *world);
	world->server.request = serve;
	world->server.events = events_of;
	world->interface = interface;
	world->values.schema = schema;
	world->values.state = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
	sk_loopback_init(&world->loop);
	world->loop.self = world;
	world->loop.dispatch = dispatch;
	world->loop.step = step;
	world->loop.canceled = canceled;
	world->loop.gone = gone;
	world->loop.reconnect = reconnect;
	world->loop.now = 1000;
	world->loopback_ops = world->loop.port.ops;
	world->port_ops = *world->loop.port.ops;
	world->port_ops.answer = send_answer;
	world->loop.port.ops = &world->port_ops;
	sk_ring_init(&world->ring, &sk_loopback_ring_ops, world->slots, WORLD_SLOTS, NULL);
	sk_events_init(&world->events);
}
