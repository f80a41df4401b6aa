/* hw.Bus: what there is, and who gets it. */
#include "servers/platform/platform.h"

#define PAGE_OF_FOUND 48

struct hw_Identity identity_of(const struct function *function)
{
	struct hw_Identity identity = {.which = hw_Identity_pci};

	identity.as.pci.address = (struct hw_PciAddress){.bus = function->place.bus,
		.slot = function->place.slot, .function = function->place.function};
	identity.as.pci.identity = function->identity;
	return identity;
}

static bool matches(const struct function *function, const struct hw_Match *match)
{
	const struct hw_PciIdentity *is = &function->identity;

	return !(match->has_bus && match->bus != hw_BusKind_PCI) &&
		!(match->has_vendor && match->vendor != is->vendor) &&
		!(match->has_device && match->device != is->device) &&
		!(match->has_class_code && match->class_code != is->class_code) &&
		!(match->has_subclass && match->subclass != is->subclass) &&
		!(match->has_interface_code &&
		match->interface_code != is->interface_code) && !match->has_compatible;
}

/* Nobody has it, nor waits for it. */
static bool is_free(const struct function *function)
{
	return !function->is_claimed || (function->is_ending && !function->claimer.port);
}

static void list(void *self, const struct hw_Bus_list_request *request,
	struct sk_reply *to)
{
	static struct hw_Found found[PAGE_OF_FOUND];
	struct hw_Bus_list_reply reply = {.devices = {.items = found}};

	(void)self;
	if (!sk_allows(to, hw_Rights_INSPECT)) {
		hw_Bus_list_answer(to, hw_Error_NOT_PERMITTED, NULL);
		return;
	}
	for (uint64_t id = request->from ? request->from : 1; id <= platform.count; id++) {
		const struct function *function = &platform.functions[id - 1];

		if (!matches(function, &request->match))
			continue;
		if (reply.devices.count == PAGE_OF_FOUND) {
			reply.next = id;
			break;
		}
		found[reply.devices.count++] = (struct hw_Found){.id = id,
			.parent = function->parent, .claimed = !is_free(function),
			.identity = identity_of(function)};
	}
	hw_Bus_list_answer(to, 0, &reply);
}

static hw_Error may_claim(const struct sk_reply *to, uint64_t id)
{
	if (!sk_allows(to, hw_Rights_CLAIM))
		return hw_Error_NOT_PERMITTED;
	if (id == 0 || id > platform.count)
		return hw_Error_NOT_FOUND;
	if (platform.functions[id - 1].is_bridge)
		return hw_Error_NOT_SUPPORTED;
	return is_free(&platform.functions[id - 1]) ? 0 : hw_Error_TAKEN;
}

void bus_give(struct function *function, struct sk_reply *to)
{
	struct hw_Bus_claim_reply reply = {.bus = hw_BusKind_PCI};
	int status = sk_mint(to->port, &device_object, function, &reply.device.raw);

	if (status != SK_OK) {
		sk_answer_error(to, status);
		return;
	}
	function->is_claimed = true;
	config_change(function, PCI_COMMAND, COMMAND_NO_LINE, COMMAND_NO_LINE |
		COMMAND_MEMORY | COMMAND_PORTS);
	hw_Bus_claim_answer(to, 0, &reply);
}

static void claim(void *self, const struct hw_Bus_claim_request *request,
	struct sk_reply *to)
{
	hw_Error error = may_claim(to, request->id);
	struct function *function;

	(void)self;
	if (error) {
		hw_Bus_claim_answer(to, error, NULL);
		return;
	}
	function = &platform.functions[request->id - 1];
	if (function->is_ending)
		function->claimer = sk_reply_keep(to);
	else
		bus_give(function, to);
}

void bus_canceled(void *self, uint64_t token)
{
	(void)self;
	for (uint32_t i = 0; i < platform.count; i++) {
		struct sk_reply *claimer = &platform.functions[i].claimer;

		if (claimer->port && claimer->token == token)
			sk_reply_drop(claimer);
	}
}

int bus_dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct hw_Bus_ops ops = {.list = list, .claim = claim};

	return hw_Bus_dispatch(&ops, self, incoming);
}
