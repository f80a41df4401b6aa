-- ---- how it is read ----
--
-- D are the types, O their names in order; M are the messages by their ids, L those in
-- order (compiler/wireshark.c); S are the statuses of the runtime. Everything is
-- checked as by a strict reader (docs/wire-format.md): what is not right is thrown as
-- a table, caught in dissect(), and told of as malformed.

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
skald.experts = { malformed, cut, unknown }

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

-- ---- values as text ----

local function float_of(lo, hi, width)
	local sign, e, f, top, bias

	if width == 4 then
		sign, e, f = lo >= 2 ^ 31, math.floor(lo / 2 ^ 23) % 256, lo % 2 ^ 23
		top, bias = 255, 150
	else
		sign, e = hi >= 2 ^ 31, math.floor(hi / 2 ^ 20) % 2048
		f = (hi % 2 ^ 20) * TWO32 + lo
		top, bias = 2047, 1075
	end
	local one = width == 4 and 2 ^ 23 or 2 ^ 52
	local value
	if e == top then
		value = f == 0 and math.huge or 0 / 0
	elseif e == 0 then
		value = f * 2 ^ (1 - bias)
	else
		value = (f + one) * 2 ^ (e - bias)
	end
	return sign and -value or value
end

local function integer_of(type, lo, hi)
	if type.w == 8 then
		return type.s and Int64.new(lo, hi) or UInt64.new(lo, hi)
	end
	return hi ~= 0 and lo - TWO32 or lo
end

local function has_bits(wanted, bits)
	local low = bit32 or bit
	if low then
		return low.band(wanted, bits) % TWO32 == bits
	end
	for i = 0, 31 do
		if math.floor(bits / 2 ^ i) % 2 == 1 and math.floor(wanted / 2 ^ i) % 2 == 0 then
			return false
		end
	end
	return true
end

-- Names of a value; of bits those of all that are set.
local function names_of(enum, lo, hi)
	local names = {}

	for _, e in ipairs(enum.v) do
		if lo == e[2] and hi == e[3] then
			return " (" .. e[1] .. ")"
		end
		if enum.k == "bits" and (e[2] ~= 0 or e[3] ~= 0) and has_bits(lo, e[2]) and
		   has_bits(hi, e[3]) then
			names[#names + 1] = e[1]
		end
	end
	return #names > 0 and " (" .. table.concat(names, " | ") .. ")" or ""
end

local function is_listed(enum, lo, hi)
	if enum.k ~= "bits" then
		return names_of(enum, lo, hi) ~= ""
	end
	for i = 0, 31 do
		local bit_lo = math.floor(lo / 2 ^ i) % 2 == 1
		local bit_hi = math.floor(hi / 2 ^ i) % 2 == 1
		for _, e in ipairs(enum.v) do
			bit_lo = bit_lo and math.floor(e[2] / 2 ^ i) % 2 == 0
			bit_hi = bit_hi and math.floor(e[3] / 2 ^ i) % 2 == 0
		end
		if bit_lo or bit_hi then
			return false
		end
	end
	return true
end

local function printable(text)
	text = string.gsub(text, "[^\32-\126\128-\255]", function(c)
		return string.format("\\x%02x", string.byte(c))
	end)
	return '"' .. text .. '"'
end

-- ---- scalars ----

local decode, decode_static, decode_member

-- A handle or a lease: the next of its kind.
local function beside(r, type, lo, at)
	local key = type.k == "handle" and "handles" or "leases"

	r.shared[key] = r.shared[key] + 1
	if lo ~= r.shared[key] then
		fail(at, "%s %.0f, where %d is the next", type.k, lo, r.shared[key])
	end
	return type.k .. " " .. string.format("%.0f", lo)
end

-- What the bits are: the value for the field, and its text.
local function scalar(r, type, lo, hi, at)
	if type.k == "bool" then
		if lo > 1 or hi ~= 0 then
			fail(at, "a bool is 0 or 1, not %.0f", number(lo, hi))
		end
		return lo == 1, lo == 1 and "true" or "false"
	elseif type.k == "float" then
		local value = float_of(lo, hi, type.w)
		return value, string.format(type.w == 4 and "%.9g" or "%.17g", value)
	elseif type.k == "handle" or type.k == "lease" then
		return lo, beside(r, type, lo, at)
	end
	local value = integer_of(type, lo, hi)
	local text = type.w == 8 and tostring(value) or string.format("%.0f", value)
	if type.k == "enum" then
		local enum = D[type.d]
		if enum.strict and not is_listed(enum, lo, hi) then
			fail(at, "%s is no value of %s", text, type.d)
		end
		text = text .. names_of(enum, lo, hi)
	elseif type.x and not type.s then
		text = string.format(hi == 0 and "0x%X" or "0x%X%08X", hi == 0 and lo or hi, lo)
	end
	return value, text
end

local function take_scalar(r, type)
	local at = r.at
	local lo, hi = fixed(r, type.w)

	if type.s then
		lo, hi = extend(lo, hi, type.w)
	end
	return scalar(r, type, lo, hi, at)
end

-- That a varint is a value of the type.
local function fits(type, lo, hi)
	if type.w == 8 then
		return true
	elseif not type.s then
		return hi == 0 and lo < 2 ^ (8 * type.w)
	end
	local half = 2 ^ (8 * type.w - 1)
	return hi == 0 and lo < half or hi == TWO32 - 1 and lo >= TWO32 - half
end

local function take_dynamic(r, type)
	local at = r.at

	if type.raw then
		if left(r) <= 0 then
			short(r, at, "cut short")
		end
		return take_scalar(r, type)
	end
	local lo, hi = varint(r)
	if not fits(type, lo, hi) then
		fail(at, "the value is out of the range of %s", type.n)
	end
	return scalar(r, type, lo, hi, at)
end

local function is_beside(type)
	return type.k == "handle" or type.k == "lease"
end

local function is_content(type)
	return type.raw and not is_beside(type)
end

-- ---- what stands as it does in place ----

local function show_bytes(r, tree, field, from, name, type, n)
	for _ = 1, n do
		if type.e.k == "int" then
			r.at = r.at + 1
		else
			take_scalar(r, type.e)
		end
	end
	add(r, tree, field, from, nil, string.format("%s: %d bytes", name, n))
end

local function static_items(r, type, n, tree, name, field, from)
	if is_content(type.e) then
		return show_bytes(r, tree, field, r.at, name, type, n)
	end
	local start = r.at
	r.at = r.at + n * (type.e.z or type.e.w)
	local item = add(r, tree, nil, from, nil, string.format("%s: %.0f", name, n))
	r.at = start
	for i = 0, n - 1 do
		decode_static(r, type.e, item, name .. "[" .. i .. "]", field)
	end
end

function decode_static(r, type, tree, name, field)
	local at = r.at

	if type.k == "record" then
		r.at = at + type.z
		local item = add(r, tree, field, at, nil, name .. ": " .. type.n)
		r.at = at
		for _, m in ipairs(D[type.d].m) do
			decode_static(r, m.t, item, m.n, m.f)
		end
	elseif type.k == "array" then
		static_items(r, type, type.c, tree, name, field, at)
	else
		local value, text = take_scalar(r, type)
		add(r, tree, field, at, value, name .. ": " .. text)
		return text
	end
end

local function take_size(r, type)
	local at = r.at
	local size = count_of(r)

	if size > left(r) then
		short(r, at, "%s has %.0f bytes, but %d are left", type.n, size, left(r))
	end
	return size
end

local function decode_blob(r, type, tree, name, field)
	local at = r.at
	local size = take_size(r, type)

	if size ~= type.z then
		fail(at, "%s has %.0f bytes, not %.0f", type.n, type.z, size)
	end
	decode_static(r, type, tree, name, field)
end

local function decode_blobs(r, type, tree, name, field)
	local at = r.at
	local size = take_size(r, type)
	local each = type.e.z

	if each == 0 and size ~= 0 or each ~= 0 and size % each ~= 0 then
		fail(at, "%.0f bytes are no multiple of %s", size, type.e.n)
	end
	local n = each == 0 and 0 or size / each
	if type.b and n > type.b then
		fail(at, "%.0f elements are more than the %.0f of %s", n, type.b, type.n)
	end
	static_items(r, type, n, tree, name, field, at)
end

-- ---- the dynamic area ----

local function decode_string(r, type, tree, name, field)
	local at = r.at
	local size = count_of(r)

	if type.b and size > type.b then
		fail(at, "%.0f bytes are more than the %.0f of %s", size, type.b, type.n)
	end
	if size > left(r) then
		short(r, at, "the string has %.0f bytes, but %d are left", size, left(r))
	end
	local from = r.at
	r.at = from + size
	local text = size > 0 and r.tvb(r.base + from, size):string(ENC_UTF_8) or ""
	add(r, tree, field, at, text, name .. ": " .. printable(text))
	return printable(text)
end

local function check_count(r, type, n, at)
	if type.k == "array" and n ~= type.c then
		fail(at, "%s has exactly %.0f elements, not %.0f", type.n, type.c, n)
	end
	if type.k == "list" and type.b and n > type.b then
		fail(at, "%.0f elements are more than the %.0f of %s", n, type.b, type.n)
	end
	if type.e.least == 0 and n > MAX_EMPTY then
		fail(at, "%.0f elements of no bytes, more than %d", n, MAX_EMPTY)
	end
	if type.e.least > 0 and n > left(r) / type.e.least then
		short(r, at, "%.0f elements cannot stand in the %d bytes that are left", n, left(r))
	end
end

local function decode_list(r, type, tree, name, field)
	local at = r.at
	local n = count_of(r)

	check_count(r, type, n, at)
	if is_content(type.e) then
		return show_bytes(r, tree, field, r.at, name, type, n)
	end
	local item = add(r, tree, nil, at, nil, string.format("%s: %.0f", name, n))
	for i = 0, n - 1 do
		decode(r, type.e, item, name .. "[" .. i .. "]", field)
	end
	if item ~= nothing and r.at > at then
		item:set_len(r.at - at)
	end
end

local function enter(r)
	if r.depth == r.depth_limit then
		fail(r.at, "structs within each other, more than %d", r.depth_limit)
	end
	r.depth = r.depth + 1
end

local function take_presence(r, type)
	local at = r.at
	local n = count_of(r)

	if type.k == "record" and n ~= 0 then
		r.at = at
		return true
	end
	if n > 1 then
		fail(at, "it may be there once, not %.0f times", n)
	end
	return n == 1
end

-- An optional handle or lease that is absent is one byte 0.
local function take_absence(r, m)
	if m.opt and is_beside(m.t) and left(r) > 0 and string.byte(r.bytes, r.at + 1) == 0 then
		r.at = r.at + 1
		return true
	end
end

local function decode_optional(r, m, tree)
	if take_absence(r, m) then
		return
	end
	if m.opt and not is_beside(m.t) and not take_presence(r, m.t) then
		return
	end
	return decode(r, m.t, tree, m.n, m.f)
end

-- Within the bounds of the member itself.
local function decode_held(r, m, tree)
	local limit, depth_limit, size = r.limit, r.depth_limit, r.size

	if m.bytes and m.bytes < left(r) then
		r.size = r.at + m.bytes
		r.limit = { at = r.at, bytes = m.bytes }
	end
	if m.depth and r.depth + m.depth < depth_limit then
		r.depth_limit = r.depth + m.depth
	end
	local text = decode_optional(r, m, tree)
	r.limit, r.depth_limit, r.size = limit, depth_limit, size
	return text
end

local function decode_tags(r, block, tree)
	local next = 1

	while true do
		local at = r.at
		local tag = tag_of(r)
		if tag == "0" then
			return
		end
		while block[next] and block[next].tag ~= tag do
			next = next + 1
		end
		if not block[next] then
			fail(at, "tag %s is not known, stands twice, or out of order", tag)
		end
		decode_held(r, block[next], tree)
		next = next + 1
	end
end

local decode_table

function decode_member(r, m, tree)
	if m.sized then
		return decode_table(r, m.tags, tree)
	end
	if m.tags then
		return decode_tags(r, m.tags, tree)
	end
	return decode_held(r, m, tree)
end

local function decode_struct(r, type, tree, name, field)
	local at = r.at

	enter(r)
	local item = add(r, tree, field, at, nil, name .. ": " .. type.n)
	for _, m in ipairs(D[type.d].m) do
		decode_member(r, m, item)
	end
	r.depth = r.depth - 1
	if item ~= nothing and r.at > at then
		item:set_len(r.at - at)
	end
end

local function decode_arm(r, arm, tag, tree)
	local at = r.at

	if not arm then
		r.at = r.size
		add(r, tree, nil, at, nil, string.format("#%s: %d bytes", tag, r.at - at))
	elseif not arm.t then
		add(r, tree, nil, at, nil, arm.n)
	else
		return decode_held(r, arm, tree)
	end
end

-- What has its length before it, and fills it.
local function decode_sized(r, arm, tag, tree)
	local limit, size, at = r.limit, r.size, r.at
	local n = count_of(r)

	if n > left(r) then
		short(r, at, "the value has %.0f bytes, but %d are left", n, left(r))
	end
	r.size, r.limit = r.at + n, nil
	decode_arm(r, arm, tag, tree)
	if left(r) > 0 then
		fail(r.at, "%d bytes of the value are left over", left(r))
	end
	r.size, r.limit = size, limit
end

local function tagged(members, tag)
	for _, m in ipairs(members) do
		if m.tag == tag then
			return m
		end
	end
end

local function arm_of(type, tag)
	return tagged(D[type.d].m, tag)
end

-- Tags ascend; one that is not known is its bytes.
function decode_table(r, block, tree)
	local last = 0

	while true do
		local at = r.at
		local tag = tag_of(r)
		if tag == "0" then
			return
		end
		if tonumber(tag) > MAX_ARM then
			fail(at, "no table has a tag %s", tag)
		end
		if tonumber(tag) <= last then
			fail(at, "tag %s stands behind tag %d", tag, last)
		end
		last = tonumber(tag)
		decode_sized(r, tagged(block, tag), tag, tree)
	end
end

local function decode_variant(r, type, tree, name, field)
	local variant, at = D[type.d], r.at

	enter(r)
	local tag = tag_of(r)
	local arm = arm_of(type, tag)
	if tag == "0" then
		fail(at, "no arm is set")
	end
	if not arm and (not variant.flexible or tonumber(tag) > MAX_ARM) then
		fail(at, "%s has no tag %s", type.n, tag)
	end
	local item = add(r, tree, field, at, nil, name .. ": " .. (arm and arm.n or "?"))
	if variant.flexible then
		decode_sized(r, arm, tag, item)
	else
		decode_arm(r, arm, tag, item)
	end
	at = r.at
	if count_of(r) ~= 0 then
		fail(at, "a second arm")
	end
	r.depth = r.depth - 1
end

local kinds = {
	string = decode_string, struct = decode_struct, variant = decode_variant,
	record = decode_blob,
}

function decode(r, type, tree, name, field)
	local by_kind = kinds[type.k]

	if by_kind then
		return by_kind(r, type, tree, name, field)
	elseif type.k == "list" and type.e.k == "record" then
		return decode_blobs(r, type, tree, name, field)
	elseif type.k == "array" and type.blob then
		return decode_blob(r, type, tree, name, field)
	elseif type.k == "list" or type.k == "array" then
		return decode_list(r, type, tree, name, field)
	end
	local at = r.at
	local value, text = take_dynamic(r, type)
	add(r, tree, field, at, value, name .. ": " .. text)
	return text
end

-- ---- messages ----

-- One section; values of it are told of in `summary`.
local function decode_section(r, section, tree, summary)
	local pointers = {}

	if r.size < section.fixed then
		fail(r.size, "cut short: the fixed part takes %.0f bytes, %d are there",
			section.fixed, r.size)
	end
	local function tell(m, text)
		if text and m.n then
			summary[#summary + 1] = m.n .. "=" .. text
		end
	end
	for i, m in ipairs(section) do
		if m.ptr then
			pointers[i] = number(fixed(r, section.pointer))
		elseif not take_absence(r, m) then
			tell(m, decode_static(r, m.t, tree, m.n, m.f))
		end
	end
	for i, m in ipairs(section) do
		if m.ptr then
			if pointers[i] ~= r.at then
				fail(m.at, "the pointer is %.0f, but the data has to start at %d",
					pointers[i], r.at)
			end
			tell(m, decode_member(r, m, tree))
		end
	end
end

local function check_zeros(r)
	while left(r) > 0 do
		if string.byte(r.bytes, r.at + 1) ~= 0 then
			fail(r.at, "only zeros may follow the head's data")
		end
		r.at = r.at + 1
	end
end

local function reader(tvb, from, size, shared)
	return {
		tvb = tvb, base = from, size = size, at = 0, depth = 0, depth_limit = MAX_DEPTH,
		bytes = size > 0 and tvb(from, size):raw() or "", shared = shared,
	}
end

local function check_beside(shared, wanted)
	for key, n in pairs(wanted) do
		if shared[key] ~= n then
			fail(0, "%d %s came with it, it has %d", n, key, shared[key])
		end
	end
end

-- A message that the schema declares.
local function decode_message(message, tvb, tail_size, tree, shared, wanted, summary)
	local size = tvb:len()
	local head = reader(tvb, 0, size - tail_size, shared)

	shared.base = 0
	if tail_size > 0 and not message.tail then
		fail(4, "%s has no tail", message.n)
	elseif tail_size == 0 and message.tail and #message.tail > 0 then
		fail(4, "the tail is absent")
	elseif head.size > message.head.most then
		fail(message.head.most, "the head has %d bytes, its declared size is %.0f",
			head.size, message.head.most)
	end
	head.at = 8
	decode_section(head, message.head, tree, summary)
	check_zeros(head)
	if message.tail then
		local tail = reader(tvb, size - tail_size, tail_size, shared)

		shared.base = tail.base
		decode_section(tail, message.tail, tree, summary)
		if left(tail) > 0 then
			fail(tail.at, "%d bytes are left over", left(tail))
		end
	end
	check_beside(shared, wanted)
end

-- An error, a status, or how many events were lost: one number.
local function decode_number(message, tvb, tail_size, tree, shared, wanted, summary)
	local r = reader(tvb, 0, tvb:len(), shared)

	if tail_size > 0 or r.size < 8 + (message.size or 4) then
		fail(4, "%s has %d bytes", message.n, 8 + (message.size or 4))
	end
	r.at = 8
	if message.k ~= "wait" then
		local lo, hi = fixed(r, 4)
		if message.k ~= "lost" then
			lo, hi = extend(lo, hi, 4)
		end
		local value = hi ~= 0 and lo - TWO32 or lo
		local name = message.names and names_of(message.names, lo, hi) or ""
		if message.k == "error" and (value <= 0 or message.strict and name == "") or
		   message.k == "status" and value >= 0 then
			fail(8, "%.0f is no %s", value, message.k)
		end
		local text = message.k .. "=" .. string.format("%.0f", value) .. name
		add(r, tree, message.f, 8, value, text)
		summary[#summary + 1] = text
	end
	check_zeros(r)
	check_beside(shared, wanted)
end

local function attempt(message, tvb, tail_size, tree, wanted, summary)
	local shared = { items = 0, handles = 0, leases = 0, base = 0 }
	local read = message.head and decode_message or decode_number
	local good, fault = pcall(read, message, tvb, tail_size, tree, shared, wanted, summary)

	if good then
		return
	elseif type(fault) ~= "table" then
		error(fault, 0)
	end
	fault.at = fault.at + shared.base
	return fault
end

-- Of several messages of one id the first that this can be.
local function choose(candidates, tvb, tail_size, wanted)
	for _, message in ipairs(candidates) do
		if #candidates == 1 or not attempt(message, tvb, tail_size, nothing, wanted, {}) then
			return message
		end
	end
	return candidates[1]
end

local function flag(tree, tvb, fault, pinfo)
	local text = string.format("byte %.0f: %s", fault.at, fault.text)

	tree:add_proto_expert_info(malformed, text)
	pinfo.cols.info:append(" [malformed: " .. text .. "]")
end

-- All of a message; what came beside it is counted in `wanted`, if that is known.
local function dissect(tvb, pinfo, tree, wanted)
	local size = tvb:len()

	pinfo.cols.protocol = "Skald"
	if size < tvb:reported_len() then
		tree:add_proto_expert_info(cut)
	end
	if size < 8 then
		pinfo.cols.info = "no message"
		return flag(tree, tvb, { at = size, text = "cut short: a message has at least 8 bytes" },
			pinfo)
	end
	local id, tail_size = tvb(0, 4):le_uint(), tvb(4, 4):le_uint()
	local id_item = tree:add(f_id, tvb(0, 4), id)
	tree:add(f_tail, tvb(4, 4), tail_size)
	local candidates = M[id]
	if not candidates then
		pinfo.cols.info = string.format("unknown message, id %.0f", id)
		tree:add_proto_expert_info(unknown, string.format("no message has the id %.0f", id))
		return
	end
	if tail_size > size - 8 then
		pinfo.cols.info = candidates[1].n
		return flag(tree, tvb, { at = 4, text = "the tail is said to be larger than the message" },
			pinfo)
	end
	local message = choose(candidates, tvb, tail_size, wanted)
	local summary = {}
	tree:append_text(": " .. message.n)
	id_item:append_text(" (" .. message.n .. ")")
	tree:add(f_name, tvb(0, 4), message.n):set_generated()
	local fault = attempt(message, tvb, tail_size, tree, wanted, summary)
	pinfo.cols.info = message.n
	if #summary > 0 then
		local text = table.concat(summary, ", ")
		pinfo.cols.info:append(": " .. (#text > 200 and string.sub(text, 1, 200) .. "..." or text))
	end
	if fault then
		flag(tree, tvb, fault, pinfo)
	end
end

function skald.dissector(tvb, pinfo, tree)
	dissect(tvb, pinfo, tree:add(skald, tvb()), {})
	return tvb:len()
end

-- ---- packets of the transport over sockets (docs/runtime.md, "Over sockets") ----

local p_call = ProtoField.uint64("skald_packet.call", "call", base.DEC)
local p_deadline = ProtoField.uint64("skald_packet.deadline", "deadline, ns", base.DEC)
local p_kind = ProtoField.uint8("skald_packet.kind", "kind", base.DEC,
	{ [1] = "call", [2] = "one-way", [3] = "cancel", [4] = "answer" })
local p_handles = ProtoField.uint8("skald_packet.handles", "handles", base.DEC)
local p_window = ProtoField.uint8("skald_packet.window", "window", base.DEC)
local p_ranges = ProtoField.uint8("skald_packet.ranges", "ranges", base.DEC)
local p_range = ProtoField.uint32("skald_packet.range_size", "bytes", base.DEC)
local p_trace = ProtoField.uint64("skald_packet.correlation", "correlation", base.HEX)
local p_answer = ProtoField.framenum("skald_packet.answer_in", "answered in", base.NONE,
	frametype.RESPONSE)
local p_request = ProtoField.framenum("skald_packet.call_in", "answer to", base.NONE,
	frametype.REQUEST)
local p_time = ProtoField.double("skald_packet.time", "seconds since the call")
packet.fields = { p_call, p_deadline, p_kind, p_handles, p_window, p_ranges, p_range, p_trace,
	p_answer, p_request, p_time }
packet.experts = { ProtoExpert.new("skald_packet.malformed", "No packet",
	expert.group.MALFORMED, expert.severity.ERROR) }

local interface = Field.new("frame.interface_id")
local calls = {}

function packet.init()
	calls = {}
end

-- Calls are told apart by connection, which is an interface of the capture, and number.
local function match(tvb, pinfo, tree, kind)
	local info = interface()
	local key = tostring(info and info.value or 0) .. ":" .. tostring(tvb(0, 8):le_uint64())

	if kind == 1 and not pinfo.visited then
		calls[key] = { call = pinfo.number, time = pinfo.abs_ts }
	end
	local call = calls[key]
	if kind == 4 and call and not pinfo.visited then
		call.answer = pinfo.number
	end
	if kind == 1 and call and call.answer then
		tree:add(p_answer, call.answer):set_generated()
	elseif kind == 4 and call then
		tree:add(p_request, call.call):set_generated()
		tree:add(p_time, pinfo.abs_ts - call.time):set_generated()
	end
end

local directions = { [1] = "in", [2] = "out", [3] = "in and out" }

local function show_ranges(tvb, tree, kind, n)
	for i = 0, n - 1 do
		local at = 24 + 8 * i
		local item = tree:add(p_range, tvb(at + 4, 4), tvb(at + 4, 4):le_uint())
		if kind == 1 then
			item:append_text(", " .. (directions[tvb(20 + i, 1):uint()] or "?"))
		end
		item:append_text(string.format(", at %d of the window", tvb(at, 4):le_uint()))
	end
end

local function what_is_wrong(tvb, kind, n)
	local most = kind == 1 and 4 or kind == 4 and 8 or 0

	if tvb:len() < 96 then
		return "a packet has at least 96 bytes"
	elseif kind < 1 or kind > 4 then
		return string.format("there is no kind %d", kind)
	elseif n > most then
		return string.format("%d ranges, at most %d", n, most)
	end
end

function packet.dissector(tvb, pinfo, tree)
	local size = tvb:len()
	local top = tree:add(packet, tvb(0, math.min(size, 96)))
	local kind = size >= 20 and tvb(16, 1):uint() or 0
	local n = size >= 20 and tvb(19, 1):uint() or 0
	local wrong = what_is_wrong(tvb, kind, n)

	pinfo.cols.protocol = "Skald"
	if wrong then
		pinfo.cols.info = "no packet"
		top:add_proto_expert_info(packet.experts[1], wrong)
		return size
	end
	top:add_le(p_call, tvb(0, 8))
	top:add_le(p_deadline, tvb(8, 8))
	top:add(p_kind, tvb(16, 1))
	top:add(p_handles, tvb(17, 1))
	top:add(p_window, tvb(18, 1))
	top:add(p_ranges, tvb(19, 1))
	show_ranges(tvb, top, kind, n)
	top:add_le(p_trace, tvb(88, 8))
	match(tvb, pinfo, top, kind)
	if kind == 3 then
		pinfo.cols.info = "cancel"
	elseif size == 96 then
		pinfo.cols.info = "no message"
		top:add_proto_expert_info(packet.experts[1], "there is no message in it")
	else
		local wanted = { handles = tvb(17, 1):uint(), leases = kind == 1 and n or 0 }
		local inner = tvb(96):tvb()
		dissect(inner, pinfo, tree:add(skald, inner()), wanted)
	end
	return size
end

-- ---- what Wireshark knows of it ----

local function leaf(type)
	while (type.k == "list" or type.k == "array") and not is_content(type.e) do
		type = type.e
	end
	return type
end

local function field_of(name, m)
	local type = m.t and leaf(m.t)
	local make = ProtoField.none
	local form

	if not type then
		make = ProtoField.none
	elseif type.k == "int" or type.k == "enum" then
		make = ProtoField[(type.s and "int" or "uint") .. (type.w == 8 and 64 or 32)]
		form = type.x and not type.s and base.HEX or base.DEC
	elseif type.k == "bool" then
		make = ProtoField.bool
	elseif type.k == "float" then
		make = type.w == 4 and ProtoField.float or ProtoField.double
	elseif type.k == "string" then
		make = ProtoField.string
	elseif is_beside(type) then
		make, form = ProtoField.uint8, base.DEC
	elseif type.k == "list" or type.k == "array" then
		make = ProtoField.bytes
	end
	return form and register(make, name, m.n, form) or register(make, name, m.n)
end

local function give_fields(name, members)
	for _, m in ipairs(members) do
		if m.tags then
			give_fields(name, m.tags)
		else
			m.f = field_of(name .. "." .. m.n, m)
		end
	end
end

for _, name in ipairs(O) do
	if D[name].m then
		give_fields(name, D[name].m)
	end
end
for _, candidates in ipairs(L) do
	for _, message in ipairs(candidates) do
		if message.head then
			give_fields(message.f, message.head)
			give_fields(message.f, message.tail or {})
		else
			message.f = message.k == "error" and f_error or f_status
		end
	end
end

-- What the runtime says by itself.
local function own(id, message)
	M[id] = M[id] or { message }
end

local statuses = { k = "enum", v = {} }
for i, name in ipairs(S) do
	statuses.v[i] = { name, TWO32 - i, TWO32 - 1 }
end
own(2, { n = "status", k = "status", f = f_status, names = statuses })
own(4, { n = "next event", k = "wait", size = 0 })
own(5, { n = "events lost", k = "lost", f = f_lost })

skald.fields = fields

-- Captures of messages have the link type USER0, of packets USER1.
local link = DissectorTable.get("wtap_encap")
link:add(wtap.USER0, skald)
link:add(wtap.USER1, packet)
DissectorTable.get("udp.port"):add_for_decode_as(skald)
