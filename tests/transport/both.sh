#!/bin/bash
# One client and server, written once: on every transport each call comes to
# the same.
cd "$(dirname "$0")/../.." || exit 1
set -u
build=${BUILD:-build}
pattern=${1:-}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

cat >"$scratch/wanted" <<'END'
add: 5
add: 12
add: error 1
add_later: 42
forget: PEER_DROPPED
twice: -12
never: TIMED_OUT
delivered: 1
late: -8
repeat: 1
repeat: 1
repeat: TOO_BIG
unknown method: UNKNOWN_METHOD
malformed: MALFORMED
other reply: MALFORMED
reset: 0
sum: 150000
sum: BAD_LEASE
mark: error 2
marks: x.x.x.x.x.x.x.x.
another: 0
add: 16
gone: 1
ring: 3
event: 16
add: 17
lost: 1
event: CANCELED
event: 17
reset: 0
add: 1
die: PEER_CLOSED
delivered: 1
add: PEER_CLOSED
delivered: 0
reset: PEER_CLOSED
END

"$build/skald" c tests/transport/counter.skald -o "$scratch" >"$scratch/log" 2>&1 &&
	"${CC:-gcc}" -std=c11 -g -O1 -Wall -Wextra -Werror \
	-fsanitize=address,undefined -fno-sanitize-recover=all -I. -I"$scratch" \
	-o "$scratch/both" tests/transport/both.c "$scratch/counter.skald.c" \
	runtime/*.c >>"$scratch/log" 2>&1
built=$?

for transport in loopback socket; do
	name="calls over $transport come to what they must"
	[[ $name == *"$pattern"* ]] || continue
	if [ $built -eq 0 ] && "$scratch/both" $transport >"$scratch/got" 2>>"$scratch/log" &&
		diff "$scratch/wanted" "$scratch/got" >>"$scratch/log"; then
		echo "ok - $name"
	else
		failed=1
		echo "not ok - $name"
		sed 's/^/# /' "$scratch/log"
		echo "# again: $0 '$name'"
	fi
done
exit $failed
