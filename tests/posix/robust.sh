#!/bin/bash
# Usage: tests/posix/robust.sh [NAME]
#
# Hostile programs in the OS (tests/posix/robust/) hurt only themselves: while one user's is
# at work, another user opens, reads, makes pipes and children that call exec; and when all of
# it has been killed, processes and memory of the whole machine are as before. On 1 CPU and on 4.
# And hundreds of children that are killed in exec, fork, mmap, with threads, waiting for locks, holding
# terminals, leave nothing. ROUNDS=n (3): of the neighbour's, beside each. LEAKS=n (400): of those.
# SEED=n: of what is random.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
rounds=${ROUNDS:-3}
seed=${SEED:-1}
attacks=(memory map mappings descriptors signals queue threads wild overwrite unmap jump frame handles
	exec kill stack terminals locks stopped files forks pipes network sockets)
declare -A says=(
	[memory]='a heap without an end' [map]='mappings that are all touched'
	[mappings]='mappings without number' [descriptors]='open files without number'
	[signals]='hundreds that all signal one another'
	[queue]='queued signals without number' [threads]='threads without number'
	[wild]='wild arguments to every system call' [overwrite]='a shim that is written over'
	[unmap]='a shim that is unmapped' [jump]='jumps into the shim'
	[frame]="a thread's frame with other words" [handles]="the shim's handles with random messages"
	[exec]='exec of what cannot be' [kill]='SIGKILL in the middle of anything'
	[terminals]='terminals and FIFOs without number' [locks]='locks without number'
	[files]='files, names and attributes without an end'
	[stopped]='a crowd that is stopped with what it holds'
	[stack]='a stack without an end' [forks]='a fork bomb' [pipes]='pipes without number'
	[sockets]='sockets in sockets, full queues and crowds at listeners'
	[network]='ports, connections and datagrams without number'
)

musl-gcc -static -O1 -std=gnu11 -Wall -Wextra -Wno-clobbered -o "$work/robust" \
	tests/posix/robust/*.c >"$work/log" 2>&1
status=$?
[ $status = 0 ] || { tap $status 'the hostile programs compile'; exit 1; }

# Memory is counted after as many rounds as are counted then: what is kept for the next is there.
leak='children killed at any moment leave nothing'
if tap_wants "$leak"; then
	timeout 320 tests/os-run --image small --timeout "${LIMIT:-300}" \
		--file "$work/robust:/tmp/robust" -- /tmp/robust -s "$seed" -L "${LEAKS:-400}" \
		>"$work/log" 2>"$work/err"
	grep -q '^ok leak$' "$work/log"
	status=$?
	echo "seed $seed" >>"$work/log"
	tail -n 5 "$work/err" >>"$work/log"
	tap $status "$leak" "$work/log"
fi

# Who goes on finds what was on its way, and sockets that hold one another come back.
for cpus in 1 4; do
	lost="who is killed with sockets loses only what was its own ($cpus CPU)"
	tap_wants "$lost" || continue
	timeout 200 tests/os-run --image small --smp $cpus --timeout "${LIMIT:-180}" \
		--file "$work/robust:/tmp/robust" -- /tmp/robust -s "$seed" -d \
		>"$work/log" 2>"$work/err"
	grep -q '^ok lost$' "$work/log"
	status=$?
	echo "seed $seed" >>"$work/log"
	tail -n 5 "$work/err" >>"$work/log"
	tap $status "$lost" "$work/log"
done

# A user may have three quarters.
become='who was root and becomes another user is held to that one'"'"'s memory'
if tap_wants "$become"; then
	timeout 130 tests/os-run --image small --timeout 120 --file "$work/robust:/tmp/robust" -- \
		/tmp/robust -b >"$work/log" 2>"$work/err"
	awk '$1 == "left" && $2 > 15 && $2 < 80 { good = 1 } END { exit !good }' "$work/log"
	status=$?
	tail -n 5 "$work/err" >>"$work/log"
	tap $status "$become" "$work/log"
fi

# Three quarters here too, a quarter is left; and all of it comes back.
fill='who fills /tmp leaves room to others'
if tap_wants "$fill"; then
	timeout 130 tests/os-run --image small --memory 192 --timeout 120 \
		--file "$work/robust:/tmp/robust" -- /tmp/robust -f >"$work/log" 2>"$work/err"
	awk '$1 == "left" && $2 > 15 && $2 < 40 { good++ }
		$1 == "again" && $2 > 97 { good++ } END { exit good != 2 }' "$work/log"
	status=$?
	tail -n 5 "$work/err" >>"$work/log"
	tap $status "$fill" "$work/log"
fi

# So many instructions, in thousands, any call may take meanwhile: a tenth to four fifths of what it
# took when each of these was done at one go.
ends=()
for kind in files:6000 threads:10000 exec:10000 crowd:3000 orphans:3000 terminal:3000; do
	tap_wants "ends of crowds hold nobody up: ${kind%:*}" && ends+=("$kind")
done
if [ ${#ends[@]} != 0 ]; then
	OS_RUN_QEMU='-accel tcg,thread=single -icount shift=0,sleep=off' timeout 320 tests/os-run \
		--image small --timeout "${LIMIT:-300}" --file "$work/robust:/tmp/robust" -- \
		/tmp/robust -t >"$work/log" 2>"$work/err"
	for kind in "${ends[@]}"; do
		awk -v kind="${kind%:*}" -v most="${kind#*:}" '
			$1 == kind && $2 > 0 && $2 < most { good = 1 }
			END { exit !good }' "$work/log"
		status=$?
		{ echo "expected: less than ${kind#*:} of ${kind%:*}, got:"; cat "$work/log"
			tail -n 5 "$work/err"; } >"$work/why"
		tap $status "ends of crowds hold nobody up: ${kind%:*}" "$work/why"
	done
fi

# By a shell that stays, as any but the first program is run.
for cpus in 1 4; do
	wanted=()
	for attack in "${attacks[@]}"; do
		tap_wants "${says[$attack]} hurts itself alone ($cpus CPU)" && wanted+=("$attack")
	done
	[ ${#wanted[@]} != 0 ] || continue
	timeout 620 tests/os-run --image small --smp $cpus --timeout "${LIMIT:-600}" \
		--file "$work/robust:/tmp/robust" -- \
		": ; /tmp/robust -r $rounds -s $seed ${wanted[*]}; exit \$?" >"$work/log" 2>"$work/err"
	for attack in "${wanted[@]}"; do
		grep -q "^ok $attack\$" "$work/log"
		status=$?
		{ grep "^not ok $attack:" "$work/log"; tail -n 5 "$work/err"; } >"$work/why"
		tap $status "${says[$attack]} hurts itself alone ($cpus CPU)" "$work/why"
	done
done
exit $failed
