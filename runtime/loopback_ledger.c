/*
 * The ledger of the in-process transport: who holds which handle, what goes
 * over with a message, what was minted.
 */
#include "runtime/loopback_parts.h"

/* A handle is a place in the ledger and above it how often that was used. */
#define PLACE_BITS 6
#define USES_MASK UINT32_C(0xffffff)

SK_CHECK(SK_LOOPBACK_HANDLES == 1 << PLACE_BITS, "a place fits into its bits");

static struct sk_handle number_of(struct sk_loopback_ledger *ledger,
	const struct sk_loopback_handle *place)
{
	struct sk_handle handle = {
		.raw = (int32_t)(place->uses << PLACE_BITS |
			(uint32_t)(place - ledger->handles)),
	};

	return handle;
}

/* The place of a handle that this side holds, or NULL. */
static struct sk_loopback_handle *find_handle(struct sk_loopback_ledger *ledger,
	enum sk_loopback_side side, struct sk_handle handle)
{
	struct sk_loopback_handle *place;

	if (handle.raw < 0)
		return NULL;
	place = &ledger->handles[handle.raw % SK_LOOPBACK_HANDLES];
	if (place->holder != (uint32_t)side || number_of(ledger, place).raw != handle.raw)
		return NULL;
	return place;
}

/* A free place, taken for this side; NULL if there is none. */
static struct sk_loopback_handle *take_place(struct sk_loopback_ledger *ledger,
	enum sk_loopback_side side, struct sk_loopback_session *session)
{
	for (unsigned i = 0; i < SK_LOOPBACK_HANDLES; i++) {
		struct sk_loopback_handle *place = &ledger->handles[i];

		if (place->holder != 0)
			continue;
		place->holder = side;
		place->uses = (place->uses + 1) & USES_MASK;
		place->session = session;
		if (session)
			session->references++;
		ledger->opened++;
		return place;
	}
	return NULL;
}

/* Tells of the sessions that nothing refers to any more, but not while an
 * operation may be using one. */
void sk_loopback_reap(struct sk_loopback *root)
{
	for (unsigned i = 0; i < SK_LOOPBACK_SESSIONS && root->depth == 0; i++) {
		struct sk_loopback_session *session = &root->ledger.sessions[i];
		const struct sk_object *object = session->object;

		if (session->references > 0 || !object)
			continue;
		session->object = NULL;
		if (object->gone)
			object->gone(session->self);
	}
}

static void close_place(struct sk_loopback_ledger *ledger,
	struct sk_loopback_handle *place)
{
	if (place->session)
		place->session->references--;
	place->session = NULL;
	place->holder = 0;
	ledger->closed++;
}

static bool is_dead(const struct sk_loopback *root, enum sk_loopback_side side)
{
	return side == SK_LOOPBACK_CLIENT ? root->client_gone : root->server_gone;
}

void sk_loopback_close_one(struct sk_loopback *root, enum sk_loopback_side side,
	struct sk_handle handle)
{
	struct sk_loopback_handle *place = find_handle(&root->ledger, side, handle);

	if (place)
		close_place(&root->ledger, place);
	else if (!is_dead(root, side))	/* whose handles died with it */
		root->ledger.mistakes++;
	sk_loopback_reap(root);
}

static void close_all(struct sk_loopback *root, enum sk_loopback_side side)
{
	for (unsigned i = 0; i < SK_LOOPBACK_HANDLES; i++)
		if (root->ledger.handles[i].holder == (uint32_t)side)
			close_place(&root->ledger, &root->ledger.handles[i]);
}

struct sk_handle sk_loopback_new_handle(struct sk_loopback *loopback,
	enum sk_loopback_side side)
{
	struct sk_loopback_ledger *ledger = &loopback->root->ledger;
	struct sk_loopback_handle *place = is_dead(loopback->root, side) ? NULL :
		take_place(ledger, side, NULL);

	return place ? number_of(ledger, place) : sk_no_handle();
}

bool sk_loopback_holds(const struct sk_loopback *loopback,
	enum sk_loopback_side side, struct sk_handle handle)
{
	return find_handle(&loopback->root->ledger, side, handle) != NULL;
}

unsigned sk_loopback_open_handles(const struct sk_loopback *loopback)
{
	const struct sk_loopback_ledger *ledger = &loopback->root->ledger;

	return ledger->opened - ledger->closed;
}

/* ---- messages ---- */

static bool stands_twice(const struct sk_attached *attached, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++)
		if (attached->handles[i].handle.raw == attached->handles[index].handle.raw &&
				!attached->handles[i].copy && !attached->handles[index].copy)
			return true;
	return false;
}

/* 0 if all that is attached can go over. */
static int check_attached(struct sk_loopback *root, const struct sk_attached *attached,
	enum sk_loopback_side side)
{
	uint32_t copies = 0;

	if (attached->handle_count > SK_HANDLES_MAX)
		return SK_BAD_HANDLE;
	if (attached->lease_count > SK_LEASES_MAX)
		return SK_BAD_LEASE;
	for (uint32_t i = 0; i < attached->handle_count; i++) {
		if (!find_handle(&root->ledger, side, attached->handles[i].handle) ||
				stands_twice(attached, i)) {
			root->ledger.mistakes++;
			return SK_BAD_HANDLE;
		}
		copies += attached->handles[i].copy;
	}
	for (unsigned i = 0; i < SK_LOOPBACK_HANDLES && copies > 0; i++)
		copies -= root->ledger.handles[i].holder == 0;
	return copies > 0 ? SK_EXHAUSTED : SK_OK;
}

/* Hands over one handle: what arrives is new, and what moved is no more. */
static struct sk_handle hand_over(struct sk_loopback_ledger *ledger,
	struct sk_passed *passed, enum sk_loopback_side from)
{
	struct sk_loopback_handle *place = find_handle(ledger, from, passed->handle);
	enum sk_loopback_side to = from == SK_LOOPBACK_CLIENT ? SK_LOOPBACK_SERVER :
		SK_LOOPBACK_CLIENT;

	if (passed->copy)
		return number_of(ledger, take_place(ledger, to, place->session));
	place->holder = to;
	place->uses = (place->uses + 1) & USES_MASK;
	passed->handle = sk_no_handle();
	ledger->moved++;
	return number_of(ledger, place);
}

static void hand_over_all(struct sk_loopback_ledger *ledger, struct sk_attached *sent,
	struct sk_attached *got, enum sk_loopback_side from)
{
	*got = *sent;
	/* Copies first: the same handle may also move. */
	for (uint32_t i = 0; i < sent->handle_count; i++)
		if (sent->handles[i].copy)
			got->handles[i].handle = hand_over(ledger, &sent->handles[i], from);
	for (uint32_t i = 0; i < sent->handle_count; i++)
		if (!sent->handles[i].copy)
			got->handles[i].handle = hand_over(ledger, &sent->handles[i], from);
	for (uint32_t i = 0; i < sent->handle_count; i++)
		got->handles[i].copy = false;
	for (uint32_t i = 0; i < sent->lease_count; i++) {
		got->leases[i].data = NULL;
		got->leases[i].number = i + 1;
	}
}

/* Handles that were to move but do not arrive. */
void sk_loopback_lose(struct sk_loopback *root, struct sk_attached *attached,
	enum sk_loopback_side side)
{
	for (uint32_t i = 0; i < attached->handle_count && i < SK_HANDLES_MAX; i++) {
		struct sk_passed *passed = &attached->handles[i];

		if (passed->copy || passed->handle.raw < 0)
			continue;
		if (!stands_twice(attached, i))
			sk_loopback_close_one(root, side, passed->handle);
	}
	for (uint32_t i = 0; i < attached->handle_count && i < SK_HANDLES_MAX; i++)
		if (!attached->handles[i].copy)
			attached->handles[i].handle = sk_no_handle();
}

/* Carries a message to the other side with all that is attached, or loses
 * what was to move. */
int sk_loopback_carry(struct sk_loopback *loopback, struct sk_message *from,
	struct sk_message *to, enum sk_loopback_side side)
{
	struct sk_loopback *root = loopback->root;
	int status = check_attached(root, &from->attached, side);

	if (status == SK_OK && from->size > to->capacity)
		status = SK_TOO_BIG;
	if (status != SK_OK) {
		sk_loopback_lose(root, &from->attached, side);
		return status;
	}
	memcpy(to->bytes, from->bytes, from->size);
	to->size = from->size;
	to->correlation = from->correlation;
	hand_over_all(&root->ledger, &from->attached, &to->attached, side);
	return SK_OK;
}

/* ---- minted sessions ---- */

int sk_loopback_mint(struct sk_port *port, const struct sk_object *object,
	void *self, struct sk_handle *handle)
{
	struct sk_loopback *root = sk_loopback_of_port(port)->root;
	struct sk_loopback_session *session = NULL;
	struct sk_loopback_handle *place;

	if (root->server_gone)
		return SK_TRANSPORT;
	for (unsigned i = 0; i < SK_LOOPBACK_SESSIONS && !session; i++)
		if (root->ledger.sessions[i].references == 0 &&
				!root->ledger.sessions[i].object)
			session = &root->ledger.sessions[i];
	place = session ? take_place(&root->ledger, SK_LOOPBACK_SERVER, session) : NULL;
	if (!place)
		return SK_EXHAUSTED;
	session->object = object;
	session->self = self;
	*handle = number_of(&root->ledger, place);
	return SK_OK;
}

int sk_loopback_open(struct sk_loopback *loopback, struct sk_loopback *from,
	struct sk_handle handle)
{
	struct sk_loopback *root = from->root;
	struct sk_loopback_handle *place =
		find_handle(&root->ledger, SK_LOOPBACK_CLIENT, handle);
	struct sk_loopback_session *session = place ? place->session : NULL;

	if (!session)
		return SK_BAD_HANDLE;
	if (session->end)
		return SK_INVALID;
	sk_loopback_init(loopback);
	loopback->root = root;
	loopback->session = session;
	loopback->self = session->self;
	/* Dead if the server died with the handle on its way. */
	loopback->server_gone = !session->object;
	if (session->object) {
		loopback->dispatch = session->object->dispatch;
		loopback->canceled = session->object->canceled;
	}
	session->end = loopback;
	session->references++;
	close_place(&root->ledger, place);
	return SK_OK;
}

/* ---- death ---- */

/* Ends the call of a slot whose answer will not come. */
void sk_loopback_complete(struct sk_loopback_call *call, int status)
{
	sk_ring_complete(call->slot, status);
	call->slot = NULL;
}

/*
 * Tells the server who waits no more, but not while it serves this client:
 * it could not know yet what it is told of.
 */
void sk_loopback_tell(struct sk_loopback *loopback)
{
	struct sk_loopback_session *session = loopback->session;

	if (loopback->in_dispatch)
		return;
	for (unsigned i = 0; i < SK_LOOPBACK_CALLS; i++) {
		struct sk_loopback_call *call = &loopback->calls[i];

		if (call->token == 0 || !call->canceled || call->is_told)
			continue;
		call->is_told = true;
		if (loopback->canceled && !loopback->server_gone)
			loopback->canceled(loopback->self, call->token);
	}
	if (!loopback->client_gone || loopback->is_told_gone)
		return;
	loopback->is_told_gone = true;
	if (session) {
		session->end = NULL;
		session->references--;
	} else if (loopback->gone && !loopback->server_gone) {
		loopback->gone(loopback->self);
	}
	sk_loopback_reap(loopback->root);
}

static void cancel(struct sk_loopback_call *call, int status)
{
	if (call->slot)
		sk_loopback_complete(call, status);
	call->canceled = true;
}

void sk_loopback_give_up(struct sk_loopback *loopback, struct sk_loopback_call *call,
	int status)
{
	cancel(call, status);
	sk_loopback_tell(loopback);
}

/* All first: who is told of one of them may answer the others. */
static void give_up_all(struct sk_loopback *loopback)
{
	for (unsigned i = 0; i < SK_LOOPBACK_CALLS; i++)
		if (loopback->calls[i].token != 0)
			cancel(&loopback->calls[i], SK_PEER_CLOSED);
	sk_loopback_tell(loopback);
}

void sk_loopback_close(struct sk_loopback *loopback)
{
	if (loopback->client_gone)
		return;
	loopback->client_gone = true;
	give_up_all(loopback);
	sk_loopback_tell(loopback);
}

void sk_loopback_kill_client(struct sk_loopback *loopback)
{
	if (loopback == loopback->root) {
		struct sk_loopback_session *sessions = loopback->ledger.sessions;

		for (unsigned i = 0; i < SK_LOOPBACK_SESSIONS; i++)
			if (sessions[i].end)
				sk_loopback_close(sessions[i].end);
		close_all(loopback, SK_LOOPBACK_CLIENT);
	}
	sk_loopback_close(loopback);
	sk_loopback_reap(loopback->root);
}

void sk_loopback_kill_server(struct sk_loopback *loopback)
{
	struct sk_loopback *root = loopback->root;

	if (root->server_gone)
		return;
	root->server_gone = true;
	give_up_all(root);
	for (unsigned i = 0; i < SK_LOOPBACK_SESSIONS; i++) {
		struct sk_loopback_session *session = &root->ledger.sessions[i];

		session->object = NULL;
		if (!session->end)
			continue;
		session->end->server_gone = true;
		give_up_all(session->end);
	}
	close_all(root, SK_LOOPBACK_SERVER);
}

void sk_loopback_point(struct sk_loopback *loopback)
{
	struct sk_loopback *root = loopback->root;

	root->points++;
	if (root->points == root->kill_server_at)
		sk_loopback_kill_server(root);
	if (root->points == root->kill_client_at)
		sk_loopback_kill_client(root);
}
