/* Spaces of programs: the shim in each. */
#include "servers/posix/posix.h"

#define READ kernel_Protection_READ
#define WRITE kernel_Protection_WRITE
#define EXECUTE kernel_Protection_EXECUTE

static int map_shim(struct sk_handle space)
{
	const struct shim *shim = &posix.shim;
	int status = map_there(space, shim->text, 0, shim->text_size, shim->text_address,
		READ | EXECUTE, 0, kernel_Inherit_SHARE, LAYOUT_TAG_SHIM);

	if (status == SK_OK && shim->data_size > 0)
		status = map_there(space, shim->data, 0, shim->data_size, shim->data_address,
			READ | WRITE, kernel_MapFlags_PRIVATE, kernel_Inherit_COPY,
			LAYOUT_TAG_SHIM);
	if (status == SK_OK)
		status = map_there(space, posix.clock_page, 0, LAYOUT_PAGE, LAYOUT_CLOCK, READ,
			0, kernel_Inherit_SHARE, LAYOUT_TAG_SHIM);
	return status;
}

struct space *space_new(struct sk_handle quota)
{
	struct space *space = allocate(sizeof(*space));
	struct kernel_Quota_create_space_reply reply;
	int status;

	if (!space)
		return NULL;
	space->references = 1;
	space->handle = sk_no_handle();
	status = K(quota, Quota_create_space, &reply, 0);
	if (status == SK_OK) {
		space->handle = reply.space.raw;
		status = map_shim(space->handle);
	}
	if (status == SK_OK)
		return space;
	warn("a space cannot be made: %d", status);
	space_drop(space);
	return NULL;
}

struct space *space_fork(struct space *from, struct sk_handle quota)
{
	struct kernel_Quota_fork_space_reply reply;
	struct space *space = allocate(sizeof(*space));

	if (!space)
		return NULL;
	if (K(quota, Quota_fork_space, &reply, .from = {from->handle}) != SK_OK) {
		release(space);
		return NULL;
	}
	*space = *from;
	if (space->program)
		space->program->references++;
	space->references = 1;
	space->locked = NULL;
	space->locks_future = false;
	space->handle = reply.space.raw;
	space->windows = 0;
	memset(space->areas, 0, sizeof(space->areas));
	return space;
}

void space_drop(struct space *space)
{
	if (!space || --space->references > 0)
		return;
	if (space->handle.raw >= 0)
		K0(space->handle, Space_kill, .code = 0);
	drop(&space->handle);
	file_drop(space->program);
	release(space->locked);
	release(space);
}
