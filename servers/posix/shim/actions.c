#include "servers/posix/shim/actions.h"

#include "runtime/env.h"
#include "servers/posix/shim/lock.h"

#define COUNT 32			/* standard signals alone */

static struct {
	uint32_t lock;
	uint32_t changing;
	bool is_mixed;			/* several at once */
	bool given_up;
	uint32_t known;			/* a bit for each signal */
	struct posix_Action actions[COUNT];
} all;

/* A vfork's child has actions of its own, in its maker's space. */
static bool is_kept(const struct shim *shim, uint64_t signal)
{
	return signal > 0 && signal < COUNT && !shim->in_vfork;
}

void actions_change(const struct shim *shim, uint64_t signal)
{
	if (!is_kept(shim, signal))
		return;
	lock_take(&all.lock);
	if (all.changing++ > 0)
		all.is_mixed = true;
	all.known &= ~(UINT32_C(1) << signal);
	lock_let_go(&all.lock);
}

void actions_changed(const struct shim *shim, uint64_t signal, const struct posix_Action *now)
{
	if (!is_kept(shim, signal))
		return;
	lock_take(&all.lock);
	if (now && !all.is_mixed) {
		all.actions[signal] = *now;
		all.known |= UINT32_C(1) << signal;
	}
	if (--all.changing == 0)
		all.is_mixed = false;
	lock_let_go(&all.lock);
}

bool actions_find(const struct shim *shim, uint64_t signal, struct posix_Action *action)
{
	const uint32_t rare = posix_ActionFlags_RESET_HANDLER;
	bool is_known;

	if (!is_kept(shim, signal))
		return false;
	lock_take(&all.lock);
	is_known = !all.given_up && (all.known >> signal & 1);
	if (is_known)
		*action = all.actions[signal];
	lock_let_go(&all.lock);
	return is_known && action->handler > 1 && !(action->flags & rare);
}

void actions_forget(void)
{
	memset(&all, 0, sizeof all);
}

void actions_give_up(void)
{
	all.given_up = true;
}
