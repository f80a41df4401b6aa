/* What a running server was given: all of it is gone through, and a part kept. */
#include "servers/supervisor/grants.h"

struct listing {
	struct grants_page *page;
	uint32_t from;
	uint32_t number;		/* of the next one */
};

static void put(struct listing *listing, kernel_Kind kind, kernel_Rights rights,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

static void put(struct listing *listing, kernel_Kind kind, kernel_Rights rights,
	const char *format, ...)
{
	struct grants_page *page = listing->page;
	uint32_t number = listing->number++;
	struct svrctl_Granted *item = &page->items[page->count];
	char *text = page->texts[page->count];
	va_list list;

	if (number < listing->from)
		return;
	if (page->count == GRANTS_PAGE) {
		if (page->next == 0)
			page->next = number;
		return;
	}
	va_start(list, format);
	item->text.size = (uint32_t)sk_format(text, GRANT_TEXT - 1, format, list);
	va_end(list);
	item->text.data = text;
	item->kind = kind;
	item->rights = rights;
	page->count++;
}

static void put_own(struct listing *listing, const struct server *server)
{
	const struct instance *instance = &server->now;

	put(listing, kernel_Kind_SESSION, kernel_Rights_CALL, "svrctl.Server of supervisor");
	if (instance->state == svrctl_Server_state_New)
		return;
	put(listing, kernel_Kind_SPACE, UINT16_MAX, "its space");
	put(listing, kernel_Kind_THREAD, UINT16_MAX, "its thread");
	put(listing, kernel_Kind_QUOTA, kernel_Rights_CREATE | kernel_Rights_INSPECT,
		"%lu bytes, %u threads, %u handles", instance_bytes(server),
		server->manifest.head.budget.threads, server->manifest.head.budget.handles);
	put(listing, kernel_Kind_CLOCK, kernel_Rights_READ, "the clock");
	put(listing, kernel_Kind_SESSION, kernel_Rights_CALL, "fault.Handler of supervisor");
	if (server->manifest.used_count > 0)
		put(listing, kernel_Kind_SESSION, kernel_Rights_CALL,
			"svrctl.Names of supervisor");
	if (instance->receive.raw < 0)
		put(listing, kernel_Kind_ENDPOINT, kernel_Rights_RECEIVE |
			kernel_Rights_CONTROL, "its endpoint");
}

static void put_uses(struct listing *listing, const struct server *server)
{
	char interface_name[65], service[65];

	for (uint32_t i = 0; i < server->manifest.used_count; i++) {
		const struct svrctl_Used *used = &server->manifest.used[i];

		if (server->now.connected & 1u << i)
			put(listing, kernel_Kind_SESSION, kernel_Rights_CALL, "%s of %s",
				plain(used->interface_name, interface_name,
				sizeof(interface_name)),
				plain(used->service, service, sizeof(service)));
	}
}

static void put_hardware(struct listing *listing, const struct svrctl_Want *want)
{
	switch (want->which) {
	case svrctl_Want_ports:
		put(listing, kernel_Kind_IO_PORTS, UINT16_MAX, "ports 0x%x+%u",
			want->as.ports.first, want->as.ports.count);
		break;
	case svrctl_Want_memory:
		put(listing, kernel_Kind_MEMORY, UINT16_MAX, "memory 0x%lx+0x%lx",
			want->as.memory.address, want->as.memory.length);
		break;
	case svrctl_Want_device:
		put(listing, kernel_Kind_SESSION, kernel_Rights_CALL, "a device of platform");
		break;
	case svrctl_Want_interrupt:
		put(listing, kernel_Kind_INTERRUPT, UINT16_MAX, "interrupt %u",
			want->as.interrupt.line);
		break;
	}
}

static void put_grants(struct listing *listing, uint32_t grants)
{
	if (grants & svrctl_Grants_SET_CLOCK)
		put(listing, kernel_Kind_CLOCK, UINT16_MAX, "the clock, to set");
	if (grants & svrctl_Grants_TRACE)
		put(listing, kernel_Kind_TRACE, UINT16_MAX, "traces");
	if (grants & (svrctl_Grants_SYSTEM_INFO | svrctl_Grants_SYSTEM))
		put(listing, kernel_Kind_SYSTEM, grants & svrctl_Grants_SYSTEM ? UINT16_MAX :
			kernel_Rights_READ | kernel_Rights_WRITE | kernel_Rights_INSPECT,
			grants & svrctl_Grants_SYSTEM ? "the machine" : "the machine, to look at");
	if (grants & svrctl_Grants_INITRD)
		put(listing, kernel_Kind_MEMORY, kernel_Rights_READ, "the archive");
}

void grants_list(const struct server *server, uint32_t from, struct grants_page *page)
{
	struct listing listing = {page, from, 0};

	page->count = page->next = 0;
	put_own(&listing, server);
	put_uses(&listing, server);
	for (uint32_t i = 0; i < server->manifest.wanted_count; i++)
		if (server->now.given_hardware & 1u << i)
			put_hardware(&listing, &server->manifest.wanted[i]);
	put_grants(&listing, server->now.given_grants);
}
