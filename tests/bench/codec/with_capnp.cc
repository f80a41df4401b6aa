/*
 * Cap'n Proto for C++, in its usual way: a builder with a first segment on the
 * stack, and a reader that checks each pointer as it follows it.
 */
#include <capnp/message.h>
#include <capnp/serialize.h>
#include <kj/io.h>

#include "messages.capnp.h"
#include "tests/bench/codec/codec.h"
#include "tests/bench/codec/values.h"

namespace {

/* Builds a message with `fill` and writes it to the buffer. */
template <typename Message, size_t Words, typename Fill>
int encode(uint8_t *to, size_t capacity, Fill fill)
{
	capnp::word scratch[Words] = {};
	capnp::MallocMessageBuilder builder(kj::arrayPtr(scratch, Words));
	kj::ArrayOutputStream stream(kj::arrayPtr(to, capacity));

	fill(builder.initRoot<Message>());
	capnp::writeMessage(stream, builder);
	return static_cast<int>(stream.getArray().size());
}

template <typename Message, typename Sum>
uint64_t decode(const uint8_t *from, size_t size, Sum sum)
{
	const auto *words = reinterpret_cast<const capnp::word *>(from);
	capnp::FlatArrayMessageReader reader(
		kj::arrayPtr(words, size / sizeof(capnp::word)));

	return sum(reader.getRoot<Message>());
}

capnp::Text::Reader text(const char *data, size_t size)
{
	return capnp::Text::Reader(data, size);
}

int encode_read(uint8_t *to, size_t capacity)
{
	const auto &v = values.read;

	return encode<bench::Read, 16>(to, capacity, [&](bench::Read::Builder m) {
		m.setId(v.id);
		m.setFd(v.fd);
		m.setSize(v.size);
		m.setOffset(v.offset);
		m.setFlags(v.flags);
		m.setTimeout(v.timeout);
	});
}

int encode_data(uint8_t *to, size_t capacity)
{
	const auto &v = values.data;

	return encode<bench::Bytes, 528>(to, capacity, [&](bench::Bytes::Builder m) {
		m.setError(v.error);
		m.setData(kj::arrayPtr(v.data, VALUE_DATA));
	});
}

int encode_open(uint8_t *to, size_t capacity)
{
	const auto &v = values.open;

	return encode<bench::Open, 32>(to, capacity, [&](bench::Open::Builder m) {
		m.setId(v.id);
		m.setFlags(v.flags);
		m.setMode(v.mode);
		m.setPath(text(v.path, VALUE_PATH));
	});
}

int encode_stat(uint8_t *to, size_t capacity)
{
	const auto &v = values.stat;

	return encode<bench::Stat, 32>(to, capacity, [&](bench::Stat::Builder m) {
		m.setError(v.error);
		m.setMode(v.mode);
		m.setDevice(v.device);
		m.setInode(v.inode);
		m.setLinks(v.links);
		m.setUid(v.uid);
		m.setGid(v.gid);
		m.setBlockSize(v.block_size);
		m.setRdev(v.rdev);
		m.setSize(v.size);
		m.setBlocks(v.blocks);
		m.setAccessed(v.accessed);
		m.setModified(v.modified);
		m.setGeneration(v.generation);
	});
}

int encode_directory(uint8_t *to, size_t capacity)
{
	const auto &v = values.directory;

	return encode<bench::Directory, 512>(to, capacity, [&](bench::Directory::Builder m) {
		auto entries = m.initEntries(VALUE_ENTRIES);

		m.setError(v.error);
		for (unsigned i = 0; i < VALUE_ENTRIES; i++) {
			const auto &entry = v.entries[i];

			entries[i].setInode(entry.inode);
			entries[i].setType(entry.type);
			entries[i].setName(text(entry.name, entry.name_size));
		}
	});
}

int encode_trace(uint8_t *to, size_t capacity)
{
	const auto &v = values.trace;

	return encode<bench::Trace, 32>(to, capacity, [&](bench::Trace::Builder m) {
		m.setTime(v.time);
		m.setCpu(v.cpu);
		m.setThread(v.thread);
		m.setAddress(v.address);
		m.setResult(v.result);
		m.setName(text(v.name, 8));
	});
}

uint64_t decode_read(const uint8_t *from, size_t size)
{
	return decode<bench::Read>(from, size, [](bench::Read::Reader m) {
		uint32_t narrow =
			m.getId() + uint32_t(m.getFd()) + m.getFlags() +
			m.getTimeout();

		return m.getSize() + m.getOffset() + narrow;
	});
}

uint64_t decode_data(const uint8_t *from, size_t size)
{
	return decode<bench::Bytes>(from, size, [](bench::Bytes::Reader m) {
		auto data = m.getData();

		return m.getError() + take(data.begin(), data.size());
	});
}

uint64_t decode_open(const uint8_t *from, size_t size)
{
	return decode<bench::Open>(from, size, [](bench::Open::Reader m) {
		auto path = m.getPath();
		uint32_t narrow =
			m.getId() + m.getFlags() + m.getMode();

		return uint64_t(narrow) + take(path.begin(), path.size());
	});
}

uint64_t decode_stat(const uint8_t *from, size_t size)
{
	return decode<bench::Stat>(from, size, [](bench::Stat::Reader m) {
		uint32_t narrow =
			m.getError() + m.getMode() + m.getLinks() + m.getUid() +
			m.getGid() + m.getBlockSize() + m.getGeneration();

		return
			m.getDevice() + m.getInode() + m.getRdev() +
			uint64_t(m.getSize()) + m.getBlocks() +
			uint64_t(m.getAccessed()) + uint64_t(m.getModified()) +
			narrow;
	});
}

uint64_t decode_directory(const uint8_t *from, size_t size)
{
	return decode<bench::Directory>(from, size, [](bench::Directory::Reader m) {
		uint64_t sum = m.getError();

		for (auto entry : m.getEntries()) {
			auto name = entry.getName();

			sum += entry.getInode() + entry.getType() +
				take(name.begin(), name.size());
		}
		return sum;
	});
}

uint64_t decode_trace(const uint8_t *from, size_t size)
{
	return decode<bench::Trace>(from, size, [](bench::Trace::Reader m) {
		auto name = m.getName();
		uint32_t narrow =
			m.getCpu() + m.getThread() + m.getObject() +
			uint32_t(m.getResult()) + m.getMethod() + m.getFlags();

		return
			m.getTime() + m.getBadge() + m.getAddress() +
			m.getLength() + m.getCookie() + narrow +
			take(name.begin(), name.size());
	});
}

} // namespace

const struct codec codec = {
	.name = "Cap'n Proto",
	.prepare = [] {},
	.encode = { encode_read, encode_data, encode_open, encode_stat,
		encode_directory, encode_trace },
	.decode = { decode_read, decode_data, decode_open, decode_stat,
		decode_directory, decode_trace },
	.wire = nullptr,
	.opaque = false,
};
