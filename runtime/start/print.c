/* Text on the kernel's log. */
#include "kernel.skald.h"
#include "runtime/start/start.h"
#include "runtime/start/string.h"

#define PRINT_MAX 400

struct text {
	char *to;
	size_t size;
	size_t capacity;
};

static void put(struct text *text, char c)
{
	if (text->size < text->capacity)
		text->to[text->size++] = c;
}

static void put_text(struct text *text, const char *from, unsigned width)
{
	size_t size = strlen(from);

	while (*from)
		put(text, *from++);
	for (; size < width; size++)
		put(text, ' ');
}

static void put_number(struct text *text, uint64_t number, unsigned base, bool negative,
	unsigned width, char pad)
{
	char digits[24];
	unsigned count = 0;

	do {
		digits[count++] = "0123456789abcdef"[number % base];
		number /= base;
	} while (number != 0);
	if (negative && pad == '0')
		put(text, '-');
	else if (negative)
		digits[count++] = '-';
	for (unsigned i = count; i < width; i++)
		put(text, pad);
	while (count != 0)
		put(text, digits[--count]);
}

/* One conversion; returns what follows it. */
static const char *put_one(struct text *text, const char *format, va_list *list)
{
	char pad = ' ';
	unsigned width = 0;
	bool is_long = false;
	int64_t number;

	if (*format == '-')
		format++;
	if (*format == '0')
		pad = *format++;
	for (; *format >= '0' && *format <= '9'; format++)
		width = width * 10 + (unsigned)(*format - '0');
	for (; *format == 'l' || *format == 'z'; format++)
		is_long = true;
	switch (*format) {
	case 's':
		put_text(text, va_arg(*list, const char *), width);
		break;
	case 'c':
		put(text, (char)va_arg(*list, int));
		break;
	case 'd':
		number = is_long ? va_arg(*list, long) : va_arg(*list, int);
		put_number(text, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, 10,
			number < 0, width, pad);
		break;
	case 'u':
	case 'x':
		put_number(text, is_long ? va_arg(*list, unsigned long) :
			va_arg(*list, unsigned), *format == 'x' ? 16 : 10, false, width,
			pad);
		break;
	case 'p':
		put_number(text, (uintptr_t)va_arg(*list, void *), 16, false, width, pad);
		break;
	default:
		put(text, *format);
	}
	return *format ? format + 1 : format;
}

size_t sk_format(char *to, size_t capacity, const char *format, va_list list)
{
	struct text text = {to, 0, capacity};
	va_list copy;

	va_copy(copy, list);
	while (*format) {
		if (*format == '%')
			format = put_one(&text, format + 1, &copy);
		else
			put(&text, *format++);
	}
	va_end(copy);
	return text.size;
}

void sk_print(struct sk_thread *thread, const char *format, ...)
{
	struct kernel_System_log_request request;
	struct kernel_System_log_reply reply;
	char buffer[PRINT_MAX];
	va_list list;

	if (thread->system.number == 0)
		return;
	va_start(list, format);
	request.text.size = (uint32_t)sk_format(buffer, sizeof(buffer), format, list);
	va_end(list);
	request.text.data = buffer;
	kernel_System_log(&thread->system.channel, &request, &reply, NULL);
}
