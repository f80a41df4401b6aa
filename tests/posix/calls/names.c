/* Names: made, moved, taken away. */
#include "call.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static char long_name[300];

static long mode_of(const char *path)
{
	struct stat is;
	long result = C(lstat, path, &is);

	return result < 0 ? result : (long)is.st_mode;
}

static long links_of(const char *path)
{
	struct stat is;
	long result = C(lstat, path, &is);

	return result < 0 ? result : (long)is.st_nlink;
}

static void folders(void)
{
	long at;

	T(mkdir, "a directory", "d", 0777);
	SAY(mkdir, "its mode, by the mask", mode_of("d"));
	SAY(mkdir, "its links", links_of("d"));
	T(mkdir, "in it, with a slash behind", "d/e/", 0700);
	SAY(mkdir, "links, with one in it", links_of("d"));
	T(mkdir, "and there", "d", 0777);
	T(mkdir, "where a file is", "f", 0777);
	T(mkdir, "below a file", "f/x", 0777);
	T(mkdir, "below nothing", "none/x", 0777);
	T(mkdir, "an empty path", "", 0777);
	T(mkdir, "a wild path", WILD, 0777);
	T(mkdir, "a name too long", long_name, 0777);
	T(mkdir, "a dot", ".", 0777);
	T(mkdir, "where a link to nothing is", "dangling", 0777);
	T(mkdir, "sticky and set-group", "sticky", 03777);
	SAY(mkdir, "its mode, sticky", mode_of("sticky"));
	at = C(open, "d", O_RDONLY);
	T(mkdirat, "below a descriptor", at, "g", 0755);
	T(mkdirat, "and there", at, "g", 0755);
	T(mkdirat, "descriptor not open", 99, "g", 0755);
	T(mkdirat, "below a file", C(open, "f", O_RDONLY), "g", 0755);
	T(rmdir, "empty", "d/g");
	T(rmdir, "not empty", "d");
	T(rmdir, "a file", "f");
	T(rmdir, "nothing", "none");
	T(rmdir, "a dot", "d/.");
	T(rmdir, "two dots", "d/e/..");
	T(rmdir, "the root", "/");
	T(rmdir, "a link to one", "link-d");
	T(rmdir, "a wild path", WILD);
	T(rmdir, "an empty path", "");
	T(rmdir, "with a slash behind", "d/e/");
	SAY(rmdir, "links, with none in it", links_of("d"));
}

static void nodes(void)
{
	struct stat is;

	T(mknod, "a file", "n", S_IFREG | 0644, 0);
	SAY(mknod, "its mode", mode_of("n"));
	T(mknod, "a file, without its kind", "n0", 0600, 0);
	T(mknod, "a FIFO", "p", S_IFIFO | 0666, 0);
	SAY(mknod, "the FIFO's mode", mode_of("p"));
	T(mknod, "a device", "null", S_IFCHR | 0666, makedev(1, 3));
	C(stat, "null", &is);
	SAY(mknod, "the device's number", is.st_rdev);
	T(mknod, "a socket", "s", S_IFSOCK | 0666, 0);
	T(mknod, "a directory", "dd", S_IFDIR | 0755, 0);
	T(mknod, "of no kind", "dd", 0030000 | 0755, 0);
	T(mknod, "and there", "n", S_IFREG | 0644, 0);
	T(mknod, "below nothing", "none/n", S_IFREG | 0644, 0);
	T(mknod, "a wild path", WILD, S_IFREG | 0644, 0);
	T(mknodat, "below a descriptor", C(open, "d", O_RDONLY), "n", S_IFREG | 0644, 0);
	T(mknodat, "descriptor not open", 99, "n", S_IFREG | 0644, 0);
	T(mknodat, "a FIFO here", HERE, "p2", S_IFIFO | 0600, 0);
}

static void links(void)
{
	char text[64];
	long at = C(open, "d", O_RDONLY), file = C(open, "f", O_RDONLY);

	T(link, "a second name", "f", "f2");
	SAY(link, "two links", links_of("f"));
	T(link, "and there", "f", "f2");
	T(link, "of a directory", "d", "d2");
	T(link, "of nothing", "none", "x");
	T(link, "below nothing", "f", "none/x");
	T(link, "a wild path", WILD, "x");
	T(link, "to a wild path", "f", WILD);
	T(link, "of a link itself", "link", "link2");
	SAY(link, "which is a link", mode_of("link2"));
	T(linkat, "below a descriptor", HERE, "f", at, "f3", 0);
	T(linkat, "through a link", HERE, "link", at, "f4", AT_SYMLINK_FOLLOW);
	SAY(linkat, "which is a file", mode_of("d/f4"));
	T(linkat, "of a descriptor", file, "", at, "f5", AT_EMPTY_PATH);
	T(linkat, "of an empty path without that", file, "", at, "f6", 0);
	T(linkat, "unknown flags", HERE, "f", at, "f6", 0x10);
	T(linkat, "descriptor not open", 99, "f", at, "f6", 0);
	T(symlink, "a link", "some/where", "l");
	T(symlink, "and there", "some/where", "l");
	T(symlink, "to nothing at all", "", "l2");
	T(symlink, "below nothing", "a", "none/l");
	T(symlink, "a wild text", WILD, "l2");
	T(symlink, "a wild path", "a", WILD);
	T(symlink, "a name too long", "a", long_name);
	T(symlinkat, "below a descriptor", "../f", at, "l");
	T(symlinkat, "descriptor not open", "../f", 99, "l");
	T(symlinkat, "below a file", "../f", file, "l");
	TEXT(readlink, "what it says", text, T(readlink, "a link", "l", text, 64));
	TEXT(readlink, "cut off", text, T(readlink, "into little room", "l", text, 4));
	T(readlink, "a file", "f", text, 64);
	T(readlink, "a directory", "d", text, 64);
	T(readlink, "nothing", "none", text, 64);
	T(readlink, "into no room", "l", text, 0);
	T(readlink, "into less than none", "l", text, -1L);
	T(readlink, "to a wild address", "l", WILD, 64);
	T(readlink, "a wild path", WILD, text, 64);
	T(readlink, "a loop", "loop1/x", text, 64);
	TEXT(readlinkat, "what it says", text, T(readlinkat, "below a descriptor", at, "l", text, 64));
	T(readlinkat, "descriptor not open", 99, "l", text, 64);
	T(readlinkat, "of a link's descriptor", C(open, "l", O_PATH | O_NOFOLLOW), "", text, 64);
	T(readlinkat, "of a file's descriptor", file, "", text, 64);
	C(close_range, 3, -1, 0);
}

static void removal(void)
{
	char text[8];
	long at = C(open, "d", O_RDONLY), file;

	make_file("gone", "text");
	file = C(open, "gone", O_RDONLY);
	T(unlink, "an open file", "gone");
	SAY(unlink, "is still read", C(read, file, text, 8));
	T(unlink, "it again", "gone");
	T(unlink, "a directory", "d");
	T(unlink, "a link to a directory", "link-d");
	T(unlink, "below a file", "f/x");
	T(unlink, "a file with a slash behind", "f/");
	T(unlink, "an empty path", "");
	T(unlink, "a wild path", WILD);
	T(unlink, "a FIFO", "p");
	T(unlinkat, "below a descriptor", at, "f3", 0);
	T(unlinkat, "a directory", HERE, "sticky", 0);
	T(unlinkat, "a directory as such", HERE, "sticky", AT_REMOVEDIR);
	T(unlinkat, "a file as a directory", HERE, "f", AT_REMOVEDIR);
	T(unlinkat, "unknown flags", HERE, "f", 1);
	T(unlinkat, "descriptor not open", 99, "f", 0);
	C(close_range, 3, -1, 0);
}

static void renaming(void)
{
	long at;

	C(mkdir, "r", 0755);
	C(mkdir, "r/full", 0755);
	C(mkdir, "r/empty", 0755);
	make_file("r/full/a", "a");
	make_file("r/one", "1");
	make_file("r/two", "22");
	T(rename, "a file", "r/one", "r/uno");
	T(rename, "over another", "r/uno", "r/two");
	T(rename, "to itself", "r/two", "r/two");
	T(rename, "nothing", "r/none", "r/x");
	T(rename, "a file over a directory", "r/two", "r/empty");
	T(rename, "a directory over a file", "r/empty", "r/two");
	T(rename, "a directory over one that is not empty", "r/empty", "r/full");
	T(rename, "a directory over an empty one", "r/full", "r/empty");
	T(rename, "a directory below itself", "r", "r/empty/x");
	T(rename, "a directory over what it is in", "r/empty", "r");
	T(rename, "a dot", "r/.", "r2");
	T(rename, "to below nothing", "r/two", "none/x");
	T(rename, "to a name too long", "r/two", long_name);
	T(rename, "a wild path", WILD, "x");
	T(rename, "to a wild path", "r/two", WILD);
	T(rename, "an empty path", "", "x");
	T(rename, "a file to one with a slash behind", "r/two", "r/x/");
	at = C(open, "r", O_RDONLY);
	T(renameat, "below descriptors", at, "two", at, "three");
	T(renameat, "descriptor not open", 99, "two", at, "three");
	make_file("r/four", "4444");
	T(renameat2, "without replacing, and there", at, "three", at, "four", 1);
	T(renameat2, "without replacing", at, "three", at, "five", 1);
	T(renameat2, "exchanged", at, "four", at, "five", 2);
	T(truncate, "of what was exchanged is the other", "r/five", 4);
	T(renameat2, "exchanged with nothing", at, "four", at, "none", 2);
	T(renameat2, "a file with a directory", at, "four", at, "empty", 2);
	SAY(renameat2, "the file is a directory now", mode_of("r/four"));
	T(renameat2, "unknown flags", at, "four", at, "five", 8);
	T(renameat2, "both flags", at, "four", at, "five", 3);
	T(renameat2, "descriptor not open", at, "four", 99, "five", 0);
	C(close_range, 3, -1, 0);
}

static void as_other(void)
{
	T(mkdir, "another user, in a directory of root", "theirs", 0755);
	T(mknod, "another user, a device where all may", "open/dev", S_IFCHR | 0600, makedev(1, 3));
	T(mknod, "another user, a FIFO where all may", "open/fifo", S_IFIFO | 0600, 0);
	T(unlink, "another user, in a directory of root", "f");
	T(rmdir, "another user, in a directory of root", "d");
	T(symlink, "another user, in a directory of root", "x", "theirs");
	T(rename, "another user, in a directory of root", "f", "theirs");
	T(unlink, "another user, root's in a sticky directory", "shared/root");
	T(rename, "another user, root's in a sticky directory", "shared/root", "shared/x");
	make_file("shared/mine", "x");
	T(unlink, "another user, their own in a sticky directory", "shared/mine");
	T(link, "another user, in a directory of root", "f", "theirs");
}

void topic_names(void)
{
	memset(long_name, 'n', sizeof long_name - 1);
	make_file("f", "text");
	C(symlink, "d", "link-d");
	C(symlink, "f", "link");
	C(symlink, "none", "dangling");
	C(symlink, "loop2", "loop1");
	C(symlink, "loop1", "loop2");
	folders();
	nodes();
	links();
	removal();
	renaming();
	C(mkdir, "open", 0777);
	C(chmod, "open", 0777);
	C(mkdir, "shared", 0777);
	C(chmod, "shared", 01777);
	make_file("shared/root", "x");
	in_child(as_other, 1000);
}
