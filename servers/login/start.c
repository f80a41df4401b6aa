/*
 * A program of posix: it is started, and waited for. Nothing here waits: posix asks the
 * program's files, which may be ours, before it answers.
 */
#include "servers/login/login.h"

/* Seconds until posix is there. */
#define PATIENCE 30

static struct {
	const struct program *program;
	struct sk_kernel_channel channel;	/* posix.Program */
} now;

static void end(enum how how, int32_t value)
{
	const struct program *program = now.program;

	sk_os_channel_close(login.os, &now.channel);
	now.program = NULL;
	program->ended(how, value);
}

int start_connect(void)
{
	int status = sk_client_connect(&login.posix, true, within(PATIENCE));

	if (status == SK_OK)
		power_watch();
	return status;
}

static void waited(void *self, struct sk_completion *done)
{
	struct posix_Program_wait_reply reply;
	int status = posix_Program_wait_end(done, &reply);

	(void)self;
	if (status != SK_OK)
		end(POSIX_DIED, status);
	else if (reply.result.state == posix_ChildState_EXITED)
		end(ENDED, reply.result.status & 0xff);
	else
		end(ENDED, 128 + reply.result.status);
}

static void started(void *self, struct sk_completion *done)
{
	static const struct sk_pending pending = {.done = waited};
	struct posix_Personality_start_reply reply;
	int status = posix_Personality_start_end(done, &reply);

	(void)self;
	if (status == SK_OK)
		status = sk_os_channel_apart(login.os, &now.channel, reply.program.raw);
	if (status == SK_OK)
		status = posix_Program_wait_begin(&login.os->ring.ring, &now.channel.channel,
			&(struct posix_Program_wait_request){.empty = 0}, sk_pending(&pending),
			NULL);
	if (status == SK_PEER_CLOSED)
		end(POSIX_DIED, status);
	else if (status != SK_OK)
		end(NOT_STARTED, status);
}

static uint32_t count_texts(const char *texts, uint32_t size)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < size; i++)
		count += texts[i] == 0;
	return count;
}

static struct sk_string text_of(const char *text)
{
	return (struct sk_string){text, (uint32_t)strlen(text)};
}

void start_program(const struct program *program)
{
	static const struct sk_pending pending = {.done = started};
	struct posix_Personality_start_request request;
	int status;

	now.program = program;
	posix_Personality_start_request_init(&request);
	request.settings.program = text_of(program->path);
	request.settings.working_directory = text_of(program->folder);
	request.settings.new_session = true;
	request.settings.terminal = program->has_terminal;
	request.argument_count = count_texts(program->arguments, program->arguments_size);
	request.arguments = sk_lend(program->arguments, program->arguments_size);
	request.environment_count = count_texts(login.environment, login.environment_size);
	request.environment = sk_lend(login.environment, login.environment_size);
	request.has_input = program->files[0].raw >= 0;
	request.input.raw = program->files[0];
	request.has_output = program->files[1].raw >= 0;
	request.output.raw = program->files[1];
	request.has_errors = program->files[2].raw >= 0;
	request.errors.raw = program->files[2];
	status = posix_Personality_start_begin(&login.os->ring.ring,
		&login.posix.kernel.channel, &request, sk_pending(&pending), NULL);
	if (status != SK_OK)
		end(NOT_STARTED, status);
}
