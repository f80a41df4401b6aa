/* Commands that look at files. */
#include "servers/monitor/monitor.h"

#define HEAD_LINES 10
#define DEPTH_MAX 40

static const char *kind_text(fs_Kind kind)
{
	static const char *const texts[] = {"unknown", "file", "folder", "link", "pipe", "socket",
		"character device", "block device", "nameless", "terminal"};

	return (uint32_t)kind < 10 ? texts[kind] : "?";
}

static enum colour colour_of(fs_Kind kind)
{
	return kind == fs_Kind_DIRECTORY ? BLUE : kind == fs_Kind_FILE ? NONE : YELLOW;
}

static void put_name(const char *name, fs_Kind kind)
{
	paint(colour_of(kind));
	put_plain(name, strlen(name), false);
	paint(NONE);
	if (kind == fs_Kind_DIRECTORY)
		put_text("/");
}

/* ---- ls ---- */

static void put_mode(const struct fs_Status *status)
{
	static const char kinds[] = "?-dlpscb?c", letters[] = "rwxrwxrwx";

	say("%c", (uint32_t)status->kind < sizeof(kinds) - 1 ? kinds[status->kind] : '?');
	for (unsigned i = 0; i < 9; i++)
		say("%c", status->mode & 0400u >> i ? letters[i] : '-');
}

/* What stands behind the name of a link. */
static void put_link(const char *path)
{
	static char text[fs_LINK_MAX];
	const struct fs_FileSystem_read_link_request request = {
		.place = {.start = fs_ROOT, .subject = fs_SELF,
			.path = {path + 1, (uint32_t)strlen(path + 1)}},
		.text = sk_lend_out(text, sizeof(text)),
	};
	struct fs_FileSystem_read_link_reply reply;

	if (fs_FileSystem_read_link(&monitor.files.kernel.channel, &request, &reply,
			within(5)) != SK_OK || reply.progress.stop != fs_Stop_DONE ||
			reply.size > sizeof(text))
		return;
	put_text(" -> ");
	put_plain(text, reply.size, false);
}

static void show_long(const char *path, const char *name)
{
	struct fs_Status status;
	char size[TEXT_SIZE], date[TEXT_SIZE];
	int error = file_stat(path, false, &status);

	if (error != SK_OK) {
		complain_file(path, error);
		return;
	}
	put_mode(&status);
	say(" %4u ", status.links);
	put_right(text_size(size, status.size), 8);
	say("  %s  ", text_date(date, status.modified.seconds));
	put_name(name, status.kind);
	if (status.kind == fs_Kind_LINK)
		put_link(path);
	put_text("\n");
}

static void show_columns(const struct listing *listing)
{
	uint32_t width = 0, columns, rows;

	for (uint32_t i = 0; i < listing->count; i++) {
		uint32_t size = (uint32_t)strlen(listing->items[i].name) + 3;

		width = size > width ? size : width;
	}
	columns = width < monitor.edit.columns ? monitor.edit.columns / (width + 1) : 1;
	columns = monitor.is_plain || columns == 0 ? 1 : columns;
	rows = (listing->count + columns - 1) / columns;
	for (uint32_t row = 0; row < rows && !is_interrupted(); row++) {
		for (uint32_t i = row; i < listing->count; i += rows) {
			const struct item *item = &listing->items[i];

			put_name(item->name, item->kind);
			if (i + rows >= listing->count)
				break;
			for (size_t size = strlen(item->name) + (item->kind ==
					fs_Kind_DIRECTORY); size < width; size++)
				put_text(" ");
		}
		put_text("\n");
	}
}

static void show_folder(const char *path, bool is_long)
{
	static char below[PATH_SIZE];
	struct listing listing;
	int status = file_list(path, "", &listing);

	complain_file(path, status);
	if (!is_long)
		show_columns(&listing);
	for (uint32_t i = 0; is_long && i < listing.count && !is_interrupted(); i++)
		if (path_join(below, path, listing.items[i].name))
			show_long(below, listing.items[i].name);
	listing_free(&listing);
}

static void list(const char *text, bool is_long, bool has_several)
{
	static char path[PATH_SIZE];
	struct fs_Status status;
	int error;

	if (!file_path(path, text))
		return;
	error = file_stat(path, true, &status);
	if (error != SK_OK) {
		complain_file(path, error);
	} else if (status.kind != fs_Kind_DIRECTORY) {
		if (is_long) {
			show_long(path, text);
		} else {
			put_name(text, status.kind);
			put_text("\n");
		}
	} else {
		if (has_several) {
			put_plain(path, strlen(path), false);
			put_text(":\n");
		}
		show_folder(path, is_long);
	}
}

void do_ls(struct words *words)
{
	bool is_long = words_option(words, "-l");

	if (words->count == 1)
		list("", is_long, false);
	for (uint32_t i = 1; i < words->count && !is_interrupted(); i++)
		list(words->word[i], is_long, words->count > 2);
}

/* ---- contents ---- */

/* Where so many lines end, or all of it. */
static uint64_t end_of_lines(const uint8_t *text, uint64_t size, uint64_t *lines)
{
	uint64_t at = 0;

	while (at < size && *lines > 0)
		*lines -= text[at++] == '\n';
	return at;
}

/* Up to so many bytes and lines. */
static void show_file(const char *text, uint64_t bytes, uint64_t lines)
{
	static char path[PATH_SIZE];
	struct sk_kernel_channel file;
	uint8_t *memory = chunk();
	uint64_t offset = 0, count = 1;
	int status;

	if (!memory || !file_path(path, text))
		return;
	status = file_open(path, fs_Open_READ, &file);
	if (status != SK_OK) {
		complain_file(path, status);
		return;
	}
	while (status == SK_OK && count > 0 && bytes > 0 && lines > 0 && !is_interrupted()) {
		status = file_read(&file, offset, memory, bytes < CHUNK ? bytes : CHUNK, &count);
		offset += count;
		bytes -= count;
		put_plain((const char *)memory, end_of_lines(memory, count, &lines), true);
	}
	sk_kernel_channel_close(&file);
	complain_file(path, status);
}

void do_cat(struct words *words)
{
	for (uint32_t i = 1; i < words->count && !is_interrupted(); i++)
		show_file(words->word[i], UINT64_MAX, UINT64_MAX);
}

void do_head(struct words *words)
{
	bool has_bytes = words_option(words, "-c");
	uint64_t bytes = UINT64_MAX;

	if (words->count != (has_bytes ? 3 : 2) ||
			(has_bytes && !number_of(words->word[1], &bytes)))
		command_usage();
	else
		show_file(words->word[words->count - 1], bytes,
			has_bytes ? UINT64_MAX : HEAD_LINES);
}

/* ---- status ---- */

static void show_times(const struct fs_Status *status)
{
	char text[TEXT_SIZE];

	say("modified: %s\n", text_date(text, status->modified.seconds));
	say("changed:  %s\n", text_date(text, status->changed.seconds));
	say("accessed: %s\n", text_date(text, status->accessed.seconds));
}

static void show_status(const char *text)
{
	static char path[PATH_SIZE];
	struct fs_Status status;
	int error;

	if (!file_path(path, text))
		return;
	error = file_stat(path, false, &status);
	if (error != SK_OK) {
		complain_file(path, error);
		return;
	}
	put_plain(path, strlen(path), false);
	say("\nkind:     %s\nsize:     %lu\nstorage:  %lu\n", kind_text(status.kind), status.size,
		status.blocks * 512);
	put_text("mode:     ");
	put_mode(&status);
	say(", owner %u, group %u\ninode:    %lu, %u names\n", status.owner, status.owner_group,
		status.inode, status.links);
	show_times(&status);
}

void do_stat(struct words *words)
{
	for (uint32_t i = 1; i < words->count && !is_interrupted(); i++)
		show_status(words->word[i]);
}

/* ---- where one is ---- */

void do_cd(struct words *words)
{
	static char path[PATH_SIZE];
	struct fs_Status status;
	int error;

	if (!file_path(path, words->count > 1 ? words->word[1] : "/"))
		return;
	error = file_stat(path, true, &status);
	if (error == SK_OK && status.kind != fs_Kind_DIRECTORY)
		error = fs_Error_ENOTDIR;
	if (error != SK_OK)
		complain_file(path, error);
	else
		memcpy(monitor.folder, path, sizeof(monitor.folder));
}

void do_pwd(struct words *words)
{
	(void)words;
	put_plain(monitor.folder, strlen(monitor.folder), false);
	put_text("\n");
}

/* ---- find ---- */

/* `path` has room for all that is below it. */
static void find(char *path, const char *part, unsigned depth)
{
	struct listing listing;
	size_t size = strlen(path);

	complain_file(path, file_list(path, "", &listing));
	for (uint32_t i = 0; i < listing.count && !is_interrupted(); i++) {
		const struct item *item = &listing.items[i];

		if (!path_join(path, path, item->name))
			continue;
		if (sk_find(item->name, strlen(item->name), part, strlen(part))) {
			put_name(path, item->kind);
			put_text("\n");
		}
		if (item->kind == fs_Kind_DIRECTORY && depth < DEPTH_MAX)
			find(path, part, depth + 1);
		else if (item->kind == fs_Kind_DIRECTORY)
			complain(path, "too deep to go on");
		path[size] = 0;
	}
	listing_free(&listing);
}

void do_find(struct words *words)
{
	static char path[PATH_SIZE];

	if (file_path(path, words->count > 1 ? words->word[1] : ""))
		find(path, words->count > 2 ? words->word[2] : "", 0);
}
