/*
 * Programs as posix reads them (servers/posix/binary.c): any bytes as the beginning of an ELF file
 * or a script, and as arguments on a first stack. What comes out is held against what the header
 * promises whoever maps it.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/compiler/target.h"
#include "servers/posix/binary.h"

#define PAGE UINT64_C(4096)
#define END UINT64_C(0x7ffe00000000)
#define STRINGS_MAX 300

#define MUST(condition) do { \
	if (!(condition)) \
		compiler_found("%s", #condition); \
} while (0)

static uint64_t up(uint64_t address)
{
	return (address + PAGE - 1) / PAGE * PAGE;
}

static void check_binary(const struct binary *binary, const uint8_t *head, size_t size)
{
	uint64_t before = 0;
	bool has_headers = binary->headers == 0;

	MUST(binary->count > 0 && binary->count <= BINARY_PARTS);
	MUST(binary->low == binary->parts[0].address / PAGE * PAGE);
	for (uint32_t i = 0; i < binary->count; i++) {
		const struct binary_part *part = &binary->parts[i];

		MUST(part->size > 0 && part->file_size <= part->size);
		MUST(part->address <= END && part->size <= END - part->address);
		MUST(part->address % PAGE == part->offset % PAGE);
		MUST(part->offset + part->file_size >= part->offset);
		MUST(part->address / PAGE * PAGE >= before);
		before = up(part->address + part->size);
		has_headers |= binary->headers >= part->address &&
			binary->headers < part->address + part->file_size;
	}
	MUST(binary->high == before);
	MUST(has_headers);
	if (binary->interpreter_size == 0)
		return;
	MUST(binary->interpreter <= size && binary->interpreter_size <=
		size - binary->interpreter);
	MUST(memchr(head + binary->interpreter, 0, binary->interpreter_size) != NULL);
}

static bool is_inside(const struct binary_text *text, const uint8_t *head, size_t size)
{
	const char *begin = (const char *)head;
	const size_t line = size < 256 ? size : 256;

	return text->at >= begin + 2 && text->at <= begin + line &&
		text->size <= (size_t)(begin + line - text->at) &&
		!memchr(text->at, 0, text->size) && !memchr(text->at, '\n', text->size);
}

static void check_script(const uint8_t *head, size_t size)
{
	struct binary_text interpreter, argument;

	if (!binary_script(head, size, &interpreter, &argument)) {
		MUST(size < 3 || head[0] != '#' || head[1] != '!');
		return;
	}
	MUST(is_inside(&interpreter, head, size) && is_inside(&argument, head, size));
	MUST(!memchr(interpreter.at, ' ', interpreter.size) &&
		!memchr(interpreter.at, '\t', interpreter.size));
	MUST(interpreter.size > 0 || argument.size == 0);
	MUST(argument.size == 0 || (argument.at > interpreter.at + interpreter.size &&
		argument.at[0] != ' ' && argument.at[argument.size - 1] != ' '));
}

/* ---- stacks ---- */

static uint64_t word(const uint8_t *buffer, uint64_t size, uint64_t base, uint64_t at)
{
	uint64_t value;

	MUST(at >= base && at - base <= size - 8);
	memcpy(&value, buffer + (at - base), 8);
	return value;
}

/* So many pointers to the strings in turn, and 0: where that ends. */
static uint64_t check_pointers(const uint8_t *buffer, uint64_t size, uint64_t base, uint64_t at,
	const char **string, uint32_t count)
{
	for (; count > 0; count--, at += 8) {
		const uint64_t pointer = word(buffer, size, base, at);
		const size_t length = strlen(*string) + 1;

		MUST(pointer >= base && pointer - base <= size - length);
		MUST(memcmp(buffer + (pointer - base), *string, length) == 0);
		*string += length;
	}
	MUST(word(buffer, size, base, at) == 0);
	return at + 8;
}

static void check_stack(const char *strings, size_t bytes, uint32_t count, uint32_t arguments)
{
	static const struct binary_auxiliary auxiliary[] = {{6, 4096}, {9, 1}};
	struct binary_stack stack = {
		.strings = strings, .string_bytes = bytes, .argument_count = arguments,
		.environment_count = count - arguments, .file_name = "/bin/name",
		.auxiliary = auxiliary, .auxiliary_count = 2,
	};
	const uint64_t size = up(binary_stack_size(&stack));
	uint8_t *buffer = malloc(size);
	const char *string = strings;
	uint64_t at, pointer;

	if (buffer == NULL)
		abort();
	pointer = binary_stack_write(&stack, buffer, size, END);
	MUST(pointer % 16 == 0 && pointer >= END - size && pointer < END);
	MUST(word(buffer, size, END - size, pointer) == arguments);
	at = check_pointers(buffer, size, END - size, pointer + 8, &string, arguments);
	at = check_pointers(buffer, size, END - size, at, &string, count - arguments);
	for (uint32_t i = 0; i < 2; i++, at += 16)
		MUST(word(buffer, size, END - size, at) == auxiliary[i].type &&
			word(buffer, size, END - size, at + 8) == auxiliary[i].value);
	MUST(stack.environment_end < END && stack.arguments < stack.environment_end + 1);
	free(buffer);
}

/* The bytes as strings, each with its NUL; the last one is given its own. */
static void run_stack(const uint8_t *data, size_t size)
{
	char *strings = malloc(size + 1);
	uint32_t count = 0;
	size_t end = 0;

	if (strings == NULL)
		abort();
	if (size > 0)
		memcpy(strings, data, size);
	strings[size] = 0;
	while (end <= size && count < STRINGS_MAX) {
		end += strlen(strings + end) + 1;
		count++;
	}
	check_stack(strings, end, count, size > 0 ? data[0] % (count + 1) : count);
	free(strings);
}

static void run(const uint8_t *data, size_t size)
{
	/* As large as it is, for the sanitizer; posix has no more than this at once. */
	const size_t seen = size < BINARY_HEAD ? size : BINARY_HEAD;
	uint8_t *head = malloc(seen + (seen == 0));
	struct binary binary;
	int error;

	if (head == NULL)
		abort();
	if (seen > 0)
		memcpy(head, data, seen);
	error = binary_read(head, seen, &binary);
	MUST(error == 0 || error == 8);
	if (error == 0)
		check_binary(&binary, head, seen);
	check_script(head, seen);
	run_stack(data, seen);
	free(head);
}

static const char *const words[] = {"\x7f" "ELF\2\1\1", "#!/bin/sh", "#! ", "/lib64/ld.so", NULL};

const struct compiler_target compiler_target = {"posix", run, false, words};
