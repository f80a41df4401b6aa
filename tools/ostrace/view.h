/*
 * What a stream is shown as: text, a table, JSON or packets. Each is told of the
 * records in the order of time, and of calls once they are over.
 */
#ifndef OSTRACE_VIEW_H
#define OSTRACE_VIEW_H

#include <stdio.h>

#include "tools/ostrace/calls.h"

#define FILTER_MAX 64

/* What is shown; zero: all. Lists are of patterns as of the shell. */
struct filter {
	const char *programs[FILTER_MAX];	/* of "shell", or "shell/main" */
	unsigned program_count;
	const char *methods[FILTER_MAX];
	unsigned method_count;
	uint64_t longer;		/* nanoseconds at least */
	bool failed;
};

struct view;

struct view_ops {
	/* A stream begins; may be NULL. */
	void (*begin)(struct view *view);
	/* `of_call`: it is told of with its call too. */
	void (*record)(struct view *view, const struct record *record, bool of_call);
	void (*call)(struct view *view, const struct call *call);
	/* So many records of this thread were overwritten; may be NULL. */
	void (*lost)(struct view *view, const struct thread *thread, uint64_t count);
	/* A stream ends; the world of threads and names is still there. */
	void (*end)(struct view *view);
	/* All is over; may be NULL. */
	void (*close)(struct view *view);
	bool keeps_records;		/* if only some calls are wanted */
};

struct view {
	const struct view_ops *ops;
	FILE *out;
	const struct world *world;
	const struct filter *filter;
	bool kernel;			/* the kernel's records too */
	uint64_t count;			/* the view's own, as is: */
	void *state;
};

extern const struct view_ops view_text, view_stats, view_json, view_pcapng;

/* What is wanted of calls, and of other records. */
bool filter_call(const struct filter *filter, const struct world *world,
	const struct call *call);
bool filter_thread(const struct filter *filter, const struct world *world,
	const struct thread *thread);
/* Only some calls are wanted, and nothing that is not of one. */
bool filter_has_calls(const struct filter *filter);

/* Seconds since the stream's beginning: "0.000012345". */
#define TIME_ROOM 32
const char *view_time(const struct world *world, uint64_t time, char room[TIME_ROOM]);
/* "812 ns", "12.345 us", "3.204 ms", "2.000 s" */
const char *view_duration(uint64_t nanoseconds, char room[TIME_ROOM]);
/* The message that a record is about; 0: none. */
uint32_t view_message_id(const struct entry *entry);
/* The kernel wrote it. */
bool view_is_kernels(const struct entry *entry);

#endif
