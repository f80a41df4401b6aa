/*
 * The program that AFL++ runs: in persistent mode, with cases by shared memory;
 * without AFL++ it takes one case from stdin.
 */
#include <unistd.h>

#include "fuzz/ready.h"

__AFL_FUZZ_INIT();

int main(void)
{
	struct fuzz *fuzz = fuzz_ready();
	unsigned char *data;

	__AFL_INIT();
	/* Taken after the fork server has started, as AFL++ wants it. */
	data = __AFL_FUZZ_TESTCASE_BUF;
	while (__AFL_LOOP(100000)) {
		ssize_t size = __AFL_FUZZ_TESTCASE_LEN;

		fuzz_run(fuzz, data, size > 0 ? (size_t)size : 0);
	}
	return 0;
}
