/*
 * What the files of a session share: session.c carries out steps,
 * session_client.c makes calls and judges what comes of them,
 * session_server.c serves, session_state.c knows when what is allowed,
 * session_hold.c has handles, memory and values.
 *
 * For session*.c only; others use fuzz/session.h.
 */
#ifndef FUZZ_SESSION_PARTS_H
#define FUZZ_SESSION_PARTS_H

#include "fuzz/fuzz.h"
#include "fuzz/session.h"
#include "fuzz/values.h"
#include "runtime/loopback.h"

#define SESSION_ENDS 4
#define SESSION_SLOTS 4
#define SESSION_REQUESTS (SESSION_STEPS_MAX * SK_ATTEMPTS_MAX)
#define SESSION_BAG 16
#define SESSION_MINTS 32
/* Bytes that are there of a lease, and leases at a time: those of all slots
 * and of one call besides. */
#define SESSION_ROOM 128
#define SESSION_LENT (SK_LEASES_MAX * (SESSION_SLOTS + 1))
/* Where the clock starts. */
#define SESSION_NOW 1000

/* A connection: the root, or a session that was minted. */
struct session_end {
	struct session *session;
	struct sk_loopback loop;
	struct sk_port_ops port_ops;
	const struct sk_port_ops *loopback_ops;
	const struct sk_interface_type *interface;
	struct sk_events events;
	uint32_t lost;			/* by the model */
	uint8_t state;			/* of an interface with states: dispatch's byte */
	/* The same by the model, from the schema's tree: the first, and where it is.
	 * NULL without states. */
	const struct state *states, *at;
};

struct session_mint {
	struct session *session;
	const struct sk_interface_type *interface;
	struct session_end *end;	/* once it is open */
	unsigned life;			/* of the server */
	unsigned gone;
};

/* Handles that a side keeps for later. */
struct session_bag {
	unsigned count;
	struct sk_handle handles[SESSION_BAG];
};

/* A call, as the client sees it. */
struct session_call {
	const struct fuzz_step *step;
	struct session_end *end;
	bool is_event;			/* the next one is awaited, by stubs */
	const struct sk_method_type *method;	/* NULL: is_event */
	uint32_t reply_id;
	uint32_t flags;
	enum session_plan plan;
	bool is_raw;
	bool is_ring;
	bool is_send;			/* raw, and without answer */
	bool can_cancel;		/* by session->cancel */
	bool is_given_up;		/* by sk_ring_cancel() */
	bool is_hostile;		/* raw bytes were answered */
	const struct fuzz_step *answer_step;	/* with these, or NULL */
	bool is_flying;
	uint64_t deadline;
	void *request;			/* NULL if raw */
	void *reply;			/* the struct */
	void *answer;			/* what the server sent, or NULL */
	unsigned requests;		/* dispatched */
	/* What has to come of it, once the transport has taken an answer. */
	bool has_fate;
	int fate;
	uint32_t lost;			/* that it tells of */
	unsigned copy_count;
	struct sk_handle copies[SK_HANDLES_MAX];
	unsigned moved_count;
	struct sk_handle moved[SK_HANDLES_MAX];
	unsigned lent_count;
	unsigned lent[SK_LEASES_MAX];	/* among session->memory */
	uint64_t lent_size[SK_LEASES_MAX];
	uint32_t lent_direction[SK_LEASES_MAX];
};

/* A request that awaits its answer, as the server sees it. */
struct session_request {
	struct session_end *end;
	struct session_call *call;
	bool is_event;			/* the server's struct sk_events has it */
	const struct sk_method_type *method;	/* NULL until it is known */
	uint64_t token;
	unsigned life;
	bool is_kept;
	bool is_canceled;
	bool is_consumed;		/* its answer went out, or to nobody */
	bool is_raw;			/* bytes of a step are its answer, and have room */
	const struct state *leads;	/* where a good answer does, or NULL */
	struct sk_reply reply;
	unsigned lease_count;
	struct sk_lease leases[SK_LEASES_MAX];
};

struct session {
	struct sk_reflect_server server;
	const struct sk_schema *schema;
	const struct schema *tree;	/* the same, as the interpreter has it */
	const struct sk_interface_type *interface;
	struct values values;
	struct sk_ring ring;
	unsigned end_count;
	unsigned mint_count;
	unsigned call_count;
	unsigned request_count;
	struct session_bag client_bag, server_bag;
	unsigned lives;			/* of the server; 0: the first */
	unsigned revivals;		/* that are left to it */

	/* What goes on just now. */
	struct session_call *current;	/* that the client is about */
	struct session_end *serving;
	struct session_request *request;
	unsigned ran;			/* operations */
	const struct sk_method_type *ran_method;
	volatile int cancel;
	bool cancels;			/* the next step of the server sets it */
	bool sends_event;		/* and it sends one */
	bool is_lent[SESSION_LENT];

	/* From here on, each is cleared as it is used. */
	struct session_end ends[SESSION_ENDS];
	struct session_mint mints[SESSION_MINTS];
	struct sk_slot slots[SESSION_SLOTS];
	struct session_call calls[SESSION_STEPS_MAX];
	struct session_request requests[SESSION_REQUESTS];
	uint8_t memory[SESSION_LENT][SESSION_ROOM];
	uint8_t shadow[SESSION_LENT][SESSION_ROOM];
};

/* ---- session_hold.c ---- */

const struct sk_message_type *session_message(const struct session *session,
	uint16_t index);
/* Zeroed memory for the message's struct. */
void *session_room(struct session *session, uint16_t message);
/* A value of the message at random that encodes; no handle is open yet. */
void *session_value(struct session *session, uint16_t message);
void session_visit(struct session *session, uint16_t message, void *value,
	struct values_visitor visitor);
/* 0 or the status of decoding, and nothing else happens. */
int session_try(struct session *session, uint16_t message, const void *bytes,
	uint32_t size, const struct sk_attached *attached);

void session_close_handle(struct session *session, enum sk_loopback_side side,
	struct sk_handle handle);
/* Keeps it, or closes it where there is no room or `keep` is false. */
void session_take_handle(struct session *session, enum sk_loopback_side side,
	struct sk_handle handle, bool keep);
/* A new one, or one that is kept. None if there are too many. */
struct sk_handle session_give_handle(struct session *session,
	enum sk_loopback_side side, bool kept);
/* Opens the handles of a request, and lends. */
void session_fill_request(struct session *session, struct session_call *call);
/* Attaches what the packet says, and copies its bytes; its size. */
int session_put_raw(struct session *session, const struct fuzz_step *step,
	struct sk_message *message, enum sk_loopback_side side,
	struct session_call *call);
/* After the call: ends its leases, closes its copies; with `all` also what was
 * to move. */
void session_end_request(struct session *session, struct session_call *call, bool all);
/* Handles of a value that came are kept or closed. */
void session_take_value(struct session *session, uint16_t message, void *value,
	enum sk_loopback_side side, bool keep);
/* Memory is what the server has written and no more. */
void session_check_memory(const struct session *session, const char *when);

/* ---- session_lease.c ---- */

/* For struct values_visitor, with a request: enters its leases. */
void session_take_lease(void *context, const struct sk_type *type,
	struct sk_lease *lease);
/* Reads and writes what is lent with it, and beyond that in vain. */
void session_use_leases(struct session *session, struct session_request *request,
	const struct sk_reply *to);

/* ---- session_answer.c ---- */

/* A side has died, at any time until now. */
bool session_died(const struct session *session);
struct session_request *session_find_request(struct session *session,
	const struct session_end *end, uint64_t token);
/* For struct sk_port_ops: goes on to the transport's own. */
int session_answer(struct sk_port *port, const struct sk_reply *reply);
/* What the transport holds unanswered is what the model does. */
void session_check_unanswered(const struct session *session);
void session_send_event(struct session *session, struct session_end *end, unsigned n);

static inline const char *session_name(const struct session_request *request)
{
	return request->is_event ? "next event" :
		request->method ? request->method->name : "an unknown method";
}

/* ---- session_server.c ---- */

/* For struct values_visitor, with a session, on the server's side. */
void session_open_one(void *context, const struct sk_type *type,
	struct sk_handle *handle);
void session_close_copy(void *context, const struct sk_type *type,
	struct sk_handle *handle);
void session_close_any(void *context, const struct sk_type *type,
	struct sk_handle *handle);

void session_open_root(struct session *session);
/* Makes a session of a handle that the client has. */
void session_open_end(struct session *session, struct sk_handle handle);
/* Ends what was kept, as planned; with bytes of a step, by these. */
void session_serve_kept(struct session *session, struct session_request *request,
	const struct fuzz_step *hostile);
/* The n-th request that is kept, counted round; NULL if there is none.
 * `any`: also of those that are never to be answered. */
struct session_request *session_kept(struct session *session, unsigned n, bool any);
/* A handle to a session that the server mints, or none. */
struct sk_handle session_mint(struct session *session);

/* ---- session_state.c ---- */

/* At its interface's first state, if that has any: a new server. */
void session_state_open(const struct session *session, struct session_end *end);
/* Whether a request with this id is allowed now. */
bool session_state_allows(const struct session_end *end, uint32_t id);
/* It was accepted. One-way (NULL) it leads on now, else with its answer. */
void session_state_follow(struct session_end *end, uint32_t id,
	struct session_request *request);
/* This answers the request: a good answer leads on. */
void session_state_answer(struct session_end *end, const struct session_request *request,
	const struct sk_message *answer);
/* The byte of the generated dispatch is the model's state. */
void session_state_check(const struct session_end *end, const char *when);
/* The id of some request that is allowed now, or 0. */
uint32_t session_state_some(struct session *session, const struct session_end *end);

/* ---- session_client.c ---- */

void session_call(struct session *session, const struct fuzz_step *step, unsigned kind);
/* Takes a completion, if one comes by then; false: none did. */
bool session_take(struct session *session, uint64_t deadline);
void session_cancel(struct session *session, unsigned n);
unsigned session_flying(const struct session *session);

#endif
