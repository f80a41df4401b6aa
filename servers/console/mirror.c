/*
 * The screen and keyboard of the machine, beside the line: they show what the line is
 * sent, and what is pressed there is typed as well. They may not be there, and neither
 * may keep the line from going on.
 */
#include "servers/console/terminal.h"

/* Milliseconds: until it is looked for again, at first and at last; and how long the line
 * waits for what it shows, before it goes on without it. */
#define AGAIN 50
#define AGAIN_LAST 60000
#define PATIENCE 500

static struct terminal *terminal_of(struct mirror *mirror)
{
	return mirror->terminal;
}

static void lost(struct mirror *mirror)
{
	mirror->is_connected = false;
	if (mirror->again.time != 0)
		return;
	sk_alarm_set(terminal_of(mirror)->os, &mirror->again,
		sk_os_after(terminal_of(mirror)->os, mirror->pause));
	mirror->pause = mirror->pause < AGAIN_LAST / 2 ? 2 * mirror->pause : AGAIN_LAST;
}

/* ---- what is pressed ---- */

static void read_came(void *self, struct sk_completion *done)
{
	struct mirror *mirror = self;
	struct tty_Line_read_reply reply;
	int status = tty_Line_read_end(done, &reply);

	mirror->is_reading = false;
	if (status != SK_OK) {
		lost(mirror);
		return;
	}
	mirror->come = reply.size <= sizeof(mirror->coming) ? reply.size : 0;
	mirror->come_done = 0;
	terminal_go_on(terminal_of(mirror));
}

static void begin_read(struct mirror *mirror)
{
	const struct tty_Line_read_request request = {
		.wait = true, .data = sk_lend_out(mirror->coming, sizeof(mirror->coming)),
	};

	mirror->is_reading = tty_Line_read_begin(&terminal_of(mirror)->os->ring.ring,
		&mirror->line.kernel.channel, &request, sk_pending(&mirror->read), NULL) ==
		SK_OK;
	if (!mirror->is_reading)
		lost(mirror);
}

void mirror_type(struct mirror *mirror)
{
	mirror->come_done += ldisc_type(&terminal_of(mirror)->ld,
		mirror->coming + mirror->come_done, mirror->come - mirror->come_done);
	if (mirror->is_connected && !mirror->is_reading && mirror->come_done == mirror->come)
		begin_read(mirror);
}

/* ---- what is shown ---- */

static void begin_write(struct mirror *mirror)
{
	struct sk_os *os = terminal_of(mirror)->os;
	const struct tty_Line_write_request request = {
		.wait = true, .data = sk_lend(mirror->going + mirror->go_done,
			mirror->go - mirror->go_done),
	};

	mirror->is_writing = tty_Line_write_begin(&os->ring.ring, &mirror->line.kernel.channel,
		&request, sk_pending(&mirror->write), NULL) == SK_OK;
	if (mirror->is_writing)
		sk_alarm_set(os, &mirror->late, sk_os_after(os, PATIENCE));
	else
		lost(mirror);
}

static void write_came(void *self, struct sk_completion *done)
{
	struct mirror *mirror = self;
	struct tty_Line_write_reply reply;
	int status = tty_Line_write_end(done, &reply);

	mirror->is_writing = mirror->is_late = false;
	sk_alarm_cancel(terminal_of(mirror)->os, &mirror->late);
	if (status != SK_OK) {
		lost(mirror);
	} else {
		mirror->go_done += reply.size;
		if (reply.size > 0 && mirror->go_done < mirror->go)
			begin_write(mirror);
	}
	terminal_go_on(terminal_of(mirror));
}

static void is_late(void *self)
{
	struct mirror *mirror = self;

	mirror->is_late = true;
	terminal_go_on(terminal_of(mirror));
}

bool mirror_is_ready(const struct mirror *mirror)
{
	return !mirror->is_writing || mirror->is_late;
}

void mirror_show(struct mirror *mirror, const uint8_t *bytes, uint32_t count)
{
	if (!mirror->is_connected || mirror->is_writing || count == 0 ||
			count > sizeof(mirror->going))
		return;
	memcpy(mirror->going, bytes, count);
	mirror->go = count;
	mirror->go_done = 0;
	begin_write(mirror);
}

/* ---- the driver ---- */

static void connect(void *self)
{
	struct mirror *mirror = self;

	if (mirror->is_connected)
		return;
	if (mirror->is_reading || mirror->is_writing ||
			sk_client_connect(&mirror->line, false, NULL) != SK_OK) {
		lost(mirror);
		return;
	}
	mirror->is_connected = true;
	mirror->pause = AGAIN;
	terminal_go_on(terminal_of(mirror));
}

void mirror_open(struct mirror *mirror, struct terminal *t, const char *service)
{
	mirror->terminal = t;
	mirror->pause = AGAIN;
	mirror->read = (struct sk_pending){read_came, mirror};
	mirror->write = (struct sk_pending){write_came, mirror};
	mirror->again = (struct sk_alarm){.ring = connect, .self = mirror};
	mirror->late = (struct sk_alarm){.ring = is_late, .self = mirror};
	sk_client_open(&mirror->line, t->os, service, "tty.Line");
	sk_alarm_set(t->os, &mirror->again, sk_os_now(t->os));
}
