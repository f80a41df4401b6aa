/* Reading, writing, positions, sizes of open files. */
#include "call.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static void reading(void)
{
	char text[64] = "";
	long file, folder, blind;

	make_file("f", "hello, world");
	file = C(open, "f", O_RDWR);
	folder = C(open, ".", O_RDONLY);
	blind = C(open, "f", O_WRONLY);
	TEXT(read, "five bytes", text, T(read, "some", file, text, 5));
	TEXT(read, "the rest", text, T(read, "what is left", file, text, 60));
	T(read, "at the end", file, text, 60);
	T(read, "nothing", file, text, 0);
	T(read, "nothing to a wild address", file, WILD, 0);
	T(read, "descriptor not open", 99, text, 5);
	T(read, "descriptor below 0", -1, text, 5);
	T(read, "of a directory", folder, text, 5);
	T(read, "of a file for writing", blind, text, 5);
	C(lseek, file, 0, SEEK_SET);
	T(read, "to a wild address", file, WILD, 5);
	T(read, "beyond the program's memory", file, BEYOND, 5);
	T(read, "more than there can be", file, text, -1L);
	SAY(read, "the position after that", C(lseek, file, 0, SEEK_CUR));
	TEXT(pread64, "in the middle", text, T(pread64, "at 7", file, text, 5, 7));
	T(pread64, "past the end", file, text, 5, 100);
	T(pread64, "before the beginning", file, text, 5, -1L);
	T(pread64, "descriptor not open", 99, text, 5, 0);
	T(pread64, "of a directory", folder, text, 5, 0);
	T(pread64, "to a wild address", file, WILD, 5, 0);
	SAY(pread64, "the position after that", C(lseek, file, 0, SEEK_CUR));
	C(close, file);
	C(close, folder);
	C(close, blind);
}

static void writing(void)
{
	char text[64] = "";
	long file = C(open, "w", O_RDWR | O_CREAT, 0644), blind, end;

	T(write, "some", file, "0123456789", 10);
	T(write, "nothing", file, "", 0);
	T(write, "nothing to a descriptor not open", 99, "", 0);
	T(write, "descriptor not open", 99, "x", 1);
	T(write, "from a wild address", file, WILD, 4);
	T(write, "from beyond the program's memory", file, BEYOND, 4);
	T(pwrite64, "in the middle", file, "abc", 3, 4);
	T(pwrite64, "past the end", file, "z", 1, 12);
	T(pwrite64, "before the beginning", file, "z", 1, -1L);
	T(pwrite64, "descriptor not open", 99, "z", 1, 0);
	T(pwrite64, "from a wild address", file, WILD, 1, 0);
	SAY(pwrite64, "the position after that", C(lseek, file, 0, SEEK_CUR));
	TEXT(pwrite64, "all of it", text, C(pread64, file, text, 60, 0));
	blind = C(open, "w", O_RDONLY);
	T(write, "to a file for reading", blind, "x", 1);
	T(pwrite64, "to a file for reading", blind, "x", 1, 0);
	end = C(open, "w", O_RDWR | O_APPEND);
	T(write, "at the end, always", end, "END", 3);
	T(pwrite64, "at the end, wherever it is told to", end, "!", 1, 0);
	TEXT(write, "all of it", text, C(pread64, file, text, 60, 0));
	SAY(write, "the position after appending", C(lseek, end, 0, SEEK_CUR));
	C(close, file);
	C(close, blind);
	C(close, end);
}

static void seeking(void)
{
	int ends[2];
	long file = C(open, "s", O_RDWR | O_CREAT, 0644), folder = C(open, ".", O_RDONLY);

	C(write, file, "0123456789", 10);
	T(lseek, "to 3", file, 3, SEEK_SET);
	T(lseek, "on by 4", file, 4, SEEK_CUR);
	T(lseek, "back by 2", file, -2L, SEEK_CUR);
	T(lseek, "from the end", file, -1L, SEEK_END);
	T(lseek, "past the end", file, 100, SEEK_END);
	T(lseek, "before the beginning", file, -200L, SEEK_CUR);
	SAY(lseek, "where that leaves it", C(lseek, file, 0, SEEK_CUR));
	T(lseek, "by a way there is not", file, 0, 9);
	T(lseek, "the largest", file, INT64_MAX, SEEK_SET);
	T(lseek, "beyond the largest", file, INT64_MAX, SEEK_END);
	T(lseek, "data from 0", file, 0, SEEK_DATA);
	T(lseek, "a hole from 0", file, 0, SEEK_HOLE);
	T(lseek, "data past the end", file, 20, SEEK_DATA);
	T(lseek, "a hole past the end", file, 20, SEEK_HOLE);
	T(lseek, "descriptor not open", 99, 0, SEEK_SET);
	T(lseek, "of a directory to its beginning", folder, 0, SEEK_SET);
	C(pipe, ends);
	T(lseek, "of a pipe", ends[0], 0, SEEK_CUR);
	for (int i = 0; i < 2; i++)
		C(close, ends[i]);
	C(close, file);
	C(close, folder);
}

static void sizes(void)
{
	char text[64];
	int ends[2];
	long file = C(open, "t", O_RDWR | O_CREAT, 0644), blind = C(open, "t", O_RDONLY);

	C(write, file, "0123456789", 10);
	T(ftruncate, "shorter", file, 4);
	T(ftruncate, "longer", file, 6);
	TEXT(ftruncate, "what was cut off comes as zeros", text, C(pread64, file, text, 60, 0));
	T(ftruncate, "below 0", file, -1L);
	T(ftruncate, "of a file for reading", blind, 0);
	T(ftruncate, "descriptor not open", 99, 0);
	C(pipe, ends);
	T(ftruncate, "of a pipe", ends[1], 0);
	T(truncate, "by path", "t", 3);
	SAY(truncate, "the size after that", C(lseek, file, 0, SEEK_END));
	T(truncate, "below 0", "t", -1L);
	T(truncate, "no such file", "none", 0);
	T(truncate, "a directory", ".", 0);
	T(truncate, "below a file", "t/x", 0);
	T(truncate, "a wild path", WILD, 0);
	T(truncate, "an empty path", "", 0);
	T(fsync, "of a file", file, 0);
	T(fsync, "descriptor not open", 99);
	T(fsync, "of a pipe", ends[0]);
	T(fdatasync, "of a file", file, 0);
	T(fdatasync, "descriptor not open", 99);
	T(fdatasync, "of a pipe", ends[0]);
	T(sync, "all", 0);
	T(syncfs, "of a file", file);
	T(syncfs, "descriptor not open", 99);
	T(sync_file_range, "all", file, 0, 0, 7);
	T(sync_file_range, "unknown flags", file, 0, 0, 8);
	T(sync_file_range, "before the beginning", file, -1L, 0, 0);
	T(sync_file_range, "of a pipe", ends[0], 0, 0, 0);
	T(sync_file_range, "descriptor not open", 99, 0, 0, 0);
	for (int i = 0; i < 2; i++)
		C(close, ends[i]);
	C(close, file);
	C(close, blind);
}

static void advice(void)
{
	static const char *const names[] = { "normal", "random", "sequential", "will need",
		"do not need", "no reuse" };
	int ends[2];
	long file = C(open, "a", O_RDWR | O_CREAT, 0644), folder = C(open, ".", O_RDONLY);

	C(pipe, ends);
	for (int i = 0; i < 6; i++)
		T(fadvise64, names[i], file, 0, 0, i);
	T(fadvise64, "unknown", file, 0, 0, 9);
	T(fadvise64, "a length below 0", file, 0, -1L, 0);
	T(fadvise64, "of a pipe", ends[0], 0, 0, 0);
	T(fadvise64, "descriptor not open", 99, 0, 0, 0);
	T(readahead, "of a file", file, 0, 100);
	T(readahead, "of a pipe", ends[0], 0, 100);
	T(readahead, "of a directory", folder, 0, 100);
	T(readahead, "descriptor not open", 99, 0, 100);
	for (int i = 0; i < 2; i++)
		C(close, ends[i]);
	C(close, file);
	C(close, folder);
}

static void allocating(void)
{
	char text[64];
	int ends[2];
	long file = C(open, "l", O_RDWR | O_CREAT, 0644), blind = C(open, "l", O_RDONLY);
	long folder = C(open, ".", O_RDONLY);

	C(pipe, ends);
	C(write, file, "0123456789", 10);
	T(fallocate, "makes it longer", file, 0, 0, 20);
	SAY(fallocate, "the size after that", C(lseek, file, 0, SEEK_END));
	T(fallocate, "keeping the size", file, FALLOC_FL_KEEP_SIZE, 0, 40);
	SAY(fallocate, "the size after keeping it", C(lseek, file, 0, SEEK_END));
	T(fallocate, "a hole", file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 2, 3);
	TEXT(fallocate, "with a hole", text, C(pread64, file, text, 12, 0));
	T(fallocate, "a hole without keeping the size", file, FALLOC_FL_PUNCH_HOLE, 2, 3);
	T(fallocate, "no bytes", file, 0, 0, 0);
	T(fallocate, "before the beginning", file, 0, -1L, 4);
	T(fallocate, "a length below 0", file, 0, 0, -4L);
	T(fallocate, "beyond the largest file", file, 0, INT64_MAX, 4096);
	T(fallocate, "unknown flags", file, 0x1000, 0, 4);
	T(fallocate, "of a file for reading", blind, 0, 0, 4);
	T(fallocate, "of a pipe", ends[1], 0, 0, 4);
	T(fallocate, "of a directory", folder, 0, 0, 4);
	T(fallocate, "descriptor not open", 99, 0, 0, 4);
	for (int i = 0; i < 2; i++)
		C(close, ends[i]);
	C(close, file);
	C(close, blind);
	C(close, folder);
}

static void locking(void)
{
	long one = C(open, "k", O_RDWR | O_CREAT, 0644), two = C(open, "k", O_RDONLY);
	long same = C(dup, one);

	T(flock, "exclusive", one, LOCK_EX);
	T(flock, "held by another open file", two, LOCK_SH | LOCK_NB);
	T(flock, "by a duplicate of the same", same, LOCK_EX | LOCK_NB);
	T(flock, "becomes shared", one, LOCK_SH);
	T(flock, "two share it", two, LOCK_SH | LOCK_NB);
	T(flock, "cannot become exclusive", two, LOCK_EX | LOCK_NB);
	C(flock, two, LOCK_SH);
	T(flock, "unlocked by the duplicate", same, LOCK_UN);
	T(flock, "free for one alone", two, LOCK_EX | LOCK_NB);
	T(flock, "goes with the file", two, LOCK_UN);
	T(flock, "of no kind", one, 0);
	T(flock, "of two kinds", one, LOCK_SH | LOCK_EX);
	T(flock, "descriptor not open", 99, LOCK_SH);
	C(close, one);
	C(close, two);
	C(close, same);
}

void topic_files(void)
{
	reading();
	writing();
	seeking();
	sizes();
	advice();
	allocating();
	locking();
}
