/*
 * Hexadecimal digits: bytes as text.
 */
#ifndef COMPILER_HEX_H
#define COMPILER_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Reads pairs of digits into `to`, which has room for size / 2 bytes; with
 * `spaces`, white space may stand between pairs. *count is then how many
 * bytes they are. False: *count is the offset of the digit at fault.
 */
bool hex_read(const char *text, size_t size, bool spaces, unsigned char *to,
	size_t *count);
void hex_write(FILE *to, const unsigned char *data, size_t size);

#endif
