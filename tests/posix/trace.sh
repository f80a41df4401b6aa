#!/bin/bash
# Usage: tests/posix/trace.sh [NAME]
#
# What shows which system calls Linux programs make: the chapter "Tracing programs" of
# docs/posix.md, whose commands are run as they stand there; what else strace and
# /proc/PID/trace promise; and calls that are not there, in the stream of the trace server,
# as build/ostrace shows it.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
source tests/boot.bash
build=${BUILD:-build}
page=${PAGE:-docs/posix.md}
count=0

# ---- the chapter: commands behind `# `, below each what it writes, or `...` for some lines ----

sed -n '/^## Tracing programs/,/^## [^T]/p' "$page" | sed -n 's/^    //p' >"$work/chapter"
sed -n 's/^# //p' "$work/chapter" >"$work/commands"
{
	echo 'cd /root'
	while IFS= read -r command; do
		printf 'echo "%s"\n%s\n' "=== $((++count))" "$command"
	done <"$work/commands"
} >"$work/script"
chmod +x "$work/script"
tests/os-run --timeout 240 --file "$work/script:/tmp/script" -- \
	'/bin/bash /tmp/script 2>&1' >"$work/out" 2>"$work/err"

# Numbers of processes and addresses are other ones each time.
plain() {
	sed -E 's/^[0-9]+ /PID /; s/0x[0-9a-f]{5,}/ADDRESS/g; s/\[[0-9]+\]/[PID]/' "$@"
}

# shown NUMBER: what the page says of a command is what came, `...` any lines.
shown() {
	plain "$work/out" | sed -n "/^=== $1\$/,/^=== $(($1 + 1))\$/p" | sed '/^=== /d' >"$work/came"
	awk -v n="$1" '/^# / { at++; next } at == n' "$work/chapter" | plain >"$work/said"
	awk 'NR == FNR { came[++count] = $0; next }
		$0 == "..." { skips = 1; next }
		{ do at++; while (skips && at <= count && came[at] != $0)
		  if (at > count || came[at] != $0) { print "lacks: " $0; bad = 1; exit }
		  skips = 0 }
		END { if (!bad && !skips && at < count) { print "too much: " came[at + 1]; bad = 1 }
		  exit bad }' "$work/came" "$work/said" >"$work/log"
	local status=$?
	[ $status = 0 ] || cat "$work/came" "$work/err" >>"$work/log"
	return $status
}

count=0
while IFS= read -r command; do
	shown $((++count))
	tap $? "the page: $command"
done <"$work/commands"
[ $count -ge 5 ]
tap $? "the chapter has commands ($count)"

# ---- what it promises besides ----

cat >"$work/more" <<'END'
check() { [ "$1" = "$2" ] && echo "ok - $3" || echo "not ok - $3: $1"; }
lines() { grep -cE -- "$1" /tmp/t; }
strace -o /tmp/t sh -c 'exit 7'; check $? 7 'the status is that of the program'
strace -o /tmp/t -e openat sh -c '/bin/true; kill -9 $$'; check $? 137 'that of a signal too'
check "$(($(lines openat) > 0)):$(grep -vc openat /tmp/t)" 1:0 'nothing is told of others'
strace -o /tmp/t sh -c '(:; /bin/true) & wait'
check "$(grep -o '^[0-9]*' /tmp/t | sort -u | wc -l)" 2 'a child is told of too'
check "$(lines 'execve\("/bin/true", \["/bin/true"\]\) = 0$')" 1 'and what it becomes'
check "$(lines '^[0-9]+ exit_group\(0\) = \?$')" 2 'and both ends'
strace -o /tmp/t sh -c 'exec 9>&- 1>&- 2>&-; /bin/true'
check "$(lines 'exit_group')" 1 'it goes on when its descriptors are closed'
strace -o /tmp/t perl -e 'open F, "/none/at/all"; syscall(298, 0); syscall(600); kill 10, $$'
check "$(lines '"/none/at/all", .* = -1 ENOENT$')" 1 'errors have names'
check "$(lines 'syscall_600\(.*\) = -1 ENOSYS$')" 1 'a call without a name has its number'
check "$(lines '--- signal 10 ---')" 0 'a signal that ends it has no handler'
strace -o /tmp/t perl -e '$SIG{USR1} = sub {}; kill 10, $$'
check "$(lines '--- signal 10 ---')" 1 'one that is handled is told'
check "$(lines 'rt_sigreturn\(\) = \?$')" 1 'and the return from it'
check "$(cat /proc/self/trace)" off 'nothing is told by itself'
echo 77 2>/dev/null >/proc/self/trace; check $? 1 'a descriptor that is not open is refused'
echo none 2>/dev/null >/proc/self/trace; check $? 1 'so is what is no number'
chmod 666 /tmp/t; sleep 100 & pid=$!
su guest -c "echo 1 >/proc/$pid/trace" 2>/dev/null; check $? 1 'so is another user'
strace -o /tmp/t -p $pid & sleep 1; kill -CONT $pid; sleep 0.5
check "$(cat /proc/$pid/trace)" on 'a process that runs can be traced'
kill $pid; wait; check $? 0 'until it ends'
yes | strace -e none head -c 3000000 >/dev/null; check $? 0 'a million bytes go through'
dmesg -c >/dev/null
for i in 1 2 3; do perl -e 'syscall(298, 1) for 1 .. 20000; syscall(1000 + $_) for 1 .. 20000'; done
check "$(dmesg | grep -c 'perl.*perf_event_open (298)')" 3 'an absent call is logged once for each process'
check "$(dmesg | grep -c 'perl.*without a name')" 3 'and those that Linux has not once for all'
END
tests/os-run --timeout 240 --file "$work/more:/tmp/more" -- '/bin/bash /tmp/more 2>&1' \
	>"$work/out" 2>"$work/err"
promised=$(grep -c '; check \|^check ' "$work/more")
while IFS= read -r line; do
	case $line in
	'ok - '*) true ;;
	'not ok - '*) false ;;
	*) continue ;;
	esac
	tap $? "${line#*ok - }" "$work/out" "$work/err"
done <"$work/out"
[ "$(grep -cE '^(not )?ok - ' "$work/out")" = "$promised" ]
tap $? "all of it was looked at ($promised)" "$work/out" "$work/err"

# ---- absent calls in traces ----

servers/compose "$work/os.tar" "$build/os/x86_64/test-foreign.tar" "$build/image/full.tar"
boot_devices=(-serial "file:$work/trace")
MEMORY=512 boot_start 1 "$work/os.tar" plain
boot_expect 'programs of Debian 12' 60 && boot_expect '# ' 30
boot_send 'perl -e "syscall(298, 0) for 1 .. 1000; syscall(425, 1)"; echo $((6 * 7))'
boot_expect $'\n''42'$'\n' 60
tap $? 'a program goes on after absent calls' "$boot_log"
wanted='posix/main syscall perf_event_open is not there, for process [0-9]+ at 0x[0-9a-f]+$'
for ((i = 0; i < 100; i++)); do
	sleep 0.2
	"$build/ostrace" "$work/trace" >"$work/shown" 2>"$work/log"
	grep -q io_uring_setup "$work/shown" && break
done
boot_kill
[ "$(grep -cE "$wanted" "$work/shown")" = 1 ]
tap $? 'the trace has an absent call by its name, once for a process' "$work/shown" "$boot_log"
[ "$(grep -c 'syscall io_uring_setup is not there' "$work/shown")" = 1 ]
tap $? 'and each that it makes' "$work/shown" "$boot_log"
exit $failed
