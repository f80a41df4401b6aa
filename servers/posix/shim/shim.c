/* A thread of the shim: its beginning, its calls, its end. */
#include "servers/posix/shim/shim.h"

#include "runtime/env.h"
#include "runtime/kernel/sys.h"
#include "servers/posix/shim/actions.h"
#include "servers/posix/shim/base.h"
#include "servers/posix/shim/cache.h"
#include "servers/posix/shim/deliver.h"
#include "servers/posix/shim/exec.h"
#include "servers/posix/shim/rseq.h"
#include "servers/posix/shim/trace.h"

#define NR_RT_SIGRETURN 15

/* What entry.S counts on. */
_Static_assert(offsetof(struct shim, registers.rax) == 8, "RAX");
_Static_assert(offsetof(struct shim, registers.rsp) == 64, "RSP");
_Static_assert(offsetof(struct shim, registers.r8) == 72, "of r8");
_Static_assert(offsetof(struct shim, registers.r15) == 128, "of r15");
_Static_assert(offsetof(struct shim, registers.rip) == 136, "RIP");
_Static_assert(offsetof(struct shim, registers.rflags) == 144, "RFLAGS");
_Static_assert(offsetof(struct shim, stack_top) == 168, "STACK_TOP");
_Static_assert(offsetof(struct shim, is_whole) == 176, "IS_WHOLE");
_Static_assert(sizeof(struct shim) <= ABI_FRAME_TELL, "before the kernel's words");

static struct shim_file files[SHIM_CACHE];
static uint64_t window_sizes[LAYOUT_WINDOW_COUNT];
static struct shim_process process = { .count = SHIM_CACHE, .files = files,
	.window_sizes = window_sizes };

/* ---- the beginning ---- */

struct shim_process *shim_own_process(void)
{
	return &process;
}

void shim_forget_process(struct shim *shim)
{
	/* Whoever held the lock is in another space; so are the handles, and windows. */
	memset(files, 0, process.used * sizeof files[0]);
	process.used = process.lock = process.windows = 0;
	process.tracing = process.trace_handle = 0;
	exec_forget();
	actions_forget();
	shim->process = &process;
}

static void begin_program(struct shim *shim, const struct posix_Entered *entered)
{
	memset(&shim->registers, 0, sizeof shim->registers);
	shim->registers.rip = entered->entry;
	shim->registers.rsp = entered->stack;
	shim->registers.rflags = 0x202;
	shim->in_vfork = shim->is_thread = false;
	shim->no_stack = true;
	rseq_forget(shim);
	shim_forget_process(shim);
}

/* The frame is a copy of the maker's, who is in the middle of its call. */
static void begin_copy(struct shim *shim)
{
	struct shim *maker = shim->maker;

	shim->in_vfork = shim->child_in_vfork;
	shim->is_thread = shim->child_is_thread;
	shim->registers.rax = 0;
	if (shim->in_vfork || shim->is_thread)
		rseq_forget(shim);
	*SHIM_WORD(shim, MOVED) = shim->rseq != 0;
	if (shim->child_stack)
		shim->registers.rsp = shim->child_stack;
	__asm__ volatile("ldmxcsr %0" : : "m"(shim->mxcsr));
	__asm__ volatile("fldcw %0" : : "m"(shim->fpu_control));
	base_set_fs(shim, shim->registers.fs_base);
	base_set_gs(shim, shim->registers.gs_base);
	if (shim->in_vfork) {
		memset(shim->own_files, 0, sizeof shim->own_files);
		shim->own_process = (struct shim_process){ .count = SHIM_VFORK_CACHE,
			.files = shim->own_files, .window_sizes = window_sizes };
		shim->process = &shim->own_process;
		shim->maker = maker;
	} else if (!shim->is_thread) {
		shim_forget_process(shim);
	}
}

void shim_begin(struct shim *shim, uint32_t handle)
{
	struct posix_Thread_enter_reply reply;
	uint64_t base = (uintptr_t)shim;

	shim->stack_top = base + LAYOUT_SHIM_STACK + LAYOUT_SHIM_STACK_BYTES;
	shim->page = (struct posix_ThreadPage *)(uintptr_t)(base + LAYOUT_THREAD_PAGE);
	shim->slots = (struct sk_kernel_slots){ (uint8_t *)(uintptr_t)(base + LAYOUT_SLOTS),
		LAYOUT_SLOT_COUNT };
	*SHIM_WORD(shim, INSIDE) = 1;
	shim_open_channels(shim, handle);
	if (POSIX(shim, &reply, Thread, enter, 0) < 0)
		shim_die(shim, 127);
	sk_close(&shim->posix.channel, reply.page.raw);
	shim->page->blocked = reply.entered.mask;
	shim->restart.call = 0;
	shim->is_whole = true;
	if (reply.entered.beginning == posix_Beginning_EXEC)
		begin_program(shim, &reply.entered);
	else
		begin_copy(shim);
	/* What came before there was a shim to take it. */
	*SHIM_PENDING(shim) = (shim->page->pending & ~shim->page->blocked) != 0;
	if (trace_is_on(shim) && reply.entered.beginning == posix_Beginning_EXEC)
		trace_program(shim, reply.entered.stack);
	shim_leave(shim);
}

_Noreturn void shim_die(struct shim *shim, int32_t code)
{
	for (;;)
		POSIX_DO(shim, Thread, exit, .code = code);
}

/* ---- calls ---- */

/* Which is not there: told once for each number and process, and for those that Linux will
 * not have for long once for all of them. */
static int64_t unknown(struct shim *shim, uint64_t number)
{
	static uint64_t told[8];
	const uint64_t place = number < 511 ? number : 511;
	const uint64_t bit = UINT64_C(1) << place % 64;

	if (!(told[place / 64] & bit))
		posix_Thread_unknown_call(&shim->posix.channel,
			&(const struct posix_Thread_unknown_call_request){ .number = number,
			.instruction = shim->registers.rip }, NULL);
	told[place / 64] |= bit;
	return -LINUX_ENOSYS;
}

static bool is_cut(int64_t result)
{
	return result <= -LINUX_ERESTARTSYS && result >= -LINUX_ERESTART_RESTARTBLOCK;
}

/* Others may take away its file's handle again and again, but hardly so often. */
#define TRIES 1000

static int64_t make(struct shim *shim, uint64_t number, const uint64_t arguments[6])
{
	int64_t result = SHIM_LOST;

	if (number >= shim_table_size || !shim_table[number])
		return unknown(shim, number);
	for (int i = 0; i < TRIES && result == SHIM_LOST; i++) {
		shim->changes_seen = __atomic_load_n(&shim->process->changes, __ATOMIC_ACQUIRE);
		result = shim_table[number](shim, arguments);
	}
	return result == SHIM_LOST ? -LINUX_EBADF : result;
}

void shim_call(struct shim *shim)
{
	const struct kernel_RegistersX86 *r = &shim->registers;
	const uint64_t arguments[6] = { r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9 };
	uint64_t number = r->rax;
	int64_t result;

	shim->is_whole = false;
	shim->call = number;
	/* As the instruction leaves them. */
	shim->registers.rcx = r->rip;
	shim->registers.r11 = r->rflags;
	/* A signal that was there before the call goes first, and the call begins anew. */
	if (*SHIM_PENDING(shim)) {
		shim_signals(shim, true, -LINUX_ERESTARTNOINTR);
		return;
	}
	if (trace_is_on(shim))
		trace_before(shim, number, arguments);
	if (number == NR_RT_SIGRETURN) {
		deliver_return(shim);
		if (*SHIM_PENDING(shim))
			shim_signals(shim, false, 0);
		return;
	}
	result = make(shim, number, arguments);
	if (trace_is_on(shim))
		trace_after(shim, number, arguments, result);
	if (is_cut(result) || *SHIM_PENDING(shim))
		shim_signals(shim, true, result);
	else
		shim->registers.rax = (uint64_t)result;
}

void shim_interrupted(struct shim *shim)
{
	extern const uint8_t shim_exit_begin[], shim_exit_end[];
	struct kernel_RegistersX86 *r = &shim->registers;

	/* Between the shim's last store and its last instruction. */
	if (r->rip >= (uintptr_t)shim_exit_begin && r->rip < (uintptr_t)shim_exit_end)
		r->rip = r->rcx;
	shim->is_whole = shim->is_whole || shim->reason != ABI_UPCALL_FOREIGN;
	if (*SHIM_WORD(shim, MOVED))
		rseq_moved(shim);
	if (*SHIM_PENDING(shim) || shim->reason == ABI_UPCALL_SIGNAL)
		shim_signals(shim, false, 0);
	shim->reason = ABI_UPCALL_FOREIGN;
}
