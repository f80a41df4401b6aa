/*
 * A path, one name after the other, for kernels (or sandboxes) without
 * openat2. Each directory is opened below the one before and stays open:
 * `..` goes back to a descriptor that is held, never to what the file system
 * calls `..` at that moment, so moving directories about leads nowhere.
 * Symbolic links are read here and their text takes the place of the name.
 */
#define _GNU_SOURCE
#include "servers/hostfs/hostfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define DEPTH_MAX 128			/* directories within each other */
#define LINKS_MAX 40			/* as the kernel's */
#define REST_SIZE 8192

struct walk {
	int directories[DEPTH_MAX];	/* [0] is the root, which is not ours */
	unsigned depth;
	unsigned links;
	char rest[REST_SIZE];		/* what is still to go */
};

static int top(const struct walk *walk)
{
	return walk->directories[walk->depth];
}

static void go_back(struct walk *walk, unsigned depth)
{
	while (walk->depth > depth)
		close(walk->directories[walk->depth--]);
}

static int go_down(struct walk *walk, const char *name)
{
	int fd;

	if (walk->depth + 1 == DEPTH_MAX)
		return -ENAMETOOLONG;
	fd = openat(top(walk), name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	walk->directories[++walk->depth] = fd;
	return 0;
}

/* Puts the text of a link before what is still to go. */
static int follow(struct walk *walk, const char *text, size_t size)
{
	size_t rest = strlen(walk->rest);

	if (++walk->links > LINKS_MAX)
		return -ELOOP;
	if (size == 0)
		return -ENOENT;
	if (size + 1 + rest + 1 > sizeof(walk->rest))
		return -ENAMETOOLONG;
	/* What is left begins with a slash, or there is nothing left. */
	memmove(walk->rest + size, walk->rest, rest + 1);
	memcpy(walk->rest, text, size);
	if (walk->rest[0] == '/')
		go_back(walk, 0);
	return 0;
}

/* Takes the next name off the rest: 1, or 0 if there is none; or an errno. */
static int next_name(struct walk *walk, char name[HOSTFS_NAME_SIZE])
{
	char *start = walk->rest + strspn(walk->rest, "/");
	size_t size = strcspn(start, "/");

	if (size > fs_NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(name, start, size);
	name[size] = '\0';
	memmove(walk->rest, start + size, strlen(start + size) + 1);
	return size > 0;
}

static bool is_last(const struct walk *walk)
{
	return walk->rest[strspn(walk->rest, "/")] == '\0';
}

static int open_last(struct walk *walk, const char *name, int flags, mode_t mode)
{
	int fd;

	if (walk->rest[0] == '/' && (flags & O_CREAT))
		return -EISDIR;
	if (walk->rest[0] == '/')
		flags |= O_DIRECTORY;
	fd = openat(top(walk), name, flags | O_NOFOLLOW, mode);
	return fd < 0 ? -errno : fd;
}

/* One name. Negative: an errno. 1: *fd is the end of the way. */
static int step(struct walk *walk, const char *name, int flags, mode_t mode, int *fd)
{
	char text[REST_SIZE];
	bool keep = (flags & O_NOFOLLOW) || (flags & O_EXCL);
	ssize_t size;

	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0) {
		go_back(walk, walk->depth > 0 ? walk->depth - 1 : 0);
		return 0;
	}
	/* With a slash behind it a link is always followed. */
	if (!is_last(walk) || walk->rest[0] == '/' || !keep) {
		size = readlinkat(top(walk), name, text, sizeof(text));
		if (size >= 0)
			return follow(walk, text, (size_t)size);
	}
	if (!is_last(walk))
		return go_down(walk, name);
	*fd = open_last(walk, name, flags, mode);
	return *fd < 0 ? *fd : 1;
}

int walk_open(int root, const char *path, int flags, mode_t mode)
{
	struct walk walk = {.directories = {root}};
	char name[HOSTFS_NAME_SIZE];
	int fd = -1, status;

	strcpy(walk.rest, path);
	do {
		status = next_name(&walk, name);
		if (status == 0) {
			/* Nothing but dots at the end: a directory we hold. */
			fd = flags & O_CREAT ? -EISDIR :
				open_last(&walk, ".", flags, 0);
			status = fd < 0 ? fd : 1;
		} else if (status > 0) {
			status = step(&walk, name, flags, mode, &fd);
		}
	} while (status == 0);
	go_back(&walk, 0);
	return status < 0 ? status : fd;
}
