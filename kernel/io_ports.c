/* I/O ports: ranges that one has alone, and slices of them. */
#include "kernel/device.h"

#include "kernel/arch/arch.h"
#include "kernel/caller.h"
#include "kernel/operation.h"

#define PORTS 65536
/* Bytes between two copies from or to a lease, and parts before others have
 * their turn: ports are slow. */
#define PART 256
#define PARTS 4

static struct list all;

void io_ports_init(void)
{
	list_init(&all);
}

static bool is_taken(uint32_t first, uint32_t count)
{
	for (const struct list *at = all.next; at != &all; at = at->next) {
		const struct io_ports *ports = LIST_OF(at, struct io_ports, in_all);

		if (first < ports->first + ports->count && ports->first < first + count)
			return true;
	}
	return false;
}

static struct io_ports *make(struct quota *quota, uint32_t first, uint32_t count,
	kernel_error *error)
{
	struct io_ports *ports = object_new(&io_ports_type, quota, error);

	if (!ports)
		return NULL;
	list_init(&ports->in_all);
	ports->first = (uint16_t)first;
	ports->count = count;
	return ports;
}

struct io_ports *io_ports_new(struct quota *quota, uint16_t first, uint32_t count,
	kernel_error *error)
{
	struct io_ports *ports = NULL;
	uint32_t none;

	if (count == 0 || count > PORTS || first + count > PORTS)
		*error = kernel_Error_INVALID;
	else if (is_taken(first, count))
		*error = kernel_Error_TAKEN;
	else if (!arch_port_read(first, 0, &none))
		*error = kernel_Error_NOT_SUPPORTED;
	else
		ports = make(quota, first, count, error);
	if (ports)
		list_add(&all, &ports->in_all);
	return ports;
}

static bool destroy(struct object *object, unsigned *steps)
{
	struct io_ports *ports = (struct io_ports *)object;

	(void)steps;
	list_remove(&ports->in_all);
	if (ports->whole)
		object_drop(&ports->whole->object);
	return true;
}

/* ---- operations ---- */

static kernel_error check(const struct io_ports *ports, uint16_t port, uint8_t width)
{
	return width != 1 && width != 2 && width != 4 ? kernel_Error_INVALID :
		(uint32_t)port + width > ports->count ? kernel_Error_OUT_OF_RANGE : 0;
}

static uint16_t port_of(const struct io_ports *ports, uint16_t port)
{
	return (uint16_t)(ports->first + port);
}

OPERATION(IoPorts, io_ports, read, READ)
{
	kernel_error error = check(io_ports, request->port, request->width);
	uint32_t value = 0;

	if (error)
		return error;
	arch_port_read(port_of(io_ports, request->port), request->width, &value);
	return ANSWER(IoPorts, read, .value = value);
}

OPERATION(IoPorts, io_ports, write, WRITE)
{
	kernel_error error = check(io_ports, request->port, request->width);

	if (error)
		return error;
	arch_port_write(port_of(io_ports, request->port), request->width, request->value);
	return ANSWER(IoPorts, write, 0);
}

/* A part of a lease, and the port. */
static int read_part(struct sk_reply *to, const struct sk_lease *lease, uint64_t at,
	uint16_t port, uint8_t width, uint32_t size)
{
	uint8_t bytes[PART] = { 0 };
	int status = sk_lease_write(to, lease, at, bytes, size, NULL);
	uint32_t value;

	/* What is read from a port is there no more. */
	if (status != SK_OK)
		return status;
	for (uint32_t i = 0; i < size; i += width) {
		arch_port_read(port, width, &value);
		for (unsigned byte = 0; byte < width; byte++)
			bytes[i + byte] = (uint8_t)(value >> 8 * byte);
	}
	return sk_lease_write(to, lease, at, bytes, size, NULL);
}

static int write_part(struct sk_reply *to, const struct sk_lease *lease, uint64_t at,
	uint16_t port, uint8_t width, uint32_t size)
{
	uint8_t bytes[PART];
	int status = sk_lease_read(to, lease, at, bytes, size, NULL);
	uint32_t value;

	for (uint32_t i = 0; status == SK_OK && i < size; i += width) {
		value = 0;
		for (unsigned byte = 0; byte < width; byte++)
			value |= (uint32_t)bytes[i + byte] << 8 * byte;
		arch_port_write(port, width, value);
	}
	return status;
}

typedef int part(struct sk_reply *to, const struct sk_lease *lease, uint64_t at,
	uint16_t port, uint8_t width, uint32_t size);

/* How far it has come is kept beside the caller. What is to be answered, or 0:
 * it is done, or to be made again. */
static int transfer_all(struct kernel_call *call, struct sk_reply *to, part *each,
	uint16_t port, uint8_t width, const struct sk_lease *lease)
{
	uint64_t *done = &call->caller->progress, left;
	int status = lease->size % width ? kernel_Error_INVALID : SK_OK;

	for (unsigned i = 0; status == SK_OK && *done < lease->size; i++) {
		if (i == PARTS) {
			call_again(call);
			return SK_OK;
		}
		left = lease->size - *done;
		status = each(to, lease, *done, port, width,
			left < PART ? (uint32_t)left : PART);
		*done += PART;
	}
	*done = 0;
	return status;
}

OPERATION(IoPorts, io_ports, read_many, READ)
{
	int status = check(io_ports, request->port, request->width);

	if (!status)
		status = transfer_all(call, to, read_part,
			port_of(io_ports, request->port), request->width, &request->data);
	return status || call->again ? status : ANSWER(IoPorts, read_many, 0);
}

OPERATION(IoPorts, io_ports, write_many, WRITE)
{
	int status = check(io_ports, request->port, request->width);

	if (!status)
		status = transfer_all(call, to, write_part,
			port_of(io_ports, request->port), request->width, &request->data);
	return status || call->again ? status : ANSWER(IoPorts, write_many, 0);
}

OPERATION(IoPorts, io_ports, range, INSPECT)
{
	return ANSWER(IoPorts, range, .first = io_ports->first, .count = io_ports->count);
}

OPERATION(IoPorts, io_ports, slice, DUPLICATE)
{
	kernel_error error;
	struct io_ports *slice;

	if (request->count == 0 || request->port >= io_ports->count ||
			request->count > io_ports->count - request->port)
		return kernel_Error_OUT_OF_RANGE;
	slice = make(io_ports->object.quota, port_of(io_ports, request->port),
		request->count, &error);
	if (!slice)
		return error;
	slice->whole = io_ports;
	object_take(&io_ports->object);
	return ANSWER(IoPorts, slice, .ports.raw = call_result(call, &slice->object,
		call->rights, 0, 0));
}

static const struct kernel_IoPorts_ops operations = {
	OBJECT_OPERATIONS, .read = op_read, .write = op_write,
	.read_many = op_read_many, .write_many = op_write_many, .range = op_range,
	.slice = op_slice
};
DISPATCH(IoPorts)

const struct object_type io_ports_type = {
	.kind = kernel_Kind_IO_PORTS, .size = sizeof(struct io_ports),
	.destroy = destroy, .dispatch = dispatch
};
