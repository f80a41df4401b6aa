/* What cases have in common, and the program's beginning: calls FOLDER [TOPIC]... */
#include "call.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *topic = "";
const char *program_path;		/* for exec.c, which begins it anew */

long raw(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c),
		"r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	return result;
}

/* ---- lines ---- */

/* Each is written at once: a child's and its parent's come in their order. */
static void put(const char *call, const char *what, const char *result)
{
	char text[700];
	int size = snprintf(text, sizeof text, "%s/%s: %s = %s\n", topic, call, what, result);

	if (write(1, text, (size_t)size) != size)
		_exit(99);
}

static void put_error(char *to, size_t room, long number)
{
	const char *name = strerrorname_np((int)number);

	if (name)
		snprintf(to, room, "%s", name);
	else
		snprintf(to, room, "error %ld", number);
}

long line(const char *call, const char *what, long result)
{
	char text[40];

	if (result < 0 && result > -4096)
		put_error(text, sizeof text, -result);
	else
		snprintf(text, sizeof text, "%ld", result);
	put(call, what, text);
	return result;
}

long line_ok(const char *call, const char *what, long result)
{
	if (result < 0 && result > -4096)
		return line(call, what, result);
	put(call, what, "ok");
	return result;
}

long line_error(const char *call, const char *what, long number)
{
	char text[40] = "no error";

	if (number)
		put_error(text, sizeof text, number);
	put(call, what, text);
	return number;
}

void line_text(const char *call, const char *what, const char *text, long size)
{
	char shown[512] = "\"";
	size_t at = 1;

	for (long i = 0; i < size && at < sizeof shown - 8; i++) {
		unsigned char c = (unsigned char)text[i];

		at += (size_t)snprintf(shown + at, sizeof shown - at,
			c >= ' ' && c < 127 ? "%c" : "\\x%02x", c);
	}
	snprintf(shown + at, sizeof shown - at, "\"");
	put(call, what, shown);
}

/* ---- helpers ---- */

static void check(bool good, const char *what)
{
	if (!good) {
		fprintf(stderr, "%s: %s\n", what, strerror(errno));
		_exit(98);
	}
}

void make_file(const char *path, const char *text)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);

	check(file >= 0, path);
	check(write(file, text, strlen(text)) == (ssize_t)strlen(text), path);
	close(file);
}

int child_code(long pid)
{
	int status;

	if (pid < 0)
		return (int)pid;
	while (waitpid((pid_t)pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
}

int in_child(void (*run)(void), unsigned user)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (user)
			check(C(setgroups, 0, 0) == 0 && C(setresgid, user, user, user) == 0 &&
				C(setresuid, user, user, user) == 0, "another user");
		run();
		_exit(0);
	}
	return child_code(pid);
}

int64_t clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

bool all_are(const void *data, int value, size_t size)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < size; i++)
		if (bytes[i] != value)
			return false;
	return true;
}

/* ---- the program ---- */

void exec_echo(char **words);
#define X(name) void topic_##name(void);
TOPICS(X)
#undef X

static const struct { const char *name; void (*run)(void); } topics[] = {
#define X(name) { #name, topic_##name },
	TOPICS(X)
#undef X
};

static bool is_wanted(const char *name, char **wanted)
{
	/* What is absent is asked for by name alone: of Linux nobody asks that. */
	if (!*wanted)
		return strcmp(name, "absent") != 0;
	for (; *wanted; wanted++)
		if (strcmp(name, *wanted) == 0)
			return true;
	return false;
}

/* In a process and a folder of its own: what it breaks is its own. */
static void run(const char *folder, const char *name, void (*work)(void))
{
	char path[200], code[40];
	pid_t pid;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	check(mkdir(path, 0755) == 0, path);
	topic = name;
	pid = fork();
	if (pid == 0) {
		check(chdir(path) == 0 && chmod(path, 0755) == 0, path);
		umask(022);
		work();
		_exit(0);
	}
	snprintf(code, sizeof code, "%d", child_code(pid));
	put("exit", "of the topic", code);
}

void bounds_use_stack(long megabytes);

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: calls FOLDER [TOPIC]...\n");
		return 2;
	}
	if (argc > 2 && strcmp(argv[1], "echo") == 0) {
		topic = "exec";
		exec_echo(argv + 2);
		return 0;
	}
	if (strcmp(argv[1], "wait") == 0)
		return read(0, &(char){ 0 }, 1) != 0;
	if (strcmp(argv[1], "stack") == 0) {
		bounds_use_stack(atol(argv[2]));
		return 0;
	}
	program_path = realpath(argv[0], NULL);
	close_range(3, ~0U, 0);
	for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
		if (is_wanted(topics[i].name, argv + 2))
			run(argv[1], topics[i].name, topics[i].run);
	return 0;
}
