/*
 * Rings over sockets: many calls under way on each connection, whose answers
 * are told apart by their numbers. What comes while the ring waits is received
 * into a slot, never into the buffer of the channel, from which the last
 * reply may still be read.
 */
#define _GNU_SOURCE
#include "runtime/socket_client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#define NS_PER_S UINT64_C(1000000000)

static bool is_under_way(const struct sk_slot *slot, const struct sk_socket *socket)
{
	return slot->state == SK_SLOT_BUSY && slot->channel == &socket->channel;
}

/* The slot whose call has this number, or NULL. */
static struct sk_slot *find_slot(const struct sk_socket *socket, uint64_t number)
{
	for (uint32_t i = 0; socket->ring && i < socket->ring->count; i++) {
		struct sk_slot *slot = &socket->ring->slots[i];

		if (is_under_way(slot, socket) && slot->number == number)
			return slot;
	}
	return NULL;
}

static void complete(struct sk_slot *slot, int status, bool given_up)
{
	struct sk_socket *socket = sk_socket_of(slot->channel);

	sk_ring_complete(slot, status);
	sk_window_return(socket, &slot->request.attached, given_up);
	sk_attach_none(&slot->request.attached);
	/* The ring may end now, and the socket live on. */
	if (--socket->under_way == 0)
		socket->ring = NULL;
}

/* ---- answers ---- */

static void move_message(struct sk_message *to, struct sk_message *from)
{
	if (to == from)
		return;
	memcpy(to->bytes, from->bytes, from->size);
	to->size = from->size;
	to->attached = from->attached;
	sk_attach_none(&from->attached);
}

int sk_socket_route(struct sk_socket *socket, const struct sk_packet *packet,
	int status, struct sk_message *message)
{
	bool is_answer = packet->kind == SK_PACKET_ANSWER &&
		packet->number <= socket->number;
	struct sk_slot *slot = is_answer ? find_slot(socket, packet->number) : NULL;

	if (!slot) {
		sk_packet_close_handles(message);
		return is_answer ? SK_OK : SK_MALFORMED;
	}
	if (status == SK_OK)
		status = sk_window_collect(socket, &slot->request.attached, packet);
	if (status == SK_MALFORMED) {
		sk_packet_close_handles(message);
		return status;
	}
	move_message(&slot->reply, message);
	complete(slot, status, status == SK_OK && sk_window_is_refused(&slot->reply));
	return SK_OK;
}

void sk_socket_complete_all(struct sk_socket *socket, int status)
{
	for (uint32_t i = 0; socket->ring && i < socket->ring->count; i++)
		if (is_under_way(&socket->ring->slots[i], socket))
			complete(&socket->ring->slots[i], status, true);
}

/* Takes one packet, if there is one, into a slot that waits. */
static void receive(struct sk_socket *socket)
{
	struct sk_packet packet;
	struct sk_slot *slot = NULL;
	int status;

	for (uint32_t i = 0; socket->ring && i < socket->ring->count && !slot; i++)
		if (is_under_way(&socket->ring->slots[i], socket))
			slot = &socket->ring->slots[i];
	if (!slot)
		return;
	status = sk_packet_receive(socket->fd, &packet, &slot->reply);
	if (status == SK_WOULD_BLOCK)
		return;
	if (status == SK_OK || status == SK_BAD_HANDLE)
		status = sk_socket_route(socket, &packet, status, &slot->reply);
	if (status != SK_OK)
		sk_socket_break(socket);
}

/* ---- what rings ask ---- */

/* The sockets whose calls are under way, each once. */
static uint32_t find_sockets(const struct sk_ring *ring,
	struct sk_socket *sockets[SK_RING_SOCKETS])
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < ring->count; i++) {
		const struct sk_slot *slot = &ring->slots[i];
		uint32_t k = 0;

		if (slot->state != SK_SLOT_BUSY)
			continue;
		while (k < count && &sockets[k]->channel != slot->channel)
			k++;
		if (k == count && count < SK_RING_SOCKETS)
			sockets[count++] = sk_socket_of(slot->channel);
	}
	return count;
}

/* 0 if this ring may use the socket now. */
static int check_socket(const struct sk_ring *ring, const struct sk_socket *socket)
{
	struct sk_socket *sockets[SK_RING_SOCKETS];

	if (socket->fd < 0)
		return SK_PEER_CLOSED;
	if (socket->ring)
		return socket->ring == ring ? SK_OK : SK_INVALID;
	return find_sockets(ring, sockets) < SK_RING_SOCKETS ? SK_OK : SK_EXHAUSTED;
}

static int ring_submit(struct sk_ring *ring, struct sk_slot *slot)
{
	struct sk_socket *socket = sk_socket_of(slot->channel);
	struct sk_packet packet = {.kind = SK_PACKET_CALL, .deadline = slot->deadline};
	int status = check_socket(ring, socket);

	if (status == SK_OK)
		status = sk_window_lend(socket, &slot->request.attached, &packet);
	if (status == SK_OK) {
		status = sk_socket_transmit(socket, &packet, &slot->request);
		if (status != SK_OK)
			sk_window_return(socket, &slot->request.attached, false);
	}
	sk_packet_lose_handles(&slot->request);
	if (status != SK_OK)
		return status == SK_WOULD_BLOCK ? SK_EXHAUSTED : status;
	slot->number = packet.number;
	slot->state = SK_SLOT_BUSY;
	socket->ring = ring;
	socket->under_way++;
	return SK_OK;
}

static int poll_until(struct pollfd *polls, uint32_t count, uint64_t deadline)
{
	uint64_t now = sk_socket_now();
	uint64_t ns = deadline > now ? deadline - now : 0;
	struct timespec left = {
		.tv_sec = (time_t)(ns / NS_PER_S),
		.tv_nsec = (long)(ns % NS_PER_S),
	};

	return ppoll(polls, count, deadline == SK_FOREVER ? NULL : &left, NULL);
}

static int ring_wait(struct sk_ring *ring, uint64_t deadline)
{
	struct sk_socket *sockets[SK_RING_SOCKETS];
	struct pollfd polls[SK_RING_SOCKETS];

	while (!sk_ring_is_done(ring)) {
		uint32_t count = find_sockets(ring, sockets);
		int ready;

		for (uint32_t i = 0; i < count; i++)
			polls[i] = (struct pollfd){
				.fd = sockets[i]->fd, .events = POLLIN,
			};
		ready = poll_until(polls, count, deadline);
		if (ready < 0 && errno != EINTR)
			return SK_TRANSPORT;
		for (uint32_t i = 0; i < count && ready > 0; i++)
			if (polls[i].revents)
				receive(sockets[i]);
		/* Or a flood of late answers could keep us for ever. */
		if (!sk_ring_is_done(ring) && deadline != SK_FOREVER && sk_socket_now() >= deadline)
			return SK_TIMED_OUT;
	}
	return SK_OK;
}

static void ring_give_up(struct sk_ring *ring, struct sk_slot *slot, int status)
{
	(void)ring;
	sk_socket_cancel(sk_socket_of(slot->channel), slot->number);
	complete(slot, status, true);
}

const struct sk_ring_ops sk_socket_ring_ops = {
	.submit = ring_submit,
	.wait = ring_wait,
	.give_up = ring_give_up,
};
