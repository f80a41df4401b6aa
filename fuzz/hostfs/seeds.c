/*
 * Writes cases to begin with: what clients of a file server do, one after the
 * other. Usage: seeds FOLDER
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/fuzz_case.h"
#include "fuzz/server.h"
#include "protocols/fs.skald.h"

static uint8_t row[65536];
static size_t row_size;
static const char *folder;

static void step(unsigned what, unsigned peer, unsigned number, const void *bytes, int size,
	const struct sk_attached *attached)
{
	struct fuzz_step one = {
		.what = (uint8_t)what, .how = {(uint8_t)(peer | number << 3), 0},
		.packet = {.bytes = bytes, .size = (size_t)size},
	};

	if (size < 0) {
		fprintf(stderr, "seeds: a request does not encode: %d\n", size);
		exit(1);
	}
	for (uint32_t i = 0; attached && i < attached->lease_count; i++)
		one.packet.lease[one.packet.leases++] = (struct fuzz_lease){
			(uint8_t)attached->leases[i].direction,
			(uint32_t)attached->leases[i].size};
	row_size += fuzz_step_write(&one, row + row_size, sizeof(row) - row_size);
}

static void save(const char *name)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "wb");
	if (!file || fwrite(row, 1, row_size, file) != row_size || fclose(file) != 0) {
		perror(path);
		exit(1);
	}
	row_size = 0;
}

static uint8_t bytes[4096], memory[4096];
static struct sk_attached attached;

/* Calls `name` of peer `peer`; its number-th node is one that came. */
#define CALL(peer, number, name, ...) \
	step(SERVER_CALL, peer, number, bytes, fs_##name##_request_encode( \
		&(struct fs_##name##_request){__VA_ARGS__}, bytes, sizeof(bytes)), NULL)
#define LEND(peer, number, name, ...) \
	(sk_attach_none(&attached), step(SERVER_CALL, peer, number, bytes, \
		fs_##name##_request_encode(&(struct fs_##name##_request){__VA_ARGS__}, \
		bytes, sizeof(bytes), &attached), &attached))
#define IN(count) sk_lend(memory, count)
#define OUT(count) sk_lend_out(memory, count)

static struct fs_Place place(const char *path, uint32_t resolve)
{
	return (struct fs_Place){.start = fs_ROOT, .resolve = (fs_Resolve)resolve,
		.path = {path, (uint32_t)strlen(path)}};
}

static struct fs_At at(const char *name)
{
	return (struct fs_At){fs_ROOT, fs_SELF, {name, (uint32_t)strlen(name)}};
}

static void open_one(const char *path, uint32_t flags)
{
	CALL(0, 0, FileSystem_open, place(path, 0), (fs_Open)flags, 0644);
}

static void nodes(void)
{
	static const char *const paths[] = {
		"a", "d/b", "d/u/a", "l", "o", "s", "d/o/secret", "r", "..", "f", "none", "d/d/",
	};

	for (unsigned i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		CALL(0, 0, FileSystem_walk, place(paths[i], 0));
		CALL(0, 0, FileSystem_stat, place(paths[i], fs_Resolve_ROOTED));
		LEND(0, 0, FileSystem_read_link, place(paths[i], 0), OUT(100));
		CALL(0, 1, FileSystem_forget, fs_ROOT, 1);
		save(paths[i][0] == '.' ? "walk-up" : i == 2 ? "walk-du" : i == 6 ? "walk-do" :
			i == 11 ? "walk-dd" : (char[]){'w', 'a', 'l', 'k', '-', paths[i][0],
			paths[i][1] == '/' ? 'b' : 0, 0});
	}
}

static void files(void)
{
	open_one("a", fs_Open_READ | fs_Open_WRITE);
	LEND(1, 0, File_read, 0, OUT(64));
	LEND(1, 0, File_write, 0, .data = IN(64));
	LEND(1, 0, File_read_at, 0, 0, OUT(200));
	LEND(1, 0, File_write_at, 1000, 0, IN(30));
	CALL(1, 0, File_seek, 0, (fs_Whence)0);
	CALL(1, 0, File_truncate, 10);
	CALL(1, 0, File_allocate, (fs_Allocate)0, 0, 5000);
	CALL(1, 0, File_sync, true);
	CALL(1, 0, File_extents, 0);
	CALL(1, 0, File_status, 0);
	CALL(1, 0, File_describe, 0);
	CALL(1, 0, File_share, fs_Rights_READ);
	LEND(2, 0, File_read, 0, OUT(64));
	CALL(1, 0, File_flock, (fs_LockKind)1, true);
	CALL(1, 0, File_lock, {(fs_LockKind)1, 0, 10}, true);
	CALL(1, 0, File_wait_ready, 1, 100);
	CALL(1, 0, File_set_flags, fs_Open_APPEND);
	save("file");
	open_one("d", fs_Open_READ);
	CALL(1, 0, Directory_read_entries, 4000);
	CALL(1, 0, Directory_entries_at, 0);
	save("directory");
	/* In vain: it lies outside. */
	open_one("d/o/secret", fs_Open_READ);
	LEND(1, 0, File_read, 0, OUT(64));
	save("outside");
}

static void changes(void)
{
	CALL(0, 0, FileSystem_make_directory, at("n"), 0700);
	CALL(0, 0, FileSystem_make_node, at("p"), fs_Kind_FIFO, 0600);
	CALL(0, 0, FileSystem_make_node, at("c"), fs_Kind_CHARACTER_DEVICE, 0600, 1, 3);
	LEND(0, 0, FileSystem_make_link, at("k"), IN(20));
	CALL(0, 0, FileSystem_walk, place("a", 0));
	CALL(0, 1, FileSystem_link, fs_ROOT, at("h"));
	CALL(0, 0, FileSystem_rename, at("h"), at("i"), (fs_RenameMode)0);
	CALL(0, 0, FileSystem_unlink, at("i"));
	CALL(0, 0, FileSystem_remove_directory, at("n"));
	CALL(0, 1, FileSystem_set_mode, fs_ROOT, 0, 0600);
	CALL(0, 1, FileSystem_set_owner, fs_ROOT, 0, true, 1, true, 1);
	CALL(0, 1, FileSystem_truncate, fs_ROOT, 0, 3);
	LEND(0, 1, FileSystem_set_xattr, fs_ROOT, 0, {"user.a", 6}, (fs_XattrMode)0, IN(9));
	LEND(0, 1, FileSystem_get_xattr, fs_ROOT, 0, {"user.a", 6}, OUT(20));
	LEND(0, 1, FileSystem_list_xattrs, fs_ROOT, 0, OUT(90));
	save("changes");
	CALL(0, 0, FileSystem_create_watcher, 0);
	CALL(1, 0, Watcher_add, fs_ROOT, (fs_Change)0xfff, false, false);
	step(SERVER_CALL, 1, 0, "\4\0\0\0\0\0\0\0", 8, NULL);
	CALL(0, 0, FileSystem_make_directory, at("n"), 0700);
	save("watcher");
	CALL(0, 0, FileSystem_create_watcher, 0);
	CALL(0, 0, FileSystem_make_directory, at("w"), 0700);
	CALL(0, 0, FileSystem_walk, place("w", 0));
	CALL(1, 1, Watcher_add, fs_ROOT, (fs_Change)0xfff, false, false);
	CALL(0, 0, FileSystem_remove_directory, at("w"));
	/* The watch is the last number that came. */
	CALL(0, 1 | 8, FileSystem_forget, fs_ROOT, 1);
	save("watched");
}

static void sessions(void)
{
	CALL(0, 0, FileSystem_walk, place("d", 0));
	CALL(0, 1, FileSystem_confine, fs_ROOT, 0, (fs_MountFlags)0);
	CALL(1, 0, FileSystem_walk, place("../a", 0));
	CALL(1, 0, FileSystem_walk, place("o/secret", fs_Resolve_ROOTED));
	CALL(1, 0, FileSystem_open, place("b", 0), fs_Open_READ, 0);
	CALL(0, 0, FileSystem_rename, at("d"), at("x"), (fs_RenameMode)0);
	CALL(0, 1, FileSystem_cover, fs_ROOT, true);
	LEND(0, 1, FileSystem_path_of, fs_ROOT, 0, OUT(100));
	step(SERVER_HANG_UP, 0, 0, "", 0, NULL);
	CALL(1, 0, FileSystem_statfs, 0);
	save("sessions");
	CALL(0, 0, FileSystem_walk, place("a", 0));
	CALL(0, 1, FileSystem_lock, fs_ROOT, 1, {(fs_LockKind)2, 0, 10}, false);
	step(SERVER_CONNECT, 0, 0, "", 0, NULL);
	CALL(1, 0, FileSystem_walk, place("a", 0));
	CALL(1, 1, FileSystem_lock, fs_ROOT, 2, {(fs_LockKind)2, 0, 10}, true);
	CALL(1, 1, FileSystem_test_lock, fs_ROOT, 2, {(fs_LockKind)2, 0, 10});
	step(SERVER_CANCEL, 1, 0, "", 0, NULL);
	CALL(0, 1, FileSystem_unlock_all, fs_ROOT, 1);
	save("locks");
	CALL(0, 0, FileSystem_walk, place("a", 0));
	CALL(0, 1, FileSystem_copy_range, fs_ROOT, 0, fs_ROOT, 100, 20, false);
	CALL(0, 0, FileSystem_describe, 0);
	CALL(0, 0, FileSystem_sync, 0);
	step(SERVER_DATAGRAM, 0, 0, bytes, 100, NULL);
	save("rest");
}

/* Lists that are there already: what is lent has no contents here. */
static void lists(void)
{
	const fs_Name access = {"system.posix_acl_access", 23};
	const fs_Name inherited = {"system.posix_acl_default", 24};

	CALL(0, 0, FileSystem_walk, place("a", 0));
	LEND(0, 1, FileSystem_get_xattr, fs_ROOT, 0, access, OUT(60));
	CALL(0, 1, FileSystem_set_mode, fs_ROOT, 0, 0614);
	LEND(0, 1, FileSystem_list_xattrs, fs_ROOT, 0, OUT(90));
	CALL(0, 1, FileSystem_remove_xattr, fs_ROOT, 0, access);
	CALL(0, 0, FileSystem_walk, place("d", 0));
	CALL(0, 1, FileSystem_make_directory, {fs_ROOT, 0, {"n", 1}}, 0750);
	LEND(0, 1, FileSystem_set_xattr, fs_ROOT, 0, inherited, (fs_XattrMode)0, IN(44));
	CALL(0, 1, FileSystem_remove_xattr, fs_ROOT, 0, inherited);
	save("lists");
}

/* What only a server that has all of the protocol does. */
static void whole(void)
{
	static const struct fs_Lock bytes_0_to_9 = {fs_LockKind_EXCLUSIVE, 0, 10};

	CALL(0, 0, FileSystem_make_directory, at("x"), 0777);
	CALL(0, 0, FileSystem_rename, at("d"), at("x"), fs_RenameMode_EXCHANGE);
	CALL(0, 0, FileSystem_rename, at("a"), at("y"), fs_RenameMode_WHITEOUT);
	CALL(0, 0, FileSystem_walk, place("x", 0));
	CALL(0, 1, FileSystem_rename, {fs_ROOT, 0, {"b", 1}}, at("z"), fs_RenameMode_REPLACE);
	CALL(0, 0, FileSystem_rename, at("z"), at("y"), fs_RenameMode_REPLACE);
	CALL(0, 0, FileSystem_unlink, at("y"));
	save("names");
	LEND(0, 0, FileSystem_set_subject, 5, 1000, 1000, 0, IN(8));
	CALL(0, 0, FileSystem_make_directory, {fs_ROOT, 5, {"m", 1}}, 0777);
	CALL(0, 0, FileSystem_walk, place("a", 0));
	CALL(0, 1, FileSystem_set_mode, fs_ROOT, 0, 06755);
	CALL(0, 1, FileSystem_truncate, fs_ROOT, 5, 3);
	CALL(0, 1, FileSystem_set_node_flags, fs_ROOT, 0, fs_NodeFlags_IMMUTABLE,
		fs_NodeFlags_IMMUTABLE);
	CALL(0, 0, FileSystem_drop_subject, 5);
	CALL(0, 0, FileSystem_find, 2, 0);
	save("subjects");
	CALL(0, 0, FileSystem_open, place("", 0), fs_Open_TEMPORARY | fs_Open_WRITE, 0644);
	CALL(0, 0, FileSystem_walk, place("a", 0));
	CALL(0, 0, FileSystem_unlink, at("a"));
	CALL(0, 1, FileSystem_link, fs_ROOT, at("h"));
	LEND(1, 0, File_write_at, 5000000, 0, IN(100));
	CALL(1, 0, File_allocate, fs_Allocate_PUNCH, 4096, 5000000);
	CALL(1, 0, File_truncate, 5000050);
	CALL(1, 0, File_truncate, 6000000);
	save("holes");
	open_one("a", fs_Open_READ | fs_Open_WRITE);
	open_one("a", fs_Open_READ | fs_Open_WRITE);
	CALL(1, 0, File_lock, bytes_0_to_9, true);
	CALL(2, 0, File_lock, {fs_LockKind_SHARED, 4, 0}, true);
	CALL(1, 0, File_lock, {fs_LockKind_NONE, 2, 5}, false);
	CALL(1, 0, File_flock, fs_LockKind_EXCLUSIVE, false);
	CALL(2, 0, File_flock, fs_LockKind_EXCLUSIVE, true);
	CALL(1, 0, File_flock, fs_LockKind_SHARED, false);
	CALL(1, 0, File_lock, {fs_LockKind_NONE, 0, 0}, false);
	step(SERVER_HANG_UP, 1, 0, "", 0, NULL);
	save("waiting");
	CALL(0, 0, FileSystem_walk, place("a", 0));
	CALL(0, 0, FileSystem_walk, place("d/b", 0));
	CALL(0, 1, FileSystem_lock, fs_ROOT, 1, bytes_0_to_9, true);
	CALL(0, 1 | 8, FileSystem_lock, fs_ROOT, 2, bytes_0_to_9, true);
	CALL(0, 1, FileSystem_lock, fs_ROOT, 2, bytes_0_to_9, true);
	CALL(0, 1 | 8, FileSystem_lock, fs_ROOT, 1, bytes_0_to_9, true);
	CALL(0, 0, FileSystem_unlock_all, 0, 1);
	CALL(0, 0, FileSystem_remount, fs_MountFlags_READ_ONLY);
	CALL(0, 0, FileSystem_unmount, true);
	save("ring");
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	folder = argv[1];
	nodes();
	files();
	changes();
	sessions();
	lists();
	whole();
	return 0;
}
