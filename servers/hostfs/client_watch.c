/* What happens to a file, or in a folder, as it happens. */
#define _GNU_SOURCE
#include "servers/hostfs/client.h"

#define CHANGES (fs_Change_MODIFIED | fs_Change_STATUS | fs_Change_CLOSED_WRITTEN | \
	fs_Change_MOVED_FROM | fs_Change_MOVED_TO | fs_Change_CREATED | \
	fs_Change_REMOVED | fs_Change_SELF_REMOVED | fs_Change_SELF_MOVED)

static void print_change(const struct fs_Watcher_changed_event *changed)
{
	static const struct {
		fs_Change change;
		const char *text;
	} texts[] = {
		{fs_Change_MODIFIED, "modified"},
		{fs_Change_STATUS, "status"},
		{fs_Change_CLOSED_WRITTEN, "written"},
		{fs_Change_MOVED_FROM, "moved-from"},
		{fs_Change_MOVED_TO, "moved-to"},
		{fs_Change_CREATED, "created"},
		{fs_Change_REMOVED, "removed"},
		{fs_Change_SELF_REMOVED, "self-removed"},
		{fs_Change_SELF_MOVED, "self-moved"},
		{fs_Change_UNMOUNTED, "unmounted"},
		{fs_Change_IGNORED, "ended"},
	};
	char name[fs_NAME_MAX + 1];
	const char *separator = "";

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (changed->what & texts[i].change) {
			printf("%s%s", separator, texts[i].text);
			separator = ",";
		}
	snprintf(name, sizeof(name), "%.*s", (int)changed->name.size, changed->name.data);
	if (name[0]) {
		putchar(' ');
		text_name(stdout, name);
	}
	putchar('\n');
	fflush(stdout);
}

/* Until nothing more comes, or the server is gone. */
static int print_changes(struct tool *tool, const char *path, struct sk_socket *watcher,
	bool once)
{
	struct fs_Watcher_event event;
	bool ended = false;
	int result;

	do {
		result = tool_result(tool, path, fs_Watcher_next_event(
			&watcher->channel, &event, NULL));
		if (result != GOOD)
			return result;
		if (event.lost > 0)
			printf("lost %u\n", event.lost);
		if (event.which != fs_Watcher_event_changed)
			continue;
		print_change(&event.as.changed);
		ended = once || event.as.changed.what & fs_Change_IGNORED;
	} while (!ended);
	return GOOD;
}

int command_watch(struct tool *tool, bool once, char **operands)
{
	struct fs_FileSystem_create_watcher_request create;
	struct fs_FileSystem_create_watcher_reply created;
	struct fs_Watcher_add_request add = {.what = (fs_Change)CHANGES, .once = once};
	struct fs_Watcher_add_reply added;
	static struct sk_socket watcher;
	int result = tool_walk(tool, operands[0], fs_Resolve_FOLLOW, &add.node, NULL);

	fs_FileSystem_create_watcher_request_init(&create);
	if (result == GOOD)
		result = tool_result(tool, operands[0], fs_FileSystem_create_watcher(
			&tool->socket.channel, &create, &created, tool_call(tool)));
	if (result == GOOD)
		result = tool_result(tool, operands[0],
			sk_socket_adopt(&watcher, created.watcher.raw.raw));
	if (result != GOOD)
		return result;
	result = tool_result(tool, operands[0], fs_Watcher_add(&watcher.channel, &add,
		&added, tool_call(tool)));
	/* Held, it would not end when its last name does. */
	tool_forget(tool, add.node);
	if (result == GOOD) {
		puts("watching");
		fflush(stdout);
		result = print_changes(tool, operands[0], &watcher, once);
	}
	sk_socket_close(&watcher);
	return result;
}
