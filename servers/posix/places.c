/* Working directories and roots, and the paths of what is open. */
#include "servers/posix/posix.h"

#define SERVER(node) ((node)->mount->server)

/* A directory that the thread may search. */
static int find_directory(struct thread *thread, posix_Descriptor directory,
	struct sk_string path, bool empty, struct node **node)
{
	struct fs_FileSystem_access_request ask = {.want = fs_Access_EXECUTE};
	struct fs_FileSystem_access_reply found;
	struct fs_Status status;
	int error = walk_all(thread, directory, path, fs_Resolve_FOLLOW, empty, node, &status);

	if (error) {
		*node = NULL;
		return error;
	}
	fs_Place_init(&ask.place);
	ask.place.start = (*node)->number;
	ask.place.subject = thread->credentials->subject;
	if (status.kind != fs_Kind_DIRECTORY)
		error = posix_Error_ENOTDIR;
	else
		error = server_errno(fs_FileSystem_access(SERVER(*node), &ask, &found, NULL));
	if (error) {
		node_drop(*node);
		*node = NULL;
	}
	return error;
}

void op_change_directory(void *self,
	const struct posix_Paths_change_directory_request *request, struct sk_reply *to)
{
	const struct posix_Paths_change_directory_reply reply = {0};
	struct places *places = ((struct thread *)self)->process->places;
	struct node *node;
	int error = find_directory(self, request->directory, request->path,
		(request->flags & posix_AtFlags_EMPTY_PATH) != 0, &node);

	if (!error) {
		node_drop(places->directory);
		places->directory = node;
	}
	posix_Paths_change_directory_answer(to, error, &reply);
}

void op_change_root(void *self, const struct posix_Paths_change_root_request *request,
	struct sk_reply *to)
{
	const struct posix_Paths_change_root_reply reply = {0};
	struct thread *thread = self;
	struct places *places = thread->process->places;
	struct node *node;
	int error = find_directory(self, posix_CURRENT_DIRECTORY, request->path, false, &node);

	if (!error && !credentials_can(thread->credentials, CAP_SYS_CHROOT)) {
		node_drop(node);
		error = posix_Error_EPERM;
	}
	if (!error) {
		node_drop(places->root);
		places->root = node;
	}
	posix_Paths_change_root_answer(to, error, &reply);
}

static int give_text(struct sk_reply *to, const struct sk_lease *lease, const char *text,
	int size)
{
	if (size < 0)
		return -size;
	if ((uint64_t)size > lease->size)
		return posix_Error_ERANGE;
	return sk_lease_write(to, lease, 0, text, (uint64_t)size, NULL) == SK_OK ? 0 :
		posix_Error_EFAULT;
}

void op_working_directory(void *self,
	const struct posix_Paths_working_directory_request *request, struct sk_reply *to)
{
	static char text[fs_LINK_MAX];
	struct posix_Paths_working_directory_reply reply = {0};
	const struct places *places = ((struct thread *)self)->process->places;
	int size = node_path(places->directory, places->root, text, sizeof(text));
	int error = give_text(to, &request->path, text, size);

	reply.size = error ? 0 : (uint32_t)size;
	posix_Paths_working_directory_answer(to, error, &reply);
}

/* A name for what has no path. */
static int name_of(const struct file *file, char *to, size_t capacity)
{
	const char *kind = file->kind == posix_ObjectKind_PIPE ? "pipe" :
		file->kind == posix_ObjectKind_SOCKET ? "socket" : "anon_inode";
	char digits[24];
	size_t size = strlen(kind), count = 0;
	uint64_t number = file->number;

	do
		digits[count++] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	if (size + count + 3 > capacity)
		return -posix_Error_ERANGE;
	memcpy(to, kind, size);
	to[size++] = ':';
	to[size++] = '[';
	while (count > 0)
		to[size++] = digits[--count];
	to[size++] = ']';
	return (int)size;
}

int file_path(const struct file *file, struct node *root, char *to, uint32_t capacity)
{
	return file->node ? shown_path(file->node, root, to, capacity) :
		name_of(file, to, capacity);
}

void op_descriptor_path(void *self, const struct posix_Paths_descriptor_path_request *request,
	struct sk_reply *to)
{
	static char text[fs_LINK_MAX];
	struct posix_Paths_descriptor_path_reply reply = {0};
	const struct process *process = ((struct thread *)self)->process;
	struct file *file = files_find(process->files, request->descriptor);
	int error = posix_Error_EBADF, size;

	if (file) {
		size = file_path(file, process->places->root, text, sizeof(text));
		error = give_text(to, &request->path, text, size);
		reply.size = error ? 0 : (uint32_t)size;
	}
	posix_Paths_descriptor_path_answer(to, error, &reply);
}

void op_umask(void *self, const struct posix_Paths_umask_request *request,
	struct sk_reply *to)
{
	struct places *places = ((struct thread *)self)->process->places;
	const struct posix_Paths_umask_reply reply = {places->mask};

	if (request->has_mask)
		places->mask = request->mask & 0777;
	posix_Paths_umask_answer(to, 0, &reply);
}
