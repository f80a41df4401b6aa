/*
 * Upcalls, with a shim as a personality has one: foreign system calls and
 * interruptions enter it, on its own stack; it leaves by itself, by instructions
 * that start again if they are interrupted, or by RESUME.
 */
#include "test.h"

#define RFLAGS_DF UINT64_C(0x400)

enum { ADD = 700, NEST, WAIT_FOR_PENDING, WAIT_WHILE_PENDING };

struct frame {
	uint64_t reason;
	struct kernel_RegistersX86 registers;
};

/* In the shim's assembly by these names. */
extern uint8_t upcall_entry[], upcall_exit_begin[], upcall_exit_end[];
uint8_t upcall_page[SK_PAGE] __attribute__((aligned(SK_PAGE)));
uint8_t upcall_stack[8192] __attribute__((aligned(16)));
volatile uint32_t upcall_visits, upcall_pendings, upcall_spins, upcall_signals;
uint64_t upcall_seen[15];
uint64_t upcall_foreign(struct frame *frame, const uint64_t *arguments);
void upcall_signaled(struct frame *frame);
void upcall_hold_registers(void);

static struct test *test;
static struct frame at_entry;
static uint64_t flags_inside, stack_inside;
/* What to wait at, in the shim, and what came of it. */
static struct {
	struct sk_handle notification, endpoint, session;
	uint32_t word;
	int32_t wait, word_wait, receive, call, not_cancellable, not_pending;
	bool was_delivered;		/* the call */
} waits;

/* Offsets in the page: 8 rax, 64 rsp, 136 rip, 144 rflags. */
__asm__(".text\n"
	"upcall_entry:\n\t"
	"cmpq $1, %r11\n\t"		/* ABI_UPCALL_FOREIGN */
	"jne 2f\n\t"
	"pushq %rbx\n\tpushq %r10\n\tpushq %r9\n\tpushq %r8\n\t"
	"pushq %rdx\n\tpushq %rsi\n\tpushq %rdi\n\tpushq %rcx\n\t"
	"movq %rcx, %rdi\n\t"
	"leaq 8(%rsp), %rsi\n\t"
	"call upcall_foreign\n\t"
	"popq %rcx\n\tpopq %rdi\n\tpopq %rsi\n\tpopq %rdx\n\t"
	"popq %r8\n\tpopq %r9\n\tpopq %r10\n\tpopq %rbx\n"
	"upcall_exit_begin:\n\t"
	"incl upcall_visits(%rip)\n\t"
	"cmpq $0, upcall_page+4084(%rip)\n\t"	/* MOVED and PENDING */
	"jne 3f\n"
	"1:\tcmpl $0, upcall_spins(%rip)\n\t"
	"jne 1b\n\t"
	"pushq upcall_page+144(%rip)\n\t"
	"popfq\n\t"
	"movq upcall_page+64(%rip), %rsp\n\t"
	"movq upcall_page+136(%rip), %rcx\n\t"
	"movl $0, upcall_page+4092(%rip)\n\t"
	"jmp *%rcx\n"
	"upcall_exit_end:\n"
	"3:\tmovq $0, upcall_page+4084(%rip)\n\t"
	"movl $0, upcall_spins(%rip)\n\t"
	"incl upcall_pendings(%rip)\n\t"
	"jmp upcall_exit_begin\n"
	"2:\tmovq %rcx, %rdi\n\t"
	"movq %rcx, %rbx\n\t"
	"call upcall_signaled\n\t"
	"movq %rbx, %rsi\n\t"
	"movl $0xe000000c, %eax\n\t"
	"syscall\n\t"
	"ud2\n");

/* All registers have values of their own until it is interrupted, and then. */
__asm__(".text\n"
	"upcall_hold_registers:\n\t"
	"pushq %rbx\n\tpushq %rbp\n\tpushq %r12\n\t"
	"pushq %r13\n\tpushq %r14\n\tpushq %r15\n\t"
	"movq $101, %rax\n\tmovq $102, %rbx\n\tmovq $103, %rcx\n\tmovq $104, %rdx\n\t"
	"movq $105, %rsi\n\tmovq $106, %rdi\n\tmovq $107, %rbp\n\tmovq $108, %r8\n\t"
	"movq $109, %r9\n\tmovq $110, %r10\n\tmovq $111, %r11\n\tmovq $112, %r12\n\t"
	"movq $113, %r13\n\tmovq $114, %r14\n\tmovq $115, %r15\n"
	"1:\tcmpl $0, upcall_signals(%rip)\n\t"
	"je 1b\n\t"
	"movq %rax, upcall_seen(%rip)\n\tmovq %rbx, upcall_seen+8(%rip)\n\t"
	"movq %rcx, upcall_seen+16(%rip)\n\tmovq %rdx, upcall_seen+24(%rip)\n\t"
	"movq %rsi, upcall_seen+32(%rip)\n\tmovq %rdi, upcall_seen+40(%rip)\n\t"
	"movq %rbp, upcall_seen+48(%rip)\n\tmovq %r8, upcall_seen+56(%rip)\n\t"
	"movq %r9, upcall_seen+64(%rip)\n\tmovq %r10, upcall_seen+72(%rip)\n\t"
	"movq %r11, upcall_seen+80(%rip)\n\tmovq %r12, upcall_seen+88(%rip)\n\t"
	"movq %r13, upcall_seen+96(%rip)\n\tmovq %r14, upcall_seen+104(%rip)\n\t"
	"movq %r15, upcall_seen+112(%rip)\n\t"
	"popq %r15\n\tpopq %r14\n\tpopq %r13\n\t"
	"popq %r12\n\tpopq %rbp\n\tpopq %rbx\n\t"
	"ret\n");

static volatile uint32_t *flag(unsigned at)
{
	return (volatile uint32_t *)(void *)(upcall_page + at);
}

/* Calls as another system's program does; the direction flag is set meanwhile. */
static uint64_t foreign(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t result;

	__asm__ volatile("std\n\tsyscall\n\tcld" : "=a"(result)
		: "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory", "cc");
	return result;
}

/* ---- in the shim ---- */

static bool go_on_behind(struct test *t, uint64_t address, uint64_t instruction,
	uint32_t access, uint32_t reason, struct fault_Handler_page_fault_reply *reply)
{
	(void)address;
	(void)instruction;
	(void)access;
	(void)reason;
	reply->action = fault_Action_RESUME_AT;
	reply->at = t->value;
	return true;
}

static uint64_t nest(void)
{
	test->on_fault = go_on_behind;
	__asm__ volatile("leaq 1f(%%rip), %%rax\n\tmovq %%rax, %0\n\t"
		"movl $39, %%eax\n\tsyscall\n1:" : "=m"(test->value)
		: : "rax", "rcx", "r11", "memory");
	return test->faults;
}

/* The head that a system call which would wait, for 20 ms, comes back with. */
static uint64_t head_of(uint32_t call, uint64_t target, uint64_t word)
{
	struct sk_registers r = { .head = (ABI_BASE + call) | ABI_TIMED, .target = target,
		.words = {word, 0, UINT32_MAX}, .time = now(test) + 20 * MS };

	enter(&r);
	return r.head;
}

static int32_t wait_by(uint32_t call, uint64_t target, uint64_t word)
{
	return ABI_STATUS(head_of(call, target, word));
}

static void wait_while_pending(void)
{
	uint64_t n = NUMBER(waits.notification), e = NUMBER(waits.endpoint), head;

	while (!*flag(ABI_FRAME_PENDING))
		;
	waits.wait = wait_by(ABI_WAIT, n | ABI_CANCELLABLE, 1);
	waits.word_wait = wait_by(ABI_WORD_WAIT, ABI_CANCELLABLE, (uintptr_t)&waits.word);
	waits.receive = wait_by(ABI_RECEIVE, e | ABI_CANCELLABLE, 0);
	head = head_of(ABI_CALL, NUMBER(waits.session) | ABI_CANCELLABLE, 0);
	waits.call = ABI_STATUS(head);
	waits.was_delivered = (head & ABI_DELIVERED) != 0;
	waits.not_cancellable = wait_by(ABI_WAIT, n, 1);
	*flag(ABI_FRAME_PENDING) = 0;
	waits.not_pending = wait_by(ABI_WAIT, n | ABI_CANCELLABLE, 1);
}

uint64_t upcall_foreign(struct frame *frame, const uint64_t *arguments)
{
	uint64_t number = frame->registers.rax;

	__asm__ volatile("pushfq\n\tpopq %0" : "=r"(flags_inside));
	stack_inside = (uintptr_t)arguments;
	at_entry = *frame;
	if (number == ADD)
		return arguments[0] + arguments[1] + arguments[2];
	if (number == NEST)
		return nest();
	if (number == WAIT_WHILE_PENDING)
		wait_while_pending();
	if (number == WAIT_FOR_PENDING)
		while (!*flag(ABI_FRAME_PENDING))
			;
	return number;
}

void upcall_signaled(struct frame *frame)
{
	at_entry = *frame;
	upcall_signals++;
}

/* ---- cases ---- */

static bool set_up(struct test *t)
{
	test = t;
	memset(upcall_page, 0, sizeof(upcall_page));
	upcall_visits = upcall_pendings = upcall_spins = upcall_signals = 0;
	return K0(t, t->self, Thread_set_upcall, .frame = (uintptr_t)upcall_page,
		.entry = (uintptr_t)upcall_entry,
		.stack = (uintptr_t)(upcall_stack + sizeof(upcall_stack)),
		.exit_begin = (uintptr_t)upcall_exit_begin,
		.exit_end = (uintptr_t)upcall_exit_end) == SK_OK;
}

static void foreign_enters(struct test *t)
{
	REQUIRE(t, set_up(t));
	EXPECT(t, foreign(ADD, 1000, 200, 30), 1230);
	EXPECT(t, at_entry.reason, ABI_UPCALL_FOREIGN);
	EXPECT_TRUE(t, at_entry.registers.rflags & RFLAGS_DF);
	EXPECT(t, flags_inside & RFLAGS_DF, 0);
	EXPECT_TRUE(t, stack_inside > (uintptr_t)upcall_stack &&
		stack_inside <= (uintptr_t)(upcall_stack + sizeof(upcall_stack)));
	EXPECT_TRUE(t, at_entry.registers.rsp > (uintptr_t)(upcall_stack +
		sizeof(upcall_stack)) || at_entry.registers.rsp < (uintptr_t)upcall_stack);
	EXPECT(t, *flag(ABI_FRAME_INSIDE), 0);
	EXPECT(t, foreign(ADD, 1, 2, 3), 6);
	EXPECT(t, upcall_visits, 2);
	EXPECT(t, t->faults, 0);
}

static void nested_is_an_exception(struct test *t)
{
	REQUIRE(t, set_up(t));
	EXPECT(t, foreign(NEST, 0, 0, 0), 1);
	EXPECT(t, t->faults, 1);
}

/* Interrupts the case's thread, after a while. */
static void interrupts(struct test_helper *self)
{
	struct test *t = self->test;

	thread_pause(&self->thread, t, 20 * MS);
	self->status = kernel_Thread_interrupt(on_thread(&self->thread, t->self),
		&(struct kernel_Thread_interrupt_request){0},
		&(struct kernel_Thread_interrupt_reply){0}, NULL);
}

static void signal_enters(struct test *t)
{
	struct test_helper *helper;

	REQUIRE(t, set_up(t));
	helper = start(t, interrupts, NULL);
	REQUIRE(t, helper);
	upcall_hold_registers();
	REQUIRE(t, join(t, helper));
	EXPECT_OK(t, helper->status);
	EXPECT(t, upcall_signals, 1);
	EXPECT(t, at_entry.reason, ABI_UPCALL_SIGNAL);
	EXPECT(t, at_entry.registers.r15, 115);
	for (unsigned i = 0; i < 15; i++)
		EXPECT(t, upcall_seen[i], 101 + i);
	EXPECT(t, *flag(ABI_FRAME_INSIDE), 0);
}

static void signal_inside_is_pending(struct test *t)
{
	struct test_helper *helper;

	REQUIRE(t, set_up(t));
	helper = start(t, interrupts, NULL);
	REQUIRE(t, helper);
	EXPECT(t, foreign(WAIT_FOR_PENDING, 0, 0, 0), WAIT_FOR_PENDING);
	EXPECT(t, upcall_pendings, 1);
	EXPECT(t, upcall_signals, 0);
	EXPECT(t, upcall_visits, 2);
	EXPECT_TRUE(t, join(t, helper));
}

/* Interrupted before it begins to wait, by which nothing waited yet: as if after. */
static void pending_ends_waits(struct test *t)
{
	struct test_helper *helper;
	struct server server;

	waits.notification = new_notification(t);
	waits.endpoint = new_endpoint(t);
	REQUIRE(t, set_up(t) && serve(t, &server));
	waits.session = server.client;
	helper = start(t, interrupts, NULL);
	REQUIRE(t, helper);
	EXPECT(t, foreign(WAIT_WHILE_PENDING, 0, 0, 0), WAIT_WHILE_PENDING);
	REQUIRE(t, join(t, helper));
	EXPECT_STATUS(t, waits.wait, SK_CANCELED);
	EXPECT_STATUS(t, waits.word_wait, SK_CANCELED);
	EXPECT_STATUS(t, waits.receive, SK_CANCELED);
	EXPECT_STATUS(t, waits.call, SK_CANCELED);
	/* It can be made again: the server has not heard of it, though it was ready. */
	EXPECT_TRUE(t, !waits.was_delivered);
	EXPECT(t, server.canceled, 0);
	EXPECT_STATUS(t, waits.not_cancellable, SK_TIMED_OUT);
	EXPECT_STATUS(t, waits.not_pending, SK_TIMED_OUT);
	EXPECT(t, upcall_signals, 0);
	EXPECT_TRUE(t, stop_server(t, &server));
}

/* It has looked at the flag when it is interrupted: it looks again. */
static void exit_starts_again(struct test *t)
{
	struct test_helper *helper;

	REQUIRE(t, set_up(t));
	upcall_spins = 1;
	helper = start(t, interrupts, NULL);
	REQUIRE(t, helper);
	EXPECT(t, foreign(ADD, 1, 1, 1), 3);
	EXPECT(t, upcall_visits, 3);
	EXPECT(t, upcall_pendings, 1);
	EXPECT(t, upcall_signals, 0);
	EXPECT_TRUE(t, join(t, helper));
}

/* Runs where the case does, and as often. */
static void competes(struct test_helper *self)
{
	while (!self->test->value)
		self->value++;
}

static struct test_helper *compete(struct test *t)
{
	struct test_helper *helper;

	t->value = 0;
	helper = start(t, competes, NULL);
	if (!helper || K0(t, t->self, Thread_set_affinity, .cpus = 1) != 0 ||
			K0(t, helper->thread.handle, Thread_set_affinity, .cpus = 1) != 0)
		return NULL;
	return helper;
}

/* Until the other has run, so this one has lost its CPU. */
static void lose_cpu(const struct test_helper *helper)
{
	uint64_t was = helper->value;

	while (helper->value == was)
		;
}

static void lost_cpu_enters(struct test *t)
{
	struct test_helper *helper;

	REQUIRE(t, set_up(t));
	helper = compete(t);
	REQUIRE(t, helper);
	lose_cpu(helper);
	EXPECT(t, upcall_signals, 0);
	EXPECT(t, *flag(ABI_FRAME_MOVED), 0);
	*flag(ABI_FRAME_TELL) = 1;
	upcall_hold_registers();
	*flag(ABI_FRAME_TELL) = 0;
	EXPECT(t, at_entry.reason, ABI_UPCALL_MOVED);
	EXPECT(t, *flag(ABI_FRAME_MOVED), 1);
	for (unsigned i = 0; i < 15; i++)
		EXPECT(t, upcall_seen[i], 101 + i);
	EXPECT(t, *flag(ABI_FRAME_INSIDE), 0);
	t->value = 1;
	EXPECT_TRUE(t, join(t, helper));
}

/* It has looked whether it lost its CPU when it does: it looks again. */
static void lost_cpu_inside_is_seen(struct test *t)
{
	struct test_helper *helper;

	REQUIRE(t, set_up(t));
	helper = compete(t);
	REQUIRE(t, helper);
	lose_cpu(helper);
	*flag(ABI_FRAME_TELL) = 1;
	upcall_spins = 1;
	foreign(ADD, 1, 1, 1);
	*flag(ABI_FRAME_TELL) = 0;
	EXPECT_TRUE(t, upcall_pendings > 0);
	t->value = 1;
	EXPECT_TRUE(t, join(t, helper));
}

static void cpu_is_told(struct test *t)
{
	REQUIRE(t, set_up(t));
	for (unsigned i = 0; i < 4; i++) {
		REQUIRE_OK(t, K0(t, t->self, Thread_set_affinity, .cpus = UINT64_C(1) << i));
		pause_for(t, MS);
		EXPECT(t, *flag(ABI_FRAME_CPU), i);
	}
	EXPECT(t, upcall_signals, 0);
	*flag(ABI_FRAME_TELL) = 1;
	REQUIRE_OK(t, K0(t, t->self, Thread_set_affinity, .cpus = 1));
	pause_for(t, MS);
	*flag(ABI_FRAME_TELL) = 0;
	EXPECT(t, *flag(ABI_FRAME_CPU), 0);
	EXPECT_TRUE(t, upcall_signals > 0);
}

static void none_is_a_fault_call(struct test *t)
{
	REQUIRE(t, set_up(t));
	REQUIRE_OK(t, K0(t, t->self, Thread_set_upcall, .entry = 0));
	EXPECT(t, foreign(39, 3, 0, 0), 42);	/* the runner adds them */
	EXPECT(t, t->faults, 1);
	EXPECT(t, upcall_visits, 0);
}

const struct test_case upcall_cases[] = {
	{"upcall: a foreign call enters the shim, and comes back", foreign_enters, 0},
	{"upcall: one in the shim is an exception", nested_is_an_exception, 0},
	{"upcall: an interruption enters, resume restores", signal_enters, 0},
	{"upcall: an interruption in the shim is pending", signal_inside_is_pending, 0},
	{"upcall: a pending interruption ends what begins to wait", pending_ends_waits, 0},
	{"upcall: the way out starts again", exit_starts_again, 0},
	{"upcall: who lost its CPU enters if it asks, resume restores", lost_cpu_enters, 0},
	{"upcall: who lost its CPU in the shim looks again", lost_cpu_inside_is_seen, 0},
	{"upcall: the frame says which CPU", cpu_is_told, 4},
	{"upcall: without one it is a fault call", none_is_a_fault_call, 0},
	{0}
};
