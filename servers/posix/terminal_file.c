/* What files of terminals and of masters are asked: tty.Terminal and tty.Master, as Linux
 * answers its ioctls. What acts on a terminal acts from a master on the terminal too. */
#include "runtime/files/refuse.h"
#include "servers/posix/terminal_do.h"

/* Milliseconds. */
#define BREAK 250
#define LONGEST_BREAK 10000

#define FILE_OP(name) \
	static void terminal_do_##name(void *self, const struct fs_File_##name##_request *request, \
		struct sk_reply *to)

/* Whether this change may not be now, which was said: who is in the background is stopped,
 * or is refused. */
static bool is_refused(void *self, struct sk_reply *to)
{
	const struct process *process = caller(self);
	int error;

	if (is_over(self, to))
		return true;
	error = process ? job_check(process, terminal_of(self), posix_Signal_TTOU) :
		posix_Error_EIO;
	if (error)
		sk_answer_error(to, error);
	return error != 0;
}

/* ---- contents ---- */

static struct terminal_wait wanted(void *self, enum terminal_want want)
{
	const struct access *access = self;

	return (struct terminal_wait){
		.want = want, .file = access->file, .process = access->process,
		.may_wait = !(access->file->flags & fs_Open_NON_BLOCKING),
	};
}

static void add_lease(struct terminal_wait *w, bool is_there, const struct sk_lease *lease)
{
	if (!is_there)
		return;
	w->leases[w->lease_count++] = *lease;
	w->size += lease->size;
}

#define ADD_LEASES(w, r) do { \
		add_lease(w, true, &(r)->data); \
		add_lease(w, (r)->has_second, &(r)->second); \
		add_lease(w, (r)->has_third, &(r)->third); \
		add_lease(w, (r)->has_fourth, &(r)->fourth); \
		(w)->may_wait = (w)->may_wait && !((r)->flags & fs_Io_NO_WAIT); \
	} while (0)

/* What a transfer is refused for: 0, EBADF, or of the background. */
static int check_transfer(void *self, fs_Open needed, posix_Signal signal)
{
	const struct access *access = self;
	const struct process *process = caller(self);

	if (!(access->file->flags & needed))
		return posix_Error_EBADF;
	return signal && process && !opening(self)->is_master && !opening(self)->is_hung_up ?
		job_check(process, terminal_of(self), signal) : 0;
}

FILE_OP(read)
{
	struct terminal_wait w = wanted(self, TO_READ);
	int error = check_transfer(self, fs_Open_READ, posix_Signal_TTIN);

	ADD_LEASES(&w, request);
	if (error)
		sk_answer_error(to, error);
	else
		terminal_transfer(&w, to);
}

FILE_OP(write)
{
	const bool stops = ldisc_local(&terminal_of(self)->ld, tty_LocalFlags_STOP_BACKGROUND);
	struct terminal_wait w = wanted(self, TO_WRITE);
	int error = check_transfer(self, fs_Open_WRITE, stops ? posix_Signal_TTOU : 0);

	ADD_LEASES(&w, request);
	if (error)
		sk_answer_error(to, error);
	else
		terminal_transfer(&w, to);
}

#define REFUSE(name, error) \
	static FILES_REFUSE_OF(terminal_do_, File, name, fs_Error_##error)
FILES_STREAM_REFUSES(REFUSE)
REFUSE(allocate, ENODEV)
#undef REFUSE

FILE_OP(available)
{
	const struct terminal *t = terminal_of(self);

	UNUSED(request);
	if (!is_over(self, to))
		fs_File_available_answer(to, 0, &(struct fs_File_available_reply){
			opening(self)->is_master ? ldisc_unsent(&t->ld) :
			ldisc_available(&t->ld)});
}

FILE_OP(ready)
{
	fs_File_ready_answer(to, 0, &(struct fs_File_ready_reply){
		.now = terminal_ready(opening(self)) &
			(request->mask | fs_Ready_ERROR | fs_Ready_HANG_UP),
		.sequence = terminal_of(self)->changes});
}

FILE_OP(wait_ready)
{
	struct terminal_wait w = wanted(self, TO_BE_READY);

	w.mask = request->mask;
	terminal_wait_for(&w, to);
}

FILE_OP(status)
{
	const struct terminal *t = terminal_of(self);
	struct fs_File_status_reply reply = {{
		.kind = fs_Kind_CHARACTER_DEVICE, .mode = 0620, .links = 1, .block_size = 1024,
		.device_major = t->major, .device_minor = t->minor,
		.inode = ((struct access *)self)->file->number,
	}};

	UNUSED(request);
	if (opening(self)->is_master) {
		reply.status.device_major = AUXILIARY_MAJOR;
		reply.status.device_minor = 2;
	}
	fs_File_status_answer(to, 0, &reply);
}

FILE_OP(describe)
{
	UNUSED(request);
	fs_File_describe_answer(to, 0, &(struct fs_File_describe_reply){
		.kind = fs_Kind_TERMINAL, .flags = ((struct access *)self)->file->flags});
}

/* ---- settings ---- */

DO(settings)
{
	UNUSED(request);
	if (!is_over(self, to))
		ANSWER(settings, terminal_of(self)->ld.settings);
}

DO(set_settings)
{
	struct terminal_wait w = wanted(self, TO_SET);

	if (is_refused(self, to))
		return;
	if (request->when == tty_When_NOW) {
		terminal_set(terminal_of(self), &request->settings);
		ANSWER(set_settings, 0);
		terminal_go_on(terminal_of(self));
		return;
	}
	w.settings = request->settings;
	w.flushes = request->when == tty_When_FLUSHED;
	terminal_wait_for(&w, to);
}

DO(locked_settings)
{
	UNUSED(request);
	ANSWER(locked_settings, terminal_of(self)->locked);
}

DO(lock_settings)
{
	if (!can(self, CAP_SYS_ADMIN)) {
		sk_answer_error(to, posix_Error_EPERM);
		return;
	}
	terminal_of(self)->locked = request->locked;
	ANSWER(lock_settings, 0);
}

DO(window_size)
{
	UNUSED(request);
	if (!is_over(self, to))
		ANSWER(window_size, terminal_of(self)->size);
}

DO(set_window_size)
{
	if (is_over(self, to))
		return;
	terminal_set_size(terminal_of(self), &request->size);
	ANSWER(set_window_size, 0);
}

/* ---- what flows ---- */

DO(flush_queues)
{
	struct terminal *t = terminal_of(self);

	if (is_refused(self, to))
		return;
	/* From a master it is the other way round. */
	if (opening(self)->is_master)
		terminal_flush(t, (request->queues & tty_Queue_INPUT ? tty_Queue_OUTPUT : 0) |
			(request->queues & tty_Queue_OUTPUT ? tty_Queue_INPUT : 0));
	else
		terminal_flush(t, request->queues);
	ANSWER(flush_queues, 0);
	terminal_go_on(t);
}

DO(drain)
{
	struct terminal_wait w = wanted(self, TO_DRAIN);

	UNUSED(request);
	if (!is_refused(self, to))
		terminal_wait_for(&w, to);
}

DO(set_flow)
{
	struct terminal *t = terminal_of(self);

	if (is_refused(self, to))
		return;
	terminal_flow(t, request->flow);
	ANSWER(set_flow, 0);
	terminal_go_on(t);
}

DO(set_break)
{
	if (is_refused(self, to))
		return;
	if (!is_pty(terminal_of(self)))
		line_set_break(terminal_of(self), request->on);
	ANSWER(set_break, 0);
}

DO(send_break)
{
	const uint64_t length = request->milliseconds ? request->milliseconds : BREAK;
	struct terminal_wait w = wanted(self, TO_BREAK);

	if (is_refused(self, to))
		return;
	if (length > LONGEST_BREAK)
		sk_answer_error(to, posix_Error_EINVAL);
	else if (is_pty(terminal_of(self)))
		ANSWER(send_break, 0);
	else
		terminal_break(&w, length, to);
}

DO(unsent)
{
	UNUSED(request);
	if (!is_over(self, to))
		ANSWER(unsent, is_pty(terminal_of(self)) ? 0 : line_unsent(terminal_of(self)));
}

/* As Linux does it by default: for those who may do anything. */
DO(type_in)
{
	struct terminal *t = terminal_of(self);

	if (is_over(self, to))
		return;
	if (!can(self, CAP_SYS_ADMIN)) {
		sk_answer_error(to, posix_Error_EIO);
		return;
	}
	ldisc_type(&t->ld, request->characters.data, request->characters.size);
	ANSWER(type_in, 0);
	terminal_go_on(t);
}

DO(set_exclusive)
{
	if (is_over(self, to))
		return;
	terminal_of(self)->is_exclusive = request->exclusive;
	ANSWER(set_exclusive, 0);
}

DO(exclusive)
{
	UNUSED(request);
	ANSWER(exclusive, terminal_of(self)->is_exclusive);
}

DO(modem)
{
	struct tty_Terminal_modem_reply reply = {0};
	const struct terminal *t = terminal_of(self);

	UNUSED(request);
	tty_Terminal_modem_answer(to, is_pty(t) ? tty_Error_ENOTTY :
		(tty_Error)line_modem(t, &reply.lines), &reply);
}

DO(set_modem)
{
	struct terminal *t = terminal_of(self);

	tty_Terminal_set_modem_answer(to, is_pty(t) ? tty_Error_ENOTTY :
		(tty_Error)line_set_modem(t, request->lines, request->mask),
		&(struct tty_Terminal_set_modem_reply){0});
}

/* ---- all of them ---- */

static int dispatch(void *self, struct sk_incoming *incoming)
{
	static const struct tty_Master_ops ops = {
		.read = terminal_do_read, .read_at = terminal_do_read_at, .write = terminal_do_write,
		.write_at = terminal_do_write_at, .seek = terminal_do_seek, .truncate = terminal_do_truncate,
		.allocate = terminal_do_allocate, .sync = terminal_do_sync, .sync_range = terminal_do_sync_range,
		.memory = terminal_do_memory, .extents = terminal_do_extents,
		.seals = terminal_do_seals, .add_seals = terminal_do_add_seals,
		.share = terminal_do_share, .flock = terminal_do_flock,
		.lock = terminal_do_lock, .test_lock = terminal_do_test_lock, .status = terminal_do_status, .describe = terminal_do_describe,
		.available = terminal_do_available, .ready = terminal_do_ready, .wait_ready = terminal_do_wait_ready,
		.settings = terminal_do_settings, .set_settings = terminal_do_set_settings,
		.locked_settings = terminal_do_locked_settings, .lock_settings = terminal_do_lock_settings,
		.window_size = terminal_do_window_size, .set_window_size = terminal_do_set_window_size,
		.flush_queues = terminal_do_flush_queues, .drain = terminal_do_drain, .set_flow = terminal_do_set_flow,
		.set_break = terminal_do_set_break, .send_break = terminal_do_send_break, .unsent = terminal_do_unsent,
		.type_in = terminal_do_type_in, .set_exclusive = terminal_do_set_exclusive,
		.exclusive = terminal_do_exclusive, .modem = terminal_do_modem, .set_modem = terminal_do_set_modem,
		.foreground = terminal_do_foreground, .set_foreground = terminal_do_set_foreground,
		.session = terminal_do_session, .set_session = terminal_do_set_session, .hang_up = terminal_do_hang_up,
		.identity = terminal_do_identity, .number = terminal_do_number, .set_locked = terminal_do_set_locked,
		.locked = terminal_do_locked, .set_packet_mode = terminal_do_set_packet_mode,
		.packet_mode = terminal_do_packet_mode, .send_signal = terminal_do_send_signal,
	};
	struct file *file = ((struct access *)self)->file;
	int status;

	if (!file)
		return sk_refuse(incoming, SK_BAD_HANDLE);
	/* What it does may end the process that asks, and close all of its files. */
	file->references++;
	status = tty_Master_dispatch(&ops, self, incoming);
	file_drop(file);
	return status;
}

const struct sk_object terminal_object = {
	.dispatch = dispatch, .gone = access_gone, .canceled = wait_canceled,
};
