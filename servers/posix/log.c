/*
 * The system's log, as syslog(2) has it: what the kernel and all servers have written since
 * the start, as far as it is left (kernel.System.read_log), without levels.
 */
#include "servers/posix/posix.h"

/* As much as the kernel keeps. */
#define LOG_MAX 65536

enum action { CLOSE, OPEN, READ, READ_ALL, READ_CLEAR, CLEAR, CONSOLE_OFF, CONSOLE_ON,
	CONSOLE_LEVEL, SIZE_UNREAD, SIZE_BUFFER };

static char text[LOG_MAX];
/* Positions: up to where it was read by READ, and hidden by CLEAR. */
static uint64_t seen, cleared;

/* What there is from a position on, at its end `text`'s; returns how much, and where that
 * ends. */
static uint32_t load(uint64_t from, uint64_t *end)
{
	struct kernel_System_read_log_reply reply = {.next = from};
	uint32_t size = 0;

	do {
		if (kernel_System_read_log(&posix.system.channel,
				&(struct kernel_System_read_log_request){reply.next}, &reply,
				NULL) != SK_OK || reply.text.size > LOG_MAX - size)
			break;
		memcpy(text + size, reply.text.data, reply.text.size);
		size += reply.text.size;
	} while (reply.text.size > 0);
	*end = reply.next;
	return size;
}

static int give(struct sk_reply *to, const struct sk_lease *lease, const char *bytes,
	uint64_t size)
{
	return size > 0 && sk_lease_write(to, lease, 0, bytes, size, NULL) != SK_OK ?
		posix_Error_EFAULT : 0;
}

static int read_new(struct sk_reply *to, const struct sk_lease *lease, uint64_t *result)
{
	uint64_t end;
	uint32_t size = load(seen, &end);
	int error;

	*result = size < lease->size ? size : lease->size;
	error = size == 0 ? posix_Error_EAGAIN : give(to, lease, text, *result);
	if (!error)
		seen = end - size + *result;
	return error;
}

/* Whole lines from the end, as many as there is room for. */
static int read_all(struct sk_reply *to, const struct sk_lease *lease, bool clears,
	uint64_t *result)
{
	uint64_t end;
	uint32_t size = load(cleared, &end), at = 0;
	int error;

	while (size - at > lease->size)
		do
			at++;
		while (at < size && text[at - 1] != '\n');
	*result = size - at;
	error = give(to, lease, text + at, *result);
	if (!error && clears)
		cleared = end;
	return error;
}

static int read_some(const struct posix_Machine_log_request *request, struct sk_reply *to,
	uint64_t *result)
{
	if (!request->has_text || request->size > INT32_MAX)
		return posix_Error_EINVAL;
	if (request->size == 0)
		return 0;
	return request->action == READ ? read_new(to, &request->text, result) :
		read_all(to, &request->text, request->action == READ_CLEAR, result);
}

void op_log(void *self, const struct posix_Machine_log_request *request, struct sk_reply *to)
{
	struct posix_Machine_log_reply reply = {0};
	int error = 0;

	if (!credentials_can(self, CAP_SYSLOG) && !credentials_can(self, CAP_SYS_ADMIN)) {
		posix_Machine_log_answer(to, posix_Error_EPERM, NULL);
		return;
	}
	switch (request->action) {
	case CLOSE:
	case OPEN:
	/* What appears on the serial line is not chosen here. */
	case CONSOLE_OFF:
	case CONSOLE_ON: break;
	case READ:
	case READ_ALL:
	case READ_CLEAR: error = read_some(request, to, &reply.result); break;
	case CLEAR: load(cleared, &cleared); break;
	case CONSOLE_LEVEL:
		error = request->size < 1 || request->size > 8 ? posix_Error_EINVAL : 0;
		break;
	case SIZE_UNREAD: reply.result = load(seen, &(uint64_t){0}); break;
	case SIZE_BUFFER: reply.result = LOG_MAX; break;
	default: error = posix_Error_EINVAL;
	}
	posix_Machine_log_answer(to, error, &reply);
}
