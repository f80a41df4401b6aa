/* What can be asked of an open socket but for messages, names and options. */
#include "runtime/files/refuse.h"
#include "servers/posix/event.h"
#include "servers/posix/socket.h"

static uint32_t ready_of(struct file *file)
{
	return socket_ready(socket_of(file));
}

static uint64_t edges(struct file *file, posix_PollEvents wanted)
{
	const struct socket *s = socket_of(file);

	return (wanted & posix_PollEvents_WRITABLE ? s->gone : 0) +
		(wanted & (posix_PollEvents_READABLE | posix_PollEvents_URGENT) ? s->came : 0) + s->turns;
}

static void closed(struct file *file)
{
	struct socket *s = socket_of(file);

	s->file = NULL;
	socket_close(s);
	socket_drop(s);
}

/* All that a stream has, or the next datagram. */
static void op_available(void *self, const struct fs_File_available_request *request,
	struct sk_reply *to)
{
	const struct socket *s = socket_of(((struct access *)self)->file);
	struct fs_File_available_reply reply = {.bytes = socket_before_mark(s)};

	UNUSED(request);
	if (!socket_connects(s))
		reply.bytes = s->first ? s->first->end : 0;
	fs_File_available_answer(to, s->state == SOCKET_LISTENS ? posix_Error_EINVAL : 0, &reply);
}

static void op_unsent(void *self, const struct posix_Socket_unsent_request *request,
	struct sk_reply *to)
{
	const struct socket *s = socket_of(((struct access *)self)->file);
	const struct posix_Socket_unsent_reply reply = {s->sent};

	UNUSED(request);
	posix_Socket_unsent_answer(to, s->state == SOCKET_LISTENS ? posix_Error_EINVAL : 0,
		&reply);
}

static void op_tcp_info(void *self, const struct posix_Socket_tcp_info_request *request,
	struct sk_reply *to)
{
	struct socket *s = socket_of(((struct access *)self)->file);
	struct posix_Socket_tcp_info_reply reply = {0};

	UNUSED(request);
	posix_Socket_tcp_info_answer(to, s->family->info ? s->family->info(s, &reply.info) :
		(int)posix_Error_EOPNOTSUPP, &reply);
}

FILES_REFUSE_STREAM
FILES_REFUSE(allocate, ENODEV)

void socket_status(const struct file *file, struct fs_Status *status)
{
	const struct socket *s = socket_of(file);
	const int64_t time = realtime();
	const struct fs_Time at = {.seconds = time / 1000000000,
		.nanos = (uint32_t)(time % 1000000000)};

	*status = (struct fs_Status){
		.inode = file->number, .kind = fs_Kind_SOCKET, .mode = 0777, .links = 1,
		.owner = s->owner, .owner_group = s->owner_group, .block_size = 4096,
		.accessed = at, .modified = at, .changed = at};
}

static void op_status(void *self, const struct fs_File_status_request *request,
	struct sk_reply *to)
{
	struct fs_File_status_reply reply;

	UNUSED(request);
	socket_status(((struct access *)self)->file, &reply.status);
	fs_File_status_answer(to, 0, &reply);
}

static void op_describe(void *self, const struct fs_File_describe_request *request,
	struct sk_reply *to)
{
	UNUSED(request);
	file_describe(self, fs_Kind_SOCKET, to);
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct posix_Socket_ops ops = {
		.read = socket_read, .write = socket_write, .read_few = socket_read_few,
		.write_few = socket_write_few, .send = socket_send,
		.receive = socket_receive, .bind = socket_bind, .connect = socket_connect,
		.listen = socket_listen, .shut_down = socket_shut_down,
		.local_address = socket_local_address, .peer_address = socket_peer_address,
		.peer_credentials = socket_peer_credentials, .peer_groups = socket_peer_groups,
		.set_option = socket_set_option, .option = socket_option,
		.tcp_info = op_tcp_info, .unsent = op_unsent, .at_mark = socket_op_at_mark, .available = op_available,
		.ready = event_ready, .read_at = op_read_at, .write_at = op_write_at,
		.seek = op_seek, .truncate = op_truncate, .allocate = op_allocate,
		.sync = op_sync, .sync_range = op_sync_range, .memory = op_memory,
		.extents = op_extents, .seals = op_seals, .add_seals = op_add_seals,
		.share = op_share, .flock = op_flock, .lock = op_lock,
		.test_lock = op_test_lock, .status = op_status, .describe = op_describe,
	};

	return access_is_closed(self) ? sk_refuse(incoming, SK_BAD_HANDLE) :
		posix_Socket_dispatch(&ops, self, incoming);
}

static const struct sk_object socket_object = {
	.dispatch = dispatch, .gone = access_gone, .canceled = wait_canceled,
};

const struct file_ops socket_ops = {&socket_object, closed, ready_of, edges};
