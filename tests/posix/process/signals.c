/* Signals that a thread sends to itself or causes by a fault: what its handler is told, masks,
 * stacks, registers of vectors. */
#include "process.h"

#include <setjmp.h>
#include <ucontext.h>

static volatile int count, depth, deepest, code, is_own, blocked_then;
static volatile uint64_t address;
static sigjmp_buf back;

static void on_signal(int signal, siginfo_t *info, void *context)
{
	sigset_t mask;

	(void)context;
	count++;
	code = info->si_code;
	is_own = info->si_pid == getpid() && info->si_uid == getuid();
	sigprocmask(SIG_SETMASK, NULL, &mask);
	blocked_then = sigismember(&mask, signal) | sigismember(&mask, SIGUSR2) << 1;
}

static void act(int signal, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};

	sigaddset(&action.sa_mask, SIGUSR2);
	sigaction(signal, &action, NULL);
}

static long is_blocked(int signal)
{
	sigset_t mask;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	return sigismember(&mask, signal);
}

static void plain(void)
{
	act(SIGUSR1, on_signal, 0);
	said("raise", raise(SIGUSR1));
	said("came", count);
	said("its code", code);
	said("by oneself", is_own);
	said("blocked meanwhile", blocked_then);
	said("not any more", is_blocked(SIGUSR1));
	act(SIGUSR1, on_signal, SA_NODEFER);
	raise(SIGUSR1);
	said("without deferring", blocked_then);
	act(SIGUSR1, on_signal, (int)SA_RESETHAND);
	raise(SIGUSR1);
	said("came", count);
	if (fork() == 0)
		raise(SIGUSR1);
	else
		wait((int *)&code);
	said("a handler that is used up", WTERMSIG(code));
}

static void nested(int signal, siginfo_t *info, void *context)
{
	(void)info, (void)context;
	depth++;
	deepest = depth > deepest ? depth : deepest;
	if (++count < 4)
		raise(signal);
	depth--;
}

static void nests(void)
{
	act(SIGUSR1, nested, SA_NODEFER);
	count = 0;
	raise(SIGUSR1);
	said("so deep, not deferred", deepest);
	act(SIGUSR1, nested, 0);
	count = deepest = 0;
	raise(SIGUSR1);
	said("so deep, deferred", deepest);
	said("so many came", count);
}

static void *change(void *unused)
{
	(void)unused;
	act(SIGUSR1, nested, 0);
	return NULL;
}

/* Others change what is done: a thread does, a child made by fork or vfork does not. */
static void changed(void)
{
	pthread_t thread;
	pid_t child;

	act(SIGUSR1, on_signal, 0);
	raise(SIGUSR1);
	child = fork();
	if (child == 0) {
		signal(SIGUSR1, SIG_IGN);
		_exit(raise(SIGUSR1));
	}
	wait(NULL);
	count = 0;
	raise(SIGUSR1);
	said("after a child's change", count);
	child = vfork();
	if (child == 0) {
		signal(SIGUSR1, SIG_DFL);
		_exit(0);
	}
	wait(NULL);
	raise(SIGUSR1);
	said("after a vfork's", count);
	pthread_create(&thread, NULL, change, NULL);
	pthread_join(thread, NULL);
	count = deepest = 0;
	raise(SIGUSR1);
	said("after a thread's", deepest);
	signal(SIGUSR1, SIG_IGN);
	raise(SIGUSR1);
	said("ignored", count);
}

static void change_mask(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info;
	sigaddset(&((ucontext_t *)context)->uc_sigmask, SIGTERM);
}

static void set_stack(int signal, siginfo_t *info, void *context)
{
	static char bytes[65536];
	const stack_t stack = {.ss_sp = bytes, .ss_size = sizeof(bytes)};

	(void)signal, (void)info, (void)context;
	sigaltstack(&stack, NULL);
}

static void on_stack(int signal, siginfo_t *info, void *context)
{
	stack_t is;

	(void)signal, (void)info, (void)context;
	sigaltstack(NULL, &is);
	code = is.ss_flags;
}

static void returns(void)
{
	stack_t is;

	act(SIGUSR1, change_mask, 0);
	raise(SIGUSR1);
	said("a mask changed in the frame", is_blocked(SIGTERM));
	act(SIGUSR1, set_stack, 0);
	raise(SIGUSR1);
	sigaltstack(NULL, &is);
	said("a stack set by a handler", is.ss_flags);
	raise(SIGUSR1);
	set_stack(0, NULL, NULL);
	act(SIGUSR1, on_stack, SA_ONSTACK);
	raise(SIGUSR1);
	said("on a stack", code);
	act(SIGUSR1, on_stack, 0);
	raise(SIGUSR1);
	said("beside it", code);
}

/* A queued signal that is blocked goes first when it can. */
static void pending(void)
{
	sigset_t both;

	act(SIGUSR1, nested, 0);
	act(SIGUSR2, nested, 0);
	sigemptyset(&both);
	sigaddset(&both, SIGUSR1);
	sigprocmask(SIG_BLOCK, &both, NULL);
	count = 4;
	raise(SIGUSR1);
	raise(SIGUSR1);
	said("while blocked", count);
	raise(SIGUSR2);
	sigprocmask(SIG_UNBLOCK, &both, NULL);
	said("then", count);
}

/* ---- faults ---- */

static void on_fault(int signal, siginfo_t *info, void *context)
{
	(void)context;
	code = info->si_code;
	address = (uint64_t)(uintptr_t)info->si_addr;
	siglongjmp(back, signal);
}

static void fault(const char *what, void (*cause)(char *at), char *at)
{
	const int signal = sigsetjmp(back, 1);

	if (signal == 0) {
		cause(at);
		said("no fault", 0);
		return;
	}
	said(what, signal);
	said("its code", code);
	if (at)
		said("at", (long)(address - (uint64_t)(uintptr_t)at));
}

static void store(char *at) { *(volatile char *)at = 1; }
static void load(char *at) { (void)*(volatile char *)at; }
static void run(char *at) { ((void (*)(void))(uintptr_t)at)(); }
static void undefined(char *at) { (void)at; __asm__ volatile("ud2"); }
static void trap(char *at) { (void)at; __asm__ volatile("int3"); }
static void privileged(char *at) { (void)at; __asm__ volatile("hlt"); }
static void far_away(char *at) { (void)at; *(volatile char *)0x8000000000000000 = 1; }
static void divide(char *at)
{
	(void)at;
	__asm__ volatile("xorl %%edx, %%edx; movl $1, %%eax; divl %%edx" ::: "eax", "edx");
}
static void faults(void)
{
	static const int all[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
	const int file = open("/tmp/process-fault", O_RDWR | O_CREAT | O_TRUNC, 0600);
	char *nothing = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *constant = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *gone = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *beyond;

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		act(all[i], on_fault, 0);
	ftruncate(file, 10);
	beyond = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	unlink("/tmp/process-fault");
	munmap(gone, 4096);
	fault("nothing is there", store, gone + 5);
	fault("to be read only", store, constant + 7);
	fault("not to be touched", load, nothing + 9);
	fault("not to be executed", run, constant);
	fault("past the file's end", load, beyond + 4096 + 3);
	fault("an address there is not", far_away, NULL);
	fault("an instruction there is not", undefined, NULL);
	fault("one for the kernel", privileged, NULL);
	fault("a breakpoint", trap, NULL);
	fault("divided by 0", divide, NULL);
}

/* ---- registers over a handler ---- */

static void clobber(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info, (void)context;
	__asm__ volatile("pcmpeqb %%xmm7, %%xmm7; fninit; fldpi; fldpi; fldpi" ::: "xmm7");
	count++;
}

static void vectors(void)
{
	uint64_t before[2] = {UINT64_C(0x1122334455667788), 42}, after[2];
	double top;

	act(SIGUSR1, clobber, 0);
	count = 0;
	__asm__ volatile("movups %3, %%xmm7; fninit; fld1; syscall; movups %%xmm7, %1; fstpl %2"
		: "=m"(count), "=m"(after), "=m"(top)
		: "m"(before), "a"((long)SYS_tgkill), "D"((long)getpid()),
		"S"((long)syscall(SYS_gettid)), "d"((long)SIGUSR1)
		: "xmm7", "rcx", "r11", "memory");
	said("vectors kept", after[0] == before[0] && after[1] == before[1]);
	said("and the float", top == 1.0);
}

void signals_of_own(void)
{
	apart(plain);
	apart(nests);
	apart(changed);
	apart(returns);
	apart(pending);
	apart(faults);
	apart(vectors);
}
