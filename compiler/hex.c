/*
 * Hexadecimal digits. See hex.h.
 */
#include "compiler/hex.h"

#include <string.h>

/* 0 to 15, or -1. */
static int digit(const char *text, size_t size, size_t at)
{
	if (at >= size)
		return -1;
	if (text[at] >= '0' && text[at] <= '9')
		return text[at] - '0';
	if (text[at] >= 'a' && text[at] <= 'f')
		return text[at] - 'a' + 10;
	if (text[at] >= 'A' && text[at] <= 'F')
		return text[at] - 'A' + 10;
	return -1;
}

bool hex_read(const char *text, size_t size, bool spaces, unsigned char *to,
	size_t *count)
{
	size_t bytes = 0;

	for (size_t at = 0; at < size; at++) {
		if (spaces && memchr(" \t\r\n", text[at], 4))
			continue;
		*count = at;
		if (digit(text, size, at) < 0)
			return false;
		*count = ++at;
		if (digit(text, size, at) < 0)
			return false;
		to[bytes++] = (unsigned char)(digit(text, size, at - 1) << 4 |
			digit(text, size, at));
	}
	*count = bytes;
	return true;
}

void hex_write(FILE *to, const unsigned char *data, size_t size)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		putc(digits[data[i] >> 4], to);
		putc(digits[data[i] & 15], to);
	}
}
