/*
 * Channels over Unix-domain sockets (SOCK_SEQPACKET) on Linux. A handle is a
 * file descriptor. One that moves is closed at the sender once it is sent; of
 * one that is copied the receiver gets a duplicate. A handle to what a server
 * minted is a connected socket, of which sk_socket_adopt() makes a client.
 *
 * A client is a struct sk_socket. It waits for one call at a time, and besides
 * can have calls of a ring under way. Memory is lent through a window that it
 * shares with the server: what the server may read is copied into it, and what
 * the server has written out of it, before the call returns.
 *
 * A server is a struct sk_server: one thread, one loop, many clients. It never
 * waits for a client and allocates nothing once it is open. See
 * docs/servers.md.
 */
#ifndef RUNTIME_SOCKET_H
#define RUNTIME_SOCKET_H

#include <signal.h>
#include <sys/types.h>

#include "runtime/channel.h"
#include "runtime/ring.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The monotonic clock, in nanoseconds: what deadlines are counted in. */
uint64_t sk_socket_now(void);
/* The deadline that passes in so many milliseconds. */
uint64_t sk_socket_after(uint32_t milliseconds);

/* ---- clients ---- */

/* What a client can lend at once, and a server lets each of its clients. */
#define SK_WINDOW_DEFAULT (UINT32_C(16) << 20)
#define SK_WINDOW_MAX (UINT32_C(1) << 30)
/* A lease takes whole parts of a window; it has so many. */
#define SK_WINDOW_PARTS 4096

/* The transport's own. */
struct sk_socket_window {
	uint8_t *base;			/* NULL: there is none yet */
	int fd;
	uint32_t size;
	bool is_sent;			/* the server has it */
	bool is_stale;			/* to be thrown away: see docs/runtime.md */
	uint32_t users;			/* calls under way that lend of it */
	uint64_t taken[SK_WINDOW_PARTS / 64];
};

struct sk_socket {
	struct sk_channel channel;
	int fd;				/* -1: closed */
	/* Bytes that can be lent at once, up to SK_WINDOW_MAX; may be changed
	 * until something is. SK_WINDOW_DEFAULT. */
	uint32_t window_size;

	/* The transport's own. */
	uint64_t number;		/* of the last call */
	const char *path;		/* to connect to again, or NULL */
	struct sk_ring *ring;		/* where calls of this are under way */
	uint32_t under_way;		/* how many; 0: ring is NULL */
	struct sk_socket_window window;
	uint8_t request[SK_MESSAGE_MAX];
	uint8_t reply[SK_MESSAGE_MAX];
};

/*
 * Connects to the server that listens at this path. SK_PEER_CLOSED: nobody
 * listens. SK_TOO_BIG: the path is too long for a socket's. SK_TIMED_OUT. Any
 * other failure is SK_TRANSPORT. errno says more.
 */
int sk_socket_connect(struct sk_socket *socket, const char *path, uint64_t deadline);
/*
 * The same, and the client connects again when the server is gone: a call that
 * may be made again (see sk_invoke()) waits, until its deadline, for somebody
 * to listen there. The path must last as long as the client.
 */
int sk_socket_connect_lasting(struct sk_socket *socket, const char *path,
	uint64_t deadline);
/* Makes a client of a connected socket, or of a handle to what a server minted;
 * it is the client's from now on. */
int sk_socket_adopt(struct sk_socket *socket, int fd);
/* Closes; calls of a ring that are under way, and later ones, get
 * SK_PEER_CLOSED. May be repeated. */
void sk_socket_close(struct sk_socket *socket);

/*
 * For sk_ring_init(), with context NULL: calls over any number of sockets, up
 * to SK_RING_SOCKETS at the same time. While a socket has calls of one ring
 * under way, those of another are SK_INVALID. A call that cannot be sent at
 * once, because the server does not keep up, is SK_EXHAUSTED. None is made
 * again after SK_PEER_CLOSED.
 */
extern const struct sk_ring_ops sk_socket_ring_ops;
#define SK_RING_SOCKETS 64

/* ---- servers ---- */

/* Greatest values of the limits below; the first is that of objects too. */
#define SK_SERVER_CLIENTS_MAX 4096
#define SK_SERVER_KEPT_MAX 256

struct sk_server_config {
	/* Where to listen, as a socket for the same user only; NULL: clients
	 * come by sk_server_adopt() alone. */
	const char *path;
	/* Clients at once; the next one is closed as it comes. */
	unsigned max_clients;
	/* Minted sessions at once, of all clients; sk_mint() is SK_EXHAUSTED
	 * beyond. They do not count as clients. 0: none can be minted. */
	unsigned max_objects;
	/* Bytes that each client can lend at once; more is SK_BAD_LEASE. 0:
	 * SK_WINDOW_DEFAULT. They are the client's memory but for the pages that
	 * the server writes to first. */
	uint32_t max_window;
	/* Requests of one client (or session) that are not answered yet, those
	 * included that the client gave up; the next one is answered
	 * SK_EXHAUSTED. */
	unsigned max_kept;

	void *context;
	/*
	 * A client has come; the badge is its name as long as the server runs.
	 * Returns what the others get as `self`; NULL turns the client away.
	 * May be NULL: `self` is the context.
	 */
	void *(*connected)(void *context, uint64_t badge);
	/* The client is gone; an answer to it gets SK_PEER_CLOSED. This and the
	 * two below are for clients; a minted session has its object's. May be
	 * NULL. */
	void (*gone)(void *self);
	/* One request; usually a line that calls generated dispatch. */
	int (*dispatch)(void *self, struct sk_incoming *incoming);
	/* The client waits no more for the answer to what was kept under this
	 * token, or is about to be gone; the reply still has to be answered or
	 * dropped, whatever comes of it. May be NULL. */
	void (*canceled)(void *self, uint64_t token);
	/* After sk_server_wake(), in the loop's thread. May be NULL. */
	void (*woken)(void *context);
};

struct sk_server_client;
struct sk_server_call;

struct sk_server_counts {
	uint64_t accepted;		/* clients that were let in */
	uint64_t turned_away;		/* and those that were not */
	uint64_t requests;		/* handed to dispatch, one-way too */
	uint64_t exhausted;		/* refused for too many unanswered */
	uint64_t canceled;
	uint64_t bad_leases;		/* refused for what they lend */
	uint64_t minted;
	uint64_t garbage;		/* clients closed for what they sent */
	uint64_t cut_off;		/* clients closed for not reading */
};

/* To be read: clients, objects, kept, counts. The rest is the server's own. */
struct sk_server {
	unsigned clients;		/* now connected */
	unsigned objects;		/* minted sessions that are open */
	unsigned kept;			/* requests not answered yet */
	struct sk_server_counts counts;

	struct sk_port port;
	struct sk_server_config config;
	struct sk_server_client *client_table;
	struct sk_server_call *call_table;
	uint64_t badges;		/* how many were given out */
	uint64_t tokens;
	int listen_fd;
	int epoll_fd;
	int wake_fd;
	int spare_fd;			/* given up to turn a client away */
	volatile sig_atomic_t stopping;
	bool sweep;			/* some client is to be closed */
	bool copies_by_call;		/* windows are not mapped */
	dev_t path_device;		/* the socket file that is ours */
	ino_t path_inode;
	struct sk_message request;
	uint8_t request_bytes[SK_MESSAGE_MAX];
	uint8_t answer_bytes[SK_MESSAGE_MAX];
};

/*
 * Opens a server; the path in the config must last as long as it. A socket
 * file that nobody listens at any more is replaced; anything else in the way
 * is SK_INVALID, a path too long for a socket SK_TOO_BIG, a limit out of range
 * SK_INVALID, no memory SK_EXHAUSTED, other failures SK_TRANSPORT. errno says
 * more. After a failure there is nothing to close.
 */
int sk_server_open(struct sk_server *server, const struct sk_server_config *config);
/* Makes a client of a connected socket, which is the server's from now on.
 * SK_EXHAUSTED: there are too many; SK_CANCELED: `connected` turned it away. */
int sk_server_adopt(struct sk_server *server, int fd);
/* Serves until sk_server_stop(). 0, or SK_TRANSPORT if it cannot go on. */
int sk_server_run(struct sk_server *server);
/*
 * Serves what is there, waiting for it up to the deadline: 0, SK_TIMED_OUT,
 * SK_CANCELED once stopped, SK_TRANSPORT. For programs with a loop of their
 * own, which may poll sk_server_fd() for input.
 */
int sk_server_step(struct sk_server *server, uint64_t deadline);
int sk_server_fd(const struct sk_server *server);
/* These two may be called from signal handlers and other threads. */
void sk_server_stop(struct sk_server *server);
void sk_server_wake(struct sk_server *server);
/* Closes all clients (with `gone`), removes the socket file, frees. */
void sk_server_close(struct sk_server *server);

#ifdef __cplusplus
}
#endif

#endif
