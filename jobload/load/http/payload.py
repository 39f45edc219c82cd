"""Request bodies: the reference payload, or the rows of a file in turn."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from operator import itemgetter
from pathlib import Path
from time import time_ns
from typing import Protocol

import orjson

from jobload.load.flow.filling import printable
from jobload.plan.sent_files import read_rows


class Payload(Protocol):
    def body(self) -> bytes: ...


class ReferencePayload:
    """The job of the reference design, with a `job_name` that is unique each time.

    `data` is printable ASCII, so that its length is its size on the wire. Only the name changes
    from one body to the next, and besides it a few bytes from one worker to another, so the rest is
    rendered once for all.
    """

    def __init__(self, worker: int, data_bytes: int) -> None:
        self.before_stamp = b'{"job_name":"load-test-job-%d-' % worker
        self.after_stamp = _until_worker(data_bytes)
        self.end = b'%d},"priority":%d}' % (worker, worker % 3)
        self._newest_ns = 0

    def stamp(self) -> int:
        """The time in nanoseconds, of 19 digits until the year 2286; never the same twice."""
        now_ns = time_ns()
        if now_ns <= self._newest_ns:
            now_ns = self._newest_ns + 1
        self._newest_ns = now_ns
        return now_ns

    def body(self) -> bytes:
        return b"%b%d%b%b" % (self.before_stamp, self.stamp(), self.after_stamp, self.end)


@cache
def _until_worker(data_bytes: int) -> bytes:
    arguments = orjson.dumps({"model": "test-model", "data": printable(data_bytes)})
    return b'","args":%b,"worker_id":' % arguments.removesuffix(b"}")


class FilePayload:
    """The lines of a file of JSON lines, over and over; never all in memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: Iterator[bytes] = iter(())

    def body(self) -> bytes:
        if (row := next(self._rows, None)) is not None:
            return row
        # No comprehension: mypyc makes a list of it.
        self._rows = map(itemgetter(1), read_rows(self._path))
        if (row := next(self._rows, None)) is not None:
            return row
        raise ValueError(f"{self._path} holds no row")


class NoPayload:
    """For methods that send no body."""

    def body(self) -> bytes:
        return b""
