/*
 * Garbage for a file server: noise, and good packets (every method's request,
 * to a session, a file and a directory) with bytes changed, cut or added, some
 * with descriptors and leases beside them that may or may not be what they
 * claim, on connections that end at any moment. Prints its seed; SEED=n
 * repeats.
 *
 * Usage: garbage SOCKET. Exits 0 if the server still answers.
 */
#include "tests/hostfs/fs.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/socket_packet.h"

#define ROUNDS 15000
#define PACKET_MAX 8192
#define FDS_MAX 16
/* Numbers that nodes are likely to have. */
#define NODE (random_below(4) == 0 ? random_below(4096) : 1 + random_below(2) * (1025))

static uint64_t state;
static const char *server;
/* A session, a file, a directory. */
static struct sk_socket *peers[3];
/* Descriptors to send: of the input, and memory sealed and not. */
static int offers[4];

static uint32_t random_below(uint32_t limit)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(state >> 33) % limit;
}

static uint64_t random_wide(void)
{
	return (uint64_t)random_below(UINT32_MAX) << random_below(33);
}

static fs_Path random_path(void)
{
	static const char *const names[] = {
		"/", "", "runtime", "runtime/channel.c", "runtime/../runtime", "..",
		"nothing", "runtime/channel.c/", "a\nb", "nothing/secret",
	};
	static char noise[fs_PATH_MAX];
	const char *name = names[random_below(sizeof(names) / sizeof(names[0]))];

	if (random_below(4) > 0)
		return (fs_Path){name, (uint32_t)strlen(name)};
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (char)random_below(256);
	return (fs_Path){noise, random_below(fs_PATH_MAX + 1)};
}

static struct fs_Place random_place(void)
{
	return (struct fs_Place){
		.start = NODE, .subject = random_below(16) == 0,
		.resolve = random_below(2) == 0 ? fs_Resolve_ROOTED : random_below(256),
		.barrier = random_below(2) == 0 ? 0 : NODE, .path = random_path(),
	};
}

static struct fs_At random_at(void)
{
	fs_Path path = random_path();

	return (struct fs_At){NODE, 0, {path.data, path.size < fs_NAME_MAX ?
		path.size : fs_NAME_MAX}};
}

static struct sk_lease lent(struct sk_lease lease)
{
	static uint8_t memory[64];

	lease.data = memory;
	return lease;
}

#define REQUEST(type, ...) \
	fs_##type##_request_encode(&(struct fs_##type##_request){__VA_ARGS__}, to, size)
/* Of messages that lend. */
#define LENDING(type, ...) \
	fs_##type##_request_encode(&(struct fs_##type##_request){__VA_ARGS__}, to, size, \
		attached)
#define IN lent(sk_lend(NULL, random_below(100)))
#define OUT lent(sk_lend_out(NULL, random_below(100)))

/* A request to a session, good in itself. */
static int session_request(uint8_t *to, size_t size, struct sk_attached *attached)
{
	uint64_t far = random_wide();

	switch (random_below(38)) {
	case 0: return REQUEST(FileSystem_describe, 0);
	case 1: return LENDING(FileSystem_set_subject, 1, .groups = IN);
	case 2: return REQUEST(FileSystem_drop_subject, 1);
	case 3: return REQUEST(FileSystem_confine, NODE, 0, random_below(16));
	case 4: case 5: return REQUEST(FileSystem_walk, random_place());
	case 6: return REQUEST(FileSystem_forget, NODE, random_below(9));
	case 7: return REQUEST(FileSystem_stat, random_place());
	case 8: return REQUEST(FileSystem_access, random_place(), random_below(9));
	case 9: return LENDING(FileSystem_read_link, random_place(), OUT);
	case 10: return LENDING(FileSystem_path_of, NODE, NODE, OUT);
	case 11: return REQUEST(FileSystem_find, far, 0);
	case 12: return REQUEST(FileSystem_make_directory, random_at(), 0700);
	case 13: return REQUEST(FileSystem_make_node, random_at(),
		(fs_Kind)random_below(10), 0600, 1, 3);
	case 14: return LENDING(FileSystem_make_link, random_at(), IN);
	case 15: return REQUEST(FileSystem_link, NODE, random_at());
	case 16: return REQUEST(FileSystem_unlink, random_at());
	case 17: return REQUEST(FileSystem_remove_directory, random_at());
	case 18: return REQUEST(FileSystem_rename, random_at(), random_at(),
		(fs_RenameMode)random_below(5));
	case 19: return REQUEST(FileSystem_set_mode, NODE, 0, random_below(010000));
	case 20: return REQUEST(FileSystem_set_owner, NODE, 0, false, 0, true, 0);
	case 21: return REQUEST(FileSystem_set_times, NODE, 0, {fs_SetTime_now, {{0}}},
		{fs_SetTime_at, {{(int64_t)far, random_below(UINT32_MAX), {0}}}});
	case 22: return REQUEST(FileSystem_truncate, NODE, 0, far);
	case 23: return REQUEST(FileSystem_set_node_flags, NODE, 0, random_below(256),
		random_below(256));
	case 24: return LENDING(FileSystem_get_xattr, NODE, 0, {"user.a", 6}, OUT);
	case 25: return LENDING(FileSystem_set_xattr, NODE, 0, {"user.a", 6},
		(fs_XattrMode)random_below(4), IN);
	case 26: return REQUEST(FileSystem_remove_xattr, NODE, 0, {"user.a", 6});
	case 27: return LENDING(FileSystem_list_xattrs, NODE, 0, OUT);
	case 28: return REQUEST(FileSystem_lock, NODE, random_below(3),
		{(fs_LockKind)random_below(4), far, random_wide()}, random_below(2) == 0);
	case 29: return REQUEST(FileSystem_test_lock, NODE, random_below(3),
		{(fs_LockKind)random_below(4), far, random_wide()});
	case 30: return REQUEST(FileSystem_unlock_all, NODE, random_below(3));
	case 31: return REQUEST(FileSystem_copy_range, NODE, far, NODE, 0, far,
		random_below(2) == 0);
	case 32: return REQUEST(FileSystem_statfs, 0);
	case 33: return REQUEST(FileSystem_cover, NODE, random_below(2) == 0);
	case 34: return REQUEST(FileSystem_create_watcher, 0);
	case 35: return REQUEST(FileSystem_remount, 0, .options = {"x", 1});
	default: return REQUEST(FileSystem_open, random_place(),
		random_below(4) == 0 ? random_below(1 << 18) : fs_Open_READ, 0600);
	}
}

/* A request to a file or directory. */
static int file_request(uint8_t *to, size_t size, struct sk_attached *attached)
{
	uint64_t far = random_wide();

	switch (random_below(28)) {
	case 0: return LENDING(File_read, random_below(32), OUT, .has_third = true,
		.third = OUT);
	case 1: case 2: return LENDING(File_read_at, far >> random_below(64),
		random_below(16), OUT, .has_second = true, .second = OUT);
	case 3: return LENDING(File_write, random_below(32), .data = IN);
	case 4: return LENDING(File_write_at, random_below(9000), random_below(16), IN,
		.has_fourth = true, .fourth = IN);
	case 5: return REQUEST(File_seek, (int64_t)far, (fs_Whence)random_below(6));
	case 6: return REQUEST(File_truncate, far);
	case 7: return REQUEST(File_allocate, (fs_Allocate)random_below(9), far,
		random_below(9000));
	case 8: return REQUEST(File_sync, true);
	case 9: return REQUEST(File_sync_range, far, far, false);
	case 10: return REQUEST(File_advise, far, 0, (fs_Advice)random_below(7));
	case 11: return REQUEST(File_extents, far);
	case 12: return REQUEST(File_memory, 0);
	case 13: return REQUEST(File_status, 0);
	case 14: return REQUEST(File_describe, 0);
	case 15: return REQUEST(File_set_flags, random_below(1 << 18));
	case 16: return REQUEST(File_share, (fs_Rights)random_below(65536));
	case 17: return REQUEST(File_flush, 0);
	case 18: return REQUEST(File_available, 0);
	case 19: return REQUEST(File_ready, random_below(65536));
	case 20: return REQUEST(File_wait_ready, random_below(65536), far);
	case 21: return REQUEST(File_flock, (fs_LockKind)random_below(4),
		random_below(2) == 0);
	case 22: return REQUEST(File_lock, {(fs_LockKind)random_below(4), far,
		random_wide()}, random_below(2) == 0);
	case 23: return REQUEST(File_test_lock, {(fs_LockKind)random_below(4), far, far});
	case 24: return REQUEST(File_seals, 0);
	case 25: return REQUEST(File_add_seals, random_below(256));
	case 26: return REQUEST(Directory_entries_at, far >> random_below(64));
	default: return REQUEST(Directory_read_entries, random_below(5000));
	}
}

static void put_ranges(uint8_t *bytes, const struct sk_attached *attached)
{
	bytes[19] = (uint8_t)attached->lease_count;
	for (unsigned i = 0; i < attached->lease_count; i++) {
		bytes[20 + i] = (uint8_t)attached->leases[i].direction;
		sk_put_uint32(bytes + 24 + 8 * i, random_below(random_below(8) == 0 ?
			UINT32_MAX : 4096));
		sk_put_uint32(bytes + 28 + 8 * i, random_below(16) == 0 ?
			random_below(UINT32_MAX) : (uint32_t)attached->leases[i].size);
	}
}

static size_t random_packet(uint8_t *bytes, unsigned peer, unsigned *copies)
{
	size_t size = random_below(random_below(8) == 0 ? PACKET_MAX : 200);
	struct sk_attached attached;
	int encoded;

	*copies = random_below(8) == 0 ? random_below(FDS_MAX + 1) : 0;
	for (size_t i = 0; i < PACKET_MAX; i++)
		bytes[i] = (uint8_t)random_below(256);
	if (random_below(8) == 0)
		return size;
	sk_attach_none(&attached);
	encoded = peer == 0 ?
		session_request(bytes + SK_PACKET_HEADER, SK_MESSAGE_MAX, &attached) :
		file_request(bytes + SK_PACKET_HEADER, SK_MESSAGE_MAX, &attached);
	if (encoded < 0)
		return size;
	memset(bytes, 0, SK_PACKET_HEADER);
	sk_put_uint64(bytes, random_below(8));
	sk_put_uint64(bytes + 8, random_below(4) == 0 ? random_wide() : SK_FOREVER);
	bytes[16] = (uint8_t)(1 + random_below(random_below(8) == 0 ? 5 : 2));
	put_ranges(bytes, &attached);
	if (random_below(8) == 0) {
		bytes[18] = 1;
		*copies = 1;
	}
	size = SK_PACKET_HEADER + (size_t)encoded;
	for (uint32_t i = random_below(4) == 0 ? random_below(4) : 0; i > 0; i--)
		bytes[random_below((uint32_t)size)] ^= (uint8_t)(1 << random_below(8));
	if (random_below(16) == 0)
		size -= random_below((uint32_t)size);
	if (random_below(16) == 0)
		size += random_below(16);
	return size;
}

static int send_packet(int fd, const uint8_t *bytes, size_t size, unsigned copies)
{
	struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} control = {0};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};

	if (copies > 0) {
		struct cmsghdr *rights = &control.align;
		int *fds = (int *)(void *)CMSG_DATA(rights);

		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(copies * sizeof(int));
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(copies * sizeof(int));
		for (unsigned i = 0; i < copies; i++)
			fds[i] = offers[random_below(4)];
	}
	return sendmsg(fd, &header, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

static int memory(off_t size, int seals)
{
	int fd = memfd_create("garbage", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, size) < 0 || fcntl(fd, F_ADD_SEALS, seals) < 0) {
		perror("garbage: memory");
		exit(1);
	}
	return fd;
}

/* A directory, if the garbage has left one: else what it has put there. */
static struct sk_socket *open_peer(const char *path)
{
	struct sk_socket *file = malloc(sizeof(*file));
	struct fs_FileSystem_open_reply reply;

	if (open_place(place_of(path), fs_Open_READ, 0, file, &reply) == 0 &&
			reply.has_file)
		return file;
	free(file);
	return opened("/", fs_Open_READ);
}

static void connect_peers(void)
{
	if (peers[0])
		sk_socket_close(&session);
	for (unsigned i = 1; i < 3; i++)
		if (peers[i])
			closed(peers[i]);
	connect_session(server);
	peers[0] = &session;
	peers[1] = open_peer("runtime/channel.c");
	peers[2] = open_peer("runtime");
}

int main(int argc, char **argv)
{
	const char *given = getenv("SEED");
	static uint8_t bytes[PACKET_MAX], answer[PACKET_MAX];
	unsigned connections = 0, answers = 0;
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

	if (argc != 2)
		return 2;
	server = argv[1];
	state = given ? strtoull(given, NULL, 0) : sk_socket_now();
	printf("# SEED=%llu\n", (unsigned long long)state);
	fflush(stdout);
	offers[0] = STDIN_FILENO;
	offers[1] = memory(8192, seals);
	offers[2] = memory(8192, 0);
	offers[3] = memory(1 << 20, seals);
	connect_peers();
	for (unsigned i = 0; i < ROUNDS; i++) {
		unsigned peer = random_below(3), copies;
		size_t size = random_packet(bytes, peer, &copies);

		if (send_packet(peers[peer]->fd, bytes, size, copies) < 0 ||
				random_below(200) == 0) {
			connect_peers();
			connections++;
			continue;
		}
		/* Most of the time it reads what it is answered. */
		while (random_below(50) > 0 && recv(peers[peer]->fd, answer,
				sizeof(answer), MSG_DONTWAIT) > 0)
			answers++;
	}
	printf("# %u packets, %u answers, %u connections\n", ROUNDS, answers, connections);
	return answers > 0 ? 0 : 1;
}
