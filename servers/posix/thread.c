/* Threads: an area of their space, a session, and the kernel's thread. */
#include "servers/posix/priority.h"

#define AREA_BYTES (2 * LAYOUT_PAGE + LAYOUT_SHIM_STACK_BYTES)
#define TRY(call) \
	do { \
		int status_ = (call); \
		if (status_ != SK_OK) \
			return status_; \
	} while (0)

static uint64_t area_of(const struct thread *thread)
{
	return LAYOUT_THREADS + thread->area * LAYOUT_AREA;
}

struct posix_Ids thread_ids(const struct thread *thread)
{
	const struct process *process = thread->process;

	return (struct posix_Ids){
		.process = process->pid, .thread = thread->tid,
		.parent = process->parent ? process->parent->pid : 0,
		.process_group = process->group, .session = process->session,
	};
}

void thread_interrupt(const struct thread *thread)
{
	pipe_interrupt(thread->process->pid);
	K0(thread->handle, Thread_interrupt, 0);
}

void thread_show_ids(struct thread *thread)
{
	struct posix_ThreadPage *page = thread->page;

	if (!page || !thread->process)
		return;
	__atomic_fetch_add(&page->version, 1, __ATOMIC_SEQ_CST);
	page->ids = thread_ids(thread);
	page->credentials = thread->credentials->ids;
	page->file_size = thread->process->limits[posix_Resource_FILE_SIZE].soft;
	__atomic_fetch_add(&page->version, 1, __ATOMIC_SEQ_CST);
}

/* ---- making ---- */

/* The frame, the page and the stack are one memory, with a hole before the stack. */
static int map_area(const struct thread *thread, struct space *space)
{
	const uint32_t access = kernel_Protection_READ | kernel_Protection_WRITE;

	TRY(map_there(space->handle, thread->memory, 0, 2 * LAYOUT_PAGE, area_of(thread),
		access, 0, kernel_Inherit_NONE, LAYOUT_TAG_SHIM));
	return map_there(space->handle, thread->memory, 2 * LAYOUT_PAGE,
		LAYOUT_SHIM_STACK_BYTES, area_of(thread) + LAYOUT_SHIM_STACK, access, 0,
		kernel_Inherit_NONE, LAYOUT_TAG_SHIM);
}

static int set_slots(const struct thread *thread, struct space *space)
{
	struct kernel_Thread_set_slots_reply reply;
	const uint64_t bytes = LAYOUT_SLOT_COUNT * LAYOUT_PAGE +
		(LAYOUT_SLOT_COUNT * 256 + LAYOUT_PAGE - 1) / LAYOUT_PAGE * LAYOUT_PAGE;

	TRY(K(thread->handle, Thread_set_slots, &reply, .count = LAYOUT_SLOT_COUNT,
		.address = area_of(thread) + LAYOUT_SLOTS));
	return K0(space->handle, Space_set_inherit, .address = area_of(thread) + LAYOUT_SLOTS,
		.length = bytes, .inherit = kernel_Inherit_NONE);
}

static int copy_frame(const struct thread *thread, const struct thread *like)
{
	static uint8_t frame[4096];
	struct kernel_Memory_read_reply got;

	TRY(K(like->memory, Memory_read, &got, .data = sk_lend_out(frame, sizeof(frame))));
	return K0(thread->memory, Memory_write, .data = sk_lend(frame, sizeof(frame)));
}

static int set_faults(struct thread *thread, struct sk_port *port)
{
	struct sk_handle session;

	TRY(sk_mint(port, &fault_object, thread, &session));
	thread->references++;
	return K0(thread->handle, Thread_set_fault_handler, .has_handler = true,
		.handler = {session});
}

static int make(struct thread *thread, struct space *space, const struct thread *like,
	struct sk_port *port)
{
	const struct layout_shim *shim = &posix.shim.head;
	struct kernel_Quota_create_thread_reply reply;
	struct sk_handle quota = thread->process->quota;

	thread->memory = memory_new(quota, AREA_BYTES);
	if (thread->memory.raw < 0)
		return kernel_Error_QUOTA_EXCEEDED;
	thread->page = map_here(thread->memory, LAYOUT_PAGE, LAYOUT_PAGE, true);
	if (!thread->page)
		return kernel_Error_QUOTA_EXCEEDED;
	TRY(map_area(thread, space));
	if (like)
		TRY(copy_frame(thread, like));
	TRY(K(quota, Quota_create_thread, &reply, .space = {space->handle},
		.priority = user_priority(thread->process->user)));
	thread->handle = reply.thread.raw;
	TRY(K0(thread->handle, Thread_set_vectors_allowed, .allowed = true));
	TRY(set_slots(thread, space));
	TRY(K0(thread->handle, Thread_set_upcall, .frame = area_of(thread) + LAYOUT_FRAME,
		.entry = shim->upcall, .stack = area_of(thread) + LAYOUT_SHIM_STACK +
		LAYOUT_SHIM_STACK_BYTES, .exit_begin = shim->exit_begin,
		.exit_end = shim->exit_end));
	return set_faults(thread, port);
}

/* In a copied space its maker's, so that addresses are the same there. */
static bool take_area(struct space *space, const struct thread *like, uint32_t *area)
{
	uint32_t first = like ? like->area : 0;

	for (uint32_t i = 0; i < LAYOUT_AREAS; i++) {
		uint32_t at = (first + i) % LAYOUT_AREAS;

		if (space->areas[at / 64] >> at % 64 & 1)
			continue;
		space->areas[at / 64] |= UINT64_C(1) << at % 64;
		*area = at;
		return true;
	}
	return false;
}

struct thread *thread_new(struct process *process, int32_t tid, struct space *space,
	struct thread *like, struct sk_port *port, int *error)
{
	struct thread *thread = allocate(sizeof(*thread));
	int status;

	*error = posix_Error_EAGAIN;
	if (!thread || !take_area(space, like, &thread->area)) {
		release(thread);
		return NULL;
	}
	thread->references = 1;
	thread->tid = tid;
	thread->handle = thread->memory = thread->quota = sk_no_handle();
	queue_init(&thread->pending);
	thread->process = process;
	thread->next = process->threads;
	process->threads = thread;
	process->thread_count++;
	posix.thread_count++;
	posix.forks++;
	thread->beginning = like ? posix_Beginning_CLONE : posix_Beginning_EXEC;
	thread->stack.flags = posix_StackFlags_DISABLED;
	status = make(thread, space, like, port);
	if (status == SK_OK)
		return thread;
	warn("a thread cannot be made: %d", status);
	thread_end(thread, space);
	*error = posix_Error_ENOMEM;
	return NULL;
}

int thread_start(struct thread *thread, struct space *space, uint64_t entry,
	uint64_t stack, struct sk_port *port)
{
	struct kernel_Space_insert_reply reply;
	struct sk_handle session;

	if (sk_mint(port, &thread_object, thread, &session) != SK_OK)
		return posix_Error_EAGAIN;
	thread->references++;
	if (K(space->handle, Space_insert, &reply, .what = {session}) != SK_OK)
		return posix_Error_ENOMEM;
	if (posix.threads[thread->tid] == NULL)
		posix.threads[thread->tid] = thread;
	thread_show_ids(thread);
	trace_show(thread);
	if (!entry)
		entry = posix.shim.head.start;
	if (!stack)
		stack = area_of(thread) + LAYOUT_SHIM_STACK + LAYOUT_SHIM_STACK_BYTES - 8;
	return kernel_errno(K0(thread->handle, Thread_start, .entry = entry, .stack = stack,
		.argument = reply.number));
}

/* ---- ending ---- */

/* Of more threads at once what is the kernel's goes in steps. */
#define THREADS_AT_ONCE 16

static void unmap_area(const struct thread *thread, struct space *space)
{
	if (!space || space->handle.raw < 0 || space->references == 0)
		return;
	K0(space->handle, Space_unmap, .address = area_of(thread), .length = LAYOUT_AREA);
	space->areas[thread->area / 64] &= ~(UINT64_C(1) << thread->area % 64);
}

/* What is posix's of it. */
static void leave(struct thread *thread)
{
	struct process *process = thread->process;
	struct thread **link = &process->threads;

	usage_take(process, thread);
	while (*link != thread)
		link = &(*link)->next;
	*link = thread->next;
	process->thread_count--;
	posix.thread_count--;
	if (posix.threads[thread->tid] == thread)
		posix.threads[thread->tid] = NULL;
	queue_clear(&thread->pending, UINT64_MAX);
	thread_become(thread, NULL);
	thread->process = NULL;
}

static void end_quota(struct sk_handle *quota)
{
	if (quota->raw >= 0)
		K0(*quota, Quota_destroy, 0);
	drop(quota);
}

static void kill(const struct thread *thread)
{
	if (thread->handle.raw >= 0)
		K0(thread->handle, Thread_kill, .code = 0);
}

/* What is the kernel's, when it has been killed. */
static void take_apart(struct thread *thread)
{
	drop(&thread->handle);
	drop(&thread->memory);
	unmap_here(thread->page, LAYOUT_PAGE);
	thread->page = NULL;
	end_quota(&thread->quota);
	user_drop(thread->quota_user);
	thread_drop(thread);
}

void thread_end(struct thread *thread, struct space *space)
{
	leave(thread);
	kill(thread);
	unmap_area(thread, space);
	take_apart(thread);
}

/* Those that are posix's no more. */
static struct thread *first, *last;

bool thread_end_one(void)
{
	struct thread *thread = first;

	if (!thread)
		return false;
	first = thread->next;
	kill(thread);
	take_apart(thread);
	return true;
}

static bool end_some(void)
{
	while (thread_end_one() && !work_is_over())
		;
	return first != NULL;
}

void thread_end_all(struct process *process, const struct thread *but, struct space *space)
{
	static struct work work = {.step = end_some};
	const bool is_later = process->thread_count > THREADS_AT_ONCE;

	for (struct thread *t = process->threads, *next; t; t = next) {
		next = t->next;
		if (t == but)
			continue;
		if (!is_later) {
			thread_end(t, space);
			continue;
		}
		leave(t);
		if (space)
			kill(t);
		unmap_area(t, space);
		t->next = NULL;
		*(first ? &last->next : &first) = t;
		last = t;
	}
	if (first)
		work_add(&work);
}

void thread_quota_end(struct sk_handle *quota, struct user *user)
{
	if (first && last->quota.raw < 0) {
		last->quota = *quota;
		last->quota_user = user ? user_take(user) : NULL;
		*quota = sk_no_handle();
	} else {
		end_quota(quota);
	}
}

void thread_become(struct thread *thread, struct credentials *credentials)
{
	struct credentials *was = thread->credentials;

	thread->credentials = credentials;
	if (credentials)
		user_charge(credentials->user, USER_TASKS, 1);
	if (was)
		user_return(was->user, USER_TASKS, 1);
	credentials_drop(was);
}

void thread_drop(struct thread *thread)
{
	if (--thread->references == 0)
		release(thread);
}

/* ---- its sessions ---- */

/* The shim has closed it: it can ask for nothing any more. */
static void thread_gone(void *self)
{
	struct thread *thread = self;

	if (thread->process)
		process_end(thread->process, posix_ChildState_KILLED, posix_Signal_KILL);
	thread_drop(thread);
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
#define X(interface, name) .name = op_##name,
	static const struct posix_Thread_ops ops = {THREAD_OPERATIONS(X)
		.trace_file = op_trace_file,
		.lock_priority_futex = op_lock_priority_futex,
		.unlock_priority_futex = op_unlock_priority_futex,
		.unknown_call = op_unknown_call};
#undef X
	const struct thread *thread = self;

	if (!thread->process)
		return sk_refuse(incoming, SK_PEER_CLOSED);
	user_serve(thread->credentials->user);
	return posix_Thread_dispatch(&ops, self, incoming);
}

const struct sk_object thread_object = {
	.dispatch = dispatch, .gone = thread_gone, .canceled = wait_canceled,
};

/* ---- the beginning of one, as its shim sees it ---- */

void op_enter(void *self, const struct posix_Thread_enter_request *request,
	struct sk_reply *to)
{
	struct thread *thread = self;
	struct posix_Thread_enter_reply reply = {.entered = {
		.beginning = thread->beginning, .ids = thread_ids(thread),
		.credentials = thread->credentials->ids, .entry = thread->entry,
		.stack = thread->stack_pointer, .argument = thread->argument,
		.frame = area_of(thread) + LAYOUT_FRAME,
		.page = area_of(thread) + LAYOUT_THREAD_PAGE,
		.slots = area_of(thread) + LAYOUT_SLOTS, .slot_count = LAYOUT_SLOT_COUNT,
		.mask = thread->page->blocked,
	}};

	UNUSED(request);
	/* Who may write it could take its pages away, which this server writes too. */
	reply.page.raw = copy(thread->memory, kernel_Rights_READ | kernel_Rights_MAP |
		kernel_Rights_TRANSFER);
	posix_Thread_enter_answer(to, reply.page.raw.raw < 0 ? posix_Error_ENOMEM : 0, &reply);
}

void op_set_tls(void *self, const struct posix_Thread_set_tls_request *request,
	struct sk_reply *to)
{
	const struct posix_Thread_set_tls_reply reply = {0};
	const struct thread *thread = self;
	int error = request->second ? posix_Error_EINVAL :
		request->base >= LAYOUT_PROGRAM_END ? posix_Error_EPERM :
		kernel_errno(K0(thread->handle, Thread_set_tls, .base = request->base));

	posix_Thread_set_tls_answer(to, error, &reply);
}

void op_ids(void *self, const struct posix_Identity_ids_request *request,
	struct sk_reply *to)
{
	const struct posix_Identity_ids_reply reply = {thread_ids(self)};

	UNUSED(request);
	posix_Identity_ids_answer(to, 0, &reply);
}

void op_set_clear_word(void *self, const struct posix_Memory_set_clear_word_request *request,
	struct sk_reply *to)
{
	struct thread *thread = self;
	const struct posix_Memory_set_clear_word_reply reply = {thread->tid};

	thread->clear_word = request->word;
	posix_Memory_set_clear_word_answer(to, 0, &reply);
}

void op_set_robust_list(void *self, const struct posix_Memory_set_robust_list_request *request,
	struct sk_reply *to)
{
	const struct posix_Memory_set_robust_list_reply reply = {0};
	struct thread *thread = self;

	const int error = request->size == 24 ? 0 : posix_Error_EINVAL;

	if (!error)
		thread->robust_list = request->head;
	posix_Memory_set_robust_list_answer(to, error, &reply);
}
