/*
 * What others do to the served folder. Where it is a folder of this machine
 * (DIR), that is done with system calls; where it lies within the server ("-"),
 * by another client.
 */
#ifndef TESTS_HOSTFS_OUTSIDE_H
#define TESTS_HOSTFS_OUTSIDE_H

#include "tests/hostfs/fs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_folder;
static struct sk_socket outsider;

#define OUTSIDE(method, request, reply) \
	fs_FileSystem_##method(&outsider.channel, request, reply, patiently())
#define MAY_BE_UNUSED __attribute__((unused)) static

MAY_BE_UNUSED void outside_begin(const char *socket, const char *dir)
{
	is_folder = strcmp(dir, "-") != 0;
	if (is_folder ? chdir(dir) != 0 :
			sk_socket_connect(&outsider, socket, SK_FOREVER) != 0) {
		perror(dir);
		exit(1);
	}
}

MAY_BE_UNUSED fs_Node outside_node(struct fs_Place place)
{
	struct fs_FileSystem_walk_request request = {.place = place};
	struct fs_FileSystem_walk_reply reply;
	int status = OUTSIDE(walk, &request, &reply);

	if (status != 0) {
		printf("%.*s is not found: %d\n", (int)place.path.size, place.path.data,
			status);
		exit(1);
	}
	return reply.progress.node;
}

/* A name in a directory. Nodes are not forgotten: the tests are short. */
MAY_BE_UNUSED struct fs_At outside_at(const char *path)
{
	const char *name = strrchr(path, '/');
	struct fs_At at;

	name = name ? name + 1 : path;
	at = (struct fs_At){
		outside_node(place_bytes(path, (uint32_t)strlen(path), fs_Resolve_PARENT)),
		fs_SELF, {name, (uint32_t)strlen(name)},
	};
	return at;
}

MAY_BE_UNUSED int outside_forgets(fs_Node node, int status)
{
	struct fs_FileSystem_forget_request request = {node, 1};

	if (node != fs_ROOT)
		WANT(0, fs_FileSystem_forget(&outsider.channel, &request, patiently()));
	return status;
}

MAY_BE_UNUSED int outside_mkdir(const char *path, uint32_t mode)
{
	struct fs_FileSystem_make_directory_request request = {.mode = mode};
	struct fs_FileSystem_make_directory_reply reply = {0};
	int status;

	if (is_folder)
		return mkdir(path, mode);
	request.at = outside_at(path);
	status = OUTSIDE(make_directory, &request, &reply);
	outside_forgets(request.at.directory, 0);
	return status != 0 ? status : outside_forgets(reply.node, 0);
}

MAY_BE_UNUSED int outside_symlink(const char *text, const char *path)
{
	struct fs_FileSystem_make_link_request request;
	struct fs_FileSystem_make_link_reply reply;

	if (is_folder)
		return symlink(text, path);
	request = (struct fs_FileSystem_make_link_request){
		outside_at(path), sk_lend(text, strlen(text)),
	};
	return OUTSIDE(make_link, &request, &reply);
}

/* An empty file, opened for writing and closed. */
MAY_BE_UNUSED void outside_make(const char *path)
{
	struct fs_FileSystem_open_request request = {
		.flags = fs_Open_WRITE | fs_Open_CREATE, .mode = 0600,
	};
	struct fs_FileSystem_open_reply reply;
	struct sk_socket file;

	if (is_folder) {
		close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
		return;
	}
	request.place = place_of(path);
	WANT(0, OUTSIDE(open, &request, &reply));
	WANT(0, sk_socket_adopt(&file, reply.file.raw.raw));
	outside_forgets(reply.progress.node, 0);
	sk_socket_close(&file);
}

MAY_BE_UNUSED int outside_rename(const char *from, const char *to)
{
	struct fs_FileSystem_rename_request request = {.mode = fs_RenameMode_REPLACE};
	struct fs_FileSystem_rename_reply reply;

	if (is_folder)
		return rename(from, to);
	request.at = outside_at(from);
	request.to = outside_at(to);
	return OUTSIDE(rename, &request, &reply);
}

MAY_BE_UNUSED int outside_unlink(const char *path)
{
	struct fs_FileSystem_unlink_request request;
	struct fs_FileSystem_unlink_reply reply;

	if (is_folder)
		return unlink(path);
	request.at = outside_at(path);
	return OUTSIDE(unlink, &request, &reply);
}

MAY_BE_UNUSED int outside_rmdir(const char *path)
{
	struct fs_FileSystem_remove_directory_request request;
	struct fs_FileSystem_remove_directory_reply reply;

	if (is_folder)
		return rmdir(path);
	request.at = outside_at(path);
	return OUTSIDE(remove_directory, &request, &reply);
}

MAY_BE_UNUSED int outside_chmod(const char *path, uint32_t mode)
{
	struct fs_FileSystem_set_mode_request request = {.mode = mode};
	struct fs_FileSystem_set_mode_reply reply;

	if (is_folder)
		return chmod(path, mode);
	request.node = outside_node(place_of(path));
	return outside_forgets(request.node, OUTSIDE(set_mode, &request, &reply));
}

MAY_BE_UNUSED int outside_truncate(const char *path, uint64_t size)
{
	struct fs_FileSystem_truncate_request request = {.size = size};
	struct fs_FileSystem_truncate_reply reply;

	if (is_folder)
		return truncate(path, (off_t)size);
	request.node = outside_node(place_of(path));
	return outside_forgets(request.node, OUTSIDE(truncate, &request, &reply));
}

/* The size of what is there, or -1. */
MAY_BE_UNUSED int64_t outside_size(const char *path)
{
	struct fs_FileSystem_stat_request request;
	struct fs_FileSystem_stat_reply reply;
	struct stat status;

	if (is_folder)
		return stat(path, &status) == 0 ? status.st_size : -1;
	request.place = place_of(path);
	return OUTSIDE(stat, &request, &reply) == 0 ? (int64_t)reply.status.size : -1;
}

#endif
