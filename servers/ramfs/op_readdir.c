/*
 * Directories in pages. A cursor is a number that a name got when it came, and
 * they only rise; so nothing is remembered between two calls.
 */
#include "servers/ramfs/ramfs.h"

/* What the bound on a page's bytes leaves: a count before the entries, and in
 * each two numbers of 9 bytes, a kind and a size. */
#define PAGE_BYTES (3900 - 2)
#define ENTRY_BYTES (9 + 9 + 1 + 2)
/* What a client's own entry takes besides the name. */
#define CLIENT_BYTES 20

struct page {
	struct inode *directory;
	struct fs_Entry *entries;
	uint32_t count;
	uint64_t room, client_room;
	uint64_t next;			/* behind the last entry */
};

/* Whether it fits in; else nothing happens. */
static bool add_entry(struct page *page, const struct entry *from)
{
	uint64_t client_bytes = (CLIENT_BYTES + (uint64_t)from->size + 7) / 8 * 8;

	if (page->count == RAM_ENTRIES_MAX || page->room < ENTRY_BYTES + from->size ||
			page->client_room < client_bytes)
		return false;
	page->room -= ENTRY_BYTES + from->size;
	page->client_room -= client_bytes;
	page->next = from->cookie + 1;
	page->entries[page->count++] = (struct fs_Entry){
		.inode = from->inode->number,
		.next = page->next,
		.kind = from->inode->kind,
		.name = {from->text, from->size},
	};
	return true;
}

/* The entries from a cursor on: at least one, but at the end. */
static int fill(const struct open_handle *handle, uint64_t from, uint64_t client_room,
	struct page *page)
{
	const struct open_file *file = handle->file;
	struct entry *entry;
	int error = file_may(handle, fs_Rights_READ);

	*page = (struct page){
		.directory = file->where.inode, .entries = file->ram->entries,
		.room = PAGE_BYTES, .client_room = client_room, .next = from,
	};
	if (error == 0 && directory_is_dead(page->directory))
		error = fs_Error_ENOENT;
	if (error == 0 && from > INT64_MAX)
		error = fs_Error_EINVAL;
	if (error != 0)
		return error;
	do
		entry = directory_next(page->directory, page->next);
	while (entry && add_entry(page, entry));
	if (!(file->flags & fs_Open_NO_ACCESS_TIME))
		inode_accessed(page->directory, file->ram->flags | file->mount_flags);
	watch_tell(&file->where, fs_Change_ACCESSED);
	return entry && page->count == 0 ? fs_Error_EINVAL : 0;
}

void op_read_entries(void *self, const struct fs_Directory_read_entries_request *request,
	struct sk_reply *to)
{
	const struct open_handle *handle = self;
	struct fs_Directory_read_entries_reply reply;
	struct page page;
	int error = fill(handle, handle->file->position, request->room, &page);

	if (error == 0)
		handle->file->position = page.next;
	reply.entries = (struct fs_Entry_list){.items = page.entries, .count = page.count};
	fs_Directory_read_entries_answer(to, error, &reply);
}

void op_entries_at(void *self, const struct fs_Directory_entries_at_request *request,
	struct sk_reply *to)
{
	struct fs_Directory_entries_at_reply reply;
	struct page page;
	int error = fill(self, request->from, UINT64_MAX, &page);

	reply.entries = (struct fs_Entry_list){.items = page.entries, .count = page.count};
	reply.more = error == 0 && directory_next(page.directory, page.next) != NULL;
	fs_Directory_entries_at_answer(to, error, &reply);
}
