/* Cases as text: for people, and as rows of vectors. See show.h. */
#include "fuzz/show.h"

#include <string.h>

#include "compiler/hex.h"
#include "compiler/json.h"
#include "fuzz/message_wire.h"

static void show_beside(FILE *to, const struct fuzz_packet *packet)
{
	for (unsigned i = 0; i < packet->handles; i++)
		fprintf(to, "  handle %u: rights 0x%x\n", i + 1, packet->rights[i]);
	for (unsigned i = 0; i < packet->leases; i++)
		fprintf(to, "  lease %u:%s%s %u bytes\n", i + 1,
			packet->lease[i].direction & 1 ? " in" : "",
			packet->lease[i].direction & 2 ? " out" : "",
			(unsigned)packet->lease[i].size);
}

static void show_bytes(FILE *to, const char *name, const uint8_t *data, size_t size)
{
	fprintf(to, "  %s, %zu bytes: ", name, size);
	hex_write(to, data, size);
	fputc('\n', to);
}

static void show_packet(struct fuzz *fuzz, FILE *to, const struct fuzz_packet *packet)
{
	const struct fuzz_message *message = fuzz_message_of(fuzz, packet);
	struct fuzz_wire wire = {.head_size = packet->size};

	fprintf(to, "%s\n", message ? message->table->name : "(no such message)");
	show_beside(to, packet);
	if (message)
		fuzz_wire_decode(fuzz->scratch, message, packet, &wire);
	show_bytes(to, "head", packet->bytes, wire.head_size);
	if (packet->size > wire.head_size)
		show_bytes(to, "tail", packet->bytes + wire.head_size,
			packet->size - wire.head_size);
	if (message == NULL)
		return;
	fputs("  ", to);
	if (wire.good)
		json_write(to, &wire.value, VALUE_TEXT_BYTES);
	else
		fprintf(to, "refused: %s (%s byte %zu)",
			wire_fault_text(fuzz->scratch, &wire.fault),
			wire.fault.part == WIRE_HEAD ? "head" : "tail",
			wire.fault.offset);
	if (wire.good && wire.beside)
		fprintf(to, "\n  refused: %s", wire.beside);
	fputc('\n', to);
}

void fuzz_show_case(struct fuzz *fuzz, FILE *to, const uint8_t *data, size_t size)
{
	struct fuzz_packet packet;
	struct fuzz_step step;
	size_t taken;
	unsigned number = 0;

	arena_reset(fuzz->scratch);
	if (fuzz->target->kind == FUZZ_MESSAGE || fuzz->target->kind == FUZZ_MESSAGES) {
		fuzz_packet_read(&packet, data, size);
		show_packet(fuzz, to, &packet);
		return;
	}
	while ((taken = fuzz_step_read(&step, data, size)) > 0) {
		fprintf(to, "%u: what %u, how %u %u: ", ++number, step.what,
			step.how[0], step.how[1]);
		show_packet(fuzz, to, &step.packet);
		data += taken;
		size -= taken;
	}
}

static void put_hex(FILE *to, const char *name, const uint8_t *data, size_t size)
{
	fprintf(to, ", \"%s\": \"", name);
	hex_write(to, data, size);
	fputc('"', to);
}

/*
 * Rows say how many handles and leases there are, not what they are like, and
 * take those that suffice; so one refused for what they are like has no row.
 */
void fuzz_show_row(struct fuzz *fuzz, FILE *to, const uint8_t *data, size_t size)
{
	const struct fuzz_message *message;
	struct fuzz_packet packet;
	struct fuzz_wire wire;

	arena_reset(fuzz->scratch);
	fuzz_packet_read(&packet, data, size);
	message = fuzz_message_of(fuzz, &packet);
	if (message == NULL)
		return;
	fuzz_wire_decode(fuzz->scratch, message, &packet, &wire);
	if (wire.head_size == 0)
		wire.head_size = packet.size;
	fprintf(to, "{\"schema\": \"%s\", \"message\": \"%s\", \"note\": \"%s\"",
		fuzz->target->schema->name, message->table->name, wire.good ?
		"found by fuzzing" : "found by fuzzing: refused");
	put_hex(to, "head_hex", packet.bytes, wire.head_size);
	put_hex(to, "tail_hex", packet.bytes + wire.head_size,
		packet.size - wire.head_size);
	if (packet.handles + packet.leases || message->table->handles ||
	    message->table->leases)
		fprintf(to, ", \"handles\": %u, \"leases\": %u", packet.handles,
			packet.leases);
	if (wire.good) {
		fputs(", \"decoded\": ", to);
		json_write(to, &wire.value, VALUE_TEXT_BYTES);
	} else {
		fputs(", \"decode\": \"FAIL\"", to);
	}
	fputs("}\n", to);
}
