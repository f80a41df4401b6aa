/*
 * Memory functions that compilers expect, by words: microcoded string
 * instructions need longer to begin than a message needs to be copied.
 * Compiled so that these loops are not made into calls of themselves.
 */
#include <stddef.h>
#include <stdint.h>

typedef uint64_t __attribute__((may_alias, aligned(1))) word;

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *left, const void *right, size_t size);
size_t strlen(const char *text);

/* Reads up to 32 bytes before it writes them: they may overlap downwards. */
static inline __attribute__((always_inline))
void copy(unsigned char *out, const unsigned char *in, size_t size)
{
	for (; size >= 32; size -= 32, out += 32, in += 32) {
		uint64_t a = ((const word *)in)[0], b = ((const word *)in)[1];
		uint64_t c = ((const word *)in)[2], d = ((const word *)in)[3];

		((word *)out)[0] = a;
		((word *)out)[1] = b;
		((word *)out)[2] = c;
		((word *)out)[3] = d;
	}
	for (; size >= 8; size -= 8, out += 8, in += 8)
		*(word *)out = *(const word *)in;
	for (; size > 0; size--)
		*out++ = *in++;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	copy(to, from, size);
	return to;
}

void *memmove(void *to, const void *from, size_t size)
{
	unsigned char *out = to;
	const unsigned char *in = from;

	if ((uintptr_t)out - (uintptr_t)in >= size) {
		copy(out, in, size);
		return to;
	}
	for (; size >= 8; size -= 8)
		*(word *)(out + size - 8) = *(const word *)(in + size - 8);
	for (; size > 0; size--)
		out[size - 1] = in[size - 1];
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	unsigned char *out = to;
	uint64_t bytes = UINT64_C(0x0101010101010101) * (unsigned char)byte;

	for (; size >= 32; size -= 32, out += 32) {
		((word *)out)[0] = bytes;
		((word *)out)[1] = bytes;
		((word *)out)[2] = bytes;
		((word *)out)[3] = bytes;
	}
	for (; size >= 8; size -= 8, out += 8)
		*(word *)out = bytes;
	for (; size > 0; size--)
		*out++ = (unsigned char)byte;
	return to;
}

int memcmp(const void *left, const void *right, size_t size)
{
	const unsigned char *a = left, *b = right;

	for (; size >= 8 && *(const word *)a == *(const word *)b; size -= 8) {
		a += 8;
		b += 8;
	}
	for (; size > 0; size--, a++, b++)
		if (*a != *b)
			return *a < *b ? -1 : 1;
	return 0;
}

size_t strlen(const char *text)
{
	size_t size = 0;

	while (text[size])
		size++;
	return size;
}
