/* Text, a line for each call, those made in it below it; as strace shows them. */
#include <inttypes.h>
#include <string.h>

#include "tools/ostrace/view.h"

/* ---- calls ---- */

static void print_who(struct view *view, const struct call *call)
{
	char who[WHO_ROOM];

	if (call->client)
		fprintf(view->out, "%s ", world_who(view->world, call->client, who));
	if (call->server)
		fprintf(view->out, "-> %s ", world_who(view->world, call->server, who));
}

static void print_count(FILE *out, unsigned count, const char *what)
{
	if (count != 0)
		fprintf(out, ", %u %s%s", count, what, count == 1 ? "" : "s");
}

/* It was recorded how large the request is. */
static bool has_size(const struct call *call)
{
	return (call->known & CALL_CALLED) ||
		(call->known & (CALL_SERVED | CALL_REFUSED)) == CALL_SERVED;
}

static void print_request(struct view *view, const struct call *call)
{
	if (call->kind == CALL_SPAN) {
		fprintf(view->out, "(%" PRId64 ")", call->number);
	} else if (call->kind == CALL_FOREIGN) {
		fprintf(view->out, "(0x%" PRIx64 ", 0x%" PRIx64 ", 0x%" PRIx64 ", 0x%" PRIx64
			")", call->arguments[0], call->arguments[1], call->arguments[2],
			call->arguments[3]);
	} else if (!has_size(call)) {
		fputs("(?)", view->out);
	} else {
		fprintf(view->out, "(%" PRIu32 " B", call->size);
		print_count(view->out, call->handles, "handle");
		print_count(view->out, call->leases, "lease");
		if (call->lent != 0)
			fprintf(view->out, " of %" PRIu32 " B", call->lent);
		fputc(')', view->out);
	}
}

static const char *status_text(const struct call *call, char room[NAME_ROOM])
{
	if (call->kind != CALL_METHOD && call->kind != CALL_ONEWAY) {
		snprintf(room, NAME_ROOM, "%" PRId64, call->kind == CALL_FOREIGN ?
			call->number : call->status);
		return room;
	}
	return call->status == 0 ? call->kind == CALL_ONEWAY ? "sent" : "ok" :
		world_status(call->message_id, call->status, room);
}

static void print_result(struct view *view, const struct call *call)
{
	char room[NAME_ROOM];

	fputs(call->known & CALL_REFUSED ? " = refused, " : " = ", view->out);
	fputs(status_text(call, room), view->out);
	if (call->kind != CALL_METHOD)
		return;
	if (call->status == 0 && call->reply_size != 0) {
		fprintf(view->out, " (%" PRIu32 " B", call->reply_size);
		print_count(view->out, call->reply_handles, "handle");
		fputc(')', view->out);
	}
	if (call->retries != 0)
		fprintf(view->out, " after %u more", call->retries);
}

static void print_times(struct view *view, const struct call *call)
{
	char all[TIME_ROOM], served[TIME_ROOM];
	unsigned both = CALL_SERVED | CALL_ANSWERED;

	if (call->kind != CALL_ONEWAY || (call->known & CALL_ANSWERED))
		fprintf(view->out, " <%s", view_duration(call_end(call) - call_begin(call), all));
	else
		return;
	if ((call->known & CALL_CALLED) && (call->known & both) == both)
		fprintf(view->out, ", served in %s",
			view_duration(call->answered - call->served, served));
	fputc('>', view->out);
}

static void text_call(struct view *view, const struct call *call)
{
	char time[TIME_ROOM], name[MESSAGE_NAME_ROOM];

	if (!filter_call(view->filter, view->world, call))
		return;
	fprintf(view->out, "%15s %*s", view_time(view->world, call_begin(call), time),
		(int)(2 * call->depth), "");
	print_who(view, call);
	fputs(call_name(view->world, call, name), view->out);
	print_request(view, call);
	if (call_is_whole(call)) {
		print_result(view, call);
		print_times(view, call);
	} else {
		fputs(" = ? <unfinished>", view->out);
	}
	fputc('\n', view->out);
}

/* ---- records that are of no call ---- */

static void print_own(struct view *view, const struct entry *entry)
{
	char room[MESSAGE_NAME_ROOM];

	switch (entry->id) {
	case ostrace_Mark_ID:
		fprintf(view->out, "%s(%" PRId64 ", %" PRId64 ", %" PRId64 ")",
			world_name(view->world, entry->as.Mark.name, room),
			entry->as.Mark.first, entry->as.Mark.second, entry->as.Mark.third);
		break;
	case ostrace_Counter_ID:
		fprintf(view->out, "%s: %" PRId64, world_name(view->world,
			entry->as.Counter.name, room), entry->as.Counter.value);
		break;
	case ostrace_Event_ID:
		fprintf(view->out, "event %s(%" PRIu32 " B)%s", world_method(view->world,
			entry->as.Event.message_id, room), entry->as.Event.size,
			entry->as.Event.lost ? " lost" : "");
		break;
	case ostrace_ForeignUnknown_ID:
		fprintf(view->out, "%s is not there, for process %" PRIu32 " at 0x%" PRIx64,
			world_foreign(entry->as.ForeignUnknown.number, room),
			entry->as.ForeignUnknown.process,
			entry->as.ForeignUnknown.instruction);
		break;
	default:
		fprintf(view->out, "%s of what began before", entry_name(entry->id));
	}
}

static const char *who(struct view *view, uint64_t id, char room[WHO_ROOM])
{
	const struct thread *thread = map_get(&view->world->threads, id);

	if (id == 0)
		return "nobody";
	if (thread)
		return world_who(view->world, thread, room);
	snprintf(room, WHO_ROOM, "#%" PRIu64, id);
	return room;
}

/* Those with threads in them. */
static bool print_scheduling(struct view *view, const struct entry *entry)
{
	char a[WHO_ROOM], b[WHO_ROOM], name[MESSAGE_NAME_ROOM], status[NAME_ROOM];
	FILE *out = view->out;

	switch (entry->id) {
	case ostrace_Switch_ID:
		fprintf(out, "switch %s -> %s, priority %" PRIu32,
			who(view, entry->as.Switch.from, a), who(view, entry->as.Switch.to, b),
			entry->as.Switch.priority);
		return true;
	case ostrace_Wake_ID:
		fprintf(out, "wake %s by %s, cpu%" PRIu32, who(view, entry->as.Wake.thread, a),
			who(view, entry->as.Wake.by, b), entry->as.Wake.cpu);
		return true;
	case ostrace_Deliver_ID:
		fprintf(out, "deliver %s -> %s %s(%" PRIu32 " B)%s",
			who(view, entry->as.Deliver.from, a), who(view, entry->as.Deliver.to, b),
			world_method(view->world, entry->as.Deliver.message_id, name),
			entry->as.Deliver.size, entry->as.Deliver.is_reply ? " reply" : "");
		return true;
	case ostrace_Cancel_ID:
		fprintf(out, "cancel %s: %s", who(view, entry->as.Cancel.from, a),
			world_status(0, entry->as.Cancel.status, status));
		return true;
	case ostrace_Signal_ID:
		fprintf(out, "signal #%" PRIu64 " by %s, 0x%" PRIx64,
			entry->as.Signal.notification, who(view, entry->as.Signal.by, a),
			entry->as.Signal.set_bits);
		return true;
	default:
		return false;
	}
}

static bool print_memory(struct view *view, const struct entry *entry)
{
	char a[WHO_ROOM];
	FILE *out = view->out;

	switch (entry->id) {
	case ostrace_Fault_ID:
		fprintf(out, "fault of %s, reason %" PRIu32 ", address 0x%" PRIx64
			", at 0x%" PRIx64, who(view, entry->as.Fault.thread, a),
			entry->as.Fault.reason, entry->as.Fault.address,
			entry->as.Fault.instruction);
		return true;
	case ostrace_PageFilled_ID:
		fprintf(out, "fill for %s, address 0x%" PRIx64 " of #%" PRIu64,
			who(view, entry->as.PageFilled.thread, a),
			entry->as.PageFilled.address, entry->as.PageFilled.memory);
		return true;
	case ostrace_LeaseCopy_ID:
		fprintf(out, "lease %u %s by %s, %" PRIu64 " B at %" PRIu64,
			entry->as.LeaseCopy.lease,
			entry->as.LeaseCopy.write ? "written" : "read",
			who(view, entry->as.LeaseCopy.server, a), entry->as.LeaseCopy.done,
			entry->as.LeaseCopy.offset);
		return true;
	case ostrace_Mapped_ID:
		fprintf(out, "%s in #%" PRIu64 ", 0x%" PRIx64 " for 0x%" PRIx64,
			entry->as.Mapped.memory ? "map" : "unmap", entry->as.Mapped.space,
			entry->as.Mapped.address, entry->as.Mapped.length);
		return true;
	default:
		return false;
	}
}

static void print_kernels(struct view *view, const struct entry *entry)
{
	FILE *out = view->out;

	if (print_scheduling(view, entry) || print_memory(view, entry))
		return;
	switch (entry->id) {
	case ostrace_Interrupt_ID:
		fprintf(out, "interrupt %" PRIu32 " for %" PRIu32 " ns",
			entry->as.Interrupt.line, entry->as.Interrupt.duration);
		break;
	case ostrace_Made_ID:
		fprintf(out, "make #%" PRIu64 " of kind %d, %" PRIu32 " B",
			entry->as.Made.object, (int)entry->as.Made.kind,
			entry->as.Made.bytes);
		break;
	case ostrace_Ended_ID:
		fprintf(out, "end #%" PRIu64 " of kind %d", entry->as.Ended.object,
			(int)entry->as.Ended.kind);
		break;
	case ostrace_TimerFired_ID:
		fprintf(out, "timer #%" PRIu64 ", %" PRIu64 " ns late",
			entry->as.TimerFired.timer, entry->as.TimerFired.late);
		break;
	}
}

static void text_record(struct view *view, const struct record *record, bool of_call)
{
	char time[TIME_ROOM], room[WHO_ROOM];
	bool is_kernels = view_is_kernels(&record->entry);

	if (is_kernels ? !view->kernel : of_call)
		return;
	if (filter_has_calls(view->filter) ||
			!filter_thread(view->filter, view->world, record->thread))
		return;
	fprintf(view->out, "%15s %s ", view_time(view->world, record->entry.as.time, time),
		world_who(view->world, record->thread, room));
	if (is_kernels)
		print_kernels(view, &record->entry);
	else
		print_own(view, &record->entry);
	fputc('\n', view->out);
}

static void text_lost(struct view *view, const struct thread *thread, uint64_t count)
{
	char room[WHO_ROOM];

	fprintf(view->out, "%15s %s: %" PRIu64 " records are lost\n", "",
		world_who(view->world, thread, room), count);
}

static void text_end(struct view *view)
{
	fflush(view->out);
}

const struct view_ops view_text = {
	.record = text_record,
	.call = text_call,
	.lost = text_lost,
	.end = text_end,
};
