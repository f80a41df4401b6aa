#!/bin/bash
# docs/posix.md's table of Linux's system calls says what is there: all calls by Linux's own
# numbers, done and partial ones in the shim's table and with cases that make them, absent
# ones in the log's list of names; and what is partial is what still differs.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
page=${PAGE:-docs/posix.md}
cases=tests/posix/calls
shim=servers/posix/shim/calls.h

# NUMBER NAME STATE TEST... of each row.
awk -F ' *[|] *' '$2 ~ /^[0-9]+$/ && NF == 7 { print $2, $3, $4, $5 }' "$page" >"$work/table"
in_state() { awk -v states=" $1 " 'index(states, " " $3 " ") { print $1, $2 }' "$work/table"; }

# same NAME FILE FILE: what is in one of both only.
same() {
	sort "$2" >"$work/one"
	sort "$3" >"$work/other"
	diff "$work/one" "$work/other" >"$work/log"
	tap $? "$1"
}

# Newer calls than the headers have may be there too.
printf '#include <asm/unistd.h>\n' | ${CC:-gcc} -E -dM - |
	sed -nE 's/^#define __NR_(\w+) ([0-9]+)$/\2 \1/p' >"$work/linux"
awk 'NR == FNR { theirs[$0]; if ($1 > last) last = $1; next }
	$1 <= last { print $1, $2 }' "$work/linux" "$work/table" >"$work/ours"
last=$(sort -n "$work/ours" | tail -n 1 | cut -d' ' -f1)
awk -v last="$last" '$1 <= last' "$work/linux" >"$work/linux-so-far"
same "each call of Linux's headers has a row, by number and name" "$work/linux-so-far" "$work/ours"
cut -d' ' -f1 "$work/table" | sort -n | uniq -d >"$work/log"
[ ! -s "$work/log" ] && [ "$(wc -l <"$work/table")" -ge 350 ]
tap $? 'no call has two rows'
awk '$3 != "done" && $3 != "partial" && $3 != "absent"' "$work/table" >"$work/log"
[ ! -s "$work/log" ]
tap $? 'a call is done, partial or absent'

# ---- what the shim has ----

# rt_sigreturn is no function of the table (shim.c); misc_none answers ENOSYS.
{
	echo 15 rt_sigreturn
	grep -oE 'X\([0-9]+, \w+, \w+\)' "$shim" | grep -v misc_none |
		sed -E 's/X\(([0-9]+), (\w+),.*/\1 \2/'
} >"$work/shim"
in_state 'done partial' >"$work/there"
same 'what is done or partial is in the table of the shim, and the other way' \
	"$work/shim" "$work/there"
grep -oE 'X\([0-9]+, \w+\)' servers/posix/absent.h | sed -E 's/X\(([0-9]+), (\w+)\)/\1 \2/' \
	>"$work/named"
in_state absent >"$work/absent"
same 'what is absent has its name in the log' "$work/absent" "$work/named"

# ---- cases ----

# Of each topic the calls that have a line there, and of all those that differ.
for file in "$cases"/*.c; do
	topic=${file##*/}
	grep -oE '\b(T|TOK|SAY|TEXT|ERROR)\(\w+,' "$file" | sed -E 's/.*\((\w+),/\1/' |
		sed "s/^/${topic%.c} /"
	grep -oE '\b(line|line_ok|line_text)\("\w+"' "$file" | sed -E 's/.*"(\w+)"/\1/' |
		sed "s/^/${topic%.c} /"
done | sort -u >"$work/cases"
awk 'NR == FNR { has[$0]; next }
	$3 == "absent" { if ($4 != "absent") print $2 ": its test is `absent`"; next }
	{ if (NF < 4) print $2 ": no test is named"
	  for (i = 4; i <= NF; i++)
		if (!(($i " " $2) in has)) print $2 ": " $i " has no case of it" }
	' "$work/cases" "$work/table" >"$work/log"
[ ! -s "$work/log" ]
tap $? 'each call that is there has a case in the tests that its row names'
sed -nE 's|^\w+/(\w+): .*|\1|p' "$cases/differs" | sort -u |
	grep -vxFf <(in_state absent | cut -d' ' -f2) >"$work/differs"
in_state partial | cut -d' ' -f2 >"$work/partial"
same 'what differs from Linux is partial, and the other way' "$work/differs" "$work/partial"
awk -F ' *[|] *' '$4 == "partial" && $6 == "" || $4 == "absent" && $6 == "" { print $3 }' \
	"$page" >"$work/log"
[ ! -s "$work/log" ]
tap $? 'of what is partial or absent it is said what lacks, or why'

# ---- the figures ----

figures=$(awk '{ n[$3]++ } END { printf "%d done, %d partial, %d absent", n["done"],
	n["partial"], n["absent"] }' "$work/table")
echo "the page has to say: $figures" >"$work/log"
grep -qF "$figures" "$page"
tap $? "the page says how many: $figures"
exit $failed
