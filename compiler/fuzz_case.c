/*
 * Cases of fuzzers, read and written. See fuzz_case.h.
 */
#include "compiler/fuzz_case.h"

#include <string.h>

/* What is left to be read. */
struct input {
	const uint8_t *at;
	size_t left;
};

static uint32_t take(struct input *in, unsigned width)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < width && in->left > 0; i++, in->left--)
		value |= (uint32_t)*in->at++ << (8 * i);
	return value;
}

static uint8_t *put(uint8_t *to, uint32_t value, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		*to++ = (uint8_t)(value >> (8 * i));
	return to;
}

void fuzz_packet_read(struct fuzz_packet *packet, const uint8_t *from, size_t size)
{
	struct input in = {from, size};
	uint32_t counts = take(&in, 1);

	*packet = (struct fuzz_packet){
		.handles = (counts & 15) % (FUZZ_HANDLES_MAX + 1),
		.leases = (counts >> 4) % (FUZZ_LEASES_MAX + 1),
	};
	for (unsigned i = 0; i < packet->handles; i++)
		packet->rights[i] = (uint16_t)take(&in, 2);
	for (unsigned i = 0; i < packet->leases; i++) {
		packet->lease[i].direction = take(&in, 1) & 3;
		packet->lease[i].size = take(&in, 4);
	}
	packet->bytes = in.at;
	packet->size = in.left;
}

size_t fuzz_packet_write(const struct fuzz_packet *packet, uint8_t *to, size_t room)
{
	size_t front = 1 + 2 * (size_t)packet->handles + 5 * (size_t)packet->leases;

	if (front > room || packet->size > room - front)
		return 0;
	if (packet->size)
		memmove(to + front, packet->bytes, packet->size);
	to = put(to, packet->handles | packet->leases << 4, 1);
	for (unsigned i = 0; i < packet->handles; i++)
		to = put(to, packet->rights[i], 2);
	for (unsigned i = 0; i < packet->leases; i++) {
		to = put(to, packet->lease[i].direction, 1);
		to = put(to, packet->lease[i].size, 4);
	}
	return front + packet->size;
}

size_t fuzz_step_read(struct fuzz_step *step, const uint8_t *from, size_t size)
{
	struct input in = {from, size};
	size_t packet;

	if (size == 0)
		return 0;
	step->what = (uint8_t)take(&in, 1);
	step->how[0] = (uint8_t)take(&in, 1);
	step->how[1] = (uint8_t)take(&in, 1);
	packet = take(&in, 2);
	if (packet > in.left)
		packet = in.left;
	fuzz_packet_read(&step->packet, in.at, packet);
	return size - in.left + packet;
}

size_t fuzz_step_write(const struct fuzz_step *step, uint8_t *to, size_t room)
{
	size_t size;

	if (room < FUZZ_STEP_HEAD)
		return 0;
	size = fuzz_packet_write(&step->packet, to + FUZZ_STEP_HEAD,
		room - FUZZ_STEP_HEAD);
	if (size == 0 || size > FUZZ_PACKET_MAX)
		return 0;
	to = put(to, step->what, 1);
	to = put(to, step->how[0], 1);
	to = put(to, step->how[1], 1);
	put(to, (uint32_t)size, 2);
	return FUZZ_STEP_HEAD + size;
}
