/*
 * Servers over an endpoint of the kernel: one loop, one thread, many clients. An
 * answer that an operation gives before it returns goes out with the system
 * call that receives the next request. Nothing is allocated.
 *
 * Each thread that serves has a port of its own, of its own slots; several may
 * serve one endpoint.
 */
#ifndef RUNTIME_KERNEL_PORT_H
#define RUNTIME_KERNEL_PORT_H

#include "kernel/abi.h"
#include "runtime/codec.h"
#include "runtime/kernel/beside.h"
#include "runtime/kernel/channel.h"
#include "runtime/kernel/sys.h"

/* Slots of a thread that a port takes, one behind the other. */
#define SK_KERNEL_PORT_SLOTS 4

/* A minted session, or a free place. */
struct sk_kernel_session {
	const struct sk_object *object;	/* NULL: free */
	void *self;
};

/* A request that was kept, by its token's index. */
struct sk_kernel_kept {
	uint64_t token;			/* 0: none */
	const struct sk_object *object;
	void *self;
};

/* Badges that mint gives: this, and the place of the session. All others are of
 * whoever else mints for the endpoint, and are the root's. */
#define SK_KERNEL_MINTED (UINT64_C(1) << 63)

struct sk_kernel_port_config {
	struct sk_handle endpoint;	/* stays the caller's */
	/* Requests of sessions that were not minted here. */
	const struct sk_object *root;
	void *self;
	/* The last handle of such a session is gone. May be NULL. */
	void (*gone)(void *self, uint64_t badge);
	/* Bits of the notification that is bound to the endpoint. May be NULL. */
	void (*notified)(void *self, uint64_t bits);
	/* Where minted sessions are kept; none: nothing can be minted. */
	struct sk_kernel_session *sessions;
	uint32_t session_count;
	/* For requests that are answered later, as many as the space has tokens
	 * (kernel.Endpoint.set_tokens): who is told when nobody waits any more.
	 * With fewer, for those beyond nobody is. */
	struct sk_kernel_kept *kept;
	uint32_t kept_count;
};

struct sk_kernel_port {
	struct sk_port port;

	/* The transport's own. */
	uint64_t current;		/* token of what is being dispatched, or 0 */
	/* The answer to it, if it waits for the next system call: its head (else 0) and
	 * token, and its bytes in `spare`, which is then the one of two
	 * slots where no answer is encoded. */
	uint64_t pending;
	uint64_t pending_token;
	uint8_t *spare;
	bool stopping;
	uint32_t kept_now;		/* requests in `kept` */
	uint64_t receives;		/* target of what receives */
	uint32_t receive_slot;
	struct sk_attached unsent;	/* that the pending answer moves */
	struct sk_kernel_slots slots;
	struct sk_message request;
	struct sk_kernel_port_config config;
	struct sk_kernel_channel control;	/* the endpoint, as an object */
};

extern const struct sk_port_ops sk_kernel_port_ops;

/*
 * Opens a port over four slots from `slot` on. SK_INVALID: they are not there.
 */
int sk_kernel_port_open(struct sk_kernel_port *port,
	const struct sk_kernel_slots *slots, uint32_t slot,
	const struct sk_kernel_port_config *config);
/*
 * Serves one event, waiting for it up to the deadline: 0, SK_TIMED_OUT, or why the
 * kernel refuses, SK_PEER_CLOSED when the endpoint has closed. The answer to it
 * goes out with the next step, or by sk_kernel_port_flush().
 */
int sk_kernel_port_step(struct sk_kernel_port *port, uint64_t deadline);
/* Serves until sk_kernel_port_stop(), which an operation calls. 0, or as above. */
int sk_kernel_port_serve(struct sk_kernel_port *port);
static inline void sk_kernel_port_stop(struct sk_kernel_port *port)
{
	port->stopping = true;
}
/* Sends the answer that waits for the next step: before an operation, having
 * answered, does something that takes long. (Where it was dispatched by words, an
 * answer in words waits for its return all the same.) SK_OK, also if there is none; else
 * why nobody has it, as of sk_answer(). */
int sk_kernel_port_flush(struct sk_kernel_port *port);
/* The last answer goes out; the endpoint, and what was kept, stay. */
void sk_kernel_port_close(struct sk_kernel_port *port);

/* For fast.h. Serves what was received, whose words were put where it is decoded.
 * As ..._step(). */
int sk_kernel_port_take(struct sk_kernel_port *port, uint64_t head, uint64_t target,
	uint64_t token, uint64_t time);
/* A request of the root's object `self` was kept. */
void sk_kernel_port_kept(struct sk_kernel_port *port, uint64_t token, void *self);
/* Sends what these would have sent, if anything, and receives nothing. 0. */
int sk_kernel_port_leave(struct sk_registers r);

/* What the pending answer was to move and did not. */
void sk_kernel_port_lose(struct sk_kernel_port *port);

/* Leaves the answer to this token, of these counts, to the next system call that
 * receives. */
SK_INLINE void sk_kernel_port_defer(struct sk_kernel_port *port, uint64_t token,
	uint64_t counts)
{
	uint8_t *bytes = port->port.answer.bytes;
	uint32_t size = ABI_BYTES(counts);

	port->pending = sk_head(ABI_REPLY_RECEIVE) | counts;
	port->pending_token = token;
	port->current = 0;
	/* What stood behind it is nobody else's to see. */
	if (size < ABI_WORD_BYTES)
		memset(bytes + size, 0, ABI_WORD_BYTES - size);
	port->unsent.handle_count = 0;
	port->port.answer.bytes = port->spare;
	port->spare = bytes;
}

/* The slot in which answers are encoded, as part of a head. */
static inline uint64_t sk_kernel_port_slot(const struct sk_kernel_port *port)
{
	return (uint64_t)(port->port.answer.bytes - port->slots.base) *
		((UINT64_C(1) << ABI_SLOT_SHIFT) / ABI_SLOT_PAGE);
}

/* The port's next event, and the answer before it, if one waits: all in
 * registers. */
SK_INLINE void sk_kernel_port_exchange(struct sk_kernel_port *port,
	struct sk_registers *r, uint64_t deadline)
{
	const uint8_t *bytes = port->spare;

	r->head = port->pending ? port->pending : sk_head(ABI_RECEIVE);
	r->target = port->receives;
	r->token = port->pending_token;
	r->time = deadline;
	port->pending = 0;
	r->words[0] = sk_get_uint64(bytes);
	r->words[1] = sk_get_uint64(bytes + 8);
	r->words[2] = sk_get_uint64(bytes + 16);
	r->words[3] = sk_get_uint64(bytes + 24);
	r->words[4] = sk_get_uint64(bytes + 32);
	sk_sys_serve(r, deadline);
	if (SK_UNLIKELY(port->unsent.handle_count != 0)) {
		if (ABI_STATUS(r->head) < 0 || (r->head & ABI_REPLY_FAILED))
			sk_kernel_port_lose(port);
		port->unsent.handle_count = 0;
	}
}

/* A reply that another thread took, to be answered by this one. */
static inline void sk_kernel_port_adopt(struct sk_kernel_port *port,
	struct sk_reply *reply)
{
	reply->port = &port->port;
}

static inline struct sk_kernel_port *sk_kernel_port_of(struct sk_port *port)
{
	return (struct sk_kernel_port *)(void *)((uint8_t *)port -
		offsetof(struct sk_kernel_port, port));
}

#endif
