/*
 * The client's window: memory shared with the server, of which each lease gets
 * parts of its own while its call lasts. The file is sealed, so that the
 * server need not fear that it shrinks.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/codec.h"
#include "runtime/socket_client.h"

#define PAGE 4096u

static uint32_t part_size(const struct sk_socket_window *window)
{
	uint32_t size = window->size / SK_WINDOW_PARTS;

	return size < PAGE ? PAGE : size;
}

static uint32_t part_count(const struct sk_socket_window *window)
{
	return window->size / part_size(window);
}

static uint32_t parts_for(const struct sk_socket_window *window, uint64_t size)
{
	return (uint32_t)((size + part_size(window) - 1) / part_size(window));
}

static bool is_taken(const struct sk_socket_window *window, uint32_t part)
{
	return window->taken[part / 64] >> part % 64 & 1;
}

static void mark(struct sk_socket_window *window, uint32_t part, uint32_t count)
{
	for (; count > 0; part++, count--)
		window->taken[part / 64] ^= UINT64_C(1) << part % 64;
}

/* The first run of so many free parts. */
static bool find_run(const struct sk_socket_window *window, uint32_t count,
	uint32_t *found)
{
	uint32_t run = 0;

	for (uint32_t part = 0; part < part_count(window) && run < count; part++) {
		run = is_taken(window, part) ? 0 : run + 1;
		*found = part + 1 - run;
	}
	return run == count;
}

/* ---- the window itself ---- */

static int make_file(uint32_t size)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	int fd = memfd_create("skald-window", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -1;
	if (ftruncate(fd, (off_t)size) == 0 && fcntl(fd, F_ADD_SEALS, seals) == 0)
		return fd;
	close(fd);
	return -1;
}

static int open_window(struct sk_socket *socket)
{
	struct sk_socket_window *window = &socket->window;
	uint32_t size = socket->window_size > SK_WINDOW_MAX ? SK_WINDOW_MAX :
		socket->window_size;
	void *base;
	int fd;

	if (window->is_stale && window->users == 0)
		sk_window_close(socket);
	if (window->base)
		return SK_OK;
	memset(window, 0, sizeof(*window));
	/* Whole parts only. */
	window->size = size;
	window->size = part_count(window) * part_size(window);
	if (window->size == 0)
		return SK_BAD_LEASE;
	fd = make_file(window->size);
	if (fd < 0)
		return SK_EXHAUSTED;
	base = mmap(NULL, window->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED) {
		close(fd);
		return SK_EXHAUSTED;
	}
	window->base = base;
	window->fd = fd;
	return SK_OK;
}

void sk_window_close(struct sk_socket *socket)
{
	struct sk_socket_window *window = &socket->window;

	if (!window->base)
		return;
	munmap(window->base, window->size);
	close(window->fd);
	window->base = NULL;
}

/* ---- leases ---- */

static int take_parts(struct sk_socket_window *window, struct sk_attached *attached)
{
	uint64_t wanted = 0;
	uint32_t part;

	for (uint32_t i = 0; i < attached->lease_count; i++) {
		attached->leases[i].number = 0;
		if (attached->leases[i].size > window->size)
			return SK_BAD_LEASE;
		wanted += parts_for(window, attached->leases[i].size);
	}
	if (wanted > part_count(window))
		return SK_BAD_LEASE;
	for (uint32_t i = 0; i < attached->lease_count; i++) {
		uint32_t count = parts_for(window, attached->leases[i].size);

		if (count == 0)
			continue;
		if (find_run(window, count, &part)) {
			mark(window, part, count);
			attached->leases[i].number = part * part_size(window);
			continue;
		}
		while (i-- > 0)
			mark(window, attached->leases[i].number / part_size(window),
				parts_for(window, attached->leases[i].size));
		return SK_EXHAUSTED;
	}
	return SK_OK;
}

int sk_window_lend(struct sk_socket *socket, struct sk_attached *attached,
	struct sk_packet *packet)
{
	struct sk_socket_window *window = &socket->window;
	int status = SK_OK;

	if (attached->lease_count == 0)
		return SK_OK;
	if (attached->lease_count > SK_LEASES_MAX)
		return SK_BAD_LEASE;
	status = open_window(socket);
	if (status == SK_OK)
		status = take_parts(window, attached);
	if (status != SK_OK)
		return status;
	window->users++;
	packet->range_count = attached->lease_count;
	for (uint32_t i = 0; i < attached->lease_count; i++) {
		const struct sk_lease *lease = &attached->leases[i];

		packet->directions[i] = (uint8_t)lease->direction;
		packet->ranges[i].offset = lease->number;
		packet->ranges[i].size = (uint32_t)lease->size;
		if (lease->direction & SK_LEASE_IN && lease->size > 0)
			memcpy(window->base + lease->number, lease->data,
				(size_t)lease->size);
	}
	return SK_OK;
}

/* The lease that this range lies in, and may be written; NULL if none. */
static const struct sk_lease *lease_of(const struct sk_attached *attached,
	const struct sk_packet_range *range)
{
	for (uint32_t i = 0; i < attached->lease_count; i++) {
		const struct sk_lease *lease = &attached->leases[i];

		if (lease->direction & SK_LEASE_OUT && range->offset >= lease->number &&
				range->size <= lease->size &&
				range->offset - lease->number <= lease->size - range->size)
			return lease;
	}
	return NULL;
}

int sk_window_collect(struct sk_socket *socket, const struct sk_attached *attached,
	const struct sk_packet *packet)
{
	for (uint32_t i = 0; i < packet->range_count; i++) {
		const struct sk_packet_range *range = &packet->ranges[i];
		const struct sk_lease *lease = lease_of(attached, range);

		if (!lease)
			return SK_MALFORMED;
		if (range->size > 0)
			memcpy((uint8_t *)lease->data + (range->offset - lease->number),
				socket->window.base + range->offset, range->size);
	}
	return SK_OK;
}

bool sk_window_is_refused(const struct sk_message *answer)
{
	int32_t status;

	if (answer->size != SK_STATUS_SIZE || sk_message_id(answer) != SK_STATUS_ID)
		return false;
	status = (int32_t)sk_get_uint32(answer->bytes + 8);
	return status == SK_BAD_LEASE || status == SK_BAD_HANDLE;
}

void sk_window_return(struct sk_socket *socket, struct sk_attached *attached,
	bool given_up)
{
	struct sk_socket_window *window = &socket->window;

	if (attached->lease_count == 0 || !window->base)
		return;
	window->users--;
	if (given_up)
		window->is_stale = true;
	for (uint32_t i = 0; i < attached->lease_count && !given_up; i++)
		mark(window, attached->leases[i].number / part_size(window),
			parts_for(window, attached->leases[i].size));
	if (window->is_stale && window->users == 0)
		sk_window_close(socket);
}
