/*
 * Windows: files whose bytes clients read without a call (fs.File.window). The pages are
 * the file's memory (memory.c). Beside them each has a page, of a memory of its own, that
 * says how far the file goes and whether reads need to be known of; clients may only read
 * it, and it is committed as long as it is mapped here.
 *
 * A window lasts while its file is open. As many as there are bound what clients can take
 * by them: a page each. For contents that must move into a memory first, only half of the
 * memories that there can be are taken, so that files can still be mapped.
 */
#include "servers/ramfs/ramfs.h"

#define WINDOWS_MAX 512
#define MEMORIES_KEPT (MEMORY_MAX_COUNT / 2)
#define WINDOW_SIZE_MAX (UINT64_C(64) << 20)
/* Moving the contents pays if each read was of so many pages at least. */
#define PAGES_PER_READ 4

struct window {
	struct window *next;
	struct inode *inode;
	struct sk_handle memory;	/* of its state */
	struct fs_Window *state;
};

/* ---- what it says ---- */

/* Up to when a read would change nothing that others can see, of any session. */
static uint64_t until(const struct inode *inode)
{
	const struct ram *ram = inode->ram;
	int64_t seconds = ram->is_ended || ram->watchers ? 0 :
		inode_read_until(inode, ram->flags);

	return seconds < 0 ? 0 : (uint64_t)seconds;
}

void window_tell_size(const struct inode *inode, uint64_t size)
{
	if (inode->window)
		__atomic_store_n(&inode->window->state->size, size, __ATOMIC_SEQ_CST);
}

void window_tell(const struct inode *inode)
{
	if (!inode->window)
		return;
	window_tell_size(inode, inode->size);
	__atomic_store_n(&inode->window->state->until, until(inode), __ATOMIC_RELEASE);
}

void window_tell_all(const struct ram *ram)
{
	for (const struct window *window = ram->windows; window; window = window->next)
		window_tell(window->inode);
}

/* ---- beginning and end ---- */

/* Contents that are in no memory yet: 0, EAGAIN if reading has not cost enough so far. */
static int move_contents(struct inode *inode, uint32_t reads)
{
	const struct data *data = &inode->as.data;
	uint64_t pages = (inode->size + RAM_PAGE - 1) / RAM_PAGE;

	if (data->is_memory)
		return 0;
	if (pages == 0 || pages > (uint64_t)reads * PAGES_PER_READ)
		return fs_Error_EAGAIN;
	/* Holes stay holes. */
	if (data_next(data, 0, true) < pages)
		return fs_Error_ENODEV;
	return inode->ram->memories < MEMORIES_KEPT ? memory_begin(inode) : fs_Error_ENFILE;
}

static struct window *new_window(struct inode *inode)
{
	struct ram *ram = inode->ram;
	const struct ram_memories *memories = ram->world.memories;
	struct window *window = ram_table_new(ram, sizeof(*window));

	if (!window)
		return NULL;
	if (memories->make(ram->world.context, RAM_PAGE, &window->memory)) {
		window->state = memories->map(ram->world.context, window->memory, RAM_PAGE);
		if (window->state)
			return window;
		memories->end(ram->world.context, window->memory);
	}
	ram_table_free(ram, window, sizeof(*window));
	return NULL;
}

static int begin(struct inode *inode)
{
	struct ram *ram = inode->ram;
	struct window *window = ram->window_count < WINDOWS_MAX ? new_window(inode) : NULL;

	if (!window)
		return fs_Error_ENFILE;
	window->inode = inode;
	window->next = ram->windows;
	ram->windows = window;
	ram->window_count++;
	inode->window = window;
	return 0;
}

void window_end(struct inode *inode)
{
	struct ram *ram = inode->ram;
	struct window *window = inode->window, **link = &ram->windows;

	if (!window)
		return;
	/* Who has it still goes by calls. */
	__atomic_store_n(&window->state->until, 0, __ATOMIC_RELEASE);
	while (*link != window)
		link = &(*link)->next;
	*link = window->next;
	ram->window_count--;
	inode->window = NULL;
	ram->world.memories->unmap(ram->world.context, window->state, RAM_PAGE);
	ram->world.memories->end(ram->world.context, window->memory);
	ram_table_free(ram, window, sizeof(*window));
}

int window_give(struct inode *inode, uint32_t reads, struct sk_handle *pages,
	struct sk_handle *state)
{
	struct ram *ram = inode->ram;
	/* What can be sealed may have to move to another memory. */
	int error = inode->kind != fs_Kind_FILE || !ram->world.memories ||
			!(inode->seals & fs_Seals_SEAL) ||
		inode->size > WINDOW_SIZE_MAX ? fs_Error_ENODEV : move_contents(inode, reads);

	if (error == 0 && !inode->window)
		error = begin(inode);
	if (error != 0)
		return error;
	memory_see(inode);
	window_tell(inode);
	error = memory_hand_out(inode, fs_Rights_READ, pages);
	if (error != 0)
		return error;
	*state = ram->world.memories->copy(ram->world.context, inode->window->memory,
		fs_Rights_READ);
	if (state->raw >= 0)
		return 0;
	ram->world.memories->end(ram->world.context, *pages);
	*pages = sk_no_handle();
	return fs_Error_ENFILE;
}
