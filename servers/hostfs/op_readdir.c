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

#define BUFFER_SIZE 4096

static fs_Kind kind_of(int directory, const struct dirent64 *from)
{
	struct stat status;

	switch (from->d_type) {
	case DT_REG:
		return fs_Kind_FILE;
	case DT_DIR:
		return fs_Kind_DIRECTORY;
	case DT_LNK:
		return fs_Kind_LINK;
	case DT_UNKNOWN:
		if (fstatat(directory, from->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0)
			return operations_kind(status.st_mode);
		return fs_Kind_OTHER;
	default:
		return fs_Kind_OTHER;
	}
}

/* Takes up to a page of entries out of what the kernel gave; the names stay
 * in the buffer. */
static fs_Error take_page(int directory, const uint8_t *buffer, size_t size,
	struct fs_Entry *entries, struct fs_Files_readdir_reply *reply)
{
	size_t at = 0;

	while (at < size && reply->entries.count < fs_PAGE_MAX) {
		const struct dirent64 *from = (const void *)(buffer + at);
		size_t length = strlen(from->d_name);

		at += from->d_reclen;
		reply->next = (uint64_t)from->d_off;
		if (strcmp(from->d_name, ".") == 0 || strcmp(from->d_name, "..") == 0)
			continue;
		if (length > fs_NAME_MAX)
			return fs_Error_TOO_LONG;
		entries[reply->entries.count++] = (struct fs_Entry){
			.inode = from->d_ino,
			.kind = kind_of(directory, from),
			.name = {.data = from->d_name, .size = (uint32_t)length},
		};
	}
	return SK_OK;
}

static ssize_t read_entries(int directory, fs_Cursor from, void *buffer, size_t size)
{
	ssize_t got;

	if (lseek(directory, (off_t)from, SEEK_SET) < 0)
		return -errno;
	do
		got = getdents64(directory, buffer, size);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

void op_readdir(void *self, const struct fs_Files_readdir_request *request,
	struct sk_reply *to)
{
	_Alignas(struct dirent64) uint8_t buffer[BUFFER_SIZE];
	struct fs_Entry entries[fs_PAGE_MAX];
	struct fs_Files_readdir_reply reply = {
		.entries = {.items = entries}, .next = request->from,
	};
	struct open_file *file = session_file(self, request->directory);
	fs_Error error;
	ssize_t got;

	if (!file) {
		fs_Files_readdir_answer(to, fs_Error_BAD_FILE, NULL);
		return;
	}
	got = read_entries(file->fd, request->from, buffer, sizeof(buffer));
	error = errors_from_errno(got < 0 ? (int)-got : 0);
	if (error == SK_OK) {
		reply.more = got > 0;
		error = take_page(file->fd, buffer, (size_t)got, entries, &reply);
	}
	fs_Files_readdir_answer(to, error, &reply);
}
