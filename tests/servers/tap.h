/*
 * Cases of a program in the OS: what came of them goes to the log, in TAP. One file of the
 * program has `struct tap tap;`.
 */
#ifndef TESTS_SERVERS_TAP_H
#define TESTS_SERVERS_TAP_H

#include "runtime/server/os.h"

struct tap {
	struct sk_os *os;		/* set before the first case */
	unsigned failures;		/* of this case */
	unsigned passed;		/* checks of all cases */
};

extern struct tap tap;

/* So much is shown of what fails again and again. */
#define TAP_SHOWN 10

/* A check of the case: it has failed unless least <= came <= most, and all three are shown. */
static inline void tap_check(const char *file, int line, const char *what, int64_t came,
	int64_t least, int64_t most)
{
	if (came >= least && came <= most) {
		tap.passed++;
	} else if (tap.failures++ >= TAP_SHOWN) {
		return;
	} else if (least == most) {
		sk_log(tap.os, log_Level_ERROR, "# %s:%d: %s: expected %ld, came %ld", file,
			line, what, (long)least, (long)came);
	} else {
		sk_log(tap.os, log_Level_ERROR, "# %s:%d: %s: expected %ld to %ld, came %ld",
			file, line, what, (long)least, (long)most, (long)came);
	}
}

#define BETWEEN(came, least, most) \
	tap_check(__FILE__, __LINE__, #came, (int64_t)(came), (int64_t)(least), (int64_t)(most))
#define EXPECT(came, expected) BETWEEN(came, expected, expected)
#define EXPECT_OK(came) EXPECT(came, 0)
#define EXPECT_TRUE(what) EXPECT(!!(what), 1)

static inline void tap_run(const char *name, void (*body)(void))
{
	tap.failures = 0;
	body();
	sk_log(tap.os, log_Level_INFO, "%s - %s", tap.failures ? "not ok" : "ok", name);
}

#endif
