/*
 * Sockets: files that posix serves itself. What all have in common is here: queues of
 * messages, who waits, connections and those that wait to be accepted, options. What a
 * family of addresses has of its own (names, who is found by one) is behind its table
 * (struct socket_family): socket_unix.c, socket_inet.c (with inet.h).
 *
 *	socket.c		sockets are made and end
 *	socket_queue.c		messages, and whose memory they are
 *	socket_wait.c		requests, which may wait
 *	socket_send.c, socket_receive.c
 *	socket_urgent.c		urgent bytes of streams
 *	socket_connect.c	names, connecting, accepting
 *	socket_option.c		options
 *	socket_file.c		what else can be asked of an open one
 *	socket_pass.c		descriptors that are on their way, and what is lost with them
 */
#ifndef SERVERS_POSIX_SOCKET_H
#define SERVERS_POSIX_SOCKET_H

#include "servers/posix/posix.h"

#define SOCKET_BUFFER 212992			/* bytes, as Linux begins */
#define SOCKET_BUFFER_MOST 212992		/* that can be asked for; twice as much counts */
#define SOCKET_DATAGRAMS 10			/* behind the first, in a queue */
#define SOCKET_BACKLOG_MOST 4096
#define SOCKET_CHUNK 32768			/* bytes of a message of a stream at most */

struct socket;

/* ---- names ---- */

/* An address that a socket has, or a message came from. Counted, never changed. */
struct socket_name {
	uint32_t references;
	struct posix_SocketAddress address;
	uint8_t path[108];			/* of a UNIX one: `address` points here */
};

/* NULL: there is no memory. */
struct socket_name *socket_name_new(const struct posix_SocketAddress *address);
struct socket_name *socket_name_take(struct socket_name *name);
void socket_name_drop(struct socket_name *name);

/* ---- messages ---- */

/* Descriptors on their way. They count as their sender's user's. */
struct parcel {
	struct parcel *next;			/* of those that are to be freed */
	struct user *user;
	bool is_sent;				/* it is in a queue */
	uint32_t count;
	struct file *files[];
};

struct message {
	struct message *next;
	struct socket *sender;			/* whose buffer it is in; a reference */
	struct socket_name *from;		/* NULL: the sender's own name, as it is then */
	struct parcel *parcel;			/* NULL: none */
	struct posix_SenderCredentials by;
	bool has_by;
	bool is_urgent;				/* it was sent so: nothing is added to it */
	uint32_t start, end;			/* of what has not been taken */
	uint32_t capacity;
	uint32_t cost;				/* that its sender's buffer counts */
	uint8_t bytes[];
};

/* ---- sockets ---- */

enum socket_state { SOCKET_CLOSED, SOCKET_LISTENS, SOCKET_CONNECTING, SOCKET_CONNECTED };
enum { SOCKET_NO_READ = 1, SOCKET_NO_WRITE = 2, SOCKET_NEITHER = 3 };

/* Switched on and off; bits of `options`. */
enum {
	SOCKET_DEBUG = 1, SOCKET_REUSE_ADDRESS = 2, SOCKET_DONT_ROUTE = 4,
	SOCKET_BROADCAST = 8, SOCKET_KEEP_ALIVE = 0x10, SOCKET_OOB_INLINE = 0x20,
	SOCKET_REUSE_PORT = 0x40, SOCKET_PASS_CREDENTIALS = 0x80, SOCKET_TIMESTAMPS = 0x100,
	SOCKET_ZERO_COPY = 0x200, SOCKET_REPORT_DROPPED = 0x400, SOCKET_PASS_SECURITY = 0x800,
};

/* A family's own have this as their first member. */
struct socket {
	const struct socket_family *family;
	uint32_t references;			/* its file, peers, messages of its in queues */
	struct file *file;			/* NULL: not accepted yet, or closed */
	struct user *user;			/* who pays: for messages that it sends */
	posix_Uid owner;
	posix_Gid owner_group;
	posix_SocketType type;
	int32_t protocol;
	enum socket_state state;
	uint8_t shut;				/* SOCKET_NO_... */
	bool is_dead;				/* it is closed */
	bool is_counted;			/* without a file, it counts as one */
	int32_t error;				/* to be told once (SO_ERROR) */
	struct socket_name *local, *remote;	/* NULL: it has none */
	/* A reference: the other side, or whom a DATAGRAM one is connected to. It may be
	 * dead. */
	struct socket *peer;

	struct message *first, **end;		/* that have come */
	uint32_t count;				/* messages */
	uint64_t bytes;				/* in them */
	struct message *urgent;			/* of them: the last urgent byte. NULL: passed, or none */
	bool urgent_read;			/* it was asked for, and is there still */
	struct socket *next_told;
	bool is_told;				/* who is to hear of that will be told */
	struct credentials *signaler;		/* of who had its file signal somebody; NULL */
	uint64_t sent;				/* cost of those it has sent, not yet received */
	uint32_t send_buffer, receive_buffer;	/* costs */

	struct socket *waiting, **waiting_end;	/* to be accepted; a reference each */
	struct socket *next_waiting;
	uint32_t waiting_count, backlog;
	struct credentials *peer_credentials;	/* NULL: none */
	int32_t peer_process;

	/* Who waits: to receive or accept; for room in its own buffer; and others, for room
	 * in its queue, of messages or of connections. */
	struct wait *receiving, *sending, *outside;
	/* DATAGRAM ones that were said not to be writable, as its queue is full. */
	struct socket *refused, *next_refused, **refused_link;
	struct socket *next_dirty;
	bool is_dirty;				/* others are to be told, and it is in that list */
	uint64_t came, gone, turns;		/* how often: messages, room, all else (epoll) */

	uint32_t options;			/* SOCKET_... */
	uint32_t priority, mark, receive_low_mark, busy_poll;
	struct posix_Linger linger;
	uint64_t receive_timeout, send_timeout;	/* nanoseconds; 0: none */
	int32_t peek_offset;			/* below 0: it is off */
	int64_t last_arrival;			/* since 1970, nanoseconds; 0: none */

	bool is_reached;			/* socket_pass.c */
	struct socket *next_reached;
	struct socket *next, **link;		/* of all */
};

/* It sends and receives by connections: STREAM and SEQUENCED. */
static inline bool socket_connects(const struct socket *s)
{
	return s->type == posix_SocketType_STREAM || s->type == posix_SocketType_SEQUENCED;
}

static inline struct socket *socket_of(const struct file *file)
{
	return file->self;
}

/*
 * What a family has of its own. Errors are numbers of posix_Error, 0 is none. `thread` is one
 * of the process that asks. What may be NULL is said.
 */
struct socket_family {
	posix_AddressFamily number;
	struct posix_SocketAddress unnamed;	/* what one without a name is told to have */
	uint32_t size;				/* of its sockets, zeroed at first */
	bool passes;				/* descriptors and credentials */
	/* A full queue: its messages are lost, nobody waits. And those of a socket that is
	 * connected go to whoever is found by `remote` then: it has no peer. */
	bool loses;
	/* An error is told before it is said that nothing can be sent or received. */
	bool errors_first;
	/* What comes to one that is not to be read any more is kept. */
	bool hears_on;
	/* The error of who asks for urgent data of what is no stream; 0: any will do. */
	int no_urgent;
	/* What was asked for so is out of the stream; else it is there until it is passed. */
	bool takes_urgent;
	uint32_t most;				/* that a DATAGRAM has; 0: what is in the buffer */
	/* Streams have no names: where one is sent to is left out, and who sends is not told. */
	bool ignores_names;
	/* Whether there are such ones, and what they become. */
	int (*check)(const struct thread *thread, posix_SocketType *type, int32_t *protocol);
	/* Two can be made at once. */
	bool has_pairs;
	/* One is new, or was made for a connection to `listener` (else NULL). May be NULL. */
	void (*begin)(struct socket *s, const struct socket *listener);
	/* It becomes `local`'s owner. */
	int (*bind)(struct socket *s, struct thread *thread,
		const struct posix_SocketAddress *address);
	/* Before it listens: may it? */
	int (*listen)(struct socket *s, struct thread *thread);
	/* Before it sends or connects without a name: gets it one, if the family wants that.
	 * `to`: whom it will be for, or NULL. May be NULL. */
	int (*name)(struct socket *s, struct thread *thread,
		const struct posix_SocketAddress *to);
	/* By an address: a listener, of sockets that connect; else who receives. Not counted.
	 * ECONNREFUSED: nobody is there; 0 and NULL: what is sent there is lost. */
	int (*find)(struct socket *s, struct thread *thread,
		const struct posix_SocketAddress *address, struct socket **found);
	/* connect() of one that connects: may it? Below 0: it is connected already, and that
	 * is told now. May be NULL: what is connected is refused. */
	int (*connecting)(struct socket *s);
	/* What is answered to a connect() that does not wait of what came of it. May be NULL:
	 * that. */
	int (*deferred)(struct socket *s, int error);
	/* connect() to nobody, of one that connects. NULL: there is no such address. */
	void (*disconnect)(struct socket *s);
	/* `s` and `made`, which `listener` will accept, are connected now: names. Nothing but
	 * memory may be lacking (ENOMEM, and then it did not come to that). */
	int (*connected)(struct socket *s, struct socket *listener, struct socket *made,
		const struct posix_SocketAddress *address);
	/* A DATAGRAM one is connected to `other` (NULL: to nobody), by this address. */
	int (*associate)(struct socket *s, struct socket *other,
		const struct posix_SocketAddress *address);
	/* The name a message is from. NULL itself, or the name: the sender's, when received. */
	struct socket_name *(*from)(struct socket *s, const struct socket *receiver,
		const struct posix_SocketAddress *to);
	/* STREAM and SEQUENCED that are not connected: sent to, and received from. */
	int send_unconnected, receive_unconnected;
	/* STREAM and SEQUENCED: something is sent whose peer is dead or does not read. May
	 * set `error` for later. 0: as if it were sent. NULL: EPIPE. */
	int (*unheard)(struct socket *s);
	/* It is closed: its peer is told, its name is free. What has come to it is still
	 * there. */
	void (*closed)(struct socket *s);
	/* `shut` grows by this, and its peer is told. */
	int (*shut_down)(struct socket *s, uint8_t how);
	/* Others than those of SOL_SOCKET. ENOPROTOOPT; NULL: that. */
	int (*set_option)(struct socket *s, struct thread *thread,
		const struct posix_SocketOption *option);
	int (*option)(struct socket *s, struct posix_SocketOption *option);
	/* TCP_INFO. NULL: EOPNOTSUPP. */
	int (*info)(struct socket *s, struct posix_TcpInfo *info);
};

extern const struct socket_family socket_unix, socket_inet, socket_inet6;
/* NULL: there is none. */
const struct socket_family *socket_family_find(posix_AddressFamily number);

/* ---- socket.c ---- */

/* One without a file, with one reference. NULL: no memory. */
struct socket *socket_new(const struct socket_family *family, posix_SocketType type,
	int32_t protocol, struct user *user);
struct socket *socket_take(struct socket *s);
void socket_drop(struct socket *s);
/* It gets no more, and its peer hears of it. Its file is, or was never, there. */
void socket_close(struct socket *s);
/* An open file becomes this socket's, whose reference it takes over. */
void socket_attach(struct socket *s, struct file *file);
/* Both sides are told by their families; each has a reference to the other from now on. */
void socket_join(struct socket *a, struct socket *b);
/* It has another peer; NULL: none. */
void socket_set_peer(struct socket *s, struct socket *peer);
/* NULL: it is none. */
struct socket *socket_of_file(const struct file *file);
extern const struct file_ops socket_ops;
/* All of them, by `next`. */
extern struct socket *sockets;
/* A thread of the process that a session is of; NULL: it has ended. */
struct thread *socket_thread(const struct access *access);

/* ---- who waits, and what is to be told ---- */

/* Something has changed: those who wait go on, polls look again. Nothing is done while
 * others are being told, but after that. */
void socket_changed(struct socket *s);
/* The same, and it is an end of something: all is news. */
void socket_turned(struct socket *s);
/* An error for later, and it is told. */
void socket_fail(struct socket *s, int error);
/* The pending error, which is over. */
int socket_take_error(struct socket *s);
/* As an open file. */
void socket_status(const struct file *file, struct fs_Status *status);
/* Whom it is connected to, or that one's queue, is another: who cannot write looks again. */
void socket_not_refused(struct socket *s);
/* What it is ready for, of fs.Ready. */
uint32_t socket_ready(struct socket *s);

/* ---- socket_queue.c ---- */

/* Room for so many bytes more in its own buffer and share: 0; EAGAIN: later; ENOBUFS. */
int socket_room(const struct socket *s, uint64_t size);
/* Its buffer is empty enough to be written to, as polls say. */
bool socket_is_writable(const struct socket *s);
/* A queue of datagrams that is full for this sender. */
bool socket_is_full(const struct socket *receiver, const struct socket *sender);
/* Of this capacity, in the sender's buffer. NULL: no memory. */
struct message *message_new(struct socket *sender, uint32_t capacity);
/* It is no more, and there may be room for its sender. */
void message_free(struct message *message);
void socket_put(struct socket *receiver, struct message *message);
/* The first one is taken out. */
struct message *socket_take_first(struct socket *s);
/* All that have come are lost. */
void socket_purge(struct socket *s);

/* ---- socket_wait.c, socket_send.c, socket_receive.c: requests ---- */

/* How a request is answered. */
enum exchange_form { FORM_FEW, FORM_FILE, FORM_MESSAGE };

/* One for a socket, which may wait. */
struct exchange {
	struct wait wait;
	const struct exchange_kind *kind;
	struct sk_alarm alarm;			/* of a time-out */
	struct socket *socket;
	struct file *file;			/* which stays open while it waits */
	int32_t process;
	struct thread *thread;			/* to accept */
	enum exchange_form form;
	bool may_wait;
	posix_MessageFlags flags;
	posix_NewFlags new_flags;
	struct socket *other;			/* whom it is for; a reference */
	struct socket_name *to;			/* the same by name; NULL: whom it is connected to */
	struct parcel *parcel;
	struct posix_SenderCredentials by;
	bool has_by;
	uint32_t descriptors_max;
	int error;				/* what has come of it */
	bool is_earlier;			/* or of a connect() before it */
	uint64_t size, done;
	uint32_t lease_count;
	struct sk_lease leases[4];
	uint8_t few[fs_FEW_READ];		/* of FORM_FEW, in place of leases */
};

struct exchange_kind {
	/* The list that it has to wait in, or NULL: it can be finished, with `error` or
	 * without. */
	struct wait **(*blocks)(struct exchange *x);
	/* Does it, and answers. */
	void (*finish)(struct exchange *x, struct sk_reply *to);
	bool is_send;				/* which of the time-outs is its */
	int late;				/* the error if that has passed */
};

/* Does it, or has it wait. What belongs to it is seen to. */
void exchange_begin(struct exchange *x, bool may_wait, struct sk_reply *to);
/* One that waits is over. */
void exchange_finish(struct exchange *x);
void exchange_lend(struct exchange *x, bool is_there, const struct sk_lease *lease);
/* Between what was lent, from `at` on, and here. 0 or EFAULT. */
int exchange_copy(struct exchange *x, const struct sk_reply *to, uint64_t at, uint8_t *bytes,
	uint64_t size, bool out);
/* By whom a socket is used: its ids as others are told them. */
struct posix_SenderCredentials socket_user_of(const struct thread *thread);
/* Of fs.File and posix.Socket. */
void socket_read(void *self, const struct fs_File_read_request *r, struct sk_reply *to);
void socket_write(void *self, const struct fs_File_write_request *r, struct sk_reply *to);
void socket_read_few(void *self, const struct fs_File_read_few_request *r,
	struct sk_reply *to);
void socket_write_few(void *self, const struct fs_File_write_few_request *r,
	struct sk_reply *to);
void socket_send(void *self, const struct posix_Socket_send_request *r, struct sk_reply *to);
void socket_receive(void *self, const struct posix_Socket_receive_request *r,
	struct sk_reply *to);

/* ---- socket_urgent.c ---- */

/* Reads stop before this message of its queue. */
bool socket_is_mark(const struct socket *s, const struct message *m);
/* The next byte comes behind an urgent one, or is it (SIOCATMARK). */
bool socket_at_mark(const struct socket *s);
/* An urgent byte comes with all others (SO_OOBINLINE). */
bool socket_has_urgent_inline(const struct socket *s);
/* Bytes that can be read as such, in all; and up to the mark, as FIONREAD counts. */
uint64_t socket_plain(const struct socket *s);
uint64_t socket_before_mark(const struct socket *s);
/* A message that was put into its queue is urgent: it takes the last one's place. */
void socket_put_urgent(struct socket *s, struct message *m);
/* Why an urgent byte cannot be had; or 0. */
int socket_no_urgent(const struct socket *s);
/* It was had. */
void socket_take_urgent(struct socket *s);
/* Who reads at the mark has passed it: what is no more is to be freed. */
void socket_pass_mark(struct socket *s, struct message **gone);
/* Of an open file: who is to be told of it was said by this thread. */
void socket_signaled_by(const struct file *file, struct thread *thread);
/* Of posix.Socket. */
void socket_op_at_mark(void *self, const struct posix_Socket_at_mark_request *r,
	struct sk_reply *to);

/* ---- socket_connect.c ---- */

/* The next connection that waits, whose reference is the caller's. NULL. */
struct socket *socket_accept(struct socket *listener);
/* Of posix.Socket. */
void socket_bind(void *self, const struct posix_Socket_bind_request *r, struct sk_reply *to);
void socket_connect(void *self, const struct posix_Socket_connect_request *r,
	struct sk_reply *to);
void socket_listen(void *self, const struct posix_Socket_listen_request *r,
	struct sk_reply *to);
void socket_shut_down(void *self, const struct posix_Socket_shut_down_request *r,
	struct sk_reply *to);
void socket_local_address(void *self, const struct posix_Socket_local_address_request *r,
	struct sk_reply *to);
void socket_peer_address(void *self, const struct posix_Socket_peer_address_request *r,
	struct sk_reply *to);
void socket_peer_credentials(void *self,
	const struct posix_Socket_peer_credentials_request *r, struct sk_reply *to);
void socket_peer_groups(void *self, const struct posix_Socket_peer_groups_request *r,
	struct sk_reply *to);

/* ---- socket_option.c ---- */

void socket_set_option(void *self, const struct posix_Socket_set_option_request *r,
	struct sk_reply *to);
void socket_option(void *self, const struct posix_Socket_option_request *r,
	struct sk_reply *to);

/* ---- socket_pass.c ---- */

/* Of a process's table. EBADF, ETOOMANYREFS, ENOMEM. */
int parcel_new(struct thread *thread, struct sk_int32_list numbers, struct parcel **parcel);
/* It is in a queue now, where nobody has it. */
void parcel_sent(struct parcel *parcel);
/* They are no longer on their way. */
void parcel_free(struct parcel *parcel);
/* All descriptors that are left of this file are in messages (file.c). */
void socket_lost(const struct file *file);

#endif
