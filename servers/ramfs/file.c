/*
 * Open files and the handles to them. Each handle is a session of its own to
 * the transport; the last one closes.
 */
#include "servers/ramfs/ramfs.h"

/* What `describe` does not tell. */
#define ONCE (fs_Open_CREATE | fs_Open_EXCLUSIVE | fs_Open_TRUNCATE | \
	fs_Open_DIRECTORY | fs_Open_TEMPORARY | fs_Open_NO_TERMINAL | fs_Open_SEALABLE)

int file_check(const struct session *session, const struct inode *inode, uint32_t flags)
{
	if (session->account->handles >= session->ram->limits.handles)
		return fs_Error_EMFILE;
	if (inode && inode->kind == fs_Kind_FILE &&
			((flags & fs_Open_WRITE && inode->executors > 0) ||
			(flags & fs_Open_EXECUTE && inode->writers > 0)))
		return fs_Error_ETXTBSY;
	return 0;
}

/* Counts it as open for writing or execution, or (-1) no longer. */
static void count(struct open_file *file, uint32_t change)
{
	file->where.inode->writers += file->is_writer ? change : 0;
	file->where.inode->executors += file->is_executor ? change : 0;
	file->ram->writers += file->is_writer ? change : 0;
	file->where.inode->opened += change;
	file->ram->open_files += change;
}

static void close_file(struct open_file *file)
{
	struct ram *ram = file->ram;
	struct where where = file->where;
	const struct lock_owner owner = {.file = file, .session = file->opener};

	if (file->is_mapped)
		inode_modified(where.inode);
	lock_whole(file, fs_LockKind_NONE);
	lock_release(where.inode, &owner);
	count(file, UINT32_MAX);
	if (where.inode->opened == 0)
		window_end(where.inode);
	watch_tell(&where, file->flags & fs_Open_WRITE ? fs_Change_CLOSED_WRITTEN :
		fs_Change_CLOSED_READ);
	where_release(&where);
	session_release(file->opener);
	ram_table_free(ram, file, sizeof(*file));
}

static void gone(void *self)
{
	struct open_handle *handle = self;
	struct open_file *file = handle->file;
	struct account *account = file->opener->account;

	account_hold(account);
	ram_table_free(file->ram, handle, sizeof(*handle));
	if (--file->handles == 0)
		close_file(file);
	session_discharge_handle(account);
	account_release(account);
}

static void canceled(void *self, uint64_t token)
{
	const struct open_handle *handle = self;

	wait_canceled(handle->file->ram, token);
}

static int mint(struct open_file *file, struct sk_port *port, fs_Rights rights,
	struct fs_File_handle *to)
{
	static const struct sk_object object = {
		.dispatch = files_dispatch_file, .gone = gone, .canceled = canceled,
	};
	static const struct sk_object directory = {
		.dispatch = files_dispatch_directory, .gone = gone,
		.canceled = canceled,
	};
	struct account *account = file->opener->account;
	struct open_handle *handle;
	int error = session_charge_handle(account);

	if (error != 0)
		return error;
	handle = ram_table_new(file->ram, sizeof(*handle));
	if (handle) {
		*handle = (struct open_handle){file, rights};
		if (sk_mint(port, file->kind == fs_Kind_DIRECTORY ? &directory : &object,
				handle, &to->raw) == SK_OK) {
			file->handles++;
			return 0;
		}
		ram_table_free(file->ram, handle, sizeof(*handle));
	}
	session_discharge_handle(account);
	return fs_Error_ENFILE;
}

int file_open(struct session *session, const struct subject *who, struct sk_port *port,
	const struct where *where, uint32_t flags, fs_Node node,
	struct fs_File_handle *handle)
{
	bool is_file = where->inode->kind == fs_Kind_FILE;
	struct open_file *file = ram_table_new(session->ram, sizeof(*file));
	int error;

	if (!file)
		return fs_Error_ENFILE;
	*file = (struct open_file){
		.ram = session->ram, .where = *where, .kind = where->inode->kind,
		.flags = flags & ~(uint32_t)ONCE, .mount_flags = session->flags,
		.keeps_set_id = access_is_capable(who, CAPABILITY_FSETID),
		.keeps_group = access_keeps_group(who, where->inode->group),
		.is_writer = is_file && flags & fs_Open_WRITE && !(flags & fs_Open_SEALABLE),
		.is_executor = is_file && flags & fs_Open_EXECUTE,
		.opener = session, .node = node,
	};
	session_hold(session);
	where_hold(where);
	error = mint(file, port, session->rights & (fs_Rights_READ | fs_Rights_WRITE |
		fs_Rights_EXECUTE), handle);
	if (error == 0) {
		count(file, 1);
		watch_tell(where, fs_Change_OPENED);
		return 0;
	}
	where_release(where);
	session_release(session);
	ram_table_free(file->ram, file, sizeof(*file));
	return error;
}

int file_share(const struct open_handle *from, struct sk_port *port, fs_Rights rights,
	struct fs_File_handle *handle)
{
	return mint(from->file, port, from->rights & rights, handle);
}

fs_Node file_node(const struct open_file *file)
{
	struct where where;

	if (!file->opener->is_open ||
			node_find(file->opener, file->node, &where) != 0)
		return 0;
	return file->node;
}

void file_was_read(const struct open_file *file, uint64_t count)
{
	if (!(file->flags & fs_Open_NO_ACCESS_TIME))
		inode_accessed(file->where.inode, file->ram->flags | file->mount_flags);
	if (count > 0)
		watch_tell(&file->where, fs_Change_ACCESSED);
}

int file_may(const struct open_handle *handle, fs_Rights right)
{
	if (handle->file->ram->is_ended)
		return fs_Error_EIO;
	return handle->rights & right ? 0 : fs_Error_EPERM;
}
