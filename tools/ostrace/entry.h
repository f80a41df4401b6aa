/* The entries of a stream, decoded (protocols/ostrace.skald). */
#ifndef OSTRACE_ENTRY_H
#define OSTRACE_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ostrace.skald.h"

/* Those that begin with their time. */
#define RECORDS(X) \
	X(Call) X(Return) X(Serve) X(Answer) X(Send) X(Event) X(Refuse) \
	X(Mark) X(Counter) X(SpanBegin) X(SpanEnd) \
	X(ForeignCall) X(ForeignReturn) X(ForeignUnknown) \
	X(Deliver) X(Cancel) X(Switch) X(Wake) X(Fault) X(PageFilled) X(Interrupt) \
	X(LeaseCopy) X(Mapped) X(Made) X(Ended) X(TimerFired) X(Signal)

/* What only streams have. Their strings borrow from the bytes. */
#define ANNOUNCEMENTS(X) \
	X(StreamBegin) X(Source) X(SpaceNamed) X(NameAnnounced) X(MessageAnnounced) \
	X(StreamEnd)

/* No entry is greater, without the size before it. */
#define ENTRY_MAX 256

struct entry {
	uint32_t id;
	uint32_t size;
	bool is_record;
	union {
		ostrace_Time time;	/* of a record */
#define X(name) struct ostrace_##name name;
		RECORDS(X)
		ANNOUNCEMENTS(X)
#undef X
	} as;
};

/* False if the bytes are none. */
bool entry_decode(struct entry *entry, const uint8_t *bytes, size_t size);
/* "Call"; "?" of an id that is none. */
const char *entry_name(uint32_t id);

#endif
