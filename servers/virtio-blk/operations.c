/* block.Device: what is asked for is checked here, and then is the device's. */
#include "servers/virtio-blk/disk.h"

static uint64_t blocks(void)
{
	return disk.sectors / (disk.block_size / SECTOR);
}

static block_Features features(void)
{
	return (disk.features & FEATURE_READ_ONLY ? block_Features_READ_ONLY : 0) |
		(disk.features & FEATURE_FLUSH ? block_Features_WRITE_CACHE : 0) |
		(disk.discard_sectors ? block_Features_DISCARD : 0) |
		(disk.zero_sectors ? block_Features_WRITE_ZEROS : 0);
}

static void describe(void *self, const struct block_Device_describe_request *request,
	struct sk_reply *to)
{
	const struct block_Device_describe_reply reply = {
		.features = features(),
		.block_size = disk.block_size,
		.physical_size = disk.physical_size,
		.best_size = CHUNK,
		.max_size = block_IO_MAX,
		.blocks = blocks(),
		.name = {"disk", 4},
		.model = {"virtio", 6},
		.serial = {"", 0},
	};

	(void)self;
	(void)request;
	block_Device_describe_answer(to, 0, &reply);
}

/* ---- reading and writing ---- */

static block_Error check(const struct sk_reply *to, bool writes, uint64_t block,
	uint64_t count)
{
	if (!sk_allows(to, writes ? block_Rights_WRITE : block_Rights_READ))
		return block_Error_NO_ACCESS;
	if (writes && (disk.features & FEATURE_READ_ONLY))
		return block_Error_READ_ONLY;
	if (block > blocks() || count > blocks() - block)
		return block_Error_OUT_OF_RANGE;
	return 0;
}

static void move(struct sk_reply *to, enum kind kind, uint64_t block, block_Io flags,
	const struct sk_lease *lease)
{
	block_Error error = lease->size % disk.block_size != 0 || lease->size == 0 ?
		block_Error_INVALID :
		check(to, kind == KIND_WRITE, block, lease->size / disk.block_size);
	struct request *request = error ? NULL : request_new(to, kind);

	if (error)
		sk_answer_error(to, error);
	if (!request)
		return;
	request->flags = flags;
	request->lease = *lease;
	request->sector = block * (disk.block_size / SECTOR);
	request->size = lease->size;
	request_start(request);
}

static void read(void *self, const struct block_Device_read_request *request,
	struct sk_reply *to)
{
	(void)self;
	move(to, KIND_READ, request->block, request->flags, &request->data);
}

static void write(void *self, const struct block_Device_write_request *request,
	struct sk_reply *to)
{
	(void)self;
	move(to, KIND_WRITE, request->block, request->flags, &request->data);
}

static void flush(void *self, const struct block_Device_flush_request *request,
	struct sk_reply *to)
{
	struct request *made;

	(void)self;
	(void)request;
	if (!(disk.features & FEATURE_FLUSH)) {
		block_Device_flush_answer(to, 0, &(struct block_Device_flush_reply){0});
		return;
	}
	made = request_new(to, KIND_FLUSH);
	if (!made)
		return;
	made->is_flushing = true;
	request_start(made);
}

/* ---- ranges ---- */

static void range(struct sk_reply *to, enum kind kind, uint64_t block, uint64_t count,
	bool keeps)
{
	uint32_t most = kind == KIND_DISCARD ? disk.discard_sectors : disk.zero_sectors;
	block_Error error = most < disk.block_size / SECTOR ? block_Error_NOT_SUPPORTED :
		count == 0 ? block_Error_INVALID : check(to, true, block, count);
	struct request *request = error ? NULL : request_new(to, kind);

	if (error)
		sk_answer_error(to, error);
	if (!request)
		return;
	request->keeps = keeps;
	request->sector = block * (disk.block_size / SECTOR);
	request->size = count * disk.block_size;
	request_start(request);
}

static void discard(void *self, const struct block_Device_discard_request *request,
	struct sk_reply *to)
{
	(void)self;
	if (request->secure)
		block_Device_discard_answer(to, block_Error_NOT_SUPPORTED, NULL);
	else
		range(to, KIND_DISCARD, request->block, request->blocks, false);
}

static void write_zeros(void *self, const struct block_Device_write_zeros_request *request,
	struct sk_reply *to)
{
	(void)self;
	range(to, KIND_ZEROS, request->block, request->blocks, request->keep);
}

static void statistics(void *self, const struct block_Device_statistics_request *request,
	struct sk_reply *to)
{
	const struct block_Device_statistics_reply reply = {
		.reads = disk.reads, .bytes_read = disk.bytes_read, .writes = disk.writes,
		.bytes_written = disk.bytes_written, .busy_time = disk.busy_time,
		.errors = disk.errors,
	};

	(void)self;
	(void)request;
	block_Device_statistics_answer(to, 0, &reply);
}

/* ---- answers ---- */

void request_answer(struct request *request, block_Error error)
{
	struct sk_reply *to = &request->reply;

	switch (request->kind) {
	case KIND_READ:
		disk.reads++;
		disk.bytes_read += request->done;
		block_Device_read_answer(to, error, &(struct block_Device_read_reply){0});
		break;
	case KIND_WRITE:
		disk.writes++;
		disk.bytes_written += request->done;
		block_Device_write_answer(to, error, &(struct block_Device_write_reply){0});
		break;
	case KIND_DISCARD:
		block_Device_discard_answer(to, error,
			&(struct block_Device_discard_reply){0});
		break;
	case KIND_ZEROS:
		block_Device_write_zeros_answer(to, error,
			&(struct block_Device_write_zeros_reply){0});
		break;
	default:
		block_Device_flush_answer(to, error, &(struct block_Device_flush_reply){0});
		break;
	}
}

int disk_dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct block_Device_ops ops = {
		.describe = describe,
		.read = read,
		.write = write,
		.flush = flush,
		.discard = discard,
		.write_zeros = write_zeros,
		.statistics = statistics,
	};

	return block_Device_dispatch(&ops, self, incoming);
}
