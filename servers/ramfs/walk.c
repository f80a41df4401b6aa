/*
 * A path, one name after the other. The text of symbolic links takes the place
 * of their names. Where a covered node, an absolute link or the session's root
 * ends what can be known here, it stops.
 */
#include "servers/ramfs/ramfs.h"

/* What a step has come to, besides 0 and errors. */
#define ENDED (-1)
#define ALL_RESOLVE (fs_Resolve_FOLLOW | fs_Resolve_NO_LINKS | fs_Resolve_ROOTED | \
	fs_Resolve_BENEATH | fs_Resolve_PARENT | fs_Resolve_NO_MOUNTS | \
	fs_Resolve_STOP_AT_LAST_MOUNT)

struct text {
	const char *at;
	uint32_t size;
};

struct walk {
	struct session *session;
	const struct subject *who;
	struct walked *to;
	struct where here;		/* a directory */
	struct where base;		/* `..` leads no further */
	uint32_t resolve;
	uint32_t level;			/* below the start */
	bool keeps_last;
	bool to_directory;		/* a slash or dots are at the end */
	struct text path;		/* what is left of it */
	struct text rest;		/* what comes before, of links; at the end of
					 * to->rest */
};

/* ---- the text ---- */

static void skip_slashes(struct text *text)
{
	while (text->size > 0 && *text->at == '/') {
		text->at++;
		text->size--;
	}
}

static bool is_last(const struct walk *walk)
{
	struct text rest = walk->rest;

	skip_slashes(&rest);
	return walk->path.size == 0 && rest.size == 0;
}

/* Takes a name from a text that does not begin with a slash, and the slashes
 * behind it. */
static struct text take(struct text *from, bool *has_slash)
{
	struct text name = {from->at, 0};

	while (name.size < from->size && from->at[name.size] != '/')
		name.size++;
	from->at += name.size;
	from->size -= name.size;
	*has_slash = from->size > 0;
	skip_slashes(from);
	return name;
}

/* The next name: 0 or an error; "" if there is none. */
static int next_name(struct walk *walk, struct text *name)
{
	bool has_slash = false;

	skip_slashes(&walk->rest);
	*name = (struct text){NULL, 0};
	if (walk->rest.size > 0)
		*name = take(&walk->rest, &has_slash);
	else if (walk->path.size > 0)
		*name = take(&walk->path, &has_slash);
	if (has_slash && is_last(walk))
		walk->to_directory = true;
	return name->size > fs_NAME_MAX ? fs_Error_ENAMETOOLONG : 0;
}

/* Puts the text of a link before what is left. */
static int put_before(struct walk *walk, const char *text, uint32_t size)
{
	uint32_t slash = walk->rest.size > 0;
	char *end = walk->to->rest + sizeof(walk->to->rest) - walk->rest.size;

	if (size + slash + walk->rest.size > sizeof(walk->to->rest))
		return fs_Error_ENAMETOOLONG;
	if (slash)
		end[-1] = '/';
	memcpy(end - slash - size, text, size);
	walk->rest.at = end - slash - size;
	walk->rest.size += slash + size;
	return 0;
}

/* ---- ends ---- */

static int stop(struct walk *walk, fs_Stop why, const struct where *where)
{
	struct walked *to = walk->to;

	if (walk->rest.size > fs_REST_MAX)
		return fs_Error_ENAMETOOLONG;
	to->stop = why;
	to->where = *where;
	to->rest_size = walk->rest.size;
	if (walk->rest.size > 0)
		memmove(to->rest, walk->rest.at, walk->rest.size);
	return ENDED;
}

static int end_at_name(struct walk *walk, struct text name, const struct where *where)
{
	struct walked *to = walk->to;

	if (walk->keeps_last) {
		to->directory = walk->here.inode;
		to->name_size = name.size;
		memcpy(to->name, name.at, name.size);
	}
	to->where = *where;
	return ENDED;
}

/* ---- steps ---- */

static int follow(struct walk *walk, struct inode *link)
{
	int error;

	if (walk->resolve & fs_Resolve_NO_LINKS || ++walk->to->links > fs_LINKS_MAX)
		return fs_Error_ELOOP;
	inode_accessed(link, session_flags(walk->session));
	error = put_before(walk, link->as.text, (uint32_t)link->size);
	if (error != 0 || link->as.text[0] != '/')
		return error;
	if (walk->resolve & fs_Resolve_BENEATH)
		return fs_Error_EXDEV;
	if (!(walk->resolve & fs_Resolve_ROOTED))
		return stop(walk, fs_Stop_LINK, &walk->here);
	walk->here = walk->base;
	walk->level = 0;
	return 0;
}

static int go_up(struct walk *walk)
{
	const struct inode *here = walk->here.inode;
	bool at_base = here == walk->base.inode || here == node_root(walk->session);
	struct inode *parent;

	if (walk->resolve & fs_Resolve_BENEATH && (at_base || walk->level == 0))
		return fs_Error_EXDEV;
	if (at_base)
		return walk->resolve & fs_Resolve_ROOTED ? 0 :
			stop(walk, fs_Stop_ABOVE, &walk->here);
	/* What a part of a tree was taken out of may be no part of it. */
	parent = node_root(walk->session) == here->ram->root ? directory_up(here) :
		directory_parent(here);
	if (!parent)
		return fs_Error_ESTALE;
	walk->level -= walk->level > 0;
	walk->here = (struct where){parent, parent->as.directory.name};
	return 0;
}

/* What has this name, and is no link to be followed. */
static int reach(struct walk *walk, struct text name, const struct where *where)
{
	bool last = is_last(walk), is_directory = where->inode->kind == fs_Kind_DIRECTORY;

	if (node_is_covered(walk->session, where->inode)) {
		if (walk->resolve & fs_Resolve_NO_MOUNTS)
			return fs_Error_EXDEV;
		if (!last || walk->resolve & fs_Resolve_STOP_AT_LAST_MOUNT)
			return stop(walk, fs_Stop_MOUNT, where);
	}
	if ((!last || walk->to_directory) && !is_directory)
		return fs_Error_ENOTDIR;
	if (last)
		return end_at_name(walk, name, where);
	walk->here = *where;
	walk->level++;
	return 0;
}

static int missing(struct walk *walk, struct text name)
{
	if (!walk->keeps_last || !is_last(walk))
		return fs_Error_ENOENT;
	if (walk->to_directory)
		return fs_Error_EISDIR;
	return end_at_name(walk, name, &(struct where){NULL, NULL});
}

static int go_down(struct walk *walk, struct text name)
{
	struct entry *entry = directory_find(walk->here.inode, name.at, name.size);

	if (!entry)
		return missing(walk, name);
	if (entry->inode->kind == fs_Kind_LINK && (!is_last(walk) ||
			walk->to_directory || walk->resolve & fs_Resolve_FOLLOW))
		return follow(walk, entry->inode);
	return reach(walk, name, &(struct where){entry->inode, entry});
}

static int step(struct walk *walk, struct text name)
{
	bool is_dot = name.size == 1 && name.at[0] == '.';
	bool is_dots = name.size == 2 && name.at[0] == '.' && name.at[1] == '.';
	int error;

	if (name.size == 0 && !(walk->resolve & fs_Resolve_PARENT))
		return stop(walk, fs_Stop_DONE, &walk->here);
	error = access_check(walk->who, walk->here.inode, fs_Access_EXECUTE);
	if (error != 0)
		return error;
	if (name.size == 0)
		return stop(walk, fs_Stop_DONE, &walk->here);
	if ((is_dot || is_dots) && is_last(walk))
		walk->to_directory = true;
	if (is_dot)
		return 0;
	return is_dots ? go_up(walk) : go_down(walk, name);
}

/* ---- places ---- */

/* Cuts the last name off: 0 or EINVAL. */
static int cut_last(struct text *path)
{
	uint32_t size = path->size, end;

	while (size > 0 && path->at[size - 1] == '/')
		size--;
	end = size;
	while (size > 0 && path->at[size - 1] != '/')
		size--;
	if (end == size || (path->at[size] == '.' && (end - size == 1 ||
			(end - size == 2 && path->at[size + 1] == '.'))))
		return fs_Error_EINVAL;
	path->size = size;
	return 0;
}

static bool has_nul(fs_Path path)
{
	for (uint32_t i = 0; i < path.size; i++)
		if (path.data[i] == '\0')
			return true;
	return false;
}

static int check_place(struct walk *walk, const struct fs_Place *place)
{
	bool is_absolute = place->path.size > 0 && place->path.data[0] == '/';

	if (place->resolve & ~(uint32_t)ALL_RESOLVE || has_nul(place->path) ||
			(is_absolute && !(place->resolve & fs_Resolve_ROOTED)))
		return fs_Error_EINVAL;
	walk->path = (struct text){place->path.data, place->path.size};
	return place->resolve & fs_Resolve_PARENT ? cut_last(&walk->path) : 0;
}

/* Where it begins: 0, or what is wrong with that. */
static int begin(struct walk *walk, const struct fs_Place *place)
{
	struct session *session = walk->session;
	bool is_absolute = place->path.size > 0 && place->path.data[0] == '/';
	int error = session->rights & fs_Rights_READ && walk->who ? 0 : fs_Error_EPERM;

	if (error == 0)
		error = node_directory(session, place->barrier ? place->barrier : fs_ROOT,
			&walk->base);
	if (error == 0)
		error = node_find(session, place->start, &walk->here);
	if (error == 0)
		error = check_place(walk, place);
	if (error == 0 && place->path.size > 0 && !is_absolute)
		error = node_directory(session, place->start, &walk->here);
	if (is_absolute)
		walk->here = walk->base;
	return error;
}

int walk_place(struct session *session, const struct fs_Place *place, bool keeps_last,
	struct walked *to)
{
	struct walk walk = {
		.session = session, .to = to, .resolve = place->resolve,
		.who = session_subject(session, place->subject), .keeps_last = keeps_last,
		.to_directory = place->resolve & fs_Resolve_PARENT,
	};
	uint32_t size;
	struct text name;
	int error;

	to->stop = fs_Stop_DONE;
	to->directory = NULL;
	to->links = to->rest_size = 0;
	error = begin(&walk, place);
	size = walk.path.size;
	skip_slashes(&walk.path);
	if (error == 0 && place->path.size == 0)
		error = stop(&walk, fs_Stop_DONE, &walk.here);
	while (error == 0) {
		error = next_name(&walk, &name);
		if (error == 0)
			error = step(&walk, name);
	}
	to->consumed = size - walk.path.size;
	return error == ENDED ? 0 : error;
}
