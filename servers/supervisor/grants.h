/* What a running server was given, in words. */
#ifndef SUPERVISOR_GRANTS_H
#define SUPERVISOR_GRANTS_H

#include "servers/supervisor/supervisor.h"

#define GRANTS_PAGE 24
#define GRANT_TEXT 129

struct grants_page {
	struct svrctl_Granted items[GRANTS_PAGE];
	char texts[GRANTS_PAGE][GRANT_TEXT];
	uint32_t count;
	uint32_t next;			/* 0: no more */
};

/* From a number on. */
void grants_list(const struct server *server, uint32_t from, struct grants_page *page);

#endif
