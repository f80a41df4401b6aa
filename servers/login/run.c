/* One command, whose output and status the host gets. */
#include "servers/login/login.h"

#define SHELL "/bin/sh"
#define ARGUMENTS "sh\0-c"
#define COMMAND_MAX (LOGIN_TEXT - sizeof(ARGUMENTS) - 1)

static char arguments[LOGIN_TEXT];
static struct program program;

static void fail(const char *format, ...)
{
	char text[120];
	va_list list;
	size_t size;

	va_start(list, format);
	size = sk_format(text, sizeof(text), format, list);
	va_end(list);
	output_end(SK_FRAME_FAILURE, text, (uint32_t)size);
}

static void ended(enum how how, int32_t value)
{
	uint8_t status[4];

	switch (how) {
	case ENDED:
		sk_frame_put(status, (uint32_t)value, 4);
		output_end(SK_FRAME_STATUS, status, 4);
		break;
	case NOT_STARTED:
		fail("posix does not start " SHELL ": %s %d",
			value == posix_Error_ENOENT ? "it is not there, error" : "error", value);
		break;
	case POSIX_DIED:
		fail("posix died while the command ran");
		break;
	}
}

void run_begin(const char *command, uint32_t size)
{
	int status = output_open();

	if (status != SK_OK) {
		sk_log(login.os, log_Level_ERROR, "no second serial line: %d", status);
		power_end(kernel_PowerAction_OFF);
		return;
	}
	if (size > COMMAND_MAX) {
		fail("the command has %u bytes, more than %u", size, (uint32_t)COMMAND_MAX);
		return;
	}
	memcpy(arguments, ARGUMENTS, sizeof(ARGUMENTS));
	memcpy(arguments + sizeof(ARGUMENTS), command, size);
	program = (struct program){
		.path = SHELL, .folder = "/root", .arguments = arguments,
		.arguments_size = (uint32_t)sizeof(ARGUMENTS) + size + 1, .ended = ended,
	};
	status = start_connect();
	if (status != SK_OK)
		fail("posix is not up (error %d): the log says why", status);
	else if ((status = pipe_open(program.files)) != SK_OK)
		fail("no files for the command: %d", status);
	else
		start_program(&program);
}
