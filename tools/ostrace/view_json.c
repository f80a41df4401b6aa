/*
 * Chrome's and Perfetto's trace events: a track for each thread, with what it
 * calls and serves, arrows from the one to the other; and one for each CPU.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "tools/ostrace/view.h"

/* What runs on a CPU, by its number. */
struct running {
	uint64_t since;
	uint64_t thread;
};

struct tracks {
	struct map cpus;
	uint64_t calls;			/* numbers of arrows */
	uint64_t events;
};

static struct tracks *tracks_of(struct view *view)
{
	if (!view->state)
		view->state = must_allocate(1, sizeof(struct tracks));
	return view->state;
}

/* ---- events ---- */

/* Of a thread whose program is not known, it is its own; CPUs are of 0. */
static uint64_t process_of(const struct thread *thread)
{
	return thread->cpu != NO_CPU ? 0 : thread->space ? thread->space : thread->id;
}

static uint64_t number_of(const struct thread *thread)
{
	return thread->cpu != NO_CPU ? thread->cpu : thread->id;
}

static void print_micros(FILE *out, const char *key, uint64_t time)
{
	fprintf(out, ",\"%s\":%" PRIu64 ".%03" PRIu64, key, time / 1000, time % 1000);
}

static void begin_event(struct view *view, const char *phase,
	const struct thread *thread, uint64_t time)
{
	struct tracks *tracks = tracks_of(view);

	fprintf(view->out, "%s{\"ph\":\"%s\",\"pid\":%" PRIu64 ",\"tid\":%" PRIu64,
		tracks->events++ == 0 ? "[\n" : ",\n", phase, process_of(thread),
		number_of(thread));
	print_micros(view->out, "ts", time > view->world->begin ?
		time - view->world->begin : 0);
}

/* Text here is printable; only these two mean something. */
static void print_text(FILE *out, const char *key, const char *text)
{
	fprintf(out, "\"%s\":\"", key);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void end_event(struct view *view, const char *name, const char *category)
{
	fputc(',', view->out);
	print_text(view->out, "name", name);
	fputc(',', view->out);
	print_text(view->out, "cat", category);
	fputc('}', view->out);
}

/* ---- calls ---- */

static void print_arguments(struct view *view, const struct call *call)
{
	char room[NAME_ROOM];

	fprintf(view->out, ",\"args\":{\"correlation\":\"%" PRIx64 "\",\"size\":%" PRIu32
		",\"handles\":%u,\"leases\":%u,\"lent\":%" PRIu32 ",\"reply_size\":%" PRIu32 ",",
		call->correlation ? call->correlation : call->server_correlation, call->size,
		call->handles, call->leases, call->lent, call->reply_size);
	print_text(view->out, "result", call->status == 0 ? "ok" :
		world_status(call->message_id, call->status, room));
	fputc('}', view->out);
}

/* Slices of a track lie within each other; what does not is a track of its own. */
static void print_slice(struct view *view, const struct call *call,
	const struct thread *thread, uint64_t begin, uint64_t end, bool overlaps)
{
	char room[MESSAGE_NAME_ROOM];
	const char *name = call_name(view->world, call, room);
	const char *category = thread == call->client ? "call" : "serve";
	uint64_t number = tracks_of(view)->calls;

	begin_event(view, overlaps ? "b" : "X", thread, begin);
	if (!overlaps)
		print_micros(view->out, "dur", end > begin ? end - begin : 0);
	else
		fprintf(view->out, ",\"id\":%" PRIu64, number);
	print_arguments(view, call);
	end_event(view, name, category);
	if (!overlaps)
		return;
	begin_event(view, "e", thread, end);
	fprintf(view->out, ",\"id\":%" PRIu64, number);
	end_event(view, name, category);
}

static void print_arrow(struct view *view, const struct thread *from, uint64_t left,
	const struct thread *to, uint64_t came)
{
	uint64_t number = tracks_of(view)->calls++;

	begin_event(view, "s", from, left);
	fprintf(view->out, ",\"id\":%" PRIu64, number);
	end_event(view, "message", "flow");
	begin_event(view, "f", to, came);
	fprintf(view->out, ",\"id\":%" PRIu64 ",\"bp\":\"e\"", number);
	end_event(view, "message", "flow");
}

static void print_unfinished(struct view *view, const struct call *call)
{
	const struct thread *thread = call->client ? call->client : call->server;
	char room[MESSAGE_NAME_ROOM];

	begin_event(view, "B", thread, call_begin(call));
	print_arguments(view, call);
	end_event(view, call_name(view->world, call, room), "unfinished");
}

static void json_call(struct view *view, const struct call *call)
{
	unsigned both = CALL_SERVED | CALL_ANSWERED;

	if (!filter_call(view->filter, view->world, call))
		return;
	tracks_of(view)->calls++;
	if (!call_is_whole(call)) {
		print_unfinished(view, call);
		return;
	}
	if (call->client)
		print_slice(view, call, call->client, call_begin(call), call_end(call),
			call->client_overlaps);
	if (!call->server || (call->known & both) != both)
		return;
	tracks_of(view)->calls++;
	print_slice(view, call, call->server, call->served, call->answered,
		call->server_overlaps);
	if (!(call->known & CALL_CALLED))
		return;
	print_arrow(view, call->client, call->called, call->server, call->served);
	print_arrow(view, call->server, call->answered, call->client, call->returned);
}

/* ---- other records ---- */

static void print_counter(struct view *view, const struct record *record)
{
	char room[NAME_ROOM];

	begin_event(view, "C", record->thread, record->entry.as.time);
	fprintf(view->out, ",\"args\":{\"value\":%" PRId64 "}",
		record->entry.as.Counter.value);
	end_event(view, world_name(view->world, record->entry.as.Counter.name, room),
		"counter");
}

static void print_instant(struct view *view, const struct record *record)
{
	char room[MESSAGE_NAME_ROOM];
	const struct entry *entry = &record->entry;
	const char *name = entry->id == ostrace_Mark_ID ?
		world_name(view->world, entry->as.Mark.name, room) :
		entry->id == ostrace_Event_ID ?
		world_method(view->world, entry->as.Event.message_id, room) :
		entry_name(entry->id);

	begin_event(view, "i", record->thread, entry->as.time);
	if (entry->id == ostrace_Mark_ID)
		fprintf(view->out, ",\"args\":{\"first\":%" PRId64 ",\"second\":%" PRId64
			",\"third\":%" PRId64 "}", entry->as.Mark.first,
			entry->as.Mark.second, entry->as.Mark.third);
	fputs(",\"s\":\"t\"", view->out);
	end_event(view, name, view_is_kernels(entry) ? "kernel" : "program");
}

static void print_cpu(struct view *view, const struct record *record, uint64_t begin,
	uint64_t end, const char *name, const char *category)
{
	begin_event(view, "X", record->thread, begin);
	print_micros(view->out, "dur", end - begin);
	end_event(view, name, category);
}

static void take_switch(struct view *view, const struct record *record)
{
	struct tracks *tracks = tracks_of(view);
	const struct ostrace_Switch *it = &record->entry.as.Switch;
	struct running *running = map_get(&tracks->cpus, record->thread->cpu);
	const struct thread *thread;
	char room[WHO_ROOM] = "a thread";

	if (!running) {
		running = must_allocate(1, sizeof(*running));
		map_put(&tracks->cpus, record->thread->cpu, running);
	}
	if (running->thread != 0 && it->time >= running->since) {
		thread = map_get(&view->world->threads, running->thread);
		if (thread)
			world_who(view->world, thread, room);
		print_cpu(view, record, running->since, it->time, room, "running");
	}
	running->since = it->time;
	running->thread = it->to;
}

static void json_record(struct view *view, const struct record *record, bool of_call)
{
	const struct ostrace_Interrupt *interrupt = &record->entry.as.Interrupt;

	if (of_call || filter_has_calls(view->filter) ||
			!filter_thread(view->filter, view->world, record->thread))
		return;
	if (record->entry.id == ostrace_Counter_ID)
		print_counter(view, record);
	else if (record->entry.id == ostrace_Switch_ID)
		take_switch(view, record);
	else if (record->entry.id == ostrace_Interrupt_ID)
		print_cpu(view, record, interrupt->time - (interrupt->duration <
			interrupt->time ? interrupt->duration : 0), interrupt->time,
			"interrupt", "kernel");
	else if (record->entry.id != ostrace_Deliver_ID)
		print_instant(view, record);
}

/* ---- names ---- */

static void print_name(struct view *view, const struct thread *thread, const char *what,
	const char *name)
{
	begin_event(view, "M", thread, 0);
	fputs(",\"args\":{", view->out);
	print_text(view->out, "name", name);
	fputc('}', view->out);
	end_event(view, what, "name");
}

static void json_end(struct view *view)
{
	const struct map *threads = &view->world->threads;
	struct tracks *tracks = tracks_of(view);
	char room[WHO_ROOM];

	for (size_t i = 0; i < threads->size; i++) {
		const struct thread *thread = threads->slots[i].value;

		if (!thread)
			continue;
		print_name(view, thread, "thread_name", world_who(view->world, thread, room));
		if (thread->cpu != NO_CPU)
			print_name(view, thread, "process_name", "kernel");
		else if (*world_program(view->world, thread))
			print_name(view, thread, "process_name",
				world_program(view->world, thread));
	}
	map_free(&tracks->cpus, free);
	fflush(view->out);
}

static void json_close(struct view *view)
{
	fputs(tracks_of(view)->events == 0 ? "[]\n" : "\n]\n", view->out);
	free(view->state);
	view->state = NULL;
}

const struct view_ops view_json = {
	.record = json_record,
	.call = json_call,
	.end = json_end,
	.close = json_close,
};
