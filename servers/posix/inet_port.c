/*
 * Ports: who has which, and who is found there. Each protocol has buckets of those that have
 * a port of their own, newest first, and of those that share a listener's by a connection,
 * which nobody looks for: so what a connect costs does not grow with the connections there are.
 */
#include "servers/posix/inet.h"

#define CAP_NET_BIND_SERVICE 10
#define BUCKETS 1024

struct bucket { struct inet_socket *owners, *sharers; };

static struct bucket buckets[2][BUCKETS];

static struct bucket *bucket_of(bool is_tcp, uint16_t port)
{
	return &buckets[is_tcp][port % BUCKETS];
}

static void put(struct inet_socket *i, struct inet_socket **list)
{
	i->next = *list;
	i->link = list;
	if (i->next)
		i->next->link = &i->next;
	*list = i;
}

void inet_share_port(struct inet_socket *i)
{
	put(i, &bucket_of(inet_is_tcp(i), i->local.port)->sharers);
}

void inet_leave_port(struct inet_socket *i)
{
	if (!i->link)
		return;
	*i->link = i->next;
	if (i->next)
		i->next->link = i->link;
	i->link = NULL;
}

/* ---- whether two can have one port ---- */

static bool has_both(const struct inet_socket *i, const struct inet_address *a)
{
	return !inet_is_mapped(a) && inet_is_any(a) && !i->only6;
}

/* They would both be meant by some address. */
static bool overlap(const struct inet_socket *i, const struct inet_address *a,
	const struct inet_socket *other)
{
	const struct inet_address *b = &other->local;

	if (has_both(i, a) || has_both(other, b))
		return true;
	if (inet_is_mapped(a) != inet_is_mapped(b))
		return false;
	return inet_is_any(a) || inet_is_any(b) || inet_equal(a, b);
}

static bool may_share(const struct inet_socket *i, const struct inet_socket *other)
{
	const uint32_t both = i->socket.options & other->socket.options;

	if (both & SOCKET_REUSE_PORT && i->socket.user == other->socket.user)
		return true;
	return both & SOCKET_REUSE_ADDRESS && other->socket.state != SOCKET_LISTENS;
}

static bool conflicts(const struct inet_socket *list, const struct inet_socket *i,
	const struct inet_address *a, bool shares)
{
	for (; list; list = list->next)
		if (list != i && list->local.port == a->port && overlap(i, a, list) &&
				!(shares && may_share(i, list)))
			return true;
	return false;
}

static bool is_free(const struct inet_socket *i, const struct inet_address *a, bool shares)
{
	const struct bucket *bucket = bucket_of(inet_is_tcp(i), a->port);

	return !conflicts(bucket->owners, i, a, shares) &&
		!conflicts(bucket->sharers, i, a, shares);
}

int inet_check_port(const struct inet_socket *i)
{
	return is_free(i, &i->local, true) ? 0 : posix_Error_EADDRINUSE;
}

/* One after the other, so that a port is not used again soon. */
static bool pick(const struct inet_socket *i, struct inet_address *a)
{
	static uint16_t next = PORT_FIRST;

	for (int tries = 0; tries <= PORT_LAST - PORT_FIRST; tries++) {
		a->port = next;
		next = next == PORT_LAST ? PORT_FIRST : next + 1;
		if (is_free(i, a, false))
			return true;
	}
	return false;
}

int inet_take_port(struct inet_socket *i, const struct thread *thread,
	const struct inet_address *a)
{
	struct inet_address own = *a;
	int error;

	if (own.port > 0 && own.port < PORT_COMMON &&
			!credentials_can(thread->credentials, CAP_NET_BIND_SERVICE))
		return posix_Error_EACCES;
	if (own.port == 0 ? !pick(i, &own) : !is_free(i, &own, true))
		return posix_Error_EADDRINUSE;
	error = inet_set_local(i, &own);
	if (!error)
		put(i, &bucket_of(inet_is_tcp(i), own.port)->owners);
	return error;
}

/* ---- who is found ---- */

/* 0: it is not meant; the more, the better. */
static int score(const struct inet_socket *i, const struct inet_address *to)
{
	if (i->local.port != to->port)
		return 0;
	if (inet_equal(&i->local, to))
		return 4;
	if (!inet_is_any(&i->local))
		return 0;
	if (inet_is_mapped(&i->local) == inet_is_mapped(to))
		return 3;
	return has_both(i, &i->local) ? 2 : 0;
}

/* Of several that share a port each gets some, by who asks. */
static uint32_t turn_of(const struct inet_address *from)
{
	return (from->port * 2654435761u) >> 16;
}

static bool shares(const struct inet_socket *i)
{
	return (i->socket.options & SOCKET_REUSE_PORT) != 0;
}

static struct inet_socket *nth(struct inet_socket *list, const struct inet_address *to,
	bool (*counts)(const struct inet_socket *), int best, uint32_t n)
{
	for (; list; list = list->next)
		if (counts(list) && shares(list) && score(list, to) == best && n-- == 0)
			return list;
	return NULL;
}

static struct inet_socket *best_of(struct inet_socket *list, const struct inet_address *to,
	const struct inet_address *from, bool (*counts)(const struct inet_socket *))
{
	struct inet_socket *found = NULL;
	int best = 0;
	uint32_t equals = 0;

	for (struct inet_socket *i = list; i; i = i->next) {
		const int now = counts(i) ? score(i, to) : 0;

		if (now > best) {
			found = i;
			equals = 0;
			best = now;
		}
		equals += now == best && now > 0 && shares(i);
	}
	return found && shares(found) && equals > 1 ?
		nth(list, to, counts, best, turn_of(from) % equals) : found;
}

static bool listens(const struct inet_socket *i)
{
	return i->socket.state == SOCKET_LISTENS;
}

static bool is_open_to_all(const struct inet_socket *i)
{
	return i->remote.port == 0;
}

struct inet_socket *inet_listener(const struct inet_address *to,
	const struct inet_address *from)
{
	return best_of(bucket_of(true, to->port)->owners, to, from, listens);
}

struct inet_socket *inet_receiver(const struct inet_address *to,
	const struct inet_address *from)
{
	struct inet_socket *list = bucket_of(false, to->port)->owners;

	for (struct inet_socket *i = list; i; i = i->next)
		if (i->remote.port && i->remote.port == from->port &&
				inet_equal(&i->remote, from) && score(i, to) > 0)
			return i;
	return best_of(list, to, from, is_open_to_all);
}

bool inet_is_connected(const struct inet_socket *but, const struct inet_address *from,
	const struct inet_address *to)
{
	for (const struct inet_socket *i = bucket_of(true, from->port)->owners; i; i = i->next)
		if (i != but && !i->is_over && i->remote.port == to->port &&
				i->local.port == from->port && inet_equal(&i->local, from) &&
				inet_equal(&i->remote, to))
			return true;
	return false;
}
