/* Faults of programs: the shim's that are expected go on elsewhere, others are signals. */
#include "servers/posix/posix.h"

static void raise(struct thread *thread, posix_Signal signal, int32_t code, uint64_t address,
	uint32_t trap, uint64_t instruction)
{
	const struct posix_SignalInfo info = {
		.signal = signal, .code = code,
		.cause = {.which = posix_SignalCause_fault, .as.fault = {
			.address = address, .trap = trap}},
	};
	struct process *process = thread->process;
	const bool is_blocked = thread->page->blocked & BIT(signal);
	const struct posix_Action *action = &process->actions->action[signal];

	/* It would fault again at once. */
	if (is_blocked || action->handler <= 1) {
		warn("%s[%d] ends by signal %d: instruction 0x%lx, address 0x%lx",
			process->name, process->pid, (int)signal, instruction, address);
		process_end(process, posix_ChildState_KILLED, signal);
	} else {
		signal_thread(thread, &info);
	}
}

/* Where an instruction of the shim goes on that may fault; 0: it may not. */
static uint64_t fixup(uint64_t instruction)
{
	const struct layout_shim *head = &posix.shim.head;
	struct layout_fixup one;
	struct kernel_Memory_read_reply got;

	for (uint64_t i = 0; i < head->fixup_count; i++) {
		uint64_t at = head->fixups + i * sizeof(one) - posix.shim.text_address;

		if (K(posix.shim.text, Memory_read, &got, .offset = at,
				.data = sk_lend_out(&one, sizeof(one))) != SK_OK)
			return 0;
		if (instruction >= one.begin && instruction < one.end)
			return one.go_on;
	}
	return 0;
}

static bool is_shim(uint64_t instruction)
{
	return instruction >= LAYOUT_PROGRAM_END;
}

/* In the shim without a fix-up: nothing of the process can be trusted to go on. */
static bool is_lost(struct thread *thread, uint64_t instruction, uint64_t address)
{
	if (!is_shim(instruction))
		return false;
	warn("the shim of process %d faults at 0x%lx, address 0x%lx", thread->process->pid,
		instruction, address);
	process_end(thread->process, posix_ChildState_KILLED, posix_Signal_SEGV);
	return true;
}

static void page_fault(void *self, const struct fault_Handler_page_fault_request *request,
	struct sk_reply *to)
{
	struct fault_Handler_page_fault_reply reply = {.action = fault_Action_RETRY};
	struct thread *thread = self;
	const bool is_bus = request->reason == fault_Reason_OUT_OF_RANGE ||
		request->reason == fault_Reason_NO_PAGE ||
		request->reason == fault_Reason_POISONED;

	if (!thread->process)
		return;
	reply.at = is_shim(request->instruction) ? fixup(request->instruction) : 0;
	if (reply.at != 0) {
		reply.action = fault_Action_RESUME_AT;
	} else if (request->reason == fault_Reason_QUOTA) {
		user_make_room(thread->process);
	} else if (is_lost(thread, request->instruction, request->address)) {
		return;
	} else if (request->reason != fault_Reason_NOT_MAPPED ||
			!stack_grows(thread->process, request->address)) {
		raise(thread, is_bus ? posix_Signal_BUS : posix_Signal_SEGV, is_bus ? 2 :
			request->reason == fault_Reason_PROTECTION ? 2 : 1, request->address, 14,
			request->instruction);
	}
	if (thread->process)
		fault_Handler_page_fault_answer(to, 0, &reply);
}

#define FROM_KERNEL 0x80			/* SI_KERNEL */

static const struct { uint8_t signal, code, trap; } exceptions[] = {
	[fault_Exception_DIVIDE] = {posix_Signal_FPE, 1, 0},
	[fault_Exception_ILLEGAL] = {posix_Signal_ILL, 2, 6},
	[fault_Exception_BREAKPOINT] = {posix_Signal_TRAP, FROM_KERNEL, 3},
	[fault_Exception_HARDWARE_BREAKPOINT] = {posix_Signal_TRAP, 4, 1},
	[fault_Exception_STEP] = {posix_Signal_TRAP, 2, 1},
	[fault_Exception_FLOATING_POINT] = {posix_Signal_FPE, 7, 16},
	[fault_Exception_VECTORS_DENIED] = {posix_Signal_ILL, 2, 7},
	[fault_Exception_ALIGNMENT] = {posix_Signal_BUS, 1, 17},
	[fault_Exception_BOUND] = {posix_Signal_SEGV, FROM_KERNEL, 5},
	[fault_Exception_PROTECTION] = {posix_Signal_SEGV, FROM_KERNEL, 13},
	[fault_Exception_STACK] = {posix_Signal_BUS, FROM_KERNEL, 12},
	[fault_Exception_CONTROL_FLOW] = {posix_Signal_SEGV, FROM_KERNEL, 21},
	[fault_Exception_NESTED_CALL] = {posix_Signal_SYS, FROM_KERNEL, 0},
	[fault_Exception_MACHINE_CHECK] = {posix_Signal_BUS, 4, 18},
};

/* What has gone wrong of what was asked to be told, as the x87's state and then that of vectors
 * says: FPE_..., and the CPU's number of it. (Intel SDM 1, 8.5 and 11.5; FXSAVE's format.) */
static int32_t floating_code(const struct thread *thread, uint32_t *trap)
{
	static const struct { uint8_t bits; int8_t code; } codes[] = {
		{0x01, 7}, {0x04, 3}, {0x08, 4}, {0x12, 5}, {0x20, 6},
	};
	static uint8_t state[16384];
	struct kernel_Thread_get_vectors_reply got;
	uint16_t control, status;
	uint32_t vectors, wrong;

	if (K(thread->handle, Thread_get_vectors, &got, .data = sk_lend_out(state,
			sizeof(state))) != SK_OK || got.size < 28)
		return 7;
	memcpy(&control, state, 2);
	memcpy(&status, state + 2, 2);
	memcpy(&vectors, state + 24, 4);
	wrong = status & ~(uint32_t)control & 0x3f;
	*trap = wrong ? 16 : 19;
	wrong = wrong ? wrong : vectors & ~(vectors >> 7) & 0x3f;
	for (unsigned i = 0; i < ARRAY_SIZE(codes); i++)
		if (wrong & codes[i].bits)
			return codes[i].code;
	return 7;
}

static void raise_exception(struct thread *thread, fault_Exception what, uint64_t instruction)
{
	int32_t code = exceptions[what].code;
	uint32_t trap = exceptions[what].trap;

	if (what == fault_Exception_FLOATING_POINT)
		code = floating_code(thread, &trap);
	/* Of what comes from the kernel alone there is no address. */
	raise(thread, exceptions[what].signal, code, code == FROM_KERNEL ? 0 : instruction,
		trap, instruction);
}

static void exception(void *self, const struct fault_Handler_exception_request *request,
	struct sk_reply *to)
{
	/* Behind a breakpoint instruction, before all others. */
	const struct fault_Handler_exception_reply reply = {
		.action = request->what == fault_Exception_BREAKPOINT ? fault_Action_RESUME :
			fault_Action_RETRY};
	struct thread *thread = self;

	if (!thread->process || is_lost(thread, request->instruction, request->address))
		return;
	if (request->what > 0 && (size_t)request->what < ARRAY_SIZE(exceptions))
		raise_exception(thread, request->what, request->instruction);
	if (thread->process)
		fault_Handler_exception_answer(to, 0, &reply);
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct fault_Handler_ops ops = {
		.page_fault = page_fault, .exception = exception,
	};

	return fault_Handler_dispatch(&ops, self, incoming);
}

static void gone(void *self)
{
	thread_drop(self);
}

const struct sk_object fault_object = {.dispatch = dispatch, .gone = gone};
