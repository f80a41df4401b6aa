/*
 * What the parts of a socket's server share: socket_server.c runs the loop and
 * knows who is connected, socket_serve.c takes requests and sends answers,
 * socket_lease.c reaches the memory that clients lend.
 *
 * For socket_*.c only; programs use runtime/socket.h.
 */
#ifndef RUNTIME_SOCKET_PARTS_H
#define RUNTIME_SOCKET_PARTS_H

#include "runtime/socket.h"
#include "runtime/socket_packet.h"

struct sk_server_window {
	uint8_t *base;			/* NULL: not mapped */
	int fd;				/* -1: mapped, or there is none */
	uint32_t size;			/* 0: there is none */
	uint32_t uses;			/* how many this client has sent */
};

/* A client, or a minted session. */
struct sk_server_client {
	int fd;				/* -1: a free place */
	bool doomed;			/* to be closed by sweep() */
	unsigned kept;
	uint64_t badge;
	uint64_t first_token;		/* older ones were another client's */
	void *self;
	const struct sk_object *object;	/* NULL: a client */
	struct sk_server_window window;
};

/* What the server has written to a lease. */
struct sk_server_written {
	uint32_t lease;			/* from 0 */
	struct sk_packet_range range;
};

/* A request that waits for its answer. Each client has max_kept places. */
struct sk_server_call {
	uint64_t token;			/* 0: a free place */
	uint64_t number;		/* the client's */
	bool canceled;
	uint32_t window_use;		/* the window that it lends of */
	uint32_t lease_count;
	uint8_t directions[SK_LEASES_MAX];
	struct sk_packet_range leases[SK_LEASES_MAX];
	uint32_t written_count;
	struct sk_server_written written[SK_PACKET_RANGES];
};

static inline struct sk_server *sk_server_of(struct sk_port *port)
{
	return (struct sk_server *)(void *)((uint8_t *)port -
		offsetof(struct sk_server, port));
}

static inline unsigned sk_server_places(const struct sk_server *server)
{
	return server->config.max_clients + server->config.max_objects;
}

static inline size_t sk_server_call_count(const struct sk_server *server)
{
	return (size_t)sk_server_places(server) * server->config.max_kept;
}

/* ---- socket_server.c ---- */

/* The client is to be closed, once nothing uses it; *count (may be NULL)
 * counts those. */
void sk_server_doom(struct sk_server *server, struct sk_server_client *client,
	uint64_t *count);
/* For struct sk_port_ops. */
int sk_server_mint(struct sk_port *port, const struct sk_object *object, void *self,
	struct sk_handle *handle);

/* ---- socket_serve.c ---- */

/* Receives and serves one packet. */
void sk_server_serve(struct sk_server *server, struct sk_server_client *client);
/* The client goes: its calls are canceled and forgotten. */
void sk_server_forget_calls(struct sk_server *server, struct sk_server_client *client);
/* For struct sk_port_ops. */
int sk_server_answer(struct sk_port *port, const struct sk_reply *reply);
/*
 * The call of a token that waits for its answer, and whose it is. SK_BAD_TOKEN:
 * it was answered. SK_PEER_CLOSED: its client is gone.
 */
int sk_server_find_call(struct sk_server *server, uint64_t token,
	struct sk_server_client **client, struct sk_server_call **call);

/* ---- socket_lease.c ---- */

/* Takes over the window that a client has sent. False: it cannot be used, and
 * the client has none. */
bool sk_server_take_window(struct sk_server *server, struct sk_server_client *client,
	int fd);
void sk_server_close_window(struct sk_server_client *client);
/* False: the packet lends what is not in the client's window. */
bool sk_server_check_leases(const struct sk_server_client *client,
	const struct sk_packet *packet);
/* Enters what the packet lends in the call, and in what is attached. */
void sk_server_enter_leases(const struct sk_server_client *client,
	struct sk_server_call *call, const struct sk_packet *packet,
	struct sk_attached *attached);
/* For struct sk_port_ops. */
int sk_server_lease_copy(struct sk_port *port, const struct sk_reply *reply,
	uint32_t number, uint64_t offset, void *data, uint64_t size, bool write,
	uint64_t *done);
void *sk_server_lease_memory(struct sk_port *port, const struct sk_reply *reply,
	uint32_t number);
/* Whether files that are shared can be mapped and touched without fear. */
bool sk_server_can_map(void);

#endif
