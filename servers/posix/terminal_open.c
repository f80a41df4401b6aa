/* Open files of terminals, of both sides: how they come and go, and how they are cut off. */
#include "servers/posix/terminal.h"

struct opening *opening_of(const struct file *file)
{
	return file->self;
}

static uint32_t ready(struct file *file)
{
	return terminal_ready(opening_of(file));
}

static void unlink(struct opening *opening)
{
	struct opening **link = &opening->terminal->openings;

	while (*link != opening)
		link = &(*link)->next;
	*link = opening->next;
}

/* Nobody has this side open: whose controlling terminal it was has none. */
static void last_closed(struct terminal *t)
{
	if (t->session)
		job_lose_terminal(t->session, t);
	t->is_exclusive = false;
}

static void master_closed(struct terminal *t)
{
	t->master = NULL;
	pty_forget(t);
	job_hang_up_later(t);
}

static void closed(struct file *file)
{
	struct opening *opening = file->self;
	struct terminal *t = opening->terminal;

	unlink(opening);
	if (opening->is_master)
		master_closed(t);
	else if (--t->programs == 0)
		last_closed(t);
	release(opening);
	terminal_go_on(t);
	terminal_drop(t);
}

static const struct file_ops terminal_ops = {&terminal_object, closed, ready, NULL};

int terminal_attach(struct terminal *t, struct file *file, bool is_master)
{
	struct opening *opening = allocate(sizeof(*opening));

	if (!opening)
		return posix_Error_ENOMEM;
	*opening = (struct opening){t->openings, terminal_take(t), file, is_master, false};
	t->openings = opening;
	if (is_master)
		t->master = opening;
	else
		t->programs++;
	t->was_opened = t->was_opened || !is_master;
	file->ops = &terminal_ops;
	file->self = opening;
	file->kind = is_master ? posix_ObjectKind_TERMINAL_MASTER : posix_ObjectKind_TERMINAL;
	return 0;
}

/* ---- by a node, and by whoever starts a program ---- */

static struct terminal *find(const struct thread *thread, uint32_t major, uint32_t minor)
{
	if (major == AUXILIARY_MAJOR && minor == 0)
		return thread->process->terminal;
	if (major == PTY_MAJOR)
		return pty_find(minor);
	return serial;
}

/* Not its own name, so it becomes nobody's controlling terminal. */
static bool is_alias(uint32_t major, uint32_t minor)
{
	return major == AUXILIARY_MAJOR && minor == 0;
}

int terminal_open(struct thread *thread, struct file *file, const struct fs_Status *status)
{
	const uint32_t major = status->device_major, minor = status->device_minor;
	struct terminal *t;
	int error;

	if (major == AUXILIARY_MAJOR && minor == 2)
		return pty_create(thread, file);
	if (major != PTY_MAJOR && (major != TTY_MAJOR || minor != SERIAL_MINOR) &&
			(major != AUXILIARY_MAJOR || minor > 1))
		return -1;
	t = find(thread, major, minor);
	if (!t)
		return major == PTY_MAJOR ? posix_Error_EIO : posix_Error_ENXIO;
	if (is_pty(t) && (!t->master || t->is_locked) && !is_alias(major, minor))
		return posix_Error_EIO;
	if (t->is_exclusive && !credentials_can(thread->credentials, CAP_SYS_ADMIN))
		return posix_Error_EBUSY;
	error = terminal_attach(t, file, false);
	if (!error && !is_alias(major, minor))
		job_opened(thread, t, file->flags);
	return error;
}

/* What stands in /dev for it, so that it has a name. */
static struct node *serial_node(void)
{
	const struct sk_string path = {"dev/ttyS0", 9};
	struct fs_FileSystem_walk_request walk;
	struct fs_FileSystem_walk_reply found;
	struct mount *root = mounts;

	fs_FileSystem_walk_request_init(&walk);
	fs_Place_init(&walk.place);
	walk.place.path = path;
	if (fs_FileSystem_walk(root->server, &walk, &found, NULL) != 0)
		return NULL;
	return node_new(root, found.progress.node);
}

int terminal_give(struct file *file, struct sk_handle *handle)
{
	const struct sk_handle given = *handle;
	int error;

	handle->raw = -1;
	error = line_give(given);
	if (!error)
		error = terminal_attach(serial, file, false);
	if (!error)
		file->node = serial_node();
	return error;
}

void terminal_begin_session(struct process *process)
{
	const struct file *file = files_find(process->files, 0);

	if (file && file->ops && file->kind == posix_ObjectKind_TERMINAL)
		job_take_terminal(process, opening_of(file)->terminal);
}

/* ---- hanging up ---- */

/* The leader hears of it, and remembers who was in the foreground, who is told when it
 * ends itself. */
static void tell_session(struct terminal *t)
{
	struct process *leader = process_find(t->session);

	for (struct process *p = posix.processes; p; p = p->next)
		if (p->terminal == t)
			p->terminal = NULL;
	if (!leader || leader->state != PROCESS_ALIVE || leader->session != leader->pid)
		return;
	leader->old_foreground = t->foreground;
	signal_plain(leader, posix_Signal_HUP);
	leader = process_find(t->session);
	if (leader)
		signal_plain(leader, posix_Signal_CONT);
}

void terminal_hang_up(struct terminal *t, bool leader_ends)
{
	const int32_t foreground = t->foreground;

	terminal_take(t);
	for (struct opening *o = t->openings; o; o = o->next)
		o->is_hung_up = o->is_hung_up || !o->is_master;
	ldisc_flush_input(&t->ld);
	/* Who waits hears of it before a signal cuts it off. */
	terminal_go_on(t);
	tell_session(t);
	t->session = t->foreground = 0;
	if (leader_ends && foreground)
		job_signal(foreground, posix_Signal_HUP);
	terminal_drop(t);
}
