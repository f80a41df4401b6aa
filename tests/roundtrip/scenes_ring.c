/* Calls that do not wait, and events. See scenes.h. */
#include "tests/roundtrip/scenes.h"

#include <string.h>

#define TURNS 60

static const struct sk_call for_ever = { SK_FOREVER, NULL };

/* ---- rings ---- */

/* A method at random that has an answer; NULL if there is none. */
static const struct sk_method_type *any_method(struct stage *stage)
{
	unsigned count = stage->interface->method_count;
	unsigned start = count == 0 ? 0 : values_random(&stage->world.values, count);

	for (unsigned i = 0; i < count; i++) {
		const struct sk_method_type *method = stage_method(stage, (start + i) % count);
		if (method->reply != SK_NO_INDEX)
			return method;
	}
	return NULL;
}

struct flight {
	struct deal *deals[WORLD_SLOTS];
	int wanted[WORLD_SLOTS];
	unsigned count;
};

/* Begins one more call; its cookie is its place. */
static void begin_one(struct stage *stage, struct flight *flight)
{
	struct world *world = &stage->world;
	enum plan plan = (enum plan)values_random(&world->values, PLAN_COUNT);
	struct deal *deal = world_deal(world, any_method(stage), plan);
	struct sk_call call = { plan == PLAN_NEVER ? world->loop.now + 50 : SK_FOREVER, NULL };
	int status = world_begin(world, deal, flight->count, &call);

	/* The dead have no handles to send. */
	world_check(world, status == 0 || world->loop.client_gone
		|| (world->is_deadly && status == SK_PEER_CLOSED), "%s: begin gave %s", deal->method->name, sk_status_name(status));
	if (status != 0)
		return;
	flight->wanted[flight->count] = deal_status(deal);
	flight->deals[flight->count++] = deal;
}

/* All slots are in use: it says so, and leaves the handles alone. */
static void begin_in_vain(struct stage *stage)
{
	struct world *world = &stage->world;
	struct deal *deal = world_deal(world, any_method(stage), PLAN_ANSWER);
	int status = world_begin(world, deal, 99, NULL);

	world_check(world, status == SK_WOULD_BLOCK, "a full ring gave %s",
		sk_status_name(status));
	world_check(world, deal->requests == 0, "a full ring sent a request");
}

static void cancel_one(struct stage *stage, struct flight *flight)
{
	struct world *world = &stage->world;
	unsigned which = values_random(&world->values, flight->count);
	struct deal *deal = flight->deals[which];
	bool can = deal->method->method->flags & SK_METHOD_CANCELLABLE;
	bool is_open = deal->is_kept;
	int status = sk_ring_cancel(&world->ring, which);

	world_check(world, status == (can ? 0 : SK_INVALID), "%s: cancelling gave %s",
		deal->method->name, sk_status_name(status));
	if (can && is_open)
		flight->wanted[which] = SK_CANCELED;
}

static void reap_one(struct world *world, struct flight *flight)
{
	struct sk_completion done;
	int status = sk_ring_next(&world->ring, SK_FOREVER, &done);
	struct deal *deal;

	world_check(world, status == 0, "waiting for a ring gave %s", sk_status_name(status));
	if (status != 0)
		return;
	deal = flight->deals[done.cookie];
	int wanted = flight->wanted[done.cookie];
	status = world_end(world, deal, &done);
	world_check(world, status == wanted || (world->is_deadly && status == SK_PEER_CLOSED),
		"%s: a ring gave %d %s, not %d", deal->method->name, status,
		sk_status_name(status), wanted);
	world_check(world, deal->requests <= 1, "%s: its operation ran %u times",
		deal->method->name, deal->requests);
}

static void fly(struct stage *stage, bool reap)
{
	struct world *world = &stage->world;
	struct flight flight = { .count = 0 };

	for (unsigned i = 0; i < WORLD_SLOTS; i++)
		begin_one(stage, &flight);
	if (sk_ring_used(&world->ring) == WORLD_SLOTS)
		begin_in_vain(stage);
	if (flight.count != 0 && values_random(&world->values, 2) != 0)
		cancel_one(stage, &flight);
	if (!reap)
		return;
	for (unsigned i = 0; i < flight.count; i++)
		reap_one(world, &flight);
	world_check(world, sk_ring_used(&world->ring) == 0, "a ring keeps slots");
}

void scene_ring(struct stage *stage)
{
	struct world *world = &stage->world;

	for (unsigned turn = 0; turn < TURNS; turn++) {
		stage_begin(stage);
		if (any_method(stage) == NULL) {
			stage->runs = 0;
			world_close(world);
			return;
		}
		fly(stage, turn % 4 != 0);	/* or closed as it is */
		stage_end(stage, "ring");
	}
}

static bool fly_and_die(struct stage *stage, uint64_t seed, bool server, unsigned point)
{
	struct world *world = stage_begin(stage);
	unsigned long turn = stage->runs;

	/* The same turn for every point. */
	world->values.state = seed;
	world->is_deadly = true;
	*(server ? &world->loop.kill_server_at : &world->loop.kill_client_at) = point;
	fly(stage, true);
	bool is_more = world->loop.points >= point;
	stage_end(stage, server ? "the server dies" : "the client dies");
	stage->runs = turn;
	return is_more;
}

void scene_ring_death(struct stage *stage)
{
	uint64_t seed = stage->seed * 7919 | 1;

	stage_begin(stage);
	bool has_any = any_method(stage) != NULL;
	stage_end(stage, "nothing");
	stage->runs = 0;
	for (unsigned turn = 0; turn < TURNS / 6 && has_any; turn++)
		for (int side = 0; side < 2; side++)
			for (unsigned point = 1; point < 100; point++)
				if (!fly_and_die(stage, seed + 2 * turn, side != 0, point))
					break;
}

/* ---- events ---- */

static const struct sk_method_type *any_event(struct stage *stage)
{
	return stage_event(stage, values_random(&stage->world.values,
		stage->interface->event_count));
}

static uint32_t which_of(const void *event)
{
	uint32_t which;

	memcpy(&which, event, sizeof which);
	return which;
}

static uint32_t lost_of(const void *event)
{
	uint32_t lost;

	memcpy(&lost, (const char *)event + sizeof lost, sizeof lost);
	return lost;
}

/* That this came, as it was sent. */
static void check_event(struct stage *stage, const struct sk_method_type *wanted,
	const void *sent, void *came)
{
	struct world *world = &stage->world;
	const struct sk_message_type *message = &stage->schema->messages[wanted->reply];

	world_check(world, which_of(came) == message->id && lost_of(came) == 0,
		"%s: another event came", wanted->name);
	world_check(world, which_of(came) != message->id || values_same(&world->values,
		message->type, sent, (char *)came + stage->interface->event_offset),
		"%s: it came with other values", wanted->name);
	world_take_event(world, came);
}

static void *room_for_event(struct stage *stage)
{
	return values_alloc(&stage->world.values, stage->interface->event_size);
}

static void lose_events(struct stage *stage, unsigned count)
{
	struct world *world = &stage->world;
	int status;

	for (unsigned i = 0; i < count; i++) {
		world_send(world, any_event(stage), &status);
		world_check(world, status == SK_WOULD_BLOCK || (i == 0 && status == SK_CANCELED)
			|| (world->is_deadly && status == SK_PEER_CLOSED),
			"an event that nobody awaits gave %s", sk_status_name(status));
	}
}

static int next_of_ring(struct stage *stage, void *event, uint64_t *cookie)
{
	struct sk_completion done;
	int status = sk_ring_next(&stage->world.ring, SK_FOREVER, &done);

	if (status != 0)
		return status;
	*cookie = done.cookie;
	status = stage->interface->next_event_end(&done, event);
	return status;
}

/* The slot that was given out last goes back. */
static void release(struct stage *stage)
{
	struct world *world = &stage->world;

	for (unsigned i = 0; i < WORLD_SLOTS; i++)
		if (world->slots[i].state == SK_SLOT_HELD) {
			struct sk_completion done = { &world->ring, &world->slots[i], 0 };
			sk_ring_release(&done);
		}
}

/* Waits on the ring, is sent one, and takes it. */
static void one_event(struct stage *stage)
{
	struct world *world = &stage->world;
	const struct sk_method_type *event = any_event(stage);
	void *came = room_for_event(stage);
	uint64_t cookie = 0;
	int status;

	status = stage->interface->next_event_begin(&world->ring, &world->loop.channel, 7,
		&for_ever);
	world_check(world, status == 0 || world->is_deadly, "waiting for an event gave %s",
		sk_status_name(status));
	void *sent = world_send(world, event, &status);
	world_check(world, status == 0 || world->is_deadly, "%s: sending gave %s",
		event->name, sk_status_name(status));
	status = next_of_ring(stage, came, &cookie);
	world_check(world, (status == 0 && cookie == 7) || world->is_deadly,
		"%s: %s came", event->name, sk_status_name(status));
	if (status == 0 && world->is_deadly)
		world_take_event(world, came);
	else if (status == 0)
		check_event(stage, event, sent, came);
	release(stage);
}

static void event_turn(struct stage *stage)
{
	struct world *world = &stage->world;
	unsigned lost = values_random(&world->values, 4);
	void *came = room_for_event(stage);
	int status;

	lose_events(stage, lost);
	if (lost != 0) {
		status = stage->interface->next_event(&world->loop.channel, came, &for_ever);
		world_check(world, (status == 0 && which_of(came) == 0
			&& lost_of(came) == lost) || world->is_deadly,
			"%u lost events were told as %u (%s)", lost, lost_of(came),
			sk_status_name(status));
	}
	one_event(stage);
	one_event(stage);
}

/* A second one that waits ends the first. */
static void two_wait(struct stage *stage)
{
	struct world *world = &stage->world;
	const struct sk_method_type *event = any_event(stage);
	void *came = room_for_event(stage);
	uint64_t cookie = 0;
	int status;

	for (uint64_t i = 1; i <= 2; i++)
		stage->interface->next_event_begin(&world->ring, &world->loop.channel, i,
			&for_ever);
	status = next_of_ring(stage, came, &cookie);
	world_check(world, status == SK_CANCELED && cookie == 1,
		"the first of two that wait was told %s", sk_status_name(status));
	release(stage);
	void *sent = world_send(world, event, &status);
	status = next_of_ring(stage, came, &cookie);
	world_check(world, status == 0 && cookie == 2, "the second of two was told %s",
		sk_status_name(status));
	if (status == 0)
		check_event(stage, event, sent, came);
	release(stage);
}

/* Who gives up waiting loses what is sent then. */
static void give_up(struct stage *stage)
{
	struct world *world = &stage->world;
	struct sk_call call = { world->loop.now + 50, NULL };
	void *came = room_for_event(stage);
	int status = stage->interface->next_event(&world->loop.channel, came, &call);

	world_check(world, status == SK_TIMED_OUT, "waiting in vain gave %s",
		sk_status_name(status));
	lose_events(stage, 2);
	status = stage->interface->next_event(&world->loop.channel, came, &for_ever);
	world_check(world, status == 0 && lost_of(came) == 2, "two were lost, %u are told",
		lost_of(came));
}

/* Waits without a ring; what comes is damaged, or carries too much. */
static void damaged_event(struct stage *stage, enum damage damage)
{
	struct world *world = stage_begin(stage);
	struct sk_call call = { world->loop.now + 50, NULL };
	void *came = room_for_event(stage);
	int status;

	world->damage = damage;
	world->event = any_event(stage);
	status = stage->interface->next_event(&world->loop.channel, came, &call);
	world_check(world, status == 0 ? damage != DAMAGE_REPLY_MORE : status < 0,
		"a damaged event gave %d", status);
	world_check(world, world->loop.channel.reply.attached.handle_count == 0,
		"handles that nobody took are open after an event");
	if (status == 0)
		world_take_event(world, came);
	stage_end(stage, "damaged events");
}

void scene_events(struct stage *stage)
{
	for (unsigned turn = 0; turn < TURNS && stage->interface->event_count != 0; turn++) {
		stage_begin(stage);
		event_turn(stage);
		two_wait(stage);
		give_up(stage);
		stage_end(stage, "events");
		damaged_event(stage, DAMAGE_REPLY);
		damaged_event(stage, DAMAGE_REPLY_MORE);
	}
}

void scene_event_death(struct stage *stage)
{
	for (unsigned turn = 0; turn < TURNS && stage->interface->event_count != 0; turn++) {
		for (unsigned point = 1; point < 100; point++) {
			struct world *world = stage_begin(stage);

			world->is_deadly = true;
			*(turn % 2 == 0 ? &world->loop.kill_server_at
				: &world->loop.kill_client_at) = point;
			event_turn(stage);
			bool is_more = world->loop.points >= point;
			stage_end(stage, turn % 2 == 0 ? "the server dies" : "the client dies");
			if (!is_more)
				break;
		}
	}
}
