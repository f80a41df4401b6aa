/*
 * The client's end of a socket: one call at a time, with a deadline. An
 * answer that comes after its call was given up is known by its number and
 * dropped, so a connection goes on after a timeout.
 */
#define _GNU_SOURCE
#include "runtime/socket_client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "runtime/codec.h"

#define NS_PER_S UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_US UINT64_C(1000)
/* Between two tries to reach a server that is not there. */
#define PAUSE_NS (10 * NS_PER_MS)

uint64_t sk_socket_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t sk_socket_after(uint32_t milliseconds)
{
	return sk_socket_now() + milliseconds * NS_PER_MS;
}

static bool has_passed(uint64_t deadline)
{
	return deadline != SK_FOREVER && sk_socket_now() >= deadline;
}

static struct timespec time_left(uint64_t deadline)
{
	uint64_t now = sk_socket_now();
	uint64_t ns = deadline > now ? deadline - now : 0;
	struct timespec left = {
		.tv_sec = (time_t)(ns / NS_PER_S),
		.tv_nsec = (long)(ns % NS_PER_S),
	};

	return left;
}

/* ---- waiting ---- */

static bool is_canceled(const struct sk_call *call)
{
	return call->cancel && __atomic_load_n(call->cancel, __ATOMIC_ACQUIRE) != 0;
}

/* Polls once. With a flag to look at, signals come only while it polls: one
 * that came between looking and polling would be slept through. */
static int poll_once(struct pollfd *poll, const struct sk_call *call, uint64_t deadline)
{
	struct timespec left = time_left(deadline);
	const struct timespec *limit = deadline == SK_FOREVER ? NULL : &left;
	sigset_t all, before;
	int ready, error;

	if (!call->cancel)
		return ppoll(poll, 1, limit, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ready = is_canceled(call) ? 0 : ppoll(poll, 1, limit, &before);
	error = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return ready;
}

/* Waits until the socket is ready: 0, SK_TIMED_OUT, SK_CANCELED, SK_TRANSPORT. */
static int wait_ready(int fd, short events, const struct sk_call *call)
{
	struct pollfd poll = {.fd = fd, .events = events};
	int ready;

	do
		ready = poll_once(&poll, call, call->deadline);
	while (ready < 0 && errno == EINTR && !is_canceled(call));
	if (is_canceled(call))
		return SK_CANCELED;
	if (ready < 0)
		return SK_TRANSPORT;
	return ready == 0 ? SK_TIMED_OUT : SK_OK;
}

/* ---- calls ---- */

int sk_socket_transmit(struct sk_socket *socket, struct sk_packet *packet,
	struct sk_message *request)
{
	struct sk_socket_window *window = &socket->window;
	int status;

	if (socket->fd < 0)
		return SK_PEER_CLOSED;
	packet->number = socket->number + 1;
	packet->has_window = packet->range_count > 0 && !window->is_sent;
	packet->window = window->fd;
	status = sk_packet_send(socket->fd, packet, request);
	if (status != SK_OK)
		return status;
	socket->number++;
	window->is_sent = window->is_sent || packet->has_window;
	return SK_OK;
}

/* Sends the request, waiting until it can be; what was to move is gone
 * afterwards in any case. */
static int send_request(struct sk_socket *socket, struct sk_packet *packet,
	const struct sk_call *call)
{
	struct sk_message *request = &socket->channel.request;
	int status;

	packet->deadline = call->deadline;
	for (;;) {
		status = sk_socket_transmit(socket, packet, request);
		if (status != SK_WOULD_BLOCK || call->deadline == SK_POLL)
			break;
		status = wait_ready(socket->fd, POLLOUT, call);
		if (status != SK_OK)
			break;
	}
	sk_packet_lose_handles(request);
	return status;
}

void sk_socket_cancel(struct sk_socket *socket, uint64_t number)
{
	const struct sk_packet packet = {.number = number, .kind = SK_PACKET_CANCEL};
	struct sk_message none = {.size = 0};

	/* If that cannot be said now it need not: the answer is dropped here. */
	if (socket->fd >= 0)
		(void)sk_packet_send(socket->fd, &packet, &none);
}

static void disconnect(struct sk_socket *socket)
{
	if (socket->fd >= 0)
		close(socket->fd);
	socket->fd = -1;
}

void sk_socket_break(struct sk_socket *socket)
{
	disconnect(socket);
	sk_socket_complete_all(socket, SK_PEER_CLOSED);
	socket->window.is_stale = true;
}

/* Waits for the answer to call `number`. */
static int receive_answer(struct sk_socket *socket, uint64_t number,
	const struct sk_call *call, struct sk_packet *packet)
{
	struct sk_message *reply = &socket->channel.reply;
	int status;

	for (;;) {
		status = sk_packet_receive(socket->fd, packet, reply);
		if (status == SK_WOULD_BLOCK) {
			status = wait_ready(socket->fd, POLLIN, call);
			if (status == SK_OK)
				continue;
			return status;
		}
		if (status != SK_OK && status != SK_BAD_HANDLE)
			return status;
		if (packet->kind == SK_PACKET_ANSWER && packet->number == number)
			return status;
		if (sk_socket_route(socket, packet, status, reply) != SK_OK)
			return SK_MALFORMED;
		/* Or a flood of other answers could keep us for ever. */
		if (is_canceled(call))
			return SK_CANCELED;
		if (has_passed(call->deadline))
			return SK_TIMED_OUT;
	}
}

static int call_and_wait(struct sk_socket *socket, const struct sk_call *call,
	struct sk_packet *packet)
{
	struct sk_attached *lent = &socket->channel.request.attached;
	int status = send_request(socket, packet, call);
	bool given_up;

	if (status != SK_OK) {
		sk_window_return(socket, lent, false);
		return status;
	}
	socket->channel.delivered = true;
	status = receive_answer(socket, socket->number, call, packet);
	if (status == SK_OK)
		status = sk_window_collect(socket, lent, packet);
	given_up = status == SK_TIMED_OUT || status == SK_CANCELED;
	if (given_up)
		sk_socket_cancel(socket, socket->number);
	else if (status != SK_OK && status != SK_BAD_HANDLE)
		/* What comes next on this socket could be anything. */
		sk_socket_break(socket);
	sk_window_return(socket, lent, given_up || (status == SK_OK &&
		sk_window_is_refused(&socket->channel.reply)));
	return status;
}

static int socket_call(struct sk_channel *channel, const struct sk_call *call)
{
	struct sk_socket *socket = sk_socket_of(channel);
	struct sk_packet packet = {.kind = SK_PACKET_CALL};
	int status = is_canceled(call) ? SK_CANCELED :
		sk_window_lend(socket, &channel->request.attached, &packet);

	if (status == SK_OK)
		return call_and_wait(socket, call, &packet);
	sk_packet_lose_handles(&channel->request);
	return status;
}

static int socket_send(struct sk_channel *channel, const struct sk_call *call)
{
	struct sk_socket *socket = sk_socket_of(channel);
	struct sk_packet packet = {.kind = SK_PACKET_SEND};

	if (!is_canceled(call))
		return send_request(socket, &packet, call);
	sk_packet_lose_handles(&channel->request);
	return SK_CANCELED;
}

static void socket_close_handle(struct sk_channel *channel, struct sk_handle handle)
{
	(void)channel;
	close(handle.raw);
}

static uint64_t socket_clock(struct sk_channel *channel)
{
	(void)channel;
	return sk_socket_now();
}

/* ---- connecting ---- */

/* connect() waits as long as a send may. */
static int limit_connect(int fd, uint64_t deadline)
{
	struct timespec left = time_left(deadline);
	struct timeval limit = {
		.tv_sec = left.tv_sec,
		.tv_usec = (suseconds_t)((uint64_t)left.tv_nsec / NS_PER_US),
	};

	if (deadline == SK_FOREVER)
		return 0;
	if (limit.tv_sec == 0 && limit.tv_usec == 0)
		limit.tv_usec = 1;	/* 0 would mean for ever */
	return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

static int connect_status(void)
{
	switch (errno) {
	case ENOENT:
	case ECONNREFUSED:
		return SK_PEER_CLOSED;
	case EAGAIN:
		return SK_TIMED_OUT;
	default:
		return SK_TRANSPORT;
	}
}

static int connect_until(int fd, const struct sockaddr_un *address,
	const struct sk_call *call)
{
	do {
		if (limit_connect(fd, call->deadline) < 0)
			return SK_TRANSPORT;
		if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
			return SK_OK;
	} while (errno == EINTR && !is_canceled(call));
	return errno == EINTR ? SK_CANCELED : connect_status();
}

static int connect_path(struct sk_socket *client, const char *path,
	const struct sk_call *call)
{
	struct sockaddr_un address;
	int status = sk_packet_address(&address, path);
	int fd, error;

	if (status != SK_OK)
		return status;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return SK_TRANSPORT;
	status = connect_until(fd, &address, call);
	if (status == SK_OK) {
		client->fd = fd;
		return SK_OK;
	}
	error = errno;
	close(fd);
	errno = error;
	return status;
}

/* Sleeps for a moment: 0, SK_TIMED_OUT or SK_CANCELED. */
static int pause_until(const struct sk_call *call)
{
	uint64_t next = sk_socket_now() + PAUSE_NS;
	struct pollfd none = {.fd = -1};

	if (has_passed(call->deadline))
		return SK_TIMED_OUT;
	poll_once(&none, call, next < call->deadline ? next : call->deadline);
	return is_canceled(call) ? SK_CANCELED : SK_OK;
}

static int socket_reconnect(struct sk_channel *channel, const struct sk_call *call)
{
	struct sk_socket *socket = sk_socket_of(channel);
	int status;

	if (!socket->path)
		return SK_PEER_CLOSED;
	sk_socket_break(socket);
	sk_window_close(socket);
	for (;;) {
		status = connect_path(socket, socket->path, call);
		if (status != SK_PEER_CLOSED || call->deadline == SK_POLL)
			return status;
		status = pause_until(call);
		if (status != SK_OK)
			return status;
	}
}

static void init(struct sk_socket *socket, int fd)
{
	static const struct sk_channel_ops ops = {
		.call = socket_call,
		.send = socket_send,
		.close_handle = socket_close_handle,
		.now = socket_clock,
		.reconnect = socket_reconnect,
	};

	memset(socket, 0, offsetof(struct sk_socket, request));
	socket->channel.ops = &ops;
	sk_packet_lend(&socket->channel.request, socket->request);
	sk_packet_lend(&socket->channel.reply, socket->reply);
	socket->window_size = SK_WINDOW_DEFAULT;
	socket->fd = fd;
}

int sk_socket_adopt(struct sk_socket *socket, int fd)
{
	init(socket, fd);
	return SK_OK;
}

int sk_socket_connect(struct sk_socket *client, const char *path, uint64_t deadline)
{
	const struct sk_call call = {.deadline = deadline};

	init(client, -1);
	return connect_path(client, path, &call);
}

int sk_socket_connect_lasting(struct sk_socket *client, const char *path,
	uint64_t deadline)
{
	int status = sk_socket_connect(client, path, deadline);

	client->path = path;
	return status;
}

void sk_socket_close(struct sk_socket *socket)
{
	socket->path = NULL;
	sk_discard(&socket->channel);
	sk_socket_break(socket);
	sk_window_close(socket);
}
