/* Pseudo-terminals: by number, and their names, which are nodes in /dev/pts. */
#include "servers/posix/terminal.h"

#define TTY_GROUP 5

static struct terminal *ptys[PTYS_MAX];
static fs_Node directory;		/* /dev/pts; 0: there is none */
static struct mount *place;		/* where that lies */

struct terminal *pty_find(uint32_t number)
{
	return number < PTYS_MAX ? ptys[number] : NULL;
}

/* With a NUL behind it: how many digits. */
static size_t put_number(char *to, uint32_t number)
{
	char digits[10];
	size_t count = 0;

	do
		digits[count++] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	for (size_t i = 0; i < count; i++)
		to[i] = digits[count - 1 - i];
	to[count] = 0;
	return count;
}

size_t pty_name(const struct terminal *t, char name[PTY_NAME])
{
	memcpy(name, "pts/", 4);
	return 4 + put_number(name + 4, t->number);
}

/* ---- names ---- */

static struct fs_At at(const char *name)
{
	return (struct fs_At){directory, fs_SELF, {name, (uint32_t)strlen(name)}};
}

static void remove_name(uint32_t number)
{
	char name[PTY_NAME];

	put_number(name, number);
	fs_FileSystem_unlink(place->server,
		&(struct fs_FileSystem_unlink_request){at(name)},
		&(struct fs_FileSystem_unlink_reply){0}, NULL);
}

void pty_nodes(struct sk_channel *server, fs_Node dev)
{
	bool is_new;

	place = mounts;
	directory = device_directory(server, dev, "pts", 0755, &is_new);
	/* What a posix that has died left there. */
	for (uint32_t i = 0; directory && !is_new && i < PTYS_MAX; i++)
		remove_name(i);
}

static void make_name(struct terminal *t, const struct credentials *who)
{
	struct sk_channel *server = place->server;
	struct fs_FileSystem_make_node_reply made;
	struct fs_FileSystem_set_owner_reply owned;
	char name[PTY_NAME];

	if (!directory)
		return;
	remove_name(t->number);
	put_number(name, t->number);
	if (fs_FileSystem_make_node(server, &(struct fs_FileSystem_make_node_request){
			at(name), fs_Kind_CHARACTER_DEVICE, 0620, t->major, t->minor},
			&made, NULL) != 0)
		return;
	fs_FileSystem_set_owner(server, &(struct fs_FileSystem_set_owner_request){
		.node = made.node, .subject = fs_SELF, .has_owner = true,
		.owner = who->ids.file_user, .has_owner_group = true,
		.owner_group = TTY_GROUP}, &owned, NULL);
	t->node = node_new(place, made.node);
}

/* ---- making ---- */

static uint32_t count_of(posix_Uid user)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < PTYS_MAX; i++)
		count += ptys[i] && ptys[i]->owner == user;
	return count;
}

static bool may_have_one(const struct credentials *who)
{
	return credentials_can(who, CAP_SYS_ADMIN) ||
		count_of(who->ids.user) < PTYS_OF_USER;
}

static uint32_t find_free(void)
{
	uint32_t number = 0;

	while (number < PTYS_MAX && ptys[number])
		number++;
	return number;
}

int pty_create(struct thread *thread, struct file *file)
{
	const struct credentials *who = thread->credentials;
	const uint32_t number = find_free();
	struct terminal *t;
	int error;

	if (number == PTYS_MAX || !may_have_one(who))
		return posix_Error_ENOSPC;
	t = terminal_new();
	if (!t)
		return posix_Error_ENOMEM;
	t->number = t->minor = number;
	t->major = PTY_MAJOR;
	t->owner = who->ids.user;
	t->is_locked = true;
	t->ld.settings.control &= ~(uint32_t)(tty_ControlFlags_HANG_UP_ON_CLOSE |
		tty_ControlFlags_LOCAL);
	error = terminal_attach(t, file, true);
	if (!error) {
		ptys[number] = t;
		make_name(t, who);
	}
	terminal_drop(t);
	return error;
}

void pty_forget(struct terminal *t)
{
	if (ptys[t->number] != t)
		return;
	ptys[t->number] = NULL;
	if (t->node)
		remove_name(t->number);
}

/* ---- TIOCGPTPEER ---- */

static int open_peer(struct thread *thread, struct file *master, fs_Open flags,
	struct file **file)
{
	struct terminal *t;
	int error;

	if (!master)
		return posix_Error_EBADF;
	if (master->kind != posix_ObjectKind_TERMINAL_MASTER)
		return posix_Error_ENOTTY;
	t = opening_of(master)->terminal;
	*file = file_new(posix_ObjectKind_TERMINAL, flags & (fs_Open_READ | fs_Open_WRITE |
		fs_Open_NON_BLOCKING));
	if (!*file)
		return posix_Error_ENFILE;
	(*file)->node = t->node ? node_take(t->node) : NULL;
	error = t->is_locked ? posix_Error_EIO : terminal_attach(t, *file, false);
	if (error)
		file_drop(*file);
	else
		job_opened(thread, t, flags);
	return error;
}

void op_open_terminal_peer(void *self,
	const struct posix_Descriptors_open_terminal_peer_request *request, struct sk_reply *to)
{
	struct posix_Descriptors_open_terminal_peer_reply reply = {0};
	struct thread *thread = self;
	struct process *process = thread->process;
	struct file *file;
	bool has;
	int32_t number;
	int error = open_peer(thread, files_find(process->files, request->master),
		request->flags, &file);

	if (!error) {
		number = files_add(process->files, file, 0, request->own_flags,
			process->limits[posix_Resource_FILES].soft);
		error = number < 0 ? -number : 0;
	}
	if (!error) {
		reply.opened = file_opened(file, number, request->own_flags, process);
		error = file_handle(file, process, to->port, &has, &reply.file.raw);
		if (error)
			files_close(thread, number);
	}
	posix_Descriptors_open_terminal_peer_answer(to, error, &reply);
}
