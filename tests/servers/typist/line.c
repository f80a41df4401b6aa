/* Commands about the line below the terminal. */
#include "tests/servers/typist/typist.h"

static uint8_t bytes[3000];

static tty_Modem modem(void)
{
	struct tty_Terminal_modem_reply reply = {0};

	T(modem, &reply, 0);
	return reply.lines;
}

static struct tty_Counts counts(void)
{
	struct tty_Terminal_counts_reply reply = {0};

	T(counts, &reply, 0);
	return reply.counts;
}

/* The lines of the other side are those of ours while the device is a loop. */
void run_modem(const char *words)
{
	const struct tty_Terminal_wait_modem_request request = {.mask = tty_Modem_RING};
	const tty_Modem loop = tty_Modem_LOOP, mask = tty_Modem_LOOP | tty_Modem_OUT_1;
	struct tty_Terminal_wait_modem_reply reply = {0};
	struct sk_completion done;
	tty_Modem before;
	int status;

	(void)words;
	TELL(drain, 0);
	TELL(set_modem, loop, mask);
	before = modem();
	tty_Terminal_wait_modem_begin(&t.os->ring.ring, &t.terminal.channel, &request, 1, NULL);
	TELL(set_modem, loop | tty_Modem_OUT_1, mask);
	modem();
	status = sk_ring_next(&t.os->ring.ring, sk_os_after(t.os, 5000), &done);
	if (status == SK_OK) {
		status = tty_Terminal_wait_modem_end(&done, &reply);
		sk_ring_release(&done);
	}
	TELL(set_modem, 0, mask);
	say("modem %d, ring %d then %d, clear %d", status, (before & tty_Modem_RING) != 0,
		(reply.lines & tty_Modem_RING) != 0, (before & tty_Modem_CLEAR_TO_SEND) != 0);
}

/* break: one is sent; break signal: those that come interrupt from now on. */
void run_break(const char *words)
{
	struct tty_Settings now = settings();
	uint64_t began = sk_os_now(t.os);
	int status;

	if (*words) {
		now.input |= tty_InputFlags_BREAK_INTERRUPTS;
		say("breaks %d, settings %d", (int)counts().breaks, set_settings(&now));
		return;
	}
	status = TELL(send_break, 300);
	say("break %d, %s", status,
		sk_os_now(t.os) - began >= UINT64_C(300000000) ? "long enough" : "too short");
}

void run_drain(const char *words)
{
	struct tty_Settings old = make_raw(1, 0);
	struct tty_Terminal_unsent_reply unsent = {.bytes = 1};
	uint64_t sent;
	int status;

	(void)words;
	TELL(drain, 0);
	sent = counts().sent;
	memset(bytes, '.', sizeof(bytes));
	bytes[sizeof(bytes) - 1] = '\n';
	write_to(&t.terminal, bytes, sizeof(bytes), 0);
	status = TELL(drain, 0);
	sent = counts().sent - sent;
	T(unsent, &unsent, 0);
	set_settings(&old);
	say("drain %d, sent %d, unsent %u", status, (int)sent, unsent.bytes);
}

/* Bytes: what the driver and the terminal have room for, each. */
#define FULL (2 * 4096u)

/* flow BYTES: does not read until both are full, and the other side has been told to stop. */
void run_flow(const char *words)
{
	struct tty_Settings old = make_raw(1, 0), now = settings();
	const uint64_t before = counts().received;

	now.input |= tty_InputFlags_INPUT_FLOW;
	set_settings(&now);
	write_to(&t.terminal, "stalls\n", 7, 0);
	for (int i = 0; counts().received - before < FULL && i < 400; i++)
		sk_os_sleep(t.os, 50);
	say_sum(number(&words));
	set_settings(&old);
}
