/*
 * The supervisor: what all its files share. It is the machine's first program, has
 * all there is, and gives of it what manifests say. One thread, one loop; it calls
 * nobody but the kernel, so it never waits for those that it looks after.
 */
#ifndef SUPERVISOR_SUPERVISOR_H
#define SUPERVISOR_SUPERVISOR_H

#include "fault.skald.h"
#include "kernel.skald.h"
#include "runtime/events.h"
#include "runtime/kernel/port.h"
#include "runtime/kernel/ring.h"
#include "runtime/start/start.h"
#include "runtime/start/string.h"
#include "runtime/image/archive.h"
#include "runtime/image/elf.h"
#include "servers/supervisor/manifest.h"
#include "svrctl.skald.h"

#define SERVERS_MAX 48			/* at most 64: sets of them are bits */
#define CONTROLLERS_MAX 16		/* sessions of svrctl.Supervisor */
/* Calls that one session can have under way: each instance has one of svrctl.Server (for
 * its thread and its ring) and one of svrctl.Names. */
#define SESSION_CREDIT 4
/* Requests that are answered later: all that can be under way, whoever makes them. */
#define WAITERS_MAX ((2 * SERVERS_MAX + CONTROLLERS_MAX) * SESSION_CREDIT)
#define ASKS_MAX 16			/* of those, for devices */
#define PARTS_MAX ELF_PARTS
#define LOG_LINES 100			/* of one program in a second */
#define MS UINT64_C(1000000)

/* What calls arrive as: its own badges have one of these in bits 48 and up, the
 * server's place in bits 32 to 47, and below them which of its instances. */
enum badge_kind {
	BADGE_SERVER = 1,		/* svrctl.Server */
	BADGE_NAMES,			/* svrctl.Names */
	BADGE_FAULT,			/* fault.Handler: of its threads */
	BADGE_CONTROL			/* svrctl.Supervisor: place of the session */
};
#define BADGE(kind, place, number) \
	((uint64_t)(kind) << 48 | (uint64_t)(place) << 32 | (uint32_t)(number))

/* What a program looks like when it begins; the supervisor's to pay. */
struct image {
	bool is_loaded;
	struct elf elf;
	struct sk_handle parts[PARTS_MAX];
};

/* What is there while it runs. */
struct instance {
	struct sk_handle quota;
	struct sk_handle space;
	struct sk_handle thread;
	struct sk_handle endpoint;	/* to mint with */
	struct sk_handle receive;	/* until it asks for it */
	struct sk_kernel_channel health;	/* number 0: not asked after */
	uint8_t state;			/* of svrctl.Server, dispatch's */
	bool is_checked;		/* a check is under way */
	uint32_t given_grants;		/* svrctl_Grants, as asked for */
	uint32_t given_hardware;	/* by number in the manifest */
	uint32_t connected;		/* services, by number in the manifest */
	uint32_t clients;		/* sessions that were minted so far */
	/* Of its log: lines that it may write now, since when, and those left out. */
	uint32_t log_left;
	uint64_t log_since;
	uint32_t log_lost;
};

struct server {
	bool is_known;			/* false: a free place */
	struct bytes wire;		/* the manifest, encoded */
	struct manifest manifest;
	struct bytes program;
	void *pages;			/* that were made for both; NULL: the archive's */
	uint64_t pages_size;
	struct image image;
	uint32_t device;		/* of per_device: which of those that match */

	svrctl_State state;
	uint64_t due;			/* when to look at it again, by its state; 0: never */
	uint32_t number;		/* of the instance, from 1 */
	struct instance now;
	struct sk_events events;	/* of svrctl.Server */
	struct sk_events names_events;

	bool is_held;			/* stopped by somebody: starts by `start` only */
	bool starts_again;		/* once it has ended: restart */
	bool gives_up;
	svrctl_End ending;		/* why it is being killed */
	uint32_t grace;			/* milliseconds that it has to end */
	svrctl_End last_end;
	int32_t last_code;
	uint64_t last_address;
	uint32_t restarts;
	uint64_t started_at, ended_at, restart_time;
	uint32_t back_off;		/* of the next restart, in ms */
	uint32_t recent;		/* restarts since `recent_since` */
	uint64_t recent_since;
};

/* One session of svrctl.Supervisor. */
struct controller {
	struct server *owner;		/* NULL: free */
	uint32_t number;		/* of its instance */
	struct sk_events events;
};

enum waiting { WAIT_NONE, WAIT_START, WAIT_STOP, WAIT_CONNECT, WAIT_SHUT_DOWN,
	WAIT_DEVICE };

/* A request that waits for a server's state. */
struct waiter {
	enum waiting what;
	bool is_restart;		/* of WAIT_START */
	struct sk_reply reply;
	struct server *server;		/* that it waits for */
	struct server *client;		/* WAIT_CONNECT: for whom, */
	uint32_t number;		/* its instance, */
	uint32_t service;		/* and which of its manifest; of WAIT_DEVICE too, */
	uint32_t index;			/* and which of those that match */
	uint16_t rights;
};

struct supervisor {
	struct sk_thread *thread;
	struct sk_handle large;		/* the quota of large servers, in all */
	struct sk_handle endpoint;
	struct sk_handle notification;
	struct sk_kernel_channel clock;
	struct sk_kernel_port port;
	struct sk_kernel_ring ring;
	struct bytes archive;
	struct server servers[SERVERS_MAX];
	struct controller controllers[CONTROLLERS_MAX];
	struct waiter waiters[WAITERS_MAX];
	bool shuts_down;
	kernel_PowerAction action;
};

extern struct supervisor supervisor;

/* ---- the kernel (kernel.c) ---- */

/* A channel for a call or two: two slots of its own that all of these share. */
struct sk_channel *on(struct sk_handle handle);
/* K(handle, Memory_status, &reply, .size = 1), and where the reply says nothing. */
#define K(handle, method, reply, ...) \
	kernel_##method(on(handle), &(struct kernel_##method##_request){__VA_ARGS__}, \
		reply, NULL)
#define K0(handle, method, ...) \
	kernel_##method(on(handle), &(struct kernel_##method##_request){__VA_ARGS__}, \
		&(struct kernel_##method##_reply){0}, NULL)

uint64_t now(void);
/* Another handle of it, with these rights at most; none: it cannot be had. */
struct sk_handle copy(struct sk_handle handle, uint16_t rights);
/* Closes it, and there is none. */
void drop(struct sk_handle *handle);
/* A session of an endpoint; `charge` (none: the endpoint's) stays the caller's. */
struct sk_handle mint(struct sk_handle endpoint, uint64_t badge, uint32_t credit,
	uint16_t rights, struct sk_handle charge);
/* An error of the kernel's, or a status, as one of ours. */
svrctl_Error as_error(int status);
/* The text as C has it, with spaces for control characters, cut to what there is. */
const char *plain(struct sk_string text, char *to, uint32_t capacity);
/* A line of the log: `who` before it, unless NULL. */
void say(const char *who, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- programs (image.c, instance.c) ---- */

/* Makes what the program begins with, once. */
svrctl_Error image_load(struct server *server);
void image_drop(struct server *server);
/* Bytes of the pages of a part that the file has anything of. */
uint64_t image_content(const struct elf_part *part);
/* Space, quota and thread with what the manifest says, running. After an error there
 * is nothing. */
svrctl_Error instance_start(struct server *server);
/* Makes the quota that all large servers share; false: it cannot be had. */
bool instance_share_memory(void);
/* Bytes that it may use, with all that it starts: what its manifest says, but at most three
 * eighths of what there is, or three quarters if it makes spaces for programs. All that may
 * use more than a quarter have seven eighths together, so that they leave room for others. */
uint64_t instance_bytes(const struct server *server);
/* A session by which the kernel tells of faults of its threads; none: it cannot be had. */
struct sk_handle instance_faults(struct server *server, struct sk_handle charge);
/* What is left of it goes. */
void instance_end(struct server *server);
/* A session for a client of one of its services; none: it cannot be had. */
struct sk_handle instance_connect(struct server *server, uint32_t service,
	uint16_t rights, struct server *client);

/* A server of a manifest that was read, in its place: its program (NULL: that of the
 * archive), and whether it can be among the others. Else the place stays free. */
svrctl_Error server_adopt(struct server *server, struct bytes wire, struct bytes program);
/* A free place; NULL: there is none. */
struct server *server_place(void);
/* One that does not run is forgotten. */
void server_forget(struct server *server);

/* ---- lives (life.c) ---- */

struct server *find_server(struct sk_string name);
/* Who is meant by a badge; NULL: an instance that is not there any more. */
struct server *server_of(uint64_t badge);
/* Whether it is the supervisor's own. */
bool is_own(struct sk_string service);
/* Whether it would need itself. */
bool has_cycle(struct server *server);
/* Who serves this, and as the which of its services; NULL: nobody. */
struct server *find_service(struct sk_string service, uint32_t *number);

bool is_alive(const struct server *server);
/* Nothing will start it but somebody's `start`. */
bool is_over(const struct server *server);
/* Starts it and what it needs, if it is not there: it is STARTING then, or BLOCKED,
 * or GIVEN_UP. `again`: though it was stopped or given up. */
void life_start(struct server *server, bool again);
/* Has it end, in so many milliseconds. */
void life_stop(struct server *server, uint32_t grace);
/* Kills it, for this reason. */
void life_kill(struct server *server, svrctl_End end, int32_t code, uint64_t address);
/* It says that it is ready. */
void life_ready(struct server *server);
/* Looks for spaces that have ended. */
void life_look(void);
/* Does what is due; when the next thing is. */
uint64_t life_due(void);
/* Something of the ring has completed: a health check. */
void life_health(void);
void shut_down(kernel_PowerAction action);

/* ---- what is asked (server_ops.c, names.c, control.c, faults.c) ---- */

int server_dispatch(struct server *server, struct sk_incoming *incoming);
int names_dispatch(struct server *server, struct sk_incoming *incoming);
int control_dispatch(struct controller *controller, struct sk_incoming *incoming);
int fault_dispatch(struct server *server, struct sk_incoming *incoming);
/* A session of svrctl.Supervisor for a client; none: it cannot be had. */
struct sk_handle control_connect(struct server *client, uint16_t rights);
void control_gone(struct controller *controller);

/* A server has changed its state: who waits for that is answered, who wants to know is
 * told. */
void names_changed(struct server *server);
void control_changed(struct server *server);

/* ---- devices (hardware.c) ---- */

/* Who has to be there before it; NULL: nobody, or it wants no device. */
struct server *hardware_provider(const struct server *server);
/* Whether it was given one. */
bool has_device(const struct server *server);
/* Gives the index-th device that matches what the manifest wants as this number. */
void hardware_device(struct server *server, uint32_t number, uint32_t index,
	struct sk_reply *to);
/* A server has come up. If it is the platform server, there is to be one for each device,
 * where a manifest says so. */
void hardware_up(const struct server *provider);
/* The platform server has answered. The completion stays the caller's. */
void hardware_came(const struct sk_completion *done);

/* ---- who waits (wait.c) ---- */

/* Keeps the reply; NULL: too many wait already. */
struct waiter *wait_add(struct sk_reply *to, enum waiting what, struct server *server);
/* Answers all who wait for this server, as far as its state says how. */
void wait_settle(struct server *server);
void wait_canceled(uint64_t token);

#endif
