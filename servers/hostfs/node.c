/*
 * Nodes. A number is a place in the session's table in its lower ten bits, and
 * how often that was used above them, so that a number which was forgotten
 * means nothing for long. What is met again has the number that it had: it is
 * found by its identity, which cannot be another's while it is held.
 */
#define _GNU_SOURCE
#include "servers/hostfs/hostfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define PLACE_BITS 10
#define USES_MAX (UINT32_MAX >> PLACE_BITS)
#define ROOT_PLACE 1

/* The numbers of attributes are those of the protocol's flags. */
#define FLAGS_KNOWN (fs_NodeFlags_COMPRESSED | fs_NodeFlags_IMMUTABLE | \
	fs_NodeFlags_APPEND_ONLY | fs_NodeFlags_NO_DUMP | fs_NodeFlags_ENCRYPTED | \
	fs_NodeFlags_VERITY)

static struct fs_Time time_of(struct statx_timestamp from)
{
	return (struct fs_Time){.seconds = from.tv_sec, .nanos = from.tv_nsec};
}

static void take_status(struct fs_Status *to, const struct statx *from)
{
	*to = (struct fs_Status){
		.inode = from->stx_ino,
		.size = from->stx_size,
		.blocks = from->stx_blocks,
		.version = (uint64_t)from->stx_ctime.tv_sec * UINT64_C(1000000000) +
			from->stx_ctime.tv_nsec,
		.accessed = time_of(from->stx_atime),
		.modified = time_of(from->stx_mtime),
		.changed = time_of(from->stx_ctime),
		.kind = operations_kind(from->stx_mode),
		.mode = from->stx_mode & 07777,
		.links = from->stx_nlink,
		.owner = from->stx_uid,
		.owner_group = from->stx_gid,
		.device_major = from->stx_rdev_major,
		.device_minor = from->stx_rdev_minor,
		.block_size = from->stx_blksize,
		.flags = (fs_NodeFlags)(from->stx_attributes & FLAGS_KNOWN),
	};
	if (from->stx_mask & STATX_BTIME)
		to->born = time_of(from->stx_btime);
}

int node_status(int fd, struct fs_Status *status, struct identity *identity)
{
	struct statx from;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID,
			&from) < 0)
		return errno;
	if (status)
		take_status(status, &from);
	if (identity)
		*identity = (struct identity){
			.device = makedev(from.stx_dev_major, from.stx_dev_minor),
			.inode = from.stx_ino,
			.mount = from.stx_mask & STATX_MNT_ID ? from.stx_mnt_id : 0,
		};
	return 0;
}

bool node_is_same(const struct identity *left, const struct identity *right)
{
	return left->inode == right->inode && left->device == right->device &&
		left->mount == right->mount;
}

static fs_Node number_of(const struct session *session, const struct node *node)
{
	return node->uses << PLACE_BITS | (uint32_t)(node - session->table);
}

struct node *node_of(struct session *session, fs_Node number)
{
	uint32_t place = number & ((1U << PLACE_BITS) - 1);
	struct node *node;

	if (place < ROOT_PLACE || place >= HOSTFS_NODE_PLACES)
		return NULL;
	node = &session->table[place];
	return node->fd >= 0 && number_of(session, node) == number ? node : NULL;
}

int node_directory(struct session *session, fs_Node number)
{
	struct node *node = node_of(session, number);
	int error;

	if (!node)
		return -EBADF;
	error = number == fs_ROOT ? 0 : resolve_is_below(session, node->fd);
	return error != 0 ? -error : node->fd;
}

/* ---- the table ---- */

static uint16_t *head_of(struct session *session, const struct identity *identity)
{
	return &session->heads[(identity->inode ^ identity->device) % HOSTFS_NODE_HEADS];
}

static struct node *find(const struct session *session, const struct identity *identity)
{
	unsigned head = (identity->inode ^ identity->device) % HOSTFS_NODE_HEADS;
	uint16_t at = session->heads[head];

	while (at != 0 && !node_is_same(&session->table[at].identity, identity))
		at = session->table[at].next;
	return at != 0 ? (struct node *)(uintptr_t)&session->table[at] : NULL;
}

fs_Node node_find(const struct session *session, const struct identity *identity)
{
	const struct node *node = find(session, identity);

	return node ? number_of(session, node) : 0;
}

static struct node *free_place(struct session *session)
{
	for (unsigned i = ROOT_PLACE; i < HOSTFS_NODE_PLACES; i++)
		if (session->table[i].fd < 0)
			return &session->table[i];
	return NULL;
}

int node_has_room(const struct session *session)
{
	return session->account->nodes > HOSTFS_NODES_MAX ? EMFILE : 0;
}

static int add_new(struct session *session, int fd, const struct identity *identity,
	fs_Node *number)
{
	struct node *node = node_has_room(session) == 0 ? free_place(session) : NULL;
	uint16_t *head = head_of(session, identity);

	if (!node) {
		close(fd);
		return EMFILE;
	}
	node->fd = fd;
	node->references = 1;
	node->covers = 0;
	node->identity = *identity;
	node->next = *head;
	/* The root's number is 1, and no other place has that. */
	if (node != &session->table[ROOT_PLACE])
		node->uses = node->uses == USES_MAX ? 1 : node->uses + 1;
	*head = (uint16_t)(node - session->table);
	session->account->nodes++;
	session->host->nodes++;
	*number = number_of(session, node);
	return 0;
}

int node_add(struct session *session, int fd, fs_Node *number)
{
	struct identity identity;
	struct node *node;
	int error = node_status(fd, NULL, &identity);

	node = error == 0 ? find(session, &identity) : NULL;
	if (error == 0 && !node)
		return add_new(session, fd, &identity, number);
	close(fd);
	if (error != 0)
		return error;
	if (node->references == UINT32_MAX)
		return EOVERFLOW;
	node->references++;
	*number = number_of(session, node);
	return 0;
}

static void remove_node(struct session *session, struct node *node)
{
	uint16_t place = (uint16_t)(node - session->table);
	uint16_t *at = head_of(session, &node->identity);

	while (*at != place)
		at = &session->table[*at].next;
	*at = node->next;
	close(node->fd);
	node->fd = -1;
	session->account->nodes--;
	session->host->nodes--;
}

void node_forget(struct session *session, fs_Node number, uint32_t references)
{
	struct node *node = node_of(session, number);
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
	for (unsigned i = ROOT_PLACE; i < HOSTFS_NODE_PLACES; i++)
		if (session->table[i].fd >= 0)
			remove_node(session, &session->table[i]);
}

/* ---- through /proc ---- */

struct descriptor_name node_name(int fd)
{
	struct descriptor_name name;

	snprintf(name.text, sizeof(name.text), "%d", fd);
	return name;
}

int node_reopen(const struct host *host, int fd, int flags)
{
	int opened = openat(host->descriptors, node_name(fd).text,
		flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	return opened < 0 ? -errno : opened;
}
