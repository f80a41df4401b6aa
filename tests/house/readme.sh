#!/bin/bash
# The README's first protocol, followed to the letter: its schema is taken out
# of the page, and so are its commands.
set -u
cd "$(dirname "$0")/../.."
top=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

sed -n '/^```skald$/,/^```$/p' README.md | sed '1d;$d' >"$work/kv.skald"
sed -n 's/^    \(build\/skald .*\|echo .*\)/\1/p' README.md >"$work/commands"
ln -s "$top/${BUILD:-build}" "$work/build"
[ "$(wc -l <"$work/commands")" -ge 5 ] || { echo "not ok - README shows commands"; exit 1; }

cd "$work" || exit 1
while IFS= read -r line; do
	if bash -c "$line" >log 2>&1; then
		echo "ok - README: ${line%%#*}"
	else
		echo "not ok - README: ${line%%#*}"
		sed 's/^/# /' log
		failed=1
	fi
done <commands
if grep -q answer log && [ -s gen/kv.skald.h ] && [ -s gen/kv.skald.c ]; then
	echo "ok - README: what was encoded is decoded"
else
	echo "not ok - README: what was encoded is decoded"
	sed 's/^/# last command printed: /' log
	failed=1
fi
gcc -std=c11 -Wall -Wextra -Wpedantic -Wconversion -Werror -I "$top" -I gen -c gen/kv.skald.c -o kv.o &&
	echo "ok - README: the generated C compiles" || { echo "not ok - README: the generated C compiles"; failed=1; }

cd "$top" || exit 1
for goal in run test bench help; do
	make -n "$goal" >/dev/null 2>&1 || { echo "not ok - README: make $goal is there"; failed=1; continue; }
	echo "ok - README: make $goal is there"
done
# Every page and folder that it names is there, and that the handbook's index does.
links() {
	grep -oE '\]\([^)]+\)' "$1" | sed 's/](\(.*\))/\1/'
}
for index in README.md docs/README.md; do
	for page in $(links $index); do
		[ -e "$(dirname $index)/$page" ] && continue
		echo "not ok - $index: $page is there"
		failed=1
	done
done
for page in $(cd docs && ls | grep -vE '^(README.md|man)$'); do
	links docs/README.md | grep -qxF "$page" && continue
	echo "not ok - the handbook's index has $page"
	failed=1
done
exit $failed
