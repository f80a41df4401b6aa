/*
 * The arena: a list of blocks, filled from the front.
 */
#include "idl/arena.h"

#include <stdalign.h>
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

char *arena_vprintf(struct arena *arena, const char *format, va_list arguments)
{
	char text[512];			/* most are short: formatted once */
	va_list again;
	char *copy;
	int size;

	va_copy(again, arguments);
	size = vsnprintf(text, sizeof text, format, arguments);
	if (size < 0)
		size = 0;
	copy = arena_alloc(arena, (size_t)size + 1);
	if ((size_t)size < sizeof text)
		memcpy(copy, text, (size_t)size);
	else
		vsnprintf(copy, (size_t)size + 1, format, again);
	copy[size] = '\0';
	va_end(again);
	return copy;
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
