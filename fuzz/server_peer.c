/* Connections to a server that is fuzzed. See server_parts.h. */
#define _GNU_SOURCE
#include "fuzz/server_parts.h"

#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/codec.h"

/* What is in a window before anybody writes there. */
#define FILLING 0xa5

void server_peer_add(struct server_case *run, int fd)
{
	for (unsigned i = 0; i < PEERS_MAX; i++) {
		struct server_peer *peer = &run->peers[i];

		if (peer->fd >= 0)
			continue;
		memset(peer, 0, sizeof(*peer));
		peer->fd = fd;
		if (run->peer_count <= i)
			run->peer_count = i + 1;
		return;
	}
	close(fd);
}

/* ---- windows ---- */

static void check_window(const struct server_peer *peer)
{
	const char *secret = fuzz_target.server->secret;

	for (unsigned i = 0; i < WINDOW_SIZE; i++)
		if (peer->window[i] != FILLING && !peer->lent[i / 64])
			fuzz_found("the server wrote to byte %u of a window, which was not"
				" lent to it", i);
	if (secret && memmem(peer->window, WINDOW_SIZE, secret, strlen(secret)))
		fuzz_found("a secret came in what was lent");
}

static void close_window(struct server_peer *peer)
{
	if (!peer->window)
		return;
	check_window(peer);
	munmap(peer->window, WINDOW_SIZE);
	peer->window = NULL;
}

int server_peer_window(struct server_peer *peer, unsigned kind)
{
	int fd = memfd_create("window", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	off_t size = kind == 2 ? WINDOW_SIZE / 4 : WINDOW_SIZE;
	void *base;

	if (fd < 0 || ftruncate(fd, size) < 0)
		fuzz_found("no memory for a window");
	close_window(peer);
	if (kind == 1)
		return fd;
	if (kind == 3) {
		close(fd);
		return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	}
	if (size == WINDOW_SIZE) {
		base = mmap(NULL, WINDOW_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (base == MAP_FAILED)
			fuzz_found("no memory for a window");
		peer->window = memset(base, FILLING, WINDOW_SIZE);
		memset(peer->lent, 0, sizeof(peer->lent));
	}
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		fuzz_found("no seals for a window");
	return fd;
}

/* ---- answers ---- */

static struct server_call *find_call(struct server_peer *peer, uint64_t number)
{
	for (unsigned i = 0; i < WAITING_MAX; i++)
		if (peer->waiting[i].number == number)
			return &peer->waiting[i];
	return NULL;
}

static void judge(struct server_case *run, struct server_peer *peer,
	const struct sk_packet *packet, const struct sk_message *message)
{
	const char *secret = fuzz_target.server->secret;
	struct server_call *call = packet->number ? find_call(peer, packet->number) : NULL;

	if (packet->kind != SK_PACKET_ANSWER)
		fuzz_found("the server sent a packet of kind %u", packet->kind);
	if (secret && memmem(message->bytes, message->size, secret, strlen(secret)))
		fuzz_found("a secret came in an answer");
	if (packet->number != 0 && !call)
		fuzz_found("call %llu was answered, and does not wait",
			(unsigned long long)packet->number);
	if (!call)
		return;			/* garbage, that could be answered */
	if (call->method)
		server_judge_reply(run, call->method, message);
	call->number = 0;
}

void server_peer_receive(struct server_case *run, struct server_peer *peer)
{
	static uint8_t bytes[SK_MESSAGE_MAX];
	struct sk_message message;
	struct sk_packet packet;
	int status = SK_OK;

	while (peer->fd >= 0 && status == SK_OK) {
		sk_packet_lend(&message, bytes);
		status = sk_packet_receive(peer->fd, &packet, &message);
		if (status == SK_WOULD_BLOCK)
			return;
		if (status == SK_MALFORMED || status == SK_BAD_HANDLE)
			fuzz_found("the server sent a packet that is %s",
				sk_status_name(status));
		if (status != SK_OK) {
			server_peer_close(peer);
			return;
		}
		judge(run, peer, &packet, &message);
		for (uint32_t i = 0; i < message.attached.handle_count; i++)
			server_peer_add(run, message.attached.handles[i].handle.raw);
	}
}

void server_peer_close(struct server_peer *peer)
{
	if (peer->fd < 0)
		return;
	close(peer->fd);
	peer->fd = -1;
	close_window(peer);
	memset(peer->waiting, 0, sizeof(peer->waiting));
}
