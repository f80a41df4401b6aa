/* A disk of virtio's: what the driver's files share. */
#ifndef VIRTIO_BLK_DISK_H
#define VIRTIO_BLK_DISK_H

#include "block.skald.h"
#include "hw.skald.h"
#include "kernel.skald.h"
#include "runtime/server/serve.h"

/* Requests at the device, and others that wait; bytes that one of them moves at once. */
#define SLOTS 8
#define REQUESTS 32
#define CHUNK (UINT32_C(128) << 10)
#define SECTOR 512

/* Features, by bit. */
#define FEATURE_READ_ONLY (UINT64_C(1) << 5)
#define FEATURE_BLOCK_SIZE (UINT64_C(1) << 6)
#define FEATURE_FLUSH (UINT64_C(1) << 9)
#define FEATURE_TOPOLOGY (UINT64_C(1) << 10)
#define FEATURE_DISCARD (UINT64_C(1) << 13)
#define FEATURE_ZEROS (UINT64_C(1) << 14)
#define FEATURE_VERSION_1 (UINT64_C(1) << 32)

/* What a request is to the device. */
enum kind { KIND_READ = 0, KIND_WRITE = 1, KIND_FLUSH = 4, KIND_DISCARD = 11,
	KIND_ZEROS = 13 };

struct request {
	bool is_used;
	bool is_canceled;
	bool at_device;
	enum kind kind;
	block_Io flags;
	uint32_t slot;			/* while at the device */
	uint32_t looks;			/* at it, since the device has its present chunk */
	struct sk_reply reply;
	struct sk_lease lease;
	uint64_t sector;
	uint64_t size, done;		/* bytes */
	uint64_t order;			/* of those that wait, the least comes first */
	bool keeps;			/* KIND_ZEROS: storage stays behind them */
	bool is_flushing;		/* all is written, and now made lasting */
};

struct disk {
	struct sk_os *os;
	struct sk_kernel_channel device;	/* hw.PciDevice */
	struct sk_kernel_channel interrupt;
	volatile uint8_t *common, *config, *notify, *isr;
	uint64_t features;

	uint64_t sectors;
	uint32_t block_size;
	uint32_t physical_size;
	uint32_t discard_sectors, zero_sectors;	/* at once */

	struct request requests[REQUESTS];
	struct request *slots[SLOTS];
	uint64_t order;
	struct sk_alarm watch;		/* while requests are at the device */
	uint32_t missed;		/* looks that found answers, since the last interrupt */
	uint32_t resets;		/* since then too */
	bool is_failed;
	bool is_missing;		/* the machine has none */
	uint64_t reads, bytes_read, writes, bytes_written, busy_time, errors, busy_since;
};

extern struct disk disk;

/* ---- the device (device.c) ---- */

/* Finds it and sets it up; NULL, or what is wrong. */
const char *device_open(struct sk_os *os);
/* It forgets all that it was asked, and can be asked again. False: it cannot. */
bool device_restart(void);
/* It broke the rules, or is silent: no more is asked of it. */
void device_fail(const char *why);
#define PCI(method, reply, ...) \
	hw_PciDevice_##method(&disk.device.channel, \
		&(struct hw_PciDevice_##method##_request){__VA_ARGS__}, reply, NULL)
#define HW(method, reply, ...) \
	hw_Device_##method(&disk.device.channel, \
		&(struct hw_Device_##method##_request){__VA_ARGS__}, reply, NULL)

/* ---- its queue (queue.c) ---- */

/* Memory for it: false, there is none. */
bool queue_open(void);
/* As it was then: the device has been reset. */
void queue_clear(void);
/* Where parts of it are, for the device. */
void queue_addresses(uint64_t *descriptors, uint64_t *available, uint64_t *used);
uint16_t queue_size(uint16_t offered);
/* As it was chosen. */
uint16_t queue_entries(void);
uint8_t *queue_buffer(uint32_t slot);
/* Hands a slot to the device, with so many bytes of its buffer (0: none). */
void queue_submit(uint32_t slot, enum kind kind, uint64_t sector, uint32_t bytes);
/* A slot that the device is through with: 1, and its status; 0: none; below: it broke the
 * rules. `bytes` is what it says that it wrote. */
int queue_next(uint32_t *slot, uint8_t *status, uint32_t *bytes);
/* Rings the device's bell. */
void device_notify(void);

/* ---- requests (request.c) and operations (operations.c) ---- */

/* Takes its reply; false, and it is answered: there are too many. */
struct request *request_new(struct sk_reply *to, enum kind kind);
void request_start(struct request *request);
/* The device has interrupted. */
void requests_came(void *self);
void requests_fail(void);
void request_canceled(void *self, uint64_t token);
/* By its kind. */
void request_answer(struct request *request, block_Error error);

int disk_dispatch(void *self, struct sk_incoming *incoming);

#endif
