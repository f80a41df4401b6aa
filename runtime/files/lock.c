/* Calls that can wait: for locks, and until a file is ready. */
#include "runtime/files/files.h"

void files_wait_over(enum files_wait_kind kind, struct sk_reply *to, int error)
{
	if (kind == FILES_FLOCK)
		fs_File_flock_answer(to, error, &(struct fs_File_flock_reply){0});
	else if (kind == FILES_LOCK)
		fs_File_lock_answer(to, error, &(struct fs_File_lock_reply){0});
	else if (kind == FILES_RECORD)
		fs_FileSystem_lock_answer(to, error, &(struct fs_FileSystem_lock_reply){0});
	else
		sk_reply_drop(to);
}

static void lock(const struct files_want *want, bool waits, struct sk_reply *to)
{
	int error = files_try(want);

	if (error == fs_Error_EAGAIN && waits) {
		error = files_wait(want, to);
		if (error == 0)
			return;
	}
	files_wait_over(want->kind, to, error);
}

void op_lock(void *session, const struct fs_FileSystem_lock_request *request,
	struct sk_reply *to)
{
	const struct files_want want = {
		FILES_RECORD, session, request->node, request->owner, request->range,
	};

	lock(&want, request->wait, to);
}

void op_file_flock(void *handle, const struct fs_File_flock_request *request,
	struct sk_reply *to)
{
	const struct files_want want = {
		.kind = FILES_FLOCK, .self = handle, .lock = {.kind = request->kind},
	};

	lock(&want, request->wait, to);
}

void op_file_lock(void *handle, const struct fs_File_lock_request *request,
	struct sk_reply *to)
{
	const struct files_want want = {
		.kind = FILES_LOCK, .self = handle, .lock = request->range,
	};

	lock(&want, request->wait, to);
}

/* ---- files and directories are always ready, so nothing ever changes ---- */

#define READY (fs_Ready_READABLE | fs_Ready_WRITABLE)
#define SEQUENCE 1

void op_file_ready(void *handle, const struct fs_File_ready_request *request,
	struct sk_reply *to)
{
	const struct fs_File_ready_reply reply = {
		.now = request->mask & (uint32_t)READY, .sequence = SEQUENCE,
	};

	(void)handle;
	fs_File_ready_answer(to, SK_OK, &reply);
}

void op_file_wait_ready(void *handle, const struct fs_File_wait_ready_request *request,
	struct sk_reply *to)
{
	const struct files_want want = {.kind = FILES_NEVER, .self = handle};
	const struct fs_File_wait_ready_reply reply = {
		.now = request->mask & (uint32_t)READY,
		.edges = request->mask & (uint32_t)READY,
		.sequence = SEQUENCE,
	};
	int error = 0;

	if (request->sequence >= SEQUENCE || reply.now == 0) {
		error = files_wait(&want, to);
		if (error == 0)
			return;
	}
	fs_File_wait_ready_answer(to, error, &reply);
}
