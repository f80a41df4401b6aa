/*
 * From a place to a node. Paths that only lead down, and meet no symbolic
 * link, are followed by the kernel in one step (openat2); walk.c goes all
 * other ways, and every way where the kernel has no openat2.
 */
#define _GNU_SOURCE
#include "servers/hostfs/hostfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* How often to look again when names change under our feet. */
#define TRIES 32
#define ALL_RESOLVE (fs_Resolve_FOLLOW | fs_Resolve_NO_LINKS | fs_Resolve_ROOTED | \
	fs_Resolve_BENEATH | fs_Resolve_PARENT | fs_Resolve_NO_MOUNTS | \
	fs_Resolve_STOP_AT_LAST_MOUNT)

/* Straight down: without links, and without `..` in the path. */
static int kernel_open(int from, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(O_PATH | O_CLOEXEC | flags),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	long fd = -1;

	for (int i = 0; i < TRIES; i++) {
		fd = syscall(SYS_openat2, from, path, &how, sizeof(how));
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return fd < 0 ? -errno : (int)fd;
}

/* ---- from a node to its path, and back ---- */

static int root_of(const struct session *session)
{
	return session->table[fs_ROOT].fd;
}

static int host_path(const struct host *host, int fd, char path[HOSTFS_PATH_SIZE])
{
	ssize_t size = readlinkat(host->descriptors, node_name(fd).text, path,
		HOSTFS_PATH_SIZE);

	if (size < 0)
		return errno;
	if (size == HOSTFS_PATH_SIZE)
		return ENAMETOOLONG;
	path[size] = '\0';
	return 0;
}

/* As resolve_path(), but the node may have left there meanwhile. */
static int path_as_named(const struct session *session, int fd,
	char path[HOSTFS_PATH_SIZE])
{
	char root[HOSTFS_PATH_SIZE];
	size_t size;
	int error = host_path(session->host, root_of(session), root);

	if (error == 0)
		error = host_path(session->host, fd, path);
	if (error != 0)
		return error;
	size = strcmp(root, "/") == 0 ? 0 : strlen(root);
	if (strncmp(path, root, size) != 0 || (path[size] != '/' && path[size] != '\0'))
		return ESTALE;
	memmove(path, path + size, strlen(path + size) + 1);
	if (path[0] == '\0')
		strcpy(path, "/");
	return 0;
}

int resolve_is_below(const struct session *session, int fd)
{
	char path[HOSTFS_PATH_SIZE];

	return path_as_named(session, fd, path);
}

/* One directory after the other, following nothing. */
static int descend(int from, char *path)
{
	char *rest = path, *name;
	int fd = fcntl(from, F_DUPFD_CLOEXEC, 0);

	while (fd >= 0 && (name = strsep(&rest, "/")) != NULL) {
		int next;

		if (*name == '\0')
			continue;
		next = openat(fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		close(fd);
		fd = next;
	}
	return fd < 0 ? -errno : fd;
}

/* What a path from path_as_named() leads to now; spoils the path. */
static int open_as_named(const struct session *session, char *path)
{
	const char *below = path + strspn(path, "/");

	if (!session->host->has_openat2)
		return descend(root_of(session), path);
	return kernel_open(root_of(session), *below ? below : ".", O_NOFOLLOW);
}

static bool is_what(int fd, const struct identity *wanted)
{
	struct identity identity;

	return node_status(fd, NULL, &identity) == 0 && node_is_same(&identity, wanted);
}

int resolve_path(const struct session *session, int fd, char path[HOSTFS_PATH_SIZE])
{
	char copy[HOSTFS_PATH_SIZE];
	struct identity identity;
	int error = node_status(fd, NULL, &identity), there;

	if (error == 0)
		error = path_as_named(session, fd, path);
	if (error != 0)
		return error;
	strcpy(copy, path);
	there = open_as_named(session, copy);
	error = there >= 0 && is_what(there, &identity) ? 0 : ENOENT;
	if (there >= 0)
		close(there);
	return error;
}

/* The parent as it is named now, if the directory is in it. */
static int named_parent(const struct session *session, int directory)
{
	char path[HOSTFS_PATH_SIZE], *name;
	struct identity identity;
	int error = node_status(directory, NULL, &identity), parent, child;

	if (error == 0)
		error = path_as_named(session, directory, path);
	if (error != 0)
		return -error;
	name = strrchr(path, '/');
	*name++ = '\0';
	parent = open_as_named(session, path);
	if (parent < 0)
		return parent;
	child = openat(parent, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
	if (child >= 0 && is_what(child, &identity)) {
		close(child);
		return parent;
	}
	if (child >= 0)
		close(child);
	close(parent);
	return -ESTALE;
}

int resolve_parent(const struct session *session, int directory)
{
	int parent = -ESTALE;

	for (int i = 0; i < TRIES; i++) {
		parent = named_parent(session, directory);
		if (parent >= 0 || (parent != -ESTALE && parent != -ENOENT &&
				parent != -ENOTDIR && parent != -ELOOP))
			break;
	}
	return parent;
}

/* ---- places ---- */

static bool leads_up(const char *path, size_t size)
{
	for (size_t i = 0; i + 1 < size; i++)
		if (path[i] == '.' && path[i + 1] == '.' &&
				(i == 0 || path[i - 1] == '/') &&
				(i + 2 == size || path[i + 2] == '/'))
			return true;
	return false;
}

/* Cuts the last name off: 0 or EINVAL. */
static int cut_last(struct way *way)
{
	size_t size = way->size, end;

	while (size > 0 && way->path[size - 1] == '/')
		size--;
	end = size;
	while (size > 0 && way->path[size - 1] != '/')
		size--;
	if (end == size || (way->path[size] == '.' && (end - size == 1 ||
			(end - size == 2 && way->path[size + 1] == '.'))))
		return EINVAL;
	way->size = size;
	return 0;
}

/* Where `..` ends, and rooted paths begin. */
static int set_base(struct session *session, const struct fs_Place *place,
	struct way *way)
{
	fs_Node number = place->barrier ? place->barrier : fs_ROOT;

	way->base_fd = node_directory(session, number);
	if (way->base_fd < 0)
		return -way->base_fd;
	way->base = node_of(session, number)->identity;
	return 0;
}

static int set_way(struct session *session, const struct fs_Place *place,
	struct way *way)
{
	bool absolute = place->path.size > 0 && place->path.data[0] == '/';
	struct node *start = node_of(session, place->start);
	int error = set_base(session, place, way);

	way->path = place->path.data;
	way->size = place->path.size;
	way->resolve = place->resolve;
	if (error != 0)
		return error;
	if (!start)
		return EBADF;
	if (place->resolve & ~(uint32_t)ALL_RESOLVE ||
			(absolute && !(place->resolve & fs_Resolve_ROOTED)) ||
			(way->size > 0 && memchr(way->path, '\0', way->size)))
		return EINVAL;
	way->start = absolute ? way->base_fd : start->fd;
	if (place->resolve & fs_Resolve_PARENT)
		error = cut_last(way);
	/* A file that has left the folder is as good as an open one. */
	if (error == 0 && place->path.size > 0 && !absolute && place->start != fs_ROOT)
		error = resolve_is_below(session, start->fd);
	return error;
}

/* The whole way in one step: a descriptor, or a negative errno. */
static int straight(const struct way *way)
{
	char path[fs_PATH_MAX + 1];
	const char *below = path;
	int flags = way->resolve & fs_Resolve_FOLLOW ? 0 : O_NOFOLLOW;

	memcpy(path, way->path, way->size);
	path[way->size] = '\0';
	below += strspn(path, "/");
	if (way->resolve & fs_Resolve_PARENT)
		flags |= O_DIRECTORY;
	return kernel_open(way->start, *below ? below : ".", flags);
}

static int follow_way(struct session *session, const struct way *way, struct walked *to)
{
	if (session->host->has_openat2 && session->covers == 0 &&
			!leads_up(way->path, way->size)) {
		to->fd = straight(way);
		if (to->fd >= 0 || (to->fd != -ELOOP &&
				!(to->fd == -ENOENT && way->keep_last))) {
			to->consumed = (uint32_t)way->size;
			return to->fd < 0 ? -to->fd : 0;
		}
	}
	return walk_place(session, way, to);
}

int resolve_place(struct session *session, const struct fs_Place *place,
	bool keep_last, struct walked *to)
{
	struct way way = {.keep_last = keep_last};
	int error;

	*to = (struct walked){.fd = -1, .directory = -1};
	if (place->subject != fs_SELF)
		return EPERM;
	error = set_way(session, place, &way);
	if (error != 0)
		return error;
	if (way.size > 0 || way.resolve & fs_Resolve_PARENT) {
		error = follow_way(session, &way, to);
	} else {
		to->fd = fcntl(way.start, F_DUPFD_CLOEXEC, 0);
		error = to->fd < 0 ? errno : 0;
	}
	if (error != 0)
		resolve_leave(to);
	return error;
}

void resolve_leave(struct walked *walked)
{
	if (walked->fd >= 0)
		close(walked->fd);
	if (walked->directory >= 0)
		close(walked->directory);
	walked->fd = walked->directory = -1;
}
