/*
 * Messages in sockets' queues. Each lies in the buffer of who has sent it until it is taken,
 * and is of that one's user's share: who does not read harms those who send to it, and who
 * sends to many harms itself.
 */
#include "servers/posix/socket.h"

/* What a message counts besides its bytes, and what its memory is counted in. */
#define OVERHEAD 512
#define UNIT 256
/* Small ones are all as large, and some are kept for the next. */
#define SMALL (512 - (uint32_t)sizeof(struct message))
#define SPARE_MOST 16

static struct message *spare;
static uint32_t spare_count;

static uint32_t units(uint32_t capacity)
{
	return (capacity + (uint32_t)sizeof(struct message)) / UNIT + 1;
}

/* ---- room ---- */

int socket_room(const struct socket *s, uint64_t size)
{
	const uint64_t least = s->type == posix_SocketType_STREAM && size > SMALL ? SMALL : size;

	if (s->family->loses)
		return 0;
	if (s->sent >= s->send_buffer)
		return posix_Error_EAGAIN;
	if (user_may(s->user, USER_BUFFERS, units((uint32_t)least)))
		return 0;
	return s->sent > 0 ? posix_Error_EAGAIN : posix_Error_ENOBUFS;
}

bool socket_is_writable(const struct socket *s)
{
	return s->family->loses || s->sent * 4 <= s->send_buffer;
}

bool socket_is_full(const struct socket *receiver, const struct socket *sender)
{
	if (receiver->family->loses)
		return receiver->bytes + receiver->count * OVERHEAD >= receiver->receive_buffer;
	return receiver->count > SOCKET_DATAGRAMS && receiver != sender &&
		receiver->peer != sender;
}

/* Those look again who were told that the queue is full. */
static void tell_refused(struct socket *s)
{
	while (s->refused) {
		struct socket *other = s->refused;

		socket_not_refused(other);
		other->gone++;
		socket_changed(other);
	}
}

/* ---- messages ---- */

struct message *message_new(struct socket *sender, uint32_t capacity)
{
	struct message *m = NULL;

	capacity = capacity < SMALL ? SMALL : capacity;
	if (!user_may(sender->user, USER_BUFFERS, units(capacity)))
		return NULL;
	if (capacity == SMALL && spare) {
		m = spare;
		spare = m->next;
		spare_count--;
	} else {
		m = sk_alloc(&posix.os->heap, sizeof(*m) + capacity);
	}
	if (!m)
		return NULL;
	*m = (struct message){.sender = socket_take(sender), .capacity = capacity,
		.cost = capacity + OVERHEAD};
	user_charge(sender->user, USER_BUFFERS, units(capacity));
	sender->sent += m->cost;
	return m;
}

static void give_back(struct message *m)
{
	if (m->capacity != SMALL || spare_count == SPARE_MOST) {
		release(m);
		return;
	}
	m->next = spare;
	spare = m;
	spare_count++;
}

void message_free(struct message *m)
{
	struct socket *sender = m->sender;
	const bool was_writable = socket_is_writable(sender);

	sender->sent -= m->cost;
	user_return(sender->user, USER_BUFFERS, units(m->capacity));
	parcel_free(m->parcel);
	socket_name_drop(m->from);
	give_back(m);
	if (!sender->is_dead && !was_writable && socket_is_writable(sender)) {
		sender->gone++;
		socket_changed(sender);
	}
	socket_drop(sender);
}

void socket_put(struct socket *receiver, struct message *message)
{
	message->next = NULL;
	*receiver->end = message;
	receiver->end = &message->next;
	receiver->count++;
	receiver->bytes += message->end - message->start;
	receiver->came++;
}

struct message *socket_take_first(struct socket *s)
{
	struct message *m = s->first;

	s->first = m->next;
	s->end = s->first ? s->end : &s->first;
	s->urgent = s->urgent == m ? NULL : s->urgent;
	s->count--;
	s->bytes -= m->end - m->start;
	if (s->refused && s->count == SOCKET_DATAGRAMS)
		tell_refused(s);
	return m;
}

void socket_purge(struct socket *s)
{
	while (s->first)
		message_free(socket_take_first(s));
	tell_refused(s);
}
