/*
 * What the supervisor reads and others have written: archives, ELF files, manifests.
 * Each lies in memory of just its size, so that a sanitizer sees what reads beyond.
 */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/image/archive.h"
#include "runtime/image/elf.h"
#include "servers/supervisor/manifest.h"

/* A copy that begins and ends where the memory does. */
static struct bytes exactly(const void *from, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	memcpy(copy, from, size);
	return (struct bytes){copy, size};
}

static void forget(struct bytes bytes)
{
	free((void *)(uintptr_t)bytes.at);
}

/* ---- archives ---- */

#define LONG "root/a-folder-with-a-long-name/and-another-one-in-it/and-so-on/until/it-is/" \
	"longer-than/a-hundred-bytes/file"

static struct bytes make_archive(void)
{
	static uint8_t all[20480];
	FILE *tar = popen("d=$(mktemp -d) && cd $d && mkdir -p $(dirname " LONG ") manifests && "
		"printf one >init && printf two >manifests/x && printf three >" LONG
		" && ln -s init link && tar --format=ustar -b 1 -cf - ./init manifests link root"
		" && rm -rf $d", "r");
	size_t size;

	assert_non_null(tar);
	size = fread(all, 1, sizeof(all), tar);
	assert_int_equal(pclose(tar), 0);
	return exactly(all, size);
}

static void archive_is_read(void **state)
{
	struct bytes archive = make_archive(), found;
	struct archive_file file;
	unsigned plain = 0, others = 0;

	(void)state;
	for (uint64_t at = 0; archive_next(archive, &at, &file);)
		if (file.is_plain)
			plain++;
		else
			others++;
	assert_int_equal(plain, 3);
	assert_true(others > 5);
	found = archive_find(archive, "init", 4);
	assert_int_equal(found.size, 3);
	assert_memory_equal(found.at, "one", 3);
	found = archive_find(archive, LONG, sizeof(LONG) - 1);
	assert_int_equal(found.size, 5);
	assert_null(archive_find(archive, "link", 4).at);
	assert_null(archive_find(archive, "ini", 3).at);
	assert_null(archive_find(archive, "init2", 5).at);
	forget(archive);
}

static void archive_cut_anywhere(void **state)
{
	struct bytes archive = make_archive();

	(void)state;
	for (uint64_t size = 0; size < archive.size; size += 37) {
		struct bytes cut = exactly(archive.at, size);
		struct archive_file file;

		for (uint64_t at = 0; archive_next(cut, &at, &file);)
			assert_true(file.content.at + file.content.size <= cut.at + size);
		forget(cut);
	}
	forget(archive);
}

/* ---- ELF files ---- */

struct elf_file {
	uint8_t magic[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, parts, sections;
	uint32_t flags;
	uint16_t size, part_size, part_count, rest[3];
	struct {
		uint32_t type, flags;
		uint64_t offset, address, physical, file_size, size, alignment;
	} part[3];
	uint8_t content[64];
};

static struct elf_file good_file(void)
{
	struct elf_file file = {
		.magic = "\177ELF\2\1\1", .type = 2, .machine = 62, .version = 1,
		.entry = 0x400010, .parts = 64, .part_size = 56, .part_count = 3,
		.part = {
			{1, 5, 0, 0x400000, 0, 296, 296, 4096},
			{1, 4, 232, 0x401e80, 0, 64, 64, 4096},
			{1, 6, 232, 0x402010, 0, 64, 100000, 4096},
		},
	};

	return file;
}

static bool reads(const struct elf_file *file, struct elf *elf)
{
	struct bytes bytes = exactly(file, sizeof(*file));
	bool is_good = elf_read(bytes, elf);
	uint64_t end = 0;

	for (uint32_t i = 0; is_good && i < elf->count; i++) {
		const struct elf_part *part = &elf->parts[i];
		uint8_t sum = 0;

		assert_true(part->address >= end && part->size > 0);
		assert_true(part->offset + part->content.size <= part->size);
		assert_false(part->writable && part->executable);
		for (uint64_t k = 0; k < part->content.size; k++)
			sum = (uint8_t)(sum + part->content.at[k]);
		(void)sum;
		end = part->address + part->size;
	}
	forget(bytes);
	return is_good;
}

static void elf_is_read(void **state)
{
	struct elf_file file = good_file();
	struct elf elf;

	(void)state;
	assert_true(reads(&file, &elf));
	assert_int_equal(elf.count, 3);
	assert_int_equal(elf.entry, 0x400010);
	assert_int_equal(elf.parts[2].address, 0x402000);
	assert_int_equal(elf.parts[2].offset, 0x10);
	assert_int_equal(elf.parts[2].size, 0x19000);
	assert_true(elf.parts[2].writable && elf.parts[0].executable);
}

static void elf_is_refused(void **state)
{
	struct elf_file file;
	struct elf elf;

	(void)state;
#define REFUSED(change) \
	file = good_file(); \
	change; \
	assert_false(reads(&file, &elf))
	REFUSED(file.magic[0] = 0);
	REFUSED(file.magic[4] = 1);
	REFUSED(file.type = 3);
	REFUSED(file.machine = 3);
	REFUSED(file.part_count = 30000);
	REFUSED(file.parts = UINT64_MAX - 8);
	REFUSED(file.part_size = 55);
	REFUSED(file.entry = 0x402010);
	REFUSED(file.entry = 0);
	REFUSED(file.part[0].flags = 7);
	REFUSED(file.part[0].flags = 1);
	REFUSED(file.part[0].offset = sizeof(file));
	REFUSED(file.part[0].offset = UINT64_MAX);
	REFUSED(file.part[0].file_size = UINT64_MAX);
	REFUSED(file.part[0].file_size = 297);
	REFUSED(file.part[2].size = UINT64_MAX);
	REFUSED(file.part[2].size = 63);
	REFUSED(file.part[2].address = 0x1000);
	REFUSED(file.part[2].address = UINT64_MAX - 100);
	REFUSED(file.part[2].address = 0x401ff0);
	REFUSED(file.part[1].address = 0x400f00);
	REFUSED(file.part[1].address = 0x403000);
}

static void elf_with_any_byte_changed(void **state)
{
	struct elf elf;

	(void)state;
	for (size_t at = 0; at < sizeof(struct elf_file); at++)
		for (unsigned value = 0; value < 256; value += 51) {
			struct elf_file file = good_file();

			((uint8_t *)&file)[at] = (uint8_t)value;
			reads(&file, &elf);
		}
	for (size_t size = 0; size < sizeof(struct elf_file); size++) {
		struct elf_file file = good_file();
		struct bytes cut = exactly(&file, size);

		assert_false(elf_read(cut, &elf));
		forget(cut);
	}
}

/* ---- manifests ---- */

#define TEXT(text) {text, sizeof(text) - 1}

static struct sk_string names[] = {TEXT("READ"), TEXT(""), TEXT("WRITE")};
static struct svrctl_Served served = {
	.service = TEXT("files"), .interface_name = TEXT("fs.FileSystem"),
	.rights = {.items = names, .count = 3},
};
static struct svrctl_Used used = {
	.service = TEXT("disk"), .interface_name = TEXT("block.Disk"),
	.rights = {.items = names, .count = 1},
};

static struct svrctl_Manifest good_manifest(void)
{
	struct svrctl_Manifest manifest;

	svrctl_Manifest_init(&manifest);
	manifest.name = (svrctl_Name)TEXT("files");
	manifest.program = (struct sk_string)TEXT("servers/files");
	manifest.has_serves = manifest.has_uses = true;
	manifest.serves = (struct svrctl_Served_list){.items = &served, .count = 1};
	manifest.uses = (struct svrctl_Used_list){.items = &used, .count = 1};
	return manifest;
}

/* Into memory that stays until the end. */
static bool reads_manifest(const struct svrctl_Manifest *from, struct manifest *to)
{
	static uint8_t bytes[32][65536];
	static unsigned next;
	uint8_t *at = bytes[next++ % 32];
	struct objection objection;
	int size = svrctl_Manifest_encode(from, at, sizeof(bytes[0]));
	bool is_good;

	assert_true(size > 0);
	is_good = manifest_read((struct bytes){at, (uint64_t)size}, to, &objection);
	assert_true(is_good == (objection.why == NULL));
	return is_good;
}

static void manifest_is_read(void **state)
{
	struct svrctl_Manifest from = good_manifest();
	static struct manifest manifest;
	uint16_t rights;

	(void)state;
	assert_true(reads_manifest(&from, &manifest));
	assert_string_equal(manifest.name, "files");
	assert_int_equal(manifest.served_count, 1);
	assert_int_equal(manifest.used_count, 1);
	assert_int_equal(manifest.head.budget.bytes, BUDGET_DEFAULT);
	used.rights.count = 3;
	assert_false(manifest_rights(&manifest.served[0], &used, &rights));
	used.rights.count = 0;
	assert_true(manifest_rights(&manifest.served[0], &used, &rights));
	assert_int_equal(rights, UINT16_MAX);
	used.rights = (struct svrctl_Used_rights_list){.items = &names[2], .count = 1};
	from.uses.items = &used;
	assert_true(reads_manifest(&from, &manifest));
	assert_true(manifest_rights(&manifest.served[0], &manifest.used[0], &rights));
	assert_int_equal(rights, 4);
	used.rights = (struct svrctl_Used_rights_list){.items = names, .count = 1};
}

static void manifest_is_refused(void **state)
{
	static struct manifest manifest;
	static struct svrctl_Served twice[2];
	struct svrctl_Want want = {.which = svrctl_Want_ports};
	struct svrctl_Manifest from;
	struct objection objection;

	(void)state;
#undef REFUSED
#define REFUSED(change) \
	from = good_manifest(); \
	change; \
	assert_false(reads_manifest(&from, &manifest))
	REFUSED(from.name.size = 0);
	REFUSED(from.name = (svrctl_Name)TEXT("a b"));
	REFUSED(from.name = (svrctl_Name)TEXT("a\n"));
	REFUSED(from.program.size = 0);
	REFUSED(from.priority = 0);
	REFUSED(from.priority = PRIORITY_HIGHEST + 1);
	REFUSED(from.has_budget = true; from.budget.threads = 0);
	REFUSED(from.has_health = true; from.health.deadline = 0);
	REFUSED(from.has_restart = true; from.restart.policy = 3);
	REFUSED(from.has_restart = true; from.restart.back_off = 10001);
	REFUSED(from.grants = 1);
	REFUSED(from.has_budget = true; from.budget.spaces = 1);
	REFUSED(from.per_device = true);
	REFUSED(served.service = (svrctl_Name)TEXT("supervisor"));
	served.service = (svrctl_Name)TEXT("files");
	twice[0] = twice[1] = served;
	REFUSED(from.serves.items = twice; from.serves.count = 2);
	REFUSED(used.service = served.service);
	used.service = (svrctl_Name)TEXT("disk");
	from.has_hardware = true;
	want.as.ports.first = 0xfff8;
	want.as.ports.count = 9;
	REFUSED(from.has_hardware = true; from.hardware.items = &want; from.hardware.count = 1);
	want = (struct svrctl_Want){.which = svrctl_Want_memory};
	want.as.memory.address = UINT64_MAX - 0xfff;
	want.as.memory.length = 0x2000;
	REFUSED(from.has_hardware = true; from.hardware.items = &want; from.hardware.count = 1);
	assert_false(manifest_read((struct bytes){NULL, 0}, &manifest, &objection));
}

static void manifest_of_several(void **state)
{
	static const char long_name[] =
		"a234567890123456789012345678901234567890123456789012345678901234";
	static struct manifest manifest;
	struct svrctl_Manifest from = good_manifest();

	(void)state;
	assert_true(reads_manifest(&from, &manifest));
	assert_true(manifest_number(&manifest, 120));
	assert_string_equal(manifest.name, "files.120");
	assert_true(is_text(manifest.head.name, "files.120"));
	assert_true(is_text(manifest.served[0].service, "files.120"));
	assert_true(is_text(manifest.used[0].service, "disk"));
	from.name = (svrctl_Name){long_name, 62};
	assert_true(reads_manifest(&from, &manifest));
	assert_true(manifest_number(&manifest, 9));
	assert_true(reads_manifest(&from, &manifest));
	assert_false(manifest_number(&manifest, 10));
}

static void manifest_within(void **state)
{
	static struct manifest outer, inner;
	struct svrctl_Manifest from = good_manifest();

	(void)state;
	from.grants = svrctl_Grants_INITRD;
	assert_true(reads_manifest(&from, &outer));
#define WITHIN(change, is) \
	from = good_manifest(); \
	change; \
	assert_true(reads_manifest(&from, &inner)); \
	assert_int_equal(manifest_is_within(&inner, &outer), is)
	WITHIN((void)0, true);
	WITHIN(from.has_uses = false, true);
	WITHIN(from.grants = svrctl_Grants_INITRD, true);
	WITHIN(from.grants = svrctl_Grants_SYSTEM, false);
	WITHIN(from.priority++, false);
	WITHIN(from.has_budget = true; from.budget.bytes = BUDGET_DEFAULT + 1, false);
	WITHIN(used.rights.count = 0, false);
	WITHIN(used.rights.count = 3, false);
	used.rights.count = 1;
	WITHIN(used.service = (svrctl_Name)TEXT("other"), false);
	used.service = (svrctl_Name)TEXT("disk");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(archive_is_read),
		cmocka_unit_test(archive_cut_anywhere),
		cmocka_unit_test(elf_is_read),
		cmocka_unit_test(elf_is_refused),
		cmocka_unit_test(elf_with_any_byte_changed),
		cmocka_unit_test(manifest_is_read),
		cmocka_unit_test(manifest_is_refused),
		cmocka_unit_test(manifest_of_several),
		cmocka_unit_test(manifest_within),
	};

	return cmocka_run_group_tests_name("supervisor", tests, NULL, NULL);
}
