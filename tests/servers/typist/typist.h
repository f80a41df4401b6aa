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
/* The next number among the words; 0: there is none. */
uint32_t number(const char **words);
/* What cksum(1) says of bytes, in parts: from 0 on. */
uint32_t sum_more(uint32_t sum, const uint8_t *bytes, size_t size);
uint32_t sum_end(uint32_t sum, uint64_t size);

#endif
