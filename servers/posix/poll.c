/* Waiting for several descriptors at once. */
#include "servers/posix/posix.h"

/* How often it looks at files of others, in nanoseconds. */
#define OTHERS 5000000
#define ITEMS 480
#define BUCKETS 1024

/* That a poll waits for something that posix serves: looked at again when that changes,
 * and not when anything else does. */
struct entry {
	struct entry *next, **link;		/* in its bucket */
	const void *self;			/* as the file has it */
	struct poll *poll;
};

struct poll {
	struct wait wait;
	uint32_t count;
	bool has_others;
	uint64_t turn;				/* when it was last looked at */
	struct posix_PollItem *items;		/* behind the entries */
	struct entry entries[];
};

static struct wait *polls;
static struct entry *buckets[BUCKETS];
static struct sk_alarm alarm;

#define NORMAL_READ (posix_PollEvents_READ_NORMAL | posix_PollEvents_READABLE)
#define NORMAL_WRITE (posix_PollEvents_WRITE_NORMAL | posix_PollEvents_WRITABLE)

static uint32_t ready_of(struct file *file, bool *is_other)
{
	struct fs_File_ready_reply reply;

	if (file->ops)
		return file->ops->ready(file);
	if (file->kind == posix_ObjectKind_FILE || file->kind == posix_ObjectKind_DIRECTORY ||
			file->handle.raw < 0)
		return fs_Ready_READABLE | fs_Ready_WRITABLE;
	*is_other = true;
	if (fs_File_ready(on(file->handle), &(struct fs_File_ready_request){
			fs_Ready_READABLE | fs_Ready_WRITABLE | fs_Ready_URGENT |
			fs_Ready_READ_HANG_UP}, &reply, NULL) != 0)
		return fs_Ready_ERROR;
	return reply.now;
}

/* How many are ready, which their items say. */
static uint32_t look(const struct process *process, struct posix_PollItem *items,
	uint32_t count, bool *has_others)
{
	const uint32_t always = posix_PollEvents_ERROR | posix_PollEvents_HANG_UP |
		posix_PollEvents_BAD;
	uint32_t found = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct file *file = files_find(process->files, items[i].descriptor);
		uint32_t ready = 0;

		if (file)
			ready = ready_of(file, has_others);
		else if (items[i].descriptor >= 0)
			ready = posix_PollEvents_BAD;
		ready |= ready & posix_PollEvents_READABLE ? NORMAL_READ : 0;
		ready |= ready & posix_PollEvents_WRITABLE ? NORMAL_WRITE : 0;
		items[i].ready = (uint16_t)(ready & (items[i].wanted | always));
		found += items[i].ready != 0;
	}
	return found;
}

static void answer(struct sk_reply *to, const struct posix_PollItem *items, uint32_t count,
	uint32_t found)
{
	const struct posix_Descriptors_poll_reply reply = {
		.count = found, .items = {.items = items, .count = count}};

	posix_Descriptors_poll_answer(to, 0, &reply);
}

/* ---- who waits for what ---- */

static struct entry **bucket_of(const void *self)
{
	const uint64_t hash = (uintptr_t)self * UINT64_C(0x9e3779b97f4a7c15);

	return &buckets[(hash >> 32) % BUCKETS];
}

static void link_entry(struct entry *entry, struct poll *poll, const void *self)
{
	struct entry **bucket = bucket_of(self);

	*entry = (struct entry){*bucket, bucket, self, poll};
	if (entry->next)
		entry->next->link = &entry->next;
	*bucket = entry;
}

static void link_entries(struct poll *poll, const struct files *files)
{
	for (uint32_t i = 0; i < poll->count; i++) {
		const struct file *file = files_find(files, poll->items[i].descriptor);

		if (file && file->ops)
			link_entry(&poll->entries[i], poll, file->self);
	}
}

static void forget(struct poll *poll)
{
	for (uint32_t i = 0; i < poll->count; i++) {
		struct entry *entry = &poll->entries[i];

		if (!entry->link)
			continue;
		*entry->link = entry->next;
		if (entry->next)
			entry->next->link = entry->link;
	}
	thread_drop(poll->wait.thread);
	release(poll);
}

/* True: it is over. */
static bool try(struct poll *poll)
{
	const struct process *process = poll->wait.thread->process;
	uint32_t found;

	if (!process || !process->files)
		return false;
	found = look(process, poll->items, poll->count, &poll->has_others);
	if (found == 0)
		return false;
	wait_end(&poll->wait);
	signal_wait_over(poll->wait.thread);
	answer(&poll->wait.reply, poll->items, poll->count, found);
	forget(poll);
	return true;
}

/* With one that is over others of the bucket may be gone, so it begins anew; each is
 * looked at once. */
void poll_look(const void *self)
{
	static uint64_t turn;
	struct entry *entry = *bucket_of(self);

	turn++;
	while (entry) {
		struct poll *poll = entry->poll;

		if (entry->self != self || poll->turn == turn) {
			entry = entry->next;
			continue;
		}
		poll->turn = turn;
		entry = try(poll) ? *bucket_of(self) : entry->next;
	}
}

static void look_again(void *self)
{
	struct wait *wait = polls;
	bool any = false;

	UNUSED(self);
	while (wait) {
		struct poll *poll = (struct poll *)(void *)wait;

		wait = wait->next;
		any = (poll->has_others && !try(poll)) || any;
	}
	if (any)
		sk_alarm_set(posix.os, &alarm, now() + OTHERS);
}

static void canceled(struct wait *wait)
{
	signal_wait_over(wait->thread);
	forget((struct poll *)(void *)wait);
}

static bool keep(struct thread *thread, const struct posix_PollItem *items, uint32_t count,
	bool has_others, struct sk_reply *to)
{
	struct poll *poll = allocate(sizeof(*poll) +
		count * (sizeof(struct entry) + sizeof(*items)));

	if (!poll)
		return false;
	poll->count = count;
	poll->has_others = has_others;
	poll->items = (struct posix_PollItem *)(void *)&poll->entries[count];
	memcpy(poll->items, items, count * sizeof(*items));
	link_entries(poll, thread->process->files);
	poll->wait.canceled = canceled;
	thread->references++;
	wait_begin(&poll->wait, &polls, thread, to);
	if (has_others && alarm.time == 0) {
		alarm.ring = look_again;
		sk_alarm_set(posix.os, &alarm, now() + OTHERS);
	}
	return true;
}

void op_poll(void *self, const struct posix_Descriptors_poll_request *request,
	struct sk_reply *to)
{
	static struct posix_PollItem items[ITEMS];
	struct posix_PollItem_list list = request->items;
	struct thread *thread = self;
	uint32_t count = 0, found;
	bool has_others = false;

	while (count < ITEMS && posix_PollItem_next(&list, &items[count]))
		count++;
	found = look(thread->process, items, count, &has_others);
	if (found > 0 || !request->wait) {
		answer(to, items, count, found);
		return;
	}
	signal_set_for_wait(thread, request->has_mask, request->mask);
	if (signal_waits(thread))
		posix_Descriptors_poll_answer(to, posix_Error_EINTR, NULL);
	else if (!keep(thread, items, count, has_others, to))
		posix_Descriptors_poll_answer(to, posix_Error_ENOMEM, NULL);
}
