/* Opening files. */
#include "call.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char long_name[300], long_path[5000];

/* Everything that is needed; the working directory is the topic's. */
static void prepare(void)
{
	memset(long_name, 'n', sizeof long_name - 1);
	for (size_t i = 0; i < sizeof long_path - 1; i++)
		long_path[i] = i % 2 ? '/' : '.';
	make_file("f", "text");
	C(mkdir, "d", 0755);
	make_file("d/inside", "inside");
	C(symlink, "f", "link");
	C(symlink, "d", "link-d");
	C(symlink, "none", "dangling");
	C(symlink, "loop2", "loop1");
	C(symlink, "loop1", "loop2");
}

static void close_if(long file)
{
	if (file >= 0)
		C(close, file);
}

#define OPEN(what, ...) close_if(T(open, what, __VA_ARGS__))
#define OPENAT(what, ...) close_if(T(openat, what, __VA_ARGS__))

static void plain(void)
{
	struct stat is;

	OPEN("to read", "f", O_RDONLY);
	OPEN("to write", "f", O_WRONLY);
	OPEN("both ways", "f", O_RDWR);
	OPEN("no such file", "none", O_RDONLY);
	OPEN("an empty path", "", O_RDONLY);
	OPEN("a wild path", WILD, O_RDONLY);
	OPEN("a path beyond the program's memory", BEYOND, O_RDONLY);
	OPEN("no path", NULL, O_RDONLY);
	OPEN("below a file", "f/x", O_RDONLY);
	OPEN("a file as a directory", "f/", O_RDONLY);
	OPEN("below nothing", "none/x", O_RDONLY);
	OPEN("a name too long", long_name, O_RDONLY);
	OPEN("a path too long", long_path, O_RDONLY);
	OPEN("a loop of links", "loop1", O_RDONLY);
	OPEN("a link to nothing", "dangling", O_RDONLY);
	OPEN("a link", "link", O_RDONLY);
	OPEN("a link, not followed", "link", O_RDONLY | O_NOFOLLOW);
	OPEN("through a link, the last not followed", "link-d/inside", O_RDONLY | O_NOFOLLOW);
	OPEN("a directory", "d", O_RDONLY);
	OPEN("a directory to write", "d", O_WRONLY);
	OPEN("a directory, made", "d", O_RDONLY | O_CREAT, 0644);
	OPEN("a directory, wanted as such", "d", O_RDONLY | O_DIRECTORY);
	OPEN("a file, wanted as a directory", "f", O_RDONLY | O_DIRECTORY);
	OPEN("exclusive, and there", "f", O_RDWR | O_CREAT | O_EXCL, 0644);
	OPEN("exclusive, a link to nothing", "dangling", O_RDWR | O_CREAT | O_EXCL, 0644);
	OPEN("made", "new", O_RDWR | O_CREAT | O_EXCL, 0666);
	C(stat, "new", &is);
	SAY(open, "its mode, by the mask", is.st_mode);
	OPEN("made behind a link to nothing", "dangling", O_RDWR | O_CREAT, 0600);
	SAY(open, "what the link led to is there", C(access, "none", F_OK));
	C(unlink, "none");
	OPEN("made with set-uid and sticky", "bits", O_RDWR | O_CREAT, 07777);
	C(stat, "bits", &is);
	SAY(open, "the mode with such bits", is.st_mode);
	OPEN("made read-only, to write", "ro", O_RDWR | O_CREAT, 0400);
	OPEN("made with a slash behind", "slash/", O_RDWR | O_CREAT, 0600);
	OPEN("cut off", "new", O_WRONLY | O_TRUNC);
	OPEN("a path only", "f", O_PATH);
	OPEN("a link itself as a path only", "link", O_PATH | O_NOFOLLOW);
	OPEN("for neither way", "f", 3);
	OPEN("with all that does not matter", "f", O_RDONLY | O_NOCTTY | O_SYNC | O_NOATIME |
		O_LARGEFILE | O_CLOEXEC | O_NONBLOCK);
	close_if(T(creat, "a new one", "created", 0640));
	C(stat, "created", &is);
	SAY(creat, "its mode", is.st_mode);
	close_if(T(creat, "cuts off what is there", "f", 0640));
	C(stat, "f", &is);
	SAY(creat, "its size", is.st_size);
	close_if(T(creat, "a directory", "d", 0640));
	close_if(T(creat, "a wild path", WILD, 0640));
	close_if(T(creat, "below nothing", "none/x", 0640));
}

static void below(void)
{
	char text[8];
	long folder = C(open, "d", O_RDONLY | O_DIRECTORY), file = C(open, "f", O_RDONLY);
	long path = C(open, "d", O_PATH), opened;

	OPENAT("below a descriptor", folder, "inside", O_RDONLY);
	OPENAT("below a path only", path, "inside", O_RDONLY);
	OPENAT("a full path, whatever the descriptor", 99, "/", O_RDONLY);
	OPENAT("below a descriptor not open", 99, "inside", O_RDONLY);
	OPENAT("below a file", file, "inside", O_RDONLY);
	OPENAT("an empty path", folder, "", O_RDONLY);
	OPENAT("here", HERE, "f", O_RDONLY);
	OPENAT("a wild path", folder, WILD, O_RDONLY);
	OPENAT("no such file", folder, "f", O_RDONLY);
	OPENAT("upwards", folder, "../f", O_RDONLY);
	OPENAT("exclusive, and there", folder, "inside", O_CREAT | O_EXCL | O_WRONLY, 0600);
	OPENAT("a path only", folder, "inside", O_PATH);
	opened = C(openat, HERE, "d/inside", O_PATH);
	SAY(openat, "reading a path only", C(read, opened, text, 1));
	close_if(opened);
	opened = T(openat, "a file without a name", HERE, "d", O_TMPFILE | O_RDWR, 0600);
	if (opened >= 0)
		SAY(openat, "is written", C(write, opened, "abc", 3));
	close_if(opened);
	OPENAT("a file without a name, to read", HERE, "d", O_TMPFILE | O_RDONLY, 0600);
	close_if(folder);
	close_if(file);
	close_if(path);
}

static void how(void)
{
	struct open_how h = { .flags = O_RDONLY };
	struct { struct open_how h; char more[8]; } large = { { .flags = O_RDONLY }, "" };
	long folder = C(open, "d", O_RDONLY | O_DIRECTORY);

#define OPEN2(what, at, path) close_if(T(openat2, what, at, path, &h, sizeof h))
	OPEN2("a file", HERE, "d/inside");
	h.resolve = RESOLVE_BENEATH;
	OPEN2("beneath", folder, "inside");
	OPEN2("beneath, and it leads up", folder, "../d/inside");
	OPEN2("beneath, and the path is full", folder, "/");
	h.resolve = RESOLVE_NO_SYMLINKS;
	OPEN2("no links, and there is one", HERE, "link-d/inside");
	OPEN2("no links, and there is none", HERE, "d/inside");
	h.resolve = RESOLVE_IN_ROOT;
	OPEN2("in a root, upwards", folder, "../../inside");
	OPEN2("in a root, a full path", folder, "/inside");
	h.resolve = 1 << 20;
	OPEN2("unknown ways", HERE, "f");
	h.resolve = 0;
	h.flags = UINT64_C(1) << 40;
	OPEN2("unknown flags", HERE, "f");
	h.flags = O_RDONLY;
	h.mode = 0600;
	OPEN2("a mode that is not needed", HERE, "f");
	close_if(T(openat2, "too small", HERE, "f", &h, 8));
	close_if(T(openat2, "larger, with zeros", HERE, "f", &large, sizeof large));
	large.more[0] = 1;
	close_if(T(openat2, "larger, with more than is known", HERE, "f", &large, sizeof large));
	close_if(T(openat2, "a wild struct", HERE, "f", WILD, sizeof h));
	close_if(folder);
}

static void as_other(void)
{
	OPEN("another user, to read", "secret", O_RDONLY);
	OPEN("another user, in a closed directory", "closed/f", O_RDONLY);
	OPEN("another user, new in a directory of root", "theirs", O_RDWR | O_CREAT, 0600);
	OPEN("another user, to read what all may", "public", O_RDONLY);
	OPEN("another user, to write what all may read", "public", O_WRONLY);
	OPEN("another user, to cut off what all may read", "public", O_RDONLY | O_TRUNC);
	OPEN("another user, without the time of access", "public", O_RDONLY | O_NOATIME);
	OPENAT("another user, to read", HERE, "secret", O_RDONLY);
	close_if(T(creat, "another user, over a file of root", "public", 0600));
}

void topic_open(void)
{
	prepare();
	plain();
	below();
	how();
	make_file("secret", "s");
	make_file("public", "p");
	C(chmod, "secret", 0600);
	C(mkdir, "closed", 0700);
	make_file("closed/f", "s");
	in_child(as_other, 1000);
}
