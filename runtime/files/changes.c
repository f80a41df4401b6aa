/* What happened to watched files, until the watcher's client asks. */
#include "runtime/files/files.h"

#include <string.h>

/* In the queue, with the name behind it. */
struct record {
	uint32_t watch, what, cookie, name_size;
};

static uint32_t size_of(const struct record *record)
{
	return (uint32_t)sizeof(*record) + (record->name_size + 3) / 4 * 4;
}

void files_changes_init(struct files_changes *changes, void *queue, uint32_t room)
{
	*changes = (struct files_changes){.queue = queue, .room = room};
	sk_events_init(&changes->events);
}

void files_changes_lose(struct files_changes *changes)
{
	changes->lost += changes->lost < UINT32_MAX;
}

/* As inotify: the same once more says nothing new. */
static bool is_last(const struct files_changes *changes, const struct record *record,
	const char *name)
{
	const uint8_t *last = changes->queue + changes->last;

	return changes->start < changes->end && changes->lost == 0 &&
		memcmp(last, record, sizeof(*record)) == 0 &&
		memcmp(last + sizeof(*record), name, record->name_size) == 0;
}

void files_changes_put(struct files_changes *changes,
	const struct fs_Watcher_changed_event *changed)
{
	const struct record record = {
		changed->watch, changed->what, changed->cookie, changed->name.size,
	};
	const char *name = record.name_size > 0 ? changed->name.data : "";
	uint32_t size = size_of(&record), used = changes->end - changes->start;

	if (is_last(changes, &record, name))
		return;
	if ((changes->lost > 0 && used > 0) || changes->room - used < size) {
		files_changes_lose(changes);
		return;
	}
	if (changes->room - changes->end < size) {
		memmove(changes->queue, changes->queue + changes->start, used);
		changes->end = used;
		changes->start = 0;
	}
	changes->last = changes->end;
	memcpy(changes->queue + changes->end, &record, sizeof(record));
	memcpy(changes->queue + changes->end + sizeof(record), name, record.name_size);
	changes->end += size;
}

static void send_first(struct files_changes *changes)
{
	const uint8_t *first = changes->queue + changes->start;
	struct fs_Watcher_changed_event changed;
	struct record record;

	memcpy(&record, first, sizeof(record));
	changed = (struct fs_Watcher_changed_event){
		.watch = record.watch, .what = (fs_Change)record.what,
		.cookie = record.cookie,
		.name = {(const char *)first + sizeof(record), record.name_size},
	};
	changes->start += size_of(&record);
	fs_Watcher_changed_send(&changes->events, &changed);
}

void files_changes_serve(struct files_changes *changes)
{
	if (changes->events.next.port && changes->start < changes->end)
		send_first(changes);
	if (changes->start < changes->end)
		return;
	changes->start = changes->end = 0;
	/* Told before whatever comes from now on. */
	changes->events.lost += changes->lost;
	changes->lost = 0;
}
