/* What people read: errors, modes, times, names. */
#define _GNU_SOURCE
#include "servers/hostfs/client.h"

#include <time.h>

const char *text_error(fs_Error error)
{
	static const char *const texts[] = {
		[fs_Error_NOT_FOUND] = "not found",
		[fs_Error_EXISTS] = "it exists already",
		[fs_Error_NOT_DIRECTORY] = "not a folder",
		[fs_Error_IS_DIRECTORY] = "it is a folder",
		[fs_Error_NOT_EMPTY] = "the folder is not empty",
		[fs_Error_NOT_PERMITTED] = "not permitted",
		[fs_Error_NO_ACCESS] = "its mode does not allow that",
		[fs_Error_READ_ONLY] = "nothing can be written there",
		[fs_Error_NO_SPACE] = "no space left",
		[fs_Error_TOO_LONG] = "the name or path is too long",
		[fs_Error_LINK_LOOP] = "too many symbolic links, or one where none may be",
		[fs_Error_LINK_LIMIT] = "it has too many names",
		[fs_Error_INVALID] = "that makes no sense",
		[fs_Error_BAD_FILE] = "no such open file",
		[fs_Error_BAD_MODE] = "it was not opened for that",
		[fs_Error_TOO_MANY_FILES] = "too many open files",
		[fs_Error_TOO_LARGE] = "too large",
		[fs_Error_BUSY] = "busy",
		[fs_Error_CROSS_DEVICE] = "on another file system",
		[fs_Error_NOT_SUPPORTED] = "neither a file nor a folder, or not supported",
		[fs_Error_IO] = "input or output failed",
	};

	if (error <= 0 || error >= (int)(sizeof(texts) / sizeof(texts[0])))
		return "an error that this program does not know";
	return texts[error];
}

const char *text_kind(fs_Kind kind)
{
	switch (kind) {
	case fs_Kind_FILE:
		return "file";
	case fs_Kind_DIRECTORY:
		return "folder";
	case fs_Kind_LINK:
		return "link";
	default:
		return "other";
	}
}

void text_mode(char to[11], const struct fs_Status *status)
{
	static const char letters[] = "rwxrwxrwx";
	static const char kinds[] = "?-dl";

	to[0] = status->kind >= 0 && status->kind <= fs_Kind_LINK ?
		kinds[status->kind] : '?';
	for (unsigned i = 0; i < 9; i++)
		to[1 + i] = status->mode >> (8 - i) & 1 ? letters[i] : '-';
	if (status->mode & 04000)
		to[3] = status->mode & 0100 ? 's' : 'S';
	if (status->mode & 02000)
		to[6] = status->mode & 0010 ? 's' : 'S';
	if (status->mode & 01000)
		to[9] = status->mode & 0001 ? 't' : 'T';
	to[10] = '\0';
}

void text_time(char to[32], struct fs_Time from)
{
	time_t seconds = (time_t)from.seconds;
	struct tm parts;

	if (!gmtime_r(&seconds, &parts) ||
			strftime(to, 32, "%Y-%m-%d %H:%M:%S", &parts) == 0)
		snprintf(to, 32, "%lld", (long long)from.seconds);
}

void text_name(FILE *to, const char *name)
{
	for (; *name; name++) {
		unsigned char byte = (unsigned char)*name;

		if (byte < 0x20 || byte == 0x7f || byte == '\\')
			fprintf(to, "\\%03o", byte);
		else
			fputc(byte, to);
	}
}
