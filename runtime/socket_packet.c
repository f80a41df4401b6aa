/* Packets: one datagram out, one datagram in, and nothing leaked on the way. */
#define _GNU_SOURCE
#include "runtime/socket_packet.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "runtime/codec.h"

/* The window, and the handles. */
/* Where it stands, behind the ranges. */
#define CORRELATION 88
#define FDS_MAX (SK_HANDLES_MAX + 1)

/* Room for that many descriptors and not one more. */
union control {
	struct cmsghdr align;
	uint8_t bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
};

void sk_packet_lose_handles(struct sk_message *message)
{
	struct sk_attached *attached = &message->attached;

	for (uint32_t i = 0; i < attached->handle_count && i < SK_HANDLES_MAX; i++) {
		struct sk_passed *passed = &attached->handles[i];

		if (passed->copy)
			continue;
		if (passed->handle.raw >= 0)
			close(passed->handle.raw);
		passed->handle = sk_no_handle();
	}
}

void sk_packet_close_handles(struct sk_message *message)
{
	sk_packet_lose_handles(message);
	sk_attach_none(&message->attached);
}

void sk_packet_lend(struct sk_message *message, uint8_t *buffer)
{
	memset(message, 0, sizeof(*message));
	message->bytes = buffer;
	message->capacity = SK_MESSAGE_MAX;
}

int sk_packet_address(struct sockaddr_un *address, const char *path)
{
	size_t size = strlen(path);

	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if (size == 0 || size >= sizeof(address->sun_path)) {
		errno = size == 0 ? ENOENT : ENAMETOOLONG;
		return size == 0 ? SK_INVALID : SK_TOO_BIG;
	}
	memcpy(address->sun_path, path, size + 1);
	return SK_OK;
}

/* ---- out ---- */

static void attach_fds(struct msghdr *header, union control *control,
	const struct sk_packet *packet, const struct sk_attached *attached)
{
	int fds[FDS_MAX];
	uint32_t count = 0;
	struct cmsghdr *rights;
	size_t size;

	if (packet->has_window)
		fds[count++] = packet->window;
	for (uint32_t i = 0; i < attached->handle_count; i++)
		fds[count++] = attached->handles[i].handle.raw;
	if (count == 0)
		return;
	size = count * sizeof(int);
	memset(control, 0, sizeof(*control));
	header->msg_control = control->bytes;
	header->msg_controllen = CMSG_SPACE(size);
	rights = CMSG_FIRSTHDR(header);
	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(rights), fds, size);
}

static int send_status(const struct sk_message *message)
{
	switch (errno) {
	case EAGAIN:
		return SK_WOULD_BLOCK;
	case EPIPE:
	case ECONNRESET:
	case ECONNREFUSED:
	case ENOTCONN:
		return SK_PEER_CLOSED;
	case ETOOMANYREFS:
	case ENOBUFS:
	case ENOMEM:
		return SK_EXHAUSTED;
	case EBADF:
		return message->attached.handle_count > 0 ? SK_BAD_HANDLE : SK_TRANSPORT;
	default:
		return SK_TRANSPORT;
	}
}

static bool is_request(const struct sk_packet *packet)
{
	return packet->kind == SK_PACKET_CALL || packet->kind == SK_PACKET_SEND;
}

static void write_header(uint8_t *head, const struct sk_packet *packet,
	const struct sk_message *message)
{
	memset(head, 0, SK_PACKET_HEADER);
	sk_put_uint64(head, packet->number);
	sk_put_uint64(head + 8, packet->deadline);
	head[16] = (uint8_t)packet->kind;
	head[17] = (uint8_t)message->attached.handle_count;
	head[18] = packet->has_window;
	head[19] = (uint8_t)packet->range_count;
	memcpy(head + 20, packet->directions, sizeof(packet->directions));
	if (is_request(packet))
		sk_put_uint64(head + CORRELATION, message->correlation);
	for (uint32_t i = 0; i < packet->range_count; i++) {
		sk_put_uint32(head + 24 + 8 * i, packet->ranges[i].offset);
		sk_put_uint32(head + 28 + 8 * i, packet->ranges[i].size);
	}
}

int sk_packet_send(int fd, const struct sk_packet *packet, struct sk_message *message)
{
	uint8_t head[SK_PACKET_HEADER];
	struct iovec parts[2] = {
		{.iov_base = head, .iov_len = sizeof(head)},
		{.iov_base = message->bytes, .iov_len = message->size},
	};
	struct msghdr header = {.msg_iov = parts, .msg_iovlen = 2};
	union control control;
	ssize_t sent;

	if (message->attached.handle_count > SK_HANDLES_MAX)
		return SK_BAD_HANDLE;
	write_header(head, packet, message);
	attach_fds(&header, &control, packet, &message->attached);
	do
		sent = sendmsg(fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return send_status(message);
	sk_packet_lose_handles(message);
	return SK_OK;
}

/* ---- in ---- */

struct fds {
	int fd[FDS_MAX];
	uint32_t count;
};

static void close_fds(struct fds *fds)
{
	while (fds->count > 0)
		close(fds->fd[--fds->count]);
}

static void take_fds(const struct cmsghdr *rights, struct fds *fds)
{
	size_t count = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	int fd;

	for (size_t i = 0; i < count; i++) {
		memcpy(&fd, CMSG_DATA(rights) + i * sizeof(int), sizeof(fd));
		if (fds->count < FDS_MAX)
			fds->fd[fds->count++] = fd;
		else
			close(fd);
	}
}

/* False: some did not fit, and so none is kept. */
static bool take_all_fds(struct msghdr *header, struct fds *fds)
{
	struct cmsghdr *part = CMSG_FIRSTHDR(header);

	fds->count = 0;
	for (; part; part = CMSG_NXTHDR(header, part))
		if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS)
			take_fds(part, fds);
	if (!(header->msg_flags & MSG_CTRUNC))
		return true;
	close_fds(fds);
	return false;
}

static ssize_t receive(int fd, struct msghdr *header)
{
	bool again = true;
	ssize_t size;

	for (;;) {
		size = recvmsg(fd, header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (size >= 0)
			return size;
		/* A peer that died with our packets unread; its own last ones
		 * wait behind this error. */
		if (errno == ECONNRESET && again)
			again = false;
		else if (errno != EINTR)
			return -1;
	}
}

/* What each kind of packet may have in its header. */
static bool is_used_well(const struct sk_packet *packet, uint32_t handles)
{
	switch (packet->kind) {
	case SK_PACKET_CALL:
		for (uint32_t i = 0; i < SK_LEASES_MAX; i++)
			if (i < packet->range_count ?
					packet->directions[i] < SK_LEASE_IN ||
					packet->directions[i] > SK_LEASE_INOUT :
					packet->directions[i] != 0)
				return false;
		return packet->range_count <= SK_LEASES_MAX;
	case SK_PACKET_SEND:
		break;
	case SK_PACKET_CANCEL:
		if (handles > 0)
			return false;
		break;
	case SK_PACKET_ANSWER:
		return !packet->has_window && sk_is_zero(packet->directions,
			packet->directions + SK_LEASES_MAX);
	default:
		return false;
	}
	return !packet->has_window && packet->range_count == 0 &&
		sk_is_zero(packet->directions, packet->directions + SK_LEASES_MAX);
}

static bool read_header(struct sk_packet *packet, const uint8_t *head)
{
	packet->number = sk_get_uint64(head);
	packet->deadline = sk_get_uint64(head + 8);
	packet->kind = head[16];
	packet->has_window = head[18];
	packet->window = -1;
	packet->range_count = head[19];
	memcpy(packet->directions, head + 20, sizeof(packet->directions));
	if (head[17] > SK_HANDLES_MAX || head[18] > 1 || head[19] > SK_PACKET_RANGES)
		return false;
	for (uint32_t i = 0; i < packet->range_count; i++) {
		packet->ranges[i].offset = sk_get_uint32(head + 24 + 8 * i);
		packet->ranges[i].size = sk_get_uint32(head + 28 + 8 * i);
	}
	return is_used_well(packet, head[17]) &&
		sk_is_zero(head + 24 + 8 * packet->range_count, head + CORRELATION) &&
		(is_request(packet) || sk_get_uint64(head + CORRELATION) == 0);
}

/* Gives what came to the packet and the message; false if it is not what the
 * header announced. */
static bool hand_out(struct fds *fds, struct sk_packet *packet, uint32_t handles,
	struct sk_attached *attached)
{
	uint32_t first = packet->has_window;

	if (fds->count != first + handles) {
		close_fds(fds);
		packet->has_window = false;
		return false;
	}
	if (packet->has_window)
		packet->window = fds->fd[0];
	for (uint32_t i = 0; i < handles; i++) {
		attached->handles[i].handle.raw = fds->fd[first + i];
		attached->handles[i].rights = SK_RIGHTS_ALL;
		attached->handles[i].copy = false;
	}
	attached->handle_count = handles;
	return true;
}

int sk_packet_receive(int fd, struct sk_packet *packet, struct sk_message *message)
{
	uint8_t head[SK_PACKET_HEADER];
	struct iovec parts[2] = {
		{.iov_base = head, .iov_len = sizeof(head)},
		{.iov_base = message->bytes, .iov_len = message->capacity},
	};
	union control control;
	struct msghdr header = {
		.msg_iov = parts,
		.msg_iovlen = 2,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t size = receive(fd, &header);
	struct fds fds;
	bool whole;

	if (size < 0 && errno == EAGAIN)
		return SK_WOULD_BLOCK;
	if (size < 0)
		return errno == ECONNRESET ? SK_PEER_CLOSED : SK_TRANSPORT;
	sk_attach_none(&message->attached);
	whole = take_all_fds(&header, &fds);
	if (size >= SK_PACKET_HEADER && !(header.msg_flags & MSG_TRUNC) &&
			read_header(packet, head)) {
		message->size = (uint32_t)size - SK_PACKET_HEADER;
		message->correlation = sk_get_uint64(head + CORRELATION);
		whole = hand_out(&fds, packet, head[17], &message->attached) && whole;
		return whole ? SK_OK : SK_BAD_HANDLE;
	}
	close_fds(&fds);
	return size == 0 ? SK_PEER_CLOSED : SK_MALFORMED;
}
