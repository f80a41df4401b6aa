/* What unit tests of the kernel have in common: cases on a fresh machine, and
 * random numbers whose seed is printed and can be given (SEED=n). */
#ifndef TESTS_KERNEL_FIXTURE_H
#define TESTS_KERNEL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "kernel/arch/host/host.h"

static uint64_t fixture_state;

/* To be called once by a case that is random. */
__attribute__((unused))
static void fixture_seed(const char *name)
{
	const char *given = getenv("SEED");

	fixture_state = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
	printf("# %s: SEED=%llu\n", name, (unsigned long long)fixture_state);
	fflush(stdout);
}

__attribute__((unused))
static uint32_t fixture_random(uint32_t below)
{
	fixture_state = fixture_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (uint32_t)(fixture_state >> 33) % below;
}

/* The statement panics, saying `text`. */
#define assert_panics(statement, text) do { \
	jmp_buf fixture_back; \
	host_panic = &fixture_back; \
	if (setjmp(fixture_back) == 0) { \
		statement; \
		host_panic = NULL; \
		fail_msg("no panic: %s", #statement); \
	} \
	host_panic = NULL; \
	fixture_logged(text); \
} while (0)

uint32_t log_read(uint64_t *from, char *to, uint32_t size, uint64_t *lost);
uint64_t log_end(void);

/* The text stands at the log's end. */
__attribute__((unused))
static void fixture_logged(const char *text)
{
	char tail[512];
	uint64_t from = log_end() > 500 ? log_end() - 500 : 0, lost;

	tail[log_read(&from, tail, 500, &lost)] = 0;
	if (!strstr(tail, text))
		fail_msg("the log does not say `%s`: %s", text, tail);
}

#define FIXTURE_MAIN(cases) \
int main(int argc, char **argv) \
{ \
	if (argc > 1) \
		cmocka_set_test_filter(argv[1]); \
	return cmocka_run_group_tests(cases, NULL, NULL); \
}

#endif
