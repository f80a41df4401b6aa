/*
 * Those that say which of many files are ready (epoll). Each file in one is listened to, and
 * what has changed is looked at when somebody asks, so that asking costs what has changed and
 * not what there is. An epoll can be in another one, no deeper.
 */
#include "servers/posix/event.h"
#include "servers/posix/listen.h"
#include "servers/posix/watch.h"

#define MOST 240
/* Of a user's places of descriptors: as much memory as an item takes. */
#define SLOTS 12
#define ALWAYS (posix_PollEvents_ERROR | posix_PollEvents_HANG_UP)

struct item {
	struct listener listener;
	struct item *next, **link;		/* of its epoll */
	struct item *file_next, **file_link;	/* of its file */
	struct epoll *epoll;
	struct file *file;
	struct watch *watch;			/* of a file that another serves */
	struct user *payer;
	posix_Descriptor descriptor;
	posix_PollEvents wanted;
	uint64_t data;
	uint64_t edges;				/* of the file's, that are told */
	uint64_t turn;				/* of the epoll's, in which it was told last */
	bool has_changed;			/* it is to be looked at */
	bool is_off;				/* it was to be told once */
};

struct epoll {
	struct file *file;
	struct item *first, **end;
	uint32_t epolls;			/* in it */
	uint64_t turn;				/* of answers, but for those that go on with one */
	struct wait *waiting;
};

struct epoll_wait {
	struct wait wait;
	struct file *file;			/* it stays open */
	uint32_t most;
};

/* How much somebody is told: without what has been told since a turn, which is not 0. */
struct asking {
	const struct thread *thread;
	uint32_t most;
	uint64_t turn;
};

/* ---- what is ready ---- */

/* The events of one that is to be told, or 0. */
static posix_PollEvents look(struct item *item, const struct thread *thread)
{
	posix_PollEvents events = 0;

	if (!item->has_changed || item->is_off)
		return 0;
	events = listen_ready(item->file, thread) & (item->wanted | ALWAYS);
	item->has_changed = events != 0;
	return events;
}

static void put_last(struct epoll *e, struct item *item)
{
	*item->link = item->next;
	if (item->next)
		item->next->link = item->link;
	else
		e->end = item->link;
	item->next = NULL;
	item->link = e->end;
	*e->end = item;
	e->end = &item->next;
}

/* What is to be told, and whose it is. */
static uint32_t collect(const struct epoll *e, const struct asking *a,
	struct posix_EpollEvent *events, struct item **items)
{
	const uint32_t most = a->most < MOST ? a->most : MOST;
	uint32_t count = 0;

	for (struct item *item = e->first; item && count < most; item = item->next) {
		const posix_PollEvents ready = a->turn == 0 || item->turn < a->turn ?
			look(item, a->thread) : 0;

		if (!ready)
			continue;
		events[count] = (struct posix_EpollEvent){.ready = ready, .data = item->data};
		items[count++] = item;
	}
	return count;
}

/* It goes behind the others, so that each has its turn. */
static void was_told(struct epoll *e, struct item *item)
{
	item->is_off = item->wanted & posix_PollEvents_ONE_SHOT;
	item->has_changed = !(item->wanted & posix_PollEvents_EDGE);
	item->turn = e->turn;
	put_last(e, item);
}

static uint32_t ready_of(struct file *file)
{
	const struct epoll *e = file->self;
	const struct thread *thread = posix.looker;

	for (struct item *item = e->first; item; item = item->next)
		if (look(item, thread))
			return fs_Ready_READABLE;
	return 0;
}

/* ---- waiting ---- */

/* False: nothing is ready. Whoever was cancelled just now has not been told. */
static bool answer(struct epoll *e, const struct asking *a, struct sk_reply *to)
{
	static struct posix_EpollEvent events[MOST];
	static struct item *items[MOST];
	struct posix_Descriptors_epoll_wait_reply reply = {.events = {.items = events}};
	const uint32_t count = collect(e, a, events, items);

	if (count == 0)
		return false;
	e->turn += a->turn == 0;
	reply.turn = e->turn;
	reply.events.count = count;
	if (wait_answered(to, posix_Descriptors_epoll_wait_answer(to, 0, &reply)))
		for (uint32_t i = 0; i < count; i++)
			was_told(e, items[i]);
	return true;
}

static void forget(struct wait *wait)
{
	struct file *file = ((struct epoll_wait *)(void *)wait)->file;

	signal_wait_over(wait->thread);
	thread_drop(wait->thread);
	release(wait);
	file_drop(file);
}

/* The first who waits gets what there is, the next one what is left. */
static void go_on(struct epoll *e)
{
	struct wait *wait;

	/* With the last one the epoll may be closed. */
	e->file->references++;
	while ((wait = e->waiting) != NULL) {
		const struct asking asking = {wait->thread,
			((struct epoll_wait *)(void *)wait)->most, 0};

		if (!answer(e, &asking, &wait->reply))
			break;
		wait_end(wait);
		forget(wait);
	}
	poll_look(e);
	file_drop(e->file);
}

/* What has not changed since it was told is no news, if its file can tell. */
static bool is_news(struct item *item)
{
	const struct file_ops *ops = item->file->ops;
	uint64_t edges;

	if (!(item->wanted & posix_PollEvents_EDGE) || !ops || !ops->edges)
		return true;
	edges = ops->edges(item->file, item->wanted);
	if (edges == item->edges)
		return false;
	item->edges = edges;
	return true;
}

/* Whoever waits, for the epoll or for one that it is in, is told once until they look. */
static bool changed(struct listener *listener)
{
	struct item *item = (struct item *)(void *)listener;

	if (item->is_off || !is_news(item) || (item->has_changed && !item->epoll->waiting))
		return false;
	item->has_changed = true;
	go_on(item->epoll);
	return true;
}

static int keep(struct file *file, struct thread *thread, uint32_t most, struct sk_reply *to)
{
	struct epoll *e = file->self;
	struct epoll_wait *w = allocate(sizeof(*w));

	if (!w)
		return posix_Error_ENOMEM;
	w->most = most;
	w->file = file;
	file->references++;
	thread->references++;
	w->wait.canceled = forget;
	wait_begin(&w->wait, &e->waiting, thread, to);
	return 0;
}

/* ---- items ---- */

static struct item *find(const struct epoll *e, const struct file *file,
	posix_Descriptor descriptor)
{
	struct item *item = e->first;

	while (item && (item->file != file || item->descriptor != descriptor))
		item = item->next;
	return item;
}

static void item_end(struct item *item)
{
	struct epoll *e = item->epoll;

	listen_end(&item->listener);
	*item->link = item->next;
	if (item->next)
		item->next->link = item->link;
	else
		e->end = item->link;
	*item->file_link = item->file_next;
	if (item->file_next)
		item->file_next->file_link = item->file_link;
	e->epolls -= item->file->kind == posix_ObjectKind_EPOLL;
	user_return(item->payer, USER_SLOTS, SLOTS);
	if (item->watch)
		watch_end(item->watch);
	release(item);
}

void epoll_file_closed(struct file *file)
{
	while (file->items)
		item_end(file->items);
}

/* What it is told from now on. */
static void set(struct item *item, posix_PollEvents wanted, uint64_t data)
{
	const struct file_ops *ops = item->file->ops;

	item->wanted = wanted;
	item->data = data;
	item->is_off = false;
	item->has_changed = true;
	if (ops && ops->edges)
		item->edges = ops->edges(item->file, wanted);
	go_on(item->epoll);
}

static void link_item(struct epoll *e, struct item *item)
{
	struct file *file = item->file;

	item->link = e->end;
	*e->end = item;
	e->end = &item->next;
	item->file_next = file->items;
	item->file_link = &file->items;
	if (file->items)
		file->items->file_link = &item->file_next;
	file->items = item;
	e->epolls += file->kind == posix_ObjectKind_EPOLL;
	listen_begin(&item->listener, listen_key(file), changed);
}

static int add(struct epoll *e, struct file *file, struct user *user,
	const struct posix_Descriptors_change_epoll_request *r)
{
	struct item *item = user_may(user, USER_SLOTS, SLOTS) ? allocate(sizeof(*item)) : NULL;

	if (!item)
		return posix_Error_ENOSPC;
	item->epoll = e;
	item->file = file;
	item->descriptor = r->descriptor;
	if (listen_is_others(file)) {
		item->watch = watch_begin(file, (uint32_t)r->wanted, user);
		if (!item->watch) {
			release(item);
			return posix_Error_ENOSPC;
		}
	}
	item->payer = user;
	user_charge(user, USER_SLOTS, SLOTS);
	link_item(e, item);
	set(item, r->wanted, r->data);
	return 0;
}

/* Files that are always ready cannot be waited for. */
static bool can_wait(const struct file *file)
{
	return listen_key(file) && file->kind != posix_ObjectKind_FILE &&
		file->kind != posix_ObjectKind_DIRECTORY &&
		(!file->ops || file->kind != posix_ObjectKind_CHARACTER_DEVICE);
}

static int check(const struct file *epoll, const struct file *file)
{
	if (!epoll || !file || (epoll->flags | file->flags) & fs_Open_PATH_ONLY)
		return posix_Error_EBADF;
	if (!can_wait(file))
		return posix_Error_EPERM;
	return epoll == file || epoll->kind != posix_ObjectKind_EPOLL ? posix_Error_EINVAL : 0;
}

static bool is_too_deep(const struct file *epoll, const struct file *file)
{
	return file->kind == posix_ObjectKind_EPOLL && (epoll->items != NULL ||
		((struct epoll *)file->self)->epolls > 0);
}

void op_change_epoll(void *self, const struct posix_Descriptors_change_epoll_request *request,
	struct sk_reply *to)
{
	struct process *process = ((struct thread *)self)->process;
	struct file *epoll = files_find(process->files, request->epoll);
	struct file *file = files_find(process->files, request->descriptor);
	int error = check(epoll, file);
	struct item *item = error ? NULL : find(epoll->self, file, request->descriptor);

	if (!error && request->change == posix_EpollChange_ADD)
		error = item ? (int)posix_Error_EEXIST : is_too_deep(epoll, file) ?
			(int)posix_Error_ELOOP : add(epoll->self, file, process->user, request);
	else if (!error && request->change != posix_EpollChange_REMOVE &&
			request->change != posix_EpollChange_MODIFY)
		error = posix_Error_EINVAL;
	else if (!error && !item)
		error = posix_Error_ENOENT;
	else if (!error && request->change == posix_EpollChange_REMOVE)
		item_end(item);
	else if (!error)
		set(item, request->wanted, request->data);
	posix_Descriptors_change_epoll_answer(to, error,
		&(struct posix_Descriptors_change_epoll_reply){0});
}

void op_epoll_wait(void *self, const struct posix_Descriptors_epoll_wait_request *request,
	struct sk_reply *to)
{
	struct posix_Descriptors_epoll_wait_reply reply = {0};
	struct thread *thread = self;
	struct file *file = files_find(thread->process->files, request->epoll);
	int error = !file ? posix_Error_EBADF : file->kind != posix_ObjectKind_EPOLL ||
		request->most == 0 ? posix_Error_EINVAL : 0;

	const struct asking asking = {thread, request->most, request->turn};

	if (!error && answer(file->self, &asking, to))
		return;
	if (!error && request->wait) {
		signal_set_for_wait(thread, request->has_mask, request->mask);
		error = signal_waits(thread) ? (int)posix_Error_EINTR :
			keep(file, thread, request->most, to);
		if (!error)
			return;
	}
	posix_Descriptors_epoll_wait_answer(to, error, &reply);
}

/* ---- the object ---- */

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct fs_File_ops ops = {EVENT_FILE_OPS};

	return access_is_closed(self) ? sk_refuse(incoming, SK_BAD_HANDLE) :
		fs_File_dispatch(&ops, self, incoming);
}

static void closed(struct file *file)
{
	struct epoll *e = file->self;

	while (e->first)
		item_end(e->first);
	release(e);
}

static const struct sk_object epoll_object = {.dispatch = dispatch, .gone = access_gone};
static const struct file_ops epoll_ops = {&epoll_object, closed, ready_of, NULL};

void op_create_epoll(void *self, const struct posix_Descriptors_create_epoll_request *request,
	struct sk_reply *to)
{
	struct posix_Descriptors_create_epoll_reply reply = {0};
	struct file *file = event_file(posix_ObjectKind_EPOLL, request->flags);
	struct epoll *e = file ? allocate(sizeof(*e)) : NULL;
	int error = posix_Error_ENFILE;

	if (e) {
		e->file = file;
		e->end = &e->first;
		file->ops = &epoll_ops;
		file->self = e;
		error = event_install(self, file, request->flags, to->port, &reply.opened,
			&reply.file.raw);
	} else {
		file_drop(file);
	}
	posix_Descriptors_create_epoll_answer(to, error, &reply);
}
