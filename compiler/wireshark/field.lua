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

-- Schemas may have messages of these ids too: then by what the bytes can be.
local function beside(id, message)
	M[id] = M[id] or {}
	table.insert(M[id], message)
end

beside(6, { n = "contract request", read = decode_contract, asks = true })
beside(7, { n = "contract reply", read = decode_contract })

skald.fields = fields

-- Captures of messages have the link type USER0, of packets USER1.
local link = DissectorTable.get("wtap_encap")
link:add(wtap.USER0, skald)
link:add(wtap.USER1, packet)
DissectorTable.get("udp.port"):add_for_decode_as(skald)
