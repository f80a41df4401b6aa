/* Reading without a call for each: windows, and positions for those who have one. */
#include "servers/ramfs/ramfs.h"

/* Whether it can be read: 0 or an error. */
static int check(const struct open_handle *handle)
{
	const struct open_file *file = handle->file;
	int error = file_may(handle, fs_Rights_READ);

	if (error != 0)
		return error;
	if (!(file->flags & (fs_Open_READ | fs_Open_EXECUTE)))
		return fs_Error_EBADF;
	return file->kind == fs_Kind_DIRECTORY ? fs_Error_EISDIR : 0;
}

void op_file_window(void *self, const struct fs_File_window_request *request,
	struct sk_reply *to)
{
	const struct open_handle *handle = self;
	struct inode *inode = handle->file->where.inode;
	struct fs_File_window_reply reply;
	int error = check(handle);

	fs_File_window_reply_init(&reply);
	if (error == 0)
		error = window_give(inode, request->reads, &reply.pages.raw, &reply.state.raw);
	if (error == 0)
		reply.size = (inode->size + RAM_PAGE - 1) / RAM_PAGE * RAM_PAGE;
	fs_File_window_answer(to, error, &reply);
}

void op_file_advance(void *self, const struct fs_File_advance_request *request,
	struct sk_reply *to)
{
	const struct open_handle *handle = self;
	struct open_file *file = handle->file;
	struct inode *inode = file->where.inode;
	struct fs_File_advance_reply reply = {.offset = file->position};
	int error = check(handle);

	if (error == 0 && request->most > INT64_MAX - file->position)
		error = fs_Error_EINVAL;
	if (error == 0 && request->most > 0) {
		if (file->position < inode->size)
			reply.count = inode->size - file->position;
		if (reply.count > request->most)
			reply.count = request->most;
		file->position += reply.count;
		file_was_read(file, reply.count);
	}
	fs_File_advance_answer(to, error, &reply);
}
