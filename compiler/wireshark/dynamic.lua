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

-- Tags, with where they stand, up to the 0 behind them.
local function each_tag(r)
	return function()
		local at = r.at
		local tag = tag_of(r)
		if tag ~= "0" then
			return tag, at
		end
	end
end

local function decode_tags(r, block, tree)
	local next = 1

	for tag, at in each_tag(r) do
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

	for tag, at in each_tag(r) do
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
