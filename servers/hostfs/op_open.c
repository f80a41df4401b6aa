/* Opening, and making what is opened. */
#define _GNU_SOURCE
#include "servers/hostfs/hostfs.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* How often to look again when a name comes and goes meanwhile. */
#define TRIES 8
#define ALL_FLAGS ((fs_Open_ASYNC << 1) - 1)
#define DATA (fs_Open_READ | fs_Open_WRITE | fs_Open_EXECUTE)
#define WRITERS (fs_Open_WRITE | fs_Open_CREATE | fs_Open_TRUNCATE | fs_Open_TEMPORARY)
/* What `describe` does not tell. */
#define ONCE (fs_Open_CREATE | fs_Open_EXCLUSIVE | fs_Open_TRUNCATE | \
	fs_Open_DIRECTORY | fs_Open_TEMPORARY | fs_Open_NO_TERMINAL)

struct opening {
	struct session *session;
	const struct fs_FileSystem_open_request *request;
	struct walked walked;
	int fd;				/* what was opened; -1: nothing */
	struct fs_FileSystem_open_reply reply;
};

static int check_flags(const struct session *session, uint32_t flags)
{
	if (flags & ~(uint32_t)ALL_FLAGS)
		return EINVAL;
	if (!(flags & (DATA | fs_Open_PATH_ONLY)))
		return EINVAL;
	if ((flags & (fs_Open_TRUNCATE | fs_Open_TEMPORARY)) && !(flags & fs_Open_WRITE))
		return EINVAL;
	if ((flags & fs_Open_EXCLUSIVE) &&
			!(flags & (fs_Open_CREATE | fs_Open_TEMPORARY)))
		return EINVAL;
	if ((flags & fs_Open_DIRECTORY) && (flags & fs_Open_CREATE))
		return EINVAL;
	return (flags & WRITERS) && session->read_only ? EROFS : 0;
}

static int host_flags(uint32_t flags)
{
	int result = O_NOCTTY | O_NONBLOCK | O_CLOEXEC;

	if (!(flags & fs_Open_WRITE))
		result |= O_RDONLY;
	else
		result |= flags & (fs_Open_READ | fs_Open_EXECUTE) ? O_RDWR : O_WRONLY;
	result |= flags & fs_Open_TRUNCATE ? O_TRUNC : 0;
	result |= flags & fs_Open_APPEND ? O_APPEND : 0;
	result |= flags & fs_Open_DATA_SYNC ? O_DSYNC : 0;
	result |= flags & fs_Open_SYNC ? O_SYNC : 0;
	result |= flags & fs_Open_DIRECT ? O_DIRECT : 0;
	result |= flags & fs_Open_NO_ACCESS_TIME ? O_NOATIME : 0;
	return result;
}

static int open_missing(struct opening *opening)
{
	struct walked *walked = &opening->walked;
	int error = node_has_room(opening->session);

	if (error != 0)
		return error;
	opening->fd = openat(walked->directory, walked->name,
		host_flags(opening->request->flags) | O_CREAT | O_EXCL | O_NOFOLLOW,
		operations_mode(opening->session, opening->request->mode));
	if (opening->fd < 0)
		return errno;
	walked->fd = node_reopen(opening->session->host, opening->fd, O_PATH);
	opening->reply.created = true;
	return walked->fd < 0 ? -walked->fd : 0;
}

static int open_temporary(struct opening *opening)
{
	uint32_t flags = opening->request->flags;
	int fd = openat(opening->session->host->descriptors,
		node_name(opening->walked.fd).text, host_flags(flags) | O_TMPFILE |
		(flags & fs_Open_EXCLUSIVE ? O_EXCL : 0),
		operations_mode(opening->session, opening->request->mode));

	if (fd < 0)
		return errno;
	opening->fd = fd;
	opening->reply.created = true;
	close(opening->walked.fd);
	opening->walked.fd = node_reopen(opening->session->host, fd, O_PATH);
	return opening->walked.fd < 0 ? -opening->walked.fd : 0;
}

static int check_rights(const struct opening *opening)
{
	uint32_t flags = opening->request->flags;
	int want = (flags & fs_Open_READ ? R_OK : 0) | (flags & fs_Open_WRITE ? W_OK : 0) |
		(flags & fs_Open_EXECUTE ? X_OK : 0);

	if (faccessat(opening->session->host->descriptors,
			node_name(opening->walked.fd).text, want, AT_EACCESS) < 0)
		return errno;
	return 0;
}

/* What is there already; its kind is seen to before it is opened, through a
 * descriptor that opens nothing. */
static int open_existing(struct opening *opening)
{
	uint32_t flags = opening->request->flags;
	fs_Kind kind = opening->reply.status.kind;

	if ((flags & fs_Open_CREATE) && (flags & fs_Open_EXCLUSIVE))
		return EEXIST;
	if (flags & fs_Open_DIRECTORY && kind != fs_Kind_DIRECTORY)
		return ENOTDIR;
	if (flags & fs_Open_PATH_ONLY)
		return 0;
	if (kind == fs_Kind_LINK)
		return ELOOP;
	if (kind == fs_Kind_DIRECTORY && flags & (WRITERS | fs_Open_EXECUTE))
		return flags & fs_Open_EXECUTE ? EACCES : EISDIR;
	if (flags & fs_Open_EXECUTE && (kind != fs_Kind_FILE ||
			opening->session->no_execute))
		return EACCES;
	if (kind != fs_Kind_FILE && kind != fs_Kind_DIRECTORY)
		return check_rights(opening);
	if (flags & fs_Open_EXECUTE && check_rights(opening) != 0)
		return EACCES;
	opening->fd = node_reopen(opening->session->host, opening->walked.fd,
		host_flags(flags));
	return opening->fd < 0 ? -opening->fd : 0;
}

static int open_found(struct opening *opening)
{
	int error = 0;

	if (opening->walked.fd < 0)
		error = open_missing(opening);
	else if (opening->request->flags & fs_Open_TEMPORARY)
		error = open_temporary(opening);
	if (error == 0)
		error = node_status(opening->walked.fd, &opening->reply.status, NULL);
	if (error == 0 && !opening->reply.created)
		error = open_existing(opening);
	/* Its size may have changed by that. */
	if (error == 0 && opening->request->flags & fs_Open_TRUNCATE)
		error = node_status(opening->walked.fd, &opening->reply.status, NULL);
	return error;
}

static int open_place(struct opening *opening)
{
	struct fs_Place place = opening->request->place;
	uint32_t flags = opening->request->flags;
	int error = EEXIST;

	if (flags & fs_Open_CREATE && flags & fs_Open_EXCLUSIVE)
		place.resolve &= ~(uint32_t)fs_Resolve_FOLLOW;
	for (int i = 0; i < TRIES && error == EEXIST; i++) {
		error = resolve_place(opening->session, &place,
			(flags & fs_Open_CREATE) && !(flags & fs_Open_PATH_ONLY),
			&opening->walked);
		if (error != 0 || opening->walked.stop != fs_Stop_DONE)
			return error;
		error = open_found(opening);
		if (flags & fs_Open_EXCLUSIVE)
			break;
		if (error == EEXIST)
			resolve_leave(&opening->walked);
	}
	return error;
}

static int finish(struct opening *opening, struct sk_port *port)
{
	struct fs_FileSystem_open_reply *reply = &opening->reply;
	uint32_t flags = opening->request->flags;
	int fd = opening->fd, error;

	error = operations_progress(opening->session, &opening->walked, true,
		&reply->progress);
	if (error != 0 || fd < 0)
		return error;
	opening->fd = -1;
	error = file_open(opening->session, port, fd, reply->status.kind,
		flags & ~(uint32_t)ONCE, reply->progress.node, &reply->file);
	reply->has_file = error == 0;
	if (error != 0)
		node_forget(opening->session, reply->progress.node, 1);
	return error;
}

void op_open(void *self, const struct fs_FileSystem_open_request *request,
	struct sk_reply *to)
{
	struct opening opening = {.session = self, .request = request, .fd = -1,
		.walked = {.fd = -1, .directory = -1}};
	int error = check_flags(self, request->flags);

	fs_FileSystem_open_reply_init(&opening.reply);
	if (error == 0 && !(request->flags & fs_Open_PATH_ONLY))
		error = file_has_room(self);
	if (error == 0)
		error = open_place(&opening);
	if (error == 0)
		error = finish(&opening, to->port);
	if (opening.fd >= 0)
		close(opening.fd);
	resolve_leave(&opening.walked);
	fs_FileSystem_open_answer(to, operations_error(error), &opening.reply);
}
