#!/bin/bash
# Usage: tests/posix/programs.sh [NAME]
#
# Programs of Debian in the OS do what they do on Linux: each case of tests/posix/programs/
# is run by the full image's own shell and programs in both, in a folder of its own, and
# what it writes (standard output and error in their order) and its status are the same.
# One boot for each file of cases. LINUX_ONLY=1: only on Linux, to see the cases there.
#
# On Linux it takes root or user namespaces, since the image is the root there too.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
build=${BUILD:-build}
image=$build/image/full/root
limit=${LIMIT:-240}

[ -d "$image/usr" ] || {
	echo "not ok - the full image is there"
	echo "# make image"
	exit 1
}

# ---- cases ----

# split FILE FOLDER: each case as FOLDER/NUMBER, its name as FOLDER/NUMBER.name.
split_cases() {
	awk -v folder="$2" '
		/^### / {
			path = sprintf("%s/%03d", folder, ++count)
			print substr($0, 5) >(path ".name")
			printf "" >path
			next
		}
		{ print >path }' "$1"
}

# Runs in either: what comes of each case stands between lines that say which.
cat >"$work/all" <<'END'
#!/bin/sh
cases=$1
for case in $cases/[0-9][0-9][0-9]; do
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

# A copy, since cases write; with the devices of this machine.
cp -a "$image" "$work/root" || exit 1
enter=(unshare --mount --pid --fork)
[ "$(id -u)" = 0 ] || enter+=(--map-root-user)
cat >"$work/enter" <<'END'
mount --rbind /dev "$1/dev" && mount -t proc proc "$1/proc" || exit 77
exec chroot "$@"
END
environment=(PATH=/usr/bin:/usr/sbin HOME=/root USER=root LOGNAME=root SHELL=/bin/bash
	LANG=C.UTF-8 TERM=xterm)

on_linux() {
	cp -R "$1" "$work/root/cases"
	env -i "${environment[@]}" "$(command -v timeout)" "$limit" \
		"$(command -v unshare)" "${enter[@]:1}" "$(command -v sh)" "$work/enter" \
		"$work/root" /bin/sh /cases/all /cases 2>&1 </dev/null | cat
	rm -rf "$work/root/cases"
}

in_os() {
	tests/os-run --timeout "$limit" --file "$1:/cases" -- '/bin/sh /cases/all /cases 2>&1' \
		2>"$work/os.log"
}

# One case out of what came of all.
part() {
	awk -v number="$2" '
		/^=== [0-9]/ { shows = $2 == number; next }
		shows' "$1"
}

# ---- both ----

if ! timeout 20 "${enter[@]}" sh "$work/enter" "$work/root" /bin/true 2>"$work/log"; then
	echo "ok - programs of the image run on Linux # SKIP $(head -n 1 "$work/log")"
	exit 0
fi

compare() {
	local file=$1 cases=$work/${1##*/} path name
	mkdir "$cases"
	split_cases "$file" "$cases"
	cp "$work/all" "$cases/all"
	[ -z "$pattern" ] || [[ ${file##*/} == *"$pattern"* ]] ||
		grep -qF -- "$pattern" "$cases"/*.name || return 0
	on_linux "$cases" >"$work/linux"
	if [ -n "${LINUX_ONLY:-}" ]; then
		cp "$work/linux" "$work/os"
		echo "# ${file##*/}"
		sed 's/^/# /' "$work/linux"
	else
		in_os "$cases" >"$work/os"
	fi
	for path in "$cases"/[0-9][0-9][0-9]; do
		name="${file##*/}: $(cat "$path.name")"
		part "$work/linux" "${path##*/}" >"$work/expected"
		part "$work/os" "${path##*/}" >"$work/came"
		grep -q '^=== status' "$work/expected" && cmp -s "$work/expected" "$work/came"
		status=$?
		[ $status = 0 ] || {
			diff "$work/expected" "$work/came" | head -n 20
			[ -s "$work/came" ] || tail -n 20 "$work/os.log"
		} >"$work/log" 2>&1
		tap $status "$name"
	done
}

for file in tests/posix/programs/*; do
	compare "$file"
done
exit $failed
