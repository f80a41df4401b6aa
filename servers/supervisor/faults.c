/*
 * The fault handler of all programs' threads: a program that faults ends, and the log
 * says where.
 */
#include "servers/supervisor/supervisor.h"

static const char *const reasons[] = {"", "nothing is mapped there",
	"the mapping does not allow it", "beyond the end of the memory",
	"its pager has no page", "its quota is used up", "it is its own pager",
	"no address at all", "the storage failed"};
static const char *const exceptions[] = {"", "a division", "an illegal instruction",
	"a breakpoint", "a hardware breakpoint", "a step", "floating point",
	"vectors, which it may not use", "an alignment", "a bound", "protection", "a stack",
	"control flow", "a foreign call in a shim", "broken hardware"};

static const char *name_of(const char *const *names, size_t count, int32_t number)
{
	return number > 0 && (size_t)number < count ? names[number] : "something unknown";
}
#define NAME_OF(names, number) name_of(names, sizeof(names) / sizeof(names[0]), number)

static void page_fault(void *self, const struct fault_Handler_page_fault_request *request,
	struct sk_reply *to)
{
	const struct fault_Handler_page_fault_reply reply = {.action = fault_Action_STOP};
	struct server *server = self;

	say(server->manifest.name, "page fault at 0x%lx, %s, by the instruction at 0x%lx: %s",
		request->address, request->access & fault_Access_WRITE ? "writing" :
		request->access & fault_Access_EXECUTE ? "executing" : "reading",
		request->instruction, NAME_OF(reasons, request->reason));
	life_kill(server, svrctl_End_FAULTED, request->reason, request->address);
	fault_Handler_page_fault_answer(to, 0, &reply);
}

static void exception(void *self, const struct fault_Handler_exception_request *request,
	struct sk_reply *to)
{
	const struct fault_Handler_exception_reply reply = {.action = fault_Action_STOP};
	struct server *server = self;

	say(server->manifest.name, "exception by the instruction at 0x%lx: %s, code 0x%x",
		request->instruction, NAME_OF(exceptions, request->what), request->code);
	life_kill(server, svrctl_End_FAULTED, request->what, request->instruction);
	fault_Handler_exception_answer(to, 0, &reply);
}

static void foreign_call(void *self,
	const struct fault_Handler_foreign_call_request *request, struct sk_reply *to)
{
	const struct fault_Handler_foreign_call_reply reply = {.action = fault_Action_STOP};
	struct server *server = self;

	say(server->manifest.name, "system call %lu of another system, by the instruction at "
		"0x%lx", request->number, request->instruction);
	life_kill(server, svrctl_End_FAULTED, fault_Exception_ILLEGAL, request->instruction);
	fault_Handler_foreign_call_answer(to, 0, &reply);
}

int fault_dispatch(struct server *server, struct sk_incoming *incoming)
{
	static const struct fault_Handler_ops ops = {
		.page_fault = page_fault,
		.exception = exception,
		.foreign_call = foreign_call,
	};

	return fault_Handler_dispatch(&ops, server, incoming);
}
