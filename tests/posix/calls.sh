#!/bin/bash
# Usage: tests/posix/calls.sh [NAME]
#
# System calls in the OS do what they do on Linux: one program of many cases
# (tests/posix/calls/) runs here and in the OS, as root, and says a line for each
# behaviour; the lines are compared. NAME: of a topic or a call, as `memory` or `mremap`.
#
# Two files change what is expected: calls/recorded has lines that some Linux does not
# say (it is older, or forbids it), in place of what this one says; calls/differs has what
# the OS says where it differs still, which docs/posix.md counts as partial. There what
# Linux says is as good, so that mending one breaks nothing.
#
# On Linux it takes root, since cases become other users.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
cases=tests/posix/calls
limit=${LIMIT:-120}

apart=(unshare --mount --uts --ipc --net --pid --fork)
# In a chroot that is no mount of its own `unshare` cannot make what is mounted private,
# and refuses.
"${apart[@]}" true 2>/dev/null || apart+=(--propagation unchanged)
if [ "$(id -u)" != 0 ] || ! "${apart[@]}" true 2>/dev/null; then
	echo "ok - calls do what they do on Linux # SKIP no root here"
	exit 0
fi

# What the page says of calls that are not there: number, name, answer.
awk -F ' *[|] *' '$4 == "absent" { printf "{ %s, \"%s\" },\n", $2, $3 }' docs/posix.md \
	>"$work/absent.h"
awk -F ' *[|] *' '$4 == "absent" { print "absent/" $3 ": is not there = ENOSYS" }' \
	docs/posix.md >"$work/absent"
if ! ${CC:-gcc} -std=gnu11 -D_GNU_SOURCE -O1 -Wall -Wextra -Werror -I "$work" -static \
		-o "$work/calls" "$cases"/*.c -pthread >"$work/log" 2>&1; then
	echo 'not ok - the cases compile'
	sed 's/^/# /' "$work/log"
	exit 1
fi

# ---- both ----

# In a root of its own, so that nothing of this machine is in reach.
on_linux() {
	mkdir "$work/root"
	"${apart[@]}" sh -e -c '
		mount -t tmpfs none "$1/root"
		mount --make-private "$1/root"
		mkdir "$1/root/proc" "$1/root/calls"
		mount -t proc none "$1/root/proc"
		cp "$1/calls" "$1/root/program"
		exec timeout "$2" env -i "$(command -v chroot)" "$1/root" /program /calls' sh "$work" "$limit"
}

on_linux </dev/null >"$work/linux" 2>"$work/log"
status=$?
umount -l "$work/root" 2>/dev/null	# where it was seen from outside
[ $status = 0 ] && [ "$(tail -n 1 "$work/linux" | cut -d' ' -f1)" = system/exit: ]
tap $? 'the cases run on Linux'
sort "$work/linux" | sed 's/ = .*//' | uniq -d >"$work/twice"
[ ! -s "$work/twice" ]
tap $? 'each case has a name of its own' "$work/twice"
tests/os-run --image small --timeout "$limit" --log "$work/machine" --file "$work/calls:/program" -- \
	'mkdir /tmp/calls; /program /tmp/calls absent; exec /program /tmp/calls' >"$work/os" 2>"$work/log"
status=$?
[ $status = 0 ]
tap $? 'the cases run in the OS'

# ---- the log ----

# What is absent was called first: by now the log has all of it.

# said NAME COUNT: so many lines of the log name this call.
said() {
	[ "$(grep -cE "posix: program\[[0-9]+\] makes the system call $1[ ,]" "$work/machine")" = "$2" ]
}

grep 'makes the system call' "$work/machine" >"$work/log"
if tap_wants 'absent'; then
	# The log leaves out what comes too fast, so not all.
	names=0
	for name in $(sed -nE 's/^\{ [0-9]+, "(\w+)" \},/\1/p' "$work/absent.h"); do
		grep -qE "makes the system call $name \([0-9]+\), which" "$work/machine" &&
			names=$((names + 1))
	done
	[ "$names" -ge 30 ]
	tap $? 'absent: calls that are not there are named in the log'
	said 'without a name \(500\)' 8 && [ "$(grep -c 'no more is said' "$work/log")" = 1 ]
	tap $? 'absent: however many programs make such a call, the log says it eight times'
fi
[ -z "${KEEP:-}" ] || cp "$work/machine" "$work/linux" "$work/os" "$KEEP"

# ---- compared ----

awk -v wanted="$pattern" -v again="$0" '
	function key(line) { return substr(line, 1, index(line, " = ") - 1) }
	function value(line) { return substr(line, index(line, " = ") + 3) }
	# Of the whole file: those before it have been read.
	FILENAME ~ /recorded$/ { if (!/^#/ && NF) recorded[key($0)] = value($0); next }
	FILENAME ~ /differs$/ { if (!/^#/ && NF) differs[key($0)] = value($0); next }
	FILENAME ~ /(absent|linux)$/ {
		order[++count] = key($0)
		linux[key($0)] = value($0)
		next
	}
	{ os[key($0)] = value($0) }
	END {
		for (i = 1; i <= count; i++) {
			k = order[i]
			split(k, part, /[\/:]/)
			name = part[1] " " part[2]
			if (!(name in lines)) names[++n] = name
			lines[name]++
			expected = k in recorded ? recorded[k] : linux[k]
			came = k in os ? os[k] : "nothing"
			if (came != expected && !(k in differs && came == differs[k]))
				bad[name] = bad[name] "# " k ": expected " expected ", got " came "\n"
		}
		for (i = 1; i <= n; i++) {
			split(names[i], part, " ")
			if (wanted != "" && index(part[1], wanted) == 0 && index(part[2], wanted) == 0)
				continue
			say = part[2] ": " lines[names[i]] " behaviours (" part[1] ") as on Linux"
			if (names[i] in bad) {
				print "not ok - " say
				printf "%s# again: %s %s\n", bad[names[i]], again, part[2]
				failed = 1
			} else
				print "ok - " say
		}
		for (k in recorded) if (!(k in linux)) { print "not ok - recorded: no case says " k; failed = 1 }
		for (k in differs) if (!(k in linux)) { print "not ok - differs: no case says " k; failed = 1 }
		exit failed
	}' "$cases/recorded" "$cases/differs" "$work/linux" "$work/absent" "$work/os" || failed=1
exit $failed
