/*
 * login: starts programs, and waits for them.
 *
 *	main.c		which mode
 *	start.c		starting a program, and waiting for its end
 *	console.c	at the terminal, again and again
 *	words.c		what the machine's command line says of that terminal
 *	run.c		one command, for the host
 *	pipe.c		what that command reads and writes: fs.File
 *	output.c	which goes over the second serial line
 *	power.c		the machine's end
 */
#ifndef SERVERS_LOGIN_LOGIN_H
#define SERVERS_LOGIN_LOGIN_H

#include "kernel.skald.h"
#include "posix.skald.h"
#include "runtime/frame.h"
#include "runtime/server/client.h"
#include "runtime/server/serve.h"

#define LOGIN_TEXT 16384

struct login {
	struct sk_os *os;
	struct sk_client posix, supervisor, console, line;
	char environment[LOGIN_TEXT];
	uint32_t environment_size;
};

extern struct login login;

/* A call that may take so long. */
const struct sk_call *within(uint32_t seconds);

/* ---- start.c: one program at a time ---- */

/* How a program came to its end. */
enum how {
	ENDED,		/* with that status, as a shell counts: 128 and more of a signal */
	NOT_STARTED,	/* posix refused it: an error of posix.skald, or a status */
	POSIX_DIED
};

struct program {
	const char *path;
	const char *folder;
	/* Each with a NUL behind it. */
	const char *arguments;
	uint32_t arguments_size;
	struct sk_handle files[3];	/* none: that one is closed. They are moved. */
	bool has_terminal;
	void (*ended)(enum how how, int32_t value);
};

/* Connects to posix, waiting until it is up: 0 or why not. */
int start_connect(void);
/* Begins, once connected; `ended` is told, in the loop. The program lasts until then. */
void start_program(const struct program *program);

/* ---- the modes; both begin in the loop ---- */

void console_begin(void);
/* The command is in the archive, which stays. */
void run_begin(const char *command, uint32_t size);

/* ---- words.c ---- */

/* What the command line has of the terminal: */
struct words {
	uint16_t rows, columns;		/* `size=50x120`; 0: nothing */
};

/* Takes it; a `term=NAME` becomes TERM of programs, as `plain` does as `dumb`. */
struct words words_take(void);

/* ---- pipe.c ---- */

/* Mints three, as descriptors 0 to 2: one that is at its end, and two that lead to
 * output.c. 0 or a status. */
int pipe_open(struct sk_handle files[3]);
/* There is room in the output again. */
void pipe_go_on(void);

/* ---- output.c ---- */

/* Connects to the line, and begins the stream. 0 or why not. */
int output_open(void);
/* So many bytes of data there is room for in the next frame. */
uint32_t output_room(void);
/* Where they are to be put. */
uint8_t *output_data(void);
/* So many were; sends them. */
void output_put(char kind, uint32_t size);
/* The last frame: its data, at most 128 bytes. Then the machine is switched off. */
void output_end(char kind, const void *data, uint32_t size);

/* ---- power.c ---- */

void power_end(kernel_PowerAction action);
/* Told by posix what a program asks for; after each connection. */
void power_watch(void);

#endif
