#!/bin/bash
# Usage: tests/posix/programs.sh [NAME]
#
# Programs of Debian in the OS do what they do on Linux: each case of tests/posix/programs/
# is run by the full image's own shell and programs in both, in a folder of its own, and
# what it writes (standard output and error in their order) and its status are the same.
# All in one boot. LINUX_ONLY=1: only on Linux, to see the cases there.
#
# On Linux it takes root or user namespaces, since the image is the root there too.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
source tests/image.bash
build=${BUILD:-build}
image=$build/image/full/root
limit=${LIMIT:-400}

[ -d "$image/usr" ] || {
	echo "not ok - the full image is there"
	echo "# make image"
	exit 1
}

# ---- cases ----

# split FILE: the cases that are wanted as $work/cases/FILE.NUMBER, their names as
# $work/names/FILE.NUMBER.
split_cases() {
	awk -v at="${1##*/}" -v work="$work" -v pattern="$pattern" '
		/^### / {
			if (path)
				close(path)
			id = sprintf("%s.%03d", at, ++count)
			name = at ": " substr($0, 5)
			path = ""
			if (pattern != "" && index(name, pattern) == 0)
				next
			path = work "/cases/" id
			print name >(work "/names/" id)
			close(work "/names/" id)
			printf "" >path
			next
		}
		path { print >path }' "$1"
}

mkdir "$work/cases" "$work/names"
for file in tests/posix/programs/*; do
	split_cases "$file"
done

# Runs in either: what comes of each case stands between lines that say which.
cat >"$work/cases/all" <<'END'
#!/bin/sh
for case in /cases/*.[0-9][0-9][0-9]; do
	mkdir -p /tmp/here
	cd /tmp/here
	echo "=== ${case##*/}"
	/bin/sh "$case" </dev/null 2>&1
	echo "
=== status $?"
	cd /
	rm -rf /tmp/here
done
END

# ---- on Linux ----

# A copy, since cases write.
cp -a "$image" "$work/root" || exit 1

on_linux() {
	cp -R "$work/cases" "$work/root/cases"
	image_run "$work/root" /bin/sh /cases/all | cat
}

in_os() {
	tests/os-run --timeout "$limit" --file "$work/cases:/cases" -- '/bin/sh /cases/all 2>&1' \
		2>"$work/os.log"
}

# One case out of what came of all.
part() {
	awk -v id="$2" '
		/^=== / && $2 != "status" { shows = $2 == id; next }
		shows' "$1"
}

# ---- both ----

if ! image_can_run "$work/root"; then
	echo "ok - programs of the image run on Linux # SKIP $(head -n 1 "$work/log")"
	exit 0
fi

compare() {
	local id=$1 status name
	name=$(cat "$work/names/$id")
	part "$work/linux" "$id" >"$work/expected"
	part "$work/os" "$id" >"$work/came"
	grep -q '^=== status' "$work/expected" && cmp -s "$work/expected" "$work/came"
	status=$?
	[ $status = 0 ] || {
		echo "expected on Linux (<), came in the OS (>):"
		diff "$work/expected" "$work/came" | head -n 20
		grep -q '^=== status' "$work/came" || tail -n 20 "$work/os.log"
	} >"$work/log" 2>&1
	tap $status "$name"
}

[ -n "$(ls "$work/names")" ] || exit 0
on_linux >"$work/linux"
if [ -n "${LINUX_ONLY:-}" ]; then
	sed 's/^/# /' "$work/linux"
	cp "$work/linux" "$work/os"
else
	in_os >"$work/os"
fi
for path in "$work"/names/*; do
	compare "${path##*/}"
done
exit $failed
