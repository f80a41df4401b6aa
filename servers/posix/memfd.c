/* memfd_create: a file without a name, of the server that the root is on. */
#include "servers/posix/posix.h"

#define KNOWN (posix_MemfdFlags_CLOSE_ON_EXEC | posix_MemfdFlags_ALLOW_SEALING | \
	posix_MemfdFlags_NO_EXECUTE | posix_MemfdFlags_EXECUTE)

static struct mount *root_mount(void)
{
	struct mount *mount = mounts;

	while (mount->covers)
		mount = mount->next;
	return mount;
}

/* By posix itself, since who makes it may write no directory there; then it is theirs. */
static int make(const struct credentials *who, bool may_execute, struct file **file)
{
	const fs_Open flags = fs_Open_READ | fs_Open_WRITE;
	struct mount *mount = root_mount();
	struct fs_FileSystem_open_reply opened;
	struct fs_FileSystem_set_owner_reply owned;
	int error = server_errno(fs_FileSystem_open(mount->server,
		&(struct fs_FileSystem_open_request){
			.place = {.start = fs_ROOT, .subject = fs_SELF},
			.flags = flags | fs_Open_TEMPORARY | fs_Open_EXCLUSIVE | fs_Open_SEALABLE,
			.mode = may_execute ? 0777 : 0666}, &opened, NULL));

	*file = NULL;
	if (!error)
		error = take_opened(mount, &opened, flags, file);
	if (!error)
		error = server_errno(fs_FileSystem_set_owner(mount->server,
			&(struct fs_FileSystem_set_owner_request){
			.node = (*file)->node->number, .subject = fs_SELF,
			.has_owner = true, .owner = who->file_user,
			.has_owner_group = true, .owner_group = who->ids.file_group}, &owned,
			NULL));
	return error;
}

static int label(struct node *node, struct sk_string name)
{
	node->label = allocate(name.size + 1);
	if (!node->label)
		return posix_Error_ENOMEM;
	memcpy(node->label, name.data, name.size);
	return 0;
}

/* The seals that it begins with. */
static int seal(const struct file *file, posix_MemfdFlags flags)
{
	const fs_Seals seals = flags & posix_MemfdFlags_NO_EXECUTE ? fs_Seals_EXECUTE_MODE :
		flags & posix_MemfdFlags_ALLOW_SEALING ? 0 : fs_Seals_SEAL;

	return seals == 0 ? 0 : server_errno(fs_File_add_seals(on(file->handle),
		&(struct fs_File_add_seals_request){seals},
		&(struct fs_File_add_seals_reply){0}, NULL));
}

void op_create_memfd(void *self, const struct posix_Descriptors_create_memfd_request *request,
	struct sk_reply *to)
{
	const posix_MemfdFlags flags = request->flags;
	const posix_DescriptorFlags own = flags & posix_MemfdFlags_CLOSE_ON_EXEC ?
		(uint32_t)posix_DescriptorFlags_CLOSE_ON_EXEC : 0;
	struct posix_Descriptors_create_memfd_reply reply;
	struct thread *thread = self;
	struct file *file = NULL;
	int error = flags & ~(uint32_t)KNOWN || (flags & posix_MemfdFlags_EXECUTE &&
		flags & posix_MemfdFlags_NO_EXECUTE) ? posix_Error_EINVAL :
		make(thread->credentials, !(flags & posix_MemfdFlags_NO_EXECUTE), &file);

	posix_Descriptors_create_memfd_reply_init(&reply);
	if (!error)
		error = label(file->node, request->name);
	if (!error)
		error = seal(file, flags);
	if (!error)
		error = file_install(thread, file, own, to->port, &reply.opened, &reply.file.raw);
	else
		file_drop(file);
	posix_Descriptors_create_memfd_answer(to, error, &reply);
}
