-- ---- states: calls out of order ----
--
-- What a server's state can be is a set: of a capture the beginning may be missing, and of
-- calls under way nobody knows which have been done. So a call is told of where no state
-- that there can be allows it, and never on a guess. States are numbers from 1.

local connections, verdicts = {}, {}

local function forget_states()
	connections, verdicts = {}, {}
end

local function add_all(set, more)
	for each in pairs(more) do
		set[each] = true
	end
	return set
end

local function states_of(interface)
	local set = {}

	for i in ipairs(interface.s) do
		set[i] = true
	end
	return set
end

-- The first call of a connection has the number 1: its server is in the first state.
local function connection_of(key, number)
	local connection = connections[key]

	if not connection then
		connection = { may = {}, calls = {} }
		for _, interface in ipairs(I) do
			if interface.s then
				connection.may[interface] = number == "1" and { true } or
					states_of(interface)
			end
		end
		connections[key] = connection
	end
	return connection
end

-- The interfaces that can be meant: those that have all that was called here. Where none
-- has, the server has several here, and it is one that has this method.
local function meant(connection, name)
	local having, both = {}, {}
	local known = connection.known or {}

	for _, interface in ipairs(I) do
		if interface.m[name] then
			having[interface] = true
			both[interface] = known[interface]
		end
	end
	if next(both) then
		connection.known = both
		return both
	end
	connection.known = add_all(add_all({}, known), having)
	return having
end

-- As it was answered last, or as a call under way has left it.
local function possible(connection, interface)
	local set = add_all({}, connection.may[interface])

	for _, call in pairs(connection.calls) do
		add_all(set, call.moves[interface] or {})
	end
	return set
end

local function state_names(interface, set)
	local names = {}

	for i, name in ipairs(interface.s) do
		if set[i] then
			names[#names + 1] = name
		end
	end
	return table.concat(names, " or ")
end

-- Notes what the call can do to the interface's state; what is wrong with it, or nil.
local function enter_call(connection, call, interface, name)
	local now, leads = possible(connection, interface), interface.m[name]
	local moves, stays, refuses = {}, {}, {}

	for state in pairs(now) do
		if leads[state] == 0 then
			refuses[state] = true
		elseif leads[state] == state then
			stays[state] = true
		else
			moves[leads[state]] = true
		end
	end
	call.moves[interface], call.stays[interface] = moves, stays
	call.refuses[interface] = refuses
	if not next(moves) and not next(stays) then
		return string.format("%s is not allowed in %s", string.match(name, "[^ ]+"),
			state_names(interface, now))
	end
end

-- It happens as it arrives; where it is not allowed, nothing does.
local function end_oneway(connection, call)
	for interface, moves in pairs(call.moves) do
		connection.may[interface] = add_all(add_all(add_all({}, moves),
			call.stays[interface]), call.refuses[interface])
	end
end

-- A request: what is wrong with it if all that can be meant refuse it, or nil.
local function state_called(key, number, message, is_oneway)
	local connection = connection_of(key, number)
	local call = { moves = {}, stays = {}, refuses = {}, alone = not next(connection.calls) }
	local interfaces = meant(connection, message.n)
	local wrong, is_right

	if not next(interfaces) then
		return			-- "next event" and the like: at any time
	end
	for interface in pairs(interfaces) do
		local why = interface.s and enter_call(connection, call, interface, message.n)
		wrong, is_right = why or wrong, is_right or not why
	end
	for _, other in pairs(connection.calls) do
		other.alone = false
	end
	if is_oneway then
		end_oneway(connection, call)
	else
		connection.calls[number] = call
	end
	return not is_right and wrong or nil
end

-- What the state can be behind a call that was answered well.
local function after(connection, call, interface)
	local set = add_all({}, call.moves[interface])

	if next(call.stays[interface]) then
		add_all(set, call.alone and call.stays[interface] or connection.may[interface])
	end
	return next(set) and set or states_of(interface)
end

local function state_answered(key, number, message, is_refused)
	local connection = connection_of(key, number)
	local call = connection.calls[number]

	if not call then
		return
	end
	connection.calls[number] = nil
	for interface, refuses in pairs(call.refuses) do
		if not message.k then
			connection.may[interface] = after(connection, call, interface)
		elseif is_refused and call.alone and next(refuses) then
			connection.may[interface] = refuses
		end
	end
end

-- A message of a connection, seen for the first time.
local function follow(key, number, kind, message, is_refused)
	if kind == 4 then
		state_answered(key, number, message, is_refused)
	elseif kind ~= 3 then
		return state_called(key, number, message, kind == 2)
	end
end
