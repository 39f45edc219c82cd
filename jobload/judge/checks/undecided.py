"""Whether a figure known between bounds meets a check, and what to say when nobody knows."""

from __future__ import annotations

from collections.abc import Callable
from math import isinf
from typing import Literal

from jobload.judge.stretches.reading import Reading
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.judge.thresholds.value_text import actual_text, value_text

UndecidedBy = Literal["generator", "unfinished"]


def holds_between(reading: Reading, holds: Callable[[float], bool]) -> bool | None:
    """None: it holds at one of the bounds only. Without any finished operation, what is unfinished
    can only prove a breach."""
    assert reading.low is not None
    assert reading.high is not None
    found = {holds(reading.low), holds(reading.high)}
    return found.pop() if len(found) == 1 else None


def why_open(
    spec: CheckSpec, reading: Reading, holds: Callable[[float], bool]
) -> tuple[UndecidedBy, str]:
    assert reading.low is not None
    assert reading.known_high is not None
    low, known_high = (value_text(v, spec.unit) for v in (reading.low, reading.known_high))
    if holds(reading.low) == holds(reading.known_high):
        return "unfinished", (
            f"{reading.unfinished:,} of {reading.samples:,} operations had not ended, or not even"
            f" begun; as they stood then it was {known_high}, and how long they would have taken"
            " decides"
        )
    return "generator", (
        f"the generator's own delay decides: {low} without it, {known_high} with it. Give it more"
        " cores or workers, lower the rate, or keep other programs off its machine"
    )


def reading_text(spec: CheckSpec, reading: Reading) -> str:
    """What the tables show; where unfinished operations move the figure, both."""
    assert reading.known_high is not None
    counted = actual_text(spec, reading.known_high)
    if reading.value is None:
        return f"at least {counted}"
    shown = actual_text(spec, reading.value)
    if not reading.unfinished or counted == shown:
        return shown
    return f"{shown}, with the unfinished at least {counted}"


def also_unfinished(spec: CheckSpec, reading: Reading) -> str:
    if not reading.unfinished or reading.high is None:
        return ""
    how = f"{reading.unfinished:,} of {reading.samples:,} never ended, or never began"
    return f"{how}, and count as slower than all others" if isinf(reading.high) else how
