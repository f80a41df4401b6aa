/* Between calls.c and calls_take.c. */
#ifndef OSTRACE_CALLS_PARTS_H
#define OSTRACE_CALLS_PARTS_H

#include "tools/ostrace/calls.h"

/* Out of a list, if it is in it. */
#define UNLINK(list, call, link) do { \
	struct call **unlink_at = (list); \
\
	while (*unlink_at && *unlink_at != (call)) \
		unlink_at = &(*unlink_at)->link; \
	if (*unlink_at) \
		*unlink_at = (call)->link; \
	(call)->link = NULL; \
} while (0)

/* One that is open, made in `parent`, or (NULL) in nothing. */
struct call *call_new(struct calls *calls, enum call_kind kind, uint32_t message_id,
	struct call *parent);
/* It is over, and told of once that which it was made in is. */
void call_close(struct calls *calls, struct call *call);

void call_set_client(struct calls *calls, struct call *call, struct thread *thread,
	uint64_t correlation, uint64_t time);
void call_set_server(struct calls *calls, struct call *call, struct thread *thread,
	uint64_t correlation, uint64_t time);
/* `call` (or NULL) is what was delivered to the thread (or NULL: nothing is done). */
void call_set_arriving(struct thread *thread, struct call *call);
/* What the thread calls from now on is made in it. */
void call_enter(struct thread *thread, struct call *call);
/* Its records, if they are wanted. */
void call_keep(const struct calls *calls, struct call *call, const struct record *record);

/* What a thread's new call is made in; `correlation` 0: it does not say. */
struct call *call_find_parent(struct calls *calls, struct thread *thread,
	uint64_t correlation);
/* Whether it can be the request that somebody now serves. */
bool call_awaits_server(const struct call *call, uint32_t message_id);
/* The call that a request comes from; the earliest, of several. */
struct call *call_find_request(struct calls *calls, struct thread *server,
	uint64_t correlation, uint32_t message_id);
struct call *call_find_returning(const struct thread *thread, uint64_t correlation);
struct call *call_find_served(struct calls *calls, struct thread *thread,
	uint64_t correlation);

#endif
