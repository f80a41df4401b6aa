/* Where a file server can do no harm. See sandbox.h. */
#define _GNU_SOURCE
#include "fuzz/hostfs/sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fuzz/fuzz.h"

/* A file may have so many bytes. */
#define FILE_BYTES_MAX (256 << 10)
#define DESCRIPTORS_MAX 512
#define OUTSIDE 4

static int top = -1;			/* has the folders "root" and "outside" */
static int real_root = -1, real_folder = -1;
static bool is_confined;
static struct stat outside[OUTSIDE];
static struct rlimit real_limit;

static void must(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "fuzz: hostfs: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* ---- making it ---- */

static bool is_empty(const char *path)
{
	DIR *folder = opendir(path);
	unsigned count = 0;

	if (!folder)
		return false;
	while (readdir(folder))
		count++;
	closedir(folder);
	return count == 2;
}

/* A mount that only this process sees, with /proc in it, as far as a server of
 * files needs it. */
static const char *mount_memory(void)
{
	static const char *const places[] = {"/mnt", "/srv", "/media"};
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0)
		return NULL;
	/* In a chroot they cannot be told apart from those of others. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return NULL;
	for (unsigned i = 0; i < sizeof(places) / sizeof(*places); i++) {
		char proc[32];

		if (!is_empty(places[i]) || mount("fuzz", places[i], "tmpfs", flags,
				"size=8m,nr_inodes=2k,mode=755") < 0)
			continue;
		snprintf(proc, sizeof(proc), "%s/proc", places[i]);
		must(mkdir(proc, 0755) == 0 &&
			mount("/proc", proc, NULL, MS_BIND, NULL) == 0 &&
			mount(NULL, proc, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | flags,
			NULL) == 0, proc);
		return places[i];
	}
	return NULL;
}

/* All that is left is what a file server of root has to do with files. */
static void drop_capabilities(void)
{
	const uint32_t kept = 1u << CAP_CHOWN | 1u << CAP_DAC_OVERRIDE |
		1u << CAP_DAC_READ_SEARCH | 1u << CAP_FOWNER | 1u << CAP_FSETID |
		1u << CAP_SYS_CHROOT;
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {{kept, kept, 0}, {0, 0, 0}};

	must(syscall(SYS_capset, &header, data) == 0, "fewer capabilities");
}

/* Where no mount confines it, root must not be what runs the server. */
static void become_nobody(void)
{
	const gid_t nobody = 65534;

	must(setgroups(0, NULL) == 0 && setresgid(nobody, nobody, nobody) == 0 &&
		setresuid(nobody, nobody, nobody) == 0 &&
		prctl(PR_SET_DUMPABLE, 1) == 0, "the rights of nobody");
}

static void write_file(int folder, const char *name, const char *text)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), name);
	close(fd);
}

static void look_outside(struct stat *to)
{
	static const char *const names[OUTSIDE] = {
		".", "outside", "outside/secret", "outside/folder",
	};

	for (unsigned i = 0; i < OUTSIDE; i++)
		if (fstatat(top, names[i], &to[i], AT_SYMLINK_NOFOLLOW) < 0)
			fuzz_found("%s, outside of the folder, is gone", names[i]);
}

void sandbox_prepare(void)
{
	char made[] = "/dev/shm/skald-fuzz-XXXXXX";
	const char *place = mount_memory();
	struct rlimit limit = {DESCRIPTORS_MAX, DESCRIPTORS_MAX};

	is_confined = place;
	real_root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	real_folder = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (!place && geteuid() == 0)
		become_nobody();
	if (!place)
		place = mkdtemp(made);
	must(place && real_root >= 0 && real_folder >= 0, "a folder");
	top = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(top >= 0 && mkdirat(top, "root", 0755) == 0 && mkdirat(top, "outside", 0755) == 0 &&
		mkdirat(top, "outside/folder", 0755) == 0, place);
	write_file(top, "outside/secret", SANDBOX_SECRET);
	look_outside(outside);
	must(setrlimit(RLIMIT_NOFILE, &limit) == 0 &&
		getrlimit(RLIMIT_FSIZE, &real_limit) == 0, "limits");
	umask(0);
	if (is_confined)
		drop_capabilities();
}

/* ---- as it was in the beginning ---- */

/* Empties a folder, and closes it. */
static void empty(int fd)
{
	DIR *folder = fdopendir(fd);
	struct dirent *entry;

	if (!folder)
		fuzz_found("the folder cannot be emptied: %s", strerror(errno));
	while ((entry = readdir(folder)) != NULL) {
		int inner;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(fd, entry->d_name, 0) == 0)
			continue;
		if (fchmodat(fd, entry->d_name, 0700, 0) < 0 && errno == ENOENT)
			continue;
		inner = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
			O_CLOEXEC);
		if (inner >= 0)
			empty(inner);
		if (unlinkat(fd, entry->d_name, AT_REMOVEDIR) < 0)
			fuzz_found("%s cannot be removed: %s", entry->d_name, strerror(errno));
	}
	closedir(folder);
}

/* Short names, which are soon found. */
static void fill(int root)
{
	write_file(root, "a", "The quick brown fox jumps over the lazy dog.\n");
	write_file(root, "e", "");
	must(mkdirat(root, "d", 0755) == 0 && mkdirat(root, "d/d", 0755) == 0 &&
		symlinkat("a", root, "l") == 0 && symlinkat("..", root, "d/u") == 0 &&
		symlinkat("../outside/secret", root, "o") == 0 &&
		symlinkat("../../outside", root, "d/o") == 0 &&
		symlinkat("/outside/secret", root, "s") == 0 &&
		symlinkat("r", root, "r") == 0 && mkfifoat(root, "f", 0644) == 0,
		"what is served");
	write_file(root, "d/b", "inner\n");
}

int sandbox_reset(void)
{
	int root;

	/* It may have been made unreadable, but not been moved. */
	(void)fchmodat(top, "root", 0755, 0);
	empty(openat(top, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	root = openat(top, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	must(root >= 0, "the folder that is served");
	fill(root);
	return root;
}

void sandbox_enter(void)
{
	const struct rlimit limit = {FILE_BYTES_MAX, real_limit.rlim_max};

	if (is_confined)
		must(fchdir(top) == 0 && chroot(".") == 0, "another root");
	must(setrlimit(RLIMIT_FSIZE, &limit) == 0, "a limit");
}

void sandbox_leave(void)
{
	struct stat now[OUTSIDE];

	must(setrlimit(RLIMIT_FSIZE, &real_limit) == 0, "a limit");
	if (is_confined)
		must(fchdir(real_root) == 0 && chroot(".") == 0 &&
			fchdir(real_folder) == 0, "the root");
	look_outside(now);
	for (unsigned i = 0; i < OUTSIDE; i++)
		if (now[i].st_ino != outside[i].st_ino || now[i].st_size != outside[i].st_size ||
				now[i].st_mode != outside[i].st_mode ||
				now[i].st_nlink != outside[i].st_nlink ||
				now[i].st_uid != outside[i].st_uid ||
				now[i].st_ctim.tv_sec != outside[i].st_ctim.tv_sec ||
				now[i].st_ctim.tv_nsec != outside[i].st_ctim.tv_nsec)
			fuzz_found("what is outside of the folder has changed");
}
