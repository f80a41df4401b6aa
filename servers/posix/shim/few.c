#include "servers/posix/shim/few.h"

#include "runtime/env.h"
#include "runtime/kernel/beside.h"
#include "runtime/kernel/sys.h"
#include "servers/posix/shim/copy.h"

/*
 * As the generated function does it, but in registers from end to end, also where a
 * signal may cut it off.
 */
static int ask(struct shim *shim, const struct sk_method *method, uint64_t words[ABI_WORDS],
	int bytes, uint32_t reply_bytes)
{
	struct sk_kernel_channel *k = &shim->file;
	uint64_t target = k->target | (shim->may_be_cut ? ABI_CANCELLABLE : 0);
	uint64_t head = sk_sys_call(k->slot_counts | sk_counts((uint32_t)bytes, 0, 0, 0, 0),
		target, words, ABI_FOREVER);
	int status;

	k->channel.delivered = true;
	if (__builtin_expect(head == (uint64_t)reply_bytes << ABI_BYTES_SHIFT &&
			words[0] == method->reply_id, 1))
		return SK_OK;
	sk_kernel_store(k->channel.reply.bytes, words);
	status = sk_kernel_sort_reply(&k->channel, head, method);
	return status == SK_OK ? SK_MALFORMED : status;
}

static int64_t result_of(const struct shim *shim, int status)
{
	return status == SK_UNKNOWN_METHOD || status == fs_Error_EOPNOTSUPP ? FEW_NOT :
		shim_file_result(shim, status);
}

/* All of it, on one page or two, so that nothing is taken that cannot be given. */
static bool is_there(uint64_t to, uint64_t size)
{
	return shim_touch_write((void *)(uintptr_t)to) == 0 &&
		((to ^ (to + size - 1)) < LAYOUT_PAGE ||
		shim_touch_write((void *)(uintptr_t)(to + size - 1)) == 0);
}

int64_t few_read(struct shim *shim, uint64_t offset, fs_Io flags, uint64_t to, uint64_t size)
{
	const struct fs_File_read_few_request request = {offset, flags, (uint32_t)size};
	struct fs_File_read_few_reply reply;
	uint64_t words[ABI_WORDS] = {0};
	int encoded = fs_File_read_few_request_encode(&request, words, sizeof words);
	int status;

	if (encoded < 0 || !is_there(to, size))
		return FEW_FAULT;
	status = ask(shim, &fs_File_read_few_method, words, encoded, sizeof words);
	if (status == SK_OK)
		status = fs_File_read_few_reply_decode(&reply, words, sizeof words);
	if (status != SK_OK)
		return result_of(shim, status);
	if (reply.count > size)
		return -LINUX_EIO;
	return copy_to(to, words + 2, reply.count) ? (int64_t)reply.count : -LINUX_EFAULT;
}

static int64_t write_words(struct shim *shim, const struct fs_File_write_few_request *request)
{
	uint64_t words[ABI_WORDS] = {0};
	int encoded = fs_File_write_few_request_encode(request, words, sizeof words);
	int status;

	if (encoded < 0)
		return FEW_FAULT;
	status = ask(shim, &fs_File_write_few_method, words, encoded, 16);
	if (status != SK_OK)
		return result_of(shim, status);
	return (int64_t)(words[1] < request->size ? words[1] : request->size);
}

/* A pipe has room for a few bytes nearly always, and then a call that cannot be cut off,
 * which the kernel takes the short way, is enough. All of them or none. */
static int64_t write_now(struct shim *shim, struct fs_File_write_few_request *request)
{
	const fs_Io flags = request->flags;
	int64_t result;

	request->flags |= fs_Io_NO_WAIT;
	shim->may_be_cut = false;
	result = write_words(shim, request);
	shim->may_be_cut = true;
	request->flags = flags;
	return result;
}

int64_t few_write(struct shim *shim, uint8_t kind, uint64_t offset, fs_Io flags,
	uint64_t from, uint64_t size)
{
	struct fs_File_write_few_request request = {offset, flags, (uint32_t)size, 0, 0};
	uint64_t bytes[2] = {0};
	int64_t result = -LINUX_EAGAIN;

	if (!copy_from(bytes, from, size))
		return FEW_FAULT;
	request.first = bytes[0];
	request.second = bytes[1];
	if (kind == posix_ObjectKind_PIPE)
		result = write_now(shim, &request);
	return result == -LINUX_EAGAIN ? write_words(shim, &request) : result;
}
