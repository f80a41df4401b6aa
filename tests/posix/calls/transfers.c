/* From descriptor to descriptor. */
#include "call.h"

#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static char text[64];

static void show(const char *call, const char *path)
{
	long file = C(open, path, O_RDONLY);

	line_text(call, "then there is", text, C(read, file, text, 64));
	C(close, file);
}

static void sending(void)
{
	int64_t offset = 2;
	int p[2];
	long from = C(open, "f", O_RDONLY), to = C(open, "s", O_RDWR | O_CREAT, 0600);

	C(pipe, p);
	T(sendfile, "to a file", to, from, NULL, 4);
	T(sendfile, "at an offset", to, from, &offset, 3);
	SAY(sendfile, "the offset goes on", offset);
	SAY(sendfile, "the position does not", C(lseek, from, 0, SEEK_CUR));
	show("sendfile", "s");
	T(sendfile, "to a pipe", p[1], from, NULL, 100);
	T(sendfile, "at the end", to, from, NULL, 100);
	T(sendfile, "from a pipe", to, p[0], NULL, 1);
	T(sendfile, "descriptor not open", 99, from, NULL, 1);
	T(sendfile, "from one not open", to, 99, NULL, 1);
	T(sendfile, "to a file for reading", from, from, NULL, 1);
	T(sendfile, "a wild offset", to, from, WILD, 1);
	offset = -1;
	T(sendfile, "before the beginning", to, from, &offset, 1);
	C(close_range, 3, -1, 0);
}

static void copying(void)
{
	int64_t at = 1, there = 3;
	int p[2];
	long from = C(open, "f", O_RDONLY), to = C(open, "c", O_RDWR | O_CREAT, 0600);
	long folder = C(open, ".", O_RDONLY), end = C(open, "c", O_WRONLY | O_APPEND);

	C(pipe, p);
	T(copy_file_range, "all", from, NULL, to, NULL, 100, 0);
	T(copy_file_range, "at the end", from, NULL, to, NULL, 100, 0);
	T(copy_file_range, "at offsets", from, &at, to, &there, 2, 0);
	SAY(copy_file_range, "the offsets go on", at * 100 + there);
	show("copy_file_range", "c");
	T(copy_file_range, "unknown flags", from, NULL, to, NULL, 1, 1);
	T(copy_file_range, "descriptor not open", 99, NULL, to, NULL, 1, 0);
	T(copy_file_range, "to one not open", from, NULL, 99, NULL, 1, 0);
	T(copy_file_range, "from a pipe", p[0], NULL, to, NULL, 1, 0);
	T(copy_file_range, "from a directory", folder, NULL, to, NULL, 1, 0);
	T(copy_file_range, "to a file for reading", from, &at, from, &there, 1, 0);
	T(copy_file_range, "to one that is appended to", from, &at, end, NULL, 1, 0);
	T(copy_file_range, "over itself", to, &at, to, &there, 5, 0);
	T(copy_file_range, "a wild offset", from, WILD, to, NULL, 1, 0);
	C(close_range, 3, -1, 0);
}

static void piping(void)
{
	struct iovec piece = { (void *)"vmspliced", 9 };
	int p[2], q[2];
	int64_t offset = 2;
	long file = C(open, "f", O_RDONLY), to = C(open, "x", O_RDWR | O_CREAT, 0600);

	C(pipe2, p, O_NONBLOCK);
	C(pipe2, q, O_NONBLOCK);
	T(splice, "a file to a pipe", file, NULL, p[1], NULL, 5, 0);
	T(splice, "at an offset", file, &offset, p[1], NULL, 3, 0);
	SAY(splice, "the offset goes on", offset);
	T(splice, "a pipe to a file", p[0], NULL, to, NULL, 100, 0);
	show("splice", "x");
	T(splice, "an empty pipe, without waiting", p[0], NULL, to, NULL, 1, SPLICE_F_NONBLOCK);
	T(splice, "a file to a file", file, NULL, to, NULL, 1, 0);
	T(splice, "an offset of a pipe", p[0], &offset, to, NULL, 1, 0);
	T(splice, "descriptor not open", 99, NULL, p[1], NULL, 1, 0);
	T(splice, "unknown flags", file, NULL, p[1], NULL, 1, 0x100);
	T(splice, "nothing", file, NULL, p[1], NULL, 0, 0);
	C(write, p[1], "hello", 5);
	T(tee, "a pipe to a pipe", p[0], q[1], 100, 0);
	TEXT(tee, "what is in the other", text, C(read, q[0], text, 64));
	TEXT(tee, "what stays in the first", text, C(read, p[0], text, 64));
	T(tee, "an empty one, without waiting", p[0], q[1], 1, SPLICE_F_NONBLOCK);
	T(tee, "from a file", file, p[1], 1, 0);
	T(tee, "descriptor not open", 99, p[1], 1, 0);
	T(vmsplice, "into a pipe", p[1], &piece, 1, 0);
	TEXT(vmsplice, "what came", text, C(read, p[0], text, 64));
	T(vmsplice, "into a file", to, &piece, 1, 0);
	T(vmsplice, "descriptor not open", 99, &piece, 1, 0);
	C(close_range, 3, -1, 0);
}

void topic_transfers(void)
{
	make_file("f", "0123456789");
	sending();
	copying();
	piping();
}
