/*
 * Open files as handles: shared, passed to another process, outliving their
 * session; and all that can be asked of one.
 *
 * Usage: handles SOCKET DIR (outside.h). The served folder is empty.
 */
#include "tests/hostfs/outside.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static uint8_t bytes[1 << 16];

static int64_t seek(struct sk_socket *file, int64_t offset, fs_Whence whence)
{
	struct fs_File_seek_request request = {offset, whence};
	struct fs_File_seek_reply reply;
	int status = fs_File_seek(&file->channel, &request, &reply, patiently());

	return COUNTED(status, reply.position);
}

static struct sk_socket *share(struct sk_socket *file, fs_Rights rights)
{
	struct sk_socket *other = malloc(sizeof(*other));
	struct fs_File_share_request request = {rights};
	struct fs_File_share_reply reply;

	WANT(0, fs_File_share(&file->channel, &request, &reply, patiently()));
	WANT(0, sk_socket_adopt(other, reply.file.raw.raw));
	return other;
}

static struct fs_File_describe_reply described(struct sk_socket *file)
{
	struct fs_File_describe_request request = {0};
	struct fs_File_describe_reply reply;

	WANT(0, fs_File_describe(&file->channel, &request, &reply, patiently()));
	return reply;
}

static void one_file_two_handles(void)
{
	struct sk_socket *file = opened("shared",
		fs_Open_READ | fs_Open_WRITE | fs_Open_CREATE);
	struct sk_socket *reader = share(file, fs_Rights_READ), *still;

	WANT(10, write_at(file, 0, "0123456789", 10));
	WANT(4, seek(file, 4, fs_Whence_START));
	WANT(4, seek(reader, 0, fs_Whence_CURRENT));
	WANT(10, read_at(reader, 0, bytes, 100));
	WANT(-1000 - fs_Error_EPERM, write_at(reader, 0, "x", 1));
	/* A handle gives no more rights than it has. */
	still = share(reader, fs_Rights_READ | fs_Rights_WRITE);
	WANT(-1000 - fs_Error_EPERM, write_at(still, 0, "x", 1));
	closed(reader);
	WANT(10, read_at(still, 0, bytes, 100));
	WANT(10, read_at(file, 0, bytes, 100));
	closed(file);
	WANT(10, read_at(still, 0, bytes, 100));
	closed(still);
}

/* In another process, which has nothing but the handle. */
static int use_handle(int from)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = {bytes, 1};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control)};
	struct sk_socket file;
	char go;

	if (recvmsg(from, &header, MSG_CMSG_CLOEXEC) != 1 ||
			sk_socket_adopt(&file, *(int *)(void *)CMSG_DATA(&control.align)) != 0)
		return 1;
	/* The session that opened it has ended by now. */
	if (read(from, &go, 1) != 1 || read_at(&file, 0, bytes, 100) != 10 ||
			memcmp(bytes, "0123456789", 10) != 0 || described(&file).node != 0)
		return 1;
	sk_socket_close(&file);
	return 0;
}

static void pass(int to, int fd)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec part = {bytes, 1};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control)};

	control.align.cmsg_level = SOL_SOCKET;
	control.align.cmsg_type = SCM_RIGHTS;
	control.align.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.align), &fd, sizeof(int));
	WANT(1, sendmsg(to, &header, MSG_NOSIGNAL));
}

static void passed_to_another_process(const char *socket)
{
	struct fs_FileSystem_open_reply reply;
	struct sk_socket file;
	int pair[2], status;
	pid_t child;

	WANT(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	child = fork();
	if (child == 0) {
		close(pair[0]);
		sk_socket_close(&session);
		_exit(use_handle(pair[1]));
	}
	close(pair[1]);
	WANT(0, open_place(place_of("shared"), fs_Open_READ, 0, &file, &reply));
	WANT(reply.progress.node, described(&file).node);
	pass(pair[0], file.fd);
	sk_socket_close(&file);
	sk_socket_close(&session);
	WANT(1, write(pair[0], "x", 1));
	WANT(child, waitpid(child, &status, 0));
	WANT(0, status);
	close(pair[0]);
	connect_session(socket);
}

static void flags_and_nodes(void)
{
	struct fs_FileSystem_open_reply reply;
	struct sk_socket file;
	struct fs_File_set_flags_request set = {fs_Open_APPEND | fs_Open_READ};
	struct fs_File_set_flags_reply was_set;
	struct fs_FileSystem_describe_request ask;
	struct fs_FileSystem_describe_reply all;

	fs_FileSystem_describe_request_init(&ask);
	WANT(0, open_place(place_of("flags"), fs_Open_READ | fs_Open_WRITE |
		fs_Open_CREATE | fs_Open_EXCLUSIVE | fs_Open_NON_BLOCKING, 0640, &file,
		&reply));
	WANT(true, reply.created);
	WANT(0640, reply.status.mode);
	WANT(fs_Open_READ | fs_Open_WRITE | fs_Open_NON_BLOCKING, described(&file).flags);
	WANT(reply.progress.node, described(&file).node);
	forget(reply.progress.node, 1);
	/* Nobody answers that. What comes behind it on its socket does; the
	 * file's socket is another one. */
	WANT(0, fs_FileSystem_describe(&session.channel, &ask, &all, patiently()));
	WANT(0, described(&file).node);
	WANT(fs_Kind_FILE, described(&file).kind);
	WANT(0, fs_File_set_flags(&file.channel, &set, &was_set, patiently()));
	WANT(fs_Open_READ | fs_Open_WRITE | fs_Open_APPEND, described(&file).flags);
	WANT(3, write_at(&file, 0, "abc", 3));
	WANT(3, write_at(&file, 0, "def", 3));
	WANT(6, read_at(&file, 0, bytes, 100));
	sk_socket_close(&file);
	/* A place alone needs no access and opens nothing. */
	WANT(0, open_place(place_of("flags"), fs_Open_PATH_ONLY, 0, &file, &reply));
	WANT(false, reply.has_file);
	forget(reply.progress.node, 1);
}

static int link_node(fs_Node node, const char *name)
{
	struct fs_FileSystem_link_request request = {
		node, {fs_ROOT, 0, {name, (uint32_t)strlen(name)}},
	};
	struct fs_FileSystem_link_reply reply;

	return fs_FileSystem_link(&session.channel, &request, &reply, patiently());
}

static void files_without_a_name(void)
{
	struct fs_FileSystem_open_reply reply;
	struct sk_socket file;
	const fs_Open flags = fs_Open_TEMPORARY | fs_Open_WRITE;

	WANT(0, open_place(place_of("/"), flags, 0600, &file, &reply));
	WANT(5, write_at(&file, 0, "hello", 5));
	WANT(0, link_node(reply.progress.node, "named"));
	WANT(5, outside_size("named"));
	sk_socket_close(&file);
	WANT(0, open_place(place_of("/"), flags | fs_Open_EXCLUSIVE, 0600, &file, &reply));
	WANT(fs_Error_ENOENT, link_node(reply.progress.node, "never"));
	sk_socket_close(&file);
}

static int allocate(struct sk_socket *file, fs_Allocate how, uint64_t offset,
	uint64_t length)
{
	struct fs_File_allocate_request request = {how, offset, length};
	struct fs_File_allocate_reply reply;

	return fs_File_allocate(&file->channel, &request, &reply, patiently());
}

static void holes(void)
{
	struct sk_socket *file = opened("holes",
		fs_Open_READ | fs_Open_WRITE | fs_Open_CREATE);
	struct fs_File_extents_request ask = {0};
	struct fs_File_extents_reply extents;
	struct fs_File_available_request how_many = {0};
	struct fs_File_available_reply available;
	int status;

	WANT((int64_t)sizeof(bytes), write_at(file, 0, bytes, sizeof(bytes)));
	WANT((int64_t)sizeof(bytes), write_at(file, 1 << 20, bytes, sizeof(bytes)));
	WANT(0, seek(file, 0, fs_Whence_DATA));
	WANT((int64_t)sizeof(bytes), seek(file, 0, fs_Whence_HOLE));
	WANT(1 << 20, seek(file, sizeof(bytes), fs_Whence_DATA));
	WANT(-1000 - fs_Error_ENXIO, seek(file, 1 << 30, fs_Whence_DATA));
	WANT(1 << 20, seek(file, 1 << 20, fs_Whence_START));
	WANT(0, fs_File_available(&file->channel, &how_many, &available, patiently()));
	WANT((int64_t)sizeof(bytes), available.bytes);
	status = allocate(file, fs_Allocate_PUNCH, 0, sizeof(bytes));
	WANT(true, status == 0 || status == fs_Error_EOPNOTSUPP);
	if (status == 0)
		WANT(1 << 20, seek(file, 0, fs_Whence_DATA));
	WANT(fs_Error_EINVAL, allocate(file, 77, 0, 1));
	WANT(fs_Error_EFBIG, allocate(file, fs_Allocate_RESERVE, INT64_MAX, 2));
	status = fs_File_extents(&file->channel, &ask, &extents, patiently());
	WANT(true, status == fs_Error_EOPNOTSUPP || (status == 0 && extents.list.count > 0));
	closed(file);
}

static int set_xattr(fs_Node node, const char *name, fs_XattrMode mode, uint64_t size)
{
	struct fs_FileSystem_set_xattr_request request = {
		node, 0, {name, (uint32_t)strlen(name)}, mode, sk_lend(bytes, size),
	};
	struct fs_FileSystem_set_xattr_reply reply;

	return fs_FileSystem_set_xattr(&session.channel, &request, &reply, patiently());
}

static int64_t get_xattr(fs_Node node, const char *name, uint64_t size)
{
	struct fs_FileSystem_get_xattr_request request = {
		node, 0, {name, (uint32_t)strlen(name)}, sk_lend_out(bytes, size),
	};
	struct fs_FileSystem_get_xattr_reply reply;
	int status = fs_FileSystem_get_xattr(&session.channel, &request, &reply,
		patiently());

	return COUNTED(status, reply.size);
}

static void extended_attributes(void)
{
	fs_Node node = node_of("shared");
	struct fs_FileSystem_list_xattrs_request list = {node, 0, sk_lend_out(bytes, 100)};
	struct fs_FileSystem_list_xattrs_reply listed;

	/* Those belong to the host. */
	if (is_folder) {
		WANT(fs_Error_EPERM, set_xattr(node, "security.capability", 0, 20));
		WANT(fs_Error_EPERM, set_xattr(node, "trusted.x", 0, 1));
	}
	if (set_xattr(node, "user.one", fs_XattrMode_REPLACE, 4) == fs_Error_EOPNOTSUPP)
		return;
	WANT(fs_Error_ENODATA, set_xattr(node, "user.one", fs_XattrMode_REPLACE, 4));
	memcpy(bytes, "word", 4);
	WANT(0, set_xattr(node, "user.one", fs_XattrMode_CREATE, 4));
	WANT(fs_Error_EEXIST, set_xattr(node, "user.one", fs_XattrMode_CREATE, 4));
	memset(bytes, 0, 8);
	WANT(4, get_xattr(node, "user.one", 0));
	WANT(-1000 - fs_Error_ERANGE, get_xattr(node, "user.one", 3));
	WANT(4, get_xattr(node, "user.one", 8));
	WANT(0, memcmp(bytes, "word", 4));
	WANT(-1000 - fs_Error_ENODATA, get_xattr(node, "user.two", 8));
	WANT(0, fs_FileSystem_list_xattrs(&session.channel, &list, &listed, patiently()));
	WANT(9, listed.size);
	WANT(0, memcmp(bytes, "user.one", 9));
	forget(node, 1);
}

static int copy(fs_Node from, fs_Node to, bool clone, uint64_t *done)
{
	struct fs_FileSystem_copy_range_request request = {
		.from = from, .from_offset = 2, .to = to, .to_offset = 1, .length = 1000,
		.clone = clone,
	};
	struct fs_FileSystem_copy_range_reply reply = {0};
	int status = fs_FileSystem_copy_range(&session.channel, &request, &reply,
		patiently());

	*done = reply.done;
	return status;
}

static void copies(void)
{
	fs_Node from = node_of("shared"), to;
	uint64_t done;
	int status;

	closed(opened("copy", fs_Open_WRITE | fs_Open_CREATE));
	to = node_of("copy");
	WANT(0, copy(from, to, false, &done));
	WANT(8, done);
	status = copy(from, to, true, &done);
	WANT(true, status == fs_Error_EOPNOTSUPP || status == 0);
	WANT(fs_Error_EISDIR, copy(fs_ROOT, to, false, &done));
	WANT(fs_Error_EBADF, copy(from, 999, false, &done));
	forget(from, 1);
	forget(to, 1);
}

static int64_t page(struct sk_socket *folder, uint32_t room, char *last)
{
	struct fs_Directory_read_entries_request request = {room};
	struct fs_Directory_read_entries_reply reply;
	struct fs_Entry entry;
	int status = fs_Directory_read_entries(&folder->channel, &request, &reply,
		patiently());
	int64_t count = COUNTED(status, reply.entries.count);

	while (status == 0 && fs_Entry_next(&reply.entries, &entry)) {
		memcpy(last, entry.name.data, entry.name.size);
		last[entry.name.size] = '\0';
	}
	return count;
}

/* In pages of the client's own measure; each entry comes once. */
static void pages(void)
{
	struct sk_socket *folder;
	char name[300], seen[20] = {0};
	int64_t count;
	int total = 0;

	WANT(0, outside_mkdir("pages", 0700));
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "pages/entry-%02d", i);
		WANT(0, outside_mkdir(name, 0700));
	}
	folder = opened("pages", fs_Open_READ | fs_Open_DIRECTORY);
	WANT(-1000 - fs_Error_EINVAL, page(folder, 31, name));
	/* 20 and 8, rounded up to 32. */
	while ((count = page(folder, 32, name)) > 0) {
		WANT(1, count);
		seen[atoi(name + 6)]++;
		total++;
	}
	WANT(0, count);
	WANT(20, total);
	for (int i = 0; i < 20; i++)
		WANT(1, seen[i]);
	WANT(0, seek(folder, 0, fs_Whence_START));
	WANT(3, page(folder, 100, name));
	WANT(17, page(folder, UINT32_MAX, name));
	closed(folder);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	outside_begin(argv[1], argv[2]);
	connect_session(argv[1]);
	one_file_two_handles();
	passed_to_another_process(argv[1]);
	flags_and_nodes();
	files_without_a_name();
	holes();
	extended_attributes();
	copies();
	pages();
	sk_socket_close(&session);
	return 0;
}
