/* Programs' headers, lines of scripts, and first stacks (servers/posix/binary.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <elf.h>

#include "servers/posix/binary.h"

struct image {
	Elf64_Ehdr header;
	Elf64_Phdr parts[4];
	char interpreter[16];
};

static struct image image_of(uint16_t type)
{
	struct image image = {
		.header = {.e_ident = {0x7f, 'E', 'L', 'F', 2, 1, 1}, .e_type = type,
			.e_machine = EM_X86_64, .e_version = 1, .e_entry = 0x1040,
			.e_phoff = sizeof(Elf64_Ehdr), .e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 4},
		.parts = {
			{.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_filesz = 0x1800,
				.p_memsz = 0x1800},
			{.p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_offset = 0x1e00,
				.p_vaddr = 0x2e00, .p_filesz = 0x300, .p_memsz = 0x5000},
			{.p_type = PT_INTERP, .p_offset = offsetof(struct image, interpreter),
				.p_filesz = 13},
			{.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W},
		},
		.interpreter = "/lib64/ld.so",
	};

	return image;
}

static int read_image(const struct image *image, struct binary *binary)
{
	return binary_read((const uint8_t *)image, sizeof(*image), binary);
}

static void reads_parts(void **state)
{
	struct image image = image_of(ET_DYN);
	struct binary binary;

	(void)state;
	assert_int_equal(read_image(&image, &binary), 0);
	assert_int_equal(binary.count, 2);
	assert_true(binary.is_relative);
	assert_int_equal(binary.headers, sizeof(Elf64_Ehdr));
	assert_int_equal(binary.low, 0);
	assert_int_equal(binary.high, 0x8000);
	assert_int_equal(binary.parts[1].size, 0x5000);
	assert_true(binary.parts[1].writable && !binary.parts[1].executable);
	assert_int_equal(binary.interpreter_size, 13);
	image = image_of(ET_EXEC);
	assert_int_equal(read_image(&image, &binary), 0);
	assert_false(binary.is_relative);
}

/* Its name is read where it lies, so it lies in what was read, with its end. */
static void refuses_interpreters_elsewhere(void **state)
{
	static const struct { uint64_t offset, size; } wrong[] = {
		{UINT64_MAX - 9, 20}, {sizeof(struct image), 2}, {sizeof(struct image) - 1, 2},
		{0, UINT64_MAX}, {offsetof(struct image, interpreter), 1},
		{offsetof(struct image, interpreter), 12},
	};
	struct binary binary;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct image image = image_of(ET_DYN);

		image.parts[2].p_offset = wrong[i].offset;
		image.parts[2].p_filesz = wrong[i].size;
		assert_int_not_equal(read_image(&image, &binary), 0);
	}
}

static void refuses_nonsense(void **state)
{
	struct binary binary;
	struct image image;

	(void)state;
#define REFUSED(change) do { \
		image = image_of(ET_DYN); \
		change; \
		assert_int_not_equal(read_image(&image, &binary), 0); \
	} while (0)
	REFUSED(image.header.e_ident[0] = 0);
	REFUSED(image.header.e_machine = EM_386);
	REFUSED(image.header.e_type = ET_REL);
	REFUSED(image.header.e_phnum = 0);
	REFUSED(image.header.e_phnum = 200);
	REFUSED(image.header.e_phoff = UINT64_MAX - 8);
	REFUSED(image.parts[1].p_filesz = 0x6000);
	REFUSED(image.parts[1].p_vaddr = 0x1e00 - 0x1000);
	REFUSED(image.parts[1].p_vaddr = UINT64_MAX - 0x1ff);
	REFUSED(image.parts[1].p_memsz = UINT64_MAX);
	REFUSED(image.parts[1].p_offset = 0x1e01);
	assert_int_not_equal(binary_read((const uint8_t *)"\177ELF", 4, &binary), 0);
}

static void check_script(const char *text, const char *interpreter, const char *argument)
{
	struct binary_text a, b;

	assert_true(binary_script((const uint8_t *)text, strlen(text), &a, &b));
	assert_int_equal(a.size, strlen(interpreter));
	assert_memory_equal(a.at, interpreter, a.size);
	assert_int_equal(b.size, strlen(argument));
	assert_memory_equal(b.at, argument, b.size);
}

static void reads_scripts(void **state)
{
	struct binary_text a, b;

	(void)state;
	check_script("#!/bin/sh\necho", "/bin/sh", "");
	check_script("#! /usr/bin/env  perl -w \n", "/usr/bin/env", "perl -w");
	check_script("#!/bin/sh", "/bin/sh", "");
	check_script("#!  \n", "", "");
	assert_false(binary_script((const uint8_t *)"#x/bin/sh", 9, &a, &b));
}

static uint64_t word(const uint8_t *buffer, uint64_t at)
{
	uint64_t value;

	memcpy(&value, buffer + at, 8);
	return value;
}

static void writes_stacks(void **state)
{
	static const struct binary_auxiliary auxiliary[] = {{6, 4096}};
	static const char strings[] = "ls\0-l\0HOME=/root";
	struct binary_stack stack = {
		.strings = strings, .string_bytes = sizeof(strings), .argument_bytes = 6,
		.argument_count = 2, .environment_count = 1, .file_name = "/bin/ls",
		.random = {1, 2, 3}, .auxiliary = auxiliary, .auxiliary_count = 1,
	};
	const uint64_t size = (binary_stack_size(&stack) + 4095) / 4096 * 4096;
	const uint64_t top = 0x7ffe00000000, base = top - size;
	uint8_t *buffer = calloc(1, size);
	uint64_t at, pointer;

	(void)state;
	assert_non_null(buffer);
	pointer = binary_stack_write(&stack, buffer, size, top);
	at = pointer - base;
	assert_int_equal(pointer % 16, 0);
	assert_int_equal(word(buffer, at), 2);
	assert_string_equal((char *)buffer + (word(buffer, at + 8) - base), "ls");
	assert_string_equal((char *)buffer + (word(buffer, at + 16) - base), "-l");
	assert_int_equal(word(buffer, at + 24), 0);
	assert_string_equal((char *)buffer + (word(buffer, at + 32) - base), "HOME=/root");
	assert_int_equal(word(buffer, at + 40), 0);
	assert_int_equal(word(buffer, at + 48), AT_PAGESZ);
	assert_int_equal(word(buffer, at + 56), 4096);
	assert_int_equal(word(buffer, at + 64), AT_RANDOM);
	assert_memory_equal(buffer + (word(buffer, at + 72) - base), stack.random, 16);
	assert_int_equal(word(buffer, at + 80), AT_EXECFN);
	assert_string_equal((char *)buffer + (word(buffer, at + 88) - base), "/bin/ls");
	assert_int_equal(word(buffer, at + 96), AT_PLATFORM);
	assert_string_equal((char *)buffer + (word(buffer, at + 104) - base), "x86_64");
	assert_int_equal(word(buffer, at + 112), AT_NULL);
	assert_int_equal(stack.arguments_end - stack.arguments, 6);
	assert_int_equal(word(buffer, size - 8), 0);
	free(buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_parts),
		cmocka_unit_test(refuses_interpreters_elsewhere),
		cmocka_unit_test(refuses_nonsense),
		cmocka_unit_test(reads_scripts),
		cmocka_unit_test(writes_stacks),
	};

	return cmocka_run_group_tests_name("binary", tests, NULL, NULL);
}
