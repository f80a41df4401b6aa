/* What Linux asks for page faults that a program handles. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
#include "tests/bench/linux/measure.h"
#include "tests/bench/rounds.h"

#define PAGE 4096

/* Of three bytes, which a handler may go on behind. */
static inline void touch(const void *address)
{
	__asm__ volatile("movq (%%rdi), %%rdx" : : "D"(address) : "rdx", "memory");
}

static void skip(int number, siginfo_t *info, void *context)
{
	ucontext_t *of = context;

	(void)number;
	(void)info;
	of->uc_mcontext.gregs[REG_RIP] += 3;
}

static void protect(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	mprotect(info->si_addr, PAGE, PROT_READ);
}

static void map(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	mmap(info->si_addr, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static void handle_by(void (*handler)(int number, siginfo_t *info, void *context))
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};

	sigaction(SIGSEGV, &action, NULL);
}

static void measure_segv(void)
{
	void *page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED) {
		left_out("segv");
		return;
	}
	handle_by(protect);
	MEASURE_EACH(NULL, "segv-mprotect", 1, mprotect(page, PAGE, PROT_NONE), touch(page));
	munmap(page, PAGE);
	handle_by(skip);
	MEASURE(NULL, "segv", touch(page));
	handle_by(map);
	MEASURE_EACH(NULL, "segv-mmap", 1, munmap(page, PAGE), touch(page));
	munmap(page, PAGE);
	signal(SIGSEGV, SIG_DFL);
}

/* A process of its own, as a pager is: it maps the page of zeros, or a copy. */
static void serve_pages(int file, bool copies)
{
	static uint8_t contents[PAGE] __attribute__((aligned(PAGE)));
	struct uffd_msg message;

	while (read(file, &message, sizeof(message)) == sizeof(message)) {
		const uint64_t at = message.arg.pagefault.address & ~UINT64_C(4095);
		struct uffdio_zeropage zero = {.range = {at, PAGE}};
		struct uffdio_copy copy = {.dst = at, .src = (uintptr_t)contents, .len = PAGE};

		if (copies ? ioctl(file, UFFDIO_COPY, &copy) : ioctl(file, UFFDIO_ZEROPAGE, &zero))
			break;
	}
	_exit(1);
}

static bool watch(int file, void *page)
{
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register range = {
		.range = {(uintptr_t)page, PAGE}, .mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	return file >= 0 && page != MAP_FAILED && ioctl(file, UFFDIO_API, &api) == 0 &&
		ioctl(file, UFFDIO_REGISTER, &range) == 0;
}

static void measure_userfault(const char *name, bool copies)
{
	void *page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int file = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	pid_t pager;

	if (!watch(file, page)) {
		left_out(name);
		return;
	}
	pager = fork();
	if (pager == 0)
		serve_pages(file, copies);
	MEASURE_EACH(NULL, name, 1, madvise(page, PAGE, MADV_DONTNEED), touch(page));
	kill(pager, SIGKILL);
	waitpid(pager, NULL, 0);
	close(file);
	munmap(page, PAGE);
}

void measure_faults(void)
{
	measure_segv();
	measure_userfault("userfaultfd", false);
	measure_userfault("userfaultfd-copy", true);
}
