/* What /proc says of a process's memory. */
#include "servers/posix/proc.h"

#define MAPPINGS 60
#define NAME_COLUMN 73
#define ARGUMENTS_SHOWN (UINT64_C(128) << 10)
#define AUXILIARY_MAX 64

/* ---- mappings ---- */

/* Some from an address on; those of the shim are left out. The next address, or 0. */
static uint64_t next_mappings(const struct space *space, uint64_t from,
	struct kernel_Mapping list[MAPPINGS], uint32_t *count)
{
	struct kernel_Space_mappings_reply reply;

	*count = 0;
	if (K(space->handle, Space_mappings, &reply, .from = from) != SK_OK)
		return 0;
	while (*count < MAPPINGS && kernel_Mapping_next(&reply.list, &list[*count])) {
		if (list[*count].address >= LAYOUT_PROGRAM_END)
			return 0;
		++*count;
	}
	return reply.next;
}

static void add(struct proc_memory *sum, const struct kernel_Mapping *m)
{
	sum->size += m->length;
	if (m->tag_value == LAYOUT_TAG_STACK)
		sum->stack += m->length;
	else if (m->protection & kernel_Protection_WRITE && m->inherit != kernel_Inherit_SHARE)
		sum->data += m->length;
}

struct proc_memory proc_memory_of(const struct process *process)
{
	struct kernel_Mapping list[MAPPINGS];
	struct kernel_Space_state_reply state;
	struct proc_memory sum = {0};
	uint64_t from = 0;
	uint32_t count;

	if (!process->space)
		return sum;
	do {
		from = next_mappings(process->space, from, list, &count);
		for (uint32_t i = 0; i < count; i++)
			add(&sum, &list[i]);
	} while (from != 0);
	if (K(process->space->handle, Space_state, &state, 0) == SK_OK) {
		sum.resident = state.resident;
		sum.shared = state.shared;
	}
	sum.code = process->space->code_end - process->space->code_start;
	return sum;
}

void proc_statm(struct proc_text *text, const struct proc_key *key)
{
	const struct proc_memory m = proc_memory_of(proc_process(key));

	proc_put(text, "%lu %lu %lu %lu 0 %lu 0\n", m.size / LAYOUT_PAGE,
		m.resident / LAYOUT_PAGE, m.shared / LAYOUT_PAGE,
		(m.code + LAYOUT_PAGE - 1) / LAYOUT_PAGE, (m.data + m.stack) / LAYOUT_PAGE);
}

/* ---- maps ---- */

struct region {
	struct kernel_Mapping mapping;
	struct fs_Status status;
	uint64_t device;
	char name[fs_LINK_MAX + 1];
};

static void name_node(struct region *region, struct node *node, struct node *root)
{
	int size = shown_path(node, root, region->name, fs_LINK_MAX);

	region->name[size < 0 ? 0 : size] = 0;
	region->device = node->mount->device;
}

static void name_file(struct region *region, const struct process *process, uint64_t number)
{
	for (uint32_t i = 0; process->files && i < process->files->capacity; i++) {
		struct file *file = process->files->entries[i].file;

		if (!file || file->number != number)
			continue;
		if (file->node)
			name_node(region, file->node, process->places->root);
		if (file->handle.raw >= 0)
			file_status(file, &region->status);
		return;
	}
}

static bool has(const struct kernel_Mapping *m, uint64_t address)
{
	return address >= m->address && address < m->address + m->length;
}

static void name_region(struct region *region, const struct process *process)
{
	static const char heap[] = "[heap]", stack[] = "[stack]";
	const struct kernel_Mapping *m = &region->mapping;
	const struct space *space = process->space;

	region->name[0] = 0;
	region->device = 0;
	memset(&region->status, 0, sizeof(region->status));
	if (m->tag_value == LAYOUT_TAG_HEAP)
		memcpy(region->name, heap, sizeof(heap));
	else if (m->tag_value == LAYOUT_TAG_STACK)
		memcpy(region->name, stack, sizeof(stack));
	else if (m->tag_value >= LAYOUT_TAG_FILE)
		name_file(region, process, m->tag_value - LAYOUT_TAG_FILE);
	else if (process->executable && space->code_end && (has(m, space->code_start) ||
			has(m, space->data_start)))
		name_node(region, process->executable, process->places->root);
}

static void put_region(struct proc_text *text, const struct region *region)
{
	const struct kernel_Mapping *m = &region->mapping;
	const uint64_t start = text->size;

	proc_put(text, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ", m->address,
		m->address + m->length, m->protection & kernel_Protection_READ ? 'r' : '-',
		m->protection & kernel_Protection_WRITE ? 'w' : '-',
		m->protection & kernel_Protection_EXECUTE ? 'x' : '-',
		m->inherit == kernel_Inherit_SHARE ? 's' : 'p',
		m->tag_value >= LAYOUT_TAG_FILE ? m->offset : 0,
		(unsigned)(region->device >> 8 & 0xfff), (unsigned)(region->device & 0xff),
		region->status.inode);
	while (region->name[0] && text->size < start + NAME_COLUMN)
		proc_put_bytes(text, " ", 1);
	proc_put_bytes(text, region->name, strlen(region->name));
	proc_put(text, "\n");
}

/* How many of its pages are there. */
static uint64_t resident(const struct space *space, const struct kernel_Mapping *m)
{
	struct kernel_Space_resident_reply reply;
	uint64_t found = 0;

	for (uint64_t at = 0; at < m->length; at += 4000 * LAYOUT_PAGE) {
		uint64_t pages = (m->length - at) / LAYOUT_PAGE;

		if (K(space->handle, Space_resident, &reply, .address = m->address + at,
				.pages = pages < 4000 ? (uint32_t)pages : 4000) != SK_OK)
			break;
		for (uint32_t i = 0; i < reply.present.size; i++)
			found += reply.present.data[i] & 1;
	}
	return found * LAYOUT_PAGE;
}

static void put_sizes(struct proc_text *text, uint64_t size, uint64_t present, bool is_shared)
{
	if (size)
		proc_put(text, "Size:           %8lu kB\nKernelPageSize:        4 kB\n"
			"MMUPageSize:           4 kB\n", size / 1024);
	proc_put(text, "Rss:            %8lu kB\nPss:            %8lu kB\n", present / 1024,
		present / 1024);
	proc_put(text, "Shared_Clean:   %8lu kB\nShared_Dirty:          0 kB\n"
		"Private_Clean:         0 kB\nPrivate_Dirty:  %8lu kB\n",
		is_shared ? present / 1024 : 0, is_shared ? 0 : present / 1024);
}

static void put_maps(struct proc_text *text, const struct proc_key *key, bool has_sizes)
{
	const struct process *process = proc_process(key);
	static struct region region;
	struct kernel_Mapping list[MAPPINGS];
	uint64_t from = 0;
	uint32_t count;

	if (!process->space || !posix.reader || !posix.reader->threads || !proc_may_trace(
			posix.reader->threads->credentials, process))
		return;
	do {
		from = next_mappings(process->space, from, list, &count);
		for (uint32_t i = 0; i < count; i++) {
			region.mapping = list[i];
			name_region(&region, process);
			put_region(text, &region);
			if (has_sizes)
				put_sizes(text, list[i].length, resident(process->space,
					&list[i]), list[i].inherit == kernel_Inherit_SHARE);
		}
	} while (from != 0);
}

void proc_maps(struct proc_text *text, const struct proc_key *key)
{
	put_maps(text, key, false);
}

void proc_smaps(struct proc_text *text, const struct proc_key *key)
{
	put_maps(text, key, true);
}

void proc_smaps_rollup(struct proc_text *text, const struct proc_key *key)
{
	const struct process *process = proc_process(key);
	const struct proc_memory m = proc_memory_of(process);

	if (!process->space)
		return;
	proc_put(text, "%08lx-%08lx ---p 00000000 00:00 0 [rollup]\n", LAYOUT_PROGRAM,
		LAYOUT_PROGRAM_END);
	put_sizes(text, 0, m.resident, false);
}

/* ---- what lies on its stack ---- */

static uint64_t read_there(const struct space *space, uint64_t from, void *to, uint64_t size)
{
	struct kernel_Space_read_reply reply = {0};

	return K(space->handle, Space_read, &reply, .from = from,
		.data = sk_lend_out(to, size)) == SK_OK ? reply.done : 0;
}

static void put_range(struct proc_text *text, const struct process *process, uint64_t from,
	uint64_t end)
{
	static char bytes[4096];

	if (!process->space || end < from)
		return;
	if (end - from > ARGUMENTS_SHOWN)
		end = from + ARGUMENTS_SHOWN;
	while (from < end) {
		uint64_t size = end - from < sizeof(bytes) ? end - from : sizeof(bytes);
		uint64_t done = read_there(process->space, from, bytes, size);

		proc_put_bytes(text, bytes, done);
		from += size;
		if (done < size)
			return;
	}
}

void proc_cmdline(struct proc_text *text, const struct proc_key *key)
{
	const struct process *process = proc_process(key);

	if (process->space)
		put_range(text, process, process->space->arguments,
			process->space->arguments_end);
}

void proc_environ(struct proc_text *text, const struct proc_key *key)
{
	const struct process *process = proc_process(key);

	if (process->space)
		put_range(text, process, process->space->environment,
			process->space->environment_end);
}

/* Behind the pointers to arguments and environment. */
void proc_auxv(struct proc_text *text, const struct proc_key *key)
{
	const struct space *space = proc_process(key)->space;
	uint64_t at, word = 0, pair[2] = {1, 0};

	if (!space || read_there(space, space->stack_start, &word, 8) < 8 || word > 1 << 20)
		return;
	at = space->stack_start + 8 * (word + 2);
	do {
		if (at >= space->stack_end || read_there(space, at, &word, 8) < 8)
			return;
		at += 8;
	} while (word != 0);
	for (int i = 0; i < AUXILIARY_MAX && pair[0] != 0; i++, at += sizeof(pair)) {
		if (read_there(space, at, pair, sizeof(pair)) < sizeof(pair))
			return;
		proc_put_bytes(text, pair, sizeof(pair));
	}
}
