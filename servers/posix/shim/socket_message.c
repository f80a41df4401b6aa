/* Messages with what goes beside their bytes: sendmsg(), recvmsg(), and many at once. */
#include "servers/posix/shim/socket_message.h"

#include "servers/posix/shim/convert.h"
#include "servers/posix/shim/copy.h"

#define CONTROL_MOST 20480
#define ALIGNED(size) (((size) + 7) & ~UINT64_C(7))
#define CMSG_HEAD sizeof(struct linux_cmsghdr)

shim_function socket_sendmsg, socket_recvmsg, socket_sendmmsg, socket_recvmmsg;

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
	message_begin(&m, shim, &vectors, flags);
	result = message_take_name(&m, h.msg_name, h.msg_namelen);
	if (result == 0 && h.msg_controllen > 0)
		result = take_control(&m, &h);
	return result < 0 ? result : message_send(&m);
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
	message_begin(&m, shim, &vectors, flags);
	if (h.msg_control != 0 && h.msg_controllen > CMSG_HEAD)
		m.descriptors_max = (h.msg_controllen - CMSG_HEAD) / sizeof m.descriptors[0] <
			posix_PASS_MAX ? (uint32_t)((h.msg_controllen - CMSG_HEAD) /
			sizeof m.descriptors[0]) : posix_PASS_MAX;
	result = message_size(&m, message_receive(&m));
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
