/* The client of a world, and the values and handles of both sides. See world.h. */
#include "tests/roundtrip/world_parts.h"

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

const struct sk_message_type *world_message(const struct world *world, uint16_t index)
{
	return &world->values.schema->messages[index];
}

size_t world_size_of(const struct world *world, uint16_t message)
{
	return world->values.schema->types[world_message(world, message)->type].size;
}

/* ---- handles of values ---- */

struct walk {
	struct world *world;
	enum sk_loopback_side side;
	bool moves;			/* closes those that move, too */
	unsigned count;
	int32_t handles[SK_HANDLES_MAX];
};

void world_visit(struct world *world, uint16_t message, void *value,
	struct values_visitor visitor)
{
	values_visit(world->values.schema, world_message(world, message)->type, value, &visitor);
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

void world_open_handles(struct world *world, uint16_t message, void *value,
	enum sk_loopback_side side)
{
	struct walk walk = { .world = world, .side = side };

	world_visit(world, message, value, (struct values_visitor){ open_one, NULL, &walk });
}

void world_close_handles(struct world *world, uint16_t message, void *value,
	enum sk_loopback_side side, bool all)
{
	struct walk walk = { .world = world, .side = side, .moves = all };

	world_visit(world, message, value, (struct values_visitor){ close_one, NULL, &walk });
}

unsigned world_order(struct world *world, uint16_t message, const void *value,
	int32_t *handles)
{
	uint8_t bytes[SK_MESSAGE_MAX];
	struct sk_attached attached;

	sk_attach_none(&attached);
	world_message(world, message)->encode(value, bytes, sizeof bytes, &attached);
	for (uint32_t i = 0; i < attached.handle_count; i++)
		handles[i] = attached.handles[i].handle.raw;
	return attached.handle_count;
}

bool world_in_place(struct world *world, uint16_t message, void *sent, void *came,
	const int32_t *out, const int32_t *in, unsigned count)
{
	struct walk one = { .world = world };
	struct walk two = { .world = world };

	world_visit(world, message, sent, (struct values_visitor){ list_one, NULL, &one });
	world_visit(world, message, came, (struct values_visitor){ list_one, NULL, &two });
	if (one.count != count || two.count != count)
		return false;
	for (unsigned i = 0; i < count; i++)
		for (unsigned j = 0; j < count; j++)
			if ((out[j] == one.handles[i]) != (in[j] == two.handles[i]))
				return false;
	return true;
}

/* ---- values that encode ---- */

void *world_value(struct world *world, uint16_t message)
{
	const struct sk_message_type *type = world_message(world, message);
	uint8_t bytes[SK_MESSAGE_MAX];
	struct sk_attached attached;
	void *value = NULL;
	int size = 0;

	for (int smaller = 0; smaller < 7; smaller++) {
		world->values.amount = 40u >> smaller;
		world->values.depth = 5 - smaller;
		value = values_alloc(&world->values, world_size_of(world, message));
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
	deal->request = world_value(world, method->request);
	if (method->reply != SK_NO_INDEX) {
		deal->answer = world_value(world, method->reply);
		deal->reply = values_alloc(&world->values, world_size_of(world, method->reply));
	}
	deal->error = 1 + (int32_t)values_random(&world->values, 1000);
	if (method->error_count != 0)
		deal->error = (int32_t)world->values.schema->values[method->errors
			+ values_random(&world->values, method->error_count)];
	world->current = deal;
	world_visit(world, method->request, deal->request,
		(struct values_visitor){ open_one, lend_one, &walk });
	deal->handle_count = world_order(world, method->request, deal->request, deal->handles);
	if (world->deal_count < WORLD_DEALS)
		world->deals[world->deal_count++] = deal;
	return deal;
}

void world_close(struct world *world)
{
	const struct sk_loopback_ledger *ledger = &world->loop.ledger;

	/* The server has a duty to answer all that it keeps. */
	for (unsigned i = 0; i < world->deal_count; i++)
		if (world->deals[i]->is_kept)
			world_finish_kept(world, world->deals[i]);
	sk_ring_close(&world->ring);
	for (unsigned i = 0; i < world->deal_count; i++)
		if (world->deals[i]->is_flying)
			world_close_handles(world, world->deals[i]->method->request,
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
	world_close_handles(world, deal->method->request, deal->request, SK_LOOPBACK_CLIENT, false);
	for (unsigned i = 0; i < deal->lease_count; i++)
		world_check(world, memcmp(deal->leases[i].memory, deal->leases[i].wanted,
			LEASE_ROOM) == 0, "%s: what was lent holds other bytes than were"
			" written", deal->method->name);
	if (status != 0 || message == SK_NO_INDEX)
		return;
	if (world->damage == DAMAGE_NONE) {
		world_check(world, deal->is_checked && values_same(&world->values,
			world_message(world, message)->type, deal->answer, deal->reply),
			"%s: another reply came", deal->method->name);
		world_check(world, world_in_place(world, message, deal->answer, deal->reply,
			deal->answer_handles, handles, deal->answer_count),
			"%s: handles of the reply changed places", deal->method->name);
	}
	values_touch(&world->values, world_message(world, message)->type, deal->reply);
	world_close_handles(world, message, deal->reply, SK_LOOPBACK_CLIENT, true);
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
	size = world_message(world, message)->encode(is_answer ? deal->answer : deal->request,
		bytes, sizeof bytes, &attached);
	world_check(world, size > 0, "%s: does not encode any more", deal->method->name);
	return size > 0 ? (uint32_t)size : 0;
}

int world_misdirect(struct world *world, struct deal *deal)
{
	struct sk_message *request = &world->loop.channel.request;
	int size = world_message(world, deal->method->request)->encode(deal->request,
		request->bytes, request->capacity, &request->attached);
	int status;

	world->current = deal;
	status = sk_send(&world->loop.channel, size, deal->method->method, NULL);
	world_close_handles(world, deal->method->request, deal->request, SK_LOOPBACK_CLIENT, false);
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
		world_close_handles(world, deal->method->request, deal->request, SK_LOOPBACK_CLIENT,
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
	void *value = world_value(world, event->reply);

	world_open_handles(world, event->reply, value, SK_LOOPBACK_SERVER);
	*status = event->send(&world->events, value);
	world_close_handles(world, event->reply, value, SK_LOOPBACK_SERVER,
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
		if (world_message(world, message)->id == which)
			world_close_handles(world, message, (char *)event + interface->event_offset,
				SK_LOOPBACK_CLIENT, true);
	}
}
