/* Finding nodes, and what is known of them without opening. */
#define _GNU_SOURCE
#include "servers/hostfs/hostfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/*
 * What walk and stat have in common. The walked place lasts as long as the
 * progress, which points to it.
 */
static int look(struct session *session, const struct fs_Place *place, bool keep,
	struct walked *walked, struct fs_Progress *progress, struct fs_Status *status)
{
	int error = resolve_place(session, place, false, walked);

	if (error != 0)
		return error;
	if (walked->stop == fs_Stop_DONE)
		error = node_status(walked->fd, status, NULL);
	if (error == 0)
		return operations_progress(session, walked, keep, progress);
	resolve_leave(walked);
	return error;
}

void op_walk(void *self, const struct fs_FileSystem_walk_request *request,
	struct sk_reply *to)
{
	struct fs_FileSystem_walk_reply reply;
	struct walked walked;
	int error;

	fs_FileSystem_walk_reply_init(&reply);
	error = look(self, &request->place, true, &walked, &reply.progress,
		&reply.status);
	fs_FileSystem_walk_answer(to, operations_error(error), &reply);
}

void op_stat(void *self, const struct fs_FileSystem_stat_request *request,
	struct sk_reply *to)
{
	struct fs_FileSystem_stat_reply reply;
	struct walked walked;
	int error;

	fs_FileSystem_stat_reply_init(&reply);
	error = look(self, &request->place, false, &walked, &reply.progress,
		&reply.status);
	fs_FileSystem_stat_answer(to, operations_error(error), &reply);
}

void op_forget(void *self, const struct fs_FileSystem_forget_request *request)
{
	node_forget(self, request->node, request->references);
}

static int check_access(const struct session *session, int fd, fs_Access want)
{
	if (want & ~(uint32_t)(fs_Access_READ | fs_Access_WRITE | fs_Access_EXECUTE))
		return EINVAL;
	if ((want & fs_Access_WRITE) && session->read_only)
		return EROFS;
	_Static_assert(fs_Access_EXECUTE == X_OK && fs_Access_WRITE == W_OK &&
		fs_Access_READ == R_OK, "access asks in the host's numbers");
	return faccessat(session->host->descriptors, node_name(fd).text, (int)want,
		AT_EACCESS) < 0 ? errno : 0;
}

void op_access(void *self, const struct fs_FileSystem_access_request *request,
	struct sk_reply *to)
{
	struct session *session = self;
	struct fs_FileSystem_access_reply reply;
	struct walked walked;
	int error = resolve_place(session, &request->place, false, &walked);

	fs_FileSystem_access_reply_init(&reply);
	if (error == 0 && walked.stop == fs_Stop_DONE)
		error = check_access(session, walked.fd, request->want);
	if (error == 0)
		error = operations_progress(session, &walked, false, &reply.progress);
	resolve_leave(&walked);
	fs_FileSystem_access_answer(to, operations_error(error), &reply);
}

/* Answers into a lease: 0 or the errno. */
static int give_text(const struct sk_reply *to, const struct sk_lease *lease,
	const char *text, size_t size)
{
	int status = sk_lease_write(to, lease, 0, text, size, NULL);

	return status == SK_OK ? 0 : EFAULT;
}

void op_read_link(void *self, const struct fs_FileSystem_read_link_request *request,
	struct sk_reply *to)
{
	struct fs_FileSystem_read_link_reply reply;
	struct fs_Place place = request->place;
	char text[HOSTFS_PATH_SIZE];
	struct walked walked;
	ssize_t size;
	int error;

	fs_FileSystem_read_link_reply_init(&reply);
	place.resolve &= ~(uint32_t)fs_Resolve_FOLLOW;
	error = resolve_place(self, &place, false, &walked);
	if (error == 0 && walked.stop == fs_Stop_DONE) {
		size = readlinkat(walked.fd, "", text, sizeof(text));
		/* The host says so of what is no link. */
		error = size >= 0 ? 0 : errno == ENOENT ? EINVAL : errno;
		reply.size = error != 0 ? 0 : (uint64_t)size > request->text.size ?
			(uint32_t)request->text.size : (uint32_t)size;
		if (error == 0)
			error = give_text(to, &request->text, text, reply.size);
	}
	if (error == 0)
		error = operations_progress(self, &walked, false, &reply.progress);
	resolve_leave(&walked);
	fs_FileSystem_read_link_answer(to, operations_error(error), &reply);
}

/* The part of a path that lies below another one; the whole if it does not. */
static const char *below(const char *path, const char *barrier)
{
	size_t size = strcmp(barrier, "/") == 0 ? 0 : strlen(barrier);

	if (strncmp(path, barrier, size) != 0 || (path[size] != '/' && path[size] != '\0'))
		return path;
	return path[size] == '\0' ? "/" : path + size;
}

void op_path_of(void *self, const struct fs_FileSystem_path_of_request *request,
	struct sk_reply *to)
{
	struct session *session = self;
	const struct node *node = node_of(session, request->node);
	const struct node *barrier = node_of(session,
		request->barrier ? request->barrier : fs_ROOT);
	struct fs_FileSystem_path_of_reply reply = {0};
	char path[HOSTFS_PATH_SIZE], above[HOSTFS_PATH_SIZE] = "/";
	const char *text;
	int error = node && barrier ? 0 : EBADF;

	if (error == 0)
		error = resolve_path(session, node->fd, path);
	if (error == 0 && request->barrier > fs_ROOT)
		error = resolve_path(session, barrier->fd, above);
	if (error == 0) {
		text = below(path, above);
		reply.size = (uint32_t)strlen(text);
		error = reply.size > request->path.size ? ERANGE :
			give_text(to, &request->path, text, reply.size);
	}
	fs_FileSystem_path_of_answer(to, operations_error(error), &reply);
}
