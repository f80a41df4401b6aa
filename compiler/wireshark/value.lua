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
