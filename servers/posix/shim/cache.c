#include "servers/posix/shim/cache.h"

#include "runtime/kernel/sys.h"
#include "servers/posix/shim/lock.h"
#include "servers/posix/shim/trace.h"

#define DOTS_UNKNOWN 3

static struct shim_file *place_of(struct shim_process *process, uint64_t descriptor)
{
	return descriptor < process->count ? &process->files[descriptor] : NULL;
}

/* Nothing is known of it any more; returns the handle, to be closed without the lock. */
static uint32_t take_out(struct shim_process *process, struct shim_file *place)
{
	uint32_t number = place->number;

	if (place->window != 0)
		process->windows &= ~(UINT32_C(1) << (place->window - 1));
	*place = (struct shim_file){ .version = place->version + 1 };
	return number;
}

static void close_number(uint32_t number)
{
	if (number != 0)
		sk_sys_close(number);
}

/* From now on a range that is forgotten has it too. */
static void use(struct shim_process *process, uint64_t descriptor)
{
	if (process->used <= descriptor)
		process->used = (uint32_t)descriptor + 1;
}

/* Keeps a handle, if the descriptor is still what it was when posix was asked; of one that
 * `is_new`, if none has become another since the call began. */
static bool keep(struct shim *shim, uint64_t descriptor, const struct shim_file *file,
	bool is_new)
{
	struct shim_process *process = shim->process;
	struct shim_file *place = place_of(process, descriptor);
	uint32_t old = 0;
	bool kept;

	if (!place)
		return false;
	lock_take(&process->lock);
	kept = is_new ? process->changes == shim->changes_seen :
		place->version == file->version && place->number == 0;
	if (kept) {
		old = take_out(process, place);
		*place = (struct shim_file){ .number = file->number, .kind = file->kind,
			.dots = file->dots, .version = place->version, .flags = file->flags };
		use(process, descriptor);
	}
	lock_let_go(&process->lock);
	close_number(old);
	return kept;
}

static void describe(struct shim_file *file, const struct posix_Opened *opened,
	struct sk_handle handle)
{
	file->number = sk_kernel_number(handle);
	file->kind = (uint8_t)opened->kind;
	file->flags = opened->flags;
	file->path_only = (opened->flags & fs_Open_PATH_ONLY) != 0;
	file->dots = DOTS_UNKNOWN;
}

static int64_t ask(struct shim *shim, uint64_t descriptor, struct shim_file *file)
{
	struct posix_Descriptors_look_up_reply reply;
	int64_t result;

	if (descriptor > INT32_MAX)
		return -LINUX_EBADF;
	result = POSIX(shim, &reply, Descriptors, look_up,
		.descriptor = (int32_t)descriptor);
	if (result < 0)
		return result;
	describe(file, &reply.opened, reply.has_file ? reply.file.raw : sk_no_handle());
	file->is_mine = file->number != 0 &&
		!(reply.opened.may_keep && keep(shim, descriptor, file, false));
	return 0;
}

int64_t cache_see(struct shim *shim, uint64_t descriptor, struct shim_file *file)
{
	struct shim_file *place = place_of(shim->process, descriptor);

	*file = (struct shim_file){ 0 };
	if (place) {
		lock_take(&shim->process->lock);
		*file = *place;
		use(shim->process, descriptor);
		lock_let_go(&shim->process->lock);
		if (file->number != 0)
			return 0;
	}
	return ask(shim, descriptor, file);
}

int64_t cache_open(struct shim *shim, uint64_t descriptor, struct shim_file *file)
{
	int64_t result = cache_see(shim, descriptor, file);

	if (result < 0)
		return result;
	if (file->number == 0)
		return -LINUX_EBADF;
	shim_file_channel(shim, file->number);
	shim->may_be_cut = file->kind != posix_ObjectKind_FILE &&
		file->kind != posix_ObjectKind_DIRECTORY &&
		file->kind != posix_ObjectKind_BLOCK_DEVICE;
	return 0;
}

/* Its object is no more, and whoever put another in its place has not come to say so yet. */
static void forget_lost(struct shim *shim, uint64_t descriptor, const struct shim_file *file)
{
	struct shim_file *place = place_of(shim->process, descriptor);
	uint32_t number = 0;

	if (!place)
		return;
	lock_take(&shim->process->lock);
	if (place->number == file->number && place->version == file->version)
		number = take_out(shim->process, place);
	lock_let_go(&shim->process->lock);
	close_number(number);
}

void cache_done(struct shim *shim, uint64_t descriptor, const struct shim_file *file)
{
	shim->may_be_cut = true;
	if (shim->is_lost && !file->is_mine)
		forget_lost(shim, descriptor, file);
	shim->is_lost = false;
	if (file->is_mine)
		close_number(file->number);
}

void cache_opened(struct shim *shim, const struct posix_Opened *opened,
	struct sk_handle handle)
{
	struct shim_file file = {0};

	describe(&file, opened, handle);
	if (opened->kind == posix_ObjectKind_DIRECTORY)
		file.dots = 0;
	if (file.number == 0 || !opened->may_keep || !keep(shim,
			(uint64_t)(uint32_t)opened->descriptor, &file, true))
		close_number(file.number);
}

void cache_forget(struct shim *shim, uint64_t descriptor)
{
	struct shim_file *place = place_of(shim->process, descriptor);
	uint32_t number;

	if (!place)
		return;
	lock_take(&shim->process->lock);
	shim->process->changes++;
	number = take_out(shim->process, place);
	lock_let_go(&shim->process->lock);
	close_number(number);
}

void cache_forget_range(struct shim *shim, uint64_t first, uint64_t last)
{
	__atomic_fetch_add(&shim->process->changes, 1, __ATOMIC_SEQ_CST);
	for (uint64_t i = first; i < shim->process->used && i <= last; i++)
		cache_forget(shim, i);
}

void cache_forget_all(struct shim *shim)
{
	cache_forget_range(shim, 0, UINT64_MAX);
	trace_forget(shim);
}

void cache_set_dots(struct shim *shim, uint64_t descriptor, uint8_t dots)
{
	struct shim_file *place = place_of(shim->process, descriptor);

	if (place)
		place->dots = dots;
}

void cache_set_no_few(struct shim *shim, uint64_t descriptor)
{
	struct shim_file *place = place_of(shim->process, descriptor);

	if (place)
		place->no_few = 1;
}
