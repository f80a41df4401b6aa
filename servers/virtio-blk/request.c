/*
 * Requests: each waits for a slot, and then goes to the device chunk by chunk, which are
 * copied between the slot's buffer and the lease. The device's answers come by interrupts;
 * while it has requests it is looked at too, since neither need ever come.
 */
#include "servers/virtio-blk/disk.h"

#define NOT_MEANT 2		/* the device's status: it cannot do that */
#define UNMAP 1
/* Between looks, in milliseconds; and how many of them a chunk may take. */
#define LOOK_MS 500
#define LOOKS 10
/* Looks that find answers of which no interrupt has told: one can come in between. */
#define MISSED 2
/* In a row, without an interrupt that brings an answer. */
#define RESETS 2

/* As it stands in the buffer, of KIND_DISCARD and KIND_ZEROS. */
struct segment {
	uint64_t sector;
	uint32_t sectors;
	uint32_t flags;
};

struct request *request_new(struct sk_reply *to, enum kind kind)
{
	for (uint32_t i = 0; i < REQUESTS && !disk.is_failed; i++) {
		struct request *request = &disk.requests[i];

		if (request->is_used)
			continue;
		*request = (struct request){.is_used = true, .kind = kind,
			.order = ++disk.order};
		request->reply = sk_reply_keep(to);
		return request;
	}
	sk_answer_error(to, disk.is_failed ? block_Error_DEVICE_ERROR : SK_EXHAUSTED);
	return NULL;
}

static void next_waiting(void);

/* It has its answer, or is to have none. */
static void finish(struct request *request, int error)
{
	if (request->at_device)
		disk.slots[request->slot] = NULL;
	disk.errors += error != 0 && error != SK_CANCELED;
	if (error < 0)
		sk_answer_error(&request->reply, error);
	else
		request_answer(request, error);
	request->is_used = false;
}

/* ---- to the device ---- */

static uint32_t chunk_of(const struct request *request)
{
	uint64_t left = request->size - request->done, most = CHUNK;

	if (request->kind == KIND_DISCARD)
		most = (uint64_t)disk.discard_sectors * SECTOR;
	if (request->kind == KIND_ZEROS)
		most = (uint64_t)disk.zero_sectors * SECTOR;
	if (most > UINT32_C(1) << 30)
		most = UINT32_C(1) << 30;
	return (uint32_t)(left < most ? left : most);
}

/* What the device gets in the buffer: how many bytes of it it is told of, or why not. */
static int fill(struct request *request, uint32_t bytes)
{
	uint8_t *buffer = queue_buffer(request->slot);
	struct segment segment;
	int status;

	if (request->kind == KIND_WRITE) {
		status = sk_lease_read(&request->reply, &request->lease, request->done,
			buffer, bytes, NULL);
		return status == SK_OK ? (int)bytes : status;
	}
	if (request->kind != KIND_DISCARD && request->kind != KIND_ZEROS)
		return (int)bytes;
	segment.sector = request->sector + request->done / SECTOR;
	segment.sectors = bytes / SECTOR;
	segment.flags = request->kind == KIND_ZEROS && !request->keeps ? UNMAP : 0;
	memcpy(buffer, &segment, sizeof(segment));
	return (int)sizeof(segment);
}

/* The next of it; false: it has its answer already. */
static bool proceed(struct request *request)
{
	uint32_t bytes = chunk_of(request);
	enum kind kind = request->is_flushing ? KIND_FLUSH : request->kind;
	int size = kind == KIND_FLUSH ? 0 : fill(request, bytes);
	bool is_range = kind == KIND_DISCARD || kind == KIND_ZEROS || kind == KIND_FLUSH;

	request->looks = 0;
	if (size < 0) {
		finish(request, size);
		return false;
	}
	queue_submit(request->slot, kind, is_range ? 0 : request->sector +
		request->done / SECTOR, (uint32_t)size);
	return true;
}

static bool is_idle(void)
{
	for (uint32_t i = 0; i < SLOTS; i++)
		if (disk.slots[i])
			return false;
	return true;
}

static void look(void *self);

static void watch(void)
{
	disk.watch.ring = look;
	sk_alarm_set(disk.os, &disk.watch, sk_os_after(disk.os, LOOK_MS));
}

static bool start_in(struct request *request, uint32_t slot)
{
	if (is_idle())
		disk.busy_since = sk_os_now(disk.os);
	if (disk.watch.time == 0)
		watch();
	request->slot = slot;
	request->at_device = true;
	disk.slots[slot] = request;
	return proceed(request);
}

static void next_waiting(void)
{
	for (uint32_t slot = 0; slot < SLOTS && !disk.is_failed; slot++) {
		struct request *next;

		do {
			next = NULL;
			for (uint32_t i = 0; i < REQUESTS && !disk.slots[slot]; i++) {
				struct request *one = &disk.requests[i];

				if (one->is_used && !one->at_device &&
						(!next || one->order < next->order))
					next = one;
			}
		} while (next && !start_in(next, slot));
	}
}

void request_start(struct request *request)
{
	(void)request;
	next_waiting();
}

/* ---- from the device ---- */

static int take(struct request *request, uint8_t status, uint32_t written)
{
	uint32_t bytes = chunk_of(request);

	if (status != 0)
		return status == NOT_MEANT ? block_Error_NOT_SUPPORTED :
			block_Error_MEDIUM_ERROR;
	if (request->is_flushing)
		return SK_OK;
	if (request->kind == KIND_READ && written < bytes)
		return block_Error_DEVICE_ERROR;
	request->done += request->kind == KIND_FLUSH ? 0 : bytes;
	if (request->kind != KIND_READ)
		return SK_OK;
	return sk_lease_write(&request->reply, &request->lease, request->done - bytes,
		queue_buffer(request->slot), bytes, NULL);
}

static void came(struct request *request, uint8_t status, uint32_t written)
{
	int error = take(request, status, written);
	bool is_done = request->done == request->size;

	if (error == SK_OK && request->is_canceled)
		error = SK_CANCELED;
	if (error != SK_OK || (is_done && (request->is_flushing ||
			request->kind != KIND_WRITE || !(request->flags & block_Io_THROUGH) ||
			!(disk.features & FEATURE_FLUSH)))) {
		finish(request, error);
		return;
	}
	request->is_flushing = is_done;
	proceed(request);
}

/* Takes what the device has answered: how much that was. */
static uint32_t reap(void)
{
	uint32_t slot, written, count = 0;
	uint8_t status;
	int result;

	while ((result = queue_next(&slot, &status, &written)) > 0) {
		came(disk.slots[slot], status, written);
		count++;
	}
	if (result < 0)
		device_fail("what it says of its queue cannot be");
	return count;
}

static void go_on(void)
{
	if (is_idle() && disk.busy_since) {
		disk.busy_time += sk_os_now(disk.os) - disk.busy_since;
		disk.busy_since = 0;
	}
	next_waiting();
}

void requests_came(void *self)
{
	struct kernel_Interrupt_acknowledge_reply acknowledged;

	(void)self;
	/* Reading it is what ends a line's interrupt. */
	(void)*disk.isr;
	kernel_Interrupt_acknowledge(&disk.interrupt.channel,
		&(struct kernel_Interrupt_acknowledge_request){0}, &acknowledged, NULL);
	if (disk.is_failed)
		return;
	disk.missed = 0;
	if (reap() > 0)
		disk.resets = 0;
	go_on();
}

/* ---- a device that does not answer, or does not say so ---- */

/* What it was asked is asked again. Nobody has been told of it yet, so what it did of that
 * may be done twice. */
static void start_anew(const char *why)
{
	if (disk.resets++ == RESETS || !device_restart()) {
		device_fail(why);
		return;
	}
	sk_log(disk.os, log_Level_WARNING, "the device is reset: %s", why);
	disk.missed = 0;
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		struct request *request = disk.slots[slot];

		if (request && request->is_canceled)
			finish(request, SK_CANCELED);
		else if (request)
			proceed(request);
	}
}

static bool is_silent(void)
{
	bool is_late = false;

	for (uint32_t slot = 0; slot < SLOTS; slot++)
		is_late |= disk.slots[slot] && ++disk.slots[slot]->looks >= LOOKS;
	return is_late;
}

static void look(void *self)
{
	(void)self;
	if (disk.is_failed)
		return;
	disk.missed += reap() > 0;
	if (!disk.is_failed && disk.missed >= MISSED)
		start_anew("its interrupts do not come");
	else if (!disk.is_failed && is_silent())
		start_anew("it does not answer");
	if (disk.is_failed)
		return;
	go_on();
	if (!is_idle())
		watch();
}

void requests_fail(void)
{
	for (uint32_t i = 0; i < REQUESTS; i++)
		if (disk.requests[i].is_used)
			finish(&disk.requests[i], block_Error_DEVICE_ERROR);
}

/* The device lets go of it first. */
void request_canceled(void *self, uint64_t token)
{
	(void)self;
	for (uint32_t i = 0; i < REQUESTS; i++) {
		struct request *request = &disk.requests[i];

		if (!request->is_used || request->reply.token != token)
			continue;
		request->is_canceled = true;
		if (!request->at_device)
			finish(request, SK_CANCELED);
	}
}
