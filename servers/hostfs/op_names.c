/* Names: making, moving and removing them, and symbolic links. */
#define _GNU_SOURCE
#include "servers/hostfs/hostfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* 0, or the error why this path's last name cannot be changed. */
static fs_Error place_to_change(struct session *session, fs_Path from, struct place *place)
{
	struct path path;
	fs_Error error = operations_may_write(session);

	if (error == SK_OK)
		error = errors_from_errno(resolve_path(&path, from));
	if (error == SK_OK)
		error = errors_from_errno(resolve_place(session->host, &path, place));
	return error;
}

/* What a system call on a place came to; leaves the place. */
static fs_Error finish(struct place *place, int result)
{
	int error = result < 0 ? errno : 0;

	resolve_leave(place);
	return errors_from_errno(error);
}

void op_mkdir(void *self, const struct fs_Files_mkdir_request *request,
	struct sk_reply *to)
{
	const struct fs_Files_mkdir_reply reply = {0};
	struct place place;
	fs_Error error = place_to_change(self, request->path, &place);

	if (error == SK_OK)
		error = finish(&place, mkdirat(place.directory, place.name,
			request->mode & 0777));
	fs_Files_mkdir_answer(to, error, &reply);
}

void op_rmdir(void *self, const struct fs_Files_rmdir_request *request,
	struct sk_reply *to)
{
	const struct fs_Files_rmdir_reply reply = {0};
	struct place place;
	fs_Error error = place_to_change(self, request->path, &place);

	if (error == SK_OK)
		error = finish(&place, unlinkat(place.directory, place.name,
			AT_REMOVEDIR));
	fs_Files_rmdir_answer(to, error, &reply);
}

void op_unlink(void *self, const struct fs_Files_unlink_request *request,
	struct sk_reply *to)
{
	const struct fs_Files_unlink_reply reply = {0};
	struct place place;
	fs_Error error = place_to_change(self, request->path, &place);

	if (error == SK_OK)
		error = finish(&place, unlinkat(place.directory, place.name, 0));
	fs_Files_unlink_answer(to, error, &reply);
}

static fs_Error places_to_change(struct session *session, fs_Path from, fs_Path to,
	struct place places[2])
{
	fs_Error error = place_to_change(session, from, &places[0]);

	if (error != SK_OK)
		return error;
	error = place_to_change(session, to, &places[1]);
	if (error != SK_OK)
		resolve_leave(&places[0]);
	return error;
}

static fs_Error finish_two(struct place places[2], int result)
{
	fs_Error error = finish(&places[0], result);

	resolve_leave(&places[1]);
	return error;
}

void op_rename(void *self, const struct fs_Files_rename_request *request,
	struct sk_reply *to)
{
	const struct fs_Files_rename_reply reply = {0};
	struct place places[2];
	fs_Error error = places_to_change(self, request->from, request->to, places);

	if (error == SK_OK)
		error = finish_two(places, renameat2(places[0].directory, places[0].name,
			places[1].directory, places[1].name,
			request->replace ? 0 : RENAME_NOREPLACE));
	fs_Files_rename_answer(to, error, &reply);
}

void op_link(void *self, const struct fs_Files_link_request *request,
	struct sk_reply *to)
{
	const struct fs_Files_link_reply reply = {0};
	struct place places[2];
	fs_Error error = places_to_change(self, request->from, request->to, places);

	if (error == SK_OK)
		error = finish_two(places, linkat(places[0].directory, places[0].name,
			places[1].directory, places[1].name, 0));
	fs_Files_link_answer(to, error, &reply);
}

void op_symlink(void *self, const struct fs_Files_symlink_request *request,
	struct sk_reply *to)
{
	const struct fs_Files_symlink_reply reply = {0};
	struct path text;
	struct place place;
	fs_Error error = errors_from_errno(resolve_path(&text, request->text));

	if (error == SK_OK)
		error = place_to_change(self, request->path, &place);
	if (error == SK_OK)
		error = finish(&place, symlinkat(text.text, place.directory, place.name));
	fs_Files_symlink_answer(to, error, &reply);
}

/* The size of the link's text, or a negative errno. */
static ssize_t read_link(const struct host *host, fs_Path from, char *text, size_t size)
{
	struct path path;
	struct place place;
	ssize_t got;
	int error = resolve_path(&path, from);

	if (error == 0)
		error = resolve_place(host, &path, &place);
	if (error != 0)
		return -error;
	got = readlinkat(place.directory, place.name, text, size);
	error = errno;
	resolve_leave(&place);
	return got < 0 ? -error : got;
}

void op_readlink(void *self, const struct fs_Files_readlink_request *request,
	struct sk_reply *to)
{
	const struct session *session = self;
	char text[HOSTFS_PATH_SIZE];
	struct fs_Files_readlink_reply reply = {.text = {.data = text}};
	ssize_t size = read_link(session->host, request->path, text, sizeof(text));
	fs_Error error = errors_from_errno(size < 0 ? (int)-size : 0);

	if (size > (ssize_t)fs_PATH_MAX)
		error = fs_Error_TOO_LONG;
	reply.text.size = error == SK_OK ? (uint32_t)size : 0;
	fs_Files_readlink_answer(to, error, &reply);
}
