/* Numbers of places in /proc. */
#include "servers/posix/proc.h"

#define FIRST 2				/* 1 is the root */
#define NODES_MAX 65536

struct place {
	uint32_t references;		/* 0: free */
	struct proc_key key;
};

static struct place *places;
static uint32_t capacity;

static bool is_same(const struct proc_key *a, const struct proc_key *b)
{
	return a->kind == b->kind && a->pid == b->pid && a->tid == b->tid &&
		a->number == b->number && a->started == b->started && a->object == b->object;
}

static bool grow(void)
{
	uint32_t wanted = capacity ? capacity * 2 : 64;
	struct place *grown = capacity < NODES_MAX ? allocate(wanted * sizeof(*grown)) : NULL;

	if (!grown)
		return false;
	if (places)
		memcpy(grown, places, capacity * sizeof(*grown));
	release(places);
	places = grown;
	capacity = wanted;
	return true;
}

fs_Node proc_node_new(const struct proc_key *key)
{
	uint32_t at = capacity;

	if (key->kind == PROC_ROOT)
		return fs_ROOT;
	for (uint32_t i = 0; i < capacity; i++) {
		if (places[i].references == 0) {
			at = at == capacity ? i : at;
		} else if (is_same(&places[i].key, key)) {
			places[i].references++;
			return FIRST + i;
		}
	}
	if (at == capacity && !grow())
		return 0;
	places[at] = (struct place){1, *key};
	if (key->object)
		key->object->references++;
	return FIRST + at;
}

void proc_node_drop(fs_Node number)
{
	struct file *object;

	if (number < FIRST || number - FIRST >= capacity ||
			places[number - FIRST].references == 0)
		return;
	object = places[number - FIRST].key.object;
	if (--places[number - FIRST].references == 0)
		file_drop(object);
}

const struct proc_key *proc_node_find(fs_Node number)
{
	static const struct proc_key root = {.kind = PROC_ROOT};

	if (number == fs_ROOT)
		return &root;
	return number >= FIRST && number - FIRST < capacity &&
		places[number - FIRST].references > 0 ? &places[number - FIRST].key : NULL;
}
