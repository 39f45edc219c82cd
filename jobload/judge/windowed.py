"""Checks over windows: every one in a row (`for`), a share of them (`within`), any (`abort`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

from jobload.judge.check_spec import CheckSpec
from jobload.judge.reading import read
from jobload.judge.stretch import of_window
from jobload.judge.value_text import actual_text
from jobload.judge.windows import Window, windows
from jobload.measure.figures import StageFigures
from jobload.plan.stage import Stage

EPSILON = 1e-9


@dataclass(frozen=True, slots=True)
class WindowsFound:
    status: Literal["PASS", "FAIL", "INSUFFICIENT"]
    actual: float | None
    text: str
    detail: str


@dataclass(frozen=True, slots=True)
class Decided:
    """A window that says something of a check."""

    window: Window
    value: float
    holds: bool


def judge_windows(
    spec: CheckSpec, stages: Sequence[StageFigures], until_s: float | None = None
) -> WindowsFound:
    laid = [
        windows(stage, spec.window_s, grace_s=spec.grace_s, until_s=until_s) for stage in stages
    ]
    decided = [decide(spec, of_stage) for of_stage in laid]
    if not any(decided):
        count = sum(map(len, laid))
        detail = f"none of {count} windows of {spec.window_s} s has {spec.min_samples:,} samples"
        return WindowsFound("INSUFFICIENT", None, "no data", detail)
    planned = None if until_s is None else planned_windows(spec, [s.stage for s in stages])
    return judge_decided(spec, decided, planned)


def judge_decided(
    spec: CheckSpec, decided: Sequence[Sequence[Decided]], planned: int | None
) -> WindowsFound:
    """`decided` by stage, at least one in all; `planned` is how many there may be in the end."""
    if spec.within_percent is not None:
        return _share(spec, [d for of_stage in decided for d in of_stage], planned)
    return _in_a_row(spec, decided)


def decide(spec: CheckSpec, laid: Sequence[Window]) -> list[Decided]:
    """The windows that say something; the others count neither way."""
    decided = []
    for window in laid:
        reading = read(spec, of_window(window))
        if reading.value is None:
            continue
        holds = spec.holds(reading.value)
        if reading.samples >= spec.min_samples or not (holds or reading.samples):
            decided.append(Decided(window, reading.value, holds))
    return decided


def planned_windows(spec: CheckSpec, stages: Iterable[Stage]) -> int:
    return sum(max(0, int((s.duration_s - spec.grace_s) // spec.window_s)) for s in stages)


def _share(spec: CheckSpec, decided: Sequence[Decided], planned: int | None) -> WindowsFound:
    """While a stage runs, the windows still to come may all hold."""
    assert spec.within_percent is not None
    breached = sum(not d.holds for d in decided)
    count = len(decided) if planned is None else max(planned, len(decided))
    percent = 100 * (count - breached) / count
    status: Literal["PASS", "FAIL"] = "PASS"
    if percent < spec.within_percent - EPSILON:
        status = "FAIL"
    met = len(decided) - breached
    text = f"{percent:.1f} % of windows"
    detail = f"{met} of {len(decided)} windows of {spec.window_s} s meet it"
    return WindowsFound(status, percent, text, detail)


def _in_a_row(spec: CheckSpec, decided: Sequence[Sequence[Decided]]) -> WindowsFound:
    needed = max(1, ceil((spec.for_s or 0.0) / spec.window_s - EPSILON))
    longest = max((_longest_breach(of_stage) for of_stage in decided), key=len)
    if len(longest) >= needed:
        worst = _worst(spec, longest)
        first, last = longest[0].window, longest[-1].window
        stretch = f"{first.first_s}–{last.first_s + last.length_s} s of the run"
        count = "1 window" if len(longest) == 1 else f"{len(longest)} windows in a row"
        detail = f"{count} breached, {stretch}"
        return WindowsFound("FAIL", worst.value, actual_text(spec, worst.value), detail)
    every = [d for of_stage in decided for d in of_stage]
    worst = _worst(spec, every)
    breached = sum(not d.holds for d in every)
    detail = f"worst of {len(every)} windows of {spec.window_s} s"
    if breached:
        detail += f"; {breached} breached, at most {len(longest)} in a row, {needed} needed to fail"
    return WindowsFound("PASS", worst.value, actual_text(spec, worst.value), detail)


def _longest_breach(decided: Sequence[Decided]) -> list[Decided]:
    longest: list[Decided] = []
    run: list[Decided] = []
    for window in decided:
        run = [] if window.holds else [*run, window]
        if len(run) > len(longest):
            longest = run
    return longest


def _worst(spec: CheckSpec, decided: Sequence[Decided]) -> Decided:
    highest_is_worst = spec.comparator in ("<=", "<")
    pick = max if highest_is_worst else min
    return pick(decided, key=lambda d: d.value)
