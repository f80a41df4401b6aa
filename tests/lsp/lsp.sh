#!/bin/bash
# Usage: tests/lsp/lsp.sh [NAME|--update]
#
# The language server: each transcript, tests/lsp/*.txt, says what an editor sends
# (`--> {...}`), and what comes back by then (`<-- {...}`). `status N` at its end is
# what the server exits with. --update takes what comes now, for somebody to read.
source "$(dirname "$0")/../cli/cases.bash"
update=
[ "$pattern" != --update ] || { pattern= update=1; }

# Lines of JSON as messages of the protocol.
framed() {
	local line
	while IFS= read -r line; do
		printf 'Content-Length: %d\r\n\r\n%s' "${#line}" "$line"
	done
}

# And back; a length that is wrong is seen, as what follows is no header then.
unframed() {
	local header size
	while IFS= read -r header; do
		size=${header#Content-Length: }
		size=${size%$'\r'}
		[[ $size =~ ^[0-9]+$ ]] && IFS= read -r header && [ "$header" = $'\r' ] ||
			{ echo "no header: $header"; return; }
		head -c "$size"
		echo
	done
}

# Sends a transcript, line by line, so that one sees what each is answered: as all
# is answered in order, what came is divided by sending ever more of it.
replay() {	# TRANSCRIPT
	local line sent=0 had=0 came
	grep '^--> ' "$1" | sed 's/^--> //' >"$work/sent"
	framed <"$work/sent" | "$skald" lsp >"$work/raw" 2>"$work/err"
	local status=${PIPESTATUS[1]}
	unframed <"$work/raw" >"$work/came"
	while IFS= read -r line; do
		case $line in
		'--> '*)
			echo "$line"
			sent=$((sent + 1))
			framed < <(head -n $sent "$work/sent") | "$skald" lsp 2>/dev/null | unframed >"$work/part"
			came=$(wc -l <"$work/part")
			head -n "$came" "$work/came" | tail -n +$((had + 1)) | sed 's/^/<-- /'
			had=$came ;;
		'<-- '* | 'status '*) ;;
		*) echo "$line" ;;
		esac
	done <"$1"
	echo "status $status"
}

for file in tests/lsp/*.txt; do
	name="transcript: $(head -n 1 "$file" | sed 's/^# //')"
	[[ $name == *"$pattern"* ]] || continue
	replay "$file" >"$work/now"
	[ -z "$update" ] || cp "$work/now" "$file"
	diff -u "$file" "$work/now" >"$work/out"
	tap $? "$name"
done

# What is no message ends it, and does nothing worse.
for bytes in 'Content-Length: 5\r\n\r\n{}' 'Content-Length: 99999999999999\r\n\r\n' \
	'GET / HTTP/1.0\r\n\r\n' 'Content-Length: -1\r\n\r\n{}' ''; do
	printf "$bytes" >"$work/in"
	expect 1 "no message: ${bytes:-nothing}" "$skald" lsp
done

# The server as a fuzzer sees it: transcripts with bytes changed; seed $SEED.
damaged() {
	local n status
	RANDOM=${SEED:-$((10#$(date +%j)))}
	for n in $(seq 40); do
		for file in tests/lsp/*.txt; do
			grep '^--> ' "$file" | sed 's/^--> //' >"$work/sent"
			line=$((1 + RANDOM % $(wc -l <"$work/sent")))
			column=$((1 + RANDOM % 200))
			sed -i -E "${line}s/^(.{$column})./\\1$((RANDOM % 10))/" "$work/sent"
			framed <"$work/sent" | timeout 20 "$skald" lsp >/dev/null 2>"$work/damage"
			status=${PIPESTATUS[1]}
			[ $status = 0 ] || [ $status = 1 ] || { cat "$work/damage"; return 1; }
		done
	done
}
holds "damaged messages: 40 of each transcript, seed ${SEED:-$((10#$(date +%j)))}" damaged
exit $failed
