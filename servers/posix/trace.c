/*
 * Where a process's calls are told (/proc/PID/trace), and those that are not there.
 *
 * Its shim writes the lines itself, to a file that somebody who may trace the process has
 * chosen from his own descriptors, so that they cost posix nothing, and wait only for who
 * reads them. Children and programs that it becomes go on with it; one with rights that the
 * one before had not does not.
 */
#include "runtime/foreign.h"
#include "servers/posix/proc.h"

/* Of one call so often, whoever makes it. */
#define TOLD_MAX 8
#define NUMBERS 512

/* ---- where calls are told ---- */

/* Never 0, and never one that was. */
static uint32_t next_number(void)
{
	static uint32_t last;

	if (++last == 0)
		last = 1;
	return last;
}

void trace_show(struct thread *thread)
{
	const struct process *process = thread->process;
	const bool is_on = process->trace && !process->trace_waits;

	if (thread->page)
		__atomic_store_n(&thread->page->tracing, is_on ? process->trace_number : 0,
			__ATOMIC_RELEASE);
}

static void show_all(struct process *process)
{
	for (struct thread *t = process->threads; t; t = t->next)
		trace_show(t);
}

void trace_set(struct process *process, struct file *file, bool waits)
{
	struct file *old = process->trace;

	if (file)
		file->references++;
	process->trace = file;
	process->trace_waits = waits;
	process->trace_number = next_number();
	show_all(process);
	if (old)
		file_drop(old);
}

void trace_inherit(struct process *child, const struct process *parent)
{
	if (parent->trace)
		trace_set(child, parent->trace, parent->trace_waits);
}

void trace_exec(struct process *process, bool is_secure)
{
	if (is_secure)
		trace_set(process, NULL, false);
	process->trace_waits = false;
	show_all(process);
}

void op_trace_file(void *self, const struct posix_Thread_trace_file_request *request,
	struct sk_reply *to)
{
	struct process *process = ((struct thread *)self)->process;
	struct posix_Thread_trace_file_reply reply = {0};
	bool has = false;
	int error = !process || !process->trace ? posix_Error_ENOENT :
		file_handle(process->trace, process, to->port, &has, &reply.file.raw);

	UNUSED(request);
	posix_Thread_trace_file_answer(to, error || has ? error : posix_Error_ENOENT, &reply);
}

/* ---- /proc/PID/trace ---- */

void proc_trace(struct proc_text *text, const struct proc_key *key)
{
	const struct process *process = proc_process(key);

	proc_put(text, "%s\n", process && process->trace ? "on" : "off");
}

/* "3": to the writer's descriptor 3; "3 exec": from the next exec on; "off". */
static bool parse(const char *text, uint32_t size, int32_t *number, bool *waits)
{
	uint32_t at = 0;

	while (size > 0 && text[size - 1] == '\n')
		size--;
	*number = -1;
	*waits = false;
	if (size == 3 && memcmp(text, "off", 3) == 0)
		return true;
	for (*number = 0; at < size && text[at] >= '0' && text[at] <= '9'; at++)
		if ((*number = *number * 10 + text[at] - '0') > 1000000)
			return false;
	*waits = size - at == 5 && memcmp(text + at, " exec", 5) == 0;
	return at > 0 && (at == size || *waits);
}

int proc_write_trace(const struct proc_key *key, const struct credentials *who, char *text,
	uint32_t size)
{
	struct process *process = proc_process(key);
	const struct process *writer = posix.reader;
	struct file *file = NULL;
	int32_t number;
	bool waits;

	if (!process || process->state != PROCESS_ALIVE)
		return posix_Error_ESRCH;
	if (!proc_may_trace(who, process))
		return posix_Error_EACCES;
	if (!parse(text, size, &number, &waits))
		return posix_Error_EINVAL;
	if (number >= 0) {
		file = writer && writer->files ? files_find(writer->files, number) : NULL;
		if (!file || !(file->flags & fs_Open_WRITE))
			return posix_Error_EBADF;
	}
	trace_set(process, file, waits);
	return 0;
}

/* ---- calls that are not there ---- */

static const char *const absent[NUMBERS] = {
#define X(number, name) [number] = #name,
#include "servers/posix/absent.h"
#undef X
};

void op_unknown_call(void *self, const struct posix_Thread_unknown_call_request *request)
{
	static uint8_t told[NUMBERS];
	const struct process *process = ((struct thread *)self)->process;
	/* The last for all numbers that Linux has not. */
	const uint64_t number = request->number < NUMBERS ? request->number : NUMBERS - 1;

	if (!process)
		return;
	sk_trace_unknown(posix.os->trace, request->number < UINT32_MAX ?
		(uint32_t)request->number : UINT32_MAX, (uint32_t)process->pid,
		request->instruction);
	if (told[number] >= TOLD_MAX)
		return;
	told[number]++;
	warn("%s[%d] makes the system call %s (%lu), which is not there%s", process->name,
		process->pid, absent[number] ? absent[number] : "without a name",
		(unsigned long)request->number,
		told[number] == TOLD_MAX ? "; no more is said of it" : "");
}
