/* Calls: what each kind of record means for them. */
#include "tools/ostrace/calls_parts.h"

/* Of message ids: an error follows its reply's; 2 is a status in place of it. */
#define IS_ERROR(message_id) (((message_id) & 3) == 2)

/* ---- records of stubs ---- */

static void take_call(struct calls *calls, const struct record *record)
{
	const struct ostrace_Call *it = &record->entry.as.Call;
	struct call *call = call_new(calls, CALL_METHOD, it->message_id,
		call_find_parent(calls, record->thread, it->parent));

	call_set_client(calls, call, record->thread, it->correlation, it->time);
	call->channel = it->channel;
	call->size = it->size;
	call->handles = it->handles;
	call->leases = it->leases;
	call->lent = it->lent;
	call_keep(calls, call, record);
}

static void take_return(struct calls *calls, const struct record *record)
{
	const struct ostrace_Return *it = &record->entry.as.Return;
	struct call *call = call_find_returning(record->thread, it->correlation);

	if (!call) {
		call = call_new(calls, CALL_METHOD, it->message_id & ~UINT32_C(3),
			record->thread->inside);
		call->client = record->thread;
		call->correlation = it->correlation;
	}
	call->known |= CALL_RETURNED;
	call->client_overlaps |= record->thread->calls != call ||
		(record->thread->inside && call_begin(record->thread->inside) > call->called);
	call->returned = it->time;
	call->status = it->status;
	call->reply_size = it->size;
	call->reply_handles = it->handles;
	call->retries = it->retries;
	call_keep(calls, call, record);
	call_close(calls, call);
}

static void take_serve(struct calls *calls, const struct record *record)
{
	const struct ostrace_Serve *it = &record->entry.as.Serve;
	struct call *call = call_find_request(calls, record->thread, it->correlation,
		it->message_id);

	if (!call)
		call = call_new(calls, world_is_oneway(it->message_id) ? CALL_ONEWAY :
			CALL_METHOD, it->message_id, NULL);
	if (!(call->known & CALL_CALLED))
		call->size = it->size;
	call->badge = it->badge;
	call_set_server(calls, call, record->thread, it->correlation, it->time);
	call_keep(calls, call, record);
}

/* A served call ends: with what lies across its end. */
static void note_overlaps(struct call *call)
{
	call->server_overlaps = call->server->inside != call;
	for (struct call *each = call->server->calls; each; each = each->next_of_thread)
		if (each->called > call->served)
			each->client_overlaps = true;
}

/* To one that its caller has given up: it was told of. */
static void take_answer(struct calls *calls, const struct record *record)
{
	const struct ostrace_Answer *it = &record->entry.as.Answer;
	struct call *call = call_find_served(calls, record->thread, it->correlation);

	if (!call)
		return;
	call->known |= CALL_ANSWERED;
	call->answered = it->time;
	call->status = it->status;
	call->reply_size = it->size;
	call_keep(calls, call, record);
	note_overlaps(call);
	UNLINK(&call->server->inside, call, outer);
	if (!(call->known & CALL_CALLED))
		call_close(calls, call);
}

/* Its Answer follows. */
static void take_refuse(struct calls *calls, const struct record *record)
{
	const struct ostrace_Refuse *it = &record->entry.as.Refuse;
	struct call *call = call_find_served(calls, record->thread, it->correlation);

	if (!call)
		return;
	call->known |= CALL_REFUSED;
	call->status = it->status;
	call_keep(calls, call, record);
}

static void take_send(struct calls *calls, const struct record *record)
{
	const struct ostrace_Send *it = &record->entry.as.Send;
	struct call *call = call_new(calls, CALL_ONEWAY, it->message_id,
		call_find_parent(calls, record->thread, 0));

	call_set_client(calls, call, record->thread, it->correlation, it->time);
	call->known |= CALL_RETURNED;
	call->returned = it->time;
	call->channel = it->channel;
	call->size = it->size;
	call->status = it->status;
	call_keep(calls, call, record);
	call_close(calls, call);
}

/* ---- records of programs ---- */

static void begin_inside(struct calls *calls, const struct record *record,
	struct call *call, uint64_t correlation)
{
	call_set_client(calls, call, record->thread, correlation, record->entry.as.time);
	call_enter(record->thread, call);
	call_keep(calls, call, record);
}

static void end_inside(struct calls *calls, const struct record *record,
	struct call *call)
{
	call->known |= CALL_RETURNED;
	call->returned = record->entry.as.time;
	call_keep(calls, call, record);
	call_close(calls, call);
}

static struct call *find_of_kind(const struct thread *thread, enum call_kind kind,
	uint64_t correlation, uint32_t name)
{
	struct call *call = thread->inside;

	while (call && (call->kind != kind || call->message_id != name ||
			call->correlation != correlation))
		call = call->outer;
	return call;
}

static bool take_span(struct calls *calls, const struct record *record)
{
	struct thread *thread = record->thread;
	struct call *call;

	if (record->entry.id == ostrace_SpanBegin_ID) {
		const struct ostrace_SpanBegin *it = &record->entry.as.SpanBegin;

		call = call_new(calls, CALL_SPAN, it->name, thread->inside);
		call->number = it->argument;
		begin_inside(calls, record, call, it->correlation);
		return true;
	}
	call = find_of_kind(thread, CALL_SPAN, record->entry.as.SpanEnd.correlation,
		record->entry.as.SpanEnd.name);
	if (!call)
		return false;
	call->status = record->entry.as.SpanEnd.status;
	end_inside(calls, record, call);
	return true;
}

static bool take_foreign(struct calls *calls, const struct record *record)
{
	struct thread *thread = record->thread;
	struct call *call;

	if (record->entry.id == ostrace_ForeignCall_ID) {
		const struct ostrace_ForeignCall *it = &record->entry.as.ForeignCall;

		call = call_new(calls, CALL_FOREIGN, it->number, thread->inside);
		for (unsigned i = 0; i < 4; i++)
			call->arguments[i] = it->arguments[i];
		begin_inside(calls, record, call, it->correlation);
		return true;
	}
	call = find_of_kind(thread, CALL_FOREIGN, record->entry.as.ForeignReturn.correlation,
		record->entry.as.ForeignReturn.number);
	if (!call)
		return false;
	call->number = record->entry.as.ForeignReturn.result;
	call->status = call->number < 0 && call->number >= -4095 ?
		(int32_t)call->number : 0;
	end_inside(calls, record, call);
	return true;
}

/* ---- records of the kernel ---- */

/* Of a thread that records no calls itself. */
static struct call *kernels_call(struct calls *calls, const struct ostrace_Deliver *it,
	struct thread *from)
{
	bool is_oneway = world_is_oneway(it->message_id);
	struct call *call = call_new(calls, is_oneway ? CALL_ONEWAY : CALL_METHOD,
		it->message_id, from->inside);

	call_set_client(calls, call, from, it->correlation, it->time);
	call->is_kernels = true;
	call->size = it->size;
	call->handles = it->handles;
	call->leases = it->leases;
	return call;
}

static struct call *find_kernels(const struct thread *from, uint64_t correlation)
{
	struct call *call = from->calls;

	while (call && (!call->is_kernels || call->correlation != correlation))
		call = call->next_of_thread;
	return call;
}

static bool deliver_request(struct calls *calls, const struct record *record)
{
	const struct ostrace_Deliver *it = &record->entry.as.Deliver;
	struct thread *from = world_thread(calls->world, it->from);
	struct thread *to = world_thread(calls->world, it->to);
	struct call *call = NULL;

	if (from == to)
		return false;
	for (struct call *each = from->calls; each; each = each->next_of_thread)
		if (!(each->known & CALL_DELIVERED) && call_awaits_server(each, it->message_id))
			call = each;
	if (!call)
		call = kernels_call(calls, it, from);
	call->known |= CALL_DELIVERED;
	call_keep(calls, call, record);
	if (call->kind == CALL_ONEWAY) {
		call->known |= CALL_RETURNED;
		call->returned = it->time;
		call_close(calls, call);
		return true;
	}
	call_set_arriving(to, call);
	if (!call->server)
		call->server = to;
	return true;
}

/* What stubs say of the end is more; of calls that only the kernel tells of, it is
 * this. */
static bool end_kernels(struct calls *calls, const struct record *record, uint64_t from,
	uint64_t correlation, int32_t status, uint32_t size)
{
	struct call *call = find_kernels(world_thread(calls->world, from), correlation);

	if (!call)
		return false;
	call->known |= CALL_RETURNED;
	call->returned = record->entry.as.time;
	call->status = status;
	call->reply_size = size;
	call_keep(calls, call, record);
	call_close(calls, call);
	return true;
}

static bool take_deliver(struct calls *calls, const struct record *record)
{
	const struct ostrace_Deliver *it = &record->entry.as.Deliver;

	if (!it->is_reply)
		return deliver_request(calls, record);
	return end_kernels(calls, record, it->to, it->correlation,
		IS_ERROR(it->message_id) ? STATUS_ERROR : 0, it->size);
}

bool calls_take(struct calls *calls, const struct record *record)
{
	const struct ostrace_Cancel *cancel = &record->entry.as.Cancel;

	if (calls->open >= CALLS_MAX)
		call_close(calls, calls->oldest);
	switch (record->entry.id) {
	case ostrace_Call_ID: take_call(calls, record); return true;
	case ostrace_Return_ID: take_return(calls, record); return true;
	case ostrace_Serve_ID: take_serve(calls, record); return true;
	case ostrace_Answer_ID: take_answer(calls, record); return true;
	case ostrace_Refuse_ID: take_refuse(calls, record); return true;
	case ostrace_Send_ID: take_send(calls, record); return true;
	case ostrace_SpanBegin_ID:
	case ostrace_SpanEnd_ID: return take_span(calls, record);
	case ostrace_ForeignCall_ID:
	case ostrace_ForeignReturn_ID: return take_foreign(calls, record);
	case ostrace_Deliver_ID: return take_deliver(calls, record);
	case ostrace_Cancel_ID: return end_kernels(calls, record, cancel->from,
		cancel->correlation, cancel->status, 0);
	default: return false;
	}
}
