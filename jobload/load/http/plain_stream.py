"""What a connection sends and receives through where nothing is encrypted.

Compiled, it is of C (`kernel_calls.c`): what surrounds the two system calls in Python's sockets
costs most of a microsecond.
"""

from __future__ import annotations

from _socket import socket
from functools import cache
from importlib import import_module
from time import perf_counter, time
from typing import Any

from jobload.load.http.kernel_clock import CONTROL_BYTES, NOT_STAMPED_S, two_longs

RECEIVE_BYTES = 16_384
Received = tuple[bytes, float, float]
"""What has come, nothing at the end; how long ago the last of it had come, below zero where that is
not known; and when it was read, as `perf_counter` has it."""


class PlainStream:
    __slots__ = ("_receive", "_socket", "send")

    def __init__(self, raw: socket) -> None:
        self._socket = raw
        self._receive: Any = raw.recvmsg
        self.send: Any = raw.send

    def receive(self) -> Received | None:
        """None where nothing has come."""
        try:
            data, control, _, _ = self._receive(RECEIVE_BYTES, CONTROL_BYTES)
        except BlockingIOError:
            return None
        lag_s = NOT_STAMPED_S
        if control:  # as `lag_s` has it, without a call, and to a quarter of a microsecond
            seconds, nanoseconds = two_longs(control[0][2])
            lag_s = time() - seconds - nanoseconds * 1e-9
        return data, lag_s, perf_counter()

    def close(self) -> None:
        self._socket.close()


def plain_stream(raw: socket) -> PlainStream:
    return _kind()(raw)


@cache
def _kind() -> type[PlainStream]:
    try:
        kind: type[PlainStream] = import_module("jobload.load.kernel_calls").PlainStream
    except ImportError:
        kind = PlainStream
    return kind
