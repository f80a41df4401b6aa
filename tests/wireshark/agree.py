"""Usage: agree.py SKALD SCHEMA VECTORS WORK SEED

Whether the dissector of a schema finds those messages malformed that the interpreter
refuses: of vectors, of changes of them, and of random bytes. What is not so is told of;
the last line says how many were looked at.
"""
import json
import random
import struct
import subprocess
import sys

sys.path.insert(0, "tools/capture")
from capture import Capture, USER0, USER1, call

skald, schema, vectors, work, seed = sys.argv[1:]
random.seed(int(seed))


def messages_by_id():
	ir = json.loads(subprocess.run([skald, "ir", "--json", schema], check=True,
		stdout=subprocess.PIPE).stdout)
	by_id = {}
	for file in ir["files"]:
		for one in file["declarations"]:
			if one["kind"] == "message" and "id" in one:
				by_id.setdefault(one["id"], []).append(one["name"])
	return by_id


def changed(data):
	data = bytearray(data)
	for _ in range(random.choice((1, 1, 2, 4))):
		at = random.randrange(len(data) + 1)
		kind = random.randrange(4)
		if kind == 0 or not data:
			data[at:at] = bytes([random.randrange(256)])
		elif kind == 1:
			del data[at:at + random.choice((1, 2, 8))]
		else:
			data[at % len(data)] = random.choice((0, 1, 3, 5, 255, random.randrange(256)))
	return bytes(data)


def cases():
	stem = schema.rsplit("/", 1)[1].split(".")[0]
	for line in open(vectors):
		row = json.loads(line)
		if row["schema"] != stem or "head_hex" not in row:
			continue
		data = bytes.fromhex(row["head_hex"] + row["tail_hex"])
		beside = (row["handles"], row["leases"]) if "handles" in row else None
		yield data, beside
		for _ in range(2):
			yield changed(data), beside
		if len(data) > 8:
			yield data[:8] + random.randbytes(random.randrange(40)), beside
	for _ in range(50):
		yield random.randbytes(random.randrange(60)), None


def is_contract(data, beside):
	"""What client and server compare their fingerprints by: runtime/contract.h."""
	if len(data) < 24 or beside is not None and beside != (0, 0):
		return False
	number, tail, _, _, count = struct.unpack("<IIQII", data[:24])
	rest = len(data) - 24
	return tail == 0 and (number == 6 and rest == 0 or number == 7 and rest in (count, count * 32))


class Oracle:
	def __init__(self):
		self.names = messages_by_id()
		self.process = subprocess.Popen([skald, "conform", schema], stdin=subprocess.PIPE,
			stdout=subprocess.PIPE, text=True)

	def takes(self, data, beside):
		"""True, False, or None of a message that nobody knows."""
		taken = self.of_schema(data, beside)
		# A schema may have the ids of these too: what either can be is not malformed.
		return taken if taken is None else taken or is_contract(data, beside)

	def of_schema(self, data, beside):
		if len(data) < 8:
			return False
		number, tail = struct.unpack("<II", data[:8])
		names = self.names.get(number)
		if names is None:
			return None
		if tail > len(data) - 8:
			return False
		return any(self.ask(name, data, tail, beside) for name in names)

	def ask(self, name, data, tail, beside):
		head = data[:len(data) - tail].hex()
		line = f"D {name} {head} {data[len(data) - tail:].hex() or '-'}"
		if beside is not None:
			line += f" {beside[0]} {beside[1]}"
		self.process.stdin.write(line + "\n")
		self.process.stdin.flush()
		return self.process.stdout.readline().startswith("OK")


def dissected(path):
	script = work + "/agree.lua"
	subprocess.run([skald, "wireshark", schema, "-o", script], check=True)
	command = ["tshark", "-r", path, "-X", "lua_script:" + script, "-T", "fields",
		"-e", "skald.malformed", "-e", "skald.unknown", "-e", "skald.message",
		"-e", "_ws.lua.error", "-e", "_ws.col.Info"]
	done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
		errors="replace")
	for line in done.stderr.splitlines():
		if "Running as user" not in line:
			sys.exit("tshark says: " + line)
	return [line.split("\t") for line in done.stdout.splitlines()]


def main():
	oracle = Oracle()
	path = work + "/agree.pcapng"
	capture = Capture(path)
	links = capture.interface(USER0), capture.interface(USER1)
	told = []
	for number, (data, beside) in enumerate(cases()):
		known = oracle.takes(data, beside)
		if beside is not None and beside[1] > 4 or beside is not None and not data:
			continue
		if beside is None:
			capture.packet(links[0], data)
		else:
			capture.packet(links[1], call(number, data, *beside))
		told.append((known, data, beside))
	rows = dissected(path)
	wrong = 0 if len(rows) == len(told) else 1
	for (takes, data, beside), row in zip(told, rows):
		malformed, unknown, _, lua, info = row
		# Of statuses, events and errors, which no message of the schema is.
		own = info.startswith(("status", "next event", "events lost", "contract")) or " error" in info
		good = takes is None and (unknown or own) or takes is not None and takes != bool(malformed)
		if lua or "Error" in info or not good:
			wrong += 1
			print(f"{data.hex()} {beside}: the interpreter says {takes}, tshark {row}")
	bad = sum(1 for takes, _, _ in told if takes is False)
	print(f"{len(told)} messages, {bad} of them malformed, {len(rows)} shown")
	sys.exit(wrong != 0 or bad == 0)


main()
