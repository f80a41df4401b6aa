/* Faults: what handlers are told of them, what they find of registers, and stacks that end. */
#include "call.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static sigjmp_buf back;
static siginfo_t told;
static uint64_t at, trap;

static void take(int number, siginfo_t *info, void *context)
{
	const ucontext_t *c = context;

	(void)number;
	told = *info;
	at = (uint64_t)c->uc_mcontext.gregs[REG_RIP];
	trap = (uint64_t)c->uc_mcontext.gregs[REG_TRAPNO];
	siglongjmp(back, 1);
}

/* `where`: what si_addr is to be, 1: the instruction itself. */
static void say(const char *what, uint64_t where)
{
	char text[100];
	const uint64_t address = (uint64_t)told.si_addr;
	int size = snprintf(text, sizeof text, "signal %d code %d address %s trap %lu",
		told.si_signo, told.si_code, address == where ? "right" :
		where == 1 && address == at ? "its own" : "wrong", trap);

	line_text("rt_sigaction", what, text, size);
}

#define FAULT(what, where, ...) do { \
	memset(&told, 0, sizeof told); \
	if (sigsetjmp(back, 1) == 0) { \
		__VA_ARGS__; \
	} \
	say(what, (uint64_t)(where)); \
} while (0)

static void touch(volatile char *address)
{
	*address = 1;
}

static char look(const volatile char *address)
{
	return *address;
}

static void divide(volatile int by)
{
	volatile int result = 7 / by;

	(void)result;
}

/* Of vectors there are none: QEMU's CPU does not raise those. */
static void x87_zero(void)
{
	unsigned short control = 0x037b;

	__asm__ volatile("fninit; fldcw %0; fld1; fldz; fdivrp; fwait" : : "m"(control));
}

static void x87_not_valid(void)
{
	unsigned short control = 0x037e;

	__asm__ volatile("fninit; fldcw %0; fldz; fldz; fdivrp; fwait" : : "m"(control));
}

static void memory_faults(void)
{
	char *page = (char *)C(mmap, 0, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long file = C(open, "short", O_CREAT | O_RDWR, 0600);
	char *beyond;

	C(write, file, "some", 4);
	beyond = (char *)C(mmap, 0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	FAULT("a write to nothing", 16, touch((char *)16));
	FAULT("a read of nothing", 24, look((char *)24));
	FAULT("a write to what may be read", page + 5, touch(page + 5));
	C(mprotect, page + 4096, 4096, PROT_NONE);
	FAULT("a read of what may not be", page + 4100, look(page + 4100));
	FAULT("a jump to nothing", 64, ((void (*)(void))64)());
	FAULT("a jump to data", page, ((void (*)(void))page)());
	FAULT("no address at all", 0, look((char *)0x1234567890abcdef));
	FAULT("beyond the end of a file", beyond + 4096, look(beyond + 4096));
	FAULT("a write beyond the end of a file", beyond + 4097, touch(beyond + 4097));
	C(ftruncate, file, 0);
	FAULT("a file that was cut", beyond, look(beyond));
	C(munmap, page, 8192);
	FAULT("what was unmapped", page + 1, look(page + 1));
}

static void instruction_faults(void)
{
	FAULT("a division by zero", 1, divide(0));
	FAULT("no instruction", 1, __asm__ volatile("ud2"));
	FAULT("an instruction of the kernel", 0, __asm__ volatile("hlt"));
	FAULT("a port", 0, __asm__ volatile("outb %%al, $0x80" : : "a"(0)));
	FAULT("a breakpoint", 0, __asm__ volatile("int3"));
	FAULT("a division by zero of the x87", 1, x87_zero());
	FAULT("what the x87 cannot do", 1, x87_not_valid());
}

static void faults(void)
{
	static const int numbers[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP };
	struct sigaction action = { .sa_sigaction = take, .sa_flags = SA_SIGINFO };

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		sigaction(numbers[i], &action, NULL);
	memory_faults();
	instruction_faults();
}

/* ---- ends ---- */

static void blocked(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGSEGV);
	sigprocmask(SIG_BLOCK, &set, NULL);
	touch((char *)16);
}

static void ignored(void)
{
	signal(SIGFPE, SIG_IGN);
	divide(0);
}

static void in_handler(int number)
{
	(void)number;
	touch((char *)16);
}

static void twice(void)
{
	signal(SIGSEGV, in_handler);
	touch((char *)16);
}

static int deep(int more)
{
	volatile char piece[4096];

	piece[0] = (char)more;
	return more == 0 ? 0 : piece[0] + deep(more + 1);
}

static char alternate[65536] __attribute__((aligned(4096)));

static void on_alternate(int number, siginfo_t *info, void *context)
{
	(void)context;
	_exit(number == SIGSEGV && (char *)&info > alternate && (char *)&info <
		alternate + sizeof alternate ? 7 : 8);
}

static void use_alternate(size_t size, void (*handler)(int, siginfo_t *, void *))
{
	const stack_t stack = { .ss_sp = alternate + sizeof alternate - size, .ss_size = size };
	struct sigaction action = { .sa_sigaction = handler,
		.sa_flags = SA_SIGINFO | SA_ONSTACK };

	sigaltstack(&stack, NULL);
	sigaction(SIGSEGV, &action, NULL);
}

static void stack_ends(void)
{
	use_alternate(sizeof alternate, on_alternate);
	deep(1);
}

static void stack_ends_without(void)
{
	struct sigaction action = { .sa_sigaction = on_alternate, .sa_flags = SA_SIGINFO };

	sigaction(SIGSEGV, &action, NULL);
	deep(1);
}

static void overflow(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	(void)context;
	deep(1);
}

static void alternate_ends(void)
{
	C(mprotect, alternate, 32768, PROT_NONE);
	use_alternate(32768, overflow);
	touch((char *)16);
}

/* No room for the frame at all. */
static void alternate_is_gone(void)
{
	use_alternate(32768, on_alternate);
	C(mprotect, alternate, sizeof alternate, PROT_NONE);
	touch((char *)16);
}

/* ---- registers over handlers ---- */

typedef float wide __attribute__((vector_size(32)));

static void spoil(int number)
{
	(void)number;
	__asm__ volatile("vxorps %%ymm0, %%ymm0, %%ymm0; vxorps %%ymm15, %%ymm15, %%ymm15; fninit"
		: : : "memory");
}

__attribute__((target("avx"))) static bool keeps_wide(void)
{
	const wide before = { 1, 2, 3, 4, 5, 6, 7, 8 };
	wide first, last;
	long pid = getpid(), call = SYS_kill;

	__asm__ volatile("vmovups %3, %%ymm0; vmovups %3, %%ymm15; syscall;"
		"vmovups %%ymm0, %0; vmovups %%ymm15, %1"
		: "=m"(first), "=m"(last), "+a"(call) : "m"(before), "D"(pid), "S"(SIGUSR1)
		: "rcx", "r11", "memory", "xmm0", "xmm15");
	return memcmp(&first, &before, 32) == 0 && memcmp(&last, &before, 32) == 0;
}

static void registers(void)
{
	struct sigaction action = { .sa_handler = spoil };

	if (!__builtin_cpu_supports("avx")) {
		SAY(rt_sigreturn, "wide registers are kept", 1);
		return;
	}
	sigaction(SIGUSR1, &action, NULL);
	SAY(rt_sigreturn, "wide registers are kept", keeps_wide());
}

/* ---- exec ---- */

extern const char *program_path;
static char *words[] = { "calls", "wait", NULL };
static char *none[] = { NULL };

static void *exec_here(void *unused)
{
	int ends[2];

	C(pipe2, ends, O_CLOEXEC);
	C(dup2, ends[0], 0);
	C(execve, program_path, words, none);
	return unused;
}

static void *wait_here(void *unused)
{
	pause();
	return unused;
}

static void exec_by_thread(void)
{
	pthread_t thread, other;

	pthread_create(&other, NULL, wait_here, NULL);
	pthread_create(&thread, NULL, exec_here, NULL);
	pthread_join(thread, NULL);
	_exit(9);
}

static void exec_fails_in_vfork(void)
{
	volatile long result = 1;
	long pid = vfork();

	if (pid == 0) {
		result = C(execve, "no such program", words, none);
		_exit(3);
	}
	SAY(vfork, "what exec said in its child", result);
	SAY(vfork, "the code of that", child_code(pid));
}

void topic_faults(void)
{
	struct rlimit less = { 1 << 20, RLIM_INFINITY };

	in_child(faults, 0);
	SAY(rt_sigaction, "a fault that is blocked", in_child(blocked, 0));
	SAY(rt_sigaction, "a fault that is ignored", in_child(ignored, 0));
	SAY(rt_sigaction, "a fault in the handler of it", in_child(twice, 0));
	C(setrlimit, RLIMIT_STACK, &less);
	SAY(sigaltstack, "the end of a stack, on another", in_child(stack_ends, 0));
	SAY(sigaltstack, "the end of a stack, without another", in_child(stack_ends_without, 0));
	SAY(sigaltstack, "the end of the other stack", in_child(alternate_ends, 0));
	SAY(sigaltstack, "another stack that is not there", in_child(alternate_is_gone, 0));
	registers();
	SAY(execve, "by a thread that is not the first", in_child(exec_by_thread, 0));
	in_child(exec_fails_in_vfork, 0);
}
