/*
 * The shim: what turns a Linux program's system calls into calls of posix and of the
 * servers behind its descriptors. It lies in the program's space and is trusted by nobody:
 * a program that overwrites it harms itself.
 *
 * A call enters at shim_upcall (entry.S), which stores the program's registers into the
 * thread's frame, runs shim_call() on the thread's own stack, and leaves by instructions
 * that start again if they are interrupted. No floating point, no fs, no gs: those are
 * the program's.
 *
 * The program's memory is reached by leases and by copy.h alone: what is not there is
 * EFAULT, never a fault.
 *
 * Results are Linux's: 0 and above, or -errno. Those of interrupted calls
 * (-LINUX_ERESTART...) end here: signal.c makes a restart or EINTR of them.
 */
#ifndef SERVERS_POSIX_SHIM_SHIM_H
#define SERVERS_POSIX_SHIM_SHIM_H

#include "kernel.skald.h"
#include "posix.skald.h"
#include "runtime/kernel/channel.h"
#include "servers/posix/layout.h"
#include "servers/posix/shim/linux.h"

#define SHIM_CACHE 1024			/* descriptors whose handles are kept */
#define SHIM_VFORK_CACHE 32		/* likewise of a vfork's child */

/* What is known of a descriptor; number 0: nothing. */
struct shim_file {
	uint32_t number;		/* of the handle */
	uint8_t kind;			/* posix.ObjectKind */
	uint8_t path_only;
	/* Of a directory: how many of `.` and `..` have been listed, 3: not known. */
	uint8_t dots;
	bool is_mine : 1;		/* in a copy: the handle is that one's alone */
	bool no_few : 1;		/* its server has no read_few and write_few */
	bool no_window : 1;		/* it has no window, and is not asked any more */
	uint32_t version;		/* counts up when the descriptor becomes another */
	uint32_t flags;			/* fs.Open, as when it was opened */
	uint16_t reads;			/* by calls, since it was last asked for a window */
	uint16_t patience;		/* how many it takes; 0: not counted yet */
	uint8_t window;			/* its place and 1; 0: it has none */
};

/* What the threads of a process have in common here. */
struct shim_process {
	uint32_t lock;			/* lock.h: of `files` */
	uint32_t count;
	uint32_t used;			/* of `files`: behind that all is as it was */
	uint32_t windows;		/* bits of places that are taken */
	uint32_t changes;		/* of descriptors that have become others */
	struct shim_file *files;
	uint64_t *window_sizes;		/* bytes of each that are mapped */
	uint32_t tracing;		/* ThreadPage.tracing, of the handle; */
	uint32_t trace_handle;		/* where calls are told; 0: nowhere */
};

/* What restart_syscall() goes on with. */
struct shim_restart {
	uint64_t call;			/* 0: nothing */
	uint64_t deadline;		/* of the monotonic clock */
	uint64_t arguments[4];
};

/*
 * A thread: its frame's page. What the kernel wants of it is at both ends, the rest is the
 * shim's.
 */
struct shim {
	uint64_t reason;
	struct kernel_RegistersX86 registers;
	uint64_t stack_top;		/* entry.S: 168 */
	uint64_t is_whole;		/* entry.S: 176. All registers are to be loaded */
	uint64_t call;			/* number of the call that is being made */
	/* A wait of this call can be cut off by a signal. */
	bool may_be_cut;
	bool in_vfork;			/* a vfork's child: the space is another's */
	bool is_thread;			/* made by a clone that shares the space */
	bool no_stack;			/* posix has no alternate stack of it, for sure */
	bool is_lost;			/* the handle of this descriptor's file is no more */
	uint8_t pad[3];
	uint64_t child_stack;		/* of a clone: the child's stack pointer, or 0 */
	bool child_in_vfork;
	bool child_is_thread;
	uint8_t pad2[2];
	uint32_t mxcsr;			/* of a clone: what the child has too */
	uint16_t fpu_control;
	uint16_t pad3[5];
	struct shim *maker;		/* of a vfork's child */
	struct posix_ThreadPage *page;
	struct shim_process *process;
	struct shim_restart restart;
	uint32_t changes_seen;		/* of the process, when this call began */
	uint32_t rseq_signature;
	uint64_t rseq;			/* of rseq(2): where, or 0 */
	uint64_t rseq_size;
	struct sk_kernel_slots slots;
	struct sk_kernel_channel posix;
	struct sk_kernel_channel file;	/* of whichever descriptor is being used */
	/* Of a vfork's child, in its own area. */
	struct shim_process own_process;
	struct shim_file own_files[SHIM_VFORK_CACHE];
};

/* What stands at an offset of the frame that kernel/abi.h names, ABI_FRAME_... */
#define SHIM_WORD(shim, at) \
	((volatile uint32_t *)(void *)((uint8_t *)(shim) + ABI_FRAME_##at))
#define SHIM_PENDING(shim) SHIM_WORD(shim, PENDING)

/* In place of a result: the file's handle was no more, and nothing has been done. */
#define SHIM_LOST (-1000)

/* A call: arguments as the program gave them, rdi first. */
typedef int64_t shim_function(struct shim *shim, const uint64_t arguments[6]);

/* ---- calls of posix ---- */

/* Of a call that failed over this channel: -errno, or SHIM_LOST over the file's. */
int64_t shim_failure(const struct sk_channel *channel, int status);

/* 0, or -errno, of what a call came to; the second over the descriptor's channel. */
static inline int64_t shim_outcome(const struct sk_channel *channel, int status)
{
	int64_t result = 0;

	if (status != SK_OK) {
		result = shim_failure(channel, status);
		if (result >= 0)
			__builtin_unreachable();
	}
	return result;
}

static inline int64_t shim_result(const struct shim *shim, int status)
{
	return shim_outcome(&shim->posix.channel, status);
}

static inline int64_t shim_file_result(const struct shim *shim, int status)
{
	return shim_outcome(&shim->file.channel, status);
}

/* Opens the channels of a thread whose handle of posix.Thread has this number. */
void shim_open_channels(struct shim *shim, uint32_t handle);
/* The channel to a handle; for one descriptor at a time. */
struct sk_channel *shim_file_channel(struct shim *shim, uint32_t number);

/*
 * int64_t result = POSIX(shim, &reply, Identity, process_group, .process = 1);
 * with `reply` of its reply's type.
 */
#define POSIX(shim, reply, interface, method, ...) \
	shim_result(shim, posix_##interface##_##method(&(shim)->posix.channel, \
		&(const struct posix_##interface##_##method##_request){__VA_ARGS__}, \
		reply, NULL))
/* The same where the reply has nothing in it. */
#define POSIX_DO(shim, interface, method, ...) \
	POSIX(shim, &(struct posix_##interface##_##method##_reply){0}, interface, method, \
		__VA_ARGS__)

/* ---- whole calls ---- */

/* The table (table.c). */
extern shim_function *const shim_table[];
extern const uint32_t shim_table_size;

/* By entry.S: a call, or an interruption. */
void shim_call(struct shim *shim);
void shim_interrupted(struct shim *shim);
/* Likewise: a new thread, whose handle of posix.Thread has this number. */
void shim_begin(struct shim *shim, uint32_t handle);
/* entry.S: leaves, with all of the frame's registers. */
_Noreturn void shim_leave(struct shim *shim);
/* Ends the process. */
_Noreturn void shim_die(struct shim *shim, int32_t code);

/* Takes all signals that there are, and makes of an interrupted call's result what is
 * right; puts the result into the frame. `result` counts if `in_call`. */
void shim_signals(struct shim *shim, bool in_call, int64_t result);
/* A result as it is for a call that was cut off, but of a kind that is not just repeated:
 * `kind` takes the place of -LINUX_ERESTARTSYS. */
int64_t shim_cut(int64_t result, int64_t kind);

/* ---- time ---- */

/* Nanoseconds of the monotonic clock, and what that is since 1970. */
uint64_t shim_now(void);
int64_t shim_wall(uint64_t now);
/* A deadline so far from now. */
uint64_t shim_after(uint64_t nanos);
/* The monotonic time at which it will be so late, as the clocks go now. */
uint64_t shim_from_wall(int64_t wall);
/* Goes on with what a signal without a handler has cut off. */
int64_t futex_restart(struct shim *shim, const struct shim_restart *restart);
int64_t poll_restart(struct shim *shim, const struct shim_restart *restart);

/* ---- processes ---- */

/* What all but a vfork's child have. */
struct shim_process *shim_own_process(void);
/* Of a process that is new in its space: nothing is known of its descriptors. */
void shim_forget_process(struct shim *shim);

#endif
