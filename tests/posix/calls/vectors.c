/* Several pieces of memory at once. */
#include "call.h"

#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static char one[4], two[8], three[16];
static struct iovec into[3] = { { one, 4 }, { two, 8 }, { three, 16 } };
static struct iovec from[3] = { { (void *)"abcd", 4 }, { (void *)"", 0 }, { (void *)"efgh", 4 } };
static struct iovec wild[2] = { { one, 4 }, { WILD, 4 } };
static struct iovec negative = { one, (size_t)-1 };
static struct iovec many[1100];

static void plain(long file, long blind, long folder)
{
	T(writev, "three pieces", file, from, 3);
	T(writev, "no pieces", file, from, 0);
	T(writev, "pieces below 0", file, from, -1L);
	T(writev, "too many pieces", file, many, 1025);
	T(writev, "the most pieces", file, many, 1024);
	T(writev, "a wild list", file, WILD, 1);
	T(writev, "descriptor not open", 99, from, 3);
	T(writev, "to a file for reading", blind, from, 3);
	T(writev, "the second piece is wild", file, wild + 1, 1);
	C(lseek, file, 0, SEEK_SET);
	T(readv, "into three pieces", file, into, 3);
	TEXT(readv, "the first", one, 4);
	TEXT(readv, "the second", two, 8);
	T(readv, "at the end", file, into, 3);
	T(readv, "no pieces", file, into, 0);
	T(readv, "too many pieces", file, many, 1025);
	T(readv, "a wild list", file, WILD, 1);
	T(readv, "a wild piece", file, wild + 1, 1);
	T(readv, "descriptor not open", 99, into, 3);
	T(readv, "of a directory", folder, into, 3);
	C(lseek, file, 0, SEEK_SET);
	T(readv, "a length below 0", file, &negative, 1);
}

static void placed(long file, long blind)
{
	int ends[2];

	C(pipe, ends);
	T(pwritev, "at 20", file, from, 3, 20, 0);
	T(pwritev, "before the beginning", file, from, 3, -1L, -1L);
	T(pwritev, "descriptor not open", 99, from, 3, 0, 0);
	T(pwritev, "to a pipe", ends[1], from, 3, 0, 0);
	T(pwritev, "to a file for reading", blind, from, 3, 0, 0);
	T(preadv, "at 20", file, into, 2, 20, 0);
	TEXT(preadv, "the first", one, 4);
	T(preadv, "past the end", file, into, 2, 2000, 0);
	T(preadv, "before the beginning", file, into, 2, -1L, -1L);
	T(preadv, "of a pipe", ends[0], into, 2, 0, 0);
	T(preadv, "descriptor not open", 99, into, 2, 0, 0);
	T(pwritev2, "at 40", file, from, 3, 40, 0, 0);
	T(pwritev2, "synchronously", file, from, 3, 40, 0, 6);
	T(pwritev2, "appending, whatever the offset", file, from, 1, 0, 0, 16);
	SAY(pwritev2, "the size after that", C(lseek, file, 0, SEEK_END));
	C(lseek, file, 4, SEEK_SET);
	T(pwritev2, "at the position", file, from, 1, -1L, -1L, 0);
	SAY(pwritev2, "the position after that", C(lseek, file, 0, SEEK_CUR));
	T(pwritev2, "unknown flags", file, from, 3, 40, 0, 1 << 20);
	T(pwritev2, "descriptor not open", 99, from, 3, 40, 0, 0);
	T(preadv2, "at 40", file, into, 1, 40, 0, 0);
	T(preadv2, "at the position", file, into, 1, -1L, -1L, 0);
	TEXT(preadv2, "what was there", one, 4);
	T(preadv2, "of high priority", file, into, 1, 0, 0, 1);
	T(preadv2, "unknown flags", file, into, 1, 0, 0, 1 << 20);
	T(preadv2, "descriptor not open", 99, into, 1, 0, 0, 0);
	C(close, ends[0]);
	C(close, ends[1]);
}

void topic_vectors(void)
{
	long file = C(open, "v", O_RDWR | O_CREAT, 0644), blind = C(open, "v", O_RDONLY);
	long folder = C(open, ".", O_RDONLY);

	plain(file, blind, folder);
	placed(file, blind);
}
