/*
 * The server's end of sockets: one loop over all clients.
 *
 * Badges and tokens are counters times the size of their table plus a place
 * in it, so a place is found at once and no number ever comes back. A client
 * that must go is only marked, since an operation may be using its state;
 * sweep() closes it once dispatch has returned.
 */
#define _GNU_SOURCE
#include "runtime/socket_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_MAX 32
#define NS_PER_MS UINT64_C(1000000)
/* Of epoll events; no badge is this large. */
#define KEY_LISTEN UINT64_MAX
#define KEY_WAKE (UINT64_MAX - 1)

/* ---- clients come and go ---- */

/* A descriptor that another process shares would still be watched after it
 * was closed here. */
static void close_watched(struct sk_server *server, int fd)
{
	epoll_ctl(server->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	close(fd);
}

void sk_server_doom(struct sk_server *server, struct sk_server_client *client,
	uint64_t *count)
{
	if (client->doomed)
		return;
	client->doomed = true;
	server->sweep = true;
	if (count)
		++*count;
}

static void close_client(struct sk_server *server, struct sk_server_client *client)
{
	void (*gone)(void *self) = client->object ? client->object->gone :
		server->config.gone;

	close_watched(server, client->fd);
	client->fd = -1;
	client->doomed = false;
	sk_server_close_window(client);
	sk_server_forget_calls(server, client);
	if (client->object)
		server->objects--;
	else
		server->clients--;
	if (gone)
		gone(client->self);
}

static void sweep(struct sk_server *server)
{
	while (server->sweep) {
		server->sweep = false;
		for (unsigned i = 0; i < sk_server_places(server); i++)
			if (server->client_table[i].doomed)
				close_client(server, &server->client_table[i]);
	}
}

static bool watch(struct sk_server *server, int fd, uint64_t key)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = key};

	return epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* A free place with a badge for it, not taken yet; NULL if there is none. */
static struct sk_server_client *free_client(struct sk_server *server)
{
	struct sk_server_client *client = server->client_table;

	for (unsigned i = 0; i < sk_server_places(server); i++, client++) {
		if (client->fd >= 0)
			continue;
		client->badge = ++server->badges * sk_server_places(server) + i;
		return client;
	}
	return NULL;
}

static void take_place(struct sk_server *server, struct sk_server_client *client,
	int fd, const struct sk_object *object, void *self)
{
	client->fd = fd;
	client->object = object;
	client->self = self;
	client->kept = 0;
	client->first_token = (server->tokens + 1) * sk_server_call_count(server);
	client->window = (struct sk_server_window){.fd = -1};
}

static int admit(struct sk_server *server, int fd)
{
	struct sk_server_client *client = server->clients < server->config.max_clients ?
		free_client(server) : NULL;
	void *self = server->config.context;

	if (!client)
		return SK_EXHAUSTED;
	if (!watch(server, fd, client->badge))
		return SK_TRANSPORT;
	/* Before `connected`, which may mint. */
	take_place(server, client, fd, NULL, self);
	if (server->config.connected)
		client->self = server->config.connected(self, client->badge);
	if (server->config.connected && !client->self) {
		client->fd = -1;
		return SK_CANCELED;
	}
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

int sk_server_mint(struct sk_port *port, const struct sk_object *object, void *self,
	struct sk_handle *handle)
{
	struct sk_server *server = sk_server_of(port);
	struct sk_server_client *client = server->objects < server->config.max_objects ?
		free_client(server) : NULL;
	int ends[2];

	if (!client)
		return SK_EXHAUSTED;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return errno == EMFILE || errno == ENFILE ? SK_EXHAUSTED : SK_TRANSPORT;
	if (!watch(server, ends[0], client->badge)) {
		close(ends[0]);
		close(ends[1]);
		return SK_TRANSPORT;
	}
	take_place(server, client, ends[0], object, self);
	server->objects++;
	server->counts.minted++;
	handle->raw = ends[1];
	return SK_OK;
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
		client = &server->client_table[key % sk_server_places(server)];
		/* Or it was closed earlier in the same batch of events. */
		if (client->fd >= 0 && client->badge == key)
			sk_server_serve(server, client);
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

/* Another thread or a signal handler says so. */
static bool is_stopping(const struct sk_server *server)
{
	return __atomic_load_n(&server->stopping, __ATOMIC_ACQUIRE) != 0;
}

int sk_server_step(struct sk_server *server, uint64_t deadline)
{
	struct epoll_event events[EVENTS_MAX];
	int count;

	sweep(server);
	if (is_stopping(server))
		return SK_CANCELED;
	do
		count = epoll_wait(server->epoll_fd, events, EVENTS_MAX,
			timeout_ms(deadline));
	while (count < 0 && errno == EINTR);
	if (count < 0)
		return SK_TRANSPORT;
	for (int i = 0; i < count && !is_stopping(server); i++)
		serve_event(server, events[i].data.u64);
	if (is_stopping(server))
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
	__atomic_store_n(&server->stopping, 1, __ATOMIC_RELEASE);
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
	unsigned clients = sk_server_places(server);

	server->client_table = calloc(clients, sizeof(*server->client_table));
	server->call_table = calloc(sk_server_call_count(server), sizeof(*server->call_table));
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

static void close_handle(struct sk_port *port, struct sk_handle handle)
{
	(void)port;
	close(handle.raw);
}

static bool is_within_limits(const struct sk_server_config *config)
{
	return config->max_clients >= 1 && config->max_clients <= SK_SERVER_CLIENTS_MAX &&
		config->max_objects <= SK_SERVER_CLIENTS_MAX &&
		config->max_kept >= 1 && config->max_kept <= SK_SERVER_KEPT_MAX &&
		config->max_window <= SK_WINDOW_MAX;
}

int sk_server_open(struct sk_server *server, const struct sk_server_config *config)
{
	static const struct sk_port_ops ops = {
		.answer = sk_server_answer,
		.close_handle = close_handle,
		.lease_copy = sk_server_lease_copy,
		.lease_memory = sk_server_lease_memory,
		.mint = sk_server_mint,
	};
	int status = SK_OK, error;

	memset(server, 0, sizeof(*server));
	server->config = *config;
	server->port.ops = &ops;
	server->copies_by_call = !sk_server_can_map();
	if (config->max_window == 0)
		server->config.max_window = SK_WINDOW_DEFAULT;
	server->listen_fd = server->epoll_fd = server->wake_fd = server->spare_fd = -1;
	sk_packet_lend(&server->request, server->request_bytes);
	sk_packet_lend(&server->port.answer, server->answer_bytes);
	errno = EINVAL;
	if (!is_within_limits(config))
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
	for (unsigned i = 0; server->client_table && i < sk_server_places(server); i++)
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
