/* What people read: errors, modes, times, names. */
#define _GNU_SOURCE
#include "servers/hostfs/client.h"

#include <string.h>
#include <time.h>

const char *text_error(fs_Error error)
{
	switch (error) {
	case fs_Error_ENOENT:
		return "not found";
	case fs_Error_EEXIST:
		return "it exists already";
	case fs_Error_ENOTDIR:
		return "not a folder";
	case fs_Error_EISDIR:
		return "it is a folder";
	case fs_Error_ENOTEMPTY:
		return "the folder is not empty";
	case fs_Error_EPERM:
		return "not permitted";
	case fs_Error_EACCES:
		return "its mode does not allow that";
	case fs_Error_EROFS:
		return "nothing can be written there";
	case fs_Error_ENAMETOOLONG:
		return "the name or path is too long";
	case fs_Error_ELOOP:
		return "too many symbolic links, or one where none may be";
	case fs_Error_EINVAL:
		return "that makes no sense";
	case fs_Error_EMFILE:
	case fs_Error_ENFILE:
		return "too many open files";
	case fs_Error_EXDEV:
		return "on another file system";
	case fs_Error_EOPNOTSUPP:
		return "neither a file nor a folder, or not supported";
	default:
		/* The numbers are Linux's, as this machine's are. */
		return strerror(error);
	}
}

const char *text_kind(fs_Kind kind)
{
	static const char *const texts[] = {
		[fs_Kind_UNKNOWN] = "unknown",
		[fs_Kind_FILE] = "file",
		[fs_Kind_DIRECTORY] = "folder",
		[fs_Kind_LINK] = "link",
		[fs_Kind_FIFO] = "fifo",
		[fs_Kind_SOCKET] = "socket",
		[fs_Kind_CHARACTER_DEVICE] = "character device",
		[fs_Kind_BLOCK_DEVICE] = "block device",
		[fs_Kind_ANONYMOUS] = "anonymous",
		[fs_Kind_TERMINAL] = "terminal",
	};

	return kind >= 0 && kind <= fs_Kind_TERMINAL ? texts[kind] : "unknown";
}

void text_mode(char to[11], const struct fs_Status *status)
{
	static const char letters[] = "rwxrwxrwx";
	static const char kinds[] = "?-dlpscb?c";

	to[0] = status->kind >= 0 && status->kind <= fs_Kind_TERMINAL ?
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
