/* What several commands need of the server. */
#define _GNU_SOURCE
#include "servers/hostfs/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct sk_call *tool_call(struct tool *tool)
{
	tool->calls++;
	tool->call.deadline = tool->timeout_ms ?
		sk_socket_after(tool->timeout_ms) : SK_FOREVER;
	return &tool->call;
}

int tool_result(const struct tool *tool, const char *what, int result)
{
	if (result == 0)
		return GOOD;
	fputs("hostfs-client: ", stderr);
	text_name(stderr, result > 0 || result == SK_TOO_BIG ? what : tool->socket_path);
	fprintf(stderr, ": %s\n", result > 0 ? text_error(result) :
		sk_status_text(result));
	return result > 0 || result == SK_TOO_BIG ? REFUSED : BROKEN;
}

int tool_local(const char *what)
{
	int error = errno;

	fputs("hostfs-client: ", stderr);
	text_name(stderr, what);
	fprintf(stderr, ": %s\n", strerror(error));
	return REFUSED;
}

fs_Path tool_path(const char *text)
{
	size_t size = strlen(text);

	/* Longer than any path may be is long enough to be refused. */
	return (fs_Path){
		.data = text,
		.size = size > UINT16_MAX ? UINT16_MAX : (uint32_t)size,
	};
}

int tool_open(struct tool *tool, const char *path, uint32_t flags, uint32_t mode,
	struct fs_Files_open_reply *opened)
{
	const struct fs_Files_open_request request = {
		.path = tool_path(path), .flags = flags, .mode = mode,
	};

	return tool_result(tool, path, fs_Files_open(&tool->socket.channel, &request,
		opened, tool_call(tool)));
}

int tool_close(struct tool *tool, const char *path, fs_File file)
{
	const struct fs_Files_close_request request = {.file = file};
	struct fs_Files_close_reply reply;

	return tool_result(tool, path, fs_Files_close(&tool->socket.channel, &request,
		&reply, tool_call(tool)));
}

/* Closes after something went wrong, or not: the first failure counts. */
static int close_after(struct tool *tool, const char *path, fs_File file, int status)
{
	int closed = status == BROKEN ? BROKEN : tool_close(tool, path, file);

	return status == GOOD ? closed : status;
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

static void advise_sequential(struct tool *tool, fs_File file)
{
	const struct fs_Files_advise_request request = {
		.file = file, .advice = fs_Advice_SEQUENTIAL,
	};

	/* If it is lost, reading will tell. */
	(void)fs_Files_advise(&tool->socket.channel, &request, tool_call(tool));
}

static int fetch_bytes(struct tool *tool, const char *path, fs_File file, int to)
{
	struct fs_Files_read_request request = {.file = file, .size = fs_DATA_MAX};
	struct fs_Files_read_reply reply;
	int status;

	do {
		status = tool_result(tool, path, fs_Files_read(&tool->socket.channel,
			&request, &reply, tool_call(tool)));
		if (status == GOOD)
			status = write_all(to, reply.data.data, reply.data.size);
		if (status != GOOD)
			return status;
		request.offset += reply.data.size;
		tool->bytes += reply.data.size;
	} while (reply.data.size == fs_DATA_MAX);
	return GOOD;
}

int tool_fetch(struct tool *tool, const char *path, int to)
{
	struct fs_Files_open_reply opened;
	int status = tool_open(tool, path, fs_Open_READ, 0, &opened);

	if (status != GOOD)
		return status;
	if (opened.status.size > fs_DATA_MAX)
		advise_sequential(tool, opened.file);
	status = fetch_bytes(tool, path, opened.file, to);
	tool->files += status == GOOD;
	return close_after(tool, path, opened.file, status);
}

/* Writes one piece, which may take several calls. */
static int store_piece(struct tool *tool, const char *path, fs_File file,
	uint64_t offset, const uint8_t *bytes, size_t size)
{
	struct fs_Files_write_reply reply;

	while (size > 0) {
		const struct fs_Files_write_request request = {
			.file = file,
			.offset = offset,
			.data = {.data = bytes, .size = (uint32_t)size},
		};
		int status = tool_result(tool, path, fs_Files_write(
			&tool->socket.channel, &request, &reply, tool_call(tool)));

		if (status == GOOD && (reply.count == 0 || reply.count > size))
			status = tool_result(tool, path, fs_Error_IO);
		if (status != GOOD)
			return status;
		offset += reply.count;
		bytes += reply.count;
		size -= reply.count;
		tool->bytes += reply.count;
	}
	return GOOD;
}

static int store_bytes(struct tool *tool, const char *path, fs_File file, int from)
{
	uint8_t bytes[fs_DATA_MAX];
	uint64_t offset = 0;
	ssize_t got;
	int status = GOOD;

	while (status == GOOD) {
		got = read(from, bytes, sizeof(bytes));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return tool_local("the local file");
		if (got == 0)
			break;
		status = store_piece(tool, path, file, offset, bytes, (size_t)got);
		offset += (uint64_t)got;
	}
	return status;
}

int tool_store(struct tool *tool, const char *path, int from, uint32_t mode)
{
	struct fs_Files_open_reply opened;
	int status = tool_open(tool, path,
		fs_Open_WRITE | fs_Open_CREATE | fs_Open_TRUNCATE, mode, &opened);

	if (status != GOOD)
		return status;
	status = store_bytes(tool, path, opened.file, from);
	tool->files += status == GOOD;
	return close_after(tool, path, opened.file, status);
}

int tool_status(struct tool *tool, const char *path, bool follow,
	struct fs_Status *status)
{
	const struct fs_Files_stat_request request = {
		.path = tool_path(path), .follow = follow,
	};
	struct fs_Files_stat_reply reply;
	int result = tool_result(tool, path, fs_Files_stat(&tool->socket.channel,
		&request, &reply, tool_call(tool)));

	if (result == GOOD)
		*status = reply.status;
	return result;
}

int tool_readlink(struct tool *tool, const char *path, char *text)
{
	const struct fs_Files_readlink_request request = {.path = tool_path(path)};
	struct fs_Files_readlink_reply reply;
	int status = tool_result(tool, path, fs_Files_readlink(&tool->socket.channel,
		&request, &reply, tool_call(tool)));

	if (status != GOOD)
		return status;
	memcpy(text, reply.text.data, reply.text.size);
	text[reply.text.size] = '\0';
	return GOOD;
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

static int list_pages(struct tool *tool, const char *path, fs_File directory,
	struct listing *listing)
{
	struct fs_Files_readdir_request request = {.directory = directory};
	struct fs_Files_readdir_reply reply;
	struct fs_Entry entry;
	int status;

	do {
		status = tool_result(tool, path, fs_Files_readdir(
			&tool->socket.channel, &request, &reply, tool_call(tool)));
		if (status != GOOD)
			return status;
		while (status == GOOD && fs_Entry_next(&reply.entries, &entry))
			status = is_name(entry.name) ? add_item(listing, &entry) :
				tool_result(tool, path, SK_INVALID);
		request.from = reply.next;
	} while (status == GOOD && reply.more);
	return status;
}

int tool_list(struct tool *tool, const char *path, struct listing *listing)
{
	struct fs_Files_open_reply opened;
	int status = tool_open(tool, path, fs_Open_READ | fs_Open_DIRECTORY, 0, &opened);

	*listing = (struct listing){0};
	if (status != GOOD)
		return status;
	status = list_pages(tool, path, opened.file, listing);
	if (listing->count > 0)
		qsort(listing->items, listing->count, sizeof(*listing->items), by_name);
	return close_after(tool, path, opened.file, status);
}

int tool_join(char to[fs_PATH_MAX + 1], const char *directory, const char *name)
{
	size_t size = strlen(directory);
	const char *slash = size == 0 || directory[size - 1] == '/' ? "" : "/";
	int length = snprintf(to, fs_PATH_MAX + 1, "%s%s%s", directory, slash, name);

	if (length >= 0 && (size_t)length <= fs_PATH_MAX)
		return GOOD;
	errno = ENAMETOOLONG;
	return tool_local(name);
}
