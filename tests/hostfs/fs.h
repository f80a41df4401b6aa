/*
 * For the programs here: a session, and its calls in one line each. What a
 * call comes to is 0, the protocol's error (positive) or a status (negative);
 * where something is counted, an error is -1000 - error.
 */
#ifndef TESTS_HOSTFS_FS_H
#define TESTS_HOSTFS_FS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocols/fs.skald.h"
#include "runtime/socket.h"

/* A call that takes this long hangs. */
#define HANGS_MS 60000

#define WANT(wanted, expression) want(__FILE__, __LINE__, #expression, wanted, expression)
#define COUNTED(status, count) ((status) == 0 ? (int64_t)(count) : -1000 - (status))

static struct sk_socket session;

__attribute__((unused)) static void want(const char *file, int line, const char *what,
	int64_t wanted, int64_t came)
{
	if (wanted == came)
		return;
	printf("%s:%d: %s: wanted %" PRId64 ", came %" PRId64 "\n", file, line, what,
		wanted, came);
	exit(1);
}

static const struct sk_call *patiently(void)
{
	static struct sk_call call;

	call.deadline = sk_socket_after(HANGS_MS);
	return &call;
}

static void connect_session(const char *path)
{
	if (sk_socket_connect(&session, path, SK_FOREVER) == 0)
		return;
	perror("connecting");
	exit(1);
}

static struct fs_Place place_bytes(const char *text, uint32_t size, fs_Resolve resolve)
{
	struct fs_Place place;

	fs_Place_init(&place);
	place.resolve = resolve;
	place.path = (fs_Path){text, size};
	return place;
}

__attribute__((unused)) static struct fs_Place place_of(const char *text)
{
	return place_bytes(text, (uint32_t)strlen(text),
		fs_Resolve_ROOTED | fs_Resolve_FOLLOW);
}

/* Opens; `reply` says all, and a file in it has become `file`. */
__attribute__((unused)) static int open_place(struct fs_Place place, fs_Open flags,
	uint32_t mode, struct sk_socket *file, struct fs_FileSystem_open_reply *reply)
{
	struct fs_FileSystem_open_request request = {
		.place = place, .flags = flags, .mode = mode,
	};
	int status = fs_FileSystem_open(&session.channel, &request, reply, patiently());

	if (status == 0 && reply->has_file)
		status = sk_socket_adopt(file, reply->file.raw.raw);
	return status;
}

__attribute__((unused)) static void forget(fs_Node node, uint32_t references)
{
	struct fs_FileSystem_forget_request request = {node, references};

	want(__FILE__, __LINE__, "forget", 0,
		fs_FileSystem_forget(&session.channel, &request, patiently()));
}

/* Opens a file that must be there, or to be made; its node is forgotten. */
__attribute__((unused)) static struct sk_socket *opened(const char *path, fs_Open flags)
{
	struct sk_socket *file = malloc(sizeof(*file));
	struct fs_FileSystem_open_reply reply;
	int status = open_place(place_of(path), flags, 0666, file, &reply);

	if (status != 0 || !reply.has_file) {
		printf("%s does not open with %x: %d\n", path, flags, status);
		exit(1);
	}
	forget(reply.progress.node, 1);
	return file;
}

__attribute__((unused)) static void closed(struct sk_socket *file)
{
	sk_socket_close(file);
	free(file);
}

__attribute__((unused)) static int64_t read_at(struct sk_socket *file, uint64_t offset,
	void *to, uint64_t size)
{
	struct fs_File_read_at_request request = {
		.offset = offset, .data = sk_lend_out(to, size),
	};
	struct fs_File_read_at_reply reply;
	int status = fs_File_read_at(&file->channel, &request, &reply, patiently());

	return COUNTED(status, reply.count);
}

__attribute__((unused)) static int64_t write_at(struct sk_socket *file, uint64_t offset,
	const void *from, uint64_t size)
{
	struct fs_File_write_at_request request = {
		.offset = offset, .data = sk_lend(from, size),
	};
	struct fs_File_write_at_reply reply;
	int status = fs_File_write_at(&file->channel, &request, &reply, patiently());

	return COUNTED(status, reply.count);
}

__attribute__((unused)) static int walk(struct fs_Place place,
	struct fs_FileSystem_walk_reply *reply)
{
	struct fs_FileSystem_walk_request request = {.place = place};

	return fs_FileSystem_walk(&session.channel, &request, reply, patiently());
}

/* The node that a path leads to, which must be there. */
__attribute__((unused)) static fs_Node node_of(const char *path)
{
	struct fs_FileSystem_walk_reply reply;
	int status = walk(place_bytes(path, (uint32_t)strlen(path), fs_Resolve_ROOTED),
		&reply);

	if (status != 0 || reply.progress.stop != fs_Stop_DONE) {
		printf("%s is not found: %d\n", path, status);
		exit(1);
	}
	return reply.progress.node;
}

#endif
