/*
 * Capabilities, set-id programs, what prctl keeps, robust locks, orphans, timers: one line
 * for each behaviour. The same binary runs on Linux and in the OS, as root, and says the same.
 */
#include "process.h"

const char *self;

void said(const char *what, long result)
{
	printf("%s: %ld %s\n", what, result, result < 0 ? strerror(errno) : "");
	fflush(stdout);
}

void apart(void (*function)(void))
{
	const pid_t child = fork();
	int status;

	if (child == 0) {
		function();
		fflush(stdout);
		_exit(0);
	}
	waitpid(child, &status, 0);
	if (status != 0)
		printf("the child ended by %x\n", (unsigned)status);
	fflush(stdout);
}

/* ---- capabilities ---- */

struct caps { uint64_t effective, permitted, inheritable; };

static struct caps get_caps(void)
{
	uint32_t header[2] = {0x20080522, 0}, data[6] = {0};

	syscall(SYS_capget, header, data);
	return (struct caps){data[0] | (uint64_t)data[3] << 32,
		data[1] | (uint64_t)data[4] << 32, data[2] | (uint64_t)data[5] << 32};
}

static long set_caps(struct caps caps)
{
	uint32_t header[2] = {0x20080522, 0}, data[6] = {(uint32_t)caps.effective,
		(uint32_t)caps.permitted, (uint32_t)caps.inheritable,
		(uint32_t)(caps.effective >> 32), (uint32_t)(caps.permitted >> 32),
		(uint32_t)(caps.inheritable >> 32)};

	return syscall(SYS_capset, header, data);
}

/* Those that both systems surely give to root: chown, kill, setuid, setgid. */
#define SOME UINT64_C(0xe1)

static void say_caps(const char *what)
{
	const struct caps caps = get_caps();

	printf("%s: %llx %llx %llx\n", what, (unsigned long long)(caps.effective & SOME),
		(unsigned long long)(caps.permitted & SOME),
		(unsigned long long)(caps.inheritable & SOME));
	fflush(stdout);
}

static void lose_some(void)
{
	say_caps("root has");
	said("less", set_caps((struct caps){0x41, SOME, 0}));
	say_caps("less");
	said("kill dropped, chown kept", set_caps((struct caps){1, 0xc1, 0}));
	say_caps("dropped");
	said("back again", set_caps((struct caps){SOME, SOME, 0}));
	said("effective beyond permitted", set_caps((struct caps){0x20, 0xc1, 0}));
	said("inheritable of permitted", set_caps((struct caps){1, 0xc1, 0x40}));
	said("ambient", prctl(PR_CAP_AMBIENT, 2, 6, 0, 0));
	said("ambient that is not inheritable", prctl(PR_CAP_AMBIENT, 2, 7, 0, 0));
	said("is ambient", prctl(PR_CAP_AMBIENT, 1, 6, 0, 0));
	said("no longer", prctl(PR_CAP_AMBIENT, 3, 6, 0, 0));
	said("is ambient", prctl(PR_CAP_AMBIENT, 1, 6, 0, 0));
	said("bad ambient", prctl(PR_CAP_AMBIENT, 9, 6, 0, 0));
	said("drops without setpcap", prctl(PR_CAPBSET_DROP, 5, 0, 0, 0));
}

static void become_user(void)
{
	said("setuid", setuid(1000));
	say_caps("a user has");
	said("back to root", setuid(0));
	said("chown", chown("/", 0, 0));
	said("capset", set_caps((struct caps){1, 1, 0}));
}

static void keep(void)
{
	said("keeps", prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0));
	said("keep", prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
	said("keeps", prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0));
	said("keep what", prctl(PR_SET_KEEPCAPS, 7, 0, 0, 0));
	said("setresuid", setresuid(1000, 1000, 1000));
	say_caps("kept");
	said("effective again", set_caps((struct caps){0x80, 0x80, 0}));
	said("setresuid with it", setresuid(0, 0, 0));
}

static void bounding(void)
{
	said("bounding", prctl(PR_CAPBSET_READ, 5, 0, 0, 0));
	said("dropped", prctl(PR_CAPBSET_DROP, 5, 0, 0, 0));
	said("bounding", prctl(PR_CAPBSET_READ, 5, 0, 0, 0));
	said("no such", prctl(PR_CAPBSET_READ, 63, 0, 0, 0));
	fflush(stdout);
	execl(self, self, "caps", (char *)NULL);
}

static void ambient_exec(void)
{
	struct caps caps = get_caps();

	caps.inheritable = 0x40;
	prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	setresuid(1000, 1000, 1000);
	caps.effective = caps.permitted = 0xc0;
	said("capset", set_caps(caps));
	said("ambient", prctl(PR_CAP_AMBIENT, 2, 6, 0, 0));
	execl(self, self, "caps", (char *)NULL);
}

static void no_root(void)
{
	said("bits", prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
	said("no root", prctl(PR_SET_SECUREBITS, 3, 0, 0, 0));
	said("locked", prctl(PR_SET_SECUREBITS, 0, 0, 0, 0));
	said("bits", prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
	execl(self, self, "caps", (char *)NULL);
}

/* ---- programs of another user ---- */

static const char *copy_self(mode_t mode, uid_t user, gid_t group)
{
	static char path[64], part[65536];
	static int last;
	int from = open(self, O_RDONLY), to;
	ssize_t size;

	snprintf(path, sizeof(path), "./set-id-%d", ++last);
	unlink(path);
	to = open(path, O_CREAT | O_WRONLY, 0700);
	while ((size = read(from, part, sizeof(part))) > 0)
		write(to, part, (size_t)size);
	close(from);
	close(to);
	chown(path, user, group);
	chmod(path, mode);
	return path;
}

static const char *copied;

static void run_as_user(void)
{
	setgid(100);
	setuid(1000);
	execl(copied, copied, "who", (char *)NULL);
	said("exec", -1);
}

static void run_without(void)
{
	said("no new privileges", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	said("from now on", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	said("not back", prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
	said("no new privileges", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	run_as_user();
}

static void set_ids(void)
{
	copied = copy_self(04755, 0, 0);
	puts("set-user-id of root");
	fflush(stdout);
	apart(run_as_user);
	apart(run_without);
	copied = copy_self(02755, 0, 7);
	puts("set-group-id");
	fflush(stdout);
	apart(run_as_user);
	copied = copy_self(02745, 0, 7);
	puts("set-group-id without execution by the group");
	fflush(stdout);
	apart(run_as_user);
	copied = copy_self(04755, 1234, 7);
	puts("set-user-id of another");
	fflush(stdout);
	apart(run_as_user);
}

static int who(void)
{
	uid_t r, e, s;
	gid_t g, h, i;

	getresuid(&r, &e, &s);
	getresgid(&g, &h, &i);
	printf("users %d %d %d groups %d %d %d secure %lu dumpable %d\n", r, e, s, g, h, i,
		getauxval(AT_SECURE), prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	say_caps("it has");
	return 0;
}

/* ---- locks ---- */

struct shared { pthread_mutex_t lock; volatile int step; };
static struct shared *shared;

static void lock_and_die(void)
{
	pthread_mutex_lock(&shared->lock);
	raise(SIGKILL);
}

static void lock_and_exit(void)
{
	pthread_mutex_lock(&shared->lock);
	_exit(0);
}

static void lock_and_exec(void)
{
	pthread_mutex_lock(&shared->lock);
	execl(self, self, "nothing", (char *)NULL);
}

static void *lock_and_leave(void *unused)
{
	pthread_mutex_lock(&shared->lock);
	return unused;
}

static void lock_in_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, lock_and_leave, NULL);
	pthread_join(thread, NULL);
}

/* Somebody waits for it already when it is left. */
static void lock_while_waited_for(void)
{
	pthread_mutex_lock(&shared->lock);
	shared->step = 1;
	usleep(200000);
	raise(SIGKILL);
}

/* Lists that lead nowhere, to themselves, or to what is nobody's: only they come to naught. */
static void leave_bad_lists(void)
{
	static struct { void *next; long offset; void *pending; } list, wild = {(void *)8, 0,
		(void *)-8L}, kernel = {(void *)(1L << 63), 1L << 62, NULL};
	static void *circle;
	pid_t child;
	int status;

	for (int i = 0; i < 5; i++) {
		void *const heads[] = {&wild, &kernel, &list, (void *)24, (void *)-4096L};

		circle = &circle;
		list.next = &circle;
		child = fork();
		if (child == 0) {
			syscall(SYS_set_robust_list, heads[i], (size_t)24);
			_exit(i);
		}
		waitpid(child, &status, 0);
		printf("a bad list: %x\n", (unsigned)status);
	}
	said("a list of another size", syscall(SYS_set_robust_list, &list, (size_t)16));
	setuid(1000);
	said("the list of root's", syscall(SYS_get_robust_list, getppid(), &circle, &list));
}

static void try_lock(const char *what, void (*function)(void), bool at_once)
{
	pid_t child;
	int error;

	shared->step = 0;
	child = fork();
	if (child == 0) {
		function();
		_exit(0);
	}
	while (at_once && !shared->step)
		usleep(1000);
	if (!at_once)
		waitpid(child, NULL, 0);
	error = pthread_mutex_lock(&shared->lock);
	printf("%s: %s\n", what, error == EOWNERDEAD ? "the owner died" : strerror(error));
	fflush(stdout);
	if (error == EOWNERDEAD)
		pthread_mutex_consistent(&shared->lock);
	pthread_mutex_unlock(&shared->lock);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

static void locks(void)
{
	pthread_mutexattr_t kind;

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_init(&kind);
	pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&shared->lock, &kind);
	try_lock("killed", lock_and_die, false);
	try_lock("ended", lock_and_exit, false);
	try_lock("called exec", lock_and_exec, false);
	try_lock("ended a thread", lock_in_thread, false);
	try_lock("killed while another waits", lock_while_waited_for, true);
}

/* ---- orphans ---- */

static void orphan(void)
{
	const pid_t keeper = getpid();
	int ends[2];
	char byte;

	said("subreaper", prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
	pipe(ends);
	if (fork() == 0) {
		if (fork() == 0) {
			close(ends[1]);
			read(ends[0], &byte, 1);
			_exit(getppid() == keeper ? 7 : 8);
		}
		_exit(0);
	}
	wait(NULL);
	close(ends[1]);
	int status = 0;
	wait(&status);
	printf("the orphan says %d\n", WEXITSTATUS(status));
}

static void death_signal(void)
{
	int ends[2], status, signal = 0;
	pid_t middle;
	char byte;

	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	said("no such signal", prctl(PR_SET_PDEATHSIG, 99, 0, 0, 0));
	pipe(ends);
	middle = fork();
	if (middle == 0) {
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGUSR1, 0, 0, 0);
			prctl(PR_GET_PDEATHSIG, &signal, 0, 0, 0);
			printf("when its maker dies it gets %d\n", signal);
			fflush(stdout);
			write(ends[1], "x", 1);
			for (;;)
				pause();
		}
		for (;;)
			pause();
	}
	read(ends[0], &byte, 1);
	kill(middle, SIGKILL);
	waitpid(middle, NULL, 0);
	wait(&status);
	printf("the orphan ended by %d\n", WTERMSIG(status));
}

/* ---- limits ---- */

static void queue_limit(void)
{
	const struct rlimit few = {5, 5};
	sigset_t all;
	int count = 0;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	setgid(4321);
	setuid(4321);
	setrlimit(RLIMIT_SIGPENDING, &few);
	while (count < 20 && sigqueue(getpid(), SIGRTMIN + 3, (union sigval){.sival_int = 0}) == 0)
		count++;
	said("queued, then", count < 20 ? -1 : 0);
	printf("%d were queued\n", count);
}

static void process_limit(void)
{
	const struct rlimit few = {3, 3};
	int count = 0;

	setgid(4322);
	setuid(4322);
	setrlimit(RLIMIT_NPROC, &few);
	while (count < 20) {
		pid_t child = fork();

		if (child == 0)
			for (;;)
				pause();
		if (child < 0)
			break;
		count++;
	}
	said("forked, then", count < 20 ? -1 : 0);
	printf("%d were forked\n", count);
	fflush(stdout);
	signal(SIGTERM, SIG_IGN);
	kill(-1, SIGTERM);
}

int main(int argc, char **argv)
{
	self = argv[0];
	if (argc > 1 && strcmp(argv[1], "caps") == 0)
		return say_caps("after exec"), 0;
	if (argc > 1 && strcmp(argv[1], "timers") == 0)
		return timers_executed(), 0;
	if (argc > 1)
		return strcmp(argv[1], "who") == 0 ? who() : 0;
	apart(lose_some);
	apart(become_user);
	apart(keep);
	apart(bounding);
	apart(ambient_exec);
	apart(no_root);
	set_ids();
	locks();
	apart(leave_bad_lists);
	apart(orphan);
	apart(death_signal);
	apart(queue_limit);
	apart(process_limit);
	timers();
	signals_of_own();
	return 0;
}
