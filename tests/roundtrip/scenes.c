/* Calls, one at a time: answered, refused, given up, damaged. See scenes.h. */
#include "tests/roundtrip/scenes.h"

#include <stdio.h>
#include <string.h>

#define TURNS 12
#define DAMAGES 60

static const struct sk_call for_ever = { SK_FOREVER, NULL };

const struct sk_method_type *stage_method(const struct stage *stage, unsigned i)
{
	const struct sk_interface_type *interface = stage->interface;

	return i < interface->method_count
		? &stage->schema->methods[interface->methods[i]] : NULL;
}

const struct sk_method_type *stage_event(const struct stage *stage, unsigned i)
{
	const struct sk_interface_type *interface = stage->interface;

	return i < interface->event_count ? &stage->schema->methods[
		interface->methods[interface->method_count + i]] : NULL;
}

struct world *stage_begin(struct stage *stage)
{
	stage->runs++;
	world_open(&stage->world, stage->schema, stage->interface,
		stage->seed * 1000003 + stage->runs);
	return &stage->world;
}

void stage_end(struct stage *stage, const char *what)
{
	struct world *world = &stage->world;

	world_close(world);
	if (world->failure[0] != '\0' && stage->failure[0] == '\0')
		snprintf(stage->failure, sizeof stage->failure, "turn %lu, %s: %s",
			stage->runs, what, world->failure);
}

static bool is_oneway(const struct sk_method_type *method)
{
	return method->reply == SK_NO_INDEX;
}

static const char *plan_name(enum plan plan)
{
	static const char *const names[] = { "answer", "error", "drop", "answer later",
		"error later", "drop later", "never" };

	return names[plan];
}

static void expect(struct world *world, const struct deal *deal, int status, int wanted)
{
	world_check(world, status == wanted, "%s (%s): %d %s came, not %d %s",
		deal->method->name, plan_name(deal->plan), status, sk_status_name(status),
		wanted, sk_status_name(wanted));
}

/* ---- answered ---- */

static void call_once(struct stage *stage, const struct sk_method_type *method,
	enum plan plan)
{
	struct world *world = stage_begin(stage);
	struct deal *deal = world_deal(world, method, plan);
	uint64_t own = method->method->deadline_ms;
	bool none = values_random(&world->values, 2) != 0;
	int status = world_call(world, deal, none ? NULL : &for_ever);

	expect(world, deal, status, is_oneway(method) ? 0 : deal_status(deal));
	world_check(world, deal->requests == 1, "%s: its operation ran %u times",
		method->name, deal->requests);
	world_check(world, is_oneway(method) || deal->deadline == (!none || own == 0
		? SK_FOREVER : 1000 + own * 1000000), "%s: the operation saw another deadline",
		method->name);
	stage_end(stage, plan_name(plan));
}

void scene_calls(struct stage *stage)
{
	const struct sk_method_type *method;

	for (unsigned i = 0; (method = stage_method(stage, i)) != NULL; i++)
		for (unsigned turn = 0; turn < TURNS; turn++)
			for (int plan = 0; plan < PLAN_NEVER; plan++)
				if (!is_oneway(method) || plan == PLAN_ANSWER)
					call_once(stage, method, (enum plan)plan);
}

/* ---- given up ---- */

static void time_out(struct stage *stage, const struct sk_method_type *method, bool poll)
{
	struct world *world = stage_begin(stage);
	struct deal *deal = world_deal(world, method, poll ? PLAN_LATER : PLAN_NEVER);
	struct sk_call call = { poll ? SK_POLL : world->loop.now + 50, NULL };

	expect(world, deal, world_call(world, deal, &call), SK_TIMED_OUT);
	/* The connection goes on. */
	deal = world_deal(world, method, PLAN_ANSWER);
	expect(world, deal, world_call(world, deal, &for_ever), 0);
	stage_end(stage, poll ? "poll" : "deadline");
}

static void cancel(struct stage *stage, const struct sk_method_type *method)
{
	struct world *world = stage_begin(stage);
	struct deal *deal = world_deal(world, method, PLAN_NEVER);
	struct sk_call call = { SK_FOREVER, &world->cancel };
	bool can = method->method->flags & SK_METHOD_CANCELLABLE;

	world->cancels = true;
	expect(world, deal, world_call(world, deal, &call), can ? SK_CANCELED : SK_INVALID);
	world_check(world, deal->requests == (can ? 1 : 0), "%s: its operation ran %u times",
		method->name, deal->requests);
	/* Set before: nothing is sent at all. */
	deal = world_deal(world, method, PLAN_ANSWER);
	world->cancel = 1;
	expect(world, deal, world_call(world, deal, &call), can ? SK_CANCELED : SK_INVALID);
	world_check(world, deal->requests == 0, "%s: a canceled request was sent",
		method->name);
	stage_end(stage, "cancellation");
}

void scene_given_up(struct stage *stage)
{
	const struct sk_method_type *method;

	for (unsigned i = 0; (method = stage_method(stage, i)) != NULL; i++) {
		for (unsigned turn = 0; turn < TURNS && !is_oneway(method); turn++) {
			time_out(stage, method, false);
			time_out(stage, method, true);
			cancel(stage, method);
		}
	}
}

/* ---- damaged ---- */

/* A deadline, for damage can make a request of it that is never answered. */
static void damage_once(struct stage *stage, const struct sk_method_type *method,
	enum damage damage)
{
	struct world *world = stage_begin(stage);
	struct deal *deal = world_deal(world, method, values_random(&world->values, 2) == 0
		? PLAN_ANSWER : PLAN_LATER);
	struct sk_call call = { world->loop.now + 50, NULL };
	int status;

	world->damage = damage;
	status = world_call(world, deal, &call);
	if (damage == DAMAGE_REQUEST && !is_oneway(method) && world->loop.last_dispatch != 0)
		expect(world, deal, status, world->loop.last_dispatch);
	world_check(world, damage != DAMAGE_REQUEST || world->strangers == 0
		|| world->loop.last_dispatch == 0, "%s: refused, but its operation ran",
		method->name);
	stage_end(stage, damage == DAMAGE_REQUEST ? "damaged request" : "damaged reply");
}

/* A handle or lease too many is refused, not just closed. */
static void add_more(struct stage *stage, const struct sk_method_type *method,
	enum damage damage)
{
	struct world *world = stage_begin(stage);
	struct deal *deal = world_deal(world, method, PLAN_ANSWER);
	bool request = damage == DAMAGE_REQUEST_MORE;
	int status;

	world->damage = damage;
	status = world_call(world, deal, &for_ever);
	if (is_oneway(method))
		status = world->loop.last_dispatch;
	world_check(world, status == SK_BAD_HANDLE || status == SK_BAD_LEASE
		|| status == SK_MALFORMED, "%s: one too many gave %s", method->name,
		sk_status_name(status));
	world_check(world, world->strangers + deal->requests == (request ? 0 : 1),
		"%s: its operation ran %u times", method->name,
		world->strangers + deal->requests);
	stage_end(stage, request ? "a request with more" : "a reply with more");
}

/* Its operation could not answer, and would keep the handles of its answer. */
static void misdirect(struct stage *stage, const struct sk_method_type *method)
{
	struct world *world = stage_begin(stage);
	struct deal *deal = world_deal(world, method, PLAN_ANSWER);
	int status = world_misdirect(world, deal);

	world_check(world, status == 0 || status == SK_BAD_LEASE, "%s: sending gave %s",
		method->name, sk_status_name(status));
	world_check(world, deal->requests == 0, "%s: runs, though nobody waits",
		method->name);
	stage_end(stage, "a request that awaits no answer");
}

void scene_damage(struct stage *stage)
{
	const struct sk_method_type *method;

	for (unsigned i = 0; (method = stage_method(stage, i)) != NULL; i++) {
		for (unsigned turn = 0; turn < DAMAGES; turn++) {
			damage_once(stage, method, DAMAGE_REQUEST);
			if (!is_oneway(method))
				damage_once(stage, method, DAMAGE_REPLY);
		}
		for (unsigned turn = 0; turn < TURNS; turn++) {
			add_more(stage, method, DAMAGE_REQUEST_MORE);
			if (is_oneway(method))
				continue;
			add_more(stage, method, DAMAGE_REPLY_MORE);
			misdirect(stage, method);
		}
	}
}

/* ---- states ---- */

static void call_in_vain(struct stage *stage, const struct sk_method_type *method,
	uint8_t state)
{
	struct world *world = stage_begin(stage);
	struct deal *deal = world_deal(world, method, PLAN_ANSWER);
	int status;

	world->is_pinned = true;
	world->state = state;
	status = world_call(world, deal, &for_ever);
	expect(world, deal, is_oneway(method) ? world->loop.last_dispatch : status,
		SK_WRONG_STATE);
	world_check(world, deal->requests == 0 && world->state == state,
		"%s: refused in state %u, and its operation ran", method->name, state);
	stage_end(stage, "a state that does not allow it");
}

void scene_states(struct stage *stage)
{
	const struct sk_method_type *method;

	for (unsigned i = 0; (method = stage_method(stage, i)) != NULL; i++) {
		for (uint8_t state = 0; state < WORLD_STATES; state++) {
			world_open(&stage->world, stage->schema, stage->interface, 1);
			if (world_refuses(&stage->world, method, state))
				call_in_vain(stage, method, state);
		}
	}
}

/* ---- no room ---- */

static void request_in_vain(struct stage *stage, const struct sk_method_type *method)
{
	struct world *world = stage_begin(stage);
	struct deal *deal = world_deal(world, method, PLAN_ANSWER);

	world->loop.channel.request.capacity = world_size(world, deal, false) - 1;
	expect(world, deal, world_call(world, deal, &for_ever), SK_TOO_BIG);
	world_check(world, deal->requests == 0, "%s: was sent all the same", method->name);
	stage_end(stage, "a request without room");
}

/* A ring could not see that it is set. */
static void begin_in_vain(struct stage *stage, const struct sk_method_type *method)
{
	struct world *world = stage_begin(stage);
	struct deal *deal = world_deal(world, method, PLAN_ANSWER);
	struct sk_call call = { SK_FOREVER, &world->cancel };

	expect(world, deal, world_begin(world, deal, 1, &call), SK_INVALID);
	world_check(world, deal->requests == 0, "%s: was sent all the same", method->name);
	stage_end(stage, "a ring that cannot be interrupted");
}

/* What the runtime itself answers, 12 bytes, still has room. */
static void answer_in_vain(struct stage *stage, const struct sk_method_type *method)
{
	struct world *world = stage_begin(stage);
	struct deal *deal = world_deal(world, method, PLAN_ANSWER);
	uint32_t size = world_size(world, deal, true);

	world->is_tight = size > SK_STATUS_SIZE;
	if (world->is_tight)
		world->loop.port.answer.capacity = size - 1;
	expect(world, deal, world_call(world, deal, &for_ever),
		world->is_tight ? SK_TOO_BIG : 0);
	stage_end(stage, "an answer without room");
}

void scene_no_room(struct stage *stage)
{
	const struct sk_method_type *method;

	for (unsigned i = 0; (method = stage_method(stage, i)) != NULL; i++) {
		for (unsigned turn = 0; turn < TURNS; turn++) {
			request_in_vain(stage, method);
			if (is_oneway(method))
				continue;
			begin_in_vain(stage, method);
			answer_in_vain(stage, method);
		}
	}
}

/* ---- death ---- */

/* Somebody dies at this point. False: the turn has not that many. */
static bool die_at(struct stage *stage, const struct sk_method_type *method,
	enum plan plan, bool server, unsigned point)
{
	struct world *world = stage_begin(stage);
	struct deal *deal = world_deal(world, method, plan);
	struct sk_call call = { plan == PLAN_NEVER ? world->loop.now + 50 : SK_FOREVER, NULL };
	int wanted = is_oneway(method) ? 0 : deal_status(deal);
	int status;

	world->is_deadly = true;
	*(server ? &world->loop.kill_server_at : &world->loop.kill_client_at) = point;
	status = world_call(world, deal, &call);
	if (status != SK_PEER_CLOSED)
		expect(world, deal, status, wanted);
	world_check(world, deal->requests <= 1, "%s: its operation ran %u times",
		method->name, deal->requests);
	world_check(world, status != SK_PEER_CLOSED || deal->requests == 0
		|| world->loop.channel.delivered, "%s: ran, and is said not to be delivered",
		method->name);
	bool is_more = world->loop.points >= point;
	stage_end(stage, server ? "the server dies" : "the client dies");
	return is_more;
}

void scene_death(struct stage *stage)
{
	const struct sk_method_type *method;

	for (unsigned i = 0; (method = stage_method(stage, i)) != NULL; i++)
		for (int plan = 0; plan < PLAN_COUNT; plan++)
			for (int side = 0; side < 2; side++)
				for (unsigned point = 1; point < 100; point++)
					if ((is_oneway(method) && plan != PLAN_ANSWER)
					    || !die_at(stage, method, (enum plan)plan,
						    side != 0, point))
						break;
}

/* ---- made again ---- */

static unsigned moved_handles(const struct stage *stage, const struct sk_method_type *method,
	const struct deal *deal)
{
	const struct sk_message_type *message = &stage->schema->messages[method->request];
	uint8_t bytes[SK_MESSAGE_MAX];
	struct sk_attached attached;
	unsigned count = 0;

	sk_attach_none(&attached);
	message->encode(deal->request, bytes, sizeof bytes, &attached);
	for (uint32_t i = 0; i < attached.handle_count; i++)
		count += !attached.handles[i].copy;
	return count;
}

/* The server dies, and a new one takes its place: the call is made again if
 * that does no harm. */
static bool again_at(struct stage *stage, const struct sk_method_type *method,
	unsigned point)
{
	struct world *world = stage_begin(stage);
	struct deal *deal = world_deal(world, method, PLAN_LATER);
	bool moves = moved_handles(stage, method, deal) != 0;
	bool may = method->method->flags & SK_METHOD_IDEMPOTENT;
	int status;

	world->is_deadly = true;
	world->reconnects = 1;
	world->loop.kill_server_at = point;
	status = world_call(world, deal, &for_ever);
	bool is_more = world->loop.points >= point;
	bool was_safe = deal->requests == 0 || may;
	if (status != 0)
		expect(world, deal, status, SK_PEER_CLOSED);
	world_check(world, status == 0 || moves || !may,
		"%s: is idempotent, and was not made again", method->name);
	world_check(world, deal->requests <= (may && !moves ? 2u : 1u),
		"%s: was made again, though that does harm", method->name);
	world_check(world, status == 0 || moves || !was_safe
		|| world->loop.channel.delivered, "%s: was not delivered, nor made again",
		method->name);
	stage_end(stage, "a new server");
	return is_more;
}

void scene_again(struct stage *stage)
{
	const struct sk_method_type *method;

	for (unsigned i = 0; (method = stage_method(stage, i)) != NULL; i++)
		for (unsigned point = 1; point < 100 && !is_oneway(method); point++)
			if (!again_at(stage, method, point))
				break;
}
