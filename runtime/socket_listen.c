/*
 * Listening sockets in the file system. A file that a dead server left is
 * replaced, one behind which somebody answers is not. While it is decided,
 * the folder is locked, so that of two servers that start at the same time
 * one wins and the other learns of it.
 */
#define _GNU_SOURCE
#include "runtime/socket_packet.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG 64
/* Whoever holds the lock for longer than this is not a server starting. */
#define LOCK_TRIES 200
#define LOCK_PAUSE_NS 10000000

static int new_socket(void)
{
	return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static bool lock(int fd)
{
	const struct timespec pause = {.tv_nsec = LOCK_PAUSE_NS};

	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return true;
		if (errno == EWOULDBLOCK)
			nanosleep(&pause, NULL);
		else if (errno != EINTR)
			return false;
	}
	errno = EWOULDBLOCK;
	return false;
}

/* The folder of the path, locked; -1 if that cannot be had. */
static int lock_folder(const struct sockaddr_un *address)
{
	char folder[sizeof(address->sun_path)];
	char *slash;
	int fd, error;

	memcpy(folder, address->sun_path, sizeof(folder));
	slash = strrchr(folder, '/');
	if (!slash)
		strcpy(folder, ".");
	else
		slash[slash == folder] = '\0';
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || lock(fd))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* Nobody answers behind this socket file. */
static bool is_stale(const struct sockaddr_un *address)
{
	struct stat status;
	int fd;
	bool stale;

	if (lstat(address->sun_path, &status) < 0 || !S_ISSOCK(status.st_mode))
		return false;
	fd = new_socket();
	if (fd < 0)
		return false;
	stale = connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
		errno == ECONNREFUSED;
	close(fd);
	return stale;
}

static int bind_path(int fd, const struct sockaddr_un *address)
{
	const struct sockaddr *any = (const struct sockaddr *)address;

	if (bind(fd, any, sizeof(*address)) == 0)
		return SK_OK;
	if (errno != EADDRINUSE)
		return SK_TRANSPORT;
	if (!is_stale(address)) {
		errno = EADDRINUSE;
		return SK_INVALID;
	}
	if (unlink(address->sun_path) < 0 || bind(fd, any, sizeof(*address)) < 0)
		return SK_TRANSPORT;
	return SK_OK;
}

static int listen_locked(int fd, const struct sockaddr_un *address,
	dev_t *device, ino_t *inode)
{
	struct stat status;
	int result;

	/* The socket's own mode becomes that of the file. */
	if (fchmod(fd, S_IRUSR | S_IWUSR) < 0)
		return SK_TRANSPORT;
	result = bind_path(fd, address);
	if (result != SK_OK)
		return result;
	if (listen(fd, BACKLOG) < 0 || lstat(address->sun_path, &status) < 0)
		return SK_TRANSPORT;
	*device = status.st_dev;
	*inode = status.st_ino;
	return SK_OK;
}

int sk_packet_listen(const char *path, dev_t *device, ino_t *inode)
{
	struct sockaddr_un address;
	int status = sk_packet_address(&address, path);
	int folder, fd, error;

	if (status != SK_OK)
		return status;
	folder = lock_folder(&address);
	if (folder < 0)
		return SK_TRANSPORT;
	fd = new_socket();
	status = fd < 0 ? SK_TRANSPORT : listen_locked(fd, &address, device, inode);
	error = errno;
	close(folder);
	if (status != SK_OK && fd >= 0)
		close(fd);
	errno = error;
	return status == SK_OK ? fd : status;
}

void sk_packet_unlisten(const char *path, dev_t device, ino_t inode)
{
	struct stat status;

	if (lstat(path, &status) == 0 && status.st_dev == device &&
			status.st_ino == inode)
		unlink(path);
}
