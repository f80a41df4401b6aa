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

#include "runtime/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Greatest message of a method (docs/wire-format.md), and what goes beside it. */
#define SK_MESSAGE_MAX 4096
#define SK_HANDLES_MAX 8

/* A capability in this process's terms; over Unix sockets a file descriptor. */
struct sk_handle {
	int32_t raw;			/* negative: none */
};

struct sk_message {
	uint8_t *bytes;
	uint32_t capacity;
	uint32_t size;
	uint32_t handle_count;
	struct sk_handle handles[SK_HANDLES_MAX];
};

/* Deadlines are absolute, in nanoseconds of the monotonic clock. */
#define SK_FOREVER UINT64_MAX
#define SK_POLL UINT64_C(0)

/* How to make one call. NULL in its place means SK_FOREVER. */
struct sk_call {
	uint64_t deadline;
};

struct sk_channel;

/* What a transport implements. */
struct sk_channel_ops {
	/*
	 * Sends channel->request and waits for its answer, which it leaves in
	 * channel->reply. 0 or a negative status. Handles in the request are
	 * the channel's to send or close, whatever comes of it.
	 */
	int (*call)(struct sk_channel *channel, uint64_t deadline);
	/* Sends channel->request, to which there is no answer. */
	int (*send)(struct sk_channel *channel, uint64_t deadline);
	/* Closes a handle that has arrived. */
	void (*close_handle)(struct sk_channel *channel, struct sk_handle handle);
};

struct sk_channel {
	const struct sk_channel_ops *ops;
	struct sk_message request;	/* buffers are the transport's */
	struct sk_message reply;
	/* After a failed call: the request may have reached the server. */
	bool delivered;
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
 * For generated clients: makes a call with the request that was encoded into
 * channel->request, given what encoding returned: its size, or the status
 * that is then the call's. 0: a reply with this id came and waits in
 * channel->reply. Positive: the method's error. Negative: a status, also one
 * that the server sent. Any other answer is SK_MALFORMED.
 */
int sk_invoke(struct sk_channel *channel, int encoded, uint32_t reply_id,
	const struct sk_call *call);
/* The same for a one-way method: 0 once it is sent. */
int sk_send(struct sk_channel *channel, int encoded, const struct sk_call *call);
/*
 * For generated clients, once they are through with a reply, decoded or
 * refused: closes the handles in it that were not taken. Taking one is
 * reading it and making its place negative. (The next sk_invoke() does this
 * first too.)
 */
void sk_discard(struct sk_channel *channel);

/* ---- servers ---- */

struct sk_port;
struct sk_reply;

/* What the receiving side of a transport implements. */
struct sk_port_ops {
	/*
	 * Sends port->answer as the answer to reply->token. 0 or a status.
	 * Never waits for the client. Handles in the answer are the port's
	 * to send or close, whatever comes of it.
	 */
	int (*answer)(struct sk_port *port, const struct sk_reply *reply);
	/* Closes a handle that has arrived. */
	void (*close_handle)(struct sk_port *port, struct sk_handle handle);
};

struct sk_port {
	const struct sk_port_ops *ops;
	struct sk_message answer;	/* where answers are encoded */
};

/*
 * The right, and the duty, to answer one request. In an operation `to` is
 * the loop's: to answer later, take it with sk_reply_keep(). One that is
 * neither answered nor kept is answered SK_PEER_DROPPED.
 */
struct sk_reply {
	struct sk_port *port;		/* NULL: taken or answered, or one-way */
	uint64_t token;			/* the transport's */
	uint32_t id;			/* of the reply message; error is id + 1 */
};

struct sk_incoming {
	struct sk_port *port;		/* whence it came; never NULL */
	struct sk_message *message;	/* valid until dispatch returns */
	uint64_t badge;			/* the server's name for the client */
	struct sk_reply reply;		/* port NULL if none is awaited */
};

/* The id of a message, or 0 if it is shorter than a head. */
uint32_t sk_message_id(const struct sk_message *message);

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
/* Drops the request, if it has not been answered: SK_PEER_DROPPED. */
void sk_reply_drop(struct sk_reply *to);
/* For generated dispatch: answers `status`, closes what came, returns it. */
int sk_refuse(struct sk_incoming *incoming, int status);
/*
 * For transports, after dispatch: drops the request if the operation has
 * neither answered nor kept it, and closes the handles that it did not take.
 */
void sk_finish(struct sk_incoming *incoming);

#ifdef __cplusplus
}
#endif

#endif
