"""python rude_peer.py PORT KIND NUMBER: a peer of the workers' port that means no good.

It speaks ZeroMQ's own protocol (ZMTP 3.0) over plain TCP, so that it can break it.
"""

from __future__ import annotations

import socket
import sys
from contextlib import suppress
from itertools import cycle, islice

import msgpack
import zmq

MEGABYTE = 1024 * 1024
NAME = b"rude"
HEARTBEAT = {"state": "running", "current_cpu_usage": 1.0, "current_memory_usage": 1}


def message(kind: object, data: object, name: str = NAME.decode()) -> bytes:
    packed: bytes = msgpack.packb((kind, data, name))
    return packed


def deep(depth: int) -> bytes:
    return b"\x93\xa5stats" + b"\x91" * depth + b"\xc0\xa4rude"


MALFORMED = [
    b"",
    b"\xc1",
    b"\x05",
    b"\xff" * 40,
    b"\x93",
    b"\xdd\xff\xff\xff\xff",
    b"\xdb\xff\xff\xff\xffx",
    msgpack.packb(()),
    msgpack.packb(("stats",)),
    msgpack.packb(("stats", None)),
    msgpack.packb(("stats", None, "rude", 1)),
    msgpack.packb({"type": "stats"}),
    msgpack.packb(b"\xff\xfe"),
    msgpack.packb([1, 2, 3]),
    deep(100),
    deep(2_000_000),
    message(None, None),
    message("stats", None),
    message("stats", 5),
    message("stats", {"stats": [5], "stats_total": {}, "errors": {}}),
    message("stats", {"stats": [], "stats_total": None, "errors": [], "user_classes_count": 5}),
    message("heartbeat", None),
    message("heartbeat", {}),
    message("heartbeat", {**HEARTBEAT, "state": ["running"]}),
    message("heartbeat", {**HEARTBEAT, "current_cpu_usage": "much"}),
    message("spawning_complete", None),
    message("spawning_complete", {"user_classes_count": 5, "user_count": "x"}),
    message("exception", None),
    message("exception", {"msg": 1, "traceback": None}),
    message("logs", None),
    message("logs", {"worker_id": [1], "logs": {}}),
    message("locustfile", None),
    message("locustfile", {"version": 5}),
    message("client_ready", None),
    message("client_ready", 5.5),
    message("client_ready", {"a": 1}),
    message("quit", {"__datetime__": True, "as_str": "never"}),
    message("custom", {"__ObjectId__": True}),
    message("jobload.snapshot", None),
    message("jobload.snapshot", {}),
    message("stats", {}, "another"),
]
OF_A_STRANGER = [
    message("jobload.snapshot", b"\x81"),
    message("\x1b[2J\nVerdict: PASS", 5),
    message("heartbeat", HEARTBEAT),
]


def greeting(mechanism: bytes) -> bytes:
    return b"\xff" + bytes(8) + b"\x7f\x03\x00" + mechanism.ljust(20, b"\0") + bytes(32)


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def fail_handshakes(port: int, number: int) -> None:
    for _ in range(number):
        with suppress(OSError), connect(port) as peer:
            peer.sendall(greeting(b"NULL") + b"\x04\x19\x05READY")
            peer.shutdown(socket.SHUT_WR)
            while peer.recv(4096):
                pass


def send_malformed(port: int, number: int) -> None:
    context = zmq.Context()
    peer = context.socket(zmq.DEALER)
    peer.setsockopt(zmq.IDENTITY, NAME)
    peer.setsockopt(zmq.LINGER, 3000)
    peer.setsockopt(zmq.SNDHWM, 0)
    peer.connect(f"tcp://127.0.0.1:{port}")
    with suppress(zmq.Again):  # it has been shut out
        for packed in islice(cycle(MALFORMED + OF_A_STRANGER), number):
            peer.send(packed, zmq.NOBLOCK)
        peer.send_multipart([b"many"] * 10_000, zmq.NOBLOCK)
    peer.close()
    context.term()


def send_frame(port: int, megabytes: int) -> None:
    """As a command before any handshake, and as a message after one that needs no key."""
    for mechanism in (b"CURVE", b"NULL"):
        with suppress(OSError), connect(port) as peer:
            peer.sendall(greeting(mechanism))
            if mechanism == b"NULL":
                ready = b"\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER"
                peer.sendall(b"\x04" + bytes([len(ready)]) + ready)
            kind = b"\x06" if mechanism == b"CURVE" else b"\x02"
            peer.sendall(kind + (megabytes * MEGABYTE).to_bytes(8, "big"))
            for _ in range(megabytes):
                peer.sendall(bytes(MEGABYTE))


DEEDS = {"handshakes": fail_handshakes, "malformed": send_malformed, "frame": send_frame}

if __name__ == "__main__":
    DEEDS[sys.argv[2]](int(sys.argv[1]), int(sys.argv[3]))
    print("done")
