/* tty.Line over one device. */
#ifndef SERVERS_SERIAL_LINE_H
#define SERVERS_SERIAL_LINE_H

#include "servers/serial/uart.h"

/* Who waits for one thing: one at a time. */
struct awaiting {
	struct sk_reply reply;		/* port NULL: nobody */
	struct sk_lease lease;
	bool is_few;			/* without a lease */
};

struct line {
	struct uart uart;
	const char *name;
	bool has_client;
	bool was_readable, was_writable;
	struct awaiting reader, writer, drainer;
	struct sk_events events;
	struct sk_alarm idle;		/* looks whether all is sent */
};

bool line_open(struct line *line, struct sk_os *os, const char *name, uint32_t number);

/* For struct sk_service. */
void *line_connected(void *self, uint64_t badge);
void line_gone(void *self);
void line_canceled(void *self, uint64_t token);
int line_dispatch(void *self, struct sk_incoming *incoming);

#endif
