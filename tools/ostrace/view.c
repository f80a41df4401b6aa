/* What all views share: filters, and how times look. */
#define _GNU_SOURCE

#include "tools/ostrace/view.h"

#include <fnmatch.h>
#include <inttypes.h>

static bool matches(const char *const *patterns, unsigned count, const char *text)
{
	for (unsigned i = 0; i < count; i++)
		if (fnmatch(patterns[i], text, 0) == 0)
			return true;
	return false;
}

bool filter_thread(const struct filter *filter, const struct world *world,
	const struct thread *thread)
{
	char who[WHO_ROOM];

	return filter->program_count == 0 || (thread &&
		(matches(filter->programs, filter->program_count,
			world_program(world, thread)) ||
		matches(filter->programs, filter->program_count,
			world_who(world, thread, who))));
}

bool filter_has_calls(const struct filter *filter)
{
	return filter->method_count != 0 || filter->longer != 0 || filter->failed;
}

bool filter_call(const struct filter *filter, const struct world *world,
	const struct call *call)
{
	char room[MESSAGE_NAME_ROOM];

	if (filter->method_count != 0 && !matches(filter->methods, filter->method_count,
			call_name(world, call, room)))
		return false;
	if (call_end(call) - call_begin(call) < filter->longer)
		return false;
	if (filter->failed && call->status == 0)
		return false;
	return filter_thread(filter, world, call->client) ||
		filter_thread(filter, world, call->server);
}

const char *view_time(const struct world *world, uint64_t time, char room[TIME_ROOM])
{
	bool is_before = time < world->begin;
	uint64_t passed = is_before ? world->begin - time : time - world->begin;

	snprintf(room, TIME_ROOM, "%s%" PRIu64 ".%09" PRIu64, is_before ? "-" : "",
		passed / 1000000000, passed % 1000000000);
	return room;
}

const char *view_duration(uint64_t nanoseconds, char room[TIME_ROOM])
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	uint64_t unit = 1;
	unsigned which = 0;

	while (which < 3 && nanoseconds / unit >= 1000) {
		unit *= 1000;
		which++;
	}
	if (which == 0)
		snprintf(room, TIME_ROOM, "%" PRIu64 " ns", nanoseconds);
	else
		snprintf(room, TIME_ROOM, "%" PRIu64 ".%03" PRIu64 " %s", nanoseconds / unit,
			nanoseconds % unit * 1000 / unit, units[which]);
	return room;
}

uint32_t view_message_id(const struct entry *entry)
{
	switch (entry->id) {
#define X(name) case ostrace_##name##_ID: return entry->as.name.message_id;
	X(Call) X(Return) X(Serve) X(Answer) X(Send) X(Event) X(Refuse) X(Deliver)
#undef X
	default: return 0;
	}
}

bool view_is_kernels(const struct entry *entry)
{
	return entry->id >= ostrace_Deliver_ID;
}
