/* Sockets: they are made and end, and who waits for a change of them hears of it. */
#include "servers/posix/socket.h"

struct socket *sockets;

static const struct socket_family *const families[] = {&socket_unix, &socket_inet,
	&socket_inet6};

const struct socket_family *socket_family_find(posix_AddressFamily number)
{
	for (unsigned i = 0; i < ARRAY_SIZE(families); i++)
		if (families[i]->number == number)
			return families[i];
	return NULL;
}

/* ---- names ---- */

struct socket_name *socket_name_new(const struct posix_SocketAddress *address)
{
	struct socket_name *name = allocate(sizeof(*name));

	if (!name)
		return NULL;
	name->references = 1;
	name->address = *address;
	if (address->which == posix_SocketAddress_local) {
		memcpy(name->path, address->as.local.path.data, address->as.local.path.size);
		name->address.as.local.path.data = name->path;
	}
	return name;
}

struct socket_name *socket_name_take(struct socket_name *name)
{
	if (name)
		name->references++;
	return name;
}

void socket_name_drop(struct socket_name *name)
{
	if (name && --name->references == 0)
		release(name);
}

/* ---- the beginning and the end ---- */

struct socket *socket_new(const struct socket_family *family, posix_SocketType type,
	int32_t protocol, struct user *user)
{
	struct socket *s = allocate(family->size);

	if (!s)
		return NULL;
	s->family = family;
	s->references = 1;
	s->user = user_take(user);
	s->type = type;
	s->protocol = protocol;
	s->send_buffer = s->receive_buffer = SOCKET_BUFFER;
	s->receive_low_mark = 1;
	s->peek_offset = -1;
	s->end = &s->first;
	s->waiting_end = &s->waiting;
	s->next = sockets;
	s->link = &sockets;
	if (s->next)
		s->next->link = &s->next;
	sockets = s;
	return s;
}

struct socket *socket_take(struct socket *s)
{
	s->references++;
	return s;
}

void socket_drop(struct socket *s)
{
	if (!s || --s->references > 0)
		return;
	*s->link = s->next;
	if (s->next)
		s->next->link = s->link;
	if (s->is_counted)
		user_return(s->user, USER_FILES, 1);
	socket_name_drop(s->local);
	socket_name_drop(s->remote);
	credentials_drop(s->peer_credentials);
	credentials_drop(s->signaler);
	user_drop(s->user);
	release(s);
}

void socket_close(struct socket *s)
{
	struct socket *other;

	if (s->is_dead)
		return;
	s->is_dead = true;
	while ((other = socket_accept(s)) != NULL) {
		socket_close(other);
		socket_drop(other);
	}
	s->family->closed(s);
	s->state = SOCKET_CLOSED;
	s->shut = SOCKET_NEITHER;
	socket_purge(s);
	socket_turned(s);
	socket_set_peer(s, NULL);
}

void socket_attach(struct socket *s, struct file *file)
{
	file->ops = &socket_ops;
	file->self = s;
	s->file = file;
	if (s->is_counted) {
		s->is_counted = false;
		user_return(s->user, USER_FILES, 1);
	}
}

void socket_set_peer(struct socket *s, struct socket *peer)
{
	struct socket *old = s->peer;

	socket_not_refused(s);
	s->peer = peer ? socket_take(peer) : NULL;
	socket_drop(old);
}

void socket_join(struct socket *a, struct socket *b)
{
	a->peer = socket_take(b);
	b->peer = socket_take(a);
	a->state = b->state = SOCKET_CONNECTED;
}

struct socket *socket_of_file(const struct file *file)
{
	return file->ops == &socket_ops ? file->self : NULL;
}

struct thread *socket_thread(const struct access *access)
{
	const struct process *process = process_find(access->process);

	return process ? process->threads : NULL;
}

/* ---- changes ---- */

/* Those go on whose turn has come; who has to wait for something else does that. */
static bool go_on(struct wait **list)
{
	bool any = false;

	while (*list) {
		struct exchange *x = (struct exchange *)(void *)*list;
		struct wait **where = x->kind->blocks(x);

		if (where == list)
			break;
		if (where)
			wait_move(&x->wait, where);
		else
			exchange_finish(x);
		any = true;
	}
	return any;
}

static void settle(struct socket *s)
{
	bool any;

	do {
		any = go_on(&s->receiving);
		any = go_on(&s->outside) || any;
		if (!s->sending || s->is_dead || socket_is_writable(s) || s->shut || s->error)
			any = go_on(&s->sending) || any;
	} while (any);
	poll_look(s);
}

static struct socket *dirty, **dirty_end = &dirty;

void socket_changed(struct socket *s)
{
	static bool is_busy;

	if (!s->is_dirty) {
		s->is_dirty = true;
		s->next_dirty = NULL;
		*dirty_end = socket_take(s);
		dirty_end = &s->next_dirty;
	}
	if (is_busy)
		return;
	is_busy = true;
	while ((s = dirty) != NULL) {
		dirty = s->next_dirty;
		dirty_end = dirty ? dirty_end : &dirty;
		s->is_dirty = false;
		settle(s);
		socket_drop(s);
	}
	is_busy = false;
}

void socket_turned(struct socket *s)
{
	s->turns++;
	socket_changed(s);
}

void socket_fail(struct socket *s, int error)
{
	s->error = error;
	socket_turned(s);
}

int socket_take_error(struct socket *s)
{
	const int error = s->error;

	s->error = 0;
	return error;
}

/* ---- what it is ready for ---- */

/* It is looked at again when there is room for it there. */
static void refuse(struct socket *s, struct socket *receiver)
{
	if (s->refused_link)
		return;
	s->next_refused = receiver->refused;
	s->refused_link = &receiver->refused;
	if (s->next_refused)
		s->next_refused->refused_link = &s->next_refused;
	receiver->refused = s;
}

void socket_not_refused(struct socket *s)
{
	if (!s->refused_link)
		return;
	*s->refused_link = s->next_refused;
	if (s->next_refused)
		s->next_refused->refused_link = s->refused_link;
	s->refused_link = NULL;
}

static bool may_write(struct socket *s)
{
	if (s->state == SOCKET_LISTENS || (s->state == SOCKET_CONNECTING && !s->shut) ||
			!socket_is_writable(s))
		return false;
	if (s->type == posix_SocketType_STREAM || !s->peer || s->peer->is_dead ||
			!socket_is_full(s->peer, s))
		return true;
	refuse(s, s->peer);
	return false;
}

/* Nothing can be read of a stream of TCP in which only an urgent byte is. */
static bool may_read(const struct socket *s)
{
	return s->waiting || (s->first && (!s->urgent || s->family->takes_urgent ||
		socket_plain(s) > 0));
}

uint32_t socket_ready(struct socket *s)
{
	uint32_t ready = may_read(s) ? fs_Ready_READABLE : 0;

	if (s->urgent && !s->urgent_read)
		ready |= fs_Ready_URGENT;

	if (s->error)
		ready |= fs_Ready_ERROR;
	if (s->shut == SOCKET_NEITHER)
		ready |= fs_Ready_HANG_UP;
	if (s->shut & SOCKET_NO_READ)
		ready |= fs_Ready_READABLE | fs_Ready_READ_HANG_UP;
	if (socket_connects(s) && s->state == SOCKET_CLOSED)
		ready |= fs_Ready_HANG_UP;
	return may_write(s) ? ready | fs_Ready_WRITABLE : ready;
}
