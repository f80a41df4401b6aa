/*
 * Hexadecimal digits: what is read and written again is the same digits, and
 * what is refused is refused at the first byte that is at fault.
 */
#define _GNU_SOURCE

#include "compiler/hex.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/compiler/target.h"

static bool is_digit(uint8_t byte)
{
	return byte != 0 && strchr("0123456789abcdefABCDEF", byte) != NULL;
}

static void check_written(const uint8_t *data, size_t size,
	const unsigned char *bytes, size_t count)
{
	char *text;
	size_t length, at = 0;
	FILE *to = open_memstream(&text, &length);

	if (to == NULL)
		abort();
	hex_write(to, bytes, count);
	fclose(to);
	for (size_t i = 0; i < size; i++)
		if (is_digit(data[i]) && (at == length
			|| (data[i] | 0x20) != (text[at++] | 0x20)))
			compiler_found("other digits are written");
	if (at != length)
		compiler_found("%zu digits are written for %zu", length, at);
	free(text);
}

static void run(const uint8_t *data, size_t size)
{
	for (int spaces = 0; spaces < 2; spaces++) {
		/* As large as it has to be, for the sanitizer. */
		unsigned char *bytes = malloc(size / 2 + (size < 2));
		size_t count = 0;

		if (bytes == NULL)
			abort();
		if (hex_read((const char *)data, size, spaces, bytes, &count))
			check_written(data, size, bytes, count);
		else if (count > size || (count < size && is_digit(data[count])
			&& (count == 0 || !is_digit(data[count - 1]))
			&& count + 1 < size && is_digit(data[count + 1])))
			compiler_found("byte %zu of %zu is refused", count,
				size);
		free(bytes);
	}
}

const struct compiler_target compiler_target = { "hex", run, false, NULL };
