/* Messages of sockets: sent and received, with what goes beside them. */
#include "servers/posix/shim/socket.h"

#include "runtime/env.h"
#include "servers/posix/shim/convert.h"
#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/few.h"

#define PIECES 3
#define GATHER_MAX 4096
#define CONTROL_MOST 20480
#define ALIGNED(size) (((size) + 7) & ~UINT64_C(7))
#define CMSG_HEAD sizeof(struct linux_cmsghdr)

shim_function socket_sendto, socket_recvfrom, socket_sendmsg, socket_recvmsg, socket_sendmmsg,
	socket_recvmmsg, memory_mmap, memory_munmap;

/* A message on its way, either way. */
struct message {
	struct shim *shim;
	struct vectors *vectors;
	posix_MessageFlags flags;
	bool has_name;
	struct posix_SocketAddress name;
	int32_t descriptors[posix_PASS_MAX];
	uint32_t descriptor_count;
	bool has_credentials;
	struct posix_SenderCredentials credentials;
	uint32_t descriptors_max;
	uint64_t whole;				/* received: its own size */
	posix_MessageFlags got;
	uint8_t bytes[LINUX_SOCKADDR_MAX];	/* of the name */
};

/* ---- pieces ---- */

static void *lent(uint64_t address)
{
	/* To lend NULL would be to lend nothing; there is none at 1 either. */
	return (void *)(uintptr_t)(address ? address : 1);
}

static uint64_t gather(struct vectors *vectors, bool writes, struct sk_lease l[PIECES],
	uint32_t *count)
{
	uint64_t sum = 0, address, size;

	for (*count = 0; *count < PIECES && sum < posix_IO_MAX &&
			vectors_next(vectors, posix_IO_MAX - sum, &address, &size); ++*count) {
		l[*count] = writes ? sk_lend(lent(address), size) :
			sk_lend_out(lent(address), size);
		sum += size;
	}
	for (uint32_t i = *count; i < PIECES; i++)
		l[i] = writes ? sk_lend(NULL, 0) : sk_lend_out(NULL, 0);
	return sum;
}

static int64_t send_leases(struct message *m, const struct sk_lease l[PIECES], uint32_t count)
{
	const struct posix_Ancillary beside = { .which = posix_Ancillary_credentials,
		.as.credentials = m->credentials };
	struct posix_Socket_send_reply reply;
	int64_t result = SOCKET_CALL(m->shim, &reply, send, .flags = m->flags,
		.has_to = m->has_name, .to = m->name,
		.descriptors = { .items = m->descriptors, .count = m->descriptor_count },
		.beside = { .items = &beside, .count = m->has_credentials }, .data = l[0],
		.has_second = count > 1, .second = l[1], .has_third = count > 2,
		.third = l[2]);

	return result < 0 ? result : (int64_t)reply.size;
}

static void take_beside(struct message *m, struct posix_Socket_receive_reply *reply)
{
	struct posix_Ancillary one;

	m->has_name = reply->has_from;
	m->descriptor_count = 0;
	while (m->descriptor_count < posix_PASS_MAX && sk_int32_next(&reply->descriptors,
			&m->descriptors[m->descriptor_count]))
		m->descriptor_count++;
	while (posix_Ancillary_next(&reply->beside, &one))
		if (one.which == posix_Ancillary_credentials) {
			m->credentials = one.as.credentials;
			m->has_credentials = true;
		}
	if (!reply->has_from)
		return;
	m->name = reply->from;
	if (m->name.which == posix_SocketAddress_local) {
		memcpy(m->bytes, m->name.as.local.path.data, m->name.as.local.path.size);
		m->name.as.local.path.data = m->bytes;
	}
}

static int64_t receive_leases(struct message *m, const struct sk_lease l[PIECES], uint32_t count)
{
	struct posix_Socket_receive_reply reply;
	int64_t result = SOCKET_CALL(m->shim, &reply, receive, .flags = m->flags,
		.descriptors_max = m->descriptors_max, .data = l[0], .has_second = count > 1,
		.second = l[1], .has_third = count > 2, .third = l[2]);

	if (result < 0)
		return result;
	m->whole = reply.whole;
	m->got |= reply.flags;
	take_beside(m, &reply);
	return (int64_t)reply.size;
}

static bool is_stream(struct shim *shim)
{
	return socket_ask(shim, posix_SocketOption_socket_type) == posix_SocketType_STREAM;
}

/* ---- many pieces, which are one message ---- */

static bool copy_pieces(struct vectors *vectors, uint8_t *bytes, uint64_t size, bool writes)
{
	uint64_t address, part, done = 0;

	while (done < size && vectors_next(vectors, size - done, &address, &part)) {
		if (writes ? !copy_from(bytes + done, address, part) :
				!copy_to(address, bytes + done, part))
			return false;
		done += part;
	}
	return true;
}

static int64_t by_copy(struct message *m, uint8_t *bytes, uint64_t size, bool writes)
{
	struct sk_lease l[PIECES] = { { 0 } };
	int64_t result;

	if (writes) {
		if (!copy_pieces(m->vectors, bytes, size, true))
			return -LINUX_EFAULT;
		l[0] = sk_lend(bytes, size);
		return send_leases(m, l, 1);
	}
	l[0] = sk_lend_out(bytes, size);
	result = receive_leases(m, l, 1);
	if (result > 0 && !copy_pieces(m->vectors, bytes, (uint64_t)result, false))
		return -LINUX_EFAULT;
	return result;
}

static int64_t by_stack(struct message *m, uint64_t size, bool writes)
{
	uint8_t bytes[GATHER_MAX];

	return by_copy(m, bytes, size, writes);
}

/* So many are rare: memory of the program's own is made for them, and taken away again. */
static int64_t by_memory(struct message *m, uint64_t size, bool writes)
{
	enum { READ_WRITE = 3, PRIVATE_ANONYMOUS = 0x22 };
	const uint64_t room = size < posix_IO_MAX ? size : posix_IO_MAX;
	struct shim *shim = m->shim;
	int64_t at, result;

	if (writes && size > posix_IO_MAX && !is_stream(shim))
		return -LINUX_EMSGSIZE;
	at = memory_mmap(shim, (const uint64_t[6]){ 0, room, READ_WRITE, PRIVATE_ANONYMOUS,
		UINT64_MAX, 0 });
	if (at < 0)
		return -LINUX_ENOBUFS;
	result = by_copy(m, (uint8_t *)(uintptr_t)at, room, writes);
	memory_munmap(shim, (const uint64_t[6]){ (uint64_t)at, room });
	return result;
}

/* One call: all that is left of a message, or a part of a stream. */
static int64_t move_once(struct message *m, bool writes, uint64_t *wanted)
{
	struct vectors *vectors = m->vectors;
	struct sk_lease l[PIECES];
	uint32_t count;

	*wanted = vectors->left;
	if (vectors->count > PIECES && vectors->left > 0)
		return vectors->left <= GATHER_MAX ? by_stack(m, vectors->left, writes) :
			by_memory(m, vectors->left, writes);
	*wanted = gather(vectors, writes, l, &count);
	if (writes && vectors->left > 0 && !is_stream(m->shim))
		return -LINUX_EMSGSIZE;
	if (count == 0) {
		l[0] = writes ? sk_lend(lent(0), 0) : sk_lend_out(lent(0), 0);
		count = 1;
	}
	return writes ? send_leases(m, l, count) : receive_leases(m, l, count);
}

/* ---- sending and receiving ---- */

static void back(struct vectors *vectors, uint64_t size);

static int64_t broken(struct shim *shim, posix_MessageFlags flags, int64_t result)
{
	if (result == -LINUX_EPIPE && !(flags & posix_MessageFlags_NO_SIGNAL) && is_stream(shim))
		POSIX_DO(shim, Signals, kill_thread, .process = shim->page->ids.process,
			.thread = shim->page->ids.thread, .signal = posix_Signal_PIPE);
	return result;
}

/* What a stream has no room for now is sent after that. */
static int64_t send_all(struct message *m)
{
	uint64_t done = 0, wanted;
	int64_t result;

	do {
		result = move_once(m, true, &wanted);
		if (result < 0)
			break;
		done += (uint64_t)result;
		m->descriptor_count = 0;
		if ((uint64_t)result < wanted)
			back(m->vectors, wanted - (uint64_t)result);
	} while (done < m->vectors->total && result > 0);
	if (done > 0)
		return (int64_t)done;
	return broken(m->shim, m->flags, socket_cut(m->shim, result, true));
}

static int64_t receive_all(struct message *m)
{
	const bool all = m->flags & posix_MessageFlags_WAIT_ALL &&
		!(m->flags & posix_MessageFlags_PEEK);
	uint64_t done = 0, wanted;
	int64_t result;

	do {
		result = move_once(m, false, &wanted);
		if (result <= 0)
			break;
		done += (uint64_t)result;
		if ((uint64_t)result < wanted)
			back(m->vectors, wanted - (uint64_t)result);
	} while (all && done < m->vectors->total && m->descriptor_count == 0 &&
		is_stream(m->shim));
	return done > 0 ? (int64_t)done : socket_cut(m->shim, result, false);
}

/* Of what was lent last some is left. It is all in the last pieces that were taken, and the
 * iterator goes one way only: it begins anew. */
static void back(struct vectors *vectors, uint64_t size)
{
	const uint64_t done = vectors->total - vectors->left - size;
	uint64_t address, part, skipped = 0;

	vectors_rewind(vectors);
	while (skipped < done && vectors_next(vectors, done - skipped, &address, &part))
		skipped += part;
}

int64_t socket_move(struct shim *shim, struct vectors *vectors, bool writes, bool waits)
{
	const struct linux_iovec *v = vectors->list;
	const fs_Io flags = waits ? 0 : fs_Io_NO_WAIT;
	struct message m;
	int64_t result = FEW_FAULT;

	if (!writes && vectors->total == 0)
		return 0;
	if (vectors->count == 1 && vectors->total > 0 &&
			vectors->total <= (writes ? fs_FEW_WRITE : fs_FEW_READ))
		result = writes ? few_write(shim, posix_ObjectKind_PIPE, fs_HERE, flags,
			v->iov_base, vectors->total) : few_read(shim, fs_HERE, flags,
			v->iov_base, vectors->total);
	if (result != FEW_FAULT && result != FEW_NOT)
		return writes ? broken(shim, 0, socket_cut(shim, result, true)) :
			socket_cut(shim, result, false);
	memset(&m, 0, offsetof(struct message, descriptors));
	m.shim = shim;
	m.vectors = vectors;
	m.flags = waits ? 0 : posix_MessageFlags_DONT_WAIT;
	m.descriptor_count = m.descriptors_max = 0;
	m.has_credentials = false;
	return writes ? send_all(&m) : receive_all(&m);
}

/* ---- sendto, recvfrom ---- */

static void begin(struct message *m, struct shim *shim, struct vectors *vectors, uint64_t flags)
{
	memset(m, 0, offsetof(struct message, bytes));
	m->shim = shim;
	m->vectors = vectors;
	m->flags = (uint32_t)flags;
}

static int64_t take_name(struct message *m, uint64_t at, int64_t size)
{
	if (at == 0 || size == 0)
		return 0;
	m->has_name = true;
	return socket_take_address(at, size, m->bytes, &m->name);
}

/* Flags that do not matter to a call without anything beside its bytes. */
#define PLAIN (posix_MessageFlags_DONT_WAIT | posix_MessageFlags_NO_SIGNAL)

int64_t socket_sendto(struct shim *shim, const uint64_t a[6])
{
	struct vectors vectors;
	struct shim_file file;
	struct message m;
	int64_t result = vectors_one(&vectors, a[1], a[2]), opened;

	if (result < 0)
		return result;
	opened = socket_open(shim, a[0], &file);
	if (opened < 0)
		return opened;
	if (a[4] == 0 && a[2] > 0 && ((uint32_t)a[3] & ~(uint32_t)posix_MessageFlags_DONT_WAIT)
			== 0) {
		result = socket_move(shim, &vectors, true, a[3] == 0);
	} else {
		begin(&m, shim, &vectors, a[3]);
		result = take_name(&m, a[4], (int32_t)a[5]);
		if (result == 0)
			result = send_all(&m);
	}
	cache_done(shim, (uint32_t)a[0], &file);
	return result;
}

/* What the call says of a message that was received. */
static int64_t size_of(const struct message *m, int64_t result)
{
	return result >= 0 && m->flags & posix_MessageFlags_TRUNCATED && m->whole >
		(uint64_t)result ? (int64_t)m->whole : result;
}

int64_t socket_recvfrom(struct shim *shim, const uint64_t a[6])
{
	struct vectors vectors;
	struct shim_file file;
	struct message m;
	int64_t result = vectors_one(&vectors, a[1], a[2]), opened;

	if (result < 0)
		return result;
	opened = socket_open(shim, a[0], &file);
	if (opened < 0)
		return opened;
	if (a[4] == 0 && a[2] > 0 && ((uint32_t)a[3] & ~(uint32_t)PLAIN) == 0) {
		result = socket_move(shim, &vectors, false,
			!(a[3] & posix_MessageFlags_DONT_WAIT));
	} else {
		begin(&m, shim, &vectors, a[3]);
		result = size_of(&m, receive_all(&m));
		if (result >= 0 && a[4] != 0) {
			opened = socket_put_address(m.has_name ? &m.name : NULL, a[4], a[5]);
			result = opened < 0 ? opened : result;
		}
	}
	cache_done(shim, (uint32_t)a[0], &file);
	return result;
}

/* ---- what goes beside ---- */

static int64_t take_descriptors(struct message *m, uint64_t at, uint64_t size)
{
	const uint64_t count = size / sizeof m->descriptors[0];

	if (m->descriptor_count + count > posix_PASS_MAX)
		return -LINUX_EINVAL;
	if (!copy_from(&m->descriptors[m->descriptor_count], at,
			count * sizeof m->descriptors[0]))
		return -LINUX_EFAULT;
	m->descriptor_count += (uint32_t)count;
	return 0;
}

static int64_t take_credentials(struct message *m, uint64_t at, uint64_t size)
{
	struct linux_ucred from;

	if (size != sizeof from)
		return -LINUX_EINVAL;
	if (!copy_from(&from, at, sizeof from))
		return -LINUX_EFAULT;
	m->credentials = (struct posix_SenderCredentials){ from.pid, from.uid, from.gid };
	m->has_credentials = true;
	return 0;
}

static int64_t take_one(struct message *m, const struct linux_cmsghdr *head, uint64_t at)
{
	const uint64_t size = head->cmsg_len - CMSG_HEAD;

	if (head->cmsg_level != LINUX_SOL_SOCKET)
		return 0;
	return head->cmsg_type == LINUX_SCM_RIGHTS ? take_descriptors(m, at, size) :
		head->cmsg_type == LINUX_SCM_CREDENTIALS ? take_credentials(m, at, size) :
		-LINUX_EINVAL;
}

static int64_t take_control(struct message *m, const struct linux_msghdr *h)
{
	struct linux_cmsghdr head;
	uint64_t at = 0;
	int64_t result = 0;

	if (h->msg_controllen > INT32_MAX || h->msg_controllen > CONTROL_MOST)
		return -LINUX_ENOBUFS;
	while (result == 0 && h->msg_controllen >= at + CMSG_HEAD) {
		if (!copy_from(&head, h->msg_control + at, sizeof head))
			return -LINUX_EFAULT;
		if (head.cmsg_len < CMSG_HEAD || head.cmsg_len > h->msg_controllen - at)
			return -LINUX_EINVAL;
		result = take_one(m, &head, h->msg_control + at + CMSG_HEAD);
		at += ALIGNED(head.cmsg_len);
	}
	return result;
}

/* One record of what came, or as much as there is room for. */
static bool put_one(struct message *m, const struct linux_msghdr *h, uint64_t *used, int32_t type,
	const void *data, uint64_t size)
{
	const uint64_t room = h->msg_controllen - *used, at = h->msg_control + *used;
	struct linux_cmsghdr head = { CMSG_HEAD + size, LINUX_SOL_SOCKET, type };

	if (h->msg_control == 0 || room < CMSG_HEAD) {
		m->got |= posix_MessageFlags_CONTROL_TRUNCATED;
		return true;
	}
	if (head.cmsg_len > room) {
		m->got |= posix_MessageFlags_CONTROL_TRUNCATED;
		head.cmsg_len = room;
	}
	if (!copy_to(at, &head, sizeof head) ||
			!copy_to(at + CMSG_HEAD, data, head.cmsg_len - CMSG_HEAD))
		return false;
	*used += ALIGNED(head.cmsg_len) < room ? ALIGNED(head.cmsg_len) : room;
	return true;
}

static void drop_descriptors(struct message *m, uint32_t from)
{
	for (uint32_t i = from; i < m->descriptor_count; i++) {
		POSIX_DO(m->shim, Descriptors, close, .descriptor = m->descriptors[i]);
		cache_forget(m->shim, (uint32_t)m->descriptors[i]);
	}
}

static bool put_descriptors(struct message *m, const struct linux_msghdr *h, uint64_t *used)
{
	const uint64_t room = h->msg_controllen - *used;
	uint32_t count = m->descriptor_count;

	for (uint32_t i = 0; i < count; i++)
		cache_forget(m->shim, (uint32_t)m->descriptors[i]);
	if (count > 0 && room < CMSG_HEAD + count * sizeof m->descriptors[0]) {
		count = room <= CMSG_HEAD ? 0 : (uint32_t)((room - CMSG_HEAD) /
			sizeof m->descriptors[0]);
		m->got |= posix_MessageFlags_CONTROL_TRUNCATED;
		drop_descriptors(m, count);
	}
	return count == 0 || put_one(m, h, used, LINUX_SCM_RIGHTS, m->descriptors,
		count * sizeof m->descriptors[0]);
}

/* ---- sendmsg, recvmsg ---- */

static int64_t take_head(uint64_t at, struct linux_msghdr *h)
{
	if (!copy_from(h, at, sizeof *h))
		return -LINUX_EFAULT;
	if (h->msg_name == 0)
		h->msg_namelen = 0;
	if (h->msg_namelen < 0)
		return -LINUX_EINVAL;
	if (h->msg_namelen > LINUX_SOCKADDR_MAX)
		h->msg_namelen = LINUX_SOCKADDR_MAX;
	return h->msg_iovlen > LINUX_IOV_MAX ? -LINUX_EMSGSIZE : 0;
}

static int64_t send_one(struct shim *shim, uint64_t at, uint64_t flags)
{
	struct linux_iovec list[LINUX_IOV_ON_STACK];
	struct linux_msghdr h;
	struct vectors vectors;
	struct message m;
	int64_t result = take_head(at, &h);

	if (result == 0)
		result = vectors_many(&vectors, h.msg_iov, h.msg_iovlen, list);
	if (result < 0)
		return result;
	begin(&m, shim, &vectors, flags);
	result = take_name(&m, h.msg_name, h.msg_namelen);
	if (result == 0 && h.msg_controllen > 0)
		result = take_control(&m, &h);
	return result < 0 ? result : send_all(&m);
}

static int64_t put_head(struct message *m, const struct linux_msghdr *h, uint64_t at)
{
	const struct linux_ucred who = { m->credentials.process, m->credentials.user,
		m->credentials.group_id };
	uint64_t used = 0;
	uint32_t flags;

	if (m->has_credentials && !put_one(m, h, &used, LINUX_SCM_CREDENTIALS, &who, sizeof who))
		return -LINUX_EFAULT;
	if (!put_descriptors(m, h, &used))
		return -LINUX_EFAULT;
	if (h->msg_name != 0 && socket_put_address(m->has_name ? &m->name : NULL, h->msg_name,
			at + offsetof(struct linux_msghdr, msg_namelen)) < 0)
		return -LINUX_EFAULT;
	flags = m->got | (m->flags & posix_MessageFlags_CLOSE_ON_EXEC);
	return copy_to(at + offsetof(struct linux_msghdr, msg_flags), &flags, sizeof flags) &&
		copy_to(at + offsetof(struct linux_msghdr, msg_controllen), &used, sizeof used) ?
		0 : -LINUX_EFAULT;
}

static int64_t receive_one(struct shim *shim, uint64_t at, uint64_t flags)
{
	struct linux_iovec list[LINUX_IOV_ON_STACK];
	struct linux_msghdr h;
	struct vectors vectors;
	struct message m;
	int64_t put, result = take_head(at, &h);

	if (result == 0)
		result = vectors_many(&vectors, h.msg_iov, h.msg_iovlen, list);
	if (result < 0)
		return result;
	begin(&m, shim, &vectors, flags);
	if (h.msg_control != 0 && h.msg_controllen > CMSG_HEAD)
		m.descriptors_max = (h.msg_controllen - CMSG_HEAD) / sizeof m.descriptors[0] <
			posix_PASS_MAX ? (uint32_t)((h.msg_controllen - CMSG_HEAD) /
			sizeof m.descriptors[0]) : posix_PASS_MAX;
	result = size_of(&m, receive_all(&m));
	if (result < 0)
		return result;
	put = put_head(&m, &h, at);
	return put < 0 ? put : result;
}

static int64_t with_socket(struct shim *shim, const uint64_t a[6],
	int64_t (*move)(struct shim *shim, uint64_t at, uint64_t flags))
{
	struct shim_file file;
	int64_t result = socket_open(shim, a[0], &file);

	if (result < 0)
		return result;
	result = move(shim, a[1], a[2]);
	cache_done(shim, (uint32_t)a[0], &file);
	return result;
}

int64_t socket_sendmsg(struct shim *shim, const uint64_t a[6])
{
	return with_socket(shim, a, send_one);
}

int64_t socket_recvmsg(struct shim *shim, const uint64_t a[6])
{
	return with_socket(shim, a, receive_one);
}

/* ---- many messages ---- */

static int64_t put_length(uint64_t at, int64_t result)
{
	const uint32_t length = (uint32_t)result;

	return copy_to(at + offsetof(struct linux_mmsghdr, msg_len), &length, sizeof length) ? 0 :
		-LINUX_EFAULT;
}

int64_t socket_sendmmsg(struct shim *shim, const uint64_t a[6])
{
	const uint32_t most = (uint32_t)a[2] < LINUX_IOV_MAX ? (uint32_t)a[2] : LINUX_IOV_MAX;
	struct shim_file file;
	int64_t result = socket_open(shim, a[0], &file);
	uint32_t count = 0;

	if (result < 0)
		return result;
	while (count < most) {
		const uint64_t at = a[1] + count * sizeof(struct linux_mmsghdr);

		result = send_one(shim, at, a[3]);
		if (result >= 0)
			result = put_length(at, result);
		if (result < 0)
			break;
		count++;
	}
	cache_done(shim, (uint32_t)a[0], &file);
	return count > 0 ? (int64_t)count : result < 0 ? result : 0;
}

/* Its time-out is looked at between two messages, as Linux does it. */
static int64_t deadline_of(uint64_t at, uint64_t *deadline)
{
	struct linux_timespec time;

	*deadline = UINT64_MAX;
	if (at == 0)
		return 0;
	if (!copy_from(&time, at, sizeof time))
		return -LINUX_EFAULT;
	if (time.tv_sec < 0 || time.tv_nsec < 0 || time.tv_nsec >= 1000000000)
		return -LINUX_EINVAL;
	*deadline = time.tv_sec > INT32_MAX ? UINT64_MAX :
		shim_after((uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec);
	return 0;
}

static int64_t put_left(uint64_t at, uint64_t deadline)
{
	const uint64_t now = shim_now();
	const struct linux_timespec left = convert_timespec(
		now < deadline ? (int64_t)(deadline - now) : 0);

	return copy_to(at, &left, sizeof left) ? 0 : -LINUX_EFAULT;
}

int64_t socket_recvmmsg(struct shim *shim, const uint64_t a[6])
{
	enum { WAIT_FOR_ONE = 0x10000 };
	const uint32_t most = (uint32_t)a[2] < LINUX_IOV_MAX ? (uint32_t)a[2] : LINUX_IOV_MAX;
	uint64_t deadline, flags = a[3] & ~(uint64_t)WAIT_FOR_ONE;
	struct shim_file file;
	uint32_t count = 0;
	int64_t result = deadline_of(a[4], &deadline);

	if (result == 0)
		result = socket_open(shim, a[0], &file);
	if (result < 0)
		return result;
	while (count < most && (count == 0 || shim_now() < deadline)) {
		const uint64_t at = a[1] + count * sizeof(struct linux_mmsghdr);

		result = receive_one(shim, at, flags);
		if (result >= 0)
			result = put_length(at, result);
		if (result < 0)
			break;
		count++;
		if (a[3] & WAIT_FOR_ONE)
			flags |= posix_MessageFlags_DONT_WAIT;
	}
	cache_done(shim, (uint32_t)a[0], &file);
	if (count > 0 && deadline != UINT64_MAX && put_left(a[4], deadline) < 0)
		return -LINUX_EFAULT;
	return count > 0 ? (int64_t)count : result < 0 ? result : 0;
}
