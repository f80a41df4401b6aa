/*
 * Directories in pages. A cursor is the kernel's own position in the
 * directory (d_off), which file systems keep valid while entries come and go;
 * so nothing is remembered between two calls.
 */
#define _GNU_SOURCE
#include "servers/hostfs/hostfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_SIZE 8192
#define ENTRIES_MAX 256
/* What the bound on a page's bytes leaves: a count before the entries, and in
 * each two numbers of 9 bytes, a kind and a size. */
#define PAGE_BYTES (3900 - 2)
#define ENTRY_BYTES (9 + 9 + 1 + 2)
/* What a client's own entry takes besides the name. */
#define CLIENT_BYTES 20

struct page {
	int directory;
	uint64_t client_room;
	size_t room;
	struct fs_Entry entries[ENTRIES_MAX];
	uint32_t count;
	uint64_t next;			/* behind the last entry */
	bool more;
	_Alignas(struct dirent64) uint8_t buffer[BUFFER_SIZE];
};

static fs_Kind kind_of(int directory, const struct dirent64 *from)
{
	struct stat status;

	if (from->d_type != DT_UNKNOWN)
		return operations_kind((mode_t)DTTOIF(from->d_type));
	if (fstatat(directory, from->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return fs_Kind_UNKNOWN;
	return operations_kind(status.st_mode);
}

/* Whether it fits in; else nothing happens. */
static bool add_entry(struct page *page, const struct dirent64 *from, size_t length)
{
	uint64_t client_bytes = (CLIENT_BYTES + length + 7) / 8 * 8;

	if (page->count == ENTRIES_MAX || page->room < ENTRY_BYTES + length ||
			page->client_room < client_bytes)
		return false;
	page->room -= ENTRY_BYTES + length;
	page->client_room -= client_bytes;
	page->entries[page->count++] = (struct fs_Entry){
		.inode = from->d_ino,
		.next = (uint64_t)from->d_off,
		.kind = kind_of(page->directory, from),
		.name = {.data = from->d_name, .size = (uint32_t)length},
	};
	return true;
}

/* Takes entries out of what the kernel gave, where the names stay. */
static int take_entries(struct page *page, size_t size)
{
	size_t at = 0;

	while (at < size) {
		const struct dirent64 *from = (const void *)(page->buffer + at);
		size_t length = strlen(from->d_name);

		at += from->d_reclen;
		if (length > fs_NAME_MAX)
			return ENAMETOOLONG;
		if (strcmp(from->d_name, ".") != 0 && strcmp(from->d_name, "..") != 0 &&
				!add_entry(page, from, length))
			return page->count > 0 ? 0 : EINVAL;
		page->next = (uint64_t)from->d_off;
	}
	return 0;
}

/* The entries from the host's position on: at least one, but at the end. */
static int fill(struct page *page)
{
	ssize_t got;
	int error;

	page->count = 0;
	page->room = PAGE_BYTES;
	do {
		got = getdents64(page->directory, page->buffer, sizeof(page->buffer));
		if (got < 0)
			return errno;
		error = take_entries(page, (size_t)got);
	} while (error == 0 && page->count == 0 && got > 0);
	page->more = got > 0;
	return error;
}

static int check(const struct open_handle *handle)
{
	return handle->rights & fs_Rights_READ ? 0 : EPERM;
}

void op_read_entries(void *self, const struct fs_Directory_read_entries_request *request,
	struct sk_reply *to)
{
	static struct page page;
	const struct open_handle *handle = self;
	struct fs_Directory_read_entries_reply reply = {.entries = {.items = page.entries}};
	int error = check(handle);
	off_t position;

	page.directory = handle->file->fd;
	page.client_room = request->room;
	position = lseek(page.directory, 0, SEEK_CUR);
	if (error == 0)
		error = position < 0 ? errno : fill(&page);
	if (error != 0)
		lseek(page.directory, position, SEEK_SET);
	else if (page.count > 0)
		lseek(page.directory, (off_t)page.next, SEEK_SET);
	reply.entries.count = page.count;
	fs_Directory_read_entries_answer(to, operations_error(error), &reply);
}

void op_entries_at(void *self, const struct fs_Directory_entries_at_request *request,
	struct sk_reply *to)
{
	static struct page page;
	const struct open_handle *handle = self;
	struct fs_Directory_entries_at_reply reply = {.entries = {.items = page.entries}};
	int error = check(handle);
	off_t position;

	page.directory = handle->file->fd;
	page.client_room = UINT64_MAX;
	position = lseek(page.directory, 0, SEEK_CUR);
	if (error == 0 && lseek(page.directory, (off_t)request->from, SEEK_SET) < 0)
		error = errno;
	if (error == 0)
		error = fill(&page);
	if (position >= 0)
		lseek(page.directory, position, SEEK_SET);
	reply.entries.count = page.count;
	reply.more = error == 0 && page.more;
	fs_Directory_entries_at_answer(to, operations_error(error), &reply);
}
