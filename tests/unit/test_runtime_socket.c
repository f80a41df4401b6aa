/*
 * Calls over sockets between a good client and a good server: answers now,
 * later and out of order; deadlines, cancellation, death of either side;
 * descriptors that move; signals; the socket file.
 */
#define _GNU_SOURCE
#include "tests/unit/socket_fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>

#define BRIEFLY sk_socket_after(20)

static const struct sk_method one_way = {.reply_id = 0};

static void echo_comes_back(void **state)
{
	struct sk_socket client;

	(void)state;
	fixture_connect(&client);
	for (uint32_t i = 0; i < 500; i++) {
		assert_int_equal(fixture_call(&client, ECHO, i, SK_FOREVER), SK_OK);
		assert_int_equal(fixture_word(&client, NUMBER), i);
	}
	sk_socket_close(&client);
}

static void several_clients_are_served_side_by_side(void **state)
{
	struct sk_socket clients[MAX_CLIENTS];

	(void)state;
	for (unsigned i = 0; i < MAX_CLIENTS; i++)
		fixture_connect(&clients[i]);
	fixture_await(&clients[0], CLIENTS, MAX_CLIENTS);
	for (uint32_t i = 0; i < 60; i++) {
		struct sk_socket *client = &clients[i % MAX_CLIENTS];

		assert_int_equal(fixture_call(client, ECHO, i, SK_FOREVER), SK_OK);
		assert_int_equal(fixture_word(client, NUMBER), i);
		assert_int_equal(fixture_word(client, CLIENTS), MAX_CLIENTS);
	}
	for (unsigned i = 0; i < MAX_CLIENTS; i++)
		sk_socket_close(&clients[i]);
}

static void client_beyond_the_limit_is_closed_at_once(void **state)
{
	struct sk_socket clients[MAX_CLIENTS], surplus;

	(void)state;
	for (unsigned i = 0; i < MAX_CLIENTS; i++) {
		fixture_connect(&clients[i]);
		assert_int_equal(fixture_call(&clients[i], ECHO, 0, SK_FOREVER), SK_OK);
	}
	fixture_connect(&surplus);
	assert_int_equal(fixture_call(&surplus, ECHO, 0, SK_FOREVER), SK_PEER_CLOSED);
	sk_socket_close(&surplus);
	assert_int_equal(fixture_ask(&clients[0], TURNED_AWAY), 1);
	sk_socket_close(&clients[1]);
	fixture_await(&clients[0], CLIENTS, MAX_CLIENTS - 1);
	fixture_connect(&clients[1]);
	assert_int_equal(fixture_call(&clients[1], ECHO, 0, SK_FOREVER), SK_OK);
	for (unsigned i = 0; i < MAX_CLIENTS; i++)
		sk_socket_close(&clients[i]);
}

static void statuses_of_the_server_reach_the_client(void **state)
{
	struct sk_socket client;

	(void)state;
	fixture_connect(&client);
	assert_int_equal(fixture_call(&client, IGNORE, 0, SK_FOREVER), SK_PEER_DROPPED);
	assert_true(client.channel.delivered);
	assert_int_equal(fixture_call(&client, 99, 0, SK_FOREVER), SK_MALFORMED);
	sk_put_uint32(client.channel.request.bytes, 4711);
	assert_int_equal(sk_invoke(&client.channel, 16, &method, NULL), SK_UNKNOWN_METHOD);
	assert_int_equal(sk_invoke(&client.channel, 3, &method, NULL), SK_MALFORMED);
	assert_int_equal(fixture_call(&client, ECHO, 0, SK_FOREVER), SK_OK);
	assert_int_equal(fixture_ask(&client, KEPT), 1);	/* this one */
	sk_socket_close(&client);
}

static void answers_come_out_of_order(void **state)
{
	uint8_t bytes[SK_MESSAGE_MAX];
	struct sk_message message;
	struct sk_socket client;
	struct sk_packet packet;
	int raw = fixture_raw();

	(void)state;
	fixture_connect(&client);
	for (uint64_t number = 1; number <= 3; number++)
		assert_int_equal(fixture_send_raw(raw, number, SK_PACKET_CALL, KEEP), SK_OK);
	fixture_await(&client, KEPT, 4);
	sk_packet_lend(&message, bytes);
	for (uint64_t number = 3; number >= 1; number--) {
		assert_int_equal(fixture_call(&client, RELEASE_LAST, 0, SK_FOREVER), SK_OK);
		assert_int_equal(fixture_word(&client, NUMBER), SK_OK);
		assert_int_equal(sk_packet_receive(raw, &packet, &message), SK_OK);
		assert_int_equal(packet.kind, SK_PACKET_ANSWER);
		assert_int_equal(packet.number, number);
	}
	assert_int_equal(fixture_ask(&client, KEPT), 1);
	close(raw);
	sk_socket_close(&client);
}

static void second_answer_is_a_bad_token(void **state)
{
	struct sk_socket client;

	(void)state;
	fixture_connect(&client);
	assert_int_equal(fixture_call(&client, TWICE, 0, SK_FOREVER), SK_OK);
	assert_int_equal(fixture_ask(&client, NUMBER), SK_BAD_TOKEN);
	sk_socket_close(&client);
}

static void deadline_passes_and_the_connection_goes_on(void **state)
{
	struct sk_socket client;

	(void)state;
	fixture_connect(&client);
	assert_int_equal(fixture_call(&client, KEEP, 0, BRIEFLY), SK_TIMED_OUT);
	assert_true(client.channel.delivered);
	assert_int_equal(fixture_ask(&client, CANCELED), 1);
	assert_int_equal(fixture_word(&client, KEPT), 2);
	assert_int_equal(fixture_call(&client, RELEASE, 3, SK_FOREVER), SK_OK);
	assert_int_equal(client.channel.reply.attached.handle_count, 0);
	assert_int_equal(fixture_word(&client, NUMBER), SK_CANCELED);
	assert_int_equal(fixture_ask(&client, KEPT), 1);
	assert_int_equal(fixture_call(&client, KEEP, 0, SK_POLL), SK_TIMED_OUT);
	assert_int_equal(fixture_call(&client, KEEP, 0, 1), SK_TIMED_OUT);
	sk_socket_close(&client);
}

static void client_that_gives_up_in_a_loop_cannot_fill_the_server(void **state)
{
	struct sk_socket greedy, other;

	(void)state;
	fixture_connect(&greedy);
	fixture_connect(&other);
	for (unsigned i = 0; i < MAX_KEPT; i++)
		assert_int_equal(fixture_call(&greedy, KEEP, 0, BRIEFLY), SK_TIMED_OUT);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(fixture_call(&greedy, KEEP, 0, SK_FOREVER), SK_EXHAUSTED);
	assert_int_equal(fixture_ask(&other, KEPT), MAX_KEPT + 1);
	assert_int_equal(fixture_word(&other, EXHAUSTED), 100);
	assert_int_equal(fixture_call(&other, RELEASE, 0, SK_FOREVER), SK_OK);
	assert_int_equal(fixture_call(&greedy, ECHO, 5, SK_FOREVER), SK_OK);
	sk_socket_close(&greedy);
	sk_socket_close(&other);
}

static void one_way_requests_arrive_in_order(void **state)
{
	struct sk_socket client;

	(void)state;
	fixture_connect(&client);
	sk_put_uint32(client.channel.request.bytes, REQUEST_ID);
	sk_put_uint32(client.channel.request.bytes + 4, 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(sk_send(&client.channel, 16, &one_way, NULL), SK_OK);
	assert_int_equal(fixture_ask(&client, ONE_WAYS), 1000);
	sk_socket_close(&client);
}

/* ---- death ---- */

static pid_t fork_caller(enum what what)
{
	struct sk_socket client;
	pid_t child = fork();

	if (child != 0)
		return child;
	if (sk_socket_connect(&client, fixture.path, SK_FOREVER) == SK_OK)
		fixture_call(&client, what, 0, SK_FOREVER);
	_exit(1);
}

static void killed_client_is_forgotten_with_its_kept_replies(void **state)
{
	struct sk_socket client;
	pid_t child = fork_caller(KEEP);

	(void)state;
	fixture_connect(&client);
	fixture_await(&client, KEPT, 2);
	assert_int_equal(fixture_word(&client, CLIENTS), 2);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	fixture_await(&client, CLIENTS, 1);
	assert_int_equal(fixture_word(&client, GONE), 1);
	assert_int_equal(fixture_word(&client, KEPT), 1);
	assert_int_equal(fixture_word(&client, CANCELED), 1);
	assert_int_equal(fixture_word(&client, TOLD), 1);
	assert_int_equal(fixture_call(&client, RELEASE, 3, SK_FOREVER), SK_OK);
	assert_int_equal(client.channel.reply.attached.handle_count, 0);
	assert_int_equal(fixture_word(&client, NUMBER), SK_PEER_CLOSED);
	sk_socket_close(&client);
}

/* The place of a dead client is taken by another; the old token must not
 * reach that one. */
static void late_answer_never_reaches_the_next_client_in_its_place(void **state)
{
	struct sk_socket first, second, third;

	(void)state;
	fixture_connect(&first);
	fixture_connect(&second);
	assert_int_equal(fixture_call(&first, ECHO, 0, SK_FOREVER), SK_OK);
	assert_int_equal(fixture_call(&second, KEEP, 0, BRIEFLY), SK_TIMED_OUT);
	sk_socket_close(&second);
	fixture_await(&first, CLIENTS, 1);
	fixture_connect(&third);
	assert_int_equal(fixture_call(&third, KEEP, 0, BRIEFLY), SK_TIMED_OUT);
	assert_int_equal(fixture_call(&first, RELEASE, 0, SK_FOREVER), SK_OK);
	assert_int_equal(fixture_word(&first, NUMBER), SK_PEER_CLOSED);
	assert_int_equal(fixture_call(&first, RELEASE, 0, SK_FOREVER), SK_OK);
	assert_int_equal(fixture_word(&first, NUMBER), SK_CANCELED);
	sk_socket_close(&third);
	sk_socket_close(&first);
}

/* A server in a process of its own, on one end of a pair. */
static pid_t fork_server(int *end)
{
	struct sk_server_config config = fixture_config(NULL);
	int ends[2];
	pid_t child;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	child = fork();
	if (child == 0) {
		static struct sk_server server;

		close(ends[0]);
		if (sk_server_open(&server, &config) == SK_OK &&
				sk_server_adopt(&server, ends[1]) == SK_OK)
			sk_server_run(&server);
		_exit(0);
	}
	close(ends[1]);
	*end = ends[0];
	return child;
}

static void server_that_dies_in_a_call_is_peer_closed(void **state)
{
	struct sk_socket client;
	int end, status;
	pid_t child = fork_server(&end);

	(void)state;
	assert_int_equal(sk_socket_adopt(&client, end), SK_OK);
	assert_int_equal(fixture_call(&client, DIE, 0, SK_FOREVER), SK_PEER_CLOSED);
	assert_true(client.channel.delivered);
	assert_int_equal(fixture_call(&client, ECHO, 0, SK_FOREVER), SK_PEER_CLOSED);
	assert_false(client.channel.delivered);
	assert_int_equal(sk_send(&client.channel, 16, &one_way, NULL), SK_PEER_CLOSED);
	sk_socket_close(&client);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
}

static void nobody_listening_is_peer_closed(void **state)
{
	struct sk_socket client;

	(void)state;
	assert_int_equal(sk_socket_connect(&client, "/tmp/skald-test-nobody", SK_FOREVER),
		SK_PEER_CLOSED);
	assert_int_equal(fixture_call(&client, ECHO, 0, SK_FOREVER), SK_PEER_CLOSED);
	sk_socket_close(&client);
}

/* ---- descriptors ---- */

static void descriptors_move_to_the_server(void **state)
{
	struct sk_socket client;
	int ends[2];
	char byte = 0;

	(void)state;
	fixture_connect(&client);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	client.channel.request.attached.handle_count = 3;
	client.channel.request.attached.handles[0].handle.raw = ends[1];
	client.channel.request.attached.handles[1].handle.raw = dup(ends[0]);
	client.channel.request.attached.handles[2].handle.raw = dup(ends[0]);
	assert_int_equal(fixture_call(&client, TAKE_FD, 0, SK_FOREVER), SK_OK);
	assert_int_equal(fixture_word(&client, NUMBER), 1);
	assert_int_equal(client.channel.request.attached.handle_count, 0);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(byte, '!');
	/* Nobody has the writing end any more. */
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
	sk_socket_close(&client);
}

static void descriptors_come_back_with_close_on_exec(void **state)
{
	struct sk_socket client;

	(void)state;
	fixture_connect(&client);
	assert_int_equal(fixture_call(&client, GIVE_FDS, SK_HANDLES_MAX, SK_FOREVER), SK_OK);
	assert_int_equal(client.channel.reply.attached.handle_count, SK_HANDLES_MAX);
	for (unsigned i = 0; i < SK_HANDLES_MAX; i++)
		assert_int_equal(fcntl(client.channel.reply.attached.handles[i].handle.raw, F_GETFD),
			FD_CLOEXEC);
	sk_discard(&client.channel);
	assert_int_equal(fixture_call(&client, GIVE_FDS, 2, SK_FOREVER), SK_OK);
	sk_socket_close(&client);
}

static void bad_descriptor_is_a_status_on_both_sides(void **state)
{
	struct sk_socket client;

	(void)state;
	fixture_connect(&client);
	client.channel.request.attached.handle_count = 1;
	client.channel.request.attached.handles[0].handle.raw = 100000;
	assert_int_equal(fixture_call(&client, ECHO, 0, SK_FOREVER), SK_BAD_HANDLE);
	assert_false(client.channel.delivered);
	client.channel.request.attached.handle_count = SK_HANDLES_MAX + 1;
	for (unsigned i = 0; i < SK_HANDLES_MAX; i++)
		client.channel.request.attached.handles[i].handle.raw = dup(0);
	assert_int_equal(fixture_call(&client, ECHO, 0, SK_FOREVER), SK_BAD_HANDLE);
	assert_int_equal(fixture_call(&client, GIVE_FDS, SK_HANDLES_MAX + 1, SK_FOREVER),
		SK_BAD_HANDLE);
	assert_int_equal(fixture_call(&client, GIVE_BAD_FD, 0, SK_FOREVER), SK_BAD_HANDLE);
	assert_int_equal(fixture_ask(&client, NUMBER), SK_BAD_HANDLE);
	sk_socket_close(&client);
}

/* ---- signals ---- */

static volatile sig_atomic_t alarms;

static void on_alarm(int number)
{
	(void)number;
	/* In whichever thread it comes. */
	__atomic_add_fetch(&alarms, 1, __ATOMIC_RELAXED);
}

static void signals_do_not_disturb_calls(void **state)
{
	struct sigaction action = {.sa_handler = on_alarm}, old;
	struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
	struct sk_socket client;
	uint64_t deadline;

	(void)state;
	fixture_connect(&client);
	sigaction(SIGALRM, &action, &old);
	setitimer(ITIMER_REAL, &often, NULL);
	for (uint32_t i = 0; i < 2000; i++)
		assert_int_equal(fixture_call(&client, ECHO, i, SK_FOREVER), SK_OK);
	while (__atomic_load_n(&alarms, __ATOMIC_RELAXED) < 5)
		assert_int_equal(fixture_call(&client, ECHO, 0, SK_FOREVER), SK_OK);
	deadline = BRIEFLY;
	assert_int_equal(fixture_call(&client, KEEP, 0, deadline), SK_TIMED_OUT);
	assert_true(sk_socket_now() >= deadline);
	setitimer(ITIMER_REAL, &never, NULL);
	sigaction(SIGALRM, &old, NULL);
	sk_socket_close(&client);
}

/* ---- the socket file ---- */

static int try_open(const char *path)
{
	static struct sk_server server;
	struct sk_server_config config = fixture_config(path);
	int status = sk_server_open(&server, &config);
	int error = errno;

	if (status == SK_OK)
		sk_server_close(&server);
	errno = error;
	return status;
}

static void live_socket_file_is_not_replaced(void **state)
{
	struct sk_socket client;
	struct stat status;

	(void)state;
	assert_int_equal(try_open(fixture.path), SK_INVALID);
	assert_int_equal(errno, EADDRINUSE);
	assert_int_equal(stat(fixture.path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	fixture_connect(&client);
	assert_int_equal(fixture_call(&client, ECHO, 0, SK_FOREVER), SK_OK);
	sk_socket_close(&client);
}

static void leave_stale_file(const char *path)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	unlink(path);
	sk_packet_address(&address, path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	assert_int_equal(access(path, F_OK), 0);
}

static void stale_socket_file_is_replaced_and_others_are_not(void **state)
{
	char path[80], too_long[200];
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s.other", fixture.path);
	leave_stale_file(path);
	assert_int_equal(try_open(path), SK_OK);
	assert_int_equal(access(path, F_OK), -1);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(fd);
	assert_int_equal(try_open(path), SK_INVALID);
	assert_int_equal(access(path, F_OK), 0);
	unlink(path);
	assert_int_equal(try_open("/tmp/no-such-folder/socket"), SK_TRANSPORT);
	assert_int_equal(errno, ENOENT);
	memset(too_long, 'x', sizeof(too_long) - 1);
	too_long[sizeof(too_long) - 1] = '\0';
	assert_int_equal(try_open(too_long), SK_TOO_BIG);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(try_open(""), SK_INVALID);
}

/* Starts a server when `go` closes, tells whether it could, and keeps it until
 * `end` closes. */
static void start_and_tell(const char *path, int go, int told, int end)
{
	static struct sk_server server;
	struct sk_server_config config = fixture_config(path);
	char byte;

	if (read(go, &byte, 1) != 0)
		_exit(1);
	byte = sk_server_open(&server, &config) == SK_OK;
	if (write(told, &byte, 1) != 1)
		_exit(1);
	_exit(read(end, &byte, 1) == 0 ? 0 : 1);
}

static int count_winners(const char *path)
{
	enum { SERVERS = 6 };
	int go[2], told[2], end[2], winners = 0;
	char byte = 0;

	leave_stale_file(path);
	assert_int_equal(pipe2(go, O_CLOEXEC) | pipe2(told, O_CLOEXEC) |
		pipe2(end, O_CLOEXEC), 0);
	for (int i = 0; i < SERVERS; i++) {
		if (fork() == 0) {
			close(go[1]);
			close(end[1]);
			start_and_tell(path, go[0], told[1], end[0]);
		}
	}
	close(go[1]);
	for (int i = 0; i < SERVERS; i++) {
		assert_int_equal(read(told[0], &byte, 1), 1);
		winners += byte;
	}
	close(end[1]);
	for (int i = 0; i < SERVERS; i++)
		assert_true(wait(NULL) > 0);
	close(go[0]);
	close(end[0]);
	close(told[0]);
	close(told[1]);
	return winners;
}

static void of_servers_that_start_together_one_wins(void **state)
{
	char path[80];

	(void)state;
	snprintf(path, sizeof(path), "%s.race", fixture.path);
	for (int i = 0; i < 40; i++)
		assert_int_equal(count_winners(path), 1);
	unlink(path);
}

static void limits_out_of_range_are_invalid(void **state)
{
	static struct sk_server server;
	struct sk_server_config config = fixture_config(NULL);

	(void)state;
	config.max_clients = 0;
	assert_int_equal(sk_server_open(&server, &config), SK_INVALID);
	config.max_clients = SK_SERVER_CLIENTS_MAX + 1;
	assert_int_equal(sk_server_open(&server, &config), SK_INVALID);
	config.max_clients = 1;
	config.max_kept = SK_SERVER_KEPT_MAX + 1;
	assert_int_equal(sk_server_open(&server, &config), SK_INVALID);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(echo_comes_back),
		TEST(several_clients_are_served_side_by_side),
		TEST(client_beyond_the_limit_is_closed_at_once),
		TEST(statuses_of_the_server_reach_the_client),
		TEST(answers_come_out_of_order),
		TEST(second_answer_is_a_bad_token),
		TEST(deadline_passes_and_the_connection_goes_on),
		TEST(client_that_gives_up_in_a_loop_cannot_fill_the_server),
		TEST(one_way_requests_arrive_in_order),
		TEST(killed_client_is_forgotten_with_its_kept_replies),
		TEST(late_answer_never_reaches_the_next_client_in_its_place),
		TEST(server_that_dies_in_a_call_is_peer_closed),
		TEST(nobody_listening_is_peer_closed),
		TEST(descriptors_move_to_the_server),
		TEST(descriptors_come_back_with_close_on_exec),
		TEST(bad_descriptor_is_a_status_on_both_sides),
		TEST(signals_do_not_disturb_calls),
		TEST(live_socket_file_is_not_replaced),
		TEST(stale_socket_file_is_replaced_and_others_are_not),
		TEST(of_servers_that_start_together_one_wins),
		TEST(limits_out_of_range_are_invalid),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("runtime socket", tests, NULL, NULL);
}
