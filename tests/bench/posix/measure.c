/*
 * What a program asks of its system, in steps of the time stamp counter: the same static
 * program in the OS and in a Linux guest, where it is the first process.
 *
 * Each line: bench NAME MEAN LEAST. What fails is left out, and told of on stderr. With
 * arguments only what is named.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef TIMED
#define TIMED 1000
#endif
/* No plugin counts here: programs take long enough. */
#ifndef MARKED
#define MARKED 0
#endif
#include "tests/bench/rounds.h"
#include "tests/bench/turns.h"

#define FEW (TIMED / 50)
/* Of programs that take long. */
#define FEWER (TIMED < 250 ? 1 : TIMED / 250)
#define LARGE 65536
#ifndef FOLDER
#define FOLDER "/tmp/bench"
#endif
#define PAGES 64

static char bytes[LARGE] __attribute__((aligned(4096))) = {1};

void report(void *to, const char *name, uint64_t mean, uint64_t least, unsigned rounds)
{
	(void)to;
	(void)rounds;
	printf("bench %s %lu %lu\n", name, (unsigned long)mean, (unsigned long)least);
	fflush(stdout);
}

static char **names;

/* All are, if none is named. */
static bool is_wanted(const char *name)
{
	char **one = names;

	while (*one && strcmp(*one, name) != 0)
		one++;
	return *one || !*names;
}

#define TRY_TIMES(name, times, rounds, ...) \
	do { \
		if (is_wanted(name)) \
			MEASURE_TIMES(NULL, name, times, rounds, (void)0, __VA_ARGS__); \
	} while (0)
#define TRY(name, ...) TRY_TIMES(name, TIMED, 1, __VA_ARGS__)

static void left_out(const char *name)
{
	fprintf(stderr, "%s is left out: %s\n", name, strerror(errno));
}

/* ---- calls that need no other process ---- */

static void measure_files(void)
{
	struct stat status;
	int file = open(FOLDER "/file", O_RDWR | O_CREAT | O_TRUNC, 0644);

	if (file < 0 || write(file, bytes, LARGE) != LARGE) {
		left_out("files");
		return;
	}
	TRY("read-1", pread(file, bytes, 1, 100));
	TRY("read-4k", pread(file, bytes, 4096, 0));
	TRY("read-64k", pread(file, bytes, LARGE, 0));
	TRY("write-1", pwrite(file, bytes, 1, 100));
	TRY("write-64k", pwrite(file, bytes, LARGE, 0));
	TRY("fstat", fstat(file, &status));
	close(file);
	TRY("open-close", close(open(FOLDER "/file", O_RDONLY)));
	TRY("stat", stat(FOLDER "/file", &status));
}

static void touch_pages(void)
{
	char *memory = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		_exit(1);
	for (unsigned i = 0; i < PAGES; i++)
		memory[i * 4096] = 1;
	munmap(memory, PAGES * 4096);
}

static void take_signal(int signal)
{
	(void)signal;
}

static void measure_alone(void)
{
	TRY("getpid", syscall(SYS_getpid));
	TRY("getppid", getppid());
	TRY("mmap-munmap", munmap(mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096));
	/* Of each page, with its part of mapping them. */
	TRY_TIMES("page-fault", TIMED / 10, PAGES, touch_pages());
	signal(SIGUSR1, take_signal);
	TRY("signal", raise(SIGUSR1));
}

/* ---- two processes ---- */

struct peer {
	int there[2], back[2];
	pid_t process;
};

static bool begin_peer(struct peer *peer, void (*serve)(struct peer *peer))
{
	if (pipe(peer->there) != 0 || pipe(peer->back) != 0)
		return false;
	peer->process = fork();
	if (peer->process == 0) {
		serve(peer);
		_exit(0);
	}
	return peer->process > 0;
}

static void end_peer(struct peer *peer)
{
	kill(peer->process, SIGKILL);
	waitpid(peer->process, NULL, 0);
	for (unsigned i = 0; i < 2; i++) {
		close(peer->there[i]);
		close(peer->back[i]);
	}
}

static void serve_echo(struct peer *peer)
{
	char byte;

	while (read(peer->there[0], &byte, 1) == 1 && write(peer->back[1], &byte, 1) == 1)
		;
}

static void serve_all(struct peer *peer)
{
	static char sink[LARGE];

	while (read(peer->there[0], sink, LARGE) > 0)
		;
}

static void ask(struct peer *peer)
{
	char byte = 1;

	if (write(peer->there[1], &byte, 1) != 1 || read(peer->back[0], &byte, 1) != 1)
		_exit(1);
}

static void serve_turns(struct peer *peer)
{
	(void)peer;
	answer_turns();
}

static void measure_pairs(void)
{
	struct peer peer;

	if (begin_peer(&peer, serve_echo)) {
		TRY("pipe-round", ask(&peer));
		end_peer(&peer);
	} else {
		left_out("pipe-round");
	}
	if (begin_peer(&peer, serve_all)) {
		TRY("pipe-64k", write(peer.there[1], bytes, LARGE));
		end_peer(&peer);
	} else {
		left_out("pipe-64k");
	}
	/* There and back: two switches. */
	if (open_turns() && begin_peer(&peer, serve_turns)) {
		TRY_TIMES("switch", TIMED, 2, give_turn(1); await_turn(0));
		end_peer(&peer);
	} else {
		left_out("switch");
	}
}

/* ---- programs ---- */

/* Runs to its end. False: it could not, or says that something was wrong. */
static bool run(char *const *arguments)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		if (arguments)
			execv(arguments[0], arguments);
		_exit(arguments ? 127 : 0);
	}
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

/* A few times: how often; what is not there is left out. */
static void measure_program(const char *name, unsigned times, char *const *arguments)
{
	if (!is_wanted(name))
		return;
	if (run(arguments))
		MEASURE_TIMES(NULL, name, times, 1, (void)0, run(arguments));
	else
		left_out(name);
}

#define SQL "create table if not exists t(k integer primary key, v); begin;" \
	"insert into t(v) select value * value from (with recursive c(value) as " \
	"(select 1 union all select value + 1 from c where value < 5000) " \
	"select value from c); commit; insert into t(v) values (1); " \
	"insert into t(v) values (2); insert into t(v) values (3); delete from t;"

static void measure_programs(void)
{
	char *const nothing[] = {"/bin/busybox", "true", NULL};
	char *const loop[] = {"/bin/bash-static", "-c",
		"for ((i = 0; i < 2000; i++)); do s=$((s + i)); done", NULL};
	char *const forks[] = {"/bin/bash-static", "-c",
		"for i in 1 2 3 4 5 6 7 8 9 10; do x=$(echo $i); done", NULL};
	char *const tar[] = {"/bin/tar", "-cf", FOLDER "/a.tar", "-C", FOLDER, "files", NULL};
	char *const sql[] = {"/usr/bin/sqlite3", FOLDER "/t.db", SQL, NULL};

	TRY_TIMES("fork-wait", FEW, 1, run(NULL));
	measure_program("fork-exec-wait", FEW, nothing);
	measure_program("bash-loop", FEWER, loop);
	measure_program("bash-10-forks", FEWER, forks);
	measure_program("tar-1000", FEWER, tar);
	measure_program("sqlite-5000", FEWER, sql);
}

/* ---- where it runs ---- */

static void make_files(void)
{
	char path[64];

	mkdir("/tmp", 0777);
	mkdir(FOLDER, 0755);
	mkdir(FOLDER "/files", 0755);
	for (unsigned i = 0; i < 1000; i++) {
		int file;

		snprintf(path, sizeof(path), FOLDER "/files/%u", i);
		file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
		if (file < 0 || write(file, bytes, 100) != 100)
			left_out(path);
		close(file);
	}
}

int main(int argc, char **argv)
{
	bool is_first = argc > 0 && strcmp(argv[0], "/init") == 0;

	names = argv + (argc > 0);
	if (is_first) {
		mkdir("/proc", 0555);
		mount("proc", "/proc", "proc", 0, NULL);
	}
	make_files();
	measure_alone();
	measure_files();
	measure_pairs();
	measure_programs();
	puts("bench-end");
	fflush(stdout);
	if (is_first) {
		sync();
		reboot(RB_POWER_OFF);
	}
	return 0;
}
