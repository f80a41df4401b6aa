/*
 * Sockets of this machine (AF_UNIX): with names in the file system, or outside of it, or
 * without. What is sent goes straight into the receiver's queue.
 */
#include "servers/posix/socket.h"

#define BUCKETS 256
/* Of names that are given by themselves: five digits. */
#define NUMBERS 0x100000u

struct unix_socket {
	struct socket socket;
	struct unix_socket *next, **link;	/* in its bucket; link NULL: it has no name */
	struct node *node;			/* its name in the file system, or NULL */
	fs_Inode inode;
};

static struct unix_socket *buckets[BUCKETS];

static struct unix_socket *of(struct socket *s)
{
	return (struct unix_socket *)(void *)s;
}

static int check(const struct thread *thread, posix_SocketType *type, int32_t *protocol)
{
	UNUSED(thread);
	if (*protocol != 0 && *protocol != posix_AddressFamily_UNIX)
		return posix_Error_EPROTONOSUPPORT;
	if (*type == posix_SocketType_RAW)
		*type = posix_SocketType_DATAGRAM;
	*protocol = 0;
	return *type == posix_SocketType_STREAM || *type == posix_SocketType_DATAGRAM ||
		*type == posix_SocketType_SEQUENCED ? 0 : posix_Error_ESOCKTNOSUPPORT;
}

/* ---- names ---- */

static struct unix_socket **bucket_of(const uint8_t *bytes, size_t size)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	return &buckets[hash % BUCKETS];
}

static struct unix_socket **bucket_of_inode(fs_Inode inode)
{
	return bucket_of((const uint8_t *)&inode, sizeof(inode));
}

static void link_name(struct unix_socket *u, struct unix_socket **bucket)
{
	u->next = *bucket;
	u->link = bucket;
	if (u->next)
		u->next->link = &u->next;
	*bucket = u;
}

static void unlink_name(struct unix_socket *u)
{
	if (!u->link)
		return;
	*u->link = u->next;
	if (u->next)
		u->next->link = u->link;
	u->link = NULL;
}

/* Whatever its type is: two of different ones can have the same name. */
static struct unix_socket *find_abstract(struct sk_bytes name, posix_SocketType type)
{
	struct unix_socket *u = *bucket_of(name.data, name.size);

	for (; u; u = u->next) {
		const struct sk_bytes *its = &u->socket.local->address.as.local.path;

		if (!u->node && u->socket.type == type && its->size == name.size &&
				memcmp(its->data, name.data, name.size) == 0)
			return u;
	}
	return NULL;
}

static struct unix_socket *find_node(const struct mount *mount, fs_Inode inode)
{
	struct unix_socket *u = *bucket_of_inode(inode);

	while (u && (!u->node || u->node->mount != mount || u->inode != inode))
		u = u->next;
	return u;
}

static int take_name(struct unix_socket *u, const struct posix_SocketAddress *address,
	struct unix_socket **bucket)
{
	struct socket_name *name = socket_name_new(address);

	if (!name)
		return posix_Error_ENOMEM;
	u->socket.local = name;
	link_name(u, bucket);
	return 0;
}

static int bind_abstract(struct unix_socket *u, const struct posix_SocketAddress *address)
{
	const struct sk_bytes name = address->as.local.path;

	if (u->socket.local)
		return posix_Error_EINVAL;
	if (find_abstract(name, u->socket.type))
		return posix_Error_EADDRINUSE;
	return take_name(u, address, bucket_of(name.data, name.size));
}

/* The first that is free, from one on that comes by turns. */
static int bind_itself(struct unix_socket *u)
{
	static const char digits[] = "0123456789abcdef";
	static uint32_t last;
	uint8_t name[6] = {0};
	const struct posix_SocketAddress address = {.which = posix_SocketAddress_local,
		.as.local.path = {.data = name, .size = sizeof(name)}};

	if (u->socket.local)
		return 0;
	for (uint32_t i = 0; i < NUMBERS; i++) {
		last = (last + 1) % NUMBERS;
		for (unsigned k = 0; k < 5; k++)
			name[1 + k] = (uint8_t)digits[last >> (16 - 4 * k) & 15];
		if (!find_abstract(address.as.local.path, u->socket.type))
			return bind_abstract(u, &address);
	}
	return posix_Error_ENOSPC;
}

static int bind_path(struct unix_socket *u, struct thread *thread,
	const struct posix_SocketAddress *address)
{
	const struct sk_string path = {(const char *)address->as.local.path.data,
		(uint32_t)address->as.local.path.size};
	struct fs_Status status;
	struct node *node;
	int error = node_make_socket(thread, path, &node, &status);

	if (error)
		return error == posix_Error_EEXIST ? posix_Error_EADDRINUSE : error;
	error = u->socket.local ? (int)posix_Error_EINVAL : take_name(u, address,
		bucket_of_inode(status.inode));
	if (error) {
		node_remove(thread, path);
		node_drop(node);
		return error;
	}
	u->node = node;
	u->inode = status.inode;
	return 0;
}

static int bind(struct socket *s, struct thread *thread,
	const struct posix_SocketAddress *address)
{
	if (address->which != posix_SocketAddress_local)
		return posix_Error_EINVAL;
	if (address->as.local.path.size == 0)
		return bind_itself(of(s));
	return address->as.local.path.data[0] == 0 ? bind_abstract(of(s), address) :
		bind_path(of(s), thread, address);
}

static int listen(struct socket *s, struct thread *thread)
{
	UNUSED(thread);
	return s->local ? 0 : posix_Error_EINVAL;
}

static int name(struct socket *s, struct thread *thread, const struct posix_SocketAddress *to)
{
	UNUSED(thread);
	UNUSED(to);
	return s->options & SOCKET_PASS_CREDENTIALS && !s->local ? bind_itself(of(s)) : 0;
}

/* ---- finding ---- */

static int find_path(struct thread *thread, struct sk_bytes path, struct unix_socket **found)
{
	struct fs_Status status;
	struct node *node;
	int error = walk_all(thread, posix_CURRENT_DIRECTORY, (struct sk_string){
		(const char *)path.data, (uint32_t)path.size}, fs_Resolve_FOLLOW, false, &node,
		&status);

	if (error)
		return error;
	error = node_may_write(thread, node);
	if (!error) {
		*found = status.kind == fs_Kind_SOCKET ? find_node(node->mount, status.inode) :
			NULL;
		error = *found ? 0 : posix_Error_ECONNREFUSED;
	}
	node_drop(node);
	return error;
}

static int find(struct socket *s, struct thread *thread,
	const struct posix_SocketAddress *address, struct socket **found)
{
	struct unix_socket *u = NULL;
	int error = 0;

	if (address->which != posix_SocketAddress_local || address->as.local.path.size == 0)
		return posix_Error_EINVAL;
	if (address->as.local.path.data[0] == 0)
		u = find_abstract(address->as.local.path, s->type);
	else
		error = find_path(thread, address->as.local.path, &u);
	if (error || !u)
		return error ? error : posix_Error_ECONNREFUSED;
	if (u->socket.type != s->type)
		return posix_Error_EPROTOTYPE;
	*found = &u->socket;
	return 0;
}

/* ---- connections ---- */

static int connected(struct socket *s, struct socket *listener, struct socket *made,
	const struct posix_SocketAddress *address)
{
	UNUSED(s);
	UNUSED(address);
	made->local = socket_name_take(listener->local);
	return 0;
}

/* What has come is lost, and the one it came from hears that if it was connected too. */
static void disconnect(struct socket *s, struct socket *old)
{
	if (!s->first)
		return;
	socket_purge(s);
	if (!old->is_dead && old->peer == s)
		socket_fail(old, posix_Error_ECONNRESET);
}

static int associate(struct socket *s, struct socket *other,
	const struct posix_SocketAddress *address)
{
	struct socket *old = s->peer ? socket_take(s->peer) : NULL;

	UNUSED(address);
	socket_set_peer(s, other);
	s->state = other ? SOCKET_CONNECTED : SOCKET_CLOSED;
	if (other)
		other->state = SOCKET_CONNECTED;
	if (old && old != other)
		disconnect(s, old);
	socket_drop(old);
	socket_turned(s);
	return 0;
}

static void closed(struct socket *s)
{
	struct unix_socket *u = of(s);
	struct socket *peer = s->peer;

	unlink_name(u);
	node_drop(u->node);
	u->node = NULL;
	if (!peer || peer->is_dead || !socket_connects(s) || peer->peer != s)
		return;
	peer->shut = SOCKET_NEITHER;
	/* Or it was never accepted. */
	if ((s->type == posix_SocketType_STREAM ? s->bytes > 0 : s->first != NULL) ||
			s->is_counted)
		peer->error = posix_Error_ECONNRESET;
	socket_turned(peer);
}

static int shut_down(struct socket *s, uint8_t how)
{
	struct socket *peer = s->peer;

	s->shut |= how;
	if (!peer || peer->is_dead || !socket_connects(s))
		return 0;
	peer->shut |= (uint8_t)((how & SOCKET_NO_READ ? SOCKET_NO_WRITE : 0) |
		(how & SOCKET_NO_WRITE ? SOCKET_NO_READ : 0));
	socket_turned(peer);
	return 0;
}

const struct socket_family socket_unix = {
	.number = posix_AddressFamily_UNIX, .size = sizeof(struct unix_socket),
	.unnamed = {.which = posix_SocketAddress_local, .as.local.path = {(const uint8_t *)"", 0}},
	.passes = true, .has_pairs = true, .no_urgent = posix_Error_EOPNOTSUPP,
	.takes_urgent = true, .send_unconnected = posix_Error_ENOTCONN,
	.receive_unconnected = posix_Error_EINVAL, .check = check, .bind = bind,
	.listen = listen, .name = name, .find = find, .connected = connected,
	.associate = associate, .closed = closed, .shut_down = shut_down,
};
