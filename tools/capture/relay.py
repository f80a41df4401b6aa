"""Usage: relay.py SOCKET SERVER CAPTURE

Stands between clients, at SOCKET, and a server of the transport over sockets, and
captures their packets, those on sockets that they pass along too: an interface each.
Says "ready", and runs until it is killed.
"""
import os
import selectors
import socket
import stat
import sys

from capture import Capture, USER1

listen, server, path = sys.argv[1:]
capture = Capture(path)
waiting = selectors.DefaultSelector()


def pair(one, other):
	"""From now on passes between the two."""
	interface = capture.interface(USER1)
	for here, there in ((one, other), (other, one)):
		here.setblocking(True)
		waiting.register(here, selectors.EVENT_READ, (there, interface))


def in_between(descriptor):
	"""What goes on in place of a descriptor: of a socket one end of a pair of ours."""
	if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
		return descriptor
	ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
	pair(socket.socket(fileno=descriptor), ours)
	return theirs.detach()


def close(here, there):
	for each in (here, there):
		waiting.unregister(each)
		each.close()


def pass_on(here, there, interface):
	try:
		data, descriptors, _, _ = socket.recv_fds(here, 8192, 16)
		if not data:
			return close(here, there)
		capture.packet(interface, data)
		descriptors = [in_between(each) for each in descriptors]
		socket.send_fds(there, [data], descriptors)
		for each in descriptors:
			os.close(each)
	except OSError:
		close(here, there)


def accept(door):
	client, _ = door.accept()
	upstream = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
	upstream.connect(server)
	pair(client, upstream)


door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
door.bind(listen)
door.listen()
waiting.register(door, selectors.EVENT_READ, None)
print("ready", flush=True)
while True:
	for key, _ in waiting.select():
		if key.fileobj is door:
			accept(door)
		elif key.fileobj.fileno() >= 0:
			pass_on(key.fileobj, *key.data)
