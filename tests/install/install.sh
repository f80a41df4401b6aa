#!/bin/bash
# Usage: tests/install/install.sh [NAME]
#
# `make install`, `uninstall` and `deb`, and the builds of docs/install.md with what they
# put somewhere else than it belongs.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
unset SKALD	# what is installed has its own
top=$PWD
build=${BUILD:-build}
unset MAKEFLAGS MFLAGS MAKELEVEL PKG_CONFIG_PATH CMAKE_PREFIX_PATH
stage=$work/stage

# ---- what cases need: done once, whichever of them is wanted ----

installed() {
	[ -n "${install_status:-}" ] || {
		make -s BUILD="$build" install DESTDIR="$stage" prefix=/opt/skald
		install_status=$?
		touch "$work/stamp"
	}
	return "$install_status"
}

packaged() {
	[ -n "${package_status:-}" ] || {
		package
		package_status=$?
	}
	return "$package_status"
}

package() {
	local package
	package=$(make -s BUILD="$build" deb | tail -n 1) || return 1
	cp "$package" "$work/skald.deb"
	mkdir -p "$work/root/var/lib/dpkg"/{updates,info} && touch "$work/root/var/lib/dpkg"/{status,available}
	if [ "$(id -u)" = 0 ]; then
		dpkg --root="$work/root" --force-depends --force-script-chrootless -i "$work/skald.deb" || return 1
		dpkg --root="$work/root" -s skald | grep -q '^Status: install ok installed' || return 1
	else
		dpkg-deb -x "$work/skald.deb" "$work/root" || return 1
	fi
	library=$(dirname "$(find "$work/root/usr/lib" -name libskald.a)")
}

# ---- make install ----

stage_prefix=$stage/opt/skald
tap_run 'make install' installed

# Blocks of the page whose first line names a file.
pieces() {
	awk '/^```[a-z]+ [^ ]+$/ { to = $2; next } /^```$/ { to = "" } to { print >dir "/" to }' \
		dir="$1" docs/install.md
}

# sample NAME PREFIX LIBDIR COMMAND: in a copy of the page's sample; it has to print.
sample() {
	local dir=$work/$1
	mkdir -p "$dir" && pieces "$dir" || return 1
	[ "$(ls "$dir" | wc -l)" = 5 ] || return 1
	(
		cd "$dir" || exit 1
		export PKG_CONFIG_PATH=$3/pkgconfig CMAKE_PREFIX_PATH=$2
		bash -ec "$4" || exit 1
		main=$(find . -name main -type f -perm -u+x)
		[ "$($main)" = '42 answer' ]
	)
}

with_make='CFLAGS="-std=c11 -O2" make'
staged() {	# NAME COMMAND
	installed && sample "$1" "$stage_prefix" "$stage_prefix/lib" "$2"
}

tap_run 'a build with make and pkg-config' staged make "$with_make"
tap_run 'a build with CMake' staged cmake \
	'cmake -B out . && cmake --build out
	sed -i s/string.64/string\<63/ kv.skald && cmake --build out | grep -q "Generating C of kv"
	cmake --build out | grep -q "Generating C" && exit 1; true'
tap_run 'a build with Meson' staged meson 'meson setup out . && ninja -C out'

runs_installed() {
	installed && PATH=$stage_prefix/bin:$PATH skald --version
}
has_manual() {
	installed && man -l "$stage_prefix/share/man/man1/skald.1"
}
tap_run 'the compiler runs where it is' runs_installed
tap_run 'there is a manual' has_manual

# No file says where it was built, or staged; what a debugger reads may.
# A path that begins with it: the tree may be /skald, which stands in many others.
says_nothing() {
	local here="(^|-[IL]|[^[:alnum:]_./}-])($work|$top)(/|[^[:alnum:]_./-]|\$)"
	installed && strip -o "$work/stripped" "$stage_prefix/bin/skald" || return 1
	{
		LC_ALL=C grep -rlaE "$here" "$stage" --exclude-dir=src |
			grep -v '/bin/[^/]*$\|/libskald\.a$'
		LC_ALL=C grep -laE "$here" "$work/stripped"
	} | grep . && return 1
	return 0
}
tap_run 'nothing says where it was built' says_nothing

# Fuzzing, by someone who may write to nothing of what is installed.
fuzz_installed() {
	installed && mkdir -p "$work/fuzzed" && pieces "$work/fuzzed" || return 1
	(
		cd "$work/fuzzed" || exit 1
		export XDG_CACHE_HOME=$work/cache
		"$stage_prefix/bin/skald" fuzz kv.skald -o harness || exit 1
		grep -q "^SKALD_ROOT ?= $stage_prefix/share/skald/src\$" harness/Makefile || exit 1
		if [ -n "${FULL:-}" ]; then
			"$stage_prefix/bin/skald-fuzz" --seconds 2 kv.skald
		else	# what `skald-fuzz` would build, without building it
			make -n -C harness plain/messages | grep -q "BUILD=$work/cache/skald/build/asan" &&
				make -n -C "$stage_prefix/share/skald/src" BUILD="$work/whole" \
					"$work/whole/skald" >/dev/null
		fi
	) && [ -z "$(find "$stage" -newer "$work/stamp" -type f)" ]
}
# Of what is installed, and of nothing that is not.
fuzz_help() {
	installed && "$stage_prefix/bin/skald-fuzz" --help >"$work/said" || return 1
	cat "$work/said"
	grep -q '^Usage: skald-fuzz .* SCHEMA$' "$work/said" && grep -q 'built (fuzz/NAME)' "$work/said" &&
		! grep -E 'hostfs|ramfs|compiler|fuzz/run' "$work/said"
}
fuzz_refuses() {	# EXPECTED ARGUMENT...
	installed && mkdir -p "$work/refused" || return 1
	(cd "$work/refused" && env PATH="${bare:-$PATH}" "$stage_prefix/bin/skald-fuzz" "${@:2}") >"$work/said" 2>&1
	local status=$?
	cat "$work/said"
	[ $status = 2 ] && [[ $(<"$work/said") == "skald-fuzz: $1"* ]] && [ -z "$(ls "$work/refused")" ]
}

tap_run 'skald fuzz finds its sources beside the program' fuzz_installed
tap_run 'skald-fuzz --help' fuzz_help
tap_run 'skald-fuzz wants a schema' fuzz_refuses 'name a schema; `skald-fuzz --help`'
tap_run 'skald-fuzz takes hostfs for a file' fuzz_refuses 'cannot read hostfs' hostfs
tap_run 'skald-fuzz names an option that is none' fuzz_refuses 'no option `--wide`' --wide kv.skald
fuzz_bare() {
	local bare=$work/bare
	mkdir "$bare" && ln -s $(type -P bash sh readlink dirname) "$bare" &&
		fuzz_refuses 'it needs `make`' kv.skald
}
tap_run 'skald-fuzz says what is not installed' fuzz_bare

removed() {
	installed && touch "$stage_prefix/bin/other" &&
		make -s BUILD="$build" uninstall DESTDIR="$stage" prefix=/opt/skald &&
		[ "$(find "$stage" -type f)" = "$stage_prefix/bin/other" ] &&
		[ "$(find "$stage" -type d | wc -l)" = 4 ]
}
tap_run 'make uninstall leaves nothing but what is of others' removed

# ---- the package ----

sample_deb() {	# NAME COMMAND
	packaged && sample "$1" "$work/root/usr" "$library" "$2"
}

tap_run 'make deb makes a package, which dpkg installs' packaged
tap_run 'a build with what the package installed' sample_deb deb "$with_make"
tap_run 'a build with CMake and the package' sample_deb deb-cmake \
	'cmake -B out . && cmake --build out'

lints_package() {
	packaged || return 1
	lintian --fail-on none "$work/skald.deb" 2>&1 |
		grep -vE 'bogus-mail-host|root privileges' && return 1
	return 0
}
if command -v lintian >/dev/null; then
	tap_run 'lintian finds nothing' lints_package
fi
exit $failed
