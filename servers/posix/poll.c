/* Waiting for several descriptors at once. Whoever waits is looked at again when one of
 * them changes, and not before: what others serve is watched (watch.c). */
#include "servers/posix/listen.h"
#include "servers/posix/watch.h"

#define ITEMS 480
/* Of a user's places of descriptors, for each item of a poll that waits: as much memory. */
#define SLOTS 3

/* That a poll waits for a file. */
struct entry {
	struct listener listener;
	struct poll *poll;
	struct watch *watch;			/* of a file that another serves */
};

struct poll {
	struct wait wait;
	uint32_t count, slots;
	bool has_others;
	struct user *user;			/* who has those slots */
	bool is_lent;				/* `items` are written to a lease */
	struct sk_lease lease;
	struct posix_PollItem *items;		/* behind the entries */
	struct entry entries[];
};

/* What is asked for, before anybody waits. */
struct asking {
	struct posix_PollItem *items;
	uint32_t count;
	const struct sk_lease *lease;		/* NULL: the items came in the message */
};

static struct wait *polls;

/* How many are ready, which their items say. */
static uint32_t look(const struct thread *thread, struct posix_PollItem *items,
	uint32_t count)
{
	const uint32_t always = posix_PollEvents_ERROR | posix_PollEvents_HANG_UP |
		posix_PollEvents_BAD;
	uint32_t found = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct file *file = files_find(thread->process->files,
			items[i].descriptor);
		uint32_t ready = 0;

		if (file)
			ready = listen_ready(file, thread);
		else if (items[i].descriptor >= 0)
			ready = posix_PollEvents_BAD;
		items[i].ready = (uint16_t)(ready & (items[i].wanted | always));
		found += items[i].ready != 0;
	}
	return found;
}

static void answer_lent(struct sk_reply *to, const struct asking *a, uint32_t found)
{
	const struct posix_Descriptors_poll_many_reply reply = {.count = found};
	const int status = sk_lease_write(to, a->lease, 0, a->items,
		a->count * sizeof(*a->items), NULL);

	posix_Descriptors_poll_many_answer(to, status == SK_OK ? 0 : posix_Error_EFAULT, &reply);
}

static void answer(struct sk_reply *to, const struct asking *a, uint32_t found)
{
	const struct posix_Descriptors_poll_reply reply = {
		.count = found, .items = {.items = a->items, .count = a->count}};

	if (a->lease)
		answer_lent(to, a, found);
	else
		posix_Descriptors_poll_answer(to, 0, &reply);
}

/* ---- who waits for what ---- */

/* False: one cannot be watched. */
static bool watch_others(struct poll *poll, const struct process *process)
{
	for (uint32_t i = 0; i < poll->count; i++) {
		const struct posix_PollItem *item = &poll->items[i];
		struct file *file = files_find(process->files, item->descriptor);

		if (!file || !listen_is_others(file))
			continue;
		poll->entries[i].watch = watch_begin(file, item->wanted, process->user);
		if (!poll->entries[i].watch)
			return false;
		poll->has_others = true;
	}
	return true;
}

/* Nobody finds it any more before the first watch ends, since others are answered then. */
static void forget(struct poll *poll)
{
	for (uint32_t i = 0; i < poll->count; i++)
		listen_end(&poll->entries[i].listener);
	for (uint32_t i = 0; i < poll->count; i++)
		if (poll->entries[i].watch)
			watch_end(poll->entries[i].watch);
	user_return(poll->user, USER_SLOTS, poll->slots);
	thread_drop(poll->wait.thread);
	release(poll);
}

/* True: it is over. */
static bool try(struct poll *poll)
{
	const struct process *process = poll->wait.thread->process;
	const struct asking asking = {poll->items, poll->count,
		poll->is_lent ? &poll->lease : NULL};
	uint32_t found;

	if (!process || !process->files)
		return false;
	found = look(poll->wait.thread, poll->items, poll->count);
	if (found == 0)
		return false;
	wait_end(&poll->wait);
	signal_wait_over(poll->wait.thread);
	answer(&poll->wait.reply, &asking, found);
	forget(poll);
	return true;
}

static bool changed(struct listener *listener)
{
	return try(((struct entry *)(void *)listener)->poll);
}

static void link_entries(struct poll *poll, const struct process *process)
{
	for (uint32_t i = 0; i < poll->count; i++) {
		const struct file *file = files_find(process->files,
			poll->items[i].descriptor);

		poll->entries[i].poll = poll;
		if (file && listen_key(file))
			listen_begin(&poll->entries[i].listener, listen_key(file), changed);
	}
}

static void canceled(struct wait *wait)
{
	signal_wait_over(wait->thread);
	forget((struct poll *)(void *)wait);
}

static struct poll *poll_new(struct thread *thread, const struct asking *a)
{
	struct user *user = thread->process->user;
	const uint64_t size = sizeof(struct poll) +
		a->count * (sizeof(struct entry) + sizeof(*a->items));
	struct poll *poll = user_may(user, USER_SLOTS, SLOTS * a->count) ? allocate(size) : NULL;

	if (!poll)
		return NULL;
	poll->count = a->count;
	poll->slots = SLOTS * a->count;
	poll->user = user;
	user_charge(user, USER_SLOTS, poll->slots);
	poll->is_lent = a->lease != NULL;
	if (a->lease)
		poll->lease = *a->lease;
	poll->items = (struct posix_PollItem *)(void *)&poll->entries[a->count];
	memcpy(poll->items, a->items, a->count * sizeof(*a->items));
	poll->wait.canceled = canceled;
	poll->wait.thread = thread;
	thread->references++;
	return poll;
}

/* False: there is no memory, or there are too many watches. */
static bool keep(struct thread *thread, const struct asking *a, struct sk_reply *to)
{
	struct poll *poll = poll_new(thread, a);

	if (!poll)
		return false;
	if (!watch_others(poll, thread->process)) {
		forget(poll);
		return false;
	}
	link_entries(poll, thread->process);
	wait_begin(&poll->wait, &polls, thread, to);
	/* Nobody found it while its watches began. */
	if (poll->has_others)
		try(poll);
	return true;
}

/* 0: it is answered, or waits. */
static int ask(struct thread *thread, const struct asking *a, bool waits,
	bool has_mask, posix_SignalSet mask, struct sk_reply *to)
{
	const uint32_t found = look(thread, a->items, a->count);

	if (found > 0 || !waits) {
		answer(to, a, found);
		return 0;
	}
	signal_set_for_wait(thread, has_mask, mask);
	if (signal_waits(thread))
		return posix_Error_EINTR;
	if (keep(thread, a, to))
		return 0;
	signal_wait_over(thread);
	return posix_Error_ENOMEM;
}

static bool is_too_many(const struct thread *thread, uint64_t count)
{
	return count > thread->process->limits[posix_Resource_FILES].soft;
}

void op_poll(void *self, const struct posix_Descriptors_poll_request *request,
	struct sk_reply *to)
{
	static struct posix_PollItem items[ITEMS];
	struct posix_PollItem_list list = request->items;
	struct asking asking = {items, 0, NULL};
	int error;

	while (asking.count < ITEMS && posix_PollItem_next(&list, &items[asking.count]))
		asking.count++;
	error = is_too_many(self, asking.count) ? (int)posix_Error_EINVAL :
		ask(self, &asking, request->wait, request->has_mask, request->mask, to);
	if (error)
		posix_Descriptors_poll_answer(to, error, NULL);
}

void op_poll_many(void *self, const struct posix_Descriptors_poll_many_request *request,
	struct sk_reply *to)
{
	const uint64_t size = request->items.size;
	struct asking asking = {NULL, (uint32_t)(size / sizeof(struct posix_PollItem)),
		&request->items};
	int error = is_too_many(self, asking.count) ? posix_Error_EINVAL : 0;

	if (!error) {
		asking.items = allocate(size);
		error = asking.items ? 0 : posix_Error_ENOMEM;
	}
	if (!error && sk_lease_read(to, &request->items, 0, asking.items, size, NULL) != SK_OK)
		error = posix_Error_EFAULT;
	if (!error)
		error = ask(self, &asking, request->wait, request->has_mask, request->mask, to);
	if (error)
		posix_Descriptors_poll_many_answer(to, error, NULL);
	release(asking.items);
}
