/* Calls: which are open, who belongs to whom, and their ends. */
#include "tools/ostrace/calls_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define DEPTH_OF_CALLS 64

uint64_t call_begin(const struct call *call)
{
	return call->known & CALL_CALLED ? call->called :
		call->known & CALL_SERVED ? call->served :
		call->known & CALL_ANSWERED ? call->answered : call->returned;
}

uint64_t call_end(const struct call *call)
{
	uint64_t begin = call_begin(call);
	uint64_t end = call->known & CALL_RETURNED ? call->returned :
		call->known & CALL_ANSWERED ? call->answered : begin;

	return end > begin ? end : begin;
}

uint64_t call_self(const struct call *call)
{
	uint64_t all = call_end(call) - call_begin(call);

	if ((call->known & CALL_SERVED) && (call->known & CALL_ANSWERED))
		all = call->answered > call->served ? call->answered - call->served : 0;
	return all > call->inner ? all - call->inner : 0;
}

bool call_is_whole(const struct call *call)
{
	return (call->known & (CALL_RETURNED | CALL_REFUSED)) != 0 ||
		((call->known & CALL_ANSWERED) && !(call->known & CALL_CALLED));
}

const char *call_name(const struct world *world, const struct call *call,
	char room[MESSAGE_NAME_ROOM])
{
	if (call->kind == CALL_SPAN)
		return world_name(world, call->message_id, room);
	if (call->kind != CALL_FOREIGN)
		return world_method(world, call->message_id, room);
	return world_foreign(call->message_id, room);
}

/* ---- lists ---- */

static struct call **bucket(struct call **table, uint64_t correlation)
{
	return &table[(correlation * UINT64_C(0x9e3779b97f4a7c15)) >> 52];
}

void call_set_arriving(struct thread *thread, struct call *call)
{
	if (!thread)
		return;
	if (thread->arriving)
		thread->arriving->arriving_at = NULL;
	thread->arriving = call;
	if (call)
		call->arriving_at = thread;
}

static void unlink_open(struct calls *calls, struct call *call)
{
	*(call->older ? &call->older->newer : &calls->oldest) = call->newer;
	*(call->newer ? &call->newer->older : &calls->newest) = call->older;
	calls->open--;
	if (call->client) {
		UNLINK(&call->client->calls, call, next_of_thread);
		UNLINK(bucket(calls->called, call->correlation), call, next_called);
	}
	if (call->server)
		UNLINK(bucket(calls->served, call->server_correlation), call, next_served);
	call_set_arriving(call->arriving_at, NULL);
	if (call->client && call->kind != CALL_METHOD)
		UNLINK(&call->client->inside, call, outer);
	else if (call->server)
		UNLINK(&call->server->inside, call, outer);
}

void call_enter(struct thread *thread, struct call *call)
{
	call->outer = thread->inside;
	thread->inside = call;
}

/* ---- ends ---- */

static void free_call(struct call *call)
{
	free(call->records);
	free(call);
}

static void tell(struct calls *calls, struct call *call)
{
	struct call *next;

	calls->report(calls->self, call);
	for (struct call *child = call->first; child; child = next) {
		next = child->next;
		tell(calls, child);
	}
	free_call(call);
}

/* Tells of what is done within it. */
static void tell_done(struct calls *calls, struct call *call)
{
	struct call **at = &call->first, *child;

	call->last = NULL;
	call->done = 0;
	while ((child = *at) != NULL) {
		if (child->is_done) {
			*at = child->next;
			tell(calls, child);
		} else {
			call->last = child;
			at = &child->next;
		}
	}
}

/* What is not done goes on without it. */
static void leave_open(struct call *call)
{
	struct call **at = &call->first, *child;

	call->last = NULL;
	while ((child = *at) != NULL) {
		if (child->is_done) {
			call->last = child;
			at = &child->next;
		} else {
			*at = child->next;
			child->next = NULL;
			child->parent = NULL;
		}
	}
}

void call_close(struct calls *calls, struct call *call)
{
	struct call *parent = call->parent;

	unlink_open(calls, call);
	call->is_done = true;
	leave_open(call);
	if (!parent) {
		tell(calls, call);
		return;
	}
	parent->inner += call_end(call) - call_begin(call);
	if (++parent->done >= CALLS_WAITING)
		tell_done(calls, parent);
}

void calls_end(struct calls *calls)
{
	struct call *next;

	for (struct call *call = calls->newest; call; call = next) {
		next = call->older;
		if (call->parent)
			call_close(calls, call);
	}
	while (calls->oldest)
		call_close(calls, calls->oldest);
}

/* ---- beginnings ---- */

static void adopt(struct call *call, struct call *parent)
{
	if (!parent || parent->depth + 1 >= DEPTH_OF_CALLS)
		return;
	call->parent = parent;
	call->depth = parent->depth + 1;
	*(parent->last ? &parent->last->next : &parent->first) = call;
	parent->last = call;
}

struct call *call_new(struct calls *calls, enum call_kind kind,
	uint32_t message_id, struct call *parent)
{
	struct call *call = must_allocate(1, sizeof(*call));

	call->kind = kind;
	call->message_id = message_id;
	adopt(call, parent);
	call->older = calls->newest;
	*(calls->newest ? &calls->newest->newer : &calls->oldest) = call;
	calls->newest = call;
	calls->open++;
	return call;
}

void call_set_client(struct calls *calls, struct call *call, struct thread *thread,
	uint64_t correlation, uint64_t time)
{
	struct call **list = bucket(calls->called, correlation);

	call->known |= CALL_CALLED;
	call->client = thread;
	call->correlation = correlation;
	call->called = time;
	call->next_called = *list;
	*list = call;
	call->next_of_thread = thread->calls;
	thread->calls = call;
}

void call_set_server(struct calls *calls, struct call *call, struct thread *thread,
	uint64_t correlation, uint64_t time)
{
	struct call **list = bucket(calls->served, correlation);

	call->known |= CALL_SERVED;
	call->server = thread;
	call->server_correlation = correlation;
	call->served = time;
	call->next_served = *list;
	*list = call;
	call_enter(thread, call);
}

void call_keep(const struct calls *calls, struct call *call, const struct record *record)
{
	if (!calls->keeps_records)
		return;
	call->records = must_resize(call->records, call->record_count + 1,
		sizeof(*record));
	call->records[call->record_count++] = *record;
}

/* ---- who belongs to whom ---- */

static struct call *find_inside(const struct thread *thread, uint64_t correlation)
{
	struct call *call = thread->inside;

	while (call && call->correlation != correlation &&
			call->server_correlation != correlation)
		call = call->outer;
	return call;
}

/* What a thread's new call is made in. */
struct call *call_find_parent(struct calls *calls, struct thread *thread,
	uint64_t correlation)
{
	struct call *call;

	if (correlation == 0 || find_inside(thread, correlation))
		return thread->inside;
	for (call = *bucket(calls->called, correlation); call; call = call->next_called)
		if (call->correlation == correlation)
			return call;
	for (call = *bucket(calls->served, correlation); call; call = call->next_served)
		if (call->server_correlation == correlation)
			return call;
	return thread->inside;
}

bool call_awaits_server(const struct call *call, uint32_t message_id)
{
	return call->kind == CALL_METHOD && !(call->known & CALL_SERVED) &&
		call->message_id == message_id;
}

/* The call that a request comes from; the earliest, of several. */
struct call *call_find_request(struct calls *calls, struct thread *server,
	uint64_t correlation, uint32_t message_id)
{
	struct call *call = *bucket(calls->called, correlation), *found = NULL;

	for (; call && correlation != 0; call = call->next_called)
		if (call->correlation == correlation && call_awaits_server(call, message_id))
			found = call;
	if (found)
		return found;
	call = server->arriving;
	if (!call || !call_awaits_server(call, message_id))
		return NULL;
	call_set_arriving(server, NULL);
	return call;
}

struct call *call_find_returning(const struct thread *thread, uint64_t correlation)
{
	struct call *call = thread->calls;

	while (call && (call->correlation != correlation || call->is_kernels))
		call = call->next_of_thread;
	return call;
}

struct call *call_find_served(struct calls *calls, struct thread *thread,
	uint64_t correlation)
{
	struct call *call = thread->inside;

	while (call && (call->kind == CALL_SPAN || call->kind == CALL_FOREIGN ||
			call->server_correlation != correlation))
		call = call->outer;
	if (call)
		return call;
	call = *bucket(calls->served, correlation);
	while (call && call->server_correlation != correlation)
		call = call->next_served;
	return call;
}

