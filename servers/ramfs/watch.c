/* Watchers, and who is told what. */
#include "servers/ramfs/ramfs.h"

/* Told whether asked for or not. */
#define ALWAYS (fs_Change_UNMOUNTED | fs_Change_IGNORED)
#define OF_SELF (fs_Change_SELF_REMOVED | fs_Change_SELF_MOVED)

struct watch {
	struct watch *next;		/* of the same node */
	struct watch *next_of_watcher;
	struct watcher *watcher;
	struct inode *inode;
	uint32_t number;
	uint32_t what;
	bool is_once;
};

struct watcher {
	struct watcher *next;
	struct ram *ram;
	struct session *session;	/* whose nodes it can watch; held */
	struct watch *watches;
	uint32_t count;
	uint32_t numbers;		/* the last that was given */
	struct files_changes changes;
	uint8_t queue[];
};

static void tell(struct watch *watch, uint32_t what, uint32_t cookie, const char *name,
	uint32_t size)
{
	const struct fs_Watcher_changed_event changed = {
		.watch = watch->number, .what = (fs_Change)what, .cookie = cookie,
		.name = {name, size},
	};

	files_changes_put(&watch->watcher->changes, &changed);
	files_changes_serve(&watch->watcher->changes);
}

/* ---- watches ---- */

static void end_watch(struct watch *watch)
{
	struct watcher *watcher = watch->watcher;
	struct watch **at = &watch->inode->watches;

	tell(watch, fs_Change_IGNORED, 0, "", 0);
	while (*at != watch)
		at = &(*at)->next;
	*at = watch->next;
	at = &watcher->watches;
	while (*at != watch)
		at = &(*at)->next_of_watcher;
	*at = watch->next_of_watcher;
	watcher->count--;
	ram_table_free(watcher->ram, watch, sizeof(*watch));
}

static void tell_watches(const struct inode *watched, uint32_t what, uint32_t cookie,
	const char *name, uint32_t size)
{
	struct watch *next;

	for (struct watch *watch = watched->watches; watch; watch = next) {
		next = watch->next;
		if (!((watch->what | (uint32_t)ALWAYS) & what))
			continue;
		tell(watch, what, cookie, name, size);
		if (watch->is_once)
			end_watch(watch);
	}
}

static uint32_t with_kind(const struct inode *inode, fs_Change what)
{
	return inode->kind == fs_Kind_DIRECTORY && !(what & OF_SELF) ?
		what | fs_Change_DIRECTORY : (uint32_t)what;
}

void watch_tell_self(const struct inode *inode, fs_Change what)
{
	if (inode->watches)
		tell_watches(inode, with_kind(inode, what), 0, "", 0);
}

void watch_tell_name(const struct inode *directory, const struct inode *inode,
	const char *name, uint32_t size, fs_Change what, uint32_t cookie)
{
	if (directory->watches)
		tell_watches(directory, with_kind(inode, what), cookie, name, size);
}

void watch_tell(const struct where *where, fs_Change what)
{
	const struct entry *entry = where->entry;
	const struct inode *parent = !entry ? NULL :
		entry->parent ? entry->parent : entry->was_in;

	if (parent)
		watch_tell_name(parent, where->inode, entry->text, entry->size, what, 0);
	watch_tell_self(where->inode, what);
}

void watch_ended(struct inode *inode)
{
	watch_tell_self(inode, fs_Change_SELF_REMOVED);
	while (inode->watches)
		end_watch(inode->watches);
}

void watch_unmounted(struct ram *ram)
{
	for (struct watcher *watcher = ram->watchers; watcher; watcher = watcher->next)
		while (watcher->watches) {
			tell(watcher->watches, fs_Change_UNMOUNTED, 0, "", 0);
			end_watch(watcher->watches);
		}
}

/* ---- the object ---- */

static struct watch *find_watch(const struct watcher *watcher, const struct inode *inode)
{
	struct watch *watch = watcher->watches;

	while (watch && watch->inode != inode)
		watch = watch->next_of_watcher;
	return watch;
}

static struct watch *new_watch(struct watcher *watcher, struct inode *inode)
{
	struct watch *watch = watcher->count < watcher->ram->limits.watches ?
		ram_table_new(watcher->ram, sizeof(*watch)) : NULL;

	if (!watch)
		return NULL;
	*watch = (struct watch){
		.next = inode->watches, .next_of_watcher = watcher->watches,
		.watcher = watcher, .inode = inode, .number = ++watcher->numbers,
	};
	inode->watches = watcher->watches = watch;
	watcher->count++;
	return watch;
}

static int add_watch(struct watcher *watcher, const struct fs_Watcher_add_request *request,
	uint32_t *number)
{
	struct where where;
	struct watch *watch;
	int error = watcher->session->is_open ?
		node_find(watcher->session, request->node, &where) : fs_Error_EBADF;

	if (error != 0)
		return error;
	if (request->what == 0 || request->what & ~FILES_CHANGES)
		return fs_Error_EINVAL;
	watch = find_watch(watcher, where.inode);
	if (!watch)
		watch = new_watch(watcher, where.inode);
	if (!watch)
		return fs_Error_ENOSPC;
	watch->what = request->also ? watch->what | request->what : request->what;
	watch->is_once = request->once;
	*number = watch->number;
	return 0;
}

static void op_add(void *self, const struct fs_Watcher_add_request *request,
	struct sk_reply *to)
{
	struct fs_Watcher_add_reply reply = {0};
	int error = add_watch(self, request, &reply.watch);

	fs_Watcher_add_answer(to, error, &reply);
}

static void op_remove(void *self, const struct fs_Watcher_remove_request *request,
	struct sk_reply *to)
{
	const struct watcher *watcher = self;
	const struct fs_Watcher_remove_reply reply = {0};
	struct watch *watch = watcher->watches;

	while (watch && watch->number != request->watch)
		watch = watch->next_of_watcher;
	if (watch)
		end_watch(watch);
	fs_Watcher_remove_answer(to, watch ? 0 : fs_Error_EINVAL, &reply);
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
	struct watcher *watcher = self;
	int status = fs_Watcher_dispatch(&table, self, incoming);

	/* Perhaps somebody waits by now. */
	files_changes_serve(&watcher->changes);
	return status;
}

static void canceled(void *self, uint64_t token)
{
	struct watcher *watcher = self;

	sk_events_canceled(&watcher->changes.events, token);
}

static void gone(void *self)
{
	struct watcher *watcher = self, **at = &watcher->ram->watchers;
	struct ram *ram = watcher->ram;
	struct account *account = watcher->session->account;

	sk_events_close(&watcher->changes.events);
	while (watcher->watches)
		end_watch(watcher->watches);
	while (*at != watcher)
		at = &(*at)->next;
	*at = watcher->next;
	ram->watching--;
	account_hold(account);
	session_release(watcher->session);
	session_discharge_handle(account);
	account_release(account);
	ram_table_free(ram, watcher, sizeof(*watcher) + ram->limits.events);
}

static int new_watcher(struct session *session, struct watcher **to)
{
	struct ram *ram = session->ram;
	int error = ram->is_ended ? fs_Error_EIO : session_charge_handle(session->account);
	struct watcher *watcher;

	if (error != 0)
		return error;
	watcher = ram_table_new(ram, sizeof(*watcher) + ram->limits.events);
	if (!watcher) {
		session_discharge_handle(session->account);
		return fs_Error_ENFILE;
	}
	watcher->ram = ram;
	watcher->session = session;
	session_hold(session);
	files_changes_init(&watcher->changes, watcher->queue, ram->limits.events);
	watcher->next = ram->watchers;
	ram->watchers = watcher;
	ram->watching++;
	/* They are told of each read. */
	window_tell_all(ram);
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
	int error = new_watcher(self, &watcher);

	(void)request;
	fs_FileSystem_create_watcher_reply_init(&reply);
	if (error == 0 && sk_mint(to->port, &object, watcher,
			&reply.watcher.raw) != SK_OK) {
		gone(watcher);
		error = fs_Error_ENFILE;
	}
	fs_FileSystem_create_watcher_answer(to, error, &reply);
}
