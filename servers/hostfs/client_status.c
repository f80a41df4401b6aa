/* Commands for what is known of files, and for changing that. */
#define _GNU_SOURCE
#include "servers/hostfs/client.h"

#include <stdlib.h>

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
		status.owner_group);
	print_time("accessed", status.accessed);
	print_time("modified", status.modified);
	print_time("changed", status.changed);
	if (status.born.seconds != 0)
		print_time("born", status.born);
	return GOOD;
}

int command_chmod(struct tool *tool, bool option, char **operands)
{
	struct fs_FileSystem_set_mode_request request = {.subject = fs_SELF};
	struct fs_FileSystem_set_mode_reply reply;
	unsigned long long mode;
	int status;

	(void)option;
	if (!tool_number(operands[0], 8, &mode) || mode > UINT32_MAX)
		return USAGE;
	request.mode = (uint32_t)mode;
	status = tool_walk(tool, operands[1], fs_Resolve_FOLLOW, &request.node, NULL);
	return status != GOOD ? status : tool_result(tool, operands[1],
		fs_FileSystem_set_mode(&tool->socket.channel, &request, &reply,
			tool_call(tool)));
}

/* Makes the file if it is missing. */
static int touch_now(struct tool *tool, const char *path,
	struct fs_FileSystem_set_times_request *request)
{
	const struct fs_FileSystem_open_request open = {
		.place = tool_place(path, fs_Resolve_FOLLOW),
		.flags = fs_Open_CREATE | fs_Open_WRITE, .mode = 0666 & ~tool->mask,
	};
	struct fs_FileSystem_open_reply reply;
	int result = fs_FileSystem_open(&tool->socket.channel, &open, &reply,
		tool_call(tool));

	/* A folder has times as well. */
	if (result == fs_Error_EISDIR)
		return tool_walk(tool, path, fs_Resolve_FOLLOW, &request->node, NULL);
	result = tool_result(tool, path, result);
	if (result == GOOD)
		result = tool_arrived(tool, path, &reply.progress);
	if (result == GOOD && reply.has_file)
		sk_close(&tool->socket.channel, reply.file.raw);
	request->node = result == GOOD ? reply.progress.node : 0;
	return result;
}

/* touch [SECONDS] PATH */
int command_touch(struct tool *tool, bool option, char **operands)
{
	const char *path = operands[1] ? operands[1] : operands[0];
	struct fs_FileSystem_set_times_request request = {
		.accessed.which = fs_SetTime_leave, .modified.which = fs_SetTime_at,
	};
	struct fs_FileSystem_set_times_reply reply;
	unsigned long long seconds = 0;
	int status;

	(void)option;
	if (operands[1]) {
		if (!tool_number(operands[0], 10, &seconds) || seconds > INT64_MAX)
			return USAGE;
		request.modified.as.at.seconds = (int64_t)seconds;
		status = tool_walk(tool, path, 0, &request.node, NULL);
	} else {
		request.accessed.which = request.modified.which = fs_SetTime_now;
		status = touch_now(tool, path, &request);
	}
	return status != GOOD ? status : tool_result(tool, path, fs_FileSystem_set_times(
		&tool->socket.channel, &request, &reply, tool_call(tool)));
}

int command_truncate(struct tool *tool, bool option, char **operands)
{
	struct fs_File_truncate_request request;
	struct fs_File_truncate_reply reply;
	struct fs_File_sync_request sync = {.data_only = false};
	struct fs_File_sync_reply synced;
	struct tool_file file;
	unsigned long long size;
	int status;

	(void)option;
	if (!tool_number(operands[0], 10, &size))
		return USAGE;
	status = tool_open(tool, operands[1], fs_Open_WRITE, 0, &file);
	if (status != GOOD)
		return status;
	request.size = size;
	status = tool_result(tool, operands[1], fs_File_truncate(&file.socket.channel,
		&request, &reply, tool_call(tool)));
	if (status == GOOD)
		status = tool_result(tool, operands[1], fs_File_sync(
			&file.socket.channel, &sync, &synced, tool_call(tool)));
	tool_close(&file);
	return status;
}

int command_df(struct tool *tool, bool option, char **operands)
{
	struct fs_FileSystem_statfs_request request;
	struct fs_FileSystem_statfs_reply reply;
	int status;

	(void)option;
	(void)operands;
	fs_FileSystem_statfs_request_init(&request);
	status = tool_result(tool, "/", fs_FileSystem_statfs(&tool->socket.channel,
		&request, &reply, tool_call(tool)));
	if (status == GOOD)
		printf("block size: %u\nblocks: %llu\nfree: %llu\navailable: %llu\n"
			"files: %llu\nfiles free: %llu\nname: %u\nread only: %s\n",
			reply.space.block_size, (unsigned long long)reply.space.blocks,
			(unsigned long long)reply.space.blocks_free,
			(unsigned long long)reply.space.blocks_available,
			(unsigned long long)reply.space.nodes,
			(unsigned long long)reply.space.nodes_free, reply.space.name_max,
			reply.space.flags & fs_MountFlags_READ_ONLY ? "yes" : "no");
	return status;
}
