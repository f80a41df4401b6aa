/*
 * Usage: races ROUNDS
 *
 * Threads make descriptors others (dup2, close, open) while some use them: what is used is what
 * a descriptor was or is, never what it has not been, and never nothing. Children end while
 * their parent begins to wait for them, and threads that count by CPU are moved. Run on Linux and in the OS (races.sh); it writes how
 * often something was wrong.
 */
#include "tests/posix/files/say.h"

#include <pthread.h>
#include <stddef.h>
#include <sys/rseq.h>

#define USERS 3
#define FILES 2
#define SIZE 64

static volatile bool is_over;
static int rounds, number;
static int sources[FILES];
static long wrong[USERS], uses[USERS];

static int make_file(int which)
{
	char name[16], bytes[SIZE];
	int file;

	snprintf(name, sizeof name, "f%d", which);
	memset(bytes, 'a' + which, sizeof bytes);
	file = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (write(file, bytes, SIZE) != SIZE)
		exit(98);
	return file;
}

/* ---- one descriptor that becomes another ---- */

static bool use_file(void)
{
	char bytes[SIZE] = {0};

	return pread(number, bytes, SIZE, 0) == SIZE && bytes[0] >= 'a' &&
		bytes[0] < 'a' + FILES && bytes[SIZE - 1] == bytes[0];
}

static bool use_few(void)
{
	char byte = 0;

	return pread(number, &byte, 1, 7) == 1 && byte >= 'a' && byte < 'a' + FILES;
}

static bool use_status(void)
{
	struct stat status;

	return fstat(number, &status) == 0 && status.st_size == SIZE &&
		lseek(number, 0, SEEK_CUR) == SIZE;
}

static bool use_device(void)
{
	return write(number, "x", 1) == 1 || errno == ENOSPC;
}

static bool use_pipe(void)
{
	return write(number, "x", 1) == 1 || errno == EAGAIN;
}

static bool use_pipe_more(void)
{
	char text[100] = {0};

	return write(number, text, sizeof text) == sizeof text || errno == EAGAIN;
}

static bool (*use[USERS])(void);

static void *using(void *which)
{
	long me = (long)which;

	while (!is_over) {
		wrong[me] += !use[me]();
		uses[me]++;
	}
	return NULL;
}

/* The number is between two changes the only one of its file, now and then. */
static void *changing(void *unused)
{
	for (int i = 0; i < rounds; i++) {
		int one = dup(sources[i % FILES]);

		dup2(one, number);
		close(one);
		if (i % 8 == 0)
			sched_yield();
	}
	is_over = true;
	return unused;
}

static void storm(const char *what, bool (*first)(void), bool (*second)(void),
	bool (*third)(void))
{
	pthread_t users[USERS], changer;
	struct stat is, was;
	long sum = 0;

	use[0] = first;
	use[1] = second;
	use[2] = third;
	is_over = false;
	number = dup(sources[0]);
	for (long i = 0; i < USERS; i++)
		pthread_create(&users[i], NULL, using, (void *)i);
	pthread_create(&changer, NULL, changing, NULL);
	pthread_join(changer, NULL);
	for (int i = 0; i < USERS; i++) {
		pthread_join(users[i], NULL);
		sum += wrong[i];
		wrong[i] = 0;
	}
	say(what, sum);
	fstat(number, &is);
	fstat(sources[(rounds - 1) % FILES], &was);
	say("in the end it is the last one", is.st_ino == was.st_ino);
	close(number);
}

/* ---- pipes that end with the descriptor ---- */

/* Each is closed as soon as another is in its place, and so is its object. */
static void *changing_pipes(void *unused)
{
	int ends[2], old = -1;

	for (int i = 0; i < rounds; i++) {
		if (pipe2(ends, O_NONBLOCK) != 0)
			exit(97);
		dup2(ends[1], number);
		close(ends[1]);
		if (old >= 0)
			close(old);
		old = ends[0];
	}
	is_over = true;
	close(old);
	return unused;
}

static bool use_any_pipe(void)
{
	return write(number, "x", 1) == 1 || errno == EAGAIN || errno == EPIPE;
}

static void pipes_end(void)
{
	pthread_t users[USERS], changer;
	int ends[2];
	long sum = 0;

	signal(SIGPIPE, SIG_IGN);
	is_over = false;
	if (pipe2(ends, O_NONBLOCK) != 0)
		exit(96);
	number = ends[1];
	for (long i = 0; i < USERS; i++) {
		use[i] = use_any_pipe;
		pthread_create(&users[i], NULL, using, (void *)i);
	}
	pthread_create(&changer, NULL, changing_pipes, NULL);
	pthread_join(changer, NULL);
	for (int i = 0; i < USERS; i++) {
		pthread_join(users[i], NULL);
		sum += wrong[i];
		wrong[i] = 0;
	}
	say("writes to a pipe that was never there", sum);
	close(number);
	close(ends[0]);
}

/* ---- numbers that come and go ---- */

static void *reopening(void *which)
{
	long me = (long)which;
	char name[16], bytes[SIZE];

	snprintf(name, sizeof name, "f%ld", me % FILES);
	for (int i = 0; i < rounds; i++) {
		int file = open(name, O_RDONLY), other = dup(file);

		if (pread(other, bytes, SIZE, 0) != SIZE || bytes[5] != 'a' + me % FILES)
			wrong[me]++;
		close(file);
		if (read(other, bytes, SIZE) != SIZE || bytes[5] != 'a' + me % FILES)
			wrong[me]++;
		close(other);
	}
	return NULL;
}

static void reopen(void)
{
	pthread_t threads[USERS];
	long sum = 0;

	for (long i = 0; i < USERS; i++)
		pthread_create(&threads[i], NULL, reopening, (void *)i);
	for (int i = 0; i < USERS; i++) {
		pthread_join(threads[i], NULL);
		sum += wrong[i];
	}
	say("reads of what others opened", sum);
}

/* ---- children ---- */

static void heard(int signal)
{
	(void)signal;
}

/* The signal that says so interrupts the wait, which must not be what took the child. */
static void children_end(void)
{
	const struct sigaction action = {.sa_handler = heard, .sa_flags = SA_RESTART};
	long lost = 0;

	sigaction(SIGCHLD, &action, NULL);
	for (int i = 0; i < rounds; i++) {
		const pid_t child = fork();
		int status = 0;

		if (child == 0)
			_exit(i % 100);
		lost += waitpid(child, &status, 0) != child || WEXITSTATUS(status) != i % 100;
	}
	printf("children whose end was lost: %ld\n", lost);
}

/* ---- counts of each CPU, without locks ---- */

#define ADDERS 4
#define CPUS 64

static struct {
	volatile uint64_t value;
	uint64_t pad[7];
} counts[CPUS];

/* One more on the CPU that this thread is on, slowly: if another runs between reading and
 * writing, it begins anew (rseq(2)). */
static void add_one(struct rseq *area)
{
again:
	__asm__ goto volatile(
		".pushsection .data.sequences, \"aw\"\n\t.balign 32\n"
		"3:\t.long 0, 0\n\t.quad 1f, 2f - 1f, 4f\n\t.popsection\n\t"
		"leaq 3b(%%rip), %%rax\n\t"
		"movq %%rax, %c[sequence](%[area])\n"
		"1:\tmovl %c[cpu](%[area]), %%eax\n\t"
		"andl %[mask], %%eax\n\t"
		"shll $6, %%eax\n\t"
		"leaq (%[counts], %%rax), %%rdx\n\t"
		"movq (%%rdx), %%rcx\n\t"
		"movl $100, %%eax\n"
		"5:\tdecl %%eax\n\tjnz 5b\n\t"
		"incq %%rcx\n\t"
		"movq %%rcx, (%%rdx)\n"
		"2:\n\t"
		".pushsection .text.aborts, \"ax\"\n\t"
		".byte 0x0f, 0xb9, 0x3d\n\t.long %c[signature]\n"
		"4:\tjmp %l[again]\n\t.popsection"
		: : [area] "r"(area), [counts] "r"(counts), [mask] "i"(CPUS - 1),
		[signature] "i"(RSEQ_SIG), [cpu] "i"(offsetof(struct rseq, cpu_id)),
		[sequence] "i"(offsetof(struct rseq, rseq_cs))
		: "rax", "rcx", "rdx", "memory", "cc" : again);
}

static void *adding(void *unused)
{
	struct rseq *area = (void *)((char *)__builtin_thread_pointer() + __rseq_offset);

	(void)unused;
	for (int i = 0; i < rounds * 200; i++)
		add_one(area);
	return NULL;
}

static void count_by_cpu(void)
{
	pthread_t threads[ADDERS];
	uint64_t sum = 0;

	for (int i = 0; i < ADDERS; i++)
		pthread_create(&threads[i], NULL, adding, NULL);
	for (int i = 0; i < ADDERS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < CPUS; i++)
		sum += counts[i].value;
	printf("counts of CPUs that were lost: %ld\n",
		(long)ADDERS * rounds * 200 - (long)sum);
}

int main(int count, char **arguments)
{
	int ends[2][2];

	rounds = count > 1 ? atoi(arguments[1]) : 1000;
	go_to_work("races");
	for (int i = 0; i < FILES; i++) {
		sources[i] = make_file(i);
		lseek(sources[i], SIZE, SEEK_SET);
	}
	storm("uses of a file that failed", use_file, use_few, use_status);
	sources[0] = open("/dev/null", O_RDWR);
	sources[1] = open("/dev/full", O_RDWR);
	storm("uses of a device that failed", use_device, use_device, use_device);
	for (int i = 0; i < 2; i++) {
		if (pipe2(ends[i], O_NONBLOCK) != 0)
			return 95;
		sources[i] = ends[i][1];
	}
	storm("uses of a pipe that failed", use_pipe, use_pipe_more, use_pipe);
	pipes_end();
	reopen();
	children_end();
	count_by_cpu();
	return 0;
}
