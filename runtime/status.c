/* Status codes in words. */
#include "runtime/status.h"

#include <stddef.h>

struct row {
	const char *name;
	const char *text;
};

/* By number, sign turned. */
static const struct row rows[] = {
	{"OK", "good"},
#define X(name, number, text) [-(number)] = {#name, text},
	SK_STATUS_LIST(X)
#undef X
};

static const struct row *find(int status)
{
	if (status > 0 || status <= -(int)(sizeof(rows) / sizeof(rows[0])))
		return NULL;
	return &rows[-status];
}

const char *sk_status_name(int status)
{
	const struct row *row = find(status);

	return row ? row->name : "status?";
}

const char *sk_status_text(int status)
{
	const struct row *row = find(status);

	return row ? row->text : "a status that this program does not know";
}
