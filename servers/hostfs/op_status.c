/* What is known of a file, and changing it: status, mode, times. */
#define _GNU_SOURCE
#include "servers/hostfs/hostfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NANOS_PER_S 1000000000

/* Linux 6.6; older headers do not know the number. */
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

static int status_of(const struct host *host, fs_Path from, bool follow,
	struct stat *status)
{
	struct path path;
	int error = resolve_path(&path, from);
	int fd;

	if (error != 0)
		return error;
	fd = resolve_open(host, &path, O_PATH | (follow ? 0 : O_NOFOLLOW), 0);
	if (fd < 0)
		return -fd;
	error = fstat(fd, status) < 0 ? errno : 0;
	close(fd);
	return error;
}

void op_stat(void *self, const struct fs_Files_stat_request *request,
	struct sk_reply *to)
{
	const struct session *session = self;
	struct fs_Files_stat_reply reply;
	struct stat status;
	int error = status_of(session->host, request->path, request->follow, &status);

	if (error == 0)
		operations_status(&reply.status, &status);
	fs_Files_stat_answer(to, errors_from_errno(error), &reply);
}

void op_fstat(void *self, const struct fs_Files_fstat_request *request,
	struct sk_reply *to)
{
	struct open_file *file = session_file(self, request->file);
	struct fs_Files_fstat_reply reply;
	struct stat status;
	fs_Error error = SK_OK;

	if (!file)
		error = fs_Error_BAD_FILE;
	else if (fstat(file->fd, &status) < 0)
		error = errors_from_errno(errno);
	else
		operations_status(&reply.status, &status);
	fs_Files_fstat_answer(to, error, &reply);
}

/* Changes the mode of what a descriptor for paths stands for. */
static int change_mode(int fd, mode_t mode)
{
	char link[64];

	if (syscall(SYS_fchmodat2, fd, "", mode, AT_EMPTY_PATH) == 0)
		return 0;
	if (errno != ENOSYS)
		return errno;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return chmod(link, mode) < 0 ? errno : 0;
}

void op_chmod(void *self, const struct fs_Files_chmod_request *request,
	struct sk_reply *to)
{
	const struct fs_Files_chmod_reply reply = {0};
	struct session *session = self;
	struct path path;
	fs_Error error = operations_may_write(session);
	int fd;

	/* A program that runs with the rights of whoever serves the folder is
	 * more than a client should be able to make. */
	if (error == SK_OK && request->mode > 0777)
		error = fs_Error_NOT_PERMITTED;
	if (error == SK_OK)
		error = errors_from_errno(resolve_path(&path, request->path));
	if (error == SK_OK) {
		fd = resolve_open(session->host, &path, O_PATH, 0);
		error = errors_from_errno(fd < 0 ? -fd : change_mode(fd, request->mode));
		if (fd >= 0)
			close(fd);
	}
	fs_Files_chmod_answer(to, error, &reply);
}

static bool set_time(struct timespec *to, const struct fs_Time *from, bool set)
{
	to->tv_sec = from->seconds;
	to->tv_nsec = set ? (long)from->nanos : UTIME_OMIT;
	return !set || from->nanos < NANOS_PER_S;
}

void op_utimes(void *self, const struct fs_Files_utimes_request *request,
	struct sk_reply *to)
{
	const struct fs_Files_utimes_reply reply = {0};
	struct session *session = self;
	struct timespec times[2];
	struct path path;
	struct place place;
	fs_Error error = operations_may_write(session);

	if (error == SK_OK && ((request->set & ~(uint32_t)(fs_Set_ACCESSED |
			fs_Set_MODIFIED)) ||
			!set_time(&times[0], &request->accessed,
				request->set & fs_Set_ACCESSED) ||
			!set_time(&times[1], &request->modified,
				request->set & fs_Set_MODIFIED)))
		error = fs_Error_INVALID;
	if (error == SK_OK)
		error = errors_from_errno(resolve_path(&path, request->path));
	if (error == SK_OK)
		error = errors_from_errno(resolve_place(session->host, &path, &place));
	if (error == SK_OK) {
		if (utimensat(place.directory, place.name, times,
				AT_SYMLINK_NOFOLLOW) < 0)
			error = errors_from_errno(errno);
		resolve_leave(&place);
	}
	fs_Files_utimes_answer(to, error, &reply);
}

void op_statfs(void *self, const struct fs_Files_statfs_request *request,
	struct sk_reply *to)
{
	const struct session *session = self;
	struct fs_Files_statfs_reply reply;
	struct statvfs status;

	(void)request;
	if (fstatvfs(session->host->root, &status) < 0) {
		fs_Files_statfs_answer(to, errors_from_errno(errno), NULL);
		return;
	}
	reply.space = (struct fs_Space){
		.block_size = (uint32_t)status.f_frsize,
		.blocks = status.f_blocks,
		.blocks_free = status.f_bfree,
		.blocks_available = status.f_bavail,
		.files = status.f_files,
		.files_free = status.f_ffree,
		.name_max = status.f_namemax < fs_NAME_MAX ?
			(uint32_t)status.f_namemax : fs_NAME_MAX,
		.read_only = session->host->read_only || (status.f_flag & ST_RDONLY),
	};
	fs_Files_statfs_answer(to, SK_OK, &reply);
}
