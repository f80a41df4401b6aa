/* Invariants of messages: who waits where, and that nobody waits who need not. */
#include "tests/kernel/fuzz/fuzz.h"

/* ---- callers ---- */

static uint64_t reserved_of(const struct caller *caller, const struct space *space)
{
	return caller->space == space ? caller->reserved : 0;
}

static void check_caller(const struct caller *caller, const struct object *of)
{
	const struct session *session = caller->session;

	switch (caller->state) {
	case CALLER_IDLE:
		MUST("an idle caller is in no list", of, list_is_empty(&caller->queued) &&
			list_is_empty(&caller->in_session) &&
			list_is_empty(&caller->deadline.link) && caller->reserved == 0);
		break;
	case CALLER_AT_SESSION:
		MUST("a caller is at its session", of,
			list_has(&session->callers.callers, &caller->queued) &&
			list_has(&session->waiting, &caller->in_session));
		break;
	case CALLER_AT_ENDPOINT:
		MUST("a caller is at its endpoint", of,
			list_has(&session->endpoint->callers.callers, &caller->queued) &&
			list_has(&session->waiting, &caller->in_session));
		break;
	default:
		MUST("a caller that was delivered has a token", of, caller->token &&
			caller->token->state == TOKEN_HELD && caller->token->caller == caller &&
			list_is_empty(&caller->queued) && list_is_empty(&caller->in_session));
		break;
	}
}

static void check_queue(const struct caller_queue *queue, const struct object *of)
{
	const struct list *level = queue->levels.next;
	int last = 256;

	list_length(&queue->callers, "a queue of callers");
	list_length(&queue->levels, "the priorities of a queue");
	for (const struct list *at = queue->callers.next; at != &queue->callers; at = at->next) {
		const struct caller *caller = LIST_OF(at, struct caller, queued);

		MUST("callers are in the order of their priorities", of,
			caller->priority <= last);
		if (caller->priority == last)
			continue;
		MUST("the first of each priority is known", of, level == &caller->level);
		level = level->next;
		last = caller->priority;
	}
	MUST("only the first of each priority is known", of, level == &queue->levels);
}

/* ---- endpoints ---- */

static void check_bound(const struct endpoint *endpoint)
{
	if (endpoint->bound && !endpoint->closed)
		MUST("what is bound knows its endpoint", &endpoint->object,
			endpoint->bound->endpoint == endpoint);
}

/* Nothing is there that this one could have. */
static void check_receiver(const struct endpoint *endpoint, const struct thread *thread)
{
	const struct caller *first = caller_queue_first(&endpoint->callers);

	MUST("no thread receives while a session is gone", &thread->object,
		list_is_empty(&endpoint->gone));
	MUST("no thread receives while bits are set", &thread->object,
		!endpoint->bound || endpoint->bound->bits == 0);
	MUST("no thread receives while a caller could be delivered", &thread->object, !first ||
		(!first->is_one_way && !thread->space->tokens.free));
	for (const struct list *at = endpoint->canceled.next; at != &endpoint->canceled;
			at = at->next)
		MUST("no thread receives while a call of its space is canceled",
			&thread->object,
			LIST_OF(at, struct token, link)->space != thread->space);
}

static void check_endpoint(const struct record *record)
{
	const struct endpoint *endpoint = OF(endpoint, record->object);
	unsigned callers, canceled, gone;

	check_queue(&endpoint->callers, record->object);
	callers = list_length(&endpoint->callers.callers, "callers");
	canceled = list_length(&endpoint->canceled, "canceled tokens");
	gone = list_length(&endpoint->gone, "gone sessions");
	same("callers of an endpoint", record->object, callers, endpoint->caller_count);
	same("events of an endpoint", record->object,
		callers + canceled + gone + endpoint->closed, endpoint->events);
	same("sessions of an endpoint", record->object,
		list_length(&endpoint->sessions, "sessions"), endpoint->session_count);
	if (!endpoint->closed)
		same("unanswered calls of an endpoint", record->object, record->under_way,
			endpoint->unanswered);
	same("handles to receive of an endpoint", record->object, record->receive_handles,
		endpoint->receive_handles);
	check_bound(endpoint);
	list_length(&endpoint->receivers, "receivers");
	if (endpoint->ready) {
		MUST("who is ready is alone, and received last", record->object,
			list_is_empty(&endpoint->receivers) &&
			endpoint->last_receiver == endpoint->ready &&
			endpoint->events == 0);
		check_receiver(endpoint, endpoint->ready);
	}
	for (struct list *at = endpoint->receivers.next; at != &endpoint->receivers &&
			list_is_empty(&endpoint->work) && !endpoint->closed; at = at->next)
		check_receiver(endpoint, LIST_OF(at, struct thread, waiting));
	if (endpoint->closed && list_is_empty(&endpoint->work))
		MUST("who closed has nobody left", record->object, callers == 0 &&
			list_is_empty(&endpoint->receivers) && endpoint->session_count == 0);
}

/* ---- sessions ---- */

static void check_session(const struct record *record)
{
	const struct session *session = OF(session, record->object);
	bool open = session_is_open(session);

	check_queue(&session->callers, record->object);
	same("calls of a session under way", record->object, record->under_way,
		session_under_way(session));
	same("clients of a session", record->object, record->clients, session->clients);
	MUST("a session's limit is its credit", record->object, session->limit ==
		(!session->endpoint || session->revoked ? 0 :
		session->credit ? session->credit : UINT32_MAX));
	MUST("a session is direct if nothing is under way", record->object,
		!session->direct || (session->direct == session->endpoint &&
		session->limit > 0 && session->clients > 0 && record->under_way == 0 &&
		list_is_empty(&session->waiting)));
	MUST("nobody waits for a credit that is there", record->object, !open ||
		!caller_queue_first(&session->callers) ||
		session_under_way(session) >= session->limit);
	list_length(&session->waiting, "callers of a session");
	for (struct list *at = session->tokens.next; at != &session->tokens; at = at->next)
		MUST("a session's token is held", record->object, LIST_OF(at, struct token,
			link)->state == TOKEN_HELD &&
			LIST_OF(at, struct token, link)->session == session);
	if (open && session->clients == 0 && list_is_empty(&session->waiting) &&
			record->object->references > 0)
		MUST("that a session is gone is told", record->object, session->is_gone);
}

/* ---- notifications, rings, tokens ---- */

static void check_notification(struct object *object)
{
	const struct notification *notification = OF(notification, object);

	list_length(&notification->waiting, "who waits for bits");
	for (struct list *at = notification->waiting.next; at != &notification->waiting;
			at = at->next) {
		const struct thread *thread = LIST_OF(at, struct thread, waiting);

		MUST("who waits for bits is WAITING for them", &thread->object,
			thread->state == kernel_ThreadState_WAITING &&
			thread->waits_for == notification);
		MUST("nobody waits for bits that are set", &thread->object,
			!(notification->bits & thread->wait_mask));
	}
	if (notification->endpoint)
		MUST("an endpoint is bound to what it says", object,
			notification->endpoint->bound == notification);
}

static void check_ring(struct ring *ring)
{
	uint32_t busy = 0;

	for (uint32_t i = 0; i < ring->chunk_count * RING_CHUNK && i < ring->slot_count; i++) {
		const struct ring_slot *slot = ring_slot(ring, i);

		check_caller(&slot->caller, &ring->object);
		same("a slot is busy if its caller is", &ring->object,
			slot->caller.state != CALLER_IDLE, slot->busy);
		busy += slot->busy;
	}
	same("calls of a ring under way", &ring->object, busy, ring->under_way);
}

static void check_tokens(const struct space *space)
{
	const struct token_table *table = &space->tokens;
	uint32_t free = 0, listed = 0;

	for (uint32_t i = 0; i < table->count; i++) {
		const struct token *token = &table->pages[i / TOKEN_PAGE][i % TOKEN_PAGE];

		free += token->state == TOKEN_FREE;
		same("a token's place", &space->object, i, ABI_TOKEN_INDEX(token->number));
		if (token->server)
			MUST("a token's server serves it", &space->object,
				token->server->serves == token);
		if (token->state == TOKEN_HELD)
			MUST("a held token is in its session's list", &space->object,
				(token->session->solo == token ||
				token->session->solo_other == token ||
				list_has(&token->session->tokens, &token->link)) &&
				token->caller->state == CALLER_DELIVERED &&
				token->caller->token == token);
		if (token->state == TOKEN_CANCELED)
			MUST("a canceled token is in its endpoint's list", &space->object,
				list_has(&token->session->endpoint->canceled, &token->link));
	}
	for (struct list *at = table->free; at && listed <= table->count; at = at->next)
		listed++;
	if (space->state < kernel_SpaceState_ENDING)
		same("free tokens of a space", &space->object, free, listed);
}

/* ---- spaces: what is reserved ---- */

static uint64_t find_reserved(const struct space *space)
{
	uint64_t reserved = 0;

	for (unsigned i = 0; i < record_count; i++) {
		struct object *object = records[i].object;

		if (object->type == &thread_type)
			reserved += reserved_of(&OF(thread, object)->caller, space) +
				reserved_of(&OF(thread, object)->fault, space);
		if (object->type == &ring_type)
			for (uint32_t at = 0; at < OF(ring, object)->slot_count &&
					at < OF(ring, object)->chunk_count * RING_CHUNK; at++)
				reserved += reserved_of(
					&ring_slot(OF(ring, object), at)->caller, space);
	}
	return reserved;
}

static void check_handles(const struct space *space)
{
	const struct handle_table *table = &space->handles;
	uint32_t index = table->free, free = 0, places = table->page_count * HANDLE_PAGE;

	while (index != 0 && index < places && free <= places) {
		const struct handle *entry = &table->pages[index / HANDLE_PAGE]
			[index % HANDLE_PAGE];

		MUST("a free place has no object", &space->object, !entry->object);
		index += 1 + (entry->rights | (uint32_t)entry->protocol_rights << 16);
		free++;
	}
	if (places && !table->ending)
		same("free places of a table", &space->object, places - 1 - table->used, free);
	same("reserved places of a table", &space->object, find_reserved(space),
		table->reserved);
	same("threads of a space", &space->object,
		list_length(&space->threads, "threads of a space"), space->thread_count);
}

void check_ipc(void)
{
	for (unsigned i = 0; i < record_count; i++) {
		struct object *object = records[i].object;

		if (object->type == &endpoint_type) {
			check_endpoint(&records[i]);
		} else if (object->type == &session_type) {
			check_session(&records[i]);
		} else if (object->type == &notification_type) {
			check_notification(object);
		} else if (object->type == &ring_type) {
			check_ring(OF(ring, object));
		} else if (object->type == &space_type) {
			check_tokens(OF(space, object));
			check_handles(OF(space, object));
		} else if (object->type == &thread_type) {
			check_caller(&OF(thread, object)->caller, object);
			check_caller(&OF(thread, object)->fault, object);
		}
	}
}
