#!/bin/bash
# Usage: tests/transport/pages.sh [NAME]
#
# What `skald diff` says breaks is what contracts refuse (runtime/contract.h), and
# nothing else: by the schemas of each page of docs/changes, whose message M, if both
# have one, or whose interfaces a client and a server exchange.
cd "$(dirname "$0")/../.." || exit 1
set -u
source tests/tap.bash
skald=${BUILD:-build}/skald

# What a contract does not tell, and why, is in docs/evolution.md, "At connection".
untold='D0203 D0416 D0417 D0504 D0701 D0703 D0705 D0714 D0717 D0719 D0721 D0722 D0723 D0724'
# Pages of which another change, that is told, comes of the one that they are about.
other='D0201 D0712 D0804 D0902'

# schema PAGE WORD: what stands behind "Before:" or "After:", with a way to send M.
schema() {
	sed -n "/^$2:/,/^\`\`\`\$/p" "$1" | sed '/^```/d; 1d' >"$work/schema"
	grep -q '^namespace' "$work/schema" || sed -i '1i namespace page;' "$work/schema"
	if grep -qE '^\t*message M [0-9]' "$work/schema" && ! grep -q '^interface' "$work/schema"; then
		echo 'interface Probe { oneway probe M; }' >>"$work/schema"
	fi
	cat "$work/schema"
}

# table FILE NAME: the contract in generated C, by another name.
table() {
	sed -n '/^static const struct sk_contract_row/,$p' "$1" |
		sed -E "s/\b[A-Za-z0-9_]+_contract_rows\b/$2_rows/g; s/^const struct sk_contract [a-zA-Z0-9_]+_contract/static const struct sk_contract $2/"
}

# page FILE: both contracts of a page, if it is about what is sent.
page() {
	local code word
	code=$(basename "$1" .md)
	for word in Before After; do
		schema "$1" $word >"$work/$word.skald"
		"$skald" c --contract "$work/$word.skald" -o "$work/gen" >"$work/out" 2>&1 || return
		[ "$(grep -c '^const struct sk_contract ' "$work/gen/$word.skald.c")" = 1 ] || return
		table "$work/gen/$word.skald.c" "${code}_$word" >"$work/$word.table"
	done
	cat "$work/Before.table" "$work/After.table" >>"$work/pairs.h"
	echo "	{ \"$code\", &${code}_Before, &${code}_After }," >>"$work/list"
}

# wanted CODE: "CODE OLD NEW" as the rule says.
wanted() {
	local breaks
	breaks=$(sed -nE "s/^CHANGE\($1, [A-Z]+, ([A-Z]+),.*/\1/p" compiler/diff_rules.h)
	case $breaks in
	OLD) echo "$1 1 0" ;;
	NEW) echo "$1 0 1" ;;
	BOTH) echo "$1 1 1" ;;
	*) echo "$1 0 0" ;;
	esac
}

: >"$work/pairs.h"
: >"$work/list"
for file in docs/changes/D*.md; do
	[[ " $untold $other " == *" $(basename "$file" .md) "* ]] || page "$file"
done
{ echo 'static const struct pair pairs[] = {'; cat "$work/list"; echo '};'; } >>"$work/pairs.h"
"${CC:-gcc}" -std=c11 -g -O0 -Wall -Werror -fsanitize=address,undefined -I. -I"$work" \
	-o "$work/run" tests/transport/pages.c runtime/{contract,channel,codec,ring,events,status,loopback*}.c \
	>"$work/log" 2>&1 && "$work/run" >"$work/came" 2>>"$work/log" || { tap 1 'contracts of all pages'; exit 1; }
count=$(wc -l <"$work/came")
[ "$count" -ge 45 ]
tap $? 'most pages are about what is sent'
while read -r code old new; do
	wanted "$code" | diff - <(echo "$code $old $new") >"$work/log"
	tap $? "$code: a contract refuses what skald diff says breaks"
done <"$work/came"
exit $failed
