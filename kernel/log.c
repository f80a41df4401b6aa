/* The log: a ring of bytes, counted from the start; and formats for it. */
#include "kernel/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

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

struct format {
	bool left;
	char fill;
	bool is_long;
	int width;
	int precision;			/* -1: none */
};

static void put_field(const char *text, size_t size, const struct format *format)
{
	size_t fill = format->width > 0 && (size_t)format->width > size ?
		(size_t)format->width - size : 0;

	for (size_t i = 0; !format->left && i < fill; i++)
		put(format->fill);
	log_text(text, (uint32_t)size);
	for (size_t i = 0; format->left && i < fill; i++)
		put(' ');
}

static void put_number(uint64_t value, unsigned base, bool negative,
	const struct format *format)
{
	char text[24];
	size_t at = sizeof text;

	do {
		text[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value > 0);
	if (negative)
		text[--at] = '-';
	put_field(text + at, sizeof text - at, format);
}

static void put_string(const char *text, const struct format *format)
{
	size_t size = 0;

	while ((format->precision < 0 || size < (size_t)format->precision) && text[size])
		size++;
	put_field(text, size, format);
}

/* Digits, or `*`. */
static const char *read_number(const char *at, int *number, va_list *list)
{
	if (*at == '*') {
		*number = va_arg(*list, int);
		return at + 1;
	}
	for (*number = 0; *at >= '0' && *at <= '9'; at++)
		*number = *number * 10 + (*at - '0');
	return at;
}

static const char *read_format(const char *at, struct format *format, va_list *list)
{
	*format = (struct format){.fill = ' ', .precision = -1};
	for (; *at == '-' || *at == '0'; at++) {
		if (*at == '-')
			format->left = true;
		else
			format->fill = '0';
	}
	at = read_number(at, &format->width, list);
	if (*at == '.')
		at = read_number(at + 1, &format->precision, list);
	for (; *at == 'l' || *at == 'z'; at++)
		format->is_long = true;
	return at;
}

static void put_one(char kind, const struct format *format, va_list *list)
{
	int64_t number;
	char c;

	switch (kind) {
	case 'c':
		c = (char)va_arg(*list, int);
		put_field(&c, 1, format);
		break;
	case 's':
		put_string(va_arg(*list, const char *), format);
		break;
	case 'd':
		number = format->is_long ? va_arg(*list, long) : va_arg(*list, int);
		put_number(number < 0 ? -(uint64_t)number : (uint64_t)number, 10,
			number < 0, format);
		break;
	case 'u':
	case 'x':
		put_number(format->is_long ? va_arg(*list, unsigned long) :
			va_arg(*list, unsigned), kind == 'x' ? 16 : 10, false, format);
		break;
	case 'p':
		log_text("0x", 2);
		put_number((uint64_t)(uintptr_t)va_arg(*list, void *), 16, false, format);
		break;
	default:
		put(kind);
	}
}

void log_print_list(const char *format, va_list list)
{
	struct format one;
	va_list copy;

	va_copy(copy, list);
	for (; *format; format++) {
		if (*format != '%') {
			put(*format);
			continue;
		}
		format = read_format(format + 1, &one, &copy);
		if (!*format)
			break;
		put_one(*format, &one, &copy);
	}
	va_end(copy);
}

void log_print(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	log_print_list(format, list);
	va_end(list);
}

void panic(const char *format, ...)
{
	va_list list;

	log_print("panic: ");
	va_start(list, format);
	log_print_list(format, list);
	va_end(list);
	log_print("\n");
	arch_backtrace();
	arch_halt();
}
