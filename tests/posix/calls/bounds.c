/* Limits that are kept: sizes of files, memory, locks, stacks. */
#include "call.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096L
#define MEGA (1L << 20)
#define ANY (MAP_PRIVATE | MAP_ANONYMOUS)
#define WRITES (PROT_READ | PROT_WRITE)

static volatile int signals;

static void count(int number)
{
	signals += number == SIGXFSZ;
}

static void limit(int what, unsigned long soft, unsigned long hard)
{
	struct rlimit set = { soft, hard };

	C(setrlimit, what, &set);
}

/* Runs it in a child whose lines do not go to a file, for which the limit would count. */
static void aside(void (*run)(void))
{
	char text[4096];
	int ends[2];
	long pid, got;

	C(pipe2, ends, 0);
	pid = C(fork, 0);
	if (pid == 0) {
		C(dup2, ends[1], 1);
		C(close_range, 3, -1, 0);
		run();
		C(exit_group, 0);
	}
	C(close, ends[1]);
	while ((got = C(read, ends[0], text, sizeof text)) > 0)
		C(write, 1, text, got);
	C(close, ends[0]);
	child_code(pid);
}

/* ---- RLIMIT_FSIZE ---- */

static void file_sizes(void)
{
	static char bytes[9000];
	struct iovec pieces[2] = { { bytes, 60 }, { bytes, 60 } };
	long file, other, position = 95;

	signal(SIGXFSZ, count);
	limit(RLIMIT_FSIZE, 100, RLIM_INFINITY);
	file = C(open, "f", O_CREAT | O_RDWR, 0600);
	T(write, "within the limit", file, bytes, 90);
	T(write, "over the limit", file, bytes, 20);
	SAY(write, "signals so far", signals);
	T(write, "at the limit", file, bytes, 1);
	SAY(write, "signals at the limit", signals);
	T(write, "nothing at the limit", file, bytes, 0);
	T(pwrite64, "before the limit", file, bytes, 10, 95);
	T(pwrite64, "few before the limit", file, bytes, 3, 99);
	T(pwrite64, "beyond the limit", file, bytes, 10, 200);
	C(lseek, file, 30, SEEK_SET);
	T(writev, "over the limit in the second piece", file, pieces, 2);
	SAY(lseek, "where that ended", C(lseek, file, 0, SEEK_CUR));
	T(ftruncate, "beyond the limit", file, 101);
	T(ftruncate, "to the limit", file, 100);
	T(truncate, "beyond the limit", "f", 101);
	T(truncate, "to less than the limit", "f", 50);
	T(fallocate, "beyond the limit", file, 0, 0, 200);
	T(fallocate, "within the limit", file, 0, 0, 80);
	SAY(write, "signals in all", signals);
	limit(RLIMIT_FSIZE, RLIM_INFINITY, RLIM_INFINITY);
	C(ftruncate, file, 500);
	limit(RLIMIT_FSIZE, 100, RLIM_INFINITY);
	T(ftruncate, "a larger one to less, beyond the limit", file, 300);
	other = C(open, "g", O_CREAT | O_RDWR | O_APPEND, 0600);
	C(write, other, bytes, 98);
	C(lseek, other, 0, SEEK_SET);
	T(write, "over the limit at the end", other, bytes, 5);
	C(close, other);
	other = C(open, "h", O_CREAT | O_RDWR, 0600);
	C(lseek, file, 0, SEEK_SET);
	T(sendfile, "over the limit", other, file, NULL, 200);
	T(sendfile, "at the limit", other, file, NULL, 1);
	C(ftruncate, other, 0);
	T(copy_file_range, "over the limit", file, NULL, other, &position, 20, 0);
	C(close_range, 3, -1, 0);
}

static void killed(void)
{
	limit(RLIMIT_FSIZE, 10, 10);
	C(write, C(open, "k", O_CREAT | O_RDWR, 0600), "0123456789", 10);
	C(pwrite64, C(open, "k", O_RDWR), "x", 1, 10);
}

static void inherited(void)
{
	struct rlimit is;

	signal(SIGXFSZ, SIG_IGN);
	limit(RLIMIT_FSIZE, 10, 20);
	if (C(fork, 0) == 0) {
		long file = C(open, "i", O_CREAT | O_RDWR, 0600);

		T(write, "a child, over the limit", file, "0123456789abc", 13);
		T(write, "a child, ignoring the signal", file, "x", 1);
		C(exit_group, 0);
	}
	C(wait4, -1, NULL, 0, NULL);
	C(getrlimit, RLIMIT_FSIZE, &is);
	SAY(getrlimit, "of files, the most", is.rlim_max);
}

/* From outside, while it runs. */
static void set_by_other(void)
{
	long file = C(open, "o", O_CREAT | O_RDWR, 0600), pid;
	struct rlimit set = { 5, RLIM_INFINITY }, was;
	int ends[2];
	char byte;

	C(pipe2, ends, 0);
	pid = C(fork, 0);
	if (pid == 0) {
		C(read, ends[0], &byte, 1);
		T(write, "by who was limited meanwhile", file, "0123456789", 10);
		C(exit_group, 0);
	}
	T(prlimit64, "of a child", pid, RLIMIT_FSIZE, &set, &was);
	SAY(prlimit64, "of a child, as it was", was.rlim_cur == RLIM_INFINITY);
	C(write, ends[1], "x", 1);
	C(wait4, pid, NULL, 0, NULL);
	T(prlimit64, "of nobody any more", pid, RLIMIT_FSIZE, &set, &was);
}

/* ---- memory ---- */

/* How much of 64 MiB can be mapped by pieces of a MiB, more than `most`. */
static long mapped(long protection, long flags)
{
	long pieces = 0;

	while (pieces < 64 && C(mmap, 0, MEGA, protection, flags, -1, 0) > 0)
		pieces++;
	return pieces;
}

static unsigned long size_now(void)
{
	char text[64] = "";
	unsigned long pages = 0;
	long file = C(open, "/proc/self/statm", O_RDONLY);

	C(read, file, text, sizeof text - 1);
	C(close, file);
	for (char *c = text; *c >= '0' && *c <= '9'; c++)
		pages = pages * 10 + (unsigned long)(*c - '0');
	return pages * PAGE;
}

static void all_memory(void)
{
	long one = C(mmap, 0, 4 * MEGA, WRITES, ANY, -1, 0), end = C(brk, 0);

	/* Well above what either system counts of a stack. */
	limit(RLIMIT_AS, size_now() + 16 * MEGA, RLIM_INFINITY);
	T(mmap, "more than all memory", 0, 40 * MEGA, PROT_NONE, ANY, -1, 0);
	TOK(mmap, "in place of what is there", one, 4 * MEGA, WRITES, ANY | MAP_FIXED, -1, 0);
	SAY(mmap, "some pieces, not all", mapped(PROT_NONE, ANY) < 40);
	T(mmap, "one more piece", 0, 8 * MEGA, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	T(mremap, "longer than all memory", one, 4 * MEGA, 12 * MEGA, MREMAP_MAYMOVE);
	TOK(mremap, "shorter", one, 4 * MEGA, 2 * MEGA, 0);
	SAY(brk, "beyond all memory", C(brk, end + 16 * MEGA) == end);
	T(munmap, "a piece", one, 2 * MEGA);
}

static void data(void)
{
	long end = C(brk, 0), pages;

	limit(RLIMIT_DATA, 8 * MEGA, RLIM_INFINITY);
	TOK(mmap, "no data", 0, 64 * MEGA, PROT_READ, ANY, -1, 0);
	TOK(mmap, "no data, shared", 0, 64 * MEGA, WRITES, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	T(mmap, "more data than there may be", 0, 9 * MEGA, WRITES, ANY, -1, 0);
	SAY(brk, "more data than there may be", C(brk, end + 9 * MEGA) == end);
	SAY(brk, "data", C(brk, end + MEGA) == end + MEGA);
	pages = C(mmap, 0, 9 * MEGA, PROT_READ, ANY, -1, 0);
	T(mprotect, "becoming more data than there may be", pages, 9 * MEGA, WRITES);
	T(mprotect, "becoming data", pages, MEGA, WRITES);
	SAY(mmap, "data in pieces, not all", mapped(WRITES, ANY) < 8);
}

/* ---- locks ---- */

static void drop_capabilities(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

	C(capset, &head, none);
}

static void locks(void)
{
	long pages = C(mmap, 0, 64 * PAGE, WRITES, ANY, -1, 0), more;

	T(mlock, "root, beyond the limit", pages, 64 * PAGE);
	T(munlock, "that", pages, 64 * PAGE);
	limit(RLIMIT_MEMLOCK, 16 * PAGE, 16 * PAGE);
	drop_capabilities();
	T(mlock, "more than may be", pages, 17 * PAGE);
	T(mlock, "all that may be", pages, 16 * PAGE);
	T(mlock, "that again", pages, 16 * PAGE);
	T(mlock, "a page more", pages + 16 * PAGE, PAGE);
	T(mlock, "another page of these", pages + 15 * PAGE, 2 * PAGE);
	T(munlock, "one in the middle", pages + 5 * PAGE, PAGE);
	T(mlock, "a page more then", pages + 20 * PAGE, PAGE);
	T(mlock, "and one more", pages + 21 * PAGE, PAGE);
	T(munmap, "some that are locked", pages, 4 * PAGE);
	T(mlock, "as many again", pages + 30 * PAGE, 4 * PAGE);
	T(mlock, "and another", pages + 40 * PAGE, PAGE);
	T(mmap, "locked, too much", 0, PAGE, WRITES, ANY | MAP_LOCKED, -1, 0);
	T(mlock2, "on fault, too much", pages + 40 * PAGE, PAGE, 1);
	T(mlockall, "all there is", MCL_CURRENT);
	T(mlockall, "what comes", MCL_FUTURE);
	T(mmap, "what comes is too much", 0, PAGE, WRITES, ANY, -1, 0);
	T(munlockall, "all", 0);
	more = TOK(mmap, "locked", 0, 8 * PAGE, WRITES, ANY | MAP_LOCKED, -1, 0);
	T(mremap, "locked, too long then", more, 8 * PAGE, 17 * PAGE, MREMAP_MAYMOVE);
	TOK(mremap, "locked, longer", more, 8 * PAGE, 16 * PAGE, MREMAP_MAYMOVE);
	T(mlock, "beside what has grown", pages + 40 * PAGE, PAGE);
	if (C(fork, 0) == 0) {
		T(mlock, "a child has none", pages + 10 * PAGE, 16 * PAGE);
		limit(RLIMIT_MEMLOCK, 0, 0);
		T(mlock, "none may be", pages + 10 * PAGE, PAGE);
		T(mlockall, "none may be", MCL_CURRENT);
		T(mmap, "locked, and none may be", 0, PAGE, WRITES, ANY | MAP_LOCKED, -1, 0);
		T(munlockall, "none may be", 0);
		C(exit_group, 0);
	}
	C(wait4, -1, NULL, 0, NULL);
}

/* ---- stacks ---- */

static int depth(long bytes)
{
	volatile char piece[65536];

	piece[0] = piece[sizeof piece - 1] = (char)bytes;
	return bytes <= 0 ? 0 : piece[0] * 0 + 1 + depth(bytes - (long)sizeof piece);
}

extern const char *program_path;

/* What this program does as `calls stack MEGABYTES`. */
void bounds_use_stack(long megabytes);
void bounds_use_stack(long megabytes)
{
	depth(megabytes * MEGA);
}

static long begun(long soft, char *megabytes)
{
	char *words[] = { "calls", "stack", megabytes, NULL }, *none[] = { NULL };
	long pid = C(fork, 0);

	if (pid == 0) {
		limit(RLIMIT_STACK, (unsigned long)soft, RLIM_INFINITY);
		C(execve, program_path, words, none);
		C(exit_group, 99);
	}
	return child_code(pid);
}

static void stacks(void)
{
	static char large[200000];
	char *words[] = { "calls", large, large, large, NULL }, *none[] = { NULL };

	SAY(setrlimit, "a stack of 1 MiB, of which half is used", begun(MEGA, "0"));
	SAY(setrlimit, "a stack of 1 MiB, of which more is used", begun(MEGA, "3"));
	SAY(setrlimit, "a stack of 8 MiB, of which most is used", begun(8 * MEGA, "6"));
	SAY(setrlimit, "a stack of 8 MiB, of which more is used", begun(8 * MEGA, "20"));
	SAY(setrlimit, "a stack of 64 MiB, of which most is used", begun(64 * MEGA, "50"));
	SAY(setrlimit, "a stack of 64 MiB, of which more is used", begun(64 * MEGA, "70"));
	SAY(setrlimit, "a stack without a limit", begun(-1, "100"));
	memset(large, 'x', 100000);
	limit(RLIMIT_STACK, MEGA, RLIM_INFINITY);
	T(execve, "more arguments than a quarter of the stack", program_path, words, none);
}

void topic_bounds(void)
{
	aside(file_sizes);
	SAY(write, "the end of who is not ready for it", in_child(killed, 0));
	aside(inherited);
	aside(set_by_other);
	in_child(all_memory, 0);
	in_child(data, 0);
	in_child(locks, 0);
	in_child(stacks, 0);
}
