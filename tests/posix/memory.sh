#!/bin/bash
# Usage: tests/posix/memory.sh [NAME]
#
# What memory Linux programs get, and what becomes of one that wants all (docs/limits.md).
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash

cat >"$work/commands" <<'END'
hog='printf -v x %1000000s; while :; do a+=("$x"); done'
for i in 1 2; do
	bash -c "$hog" 2>/dev/null
	status=$?
	(echo "hog $status, forked")
done
busybox dd if=/dev/zero of=/dev/null bs=4G count=1 2>&1
echo "dd $?"
used() {
	busybox stat -f -c '%b %f %S' / | awk '{ print ($1 - $2) * $3 / 1024 }'
}
before=$(used)
dd if=/dev/zero of=/tmp/large bs=1M count=20 2>/dev/null
[ "$(used)" -gt $((before + 20000)) ] && echo 'a file takes memory'
exec 3</tmp/large
rm /tmp/large
[ "$(used)" -gt $((before + 20000)) ] && echo 'an open one keeps it'
exec 3<&-
[ "$(used)" -lt $((before + 1000)) ] && echo 'and gives it back'
awk '{ kib[$1] = $2 } END {
	print "half", (kib["MemAvailable:"] > kib["MemTotal:"] / 2)
	print "no more", (kib["MemAvailable:"] <= kib["MemFree:"])
}' /proc/meminfo
END
tests/os-run --image small --memory 256 --timeout 300 --file "$work/commands:/tmp/commands" \
	-- bash /tmp/commands >"$work/out" 2>"$work/err"

# says COUNT LINE: whether it is printed so often.
says() {
	[ "$(grep -cxF -- "$2" "$work/out")" = "$1" ]
}

says 2 'hog 137, forked'
tap $? 'a program that used up memory leaves it to its parent, at once' "$work/out" "$work/err"
says 1 'dd 1' && grep -q 'out of memory' "$work/out"
tap $? 'memory that can never be had is refused, and nobody killed' "$work/out" "$work/err"
says 1 'a file takes memory' && says 1 'an open one keeps it' && says 1 'and gives it back'
tap $? 'a file that is gone leaves its memory when nobody has it open' "$work/out" "$work/err"
says 1 'half 1' && says 1 'no more 1'
tap $? 'programs can have more than half of the memory, and are told how much' "$work/out" "$work/err"
exit $failed
