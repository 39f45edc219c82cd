"""Whether a figure known between bounds meets a check, and what to say when nobody knows."""

from __future__ import annotations

from collections.abc import Callable
from math import isinf
from typing import Literal

from jobload.judge.stretches.reading import Reading
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.judge.thresholds.metric import RATES
from jobload.judge.thresholds.value_text import actual_text, value_text

UndecidedBy = Literal["generator", "unfinished"]
NOUNS = {"completion": "jobs", "service": "attempts"}
"""What its samples are, where they are no operations."""


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
        of = NOUNS.get(spec.kind.of, "operations")
        return "unfinished", (
            f"{reading.unfinished:,} of {reading.samples:,} {of} had not ended, or not begun,"
            f" or were given up; as they stood then it was {known_high}, and how long they would"
            " have taken decides"
        )
    return "generator", (
        f"the generator's own delay decides: {low} without it, {known_high} with it. Give it more"
        " cores or workers, lower the rate, or keep other programs off its machine"
    )


def reading_text(spec: CheckSpec, reading: Reading) -> str:
    """What the tables show; where operations that did not succeed move the figure, both."""
    assert reading.known_high is not None
    counted = actual_text(spec, reading.known_high)
    if reading.value is None:
        return f"at least {counted}"
    shown = actual_text(spec, reading.value)
    if not reading.unfinished + reading.failed:
        return shown + _but_for_chance(spec, reading)
    if counted == shown:
        return shown
    which = "unfinished" if reading.unfinished else "failed"
    return f"{shown}, with the {which} at least {counted}"


def _but_for_chance(spec: CheckSpec, reading: Reading) -> str:
    """Where that decides."""
    assert reading.value is not None
    assert reading.low is not None
    decides = spec.kind.statistic in RATES and not spec.is_relative
    if not decides or spec.holds(reading.value) == spec.holds(reading.low):
        return ""
    return f", {actual_text(spec, reading.low)} but for chance"


def also_counted(reading: Reading) -> str:
    """Those among the samples that did not succeed."""
    said = []
    if reading.unfinished and reading.high is not None:
        said.append(f"{reading.unfinished:,} never ended, never began, or were given up")
        if isinf(reading.high):
            said[0] += ", and count as slower than all others"
    if reading.failed:
        said.append(f"{reading.failed:,} failed later than the limit")
    return f"of {reading.samples:,}, {' and '.join(said)}" if said else ""
