/*
 * What travels beside the bytes of a message: handles and leases. In the bytes
 * each is one byte, its number: 0 absent, else 1, 2, ... in the order of those
 * bytes (docs/wire-format.md, "Handles and leases").
 *
 * Encoding attaches everything first, so that a value that cannot be encoded
 * has still given away what it moves, and then writes the numbers. Decoding
 * takes each by its number, and owns them only when all were taken.
 */
#ifndef RUNTIME_ATTACHED_H
#define RUNTIME_ATTACHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/env.h"
#include "runtime/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Beside one message at most. */
#define SK_HANDLES_MAX 8
#define SK_LEASES_MAX 4

/* A capability in this process's terms; over Unix sockets a file descriptor. */
struct sk_handle {
	int32_t raw;			/* negative: none */
};

/* All rights that a protocol can name: what a handle has where the transport
 * knows of no rights. */
#define SK_RIGHTS_ALL UINT16_MAX

/* A handle on its way. */
struct sk_passed {
	struct sk_handle handle;
	uint16_t rights;		/* that the receiver gets, or got */
	bool copy;			/* sending: the sender keeps its own */
};

/* Directions, as seen by the server. */
enum {
	SK_LEASE_IN = 1,		/* the server reads */
	SK_LEASE_OUT = 2,		/* the server writes */
	SK_LEASE_INOUT = 3
};

/*
 * Memory that a caller lends to the server until the call ends. The caller
 * fills in data and size, by sk_lend() and its kin. The server gets the size,
 * as the transport says it, and reaches the memory by sk_lease_read() and
 * sk_lease_write() (runtime/channel.h) alone.
 */
struct sk_lease {
	void *data;			/* the caller's; received: NULL */
	uint64_t size;			/* bytes */
	uint32_t number;		/* received: from 1 */
	uint32_t direction;
};

struct sk_attached {
	uint32_t handle_count;
	uint32_t lease_count;
	/* How many the bytes have numbered so far. */
	uint32_t handles_numbered;
	uint32_t leases_numbered;
	struct sk_passed handles[SK_HANDLES_MAX];
	struct sk_lease leases[SK_LEASES_MAX];
};

static inline struct sk_handle sk_no_handle(void)
{
	struct sk_handle none = { -1 };
	return none;
}

/* Memory that the server may read. */
static inline struct sk_lease sk_lend(const void *data, uint64_t size)
{
	struct sk_lease lease = { (void *)(uintptr_t)data, size, 0, SK_LEASE_IN };
	return lease;
}

/* Memory that the server may write. */
static inline struct sk_lease sk_lend_out(void *data, uint64_t size)
{
	struct sk_lease lease = { data, size, 0, SK_LEASE_OUT };
	return lease;
}

/* Memory that the server may read and write. */
static inline struct sk_lease sk_lend_both(void *data, uint64_t size)
{
	struct sk_lease lease = { data, size, 0, SK_LEASE_INOUT };
	return lease;
}

/* ---- for generated code: sending ---- */

static inline void sk_attach_none(struct sk_attached *attached)
{
	attached->handle_count = 0;
	attached->lease_count = 0;
	attached->handles_numbered = 0;
	attached->leases_numbered = 0;
}

/* False: it is no handle (and nothing is attached), or there are too many. */
static inline bool sk_attach_handle(struct sk_attached *attached,
	struct sk_handle handle, uint16_t rights, bool copy)
{
	if (handle.raw < 0 || attached->handle_count == SK_HANDLES_MAX)
		return false;
	struct sk_passed *passed = &attached->handles[attached->handle_count++];
	passed->handle = handle;
	passed->rights = rights;
	passed->copy = copy;
	return true;
}

/* False: longer than the schema allows, or lent for less than it asks. */
static inline bool sk_attach_lease(struct sk_attached *attached,
	const struct sk_lease *lease, uint32_t direction, uint64_t max)
{
	if (lease->size > max || (lease->direction & direction) != direction
	    || (lease->data == NULL && lease->size != 0)
	    || attached->lease_count == SK_LEASES_MAX)
		return false;
	struct sk_lease *lent = &attached->leases[attached->lease_count++];
	*lent = *lease;
	lent->direction = direction;
	return true;
}

/* The byte of the next handle, or lease, that was attached. */
static inline uint8_t sk_number_handle(struct sk_attached *attached)
{
	return (uint8_t)++attached->handles_numbered;
}

static inline uint8_t sk_number_lease(struct sk_attached *attached)
{
	return (uint8_t)++attached->leases_numbered;
}

/* ---- for generated code: receiving ---- */

static inline void sk_take_begin(struct sk_attached *attached)
{
	attached->handles_numbered = 0;
	attached->leases_numbered = 0;
}

/* The handle of this number: it must be the next, be there and have the rights. */
static inline bool sk_take_handle(struct sk_attached *attached, uint8_t number,
	uint16_t rights, struct sk_handle *handle)
{
	uint32_t index = attached->handles_numbered;
	if (number != index + 1 || index >= attached->handle_count
	    || (attached->handles[index].rights & rights) != rights)
		return false;
	*handle = attached->handles[index].handle;
	attached->handles_numbered = index + 1;
	return true;
}

static inline bool sk_take_lease(struct sk_attached *attached, uint8_t number,
	uint32_t direction, uint64_t max, struct sk_lease *lease)
{
	uint32_t index = attached->leases_numbered;
	if (number != index + 1 || index >= attached->lease_count)
		return false;
	*lease = attached->leases[index];
	lease->data = NULL;
	lease->number = index + 1;
	attached->leases_numbered = index + 1;
	return (lease->direction & direction) == direction && lease->size <= max;
}

/* The end of a message: none is left over. From here on the value owns them. */
static inline bool sk_take_end(struct sk_attached *attached)
{
	if (attached->handles_numbered != attached->handle_count
	    || attached->leases_numbered != attached->lease_count)
		return false;
	attached->handle_count = 0;
	attached->lease_count = 0;
	return true;
}

/* The end of a message whose schema has neither: 0, SK_BAD_HANDLE, SK_BAD_LEASE. */
static inline int sk_take_none(const struct sk_attached *attached)
{
	if ((attached->handle_count | attached->lease_count) == 0)
		return SK_OK;
	return attached->handle_count != 0 ? SK_BAD_HANDLE : SK_BAD_LEASE;
}

#ifdef __cplusplus
}
#endif

#endif
