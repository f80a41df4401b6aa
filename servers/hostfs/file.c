/*
 * Open files and the handles to them: two tables, filled at the start. Each
 * handle is a session of its own to the transport; the last one closes.
 */
#define _GNU_SOURCE
#include "servers/hostfs/hostfs.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

bool file_init(struct host *host)
{
	host->files = calloc(host->max_objects, sizeof(*host->files));
	host->handles = calloc(host->max_objects, sizeof(*host->handles));
	for (unsigned i = 0; host->files && host->handles && i < host->max_objects; i++) {
		host->files[i].fd = -1;
		host->files[i].next_free = host->free_files;
		host->free_files = &host->files[i];
		host->handles[i].next_free = host->free_handles;
		host->free_handles = &host->handles[i];
	}
	return host->files && host->handles;
}

void file_close_all(struct host *host)
{
	free(host->files);
	free(host->handles);
}

int file_has_room(const struct session *session)
{
	if (session->account->handles >= HOSTFS_HANDLES_MAX)
		return EMFILE;
	return session->host->free_files && session->host->free_handles ? 0 : ENFILE;
}

static void close_file(struct open_file *file)
{
	struct host *host = file->account->host;

	close(file->fd);
	file->fd = -1;
	file->next_free = host->free_files;
	host->free_files = file;
	host->open_files--;
}

static void gone(void *self)
{
	struct open_handle *handle = self;
	struct open_file *file = handle->file;
	struct host *host = file->account->host;

	handle->next_free = host->free_handles;
	host->free_handles = handle;
	if (--file->handles == 0)
		close_file(file);
	session_discharge_handle(file->account);
}

static void canceled(void *self, uint64_t token)
{
	const struct open_handle *handle = self;

	wait_canceled(handle->file->account->host, token);
}

static int mint(struct open_file *file, struct sk_port *port, fs_Rights rights,
	struct fs_File_handle *to)
{
	static const struct sk_object object = {
		.dispatch = files_dispatch_file, .gone = gone, .canceled = canceled,
	};
	static const struct sk_object directory = {
		.dispatch = files_dispatch_directory, .gone = gone,
		.canceled = canceled,
	};
	struct host *host = file->account->host;
	struct open_handle *handle = host->free_handles;
	int error = session_charge_handle(file->account);

	if (error != 0)
		return error;
	if (!handle || sk_mint(port, file->kind == fs_Kind_DIRECTORY ? &directory :
			&object, handle, &to->raw) != SK_OK) {
		session_discharge_handle(file->account);
		return ENFILE;
	}
	host->free_handles = handle->next_free;
	*handle = (struct open_handle){.file = file, .rights = rights};
	file->handles++;
	return 0;
}

int file_open(struct session *session, struct sk_port *port, int fd, fs_Kind kind,
	uint32_t flags, fs_Node node, struct fs_File_handle *handle)
{
	struct open_file *file = session->host->free_files;
	int error;

	if (!file) {
		close(fd);
		return ENFILE;
	}
	session->host->free_files = file->next_free;
	*file = (struct open_file){
		.fd = fd, .kind = kind, .flags = flags, .account = session->account,
		.opener = session, .opener_serial = session->serial, .node = node,
	};
	session->host->open_files++;
	error = mint(file, port, fs_Rights_READ | fs_Rights_WRITE | fs_Rights_EXECUTE,
		handle);
	if (error != 0)
		close_file(file);
	return error;
}

int file_share(const struct open_handle *from, struct sk_port *port, fs_Rights rights,
	struct fs_File_handle *handle)
{
	return mint(from->file, port, from->rights & rights, handle);
}

struct session *file_opener(const struct open_file *file)
{
	struct session *session = file->opener;

	return session->is_open && session->serial == file->opener_serial ? session : NULL;
}

fs_Node file_node(const struct open_file *file)
{
	struct session *session = file_opener(file);

	return session && node_of(session, file->node) ? file->node : 0;
}
