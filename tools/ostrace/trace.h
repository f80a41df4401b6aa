/*
 * From bytes to a view: entries are cut out of the stream, records put in the
 * order of their time, and calls together. One file may hold several streams, one
 * behind the other.
 */
#ifndef OSTRACE_TRACE_H
#define OSTRACE_TRACE_H

#include "tools/ostrace/order.h"
#include "tools/ostrace/stream.h"
#include "tools/ostrace/view.h"

struct trace {
	/* Set before trace_begin(). */
	const char *file;		/* for what is wrong with it */
	FILE *errors;
	struct view view;		/* ops, out, kernel */
	struct filter filter;
	uint64_t window;		/* nanoseconds that records are held back */

	unsigned problems;		/* damage, cuts */
	bool has_begun;			/* within a stream */
	bool has_ended;			/* and that is whole */

	/* Its own. */
	struct stream stream;
	struct world world;
	struct order order;
	struct calls calls;
	uint64_t records;		/* of the stream */
};

void trace_begin(struct trace *trace);
void trace_push(struct trace *trace, const void *bytes, size_t size);
/* Nothing has come for a while: what is held back is shown. */
void trace_idle(struct trace *trace);
/* Shows the rest, says what is wrong, frees everything. */
void trace_end(struct trace *trace);

#endif
