-- ---- packets of the transport over sockets (docs/runtime.md, "Over sockets") ----
--
-- Before each stands the number of its connection. That it is an interface of the capture
-- would not do: as a file is read first, a dissector cannot see which.

local p_connection = ProtoField.uint32("skald_packet.connection", "connection", base.DEC)
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
packet.fields = { p_connection, p_call, p_deadline, p_kind, p_handles, p_window, p_ranges, p_range, p_trace,
	p_answer, p_request, p_time }
packet.experts = { ProtoExpert.new("skald_packet.malformed", "No packet",
	expert.group.MALFORMED, expert.severity.ERROR) }

local calls = {}

function packet.init()
	calls = {}
	forget_states()
end

-- Calls are told apart by connection and number.
local function match(connection, number, pinfo, tree, kind)
	local key = connection .. ":" .. number

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

-- Packets are seen in their order once, and then in any.
local function check_order(connection, number, inner, pinfo, tree, kind, message)
	if message and not pinfo.visited then
		verdicts[pinfo.number] = follow(connection, number, kind, message,
			is_refusal(message, inner))
	end
	local wrong = verdicts[pinfo.number]
	if wrong then
		tree:add_proto_expert_info(disorder, wrong)
		pinfo.cols.info:append(" [out of order: " .. wrong .. "]")
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

local function dissect_packet(connection, tvb, pinfo, tree)
	local size = tvb:len()
	local top = tree:add(packet, tvb(0, math.min(size, 96)))
	local kind = size >= 20 and tvb(16, 1):uint() or 0
	local n = size >= 20 and tvb(19, 1):uint() or 0
	local wrong = what_is_wrong(tvb, kind, n)

	pinfo.cols.protocol = "Skald"
	if wrong then
		pinfo.cols.info = "no packet"
		top:add_proto_expert_info(packet.experts[1], wrong)
		return
	end
	local number = tostring(tvb(0, 8):le_uint64())
	top:add_le(p_call, tvb(0, 8))
	top:add_le(p_deadline, tvb(8, 8))
	top:add(p_kind, tvb(16, 1))
	top:add(p_handles, tvb(17, 1))
	top:add(p_window, tvb(18, 1))
	top:add(p_ranges, tvb(19, 1))
	show_ranges(tvb, top, kind, n)
	top:add_le(p_trace, tvb(88, 8))
	match(connection, number, pinfo, top, kind)
	if kind == 3 then
		pinfo.cols.info = "cancel"
	elseif size == 96 then
		pinfo.cols.info = "no message"
		top:add_proto_expert_info(packet.experts[1], "there is no message in it")
	else
		local wanted = { handles = tvb(17, 1):uint(), leases = kind == 1 and n or 0 }
		local inner = tvb(96):tvb()
		local item = tree:add(skald, inner())
		check_order(connection, number, inner, pinfo, item, kind,
			dissect(inner, pinfo, item, wanted))
	end
end

function packet.dissector(tvb, pinfo, tree)
	local size = tvb:len()

	if size < 4 then
		pinfo.cols.info = "no packet"
		tree:add(packet, tvb()):add_proto_expert_info(packet.experts[1],
			"a connection's number has 4 bytes")
		return size
	end
	tree:add_le(p_connection, tvb(0, 4))
	dissect_packet(tvb(0, 4):le_uint(), size > 4 and tvb(4):tvb() or tvb(0, 0):tvb(), pinfo, tree)
	return size
end
