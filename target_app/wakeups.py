"""Signals, ended children and the end of a pipe, waited for in one place and without polling."""

import os
import select
import signal
import socket
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Woken:
    signals: frozenset[int]
    end_of_file: bool


class Wakeups:
    def __init__(self, *signals: int, pipe: int | None = None) -> None:
        self._signals = signals
        self._pipe = pipe

    def __enter__(self) -> Self:
        self._inbox, self._outbox = socket.socketpair()
        self._outbox.setblocking(False)
        signal.set_wakeup_fd(self._outbox.fileno(), warn_on_full_buffer=False)
        for number in self._signals:
            signal.signal(number, _noted)
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(-1)
        self._inbox.close()
        self._outbox.close()

    def wait(self, timeout_s: float | None = None) -> Woken:
        watched = [self._inbox.fileno()] + ([] if self._pipe is None else [self._pipe])
        ready, _, _ = select.select(watched, [], [], timeout_s)
        numbers = self._inbox.recv(4096) if self._inbox.fileno() in ready else b""
        ended = self._pipe in ready and self._pipe is not None and not os.read(self._pipe, 4096)
        return Woken(frozenset(numbers), ended)


def _noted(number: int, frame: Any) -> None:
    """The wake-up descriptor carries the signal; without a handler the default would act."""
