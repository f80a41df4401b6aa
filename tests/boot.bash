# Sourced by tests that boot the OS: its serial line from outside.
#
#	boot_start CPUS ARCHIVE [WORD...]	begins; words of the kernel's command line
#	boot_expect PATTERN [SECONDS]		reads on until the regular expression
#						matches what came since the last one
#						that did: in $boot_match; 20 seconds
#	boot_send LINE				types it, with a line's end
#	boot_end [SECONDS]			until the machine is off: QEMU's status
#	boot_kill				ends it now
#
# What the machine has besides is in the array boot_devices, words of QEMU's.
# All that came is in the file $boot_log, in which carriage returns are left out.
boot_kernel=${KERNEL:-${BUILD:-build}/kernel/skald.elf}
boot_fed=
boot_match=
boot_devices=()

boot_start() {
	local cpus=$1 archive=$2
	shift 2
	boot_log=${work:?}/serial
	boot_fed=
	: >"$boot_log"
	rm -f "$work/serial.in" "$work/serial.out"
	mkfifo "$work/serial.in" "$work/serial.out"
	timeout "${LIMIT:-300}" qemu-system-x86_64 -machine "${MACHINE:-q35}" -accel tcg \
		-cpu max -m "${MEMORY:-256}" -smp "$cpus" -display none -no-reboot \
		-nodefaults -serial stdio -kernel "$boot_kernel" -initrd "$archive" \
		-append "$*" "${boot_devices[@]}" \
		<"$work/serial.in" >"$work/serial.out" 2>&1 &
	boot_pid=$!
	exec {boot_in}>"$work/serial.in" {boot_out}<"$work/serial.out"
}

# Takes in what has come, for so many seconds at most. False: that was all.
boot_read() {
	local part= status
	IFS= read -r -t "$1" -N 65536 part <&"$boot_out"
	status=$?
	part=${part//$'\r'/}
	boot_fed+=$part
	printf %s "$part" >>"$boot_log"
	[ $status -gt 128 ] || [ $status = 0 ]
}

boot_expect() {
	local pattern=$1 until=$((SECONDS + ${2:-20}))
	while ! [[ $boot_fed =~ $pattern ]]; do
		if [ $SECONDS -ge $until ] || ! boot_read 0.03; then
			[[ $boot_fed =~ $pattern ]] && break
			echo "# it did not come: $pattern" >>"$boot_log"
			return 1
		fi
	done
	boot_match=${BASH_REMATCH[0]}
	boot_fed=${boot_fed#*"$boot_match"}
}

boot_send() {
	printf '%s\n' "$1" >&"$boot_in"
}

boot_end() {
	local until=$((SECONDS + ${1:-20}))
	while [ $SECONDS -lt $until ] && boot_read 0.1; do :; done
	[ $SECONDS -lt $until ] || kill "$boot_pid" 2>/dev/null
	exec {boot_in}>&- {boot_out}<&-
	wait "$boot_pid" 2>/dev/null
}

boot_kill() {
	kill "$boot_pid" 2>/dev/null
	boot_end
}
