/* A file system as a whole: its memory, its clock, how full it is. */
#include "servers/ramfs/ramfs.h"

/* What the allocator keeps of each piece, about. */
#define OVERHEAD 16
#define FIRST_HEADS 64
/* The budget is given to files and to memories in such parts of it. */
#define STEPS 64

const struct ram_limits ram_limits_small = {
	.nodes = 256, .handles = 64, .waiters = 64, .lockers = 64, .ranges = 256,
	.subjects = 64, .groups = 4096, .watches = 256, .events = 32768,
};

const struct ram_limits ram_limits_large = {
	.nodes = 65000, .handles = 16384, .waiters = 1024, .lockers = 4096,
	.ranges = 16384, .subjects = 4096, .groups = 2 * fs_GROUPS_MAX,
	.watches = 8192, .events = 262144,
};

static bool open_tables(struct ram *ram)
{
	ram->heads = ram_table_new(ram, FIRST_HEADS * sizeof(struct inode *));
	ram->walked = ram_table_new(ram, sizeof(*ram->walked));
	ram->entries = ram_table_new(ram, RAM_ENTRIES_MAX * sizeof(*ram->entries));
	ram->buffer = ram_table_new(ram, fs_XATTR_MAX);
	ram->head_count = ram->heads ? FIRST_HEADS : 0;
	return ram->heads && ram->walked && ram->entries && ram->buffer;
}

static void close_tables(struct ram *ram)
{
	ram_table_free(ram, ram->heads, ram->head_count * sizeof(struct inode *));
	ram_table_free(ram, ram->walked, sizeof(*ram->walked));
	ram_table_free(ram, ram->entries, RAM_ENTRIES_MAX * sizeof(*ram->entries));
	ram_table_free(ram, ram->buffer, fs_XATTR_MAX);
}

int ram_open(struct ram *ram, const struct ram_world *world,
	const struct ram_limits *limits, uint64_t budget)
{
	memset(ram, 0, sizeof(*ram));
	ram->world = *world;
	ram->limits = *limits;
	ram->budget = budget;
	ram->granted = world->memories ? 0 : budget;
	ram->flags = fs_MountFlags_RELATIVE_ACCESS_TIME;
	ram->waiters_end = &ram->waiters;
	ram->seed = world->now(world->context) * UINT64_C(0x9e3779b97f4a7c15);
	if (open_tables(ram))
		ram->root = inode_new(ram, fs_Kind_DIRECTORY, 0755);
	if (ram->root) {
		ram->root->links = 2;
		return 0;
	}
	close_tables(ram);
	return fs_Error_ENOMEM;
}

/* All that is in a directory, from the bottom up and without recursion: names
 * can be nested as deep as there is room. */
static void empty(struct inode *top)
{
	struct inode *at = top;

	for (;;) {
		struct entry *entry = directory_next(at, 0);
		struct inode *inode = entry ? entry->inode : NULL;

		if (inode && inode->kind == fs_Kind_DIRECTORY &&
				inode->as.directory.count > 0) {
			at = inode;
		} else if (entry) {
			directory_remove(entry);
			inode->links = inode->kind == fs_Kind_DIRECTORY ? 1 : inode->links;
			inode_unlink(inode);
		} else if (at == top) {
			return;
		} else {
			at = directory_parent(at);
		}
	}
}

void ram_close(struct ram *ram)
{
	empty(ram->root);
	ram->root->links = 0;
	inode_release(ram->root);
	close_tables(ram);
}

/* Of the budget so much is the files', and memories can have the rest. */
static bool grant(struct ram *ram, uint64_t granted)
{
	const struct ram_world *world = &ram->world;

	if (granted > ram->budget || (world->memories &&
			!world->memories->limit(world->context, ram->budget - granted)))
		return false;
	ram->granted = world->memories ? granted : ram->budget;
	return true;
}

bool ram_set_budget(struct ram *ram, uint64_t budget)
{
	uint64_t before = ram->budget;

	ram->budget = budget;
	if (grant(ram, ram->used))
		return true;
	ram->budget = before;
	return false;
}

static bool has_room(struct ram *ram, uint64_t size)
{
	return ram->used + size <= ram->granted ||
		grant(ram, ram->used + size + ram->budget / STEPS) ||
		grant(ram, ram->used + size);
}

static void *allocate(struct ram *ram, size_t size)
{
	void *memory = has_room(ram, size + OVERHEAD) ?
		ram->world.allocate(ram->world.context, size) : NULL;

	if (memory)
		ram->used += size + OVERHEAD;
	return memory;
}

void *ram_new(struct ram *ram, struct charge *charge, size_t size)
{
	void *memory;

	if (size > ram->budget || (charge && !share_take(ram, charge, size + OVERHEAD)))
		return NULL;
	memory = allocate(ram, size);
	if (!memory && charge)
		share_return(ram, charge, size + OVERHEAD);
	return memory;
}

void ram_charge(struct charge *charge, size_t size)
{
	share_put(charge, size + OVERHEAD);
}

void ram_free(struct ram *ram, struct charge *charge, void *memory, size_t size)
{
	if (!memory)
		return;
	if (charge)
		share_return(ram, charge, size + OVERHEAD);
	ram->used -= size + OVERHEAD;
	ram->world.release(ram->world.context, memory, size);
	if (ram->granted - ram->used > 2 * (ram->budget / STEPS) && ram->world.memories)
		(void)grant(ram, ram->used + ram->budget / STEPS);
}

void *ram_table_new(struct ram *ram, size_t size)
{
	return ram->world.allocate(ram->world.context, size);
}

void ram_table_free(struct ram *ram, void *memory, size_t size)
{
	if (memory)
		ram->world.release(ram->world.context, memory, size);
}

struct fs_Time ram_now(struct ram *ram)
{
	uint64_t now = ram->world.now(ram->world.context);

	ram->last_now = now > ram->last_now ? now : ram->last_now + 1;
	return (struct fs_Time){
		.seconds = (int64_t)(ram->last_now / 1000000000),
		.nanos = (uint32_t)(ram->last_now % 1000000000),
	};
}

struct fs_Space ram_space(const struct ram *ram, fs_MountFlags flags)
{
	const struct ram_world *world = &ram->world;
	uint64_t used = ram->used + (world->memories ?
		world->memories->used(world->context) : 0);
	uint64_t left = used < ram->budget ? ram->budget - used : 0;
	uint64_t free_nodes = left / (sizeof(struct inode) + sizeof(struct entry));

	return (struct fs_Space){
		.block_size = RAM_PAGE,
		.name_max = fs_NAME_MAX,
		.blocks = ram->budget / RAM_PAGE,
		.blocks_free = left / RAM_PAGE,
		.blocks_available = left / RAM_PAGE,
		.nodes = ram->inodes + free_nodes,
		.nodes_free = free_nodes,
		.id = ram->seed,
		.type_magic = RAM_MAGIC,
		.flags = flags,
	};
}
