/* Programs: their files into a new space, with a stack that has arguments, environment
 * and the auxiliary vector. */
#include "servers/posix/binary.h"
#include "servers/posix/posix.h"

#define SCRIPTS_MAX 4
#define MASK (LAYOUT_PAGE - 1)
#define UP(x) (((x) + MASK) & ~MASK)

enum { AT_PHDR = 3, AT_PHENT, AT_PHNUM, AT_PAGESZ, AT_BASE, AT_FLAGS, AT_ENTRY,
	AT_UID = 11, AT_EUID, AT_GID, AT_EGID, AT_HWCAP = 16, AT_CLKTCK, AT_SECURE = 23,
	AT_HWCAP2 = 26, AT_RSEQ_FEATURE_SIZE, AT_RSEQ_ALIGN, AT_MINSIGSTKSZ = 51 };

/* ---- files as memory ---- */

/* Those read last: of files whose server has no memory of theirs to give. */
static struct cached {
	const struct mount *mount;
	fs_Inode inode;
	uint64_t version, size;
	struct sk_handle memory;
	uint64_t used;
} cache[16];

static bool read_file(struct sk_handle file, struct sk_handle memory, uint64_t size)
{
	const uint64_t step = UINT64_C(1) << 20;
	uint64_t done = 0;
	bool good = true;

	while (good && done < size) {
		uint64_t length = size - done < step ? size - done : step;
		void *at = map_here(memory, done, UP(length), true);
		struct fs_File_read_at_reply reply = {0};

		good = at && fs_File_read_at(on(file), &(struct fs_File_read_at_request){
			.offset = done, .data = sk_lend_out(at, length)}, &reply, NULL) == 0 &&
			reply.count > 0;
		unmap_here(at, UP(length));
		done += reply.count & ~MASK ? reply.count : length;
	}
	return good;
}

static struct cached *find_cached(const struct file *file, const struct fs_Status *status)
{
	struct cached *oldest = &cache[0];

	for (unsigned i = 0; i < ARRAY_SIZE(cache); i++) {
		if (cache[i].mount == file->node->mount && cache[i].inode == status->inode &&
				cache[i].version == status->version &&
				cache[i].size == status->size)
			return &cache[i];
		if (cache[i].used < oldest->used)
			oldest = &cache[i];
	}
	return oldest;
}

/* A handle of its own, as large as its pages. None: cannot be. */
static struct sk_handle read_cached(const struct file *file, const struct fs_Status *status)
{
	struct cached *place = find_cached(file, status);
	struct sk_handle memory;

	if (place->mount && place->inode == status->inode && place->version == status->version) {
		place->used = now();
		return copy(place->memory, ALL_RIGHTS);
	}
	memory = memory_new(sk_no_handle(), UP(status->size));
	if (memory.raw >= 0 && !read_file(file->handle, memory, status->size))
		drop(&memory);
	if (memory.raw < 0)
		return memory;
	if (place->mount)
		drop(&place->memory);
	*place = (struct cached){file->node->mount, status->inode, status->version,
		status->size, memory, now()};
	return copy(memory, ALL_RIGHTS);
}

int file_memory(struct file *file, bool is_shared, struct sk_handle *memory, uint64_t *bytes)
{
	struct fs_File_memory_reply reply;
	struct fs_File_status_reply status;

	*memory = sk_no_handle();
	if (fs_File_status(on(file->handle), &(struct fs_File_status_request){0}, &status,
			NULL) != 0)
		return posix_Error_ENODEV;
	*bytes = UP(status.status.size);
	if (fs_File_memory(on(file->handle), &(struct fs_File_memory_request){0}, &reply,
			NULL) == 0)
		*memory = reply.memory.raw;
	else if (is_shared || status.status.kind != fs_Kind_FILE)
		return posix_Error_ENODEV;
	else if (*bytes > 0)
		*memory = read_cached(file, &status.status);
	return memory->raw < 0 && *bytes > 0 ? posix_Error_ENOMEM : 0;
}

/* ---- loading ---- */

/* An open file of a program, and what its beginning says. */
struct opened {
	struct file *file;
	struct fs_Status status;
	uint8_t head[BINARY_HEAD];
	size_t size;
};

static int open_binary(struct opened *opened, struct thread *thread,
	posix_Descriptor directory, struct sk_string path, fs_Resolve resolve,
	bool may_be_empty)
{
	struct fs_File_read_at_reply reply;
	int error = open_path(thread, directory, path, fs_Open_EXECUTE, 0, resolve,
		may_be_empty, &opened->file, &opened->status);

	if (error)
		return error;
	if (opened->status.kind != fs_Kind_FILE || opened->file->handle.raw < 0)
		return posix_Error_EACCES;
	error = server_errno(fs_File_read_at(on(opened->file->handle),
		&(struct fs_File_read_at_request){
			.data = sk_lend_out(opened->head, sizeof(opened->head))}, &reply, NULL));
	opened->size = reply.count;
	return error;
}

static void close_binary(struct opened *opened)
{
	if (opened->file)
		file_drop(opened->file);
	opened->file = NULL;
}

static int map_zeros(struct space *space, struct sk_handle quota, uint64_t from,
	uint64_t to, uint32_t access, uint64_t tag)
{
	struct sk_handle memory;
	int status;

	if (from >= to)
		return SK_OK;
	memory = memory_new(quota, to - from);
	if (memory.raw < 0)
		return kernel_Error_QUOTA_EXCEEDED;
	status = map_there(space->handle, memory, 0, to - from, from, access, 0,
		kernel_Inherit_COPY, tag);
	drop(&memory);
	return status;
}

static int map_part(struct space *space, struct sk_handle quota, struct sk_handle memory,
	const struct binary_part *part, uint64_t base, uint64_t tag)
{
	static const uint8_t zeros[4096];
	const uint64_t start = (base + part->address) & ~MASK;
	const uint64_t content = base + part->address + part->file_size;
	const uint64_t end = UP(base + part->address + part->size);
	const uint32_t access = (part->readable || part->executable ?
		kernel_Protection_READ : 0) | (part->writable ? kernel_Protection_WRITE : 0) |
		(part->executable ? kernel_Protection_EXECUTE : 0);
	int status = SK_OK;

	if (part->file_size > 0)
		status = map_there(space->handle, memory, part->offset & ~MASK,
			UP(content) - start, start, access, kernel_MapFlags_PRIVATE,
			kernel_Inherit_COPY, tag);
	if (status == SK_OK && part->size > part->file_size && content & MASK &&
			part->writable)
		status = K0(space->handle, Space_write, .to = content, .force = true,
			.data = sk_lend(zeros, UP(content) - content));
	if (status != SK_OK)
		return status;
	return map_zeros(space, quota, part->file_size > 0 ? UP(content) : start, end, access,
		LAYOUT_TAG_PRIVATE);
}

static int map_binary(struct space *space, struct sk_handle quota,
	const struct opened *opened, const struct binary *binary, uint64_t base)
{
	struct sk_handle memory;
	uint64_t bytes;
	int error = file_memory(opened->file, false, &memory, &bytes);
	int status = SK_OK;

	if (error)
		return error;
	/* What is placed by us may reach beyond the end. */
	if (base + binary->high > LAYOUT_PROGRAM_END)
		status = kernel_Error_NO_MEMORY;
	for (uint32_t i = 0; i < binary->count && status == SK_OK; i++)
		status = map_part(space, quota, memory, &binary->parts[i], base,
			LAYOUT_TAG_PRIVATE);
	drop(&memory);
	return kernel_errno(status);
}

/* Where it goes, by what it says itself and where others of its kind go. */
static uint64_t base_of(const struct binary *binary, uint64_t wanted)
{
	return binary->is_relative ? wanted - binary->low : 0;
}

static int load_interpreter(struct space *space, struct sk_handle quota,
	struct thread *thread, const struct opened *program, const struct binary *binary,
	uint64_t *base, uint64_t *entry)
{
	static struct opened opened;
	struct sk_string path = {NULL, 0};
	struct binary interpreter;
	int error;

	path.data = (const char *)program->head + binary->interpreter;
	path.size = (uint32_t)strlen(path.data);
	error = open_binary(&opened, thread, posix_CURRENT_DIRECTORY, path, fs_Resolve_FOLLOW,
		false);
	if (!error)
		error = binary_read(opened.head, opened.size, &interpreter) ?
			80 : 0;
	if (!error) {
		*base = base_of(&interpreter, LAYOUT_INTERPRETER);
		*entry = *base + interpreter.entry;
		error = map_binary(space, quota, &opened, &interpreter, *base);
	}
	close_binary(&opened);
	return error;
}

static void note_layout(struct space *space, const struct binary *binary, uint64_t base)
{
	for (uint32_t i = 0; i < binary->count; i++) {
		const struct binary_part *part = &binary->parts[i];

		if (part->executable) {
			space->code_start = base + part->address;
			space->code_end = base + part->address + part->file_size;
		} else if (part->writable) {
			space->data_start = base + part->address;
			space->data_end = base + part->address + part->file_size;
		}
	}
	space->heap_start = space->heap_end = space->heap_mapped = UP(base + binary->high);
	space->mappings_end = LAYOUT_MAPPINGS_END;
}

static void random_bytes(uint8_t *to, uint32_t count)
{
	struct kernel_System_random_reply reply;

	memset(to, 0, count);
	if (kernel_System_random(&posix.system.channel,
			&(struct kernel_System_random_request){.count = count}, &reply, NULL) ==
			SK_OK)
		memcpy(to, reply.bytes.data, reply.bytes.size < count ? reply.bytes.size :
			count);
}

/* What arguments may take of a stack of so many bytes, and how much of it is mapped: where it
 * may be larger than usual it grows by faults. */
static bool fits_stack(uint64_t arguments, uint64_t limit)
{
	const uint64_t least = UINT64_C(128) << 10;

	return arguments <= LAYOUT_STACK_BYTES / 2 && arguments <= (limit / 4 > least ?
		limit / 4 : least);
}

static uint64_t stack_bytes(uint64_t arguments, uint64_t limit)
{
	const uint64_t bytes = limit < LAYOUT_STACK_BYTES ? limit & ~MASK : LAYOUT_STACK_BYTES;

	return bytes > arguments + LAYOUT_PAGE ? bytes : arguments + LAYOUT_PAGE;
}

static int make_stack(struct loaded *loaded, struct sk_handle quota, uint64_t limit,
	const struct arguments *arguments, const char *name, const struct binary *binary,
	uint64_t base, uint64_t interpreter)
{
	const struct posix_Credentials *ids = &loaded->credentials->ids;
	const struct binary_auxiliary auxiliary[] = {
		{AT_HWCAP, 0x178bfbff}, {AT_PAGESZ, LAYOUT_PAGE}, {AT_CLKTCK, 100},
		{AT_PHDR, binary->headers ? base + binary->headers : 0}, {AT_PHENT, 56},
		{AT_PHNUM, binary->header_count}, {AT_BASE, interpreter}, {AT_FLAGS, 0},
		{AT_ENTRY, base + binary->entry}, {AT_UID, ids->user},
		{AT_EUID, ids->effective_user}, {AT_GID, ids->group_id},
		{AT_EGID, ids->effective_group},
		{AT_SECURE, loaded->is_secure},
		{AT_HWCAP2, 2}, {AT_MINSIGSTKSZ, 3632},
		{AT_RSEQ_FEATURE_SIZE, 28}, {AT_RSEQ_ALIGN, 32},
	};
	struct binary_stack stack = {
		.strings = arguments->strings,
		.string_bytes = arguments->argument_bytes + arguments->environment_bytes,
		.argument_bytes = arguments->argument_bytes,
		.argument_count = arguments->argument_count,
		.environment_count = arguments->environment_count, .file_name = name,
		.auxiliary = auxiliary, .auxiliary_count = ARRAY_SIZE(auxiliary),
	};
	const uint64_t size = UP(binary_stack_size(&stack)), top = LAYOUT_PROGRAM_END;
	const uint64_t bytes = stack_bytes(size, limit);
	struct space *space = loaded->space;
	struct sk_handle memory;
	uint8_t *at;
	int status;

	if (!fits_stack(size, limit))
		return posix_Error_E2BIG;
	memory = memory_new(quota, bytes);
	at = memory.raw < 0 ? NULL : map_here(memory, bytes - size, size, true);
	if (!at) {
		drop(&memory);
		return posix_Error_ENOMEM;
	}
	random_bytes(stack.random, 16);
	loaded->stack = binary_stack_write(&stack, at, size, top);
	unmap_here(at, size);
	space->stack_start = loaded->stack;
	space->stack_end = top;
	space->stack_low = top - bytes;
	space->arguments = stack.arguments;
	space->arguments_end = space->environment = stack.arguments_end;
	space->environment_end = stack.environment_end;
	status = map_there(space->handle, memory, 0, bytes, top - bytes,
		kernel_Protection_READ | kernel_Protection_WRITE, 0, kernel_Inherit_COPY,
		LAYOUT_TAG_STACK);
	drop(&memory);
	return kernel_errno(status);
}

/* A new space with all of it. */
static int load(struct loaded *loaded, struct thread *thread, struct sk_handle quota,
	const struct opened *opened, const struct arguments *arguments, const char *name)
{
	struct binary binary;
	uint64_t base, interpreter = 0;
	int error = binary_read(opened->head, opened->size, &binary);

	if (error)
		return error;
	loaded->space = space_new(quota);
	if (!loaded->space)
		return posix_Error_ENOMEM;
	base = base_of(&binary, LAYOUT_PIE);
	loaded->entry = base + binary.entry;
	error = map_binary(loaded->space, quota, opened, &binary, base);
	note_layout(loaded->space, &binary, base);
	if (!error && binary.interpreter_size > 0)
		error = load_interpreter(loaded->space, quota, thread, opened, &binary,
			&interpreter, &loaded->entry);
	if (!error)
		error = make_stack(loaded, quota, thread->process->limits[
			posix_Resource_STACK].soft, arguments, name, &binary, base,
			interpreter);
	if (error)
		space_drop(loaded->space);
	return error;
}

static void take_name(struct loaded *loaded, const char *path, uint32_t size)
{
	uint32_t start = size;

	while (start > 0 && path[start - 1] != '/')
		start--;
	size = size - start < 15 ? size - start : 15;
	memset(loaded->name, 0, sizeof(loaded->name));
	memcpy(loaded->name, path + start, size);
}

/* Of a program that was named by a descriptor alone: the last name of what that is. */
static void take_node_name(struct loaded *loaded, struct node *node, struct node *root)
{
	static char path[fs_LINK_MAX];
	int size = node->label ? 0 : node_path(node, root, path, sizeof(path));

	if (node->label) {
		memcpy(path, "memfd:", 6);
		size = (int)strlen(node->label);
		memcpy(path + 6, node->label, (size_t)size);
		size += 6;
	}
	if (size > 0)
		take_name(loaded, path, (uint32_t)size);
}

/* What a program that was named by a descriptor alone is told as its path. */
static void name_descriptor(char *to, posix_Descriptor descriptor)
{
	char digits[12];
	uint32_t count = 0;

	memcpy(to, "/dev/fd/", 8);
	for (to += 8; count == 0 || descriptor > 0; descriptor /= 10)
		digits[count++] = (char)('0' + descriptor % 10);
	while (count > 0)
		*to++ = digits[--count];
	*to = 0;
}

/* A script's interpreter is to open it by that path. */
static bool is_closed_then(const struct thread *thread, posix_Descriptor descriptor)
{
	return thread->process->files->entries[descriptor].flags &
		posix_DescriptorFlags_CLOSE_ON_EXEC;
}

/* Of a file that runs already, one is open for all who run it. */
static struct file *program_file(struct file *file)
{
	for (const struct process *p = posix.processes; p; p = p->next) {
		struct file *other = p->space ? p->space->program : NULL;

		if (!other || other->node->mount != file->node->mount ||
				other->node->number != file->node->number)
			continue;
		other->references++;
		file_drop(file);
		return other;
	}
	return file;
}

int exec_load(struct loaded *loaded, struct thread *thread, struct sk_handle quota,
	posix_Descriptor directory, struct sk_string path, bool no_follow, bool may_be_empty,
	struct arguments *arguments)
{
	static struct opened opened;
	static char name[posix_PATH_MAX + 1], next[posix_PATH_MAX + 1];
	struct binary_text interpreter, argument;
	fs_Resolve resolve = no_follow ? 0 : fs_Resolve_FOLLOW;
	bool is_bare = path.size == 0 && may_be_empty;
	int error = 0;

	loaded->credentials = NULL;
	memcpy(name, path.data, path.size);
	name[path.size] = 0;
	take_name(loaded, name, path.size);
	for (int depth = 0; !error; depth++) {
		uint32_t size = (uint32_t)strlen(name);

		error = open_binary(&opened, thread, directory, (struct sk_string){name, size},
			resolve, is_bare);
		if (!error && is_bare) {
			take_node_name(loaded, opened.file->node, thread->process->places->root);
			name_descriptor(name, directory);
			size = (uint32_t)strlen(name);
		}
		if (error || !binary_script(opened.head, opened.size, &interpreter, &argument))
			break;
		if (is_bare && is_closed_then(thread, directory))
			error = posix_Error_ENOENT;
		else if (depth == SCRIPTS_MAX)
			error = posix_Error_ELOOP;
		else if (interpreter.size == 0)
			error = posix_Error_ENOEXEC;
		else
			error = arguments_put_script(arguments, &interpreter, &argument,
				(struct sk_string){name, size});
		if (!error) {
			memcpy(next, interpreter.at, interpreter.size);
			next[interpreter.size] = 0;
			memcpy(name, next, interpreter.size + 1);
		}
		is_bare = false;
		directory = posix_CURRENT_DIRECTORY;
		resolve = fs_Resolve_FOLLOW;
		close_binary(&opened);
	}
	if (!error) {
		loaded->credentials = capability_exec(thread,
			opened.file->node->mount, &opened.status, &loaded->is_secure);
		error = loaded->credentials ? 0 : posix_Error_ENOMEM;
	}
	if (!error)
		error = load(loaded, thread, quota, &opened, arguments, name);
	if (!error) {
		loaded->executable = node_take(opened.file->node);
		loaded->space->program = program_file(opened.file);
		opened.file = NULL;
	} else {
		credentials_drop(loaded->credentials);
		loaded->credentials = NULL;
	}
	close_binary(&opened);
	return error;
}
