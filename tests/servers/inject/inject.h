/*
 * The injector: who is harmed, how, and what is counted of it.
 */
#ifndef TESTS_SERVERS_INJECT_H
#define TESTS_SERVERS_INJECT_H

#include "kernel.skald.h"
#include "load.skald.h"
#include "runtime/server/client.h"

#define KINDS_MAX 16
#define TARGETS 5
#define LOADS 3
#define FAULTS_MAX 100000

/* A load that is asked afterwards, and what it has found so far. */
struct watched {
	const char *name;
	struct sk_client client;
	uint64_t wrong, hung;
};

/* A server that is harmed. */
struct target {
	const char *name;
	const char *service;
	const char *interface_name;
	struct watched *load;
	uint32_t weight;
	/* Requests that a hostile client sends it. */
	const uint32_t *ids;
	uint32_t id_count;

	/* Since its last start something of it was damaged. */
	bool is_damaged;
	uint32_t restarts;		/* that are known of */
};

/* One fault: whose, and what is to be chosen by chance. */
struct victim {
	struct target *target;
	struct sk_handle space;
	uint64_t random;
	char what[80];			/* what was done, in words */
};

enum harm {
	HARM_DEATH,			/* it dies of it, sooner or later */
	HARM_DAMAGE,			/* it may die, or go on wrongly */
	HARM_NONE			/* it has to bear it */
};

struct kind {
	const char *name;
	enum harm harm;
	uint32_t weight;
	/* False: there was nothing that it could be done to. */
	bool (*inject)(struct victim *victim);
};

struct count {
	uint32_t faults, crashes, recovered, wrong;
};

struct injector {
	struct sk_os *os;
	struct sk_client control;
	struct sk_handle system;
	struct sk_handle bell;		/* a notification, to be sent around */
	uint64_t seed;
	uint32_t from, count;
};

extern struct injector injector;
extern struct watched *const loads[LOADS];
/* Of those with a load in common, which rely upon each other, the lower come first. */
extern struct target targets[TARGETS];
extern const struct kind kinds[];	/* ends with a name NULL */

struct sk_channel *on(struct sk_handle handle);
#define K(handle, method, reply, ...) \
	kernel_##method(on(handle), &(struct kernel_##method##_request){__VA_ARGS__}, \
		reply, NULL)
#define K0(handle, method, ...) \
	K(handle, method, &(struct kernel_##method##_reply){0}, __VA_ARGS__)
/* S(status, &reply, .name = ...) of the supervisor's */
#define S(method, reply, ...) \
	svrctl_Supervisor_##method(&injector.control.kernel.channel, \
		&(struct svrctl_Supervisor_##method##_request){__VA_ARGS__}, reply, NULL)

void drop(struct sk_handle *handle);
uint64_t random_word(struct victim *victim);
uint32_t below(struct victim *victim, uint32_t count);
void describe(struct victim *victim, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* A line of the machine's log, of which none is left out. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- messages.c ---- */

bool send_garbage(struct victim *victim);
bool send_truncated(struct victim *victim);
bool send_handles(struct victim *victim);

/* ---- figures.c ---- */

/* What came of one fault: its server crashed, and is there again so many nanoseconds
 * after the fault, and after its end. */
void count_fault(unsigned kind, unsigned target);
void count_crash(unsigned kind, unsigned target);
void count_recovery(unsigned kind, unsigned target, uint64_t since_fault,
	uint64_t since_end);
void count_wrong(unsigned kind, unsigned target);
void print_figures(void);

#endif
