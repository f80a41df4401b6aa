#!/bin/bash
# Usage: tests/ostrace/ostrace.sh [NAME | --update]
#
# The ostrace tool: whole outputs of streams (tests/ostrace/write.c), as in
# tests/ostrace/golden, where --update puts the new ones; filters; streams that are
# damaged, cut, or still growing.
set -u
cd "$(dirname "$0")/../.."
update=
[ "${1:-}" = --update ] && update=1 && shift
source tests/tap.bash
build=${BUILD:-build}
ostrace=$build/ostrace
golden=tests/ostrace/golden
export LC_ALL=C

for scenario in calls kernel program kept many renamed; do
	"$build/tests/ostrace/write" $scenario >"$work/$scenario" || exit 1
done

# ---- whole outputs ----

# whole FILE OPTION...: what is shown of a scenario, as FILE has it.
whole() {
	local file=$1 scenario=${1%.*} came
	shift
	"$ostrace" "$@" "$work/$scenario" >"$work/came" 2>"$work/log"
	came=$?
	[[ $file == *.pcapng ]] && od -A d -t x1z "$work/came" >"$work/hex" &&
		mv "$work/hex" "$work/came"
	[ -n "$update" ] && cp "$work/came" "$golden/$file"
	diff "$golden/$file" "$work/came" >>"$work/log" 2>&1 && [ $came = 0 ]
	tap $? "ostrace: $file is as it was"
}

for scenario in calls kernel program kept; do
	whole $scenario.text --kernel
	whole $scenario.json --json
done
"$build/tests/ostrace/stubs" loopback >"$work/stubs"
whole stubs.text
whole stubs.json --json
whole calls.pcapng --pcapng
whole kernel.pcapng --pcapng
whole calls.stats --stats
whole many.stats --stats
[ -n "$update" ] && exit 0

# ---- filters ----

# shows NAME STATUS EXPECTED COMMAND...: and exactly that, without the times.
shows() {
	tap_wants "$1" || return 0
	local came
	"${@:4}" >"$work/out" 2>"$work/err"
	came=$?
	{
		sed -E 's/^ *[0-9.]+ //; s/ *<.*>$//' "$work/out"
		cat "$work/err"
	} >"$work/came"
	diff <(printf '%s' "$3") "$work/came" >"$work/log"
	local status=$?
	[ $came = "$2" ] || { echo "status $came, not $2" >>"$work/log"; status=1; }
	tap $status "$1"
}

read_line='shell/main -> fs/loop fs.File.read(16 B, 1 lease of 4096 B) = ok (16 B)
'
shows 'ostrace: --method takes a pattern' 0 "$read_line"'shell/main -> fs/loop fs.File.read_at(24 B, 1 handle, 2 leases of 100 B) = refused, MALFORMED after 1 more
shell/main fs.File.read(16 B) = ENOENT
' "$ostrace" -m 'fs.*' "$work/calls"
shows 'ostrace: --program takes whoever calls or serves' 0 '  fs/loop -> disk/#31 other.Thing.do(32 B) = ok (8 B, 2 handles)
' "$ostrace" -p disk "$work/calls"
shows 'ostrace: --program takes a thread' 0 'free "pages": -12
' sh -c "'$ostrace' -p shell/main '$work/program' | grep free | sed 's|shell/main ||'"
shows 'ostrace: --longer counts from begin to end' 0 "$read_line" \
	"$ostrace" -l 50us "$work/calls"
shows 'ostrace: --failed takes errors and statuses' 0 'shell/main -> fs/loop fs.File.read_at(24 B, 1 handle, 2 leases of 100 B) = refused, MALFORMED after 1 more
shell/main fs.File.read(16 B) = ENOENT
shell/main other.Thing.do(8 B) = TIMED_OUT
-> fs/loop other.Thing.do(?) = refused, UNKNOWN_METHOD
' "$ostrace" --failed "$work/calls"
shows 'ostrace: filters hold together' 0 '' "$ostrace" -l 2us -e -m fs.File.read "$work/calls"
shows 'ostrace: the table is of what was filtered' 0 'method          calls  errors  open         p50         p99         max       total        self
fs.File.read      100     100     0  500.000 us  990.000 us    1.000 ms   50.500 ms   15.150 ms
' "$ostrace" --stats -e "$work/many"

shows 'ostrace: what is known has its own name, whatever is announced' 0 'cpu0 deliver #21 -> shell/main fs.File.read(16 B) reply
shell/main fs.File.read(16 B) = ok (16 B)
' "$ostrace" --kernel "$work/renamed"

"$ostrace" --pcapng -l 50us "$work/calls" | od -A n -t x1 -v | tr -d ' \n' >"$work/packets"
[ "$(grep -o '43616c6c2066732e46696c652e72656164' "$work/packets" | wc -l)" = 1 ] &&
	! grep -q 53656e64 "$work/packets"		# Call fs.File.read; no Send
tap $? 'ostrace: packets of the calls that are wanted, and no others' "$work/packets"

# ---- what stubs record ----

"$build/tests/ostrace/stubs" off >"$work/off" 2>"$work/log" &&
	"$ostrace" "$work/off" >"$work/out" 2>>"$work/log" && [ ! -s "$work/out" ]
tap $? 'stubs: nothing is recorded where nothing is switched on' "$work/log" "$work/out"
shows 'stubs: over sockets, a call and its service are one' 0 'shell/#1 -> front/#2 traced.Thing.add(12 B) = ok (12 B)
shell/#1 -> front/#2 traced.Thing.add(12 B) = 1
shell/#1 -> front/#2 traced.Thing.lend(27 B, 1 lease of 4 B) = ok (12 B)
shell/#1 -> front/#2 0x7ffffff0(8 B) = refused, UNKNOWN_METHOD
' sh -c "'$build/tests/ostrace/stubs' socket | '$ostrace' | grep 'shell.*front' | sed 's/   shell/ shell/'"
tap_run 'stubs: a reader beside the writer gets whole records, and counts what it lost' \
	"$build/tests/ostrace/stubs" race
cat "$work/log" | sed 's/^/# /'

# ---- what is wrong with a stream ----

# spoil FILE OFFSET BYTE
spoil() {
	printf "\\x$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

"$ostrace" "$work/calls" >"$work/good"
size=$(stat -c %s "$work/calls")
first=$(grep -obUaP '\x38\x00\x00\x00\x01\x00\x00\x00' "$work/calls" | head -n 1 | cut -d: -f1)

cp "$work/calls" "$work/bad"
spoil "$work/bad" $((first + 4)) 7f
"$ostrace" "$work/bad" >"$work/out" 2>"$work/log"
[ $? = 1 ] && grep -qF "$work/bad: offset $first: 60 bytes are damaged" "$work/log" &&
	grep -q '24 records were written' "$work/log" &&
	[ "$(tail -n 6 "$work/out")" = "$(tail -n 6 "$work/good")" ]
tap $? 'ostrace: a damaged entry is named, the others are shown'

cp "$work/calls" "$work/bad"
spoil "$work/bad" "$first" ff
spoil "$work/bad" $((first + 1)) ff
"$ostrace" "$work/bad" >"$work/out" 2>"$work/log"
[ $? = 1 ] && grep -qF "offset $first: 60 bytes are damaged" "$work/log"
tap $? 'ostrace: so is a damaged size'

{ printf 'SeaBIOS\r\n'; cat "$work/calls"; } >"$work/bad"
"$ostrace" "$work/bad" >"$work/out" 2>"$work/log"
[ $? = 1 ] && cmp -s "$work/out" "$work/good" &&
	grep -qF 'offset 0: 9 bytes are damaged' "$work/log"
tap $? 'ostrace: what stands before a stream is passed over'

head -c $((size - 100)) "$work/calls" >"$work/bad"
"$ostrace" "$work/bad" >"$work/out" 2>"$work/log"
[ $? = 1 ] && grep -q "cut, the last" "$work/log" && grep -q 'the stream has no end' "$work/log" &&
	[ "$(head -n 2 "$work/out")" = "$(head -n 2 "$work/good")" ]
tap $? 'ostrace: a cut stream is shown up to there'

for ((at = 0; at < size; at += 37)); do
	head -c $at "$work/calls" | "$ostrace" >/dev/null 2>"$work/log"
	status=$?
	[ $status = 1 ] || break
done
[ $status = 1 ]
tap $? 'ostrace: cut anywhere, the status is 1'

cat "$work/calls" "$work/calls" | "$ostrace" >"$work/out" 2>"$work/log" &&
	cat "$work/good" "$work/good" | cmp - "$work/out" >>"$work/log" 2>&1
tap $? 'ostrace: one stream behind the other'
"$ostrace" /dev/null >"$work/out" 2>"$work/log"
[ $? = 1 ] && grep -q 'there is no stream' "$work/log"
tap $? 'ostrace: an empty file is no stream'

# ---- live ----

# until_shown PATTERN FILE
until_shown() {
	for ((i = 0; i < 100; i++)); do
		grep -q "$1" "$2" && return 0
		sleep 0.1
	done
	return 1
}

head -c $((size - 36)) "$work/calls" >"$work/growing"
timeout 30 "$ostrace" -f "$work/growing" >"$work/out" 2>"$work/log" &
pid=$!
until_shown 'fs.File.read(' "$work/out"
tap $? 'ostrace: --follow shows what is there'
tail -c 36 "$work/calls" >>"$work/growing"
wait $pid && cmp "$work/out" "$work/good" >>"$work/log" 2>&1
tap $? 'ostrace: --follow goes on until the stream ends'

mkfifo "$work/pipe"
timeout 30 "$ostrace" <"$work/pipe" >"$work/out" 2>"$work/log" &
pid=$!
exec 9>"$work/pipe"
head -c $((size - 36)) "$work/calls" >&9
until_shown 'fs.File.read(' "$work/out"
tap $? 'ostrace: from a pipe, calls are shown before it ends'
kill -INT $pid
exec 9>&-
wait $pid
tap_status=$?
[ $tap_status = 1 ] && grep -q '<unfinished>' "$work/out"
tap $? 'ostrace: interrupted, it shows the rest'

# ---- usage ----

says() {	# NAME STATUS TEXT ARGUMENT...
	tap_wants "$1" || return 0
	"$ostrace" "${@:4}" >"$work/log" 2>&1 </dev/null
	[ $? = "$2" ] && grep -qF -- "$3" "$work/log"
	tap $? "$1"
}
says 'ostrace: --help' 0 'usage: ostrace' --help
says 'ostrace: --version' 0 'ostrace 0.' --version
says 'ostrace: an unknown option' 2 'ostrace --help' --nothing
says 'ostrace: two views at once' 2 'one of --text' --json --stats
says 'ostrace: a time without its unit' 2 'not understood' --longer 5
says 'ostrace: a file that is not there' 2 'No such file' "$work/nothing"
says 'ostrace: two files' 2 'one FILE' a b
says 'ostrace: an output that cannot be written' 2 'No such file' -o "$work/no/file" "$work/calls"
if [ -e /dev/full ]; then
	says 'ostrace: a full disk is told' 2 'cannot be written' -o /dev/full "$work/calls"
fi

# The manual page has what --help has.
"$ostrace" --help | grep -oE -- '--[a-z]+' | sort -u >"$work/options"
while read -r option; do
	grep -qF -- "${option//-/\\-}" docs/man/ostrace.1 || echo "lacks $option"
done <"$work/options" >"$work/log"
[ -s "$work/options" ] && [ ! -s "$work/log" ]
tap $? 'ostrace: the manual has all options'
man --warnings -l -Tutf8 docs/man/ostrace.1 2>"$work/log" >/dev/null
[ ! -s "$work/log" ]
tap $? 'ostrace: the manual is well-formed'
exit $failed
