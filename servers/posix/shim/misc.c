/* Limits, scheduling, settings of prctl, the machine. */
#include "runtime/env.h"
#include "runtime/kernel/sys.h"
#include "servers/posix/shim/base.h"
#include "servers/posix/shim/convert.h"
#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/machine.h"
#include "servers/posix/shim/rseq.h"

shim_function misc_none, misc_uname, misc_sysinfo, misc_getrandom,
	misc_getcpu, misc_prctl, misc_arch_prctl, misc_personality, misc_sync, misc_syncfs,
	misc_reboot, misc_syslog, misc_sethostname, misc_setdomainname;

int64_t misc_none(struct shim *shim, const uint64_t a[6])
{
	(void)shim;
	(void)a;
	return -LINUX_ENOSYS;
}

/* ---- what the system is ---- */

static void put_name(char to[65], struct sk_string name)
{
	memcpy(to, name.data, name.size < 64 ? name.size : 64);
}

int64_t misc_uname(struct shim *shim, const uint64_t a[6])
{
	struct posix_Thread_system_name_reply reply;
	struct linux_utsname name;
	int64_t result = POSIX(shim, &reply, Thread, system_name, 0);

	if (result < 0)
		return result;
	memset(&name, 0, sizeof name);
	put_name(name.sysname, reply.name.system);
	put_name(name.nodename, reply.name.node);
	put_name(name.release, reply.name.release);
	put_name(name.version, reply.name.version);
	put_name(name.machine, reply.name.machine);
	put_name(name.domainname, reply.name.domain);
	return copy_to(a[0], &name, sizeof name) ? 0 : -LINUX_EFAULT;
}

int64_t misc_sysinfo(struct shim *shim, const uint64_t a[6])
{
	struct posix_Thread_system_info_reply reply;
	struct linux_sysinfo info;
	int64_t result = POSIX(shim, &reply, Thread, system_info, 0);

	if (result < 0)
		return result;
	convert_sysinfo(&reply.info, &info);
	return copy_to(a[0], &info, sizeof info) ? 0 : -LINUX_EFAULT;
}

int64_t misc_getrandom(struct shim *shim, const uint64_t a[6])
{
	struct posix_Thread_random_reply reply;
	uint64_t size = a[1] > posix_IO_MAX ? posix_IO_MAX : a[1];
	int64_t result;

	if (a[2] & ~UINT64_C(7) || (a[2] & 6) == 6)
		return -LINUX_EINVAL;
	if (!copy_is_program(a[0], size))
		return -LINUX_EFAULT;
	if (size == 0)
		return 0;
	result = POSIX(shim, &reply, Thread, random,
		.data = sk_lend_out((void *)(uintptr_t)a[0], size),
		.flags = (posix_RandomFlags)a[2]);
	return result < 0 ? result : reply.size;
}

int64_t misc_getcpu(struct shim *shim, const uint64_t a[6])
{
	const uint32_t cpu = rseq_cpu(shim), node = 0;

	return (a[0] == 0 || copy_to(a[0], &cpu, 4)) && (a[1] == 0 || copy_to(a[1], &node, 4)) ?
		0 : -LINUX_EFAULT;
}

int64_t misc_sync(struct shim *shim, const uint64_t a[6])
{
	(void)a;
	POSIX_DO(shim, Paths, sync_file_systems, .has_of = false);
	return 0;
}

int64_t misc_syncfs(struct shim *shim, const uint64_t a[6])
{
	return (int32_t)a[0] < 0 ? -LINUX_EBADF : POSIX_DO(shim, Paths, sync_file_systems,
		.has_of = true, .of = (int32_t)a[0]);
}

/* Makes a call of posix.Machine of what stands behind it. */
#define MACHINE_DO(shim, method, ...) do { \
	struct machine machine; \
	int64_t result = machine_open(shim, &machine); \
	return result < 0 ? result : MACHINE(shim, &machine, \
		&(struct posix_Machine_##method##_reply){0}, method, __VA_ARGS__); \
} while (0)

int64_t misc_reboot(struct shim *shim, const uint64_t a[6])
{
	const uint32_t magic1 = 0xfee1dead, magic2 = 672274793;
	static const struct { uint32_t command; posix_RebootAction action; } actions[] = {
		{0x01234567, posix_RebootAction_RESTART},
		{0xa1b2c3d4, posix_RebootAction_RESTART}, {0xcdef0123, posix_RebootAction_HALT},
		{0x4321fedc, posix_RebootAction_POWER_OFF},
		{0x89abcdef, posix_RebootAction_KEYS_RESTART},
		{0, posix_RebootAction_KEYS_SIGNAL} };

	if ((uint32_t)a[0] != magic1 || (uint32_t)a[1] != magic2)
		return -LINUX_EINVAL;
	for (unsigned i = 0; i < sizeof actions / sizeof *actions; i++)
		if (actions[i].command == (uint32_t)a[2])
			MACHINE_DO(shim, reboot, .action = actions[i].action);
	return -LINUX_EINVAL;
}

int64_t misc_syslog(struct shim *shim, const uint64_t a[6])
{
	const uint64_t size = (int32_t)a[2] < 0 ? 0 : (uint32_t)a[2];
	struct posix_Machine_log_reply reply;
	struct machine machine;
	int64_t result = machine_open(shim, &machine);

	if (result == 0)
		result = MACHINE(shim, &machine, &reply, log, .action = (uint32_t)a[0],
			.size = (uint32_t)a[2], .has_text = a[1] != 0, .text = sk_lend_out(
			(void *)(uintptr_t)a[1], size < posix_IO_MAX ? size :
			posix_IO_MAX));
	return result < 0 ? result : (int64_t)reply.result;
}

static int64_t take_name(char name[64], const uint64_t a[6])
{
	return a[1] > 64 ? -LINUX_EINVAL : copy_from(name, a[0], (size_t)a[1]) ? 0 :
		-LINUX_EFAULT;
}

int64_t misc_setdomainname(struct shim *shim, const uint64_t a[6])
{
	char name[64];
	int64_t taken = take_name(name, a);

	if (taken < 0)
		return taken;
	MACHINE_DO(shim, set_domain_name, .name = { name, (uint32_t)a[1] });
}

int64_t misc_sethostname(struct shim *shim, const uint64_t a[6])
{
	char name[64];
	int64_t taken = take_name(name, a);

	if (taken < 0)
		return taken;
	MACHINE_DO(shim, set_node_name, .name = { name, (uint32_t)a[1] });
}

/* ---- settings of a thread ---- */

int64_t misc_arch_prctl(struct shim *shim, const uint64_t a[6])
{
	enum { SET_GS = 0x1001, SET_FS, GET_FS, GET_GS };
	uint64_t base;

	switch ((uint32_t)a[0]) {
	case SET_FS: return base_set_fs(shim, a[1]);
	case SET_GS: return base_set_gs(shim, a[1]);
	case GET_FS:
	case GET_GS:
		base = (uint32_t)a[0] == GET_FS ? base_fs(shim) : base_gs(shim);
		return copy_to(a[1], &base, sizeof base) ? 0 : -LINUX_EFAULT;
	default: return -LINUX_EINVAL;
	}
}

int64_t misc_personality(struct shim *shim, const uint64_t a[6])
{
	struct posix_Resources_personality_reply is;
	struct posix_Resources_set_personality_reply was;
	int64_t result;

	if ((uint32_t)a[0] == UINT32_MAX) {
		result = POSIX(shim, &is, Resources, personality, 0);
		return result < 0 ? result : is.persona;
	}
	result = POSIX(shim, &was, Resources, set_personality, .persona = (uint32_t)a[0]);
	return result < 0 ? result : was.previous;
}

static int64_t set_name(struct shim *shim, uint64_t from)
{
	char name[16];
	int64_t size = copy_string(name, from, sizeof name);

	if (size == -LINUX_EFAULT)
		return size;
	return POSIX_DO(shim, Resources, set_name,
		.name = { name, size < 0 ? 15 : (uint32_t)size });
}

static int64_t get_name(struct shim *shim, uint64_t to)
{
	struct posix_Resources_name_reply reply;
	char name[16] = {0};
	int64_t result = POSIX(shim, &reply, Resources, name, 0);

	if (result < 0)
		return result;
	memcpy(name, reply.name.data, reply.name.size);
	return copy_to(to, name, sizeof name) ? 0 : -LINUX_EFAULT;
}

/* Asks by a method whose reply has one member. */
#define ASK(interface, method, member) do { \
	struct posix_##interface##_##method##_reply reply; \
	int64_t result = POSIX(shim, &reply, interface, method, 0); \
	return result < 0 ? result : (int64_t)reply.member; \
} while (0)

static int64_t get_death_signal(struct shim *shim, uint64_t to)
{
	struct posix_Signals_parent_death_signal_reply reply;
	int64_t result = POSIX(shim, &reply, Signals, parent_death_signal, 0);

	return result < 0 ? result : copy_to(to, &reply.signal, 4) ? 0 : -LINUX_EFAULT;
}

/* One of the secure bits. */
static int64_t keep_capabilities(struct shim *shim, bool sets, uint64_t value)
{
	const uint32_t bit = posix_SecureBits_KEEP_CAPABILITIES;
	struct posix_Identity_secure_bits_reply reply;
	int64_t result = sets && value > 1 ? -LINUX_EINVAL :
		POSIX(shim, &reply, Identity, secure_bits, 0);

	if (result < 0 || !sets)
		return result < 0 ? result : (reply.secure_bits & bit) != 0;
	return POSIX_DO(shim, Identity, set_secure_bits, .secure_bits =
		value ? reply.secure_bits | bit : reply.secure_bits & ~bit);
}

static int64_t ambient(struct shim *shim, const uint64_t a[6])
{
	enum { IS_SET = 1, RAISE, LOWER, CLEAR_ALL };
	struct posix_Identity_capabilities_reply reply;
	int64_t result;

	if (a[3] | a[4] || a[1] < IS_SET || a[1] > CLEAR_ALL ||
			(a[1] == CLEAR_ALL ? a[2] != 0 : a[2] > 40))
		return -LINUX_EINVAL;
	if (a[1] == CLEAR_ALL)
		return POSIX_DO(shim, Identity, clear_ambient, 0);
	if (a[1] != IS_SET)
		return POSIX_DO(shim, Identity, set_ambient, .capability = (uint32_t)a[2],
			.raised = a[1] == RAISE);
	result = POSIX(shim, &reply, Identity, capabilities, .thread = 0);
	return result < 0 ? result : (int64_t)(reply.capabilities.ambient >> a[2] & 1);
}

int64_t misc_prctl(struct shim *shim, const uint64_t a[6])
{
	enum { SET_PDEATHSIG = 1, GET_PDEATHSIG, GET_DUMPABLE, SET_DUMPABLE, GET_KEEPCAPS = 7,
		SET_KEEPCAPS, SET_NAME = 15, GET_NAME, CAPBSET_READ = 23, CAPBSET_DROP,
		GET_SECUREBITS = 27, SET_SECUREBITS, SET_TIMERSLACK, GET_TIMERSLACK,
		SET_SUBREAPER = 36, GET_SUBREAPER, SET_NO_NEW_PRIVS, GET_NO_NEW_PRIVS,
		CAP_AMBIENT = 47 };

	switch (a[0]) {
	case SET_NAME: return set_name(shim, a[1]);
	case GET_NAME: return get_name(shim, a[1]);
	case SET_PDEATHSIG:
		return POSIX_DO(shim, Signals, set_parent_death_signal, .signal = (int32_t)a[1]);
	case GET_DUMPABLE: ASK(Resources, dumpable, dumpable);
	case SET_DUMPABLE:
		return POSIX_DO(shim, Resources, set_dumpable, .dumpable = (uint32_t)a[1]);
	case GET_KEEPCAPS:
	case SET_KEEPCAPS: return keep_capabilities(shim, a[0] == SET_KEEPCAPS, a[1]);
	case CAP_AMBIENT: return ambient(shim, a);
	case GET_PDEATHSIG: return get_death_signal(shim, a[1]);
	case GET_SECUREBITS: ASK(Identity, secure_bits, secure_bits);
	case SET_SECUREBITS:
		return POSIX_DO(shim, Identity, set_secure_bits, .secure_bits = (uint32_t)a[1]);
	case CAPBSET_READ: {
		struct posix_Identity_capabilities_reply reply;
		int64_t result = POSIX(shim, &reply, Identity, capabilities, .thread = 0);

		return result < 0 ? result : a[1] > 40 ? -LINUX_EINVAL :
			(int64_t)(reply.capabilities.bounding >> a[1] & 1);
	}
	case CAPBSET_DROP:
		return POSIX_DO(shim, Identity, drop_bounding, .capability = (uint32_t)a[1]);
	case SET_TIMERSLACK:
		return POSIX_DO(shim, Resources, set_timer_slack, .slack = a[1]);
	case GET_TIMERSLACK: ASK(Resources, timer_slack, slack);
	case GET_SUBREAPER: {
		struct posix_Resources_child_subreaper_reply reply;
		int64_t result = POSIX(shim, &reply, Resources, child_subreaper, 0);
		int32_t set = reply.set;

		return result < 0 ? result : copy_to(a[1], &set, sizeof set) ? 0 :
			-LINUX_EFAULT;
	}
	case SET_SUBREAPER:
		return POSIX_DO(shim, Resources, set_child_subreaper, .set = a[1] != 0);
	case SET_NO_NEW_PRIVS:
		return a[1] == 1 ? POSIX_DO(shim, Identity, set_no_new_privileges, 0) :
			-LINUX_EINVAL;
	case GET_NO_NEW_PRIVS: ASK(Identity, no_new_privileges, set);
	default: return -LINUX_EINVAL;
	}
}
