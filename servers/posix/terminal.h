/*
 * Terminals as Linux programs have them: a line discipline (runtime/terminal/) between the
 * programs that have it open and its other side, a pseudo-terminal's master or a serial
 * line. All of it is posix's own, the serial line's too: of the console's terminal below
 * posix wants nothing but bytes as they come, so there is one code for both, signals of the
 * discipline reach their group at once, and a reader waits here, where a signal can cut it.
 *
 *	terminal.c		what comes and goes, and who is told
 *	terminal_open.c		open files of both sides, their ends, hanging up
 *	terminal_wait.c		reads and writes, at once or later
 *	terminal_file.c		what its files are asked: tty.Terminal, tty.Master
 *	terminal_session.c	those that have to do with whose it is
 *	pty.c			pseudo-terminals by number, and their names in /dev/pts
 *	line.c			the serial line below
 *	job.c			sessions, groups, and who may do what to a terminal
 */
#ifndef SERVERS_POSIX_TERMINAL_H
#define SERVERS_POSIX_TERMINAL_H

#include "runtime/terminal/discipline.h"
#include "servers/posix/posix.h"

#define TTY_MAJOR 4
#define AUXILIARY_MAJOR 5		/* /dev/tty, /dev/console, /dev/ptmx */
#define PTY_MAJOR 136
#define SERIAL_MINOR 64

/* Pseudo-terminals at once, and of one user who is not privileged. */
#define PTYS_MAX 256
#define PTYS_OF_USER 64

struct line;

/* One open file of a terminal or of a master: what `self` of a struct file is. */
struct opening {
	struct opening *next;			/* of the same terminal */
	struct terminal *terminal;
	struct file *file;
	bool is_master;
	bool is_hung_up;			/* it is over for this one */
};

struct terminal {
	uint32_t references;			/* open files, and its line */
	struct ldisc ld;
	struct tty_WindowSize size;
	struct tty_Settings locked;		/* what is not 0 cannot be set */
	int32_t session, foreground;		/* 0: none */
	bool is_exclusive;
	struct opening *openings;
	uint32_t programs;			/* openings that are no master's */
	uint32_t major, minor;
	struct wait *waiting;			/* struct terminal_wait, of both sides */
	bool is_trying;				/* terminal_try_all() is at work */
	uint64_t changes;
	struct line *line;			/* NULL: a pseudo-terminal */

	/* Of a pseudo-terminal. */
	struct opening *master;			/* NULL: it has gone */
	uint32_t number;
	posix_Uid owner;
	struct node *node;			/* in /dev/pts; NULL: it could not be made */
	bool is_locked, was_opened;
	bool has_packets;
	tty_Packet packet;			/* to be told to the master */
};

static inline bool is_pty(const struct terminal *t)
{
	return t->line == NULL;
}

/* ---- terminal.c ---- */

/* With one reference. NULL: there is no memory. */
struct terminal *terminal_new(void);
struct terminal *terminal_take(struct terminal *t);
void terminal_drop(struct terminal *t);
/* Moves what can be moved, sends what signals there are, and wakes who waits. */
void terminal_go_on(struct terminal *t);
/* Sends to the foreground group, if there is one. */
void terminal_signal(struct terminal *t, posix_Signal signal);
/* New settings, as far as they are not locked. */
void terminal_set(struct terminal *t, const struct tty_Settings *settings);
void terminal_set_size(struct terminal *t, const struct tty_WindowSize *size);
void terminal_flush(struct terminal *t, tty_Queue queues);
void terminal_flow(struct terminal *t, tty_Flow flow);
/* What the master is told when it is in packet mode. */
void terminal_packet(struct terminal *t, tty_Packet packet, tty_Packet instead_of);
/* All that was written has left. */
bool terminal_is_drained(const struct terminal *t);

/* ---- terminal_open.c ---- */

/* An open file becomes one of it. ENOMEM. */
int terminal_attach(struct terminal *t, struct file *file, bool is_master);
struct opening *opening_of(const struct file *file);
/* Its open files read 0 and write EIO from now on, and its session has lost it. */
void terminal_hang_up(struct terminal *t, bool leader_ends);

/* ---- terminal_wait.c ---- */

enum terminal_want { TO_READ, TO_WRITE, TO_DRAIN, TO_SET, TO_BE_READY, TO_BREAK };

struct terminal_wait {
	struct wait wait;
	enum terminal_want want;
	struct file *file;			/* a reference */
	int32_t process;
	struct sk_lease leases[4];
	uint32_t lease_count;
	uint64_t size, done;
	bool may_wait;
	uint32_t seen;				/* bytes there when the time began */
	struct sk_alarm alarm;			/* TIME */
	bool has_timed_out;
	fs_Ready mask;				/* TO_BE_READY */
	struct tty_Settings settings;		/* TO_SET */
	bool flushes;
};

/* A read or write begins, of which the leases are known: it is answered, or waits. */
void terminal_transfer(struct terminal_wait *wanted, struct sk_reply *to);
/* One that waits for something else. */
void terminal_wait_for(struct terminal_wait *wanted, struct sk_reply *to);
/* Holds the line for so many milliseconds. */
void terminal_break(struct terminal_wait *wanted, uint64_t milliseconds, struct sk_reply *to);
/* All that may go on do. */
void terminal_try_all(struct terminal *t);
/* What these files of it are ready for. */
fs_Ready terminal_ready(const struct opening *opening);

/* ---- terminal_file.c ---- */

extern const struct sk_object terminal_object;

/* ---- pty.c ---- */

/* A master, of which `file` becomes an open file. ENOSPC, ENOMEM. */
int pty_create(struct thread *thread, struct file *file);
struct terminal *pty_find(uint32_t number);
/* "pts/7": its size. */
#define PTY_NAME 16
size_t pty_name(const struct terminal *t, char name[PTY_NAME]);
/* The master has gone: so does the name. */
void pty_forget(struct terminal *t);

/* ---- line.c ---- */

/* The serial terminal; NULL: nobody has given one. */
extern struct terminal *serial;
/* A terminal below: serial's line, if it has none; else just closed. Its settings are what
 * programs begin with. 0 or an error. */
int line_give(struct sk_handle handle);
/* What has come to the discipline, and what that has made to the line: as far as it goes
 * without waiting. */
void line_type(struct terminal *t);
void line_send(struct terminal *t);
/* What of its settings the line below has to do with. */
void line_apply(struct terminal *t);
void line_flush(struct terminal *t, tty_Queue queues);
bool line_is_drained(const struct terminal *t);
void line_set_break(struct terminal *t, bool on);
int line_modem(const struct terminal *t, tty_Modem *lines);
int line_set_modem(struct terminal *t, tty_Modem lines, tty_Modem mask);
uint32_t line_unsent(const struct terminal *t);

/* ---- job.c ---- */

/* Any process of this group; NULL: there is none. */
const struct process *job_member(int32_t group);
/* It is hung up once what is being done now is done. */
void job_hang_up_later(struct terminal *t);
/* Opening as a session leader without a terminal makes it the controlling one. */
void job_opened(struct thread *thread, struct terminal *t, fs_Open flags);
/* It becomes that of this process' session. */
void job_take_terminal(struct process *process, struct terminal *t);
/* Nobody of this session has it any more. */
void job_lose_terminal(int32_t session, const struct terminal *t);
/* What a process wants of a terminal that may be its controlling one, for which its group
 * gets this signal if it is in the background: 0 if it may go on, EIO, or EINTR: it is to
 * begin anew after the signal. */
int job_check(const struct process *process, const struct terminal *t, posix_Signal signal);

#endif
