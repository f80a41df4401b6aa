/*
 * The program that AFL++ runs: in persistent mode, with cases by shared memory;
 * without afl-fuzz it takes one case from stdin. What afl-clang-fast's macros
 * stand for is written out, so that any compiler takes this; its runtime, which
 * has the rest, comes when the program is linked.
 */
#include <unistd.h>

#include "fuzz/ready.h"

#define CASE_MAX (1 << 20)
#define ROUNDS 100000

int __afl_persistent_loop(unsigned int rounds);
void __afl_manual_init(void);
extern unsigned int *__afl_fuzz_len;
extern unsigned char *__afl_fuzz_ptr;
/* Read by the runtime: we take cases from its memory. */
extern int __afl_sharedmem_fuzzing;
int __afl_sharedmem_fuzzing = 1;

/* By these afl-fuzz knows what the program can. */
static const char *const volatile signs[] = {
	"##SIG_AFL_PERSISTENT##", "##SIG_AFL_DEFER_FORKSRV##",
};

static uint8_t typed[CASE_MAX];

/* All of stdin, as it comes. */
static size_t read_all(void)
{
	size_t size = 0;
	ssize_t got;

	while (size < sizeof(typed) &&
	       (got = read(STDIN_FILENO, typed + size, sizeof(typed) - size)) > 0)
		size += (size_t)got;
	return size;
}

int main(void)
{
	struct fuzz *fuzz = fuzz_ready();

	(void)signs[0];
	__afl_manual_init();
	while (__afl_persistent_loop(ROUNDS)) {
		if (__afl_fuzz_ptr)
			fuzz_run(fuzz, __afl_fuzz_ptr, *__afl_fuzz_len);
		else
			fuzz_run(fuzz, typed, read_all());
	}
	return 0;
}
