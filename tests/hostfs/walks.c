/*
 * How far paths are followed, what stops them, and sessions on a part of the
 * tree.
 *
 * Usage: walks SOCKET DIR (outside.h). The served folder is empty; beside it
 * stands a folder outside.
 */
#include "tests/hostfs/outside.h"

static struct sk_socket *asked = &session;

static struct fs_FileSystem_walk_reply reply;

static int try_walk(fs_Node start, const char *path, fs_Resolve resolve, fs_Node barrier)
{
	struct fs_FileSystem_walk_request request = {
		.place = place_bytes(path, (uint32_t)strlen(path), resolve),
	};

	request.place.start = start;
	request.place.barrier = barrier;
	return fs_FileSystem_walk(&asked->channel, &request, &reply, patiently());
}

/* Where a walk ends: a node that is then forgotten. */
static fs_Node walked(fs_Node start, const char *path, fs_Resolve resolve)
{
	struct fs_FileSystem_forget_request request;
	int status = try_walk(start, path, resolve, 0);

	if (status != 0) {
		printf("walk of %s from %u: %d\n", path, start, status);
		exit(1);
	}
	request = (struct fs_FileSystem_forget_request){reply.progress.node, 1};
	WANT(0, fs_FileSystem_forget(&asked->channel, &request, patiently()));
	return reply.progress.node;
}

static bool rest_is(const char *text)
{
	return reply.progress.rest.size == strlen(text) &&
		memcmp(reply.progress.rest.data, text, strlen(text)) == 0;
}

static void prepare(const char *socket, const char *dir)
{
	outside_begin(socket, dir);
	WANT(0, outside_mkdir("a", 0700));
	WANT(0, outside_mkdir("a/b", 0700));
	WANT(0, outside_mkdir("a/b/c", 0700));
	WANT(0, outside_symlink("b/c", "a/down"));
	WANT(0, outside_symlink("/a/b", "absolute"));
	WANT(0, outside_symlink("/x//y/", "dangling"));
	WANT(0, outside_symlink("../a/./b", "a/round"));
	WANT(0, outside_symlink("..", "a/up"));
}

static void ends(fs_Node a, fs_Node c)
{
	WANT(c, walked(fs_ROOT, "a/b/c", 0));
	WANT(5, reply.progress.consumed);
	WANT(c, walked(fs_ROOT, "a//b/./c/", 0));
	WANT(9, reply.progress.consumed);
	WANT(0, reply.progress.links);
	WANT(c, walked(a, "b/c", 0));
	WANT(a, walked(c, "../..", 0));
	WANT(a, walked(c, "../../../a", 0));
	WANT(fs_ROOT, walked(c, "../../..", 0));
	WANT(c, walked(c, "", 0));
	WANT(fs_Kind_DIRECTORY, reply.status.kind);
	/* The last name is left. */
	WANT(a, walked(fs_ROOT, "a/new", fs_Resolve_PARENT));
	WANT(2, reply.progress.consumed);
	WANT(a, walked(fs_ROOT, "a/new/", fs_Resolve_PARENT));
	WANT(fs_ROOT, walked(fs_ROOT, "new", fs_Resolve_PARENT));
	WANT(0, reply.progress.consumed);
}

static void links(fs_Node a, fs_Node c)
{
	WANT(c, walked(fs_ROOT, "a/down", fs_Resolve_FOLLOW));
	WANT(1, reply.progress.links);
	WANT(c, walked(fs_ROOT, "a/down/", 0));
	WANT(c, walked(fs_ROOT, "a/round/c", 0));
	WANT(c, walked(fs_ROOT, "a/up/a/up/a/down/../c", 0));
	WANT(3, reply.progress.links);
	walked(fs_ROOT, "a/down", 0);
	WANT(fs_Kind_LINK, reply.status.kind);
	WANT(fs_Error_ELOOP, try_walk(a, "down/", fs_Resolve_NO_LINKS, 0));
	WANT(fs_Error_ELOOP, try_walk(a, "down", fs_Resolve_FOLLOW | fs_Resolve_NO_LINKS, 0));
	WANT(a, walked(fs_ROOT, "a/down/new", fs_Resolve_PARENT) == c ? a : 0);
}

static void stops(fs_Node a, fs_Node c)
{
	WANT(fs_ROOT, walked(fs_ROOT, "absolute/c", 0));
	WANT(fs_Stop_LINK, reply.progress.stop);
	WANT(9, reply.progress.consumed);
	WANT(true, rest_is("/a/b"));
	WANT(0, reply.status.inode);
	WANT(fs_ROOT, walked(a, "up/dangling", fs_Resolve_FOLLOW));
	WANT(fs_Stop_LINK, reply.progress.stop);
	WANT(11, reply.progress.consumed);
	WANT(true, rest_is("/x//y/"));
	WANT(fs_ROOT, walked(c, "../../../../x/y", 0));
	WANT(fs_Stop_ABOVE, reply.progress.stop);
	WANT(12, reply.progress.consumed);
	WANT(fs_ROOT, walked(a, "up/..", 0));
	WANT(fs_Stop_ABOVE, reply.progress.stop);
	/* A barrier is as good as the root. */
	WANT(0, try_walk(c, "../../../x", 0, a));
	WANT(fs_Stop_ABOVE, reply.progress.stop);
	WANT(a, reply.progress.node);
	WANT(9, reply.progress.consumed);
	forget(a, 1);
	WANT(0, try_walk(c, "/../../b", fs_Resolve_ROOTED, a));
	WANT(fs_Stop_DONE, reply.progress.stop);
	forget(reply.progress.node, 1);
	WANT(fs_Error_EXDEV, try_walk(a, "b/../..", fs_Resolve_BENEATH, 0));
	WANT(fs_Error_EXDEV, try_walk(fs_ROOT, "absolute/c", fs_Resolve_BENEATH, 0));
	WANT(fs_Error_EXDEV, try_walk(fs_ROOT, "absolute/c",
		fs_Resolve_BENEATH | fs_Resolve_ROOTED, 0));
	WANT(0, try_walk(a, "b/../b/c/..", fs_Resolve_BENEATH, 0));
	forget(reply.progress.node, 1);
}

static int cover(fs_Node node, bool covered)
{
	struct fs_FileSystem_cover_request request = {node, covered};
	struct fs_FileSystem_cover_reply answer;

	return fs_FileSystem_cover(&session.channel, &request, &answer, patiently());
}

static void mount_points(fs_Node a, fs_Node c)
{
	fs_Node b = node_of("a/b");
	struct fs_FileSystem_rename_request rename = {
		.at = {fs_ROOT, 0, {"a", 1}}, .to = {fs_ROOT, 0, {"z", 1}},
	};
	struct fs_FileSystem_rename_reply renamed;

	WANT(fs_Error_EINVAL, cover(b, false));
	WANT(0, cover(b, true));
	WANT(0, cover(b, true));
	/* It stays though it is forgotten. */
	forget(b, UINT32_MAX);
	WANT(b, walked(fs_ROOT, "a/b/c", 0));
	WANT(fs_Stop_MOUNT, reply.progress.stop);
	WANT(4, reply.progress.consumed);
	WANT(b, walked(fs_ROOT, "a/round/c", 0));
	WANT(fs_Stop_MOUNT, reply.progress.stop);
	WANT(b, walked(fs_ROOT, "a/b", 0));
	WANT(fs_Stop_DONE, reply.progress.stop);
	WANT(b, walked(fs_ROOT, "a/b", fs_Resolve_STOP_AT_LAST_MOUNT));
	WANT(fs_Stop_MOUNT, reply.progress.stop);
	WANT(fs_Error_EXDEV, try_walk(a, "b/c", fs_Resolve_NO_MOUNTS, 0));
	WANT(c, walked(b, "c", 0));
	rename.at = (struct fs_At){a, 0, {"b", 1}};
	WANT(fs_Error_EBUSY, fs_FileSystem_rename(&session.channel, &rename, &renamed,
		patiently()));
	WANT(0, cover(b, false));
	WANT(b, walked(fs_ROOT, "a/b/c", 0));
	WANT(0, cover(b, false));
	WANT(c, walked(fs_ROOT, "a/b/c", 0));
	WANT(fs_Error_EBADF, cover(b, true));
}

static int64_t path_of(fs_Node node, fs_Node barrier, char *to, uint32_t size)
{
	struct fs_FileSystem_path_of_request request = {
		node, barrier, sk_lend_out(to, size),
	};
	struct fs_FileSystem_path_of_reply answer;
	int status = fs_FileSystem_path_of(&asked->channel, &request, &answer, patiently());

	return COUNTED(status, answer.size);
}

static void paths(fs_Node a, fs_Node c)
{
	char path[fs_LINK_MAX];
	fs_Node gone;
	int up;

	WANT(6, path_of(c, 0, path, sizeof(path)));
	WANT(0, memcmp(path, "/a/b/c", 6));
	WANT(4, path_of(c, a, path, sizeof(path)));
	WANT(0, memcmp(path, "/b/c", 4));
	WANT(6, path_of(c, node_of("a/up"), path, sizeof(path)));
	WANT(1, path_of(fs_ROOT, 0, path, sizeof(path)));
	WANT(1, path_of(a, a, path, sizeof(path)));
	WANT(6, path_of(c, 0, path, 6));
	WANT(-1000 - fs_Error_ERANGE, path_of(c, 0, path, 5));
	WANT(0, outside_mkdir("gone", 0700));
	gone = node_of("gone");
	WANT(0, outside_rmdir("gone"));
	WANT(-1000 - fs_Error_ENOENT, path_of(gone, 0, path, sizeof(path)));
	/* A new one of this name is another one. */
	WANT(0, outside_mkdir("gone", 0700));
	WANT(-1000 - fs_Error_ENOENT, path_of(gone, 0, path, sizeof(path)));
	/* Where it was, if the server knows that still. */
	up = try_walk(gone, "..", 0, 0);
	WANT(1, up == 0 || up == fs_Error_ESTALE);
	forget(gone, 1);
}

/* What leaves the folder is followed no more, neither up nor down. */
static void moved_out(void)
{
	struct fs_FileSystem_make_node_request make = {
		.at.name = {"new", 3}, .kind = fs_Kind_FILE,
	};
	struct fs_FileSystem_make_node_reply made;

	WANT(0, mkdir("leaves", 0700));
	WANT(0, mkdir("leaves/below", 0700));
	make.at.directory = node_of("leaves/below");
	WANT(0, rename("leaves", "../outside/leaves"));
	WANT(fs_Error_ESTALE, try_walk(make.at.directory, "..", 0, 0));
	WANT(fs_Error_ESTALE, try_walk(make.at.directory, ".", 0, 0));
	WANT(fs_Error_ESTALE, fs_FileSystem_make_node(&session.channel, &make, &made,
		patiently()));
	WANT(0, rename("../outside/leaves", "leaves"));
	WANT(0, fs_FileSystem_make_node(&session.channel, &make, &made, patiently()));
	forget(made.node, 1);
	forget(make.at.directory, 1);
}

static int64_t make_in(struct sk_socket *where, const char *name)
{
	struct fs_FileSystem_make_node_request make = {
		.at = {fs_ROOT, 0, {name, (uint32_t)strlen(name)}}, .kind = fs_Kind_FILE,
		.mode = 0600,
	};
	struct fs_FileSystem_make_node_reply made;

	return fs_FileSystem_make_node(&where->channel, &make, &made, patiently());
}

static void confined(fs_Node a, const char *socket)
{
	static struct sk_socket inner, innermost;
	struct fs_FileSystem_confine_request request = {a, 0, 0};
	struct fs_FileSystem_confine_reply answer;
	struct fs_FileSystem_statfs_request ask = {0};
	struct fs_FileSystem_statfs_reply told;
	fs_Node b;

	WANT(0, fs_FileSystem_confine(&session.channel, &request, &answer, patiently()));
	WANT(0, sk_socket_adopt(&inner, answer.confined.raw.raw));
	asked = &inner;
	b = walked(fs_ROOT, "b", 0);
	WANT(fs_ROOT, walked(fs_ROOT, "..", 0));
	WANT(fs_Stop_ABOVE, reply.progress.stop);
	WANT(fs_ROOT, walked(fs_ROOT, "up/a", 0));
	WANT(fs_Stop_ABOVE, reply.progress.stop);
	WANT(0, try_walk(fs_ROOT, "up/b/../../..", fs_Resolve_ROOTED, 0));
	WANT(fs_ROOT, reply.progress.node);
	WANT(0, make_in(&inner, "made"));
	WANT(0, outside_size("a/made"));
	/* One within it that cannot write. */
	WANT(0, try_walk(fs_ROOT, "b", 0, 0));
	request = (struct fs_FileSystem_confine_request){reply.progress.node, 0,
		fs_MountFlags_READ_ONLY};
	WANT(0, fs_FileSystem_confine(&inner.channel, &request, &answer, patiently()));
	WANT(0, sk_socket_adopt(&innermost, answer.confined.raw.raw));
	WANT(fs_Error_EROFS, make_in(&innermost, "never"));
	WANT(0, fs_FileSystem_statfs(&innermost.channel, &ask, &told, patiently()));
	WANT(fs_MountFlags_READ_ONLY, told.space.flags & fs_MountFlags_READ_ONLY);
	/* They go on without the sessions that they came from. */
	sk_socket_close(&session);
	sk_socket_close(&inner);
	asked = &innermost;
	walked(fs_ROOT, "c", 0);
	sk_socket_close(&innermost);
	asked = &session;
	connect_session(socket);
	(void)b;
}

int main(int argc, char **argv)
{
	fs_Node a, c;

	if (argc != 3)
		return 2;
	prepare(argv[1], argv[2]);
	connect_session(argv[1]);
	a = node_of("a");
	c = node_of("a/b/c");
	ends(a, c);
	links(a, c);
	stops(a, c);
	mount_points(a, c);
	paths(a, c);
	/* Of what lies within a server all is in its folder. */
	if (is_folder)
		moved_out();
	confined(a, argv[1]);
	sk_socket_close(&session);
	return 0;
}
