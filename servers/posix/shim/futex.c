/*
 * Futexes: words of the program that the kernel lets threads wait at. Those with
 * priorities are posix's. Without a server; what nobody waits for is not even a call, but
 * the program's own affair.
 */
#include "runtime/kernel/sys.h"
#include "servers/posix/shim/convert.h"
#include "servers/posix/shim/copy.h"
#include "servers/posix/shim/shim.h"

enum { WAIT, WAKE, REQUEUE = 3, CMP_REQUEUE, WAKE_OP, LOCK_PI, UNLOCK_PI, TRYLOCK_PI,
	WAIT_BITSET, WAKE_BITSET, WAIT_REQUEUE_PI, CMP_REQUEUE_PI, LOCK_PI2,
	PRIVATE = 128, CLOCK_REALTIME = 256 };
#define ALL_BITS UINT32_MAX

struct futex {
	struct shim *shim;
	uint64_t word, other;
	uint32_t value, value2, value3;
	uint64_t flags;			/* ABI_WORD_SHARED or 0 */
};

shim_function futex_futex;

/* ---- waiting ---- */

static int32_t word_wait(const struct futex *f, uint32_t mask, uint64_t deadline)
{
	uint64_t head = sk_head(ABI_WORD_WAIT) | ABI_TIMED, target = ABI_CANCELLABLE;

	if (deadline == ABI_FOREVER)
		head &= ~ABI_TIMED;
	sk_enter_plain_until(&head, &target, f->word, f->value, mask, f->flags, deadline);
	return ABI_STATUS(head);
}

/* A word that is not there yet, and may come with the first touch. */
static int64_t wait(const struct futex *f, uint32_t mask, uint64_t deadline)
{
	uint32_t value;
	int32_t status;

	do {
		if (!copy_load(f->word, &value))
			return -LINUX_EFAULT;
		status = word_wait(f, mask, deadline);
	} while (status == SK_LEASE_FAULT);
	switch (status) {
	case SK_OK: return 0;
	case SK_WOULD_BLOCK: return -LINUX_EAGAIN;
	case SK_TIMED_OUT: return -LINUX_ETIMEDOUT;
	case SK_CANCELED: return -LINUX_ERESTARTSYS;
	default: return -LINUX_EINVAL;
	}
}

/* When that is set posix interrupts who says so, and the call is made again. */
static int64_t wait_by_wall(const struct futex *f, uint32_t mask, int64_t until)
{
	uint8_t *waits = &LAYOUT_WAITS_BY_WALL(f->shim->page);
	int64_t result;

	__atomic_store_n(waits, 1, __ATOMIC_SEQ_CST);
	result = wait(f, mask, shim_from_wall(until));
	__atomic_store_n(waits, 0, __ATOMIC_RELAXED);
	return result;
}

/* `relative`: of FUTEX_WAIT, with which a restart does not wait any longer. */
static int64_t wait_until(const struct futex *f, uint32_t operation, uint64_t time_at,
	bool relative, bool of_wall)
{
	uint32_t mask = operation == WAIT ? ALL_BITS : f->value3;
	struct linux_timespec time;
	uint64_t deadline = ABI_FOREVER;

	if (mask == 0)
		return -LINUX_EINVAL;
	if (time_at) {
		if (!copy_from(&time, time_at, sizeof time))
			return -LINUX_EFAULT;
		if (!convert_nanos(&time, &deadline))
			return -LINUX_EINVAL;
		if (!relative && of_wall)
			return wait_by_wall(f, mask, (int64_t)deadline);
		if (relative)
			deadline = shim_after(deadline);
	}
	if (!time_at || !relative)
		return wait(f, mask, deadline);
	f->shim->restart = (struct shim_restart){ 202, deadline,
		{ f->word, f->value, mask, f->flags } };
	return shim_cut(wait(f, mask, deadline), -LINUX_ERESTART_RESTARTBLOCK);
}

int64_t futex_restart(struct shim *shim, const struct shim_restart *restart)
{
	const struct futex f = { .shim = shim, .word = restart->arguments[0],
		.value = (uint32_t)restart->arguments[1], .flags = restart->arguments[3] };

	return shim_cut(wait(&f, (uint32_t)restart->arguments[2], restart->deadline),
		-LINUX_ERESTART_RESTARTBLOCK);
}

/* ---- waking ---- */

static int64_t wake(const struct futex *f, uint64_t word, uint32_t count, uint32_t move,
	uint64_t to, uint32_t mask)
{
	uint64_t woken;
	int32_t status = sk_sys_word_wake((const volatile uint32_t *)(uintptr_t)word, count,
		move, (const volatile uint32_t *)(uintptr_t)to, mask | f->flags, &woken);

	if (status == SK_LEASE_FAULT)
		return -LINUX_EFAULT;
	return status < 0 ? -LINUX_EINVAL : (int64_t)((uint32_t)woken + (woken >> 32));
}

static int64_t requeue(const struct futex *f, bool compares)
{
	uint32_t is;

	if ((int32_t)f->value < 0 || (int32_t)f->value2 < 0)
		return -LINUX_EINVAL;
	if (compares) {
		if (!copy_load(f->word, &is))
			return -LINUX_EFAULT;
		if (is != f->value3)
			return -LINUX_EAGAIN;
	}
	return wake(f, f->word, f->value, f->value2, f->other, ALL_BITS);
}

/* What FUTEX_WAKE_OP makes of the other word; false: no such operation. */
static bool operate(uint32_t how, uint32_t is, uint32_t argument, uint32_t *with)
{
	enum { SET, ADD, OR, ANDN, XOR };

	switch (how) {
	case SET: *with = argument; return true;
	case ADD: *with = is + argument; return true;
	case OR: *with = is | argument; return true;
	case ANDN: *with = is & ~argument; return true;
	case XOR: *with = is ^ argument; return true;
	default: return false;
	}
}

static bool compare(uint32_t how, int32_t is, int32_t with)
{
	enum { EQ, NE, LT, LE, GT, GE };

	switch (how) {
	case EQ: return is == with;
	case NE: return is != with;
	case LT: return is < with;
	case LE: return is <= with;
	case GT: return is > with;
	default: return is >= with;
	}
}

static int64_t wake_op(const struct futex *f)
{
	uint32_t code = f->value3, how = code >> 28 & 7, was = 0, with;
	int32_t argument = (int32_t)(code << 8) >> 20, than = (int32_t)(code << 20) >> 20;
	int64_t woken, more = 0;

	if (code >> 31)
		argument = (int32_t)(UINT32_C(1) << (argument & 31));
	if ((code >> 24 & 15) > 5)
		return -LINUX_ENOSYS;
	if (!copy_load(f->other, &was))
		return -LINUX_EFAULT;
	for (uint32_t expected = was;; was = expected) {
		if (!operate(how, was, (uint32_t)argument, &with))
			return -LINUX_ENOSYS;
		expected = was;
		if (!copy_exchange(f->other, &expected, with))
			return -LINUX_EFAULT;
		if (expected == was)
			break;
	}
	woken = wake(f, f->word, f->value, 0, 0, ALL_BITS);
	if (woken >= 0 && compare(code >> 24 & 15, (int32_t)was, than))
		more = wake(f, f->other, f->value2, 0, 0, ALL_BITS);
	return woken < 0 ? woken : more < 0 ? more : woken + more;
}

/* ---- priorities ---- */

#define OWNER UINT32_C(0x3fffffff)
#define WAITERS UINT32_C(0x80000000)

static int64_t wait_for_lock(const struct futex *f, bool waits, uint64_t deadline)
{
	const struct sk_call call = { .deadline = deadline };

	return shim_result(f->shim, posix_Memory_lock_priority_futex(&f->shim->posix.channel,
		&(const struct posix_Memory_lock_priority_futex_request){ .word = f->word,
		.shared = f->flags != 0, .wait = waits },
		&(struct posix_Memory_lock_priority_futex_reply){0},
		deadline == SK_FOREVER ? NULL : &call));
}

/* Takes it if it is nobody's; else who has it is to find that somebody waits. */
static int64_t take_lock(const struct futex *f, bool waits, uint64_t deadline)
{
	const uint32_t own = (uint32_t)f->shim->page->ids.thread;
	uint32_t value, was;
	int64_t result = -LINUX_EAGAIN;

	do {
		if (!copy_load(f->word, &value))
			return -LINUX_EFAULT;
		was = value;
		if ((value & OWNER) == own)
			return -LINUX_EDEADLK;
		if ((value & OWNER) == 0) {
			if (!copy_exchange(f->word, &was, value | own))
				return -LINUX_EFAULT;
			if (was == value)
				return 0;
			continue;
		}
		if (!(value & WAITERS) && !copy_exchange(f->word, &was, value | WAITERS))
			return -LINUX_EFAULT;
		if (was != value)
			continue;
		result = wait_for_lock(f, waits, deadline);
	} while (result == -LINUX_EAGAIN && (waits || was != value));
	return shim_cut(result, -LINUX_ERESTARTNOINTR);
}

static int64_t lock_priority(const struct futex *f, uint64_t time_at, bool waits, bool of_wall)
{
	uint8_t *by_wall = &LAYOUT_WAITS_BY_WALL(f->shim->page);
	struct linux_timespec time;
	uint64_t deadline = SK_FOREVER;
	int64_t result;

	if (time_at) {
		if (!copy_from(&time, time_at, sizeof time))
			return -LINUX_EFAULT;
		if (!convert_nanos(&time, &deadline))
			return -LINUX_EINVAL;
		__atomic_store_n(by_wall, of_wall, __ATOMIC_SEQ_CST);
		deadline = of_wall ? shim_from_wall((int64_t)deadline) : deadline;
	}
	result = take_lock(f, waits, deadline);
	__atomic_store_n(by_wall, 0, __ATOMIC_RELAXED);
	return result;
}

static int64_t unlock_priority(const struct futex *f)
{
	const uint32_t own = (uint32_t)f->shim->page->ids.thread;
	uint32_t value, was;

	do {
		if (!copy_load(f->word, &value))
			return -LINUX_EFAULT;
		was = value;
		if ((value & OWNER) != own)
			return -LINUX_EPERM;
		if (value & WAITERS)
			return POSIX_DO(f->shim, Memory, unlock_priority_futex, .word = f->word,
				.shared = f->flags != 0);
		if (!copy_exchange(f->word, &was, 0))
			return -LINUX_EFAULT;
	} while (was != value);
	return 0;
}

int64_t futex_futex(struct shim *shim, const uint64_t a[6])
{
	uint32_t operation = (uint32_t)a[1] & ~(uint32_t)(PRIVATE | CLOCK_REALTIME);
	bool of_wall = (a[1] & CLOCK_REALTIME) != 0;
	const struct futex f = { shim, a[0], a[4], (uint32_t)a[2], (uint32_t)a[3],
		(uint32_t)a[5], a[1] & PRIVATE ? 0 : ABI_WORD_SHARED };

	if (a[0] % 4 != 0)
		return -LINUX_EINVAL;
	if (!copy_is_program(a[0], 4))
		return -LINUX_EFAULT;
	switch (operation) {
	case WAIT:
	case WAIT_BITSET:
		return wait_until(&f, operation, a[3], operation == WAIT, of_wall);
	case WAKE: return wake(&f, f.word, f.value, 0, 0, ALL_BITS);
	case WAKE_BITSET:
		return f.value3 ? wake(&f, f.word, f.value, 0, 0, f.value3) : -LINUX_EINVAL;
	case REQUEUE: return requeue(&f, false);
	case CMP_REQUEUE: return requeue(&f, true);
	case WAKE_OP: return wake_op(&f);
	case LOCK_PI: return lock_priority(&f, a[3], true, true);
	case LOCK_PI2: return lock_priority(&f, a[3], true, of_wall);
	case TRYLOCK_PI: return lock_priority(&f, 0, false, false);
	case UNLOCK_PI: return unlock_priority(&f);
	default: return -LINUX_ENOSYS;
	}
}
