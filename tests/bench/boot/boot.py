"""Usage: tests/bench/boot/boot.py [ROUNDS]

How long the OS takes from QEMU's start to its prompt, and what memory it uses there: of the
servers alone (`make os`), with the small image, and with the full one (`make run`). On one CPU
without hardware virtualization. Seconds are QEMU's CPU time, the least of 5 rounds: on a
machine with nothing else to do they are those that a person waits. Instructions are the
guest's, counted in one round more. Fails on nothing but a boot that does not get there.
"""
import os
import re
import subprocess
import sys
import tempfile

build = os.environ.get("BUILD", "build")
qemu = ["qemu-system-x86_64", "-machine", "q35", "-accel", "tcg,thread=single", "-cpu", "max",
	"-m", "512", "-nodefaults", "-display", "none", "-append", "plain", "-serial", "stdio",
	"-kernel", build + "/kernel/skald.elf", "-initrd"]
PROMPT = rb"(?m)^(skald:/> |root@skald ~# )"


class Machine:
	def __init__(self, archive, options):
		self.process = subprocess.Popen(qemu + [archive] + options, stdin=subprocess.PIPE,
			stdout=subprocess.PIPE)
		self.seen = b""

	def until(self, what):
		while not re.search(what, self.seen):
			data = os.read(self.process.stdout.fileno(), 4096)
			if not data:
				sys.exit("the machine ended before its prompt:\n"
					+ self.seen.decode(errors="replace")[-1000:])
			self.seen += data

	def say(self, line):
		self.process.stdin.write(line + b"\n")
		self.process.stdin.flush()

	def seconds(self):
		fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
		return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def boot(archive, options=()):
	"""Seconds to the prompt; milliseconds of the machine's clock; KiB used and of files."""
	machine = Machine(archive, list(options))
	machine.until(PROMPT)
	seconds, inside = machine.seconds(), None
	if b"root@skald" in machine.seen:
		machine.seen = b""
		machine.say(b"cat /proc/uptime; free -k; echo is'' all")
		machine.until(rb"(?m)^is all")
		inside = [float(re.search(rb"(?m)^([0-9.]+) [0-9.]+", machine.seen)[1])]
		inside += map(int, re.search(rb"Mem: +\d+ +(\d+) +\d+ +\d+ +(\d+)", machine.seen).groups())
	machine.process.kill()
	machine.process.wait()
	return seconds, inside


def main():
	rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
	archives = build + "/os/x86_64/"
	print("| | seconds | instructions, millions | memory, MiB | files, MiB |\n|---|--:|--:|--:|--:|")
	with tempfile.TemporaryDirectory() as work:
		small = work + "/small.tar"
		subprocess.run(["servers/compose", small, archives + "run-servers.tar",
			build + "/image/small.tar"], check=True)
		for name, archive in (("`make monitor`", archives + "skald.tar"),
				("with the small image", small), ("`make run`", archives + "run.tar")):
			seconds = min(boot(archive)[0] for _ in range(rounds))
			_, inside = boot(archive, ["-icount", "shift=0,sleep=off"])
			print(f"| {name} | {seconds:.2f} |", "- | - | - |" if inside is None else
				f"{inside[0] * 1000:.0f} | {inside[1] / 1024:.1f} | {inside[2] / 1024:.1f} |",
				flush=True)


main()
