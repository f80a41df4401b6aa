/* Commands for one file or name. */
#define _GNU_SOURCE
#include "servers/hostfs/client.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int print_long(struct tool *tool, const char *directory, const struct item *item)
{
	char path[fs_PATH_MAX + 1], text[fs_LINK_MAX + 1], mode[11], when[32];
	struct fs_Status status;
	int result = tool_join(path, directory, item->name);

	if (result == GOOD)
		result = tool_status(tool, path, false, &status);
	if (result != GOOD)
		return result;
	text_mode(mode, &status);
	text_time(when, status.modified);
	printf("%s %3u %5u %5u %10llu %s ", mode, status.links, status.owner,
		status.owner_group, (unsigned long long)status.size, when);
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

static int copy_nodes(struct tool *tool, char **operands, fs_Node from, fs_Node to)
{
	struct fs_FileSystem_copy_range_request request = {
		.from = from, .to = to, .length = UINT64_MAX,
	};
	struct fs_FileSystem_copy_range_reply reply;
	int status;

	do {
		status = tool_result(tool, operands[1], fs_FileSystem_copy_range(
			&tool->socket.channel, &request, &reply, tool_call(tool)));
		if (status != GOOD)
			return status;
		request.from_offset += reply.done;
		request.to_offset += reply.done;
		tool->bytes += reply.done;
	} while (reply.done > 0);
	tool->files++;
	return GOOD;
}

/* Within the server: the bytes do not come here. */
int command_cp(struct tool *tool, bool option, char **operands)
{
	struct tool_file file;
	struct fs_Status status;
	fs_Node from, to;
	int result = tool_walk(tool, operands[0], fs_Resolve_FOLLOW, &from, &status);

	(void)option;
	if (result != GOOD)
		return result;
	if (status.kind != fs_Kind_FILE) {
		result = tool_result(tool, operands[0], status.kind == fs_Kind_DIRECTORY ?
			fs_Error_EISDIR : fs_Error_EOPNOTSUPP);
	} else {
		result = tool_open(tool, operands[1], fs_Open_WRITE | fs_Open_CREATE,
			status.mode & 0777 & ~tool->mask, &file);
		tool_close(&file);
	}
	if (result == GOOD && file.status.inode == status.inode)
		result = tool_result(tool, operands[1], fs_Error_EINVAL);
	if (result == GOOD)
		result = tool_open(tool, operands[1], fs_Open_WRITE | fs_Open_TRUNCATE, 0,
			&file);
	if (result == GOOD) {
		tool_close(&file);
		result = tool_walk(tool, operands[1], fs_Resolve_FOLLOW, &to, NULL);
	}
	return result == GOOD ? copy_nodes(tool, operands, from, to) : result;
}

int command_rm(struct tool *tool, bool option, char **operands)
{
	struct fs_FileSystem_unlink_request request;
	struct fs_FileSystem_unlink_reply reply;
	int status = tool_at(tool, operands[0], false, &request.at);

	(void)option;
	return status != GOOD ? status : tool_result(tool, operands[0],
		fs_FileSystem_unlink(&tool->socket.channel, &request, &reply,
			tool_call(tool)));
}

int command_mkdir(struct tool *tool, bool option, char **operands)
{
	struct fs_FileSystem_make_directory_request request = {
		.mode = 0777 & ~tool->mask,
	};
	struct fs_FileSystem_make_directory_reply reply;
	int status = tool_at(tool, operands[0], true, &request.at);

	(void)option;
	return status != GOOD ? status : tool_result(tool, operands[0],
		fs_FileSystem_make_directory(&tool->socket.channel, &request, &reply,
			tool_call(tool)));
}

int command_rmdir(struct tool *tool, bool option, char **operands)
{
	struct fs_FileSystem_remove_directory_request request;
	struct fs_FileSystem_remove_directory_reply reply;
	int status = tool_at(tool, operands[0], false, &request.at);

	(void)option;
	return status != GOOD ? status : tool_result(tool, operands[0],
		fs_FileSystem_remove_directory(&tool->socket.channel, &request, &reply,
			tool_call(tool)));
}

int command_mkfifo(struct tool *tool, bool option, char **operands)
{
	struct fs_FileSystem_make_node_request request = {
		.kind = fs_Kind_FIFO, .mode = 0666 & ~tool->mask,
	};
	struct fs_FileSystem_make_node_reply reply;
	int status = tool_at(tool, operands[0], false, &request.at);

	(void)option;
	return status != GOOD ? status : tool_result(tool, operands[0],
		fs_FileSystem_make_node(&tool->socket.channel, &request, &reply,
			tool_call(tool)));
}

int command_mv(struct tool *tool, bool keep, char **operands)
{
	struct fs_FileSystem_rename_request request = {
		.mode = keep ? fs_RenameMode_KEEP : fs_RenameMode_REPLACE,
	};
	struct fs_FileSystem_rename_reply reply;
	int status = tool_at(tool, operands[0], false, &request.at);

	if (status == GOOD)
		status = tool_at(tool, operands[1], true, &request.to);
	return status != GOOD ? status : tool_result(tool, operands[0],
		fs_FileSystem_rename(&tool->socket.channel, &request, &reply,
			tool_call(tool)));
}

static int link_symbolic(struct tool *tool, char **operands)
{
	struct fs_FileSystem_make_link_request request = {
		.text = sk_lend(operands[0], strlen(operands[0])),
	};
	struct fs_FileSystem_make_link_reply reply;
	int status = tool_at(tool, operands[1], true, &request.at);

	return status != GOOD ? status : tool_result(tool, operands[1],
		fs_FileSystem_make_link(&tool->socket.channel, &request, &reply,
			tool_call(tool)));
}

int command_ln(struct tool *tool, bool symbolic, char **operands)
{
	struct fs_FileSystem_link_request request;
	struct fs_FileSystem_link_reply reply;
	int status;

	if (symbolic)
		return link_symbolic(tool, operands);
	status = tool_walk(tool, operands[0], 0, &request.node, NULL);
	if (status == GOOD)
		status = tool_at(tool, operands[1], true, &request.at);
	return status != GOOD ? status : tool_result(tool, operands[1],
		fs_FileSystem_link(&tool->socket.channel, &request, &reply,
			tool_call(tool)));
}

int command_readlink(struct tool *tool, bool option, char **operands)
{
	char text[fs_LINK_MAX + 1];
	int status = tool_readlink(tool, operands[0], text);

	(void)option;
	if (status == GOOD)
		puts(text);
	return status;
}

int command_hold(struct tool *tool, bool option, char **operands)
{
	struct tool_file file;
	struct fs_File_status_request request;
	struct fs_File_status_reply reply;
	int status = tool_open(tool, operands[0], fs_Open_READ, 0, &file);

	(void)option;
	if (status != GOOD)
		return status;
	puts("open");
	fflush(stdout);
	while (getchar() != EOF)
		;
	fs_File_status_request_init(&request);
	status = tool_result(tool, operands[0], fs_File_status(&file.socket.channel,
		&request, &reply, tool_call(tool)));
	if (status == GOOD)
		printf("size: %llu\n", (unsigned long long)reply.status.size);
	tool_close(&file);
	return status;
}
