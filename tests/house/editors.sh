#!/bin/bash
# What editors and shells know of the language and the command is what the program knows:
# keywords, types; commands, options and their values; the manual.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
skald=${SKALD:-${BUILD:-build}/skald}

# ---- words of the language ----

# Keywords of the lexer, builtin types; and what is a word in a place of its own.
{
	sed -n 's/{ "\([a-z]*\)", KW_[A-Z]* }/\n&\n/gp' idl/lex.c | sed -n 's/.*{ "\([a-z]*\)", KW_.*/\1/p'
	grep -oE '\{ "[a-z0-9]+", TYPE_' idl/types.c | cut -d'"' -f2
	printf '%s\n' handle lease optional true false
} | sort -u >"$work/words"
sed -n 's/^syntax keyword skald[A-Z][A-Za-z]* \(contained \)\?//p' editors/vim/syntax/skald.vim |
	grep -v TODO | tr ' ' '\n' | sort -u >"$work/vim"
grep -oE '\\\\b\(([a-z0-9]+\|)+[a-z0-9]+\)\\\\b' editors/vscode/syntaxes/skald.tmLanguage.json |
	tr -d '\\()' | sed 's/^b//; s/b$//' | tr '|' '\n' | sort -u >"$work/vscode"
[ "$(wc -l <"$work/words")" -ge 40 ] && diff "$work/words" "$work/vim" >"$work/log"
tap $? 'Vim knows the words of the language'
diff "$work/words" "$work/vscode" >"$work/log"
tap $? 'VS Code knows the words of the language'

for file in editors/vscode/*.json editors/vscode/syntaxes/*.json; do
	tap_run "$file is JSON" python3 -m json.tool "$file" "$work/json"
done
# All files that the extension names are there.
grep -oE '"\./[^"]*"' editors/vscode/package.json | tr -d '"' |
	(cd editors/vscode && xargs ls) >"$work/log" 2>&1
tap $? 'VS Code finds the files of the extension'

highlighted() {
	vim --version | grep -q '+syntax' || return 0
	vim -Es -N -u NONE -i NONE --cmd 'set runtimepath^=editors/vim' -c 'filetype plugin on' \
		-c 'syntax on' -c 'edit protocols/fs.skald' -c 'call search("^interface")' \
		-c 'call writefile([&filetype, synIDattr(synID(line("."), 1, 1), "name")], "'"$work/out"'")' \
		-c 'qa!' </dev/null
	[ "$(tr '\n' ' ' <"$work/out")" = 'skald skaldStructure ' ]
}
command -v vim >/dev/null && tap_run 'Vim shows a schema' highlighted

# ---- the command ----

"$skald" --help | sed -n 's/^  \([a-z]*\) .*/\1/p' >"$work/commands"

# Options of a command, as its help has them.
options() {
	"$skald" "$1" --help | grep -oE '^  (--?[a-zA-Z-]+)' | tr -d ' '
}

# completes WORD...: what bash offers for the last of these.
completes() (
	complete() { :; }
	source "$work/bash"
	COMP_WORDS=(skald "$@") COMP_CWORD=$#
	_skald 2>/dev/null
	printf '%s\n' "${COMPREPLY[@]}"
)

lacks() {
	local command option
	completes '' | sort >"$work/offered"
	sort "$work/commands" | comm -23 - "$work/offered"
	while read -r command; do
		for option in $(options "$command"); do
			completes "$command" - | sed 's/=$//' | grep -qxF -- "$option" || echo "$command $option"
		done
	done <"$work/commands"
}

"$skald" completion bash >"$work/bash" && bash -n "$work/bash" 2>"$work/log"
tap $? 'completion for bash is a script'
lacks >"$work/log"
[ ! -s "$work/log" ]
tap $? 'bash completes all commands and their options'
[ "$(completes check --format = | tr '\n' ' ')" = 'text json ' ] &&
	[ "$(completes check --format=j)" = json ] && [ "$(completes explain E020 | head -n 1)" = E0201 ]
tap $? 'bash completes values and codes'
[ "$(completes check protocols/fs.s)" = protocols/fs.skald ] && [ -z "$(completes check docs/tools.m)" ] &&
	[ "$(completes check -I protoc)" = protocols ]
tap $? 'bash completes schemas and folders'
# What is offered is taken.
echo 'message A 1 { head(8): }' >"$work/a.skald"
for option in format color; do
	for value in $(completes check --$option =); do
		"$skald" check --$option="$value" "$work/a.skald" >/dev/null 2>>"$work/refused"
	done
done
for value in $(completes lint --class =); do
	"$skald" lint --class="$value" "$work/a.skald" >/dev/null 2>>"$work/refused"
done
for value in $(completes diff --fail-on =); do
	"$skald" diff --fail-on="$value" "$work/a.skald" "$work/a.skald" >/dev/null 2>>"$work/refused"
done
[ -f "$work/refused" ] && ! grep 'not `' "$work/refused" >"$work/log"
tap $? 'values that are completed are taken'
for shell in zsh fish; do
	"$skald" completion $shell >"$work/$shell" || tap 1 "completion for $shell"
	command -v $shell >/dev/null && tap_run "completion for $shell is a script" $shell -n "$work/$shell"
	while read -r command; do
		grep -qE "(^|[ '])$command[ :']" "$work/$shell" || echo "$command"
	done <"$work/commands" >"$work/log"
	[ ! -s "$work/log" ]
	tap $? "$shell completes all commands"
done
"$skald" completion tcsh 2>"$work/log"
[ $? = 2 ]
tap $? 'another shell is refused'

# ---- the manuals ----

# unsaid PAGE: options on stdin that the page has not.
unsaid() {
	while read -r option; do
		grep -qF -- "${option//-/\\-}" "$1" || echo "${1##*/}: $option"
	done
}

page=docs/man/skald.1
while read -r command; do
	grep -qE "^\.(B|BI|BR) $command( |$)" $page || echo "$command"
	options "$command" | unsaid $page
done <"$work/commands" >"$work/log"
[ ! -s "$work/log" ]
tap $? 'the manual has all commands and options'

# Of the other programs: what --help has at the beginning of a line.
for program in "${BUILD:-build}"/{hostfs,hostfs-client,ostrace} fuzz/run; do
	page=docs/man/$(basename "$program").1
	[ "$program" = fuzz/run ] && page=docs/man/skald-fuzz.1
	"$program" --help >"$work/help" || tap 1 "$program --help"
	{
		grep -oE '^[[:blank:]]+(-[a-zA-Z], *)?-{1,2}[a-zA-Z][a-z0-9-]*' "$work/help" |
			grep -oE -- '-{1,2}[a-zA-Z][a-z0-9-]*' | unsaid "$page"
		# Commands of hostfs-client.
		sed -nE 's/^  ([a-z]+) .*[[:blank:]]{2}.*/\1/p' "$work/help" | while read -r command; do
			grep -qE "^\.(B|BI) $command( |$)" "$page" || echo "$page: $command"
		done
	} >"$work/log"
	[ "$(grep -c . "$work/help")" -ge 8 ] && [ ! -s "$work/log" ]
	tap $? "$page has all options"
done
for page in docs/man/*.1; do
	man --warnings -l -Tutf8 "$page" >/dev/null 2>"$work/log" && [ ! -s "$work/log" ]
	tap $? "$page is read without a warning"
done
exit $failed
