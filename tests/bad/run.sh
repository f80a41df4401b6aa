#!/bin/bash
# What is wrong is said: each tests/bad/*.skald gives the codes that its first
# lines expect, each code has a file and a page, and nothing whatever makes the
# compiler crash or hang. A pattern as $1 runs only the cases it is part of.
set -u

pattern=${1:-}
skald=${SKALD:-build/skald}
include=tests/bad/include
failed=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

wanted() { [[ -z $pattern || $1 == *"$pattern"* ]]; }

verdict() {	# STATUS NAME DETAILS...
	if [ "$1" = 0 ]; then
		echo "ok - $2"
	else
		echo "not ok - $2"
		shift 2
		printf '%s\n' "$@" | head -n 20 | sed 's/^/# /'
		failed=1
	fi
}

# The command that reports this code, as an array in `command`.
command_for() {	# CODE FILE
	case $1 in
	E06*) command=("$skald" c -I "$include" -I "$tmp" -o "$tmp/c" "$2") ;;
	*) command=("$skald" check -I "$include" -I "$tmp" "$2") ;;
	esac
}

# Runs `command`; leaves `status`, and the reports as "CODE at LINE:COLUMN".
reports() {
	timeout 120 "${command[@]}" > "$tmp/out" 2> "$tmp/err" < /dev/null
	status=$?
	sed -nE 's/^([^ ]*:([0-9]+):([0-9]+): )?(error|warning)\[([EW][0-9]+)\].*/\5 at \2:\3/p' \
		"$tmp/err" | sort > "$tmp/reports"
}

# The status of a run with these reports: 1 with an error, else 0.
fitting_status() { grep -q '^E' "$1" && echo 1 || echo 0; }

case_bad() {	# FILE
	local file=$1 code place fine=0
	sed -nE '/^\/\/ expect: /!q; s/^\/\/ expect: //p' "$file" | sort > "$tmp/expected"
	read -r code place < "$tmp/expected"
	command_for "$code" "$file"
	reports
	# Without a place only the code is compared.
	if ! grep -q ' at ' "$tmp/expected"; then
		sed -i 's/ at .*//' "$tmp/reports"
	fi
	cmp -s "$tmp/expected" "$tmp/reports" || fine=1
	[ "$status" = "$(fitting_status "$tmp/expected")" ] || fine=1
	verdict $fine "$(basename "$file") gives $(tr '\n' ' ' < "$tmp/expected")" \
		"expected: $(tr '\n' ',' < "$tmp/expected")" \
		"came:     $(tr '\n' ',' < "$tmp/reports") exit status $status" \
		"run:      ${command[*]}"
}

# The n-th ```skald block of a page.
block() { awk -v n="$2" '/^```skald$/ { i++; on = i == n; next } /^```$/ { on = 0 } on' "$1"; }

case_page() {	# CODE
	local code=$1 page=docs/errors/$1.md fine=0 said=""
	if [ ! -f "$page" ]; then
		verdict 1 "$code has a page" "there is no $page"
		return
	fi
	block "$page" 1 > "$tmp/wrong.skald"
	block "$page" 2 > "$tmp/right.skald"
	[ -s "$tmp/wrong.skald" ] && [ -s "$tmp/right.skald" ] || fine=1
	command_for "$code" "$tmp/wrong.skald"
	reports
	[ "$(sed 's/ at .*//' "$tmp/reports")" = "$code" ] || fine=1
	said="the wrong block gives: $(tr '\n' ',' < "$tmp/reports")"
	command_for "$code" "$tmp/right.skald"
	reports
	[ "$status" = 0 ] && [ ! -s "$tmp/reports" ] || fine=1
	"$skald" explain "$code" 2> /dev/null | cmp -s - "$page" || {
		fine=1
		said="$said; skald explain $code does not print the page"
	}
	verdict $fine "the page of $code: its wrong block gives it, its right one nothing" \
		"$said" "the right block gives: $(cat "$tmp/err")"
}

case_covered() {
	local code missing=""
	for code in $codes; do
		grep -qs "^// expect: $code" tests/bad/*.skald || missing="$missing $code"
	done
	verdict $([ -z "$missing" ]; echo $?) "every code has a file that makes it" \
		"without one:$missing"
	missing=$(ls docs/errors | sed 's/\.md$//' | sort \
		| comm -23 - <(printf '%s\n' $codes | sort))
	verdict $([ -z "$missing" ]; echo $?) "every page is of a code that there is" \
		"pages without: $missing"
}

# Whatever the input, an answer: status 0 or 1 and no sanitizer's report.
case_nasty() {	# NAME FILE [STATUS]
	wanted "$1" || return
	local fine=0
	command=("$skald" check "$2")
	reports
	case $status in 0 | 1) ;; *) fine=1 ;; esac
	[ -z "${3:-}" ] || [ "$status" = "$3" ] || fine=1
	grep -qE 'Sanitizer|runtime error' "$tmp/err" && fine=1
	[ "$status" = 0 ] || [ -s "$tmp/reports" ] || fine=1
	verdict $fine "$1" "exit status $status, wanted ${3:-0 or 1}" \
		"$(head -c 600 "$tmp/err")"
}

repeat() { head -c "$2" < <(yes -- "$1" | tr -d '\n'); }	# TEXT BYTES

sample() {
	cat tests/bad/good-sample.skald
}

nasty() {
	local n
	: > "$tmp/n.skald"
	case_nasty "nasty: an empty file is an empty schema" "$tmp/n.skald" 0
	printf '// only a comment' > "$tmp/n.skald"
	case_nasty "nasty: a comment without a final newline" "$tmp/n.skald" 0
	sample > "$tmp/n.skald"
	case_nasty "nasty: the sample is good" "$tmp/n.skald" 0
	sample | sed 's/$/\r/' > "$tmp/n.skald"
	case_nasty "nasty: CR LF at the end of each line" "$tmp/n.skald" 0
	sample | head -c -1 > "$tmp/n.skald"
	case_nasty "nasty: no final newline" "$tmp/n.skald" 0
	head -c 100000 "$skald" > "$tmp/n.skald"
	case_nasty "nasty: a program instead of a schema" "$tmp/n.skald" 1
	head -c 3000 /dev/urandom | tr -d '\0' > "$tmp/n.skald"
	case_nasty "nasty: random bytes without NUL" "$tmp/n.skald" 1
	head -c 100000000 /dev/zero | tr '\0' 'a' > "$tmp/n.skald"
	case_nasty "nasty: 100 MB" "$tmp/n.skald" 1
	repeat 'a ' 4000000 > "$tmp/n.skald"
	case_nasty "nasty: two million words" "$tmp/n.skald" 1
	{ echo 'struct A { }'; repeat 'struct A { } ' 1000000; } > "$tmp/n.skald"
	case_nasty "nasty: 77,000 times the same declaration" "$tmp/n.skald" 1
	repeat ' $' 1000000 > "$tmp/n.skald"
	case_nasty "nasty: half a million bad characters" "$tmp/n.skald" 1
	{ echo 'struct A {'; repeat 'unknown_type_name x; ' 1000000; echo '}'; } > "$tmp/n.skald"
	case_nasty "nasty: 47,000 unknown types" "$tmp/n.skald" 1
	for n in '{' '(' '[' 'struct A {' 'tags {' 'const uint8 a = (' 'group {' '- ' '"' '/*' '@a(' 'a.' '<'; do
		repeat "$n" $((100000 * ${#n})) > "$tmp/n.skald"
		case_nasty "nasty: 100,000 times $n" "$tmp/n.skald" 1
	done
	for n in '-' '~' '(' '1+' '1<<'; do
		{ printf 'const uint8 A = '; repeat "$n" 200000; echo '1;'; } > "$tmp/n.skald"
		case_nasty "nasty: a constant of 100,000 times $n" "$tmp/n.skald" 1
	done
	{ printf 'struct A { uint8'; repeat '[]' 200000; echo ' a; }'; } > "$tmp/n.skald"
	case_nasty "nasty: a list 100,000 deep" "$tmp/n.skald" 1
	for n in $(seq 0 60000); do echo "const uint32 A$n = A$((n + 1));"; done > "$tmp/n.skald"
	case_nasty "nasty: a chain of 60,000 constants" "$tmp/n.skald" 1
	for n in $(seq 0 60000); do echo "newtype A$n = A$((n + 1));"; done > "$tmp/n.skald"
	case_nasty "nasty: a chain of 60,000 newtypes" "$tmp/n.skald" 1
	{ for n in $(seq 0 60000); do echo "struct A$n { A$((n + 1))[] a; }"; done
	echo 'struct A60001 { A0[] a; }'; } > "$tmp/n.skald"
	case_nasty "nasty: 60,000 structs in one recursion of lists" "$tmp/n.skald" 0
	{ for n in $(seq 0 60000); do echo "struct A$n { A$((n + 1)) a; }"; done
	echo 'struct A60001 { A0 a; }'; } > "$tmp/n.skald"
	case_nasty "nasty: 60,000 structs within each other in a circle" "$tmp/n.skald" 1
	{ for n in $(seq 0 60000); do echo "variant A$n { tag(1) A$((n + 1)) a; }"; done
	echo 'variant A60001 { tag(1) A0 a; }'; } > "$tmp/n.skald"
	case_nasty "nasty: 60,000 variants in a circle that never ends" "$tmp/n.skald" 1
	{ for n in $(seq 0 60000); do echo "variant A$n { tag(1) A$((n + 1)) a; tag(2) b; }"; done
	echo 'variant A60001 { tag(1) A0 a; }'; } > "$tmp/n.skald"
	case_nasty "nasty: 60,000 variants in a circle that may end" "$tmp/n.skald" 0
	{ for n in $(seq 0 60000); do echo "record A$n { A$((n + 1)) a; }"; done
	echo 'record A60001 { A0 a; }'; } > "$tmp/n.skald"
	case_nasty "nasty: 60,000 records within each other in a circle" "$tmp/n.skald" 1
	for n in $(seq 0 60000); do echo "struct A$n : A$((n + 1)) { }"; done > "$tmp/n.skald"
	case_nasty "nasty: a chain of 60,000 bases" "$tmp/n.skald" 1
	{ echo 'struct B {'; seq -f 'uint8 a%.0f;' 0 50000; echo '}'
	seq -f 'struct D%.0f : B { }' 0 50000; } > "$tmp/n.skald"
	case_nasty "nasty: 50,000 times 50,000 inherited members" "$tmp/n.skald" 1
	{ printf 'const float64 A = 1.'; repeat 1 1000000; echo ';'
	echo 'const float64 B = 1.0e-99999999999999999999;'; } > "$tmp/n.skald"
	case_nasty "nasty: a million decimals" "$tmp/n.skald" 0
	{ echo 'struct A0 { uint64 a; }'
	for n in $(seq 1 63); do echo "struct A$n { A$((n - 1))[1000] a; A$((n - 1))[1000] b; }"; done
	echo 'message M 1 { head(64): A63 a; }'; } > "$tmp/n.skald"
	case_nasty "nasty: a size far above 2^64" "$tmp/n.skald" 1
	{ echo 'enum E {'; for n in $(seq 0 60000); do echo "A$n,"; done; echo '}'; } > "$tmp/n.skald"
	case_nasty "nasty: 60,000 enumerators" "$tmp/n.skald" 0
	{ echo 'enum E {'; seq -f 'A%.0f,' 0 99999; seq -f 'reserved 9%06.0f,' 0 99999; echo 'Z = 1'; echo '}'; } > "$tmp/n.skald"
	case_nasty "nasty: 100,000 reserved values among as many others" "$tmp/n.skald" 0
	for n in $(seq 0 99999); do echo "struct A$n { A$n a; }"; done > "$tmp/n.skald"
	case_nasty "nasty: 100,000 structs that contain themselves" "$tmp/n.skald" 1
	{ printf 'interface '; repeat I 1000000; echo ' {'
	seq -f 'method m%.0f();' 0 100000; echo '}'; } > "$tmp/n.skald"
	case_nasty "nasty: a name of a million letters" "$tmp/n.skald" 1
	{ printf 'namespace a'; repeat '.a' 1000000; echo ';'
	seq -f 'struct A%.0f { Unknown a; }' 0 50000; } > "$tmp/n.skald"
	case_nasty "nasty: a namespace of half a million parts" "$tmp/n.skald" 1
	: > "$tmp/none.skald"
	{ repeat 'import "none.skald"; ' 1000000; seq -f 'struct A%.0f { Unknown a; }' 0 20000; } > "$tmp/n.skald"
	case_nasty "nasty: 47,000 times the same import" "$tmp/n.skald" 1
	{ seq -f 'using "A%.0f" = "S";' 0 50000; echo 'struct S { }'
	for n in $(seq 0 50000); do echo "struct B$n { A$n a; }"; done; } > "$tmp/n.skald"
	case_nasty "nasty: 50,000 other names taken for types" "$tmp/n.skald" 1
	{ echo 'message Q { head(8): } message R 1 { head(8): tail:'
	seq -f 'string a%.0f;' 0 50000; echo '} interface I {'
	for n in $(seq 0 50000); do echo "method m$n Q$n -> R;"; done; echo '}'
	seq -f 'message Q%.0f { head(8): }' 0 50000; } > "$tmp/n.skald"
	case_nasty "nasty: 50,000 methods with one reply of 50,000 members" "$tmp/n.skald" 1
	for n in $(seq 0 100); do
		echo "import \"$tmp/i$((n + 1)).skald\";" > "$tmp/i$n.skald"
	done
	echo > "$tmp/i101.skald"
	case_nasty "nasty: 100 imports in a row" "$tmp/i0.skald" 1
	nasty_interfaces
	nasty_truncated
}

nasty_interfaces() {
	local n
	for n in $(seq 0 60000); do echo "interface A$n : A$((n + 1)) { }"; done > "$tmp/n.skald"
	case_nasty "nasty: a chain of 60,000 bases of interfaces" "$tmp/n.skald" 1
	{ echo 'interface B {'; seq -f 'method a%.0f();' 0 50000; echo '}'
	seq -f 'interface D%.0f : B { }' 0 50000; } > "$tmp/n.skald"
	case_nasty "nasty: 50,000 times 50,000 inherited methods" "$tmp/n.skald" 1
	{ echo 'interface I { } struct T0 {'; seq -f 'handle<I> h%.0f;' 0 50000; echo '}'
	for n in $(seq 1 60); do echo "struct T$n { T$((n - 1))[1000] s; }"; done
	echo 'message M 1 { head(64): T60 t; }'; } > "$tmp/n.skald"
	case_nasty "nasty: handles far above 2^64" "$tmp/n.skald" 1
	{ echo 'bits R uint16 {'; seq -f 'A%.0f = 1,' 0 50000
	echo '} @rights(R) interface I { } struct S {'
	seq -f 'handle<I, A1> h%.0f;' 0 50000; echo '}'; } > "$tmp/n.skald"
	case_nasty "nasty: 50,000 handles of 50,000 rights" "$tmp/n.skald" 0
	{ echo 'interface I {'; seq -f 'event e%.0f 9();' 0 50000; echo '}'; } > "$tmp/n.skald"
	case_nasty "nasty: 50,000 events of one number" "$tmp/n.skald" 1
}

# Every seventh byte, in one run per hundred files: none may crash.
nasty_truncated() {
	local size at=0 fine=0 files=() said=""
	wanted "nasty: the sample cut at every 7th byte" || return
	mkdir "$tmp/cut"
	sample > "$tmp/n.skald"
	size=$(wc -c < "$tmp/n.skald")
	while [ $at -lt "$size" ]; do
		head -c $at "$tmp/n.skald" > "$tmp/cut/$at.skald"
		files+=("$tmp/cut/$at.skald")
		at=$((at + 7))
	done
	command=("$skald" check "${files[@]}")
	timeout 120 "${command[@]}" > /dev/null 2> "$tmp/err"
	status=$?
	[ $status = 1 ] || fine=1
	grep -qE 'Sanitizer|runtime error' "$tmp/err" && fine=1
	verdict $fine "nasty: the sample cut at every 7th byte" \
		"exit status $status" "$(head -c 600 "$tmp/err")"
}

# What the language reference shows can be used.
case_reference() {
	local n=1 fine=0 said=""
	while block docs/language.md $n > "$tmp/n.skald" && [ -s "$tmp/n.skald" ]; do
		command=("$skald" check "$tmp/n.skald")
		reports
		[ "$status" = 0 ] && [ ! -s "$tmp/reports" ] || {
			fine=1
			said="$said $(cat "$tmp/err")"
		}
		n=$((n + 1))
	done
	[ $n -gt 3 ] || fine=1
	verdict $fine "reference: the examples of docs/language.md are good" \
		"$((n - 1)) examples" "$said"
}

# The sections that the checks say they enforce are there.
case_sections() {
	local section missing=""
	while read -r section; do
		grep -qx "## $section" docs/language.md || missing="$missing, $section"
	done < <(grep -ohE 'docs/language.md, "[^"]+"' idl/*.c | sed 's/.*, "//; s/"$//' | sort -u)
	verdict $([ -z "$missing" ]; echo $?) "sections: each check cites one that docs/language.md has" \
		"missing: $missing"
}

# Editors read these: one array, every field in its place.
case_json() {
	local got
	got=$("$skald" check --format=json tests/bad/bad-member-twice.skald 2> /dev/null \
		| tr -d '\n')
	case $got in
	'[{"code": "E0203", "severity": "error",'*'"line": 4, "column": 9, "end_column": 13, "second": {"label": "the first is here"'*'}]')
		verdict 0 "json: a report with its two places" ;;
	*)
		verdict 1 "json: a report with its two places" "came: $got" ;;
	esac
}

case_limit() {
	{ echo 'struct A {'; repeat 'unknown x; ' 3300; echo '}'; } > "$tmp/n.skald"
	command=("$skald" check "$tmp/n.skald")
	reports
	[ "$(wc -l < "$tmp/reports")" = 50 ] && grep -q '^[0-9]* more not shown' "$tmp/err"
	verdict $? "limit: 50 reports are printed, the rest is counted" \
		"$(wc -l < "$tmp/reports") reports" "$(tail -n 2 "$tmp/err")"
}

codes=$(sed -nE 's/^DIAG\(([EW][0-9]+),.*/\1/p' idl/diag_codes.h)
mkdir "$tmp/c"
head -c 5000000 /dev/zero | tr '\0' ' ' > "$tmp/large.skald"

for file in tests/bad/bad-*.skald; do
	wanted "$(basename "$file")" && case_bad "$file"
done
for code in $codes; do
	wanted "page $code" && case_page "$code"
done
wanted covered && case_covered
wanted reference && case_reference
wanted sections && case_sections
wanted json && case_json
wanted limit && case_limit
nasty
exit $failed
