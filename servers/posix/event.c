#include "servers/posix/event.h"

struct file *event_file(posix_ObjectKind kind, posix_NewFlags flags)
{
	return file_new(kind, fs_Open_READ | fs_Open_WRITE |
		(flags & posix_NewFlags_NON_BLOCK ? fs_Open_NON_BLOCKING : 0u));
}

int event_install(struct thread *thread, struct file *file, posix_NewFlags flags,
	struct sk_port *port, struct posix_Opened *opened, struct sk_handle *handle)
{
	return file_install(thread, file, flags & posix_NewFlags_CLOSE_ON_EXEC ?
		posix_DescriptorFlags_CLOSE_ON_EXEC : 0, port, opened, handle);
}

bool event_may_wait(const struct access *access, bool wait)
{
	return wait && !(access->file->flags & fs_Open_NON_BLOCKING);
}

void event_canceled(struct wait *wait)
{
	release(wait);
}

void event_end_waits(struct wait **list)
{
	while (*list) {
		struct wait *wait = *list;

		wait_end(wait);
		sk_answer_error(&wait->reply, posix_Error_EBADF);
		wait->canceled(wait);
	}
}

/* ---- as files ---- */

#define REFUSE(name, error) FILES_REFUSE_OF(event_, File, name, fs_Error_##error)
EVENT_REFUSES(REFUSE)

/* They have no position, and it can be set. */
void event_seek(void *self, const struct fs_File_seek_request *request, struct sk_reply *to)
{
	UNUSED(self);
	fs_File_seek_answer(to, request->whence > fs_Whence_END ? posix_Error_EINVAL : 0,
		&(struct fs_File_seek_reply){0});
}

void event_ready(void *self, const struct fs_File_ready_request *request, struct sk_reply *to)
{
	const struct access *access = self;
	const struct process *process = process_find(access->process);
	struct file *file = access->file;

	posix.looker = process ? process->threads : NULL;
	fs_File_ready_answer(to, 0, &(struct fs_File_ready_reply){
		.now = file->ops->ready(file) & (request->mask | fs_Ready_ERROR |
			fs_Ready_HANG_UP)});
}

void event_status(void *self, const struct fs_File_status_request *request,
	struct sk_reply *to)
{
	const int64_t time = realtime();
	const struct fs_Time at = {.seconds = time / 1000000000,
		.nanos = (uint32_t)(time % 1000000000)};

	UNUSED(request);
	fs_File_status_answer(to, 0, &(struct fs_File_status_reply){{
		.inode = ((struct access *)self)->file->number, .kind = fs_Kind_ANONYMOUS,
		.mode = 0600, .links = 1, .block_size = 4096, .accessed = at, .modified = at,
		.changed = at}});
}

void event_describe(void *self, const struct fs_File_describe_request *request,
	struct sk_reply *to)
{
	UNUSED(request);
	file_describe(self, fs_Kind_ANONYMOUS, to);
}
