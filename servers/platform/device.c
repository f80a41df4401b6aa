/* hw.Device and hw.PciDevice: what the driver of a function can do with it. */
#include "servers/platform/device.h"

static void identity(void *self, const struct hw_Device_identity_request *request,
	struct sk_reply *to)
{
	const struct hw_Device_identity_reply reply = {identity_of(self)};

	(void)request;
	hw_Device_identity_answer(to, 0, &reply);
}

static void regions(void *self, const struct hw_Device_regions_request *request,
	struct sk_reply *to)
{
	const struct function *function = self;
	struct hw_Region list[BARS];
	struct hw_Device_regions_reply reply = {.list = {.items = list}};

	(void)request;
	for (uint32_t i = 0; i < BARS; i++) {
		const struct bar *bar = &function->bars[i];

		if (bar->kind == hw_RegionKind_NONE)
			continue;
		list[reply.list.count++] = (struct hw_Region){.index = i, .kind = bar->kind,
			.prefetchable = bar->prefetchable, .address = bar->address,
			.length = bar->length, .offset = (uint32_t)(bar->address & 4095),
			.name = {"", 0}};
	}
	hw_Device_regions_answer(to, 0, &reply);
}

/* Whether somebody else's registers are in these pages. */
static bool is_shared(const struct function *owner, uint32_t number)
{
	uint64_t first = owner->bars[number].address & ~UINT64_C(4095);
	uint64_t end = (owner->bars[number].address + owner->bars[number].length + 4095) &
		~UINT64_C(4095);

	for (uint32_t i = 0; i < platform.count; i++)
		for (unsigned k = 0; k < BARS; k++) {
			const struct bar *bar = &platform.functions[i].bars[k];

			if (bar->kind == hw_RegionKind_MEMORY && bar->address < end &&
					first < bar->address + bar->length &&
					&platform.functions[i] != owner)
				return true;
		}
	return false;
}

struct sk_handle bar_memory(struct function *function, uint32_t index,
	kernel_Caching caching, hw_Error *error)
{
	struct bar *bar = &function->bars[index < BARS ? index : 0];
	uint64_t first = bar->address & ~UINT64_C(4095);
	int status;

	*error = index >= BARS || bar->kind != hw_RegionKind_MEMORY ? hw_Error_NOT_FOUND :
		is_shared(function, index) ? hw_Error_NOT_PERMITTED : 0;
	if (*error)
		return sk_no_handle();
	if (bar->memory.raw < 0) {
		bar->memory = physical(first, ((bar->address + bar->length + 4095) &
			~UINT64_C(4095)) - first, caching, &status);
		*error = as_error(status);
	}
	return bar->memory;
}

static void memory(void *self, const struct hw_Device_memory_request *request,
	struct sk_reply *to)
{
	struct hw_Device_memory_reply reply;
	hw_Error error;
	struct sk_handle own = bar_memory(self, request->index, request->caching, &error);

	if (!error) {
		reply.memory.raw = sk_os_copy(platform.os, own, kernel_Rights_READ |
			kernel_Rights_WRITE | kernel_Rights_MAP | kernel_Rights_INSPECT |
			kernel_Rights_TRANSFER);
		error = reply.memory.raw.raw < 0 ? hw_Error_QUOTA_EXCEEDED : 0;
	}
	hw_Device_memory_answer(to, error, &reply);
}

static void ports(void *self, const struct hw_Device_ports_request *request,
	struct sk_reply *to)
{
	const struct function *function = self;
	struct kernel_System_io_ports_reply made;
	struct hw_Device_ports_reply reply;
	const struct bar *bar;
	hw_Error error = hw_Error_NOT_FOUND;

	if (request->index < BARS &&
			function->bars[request->index].kind == hw_RegionKind_PORTS) {
		bar = &function->bars[request->index];
		error = as_error(K(platform.system, System_io_ports, &made,
			.charge = {own_quota()}, .first = (uint16_t)bar->address,
			.count = (uint32_t)bar->length));
		reply.ports.raw = error ? sk_no_handle() : made.ports.raw;
	}
	hw_Device_ports_answer(to, error, &reply);
}

/* ---- its line ---- */

static bool has_line(const struct function *function)
{
	uint32_t line = config_read(function->place, PCI_LINE, 1);

	return config_read(function->place, PCI_PIN, 1) != 0 && line != 0 && line < 255;
}

static void interrupts(void *self, const struct hw_Device_interrupts_request *request,
	struct sk_reply *to)
{
	const struct hw_Device_interrupts_reply reply = {has_line(self)};

	(void)request;
	hw_Device_interrupts_answer(to, 0, &reply);
}

static void interrupt(void *self, const struct hw_Device_interrupt_request *request,
	struct sk_reply *to)
{
	const struct function *function = self;
	struct hw_Device_interrupt_reply reply = {.shared = true};
	struct kernel_System_interrupt_reply made;
	hw_Error error = hw_Error_NOT_FOUND;
	uint32_t line;

	if (request->index == 0 && has_line(function)) {
		line = acpi_line((uint8_t)config_read(function->place, PCI_LINE, 1),
			&reply.trigger);
		error = as_error(K(platform.system, System_interrupt, &made,
			.charge = {own_quota()}, .line = line, .trigger = reply.trigger,
			.shared = true));
		reply.interrupt.raw = error ? sk_no_handle() : made.interrupt.raw;
	}
	hw_Device_interrupt_answer(to, error, &reply);
}

static void enable_interrupts(void *self,
	const struct hw_Device_enable_interrupts_request *request, struct sk_reply *to)
{
	struct function *function = self;

	/* Messages are masked one by one. */
	if (function->mode < hw_InterruptMode_MSI)
		config_change(function, PCI_COMMAND, COMMAND_NO_LINE,
			request->enabled ? 0 : COMMAND_NO_LINE);
	hw_Device_enable_interrupts_answer(to, 0,
		&(struct hw_Device_enable_interrupts_reply){0});
}

/* ---- DMA ---- */

static void dma_allocate(void *self, const struct hw_Device_dma_allocate_request *request,
	struct sk_reply *to)
{
	struct hw_Device_dma_allocate_reply reply = {.memory = {sk_no_handle()}};
	struct hw_DmaRun run;
	hw_Error error = dma_new(self, request->size, request->alignment, request->below,
		&reply.memory.raw, &reply.dma);

	run = (struct hw_DmaRun){reply.dma, request->size};
	reply.runs.items = &run;
	reply.runs.count = 1;
	hw_Device_dma_allocate_answer(to, error, &reply);
}

static void dma_free(void *self, const struct hw_Device_dma_free_request *request,
	struct sk_reply *to)
{
	hw_Device_dma_free_answer(to, dma_end(self, request->dma),
		&(struct hw_Device_dma_free_reply){0});
}

static void set_bus_master(void *self,
	const struct hw_Device_set_bus_master_request *request, struct sk_reply *to)
{
	config_change(self, PCI_COMMAND, COMMAND_MASTER,
		request->enabled ? COMMAND_MASTER : 0);
	hw_Device_set_bus_master_answer(to, 0, &(struct hw_Device_set_bus_master_reply){0});
}

/* ---- resets, and a driver that is gone ---- */

static void let_go(struct function *function)
{
	struct sk_reply claimer = function->claimer;

	if (!function->reset.is_done)
		sk_log(platform.os, log_Level_WARNING,
			"%x:%x.%u cannot be reset: its DMA memory stays",
			function->place.bus, function->place.slot, function->place.function);
	for (unsigned i = 0; i < BARS; i++)
		drop(&function->bars[i].memory);
	function->is_claimed = function->is_ending = false;
	function->claimer.port = NULL;
	if (claimer.port)
		bus_give(function, &claimer);
}

static void reset_on(struct function *function, uint32_t milliseconds)
{
	struct reset *reset = &function->reset;

	if (milliseconds > 0) {
		sk_alarm_set(platform.os, &reset->alarm,
			sk_os_after(platform.os, milliseconds));
		return;
	}
	if (reset->is_done)
		dma_release(function);
	if (reset->reply.port)
		hw_Device_reset_answer(&reset->reply, reset->is_done ? 0 :
			hw_Error_NOT_SUPPORTED, &(struct hw_Device_reset_reply){0});
	if (function->is_ending)
		let_go(function);
}

static void rang(void *self)
{
	reset_on(self, reset_go_on(self));
}

static void start_reset(struct function *function)
{
	function->reset.alarm.ring = rang;
	function->reset.alarm.self = function;
	reset_on(function, reset_begin(function));
}

static void reset(void *self, const struct hw_Device_reset_request *request,
	struct sk_reply *to)
{
	struct function *function = self;

	(void)request;
	function->reset.reply = sk_reply_keep(to);
	start_reset(function);
}

static void canceled(void *self, uint64_t token)
{
	struct sk_reply *reply = &((struct function *)self)->reset.reply;

	if (reply->port && reply->token == token)
		sk_reply_drop(reply);
}

static void gone(void *self)
{
	struct function *function = self;

	dma_abandon(function);
	function->is_ending = true;
	if (!function->reset.next)
		start_reset(function);
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct hw_PciDevice_ops ops = {
		.identity = identity,
		.regions = regions,
		.memory = memory,
		.ports = ports,
		.interrupts = interrupts,
		.interrupt = interrupt,
		.enable_interrupts = enable_interrupts,
		.dma_allocate = dma_allocate,
		.dma_free = dma_free,
		.set_bus_master = set_bus_master,
		.reset = reset,
		.pci_info = pci_info,
		.read_config = read_config,
		.write_config = write_config,
		.read_capability = read_capability,
		.write_capability = write_capability,
		.set_interrupt_mode = set_interrupt_mode,
		.message = message,
		.mask_message = mask_message,
	};

	const struct sk_message *message = incoming->message;

	/* Nothing of it is where it was, and what is said to it now is lost. An answer's
	 * id is the one behind its request's. */
	if (((struct function *)self)->reset.next && message->size >= sizeof(uint32_t)) {
		incoming->reply.id = sk_get_uint32(message->bytes) + 1;
		return sk_refuse(incoming, hw_Error_NO_ANSWER);
	}
	return hw_PciDevice_dispatch(&ops, self, incoming);
}

const struct sk_object device_object = {
	.dispatch = dispatch, .gone = gone, .canceled = canceled,
};
