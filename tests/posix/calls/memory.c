/* Memory. */
#include "call.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096L
#define BOTH (PROT_READ | PROT_WRITE)
#define OWN (MAP_PRIVATE | MAP_ANONYMOUS)

static char *map(long pages)
{
	return (char *)C(mmap, 0, pages * PAGE, BOTH, OWN, -1, 0);
}

static char *reached;

static void touch(void)
{
	*(volatile char *)reached = 1;
}

static void look(void)
{
	(void)*(volatile char *)reached;
}

static void run_it(void)
{
	((void (*)(void))(uintptr_t)reached)();
}

/* What comes of using memory, in a child. */
static void use(const char *call, const char *what, void (*how)(void), char *at)
{
	reached = at;
	line(call, what, in_child(how, 0));
}

static void mapping(void)
{
	char *at = map(3), text[8] = "";
	long file = C(open, "f", O_RDWR), blind = C(open, "f", O_WRONLY), hole;
	int p[2];

	SAY(mmap, "is zero", all_are(at, 0, 3 * PAGE));
	use("mmap", "is written", touch, at);
	SAY(mmap, "on a page", (uintptr_t)at % PAGE);
	T(mmap, "no bytes", 0, 0, BOTH, OWN, -1, 0);
	T(mmap, "of no kind", 0, PAGE, BOTH, MAP_ANONYMOUS, -1, 0);
	T(mmap, "descriptor not open", 0, PAGE, PROT_READ, MAP_PRIVATE, 99, 0);
	T(mmap, "an offset within a page", 0, PAGE, PROT_READ, MAP_PRIVATE, file, 5);
	T(mmap, "of a file for writing", 0, PAGE, PROT_READ, MAP_PRIVATE, blind, 0);
	T(mmap, "shared and written, of a file for reading", 0, PAGE, BOTH, MAP_SHARED,
		C(open, "f", O_RDONLY), 0);
	T(mmap, "of a directory", 0, PAGE, PROT_READ, MAP_PRIVATE, C(open, ".", O_RDONLY), 0);
	C(pipe, p);
	T(mmap, "of a pipe", 0, PAGE, PROT_READ, MAP_PRIVATE, p[0], 0);
	T(mmap, "more than there is", 0, 1L << 60, BOTH, OWN, -1, 0);
	T(mmap, "fixed, within a page", at + 1, PAGE, BOTH, OWN | MAP_FIXED, -1, 0);
	T(mmap, "fixed, beyond all", 1L << 50, PAGE, BOTH, OWN | MAP_FIXED, -1, 0);
	memset(at, 7, 3 * PAGE);
	SAY(mmap, "fixed, where another is", C(mmap, at + PAGE, PAGE, BOTH, OWN | MAP_FIXED, -1,
		0) == (long)at + PAGE);
	SAY(mmap, "the middle is new", at[0] * 100 + at[PAGE] * 10 + at[2 * PAGE]);
	T(mmap, "not to replace, and there", at, PAGE, BOTH, OWN | MAP_FIXED_NOREPLACE, -1, 0);
	C(munmap, at + PAGE, PAGE);
	hole = C(mmap, at + PAGE, PAGE, BOTH, OWN, -1, 0);
	SAY(mmap, "where it is hinted at", hole == (long)at + PAGE);
	hole = C(mmap, at, PAGE, BOTH, OWN, -1, 0);
	SAY(mmap, "elsewhere if that is taken", hole > 0 && hole != (long)at);
	at = (char *)C(mmap, 0, PAGE, BOTH, MAP_PRIVATE, file, 0);
	TEXT(mmap, "of a file", at, 12);
	SAY(mmap, "behind its end zeros", all_are(at + 12, 0, PAGE - 12));
	at[0] = 'J';
	C(pread64, file, text, 1, 0);
	TEXT(mmap, "private, the file stays", text, 1);
	at = (char *)C(mmap, 0, 2 * PAGE, BOTH, MAP_SHARED, file, 0);
	at[0] = 'S';
	C(pread64, file, text, 1, 0);
	TEXT(mmap, "shared, the file changes", text, 1);
	C(pwrite64, file, "T", 1, 1);
	TEXT(mmap, "shared, and changes with it", at, 2);
	use("mmap", "past the file's end", look, at + PAGE);
	at = (char *)C(mmap, 0, PAGE, PROT_NONE, OWN, -1, 0);
	use("mmap", "of no access", look, at);
	at = (char *)C(mmap, 0, PAGE, PROT_READ, OWN, -1, 0);
	use("mmap", "only to read, is read", look, at);
	use("mmap", "only to read, is written", touch, at);
	use("mmap", "what is data is run", run_it, map(1));
	C(close_range, 3, -1, 0);
}

static void parting(void)
{
	char *at = map(5);

	memset(at, 1, 5 * PAGE);
	T(munmap, "the middle", at + PAGE, PAGE);
	use("munmap", "is gone", look, at + PAGE);
	use("munmap", "one before stays", look, at);
	T(munmap, "it again", at + PAGE, PAGE);
	T(munmap, "no bytes", at, 0);
	T(munmap, "within a page", at + 1, PAGE);
	T(munmap, "beyond all", 1L << 62, PAGE);
	T(munmap, "around the end", at, -1L);
	T(munmap, "part of a page is all", at + 4 * PAGE, 1);
	use("munmap", "the whole page is gone", look, at + 4 * PAGE);
	T(mprotect, "to read only", at, PAGE, PROT_READ);
	use("mprotect", "is read", look, at);
	use("mprotect", "is not written", touch, at);
	T(mprotect, "to nothing", at, PAGE, PROT_NONE);
	use("mprotect", "is not read", look, at);
	T(mprotect, "back", at, PAGE, BOTH);
	SAY(mprotect, "what was there is", at[0]);
	T(mprotect, "over a hole", at, 3 * PAGE, BOTH);
	T(mprotect, "where nothing is", at + PAGE, PAGE, PROT_READ);
	T(mprotect, "within a page", at + 1, PAGE, PROT_READ);
	T(mprotect, "no bytes", at, 0, PROT_READ);
	T(mprotect, "around the end", at, -PAGE, PROT_READ);
	T(mprotect, "unknown", at, PAGE, 0x100);
	at[0] = (char)0xc3;		/* a return */
	T(mprotect, "to run", at, PAGE, PROT_READ | PROT_EXEC);
	use("mprotect", "is run", run_it, at);
	C(munmap, at, 5 * PAGE);
}

static void remapping(void)
{
	char *at = map(4), *to = map(8), *now;

	memset(at, 5, 4 * PAGE);
	SAY(mremap, "shorter", C(mremap, at, 4 * PAGE, 2 * PAGE, 0) == (long)at);
	use("mremap", "its end is gone", look, at + 2 * PAGE);
	SAY(mremap, "longer where it is", C(mremap, at, 2 * PAGE, 3 * PAGE, 0) == (long)at);
	SAY(mremap, "what is new is zero", all_are(at + 2 * PAGE, 0, PAGE));
	C(mmap, at + 3 * PAGE, PAGE, BOTH, OWN | MAP_FIXED, -1, 0);
	T(mremap, "longer, and there is no room", at, 3 * PAGE, 9 * PAGE, 0);
	now = (char *)C(mremap, at, 3 * PAGE, 9 * PAGE, MREMAP_MAYMOVE);
	SAY(mremap, "longer, elsewhere", now != at && all_are(now, 5, 2 * PAGE));
	use("mremap", "where it was is nothing", look, at);
	now = (char *)C(mremap, now, PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	SAY(mremap, "to a place", now == to && to[0] == 5 && to[PAGE] == 0);
	T(mremap, "to a place without moving", to, PAGE, PAGE, MREMAP_FIXED, at);
	T(mremap, "to a place over itself", to, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		to + PAGE);
	T(mremap, "to a place within a page", to, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		at + 1);
	T(mremap, "within a page", to + 1, PAGE, PAGE, 0);
	T(mremap, "to no bytes", to, PAGE, 0, 0);
	T(mremap, "unknown flags", to, PAGE, PAGE, 8);
	C(munmap, to + 6 * PAGE, PAGE);
	T(mremap, "where nothing is", to + 6 * PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
	T(mremap, "over a hole", to + 5 * PAGE, 3 * PAGE, 4 * PAGE, MREMAP_MAYMOVE);
}

static void heap(void)
{
	char *end = (char *)C(brk, 0);

	SAY(brk, "grows", C(brk, end + 3 * PAGE) == (long)end + 3 * PAGE);
	SAY(brk, "what is new is zero", all_are(end, 0, 3 * PAGE));
	end[PAGE * 2] = 9;
	SAY(brk, "is asked for", C(brk, 0) == (long)end + 3 * PAGE);
	SAY(brk, "shrinks", C(brk, end) == (long)end);
	use("brk", "what was there is gone", look,
		(char *)(((uintptr_t)end + 2 * PAGE) & ~(uintptr_t)(PAGE - 1)));
	SAY(brk, "grows again", C(brk, end + 3 * PAGE) == (long)end + 3 * PAGE);
	SAY(brk, "and is zero again", end[PAGE * 2]);
	SAY(brk, "before its beginning stays", C(brk, 1) == (long)end + 3 * PAGE);
	SAY(brk, "beyond all stays", C(brk, 1L << 62) == (long)end + 3 * PAGE);
}

static void advising(void)
{
	char *at = map(4), pages[4] = { 9, 9, 9, 9 };

	memset(at, 1, 4 * PAGE);
	T(madvise, "not needed", at, PAGE, MADV_DONTNEED);
	SAY(madvise, "is zero then", all_are(at, 0, PAGE));
	SAY(madvise, "the next is not", at[PAGE]);
	T(madvise, "normal", at, PAGE, MADV_NORMAL);
	T(madvise, "random", at, PAGE, MADV_RANDOM);
	T(madvise, "will be needed", at, PAGE, MADV_WILLNEED);
	T(madvise, "free", at, PAGE, MADV_FREE);
	T(madvise, "large pages", at, PAGE, MADV_HUGEPAGE);
	T(madvise, "no dump", at, PAGE, MADV_DONTDUMP);
	T(madvise, "unknown", at, PAGE, 99);
	T(madvise, "within a page", at + 1, PAGE, MADV_NORMAL);
	T(madvise, "no bytes", at, 0, MADV_NORMAL);
	T(madvise, "around the end", at, -PAGE, MADV_NORMAL);
	T(madvise, "not in a child", at + PAGE, PAGE, MADV_DONTFORK);
	use("madvise", "in a child it is not", look, at + PAGE);
	T(madvise, "zero in a child", at + 2 * PAGE, PAGE, MADV_WIPEONFORK);
	T(mincore, "what is there", at + PAGE, 3 * PAGE, pages);
	SAY(mincore, "says", (pages[0] & 1) + (pages[1] & 1) + (pages[2] & 1));
	SAY(mincore, "no more than that", pages[3]);
	C(munmap, at + PAGE, PAGE);
	T(mincore, "over a hole", at, 3 * PAGE, pages);
	T(mincore, "within a page", at + 1, PAGE, pages);
	T(mincore, "to a wild address", at, PAGE, WILD);
	T(mincore, "no bytes", at, 0, pages);
	T(madvise, "over a hole", at, 3 * PAGE, MADV_DONTNEED);
	T(madvise, "where nothing is", at + PAGE, PAGE, MADV_DONTNEED);
	SAY(madvise, "over a hole it is done", all_are(at + 2 * PAGE, 0, PAGE));
}

static void holding(void)
{
	char *file = (char *)C(mmap, 0, PAGE, BOTH, MAP_SHARED, C(open, "f", O_RDWR), 0);
	char *at = map(3);

	C(munmap, at + PAGE, PAGE);
	T(mlock, "a page", at, PAGE);
	T(mlock, "within a page", at + 5, 10);
	T(mlock, "over a hole", at, 3 * PAGE);
	T(mlock, "no bytes", at, 0);
	T(mlock, "around the end", at, -1L);
	T(mlock2, "on fault", at, PAGE, 1);
	T(mlock2, "unknown flags", at, PAGE, 2);
	T(munlock, "a page", at, PAGE);
	T(munlock, "over a hole", at, 3 * PAGE);
	T(mlockall, "of no kind", 0);
	T(mlockall, "unknown flags", 8);
	T(mlockall, "all", MCL_CURRENT);
	T(munlockall, "all", 0);
	T(msync, "a file", file, PAGE, MS_SYNC);
	T(msync, "in time", file, PAGE, MS_ASYNC);
	T(msync, "others' too", file, PAGE, MS_SYNC | MS_INVALIDATE);
	T(msync, "both ways", file, PAGE, MS_SYNC | MS_ASYNC);
	T(msync, "unknown flags", file, PAGE, 8);
	T(msync, "within a page", file + 1, PAGE, MS_SYNC);
	T(msync, "over a hole", at, 3 * PAGE, MS_SYNC);
	T(msync, "no bytes", at, 0, MS_SYNC);
	T(msync, "what is not a file", at, PAGE, MS_SYNC);
}

void topic_memory(void)
{
	make_file("f", "hello, world");
	mapping();
	parting();
	remapping();
	in_child(heap, 0);
	advising();
	holding();
}
