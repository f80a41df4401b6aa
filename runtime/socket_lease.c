/*
 * The server's side of what clients lend. A window is mapped only if nobody
 * can shrink it; where the machine refuses memory that it has promised, even
 * that could end the server with SIGBUS, so there it is read and written by
 * system calls. Bounds are the server's own record, never the window's
 * contents.
 */
#define _GNU_SOURCE
#include "runtime/socket_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* ---- windows ---- */

void sk_server_close_window(struct sk_server_client *client)
{
	struct sk_server_window *window = &client->window;

	if (window->base)
		munmap(window->base, window->size);
	if (window->fd >= 0)
		close(window->fd);
	window->base = NULL;
	window->fd = -1;
	window->size = 0;
}

/* How much of a window is of use, or 0 if this file is none: one in memory,
 * that stays as large as it is. Such files alone can be sealed like this. */
static uint32_t window_size(const struct sk_server *server, int fd)
{
	const int needed = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	uint32_t limit = server->config.max_window;
	int seals = fcntl(fd, F_GET_SEALS);
	struct statfs system;
	struct stat status;

	if (seals < 0 || (seals & needed) != needed || fstatfs(fd, &system) < 0 ||
			system.f_type != TMPFS_MAGIC || fstat(fd, &status) < 0 ||
			status.st_size <= 0)
		return 0;
	return status.st_size > (off_t)limit ? limit : (uint32_t)status.st_size;
}

bool sk_server_take_window(struct sk_server *server, struct sk_server_client *client,
	int fd)
{
	struct sk_server_window *window = &client->window;
	uint32_t size = window_size(server, fd);
	void *base = MAP_FAILED;

	sk_server_close_window(client);
	window->uses++;
	/* Also for one that is not kept: it must be open for both. */
	if (size > 0)
		base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED) {
		close(fd);
		return false;
	}
	window->size = size;
	if (server->copies_by_call) {
		munmap(base, size);
		window->fd = fd;
	} else {
		window->base = base;
		close(fd);
	}
	return true;
}

bool sk_server_can_map(void)
{
	char mode = '2';
	int fd = open("/proc/sys/vm/overcommit_memory", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (read(fd, &mode, 1) != 1)
		mode = '2';
	close(fd);
	return mode != '2';
}

/* ---- requests ---- */

bool sk_server_check_leases(const struct sk_server_client *client,
	const struct sk_packet *packet)
{
	uint32_t size = client->window.size;

	for (uint32_t i = 0; i < packet->range_count; i++)
		if (packet->ranges[i].offset > size ||
				packet->ranges[i].size > size - packet->ranges[i].offset)
			return false;
	return true;
}

void sk_server_enter_leases(const struct sk_server_client *client,
	struct sk_server_call *call, const struct sk_packet *packet,
	struct sk_attached *attached)
{
	call->window_use = client->window.uses;
	call->written_count = 0;
	call->lease_count = attached->lease_count = packet->range_count;
	for (uint32_t i = 0; i < packet->range_count; i++) {
		call->leases[i] = packet->ranges[i];
		call->directions[i] = packet->directions[i];
		attached->leases[i] = (struct sk_lease){
			.size = packet->ranges[i].size,
			.number = i + 1,
			.direction = packet->directions[i],
		};
	}
}

/* ---- copying ---- */

/* The window and the range of a lease, as long as its call waits. */
static int find_lease(struct sk_server *server, const struct sk_reply *reply,
	uint32_t number, struct sk_server_window **window, struct sk_server_call **call)
{
	struct sk_server_client *client;
	int status = sk_server_find_call(server, reply->token, &client, call);

	if (status != SK_OK)
		return status;
	if ((*call)->canceled)
		return SK_CANCELED;
	if (number == 0 || number > (*call)->lease_count)
		return SK_BAD_LEASE;
	*window = &client->window;
	/* The client has replaced the window under its own call. */
	return client->window.uses == (*call)->window_use ? SK_OK : SK_LEASE_FAULT;
}

/* Notes what is about to be written. False: it lies in too many pieces. */
static bool note_written(struct sk_server_call *call, uint32_t lease, uint32_t start,
	uint32_t end)
{
	uint32_t i = 0;

	while (i < call->written_count) {
		struct sk_server_written *old = &call->written[i];
		uint32_t old_end = old->range.offset + old->range.size;

		if (old->lease != lease || old->range.offset > end || old_end < start) {
			i++;
			continue;
		}
		start = old->range.offset < start ? old->range.offset : start;
		end = old_end > end ? old_end : end;
		*old = call->written[--call->written_count];
		i = 0;
	}
	if (call->written_count == SK_PACKET_RANGES)
		return false;
	call->written[call->written_count++] = (struct sk_server_written){
		lease, {start, end - start},
	};
	return true;
}

/* Without the mapping: how many bytes were copied. */
static uint64_t copy_by_call(int fd, uint32_t at, uint8_t *data, uint64_t size, bool write)
{
	uint64_t done = 0;

	while (done < size) {
		off_t offset = (off_t)(at + done);
		size_t left = (size_t)(size - done);
		ssize_t now = write ? pwrite(fd, data + done, left, offset) :
			pread(fd, data + done, left, offset);

		if (now > 0)
			done += (uint64_t)now;
		else if (now == 0 || errno != EINTR)
			break;
	}
	return done;
}

static uint64_t copy(const struct sk_server_window *window, uint32_t at, void *data,
	uint64_t size, bool write)
{
	uint8_t *lent;

	if (!window->base)
		return copy_by_call(window->fd, at, data, size, write);
	lent = window->base + at;
	if (size > 0 && lent != data)
		memcpy(write ? lent : data, write ? data : lent, (size_t)size);
	return size;
}

int sk_server_lease_copy(struct sk_port *port, const struct sk_reply *reply,
	uint32_t number, uint64_t offset, void *data, uint64_t size, bool write,
	uint64_t *done)
{
	struct sk_server *server = sk_server_of(port);
	struct sk_server_window *window;
	struct sk_server_call *call;
	const struct sk_packet_range *lease;
	uint32_t at;
	int status = find_lease(server, reply, number, &window, &call);

	if (status != SK_OK)
		return status;
	lease = &call->leases[number - 1];
	if (!(call->directions[number - 1] & (write ? SK_LEASE_OUT : SK_LEASE_IN)) ||
			offset > lease->size || size > lease->size - offset)
		return SK_BAD_LEASE;
	if (size == 0)
		return SK_OK;
	at = lease->offset + (uint32_t)offset;
	if (write && !note_written(call, number - 1, at, at + (uint32_t)size))
		return SK_EXHAUSTED;
	*done = copy(window, at, data, size, write);
	return *done == size ? SK_OK : SK_LEASE_FAULT;
}

void *sk_server_lease_memory(struct sk_port *port, const struct sk_reply *reply,
	uint32_t number)
{
	struct sk_server_window *window;
	struct sk_server_call *call;
	int status = find_lease(sk_server_of(port), reply, number, &window, &call);

	if (status != SK_OK || !window->base)
		return NULL;
	return window->base + call->leases[number - 1].offset;
}
