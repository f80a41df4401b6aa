/* Sending by sockets. */
#include "runtime/codec.h"
#include "servers/posix/socket.h"

/* Of a buffer no datagram has these. */
#define RESERVED 32

/* What is to be sent now, before it is. */
struct load {
	struct message *tail;			/* a message of the receiver's that grows */
	uint32_t more;				/* by so much */
	struct message *first, **end;
	uint64_t size;
};

/* ---- whether it can be ---- */

static int check_stream(const struct exchange *x)
{
	const struct socket *s = x->socket;

	if (x->to && !s->family->ignores_names)
		return s->state == SOCKET_CONNECTED ? posix_Error_EISCONN :
			posix_Error_EOPNOTSUPP;
	if (!s->peer)
		return s->family->send_unconnected;
	return 0;
}

static int check_datagram(const struct exchange *x)
{
	const struct socket *s = x->socket;

	if (s->type == posix_SocketType_SEQUENCED && s->state != SOCKET_CONNECTED)
		return posix_Error_ENOTCONN;
	if (!x->to && !s->peer && !(s->family->loses && s->remote))
		return s->family->send_unconnected;
	return x->size + RESERVED > s->send_buffer || (s->family->most &&
		x->size > s->family->most) ? posix_Error_EMSGSIZE : 0;
}

/* The one whom a DATAGRAM socket was connected to is no more. */
static int lost_peer(struct socket *s)
{
	if (s->type == posix_SocketType_SEQUENCED)
		return posix_Error_EPIPE;
	socket_set_peer(s, NULL);
	s->state = SOCKET_CLOSED;
	return posix_Error_ECONNREFUSED;
}

static int find_receiver(struct exchange *x)
{
	struct socket *s = x->socket, *found = NULL;
	const struct socket_name *to = x->to || !s->family->loses ? x->to : s->remote;
	int error = 0;

	if (to && s->type != posix_SocketType_SEQUENCED) {
		struct process *process = process_find(x->process);

		error = process && process->threads ? s->family->find(s, process->threads,
			&to->address, &found) : posix_Error_ESRCH;
	} else {
		found = s->peer;
		error = !found ? posix_Error_ECONNRESET : found->is_dead ? lost_peer(s) : 0;
	}
	if (error || !found)
		return error;
	x->other = socket_take(found);
	return 0;
}

/* A receiver is there, and hears it: 0, or why not. */
static int check_receiver(const struct exchange *x)
{
	const struct socket *s = x->socket, *other = x->other;

	if (other->is_dead)
		return posix_Error_ECONNREFUSED;
	if (other->peer && other->peer != s && !s->family->loses)
		return posix_Error_EPERM;
	return other->shut & SOCKET_NO_READ && !s->family->loses ? posix_Error_EPIPE : 0;
}

static struct wait **receiver_blocks(struct exchange *x)
{
	if (!x->other)
		x->error = find_receiver(x);
	if (x->error || !x->other)
		return NULL;
	x->error = check_receiver(x);
	if (x->error || x->socket->family->loses || !socket_is_full(x->other, x->socket))
		return NULL;
	return &x->other->outside;
}

static struct wait **blocks(struct exchange *x)
{
	struct socket *s = x->socket;
	const bool is_stream = s->type == posix_SocketType_STREAM;

	if (!x->error && s->family->errors_first)
		x->error = socket_take_error(s);
	if (x->error)
		return NULL;
	x->error = is_stream ? check_stream(x) : check_datagram(x);
	if (!x->error && s->shut & SOCKET_NO_WRITE)
		x->error = posix_Error_EPIPE;
	if (!x->error)
		x->error = socket_take_error(s);
	if (!x->error && !(is_stream && x->size == 0))
		x->error = socket_room(s, x->size);
	if (x->error == posix_Error_EAGAIN) {
		x->error = 0;
		return &s->sending;
	}
	return x->error || is_stream ? NULL : receiver_blocks(x);
}

/* ---- its bytes ---- */

static int load_message(struct exchange *x, struct sk_reply *to, struct load *load,
	uint32_t size)
{
	struct message *m = message_new(x->socket, size);

	if (!m)
		return posix_Error_ENOBUFS;
	m->end = size;
	m->by = x->by;
	m->has_by = x->has_by;
	*load->end = m;
	load->end = &m->next;
	if (exchange_copy(x, to, load->size, m->bytes, size, false) != 0)
		return posix_Error_EFAULT;
	load->size += size;
	return 0;
}

static void unload(struct load *load)
{
	while (load->first) {
		struct message *m = load->first;

		load->first = m->next;
		message_free(m);
	}
	load->more = 0;
}

static bool is_same(const struct exchange *x, const struct message *m)
{
	return m->sender == x->socket && !m->is_urgent && !m->parcel && m->has_by == x->has_by &&
		memcmp(&m->by, &x->by, sizeof(m->by)) == 0;
}

/* What the last message of a stream still has room for. */
static int load_tail(struct exchange *x, struct sk_reply *to, struct load *load,
	uint64_t size)
{
	struct socket *peer = x->socket->peer;
	struct message *last = peer->first ? (struct message *)(void *)peer->end : NULL;
	uint64_t room;

	if (!last || x->parcel || !is_same(x, last))
		return 0;
	room = last->capacity - last->end;
	load->tail = last;
	load->more = (uint32_t)(size < room ? size : room);
	load->size = load->more;
	return exchange_copy(x, to, 0, last->bytes + last->end, load->more,
		false);
}

/* The last byte is the urgent one, a message of its own. */
static int load_stream(struct exchange *x, struct sk_reply *to, struct load *load)
{
	const struct socket *s = x->socket;
	const bool is_urgent = x->flags & posix_MessageFlags_OUT_OF_BAND;
	const uint64_t plain = x->size - is_urgent;
	int error = load_tail(x, to, load, plain);

	while (!error && load->size < x->size && s->sent < s->send_buffer) {
		const uint64_t left = load->size == plain ? 1 : plain - load->size;

		error = load_message(x, to, load, (uint32_t)(left < SOCKET_CHUNK ? left :
			SOCKET_CHUNK));
		if (!error && is_urgent && load->size == x->size)
			((struct message *)(void *)load->end)->is_urgent = true;
		if (error == posix_Error_ENOBUFS && load->size > 0)
			return 0;
	}
	return error;
}

/* ---- doing it ---- */

static int answer(const struct exchange *x, struct sk_reply *to, int error)
{
	const struct fs_File_write_few_reply few = {x->done};
	const struct fs_File_write_reply file = {x->done};
	const struct posix_Socket_send_reply message = {x->done};

	if (x->form == FORM_FEW)
		return fs_File_write_few_answer(to, error, &few);
	if (x->form == FORM_FILE)
		return fs_File_write_answer(to, error, &file);
	return posix_Socket_send_answer(to, error, &message);
}

static void deliver(struct exchange *x, struct socket *receiver, struct load *load)
{
	struct message *m;

	if (load->more) {
		load->tail->end += load->more;
		receiver->bytes += load->more;
		receiver->came++;
	}
	if (load->first) {
		if (x->parcel)
			parcel_sent(x->parcel);
		load->first->parcel = x->parcel;
		x->parcel = NULL;
	}
	while ((m = load->first) != NULL) {
		load->first = m->next;
		socket_put(receiver, m);
		if (m->is_urgent)
			socket_put_urgent(receiver, m);
	}
	socket_changed(receiver);
}

/* Receivers are told who sent it if either side wants that, or cannot say so yet. */
static void tell_who(struct exchange *x, const struct socket *receiver)
{
	const struct process *process = process_find(x->process);

	if (x->has_by || !x->socket->family->passes ||
			!((x->socket->options | receiver->options) & SOCKET_PASS_CREDENTIALS ||
			!receiver->file) || !process || !process->threads)
		return;
	x->by = socket_user_of(process->threads);
	x->has_by = true;
}

/* To a peer that hears nothing any more. */
static int unheard(struct exchange *x)
{
	const int error = x->socket->family->unheard ? x->socket->family->unheard(x->socket) :
		posix_Error_EPIPE;

	x->done = error ? 0 : x->size;
	return error;
}

static int load_all(struct exchange *x, struct socket *receiver, struct sk_reply *to,
	struct load *load)
{
	int error;

	tell_who(x, receiver);
	if (x->socket->type == posix_SocketType_STREAM)
		return load_stream(x, to, load);
	error = load_message(x, to, load, (uint32_t)x->size);
	if (!error && x->socket->family->from)
		load->first->from = x->socket->family->from(x->socket, receiver,
			x->to ? &x->to->address : NULL);
	return error;
}

/* Nobody gets it, but it has to be there. */
static int lose(struct exchange *x, const struct sk_reply *to)
{
	uint8_t bytes[512];
	int error = 0;

	for (uint64_t at = 0, step; !error && at < x->size; at += step) {
		step = x->size - at < sizeof(bytes) ? x->size - at : sizeof(bytes);
		error = exchange_copy(x, to, at, bytes, step, false);
	}
	x->done = error ? 0 : x->size;
	return error;
}

static void finish(struct exchange *x, struct sk_reply *to)
{
	struct socket *s = x->socket;
	struct socket *receiver = s->type == posix_SocketType_STREAM ? s->peer : x->other;
	struct load load = {.end = &load.first};
	int error = x->error;

	x->done = 0;
	if (!error && (!receiver || (s->family->loses && socket_is_full(receiver, s))))
		error = lose(x, to);
	else if (!error && s->type == posix_SocketType_STREAM && x->size > 0 &&
			(receiver->is_dead || (receiver->shut & SOCKET_NO_READ &&
			!s->family->hears_on)))
		error = unheard(x);
	else if (!error && !(s->type == posix_SocketType_STREAM && x->size == 0)) {
		error = load_all(x, receiver, to, &load);
		x->done = load.size;
	}
	/* Whoever was cancelled just now has not sent it. */
	if (answer(x, to, error) == SK_OK && !error && (load.first || load.more))
		deliver(x, receiver, &load);
	else
		unload(&load);
}

static const struct exchange_kind send_kind = {blocks, finish, true, posix_Error_EAGAIN};

/* ---- requests ---- */

static void begin(struct access *access, struct exchange *x, bool no_wait, struct sk_reply *to)
{
	const struct file *file = access->file;

	x->kind = &send_kind;
	x->socket = socket_of(file);
	x->process = access->process;
	exchange_begin(x, !no_wait && !(file->flags & fs_Open_NON_BLOCKING), to);
}

void socket_write(void *self, const struct fs_File_write_request *r, struct sk_reply *to)
{
	struct exchange x = {.form = FORM_FILE};

	exchange_lend(&x, true, &r->data);
	exchange_lend(&x, r->has_second, &r->second);
	exchange_lend(&x, r->has_third, &r->third);
	exchange_lend(&x, r->has_fourth, &r->fourth);
	begin(self, &x, r->flags & fs_Io_NO_WAIT, to);
}

void socket_write_few(void *self, const struct fs_File_write_few_request *r,
	struct sk_reply *to)
{
	struct exchange x = {.form = FORM_FEW, .size = r->size};

	sk_put_uint64(x.few, r->first);
	sk_put_uint64(x.few + 8, r->second);
	if (r->offset != fs_HERE)
		fs_File_write_few_answer(to, posix_Error_ESPIPE, NULL);
	else if (r->size > fs_FEW_WRITE)
		fs_File_write_few_answer(to, posix_Error_EINVAL, NULL);
	else
		begin(self, &x, r->flags & fs_Io_NO_WAIT, to);
}

/* Who somebody says to be, if that is so or they may. */
static int check_ids(const struct posix_SenderCredentials *by, const struct thread *thread)
{
	const struct credentials *who = thread->credentials;
	const struct posix_Credentials *ids = &who->ids;

	if (by->process != thread->process->pid && !credentials_can(who, CAP_SYS_ADMIN))
		return posix_Error_EPERM;
	if (by->user != ids->user && by->user != ids->effective_user &&
			by->user != ids->saved_user && !credentials_can(who, CAP_SETUID))
		return posix_Error_EPERM;
	if (by->group_id != ids->group_id && by->group_id != ids->effective_group &&
			by->group_id != ids->saved_group && !credentials_can(who, CAP_SETGID))
		return posix_Error_EPERM;
	return process_find(by->process) ? 0 : posix_Error_ESRCH;
}

/* What goes beside it: of that only who sends is known here. */
static int take_beside(struct exchange *x, struct thread *thread,
	const struct posix_Socket_send_request *r)
{
	struct posix_Ancillary_list list = r->beside;
	struct posix_Ancillary one;
	int error = 0;

	while (!error && posix_Ancillary_next(&list, &one)) {
		if (one.which != posix_Ancillary_credentials || !x->socket->family->passes)
			continue;
		x->by = one.as.credentials;
		x->has_by = true;
		error = check_ids(&x->by, thread);
	}
	if (!error && r->descriptors.count > 0)
		error = x->socket->family->passes ? parcel_new(thread,
			r->descriptors, &x->parcel) : (int)posix_Error_EINVAL;
	if (!error && r->flags & posix_MessageFlags_OUT_OF_BAND &&
			(x->socket->type != posix_SocketType_STREAM ||
			(x->size == 0 && x->socket->family->takes_urgent)))
		error = posix_Error_EOPNOTSUPP;
	return error;
}

void socket_send(void *self, const struct posix_Socket_send_request *r, struct sk_reply *to)
{
	const struct access *access = self;
	struct exchange x = {.form = FORM_MESSAGE, .flags = r->flags,
		.socket = socket_of(access->file)};
	struct thread *thread = socket_thread(access);

	exchange_lend(&x, true, &r->data);
	exchange_lend(&x, r->has_second, &r->second);
	exchange_lend(&x, r->has_third, &r->third);
	x.error = thread ? take_beside(&x, thread, r) : (int)posix_Error_ESRCH;
	if (!x.error && r->has_to) {
		x.to = socket_name_new(&r->to);
		x.error = x.to ? 0 : posix_Error_ENOMEM;
	}
	if (!x.error && x.socket->family->name && x.socket->type != posix_SocketType_STREAM)
		x.error = x.socket->family->name(x.socket, thread, r->has_to ? &r->to : NULL);
	begin(self, &x, r->flags & posix_MessageFlags_DONT_WAIT, to);
}
