/* Calls that are not there: what they answer is not Linux's, but what docs/posix.md says
 * (tests/posix/calls.sh makes absent.h of its table). */
#include "call.h"

#include <unistd.h>

static const struct { short number; const char *name; } absent[] = {
#include "absent.h"
};

static void unheard_of(void)
{
	raw(500, 0, 0, 0, 0, 0, 0);
}

void topic_absent(void)
{
	/* Of many processes the log says that not for each. */
	for (int i = 0; i < 12; i++)
		in_child(unheard_of, 0);
	for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
		line(absent[i].name, "is not there", raw(absent[i].number, 0, 0, 0, 0, 0, 0));
}
