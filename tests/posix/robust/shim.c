/*
 * Programs that do to their shim what they can: write over it, unmap it, jump into it,
 * change their frame, call posix by its handle with messages of their own. (The addresses
 * are those of servers/posix/layout.h; on Linux there is nothing.)
 */
#include "robust.h"

#include <setjmp.h>

#define PAGE UINT64_C(4096)
#define SHIM UINT64_C(0x7fff00000000)
#define SHIM_DATA_MOST (UINT64_C(1) << 20)
#define THREADS UINT64_C(0x7fff40000000)
#define AREA (UINT64_C(1) << 20)
#define KERNEL_CALL UINT64_C(0xe0000000)

static sigjmp_buf back;

static void jump_back(int signal)
{
	siglongjmp(back, signal);
}

/* Goes on behind faults. */
static void catch_all(void)
{
	const struct sigaction action = {.sa_handler = jump_back, .sa_flags = SA_NODEFER};

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGILL, &action, NULL);
	sigaction(SIGFPE, &action, NULL);
	sigaction(SIGTRAP, &action, NULL);
	sigaction(SIGSYS, &action, NULL);
}

/* Each attempt in a child, since most end it. */
static void in_children(void (*attempt)(uint32_t seed), uint32_t seed)
{
	for (;; next(&seed)) {
		const pid_t child = fork();

		if (child == 0) {
			catch_all();
			if (sigsetjmp(back, 1) == 0)
				attempt(seed);
			_exit(0);
		}
		for (int i = 0; i < 100 && waitpid(child, NULL, WNOHANG) == 0; i++)
			rest(2);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
}

static void overwrite(uint32_t seed)
{
	static const uint64_t places[] = {SHIM, SHIM + 0x10000, THREADS, THREADS + PAGE,
		THREADS + 0x8000, THREADS + 0x20000};
	volatile uint32_t *at;

	for (int i = 0; i < 4000; i++) {
		const uint64_t base = places[next(&seed) % 6];

		at = (volatile uint32_t *)(uintptr_t)(base +
			next(&seed) % (i % 2 ? PAGE : SHIM_DATA_MOST) / 4 * 4);
		if (sigsetjmp(back, 1) == 0)
			*at = next(&seed);
		if (i % 64 == 0)
			getppid();
	}
	getpgid(0);
}

static void unmap(uint32_t seed)
{
	static const uint64_t places[] = {SHIM, SHIM + 0x10000, 0x7fff3f000000, THREADS,
		THREADS + PAGE, THREADS + 0x8000, THREADS + 0x20000, 0x7ffffffff000};

	for (int i = 0; i < 16; i++) {
		void *at = (void *)(uintptr_t)places[next(&seed) % 8];

		switch (next(&seed) % 4) {
		case 0: munmap(at, PAGE << next(&seed) % 12); break;
		case 1: mprotect(at, PAGE << next(&seed) % 4, PROT_NONE); break;
		case 2: mmap(at, PAGE, PROT_READ | PROT_WRITE,
			MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); break;
		default: mremap(at, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
		}
	}
	getpgid(0);
}

static void jump(uint32_t seed)
{
	for (int i = 0; i < 50; i++)
		if (sigsetjmp(back, 1) == 0)
			((void (*)(uint64_t, uint64_t))(uintptr_t)(SHIM + next(&seed) % 0x18000))
				(next(&seed), THREADS);
}

/* The kernel's words at its end, the registers, and pointers of the shim's. */
static void frame(uint32_t seed)
{
	volatile uint32_t *words = (volatile uint32_t *)(uintptr_t)THREADS;

	for (int i = 0; i < 200; i++) {
		words[next(&seed) % 1024] = next(&seed) % 3 ? next(&seed) : 0;
		syscall(SYS_getpgid, 0);
	}
}

/* Kernel calls with this thread's own handles: random messages. */
static void handles(uint32_t seed)
{
	volatile uint8_t *slots = (volatile uint8_t *)(uintptr_t)(THREADS + 0x20000);

	for (int i = 0; i < 3000; i++) {
		uint64_t rax = KERNEL_CALL + next(&seed) % 16;
		register uint64_t r8 __asm__("r8") = next(&seed);
		register uint64_t r9 __asm__("r9") = next(&seed) % 16;
		register uint64_t r10 __asm__("r10") = next(&seed) % 8;
		register uint64_t r12 __asm__("r12") = 1;

		/* Sizes, handles, leases, and a deadline that has passed. */
		rax |= (uint64_t)(next(&seed) % 512) << 32;
		rax |= (uint64_t)(next(&seed) % 4 ? 0 : next(&seed) % 128) << 45;
		rax |= (uint64_t)(next(&seed) % 8) << 56 | UINT64_C(1) << 63;
		for (int k = 0; k < 16; k++)
			slots[next(&seed) % 0x8800] = (uint8_t)next(&seed);
		if (sigsetjmp(back, 1) != 0)
			continue;
		__asm__ volatile("syscall" : "+a"(rax), "+r"(r8), "+r"(r9), "+r"(r10),
			"+r"(r12) : "D"((uint64_t)(next(&seed) % 64)),
			"S"((uint64_t)next(&seed) % 512), "d"((uint64_t)next(&seed)),
			"b"((uint64_t)next(&seed) % 4) : "rcx", "r11", "memory");
	}
}

void attack_overwrite(uint32_t seed) { in_children(overwrite, seed); }
void attack_unmap(uint32_t seed) { in_children(unmap, seed); }
void attack_jump(uint32_t seed) { in_children(jump, seed); }
void attack_frame(uint32_t seed) { in_children(frame, seed); }
void attack_handles(uint32_t seed) { in_children(handles, seed); }
