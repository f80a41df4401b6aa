/* tty.Console: the terminals that there are, by name. */
#include "servers/console/terminal.h"

#define NAME "ttyS0"

static struct terminal terminal;

static bool is_it(struct sk_string name)
{
	return name.size == strlen(NAME) && memcmp(name.data, NAME, name.size) == 0;
}

static void op_open(void *self, const struct tty_Console_open_request *request,
	struct sk_reply *to)
{
	struct tty_Console_open_reply reply;
	int32_t error = tty_Error_ENXIO;

	(void)self;
	if ((request->flags & fs_Open_READ && !sk_allows(to, tty_Rights_READ)) ||
			(request->flags & fs_Open_WRITE && !sk_allows(to, tty_Rights_WRITE)))
		error = tty_Error_EACCES;
	else if (is_it(request->name))
		error = terminal_open(&terminal, to->port, request->flags,
			&reply.terminal.raw);
	if (error != 0)
		sk_answer_error(to, error);
	else
		tty_Console_open_answer(to, 0, &reply);
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct tty_Console_ops ops = {.open = op_open};

	return tty_Console_dispatch(&ops, self, incoming);
}

int sk_os_main(struct sk_os *os)
{
	static const struct sk_service services[] = {{.dispatch = dispatch}};

	terminal_open_line(&terminal, os, NAME, "com1");
	return sk_serve(os, &(struct sk_serve){
		.services = services, .service_count = 1, .max_kept = 128,
		.max_objects = TERMINAL_FILES,
	});
}
