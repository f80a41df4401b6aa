/* One of the servers: its sessions, and what was seen of it. */
#include "tests/ramfs/same.h"

#include <stdlib.h>
#include <string.h>

#define EXPLICIT INT64_C(1000000000)	/* times below were set, not taken */

static void must(const struct side *side, int status, const char *what)
{
	if (status == 0)
		return;
	printf("# %s: %s: %d\n", side->name, what, status);
	exit(1);
}

const struct sk_call *patiently(void)
{
	static struct sk_call call;

	call.deadline = sk_socket_after(30000);
	return &call;
}

struct sk_channel *side_channel(struct side *side, unsigned subject)
{
	return &side->sessions[side->has_subjects ? 0 : subject].channel;
}

fs_Subject side_subject(const struct side *side, unsigned subject)
{
	return side->has_subjects ? subject : fs_SELF;
}

struct fs_Place side_place(struct side *side, unsigned subject, const char *path,
	fs_Resolve resolve)
{
	struct fs_Place place;

	fs_Place_init(&place);
	place.start = place.barrier = side->base[side->has_subjects ? 0 : subject];
	place.subject = side_subject(side, subject);
	place.resolve = resolve;
	place.path = (fs_Path){path, (uint32_t)strlen(path)};
	return place;
}

void side_forget(struct side *side, unsigned subject, fs_Node node)
{
	const struct fs_FileSystem_forget_request request = {node, 1};

	if (node != 0)
		must(side, fs_FileSystem_forget(side_channel(side, subject), &request,
			patiently()), "forget");
}

void side_progress(struct side *side, unsigned subject, const struct fs_Progress *progress,
	struct result *to)
{
	SAY(to, " stop=%d consumed=%u links=%u rest=%.*s", progress->stop,
		progress->consumed, progress->links, (int)progress->rest.size,
		progress->rest.size ? progress->rest.data : "");
	if (progress->stop == fs_Stop_DONE)
		return;
	side_forget(side, subject, progress->node);
}

int side_walk(struct side *side, unsigned subject, const char *path, fs_Resolve resolve,
	fs_Node *node, struct result *to)
{
	const struct fs_FileSystem_walk_request request = {
		.place = side_place(side, subject, path, resolve),
	};
	struct fs_FileSystem_walk_reply reply;
	int status = fs_FileSystem_walk(side_channel(side, subject), &request, &reply,
		patiently());

	*node = 0;
	if (status != 0) {
		SAY(to, " walk=%d", status);
		return status;
	}
	if (reply.progress.stop == fs_Stop_DONE)
		*node = reply.progress.node;
	else
		side_progress(side, subject, &reply.progress, to);
	return *node == 0 ? -1 : 0;
}

/* ---- times ---- */

static bool is_same_time(struct fs_Time one, struct fs_Time other)
{
	return one.seconds == other.seconds && one.nanos == other.nanos;
}

static void say_time(const char *name, struct fs_Time time, struct result *to)
{
	if (time.seconds < EXPLICIT)
		SAY(to, " %s=%lld.%u", name, (long long)time.seconds, time.nanos);
	else
		SAY(to, " %s=now", name);
}

/* Whether times have changed since they were seen last. */
static void say_changes(struct side *side, const struct fs_Status *status,
	struct result *to)
{
	struct seen *seen = side->seen;

	while (seen < side->seen + side->seen_count && seen->inode != status->inode)
		seen++;
	if (seen == side->seen + side->seen_count) {
		if (side->seen_count == SEEN)
			return;
		side->seen_count++;
		*seen = (struct seen){status->inode, {0}, {0}};
	}
	SAY(to, "%s%s", is_same_time(seen->modified, status->modified) ? "" : " M",
		is_same_time(seen->changed, status->changed) ? "" : " C");
	seen->modified = status->modified;
	seen->changed = status->changed;
}

void side_status(struct side *side, const struct fs_Status *status, struct result *to)
{
	const uint32_t flags = fs_NodeFlags_IMMUTABLE | fs_NodeFlags_APPEND_ONLY |
		fs_NodeFlags_NO_DUMP;

	SAY(to, " kind=%d mode=%o links=%u owner=%u:%u size=%llu blocks=%llu device=%u:%u "
		"flags=%x", status->kind, status->mode, status->links, status->owner,
		status->owner_group, (unsigned long long)status->size,
		(unsigned long long)status->blocks, status->device_major,
		status->device_minor, status->flags & flags);
	say_time("a", status->accessed, to);
	say_time("m", status->modified, to);
	say_changes(side, status, to);
}

/* ---- looking ---- */

static void look_at_path(struct side *side, const char *path, struct result *to)
{
	const struct fs_FileSystem_stat_request request = {
		.place = side_place(side, 0, path, 0),
	};
	struct fs_FileSystem_stat_reply reply;
	int status = fs_FileSystem_stat(side_channel(side, 0), &request, &reply, patiently());

	if (status == fs_Error_ENOENT || status == fs_Error_ENOTDIR)
		return;
	SAY(to, "\n#     %s:", *path ? path : "(base)");
	if (status != 0)
		SAY(to, " %d", status);
	else if (reply.progress.stop != fs_Stop_DONE)
		side_progress(side, 0, &reply.progress, to);
	else
		side_status(side, &reply.status, to);
}

static void look_at_slot(struct side *side, unsigned slot, struct result *to)
{
	struct fs_File_status_request request = {0};
	struct fs_File_status_reply reply;
	struct fs_File_seek_request seek = {0, fs_Whence_CURRENT};
	struct fs_File_seek_reply sought = {0};
	int status;

	if (!side->slots[slot])
		return;
	status = fs_File_status(&side->slots[slot]->channel, &request, &reply, patiently());
	SAY(to, "\n#     slot %u: %d", slot, status);
	if (status == 0)
		side_status(side, &reply.status, to);
	if (status != 0 || reply.status.kind == fs_Kind_DIRECTORY)
		return;
	status = fs_File_seek(&side->slots[slot]->channel, &seek, &sought, patiently());
	SAY(to, " at %d %llu", status, (unsigned long long)sought.position);
}

/* Events up to one that is made for this. */
static void look_at_events(struct side *side, struct result *to)
{
	struct fs_FileSystem_set_mode_request request = {.mode = 0644};
	struct fs_FileSystem_set_mode_reply reply;
	struct fs_Watcher_event event;
	struct result nothing = {{0}, 0};
	char last[256] = "";

	must(side, side_walk(side, 0, "z", 0, &request.node, &nothing), "walk to z");
	must(side, fs_FileSystem_set_mode(side_channel(side, 0), &request, &reply,
		patiently()), "set_mode of z");
	side_forget(side, 0, request.node);
	for (;;) {
		const struct fs_Watcher_changed_event *changed = &event.as.changed;
		char text[256];

		must(side, fs_Watcher_next_event(&side->watcher.channel, &event,
			patiently()), "next event");
		if (event.lost > 0)
			SAY(to, "\n#     lost %u", event.lost);
		if (event.which != fs_Watcher_event_changed)
			continue;
		if (changed->name.size == 1 && changed->name.data[0] == 'z')
			return;
		/* What has no name has one for Linux. */
		if (changed->name.size > 0 && changed->name.data[0] == '#')
			continue;
		snprintf(text, sizeof(text), "\n#     event %u %x %s %.*s", changed->watch,
			changed->what, changed->cookie ? "cookie" : "",
			(int)changed->name.size, changed->name.size ? changed->name.data : "");
		/* Whether two of a kind are told once is a matter of time. */
		if (strcmp(text, last) != 0)
			SAY(to, "%s", text);
		strcpy(last, text);
	}
}

void side_look(struct side *side, struct result *to)
{
	static const char names[] = "abcd";
	char path[8];

	look_at_path(side, "", to);
	for (unsigned i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%c", names[i]);
		look_at_path(side, path, to);
		for (unsigned j = 0; j < 4; j++) {
			snprintf(path, sizeof(path), "%c/%c", names[i], names[j]);
			look_at_path(side, path, to);
		}
	}
	for (unsigned i = 0; i < SLOTS; i++)
		look_at_slot(side, i, to);
	look_at_events(side, to);
}

/* ---- rows ---- */

static void find_base(struct side *side, unsigned subject, const char *name)
{
	struct fs_FileSystem_walk_request request;
	struct fs_FileSystem_walk_reply reply;

	fs_Place_init(&request.place);
	request.place.path = (fs_Path){name, (uint32_t)strlen(name)};
	must(side, fs_FileSystem_walk(side_channel(side, subject), &request, &reply,
		patiently()), "walk to the base");
	side->base[subject] = reply.progress.node;
}

static void watch_base(struct side *side)
{
	const struct fs_FileSystem_create_watcher_request create = {0};
	struct fs_FileSystem_create_watcher_reply created;
	const struct fs_Watcher_add_request add = {
		.node = side->base[0], .what = fs_Change_STATUS | fs_Change_MODIFIED |
			fs_Change_CREATED | fs_Change_REMOVED | fs_Change_MOVED_FROM |
			fs_Change_MOVED_TO | fs_Change_SELF_REMOVED | fs_Change_SELF_MOVED,
	};
	struct fs_Watcher_add_reply added;

	must(side, fs_FileSystem_create_watcher(side_channel(side, 0), &create, &created,
		patiently()), "create_watcher");
	must(side, sk_socket_adopt(&side->watcher, created.watcher.raw.raw), "adopt");
	must(side, fs_Watcher_add(&side->watcher.channel, &add, &added, patiently()),
		"add");
}

void side_begin(struct side *side, unsigned row)
{
	char name[16];
	struct fs_FileSystem_make_directory_request make = {
		.at = {fs_ROOT, fs_SELF, {name, 0}}, .mode = 0777,
	};
	struct fs_FileSystem_make_directory_reply made;
	struct fs_FileSystem_make_node_request file = {
		.at = {0, fs_SELF, {"z", 1}}, .kind = fs_Kind_FILE, .mode = 0644,
	};
	struct fs_FileSystem_make_node_reply filed;

	make.at.name.size = (uint32_t)snprintf(name, sizeof(name), "row%u", row);
	must(side, fs_FileSystem_make_directory(side_channel(side, 0), &make, &made,
		patiently()), "make the base");
	side_forget(side, 0, made.node);
	for (unsigned i = 0; i < (side->has_subjects ? 1 : SUBJECTS); i++)
		find_base(side, i, name);
	file.at.directory = side->base[0];
	must(side, fs_FileSystem_make_node(side_channel(side, 0), &file, &filed,
		patiently()), "make z");
	side_forget(side, 0, filed.node);
	watch_base(side);
	side->seen_count = 0;
}

void side_end(struct side *side)
{
	const struct fs_FileSystem_unlock_all_request unlock = {0, 0};
	struct fs_FileSystem_unlock_all_reply unlocked;

	for (unsigned i = 0; i < SLOTS; i++) {
		if (!side->slots[i])
			continue;
		sk_socket_close(side->slots[i]);
		free(side->slots[i]);
		side->slots[i] = NULL;
	}
	for (fs_LockOwner owner = 1; owner < 4; owner++) {
		struct fs_FileSystem_unlock_all_request all = unlock;

		all.owner = owner;
		must(side, fs_FileSystem_unlock_all(side_channel(side, 0), &all, &unlocked,
			patiently()), "unlock_all");
	}
	sk_socket_close(&side->watcher);
	for (unsigned i = 0; i < (side->has_subjects ? 1 : SUBJECTS); i++)
		side_forget(side, i, side->base[i]);
}
