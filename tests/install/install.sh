#!/bin/bash
# Usage: tests/install/install.sh [NAME]
#
# `make install`, `uninstall` and `deb`, and the builds of docs/install.md with what they
# put somewhere else than it belongs.
set -u
cd "$(dirname "$0")/../.."
source tests/tap.bash
top=$PWD
build=${BUILD:-build}
unset MAKEFLAGS MFLAGS MAKELEVEL PKG_CONFIG_PATH CMAKE_PREFIX_PATH
stage=$work/stage

tap_run 'make install' make -s BUILD="$build" install DESTDIR="$stage" prefix=/opt/skald
stage_prefix=$stage/opt/skald

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
tap_run 'a build with make and pkg-config' \
	sample make "$stage_prefix" "$stage_prefix/lib" "$with_make"
tap_run 'a build with CMake' sample cmake "$stage_prefix" "$stage_prefix/lib" \
	'cmake -B out . && cmake --build out
	sed -i s/string.64/string\<63/ kv.skald && cmake --build out | grep -q "Generating C of kv"
	cmake --build out | grep -q "Generating C" && exit 1; true'
tap_run 'a build with Meson' \
	sample meson "$stage_prefix" "$stage_prefix/lib" 'meson setup out . && ninja -C out'

PATH=$stage_prefix/bin:$PATH skald --version >"$work/log"
tap $? 'the compiler runs where it is'
man -l "$stage_prefix/share/man/man1/skald.1" >"$work/log" 2>&1
tap $? 'there is a manual'

# No file says where it was built, or staged.
# A path that begins with it: the tree may be /skald, which stands in many others.
here="(^|-[IL]|[^[:alnum:]_./}-])($work|$top)(/|[^[:alnum:]_./-]|\$)"
LC_ALL=C grep -rlaE "$here" "$stage" --exclude-dir=src >"$work/log"
strip -o "$work/stripped" "$stage_prefix/bin/skald"
LC_ALL=C grep -qaE "$here" "$work/stripped" && echo skald >>"$work/log"
sed -i '/bin\|libskald.a/d' "$work/log"		# in what a debugger reads
[ -d "$stage" ] && [ ! -s "$work/log" ]
tap $? 'nothing says where it was built'

# Fuzzing, by someone who may write to nothing of what is installed.
fuzz_installed() {
	mkdir -p "$work/fuzzed"
	pieces "$work/fuzzed"
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

touch "$work/stamp"
tap_run 'skald fuzz finds its sources beside the program' fuzz_installed
"$stage_prefix/bin/skald-fuzz" --help >"$work/log" 2>&1
tap $? 'skald-fuzz --help'
"$stage_prefix/bin/skald-fuzz" hostfs >"$work/log" 2>&1
[ $? = 2 ] && grep -q 'name a schema' "$work/log"
tap $? 'skald-fuzz wants a schema'

touch "$stage_prefix/bin/other"
make -s BUILD="$build" uninstall DESTDIR="$stage" prefix=/opt/skald >"$work/log" 2>&1
[ $? = 0 ] && [ "$(find "$stage" -type f)" = "$stage_prefix/bin/other" ] &&
	[ "$(find "$stage" -type d | wc -l)" = 4 ]
tap $? 'make uninstall leaves nothing but what is of others'

# ---- the package ----

deb() {
	local package
	package=$(make -s BUILD="$build" deb | tail -n 1) || return 1
	cp "$package" "$work/skald.deb"
	mkdir -p "$work/root/var/lib/dpkg"/{updates,info} && touch "$work/root/var/lib/dpkg"/{status,available}
	if [ "$(id -u)" = 0 ]; then
		dpkg --root="$work/root" --force-depends --force-script-chrootless -i "$package" || return 1
		dpkg --root="$work/root" -s skald | grep -q '^Status: install ok installed' || return 1
	else
		dpkg-deb -x "$package" "$work/root" || return 1
	fi
}

tap_run 'make deb makes a package, which dpkg installs' deb
library=$(dirname "$(find "$work/root/usr/lib" -name libskald.a 2>/dev/null)")
tap_run 'a build with what the package installed' \
	sample deb "$work/root/usr" "$library" "$with_make"
tap_run 'a build with CMake and the package' \
	sample deb-cmake "$work/root/usr" "$library" 'cmake -B out . && cmake --build out'
if command -v lintian >/dev/null; then
	lintian --fail-on none "$work/skald.deb" 2>&1 |
		grep -vE 'bogus-mail-host|root privileges' >"$work/log"
	[ ! -s "$work/log" ]
	tap $? 'lintian finds nothing'
fi
exit $failed
