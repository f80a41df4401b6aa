/* Cases of an interface: the steps, one after the other. See session.h. */
#include "fuzz/parts.h"
#include "fuzz/server.h"
#include "fuzz/session_mutate.h"
#include "fuzz/session_parts.h"

#include <string.h>

#include "runtime/codec.h"

#define HASH_FACTOR UINT64_C(0x9e3779b97f4a7c15)

static const struct sk_interface_type *find_interface(const struct sk_schema *schema)
{
	for (uint32_t i = 0; i < schema->interface_count; i++)
		if (strcmp(schema->interfaces[i].name, fuzz_target.subject) == 0)
			return &schema->interfaces[i];
	fuzz_found("the schema has no interface %s", fuzz_target.subject);
}

/* ---- a world, from its beginning to its end ---- */

static void open_world(struct session *session, const struct schema *tree)
{
	memset(session, 0, offsetof(struct session, ends));
	memset(session->shadow, 0, sizeof(session->shadow));
	memset(session->memory, 0, sizeof(session->memory));
	session->schema = fuzz_target.schema->tables;
	session->tree = tree;
	session->interface = find_interface(session->schema);
	session->values.schema = session->schema;
	session->values.state = HASH_FACTOR;
	session_open_root(session);
	sk_ring_init(&session->ring, &sk_loopback_ring_ops, session->slots,
		SESSION_SLOTS, NULL);
}

static void check_ledger(const struct session *session)
{
	const struct sk_loopback_ledger *ledger = &session->ends[0].loop.ledger;

	if (ledger->mistakes != 0)
		fuzz_found("%u handles were closed twice, or used after they moved",
			ledger->mistakes);
}

static void check_step(const struct session *session)
{
	session_check_memory(session, "after a step");
	session_check_unanswered(session);
	check_ledger(session);
}

/* The server answers all, in the end also what it never would. */
static void serve_all(struct session *session, bool any)
{
	struct session_request *request;

	while (!session->ends[0].loop.server_gone &&
			(request = session_kept(session, 0, any)) != NULL) {
		session_serve_kept(session, request, NULL);
		if (!request->is_consumed)
			fuzz_found("%s: was answered, and nothing was sent",
				session_name(request));
	}
}

static void end_calls(struct session *session)
{
	serve_all(session, false);
	while (session_take(session, SK_POLL))
		;
	for (unsigned i = 0; i < session->call_count; i++)
		if (session->calls[i].is_flying && session->calls[i].has_fate)
			fuzz_found("an answered call of a ring does not complete");
	sk_ring_close(&session->ring);
	for (unsigned i = 0; i < session->call_count; i++) {
		session->calls[i].is_flying = false;
		session_end_request(session, &session->calls[i], false);
	}
	serve_all(session, true);
	if (sk_ring_used(&session->ring) != 0)
		fuzz_found("a closed ring uses slots");
}

static void close_bag(struct session *session, enum sk_loopback_side side,
	struct session_bag *bag)
{
	while (bag->count > 0)
		session_close_handle(session, side, bag->handles[--bag->count]);
}

static void check_mints(const struct session *session)
{
	for (unsigned i = 0; i < session->mint_count; i++)
		if (session->mints[i].gone == 0 && session->mints[i].life == session->lives &&
				!session->ends[0].loop.server_gone)
			fuzz_found("a minted session has no handle, and is not gone");
}

/* Who still lives closes what it has; then nothing may be left. */
static void close_world(struct session *session)
{
	struct sk_loopback *root = &session->ends[0].loop;

	root->kill_server_at = root->kill_client_at = 0;
	session->revivals = 0;
	end_calls(session);
	close_bag(session, SK_LOOPBACK_CLIENT, &session->client_bag);
	close_bag(session, SK_LOOPBACK_SERVER, &session->server_bag);
	for (unsigned i = session->end_count; i-- > 0;)
		sk_loopback_close(&session->ends[i].loop);
	check_step(session);
	for (unsigned i = 0; i < session->end_count; i++)
		if (!session->ends[i].loop.server_gone &&
				sk_loopback_unanswered(&session->ends[i].loop) != 0)
			fuzz_found("%u requests were never answered",
				sk_loopback_unanswered(&session->ends[i].loop));
	if (sk_loopback_open_handles(root) != 0)
		fuzz_found("%u handles leaked", sk_loopback_open_handles(root));
	check_mints(session);
	values_free(&session->values);
}

/* ---- steps ---- */

static void kill_side(struct sk_loopback *root, const struct fuzz_step *step)
{
	bool client = step->how[0] & 1;

	if (step->how[1] != 0)
		*(client ? &root->kill_client_at : &root->kill_server_at) =
			root->points + step->how[1];
	else if (client)
		sk_loopback_kill_client(root);
	else
		sk_loopback_kill_server(root);
}

static void revive(struct session *session, const struct fuzz_step *step)
{
	if (session->ends[0].loop.client_gone) {
		close_world(session);
		open_world(session, session->tree);
	}
	session->revivals = step->how[0] & 7;
}

/* Takes a handle out of what a side keeps; none if it keeps none. */
static struct sk_handle take_kept(struct session_bag *bag, unsigned n)
{
	struct sk_handle handle = sk_no_handle();

	if (bag->count == 0)
		return handle;
	n %= bag->count;
	handle = bag->handles[n];
	bag->handles[n] = bag->handles[--bag->count];
	return handle;
}

static void close_kept(struct session *session, const struct fuzz_step *step)
{
	bool server = step->how[1] & 1;
	enum sk_loopback_side side = server ? SK_LOOPBACK_SERVER : SK_LOOPBACK_CLIENT;

	session_close_handle(session, side, take_kept(server ? &session->server_bag :
		&session->client_bag, step->how[0]));
}

static void serve(struct session *session, const struct fuzz_step *step, bool hostile)
{
	struct session_request *request = session_kept(session, step->how[0], hostile);

	if (request && !session->ends[0].loop.server_gone)
		session_serve_kept(session, request, hostile ? step : NULL);
}

static void take(struct session *session, const struct fuzz_step *step)
{
	static const uint64_t waits[] = {0, 0, 10, 1000};
	unsigned how = step->how[1] & 3;

	session_take(session, how == 0 ? SK_FOREVER : how == 1 ? SK_POLL :
		session->ends[0].loop.now + waits[how]);
}

static void do_step(struct session *session, const struct fuzz_step *step)
{
	unsigned kind = step->what % SESSION_KINDS;
	struct sk_loopback *root = &session->ends[0].loop;
	struct session_end *end = &session->ends[step->how[1] % 4 % session->end_count];

	if (kind <= SESSION_NEXT_EVENT_BEGIN)
		session_call(session, step, kind);
	else if (kind == SESSION_TAKE)
		take(session, step);
	else if (kind == SESSION_CANCEL)
		session_cancel(session, step->how[0]);
	else if (kind == SESSION_SERVE || kind == SESSION_SERVE_HOSTILE)
		serve(session, step, kind == SESSION_SERVE_HOSTILE);
	else if (kind == SESSION_EVENT)
		session_send_event(session, end, step->how[0]);
	else if (kind == SESSION_TIME)
		root->now += (uint64_t)step->how[0] << (step->how[1] % 32);
	else if (kind == SESSION_KILL)
		kill_side(root, step);
	else if (kind == SESSION_REVIVE)
		revive(session, step);
	else if (kind == SESSION_PRESENT)
		root->lease_present = step->how[0] < SESSION_ROOM ? step->how[0] : SESSION_ROOM;
	else if (kind == SESSION_OPEN)
		session_open_end(session, take_kept(&session->client_bag, step->how[0]));
	else if (kind == SESSION_CLOSE)
		close_kept(session, step);
	else
		sk_loopback_close(&session->ends[step->how[0] % 4 % session->end_count].loop);
}

/* Steps vary by their head alone: what changes in a packet changes only that. */
static uint64_t seed_of(const struct fuzz_step *step, unsigned index)
{
	uint32_t id = step->packet.size < 4 ? 0 : sk_get_uint32(step->packet.bytes);
	uint64_t seed = id ^ (uint64_t)step->what << 32 ^ (uint64_t)step->how[0] << 40 ^
		(uint64_t)step->how[1] << 48 ^ (uint64_t)index << 56;

	seed *= HASH_FACTOR;
	return (seed ^ seed >> 29) | 1;
}

void fuzz_run_steps(struct fuzz *fuzz, const uint8_t *data, size_t size)
{
	static struct session session;
	static struct fuzz_step steps[SESSION_STEPS_MAX];
	size_t taken;

	if (fuzz_target.kind == FUZZ_SERVER) {
		fuzz_run_server(fuzz, data, size);
		return;
	}
	open_world(&session, fuzz->schema);
	for (unsigned i = 0; i < SESSION_STEPS_MAX; i++) {
		taken = fuzz_step_read(&steps[i], data, size);
		if (taken == 0)
			break;
		data += taken;
		size -= taken;
		session.values.state = seed_of(&steps[i], i);
		do_step(&session, &steps[i]);
		check_step(&session);
	}
	close_world(&session);
}
