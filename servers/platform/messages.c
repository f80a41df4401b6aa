/* Interrupts by messages: MSI-X, of which the table is the platform's, and MSI with one. */
#include "servers/platform/platform.h"

#define MSI_X_ENABLE 0x8000
#define MSI_ENABLE 1
#define MSI_LONG 0x80
#define MSI_MASKS 0x100
#define ENTRY_WORDS 4
#define ENTRY_MASKED 1

static void close_table(struct function *function)
{
	unmap_raw(function->table, function->table_bytes);
	function->table = NULL;
}

/* The table's pages, out of the memory of its BAR. */
static hw_Error open_table(struct function *function)
{
	uint32_t where = config_read(function->place, (uint16_t)(function->msi_x + 4), 4);
	uint32_t number = where & 7, offset = where & ~7u;
	uint64_t bytes = 16u * function->messages_x, first, end, inside;
	struct sk_handle memory;
	volatile uint8_t *at;
	hw_Error error;

	if (number >= BARS || function->bars[number].kind != hw_RegionKind_MEMORY ||
			offset + bytes > function->bars[number].length)
		return hw_Error_NOT_SUPPORTED;
	memory = bar_memory(function, number, kernel_Caching_UNCACHED, &error);
	if (memory.raw < 0)
		return error;
	inside = (function->bars[number].address & 4095) + offset;
	first = inside & ~UINT64_C(4095);
	end = (inside + bytes + 4095) & ~UINT64_C(4095);
	at = map_memory(memory, first, end - first, true);
	if (!at)
		return hw_Error_QUOTA_EXCEEDED;
	function->table = (volatile uint32_t *)(volatile void *)(at + (inside - first));
	function->table_bytes = bytes;
	for (uint32_t i = 0; i < function->messages_x; i++)
		function->table[ENTRY_WORDS * i + 3] = ENTRY_MASKED;
	return 0;
}

static void turn_off(struct function *function)
{
	if (function->msi_x)
		config_change(function, (uint16_t)(function->msi_x + 2), MSI_X_ENABLE, 0);
	if (function->msi)
		config_change(function, (uint16_t)(function->msi + 2), 0x70 | MSI_ENABLE, 0);
	config_change(function, PCI_COMMAND, 0, COMMAND_NO_LINE);
	close_table(function);
	function->mode = hw_InterruptMode_OFF;
	function->messages = 0;
	function->given = 0;
}

hw_Error messages_choose(struct function *function, hw_InterruptMode mode,
	uint32_t count)
{
	hw_Error error = 0;
	uint32_t most = mode == hw_InterruptMode_MSI_X ? function->messages_x :
		mode == hw_InterruptMode_MSI && function->msi ? 1 : 0;

	if (mode < hw_InterruptMode_OFF || mode > hw_InterruptMode_MSI_X)
		return hw_Error_INVALID;
	if (mode >= hw_InterruptMode_MSI && (count == 0 || most == 0))
		return most ? hw_Error_INVALID : hw_Error_NOT_SUPPORTED;
	if (count > most || count > MESSAGES_MAX)
		return mode < hw_InterruptMode_MSI ? hw_Error_INVALID : hw_Error_EXHAUSTED;
	turn_off(function);
	if (mode == hw_InterruptMode_MSI_X)
		error = open_table(function);
	if (error)
		return error;
	if (mode == hw_InterruptMode_MSI_X)
		config_change(function, (uint16_t)(function->msi_x + 2), 0x4000,
			MSI_X_ENABLE);
	if (mode == hw_InterruptMode_LINE)
		config_change(function, PCI_COMMAND, COMMAND_NO_LINE, 0);
	function->mode = mode;
	function->messages = count;
	return 0;
}

static void write_entry(struct function *function, uint32_t index, uint64_t address,
	uint32_t value)
{
	volatile uint32_t *entry = &function->table[ENTRY_WORDS * index];

	entry[3] = ENTRY_MASKED;
	entry[0] = (uint32_t)address;
	entry[1] = (uint32_t)(address >> 32);
	entry[2] = value;
}

static void write_msi(struct function *function, uint64_t address, uint32_t value)
{
	struct place place = function->place;
	uint16_t at = function->msi, control;

	control = (uint16_t)config_read(place, (uint16_t)(at + 2), 2);
	config_write(place, (uint16_t)(at + 4), 4, (uint32_t)address);
	if (control & MSI_LONG)
		config_write(place, (uint16_t)(at + 8), 4, (uint32_t)(address >> 32));
	config_write(place, (uint16_t)(at + (control & MSI_LONG ? 12 : 8)), 2, value);
}

hw_Error messages_take(struct function *function, uint32_t index,
	struct sk_handle *interrupt)
{
	struct kernel_System_message_interrupt_reply made;
	struct kernel_Interrupt_status_reply status;
	int error;

	if (index >= function->messages)
		return hw_Error_NOT_FOUND;
	if (function->given & UINT64_C(1) << index)
		return hw_Error_TAKEN;
	error = K(platform.system, System_message_interrupt, &made,
		.charge = {own_quota()});
	check_own(error);
	if (error != SK_OK)
		return as_error(error);
	error = K(made.interrupt.raw, Interrupt_status, &status, 0);
	if (error != SK_OK) {
		drop(&made.interrupt.raw);
		return as_error(error);
	}
	if (function->mode == hw_InterruptMode_MSI_X)
		write_entry(function, index, status.address, status.value);
	else
		write_msi(function, status.address, status.value);
	function->given |= UINT64_C(1) << index;
	*interrupt = made.interrupt.raw;
	return 0;
}

hw_Error messages_mask(struct function *function, uint32_t index, bool masked)
{
	if (index >= function->messages || !(function->given & UINT64_C(1) << index))
		return hw_Error_NOT_FOUND;
	if (function->mode == hw_InterruptMode_MSI_X)
		function->table[ENTRY_WORDS * index + 3] = masked ? ENTRY_MASKED : 0;
	else
		/* Its only one: masked is off. */
		config_change(function, (uint16_t)(function->msi + 2), MSI_ENABLE,
			masked ? 0 : MSI_ENABLE);
	return 0;
}
