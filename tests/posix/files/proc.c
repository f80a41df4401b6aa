/* /proc: names, kinds, modes, links, shapes of texts, and rights of others. */
#include "tests/posix/files/say.h"

#include <dirent.h>
#include <sys/vfs.h>

static char text[65536];

static int read_all(const char *path)
{
	int fd = open(path, O_RDONLY), size = 0, more;

	if (fd < 0)
		return -1;
	while (size < (int)sizeof(text) - 1 &&
			(more = (int)read(fd, text + size, sizeof(text) - 1 - (size_t)size)) > 0)
		size += more;
	if (more < 0)
		size = -1;
	text[size < 0 ? 0 : size] = 0;
	close(fd);
	return size;
}

static void kinds(void)
{
	static const char *const paths[] = {
		"/proc", "/proc/self", "/proc/thread-self", "/proc/mounts", "/proc/meminfo",
		"/proc/self/", "/proc/self/fd", "/proc/self/fd/", "/proc/self/fd/0", "/proc/self/fdinfo/0",
		"/proc/self/task", "/proc/self/stat", "/proc/self/status", "/proc/self/maps",
		"/proc/self/environ", "/proc/self/auxv", "/proc/self/cmdline", "/proc/self/comm",
		"/proc/self/exe", "/proc/self/cwd", "/proc/self/root", "/proc/self/limits",
		"/proc/self/oom_score_adj", "/proc/self/mountinfo", "/proc/uptime",
		"/proc/loadavg", "/proc/version", "/proc/stat", "/proc/cpuinfo",
		"/proc/sys/kernel/osrelease", "/proc/sys/kernel/random/uuid", "/proc/sys",
		"/proc/nothing", "/proc/self/nothing", "/proc/999999", "/proc/meminfo/x",
		"/proc/self/fd/77", "/proc/self/fd/x", "/proc/00001", "/proc/self/comm/",
	};

	for (unsigned i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct stat status;

		if (lstat(paths[i], &status) != 0) {
			printf("%s: %s\n", paths[i], strerrorname_np(errno));
			continue;
		}
		if (strcmp(paths[i], "/proc/self/fd/0") == 0)
			status.st_mode &= (mode_t)~0777;
		printf("%s: %o %s\n", paths[i], status.st_mode,
			status.st_uid == 0 ? "root" : "other");
	}
}

static void links(void)
{
	char path[64], to[256];
	int fds[2], fd;
	ssize_t size;
	struct stat one, other;

	snprintf(path, sizeof(path), "%d", (int)getpid());
	size = readlink("/proc/self", to, sizeof(to));
	printf("self %d\n", size == (ssize_t)strlen(path) && memcmp(to, path, (size_t)size) == 0);
	SAY(pipe(fds));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[0]);
	size = readlink(path, to, sizeof(to) - 1);
	printf("pipe %.6s\n", to);
	SAY(stat(path, &one));
	SAY(fstat(fds[0], &other));
	printf("same %d mode %o\n", one.st_ino == other.st_ino, one.st_mode);
	SAY(fd = open(path, O_WRONLY));
	SAY(write(fd, "abc", 3));
	SAY(close(fd));
	SAY(close(fds[1]));
	SAY(read(fds[0], to, sizeof(to)));
	SAY(read(fds[0], to, sizeof(to)));
	SAY(close(fds[0]));
	SAY(fd = open("file", O_RDWR | O_CREAT, 0600));
	SAY(write(fd, "contents", 8));
	SAY(unlink("file"));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	SAY(fds[0] = open(path, O_RDONLY));
	SAY(read(fds[0], to, sizeof(to)));
	SAY(lseek(fd, 0, SEEK_CUR));
	size = readlink(path, to, sizeof(to) - 1);
	to[size < 0 ? 0 : size] = 0;
	printf("deleted %d\n", size > 10 && strcmp(to + size - 10, " (deleted)") == 0);
	SAY(open(path, O_RDONLY | O_NOFOLLOW));
	SAY(chdir("/proc/self/cwd"));
	SAY(mkdir("sub", 0755));
	SAY(open("/proc/self/cwd/sub", O_RDONLY | O_DIRECTORY));
	SAY(open("/proc/self/root/tmp", O_RDONLY | O_DIRECTORY));
	SAY(access("/proc/self/exe", X_OK));
	SAY(open("/proc/self/cwd", O_RDONLY | O_NOFOLLOW));
	SAY(chdir("/proc/.."));
	printf("%s\n", getcwd(to, sizeof(to)));
	SAY(chdir("/proc/sys/kernel"));
	printf("%s\n", getcwd(to, sizeof(to)));
	SAY(chdir("../../.."));
	printf("%s\n", getcwd(to, sizeof(to)));
}

static void changes(void)
{
	struct statfs fs;
	int fd;

	SAY(mkdir("/proc/x", 0755));
	SAY(open("/proc/x", O_RDWR | O_CREAT, 0644));
	SAY(unlink("/proc/meminfo"));
	SAY(rmdir("/proc/self/fd"));
	SAY(open("/proc", O_RDWR));
	SAY(open("/proc/meminfo", O_RDONLY | O_CREAT | O_EXCL, 0644));
	SAY(open("/proc/meminfo", O_RDONLY | O_DIRECTORY));
	SAY(truncate("/proc/self/comm", 0));
	SAY(rename("/proc/version", "/proc/w"));
	SAY(symlink("a", "/proc/b"));
	SAY(statfs("/proc", &fs));
	printf("type %lx\n", (unsigned long)fs.f_type);
	SAY(fd = open("/proc/self/comm", O_RDWR));
	SAY(write(fd, "a new name, far too long", 24));
	SAY(lseek(fd, 0, SEEK_SET));
	SAY(read(fd, text, sizeof(text)));
	printf("%.15s\n", text);
	SAY(read(fd, text, sizeof(text)));
	SAY(pread(fd, text, 3, 2));
	printf("%.3s\n", text);
	SAY(lseek(fd, 0, SEEK_END));
	SAY(fsync(fd));
	SAY(ftruncate(fd, 3));
	SAY(close(fd));
	SAY(fd = open("/proc/self/oom_score_adj", O_RDWR));
	SAY(write(fd, "100\n", 4));
	SAY(write(fd, "5000", 4));
	SAY(write(fd, "x", 1));
	SAY(close(fd));
	SAY(read_all("/proc/self/oom_score_adj"));
	printf("%s", text);
}

/* Numbers become 0, blanks one. */
static void shape(const char *path, int lines)
{
	char *at = text;

	if (read_all(path) < 0) {
		printf("%s: %s\n", path, strerrorname_np(errno));
		return;
	}
	printf("%s:\n", path);
	while (*at && lines > 0) {
		if (*at >= '0' && *at <= '9') {
			while ((*at >= '0' && *at <= '9') || *at == '.')
				at++;
			putchar('0');
		} else if (*at == ' ' || *at == '\t') {
			while (*at == ' ' || *at == '\t')
				at++;
			putchar(' ');
		} else {
			lines -= *at == '\n';
			putchar(*at++);
		}
	}
}

static void texts(void)
{
	static const char *const labels[] = {"Name:", "Umask:\t0022", "State:\tR (running)",
		"Tgid:", "Pid:", "PPid:", "TracerPid:\t0", "Uid:\t0\t0\t0\t0", "Gid:\t0\t0\t0\t0",
		"FDSize:", "Groups:", "VmSize:", "VmRSS:", "Threads:\t1", "SigBlk:\t0000000000000200",
		"SigCgt:", "CapEff:"};
	sigset_t set;

	shape("/proc/uptime", 1);
	shape("/proc/loadavg", 1);
	shape("/proc/self/statm", 1);
	shape("/proc/swaps", 1);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	SAY(read_all("/proc/self/status") > 0);
	for (unsigned i = 0; i < sizeof(labels) / sizeof(*labels); i++)
		printf("%s: %d\n", labels[i], strstr(text, labels[i]) != NULL);
	SAY(read_all("/proc/self/stat") > 0);
	{
		int fields = 0, pid = 0, ppid = 0;
		char state = 0, *end = strrchr(text, ')');

		sscanf(text, "%d", &pid);
		sscanf(end + 2, "%c %d", &state, &ppid);
		for (char *at = end; *at; at++)
			fields += *at == ' ';
		printf("%c %d %d %d\n", state, pid == getpid(), ppid == getppid(), fields + 2);
	}
	SAY(read_all("/proc/self/limits") > 0);
	printf("%d\n", strncmp(text, "Limit                     Soft Limit           "
		"Hard Limit           Units     \n", 79) == 0);
	SAY(read_all("/proc/meminfo") > 0);
	printf("%d\n", strncmp(text, "MemTotal:  ", 11) == 0);
	SAY(read_all("/proc/self/environ"));
	printf("%s\n", text);
	SAY(read_all("/proc/self/cmdline") > 0);
	printf("%s\n", text + strlen(text) + 1);
	SAY(read_all("/proc/self/auxv") % 16);
	SAY(read_all("/proc/self/maps") > 0);
	printf("heap %d stack %d\n", strstr(text, "[heap]\n") != NULL,
		strstr(text, " rw-p 00000000 00:00 0 ") != NULL &&
		strstr(text, "[stack]\n") != NULL);
	SAY(read_all("/proc/self/fdinfo/0") > 0);
	printf("%.4s\n", text);
}

static void lists(void)
{
	int fd = open("/dev/null", O_RDONLY), found = 0, count = 0;
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	while ((entry = readdir(dir))) {
		count++;
		found += atoi(entry->d_name) == fd && entry->d_type == DT_LNK;
	}
	printf("descriptors %d, null among them %d\n", count > 3, found);
	closedir(dir);
	dir = opendir("/proc/self/task");
	for (count = 0; (entry = readdir(dir));)
		count += atoi(entry->d_name) == getpid();
	printf("threads %d\n", count);
	closedir(dir);
	dir = opendir("/proc");
	for (count = 0; (entry = readdir(dir));)
		count += atoi(entry->d_name) == getpid() && entry->d_type == DT_DIR;
	printf("processes %d\n", count);
	closedir(dir);
}

static char path_of_root[64];

static void as_other(void)
{
	char path[96], to[96];
	static const char *const names[] = {"environ", "auxv", "fd", "io", "maps"};

	SAY(setgid(65534));
	SAY(setuid(65534));
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		int fd;

		snprintf(path, sizeof(path), "%s/%s", path_of_root, names[i]);
		errno = 0;
		fd = open(path, O_RDONLY);
		printf("%s: %s\n", names[i], fd >= 0 ? "open" : strerrorname_np(errno));
	}
	snprintf(path, sizeof(path), "%s/exe", path_of_root);
	SAY(readlink(path, to, sizeof(to)));
	SAY(open(path, O_RDONLY));
	snprintf(path, sizeof(path), "%s/cwd/x", path_of_root);
	SAY(open(path, O_RDONLY));
	snprintf(path, sizeof(path), "%s/fd/0", path_of_root);
	SAY(readlink(path, to, sizeof(to)));
	snprintf(path, sizeof(path), "%s/status", path_of_root);
	SAY(read_all(path) > 0);
	snprintf(path, sizeof(path), "%s/cmdline", path_of_root);
	SAY(read_all(path) > 0);
	snprintf(path, sizeof(path), "%s/comm", path_of_root);
	SAY(open(path, O_WRONLY));
}

static void pause_for_ever(void)
{
	for (;;)
		pause();
}

static void gone(void)
{
	pid_t child = begin(pause_for_ever);
	char path[64];
	int fd, status;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)child);
	SAY(fd = open(path, O_RDONLY));
	kill(child, SIGKILL);
	waitid(P_PID, (id_t)child, (siginfo_t *)text, WEXITED | WNOWAIT);
	SAY(read_all(path) > 0);
	printf("zombie %d\n", strstr(text, ") Z ") != NULL);
	waitpid(child, &status, 0);
	SAY(read(fd, text, 10));
	SAY(open(path, O_RDONLY));
}

int main(void)
{
	go_to_work("proc");
	kinds();
	links();
	changes();
	texts();
	lists();
	snprintf(path_of_root, sizeof(path_of_root), "/proc/%d", (int)getpid());
	ended("another user", begin(as_other));
	gone();
	return 0;
}
