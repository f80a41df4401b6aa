/* Reads and writes of handles, at once or when there is something; who waits. */
#include "servers/console/terminal.h"

#define PIECE 1024u
/* Nanoseconds of TIME's unit. */
#define TENTH UINT64_C(100000000)

static uint8_t key(const struct terminal *t, tty_Character which)
{
	return t->ld.settings.characters[which];
}

static bool is_canonical(const struct terminal *t)
{
	return ldisc_local(&t->ld, tty_LocalFlags_CANONICAL);
}

/* ---- waiting ---- */

static void time_out(void *self)
{
	struct waiter *waiter = self;

	waiter->has_timed_out = true;
	wait_try(waiter);
}

struct waiter *wait_begin(struct file *file, enum waiting_for what, struct sk_reply *to)
{
	for (unsigned i = 0; i < TERMINAL_WAITING; i++) {
		struct waiter *waiter = &file->waiting[i];

		if (waiter->what != NOTHING)
			continue;
		*waiter = (struct waiter){
			.what = what, .reply = sk_reply_keep(to), .file = file,
			.order = ++file->terminal->orders,
			.alarm = {.ring = time_out, .self = waiter},
		};
		return waiter;
	}
	sk_answer_error(to, SK_EXHAUSTED);
	return NULL;
}

static void end(struct waiter *waiter)
{
	struct terminal *t = waiter->file->terminal;

	if (waiter->what == TO_END_BREAK)
		line_set_break(t, false);
	waiter->what = NOTHING;
	sk_alarm_cancel(t->os, &waiter->alarm);
}

void wait_cancel(struct file *file, uint64_t token)
{
	for (unsigned i = 0; i < TERMINAL_WAITING; i++) {
		struct waiter *waiter = &file->waiting[i];

		if (waiter->what == NOTHING || waiter->reply.token != token)
			continue;
		end(waiter);
		sk_reply_drop(&waiter->reply);
	}
}

void wait_drop_all(struct file *file, int32_t error)
{
	for (unsigned i = 0; i < TERMINAL_WAITING; i++) {
		if (file->waiting[i].what == NOTHING)
			continue;
		end(&file->waiting[i]);
		sk_answer_error(&file->waiting[i].reply, error);
	}
}

/* ---- reading ---- */

/* Copies what there is. True: the read is over. */
static bool read_more(struct terminal *t, struct waiter *waiter, int *status)
{
	uint32_t least = is_canonical(t) ? 1 : key(t, tty_Character_MINIMUM);
	uint8_t bytes[PIECE];
	bool ended = false, by_lines = is_canonical(t);

	*status = SK_OK;
	while (waiter->done < waiter->lease.size && ldisc_is_readable(&t->ld, 1)) {
		uint64_t room = waiter->lease.size - waiter->done;
		uint32_t count = ldisc_read(&t->ld, bytes, room < PIECE ? (uint32_t)room : PIECE,
			&ended);

		*status = sk_lease_write(&waiter->reply, &waiter->lease, waiter->done, bytes,
			count, NULL);
		if (*status != SK_OK || ended)
			return true;
		waiter->done += count;
		/* A line is over where fewer came than there was room for. */
		if (by_lines && (count < PIECE || bytes[count - 1] == '\n'))
			return true;
	}
	return waiter->done == waiter->lease.size ||
		(waiter->done > 0 && waiter->done >= least) ||
		(!by_lines && waiter->has_timed_out);
}

static void finish_read(struct waiter *waiter, int status)
{
	const struct fs_File_read_reply reply = {.count = waiter->done};

	end(waiter);
	if (status != SK_OK && waiter->done == 0)
		sk_answer_error(&waiter->reply, status);
	else
		fs_File_read_answer(&waiter->reply, 0, &reply);
}

/* TIME: without MINIMUM from the beginning, with it from each byte on. */
static void set_time(struct terminal *t, struct waiter *waiter)
{
	uint64_t time = key(t, tty_Character_TIME) * TENTH;
	bool counts = key(t, tty_Character_MINIMUM) == 0 ? waiter->alarm.time == 0 :
		waiter->done > 0;

	if (!is_canonical(t) && time > 0 && counts)
		sk_alarm_set(t->os, &waiter->alarm, sk_os_now(t->os) + time);
}

static void try_read(struct terminal *t, struct waiter *waiter)
{
	uint64_t before = waiter->done;
	int status;

	if (read_more(t, waiter, &status) || t->is_hung_up)
		finish_read(waiter, status);
	else if (waiter->done > before)
		set_time(t, waiter);
}

void file_read(struct file *file, struct sk_lease lease, bool waits, struct sk_reply *to)
{
	struct terminal *t = file->terminal;
	struct waiter *waiter = wait_begin(file, TO_READ, to);
	int status;

	if (!waiter)
		return;
	waiter->lease = lease;
	waiter->has_timed_out = !is_canonical(t) && key(t, tty_Character_MINIMUM) == 0 &&
		key(t, tty_Character_TIME) == 0;
	if (read_more(t, waiter, &status) || t->is_hung_up || (!waits && waiter->done > 0))
		finish_read(waiter, status);
	else if (!waits)
		finish_read(waiter, fs_Error_EAGAIN);
	else
		set_time(t, waiter);
}

/* ---- writing ---- */

static bool write_more(struct terminal *t, struct waiter *waiter, int *status)
{
	uint8_t bytes[PIECE];

	*status = SK_OK;
	while (waiter->done < waiter->lease.size) {
		uint64_t left = waiter->lease.size - waiter->done;
		uint32_t count = left < PIECE ? (uint32_t)left : PIECE, taken;

		*status = sk_lease_read(&waiter->reply, &waiter->lease, waiter->done, bytes,
			count, NULL);
		if (*status != SK_OK)
			return true;
		taken = ldisc_write(&t->ld, bytes, count);
		waiter->done += taken;
		terminal_pump(t);
		if (taken == 0)
			return false;
	}
	return true;
}

static void finish_write(struct waiter *waiter, int status)
{
	const struct fs_File_write_reply reply = {.count = waiter->done};

	end(waiter);
	if (status != SK_OK && waiter->done == 0)
		sk_answer_error(&waiter->reply, status);
	else
		fs_File_write_answer(&waiter->reply, 0, &reply);
}

void file_write(struct file *file, struct sk_lease lease, bool waits, struct sk_reply *to)
{
	struct waiter *waiter = wait_begin(file, TO_WRITE, to);
	int status;

	if (!waiter)
		return;
	waiter->lease = lease;
	if (write_more(file->terminal, waiter, &status))
		finish_write(waiter, status);
	else if (!waits)
		finish_write(waiter, fs_Error_EAGAIN);
}

/* ---- the others ---- */

fs_Ready file_ready(const struct terminal *t)
{
	uint32_t least = key(t, tty_Character_TIME) ? 1 : key(t, tty_Character_MINIMUM);

	return (ldisc_is_readable(&t->ld, least) || t->is_hung_up ? fs_Ready_READABLE : 0) |
		(ldisc_unsent(&t->ld) < LDISC_SIZE / 2 && !t->ld.is_stopped ?
		fs_Ready_WRITABLE : 0) | (t->is_hung_up ? fs_Ready_HANG_UP : 0);
}

static void try_ready(struct terminal *t, struct waiter *waiter)
{
	static const fs_Ready kinds[] = {fs_Ready_READABLE, fs_Ready_WRITABLE,
		fs_Ready_HANG_UP};
	fs_Ready mask = waiter->mask | fs_Ready_HANG_UP;
	struct fs_File_wait_ready_reply reply = {
		.now = file_ready(t) & mask, .sequence = t->sequence,
	};

	for (unsigned i = 0; i < 3; i++)
		if ((mask & kinds[i]) && t->edges[i] > waiter->sequence)
			reply.edges |= kinds[i];
	if (!reply.edges && !(waiter->sequence == 0 && reply.now))
		return;
	end(waiter);
	fs_File_wait_ready_answer(&waiter->reply, 0, &reply);
}

/* ---- until all is sent ---- */

static void ask_line(struct terminal *t, struct waiter *waiter)
{
	if (!waiter->has_asked && terminal_is_drained(t))
		waiter->has_asked = terminal_drain(t);
}

static void set_later(struct terminal *t, struct waiter *waiter)
{
	if (waiter->flushes)
		ldisc_flush_input(&t->ld);
	terminal_set(t, &waiter->settings);
	tty_Terminal_set_settings_answer(&waiter->reply, 0,
		&(struct tty_Terminal_set_settings_reply){0});
}

/* ---- all that wait ---- */

static void try_break(struct waiter *waiter)
{
	if (!waiter->has_timed_out)
		return;
	end(waiter);
	tty_Terminal_send_break_answer(&waiter->reply, 0,
		&(struct tty_Terminal_send_break_reply){0});
}

void wait_try(struct waiter *waiter)
{
	struct terminal *t = waiter->file ? waiter->file->terminal : NULL;
	int status;

	switch (waiter->what) {
	case NOTHING:
	case TO_SEE_MODEM:
		break;
	case TO_READ:
		try_read(t, waiter);
		break;
	case TO_WRITE:
		if (write_more(t, waiter, &status))
			finish_write(waiter, status);
		break;
	case TO_BE_READY:
		try_ready(t, waiter);
		break;
	case TO_DRAIN:
	case TO_SET:
		ask_line(t, waiter);
		break;
	case TO_END_BREAK:
		try_break(waiter);
		break;
	}
}

/* Calls it with each that waits, and may call it for none any more. */
static void each(struct terminal *t, void (*visit)(struct waiter *waiter, const void *what),
	const void *what)
{
	for (unsigned i = 0; i < TERMINAL_FILES; i++)
		for (unsigned n = 0; t->files[i].terminal && n < TERMINAL_WAITING; n++)
			if (t->files[i].waiting[n].what != NOTHING)
				visit(&t->files[i].waiting[n], what);
}

/* Who has waited longest reads first, alone, as long as it takes. */
static struct waiter *first_reader(struct terminal *t)
{
	struct waiter *first = NULL;

	for (unsigned i = 0; i < TERMINAL_FILES; i++)
		for (unsigned n = 0; t->files[i].terminal && n < TERMINAL_WAITING; n++) {
			struct waiter *waiter = &t->files[i].waiting[n];

			if (waiter->what == TO_READ &&
					(!first || waiter->order < first->order))
				first = waiter;
		}
	return first;
}

static void try_other(struct waiter *waiter, const void *what)
{
	(void)what;
	if (waiter->what != TO_READ)
		wait_try(waiter);
}

void wait_try_all(struct terminal *t)
{
	struct waiter *reader = first_reader(t);

	while (reader) {
		wait_try(reader);
		reader = reader->what == TO_READ ? NULL : first_reader(t);
	}
	each(t, try_other, NULL);
}

static void drained(struct waiter *waiter, const void *what)
{
	const bool *is_sent = what;
	enum waiting_for was = waiter->what;

	if (!waiter->has_asked)
		return;
	waiter->has_asked = false;
	if (!*is_sent)
		return;
	end(waiter);
	if (was == TO_SET)
		set_later(waiter->file->terminal, waiter);
	else
		tty_Terminal_drain_answer(&waiter->reply, 0,
			&(struct tty_Terminal_drain_reply){0});
}

void wait_drained(struct terminal *t, bool is_sent)
{
	each(t, drained, &is_sent);
}

static void modem_changed(struct waiter *waiter, const void *what)
{
	const struct tty_Terminal_modem_changed_event *event = what;

	if (waiter->what != TO_SEE_MODEM || !(waiter->mask & event->changed))
		return;
	end(waiter);
	tty_Terminal_wait_modem_answer(&waiter->reply, 0,
		&(struct tty_Terminal_wait_modem_reply){event->lines});
}

void wait_modem_changed(struct terminal *t, tty_Modem lines, tty_Modem changed)
{
	each(t, modem_changed, &(struct tty_Terminal_modem_changed_event){lines, changed});
}
