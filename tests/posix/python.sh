#!/bin/bash
# Usage: tests/posix/python.sh [NAME]
#
# Python's own tests, of what it asks of its system, come out in the OS as on Linux: each case
# of their files is run by the same files of Debian in both, and its verdict is the same, but
# for cases that tests/posix/python/differs names. Without NAME, the first of
# tests/posix/python/files, or with ALL=1 all of them; FILES='test_x test_y': those.
# LIMIT: seconds for each file (600). SMP: CPUs. KEEP: a folder for all that came.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
source tests/image.bash
build=${BUILD:-build}
image=$build/image/python/root
each=${LIMIT:-600}

# Of the first list, of both, or those that are wanted of both.
listed() {
	sed "${1:-}"' s/ *#.*//; /^$/d' tests/posix/python/files
}

if [ -n "${FILES:-}" ]; then
	read -ra files <<<"$FILES"
elif [ -n "$pattern${ALL:-}" ]; then
	mapfile -t files < <(listed | grep -F -e "$pattern")
else
	mapfile -t files < <(listed '/^# ---- long/,$d;')
fi
[ ${#files[@]} != 0 ] || exit 0
limit=$((each * ${#files[@]} + 60))

[ -d "$image/usr" ] || {
	echo "not ok - the image of Python is there"
	echo "# make build/image/python.tar"
	exit 1
}

# In either: what comes of each file stands behind a line that says which.
mkdir "$work/run"
cp tests/posix/python/run.py "$work/run"
cat >"$work/run/all" <<END
for file in ${files[*]}; do
	echo "=== \$file"
	timeout $each python3.11 /run/tests/run.py \$file 2>/tmp/why </dev/null || echo "failed \$file: \$?"
	sed 's/^/# /' /tmp/why
done
END

cp -a "$image" "$work/root" || exit 1
if ! image_can_run "$work/root"; then
	echo "ok - Python runs on Linux # SKIP $(head -n 1 "$work/log")"
	exit 0
fi
cp -R "$work/run" "$work/root/run/tests"
image_run "$work/root" /bin/sh /run/tests/all >"$work/linux"
tests/os-run --image python --memory 1536 --smp "${SMP:-1}" --timeout "$limit" \
	--file "$work/run:/run/tests" -- '/bin/sh /run/tests/all' >"$work/os" 2>"$work/os.log"
[ -z "${KEEP:-}" ] || cp "$work/linux" "$work/os" "$KEEP"

# part SIDE FILE: the verdicts, in their order.
part() {
	awk -v file="$2" '/^=== / { shows = $2 == file; next } shows && /^(ok|skipped|failed) /' "$work/$1"
}

# What differs as it is said to.
known() {
	sed 's/[[:space:]]*#.*//; /^$/d' tests/posix/python/differs
}

for file in "${files[@]}"; do
	part linux "$file" | grep -vwFf <(known) >"$work/expected"
	part os "$file" | grep -vwFf <(known) >"$work/came"
	grep -q '^ok ' "$work/expected" && cmp -s "$work/expected" "$work/came"
	status=$?
	[ $status = 0 ] || {
		echo "expected on Linux (<), came in the OS (>):"
		diff "$work/expected" "$work/came" | head -n 20
		tail -n 5 "$work/os.log"
	} >"$work/log" 2>&1
	echo "# $(grep -c '^ok ' "$work/expected") cases of $file are good on Linux"
	tap $status "$file"
done
exit $failed
