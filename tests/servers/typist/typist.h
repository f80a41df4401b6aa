/* A program at the terminal, and what it can be told. */
#ifndef TESTS_SERVERS_TYPIST_TYPIST_H
#define TESTS_SERVERS_TYPIST_TYPIST_H

#include "fs.skald.h"
#include "kernel.skald.h"
#include "runtime/server/client.h"
#include "tty.skald.h"

#define HANDLES_MAX 64

struct typist {
	struct sk_os *os;
	struct sk_client console, control;
	struct sk_kernel_channel terminal;	/* where it sits */
	struct sk_kernel_channel others[HANDLES_MAX];
	uint32_t other_count;
};

struct command {
	const char *name;
	void (*run)(const char *words);
};

extern struct typist t;
extern const struct command commands[];		/* ends with a name NULL */

/* A line for whoever types; at most 190 bytes. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Bytes, or below 0 a status, or an error's number with a minus. */
int read_from(struct sk_kernel_channel *file, void *bytes, size_t size, fs_Io flags);
int write_to(struct sk_kernel_channel *file, const void *bytes, size_t size, fs_Io flags);
/* One more handle of the terminal; `apart`: with slots of its own. */
int open_one(struct sk_kernel_channel *file, bool apart);
/* As many others as it gets: why there are no more. */
int open_others(void);
/* The next number among the words; 0: there is none. */
uint32_t number(const char **words);
/* What cksum(1) says of bytes, in parts: from 0 on. */
uint32_t sum_more(uint32_t sum, const uint8_t *bytes, size_t size);
uint32_t sum_end(uint32_t sum, uint64_t size);

/* Calls of the terminal where it sits. */
#define T(method, reply, ...) \
	tty_Terminal_##method(&t.terminal.channel, \
		&(struct tty_Terminal_##method##_request){__VA_ARGS__}, reply, NULL)
/* One whose answer says nothing. */
#define TELL(method, ...) \
	T(method, &(struct tty_Terminal_##method##_reply){0}, __VA_ARGS__)

struct tty_Settings settings(void);
int set_settings(const struct tty_Settings *to);
/* The next one but those of settings, and that some were lost. */
int next_event(struct tty_Terminal_event *event);

/* Commands of line.c and of handles.c. */
void run_modem(const char *words);
void run_break(const char *words);
void run_drain(const char *words);
void run_flow(const char *words);
void run_open(const char *words);
void run_sessions(const char *words);
void run_second(const char *words);
void run_hangup(const char *words);
void run_alone(const char *words);
void run_lock(const char *words);
void run_list(const char *words);
/* What is read next, so many bytes: its sum is said. */
void say_sum(uint32_t wanted);
struct tty_Settings make_raw(uint8_t minimum, uint8_t time);

/* One that takes all it can get, and faults. */
int be_a_rogue(void);

#endif
