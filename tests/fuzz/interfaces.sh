#!/bin/bash
# Usage: tests/fuzz/interfaces.sh [NAME]
#
# Sequences between a client and a server of an interface (fuzz/session.h):
# those of a few protocols, and of one with states, give no finding, and faults that
# are planted in the runtime, or in generated code, are found. SEED and RUNS can be
# given.
set -u
cd "$(dirname "$0")/../.." || exit 1
source tests/tap.bash
root=$PWD
skald=${BUILD:-build}/skald
seed=${SEED:-1}
runs=${RUNS:-2000}
flags=(-std=c11 -O0 -g -w -fsanitize=address,undefined -fno-sanitize-recover=all -I"$root")

# build PROTOCOL TARGET: the program without an engine.
build() {
	local schema=protocols/$1.skald
	[ -f "$schema" ] || schema=tests/golden/$1.skald
	[ -d "$work/$1" ] || "$skald" fuzz "$schema" -I protocols -o "$work/$1" || return
	make -s -C "$work/$1" SKALD_ROOT="$root" CFLAGS='-O0 -g' "plain/$2"
}

# What was found once is among the seeds.
clean() {
	local crashes=$root/tests/fuzz/crashes/$1/$2
	build "$1" "$2" && cd "$work/$1" || return
	[ ! -d "$crashes" ] || cp "$crashes"/* "seeds/$2/" || return
	"plain/$2" "seeds/$2" &&
		"plain/$2" --runs "$runs" --seed "$seed" "seeds/$2"
}

while read -r protocol target; do
	name="$protocol: $target: steps of client and server give no finding"
	tap_wants "$name" || continue
	(clean "$protocol" "$target") >"$work/log" 2>&1
	tap $? "$name"
done <<-END
	clock Clock
	clock Hardware
	block Device
	tty Line
	fs Driver
	hw Framebuffer
	tty Console
	states File
	svrctl Server
END

# Where faults are planted, unless something else is said.
protocol=block target=Device

# compile SOURCE [SED]: one file, with a fault.
compile() {
	local object
	object=$work/faulty/$(basename "$1" .c).o
	if ! sed -E "$2" "$1" >"$work/faulty.c" || cmp -s "$1" "$work/faulty.c"; then
		echo "the fault does not fit $1 any more: $2"
		return 1
	fi
	gcc "${flags[@]}" -I"$work/$protocol" -I"$root/runtime" -c -o "$object" "$work/faulty.c"
}

# find FINDING FILE SED...: with these faults, that is found.
find_fault() {
	local finding=$1 objects=()
	shift
	build "$protocol" "$target" || return
	rm -rf "$work/faulty"
	mkdir "$work/faulty"
	while [ $# -gt 0 ]; do
		compile "$1" "$2" || return
		shift 2
	done
	# What has a fault takes the place of what has none.
	for object in "$work/$protocol"/obj-plain/*.o; do
		[ -f "$work/faulty/$(basename "$object")" ] || objects+=("$object")
	done
	gcc "${flags[@]}" -o "$work/faulty/run" "$work/$protocol/obj-plain/targets/$target.o" \
		"${objects[@]}" "$work"/faulty/*.o build/asan/fuzz/plain_main.o \
		build/asan/lib{fuzz,interpreter,skald}.a -lyaml -lpthread || return
	cd "$work/faulty" || return
	if ./run --runs $((runs * 5)) --seed "$seed" "$work/$protocol/seeds/$target"; then
		echo "nothing was found"
		return 1
	fi 2>&1 | tee found
	grep -Eq "FINDING $target: .*$finding" found
}

# fault NAME FINDING FILE SED...
fault() {
	tap_wants "$1" || return
	(find_fault "${@:2}") >"$work/log" 2>&1
	tap $? "$1"
}

fault 'a right to answer that is not used up is found' 'answer' \
	runtime/channel.c '/^int sk_answer\(/,/^}/s/to->port = NULL;//'
fault 'a transport that takes a second answer is found' 'answer' \
	runtime/loopback.c '/^static int loopback_answer/,/^}/s/call->token = 0;/(void)call;/'
fault 'handles of a refused request that stay open are found' 'leaked' \
	runtime/channel.c '/sk_refuse\(/,/^}/s/port_close_attached\(.*\);//'
fault 'handles of a reply that nobody takes are found' 'leaked' \
	runtime/ring.c '/^static void release/,/^}/s/sk_close_attached\(.*\);//'
fault 'access beyond what is lent is found' 'access to a lease gave OK' \
	runtime/channel.c 's/offset > lease->size \|\| size > lease->size - offset/false/' \
	runtime/loopback.c 's/size <= lease->size - offset/true/'
fault 'a lease that outlasts its call is found' 'lease|memory' \
	runtime/loopback.c '/^static int check_lease/,/^}/s/if \(call->canceled\)/if (false)/'
fault 'lost events that are not counted are found' 'events' \
	runtime/events.c '/^static void lose_one/,/^}/s/events->lost\+\+;/(void)events;/'
fault 'a dispatch that lets handles too many pass is found' 'dispatch gave' \
	"$work/block/block.skald.c" 's/status = sk_take_none\(&message->attached\)/status = 0/'

protocol=states target=File
code=$work/states/states.skald.c
fault 'a dispatch that allows a method in a state too many is found' 'dispatch gave' \
	"$code" 's/if \(\*state != states_File_state_Open\)/if (*state == states_File_state_New)/'
fault 'a dispatch that knows no states of a one-way method is found' 'dispatch gave' \
	"$code" '/case states_File_drop_request_ID/,/decode/s/if \(\*state/if (0 \&\& *state/'
fault 'a method that is refused with another status is found' 'gave UNKNOWN_METHOD, not WRONG_STATE' \
	"$code" 's/SK_WRONG_STATE/SK_UNKNOWN_METHOD/'
fault 'an answer that leads to another state than it says is found' 'is in state' \
	"$code" 's/states_File_state_New\);/states_File_state_Closed);/'
fault 'a one-way method that leads nowhere is found' 'is in state' \
	"$code" 's/\*state = states_File_state_Closed;/(void)state;/'
fault 'an error that leads on is found' 'is in state' \
	runtime/channel.c '/^COLD int sk_answer_error/,/^}/s/to->leads = 0;//'
fault 'a good answer that does not lead on is found' 'is in state' \
	runtime/channel.c 's/\*to->state = .*leads - 1\);/(void)to;/'
exit $failed
