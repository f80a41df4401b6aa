/* Open files: opening, closing, their bytes. */
#define _GNU_SOURCE
#include "servers/hostfs/hostfs.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define ALL_FLAGS (fs_Open_READ | fs_Open_WRITE | fs_Open_CREATE | fs_Open_EXCLUSIVE | \
	fs_Open_TRUNCATE | fs_Open_APPEND | fs_Open_DIRECTORY | fs_Open_NO_FOLLOW)
#define WRITERS (fs_Open_WRITE | fs_Open_CREATE | fs_Open_TRUNCATE | fs_Open_APPEND)

static bool flags_make_sense(uint32_t flags)
{
	if ((flags & ~(uint32_t)ALL_FLAGS) || !(flags & (fs_Open_READ | fs_Open_WRITE)))
		return false;
	if ((flags & (fs_Open_TRUNCATE | fs_Open_APPEND)) && !(flags & fs_Open_WRITE))
		return false;
	if ((flags & fs_Open_EXCLUSIVE) && !(flags & fs_Open_CREATE))
		return false;
	return !(flags & fs_Open_DIRECTORY) || !(flags & WRITERS);
}

static int host_flags(uint32_t flags)
{
	int result = O_NOCTTY | O_NONBLOCK;

	if (!(flags & fs_Open_WRITE))
		result |= O_RDONLY;
	else
		result |= flags & fs_Open_READ ? O_RDWR : O_WRONLY;
	result |= flags & fs_Open_CREATE ? O_CREAT : 0;
	result |= flags & fs_Open_EXCLUSIVE ? O_EXCL : 0;
	result |= flags & fs_Open_TRUNCATE ? O_TRUNC : 0;
	result |= flags & fs_Open_APPEND ? O_APPEND : 0;
	result |= flags & fs_Open_DIRECTORY ? O_DIRECTORY : 0;
	result |= flags & fs_Open_NO_FOLLOW ? O_NOFOLLOW : 0;
	return result;
}

/* 0, or the errno for what is neither a file nor a directory. */
static int check_kind(int fd, struct stat *status)
{
	if (fstat(fd, status) < 0)
		return errno;
	if (S_ISREG(status->st_mode) || S_ISDIR(status->st_mode))
		return 0;
	return S_ISLNK(status->st_mode) ? ELOOP : EOPNOTSUPP;
}

/* Opening a device can already do something, so its kind is seen to first
 * through a descriptor that opens nothing. */
static int look_first(const struct host *host, const struct path *path, uint32_t flags)
{
	struct stat status;
	int fd = resolve_open(host, path,
		O_PATH | (flags & fs_Open_NO_FOLLOW ? O_NOFOLLOW : 0), 0);
	int error;

	if (fd < 0)
		return fd == -ENOENT && (flags & fs_Open_CREATE) ? 0 : -fd;
	error = check_kind(fd, &status);
	close(fd);
	return flags & fs_Open_EXCLUSIVE ? EEXIST : error;
}

/* A descriptor, or a negative errno. */
static int open_checked(const struct host *host, const struct path *path,
	uint32_t flags, uint32_t mode, struct stat *status)
{
	int error = look_first(host, path, flags);
	int fd;

	if (error != 0)
		return -error;
	fd = resolve_open(host, path, host_flags(flags), mode & 0777);
	if (fd < 0)
		return fd;
	/* It may be another file by now. */
	error = check_kind(fd, status);
	if (error == 0)
		return fd;
	close(fd);
	return -error;
}

void op_open(void *self, const struct fs_Files_open_request *request,
	struct sk_reply *to)
{
	struct session *session = self;
	struct open_file *file = session_new_file(session);
	struct fs_Files_open_reply reply;
	struct stat status;
	struct path path;
	fs_Error error = SK_OK;
	int fd;

	if (!flags_make_sense(request->flags))
		error = fs_Error_INVALID;
	else if (request->flags & WRITERS)
		error = operations_may_write(session);
	if (error == SK_OK)
		error = errors_from_errno(resolve_path(&path, request->path));
	if (error == SK_OK && !file)
		error = fs_Error_TOO_MANY_FILES;
	if (error != SK_OK) {
		fs_Files_open_answer(to, error, NULL);
		return;
	}
	fd = open_checked(session->host, &path, request->flags, request->mode, &status);
	if (fd < 0) {
		fs_Files_open_answer(to, errors_from_errno(-fd), NULL);
		return;
	}
	reply.file = session_take_file(session, file, fd, request->flags);
	operations_status(&reply.status, &status);
	fs_Files_open_answer(to, SK_OK, &reply);
}

void op_close(void *self, const struct fs_Files_close_request *request,
	struct sk_reply *to)
{
	const struct fs_Files_close_reply reply = {0};
	struct session *session = self;
	struct open_file *file = session_file(session, request->file);

	if (file)
		session_close_file(session, file);
	fs_Files_close_answer(to, file ? SK_OK : fs_Error_BAD_FILE, &reply);
}

/* The file, opened for this; else NULL and why. */
static struct open_file *file_for(struct session *session, fs_File number,
	uint32_t flag, fs_Error *error)
{
	struct open_file *file = session_file(session, number);

	*error = SK_OK;
	if (!file)
		*error = fs_Error_BAD_FILE;
	else if (flag != 0 && !(file->flags & flag))
		*error = fs_Error_BAD_MODE;
	return *error == SK_OK ? file : NULL;
}

static ssize_t read_all(int fd, uint8_t *to, size_t size, uint64_t offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t got = pread(fd, to + done, size - done, (off_t)(offset + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return done > 0 ? (ssize_t)done : -errno;
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

void op_read(void *self, const struct fs_Files_read_request *request,
	struct sk_reply *to)
{
	uint8_t buffer[fs_DATA_MAX];
	struct fs_Files_read_reply reply = {.data = {.data = buffer}};
	size_t size = request->size < fs_DATA_MAX ? request->size : fs_DATA_MAX;
	fs_Error error;
	struct open_file *file = file_for(self, request->file, fs_Open_READ, &error);
	ssize_t got = 0;

	if (error == SK_OK && request->offset > INT64_MAX - fs_DATA_MAX)
		error = fs_Error_INVALID;
	if (error == SK_OK) {
		got = read_all(file->fd, buffer, size, request->offset);
		error = errors_from_errno(got < 0 ? (int)-got : 0);
	}
	reply.data.size = got < 0 ? 0 : (uint32_t)got;
	fs_Files_read_answer(to, error, &reply);
}

static ssize_t write_all(int fd, const uint8_t *from, size_t size, uint64_t offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t put = pwrite(fd, from + done, size - done, (off_t)(offset + done));

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return done > 0 ? (ssize_t)done : -errno;
		done += (size_t)put;
	}
	return (ssize_t)done;
}

void op_write(void *self, const struct fs_Files_write_request *request,
	struct sk_reply *to)
{
	struct fs_Files_write_reply reply = {0};
	fs_Error error;
	struct open_file *file = file_for(self, request->file, fs_Open_WRITE, &error);
	ssize_t put = 0;

	if (error == SK_OK && request->offset > INT64_MAX - fs_DATA_MAX)
		error = fs_Error_TOO_LARGE;
	if (error == SK_OK) {
		put = write_all(file->fd, request->data.data, request->data.size,
			request->offset);
		error = errors_from_errno(put < 0 ? (int)-put : 0);
	}
	reply.count = put < 0 ? 0 : (uint32_t)put;
	fs_Files_write_answer(to, error, &reply);
}

void op_truncate(void *self, const struct fs_Files_truncate_request *request,
	struct sk_reply *to)
{
	const struct fs_Files_truncate_reply reply = {0};
	fs_Error error;
	struct open_file *file = file_for(self, request->file, fs_Open_WRITE, &error);

	if (error == SK_OK && request->size > INT64_MAX)
		error = fs_Error_TOO_LARGE;
	if (error == SK_OK && ftruncate(file->fd, (off_t)request->size) < 0)
		error = errors_from_errno(errno);
	fs_Files_truncate_answer(to, error, &reply);
}

void op_sync(void *self, const struct fs_Files_sync_request *request,
	struct sk_reply *to)
{
	const struct fs_Files_sync_reply reply = {0};
	fs_Error error;
	struct open_file *file = file_for(self, request->file, 0, &error);

	if (error == SK_OK && fsync(file->fd) < 0)
		error = errors_from_errno(errno);
	fs_Files_sync_answer(to, error, &reply);
}

void op_advise(void *self, const struct fs_Files_advise_request *request)
{
	static const int advices[] = {
		[fs_Advice_NORMAL] = POSIX_FADV_NORMAL,
		[fs_Advice_SEQUENTIAL] = POSIX_FADV_SEQUENTIAL,
		[fs_Advice_RANDOM] = POSIX_FADV_RANDOM,
		[fs_Advice_WILL_NEED] = POSIX_FADV_WILLNEED,
		[fs_Advice_DONT_NEED] = POSIX_FADV_DONTNEED,
	};
	struct open_file *file = session_file(self, request->file);

	if (!file || request->advice < 0 || request->advice > fs_Advice_DONT_NEED ||
			request->offset > INT64_MAX || request->size > INT64_MAX)
		return;
	(void)posix_fadvise(file->fd, (off_t)request->offset, (off_t)request->size,
		advices[request->advice]);
}
