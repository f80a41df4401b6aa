/*
 * What compilers call without being asked, and the least that programs, and the
 * kernel, want of strings. Compiled so that these loops are not made into calls
 * of themselves. Little is copied by words, and much by the machine's own instruction
 * for it, where there is one: starting that takes longer than it saves for little.
 */
#include "runtime/start/string.h"

#define MUCH 128

typedef uint64_t __attribute__((may_alias, aligned(1))) word;

/* Copies most of it, and moves the pointers on. */
static size_t copy_much(uint8_t **out, const uint8_t **in, size_t size)
{
#ifdef __x86_64__
	size_t words = size / 8;

	__asm__ volatile("rep movsq" : "+D"(*out), "+S"(*in), "+c"(words) : : "memory");
	return size % 8;
#else
	(void)out;
	(void)in;
	return size;
#endif
}

static size_t fill_much(uint8_t **out, uint64_t word_of_it, size_t size)
{
#ifdef __x86_64__
	size_t words = size / 8;

	__asm__ volatile("rep stosq" : "+D"(*out), "+c"(words) : "a"(word_of_it) : "memory");
	return size % 8;
#else
	(void)out;
	(void)word_of_it;
	return size;
#endif
}

/* Reads up to 32 bytes before it writes them: they may overlap downwards. */
static void copy(uint8_t *out, const uint8_t *in, size_t size)
{
	if (size >= MUCH)
		size = copy_much(&out, &in, size);
	for (; size >= 32; size -= 32, out += 32, in += 32) {
		word *to = (word *)(void *)out;
		const word *from = (const word *)(const void *)in;
		uint64_t a = from[0], b = from[1], c = from[2], d = from[3];

		to[0] = a;
		to[1] = b;
		to[2] = c;
		to[3] = d;
	}
	for (; size >= 8; size -= 8, out += 8, in += 8)
		*(word *)(void *)out = *(const word *)(const void *)in;
	for (; size != 0; size--)
		*out++ = *in++;
}

void *memcpy(void *to, const void *from, size_t size)
{
	copy(to, from, size);
	return to;
}

void *memmove(void *to, const void *from, size_t size)
{
	uint8_t *out = to;
	const uint8_t *in = from;

	if ((uintptr_t)out - (uintptr_t)in >= size) {
		copy(out, in, size);
		return to;
	}
	for (; size >= 8; size -= 8)
		*(word *)(void *)(out + size - 8) = *(const word *)(const void *)(in + size - 8);
	while (size-- != 0)
		out[size] = in[size];
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	uint64_t all = (uint8_t)byte * UINT64_C(0x0101010101010101);
	uint8_t *out = to;

	if (size >= MUCH)
		size = fill_much(&out, all, size);
	for (; size >= 8; size -= 8, out += 8)
		*(word *)(void *)out = all;
	for (; size != 0; size--)
		*out++ = (uint8_t)byte;
	return to;
}

int memcmp(const void *one, const void *other, size_t size)
{
	const uint8_t *a = one, *b = other;

	for (; size >= 8 && *(const word *)(const void *)a == *(const word *)(const void *)b;
			size -= 8) {
		a += 8;
		b += 8;
	}
	for (; size != 0; size--, a++, b++)
		if (*a != *b)
			return *a < *b ? -1 : 1;
	return 0;
}

/* What clang makes of memcmp() where only 0 matters. */
int bcmp(const void *one, const void *other, size_t size)
{
	return memcmp(one, other, size);
}

size_t strlen(const char *text)
{
	size_t size = 0;

	while (text[size])
		size++;
	return size;
}

char *strstr(const char *text, const char *part)
{
	return (char *)(uintptr_t)sk_find(text, strlen(text), part, strlen(part));
}

const char *sk_find(const char *text, size_t size, const char *part, size_t part_size)
{
	for (; size >= part_size; text++, size--)
		if (memcmp(text, part, part_size) == 0)
			return text;
	return NULL;
}
