/*
 * Watchers: each has an inotify of its own, so that what one watches is no
 * affair of another's. What the host tells is taken over at once, into a queue
 * with a bound; what does not fit in is counted and lost.
 */
#define _GNU_SOURCE
#include "servers/hostfs/hostfs.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define WATCHERS_MAX 64
#define QUEUE_SIZE 32768
#define TOLD (FILES_CHANGES | (uint32_t)(fs_Change_UNMOUNTED | fs_Change_IGNORED | \
	fs_Change_DIRECTORY))

_Static_assert(fs_Change_SELF_MOVED == IN_MOVE_SELF && fs_Change_IGNORED == IN_IGNORED &&
	fs_Change_CREATED == IN_CREATE && (uint32_t)fs_Change_DIRECTORY == IN_ISDIR,
	"changes have the host's numbers");

struct watcher {
	struct host *host;		/* NULL: a free place */
	struct session *account;
	struct session *session;	/* whose nodes it can watch */
	uint64_t serial;
	int fd;
	unsigned watches;
	int numbers[HOSTFS_WATCHES_MAX];
	struct files_changes changes;
	uint8_t queue[QUEUE_SIZE];
};

bool watch_init(struct host *host)
{
	host->watchers = calloc(WATCHERS_MAX, sizeof(*host->watchers));
	return host->watchers != NULL;
}

void watch_close(struct host *host)
{
	free(host->watchers);
}

static void drop_number(struct watcher *watcher, int number)
{
	for (unsigned i = 0; i < watcher->watches; i++)
		if (watcher->numbers[i] == number) {
			watcher->numbers[i] = watcher->numbers[--watcher->watches];
			return;
		}
}

static void queue_event(struct watcher *watcher, const struct inotify_event *event)
{
	const struct fs_Watcher_changed_event changed = {
		.watch = (uint32_t)event->wd, .what = (fs_Change)(event->mask & TOLD),
		.cookie = event->cookie,
		.name = {event->name, event->len > 0 ? (uint32_t)strlen(event->name) : 0},
	};

	if (event->mask & IN_IGNORED)
		drop_number(watcher, event->wd);
	/* The host lost some; nobody knows how many. */
	if (event->mask & IN_Q_OVERFLOW)
		files_changes_lose(&watcher->changes);
	else
		files_changes_put(&watcher->changes, &changed);
}

/* What is there now, but not for ever: others wait. */
static void take_events(struct watcher *watcher)
{
	_Alignas(struct inotify_event) uint8_t buffer[8192];
	ssize_t size = read(watcher->fd, buffer, sizeof(buffer)), at = 0;

	while (at < size) {
		const struct inotify_event *event = (const void *)(buffer + at);

		queue_event(watcher, event);
		at += (ssize_t)sizeof(*event) + event->len;
	}
}

void watch_serve(struct host *host)
{
	for (unsigned i = 0; host->watching > 0 && i < WATCHERS_MAX; i++)
		if (host->watchers[i].host) {
			take_events(&host->watchers[i]);
			files_changes_serve(&host->watchers[i].changes);
		}
}

unsigned watch_poll(const struct host *host, struct pollfd *to)
{
	unsigned count = 0;

	for (unsigned i = 0; host->watching > 0 && i < WATCHERS_MAX; i++)
		if (host->watchers[i].host)
			to[count++] = (struct pollfd){
				.fd = host->watchers[i].fd, .events = POLLIN,
			};
	return count;
}

_Static_assert(WATCHERS_MAX == HOSTFS_POLL_MAX, "all can be polled");

/* ---- the object ---- */

static struct session *session_of(const struct watcher *watcher)
{
	struct session *session = watcher->session;

	return session->is_open && session->serial == watcher->serial ? session : NULL;
}

static int add_watch(struct watcher *watcher, const struct fs_Watcher_add_request *request,
	uint32_t *watch)
{
	struct session *session = session_of(watcher);
	const struct node *node = session ? node_of(session, request->node) : NULL;
	char path[40];
	int descriptor;

	if (!node)
		return EBADF;
	if (request->what == 0 || request->what & ~FILES_CHANGES)
		return EINVAL;
	if (watcher->watches == HOSTFS_WATCHES_MAX)
		return ENOSPC;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", node->fd);
	descriptor = inotify_add_watch(watcher->fd, path, request->what |
		(request->also ? IN_MASK_ADD : 0) | (request->once ? IN_ONESHOT : 0));
	if (descriptor < 0)
		return errno;
	drop_number(watcher, descriptor);
	watcher->numbers[watcher->watches++] = descriptor;
	*watch = (uint32_t)descriptor;
	return 0;
}

static void op_add(void *self, const struct fs_Watcher_add_request *request,
	struct sk_reply *to)
{
	struct fs_Watcher_add_reply reply = {0};
	int error = add_watch(self, request, &reply.watch);

	fs_Watcher_add_answer(to, operations_error(error), &reply);
}

static void op_remove(void *self, const struct fs_Watcher_remove_request *request,
	struct sk_reply *to)
{
	const struct watcher *watcher = self;
	const struct fs_Watcher_remove_reply reply = {0};
	int error = request->watch > INT32_MAX ? EINVAL : 0;

	if (error == 0 && inotify_rm_watch(watcher->fd, (int)request->watch) < 0)
		error = errno;
	fs_Watcher_remove_answer(to, operations_error(error), &reply);
}

static struct sk_events *events_of(void *self)
{
	struct watcher *watcher = self;

	return &watcher->changes.events;
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct fs_Watcher_ops table = {
		.add = op_add, .remove = op_remove, .events = events_of,
	};

	return fs_Watcher_dispatch(&table, self, incoming);
}

static void canceled(void *self, uint64_t token)
{
	struct watcher *watcher = self;

	sk_events_canceled(&watcher->changes.events, token);
}

static void gone(void *self)
{
	struct watcher *watcher = self;

	sk_events_close(&watcher->changes.events);
	close(watcher->fd);
	watcher->host->watching--;
	watcher->host = NULL;
	session_discharge_handle(watcher->account);
}

static int open_watcher(struct session *session, struct watcher **to)
{
	struct watcher *watcher = session->host->watchers;
	int error = session_charge_handle(session->account), fd;

	if (error != 0)
		return error;
	while (watcher < session->host->watchers + WATCHERS_MAX && watcher->host)
		watcher++;
	fd = watcher < session->host->watchers + WATCHERS_MAX ?
		inotify_init1(IN_NONBLOCK | IN_CLOEXEC) : -1;
	if (fd < 0) {
		session_discharge_handle(session->account);
		return ENFILE;
	}
	watcher->host = session->host;
	watcher->account = session->account;
	watcher->session = session;
	watcher->serial = session->serial;
	watcher->fd = fd;
	watcher->watches = 0;
	files_changes_init(&watcher->changes, watcher->queue, QUEUE_SIZE);
	session->host->watching++;
	*to = watcher;
	return 0;
}

void op_create_watcher(void *self,
	const struct fs_FileSystem_create_watcher_request *request, struct sk_reply *to)
{
	static const struct sk_object object = {
		.dispatch = dispatch, .gone = gone, .canceled = canceled,
	};
	struct fs_FileSystem_create_watcher_reply reply;
	struct watcher *watcher;
	int error = open_watcher(self, &watcher);

	(void)request;
	fs_FileSystem_create_watcher_reply_init(&reply);
	if (error == 0 && sk_mint(to->port, &object, watcher,
			&reply.watcher.raw) != SK_OK) {
		gone(watcher);
		error = ENFILE;
	}
	fs_FileSystem_create_watcher_answer(to, operations_error(error), &reply);
}
