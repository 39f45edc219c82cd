"""Lets a greenlet wait for a socket or a deadline, on the event loop itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gevent import getcurrent
from gevent.hub import get_hub

READABLE = 1
WRITABLE = 2

AFTER_READINESS = -1
"""The priority of deadlines: a reply that is already there wins over a deadline just as due."""


def wait_for(file_descriptor: int, events: int) -> None:
    """May return early; look before you rely on it."""
    hub: Any = get_hub()
    watcher = hub.loop.io(file_descriptor, events)
    watcher.start(getcurrent().switch)
    try:
        hub.switch()
    finally:
        watcher.close()


@contextmanager
def deadline(seconds: float, error: type[Exception]) -> Iterator[None]:
    timer = get_hub().loop.timer(max(seconds, 0.0), priority=AFTER_READINESS)
    timer.start(getcurrent().throw, error, update=True)
    try:
        yield
    finally:
        timer.close()
