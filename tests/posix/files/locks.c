/* Record locks of processes and of open files, and flock: who is kept out, who waits, what
 * cuts that off, and when they end. */
#include "say.h"

#include <sys/file.h>

static int file, pipes[4][2];

/* ---- locks ---- */

static int set(int fd, int how, short type, off_t start, off_t length)
{
	struct flock lock = {.l_type = type, .l_start = start, .l_len = length};

	return fcntl(fd, how, &lock);
}

static void find(const char *what, int fd, int how, short type, off_t start, off_t length,
	pid_t expected)
{
	struct flock lock = {.l_type = type, .l_start = start, .l_len = length};

	if (SAY(fcntl(fd, how, &lock)) == 0)
		printf("%s: %d from %ld, %ld bytes, %s\n", what, lock.l_type, (long)lock.l_start,
			(long)lock.l_len, lock.l_type == F_UNLCK ? "-" : lock.l_pid == -1 ?
			"of a file" : lock.l_pid == expected ? "whose it is" : "another's");
}

/* ---- one after the other ---- */

static void pass(int which)
{
	if (write(pipes[which][1], "x", 1) != 1)
		_exit(98);
}

static void wait_for(int which)
{
	char byte;

	if (read(pipes[which][0], &byte, 1) != 1)
		_exit(97);
}

static int again(void)
{
	return open("file", O_RDWR);
}

/* ---- cases ---- */

static void others(void)
{
	int fd = again();

	SAY(set(fd, F_SETLK, F_WRLCK, 5, 10));
	SAY(set(fd, F_SETLK, F_RDLCK, 5, 10));
	SAY(set(fd, F_SETLK, F_WRLCK, 0, 5));
	SAY(set(fd, F_SETLK, F_RDLCK, 100, 0));
	find("in the way", fd, F_GETLK, F_WRLCK, 0, 0, getppid());
	find("nothing is", fd, F_GETLK, F_WRLCK, 20, 10, 0);
	find("not a shared one", fd, F_GETLK, F_RDLCK, 200, 1, 0);
}

static void kinds(void)
{
	int reader = open("file", O_RDONLY), writer = open("file", O_WRONLY);
	struct flock odd = {.l_type = 7};

	SAY(set(file, F_SETLK, F_WRLCK, 5, 10));
	SAY(set(file, F_SETLK, F_RDLCK, 100, 0));
	ended("others", begin(others));
	find("its own is not", file, F_GETLK, F_WRLCK, 0, 0, 0);
	SAY(set(reader, F_SETLK, F_WRLCK, 0, 1));
	SAY(set(writer, F_SETLK, F_RDLCK, 0, 1));
	SAY(set(77, F_SETLK, F_RDLCK, 0, 1));
	SAY(fcntl(file, F_SETLK, &odd));
	SAY(set(file, F_SETLK, F_WRLCK, -1, 1));
	odd.l_type = F_UNLCK;
	odd.l_start = 3;
	odd.l_whence = SEEK_END;
	SAY(fcntl(file, F_SETLK, &odd));
	SAY(fcntl(file, F_SETLK, NULL));
	/* One close of the file lets go of all that the process has on it. */
	close(reader);
	close(writer);
	ended("others, after a close", begin(others));
}

static void waits(void)
{
	pass(0);
	SAY(set(again(), F_SETLKW, F_WRLCK, 0, 0));
	pass(1);
	pause();
}

static void handovers(void)
{
	pid_t child;

	set(file, F_SETLK, F_WRLCK, 0, 0);
	child = begin(waits);
	wait_for(0);
	rest();
	find("nobody's yet", file, F_GETLK, F_WRLCK, 0, 0, child);
	set(file, F_SETLK, F_UNLCK, 0, 0);
	wait_for(1);
	find("the child's", file, F_GETLK, F_WRLCK, 0, 0, child);
	kill(child, SIGKILL);
	ended("who had it", child);
	SAY(set(file, F_SETLK, F_WRLCK, 0, 0));
	/* Somebody who waits is killed, and never gets it. */
	child = begin(waits);
	wait_for(0);
	rest();
	kill(child, SIGKILL);
	ended("who waited", child);
	SAY(set(file, F_SETLK, F_UNLCK, 0, 0));
	find("nobody's", file, F_GETLK, F_WRLCK, 0, 0, child);
}

static void ignore(int signal)
{
	(void)signal;
}

static void is_cut(void)
{
	struct sigaction action = {.sa_handler = ignore};

	sigaction(SIGALRM, &action, NULL);
	alarm(1);
	SAY(set(again(), F_SETLKW, F_RDLCK, 0, 0));
	alarm(1);
	SAY(flock(again(), LOCK_EX));
	alarm(1);
	SAY(set(again(), F_OFD_SETLKW, F_WRLCK, 0, 0));
}

static void cuts(void)
{
	int other = again();

	set(file, F_SETLK, F_WRLCK, 0, 0);
	flock(other, LOCK_SH);
	ended("who was cut off", begin(is_cut));
	/* The last of `other` but not of `file`: the locks of both end. */
	close(other);
	find("let go", file, F_GETLK, F_WRLCK, 0, 0, 0);
}

static void first_of_two(void)
{
	set(file, F_SETLK, F_WRLCK, 1, 1);
	pass(0);
	wait_for(1);
	SAY(set(file, F_SETLKW, F_WRLCK, 2, 1));
}

static void deadlocks(void)
{
	pid_t child = begin(first_of_two);

	wait_for(0);
	set(file, F_SETLK, F_WRLCK, 2, 1);
	pass(1);
	sleep(1);
	SAY(set(file, F_SETLKW, F_WRLCK, 1, 1));
	set(file, F_SETLK, F_UNLCK, 0, 0);
	ended("the other one", child);
}

static void of_files(void)
{
	int one = again(), other = again(), same = dup(one);

	SAY(set(one, F_OFD_SETLK, F_WRLCK, 0, 10));
	SAY(set(same, F_OFD_SETLK, F_RDLCK, 0, 5));
	SAY(set(other, F_OFD_SETLK, F_RDLCK, 0, 5));
	SAY(set(other, F_OFD_SETLK, F_RDLCK, 0, 10));
	find("a file's", other, F_OFD_GETLK, F_WRLCK, 5, 0, 0);
	find("a file's to a process", file, F_GETLK, F_WRLCK, 5, 0, 0);
	SAY(set(file, F_SETLK, F_WRLCK, 5, 1));
	SAY(set(file, F_SETLK, F_WRLCK, 20, 1));
	find("a process's", other, F_OFD_GETLK, F_WRLCK, 20, 0, getpid());
	close(one);
	SAY(set(other, F_OFD_SETLK, F_WRLCK, 0, 10));
	close(same);
	SAY(set(other, F_OFD_SETLKW, F_WRLCK, 0, 10));
	close(other);
}

static void wholes(void)
{
	int one = again(), other = again();

	SAY(flock(one, LOCK_SH));
	SAY(flock(other, LOCK_SH));
	SAY(flock(other, LOCK_EX | LOCK_NB));
	SAY(flock(one, LOCK_UN));
	SAY(flock(other, LOCK_EX | LOCK_NB));
	SAY(flock(one, LOCK_SH | LOCK_NB));
	SAY(flock(one, 77));
	/* They are no record locks. */
	SAY(set(file, F_SETLK, F_WRLCK, 0, 0));
	close(other);
	SAY(flock(one, LOCK_SH));
	close(one);
}

static void holds(void)
{
	int fd = again();

	flock(fd, LOCK_EX);
	pass(0);
	wait_for(1);
}

static void ends(void)
{
	pid_t child = begin(holds);
	int fd = again();

	wait_for(0);
	SAY(flock(fd, LOCK_SH | LOCK_NB));
	pass(1);
	SAY(flock(fd, LOCK_SH));
	ended("who held it", child);
	close(fd);
}

int main(void)
{
	go_to_work("locks");
	file = open("file", O_RDWR | O_CREAT, 0666);
	for (int i = 0; i < 4; i++)
		if (pipe(pipes[i]) != 0)
			return 96;
	kinds();
	handovers();
	cuts();
	deadlocks();
	of_files();
	wholes();
	ends();
	return 0;
}
