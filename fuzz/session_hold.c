/* What both sides of a session have: values, handles, memory. */
#include "fuzz/session_parts.h"

#include <string.h>

const struct sk_message_type *session_message(const struct session *session,
	uint16_t index)
{
	return &session->schema->messages[index];
}

static size_t size_of(const struct session *session, uint16_t message)
{
	return session->schema->types[session_message(session, message)->type].size;
}

void *session_room(struct session *session, uint16_t message)
{
	return values_alloc(&session->values, size_of(session, message));
}

void *session_value(struct session *session, uint16_t message)
{
	const struct sk_message_type *type = session_message(session, message);
	void *value = session_room(session, message);
	uint8_t bytes[SK_MESSAGE_MAX];
	struct sk_attached attached;

	for (int smaller = values_random(&session->values, 4) ? 2 : 0; smaller < 7; smaller++) {
		session->values.amount = 40u >> smaller;
		session->values.depth = 5 - smaller;
		values_fill(&session->values, type->type, value);
		sk_attach_none(&attached);
		if (type->encode(value, bytes, sizeof(bytes), &attached) >= 0)
			return value;
	}
	fuzz_found("%s: not even a small value encodes", type->name);
}

void session_visit(struct session *session, uint16_t message, void *value,
	struct values_visitor visitor)
{
	values_visit(session->schema, session_message(session, message)->type, value, &visitor);
}

int session_try(struct session *session, uint16_t message, const void *bytes,
	uint32_t size, const struct sk_attached *attached)
{
	struct sk_attached copy = *attached;

	return session_message(session, message)->decode(session_room(session, message),
		bytes, size, NULL, &copy);
}

/* ---- handles ---- */

static struct session_end *root(struct session *session)
{
	return &session->ends[0];
}

void session_close_handle(struct session *session, enum sk_loopback_side side,
	struct sk_handle handle)
{
	if (side == SK_LOOPBACK_CLIENT)
		sk_close(&root(session)->loop.channel, handle);
	else
		sk_port_close(&root(session)->loop.port, handle);
}

static struct session_bag *bag_of(struct session *session, enum sk_loopback_side side)
{
	return side == SK_LOOPBACK_CLIENT ? &session->client_bag : &session->server_bag;
}

static bool is_dead(const struct session *session, enum sk_loopback_side side)
{
	const struct sk_loopback *loop = &session->ends[0].loop;

	return side == SK_LOOPBACK_CLIENT ? loop->client_gone : loop->server_gone;
}

void session_take_handle(struct session *session, enum sk_loopback_side side,
	struct sk_handle handle, bool keep)
{
	struct session_bag *bag = bag_of(session, side);

	if (handle.raw < 0)
		return;
	if (!is_dead(session, side) &&
			!sk_loopback_holds(&root(session)->loop, side, handle))
		fuzz_found("a handle came that its receiver does not hold");
	if (keep && bag->count < SESSION_BAG)
		bag->handles[bag->count++] = handle;
	else
		session_close_handle(session, side, handle);
}

struct sk_handle session_give_handle(struct session *session,
	enum sk_loopback_side side, bool kept)
{
	struct session_bag *bag = bag_of(session, side);

	if (kept && bag->count > 0)
		return bag->handles[--bag->count];
	return sk_loopback_new_handle(&root(session)->loop, side);
}

struct walk {
	struct session *session;
	struct session_call *call;
	enum sk_loopback_side side;
	bool keep;
};

static void take_one(void *context, const struct sk_type *type, struct sk_handle *handle)
{
	const struct walk *walk = context;

	(void)type;
	session_take_handle(walk->session, walk->side, *handle, walk->keep);
}

void session_take_value(struct session *session, uint16_t message, void *value,
	enum sk_loopback_side side, bool keep)
{
	struct walk walk = {session, NULL, side, keep};

	session_visit(session, message, value, (struct values_visitor){take_one, NULL, &walk});
}

/* ---- requests ---- */

/* Enters a handle in the call, as what it will have to close. */
static void enter_handle(struct session_call *call, struct sk_handle handle, bool copy)
{
	if (handle.raw < 0)
		return;
	if (copy && call->copy_count < SK_HANDLES_MAX)
		call->copies[call->copy_count++] = handle;
	else if (!copy && call->moved_count < SK_HANDLES_MAX)
		call->moved[call->moved_count++] = handle;
}

/* Memory for a lease of that size; not all of it may be there. */
static struct sk_lease lend(struct session *session, struct session_call *call,
	uint64_t size, uint32_t direction)
{
	unsigned place = 0;

	while (session->is_lent[place])
		place++;
	session->is_lent[place] = true;
	for (unsigned i = 0; i < SESSION_ROOM; i += 4) {
		uint32_t bits = values_random(&session->values, UINT32_MAX);
		memcpy(&session->memory[place][i], &bits, sizeof(bits));
	}
	memcpy(session->shadow[place], session->memory[place], SESSION_ROOM);
	call->lent[call->lent_count] = place;
	call->lent_size[call->lent_count] = size;
	call->lent_direction[call->lent_count] = direction;
	call->lent_count++;
	return (struct sk_lease){session->memory[place], size, 0, direction};
}

static void open_one(void *context, const struct sk_type *type, struct sk_handle *handle)
{
	const struct walk *walk = context;

	*handle = session_give_handle(walk->session, SK_LOOPBACK_CLIENT, walk->keep);
	enter_handle(walk->call, *handle, type->flags & SK_TYPE_COPY);
}

static void lend_one(void *context, const struct sk_type *type, struct sk_lease *lease)
{
	const struct walk *walk = context;
	struct session *session = walk->session;
	uint64_t most = session->schema->values[type->item];
	uint64_t size = values_random(&session->values, values_random(&session->values, 8) ?
		SESSION_ROOM + 1 : 4 * SESSION_ROOM);

	if (walk->call->lent_count < SK_LEASES_MAX)
		*lease = lend(session, walk->call, size < most ? size : most, type->count);
}

/* Leases stand in the call as they are numbered. */
static void sort_leases(struct session *session, struct session_call *call)
{
	uint8_t bytes[SK_MESSAGE_MAX];
	struct session_call was = *call;
	struct sk_attached attached;

	sk_attach_none(&attached);
	session_message(session, call->method->request)->encode(call->request, bytes,
		sizeof(bytes), &attached);
	for (unsigned i = 0; i < attached.lease_count; i++)
		for (unsigned j = 0; j < was.lent_count; j++) {
			if (session->memory[was.lent[j]] != attached.leases[i].data)
				continue;
			call->lent[i] = was.lent[j];
			call->lent_size[i] = was.lent_size[j];
			call->lent_direction[i] = was.lent_direction[j];
		}
}

void session_fill_request(struct session *session, struct session_call *call)
{
	struct walk walk = {session, call, SK_LOOPBACK_CLIENT, call->step->how[0] & 64};

	call->request = session_value(session, call->method->request);
	session_visit(session, call->method->request, call->request,
		(struct values_visitor){open_one, lend_one, &walk});
	if (call->lent_count > 1)
		sort_leases(session, call);
}

int session_put_raw(struct session *session, const struct fuzz_step *step,
	struct sk_message *message, enum sk_loopback_side side, struct session_call *call)
{
	const struct fuzz_packet *packet = &step->packet;
	struct sk_attached *attached = &message->attached;
	bool copy = step->how[0] & 32;

	sk_attach_none(attached);
	for (unsigned i = 0; i < packet->handles; i++) {
		bool mints = side == SK_LOOPBACK_SERVER && i % 2 == 1;
		struct sk_handle handle = mints ? session_mint(session) :
			session_give_handle(session, side, step->how[0] & 64);

		if (handle.raw < 0)
			break;
		attached->handles[attached->handle_count++] =
			(struct sk_passed){handle, packet->rights[i], copy};
		enter_handle(call, handle, copy);
	}
	for (unsigned i = 0; i < packet->leases && side == SK_LOOPBACK_CLIENT; i++)
		attached->leases[attached->lease_count++] = lend(session, call,
			packet->lease[i].size, packet->lease[i].direction);
	if (packet->size <= message->capacity && packet->size > 0)
		memcpy(message->bytes, packet->bytes, packet->size);
	return (int)packet->size;
}

void session_end_request(struct session *session, struct session_call *call, bool all)
{
	for (unsigned i = 0; i < call->lent_count; i++)
		session->is_lent[call->lent[i]] = false;
	for (unsigned i = 0; i < call->copy_count; i++)
		session_close_handle(session, SK_LOOPBACK_CLIENT, call->copies[i]);
	for (unsigned i = 0; all && i < call->moved_count; i++)
		session_close_handle(session, SK_LOOPBACK_CLIENT, call->moved[i]);
	call->lent_count = call->copy_count = call->moved_count = 0;
}

void session_check_memory(const struct session *session, const char *when)
{
	if (memcmp(session->memory, session->shadow, sizeof(session->memory)) != 0)
		fuzz_found("%s: memory holds other bytes than the server has written", when);
}
