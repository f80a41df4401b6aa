/*
 * skald explain: the page of a diagnostic's code.
 */
#include "compiler/explain.h"

#include <ctype.h>
#include <string.h>

#include "compiler/command.h"
#include "compiler/nearest.h"

int command_explain(struct run *run)
{
	char *code = arena_copy(run->arena, run->arguments[0],
		strlen(run->arguments[0]));
	struct nearest nearest = nearest_start(code);

	code[0] = (char)toupper((unsigned char)code[0]);
	for (size_t i = 0; i < explain_page_count; i++) {
		if (strcmp(explain_pages[i].code, code) == 0) {
			fputs(explain_pages[i].text, stdout);
			return STATUS_GOOD;
		}
		nearest_offer(&nearest, explain_pages[i].code);
	}
	command_say("no page for `%s`%s", run->arguments[0], nearest_hint(run->arena, &nearest,
		"; codes are as E0101 (a diagnostic), L0101 (a lint), D0101 (a change)"));
	return STATUS_USAGE;
}
