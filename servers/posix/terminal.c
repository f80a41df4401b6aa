/* A terminal: what goes between its two sides, and who is told of it. */
#include "servers/posix/terminal.h"

struct terminal *terminal_new(void)
{
	struct terminal *t = allocate(sizeof(*t));

	if (!t)
		return NULL;
	t->references = 1;
	ldisc_init(&t->ld);
	t->changes = 1;
	return t;
}

struct terminal *terminal_take(struct terminal *t)
{
	t->references++;
	return t;
}

void terminal_drop(struct terminal *t)
{
	if (--t->references > 0)
		return;
	/* Its last file closed it: nobody has it as a controlling terminal. */
	node_drop(t->node);
	release(t);
}

/* ---- signals ---- */

void terminal_signal(struct terminal *t, posix_Signal signal)
{
	if (t->foreground)
		job_signal(t->foreground, signal);
}

static void send_signals(struct terminal *t)
{
	static const posix_Signal signals[] = {posix_Signal_INT, posix_Signal_QUIT,
		posix_Signal_TSTP};
	const uint32_t came = t->ld.signals;

	t->ld.signals = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(signals); i++)
		if (came & 1u << signals[i])
			terminal_signal(t, signals[i]);
}

void terminal_packet(struct terminal *t, tty_Packet packet, tty_Packet instead_of)
{
	if (t->has_packets)
		t->packet = (tty_Packet)((t->packet & ~instead_of) | packet);
}

/* ---- both ways ---- */

/* What was typed, and what it does at once: before what it echoes is sent, since it may undo
 * what is on its way. Without echo nothing else would have it done. */
static void take_typed(struct terminal *t)
{
	if (!is_pty(t))
		line_type(t);
	send_signals(t);
	if (t->ld.has_flushed) {
		t->ld.has_flushed = false;
		terminal_packet(t, tty_Packet_FLUSH_READ | tty_Packet_FLUSH_WRITE, 0);
		if (!is_pty(t))
			line_flush(t, tty_Queue_OUTPUT);
	}
	t->ld.has_break = false;
	if (!is_pty(t))
		line_send(t);
}

void terminal_go_on(struct terminal *t)
{
	terminal_take(t);
	/* Whoever is stopped or ended by a signal reads nothing more. */
	take_typed(t);
	terminal_try_all(t);
	/* Who read has made room, and who wrote has something to be sent. */
	take_typed(t);
	t->changes++;
	for (const struct opening *o = t->openings; o; o = o->next)
		poll_look(o);
	terminal_drop(t);
}

bool terminal_is_drained(const struct terminal *t)
{
	/* What a master has not read yet has left the terminal all the same. */
	return is_pty(t) || line_is_drained(t);
}

/* ---- settings ---- */

static uint32_t keep(uint32_t now, uint32_t wanted, uint32_t locked)
{
	return (now & locked) | (wanted & ~locked);
}

static bool has_flow(const struct tty_Settings *s)
{
	return (s->input & tty_InputFlags_OUTPUT_FLOW) &&
		s->characters[tty_Character_STOP] == 'S' - '@' &&
		s->characters[tty_Character_START] == 'Q' - '@';
}

/* What a master in packet mode is told of new settings, as Linux tells it. */
static void tell_master(struct terminal *t, const struct tty_Settings *was,
	const struct tty_Settings *set)
{
	const tty_Packet both = tty_Packet_NO_STOP | tty_Packet_DO_STOP;

	if ((was->local | set->local) & tty_LocalFlags_EXTERNAL)
		terminal_packet(t, tty_Packet_SETTINGS, 0);
	if (has_flow(was) != has_flow(set))
		terminal_packet(t, has_flow(set) ? tty_Packet_DO_STOP : tty_Packet_NO_STOP,
			both);
}

void terminal_set(struct terminal *t, const struct tty_Settings *settings)
{
	const struct tty_Settings was = t->ld.settings, *locked = &t->locked;
	struct tty_Settings set = *settings;

	set.input = keep(was.input, set.input, locked->input);
	set.output = keep(was.output, set.output, locked->output);
	set.control = keep(was.control, set.control, locked->control);
	set.local = keep(was.local, set.local, locked->local);
	for (unsigned i = 0; i < sizeof(set.characters); i++)
		if (locked->characters[i])
			set.characters[i] = was.characters[i];
	/* There is one discipline. */
	set.discipline = was.discipline;
	/* Pseudo-terminals have eight bits, whatever is asked for. */
	if (is_pty(t))
		set.control = (set.control & ~(uint32_t)(tty_ControlFlags_SIZE_8 |
			tty_ControlFlags_PARITY)) | tty_ControlFlags_SIZE_8 |
			tty_ControlFlags_RECEIVE;
	ldisc_set(&t->ld, &set);
	tell_master(t, &was, &set);
	if (!is_pty(t))
		line_apply(t);
}

void terminal_set_size(struct terminal *t, const struct tty_WindowSize *size)
{
	if (memcmp(&t->size, size, sizeof(t->size)) == 0)
		return;
	t->size = *size;
	terminal_signal(t, posix_Signal_WINCH);
}

void terminal_flush(struct terminal *t, tty_Queue queues)
{
	if (queues & tty_Queue_INPUT) {
		ldisc_flush_input(&t->ld);
		terminal_packet(t, tty_Packet_FLUSH_READ, 0);
	}
	if (queues & tty_Queue_OUTPUT) {
		ldisc_flush_output(&t->ld);
		terminal_packet(t, tty_Packet_FLUSH_WRITE, 0);
	}
	if (!is_pty(t))
		line_flush(t, queues);
}

void terminal_flow(struct terminal *t, tty_Flow flow)
{
	const uint8_t *keys = t->ld.settings.characters;

	switch (flow) {
	case tty_Flow_STOP_OUTPUT:
		ldisc_stop(&t->ld, true);
		terminal_packet(t, tty_Packet_STOP, tty_Packet_START);
		break;
	case tty_Flow_START_OUTPUT:
		ldisc_stop(&t->ld, false);
		terminal_packet(t, tty_Packet_START, tty_Packet_STOP);
		break;
	case tty_Flow_STOP_INPUT:
		t->ld.urgent = keys[tty_Character_STOP];
		break;
	case tty_Flow_START_INPUT:
		t->ld.urgent = keys[tty_Character_START];
		break;
	}
}
