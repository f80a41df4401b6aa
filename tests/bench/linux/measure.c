/*
 * What Linux asks for things like those that tests/bench/ipc measures: the one
 * program of a guest, or a program like others, to see whether it works.
 *
 * Each line: bench NAME MEAN LEAST, in steps of the time stamp counter. What this
 * Linux does not offer is left out, and told of on stderr.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/bench/linux/measure.h"
#include "tests/bench/rounds.h"
#include "tests/bench/turns.h"

#define FORKS (TIMED / 20)

void report(void *to, const char *name, uint64_t mean, uint64_t least, unsigned rounds)
{
	(void)to;
	(void)rounds;
	printf("bench %s %lu %lu\n", name, (unsigned long)mean, (unsigned long)least);
	fflush(stdout);
}

void left_out(const char *name)
{
	fprintf(stderr, "%s is left out: %s\n", name, strerror(errno));
}

/* ---- two that take turns ---- */

static bool open_ways(struct peer *peer, enum way way)
{
	int there[2], back[2];

	if (way == PIPES) {
		if (pipe(there) != 0 || pipe(back) != 0)
			return false;
	} else if (way == SOCKETS) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, there) != 0)
			return false;
		back[0] = there[1];
		back[1] = there[0];
	} else {
		there[0] = there[1] = eventfd(0, 0);
		back[0] = back[1] = eventfd(0, 0);
	}
	peer->in = there[0];
	peer->out = back[1];
	peer->to = there[1];
	peer->from = back[0];
	return peer->in >= 0 && peer->from >= 0;
}

bool begin_process(struct peer *peer, enum way way, const char *name)
{
	if (open_ways(peer, way))
		peer->process = fork();
	else
		peer->process = -1;
	if (peer->process == 0) {
		peer->serve(peer);
		_exit(0);
	}
	if (peer->process < 0)
		left_out(name);
	return peer->process > 0;
}

static void *run_peer(void *peer)
{
	((struct peer *)peer)->serve(peer);
	return NULL;
}

/* It stays until the program ends. */
static bool begin_thread(struct peer *peer, const char *name)
{
	pthread_t thread;

	if (open_ways(peer, EVENTS)) {
		errno = pthread_create(&thread, NULL, run_peer, peer);
		if (errno == 0)
			return true;
	}
	left_out(name);
	return false;
}

void end_process(struct peer *peer)
{
	kill(peer->process, SIGKILL);
	waitpid(peer->process, NULL, 0);
}

/* An event is a message of eight bytes, which must not be zero. */
static uint8_t sent[65536] __attribute__((aligned(4096))) = {1};

static void ask(const struct peer *peer)
{
	uint8_t got[4096];

	if (write(peer->to, sent, peer->size) < 0 || read(peer->from, got, peer->size) < 0)
		_exit(1);
}

void serve_echo(struct peer *self)
{
	uint8_t bytes[4096];

	while (read(self->in, bytes, self->size) == (ssize_t)self->size &&
			write(self->out, bytes, self->size) > 0)
		;
}

static void serve_echo_with_vectors(struct peer *self)
{
	uint8_t bytes[8];

	while (read(self->in, bytes, 8) == 8) {
		__asm__ volatile("paddq %xmm1, %xmm0");
		if (write(self->out, bytes, 8) < 0)
			return;
	}
}

static void measure_echo(const char *name, enum way way, size_t size)
{
	struct peer peer = {.serve = serve_echo, .size = size};

	if (!begin_process(&peer, way, name))
		return;
	MEASURE(NULL, name, ask(&peer));
	end_process(&peer);
}

static void measure_vectors(void)
{
	struct peer peer = {.serve = serve_echo_with_vectors, .size = 8};

	if (!begin_process(&peer, EVENTS, "eventfd-fpu"))
		return;
	MEASURE(NULL, "eventfd-fpu", __asm__ volatile("paddq %xmm1, %xmm0"); ask(&peer));
	end_process(&peer);
}

static void measure_threads(void)
{
	static struct peer peer = {.serve = serve_echo, .size = 8};

	if (begin_thread(&peer, "eventfd-threads"))
		MEASURE(NULL, "eventfd-threads", ask(&peer));
}

/* ---- futex ---- */

static void serve_turns(struct peer *self)
{
	(void)self;
	answer_turns();
}

static void measure_futex(void)
{
	struct peer peer = {.serve = serve_turns};

	if (!open_turns() || !begin_process(&peer, EVENTS, "futex"))
		return;
	MEASURE(NULL, "futex", give_turn(1); await_turn(0));
	end_process(&peer);
}

/* ---- handles ---- */

/* As a handle that is moved: the sender has it no more. */
static bool move_file(int through, int file)
{
	union {
		struct cmsghdr head;
		uint8_t bytes[CMSG_SPACE(sizeof(int))];
	} control = {.head = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
	struct iovec part = {sent, 1};
	const struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};

	memcpy(CMSG_DATA(&control.head), &file, sizeof(file));
	return sendmsg(through, &message, 0) == 1 && close(file) == 0;
}

static int receive_file(int from)
{
	union {
		struct cmsghdr head;
		uint8_t bytes[CMSG_SPACE(sizeof(int))];
	} control;
	uint8_t byte;
	struct iovec part = {&byte, 1};
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	int file;

	if (recvmsg(from, &message, 0) != 1)
		return -1;
	memcpy(&file, CMSG_DATA(&control.head), sizeof(file));
	return file;
}

static void serve_files(struct peer *self)
{
	while (move_file(self->out, receive_file(self->in)))
		;
}

static void measure_files(void)
{
	struct peer peer = {.serve = serve_files};
	int file = eventfd(0, 0);

	if (!begin_process(&peer, SOCKETS, "scm-rights"))
		return;
	MEASURE(NULL, "scm-rights", move_file(peer.to, file);
		file = receive_file(peer.from));
	end_process(&peer);
}

/* ---- the memory of another process ---- */

/* What a server of bench.Target does for `write`, which is lent memory to. */
static void serve_memory(struct peer *self)
{
	static uint8_t buffer[65536];
	const struct iovec from = {buffer, self->size}, to = {sent, self->size};
	const pid_t client = getppid();
	uint64_t event;

	while (read(self->in, &event, 8) == 8) {
		memset(buffer, (int)event, self->size);
		if (process_vm_writev(client, &from, 1, &to, 1, 0) < 0 ||
				write(self->out, &event, 8) < 0)
			return;
	}
}

static void ask_memory(const struct peer *peer)
{
	uint64_t event = 1;

	if (write(peer->to, &event, 8) < 0 || read(peer->from, &event, 8) < 0)
		_exit(1);
}

static void measure_memory(const char *name, const char *bare, size_t size)
{
	struct peer peer = {.serve = serve_memory, .size = size};
	static uint8_t here[65536] __attribute__((aligned(4096)));
	const struct iovec to = {here, size}, from = {sent, size};

	if (!begin_process(&peer, EVENTS, name))
		return;
	if (process_vm_readv(peer.process, &to, 1, &from, 1, 0) == (ssize_t)size) {
		MEASURE(NULL, name, ask_memory(&peer));
		MEASURE(NULL, bare, process_vm_readv(peer.process, &to, 1, &from, 1, 0));
	} else {
		left_out(name);
	}
	end_process(&peer);
}

/* ---- signals ---- */

static void serve_nothing(struct peer *self)
{
	uint64_t event;

	while (read(self->in, &event, 8) == 8)
		;
}

static void measure_event(void)
{
	int file = eventfd(0, 0);
	uint64_t event = 1;

	MEASURE(NULL, "eventfd-write", write(file, &event, 8));
	read(file, &event, 8);
	MEASURE(NULL, "eventfd-write-read", write(file, &event, 8); read(file, &event, 8));
	close(file);
}

/* Who waits is more urgent: it runs at once, and waits again. */
static void measure_wake(void)
{
	static struct peer waiter = {.serve = serve_nothing, .size = 8};
	const struct sched_param urgent = {.sched_priority = 1}, usual = {0};
	const uint64_t event = 1;

	if (sched_setscheduler(0, SCHED_FIFO, &urgent) != 0) {
		left_out("eventfd-wake");
		return;
	}
	if (!begin_thread(&waiter, "eventfd-wake"))
		return;
	usleep(10000);
	sched_setscheduler(0, SCHED_OTHER, &usual);
	MEASURE(NULL, "eventfd-wake", write(waiter.to, &event, 8));
}

/* ---- processes ---- */

static void end_at_once(void)
{
	_exit(0);
}

static void exec_self(void)
{
	execl("/proc/self/exe", "measure", "exit", (char *)NULL);
	execl("/init", "measure", "exit", (char *)NULL);
	_exit(1);
}

static void child_that(void (*act)(void))
{
	pid_t child = fork();

	if (child == 0)
		act();
	waitpid(child, NULL, 0);
}

static void measure_forks(void)
{
	MEASURE_TIMES(NULL, "fork-exit", FORKS, 1, (void)0, child_that(end_at_once));
	MEASURE_TIMES(NULL, "fork-exec", FORKS, 1, (void)0, child_that(exec_self));
}

int main(int argc, char **argv)
{
	cpu_set_t first;

	if (argc > 1 && strcmp(argv[1], "exit") == 0)
		return 0;
	CPU_ZERO(&first);
	CPU_SET(0, &first);
	sched_setaffinity(0, sizeof(first), &first);
	MEASURE(NULL, "getppid", getppid());
	measure_event();
	measure_echo("eventfd", EVENTS, 8);
	measure_echo("pipe-1", PIPES, 1);
	measure_echo("pipe-32", PIPES, 32);
	measure_echo("pipe-80", PIPES, 80);
	measure_echo("pipe-4080", PIPES, 4080);
	measure_echo("unix-32", SOCKETS, 32);
	measure_futex();
	measure_vectors();
	measure_files();
	measure_memory("writev-64", "readv-alone-64", 64);
	measure_memory("writev-4k", "readv-alone-4k", 4096);
	measure_memory("writev-64k", "readv-alone-64k", 65536);
	measure_uring();
	measure_faults();
	measure_forks();
	/* With a second thread each system call on a file costs more. */
	measure_threads();
	measure_wake();
	puts("bench-end");
	fflush(stdout);
	return getpid() == 1 ? reboot(RB_POWER_OFF) : 0;
}
