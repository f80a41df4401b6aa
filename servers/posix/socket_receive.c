/* Receiving from sockets. */
#include "runtime/codec.h"
#include "servers/posix/socket.h"

/* What has been found for a request, before it is taken. */
struct found {
	uint64_t bytes;				/* of a stream */
	struct message *message;		/* a datagram; or the first one of a stream */
	struct message *parceled;		/* whose descriptors come with it */
	uint64_t whole;
	posix_MessageFlags flags;
	int32_t numbers[posix_PASS_MAX];
	uint32_t number_count;
};

/* ---- whether there is something ---- */

static uint64_t skipped(const struct exchange *x)
{
	return x->flags & posix_MessageFlags_PEEK && x->socket->peek_offset > 0 ?
		(uint64_t)x->socket->peek_offset : 0;
}

static bool is_urgent(const struct exchange *x)
{
	return x->flags & posix_MessageFlags_OUT_OF_BAND &&
		x->socket->type == posix_SocketType_STREAM;
}

/* It goes on with what another request began (MORE), which stops at the mark. */
static bool stops_here(const struct exchange *x)
{
	return x->flags & posix_MessageFlags_MORE && socket_at_mark(x->socket);
}

static bool has_enough(const struct exchange *x)
{
	const struct socket *s = x->socket;
	const uint64_t skip = skipped(x), mark = s->receive_low_mark;
	const uint64_t wanted = x->size == 0 || mark == 0 ? 1 : x->size < mark ? x->size : mark;
	const uint64_t there = socket_plain(s);

	return there >= skip + wanted || stops_here(x) ||
		(there > skip && s->urgent && !socket_at_mark(s));
}

/* The datagram that it is about, and how much of it is skipped. */
static struct message *datagram_of(const struct exchange *x, uint64_t *skip)
{
	struct message *m = x->socket->first;

	*skip = skipped(x);
	while (m && *skip > 0 && *skip >= m->end) {
		*skip -= m->end;
		m = m->next;
	}
	return m;
}

static struct wait **blocks(struct exchange *x)
{
	struct socket *s = x->socket;
	uint64_t skip;
	bool is_there;

	if (x->error)
		return NULL;
	if (is_urgent(x)) {
		x->error = s->state == SOCKET_LISTENS ? s->family->receive_unconnected :
			socket_no_urgent(s);
		return NULL;
	}
	if (socket_connects(s) && s->state != SOCKET_CONNECTED &&
			!(s->error && s->family->errors_first)) {
		x->error = s->type == posix_SocketType_SEQUENCED ? (int)posix_Error_ENOTCONN :
			s->family->receive_unconnected;
		return x->error ? NULL : &s->receiving;
	}
	is_there = s->type == posix_SocketType_STREAM ? has_enough(x) :
		datagram_of(x, &skip) != NULL;
	return is_there || s->error || s->shut & SOCKET_NO_READ ? NULL : &s->receiving;
}

/* ---- its bytes ---- */

/* Of different writers, and it is to be told who they are. */
static bool is_others(const struct exchange *x, const struct message *a,
	const struct message *b)
{
	return x->socket->options & SOCKET_PASS_CREDENTIALS && (a->has_by != b->has_by ||
		memcmp(&a->by, &b->by, sizeof(a->by)) != 0);
}

/* Of as many messages as there is room for, up to one that brings descriptors, or the mark: who
 * asks again is told of that by a flag. */
static int copy_stream(struct exchange *x, struct sk_reply *to, struct found *found)
{
	uint64_t skip = skipped(x);

	for (struct message *m = x->socket->first; m && found->bytes < x->size &&
			!found->parceled; m = m->next) {
		uint64_t size = m->end - m->start;

		if (socket_is_mark(x->socket, m)) {
			if (found->bytes > 0 || stops_here(x)) {
				found->flags |= posix_MessageFlags_OUT_OF_BAND;
				break;
			}
			if (!socket_has_urgent_inline(x->socket))
				continue;
		}
		if (skip >= size) {
			skip -= size;
			continue;
		}
		if (found->message && is_others(x, found->message, m))
			break;
		size = size - skip < x->size - found->bytes ? size - skip :
			x->size - found->bytes;
		if (exchange_copy(x, to, found->bytes, m->bytes + m->start + skip, size,
				true) != 0)
			return found->bytes > 0 ? 0 : posix_Error_EFAULT;
		skip = 0;
		found->message = found->message ? found->message : m;
		found->parceled = m->parcel ? m : NULL;
		found->bytes += size;
	}
	return 0;
}

static int receive_stream(struct exchange *x, struct sk_reply *to, struct found *found)
{
	struct socket *s = x->socket;
	const bool any = socket_plain(s) > skipped(x) || stops_here(x);
	const int error = any ? copy_stream(x, to, found) : socket_take_error(s);

	x->done = found->whole = found->bytes;
	return error || any || s->shut & SOCKET_NO_READ ? error : (int)posix_Error_EAGAIN;
}

/* One byte; without room for it AF_UNIX says that it came, as Linux does. */
static int receive_urgent(struct exchange *x, struct sk_reply *to, struct found *found)
{
	struct message *m = x->socket->urgent;
	const bool has_room = x->size > 0, takes = x->socket->family->takes_urgent;

	if (has_room && exchange_copy(x, to, 0, m->bytes + m->start, 1, true) != 0)
		return posix_Error_EFAULT;
	found->flags = posix_MessageFlags_OUT_OF_BAND;
	if (!has_room && !takes)
		found->flags |= posix_MessageFlags_TRUNCATED;
	x->done = found->whole = has_room || takes;
	return 0;
}

static int receive_datagram(struct exchange *x, struct sk_reply *to, struct found *found)
{
	struct socket *s = x->socket;
	int error = socket_take_error(s);
	uint64_t skip, size;
	struct message *m;

	if (error)
		return error;
	m = datagram_of(x, &skip);
	if (!m)
		return !(s->shut & SOCKET_NO_READ) || (s->type == posix_SocketType_DATAGRAM &&
			!x->may_wait) ? (int)posix_Error_EAGAIN : 0;
	size = m->end - skip;
	found->whole = size;
	if (size > x->size) {
		size = x->size;
		found->flags |= posix_MessageFlags_TRUNCATED;
	}
	if (exchange_copy(x, to, 0, m->bytes + skip, size, true) != 0)
		return posix_Error_EFAULT;
	found->message = m;
	found->parceled = m->parcel ? m : NULL;
	x->done = found->bytes = size;
	return 0;
}

/* ---- descriptors ---- */

static void install(const struct exchange *x, struct found *found)
{
	const struct parcel *parcel = found->parceled ? found->parceled->parcel : NULL;
	const struct process *process = process_find(x->process);
	const posix_DescriptorFlags own = x->flags & posix_MessageFlags_CLOSE_ON_EXEC ?
		posix_DescriptorFlags_CLOSE_ON_EXEC : 0;

	while (parcel && process && process->files && found->number_count < parcel->count &&
			found->number_count < x->descriptors_max) {
		struct file *file = parcel->files[found->number_count];
		int32_t number;

		file->references++;
		number = files_add(process->files, file, 0, own,
			process->limits[posix_Resource_FILES].soft);
		if (number < 0)
			break;
		found->numbers[found->number_count++] = number;
	}
	if (parcel && found->number_count < parcel->count)
		found->flags |= posix_MessageFlags_CONTROL_TRUNCATED;
}

static void uninstall(const struct exchange *x, const struct found *found)
{
	const struct process *process = process_find(x->process);

	for (uint32_t i = 0; process && process->threads && i < found->number_count; i++)
		files_close(process->threads, found->numbers[i]);
}

/* ---- answers ---- */

/* Those of a message from nobody in particular. */
static struct posix_SenderCredentials nobody(void)
{
	return (struct posix_SenderCredentials){.user = 65534, .group_id = 65534};
}

static const struct socket_name *name_of(const struct exchange *x, const struct message *m)
{
	if (!m || (x->socket->type == posix_SocketType_STREAM &&
			x->socket->family->ignores_names))
		return NULL;
	return m->from ? m->from : m->sender->local;
}

static int answer_message(const struct exchange *x, struct sk_reply *to, int error,
	const struct found *found)
{
	const struct message *m = found->message;
	const struct socket_name *name = name_of(x, m);
	struct posix_Ancillary beside = {.which = posix_Ancillary_credentials};
	struct posix_Socket_receive_reply reply = {.size = x->done, .whole = found->whole,
		.flags = found->flags};

	reply.has_from = name != NULL;
	if (name)
		reply.from = name->address;
	reply.descriptors.items = found->numbers;
	reply.descriptors.count = found->number_count;
	if (m && x->socket->options & SOCKET_PASS_CREDENTIALS) {
		beside.as.credentials = m->has_by ? m->by : nobody();
		reply.beside.items = &beside;
		reply.beside.count = 1;
	}
	return posix_Socket_receive_answer(to, error, &reply);
}

static int answer(const struct exchange *x, struct sk_reply *to, int error,
	const struct found *found)
{
	const struct fs_File_read_few_reply few = {x->done, sk_get_uint64(x->few),
		sk_get_uint64(x->few + 8), sk_get_uint64(x->few + 16)};
	const struct fs_File_read_reply file = {x->done};

	if (x->form == FORM_FEW)
		return fs_File_read_few_answer(to, error, &few);
	if (x->form == FORM_FILE)
		return fs_File_read_answer(to, error, &file);
	return answer_message(x, to, error, found);
}

/* ---- what was received is taken ---- */

static void move_offset(struct socket *s, int64_t by)
{
	int64_t offset = (int64_t)s->peek_offset + by;

	if (s->peek_offset >= 0)
		s->peek_offset = offset < 0 ? 0 : offset > INT32_MAX ? INT32_MAX :
			(int32_t)offset;
}

static void take_stream(struct socket *s, uint64_t size, struct message **gone)
{
	while (size > 0) {
		struct message *m = s->first;
		const uint64_t there = m->end - m->start;

		if (size >= there) {
			size -= there;
			socket_take_first(s);
			m->next = *gone;
			*gone = m;
			continue;
		}
		m->start += (uint32_t)size;
		s->bytes -= size;
		parcel_free(m->parcel);
		m->parcel = NULL;
		size = 0;
	}
}

static void free_all(struct message *m)
{
	while (m) {
		struct message *next = m->next;

		message_free(m);
		m = next;
	}
}

/* Who found nothing behind the mark has passed it too. Messages are freed when all have been
 * taken, since there is room for others then, which may be received at once. */
static void take(const struct exchange *x, const struct found *found)
{
	struct socket *s = x->socket;
	struct message *gone = NULL;

	if (x->flags & posix_MessageFlags_PEEK) {
		move_offset(s, (int64_t)found->bytes);
		return;
	}
	if (is_urgent(x)) {
		socket_take_urgent(s);
	} else if (s->type == posix_SocketType_STREAM) {
		if (x->size > 0 && !stops_here(x))
			socket_pass_mark(s, &gone);
		move_offset(s, -(int64_t)found->bytes);
		take_stream(s, found->bytes, &gone);
		free_all(gone);
	} else if (found->message) {
		move_offset(s, -(int64_t)found->message->end);
		message_free(socket_take_first(s));
	}
	if (s->outside)
		socket_changed(s);
}

static void finish(struct exchange *x, struct sk_reply *to)
{
	struct found found;
	int error = x->error;

	memset(&found, 0, offsetof(struct found, numbers));
	found.number_count = 0;
	x->done = 0;
	if (!error)
		error = is_urgent(x) ? receive_urgent(x, to, &found) :
			x->socket->type == posix_SocketType_STREAM ?
			receive_stream(x, to, &found) : receive_datagram(x, to, &found);
	if (!error && x->form == FORM_MESSAGE)
		install(x, &found);
	/* Whoever was cancelled just now has not received it. */
	if (answer(x, to, error, &found) != SK_OK)
		uninstall(x, &found);
	else if (!error || error == posix_Error_EAGAIN)
		take(x, &found);
}

static const struct exchange_kind receive_kind = {blocks, finish, false, posix_Error_EAGAIN};

/* ---- requests ---- */

static void begin(struct access *access, struct exchange *x, bool no_wait, struct sk_reply *to)
{
	const struct file *file = access->file;

	x->kind = &receive_kind;
	x->socket = socket_of(file);
	x->process = access->process;
	x->may_wait = !no_wait && !(file->flags & fs_Open_NON_BLOCKING);
	exchange_begin(x, x->may_wait, to);
}

static posix_MessageFlags flags_of(fs_Io flags)
{
	return flags & fs_Io_PEEK ? posix_MessageFlags_PEEK : 0;
}

void socket_read(void *self, const struct fs_File_read_request *r, struct sk_reply *to)
{
	struct exchange x = {.form = FORM_FILE, .flags = flags_of(r->flags)};

	exchange_lend(&x, true, &r->data);
	exchange_lend(&x, r->has_second, &r->second);
	exchange_lend(&x, r->has_third, &r->third);
	exchange_lend(&x, r->has_fourth, &r->fourth);
	begin(self, &x, r->flags & fs_Io_NO_WAIT, to);
}

void socket_read_few(void *self, const struct fs_File_read_few_request *r,
	struct sk_reply *to)
{
	struct exchange x = {.form = FORM_FEW, .flags = flags_of(r->flags), .size = r->size};

	if (r->offset != fs_HERE)
		fs_File_read_few_answer(to, posix_Error_ESPIPE, NULL);
	else if (r->size > fs_FEW_READ)
		fs_File_read_few_answer(to, posix_Error_EINVAL, NULL);
	else
		begin(self, &x, r->flags & fs_Io_NO_WAIT, to);
}

void socket_receive(void *self, const struct posix_Socket_receive_request *r,
	struct sk_reply *to)
{
	const struct access *access = self;
	struct exchange x = {.form = FORM_MESSAGE, .flags = r->flags,
		.socket = socket_of(access->file),
		.descriptors_max = r->descriptors_max};

	exchange_lend(&x, true, &r->data);
	exchange_lend(&x, r->has_second, &r->second);
	exchange_lend(&x, r->has_third, &r->third);
	if (r->flags & posix_MessageFlags_OUT_OF_BAND &&
			x.socket->type != posix_SocketType_STREAM)
		x.error = x.socket->family->no_urgent;
	begin(self, &x, r->flags & posix_MessageFlags_DONT_WAIT, to);
}
