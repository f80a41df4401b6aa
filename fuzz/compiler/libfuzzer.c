/*
 * A target under libFuzzer.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "fuzz/compiler/change.h"
#include "fuzz/compiler/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
	unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *first, size_t first_size,
	const uint8_t *second, size_t second_size, uint8_t *to, size_t max,
	unsigned seed);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	compiler_target.run(data, size);
	return 0;
}

static uint64_t state_of(unsigned seed)
{
	return (uint64_t)seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
	unsigned seed)
{
	uint64_t state = state_of(seed);

	if (!compiler_target.is_text || seed % 8 == 0)
		return LLVMFuzzerMutate(data, size, max);
	return change_text((char *)data, size, max, compiler_target.words,
		&state);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *first, size_t first_size,
	const uint8_t *second, size_t second_size, uint8_t *to, size_t max,
	unsigned seed)
{
	uint64_t state = state_of(seed);

	if (first_size > max)
		first_size = max;
	if (first_size > 0)
		memcpy(to, first, first_size);
	if (!compiler_target.is_text)
		return cross_bytes(to, first_size, max, second, second_size,
			&state);
	return cross_text((char *)to, first_size, max, (const char *)second,
		second_size, &state);
}
