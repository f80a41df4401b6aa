/* Sockets are made, get names, and are connected with one another. */
#include "servers/posix/socket.h"

static struct file *file_of(const void *self)
{
	return ((const struct access *)self)->file;
}

/* ---- making ---- */

static fs_Open flags_of(posix_NewFlags flags)
{
	return fs_Open_READ | fs_Open_WRITE |
		(flags & posix_NewFlags_NON_BLOCK ? fs_Open_NON_BLOCKING : 0u);
}

static posix_DescriptorFlags own_of(posix_NewFlags flags)
{
	return flags & posix_NewFlags_CLOSE_ON_EXEC ? posix_DescriptorFlags_CLOSE_ON_EXEC : 0;
}

static int make(const struct thread *thread, const struct socket_family *family,
	posix_SocketType type, int32_t protocol, posix_NewFlags flags, struct file **file)
{
	struct socket *s;

	*file = file_new(posix_ObjectKind_SOCKET, flags_of(flags));
	s = *file ? socket_new(family, type, protocol, thread->credentials->user) : NULL;
	if (!s) {
		file_drop(*file);
		return posix_Error_ENFILE;
	}
	s->owner = thread->credentials->file_user;
	s->owner_group = thread->credentials->ids.file_group;
	if (family->begin)
		family->begin(s, NULL);
	socket_attach(s, *file);
	return 0;
}

static int family_of(const struct thread *thread, posix_AddressFamily number,
	posix_SocketType *type, int32_t *protocol, const struct socket_family **family)
{
	*family = socket_family_find(number);
	return *family ? (*family)->check(thread, type, protocol) :
		(int)posix_Error_EAFNOSUPPORT;
}

void op_create_socket(void *self, const struct posix_Descriptors_create_socket_request *r,
	struct sk_reply *to)
{
	struct posix_Descriptors_create_socket_reply reply = {0};
	const struct socket_family *family;
	posix_SocketType type = r->type;
	int32_t protocol = r->protocol;
	struct file *file;
	int error = family_of(self, r->family, &type, &protocol, &family);

	if (!error)
		error = make(self, family, type, protocol, r->flags, &file);
	if (!error)
		error = file_install(self, file, own_of(r->flags), to->port, &reply.opened,
			&reply.file.raw);
	posix_Descriptors_create_socket_answer(to, error, &reply);
}

/* Who is on the other side, from now on. */
static void introduce(struct socket *s, struct credentials *credentials, int32_t process)
{
	if (!s->family->passes)
		return;
	credentials_drop(s->peer_credentials);
	s->peer_credentials = credentials_take(credentials);
	s->peer_process = process;
}

static int install_pair(struct thread *thread, struct file *files[2], posix_DescriptorFlags own,
	struct sk_port *port, struct posix_Descriptors_create_socket_pair_reply *reply)
{
	int error = file_install(thread, files[0], own, port, &reply->first,
		&reply->first_file.raw);

	if (error) {
		file_drop(files[1]);
		return error;
	}
	error = file_install(thread, files[1], own, port, &reply->second,
		&reply->second_file.raw);
	if (error)
		files_close(thread, reply->first.descriptor);
	return error;
}

void op_create_socket_pair(void *self,
	const struct posix_Descriptors_create_socket_pair_request *r, struct sk_reply *to)
{
	struct posix_Descriptors_create_socket_pair_reply reply = {0};
	const struct thread *thread = self;
	const struct socket_family *family;
	posix_SocketType type = r->type;
	int32_t protocol = r->protocol;
	struct file *files[2] = {NULL, NULL};
	int error = family_of(self, r->family, &type, &protocol, &family);

	if (!error && !family->has_pairs)
		error = posix_Error_EOPNOTSUPP;
	for (int i = 0; !error && i < 2; i++)
		error = make(self, family, type, protocol, r->flags, &files[i]);
	if (error) {
		file_drop(files[0]);
	} else {
		socket_join(socket_of(files[0]), socket_of(files[1]));
		for (int i = 0; i < 2; i++)
			introduce(socket_of(files[i]), thread->credentials,
				thread->process->pid);
		error = install_pair(self, files, own_of(r->flags), to->port, &reply);
	}
	posix_Descriptors_create_socket_pair_answer(to, error, &reply);
}

/* ---- names ---- */

void socket_bind(void *self, const struct posix_Socket_bind_request *r, struct sk_reply *to)
{
	struct socket *s = socket_of(file_of(self));
	struct thread *thread = socket_thread(self);
	const int error = thread ? s->family->bind(s, thread, &r->address) :
		(int)posix_Error_ESRCH;

	posix_Socket_bind_answer(to, error, &(struct posix_Socket_bind_reply){0});
}

static const struct posix_SocketAddress *address_of(const struct socket *s)
{
	return s->local ? &s->local->address : &s->family->unnamed;
}

/* NULL: there is nobody. */
static const struct posix_SocketAddress *peer_address(const struct socket *s)
{
	if (s->remote)
		return &s->remote->address;
	return s->peer ? address_of(s->peer) : NULL;
}

void socket_local_address(void *self, const struct posix_Socket_local_address_request *r,
	struct sk_reply *to)
{
	UNUSED(r);
	posix_Socket_local_address_answer(to, 0, &(struct posix_Socket_local_address_reply){
		*address_of(socket_of(file_of(self)))});
}

void socket_peer_address(void *self, const struct posix_Socket_peer_address_request *r,
	struct sk_reply *to)
{
	const struct posix_SocketAddress *address = peer_address(socket_of(file_of(self)));
	struct posix_Socket_peer_address_reply reply;

	UNUSED(r);
	if (address)
		reply.address = *address;
	posix_Socket_peer_address_answer(to, address ? 0 : posix_Error_ENOTCONN, &reply);
}

/* Nobody's: 0 and all ones. */
void socket_peer_credentials(void *self,
	const struct posix_Socket_peer_credentials_request *r, struct sk_reply *to)
{
	const struct socket *s = socket_of(file_of(self));
	struct posix_Socket_peer_credentials_reply reply = {{.user = posix_KEEP,
		.group_id = posix_KEEP}};

	UNUSED(r);
	if (s->peer_credentials)
		reply.credentials = (struct posix_SenderCredentials){
			.process = s->peer_process,
			.user = s->peer_credentials->ids.effective_user,
			.group_id = s->peer_credentials->ids.effective_group};
	posix_Socket_peer_credentials_answer(to, 0, &reply);
}

void socket_peer_groups(void *self, const struct posix_Socket_peer_groups_request *r,
	struct sk_reply *to)
{
	const struct credentials *who = socket_of(file_of(self))->peer_credentials;
	struct posix_Socket_peer_groups_reply reply = {0};
	int error = who ? 0 : posix_Error_ENODATA;

	if (!error) {
		const uint64_t size = (uint64_t)who->group_count * sizeof(who->groups[0]);

		reply.count = who->group_count;
		if (size > 0 && size <= r->groups.size && sk_lease_write(to, &r->groups, 0,
				who->groups, size, NULL) != SK_OK)
			error = posix_Error_EFAULT;
	}
	posix_Socket_peer_groups_answer(to, error, &reply);
}

/* ---- listening ---- */

void socket_listen(void *self, const struct posix_Socket_listen_request *r,
	struct sk_reply *to)
{
	struct socket *s = socket_of(file_of(self));
	struct thread *thread = socket_thread(self);
	int error = !socket_connects(s) ? (int)posix_Error_EOPNOTSUPP :
		!thread ? (int)posix_Error_ESRCH : s->family->listen(s, thread);

	if (!error && s->state != SOCKET_CLOSED && s->state != SOCKET_LISTENS)
		error = posix_Error_EINVAL;
	if (!error) {
		s->backlog = r->backlog < SOCKET_BACKLOG_MOST ? r->backlog :
			SOCKET_BACKLOG_MOST;
		s->state = SOCKET_LISTENS;
		introduce(s, thread->credentials, thread->process->pid);
		socket_changed(s);
	}
	posix_Socket_listen_answer(to, error, &(struct posix_Socket_listen_reply){0});
}

struct socket *socket_accept(struct socket *listener)
{
	struct socket *s = listener->waiting;

	if (!s)
		return NULL;
	listener->waiting = s->next_waiting;
	listener->waiting_end = listener->waiting ? listener->waiting_end :
		&listener->waiting;
	listener->waiting_count--;
	s->next_waiting = NULL;
	return s;
}

static void put_waiting(struct socket *listener, struct socket *made)
{
	*listener->waiting_end = made;
	listener->waiting_end = &made->next_waiting;
	listener->waiting_count++;
	listener->came++;
	socket_changed(listener);
}

/* ---- connecting ---- */

static int find_listener(struct exchange *x)
{
	struct process *process = process_find(x->process);
	struct thread *thread = process ? process->threads : NULL;
	const struct socket_family *family = x->socket->family;
	struct socket *found = NULL;
	int error = !thread ? (int)posix_Error_ESRCH : family->name ?
		family->name(x->socket, thread, &x->to->address) : 0;

	if (!error)
		error = family->find(x->socket, thread, &x->to->address, &found);
	if (!error && !found)
		error = posix_Error_ECONNREFUSED;
	if (!error)
		x->other = socket_take(found);
	return error;
}

static struct wait **connect_blocks(struct exchange *x)
{
	struct socket *s = x->socket;

	if (!x->error && !x->other && s->family->connecting) {
		x->error = s->family->connecting(s);
		x->is_earlier = x->error != 0;
	}
	if (!x->error && !x->other)
		x->error = find_listener(x);
	if (x->error)
		return NULL;
	if (x->other->state != SOCKET_LISTENS || x->other->shut & SOCKET_NO_READ)
		x->error = posix_Error_ECONNREFUSED;
	else if (x->other->waiting_count > (x->may_wait || !s->family->deferred ?
			x->other->backlog : SOCKET_BACKLOG_MOST))
		return &x->other->outside;
	else if (s->state != SOCKET_CLOSED)
		x->error = s->state == SOCKET_CONNECTED ? posix_Error_EISCONN :
			posix_Error_EINVAL;
	return NULL;
}

/* What the listener will accept; it counts as a file. */
static int make_waiting(struct exchange *x, struct socket **made)
{
	struct socket *s = x->socket, *listener = x->other;
	int error;

	*made = user_may(s->user, USER_FILES, 1) ? socket_new(listener->family, listener->type,
		listener->protocol, s->user) : NULL;
	if (!*made)
		return posix_Error_ENOMEM;
	(*made)->is_counted = true;
	user_charge(s->user, USER_FILES, 1);
	if (listener->family->begin)
		listener->family->begin(*made, listener);
	error = s->family->connected(s, listener, *made, &x->to->address);
	if (error) {
		socket_close(*made);
		socket_drop(*made);
	}
	return error;
}

static void connect_finish(struct exchange *x, struct sk_reply *to)
{
	const struct posix_Socket_connect_reply reply = {0};
	const struct process *process = process_find(x->process);
	struct socket *s = x->socket, *made = NULL;
	int error;

	if (!x->error && (!process || !process->threads))
		x->error = posix_Error_ESRCH;
	if (!x->error)
		x->error = make_waiting(x, &made);
	error = x->error;
	if (s->family->deferred && !x->may_wait && !x->is_earlier)
		error = s->family->deferred(s, error);
	if (posix_Socket_connect_answer(to, error < 0 ? 0 : error, &reply) != SK_OK && made) {
		socket_close(made);
		socket_drop(made);
		made = NULL;
	}
	if (!made)
		return;
	socket_join(s, made);
	introduce(made, process->threads->credentials, process->pid);
	introduce(s, x->other->peer_credentials, x->other->peer_process);
	s->turns++;
	socket_changed(s);
	put_waiting(x->other, made);
}

static const struct exchange_kind connect_kind = {connect_blocks, connect_finish, true,
	posix_Error_EAGAIN};

static int associate(struct socket *s, struct thread *thread,
	const struct posix_SocketAddress *address)
{
	struct socket *other = NULL;
	int error;

	if (address->which == posix_SocketAddress_unspecified)
		return s->family->associate(s, NULL, address);
	error = s->family->name ? s->family->name(s, thread, address) : 0;
	if (!error)
		error = s->family->find(s, thread, address, &other);
	if (!error && other && other->peer && other->peer != s && !s->family->loses)
		error = posix_Error_EPERM;
	return error ? error : s->family->associate(s, other, address);
}

void socket_connect(void *self, const struct posix_Socket_connect_request *r,
	struct sk_reply *to)
{
	const struct posix_Socket_connect_reply reply = {0};
	const struct access *access = self;
	struct thread *thread = socket_thread(self);
	struct exchange x = {.kind = &connect_kind, .socket = socket_of(access->file),
		.process = access->process};

	if (!socket_connects(x.socket)) {
		posix_Socket_connect_answer(to, thread ? associate(x.socket, thread,
			&r->address) : (int)posix_Error_ESRCH, &reply);
		return;
	}
	if (r->address.which == posix_SocketAddress_unspecified && x.socket->family->disconnect) {
		x.socket->family->disconnect(x.socket);
		posix_Socket_connect_answer(to, 0, &reply);
		return;
	}
	x.to = socket_name_new(&r->address);
	x.error = x.to ? 0 : posix_Error_ENOMEM;
	x.may_wait = !(access->file->flags & fs_Open_NON_BLOCKING);
	exchange_begin(&x, x.may_wait, to);
}

/* ---- accepting ---- */

static struct wait **accept_blocks(struct exchange *x)
{
	struct socket *s = x->socket;

	if (x->error)
		return NULL;
	if (s->state != SOCKET_LISTENS || (!s->waiting && s->shut & SOCKET_NO_READ))
		x->error = posix_Error_EINVAL;
	return x->error || s->waiting ? NULL : &s->receiving;
}

/* The connection stays where it is if there is no descriptor for it. */
static int install_waiting(struct exchange *x, struct sk_port *port,
	struct posix_Descriptors_accept_reply *reply)
{
	struct user *served = user_served();
	struct socket *made = x->socket->waiting;
	struct file *file;
	int error;

	user_serve(x->thread->credentials->user);
	file = file_new(posix_ObjectKind_SOCKET, flags_of(x->new_flags));
	user_serve(served);
	if (!file)
		return posix_Error_ENFILE;
	file->references++;
	file->ops = &socket_ops;
	file->self = made;
	error = file_install(x->thread, file, own_of(x->new_flags), port, &reply->opened,
		&reply->file.raw);
	if (error) {
		file->ops = NULL;
		file->self = NULL;
	} else {
		made->owner = x->thread->credentials->file_user;
		made->owner_group = x->thread->credentials->ids.file_group;
		socket_attach(socket_accept(x->socket), file);
	}
	file_drop(file);
	return error;
}

/* Whoever was cancelled just now has not accepted it. */
static void put_back(struct exchange *x, posix_Descriptor number)
{
	struct file *file = files_find(x->thread->process->files, number);
	struct socket *s = socket_of(file), *listener = x->socket;

	file->ops = NULL;
	file->self = NULL;
	s->file = NULL;
	s->is_counted = true;
	user_charge(s->user, USER_FILES, 1);
	files_close(x->thread, number);
	s->next_waiting = listener->waiting;
	if (!listener->waiting)
		listener->waiting_end = &s->next_waiting;
	listener->waiting = s;
	listener->waiting_count++;
}

static void accept_finish(struct exchange *x, struct sk_reply *to)
{
	struct posix_Descriptors_accept_reply reply;
	const struct posix_SocketAddress *peer;
	int error = x->error;

	posix_Descriptors_accept_reply_init(&reply);
	if (!error && !x->thread->process)
		error = posix_Error_EBADF;
	if (!error)
		error = install_waiting(x, to->port, &reply);
	if (!error) {
		peer = peer_address(socket_of(files_find(x->thread->process->files,
			reply.opened.descriptor)));
		reply.peer = peer ? *peer : x->socket->family->unnamed;
	}
	if (posix_Descriptors_accept_answer(to, error, &reply) != SK_OK && !error)
		put_back(x, reply.opened.descriptor);
	else if (!error && x->socket->outside)
		socket_changed(x->socket);
}

static const struct exchange_kind accept_kind = {accept_blocks, accept_finish, false,
	posix_Error_EAGAIN};

void op_accept(void *self, const struct posix_Descriptors_accept_request *r,
	struct sk_reply *to)
{
	struct thread *thread = self;
	struct file *file = files_find(thread->process->files, r->socket);
	struct socket *s = file ? socket_of_file(file) : NULL;
	struct exchange x = {.kind = &accept_kind, .socket = s, .thread = thread,
		.process = thread->process->pid, .new_flags = r->flags};

	if (!s || !socket_connects(s)) {
		posix_Descriptors_accept_answer(to, !file || file->flags & fs_Open_PATH_ONLY ?
			posix_Error_EBADF : !s ? posix_Error_ENOTSOCK : posix_Error_EOPNOTSUPP,
			NULL);
		return;
	}
	thread->references++;
	exchange_begin(&x, r->wait && !(file->flags & fs_Open_NON_BLOCKING), to);
}

/* ---- the end of a side ---- */

void socket_shut_down(void *self, const struct posix_Socket_shut_down_request *r,
	struct sk_reply *to)
{
	struct socket *s = socket_of(file_of(self));
	const uint8_t how = (uint8_t)(r->how + 1);
	int error = r->how > posix_Shutdown_BOTH ? (int)posix_Error_EINVAL :
		s->family->shut_down(s, how);

	if (!error)
		socket_turned(s);
	posix_Socket_shut_down_answer(to, error, &(struct posix_Socket_shut_down_reply){0});
}
