"""Names that somebody else gives, in a number and a form that can be counted, sent and shown."""

from __future__ import annotations

from collections.abc import Collection

from jobload.measure.error_counts import writable

MOST_NAMES = 100
"""Of steps, or of operations, in one stage: without `name=` there may be one for each request."""
LONGEST = 200
OTHER_NAMES = "(other names)"


def known_name(name: str, known: Collection[str]) -> str:
    """`known` are the names so far; those that come when there are too many are one."""
    name = showable(name)
    return name if name in known or len(known) < MOST_NAMES else OTHER_NAMES


def showable(name: str) -> str:
    if name.isascii() and name.isprintable() and len(name) <= LONGEST:
        return name
    written = writable(name[:LONGEST])
    return "".join(c if c.isprintable() else "\ufffd" for c in written)
