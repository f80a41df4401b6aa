#!/bin/bash
# Who may include whom (HACKING.md): checked by looking at every #include.
set -u
cd "$(dirname "$0")/../.."
failed=0

# check FOLDER PATTERN [BUT]: what its files may include from the project, but
# for those whose path is so.
check() {
	local folder=$1 allowed=$2 bad
	bad=$(grep -rnE '^[ \t]*#[ \t]*include[ \t]+"' "$folder" \
		--include='*.c' --include='*.h' --include='*.l' --include='*.y' --include='*.S' |
		grep -vE "include[ \t]+\"($allowed)" | grep -vE "^(${3:--})")
	if [ -z "$bad" ]; then
		echo "ok - $folder includes only what it may"
	else
		echo "not ok - $folder includes only what it may"
		echo "$bad" | sed 's/^/# /'
		echo "# allowed: $allowed; again: tests/house/includes.sh"
		failed=1
	fi
}

check idl 'idl/'
check compiler 'compiler/|idl/'
check runtime 'runtime/|kernel/abi\.h"' 'runtime/(kernel|start|server|files|terminal)/'
# Above the kernel: its objects are called by generated stubs.
check runtime/kernel 'runtime/|kernel/abi\.h"|kernel\.skald\.h"'
check runtime/image 'runtime/'
check runtime/start 'runtime/|kernel/abi\.h"|kernel\.skald\.h"'
# Of servers of files.
check runtime/files 'runtime/|fs\.skald\.h"'
# Of whoever serves terminals.
check runtime/terminal 'runtime/terminal/|tty\.skald\.h"'
# Above the supervisor.
check runtime/server 'runtime/|(kernel|svrctl|log|ostrace)\.skald\.h"'
# Offsets of structs for assembly are generated from C.
check kernel 'kernel/|runtime/|(machine|offsets|wanted)\.h"|[a-z]+\.skald\.h"'
check fuzz 'fuzz/|compiler/|idl/|runtime/' 'fuzz/(hostfs|ramfs|posix|ostrace)/'
# Servers, as targets: with their sources.
check fuzz/hostfs 'fuzz/|compiler/|runtime/|servers/hostfs/|protocols/'
check fuzz/ramfs 'fuzz/|runtime/|servers/ramfs/'
check fuzz/posix 'fuzz/|servers/posix/binary'
# Programs for the host.
for tool in tools/*/; do
	tool=${tool%/}
	check "$tool" "runtime/|idl/|$tool/|[a-z_]+\.skald\.h\""
	[ ! -d "fuzz/${tool#*/}" ] || check "fuzz/${tool#*/}" "fuzz/|runtime/|$tool/"
done
for server in servers/*/; do
	server=${server%/}
	check "$server" "runtime/|$server/|protocols/|[a-z_]+\.skald\.h\""
done
if grep -rnE '#[ \t]*include[ \t]+"tests/' idl compiler runtime kernel fuzz tools servers protocols; then
	echo "not ok - nothing includes tests"
	failed=1
else
	echo "ok - nothing includes tests"
fi
exit $failed
