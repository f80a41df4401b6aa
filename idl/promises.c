/*
 * What methods state, held against what they are.
 */
#include "idl/check.h"
#include "idl/cost.h"

/* docs/language.md, "Fast path": a method that must take it does. */
static void promise_fast(struct check *check, const struct method *method)
{
	if (method->must_be_fast && !method->is_fast)
		diag_help(diag_report(check->diags, E0514, method->span,
			"`%s` is not fast: %s", method->name,
			method_large_reason(check->arena, method)),
			"request and reply have at most %d bytes each, no "
			"tail, no handle and no lease", MESSAGE_FAST_MAX);
}

/* docs/language.md, "Attributes": what is sent again is still there. */
static void promise_idempotent(struct check *check, const struct method *method)
{
	if (method->is_idempotent
		&& symbol_of(method->request)->moves_handles)
		diag_help(diag_report(check->diags, E0516, method->span,
			"`%s` is `@idempotent` and moves a handle: it cannot "
			"be sent a second time", method->name),
			"hand over a copy: `handle<..., copy>`");
}

void promises_check(struct check *check, const struct declaration *interface)
{
	const struct method *method;
	unsigned i;

	for (i = 0; i < interface->as.interface.method_count; i++) {
		method = interface->as.interface.methods[i];
		if (method->owner != interface)
			continue;
		promise_fast(check, method);
		promise_idempotent(check, method);
	}
}
