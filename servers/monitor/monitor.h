/*
 * The monitor: reads commands from a terminal and does them.
 *
 *   main.c       its life: greeting, prompt, one line after the other
 *   terminal.c   the terminal: what is typed, ^C, and what is shown
 *   edit.c       the line editor; words.c words, paths, numbers: both pure
 *   commands.c   the table of commands; complete.c: what Tab knows of it
 *   servers.c    commands about servers; system.c about the machine
 *   trace.c      `trace`; records.c shows what comes of it
 *   look.c       commands that read files; change.c those that change them
 *   files.c      files by their paths
 *
 * One thread. Calls have deadlines; those that may take longer than a few seconds are made
 * by wait_for_answer(), which ^C ends.
 */
#ifndef SERVERS_MONITOR_MONITOR_H
#define SERVERS_MONITOR_MONITOR_H

#include "fs.skald.h"
#include "runtime/server/client.h"
#include "servers/monitor/words.h"

struct monitor {
	struct sk_os *os;
	struct sk_client supervisor;		/* svrctl.Supervisor */
	struct sk_client files;			/* fs.FileSystem */
	struct sk_client bus;			/* hw.Bus */
	struct sk_client traces;		/* ostrace.Collector */
	struct sk_kernel_channel system;	/* kernel.System, to look at */
	struct edit edit;
	const char *command;			/* that runs */
	char folder[PATH_SIZE];			/* where one is */
	bool is_plain;				/* nothing but text is shown */
};

extern struct monitor monitor;

/* ---- the terminal (terminal.c) ---- */

/* Has one, once there is one; waits for it for ever. */
void terminal_open(void);
/* False: it has gone, and is to be opened again. */
bool terminal_is_open(void);
/* ^C was typed since terminal_begin(), or the terminal has gone: what runs is to end. */
bool is_interrupted(void);
/* What was typed before does not count. */
void terminal_begin(void);
/* An empty line for a prompt, whatever was written so far. */
void terminal_prompt(void);
/* The next byte typed. False: there is none, but is_interrupted(); or the log has
 * grown, which is said once. */
bool terminal_key(uint8_t *key, bool *has_log_grown);

/* In so many columns, on the right. */
void put_right(const char *text, uint32_t width);
/* Text, to be shown at the latest by flush(). It is lost once interrupted. */
void put(const char *text, size_t size);
void put_text(const char *text);
/* As sk_print(). */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void flush(void);
/* Text of files, and names: control characters as ^X. */
void put_plain(const char *text, size_t size, bool has_lines);
/* What follows is so, until paint(NONE). */
enum colour { NONE, GREEN, YELLOW, RED, BLUE, FAINT, BOLD };
void paint(enum colour colour);
/* "COMMAND: what", and what an error or status means; status 0: nothing. */
void complain(const char *about, const char *what);
void complain_file(const char *path, int status);
void complain_server(const char *name, int status);

/* ---- calls ---- */

/* The deadline that passes in so many seconds, for the next call. */
const struct sk_call *within(uint32_t seconds);
/* A call of the ring, begun with wait_cookie(): waits for what comes of it, and gives
 * it up if interrupted, if its method allows it: SK_CANCELED. */
uint64_t wait_cookie(void);
int wait_for_answer(int begun);
/* Waits. False: interrupted. */
bool wait_for(uint32_t milliseconds);

/* ---- commands ---- */

/* What Tab completes behind the command. */
enum completes { NO_NAMES, COMMANDS, SERVERS, PATHS };

struct command {
	const char *name;
	const char *usage;		/* its arguments */
	const char *what;
	enum completes completes;
	uint32_t least, most;		/* arguments, with options */
	void (*run)(struct words *words);
};

extern const struct command commands[];
extern const uint32_t command_count;

const struct command *command_find(const char *name);
/* Does what the line says, or the words, of which there is one at least. */
void command_run(const char *line);
void command_do(struct words *words);
/* Shows how it is used. */
void command_usage(void);
/* Tab was typed. */
void complete(void);

void do_servers(struct words *words);
void do_status(struct words *words);
void do_grants(struct words *words);
void do_start(struct words *words);
void do_stop(struct words *words);
void do_restart(struct words *words);
void do_kill(struct words *words);
void do_poweroff(struct words *words);
void do_reboot(struct words *words);
void do_log(struct words *words);
void do_trace(struct words *words);
void do_devices(struct words *words);
void do_memory(struct words *words);
void do_uptime(struct words *words);
void do_date(struct words *words);
void do_ls(struct words *words);
void do_cat(struct words *words);
void do_head(struct words *words);
void do_stat(struct words *words);
void do_cd(struct words *words);
void do_pwd(struct words *words);
void do_find(struct words *words);
void do_mkdir(struct words *words);
void do_rm(struct words *words);
void do_mv(struct words *words);
void do_cp(struct words *words);
void do_write(struct words *words);

/* Calls `each` with the name of each server; how many are STARTING, and all. A
 * status. */
int servers_each(void (*each)(void *self, const char *name), void *self,
	uint32_t *starting, uint32_t *count);

/* ---- records of traces (records.c) ---- */

#define RECORDS_NAME 65
/* A stream of this program's begins; its name has less than RECORDS_NAME bytes. */
void records_begin(const char *name);
/* The stream's next entry: shows it, or keeps it until its call ends. */
void records_take(const uint8_t *entry, uint32_t size);
/* Shows what has not ended. */
void records_end(void);

/* ---- files (files.c) ---- */

struct item {
	const char *name;
	fs_Kind kind;
};

struct listing {
	struct item *items;		/* by name */
	uint32_t count;
	/* Its own. */
	uint32_t capacity;
	struct block *blocks;
};

/* Absolute, of what was typed. False: too long, which is said. */
bool file_path(char to[PATH_SIZE], const char *text);
/* All of these: 0, an error of fs.skald, or a status. A path is an absolute one. */
int file_stat(const char *path, bool follows, struct fs_Status *status);
/* A channel, to be closed. */
int file_open(const char *path, fs_Open flags, struct sk_kernel_channel *file);
/* A node, to be given back by file_forget(). */
int file_walk(const char *path, fs_Node *node);
void file_forget(fs_Node node);
/* The folder of a name, to be given back, and the name. */
int file_at(const char *path, struct fs_At *at);
/* Names in a folder that begin with `start`, to be freed whatever comes of it. */
int file_list(const char *path, const char *start, struct listing *listing);
void listing_free(struct listing *listing);
/* Up to `size` bytes from an offset on. */
int file_read(struct sk_kernel_channel *file, uint64_t offset, void *to, uint64_t size,
	uint64_t *count);
/* All of them. */
int file_write(struct sk_kernel_channel *file, uint64_t offset, const void *from,
	uint64_t size);
/* In the heap; what files are read into. */
#define CHUNK 65536u
uint8_t *chunk(void);

#endif
