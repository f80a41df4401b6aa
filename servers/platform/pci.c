/* A function's configuration, less what is another's affair, and its messages. */
#include "servers/platform/device.h"

PCI_METHOD(pci_info)
{
	const struct function *function = self;
	const struct hw_Identity identity = identity_of(function);
	const struct hw_PciDevice_pci_info_reply reply = {
		.address = identity.as.pci.address,
		.identity = function->identity,
		.messages = function->msi != 0,
		.messages_x = function->messages_x,
		.is_bridge = function->is_bridge,
		.is_express = function->express != 0,
		.capabilities = {.items = function->capabilities,
			.count = function->capability_count},
	};

	(void)request;
	hw_PciDevice_pci_info_answer(to, 0, &reply);
}

/* ---- configuration ---- */

static hw_Error check(const struct function *function, uint32_t offset, uint8_t width)
{
	return (width != 1 && width != 2 && width != 4) || offset % width != 0 ||
		offset + width > config_size(function->place) ? hw_Error_INVALID : 0;
}

/* Which capability these bytes are of; NULL: none. */
static const struct hw_PciCapability *capability_at(const struct function *function,
	uint32_t offset)
{
	for (uint32_t i = 0; i < function->capability_count; i++) {
		const struct hw_PciCapability *one = &function->capabilities[i];

		if (offset >= one->offset && offset < (uint32_t)one->offset + one->length)
			return one;
	}
	return NULL;
}

/*
 * The command's bits for parity, errors and the like, the cache line's size and the
 * latency; of capabilities those of the vendor, but not what leads to the next one.
 */
static bool may_write(const struct function *function, uint32_t offset, uint8_t width,
	uint32_t value)
{
	const uint32_t kept = COMMAND_PORTS | COMMAND_MEMORY | COMMAND_MASTER |
		COMMAND_NO_LINE;
	const struct hw_PciCapability *one = capability_at(function, offset);

	if (offset == PCI_COMMAND && width == 2)
		return ((config_read(function->place, PCI_COMMAND, 2) ^ value) & kept) == 0;
	if (offset >= 0x0c && offset + width <= 0x0e)
		return true;
	return one && one->id == CAPABILITY_VENDOR && offset >= (uint32_t)one->offset + 3;
}

static hw_Error write_checked(const struct function *function, uint32_t offset,
	uint8_t width, uint32_t value)
{
	hw_Error error = check(function, offset, width);

	if (error)
		return error;
	if (!may_write(function, offset, width, value))
		return hw_Error_NOT_PERMITTED;
	config_write(function->place, (uint16_t)offset, width, value);
	return 0;
}

/* Where within the space it is; 0: not within the capability. */
static uint32_t place_in(const struct function *function, uint16_t index, uint16_t offset,
	uint8_t width)
{
	const struct hw_PciCapability *one = &function->capabilities[index];

	if (index >= function->capability_count || (uint32_t)offset + width > one->length)
		return 0;
	return (uint32_t)one->offset + offset;
}

PCI_METHOD(read_config)
{
	struct hw_PciDevice_read_config_reply reply = {0};
	hw_Error error = check(self, request->offset, request->width);

	if (!error)
		reply.value = config_read(((struct function *)self)->place, request->offset,
			request->width);
	hw_PciDevice_read_config_answer(to, error, &reply);
}

PCI_METHOD(write_config)
{
	hw_PciDevice_write_config_answer(to, write_checked(self, request->offset,
		request->width, request->value),
		&(struct hw_PciDevice_write_config_reply){0});
}

PCI_METHOD(read_capability)
{
	const struct function *function = self;
	uint32_t offset = place_in(function, request->index, request->offset,
		request->width);
	struct hw_PciDevice_read_capability_reply reply = {0};
	hw_Error error = offset == 0 ? hw_Error_NOT_FOUND :
		check(function, offset, request->width);

	if (!error)
		reply.value = config_read(function->place, (uint16_t)offset, request->width);
	hw_PciDevice_read_capability_answer(to, error, &reply);
}

PCI_METHOD(write_capability)
{
	uint32_t offset = place_in(self, request->index, request->offset, request->width);

	hw_PciDevice_write_capability_answer(to, offset == 0 ? hw_Error_NOT_FOUND :
		write_checked(self, offset, request->width, request->value),
		&(struct hw_PciDevice_write_capability_reply){0});
}

/* ---- interrupts ---- */

PCI_METHOD(set_interrupt_mode)
{
	hw_PciDevice_set_interrupt_mode_answer(to, messages_choose(self, request->mode,
		request->messages), &(struct hw_PciDevice_set_interrupt_mode_reply){0});
}

PCI_METHOD(message)
{
	struct hw_PciDevice_message_reply reply = {{sk_no_handle()}};

	hw_PciDevice_message_answer(to, messages_take(self, request->index,
		&reply.interrupt.raw), &reply);
}

PCI_METHOD(mask_message)
{
	hw_PciDevice_mask_message_answer(to, messages_mask(self, request->index,
		request->masked), &(struct hw_PciDevice_mask_message_reply){0});
}
