#include "servers/posix/shim/window.h"

#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/lock.h"
#include "servers/posix/shim/with_file.h"

#define SECOND 1000000000
/* Reads before it is asked for, and how often that is doubled. */
#define READS_FIRST 16
#define READS_MOST 4096

/* ---- reading ---- */

/* What is known of the descriptor now, of which nothing may change until all is read. */
struct look {
	const struct shim_file *place;
	uint32_t version;
	uint64_t address;		/* of its window */
	uint64_t size;			/* of the pages that are mapped */
};

static bool look_at(const struct shim *shim, uint64_t descriptor, struct look *look)
{
	const struct shim_process *process = shim->process;
	uint8_t window;

	if (descriptor >= process->count)
		return false;
	look->place = &process->files[descriptor];
	look->version = __atomic_load_n(&look->place->version, __ATOMIC_ACQUIRE);
	window = __atomic_load_n(&look->place->window, __ATOMIC_ACQUIRE);
	if (window == 0)
		return false;
	look->address = LAYOUT_WINDOWS + (window - 1u) * LAYOUT_WINDOW_BYTES;
	look->size = process->window_sizes[window - 1];
	return true;
}

static bool is_still(const struct look *look)
{
	return __atomic_load_n(&look->place->version, __ATOMIC_ACQUIRE) == look->version;
}

/* What the file's server says: its size. False: it wants to know of reads. */
static bool ask_page(const struct look *look, uint64_t *size)
{
	uint64_t said[2];

	if (shim_load_two((const void *)(uintptr_t)look->address, said) != 0)
		return false;
	*size = said[0];
	return said[1] == UINT64_MAX >> 1 ||
		(uint64_t)shim_wall(shim_now()) / SECOND < said[1];
}

_Static_assert(offsetof(struct fs_Window, size) == 0 && offsetof(struct fs_Window, until) == 8,
	"as shim_load_two() reads it");

/* The bytes, which `size` of the file says are there. */
static bool take(const struct look *look, uint64_t offset, uint64_t to, uint64_t count)
{
	const void *from = (const void *)(uintptr_t)(look->address + LAYOUT_PAGE + offset);
	uint64_t size;

	return offset <= look->size && count <= look->size - offset &&
		copy_to(to, from, count) && ask_page(look, &size) &&
		offset + count <= size && is_still(look);
}

int64_t window_read(struct shim *shim, uint64_t descriptor, uint64_t offset, uint64_t to,
	uint64_t size)
{
	struct look look;
	uint64_t end;

	if (!look_at(shim, descriptor, &look) || !ask_page(&look, &end))
		return WINDOW_NOT;
	if (offset >= end)
		return is_still(&look) ? 0 : WINDOW_NOT;
	if (size > end - offset)
		size = end - offset;
	return take(&look, offset, to, size) ? (int64_t)size : WINDOW_NOT;
}

/* Others have taken what the position was moved by: those bytes come by a call. */
static int64_t read_anyway(struct shim *shim, uint64_t offset, uint64_t to, uint64_t count)
{
	struct fs_File_read_at_reply reply = {0};
	int64_t result = FILE_CALL(shim, &reply, read_at, .offset = offset,
		.data = sk_lend_out((void *)(uintptr_t)(to ? to : 1), count));
	uint64_t done = result < 0 ? 0 : reply.count;

	if (done < count)
		FILE_CALL(shim, &(struct fs_File_seek_reply){0}, seek,
			.offset = (int64_t)done - (int64_t)count, .whence = fs_Whence_CURRENT);
	return result < 0 ? result : (int64_t)done;
}

int64_t window_read_here(struct shim *shim, uint64_t descriptor, uint64_t to, uint64_t size)
{
	struct fs_File_advance_reply moved;
	struct look look;
	int64_t result;

	if (!look_at(shim, descriptor, &look))
		return WINDOW_NOT;
	result = FILE_CALL(shim, &moved, advance, .most = size);
	if (result < 0)
		return result;
	if (moved.count > size)
		return -LINUX_EIO;
	return take(&look, moved.offset, to, moved.count) ? (int64_t)moved.count :
		read_anyway(shim, moved.offset, to, moved.count);
}

/* ---- getting one ---- */

/* A place for it: its own, or a free one; 0: there is none. */
static uint8_t choose(struct shim_process *process, struct shim_file *file)
{
	uint8_t window = file->window;

	for (uint8_t i = 0; window == 0 && i < LAYOUT_WINDOW_COUNT; i++)
		if (!(process->windows & UINT32_C(1) << i))
			window = (uint8_t)(i + 1);
	if (window != 0)
		process->windows |= UINT32_C(1) << (window - 1);
	return window;
}

static void got(struct shim_process *process, struct shim_file *file, uint32_t version,
	uint8_t window, int64_t result, uint64_t size)
{
	lock_take(&process->lock);
	if (result == 0 && file->version == version && (!file->window || file->window == window)) {
		process->window_sizes[window - 1] = size;
		__atomic_store_n(&file->window, window, __ATOMIC_RELEASE);
	} else if (file->window != window) {
		process->windows &= ~(UINT32_C(1) << (window - 1));
	}
	if (result < 0 && file->version == version)
		file->no_window = result != -LINUX_EAGAIN || file->patience >= READS_MOST;
	lock_let_go(&process->lock);
}

/* Without a lock, since that is for the call; whoever comes at the same time gets another
 * one, and gives it back. */
static void ask(struct shim *shim, uint64_t descriptor, struct shim_file *file)
{
	struct shim_process *process = shim->process;
	struct posix_Descriptors_window_reply reply = {0};
	uint32_t version, reads = file->patience;
	uint8_t window;
	int64_t result;

	lock_take(&process->lock);
	version = file->version;
	window = choose(process, file);
	lock_let_go(&process->lock);
	if (window == 0)
		return;
	result = POSIX(shim, &reply, Descriptors, window, .descriptor = (int32_t)descriptor,
		.place = window - 1u, .reads = reads);
	got(process, file, version, window, result, reply.size);
}

void window_was_read(struct shim *shim, uint64_t descriptor)
{
	struct shim_process *process = shim->process;
	struct shim_file *file = descriptor < process->count ? &process->files[descriptor] :
		NULL;

	/* A vfork's child is in another's space, whose places it does not know. */
	if (!file || file->number == 0 || file->no_window || process != shim_own_process())
		return;
	if (file->patience == 0)
		file->patience = READS_FIRST;
	if (++file->reads < file->patience)
		return;
	ask(shim, descriptor, file);
	file->reads = 0;
	if (file->patience < READS_MOST)
		file->patience = (uint16_t)(file->patience * 2);
}
