/*
 * FlatBuffers for C++: one builder that is used again and again, and a verifier
 * that looks at the whole message before its fields are read.
 */
#include <flatbuffers/flatbuffers.h>

#include "messages_generated.h"
#include "tests/bench/codec/codec.h"
#include "tests/bench/codec/values.h"

namespace {

flatbuffers::FlatBufferBuilder builder(CODEC_BUFFER);

/* The message stays in the builder, which fills its buffer from the end. */
const uint8_t *wire()
{
	return builder.GetBufferPointer();
}

template <typename Root>
int finish(flatbuffers::Offset<Root> root)
{
	builder.Finish(root);
	return static_cast<int>(builder.GetSize());
}

/* Null if the message does not verify. */
template <typename Root>
const Root *verified(const uint8_t *from, size_t size)
{
	flatbuffers::Verifier verifier(from, size);

	if (!verifier.VerifyBuffer<Root>(nullptr))
		return nullptr;
	return flatbuffers::GetRoot<Root>(from);
}

int encode_read(uint8_t *, size_t)
{
	const auto &v = values.read;

	builder.Clear();
	return finish(bench::CreateRead(builder,
		v.id, v.fd, v.size, v.offset, v.flags, v.timeout));
}

int encode_data(uint8_t *, size_t)
{
	const auto &v = values.data;

	builder.Clear();
	return finish(bench::CreateData(builder,
		v.error, builder.CreateVector(v.data, VALUE_DATA)));
}

int encode_open(uint8_t *, size_t)
{
	const auto &v = values.open;

	builder.Clear();
	return finish(bench::CreateOpen(builder,
		v.id, v.flags, v.mode,
		builder.CreateString(v.path, VALUE_PATH)));
}

int encode_stat(uint8_t *, size_t)
{
	const auto &v = values.stat;

	builder.Clear();
	return finish(bench::CreateStat(builder,
		v.error, v.mode, v.device, v.inode, v.links, v.uid, v.gid,
		v.block_size, v.rdev, v.size, v.blocks, v.accessed, v.modified,
		v.generation));
}

int encode_directory(uint8_t *, size_t)
{
	const auto &v = values.directory;
	flatbuffers::Offset<bench::Entry> entries[VALUE_ENTRIES];

	builder.Clear();
	for (unsigned i = 0; i < VALUE_ENTRIES; i++) {
		const auto &entry = v.entries[i];

		entries[i] = bench::CreateEntry(builder, entry.inode, entry.type,
			builder.CreateString(entry.name, entry.name_size));
	}
	return finish(bench::CreateDirectory(builder, v.error,
		builder.CreateVector(entries, VALUE_ENTRIES)));
}

int encode_trace(uint8_t *, size_t)
{
	const auto &v = values.trace;

	builder.Clear();
	auto name = builder.CreateString(v.name, 8);
	bench::TraceBuilder trace(builder);

	trace.add_time(v.time);
	trace.add_cpu(v.cpu);
	trace.add_thread(v.thread);
	trace.add_address(v.address);
	trace.add_result(v.result);
	trace.add_name(name);
	return finish(trace.Finish());
}

uint64_t decode_read(const uint8_t *from, size_t size)
{
	const auto *m = verified<bench::Read>(from, size);

	if (!m)
		return 0;
	uint32_t narrow =
		m->id() + uint32_t(m->fd()) + m->flags() + m->timeout();

	return m->size() + m->offset() + narrow;
}

uint64_t decode_data(const uint8_t *from, size_t size)
{
	const auto *m = verified<bench::Data>(from, size);

	if (!m)
		return 0;
	uint64_t data = m->data() ? take(m->data()->data(), m->data()->size()) : 0;

	return m->error() + data;
}

uint64_t decode_open(const uint8_t *from, size_t size)
{
	const auto *m = verified<bench::Open>(from, size);

	if (!m)
		return 0;
	uint64_t path = m->path() ? take(m->path()->data(), m->path()->size()) : 0;
	uint32_t narrow =
		m->id() + m->flags() + m->mode();

	return uint64_t(narrow) + path;
}

uint64_t decode_stat(const uint8_t *from, size_t size)
{
	const auto *m = verified<bench::Stat>(from, size);

	if (!m)
		return 0;
	uint32_t narrow =
		m->error() + m->mode() + m->links() + m->uid() + m->gid() +
		m->block_size() + m->generation();

	return
		m->device() + m->inode() + m->rdev() + uint64_t(m->size()) +
		m->blocks() + uint64_t(m->accessed()) +
		uint64_t(m->modified()) + narrow;
}

uint64_t decode_directory(const uint8_t *from, size_t size)
{
	const auto *m = verified<bench::Directory>(from, size);

	if (!m)
		return 0;
	uint64_t sum = m->error();
	for (const auto *entry : *m->entries())
		sum += entry->inode() + entry->type() +
			take(entry->name()->data(), entry->name()->size());
	return sum;
}

uint64_t decode_trace(const uint8_t *from, size_t size)
{
	const auto *m = verified<bench::Trace>(from, size);

	if (!m)
		return 0;
	uint64_t name = m->name() ? take(m->name()->data(), m->name()->size()) : 0;
	uint32_t narrow =
		m->cpu().value_or(0) + m->thread().value_or(0) +
		m->object().value_or(0) + uint32_t(m->result().value_or(0)) +
		m->method().value_or(0) + m->flags().value_or(0);

	return
		m->time().value_or(0) + m->badge().value_or(0) +
		m->address().value_or(0) + m->length().value_or(0) +
		m->cookie().value_or(0) + narrow + name;
}

} // namespace

const struct codec codec = {
	.name = "FlatBuffers",
	.prepare = [] {},
	.encode = { encode_read, encode_data, encode_open, encode_stat,
		encode_directory, encode_trace },
	.decode = { decode_read, decode_data, decode_open, decode_stat,
		decode_directory, decode_trace },
	.wire = wire,
	.opaque = false,
};
