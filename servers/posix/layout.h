/*
 * What posix and the shim in each program agree on besides protocols/posix.skald: where
 * things lie in a program's space, and what the shim's image begins with.
 *
 *	0x10000 .. 0x7ffe00000000	the program: its file, heap, mappings, stack
 *	LAYOUT_WINDOWS			what of files is read without a call, to be read
 *	LAYOUT_SHIM			the shim: what it executes and only reads (shared by
 *					all), behind it what it writes (its own, copied by fork)
 *	LAYOUT_CLOCK			the page of kernel.Clock.page, to be read
 *	LAYOUT_THREADS			an area for each thread of the space
 */
#ifndef SERVERS_POSIX_LAYOUT_H
#define SERVERS_POSIX_LAYOUT_H

#include <stdint.h>

#define LAYOUT_PAGE UINT64_C(4096)

/* ---- the program ---- */

#define LAYOUT_PROGRAM UINT64_C(0x10000)
/* The end of its addresses, and of its first stack. */
#define LAYOUT_PROGRAM_END UINT64_C(0x7ffe00000000)
#define LAYOUT_STACK_BYTES (UINT64_C(8) << 20)
/* Mappings are made downward from here. */
#define LAYOUT_MAPPINGS_END (LAYOUT_PROGRAM_END - (UINT64_C(256) << 20))
/* Where a position-independent program goes, and its interpreter. */
#define LAYOUT_PIE UINT64_C(0x555555554000)
#define LAYOUT_INTERPRETER UINT64_C(0x7fef00000000)

/* ---- windows ---- */

/* Each place: a page with an fs.Window, and behind it the file's pages. */
#define LAYOUT_WINDOWS UINT64_C(0x7ffe80000000)
#define LAYOUT_WINDOW_BYTES (UINT64_C(64) << 20)
#define LAYOUT_WINDOW_COUNT 32

/* ---- the shim ---- */

#define LAYOUT_SHIM UINT64_C(0x7fff00000000)
#define LAYOUT_SHIM_END UINT64_C(0x7fff3f000000)
#define LAYOUT_CLOCK UINT64_C(0x7fff3f000000)

#define LAYOUT_MAGIC UINT64_C(0x6d6968732e786f70)

/*
 * The shim's image is an ELF file of one executable and at most one writable part, the
 * archive's member `servers/posix.shim`. At LAYOUT_SHIM, in the executable part, lies
 * this. Addresses are of the program's space.
 */
struct layout_shim {
	uint64_t magic;
	/* Where each new thread of the exec kind begins, as ShimStart.entry says for others:
	 * on the stack of its area, with the number of its posix.Thread handle as the first
	 * argument (rdi). */
	uint64_t start;
	/* As kernel.Thread.set_upcall takes them, for all threads. */
	uint64_t upcall;
	uint64_t exit_begin;
	uint64_t exit_end;
	/* struct layout_fixup, ascending. */
	uint64_t fixups;
	uint64_t fixup_count;
};

/* A memory fault by an instruction from `begin` on, before `end`, goes on at `go_on`
 * with all registers as they are. */
struct layout_fixup {
	uint64_t begin;
	uint64_t end;
	uint64_t go_on;
};

/* ---- threads ---- */

/* Of a posix.ThreadPage, written by the shim: not 0 while the thread waits at a word until a
 * time of day, and is to be interrupted when that is set. */
#define LAYOUT_WAITS_BY_WALL(page) ((page)->pad[0])

#define LAYOUT_THREADS UINT64_C(0x7fff40000000)
#define LAYOUT_AREA (UINT64_C(1) << 20)
#define LAYOUT_AREAS 1024
/* In an area. The frame of a thread that was made by clone, fork or vfork begins as a
 * copy of its maker's; posix.ThreadPage is shared with posix; the stack is fresh. */
#define LAYOUT_FRAME UINT64_C(0)
#define LAYOUT_THREAD_PAGE LAYOUT_PAGE
#define LAYOUT_SHIM_STACK UINT64_C(0x8000)
#define LAYOUT_SHIM_STACK_BYTES UINT64_C(0x8000)
#define LAYOUT_SLOTS UINT64_C(0x20000)
#define LAYOUT_SLOT_COUNT 8

/* ---- what a mapping is, in its tag_value ---- */

enum layout_tag {
	LAYOUT_TAG_SHIM = 1,		/* the shim's, and all that is not the program's */
	LAYOUT_TAG_PRIVATE,		/* anonymous */
	LAYOUT_TAG_HEAP,
	LAYOUT_TAG_STACK,
	LAYOUT_TAG_SHARED,		/* anonymous */
	/* From here on: of a file, less this. */
	LAYOUT_TAG_FILE = 16
};

/* Owners of record locks, as servers of files are told them: a number, and the process. */
#define LAYOUT_LOCK_PID_BITS 16
/* Whose a lock is that stands in the way: -1 of an open file. */
static inline int32_t layout_lock_holder(uint64_t owner)
{
	return owner == 0 ? -1 : (int32_t)(owner & ((1 << LAYOUT_LOCK_PID_BITS) - 1));
}

#endif
