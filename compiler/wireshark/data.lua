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
