/* What is known of files, and whether they may be used. */
#include "call.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static struct stat is;
static struct statx more;

static void show(const char *what)
{
	line_ok("stat", what, 0);
	SAY(stat, "its mode", is.st_mode);
	SAY(stat, "its size", is.st_size);
	SAY(stat, "its links", is.st_nlink);
	SAY(stat, "its user", is.st_uid);
	SAY(stat, "its group", is.st_gid);
	SAY(stat, "it has a device", is.st_dev != 0);
	SAY(stat, "it has a number", is.st_ino != 0);
	SAY(stat, "a block is a power of two", is.st_blksize > 0 &&
		(is.st_blksize & (is.st_blksize - 1)) == 0);
	SAY(stat, "the last change is not before the last write", is.st_ctime >= is.st_mtime);
}

static void plain(void)
{
	unsigned long number;
	int ends[2];

	T(stat, "a file", "f", &is);
	show("a file is shown");
	number = is.st_ino;
	T(stat, "a link", "link", &is);
	SAY(stat, "a link's number is that of its file", is.st_ino == number);
	T(stat, "a directory", "d", &is);
	SAY(stat, "a directory's mode", is.st_mode);
	T(stat, "the null device", "null", &is);
	SAY(stat, "the null device's number", is.st_rdev);
	T(stat, "a link to nothing", "dangling", &is);
	T(stat, "nothing", "none", &is);
	T(stat, "below a file", "f/x", &is);
	T(stat, "a file with a slash behind", "f/", &is);
	T(stat, "an empty path", "", &is);
	T(stat, "a loop", "loop1", &is);
	T(stat, "a wild path", WILD, &is);
	T(stat, "to a wild address", "f", WILD);
	T(lstat, "a link", "link", &is);
	SAY(lstat, "a link's mode", is.st_mode);
	SAY(lstat, "a link's size", is.st_size);
	T(lstat, "a link with a slash behind", "link-d/", &is);
	SAY(lstat, "which is a directory", is.st_mode);
	T(lstat, "a link to nothing", "dangling", &is);
	T(lstat, "nothing", "none", &is);
	T(lstat, "a wild path", WILD, &is);
	T(fstat, "a file", C(open, "f", O_RDONLY), &is);
	SAY(fstat, "its number", is.st_ino == number);
	T(fstat, "a path only", C(open, "f", O_PATH), &is);
	T(fstat, "descriptor not open", 99, &is);
	T(fstat, "to a wild address", C(open, "f", O_RDONLY), WILD);
	C(pipe, ends);
	T(fstat, "a pipe", ends[0], &is);
	SAY(fstat, "a pipe's mode", is.st_mode);
	SAY(fstat, "a pipe's size", is.st_size);
	C(close_range, 3, -1, 0);
}

static void below(void)
{
	long at = C(open, "d", O_RDONLY), file = C(open, "f", O_RDONLY);
	long link = C(open, "link", O_PATH | O_NOFOLLOW);

	T(newfstatat, "below a descriptor", at, "in", &is, 0);
	T(newfstatat, "a link itself", HERE, "link", &is, AT_SYMLINK_NOFOLLOW);
	SAY(newfstatat, "a link's mode", is.st_mode);
	T(newfstatat, "a descriptor", file, "", &is, AT_EMPTY_PATH);
	SAY(newfstatat, "a descriptor's size", is.st_size);
	T(newfstatat, "a link's descriptor", link, "", &is, AT_EMPTY_PATH);
	SAY(newfstatat, "a link's descriptor's mode", is.st_mode);
	T(newfstatat, "here", HERE, "", &is, AT_EMPTY_PATH);
	T(newfstatat, "an empty path without that", file, "", &is, 0);
	T(newfstatat, "below a file", file, "x", &is, 0);
	T(newfstatat, "descriptor not open", 99, "x", &is, 0);
	T(newfstatat, "descriptor not open, a full path", 99, "/", &is, 0);
	T(newfstatat, "unknown flags", HERE, "f", &is, 0x10000);
	T(newfstatat, "a wild path", HERE, WILD, &is, 0);
	T(newfstatat, "to a wild address", HERE, "f", WILD, 0);
	T(statx, "all", HERE, "f", 0, STATX_BASIC_STATS | STATX_BTIME, &more);
	SAY(statx, "what is known", more.stx_mask & STATX_BASIC_STATS);
	SAY(statx, "mode", more.stx_mode);
	SAY(statx, "size", more.stx_size);
	SAY(statx, "links", more.stx_nlink);
	T(statx, "a link itself", HERE, "link", AT_SYMLINK_NOFOLLOW, STATX_TYPE, &more);
	SAY(statx, "a link's type", more.stx_mode & 0170000);
	T(statx, "a descriptor", file, "", AT_EMPTY_PATH, STATX_SIZE, &more);
	SAY(statx, "a descriptor's size", more.stx_size);
	T(statx, "the device", HERE, "null", 0, STATX_BASIC_STATS, &more);
	SAY(statx, "the device's numbers", more.stx_rdev_major * 256 + more.stx_rdev_minor);
	T(statx, "without asking a server", HERE, "f", AT_STATX_DONT_SYNC, STATX_SIZE, &more);
	T(statx, "in both ways", HERE, "f", AT_STATX_DONT_SYNC | AT_STATX_FORCE_SYNC, 0, &more);
	T(statx, "unknown flags", HERE, "f", 1, 0, &more);
	T(statx, "a mask that is reserved", HERE, "f", 0, 0x80000000u, &more);
	T(statx, "nothing", HERE, "none", 0, 0, &more);
	T(statx, "descriptor not open", 99, "f", 0, 0, &more);
	T(statx, "to a wild address", HERE, "f", 0, 0, WILD);
	C(close_range, 3, -1, 0);
}

static void may(void)
{
	long at = C(open, "d", O_RDONLY), file = C(open, "f", O_RDONLY);

	T(access, "is there", "f", F_OK);
	T(access, "read and written", "f", R_OK | W_OK);
	T(access, "run by root, and nobody may", "f", X_OK);
	T(access, "run", "d", X_OK);
	T(access, "in no known way", "f", 8);
	T(access, "nothing", "none", F_OK);
	T(access, "below a file", "f/x", F_OK);
	T(access, "a link to nothing", "dangling", F_OK);
	T(access, "an empty path", "", F_OK);
	T(access, "a wild path", WILD, F_OK);
	T(faccessat, "below a descriptor", at, "in", R_OK);
	T(faccessat, "descriptor not open", 99, "in", R_OK);
	T(faccessat, "below a file", file, "in", R_OK);
	T(faccessat2, "below a descriptor", at, "in", R_OK, 0);
	T(faccessat2, "a link itself", HERE, "dangling", F_OK, AT_SYMLINK_NOFOLLOW);
	T(faccessat2, "as the effective user", HERE, "f", R_OK, AT_EACCESS);
	T(faccessat2, "a descriptor", file, "", R_OK, AT_EMPTY_PATH);
	T(faccessat2, "unknown flags", HERE, "f", R_OK, 0x8000);
	T(faccessat2, "in no known way", HERE, "f", 8, 0);
	T(faccessat2, "descriptor not open", 99, "in", R_OK, 0);
	C(close_range, 3, -1, 0);
}

static void systems(void)
{
	struct statfs system;

	T(statfs, "by path", "f", &system);
	SAY(statfs, "a name's length", system.f_namelen);
	SAY(statfs, "no more is free than there is", system.f_bfree <= system.f_blocks);
	T(statfs, "nothing", "none", &system);
	T(statfs, "below a file", "f/x", &system);
	T(statfs, "a wild path", WILD, &system);
	T(statfs, "to a wild address", "f", WILD);
	T(fstatfs, "a file", C(open, "f", O_RDONLY), &system);
	T(fstatfs, "descriptor not open", 99, &system);
	T(fstatfs, "to a wild address", C(open, "f", O_RDONLY), WILD);
	C(close_range, 3, -1, 0);
}

static void as_other(void)
{
	T(access, "another user, to read a secret", "secret", R_OK);
	T(access, "another user, that it is there", "secret", F_OK);
	T(access, "another user, to write what all may read", "f", W_OK);
	T(access, "another user, in a closed directory", "closed/in", F_OK);
	T(stat, "another user, a secret", "secret", &is);
	T(stat, "another user, in a closed directory", "closed/in", &is);
	T(faccessat2, "another user, a secret", HERE, "secret", R_OK, AT_EACCESS);
	T(faccessat, "another user, a secret", HERE, "secret", R_OK);
	T(newfstatat, "another user, in a closed directory", HERE, "closed/in", &is, 0);
	T(statfs, "another user, in a closed directory", "closed/in", WILD);
}

static void in_between(void)
{
	C(setresuid, 1000, 0, 0);
	T(access, "as the real user, who may not", "secret", R_OK);
	T(faccessat2, "as the effective user, who may", HERE, "secret", R_OK, AT_EACCESS);
}

void topic_status(void)
{
	make_file("f", "hello");
	C(mkdir, "d", 0755);
	make_file("d/in", "x");
	C(symlink, "f", "link");
	C(symlink, "d", "link-d");
	C(symlink, "none", "dangling");
	C(symlink, "loop1", "loop1");
	C(mknod, "null", 0020666, makedev(1, 3));
	make_file("secret", "s");
	C(chmod, "secret", 0600);
	C(mkdir, "closed", 0700);
	make_file("closed/in", "x");
	plain();
	below();
	may();
	systems();
	in_child(as_other, 1000);
	in_child(in_between, 0);
}
