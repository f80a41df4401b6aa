/*
 * A terminal: a line discipline over a line, the handles that clients have of it, and
 * who of them waits. The line is read and written by calls that do not wait, so neither
 * its driver nor a client keeps others from being served; when the driver goes, its
 * next one is connected to and gets the settings again.
 */
#ifndef SERVERS_CONSOLE_TERMINAL_H
#define SERVERS_CONSOLE_TERMINAL_H

#include "fs.skald.h"
#include "runtime/server/client.h"
#include "runtime/server/serve.h"
#include "runtime/terminal/discipline.h"

/*
 * Programs that are clients, what each can have of sessions and of handles, and what
 * one handle can have of requests that wait. So one takes nothing from the others.
 */
#define CLIENTS 16
#define CLIENT_SESSIONS 4
#define CLIENT_FILES 8
#define TERMINAL_FILES (CLIENTS * CLIENT_FILES)
#define TERMINAL_WAITING 4

enum waiting_for {
	NOTHING, TO_READ, TO_WRITE, TO_BE_READY, TO_DRAIN, TO_SET, TO_SEE_MODEM, TO_END_BREAK
};

/* A program, by the name of its manifest. */
struct client {
	char name[64];
	uint32_t name_size;
	uint32_t sessions;
	uint32_t files;
};

struct terminal;
struct file;

struct waiter {
	enum waiting_for what;
	struct sk_reply reply;
	struct sk_lease lease;
	struct file *file;
	uint64_t order;			/* rises: who waits longest is the lowest */
	uint64_t done;			/* bytes so far */
	struct sk_alarm alarm;		/* TIME, or the end of a break */
	bool has_timed_out;
	bool has_asked;			/* the line is to say when all is sent */
	uint32_t mask;			/* fs.Ready, or tty.Modem */
	uint64_t sequence;
	/* TO_SET */
	struct tty_Settings settings;
	bool flushes;
};

struct file {
	struct terminal *terminal;	/* NULL: free */
	struct client *client;
	fs_Open flags;
	bool may_control;
	struct sk_events events;
	uint32_t owed;			/* signals for which nobody waited, and OWED_END */
	struct waiter waiting[TERMINAL_WAITING];
};

#define OWED_END 1u

/* A screen with its keyboard, beside the line. */
struct mirror {
	struct terminal *terminal;
	struct sk_client line;
	bool is_connected, is_reading, is_writing;
	bool is_late;			/* the line goes on without it */
	uint32_t pause;			/* until it is looked for again */
	uint8_t coming[64];
	uint32_t come, come_done;
	uint8_t going[256];
	uint32_t go, go_done;
	struct sk_pending read, write;
	struct sk_alarm again, late;
};

struct terminal {
	struct sk_os *os;
	const char *name;
	struct ldisc ld;
	struct file files[TERMINAL_FILES];
	struct tty_WindowSize size;
	struct tty_Settings locked;	/* what is not 0 cannot be set */
	tty_Pid session, foreground;
	bool is_exclusive;
	bool is_hung_up;
	fs_Ready ready;			/* as seen last */
	uint64_t orders;		/* of waiters, so far */
	uint64_t sequence;		/* rises when more is ready */
	uint64_t edges[3];		/* the sequence when it became readable, writable, hung up */

	/* The line. */
	struct sk_client line;
	bool is_connected;
	uint8_t coming[512];		/* what the driver writes */
	uint32_t come, come_done;	/* of it, and typed already */
	struct tty_Mark marks[32];
	uint32_t mark_count;
	uint8_t going[256];
	uint32_t go, go_done;
	bool is_reading, is_writing, is_draining, is_listening;
	struct sk_pending read, write, drain, event;
	struct sk_alarm again;		/* connects */
	uint64_t opened;		/* when */
	struct mirror mirror;
};

/* ---- the line: line.c ---- */

void terminal_open_line(struct terminal *t, struct sk_os *os, const char *name,
	const char *service);
/* Moves what can be moved, both ways. */
void terminal_pump(struct terminal *t);
/* The line gets its part of the settings; what it made of them is taken over. */
void terminal_apply(struct terminal *t);
/* Nothing waits to be sent here; what the line has is another matter. */
bool terminal_is_drained(const struct terminal *t);
/* The line is to say, by wait_drained(), when it has sent all. False: it is asked
 * already, or not there. */
bool terminal_drain(struct terminal *t);
/* Of the line: 0 or an error; EIO: it is not there. */
int32_t line_modem(struct terminal *t, tty_Modem *lines);
int32_t line_set_modem(struct terminal *t, tty_Modem lines, tty_Modem mask);
int32_t line_set_break(struct terminal *t, bool on);
int32_t line_counts(struct terminal *t, struct tty_Counts *counts);

/* ---- the screen: mirror.c ---- */

void mirror_open(struct mirror *mirror, struct terminal *t, const char *service);
/* What was pressed goes on, as far as there is room. */
void mirror_type(struct mirror *mirror);
/* Whether it can show more, or need not be waited for. */
bool mirror_is_ready(const struct mirror *mirror);
/* At most as much as the terminal sends at once; lost if it is not ready. */
void mirror_show(struct mirror *mirror, const uint8_t *bytes, uint32_t count);

/* ---- clients: client.c ---- */

/* For struct sk_service: the context is a struct sk_os. */
void *client_connected(void *context, uint64_t badge);
void client_gone(void *self);

/* ---- its handles: handle.c ---- */

/* A handle to it: 0, an error, or a status. */
int32_t terminal_open(struct terminal *t, struct client *client, struct sk_port *port,
	fs_Open flags, bool may_control, struct sk_handle *handle);
/* The event goes to all, or is owed to those who do not wait for it. */
void terminal_signal(struct terminal *t, tty_Signal signal);
void terminal_settings_changed(struct terminal *t);
void terminal_modem_changed(struct terminal *t, tty_Modem lines, tty_Modem changed);
struct sk_events *file_events(void *self);
/* Who waits for what has come gets it; events go out. */
void terminal_wake(struct terminal *t);
/* terminal_pump() and terminal_wake() until nothing moves. */
void terminal_go_on(struct terminal *t);
void terminal_hang_up(struct terminal *t);

/* Requests that wait: wait.c. */
struct waiter *wait_begin(struct file *file, enum waiting_for what, struct sk_reply *to);
void wait_try(struct waiter *waiter);
/* All that wait and may go on. */
void wait_try_all(struct terminal *t);
void wait_drop_all(struct file *file, int32_t error);
void wait_cancel(struct file *file, uint64_t token);
/* The line has sent all, or cannot say. */
void wait_drained(struct terminal *t, bool is_sent);
void wait_modem_changed(struct terminal *t, tty_Modem lines, tty_Modem changed);

/* Reads and writes, at once or later. */
void file_read(struct file *file, struct sk_lease lease, bool waits, struct sk_reply *to);
void file_write(struct file *file, struct sk_lease lease, bool waits, struct sk_reply *to);
fs_Ready file_ready(const struct terminal *t);

/* ---- requests: file.c; those of the line: modem.c ---- */

int file_dispatch(void *self, struct sk_incoming *incoming);

/* As far as they are not locked; what the line made of them is taken over. */
void terminal_set(struct terminal *t, const struct tty_Settings *settings);

#define MODEM_OP(name) \
	void op_##name(void *self, const struct tty_Terminal_##name##_request *request, \
		struct sk_reply *to)
MODEM_OP(modem);
MODEM_OP(set_modem);
MODEM_OP(wait_modem);
MODEM_OP(set_break);
MODEM_OP(send_break);
MODEM_OP(counts);

#endif
