/*
 * A line editor: keys of a terminal become a line, and what the terminal is to show.
 * Pure: bytes in, bytes out. Lines are UTF-8, each character one column wide; one that
 * is wider than the terminal is shown in part, around the cursor.
 */
#ifndef SERVERS_MONITOR_EDIT_H
#define SERVERS_MONITOR_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EDIT_LINE 512u			/* bytes of a line */
#define EDIT_HISTORY 32u
#define EDIT_COLUMNS 80u

/* What a key was, beyond a change of the line. */
enum edit_event {
	EDIT_NONE,
	EDIT_ENTER,			/* the line is complete */
	EDIT_TAB,
	EDIT_END			/* ^D on an empty line */
};

struct edit {
	/* Where to send what is to be shown. */
	void (*put)(void *self, const char *text, size_t size);
	void *self;
	const char *prompt;		/* may have escape sequences */
	uint32_t columns;		/* of the terminal */

	char line[EDIT_LINE + 1];	/* with a NUL behind it */
	uint32_t size;
	uint32_t cursor;

	/* The editor's own. */
	uint32_t left;			/* the first byte that is shown */
	uint32_t escape;		/* how far a sequence has come */
	uint32_t parameter;
	char history[EDIT_HISTORY][EDIT_LINE + 1];
	uint32_t remembered;		/* lines so far */
	uint32_t shown;			/* how far back the line is from; 0: none of these */
	char kept[EDIT_LINE + 1];	/* what was typed before going back */
};

void edit_init(struct edit *edit, void (*put)(void *self, const char *text, size_t size),
	void *self);
/* An empty line behind this prompt, which lasts as long; the terminal's is empty too. */
void edit_begin(struct edit *edit, const char *prompt);
enum edit_event edit_key(struct edit *edit, uint8_t key);
/* As if typed; what is too much is left out. */
void edit_insert(struct edit *edit, const char *text, size_t size);
/* Shows it again on an empty line, when something else has been written. */
void edit_draw(struct edit *edit);
/* The cursor goes behind the line, and then to the next one. */
void edit_leave(struct edit *edit);
/* For going back to it; one that is empty, or the same as the last, is not kept. */
void edit_remember(struct edit *edit, const char *line);

#endif
