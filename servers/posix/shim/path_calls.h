/* What calls that take one path have in common. */
#ifndef SERVERS_POSIX_SHIM_PATH_CALLS_H
#define SERVERS_POSIX_SHIM_PATH_CALLS_H

#include "servers/posix/shim/path.h"

#define AT_HERE ((uint64_t)(int64_t)LINUX_AT_FDCWD)

/* A method of Paths that takes a directory and a path, and answers nothing. */
#define PATH_DO(shim, at_directory, at, method, ...) do { \
	struct path path; \
	int64_t result = path_take(shim, &path, at_directory, at, posix_PATH_MAX); \
	if (result < 0) \
		return result; \
	result = POSIX_DO(shim, Paths, method, .directory = path.directory, \
		.path = path.text, __VA_ARGS__); \
	path_close(&path); \
	return result; \
} while (0)

#endif
