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
#include "servers/console/discipline.h"

/* Handles of all clients together, and requests of one handle that wait. */
#define TERMINAL_FILES 32
#define TERMINAL_WAITING 4

enum waiting_for { NOTHING, TO_READ, TO_WRITE, TO_BE_READY, TO_DRAIN, TO_SET };

struct terminal;
struct file;

struct waiter {
	enum waiting_for what;
	struct sk_reply reply;
	struct sk_lease lease;
	struct file *file;
	uint64_t done;			/* bytes so far */
	struct sk_alarm alarm;		/* TIME */
	bool has_timed_out;
	fs_Ready mask;
	uint64_t sequence;
	/* TO_SET */
	struct tty_Settings settings;
	bool flushes;
};

struct file {
	struct terminal *terminal;	/* NULL: free */
	fs_Open flags;
	struct sk_events events;
	struct waiter waiting[TERMINAL_WAITING];
};

struct terminal {
	struct sk_os *os;
	const char *name;
	struct ldisc ld;
	struct file files[TERMINAL_FILES];
	struct tty_WindowSize size;
	tty_Pid session, foreground;
	bool is_exclusive;
	bool is_hung_up;
	fs_Ready ready;			/* as seen last */
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
	bool is_reading, is_writing;
	struct sk_pending read, write;
	struct sk_alarm again;		/* connects */
};

/* ---- the line: line.c ---- */

void terminal_open_line(struct terminal *t, struct sk_os *os, const char *name,
	const char *service);
/* Moves what can be moved, both ways. */
void terminal_pump(struct terminal *t);
/* The line gets its part of the settings; what it made of them is taken over. */
void terminal_apply(struct terminal *t);
/* Nothing waits to be sent here; what the device has is its own. */
bool terminal_is_drained(const struct terminal *t);

/* ---- its handles: file.c ---- */

/* A handle to it, for a client: 0, an error, or a status. */
int32_t terminal_open(struct terminal *t, struct sk_port *port, fs_Open flags,
	struct sk_handle *handle);
/* Who waits for what has come gets it; events go out. */
void terminal_wake(struct terminal *t);
/* terminal_pump() and terminal_wake() until nothing moves. */
void terminal_go_on(struct terminal *t);
void terminal_hang_up(struct terminal *t);

/* Requests that wait: wait.c. */
struct waiter *wait_begin(struct file *file, enum waiting_for what, struct sk_reply *to);
void wait_try(struct waiter *waiter);
void wait_drop_all(struct file *file, int32_t error);

/* Reads and writes, at once or later. */
void file_read(struct file *file, struct sk_lease lease, bool waits, struct sk_reply *to);
void file_write(struct file *file, struct sk_lease lease, bool waits, struct sk_reply *to);
fs_Ready file_ready(const struct terminal *t);

int file_dispatch(void *self, struct sk_incoming *incoming);

#endif
