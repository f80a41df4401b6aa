/* Files in memory, their seals, programs begun from them; programs that run are not written. */
#include "call.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_CLOEXEC
#define MFD_CLOEXEC 1
#define MFD_ALLOW_SEALING 2
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 16
#endif
#define SHARED (PROT_READ | PROT_WRITE), MAP_SHARED

extern const char *program_path;

static char buffer[8192];

static long made(void)
{
	return C(memfd_create, "x", MFD_ALLOW_SEALING);
}

static void named(void)
{
	struct stat is;
	long file = C(memfd_create, "", 0), other, again;
	static char longest[251];

	memset(longest, 'n', 249);
	C(dup2, file, 40);
	TEXT(readlink, "of a file in memory", buffer,
		C(readlink, "/proc/self/fd/40", buffer, sizeof buffer));
	other = C(memfd_create, "a name/and more", MFD_CLOEXEC);
	C(dup2, other, 41);
	TEXT(readlink, "of one with a name", buffer,
		C(readlink, "/proc/self/fd/41", buffer, sizeof buffer));
	TOK(memfd_create, "the longest name", longest, 0);
	longest[249] = 'n';
	T(memfd_create, "a name that is too long", longest, 0);
	C(fstat, file, &is);
	SAY(memfd_create, "its mode", is.st_mode);
	SAY(memfd_create, "its names", is.st_nlink);
	SAY(memfd_create, "its owner", is.st_uid);
	SAY(memfd_create, "how it is open", C(fcntl, file, F_GETFL));
	SAY(memfd_create, "stays open at exec", C(fcntl, file, F_GETFD));
	SAY(memfd_create, "closed at exec", C(fcntl, other, F_GETFD));
	again = TOK(open, "a file in memory by its descriptor", "/proc/self/fd/40", O_RDONLY);
	C(dup2, again, 42);
	TEXT(readlink, "of what was opened so", buffer,
		C(readlink, "/proc/self/fd/42", buffer, sizeof buffer));
	C(pwrite64, file, "abc", 3, 0);
	TEXT(read, "from that", buffer, C(read, again, buffer, 9));
	T(linkat, "a file in memory", HERE, "/proc/self/fd/40", HERE, "linked", AT_SYMLINK_FOLLOW);
	C(close_range, 3, -1, 0);
}

static void seals(void)
{
	long file = C(memfd_create, "x", 0), folder = C(open, ".", O_RDONLY), reader;
	int ends[2];

	T(fcntl, "F_GET_SEALS of one that cannot be sealed", file, F_GET_SEALS);
	T(fcntl, "F_ADD_SEALS to one that cannot be sealed", file, F_ADD_SEALS, F_SEAL_GROW);
	C(close, file);
	file = made();
	T(fcntl, "F_GET_SEALS of a new one", file, F_GET_SEALS);
	T(fcntl, "F_ADD_SEALS, unknown", file, F_ADD_SEALS, 0x1000);
	T(fcntl, "F_ADD_SEALS, none", file, F_ADD_SEALS, 0);
	T(fcntl, "F_ADD_SEALS, two", file, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK);
	T(fcntl, "F_ADD_SEALS, again", file, F_ADD_SEALS, F_SEAL_GROW);
	C(dup2, file, 40);
	reader = C(open, "/proc/self/fd/40", O_RDONLY);
	T(fcntl, "F_ADD_SEALS by who reads", reader, F_ADD_SEALS, F_SEAL_WRITE);
	T(fcntl, "F_GET_SEALS by who reads", reader, F_GET_SEALS);
	T(fcntl, "F_ADD_SEALS, the last", file, F_ADD_SEALS, F_SEAL_SEAL);
	T(fcntl, "F_ADD_SEALS behind the last", file, F_ADD_SEALS, F_SEAL_WRITE);
	T(fcntl, "F_GET_SEALS, three", file, F_GET_SEALS);
	T(fcntl, "F_GET_SEALS of a folder", folder, F_GET_SEALS);
	C(pipe2, ends, 0);
	T(fcntl, "F_GET_SEALS of a pipe", ends[0], F_GET_SEALS);
	T(fcntl, "F_ADD_SEALS of a pipe", ends[1], F_ADD_SEALS, 0);
	T(fcntl, "F_GET_SEALS, not open", 99, F_GET_SEALS);
	C(close_range, 3, -1, 0);
}

static void sizes(void)
{
	long file = made();

	C(ftruncate, file, 5000);
	C(fcntl, file, F_ADD_SEALS, F_SEAL_GROW);
	T(ftruncate, "sealed against more", file, 5001);
	T(ftruncate, "sealed, as it is", file, 5000);
	T(fallocate, "sealed against more", file, 0, 4990, 20);
	T(fallocate, "sealed, within", file, 0, 0, 4096);
	T(pwrite64, "sealed against more", file, buffer, 10, 5000);
	T(pwrite64, "sealed, to the end", file, buffer, 8, 4992);
	T(pwrite64, "sealed, over the end in a page", file, buffer, 20, 4990);
	T(ftruncate, "sealed against more, less", file, 4096);
	C(fcntl, file, F_ADD_SEALS, F_SEAL_SHRINK);
	T(ftruncate, "sealed against less", file, 4095);
	T(ftruncate, "sealed against less, as it is", file, 4096);
	SAY(ftruncate, "the size then", C(lseek, file, 0, SEEK_END));
	C(close, file);
}

static void writes(void)
{
	long file = made(), map, other;

	C(write, file, "before", 6);
	map = C(mmap, 0, 4096, SHARED, file, 0);
	T(fcntl, "F_SEAL_WRITE while it is mapped to be written", file, F_ADD_SEALS, F_SEAL_WRITE);
	C(munmap, map, 4096);
	other = C(mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	T(fcntl, "F_SEAL_WRITE while it is mapped privately", file, F_ADD_SEALS, F_SEAL_WRITE);
	T(write, "sealed", file, "x", 1);
	T(pwrite64, "sealed, many bytes", file, buffer, 4096, 0);
	T(fallocate, "sealed, a hole", file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096);
	T(ftruncate, "sealed against writing", file, 100);
	T(mmap, "sealed, to be written", 0, 4096, SHARED, file, 0);
	TOK(mmap, "sealed, private", 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	TOK(mmap, "sealed, to be read", 0, 4096, PROT_READ, MAP_SHARED, file, 0);
	*(char *)other = 'B';
	TEXT(mmap, "a private one of before", (char *)other, 6);
	TEXT(pread64, "sealed", buffer, C(pread64, file, buffer, 6, 0));
	C(munmap, other, 4096);
	C(close, file);
}

static void later_writes(void)
{
	long file = made(), map, reader;

	C(ftruncate, file, 4096);
	map = C(mmap, 0, 4096, SHARED, file, 0);
	T(fcntl, "F_SEAL_FUTURE_WRITE while it is mapped", file, F_ADD_SEALS,
		F_SEAL_FUTURE_WRITE);
	strcpy((char *)map, "still");
	TEXT(pread64, "sealed for later, what a mapping wrote", buffer,
		C(pread64, file, buffer, 5, 0));
	T(write, "sealed for later", file, "x", 1);
	T(mmap, "sealed for later, to be written", 0, 4096, SHARED, file, 0);
	reader = TOK(mmap, "sealed for later, to be read", 0, 4096, PROT_READ, MAP_SHARED, file, 0);
	T(mprotect, "sealed for later, to be written after all", reader, 4096,
		PROT_READ | PROT_WRITE);
	TEXT(mmap, "sealed for later, to be read, has", (char *)reader, 5);
	C(munmap, map, 4096);
	C(munmap, reader, 4096);
	C(close, file);
}

/* ---- programs ---- */

static char *arguments[] = { "memory", "echo", "file in memory", NULL };
static char *variables[] = { NULL };

static void copy_program(long to)
{
	long from = C(open, program_path, O_RDONLY), got;

	while ((got = C(read, from, buffer, sizeof buffer)) > 0)
		C(write, to, buffer, got);
	C(close, from);
}

static void begin_sealed(void)
{
	long file = C(memfd_create, "program", MFD_ALLOW_SEALING | MFD_CLOEXEC);

	copy_program(file);
	C(fcntl, file, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW);
	line("execveat", "of a sealed file in memory", C(execveat, file, "", arguments, variables,
		AT_EMPTY_PATH));
}

static void begin_open(void)
{
	long file = C(memfd_create, "program", 0);

	arguments[2] = "open file in memory";
	copy_program(file);
	line("execveat", "of a file in memory", C(execveat, file, "", arguments, variables,
		AT_EMPTY_PATH));
}

static void script(unsigned flags, const char *what)
{
	long file = C(memfd_create, "script", flags);

	C(write, file, "#!", 2);
	C(write, file, program_path, strlen(program_path));
	C(write, file, " echo\n", 6);
	C(dup2, file, 60);
	if (flags)
		C(fcntl, 60, F_SETFD, FD_CLOEXEC);
	line("execveat", what, C(execveat, 60, "", arguments, variables, AT_EMPTY_PATH));
}

static void begin_script(void)
{
	script(0, "of a script in memory");
}

static void begin_closed_script(void)
{
	script(MFD_CLOEXEC, "of a script in memory that is closed");
}

/* ---- programs that run ---- */

static long copied(const char *to)
{
	long file = C(open, to, O_CREAT | O_RDWR, 0755);

	copy_program(file);
	C(chmod, to, 0755);
	return file;
}

/* Runs until its standard input ends. */
static long run(const char *path, int ends[2])
{
	char *words[] = { "copy", "wait", NULL };
	long pid;
	int told[2];

	C(pipe2, ends, O_CLOEXEC);
	C(pipe2, told, O_CLOEXEC);
	pid = C(fork, 0);
	if (pid == 0) {
		C(dup2, ends[0], 0);
		C(close, ends[1]);
		C(execve, path, words, variables);
		C(exit, 1);
	}
	C(close, told[1]);
	C(read, told[0], buffer, 1);		/* it is closed by exec */
	C(close, told[0]);
	C(close, ends[0]);
	return pid;
}

static void busy(void)
{
	char *words[] = { "copy", "wait", NULL };
	long file = copied("busy"), reader, pid;
	int ends[2];

	T(execve, "what is open to be written", "busy", words, variables);
	C(close, file);
	reader = C(open, "busy", O_RDONLY);
	pid = run("busy", ends);
	T(open, "a program that runs, to be written", "busy", O_WRONLY);
	T(open, "a program that runs, to be cut", "busy", O_RDWR | O_TRUNC);
	T(truncate, "a program that runs", "busy", 1);
	TOK(open, "a program that runs, to be read", "busy", O_RDONLY);
	T(chmod, "a program that runs", "busy", 0700);
	T(rename, "a program that runs", "busy", "busier");
	T(open, "it by its new name", "busier", O_WRONLY);
	T(unlink, "a program that runs", "busier");
	C(dup2, reader, 45);
	T(open, "it without a name", "/proc/self/fd/45", O_WRONLY);
	C(close, ends[1]);
	SAY(execve, "the code of what ran", child_code(pid));
	TOK(open, "it when it has ended", "/proc/self/fd/45", O_WRONLY);
	C(close_range, 3, -1, 0);
}

static void busy_of_many(void)
{
	long file = copied("forks"), pid, other;
	int ends[2], second[2];

	C(close, file);
	pid = run("forks", ends);
	other = run("forks", second);
	C(close, ends[1]);
	SAY(execve, "the code of the first of two", child_code(pid));
	T(open, "a program that another still runs", "forks", O_WRONLY);
	C(kill, other, 9);
	SAY(execve, "the code of one that was killed", child_code(other));
	TOK(open, "a program whose last one was killed", "forks", O_WRONLY);
	C(close_range, 3, -1, 0);
}

void topic_memfd(void)
{
	named();
	seals();
	sizes();
	writes();
	later_writes();
	SAY(execveat, "the code of a sealed file in memory", in_child(begin_sealed, 0));
	SAY(execveat, "the code of a file in memory", in_child(begin_open, 0));
	SAY(execveat, "the code of a script in memory", in_child(begin_script, 0));
	in_child(begin_closed_script, 0);
	busy();
	busy_of_many();
}
