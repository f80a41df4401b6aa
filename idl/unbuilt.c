/*
 * Constructs that parse and are refused.
 */
#include "idl/check.h"

static const char *const names[] = {
#define UNBUILT(id, what) what,
#include "idl/unbuilt.h"
#undef UNBUILT
};

void unbuilt_report(struct check *check, enum unbuilt what, struct span span)
{
	diag_report(check->diags, E0901, span, "not built yet: %s",
		names[what]);
}
