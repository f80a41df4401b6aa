/*
 * Nodes. A number is a place in the session's table in its lower half, and how
 * often that was used above it, so that a number which was forgotten means
 * nothing for long. What is met again has the number that it had.
 */
#include "servers/ramfs/ramfs.h"

#define PLACE_BITS 16
#define PLACE_MASK ((1U << PLACE_BITS) - 1)
#define USES_MAX (UINT32_MAX >> PLACE_BITS)
#define FIRST_CAPACITY 16U

static fs_Node number_of(const struct session *session, const struct node *node)
{
	return node->uses << PLACE_BITS | (uint32_t)(node - session->nodes);
}

static struct node *find(const struct session *session, fs_Node number)
{
	uint32_t place = number & PLACE_MASK;
	struct node *node = session->nodes + place;

	if (place == 0 || place >= session->node_capacity || !node->where.inode)
		return NULL;
	return number_of(session, node) == number ? node : NULL;
}

int node_find(const struct session *session, fs_Node number, struct where *where)
{
	const struct node *node = find(session, number);

	if (session->ram->is_ended)
		return fs_Error_EIO;
	if (!node)
		return fs_Error_EBADF;
	*where = node->where;
	return 0;
}

const struct inode *node_root(const struct session *session)
{
	return session->nodes[fs_ROOT].where.inode;
}

/* A whole tree cannot be left; of a part, what is in it may be moved out. */
static bool is_below(const struct session *session, const struct inode *directory)
{
	const struct inode *root = node_root(session);

	return root == session->ram->root || directory_is_dead(directory) ||
		directory_is_below(directory, root);
}

int node_directory(const struct session *session, fs_Node number, struct where *where)
{
	int error = node_find(session, number, where);

	if (error == 0 && where->inode->kind != fs_Kind_DIRECTORY)
		error = fs_Error_ENOTDIR;
	return error == 0 && !is_below(session, where->inode) ? fs_Error_ESTALE : error;
}

/* ---- the table ---- */

static uint32_t *head_of(const struct session *session, const struct inode *inode)
{
	return &session->node_heads[inode->number & (session->node_head_count - 1)];
}

static struct node *find_inode(const struct session *session, const struct inode *inode)
{
	uint32_t at = *head_of(session, inode);

	while (at != 0 && session->nodes[at].where.inode != inode)
		at = session->nodes[at].next;
	return at != 0 ? &session->nodes[at] : NULL;
}

fs_Node node_number(const struct session *session, const struct inode *inode)
{
	const struct node *node = find_inode(session, inode);

	return node ? number_of(session, node) : 0;
}

bool node_is_covered(const struct session *session, const struct inode *inode)
{
	/* An archive is nobody's session. */
	const struct node *node = session && session->covers > 0 ?
		find_inode(session, inode) : NULL;

	return node && node->covers > 0;
}

static void link_node(struct session *session, uint32_t place)
{
	uint32_t *head = head_of(session, session->nodes[place].where.inode);

	session->nodes[place].next = *head;
	*head = place;
}

static void free_tables(struct session *session)
{
	ram_table_free(session->ram, session->nodes,
		session->node_capacity * sizeof(struct node));
	ram_table_free(session->ram, session->node_heads,
		session->node_head_count * sizeof(uint32_t));
	session->nodes = NULL;
	session->node_heads = NULL;
	session->node_capacity = session->node_head_count = 0;
}

/* A larger table, with all that is in this one. */
static bool resize(struct session *session, uint32_t capacity)
{
	struct ram *ram = session->ram;
	struct node *nodes = ram_table_new(ram, capacity * sizeof(*nodes));
	uint32_t *heads = ram_table_new(ram, capacity * sizeof(*heads));
	uint32_t old = session->node_capacity;

	if (!nodes || !heads) {
		ram_table_free(ram, nodes, capacity * sizeof(*nodes));
		ram_table_free(ram, heads, capacity * sizeof(*heads));
		return false;
	}
	if (old > 0)
		memcpy(nodes, session->nodes, old * sizeof(*nodes));
	free_tables(session);
	session->nodes = nodes;
	session->node_heads = heads;
	session->node_capacity = session->node_head_count = capacity;
	for (uint32_t i = capacity; i-- > 1;) {
		if (nodes[i].where.inode) {
			link_node(session, i);
		} else if (i >= old) {
			nodes[i].next = session->node_free;
			session->node_free = i;
		}
	}
	return true;
}

static struct node *take_place(struct session *session)
{
	uint32_t place;

	if (session->node_free == 0 && (session->node_capacity > PLACE_MASK / 2 ||
			!resize(session, 2 * session->node_capacity)))
		return NULL;
	place = session->node_free;
	session->node_free = session->nodes[place].next;
	return &session->nodes[place];
}

int node_has_room(const struct session *session)
{
	/* Each session's root is besides. */
	return session->account->nodes >= session->ram->limits.nodes + 1 ?
		fs_Error_EMFILE : 0;
}

static struct node *add_new(struct session *session, const struct where *where)
{
	struct node *node = take_place(session);

	if (!node)
		return NULL;
	/* The root's number is 1, and no other place has that. */
	if (node != &session->nodes[fs_ROOT])
		node->uses = node->uses == USES_MAX ? 1 : node->uses + 1;
	node->where = *where;
	node->references = 1;
	node->covers = 0;
	where_hold(where);
	link_node(session, (uint32_t)(node - session->nodes));
	session->account->nodes++;
	session->ram->nodes++;
	return node;
}

bool node_init(struct session *session, const struct where *root)
{
	return resize(session, FIRST_CAPACITY) && add_new(session, root);
}

/* Met again, maybe by another name; one that is no more says nothing. */
static int add_again(struct session *session, struct node *node,
	const struct where *where)
{
	if (node->references == UINT32_MAX)
		return fs_Error_EOVERFLOW;
	node->references++;
	if (where->entry && where->entry->parent &&
			(!node->where.entry || !node->where.entry->parent) &&
			node != &session->nodes[fs_ROOT]) {
		entry_hold(where->entry);
		entry_release(session->ram, node->where.entry);
		node->where.entry = where->entry;
	}
	return 0;
}

int node_add(struct session *session, const struct where *where, fs_Node *number)
{
	struct node *node = find_inode(session, where->inode);
	int error = node ? add_again(session, node, where) : node_has_room(session);

	if (error == 0 && !node) {
		node = add_new(session, where);
		error = node ? 0 : fs_Error_EMFILE;
	}
	if (error == 0)
		*number = number_of(session, node);
	return error;
}

static void remove_node(struct session *session, struct node *node)
{
	uint32_t place = (uint32_t)(node - session->nodes);
	uint32_t *at = head_of(session, node->where.inode);
	struct where where = node->where;

	while (*at != place)
		at = &session->nodes[*at].next;
	*at = node->next;
	node->where = (struct where){NULL, NULL};
	node->next = session->node_free;
	session->node_free = place;
	session->account->nodes--;
	session->ram->nodes--;
	where_release(&where);
}

void node_forget(struct session *session, fs_Node number, uint32_t references)
{
	struct node *node = find(session, number);
	uint32_t owned;

	if (!node || number == fs_ROOT)
		return;
	owned = node->references - (node->covers > 0);
	node->references -= references < owned ? references : owned;
	if (node->references == 0)
		remove_node(session, node);
}

void node_forget_all(struct session *session)
{
	for (uint32_t i = 1; i < session->node_capacity; i++)
		if (session->nodes[i].where.inode)
			remove_node(session, &session->nodes[i]);
	free_tables(session);
}

int node_cover(struct session *session, fs_Node number, bool covered)
{
	struct node *node = find(session, number);

	if (!node)
		return fs_Error_EBADF;
	if (covered ? node->covers == UINT32_MAX : node->covers == 0)
		return fs_Error_EINVAL;
	if (covered && node->covers++ == 0) {
		session->covers++;
		node->references++;
	} else if (!covered && --node->covers == 0) {
		session->covers--;
		node_forget(session, number, 1);
	}
	return 0;
}
