/*
 * The arena: a list of blocks, filled from the front.
 */
#include "idl/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)64 * 1024)
#define SPARES_MAX 64
#define ALIGNMENT alignof(max_align_t)

struct block {
	struct block *next;
	size_t used;
	size_t size;
	alignas(max_align_t) unsigned char bytes[];
};

struct arena {
	struct block *blocks;		/* the one being filled is first */
	struct block *spare;		/* zeroed, all of BLOCK_SIZE */
	unsigned spares;
};

/* The one place where running out of memory is handled. */
static void *arena_get(size_t size)
{
	void *memory = calloc(1, size);

	if (memory == NULL) {
		fputs("skald: out of memory\n", stderr);
		exit(2);
	}
	return memory;
}

struct arena *arena_new(void)
{
	return arena_get(sizeof(struct arena));
}

static void free_blocks(struct block *block)
{
	struct block *next;

	for (; block != NULL; block = next) {
		next = block->next;
		free(block);
	}
}

void arena_free(struct arena *arena)
{
	if (arena == NULL)
		return;
	free_blocks(arena->blocks);
	free_blocks(arena->spare);
	free(arena);
}

/* Only what was used is zeroed again: most of a block never was. */
void arena_reset(struct arena *arena)
{
	struct block *block, *next;

	for (block = arena->blocks; block != NULL; block = next) {
		next = block->next;
		if (block->size != BLOCK_SIZE || arena->spares == SPARES_MAX) {
			free(block);
			continue;
		}
		memset(block->bytes, 0, block->used);
		block->used = 0;
		block->next = arena->spare;
		arena->spare = block;
		arena->spares++;
	}
	arena->blocks = NULL;
}

static struct block *new_block(struct arena *arena, size_t room)
{
	struct block *block = arena->spare;

	if (room == BLOCK_SIZE && block != NULL) {
		arena->spare = block->next;
		arena->spares--;
		return block;
	}
	block = arena_get(sizeof *block + room);
	block->size = room;
	return block;
}

static struct block *arena_block(struct arena *arena, size_t size)
{
	size_t room = size > BLOCK_SIZE / 4 ? size : BLOCK_SIZE;
	struct block *block = new_block(arena, room);

	if (room == size && arena->blocks != NULL) {
		/* Big: behind the first, which still has room for small ones. */
		block->next = arena->blocks->next;
		arena->blocks->next = block;
	} else {
		block->next = arena->blocks;
		arena->blocks = block;
	}
	return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct block *block = arena->blocks;
	void *memory;

	if (size > SIZE_MAX / 2)
		size = SIZE_MAX / 2;	/* more than there is: refused below */
	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (block == NULL || block->size - block->used < size)
		block = arena_block(arena, size);
	memory = block->bytes + block->used;
	block->used += size;
	return memory;
}

char *arena_copy(struct arena *arena, const char *text, size_t size)
{
	char *copy = arena_alloc(arena, size + 1);

	if (size > 0)
		memcpy(copy, text, size);
	copy[size] = '\0';
	return copy;
}

/* ---- texts ---- */

struct text {
	char *at;
	char *end;
};

static bool put(struct text *to, const char *from, size_t size)
{
	if ((size_t)(to->end - to->at) < size)
		return false;
	memcpy(to->at, from, size);
	to->at += size;
	return true;
}

static bool put_number(struct text *to, unsigned long number)
{
	char digits[3 * sizeof number];
	size_t first = sizeof digits;

	do {
		digits[--first] = (char)('0' + number % 10);
		number /= 10;
	} while (number != 0);
	return put(to, digits + first, sizeof digits - first);
}

/* At most so many bytes of it. */
static bool put_string(struct text *to, const char *string, int precision)
{
	const char *end;

	if (string == NULL)
		return false;
	if (precision < 0)
		return put(to, string, strlen(string));
	end = memchr(string, '\0', (size_t)precision);
	return put(to, string, end != NULL ? (size_t)(end - string) : (size_t)precision);
}

/* Puts what stands behind a %; returns what follows. NULL: it is something else, or
 * does not fit. */
static const char *put_argument(struct text *to, const char *format, va_list *arguments)
{
	int precision = -1;

	if (format[0] == 'u')
		return put_number(to, va_arg(*arguments, unsigned)) ? format + 1 : NULL;
	if (format[0] == 'l' && format[1] == 'u')
		return put_number(to, va_arg(*arguments, unsigned long)) ?
			format + 2 : NULL;
	if (format[0] == '.' && format[1] == '*') {
		precision = va_arg(*arguments, int);
		format += 2;
	}
	return format[0] == 's' &&
		put_string(to, va_arg(*arguments, const char *), precision) ?
		format + 1 : NULL;
}

/* What nearly all texts are made of, %s, %.*s, %u and %lu, in a fifth of the time
 * of vsnprintf(). False: it has something else, or does not fit. */
static bool put_all(struct text *to, const char *format, va_list *arguments)
{
	const char *percent;

	while ((percent = strchr(format, '%')) != NULL) {
		if (!put(to, format, (size_t)(percent - format)))
			return false;
		format = put_argument(to, percent + 1, arguments);
		if (format == NULL)
			return false;
	}
	return put(to, format, strlen(format));
}

static char *long_text(struct arena *arena, const char *format, va_list arguments)
{
	va_list again;
	char *text;
	int size;

	va_copy(again, arguments);
	size = vsnprintf(NULL, 0, format, arguments);
	text = arena_alloc(arena, size < 0 ? 1 : (size_t)size + 1);
	if (size > 0)
		vsnprintf(text, (size_t)size + 1, format, again);
	va_end(again);
	return text;
}

char *arena_vprintf(struct arena *arena, const char *format, va_list arguments)
{
	char short_text[512];
	struct text text = { short_text, short_text + sizeof short_text };
	va_list again;
	bool good;

	va_copy(again, arguments);
	good = put_all(&text, format, &again);
	va_end(again);
	return good ? arena_copy(arena, short_text, (size_t)(text.at - short_text))
		: long_text(arena, format, arguments);
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = arena_vprintf(arena, format, arguments);
	va_end(arguments);
	return text;
}
