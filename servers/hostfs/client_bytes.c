/* Open files: their bytes, by lent memory, and the entries of directories. */
#define _GNU_SOURCE
#include "servers/hostfs/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What one call reads or writes. */
#define PIECE (1 << 20)

/* One file at a time: one buffer. */
static uint8_t buffer[PIECE];

int tool_open(struct tool *tool, const char *path, fs_Open flags, uint32_t mode,
	struct tool_file *file)
{
	const struct fs_FileSystem_open_request request = {
		.place = tool_place(path, fs_Resolve_FOLLOW), .flags = flags, .mode = mode,
	};
	struct fs_FileSystem_open_reply reply;
	int result = tool_result(tool, path, fs_FileSystem_open(&tool->socket.channel,
		&request, &reply, tool_call(tool)));

	file->socket.fd = -1;
	if (result == GOOD)
		result = tool_arrived(tool, path, &reply.progress);
	if (result != GOOD)
		return result;
	file->status = reply.status;
	if (reply.has_file)
		result = tool_result(tool, path,
			sk_socket_adopt(&file->socket, reply.file.raw.raw));
	else
		result = tool_result(tool, path, fs_Error_EOPNOTSUPP);
	file->socket.window_size = PIECE;
	tool_forget(tool, reply.progress.node);
	return result;
}

void tool_close(struct tool_file *file)
{
	if (file->socket.fd >= 0)
		sk_socket_close(&file->socket);
}

static int write_all(int to, const uint8_t *bytes, size_t size)
{
	while (size > 0) {
		ssize_t done = write(to, bytes, size);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return tool_local("the local file");
		bytes += done;
		size -= (size_t)done;
	}
	return GOOD;
}

static int fetch_bytes(struct tool *tool, const char *path, struct tool_file *file, int to)
{
	struct fs_File_read_at_request request = {.data = sk_lend_out(buffer, PIECE)};
	struct fs_File_read_at_reply reply;
	int status;

	do {
		status = tool_result(tool, path, fs_File_read_at(&file->socket.channel,
			&request, &reply, tool_call(tool)));
		if (status == GOOD && reply.count > PIECE)
			status = tool_result(tool, path, SK_INVALID);
		if (status == GOOD)
			status = write_all(to, buffer, reply.count);
		if (status != GOOD)
			return status;
		request.offset += reply.count;
		tool->bytes += reply.count;
	} while (reply.count == PIECE);
	return GOOD;
}

int tool_fetch(struct tool *tool, const char *path, int to)
{
	struct tool_file file;
	int status = tool_open(tool, path, fs_Open_READ, 0, &file);

	if (status == GOOD && file.status.kind == fs_Kind_DIRECTORY)
		status = tool_result(tool, path, fs_Error_EISDIR);
	if (status == GOOD)
		status = fetch_bytes(tool, path, &file, to);
	tool->files += status == GOOD;
	tool_close(&file);
	return status;
}

/* Writes one piece, which may take several calls. */
static int store_piece(struct tool *tool, const char *path, struct tool_file *file,
	uint64_t offset, size_t size)
{
	const uint8_t *bytes = buffer;
	struct fs_File_write_at_reply reply;

	while (size > 0) {
		const struct fs_File_write_at_request request = {
			.offset = offset, .data = sk_lend(bytes, size),
		};
		int status = tool_result(tool, path, fs_File_write_at(
			&file->socket.channel, &request, &reply, tool_call(tool)));

		if (status == GOOD && (reply.count == 0 || reply.count > size))
			status = tool_result(tool, path, fs_Error_EIO);
		if (status != GOOD)
			return status;
		offset += reply.count;
		bytes += reply.count;
		size -= reply.count;
		tool->bytes += reply.count;
	}
	return GOOD;
}

static int store_bytes(struct tool *tool, const char *path, struct tool_file *file,
	int from)
{
	uint64_t offset = 0;
	ssize_t got;
	int status = GOOD;

	while (status == GOOD) {
		got = read(from, buffer, PIECE);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return tool_local("the local file");
		if (got == 0)
			break;
		status = store_piece(tool, path, file, offset, (size_t)got);
		offset += (uint64_t)got;
	}
	return status;
}

int tool_store(struct tool *tool, const char *path, int from, uint32_t mode)
{
	struct tool_file file;
	int status = tool_open(tool, path,
		fs_Open_WRITE | fs_Open_CREATE | fs_Open_TRUNCATE, mode & ~tool->mask, &file);

	if (status == GOOD)
		status = store_bytes(tool, path, &file, from);
	tool->files += status == GOOD;
	tool_close(&file);
	return status;
}

/* ---- directories ---- */

static int by_name(const void *left, const void *right)
{
	const struct item *a = left, *b = right;

	return strcmp(a->name, b->name);
}

/* A name that a file can have; the server might say anything. */
static bool is_name(fs_Name name)
{
	if (name.size == 0 || memchr(name.data, '/', name.size) ||
			memchr(name.data, '\0', name.size))
		return false;
	return !(name.data[0] == '.' && (name.size == 1 ||
		(name.size == 2 && name.data[1] == '.')));
}

static int add_item(struct listing *listing, const struct fs_Entry *entry)
{
	struct item *item;

	if (listing->count == listing->capacity) {
		size_t capacity = listing->capacity ? 2 * listing->capacity : 64;
		struct item *items = realloc(listing->items, capacity * sizeof(*items));

		if (!items)
			return tool_local("the listing");
		listing->items = items;
		listing->capacity = capacity;
	}
	item = &listing->items[listing->count++];
	item->inode = entry->inode;
	item->kind = entry->kind;
	memcpy(item->name, entry->name.data, entry->name.size);
	item->name[entry->name.size] = '\0';
	return GOOD;
}

static int list_pages(struct tool *tool, const char *path, struct tool_file *file,
	struct listing *listing)
{
	const struct fs_Directory_read_entries_request request = {.room = UINT32_MAX};
	struct fs_Directory_read_entries_reply reply;
	struct fs_Entry entry;
	int status;
	bool more;

	do {
		status = tool_result(tool, path, fs_Directory_read_entries(
			&file->socket.channel, &request, &reply, tool_call(tool)));
		if (status != GOOD)
			return status;
		more = reply.entries.count > 0;
		while (status == GOOD && fs_Entry_next(&reply.entries, &entry))
			status = is_name(entry.name) ? add_item(listing, &entry) :
				tool_result(tool, path, SK_INVALID);
	} while (status == GOOD && more);
	return status;
}

int tool_list(struct tool *tool, const char *path, struct listing *listing)
{
	struct tool_file file;
	int status = tool_open(tool, path, fs_Open_READ | fs_Open_DIRECTORY, 0, &file);

	*listing = (struct listing){0};
	if (status == GOOD)
		status = list_pages(tool, path, &file, listing);
	tool_close(&file);
	if (listing->count > 0)
		qsort(listing->items, listing->count, sizeof(*listing->items), by_name);
	return status;
}
