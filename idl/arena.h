/*
 * An arena: memory that is given back all at once.
 *
 * A run of the compiler has one. Nothing in it is freed on its own, so nothing
 * can be freed twice or leak. Running out of memory is handled here, and
 * nowhere else: the program says so and exits with status 2.
 */
#ifndef IDL_ARENA_H
#define IDL_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena);
/* Gives back all that was allocated, but keeps memory for what comes next. */
void arena_reset(struct arena *arena);

/* `size` zeroed bytes, aligned for any object. Never NULL. */
void *arena_alloc(struct arena *arena, size_t size);
/* A copy of `size` bytes with a NUL behind them. */
char *arena_copy(struct arena *arena, const char *text, size_t size);
/* The formatted text. */
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list arguments);

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))

#endif
