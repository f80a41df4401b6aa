/*
 * From a path to a file. The kernel does it (openat2 with RESOLVE_IN_ROOT),
 * or walk.c where it cannot. Everything else works on the last name alone, in
 * a directory that was found that way, and follows no link.
 */
#define _GNU_SOURCE
#include "servers/hostfs/hostfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel gives up with EAGAIN when names were moved under `..`. */
#define TRIES 32

int resolve_path(struct path *path, fs_Path from)
{
	if (from.size > fs_PATH_MAX)
		return ENAMETOOLONG;
	if (from.size > 0 && memchr(from.data, '\0', from.size))
		return EINVAL;
	if (from.size > 0)
		memcpy(path->text, from.data, from.size);
	path->text[from.size] = '\0';
	return 0;
}

static int kernel_open(int root, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)flags,
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long fd = -1;

	for (int i = 0; i < TRIES; i++) {
		fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return fd < 0 ? -errno : (int)fd;
}

/* "" and "///" are the root. */
static const char *or_root(const char *path)
{
	return path[strspn(path, "/")] == '\0' ? "." : path;
}

int resolve_open(const struct host *host, const struct path *path, int flags,
	mode_t mode)
{
	const char *text = or_root(path->text);

	flags |= O_CLOEXEC;
	if (host->has_openat2)
		return kernel_open(host->root, text, flags, mode);
	return walk_open(host->root, text, flags, mode);
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int open_directory(const struct host *host, const struct path *path)
{
	return resolve_open(host, path, O_PATH | O_DIRECTORY, 0);
}

/* Cuts the last name off; NULL: the path has none that could be cut off. */
static char *split(struct path *path, bool *slash)
{
	size_t size = strlen(path->text);
	char *name;

	*slash = size > 0 && path->text[size - 1] == '/';
	while (size > 0 && path->text[size - 1] == '/')
		path->text[--size] = '\0';
	name = strrchr(path->text, '/');
	name = name ? name + 1 : path->text;
	return *name == '\0' || is_dots(name) ? NULL : name;
}

int resolve_place(const struct host *host, const struct path *path, struct place *place)
{
	struct path folder = *path;
	struct stat status;
	bool slash;
	char *name = split(&folder, &slash);

	if (name && strlen(name) > fs_NAME_MAX)
		return ENAMETOOLONG;
	strcpy(place->name, name ? name : ".");
	if (name)
		*name = '\0';
	place->directory = open_directory(host, &folder);
	if (place->directory < 0)
		return -place->directory;
	/* The kernel would follow a link if it saw the slash. */
	if (slash && fstatat(place->directory, place->name, &status,
			AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(status.st_mode)) {
		resolve_leave(place);
		return ENOTDIR;
	}
	return 0;
}

void resolve_leave(struct place *place)
{
	close(place->directory);
}
