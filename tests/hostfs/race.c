/*
 * A folder and a link to a folder outside change places all the time, as do a
 * file and a FIFO, and a third folder moves up and down, while files are read
 * and made through them. What is outside must never be seen, nothing may be
 * made there, and the FIFO must not hold the server up.
 *
 * Usage: race SOCKET DIR OUTSIDE
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocols/fs.skald.h"
#include "runtime/socket.h"

#define ROUNDS 4000
#define SEEN_MIN 20
/* A call that takes this long hangs. */
#define HANGS_MS 60000

static struct sk_socket client;

static const struct sk_call *patiently(void)
{
	static struct sk_call call;

	call.deadline = sk_socket_after(HANGS_MS);
	return &call;
}

static fs_Path path_of(const char *text)
{
	return (fs_Path){.data = text, .size = (uint32_t)strlen(text)};
}

/* The first bytes of a file in `text`; what open returned. */
static int peek(const char *path, char text[16])
{
	struct fs_Files_open_request open = {
		.path = path_of(path), .flags = fs_Open_READ,
	};
	struct fs_Files_open_reply opened;
	struct fs_Files_read_request read = {.size = 15};
	struct fs_Files_read_reply got;
	struct fs_Files_close_request close = {0};
	struct fs_Files_close_reply closed;
	int status = fs_Files_open(&client.channel, &open, &opened, patiently());

	if (status != 0)
		return status;
	read.file = close.file = opened.file;
	status = fs_Files_read(&client.channel, &read, &got, patiently());
	if (status == 0) {
		memcpy(text, got.data.data, got.data.size);
		text[got.data.size] = '\0';
	}
	return status != 0 ? status :
		fs_Files_close(&client.channel, &close, &closed, patiently());
}

static int make_and_remove(const char *path)
{
	struct fs_Files_mkdir_request make = {.path = path_of(path), .mode = 0700};
	struct fs_Files_mkdir_reply made;
	struct fs_Files_rmdir_request remove = {.path = path_of(path)};
	struct fs_Files_rmdir_reply removed;
	int status = fs_Files_mkdir(&client.channel, &make, &made, patiently());

	return status < 0 ? status :
		fs_Files_rmdir(&client.channel, &remove, &removed, patiently());
}

static void swap_for_ever(void)
{
	for (;;) {
		renameat2(AT_FDCWD, "door", AT_FDCWD, "link", RENAME_EXCHANGE);
		renameat2(AT_FDCWD, "plain", AT_FDCWD, "fifo", RENAME_EXCHANGE);
		rename("a/b/c", "c");
		rename("c", "a/b/c");
	}
}

static int write_inside(const char *path)
{
	FILE *file = fopen(path, "w");

	return !file || fputs("inside", file) == EOF || fclose(file) == EOF ? -1 : 0;
}

static int prepare(const char *dir, const char *outside)
{

	if (chdir(dir) < 0 || mkdir("door", 0700) < 0 || symlink(outside, "link") < 0 ||
			mkdir("a", 0700) < 0 || mkdir("a/b", 0700) < 0 ||
			mkdir("a/b/c", 0700) < 0 || mkfifo("fifo", 0600) < 0)
		return -1;
	return write_inside("door/secret") | write_inside("plain");
}

static int run(void)
{
	static const char *const paths[] = {
		"door/secret", "link/secret", "a/b/c/../../../door/secret",
		"a/b/c/../../../../outside/secret", "a/b/c/../../../../../outside/secret",
		"plain", "fifo",
	};
	unsigned seen = 0, refused = 0;
	char text[16];

	for (unsigned i = 0; i < ROUNDS || seen < SEEN_MIN; i++) {
		int status = peek(paths[i % 7], text);

		if (status < 0) {
			printf("call failed: %s\n", sk_status_name(status));
			return 1;
		}
		refused += status > 0;
		seen += status == 0;
		if (status == 0 && strcmp(text, "inside") != 0) {
			printf("round %u read \"%s\" at %s\n", i, text, paths[i % 7]);
			return 1;
		}
		status = make_and_remove(i % 2 ? "door/new" : "link/new");
		if (status < 0) {
			printf("call failed: %s\n", sk_status_name(status));
			return 1;
		}
	}
	printf("# %u read inside, %u refused\n", seen, refused);
	return 0;
}

int main(int argc, char **argv)
{
	pid_t child;
	int status;

	if (argc != 4 || prepare(argv[2], argv[3]) < 0 ||
			sk_socket_connect(&client, argv[1], SK_FOREVER) != 0) {
		perror("race");
		return 1;
	}
	child = fork();
	if (child == 0)
		swap_for_ever();
	status = run();
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	sk_socket_close(&client);
	return status;
}
