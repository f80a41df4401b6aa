/* Open files, and tables of descriptors. */
#include "servers/posix/socket.h"

#define FIRST_ENTRIES 32

static uint64_t limit_of(const struct process *process)
{
	return process->limits[posix_Resource_FILES].soft;
}

/* ---- open files ---- */

struct file *file_new(posix_ObjectKind kind, fs_Open flags)
{
	static uint64_t last;
	struct user *user = user_served();
	struct file *file = user && user_may(user, USER_FILES, 1) ? allocate(sizeof(*file)) :
		NULL;

	if (!file)
		return NULL;
	user_charge(user, USER_FILES, 1);
	file->user = user;
	file->references = 1;
	file->kind = kind;
	file->flags = flags;
	file->handle = sk_no_handle();
	file->number = ++last;
	posix.file_count++;
	return file;
}

/* Sessions of it find nothing any more. */
static void detach(struct file *file, int32_t process)
{
	struct access **link = &file->accesses;

	while (*link) {
		struct access *access = *link;

		if (process != 0 && access->process != process) {
			link = &access->next;
			continue;
		}
		*link = access->next;
		access->file = NULL;
	}
}

void file_drop(struct file *file)
{
	if (!file || --file->references > 0) {
		if (file && file->in_flight && file->references == file->in_flight)
			socket_lost(file);
		return;
	}
	epoll_file_closed(file);
	if (file->ops && file->ops->closed)
		file->ops->closed(file);
	detach(file, 0);
	watch_closed(file);
	drop(&file->handle);
	node_drop(file->node);
	user_return(file->user, USER_FILES, 1);
	release(file);
	posix.file_count--;
}

void access_gone(void *self)
{
	struct access *access = self;

	if (access->file) {
		struct access **link = &access->file->accesses;

		while (*link != access)
			link = &(*link)->next;
		*link = access->next;
	}
	user_return(access->user, USER_ACCESSES, 1);
	release(access);
}

/* A session of one that posix serves. */
static int mint_access(struct file *file, const struct process *process,
	struct sk_port *port, struct sk_handle *handle)
{
	struct user *user = process->user;
	struct access *access = user_may(user, USER_ACCESSES, 1) ?
		allocate(sizeof(*access)) : NULL;

	if (!access || sk_mint(port, file->ops->object, access, handle) != SK_OK) {
		release(access);
		return posix_Error_ENFILE;
	}
	user_charge(user, USER_ACCESSES, 1);
	*access = (struct access){file->accesses, file, user, process->pid, true};
	file->accesses = access;
	return 0;
}

int file_handle(struct file *file, struct process *process, struct sk_port *port,
	bool *has, struct sk_handle *handle)
{
	*has = false;
	*handle = sk_no_handle();
	if (file->flags & fs_Open_PATH_ONLY)
		return 0;
	if (file->ops) {
		int error = mint_access(file, process, port, handle);

		*has = error == 0;
		return error;
	}
	if (file->handle.raw < 0)
		return 0;
	*handle = copy(file->handle, ALL_RIGHTS);
	*has = handle->raw >= 0;
	return *has ? 0 : posix_Error_ENFILE;
}

int file_install(struct thread *thread, struct file *file, posix_DescriptorFlags own,
	struct sk_port *port, struct posix_Opened *opened, struct sk_handle *handle)
{
	struct process *process = thread->process;
	int32_t number = files_add(process->files, file, 0, own, limit_of(process));
	bool has;
	int error;

	if (number < 0)
		return -number;
	error = file_handle(file, process, port, &has, handle);
	*opened = file_opened(file, number, own, process);
	if (error)
		files_close(thread, number);
	return error;
}

void file_describe(const struct access *access, fs_Kind kind, struct sk_reply *to)
{
	const struct fs_File_describe_reply reply = {.kind = kind,
		.flags = access->file ? access->file->flags : 0};

	fs_File_describe_answer(to, access->file ? 0 : posix_Error_EBADF, &reply);
}

struct posix_Opened file_opened(const struct file *file, posix_Descriptor number,
	posix_DescriptorFlags flags, const struct process *process)
{
	return (struct posix_Opened){
		.descriptor = number, .kind = file->kind, .flags = file->flags,
		.own_flags = flags, .may_keep = process->files->references == 1,
	};
}

/* ---- tables ---- */

struct files *files_new(void)
{
	struct files *files = allocate(sizeof(*files));

	if (!files)
		return NULL;
	files->user = user_take(user_served());
	files->references = 1;
	return files;
}

static bool grow(struct files *files, uint32_t capacity)
{
	const uint32_t more = capacity - files->capacity;
	struct descriptor *entries = user_may(files->user, USER_SLOTS, more) ?
		allocate(capacity * sizeof(*entries)) : NULL;

	if (!entries)
		return false;
	user_charge(files->user, USER_SLOTS, more);
	if (files->entries)
		memcpy(entries, files->entries, files->capacity * sizeof(*entries));
	release(files->entries);
	files->entries = entries;
	files->capacity = capacity;
	return true;
}

struct files *files_copy(const struct files *from)
{
	struct files *files = files_new();

	if (!files || from->capacity == 0)
		return files;
	if (!grow(files, from->capacity)) {
		files_drop(files);
		return NULL;
	}
	files->least = from->least;
	for (uint32_t i = 0; i < from->capacity; i++) {
		files->entries[i] = from->entries[i];
		if (from->entries[i].file)
			from->entries[i].file->references++;
	}
	return files;
}

void files_drop(struct files *files)
{
	if (!files || --files->references > 0)
		return;
	lock_files_gone(files);
	for (uint32_t i = 0; i < files->capacity; i++)
		file_drop(files->entries[i].file);
	user_return(files->user, USER_SLOTS, files->capacity);
	user_drop(files->user);
	release(files->entries);
	release(files);
}

struct file *files_find(const struct files *files, posix_Descriptor number)
{
	return number >= 0 && (uint32_t)number < files->capacity ?
		files->entries[number].file : NULL;
}

int32_t files_add(struct files *files, struct file *file, posix_Descriptor least,
	posix_DescriptorFlags flags, uint64_t limit)
{
	uint32_t at = (uint32_t)least > files->least ? (uint32_t)least : files->least;

	while (at < files->capacity && files->entries[at].file)
		at++;
	if (at >= limit || (at >= files->capacity && !grow(files, at < FIRST_ENTRIES ?
			FIRST_ENTRIES : at * 2))) {
		file_drop(file);
		return at >= limit ? -(int32_t)posix_Error_EMFILE : -(int32_t)posix_Error_ENOMEM;
	}
	files->entries[at] = (struct descriptor){file, flags};
	if ((uint32_t)least <= files->least)
		files->least = at + 1;
	return (int32_t)at;
}

static bool has_access(const struct file *file, int32_t process)
{
	const struct access *access = file->accesses;

	while (access && access->process != process)
		access = access->next;
	return access != NULL;
}

static bool has_file(const struct files *files, const struct file *file)
{
	for (uint32_t i = 0; i < files->capacity; i++)
		if (files->entries[i].file == file)
			return true;
	return false;
}

int files_close(struct thread *thread, posix_Descriptor number)
{
	struct files *files = thread->process->files;
	struct file *file = files_find(files, number);

	if (!file)
		return posix_Error_EBADF;
	files->entries[number].file = NULL;
	if ((uint32_t)number < files->least)
		files->least = (uint32_t)number;
	window_closed(thread->process, number);
	/* The last one ends all of its sessions; others are looked for where it has one. */
	if (file->ops && file->references > 1 && has_access(file, thread->process->pid) &&
			!has_file(files, file))
		detach(file, thread->process->pid);
	lock_file_closed(files, file);
	file_drop(file);
	return 0;
}

void files_close_on_exec(struct files *files)
{
	files->least = 0;
	for (uint32_t i = 0; i < files->capacity; i++)
		if (files->entries[i].file &&
				(files->entries[i].flags & posix_DescriptorFlags_CLOSE_ON_EXEC)) {
			lock_file_closed(files, files->entries[i].file);
			file_drop(files->entries[i].file);
			files->entries[i].file = NULL;
		}
}

/* ---- operations ---- */

#define PROCESS(self) (((struct thread *)(self))->process)

void op_look_up(void *self, const struct posix_Descriptors_look_up_request *request,
	struct sk_reply *to)
{
	struct posix_Descriptors_look_up_reply reply;
	struct process *process = PROCESS(self);
	struct file *file = files_find(process->files, request->descriptor);
	int error = posix_Error_EBADF;

	posix_Descriptors_look_up_reply_init(&reply);
	if (file) {
		reply.opened = file_opened(file, request->descriptor,
			process->files->entries[request->descriptor].flags, process);
		error = file_handle(file, process, to->port, &reply.has_file, &reply.file.raw);
	}
	posix_Descriptors_look_up_answer(to, error, &reply);
}

void op_descriptors(void *self, const struct posix_Descriptors_descriptors_request *request,
	struct sk_reply *to)
{
	struct posix_Opened opened[64];
	struct posix_Descriptors_descriptors_reply reply = {
		.opened = {.items = opened}, .next = -1};
	const struct process *process = PROCESS(self);
	const struct files *files = process->files;

	for (uint32_t i = request->from < 0 ? 0 : (uint32_t)request->from;
			i < files->capacity && reply.next < 0; i++) {
		if (!files->entries[i].file)
			continue;
		if (reply.opened.count == ARRAY_SIZE(opened))
			reply.next = (int32_t)i;
		else
			opened[reply.opened.count++] = file_opened(files->entries[i].file,
				(int32_t)i, files->entries[i].flags, process);
	}
	posix_Descriptors_descriptors_answer(to, 0, &reply);
}

void op_close(void *self, const struct posix_Descriptors_close_request *request,
	struct sk_reply *to)
{
	const struct posix_Descriptors_close_reply reply = {0};

	posix_Descriptors_close_answer(to, files_close(self, request->descriptor), &reply);
}

void op_close_range(void *self, const struct posix_Descriptors_close_range_request *request,
	struct sk_reply *to)
{
	const struct posix_Descriptors_close_range_reply reply = {0};
	struct process *process = PROCESS(self);
	uint32_t last = request->last < 0 ? UINT32_MAX : (uint32_t)request->last;
	int error = (uint32_t)request->first > last ? posix_Error_EINVAL : 0;

	if (!error && (request->flags & posix_CloseRangeFlags_UNSHARE) &&
			process->files->references > 1) {
		struct files *files = files_copy(process->files);

		error = files ? 0 : posix_Error_ENOMEM;
		if (files) {
			files_drop(process->files);
			process->files = files;
		}
	}
	for (uint32_t i = (uint32_t)request->first; !error && i <= last &&
			i < process->files->capacity; i++) {
		if (!process->files->entries[i].file)
			continue;
		if (request->flags & posix_CloseRangeFlags_CLOSE_ON_EXEC)
			process->files->entries[i].flags |= posix_DescriptorFlags_CLOSE_ON_EXEC;
		else
			files_close(self, (int32_t)i);
	}
	posix_Descriptors_close_range_answer(to, error, &reply);
}

void op_duplicate(void *self, const struct posix_Descriptors_duplicate_request *request,
	struct sk_reply *to)
{
	struct posix_Descriptors_duplicate_reply reply = {0};
	struct process *process = PROCESS(self);
	struct file *file = files_find(process->files, request->descriptor);
	int error = !file ? posix_Error_EBADF : request->least < 0 ||
		(uint64_t)request->least >= limit_of(process) ? posix_Error_EINVAL : 0;

	if (!error) {
		file->references++;
		reply.duplicate = files_add(process->files, file, request->least,
			request->flags, limit_of(process));
		error = reply.duplicate < 0 ? -reply.duplicate : 0;
	}
	posix_Descriptors_duplicate_answer(to, error, &reply);
}

static int put_at(struct thread *thread, struct file *file, posix_Descriptor at,
	posix_DescriptorFlags flags)
{
	struct files *files = thread->process->files;

	if (at < 0 || (uint64_t)at >= limit_of(thread->process))
		return posix_Error_EBADF;
	if ((uint32_t)at >= files->capacity && !grow(files, (uint32_t)at * 2 + 8))
		return posix_Error_ENOMEM;
	file->references++;
	files_close(thread, at);
	files->entries[at] = (struct descriptor){file, flags};
	return 0;
}

void op_duplicate_to(void *self, const struct posix_Descriptors_duplicate_to_request *request,
	struct sk_reply *to)
{
	const struct posix_Descriptors_duplicate_to_reply reply = {0};
	struct file *file = files_find(PROCESS(self)->files, request->descriptor);
	int error;

	if (!file)
		error = posix_Error_EBADF;
	else if (request->descriptor == request->to)
		error = request->may_be_equal ? 0 : posix_Error_EINVAL;
	else
		error = put_at(self, file, request->to, request->flags);
	posix_Descriptors_duplicate_to_answer(to, error, &reply);
}

void op_descriptor_flags(void *self,
	const struct posix_Descriptors_descriptor_flags_request *request, struct sk_reply *to)
{
	struct posix_Descriptors_descriptor_flags_reply reply = {0};
	const struct files *files = PROCESS(self)->files;
	bool is_there = files_find(files, request->descriptor) != NULL;

	if (is_there)
		reply.flags = files->entries[request->descriptor].flags;
	posix_Descriptors_descriptor_flags_answer(to, is_there ? 0 : posix_Error_EBADF, &reply);
}

void op_set_descriptor_flags(void *self,
	const struct posix_Descriptors_set_descriptor_flags_request *request,
	struct sk_reply *to)
{
	const struct posix_Descriptors_set_descriptor_flags_reply reply = {0};
	struct files *files = PROCESS(self)->files;
	bool is_there = files_find(files, request->descriptor) != NULL;

	if (is_there)
		files->entries[request->descriptor].flags = request->flags;
	posix_Descriptors_set_descriptor_flags_answer(to, is_there ? 0 : posix_Error_EBADF,
		&reply);
}

void op_status_flags(void *self, const struct posix_Descriptors_status_flags_request *request,
	struct sk_reply *to)
{
	const struct file *file = files_find(PROCESS(self)->files, request->descriptor);
	const struct posix_Descriptors_status_flags_reply reply = {file ? file->flags : 0};

	posix_Descriptors_status_flags_answer(to, file ? 0 : posix_Error_EBADF, &reply);
}

void op_set_status_flags(void *self,
	const struct posix_Descriptors_set_status_flags_request *request, struct sk_reply *to)
{
	const fs_Open may = fs_Open_APPEND | fs_Open_NON_BLOCKING | fs_Open_ASYNC |
		fs_Open_DIRECT | fs_Open_NO_ACCESS_TIME;
	const struct posix_Descriptors_set_status_flags_reply reply = {0};
	struct file *file = files_find(PROCESS(self)->files, request->descriptor);
	int error = file ? 0 : posix_Error_EBADF;

	if (file && !file->ops && file->handle.raw >= 0)
		error = server_errno(fs_File_set_flags(on(file->handle),
			&(struct fs_File_set_flags_request){request->flags & may},
			&(struct fs_File_set_flags_reply){0}, NULL));
	if (!error)
		file->flags = (file->flags & ~may) | (request->flags & may);
	posix_Descriptors_set_status_flags_answer(to, error, &reply);
}
