"""A request of the recording with the reply that counts: the last one, where it was repeated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from jobload.init.har.har_entry import HarEntry
from jobload.init.har.recorded_values import scalars
from jobload.init.template_text import json_path_text

_STATUS_KEYS = {"status", "state", "phase", "done", "ready", "finished", "completed", "progress"}
_LEAST_EVERY_MS, _MOST_EVERY_MS = 100, 60_000


@dataclass(slots=True)
class Turn:
    first: HarEntry
    last: HarEntry
    times: int
    poll: dict[str, Any] | None = None
    """What its replies had to say before anything else was asked, if that can be seen."""
    statuses: tuple[int, ...] = ()
    """That its replies had, each once."""


def turns(entries: list[HarEntry]) -> Iterator[Turn]:
    for _, same in groupby(entries, key=_key):
        group = [*same]
        if group[0].request.method == "GET" and len(group) > 1:
            yield _turn(group, _poll(group))
        else:
            yield from (_turn([entry]) for entry in group)


def _turn(group: list[HarEntry], poll: dict[str, Any] | None = None) -> Turn:
    # Without what the browser had in its cache, the reply is a whole one.
    statuses = [200 if entry.status == 304 else entry.status for entry in group]
    return Turn(group[0], group[-1], len(group), poll, tuple(dict.fromkeys(statuses)))


def _key(entry: HarEntry) -> tuple[str, str, str | None]:
    url = entry.request.url
    return entry.request.method, f"{url.path}?{url.query}", entry.request.body


def _poll(group: list[HarEntry]) -> dict[str, Any] | None:
    """Until the status, or the leaf, that was another one in all replies but the last."""
    if group[-1].status not in {each.status for each in group[:-1]} | {304}:
        return _poll_until({"status": group[-1].status}, group)
    replies = [dict(scalars(each.reply_json)) for each in group]
    for keys, value in replies[-1].items():
        called = str(keys[-1]).lower() if keys else ""
        before = [reply.get(keys) for reply in replies[:-1]]
        if called in _STATUS_KEYS and value is not None and value not in before:
            return _poll_until({json_path_text(keys): value}, group)
    return None


def _poll_until(outcome: dict[str, Any], group: list[HarEntry]) -> dict[str, Any]:
    every_ms = _interval_ms(group)
    timeout = "30s" if every_ms < 10_000 else "5m"
    return {"until": outcome, "every": f"{every_ms}ms", "timeout": timeout}


def _interval_ms(group: list[HarEntry]) -> int:
    """The usual one between two of them."""
    gaps = [gap_s(*two) for two in pairwise(group)]
    known = sorted(gap * 1000 for gap in gaps if gap is not None)
    usual = known[len(known) // 2] if known else 1000
    return int(min(max(usual, _LEAST_EVERY_MS), _MOST_EVERY_MS))


def gap_s(before: HarEntry, after: HarEntry) -> float | None:
    """Between the two starts, if the recording has both."""
    if before.started is None or after.started is None:
        return None
    if (before.started.tzinfo is None) != (after.started.tzinfo is None):
        return None
    return (after.started - before.started).total_seconds()
