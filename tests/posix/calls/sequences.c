/* Restartable sequences. */
#include "call.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/rseq.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#define SIGNATURE RSEQ_SIG
#define UNREGISTER 1

/* struct rseq and struct rseq_cs of <linux/rseq.h>. */
struct area {
	uint32_t cpu_start, cpu;
	uint64_t sequence;
	uint32_t flags, node, concurrency;
} __attribute__((aligned(32)));
struct sequence {
	uint32_t version, flags;
	uint64_t begin, size, abort;
} __attribute__((aligned(32)));

/* A sequence that nothing ends but its abort; it returns 1 then. */
__asm__(".text\n"
	"sequence_run:\n\t"		/* rdi: the area; rsi: the sequence */
	"movq %rsi, 8(%rdi)\n"
	"sequence_begin:\n\t"
	"jmp sequence_begin\n"
	"sequence_end:\n\t"
	".long 0x53053053\n"
	"sequence_abort:\n\t"
	"movl $1, %eax\n\t"
	"ret\n");
extern const char sequence_begin[], sequence_end[], sequence_abort[];
long sequence_run(struct area *area, const struct sequence *sequence);

static struct area area, other;
static struct sequence sequence;
static volatile uint64_t handled_at, handled_sequence;

/* `sequence` as it has to be. */
static void be_whole(void)
{
	sequence = (struct sequence){ .begin = (uintptr_t)sequence_begin,
		.size = (uint64_t)(sequence_end - sequence_begin),
		.abort = (uintptr_t)sequence_abort };
}

/* The C library's, of this thread, is in the way. */
static long leave_own(void)
{
	return C(rseq, (char *)__builtin_thread_pointer() + __rseq_offset, 32, UNREGISTER,
		SIGNATURE);
}

static long register_one(struct area *at)
{
	return C(rseq, at, 32, 0, SIGNATURE);
}

static void registration(void)
{
	uint32_t cpu = 99;

	T(rseq, "beside the C library's", &area, 32, 0, SIGNATURE);
	SAY(rseq, "the C library's is taken back", leave_own());
	memset(&area, 0x55, sizeof area);
	T(rseq, "too small", &area, 16, 0, SIGNATURE);
	T(rseq, "not aligned", (char *)&area + 8, 32, 0, SIGNATURE);
	T(rseq, "with unknown flags", &area, 32, 2, SIGNATURE);
	T(rseq, "beyond", BEYOND, 32, 0, SIGNATURE);
	T(rseq, "where nothing is", 4096, 32, 0, SIGNATURE);
	T(rseq, "none, taken back", &area, 32, UNREGISTER, SIGNATURE);
	T(rseq, "registered", &area, 32, 0, SIGNATURE);
	C(getcpu, &cpu, NULL);
	SAY(rseq, "begins without a sequence", area.sequence == 0);
	SAY(rseq, "both numbers are the same", area.cpu == area.cpu_start);
	SAY(rseq, "of a CPU", area.cpu < 1024 && cpu < 1024);
	SAY(rseq, "flags are as they were", area.flags == 0x55555555);
	T(rseq, "again", &area, 32, 0, SIGNATURE);
	T(rseq, "again, of another size", &area, 64, 0, SIGNATURE);
	T(rseq, "again, by another signature", &area, 32, 0, 1);
	T(rseq, "a second one", &other, 32, 0, SIGNATURE);
	T(rseq, "taken back of another size", &area, 64, UNREGISTER, SIGNATURE);
	T(rseq, "another taken back", &other, 32, UNREGISTER, SIGNATURE);
	T(rseq, "taken back by another signature", &area, 32, UNREGISTER, 1);
	T(rseq, "taken back with more flags", &area, 32, UNREGISTER | 2, SIGNATURE);
	T(rseq, "taken back", &area, 32, UNREGISTER, SIGNATURE);
	SAY(rseq, "then it is of no CPU", area.cpu == UINT32_MAX && area.cpu_start == 0);
	T(rseq, "taken back twice", &area, 32, UNREGISTER, SIGNATURE);
}

static void *of_thread(void *result)
{
	*(long *)result = leave_own() == 0 && register_one(&other) == 0;
	return NULL;
}

static void of_child(void)
{
	SAY(rseq, "a fork's child has it", register_one(&area) == -16 && area.cpu < 1024);
}

static void who_has_it(void)
{
	pthread_t thread;
	long result = 1;
	pid_t child;

	pthread_create(&thread, NULL, of_thread, &result);
	pthread_join(thread, NULL);
	SAY(rseq, "another thread has its own", result);
	leave_own();
	register_one(&area);
	in_child(of_child, 0);
	child = vfork();
	if (child == 0)
		_exit(register_one(&other) == 0 ? 1 : 2);
	SAY(rseq, "a vfork's child has none", child_code(child));
}

/* ---- what ends a sequence ---- */

static void handle(int signal, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;

	(void)signal;
	(void)info;
	handled_at = (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
	handled_sequence = area.sequence;
}

static void by_a_signal(void)
{
	const struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO };
	const struct itimerval soon = { .it_value = { .tv_usec = 20000 } };

	leave_own();
	register_one(&area);
	be_whole();
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	SAY(rseq, "a signal ends a sequence", sequence_run(&area, &sequence));
	/* Another thread may have ended it before. */
	while (handled_at == 0)
		sequence_run(&area, &sequence);
	SAY(rseq, "its handler is not in it", handled_at < (uintptr_t)sequence_begin ||
		handled_at >= (uintptr_t)sequence_end);
	SAY(rseq, "and no sequence", handled_sequence == 0 && area.sequence == 0);
}

static atomic_bool is_over;

static void *spin(void *unused)
{
	(void)unused;
	while (!is_over)
		;
	return NULL;
}

static void by_another(void)
{
	cpu_set_t first;
	pthread_t thread;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	sched_setaffinity(0, sizeof first, &first);
	leave_own();
	register_one(&area);
	be_whole();
	pthread_create(&thread, NULL, spin, NULL);
	SAY(rseq, "another thread ends a sequence", sequence_run(&area, &sequence));
	is_over = true;
	pthread_join(thread, NULL);
	SAY(rseq, "and the CPU is told", area.cpu);
}

static void elsewhere(void)
{
	const struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO };
	const struct itimerval soon = { .it_value = { .tv_usec = 20000 } };

	leave_own();
	register_one(&area);
	be_whole();
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	area.sequence = (uintptr_t)&sequence;
	pause();
	SAY(rseq, "one that is not under way is forgotten", area.sequence == 0);
}

/* ---- those that are wrong ---- */

/* SIGSEGV comes of it, and not the handler's call. */
static void ends(const char *what)
{
	const struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO };
	const struct itimerval soon = { .it_value = { .tv_usec = 20000 } };
	pid_t child = fork();

	if (child == 0) {
		sigaction(SIGALRM, &action, NULL);
		setitimer(ITIMER_REAL, &soon, NULL);
		leave_own();
		register_one(&area);
		sequence_run(&area, &sequence);
		_exit(4);
	}
	SAY(rseq, what, child_code(child));
	be_whole();
}

static void wrong_ones(void)
{
	be_whole();
	sequence.version = 1;
	ends("of an unknown version");
	sequence.flags = 1;
	ends("with a flag of old");
	sequence.abort = (uintptr_t)sequence_begin;
	ends("that goes on within itself");
	sequence.abort++;
	ends("without the signature");
	sequence.size = UINT64_MAX;
	ends("larger than memory");
	sequence.abort = UINT64_MAX - 64;
	ends("that goes on nowhere");
}

void topic_sequences(void)
{
	in_child(registration, 0);
	in_child(who_has_it, 0);
	in_child(by_a_signal, 0);
	in_child(by_another, 0);
	in_child(elsewhere, 0);
	in_child(wrong_ones, 0);
}
