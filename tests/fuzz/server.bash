# A server as a fuzzer's target (fuzz/server.mk): sourced, with `server` set, by the
# test of one. SEED and RUNS can be given.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
source tests/tap.bash
root=$PWD
seed=${SEED:-1}
runs=${RUNS:-1000}
out=$root/build/fuzz/$server
flags=(-std=c11 -D_GNU_SOURCE -O1 -g -w -fsanitize=address,undefined
	-fno-sanitize-recover=all -I"$out" -I"$root")

# check NAME COMMAND...
check() {
	tap_wants "$1" || return
	(cd "$work" && "${@:2}") >"$work/log" 2>&1
	tap $? "$1"
}

# run_cases PROGRAM: those to begin with, then changed ones.
run_cases() {
	"$1" "$out/seeds/$server" && "$1" --runs "$runs" --seed "$seed" "$out/seeds/$server"
}

# find_fault FINDING FILE SED: with this fault, that is found.
find_fault() {
	local object objects=()
	if ! sed -Ez "$3" "$root/$2" >fault.c || cmp -s "$root/$2" fault.c; then
		echo "the fault does not fit $2 any more: $3"
		return 1
	fi
	gcc "${flags[@]}" -c -o fault.o fault.c || return
	for object in "$out"/obj-plain/{,"servers/$server"/,runtime/files/,"fuzz/$server"/}*.o; do
		case $object in
		"$out/obj-plain/${2%.c}.o" | */seeds.o) ;;
		*) objects+=("$object") ;;
		esac
	done
	gcc "${flags[@]}" -o run "$out/obj-plain/targets/$server.o" "${objects[@]}" fault.o \
		"$root"/build/asan/fuzz/plain_main.o \
		"$root"/build/asan/lib{fuzz,interpreter,skald}.a -lyaml -lpthread || return
	run_cases ./run 2>&1 | tee found
	grep -Eq "(FINDING $server: .*|AddressSanitizer: .*)($1)" found
}

if ! make -s -f "fuzz/$server/Makefile" "plain/$server" >"$work/log" 2>&1; then
	tap 1 "$server builds as a target"
	exit 1
fi
echo "# SEED=$seed"
check 'cases to begin with, and changed ones, give no finding' run_cases "$out/plain/$server"
