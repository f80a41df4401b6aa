/* tty.Terminal: what a handle of a terminal is asked. */
#include "runtime/files/refuse.h"
#include "servers/console/terminal.h"

/* Linux's numbers of its first serial line. */
#define MAJOR 4
#define MINOR 64

#define ANSWER(name, ...) \
	tty_Terminal_##name##_answer(to, 0, &(struct tty_Terminal_##name##_reply){__VA_ARGS__})

static struct terminal *terminal_of(void *self)
{
	return ((struct file *)self)->terminal;
}

/* ---- contents ---- */

static void op_read(void *self, const struct fs_File_read_request *request,
	struct sk_reply *to)
{
	struct file *file = self;

	if (!(file->flags & fs_Open_READ))
		sk_answer_error(to, fs_Error_EBADF);
	else
		file_read(file, request->data, !(file->flags & fs_Open_NON_BLOCKING) &&
			!(request->flags & fs_Io_NO_WAIT), to);
	terminal_go_on(terminal_of(self));
}

static void op_write(void *self, const struct fs_File_write_request *request,
	struct sk_reply *to)
{
	struct file *file = self;

	if (!(file->flags & fs_Open_WRITE))
		sk_answer_error(to, fs_Error_EBADF);
	else if (file->terminal->is_hung_up)
		sk_answer_error(to, fs_Error_EIO);
	else
		file_write(file, request->data, !(file->flags & fs_Open_NON_BLOCKING) &&
			!(request->flags & fs_Io_NO_WAIT), to);
	terminal_go_on(terminal_of(self));
}

FILES_REFUSE_STREAM
FILES_REFUSE(allocate, ENODEV)

static void op_describe(void *self, const struct fs_File_describe_request *request,
	struct sk_reply *to)
{
	const struct file *file = self;

	(void)request;
	fs_File_describe_answer(to, 0, &(struct fs_File_describe_reply){
		.kind = fs_Kind_TERMINAL, .flags = file->flags});
}

static void op_status(void *self, const struct fs_File_status_request *request,
	struct sk_reply *to)
{
	(void)self;
	(void)request;
	fs_File_status_answer(to, 0, &(struct fs_File_status_reply){.status = {
		.kind = fs_Kind_TERMINAL, .mode = 0620, .links = 1, .block_size = 1024,
		.device_major = MAJOR, .device_minor = MINOR,
	}});
}

/* Nothing is read ahead. */
static void op_advise(void *self, const struct fs_File_advise_request *request)
{
	(void)self;
	(void)request;
}

static void op_set_flags(void *self, const struct fs_File_set_flags_request *request,
	struct sk_reply *to)
{
	const fs_Open settable = fs_Open_APPEND | fs_Open_NON_BLOCKING | fs_Open_DIRECT |
		fs_Open_NO_ACCESS_TIME | fs_Open_ASYNC;
	struct file *file = self;

	file->flags = (file->flags & ~settable) | (request->flags & settable);
	fs_File_set_flags_answer(to, 0, &(struct fs_File_set_flags_reply){0});
}

static void op_flush(void *self, const struct fs_File_flush_request *request,
	struct sk_reply *to)
{
	(void)self;
	(void)request;
	fs_File_flush_answer(to, 0, &(struct fs_File_flush_reply){0});
}

static void op_available(void *self, const struct fs_File_available_request *request,
	struct sk_reply *to)
{
	(void)request;
	fs_File_available_answer(to, 0, &(struct fs_File_available_reply){
		ldisc_available(&terminal_of(self)->ld)});
}

static void op_ready(void *self, const struct fs_File_ready_request *request,
	struct sk_reply *to)
{
	const struct terminal *t = terminal_of(self);

	fs_File_ready_answer(to, 0, &(struct fs_File_ready_reply){
		.now = file_ready(t) & (request->mask | fs_Ready_HANG_UP),
		.sequence = t->sequence});
}

static void op_wait_ready(void *self, const struct fs_File_wait_ready_request *request,
	struct sk_reply *to)
{
	struct waiter *waiter = wait_begin(self, TO_BE_READY, to);

	if (!waiter)
		return;
	waiter->mask = request->mask;
	waiter->sequence = request->sequence;
	wait_try(waiter);
}

/* ---- settings ---- */

static void op_settings(void *self, const struct tty_Terminal_settings_request *request,
	struct sk_reply *to)
{
	(void)request;
	ANSWER(settings, terminal_of(self)->ld.settings);
}

static uint32_t keep(uint32_t now, uint32_t wanted, uint32_t locked)
{
	return (now & locked) | (wanted & ~locked);
}

void terminal_set(struct terminal *t, const struct tty_Settings *settings)
{
	const struct tty_Settings *now = &t->ld.settings, *locked = &t->locked;
	struct tty_Settings set = *settings;

	set.input = keep(now->input, set.input, locked->input);
	set.output = keep(now->output, set.output, locked->output);
	set.control = keep(now->control, set.control, locked->control);
	set.local = keep(now->local, set.local, locked->local);
	for (unsigned i = 0; i < sizeof(set.characters); i++)
		if (locked->characters[i])
			set.characters[i] = now->characters[i];
	/* There is one discipline. */
	set.discipline = now->discipline;
	ldisc_set(&t->ld, &set);
	terminal_apply(t);
	terminal_settings_changed(t);
}

static void op_set_settings(void *self, const struct tty_Terminal_set_settings_request *request,
	struct sk_reply *to)
{
	struct terminal *t = terminal_of(self);
	struct waiter *waiter;

	if (request->when == tty_When_NOW) {
		terminal_set(t, &request->settings);
		ANSWER(set_settings, 0);
	} else if ((waiter = wait_begin(self, TO_SET, to)) != NULL) {
		waiter->settings = request->settings;
		waiter->flushes = request->when == tty_When_FLUSHED;
	}
	terminal_go_on(t);
}

static void op_locked_settings(void *self,
	const struct tty_Terminal_locked_settings_request *request, struct sk_reply *to)
{
	(void)request;
	ANSWER(locked_settings, terminal_of(self)->locked);
}

/* False: only who controls terminals may, which was said. */
static bool may_control(const struct file *file, struct sk_reply *to)
{
	if (!file->may_control)
		sk_answer_error(to, tty_Error_EPERM);
	return file->may_control;
}

static void op_lock_settings(void *self,
	const struct tty_Terminal_lock_settings_request *request, struct sk_reply *to)
{
	if (!may_control(self, to))
		return;
	terminal_of(self)->locked = request->locked;
	ANSWER(lock_settings, 0);
}

static void op_window_size(void *self, const struct tty_Terminal_window_size_request *request,
	struct sk_reply *to)
{
	(void)request;
	ANSWER(window_size, terminal_of(self)->size);
}

static void op_set_window_size(void *self,
	const struct tty_Terminal_set_window_size_request *request, struct sk_reply *to)
{
	struct terminal *t = terminal_of(self);

	if (memcmp(&t->size, &request->size, sizeof(t->size)) != 0) {
		t->size = request->size;
		terminal_signal(t, tty_Signal_WINDOW_CHANGED);
	}
	ANSWER(set_window_size, 0);
}

static void op_flush_queues(void *self, const struct tty_Terminal_flush_queues_request *request,
	struct sk_reply *to)
{
	struct terminal *t = terminal_of(self);

	if (request->queues & tty_Queue_INPUT) {
		ldisc_flush_input(&t->ld);
		t->come = t->come_done = 0;
	}
	if (request->queues & tty_Queue_OUTPUT) {
		ldisc_flush_output(&t->ld);
		t->ld.has_flushed = true;
	}
	ANSWER(flush_queues, 0);
	terminal_go_on(t);
}

static void op_drain(void *self, const struct tty_Terminal_drain_request *request,
	struct sk_reply *to)
{
	(void)request;
	if (wait_begin(self, TO_DRAIN, to))
		terminal_go_on(terminal_of(self));
}

static void op_set_flow(void *self, const struct tty_Terminal_set_flow_request *request,
	struct sk_reply *to)
{
	struct terminal *t = terminal_of(self);
	const uint8_t *keys = t->ld.settings.characters;

	if (request->flow == tty_Flow_STOP_OUTPUT || request->flow == tty_Flow_START_OUTPUT)
		ldisc_stop(&t->ld, request->flow == tty_Flow_STOP_OUTPUT);
	else
		t->ld.urgent = keys[request->flow == tty_Flow_STOP_INPUT ? tty_Character_STOP :
			tty_Character_START];
	ANSWER(set_flow, 0);
	terminal_go_on(t);
}

/* ---- session ---- */

static void op_foreground(void *self, const struct tty_Terminal_foreground_request *request,
	struct sk_reply *to)
{
	(void)request;
	ANSWER(foreground, terminal_of(self)->foreground);
}

static void op_set_foreground(void *self,
	const struct tty_Terminal_set_foreground_request *request, struct sk_reply *to)
{
	terminal_of(self)->foreground = request->process_group;
	ANSWER(set_foreground, 0);
}

static void op_session(void *self, const struct tty_Terminal_session_request *request,
	struct sk_reply *to)
{
	(void)request;
	ANSWER(session, terminal_of(self)->session);
}

static void op_set_session(void *self, const struct tty_Terminal_set_session_request *request,
	struct sk_reply *to)
{
	if (!may_control(self, to))
		return;
	terminal_of(self)->session = request->session;
	terminal_of(self)->foreground = request->process_group;
	ANSWER(set_session, 0);
}

static void op_unsent(void *self, const struct tty_Terminal_unsent_request *request,
	struct sk_reply *to)
{
	const struct terminal *t = terminal_of(self);

	(void)request;
	ANSWER(unsent, ldisc_unsent(&t->ld) + t->go - t->go_done);
}

static void op_type_in(void *self, const struct tty_Terminal_type_in_request *request,
	struct sk_reply *to)
{
	struct terminal *t = terminal_of(self);

	if (!may_control(self, to))
		return;
	ldisc_type(&t->ld, request->characters.data, request->characters.size);
	ANSWER(type_in, 0);
	terminal_go_on(t);
}

static void op_set_exclusive(void *self, const struct tty_Terminal_set_exclusive_request *request,
	struct sk_reply *to)
{
	terminal_of(self)->is_exclusive = request->exclusive;
	ANSWER(set_exclusive, 0);
}

static void op_exclusive(void *self, const struct tty_Terminal_exclusive_request *request,
	struct sk_reply *to)
{
	(void)request;
	ANSWER(exclusive, terminal_of(self)->is_exclusive);
}

static void op_hang_up(void *self, const struct tty_Terminal_hang_up_request *request,
	struct sk_reply *to)
{
	(void)request;
	ANSWER(hang_up, 0);
	terminal_hang_up(terminal_of(self));
}

static void op_identity(void *self, const struct tty_Terminal_identity_request *request,
	struct sk_reply *to)
{
	const char *name = terminal_of(self)->name;

	(void)request;
	ANSWER(identity, .name = {name, (uint32_t)strlen(name)}, .device_major = MAJOR,
		.device_minor = MINOR);
}

/* ---- all of them ---- */

int file_dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct tty_Terminal_ops ops = {
		.read = op_read, .read_at = op_read_at,
		.write = op_write, .write_at = op_write_at,
		.seek = op_seek, .truncate = op_truncate, .allocate = op_allocate,
		.sync = op_sync, .sync_range = op_sync_range,
		.extents = op_extents, .memory = op_memory,
		.describe = op_describe, .set_flags = op_set_flags,
		.flush = op_flush, .available = op_available,
		.ready = op_ready, .wait_ready = op_wait_ready,
		.seals = op_seals, .add_seals = op_add_seals,
		.status = op_status, .advise = op_advise, .share = op_share,
		.flock = op_flock, .lock = op_lock, .test_lock = op_test_lock,
		.locked_settings = op_locked_settings, .lock_settings = op_lock_settings,
		.modem = op_modem, .set_modem = op_set_modem, .wait_modem = op_wait_modem,
		.set_break = op_set_break, .send_break = op_send_break, .counts = op_counts,
		.settings = op_settings, .set_settings = op_set_settings,
		.window_size = op_window_size, .set_window_size = op_set_window_size,
		.flush_queues = op_flush_queues, .drain = op_drain, .set_flow = op_set_flow,
		.foreground = op_foreground, .set_foreground = op_set_foreground,
		.session = op_session, .set_session = op_set_session,
		.unsent = op_unsent, .type_in = op_type_in,
		.set_exclusive = op_set_exclusive, .exclusive = op_exclusive,
		.hang_up = op_hang_up, .identity = op_identity,
		.events = file_events,
	};

	return tty_Terminal_dispatch(&ops, self, incoming);
}
