#!/bin/bash
# Usage: tests/cli/fmt.sh [NAME|--update]
#
# fmt: the layout of schemas, and of those that the project has. --update takes
# the new layout of tests/cli/fmt/everything.in, for somebody to read.
source "$(dirname "$0")/cases.bash"
cases=tests/cli/fmt

if [ "$pattern" = --update ]; then
	pattern=
	"$skald" fmt $cases/everything.in >$cases/everything.out
fi

same_layout() {	# FILE WANTED
	"$skald" fmt "$1" >"$work/laid" && diff -u "$2" "$work/laid"
}

holds "a schema of everything is laid out as approved" \
	same_layout $cases/everything.in $cases/everything.out
holds "what is laid out stays as it is" same_layout $cases/everything.out $cases/everything.out

# The layout says the same: the same reports, the same C but for its line numbers.
means_the_same() {
	local file
	for file in tests/golden/constructs.skald tests/vectors/language.skald \
		tests/golden-wire/*.bragi; do
		mkdir -p "$work/before" "$work/after"
		"$skald" fmt "$file" >"$work/after/$(basename "$file")" || return 1
		"$skald" c "$file" -o "$work/before" --reflect &&
			"$skald" c "$work/after/$(basename "$file")" -o "$work/after" --reflect || return 1
	done
	rm -f "$work"/after/*.bragi "$work"/after/{constructs,language}.skald
	sed -i -E 's/(skald|bragi):[0-9]+/\1:0/g' "$work"/{before,after}/*
	diff -r "$work/before" "$work/after"
}
holds "a layout means the same: C of it is the same" means_the_same

again_everywhere() {
	local file
	for file in tests/*/*.skald tests/*/*.bragi tests/*/include/*.skald; do
		"$skald" fmt "$file" >"$work/once.skald" 2>/dev/null || continue
		"$skald" fmt "$work/once.skald" | cmp - "$work/once.skald" || return 1
	done
}
holds "laid out twice is laid out once: all schemas of the tests" again_everywhere

expect 0 "the project's protocols are laid out (else: build/skald fmt -w protocols/*.skald)" \
	"$skald" fmt --check protocols/*.skald

# ---- the command ----

printf 'struct  A {uint8 a; }\n' >"$work/a.skald"
printf 'struct A { uint8 a; }\n' >"$work/b.skald"
printf 'struct A { uint8 a \n' >"$work/bad.skald"

expect_text 1 "--check names what would change" "$work/a.skald" \
	"$skald" fmt --check "$work/a.skald" "$work/b.skald"
"$skald" fmt --check "$work/a.skald" "$work/b.skald" >"$work/checked"
holds "--check names nothing else" test "$(cat "$work/checked")" = "$work/a.skald"
holds "--check leaves the file" test "$(cat "$work/a.skald")" = 'struct  A {uint8 a; }'
expect 0 "--check of what is laid out" "$skald" fmt --check "$work/b.skald"
expect_text 0 "to stdout" 'struct A { uint8 a; }' "$skald" fmt "$work/a.skald"
cp "$work/a.skald" "$work/in"
expect_text 0 "from stdin" 'struct A { uint8 a; }' "$skald" fmt -
expect_text 1 "--check of stdin names it" '<stdin>' "$skald" fmt --check -
rm "$work/in"
expect_text 1 "a syntax error is reported as by check" "bad.skald:2:1: error[E0" \
	"$skald" fmt "$work/bad.skald"
holds "and nothing is written" test ! -s "$work/out"
cp "$work/bad.skald" "$work/bad2.skald"
expect 1 "-w of a file with a syntax error" "$skald" fmt -w "$work/bad.skald" "$work/a.skald"
holds "leaves that file" cmp "$work/bad.skald" "$work/bad2.skald"
holds "and lays out the others" cmp "$work/a.skald" "$work/b.skald"
touch -d '2001-01-01' "$work/b.skald"
expect 2 "-w of stdin, which is no file" "$skald" fmt -w - </dev/null
expect 0 "-w of what is laid out" "$skald" fmt -w "$work/b.skald"
holds "does not touch it" test "$(date -r "$work/b.skald" +%Y)" = 2001
printf 'struct  A {uint8 a; }\n' >"$work/c.skald"
chmod 0640 "$work/c.skald"
ln -s c.skald "$work/link.skald"
expect 0 "-w through a link" "$skald" fmt -w "$work/link.skald"
holds "changes the file behind it" cmp "$work/c.skald" "$work/b.skald"
holds "which keeps its mode" test "$(stat -c %a "$work/c.skald"),$(stat -c %F "$work/link.skald")" \
	= "640,symbolic link"
expect_text 2 "a file that is not there" "cannot read" "$skald" fmt "$work/none.skald"
expect_text 2 "several files to stdout" "-w or --check" "$skald" fmt "$work/a.skald" "$work/b.skald"
expect_text 2 "a range that is none" "FIRST:LAST" "$skald" fmt --range 5:3 "$work/a.skald"
printf 'struct A{Nowhere b;}\n' >"$work/in"
expect_text 0 "an error of meaning does not matter" 'struct A { Nowhere b; }' "$skald" fmt -

# ---- a range of lines ----

# Line N is wrong in each; only those of the range are mended.
for n in 1 2 3 4 5 6; do
	printf 'struct  A%s {\n\tuint8  a;\n\tuint8  b; // c\n\n\n\tuint8  d;\n}\n' $n
done >"$work/rows.skald"
"$skald" fmt --range 10:10 "$work/rows.skald" >"$work/ranged"
diff "$work/rows.skald" "$work/ranged" >"$work/rows.diff"
holds "--range: one line changes one line" \
	test "$(grep -c '^[<>]' "$work/rows.diff")" = 2
holds "--range: that line" grep -q '^10c10' "$work/rows.diff"
"$skald" fmt --range 11:13 "$work/rows.skald" >"$work/ranged"
diff "$work/rows.skald" "$work/ranged" >"$work/rows.diff"
holds "--range: lines with blanks between lose one of those" \
	test "$(grep -c '^<' "$work/rows.diff"),$(grep -c '^>' "$work/rows.diff")" = 2,1
"$skald" fmt --range 1:9999 "$work/rows.skald" >"$work/ranged"
holds "--range: all lines are the whole" same_layout "$work/rows.skald" "$work/ranged"

# ---- speed ----

# A tenth of the 10 ms per 1,000 lines that this machine needs would be a hundred
# times as fast as is asked; a layout in quadratic time takes minutes.
for n in $(seq 400); do
	sed "s/\bE\b/E$n/g; s/A, *B/A$n , B/" $cases/everything.in | grep -v namespace
done >"$work/long.skald"
expect 0 "20,000 lines take no more than ten seconds" timeout 10 "$skald" fmt "$work/long.skald"
exit $failed
