# Sourced by test scripts, from the root of the tree: a scratch folder $work,
# and a line of TAP for each case.
#
# $pattern is the script's first argument: only cases whose name contains it are
# told of, and tap_wants says so beforehand. $failed is what to exit with.
pattern=${1:-}
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

tap_wants() {
	[[ $1 == *"$pattern"* ]]
}

# tap STATUS NAME [LOG]...: of a failure the end of each log, $work/log if none
# is named.
tap() {
	tap_wants "$2" || return 0
	if [ "$1" = 0 ]; then
		echo "ok - $2"
		return
	fi
	failed=1
	echo "not ok - $2"
	[ $# -gt 2 ] || set -- "$@" "$work/log"
	tail -q -n 30 "${@:3}" 2>/dev/null | cut -c1-300 | sed 's/^/# /'
	echo "# again: ${SEED:+SEED=$SEED }$0 '$2'"
}

# tap_run NAME COMMAND...
tap_run() {
	tap_wants "$1" || return 0
	"${@:2}" >"$work/log" 2>&1
	tap $? "$1"
}
