"""Captures of messages: pcapng, one interface a connection."""
import struct
import time

USER0, USER1 = 147, 148		# a message; a packet of the transport over sockets


def block(kind, body):
	body += b"\0" * (-len(body) % 4)
	size = struct.pack("<I", 12 + len(body))
	return struct.pack("<I", kind) + size + body + size


class Capture:
	def __init__(self, path):
		self.file = open(path, "wb")
		self.interfaces = 0
		self.file.write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))

	def interface(self, link):
		self.file.write(block(1, struct.pack("<HHI", link, 0, 0)))
		self.interfaces += 1
		return self.interfaces - 1

	def packet(self, interface, data):
		now = time.time_ns() // 1000
		self.file.write(block(6, struct.pack("<IIIII", interface, now >> 32, now & 0xFFFFFFFF,
			len(data), len(data)) + data))
		self.file.flush()


def call(number, message, handles=0, leases=0):
	"""A packet with a request in it."""
	head = struct.pack("<QQBBBB", number, 0, 1, handles, 0, leases)
	return head + b"\2" * leases + b"\0" * (96 - len(head) - leases) + message
