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

COMMAND(IoPorts, io_ports, write, WRITE)
{
	kernel_error error = check(io_ports, request->port, request->width);

	if (error)
		return error;
	arch_port_write(port_of(io_ports, request->port), request->width, request->value);
	return 0;
}

/* A part of a lease: from the port (`in`), or to it. */
static int move_part(struct sk_reply *to, const struct sk_lease *lease, uint64_t at,
	uint32_t size, uint16_t port, uint8_t width, bool in)
{
	uint8_t bytes[PART] = { 0 };
	/* What is read from a port is there no more: the lease is tried before. */
	int status = in ? sk_lease_write(to, lease, at, bytes, size, NULL) :
		sk_lease_read(to, lease, at, bytes, size, NULL);
	uint32_t value = 0;

	for (uint32_t i = 0; status == SK_OK && i < size; i += width) {
		if (in) {
			arch_port_read(port, width, &value);
			memcpy(bytes + i, &value, width);
		} else {
			memcpy(&value, bytes + i, width);
			arch_port_write(port, width, value);
		}
	}
	return in && status == SK_OK ?
		sk_lease_write(to, lease, at, bytes, size, NULL) : status;
}

/* How far it has come is kept beside the caller. */
static int move_all(struct kernel_call *call, struct sk_reply *to,
	const struct io_ports *ports, uint16_t port, uint8_t width,
	const struct sk_lease *lease, bool in)
{
	uint64_t *done = &call->caller->progress;
	int status = check(ports, port, width);

	if (!status && lease->size % width)
		status = kernel_Error_INVALID;
	for (unsigned i = 0; !status && *done < lease->size; i++) {
		uint64_t left = lease->size - *done;

		if (i == PARTS)
			return call_again(call);
		status = move_part(to, lease, *done, left < PART ? (uint32_t)left : PART,
			port_of(ports, port), width, in);
		*done += PART;
	}
	*done = 0;
	return status;
}

COMMAND(IoPorts, io_ports, read_many, READ)
{
	return move_all(call, to, io_ports, request->port, request->width,
		&request->data, true);
}

COMMAND(IoPorts, io_ports, write_many, WRITE)
{
	return move_all(call, to, io_ports, request->port, request->width,
		&request->data, false);
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

OBJECT_TYPE(IoPorts, io_ports, IO_PORTS, .destroy = destroy)
