/*
 * A path, one name after the other. Each directory is opened below the one
 * before, and the last ones stay open: `..` goes back to a descriptor that is
 * held, or finds the parent below the root by its path and looks whether it is
 * one, so moving directories about leads nowhere. Symbolic links are read here
 * and their text takes the place of the name.
 */
#define _GNU_SOURCE
#include "servers/hostfs/hostfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Directories that are held. */
#define HELD_MAX 32
/* What a step has come to, besides 0 and errors. */
#define ENDED (-1)

struct walk {
	struct session *session;
	const struct way *way;
	struct walked *to;
	int held[HELD_MAX];		/* the last is where we are */
	unsigned depth;
	unsigned level;			/* below the start */
	const char *path;		/* what is left of it */
	size_t path_size;
	char rest[HOSTFS_PATH_SIZE];	/* what comes before that, of links */
	bool to_directory;		/* a slash or dots are at the end */
};

static int top(const struct walk *walk)
{
	return walk->held[walk->depth];
}

static void let_go(struct walk *walk)
{
	for (unsigned i = 0; i <= walk->depth; i++)
		if (walk->held[i] >= 0)
			close(walk->held[i]);
	walk->depth = 0;
	walk->held[0] = -1;
}

/* From here on, with nothing held but this, which stays the caller's. */
static int begin_at(struct walk *walk, int directory)
{
	let_go(walk);
	walk->level = 0;
	walk->held[0] = fcntl(directory, F_DUPFD_CLOEXEC, 0);
	return walk->held[0] < 0 ? errno : 0;
}

static void push(struct walk *walk, int directory)
{
	if (walk->depth + 1 == HELD_MAX) {
		close(walk->held[0]);
		memmove(walk->held, walk->held + 1, walk->depth * sizeof(walk->held[0]));
		walk->depth--;
	}
	walk->held[++walk->depth] = directory;
	walk->level++;
}

/* ---- the text ---- */

static bool is_last(const struct walk *walk)
{
	return walk->path_size == 0 && walk->rest[strspn(walk->rest, "/")] == '\0';
}

static int take(char name[HOSTFS_NAME_SIZE], const char *from, size_t size)
{
	if (size > fs_NAME_MAX)
		return ENAMETOOLONG;
	memcpy(name, from, size);
	name[size] = '\0';
	return 0;
}

static int take_from_rest(struct walk *walk, char name[HOSTFS_NAME_SIZE])
{
	char *start = walk->rest + strspn(walk->rest, "/");
	size_t size = strcspn(start, "/");
	char *behind = start + size;
	int error = take(name, start, size);

	/* One slash stays at the end, for it has a meaning there. */
	if (behind[strspn(behind, "/")] != '\0')
		behind += strspn(behind, "/");
	if (*behind == '/' && walk->path_size == 0)
		walk->to_directory = true;
	memmove(walk->rest, behind, strlen(behind) + 1);
	return error;
}

static int take_from_path(struct walk *walk, char name[HOSTFS_NAME_SIZE])
{
	const char *end = memchr(walk->path, '/', walk->path_size);
	size_t size = end ? (size_t)(end - walk->path) : walk->path_size;
	int error = take(name, walk->path, size);

	walk->rest[0] = '\0';
	while (size < walk->path_size && walk->path[size] == '/')
		size++;
	walk->path += size;
	walk->path_size -= size;
	if (walk->path_size == 0 && walk->path[-1] == '/')
		walk->to_directory = true;
	return error;
}

/* Takes the next name: 0 or an errno; "" if there is none. */
static int next_name(struct walk *walk, char name[HOSTFS_NAME_SIZE])
{
	name[0] = '\0';
	if (walk->rest[strspn(walk->rest, "/")] != '\0')
		return take_from_rest(walk, name);
	return walk->path_size > 0 ? take_from_path(walk, name) : 0;
}

/* ---- ends ---- */

static int stop(struct walk *walk, fs_Stop why, int fd)
{
	size_t size = strlen(walk->rest);

	if (size > fs_REST_MAX)
		return ENAMETOOLONG;
	walk->to->stop = why;
	walk->to->fd = fd;
	walk->to->rest_size = (uint32_t)size;
	memcpy(walk->to->rest, walk->rest, size);
	return ENDED;
}

/* The top is where it ends. */
static int stop_here(struct walk *walk, fs_Stop why)
{
	int error = stop(walk, why, top(walk));

	if (error == ENDED)
		walk->held[walk->depth] = -1;
	return error;
}

static void keep_last(struct walk *walk, const char *name)
{
	if (!walk->way->keep_last)
		return;
	walk->to->directory = top(walk);
	walk->held[walk->depth] = -1;
	strcpy(walk->to->name, name);
}

/* ---- steps ---- */

/* Links of /proc that lead to where no path could. */
static bool is_magic(const struct walk *walk, const char *name)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_NO_MAGICLINKS | RESOLVE_BENEATH,
	};
	struct statfs system;
	long fd;

	if (!walk->session->host->has_openat2 || fstatfs(top(walk), &system) < 0 ||
			system.f_type != PROC_SUPER_MAGIC)
		return false;
	fd = syscall(SYS_openat2, top(walk), name, &how, sizeof(how));
	if (fd >= 0)
		close((int)fd);
	return fd < 0 && errno == ELOOP;
}

/* Puts the text of a link before what is left. */
static int put_before(struct walk *walk, const char *text, size_t size)
{
	size_t rest = strlen(walk->rest);

	if (size + 1 + rest >= sizeof(walk->rest))
		return ENAMETOOLONG;
	memmove(walk->rest + size + (rest > 0), walk->rest, rest + 1);
	if (rest > 0)
		walk->rest[size] = '/';
	memcpy(walk->rest, text, size);
	return 0;
}

static int follow(struct walk *walk, int link, const char *name)
{
	char text[HOSTFS_PATH_SIZE];
	ssize_t size = readlinkat(link, "", text, sizeof(text));
	int error = size < 0 ? errno : 0;

	if (error == 0 && (walk->way->resolve & fs_Resolve_NO_LINKS ||
			++walk->to->links > fs_LINKS_MAX || is_magic(walk, name)))
		error = ELOOP;
	if (error == 0 && size == 0)
		error = ENOENT;
	if (error == 0)
		error = put_before(walk, text, (size_t)size);
	if (error != 0 || text[0] != '/')
		return error;
	if (walk->way->resolve & fs_Resolve_BENEATH)
		return EXDEV;
	if (walk->way->resolve & fs_Resolve_ROOTED)
		return begin_at(walk, walk->way->base_fd);
	return stop_here(walk, fs_Stop_LINK);
}

/* Whether `..` leads no further from the top. */
static int is_base(const struct walk *walk, bool *answer)
{
	struct identity here;
	int error = node_status(top(walk), NULL, &here);

	*answer = error == 0 && (node_is_same(&here, &walk->way->base) ||
		node_is_same(&here, &walk->session->table[fs_ROOT].identity));
	return error;
}

static int go_up(struct walk *walk)
{
	bool at_base;
	int error = is_base(walk, &at_base), parent;

	if (error != 0)
		return error;
	if (walk->way->resolve & fs_Resolve_BENEATH && (at_base || walk->level == 0))
		return EXDEV;
	if (at_base)
		return walk->way->resolve & fs_Resolve_ROOTED ? 0 :
			stop_here(walk, fs_Stop_ABOVE);
	if (walk->level > 0)
		walk->level--;
	if (walk->depth > 0) {
		close(walk->held[walk->depth--]);
		return 0;
	}
	parent = resolve_parent(walk->session, top(walk));
	if (parent < 0)
		return -parent;
	close(walk->held[0]);
	walk->held[0] = parent;
	return 0;
}

/* Whether a walk ends at what was just reached because it is covered. */
static int check_cover(const struct walk *walk, const struct identity *identity,
	bool *stops)
{
	struct session *session = walk->session;
	fs_Node number = session->covers > 0 ? node_find(session, identity) : 0;

	*stops = false;
	if (number == 0 || node_of(session, number)->covers == 0)
		return 0;
	if (walk->way->resolve & fs_Resolve_NO_MOUNTS)
		return EXDEV;
	*stops = !is_last(walk) || walk->way->resolve & fs_Resolve_STOP_AT_LAST_MOUNT;
	return 0;
}

/* What has this name, and is no link to be followed. */
static int reach(struct walk *walk, int fd, const char *name,
	const struct fs_Status *status, const struct identity *identity)
{
	bool stops;
	int error = check_cover(walk, identity, &stops);

	if (error != 0)
		return error;
	if (stops)
		return stop(walk, fs_Stop_MOUNT, fd);
	if ((!is_last(walk) || walk->to_directory) && status->kind != fs_Kind_DIRECTORY)
		return ENOTDIR;
	if (is_last(walk)) {
		keep_last(walk, name);
		walk->to->fd = fd;
		return ENDED;
	}
	push(walk, fd);
	return 0;
}

static int missing(struct walk *walk, const char *name, int error)
{
	if (error != ENOENT || !walk->way->keep_last || !is_last(walk))
		return error;
	if (walk->to_directory)
		return EISDIR;
	keep_last(walk, name);
	return ENDED;
}

static int go_down(struct walk *walk, const char *name)
{
	struct fs_Status status;
	struct identity identity;
	int fd = openat(top(walk), name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	int error = fd < 0 ? errno : node_status(fd, &status, &identity);

	if (fd < 0)
		return missing(walk, name, error);
	if (error == 0 && status.kind == fs_Kind_LINK && (!is_last(walk) ||
			walk->to_directory || walk->way->resolve & fs_Resolve_FOLLOW)) {
		error = follow(walk, fd, name);
		close(fd);
		return error;
	}
	if (error == 0)
		error = reach(walk, fd, name, &status, &identity);
	if (error != 0 && error != ENDED)
		close(fd);
	return error;
}

static int step(struct walk *walk, const char *name)
{
	bool is_dot = strcmp(name, ".") == 0, is_dots = strcmp(name, "..") == 0;

	if (name[0] == '\0')
		return stop_here(walk, fs_Stop_DONE);
	if ((is_dot || is_dots) && is_last(walk))
		walk->to_directory = true;
	/* Dots are looked up like any name. */
	if ((is_dot || is_dots) && faccessat(top(walk), ".", F_OK, 0) < 0)
		return errno;
	if (is_dot)
		return 0;
	return is_dots ? go_up(walk) : go_down(walk, name);
}

int walk_place(struct session *session, const struct way *way, struct walked *to)
{
	struct walk walk = {
		.session = session, .way = way, .to = to, .held = {-1},
		.path = way->path, .path_size = way->size,
		.to_directory = way->resolve & fs_Resolve_PARENT,
	};
	char name[HOSTFS_NAME_SIZE];
	struct fs_Status status;
	int error = node_status(way->start, &status, NULL);

	if (error == 0)
		error = status.kind == fs_Kind_DIRECTORY ? begin_at(&walk, way->start) :
			ENOTDIR;
	while (walk.path_size > 0 && *walk.path == '/') {
		walk.path++;
		walk.path_size--;
	}
	while (error == 0) {
		error = next_name(&walk, name);
		if (error == 0)
			error = step(&walk, name);
	}
	let_go(&walk);
	to->consumed = (uint32_t)(way->size - walk.path_size);
	return error == ENDED ? 0 : error;
}
