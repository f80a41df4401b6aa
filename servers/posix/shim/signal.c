/* Signals as programs ask about them; deliver.c takes them. */
#include "runtime/env.h"
#include "servers/posix/shim/actions.h"
#include "servers/posix/shim/convert.h"
#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/deliver.h"

#define SET_BYTES 8
#define NEVER_BLOCKED (UINT64_C(1) << (posix_Signal_KILL - 1) | \
	UINT64_C(1) << (posix_Signal_STOP - 1))

shim_function signal_action, signal_mask, signal_pending, signal_suspend, signal_pause,
	signal_timedwait, signal_kill, signal_tkill, signal_tgkill, signal_queueinfo,
	signal_tgqueueinfo, signal_altstack;

int64_t signal_action(struct shim *shim, const uint64_t a[6])
{
	struct posix_Signals_set_action_reply changed;
	struct posix_Signals_action_reply asked;
	struct linux_sigaction action;
	struct posix_Action to;
	int64_t result;

	if (a[3] != SET_BYTES)
		return -LINUX_EINVAL;
	if (a[1]) {
		if (!copy_from(&action, a[1], sizeof action))
			return -LINUX_EFAULT;
		convert_action(&action, &to);
		to.mask &= ~NEVER_BLOCKED;
		actions_change(shim, a[0]);
		result = POSIX(shim, &changed, Signals, set_action, .signal = (int32_t)a[0],
			.action = to);
		actions_changed(shim, a[0], result < 0 ? NULL : &to);
		asked.action = changed.previous;
	} else {
		result = POSIX(shim, &asked, Signals, action, .signal = (int32_t)a[0]);
	}
	if (result < 0 || a[2] == 0)
		return result;
	convert_action_back(&asked.action, &action);
	return copy_to(a[2], &action, sizeof action) ? 0 : -LINUX_EFAULT;
}

int64_t signal_mask(struct shim *shim, const uint64_t a[6])
{
	enum { BLOCK, UNBLOCK, SET };
	uint64_t old = shim->page->blocked, set;

	if (a[3] != SET_BYTES)
		return -LINUX_EINVAL;
	if (a[1]) {
		if (!copy_from(&set, a[1], sizeof set))
			return -LINUX_EFAULT;
		if (a[0] > SET)
			return -LINUX_EINVAL;
		set = a[0] == BLOCK ? old | set : a[0] == UNBLOCK ? old & ~set : set;
		__atomic_store_n(&shim->page->blocked, set & ~NEVER_BLOCKED, __ATOMIC_SEQ_CST);
		deliver_look(shim);
	}
	return a[2] == 0 || copy_to(a[2], &old, sizeof old) ? 0 : -LINUX_EFAULT;
}

int64_t signal_pending(struct shim *shim, const uint64_t a[6])
{
	struct posix_Signals_pending_signals_reply reply;
	int64_t result;

	if (a[1] > SET_BYTES)
		return -LINUX_EINVAL;
	result = POSIX(shim, &reply, Signals, pending_signals, 0);
	return result < 0 ? result : copy_to(a[0], &reply.set, (size_t)a[1]) ? 0 :
		-LINUX_EFAULT;
}

static int64_t suspend(struct shim *shim, uint64_t mask)
{
	return shim_cut(POSIX_DO(shim, Signals, suspend, .mask = mask & ~NEVER_BLOCKED),
		-LINUX_ERESTARTNOHAND);
}

int64_t signal_suspend(struct shim *shim, const uint64_t a[6])
{
	uint64_t mask;

	if (a[1] != SET_BYTES)
		return -LINUX_EINVAL;
	return copy_from(&mask, a[0], sizeof mask) ? suspend(shim, mask) : -LINUX_EFAULT;
}

int64_t signal_pause(struct shim *shim, const uint64_t a[6])
{
	(void)a;
	return suspend(shim, shim->page->blocked);
}

static int64_t await(struct shim *shim, uint64_t set, bool wait, const struct sk_call *call,
	struct posix_SignalInfo *info)
{
	const struct posix_Signals_await_signal_request request = { .set = set, .wait = wait };
	struct posix_Signals_await_signal_reply reply;
	int64_t result = shim_result(shim, posix_Signals_await_signal(&shim->posix.channel,
		&request, &reply, call));

	if (result >= 0)
		*info = reply.info;
	return shim_cut(result, -LINUX_EINTR);
}

/* What is pending is taken by calls without a time only, also when the time is over. */
static int64_t await_until(struct shim *shim, uint64_t set, uint64_t deadline,
	struct posix_SignalInfo *info)
{
	const struct sk_call call = { .deadline = deadline };
	int64_t result, waited = -LINUX_EAGAIN;

	for (;;) {
		result = await(shim, set, false, NULL, info);
		if (result != -LINUX_EAGAIN || waited == -LINUX_ETIMEDOUT)
			return result;
		waited = await(shim, set, true, &call, info);
		if (waited != -LINUX_EAGAIN && waited != -LINUX_ETIMEDOUT)
			return waited;
	}
}

int64_t signal_timedwait(struct shim *shim, const uint64_t a[6])
{
	struct linux_timespec time;
	struct posix_SignalInfo taken;
	struct linux_siginfo info;
	uint64_t set, nanos = 0;
	int64_t result;

	if (a[3] != SET_BYTES)
		return -LINUX_EINVAL;
	if (!copy_from(&set, a[0], sizeof set))
		return -LINUX_EFAULT;
	if (a[2]) {
		if (!copy_from(&time, a[2], sizeof time))
			return -LINUX_EFAULT;
		if (!convert_nanos(&time, &nanos))
			return -LINUX_EINVAL;
	}
	set &= ~NEVER_BLOCKED;
	result = nanos ? await_until(shim, set, shim_after(nanos), &taken) :
		await(shim, set, a[2] == 0, NULL, &taken);
	if (result < 0)
		return result;
	convert_siginfo(&taken, &info);
	return a[1] && !copy_to(a[1], &info, sizeof info) ? -LINUX_EFAULT : taken.signal;
}

int64_t signal_kill(struct shim *shim, const uint64_t a[6])
{
	return POSIX_DO(shim, Signals, kill, .process = (int32_t)a[0], .signal = (int32_t)a[1]);
}

static bool is_own(const struct shim *shim, int32_t process, int32_t thread)
{
	const struct posix_Ids *ids = &shim->page->ids;

	return thread == ids->thread && (process == 0 || process == ids->process);
}

static int64_t kill_thread(struct shim *shim, int32_t process, int32_t thread, int32_t signal)
{
	if (thread <= 0 || process < 0)
		return -LINUX_EINVAL;
	if (is_own(shim, process, thread) && deliver_own(shim, signal))
		return 0;
	return POSIX_DO(shim, Signals, kill_thread, .process = process, .thread = thread,
		.signal = signal);
}

int64_t signal_tkill(struct shim *shim, const uint64_t a[6])
{
	return kill_thread(shim, 0, (int32_t)a[0], (int32_t)a[1]);
}

int64_t signal_tgkill(struct shim *shim, const uint64_t a[6])
{
	return (int32_t)a[0] <= 0 ? -LINUX_EINVAL :
		kill_thread(shim, (int32_t)a[0], (int32_t)a[1], (int32_t)a[2]);
}

static bool take_info(uint64_t from, uint64_t signal, struct posix_SignalInfo *to)
{
	struct linux_siginfo info;

	if (!copy_from(&info, from, sizeof info))
		return false;
	info.si_signo = (int32_t)signal;
	convert_siginfo_back(&info, to);
	return true;
}

int64_t signal_queueinfo(struct shim *shim, const uint64_t a[6])
{
	struct posix_SignalInfo info;

	if (!take_info(a[2], a[1], &info))
		return -LINUX_EFAULT;
	return POSIX_DO(shim, Signals, queue_signal, .process = (int32_t)a[0], .info = info);
}

int64_t signal_tgqueueinfo(struct shim *shim, const uint64_t a[6])
{
	struct posix_SignalInfo info;

	if (!take_info(a[3], a[2], &info))
		return -LINUX_EFAULT;
	return POSIX_DO(shim, Signals, queue_thread_signal, .process = (int32_t)a[0],
		.thread = (int32_t)a[1], .info = info);
}

int64_t signal_altstack(struct shim *shim, const uint64_t a[6])
{
	struct posix_Signals_alternate_stack_reply reply;
	const uint32_t disabled = 2, auto_disarm = UINT32_C(1) << 31;
	struct linux_stack stack = {0};
	int64_t result;

	if (a[0] && !copy_from(&stack, a[0], sizeof stack))
		return -LINUX_EFAULT;
	if (((uint32_t)stack.ss_flags & ~auto_disarm) > disabled)
		return -LINUX_EINVAL;
	result = POSIX(shim, &reply, Signals, alternate_stack, .has_stack = a[0] != 0,
		.stack = { .base = stack.ss_sp, .size = stack.ss_size,
			.flags = (posix_StackFlags)stack.ss_flags },
		.stack_pointer = shim->registers.rsp);
	if (result >= 0 && a[0])
		shim->no_stack = ((uint32_t)stack.ss_flags & disabled) != 0;
	if (result < 0 || a[1] == 0)
		return result;
	stack = (struct linux_stack){ .ss_sp = reply.previous.base,
		.ss_flags = (int32_t)reply.previous.flags, .ss_size = reply.previous.size };
	return copy_to(a[1], &stack, sizeof stack) ? 0 : -LINUX_EFAULT;
}
