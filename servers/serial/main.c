/* The services of the manifest, and a line behind each. */
#include "servers/serial/line.h"

static const char *const names[] = {"com1"};

#define LINES (sizeof(names) / sizeof(*names))

int sk_os_main(struct sk_os *os)
{
	static struct line lines[LINES];
	static struct sk_service services[LINES];

	for (uint32_t i = 0; i < LINES; i++) {
		if (!line_open(&lines[i], os, names[i], i))
			sk_os_give_up(os, 1, "there is no such port");
		services[i] = (struct sk_service){
			.context = &lines[i], .dispatch = line_dispatch,
			.connected = line_connected, .gone = line_gone,
			.canceled = line_canceled,
		};
	}
	return sk_serve(os, &(struct sk_serve){
		.services = services, .service_count = LINES, .max_kept = 16, .max_clients = 8,
	});
}
