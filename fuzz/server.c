/* Cases of a server: datagrams, one after the other. See server.h. */
#define _GNU_SOURCE
#include "fuzz/server_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "runtime/codec.h"

/* Nothing in a case takes this long, unless the server waits for something. */
#define CASE_SECONDS 20
/* Turns of a server's loop within one step. */
#define TURNS_MAX 1000
#define DATAGRAM_MAX (SK_PACKET_HEADER + SK_MESSAGE_MAX + 64)

/* ---- what surrounds a case ---- */

static void on_alarm(int number)
{
	(void)number;
	fuzz_found("the server waits, or does not come to an end");
}

/* A clock of its own: engines have alarm(). */
static void set_watchdog(unsigned seconds)
{
	static timer_t timer;
	static bool is_made;
	struct itimerspec when = {.it_value.tv_sec = seconds};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2};
	struct sigaction action = {.sa_handler = on_alarm};

	if (!is_made) {
		sigaction(SIGUSR2, &action, NULL);
		is_made = timer_create(CLOCK_MONOTONIC, &event, &timer) == 0;
	}
	if (!is_made || timer_settime(timer, 0, &when, NULL) < 0)
		fuzz_found("there is no timer: %s", strerror(errno));
}

static unsigned count_descriptors(void)
{
	static DIR *folder;
	unsigned count = 0;

	if (!folder)
		folder = opendir("/proc/self/fd");
	if (!folder)
		fuzz_found("/proc/self/fd: %s", strerror(errno));
	rewinddir(folder);
	while (readdir(folder))
		count++;
	return count;
}

/* ---- one datagram ---- */

struct datagram {
	uint8_t bytes[DATAGRAM_MAX];
	size_t size;
	unsigned fd_count;
	int fds[FDS_MAX];
};

/* Descriptors that do no harm, whatever is done with them. */
static int harmless(unsigned n)
{
	int ends[2];

	if (n % 3 == 0)
		return memfd_create("handle", MFD_CLOEXEC);
	if (n % 3 == 1)
		return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	close(ends[1]);
	return ends[0];
}

static void add_descriptor(struct datagram *datagram, int fd)
{
	if (fd >= 0)
		datagram->fds[datagram->fd_count++] = fd;
}

/* False: it is not on its way. */
static bool send_datagram(struct server_peer *peer, const struct datagram *datagram)
{
	bool is_sent;

	struct iovec part = {(void *)(uintptr_t)datagram->bytes, datagram->size};
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} control;
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
	size_t size = datagram->fd_count * sizeof(int);

	memset(&control, 0, sizeof(control));
	if (size > 0) {
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(size);
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(size);
		memcpy(CMSG_DATA(&control.align), datagram->fds, size);
	}
	is_sent = sendmsg(peer->fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
	if (!is_sent && errno != EAGAIN)
		server_peer_close(peer);
	for (unsigned i = 0; i < datagram->fd_count; i++)
		close(datagram->fds[i]);
	return is_sent;
}

/* ---- calls ---- */

static uint64_t deadline_of(unsigned how)
{
	static const uint64_t deadlines[] = {SK_FOREVER, 0, UINT64_MAX - 1, 1000};

	return deadlines[how & 3];
}

/* A place for one more call; NULL if there is none. */
static struct server_call *new_call(struct server_peer *peer)
{
	for (unsigned i = 0; i < WAITING_MAX; i++)
		if (peer->waiting[i].number == 0)
			return &peer->waiting[i];
	return NULL;
}

static void put_ranges(struct server_peer *peer, const struct fuzz_step *step,
	uint8_t *head)
{
	const struct fuzz_packet *packet = &step->packet;

	head[19] = (uint8_t)packet->leases;
	for (unsigned i = 0; i < packet->leases; i++) {
		uint32_t size = packet->lease[i].size, room = WINDOW_SIZE / 4;
		uint32_t offset = i * room;

		if (step->how[1] & 128)
			offset = WINDOW_SIZE - (size < 512 ? size / 2 : 64);
		head[20 + i] = packet->lease[i].direction;
		sk_put_uint32(head + 24 + 8 * i, offset);
		sk_put_uint32(head + 28 + 8 * i, size);
		for (uint64_t at = offset; packet->lease[i].direction & SK_LEASE_OUT &&
				at < WINDOW_SIZE && at < (uint64_t)offset + size; at++)
			peer->lent[at / 64] = 1;
	}
}

static void put_message(struct server_case *run, struct datagram *datagram,
	const struct fuzz_step *step)
{
	const struct fuzz_packet *packet = &step->packet;
	uint8_t *message = datagram->bytes + SK_PACKET_HEADER;
	size_t size = packet->size > SK_MESSAGE_MAX + 32 ? SK_MESSAGE_MAX + 32 : packet->size;

	if (size > 0)
		memcpy(message, packet->bytes, size);
	server_replace_number(run, message, size, step);
	datagram->size = SK_PACKET_HEADER + size;
}

static void call(struct server_case *run, struct server_peer *peer,
	const struct fuzz_step *step, bool awaited)
{
	static struct datagram datagram;
	uint8_t *head = datagram.bytes;
	bool again = step->how[1] & 8 && peer->calls > 0;
	struct server_call *waits = new_call(peer);
	bool window = awaited && step->packet.leases > 0 &&
		(!peer->window || step->how[1] & 64);

	if (!waits)
		return;
	datagram.fd_count = 0;
	memset(head, 0, SK_PACKET_HEADER);
	put_message(run, &datagram, step);
	peer->calls += !again;
	sk_put_uint64(head, peer->calls);
	sk_put_uint64(head + 8, deadline_of(step->how[1]));
	head[16] = awaited ? SK_PACKET_CALL : SK_PACKET_SEND;
	head[17] = (uint8_t)(step->packet.handles + (step->how[1] & 4 ? 1 : 0));
	head[18] = window;
	if (window)
		add_descriptor(&datagram, server_peer_window(peer, step->how[1] >> 4 & 3));
	if (awaited)
		put_ranges(peer, step, head);
	for (unsigned i = 0; i < step->packet.handles; i++)
		add_descriptor(&datagram, harmless(step->packet.rights[i]));
	if (awaited) {
		waits->number = peer->calls;
		waits->is_canceled = false;
		waits->method = datagram.size < SK_PACKET_HEADER + 8 ? NULL :
			server_method(run->schema, sk_get_uint32(head + SK_PACKET_HEADER));
		if (waits->method && waits->method->reply == SK_NO_INDEX)
			waits->method = NULL;
		/* Two of the same number: either may be answered first. */
		for (unsigned i = 0; again && i < WAITING_MAX; i++)
			if (peer->waiting[i].number == peer->calls)
				peer->waiting[i].method = NULL;
	}
	if (!send_datagram(peer, &datagram))
		waits->number = 0;
}

static void cancel(struct server_peer *peer)
{
	static struct datagram datagram = {.size = SK_PACKET_HEADER};

	for (unsigned i = 0; i < WAITING_MAX; i++) {
		struct server_call *one = &peer->waiting[i];

		if (one->number == 0)
			continue;
		sk_put_uint64(datagram.bytes, one->number);
		datagram.bytes[16] = SK_PACKET_CANCEL;
		/* It is not answered any more. */
		one->number = 0;
		send_datagram(peer, &datagram);
		return;
	}
}

static void send_garbage(struct server_peer *peer, const struct fuzz_step *step)
{
	static struct datagram datagram;
	const struct fuzz_packet *packet = &step->packet;

	datagram.size = packet->size < DATAGRAM_MAX ? packet->size : DATAGRAM_MAX;
	datagram.fd_count = 0;
	if (datagram.size > 0)
		memcpy(datagram.bytes, packet->bytes, datagram.size);
	/* A call like any other could come of it. */
	if (datagram.size > 16)
		memset(datagram.bytes, 0, 8);
	for (unsigned i = 0; i < packet->handles; i++)
		add_descriptor(&datagram, harmless(packet->rights[i]));
	send_datagram(peer, &datagram);
}

/* ---- steps ---- */

static void connect_client(struct server_case *run)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		fuzz_found("no socket: %s", strerror(errno));
	if (sk_server_adopt(run->server, ends[1]) == SK_OK)
		server_peer_add(run, ends[0]);
	else
		close(ends[0]);
}

static void work(struct server_case *run)
{
	for (unsigned i = 0; fuzz_target.server->work(); i++)
		if (i == TURNS_MAX)
			fuzz_found("the server finds something to do for ever");
	for (unsigned i = 0; i < run->peer_count; i++)
		server_peer_receive(run, &run->peers[i]);
}

static struct server_peer *choose_peer(struct server_case *run, unsigned n)
{
	for (unsigned i = 0; i < run->peer_count; i++) {
		struct server_peer *peer = &run->peers[(n + i) % run->peer_count];

		if (peer->fd >= 0)
			return peer;
	}
	return NULL;
}

static void do_step(struct server_case *run, const struct fuzz_step *step)
{
	struct server_peer *peer = choose_peer(run, step->how[0] & 7);

	switch (peer ? (enum server_kind)(step->what % SERVER_KINDS) : SERVER_CONNECT) {
	case SERVER_CALL:
	case SERVER_SEND:
		call(run, peer, step, step->what % SERVER_KINDS == SERVER_CALL);
		break;
	case SERVER_CANCEL:
		cancel(peer);
		break;
	case SERVER_DATAGRAM:
		send_garbage(peer, step);
		break;
	case SERVER_HANG_UP:
		server_peer_close(peer);
		break;
	default:
		connect_client(run);
	}
}

/* What still waits is kept by the server, or it has lost it. */
static void check_waiting(const struct server_case *run)
{
	unsigned count = 0;

	for (unsigned i = 0; i < run->peer_count; i++)
		for (unsigned j = 0; run->peers[i].fd >= 0 && j < WAITING_MAX; j++)
			count += run->peers[i].waiting[j].number != 0;
	if (count > run->server->kept)
		fuzz_found("%u calls wait, and the server knows of %u", count,
			run->server->kept);
}

static void end_case(struct server_case *run)
{
	const struct sk_server *server = run->server;

	check_waiting(run);
	for (unsigned i = 0; i < run->peer_count; i++)
		server_peer_close(&run->peers[i]);
	work(run);
	if (server->clients != 0 || server->objects != 0 || server->kept != 0)
		fuzz_found("nobody is there, and the server has %u clients, %u sessions, %u"
			" requests", server->clients, server->objects, server->kept);
	values_free(&run->values);
}

void fuzz_run_server(struct fuzz *fuzz, const uint8_t *data, size_t size)
{
	static struct server_case run;
	static bool is_ready;
	struct fuzz_step step;
	unsigned before;
	size_t taken;

	(void)fuzz;
	if (!is_ready)
		fuzz_target.server->prepare();
	is_ready = true;
	memset(&run, 0, sizeof(run));
	for (unsigned i = 0; i < PEERS_MAX; i++)
		run.peers[i].fd = -1;
	run.schema = run.values.schema = fuzz_target.schema->tables;
	count_descriptors();
	before = count_descriptors();
	set_watchdog(CASE_SECONDS);
	run.server = fuzz_target.server->open();
	connect_client(&run);
	for (unsigned i = 0; i < SERVER_STEPS_MAX; i++) {
		taken = fuzz_step_read(&step, data, size);
		if (taken == 0)
			break;
		data += taken;
		size -= taken;
		do_step(&run, &step);
		work(&run);
	}
	end_case(&run);
	fuzz_target.server->close();
	set_watchdog(0);
	if (count_descriptors() != before)
		fuzz_found("%u descriptors are open, where %u were", count_descriptors(),
			before);
}
