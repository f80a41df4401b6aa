/*
 * A client and a server of one interface, by reflection, on the in-process
 * transport. Both check what the other sent; the transport's ledger says
 * whether every handle was closed once.
 */
#ifndef TESTS_ROUNDTRIP_WORLD_H
#define TESTS_ROUNDTRIP_WORLD_H

#include "runtime/loopback.h"
#include "fuzz/values.h"

#define WORLD_SLOTS 4
#define WORLD_DEALS 12
#define LEASE_ROOM 256

/* What the server does with a request. */
enum plan {
	PLAN_ANSWER,
	PLAN_ERROR,
	PLAN_DROP,
	PLAN_LATER,			/* these three: in a step of its own */
	PLAN_ERROR_LATER,
	PLAN_DROP_LATER,
	PLAN_NEVER,			/* until nobody waits any more */
	PLAN_COUNT
};

/* Bytes, or what goes with them, that another writer might send. */
enum damage {
	DAMAGE_NONE,
	DAMAGE_REQUEST,
	DAMAGE_REQUEST_MORE,		/* with a handle or lease too many */
	DAMAGE_REPLY,
	DAMAGE_REPLY_MORE
};

/* A lease, as the client lends it and as the server has it. */
struct lent {
	uint8_t memory[LEASE_ROOM];
	uint8_t wanted[LEASE_ROOM];	/* what must be there in the end */
	uint64_t size;
	uint32_t direction;
	struct sk_lease taken;
};

/* One call, as both sides see it. */
struct deal {
	const struct sk_method_type *method;
	enum plan plan;
	void *request;			/* the client's */
	void *reply;			/* what the client got */
	void *answer;			/* the server's */
	int32_t error;
	unsigned requests;		/* how often its operation ran */
	bool is_kept;
	bool is_answered;		/* and the transport took it */
	bool is_checked;		/* the operation saw what was sent */
	bool is_over;			/* nobody waits for it any more */
	bool is_flying;			/* the client has begun it, and not ended */
	uint64_t deadline;		/* that the operation saw */
	struct sk_reply kept;
	unsigned lease_count;
	struct lent leases[SK_LEASES_MAX];
	/* Handles as they were attached, in the order of the bytes. */
	unsigned handle_count;
	int32_t handles[SK_HANDLES_MAX];
	unsigned answer_count;
	int32_t answer_handles[SK_HANDLES_MAX];
};

struct world {
	struct sk_reflect_server server;
	struct sk_loopback loop;
	struct sk_port_ops port_ops;
	const struct sk_port_ops *loopback_ops;
	const struct sk_interface_type *interface;
	uint8_t state;			/* the server's byte, if it has states */
	bool is_pinned;			/* it stays; else each call finds it allowed */
	struct values values;
	struct sk_ring ring;
	struct sk_slot slots[WORLD_SLOTS];
	struct sk_events events;
	const struct sk_method_type *event;	/* to be sent in the next step */
	enum damage damage;
	bool is_deadly;			/* somebody may die */
	bool is_tight;			/* there is no room to send */
	unsigned reconnects;		/* how often the server may live again */
	volatile int cancel;
	bool cancels;			/* the next step sets it */
	struct deal *current;		/* what the client is about */
	struct deal *deals[WORLD_DEALS];
	unsigned deal_count;
	unsigned strangers;		/* requests that nobody sent, if damaged */
	/* Of the last request: as they arrived. */
	uint32_t arrived_count;
	int32_t arrived[SK_HANDLES_MAX];
	char failure[400];		/* the first; "" if all is well */
};

/* A fresh world. The server is ready, nothing is open. */
void world_open(struct world *world, const struct sk_schema *schema,
	const struct sk_interface_type *interface, uint64_t seed);
/* Who still lives closes what it has; then the ledger has to be even. */
void world_close(struct world *world);
/* Notes a failure unless the condition holds. */
void world_check(struct world *world, bool condition, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A call with a random request that encodes, ready to be made. */
struct deal *world_deal(struct world *world, const struct sk_method_type *method,
	enum plan plan);
/* Makes the call and says what came of it; checks what came with 0. */
int world_call(struct world *world, struct deal *deal, const struct sk_call *call);
/* What an interface has at most, and whether the server refuses the method in one. */
#define WORLD_STATES 32
bool world_refuses(const struct world *world, const struct sk_method_type *method,
	uint8_t state);
/* The size of the deal's request, or of its answer. */
uint32_t world_size(struct world *world, const struct deal *deal, bool is_answer);
/* Sends the request of a method with an answer as if it had none. */
int world_misdirect(struct world *world, struct deal *deal);
/* Begins it; on SK_WOULD_BLOCK its handles are closed by the client. */
int world_begin(struct world *world, struct deal *deal, uint64_t cookie,
	const struct sk_call *call);
/* Ends it, checks what came, and releases the slot. */
int world_end(struct world *world, struct deal *deal, struct sk_completion *done);
/* What has to come of a deal if nobody dies and nothing is damaged. */
int deal_status(const struct deal *deal);

/* An event at random is sent; what the server was told goes to *status. */
void *world_send(struct world *world, const struct sk_method_type *event, int *status);
/* The client closes what an event brought, if it is of the interface. */
void world_take_event(struct world *world, void *event);

#endif
