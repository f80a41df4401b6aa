/*
 * Records and their bytes, for this CPU or for one of the other byte order: to
 * bytes, back, and out of a list. Prints the bytes, with all numbers turned
 * around if the order is the other.
 */
#include <stdio.h>
#include <string.h>

#include "constructs.skald.h"

static void fill(struct golden_all_Sample *sample)
{
	golden_all_Sample_init(sample);
	sample->at.seconds = 0x0102030405060708;
	sample->at.nanos = 0x090a0b0c;
	sample->at.pad[1] = 0x0d;
	sample->load = 1.5;
	sample->state = golden_all_State_BUSY;
	sample->levels[0] = golden_all_Level_LOW;
	sample->levels[1] = golden_all_Level_HIGH;
	sample->open = true;
	for (unsigned i = 0; i < 4; i++)
		sample->grid[i / 2][i % 2] = (uint16_t)(0x1011 + 0x202 * i);
	for (unsigned i = 0; i < 2; i++) {
		sample->span[i].seconds = -2;
		sample->span[i].nanos = 0x21222324 + i;
	}
}

static void print_sample(const uint8_t *bytes)
{
	static const unsigned widths[] = { 8, 4, 1, 1, 1, 1, 8, 4, 1, 1, 1, 1, 2, 2, 2, 2,
		8, 4, 1, 1, 1, 1, 8, 4, 1, 1, 1, 1 };

	for (size_t i = 0; i < sizeof widths / sizeof widths[0]; bytes += widths[i++])
		for (unsigned k = 0; k < widths[i]; k++)
			printf("%02x", bytes[SK_BIG_ENDIAN ? widths[i] - 1 - k : k]);
	printf("\n");
}

int main(void)
{
	struct golden_all_Sample some[2], back[2], item;
	uint8_t bytes[sizeof some];
	struct golden_all_Sample_list list = { NULL, 2, { bytes, sizeof bytes, 0 } };

	fill(&some[0]);
	fill(&some[1]);
	some[1].at.nanos = 5;
	if (!golden_all_Sample_put(bytes, some, 2) || !golden_all_Sample_get(bytes, back, 2)
	    || memcmp(back, some, sizeof some) != 0)
		return 1;
	if (!golden_all_Sample_at(&list, 1, &item) || memcmp(&item, &some[1], sizeof item) != 0
	    || golden_all_Sample_at(&list, 2, &item))
		return 2;
	if (!golden_all_Sample_next(&list, &item) || memcmp(&item, &some[0], sizeof item) != 0
	    || !golden_all_Sample_next(&list, &item) || memcmp(&item, &some[1], sizeof item) != 0
	    || golden_all_Sample_next(&list, &item))
		return 3;
	/* Judged as this CPU sees it: 4 is a state, and no other with a byte of 4. */
	some[0].state = 0x04000000;
	if (golden_all_Sample_put(bytes, some, 1))
		return 4;
	print_sample(bytes);
	print_sample(bytes + sizeof item);
	return 0;
}
