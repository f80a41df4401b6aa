#include "servers/posix/shim/trace.h"

#include "runtime/env.h"
#include "runtime/kernel/sys.h"
#include "servers/posix/shim/calls.h"
#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/errors.h"
#include "servers/posix/shim/lock.h"
#include "servers/posix/shim/signatures.h"

#define NUMBERS 512
#define LINE 1024
#define SHOWN_BYTES 32			/* of a buffer */
#define SHOWN_STRING 256
#define SHOWN_ARGUMENTS 16		/* of a program */
#define ROOM_AT_END 96			/* for a result */

enum { CALL_rt_sigreturn = 15
#define X(number, name, function) , CALL_##name = number
SHIM_CALLS(X)
#undef X
};

static const char *const names[NUMBERS] = {
	[CALL_rt_sigreturn] = "rt_sigreturn",
#define X(number, name, function) [number] = #name,
	SHIM_CALLS(X)
#undef X
};

static const char *const absent[NUMBERS] = {
#define X(number, name) [number] = #name,
#include "servers/posix/absent.h"
#undef X
};

static const char *const signatures[NUMBERS] = {
#define X(name, arguments) [CALL_##name] = arguments,
	SHIM_SIGNATURES(X)
#undef X
};

struct line {
	uint32_t size;
	char text[LINE];
};

/* ---- texts ---- */

static void put(struct line *line, const char *text)
{
	for (; *text && line->size < LINE; text++)
		line->text[line->size++] = *text;
}

static void put_number(struct line *line, uint64_t value, unsigned base)
{
	char digits[24];
	unsigned at = sizeof(digits);

	digits[--at] = 0;
	do {
		digits[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value > 0);
	put(line, digits + at);
}

static void put_signed(struct line *line, int64_t value)
{
	if (value < 0)
		put(line, "-");
	put_number(line, value < 0 ? -(uint64_t)value : (uint64_t)value, 10);
}

static void put_hex(struct line *line, uint64_t value)
{
	if (value != 0)
		put(line, "0x");
	put_number(line, value, 16);
}

static void put_address(struct line *line, uint64_t value)
{
	if (value == 0)
		put(line, "NULL");
	else
		put_hex(line, value);
}

static void put_character(struct line *line, uint8_t c)
{
	static const char plain[] = "\a\b\t\n\v\f\r", letters[] = "abtnvfr";
	char text[3] = {'\\', (char)c, 0};

	for (unsigned i = 0; i < sizeof(plain) - 1; i++)
		if (c == (uint8_t)plain[i]) {
			text[1] = letters[i];
			put(line, text);
			return;
		}
	if (c < 32 || c >= 127) {
		put(line, "\\");
		put_number(line, c, 8);
	} else {
		put(line, c == '"' || c == '\\' ? text : text + 1);
	}
}

/* What is longer, or leaves no room for a result, is cut. */
static void put_bytes(struct line *line, uint64_t at, uint64_t size, uint32_t most)
{
	uint8_t bytes[SHOWN_STRING];
	uint32_t count = size < most ? (uint32_t)size : most, i;

	if (count > 0 && !copy_from(bytes, at, count)) {
		put_address(line, at);
		return;
	}
	put(line, "\"");
	for (i = 0; i < count && line->size < LINE - ROOM_AT_END; i++)
		put_character(line, bytes[i]);
	put(line, i < size ? "\"..." : "\"");
}

/* Byte by byte from its last page, of what may end there. */
static void put_string(struct line *line, uint64_t at)
{
	uint8_t c = 1;
	uint64_t size = 0;

	while (size < SHOWN_STRING && copy_from(&c, at + size, 1) && c != 0)
		size++;
	if (size == 0 && c != 0)
		put_address(line, at);
	else
		put_bytes(line, at, size + (c != 0), (uint32_t)size);
}

/* ---- the file ---- */

static uint32_t ask(struct shim *shim)
{
	struct posix_Thread_trace_file_reply reply;

	return POSIX(shim, &reply, Thread, trace_file, 0) < 0 ? 0 :
		sk_kernel_number(reply.file.raw);
}

static void keep(struct shim_process *process, uint32_t handle, uint32_t tracing)
{
	uint32_t old;

	lock_take(&process->lock);
	old = process->trace_handle;
	process->trace_handle = handle;
	process->tracing = tracing;
	lock_let_go(&process->lock);
	if (old != 0)
		sk_sys_close(old);
}

void trace_forget(struct shim *shim)
{
	keep(shim->process, 0, 0);
}

/* Another thread may take the handle away meanwhile: then it is asked for once more, as
 * when the program has closed its last descriptor of the file. */
static bool write_all(struct shim *shim, const struct line *line)
{
	struct fs_File_write_request request = {
		.data = sk_lend(line->text, line->size)};
	struct fs_File_write_reply reply;
	uint32_t handle = shim->process->trace_handle;
	int64_t result;

	if (handle == 0)
		return false;
	shim->may_be_cut = false;
	result = shim_file_result(shim, fs_File_write(shim_file_channel(shim, handle),
		&request, &reply, NULL));
	shim->may_be_cut = true;
	return result >= 0;
}

static void tell(struct shim *shim, struct line *line)
{
	struct shim_process *process = shim->process;
	const uint32_t tracing = shim->page->tracing;

	if (line->size >= LINE)
		line->size = LINE - 1;
	line->text[line->size++] = '\n';
	if (process->tracing != tracing)
		keep(process, ask(shim), tracing);
	if (process->trace_handle == 0 || write_all(shim, line))
		return;
	keep(process, ask(shim), tracing);
	if (!write_all(shim, line))
		keep(process, 0, tracing);
}

/* ---- lines ---- */

static void begin(const struct shim *shim, struct line *line)
{
	line->size = 0;
	put_signed(line, shim->page->ids.thread);
	put(line, " ");
}

static void put_name(struct line *line, uint64_t number)
{
	const char *name = number >= NUMBERS ? NULL : names[number] ? names[number] :
		absent[number];

	put(line, name ? name : "syscall_");
	if (!name)
		put_number(line, number, 10);
}

static void put_argument(struct line *line, char how, const uint64_t *argument,
	int64_t result)
{
	const uint64_t value = *argument;

	switch (how) {
	case 'd': put_signed(line, (int32_t)value); break;
	case 'l': put_signed(line, (int64_t)value); break;
	case 'o':
		put(line, (uint32_t)value == 0 ? "" : "0");
		put_number(line, (uint32_t)value, 8);
		break;
	case 's': put_string(line, value); break;
	case 'p': put_address(line, value); break;
	case 'b': put_bytes(line, value, argument[1], SHOWN_BYTES); break;
	case 'B':
		if (result < 0)
			put_address(line, value);
		else
			put_bytes(line, value, (uint64_t)result, SHOWN_BYTES);
		break;
	case 'f':
		if ((int32_t)value == LINUX_AT_FDCWD)
			put(line, "AT_FDCWD");
		else
			put_signed(line, (int32_t)value);
		break;
	default: put_hex(line, value);
	}
}

static const char *signature_of(uint64_t number)
{
	return number < NUMBERS && signatures[number] ? signatures[number] : "xxx";
}

static void put_call(struct line *line, uint64_t number, const uint64_t arguments[6],
	int64_t result)
{
	const char *how = signature_of(number);

	put_name(line, number);
	put(line, "(");
	for (unsigned i = 0; i < 6 && how[i] && how[i] != '='; i++) {
		if (i > 0)
			put(line, ", ");
		put_argument(line, how[i], &arguments[i], result);
	}
	put(line, ") = ");
}

static void put_result(struct line *line, uint64_t number, int64_t result)
{
	const char *how = signature_of(number), *name = NULL;

	if (result < 0 && result > -ERRORS_COUNT)
		name = errors[-result];
	while (*how && *how != '=')
		how++;
	if (result <= -LINUX_ERESTARTSYS && result >= -LINUX_ERESTART_RESTARTBLOCK)
		put(line, "? interrupted");
	else if (name)
		put(line, "-1 "), put(line, name);
	else if (*how == '=')
		put_hex(line, (uint64_t)result);
	else
		put_signed(line, result);
}

void trace_before(struct shim *shim, uint64_t number, const uint64_t arguments[6])
{
	struct line line;

	if (number != CALL_exit && number != CALL_exit_group && number != CALL_rt_sigreturn)
		return;
	begin(shim, &line);
	put_call(&line, number, arguments, -1);
	put(&line, "?");
	tell(shim, &line);
}

void trace_after(struct shim *shim, uint64_t number, const uint64_t arguments[6],
	int64_t result)
{
	struct line line;

	begin(shim, &line);
	put_call(&line, number, arguments, result);
	put_result(&line, number, result);
	tell(shim, &line);
}

void trace_signal(struct shim *shim, const struct posix_SignalInfo *info)
{
	struct line line;

	begin(shim, &line);
	put(&line, "--- signal ");
	put_signed(&line, info->signal);
	put(&line, " ---");
	tell(shim, &line);
}

/* As execve would have returned: its path is the auxiliary vector's AT_EXECFN. */
void trace_program(struct shim *shim, uint64_t stack)
{
	enum { EXECFN = 31 };
	uint64_t count = 0, value = 1, at = stack + 8, pair[2] = {1, 0};
	struct line line;

	begin(shim, &line);
	if (!copy_from(&count, stack, 8))
		return;
	for (at += 8 * (count + 1); value != 0 && copy_from(&value, at, 8); at += 8)
		;
	while (pair[0] != 0 && pair[0] != EXECFN && copy_from(pair, at, sizeof(pair)))
		at += sizeof(pair);
	put(&line, "execve(");
	put_string(&line, pair[1]);
	put(&line, ", [");
	for (uint64_t i = 0; i < count && i < SHOWN_ARGUMENTS &&
			line.size < LINE - 2 * ROOM_AT_END; i++) {
		put(&line, i > 0 ? ", " : "");
		if (copy_from(&value, stack + 8 + 8 * i, 8))
			put_string(&line, value);
	}
	put(&line, count > SHOWN_ARGUMENTS ? ", ...]) = 0" : "]) = 0");
	tell(shim, &line);
}
