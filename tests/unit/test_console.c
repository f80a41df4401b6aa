/*
 * The console's line discipline, beside Linux's: a pseudo-terminal of the host gets the
 * same settings and the same bytes, and what comes back and what is read is compared.
 * CONSOLE_SEED=n runs one seed of the random cases again.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "runtime/terminal/discipline.h"

#define SEEDS 60
#define STEPS 60
/* Milliseconds that Linux may take until it has done what we expect. */
#define PATIENCE 3000

static struct ldisc ld;
static int master, slave;
static unsigned seed;
static char what[200];			/* is being done, for failures */

/* ---- both sides ---- */

static uint32_t drain(uint8_t *to, uint32_t capacity)
{
	uint32_t done = 0, count;
	const uint8_t *bytes;

	while ((count = ldisc_output(&ld, &bytes)) > 0) {
		assert_true(done + count <= capacity);
		memcpy(to + done, bytes, count);
		done += count;
		ldisc_sent(&ld, count);
		ldisc_echo(&ld);
	}
	return done;
}

static void show(const char *who, const uint8_t *bytes, size_t size)
{
	print_message("#   %s:", who);
	for (size_t i = 0; i < size; i++)
		print_message(bytes[i] > 32 && bytes[i] < 127 ? " %c" : " %02x", bytes[i]);
	print_message("\n");
}

static void expect_same(const uint8_t *linux_has, size_t linux_size, const uint8_t *we_have,
	size_t our_size)
{
	if (linux_size == our_size && memcmp(linux_has, we_have, our_size) == 0)
		return;
	print_message("# seed %u: %s\n# input %o output %o local %o\n", seed, what,
		ld.settings.input, ld.settings.output, ld.settings.local);
	show("Linux", linux_has, linux_size);
	show("here", we_have, our_size);
	fail();
}

/* All that the master gets, of which so much is waited for. */
static size_t listen_for(uint8_t *to, size_t capacity, size_t expected)
{
	size_t done = 0;

	for (;;) {
		struct pollfd ready = {.fd = master, .events = POLLIN};
		ssize_t count;

		if (poll(&ready, 1, done < expected ? PATIENCE : 0) <= 0)
			return done;
		count = read(master, to + done, capacity - done);
		if (count <= 0)
			return done;
		done += (size_t)count;
	}
}

/* Linux processes input by a worker: poll() waits for it, unless there is a line. */
static void settle(void)
{
	struct pollfd ready = {.fd = slave, .events = POLLIN};

	poll(&ready, 1, 0);
}

static void compare_output(void)
{
	static uint8_t ours[65536], theirs[65536];
	uint32_t size = drain(ours, sizeof(ours));

	settle();
	expect_same(theirs, listen_for(theirs, sizeof(theirs), size), ours, size);
}

static void compare_available(void)
{
	int theirs = -1, ours = (int)ldisc_available(&ld);

	for (int i = 0; i < PATIENCE && theirs != ours; i++) {
		if (i > 0)
			nanosleep(&(struct timespec){0, 1000000}, NULL);
		assert_int_equal(ioctl(slave, FIONREAD, &theirs), 0);
	}
	expect_same((uint8_t *)&theirs, sizeof(theirs), (uint8_t *)&ours, sizeof(ours));
}

/* ---- steps ---- */

static void type(const uint8_t *bytes, uint32_t count)
{
	uint32_t done = 0;

	assert_int_equal(write(master, bytes, count), count);
	while (done < count) {
		uint32_t taken = ldisc_type(&ld, bytes + done, count - done);

		assert_true(taken > 0);
		done += taken;
	}
	compare_output();
	compare_available();
}

static void type_text(const char *text)
{
	snprintf(what, sizeof(what), "type %s", text);
	type((const uint8_t *)text, (uint32_t)strlen(text));
}

static void say(const uint8_t *bytes, uint32_t count)
{
	ssize_t theirs = write(slave, bytes, count);
	uint32_t ours = ldisc_write(&ld, bytes, count);

	assert_int_equal(theirs < 0 ? 0 : theirs, ours);
	compare_output();
}

/* True: there was something. */
static bool read_some(uint32_t count)
{
	static uint8_t ours[8192], theirs[8192];
	bool readable = ldisc_is_readable(&ld, 1), ended;
	ssize_t got;
	uint32_t size;

	if (!readable && !(ld.settings.local & tty_LocalFlags_CANONICAL))
		return false;
	got = read(slave, theirs, count);
	if (!readable) {
		assert_true(got < 0 && errno == EAGAIN);
		return false;
	}
	size = ldisc_read(&ld, ours, count, &ended);
	snprintf(what, sizeof(what), "read %u", count);
	expect_same(theirs, got < 0 ? 0 : (size_t)got, ours, size);
	assert_true(got >= 0);
	compare_available();
	return true;
}

static void read_all(void)
{
	while (read_some(4096))
		;
}

static void set(const struct tty_Settings *settings)
{
	struct termios theirs;

	assert_int_equal(tcgetattr(slave, &theirs), 0);
	theirs.c_iflag = settings->input;
	theirs.c_oflag = settings->output;
	theirs.c_lflag = settings->local;
	memcpy(theirs.c_cc, settings->characters, 17);
	assert_int_equal(tcsetattr(slave, TCSANOW, &theirs), 0);
	ldisc_set(&ld, settings);
	snprintf(what, sizeof(what), "settings");
	compare_output();
	compare_available();
}

static int open_both(void **state)
{
	char name[64];

	(void)state;
	master = posix_openpt(O_RDWR | O_NOCTTY);
	if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0 ||
			ptsname_r(master, name, sizeof(name)) != 0)
		return -1;
	slave = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK);
	ldisc_init(&ld);
	return slave < 0 ? -1 : 0;
}

static int close_both(void **state)
{
	(void)state;
	close(slave);
	close(master);
	return 0;
}

/* ---- cases ---- */

static void first_settings(void **state)
{
	struct termios theirs;

	(void)state;
	assert_int_equal(tcgetattr(slave, &theirs), 0);
	assert_int_equal(theirs.c_iflag, ld.settings.input);
	assert_int_equal(theirs.c_oflag, ld.settings.output);
	assert_int_equal(theirs.c_lflag, ld.settings.local);
	assert_memory_equal(theirs.c_cc, ld.settings.characters, 17);
}

static void lines(void **state)
{
	(void)state;
	type_text("hello\n");
	type_text("a\tb\x7f\x7f" "c\x17" "word one\x17two\x15" "three\r");
	type_text("x\x04\x04");
	type_text("\x16\x03\x01\x12\n");
	read_all();
	type_text("gone\x03");
	type_text("kept\n");
	assert_int_equal(ld.signals, 1u << tty_Signal_INTERRUPT);
	read_some(2);
	read_some(2);
	read_some(2);
	say((const uint8_t *)"one\ttwo\nthree\r\b", 16);
}

static void end_of_file(void **state)
{
	uint8_t byte;
	bool ended;

	(void)state;
	type_text("ab\x04");
	/* It goes with the last byte for which there is room. */
	read_some(2);
	assert_false(ldisc_is_readable(&ld, 1));
	type_text("\x04");
	assert_true(ldisc_is_readable(&ld, 1));
	assert_int_equal(ldisc_read(&ld, &byte, 1, &ended), 0);
	assert_true(ended);
}

static void long_line(void **state)
{
	uint8_t many[250];

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		memset(many, 'a' + (int)i, sizeof(many));
		type(many, sizeof(many));
	}
	type_text("\n");
	assert_int_equal(ldisc_available(&ld), LDISC_SIZE);
	read_all();
}

static void flow(void **state)
{
	(void)state;
	type_text("\x13");
	assert_true(ld.is_stopped);
	type_text("typed");
	say((const uint8_t *)"unsaid", 6);
	type_text("\x11");
	say((const uint8_t *)"said", 4);
}

/* ---- at random ---- */

static uint32_t below(uint32_t end)
{
	static uint32_t state;

	if (state == 0 || end == 0)
		state = seed * 2654435761u + 12345;
	state = state * 1664525 + 1013904223;
	return end ? (state >> 8) % end : 0;
}

/* Some of the flags: often all as usual. */
static uint32_t some(uint32_t flags, uint32_t usual)
{
	uint32_t bits = (below(65536) << 16) | below(65536);

	return below(3) ? usual ^ (bits & (below(65536) << 16 | below(65536)) &
		(below(65536) << 8 | below(65536)) & flags) : bits & flags;
}

static void random_settings(void)
{
	struct tty_Settings settings = ld.settings;

	settle();
	settings.input = some(IGNBRK | BRKINT | IGNPAR | PARMRK | INPCK | ISTRIP | INLCR |
		IGNCR | ICRNL | IUCLC | IXON | IXANY | IUTF8, ICRNL | IXON);
	settings.output = some(OPOST | OLCUC | ONLCR | OCRNL | ONOCR | ONLRET | TAB3,
		OPOST | ONLCR);
	settings.local = some(ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHONL | NOFLSH |
		ECHOCTL | ECHOPRT | ECHOKE | IEXTEN, ISIG | ICANON | ECHO | ECHOE | ECHOK |
		ECHOCTL | ECHOKE | IEXTEN);
	if (below(4) == 0)
		settings.characters[tty_Character_END_OF_LINE] = (uint8_t)"|;\0\xff"[below(4)];
	if (below(4) == 0)
		settings.characters[tty_Character_END_OF_LINE_2] = (uint8_t)"!\0x"[below(3)];
	if (below(6) == 0)
		settings.characters[tty_Character_ERASE] = (uint8_t)"\x7f\b#\0"[below(4)];
	settings.characters[tty_Character_MINIMUM] = (uint8_t)(1 + below(9));
	set(&settings);
}

static uint8_t random_byte(void)
{
	static const uint8_t keys[] = "\x7f\x7f\x7f\x15\x17\x17\x12\x16\x04\n\n\n\r\t\t\b |;!#"
		"\x1b\xff\xc3\xa4\xe2\x82\xac\x80_";

	switch (below(4)) {
	case 0:
		return keys[below(sizeof(keys) - 1)];
	case 1:
		return (uint8_t)below(256);
	default:
		return (uint8_t)(below(5) ? (below(6) ? 'a' : 'A') + below(26) : ' ');
	}
}

/* There is something to read, so settle() waits for nothing. */
static bool cannot_settle(void)
{
	return ldisc_is_readable(&ld, ld.settings.characters[tty_Character_MINIMUM]);
}

/* Output is flushed, or stopped: what came before is waited for. */
static bool needs_silence(uint8_t c)
{
	return c == 3 || c == 0x1c || c == 0x1a || c == 0x11 || c == 0x13;
}

static void random_typing(void)
{
	uint8_t bytes[40];
	uint32_t count = 0, wanted = 1 + below(below(3) ? 6 : 40);
	bool is_alone = below(8) == 0;

	if (is_alone)
		bytes[count++] = (uint8_t)"\x03\x1c\x1a\x11\x13\x11"[below(6)];
	while (!is_alone && count < wanted) {
		bytes[count] = random_byte();
		count += !needs_silence(bytes[count] & 0x7f);
	}
	if (is_alone)
		read_all();
	snprintf(what, sizeof(what), "type %u bytes, 0x%02x first", count, bytes[0]);
	type(bytes, count);
}

static void random_saying(void)
{
	uint8_t bytes[64];
	uint32_t count = 1 + below(64);

	for (uint32_t i = 0; i < count; i++)
		bytes[i] = random_byte();
	snprintf(what, sizeof(what), "write %u bytes, 0x%02x first", count, bytes[0]);
	say(bytes, count);
}

static void random_steps(void)
{
	below(0);
	for (unsigned i = 0; i < STEPS; i++) {
		switch (below(12)) {
		case 0:
			if (below(3) || cannot_settle())
				read_all();
			random_settings();
			break;
		case 1:
		case 2:
			random_saying();
			break;
		case 3:
			read_some(1 + below(10));
			break;
		case 4:
			read_all();
			break;
		default:
			random_typing();
		}
	}
}

static void as_linux_at_random(void **state)
{
	const char *wanted = getenv("CONSOLE_SEED");

	for (seed = wanted ? (unsigned)atoi(wanted) : 1; seed <= SEEDS || wanted; seed++) {
		random_steps();
		close_both(state);
		assert_int_equal(open_both(state), 0);
		if (wanted)
			break;
	}
}

/* ---- what a pseudo-terminal does not do ---- */

static void mishaps(void **state)
{
	struct tty_Settings settings = ld.settings;
	uint8_t bytes[16];
	bool ended;

	(void)state;
	settings.local = 0;
	settings.input = tty_InputFlags_MARK_PARITY | tty_InputFlags_CHECK_PARITY;
	ldisc_set(&ld, &settings);
	assert_true(ldisc_mishap(&ld, 'x', tty_Mishap_PARITY));
	assert_true(ldisc_mishap(&ld, 0, tty_Mishap_BREAK));
	ldisc_type(&ld, (const uint8_t *)"\xff", 1);
	assert_int_equal(ldisc_read(&ld, bytes, sizeof(bytes), &ended), 8);
	assert_memory_equal(bytes, "\xff\0x\xff\0\0\xff\xff", 8);
	assert_true(ld.has_break);
	settings.input = tty_InputFlags_BREAK_INTERRUPTS;
	ldisc_set(&ld, &settings);
	ld.signals = 0;
	assert_true(ldisc_mishap(&ld, 0, tty_Mishap_BREAK));
	assert_int_equal(ld.signals, 1u << tty_Signal_INTERRUPT);
}

static void throttling(void **state)
{
	struct tty_Settings settings = ld.settings;
	uint8_t many[1024];
	bool ended;

	(void)state;
	memset(many, 'x', sizeof(many));
	settings.local = 0;
	settings.input = tty_InputFlags_INPUT_FLOW;
	ldisc_set(&ld, &settings);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(ldisc_type(&ld, many, sizeof(many)), sizeof(many));
	ldisc_throttle(&ld);
	assert_int_equal(ld.urgent, 0);
	/* No more than there is room for. */
	assert_int_equal(ldisc_type(&ld, many, sizeof(many)), sizeof(many) - 1);
	assert_int_equal(ldisc_type(&ld, many, 1), 0);
	ldisc_throttle(&ld);
	assert_int_equal(ld.urgent, 0x13);
	for (unsigned i = 0; i < 4; i++)
		ldisc_read(&ld, many, sizeof(many), &ended);
	ldisc_throttle(&ld);
	assert_int_equal(ld.urgent, 0x11);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, open_both, close_both)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(first_settings), CASE(lines), CASE(end_of_file), CASE(long_line),
		CASE(flow), CASE(as_linux_at_random), CASE(mishaps), CASE(throttling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
