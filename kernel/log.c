/* The log: a ring of bytes, counted from the start; and formats for it. */
#include "kernel/log.h"

#include <stdarg.h>
#include <stdbool.h>

#include "kernel/arch/arch.h"

#define LOG_SIZE 65536

static char ring[LOG_SIZE];
static uint64_t end;

static void put(char c)
{
	ring[end++ % LOG_SIZE] = c;
	arch_put(c);
}

void log_text(const char *text, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		put(text[i]);
}

uint64_t log_end(void)
{
	return end;
}

uint32_t log_read(uint64_t *from, char *to, uint32_t size, uint64_t *lost)
{
	uint64_t start = end > LOG_SIZE ? end - LOG_SIZE : 0;
	uint32_t done = 0;

	*lost = *from < start ? start - *from : 0;
	*from += *lost;
	if (*from > end)
		*from = end;
	while (done < size && *from < end)
		to[done++] = ring[(*from)++ % LOG_SIZE];
	return done;
}

/* ---- formats ---- */

static void put_number(uint64_t value, unsigned base, char fill, unsigned width)
{
	char text[24];
	unsigned at = sizeof text;

	do {
		text[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value > 0);
	for (unsigned i = sizeof text - at; i < width; i++)
		put(fill);
	log_text(text + at, (uint32_t)(sizeof text - at));
}

/* What stands behind a %. Returns where it ends. */
static const char *put_one(const char *at, va_list *list)
{
	char fill = *at == '0' ? '0' : ' ';
	unsigned width = 0;
	bool is_long;

	for (; *at >= '0' && *at <= '9'; at++)
		width = width * 10 + (unsigned)(*at - '0');
	is_long = *at == 'l';
	at += is_long;
	if (*at == 's') {
		for (const char *text = va_arg(*list, const char *); *text; text++)
			put(*text);
	} else if (*at == 'u' || *at == 'x') {
		put_number(is_long ? va_arg(*list, unsigned long) : va_arg(*list, unsigned),
			*at == 'x' ? 16 : 10, fill, width);
	} else if (*at) {
		put(*at);
	}
	return *at ? at + 1 : at;
}

static void print_list(const char *format, va_list list)
{
	va_list copy;

	va_copy(copy, list);
	while (*format) {
		if (*format == '%')
			format = put_one(format + 1, &copy);
		else
			put(*format++);
	}
	va_end(copy);
}

void log_print(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	print_list(format, list);
	va_end(list);
}

void panic(const char *format, ...)
{
	va_list list;

	log_print("panic: ");
	va_start(list, format);
	print_list(format, list);
	va_end(list);
	log_print("\n");
	arch_backtrace();
	arch_halt();
}
