/* A client and a server by reflection. See world.h. */
#include "tests/roundtrip/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void world_check(struct world *world, bool condition, const char *format, ...)
{
	va_list arguments;

	if (condition || world->failure[0] != '\0')
		return;
	va_start(arguments, format);
	vsnprintf(world->failure, sizeof world->failure, format, arguments);
	va_end(arguments);
}

static const struct sk_message_type *message_at(const struct world *world, uint16_t index)
{
	return &world->values.schema->messages[index];
}

static size_t size_of(const struct world *world, uint16_t message)
{
	return world->values.schema->types[message_at(world, message)->type].size;
}

/* ---- handles of values ---- */

struct walk {
	struct world *world;
	enum sk_loopback_side side;
	bool moves;			/* closes those that move, too */
	unsigned count;
	int32_t handles[SK_HANDLES_MAX];
};

static void visit(struct world *world, uint16_t message, void *value,
	struct values_visitor visitor)
{
	values_visit(world->values.schema, message_at(world, message)->type, value, &visitor);
}

static void open_one(void *context, const struct sk_type *type, struct sk_handle *handle)
{
	struct walk *walk = context;

	(void)type;
	*handle = sk_loopback_new_handle(&walk->world->loop, walk->side);
}

static void close_one(void *context, const struct sk_type *type, struct sk_handle *handle)
{
	struct walk *walk = context;

	if (!walk->moves && !(type->flags & SK_TYPE_COPY))
		return;
	if (walk->side == SK_LOOPBACK_CLIENT)
		sk_close(&walk->world->loop.channel, *handle);
	else
		sk_port_close(&walk->world->loop.port, *handle);
}

static void list_one(void *context, const struct sk_type *type, struct sk_handle *handle)
{
	struct walk *walk = context;

	(void)type;
	if (walk->count < SK_HANDLES_MAX)
		walk->handles[walk->count++] = handle->raw;
}

static void open_handles(struct world *world, uint16_t message, void *value,
	enum sk_loopback_side side)
{
	struct walk walk = { .world = world, .side = side };

	visit(world, message, value, (struct values_visitor){ open_one, NULL, &walk });
}

/* After sending: what was copied is still there. All: it was not sent, or came. */
static void close_handles(struct world *world, uint16_t message, void *value,
	enum sk_loopback_side side, bool all)
{
	struct walk walk = { .world = world, .side = side, .moves = all };

	visit(world, message, value, (struct values_visitor){ close_one, NULL, &walk });
}

/* The order in which encoding attaches them. */
static unsigned order_of(struct world *world, uint16_t message, const void *value,
	int32_t *handles)
{
	uint8_t bytes[SK_MESSAGE_MAX];
	struct sk_attached attached;

	sk_attach_none(&attached);
	message_at(world, message)->encode(value, bytes, sizeof bytes, &attached);
	for (uint32_t i = 0; i < attached.handle_count; i++)
		handles[i] = attached.handles[i].handle.raw;
	return attached.handle_count;
}

/* Each handle that came is the one that was sent for its place. */
static bool are_in_place(struct world *world, uint16_t message, void *sent, void *came,
	const int32_t *out, const int32_t *in, unsigned count)
{
	struct walk one = { .world = world };
	struct walk two = { .world = world };

	visit(world, message, sent, (struct values_visitor){ list_one, NULL, &one });
	visit(world, message, came, (struct values_visitor){ list_one, NULL, &two });
	if (one.count != count || two.count != count)
		return false;
	for (unsigned i = 0; i < count; i++)
		for (unsigned j = 0; j < count; j++)
			if ((out[j] == one.handles[i]) != (in[j] == two.handles[i]))
				return false;
	return true;
}

/* ---- values that encode ---- */

/* At random, as large as it may be; its handles are not open yet. */
static void *make_value(struct world *world, uint16_t message)
{
	const struct sk_message_type *type = message_at(world, message);
	uint8_t bytes[SK_MESSAGE_MAX];
	struct sk_attached attached;
	void *value = NULL;
	int size = 0;

	for (int smaller = 0; smaller < 7; smaller++) {
		world->values.amount = 40u >> smaller;
		world->values.depth = 5 - smaller;
		value = values_alloc(&world->values, size_of(world, message));
		values_fill(&world->values, type->type, value);
		sk_attach_none(&attached);
		size = type->encode(value, bytes, sizeof bytes, &attached);
		if (size >= 0)
			return value;
	}
	world_check(world, false, "%s: even a small value does not encode: %s", type->name,
		sk_status_name(size));
	return value;
}

static void lend_one(void *context, const struct sk_type *type, struct sk_lease *lease)
{
	struct walk *walk = context;
	struct world *world = walk->world;
	struct deal *deal = world->current;
	struct lent *lent = &deal->leases[deal->lease_count];
	uint64_t most = world->values.schema->values[type->item];

	if (deal->lease_count == SK_LEASES_MAX)
		return;
	deal->lease_count++;
	lent->size = values_random(&world->values, LEASE_ROOM + 1);
	lent->size = lent->size > most ? most : lent->size;
	lent->direction = type->count;
	for (unsigned i = 0; i < LEASE_ROOM; i++)
		lent->memory[i] = lent->wanted[i] = (uint8_t)values_random(&world->values, 256);
	*lease = type->count == SK_LEASE_IN ? sk_lend(lent->memory, lent->size)
		: type->count == SK_LEASE_OUT ? sk_lend_out(lent->memory, lent->size)
		: sk_lend_both(lent->memory, lent->size);
}

struct deal *world_deal(struct world *world, const struct sk_method_type *method,
	enum plan plan)
{
	struct deal *deal = values_alloc(&world->values, sizeof *deal);
	struct walk walk = { .world = world, .side = SK_LOOPBACK_CLIENT };

	deal->method = method;
	deal->plan = plan;
	deal->request = make_value(world, method->request);
	if (method->reply != SK_NO_INDEX) {
		deal->answer = make_value(world, method->reply);
		deal->reply = values_alloc(&world->values, size_of(world, method->reply));
	}
	deal->error = 1 + (int32_t)values_random(&world->values, 1000);
	if (method->error_count != 0)
		deal->error = (int32_t)world->values.schema->values[method->errors
			+ values_random(&world->values, method->error_count)];
	world->current = deal;
	visit(world, method->request, deal->request,
		(struct values_visitor){ open_one, lend_one, &walk });
	deal->handle_count = order_of(world, method->request, deal->request, deal->handles);
	if (world->deal_count < WORLD_DEALS)
		world->deals[world->deal_count++] = deal;
	return deal;
}

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

	open_handles(world, message, deal->answer, SK_LOOPBACK_SERVER);
	deal->answer_count = order_of(world, message, deal->answer, deal->answer_handles);
	status = deal->method->answer(to, 0, deal->answer);
	deal->is_answered = status == 0;
	world_check(world, status == 0 ? !deal->is_over : may_fail(world, status),
		"%s: answering gave %s", deal->method->name, sk_status_name(status));
	close_handles(world, message, deal->answer, SK_LOOPBACK_SERVER, false);
	/* Once more: by the right that was used up, and by a copy of it. */
	if (world->is_deadly || world->is_tight || values_random(&world->values, 4) != 0)
		return;
	void *more = make_value(world, message);
	bool is_copy = values_random(&world->values, 2) != 0;
	open_handles(world, message, more, SK_LOOPBACK_SERVER);
	status = deal->method->answer(is_copy ? &again : to, 0, more);
	world_check(world, status == SK_BAD_TOKEN, "%s: a second answer gave %s",
		deal->method->name, sk_status_name(status));
	close_handles(world, message, more, SK_LOOPBACK_SERVER, !is_copy);
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

static void finish_kept(struct world *world, struct deal *deal)
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

	world_check(world, values_same(&world->values, message_at(world, message)->type,
		deal->request, request), "%s: another request arrived", deal->method->name);
	world_check(world, world->arrived_count == deal->handle_count
		&& are_in_place(world, message, deal->request, request, deal->handles,
			world->arrived, deal->handle_count),
		"%s: handles of the request changed places", deal->method->name);
}

static bool is_request_damaged(const struct world *world)
{
	return world->damage == DAMAGE_REQUEST || world->damage == DAMAGE_REQUEST_MORE;
}

static void serve(struct sk_reflect_server *server, const struct sk_method_type *method,
	const void *request, struct sk_reply *to)
{
	struct world *world = (struct world *)(void *)server;
	struct deal *deal = world->current;
	struct taking taking = { deal, 0 };
	void *copy = values_alloc(&world->values, size_of(world, method->request));

	memcpy(copy, request, size_of(world, method->request));
	if (deal == NULL || deal->method != method || is_request_damaged(world)) {
		/* Damage can make another request of it. */
		world_check(world, is_request_damaged(world),
			"%s: called, but nobody did", method->name);
		world->strangers++;
		values_touch(&world->values, message_at(world, method->request)->type, copy);
		close_handles(world, method->request, copy, SK_LOOPBACK_SERVER, true);
		return;
	}
	deal->requests++;
	check_request(world, deal, copy);
	visit(world, method->request, copy, (struct values_visitor){ NULL, take_lease, &taking });
	close_handles(world, method->request, copy, SK_LOOPBACK_SERVER, true);
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

/* ---- damage ---- */

static struct sk_handle one_more(struct world *world)
{
	return sk_loopback_new_handle(&world->loop, SK_LOOPBACK_SERVER);
}

static void damage_handles(struct world *world, struct sk_attached *attached)
{
	uint32_t last = attached->handle_count - 1;

	switch (values_random(&world->values, 3)) {
	case 0:
		if (attached->handle_count < SK_HANDLES_MAX)
			sk_attach_handle(attached, one_more(world), SK_RIGHTS_ALL, false);
		break;
	case 1:
		if (attached->handle_count == 0)
			break;
		if (!attached->handles[last].copy)
			sk_port_close(&world->loop.port, attached->handles[last].handle);
		attached->handle_count--;
		break;
	default:
		if (attached->handle_count != 0)
			attached->handles[last].rights = 0;
	}
}

static void damage_leases(struct world *world, struct sk_attached *attached)
{
	uint32_t last = attached->lease_count - 1;
	struct sk_lease more = { NULL, 0, 1, SK_LEASE_INOUT };

	switch (values_random(&world->values, 4)) {
	case 0:
		sk_attach_lease(attached, &more, SK_LEASE_INOUT, 0);
		break;
	case 1:
		attached->lease_count -= attached->lease_count != 0;
		break;
	case 2:
		if (attached->lease_count != 0)
			attached->leases[last].direction = 0;
		break;
	default:
		if (attached->lease_count != 0)
			attached->leases[last].size = UINT64_MAX;
	}
}

static void add_more(struct world *world, struct sk_attached *attached)
{
	struct sk_lease more = { NULL, 0, 1, SK_LEASE_INOUT };

	/* Nothing is lent with a reply. */
	if (world->damage == DAMAGE_REPLY_MORE || attached->lease_count == SK_LEASES_MAX
	    || values_random(&world->values, 2) == 0)
		sk_attach_handle(attached, one_more(world), SK_RIGHTS_ALL, false);
	else
		sk_attach_lease(attached, &more, SK_LEASE_INOUT, 0);
}

static void damage_message(struct world *world, struct sk_message *message)
{
	uint32_t times = 1 + values_random(&world->values, 2);

	if (world->damage == DAMAGE_REQUEST_MORE || world->damage == DAMAGE_REPLY_MORE) {
		add_more(world, &message->attached);
		return;
	}
	while (times-- > 0) {
		switch (values_random(&world->values, 6)) {
		case 0:
			message->size = values_random(&world->values, message->size + 1);
			break;
		case 1:
			damage_handles(world, &message->attached);
			break;
		case 2:
			damage_leases(world, &message->attached);
			break;
		default:
			if (message->size != 0)
				message->bytes[values_random(&world->values, message->size)]
					^= (uint8_t)(1 << values_random(&world->values, 8));
		}
	}
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	struct world *world = self;
	struct sk_attached *attached = &incoming->message->attached;

	if (is_request_damaged(world))
		damage_message(world, incoming->message);
	world->arrived_count = attached->handle_count;
	for (uint32_t i = 0; i < attached->handle_count; i++)
		world->arrived[i] = attached->handles[i].handle.raw;
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
		damage_message(world, &port->answer);
	return world->loopback_ops->answer(port, reply);
}

/* ---- what the transport calls ---- */

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
	finish_kept(world, deal);
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
			finish_kept(world, deal);
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

void world_close(struct world *world)
{
	const struct sk_loopback_ledger *ledger = &world->loop.ledger;

	/* The server has a duty to answer all that it keeps. */
	for (unsigned i = 0; i < world->deal_count; i++)
		if (world->deals[i]->is_kept)
			finish_kept(world, world->deals[i]);
	sk_ring_close(&world->ring);
	for (unsigned i = 0; i < world->deal_count; i++)
		if (world->deals[i]->is_flying)
			close_handles(world, world->deals[i]->method->request,
				world->deals[i]->request, SK_LOOPBACK_CLIENT, false);
	sk_loopback_close(&world->loop);
	world_check(world, world->loop.server_gone || sk_loopback_unanswered(&world->loop) == 0,
		"%u requests were never answered", sk_loopback_unanswered(&world->loop));
	world_check(world, ledger->mistakes == 0,
		"%u handles closed twice, or used after they moved", ledger->mistakes);
	world_check(world, ledger->opened == ledger->closed, "%u handles leaked",
		ledger->opened - ledger->closed);
	values_free(&world->values);
}

/* ---- the client ---- */

int deal_status(const struct deal *deal)
{
	switch (deal->plan) {
	case PLAN_ERROR:
	case PLAN_ERROR_LATER:
		return deal->error;
	case PLAN_DROP:
	case PLAN_DROP_LATER:
		return SK_PEER_DROPPED;
	case PLAN_NEVER:
		return SK_TIMED_OUT;
	default:
		return SK_OK;
	}
}

/* What the client has after a call: the reply, what it lent, its copies. */
static void take_reply(struct world *world, struct deal *deal, int status,
	const struct sk_attached *came)
{
	uint16_t message = deal->method->reply;
	int32_t handles[SK_HANDLES_MAX];

	for (uint32_t i = 0; i < SK_HANDLES_MAX; i++)
		handles[i] = came->handles[i].handle.raw;
	deal->is_flying = false;
	close_handles(world, deal->method->request, deal->request, SK_LOOPBACK_CLIENT, false);
	for (unsigned i = 0; i < deal->lease_count; i++)
		world_check(world, memcmp(deal->leases[i].memory, deal->leases[i].wanted,
			LEASE_ROOM) == 0, "%s: what was lent holds other bytes than were"
			" written", deal->method->name);
	if (status != 0 || message == SK_NO_INDEX)
		return;
	if (world->damage == DAMAGE_NONE) {
		world_check(world, deal->is_checked && values_same(&world->values,
			message_at(world, message)->type, deal->answer, deal->reply),
			"%s: another reply came", deal->method->name);
		world_check(world, are_in_place(world, message, deal->answer, deal->reply,
			deal->answer_handles, handles, deal->answer_count),
			"%s: handles of the reply changed places", deal->method->name);
	}
	values_touch(&world->values, message_at(world, message)->type, deal->reply);
	close_handles(world, message, deal->reply, SK_LOOPBACK_CLIENT, true);
}

int world_call(struct world *world, struct deal *deal, const struct sk_call *call)
{
	int status;

	world->current = deal;
	status = deal->method->call(&world->loop.channel, deal->request, deal->reply, call);
	take_reply(world, deal, status, &world->loop.channel.reply.attached);
	world_check(world, world->loop.client_gone
		|| world->loop.channel.reply.attached.handle_count == 0,
		"%s: handles that nobody took are open after the call", deal->method->name);
	world->current = NULL;
	return status;
}

uint32_t world_size(struct world *world, const struct deal *deal, bool is_answer)
{
	uint16_t message = is_answer ? deal->method->reply : deal->method->request;
	uint8_t bytes[SK_MESSAGE_MAX];
	struct sk_attached attached;
	int size;

	sk_attach_none(&attached);
	size = message_at(world, message)->encode(is_answer ? deal->answer : deal->request,
		bytes, sizeof bytes, &attached);
	world_check(world, size > 0, "%s: does not encode any more", deal->method->name);
	return size > 0 ? (uint32_t)size : 0;
}

int world_misdirect(struct world *world, struct deal *deal)
{
	struct sk_message *request = &world->loop.channel.request;
	int size = message_at(world, deal->method->request)->encode(deal->request,
		request->bytes, request->capacity, &request->attached);
	int status;

	world->current = deal;
	status = sk_send(&world->loop.channel, size, deal->method->method, NULL);
	close_handles(world, deal->method->request, deal->request, SK_LOOPBACK_CLIENT, false);
	world->current = NULL;
	return status;
}

int world_begin(struct world *world, struct deal *deal, uint64_t cookie,
	const struct sk_call *call)
{
	int status;

	world->current = deal;
	status = deal->method->begin(&world->ring, &world->loop.channel, deal->request,
		cookie, call);
	deal->is_flying = status == 0;
	if (status != 0)
		close_handles(world, deal->method->request, deal->request, SK_LOOPBACK_CLIENT,
			status == SK_WOULD_BLOCK);
	world->current = NULL;
	return status;
}

int world_end(struct world *world, struct deal *deal, struct sk_completion *done)
{
	int status = deal->method->end(done, deal->reply);

	take_reply(world, deal, status, &done->slot->reply.attached);
	sk_ring_release(done);
	return status;
}

/* ---- events ---- */

void *world_send(struct world *world, const struct sk_method_type *event, int *status)
{
	void *value = make_value(world, event->reply);

	open_handles(world, event->reply, value, SK_LOOPBACK_SERVER);
	*status = event->send(&world->events, value);
	close_handles(world, event->reply, value, SK_LOOPBACK_SERVER,
		*status == SK_WOULD_BLOCK);
	return value;
}

void world_take_event(struct world *world, void *event)
{
	const struct sk_interface_type *interface = world->interface;
	uint32_t which;

	memcpy(&which, event, sizeof which);
	for (unsigned i = 0; i < interface->event_count; i++) {
		uint16_t message = world->values.schema->methods[interface->methods[
			interface->method_count + i]].reply;
		if (message_at(world, message)->id == which)
			close_handles(world, message, (char *)event + interface->event_offset,
				SK_LOOPBACK_CLIENT, true);
	}
}
