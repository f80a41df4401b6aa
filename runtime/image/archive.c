/* ustar: a header of 512 bytes, the file, filled up to a multiple of 512. */
#include "runtime/image/archive.h"

#include "runtime/start/string.h"

#define BLOCK 512

struct header {
	char name[100];
	char mode[24];
	char size[12];			/* octal */
	char time[20];
	char type;
	char target[100];
	char magic[6];
	char rest[82];
	char prefix[155];
	char pad[12];
};

_Static_assert(sizeof(struct header) == BLOCK, "no holes");

static uint64_t octal(const char *text, unsigned size)
{
	uint64_t number = 0;

	for (unsigned i = 0; i < size && text[i] >= '0' && text[i] <= '7'; i++)
		number = number << 3 | (uint64_t)(text[i] - '0');
	return number;
}

static unsigned append(char *to, unsigned at, const char *text, unsigned size)
{
	for (unsigned i = 0; i < size && text[i]; i++)
		to[at++] = text[i];
	return at;
}

static void set_name(struct archive_file *file, const struct header *header)
{
	const char *name = header->name;
	unsigned size = sizeof(header->name), at = 0;

	if (header->prefix[0]) {
		at = append(file->name, 0, header->prefix, sizeof(header->prefix));
		file->name[at++] = '/';
	} else if (name[0] == '.' && name[1] == '/') {
		name += 2;
		size -= 2;
	}
	at = append(file->name, at, name, size);
	file->name[at] = 0;
}

bool archive_next(struct bytes archive, uint64_t *at, struct archive_file *file)
{
	const struct header *header;
	uint64_t size, left;

	if (*at > archive.size || archive.size - *at < BLOCK)
		return false;
	header = (const struct header *)(const void *)(archive.at + *at);
	left = archive.size - *at - BLOCK;
	size = octal(header->size, sizeof(header->size));
	if (header->magic[0] != 'u' || header->magic[4] != 'r' || size > left)
		return false;
	set_name(file, header);
	file->is_plain = header->type == '0' || header->type == 0;
	file->content = (struct bytes){archive.at + *at + BLOCK, size};
	*at += BLOCK + (size + BLOCK - 1) / BLOCK * BLOCK;
	return true;
}

static bool is_named(const struct archive_file *file, const char *name, uint32_t size)
{
	uint32_t i = 0;

	while (i < size && file->name[i] && file->name[i] == name[i])
		i++;
	return i == size && file->name[i] == 0;
}

struct bytes archive_find(struct bytes archive, const char *name, uint32_t size)
{
	struct archive_file file;

	for (uint64_t at = 0; archive_next(archive, &at, &file);)
		if (file.is_plain && is_named(&file, name, size))
			return file.content;
	return (struct bytes){NULL, 0};
}
