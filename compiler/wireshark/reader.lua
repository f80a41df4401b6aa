-- ---- how it is read ----
--
-- One program, in parts that follow each other: reader, value, data, dynamic, message,
-- state, packet, field.
--
-- D are the types, O their names in order; M are the messages by their ids, L those in
-- order; I are the interfaces, where some have states (compiler/wireshark.c); S are the
-- statuses of the runtime. Everything is checked as by a strict reader
-- (docs/wire-format.md): what is not right is thrown as a table, caught in dissect(), and
-- told of as malformed.

local MAX_DEPTH, MAX_EMPTY, MAX_ITEMS, MAX_ARM = 64, 1024, 20000, 2147483647
local TWO32 = 4294967296

local made, skald = pcall(Proto, "skald", "Skald message")
if not made then
	error("two dissectors made by skald: make one, of all schemas", 0)
end
local packet = Proto("skald_packet", "Skald packet")
local malformed = ProtoExpert.new("skald.malformed", "Malformed message",
	expert.group.MALFORMED, expert.severity.ERROR)
local cut = ProtoExpert.new("skald.cut", "Captured in part only",
	expert.group.UNDECODED, expert.severity.NOTE)
local unknown = ProtoExpert.new("skald.unknown", "Unknown message",
	expert.group.UNDECODED, expert.severity.WARN)
local disorder = ProtoExpert.new("skald.order", "Call out of order",
	expert.group.SEQUENCE, expert.severity.WARN)
skald.experts = { malformed, cut, unknown, disorder }

local fields, taken = {}, {}

local function register(make, name, ...)
	local abbreviation = name
	while taken[abbreviation] do
		abbreviation = abbreviation .. "_"
	end
	taken[abbreviation] = true
	local field = make("skald." .. abbreviation, ...)
	fields[#fields + 1] = field
	return field
end

local f_id = register(ProtoField.uint32, "id", "id", base.DEC)
local f_name = register(ProtoField.string, "message", "message")
local f_tail = register(ProtoField.uint32, "tail_size", "size of the tail", base.DEC)
local f_status = register(ProtoField.int32, "status", "status", base.DEC)
local f_error = register(ProtoField.int32, "error", "error", base.DEC)
local f_fingerprint = register(ProtoField.uint64, "fingerprint", "fingerprint", base.HEX)
local f_lost = register(ProtoField.uint32, "lost", "events lost", base.DEC)

-- ---- a reader: bytes of a head or a tail, and where it is in them ----

local function fail(at, ...)
	error({ at = at, text = string.format(...) }, 0)
end

-- More is needed than is left: the fault of @bytes, if that is what leaves no more.
local function short(r, at, ...)
	if r.limit then
		fail(r.limit.at, "more than the %.0f bytes of its @bytes are needed",
			r.limit.bytes)
	end
	fail(at, ...)
end

local function left(r)
	return r.size - r.at
end

-- The bytes from a place up to here; nil if there are none.
local function range(r, from)
	if r.at > from then
		return r.tvb(r.base + from, r.at - from)
	end
end

local ignore = {}
local nothing = setmetatable({}, { __index = function() return ignore.call end })
function ignore.call()
	return nothing
end

-- An item of the tree: as many as anybody reads.
local function add(r, tree, field, from, value, text)
	local bytes = range(r, from)
	local item

	if tree == nothing or r.shared.items >= MAX_ITEMS then
		return nothing
	end
	r.shared.items = r.shared.items + 1
	if field and value ~= nil and bytes then
		item = tree:add(field, bytes, value)
	elseif field and bytes then
		item = tree:add(field, bytes)
	elseif bytes then
		item = tree:add(bytes, text)
	else
		item = tree:add(text)
	end
	item:set_text(text)
	return item
end

-- Integers are pairs of 32 bits, their sign in all of them.
local function number(lo, hi)
	return hi * TWO32 + lo
end

local function fixed(r, width)
	local b = r.bytes
	local lo, hi = 0, 0

	for i = width, 1, -1 do
		local byte = string.byte(b, r.at + i)
		if i > 4 then
			hi = hi * 256 + byte
		else
			lo = lo * 256 + byte
		end
	end
	r.at = r.at + width
	return lo, hi
end

local function extend(lo, hi, width)
	if width < 4 and lo >= 2 ^ (8 * width - 1) then
		return lo + TWO32 - 2 ^ (8 * width), TWO32 - 1
	end
	if width == 4 and lo >= 2 ^ 31 then
		return lo, TWO32 - 1
	end
	return lo, hi
end

-- How many bytes a varint has, by its first.
local function varint_size(first)
	local n = 1

	if first == 0 then
		return 9
	end
	while first % 2 == 0 do
		first = math.floor(first / 2)
		n = n + 1
	end
	return n
end

local function varint(r)
	local at, n, lo, hi

	if left(r) <= 0 then
		short(r, r.at, "cut short")
	end
	at = r.at
	n = varint_size(string.byte(r.bytes, at + 1))
	if left(r) < n then
		short(r, at, "the varint is cut short")
	end
	if n == 9 then
		r.at = at + 1
		lo, hi = fixed(r, 8)
		if hi < 2 ^ 24 then
			fail(at, "the varint takes more bytes than it needs")
		end
		return lo, hi
	end
	lo, hi = fixed(r, n)
	lo = math.floor(lo / 2 ^ n) + (hi % 2 ^ n) * 2 ^ (32 - n)
	hi = math.floor(hi / 2 ^ n)
	if n > 1 and number(lo, hi) < 2 ^ (7 * (n - 1)) then
		fail(at, "the varint takes more bytes than it needs")
	end
	return lo, hi
end

-- A count or a size: of those beyond 2^53 only that they are too large matters.
local function count_of(r)
	return number(varint(r))
end

-- Tags have up to 64 bits: as text, all of them.
local function tag_of(r)
	local lo, hi = varint(r)

	return hi == 0 and string.format("%.0f", lo) or tostring(UInt64.new(lo, hi))
end
