/*
 * Places and paths as the Language Server Protocol has them (version 3.17,
 * "Text Documents" and "URI").
 */
#include <ctype.h>
#include <string.h>

#include "compiler/lsp.h"

/* UTF-16 units of the character there, and its bytes. */
static uint32_t units_at(const char *text, size_t size, size_t *bytes)
{
	uint32_t point;

	*bytes = value_utf8_read(text, size, &point);
	if (*bytes == 0) {
		*bytes = 1;
		return 1;
	}
	return point > 0xffff ? 2 : 1;
}

struct lsp_place lsp_place(const struct source *source, uint32_t offset)
{
	struct lsp_place place = { 0, 0 };
	uint32_t low = 0, high = source->lines, middle;
	size_t at, bytes;

	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (source->line_starts[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	place.line = low;
	for (at = source->line_starts[low]; at < offset; at += bytes)
		place.character += units_at(source->text + at,
			source->size - at, &bytes);
	return place;
}

uint32_t lsp_offset(const struct source *source, struct lsp_place place)
{
	uint32_t units = 0;
	size_t at, bytes;

	if (place.line >= source->lines)
		return (uint32_t)source->size;
	at = source->line_starts[place.line];
	while (at < source->size && source->text[at] != '\n'
		&& units < place.character) {
		units += units_at(source->text + at, source->size - at, &bytes);
		at += bytes;
	}
	return (uint32_t)at;
}

static int digit(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	byte = (char)tolower((unsigned char)byte);
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

const char *lsp_path(struct arena *arena, const char *uri, size_t size)
{
	char *path = arena_copy(arena, uri, size), *to = path;
	const char *from = path;

	if (strncmp(path, "file://", 7) != 0)
		return path;
	for (from += 7; *from != '\0'; from++) {
		if (*from == '%' && digit(from[1]) >= 0 && digit(from[2]) >= 0) {
			*to++ = (char)(digit(from[1]) * 16 + digit(from[2]));
			from += 2;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	return path;
}

const char *lsp_uri(struct arena *arena, const char *path)
{
	static const char hex[] = "0123456789ABCDEF";
	char *uri, *to;

	if (path[0] != '/')
		return path;
	uri = arena_alloc(arena, 3 * strlen(path) + 8);
	memcpy(uri, "file://", 7);
	for (to = uri + 7; *path != '\0'; path++) {
		unsigned char byte = (unsigned char)*path;

		if (isalnum(byte) || strchr("/-._~", byte) != NULL) {
			*to++ = (char)byte;
		} else {
			*to++ = '%';
			*to++ = hex[byte >> 4];
			*to++ = hex[byte & 15];
		}
	}
	*to = '\0';
	return uri;
}
