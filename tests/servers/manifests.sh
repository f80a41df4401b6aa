#!/bin/bash
# Manifests that are wrong, alone or with others of their archive, are refused when the
# archive is built, with file and line: one wrong manifest for each rule.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
build=${BUILD:-build}
program=$build/os/x86_64/programs/ramfs.elf

# manifest NAME: its text comes from stdin.
manifest() {
	cat >"$work/$1.yaml"
}

# check NAME...: what is said of these in one archive, in $work/said.
check() {
	local name arguments=()
	for name; do
		"$build/skald" encode -I protocols -o "$work/$name" protocols/svrctl.skald Manifest \
			<"$work/$name.yaml" 2>"$work/said" || return 1
		arguments+=("$work/$name.yaml=$work/$name")
	done
	"$build/manifests" -p "servers/good=$program" "${arguments[@]}" >"$work/said" 2>&1
}

# refuses NAME LINE TEXT TITLE OTHER...: with the others before it, this is said of it
# and nothing else.
refuses() {
	local name=$1 line=$2 text=$3 title=$4
	shift 4
	tap_wants "$title" || return 0
	printf '%s:%s: %s\n' "$work/$name.yaml" "$line" "$text" >"$work/expected"
	{
		check "$@" "$name" && echo 'nothing is said' >>"$work/said"
		diff -u --label expected --label came "$work/expected" "$work/said"
	} >"$work/log" 2>&1
	tap $? "$title"
}

good() {
	printf '%s\n' "name: $1" 'program: servers/good' "${@:2}" >"$work/$1.yaml"
}

good server 'serves:' \
	'  - {service: files, interface_name: fs.FileSystem, rights: [READ, WRITE]}' \
	'hardware:' '  - ports: {first: 0x3f8, count: 8}' '  - interrupt: {line: 4}' \
	'  - memory: {address: 0xb8000, length: 0x8000}' \
	'  - interrupt: {line: 9, shared: true}'
good platform 'serves:' '  - {service: platform, interface_name: hw.Bus}'
good driver 'hardware:' '  - device: {vendor: 0x1234, device: 0x11e8}'
good user 'uses:' '  - service: files' '    interface_name: fs.FileSystem' '    rights: [READ]' \
	'  - {service: nobody, interface_name: fs.File, may_lack: true}' \
	'  - {service: supervisor, interface_name: svrctl.Supervisor, rights: [INSPECT]}' \
	'hardware:' '  - interrupt: {line: 9, shared: true}' '  - ports: {first: 0x400, count: 1}'
passes() { check server platform driver user || { cat "$work/said"; return 1; }; }
tap_run 'manifests that go together pass' passes

good x; sed -i 's/^name: x/name: y/' "$work/x.yaml"
refuses x 1 'it is called y, and its file x' 'a name that is not that of the file is refused'
good y; cp "$work/y.yaml" "$work/y.z.yaml"
refuses y.z 1 "$work/y.yaml is called so already" 'two of one name are refused' y
good x; sed -i 's/good/bad/' "$work/x.yaml"
refuses x 2 'the archive has no program servers/bad' 'a program that is not there is refused'
good x 'priority: 191'
refuses x 3 'its priority is out of range' 'a priority that none may have is refused'
good x 'grants: [1]'
refuses x 3 'there is no such grant' 'a grant that there is not is refused'
good x 'description: "of each"' 'per_device: true'
refuses x 4 'it wants no device' 'one instance for each of no devices is refused'
good x 'restart:' '  policy: 7'
refuses x 3 'there is no such policy' 'a restart policy that there is not is refused'
good x 'restart: {back_off: 100, back_off_max: 10}'
refuses x 3 'its first back-off is longer than the longest' 'back-offs that contradict are refused'
good x 'health: {deadline: 0}'
refuses x 3 'its health check has no deadline' 'a health check without a deadline is refused'
good x 'budget: {bytes: 4096}'
tap_wants 'a budget less than the program is refused' && {
	! check x && grep -qE "^$work/x.yaml:3: 4096 bytes are less than the [0-9]+ that it begins with$" \
		"$work/said"
	tap $? 'a budget less than the program is refused' "$work/said"
}
good x 'budget: {spaces: 1}'
refuses x 3 'its budget has spaces, and it is not granted MAKE_SPACES' 'spaces without the grant are refused'

good x 'serves:' '  - {service: one, interface_name: fs.File}' '  - {service: one, interface_name: fs.File}'
refuses x 5 'a service is served twice' 'a service that is served twice is refused'
good x 'serves:' '  - {service: supervisor, interface_name: fs.File}'
refuses x 4 'it serves what the supervisor does itself' "the supervisor's own service is refused to others"
good x 'serves:' '  - interface_name: fs.File' '    service: files'
refuses x 5 "$work/server.yaml serves files already" 'two servers of one service are refused' server
good x 'uses:' '  - {service: b c, interface_name: fs.File}'
refuses x 4 'a service that is used has no good name' 'a name of a service that is none is refused'
good x 'uses:' '  - {service: files, interface_name: fs.FileSystem}' \
	'  - {service: nobody, interface_name: fs.File}'
refuses x 5 'nobody in the archive serves nobody' 'a service that nobody serves is refused' server
good x 'uses:' '  - service: files' '    interface_name: fs.File'
refuses x 5 'files is no fs.File' 'a service by another interface is refused' server
good x 'uses:' '  - service: files' '    interface_name: fs.FileSystem' '    rights:' \
	'      - READ' '      - BURN'
refuses x 8 'files has no right BURN' 'a right that is not offered is refused' server
good x 'uses:' '  - {service: supervisor, interface_name: svrctl.Supervisor, rights: [CONNECT]}'
refuses x 4 'supervisor has no right CONNECT' "a right that the supervisor does not offer is refused"

good x 'hardware:' '  - ports: {first: 0x300, count: 8}' '  - ports: {first: 0x3f0, count: 9}'
refuses x 5 "$work/server.yaml:6 wants it too" 'ports that two want are refused' server
good x 'hardware:' '  - memory: {address: 0xbf000, length: 0x1000}'
refuses x 4 "$work/server.yaml:8 wants it too" 'memory that two want is refused' server
good x 'hardware:' '  - interrupt: {line: 9}'
refuses x 4 "$work/server.yaml:9 wants it too" 'a line that two want, and one alone, is refused' server
good x 'hardware:' '  - device: {vendor: 0x1234}'
refuses x 4 "$work/driver.yaml:4 wants it too" 'a device that two want is refused' platform driver
good x 'hardware:' '  - device: {vendor: 0x1234}'
refuses x 4 'nobody in the archive serves platform, which has the devices' \
	'a device without the platform server is refused'
good x 'hardware:' '  - ports: {first: 0xffff, count: 2}'
refuses x 4 'there are no such ports' 'ports beyond the last one are refused'
good x 'hardware:' '  - memory: {address: 0x10, length: 0x1000}'
refuses x 4 'memory that it wants is not of whole pages' 'a part of a page is refused'
good x 'hardware:' '  - interrupt: {line: 1, trigger: MESSAGE}'
refuses x 4 'no line has such a trigger' 'a trigger that no line has is refused'

good a 'uses:' '  - {service: b, interface_name: fs.File}' 'serves:' \
	'  - {service: a, interface_name: fs.File}'
good b 'serves:' '  - {service: b, interface_name: fs.File}' 'uses:' \
	'  - {service: c, interface_name: fs.File}'
good c 'serves:' '  - {service: c, interface_name: fs.File}' 'uses:' \
	'  - {service: a, interface_name: fs.File, may_lack: true}'
refuses c 6 'a needs what this one serves: they would wait for each other' \
	'a circle of who uses whom is refused' a b
good platform 'serves:' '  - {service: platform, interface_name: hw.Bus}' 'uses:' \
	'  - {service: disk, interface_name: block.Device}'
good disk 'serves:' '  - {service: disk, interface_name: block.Device}' 'hardware:' \
	'  - device: {vendor: 1}'
refuses disk 6 'platform needs what this one serves: they would wait for each other' \
	'a driver that the platform server waits for is refused' platform

# As it is built: what does not decode, and what does and is wrong with others.
mkdir -p "$work/servers/bad"
built() {
	! make --no-print-directory "$work/bad.tar" SERVER_FOLDERS="servers $work/servers" \
		SERVERS=bad ARCHIVE="$work/bad.tar" OS="$build/os/x86_64" BUILD="$build" \
		>"$work/log" 2>&1 && grep -q "bad/manifest.yaml:$1" "$work/log" &&
		[ ! -e "$work/bad.tar" ]
}
printf '%s\n' 'name: bad' 'program: servers/bad' 'budget: {bytes: 4096}' 'serves:' \
	'  - {service: bad, interface: test.Target}' >"$work/servers/bad/manifest.yaml"
built 5:
tap $? 'a manifest with an unknown member is refused when it is built'
printf '%s\n' 'name: bad' 'program: servers/bad' 'uses:' \
	'  - {service: root, interface_name: fs.FileSystem}' >"$work/servers/bad/manifest.yaml"
printf '%s\n' '#include "runtime/server/os.h"' 'int sk_os_main(struct sk_os *os)' '{' \
	'	return sk_os_ready(os);' '}' >"$work/servers/bad/main.c"
built '4: nobody in the archive serves root'
tap $? 'a manifest that does not go with the others is refused when it is built'
rm -rf "$build/os/x86_64/programs/bad"{,.elf} "$build/os/generated/bad"
exit $failed
