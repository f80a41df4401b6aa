/* The device's registers, and what moves between them and the queues. */
#include "servers/serial/uart.h"

#include "kernel.skald.h"

enum { DATA, INTERRUPTS, IDENTITY, LINE_CONTROL, MODEM_CONTROL, LINE_STATE, MODEM_STATE,
	SCRATCH };

/* INTERRUPTS */
#define ON_INPUT 0x01
#define ON_EMPTY 0x02
#define ON_OTHERS 0x0c			/* mishaps, and modem lines */
/* IDENTITY, read: none waits. */
#define NONE_WAITS 0x01
#define FIFOS_ON 0x81			/* tells of input from 8 bytes on, or when it pauses */
#define FORGET_INPUT 0x02
#define FORGET_OUTPUT 0x04
/* LINE_CONTROL */
#define DIVISOR 0x80
#define BREAK 0x40
/* MODEM_CONTROL */
#define READY 0x01
#define REQUEST 0x02
#define INTERRUPT_LINE 0x08
/* LINE_STATE */
#define HAS_INPUT 0x01
#define OVERRUN 0x02
#define PARITY 0x04
#define FRAME 0x08
#define BROKEN 0x10
#define IS_EMPTY 0x20
#define IS_IDLE 0x40
/* MODEM_STATE */
#define CLEAR 0x10

#define BASE_SPEED 115200u
#define PLACES 15			/* of the 16: uart.h */
/* A device that is never done is left alone for a while. */
#define ROUNDS 64

static uint8_t get(struct uart *uart, uint16_t port)
{
	const struct kernel_IoPorts_read_request request = {.port = port, .width = 1};
	struct kernel_IoPorts_read_reply reply = {0};

	kernel_IoPorts_read(&uart->ports.channel, &request, &reply, NULL);
	return (uint8_t)reply.value;
}

static void put(struct uart *uart, uint16_t port, uint8_t value)
{
	const struct kernel_IoPorts_write_request request = {port, 1, value};
	struct kernel_IoPorts_write_reply reply;

	kernel_IoPorts_write(&uart->ports.channel, &request, &reply, NULL);
}

/* ---- output ---- */

static bool is_held(const struct uart *uart)
{
	return uart->is_stopped || uart->is_stopped_by_flow ||
		((uart->settings.control & tty_ControlFlags_HARDWARE_FLOW) &&
		!(uart->modem_state & CLEAR));
}

static uint32_t collect(struct uart *uart, uint8_t *bytes)
{
	uint32_t count = 0;

	if (uart->urgent)
		bytes[count++] = (uint8_t)uart->urgent;
	uart->urgent = 0;
	while (!is_held(uart) && count < PLACES && uart->out_tail != uart->out_head)
		bytes[count++] = uart->output[uart->out_tail++ % UART_QUEUE];
	return count;
}

static bool is_full(const struct uart *uart)
{
	return uart->in_head - uart->in_tail == UART_QUEUE;
}

/* What there is no room for stays in the device, which then stops the other side if
 * it can. */
static void set_interrupts(struct uart *uart, bool awaits_empty)
{
	uint8_t wanted = (uint8_t)(ON_OTHERS | (is_full(uart) ? 0 : ON_INPUT) |
		(awaits_empty ? ON_EMPTY : 0));

	if (wanted != uart->interrupts)
		put(uart, INTERRUPTS, wanted);
	uart->interrupts = wanted;
}

void uart_send(struct uart *uart)
{
	struct kernel_IoPorts_write_many_request request = {.port = DATA, .width = 1};
	struct kernel_IoPorts_write_many_reply reply;
	uint8_t bytes[PLACES];

	if (get(uart, LINE_STATE) & IS_EMPTY) {
		request.data = (struct sk_bytes){bytes, collect(uart, bytes)};
		uart->counts.sent += request.data.size;
		if (request.data.size > 0)
			kernel_IoPorts_write_many(&uart->ports.channel, &request, &reply, NULL);
	}
	set_interrupts(uart, uart->urgent ||
		(uart->out_tail != uart->out_head && !is_held(uart)));
}

bool uart_is_idle(struct uart *uart)
{
	return uart->out_tail == uart->out_head && !uart->urgent &&
		(get(uart, LINE_STATE) & IS_IDLE);
}

/* ---- input ---- */

/* START and STOP of the other side, where that is ours to obey. */
static bool is_flow(struct uart *uart, uint8_t byte)
{
	const struct tty_LineSettings *set = &uart->settings;

	if (!(set->flow & tty_InputFlags_OUTPUT_FLOW) ||
			(byte != set->start && byte != set->stop))
		return false;
	uart->is_stopped_by_flow = byte == set->stop;
	return true;
}

static void tell_other_side(struct uart *uart, bool stop)
{
	uart->has_throttled = stop;
	if (uart->settings.flow & tty_InputFlags_INPUT_FLOW)
		uart->urgent = 256u | (stop ? uart->settings.stop : uart->settings.start);
	if (uart->settings.control & tty_ControlFlags_HARDWARE_FLOW)
		uart_set_modem(uart, stop ? 0 : tty_Modem_REQUEST_TO_SEND,
			tty_Modem_REQUEST_TO_SEND);
}

static void throttle(struct uart *uart)
{
	uint32_t held = uart->in_head - uart->in_tail;

	if (!uart->has_throttled && held > UART_QUEUE * 3 / 4)
		tell_other_side(uart, true);
	else if (uart->has_throttled && held < UART_QUEUE / 4)
		tell_other_side(uart, false);
}

void uart_taken(struct uart *uart)
{
	throttle(uart);
	if (uart->urgent || !(uart->interrupts & ON_INPUT))
		uart_send(uart);
}

static uint8_t mishaps_of(struct uart *uart, uint8_t state)
{
	struct tty_Counts *counts = &uart->counts;

	counts->overruns += (state & OVERRUN) != 0;
	counts->breaks += (state & BROKEN) != 0;
	uart->has_break |= (state & BROKEN) != 0;
	if (state & BROKEN)
		return tty_Mishap_BREAK | (state & OVERRUN ? tty_Mishap_OVERRUN : 0);
	counts->parity_errors += (state & PARITY) != 0;
	counts->frame_errors += (state & FRAME) != 0;
	return (uint8_t)((state & PARITY ? tty_Mishap_PARITY : 0) |
		(state & FRAME ? tty_Mishap_FRAME : 0) |
		(state & OVERRUN ? tty_Mishap_OVERRUN : 0));
}

static void receive(struct uart *uart, uint8_t state)
{
	uint8_t byte = get(uart, DATA), mishaps = mishaps_of(uart, state);
	uint32_t at = uart->in_head % UART_QUEUE;

	uart->counts.received++;
	if (mishaps == 0 && is_flow(uart, byte))
		return;
	uart->input[at] = byte;
	uart->mishaps[at] = mishaps;
	uart->in_head++;
}

static void look_at_modem(struct uart *uart)
{
	uint8_t state = get(uart, MODEM_STATE);
	uint8_t changed = (uint8_t)((state ^ uart->modem_state) & 0xf0);

	uart->counts.clear_to_send += (changed & 0x10) != 0;
	uart->counts.data_set_ready += (changed & 0x20) != 0;
	uart->counts.ring += (changed & 0x40) != 0;
	uart->counts.carrier += (changed & 0x80) != 0;
	uart->modem_changed |= changed;
	uart->modem_state = state;
}

static void came(void *self)
{
	const struct kernel_Interrupt_acknowledge_request request = {0};
	struct kernel_Interrupt_acknowledge_reply reply;
	struct uart *uart = self;
	unsigned rounds = 0;

	/* First: an edge that comes meanwhile is then told of. */
	kernel_Interrupt_acknowledge(&uart->interrupt.channel, &request, &reply, NULL);
	for (; rounds < ROUNDS && !(get(uart, IDENTITY) & NONE_WAITS); rounds++) {
		uint8_t state;

		for (unsigned n = 0; n < ROUNDS && !is_full(uart) &&
				(state = get(uart, LINE_STATE)) & HAS_INPUT; n++)
			receive(uart, state);
		look_at_modem(uart);
		throttle(uart);
		uart_send(uart);
	}
	/* What is left makes another edge. */
	if (rounds == ROUNDS) {
		put(uart, INTERRUPTS, 0);
		put(uart, INTERRUPTS, uart->interrupts);
	}
	uart->changed(uart->self);
}

/* ---- settings ---- */

static uint32_t divisor_of(uint32_t speed)
{
	uint32_t divisor = speed ? (BASE_SPEED + speed / 2) / speed : 1;

	return divisor == 0 ? 1 : divisor > UINT16_MAX ? UINT16_MAX : divisor;
}

static void set_divisor(struct uart *uart, uint32_t divisor)
{
	for (unsigned i = 0; i < 8; i++) {
		bool is_set;

		put(uart, LINE_CONTROL, uart->line_control | DIVISOR);
		put(uart, DATA, (uint8_t)divisor);
		put(uart, INTERRUPTS, (uint8_t)(divisor >> 8));
		is_set = get(uart, DATA) == (uint8_t)divisor &&
			get(uart, INTERRUPTS) == (uint8_t)(divisor >> 8);
		put(uart, LINE_CONTROL, uart->line_control);
		if (is_set)
			return;
	}
}

static uint8_t line_control_of(tty_ControlFlags control)
{
	return (uint8_t)((control & tty_ControlFlags_SIZE_8) >> 4 |
		(control & tty_ControlFlags_TWO_STOP_BITS ? 0x04 : 0) |
		(control & tty_ControlFlags_PARITY ? 0x08 : 0) |
		(control & tty_ControlFlags_ODD_PARITY ? 0 : 0x10) |
		(control & tty_ControlFlags_STICK_PARITY ? 0x20 : 0));
}

/* Both directions have one speed: that of output. 0 hangs up. */
bool uart_set(struct uart *uart, const struct tty_LineSettings *settings)
{
	uint32_t old = divisor_of(uart->settings.output_speed), divisor;
	bool hangs_up = settings->output_speed == 0;

	if (settings->output_speed > BASE_SPEED * 2)
		return false;
	divisor = hangs_up ? old : divisor_of(settings->output_speed);
	uart->settings = *settings;
	uart->settings.output_speed = hangs_up ? 0 : BASE_SPEED / divisor;
	uart->settings.input_speed = uart->settings.output_speed;
	uart->line_control = (uint8_t)((uart->line_control & BREAK) |
		line_control_of(settings->control));
	put(uart, LINE_CONTROL, uart->line_control);
	if (divisor != old)
		set_divisor(uart, divisor);
	if (!(settings->flow & tty_InputFlags_OUTPUT_FLOW))
		uart->is_stopped_by_flow = false;
	if (hangs_up)
		uart_set_modem(uart, 0, tty_Modem_DATA_TERMINAL_READY |
			tty_Modem_REQUEST_TO_SEND);
	uart_send(uart);
	return true;
}

void uart_flush(struct uart *uart, tty_Queue queues)
{
	if (queues & tty_Queue_INPUT)
		uart->in_tail = uart->in_head;
	if (queues & tty_Queue_OUTPUT)
		uart->out_tail = uart->out_head;
	put(uart, IDENTITY, (uint8_t)(FIFOS_ON |
		(queues & tty_Queue_INPUT ? FORGET_INPUT : 0) |
		(queues & tty_Queue_OUTPUT ? FORGET_OUTPUT : 0)));
	uart_taken(uart);
}

void uart_break(struct uart *uart, bool on)
{
	uart->line_control = (uint8_t)(on ? uart->line_control | BREAK :
		uart->line_control & ~BREAK);
	put(uart, LINE_CONTROL, uart->line_control);
}

/* ---- modem lines ---- */

tty_Modem uart_modem_bits(uint8_t state)
{
	return (state & 0x10 ? tty_Modem_CLEAR_TO_SEND : 0) |
		(state & 0x20 ? tty_Modem_DATA_SET_READY : 0) |
		(state & 0x40 ? tty_Modem_RING : 0) | (state & 0x80 ? tty_Modem_CARRIER : 0);
}

tty_Modem uart_modem(struct uart *uart)
{
	look_at_modem(uart);
	return uart_modem_bits(uart->modem_state) |
		(uart->modem_control & READY ? tty_Modem_DATA_TERMINAL_READY : 0) |
		(uart->modem_control & REQUEST ? tty_Modem_REQUEST_TO_SEND : 0) |
		(uart->modem_control & 0x04 ? tty_Modem_OUT_1 : 0) | tty_Modem_OUT_2 |
		(uart->modem_control & 0x10 ? tty_Modem_LOOP : 0);
}

void uart_set_modem(struct uart *uart, tty_Modem lines, tty_Modem mask)
{
	static const struct {
		tty_Modem line;
		uint8_t bit;
	} settable[] = {{tty_Modem_DATA_TERMINAL_READY, READY},
		{tty_Modem_REQUEST_TO_SEND, REQUEST}, {tty_Modem_OUT_1, 0x04},
		{tty_Modem_LOOP, 0x10}};

	for (unsigned i = 0; i < sizeof(settable) / sizeof(*settable); i++) {
		if (!(mask & settable[i].line))
			continue;
		uart->modem_control &= (uint8_t)~settable[i].bit;
		if (lines & settable[i].line)
			uart->modem_control |= settable[i].bit;
	}
	put(uart, MODEM_CONTROL, uart->modem_control);
}

/* ---- beginning ---- */

static bool take_ports(struct uart *uart, uint32_t ports, uint32_t interrupt)
{
	struct sk_channel *supervisor = &uart->os->supervisor.channel;
	struct svrctl_Server_ports_reply own;
	struct svrctl_Server_interrupt_reply line;
	struct kernel_Interrupt_bind_reply bound;
	uint64_t bits = sk_os_signal(uart->os, came, uart);

	if (svrctl_Server_ports(supervisor, &(struct svrctl_Server_ports_request){ports},
			&own, NULL) != SK_OK)
		return false;
	sk_os_channel(uart->os, &uart->ports, own.ports.raw);
	if (svrctl_Server_interrupt(supervisor,
			&(struct svrctl_Server_interrupt_request){interrupt}, &line, NULL) != SK_OK)
		return false;
	sk_os_channel(uart->os, &uart->interrupt, line.interrupt.raw);
	return kernel_Interrupt_bind(&uart->interrupt.channel,
		&(struct kernel_Interrupt_bind_request){.has_notify = true,
		.notify = {sk_os_notify(uart->os)}, .bits = bits}, &bound, NULL) == SK_OK;
}

static bool is_there(struct uart *uart)
{
	put(uart, SCRATCH, 0x5a);
	return get(uart, SCRATCH) == 0x5a;
}

bool uart_open(struct uart *uart, struct sk_os *os, uint32_t ports, uint32_t interrupt)
{
	uart->os = os;
	if (!take_ports(uart, ports, interrupt) || !is_there(uart))
		return false;
	/* What the kernel has set. */
	uart->settings = (struct tty_LineSettings){
		.input_speed = BASE_SPEED, .output_speed = BASE_SPEED,
		.control = tty_ControlFlags_SIZE_8 | tty_ControlFlags_RECEIVE |
			tty_ControlFlags_LOCAL,
		.start = 0x11, .stop = 0x13,
	};
	uart->line_control = line_control_of(uart->settings.control);
	put(uart, LINE_CONTROL, uart->line_control);
	put(uart, IDENTITY, FIFOS_ON);
	uart->modem_control = READY | REQUEST | INTERRUPT_LINE;
	put(uart, MODEM_CONTROL, uart->modem_control);
	uart->modem_state = get(uart, MODEM_STATE);
	set_interrupts(uart, false);
	return true;
}
