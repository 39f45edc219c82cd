"""When what was just read had arrived, as the kernel says.

Python comes to a reply when it has time for it; until then the reply lies in the socket. Linux
notes when its last bytes came (`SO_TIMESTAMPNS`) and hands that over with them. The note is of the
realtime clock, so only its distance from the same clock at the read is used: a step of that clock
between the two can do no more than hide the delay of that one read.
"""

from __future__ import annotations

import sys
from _socket import IPPROTO_TCP, SOL_SOCKET, socket
from contextlib import suppress
from struct import Struct
from time import time
from typing import Any, Final

SO_TIMESTAMPNS = 35
"""Of Linux on all of its processors but sparc and parisc, which refuse it or do something else."""
CONTROL_BYTES: Final = 32
"""Room for one note: a head of 16 bytes, seconds and nanoseconds."""
NOT_STAMPED_S: Final = -1.0

TCP_INFO = 11
TCP_INFO_BYTES = 104
_RTT_US, _TOTAL_RETRANSMITS = 68, 100
two_longs = Struct("qq").unpack
_word = Struct("I").unpack_from

Control = list[tuple[int, int, bytes]]


def ask_for_stamps(raw: socket) -> None:
    """Where the kernel gives none, the instant of the read stands in."""
    if sys.platform == "linux":
        with suppress(OSError):
            raw.setsockopt(SOL_SOCKET, SO_TIMESTAMPNS, 1)


def lag_s(control: Control) -> float:
    """How long ago the last bytes of what was just read arrived; below zero: nobody knows."""
    if not control:
        return NOT_STAMPED_S
    stamp: tuple[int, int] = two_longs(control[0][2])
    return time() - stamp[0] - stamp[1] * 1e-9


def handshake_s(raw: socket, elapsed_s: float) -> float:
    """What connecting took until the kernel had the answer, at most `elapsed_s`.

    TCP's first estimate of the round trip is that of its handshake. Where it had to ask twice, the
    whole wait is the target's.
    """
    if sys.platform != "linux":
        return elapsed_s
    try:
        info: Any = raw.getsockopt(IPPROTO_TCP, TCP_INFO, TCP_INFO_BYTES)
    except OSError:
        return elapsed_s
    if len(info) < TCP_INFO_BYTES or _word(info, _TOTAL_RETRANSMITS)[0]:
        return elapsed_s
    rtt_us: int = _word(info, _RTT_US)[0]
    return min(elapsed_s, rtt_us * 1e-6)
