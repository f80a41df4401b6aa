/*
 * Channels: how generated clients and servers reach each other, whatever
 * carries the bytes. A client function encodes into the channel's request
 * buffer, calls sk_invoke(), and decodes from its reply buffer. A server's
 * loop hands each message to a generated dispatch function, whose operations
 * answer through a struct sk_reply, at once or later.
 *
 * Nothing here allocates. A channel is used by one thread at a time.
 */
#ifndef RUNTIME_CHANNEL_H
#define RUNTIME_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/attached.h"
#include "runtime/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Greatest message of a method (docs/wire-format.md). */
#define SK_MESSAGE_MAX 4096

/*
 * Messages of nothing but a few bytes go in words, which a transport may have
 * registers for: generated code encodes and decodes them in line. What lies
 * behind the message is 0.
 */
#define SK_WORDS 5
#define SK_WORDS_SIZE 40
struct sk_words {
	uint64_t word[SK_WORDS];
};
#define SK_NO_WORDS {{0, 0, 0, 0, 0}}

struct sk_message {
	uint8_t *bytes;
	uint32_t capacity;
	uint32_t size;
	uint64_t correlation;		/* of traces; 0: nothing is recorded of it */
	struct sk_attached attached;
};

/*
 * What is recorded of calls (runtime/trace.h): the beginning of a page that others
 * write.
 */
struct sk_trace;
struct sk_switches {
	uint32_t kinds;			/* that are on: ostrace.Kinds */
	/* SK_SWITCHED_OFF while ostrace.Kinds.SERVES is off, else 0: what the kernel
	 * calls a request, so that a server's loop looks at both at once. */
	uint32_t event;
};
#define SK_SWITCHED_OFF 1
extern const struct sk_switches sk_switches_off;
/* Of channels over which calls are not made in line, recorded or not: what they do in
 * place of the transport's call would not be done. */
extern const struct sk_switches sk_switches_apart;

/* Deadlines are absolute, in nanoseconds of the monotonic clock. */
#define SK_FOREVER UINT64_MAX
#define SK_POLL UINT64_C(0)

/* What the schema says of a method: one constant for each, in the header. */
struct sk_method {
	uint32_t reply_id;		/* error: + 1; 0: one-way */
	uint32_t deadline_ms;		/* where the caller names none; 0: none */
	uint32_t flags;
};

enum {
	SK_METHOD_IDEMPOTENT = 1,	/* may be repeated */
	SK_METHOD_CANCELLABLE = 2,	/* the caller may give up before its deadline */
	SK_METHOD_FAST = 4		/* request and reply fit into registers */
};
/* Among the flags too: how many handles the reply can bring at most. */
#define SK_METHOD_HANDLES(count) ((uint32_t)(count) << 8)
#define SK_METHOD_HANDLES_OF(flags) ((flags) >> 8)

/*
 * How to make one call. NULL in its place means the method's own deadline, or
 * SK_FOREVER if it has none.
 */
struct sk_call {
	uint64_t deadline;
	/* May be NULL. Set to other than 0 (atomically), by a signal handler or
	 * by another thread that then sends this one a signal, it ends the call with
	 * SK_CANCELED; only for @cancellable methods, else SK_INVALID. */
	const volatile int *cancel;
};

struct sk_channel;

/* What a transport implements. */
struct sk_channel_ops {
	/*
	 * Sends channel->request and waits for its answer, which it leaves in
	 * channel->reply. 0 or a negative status. Handles that move in the
	 * request are the channel's to send or close, whatever comes of it;
	 * those to copy stay the caller's. Leases end before this returns. All
	 * else in the request stays as it is: it may be sent again.
	 */
	int (*call)(struct sk_channel *channel, const struct sk_call *call);
	/* Sends channel->request, to which there is no answer, and which lends
	 * nothing. */
	int (*send)(struct sk_channel *channel, const struct sk_call *call);
	/* Closes a handle. */
	void (*close_handle)(struct sk_channel *channel, struct sk_handle handle);
	/* The clock of deadlines, in nanoseconds. */
	uint64_t (*now)(struct sk_channel *channel);
	/*
	 * After SK_PEER_CLOSED: connects again to the same service, as long as
	 * the call would wait. 0, or the status that is then the call's; SK_PEER_CLOSED
	 * where this channel cannot. NULL: no channel of this kind can.
	 */
	int (*reconnect)(struct sk_channel *channel, const struct sk_call *call);
};

struct sk_channel {
	const struct sk_channel_ops *ops;
	struct sk_message request;	/* buffers are the transport's */
	struct sk_message reply;
	/* After a failed call: the request may have reached the server, this
	 * time or, if it was made again, an earlier one. */
	bool delivered;
	uint8_t repeated;		/* how often the last call was made again */
	/* During a call: what is called. */
	const struct sk_method *method;
	struct sk_trace *trace;		/* NULL: nothing is ever recorded */
	/* Set by transports that calls are made over in line; the trace's. */
	const struct sk_switches *switches;
};

/*
 * Messages that the runtime itself understands (docs/runtime.md). Each is
 * 12 bytes: the id, a tail size of 0, an int32. A method's error has the id
 * that follows its reply's, and a number above 0; the status that a server
 * answers with in place of a reply has the id below, and a number under 0.
 */
#define SK_STATUS_ID UINT32_C(2)
#define SK_STATUS_SIZE 12

/*
 * The method that every interface with events has, docs/runtime.md, "Events":
 * its request is 8 bytes and empty. It is answered by an event, whose id ends
 * with the bits 11, or by how many events were lost, a uint32.
 */
#define SK_NEXT_EVENT_ID UINT32_C(4)
#define SK_LOST_ID UINT32_C(5)
#define SK_LOST_SIZE 12
/* The method of interfaces that were generated with contracts (runtime/contract.h). */
#define SK_CONTRACT_ID UINT32_C(6)

/* How often a call is made at most: a request that kills each server that
 * takes it must not go on doing so. */
#define SK_ATTEMPTS_MAX 4

/*
 * For generated clients: makes a call with the request that was encoded into
 * channel->request, given what encoding returned: its size, or the status
 * that is then the call's. 0: a reply with the method's id came and waits in
 * channel->reply. Positive: the method's error. Negative: a status, also one
 * that the server sent. Any other answer is SK_MALFORMED.
 *
 * Where the transport can reconnect, a call that failed with SK_PEER_CLOSED is
 * made again, until its deadline, if the request was not delivered or the
 * method is idempotent, and no handle moves with it.
 */
int sk_invoke(struct sk_channel *channel, int encoded,
	const struct sk_method *method, const struct sk_call *call);
/*
 * The same with words, of a method whose reply has this id, this size and
 * nothing beside it. 0: `words` has such a reply now.
 */
int sk_invoke_words(struct sk_channel *channel, struct sk_words *words, int encoded,
	const struct sk_method *method, uint32_t reply_id, uint32_t reply_size,
	const struct sk_call *call);
/* The same for a one-way method: 0 once it is sent. It can lend nothing
 * (SK_BAD_LEASE), for nothing would say when the loan ends. */
int sk_send(struct sk_channel *channel, int encoded,
	const struct sk_method *method, const struct sk_call *call);
/*
 * What an answer to this method means, as sk_invoke() says it. For what waits
 * for answers in other ways.
 */
int sk_sort(const struct sk_message *reply, const struct sk_method *method);
/* The deadline of a call: what it names, or what the method does. */
uint64_t sk_deadline(struct sk_channel *channel, const struct sk_method *method,
	const struct sk_call *call);
/* Closes the handles in what is attached, but for those to be copied, through
 * this channel; then nothing is attached. */
void sk_close_attached(struct sk_channel *channel, struct sk_attached *attached);
/*
 * For generated clients, once they are through with a reply, decoded or
 * refused: closes the handles in it that decoding has not handed over. (The
 * next sk_invoke() does this first too.)
 */
void sk_discard(struct sk_channel *channel);
/* Closes a handle that came in a reply, or that the caller has otherwise. */
void sk_close(struct sk_channel *channel, struct sk_handle handle);

/* ---- servers ---- */

struct sk_port;
struct sk_reply;
struct sk_incoming;

/*
 * What a server makes handles to: a session of its own, whose calls are
 * dispatched with the `self` that it was minted with.
 */
struct sk_object {
	/* One request; usually a line that calls generated dispatch. */
	int (*dispatch)(void *self, struct sk_incoming *incoming);
	/* The last handle to it is gone; no request comes any more. May be
	 * NULL. */
	void (*gone)(void *self);
	/* Nobody waits any more for the answer to what was kept under this
	 * token; it still has to be answered or dropped, whatever comes of it.
	 * May be NULL. */
	void (*canceled)(void *self, uint64_t token);
};

/* What the receiving side of a transport implements. */
struct sk_port_ops {
	/*
	 * Sends port->answer as the answer to reply->token. 0 or a status.
	 * Never waits for the client. Handles that move in the answer are the
	 * port's to send or close, whatever comes of it.
	 */
	int (*answer)(struct sk_port *port, const struct sk_reply *reply);
	/* Closes a handle. */
	void (*close_handle)(struct sk_port *port, struct sk_handle handle);
	/*
	 * Copies between the memory that the caller of reply->token lent under
	 * this number (from 1) and `data`: from it, or to it if `write`. Range
	 * and direction were checked against the server's copy of the lease,
	 * and are to be checked against the port's own record of it. *done is 0
	 * before, and says how many bytes were copied, also with a failure. 0,
	 * SK_BAD_LEASE, SK_LEASE_FAULT, SK_BAD_TOKEN when it was answered,
	 * SK_CANCELED when nobody waits, SK_PEER_CLOSED. NULL: nothing is ever
	 * lent here.
	 */
	int (*lease_copy)(struct sk_port *port, const struct sk_reply *reply,
		uint32_t number, uint64_t offset, void *data, uint64_t size,
		bool write, uint64_t *done);
	/* The lent memory itself, until the operation returns or the request is
	 * answered; NULL if it is not at hand. May be NULL itself. */
	void *(*lease_memory)(struct sk_port *port, const struct sk_reply *reply,
		uint32_t number);
	/* Makes a new session to the object. 0, SK_EXHAUSTED, SK_TRANSPORT.
	 * NULL: handles are not made here. */
	int (*mint)(struct sk_port *port, const struct sk_object *object,
		void *self, struct sk_handle *handle);
};

struct sk_port {
	const struct sk_port_ops *ops;
	struct sk_message answer;	/* where answers are encoded: SK_WORDS_SIZE or more */
	/* Rights of the protocol that the handle has not over which came what is being
	 * dispatched; 0 where the transport knows of no rights. */
	uint16_t lacks;
	/* Answers may be given in line: set by the transport that knows how, and
	 * not while what is being served is recorded. */
	bool plain;
	struct sk_trace *trace;		/* as of channels */
	const struct sk_switches *switches;
};

/*
 * The right, and the duty, to answer one request. In an operation `to` is
 * the loop's: to answer later, take it with sk_reply_keep(). One that is
 * neither answered nor kept is answered SK_PEER_DROPPED.
 */
struct sk_reply {
	struct sk_port *port;		/* NULL: taken or answered, or one-way */
	uint64_t token;			/* the transport's; never 0 */
	uint64_t deadline;		/* the caller's: nobody waits beyond it */
	uint32_t id;			/* of the reply message; error is id + 1 */
	/* What a good answer makes the server's state, plus one; 0: it stays. Beside
	 * `id`, so that both are set by one store where there are no states. */
	uint32_t leads;
	uint64_t correlation;		/* of traces; 0: it is not recorded */
	/* Where an answer in words waits until the operation returns; may be NULL. */
	struct sk_words_answer *waits;
	uint8_t *state;			/* with `leads` */
};

struct sk_words_answer {
	uint32_t size;			/* 0: none */
	struct sk_words words;
};

struct sk_incoming {
	struct sk_port *port;		/* whence it came; never NULL */
	struct sk_message *message;	/* valid until dispatch returns */
	uint64_t badge;			/* the server's name for the client */
	struct sk_reply reply;		/* port NULL if none is awaited */
};

/* A request whose words are in registers, for generated code, and what has become
 * of it. */
struct sk_words_incoming {
	struct sk_port *port;
	uint64_t token;
	uint64_t deadline;
	uint64_t badge;
	struct sk_words words;
	uint32_t size;			/* with something beside it: another */
	/* Where it is decoded: it has what stands behind the words, and is to have
	 * those (sk_whole()). */
	struct sk_message *message;
	bool is_whole;
	struct sk_words_answer answer;	/* none: it was kept, or answered otherwise */
};

/* The id of a message, or 0 if it is shorter than a head. */
uint32_t sk_message_id(const struct sk_message *message);

/* Whether the client may do what needs all of these rights. Only until the operation
 * returns, and not where it was dispatched by words. */
static inline bool sk_allows(const struct sk_reply *to, uint16_t rights)
{
	return (to->port->lacks & rights) == 0;
}

/* Moves the duty to answer out of an operation, which may then return. */
struct sk_reply sk_reply_keep(struct sk_reply *to);
/*
 * For generated code: sends what was encoded into to->port->answer, given what
 * encoding returned: its size, or the status that the client is then told.
 * 0, or a status: that one, SK_BAD_TOKEN when this was answered already,
 * SK_CANCELED or SK_PEER_CLOSED when nobody waits any more. Either way it is
 * answered.
 */
int sk_answer(struct sk_reply *to, int encoded);
/* Answers with the method's error (positive) or a status (negative). */
int sk_answer_error(struct sk_reply *to, int32_t error);
/* As sk_answer(), of what was encoded into words: so that an operation which was
 * dispatched by words needs no memory for them. */
int sk_answer_copied(struct sk_reply *to, struct sk_words words, int encoded);
SK_INLINE int sk_answer_words(struct sk_reply *to, const struct sk_words *words,
	int encoded)
{
	if (to->waits != NULL && encoded >= 0) {
		to->waits->size = (uint32_t)encoded;
		to->waits->words = *words;
		to->waits = NULL;
		to->port = NULL;
		return SK_OK;
	}
	return sk_answer_copied(to, *words, encoded);
}
/*
 * Reads from memory that the request lent, or writes to it, from `offset` on.
 * Only for the request that `to` answers, and until it is answered: a lease
 * ends with its call. *done (may be NULL) says how many bytes were copied, also
 * with a failure. SK_BAD_LEASE: not within the lease, or not its direction.
 * SK_LEASE_FAULT: the caller's memory is not there. SK_CANCELED, SK_PEER_CLOSED:
 * the call is over. SK_BAD_TOKEN: it was answered already.
 */
int sk_lease_read(const struct sk_reply *to, const struct sk_lease *lease,
	uint64_t offset, void *data, uint64_t size, uint64_t *done);
int sk_lease_write(const struct sk_reply *to, const struct sk_lease *lease,
	uint64_t offset, const void *data, uint64_t size, uint64_t *done);
/*
 * The lent memory itself, where the transport has it at hand; else NULL, and a
 * buffer of one's own is needed. Good until the operation returns or the
 * request is answered. It saves a copy:
 *
 *	memory = sk_lease_memory(to, &request->data);
 *	size = read(fd, memory, request->data.size);
 *	sk_lease_write(to, &request->data, 0, memory, size, NULL);
 *
 * What was put there counts only once it is written, from where it is, which
 * copies nothing. The client can see and change all of it meanwhile: it is for
 * system calls, and for reading each byte once; and only as its direction says.
 */
void *sk_lease_memory(const struct sk_reply *to, const struct sk_lease *lease);
/*
 * Makes a handle to an object of this server, to be sent to a client: a
 * session of its own, that ends (object->gone) with its last handle. The
 * object lasts until then. SK_EXHAUSTED: there are too many. SK_INVALID: this
 * transport makes none. After a failure nothing is to be undone, and the
 * handle is none.
 */
int sk_mint(struct sk_port *port, const struct sk_object *object, void *self,
	struct sk_handle *handle);
/* Closes a handle that a request brought, or that was minted. */
void sk_port_close(struct sk_port *port, struct sk_handle handle);
/* Drops the request, if it has not been answered: SK_PEER_DROPPED. */
void sk_reply_drop(struct sk_reply *to);
/* For generated dispatch: answers `status`, closes the handles that decoding
 * has not handed over, returns it. */
int sk_refuse(struct sk_incoming *incoming, int status);
/* For generated dispatch by words: all of a request that is longer than those. */
SK_INLINE const uint8_t *sk_whole(struct sk_words_incoming *in)
{
	uint8_t *bytes = in->message->bytes;

	in->is_whole = true;
	in->message->size = in->size;
	/* One by one: they are in registers. */
	memcpy(bytes, &in->words.word[0], 8);
	memcpy(bytes + 8, &in->words.word[1], 8);
	memcpy(bytes + 16, &in->words.word[2], 8);
	memcpy(bytes + 24, &in->words.word[3], 8);
	memcpy(bytes + 32, &in->words.word[4], 8);
	return bytes;
}

/* For generated dispatch: a good answer leads to another state of the server's. The
 * byte is written before the answer is sent, so it is there until then. */
static inline void sk_reply_enter(struct sk_reply *to, uint8_t *state, uint8_t next)
{
	to->state = state;
	to->leads = next + 1u;
}

/* Likewise: around the operation. */
SK_INLINE void sk_open_words(struct sk_reply *to, struct sk_words_answer *answer,
	const struct sk_words_incoming *in, uint32_t reply_id)
{
	to->port = in->port;
	to->token = in->token;
	to->deadline = in->deadline;
	to->id = reply_id;
	to->leads = 0;
	to->correlation = 0;
	to->waits = answer;
	answer->size = 0;
}

SK_INLINE void sk_close_words(struct sk_reply *to, const struct sk_words_answer *answer,
	struct sk_words_incoming *in)
{
	if (to->port != NULL)
		sk_reply_drop(to);
	in->answer.size = answer->size;
	if (answer->size != 0)
		in->answer.words = answer->words;
}

/*
 * For transports, after dispatch: drops the request if the operation has
 * neither answered nor kept it, and closes the handles that were not decoded.
 */
void sk_finish(struct sk_incoming *incoming);

#ifdef __cplusplus
}
#endif

#endif
