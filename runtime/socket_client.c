/*
 * The client's end of a socket: one call at a time, with a deadline. An
 * answer that comes after its call was given up is known by its number and
 * dropped, so a connection goes on after a timeout.
 */
#define _GNU_SOURCE
#include "runtime/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "runtime/socket_packet.h"

#define NS_PER_S UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_US UINT64_C(1000)

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

static struct sk_socket *of_channel(struct sk_channel *channel)
{
	return (struct sk_socket *)(void *)((uint8_t *)channel -
		offsetof(struct sk_socket, channel));
}

static bool has_passed(uint64_t deadline)
{
	return deadline != SK_FOREVER && sk_socket_now() >= deadline;
}

/* Waits until the socket is ready: 0, SK_TIMED_OUT or SK_TRANSPORT. */
static int wait_ready(int fd, short events, uint64_t deadline)
{
	struct pollfd poll = {.fd = fd, .events = events};
	struct timespec left;
	int ready;

	do {
		uint64_t now = sk_socket_now();
		uint64_t ns = deadline > now ? deadline - now : 0;

		left.tv_sec = (time_t)(ns / NS_PER_S);
		left.tv_nsec = (long)(ns % NS_PER_S);
		ready = ppoll(&poll, 1, deadline == SK_FOREVER ? NULL : &left, NULL);
	} while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return SK_TRANSPORT;
	return ready == 0 ? SK_TIMED_OUT : SK_OK;
}

/* Sends the request, handles and all; they are gone afterwards in any case. */
static int send_request(struct sk_socket *socket, uint32_t kind, uint64_t deadline)
{
	struct sk_packet packet = {.number = ++socket->number, .kind = kind};
	struct sk_message *request = &socket->channel.request;
	int status;

	for (;;) {
		status = socket->fd < 0 ? SK_PEER_CLOSED :
			sk_packet_send(socket->fd, &packet, request);
		if (status != SK_WOULD_BLOCK)
			break;
		if (deadline == SK_POLL)
			break;
		status = wait_ready(socket->fd, POLLOUT, deadline);
		if (status != SK_OK)
			break;
	}
	sk_packet_close_handles(request);
	return status;
}

/* Tells the server that nobody waits. If that cannot be said now it need not:
 * the answer will be dropped here. */
static void cancel(struct sk_socket *socket)
{
	struct sk_packet packet = {.number = socket->number, .kind = SK_PACKET_CANCEL};
	struct sk_message none = {.size = 0};

	(void)sk_packet_send(socket->fd, &packet, &none);
}

/* Waits for the answer to the last call. */
static int receive_answer(struct sk_socket *socket, uint64_t deadline)
{
	struct sk_message *reply = &socket->channel.reply;
	struct sk_packet packet;
	int status;

	for (;;) {
		status = sk_packet_receive(socket->fd, &packet, reply);
		if (status == SK_WOULD_BLOCK) {
			status = wait_ready(socket->fd, POLLIN, deadline);
			if (status == SK_OK)
				continue;
			return status;
		}
		if (status != SK_OK && status != SK_BAD_HANDLE)
			return status;
		if (packet.kind == SK_PACKET_ANSWER && packet.number == socket->number)
			return status;
		sk_packet_close_handles(reply);
		if (packet.kind != SK_PACKET_ANSWER || packet.number > socket->number)
			return SK_MALFORMED;
		/* Or a flood of late answers could keep us for ever. */
		if (has_passed(deadline))
			return SK_TIMED_OUT;
	}
}

static int socket_call(struct sk_channel *channel, const struct sk_call *call)
{
	struct sk_socket *socket = of_channel(channel);
	int status = send_request(socket, SK_PACKET_CALL, call->deadline);

	if (status != SK_OK)
		return status;
	channel->delivered = true;
	status = receive_answer(socket, call->deadline);
	if (status == SK_TIMED_OUT)
		cancel(socket);
	else if (status != SK_OK && status != SK_BAD_HANDLE)
		/* What comes next on this socket could be anything. */
		sk_socket_close(socket);
	return status;
}

static int socket_send(struct sk_channel *channel, const struct sk_call *call)
{
	return send_request(of_channel(channel), SK_PACKET_SEND, call->deadline);
}

static void socket_close_handle(struct sk_channel *channel, struct sk_handle handle)
{
	(void)channel;
	close(handle.raw);
}

static void init(struct sk_socket *socket, int fd)
{
	static const struct sk_channel_ops ops = {
		.call = socket_call,
		.send = socket_send,
		.close_handle = socket_close_handle,
	};

	memset(&socket->channel, 0, sizeof(socket->channel));
	socket->channel.ops = &ops;
	sk_packet_lend(&socket->channel.request, socket->request);
	sk_packet_lend(&socket->channel.reply, socket->reply);
	socket->number = 0;
	socket->fd = fd;
}

int sk_socket_adopt(struct sk_socket *socket, int fd)
{
	init(socket, fd);
	return SK_OK;
}

/* connect() waits as long as a send may. */
static int limit_connect(int fd, uint64_t deadline)
{
	uint64_t now = sk_socket_now();
	uint64_t ns = deadline > now ? deadline - now : 0;
	struct timeval left = {
		.tv_sec = (time_t)(ns / NS_PER_S),
		.tv_usec = (suseconds_t)(ns % NS_PER_S / NS_PER_US),
	};

	if (deadline == SK_FOREVER)
		return 0;
	if (left.tv_sec == 0 && left.tv_usec == 0)
		left.tv_usec = 1;	/* 0 would mean for ever */
	return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &left, sizeof(left));
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

static int connect_until(int fd, const struct sockaddr_un *address, uint64_t deadline)
{
	do {
		if (limit_connect(fd, deadline) < 0)
			return SK_TRANSPORT;
		if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
			return SK_OK;
	} while (errno == EINTR);
	return connect_status();
}

int sk_socket_connect(struct sk_socket *client, const char *path, uint64_t deadline)
{
	struct sockaddr_un address;
	int status = sk_packet_address(&address, path);
	int fd, error;

	init(client, -1);
	if (status != SK_OK)
		return status;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return SK_TRANSPORT;
	status = connect_until(fd, &address, deadline);
	if (status == SK_OK) {
		client->fd = fd;
		return SK_OK;
	}
	error = errno;
	close(fd);
	errno = error;
	return status;
}

void sk_socket_close(struct sk_socket *socket)
{
	sk_discard(&socket->channel);
	if (socket->fd >= 0)
		close(socket->fd);
	socket->fd = -1;
}
