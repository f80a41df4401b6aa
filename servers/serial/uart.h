/*
 * A 16550: bytes from and to two queues, by interrupts.
 *
 * The kernel writes its log to COM1, also while this drives it. It waits until the
 * device has nothing to send and puts one byte at a time, so it can come between our
 * look at the device and what we put: of the 16 places we fill 15. It reads the state
 * of the line, which forgets overruns and mishaps that it saw; those are not counted.
 * While the speed is being set a byte of the log can get into the divisor: that is read
 * back, and set again.
 */
#ifndef SERVERS_SERIAL_UART_H
#define SERVERS_SERIAL_UART_H

#include "runtime/server/serve.h"
#include "tty.skald.h"

/* Bytes of each queue; a power of two. */
#define UART_QUEUE 4096u

struct uart {
	struct sk_os *os;
	struct sk_kernel_channel ports;
	struct sk_kernel_channel interrupt;
	/* Something has changed that somebody may wait for; set before it starts. */
	void (*changed)(void *self);
	void *self;

	/* What came, with its mishaps; positions count up for ever. */
	uint8_t input[UART_QUEUE];
	uint8_t mishaps[UART_QUEUE];
	uint32_t in_head, in_tail;
	uint8_t output[UART_QUEUE];
	uint32_t out_head, out_tail;
	uint16_t urgent;		/* 256 and a byte to be sent first; 0 */

	struct tty_LineSettings settings;
	struct tty_Counts counts;
	uint8_t line_control, modem_control;
	uint8_t modem_state;		/* as read last */
	uint8_t modem_changed;		/* the upper bits, since it was looked at */
	bool has_break;			/* since it was looked at */
	bool is_stopped;		/* by our client */
	bool is_stopped_by_flow;	/* by the other side */
	bool has_throttled;		/* we have stopped the other side */
	uint8_t interrupts;		/* of what the device tells */
};

/* Takes hold of the hardware, by its place in the manifest. False: there is none. */
bool uart_open(struct uart *uart, struct sk_os *os, uint32_t ports, uint32_t interrupt);
/* As near as the device can; false: nothing of it can be. */
bool uart_set(struct uart *uart, const struct tty_LineSettings *settings);
/* Sends what it can, after something was put into `output`, or may go on. */
void uart_send(struct uart *uart);
/* After something was taken out of `input`. */
void uart_taken(struct uart *uart);
/* Everything has left the device. */
bool uart_is_idle(struct uart *uart);
void uart_flush(struct uart *uart, tty_Queue queues);
void uart_break(struct uart *uart, bool on);
tty_Modem uart_modem(struct uart *uart);
void uart_set_modem(struct uart *uart, tty_Modem lines, tty_Modem mask);

/* In tty.Modem's bits. */
tty_Modem uart_modem_bits(uint8_t state);

#endif
