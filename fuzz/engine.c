/* What libFuzzer calls: one input, through all oracles. */
#include "fuzz/ready.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_run(fuzz_ready(), data, size);
	return 0;
}
