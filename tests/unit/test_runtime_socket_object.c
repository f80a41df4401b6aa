/*
 * Over sockets: what a server mints, handles that are copied, calls that are
 * interrupted, clients that connect again.
 */
#define _GNU_SOURCE
#include "tests/unit/socket_fixture.h"

#include <sys/time.h>
#include <sys/wait.h>

#define BRIEFLY sk_socket_after(20)

/* ---- minted sessions ---- */

static int mint(struct sk_socket *client, struct sk_socket *object)
{
	struct sk_attached *attached = &client->channel.reply.attached;

	assert_int_equal(fixture_call(client, MINT, 0, SK_FOREVER), SK_OK);
	if (attached->handle_count == 0)
		return fixture_word(client, NUMBER);
	assert_int_equal(sk_socket_adopt(object, attached->handles[0].handle.raw), SK_OK);
	attached->handle_count = 0;
	return SK_OK;
}

static void minted_session_reaches_its_object(void **state)
{
	struct sk_socket client, object;

	(void)state;
	fixture_connect(&client);
	assert_int_equal(mint(&client, &object), SK_OK);
	assert_int_equal(fixture_call(&object, WHO, 0, SK_FOREVER), SK_OK);
	assert_int_equal(fixture_word(&object, NUMBER), 1);
	assert_int_equal(fixture_call(&client, WHO, 0, SK_FOREVER), SK_OK);
	assert_int_equal(fixture_word(&client, NUMBER), 0);
	assert_int_equal(fixture_word(&client, OBJECTS), 1);
	assert_int_equal(fixture_word(&client, CLIENTS), 1);
	/* It outlives the connection that it came by. */
	sk_socket_close(&client);
	assert_int_equal(fixture_call(&object, WHO, 0, SK_FOREVER), SK_OK);
	assert_int_equal(fixture_word(&object, NUMBER), 1);
	assert_int_equal(fixture_word(&object, OBJECTS_GONE), 0);
	sk_socket_close(&object);
	fixture_connect(&client);
	fixture_await(&client, OBJECTS_GONE, 1);
	assert_int_equal(fixture_word(&client, OBJECTS), 0);
	sk_socket_close(&client);
}

static void session_is_gone_with_its_last_handle(void **state)
{
	struct sk_socket client;
	int copy;

	(void)state;
	fixture_connect(&client);
	assert_int_equal(fixture_call(&client, MINT, 0, SK_FOREVER), SK_OK);
	copy = dup(client.channel.reply.attached.handles[0].handle.raw);
	sk_discard(&client.channel);
	assert_int_equal(fixture_ask(&client, OBJECTS_GONE), 0);
	close(copy);
	fixture_await(&client, OBJECTS_GONE, 1);
	sk_socket_close(&client);
}

static void too_many_sessions_are_exhausted_and_clients_still_come(void **state)
{
	struct sk_socket client, other, objects[MAX_OBJECTS], surplus;

	(void)state;
	fixture_connect(&client);
	for (unsigned i = 0; i < MAX_OBJECTS; i++)
		assert_int_equal(mint(&client, &objects[i]), SK_OK);
	assert_int_equal(mint(&client, &surplus), SK_EXHAUSTED);
	fixture_connect(&other);
	assert_int_equal(fixture_call(&other, ECHO, 1, SK_FOREVER), SK_OK);
	sk_socket_close(&other);
	sk_socket_close(&objects[0]);
	fixture_await(&client, OBJECTS, MAX_OBJECTS - 1);
	assert_int_equal(mint(&client, &objects[0]), SK_OK);
	for (unsigned i = 0; i < MAX_OBJECTS; i++)
		sk_socket_close(&objects[i]);
	sk_socket_close(&client);
}

static void calls_of_a_session_end_with_it(void **state)
{
	struct sk_socket client, object;

	(void)state;
	fixture_connect(&client);
	assert_int_equal(mint(&client, &object), SK_OK);
	assert_int_equal(fixture_call(&object, KEEP, 0, BRIEFLY), SK_TIMED_OUT);
	assert_int_equal(fixture_ask(&client, TOLD), 1);
	sk_socket_close(&object);
	fixture_await(&client, OBJECTS_GONE, 1);
	assert_int_equal(fixture_call(&client, RELEASE, 1, SK_FOREVER), SK_OK);
	assert_int_equal(fixture_word(&client, NUMBER), SK_PEER_CLOSED);
	sk_socket_close(&client);
}

/* ---- handles that are copied ---- */

static void copy_arrives_and_the_own_stays(void **state)
{
	struct sk_socket client;
	struct sk_attached *attached;
	int ends[2];
	char byte;

	(void)state;
	fixture_connect(&client);
	attached = &client.channel.request.attached;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	for (unsigned i = 0; i < 3; i++) {
		struct sk_handle handle = {.raw = ends[1]};

		sk_attach_none(attached);
		assert_true(sk_attach_handle(attached, handle, SK_RIGHTS_ALL, true));
		assert_int_equal(fixture_call(&client, TAKE_FD, 0, SK_FOREVER), SK_OK);
		assert_int_equal(fixture_word(&client, NUMBER), 1);
	}
	assert_int_equal(write(ends[1], "!", 1), 1);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(read(ends[0], &byte, 1), 1);
	/* Also where nothing is sent. */
	attached->handle_count = 1;
	assert_int_equal(sk_invoke(&client.channel, SK_TOO_BIG, &method, NULL), SK_TOO_BIG);
	assert_int_equal(write(ends[1], "!", 1), 1);
	close(ends[0]);
	close(ends[1]);
	sk_socket_close(&client);
}

/* ---- deadlines and interruption ---- */

static void server_sees_the_deadline(void **state)
{
	struct sk_socket client;

	(void)state;
	fixture_connect(&client);
	assert_int_equal(fixture_call(&client, SHOW_DEADLINE, 0, SK_FOREVER), SK_OK);
	assert_int_equal(fixture_word(&client, NUMBER), -1);
	assert_int_equal(fixture_call(&client, SHOW_DEADLINE, 0, sk_socket_after(60000)),
		SK_OK);
	assert_in_range(fixture_word(&client, NUMBER), 50000, 60000);
	sk_socket_close(&client);
}

static void methods_own_deadline_counts_where_none_is_named(void **state)
{
	const struct sk_method hasty = {.reply_id = REPLY_ID, .deadline_ms = 30};
	struct sk_socket client;
	uint64_t start = sk_socket_now();

	(void)state;
	fixture_connect(&client);
	fixture_encode(client.channel.request.bytes, KEEP, 0);
	assert_int_equal(sk_invoke(&client.channel, 16, &hasty, NULL), SK_TIMED_OUT);
	assert_true(sk_socket_now() - start >= 30 * UINT64_C(1000000));
	assert_int_equal(fixture_call(&client, RELEASE, 0, SK_FOREVER), SK_OK);
	sk_socket_close(&client);
}

static const struct sk_method cancellable = {
	.reply_id = REPLY_ID, .flags = SK_METHOD_CANCELLABLE,
};
static volatile int flag;

static void on_signal(int number)
{
	(void)number;
}

struct interrupter {
	pthread_t thread, target;
	useconds_t after;
};

static void *interrupt(void *argument)
{
	const struct interrupter *self = argument;

	if (self->after > 0)
		usleep(self->after);
	__atomic_store_n(&flag, 1, __ATOMIC_RELEASE);
	pthread_kill(self->target, SIGUSR1);
	return NULL;
}

static int interrupted_call(struct sk_socket *client, useconds_t after)
{
	const struct sk_call call = {.deadline = sk_socket_after(10000), .cancel = &flag};
	struct interrupter other = {.target = pthread_self(), .after = after};
	int status;

	flag = 0;
	fixture_encode(client->channel.request.bytes, KEEP, 0);
	assert_int_equal(pthread_create(&other.thread, NULL, interrupt, &other), 0);
	status = sk_invoke(&client->channel, 16, &cancellable, &call);
	assert_int_equal(pthread_join(other.thread, NULL), 0);
	return status;
}

static void interrupted_calls_end_and_the_server_is_told(void **state)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART}, old;
	struct sk_socket client, other;
	int told = 0;

	(void)state;
	fixture_connect(&client);
	fixture_connect(&other);
	sigaction(SIGUSR1, &action, &old);
	for (useconds_t i = 0; i < 300; i++) {
		assert_int_equal(interrupted_call(&client, i % 100), SK_CANCELED);
		if (!client.channel.delivered)
			continue;
		told++;
		fixture_await(&other, TOLD, told);
		assert_int_equal(fixture_call(&other, RELEASE, 2, SK_FOREVER), SK_OK);
		assert_int_equal(fixture_word(&other, NUMBER), SK_CANCELED);
	}
	assert_true(told > 0);
	assert_int_equal(fixture_call(&client, ECHO, 5, SK_FOREVER), SK_OK);
	assert_int_equal(fixture_word(&client, NUMBER), 5);
	sigaction(SIGUSR1, &old, NULL);
	sk_socket_close(&client);
	sk_socket_close(&other);
}

static void on_alarm(int number)
{
	(void)number;
	flag = 1;
}

/* An alarm goes off at every moment of a call to a server that says nothing:
 * between looking at the flag and sleeping, too. */
static void no_signal_is_slept_through(void **state)
{
	struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART}, old;
	struct sk_socket client;
	uint8_t bytes[200];
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(sk_socket_adopt(&client, ends[0]), SK_OK);
	sigaction(SIGALRM, &action, &old);
	for (suseconds_t i = 0; i < 4000; i++) {
		const struct sk_call call = {sk_socket_after(3000), &flag};
		const struct itimerval once = {{0, 0}, {0, 1 + i % 40}};

		flag = 0;
		fixture_encode(client.channel.request.bytes, KEEP, 0);
		setitimer(ITIMER_REAL, &once, NULL);
		assert_int_equal(sk_invoke(&client.channel, 16, &cancellable, &call),
			SK_CANCELED);
		while (recv(ends[1], bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
			;
	}
	sigaction(SIGALRM, &old, NULL);
	close(ends[1]);
	sk_socket_close(&client);
}

static void flag_that_is_set_before_sends_nothing(void **state)
{
	const struct sk_call call = {.deadline = SK_FOREVER, .cancel = &flag};
	struct sk_socket client;

	(void)state;
	fixture_connect(&client);
	flag = 1;
	fixture_encode(client.channel.request.bytes, ECHO, 0);
	assert_int_equal(sk_invoke(&client.channel, 16, &cancellable, &call), SK_CANCELED);
	assert_false(client.channel.delivered);
	flag = 0;
	assert_int_equal(sk_invoke(&client.channel, 16, &cancellable, &call), SK_OK);
	assert_int_equal(sk_invoke(&client.channel, 16, &method, &call), SK_INVALID);
	sk_socket_close(&client);
}

/* ---- connecting again ---- */

static int die(void *self, struct sk_incoming *incoming)
{
	(void)self;
	(void)incoming;
	_exit(3);
}

static void serve_at(const char *path, bool dies)
{
	static struct sk_server server;
	struct sk_server_config config = fixture_config(path);

	if (dies)
		config.dispatch = die;
	if (sk_server_open(&server, &config) == SK_OK)
		sk_server_run(&server);
	_exit(0);
}

/* A server of which the first so many lives end with their first request. */
static pid_t start_server(const char *path, unsigned lives)
{
	pid_t keeper = fork(), child;

	if (keeper != 0)
		return keeper;
	for (unsigned i = 0; i < lives; i++) {
		child = fork();
		if (child == 0)
			serve_at(path, true);
		waitpid(child, NULL, 0);
	}
	serve_at(path, false);
	return 0;
}

static const struct sk_method idempotent = {
	.reply_id = REPLY_ID, .flags = SK_METHOD_IDEMPOTENT,
};

static int call_as(struct sk_socket *client, const struct sk_method *as, uint64_t deadline)
{
	const struct sk_call call = {.deadline = deadline};

	fixture_encode(client->channel.request.bytes, ECHO, 77);
	return sk_invoke(&client->channel, 16, as, &call);
}

static void connect_lasting(struct sk_socket *client, const char *path)
{
	while (sk_socket_connect_lasting(client, path, SK_FOREVER) != SK_OK)
		usleep(1000);
}

static void end_server(pid_t child, const char *path)
{
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	unlink(path);
}

static void repeatable_call_survives_the_death_of_its_server(void **state)
{
	struct sk_socket client;
	char path[80];
	pid_t child;

	(void)state;
	snprintf(path, sizeof(path), "%s.again", fixture.path);
	child = start_server(path, 2);
	connect_lasting(&client, path);
	assert_int_equal(call_as(&client, &idempotent, sk_socket_after(20000)), SK_OK);
	assert_int_equal(fixture_word(&client, NUMBER), 77);
	end_server(child, path);
	sk_socket_close(&client);
}

static void call_that_must_not_be_repeated_is_not(void **state)
{
	struct sk_socket client;
	char path[80];
	pid_t child;

	(void)state;
	snprintf(path, sizeof(path), "%s.again", fixture.path);
	child = start_server(path, 1);
	connect_lasting(&client, path);
	assert_int_equal(call_as(&client, &method, sk_socket_after(20000)), SK_PEER_CLOSED);
	assert_true(client.channel.delivered);
	/* The next one finds the connection closed: that was never delivered. */
	assert_int_equal(call_as(&client, &method, sk_socket_after(20000)), SK_OK);
	end_server(child, path);
	sk_socket_close(&client);
}

static void request_that_kills_every_server_is_not_made_for_ever(void **state)
{
	struct sk_socket client;
	char path[80];
	pid_t child;

	(void)state;
	snprintf(path, sizeof(path), "%s.again", fixture.path);
	child = start_server(path, SK_ATTEMPTS_MAX);
	connect_lasting(&client, path);
	assert_int_equal(call_as(&client, &idempotent, SK_FOREVER), SK_PEER_CLOSED);
	assert_true(client.channel.delivered);
	end_server(child, path);
	sk_socket_close(&client);
}

static void connecting_again_ends_with_the_deadline(void **state)
{
	struct sk_socket client;
	char path[80];
	pid_t child;

	(void)state;
	snprintf(path, sizeof(path), "%s.again", fixture.path);
	child = start_server(path, 0);
	connect_lasting(&client, path);
	assert_int_equal(call_as(&client, &method, sk_socket_after(20000)), SK_OK);
	end_server(child, path);
	assert_int_equal(call_as(&client, &method, BRIEFLY), SK_TIMED_OUT);
	assert_false(client.channel.delivered);
	assert_int_equal(call_as(&client, &method, SK_POLL), SK_PEER_CLOSED);
	child = start_server(path, 0);
	assert_int_equal(call_as(&client, &method, SK_FOREVER), SK_OK);
	sk_socket_close(&client);
	assert_int_equal(call_as(&client, &method, SK_FOREVER), SK_PEER_CLOSED);
	end_server(child, path);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(minted_session_reaches_its_object),
		TEST(session_is_gone_with_its_last_handle),
		TEST(too_many_sessions_are_exhausted_and_clients_still_come),
		TEST(calls_of_a_session_end_with_it),
		TEST(copy_arrives_and_the_own_stays),
		TEST(server_sees_the_deadline),
		TEST(methods_own_deadline_counts_where_none_is_named),
		TEST(interrupted_calls_end_and_the_server_is_told),
		/* Without the server's thread, which could get the signal. */
		cmocka_unit_test(no_signal_is_slept_through),
		TEST(flag_that_is_set_before_sends_nothing),
		TEST(repeatable_call_survives_the_death_of_its_server),
		TEST(call_that_must_not_be_repeated_is_not),
		TEST(request_that_kills_every_server_is_not_made_for_ever),
		TEST(connecting_again_ends_with_the_deadline),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("runtime socket, objects", tests, NULL, NULL);
}
