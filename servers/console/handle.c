/* Handles of a terminal: how they come and go, and what all of them are told. */
#include "servers/console/terminal.h"

#define EACH_FILE(t, file) \
	for (struct file *file = (t)->files; file < (t)->files + TERMINAL_FILES; file++) \
		if (file->terminal)

/* ---- events ---- */

struct sk_events *file_events(void *self)
{
	return &((struct file *)self)->events;
}

static void send_signal(struct file *file, tty_Signal signal)
{
	const struct terminal *t = file->terminal;

	tty_Terminal_signal_send(&file->events, &(struct tty_Terminal_signal_event){
		.signal = signal, .session = t->session, .process_group = t->foreground});
}

static bool is_awaited(const struct file *file)
{
	return file->events.next.port != NULL;
}

/* Whoever waits is told one thing at a time; no signal is lost meanwhile, but two of a
 * kind become one. */
static void send_owed(struct file *file)
{
	for (unsigned i = 1; i < 32 && is_awaited(file); i++) {
		if (!(file->owed & 1u << i))
			continue;
		file->owed &= ~(1u << i);
		send_signal(file, (tty_Signal)i);
	}
	if (!(file->owed & OWED_END) || !is_awaited(file))
		return;
	file->owed = 0;
	tty_Terminal_hung_up_send(&file->events, &(struct tty_Terminal_hung_up_event){0});
}

void terminal_signal(struct terminal *t, tty_Signal signal)
{
	EACH_FILE(t, file) {
		file->owed |= 1u << signal;
		send_owed(file);
	}
}

void terminal_settings_changed(struct terminal *t)
{
	EACH_FILE(t, file)
		if (is_awaited(file))
			tty_Terminal_settings_changed_send(&file->events,
				&(struct tty_Terminal_settings_changed_event){0});
}

void terminal_modem_changed(struct terminal *t, tty_Modem lines, tty_Modem changed)
{
	const bool has_carrier_gone = (changed & ~lines & tty_Modem_CARRIER) != 0;

	EACH_FILE(t, file)
		tty_Terminal_modem_changed_send(&file->events,
			&(struct tty_Terminal_modem_changed_event){lines, changed});
	wait_modem_changed(t, lines, changed);
	if (has_carrier_gone && !(t->ld.settings.control & tty_ControlFlags_LOCAL))
		terminal_hang_up(t);
}

/* ---- what has changed ---- */

static void note_ready(struct terminal *t)
{
	static const fs_Ready kinds[] = {fs_Ready_READABLE, fs_Ready_WRITABLE,
		fs_Ready_HANG_UP};
	fs_Ready now = file_ready(t);

	for (unsigned i = 0; i < 3; i++)
		if (now & ~t->ready & kinds[i])
			t->edges[i] = ++t->sequence;
	t->ready = now;
}

static void note_events(struct terminal *t)
{
	static const tty_Signal signals[] = {tty_Signal_INTERRUPT, tty_Signal_QUIT,
		tty_Signal_STOP};

	for (unsigned i = 0; i < 3; i++)
		if (t->ld.signals & 1u << signals[i])
			terminal_signal(t, signals[i]);
	t->ld.signals = 0;
	if (t->ld.has_break)
		EACH_FILE(t, file)
			tty_Terminal_break_received_send(&file->events,
				&(struct tty_Terminal_break_received_event){0});
	t->ld.has_break = false;
}

void terminal_wake(struct terminal *t)
{
	note_events(t);
	note_ready(t);
	wait_try_all(t);
}

void terminal_go_on(struct terminal *t)
{
	terminal_pump(t);
	terminal_wake(t);
	/* Who read has made room, and who wrote has something to be sent. */
	terminal_pump(t);
	note_ready(t);
}

void terminal_hang_up(struct terminal *t)
{
	t->is_hung_up = true;
	terminal_signal(t, tty_Signal_HANG_UP);
	terminal_signal(t, tty_Signal_CONTINUE);
	/* Reads end as at the end of the file. */
	terminal_wake(t);
	EACH_FILE(t, file) {
		wait_drop_all(file, tty_Error_EIO);
		file->owed |= OWED_END;
		send_owed(file);
	}
	t->session = t->foreground = 0;
}

/* ---- opening and closing ---- */

static void set_ready_lines(struct terminal *t, bool on)
{
	const tty_Modem lines = tty_Modem_DATA_TERMINAL_READY | tty_Modem_REQUEST_TO_SEND;

	if (t->is_connected && (t->ld.settings.control & tty_ControlFlags_HANG_UP_ON_CLOSE))
		line_set_modem(t, on ? lines : 0, lines);
}

static bool is_open(const struct terminal *t)
{
	for (unsigned i = 0; i < TERMINAL_FILES; i++)
		if (t->files[i].terminal)
			return true;
	return false;
}

static void gone(void *self)
{
	struct file *file = self;
	struct terminal *t = file->terminal;

	wait_drop_all(file, SK_PEER_CLOSED);
	sk_events_close(&file->events);
	file->client->files--;
	file->terminal = NULL;
	if (!is_open(t))
		set_ready_lines(t, false);
}

static void canceled(void *self, uint64_t token)
{
	struct file *file = self;

	wait_cancel(file, token);
	sk_events_canceled(&file->events, token);
}

static int dispatch(void *self, struct sk_incoming *incoming)
{
	int status = file_dispatch(self, incoming);

	send_owed(self);
	return status;
}

static const struct sk_object file_object = {
	.dispatch = dispatch, .gone = gone, .canceled = canceled,
};

static struct file *find_free(struct terminal *t)
{
	for (unsigned i = 0; i < TERMINAL_FILES; i++)
		if (!t->files[i].terminal)
			return &t->files[i];
	return NULL;
}

int32_t terminal_open(struct terminal *t, struct client *client, struct sk_port *port,
	fs_Open flags, bool may_control, struct sk_handle *handle)
{
	bool has_others = is_open(t);
	struct file *file = find_free(t);
	int status;

	if (t->is_exclusive && has_others)
		return tty_Error_EBUSY;
	if (!file || client->files == CLIENT_FILES)
		return tty_Error_ENOMEM;
	memset(file, 0, sizeof(*file));
	status = sk_mint(port, &file_object, file, handle);
	if (status != SK_OK)
		return status;
	file->terminal = t;
	file->client = client;
	file->flags = flags & (fs_Open_READ | fs_Open_WRITE | fs_Open_NON_BLOCKING);
	file->may_control = may_control;
	client->files++;
	if (!has_others) {
		/* Who opens it after a hang-up begins anew. */
		t->is_hung_up = t->is_exclusive = false;
		set_ready_lines(t, true);
	}
	return SK_OK;
}
