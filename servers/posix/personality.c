/* Programs that are started from outside. */
#include "servers/posix/posix.h"

struct program {
	struct process *process;		/* NULL: it has ended */
	const void *starter;			/* whose session of Personality it was */
	struct posix_WaitResult result;
	struct wait *waits;
	bool has_handle;
};

/* ---- posix.Program ---- */

static void op_process(void *self, const struct posix_Program_process_request *request,
	struct sk_reply *to)
{
	const struct program *program = self;
	const struct posix_Program_process_reply reply = {
		program->process ? program->process->pid : program->result.process};

	UNUSED(request);
	posix_Program_process_answer(to, 0, &reply);
}

static void op_signal(void *self, const struct posix_Program_signal_request *request,
	struct sk_reply *to)
{
	const struct posix_Program_signal_reply reply = {0};
	const struct program *program = self;

	if (program->process)
		signal_plain(program->process, request->signal);
	posix_Program_signal_answer(to, program->process ? 0 : posix_Error_ESRCH, &reply);
}

static void wait_over(struct wait *wait)
{
	release(wait);
}

static void op_program_wait(void *self, const struct posix_Program_wait_request *request,
	struct sk_reply *to)
{
	struct program *program = self;
	const struct posix_Program_wait_reply reply = {program->result};
	struct wait *wait;

	UNUSED(request);
	if (!program->process) {
		posix_Program_wait_answer(to, 0, &reply);
		return;
	}
	wait = allocate(sizeof(*wait));
	if (!wait) {
		posix_Program_wait_answer(to, posix_Error_ENOMEM, NULL);
		return;
	}
	wait->canceled = wait_over;
	wait_begin(wait, &program->waits, NULL, to);
}

void program_changed(struct program *program, struct process *process);

void program_changed(struct program *program, struct process *process)
{
	const struct posix_Program_wait_reply reply = {{
		.process = process->pid, .state = process->child_state,
		.status = process->status, .usage = process->used,
	}};

	program->result = reply.result;
	program->process = NULL;
	process->program = NULL;
	while (program->waits) {
		struct wait *wait = program->waits;

		wait_end(wait);
		posix_Program_wait_answer(&wait->reply, 0, &reply);
		release(wait);
	}
	if (!program->has_handle)
		release(program);
}

static int program_dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct posix_Program_ops ops = {
		.process = op_process, .signal = op_signal, .wait = op_program_wait,
	};

	return posix_Program_dispatch(&ops, self, incoming);
}

static void program_gone(void *self)
{
	struct program *program = self;

	program->has_handle = false;
	if (!program->process)
		release(program);
}

static const struct sk_object program_object = {
	.dispatch = program_dispatch, .gone = program_gone, .canceled = wait_canceled,
};

/* Whoever was to look after them is gone: as if their terminal were. */
void programs_hang_up(const void *starter)
{
	struct process *process = posix.processes;

	while (process) {
		if (!process->program || process->program->starter != starter) {
			process = process->next;
			continue;
		}
		process->program->starter = NULL;
		signal_plain(process, posix_Signal_CONT);
		/* Of which it may be gone. */
		signal_plain(process, posix_Signal_HUP);
		process = posix.processes;
	}
}

/* ---- posix.Personality ---- */

/* A descriptor for an open file that somebody gave. */
static int give(struct process *process, bool is_there, struct sk_handle *handle,
	int32_t number)
{
	struct fs_File_describe_reply about;
	struct file *file;

	if (!is_there)
		return 0;
	if (fs_File_describe(on(*handle), &(struct fs_File_describe_request){0}, &about,
			NULL) != 0)
		about = (struct fs_File_describe_reply){.flags = fs_Open_READ | fs_Open_WRITE};
	file = file_new(about.kind == fs_Kind_TERMINAL ? posix_ObjectKind_TERMINAL :
		about.kind == fs_Kind_FILE ? posix_ObjectKind_FILE :
		about.kind == fs_Kind_DIRECTORY ? posix_ObjectKind_DIRECTORY :
		posix_ObjectKind_OTHER, about.flags);
	if (!file)
		return posix_Error_ENOMEM;
	if (file->kind == posix_ObjectKind_TERMINAL) {
		int error = terminal_give(file, handle);

		if (error) {
			file_drop(file);
			return error;
		}
	} else {
		file->handle = *handle;
		handle->raw = -1;
	}
	return files_add(process->files, file, number, 0, 1024) < 0 ? posix_Error_EMFILE : 0;
}

static int give_all(struct process *process,
	struct posix_Personality_start_request *request)
{
	int error = give(process, request->has_input, &request->input.raw, 0);

	if (!error)
		error = give(process, request->has_output, &request->output.raw, 1);
	if (!error)
		error = give(process, request->has_errors, &request->errors.raw, 2);
	if (!error)
		error = give(process, request->has_fourth, &request->fourth.raw, 3);
	return error;
}

static int furnish(struct process *process)
{
	process->files = files_new();
	process->actions = actions_new();
	process->places = places_new(mounts->root);
	return process->files && process->actions && process->places ? 0 :
		posix_Error_ENOMEM;
}

/* A thread that is nowhere: whoever looks for the program's file. */
static struct credentials *make_credentials(const struct posix_Credentials *ids)
{
	const uint64_t all = ids->effective_user == 0 ? ALL_CAPABILITIES : 0;
	const struct posix_Capabilities capabilities = {
		.effective = all, .permitted = all, .bounding = ALL_CAPABILITIES,
	};

	return credentials_new(ids, &capabilities, NULL, 0);
}

static int load(struct process *process, struct credentials *credentials,
	const struct posix_StartSettings *settings, struct arguments *arguments,
	struct loaded *loaded)
{
	struct thread nobody = {.process = process, .credentials = credentials};
	struct node *directory;
	int error = 0;

	if (settings->working_directory.size > 0)
		error = walk_all(&nobody, posix_CURRENT_DIRECTORY, settings->working_directory,
			fs_Resolve_FOLLOW, false, &directory, NULL);
	if (!error && settings->working_directory.size > 0) {
		node_drop(process->places->directory);
		process->places->directory = directory;
	}
	return error ? error : exec_load(loaded, &nobody, process->quota,
		posix_CURRENT_DIRECTORY, settings->program, false, false, arguments);
}

static int run(struct process *process, const struct posix_StartSettings *settings,
	struct arguments *arguments, struct sk_port *port)
{
	struct credentials *credentials = make_credentials(&settings->credentials);
	struct thread *thread;
	struct loaded loaded;
	int error = credentials ? load(process, credentials, settings, arguments, &loaded) :
		posix_Error_ENOMEM;

	if (error) {
		credentials_drop(credentials);
		return error;
	}
	process->space = loaded.space;
	process->executable = loaded.executable;
	memcpy(process->name, loaded.name, sizeof(process->name));
	thread = thread_new(process, process->pid, process->space, NULL, port, &error);
	if (!thread) {
		credentials_drop(loaded.credentials);
		credentials_drop(credentials);
		return error;
	}
	thread_become(thread, loaded.credentials);
	credentials_drop(credentials);
	thread->entry = loaded.entry;
	thread->stack_pointer = loaded.stack;
	return thread_start(thread, process->space, 0, 0, port);
}

static int start(struct posix_Personality_start_request *request, struct sk_reply *to,
	struct arguments *arguments, struct program *program)
{
	struct process *process;
	int error;

	struct user *user = user_find(request->settings.credentials.user);

	if (!user)
		return posix_Error_ENOMEM;
	process = process_new(NULL, user, &error);
	user_drop(user);
	if (!process)
		return error;
	error = furnish(process);
	if (!error && request->settings.terminal)
		terminal_vacate();
	if (!error)
		error = give_all(process, request);
	if (!error)
		error = run(process, &request->settings, arguments, to->port);
	if (error) {
		process_end(process, posix_ChildState_KILLED, posix_Signal_KILL);
		return error;
	}
	if (request->settings.terminal)
		terminal_begin_session(process);
	process->program = program;
	program->process = process;
	return 0;
}

static void drop_files(struct posix_Personality_start_request *request)
{
	if (request->has_input)
		drop(&request->input.raw);
	if (request->has_output)
		drop(&request->output.raw);
	if (request->has_errors)
		drop(&request->errors.raw);
	if (request->has_fourth)
		drop(&request->fourth.raw);
}

static void op_start(void *self, const struct posix_Personality_start_request *request,
	struct sk_reply *to)
{
	struct posix_Personality_start_request mine = *request;
	struct program *program = allocate(sizeof(*program));
	struct posix_Personality_start_reply reply;
	struct arguments arguments;
	int error = program ? arguments_read(&arguments, to, &request->arguments,
		request->argument_count, &request->environment, request->environment_count) :
		posix_Error_ENOMEM;

	if (!error) {
		program->starter = self;
		error = start(&mine, to, &arguments, program);
		arguments_free(&arguments);
	}
	drop_files(&mine);
	if (!error && sk_mint(to->port, &program_object, program, &reply.program.raw) != SK_OK) {
		process_end(program->process, posix_ChildState_KILLED, posix_Signal_KILL);
		program = NULL;
		error = posix_Error_ENFILE;
	}
	if (error)
		release(program);
	else
		program->has_handle = true;
	posix_Personality_start_answer(to, error, &reply);
}

int personality_dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct posix_Personality_ops ops = {
		.start = op_start, .events = starter_events,
	};

	return posix_Personality_dispatch(&ops, self, incoming);
}
