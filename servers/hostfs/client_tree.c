/*
 * Commands for whole trees. What is written here goes by descriptors of
 * folders and follows no link, so that no server can make it write elsewhere.
 */
#define _GNU_SOURCE
#include "servers/hostfs/client.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Folders within folders; each costs a descriptor here. */
#define DEPTH_MAX 256

static int worst(int left, int right)
{
	return left > right ? left : right;
}

/* ---- tree ---- */

static int tree(struct tool *tool, const char *path, int depth);

static int tree_item(struct tool *tool, const char *path, const struct item *item,
	int depth)
{
	char below[fs_PATH_MAX + 1], text[fs_LINK_MAX + 1];
	int status = tool_join(below, path, item->name);

	if (status != GOOD)
		return status;
	printf("%*s", 2 * depth, "");
	text_name(stdout, item->name);
	switch (item->kind) {
	case fs_Kind_DIRECTORY:
		puts("/");
		tool->directories++;
		return tree(tool, below, depth + 1);
	case fs_Kind_LINK:
		status = tool_readlink(tool, below, text);
		fputs(" -> ", stdout);
		text_name(stdout, status == GOOD ? text : "?");
		putchar('\n');
		tool->links++;
		return status;
	case fs_Kind_FILE:
		putchar('\n');
		tool->files++;
		return GOOD;
	default:
		puts(" (other)");
		tool->others++;
		return GOOD;
	}
}

static int tree(struct tool *tool, const char *path, int depth)
{
	struct listing listing;
	int status = tool_list(tool, path, &listing);

	for (size_t i = 0; i < listing.count && status != BROKEN; i++)
		status = worst(status, tree_item(tool, path, &listing.items[i], depth));
	free(listing.items);
	return status;
}

int command_tree(struct tool *tool, bool option, char **operands)
{
	(void)option;
	return tree(tool, operands[0] ? operands[0] : "/", 0);
}

/* ---- get ---- */

static int get_file(struct tool *tool, const char *path, int folder, const char *name)
{
	int to = openat(folder, name,
		O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
	int status;

	if (to < 0)
		return tool_local(name);
	status = tool_fetch(tool, path, to);
	if (close(to) < 0 && status == GOOD)
		status = tool_local(name);
	return status;
}

static int get_link(struct tool *tool, const char *path, int folder, const char *name)
{
	char text[fs_LINK_MAX + 1];
	int status = tool_readlink(tool, path, text);

	if (status != GOOD)
		return status;
	if (symlinkat(text, folder, name) < 0)
		return tool_local(name);
	tool->links++;
	return GOOD;
}

static int get_folder(struct tool *tool, const char *path, int folder,
	const char *name, int depth);

static int get_item(struct tool *tool, const char *path, const struct item *item,
	int folder, int depth)
{
	char below[fs_PATH_MAX + 1];
	int status = tool_join(below, path, item->name);

	if (status != GOOD)
		return status;
	switch (item->kind) {
	case fs_Kind_DIRECTORY:
		return get_folder(tool, below, folder, item->name, depth);
	case fs_Kind_LINK:
		return get_link(tool, below, folder, item->name);
	case fs_Kind_FILE:
		return get_file(tool, below, folder, item->name);
	default:
		fputs("hostfs-client: ", stderr);
		text_name(stderr, below);
		fputs(": neither file, folder nor link: left out\n", stderr);
		tool->others++;
		return GOOD;
	}
}

/* Makes the folder, or takes the one that is there. */
static int enter_folder(int folder, const char *name)
{
	if (mkdirat(folder, name, 0777) < 0 && errno != EEXIST)
		return -1;
	return openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int get_folder(struct tool *tool, const char *path, int folder,
	const char *name, int depth)
{
	struct listing listing;
	int status, here;

	errno = ELOOP;
	here = depth < DEPTH_MAX ? enter_folder(folder, name) : -1;
	if (here < 0)
		return tool_local(name);
	status = tool_list(tool, path, &listing);
	for (size_t i = 0; i < listing.count && status != BROKEN; i++)
		status = worst(status, get_item(tool, path, &listing.items[i], here,
			depth + 1));
	free(listing.items);
	close(here);
	tool->directories += status == GOOD;
	return status;
}

int command_get(struct tool *tool, bool recursive, char **operands)
{
	if (recursive)
		return get_folder(tool, operands[0], AT_FDCWD, operands[1], 0);
	return get_file(tool, operands[0], AT_FDCWD, operands[1]);
}

/* ---- put ---- */

static int put_file(struct tool *tool, int folder, const char *name, const char *path)
{
	int from = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat status;
	int result;

	if (from < 0 || fstat(from, &status) < 0)
		return tool_local(name);
	result = tool_store(tool, path, from, status.st_mode & 0777);
	close(from);
	return result;
}

static int put_link(struct tool *tool, int folder, const char *name, const char *path)
{
	char text[fs_LINK_MAX + 1];
	ssize_t size = readlinkat(folder, name, text, sizeof(text) - 1);
	char *operands[] = {text, (char *)(uintptr_t)path, NULL};
	int result;

	if (size < 0)
		return tool_local(name);
	text[size] = '\0';
	result = command_ln(tool, true, operands);
	tool->links += result == GOOD;
	return result;
}

static int put_folder(struct tool *tool, int folder, const char *name,
	const char *path, int depth);

static int put_item(struct tool *tool, int folder, const char *name, const char *path,
	int depth)
{
	char below[fs_PATH_MAX + 1];
	struct stat status;
	int result = tool_join(below, path, name);

	if (result != GOOD)
		return result;
	if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return tool_local(name);
	if (S_ISDIR(status.st_mode))
		return put_folder(tool, folder, name, below, depth + 1);
	if (S_ISLNK(status.st_mode))
		return put_link(tool, folder, name, below);
	if (S_ISREG(status.st_mode))
		return put_file(tool, folder, name, below);
	fputs("hostfs-client: ", stderr);
	text_name(stderr, name);
	fputs(": neither file, folder nor link: left out\n", stderr);
	tool->others++;
	return GOOD;
}

/* Makes the folder, or takes the one that is there. */
static int make_folder(struct tool *tool, const char *path)
{
	char *operands[] = {(char *)(uintptr_t)path, NULL};
	struct fs_FileSystem_stat_request request = {.place = tool_place(path, 0)};
	struct fs_FileSystem_stat_reply reply;
	int result = fs_FileSystem_stat(&tool->socket.channel, &request, &reply,
		tool_call(tool));

	if (result == 0 && reply.status.kind == fs_Kind_DIRECTORY)
		return GOOD;
	return command_mkdir(tool, false, operands);
}

static int put_folder(struct tool *tool, int folder, const char *name,
	const char *path, int depth)
{
	int here = -1, result;
	struct dirent *entry;
	DIR *list;

	errno = ELOOP;
	if (depth < DEPTH_MAX)
		here = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC |
			(depth > 0 ? O_NOFOLLOW : 0));
	list = here < 0 ? NULL : fdopendir(here);
	if (!list)
		return tool_local(name);
	result = make_folder(tool, path);
	while (result != BROKEN && (entry = readdir(list)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			result = worst(result, put_item(tool, here, entry->d_name, path,
				depth));
	closedir(list);
	tool->directories += result == GOOD;
	return result;
}

int command_put(struct tool *tool, bool recursive, char **operands)
{
	bool is_input = strcmp(operands[0], "-") == 0;
	int from, result;
	struct stat status;

	if (recursive)
		return put_folder(tool, AT_FDCWD, operands[0], operands[1], 0);
	from = is_input ? STDIN_FILENO : open(operands[0], O_RDONLY | O_CLOEXEC);
	if (from < 0 || fstat(from, &status) < 0)
		return tool_local(operands[0]);
	result = tool_store(tool, operands[1], from,
		is_input ? 0666 : status.st_mode & 0777);
	if (!is_input)
		close(from);
	return result;
}
