/* Commands for one file or name. */
#define _GNU_SOURCE
#include "servers/hostfs/client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int print_long(struct tool *tool, const char *directory, const struct item *item)
{
	char path[fs_PATH_MAX + 1], text[fs_PATH_MAX + 1], mode[11], when[32];
	struct fs_Status status;
	int result = tool_join(path, directory, item->name);

	if (result == GOOD)
		result = tool_status(tool, path, false, &status);
	if (result != GOOD)
		return result;
	text_mode(mode, &status);
	text_time(when, status.modified);
	printf("%s %3u %5u %5u %10llu %s ", mode, status.links, status.owner,
		status.group_id, (unsigned long long)status.size, when);
	text_name(stdout, item->name);
	if (status.kind == fs_Kind_LINK) {
		result = tool_readlink(tool, path, text);
		if (result == GOOD) {
			fputs(" -> ", stdout);
			text_name(stdout, text);
		}
	}
	putchar('\n');
	return result;
}

int command_ls(struct tool *tool, bool is_long, char **operands)
{
	const char *path = operands[0] ? operands[0] : "/";
	struct listing listing;
	int status = tool_list(tool, path, &listing);

	for (size_t i = 0; i < listing.count && status != BROKEN; i++) {
		int result = GOOD;

		if (is_long) {
			result = print_long(tool, path, &listing.items[i]);
		} else {
			text_name(stdout, listing.items[i].name);
			putchar('\n');
		}
		status = result > status ? result : status;
	}
	free(listing.items);
	return status;
}

int command_cat(struct tool *tool, bool option, char **operands)
{
	(void)option;
	return tool_fetch(tool, operands[0], STDOUT_FILENO);
}

int command_put(struct tool *tool, bool option, char **operands)
{
	bool is_input = strcmp(operands[0], "-") == 0;
	int from = is_input ? STDIN_FILENO : open(operands[0], O_RDONLY | O_CLOEXEC);
	struct stat status;
	int result;

	(void)option;
	if (from < 0 || fstat(from, &status) < 0)
		return tool_local(operands[0]);
	result = tool_store(tool, operands[1], from,
		is_input ? 0644 : status.st_mode & 0777);
	if (!is_input)
		close(from);
	return result;
}

int command_rm(struct tool *tool, bool option, char **operands)
{
	const struct fs_Files_unlink_request request = {.path = tool_path(operands[0])};
	struct fs_Files_unlink_reply reply;

	(void)option;
	return tool_result(tool, operands[0], fs_Files_unlink(&tool->socket.channel,
		&request, &reply, tool_call(tool)));
}

int command_mkdir(struct tool *tool, bool option, char **operands)
{
	const struct fs_Files_mkdir_request request = {
		.path = tool_path(operands[0]), .mode = 0777,
	};
	struct fs_Files_mkdir_reply reply;

	(void)option;
	return tool_result(tool, operands[0], fs_Files_mkdir(&tool->socket.channel,
		&request, &reply, tool_call(tool)));
}

int command_rmdir(struct tool *tool, bool option, char **operands)
{
	const struct fs_Files_rmdir_request request = {.path = tool_path(operands[0])};
	struct fs_Files_rmdir_reply reply;

	(void)option;
	return tool_result(tool, operands[0], fs_Files_rmdir(&tool->socket.channel,
		&request, &reply, tool_call(tool)));
}

int command_mv(struct tool *tool, bool keep, char **operands)
{
	const struct fs_Files_rename_request request = {
		.from = tool_path(operands[0]),
		.to = tool_path(operands[1]),
		.replace = !keep,
	};
	struct fs_Files_rename_reply reply;

	return tool_result(tool, operands[0], fs_Files_rename(&tool->socket.channel,
		&request, &reply, tool_call(tool)));
}

int command_ln(struct tool *tool, bool symbolic, char **operands)
{
	const struct fs_Files_link_request link = {
		.from = tool_path(operands[0]), .to = tool_path(operands[1]),
	};
	const struct fs_Files_symlink_request symlink = {
		.text = tool_path(operands[0]), .path = tool_path(operands[1]),
	};
	struct fs_Files_link_reply linked;
	struct fs_Files_symlink_reply symlinked;
	struct sk_channel *channel = &tool->socket.channel;

	return tool_result(tool, operands[1], symbolic ?
		fs_Files_symlink(channel, &symlink, &symlinked, tool_call(tool)) :
		fs_Files_link(channel, &link, &linked, tool_call(tool)));
}

int command_readlink(struct tool *tool, bool option, char **operands)
{
	char text[fs_PATH_MAX + 1];
	int status = tool_readlink(tool, operands[0], text);

	(void)option;
	if (status == GOOD)
		puts(text);
	return status;
}

static void print_time(const char *name, struct fs_Time time)
{
	char text[32];

	text_time(text, time);
	printf("%s: %s.%09u\n", name, text, time.nanos);
}

int command_stat(struct tool *tool, bool option, char **operands)
{
	struct fs_Status status;
	int result = tool_status(tool, operands[0], false, &status);

	(void)option;
	if (result != GOOD)
		return result;
	printf("kind: %s\nmode: %04o\nsize: %llu\nblocks: %llu\ninode: %llu\n"
		"links: %u\nowner: %u\ngroup: %u\n", text_kind(status.kind), status.mode,
		(unsigned long long)status.size, (unsigned long long)status.blocks,
		(unsigned long long)status.inode, status.links, status.owner,
		status.group_id);
	print_time("accessed", status.accessed);
	print_time("modified", status.modified);
	print_time("changed", status.changed);
	return GOOD;
}

static bool parse_number(const char *text, int base, unsigned long long *to)
{
	char *end;

	errno = 0;
	*to = strtoull(text, &end, base);
	if (errno == 0 && *text >= '0' && *text <= '9' && *end == '\0')
		return true;
	fprintf(stderr, "hostfs-client: %s: not a number\n", text);
	return false;
}

int command_chmod(struct tool *tool, bool option, char **operands)
{
	struct fs_Files_chmod_request request = {.path = tool_path(operands[1])};
	struct fs_Files_chmod_reply reply;
	unsigned long long mode;

	(void)option;
	if (!parse_number(operands[0], 8, &mode) || mode > UINT32_MAX)
		return USAGE;
	request.mode = (uint32_t)mode;
	return tool_result(tool, operands[1], fs_Files_chmod(&tool->socket.channel,
		&request, &reply, tool_call(tool)));
}

int command_touch(struct tool *tool, bool option, char **operands)
{
	struct fs_Files_utimes_request request = {
		.path = tool_path(operands[1]), .set = fs_Set_MODIFIED,
	};
	struct fs_Files_utimes_reply reply;
	unsigned long long seconds;

	(void)option;
	if (!parse_number(operands[0], 10, &seconds) || seconds > INT64_MAX)
		return USAGE;
	request.modified.seconds = (int64_t)seconds;
	return tool_result(tool, operands[1], fs_Files_utimes(&tool->socket.channel,
		&request, &reply, tool_call(tool)));
}

int command_truncate(struct tool *tool, bool option, char **operands)
{
	struct fs_Files_truncate_request request;
	struct fs_Files_truncate_reply reply;
	struct fs_Files_sync_request sync;
	struct fs_Files_sync_reply synced;
	struct fs_Files_open_reply opened;
	unsigned long long size;
	int status;

	(void)option;
	if (!parse_number(operands[0], 10, &size))
		return USAGE;
	status = tool_open(tool, operands[1], fs_Open_WRITE, 0, &opened);
	if (status != GOOD)
		return status;
	request = (struct fs_Files_truncate_request){.file = opened.file, .size = size};
	sync = (struct fs_Files_sync_request){.file = opened.file};
	status = tool_result(tool, operands[1], fs_Files_truncate(&tool->socket.channel,
		&request, &reply, tool_call(tool)));
	if (status == GOOD)
		status = tool_result(tool, operands[1], fs_Files_sync(
			&tool->socket.channel, &sync, &synced, tool_call(tool)));
	/* The connection ends with the command, and the open file with it. */
	return status;
}

int command_df(struct tool *tool, bool option, char **operands)
{
	struct fs_Files_statfs_request request;
	struct fs_Files_statfs_reply reply;
	int status;

	(void)option;
	(void)operands;
	fs_Files_statfs_request_init(&request);
	status = tool_result(tool, "/", fs_Files_statfs(&tool->socket.channel, &request,
		&reply, tool_call(tool)));
	if (status == GOOD)
		printf("block size: %u\nblocks: %llu\nfree: %llu\navailable: %llu\n"
			"files: %llu\nfiles free: %llu\nname: %u\nread only: %s\n",
			reply.space.block_size, (unsigned long long)reply.space.blocks,
			(unsigned long long)reply.space.blocks_free,
			(unsigned long long)reply.space.blocks_available,
			(unsigned long long)reply.space.files,
			(unsigned long long)reply.space.files_free, reply.space.name_max,
			reply.space.read_only ? "yes" : "no");
	return status;
}

int command_hold(struct tool *tool, bool option, char **operands)
{
	struct fs_Files_open_reply opened;
	struct fs_Files_fstat_request request;
	struct fs_Files_fstat_reply reply;
	int status = tool_open(tool, operands[0], fs_Open_READ, 0, &opened);

	(void)option;
	if (status != GOOD)
		return status;
	puts("open");
	fflush(stdout);
	while (getchar() != EOF)
		;
	request.file = opened.file;
	status = tool_result(tool, operands[0], fs_Files_fstat(&tool->socket.channel,
		&request, &reply, tool_call(tool)));
	if (status == GOOD)
		printf("size: %llu\n", (unsigned long long)reply.status.size);
	return status;
}
