/*
 * A growing text: see print.h.
 */
#define _GNU_SOURCE
#include "compiler/print.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void append(struct printer *out, const char *text, size_t size)
{
	if (size == 0)
		return;
	if (out->size + size > out->capacity) {
		out->capacity = 2 * (out->size + size) + 4096;
		char *bigger = arena_alloc(out->arena, out->capacity);
		if (out->size != 0)
			memcpy(bigger, out->text, out->size);
		out->text = bigger;
	}
	memcpy(out->text + out->size, text, size);
	out->size += size;
}

void print(struct printer *out, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	const char *text = arena_vprintf(out->arena, format, arguments);
	va_end(arguments);
	append(out, text, strlen(text));
}

static void append_line(struct printer *out, const char *text, size_t size)
{
	for (unsigned i = 0; size != 0 && i < out->indent; i++)
		append(out, "\t", 1);
	append(out, text, size);
	append(out, "\n", 1);
}

void print_line(struct printer *out, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	const char *text = arena_vprintf(out->arena, format, arguments);
	va_end(arguments);
	append_line(out, text, strlen(text));
}

static bool can_break(const char *text, size_t at)
{
	return text[at - 1] == ',' && text[at] == ' ';
}

/*
 * How much of a long line stands on the first: up to the last comma that fits,
 * or else the first comma. All of it if there is none.
 */
static size_t first_part(const char *text, size_t width)
{
	size_t size = strlen(text);
	size_t end = width;

	while (end > 0 && !can_break(text, end))
		end--;
	if (end != 0)
		return end;
	for (end = width; end < size; end++)
		if (can_break(text, end))
			return end;
	return size;
}

void print_wrapped(struct printer *out, const char *format, ...)
{
	size_t width = 84 - 8 * (size_t)out->indent;
	va_list arguments;

	va_start(arguments, format);
	const char *text = arena_vprintf(out->arena, format, arguments);
	va_end(arguments);
	while (strlen(text) > width) {
		size_t size = first_part(text, width);
		if (text[size] == '\0')
			break;
		append_line(out, text, size);
		text = arena_printf(out->arena, "\t%s", text + size + 1);
	}
	append_line(out, text, strlen(text));
}

void print_files_add(struct arena *arena, struct print_files *files,
	const struct printer *text, const char *path)
{
	if (files->count == files->capacity) {
		files->capacity = 2 * files->capacity + 16;
		struct print_file *moved = arena_alloc(arena,
			files->capacity * sizeof(*moved));
		if (files->count != 0)
			memcpy(moved, files->items, files->count * sizeof(*moved));
		files->items = moved;
	}
	files->items[files->count++] = (struct print_file){ text, path };
}

static bool has_same_text(const struct printer *out, const char *path)
{
	struct stat status;
	FILE *file = fopen(path, "rb");
	bool same = false;

	if (file == NULL)
		return false;
	if (fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode)
	    && (size_t)status.st_size == out->size) {
		char *text = arena_alloc(out->arena, out->size + 1);
		same = fread(text, 1, out->size, file) == out->size
			&& memcmp(text, out->text, out->size) == 0;
	}
	fclose(file);
	return same;
}

static int complain(const char *path)
{
	fprintf(stderr, "skald: cannot write %s: %s\n", path, strerror(errno));
	return -1;
}

/* What the file has, or else what a new one gets. */
static mode_t mode_of(const char *path)
{
	struct stat status;
	mode_t mask;

	if (stat(path, &status) == 0 && S_ISREG(status.st_mode))
		return status.st_mode & 0777;
	mask = umask(0);
	umask(mask);
	return 0666 & ~mask;
}

/* Writes it to a temporary file beside its path; NULL and errno if it cannot. */
static const char *write_beside(const struct print_file *file)
{
	const struct printer *out = file->text;
	char *temporary = arena_printf(out->arena, "%s.XXXXXX", file->path);
	int descriptor = mkstemp(temporary);

	if (descriptor < 0)
		return NULL;
	FILE *stream = fdopen(descriptor, "wb");
	bool good = stream != NULL
		&& fwrite(out->text, 1, out->size, stream) == out->size
		&& fchmod(descriptor, mode_of(file->path)) == 0;
	if (stream != NULL)
		good = fclose(stream) == 0 && good;
	if (good)
		return temporary;
	int reason = errno;
	unlink(temporary);
	errno = reason;
	return NULL;
}

/* What rename() would refuse later, when others have been renamed. */
static bool can_replace(const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
		return true;
	errno = EISDIR;
	return false;
}

static int write_all(const struct print_file *files, size_t count, const char **written)
{
	for (size_t i = 0; i < count; i++) {
		if (has_same_text(files[i].text, files[i].path))
			continue;
		if (!can_replace(files[i].path)
		    || (written[i] = write_beside(&files[i])) == NULL)
			return complain(files[i].path);
	}
	for (size_t i = 0; i < count; i++) {
		if (written[i] != NULL && rename(written[i], files[i].path) != 0)
			return complain(files[i].path);
		written[i] = NULL;
	}
	return 0;
}

int print_to_files(const struct print_file *files, size_t count)
{
	const char **written;
	int status;

	if (count == 0)
		return 0;
	written = arena_alloc(files[0].text->arena, count * sizeof(*written));
	status = write_all(files, count, written);
	for (size_t i = 0; status != 0 && i < count; i++)
		if (written[i] != NULL)
			unlink(written[i]);
	return status;
}

int print_make_folder(struct arena *arena, const char *path)
{
	char *part = arena_copy(arena, path, strlen(path));

	for (char *p = part + 1; ; p++) {
		if (*p != '/' && *p != '\0')
			continue;
		char end = *p;
		*p = '\0';
		if (mkdir(part, 0777) != 0 && errno != EEXIST) {
			fprintf(stderr, "skald: cannot make folder %s: %s\n", part,
				strerror(errno));
			return -1;
		}
		if (end == '\0')
			return 0;
		*p = end;
	}
}
