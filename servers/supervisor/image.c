/*
 * What programs begin with: for each part of the ELF file a memory, made once, with
 * what the file has of it. What is only read is mapped as it is by all instances, of
 * the rest each has its copies; zeros behind it are an instance's own.
 */
#include "servers/supervisor/supervisor.h"

#define WRITE_MAX (UINT64_C(1) << 19)

static int write_all(struct sk_handle memory, uint64_t offset, struct bytes content)
{
	for (uint64_t done = 0; done < content.size;) {
		uint64_t size = content.size - done < WRITE_MAX ? content.size - done : WRITE_MAX;
		struct kernel_Memory_write_reply reply;
		int status = K(memory, Memory_write, &reply, .offset = offset + done,
			.data = sk_lend(content.at + done, size));

		if (status != SK_OK)
			return status;
		if (reply.done == 0)
			return kernel_Error_QUOTA_EXCEEDED;
		done += reply.done;
	}
	return SK_OK;
}

uint64_t image_content(const struct elf_part *part)
{
	return (part->offset + part->content.size + SK_PAGE - 1) / SK_PAGE * SK_PAGE;
}

static int load_part(struct sk_handle *memory, const struct elf_part *part)
{
	struct sk_handle quota = sk_kernel_channel_handle(&supervisor.thread->quota);
	struct kernel_Quota_create_memory_reply reply;
	int status;

	if (image_content(part) == 0)
		return SK_OK;
	status = K(quota, Quota_create_memory, &reply, .size = image_content(part));
	if (status != SK_OK)
		return status;
	*memory = reply.memory.raw;
	return write_all(*memory, part->offset, part->content);
}

svrctl_Error image_load(struct server *server)
{
	struct image *image = &server->image;
	int status = SK_OK;

	if (image->is_loaded)
		return 0;
	if (!server->program.at || !elf_read(server->program, &image->elf))
		return svrctl_Error_BAD_PROGRAM;
	for (uint32_t i = 0; i < PARTS_MAX; i++)
		image->parts[i] = sk_no_handle();
	image->is_loaded = true;
	for (uint32_t i = 0; i < image->elf.count && status == SK_OK; i++)
		status = load_part(&image->parts[i], &image->elf.parts[i]);
	if (status != SK_OK)
		image_drop(server);
	return status != SK_OK ? svrctl_Error_QUOTA_EXCEEDED : 0;
}

void image_drop(struct server *server)
{
	struct image *image = &server->image;

	for (uint32_t i = 0; image->is_loaded && i < PARTS_MAX; i++)
		drop(&image->parts[i]);
	image->is_loaded = false;
}
