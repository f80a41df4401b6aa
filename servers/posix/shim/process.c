/* Threads and processes: made, ended, waited for. */
#include "runtime/env.h"
#include "servers/posix/shim/actions.h"
#include "servers/posix/shim/base.h"
#include "servers/posix/shim/cache.h"
#include "servers/posix/shim/convert.h"
#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/exec.h"

enum { CLONE_VM = 0x100, CLONE_SIGHAND = 0x800, CLONE_VFORK = 0x4000, CLONE_THREAD = 0x10000,
	CLONE_PIDFD = 0x1000, CLONE_SETTLS = 0x80000, CLONE_PARENT_SETTID = 0x100000,
	CLONE_EXIT_SIGNAL = 0xff };
/* There are none: as of a Linux built without them. */
#define CLONE_NAMESPACES UINT64_C(0x7e020080)
/* VM, FS, FILES, SIGHAND, THREAD, SYSVSEM. */
#define UNSHARE_KNOWN UINT64_C(0x50f00)

shim_function process_fork, process_vfork, process_clone, process_clone3, process_exit_thread,
	process_exit, process_wait4, process_waitid, process_set_tid_address,
	process_set_robust_list, process_get_robust_list, process_unshare;

/* ---- new ones ---- */

/* Into the frame, which the child's begins as a copy of. */
static void leave_for_child(struct shim *shim, const struct posix_CloneRequest *request,
	uint64_t stack)
{
	bool shares = (request->flags & CLONE_VM) != 0;

	shim->registers.fs_base = request->flags & CLONE_SETTLS ? request->tls : base_fs(shim);
	shim->registers.gs_base = base_gs(shim);
	shim->child_stack = stack;
	shim->child_is_thread = (request->flags & CLONE_THREAD) != 0;
	shim->child_in_vfork = shares && !shim->child_is_thread;
	shim->maker = shim;
	__asm__ volatile("stmxcsr %0" : "=m"(shim->mxcsr));
	__asm__ volatile("fnstcw %0" : "=m"(shim->fpu_control));
}

/* Whether a number can be put there, before there is one. */
static bool is_place(uint64_t at)
{
	int32_t is;

	return copy_from(&is, at, sizeof is) && copy_to(at, &is, sizeof is);
}

/* `pidfd`: with PIDFD, where its number goes. */
static int64_t clone(struct shim *shim, struct posix_CloneRequest *request, uint64_t stack,
	uint64_t pidfd)
{
	struct posix_Thread_clone_reply reply;
	uint64_t fs = base_fs(shim);
	int64_t result;

	if (request->flags & CLONE_NAMESPACES)
		return -LINUX_EINVAL;
	if ((request->flags & CLONE_PIDFD) && !(request->flags & CLONE_THREAD) &&
			!is_place(pidfd))
		return -LINUX_EFAULT;
	leave_for_child(shim, request, stack);
	if (shim->child_in_vfork && (request->flags & CLONE_SIGHAND))
		actions_give_up();
	result = POSIX(shim, &reply, Thread, clone, .request = *request);
	shim->registers.fs_base = fs;
	/* A vfork's child may have ended with it. */
	if (request->flags & CLONE_VFORK)
		exec_let_go(shim);
	if (result == 0 && (request->flags & CLONE_PIDFD))
		copy_to(pidfd, &reply.pidfd, sizeof reply.pidfd);
	return result < 0 ? result : reply.thread;
}

int64_t process_clone(struct shim *shim, const uint64_t a[6])
{
	struct posix_CloneRequest request;

	posix_CloneRequest_init(&request);
	request.flags = a[0] & ~(uint64_t)CLONE_EXIT_SIGNAL & UINT32_MAX;
	request.exit_signal = (int32_t)(a[0] & CLONE_EXIT_SIGNAL);
	request.parent_tid = a[2];
	request.child_tid = a[3];
	request.tls = a[4];
	if ((request.flags & CLONE_PIDFD) && (request.flags & CLONE_PARENT_SETTID))
		return -LINUX_EINVAL;
	return clone(shim, &request, a[1], a[2]);
}

int64_t process_clone3(struct shim *shim, const uint64_t a[6])
{
	struct linux_clone_args args = {0};
	struct posix_CloneRequest request;

	if (a[1] < LINUX_CLONE_ARGS_SIZE_0)
		return -LINUX_EINVAL;
	if (a[1] > sizeof args)
		return -LINUX_E2BIG;
	if (!copy_from(&args, a[0], (size_t)a[1]))
		return -LINUX_EFAULT;
	if (args.exit_signal > 64 || args.flags & CLONE_EXIT_SIGNAL ||
			(args.stack == 0) != (args.stack_size == 0) || args.set_tid_size ||
			args.cgroup)
		return -LINUX_EINVAL;
	posix_CloneRequest_init(&request);
	request.flags = args.flags;
	request.exit_signal = (int32_t)args.exit_signal;
	request.parent_tid = args.parent_tid;
	request.child_tid = args.child_tid;
	request.tls = args.tls;
	if ((request.flags & CLONE_PIDFD) && (request.flags & CLONE_PARENT_SETTID) &&
			args.pidfd == args.parent_tid)
		return -LINUX_EINVAL;
	return clone(shim, &request, args.stack ? args.stack + args.stack_size : 0, args.pidfd);
}

int64_t process_fork(struct shim *shim, const uint64_t a[6])
{
	struct posix_CloneRequest request;

	(void)a;
	posix_CloneRequest_init(&request);
	request.exit_signal = posix_Signal_CHLD;
	return clone(shim, &request, 0, 0);
}

int64_t process_vfork(struct shim *shim, const uint64_t a[6])
{
	struct posix_CloneRequest request;

	(void)a;
	posix_CloneRequest_init(&request);
	request.flags = CLONE_VM | CLONE_VFORK;
	request.exit_signal = posix_Signal_CHLD;
	return clone(shim, &request, 0, 0);
}

int64_t process_unshare(struct shim *shim, const uint64_t a[6])
{
	return a[0] & ~UNSHARE_KNOWN ? -LINUX_EINVAL :
		POSIX_DO(shim, Thread, unshare, .flags = a[0]);
}

/* ---- the end ---- */

int64_t process_exit_thread(struct shim *shim, const uint64_t a[6])
{
	if (shim->in_vfork)
		cache_forget_all(shim);
	for (;;)
		POSIX_DO(shim, Thread, exit_thread, .code = (int32_t)a[0]);
}

int64_t process_exit(struct shim *shim, const uint64_t a[6])
{
	if (shim->in_vfork)
		cache_forget_all(shim);
	shim_die(shim, (int32_t)a[0]);
}

/* ---- waiting ---- */

enum { W_NOHANG = 1, W_STOPPED = 2, W_EXITED = 4, W_CONTINUED = 8 };
#define WAIT4_KNOWN UINT64_C(0xe000000b)
#define WAITID_KNOWN UINT64_C(0xe100000f)

static int64_t wait_for(struct shim *shim, posix_WaitFor who, int32_t id, uint64_t options,
	struct posix_WaitResult *found)
{
	struct posix_Thread_wait_reply reply;
	int64_t result = POSIX(shim, &reply, Thread, wait, .who = who, .id = id,
		.options = (posix_WaitOptions)options);

	if (result == 0)
		*found = reply.result;
	return result;
}

static bool put_usage(const struct posix_WaitResult *found, uint64_t to)
{
	struct linux_rusage usage;

	if (to == 0)
		return true;
	convert_usage(&found->usage, &usage);
	return copy_to(to, &usage, sizeof usage);
}

int64_t process_wait4(struct shim *shim, const uint64_t a[6])
{
	struct posix_WaitResult found;
	int32_t id = (int32_t)a[0], status;
	posix_WaitFor who = id == -1 ? posix_WaitFor_ANY :
		id > 0 ? posix_WaitFor_PROCESS : posix_WaitFor_PROCESS_GROUP;
	int64_t result;

	if ((uint32_t)a[2] & ~WAIT4_KNOWN)
		return -LINUX_EINVAL;
	if (id == INT32_MIN)
		return -LINUX_ESRCH;
	result = wait_for(shim, who, id > 0 ? id : id == -1 ? 0 : -id,
		(uint32_t)a[2] | W_EXITED, &found);
	if (result < 0 || found.process == 0)
		return result;
	status = convert_wait_status(&found);
	if ((a[1] && !copy_to(a[1], &status, sizeof status)) || !put_usage(&found, a[3]))
		return -LINUX_EFAULT;
	return found.process;
}

int64_t process_waitid(struct shim *shim, const uint64_t a[6])
{
	static const uint8_t whom[] = { posix_WaitFor_ANY, posix_WaitFor_PROCESS,
		posix_WaitFor_PROCESS_GROUP, posix_WaitFor_PIDFD };
	struct posix_WaitResult found;
	struct linux_siginfo info;
	int64_t result;

	if (a[0] >= sizeof whom || (uint32_t)a[3] & ~WAITID_KNOWN ||
			!(a[3] & (W_EXITED | W_STOPPED | W_CONTINUED)))
		return -LINUX_EINVAL;
	result = wait_for(shim, (posix_WaitFor)whom[a[0]], (int32_t)a[1], (uint32_t)a[3],
		&found);
	if (result < 0)
		return result;
	convert_wait_info(&found, &info);
	if ((a[2] && !copy_to(a[2], &info, sizeof info)) ||
			(found.process != 0 && !put_usage(&found, a[4])))
		return -LINUX_EFAULT;
	return 0;
}

/* ---- words of threads ---- */

int64_t process_set_tid_address(struct shim *shim, const uint64_t a[6])
{
	struct posix_Memory_set_clear_word_reply reply;
	int64_t result = POSIX(shim, &reply, Memory, set_clear_word, .word = a[0]);

	return result < 0 ? shim->page->ids.thread : reply.thread;
}

int64_t process_set_robust_list(struct shim *shim, const uint64_t a[6])
{
	return POSIX_DO(shim, Memory, set_robust_list, .head = a[0], .size = a[1]);
}

int64_t process_get_robust_list(struct shim *shim, const uint64_t a[6])
{
	struct posix_Memory_robust_list_reply reply;
	int64_t result = POSIX(shim, &reply, Memory, robust_list, .thread = (int32_t)a[0]);

	if (result < 0)
		return result;
	return copy_to(a[1], &reply.head, 8) && copy_to(a[2], &reply.size, 8) ? 0 :
		-LINUX_EFAULT;
}
