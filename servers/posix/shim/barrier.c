/* membarrier: a barrier in all threads of a process, or of the machine, without code of theirs. */
#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/shim.h"

enum { QUERY = 0, GLOBAL = 1, PRIVATE_EXPEDITED = 8, REGISTER_PRIVATE_EXPEDITED = 16 };
enum { READ_WRITE = 3, PRIVATE_ANONYMOUS = 0x22 };
#define PROCESSORS 64

shim_function barrier_membarrier;

/* Of the space: fork copies it, and exec begins anew. */
static uint32_t is_registered;

/* A page that is taken away is flushed by all processors that are in the space, before the call
 * comes back; others have changed space since. */
static int64_t in_process(struct shim *shim)
{
	struct posix_Memory_map_reply reply;
	const uint8_t byte = 1;
	int64_t result = POSIX(shim, &reply, Memory, map, .size = LAYOUT_PAGE,
		.protection = READ_WRITE, .flags = PRIVATE_ANONYMOUS, .file = -1);

	if (result < 0)
		return result;
	copy_to(reply.address, &byte, sizeof byte);
	return POSIX_DO(shim, Memory, unmap, .address = reply.address, .size = LAYOUT_PAGE);
}

static int64_t run_on(struct shim *shim, uint64_t processors)
{
	const struct posix_Resources_set_affinity_request request = {
		.processors = { .items = &processors, .count = 1 } };

	return shim_result(shim, posix_Resources_set_affinity(&shim->posix.channel, &request,
		&(struct posix_Resources_set_affinity_reply){0}, NULL));
}

/* It goes to each processor in turn: what ran there has been switched from. */
static int64_t in_machine(struct shim *shim)
{
	struct posix_Resources_affinity_reply reply;
	uint64_t may = 0;
	int64_t result = POSIX(shim, &reply, Resources, affinity, 0);

	if (result < 0 || !sk_uint64_next(&reply.processors, &may))
		return result;
	for (uint32_t i = 0; i < PROCESSORS; i++)
		if (run_on(shim, UINT64_C(1) << i) < 0)
			break;
	return run_on(shim, may);
}

int64_t barrier_membarrier(struct shim *shim, const uint64_t a[6])
{
	if ((uint32_t)a[1] != 0)
		return -LINUX_EINVAL;
	switch ((int32_t)a[0]) {
	case QUERY: return GLOBAL | PRIVATE_EXPEDITED | REGISTER_PRIVATE_EXPEDITED;
	case GLOBAL: return in_machine(shim);
	case REGISTER_PRIVATE_EXPEDITED:
		__atomic_store_n(&is_registered, 1, __ATOMIC_SEQ_CST);
		return 0;
	case PRIVATE_EXPEDITED:
		return __atomic_load_n(&is_registered, __ATOMIC_SEQ_CST) ? in_process(shim) :
			-LINUX_EPERM;
	default: return -LINUX_EINVAL;
	}
}
