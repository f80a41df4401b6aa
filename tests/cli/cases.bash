# Sourced by the tests here: cases of the command line. From the root, with
# $skald and a scratch folder $work; run NAME only if it contains $pattern.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
skald=$PWD/${BUILD:-build}/skald
[[ ${BUILD:-} == /* ]] && skald=$BUILD/skald
pattern=${1:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
export LC_ALL=C

# tap STATUS NAME: one line of TAP, if it is wanted; details are in $work/out and
# $work/err.
tap() {
	[[ $2 == *"$pattern"* ]] || return 0
	if [ "$1" = 0 ]; then
		echo "ok - $2"
		return
	fi
	echo "not ok - $2"
	head -n 20 "$work/out" "$work/err" | cut -c1-200 | sed 's/^/# /'
	echo "# again: $0 '$2'"
	failed=1
}

# expect STATUS NAME COMMAND...: exits with that status. Stdin is $work/in,
# or empty.
expect() {
	local wanted=$1 name=$2
	shift 2
	expect_text "$wanted" "$name" "" "$@"
}

# expect_text STATUS NAME TEXT COMMAND...: and says TEXT, on stdout or stderr.
expect_text() {
	local wanted=$1 name=$2 text=$3 came
	shift 3
	[[ $name == *"$pattern"* ]] || return 0
	[ -e "$work/in" ] || : >"$work/in"
	"$@" <"$work/in" >"$work/out" 2>"$work/err"
	came=$?
	if [ $came != "$wanted" ]; then
		echo "status $came, wanted $wanted: $*" >>"$work/err"
		tap 1 "$name"
	elif [[ $text ]] && ! grep -qF -- "$text" "$work/out" "$work/err"; then
		echo "nowhere: $text" >>"$work/err"
		tap 1 "$name"
	else
		tap 0 "$name"
	fi
}

# holds NAME COMMAND...: is true.
holds() {
	[[ $1 == *"$pattern"* ]] || return 0
	"${@:2}" >"$work/out" 2>"$work/err"
	tap $? "$1"
}

# given TEXT: the next command's stdin (with printf's escapes).
given() {
	printf '%b' "$1" >"$work/in"
}

# given_hex DIGITS: the same as bytes.
given_hex() {
	local digits=${1//[[:space:]]/}
	printf '%b' "$(sed 's/../\\x&/g' <<<"$digits")" >"$work/in"
}

finish() {
	exit $failed
}
