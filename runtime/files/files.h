/*
 * What servers of files have in common, whatever their files are: the tables
 * of fs.skald's operations, locks as far as they are bookkeeping, and the
 * events of a watcher.
 *
 * A server defines each operation as a function, op_NAME for a FileSystem's,
 * op_file_NAME for a File's, and links with these. Errors are numbers of
 * fs_Error, 0 is none. No libc, no memory of its own.
 */
#ifndef RUNTIME_FILES_FILES_H
#define RUNTIME_FILES_FILES_H

#include "fs.skald.h"
#include "runtime/files/refuse.h"

/* ---- operations.c ---- */

/* All that answer. */
#define FILES_FILE_SYSTEM(EACH) \
	EACH(describe) EACH(set_subject) EACH(confine) EACH(walk) EACH(stat) \
	EACH(access) EACH(read_link) EACH(path_of) EACH(find) EACH(open) \
	EACH(make_directory) EACH(make_node) EACH(make_link) EACH(link) \
	EACH(unlink) EACH(remove_directory) EACH(rename) EACH(set_mode) \
	EACH(set_owner) EACH(set_times) EACH(truncate) EACH(set_node_flags) \
	EACH(get_xattr) EACH(set_xattr) EACH(remove_xattr) EACH(list_xattrs) \
	EACH(lock) EACH(test_lock) EACH(unlock_all) EACH(copy_range) EACH(statfs) \
	EACH(sync) EACH(cover) EACH(remount) EACH(unmount) EACH(freeze) EACH(thaw) \
	EACH(create_watcher)
#define FILES_FILE(EACH) \
	EACH(read) EACH(read_at) EACH(write) EACH(write_at) EACH(read_few) \
	EACH(write_few) EACH(seek) \
	EACH(truncate) EACH(allocate) EACH(sync) EACH(sync_range) EACH(extents) \
	EACH(memory) EACH(window) EACH(advance) EACH(status) EACH(describe) EACH(set_flags) EACH(share) \
	EACH(flush) EACH(available) EACH(ready) EACH(wait_ready) EACH(flock) \
	EACH(lock) EACH(test_lock) EACH(seals) EACH(add_seals)

#define FILES_DECLARE(name) \
	void op_##name(void *session, const struct fs_FileSystem_##name##_request *request, \
		struct sk_reply *to);
FILES_FILE_SYSTEM(FILES_DECLARE)
#undef FILES_DECLARE
void op_forget(void *session, const struct fs_FileSystem_forget_request *request);
void op_drop_subject(void *session, const struct fs_FileSystem_drop_subject_request *request);

#define FILES_DECLARE(name) \
	void op_file_##name(void *handle, const struct fs_File_##name##_request *request, \
		struct sk_reply *to);
FILES_FILE(FILES_DECLARE)
#undef FILES_DECLARE
void op_file_advise(void *handle, const struct fs_File_advise_request *request);
void op_read_entries(void *handle, const struct fs_Directory_read_entries_request *request,
	struct sk_reply *to);
void op_entries_at(void *handle, const struct fs_Directory_entries_at_request *request,
	struct sk_reply *to);

/* For the transport: of a session, and of handles to open files. */
int files_dispatch(void *session, struct sk_incoming *incoming);
int files_dispatch_file(void *handle, struct sk_incoming *incoming);
int files_dispatch_directory(void *handle, struct sk_incoming *incoming);

/* ---- lock.c: op_lock, op_file_flock, op_file_lock, op_file_ready and
 * op_file_wait_ready, by what the server says here ---- */

enum files_wait_kind { FILES_FLOCK, FILES_LOCK, FILES_RECORD, FILES_NEVER };

/* What a call wants, for which it may wait. */
struct files_want {
	enum files_wait_kind kind;
	void *self;			/* RECORD: the session; else the handle */
	fs_Node node;			/* RECORD */
	fs_LockOwner owner;		/* RECORD */
	struct fs_Lock lock;
};

/* The server's: gets it, 0 or an error; EAGAIN: another one's is in the way. */
int files_try(const struct files_want *want);
/* The server's: keeps the reply until it can be had (NEVER: until the call is
 * cancelled), 0 or an error. */
int files_wait(const struct files_want *want, struct sk_reply *to);
/* Answers who waited; NEVER: drops the reply. */
void files_wait_over(enum files_wait_kind kind, struct sk_reply *to, int error);

/* ---- range.c ---- */

/* Locked bytes. An owner's on one file are a list by `start` without overlap,
 * in which those of one kind do not touch. */
struct files_range {
	struct files_range *next;
	uint64_t start, end;		/* the last byte */
	fs_LockKind kind;
};

/* Where ranges come from; NULL: there is none. */
struct files_ranges {
	struct files_range *(*take)(void *context);
	void (*give)(void *context, struct files_range *range);
	void *context;
};

/* Whether it says something: 0 or EINVAL. */
int files_lock_check(const struct fs_Lock *lock);
/* How many ranges must be taken to set this lock: 0 to 2. */
unsigned files_ranges_needed(const struct files_range *list, const struct fs_Lock *lock);
/* Sets it, or (NONE) lets go. False: there was no range, and all is as it was. */
bool files_ranges_set(struct files_range **list, const struct fs_Lock *lock,
	const struct files_ranges *from);
void files_ranges_free(struct files_range **list, const struct files_ranges *to);
/* The first that another one who wants this lock would wait for, or NULL. */
const struct files_range *files_ranges_block(const struct files_range *list,
	const struct fs_Lock *lock);
struct fs_Lock files_range_lock(const struct files_range *range);

/* ---- changes.c: what a watcher has to tell ---- */

/* What can be asked for. */
#define FILES_CHANGES ((uint32_t)(fs_Change_ACCESSED | fs_Change_MODIFIED | \
	fs_Change_STATUS | fs_Change_CLOSED_WRITTEN | fs_Change_CLOSED_READ | \
	fs_Change_OPENED | fs_Change_MOVED_FROM | fs_Change_MOVED_TO | \
	fs_Change_CREATED | fs_Change_REMOVED | fs_Change_SELF_REMOVED | \
	fs_Change_SELF_MOVED))

/* A queue with a bound. What does not fit in is counted and lost. */
struct files_changes {
	struct sk_events events;
	uint8_t *queue;
	uint32_t room;			/* bytes in it */
	uint32_t lost;			/* behind what is in it */
	uint32_t start, end, last;	/* of what is in it, and its last one */
};

/* The room is the caller's. */
void files_changes_init(struct files_changes *changes, void *queue, uint32_t room);
/* Unless it says what the last one said. */
void files_changes_put(struct files_changes *changes,
	const struct fs_Watcher_changed_event *changed);
/* One that could not even be seen. */
void files_changes_lose(struct files_changes *changes);
/* Sends the first one if the client waits. */
void files_changes_serve(struct files_changes *changes);

#endif
