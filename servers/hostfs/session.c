/* Clients and their open files: two tables, filled at the start. */
#include "servers/hostfs/hostfs.h"

#include <stdlib.h>
#include <unistd.h>

#define USES_MAX UINT32_C(0xffffff)

bool session_init(struct host *host)
{
	host->sessions = calloc(host->max_clients, sizeof(*host->sessions));
	return host->sessions != NULL;
}

void *session_connected(void *context, uint64_t badge)
{
	struct host *host = context;

	(void)badge;
	for (unsigned i = 0; i < host->max_clients; i++) {
		struct session *session = &host->sessions[i];

		if (session->host)
			continue;
		session->host = host;
		for (unsigned k = 0; k < HOSTFS_FILES_MAX; k++)
			session->files[k].fd = -1;
		return session;
	}
	return NULL;
}

void session_gone(void *self)
{
	struct session *session = self;

	for (unsigned i = 0; i < HOSTFS_FILES_MAX; i++)
		if (session->files[i].fd >= 0)
			session_close_file(session, &session->files[i]);
	session->host = NULL;
}

struct open_file *session_new_file(struct session *session)
{
	for (unsigned i = 0; i < HOSTFS_FILES_MAX; i++)
		if (session->files[i].fd < 0)
			return &session->files[i];
	return NULL;
}

static fs_File number_of(const struct session *session, const struct open_file *file)
{
	return file->uses << 8 | (uint32_t)(file - session->files);
}

fs_File session_take_file(struct session *session, struct open_file *file, int fd,
	uint32_t flags)
{
	file->fd = fd;
	file->flags = flags;
	file->uses = file->uses == USES_MAX ? 1 : file->uses + 1;
	session->host->open_files++;
	return number_of(session, file);
}

struct open_file *session_file(struct session *session, fs_File number)
{
	struct open_file *file;

	if ((number & 0xff) >= HOSTFS_FILES_MAX)
		return NULL;
	file = &session->files[number & 0xff];
	return file->fd >= 0 && number_of(session, file) == number ? file : NULL;
}

void session_close_file(struct session *session, struct open_file *file)
{
	close(file->fd);
	file->fd = -1;
	session->host->open_files--;
}
