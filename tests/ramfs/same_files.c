/* Operations on open files. */
#include "tests/ramfs/same.h"

#include <stdlib.h>
#include <string.h>

#define BYTES 65536
#define CALL(method, request, reply) \
	fs_File_##method(&side->slots[op->slot]->channel, request, reply, patiently())

static uint8_t bytes[BYTES], pattern[BYTES];

static void close_slot(struct side *side, unsigned slot)
{
	struct fs_FileSystem_statfs_request ask = {0};
	struct fs_FileSystem_statfs_reply told;

	if (!side->slots[slot])
		return;
	sk_socket_close(side->slots[slot]);
	free(side->slots[slot]);
	side->slots[slot] = NULL;
	/* It is closed when the server has come round. */
	for (unsigned i = 0; i < 2 * SUBJECTS; i++)
		(void)fs_FileSystem_statfs(side_channel(side, i % SUBJECTS), &ask, &told,
			patiently());
}

static void open_slot(struct side *side, const struct operation *op, struct result *to)
{
	const struct fs_FileSystem_open_request request = {
		side_place(side, op->subject, op->path, op->resolve), (fs_Open)op->flags,
		op->mode,
	};
	struct fs_FileSystem_open_reply reply;
	int status;

	close_slot(side, op->slot);
	status = fs_FileSystem_open(side_channel(side, op->subject), &request, &reply,
		patiently());
	SAY(to, " %d", status);
	if (status != 0)
		return;
	side_progress(side, op->subject, &reply.progress, to);
	if (reply.progress.stop != fs_Stop_DONE)
		return;
	SAY(to, " created=%d file=%d", reply.created, reply.has_file);
	side_status(side, &reply.status, to);
	if (reply.has_file) {
		side->slots[op->slot] = malloc(sizeof(struct sk_socket));
		sk_socket_adopt(side->slots[op->slot], reply.file.raw.raw);
	}
	side_forget(side, op->subject, reply.progress.node);
}

static uint32_t sum_of(uint64_t count)
{
	uint32_t sum = 1;

	for (uint64_t i = 0; i < count && i < BYTES; i++)
		sum = (sum ^ bytes[i]) * 16777619;
	return sum;
}

static void read_slot(struct side *side, const struct operation *op, struct result *to)
{
	uint64_t size = op->size % BYTES;
	struct fs_File_read_request read = {.data = sk_lend_out(bytes, size / 2),
		.has_second = true, .second = sk_lend_out(bytes + size / 2, size - size / 2)};
	struct fs_File_read_reply got = {0};
	struct fs_File_read_at_request read_at = {.offset = op->offset, .data = read.data,
		.has_second = true, .second = read.second};
	struct fs_File_read_at_reply got_at = {0};
	int status = op->what == READ ? CALL(read, &read, &got) :
		CALL(read_at, &read_at, &got_at);
	uint64_t count = op->what == READ ? got.count : got_at.count;

	SAY(to, " %d count=%llu sum=%x", status, (unsigned long long)count,
		status == 0 ? sum_of(count) : 0);
}

static void write_slot(struct side *side, const struct operation *op, struct result *to)
{
	uint64_t size = op->size % BYTES;
	fs_Io io = op->choice == 1 ? fs_Io_APPEND : op->choice == 2 ? fs_Io_SYNC : 0;
	struct fs_File_write_request write = {.flags = io, .data = sk_lend(pattern, size / 2),
		.has_second = true, .second = sk_lend(pattern + size / 2, size - size / 2)};
	struct fs_File_write_reply put = {0};
	struct fs_File_write_at_request write_at = {.flags = io, .offset = op->offset,
		.data = write.data, .has_second = true, .second = write.second};
	struct fs_File_write_at_reply put_at = {0};
	int status;

	for (uint64_t i = 0; i < size; i++)
		pattern[i] = (uint8_t)(op->mode + i * 7 + i / 255);
	status = op->what == WRITE ? CALL(write, &write, &put) :
		CALL(write_at, &write_at, &put_at);
	SAY(to, " %d count=%llu", status, (unsigned long long)(op->what == WRITE ?
		put.count : put_at.count));
}

static void seek(struct side *side, const struct operation *op, struct result *to)
{
	const struct fs_File_seek_request request = {
		(int64_t)op->offset - (op->choice == fs_Whence_CURRENT ? 3000 : 0),
		(fs_Whence)op->choice,
	};
	struct fs_File_seek_reply reply = {0};
	struct fs_File_describe_request ask = {0};
	struct fs_File_describe_reply told;

	/* A directory's positions are its own affair. */
	if (CALL(describe, &ask, &told) == 0 && told.kind != fs_Kind_DIRECTORY)
		SAY(to, " %d position=", CALL(seek, &request, &reply));
	SAY(to, "%llu", (unsigned long long)reply.position);
}

static void change_storage(struct side *side, const struct operation *op, struct result *to)
{
	const struct fs_File_truncate_request cut = {op->size};
	struct fs_File_truncate_reply was_cut;
	const struct fs_File_allocate_request allocate = {
		(fs_Allocate)op->choice, op->offset, op->size,
	};
	struct fs_File_allocate_reply allocated;

	SAY(to, " %d", op->what == TRUNCATE ? CALL(truncate, &cut, &was_cut) :
		CALL(allocate, &allocate, &allocated));
}

static void describe(struct side *side, const struct operation *op, struct result *to)
{
	struct fs_File_describe_request request = {0};
	struct fs_File_describe_reply reply = {0};
	struct fs_File_available_request ask = {0};
	struct fs_File_available_reply told = {0};
	struct fs_File_seals_request seals = {0};
	struct fs_File_seals_reply sealed = {0};
	int status = CALL(describe, &request, &reply);

	SAY(to, " %d kind=%d flags=%x", status, reply.kind, reply.flags);
	status = CALL(available, &ask, &told);
	SAY(to, " %d %llu", status, (unsigned long long)told.bytes);
	status = CALL(seals, &seals, &sealed);
	SAY(to, " %d seals=%x", status, sealed.seals);
}

static void set_flags(struct side *side, const struct operation *op, struct result *to)
{
	const struct fs_File_set_flags_request request = {
		(fs_Open)(op->flags & (fs_Open_APPEND | fs_Open_READ)),
	};
	struct fs_File_set_flags_reply reply;
	const struct fs_File_add_seals_request seal = {fs_Seals_GROW};
	struct fs_File_add_seals_reply sealed;

	SAY(to, " %d", op->what == SET_FLAGS ? CALL(set_flags, &request, &reply) :
		CALL(add_seals, &seal, &sealed));
}

/* How many entries come in a page; which come first is the server's affair. */
static void page(struct side *side, const struct operation *op, struct result *to)
{
	const struct fs_Directory_read_entries_request request = {(uint32_t)op->size % 200};
	struct fs_Directory_read_entries_reply reply;
	struct fs_File_describe_request ask = {0};
	struct fs_File_describe_reply told;
	int status;

	if (CALL(describe, &ask, &told) != 0 || told.kind != fs_Kind_DIRECTORY)
		return;
	status = fs_Directory_read_entries(&side->slots[op->slot]->channel, &request, &reply,
		patiently());
	/* What came since is listed, or not. */
	SAY(to, " %d", status);
}

static void lock(struct side *side, const struct operation *op, struct result *to)
{
	const struct fs_Lock range = {(fs_LockKind)op->choice, op->offset % 20, op->size % 10};
	const struct fs_File_flock_request whole = {range.kind, false};
	struct fs_File_flock_reply whole_reply;
	const struct fs_File_lock_request part = {range, false};
	struct fs_File_lock_reply part_reply;
	const struct fs_File_test_lock_request test = {range};
	struct fs_File_test_lock_reply tested = {0};
	int status;

	if (op->what == FLOCK) {
		SAY(to, " %d", CALL(flock, &whole, &whole_reply));
	} else if (op->what == LOCK) {
		SAY(to, " %d", CALL(lock, &part, &part_reply));
	} else {
		status = CALL(test_lock, &test, &tested);
		SAY(to, " %d kind=%d start=%llu length=%llu", status, tested.found.kind,
			(unsigned long long)tested.found.start,
			(unsigned long long)tested.found.length);
	}
}

bool run_on_files(struct side *side, const struct operation *op, struct result *to)
{
	if (op->what < OPEN)
		return false;
	if (op->what == OPEN)
		open_slot(side, op, to);
	else if (op->what == CLOSE)
		close_slot(side, op->slot);
	else if (!side->slots[op->slot])
		SAY(to, " nothing is open");
	else if (op->what == READ || op->what == READ_AT)
		read_slot(side, op, to);
	else if (op->what == WRITE || op->what == WRITE_AT)
		write_slot(side, op, to);
	else if (op->what == SEEK)
		seek(side, op, to);
	else if (op->what == TRUNCATE || op->what == ALLOCATE)
		change_storage(side, op, to);
	else if (op->what == DESCRIBE)
		describe(side, op, to);
	else if (op->what == SET_FLAGS || op->what == SEALS)
		set_flags(side, op, to);
	else if (op->what == PAGE)
		page(side, op, to);
	else
		lock(side, op, to);
	return true;
}
