/*
 * Names in directories: a hash table to find them, and a row by rising cookie
 * to list them while they come and go. Both grow and shrink with what is in.
 */
#include "servers/ramfs/tree.h"

#define FIRST_HEADS 8
#define FIRST_SLOTS 8
/* Behind what clients use for `.` and `..`. */
#define FIRST_COOKIE 2

/* Nobody but us knows the seed, so nobody can choose names with one hash. */
static uint32_t hash_of(const struct ram *ram, const char *name, uint32_t size)
{
	uint64_t hash = ram->seed;

	for (uint32_t i = 0; i < size; i++) {
		hash = (hash ^ (uint8_t)name[i]) * UINT64_C(0x9fb21c651e98df25);
		hash ^= hash >> 29;
	}
	return (uint32_t)(hash >> 32);
}

static struct entry **head_of(const struct directory *in, uint32_t hash)
{
	return &in->heads[hash & (in->head_count - 1)];
}

struct entry *directory_find(const struct inode *directory, const char *name,
	uint32_t size)
{
	const struct directory *in = &directory->as.directory;
	uint32_t hash = hash_of(directory->ram, name, size);
	struct entry *entry = in->head_count > 0 ? *head_of(in, hash) : NULL;

	while (entry && (entry->hash != hash || entry->size != size ||
			memcmp(entry->text, name, size) != 0))
		entry = entry->next;
	return entry;
}

/* ---- room ---- */

static bool grow_heads(struct ram *ram, struct directory *in)
{
	uint32_t old_count = in->head_count;
	uint32_t count = old_count > 0 ? 2 * old_count : FIRST_HEADS;
	struct entry **old = in->heads;
	struct entry **heads = ram_new(ram, in->charge, count * sizeof(*heads));

	if (!heads)
		return old_count > 0;
	in->heads = heads;
	in->head_count = count;
	for (uint32_t i = 0; i < old_count; i++)
		while (old[i]) {
			struct entry *entry = old[i], **head = head_of(in, entry->hash);

			old[i] = entry->next;
			entry->next = *head;
			*head = entry;
		}
	ram_free(ram, in->charge, old, old_count * sizeof(*old));
	return true;
}

/* Moves the slots together; the cookies stay. */
static void close_gaps(struct directory *in)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < in->slot_count; i++)
		if (in->slots[i].entry)
			in->slots[kept++] = in->slots[i];
	in->slot_count = kept;
}

static bool grow_slots(struct ram *ram, struct directory *in)
{
	uint32_t capacity = in->slot_capacity > 0 ? 2 * in->slot_capacity : FIRST_SLOTS;
	struct slot *slots;

	if (in->slot_count > 2 * in->count) {
		close_gaps(in);
		return true;
	}
	slots = ram_new(ram, in->charge, capacity * sizeof(*slots));
	if (!slots) {
		close_gaps(in);
		return in->slot_count < in->slot_capacity;
	}
	if (in->slot_count > 0)
		memcpy(slots, in->slots, in->slot_count * sizeof(*slots));
	ram_free(ram, in->charge, in->slots, in->slot_capacity * sizeof(*slots));
	in->slots = slots;
	in->slot_capacity = capacity;
	return true;
}

static bool has_room(struct ram *ram, struct directory *in)
{
	if (in->count >= in->head_count && !grow_heads(ram, in))
		return false;
	return in->slot_count < in->slot_capacity || grow_slots(ram, in);
}

static void free_tables(struct ram *ram, struct directory *in)
{
	ram_free(ram, in->charge, in->heads, in->head_count * sizeof(*in->heads));
	ram_free(ram, in->charge, in->slots, in->slot_capacity * sizeof(*in->slots));
	in->heads = NULL;
	in->slots = NULL;
	in->head_count = in->slot_count = in->slot_capacity = 0;
}

/* ---- in and out ---- */

/* The place of the first slot from this cookie on. */
static uint32_t place_from(const struct directory *in, uint64_t cookie)
{
	uint32_t first = 0, end = in->slot_count;

	while (first < end) {
		uint32_t middle = first + (end - first) / 2;

		if (in->slots[middle].cookie < cookie)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

static void link_entry(struct directory *in, struct entry *entry)
{
	struct entry **head = head_of(in, entry->hash);

	entry->next = *head;
	*head = entry;
}

static void unlink_entry(struct directory *in, struct entry *entry)
{
	struct entry **at = head_of(in, entry->hash);

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
}

/* There is room. */
static void insert(struct inode *directory, struct entry *entry)
{
	struct directory *in = &directory->as.directory;

	entry->parent = directory;
	entry->cookie = FIRST_COOKIE + in->cookies++;
	link_entry(in, entry);
	in->slots[in->slot_count++] = (struct slot){entry->cookie, entry};
	in->count++;
}

static void take_out(struct entry *entry)
{
	struct inode *directory = entry->parent;
	struct directory *in = &directory->as.directory;

	unlink_entry(in, entry);
	in->slots[place_from(in, entry->cookie)].entry = NULL;
	while (in->slot_count > 0 && !in->slots[in->slot_count - 1].entry)
		in->slot_count--;
	if (--in->count == 0)
		free_tables(directory->ram, in);
}

static char *copy_name(struct ram *ram, struct charge *charge, const char *name, uint32_t size)
{
	char *text = ram_new(ram, charge, size);

	if (text)
		memcpy(text, name, size);
	return text;
}

static void free_entry(struct ram *ram, struct entry *entry)
{
	struct inode *was_in = entry->was_in;

	ram_free(ram, &entry->charge, entry->text, entry->size);
	ram_free(ram, &entry->charge, entry, sizeof(*entry));
	inode_release(was_in);
}

int directory_add(struct inode *directory, struct inode *inode, const char *name,
	uint32_t size, struct entry **to)
{
	struct charge charge = {.payer = inode->charge.payer};
	struct ram *ram = directory->ram;
	struct entry *entry;

	if (!has_room(ram, &directory->as.directory))
		return fs_Error_ENOSPC;
	entry = ram_new(ram, &charge, sizeof(*entry));
	if (!entry)
		return fs_Error_ENOSPC;
	entry->charge = charge;
	entry->inode = inode;
	entry->hash = hash_of(ram, name, size);
	entry->size = size;
	entry->text = copy_name(ram, &entry->charge, name, size);
	if (!entry->text) {
		free_entry(ram, entry);
		return fs_Error_ENOSPC;
	}
	insert(directory, entry);
	if (inode->kind == fs_Kind_DIRECTORY)
		inode->as.directory.name = entry;
	*to = entry;
	return 0;
}

void directory_remove(struct entry *entry)
{
	struct ram *ram = entry->parent->ram;

	take_out(entry);
	/* Up from there still leads somewhere. */
	if (entry->inode->kind == fs_Kind_DIRECTORY)
		entry->references++;
	if (entry->references > 0) {
		entry->was_in = entry->parent;
		inode_hold(entry->was_in);
	}
	entry->parent = NULL;
	if (entry->references == 0)
		free_entry(ram, entry);
}

int directory_move(struct entry *entry, struct inode *directory, const char *name,
	uint32_t size)
{
	struct directory *old = &entry->parent->as.directory;
	struct ram *ram = directory->ram;
	char *text;

	if (!has_room(ram, &directory->as.directory))
		return fs_Error_ENOSPC;
	text = copy_name(ram, &entry->charge, name, size);
	if (!text)
		return fs_Error_ENOSPC;
	/* If it is the only one here, its tables are still needed. */
	old->count++;
	take_out(entry);
	ram_free(ram, &entry->charge, entry->text, entry->size);
	entry->text = text;
	entry->size = size;
	entry->hash = hash_of(ram, name, size);
	insert(directory, entry);
	if (--old->count == 0)
		free_tables(ram, old);
	return 0;
}

#define SWAP(type, member) do { \
		type swapped = one->member; \
		one->member = other->member; \
		other->member = swapped; \
	} while (0)

static void set_slot(struct entry *entry)
{
	struct directory *in = &entry->parent->as.directory;

	in->slots[place_from(in, entry->cookie)].entry = entry;
}

void directory_exchange(struct entry *one, struct entry *other)
{
	unlink_entry(&one->parent->as.directory, one);
	unlink_entry(&other->parent->as.directory, other);
	SWAP(struct inode *, parent);
	SWAP(uint64_t, cookie);
	SWAP(uint32_t, hash);
	SWAP(uint32_t, size);
	SWAP(char *, text);
	link_entry(&one->parent->as.directory, one);
	link_entry(&other->parent->as.directory, other);
	set_slot(one);
	set_slot(other);
}

struct entry *directory_next(const struct inode *directory, fs_Cursor from)
{
	const struct directory *in = &directory->as.directory;
	uint32_t place = place_from(in, from);

	while (place < in->slot_count && !in->slots[place].entry)
		place++;
	return place < in->slot_count ? in->slots[place].entry : NULL;
}

struct inode *directory_free(struct inode *directory)
{
	struct entry *name = directory->as.directory.name;
	struct inode *was_in = NULL;

	free_tables(directory->ram, &directory->as.directory);
	if (name && !name->parent && --name->references == 0) {
		was_in = name->was_in;
		name->was_in = NULL;
		free_entry(directory->ram, name);
	}
	return was_in;
}

/* ---- who has a name ---- */

void entry_hold(struct entry *entry)
{
	if (entry)
		entry->references++;
}

void entry_release(struct ram *ram, struct entry *entry)
{
	if (entry && --entry->references == 0 && !entry->parent)
		free_entry(ram, entry);
}

void where_hold(const struct where *where)
{
	inode_hold(where->inode);
	entry_hold(where->entry);
}

void where_release(const struct where *where)
{
	if (!where->inode)
		return;
	entry_release(where->inode->ram, where->entry);
	inode_release(where->inode);
}

/* ---- up ---- */

struct inode *directory_parent(const struct inode *directory)
{
	const struct entry *name = directory->as.directory.name;

	return name ? name->parent : NULL;
}

struct inode *directory_up(const struct inode *directory)
{
	const struct entry *name = directory->as.directory.name;

	return !name ? NULL : name->parent ? name->parent : name->was_in;
}

bool directory_is_below(const struct inode *inode, const struct inode *top)
{
	while (inode && inode != top)
		inode = directory_parent(inode);
	return inode != NULL;
}

bool directory_is_dead(const struct inode *directory)
{
	return directory->links == 0;
}
