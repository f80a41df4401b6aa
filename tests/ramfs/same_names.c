/* Operations on paths: most of them walk to a node first. */
#include "tests/ramfs/same.h"

#include <stdlib.h>
#include <string.h>

#define CALL(method, request, reply) \
	fs_FileSystem_##method(side_channel(side, op->subject), request, reply, patiently())

static uint8_t bytes[65536];

/* The directory of a path, and its last name in it: to be forgotten. */
static int find_at(struct side *side, const struct operation *op, const char *path,
	struct fs_At *at, struct result *to)
{
	const char *name = strrchr(path, '/');
	int status = side_walk(side, op->subject, path, fs_Resolve_PARENT, &at->directory, to);

	name = name ? name + 1 : path;
	at->name = (fs_Name){name, (uint32_t)strlen(name)};
	at->subject = side_subject(side, op->subject);
	return status;
}

static void say_made(struct side *side, const struct operation *op, int status, fs_Node node,
	const struct fs_Status *made, struct result *to)
{
	SAY(to, " %d", status);
	if (status != 0)
		return;
	side_status(side, made, to);
	side_forget(side, op->subject, node);
}

static void make(struct side *side, const struct operation *op, struct result *to)
{
	struct fs_At at;
	int status = find_at(side, op, op->path, &at, to);

	if (status != 0)
		return;
	if (op->what == MKDIR) {
		const struct fs_FileSystem_make_directory_request request = {at, op->mode};
		struct fs_FileSystem_make_directory_reply reply;

		status = CALL(make_directory, &request, &reply);
		say_made(side, op, status, reply.node, &reply.status, to);
	} else if (op->what == MKNOD) {
		const struct fs_FileSystem_make_node_request request = {
			at, (fs_Kind)op->choice, op->mode, 0, 0,
		};
		struct fs_FileSystem_make_node_reply reply;

		status = CALL(make_node, &request, &reply);
		say_made(side, op, status, reply.node, &reply.status, to);
	} else {
		const struct fs_FileSystem_make_link_request request = {
			at, sk_lend(op->other, strlen(op->other)),
		};
		struct fs_FileSystem_make_link_reply reply;

		status = CALL(make_link, &request, &reply);
		say_made(side, op, status, reply.node, &reply.status, to);
	}
	side_forget(side, op->subject, at.directory);
}

static void remove_name(struct side *side, const struct operation *op, struct result *to)
{
	struct fs_FileSystem_unlink_request unlink;
	struct fs_FileSystem_unlink_reply unlinked;
	struct fs_FileSystem_remove_directory_request rmdir;
	struct fs_FileSystem_remove_directory_reply removed;
	struct fs_At at;

	if (find_at(side, op, op->path, &at, to) != 0)
		return;
	unlink.at = rmdir.at = at;
	SAY(to, " %d", op->what == UNLINK ? CALL(unlink, &unlink, &unlinked) :
		CALL(remove_directory, &rmdir, &removed));
	side_forget(side, op->subject, at.directory);
}

static void link_name(struct side *side, const struct operation *op, struct result *to)
{
	struct fs_FileSystem_link_request request;
	struct fs_FileSystem_link_reply reply;

	if (side_walk(side, op->subject, op->path, 0, &request.node, to) != 0)
		return;
	if (find_at(side, op, op->other, &request.at, to) == 0)
		SAY(to, " %d", CALL(link, &request, &reply));
	side_forget(side, op->subject, request.at.directory);
	side_forget(side, op->subject, request.node);
}

static void rename_name(struct side *side, const struct operation *op, struct result *to)
{
	struct fs_FileSystem_rename_request request = {.mode = (fs_RenameMode)op->choice};
	struct fs_FileSystem_rename_reply reply;

	if (find_at(side, op, op->path, &request.at, to) != 0)
		return;
	if (find_at(side, op, op->other, &request.to, to) == 0)
		SAY(to, " %d", CALL(rename, &request, &reply));
	side_forget(side, op->subject, request.to.directory);
	side_forget(side, op->subject, request.at.directory);
}

/* ---- status ---- */

static struct fs_SetTime time_of(int choice, uint64_t value)
{
	struct fs_SetTime time = {.which = choice % 3 == 0 ? fs_SetTime_leave :
		choice % 3 == 1 ? fs_SetTime_now : fs_SetTime_at};

	if (time.which == fs_SetTime_at)
		time.as.at = (struct fs_Time){.seconds = (int64_t)(value % 1000000),
			.nanos = (uint32_t)(value % 1000000007)};
	return time;
}

static int set(struct side *side, const struct operation *op, fs_Node node,
	struct fs_Status *status)
{
	fs_Subject subject = side_subject(side, op->subject);
	int result;

	if (op->what == CHMOD) {
		const struct fs_FileSystem_set_mode_request request = {node, subject, op->mode};
		struct fs_FileSystem_set_mode_reply reply;

		result = CALL(set_mode, &request, &reply);
		*status = reply.status;
	} else if (op->what == CHOWN) {
		const struct fs_FileSystem_set_owner_request request = {
			.node = node, .subject = subject,
			.has_owner = op->choice & 1, .owner = op->flags & 1 ? 1000 : 1001,
			.has_owner_group = op->choice & 2,
			.owner_group = op->flags & 2 ? 1000 : 1001,
		};
		struct fs_FileSystem_set_owner_reply reply;

		result = CALL(set_owner, &request, &reply);
		*status = reply.status;
	} else if (op->what == TIMES) {
		const struct fs_FileSystem_set_times_request request = {
			node, subject, time_of(op->choice, op->offset),
			time_of(op->choice / 3, op->size),
		};
		struct fs_FileSystem_set_times_reply reply;

		result = CALL(set_times, &request, &reply);
		*status = reply.status;
	} else if (op->what == RESIZE) {
		const struct fs_FileSystem_truncate_request request = {node, subject, op->size};
		struct fs_FileSystem_truncate_reply reply;

		result = CALL(truncate, &request, &reply);
		*status = reply.status;
	} else {
		const struct fs_FileSystem_set_node_flags_request request = {
			node, subject, (fs_NodeFlags)op->flags,
			fs_NodeFlags_NO_DUMP | fs_NodeFlags_NO_ACCESS_TIME,
		};
		struct fs_FileSystem_set_node_flags_reply reply;

		result = CALL(set_node_flags, &request, &reply);
		*status = reply.status;
	}
	return result;
}

static void set_status(struct side *side, const struct operation *op, fs_Node node,
	struct result *to)
{
	struct fs_Status status;
	int result = set(side, op, node, &status);

	SAY(to, " %d", result);
	if (result == 0)
		side_status(side, &status, to);
}

/* ---- extended attributes ---- */

static void say_bytes(int status, uint32_t size, uint64_t room, struct result *to)
{
	SAY(to, " %d size=%u ", status, status == 0 ? size : 0);
	for (uint32_t i = 0; status == 0 && i < size && size <= room && i < 100; i++)
		SAY(to, "%c", bytes[i] ? bytes[i] : '.');
}

/* An access list: whole, or with what is wrong in one place. How long it is. */
static uint64_t make_list(const struct operation *op)
{
	static const struct {
		uint16_t tag;
		uint32_t id;
	} kinds[] = {{1, UINT32_MAX}, {2, 1000}, {2, 1001}, {4, UINT32_MAX}, {8, 1000},
		{16, UINT32_MAX}, {32, UINT32_MAX}};
	uint32_t chosen = op->flags >> 8;
	uint64_t size = 4;

	sk_put_uint32(bytes, op->flags % 16 == 0 ? 1 : 2);
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		bool is_named = kinds[i].tag == 2 || kinds[i].tag == 8 || kinds[i].tag == 16;

		/* Mostly those that must be there. */
		if ((is_named ? chosen >> i : chosen >> 7) % (is_named ? 2 : 64) == 0 &&
				(is_named || i == op->flags % 7))
			continue;
		sk_put_uint16(bytes + size, kinds[i].tag);
		sk_put_uint16(bytes + size + 2, (uint16_t)(op->offset + op->size * 3 + i * 5 +
			(chosen >> i)) % 8);
		sk_put_uint32(bytes + size + 4, kinds[i].id);
		size += 8;
	}
	if (op->flags % 16 == 1)
		sk_put_uint16(bytes + 12, (uint16_t)(chosen % 70));
	if (op->flags % 16 == 2)
		sk_put_uint16(bytes + 14, 8);
	if (op->flags % 16 == 3)
		sk_put_uint32(bytes + 16, UINT32_MAX);
	return op->flags % 16 == 4 ? size - chosen % 9 : op->flags % 64 == 5 ? 0 : size;
}

static void xattr(struct side *side, const struct operation *op, fs_Node node,
	struct result *to)
{
	fs_Subject subject = side_subject(side, op->subject);
	const fs_Name name = {op->other, (uint32_t)strlen(op->other)};
	uint64_t room = op->size % 50;
	bool is_list = strncmp(op->other, "system.", 7) == 0;
	int status;

	memset(bytes, 'a' + op->choice, room);
	if (is_list && op->what == SET_XATTR)
		room = make_list(op);
	else if (is_list)
		room += op->size % 3 * 40;
	if (op->what == SET_XATTR) {
		const struct fs_FileSystem_set_xattr_request request = {
			node, subject, name, (fs_XattrMode)op->choice, sk_lend(bytes, room),
		};
		struct fs_FileSystem_set_xattr_reply reply;

		SAY(to, " %d", CALL(set_xattr, &request, &reply));
	} else if (op->what == REMOVE_XATTR) {
		const struct fs_FileSystem_remove_xattr_request request = {node, subject, name};
		struct fs_FileSystem_remove_xattr_reply reply;

		SAY(to, " %d", CALL(remove_xattr, &request, &reply));
	} else if (op->what == GET_XATTR) {
		const struct fs_FileSystem_get_xattr_request request = {
			node, subject, name, sk_lend_out(bytes, room),
		};
		struct fs_FileSystem_get_xattr_reply reply;

		status = CALL(get_xattr, &request, &reply);
		say_bytes(status, reply.size, room, to);
	} else {
		const struct fs_FileSystem_list_xattrs_request request = {
			node, subject, sk_lend_out(bytes, room),
		};
		struct fs_FileSystem_list_xattrs_reply reply;

		status = CALL(list_xattrs, &request, &reply);
		say_bytes(status, reply.size, room, to);
	}
}

/* ---- by path alone ---- */

static void look(struct side *side, const struct operation *op, struct result *to)
{
	const struct fs_Place place = side_place(side, op->subject, op->path, op->resolve);
	int status;

	if (op->what == STAT) {
		const struct fs_FileSystem_stat_request request = {place};
		struct fs_FileSystem_stat_reply reply;

		status = CALL(stat, &request, &reply);
		SAY(to, " %d", status);
		if (status == 0)
			side_progress(side, op->subject, &reply.progress, to);
		if (status == 0 && reply.progress.stop == fs_Stop_DONE)
			side_status(side, &reply.status, to);
	} else if (op->what == ACCESS) {
		const struct fs_FileSystem_access_request request = {
			place, (fs_Access)(op->flags & 7),
		};
		struct fs_FileSystem_access_reply reply;

		status = CALL(access, &request, &reply);
		SAY(to, " %d", status);
		if (status == 0)
			side_progress(side, op->subject, &reply.progress, to);
	} else {
		uint64_t room = op->size % 20;
		const struct fs_FileSystem_read_link_request request = {
			place, sk_lend_out(bytes, room),
		};
		struct fs_FileSystem_read_link_reply reply;

		status = CALL(read_link, &request, &reply);
		say_bytes(status, reply.size, room, to);
	}
}

static int by_name(const void *left, const void *right)
{
	return strcmp(left, right);
}

static void list(struct side *side, const struct operation *op, struct result *to)
{
	const struct fs_FileSystem_open_request open = {
		side_place(side, op->subject, op->path, op->resolve),
		fs_Open_READ | fs_Open_DIRECTORY, 0,
	};
	struct fs_FileSystem_open_reply opened;
	struct fs_Directory_entries_at_request request = {0};
	struct fs_Directory_entries_at_reply reply;
	static char names[64][16];
	struct sk_socket directory;
	struct fs_Entry entry;
	unsigned count = 0;
	int status = CALL(open, &open, &opened);

	SAY(to, " %d", status);
	if (status != 0)
		return;
	side_progress(side, op->subject, &opened.progress, to);
	if (opened.progress.stop != fs_Stop_DONE)
		return;
	side_forget(side, op->subject, opened.progress.node);
	sk_socket_adopt(&directory, opened.file.raw.raw);
	do {
		status = fs_Directory_entries_at(&directory.channel, &request, &reply,
			patiently());
		while (status == 0 && fs_Entry_next(&reply.entries, &entry) && count < 64) {
			snprintf(names[count++], sizeof(names[0]), "%.*s:%d",
				(int)entry.name.size, entry.name.data, entry.kind);
			request.from = entry.next;
		}
	} while (status == 0 && reply.more);
	SAY(to, " %d", status);
	qsort(names, count, sizeof(names[0]), by_name);
	for (unsigned i = 0; i < count; i++)
		SAY(to, " %s", names[i]);
	sk_socket_close(&directory);
}

static void copy(struct side *side, const struct operation *op, struct result *to)
{
	struct fs_FileSystem_copy_range_request request = {
		.from_offset = op->offset, .to_offset = op->flags % 20000, .length = op->size,
	};
	struct fs_FileSystem_copy_range_reply reply = {0};
	int status;

	if (side_walk(side, op->subject, op->path, fs_Resolve_FOLLOW, &request.from, to) != 0)
		return;
	if (side_walk(side, op->subject, op->other, fs_Resolve_FOLLOW, &request.to, to) == 0) {
		status = CALL(copy_range, &request, &reply);
		SAY(to, " %d %llu", status, (unsigned long long)reply.done);
	}
	side_forget(side, op->subject, request.to);
	side_forget(side, op->subject, request.from);
}

/* ---- by node ---- */

static void path_of(struct side *side, const struct operation *op, fs_Node node,
	struct result *to)
{
	const struct fs_FileSystem_path_of_request request = {
		node, side->base[side->has_subjects ? 0 : op->subject],
		sk_lend_out(bytes, op->size % 20),
	};
	struct fs_FileSystem_path_of_reply reply;
	int status = CALL(path_of, &request, &reply);

	say_bytes(status, reply.size, sizeof(bytes), to);
}

static void watch(struct side *side, const struct operation *op, fs_Node node,
	struct result *to)
{
	const struct fs_Watcher_add_request request = {
		node, fs_Change_STATUS | fs_Change_MODIFIED | fs_Change_CREATED |
			fs_Change_REMOVED | fs_Change_SELF_REMOVED | fs_Change_SELF_MOVED |
			fs_Change_MOVED_FROM, op->choice & 1, op->choice & 2,
	};
	struct fs_Watcher_add_reply reply = {0};
	int status;

	/* The base's own watch is needed. */
	if (node == side->base[0])
		return;
	status = fs_Watcher_add(&side->watcher.channel, &request, &reply, patiently());
	SAY(to, " %d %u", status, reply.watch);
}

static void record(struct side *side, const struct operation *op, fs_Node node,
	struct result *to)
{
	const struct fs_Lock range = {(fs_LockKind)op->choice, op->offset % 20, op->size % 10};
	const fs_LockOwner owner = 1 + op->flags % 3;
	int status;

	if (op->what == RECORD) {
		const struct fs_FileSystem_lock_request request = {node, owner, range, false};
		struct fs_FileSystem_lock_reply reply;

		SAY(to, " %d", CALL(lock, &request, &reply));
	} else if (op->what == UNLOCK) {
		const struct fs_FileSystem_unlock_all_request request = {node, owner};
		struct fs_FileSystem_unlock_all_reply reply;

		SAY(to, " %d", CALL(unlock_all, &request, &reply));
	} else {
		const struct fs_FileSystem_test_lock_request request = {node, owner, range};
		struct fs_FileSystem_test_lock_reply reply = {0};

		status = CALL(test_lock, &request, &reply);
		SAY(to, " %d kind=%d start=%llu length=%llu holder=%llu", status,
			reply.found.kind, (unsigned long long)reply.found.start,
			(unsigned long long)reply.found.length,
			(unsigned long long)reply.holder);
	}
}

static void run_on_node(struct side *side, const struct operation *op, struct result *to)
{
	fs_Node node;

	if (side_walk(side, op->subject, op->path, op->resolve, &node, to) != 0)
		return;
	if (op->what >= CHMOD && op->what <= FLAGS)
		set_status(side, op, node, to);
	else if (op->what >= SET_XATTR && op->what <= LIST_XATTRS)
		xattr(side, op, node, to);
	else if (op->what == PATH_OF)
		path_of(side, op, node, to);
	else if (op->what == WATCH)
		watch(side, op, node, to);
	else
		record(side, op, node, to);
	side_forget(side, op->subject, node);
}

bool run_on_names(struct side *side, const struct operation *op, struct result *to)
{
	switch (op->what) {
	case MKDIR: case MKNOD: case SYMLINK:
		make(side, op, to);
		return true;
	case UNLINK: case RMDIR:
		remove_name(side, op, to);
		return true;
	case LINK:
		link_name(side, op, to);
		return true;
	case RENAME:
		rename_name(side, op, to);
		return true;
	case STAT: case ACCESS: case READ_LINK:
		look(side, op, to);
		return true;
	case LIST:
		list(side, op, to);
		return true;
	case COPY:
		copy(side, op, to);
		return true;
	default:
		if (op->what >= OPEN)
			return false;
		run_on_node(side, op, to);
		return true;
	}
}
