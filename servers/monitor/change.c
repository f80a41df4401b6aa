/* Commands that change files. */
#include "servers/monitor/monitor.h"

#define DEPTH_MAX 40

#define FS(method, ...) \
	fs_FileSystem_##method(&monitor.files.kernel.channel, \
		&(struct fs_FileSystem_##method##_request){__VA_ARGS__}, \
		&(struct fs_FileSystem_##method##_reply){0}, within(5))

/* ---- mkdir ---- */

static int make_folder(const char *path)
{
	struct fs_FileSystem_make_directory_reply made;
	struct fs_FileSystem_make_directory_request request = {.mode = 0755};
	int status = file_at(path, &request.at);

	if (status != SK_OK)
		return status;
	status = fs_FileSystem_make_directory(&monitor.files.kernel.channel, &request, &made,
		within(5));
	if (status == SK_OK)
		file_forget(made.node);
	file_forget(request.at.directory);
	return status;
}

void do_mkdir(struct words *words)
{
	static char path[PATH_SIZE];

	for (uint32_t i = 1; i < words->count && !is_interrupted(); i++)
		if (file_path(path, words->word[i]))
			complain_file(path, make_folder(path));
}

/* ---- rm ---- */

static int remove_one(const char *path, bool is_folder)
{
	struct fs_At at;
	int status = file_at(path, &at);

	if (status != SK_OK)
		return status;
	status = is_folder ? FS(remove_directory, .at = at) : FS(unlink, .at = at);
	file_forget(at.directory);
	return status;
}

static void remove_tree(char *path, unsigned depth);

/* All in a folder. `path` has room for what is below it. */
static void empty_folder(char *path, unsigned depth)
{
	size_t size = strlen(path);
	struct listing listing;
	int status = file_list(path, "", &listing);

	complain_file(path, status);
	for (uint32_t i = 0; i < listing.count && !is_interrupted(); i++) {
		if (path_join(path, path, listing.items[i].name))
			remove_tree(path, depth + 1);
		path[size] = 0;
	}
	listing_free(&listing);
}

static void remove_tree(char *path, unsigned depth)
{
	struct fs_Status found;
	int status = file_stat(path, false, &found);

	if (status == SK_OK && found.kind == fs_Kind_DIRECTORY) {
		if (depth == DEPTH_MAX) {
			complain(path, "too deep to go on");
			return;
		}
		empty_folder(path, depth);
	}
	if (status == SK_OK && !is_interrupted())
		status = remove_one(path, found.kind == fs_Kind_DIRECTORY);
	complain_file(path, status);
}

static void remove_file(const char *path)
{
	struct fs_Status found;
	int status = file_stat(path, false, &found);

	if (status == SK_OK)
		status = remove_one(path, found.kind == fs_Kind_DIRECTORY);
	complain_file(path, status);
}

void do_rm(struct words *words)
{
	static char path[PATH_SIZE];
	bool is_deep = words_option(words, "-r");

	if (words->count < 2)
		command_usage();
	for (uint32_t i = 1; i < words->count && !is_interrupted(); i++) {
		if (!file_path(path, words->word[i]))
			continue;
		if (is_deep && same(path, "/"))
			complain(path, "not all of it; name what is in it");
		else if (is_deep)
			remove_tree(path, 0);
		else
			remove_file(path);
	}
}

/* ---- mv and cp ---- */

/* To a folder: to the same name in it. */
static bool target(char to[PATH_SIZE], const char *text, const char *from)
{
	struct fs_Status status;

	if (!file_path(to, text))
		return false;
	if (file_stat(to, true, &status) == SK_OK && status.kind == fs_Kind_DIRECTORY &&
			!path_join(to, to, path_name(from))) {
		complain(text, "the path is too long");
		return false;
	}
	return true;
}

static int rename_to(const char *from, const char *to)
{
	struct fs_At old, new;
	int status = file_at(from, &old);

	if (status != SK_OK)
		return status;
	status = file_at(to, &new);
	if (status == SK_OK) {
		status = FS(rename, .at = old, .to = new, .mode = fs_RenameMode_REPLACE);
		file_forget(new.directory);
	}
	file_forget(old.directory);
	return status;
}

void do_mv(struct words *words)
{
	static char from[PATH_SIZE], to[PATH_SIZE];

	if (file_path(from, words->word[1]) && target(to, words->word[2], from))
		complain_file(from, rename_to(from, to));
}

static int copy_bytes(struct sk_kernel_channel *from, struct sk_kernel_channel *to)
{
	uint8_t *memory = chunk();
	uint64_t offset = 0, count = 1;
	int status = memory ? SK_OK : fs_Error_ENOMEM;

	while (status == SK_OK && count > 0 && !is_interrupted()) {
		status = file_read(from, offset, memory, CHUNK, &count);
		if (status == SK_OK)
			status = file_write(to, offset, memory, count);
		offset += count;
	}
	return status;
}

/* Whether both are one file, which cutting would empty. */
static bool is_same(const char *from, const char *to)
{
	struct fs_Status one, other;

	return file_stat(from, true, &one) == SK_OK && file_stat(to, true, &other) == SK_OK &&
		one.inode == other.inode;
}

static void copy(const char *from, const char *to)
{
	const fs_Open flags = fs_Open_WRITE | fs_Open_CREATE | fs_Open_TRUNCATE;
	struct sk_kernel_channel source, copy_of_it;
	int status;

	if (is_same(from, to)) {
		complain(to, "it is the same file");
		return;
	}
	status = file_open(from, fs_Open_READ, &source);
	if (status != SK_OK) {
		complain_file(from, status);
		return;
	}
	status = file_open(to, flags, &copy_of_it);
	if (status == SK_OK) {
		status = copy_bytes(&source, &copy_of_it);
		sk_kernel_channel_close(&copy_of_it);
	}
	sk_kernel_channel_close(&source);
	complain_file(to, status);
}

void do_cp(struct words *words)
{
	static char from[PATH_SIZE], to[PATH_SIZE];
	struct fs_Status status;

	if (!file_path(from, words->word[1]) || !target(to, words->word[2], from))
		return;
	if (file_stat(from, true, &status) == SK_OK && status.kind == fs_Kind_DIRECTORY)
		complain(from, "a folder; only files are copied");
	else
		copy(from, to);
}

/* ---- write ---- */

void do_write(struct words *words)
{
	const fs_Open flags = fs_Open_WRITE | fs_Open_CREATE | fs_Open_TRUNCATE;
	static char path[PATH_SIZE], line[EDIT_LINE + 2];
	struct sk_kernel_channel file;
	size_t size = 0;
	int status;

	for (uint32_t i = 2; i < words->count; i++) {
		size_t length = strlen(words->word[i]);

		if (i > 2)
			line[size++] = ' ';
		memcpy(line + size, words->word[i], length);
		size += length;
	}
	line[size++] = '\n';
	if (!file_path(path, words->word[1]))
		return;
	status = file_open(path, flags, &file);
	if (status == SK_OK) {
		status = file_write(&file, 0, line, size);
		sk_kernel_channel_close(&file);
	}
	complain_file(path, status);
}
