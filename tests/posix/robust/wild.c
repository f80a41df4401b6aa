/*
 * Wild arguments to every system call: addresses that are none, of the kernel, of the
 * shim, read-only, at the end of a page, lengths that wrap around.
 */
#include "robust.h"

#define CALLS 462
#define PAGE 4096

static const uint64_t values[] = {
	0, 1, 2, 3, 7, 8, 15, 100, 4095, 4096, 4097, 65535, 65536, 1 << 20,
	0x7fffffff, 0x80000000, 0xffffffff, 0x7fffffffffff, 0x7fff00000000, 0x7fff3f000000,
	0x7fff40000000, 0x7ffffffff000, 0x800000000000, 0xffff800000000000,
	0xffffffff80000000, 0x7fffffffffffffff, 0x8000000000000000, 0xfffffffffffff000,
	0xffffffffffffffff, 0xfffffffffffffff8, 0xffffffffffffff9c,
};

/* Two pages, the second not there; one that can only be read. */
static char *edge, *constant;

static uint64_t wild(uint32_t *seed)
{
	switch (next(seed) % 8) {
	case 0: return (uint64_t)(uintptr_t)edge;
	case 1: return (uint64_t)(uintptr_t)edge + PAGE - next(seed) % 32;
	case 2: return (uint64_t)(uintptr_t)constant + next(seed) % PAGE;
	case 3: return (uint64_t)next(seed) << 32 | next(seed);
	case 4: return next(seed) % 64;
	default: return values[next(seed) % (sizeof(values) / sizeof(*values))];
	}
}

/* What would only end this, hold it for ever, or hit others of the same user. */
static bool is_left_out(long number)
{
	switch (number) {
	case SYS_exit: case SYS_exit_group: case SYS_pause: case SYS_fork: case SYS_vfork:
	case SYS_clone: case SYS_clone3: case SYS_kill: case SYS_rt_sigreturn:
	case SYS_reboot: case SYS_munmap:
		return true;
	default:
		return false;
	}
}

static void again(int signal)
{
	(void)signal;
}

static void prepare(void)
{
	const struct sigaction action = {.sa_handler = again};
	const struct itimerval often = {{0, 50000}, {0, 50000}};

	edge = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		-1, 0);
	constant = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(edge + PAGE, PAGE);
	for (int i = 0; i < PAGE; i++)
		edge[i] = (char)i;
	/* What waits is cut off. */
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
}

static void calls(uint32_t seed)
{
	prepare();
	for (int i = 0; i < 2000; i++) {
		const long number = next(&seed) % CALLS;
		uint64_t a[6];

		for (int k = 0; k < 6; k++)
			a[k] = wild(&seed);
		/* Also calls whose first one is right. */
		if (next(&seed) % 4 == 0)
			a[0] = next(&seed) % 8;
		if (!is_left_out(number))
			syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	}
}

void attack_wild(uint32_t seed)
{
	for (;;) {
		const pid_t child = fork();

		if (child == 0) {
			setpgid(0, 0);
			calls(seed);
			_exit(0);
		}
		for (int i = 0; i < 200 && waitpid(child, NULL, WNOHANG) == 0; i++)
			rest(10);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		next(&seed);
	}
}
