/*
 * Signals taken: handlers called, with Linux's frames on the program's stack, and what
 * becomes of the call that they interrupted.
 *
 * A frame is a struct linux_rt_sigframe, above it the vectors' registers as XSAVE has
 * them, with the 48 bytes that Linux puts into the area's software part and 4 behind it.
 */
#include "servers/posix/shim/deliver.h"

#include "runtime/env.h"
#include "servers/posix/shim/actions.h"
#include "servers/posix/shim/base.h"
#include "servers/posix/shim/convert.h"
#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/rseq.h"
#include "servers/posix/shim/trace.h"

#define RED_ZONE 128
#define XSAVE_HEADER 512
#define XSAVE_HEADER_BYTES 64
#define SYSCALL_BYTES 2
#define FLAG_TRAP UINT64_C(0x100)
#define FLAG_DIRECTION UINT64_C(0x400)
#define FLAG_RESUME UINT64_C(0x10000)
/* What a program may set: those of arithmetic, direction, alignment and identification. */
#define FLAGS_PROGRAM UINT64_C(0x254dd5)
#define FLAGS_ALWAYS UINT64_C(0x202)
#define NR_RESTART_SYSCALL 219
#define SI_TKILL (-6)
#define STACK_LEAST 2048

static const struct {
	uint16_t control, pad[11];
	uint32_t mxcsr;
	uint8_t rest[548];
} clean __attribute__((aligned(64))) = { .control = 0x37f, .mxcsr = 0x1f80 };

/* ---- the vectors' registers ---- */

static uint64_t area_bytes(void)
{
	return base_area_size() + (base_components() ? 4u : 0u);
}

/* Stores them at `area`, which is aligned. */
static bool store_vectors(uint64_t area)
{
	const uint32_t magic2 = LINUX_FP_XSTATE_MAGIC2;
	uint64_t components = base_components();
	const struct linux_fpx_sw_bytes software = {
		.magic1 = LINUX_FP_XSTATE_MAGIC1,
		.extended_size = (uint32_t)area_bytes(),
		.xfeatures = components,
		.xstate_size = base_area_size(),
	};

	if (!copy_is_program(area, area_bytes()))
		return false;
	if (components == 0)
		return shim_fxsave((void *)(uintptr_t)area) == 0;
	return copy_zero(area + XSAVE_HEADER, XSAVE_HEADER_BYTES) &&
		shim_xsave((void *)(uintptr_t)area, components) == 0 &&
		copy_to(area + LINUX_FP_SW_OFFSET, &software, sizeof software) &&
		copy_to(area + base_area_size(), &magic2, sizeof magic2);
}

static void clean_vectors(void)
{
	if (base_components())
		shim_xrstor(&clean, base_components());
	else
		shim_fxrstor(&clean);
}

/* From a frame that the program may have changed: what the machine refuses is false. */
static bool load_vectors(uint64_t area)
{
	uint64_t components = base_components();

	if (area == 0) {
		clean_vectors();
		return true;
	}
	if (area % 16 != 0 || !copy_is_program(area, area_bytes()))
		return false;
	if (components == 0 || area % 64 != 0)
		return shim_fxrstor((const void *)(uintptr_t)area) == 0;
	return shim_xrstor((const void *)(uintptr_t)area, components) == 0;
}

/* ---- frames ---- */

static void put_registers(const struct kernel_RegistersX86 *r, struct linux_sigcontext *to)
{
	*to = (struct linux_sigcontext){
		.r8 = r->r8, .r9 = r->r9, .r10 = r->r10, .r11 = r->r11, .r12 = r->r12,
		.r13 = r->r13, .r14 = r->r14, .r15 = r->r15, .rdi = r->rdi, .rsi = r->rsi,
		.rbp = r->rbp, .rbx = r->rbx, .rdx = r->rdx, .rax = r->rax, .rcx = r->rcx,
		.rsp = r->rsp, .rip = r->rip, .eflags = r->rflags,
		.cs = LINUX_USER_CS, .ss = LINUX_USER_SS,
	};
}

static void take_registers(const struct linux_sigcontext *from, struct kernel_RegistersX86 *r)
{
	r->r8 = from->r8; r->r9 = from->r9; r->r10 = from->r10; r->r11 = from->r11;
	r->r12 = from->r12; r->r13 = from->r13; r->r14 = from->r14; r->r15 = from->r15;
	r->rdi = from->rdi; r->rsi = from->rsi; r->rbp = from->rbp; r->rbx = from->rbx;
	r->rdx = from->rdx; r->rax = from->rax; r->rcx = from->rcx; r->rsp = from->rsp;
	r->rip = from->rip;
	r->rflags = (from->eflags & FLAGS_PROGRAM) | FLAGS_ALWAYS;
}

static void fill_frame(const struct shim *shim, const struct posix_Delivery *delivery,
	uint64_t area, struct linux_rt_sigframe *frame)
{
	const struct posix_SignalCause *cause = &delivery->info.cause;

	memset(frame, 0, sizeof *frame);
	frame->pretcode = delivery->action.restorer;
	frame->uc.uc_flags = LINUX_UC_SIGCONTEXT_SS | LINUX_UC_STRICT_RESTORE_SS |
		(base_components() ? (uint64_t)LINUX_UC_FP_XSTATE : 0);
	frame->uc.uc_stack.ss_sp = delivery->alternate.base;
	/* Of none at all these are 0 too: so it is not set again. */
	frame->uc.uc_stack.ss_flags = (int32_t)(delivery->alternate.flags &
		~(uint32_t)posix_StackFlags_DISABLED);
	frame->uc.uc_stack.ss_size = delivery->alternate.size;
	put_registers(&shim->registers, &frame->uc.uc_mcontext);
	if (cause->which == posix_SignalCause_fault) {
		frame->uc.uc_mcontext.cr2 = cause->as.fault.address;
		frame->uc.uc_mcontext.trapno = cause->as.fault.trap;
	}
	frame->uc.uc_mcontext.fpstate = area;
	frame->uc.uc_mcontext.oldmask = delivery->old_mask;
	frame->uc.uc_sigmask = delivery->old_mask;
	convert_siginfo(&delivery->info, &frame->info);
}

/* The handler runs next. False: its stack cannot be written. */
static bool build_frame(struct shim *shim, const struct posix_Delivery *delivery)
{
	struct kernel_RegistersX86 *r = &shim->registers;
	uint64_t top = delivery->stack_top ? delivery->stack_top : r->rsp - RED_ZONE;
	uint64_t area = (top - area_bytes()) & ~UINT64_C(63);
	uint64_t at = ((area - sizeof(struct linux_rt_sigframe)) & ~UINT64_C(15)) - 8;
	struct linux_rt_sigframe frame;

	rseq_signal(shim, delivery->info.signal);
	if (area > top || at > area || !(delivery->action.flags & posix_ActionFlags_RESTORER))
		return false;
	fill_frame(shim, delivery, area, &frame);
	if (!store_vectors(area) || !copy_to(at, &frame, sizeof frame))
		return false;
	clean_vectors();
	r->rdi = (uint64_t)delivery->info.signal;
	r->rsi = at + offsetof(struct linux_rt_sigframe, info);
	r->rdx = at + offsetof(struct linux_rt_sigframe, uc);
	r->rax = 0;
	r->rsp = at;
	r->rip = delivery->action.handler;
	r->rflags &= ~(FLAG_TRAP | FLAG_DIRECTION | FLAG_RESUME);
	shim->is_whole = true;
	return true;
}

void deliver_force(struct shim *shim, posix_Signal signal, bool is_fatal)
{
	struct posix_Ids ids = shim->page->ids;
	uint64_t bit = UINT64_C(1) << (signal - 1);

	if (is_fatal || shim->page->blocked & bit) {
		actions_change(shim, (uint64_t)signal);
		POSIX(shim, &(struct posix_Signals_set_action_reply){0}, Signals, set_action,
			.signal = signal, .action = { .handler = 0 });
		actions_changed(shim, (uint64_t)signal, NULL);
	}
	shim->page->blocked &= ~bit;
	POSIX_DO(shim, Signals, kill_thread, .process = ids.process, .thread = ids.thread,
		.signal = signal);
	*SHIM_PENDING(shim) = 1;
}

bool deliver_own(struct shim *shim, int32_t signal)
{
	const uint64_t own = UINT64_C(1) << (signal & 63) >> 1, blocked = shim->page->blocked;
	const uint64_t handles_jobs = UINT64_C(1) << (posix_Signal_CONT - 1) |
		UINT64_C(1) << (posix_Signal_TSTP - 1) | UINT64_C(1) << (posix_Signal_TTIN - 1) |
		UINT64_C(1) << (posix_Signal_TTOU - 1);
	struct posix_Delivery delivery;

	/* What is there already comes first, and those of job control undo others. */
	if (!shim->no_stack || blocked & own || handles_jobs & own || *SHIM_PENDING(shim) ||
			shim->page->pending & ~blocked ||
			!actions_find(shim, (uint64_t)signal, &delivery.action))
		return false;
	delivery.info = (struct posix_SignalInfo){.signal = signal, .code = SI_TKILL,
		.cause = {.which = posix_SignalCause_sent, .as.sent = {
		.process = shim->page->ids.process, .user = shim->page->credentials.user}}};
	delivery.old_mask = blocked;
	delivery.alternate = (struct posix_AlternateStack){.flags = posix_StackFlags_DISABLED};
	delivery.stack_top = 0;
	shim->registers.rax = 0;
	if (trace_is_on(shim))
		trace_signal(shim, &delivery.info);
	if (!build_frame(shim, &delivery))
		deliver_force(shim, posix_Signal_SEGV, signal == posix_Signal_SEGV);
	else
		__atomic_store_n(&shim->page->blocked, blocked | delivery.action.mask |
			(delivery.action.flags & posix_ActionFlags_NO_DEFER ? 0 : own),
			__ATOMIC_SEQ_CST);
	return true;
}

/* ---- the call that was interrupted ---- */

static posix_Interrupted kind_of(int64_t result)
{
	switch (-result) {
	case LINUX_ERESTARTSYS:
	case LINUX_ERESTARTNOINTR: return posix_Interrupted_RESTARTABLE;
	case LINUX_ERESTARTNOHAND:
	case LINUX_ERESTART_RESTARTBLOCK: return posix_Interrupted_NEVER_AFTER_HANDLER;
	default: return posix_Interrupted_NOTHING;
	}
}

static void repeat(struct shim *shim, int64_t result)
{
	shim->registers.rip -= SYSCALL_BYTES;
	shim->registers.rax = result == -LINUX_ERESTART_RESTARTBLOCK ?
		NR_RESTART_SYSCALL : shim->call;
}

/* With a handler that is about to run, or without. */
static void settle(struct shim *shim, int64_t result, bool has_handler, bool may_repeat)
{
	bool is_cut = kind_of(result) != posix_Interrupted_NOTHING;

	if (!is_cut)
		shim->registers.rax = (uint64_t)result;
	else if (!has_handler || result == -LINUX_ERESTARTNOINTR ||
			(result == -LINUX_ERESTARTSYS && may_repeat))
		repeat(shim, result);
	else
		shim->registers.rax = (uint64_t)-(int64_t)LINUX_EINTR;
}

void shim_signals(struct shim *shim, bool in_call, int64_t result)
{
	struct posix_Signals_take_signal_reply reply;
	struct posix_Delivery delivery;

	do {
		*SHIM_PENDING(shim) = 0;
		if (POSIX(shim, &reply, Signals, take_signal,
				.stack_pointer = shim->registers.rsp,
				.interrupted = in_call ? kind_of(result) :
					posix_Interrupted_NOTHING) < 0)
			reply.has_delivery = false;
		if (in_call)
			settle(shim, result, reply.has_delivery,
				reply.has_delivery && reply.delivery.restart);
		in_call = false;
		if (!reply.has_delivery)
			continue;
		delivery = reply.delivery;
		if (trace_is_on(shim))
			trace_signal(shim, &delivery.info);
		if (!build_frame(shim, &delivery))
			deliver_force(shim, posix_Signal_SEGV,
				delivery.info.signal == posix_Signal_SEGV);
	} while (reply.has_delivery || *SHIM_PENDING(shim));
}

static bool is_disabled(const struct linux_stack *stack)
{
	return ((uint32_t)stack->ss_flags & posix_StackFlags_DISABLED) != 0;
}

/* One that is too small is not set, as on Linux; and what posix has already need not be. */
static bool is_to_be_set(const struct shim *shim, const struct linux_stack *stack)
{
	return is_disabled(stack) ? !shim->no_stack : stack->ss_size >= STACK_LEAST;
}

void deliver_return(struct shim *shim)
{
	uint64_t at = shim->registers.rsp - 8;
	struct linux_rt_sigframe frame;

	if (!copy_from(&frame, at, sizeof frame) ||
			!load_vectors(frame.uc.uc_mcontext.fpstate)) {
		deliver_force(shim, posix_Signal_SEGV, true);
		return;
	}
	take_registers(&frame.uc.uc_mcontext, &shim->registers);
	/* A handler ran: there is nothing to go on with. */
	shim->restart.call = 0;
	/* The mask is this side's; only of another stack posix has to know. */
	if (is_to_be_set(shim, &frame.uc.uc_stack)) {
		POSIX_DO(shim, Signals, end_handler, .mask = frame.uc.uc_sigmask,
			.alternate = { .base = frame.uc.uc_stack.ss_sp,
				.size = frame.uc.uc_stack.ss_size,
				.flags = (posix_StackFlags)frame.uc.uc_stack.ss_flags });
		shim->no_stack = is_disabled(&frame.uc.uc_stack);
	}
	shim->page->blocked = frame.uc.uc_sigmask;
	deliver_look(shim);
	shim->is_whole = true;
}

void deliver_look(struct shim *shim)
{
	if (shim->page->pending & ~shim->page->blocked)
		*SHIM_PENDING(shim) = 1;
}
