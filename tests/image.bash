# Sourced by test scripts, after tests/tap.bash: programs of an image here, on Linux, as they
# are in the OS. It takes root or user namespaces, since the image is the root there too.

# image_run ROOT COMMAND...: with the devices and processes of this machine, what the OS's
# environment has, for $limit seconds; what is written changes ROOT. 77: it cannot be here.
image_run() {
	local how=(--mount --pid --fork)
	[ "$(id -u)" = 0 ] || how+=(--map-root-user)
	env -i PATH=/usr/bin:/usr/sbin HOME=/root USER=root LOGNAME=root SHELL=/bin/bash \
		LANG=C.UTF-8 TERM=xterm "$(command -v timeout)" "$limit" \
		"$(command -v unshare)" "${how[@]}" "$(command -v sh)" -c '
			mount --rbind /dev "$1/dev" && mount -t proc proc "$1/proc" || exit 77
			exec chroot "$@"' sh "$@" 2>&1 </dev/null
}

# image_can_run ROOT: or why not is in $work/log.
image_can_run() {
	limit=20 image_run "$1" /bin/true >"$work/log"
}
