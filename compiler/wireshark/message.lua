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

-- How client and server compare what they were made from: runtime/contract.h.
local function decode_contract(message, tvb, tail_size, tree, shared, wanted, summary)
	local r = reader(tvb, 0, tvb:len(), shared)

	if tail_size > 0 or r.size < 24 or message.asks and r.size > 24 then
		fail(4, "%s has 24 bytes%s", message.n, message.asks and "" or ", and rows or a text")
	end
	r.at = 8
	local lo, hi = fixed(r, 8)
	local first, second = fixed(r, 4), fixed(r, 4)
	summary[1] = string.format("fingerprint=0x%08x%08x", hi, lo)
	add(r, tree, f_fingerprint, 8, UInt64.new(lo, hi), summary[1])
	if message.asks then
		summary[2] = string.format(second == 0 and "rows from %.0f" or "text of row %.0f", first)
	elseif left(r) == second * 32 then
		summary[2] = string.format("%.0f of %.0f rows", second, first)
	elseif left(r) == second then
		summary[2] = printable(tvb(24):string(ENC_UTF_8))
	else
		fail(20, "%.0f rows or bytes are said to follow, %d bytes do", second, left(r))
	end
	add(r, tree, nil, 16, nil, summary[2])
	check_beside(shared, wanted)
end

local function attempt(message, tvb, tail_size, tree, wanted, summary)
	local shared = { items = 0, handles = 0, leases = 0, base = 0 }
	local read = message.read or message.head and decode_message or decode_number
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

-- The server says itself that a call was out of order.
local function is_refusal(message, tvb)
	return message.k == "status" and tvb:len() >= 12 and S[-tvb(8, 4):le_int()] == "WRONG_STATE"
end

-- All of a message; what came beside it is counted in `wanted`, if that is known. Returns
-- what it is, or nothing.
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
	if is_refusal(message, tvb) then
		tree:add_proto_expert_info(disorder, "the server's state did not allow the call")
	end
	return message
end

function skald.dissector(tvb, pinfo, tree)
	dissect(tvb, pinfo, tree:add(skald, tvb()), {})
	return tvb:len()
end
