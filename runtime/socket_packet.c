/* Packets: one datagram out, one datagram in, and nothing leaked on the way. */
#define _GNU_SOURCE
#include "runtime/socket_packet.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "runtime/codec.h"

/* Room for SK_HANDLES_MAX descriptors and not one more. */
union control {
	struct cmsghdr align;
	uint8_t bytes[CMSG_SPACE(SK_HANDLES_MAX * sizeof(int))];
};

void sk_packet_close_handles(struct sk_message *message)
{
	for (uint32_t i = 0; i < message->attached.handle_count && i < SK_HANDLES_MAX; i++)
		if (message->attached.handles[i].handle.raw >= 0)
			close(message->attached.handles[i].handle.raw);
	message->attached.handle_count = 0;
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

static void attach_handles(struct msghdr *header, union control *control,
	const struct sk_message *message)
{
	size_t size = message->attached.handle_count * sizeof(int);
	struct cmsghdr *rights;
	int fds[SK_HANDLES_MAX];

	memset(control, 0, sizeof(*control));
	header->msg_control = control->bytes;
	header->msg_controllen = CMSG_SPACE(size);
	rights = CMSG_FIRSTHDR(header);
	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(size);
	for (uint32_t i = 0; i < message->attached.handle_count; i++)
		fds[i] = message->attached.handles[i].handle.raw;
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

	sk_put_uint64(head, packet->number);
	sk_put_uint32(head + 8, packet->kind);
	sk_put_uint32(head + 12, 0);
	if (message->attached.handle_count > SK_HANDLES_MAX)
		return SK_BAD_HANDLE;
	if (message->attached.handle_count > 0)
		attach_handles(&header, &control, message);
	do
		sent = sendmsg(fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return send_status(message);
	sk_packet_close_handles(message);
	return SK_OK;
}

/* ---- in ---- */

static void take_fds(const struct cmsghdr *rights, struct sk_message *message)
{
	size_t count = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	int fd;

	for (size_t i = 0; i < count; i++) {
		memcpy(&fd, CMSG_DATA(rights) + i * sizeof(int), sizeof(fd));
		if (message->attached.handle_count < SK_HANDLES_MAX)
			message->attached.handles[message->attached.handle_count++].handle.raw = fd;
		else
			close(fd);
	}
}

/* False: some did not fit, and so none is kept. */
static bool take_handles(struct msghdr *header, struct sk_message *message)
{
	struct cmsghdr *part = CMSG_FIRSTHDR(header);

	message->attached.handle_count = 0;
	for (; part; part = CMSG_NXTHDR(header, part))
		if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS)
			take_fds(part, message);
	if (!(header->msg_flags & MSG_CTRUNC))
		return true;
	sk_packet_close_handles(message);
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

static bool read_header(struct sk_packet *packet, const uint8_t *head)
{
	packet->number = sk_get_uint64(head);
	packet->kind = sk_get_uint32(head + 8);
	return packet->kind >= SK_PACKET_CALL && packet->kind <= SK_PACKET_ANSWER &&
		sk_get_uint32(head + 12) == 0;
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
	bool whole;

	if (size < 0 && errno == EAGAIN)
		return SK_WOULD_BLOCK;
	if (size < 0)
		return errno == ECONNRESET ? SK_PEER_CLOSED : SK_TRANSPORT;
	whole = take_handles(&header, message);
	if (size >= SK_PACKET_HEADER && !(header.msg_flags & MSG_TRUNC) &&
			read_header(packet, head)) {
		message->size = (uint32_t)size - SK_PACKET_HEADER;
		return whole ? SK_OK : SK_BAD_HANDLE;
	}
	sk_packet_close_handles(message);
	return size == 0 ? SK_PEER_CLOSED : SK_MALFORMED;
}
