/*
 * Watchers: what happens is told in its order, and what is lost is counted.
 *
 * Usage: watchers SOCKET DIR (outside.h). The served folder is empty.
 */
#include "tests/hostfs/outside.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANY 20000

static struct sk_socket watcher;
static struct fs_Watcher_event event;

static void open_watcher(struct sk_socket *to)
{
	struct fs_FileSystem_create_watcher_request request = {0};
	struct fs_FileSystem_create_watcher_reply reply;

	WANT(0, fs_FileSystem_create_watcher(&session.channel, &request, &reply,
		patiently()));
	WANT(0, sk_socket_adopt(to, reply.watcher.raw.raw));
}

static int64_t add(fs_Node node, fs_Change what, bool also, bool once)
{
	struct fs_Watcher_add_request request = {node, what, also, once};
	struct fs_Watcher_add_reply reply;
	int status = fs_Watcher_add(&watcher.channel, &request, &reply, patiently());

	return COUNTED(status, reply.watch);
}

static int remove_watch(uint32_t watch)
{
	struct fs_Watcher_remove_request request = {watch};
	struct fs_Watcher_remove_reply reply;

	return fs_Watcher_remove(&watcher.channel, &request, &reply, patiently());
}

static void next(void)
{
	WANT(0, fs_Watcher_next_event(&watcher.channel, &event, patiently()));
}

/* The next event is this one. */
static void comes(int64_t watch, fs_Change what, const char *name)
{
	next();
	WANT(fs_Watcher_event_changed, event.which);
	WANT(0, event.lost);
	WANT(watch, event.as.changed.watch);
	WANT(what, event.as.changed.what);
	WANT((int64_t)strlen(name), event.as.changed.name.size);
	WANT(0, memcmp(name, event.as.changed.name.data, strlen(name)));
}

static void nothing_comes(void)
{
	struct sk_call call = {.deadline = sk_socket_after(100)};

	WANT(SK_TIMED_OUT, fs_Watcher_next_event(&watcher.channel, &event, &call));
}

static void in_order(void)
{
	const fs_Change what = fs_Change_CREATED | fs_Change_REMOVED |
		fs_Change_MOVED_FROM | fs_Change_MOVED_TO;
	int64_t root = add(fs_ROOT, what, false, false);
	uint32_t cookie;

	WANT(true, root > 0);
	nothing_comes();
	outside_make("file");
	WANT(0, outside_mkdir("folder", 0700));
	WANT(0, outside_rename("file", "moved"));
	comes(root, fs_Change_CREATED, "file");
	comes(root, fs_Change_CREATED | fs_Change_DIRECTORY, "folder");
	comes(root, fs_Change_MOVED_FROM, "file");
	cookie = event.as.changed.cookie;
	comes(root, fs_Change_MOVED_TO, "moved");
	WANT(cookie, event.as.changed.cookie);
	WANT(0, outside_unlink("moved"));
	comes(root, fs_Change_REMOVED, "moved");
	/* In place of what was watched, and besides. */
	WANT(root, add(fs_ROOT, fs_Change_REMOVED, false, false));
	outside_make("file");
	nothing_comes();
	WANT(root, add(fs_ROOT, fs_Change_STATUS, true, false));
	WANT(0, outside_chmod("file", 0644));
	comes(root, fs_Change_STATUS, "file");
	WANT(0, outside_unlink("file"));
	comes(root, fs_Change_REMOVED, "file");
	WANT(0, remove_watch((uint32_t)root));
	comes(root, fs_Change_IGNORED, "");
	WANT(fs_Error_EINVAL, remove_watch((uint32_t)root));
	nothing_comes();
}

static void once(void)
{
	fs_Node folder = node_of("folder");
	int64_t watch = add(folder, fs_Change_CREATED, false, true);

	forget(folder, 1);
	outside_make("folder/one");
	outside_make("folder/two");
	comes(watch, fs_Change_CREATED, "one");
	comes(watch, fs_Change_IGNORED, "");
	nothing_comes();
}

static void senseless(void)
{
	WANT(-1000 - fs_Error_EBADF, add(999, fs_Change_CREATED, false, false));
	WANT(-1000 - fs_Error_EINVAL, add(fs_ROOT, 0, false, false));
	WANT(-1000 - fs_Error_EINVAL, add(fs_ROOT, fs_Change_IGNORED, false, false));
	WANT(fs_Error_EINVAL, remove_watch(77));
	WANT(fs_Error_EINVAL, remove_watch(UINT32_MAX));
}

/* Each one is told or counted, first those that are older. */
static void lost(void)
{
	int64_t root = add(fs_ROOT, fs_Change_STATUS, false, false);
	unsigned told = 0;

	outside_make("a");
	outside_make("b");
	for (unsigned i = 0; i < MANY; i++)
		WANT(0, outside_chmod(i % 2 ? "a" : "b", i % 3 ? 0600 : 0644));
	/* The server has taken them over when it has done what comes now. */
	WANT(0, remove_watch((uint32_t)add(fs_ROOT, fs_Change_STATUS, true, false)));
	do {
		next();
		told += event.which == fs_Watcher_event_changed;
	} while (event.lost == 0);
	WANT(true, told > 100);
	WANT(true, event.lost > 0);
	printf("# %u told, %u lost\n", told, event.lost);
	WANT(true, told + event.lost >= 16384);
	(void)root;
}

/* The nodes are the session's, so nothing new can be watched without it. */
static void outlives_its_session(const char *socket)
{
	int64_t watch;

	outside_make("file");
	watch = add(fs_ROOT, fs_Change_REMOVED, false, false);
	sk_socket_close(&session);
	WANT(0, outside_unlink("file"));
	comes(watch, fs_Change_REMOVED, "file");
	while (add(fs_ROOT, fs_Change_REMOVED, false, false) != -1000 - fs_Error_EBADF)
		usleep(1000);
	connect_session(socket);
	WANT(-1000 - fs_Error_EBADF, add(fs_ROOT, fs_Change_REMOVED, false, false));
}

static void as_many_as_there_are(void)
{
	static struct sk_socket all[65];
	struct fs_FileSystem_create_watcher_request request = {0};
	struct fs_FileSystem_create_watcher_reply reply;
	int status = 0;
	unsigned count = 0;

	while (count < 65 && (status = fs_FileSystem_create_watcher(&session.channel,
			&request, &reply, patiently())) == 0)
		WANT(0, sk_socket_adopt(&all[count++], reply.watcher.raw.raw));
	WANT(true, status == fs_Error_ENFILE || status == fs_Error_EMFILE);
	while (count > 0)
		sk_socket_close(&all[--count]);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	outside_begin(argv[1], argv[2]);
	connect_session(argv[1]);
	open_watcher(&watcher);
	in_order();
	once();
	senseless();
	lost();
	sk_socket_close(&watcher);
	open_watcher(&watcher);
	outlives_its_session(argv[1]);
	as_many_as_there_are();
	sk_socket_close(&watcher);
	sk_socket_close(&session);
	return 0;
}
