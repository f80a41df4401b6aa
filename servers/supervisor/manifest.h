/*
 * Manifests: decoded by generated code, and what there is to be said against one that
 * decodes. No calls: it runs on the host too.
 */
#ifndef SUPERVISOR_MANIFEST_H
#define SUPERVISOR_MANIFEST_H

#include "runtime/image/archive.h"
#include "svrctl.skald.h"

/* Of programs; the supervisor's own is above. */
#define PRIORITY_HIGHEST 190
/* Bytes of one that does not say. */
#define BUDGET_DEFAULT (UINT64_C(16) << 20)
/* Of the first thread; its quota's. */
#define STACK_BYTES (UINT64_C(128) << 10)
/* Under which name and interface the supervisor serves itself. */
#define OWN_SERVICE "supervisor"
#define OWN_INTERFACE "svrctl.Supervisor"
/* The service that hands out devices. */
#define PLATFORM "platform"
#define SERVED_MAX 16
#define USED_MAX 32
#define WANTED_MAX 32
#define NAME_BYTES 64U

/* All of it, and its lists as arrays. Strings are in the wire bytes, but for names that
 * have got a number. */
struct manifest {
	struct svrctl_Manifest head;
	char name[NAME_BYTES + 1];	/* the same as head.name, as C has it */
	char numbered[SERVED_MAX][NAME_BYTES];
	uint32_t served_count;
	uint32_t used_count;
	uint32_t wanted_count;
	struct svrctl_Served served[SERVED_MAX];
	struct svrctl_Used used[USED_MAX];
	struct svrctl_Want wanted[WANTED_MAX];
};

/* What there is to be said against one: of which member, and which item of that (-1: of
 * all of it). */
struct objection {
	const char *why;
	const char *member;
	int32_t item;
};

/* False: it does not decode, or cannot be meant; *objection says why. */
bool manifest_read(struct bytes wire, struct manifest *manifest,
	struct objection *objection);
/* It is that of the number-th of several devices: its name, and those of what it serves, get
 * ".NUMBER" behind them. False: they would be too long. Then, and once it is copied, it is
 * good for nothing. */
bool manifest_number(struct manifest *manifest, uint32_t number);
/* Which of its wants is the first for a device; -1: none is. */
int32_t manifest_device(const struct manifest *manifest);
/* The rights that it asks for of a service, as its server names them. False: the server
 * has no right of that name. */
bool manifest_rights(const struct svrctl_Served *served, const struct svrctl_Used *used,
	uint16_t *rights);
/* The same of the supervisor's own service. */
bool manifest_own_rights(const struct svrctl_Used *used, uint16_t *rights);
/* Whether a manifest asks for nothing that another does not have: grants, hardware,
 * services and their rights, budget, priority. */
bool manifest_is_within(const struct manifest *manifest, const struct manifest *other);
bool is_text(struct sk_string one, const char *other);
bool same_text(struct sk_string one, struct sk_string other);
/* In the order of bytes. */
bool is_before(struct sk_string one, struct sk_string other);

#endif
