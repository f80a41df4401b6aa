/* The service of the manifest, if there is a screen. */
#include "servers/screen/screen.h"

int sk_os_main(struct sk_os *os)
{
	static struct screen screen;
	const struct sk_service service = {
		.context = &screen, .dispatch = line_dispatch, .connected = line_connected,
		.gone = line_gone, .canceled = line_canceled,
	};

	screen.os = os;
	emulator_init(&screen.emulator);
	if (!hardware_open(&screen)) {
		sk_log(os, log_Level_INFO, "this machine has no text screen");
		return 0;
	}
	hardware_show(&screen);
	return sk_serve(os, &(struct sk_serve){
		.services = &service, .service_count = 1, .max_kept = 8, .max_clients = 4,
	});
}
