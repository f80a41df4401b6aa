/* The target of the program. See ready.h. */
#include "fuzz/ready.h"

struct fuzz *fuzz_ready(void)
{
	static struct fuzz *fuzz;

	if (fuzz == NULL)
		fuzz = fuzz_open(&fuzz_target);
	return fuzz;
}
