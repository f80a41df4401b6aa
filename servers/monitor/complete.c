/* Tab: what the word before the cursor can become. */
#include "servers/monitor/monitor.h"

#define NAME_SIZE 256

static struct {
	const char *typed;		/* of a name */
	uint32_t count;
	char common[NAME_SIZE];		/* what all that fit begin with */
	bool is_folder;			/* the last one */
	uint32_t column;		/* where the list stands */
} found;

static bool fits(const char *name)
{
	return starts_with(name, found.typed) && strlen(name) < NAME_SIZE;
}

static void add(void *self, const char *name)
{
	uint32_t same_part = 0;

	(void)self;
	if (!fits(name))
		return;
	if (found.count++ == 0) {
		memcpy(found.common, name, strlen(name) + 1);
		return;
	}
	while (name[same_part] && name[same_part] == found.common[same_part])
		same_part++;
	found.common[same_part] = 0;
}

static void list_one(void *self, const char *name)
{
	uint32_t width = (uint32_t)strlen(name) + 2;

	(void)self;
	if (!fits(name))
		return;
	if (found.column > 0 && found.column + width > monitor.edit.columns) {
		put_text("\n");
		found.column = 0;
	}
	put_plain(name, strlen(name), false);
	put_text("  ");
	found.column += width;
}

static void each_command(void (*each)(void *self, const char *name))
{
	for (uint32_t i = 0; i < command_count; i++)
		each(NULL, commands[i].name);
}

static void each_server(void (*each)(void *self, const char *name))
{
	uint32_t starting, count;

	servers_each(each, NULL, &starting, &count);
}

/* In the folder that stands before the last slash. */
static void each_file(void (*each)(void *self, const char *name), char *word)
{
	char path[PATH_SIZE];
	char *name = word + strlen(word);
	struct listing listing;
	char kept;

	while (name > word && name[-1] != '/')
		name--;
	kept = *name;
	*name = 0;
	if (path_join(path, monitor.folder, word)) {
		*name = kept;
		file_list(path, name, &listing);
		for (uint32_t i = 0; i < listing.count; i++) {
			each(NULL, listing.items[i].name);
			found.is_folder = listing.items[i].kind == fs_Kind_DIRECTORY;
		}
		listing_free(&listing);
	}
	*name = kept;
}

static void each_fitting(enum completes what, char *word,
	void (*each)(void *self, const char *name))
{
	if (what == COMMANDS)
		each_command(each);
	else if (what == SERVERS)
		each_server(each);
	else if (what == PATHS)
		each_file(each, word);
}

/* With a backslash before what would mean something. */
static void insert(const char *text)
{
	for (; *text; text++) {
		if (*text == ' ' || *text == '\'' || *text == '"' || *text == '\\')
			edit_insert(&monitor.edit, "\\", 1);
		edit_insert(&monitor.edit, text, 1);
	}
}

/* What is to be completed, and of which kind. */
static char *word_at_cursor(struct words *words, enum completes *what)
{
	static char none[1];
	const struct command *command;

	*what = COMMANDS;
	if (!words_split(words, monitor.edit.line, monitor.edit.cursor))
		*what = NO_NAMES;
	if (words->count == 0 || (words->count == 1 && !words->is_ended))
		return words->count == 0 ? none : words->word[0];
	command = command_find(words->word[0]);
	*what = command ? command->completes : NO_NAMES;
	return words->is_ended ? none : words->word[words->count - 1];
}

void complete(void)
{
	static struct words words;
	enum completes what;
	char *word = word_at_cursor(&words, &what);
	const char *slash = what == PATHS ? path_name(word) : word;

	memset(&found, 0, sizeof(found));
	found.typed = slash;
	terminal_begin();
	each_fitting(what, word, add);
	if (found.count == 0) {
		put_text("\a");
		return;
	}
	insert(found.common + strlen(found.typed));
	if (found.count == 1) {
		if (!words.is_open)
			edit_insert(&monitor.edit, what == PATHS && found.is_folder ? "/" : " ", 1);
	} else if (strlen(found.common) == strlen(found.typed)) {
		put_text("\n");
		each_fitting(what, word, list_one);
		put_text("\n");
		edit_draw(&monitor.edit);
	}
}
