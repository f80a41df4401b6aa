/*
 * Findings, and the bounds on memory.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/compiler/target.h"

/* What any input may take, and what each byte of it adds. */
#define MEMORY_BASE ((size_t)48 << 20)
#define MEMORY_PER_BYTE ((size_t)8192)

size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

void compiler_found(const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "fuzz: FINDING %s: ", compiler_target.name);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	abort();
}

size_t compiler_memory(void)
{
	return __sanitizer_get_current_allocated_bytes == NULL ? 0
		: __sanitizer_get_current_allocated_bytes();
}

void compiler_memory_check(size_t before, size_t input_size)
{
	size_t now = compiler_memory();

	if (now > before && now - before
		> MEMORY_BASE + MEMORY_PER_BYTE * input_size)
		compiler_found("%zu bytes of memory for %zu bytes of input",
			now - before, input_size);
}
