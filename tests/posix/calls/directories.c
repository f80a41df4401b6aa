/* Directories listed, gone to, made the root. */
#include "call.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char buffer[4096], names[2048];

/* A record of getdents64; of getdents without the type, which is in its last byte. */
struct entry { uint64_t inode; int64_t next; unsigned short size; char rest[]; };

static const char *sorted[40];
static char types[40];

/* The names and types of all records, in the order of their names. */
static void collect(long bytes, bool is_new)
{
	int count = 0, place;

	for (long at = 0; at < bytes && count < 40; count++) {
		struct entry *e = (struct entry *)(void *)(buffer + at);
		const char *name = e->rest + is_new;

		for (place = count; place > 0 && strcmp(sorted[place - 1], name) > 0; place--) {
			sorted[place] = sorted[place - 1];
			types[place] = types[place - 1];
		}
		sorted[place] = name;
		types[place] = is_new ? e->rest[0] : ((char *)e)[e->size - 1];
		at += e->size;
	}
	for (place = 0; place < count; place++)
		snprintf(names + strlen(names), sizeof names - strlen(names), "%s:%d ",
			sorted[place], types[place]);
}

static void listing(void)
{
	struct stat is;
	struct entry *first = (struct entry *)(void *)buffer;
	long d = C(open, "d", O_RDONLY | O_DIRECTORY), file = C(open, "d/file", O_RDONLY), got;

	collect(TOK(getdents64, "all", d, buffer, sizeof buffer), true);
	TEXT(getdents64, "the names", names, strlen(names));
	T(getdents64, "at the end", d, buffer, sizeof buffer);
	C(lseek, d, 0, SEEK_SET);
	TOK(getdents64, "from the beginning again", d, buffer, sizeof buffer);
	C(lseek, d, 0, SEEK_SET);
	*names = 0;
	while ((got = C(getdents64, d, buffer, 48)) > 0)
		collect(got, true);
	SAY(getdents64, "one by one ends with", got);
	SAY(getdents64, "one by one has the same", strlen(names));
	C(lseek, d, 0, SEEK_SET);
	T(getdents64, "into too little room", d, buffer, 8);
	T(getdents64, "to a wild address", d, WILD, 4096);
	T(getdents64, "of a file", file, buffer, sizeof buffer);
	T(getdents64, "descriptor not open", 99, buffer, sizeof buffer);
	C(lseek, d, 0, SEEK_SET);
	C(getdents64, d, buffer, 24);
	C(lseek, d, first->next, SEEK_SET);
	*names = 0;
	collect(TOK(getdents64, "from where an entry says", d, buffer, sizeof buffer), true);
	SAY(getdents64, "which is one name less", strlen(names));
	C(lseek, d, 0, SEEK_SET);
	*names = 0;
	collect(TOK(getdents, "all", d, buffer, sizeof buffer), false);
	TEXT(getdents, "the names", names, strlen(names));
	T(getdents, "at the end", d, buffer, sizeof buffer);
	T(getdents, "of a file", file, buffer, sizeof buffer);
	T(getdents, "descriptor not open", 99, buffer, sizeof buffer);
	C(lseek, d, 0, SEEK_SET);
	T(getdents, "into too little room", d, buffer, 8);
	T(getdents, "to a wild address", d, WILD, 4096);
	C(mkdir, "gone", 0755);
	C(close, d);
	d = C(open, "gone", O_RDONLY | O_DIRECTORY);
	C(rmdir, "gone");
	T(getdents64, "of one that was removed", d, buffer, sizeof buffer);
	C(fstat, d, &is);
	SAY(getdents64, "links of one that was removed", is.st_nlink);
	C(close_range, 3, -1, 0);
}

/* Behind the folder that all is in, which is not the same everywhere. */
static void where(const char *what, long size)
{
	const char *end = size > 0 ? strstr(buffer, "/directories") : NULL;

	if (end)
		TEXT(getcwd, what, end, strlen(end));
	else
		SAY(getcwd, what, size);
}

static void going(void)
{
	long here = C(open, ".", O_RDONLY), file = C(open, "d/file", O_RDONLY), path;

	where("here", C(getcwd, buffer, sizeof buffer));
	T(chdir, "into a directory", "d/sub");
	where("in a directory", C(getcwd, buffer, sizeof buffer));
	T(chdir, "up", "..");
	where("one up", C(getcwd, buffer, sizeof buffer));
	T(getcwd, "into little room", buffer, 3);
	T(getcwd, "into no room", buffer, 0);
	T(getcwd, "to a wild address", WILD, 4096);
	T(chdir, "a file", "file");
	T(chdir, "nothing", "none");
	T(chdir, "below a file", "file/x");
	T(chdir, "an empty path", "");
	T(chdir, "a wild path", WILD);
	T(chdir, "through a link", "link-sub");
	where("through a link", C(getcwd, buffer, sizeof buffer));
	T(fchdir, "back", here);
	T(fchdir, "a file", file);
	T(fchdir, "descriptor not open", 99);
	path = C(open, "d", O_PATH);
	T(fchdir, "by a path only", path);
	C(fchdir, here);
	C(mkdir, "gone", 0755);
	C(chdir, "gone");
	C(rmdir, "../gone");
	T(getcwd, "of one that was removed", buffer, sizeof buffer);
	T(openat, "in one that was removed", HERE, "x", O_CREAT | O_RDWR, 0600);
	T(chdir, "up from one that was removed", "..");
	C(fchdir, here);
	C(close_range, 3, -1, 0);
}

static void in_root(void)
{
	T(chroot, "a directory", "d");
	T(chdir, "to the new root", "/");
	TEXT(getcwd, "in the new root", buffer, T(getcwd, "of the new root", buffer, 4096) - 1);
	T(chdir, "up from the new root", "../..");
	T(access, "a file in it", "/file", 0);
	T(access, "upwards stays in it", "/../../file", 0);
	T(readlink, "a link in it", "/link-sub", buffer, 3);
	T(chroot, "a file", "/file");
	T(chroot, "nothing", "/none");
	T(chroot, "a wild path", WILD);
	T(chroot, "an empty path", "");
}

static void as_other(void)
{
	T(chroot, "another user", ".");
	T(chdir, "another user, a closed directory", "closed");
	T(chdir, "another user, below a closed directory", "closed/in");
	T(getcwd, "another user", buffer, 2);
}

void topic_directories(void)
{
	C(mkdir, "d", 0755);
	C(mkdir, "d/sub", 0755);
	C(mkdir, "closed", 0700);
	C(mkdir, "closed/in", 0755);
	make_file("d/file", "text");
	C(symlink, "sub", "d/link-sub");
	C(mknod, "d/fifo", S_IFIFO | 0600, 0);
	make_file("d/a-name-that-is-longer", "text");
	T(umask, "of the topic", 027);
	T(umask, "and then", 07777);
	T(umask, "only its nine bits", 022);
	listing();
	going();
	in_child(in_root, 0);
	in_child(as_other, 1000);
}
