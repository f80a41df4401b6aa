/*
 * Endpoints, where servers receive, and sessions, by which clients reach them.
 * A session says whose client it is (badge) and how many calls it may have
 * under way (credit).
 */
#ifndef KERNEL_ENDPOINT_H
#define KERNEL_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/caller.h"
#include "kernel/object.h"

struct notification;

struct endpoint {
	struct object object;
	bool closed;			/* its last handle with RECEIVE is gone */
	bool notified_last;		/* NOTIFY at most every other turn */
	uint32_t receive_handles;
	struct list callers;		/* struct caller.queued, by priority */
	struct list receivers;		/* struct thread.waiting: first come */
	struct list canceled;		/* struct token.link: to be told */
	struct list gone;		/* struct session.gone: to be told */
	struct list sessions;		/* struct session.in_endpoint */
	uint32_t caller_count;
	uint32_t session_count;
	uint32_t unanswered;
	struct notification *bound;	/* referenced; NULL: none */
	struct thread *last_receiver;	/* inherits from callers; or NULL */
};

struct session {
	struct object object;
	struct endpoint *endpoint;	/* referenced; NULL after it closed */
	uint64_t badge;
	uint32_t credit;		/* 0: without limit */
	uint32_t under_way;
	uint32_t clients;		/* handles that are the clients' */
	bool revoked;
	bool is_gone;			/* GONE was queued, or told */
	uint16_t protocol_rights;
	struct list callers;		/* over its credit */
	struct list in_endpoint;
	struct list gone;
};

extern const struct object_type endpoint_type;
extern const struct object_type session_type;

struct endpoint *endpoint_new(struct quota *quota, kernel_error *error);
struct session *session_new(struct quota *quota, struct endpoint *endpoint,
	uint64_t badge, uint32_t credit, uint16_t protocol_rights, kernel_error *error);
void session_revoke(struct session *session);

/*
 * A thread receives: its next event into its frame and receive slot, at once or,
 * being put to wait, later. False: *status; it does neither.
 */
bool endpoint_receive(struct endpoint *endpoint, struct thread *thread,
	uint64_t deadline, int *status);
/* There is something new: delivers to receivers what can be. */
void endpoint_serve(struct endpoint *endpoint);
/* It closes: all who wait are answered SK_PEER_CLOSED, in steps by the reaper. */
void endpoint_close(struct endpoint *endpoint);

#endif
