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

	if ((request->flags & fs_Open_READ && !sk_allows(to, tty_Rights_READ)) ||
			(request->flags & fs_Open_WRITE && !sk_allows(to, tty_Rights_WRITE)))
		error = tty_Error_EACCES;
	else if (is_it(request->name))
		error = terminal_open(&terminal, self, to->port, request->flags,
			sk_allows(to, tty_Rights_CONTROL), &reply.terminal.raw);
	if (error != 0)
		sk_answer_error(to, error);
	else
		tty_Console_open_answer(to, 0, &reply);
}

static void op_list(void *self, const struct tty_Console_list_request *request,
	struct sk_reply *to)
{
	const struct sk_string name = {NAME, (uint32_t)strlen(NAME)};
	const struct tty_Console_list_reply reply = {
		.names = {.items = &name, .count = request->from == 0},
	};

	(void)self;
	tty_Console_list_answer(to, 0, &reply);
}

/* As much as there is room for. */
static void op_print(void *self, const struct tty_Console_print_request *request)
{
	const tty_OutputFlags was = terminal.ld.settings.output;

	(void)self;
	/* Lines, even while whoever has it opened works with bytes as they are. */
	terminal.ld.settings.output |= tty_OutputFlags_PROCESS | tty_OutputFlags_NL_TO_CRNL;
	ldisc_write(&terminal.ld, request->text.data, request->text.size);
	terminal.ld.settings.output = was;
	terminal_go_on(&terminal);
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct tty_Console_ops ops = {
		.open = op_open, .list = op_list, .print = op_print,
	};

	return tty_Console_dispatch(&ops, self, incoming);
}

int sk_os_main(struct sk_os *os)
{
	const struct sk_service services[] = {{
		.context = os, .dispatch = dispatch, .connected = client_connected,
		.gone = client_gone,
	}};

	terminal_open_line(&terminal, os, NAME, "com1");
	mirror_open(&terminal.mirror, &terminal, "screen");
	return sk_serve(os, &(struct sk_serve){
		.services = services, .service_count = 1,
		/* For all that each may have, with events; as if there were one more, so
		 * that the last one finds room for it too. */
		.max_kept = (CLIENTS + 1) * CLIENT_FILES * (TERMINAL_WAITING + 1),
		.max_clients = (CLIENTS + 1) * CLIENT_SESSIONS,
		.max_objects = TERMINAL_FILES + CLIENT_FILES,
	});
}
