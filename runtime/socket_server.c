/*
 * The server's end of sockets: one loop over all clients.
 *
 * Badges and tokens are counters times the size of their table plus a place
 * in it, so a place is found at once and no number ever comes back. A client
 * that must go is only marked, since an operation may be using its state;
 * sweep() closes it once dispatch has returned.
 */
#define _GNU_SOURCE
#include "runtime/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/codec.h"
#include "runtime/socket_packet.h"

#define EVENTS_MAX 32
#define NS_PER_MS UINT64_C(1000000)
/* Of epoll events; no badge is this large. */
#define KEY_LISTEN UINT64_MAX
#define KEY_WAKE (UINT64_MAX - 1)

struct sk_server_client {
	int fd;				/* -1: a free place */
	bool doomed;			/* to be closed by sweep() */
	unsigned kept;
	uint64_t badge;
	uint64_t first_token;		/* older ones were another client's */
	void *self;
};

/* A request that waits for its answer. Each client has max_kept places. */
struct sk_server_call {
	uint64_t token;			/* 0: a free place */
	uint64_t number;		/* the client's */
	bool canceled;
};

static struct sk_server *of_port(struct sk_port *port)
{
	return (struct sk_server *)(void *)((uint8_t *)port -
		offsetof(struct sk_server, port));
}

static size_t call_count(const struct sk_server *server)
{
	return (size_t)server->config.max_clients * server->config.max_kept;
}

static struct sk_server_call *calls_of(struct sk_server *server,
	const struct sk_server_client *client)
{
	size_t index = (size_t)(client - server->client_table);

	return server->call_table + index * server->config.max_kept;
}

static void doom(struct sk_server *server, struct sk_server_client *client,
	uint64_t *count)
{
	if (client->doomed)
		return;
	client->doomed = true;
	server->sweep = true;
	if (count)
		++*count;
}

/* ---- answers ---- */

static void forget_call(struct sk_server *server, struct sk_server_client *client,
	struct sk_server_call *call)
{
	call->token = 0;
	client->kept--;
	server->kept--;
}

/* Sends what stands in the port's answer, or cuts the client off. */
static int send_answer(struct sk_server *server, struct sk_server_client *client,
	uint64_t number)
{
	struct sk_packet packet = {.number = number, .kind = SK_PACKET_ANSWER};
	int status = sk_packet_send(client->fd, &packet, &server->port.answer);

	if (status == SK_OK || status == SK_BAD_HANDLE || status == SK_EXHAUSTED)
		return status;
	doom(server, client, status == SK_WOULD_BLOCK ? &server->counts.cut_off : NULL);
	return SK_PEER_CLOSED;
}

/* Answers a request that never got a token. */
static void answer_status(struct sk_server *server, struct sk_server_client *client,
	uint64_t number, int status)
{
	struct sk_message *answer = &server->port.answer;

	sk_put_uint32(answer->bytes, SK_STATUS_ID);
	sk_put_uint32(answer->bytes + 4, 0);
	sk_put_uint32(answer->bytes + 8, (uint32_t)status);
	answer->size = SK_STATUS_SIZE;
	if (send_answer(server, client, number) == SK_EXHAUSTED)
		doom(server, client, &server->counts.cut_off);
}

static int answer_call(struct sk_server *server, const struct sk_reply *reply)
{
	size_t index = (size_t)(reply->token % call_count(server));
	struct sk_server_call *call = server->call_table + index;
	struct sk_server_client *client =
		server->client_table + index / server->config.max_kept;
	bool canceled;
	int status;

	if (!server->call_table || client->fd < 0 || reply->token < client->first_token)
		return SK_PEER_CLOSED;
	if (reply->token == 0 || call->token != reply->token)
		return SK_BAD_TOKEN;
	canceled = call->canceled;
	forget_call(server, client, call);
	if (client->doomed)
		return SK_PEER_CLOSED;
	if (canceled)
		return SK_CANCELED;
	status = send_answer(server, client, call->number);
	sk_packet_close_handles(&server->port.answer);
	/* The client must not wait for what cannot be sent. */
	if (status == SK_BAD_HANDLE || status == SK_EXHAUSTED)
		answer_status(server, client, call->number, status);
	return status;
}

static int port_answer(struct sk_port *port, const struct sk_reply *reply)
{
	struct sk_server *server = of_port(port);
	int status = answer_call(server, reply);

	sk_packet_close_handles(&port->answer);
	return status;
}

static void port_close_handle(struct sk_port *port, struct sk_handle handle)
{
	(void)port;
	close(handle.raw);
}

/* ---- requests ---- */

static struct sk_server_call *find_call(struct sk_server *server,
	struct sk_server_client *client, bool free, uint64_t number)
{
	struct sk_server_call *calls = calls_of(server, client);

	for (unsigned i = 0; i < server->config.max_kept; i++) {
		if (free && calls[i].token == 0)
			return &calls[i];
		if (!free && calls[i].token != 0 && calls[i].number == number &&
				!calls[i].canceled)
			return &calls[i];
	}
	return NULL;
}

static void cancel_call(struct sk_server *server, struct sk_server_client *client,
	struct sk_server_call *call)
{
	call->canceled = true;
	server->counts.canceled++;
	if (server->config.canceled)
		server->config.canceled(client->self, call->token);
}

static void serve_cancel(struct sk_server *server, struct sk_server_client *client,
	uint64_t number)
{
	struct sk_server_call *call = find_call(server, client, false, number);

	/* None: the answer was faster. */
	if (call)
		cancel_call(server, client, call);
}

static void dispatch(struct sk_server *server, struct sk_server_client *client,
	uint64_t token)
{
	struct sk_incoming incoming = {
		.port = &server->port,
		.message = &server->request,
		.badge = client->badge,
		.reply = {.port = token ? &server->port : NULL, .token = token},
	};

	server->counts.requests++;
	server->config.dispatch(client->self, &incoming);
	sk_finish(&incoming);
}

static void serve_call(struct sk_server *server, struct sk_server_client *client,
	uint64_t number)
{
	struct sk_server_call *call = find_call(server, client, true, 0);

	if (!call) {
		sk_packet_close_handles(&server->request);
		server->counts.exhausted++;
		answer_status(server, client, number, SK_EXHAUSTED);
		return;
	}
	call->token = ++server->tokens * call_count(server) +
		(size_t)(call - server->call_table);
	call->number = number;
	call->canceled = false;
	client->kept++;
	server->kept++;
	dispatch(server, client, call->token);
}

static void serve_packet(struct sk_server *server, struct sk_server_client *client,
	const struct sk_packet *packet, int status)
{
	if (status == SK_OK && packet->kind != SK_PACKET_CANCEL &&
			sk_message_id(&server->request) == 0)
		status = SK_MALFORMED;
	if (status != SK_OK)
		sk_packet_close_handles(&server->request);
	switch (packet->kind) {
	case SK_PACKET_CALL:
		if (status == SK_OK)
			serve_call(server, client, packet->number);
		else
			answer_status(server, client, packet->number, status);
		break;
	case SK_PACKET_SEND:
		if (status == SK_OK)
			dispatch(server, client, 0);
		break;
	case SK_PACKET_CANCEL:
		sk_packet_close_handles(&server->request);
		serve_cancel(server, client, packet->number);
		break;
	default:
		sk_packet_close_handles(&server->request);
		doom(server, client, &server->counts.garbage);
	}
}

static void serve_client(struct sk_server *server, struct sk_server_client *client)
{
	struct sk_packet packet;
	int status = sk_packet_receive(client->fd, &packet, &server->request);

	if (status == SK_OK || status == SK_BAD_HANDLE)
		serve_packet(server, client, &packet, status);
	else if (status == SK_MALFORMED)
		doom(server, client, &server->counts.garbage);
	else if (status != SK_WOULD_BLOCK)
		doom(server, client, NULL);
}

/* ---- clients come and go ---- */

/* A descriptor that another process shares would still be watched after it
 * was closed here. */
static void close_watched(struct sk_server *server, int fd)
{
	epoll_ctl(server->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	close(fd);
}

static void close_client(struct sk_server *server, struct sk_server_client *client)
{
	struct sk_server_call *calls = calls_of(server, client);

	close_watched(server, client->fd);
	client->fd = -1;
	client->doomed = false;
	for (unsigned i = 0; i < server->config.max_kept; i++) {
		if (calls[i].token == 0)
			continue;
		if (!calls[i].canceled)
			cancel_call(server, client, &calls[i]);
		forget_call(server, client, &calls[i]);
	}
	server->clients--;
	if (server->config.gone)
		server->config.gone(client->self);
}

static void sweep(struct sk_server *server)
{
	while (server->sweep) {
		server->sweep = false;
		for (unsigned i = 0; i < server->config.max_clients; i++)
			if (server->client_table[i].doomed)
				close_client(server, &server->client_table[i]);
	}
}

static struct sk_server_client *free_client(struct sk_server *server)
{
	for (unsigned i = 0; i < server->config.max_clients; i++)
		if (server->client_table[i].fd < 0)
			return &server->client_table[i];
	return NULL;
}

static bool watch(struct sk_server *server, int fd, uint64_t key)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = key};

	return epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static int admit(struct sk_server *server, int fd)
{
	struct sk_server_client *client = free_client(server);
	void *self = server->config.context;

	if (!client)
		return SK_EXHAUSTED;
	client->badge = ++server->badges * server->config.max_clients +
		(size_t)(client - server->client_table);
	if (!watch(server, fd, client->badge))
		return SK_TRANSPORT;
	if (server->config.connected) {
		self = server->config.connected(server->config.context, client->badge);
		if (!self)
			return SK_CANCELED;
	}
	client->fd = fd;
	client->self = self;
	client->kept = 0;
	client->first_token = (server->tokens + 1) * call_count(server);
	server->clients++;
	server->counts.accepted++;
	return SK_OK;
}

int sk_server_adopt(struct sk_server *server, int fd)
{
	int status = admit(server, fd);

	if (status != SK_OK) {
		server->counts.turned_away++;
		close_watched(server, fd);
	}
	return status;
}

/* With no descriptor left, the queue of clients could not even be emptied,
 * and the loop would spin: one is kept aside for that. */
static void turn_away(struct sk_server *server)
{
	int fd;

	close(server->spare_fd);
	fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0) {
		close(fd);
		server->counts.turned_away++;
	}
	server->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void accept_client(struct sk_server *server)
{
	int fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0)
		(void)sk_server_adopt(server, fd);
	else if (errno == EMFILE || errno == ENFILE)
		turn_away(server);
}

/* ---- the loop ---- */

static void woken(struct sk_server *server)
{
	uint64_t times;

	if (read(server->wake_fd, &times, sizeof(times)) < 0)
		return;
	if (server->config.woken)
		server->config.woken(server->config.context);
}

static void serve_event(struct sk_server *server, uint64_t key)
{
	struct sk_server_client *client;

	if (key == KEY_LISTEN) {
		accept_client(server);
	} else if (key == KEY_WAKE) {
		woken(server);
	} else {
		client = &server->client_table[key % server->config.max_clients];
		/* Or it was closed earlier in the same batch of events. */
		if (client->fd >= 0 && client->badge == key)
			serve_client(server, client);
	}
	sweep(server);
}

static int timeout_ms(uint64_t deadline)
{
	uint64_t now = sk_socket_now();
	uint64_t ms;

	if (deadline == SK_FOREVER)
		return -1;
	if (deadline <= now)
		return 0;
	ms = (deadline - now + NS_PER_MS - 1) / NS_PER_MS;
	return ms > INT32_MAX ? INT32_MAX : (int)ms;
}

int sk_server_step(struct sk_server *server, uint64_t deadline)
{
	struct epoll_event events[EVENTS_MAX];
	int count;

	sweep(server);
	if (server->stopping)
		return SK_CANCELED;
	do
		count = epoll_wait(server->epoll_fd, events, EVENTS_MAX,
			timeout_ms(deadline));
	while (count < 0 && errno == EINTR);
	if (count < 0)
		return SK_TRANSPORT;
	for (int i = 0; i < count && !server->stopping; i++)
		serve_event(server, events[i].data.u64);
	if (server->stopping)
		return SK_CANCELED;
	return count == 0 ? SK_TIMED_OUT : SK_OK;
}

int sk_server_run(struct sk_server *server)
{
	int status;

	do
		status = sk_server_step(server, SK_FOREVER);
	while (status == SK_OK);
	return status == SK_CANCELED ? SK_OK : status;
}

int sk_server_fd(const struct sk_server *server)
{
	return server->epoll_fd;
}

void sk_server_wake(struct sk_server *server)
{
	const uint64_t one = 1;
	int error = errno;
	ssize_t written = write(server->wake_fd, &one, sizeof(one));

	/* Full means that it is awake. */
	(void)written;
	errno = error;
}

void sk_server_stop(struct sk_server *server)
{
	server->stopping = 1;
	sk_server_wake(server);
}

/* ---- opening and closing ---- */

static bool open_loop(struct sk_server *server)
{
	server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	server->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	server->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return server->epoll_fd >= 0 && server->wake_fd >= 0 &&
		server->spare_fd >= 0 && watch(server, server->wake_fd, KEY_WAKE);
}

static bool open_tables(struct sk_server *server)
{
	unsigned clients = server->config.max_clients;

	server->client_table = calloc(clients, sizeof(*server->client_table));
	server->call_table = calloc(call_count(server), sizeof(*server->call_table));
	if (!server->client_table || !server->call_table)
		return false;
	for (unsigned i = 0; i < clients; i++)
		server->client_table[i].fd = -1;
	return true;
}

static int open_listener(struct sk_server *server)
{
	int fd = sk_packet_listen(server->config.path, &server->path_device,
		&server->path_inode);

	if (fd < 0)
		return fd;
	server->listen_fd = fd;
	return watch(server, fd, KEY_LISTEN) ? SK_OK : SK_TRANSPORT;
}

int sk_server_open(struct sk_server *server, const struct sk_server_config *config)
{
	static const struct sk_port_ops ops = {
		.answer = port_answer,
		.close_handle = port_close_handle,
	};
	int status = SK_OK, error;

	memset(server, 0, sizeof(*server));
	server->config = *config;
	server->port.ops = &ops;
	server->listen_fd = server->epoll_fd = server->wake_fd = server->spare_fd = -1;
	sk_packet_lend(&server->request, server->request_bytes);
	sk_packet_lend(&server->port.answer, server->answer_bytes);
	errno = EINVAL;
	if (config->max_clients < 1 || config->max_clients > SK_SERVER_CLIENTS_MAX ||
			config->max_kept < 1 || config->max_kept > SK_SERVER_KEPT_MAX)
		return SK_INVALID;
	if (!open_tables(server))
		status = SK_EXHAUSTED;
	else if (!open_loop(server))
		status = SK_TRANSPORT;
	else if (config->path)
		status = open_listener(server);
	if (status == SK_OK)
		return SK_OK;
	error = errno;
	sk_server_close(server);
	errno = error;
	return status;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void sk_server_close(struct sk_server *server)
{
	if (server->listen_fd >= 0)
		sk_packet_unlisten(server->config.path, server->path_device,
			server->path_inode);
	for (unsigned i = 0; server->client_table && i < server->config.max_clients; i++)
		if (server->client_table[i].fd >= 0)
			close_client(server, &server->client_table[i]);
	close_fd(&server->listen_fd);
	close_fd(&server->wake_fd);
	close_fd(&server->spare_fd);
	close_fd(&server->epoll_fd);
	free(server->client_table);
	free(server->call_table);
	server->client_table = NULL;
	server->call_table = NULL;
}
