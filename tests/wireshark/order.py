"""Usage: order.py SKALD WORK

Calls of tests/golden/states.skald in and out of order, on several connections: which packets
a dissector has to tell of, and which it must not, since it cannot know. What is not so is
told of.
"""
import struct
import subprocess
import sys

sys.path.insert(0, "tools/capture")
from capture import ANSWER, CALL, ONEWAY, USER1, Capture, packet

skald, work = sys.argv[1:]
schema = "tests/golden/states.skald"
fields = {"read_request": "{at: 1}", "read_reply": "{got: 1}", "open_request": "{name: a}",
	"drop_request": "{why: 1}"}
owners = {"sync": "Object", "close": "Object"}
encoded = {
	"contract_request": struct.pack("<IIQII", 6, 0, 0x1234, 0, 0),
	"contract_reply": struct.pack("<IIQII", 7, 0, 0x5678, 1, 1) + bytes(32),
}


def encode(method, what):
	name = f"{owners.get(method, 'File')}_{method}_{what}"
	if method == "contract":
		name = f"contract_{what}"
	if name not in encoded:
		encoded[name] = subprocess.run([skald, "encode", schema, name], check=True,
			input=fields.get(f"{method}_{what}", "{}").encode(),
			stdout=subprocess.PIPE).stdout
	return encoded[name]


def error_of(method):
	number, = struct.unpack("<I", encode(method, "request")[:4])
	return struct.pack("<IIi", number + 2, 0, 1)


def answer(method, how):
	"""Of a call: "ok", an "error" of the protocol, or a "status": wrong state."""
	if how == "ok":
		return encode(method, "reply")
	return error_of(method) if how == "error" else struct.pack("<IIi", 2, 0, -11)


# A connection: its first number, and what goes over it: a method ("drop" is one-way), "=" and
# how the oldest call was answered, with "!" where a packet has to be told of.
connections = {
	"from the beginning": (1, "read! =status! open =ok read =ok drop read! =status! sync =ok"),
	"the runtime's own calls first": (1, "contract =ok read! =status! open =ok read =ok"),
	"an error leads nowhere": (1, "open =error read! =status!"),
	"from the middle": (7, "read =ok close =ok read! =status! sync =ok"),
	"from the middle, refused": (7, "read =status! close =ok open! =status!"),
	"calls under way": (1, "open read =ok =ok drop open! =status!"),
	"a reply that stays, and one that leads on": (1, "sync open =ok =ok read =ok"),
	"by a base without states": (1, "close =ok close =ok"),
	"by what is refused there": (1, "close =ok open! =status! close! =status!"),
}


def write(capture, first, steps):
	"""Yields of each packet: whether it is to be told of."""
	link = capture.interface(USER1)
	number, waiting = first, []
	for step in steps.split():
		name = step.rstrip("!")
		if name.startswith("="):
			of, method = waiting.pop(0)
			capture.packet(link, packet(ANSWER, of, answer(method, name[1:])))
		else:
			kind = ONEWAY if name == "drop" else CALL
			capture.packet(link, packet(kind, number, encode(name, "request")))
			if kind == CALL:
				waiting.append((number, name))
			number += 1
		yield step.endswith("!")


def main():
	path, script = work + "/order.pcapng", work + "/order.lua"
	subprocess.run([skald, "wireshark", schema, "-o", script], check=True)
	capture = Capture(path)
	expected = [(name, step, told) for name, (first, steps) in connections.items()
		for step, told in zip(steps.split(), write(capture, first, steps))]
	rows = {}
	for passes in ([], ["-2"]):
		done = subprocess.run(["tshark", "-r", path, "-X", "lua_script:" + script, *passes,
			"-T", "fields", "-e", "skald.order", "-e", "_ws.lua.error", "-e", "skald.malformed",
			"-e", "_ws.col.Info"], stdout=subprocess.PIPE, text=True, check=True)
		rows = [line.split("\t") for line in done.stdout.splitlines()]
		wrong = [f"{name}, {step}: tshark says {row}"
			for (name, step, told), row in zip(expected, rows)
			if bool(row[0]) != told or row[1] or row[2]]
		if wrong or len(rows) != len(expected):
			print("\n".join(wrong), len(rows), "packets shown of", len(expected))
			sys.exit(1)
	if not rows[0][3].endswith("[out of order: states.File.read is not allowed in New]"):
		sys.exit("the first is shown as " + rows[0][3])
	print(len(rows), "packets")


main()
