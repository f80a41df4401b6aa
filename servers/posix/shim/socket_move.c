/* Bytes of sockets: sent and received. */
#include "servers/posix/shim/socket_message.h"

#include "runtime/env.h"
#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/few.h"

#define PIECES 3
#define GATHER_MAX 4096
#define URGENT ((uint32_t)posix_MessageFlags_OUT_OF_BAND)
#define MORE ((uint32_t)posix_MessageFlags_MORE)

shim_function socket_sendto, socket_recvfrom, memory_mmap, memory_munmap;

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
	int64_t result = SOCKET_CALL(m->shim, &reply, send, .flags = m->vectors->left == 0 ?
		m->flags : m->flags & ~URGENT,
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
	int64_t result = SOCKET_CALL(m->shim, &reply, receive, .flags = m->goes_on ?
		m->flags | MORE : m->flags & ~MORE,
		.descriptors_max = m->descriptors_max, .data = l[0], .has_second = count > 1,
		.second = l[1], .has_third = count > 2, .third = l[2]);

	if (result < 0)
		return result;
	m->whole = reply.whole;
	m->at_mark = reply.flags & ~m->flags & URGENT;
	m->got |= m->at_mark ? reply.flags & ~URGENT : reply.flags;
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

int64_t message_send(struct message *m)
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

int64_t message_receive(struct message *m)
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
		m->goes_on = true;
		if ((uint64_t)result < wanted)
			back(m->vectors, wanted - (uint64_t)result);
	} while (all && done < m->vectors->total && m->descriptor_count == 0 && !m->at_mark &&
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
	return writes ? message_send(&m) : message_receive(&m);
}

/* ---- sendto, recvfrom ---- */

void message_begin(struct message *m, struct shim *shim, struct vectors *vectors, uint64_t flags)
{
	memset(m, 0, offsetof(struct message, bytes));
	m->shim = shim;
	m->vectors = vectors;
	m->flags = (uint32_t)flags;
}

int64_t message_take_name(struct message *m, uint64_t at, int64_t size)
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
		message_begin(&m, shim, &vectors, a[3]);
		result = message_take_name(&m, a[4], (int32_t)a[5]);
		if (result == 0)
			result = message_send(&m);
	}
	cache_done(shim, (uint32_t)a[0], &file);
	return result;
}

int64_t message_size(const struct message *m, int64_t result)
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
		message_begin(&m, shim, &vectors, a[3]);
		result = message_size(&m, message_receive(&m));
		if (result >= 0 && a[4] != 0) {
			opened = socket_put_address(m.has_name ? &m.name : NULL, a[4], a[5]);
			result = opened < 0 ? opened : result;
		}
	}
	cache_done(shim, (uint32_t)a[0], &file);
	return result;
}
