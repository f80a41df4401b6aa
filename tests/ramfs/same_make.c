/* Operations at random: few names, so that they meet. */
#include "tests/ramfs/same.h"

#include <string.h>

static const char *const names[WHATS] = {
	"mkdir", "mknod", "symlink", "link", "unlink", "rmdir", "rename", "chmod", "chown",
	"times", "resize", "flags", "set_xattr", "get_xattr", "remove_xattr", "list_xattrs",
	"stat", "access", "read_link", "path_of", "list", "copy", "watch", "record",
	"test_record", "unlock", "open", "close", "read", "read_at", "write", "write_at",
	"seek", "truncate", "allocate", "describe", "set_flags", "page", "flock", "lock",
	"test_lock", "seals",
};

/* How often each comes, beside the others. */
static const uint8_t weights[WHATS] = {
	[MKDIR] = 8, [MKNOD] = 5, [SYMLINK] = 6, [LINK] = 6, [UNLINK] = 6, [RMDIR] = 4,
	[RENAME] = 10, [CHMOD] = 8, [CHOWN] = 6, [TIMES] = 6, [RESIZE] = 3, [FLAGS] = 2,
	[SET_XATTR] = 8, [GET_XATTR] = 5, [REMOVE_XATTR] = 2, [LIST_XATTRS] = 2, [STAT] = 5,
	[ACCESS] = 5, [READ_LINK] = 3, [PATH_OF] = 3, [LIST] = 4, [COPY] = 3, [WATCH] = 3,
	[RECORD] = 6, [TEST_RECORD] = 4, [UNLOCK] = 1, [OPEN] = 16, [CLOSE] = 3, [READ] = 5,
	[READ_AT] = 4, [WRITE] = 7, [WRITE_AT] = 6, [SEEK] = 5, [TRUNCATE] = 4,
	[ALLOCATE] = 6, [DESCRIBE] = 2, [SET_FLAGS] = 2, [PAGE] = 2, [FLOCK] = 4, [LOCK] = 5,
	[TEST_LOCK] = 3, [SEALS] = 1,
};

/* xorshift64* */
static uint64_t next(uint64_t *random)
{
	*random ^= *random >> 12;
	*random ^= *random << 25;
	*random ^= *random >> 27;
	return *random * UINT64_C(2685821657736338717);
}

static uint64_t below(uint64_t *random, uint64_t limit)
{
	return (next(random) >> 20) % limit;
}

static enum what make_what(uint64_t *random)
{
	uint64_t total = 0, at;
	unsigned what = 0;

	for (unsigned i = 0; i < WHATS; i++)
		total += weights[i];
	at = below(random, total);
	while (at >= weights[what])
		at -= weights[what++];
	return (enum what)what;
}

static void make_path(char *to, uint64_t *random)
{
	static const char *const parts[] = {
		"a", "b", "c", "d", "a", "b", "c", "d", "a", "b", "c", "..", ".",
	};
	uint64_t count = 1 + below(random, 6) / 3 + below(random, 8) / 7;

	*to = '\0';
	for (uint64_t i = 0; i < count; i++) {
		if (i > 0)
			strcat(to, "/");
		strcat(to, parts[below(random, i + 1 < count || count == 1 ?
			sizeof(parts) / sizeof(parts[0]) : 11)]);
	}
}

static uint32_t make_mode(uint64_t *random)
{
	static const uint32_t modes[] = {
		0777, 0755, 0700, 0644, 0600, 0000, 0070, 0007, 01777, 02775, 04755, 06777,
		0311, 0444, 02644, 0111,
	};

	return modes[below(random, sizeof(modes) / sizeof(modes[0]))];
}

static uint32_t make_open(uint64_t *random)
{
	static const uint32_t flags[] = {
		fs_Open_READ, fs_Open_READ | fs_Open_WRITE,
		fs_Open_READ | fs_Open_WRITE | fs_Open_CREATE,
		fs_Open_READ | fs_Open_WRITE | fs_Open_CREATE,
		fs_Open_WRITE | fs_Open_CREATE | fs_Open_EXCLUSIVE,
		fs_Open_WRITE | fs_Open_TRUNCATE, fs_Open_WRITE | fs_Open_CREATE | fs_Open_APPEND,
		fs_Open_READ | fs_Open_WRITE | fs_Open_CREATE | fs_Open_TRUNCATE,
		fs_Open_READ | fs_Open_DIRECTORY, fs_Open_PATH_ONLY,
		fs_Open_READ | fs_Open_WRITE | fs_Open_TEMPORARY,
		fs_Open_READ | fs_Open_NO_ACCESS_TIME, fs_Open_READ | fs_Open_APPEND,
		fs_Open_WRITE | fs_Open_TEMPORARY | fs_Open_EXCLUSIVE,
	};

	return flags[below(random, sizeof(flags) / sizeof(flags[0]))];
}

/* At and around the bounds of pages, and anywhere. */
static uint64_t make_offset(uint64_t *random)
{
	switch (below(random, 6)) {
	case 0:
		return below(random, 10);
	case 1:
		return below(random, 6) * 4096;
	case 2:
		return below(random, 6) * 4096 + 4090 + below(random, 12);
	case 3:
		return below(random, 3) == 0 ? INT64_MAX - below(random, 5000) : 1 << 20;
	default:
		return below(random, 30000);
	}
}

static uint64_t make_size(uint64_t *random)
{
	uint64_t size = make_offset(random);

	return size > 1 << 20 ? below(random, 100) : size;
}

static int choices_of(enum what what)
{
	switch (what) {
	case RENAME: case SET_XATTR: case RECORD: case LOCK: case FLOCK: case TEST_LOCK:
	case TEST_RECORD: case WRITE: case WRITE_AT:
		return 3;
	case CHOWN: case WATCH:
		return 4;
	case SEEK:
		return 6;
	case ALLOCATE:
		return 8;
	default:
		return 9;
	}
}

void make_operation(struct operation *to, uint64_t *random)
{
	static const char *const attributes[] = {
		"user.a", "user.b", "user.longer", "user.", "user.a", ACCESS_LIST, ACCESS_LIST,
		ACCESS_LIST, DEFAULT_LIST, DEFAULT_LIST,
	};

	memset(to, 0, sizeof(*to));
	to->what = make_what(random);
	to->subject = below(random, 2) == 0 ? 0 : (unsigned)below(random, SUBJECTS);
	to->slot = (unsigned)below(random, SLOTS);
	make_path(to->path, random);
	make_path(to->other, random);
	to->resolve = below(random, 2) ? fs_Resolve_FOLLOW : 0;
	if (below(random, 12) == 0)
		to->resolve |= below(random, 2) ? fs_Resolve_NO_LINKS : fs_Resolve_BENEATH;
	if (below(random, 10) == 0)
		to->resolve |= (uint32_t)fs_Resolve_ROOTED;
	to->mode = make_mode(random);
	to->offset = make_offset(random);
	to->size = make_size(random);
	to->choice = (int)below(random, (uint64_t)choices_of(to->what));
	to->flags = (uint32_t)next(random);
	if (to->what == OPEN)
		to->flags = make_open(random);
	if (to->what == FLAGS)
		to->flags &= fs_NodeFlags_NO_DUMP | fs_NodeFlags_NO_ACCESS_TIME;
	if (to->what >= SET_XATTR && to->what <= LIST_XATTRS)
		strcpy(to->other, attributes[below(random, sizeof(attributes) /
			sizeof(attributes[0]))]);
	if (to->what >= COPY && to->what <= UNLOCK)
		to->subject = 0;
	if (to->what == MKNOD)
		to->choice = to->choice % 3 == 0 ? fs_Kind_FIFO : to->choice == 8 ?
			fs_Kind_SOCKET : fs_Kind_FILE;
	/* Most kinds of allocation are not there. */
	if (to->what == ALLOCATE && below(random, 2))
		to->choice = (int)below(random, 3);
}

void print_operation(FILE *to, const struct operation *op)
{
	fprintf(to, "%s subject=%u slot=%u path=%s other=%s resolve=%x mode=%o flags=%x "
		"choice=%d offset=%llu size=%llu", names[op->what], op->subject, op->slot,
		op->path, op->other, op->resolve, op->mode, op->flags, op->choice,
		(unsigned long long)op->offset, (unsigned long long)op->size);
}
