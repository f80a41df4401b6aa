/* Reads and writes of terminals and masters, at once or when it can be; who waits. */
#include "servers/posix/terminal.h"

/* Nanoseconds of TIME's unit. */
#define TENTH UINT64_C(100000000)
#define PIECE 1024u

/* What goes through here at once: all that a terminal can have. */
static uint8_t bytes[LDISC_SIZE + 1];

static uint32_t key(const struct terminal *t, tty_Character which)
{
	return t->ld.settings.characters[which];
}

static struct terminal_wait *of_wait(struct wait *wait)
{
	return (struct terminal_wait *)(void *)wait;
}

/* ---- what was lent ---- */

/* SK_OK, or why not all. */
static int copy_lent(struct sk_reply *to, const struct terminal_wait *w, uint64_t at,
	uint8_t *data, uint64_t size, bool out)
{
	int status = SK_OK;

	for (uint32_t i = 0; i < w->lease_count && size > 0 && status == SK_OK; i++) {
		const struct sk_lease *lease = &w->leases[i];
		uint64_t step;

		if (at >= lease->size) {
			at -= lease->size;
			continue;
		}
		step = size < lease->size - at ? size : lease->size - at;
		status = out ? sk_lease_write(to, lease, at, data, step, NULL) :
			sk_lease_read(to, lease, at, data, step, NULL);
		data += step;
		size -= step;
		at = 0;
	}
	return status;
}

static int answer_read(struct sk_reply *to, int error, uint64_t count)
{
	return fs_File_read_answer(to, error, &(struct fs_File_read_reply){count});
}

static void answer_write(struct sk_reply *to, int error, uint64_t count)
{
	fs_File_write_answer(to, count > 0 ? 0 : error, &(struct fs_File_write_reply){count});
}

/* ---- a program reads ---- */

static void time_out(void *self)
{
	struct terminal_wait *w = self;

	w->has_timed_out = true;
	terminal_go_on(opening_of(w->file)->terminal);
}

/* TIME: without MINIMUM from the beginning, with it from each byte on. */
static void set_time(struct terminal *t, struct terminal_wait *w)
{
	const uint64_t time = key(t, tty_Character_TIME) * TENTH;
	const uint32_t there = ldisc_available(&t->ld);
	const bool counts = key(t, tty_Character_MINIMUM) == 0 ? w->alarm.time == 0 :
		there > 0 && there != w->seen;

	w->seen = there;
	if (time == 0 || ldisc_is_by_lines(&t->ld) || !counts)
		return;
	w->alarm.ring = time_out;
	w->alarm.self = w;
	sk_alarm_set(posix.os, &w->alarm, now() + time);
}

/* Whether a read is over with what there is. */
static bool is_enough(const struct terminal *t, const struct terminal_wait *w)
{
	const uint32_t there = ldisc_available(&t->ld), least = key(t, tty_Character_MINIMUM);

	if (w->size == 0)
		return true;
	if (ldisc_is_by_lines(&t->ld))
		return ldisc_is_readable(&t->ld, 1);
	if (least == 0)
		return there > 0 || w->has_timed_out || key(t, tty_Character_TIME) == 0;
	return there >= least || there >= w->size ||
		(there > 0 && (w->has_timed_out || !w->may_wait));
}

/* True: it is answered. What somebody did not get, who was cut off, stays. */
static bool read_input(struct terminal *t, struct terminal_wait *w, struct sk_reply *to)
{
	const struct opening *opening = opening_of(w->file);
	struct ldisc_place place;
	uint32_t count;
	bool ended;
	int error;

	if (opening->is_hung_up) {
		/* Who waited hears why; who comes later finds the end. */
		answer_read(to, is_pty(t) && w->wait.answers ? posix_Error_EIO : 0, 0);
		return true;
	}
	if (!is_enough(t, w)) {
		if (!w->may_wait)
			answer_read(to, posix_Error_EAGAIN, 0);
		return !w->may_wait;
	}
	ldisc_remember(&t->ld, &place);
	count = ldisc_read(&t->ld, bytes, w->size < LDISC_SIZE ? (uint32_t)w->size : LDISC_SIZE,
		&ended);
	error = copy_lent(to, w, 0, bytes, count, true) == SK_OK ? 0 : posix_Error_EFAULT;
	if (answer_read(to, error, count) != SK_OK || error)
		ldisc_go_back(&t->ld, &place);
	return true;
}

/* ---- a program writes ---- */

/* What is lent goes to the line discipline, as much as it takes. 0 or EFAULT. */
static int take_lent(struct terminal *t, struct terminal_wait *w, struct sk_reply *to,
	uint32_t (*take)(struct ldisc *ld, const uint8_t *bytes, uint32_t count))
{
	bool is_full = false;

	while (!is_full && w->done < w->size) {
		const uint64_t left = w->size - w->done;
		const uint32_t count = left < PIECE ? (uint32_t)left : PIECE;
		uint32_t taken;

		if (copy_lent(to, w, w->done, bytes, count, false) != SK_OK)
			return posix_Error_EFAULT;
		taken = take(&t->ld, bytes, count);
		w->done += taken;
		if (!is_pty(t))
			line_send(t);
		is_full = taken == 0;
	}
	return 0;
}

static bool write_output(struct terminal *t, struct terminal_wait *w, struct sk_reply *to)
{
	int error = opening_of(w->file)->is_hung_up ? posix_Error_EIO :
		take_lent(t, w, to, ldisc_write);

	if (!error && w->done < w->size && w->may_wait)
		return false;
	answer_write(to, error ? error : w->size ? posix_Error_EAGAIN : 0, w->done);
	ldisc_echo(&t->ld);
	return true;
}

/* ---- the master's side ---- */

/* What it reads: the count, of which the first bytes are output's. */
static uint32_t peek_output(const struct terminal *t, uint32_t capacity)
{
	uint32_t unsent = ldisc_unsent(&t->ld);

	if (unsent > capacity)
		unsent = capacity;
	for (uint32_t i = 0; i < unsent; i++)
		bytes[t->has_packets + i] = t->ld.output[(t->ld.out_tail + i) % LDISC_SIZE];
	return unsent;
}

static bool read_packet(struct terminal *t, struct terminal_wait *w, struct sk_reply *to)
{
	uint8_t packet = (uint8_t)t->packet;
	int error = copy_lent(to, w, 0, &packet, 1, true) == SK_OK ? 0 : posix_Error_EFAULT;

	if (answer_read(to, error, 1) == SK_OK && !error)
		t->packet = 0;
	return true;
}

static bool read_master(struct terminal *t, struct terminal_wait *w, struct sk_reply *to)
{
	const uint64_t room = w->size < LDISC_SIZE ? w->size : LDISC_SIZE;
	uint32_t count;
	int error;

	if (w->size > 0 && t->has_packets && t->packet)
		return read_packet(t, w, to);
	if (w->size > 0 && ldisc_unsent(&t->ld) == 0) {
		error = t->programs == 0 && t->was_opened ? posix_Error_EIO : posix_Error_EAGAIN;
		if (error == posix_Error_EAGAIN && w->may_wait)
			return false;
		answer_read(to, error, 0);
		return true;
	}
	bytes[0] = tty_Packet_DATA;
	count = peek_output(t, (uint32_t)room - (room > 0 && t->has_packets));
	error = copy_lent(to, w, 0, bytes, count + (room > 0 && t->has_packets), true) == SK_OK ?
		0 : posix_Error_EFAULT;
	if (answer_read(to, error, count + (room > 0 && t->has_packets)) != SK_OK || error)
		return true;
	ldisc_sent(&t->ld, count);
	ldisc_echo(&t->ld);
	return true;
}

static bool write_master(struct terminal *t, struct terminal_wait *w, struct sk_reply *to)
{
	int error = take_lent(t, w, to, ldisc_type);

	if (!error && w->done < w->size && w->may_wait)
		return false;
	answer_write(to, error ? error : w->size ? posix_Error_EAGAIN : 0, w->done);
	return true;
}

/* ---- the others ---- */

static bool set_drained(struct terminal *t, struct terminal_wait *w, struct sk_reply *to)
{
	if (opening_of(w->file)->is_hung_up) {
		sk_answer_error(to, posix_Error_EIO);
		return true;
	}
	if (!terminal_is_drained(t))
		return false;
	if (w->want == TO_DRAIN) {
		tty_Terminal_drain_answer(to, 0, &(struct tty_Terminal_drain_reply){0});
		return true;
	}
	if (w->flushes)
		terminal_flush(t, tty_Queue_INPUT);
	terminal_set(t, &w->settings);
	tty_Terminal_set_settings_answer(to, 0, &(struct tty_Terminal_set_settings_reply){0});
	return true;
}

static bool see_ready(struct terminal *t, struct terminal_wait *w, struct sk_reply *to)
{
	struct fs_File_wait_ready_reply reply = {.sequence = t->changes};

	reply.now = reply.edges = terminal_ready(opening_of(w->file)) &
		(w->mask | fs_Ready_ERROR | fs_Ready_HANG_UP);
	if (reply.now)
		fs_File_wait_ready_answer(to, 0, &reply);
	return reply.now != 0;
}

static bool end_break(struct terminal *t, struct terminal_wait *w, struct sk_reply *to)
{
	if (!w->has_timed_out)
		return false;
	line_set_break(t, false);
	tty_Terminal_send_break_answer(to, 0, &(struct tty_Terminal_send_break_reply){0});
	return true;
}

/* True: it is answered. */
static bool try(struct terminal *t, struct terminal_wait *w, struct sk_reply *to)
{
	const bool is_master = opening_of(w->file)->is_master;

	switch (w->want) {
	case TO_READ:
		return is_master ? read_master(t, w, to) : read_input(t, w, to);
	case TO_WRITE:
		return is_master ? write_master(t, w, to) : write_output(t, w, to);
	case TO_DRAIN:
	case TO_SET:
		return set_drained(t, w, to);
	case TO_BE_READY:
		return see_ready(t, w, to);
	case TO_BREAK:
		return end_break(t, w, to);
	}
	return true;
}

/* ---- waiting ---- */

static void forget(struct terminal_wait *w)
{
	struct file *file = w->file;

	sk_alarm_cancel(posix.os, &w->alarm);
	release(w);
	file_drop(file);
}

/* What was written stays written, and is told. */
static void cut(struct terminal_wait *w, bool is_heard)
{
	if (w->want == TO_BREAK)
		line_set_break(opening_of(w->file)->terminal, false);
	if (w->want == TO_WRITE && w->done > 0)
		answer_write(&w->wait.reply, 0, w->done);
	else if (is_heard)
		sk_answer_error(&w->wait.reply, posix_Error_EINTR);
	else
		sk_reply_drop(&w->wait.reply);
}

static void canceled(struct wait *wait)
{
	cut(of_wait(wait), false);
	forget(of_wait(wait));
}

static struct terminal_wait *keep(const struct terminal_wait *wanted, struct sk_reply *to)
{
	struct terminal *t = opening_of(wanted->file)->terminal;
	struct terminal_wait *w = allocate(sizeof(*w));

	if (!w) {
		sk_answer_error(to, posix_Error_ENOMEM);
		return NULL;
	}
	*w = *wanted;
	w->file->references++;
	w->wait.canceled = canceled;
	w->wait.answers = true;
	wait_begin(&w->wait, &t->waiting, NULL, to);
	if (w->want == TO_READ && !opening_of(w->file)->is_master)
		set_time(t, w);
	return w;
}

/* Who came first goes first: of those who want the same on the same side. */
static uint32_t turn_of(const struct terminal_wait *w)
{
	return w->want > TO_WRITE ? 0 :
		1u << (2 * w->want + opening_of(w->file)->is_master);
}

void terminal_transfer(struct terminal_wait *wanted, struct sk_reply *to)
{
	struct terminal *t = opening_of(wanted->file)->terminal;
	bool has_others = false;

	for (struct wait *wait = t->waiting; wait; wait = wait->next)
		has_others = has_others || (turn_of(of_wait(wait)) & turn_of(wanted));
	if (has_others && !wanted->may_wait)
		sk_answer_error(to, posix_Error_EAGAIN);
	else if (has_others || !try(t, wanted, to))
		keep(wanted, to);
	terminal_go_on(t);
}

void terminal_wait_for(struct terminal_wait *wanted, struct sk_reply *to)
{
	struct terminal *t = opening_of(wanted->file)->terminal;

	if (!try(t, wanted, to))
		keep(wanted, to);
	terminal_go_on(t);
}

void terminal_break(struct terminal_wait *wanted, uint64_t milliseconds, struct sk_reply *to)
{
	struct terminal_wait *w = keep(wanted, to);

	if (!w)
		return;
	line_set_break(opening_of(w->file)->terminal, true);
	w->alarm.ring = time_out;
	w->alarm.self = w;
	sk_alarm_set(posix.os, &w->alarm, now() + milliseconds * 1000000);
}

static bool try_each(struct terminal *t)
{
	struct wait *wait = t->waiting;
	uint32_t turns = 0;
	bool any = false;

	while (wait) {
		struct terminal_wait *w = of_wait(wait);

		wait = wait->next;
		if (turns & turn_of(w))
			continue;
		if (try(t, w, &w->wait.reply)) {
			wait_end(&w->wait);
			forget(w);
			any = true;
		} else {
			turns |= turn_of(w);
			if (w->want == TO_READ && !opening_of(w->file)->is_master)
				set_time(t, w);
		}
	}
	return any;
}

void terminal_try_all(struct terminal *t)
{
	/* What goes away meanwhile, as its last file closes, comes here again. */
	if (t->is_trying)
		return;
	t->is_trying = true;
	/* Each that goes on may let another one. */
	while (t->waiting && try_each(t))
		;
	t->is_trying = false;
}

static void cut_of(struct terminal *t, const struct process *process)
{
	struct wait *wait = t ? t->waiting : NULL;

	if (!t)
		return;
	terminal_take(t);
	t->is_trying = true;
	while (wait) {
		struct terminal_wait *w = of_wait(wait);

		wait = wait->next;
		if (w->process != process->pid)
			continue;
		wait_end(&w->wait);
		cut(w, true);
		forget(w);
	}
	t->is_trying = false;
	terminal_drop(t);
}

void terminal_cut(const struct process *process)
{
	cut_of(serial, process);
	for (uint32_t i = 0; i < PTYS_MAX; i++)
		cut_of(pty_find(i), process);
}

/* ---- readiness ---- */

static fs_Ready master_ready(const struct terminal *t)
{
	const bool has_packet = t->has_packets && t->packet;
	fs_Ready ready = ldisc_room(&t->ld) > 0 ? fs_Ready_WRITABLE : 0;

	if (ldisc_unsent(&t->ld) > 0 || has_packet)
		ready |= fs_Ready_READABLE;
	if (has_packet)
		ready |= fs_Ready_URGENT;
	if (t->programs == 0 && t->was_opened)
		ready |= fs_Ready_HANG_UP;
	return ready;
}

fs_Ready terminal_ready(const struct opening *opening)
{
	const struct terminal *t = opening->terminal;
	const uint32_t least = key(t, tty_Character_TIME) ? 1 : key(t, tty_Character_MINIMUM);
	fs_Ready ready = 0;

	if (opening->is_master)
		return master_ready(t);
	if (opening->is_hung_up)
		return fs_Ready_READABLE | fs_Ready_WRITABLE | fs_Ready_ERROR | fs_Ready_HANG_UP;
	if (ldisc_is_readable(&t->ld, least))
		ready |= fs_Ready_READABLE;
	if (ldisc_unsent(&t->ld) < LDISC_SIZE / 2 && !t->ld.is_stopped)
		ready |= fs_Ready_WRITABLE;
	return ready;
}
