/*
 * Waits for ever for the lock of a file, and says what that came to.
 *
 * Usage: waiter SOCKET PATH
 */
#include "tests/hostfs/fs.h"

int main(int argc, char **argv)
{
	struct fs_File_flock_request request = {fs_LockKind_EXCLUSIVE, true};
	struct fs_File_flock_reply reply;
	struct sk_socket *file;
	int status;

	if (argc != 3)
		return 2;
	connect_session(argv[1]);
	file = opened(argv[2], fs_Open_READ);
	status = fs_File_flock(&file->channel, &request, &reply, NULL);
	puts(status <= 0 ? sk_status_name(status) : "an error");
	closed(file);
	sk_socket_close(&session);
	return 0;
}
