/* I/O ports: ranges that one has alone. */
#include "kernel/device.h"

#include "kernel/arch/arch.h"
#include "kernel/operation.h"

#define PORTS 65536

static struct list all;

void io_ports_init(void)
{
	list_init(&all);
}

struct io_ports *io_ports_new(struct quota *quota, uint16_t first, uint32_t count,
	kernel_error *error)
{
	struct io_ports *ports;
	uint32_t none;

	*error = count == 0 || count > PORTS || first + count > PORTS ?
		kernel_Error_INVALID : !arch_port_read(first, 0, &none) ?
		kernel_Error_NOT_SUPPORTED : 0;
	ports = *error ? NULL : object_new(&io_ports_type, quota, error);
	if (!ports)
		return NULL;
	list_init(&ports->claim.in_all);
	ports->first = first;
	ports->count = count;
	if (claim_make(&all, &ports->claim, first, first + count))
		return ports;
	object_drop(&ports->object);
	*error = kernel_Error_TAKEN;
	return NULL;
}

static bool destroy(struct object *object, unsigned *steps)
{
	(void)steps;
	list_remove(&((struct io_ports *)object)->claim.in_all);
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

OPERATION(IoPorts, io_ports, read_many, READ)
{
	uint8_t data[kernel_PORT_BYTES_MAX], width = request->width;
	uint32_t size = (uint32_t)request->count * width, value = 0;
	kernel_error error = check(io_ports, request->port, width);

	if (!error && size > sizeof data)
		error = kernel_Error_INVALID;
	for (uint32_t at = 0; !error && at < size; at += width) {
		arch_port_read(port_of(io_ports, request->port), width, &value);
		memcpy(data + at, &value, width);
	}
	return error ? error : ANSWER(IoPorts, read_many, .data = { data, size });
}

COMMAND(IoPorts, io_ports, write_many, WRITE)
{
	uint8_t width = request->width;
	kernel_error error = check(io_ports, request->port, width);
	uint32_t value = 0;

	if (!error && request->data.size % width)
		error = kernel_Error_INVALID;
	for (uint32_t at = 0; !error && at < request->data.size; at += width) {
		memcpy(&value, request->data.data + at, width);
		arch_port_write(port_of(io_ports, request->port), width, value);
	}
	return error;
}

OPERATION(IoPorts, io_ports, range, INSPECT)
{
	return ANSWER(IoPorts, range, .first = io_ports->first, .count = io_ports->count);
}

OBJECT_TYPE(IoPorts, io_ports, IO_PORTS, .destroy = destroy)
