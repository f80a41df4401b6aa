/*
 * Locks: of whole files, of ranges, of owners; waited for, canceled, given up
 * at a deadline, ended with their session; and owners that wait for each other.
 *
 * Usage: locks SOCKET DIR (outside.h). The served folder is empty.
 */
#include "tests/hostfs/outside.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#define SLOTS 12

static struct sk_slot slots[SLOTS];
static struct sk_ring ring;
static struct sk_completion done;
static struct sk_socket *one, *two;

static int flock_file(struct sk_socket *file, fs_LockKind kind)
{
	struct fs_File_flock_request request = {kind, false};
	struct fs_File_flock_reply reply;

	return fs_File_flock(&file->channel, &request, &reply, patiently());
}

static void wait_flock(struct sk_socket *file, fs_LockKind kind, uint64_t cookie,
	uint32_t limit_ms)
{
	struct fs_File_flock_request request = {kind, true};
	struct sk_call call = {.deadline = limit_ms ? sk_socket_after(limit_ms) :
		SK_FOREVER};

	WANT(0, fs_File_flock_begin(&ring, &file->channel, &request, cookie, &call));
}

/* What the next call comes to that ends; it must be this one. */
static int ended(uint64_t cookie)
{
	struct fs_File_flock_reply reply;
	int status;

	WANT(0, sk_ring_next(&ring, sk_socket_after(HANGS_MS), &done));
	WANT((int64_t)cookie, (int64_t)done.cookie);
	status = fs_File_flock_end(&done, &reply);
	sk_ring_release(&done);
	return status;
}

/* Whether nothing ends for a while. */
static bool all_wait(void)
{
	return sk_ring_next(&ring, sk_socket_after(100), &done) == SK_TIMED_OUT;
}

static void whole_files(void)
{
	WANT(0, flock_file(one, fs_LockKind_SHARED));
	WANT(0, flock_file(two, fs_LockKind_SHARED));
	WANT(fs_Error_EAGAIN, flock_file(one, fs_LockKind_EXCLUSIVE));
	WANT(fs_Error_EINVAL, flock_file(one, 7));
	/* What was there before is gone, as the host has it. */
	WANT(0, flock_file(two, fs_LockKind_NONE));
	WANT(0, flock_file(one, fs_LockKind_EXCLUSIVE));
	wait_flock(two, fs_LockKind_SHARED, 1, 0);
	WANT(true, all_wait());
	WANT(0, flock_file(one, fs_LockKind_NONE));
	WANT(0, ended(1));
	WANT(0, flock_file(two, fs_LockKind_NONE));
}

static void given_up(void)
{
	WANT(0, flock_file(one, fs_LockKind_EXCLUSIVE));
	wait_flock(two, fs_LockKind_EXCLUSIVE, 2, 100);
	WANT(SK_TIMED_OUT, ended(2));
	wait_flock(two, fs_LockKind_EXCLUSIVE, 3, 0);
	WANT(true, all_wait());
	WANT(0, sk_ring_cancel(&ring, 3));
	WANT(SK_CANCELED, ended(3));
	/* Neither of them has it now. */
	WANT(0, flock_file(one, fs_LockKind_NONE));
	usleep(50000);
	WANT(0, flock_file(one, fs_LockKind_EXCLUSIVE));
	WANT(0, flock_file(one, fs_LockKind_NONE));
}

/* Waiting for ever in great numbers has a bound. */
static void many_wait(void)
{
	WANT(0, flock_file(one, fs_LockKind_EXCLUSIVE));
	for (unsigned i = 0; i < 8; i++)
		wait_flock(two, fs_LockKind_EXCLUSIVE, 10 + i, 0);
	wait_flock(two, fs_LockKind_EXCLUSIVE, 99, 0);
	WANT(SK_EXHAUSTED, ended(99));
	for (unsigned i = 0; i < 8; i++)
		WANT(0, sk_ring_cancel(&ring, 10 + i));
	for (unsigned i = 0; i < 8; i++) {
		WANT(0, sk_ring_next(&ring, SK_POLL, &done));
		sk_ring_release(&done);
	}
	WANT(0, flock_file(one, fs_LockKind_NONE));
}

/* The host's processes count as well. */
static void locked_by_the_host(void)
{
	int fd = open("file", O_RDWR);

	WANT(0, flock(fd, LOCK_EX));
	WANT(fs_Error_EAGAIN, flock_file(one, fs_LockKind_SHARED));
	wait_flock(one, fs_LockKind_SHARED, 4, 0);
	WANT(true, all_wait());
	WANT(0, flock(fd, LOCK_UN));
	WANT(0, ended(4));
	WANT(-1, flock(fd, LOCK_EX | LOCK_NB));
	WANT(0, flock_file(one, fs_LockKind_NONE));
	close(fd);
}

static int lock_range(struct sk_socket *file, fs_LockKind kind, uint64_t start,
	uint64_t length)
{
	struct fs_File_lock_request request = {{kind, start, length}, false};
	struct fs_File_lock_reply reply;

	return fs_File_lock(&file->channel, &request, &reply, patiently());
}

static struct fs_File_test_lock_reply in_the_way(struct sk_socket *file, uint64_t start,
	uint64_t length)
{
	struct fs_File_test_lock_request request = {
		{fs_LockKind_EXCLUSIVE, start, length},
	};
	struct fs_File_test_lock_reply reply;

	WANT(0, fs_File_test_lock(&file->channel, &request, &reply, patiently()));
	return reply;
}

static void ranges_of_open_files(void)
{
	struct fs_File_test_lock_reply found;

	WANT(0, lock_range(one, fs_LockKind_EXCLUSIVE, 10, 10));
	WANT(0, lock_range(two, fs_LockKind_EXCLUSIVE, 20, 0));
	WANT(fs_Error_EAGAIN, lock_range(two, fs_LockKind_SHARED, 0, 11));
	found = in_the_way(two, 0, 100);
	WANT(fs_LockKind_EXCLUSIVE, found.found.kind);
	WANT(10, found.found.start);
	WANT(10, found.found.length);
	WANT(0, found.holder);
	WANT(fs_LockKind_NONE, in_the_way(two, 0, 10).found.kind);
	WANT(0, in_the_way(one, 30, 1).found.length);
	WANT(fs_Error_EINVAL, lock_range(one, fs_LockKind_SHARED, UINT64_MAX, 1));
	WANT(fs_Error_EINVAL, lock_range(one, fs_LockKind_SHARED, INT64_MAX, 2));
	WANT(0, lock_range(one, fs_LockKind_NONE, 0, 0));
	WANT(0, lock_range(two, fs_LockKind_NONE, 0, 0));
}

/* ---- record locks ---- */

static int record(struct sk_socket *who, fs_Node node, fs_LockOwner owner,
	fs_LockKind kind, uint64_t start, uint64_t length)
{
	struct fs_FileSystem_lock_request request = {
		node, owner, {kind, start, length}, false,
	};
	struct fs_FileSystem_lock_reply reply;

	return fs_FileSystem_lock(&who->channel, &request, &reply, patiently());
}

static void wait_record(fs_Node node, fs_LockOwner owner, uint64_t start, uint64_t cookie)
{
	struct fs_FileSystem_lock_request request = {
		node, owner, {fs_LockKind_EXCLUSIVE, start, 1}, true,
	};

	WANT(0, fs_FileSystem_lock_begin(&ring, &session.channel, &request, cookie, NULL));
}

static struct fs_FileSystem_test_lock_reply who_has(fs_Node node, fs_LockOwner owner,
	uint64_t start)
{
	struct fs_FileSystem_test_lock_request request = {
		node, owner, {fs_LockKind_EXCLUSIVE, start, 1},
	};
	struct fs_FileSystem_test_lock_reply reply;

	WANT(0, fs_FileSystem_test_lock(&session.channel, &request, &reply, patiently()));
	return reply;
}

static int release(fs_Node node, fs_LockOwner owner)
{
	struct fs_FileSystem_unlock_all_request request = {node, owner};
	struct fs_FileSystem_unlock_all_reply reply;

	return fs_FileSystem_unlock_all(&session.channel, &request, &reply, patiently());
}

static void records_of_owners(fs_Node node)
{
	const fs_LockKind shared = fs_LockKind_SHARED, exclusive = fs_LockKind_EXCLUSIVE;

	WANT(0, record(&session, node, 1, exclusive, 0, 100));
	WANT(fs_Error_EAGAIN, record(&session, node, 2, shared, 50, 1));
	WANT(1, who_has(node, 2, 50).holder);
	WANT(fs_LockKind_NONE, who_has(node, 1, 50).found.kind);
	/* Cut in two, and one part shared. */
	WANT(0, record(&session, node, 1, fs_LockKind_NONE, 40, 20));
	WANT(0, record(&session, node, 2, exclusive, 45, 10));
	WANT(2, who_has(node, 1, 50).holder);
	WANT(1, who_has(node, 2, 99).holder);
	WANT(0, who_has(node, 2, 42).holder);
	WANT(0, record(&session, node, 1, shared, 60, 40));
	WANT(0, record(&session, node, 2, shared, 60, 40));
	WANT(fs_Error_EAGAIN, record(&session, node, 2, exclusive, 60, 40));
	/* They are in the way of open files too. */
	WANT(fs_Error_EAGAIN, lock_range(one, shared, 0, 1));
	WANT(1, in_the_way(one, 0, 10).holder);
	WANT(0, release(node, 1));
	WANT(0, record(&session, node, 2, exclusive, 0, 0));
	WANT(0, release(0, 2));
	WANT(0, who_has(node, 3, 0).holder);
	WANT(fs_Error_EBADF, record(&session, 999, 1, shared, 0, 1));
	WANT(fs_Error_EINVAL, record(&session, fs_ROOT, 1, shared, 0, 1));
	WANT(fs_Error_EBADF, release(999, 1));
}

static void owners_that_wait_for_each_other(fs_Node node)
{
	struct fs_FileSystem_lock_reply reply;

	for (fs_LockOwner owner = 1; owner <= 3; owner++)
		WANT(0, record(&session, node, owner, fs_LockKind_EXCLUSIVE, owner, 1));
	wait_record(node, 1, 2, 21);
	wait_record(node, 2, 3, 22);
	WANT(true, all_wait());
	wait_record(node, 3, 1, 23);
	WANT(0, sk_ring_next(&ring, sk_socket_after(HANGS_MS), &done));
	WANT(23, (int64_t)done.cookie);
	WANT(fs_Error_EDEADLK, fs_FileSystem_lock_end(&done, &reply));
	sk_ring_release(&done);
	/* One lets go, and the others come on in turn. */
	WANT(0, release(node, 3));
	for (unsigned cookie = 22; cookie > 20; cookie--) {
		WANT(0, sk_ring_next(&ring, sk_socket_after(HANGS_MS), &done));
		WANT(cookie, (int64_t)done.cookie);
		WANT(0, fs_FileSystem_lock_end(&done, &reply));
		sk_ring_release(&done);
		WANT(0, release(node, cookie - 20));
	}
}

static void many_owners_and_ranges(fs_Node node)
{
	unsigned ranges = 0;

	for (uint64_t i = 0; i < 1000; i++) {
		int status = record(&session, node, 7, fs_LockKind_EXCLUSIVE, 2 * i, 1);

		WANT(true, status == 0 || status == fs_Error_ENOLCK);
		ranges += status == 0;
	}
	WANT(256, ranges);
	/* No room to cut one in two, but room to let go. */
	WANT(fs_Error_ENOLCK, record(&session, node, 8, fs_LockKind_SHARED, 5000, 1));
	WANT(0, release(node, 7));
	for (fs_LockOwner owner = 1; owner <= 64; owner++)
		WANT(0, record(&session, node, owner, fs_LockKind_SHARED, 0, 0));
	WANT(fs_Error_ENOLCK, record(&session, node, 65, fs_LockKind_SHARED, 0, 0));
	for (fs_LockOwner owner = 1; owner <= 64; owner++)
		WANT(0, release(0, owner));
}

static void a_session_ends(fs_Node node, const char *socket)
{
	static struct sk_socket other;
	struct fs_FileSystem_walk_request walk = {.place = place_of("file")};
	struct fs_FileSystem_walk_reply walked;
	struct fs_FileSystem_lock_reply reply;

	WANT(0, sk_socket_connect(&other, socket, SK_FOREVER));
	WANT(0, fs_FileSystem_walk(&other.channel, &walk, &walked, patiently()));
	WANT(0, record(&other, walked.progress.node, 1, fs_LockKind_EXCLUSIVE, 0, 0));
	/* The same number, but another's. */
	WANT(fs_Error_EAGAIN, record(&session, node, 1, fs_LockKind_SHARED, 0, 1));
	wait_record(node, 1, 0, 31);
	WANT(true, all_wait());
	sk_socket_close(&other);
	WANT(0, sk_ring_next(&ring, sk_socket_after(HANGS_MS), &done));
	WANT(0, fs_FileSystem_lock_end(&done, &reply));
	sk_ring_release(&done);
	WANT(0, release(0, 1));
}

/* How often the server has gone to sleep. */
static long sleeps(void)
{
	struct ucred server;
	socklen_t size = sizeof(server);
	char line[256];
	long count = -1;
	FILE *file;

	WANT(0, getsockopt(session.fd, SOL_SOCKET, SO_PEERCRED, &server, &size));
	snprintf(line, sizeof(line), "/proc/%d/status", server.pid);
	file = fopen(line, "r");
	WANT(true, file != NULL);
	while (fgets(line, sizeof(line), file))
		sscanf(line, "voluntary_ctxt_switches: %ld", &count);
	fclose(file);
	return count;
}

static void readiness(void)
{
	struct fs_File_ready_request ask = {fs_Ready_READABLE};
	struct fs_File_ready_reply ready;
	struct fs_File_wait_ready_request wait = {fs_Ready_READABLE, 0};
	struct fs_File_wait_ready_reply waited;
	struct sk_call call = {.deadline = sk_socket_after(400)};
	long before;

	WANT(0, fs_File_ready(&one->channel, &ask, &ready, patiently()));
	WANT(fs_Ready_READABLE, ready.now);
	WANT(0, fs_File_wait_ready(&one->channel, &wait, &waited, patiently()));
	wait.sequence = waited.sequence;
	/* The server lies asleep meanwhile: nothing here becomes ready. */
	before = sleeps();
	WANT(SK_TIMED_OUT, fs_File_wait_ready(&one->channel, &wait, &waited, &call));
	WANT(true, sleeps() - before < 10);
	WANT(0, fs_File_ready(&one->channel, &ask, &ready, patiently()));
}

int main(int argc, char **argv)
{
	fs_Node node;

	if (argc != 3)
		return 2;
	outside_begin(argv[1], argv[2]);
	connect_session(argv[1]);
	sk_ring_init(&ring, &sk_socket_ring_ops, slots, SLOTS, NULL);
	one = opened("file", fs_Open_READ | fs_Open_WRITE | fs_Open_CREATE);
	two = opened("file", fs_Open_READ | fs_Open_WRITE);
	node = node_of("file");
	whole_files();
	given_up();
	many_wait();
	if (is_folder)
		locked_by_the_host();
	ranges_of_open_files();
	records_of_owners(node);
	owners_that_wait_for_each_other(node);
	many_owners_and_ranges(node);
	a_session_ends(node, argv[1]);
	readiness();
	closed(one);
	closed(two);
	sk_socket_close(&session);
	return 0;
}
