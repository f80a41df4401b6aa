/* ELF headers, lines of scripts, and the first stack of a program. */
#include "servers/posix/binary.h"

#include <string.h>

#define PAGE UINT64_C(4096)
#define NOT_A_PROGRAM 8				/* ENOEXEC */
#define END UINT64_C(0x7ffe00000000)

enum { LOAD = 1, INTERPRETER = 3, HEADERS = 6 };
enum { AT_PLATFORM = 15, AT_RANDOM = 25, AT_EXECFN = 31 };

struct elf_header {
	uint8_t magic[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, parts, sections;
	uint32_t flags;
	uint16_t size, part_size, part_count, rest[3];
};

struct elf_part {
	uint32_t type, flags;		/* 1 execute, 2 write, 4 read */
	uint64_t offset, address, physical, file_size, size, alignment;
};

static bool add_part(struct binary *binary, const struct elf_part *from)
{
	struct binary_part *part = &binary->parts[binary->count];

	if (from->size == 0)
		return true;
	if (binary->count == BINARY_PARTS || from->file_size > from->size ||
			from->address > END || from->size > END - from->address ||
			from->offset > UINT64_MAX / 2 || from->file_size > UINT64_MAX / 4 ||
			(from->address - from->offset) % PAGE != 0 ||
			(binary->count > 0 && from->address / PAGE * PAGE < binary->high))
		return false;
	*part = (struct binary_part){
		.address = from->address, .file_size = from->file_size, .size = from->size,
		.offset = from->offset, .readable = from->flags & 4,
		.writable = from->flags & 2, .executable = from->flags & 1,
	};
	if (binary->count++ == 0)
		binary->low = from->address / PAGE * PAGE;
	binary->high = (from->address + from->size + PAGE - 1) / PAGE * PAGE;
	return true;
}

/* The headers themselves are in memory where a part has them. */
static void find_headers(struct binary *binary, uint64_t offset)
{
	for (uint32_t i = 0; i < binary->count; i++) {
		const struct binary_part *part = &binary->parts[i];

		if (offset >= part->offset && offset < part->offset + part->file_size)
			binary->headers = offset - part->offset + part->address;
	}
}

/* The first one that is named counts; its name lies in the beginning too, with its end. */
static bool take_interpreter(struct binary *binary, const struct elf_part *part,
	const uint8_t *head, size_t size)
{
	if (binary->interpreter_size > 0)
		return true;
	binary->interpreter = part->offset;
	binary->interpreter_size = part->file_size;
	if (binary->interpreter > size || binary->interpreter_size > size - binary->interpreter ||
			binary->interpreter_size < 2)
		return false;
	return head[binary->interpreter + binary->interpreter_size - 1] == 0;
}

int binary_read(const uint8_t *head, size_t size, struct binary *binary)
{
	static const uint8_t magic[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
	struct elf_header header;
	struct elf_part part;

	memset(binary, 0, sizeof(*binary));
	if (size < sizeof(header))
		return NOT_A_PROGRAM;
	memcpy(&header, head, sizeof(header));
	if (memcmp(header.magic, magic, sizeof(magic)) != 0 || header.machine != 62 ||
			(header.type != 2 && header.type != 3) ||
			header.part_size != sizeof(part) || header.part_count == 0 ||
			header.parts > size ||
			header.part_count > (size - header.parts) / sizeof(part))
		return NOT_A_PROGRAM;
	binary->is_relative = header.type == 3;
	binary->entry = header.entry;
	binary->header_count = header.part_count;
	for (uint32_t i = 0; i < header.part_count; i++) {
		memcpy(&part, head + header.parts + i * sizeof(part), sizeof(part));
		if (part.type == LOAD && !add_part(binary, &part))
			return NOT_A_PROGRAM;
		if (part.type == INTERPRETER && !take_interpreter(binary, &part, head, size))
			return NOT_A_PROGRAM;
	}
	find_headers(binary, header.parts);
	return binary->count > 0 ? 0 : NOT_A_PROGRAM;
}

/* ---- scripts ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool binary_script(const uint8_t *head, size_t size, struct binary_text *interpreter,
	struct binary_text *argument)
{
	const char *at = (const char *)head + 2, *end = (const char *)head +
		(size < 256 ? size : 256), *line = at;

	interpreter->size = argument->size = 0;
	if (size < 3 || head[0] != '#' || head[1] != '!')
		return false;
	while (line < end && *line != '\n' && *line != 0)
		line++;
	end = line;
	while (at < end && is_blank(*at))
		at++;
	while (end > at && is_blank(end[-1]))
		end--;
	interpreter->at = at;
	while (at < end && !is_blank(*at))
		at++;
	interpreter->size = (size_t)(at - interpreter->at);
	while (at < end && is_blank(*at))
		at++;
	argument->at = at;
	argument->size = (size_t)(end - at);
	return true;
}

/* ---- the stack ---- */

static const char platform[] = "x86_64";

uint64_t binary_stack_size(const struct binary_stack *stack)
{
	return stack->string_bytes + strlen(stack->file_name) + 1 + sizeof(platform) + 16 + 64 +
		8 * ((uint64_t)stack->argument_count + stack->environment_count + 3) +
		16 * ((uint64_t)stack->auxiliary_count + 4);
}

static uint64_t put(uint8_t *buffer, uint64_t at, uint64_t value)
{
	memcpy(buffer + at, &value, 8);
	return at + 8;
}

/* Pointers to so many strings, and 0. */
static uint64_t put_pointers(uint8_t *buffer, uint64_t at, const char **string,
	const char *end, uint32_t count, uint64_t *address)
{
	for (; count > 0 && *string < end; count--) {
		size_t size = strlen(*string) + 1;

		at = put(buffer, at, *address);
		*string += size;
		*address += size;
	}
	return put(buffer, at, 0);
}

static uint64_t put_auxiliary(uint8_t *buffer, uint64_t at, uint64_t type, uint64_t value)
{
	return put(buffer, put(buffer, at, type), value);
}

uint64_t binary_stack_write(struct binary_stack *stack, uint8_t *buffer, uint64_t size,
	uint64_t top)
{
	const uint64_t name_size = strlen(stack->file_name) + 1, base = top - size;
	const uint64_t name = size - 8 - name_size, strings = name - stack->string_bytes;
	const uint64_t kind = (strings & ~UINT64_C(15)) - 16, random = kind - 16;
	const uint64_t words = 3 + (uint64_t)stack->argument_count + stack->environment_count +
		2 * ((uint64_t)stack->auxiliary_count + 4);
	const uint64_t pointer = (random - 8 * words) & ~UINT64_C(15);
	const char *string = stack->strings, *end = string + stack->string_bytes;
	uint64_t at, address = base + strings;

	memcpy(buffer + name, stack->file_name, name_size);
	memcpy(buffer + strings, stack->strings, stack->string_bytes);
	memcpy(buffer + kind, platform, sizeof(platform));
	memcpy(buffer + random, stack->random, 16);
	stack->arguments = address;
	stack->arguments_end = address + stack->argument_bytes;
	stack->environment_end = base + name;
	at = put(buffer, pointer, stack->argument_count);
	at = put_pointers(buffer, at, &string, end, stack->argument_count, &address);
	at = put_pointers(buffer, at, &string, end, stack->environment_count, &address);
	for (uint32_t i = 0; i < stack->auxiliary_count; i++)
		at = put_auxiliary(buffer, at, stack->auxiliary[i].type,
			stack->auxiliary[i].value);
	at = put_auxiliary(buffer, at, AT_RANDOM, base + random);
	at = put_auxiliary(buffer, at, AT_EXECFN, base + name);
	at = put_auxiliary(buffer, at, AT_PLATFORM, base + kind);
	put_auxiliary(buffer, at, 0, 0);
	return base + pointer;
}
