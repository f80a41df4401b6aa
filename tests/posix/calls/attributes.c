/* Modes, owners, times, extended attributes: changed. */
#include "call.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#include <utime.h>

static struct stat of(const char *path)
{
	struct stat is;

	memset(&is, 0, sizeof is);
	C(lstat, path, &is);
	return is;
}

static void modes(void)
{
	long at = C(open, "d", O_RDONLY), file = C(open, "f", O_RDONLY);
	long path = C(open, "f", O_PATH);

	T(chmod, "a file", "f", 0640);
	SAY(chmod, "its mode", of("f").st_mode);
	T(chmod, "all bits", "f", 07777);
	SAY(chmod, "its mode, all bits", of("f").st_mode);
	T(chmod, "more than there are", "f", 0170600);
	SAY(chmod, "its mode, of more", of("f").st_mode);
	T(chmod, "through a link", "link", 0604);
	SAY(chmod, "the file's mode", of("f").st_mode);
	T(chmod, "nothing", "none", 0600);
	T(chmod, "below a file", "f/x", 0600);
	T(chmod, "a wild path", WILD, 0600);
	T(chmod, "an empty path", "", 0600);
	T(fchmod, "a file", file, 0644);
	SAY(fchmod, "its mode", of("f").st_mode);
	T(fchmod, "descriptor not open", 99, 0600);
	T(fchmod, "a path only", path, 0600);
	T(fchmodat, "below a descriptor", at, "in", 0600);
	T(fchmodat, "descriptor not open", 99, "in", 0600);
	T(fchmodat, "below a file", file, "in", 0600);
	T(fchmodat2, "below a descriptor", at, "in", 0640, 0);
	T(fchmodat2, "a descriptor", file, "", 0600, AT_EMPTY_PATH);
	T(fchmodat2, "a link itself", HERE, "link", 0600, AT_SYMLINK_NOFOLLOW);
	T(fchmodat2, "unknown flags", at, "in", 0640, 1);
	C(close_range, 3, -1, 0);
}

static void owners(void)
{
	long at = C(open, "d", O_RDONLY), file = C(open, "f", O_RDONLY);

	C(chmod, "f", 06755);
	T(chown, "a file", "f", 1000, 2000);
	SAY(chown, "its user", of("f").st_uid);
	SAY(chown, "its group", of("f").st_gid);
	SAY(chown, "set-uid and set-gid are gone", of("f").st_mode);
	T(chown, "only the group", "f", -1, 3000);
	SAY(chown, "its user stays", of("f").st_uid);
	SAY(chown, "its group changes", of("f").st_gid);
	T(chown, "neither", "f", -1, -1);
	T(chown, "through a link", "link", 5, 6);
	SAY(chown, "the link's own user", of("link").st_uid);
	T(chown, "nothing", "none", 1, 1);
	T(chown, "a link to nothing", "dangling", 1, 1);
	T(chown, "a wild path", WILD, 1, 1);
	T(lchown, "a link itself", "link", 7, 8);
	SAY(lchown, "the link's user", of("link").st_uid);
	SAY(lchown, "the file's user", of("f").st_uid);
	T(lchown, "a link to nothing", "dangling", 1, 1);
	T(lchown, "nothing", "none", 1, 1);
	T(fchown, "a file", file, 9, 10);
	SAY(fchown, "its user", of("f").st_uid);
	T(fchown, "descriptor not open", 99, 9, 10);
	T(fchown, "a path only", C(open, "f", O_PATH), 9, 10);
	T(fchownat, "below a descriptor", at, "in", 1, 2, 0);
	T(fchownat, "a link itself", HERE, "link", 3, 4, AT_SYMLINK_NOFOLLOW);
	SAY(fchownat, "the link's user", of("link").st_uid);
	T(fchownat, "a descriptor", file, "", 11, 12, AT_EMPTY_PATH);
	SAY(fchownat, "a descriptor's group", of("f").st_gid);
	T(fchownat, "an empty path without that", file, "", 11, 12, 0);
	T(fchownat, "unknown flags", HERE, "f", 1, 1, 1);
	T(fchownat, "descriptor not open", 99, "in", 1, 2, 0);
	C(close_range, 3, -1, 0);
}

static void show_times(const char *call, const char *what, const char *path)
{
	struct stat is = of(path);

	line(call, what, is.st_atime * 1000 + is.st_mtime);
}

static void times(void)
{
	struct timespec two[2] = { { 100, 5 }, { 200, 999999999 } };
	struct timeval old[2] = { { 300, 6 }, { 400, 999999 } };
	struct utimbuf oldest = { 500, 600 };
	long at = C(open, "d", O_RDONLY), file = C(open, "f", O_RDONLY), since;

	T(utimensat, "both", HERE, "f", two, 0);
	show_times("utimensat", "then it says", "f");
	SAY(utimensat, "nanoseconds", of("f").st_mtim.tv_nsec);
	T(utimensat, "a descriptor", file, NULL, two, 0);
	T(utimensat, "a descriptor and an empty path", file, "", two, AT_EMPTY_PATH);
	T(utimensat, "below a descriptor", at, "in", two, 0);
	T(utimensat, "a link itself", HERE, "link", two, AT_SYMLINK_NOFOLLOW);
	show_times("utimensat", "the link says", "link");
	two[0].tv_nsec = UTIME_OMIT;
	two[1].tv_sec = 700;
	T(utimensat, "only one", HERE, "f", two, 0);
	show_times("utimensat", "then it says, of one", "f");
	two[0].tv_nsec = two[1].tv_nsec = UTIME_OMIT;
	T(utimensat, "none, of nothing", HERE, "none", two, 0);
	T(utimensat, "none", HERE, "f", two, 0);
	two[0].tv_nsec = two[1].tv_nsec = UTIME_NOW;
	since = of("d").st_mtime;
	T(utimensat, "now, as a number", HERE, "f", two, 0);
	SAY(utimensat, "it is now", of("f").st_mtime >= since);
	T(utimensat, "now", HERE, "f", NULL, 0);
	two[1].tv_nsec = 1000000000;
	T(utimensat, "too many nanoseconds", HERE, "f", two, 0);
	T(utimensat, "unknown flags", HERE, "f", NULL, 1);
	T(utimensat, "nothing", HERE, "none", NULL, 0);
	T(utimensat, "no path and no descriptor", HERE, NULL, NULL, 0);
	T(utimensat, "descriptor not open", 99, NULL, NULL, 0);
	T(utimensat, "wild times", HERE, "f", WILD, 0);
	T(utimes, "both", "f", old);
	show_times("utimes", "then it says", "f");
	T(utimes, "now", "f", NULL);
	T(utimes, "nothing", "none", old);
	T(utimes, "wild times", "f", WILD);
	T(futimesat, "below a descriptor", at, "in", old);
	show_times("futimesat", "then it says", "d/in");
	T(futimesat, "descriptor not open", 99, "in", old);
	old[0].tv_usec = 1000000;
	T(utimes, "too many microseconds", "f", old);
	T(futimesat, "too many microseconds", at, "in", old);
	T(utime, "both", "f", &oldest);
	show_times("utime", "then it says", "f");
	T(utime, "now", "f", NULL);
	T(utime, "nothing", "none", &oldest);
	T(utime, "wild times", "f", WILD);
	C(close_range, 3, -1, 0);
}

static void extended(void)
{
	char text[64] = "";
	long file = C(open, "f", O_RDWR);

	T(setxattr, "a new one", "f", "trusted.a", "one", 3, 0);
	TEXT(getxattr, "its value", text, T(getxattr, "it", "f", "trusted.a", text, 64));
	T(getxattr, "its size", "f", "trusted.a", NULL, 0);
	T(getxattr, "into too little room", "f", "trusted.a", text, 1);
	T(getxattr, "one there is not", "f", "trusted.b", text, 64);
	T(getxattr, "of nothing", "none", "trusted.b", text, 64);
	T(setxattr, "to be new, and there", "f", "trusted.a", "two", 3, 1);
	T(setxattr, "to be there, and new", "f", "trusted.b", "two", 3, 2);
	T(setxattr, "unknown flags", "f", "trusted.a", "two", 3, 4);
	T(setxattr, "an empty name", "f", "", "two", 3, 0);
	T(setxattr, "of no known kind", "f", "nonsense", "two", 3, 0);
	T(setxattr, "of nothing", "none", "trusted.a", "two", 3, 0);
	T(lsetxattr, "of a link itself", "link", "trusted.a", "link", 4, 0);
	T(lgetxattr, "of a link itself", "link", "trusted.a", text, 64);
	T(lgetxattr, "of nothing", "none", "trusted.a", text, 64);
	T(fsetxattr, "of a descriptor", file, "trusted.c", "three", 5, 0);
	T(fsetxattr, "descriptor not open", 99, "trusted.c", "three", 5, 0);
	T(fgetxattr, "of a descriptor", file, "trusted.c", text, 64);
	T(fgetxattr, "descriptor not open", 99, "trusted.c", text, 64);
	T(listxattr, "their names' size", "f", NULL, 0);
	T(listxattr, "their names", "f", text, 64);
	T(listxattr, "into too little room", "f", text, 3);
	T(llistxattr, "of a link itself", "link", text, 64);
	T(flistxattr, "of a descriptor", file, text, 64);
	T(flistxattr, "descriptor not open", 99, text, 64);
	T(removexattr, "one", "f", "trusted.a");
	T(removexattr, "it again", "f", "trusted.a");
	T(removexattr, "of nothing", "none", "trusted.a");
	T(lremovexattr, "of a link itself", "link", "trusted.a");
	T(fremovexattr, "of a descriptor", file, "trusted.c");
	T(fremovexattr, "descriptor not open", 99, "trusted.c");
	C(close, file);
}

static void as_other(void)
{
	struct timespec two[2] = { { 100, 5 }, { 200, 0 } };

	T(chmod, "another user", "theirs", 0777);
	T(fchmodat, "another user", HERE, "theirs", 0777);
	T(chown, "another user", "theirs", 1000, 1000);
	T(lchown, "another user", "theirs", 1000, 1000);
	T(chown, "one's own to another user", "mine", 5, -1);
	T(chown, "one's own to a group that one is not in", "mine", -1, 5);
	T(chown, "one's own to one's own group", "mine", -1, 1000);
	T(chmod, "one's own", "mine", 0600);
	T(utimensat, "another user, to a time", HERE, "theirs", two, 0);
	T(utimensat, "another user, to now", HERE, "theirs", NULL, 0);
	T(utimensat, "another user, to now what all may write", HERE, "written", NULL, 0);
	T(utimensat, "another user, to a time what all may write", HERE, "written", two, 0);
	T(utime, "another user, to now", "theirs", NULL);
	T(truncate, "another user", "theirs", 0);
}

void topic_attributes(void)
{
	make_file("f", "hello");
	C(mkdir, "d", 0755);
	make_file("d/in", "x");
	C(symlink, "f", "link");
	C(symlink, "none", "dangling");
	modes();
	owners();
	times();
	extended();
	make_file("theirs", "x");
	make_file("mine", "x");
	C(chown, "mine", 1000, 1000);
	make_file("written", "x");
	C(chmod, "written", 0666);
	in_child(as_other, 1000);
}
