"""Captures of messages: pcapng, one interface a connection.

Before a packet of the transport stands its connection's number, which is the interface's.
"""
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
		self.links = []
		self.file.write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))

	def interface(self, link):
		self.file.write(block(1, struct.pack("<HHI", link, 0, 0)))
		self.links.append(link)
		return len(self.links) - 1

	def packet(self, interface, data):
		now = time.time_ns() // 1000
		if self.links[interface] == USER1:
			data = struct.pack("<I", interface) + data
		self.file.write(block(6, struct.pack("<IIIII", interface, now >> 32, now & 0xFFFFFFFF,
			len(data), len(data)) + data))
		self.file.flush()


CALL, ONEWAY, CANCEL, ANSWER = 1, 2, 3, 4


def packet(kind, number, message, handles=0, leases=0):
	"""A packet with a message in it."""
	head = struct.pack("<QQBBBB", number, 0, kind, handles, 0, leases)
	return head + b"\2" * leases + b"\0" * (96 - len(head) - leases) + message


def call(number, message, handles=0, leases=0):
	"""A packet with a request in it."""
	return packet(CALL, number, message, handles, leases)
