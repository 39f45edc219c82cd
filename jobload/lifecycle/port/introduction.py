"""What a worker says of itself when it comes, in place of Locust's version: its jobload as well.

Much of what it tells later is told by position, so of another jobload it might be read as something
else; and a worker of plain Locust makes load that nobody leads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from importlib.metadata import version
from zlib import crc32

import locust
import msgspec

from jobload.load.process.assignment import Assignment
from jobload.load.process.state import State
from jobload.measure import snapshot

ADVICE = "Give all of them the same jobload, and start workers by `jobload run --worker`"


@cache
def introduction() -> str:
    """The forms tell apart what has one version: clones of two commits."""
    plan = [field.name for field in fields(Assignment)]
    forms = repr([sorted({*_told_by_position()}), State.__struct_fields__, plan])
    return f"Locust {locust.__version__}, jobload {version('jobload')} ({crc32(forms.encode()):x})"


def _told_by_position(kind: type[msgspec.Struct] = msgspec.Struct) -> Iterator[tuple[str, ...]]:
    measure = snapshot.__name__.rpartition(".")[0]
    for below in kind.__subclasses__():
        if below.__struct_config__.array_like and below.__module__.startswith(measure):
            yield below.__name__, *below.__struct_fields__
        yield from _told_by_position(below)
