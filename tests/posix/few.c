/*
 * Reads and writes of a few bytes, which go another way than larger ones: what they do to
 * positions, files and pipes, and what is refused. A line for each thing, the same on Linux.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
/* Addresses that the compiler does not look into. */
#define AT(address) ((void *)(*(volatile unsigned long *)&(unsigned long){address}))

static char *name;
static char *page;		/* the next one cannot be had */

static void say(const char *what, long result)
{
	printf("%s: %ld %s\n", what, result, result < 0 ? strerrorname_np(errno) : "");
	fflush(stdout);
}

static int make(int flags)
{
	int file = open(name, O_RDWR | O_CREAT | O_TRUNC | flags, 0600);
	char bytes[2 * PAGE];

	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)(i % 251);
	if (write(file, bytes, sizeof bytes) != sizeof bytes || lseek(file, 0, SEEK_SET) != 0)
		exit(2);
	return file;
}

/* All sizes, at offsets around the end of a page, of the file and of memory. */
static void sizes(void)
{
	int file = make(0);
	unsigned long wrong = 0, sum = 0;

	for (long size = 1; size <= 40; size++)
		for (long at = PAGE - 41; at <= PAGE + 1; at++) {
			char *to = page + PAGE - size;

			memset(to, 0xee, (size_t)size);
			wrong += pread(file, to, (size_t)size, at) != size;
			for (long i = 0; i < size; i++)
				wrong += to[i] != (char)((at + i) % 251);
			wrong += pwrite(file, to, (size_t)size, at + 1) != size;
			wrong += pread(file, to, (size_t)size, at + 1) != size;
			for (long i = 0; i < size; i++)
				wrong += to[i] != (char)((at + i) % 251);
			for (long i = 0; i < size; i++)
				to[i] = (char)((at + 1 + i) % 251);
			wrong += pwrite(file, to, (size_t)size, at + 1) != size;
		}
	lseek(file, 0, SEEK_SET);
	for (unsigned i = 0; i < 2 * PAGE; i++) {
		unsigned char byte;

		sum += (unsigned long)read(file, &byte, 1) * (i + 1) * (byte + 1u);
	}
	say("sizes, wrong", (long)wrong);
	say("sizes, sum", (long)sum);
	close(file);
}

static void ends(void)
{
	int file = make(0);
	char bytes[24];

	say("past the end", pread(file, bytes, 5, 2 * PAGE + 5));
	say("over the end", pread(file, bytes, 20, 2 * PAGE - 7));
	say("nothing", read(file, bytes, 0));
	say("at less than 0", pread(file, bytes, 1, -1));
	say("at the last", pread(file, bytes, 1, 0x7fffffffffffffff));
	say("write at less than 0", pwrite(file, bytes, 1, -5));
	say("write behind the end", pwrite(file, "x", 1, 3 * PAGE + 3));
	say("size", lseek(file, 0, SEEK_END));
	say("gap", pread(file, bytes, 8, 3 * PAGE - 1) + bytes[0] + bytes[3]);
	if (ftruncate(file, 10) != 0)
		exit(2);
	say("cut", pread(file, bytes, 20, 4));
	lseek(file, 8, SEEK_SET);
	say("to the end", read(file, bytes, 3));
	say("at the end", read(file, bytes, 3));
	close(file);
}

static void positions(void)
{
	int file = make(0), other = dup(file), status;
	char byte = 0;

	say("read", read(file, &byte, 1) + byte);
	say("by another descriptor", read(other, &byte, 1) + byte);
	if (fork() == 0) {
		_exit(read(file, &byte, 1) == 1 && byte == 2 ? 0 : 1);
	}
	wait(&status);
	say("by a child", status);
	say("behind the child", read(file, &byte, 1) + byte);
	if (vfork() == 0)
		_exit(read(file, &byte, 1) == 1 && byte == 4 ? 0 : 1);
	wait(&status);
	say("by a vfork's child", status);
	say("pread leaves it", pread(file, &byte, 1, 100) + byte);
	say("where", lseek(file, 0, SEEK_CUR));
	say("write", write(file, "abc", 3));
	say("where", lseek(other, 0, SEEK_CUR));
	close(file);
	close(other);
	file = make(O_APPEND);
	say("append", write(file, "abc", 3));
	say("where", lseek(file, 0, SEEK_CUR));
	say("append at an offset", pwrite(file, "d", 1, 0));
	say("size", lseek(file, 0, SEEK_END));
	close(file);
}

static void refusals(void)
{
	int file = make(0), reader = open(name, O_RDONLY), writer = open(name, O_WRONLY);
	const struct iovec none = {AT(8), 4};
	char *fixed = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char byte;

	say("no memory", read(file, AT(0), 4));
	say("to what is only read", read(file, fixed, 4));
	say("the end is not there", read(file, page + PAGE - 2, 4));
	say("to the kernel", read(file, AT(0xffff800000000000), 4));
	say("of no memory", write(file, AT(16), 4));
	say("of memory whose end is not there", pwrite(file, page + PAGE - 2, 4, 0));
	say("a vector of none", readv(file, &none, 1));
	lseek(file, 0, SEEK_SET);
	say("no memory", read(file, AT(0), 4));
	say("where", lseek(file, 0, SEEK_CUR));
	say("not for reading", read(writer, &byte, 1));
	say("not for writing", write(reader, "a", 1));
	say("not for writing, of no memory", write(reader, AT(16), 1));
	say("not open", read(99, &byte, 1));
	say("a directory", read(open("/", O_RDONLY), &byte, 1));
	say("a device", read(open("/dev/zero", O_RDONLY), &byte, 1));
	say("another", read(open("/dev/null", O_RDONLY), &byte, 1));
	close(file);
	close(reader);
	close(writer);
}

static void nothing(int signal)
{
	(void)signal;
}

static void cut(const char *what, int flags)
{
	const struct sigaction action = {.sa_handler = nothing, .sa_flags = flags};
	int ends[2];
	char byte = 0;
	pid_t child;

	if (pipe(ends) != 0 || sigaction(SIGUSR1, &action, NULL) != 0)
		exit(2);
	child = fork();
	if (child == 0) {
		usleep(300000);
		kill(getppid(), SIGUSR1);
		usleep(300000);
		_exit(write(ends[1], "z", 1) != 1);
	}
	say(what, read(ends[0], &byte, 1) + byte);
	waitpid(child, NULL, 0);
	close(ends[0]);
	close(ends[1]);
}

static void pipes(void)
{
	int ends[2];
	char bytes[32] = {0};

	if (pipe2(ends, O_NONBLOCK) != 0)
		exit(2);
	say("an empty pipe", read(ends[0], bytes, 4));
	say("into it", write(ends[1], "abcdef", 6));
	say("some", read(ends[0], bytes, 4) + bytes[3]);
	say("the rest", read(ends[0], bytes, 24) + bytes[1]);
	say("at an offset", pread(ends[0], bytes, 1, 0));
	say("write at an offset", pwrite(ends[1], bytes, 1, 0));
	say("to no memory", read(ends[0], AT(0), 1));
	for (long done = 0; done >= 0; done = write(ends[1], bytes, 16))
		;
	say("full", write(ends[1], "a", 1));
	say("from full", read(ends[0], bytes, 24));
	close(ends[1]);
	while (read(ends[0], bytes, 24) > 0)
		;
	say("nobody writes", read(ends[0], bytes, 24));
	if (pipe(ends) != 0)
		exit(2);
	signal(SIGPIPE, SIG_IGN);
	close(ends[0]);
	say("nobody reads", write(ends[1], "a", 1));
	close(ends[1]);
	cut("cut off", 0);
	cut("cut off, and again", SA_RESTART);
}

/* A thousand rounds between two, whose bytes say whether one was lost. */
static void rounds(void)
{
	int there[2], back[2], status;
	unsigned char byte = 0, size = 0;
	unsigned long wrong = 0;

	if (pipe(there) != 0 || pipe(back) != 0)
		exit(2);
	if (fork() == 0) {
		unsigned char bytes[24];
		ssize_t got;

		close(there[1]);
		while ((got = read(there[0], bytes, sizeof bytes)) > 0)
			if (write(back[1], bytes, (size_t)(got > 16 ? 16 : got)) < 1)
				_exit(1);
		_exit(0);
	}
	close(there[0]);
	for (unsigned i = 0; i < 1000; i++) {
		unsigned char bytes[24];

		size = (unsigned char)(i % 16 + 1);
		memset(bytes, byte = (unsigned char)i, sizeof bytes);
		wrong += write(there[1], bytes, size) != size;
		memset(bytes, 0, sizeof bytes);
		wrong += read(back[0], bytes, size) != size || bytes[0] != byte ||
			bytes[size - 1] != byte;
	}
	close(there[1]);
	wait(&status);
	say("rounds, wrong", (long)wrong + status);
}

int main(int argc, char **argv)
{
	name = argc > 1 ? argv[1] : "/tmp/few";
	page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED || mprotect(page + PAGE, PAGE, PROT_NONE) != 0)
		return 2;
	sizes();
	ends();
	positions();
	refusals();
	pipes();
	rounds();
	unlink(name);
	return 0;
}
