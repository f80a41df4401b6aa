#!/bin/bash
# Usage: tests/wireshark/wireshark.sh [NAME]
#
# `skald wireshark`: its dissector in tshark. It has to find malformed what the interpreter
# refuses, and nothing else; of a capture of hostfs it shows the calls.
# SEED=n: of the changes.
set -u
cd "$(dirname "$0")/../.."
export SEED=${SEED:-$RANDOM}
source tests/tap.bash
build=${BUILD:-build}
skald=$build/skald
relay='' server=
trap 'kill $relay $server 2>/dev/null; rm -rf "$work"' EXIT

agree() {
	python3 tests/wireshark/agree.py "$skald" "$1" "$2" "$work" "$SEED"
}

for schema in tests/golden-wire/g_*.bragi tests/vectors/{language,examples}.skald; do
	name=$(basename "${schema%.*}")
	tap_run "$name: malformed is what the interpreter refuses" agree "$schema" "${schema%.*}.jsonl"
done
for vectors in constructs malformed; do
	tap_run "$vectors: malformed is what the interpreter refuses" \
		agree tests/golden/constructs.skald tests/vectors/$vectors.jsonl
done
tap_run 'bragi: malformed is what the interpreter refuses' \
	agree tests/golden-wire/g_tags.bragi tests/golden-wire/malformed.jsonl

# ---- the project's protocols ----

"$skald" wireshark -I protocols protocols/*.skald -o "$work/all.lua" >"$work/log" 2>&1
tap $? 'all protocols make one dissector'
"$skald" wireshark -I protocols protocols/*.skald >"$work/again.lua"
cmp "$work/all.lua" "$work/again.lua" >"$work/log"
tap $? 'the same schemas make the same dissector'

# shark OPTION...: of the capture; what it complains of is shown, and is a failure.
shark() {
	tshark -r "$work/capture.pcapng" -X "lua_script:$work/all.lua" "$@" >"$work/out" 2>"$work/err"
	local status=$?
	sed -i '/^Running as user/d' "$work/err"
	cat "$work/err" "$work/out" >"$work/log"
	[ $status = 0 ] && [ ! -s "$work/err" ]
}

# Starts a command in the background and waits until it says a word.
start() {
	"${@:3}" >"$work/$1.out" 2>&1 &
	until grep -q "$2" "$work/$1.out"; do
		kill -0 $! 2>/dev/null || { cat "$work/$1.out"; return 1; }
		sleep 0.02
	done
}

capture_hostfs() {
	mkdir -p "$work/files"
	echo hello >"$work/files/greeting"
	start server hostfs: "$build/hostfs" --root "$work/files" --socket "$work/server" || return 1
	server=$!
	start relay ready python3 tools/capture/relay.py "$work/front" "$work/server" "$work/capture.pcapng" || return 1
	relay=$!
	export HOSTFS_SOCKET=$work/front
	[ "$("$build/hostfs-client" cat /greeting)" = hello ] || return 1
	"$build/hostfs-client" cat /missing && return 1
	"$build/hostfs-client" ls -l / || return 1
	kill "$relay" "$server"
	relay='' server=
}

tap_run 'hostfs is captured' capture_hostfs

shark -T fields -e skald.message -Y skald.message
for message in 'fs.FileSystem.open request' 'fs.FileSystem.open reply' 'fs.File.read_at request' \
	'fs.File.read_at reply' 'fs.FileSystem.open error' 'contract request' \
	'contract reply'; do
	grep -qx "$message" "$work/out"
	tap $? "hostfs: tshark shows $message"
done
shark -Y 'skald.malformed || skald.unknown || skald_packet.malformed || _ws.lua.error' && [ ! -s "$work/out" ]
tap $? 'hostfs: nothing is malformed'
shark -T fields -e skald.fs.Place.path -Y 'skald.fs.Place.path contains "missing"' &&
	grep -q missing "$work/out"
tap $? 'hostfs: members are fields'
shark -Y 'skald.error && skald_packet.call_in' && grep -q 'fs.FileSystem.open error: error=.*ENOENT' "$work/out"
tap $? 'hostfs: an error has its name'
shark -2 -T fields -e skald_packet.answer_in -Y 'skald.message == "fs.File.read_at request"' && grep -q '[0-9]' "$work/out"
tap $? 'hostfs: a call leads to its answer'

# ---- states ----

tap_run 'states: a call is told of where no state that there can be allows it' \
	python3 tests/wireshark/order.py "$skald" "$work"

# ---- traces ----

"$build/tests/ostrace/write" calls >"$work/stream" 2>"$work/log"
"$build/ostrace" --pcapng -o "$work/capture.pcapng" "$work/stream" 2>>"$work/log"
shark -Y skald.message && grep -q 'ostrace.Call' "$work/out" &&
	shark -Y 'skald.malformed || skald.unknown || _ws.lua.error' && [ ! -s "$work/out" ]
tap $? "packets of ostrace are shown as ostrace.skald's messages"

# ---- what is refused ----

echo 'message A 1 { head(8): }' >"$work/one.skald"
cp "$work/one.skald" "$work/two.skald"
sed -i '1i namespace same;' "$work"/{one,two}.skald
"$skald" wireshark "$work"/{one,two}.skald >/dev/null 2>"$work/log"
[ $? = 1 ] && grep -q 'same.A is declared in .*one.skald and in .*two.skald' "$work/log"
tap $? 'two files with something of one name are refused'
"$skald" wireshark >/dev/null 2>"$work/log"
[ $? = 2 ]
tap $? 'no schema is wrong usage'
exit $failed
