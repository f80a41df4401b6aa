/*
 * The devices. Of the screen the cells in memory, two bytes each, and two registers of the
 * 6845 that say where the cursor is; of the keyboard the controller i8042, which makes
 * codes of set 1 of what the keyboard says.
 */
#include "servers/screen/screen.h"

#include "kernel.skald.h"

/* Places in the manifest. */
enum { SCREEN_PORTS, SCREEN_MEMORY, KEY_DATA, KEY_STATE, KEY_INTERRUPT };

/* The 6845: the number of a register, then its value. */
#define INDEX 0
#define VALUE 1
#define CURSOR_SHAPE 0x0a
#define CURSOR_HIGH 0x0e
#define CURSOR_LOW 0x0f
#define CURSOR_OFF 0x20
#define CURSOR_FIRST 14			/* and last of the character's rows */

/* The i8042. */
#define HAS_OUTPUT 0x01
#define IS_BUSY 0x02
#define IS_MOUSE 0x20
#define ABSENT 0xff
#define READ_SETTINGS 0x20
#define WRITE_SETTINGS 0x60
#define KEYBOARD_OFF 0xad
#define KEYBOARD_ON 0xae
#define SETTING_INTERRUPT 0x01
#define SETTING_OFF 0x10
#define SETTING_SET_1 0x40
#define SCAN 0xf4			/* to the keyboard itself: tell of keys */

/* Milliseconds that the controller may take for one thing. */
#define PATIENCE 50
/* Codes that one interrupt takes; a device that is never done is left alone then. */
#define CODES 64

static uint8_t get(struct sk_kernel_channel *ports, uint16_t port)
{
	const struct kernel_IoPorts_read_request request = {.port = port, .width = 1};
	struct kernel_IoPorts_read_reply reply = {.value = ABSENT};

	kernel_IoPorts_read(&ports->channel, &request, &reply, NULL);
	return (uint8_t)reply.value;
}

static void put(struct sk_kernel_channel *ports, uint16_t port, uint8_t value)
{
	const struct kernel_IoPorts_write_request request = {port, 1, value};
	struct kernel_IoPorts_write_reply reply;

	kernel_IoPorts_write(&ports->channel, &request, &reply, NULL);
}

static bool take_ports(struct screen *screen, uint32_t want, struct sk_kernel_channel *ports)
{
	struct svrctl_Server_ports_reply reply;

	if (svrctl_Server_ports(&screen->os->supervisor.channel,
			&(struct svrctl_Server_ports_request){want}, &reply, NULL) != SK_OK)
		return false;
	sk_os_channel(screen->os, ports, reply.ports.raw);
	return true;
}

/* ---- the screen ---- */

static void set_register(struct screen *screen, uint8_t which, uint8_t value)
{
	put(&screen->screen_ports, INDEX, which);
	put(&screen->screen_ports, VALUE, value);
}

static uint8_t get_register(struct screen *screen, uint8_t which)
{
	put(&screen->screen_ports, INDEX, which);
	return get(&screen->screen_ports, VALUE);
}

/* What is no 6845 does not keep what it is told. */
static bool is_there(struct screen *screen)
{
	uint8_t was = get_register(screen, CURSOR_LOW);
	bool kept = true;

	for (unsigned value = 0x25; value <= 0x5a; value += 0x35) {
		set_register(screen, CURSOR_LOW, (uint8_t)value);
		kept = get_register(screen, CURSOR_LOW) == value && kept;
	}
	set_register(screen, CURSOR_LOW, was);
	return kept;
}

static bool map_cells(struct screen *screen)
{
	struct svrctl_Server_memory_reply memory;
	struct kernel_Space_map_request request;
	struct kernel_Space_map_reply mapped;
	int error;

	if (svrctl_Server_memory(&screen->os->supervisor.channel,
			&(struct svrctl_Server_memory_request){SCREEN_MEMORY}, &memory, NULL) !=
			SK_OK)
		return false;
	kernel_Space_map_request_init(&request);
	request.memory.raw = memory.memory.raw;
	request.length = 2 * SK_PAGE;
	request.protection = kernel_Protection_READ | kernel_Protection_WRITE;
	error = kernel_Space_map(&screen->os->thread->space.channel, &request, &mapped, NULL);
	sk_close(&screen->os->thread->space.channel, memory.memory.raw);
	screen->cells = (volatile uint16_t *)(uintptr_t)mapped.address;
	return error == SK_OK;
}

static void show_cursor(struct screen *screen)
{
	const struct emulator *e = &screen->emulator;
	uint32_t cursor = e->is_cursor_shown ? e->at.row * EMULATOR_COLUMNS + e->at.column :
		EMULATOR_CELLS;

	if (cursor == screen->cursor)
		return;
	screen->cursor = cursor;
	set_register(screen, CURSOR_SHAPE, e->is_cursor_shown ? CURSOR_FIRST : CURSOR_OFF);
	set_register(screen, CURSOR_HIGH, (uint8_t)(cursor >> 8));
	set_register(screen, CURSOR_LOW, (uint8_t)cursor);
}

void hardware_show(struct screen *screen)
{
	struct emulator *e = &screen->emulator;

	for (uint32_t row = 0; row < EMULATOR_ROWS; row++) {
		if (!(e->changed & 1u << row))
			continue;
		for (uint32_t i = row * EMULATOR_COLUMNS; i < (row + 1) * EMULATOR_COLUMNS; i++)
			screen->cells[i] = e->cells[i];
	}
	e->changed = 0;
	show_cursor(screen);
}

/* ---- the keyboard ---- */

/* Until the controller's state is so. */
static bool await(struct screen *screen, uint8_t mask, uint8_t wanted)
{
	for (unsigned i = 0; i < PATIENCE; i++) {
		if ((get(&screen->key_state, 0) & mask) == wanted)
			return true;
		sk_os_sleep(screen->os, 1);
	}
	return false;
}

static bool command(struct screen *screen, uint8_t what)
{
	bool is_ready = await(screen, IS_BUSY, 0);

	if (is_ready)
		put(&screen->key_state, 0, what);
	return is_ready;
}

static bool say(struct screen *screen, uint8_t what)
{
	bool is_ready = await(screen, IS_BUSY, 0);

	if (is_ready)
		put(&screen->key_data, 0, what);
	return is_ready;
}

static void forget_output(struct screen *screen)
{
	for (unsigned i = 0; i < CODES && get(&screen->key_state, 0) & HAS_OUTPUT; i++)
		get(&screen->key_data, 0);
}

static bool start_keyboard(struct screen *screen)
{
	uint8_t settings;

	if (get(&screen->key_state, 0) == ABSENT || !command(screen, KEYBOARD_OFF))
		return false;
	forget_output(screen);
	if (!command(screen, READ_SETTINGS) || !await(screen, HAS_OUTPUT, HAS_OUTPUT))
		return false;
	settings = get(&screen->key_data, 0);
	settings = (uint8_t)((settings | SETTING_INTERRUPT | SETTING_SET_1) & ~SETTING_OFF);
	return command(screen, WRITE_SETTINGS) && say(screen, settings) &&
		command(screen, KEYBOARD_ON) && say(screen, SCAN);
}

static void take_code(struct screen *screen, uint8_t code)
{
	uint8_t bytes[KEYS_BYTES];
	uint32_t count = keys_take(&screen->keys, code, bytes);

	screen->counts.received += count;
	if (count > SCREEN_INPUT - (screen->in_head - screen->in_tail)) {
		screen->counts.buffer_overruns += count;
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		screen->input[screen->in_head++ % SCREEN_INPUT] = bytes[i];
}

static void came(void *self)
{
	const struct kernel_Interrupt_acknowledge_request request = {0};
	struct kernel_Interrupt_acknowledge_reply reply;
	struct screen *screen = self;
	uint8_t state;

	/* First: an edge that comes meanwhile is then told of. */
	kernel_Interrupt_acknowledge(&screen->interrupt.channel, &request, &reply, NULL);
	for (unsigned i = 0; i < CODES; i++) {
		uint8_t code;

		state = get(&screen->key_state, 0);
		if (!(state & HAS_OUTPUT) || state == ABSENT)
			break;
		code = get(&screen->key_data, 0);
		if (!(state & IS_MOUSE))
			take_code(screen, code);
	}
	line_typed(screen);
}

static bool take_interrupt(struct screen *screen)
{
	struct svrctl_Server_interrupt_reply line;
	struct kernel_Interrupt_bind_reply bound;
	uint64_t bits = sk_os_signal(screen->os, came, screen);

	if (svrctl_Server_interrupt(&screen->os->supervisor.channel,
			&(struct svrctl_Server_interrupt_request){KEY_INTERRUPT}, &line, NULL) !=
			SK_OK)
		return false;
	sk_os_channel(screen->os, &screen->interrupt, line.interrupt.raw);
	return kernel_Interrupt_bind(&screen->interrupt.channel,
		&(struct kernel_Interrupt_bind_request){.has_notify = true,
		.notify = {sk_os_notify(screen->os)}, .bits = bits}, &bound, NULL) == SK_OK;
}

bool hardware_open(struct screen *screen)
{
	if (!take_ports(screen, SCREEN_PORTS, &screen->screen_ports) || !is_there(screen) ||
			!map_cells(screen))
		return false;
	if (!take_ports(screen, KEY_DATA, &screen->key_data) ||
			!take_ports(screen, KEY_STATE, &screen->key_state) ||
			!take_interrupt(screen) || !start_keyboard(screen))
		sk_log(screen->os, log_Level_WARNING, "there is no keyboard");
	return true;
}
