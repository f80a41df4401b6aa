/* What posix begins with: the shim, the quota of all programs, and its service. */
#include "servers/posix/posix.h"

#include "runtime/image/elf.h"

struct posix posix;

/* ---- the shim ---- */

static const uint8_t *map_archive(uint64_t *size)
{
	const struct svrctl_Server_initrd_request request = {0};
	struct svrctl_Server_initrd_reply reply;
	const uint8_t *at;

	if (svrctl_Server_initrd(&posix.os->supervisor.channel, &request, &reply, NULL) !=
			SK_OK)
		return NULL;
	*size = reply.size;
	at = map_here(reply.initrd.raw, 0, (*size + SK_PAGE - 1) / SK_PAGE * SK_PAGE, false);
	drop(&reply.initrd.raw);
	return at;
}

/* A part of the image, in memory of its own. */
static struct sk_handle take_part(const uint8_t *file, const struct elf_part *part)
{
	struct sk_handle memory = memory_new(sk_no_handle(), part->size);
	uint8_t *at = memory.raw < 0 ? NULL : map_here(memory, 0, part->size, true);

	UNUSED(file);
	if (at)
		memcpy(at + part->offset, part->content.at, part->content.size);
	unmap_here(at, part->size);
	if (!at)
		drop(&memory);
	return memory;
}

static const char *take_image(struct bytes file)
{
	struct shim *shim = &posix.shim;
	struct elf elf;

	if (!file.at || !elf_read(file, &elf))
		return "the archive has no servers/posix.shim that is a program";
	for (uint32_t i = 0; i < elf.count; i++) {
		const struct elf_part *part = &elf.parts[i];
		struct sk_handle memory = take_part(file.at, part);

		if (memory.raw < 0)
			return "there is no memory for the shim";
		if (part->executable) {
			shim->text = memory;
			shim->text_address = part->address;
			shim->text_size = part->size;
			if (part->content.size >= sizeof(shim->head))
				memcpy(&shim->head, part->content.at, sizeof(shim->head));
		} else {
			shim->data = memory;
			shim->data_address = part->address;
			shim->data_size = part->size;
		}
	}
	return shim->head.magic == LAYOUT_MAGIC && shim->text_address == LAYOUT_SHIM ? NULL :
		"servers/posix.shim does not begin as layout.h says";
}

static const char *take_shim(void)
{
	uint64_t size;
	const uint8_t *archive = map_archive(&size);
	const char *problem;

	posix.shim.text = posix.shim.data = sk_no_handle();
	if (!archive)
		return "the archive cannot be had";
	problem = take_image(archive_find((struct bytes){archive, size}, "servers/posix.shim",
		18));
	unmap_here((void *)(uintptr_t)archive, (size + SK_PAGE - 1) / SK_PAGE * SK_PAGE);
	return problem;
}

/* ---- the rest ---- */

/* Of its memory posix keeps a quarter for itself, but no more than this. */
#define OWN_MOST (UINT64_C(64) << 20)

static bool make_quota(void)
{
	struct sk_handle own = sk_kernel_channel_handle(&posix.os->thread->quota);
	struct kernel_Quota_usage_reply usage;
	struct kernel_Quota_create_quota_reply made;
	struct kernel_Amount limit;
	uint64_t kept;

	if (K(own, Quota_usage, &usage, 0) != SK_OK)
		return false;
	limit = usage.limit;
	kept = limit.bytes / 4 < OWN_MOST ? limit.bytes / 4 : OWN_MOST;
	limit.bytes -= kept;
	user_limits(kept);
	posix.heap_most = kept / 4 * 3;
	limit.handles = limit.handles / 8 * 7;
	limit.threads -= 1;
	limit.spaces -= 1;
	limit.priority = PROGRAM_PRIORITY;
	if (K(own, Quota_create_quota, &made, .limit = limit) != SK_OK)
		return false;
	posix.quota = made.quota.raw;
	return true;
}

static bool take_clock(void)
{
	struct kernel_Clock_page_reply reply;

	if (K(sk_kernel_channel_handle(&posix.os->clock), Clock_page, &reply, 0) != SK_OK)
		return false;
	posix.clock_page = reply.page.raw;
	return sk_os_clock(posix.os) != NULL;
}

static void take_system(void)
{
	const struct svrctl_Server_system_request request = {0};
	struct svrctl_Server_system_reply reply;

	if (svrctl_Server_system(&posix.os->supervisor.channel, &request, &reply, NULL) == SK_OK)
		sk_os_channel_apart(posix.os, &posix.system, reply.system.raw);
}

int sk_os_main(struct sk_os *os)
{
	static const struct sk_service services[] = {{
		.dispatch = personality_dispatch, .connected = starter_connected,
		.gone = starter_gone, .canceled = starter_canceled,
	}};
	const char *problem;

	posix.os = os;
	posix.processes_end = &posix.processes;
	problem = take_shim();
	if (!problem && (!make_quota() || !take_clock()))
		problem = "there is no memory";
	if (!problem && mount_root() != 0)
		problem = "there is no root of files";
	if (!problem && mount_proc() != 0)
		problem = "/proc cannot be mounted";
	if (problem)
		sk_os_give_up(os, 1, problem);
	take_system();
	device_nodes();
	process_begin();
	proc_begin();
	return sk_serve(os, &(struct sk_serve){
		.services = services, .service_count = 1, .max_kept = KEPT_MAX,
		.max_objects = OBJECTS_MAX,
	});
}
