/*
 * Making, linking, moving and removing names. Each function looks at all that
 * can be wrong in Linux's order, and then changes something that cannot fail;
 * only room may lack.
 */
#include "servers/ramfs/ramfs.h"

#define SET_USER 04000U
#define SET_GROUP 02000U
#define GROUP_EXECUTE 0010U
/* What a file takes over from its directory. */
#define INHERITED (fs_NodeFlags_NO_DUMP | fs_NodeFlags_NO_ACCESS_TIME)

int names_find(const struct spot *spot, struct entry **entry)
{
	int error;

	*entry = NULL;
	if (spot->directory->kind != fs_Kind_DIRECTORY)
		return fs_Error_ENOTDIR;
	error = access_check(spot->who, spot->directory, fs_Access_EXECUTE);
	if (error == 0)
		*entry = directory_find(spot->directory, spot->name, spot->size);
	return error;
}

int names_check(const struct spot *spot)
{
	struct entry *entry;
	int error = names_find(spot, &entry);

	if (error != 0)
		return error;
	return entry ? fs_Error_EEXIST : access_make(spot->who, spot->directory);
}

/* ---- making ---- */

static bool is_directory(const struct inode *inode)
{
	return inode->kind == fs_Kind_DIRECTORY;
}

static void inherit_group(const struct subject *who, const struct inode *directory,
	struct inode *inode)
{
	if (!(directory->mode & SET_GROUP))
		return;
	inode->group = directory->group;
	if (is_directory(inode))
		inode->mode |= SET_GROUP;
	else if (inode->mode & GROUP_EXECUTE && !access_keeps_group(who, directory->group))
		inode->mode &= ~SET_GROUP;
}

struct inode *names_new(const struct subject *who, struct inode *directory,
	fs_Kind kind, uint32_t mode)
{
	struct inode *inode = inode_new(directory->ram, kind, mode);

	if (!inode)
		return NULL;
	inode_set_owner(inode, who->uid);
	inode->group = who->gid;
	inode->flags = directory->flags & (uint32_t)INHERITED;
	inherit_group(who, directory, inode);
	if (acl_inherit(directory, inode))
		return inode;
	inode_release(inode);
	return NULL;
}

int names_add(const struct spot *spot, struct inode *inode, struct entry **entry)
{
	struct inode *directory = spot->directory;
	int error = 0;

	if (is_directory(inode) && directory->links >= RAM_LINKS_MAX)
		error = fs_Error_EMLINK;
	if (error == 0)
		error = directory_add(directory, inode, spot->name, spot->size, entry);
	if (error != 0)
		return error;
	inode->links = is_directory(inode) ? 2 : 1;
	directory->links += is_directory(inode);
	inode_modified(directory);
	watch_tell_name(directory, inode, spot->name, spot->size, fs_Change_CREATED, 0);
	return 0;
}

/* As with Linux's protected_hardlinks: who may not write a file does not pin
 * it down by a name of his own. */
static bool may_link(const struct subject *who, const struct inode *inode)
{
	const uint32_t program = SET_GROUP | GROUP_EXECUTE;

	if (access_is_owner(who, inode))
		return true;
	return inode->kind == fs_Kind_FILE && !(inode->mode & SET_USER) &&
		(inode->mode & program) != program &&
		access_check(who, inode, fs_Access_READ | fs_Access_WRITE) == 0;
}

static int check_link(const struct spot *spot, const struct inode *inode)
{
	struct entry *entry;
	int error = names_find(spot, &entry);

	if (error == 0 && entry)
		error = fs_Error_EEXIST;
	if (error == 0 && directory_is_dead(spot->directory))
		error = fs_Error_ENOENT;
	if (error == 0 && !may_link(spot->who, inode))
		error = fs_Error_EPERM;
	if (error == 0)
		error = access_make(spot->who, spot->directory);
	if (error == 0 && (is_directory(inode) || inode->flags &
			(fs_NodeFlags_IMMUTABLE | fs_NodeFlags_APPEND_ONLY)))
		error = fs_Error_EPERM;
	if (error == 0 && inode->links == 0 && !inode->is_unnamed)
		error = fs_Error_ENOENT;
	return error == 0 && inode->links >= RAM_LINKS_MAX ? fs_Error_EMLINK : error;
}

int names_link(const struct spot *spot, struct inode *inode)
{
	struct inode *directory = spot->directory;
	struct entry *entry;
	int error = check_link(spot, inode);

	if (error == 0)
		error = directory_add(directory, inode, spot->name, spot->size, &entry);
	if (error != 0)
		return error;
	inode->links++;
	inode->is_unnamed = false;
	inode_changed(inode);
	inode_modified(directory);
	watch_tell_self(inode, fs_Change_STATUS);
	watch_tell_name(directory, inode, spot->name, spot->size, fs_Change_CREATED, 0);
	return 0;
}

/* ---- removing ---- */

static int check_removal(const struct spot *spot, bool wants_directory,
	struct entry **entry)
{
	int error = names_find(spot, entry);

	if (error == 0 && !*entry)
		error = fs_Error_ENOENT;
	if (error == 0)
		error = access_remove(spot->who, *entry, wants_directory);
	if (error == 0 && node_is_covered(spot->session, (*entry)->inode))
		error = fs_Error_EBUSY;
	return error;
}

/* One name fewer, which is told. It stays while this runs, for whoever has
 * it no more is told before whoever watches its directory. */
static void remove_name(struct entry *entry)
{
	struct inode *inode = entry->inode, *directory = entry->parent;
	struct ram *ram = directory->ram;

	entry_hold(entry);
	directory_remove(entry);
	inode_modified(directory);
	inode->changed = directory->changed;
	inode->version++;
	if (is_directory(inode)) {
		directory->links--;
		inode->links = 0;
	} else {
		inode->links--;
		watch_tell_self(inode, fs_Change_STATUS);
	}
	if (inode->links == 0 && inode->references == 0)
		watch_ended(inode);
	watch_tell_name(directory, inode, entry->text, entry->size, fs_Change_REMOVED, 0);
	entry_release(ram, entry);
	inode_hold(inode);
	inode_release(inode);
}

int names_unlink(const struct spot *spot)
{
	struct entry *entry;
	int error = check_removal(spot, false, &entry);

	if (error == 0)
		remove_name(entry);
	return error;
}

int names_remove_directory(const struct spot *spot)
{
	struct entry *entry;
	int error = check_removal(spot, true, &entry);

	if (error == 0 && entry->inode->as.directory.count > 0)
		error = fs_Error_ENOTEMPTY;
	if (error == 0)
		remove_name(entry);
	return error;
}

/* ---- moving ---- */

struct move {
	const struct spot *from, *to;
	fs_RenameMode mode;
	struct entry *source, *target;	/* target NULL: nothing is there */
};

/* Whether a directory would come to lie in itself, or what it lies in be
 * replaced by it. */
static int check_loop(const struct move *move)
{
	const struct inode *source = move->source->inode;
	const struct inode *target = move->target ? move->target->inode : NULL;

	if (move->from->directory == move->to->directory)
		return 0;
	if (is_directory(source) && directory_is_below(move->to->directory, source))
		return fs_Error_EINVAL;
	if (target && is_directory(target) &&
			directory_is_below(move->from->directory, target))
		return move->mode == fs_RenameMode_EXCHANGE ? fs_Error_EINVAL :
			fs_Error_ENOTEMPTY;
	return 0;
}

/* A directory that goes elsewhere has another `..`. */
static int check_dots(const struct move *move)
{
	const struct subject *who = move->from->who;
	int error = 0;

	if (move->from->directory == move->to->directory)
		return 0;
	if (is_directory(move->source->inode))
		error = access_check(who, move->source->inode, fs_Access_WRITE);
	if (error == 0 && move->mode == fs_RenameMode_EXCHANGE &&
			is_directory(move->target->inode))
		error = access_check(who, move->target->inode, fs_Access_WRITE);
	return error;
}

static int check_target(const struct move *move)
{
	const struct inode *target = move->target ? move->target->inode : NULL;
	bool wants_directory = is_directory(move->source->inode);

	if (!target)
		return access_make(move->from->who, move->to->directory);
	if (move->mode == fs_RenameMode_EXCHANGE)
		wants_directory = is_directory(target);
	return access_remove(move->from->who, move->target, wants_directory);
}

static int check_rights(const struct move *move)
{
	const struct session *session = move->from->session;
	int error = access_remove(move->from->who, move->source,
		is_directory(move->source->inode));

	if (error == 0)
		error = check_target(move);
	if (error == 0)
		error = check_dots(move);
	if (error == 0 && (node_is_covered(session, move->source->inode) ||
			(move->target && node_is_covered(session, move->target->inode))))
		error = fs_Error_EBUSY;
	return error;
}

static int check_move(struct move *move)
{
	int error;

	if (move->mode < 0 || move->mode > fs_RenameMode_WHITEOUT)
		return fs_Error_EINVAL;
	error = names_find(move->from, &move->source);
	if (error == 0)
		error = names_find(move->to, &move->target);
	if (error == 0 && !move->source)
		error = fs_Error_ENOENT;
	if (error == 0 && move->mode == fs_RenameMode_KEEP && move->target)
		error = fs_Error_EEXIST;
	if (error == 0 && move->mode == fs_RenameMode_EXCHANGE && !move->target)
		error = fs_Error_ENOENT;
	return error == 0 ? check_loop(move) : error;
}

/* Names of the directory that goes from one place to another. */
static void move_links(struct inode *inode, struct inode *from, struct inode *to)
{
	if (!is_directory(inode))
		return;
	from->links--;
	to->links++;
}

static void tell_move(const struct spot *from, const struct spot *to,
	struct inode *inode, struct inode *replaced)
{
	uint32_t cookie = ++inode->ram->moves;

	watch_tell_name(from->directory, inode, from->name, from->size,
		fs_Change_MOVED_FROM, cookie);
	watch_tell_name(to->directory, inode, to->name, to->size, fs_Change_MOVED_TO,
		cookie);
	if (replaced)
		watch_tell_self(replaced, fs_Change_STATUS);
	watch_tell_self(inode, fs_Change_SELF_MOVED);
}

static void exchange(const struct move *move)
{
	struct inode *one = move->source->inode, *other = move->target->inode;

	directory_exchange(move->source, move->target);
	move_links(one, move->from->directory, move->to->directory);
	move_links(other, move->to->directory, move->from->directory);
	inode_changed(one);
	inode_changed(other);
	tell_move(move->from, move->to, one, NULL);
	tell_move(move->to, move->from, other, NULL);
}

/* What was there goes; its place in the listing becomes the other's. */
static int replace(const struct move *move)
{
	struct inode *inode = move->source->inode, *gone = move->target->inode;

	if (is_directory(gone) && gone->as.directory.count > 0)
		return fs_Error_ENOTEMPTY;
	directory_exchange(move->source, move->target);
	directory_remove(move->target);
	move->to->directory->links -= is_directory(gone);
	move_links(inode, move->from->directory, move->to->directory);
	gone->links = is_directory(gone) ? 0 : gone->links - 1;
	inode_changed(inode);
	inode_changed(gone);
	inode_hold(gone);
	tell_move(move->from, move->to, inode, gone);
	inode_release(gone);
	return 0;
}

static int move_to_new(const struct move *move)
{
	struct inode *inode = move->source->inode;
	int error = is_directory(inode) && move->from->directory != move->to->directory &&
		move->to->directory->links >= RAM_LINKS_MAX ? fs_Error_EMLINK : 0;

	if (error == 0)
		error = directory_move(move->source, move->to->directory, move->to->name,
			move->to->size);
	if (error != 0)
		return error;
	move_links(inode, move->from->directory, move->to->directory);
	inode_changed(inode);
	tell_move(move->from, move->to, inode, NULL);
	return 0;
}

/* A device that is none, which says that nothing is here. */
static int leave_whiteout(const struct spot *spot)
{
	struct inode *inode = names_new(spot->who, spot->directory,
		fs_Kind_CHARACTER_DEVICE, 0);
	struct entry *entry;
	int error = inode ? names_add(spot, inode, &entry) : fs_Error_ENOSPC;

	inode_release(inode);
	return error;
}

static int carry_out(const struct move *move)
{
	int error = 0;

	if (move->mode == fs_RenameMode_EXCHANGE)
		exchange(move);
	else
		error = move->target ? replace(move) : move_to_new(move);
	if (error != 0)
		return error;
	inode_modified(move->from->directory);
	inode_modified(move->to->directory);
	return 0;
}

int names_rename(const struct spot *from, const struct spot *to, fs_RenameMode mode)
{
	struct move move = {.from = from, .to = to, .mode = mode};
	int error = check_move(&move);

	if (error != 0)
		return error;
	if (move.target && move.source->inode == move.target->inode)
		return 0;
	error = check_rights(&move);
	if (error == 0)
		error = carry_out(&move);
	if (error == 0 && mode == fs_RenameMode_WHITEOUT)
		error = leave_whiteout(from);
	return error;
}
