/*
 * Programs' files and first stacks, as formats: System V ABI (AMD64 supplement, 3.4.1
 * "Initial Stack and Register State"; gABI 4 and 5, ELF), auxiliary vector as in
 * getauxval(3). No calls, so that it runs on the host too.
 */
#ifndef SERVERS_POSIX_BINARY_H
#define SERVERS_POSIX_BINARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BINARY_PARTS 16
/* Bytes at the beginning of a file that have its headers. */
#define BINARY_HEAD 4096

struct binary_part {
	uint64_t address, file_size, size, offset;
	bool readable, writable, executable;
};

struct binary {
	uint64_t entry;
	uint64_t headers;		/* where program headers lie in memory; 0: nowhere */
	uint32_t header_count;
	uint32_t count;
	struct binary_part parts[BINARY_PARTS];	/* ascending */
	uint64_t interpreter, interpreter_size;	/* in `head`, with a NUL; 0: none */
	bool is_relative;		/* addresses count from where it is loaded */
	uint64_t low, high;		/* of its parts, in pages */
};

/* From a file's beginning. 0, or ENOEXEC as a number of errno. */
int binary_read(const uint8_t *head, size_t size, struct binary *binary);

/*
 * The line of a script (#!): the interpreter's path and at most one argument, as places in
 * `head`. False: it is none; sizes 0: it has no interpreter.
 */
struct binary_text {
	const char *at;
	size_t size;
};
bool binary_script(const uint8_t *head, size_t size, struct binary_text *interpreter,
	struct binary_text *argument);

struct binary_auxiliary {
	uint64_t type, value;
};

/* What a stack begins with. */
struct binary_stack {
	const char *strings;		/* arguments, then environment, each with its NUL */
	uint64_t string_bytes;
	uint64_t argument_bytes;	/* of these */
	uint32_t argument_count, environment_count;
	const char *file_name;
	uint8_t random[16];
	/* AT_RANDOM, AT_EXECFN, AT_PLATFORM and AT_NULL are added. */
	const struct binary_auxiliary *auxiliary;
	uint32_t auxiliary_count;
	/* Out: where things lie. */
	uint64_t arguments, arguments_end, environment_end;
};

/* Bytes that it takes at most. */
uint64_t binary_stack_size(const struct binary_stack *stack);
/* Writes it into the end of `buffer`, whose end will lie at `top`: the stack pointer. */
uint64_t binary_stack_write(struct binary_stack *stack, uint8_t *buffer, uint64_t size,
	uint64_t top);

#endif
