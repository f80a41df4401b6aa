/*
 * Windows: files that a program reads without a call (fs.File.window), mapped beside its
 * shim (layout.h). A space has a few places for them. Which descriptor each is for is kept
 * here, so that its memory goes when that is closed; a fork's child has none of them.
 */
#include "servers/posix/posix.h"

static uint64_t address_of(uint32_t place)
{
	return LAYOUT_WINDOWS + place * LAYOUT_WINDOW_BYTES;
}

static void clear(struct space *space, uint32_t place)
{
	if (!(space->windows & (UINT32_C(1) << place)))
		return;
	K0(space->handle, Space_unmap, .address = address_of(place),
		.length = LAYOUT_WINDOW_BYTES);
	space->windows &= ~(UINT32_C(1) << place);
}

static int map_both(struct sk_handle space, const struct fs_File_window_reply *window,
	uint32_t place, uint64_t *size)
{
	const uint64_t at = address_of(place), most = LAYOUT_WINDOW_BYTES - LAYOUT_PAGE;
	int status = map_there(space, window->state.raw, 0, LAYOUT_PAGE, at,
		kernel_Protection_READ, 0, kernel_Inherit_NONE, LAYOUT_TAG_SHIM);

	*size = window->size < most ? window->size & ~(LAYOUT_PAGE - 1) : most;
	if (status == SK_OK && *size > 0)
		status = map_there(space, window->pages.raw, 0, *size, at + LAYOUT_PAGE,
			kernel_Protection_READ, 0, kernel_Inherit_NONE, LAYOUT_TAG_SHIM);
	return status;
}

static int make(struct process *process, struct file *file, uint32_t place, uint32_t reads,
	uint64_t *size)
{
	struct space *space = process->space;
	struct fs_File_window_reply window;
	int error = server_errno(fs_File_window(on(file->handle),
		&(struct fs_File_window_request){reads}, &window, NULL));

	if (error)
		return error;
	clear(space, place);
	space->windows |= (UINT32_C(1) << place);
	error = kernel_errno(map_both(space->handle, &window, place, size));
	if (error)
		clear(space, place);
	drop(&window.pages.raw);
	drop(&window.state.raw);
	return error;
}

void op_window(void *self, const struct posix_Descriptors_window_request *request,
	struct sk_reply *to)
{
	struct process *process = ((struct thread *)self)->process;
	struct file *file = files_find(process->files, request->descriptor);
	struct posix_Descriptors_window_reply reply = {0};
	int error = 0;

	if (!file)
		error = posix_Error_EBADF;
	else if (request->place >= LAYOUT_WINDOW_COUNT || process->files->references > 1)
		error = posix_Error_EINVAL;
	else if (file->ops || file->handle.raw < 0)
		error = posix_Error_EOPNOTSUPP;
	else
		error = make(process, file, request->place, request->reads, &reply.size);
	if (!error)
		process->space->window_of[request->place] =
			(struct window_of){process->pid, request->descriptor};
	posix_Descriptors_window_answer(to, error, &reply);
}

void window_closed(struct process *process, posix_Descriptor number)
{
	struct space *space = process->space;

	for (uint32_t i = 0; space && i < LAYOUT_WINDOW_COUNT && space->windows >> i != 0; i++)
		if (space->windows & (UINT32_C(1) << i) && space->window_of[i].process == process->pid &&
				space->window_of[i].descriptor == number)
			clear(space, i);
}
