/* Walks in /proc, and who may do what there. */
#include "servers/posix/proc.h"

/* ---- rights ---- */

bool proc_may_trace(const struct credentials *who, const struct process *process)
{
	const struct credentials *c = process->threads ? process->threads->credentials : NULL;
	const posix_Uid user = who->ids.file_user;
	const posix_Gid group = who->ids.file_group;

	if (credentials_can(who, CAP_SYS_PTRACE) || who == c)
		return true;
	return c && user == c->ids.user && user == c->ids.effective_user &&
		user == c->ids.saved_user && group == c->ids.group_id &&
		group == c->ids.effective_group && group == c->ids.saved_group;
}

bool proc_may_attach(const struct thread *thread, const struct process *process)
{
	const struct credentials *who = thread->credentials,
		*c = process->threads ? process->threads->credentials : NULL;
	const posix_Uid user = who->ids.user;
	const posix_Gid group = who->ids.group_id;

	if (process == thread->process || credentials_can(who, CAP_SYS_PTRACE))
		return true;
	return c && !process->is_private && user == c->ids.user &&
		user == c->ids.effective_user && user == c->ids.saved_user &&
		group == c->ids.group_id && group == c->ids.effective_group &&
		group == c->ids.saved_group &&
		!(c->capabilities.permitted & ~who->capabilities.permitted);
}

bool proc_may_look(const struct credentials *who, const struct proc_key *key)
{
	const struct process *process = proc_process(key);

	return !proc_is_private(key) || (process && proc_may_trace(who, process));
}

static bool is_member(const struct credentials *who, posix_Gid group)
{
	bool is = who->ids.file_group == group;

	for (uint32_t i = 0; i < who->group_count && !is; i++)
		is = who->groups[i] == group;
	return is;
}

/* By its mode, then by what it is of. */
int proc_check(const struct credentials *who, const struct proc_key *key,
	fs_Access want)
{
	const struct fs_Status status = proc_status(key);
	const bool is_directory = status.kind == fs_Kind_DIRECTORY;
	uint32_t mode = status.mode;

	if (want == 0)
		return 0;
	if (who->ids.file_user == status.owner)
		mode >>= 6;
	else if (is_member(who, status.owner_group))
		mode >>= 3;
	if (credentials_can(who, CAP_DAC_OVERRIDE))
		mode |= 6 | (is_directory || status.mode & 0111 ? 1 : 0);
	if ((mode & 7 & want) != want)
		return posix_Error_EACCES;
	return proc_may_look(who, key) ? 0 : posix_Error_EACCES;
}

/* ---- walks ---- */

static uint32_t skip(const struct sk_string *path, uint32_t at)
{
	while (at < path->size && path->data[at] == '/')
		at++;
	return at;
}

static int follow(struct proc_step *s, const struct proc_key *link)
{
	const struct proc_entry *entry = proc_entry_of(link);
	const fs_Resolve resolve = s->place->resolve;

	if (resolve & fs_Resolve_NO_LINKS || ++s->progress.links > fs_LINKS_MAX)
		return posix_Error_ELOOP;
	if (proc_is_magic(link)) {
		if (resolve & (fs_Resolve_BENEATH | fs_Resolve_ROOTED | fs_Resolve_NO_MOUNTS))
			return posix_Error_EXDEV;
		s->progress.stop = fs_Stop_MOUNT;
		s->key = *link;
		return proc_may_look(s->who, link) ? 0 : posix_Error_EACCES;
	}
	return entry->follow(link, &s->key) ? 0 : posix_Error_ENOENT;
}

static int go_up(struct proc_step *s)
{
	if (s->key.kind != PROC_ROOT) {
		s->key = proc_parent(&s->key);
		return 0;
	}
	if (s->place->resolve & fs_Resolve_BENEATH)
		return posix_Error_EXDEV;
	s->progress.stop = fs_Stop_ABOVE;
	return 0;
}

static int go_to(struct proc_step *s, struct sk_string name, bool is_last)
{
	struct proc_key next;
	int error = proc_find(&s->key, name, &next);

	if (error)
		return error;
	if (proc_status(&next).kind == fs_Kind_LINK && (!is_last || s->follows))
		return follow(s, &next);
	s->key = next;
	return 0;
}

static int walk_names(struct proc_step *s)
{
	const struct sk_string *path = &s->place->path;
	uint32_t at = skip(path, 0), end, next;
	int error = 0;

	while (!error && at < path->size && s->progress.stop == fs_Stop_DONE) {
		struct sk_string name = {path->data + at, 0};

		for (end = at; end < path->size && path->data[end] != '/'; end++)
			;
		name.size = end - at;
		next = skip(path, end);
		if (s->key.kind == PROC_OBJECT ||
				proc_status(&s->key).kind != fs_Kind_DIRECTORY)
			error = posix_Error_ENOTDIR;
		else
			error = proc_check(s->who, &s->key, fs_Access_EXECUTE);
		if (error || (name.size == 1 && name.data[0] == '.'))
			;
		else if (name.size == 2 && name.data[0] == '.' && name.data[1] == '.')
			error = go_up(s);
		else
			error = go_to(s, name, end == path->size);
		if (!error && end < path->size && s->progress.stop == fs_Stop_DONE &&
				proc_status(&s->key).kind == fs_Kind_FILE)
			error = posix_Error_ENOTDIR;
		at = next;
	}
	s->progress.consumed = at;
	return error;
}

int proc_walk(struct proc_step *s, const struct fs_Place *place, bool follows, bool keeps)
{
	const struct proc_key *start = proc_node_find(place->start);
	int error;

	*s = (struct proc_step){.place = place, .who = credentials_of(place->subject),
		.follows = follows, .progress = {.stop = fs_Stop_DONE}};
	if (!start || !s->who)
		return posix_Error_EBADF;
	s->key = *start;
	error = walk_names(s);
	if (error || (s->progress.stop == fs_Stop_DONE && !keeps))
		return error;
	s->progress.node = proc_node_new(&s->key);
	return s->progress.node ? 0 : posix_Error_ENFILE;
}

int proc_look(struct proc_step *s, struct fs_Status *status)
{
	if (s->progress.stop != fs_Stop_DONE)
		return 0;
	if (s->key.kind == PROC_OBJECT)
		return file_status(s->key.object, status);
	*status = proc_status(&s->key);
	return s->key.pid && !proc_process(&s->key) ? posix_Error_ENOENT : 0;
}
