/* Calls of an open descriptor's server. */
#ifndef SERVERS_POSIX_SHIM_WITH_FILE_H
#define SERVERS_POSIX_SHIM_WITH_FILE_H

#include "fs.skald.h"
#include "servers/posix/shim/cache.h"

/* fs_File_##method over the channel of an open file. */
#define FILE_CALL(shim, reply, method, ...) \
	shim_file_result(shim, fs_File_##method(&(shim)->file.channel, \
		&(const struct fs_File_##method##_request){__VA_ARGS__}, reply, NULL))
#define FILE_DO(shim, method, ...) \
	FILE_CALL(shim, &(struct fs_File_##method##_reply){0}, method, __VA_ARGS__)

/* One call to an open descriptor's server: `result` is set by what stands in it. */
#define WITH_FILE(shim, descriptor, file, result, ...) do { \
	(result) = cache_open(shim, descriptor, &(file)); \
	if ((result) == 0) { \
		(result) = __VA_ARGS__; \
		cache_done(shim, descriptor, &(file)); \
	} \
} while (0)

/* directory.c: lseek() of an open directory, whose file's channel is ready. */
int64_t directory_seek(struct shim *shim, uint64_t descriptor, int64_t offset,
	uint32_t whence);

/* file.c: vmsplice() of a pipe. What does not fit is not waited for behind the first. */
int64_t file_vmsplice(struct shim *shim, const uint64_t a[6], bool writes, bool no_wait);

#endif
