#include "servers/posix/shim/path.h"

#include "servers/posix/shim/cache.h"
#include "servers/posix/shim/copy.h"

/* The part up to a slash that is short enough becomes a descriptor. */
static int64_t shorten(struct path *path, uint32_t max)
{
	struct posix_Paths_open_reply reply;
	uint32_t size = max;
	int64_t result;

	while (size > 1 && path->text.data[size - 1] != '/')
		size--;
	if (size <= 1)
		return -LINUX_ENAMETOOLONG;
	result = POSIX(path->shim, &reply, Paths, open, .directory = path->directory,
		.path = { path->text.data, size }, .flags = fs_Open_PATH_ONLY | fs_Open_DIRECTORY,
		.own_flags = posix_DescriptorFlags_CLOSE_ON_EXEC);
	if (result < 0)
		return result;
	if (reply.has_file)
		sk_close(&path->shim->posix.channel, reply.file.raw);
	path->prefix = path->directory = reply.opened.descriptor;
	while (size < path->text.size && path->text.data[size] == '/')
		size++;
	path->text.data += size;
	path->text.size -= size;
	return path->text.size <= max ? 0 : -LINUX_ENAMETOOLONG;
}

int64_t path_take(struct shim *shim, struct path *path, uint64_t directory, uint64_t at,
	uint32_t max)
{
	int64_t size = copy_string(path->buffer, at, sizeof path->buffer);

	path->shim = shim;
	path->prefix = -1;
	path->directory = (int32_t)directory;
	if (size < 0)
		return size;
	path->text = (struct sk_string){ path->buffer, (uint32_t)size };
	if (path->text.size <= max)
		return 0;
	size = shorten(path, max);
	if (size < 0)
		path_close(path);
	return size;
}

void path_close(struct path *path)
{
	if (path->prefix < 0)
		return;
	POSIX_DO(path->shim, Descriptors, close, .descriptor = path->prefix);
	path->prefix = -1;
}
