/* What the files of greedy share: calls with deadlines, and TAP. */
#ifndef TESTS_SERVERS_GREEDY_H
#define TESTS_SERVERS_GREEDY_H

#include "fs.skald.h"
#include "kernel.skald.h"
#include "runtime/server/client.h"
#include "runtime/server/serve.h"
#include "test.skald.h"
#include "tty.skald.h"
#include "tests/servers/tap.h"

/* What `modest` is asked to try, by `echo`; it answers 0, or in which line it failed. */
enum attempt { TRY_FILES = 1, TRY_TERMINAL, TRY_NAMES };

#define NAME(text) ((struct sk_string){text, sizeof(text) - 1})
/* CALL(500, fs_File, flock, channel, &reply, .wait = true), for milliseconds at most */
#define CALL(ms, interface, method, channel, reply, ...) \
	interface##_##method(channel, &(struct interface##_##method##_request){__VA_ARGS__}, \
		reply, &(struct sk_call){.deadline = sk_os_after(tap.os, ms)})
#define CALL0(ms, interface, method, channel, ...) \
	CALL(ms, interface, method, channel, &(struct interface##_##method##_reply){0}, \
		__VA_ARGS__)

struct greedy {
	struct sk_client root, console, modest, control;
};

extern struct greedy greedy;

/* A handle of a file of ramfs, made if need be, or of the terminal: 0, or why not. */
int open_file(struct sk_client *root, const char *path, struct sk_handle *file);
int open_terminal(struct sk_client *console, struct sk_handle *terminal);

int be_modest(struct sk_os *os);
void timer_cases(void);

#endif
