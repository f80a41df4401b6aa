/*
 * A folder and a link to a folder outside change places all the time, as do a
 * file and a FIFO, and a third folder moves up and down, while files are read
 * and made through them. What is outside must never be seen, nothing may be
 * made there, and the FIFO must not hold the server up.
 *
 * Usage: race SOCKET DIR OUTSIDE
 */
#include "tests/hostfs/fs.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 4000
#define SEEN_MIN 20

/* The first bytes of a file in `text`; what open returned. */
static int peek(const char *path, char text[16])
{
	struct fs_FileSystem_open_reply reply;
	struct sk_socket file;
	int64_t got;
	int status = open_place(place_of(path), fs_Open_READ, 0, &file, &reply);

	if (status != 0)
		return status;
	forget(reply.progress.node, 1);
	if (!reply.has_file)
		return fs_Error_EOPNOTSUPP;
	got = read_at(&file, 0, text, 15);
	sk_socket_close(&file);
	text[got > 0 ? got : 0] = '\0';
	return got < 0 ? (int)(-1000 - got) : 0;
}

static int make_and_remove(const char *folder)
{
	struct fs_FileSystem_make_directory_request make = {
		.at.name = {"new", 3}, .mode = 0700,
	};
	struct fs_FileSystem_make_directory_reply made;
	struct fs_FileSystem_remove_directory_request remove = {.at.name = {"new", 3}};
	struct fs_FileSystem_remove_directory_reply removed;
	struct fs_FileSystem_walk_reply walked;
	int status = walk(place_of(folder), &walked);

	if (status != 0)
		return status;
	make.at.directory = remove.at.directory = walked.progress.node;
	status = fs_FileSystem_make_directory(&session.channel, &make, &made,
		patiently());
	if (status == 0) {
		forget(made.node, 1);
		status = fs_FileSystem_remove_directory(&session.channel, &remove,
			&removed, patiently());
	}
	forget(walked.progress.node, 1);
	return status;
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
		status = make_and_remove(i % 2 ? "door" : "link");
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

	if (argc != 4 || prepare(argv[2], argv[3]) < 0) {
		perror("race");
		return 1;
	}
	connect_session(argv[1]);
	child = fork();
	if (child == 0)
		swap_for_ever();
	status = run();
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	sk_socket_close(&session);
	return status;
}
