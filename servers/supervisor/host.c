/*
 * Usage: manifests [-p PROGRAM=ELF]... MANIFEST=ENCODED...
 *
 * All that an archive is to have: programs, by their paths in it, and manifests in YAML
 * with their wire bytes. Says what is wrong as `file:line: text`, and then ends with 1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "servers/supervisor/host.h"

static _Noreturn void stop(const char *path)
{
	perror(path);
	exit(2);
}

static struct bytes read_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes;
	long size;

	if (!file || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0)
		stop(path);
	rewind(file);
	bytes = malloc((size_t)size + 1);
	if (!bytes || fread(bytes, 1, (size_t)size, file) != (size_t)size)
		stop(path);
	fclose(file);
	return (struct bytes){bytes, (uint64_t)size};
}

/* Cuts it in two at its last `=`. */
static const char *behind_equals(char *argument)
{
	char *equals = strrchr(argument, '=');

	if (!equals) {
		fprintf(stderr, "manifests: %s has no =\n", argument);
		exit(2);
	}
	*equals = 0;
	return equals + 1;
}

static void add_program(struct archive *archive, char *argument)
{
	const char *path = behind_equals(argument);
	struct bytes file = read_file(path);
	struct program program = {argument, STACK_BYTES};
	struct elf elf;

	if (!elf_read(file, &elf)) {
		fprintf(stderr, "%s: it is no program\n", path);
		archive->wrong++;
	} else {
		for (uint32_t i = 0; i < elf.count; i++)
			program.bytes += elf.parts[i].writable ? elf.parts[i].size : 0;
	}
	free((void *)(uintptr_t)file.at);
	archive->programs[archive->program_count++] = program;
}

static void read_text(struct source *source)
{
	struct bytes text = read_file(source->path);
	yaml_parser_t parser;

	if (!yaml_parser_initialize(&parser))
		stop(source->path);
	yaml_parser_set_input_string(&parser, text.at, (size_t)text.size);
	if (!yaml_parser_load(&parser, &source->text)) {
		fprintf(stderr, "%s: it is no YAML\n", source->path);
		exit(2);
	}
	yaml_parser_delete(&parser);
	free((void *)(uintptr_t)text.at);
}

static void add_source(struct archive *archive, char *argument)
{
	struct source *source = &archive->sources[archive->source_count];
	const char *encoded = behind_equals(argument);
	struct objection objection;
	struct bytes wire;

	memset(source, 0, sizeof(*source));
	source->path = argument;
	read_text(source);
	/* Its strings are in it: it stays. */
	wire = read_file(encoded);
	if (manifest_read(wire, &source->manifest, &objection)) {
		archive->source_count++;
		return;
	}
	host_complain(archive, source, (struct place){objection.member, objection.item,
		NULL, -1}, "%s", objection.why);
}

int main(int argc, char **argv)
{
	struct archive archive = {0};

	archive.programs = calloc((size_t)argc, sizeof(struct program));
	archive.sources = calloc((size_t)argc, sizeof(struct source));
	if (!archive.programs || !archive.sources)
		stop("manifests");
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "-p") == 0 && i + 1 < argc)
			add_program(&archive, argv[++i]);
		else
			add_source(&archive, argv[i]);
	for (size_t i = 0; i < archive.source_count; i++)
		host_check(&archive, i);
	host_check_circles(&archive);
	return archive.wrong > 0;
}
