/* From bytes to a view. */
#include "tools/ostrace/trace.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Of these no more are told one by one. */
#define PROBLEMS_TOLD 20

__attribute__((format(printf, 2, 3)))
static void problem(struct trace *trace, const char *format, ...)
{
	va_list arguments;

	if (++trace->problems > PROBLEMS_TOLD)
		return;
	fprintf(trace->errors, "ostrace: %s: ", trace->file);
	va_start(arguments, format);
	vfprintf(trace->errors, format, arguments);
	va_end(arguments);
	fputc('\n', trace->errors);
}

/* ---- records ---- */

static void show(struct trace *trace, struct record *record)
{
	bool of_call = calls_take(&trace->calls, record);

	trace->view.ops->record(&trace->view, record, of_call);
	free(record);
}

static void show_due(struct trace *trace, bool all)
{
	struct record *record;

	while ((record = order_take(&trace->order, trace->window, all)) != NULL)
		show(trace, record);
}

static void add(struct trace *trace, const struct entry *entry, const uint8_t *bytes,
	uint64_t offset)
{
	struct record record;

	trace->records++;
	if (!trace->world.source) {
		problem(trace, "offset %" PRIu64 ": a record before it is said whose",
			offset);
		return;
	}
	record.entry = *entry;
	record.thread = trace->world.source->thread;
	record.ring = trace->world.source->number;
	record.order = 0;
	memcpy(record.bytes, bytes, entry->size);
	memset(record.bytes + entry->size, 0, sizeof(record.bytes) - entry->size);
	order_add(&trace->order, &record);
	show_due(trace, false);
}

static void report(void *self, const struct call *call)
{
	struct trace *trace = self;

	trace->view.ops->call(&trace->view, call);
}

/* ---- streams ---- */

static void start(struct trace *trace)
{
	trace->has_begun = true;
	trace->has_ended = false;
	trace->records = 0;
	trace->calls = (struct calls){
		.world = &trace->world, .report = report, .self = trace,
		.keeps_records = trace->view.ops->keeps_records &&
			filter_has_calls(&trace->filter),
	};
	if (trace->view.ops->begin)
		trace->view.ops->begin(&trace->view);
}

static void finish(struct trace *trace)
{
	if (!trace->has_begun)
		return;
	trace->has_begun = false;
	show_due(trace, true);
	calls_end(&trace->calls);
	trace->view.ops->end(&trace->view);
	world_free(&trace->world);
	order_free(&trace->order);
}

static void take_end(struct trace *trace, const struct ostrace_StreamEnd *end,
	uint64_t offset)
{
	if (end->records != trace->records)
		problem(trace, "offset %" PRIu64 ": %" PRIu64 " records were written, and %"
			PRIu64 " are here", offset, end->records, trace->records);
	finish(trace);
	trace->has_ended = true;
}

static void take_entry(void *self, const struct entry *entry, const uint8_t *bytes)
{
	struct trace *trace = self;
	uint64_t offset = trace->stream.offset + (uint64_t)(bytes - trace->stream.bytes) - 4;
	uint64_t lost;

	if (entry->id == ostrace_StreamBegin_ID) {
		if (trace->has_begun)
			problem(trace, "offset %" PRIu64 ": the stream before has no end",
				offset);
		finish(trace);
		world_learn(&trace->world, entry);
		start(trace);
		return;
	}
	if (!trace->has_begun) {
		problem(trace, "offset %" PRIu64 ": a stream without its beginning", offset);
		start(trace);
	}
	if (entry->is_record) {
		add(trace, entry, bytes, offset);
	} else if (entry->id == ostrace_StreamEnd_ID) {
		take_end(trace, &entry->as.StreamEnd, offset);
	} else {
		lost = world_learn(&trace->world, entry);
		if (lost != 0 && trace->view.ops->lost)
			trace->view.ops->lost(&trace->view, trace->world.source->thread, lost);
	}
}

static void take_damage(void *self, uint64_t offset, uint64_t size)
{
	problem(self, "offset %" PRIu64 ": %" PRIu64 " bytes are damaged", offset, size);
}

static void take_cut(void *self, uint64_t offset, uint64_t size)
{
	problem(self, "offset %" PRIu64 ": cut, the last %" PRIu64 " bytes are no whole entry",
		offset, size);
}

static const struct stream_ops stream_ops = {
	.entry = take_entry,
	.damaged = take_damage,
	.cut = take_cut,
};

void trace_begin(struct trace *trace)
{
	trace->view.world = &trace->world;
	trace->view.filter = &trace->filter;
	stream_begin(&trace->stream, &stream_ops, trace);
}

void trace_push(struct trace *trace, const void *bytes, size_t size)
{
	stream_push(&trace->stream, bytes, size);
}

void trace_idle(struct trace *trace)
{
	if (trace->has_begun)
		show_due(trace, true);
}

void trace_end(struct trace *trace)
{
	stream_end(&trace->stream);
	if (!trace->has_ended)
		problem(trace, "offset %" PRIu64 ": %s", trace->stream.offset,
			trace->has_begun ? "cut, the stream has no end" : "there is no stream");
	finish(trace);
	if (trace->view.ops->close)
		trace->view.ops->close(&trace->view);
	if (trace->problems > PROBLEMS_TOLD)
		fprintf(trace->errors, "ostrace: %s: %u problems in all\n", trace->file,
			trace->problems);
}
