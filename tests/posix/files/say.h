/* What test programs of files have in common: a line for each call, with what came of it.
 * They run on Linux and in the OS, and are to write the same. */
#ifndef TESTS_POSIX_FILES_SAY_H
#define TESTS_POSIX_FILES_SAY_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* A call that answers -1 and errno, by its own text. */
#define SAY(call) say(#call, (long)(call))

static inline long say(const char *what, long result)
{
	int error = errno;

	if (result == -1)
		printf("%s: %s\n", what, strerrorname_np(error));
	else
		printf("%s: %ld\n", what, result);
	fflush(stdout);
	errno = error;
	return result;
}

/* Where it does its work. */
static inline void go_to_work(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/tmp/%s.%d", name, (int)getpid());
	mkdir(path, 0777);
	if (chdir(path) != 0)
		exit(99);
	umask(022);
}

/* Runs something in a child, and says how that ended. */
static inline pid_t begin(void (*what)(void))
{
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		what();
		fflush(stdout);
		_exit(0);
	}
	return child;
}

static inline void ended(const char *what, pid_t child)
{
	int status = 0;

	waitpid(child, &status, 0);
	if (WIFSIGNALED(status))
		printf("%s: signal %d\n", what, WTERMSIG(status));
	else
		printf("%s: exit %d\n", what, WEXITSTATUS(status));
	fflush(stdout);
}

/* Lets another get as far as waiting; what is said does not depend on whether it did. */
static inline void rest(void)
{
	usleep(50000);
}

#endif
