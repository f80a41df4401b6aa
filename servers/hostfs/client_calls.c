/* What several commands need of the server. */
#define _GNU_SOURCE
#include "servers/hostfs/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct sk_call *tool_call(struct tool *tool)
{
	tool->calls++;
	tool->call.deadline = tool->timeout_ms ?
		sk_socket_after(tool->timeout_ms) : SK_FOREVER;
	return &tool->call;
}

int tool_result(const struct tool *tool, const char *what, int result)
{
	bool refused = result > 0 || result == SK_TOO_BIG;

	if (result == 0)
		return GOOD;
	fputs("hostfs-client: ", stderr);
	text_name(stderr, refused ? what : tool->socket_path);
	fprintf(stderr, ": %s\n", result > 0 ? text_error(result) :
		sk_status_text(result));
	return refused ? REFUSED : BROKEN;
}

int tool_agree(struct tool *tool)
{
	struct sk_contract_difference difference;
	int result = sk_contract_check(&tool->socket.channel, &fs_FileSystem_contract,
		&difference, tool_call(tool));

	if (result != SK_MISMATCH)
		return tool_result(tool, tool->socket_path, result);
	fputs("hostfs-client: ", stderr);
	text_name(stderr, tool->socket_path);
	fputs(": the server has another version of the protocol: here ", stderr);
	text_name(stderr, *difference.here ? difference.here : "nothing");
	fputs(", there ", stderr);
	text_name(stderr, *difference.there ? difference.there : "nothing");
	fputc('\n', stderr);
	return BROKEN;
}

int tool_local(const char *what)
{
	int error = errno;

	fputs("hostfs-client: ", stderr);
	text_name(stderr, what);
	fprintf(stderr, ": %s\n", strerror(error));
	return REFUSED;
}

struct fs_Place tool_place(const char *path, fs_Resolve resolve)
{
	size_t size = strlen(path);
	struct fs_Place place;

	fs_Place_init(&place);
	place.resolve = fs_Resolve_ROOTED | resolve;
	/* Longer than any path may be is long enough to be refused. */
	place.path = (fs_Path){path, size > UINT16_MAX ? UINT16_MAX : (uint32_t)size};
	return place;
}

int tool_arrived(struct tool *tool, const char *path, const struct fs_Progress *progress)
{
	if (progress->stop == fs_Stop_DONE)
		return GOOD;
	tool_forget(tool, progress->node);
	return tool_result(tool, path, fs_Error_EXDEV);
}

int tool_walk(struct tool *tool, const char *path, fs_Resolve resolve, fs_Node *node,
	struct fs_Status *status)
{
	const struct fs_FileSystem_walk_request request = {
		.place = tool_place(path, resolve),
	};
	struct fs_FileSystem_walk_reply reply;
	int result = tool_result(tool, path, fs_FileSystem_walk(&tool->socket.channel,
		&request, &reply, tool_call(tool)));

	if (result == GOOD)
		result = tool_arrived(tool, path, &reply.progress);
	if (result != GOOD)
		return result;
	*node = reply.progress.node;
	if (status)
		*status = reply.status;
	return GOOD;
}

void tool_forget(struct tool *tool, fs_Node node)
{
	const struct fs_FileSystem_forget_request request = {
		.node = node, .references = 1,
	};

	/* If it is lost, the session is as well. */
	(void)fs_FileSystem_forget(&tool->socket.channel, &request, tool_call(tool));
}

/* The last name of a path, or "" if it has none. */
static fs_Name last_name(const char *path, bool *slash)
{
	size_t end = strlen(path), start;

	*slash = end > 0 && path[end - 1] == '/';
	while (end > 0 && path[end - 1] == '/')
		end--;
	start = end;
	while (start > 0 && path[start - 1] != '/')
		start--;
	return (fs_Name){path + start, (uint32_t)(end - start)};
}

static bool is_dots(fs_Name name)
{
	return name.size == 0 || (name.data[0] == '.' && (name.size == 1 ||
		(name.size == 2 && name.data[1] == '.')));
}

int tool_at(struct tool *tool, const char *path, bool to_make, struct fs_At *at)
{
	struct fs_Status status;
	bool slash;
	int result;

	fs_At_init(at);
	at->name = last_name(path, &slash);
	if (is_dots(at->name))
		return tool_result(tool, path, to_make ? fs_Error_EEXIST : fs_Error_EBUSY);
	if (slash && !to_make) {
		result = tool_status(tool, path, false, &status);
		if (result != GOOD)
			return result;
	}
	if (at->name.size > fs_NAME_MAX)
		return tool_result(tool, path, fs_Error_ENAMETOOLONG);
	return tool_walk(tool, path, fs_Resolve_PARENT, &at->directory, NULL);
}

int tool_status(struct tool *tool, const char *path, bool follow,
	struct fs_Status *status)
{
	const struct fs_FileSystem_stat_request request = {
		.place = tool_place(path, follow ? fs_Resolve_FOLLOW : 0),
	};
	struct fs_FileSystem_stat_reply reply;
	int result = tool_result(tool, path, fs_FileSystem_stat(&tool->socket.channel,
		&request, &reply, tool_call(tool)));

	if (result == GOOD)
		result = tool_arrived(tool, path, &reply.progress);
	if (result == GOOD)
		*status = reply.status;
	return result;
}

int tool_readlink(struct tool *tool, const char *path, char *text)
{
	const struct fs_FileSystem_read_link_request request = {
		.place = tool_place(path, 0),
		.text = sk_lend_out(text, fs_LINK_MAX),
	};
	struct fs_FileSystem_read_link_reply reply;
	int result = tool_result(tool, path, fs_FileSystem_read_link(
		&tool->socket.channel, &request, &reply, tool_call(tool)));

	if (result == GOOD)
		result = tool_arrived(tool, path, &reply.progress);
	if (result == GOOD && reply.size > fs_LINK_MAX)
		result = tool_result(tool, path, SK_INVALID);
	text[result == GOOD ? reply.size : 0] = '\0';
	return result;
}

int tool_join(char to[fs_PATH_MAX + 1], const char *directory, const char *name)
{
	size_t size = strlen(directory);
	const char *slash = size == 0 || directory[size - 1] == '/' ? "" : "/";
	int length = snprintf(to, fs_PATH_MAX + 1, "%s%s%s", directory, slash, name);

	if (length >= 0 && (size_t)length <= fs_PATH_MAX)
		return GOOD;
	errno = ENAMETOOLONG;
	return tool_local(name);
}

bool tool_number(const char *text, int base, unsigned long long *to)
{
	char *end;

	errno = 0;
	*to = strtoull(text, &end, base);
	if (errno == 0 && *text >= '0' && *text <= '9' && *end == '\0')
		return true;
	fprintf(stderr, "hostfs-client: %s: not a number\n", text);
	return false;
}
